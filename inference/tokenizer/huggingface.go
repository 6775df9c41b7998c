package tokenizer

import (
	"encoding/json"
	"fmt"
	"math"
)

// openJSON reads Hugging Face's tokenizer.json.
func openJSON(data []byte) (*Tokenizer, error) {
	t, err := readJSON(data)
	if err != nil {
		return nil, fmt.Errorf("tokenizer.json: %w", err)
	}
	return t, nil
}

func readJSON(data []byte) (*Tokenizer, error) {
	var m modelJSON
	var front pipeline
	var added []addedToken
	var post postJSON
	var padding struct {
		ID *int32 `json:"pad_id"`
	}
	s := &scanner{data: data}
	seen := false
	err := s.object(func(key string) error {
		if key == "model" {
			seen = true
			return m.read(s)
		}
		raw, err := s.value()
		if err != nil {
			return err
		}
		switch key {
		case "normalizer":
			front.normalize, err = readNormalizer(raw)
		case "pre_tokenizer":
			front.cut, err = readCutter(raw)
		case "added_tokens":
			err = json.Unmarshal(raw, &added)
		case "post_processor":
			err = post.read(raw)
		case "padding":
			err = json.Unmarshal(raw, &padding)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case s.peek() != 0 || s.pos < len(s.data):
		return nil, s.errorf("more follows after the end")
	case !seen:
		return nil, fmt.Errorf("it has no model")
	}
	u, err := m.unigram()
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	t := &Tokenizer{model: u, front: &front, eos: -1, pad: -1, size: len(u.text)}
	t.add(&front, added)
	if t.eos = front.find(u, "</s>"); post.eos != nil {
		t.eos = *post.eos
	}
	if t.pad = front.find(u, "<pad>"); padding.ID != nil {
		t.pad = *padding.ID
	}
	for _, id := range []int32{t.eos, t.pad} {
		if id < -1 || int(id) >= t.size {
			return nil, fmt.Errorf("special id %d is outside the vocabulary of %d", id, t.size)
		}
	}
	return t, nil
}

// A modelJSON is the "model" of the file.
type modelJSON struct {
	kind   string
	unk    *float64
	bytes  bool
	text   []string
	scores []float64
}

func (m *modelJSON) read(s *scanner) error {
	err := s.object(func(key string) error {
		if key == "vocab" && s.peek() == '[' { // other kinds of model have an object here
			return m.vocab(s)
		}
		raw, err := s.value()
		if err != nil {
			return err
		}
		switch key {
		case "type":
			err = json.Unmarshal(raw, &m.kind)
		case "unk_id":
			err = json.Unmarshal(raw, &m.unk)
		case "byte_fallback":
			err = json.Unmarshal(raw, &m.bytes)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("model: %w", err)
	}
	return nil
}

// vocab reads [["piece", score], …].
func (m *modelJSON) vocab(s *scanner) error {
	m.text, m.scores = nil, nil
	return s.array(func() error {
		if err := s.expect('['); err != nil {
			return err
		}
		text, err := s.str()
		if err != nil {
			return err
		}
		if err := s.expect(','); err != nil {
			return err
		}
		score, err := s.number()
		if err != nil {
			return err
		}
		m.text, m.scores = append(m.text, text), append(m.scores, score)
		return s.expect(']')
	})
}

func (m *modelJSON) unigram() (*unigram, error) {
	switch {
	case m.kind != "" && m.kind != "Unigram":
		return nil, fmt.Errorf("it is a %s model; only Unigram models are understood", m.kind)
	case len(m.text) == 0:
		return nil, fmt.Errorf("the vocabulary is empty")
	case len(m.text) > math.MaxInt32:
		return nil, fmt.Errorf("%d pieces are more than ids can number", len(m.text))
	case m.unk == nil:
		return nil, fmt.Errorf("unk_id is missing: no piece stands for unknown text")
	case *m.unk < 0 || *m.unk >= float64(len(m.text)) || *m.unk != math.Trunc(*m.unk):
		return nil, fmt.Errorf("unk_id %v is outside the vocabulary of %d", *m.unk, len(m.text))
	}
	u := &unigram{text: m.text, scores: m.scores, unk: int32(*m.unk), fused: true}
	keys := make([]trieKey, len(m.text))
	worst := math.Inf(1)
	for i, text := range m.text {
		keys[i] = trieKey{text: text, id: int32(i)}
		worst = min(worst, m.scores[i])
		if b, err := byteOf(text); err == nil && m.bytes {
			u.setByte(b, int32(i))
		}
	}
	u.unknown = worst - unknownPenalty
	u.trie = newTrie(keys)
	return u, nil
}

// A postJSON is the "post_processor": what is put around the ids.
type postJSON struct{ eos *int32 }

func (p *postJSON) read(raw json.RawMessage) error {
	var tmpl *struct {
		Type   string `json:"type"`
		Single []struct {
			Sequence *struct{} `json:"Sequence"`
			Special  *struct {
				ID string `json:"id"`
			} `json:"SpecialToken"`
		} `json:"single"`
		Special map[string]struct {
			IDs []int32 `json:"ids"`
		} `json:"special_tokens"`
	}
	if err := json.Unmarshal(raw, &tmpl); err != nil || tmpl == nil {
		return err
	}
	if tmpl.Type != "TemplateProcessing" {
		return fmt.Errorf("%s is not understood, only TemplateProcessing is", tmpl.Type)
	}
	text := false
	for _, e := range tmpl.Single {
		switch {
		case e.Sequence != nil:
			text = true
		case e.Special == nil:
			return fmt.Errorf("the template has an entry that is neither text nor a special token")
		default:
			ids := tmpl.Special[e.Special.ID].IDs
			if !text || len(ids) != 1 || p.eos != nil {
				return fmt.Errorf("the template puts more around a text than one id after it, which is not understood")
			}
			p.eos = &ids[0]
		}
	}
	return nil
}
