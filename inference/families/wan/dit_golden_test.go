package wan

import (
	"regexp"
	"testing"

	"kinora/inference/golden"
	"kinora/inference/graph"
	"kinora/inference/tensor"
)

var block = regexp.MustCompile(`^block(\d+)\.`)

// ditTap turns the golden name of an intermediate into ours.
func ditTap(name string) string {
	name = block.ReplaceAllString(name, "blocks.$1.")
	for _, inside := range []string{"q_normed", "k_normed", "q_rope", "k_rope"} {
		name = regexp.MustCompile(`^(blocks\.\d+)\.`+inside+`$`).ReplaceAllString(name, "$1.self_attn."+inside)
	}
	return regexp.MustCompile(`^time_|^head_out|^patch_|^blocks`).ReplaceAllStringFunc(name, func(s string) string { return s })
}

func TestGoldenDiT(t *testing.T) {
	for _, k := range []struct{ weights, name string }{
		{"dit.weights", "dit.scalar_t"}, {"dit.weights", "dit.token_t"}, {"dit.weights", "dit.padded"},
		{"dit_hd128.weights", "dit_hd128.scalar_t"}, {"dit_hd128.weights", "dit_hd128.token_t"},
	} {
		t.Run(k.name, func(t *testing.T) { denoiserCase(t, k.weights, k.name) })
	}
}

// denoiserCase holds a step to the reference's numbers, with all of the padding, and with
// one row of it for all.
func denoiserCase(t *testing.T, weights, name string) {
	for _, keys := range []int{1 << 20, 0} {
		denoiserWith(t, weights, name, keys)
	}
}

func denoiserWith(t *testing.T, weights, name string, keys int) {
	m, c, dev := ditOnly(t, weights), golden.Open(t, name), newCPU(t)
	src := m.parts.Denoiser
	context := c.Shape(t, "in.context")
	cond := load(t, dev, src, []string{"text_embedding"}, nil, func(s *graph.Scope) *graph.Node {
		return m.Condition(s, s.Input("text", tensor.F32, context...), keys)
	})
	write(t, cond, "text", c.F32(t, "in.context"))
	run(t, cond)
	if _, ok := c.Tensors["mid.text_embedding"]; ok && keys > 0 {
		golden.Compare(t, c, "mid.text_embedding", read(t, cond, 1))
	}

	x := c.Shape(t, "in.x") // C, F, H, W
	rows := x[2] / m.traits.Patch[1] * (x[3] / m.traits.Patch[2])
	at, frames := timesteps(t, c, x[1]/m.traits.Patch[0], rows)
	names, taps := mids(c, "mid.", func(n string) string {
		if n == "text_embedding" {
			return ""
		}
		return ditTap(n)
	})
	step := load(t, dev, src, taps, nil, func(s *graph.Scope) *graph.Node {
		return m.Denoise(s, s.Input("x", tensor.F32, x[1], x[2], x[3], x[0]), s.Input("t", tensor.F32, len(at)),
			[]*graph.Node{s.Input("condition", tensor.F32, cond.Out(0).Shape()...)}, 0)[0]
	})
	write(t, step, "x", channelsLast(c.F32(t, "in.x"), x))
	write(t, step, "t", at)
	if err := step.In("condition").Copy(cond.Out(0)); err != nil {
		t.Fatal(err)
	}
	run(t, step)
	golden.Compare(t, c, "out", channelsFirst(read(t, step, 0), x[0]))
	for i, n := range names {
		golden.Compare(t, c, n, perToken(c, t, n, read(t, step, i+1), len(at), frames, rows))
	}
	if keys > 0 { // else the embedded text has other rows
		golden.Complete(t, c, golden.Result)
	}
}

// timesteps turns the reference's timesteps, one for all tokens or one for each,
// into ours, one for all or one for each latent frame.
func timesteps(t *testing.T, c *golden.Case, frames, rows int) (at []float32, n int) {
	all := c.F32(t, "in.t")
	if len(all) == 1 {
		return all, frames
	}
	for f := range frames {
		at = append(at, all[f*rows])
		for r := range rows {
			if all[f*rows+r] != at[f] {
				t.Fatalf("frame %d has several timesteps", f)
			}
		}
	}
	return at, frames
}

// perToken repeats what we have per frame as often as the reference has it, once
// for each token, padding included.
func perToken(c *golden.Case, t *testing.T, name string, got []float32, groups, frames, rows int) []float32 {
	want := c.Shape(t, name).Len()
	if groups != frames || len(got) == want || want*frames%(len(got)) != 0 {
		return got
	}
	per := len(got) / frames
	var out []float32
	for i := range want / per {
		f := i / rows
		if f >= frames { // padding has the last timestep
			f = frames - 1
		}
		out = append(out, got[f*per:(f+1)*per]...)
	}
	return out
}
