package pipeline

import (
	"kinora/inference/device"
	"kinora/inference/graph"
	"kinora/inference/tensor"
	"kinora/inference/tokenizer/clean"
)

// conditions are what the denoiser is told: of the prompt, and of the negative
// prompt where guidance asks for it.
type conditions struct{ positive, negative device.Buffer }

// encode is prompt → tokens → text → condition. The programs are closed when the
// stage ends, and their memory goes back.
func (t *take) encode() (c conditions, err error) {
	if c.positive, err = t.condition("", t.req.Prompt); err != nil {
		return c, err
	}
	if t.req.Guidance != 1 {
		c.negative, err = t.condition("_null", t.req.Negative)
	}
	return c, err
}

// condition encodes one text.
func (t *take) condition(which, prompt string) (device.Buffer, error) {
	ids := t.parts.Tokenizer.EncodePrompt(clean.Prompt(prompt), t.traits.TextLen)
	text, err := t.load(t.parts.Text, nil, func(s *graph.Scope) *graph.Node {
		return t.model.Text(s, s.Input("ids", tensor.I32, len(ids)))
	})
	if err != nil {
		return nil, err
	}
	defer text.Close()
	if err := text.In("ids").Write(tensor.Bytes(ids)); err != nil {
		return nil, err
	}
	if err := text.Run(t.ctx); err != nil {
		return nil, err
	}
	if err := t.seeBuffer("context"+which, text.Out(0)); err != nil {
		return nil, err
	}
	cond, err := t.load(t.parts.Denoiser, nil, func(s *graph.Scope) *graph.Node {
		return t.model.Condition(s, s.Input("text", tensor.F32, text.Out(0).Shape()...))
	})
	if err != nil {
		return nil, err
	}
	defer cond.Close()
	if err := cond.In("text").Copy(text.Out(0)); err != nil {
		return nil, err
	}
	if err := cond.Run(t.ctx); err != nil {
		return nil, err
	}
	out, err := t.dev.Alloc(tensor.F32, cond.Out(0).Shape())
	if err != nil {
		return nil, err
	}
	return out, out.Copy(cond.Out(0))
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
