package wan

import (
	"fmt"
	"strings"
	"testing"

	"kinora/inference/golden"
	"kinora/inference/graph"
	"kinora/inference/model"
	"kinora/inference/tensor"
)

func TestGoldenBuckets(t *testing.T) {
	c := golden.Open(t, "t5.buckets")
	by, _ := c.Config("produced_by").(string)
	var buckets, farthest int
	at := strings.Index(by, "num_buckets ")
	if n, err := fmt.Sscanf(by[max(at, 0):], "num_buckets %d, max_dist %d", &buckets, &farthest); n != 2 || farthest != maxDistance {
		t.Fatalf("buckets in %q: %d up to %d, %v", by, buckets, farthest, err)
	}
	want := c.I64(t, "bucket")
	for i, rel := range c.I64(t, "rel_pos") {
		if got := bucket(int(rel), buckets); int64(got) != want[i] {
			t.Errorf("distance %d: bucket %d, want %d", rel, got, want[i])
		}
	}
}

func TestGoldenText(t *testing.T) {
	w := golden.Open(t, "t5.weights")
	m := &Wan{parts: model.Checkpoint{Text: w.Tensors}}
	m.cfg.NumBuckets, m.cfg.TextHeads = w.Int(t, "config", "num_buckets"), w.Int(t, "config", "num_heads")
	for _, name := range []string{"t5.short", "t5.long"} {
		t.Run(name, func(t *testing.T) {
			c := golden.Open(t, name)
			var ids []int32
			mask := c.I64(t, "in.mask")
			for i, id := range c.I64(t, "in.ids") {
				if mask[i] != 0 {
					ids = append(ids, int32(id))
				}
			}
			names, taps := mids(c, "mid.", func(n string) string { return block.ReplaceAllString(n, "blocks.$1.") })
			prog := load(t, newCPU(t), w.Tensors, taps, nil, func(s *graph.Scope) *graph.Node {
				return m.Text(s, s.Input("ids", tensor.I32, len(ids)))
			})
			write(t, prog, "ids", ids)
			run(t, prog)
			golden.Compare(t, c, "out.trimmed", read(t, prog, 0))
			full, n, dim := len(mask), len(ids), c.Shape(t, "out.full")[1]
			real := func(j int) (int, bool) { return j, j < n*dim } // rows of padding are of no use to anybody
			golden.ComparePart(t, c, "out.full", read(t, prog, 0), real)
			for i, name := range names {
				got := read(t, prog, i+1)
				if s := c.Shape(t, name); len(s) == 3 { // a position bias, over padding too in the reference
					golden.ComparePart(t, c, name, got, func(j int) (int, bool) {
						h, q, k := j/(full*full), j/full%full, j%full
						return (h*n+q)*n + k, q < n && k < n
					})
				} else {
					golden.ComparePart(t, c, name, got, real)
				}
			}
			golden.Complete(t, c, golden.Result)
		})
	}
}
