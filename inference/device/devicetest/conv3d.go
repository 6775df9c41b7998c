package devicetest

import (
	"fmt"
	"math"

	"kinora/inference/graph"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

type convCase struct {
	x      [4]int // frames, rows, columns, channels
	out    int
	kernel [3]int
	attr   graph.Conv3DAttr
	bias   bool
	cache  int // frames; 0: none
	dtype  tensor.DType
}

var around = [4]int{1, 1, 1, 1}

func conv3dCases() (cases []Case) {
	d := roll(13)
	for _, k := range []convCase{
		{[4]int{1, 3, 4, 3}, 5, [3]int{1, 1, 1}, graph.Conv3DAttr{}, true, 0, tensor.F32},
		{[4]int{2, 5, 4, 6}, 7, [3]int{3, 3, 3}, graph.Conv3DAttr{Pad: around}, true, 0, tensor.F32},
		{[4]int{1, 5, 6, 4}, 9, [3]int{3, 3, 3}, graph.Conv3DAttr{Pad: around}, false, 2, tensor.F32},
		{[4]int{1, 3, 3, 5}, 4, [3]int{1, 3, 3}, graph.Conv3DAttr{Pad: around, Up: true}, true, 0, tensor.F32},
		{[4]int{2, 6, 8, 4}, 6, [3]int{1, 3, 3}, graph.Conv3DAttr{Pad: [4]int{0, 1, 0, 1}, Stride: [3]int{1, 2, 2}}, true, 0, tensor.F32},
		{[4]int{4, 2, 3, 5}, 6, [3]int{3, 1, 1}, graph.Conv3DAttr{Stride: [3]int{2, 1, 1}}, true, 1, tensor.F32},
		{[4]int{2, 2, 2, 8}, 8, [3]int{3, 3, 3}, graph.Conv3DAttr{Pad: around}, true, 1, tensor.BF16},
		{[4]int{2, 5, 7, 40}, 70, [3]int{3, 3, 3}, graph.Conv3DAttr{Pad: around}, true, 2, tensor.BF16},
		{[4]int{3, 4, 5, 3}, 12, [3]int{3, 3, 3}, graph.Conv3DAttr{Pad: around}, true, 0, tensor.BF16},
		{[4]int{1, 4, 5, 16}, 8, [3]int{1, 3, 3}, graph.Conv3DAttr{Pad: around, Up: true}, true, 0, tensor.BF16},
		{[4]int{2, 6, 8, 24}, 16, [3]int{1, 3, 3}, graph.Conv3DAttr{Pad: [4]int{0, 1, 0, 1}, Stride: [3]int{1, 2, 2}}, false, 0, tensor.F16},
		{[4]int{3, 4, 3, 16}, 32, [3]int{3, 1, 1}, graph.Conv3DAttr{}, true, 2, tensor.F16},
		{[4]int{2, 13, 37, 72}, 30, [3]int{3, 3, 3}, graph.Conv3DAttr{Pad: around}, true, 2, tensor.BF16},
		{[4]int{2, 9, 17, 72}, 40, [3]int{1, 3, 3}, graph.Conv3DAttr{Pad: around, Up: true}, true, 0, tensor.F16},
		{[4]int{1, 5, 4, 8}, 8, [3]int{1, 2, 3}, graph.Conv3DAttr{Pad: [4]int{0, 0, 2, 1}, Up: true}, false, 0, tensor.BF16}, // odd ones
		{[4]int{2, 5, 9, 20}, 12, [3]int{1, 1, 1}, graph.Conv3DAttr{}, true, 0, tensor.BF16},                                 // a product, in the end
		{[4]int{1, 7, 9, 16}, 8, [3]int{1, 1, 1}, graph.Conv3DAttr{}, false, 0, tensor.F16},
		{[4]int{2, 7, 31, 24}, 28, [3]int{1, 3, 3}, graph.Conv3DAttr{Pad: around}, false, 0, tensor.F16},
	} {
		x := d.tensor(1, k.x[:]...)
		terms := k.x[3] * k.kernel[0] * k.kernel[1] * k.kernel[2]
		e, w := d.tensor(1/math.Sqrt(float64(terms)), k.out, k.x[3], k.kernel[0], k.kernel[1], k.kernel[2]).stored(k.dtype)
		be, b := d.tensor(1, k.out).stored(tensor.F32)
		in, ws := map[string]Tensor{"x": x}, weights.Map{"w": e}
		if k.bias {
			ws["b"] = be
		} else {
			b = make([]float64, k.out)
		}
		front := make([]float64, max(k.cache, k.kernel[0]-1)*k.x[1]*k.x[2]*k.x[3])
		if k.cache > 0 {
			in["cache"] = d.tensor(1, k.cache, k.x[1], k.x[2], k.x[3])
			front = in["cache"].f()
		}
		if k.attr.Stride == ([3]int{}) {
			k.attr.Stride = [3]int{1, 1, 1}
		}
		cases = append(cases, Case{
			Name: fmt.Sprintf("%v to %d by %v %v", k.x, k.out, k.kernel, k.dtype), Weights: ws,
			Draw: func(s *graph.Scope) *graph.Node {
				var bias, cache *graph.Node
				if k.bias {
					bias = s.Weight("b", k.out)
				}
				if k.cache > 0 {
					cache = s.Input("cache", tensor.F32, in["cache"].Shape...)
				}
				return s.Input("x", tensor.F32, k.x[:]...).Conv3D(s.Weight("w", e.Shape...), bias, cache, k.attr)
			},
			Passes: []Pass{{In: in, Want: func(round func(float64) float64) Result {
				return k.convolve(append(append([]float64{}, front...), x.f()...), w, b, round)
			}}},
		})
	}
	return cases
}

// convolve is the convolution of x, which has the frames in front already.
func (k convCase) convolve(x, w, b []float64, round func(float64) float64) Result {
	H, W, C := k.x[1], k.x[2], k.x[3]
	x, w = each(x, round), each(w, round)
	T := len(x) / (H * W * C)
	up := 1
	if k.attr.Up {
		up = 2
	}
	p, s := k.attr.Pad, k.attr.Stride
	to, ho, wo := (T-k.kernel[0])/s[0]+1, (up*H+p[0]+p[1]-k.kernel[1])/s[1]+1, (up*W+p[2]+p[3]-k.kernel[2])/s[2]+1
	r := Result{Terms: C * k.kernel[0] * k.kernel[1] * k.kernel[2]}
	for i := range to * ho * wo * k.out {
		o, xo, yo, t := i%k.out, i/k.out%wo, i/k.out/wo%ho, i/k.out/wo/ho
		sum, mag := b[o], math.Abs(b[o])
		for tap := range k.kernel[0] * k.kernel[1] * k.kernel[2] {
			dt, dy, dx := tap/(k.kernel[1]*k.kernel[2]), tap/k.kernel[2]%k.kernel[1], tap%k.kernel[2]
			y, xx := yo*s[1]+dy-p[0], xo*s[2]+dx-p[2]
			if y < 0 || xx < 0 || y >= up*H || xx >= up*W {
				continue
			}
			for c := range C {
				v := x[(((t*s[0]+dt)*H+y/up)*W+xx/up)*C+c] * w[((o*C+c)*k.kernel[0]*k.kernel[1]*k.kernel[2])+tap]
				sum, mag = sum+v, mag+math.Abs(v)
			}
		}
		r.V, r.Mag = append(r.V, sum), append(r.Mag, mag)
	}
	return r
}
