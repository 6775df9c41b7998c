package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"kinora/inference/model"
	"kinora/inference/tensor"
)

// Texts keep what the text encoder made of prompts. What they hold may be lost at
// any time; what they give must be what was put.
type Texts interface {
	Get(key string) ([]byte, bool)
	Put(key string, rows []byte)
}

// textKey names the encoder's answer to tokens; empty where the encoder's weights
// have no identity, since another's answer would pass for its own.
func textKey(c model.Checkpoint, ids []int32) string {
	if c.Identity == "" {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "text 1 %s %d\n", c.Identity, len(ids))
	h.Write(tensor.Bytes(ids))
	return hex.EncodeToString(h.Sum(nil))
}

func (t *take) remembered(key string, tokens int) ([]float32, tensor.Shape, bool) {
	if key == "" || t.opt.Texts == nil {
		return nil, nil, false
	}
	b, ok := t.opt.Texts.Get(key)
	if !ok || tokens == 0 || len(b) == 0 || len(b)%(4*tokens) != 0 {
		return nil, nil, false
	}
	rows := make([]float32, len(b)/4)
	copy(tensor.Bytes(rows), b)
	return rows, tensor.Shape{tokens, len(rows) / tokens}, true
}

func (t *take) remember(key string, rows []float32) {
	if key != "" && t.opt.Texts != nil {
		t.opt.Texts.Put(key, tensor.Bytes(rows))
	}
}
