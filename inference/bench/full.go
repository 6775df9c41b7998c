package bench

import (
	"fmt"
	"slices"

	"kinora/inference/families/wan"
	"kinora/inference/model"
	"kinora/inference/tensor"
)

// full is the published TI2V-5B's architecture, or a tiny one like it.
func (b *bench) full() (*wan.Wan, *random, *random, error) {
	d, f, heads := b.dims()
	layers, freq, text, z := 30, 256, 4096, 48
	dec := []int{1024, 1024, 1024, 512, 256}
	if b.Size == Tiny {
		layers, freq, text, z, dec = 2, 16, 32, 8, []int{32, 32, 32, 16, 8}
	}
	dit, vae, t5 := newRandom(), newRandom(), newRandom()
	lin := func(name string, out, in int) {
		dit.shapes[name+".weight"], dit.shapes[name+".bias"] = tensor.Shape{out, in}, tensor.Shape{out}
	}
	dit.shapes["patch_embedding.weight"], dit.shapes["patch_embedding.bias"] = tensor.Shape{d, z, 1, 2, 2}, tensor.Shape{d}
	lin("text_embedding.0", d, text)
	lin("text_embedding.2", d, d)
	lin("time_embedding.0", d, freq)
	lin("time_embedding.2", d, d)
	lin("time_projection.1", 6*d, d)
	lin("head.head", 4*z, d)
	dit.shapes["head.modulation"] = tensor.Shape{1, 2, d}
	if b.Blocks > 0 {
		layers = min(layers, b.Blocks)
	}
	for i := range layers {
		p := fmt.Sprintf("blocks.%d.", i)
		for _, a := range []string{"self_attn.", "cross_attn."} {
			for _, n := range []string{"q", "k", "v", "o"} {
				lin(p+a+n, d, d)
			}
			dit.shapes[p+a+"norm_q.weight"], dit.shapes[p+a+"norm_k.weight"] = tensor.Shape{d}, tensor.Shape{d}
		}
		lin(p+"ffn.0", f, d)
		lin(p+"ffn.2", d, f)
		dit.shapes[p+"norm3.weight"], dit.shapes[p+"norm3.bias"] = tensor.Shape{d}, tensor.Shape{d}
		dit.shapes[p+"modulation"] = tensor.Shape{1, 6, d}
	}
	t5.shapes["token_embedding.weight"] = tensor.Shape{32, text}
	t5.shapes["blocks.0.pos_embedding.embedding.weight"] = tensor.Shape{32, 64}
	decoder(vae, z, dec)
	var cfg wan.Config
	cfg.Heads = heads
	if b.Size == Tiny {
		cfg.TextLen, cfg.Mean, cfg.Std = 16, make([]float32, z), slices.Repeat([]float32{1}, z)
	}
	m, err := wan.New(model.Checkpoint{Name: "random", Denoiser: dit, Text: t5, VAE: vae}, cfg)
	return m, dit, vae, err
}

// decoder lists the VAE's decoder with those widths, and as much of the encoder as
// tells the strides.
func decoder(vae *random, z int, dims []int) {
	conv := func(name string, shape ...int) {
		vae.shapes[name+".weight"], vae.shapes[name+".bias"] = shape, tensor.Shape{shape[0]}
	}
	gamma := func(name string, n int) { vae.shapes[name+".gamma"] = tensor.Shape{n, 1, 1, 1} }
	residual := func(p string, in, out int) {
		gamma(p+"residual.0", in)
		conv(p+"residual.2", out, in, 3, 3, 3)
		gamma(p+"residual.3", out)
		conv(p+"residual.6", out, out, 3, 3, 3)
		if in != out {
			conv(p+"shortcut", out, in, 1, 1, 1)
		}
	}
	conv("encoder.conv1", 8, 12, 3, 3, 3)
	conv("conv2", z, z, 1, 1, 1)
	conv("decoder.conv1", dims[0], z, 3, 3, 3)
	residual("decoder.middle.0.", dims[0], dims[0])
	vae.shapes["decoder.middle.1.norm.gamma"] = tensor.Shape{dims[0], 1, 1}
	conv("decoder.middle.1.to_qkv", 3*dims[0], dims[0], 1, 1)
	conv("decoder.middle.1.proj", dims[0], dims[0], 1, 1)
	residual("decoder.middle.2.", dims[0], dims[0])
	for i := range 4 {
		in, out := dims[i], dims[i+1]
		p := fmt.Sprintf("decoder.upsamples.%d.upsamples.", i)
		for j := range 3 {
			residual(fmt.Sprint(p, j, "."), in, out)
			in = out
		}
		if i < 3 {
			conv(p+"3.resample.1", out, out, 3, 3)
		}
		if i < 2 {
			conv(p+"3.time_conv", 2*out, out, 3, 1, 1)
		}
	}
	gamma("decoder.head.0", dims[4])
	conv("decoder.head.2", 12, dims[4], 3, 3, 3)
}
