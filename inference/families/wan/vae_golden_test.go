package wan

import (
	"fmt"
	"regexp"
	"testing"

	"kinora/inference/device"
	"kinora/inference/golden"
	"kinora/inference/graph"
	"kinora/inference/model"
	"kinora/inference/tensor"
)

// vaeOnly is a model of which only the VAE is drawn.
func vaeOnly(t *testing.T) *Wan {
	t.Helper()
	w, scale := golden.Open(t, "vae.weights"), golden.Open(t, "vae.scale")
	m := &Wan{parts: model.Checkpoint{VAE: w.Tensors}}
	m.cfg.Mean = scale.F32(t, "mean")
	for _, inv := range scale.F32(t, "inv_std") {
		m.cfg.Std = append(m.cfg.Std, 1/inv)
	}
	m.traits.Channels = len(m.cfg.Mean)
	space, time, err := strides(w.Tensors)
	if err != nil {
		t.Fatal(err)
	}
	m.traits.Spatial, m.traits.Temporal = space, time
	return m
}

// chunkTap turns chunk<n>.<what> into the tap of a half's drawing.
func chunkTap(half, what string) string {
	what = regexp.MustCompile(`^(middle)(\d)$`).ReplaceAllString(what, "middle.$2")
	what = regexp.MustCompile(`^up(\d+)\.res(\d+)$`).ReplaceAllString(what, "upsamples.$1.upsamples.$2.res")
	what = regexp.MustCompile(`^up(\d+)\.`).ReplaceAllString(what, "upsamples.$1.")
	what = regexp.MustCompile(`^down(\d+)\.`).ReplaceAllString(what, "downsamples.$1.")
	what = regexp.MustCompile(`^(de|en)coder_out$`).ReplaceAllString(what, "out")
	return half + "." + what
}

// coder runs one half of the VAE over a sequence of chunks and compares every
// chunk's intermediates that the case has. What the tap "along" sees of each chunk
// it returns in one piece.
func coder(t *testing.T, dev device.Device, m *Wan, c *golden.Case, half string, chunks [][]float32, along string, shape func(first bool) []int,
	draw func(s *graph.Scope, x *graph.Node, first bool) *graph.Node, each func(prog device.Program, i int)) (all []float32) {
	t.Helper()
	var progs [2]device.Program
	var taken [2]int
	for i, x := range chunks {
		first := i == 0
		var taps, names []string
		if i < 2 {
			names, taps = mids(c, fmt.Sprintf("mid.chunk%d.", i), func(n string) string { return chunkTap(half, n) })
			taken[i] = len(taps)
			progs[i] = load(t, dev, m.parts.VAE, append(taps, along), progs[0], func(s *graph.Scope) *graph.Node {
				return draw(s, s.Input("x", tensor.F32, shape(first)...), first)
			})
		}
		p := progs[min(i, 1)]
		write(t, p, "x", x)
		run(t, p)
		each(p, i)
		for j, n := range names {
			golden.Compare(t, c, n, channelsFirst(read(t, p, j+1), c.Shape(t, n)[0]))
		}
		all = append(all, read(t, p, taken[min(i, 1)]+1)...)
	}
	return all
}

func TestGoldenDecode(t *testing.T) {
	m := vaeOnly(t)
	for _, name := range []string{"vae.decode_video", "vae.decode_image"} {
		t.Run(name, func(t *testing.T) {
			c := golden.Open(t, name)
			z := c.Shape(t, "in.latent")
			all := channelsLast(c.F32(t, "in.latent"), z)
			frame := len(all) / z[1]
			var chunks [][]float32
			for i := range z[1] {
				chunks = append(chunks, all[i*frame:(i+1)*frame])
			}
			var video []float32
			conv2 := coder(t, newCPU(t), m, c, "decoder", chunks, "conv2", func(bool) []int { return []int{1, z[2], z[3], z[0]} }, m.Decode,
				func(p device.Program, _ int) { video = append(video, read(t, p, 0)...) })
			golden.Compare(t, c, "out.raw", channelsFirst(video, 3))
			if _, ok := c.Tensors["mid.conv2"]; ok {
				golden.Compare(t, c, "mid.conv2", channelsFirst(conv2, z[0]))
			}
			golden.Complete(t, c, golden.Result)
		})
	}
}

func TestGoldenEncode(t *testing.T) {
	m := vaeOnly(t)
	for _, name := range []string{"vae.encode_video", "vae.encode_image"} {
		t.Run(name, func(t *testing.T) {
			c := golden.Open(t, name)
			v := c.Shape(t, "in.video")
			all := channelsLast(c.F32(t, "in.video"), v)
			frame := v[2] * v[3] * v[0]
			chunks := [][]float32{all[:frame]}
			for i := 1; i+m.traits.Temporal <= v[1]; i += m.traits.Temporal {
				chunks = append(chunks, all[i*frame:(i+m.traits.Temporal)*frame])
			}
			shape := func(first bool) []int {
				n := m.traits.Temporal
				if first {
					n = 1
				}
				return []int{n, v[2], v[3], v[0]}
			}
			var latent []float32
			mu := coder(t, newCPU(t), m, c, "encoder", chunks, "mu", shape, m.Encode,
				func(p device.Program, _ int) { latent = append(latent, read(t, p, 0)...) })
			golden.Compare(t, c, "out.latent", channelsFirst(latent, m.traits.Channels))
			if name := "mid.conv1_mu_logvar"; c.Tensors[name].Shape != nil { // we do not work out the other half
				mu := channelsFirst(mu, m.traits.Channels)
				golden.ComparePart(t, c, name, mu, func(j int) (int, bool) { return j, j < len(mu) })
			}
			golden.Complete(t, c, golden.Result)
		})
	}
}
