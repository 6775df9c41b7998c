package wan

import (
	"maps"
	"strings"
	"testing"

	"kinora/inference/golden"
	"kinora/inference/graph"
	"kinora/inference/tensor"
)

// A model without norms of queries and keys is drawn so only if its metadata says
// so: otherwise they are missing.
func TestQueriesWithoutNorm(t *testing.T) {
	golden.Own(t)
	src := maps.Clone(golden.Open(t, "dit.weights").Tensors)
	for name := range src {
		if strings.Contains(name, "attn.norm_") {
			delete(src, name)
		}
	}
	m := ditOnly(t, "dit.weights")
	m.parts.Denoiser = src
	draw := func() error {
		_, err := graph.Build(src.Info, func(s *graph.Scope) []*graph.Node {
			c := m.Condition(s, s.Input("text", tensor.F32, 2, m.textDim), 3)
			p := m.traits.Patch
			x := s.Input("x", tensor.F32, 2*p[0], p[1], p[2], m.traits.Channels)
			return m.Denoise(s, x, s.Input("t", tensor.F32, 1), []*graph.Node{c}, 0)
		})
		return err
	}
	if err := draw(); err == nil || !strings.Contains(err.Error(), "norm_k.weight") {
		t.Errorf("norms that are missing: %v", err)
	}
	without := false
	m.cfg.QKNorm = &without
	if err := draw(); err != nil {
		t.Error(err)
	}
}
