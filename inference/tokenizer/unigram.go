package tokenizer

import "unicode/utf8"

// unknownPenalty is how much worse than the worst piece an unknown character is.
const unknownPenalty = 10

// A unigram splits text into the pieces whose scores add up highest.
type unigram struct {
	trie   *trie
	text   []string
	scores []float64
	// unknown is the score of a character that no piece begins with.
	unknown float64
	unk     int32
	bytes   *[256]int32 // ids that spell single bytes (-1: none), or nil
	// single rounds path scores to float32 and adds in float64, as SentencePiece
	// does; Hugging Face keeps float64. It decides between equally good paths.
	single bool
	// fused looks the spelling of an unknown stretch up once more, as Hugging Face
	// does after joining its characters.
	fused bool
}

type token struct {
	id       int32
	from, to int
	byte     bool
}

type cell struct {
	score float64
	from  int32 // -1: not reached
	id    int32
}

// encode visits the best pieces of s, first to last. s must be valid UTF-8.
// A run of unknown characters is one token, or its bytes.
func (u *unigram) encode(s string, visit func(token)) {
	path := u.viterbi(s)
	for k := len(path) - 1; k >= 0; k-- {
		tok := path[k]
		if tok.id != u.unk {
			visit(tok)
			continue
		}
		for k > 0 && path[k-1].id == u.unk {
			k--
			tok.to = path[k].to
		}
		if id := u.find(s[tok.from:tok.to]); u.fused && id >= 0 {
			tok.id = id
		} else if u.spell(s, tok, visit) {
			continue
		}
		visit(tok)
	}
}

// find returns the id of a piece, or -1.
func (u *unigram) find(text string) int32 {
	if id, n := u.trie.longest(text); n == len(text) {
		return id
	}
	return -1
}

// spell visits the bytes of an unknown stretch, if there are pieces for them all.
func (u *unigram) spell(s string, tok token, visit func(token)) bool {
	if u.bytes == nil {
		return false
	}
	for i := tok.from; i < tok.to; i++ {
		if u.bytes[s[i]] < 0 {
			return false
		}
	}
	for i := tok.from; i < tok.to; i++ {
		visit(token{id: u.bytes[s[i]], from: i, to: i + 1, byte: true})
	}
	return true
}

// viterbi returns the best path through s, last piece first.
func (u *unigram) viterbi(s string) []token {
	cells := make([]cell, len(s)+1)
	for i := range cells {
		cells[i].from = -1
	}
	reach := func(from, to int, id int32, score float64) {
		if c := &cells[to]; c.from < 0 || score > c.score {
			if u.single {
				score = float64(float32(score))
			}
			*c = cell{score, int32(from), id}
		}
	}
	for i := 0; i < len(s); {
		_, size := utf8.DecodeRuneInString(s[i:])
		known := false
		node := int32(0)
		for j := i; j < len(s); j++ {
			if node = u.trie.step(node, s[j]); node == 0 {
				break
			}
			if id := u.trie.nodes[node].id; id >= 0 {
				reach(i, j+1, id, cells[i].score+u.scores[id])
				known = known || j+1-i == size
			}
		}
		if !known {
			score := cells[i].score + u.unknown
			if u.single { // the one sum SentencePiece compares in float32
				score = float64(float32(score))
			}
			reach(i, i+size, u.unk, score)
		}
		i += size
	}
	var path []token
	for to := len(s); to > 0; {
		c := cells[to]
		path = append(path, token{id: c.id, from: int(c.from), to: to})
		to = int(c.from)
	}
	return path
}
