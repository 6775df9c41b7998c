package wan

import (
	"fmt"
	"slices"

	"kinora/inference/model"
	"kinora/inference/tensor"
	"kinora/inference/weights"
)

// A Build is the sizes of a checkpoint, from which follow its tensors.
type Build struct {
	Dim, FFN, Layers, Freq          int // of the denoiser
	Vocabulary, TextDim, TextFFN    int
	TextHeads, TextLayers           int
	Channels, Encoder, Decoder, Res int // of the VAE: latent, narrowest stages, blocks a stage
	Mult                            []int
	Time                            []bool // stages of the encoder that halve time
}

// TI2V5B is the published model.
var TI2V5B = Build{
	Dim: 3072, FFN: 14336, Layers: 30, Freq: 256,
	Vocabulary: 256384, TextDim: 4096, TextFFN: 10240, TextHeads: 64, TextLayers: 24,
	Channels: 48, Encoder: 160, Decoder: 256, Res: 2, Mult: []int{1, 2, 4, 4}, Time: []bool{false, true, true},
}

// Stored says how the large matrices of a part are stored: those that files of
// that kind narrow. The rest are of 16 bits.
type Stored struct{ Denoiser, Text tensor.DType }

// Outline is a checkpoint of shapes alone: it can be planned for, not run. It has
// no tokenizer, which stands for a prompt of the greatest length.
func (b Build) Outline(name string, s Stored) model.Checkpoint {
	return model.Checkpoint{
		Name:     name,
		Denoiser: outline(b.Denoiser(), s.Denoiser), Text: outline(b.Text(), s.Text), VAE: outline(b.VAE(), tensor.BF16),
	}
}

// outline gives every tensor its type and no bytes.
func outline(shapes map[string]tensor.Shape, large tensor.DType) weights.Source {
	m := weights.Map{}
	for name, s := range shapes {
		e := weights.Entry{DType: tensor.BF16, Shape: s}
		if elems, _ := large.Block(); len(s) == 2 && s[0] > 64 && s[1]%elems == 0 {
			e.DType = large
		}
		m[name] = e
	}
	return m
}

// A list collects the tensors of a part.
type list map[string]tensor.Shape

func (l list) linear(name string, out, in int) {
	l[name+".weight"], l[name+".bias"] = tensor.Shape{out, in}, tensor.Shape{out}
}

func (l list) conv(name string, out, in int, k ...int) {
	l[name+".weight"], l[name+".bias"] = append(tensor.Shape{out, in}, k...), tensor.Shape{out}
}

// Denoiser lists the tensors of the diffusion transformer.
func (b Build) Denoiser() map[string]tensor.Shape {
	l := list{}
	l.conv("patch_embedding", b.Dim, b.Channels, 1, 2, 2)
	l.linear("text_embedding.0", b.Dim, b.TextDim)
	l.linear("text_embedding.2", b.Dim, b.Dim)
	l.linear("time_embedding.0", b.Dim, b.Freq)
	l.linear("time_embedding.2", b.Dim, b.Dim)
	l.linear("time_projection.1", 6*b.Dim, b.Dim)
	for i := range b.Layers {
		p := fmt.Sprintf("blocks.%d.", i)
		l[p+"modulation"] = tensor.Shape{1, 6, b.Dim}
		for _, a := range []string{"self_attn.", "cross_attn."} {
			for _, q := range []string{"q", "k", "v", "o"} {
				l.linear(p+a+q, b.Dim, b.Dim)
			}
			l[p+a+"norm_q.weight"], l[p+a+"norm_k.weight"] = tensor.Shape{b.Dim}, tensor.Shape{b.Dim}
		}
		l[p+"norm3.weight"], l[p+"norm3.bias"] = tensor.Shape{b.Dim}, tensor.Shape{b.Dim}
		l.linear(p+"ffn.0", b.FFN, b.Dim)
		l.linear(p+"ffn.2", b.Dim, b.FFN)
	}
	l["head.modulation"] = tensor.Shape{1, 2, b.Dim}
	l.linear("head.head", 4*b.Channels, b.Dim)
	return l
}

// Text lists the tensors of the text encoder.
func (b Build) Text() map[string]tensor.Shape {
	l := list{"token_embedding.weight": {b.Vocabulary, b.TextDim}, "norm.weight": {b.TextDim}}
	for i := range b.TextLayers {
		p := fmt.Sprintf("blocks.%d.", i)
		for _, q := range []string{"q", "k", "v", "o"} {
			l[p+"attn."+q+".weight"] = tensor.Shape{b.TextDim, b.TextDim}
		}
		l[p+"norm1.weight"], l[p+"norm2.weight"] = tensor.Shape{b.TextDim}, tensor.Shape{b.TextDim}
		l[p+"ffn.gate.0.weight"], l[p+"ffn.fc1.weight"] = tensor.Shape{b.TextFFN, b.TextDim}, tensor.Shape{b.TextFFN, b.TextDim}
		l[p+"ffn.fc2.weight"] = tensor.Shape{b.TextDim, b.TextFFN}
		l[p+"pos_embedding.embedding.weight"] = tensor.Shape{32, b.TextHeads}
	}
	return l
}

// VAE lists the tensors of encoder and decoder.
func (b Build) VAE() map[string]tensor.Shape {
	l := list{}
	stages := func(from int, mult []int) []int {
		dims := []int{from * mult[0]}
		for _, m := range mult {
			dims = append(dims, from*m)
		}
		return dims
	}
	down := stages(b.Encoder, b.Mult)
	down[0] = b.Encoder
	l.conv("encoder.conv1", down[0], 12, 3, 3, 3)
	for i := range b.Mult {
		p := fmt.Sprintf("encoder.downsamples.%d.downsamples.", i)
		for j := range b.Res {
			l.residual(fmt.Sprint(p, j), down[i+min(j, 1)], down[i+1])
		}
		if i < len(b.Mult)-1 {
			last := fmt.Sprint(p, b.Res)
			l.conv(last+".resample.1", down[i+1], down[i+1], 3, 3)
			if b.Time[i] {
				l.conv(last+".time_conv", down[i+1], down[i+1], 3, 1, 1)
			}
		}
	}
	l.middle("encoder", down[len(down)-1], 2*b.Channels)
	l.conv("conv1", 2*b.Channels, 2*b.Channels, 1, 1, 1)
	l.conv("conv2", b.Channels, b.Channels, 1, 1, 1)

	mult, time := slices.Clone(b.Mult), slices.Clone(b.Time)
	slices.Reverse(mult)
	slices.Reverse(time)
	up := stages(b.Decoder, mult)
	l.conv("decoder.conv1", up[0], b.Channels, 3, 3, 3)
	for i := range mult {
		p := fmt.Sprintf("decoder.upsamples.%d.upsamples.", i)
		for j := range b.Res + 1 {
			l.residual(fmt.Sprint(p, j), up[i+min(j, 1)], up[i+1])
		}
		if i < len(mult)-1 {
			last := fmt.Sprint(p, b.Res+1)
			l.conv(last+".resample.1", up[i+1], up[i+1], 3, 3)
			if time[i] {
				l.conv(last+".time_conv", 2*up[i+1], up[i+1], 3, 1, 1)
			}
		}
	}
	l.middle("decoder", up[0], 0)
	l["decoder.head.0.gamma"] = tensor.Shape{up[len(up)-1], 1, 1, 1}
	l.conv("decoder.head.2", 12, up[len(up)-1], 3, 3, 3)
	return l
}

func (l list) residual(name string, in, out int) {
	l[name+".residual.0.gamma"], l[name+".residual.3.gamma"] = tensor.Shape{in, 1, 1, 1}, tensor.Shape{out, 1, 1, 1}
	l.conv(name+".residual.2", out, in, 3, 3, 3)
	l.conv(name+".residual.6", out, out, 3, 3, 3)
	if in != out {
		l.conv(name+".shortcut", out, in, 1, 1, 1)
	}
}

// middle lists the middle of a half and, where out is not 0, its head.
func (l list) middle(half string, dim, out int) {
	l.residual(half+".middle.0", dim, dim)
	l[half+".middle.1.norm.gamma"] = tensor.Shape{dim, 1, 1}
	l.conv(half+".middle.1.to_qkv", 3*dim, dim, 1, 1)
	l.conv(half+".middle.1.proj", dim, dim, 1, 1)
	l.residual(half+".middle.2", dim, dim)
	if out > 0 {
		l[half+".head.0.gamma"] = tensor.Shape{dim, 1, 1, 1}
		l.conv(half+".head.2", out, dim, 3, 3, 3)
	}
}
