package quant

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kinora/inference/tensor"
)

// The gguf package's own reading of random blocks must be ours, to the last bit.
func TestBlocksAsGGUFReadsThem(t *testing.T) {
	for d := tensor.Q4_0; d < tensor.NumDTypes; d++ {
		raw, err := os.ReadFile(filepath.Join("testdata", d.String()+".bin"))
		if err != nil {
			t.Fatal(err)
		}
		const n = 1024
		size := int(d.Size(n))
		want := make([]float32, n)
		if err := Widen(want, tensor.F32, raw[size:]); err != nil {
			t.Fatal(err)
		}
		got := make([]float32, n)
		if err := Widen(got, d, raw[:size]); err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%v: element %d is %v, want %v", d, i, got[i], want[i])
				break
			}
		}
	}
}

// An independent reading of small floats: sign · mantissa · 2^exponent in float64.
func TestSmallFloats(t *testing.T) {
	value := func(x, m, e, bias int) float64 {
		sign := 1 - 2*float64(x>>(m+e)&1)
		mantissa, exponent := float64(x&(1<<m-1)), x>>m&(1<<e-1)
		if exponent == 0 {
			return sign * math.Ldexp(mantissa, 1-bias-m)
		}
		return sign * math.Ldexp(mantissa+float64(int(1)<<m), exponent-bias-m)
	}
	same := func(a float32, b float64) bool {
		return float64(a) == b && math.Signbit(float64(a)) == math.Signbit(b) || a != a && b != b
	}
	for x := range 1 << 16 {
		want := value(x, 10, 5, 15)
		if x>>10&31 == 31 {
			want = math.Inf(1 - 2*(x>>15))
			if x&1023 != 0 {
				want = math.NaN()
			}
		}
		if got := F16(uint16(x)); !same(got, want) {
			t.Fatalf("half %#04x is %v, want %v", x, got, want)
		}
		if x&255 == 0 {
			if got := F8E5M2(byte(x >> 8)); !same(got, want) {
				t.Fatalf("e5m2 %#02x is %v, want %v", x>>8, got, want)
			}
		}
	}
	for x := range 1 << 8 {
		want := value(x, 3, 4, 7)
		if x&127 == 127 {
			want = math.NaN()
		}
		if got := F8E4M3(byte(x)); !same(got, want) {
			t.Fatalf("e4m3 %#02x is %v, want %v", x, got, want)
		}
	}
	if BF16(0x3fc0) != 1.5 || BF16(0xc000) != -2 || !math.IsInf(float64(BF16(0x7f80)), 1) {
		t.Error("bf16")
	}
}

func TestPlainTypes(t *testing.T) {
	for _, c := range []struct {
		d    tensor.DType
		in   string
		want []float32
	}{
		{tensor.F32, "\x00\x00\xc0\x3f", []float32{1.5}},
		{tensor.F64, "\x00\x00\x00\x00\x00\x00\xf8\xbf", []float32{-1.5}},
		{tensor.BF16, "\xc0\x3f\x00\xc0", []float32{1.5, -2}},
		{tensor.F16, "\x00\x3c\x00\xc0", []float32{1, -2}},
		{tensor.F8E4M3, "\x38\xc0\x7e", []float32{1, -2, 448}},
		{tensor.F8E5M2, "\x3c\xc0", []float32{1, -2}},
		{tensor.I8, "\xff\x7f", []float32{-1, 127}},
		{tensor.U8, "\xff", []float32{255}},
		{tensor.I32, "\xfe\xff\xff\xff", []float32{-2}},
		{tensor.I64, "\x00\x00\x00\x00\x01\x00\x00\x00", []float32{1 << 32}},
	} {
		got := make([]float32, len(c.want))
		if err := Widen(got, c.d, []byte(c.in)); err != nil {
			t.Errorf("%v: %v", c.d, err)
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%v: %v, want %v", c.d, got, c.want)
			}
		}
	}
}

func TestWidenRefuses(t *testing.T) {
	for _, c := range []struct {
		d          tensor.DType
		elems, len int
		want       string
	}{
		{tensor.Bool, 1, 1, "bool holds no numbers"},
		{tensor.NumDTypes, 1, 1, "holds no numbers"},
		{tensor.Q8_0, 32, 33, "33 bytes of q8_0 are not 32 elements"},
		{tensor.Q8_0, 33, 34, "are not 33 elements"},
		{tensor.Q4K, 256, 143, "are not 256"},
		{tensor.F32, 2, 4, "are not 2"},
	} {
		err := Widen(make([]float32, c.elems), c.d, make([]byte, c.len))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want …%s…", c.d, err, c.want)
		}
	}
}

func TestBlocksAsGGUFMakesThem(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "encoded.bin"))
	if err != nil {
		t.Fatal(err)
	}
	const n = 1024
	values := make([]float32, n)
	if err := Widen(values, tensor.F32, raw[:4*n]); err != nil {
		t.Fatal(err)
	}
	raw = raw[4*n:]
	for _, d := range []tensor.DType{tensor.Q4_0, tensor.Q4_1, tensor.Q5_0, tensor.Q5_1, tensor.Q8_0} {
		size := int(d.Size(n))
		got := make([]byte, size)
		if err := Narrow(got, d, values); err != nil {
			t.Fatal(err)
		}
		elems, each := d.Block()
		for b := range n / elems {
			if g, w := got[b*each:(b+1)*each], raw[b*each:(b+1)*each]; string(g) != string(w) {
				t.Errorf("%v: block %d is % x, want % x", d, b, g, w)
				break
			}
		}
		raw = raw[size:]
	}
	if len(raw) != 0 {
		t.Errorf("%d bytes left", len(raw))
	}
}

// K-quants have scales that are searched for: what counts is how far numbers come
// back from where they were, as a share of their size, for shapes that weights have.
func TestKBlocksComeBackNear(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	shapes := map[string]func(i int) float32{
		"bell":     func(int) float32 { return float32(r.NormFloat64()) * 0.03 },
		"shifted":  func(int) float32 { return float32(r.NormFloat64())*0.01 + 0.05 },
		"outliers": func(i int) float32 { return float32(r.NormFloat64()) * float32(1+20*(i%97/96)) },
		"tiny":     func(int) float32 { return float32(r.NormFloat64()) * 1e-3 },
	}
	limits := map[tensor.DType]float64{tensor.Q4K: 0.085, tensor.Q5K: 0.042, tensor.Q6K: 0.024}
	const n = 64 * 256
	for name, shape := range shapes {
		x, y := make([]float32, n), make([]float32, n)
		for i := range x {
			x[i] = shape(i)
		}
		for d, limit := range limits {
			b := make([]byte, d.Size(n))
			if err := Narrow(b, d, x); err != nil {
				t.Fatal(err)
			}
			if err := Widen(y, d, b); err != nil {
				t.Fatal(err)
			}
			var e, of float64
			for i := range x {
				e += math.Pow(float64(x[i]-y[i]), 2)
				of += math.Pow(float64(x[i]), 2)
			}
			limit := limit
			if name == "outliers" { // one large number takes the steps from the 31 beside it
				limit *= 1.5
			}
			if share := math.Sqrt(e / of); share > limit {
				t.Errorf("%v of %s: comes back off by %.4f of its size, want at most %.4f", d, name, share, limit)
			}
		}
	}
}

// What these types can say exactly comes back exactly.
func TestKBlocksSayExactly(t *testing.T) {
	for _, d := range []tensor.DType{tensor.Q4K, tensor.Q5K, tensor.Q6K} {
		for name, at := range map[string]func(i int) float32{
			"zeros": func(int) float32 { return 0 },
			"steps": func(i int) float32 { return float32(i%16) * 0.5 },
			"signs": func(i int) float32 { return float32(i%2*2-1) * 0.25 },
		} {
			x, y := make([]float32, 256), make([]float32, 256)
			for i := range x {
				x[i] = at(i)
			}
			b := make([]byte, d.Size(256))
			if err := Narrow(b, d, x); err != nil {
				t.Fatal(err)
			}
			if err := Widen(y, d, b); err != nil {
				t.Fatal(err)
			}
			if d == tensor.Q6K && name == "steps" {
				continue // it has no offsets
			}
			for i := range x {
				if diff := math.Abs(float64(x[i] - y[i])); diff > 1e-3*math.Abs(float64(x[i])) {
					t.Errorf("%v of %s: %v comes back as %v", d, name, x[i], y[i])
					break
				}
			}
		}
	}
}

// What a type can say exactly it must say, and the middle between two neighbours
// goes to the even one.
func TestNarrowFloats(t *testing.T) {
	for _, d := range []tensor.DType{tensor.BF16, tensor.F16, tensor.F8E4M3, tensor.F8E5M2} {
		_, size := d.Block()
		decode := func(bits int) float32 {
			var y [1]float32
			if err := Widen(y[:], d, []byte{byte(bits), byte(bits >> 8)}[:size]); err != nil {
				t.Fatal(err)
			}
			return y[0]
		}
		encode := func(x float32) int {
			b := make([]byte, size)
			if err := Narrow(b, d, []float32{x}); err != nil {
				t.Fatal(err)
			}
			bits := int(b[0])
			if size == 2 {
				bits |= int(b[1]) << 8
			}
			return bits
		}
		half := 1 << (8*size - 1)
		for bits := range 2 * half {
			x := decode(bits)
			if got := encode(x); got != bits && x == x {
				t.Fatalf("%v: %v is %#x, want %#x", d, x, got, bits)
			}
			if x != x && !math.IsNaN(float64(decode(encode(x)))) {
				t.Fatalf("%v: no number becomes %v", d, decode(encode(x)))
			}
			next := decode(bits + 1)
			if bits%half == half-1 || x != x || next != next || math.IsInf(float64(next), 0) {
				continue
			}
			middle := float32((float64(x) + float64(next)) / 2)
			if got := encode(middle); got != bits+bits&1 {
				t.Fatalf("%v: %v, between %v and %v, is %#x, want %#x", d, middle, x, next, got, bits+bits&1)
			}
			if got := encode(math.Nextafter32(middle, next)); got != bits+1 {
				t.Fatalf("%v: just above %v is %#x, want %#x", d, middle, got, bits+1)
			}
		}
	}
	inf := float32(math.Inf(1))
	if ToF16(70000) != 0x7c00 || ToF16(-inf) != 0xfc00 || ToF16(65519) != 0x7bff || ToF8E4M3(1e9) != 0x7e || ToF8E4M3(-inf) != 0xfe {
		t.Error("what is too large")
	}
}

func TestNarrowRefuses(t *testing.T) {
	for _, c := range []struct {
		d          tensor.DType
		elems, len int
		want       string
	}{
		{tensor.IQ4XS, 256, 136, "numbers are not turned into iq4_xs"},
		{tensor.NumDTypes, 1, 1, "not turned into"},
		{tensor.Q8_0, 32, 33, "33 bytes of q8_0 are not 32 elements"},
		{tensor.F32, 2, 4, "are not 2"},
	} {
		err := Narrow(make([]byte, c.len), c.d, make([]float32, c.elems))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want …%s…", c.d, err, c.want)
		}
	}
}

func BenchmarkWiden(b *testing.B) {
	for _, d := range []tensor.DType{tensor.BF16, tensor.F16, tensor.F8E4M3, tensor.Q8_0, tensor.Q4K, tensor.Q6K} {
		b.Run(d.String(), func(b *testing.B) {
			dst, src := make([]float32, 1<<16), make([]byte, d.Size(1<<16))
			b.SetBytes(4 << 16)
			for b.Loop() {
				if err := Widen(dst, d, src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
