package simd

import "kinora/inference/device/cpu/simd/kernel"

// queryRun is how many queries of a head are done together at most.
const queryRun = 128

// A piece is a run of queries of one block and of some heads.
type piece struct{ block, head, heads, from, to int }

func (a Attention) fast(p *Pool) {
	blocks := a.blocks()
	a.check(blocks)
	pieces := a.pieces(p, blocks)
	need := p.set.AttentionScratch(a.Dim)
	p.spread(len(pieces), 1, func(lo, hi int) {
		scratch := p.scratch.take(need)
		defer p.scratch.give(scratch)
		for _, d := range pieces[lo:hi] {
			a.run(p, blocks[d.block], d, scratch)
		}
	})
}

// pieces divides the work so that every thread has something to do.
func (a Attention) pieces(p *Pool, blocks []Block) []piece {
	n := 0
	for _, b := range blocks {
		n += b.Q.Count
	}
	run := queryRun
	for run > 32 && n*a.Heads/run < 4*p.threads {
		run /= 2
	}
	var all []piece
	for i, b := range blocks {
		parts, heads := (b.Q.Count+run-1)/run, 1
		if b.Q.Count*b.K.Count <= 1<<10 {
			heads = a.Heads // so little that a call would cost as much
		}
		for h := 0; h < a.Heads; h += heads {
			for j := range parts {
				all = append(all, piece{i, h, heads, b.Q.Count * j / parts, b.Q.Count * (j + 1) / parts})
			}
		}
	}
	return all
}

func (a Attention) run(p *Pool, b Block, d piece, scratch []float32) {
	k := kernel.Attention{Queries: d.to - d.from, Keys: b.K.Count, Dim: a.Dim,
		QStep: a.QRow * b.Q.step(), KStep: a.KRow * b.K.step(), VStep: a.VRow * b.K.step(), OStep: a.OutRow * b.Q.step(),
		Scale: a.Scale, Near: b.Near, Window: b.Window, I0: d.from, Heads: d.heads}
	q, off := b.Q.at(d.from), d.head*a.Dim
	var bias []float32
	if a.Extra != 0 { // a row of it, for all
		bias = make([]float32, a.Keys)
		bias[a.Keys-1] = a.Extra
		k.BiasK = 1
	}
	if a.Bias != nil {
		bias = a.Bias[(d.head*a.Queries+q)*a.Keys+b.K.From:]
		k.BiasQ, k.BiasK, k.BiasHead = a.Keys*b.Q.step(), b.K.step(), a.Queries*a.Keys
	}
	p.set.Attention(&k, a.Q[q*a.QRow+off:], a.K[b.K.From*a.KRow+off:], a.V[b.K.From*a.VRow+off:], bias, a.Out[q*a.OutRow+off:], scratch)
}

// check panics where a slice is too short for what the blocks name.
func (a Attention) check(blocks []Block) {
	width := a.Heads * a.Dim
	for _, b := range blocks {
		if b.Q.Count > 0 {
			q := b.Q.at(b.Q.Count - 1)
			_, _ = a.Q[q*a.QRow:][:width], a.Out[q*a.OutRow:][:width]
		}
		if b.K.Count > 0 {
			k := b.K.at(b.K.Count - 1)
			_, _ = a.K[k*a.KRow:][:width], a.V[k*a.VRow:][:width]
		}
	}
	if a.Bias != nil {
		_ = a.Bias[:a.Heads*a.Queries*a.Keys]
	}
}
