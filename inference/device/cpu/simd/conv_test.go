package simd

import (
	"testing"

	"kinora/inference/tensor"
)

type convolution struct {
	t, h, w, c, o   int
	k, stride       [3]int
	pad             [4]int
	front           int
	cache, up, bias bool
	tail            bool
	act             Act
	d               tensor.DType
}

var same = [4]int{1, 1, 1, 1}

var convolutions = []convolution{
	{t: 1, h: 1, w: 1, c: 1, o: 1, k: [3]int{1, 1, 1}},
	{t: 2, h: 5, w: 7, c: 3, o: 4, k: [3]int{3, 3, 3}, pad: same, front: 2, bias: true},
	{t: 2, h: 9, w: 33, c: 24, o: 24, k: [3]int{3, 3, 3}, pad: same, front: 2, cache: true, bias: true, tail: true},
	{t: 1, h: 6, w: 20, c: 12, o: 12, k: [3]int{1, 3, 3}, pad: same, bias: true, act: SiLU},
	{t: 1, h: 5, w: 9, c: 16, o: 12, k: [3]int{1, 3, 3}, pad: same, up: true, bias: true},
	{t: 2, h: 8, w: 12, c: 48, o: 48, k: [3]int{1, 3, 3}, pad: [4]int{0, 1, 0, 1}, stride: [3]int{1, 2, 2}},
	{t: 3, h: 4, w: 6, c: 20, o: 40, k: [3]int{3, 1, 1}, front: 1, cache: true, stride: [3]int{2, 1, 1}, d: tensor.BF16},
	{t: 2, h: 4, w: 15, c: 8, o: 33, k: [3]int{3, 1, 1}, front: 2, bias: true, tail: true},
	{t: 1, h: 3, w: 50, c: 130, o: 65, k: [3]int{3, 3, 3}, pad: same, front: 2, cache: true},
	{t: 2, h: 17, w: 3, c: 5, o: 3, k: [3]int{3, 3, 3}, pad: [4]int{2, 0, 0, 2}, front: 2, bias: true, d: tensor.F16},
	{t: 1, h: 7, w: 31, c: 260, o: 36, k: [3]int{1, 3, 3}, pad: same, up: true, cache: false},
	{t: 1, h: 4, w: 18, c: 24, o: 24, k: [3]int{3, 3, 3}, pad: same, up: true, front: 2, cache: true},
	{t: 1, h: 16, w: 16, c: 12, o: 160, k: [3]int{3, 3, 3}, pad: same, front: 2},
	{t: 1, h: 12, w: 11, c: 96, o: 100, k: [3]int{1, 1, 1}, bias: true, tail: true},
}

func TestConv(t *testing.T) {
	for i, c := range convolutions {
		t.Run(shape(c), func(t *testing.T) { everywhere(t, c.run(t, i)) })
	}
}

func (c convolution) run(t testing.TB, seed int) func(t *testing.T, p *Pool) []float32 {
	return c.rounded(func(v []float32) []float32 { return v }, seed)
}

// rounded expects what the convolution of rounded operands is.
func (c convolution) rounded(round func([]float32) []float32, seed int) func(t *testing.T, p *Pool) []float32 {
	r := source(seed)
	taps := c.k[0] * c.k[1] * c.k[2]
	data, w := stored(r, c.o*c.c*taps, c.d)
	a := Conv{X: numbers(r, c.t*c.h*c.w*c.c), T: c.t, H: c.h, W: c.w, C: c.c, Front: c.front, Stride: c.stride, Pad: c.pad,
		Up: c.up, Act: c.act, Weights: &PackedConv{o: c.o, c: c.c, kt: c.k[0], kh: c.k[1], kw: c.k[2]}}
	if c.cache {
		a.Cache = numbers(r, c.front*c.h*c.w*c.c)
	}
	if c.bias {
		a.Bias = numbers(r, c.o)
	}
	ot, oh, ow, o := a.Out()
	if c.tail {
		a.Residual = numbers(r, ot*oh*ow*o)
	}
	s, x := a.strides(), a
	w, x.X, x.Cache = round(w), round(a.X), round(a.Cache)
	want := make([]float64, 0, ot*oh*ow*o)
	for at := range ot * oh * ow {
		col, y, f := at%ow, at/ow%oh, at/ow/oh
		for j := range o {
			sum := 0.0
			for tap := range taps {
				px := x.pixel(x.frame(f*s[0]+tap/(c.k[1]*c.k[2])), y*s[1]+tap/c.k[2]%c.k[1], col*s[2]+tap%c.k[2])
				for i, v := range px {
					sum += float64(v) * float64(w[(j*c.c+i)*taps+tap])
				}
			}
			if c.bias {
				sum += float64(a.Bias[j])
			}
			sum = naiveAct(c.act, sum)
			if c.tail {
				sum += float64(a.Residual[len(want)])
			}
			want = append(want, sum)
		}
	}
	return func(t *testing.T, p *Pool) []float32 {
		b := a
		b.Weights = PackConv(p, ConvWeights{c.o, c.c, c.k[0], c.k[1], c.k[2], c.d, data}, c.up)
		b.Y = make([]float32, len(want))
		b.Do(p)
		near(t, b.Y, want, taps*c.c)
		return b.Y
	}
}

func FuzzConv(f *testing.F) {
	f.Add(uint8(3), uint8(40), uint8(24), uint8(24), uint16(5))
	f.Fuzz(func(t *testing.T, h, w, ch, o uint8, flags uint16) {
		c := convolution{t: 1 + int(flags&1), h: 3 + int(h%8), w: 3 + int(w%60), c: 1 + int(ch%70), o: 1 + int(o%70), k: [3]int{1, 3, 3},
			front: 0, pad: [4]int{int(flags >> 1 & 1), int(flags >> 2 & 1), int(flags >> 3 & 1), int(flags >> 4 & 1)},
			stride: [3]int{1, 1 + int(flags>>5&1), 1 + int(flags>>6&1)}, up: flags>>7&1 > 0, bias: flags>>8&1 > 0, tail: flags>>9&1 > 0}
		if flags>>10&1 > 0 {
			c.k, c.front, c.cache = [3]int{3, 3, 3}, 2, flags>>11&1 > 0
		}
		run := c.run(t, int(flags))
		for _, l := range Levels()[1:] {
			p := NewPoolAt(2, l)
			run(t, p)
			p.Close()
		}
	})
}
