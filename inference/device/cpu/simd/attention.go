package simd

import "math"

// Attention is softmax(scale·q·kᵀ + bias)·v for every head, without the matrix
// between. Row r of head h of Q lies at Q[r·QRow + h·Dim:][:Dim]; K, V and Out
// likewise.
type Attention struct {
	Q, K, V, Out             []float32
	QRow, KRow, VRow, OutRow int
	Heads, Dim               int
	Queries, Keys            int // rows of Q and Out; rows of K and V
	Scale                    float32
	Bias                     []float32 // [heads, Queries, Keys], or nil
	// Extra is added to the last key's logits, in every row and head; not beside Bias, and
	// only where Blocks is nil.
	Extra float32
	// Blocks say which queries see which keys, all of them where it is nil. No
	// query may be in two blocks; one that is in none is not written.
	Blocks []Block
}

// A Block is a set of queries that see a set of keys. With Near, query number i
// sees only the keys numbered i−Window … i+Window.
type Block struct {
	Q, K   Run
	Near   bool
	Window int
}

// A Run is the rows From, From+Step, …, Count of them. A Step of 0 means 1.
type Run struct{ From, Count, Step int }

func (r Run) step() int { return max(1, r.Step) }

func (r Run) at(i int) int { return r.From + i*r.step() }

// Windowed returns blocks in which the rows of each frame see those of the
// frames within window; rows lie frame by frame.
func Windowed(frames, rows, window int) []Block {
	b := make([]Block, frames)
	for t := range b {
		lo, hi := max(0, t-window), min(frames, t+window+1)
		b[t] = Block{Q: Run{From: t * rows, Count: rows}, K: Run{From: lo * rows, Count: (hi - lo) * rows}}
	}
	return b
}

// AtPixel returns blocks in which each row sees the rows of the same place in
// the frames within window, or in all frames where window is negative.
func AtPixel(frames, rows, window int) []Block {
	b := make([]Block, rows)
	for i := range b {
		r := Run{From: i, Count: frames, Step: rows}
		b[i] = Block{Q: r, K: r, Near: window >= 0, Window: window}
	}
	return b
}

func (a Attention) blocks() []Block {
	if a.Blocks != nil {
		return a.Blocks
	}
	return []Block{{Q: Run{Count: a.Queries}, K: Run{Count: a.Keys}}}
}

// Do computes Out.
func (a Attention) Do(p *Pool) {
	if p.set != nil {
		a.fast(p)
		return
	}
	for _, b := range a.blocks() {
		p.Run(b.Q.Count*a.Heads, func(i int) { a.plain(b, i/a.Heads, i%a.Heads) })
	}
}

func (a Attention) plain(b Block, i, h int) {
	row := b.Q.at(i)
	q := a.Q[row*a.QRow+h*a.Dim:][:a.Dim]
	out := a.Out[row*a.OutRow+h*a.Dim:][:a.Dim]
	lo, hi := b.seen(i)
	p := make([]float64, hi-lo)
	sum, top := make([]float64, a.Dim), math.Inf(-1)
	for j := range p {
		key := b.K.at(lo + j)
		p[j] = float64(dot(q, a.K[key*a.KRow+h*a.Dim:][:a.Dim]) * a.Scale)
		if a.Bias != nil {
			p[j] += float64(a.Bias[(h*a.Queries+row)*a.Keys+key])
		}
		if key == a.Keys-1 {
			p[j] += float64(a.Extra)
		}
		top = max(top, p[j])
	}
	total := 0.0
	for j := range p {
		e := math.Exp(p[j] - top)
		total += e
		for c, v := range a.V[b.K.at(lo+j)*a.VRow+h*a.Dim:][:a.Dim] {
			sum[c] += e * float64(v)
		}
	}
	for c := range out {
		if out[c] = 0; total > 0 {
			out[c] = float32(sum[c] / total)
		}
	}
}

// seen returns the range of keys that query number i sees.
func (b Block) seen(i int) (lo, hi int) {
	if !b.Near {
		return 0, b.K.Count
	}
	lo = max(0, i-b.Window)
	return lo, max(lo, min(b.K.Count, i+b.Window+1))
}
