package picture

import (
	"fmt"
	"strings"
	"testing"

	"kinora/inference"
	"kinora/inference/golden"
)

func TestGoldenBestSize(t *testing.T) {
	var side struct {
		Rows []struct {
			W, H    int
			MaxArea int `json:"max_area"`
			OW, OH  int
			Resize  [2]int `json:"resize_wh"`
		}
	}
	golden.JSON(t, "best_output_size", &side)
	for _, r := range side.Rows {
		if w, h := BestSize(r.W, r.H, 32, r.MaxArea); w != r.OW || h != r.OH {
			t.Errorf("%d×%d in %d: %d×%d, want %d×%d", r.W, r.H, r.MaxArea, w, h, r.OW, r.OH)
		}
		if w, h := cover(r.W, r.H, r.OW, r.OH); w != r.Resize[0] || h != r.Resize[1] {
			t.Errorf("%d×%d in %d: resized to %d×%d, want %v", r.W, r.H, r.MaxArea, w, h, r.Resize)
		}
	}
	if len(side.Rows) == 0 {
		t.Error("no rows")
	}
}

func TestGoldenImagePreprocess(t *testing.T) {
	c := golden.Open(t, "image_preprocess")
	var side struct {
		Cases []struct {
			Index   int
			MaxArea int    `json:"max_area"`
			OutWH   [2]int `json:"out_wh"`
		}
	}
	golden.JSON(t, "image_preprocess", &side)
	for _, k := range side.Cases {
		name := fmt.Sprint(k.Index)
		s := c.Shape(t, name+".in")
		p := &inference.Picture{Width: s[1], Height: s[0], Pix: c.U8(t, name+".in")}
		w, h := BestSize(p.Width, p.Height, 32, k.MaxArea)
		got, err := Fit(p, w, h)
		if err != nil {
			t.Fatal(err)
		}
		want := c.F32(t, name+".out") // [3,1,h,w] in −1 … 1
		c.Seen(name + ".out")
		if len(want) != len(got.Pix) || w != k.OutWH[0] || h != k.OutWH[1] {
			t.Fatalf("case %s: %d×%d, want %v", name, w, h, c.Shape(t, name+".out"))
		}
		off := 0
		for i, v := range want {
			ch, px := i/(w*h), i%(w*h)
			if g := (float32(got.Pix[3*px+ch])/255 - 0.5) / 0.5; g-v > 1e-6 || v-g > 1e-6 {
				off++
			}
		}
		if off > 0 {
			t.Errorf("case %s: %d of %d values differ", name, off, len(want))
		}
	}
	golden.Complete(t, c, func(name string) bool { return strings.HasSuffix(name, ".out") })
}

func TestFitOddities(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 5000}, {5000, 1}, {3, 2}} {
		p := &inference.Picture{Width: size[0], Height: size[1], Pix: make([]byte, 3*size[0]*size[1])}
		for i := range p.Pix {
			p.Pix[i] = 200
		}
		w, h := BestSize(p.Width, p.Height, 32, 64*96)
		got, err := Fit(p, w, h)
		if err != nil || got.Width != w || got.Height != h {
			t.Fatalf("%v to %d×%d: %v", size, w, h, err)
		}
		for i, v := range got.Pix {
			if v != 200 {
				t.Fatalf("%v: byte %d of a flat picture is %d", size, i, v)
			}
		}
	}
	if _, err := Fit(&inference.Picture{Width: 2, Height: 2, Pix: make([]byte, 3)}, 32, 32); err == nil {
		t.Error("a picture with too few bytes was taken")
	}
}
