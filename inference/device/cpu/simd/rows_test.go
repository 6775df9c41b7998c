package simd

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"kinora/inference/tensor"
	"kinora/inference/weights/quant"
)

func TestNorm(t *testing.T) {
	for i, c := range []struct {
		rows, dim           int
		kind                NormKind
		weight, bias, moded bool
		act                 Act
		offset              float32
	}{
		{1, 1, RMSNorm, true, false, false, NoAct, 0},
		{3, 12, ChannelNorm, true, false, false, SiLU, 0},
		{40, 24, ChannelNorm, true, false, false, SiLU, 0},
		{9, 35, LayerNorm, true, true, false, NoAct, 0},
		{12, 256, LayerNorm, false, false, true, NoAct, 0},
		{6, 1027, RMSNorm, true, false, false, NoAct, 0},
		{6, 3072, LayerNorm, true, true, true, NoAct, 100},
		{2, 7, LayerNorm, false, false, true, GELU, -3},
	} {
		r := source(i)
		n := Norm{Kind: c.kind, Dim: c.dim, Eps: 1e-6, Act: c.act}
		x := numbers(r, c.rows*c.dim)
		for j := range x {
			x[j] += c.offset
		}
		if c.weight {
			n.Weight = numbers(r, c.dim)
		}
		if c.bias {
			n.Bias = numbers(r, c.dim)
		}
		if c.moded {
			n.Scale = Rows{numbers(r, c.rows*2*c.dim), 2 * c.dim, 3}
			n.Shift = Rows{n.Scale.Data[c.dim:], 2 * c.dim, 3}
		}
		want := naiveNorm(n, x)
		t.Run(shape(c), func(t *testing.T) {
			everywhere(t, func(t *testing.T, p *Pool) []float32 {
				y := append([]float32{}, x...)
				n.Do(p, y, y)
				near(t, y, want, 4)
				return y
			})
		})
	}
}

func naiveNorm(n Norm, x []float32) []float64 {
	want := make([]float64, len(x))
	for at := 0; at < len(x); at += n.Dim {
		mean, sq := 0.0, 0.0
		for _, v := range x[at:][:n.Dim] {
			mean += float64(v) / float64(n.Dim)
		}
		if n.Kind != LayerNorm {
			mean = 0
		}
		for _, v := range x[at:][:n.Dim] {
			sq += (float64(v) - mean) * (float64(v) - mean)
		}
		by := 1 / math.Sqrt(sq/float64(n.Dim)+float64(n.Eps))
		if n.Kind == ChannelNorm {
			by = math.Sqrt(float64(n.Dim)) / max(math.Sqrt(sq), 1e-12)
		}
		for i, v := range x[at:][:n.Dim] {
			y := (float64(v) - mean) * by
			if n.Weight != nil {
				y *= float64(n.Weight[i])
			}
			if n.Bias != nil {
				y += float64(n.Bias[i])
			}
			if n.Scale.Data != nil {
				g := at / n.Dim / n.Scale.Every * n.Scale.Stride
				y = y*(1+float64(n.Scale.Data[g+i])) + float64(n.Shift.Data[g+i])
			}
			want[at+i] = naiveAct(n.Act, y)
		}
	}
	return want
}

func TestSoftmax(t *testing.T) {
	for _, dim := range []int{1, 5, 16, 77, 512} {
		x := numbers(source(dim), 6*dim)
		for i := range x {
			x[i] *= 20
		}
		want := make([]float64, len(x))
		for at := 0; at < len(x); at += dim {
			sum := 0.0
			for i, v := range x[at:][:dim] {
				want[at+i] = math.Exp(float64(v))
				sum += want[at+i]
			}
			for i := range dim {
				want[at+i] /= sum
			}
		}
		everywhere(t, func(t *testing.T, p *Pool) []float32 {
			y := make([]float32, len(x))
			Softmax(p, y, x, dim)
			near(t, y, want, 4)
			return y
		})
	}
}

// Activations are compared number by number over the whole range of exponents.
func TestAct(t *testing.T) {
	var x []float32
	for e := -40; e < 8; e++ {
		for f := float32(1); f < 2; f += 0.013 {
			x = append(x, float32(math.Ldexp(float64(f), e)), -float32(math.Ldexp(float64(f), e)))
		}
	}
	x = append(x, 0, float32(math.Copysign(0, -1)), 300, -300, 3e38, -3e38, float32(math.Inf(1)))
	for _, a := range []Act{NoAct, SiLU, GELU} {
		everywhere(t, func(t *testing.T, p *Pool) []float32 {
			y := make([]float32, len(x))
			a.Do(p, y, x)
			for i, v := range x {
				want := naiveAct(a, float64(v))
				if math.IsInf(want, 1) && math.IsInf(float64(y[i]), 1) {
					continue
				}
				// The value of GELU's tail is a difference of nearly equal numbers.
				bound := 4e-7*math.Abs(want) + 1e-36 // e^−x overflows before the quotient does
				if a == GELU && v < -1 {
					bound += 4e-7 * math.Abs(float64(v))
				}
				if math.Abs(v64(v)) > 1e30 {
					bound += 1e-6 * math.Abs(v64(v))
				}
				if v < -1e30 && y[i] == 0 {
					continue
				}
				if d := math.Abs(float64(y[i]) - want); !(d <= bound) {
					t.Fatalf("act %d of %v: got %v, want %v", a, v, y[i], want)
				}
			}
			return y
		})
	}
}

func v64(v float32) float64 { return float64(v) }

func TestPairwise(t *testing.T) {
	for _, c := range [][2]int{{1, 1}, {35, 7}, {1000, 1}, {20000, 20000}, {30003, 3}, {9600, 96}} {
		r := source(c[0])
		x, y := numbers(r, c[0]), numbers(r, c[1])
		sum, times := make([]float64, c[0]), make([]float64, c[0])
		for i := range x {
			sum[i] = float64(x[i]) + float64(y[i%c[1]])
			times[i] = float64(x[i]) * float64(y[i%c[1]])
		}
		everywhere(t, func(t *testing.T, p *Pool) []float32 {
			d, e := make([]float32, len(x)), append([]float32{}, x...)
			Add(p, d, x, y)
			Mul(p, e, e, y)
			near(t, d, sum, 1)
			near(t, e, times, 1)
			return append(d, e...)
		})
	}
}

func TestModulateAndGate(t *testing.T) {
	for _, c := range [][3]int{{1, 1, 1}, {6, 33, 2}, {40, 256, 10}, {5, 1500, 5}} {
		rows, dim, every := c[0], c[1], c[2]
		r := source(dim)
		x, y := numbers(r, rows*dim), numbers(r, rows*dim)
		a, b := Rows{numbers(r, rows*dim), dim, every}, Rows{numbers(r, rows*dim), dim, every}
		mod, gate := make([]float64, len(x)), make([]float64, len(x))
		for i := range x {
			g := i/dim/every*dim + i%dim
			mod[i] = float64(x[i])*(1+float64(a.Data[g])) + float64(b.Data[g])
			gate[i] = float64(x[i]) + float64(y[i])*float64(a.Data[g])
		}
		everywhere(t, func(t *testing.T, p *Pool) []float32 {
			d, e := make([]float32, len(x)), append([]float32{}, x...)
			Modulate(p, d, x, dim, a, b)
			MulAdd(p, e, e, y, dim, a)
			near(t, d, mod, 1)
			near(t, e, gate, 1)
			return append(d, e...)
		})
	}
}

func TestRoPE(t *testing.T) {
	for _, c := range [][3]int{{1, 1, 2}, {5, 3, 6}, {17, 2, 32}, {9, 4, 128}, {3, 1, 44}} {
		rows, heads, d := c[0], c[1], c[2]
		r := source(d)
		x, cos, sin := numbers(r, rows*heads*d), numbers(r, rows*d/2), numbers(r, rows*d/2)
		want := make([]float64, len(x))
		for i := 0; i < len(x); i += 2 {
			at := i/(heads*d)*(d/2) + i%d/2
			a, b, co, si := float64(x[i]), float64(x[i+1]), float64(cos[at]), float64(sin[at])
			want[i], want[i+1] = a*co-b*si, a*si+b*co
		}
		everywhere(t, func(t *testing.T, p *Pool) []float32 {
			y := append([]float32{}, x...)
			RoPE(p, y, y, cos, sin, rows, heads, d)
			near(t, y, want, 2)
			return y
		})
	}
}

// Every 16-bit pattern survives the way out and back.
func TestWidenAndNarrow(t *testing.T) {
	for _, d := range []tensor.DType{tensor.BF16, tensor.F16} {
		bits := make([]uint16, 1<<16)
		for i := range bits {
			bits[i] = uint16(i)
		}
		v, back := make([]float32, 1<<16), make([]uint16, 1<<16)
		Widen(v, tensor.Bytes(bits), d)
		Narrow(tensor.Bytes(back), v, d)
		for i := range bits {
			if v[i] == v[i] && back[i] != bits[i] {
				t.Fatalf("%v %#x is %v and comes back as %#x", d, bits[i], v[i], back[i])
			}
			if v[i] != v[i] && !isNaN16(back[i], d) {
				t.Fatalf("%v: the NaN %#x comes back as %#x", d, bits[i], back[i])
			}
		}
	}
	ties := []float32{1 + 1.0/256, 1 + 3.0/256, 65504, 65519, 65520, 1e-8, 3e-8, 6.1e-5}
	got := make([]uint16, 2*len(ties))
	Narrow(tensor.Bytes(got[:len(ties)]), ties, tensor.BF16)
	Narrow(tensor.Bytes(got[len(ties):]), ties, tensor.F16)
	want := []uint16{0x3f80, 0x3f82, 0x4780, 0x4780, 0x4780, 0x322c, 0x3301, 0x3880, 0x3c04, 0x3c0c, 0x7bff, 0x7bff, 0x7c00, 0, 1, 0x3ff}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("number %d, %v: got %#x, want %#x", i, ties[i%len(ties)], got[i], want[i])
		}
	}
}

func TestWidenBytes(t *testing.T) {
	for _, c := range []struct {
		d    tensor.DType
		src  []byte
		want []float32
	}{
		{tensor.F8E4M3, []byte{0, 1, 0x08, 0x38, 0x3c, 0x7e, 0xb8, 0x81}, []float32{0, 1.0 / 512, 1.0 / 64, 1, 1.5, 448, -1, -1.0 / 512}},
		{tensor.F8E5M2, []byte{0, 1, 0x04, 0x3c, 0x7b, 0xbc}, []float32{0, 1.0 / 65536, 1.0 / 16384, 1, 57344, -1}},
		{tensor.Q8_0, append([]byte{0, 0x38, 1, 0xff, 127, 0x80}, make([]byte, 28)...), append([]float32{0.5, -0.5, 63.5, -64}, make([]float32, 28)...)},
	} {
		got := make([]float32, len(c.want))
		Widen(got, c.src, c.d)
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: got %v, want %v", c.d, got, c.want)
		}
	}
}

// The kernels of every level widen blocks to the very numbers that the types mean.
func TestWidenBlocks(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, l := range Levels() {
		p := NewPoolAt(1, l)
		defer p.Close()
		for d := range blockTypes {
			elems, size := d.Block()
			const blocks = 300
			src := make([]byte, blocks*size)
			for i := range src {
				src[i] = byte(r.Uint32())
			}
			want, got := make([]float32, blocks*elems), make([]float32, blocks*elems)
			if err := quant.Widen(want, d, src); err != nil {
				t.Fatal(err)
			}
			p.widen(got, src, d)
			for i, v := range want {
				if math.Float32bits(v) != math.Float32bits(got[i]) && (v == v || got[i] == got[i]) {
					t.Fatalf("%v, %v: number %d of block %d is %g, want %g", l, d, i%elems, i/elems, got[i], v)
				}
			}
		}
	}
}

func isNaN16(b uint16, d tensor.DType) bool {
	if d == tensor.BF16 {
		return b&0x7f80 == 0x7f80 && b&0x7f != 0
	}
	return b&0x7c00 == 0x7c00 && b&0x3ff != 0
}
