package wan

import (
	"fmt"
	"math"

	"kinora/inference"
	"kinora/inference/graph"
	"kinora/inference/weights"
)

// A chunk draws one piece of a clip through the causal VAE (wan/modules/vae2_2.py):
// the first latent frame alone, or a later one with the caches of those before.
type chunk struct{ first bool }

// strides reads the VAE's overall strides off its names: the pixel patch, then one
// doubling for every resampling stage.
func strides(vae weights.Source) (space, time int, err error) {
	_, c, ok := vae.Info("encoder.conv1.weight")
	if !ok || len(c) != 5 {
		return 0, 0, fmt.Errorf("encoder.conv1.weight: want [dim channels 3 3 3], checkpoint has %v: %w", c, inference.ErrNoModel)
	}
	patch := int(math.Sqrt(float64(c[1] / 3)))
	if patch < 1 || 3*patch*patch != c[1] {
		return 0, 0, fmt.Errorf("encoder.conv1.weight: %d input channels are not colours of a square patch: %w", c[1], inference.ErrNoModel)
	}
	space, time = patch, 1
	for i := range layers(vae, "decoder.upsamples.") {
		stage := fmt.Sprintf("decoder.upsamples.%d.upsamples.", i)
		last := fmt.Sprint(stage, layers(vae, stage)-1)
		if _, _, ok := vae.Info(last + ".resample.1.weight"); ok {
			space *= 2
		}
		if _, _, ok := vae.Info(last + ".time_conv.weight"); ok {
			time *= 2
		}
	}
	return space, time, nil
}

// conv draws a causal convolution with its cache, padded to keep rows and columns.
func (c chunk) conv(s *graph.Scope, name string, x *graph.Node) *graph.Node {
	l := s.At(name)
	k := l.Shape("weight")
	if len(k) != 5 {
		l.Fail("weight is %v, want a 3-D convolution", k)
	}
	attr := graph.Conv3DAttr{Pad: [4]int{k[3] / 2, k[3] / 2, k[4] / 2, k[4] / 2}}
	w := l.Weight("weight", k...)
	if k[2] == 1 {
		return x.Conv3D(w, bias(l), nil, attr)
	}
	return c.cached(l, x, k[2]-1, !c.first, func(cache *graph.Node) *graph.Node {
		return x.Conv3D(w, bias(l), cache, attr)
	})
}

// cached draws what reads the n frames before x, and then keeps the last n frames
// for the next chunk. Without use the state is neither read nor counted as held.
func (c chunk) cached(s *graph.Scope, x *graph.Node, n int, use bool, draw func(cache *graph.Node) *graph.Node) *graph.Node {
	state := s.State("cache", n, x.Shape[1], x.Shape[2], x.Shape[3])
	var cache *graph.Node
	if use {
		cache = state
	}
	y := draw(cache)
	x.Keep(state, !use)
	return y
}

// norm is RMS_norm over channels, then SiLU where act says so.
func (chunk) norm(s *graph.Scope, name string, x *graph.Node, act graph.ActKind) *graph.Node {
	gamma := s.Param(name+".gamma", x.Shape[len(x.Shape)-1])
	return x.Normalise(graph.NormAttr{Kind: graph.ChannelNorm, Act: act}, gamma, nil)
}

// residual is ResidualBlock: norm, SiLU, conv, twice, beside a shortcut.
func (c chunk) residual(s *graph.Scope, x *graph.Node) *graph.Node {
	h := c.conv(s, "residual.2", c.norm(s, "residual.0", x, graph.SiLU))
	h = c.conv(s, "residual.6", c.norm(s, "residual.3", h, graph.SiLU))
	if s.Has("shortcut.weight") {
		x = c.conv(s, "shortcut", x)
	}
	return h.Add(x)
}

// middle is a residual block, attention inside each frame, a residual block.
func (c chunk) middle(s *graph.Scope, x *graph.Node) *graph.Node {
	x = s.Tap("0", c.residual(s.At(0), x))
	if s.Has("1.to_qkv.weight") {
		x = s.Tap("1", c.attend(s.At(1), x))
	}
	return s.Tap("2", c.residual(s.At(2), x))
}

func (c chunk) attend(s *graph.Scope, x *graph.Node) *graph.Node {
	ch := x.Shape[3]
	rows := c.norm(s, "norm", x, graph.NoAct).View(x.Shape[:3].Len(), ch)
	w, b := s.Param("to_qkv.weight", 3*ch, ch), s.Param("to_qkv.bias", 3*ch)
	part := func(i int) *graph.Node {
		return rows.Linear(w.Slice(i*ch, (i+1)*ch), b.Slice(i*ch, (i+1)*ch), graph.NoAct)
	}
	y := part(0).Attend(part(1), part(2), nil, graph.AttentionAttr{
		Heads: 1, Scale: float32(1 / math.Sqrt(float64(ch))), Span: graph.InFrame, Frames: x.Shape[0], Window: -1,
	})
	y = y.Linear(s.Param("proj.weight", ch, ch), s.Param("proj.bias", ch), graph.NoAct)
	return x.Add(y.View(x.Shape...))
}

// headOf is norm, SiLU, conv.
func (c chunk) headOf(s *graph.Scope, x *graph.Node) *graph.Node {
	return c.conv(s, "2", c.norm(s, "0", x, graph.SiLU))
}
