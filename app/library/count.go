package library

import (
	"encoding/json"
	"sync"

	"kinora/inference/tokenizer"
	"kinora/inference/tokenizer/clean"
	"kinora/inference/weights"
)

// publishedTextLen is what a checkpoint has that does not say otherwise.
const publishedTextLen = 512

// counters are the tokenizers of the models that were asked about.
type counters struct {
	mu  sync.Mutex
	all map[string]counter
}

type counter struct {
	tok  *tokenizer.Tokenizer
	most int
}

// Count returns how many tokens a prompt is to a model, its end included, and how
// many of them the model reads; 0, 0 when that cannot be told.
func (l *Library) Count(name, prompt string) (tokens, most int) {
	l.counters.mu.Lock()
	defer l.counters.mu.Unlock()
	c, ok := l.counters.all[name]
	if !ok {
		parts, closer, err := l.Open(name)
		if err != nil {
			return 0, 0
		}
		defer closer()
		c = counter{parts.Tokenizer, textLen(parts.Denoiser, parts.Text)}
		if l.counters.all == nil {
			l.counters.all = map[string]counter{}
		}
		l.counters.all[name] = c
	}
	return len(c.tok.EncodePrompt(clean.Prompt(prompt), 0)), c.most
}

// textLen returns the least that the parts' metadata names.
func textLen(parts ...weights.Source) int {
	least := 0
	for _, p := range parts {
		var config struct {
			TextLen int `json:"text_len"`
		}
		if err := json.Unmarshal([]byte(weights.Metadata(p)["config"]), &config); err != nil || config.TextLen < 1 {
			continue
		}
		if least == 0 || config.TextLen < least {
			least = config.TextLen
		}
	}
	if least == 0 {
		return publishedTextLen
	}
	return least
}
