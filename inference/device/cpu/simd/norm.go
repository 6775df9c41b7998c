package simd

import (
	"math"

	"kinora/inference/device/cpu/simd/kernel"
)

// A NormKind says with which statistics a row is normalised.
type NormKind uint8

// The norms. LayerNorm: (x−mean)/√(var+eps); RMSNorm: x/√(mean x²+eps);
// ChannelNorm: x·√dim/max(‖x‖₂, 1e-12).
const (
	LayerNorm NormKind = iota
	RMSNorm
	ChannelNorm
)

// Norm normalises rows of Dim numbers; then, in this order and where given:
// times Weight, plus Bias, times 1+Scale plus Shift, Act.
type Norm struct {
	Kind         NormKind
	Dim          int
	Eps          float32
	Weight, Bias []float32
	Scale, Shift Rows // both or none
	Act          Act
}

// Do computes dst = norm(x); dst may be x.
func (n Norm) Do(p *Pool, dst, x []float32) {
	rows := len(x) / n.Dim
	_ = dst[:rows*n.Dim]
	k := n.kernel(rows)
	p.spread(rows, 1+8192/n.Dim, func(lo, hi int) {
		if p.set != nil {
			p.set.Norm(&k, lo, hi, x, dst)
			return
		}
		for r := lo; r < hi; r++ {
			n.row(r, dst[r*n.Dim:][:n.Dim], x[r*n.Dim:][:n.Dim])
		}
	})
}

// kernel says the same to the kernels, having checked that every vector is there.
func (n Norm) kernel(rows int) kernel.Norm {
	for _, v := range [][]float32{n.Weight, n.Bias} {
		if v != nil {
			_ = v[:n.Dim]
		}
	}
	n.Scale.check(rows, n.Dim)
	n.Shift.check(rows, n.Dim)
	return kernel.Norm{Kind: int(n.Kind), Dim: n.Dim, Act: int(n.Act), Eps: float64(n.Eps),
		Weight: n.Weight, Bias: n.Bias, Scale: n.Scale.Data, Shift: n.Shift.Data,
		ScaleStride: n.Scale.Stride, ScaleEvery: n.Scale.Every, ShiftStride: n.Shift.Stride, ShiftEvery: n.Shift.Every}
}

func (n Norm) row(r int, d, x []float32) {
	mean, by := n.statistics(x)
	sc, sh := n.Scale.row(r, n.Dim), n.Shift.row(r, n.Dim)
	for i, v := range x {
		y := float32(float64(v)-mean) * by
		if n.Weight != nil {
			y *= n.Weight[i]
		}
		if n.Bias != nil {
			y += n.Bias[i]
		}
		if sc != nil {
			y = y*(1+sc[i]) + sh[i]
		}
		d[i] = n.Act.of(y)
	}
}

// statistics returns what is subtracted and what then multiplies.
func (n Norm) statistics(x []float32) (mean float64, by float32) {
	if n.Kind == LayerNorm {
		for _, v := range x {
			mean += float64(v)
		}
		mean /= float64(len(x))
	}
	sum := 0.0
	for _, v := range x {
		sum += (float64(v) - mean) * (float64(v) - mean)
	}
	if n.Kind == ChannelNorm {
		return 0, float32(math.Sqrt(float64(len(x))) / max(math.Sqrt(sum), 1e-12))
	}
	return mean, float32(1 / math.Sqrt(sum/float64(len(x))+float64(n.Eps)))
}

// Softmax turns rows of dim numbers into shares that add up to one. dst may be x.
func Softmax(p *Pool, dst, x []float32, dim int) {
	rows := len(x) / dim
	_ = dst[:rows*dim]
	p.spread(rows, 1+4096/dim, func(lo, hi int) {
		if p.set != nil {
			p.set.Softmax(dim, lo, hi, x, dst)
			return
		}
		for r := lo; r < hi; r++ {
			d, x := dst[r*dim:][:dim], x[r*dim:][:dim]
			top := x[0]
			for _, v := range x {
				top = max(top, v)
			}
			sum := 0.0
			for i, v := range x {
				e := math.Exp(float64(v - top))
				sum += e
				d[i] = float32(e)
			}
			for i := range d {
				d[i] *= float32(1 / sum)
			}
		}
	})
}
