package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kinora/app/export"
)

// Ten slogans become ten clips that differ in nothing but the slogan.
func TestPromptsFile(t *testing.T) {
	w, dir := newWorld(t), t.TempDir()
	slogans := []string{"run faster", "一步千里", "light as air"}
	file := filepath.Join(dir, "slogans.txt")
	text := "\ufeff# slogans\r\n" + slogans[0] + "\r\n\r\n  " + slogans[1] + "\n" + slogans[2]
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	w.In = strings.NewReader(text)
	for _, from := range []string{file, "-"} {
		out := filepath.Join(dir, "ad.gif")
		r := w.run(t.Context(), "generate", "--prompts", from, "--size", "32x32", "--frames", "2", "--out", out)
		if r.code != OK || !strings.Contains(r.err, "2 of 3: 一步千里") {
			t.Fatalf("%+v", r)
		}
		var seed uint64
		for i, s := range slogans {
			path := filepath.Join(dir, "ad-0"+string(rune('1'+i))+".gif")
			got, err := export.Read(path)
			if i == 0 {
				seed = got.Request.Seed
			}
			if err != nil || got.Request.Prompt != s || got.Request.Seed != seed || got.Request.Frames != 2 {
				t.Errorf("%s: %v %+v", path, err, got.Request)
			}
			os.Remove(path)
		}
		if lines := strings.Fields(r.out); len(lines) != 3 || filepath.Base(lines[2]) != "ad-03.gif" {
			t.Errorf("%q", r.out)
		}
	}
	r := w.run(t.Context(), "generate", "--prompts", file, "--json")
	if r.code != OK || strings.Count(r.out, `"event":"done"`) != 3 || strings.Count(r.out, `"event":"begin"`) != 3 {
		t.Errorf("%+v", r)
	}
}

func TestPromptsRefused(t *testing.T) {
	w, dir := newWorld(t), t.TempDir()
	write := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return p
	}
	fine := write("fine", "a\nb\n")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{filepath.Join(dir, "none")}, "no such file"},
		{[]string{write("empty", "\n# only this\n \n")}, "no prompt in it"},
		{[]string{write("binary", "fine\n\xff\xfe\n")}, "line 2: not UTF-8"},
		{[]string{write("many", strings.Repeat("a\n", promptLines+1))}, "at most"},
		{[]string{write("big", strings.Repeat("ab ", promptBytes/2))}, "at most"},
		{[]string{write("long", "fine\n"+strings.Repeat("a", 101<<10))}, `prompt 2, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…": the prompt has 101 kB`},
		{[]string{fine, "--prompt", "c"}, "do not go together"},
		{[]string{fine, "--frames", "-3"}, "--frames"},
	} {
		r := w.run(t.Context(), append([]string{"generate", "--prompts"}, c.args...)...)
		if r.code != Usage || !strings.Contains(r.err, c.want) || r.out != "" {
			t.Errorf("%v: %+v, want %q", c.args, r, c.want)
		}
	}
	if r := w.run(t.Context(), "history"); r.out != "" {
		t.Errorf("clips were made: %s", r.out)
	}
}

func TestNumbered(t *testing.T) {
	got := []string{numbered("ad.mp4", 3, 10), numbered("a/b.c/frames/", 3, 100), numbered("", 1, 2), numbered("frames", 12, 1000)}
	if want := []string{"ad-03.mp4", "a/b.c/frames-003/", "", "frames-0012"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
