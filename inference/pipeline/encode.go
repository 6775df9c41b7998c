package pipeline

import (
	"fmt"

	"kinora/inference/device"
	"kinora/inference/graph"
	"kinora/inference/model"
	"kinora/inference/tensor"
	"kinora/inference/tokenizer/clean"
	"kinora/inference/weights"
)

// conditions are what the denoiser is told: of the prompt, and of the negative
// prompt where guidance asks for it.
type conditions struct{ positive, negative device.Buffer }

// encode is prompt → tokens → text → condition. The programs are closed when the
// stage ends, and their memory goes back.
func (t *take) encode() (c conditions, err error) {
	positive, err := t.words("", t.req.Prompt)
	if err != nil {
		return c, err
	}
	var negative textRows
	keys := positive.shape[0] + 1 // one stands for all the padding
	if t.req.Guidance != 1 {
		if negative, err = t.words("_null", t.req.Negative); err != nil {
			return c, err
		}
		keys = max(keys, negative.shape[0]+1)
	}
	if c.positive, err = t.condition(positive, keys); err != nil || negative.shape == nil {
		return c, err
	}
	c.negative, err = t.condition(negative, keys)
	return c, err
}

// textRows are what the text encoder makes of a prompt.
type textRows struct {
	rows  []float32
	shape tensor.Shape
}

// words encodes one text.
func (t *take) words(which, prompt string) (w textRows, err error) {
	w.rows, w.shape, err = t.text(which, t.lib.Wording(t.req.Model, prompt).Text)
	return w, err
}

// condition turns a text into so many keys and values for every block.
func (t *take) condition(text textRows, keys int) (device.Buffer, error) {
	what, draw := fmt.Sprintf("text projection (%d tokens)", text.shape[0]), t.model.Condition
	if f, ok := t.model.(model.Frugal); ok && t.mode.frugal {
		draw = f.Context
		what += ", text only"
	}
	cond, err := t.load(what, t.parts.Denoiser, nil, func(s *graph.Scope) *graph.Node {
		return draw(s, s.Input("text", tensor.F32, text.shape...), keys)
	})
	if err != nil {
		return nil, err
	}
	defer cond.Close()
	if err := cond.In("text").Write(tensor.Bytes(text.rows)); err != nil {
		return nil, err
	}
	if err := cond.Run(t.ctx); err != nil {
		return nil, err
	}
	out, err := t.alloc(tensor.F32, cond.Out(0).Shape())
	if err != nil {
		return nil, err
	}
	return out, out.Copy(cond.Out(0))
}

// text runs the encoder over a prompt's tokens, or finds the rows that it made of
// them before.
func (t *take) text(which, prompt string) (rows []float32, shape tensor.Shape, err error) {
	ids := make([]int32, t.traits.TextLen)
	if t.parts.Tokenizer != nil {
		ids = t.parts.Tokenizer.EncodePrompt(clean.Prompt(prompt), t.traits.TextLen)
	}
	key := textKey(t.parts, ids)
	if rows, shape, ok := t.remembered(key, len(ids)); ok {
		t.see("context"+which, rows)
		return rows, shape, nil
	}
	// Of the vocabulary, only the rows of the prompt's tokens are read.
	src, places, err := weights.Rows(t.parts.Text, model.Vocabulary, ids)
	if err != nil {
		return nil, nil, err
	}
	prog, err := t.load(fmt.Sprintf("%s (%d tokens)", textPhase, len(ids)), src, nil, func(s *graph.Scope) *graph.Node {
		return t.model.Text(s, s.Input("ids", tensor.I32, len(ids)))
	})
	if err != nil {
		return nil, nil, err
	}
	defer prog.Close()
	if err := prog.In("ids").Write(tensor.Bytes(places)); err != nil {
		return nil, nil, err
	}
	if err := prog.Run(t.ctx); err != nil {
		return nil, nil, err
	}
	if rows, err = floats(prog.Out(0)); err != nil {
		return nil, nil, err
	}
	t.see("context"+which, rows)
	if !t.onPaper() {
		t.remember(key, rows)
	}
	return rows, prog.Out(0).Shape(), nil
}

func (t *take) seeBuffer(name string, b device.Buffer) error {
	if t.trace == nil {
		return nil
	}
	v, err := floats(b)
	t.see(name, v)
	return err
}

// floats reads a buffer to the host.
func floats(b device.Buffer) ([]float32, error) {
	v := make([]float32, b.Shape().Len())
	return v, b.Read(tensor.Bytes(v))
}
