package chinese

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kinora/app/export"
	"kinora/app/settings"
)

// root is the folder of the module.
const root = "../../.."

// silent are the rooms and files whose words no window shows, and why.
var silent = [][2]string{
	{"app/cli", "the command line speaks English"}, {"app/bench.go", "the command line"}, {"app/main.go", "the command line"},
	{"app/library/convert.go", "the command line converts"}, {"inference/weights/convert", "the command line converts"},
	{"inference/weights/gguf/write.go", "the command line converts"}, {"inference/weights/safetensors/write.go", "the command line converts"},
	{"inference/weights/quant/narrow.go", "the command line converts"},
	{"app/window.go", "there is no window"}, {"app/meta.go", "names of devices"}, {"app/outline.go", "no words"},
	{"inference/device/cuda/driver/idle.go", "names of devices"},
	{"app/locale", "the table itself"}, {"app/fetch/state.go", "a file's format"},
	{"app/studio/studiotest", "tests"}, {"inference/golden", "tests"}, {"inference/device/devicetest", "tests"}, {"inference/device/cuda/emulated", "tests"},
	{"inference/bench", "measures"}, {"inference/device/cpu/simd", "measures"}, {"inference/device/cuda/measure.go", "measures"},
	// Faults of the program and of its kernels are told as they are, to who mends them.
	{"inference/graph", "shapes"}, {"inference/plan", "plans"},
	{"inference/device/cpu/buffer.go", "sizes"}, {"inference/device/cpu/program.go", "sizes"},
	{"inference/device/cuda/buffer.go", "sizes"}, {"inference/device/cuda/call.go", "types"}, {"inference/device/cuda/layout.go", "sizes"},
	{"inference/device/cuda/operand.go", "sizes"}, {"inference/device/cuda/permute.go", "shapes"}, {"inference/device/cuda/program.go", "sizes"},
	{"inference/device/cuda/prove.go", "kernels"}, {"inference/device/cuda/driver/map.go", "maps"},
	{"app/tune.go", "why a GPU was not measured is nobody's concern in the window"}, {"inference/device/cuda/tune.go", "as well"},
}

// unsaid stand in speaking rooms, and are no sentences of theirs.
var unsaid = []string{
	"cpu, %d threads of %s", ", launch by launch", ", mma.sync since %v", "%s, compute capability %d.%d, %d processors at %d MHz, driver for CUDA %d.%d%s", // names of devices
	"a token for ", "Application Support", "(in memory)", "version https://git-lfs", "MemTotal: %d kB", "MemAvailable: %d kB",
	"Stored as %s; with the text encoder %s and the VAE %s %s.", " By its name it is for few steps: as %s, %d steps without guidance.", "of the same file", // lists of the command line
	", reuse %g", ", window found out", "%d at %d", "tiles of", // keys
	"FastWan, warped", "Turbo, warped", "DMD (few steps)", "Stable Diffusion", "Stable Diffusion 3", "Hugging Face", "an OFT", // names
	// What keys of the configuration mean, for the command line's list.
	"the model that is offered first", "arithmetic on the GPU; the CPU reckons in fp32", "used on the GPU only; the CPU reckons in fp32",
	"has no effect: it saves memory in training, and Kinora only generates", "steps of a clip", "height of a clip in pixels",
	"width of a clip in pixels", "frames of a clip", "has no effect: clips are made one after another",
	"whether a step on the GPU is recorded and replayed", "used on the GPU only", "has no effect: all kernels are compiled already",
	"which GPU is used: the first of the list; an empty list means the CPU", "whether the same request again is answered from the history",
}

// inside are pieces of sentences, by the sentence that the table has.
var inside = map[string]string{
	"no NVIDIA driver is installed (":   "no NVIDIA driver is installed (%s was not found)",
	" was not found)":                   "no NVIDIA driver is installed (%s was not found)",
	"CUDA error ":                       "CUDA error %d",
	" Without effect here: ":            "The configuration in %s is in force. Without effect here: %s.",
	" and %d more words":                "%s and %d more words",
	"want one of ":                      "want one of %s, not %q",
	"; did you mean ":                   "; did you mean %s?",
	"%w: %s; what fits is %s":           "%d×%d with %d frames needs at least %s (%s), and there is room for %s; what fits is %s",
	"%v: the LoRA%s cannot be used: %s": "the LoRA %s cannot be used: %s",
	"%s is %w":                          "%s is JSON, not a checkpoint",
	"JSON, not a checkpoint":            "%s is JSON, not a checkpoint",
	", both prompts at once":            "%s, both prompts at once",
	", before the tiles":                "%s, before the tiles",
	", first frame":                     "%s, first frame",
	", text only":                       "%s, text only",
	", text in every step":              "%s, text in every step",
	", attention over %d frames":        "%s, attention over %d frames",
	"is only a Git LFS pointer, not the model itself; run git lfs pull, or download the file":            "%s is only a Git LFS pointer, not the model itself; run git lfs pull, or download the file",
	"is a web page, not a model; the download was answered with a page, perhaps one asking to log in":    "%s is a web page, not a model; the download was answered with a page, perhaps one asking to log in",
	"is in PyTorch's format from before 2020, which cannot be read safely; save it again as safetensors": "%s is in PyTorch's format from before 2020, which cannot be read safely; save it again as safetensors",
	"is all zeros at its start: a download that was set up but not finished":                             "%s is all zeros at its start: a download that was set up but not finished",
	"%d×%d with %d frames needs at least %s (%s), and there is room for %s":                              "%d×%d with %d frames needs at least %s (%s), and there is room for %s; what fits is %s",
	"%w: %s; no smaller clip of this model fits either: give it more room, or choose a smaller model":    "%d×%d with %d frames needs at least %s (%s), and there is room for %s; no smaller clip of this model fits either: give it more room, or choose a smaller model",
}

// joined are sentences made of several.
var joined = []string{
	"a text encoder with rows of %d (%s) and a VAE with %d channels (%s)", "%d×%d or %d×%d", "%d frames at this size, or %d×%d with all %d frames",
	"the LoRA cannot be used: %s",
}

var (
	twoWords = regexp.MustCompile(`[A-Za-z]{2,}[,:;]? [A-Za-z%]|[a-z%]:? [a-z]{2,}`)
	database = regexp.MustCompile(`\b(SELECT|INSERT|UPDATE|DELETE|PRAGMA|ORDER BY|NULL|IN \()`)
	word     = regexp.MustCompile(`[A-Za-z_.]{2,}`)
)

// spoken finds what the studio and the engine can tell: strings of two words or more.
func spoken(t *testing.T) map[string]token.Position {
	t.Helper()
	words, set := map[string]token.Position{}, token.NewFileSet()
	for _, top := range []string{"app", "inference"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(name string, d os.DirEntry, err error) error {
			path, _ := filepath.Rel(root, name)
			path = filepath.ToSlash(path)
			quiet := slices.ContainsFunc(silent, func(s [2]string) bool { return path == s[0] || strings.HasPrefix(path, s[0]+"/") })
			if err != nil || quiet || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(set, name, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
					s, err := strconv.Unquote(l.Value)
					if err == nil && twoWords.MatchString(s) && !database.MatchString(s) && !slices.Contains(unsaid, s) {
						words[s] = set.Position(l.Pos())
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range settings.Table() { // the window's own table has them
		delete(words, s.Label)
		delete(words, s.Help)
	}
	for _, f := range export.Formats() {
		delete(words, f.Title)
	}
	delete(words, export.Master.Title)
	return words
}

// example is a sentence with values.
func example(en string) string {
	return verb.ReplaceAllStringFunc(en, func(v string) string {
		switch v[len(v)-1] {
		case '%':
			return "%"
		case 'd':
			return "7"
		case 'g', 'f':
			return "1.5"
		case 'q':
			return `"甲"`
		case 'x':
			return "0f"
		case 'X':
			return "0F"
		case 'w':
			return "permission denied"
		}
		return "甲"
	})
}

// A sentence of the engine or the studio that has no Chinese would be English in a
// Chinese window.
func TestEverythingToldHasChinese(t *testing.T) {
	names := map[string]bool{} // English words that are Chinese, too
	Sentences(func(_, zh string) {
		for _, w := range word.FindAllString(zh, -1) {
			names[w] = true
		}
	})
	words := spoken(t)
	if len(words) < 300 {
		t.Fatalf("only %d sentences were found: the search for them is broken", len(words))
	}
	for s, at := range words {
		en := example(s)
		if whole, ok := inside[s]; ok {
			en = example(whole)
		}
		zh := Tell(en)
		left := slices.DeleteFunc(word.FindAllString(zh, -1), func(w string) bool { return names[w] || strings.ContainsAny(w, "_.") })
		if !strings.ContainsFunc(word.ReplaceAllString(zh, ""), han) || len(left) > 0 || zh == en {
			t.Errorf("%s: %q has no Chinese in app/locale/chinese: %q", at, s, zh)
		}
	}
	for piece := range inside {
		if _, ok := words[piece]; !ok {
			t.Errorf("nobody says %q any more", piece)
		}
	}
}

// What is translated is what is told: no sentence of the table, but those of the
// system, has been reworded or dropped where it is told.
func TestNothingElseIsInTheTable(t *testing.T) {
	var source strings.Builder
	for _, top := range []string{"app", "inference"} {
		filepath.WalkDir(filepath.Join(root, top), func(name string, d os.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(name, ".go") && !strings.Contains(filepath.ToSlash(name), "/app/locale/") {
				b, _ := os.ReadFile(name)
				source.Write(b)
			}
			return err
		})
	}
	model, err := os.ReadFile(filepath.Join(root, "assets", "starter", "model.json")) // says what it draws
	if err != nil {
		t.Fatal(err)
	}
	all := source.String() + string(model)
	made := map[string]bool{}
	for _, s := range joined {
		made[s] = true
	}
	for _, s := range inside {
		made[s] = true
	}
	for _, table := range tables[:len(tables)-1] {
		for _, s := range table {
			quoted := strings.Trim(strconv.Quote(s[0]), `"`)
			plain := strings.TrimPrefix(strings.TrimSuffix(quoted, "%s"), "%s")
			if !strings.Contains(all, quoted) && !strings.Contains(all, plain) && !made[s[0]] {
				t.Errorf("nobody says %q", s[0])
			}
		}
	}
}

// What stands before a sentence, to say where, leaves the sentence as it is, and so does
// the reason behind it.
func TestPlacesStandBeforeSentences(t *testing.T) {
	Sentences(func(en, _ string) {
		en = example(en)
		if got, want := Tell(en+": unexpected EOF"), Tell(en)+"：文件提前结束"; got != want {
			t.Errorf("%q\nis told as %q\nwant       %q", en+": unexpected EOF", got, want)
		}
	})
	for _, place := range []string{"invalid request", "picture /a/b.png", "cannot take settings from /a/b.mp4", "model large: denoiser", "history /a/history.db", "encode prompt", "blocks.3.attn.q", "/a/b c.safetensors", "line 3"} {
		Sentences(func(en, _ string) {
			en = example(en)
			if got, want := Tell(place+": "+en), Tell(place)+"："+Tell(en); got != want {
				t.Errorf("%q\nis told as %q\nwant       %q", place+": "+en, got, want)
			}
		})
	}
}
