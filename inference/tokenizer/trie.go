package tokenizer

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
)

// A trie finds every piece a text begins with. Nodes lie breadth first, so the
// children of one node are neighbours, sorted by the byte that leads to them;
// it is made from the sorted pieces in one pass per level.
type trie struct {
	nodes []trieNode
	first [256]int32 // children of the root; 0: none
}

type trieNode struct {
	child int32 // index of the first child
	id    int32 // of the piece that ends here, or -1
	count int16
	label byte
}

type trieKey struct {
	text string
	id   int32
	head uint64 // the first eight bytes, so that most comparisons need not look further
}

// newTrie indexes keys, which it sorts. Of equal keys the one with the highest
// id counts; empty keys are never found.
func newTrie(keys []trieKey) *trie {
	for i := range keys {
		var head [8]byte
		copy(head[:], keys[i].text)
		keys[i].head = binary.BigEndian.Uint64(head[:])
	}
	slices.SortFunc(keys, func(a, b trieKey) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return cmp.Or(strings.Compare(a.text, b.text), cmp.Compare(a.id, b.id))
	})
	t := &trie{nodes: make([]trieNode, 1, 2*len(keys)+1)}
	t.nodes[0].id = -1
	type span struct{ node, from, to int }
	level := []span{{0, 0, len(keys)}}
	for depth := 0; len(level) > 0; depth++ {
		var next []span
		for _, s := range level {
			for s.from < s.to && len(keys[s.from].text) == depth {
				t.nodes[s.node].id = keys[s.from].id
				s.from++
			}
			t.nodes[s.node].child = int32(len(t.nodes))
			for from := s.from; from < s.to; {
				b := keys[from].text[depth]
				to := from + 1
				for to < s.to && keys[to].text[depth] == b {
					to++
				}
				next = append(next, span{len(t.nodes), from, to})
				t.nodes = append(t.nodes, trieNode{id: -1, label: b})
				t.nodes[s.node].count++
				from = to
			}
		}
		level = next
	}
	root := t.nodes[0]
	for i := root.child; i < root.child+int32(root.count); i++ {
		t.first[t.nodes[i].label] = i
	}
	return t
}

// step returns the child of a node that byte b leads to; 0 is the root when it
// is given and "no such child" when it is returned.
func (t *trie) step(node int32, b byte) int32 {
	if node == 0 {
		return t.first[b]
	}
	n := t.nodes[node]
	lo, hi := n.child, n.child+int32(n.count)
	for lo < hi {
		mid := (lo + hi) / 2
		switch l := t.nodes[mid].label; {
		case l == b:
			return mid
		case l < b:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return 0
}

// longest returns the longest key that text begins with, and its length.
func (t *trie) longest(text string) (id int32, length int) {
	id = -1
	node := int32(0)
	for i := 0; i < len(text); i++ {
		if node = t.step(node, text[i]); node == 0 {
			break
		}
		if n := t.nodes[node].id; n >= 0 {
			id, length = n, i+1
		}
	}
	return id, length
}

// twice finds two of the sorted keys that are the same.
func twice(keys []trieKey) (a, b int32, same bool) {
	for i := 1; i < len(keys); i++ {
		if keys[i].text == keys[i-1].text {
			return keys[i-1].id, keys[i].id, true
		}
	}
	return 0, 0, false
}
