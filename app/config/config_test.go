package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"kinora/inference"
)

const seed = `# how clips are made here
model_name: starter
precision: fp16
use_checkpointing: true
num_inference_steps: 30
height: 480
width: 640
num_frames: 16
max_batch_size: 2
enable_cuda_graph: true
compile_model: false
device_ids: [0, 1]
cache_prompt_results: yes
`

func TestWholeSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	os.WriteFile(path, []byte(seed), 0o644)
	c, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		if v.Field(i).IsNil() {
			t.Errorf("%s was not read", v.Type().Field(i).Name)
		}
	}
	got := c.Over(inference.Request{Prompt: "x", FPS: 8, Steps: 1})
	if want := (inference.Request{Prompt: "x", FPS: 8, Model: "starter", Steps: 30, Height: 480, Width: 640, Frames: 16}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if !reflect.DeepEqual(*c.DeviceIDs, []int{0, 1}) || !*c.CachePromptResults || *c.CompileModel {
		t.Errorf("devices %v, cache %v, compile %v", *c.DeviceIDs, *c.CachePromptResults, *c.CompileModel)
	}
	for i, n := range c.Notes {
		if n.Line < 1 || n.Text == "" || i > 0 && n.Line <= c.Notes[i-1].Line {
			t.Errorf("note %d: %+v", i, n)
		}
	}
	if len(c.Notes) != 5 {
		t.Errorf("%d notes: %v", len(c.Notes), c.Notes)
	}
}

func TestEveryFaultIsNamed(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""}, {"# only a comment\n", ""}, {"---\n", ""}, {"device_ids: []\n", ""}, {"device_ids: 1\n", ""},
		{"hieght: 5\nwidth: -1\n\nheight: ten\n", "line 1: unknown key \"hieght\"; did you mean height?|line 2: width: want a whole number from 1 to 16384, not \"-1\"|line 4: height: want a whole number from 1 to 16384, not \"ten\""},
		{"height:\n", `line 1: height: want a whole number from 1 to 16384, but nothing is there`},
		{"height: 5\nheight: 6\n", "line 2: height is given again; it stands in line 1 already"},
		{"height: 5.5\n", "not \"5.5\""}, {"height: \"5\"\n", "not \"5\""}, {"height: 99999999999999999999\n", "want a whole"},
		{"precision: int3\n", "line 1: precision: want one of auto, fp32"}, {"enable_cuda_graph: perhaps\n", "want true or false"},
		{"device_ids: [0, x]\n", "not \"x\""}, {"device_ids: [0, 0]\n", "twice"}, {"device_ids: {a: 1}\n", "not a mapping"}, {"device_ids: [-1]\n", "not \"-1\""},
		{"model_name: [a]\n", "not a list"}, {"model_name: ''\n", "want a word"}, {"- a\n", "key: value"}, {"just words\n", "key: value"},
		{"a: [\n", "line"}, {"height: 5\n---\nwidth: 5\n", "second document"}, {"model_name: &x a\nprecision: *x\n", "line 2: precision: want a word, not an alias"},
		{"<<: {a: 1}\n", `unknown key "<<"`}, {strings.Repeat("#", maxFile+1), "larger than"}, {"\xff\xfe", ""},
		{"quality_of_the_very_best: 5\n", "unknown key \"quality_of_the_very_best\""},
	} {
		_, err := Parse("f.yaml", []byte(c.text))
		if c.want == "" {
			if err != nil && c.text != "\xff\xfe" {
				t.Errorf("%q: %v", c.text, err)
			}
			continue
		}
		if !errors.Is(err, inference.ErrInvalid) {
			t.Errorf("%.60q: %v", c.text, err)
			continue
		}
		for _, want := range strings.Split(c.want, "|") {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%.60q: %v\nlacks %s", c.text, err, want)
			}
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none.yaml")); err == nil || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("missing file: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(seed))
	f.Add([]byte("a: &a [*a]\n<<: *a\n? {x: y}\n: z\n"))
	f.Add([]byte("device_ids: [[0]]\n...\n%YAML 1.1\n"))
	f.Fuzz(func(t *testing.T, b []byte) { Parse("f.yaml", b) })
}
