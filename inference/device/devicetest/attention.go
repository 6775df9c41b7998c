package devicetest

import (
	"fmt"
	"math"

	"kinora/inference/graph"
	"kinora/inference/tensor"
)

type attentionCase struct {
	rows, keys, heads, d int
	bias                 bool
	span                 graph.Span
	frames, window       int
	repeats              int
}

func attentionCases() (cases []Case) {
	d := roll(12)
	for _, k := range []attentionCase{
		{1, 1, 1, 8, false, graph.Everywhere, 0, -1, 0},
		{7, 13, 2, 16, false, graph.Everywhere, 0, -1, 0},
		{70, 131, 2, 32, false, graph.Everywhere, 0, -1, 0}, // cross
		{66, 66, 1, 128, false, graph.Everywhere, 0, -1, 0},
		{37, 37, 3, 12, true, graph.Everywhere, 0, -1, 0},
		{9, 75, 2, 64, true, graph.Everywhere, 0, -1, 0},
		{5 * 27, 5 * 27, 2, 32, false, graph.Everywhere, 5, 1, 0},
		{4 * 6, 4 * 6, 2, 20, false, graph.Everywhere, 4, 0, 0},
		{3 * 70, 3 * 70, 1, 64, false, graph.InFrame, 3, -1, 0},
		{4 * 9, 4 * 9, 2, 12, false, graph.InFrame, 4, -1, 0},
		{6 * 7, 6 * 7, 2, 32, false, graph.AtPixel, 6, 2, 0},
		{5 * 4, 5 * 4, 3, 10, false, graph.AtPixel, 5, -1, 0},
		{20, 20, 1, 256, false, graph.Everywhere, 0, -1, 0},
		{50, 77, 1, 264, false, graph.Everywhere, 0, -1, 0},
		{3 * 45, 3 * 45, 1, 136, false, graph.InFrame, 3, -1, 0}, // the VAE's
		{300, 409, 2, 128, false, graph.Everywhere, 0, -1, 0},
		{4 * 90, 4 * 90, 1, 64, false, graph.Everywhere, 4, 1, 0},
		{70, 131, 2, 32, false, graph.Everywhere, 0, -1, 382}, // padding as one key
		{140, 176, 1, 128, false, graph.Everywhere, 0, -1, 337},
		{9, 64, 2, 64, false, graph.Everywhere, 0, -1, 2},
		{7, 13, 2, 16, false, graph.Everywhere, 0, -1, 40},
	} {
		width := k.heads * k.d
		q, key, v := d.tensor(1, k.rows, width), d.tensor(1, k.keys, width), d.tensor(1, k.keys, width)
		in := map[string]Tensor{"q": q, "k": key, "v": v}
		var bias []float64
		if k.bias {
			in["bias"] = d.tensor(1, k.heads, k.rows, k.keys)
			bias = in["bias"].f()
		}
		attr := graph.AttentionAttr{Heads: k.heads, Scale: float32(1 / math.Sqrt(float64(k.d))), Span: k.span, Frames: k.frames, Window: k.window, Repeats: k.repeats}
		cases = append(cases, Case{
			Name: fmt.Sprintf("%v %dx%d %dx%d frames %d window %d bias %v repeats %d", k.span, k.rows, k.keys, k.heads, k.d, k.frames, k.window, k.bias, k.repeats),
			Draw: func(s *graph.Scope) *graph.Node {
				var b *graph.Node
				if k.bias {
					b = s.Input("bias", tensor.F32, k.heads, k.rows, k.keys)
				}
				return s.Input("q", tensor.F32, q.Shape...).Attend(s.Input("k", tensor.F32, key.Shape...), s.Input("v", tensor.F32, v.Shape...), b, attr)
			},
			Passes: []Pass{{In: in, Want: func(round func(float64) float64) Result {
				return k.attend(q.f(), key.f(), v.f(), bias, float64(attr.Scale), round)
			}}},
		})
	}
	return cases
}

// sees reports whether query i sees key j.
func (k attentionCase) sees(i, j int) bool {
	if k.frames == 0 {
		return true
	}
	per := k.rows / k.frames
	near := k.window < 0 || max(i/per-j/per, j/per-i/per) <= k.window
	switch k.span {
	case graph.InFrame:
		return i/per == j/per
	case graph.AtPixel:
		return i%per == j%per && near
	}
	return near
}

func (k attentionCase) attend(q, key, v, bias []float64, scale float64, round func(float64) float64) Result {
	width := k.heads * k.d
	q, key, v = each(q, round), each(key, round), each(v, round)
	r := Result{V: make([]float64, k.rows*width), Mag: make([]float64, k.rows*width), Terms: k.keys}
	for h := range k.heads {
		for i := range k.rows {
			p, top := make([]float64, k.keys), math.Inf(-1)
			for j := range k.keys {
				p[j] = math.Inf(-1)
				if !k.sees(i, j) {
					continue
				}
				p[j] = 0
				for c := range k.d {
					p[j] += q[i*width+h*k.d+c] * key[j*width+h*k.d+c]
				}
				if p[j] *= scale; j == k.keys-1 && k.repeats > 1 {
					p[j] += math.Log(float64(k.repeats))
				}
				if bias != nil {
					p[j] += bias[(h*k.rows+i)*k.keys+j]
				}
				top = max(top, p[j])
			}
			total := 0.0
			for j := range p {
				p[j] = math.Exp(p[j] - top)
				total += p[j]
			}
			rounded := each(p, round)
			for c := range k.d {
				at := i*width + h*k.d + c
				for j := range p {
					e := rounded[j] * v[j*width+h*k.d+c] / total
					r.V[at] += e
					// an error of the logits, a few units of float32, multiplies
					r.Mag[at] += math.Abs(e) * (4 + math.Sqrt(float64(k.d)))
				}
			}
		}
	}
	return r
}
