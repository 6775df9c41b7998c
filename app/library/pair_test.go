package library

import (
	"testing"

	"kinora/inference/weights/dialect"
)

func TestChoose(t *testing.T) {
	encoder := func(path string, bits float64, held int64) part {
		return part{Found: dialect.Found{Part: dialect.Text, Bits: bits, Held: held}, path: path}
	}
	const here = "/models/text_encoders/"
	f32, bf16, fp8, q4 := encoder(here+"a_f32.gguf", 32, 400), encoder(here+"d_bf16.gguf", 16.01, 200), encoder(here+"b_fp8.gguf", 8.5, 100), encoder(here+"c_q4.gguf", 4.5, 60)
	fp4 := encoder(here+"e_fp4.safetensors", 4.5, 200) // widened as it is read
	for _, c := range []struct {
		name string
		room int64
		all  []part
		want string
	}{
		{"the widest", 0, []part{f32, fp8, q4, bf16}, bf16.path},
		{"the widest that memory has room for", 150, []part{f32, fp8, q4, bf16}, fp8.path},
		{"the smallest where it has room for none", 50, []part{fp8, q4, bf16}, q4.path},
		{"what it takes in memory, not on the disk", 100, []part{fp4, q4}, q4.path},
		{"more than 16 bits only where there is nothing else", 0, []part{f32}, f32.path},
		{"not more than 16 bits", 0, []part{f32, q4}, q4.path},
		{"the nearest before all else", 0, []part{bf16, encoder("/models/denoisers/x.gguf", 4.5, 60)}, "/models/denoisers/x.gguf"},
		{"the nearer of two, though narrower", 0, []part{bf16, encoder("/models/denoisers/text/q4.gguf", 4.5, 60)}, "/models/denoisers/text/q4.gguf"},
		{"the first of equal ones", 0, []part{encoder(here+"1.gguf", 8.5, 100), encoder(here+"2.gguf", 8.501, 100)}, here + "1.gguf"},
		{"none", 0, nil, ""},
	} {
		d := part{Found: dialect.Found{Part: dialect.Denoiser}, path: "/models/denoisers/dit.gguf"}
		got, ok := choose(c.all, d, c.room, func(p part) bool { return p.Part == dialect.Text })
		if got.path != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, want %q", c.name, got.path, c.want)
		}
	}
	if _, ok := choose([]part{bf16}, part{}, 0, func(part) bool { return false }); ok {
		t.Error("chose one that does not fit")
	}
}
