// Package golden reads the numbers of the reference implementation and compares
// ours with them. It is imported by tests only, and takes every configuration,
// shape and tolerance from the sidecar beside each file, so that another set of
// the same names (KINORA_GOLDEN) runs through the same tests.
package golden

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// A Case is one golden file with its sidecar.
type Case struct {
	Name    string
	Sidecar map[string]any
	Tensors weights.Map
	about   map[string]note
	seen    map[string]bool // what has been compared
}

type note struct {
	Shape tensor.Shape `json:"shape"`
	Std   *float64     `json:"std"`
	Noise *float64     `json:"f32_vs_f64_max_abs"`
}

// Dir returns the folder of the golden set in use: the one that KINORA_GOLDEN
// names, a relative one as seen from the top of the repository, or our own.
func Dir() string {
	d := os.Getenv("KINORA_GOLDEN")
	if filepath.IsAbs(d) {
		return d
	}
	dir, err := os.Getwd() // of the package under test
	for err == nil {
		if _, found := os.Stat(filepath.Join(dir, "go.mod")); found == nil || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	if d != "" {
		return filepath.Join(dir, d)
	}
	return filepath.Join(dir, "inference", "testdata", "golden")
}

// Own makes a test read our own set whatever KINORA_GOLDEN names. It is for tests
// that want a small model to try something else with, and know its sizes.
func Own(t testing.TB) {
	t.Helper()
	t.Setenv("KINORA_GOLDEN", "")
}

// JSON reads a sidecar into v.
func JSON(t testing.TB, name string, v any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(Dir(), name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%s.json: %v", name, err)
	}
}

// Open reads a case: name.json and name.safetensors.
func Open(t testing.TB, name string) *Case {
	t.Helper()
	c := &Case{Name: name, Tensors: weights.Map{}, seen: map[string]bool{}}
	JSON(t, name, &c.Sidecar)
	var side struct {
		Tensors map[string]note `json:"tensors"`
	}
	JSON(t, name, &side)
	c.about = side.Tensors
	b, err := os.ReadFile(filepath.Join(Dir(), name+".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.parse(b); err != nil {
		t.Fatalf("%s.safetensors: %v", name, err)
	}
	return c
}

var dtypes = map[string]tensor.DType{"F32": tensor.F32, "F64": tensor.F64, "I64": tensor.I64, "U8": tensor.U8}

// parse trusts the file: it is ours. The reader for files from elsewhere is
// package weights/safetensors, which this one helps to test.
func (c *Case) parse(b []byte) error {
	n := binary.LittleEndian.Uint64(b)
	var header map[string]json.RawMessage
	if err := json.Unmarshal(b[8:8+n], &header); err != nil {
		return err
	}
	for name, raw := range header {
		if name == "__metadata__" {
			continue
		}
		var e struct {
			DType   string       `json:"dtype"`
			Shape   tensor.Shape `json:"shape"`
			Offsets [2]int       `json:"data_offsets"`
		}
		if err := json.Unmarshal(raw, &e); err != nil {
			return err
		}
		d, ok := dtypes[e.DType]
		if !ok {
			return fmt.Errorf("%s: dtype %s", name, e.DType)
		}
		data := append([]byte(nil), b[8+int(n)+e.Offsets[0]:8+int(n)+e.Offsets[1]]...)
		c.Tensors[name] = weights.Entry{DType: d, Shape: e.Shape, Data: data}
	}
	return nil
}

// Config returns a nested value of the sidecar, or nil.
func (c *Case) Config(path ...string) any {
	var v any = c.Sidecar
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[p]
	}
	return v
}

// Int returns a nested number of the sidecar.
func (c *Case) Int(t testing.TB, path ...string) int {
	t.Helper()
	f, ok := c.Config(path...).(float64)
	if !ok {
		t.Fatalf("%s.json: no number at %v", c.Name, path)
	}
	return int(f)
}

// F32 returns a tensor's elements.
func (c *Case) F32(t testing.TB, name string) []float32 {
	t.Helper()
	return view[float32](t, c, name, tensor.F32)
}

// I64 returns a tensor's elements.
func (c *Case) I64(t testing.TB, name string) []int64 {
	t.Helper()
	return view[int64](t, c, name, tensor.I64)
}

// F64 returns a tensor's elements.
func (c *Case) F64(t testing.TB, name string) []float64 {
	t.Helper()
	return view[float64](t, c, name, tensor.F64)
}

// U8 returns a tensor's elements.
func (c *Case) U8(t testing.TB, name string) []uint8 {
	t.Helper()
	return view[uint8](t, c, name, tensor.U8)
}

// Shape returns a tensor's shape.
func (c *Case) Shape(t testing.TB, name string) tensor.Shape {
	t.Helper()
	e, ok := c.Tensors[name]
	if !ok {
		t.Fatalf("%s: no tensor %s", c.Name, name)
	}
	return e.Shape
}

func view[T tensor.Number](t testing.TB, c *Case, name string, d tensor.DType) []T {
	t.Helper()
	e, ok := c.Tensors[name]
	if !ok {
		t.Fatalf("%s: no tensor %s", c.Name, name)
	}
	if e.DType != d {
		t.Fatalf("%s: %s is %v, not %v", c.Name, name, e.DType, d)
	}
	return tensor.View[T](e.Data)
}

// Tolerance returns how far a float32 implementation may be from a stored
// tensor: 20 times the rounding noise of the reference, and at least 1e-5 of the
// tensor's standard deviation.
func (c *Case) Tolerance(name string) float64 {
	n := c.about[name]
	tol := 1e-6
	if n.Std != nil {
		tol = 1e-5 * *n.Std
	}
	if n.Noise != nil {
		tol = max(tol, 20**n.Noise)
	}
	return tol
}

// Compare fails the test where got is further from the stored tensor than its
// tolerance, and reports the largest difference.
func Compare(t testing.TB, c *Case, name string, got []float32) {
	t.Helper()
	if want := c.F32(t, name); len(got) != len(want) {
		t.Errorf("%s %s: %d elements, want %d %v", c.Name, name, len(got), len(want), c.Shape(t, name))
		return
	}
	ComparePart(t, c, name, got, func(i int) (int, bool) { return i, true })
}

// ComparePart compares the elements of the stored tensor that at gives a place in
// got for.
func ComparePart(t testing.TB, c *Case, name string, got []float32, at func(i int) (int, bool)) {
	t.Helper()
	c.seen[name] = true
	tol := c.Tolerance(name)
	worst, where, n := -1.0, 0, 0
	var have, want float32
	for i, w := range c.F32(t, name) {
		j, ok := at(i)
		if !ok {
			continue
		}
		n++
		d := math.Abs(float64(got[j]) - float64(w))
		if math.IsNaN(d) {
			d = math.Inf(1)
		}
		if d > worst {
			worst, where, have, want = d, i, got[j], w
		}
	}
	switch {
	case n == 0:
		t.Errorf("%s %s: nothing to compare", c.Name, name)
	case worst > tol:
		t.Errorf("%s %s: element %d is %g, want %g: off by %.3g, allowed %.3g", c.Name, name, where, have, want, worst, tol)
	default:
		t.Logf("%s %s: off by %.3g, allowed %.3g", c.Name, name, worst, tol)
	}
}

// Seen counts a tensor as compared that a test holds against something by itself.
func (c *Case) Seen(names ...string) {
	for _, n := range names {
		c.seen[n] = true
	}
}

// Complete fails the test where the case has a result that belongs to it and was
// not compared, or none at all: another set may have more of them than ours.
func Complete(t testing.TB, c *Case, belongs func(name string) bool) {
	t.Helper()
	n := 0
	for _, name := range c.Tensors.Names() {
		if !belongs(name) {
			continue
		}
		n++
		if !c.seen[name] {
			t.Errorf("%s %s: was not compared with anything", c.Name, name)
		}
	}
	if n == 0 {
		t.Errorf("%s: has nothing to compare", c.Name)
	}
}

// Result reports whether a tensor is what the reference computed, by its name.
func Result(name string) bool {
	return strings.HasPrefix(name, "mid.") || strings.HasPrefix(name, "out")
}

// Unit reports whether a tensor is the result of a small unit whose name starts
// with one of those given.
func Unit(prefixes ...string) func(name string) bool {
	return func(name string) bool {
		for _, p := range prefixes {
			if strings.HasPrefix(name, p) && strings.HasSuffix(name, "out") {
				return true
			}
		}
		return false
	}
}
