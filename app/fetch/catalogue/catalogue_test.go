package catalogue

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const line = "x vae o/n main a/b.gguf 5 e40321bd36b9709991dae2530eb4ac303dd168276980d3e9bc4b6e2b75fed156 MIT An x\n"

func TestBuiltIn(t *testing.T) {
	c, err := Open("")
	if err != nil || len(c.Entries) < 6 {
		t.Fatal(len(c.Entries), err)
	}
	for _, s := range c.Sets {
		has := map[Part]int{}
		files, err := c.Select(s.Name)
		for _, e := range files {
			has[e.Part]++
		}
		if err != nil || files[len(files)-1].Part != Denoiser || has[Denoiser] != 1 || has[Text] != 1 || has[VAE] != 1 {
			t.Errorf("%s: %v, %v", s.Name, has, err)
		}
	}
	e, _ := c.Find("wan2.2-vae")
	f := e.At("", "m")
	if f.URL != "https://huggingface.co/Comfy-Org/Wan_2.2_ComfyUI_Repackaged/resolve/fb1388adc906ab39ffc26ee40e96b22886b56bc4/split_files/vae/wan2.2_vae.safetensors" ||
		f.Path != filepath.Join("m", "vae", "wan2.2_vae.safetensors") || f.Size != 1409400960 {
		t.Errorf("%+v", f)
	}
	if f := e.At("http://mirror:8080/hf/", "m"); !strings.HasPrefix(f.URL, "http://mirror:8080/hf/Comfy-Org/") {
		t.Error(f.URL)
	}
	if list, err := c.Select("ti2v-5b", "wan2.2-vae"); err != nil || len(list) != 3 {
		t.Errorf("%v, %v", list, err)
	}
	if _, err := c.Select("ti2v-5b", "nothing"); err == nil {
		t.Error("nothing was found")
	}
}

func TestOwnList(t *testing.T) {
	own := filepath.Join(t.TempDir(), FileName)
	built, err := Open(own)
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile(own, []byte("# mine\n\n"+line+"set mine x ti2v-5b-fp8\n"), 0o644)
	c, err := Open(own)
	if e, ok := c.Find("x"); err != nil || !ok || e.Title != "An x" || e.Size != 5 || len(c.Sets) != len(built.Sets)+1 {
		t.Errorf("%+v, %v", e, err)
	}
	for _, bad := range []string{"y", strings.Repeat("# \n", maxFile)} {
		os.WriteFile(own, []byte(bad), 0o644)
		if c, err := Open(own); err == nil || !strings.Contains(err.Error(), own) || len(c.Entries) != len(built.Entries) {
			t.Errorf("%.5q: %d entries, %v", bad, len(c.Entries), err)
		}
	}
}

func TestBadLines(t *testing.T) {
	for _, c := range []struct{ old, new string }{
		{"x vae", "X vae"}, {"x vae", "set vae"}, {"x vae", ".x vae"}, {"x vae", "../x vae"}, {"vae", "tokenizer"}, {"o/n", "o"}, {"o/n", "../n"}, {"o/n", "o/n/m"}, {"main", "../main"},
		{"a/b", "a//b"}, {"a/b", "../b"}, {"a/b", "/b"}, {"a/b", `a\b`}, {"a/b", "a/b?x="}, {" 5 ", " 0 "}, {" 5 ", " -5 "}, {" 5 ", " +5 "}, {" 5 ", " 5.0 "}, {" 5 ", " 99999999999999999999 "},
		{"e40", "e4"}, {"e40", "g40"}, {" MIT An x", " MIT"},
	} {
		if bad := strings.Replace(line, c.old, c.new, 1); bad == line {
			t.Errorf("%q is not there", c.old)
		} else if _, err := Parse("\n"+bad, Catalogue{}); err == nil || !strings.HasPrefix(err.Error(), "line 2: ") {
			t.Errorf("%q for %q: %v", c.new, c.old, err)
		}
	}
	for _, bad := range []string{line + line, "set a b\n", line + "set x x\n", line + "set y\n"} {
		if _, err := Parse(bad, Catalogue{}); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(wan)
	f.Add(line + "set y x\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse(text, Catalogue{})
		if err != nil {
			return
		}
		for _, e := range c.Entries {
			at := e.At("http://h", "models")
			if rel, err := filepath.Rel("models", at.Path); err != nil || strings.HasPrefix(rel, "..") || strings.Count(filepath.ToSlash(rel), "/") != 1 {
				t.Errorf("%q goes to %q", e.Path, at.Path)
			}
			if !strings.HasPrefix(at.URL, "http://h/") || strings.Contains(at.URL, "..") && !strings.Contains(e.Path+e.Repository+e.Revision, "..") || at.Size <= 0 {
				t.Errorf("%+v", at)
			}
		}
		for _, s := range c.Sets {
			if _, err := c.Select(s.Name); err != nil {
				t.Error(err)
			}
		}
	})
}
