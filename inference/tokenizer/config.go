package tokenizer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// mostAdded bounds how far beyond the vocabulary the ids of added tokens may lie.
const mostAdded = 1 << 16

// Configure returns a tokenizer that knows the added tokens of Hugging Face's
// tokenizer_config.json as well, such as T5's <extra_id_0>, which a .model file
// does not hold.
func (t *Tokenizer) Configure(config []byte) (*Tokenizer, error) {
	var c struct {
		Added map[string]addedToken `json:"added_tokens_decoder"`
		Extra int                   `json:"extra_ids"`
	}
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, fmt.Errorf("tokenizer_config.json: %w", err)
	}
	if c.Extra < 0 || c.Extra > mostAdded {
		return nil, fmt.Errorf("tokenizer_config.json: extra_ids is %d", c.Extra)
	}
	known := map[string]bool{}
	with := *t
	f := &addedFront{inner: t.front}
	for key, a := range c.Added {
		id, err := strconv.Atoi(key)
		if err != nil || id < 0 || id >= t.size+mostAdded {
			return nil, fmt.Errorf("tokenizer_config.json: added token %q has the impossible id %q", a.Content, key)
		}
		if a.Content == "" {
			continue
		}
		a.id = int32(id)
		known[a.Content] = true
		f.added.list = append(f.added.list, a)
		with.size = max(with.size, id+1)
	}
	for i := range c.Extra { // counted down from the last id
		if a := (addedToken{Content: fmt.Sprintf("<extra_id_%d>", i), id: int32(t.size + c.Extra - 1 - i)}); !known[a.Content] {
			f.added.list = append(f.added.list, a)
			with.size = max(with.size, int(a.id)+1)
		}
	}
	slices.SortFunc(f.added.list, func(a, b addedToken) int { return int(a.id) - int(b.id) })
	f.added.index()
	with.front = f
	return &with, nil
}

// An addedFront cuts added tokens out before another front sees the text.
type addedFront struct {
	added addedTokens
	inner front
}

func (f *addedFront) parts(text string) []part {
	var parts []part
	for _, p := range f.added.split(text) {
		if p.whole {
			parts = append(parts, p)
		} else {
			parts = append(parts, f.inner.parts(p.text)...)
		}
	}
	return parts
}
