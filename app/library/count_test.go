package library

import (
	"fmt"
	"testing"

	"kinora/inference/weights"
)

type said struct {
	weights.Map
	textLen int
}

func (s said) Metadata() map[string]string {
	if s.textLen == 0 {
		return nil
	}
	return map[string]string{"config": fmt.Sprintf(`{"text_len":%d}`, s.textLen)}
}

func TestTextLen(t *testing.T) {
	for _, k := range []struct{ denoiser, text, want int }{
		{0, 0, publishedTextLen}, {16, 0, 16}, {0, 160, 160}, {1024, 0, 1024}, {24, 10, 10}, {10, 24, 10}, {-1, 7, 7},
	} {
		if got := textLen(said{textLen: k.denoiser}, said{textLen: k.text}); got != k.want {
			t.Errorf("denoiser %d, text encoder %d: %d tokens, want %d", k.denoiser, k.text, got, k.want)
		}
	}
}
