package main

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

const module = "kinora/"

// floors is the house. A package imports only from floors below its own, so there
// are no circles and no stairs up. A room is a folder with all below it; rooms on
// one floor do not know each other.
var floors = [][]string{
	{"inference", "inference/tensor", "kernels", "assets", "app/locale"},
	{"inference/graph", "inference/tokenizer", "inference/sampler", "inference/picture"},
	{"inference/plan", "inference/weights", "inference/nn"},
	{"inference/model", "inference/device", "inference/device/cpu/simd", "inference/golden"},
	{"inference/families/wan", "inference/device/cpu", "inference/device/cuda", "inference/device/paper"},
	{"inference/families", "inference/device/devicetest"},
	{"inference/pipeline", "inference/bench", "app/disk", "app/job", "app/forecast"},
	{"app/history", "app/library", "app/fetch", "app/export", "app/settings", "app/config", "app/texts"},
	{"app/studio"},
	{"ui/theme"},
	{"ui/widgets"},
	{"ui", "app/cli"},
	{"app"},
}

// alone are the rooms that are one package: what lies below them has its own room.
var alone = map[string]bool{"inference": true, "inference/device": true, "ui": true, "app": true}

// room finds where a package lives: the longest name that fits.
func room(pkg string) (name string, floor int) {
	floor = -1
	for f, rooms := range floors {
		for _, r := range rooms {
			fits := pkg == r || !alone[r] && strings.HasPrefix(pkg, r+"/")
			if fits && len(r) > len(name) {
				name, floor = r, f
			}
		}
	}
	return name, floor
}

// apart names what no package but some may import, and why.
var apart = []struct {
	path string
	only []string // folders
	why  string
}{
	{"fyne.io/", []string{"ui", "app"}, "only the window draws"},
	{"fyne.io/fyne/v2/app", []string{"app"}, "tests of the window need no screen"},
	{"github.com/mattn/go-sqlite3", []string{"app/history"}, "the history is the only database"},
	{"github.com/gen2brain/", []string{"app/export"}, "one file knows the encoder"},
	{"github.com/fsnotify/", []string{"app/library"}, "one file watches"},
	{"gorgonia.org/cu", []string{"inference/device/cuda"}, "one thread owns CUDA"},
	{"kinora/kernels", []string{"inference/device/cuda"}, "one device runs them"},
	{"kinora/inference/", []string{"inference", "app", "app/library"}, "the vocabulary is enough for everyone else"},
	{"log", nil, "errors are returned; only the command line speaks"},
}

type pkg struct {
	ImportPath, Name string
	Imports          []string
}

func packages(t *testing.T) (all []pkg) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Name,Imports", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var p pkg
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func TestFloors(t *testing.T) {
	all := packages(t)
	if len(all) < 20 {
		t.Fatalf("only %d packages were found", len(all))
	}
	for _, p := range all {
		name := strings.TrimPrefix(p.ImportPath, module)
		home, floor := room(name)
		if floor < 0 {
			t.Errorf("%s has no floor", name)
		}
		tool := p.Name == "main" && name != "app" // makes files, is no part of the program
		for _, imp := range p.Imports {
			if to, ours := strings.CutPrefix(imp, module); ours && !tool {
				if r, f := room(to); f >= floor && r != home {
					t.Errorf("%s (floor %d) imports %s (floor %d)", name, floor, to, f)
				}
			}
			for _, a := range apart {
				if imp != a.path && !(strings.HasSuffix(a.path, "/") && strings.HasPrefix(imp, a.path)) || tool {
					continue
				}
				allowed := false
				for _, dir := range a.only {
					allowed = allowed || name == dir || dir != "app" && strings.HasPrefix(name, dir+"/")
				}
				if !allowed {
					t.Errorf("%s imports %s: %s", name, imp, a.why)
				}
			}
		}
	}
}

func TestManners(t *testing.T) {
	docs := map[string]int{}
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			if d != nil && d.IsDir() {
				return filepath.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			t.Error(err)
			return nil
		}
		dir := filepath.ToSlash(filepath.Dir(name))
		test := strings.HasSuffix(name, "_test.go")
		if !test {
			docs[dir] += min(1, len(strings.TrimSpace(f.Doc.Text())))
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Name.Name == "init" && n.Recv == nil {
					t.Errorf("%s: an init function; parts are put together in main", set.Position(n.Pos()))
				}
			case *ast.SelectorExpr:
				x, _ := n.X.(*ast.Ident)
				if x == nil || test {
					break
				}
				if x.Name == "fyne" && (n.Sel.Name == "Do" || n.Sel.Name == "DoAndWait") && path.Base(filepath.ToSlash(name)) != "bridge.go" {
					t.Errorf("%s: crosses to the window outside the bridge", set.Position(n.Pos()))
				}
				if x.Name == "fmt" && strings.HasPrefix(n.Sel.Name, "Print") && f.Name.Name != "main" {
					t.Errorf("%s: prints; only the command line speaks", set.Position(n.Pos()))
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir, n := range docs {
		if n != 1 {
			t.Errorf("%s has %d package comments, want 1", dir, n)
		}
	}
	if len(docs) < 20 {
		t.Errorf("only %d folders were read", len(docs))
	}
}
