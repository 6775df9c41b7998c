package pipeline

import (
	"fmt"
	"slices"

	"kinora/inference/device"
	"kinora/inference/device/paper"
	"kinora/inference/graph"
	"kinora/inference/model"
	"kinora/inference/tensor"
)

// A grid is how a frame is cut for decoding; its zero value leaves it whole.
type grid struct{ rows, columns int }

func (g grid) whole() bool { return g.rows*g.columns <= 1 }

// margin is how many latent pixels around a tile are decoded and thrown away. What
// lies further off cannot be seen in the result; testdata/margin.txt has the numbers.
const margin = 4

// A span is a stretch of a tile's side: what is decoded, and what of it is kept.
type span struct{ from, to, keepFrom, keepTo int }

// spans cuts n into count spans of one length.
func spans(n, count int) []span {
	if count == 1 {
		return []span{{0, n, 0, n}}
	}
	length := min(n, (n+count-1)/count+2*margin)
	list := make([]span, count)
	for i := range list {
		s := span{keepFrom: n * i / count, keepTo: n * (i + 1) / count}
		s.from = min(max(0, (s.keepFrom+s.keepTo-length)/2), n-length)
		s.to = s.from + length
		list[i] = s
	}
	return list
}

// cost is how many times the work of a whole frame a grid takes.
func (g grid) cost(h, w int) float64 {
	r, c := spans(h, g.rows)[0], spans(w, g.columns)[0]
	return float64(g.rows*g.columns*(r.to-r.from)*(c.to-c.from)) / float64(h*w)
}

// grids lists the ways to cut a frame, the cheapest first. Cuts that cost more
// and take no less memory than another are left out.
func grids(h, w int) []grid {
	area := func(g grid) int {
		r, c := spans(h, g.rows)[0], spans(w, g.columns)[0]
		return (r.to - r.from) * (c.to - c.from)
	}
	var all []grid
	for r := 1; r <= 8 && r <= h/2; r++ {
		for c := 1; c <= 12 && c <= w/2; c++ {
			if r*c > 1 {
				all = append(all, grid{r, c})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b grid) int {
		if x, y := a.cost(h, w), b.cost(h, w); x != y {
			if x < y {
				return -1
			}
			return 1
		}
		return area(a) - area(b)
	})
	least := h * w
	return slices.DeleteFunc(all, func(g grid) bool {
		worse := area(g) >= least
		least = min(least, area(g))
		return worse
	})
}

// features decodes every latent frame up to where tiles can part, and returns what
// lies between: it is kept on the host.
func (t *take) features(z []float32, m model.Tiler) (list [][]float32, shape tensor.Shape, err error) {
	n, per := t.shape[0], len(z)/t.shape[0]
	draw := func(first bool) drawing {
		return func(s *graph.Scope) *graph.Node {
			return m.Features(s, s.Input("x", tensor.F32, 1, t.shape[1], t.shape[2], t.shape[3]), first)
		}
	}
	r := runner{take: t, what: decoderPhase + ", before the tiles", draw: draw}
	defer r.close()
	for i := range n {
		out, err := r.run(i, z[i*per:(i+1)*per])
		if err != nil {
			return nil, nil, err
		}
		list, shape = append(list, out), r.shape
		if i == 0 {
			t.keepOnHost(int64(n) * 4 * int64(len(out)))
		}
		if t.onPaper() && i == 1 {
			r.repeat(n-2, 1)
			break
		}
	}
	return list, shape, nil
}

// A runner runs one program for the first frame, and another for those after.
type runner struct {
	*take
	what        string
	draw        func(first bool) drawing
	first, rest device.Program
	shape       tensor.Shape // of what came out last
}

// run decodes latent frame i, or a part of it.
func (r *runner) run(i int, in []float32) (out []float32, err error) {
	p := r.rest
	switch {
	case i == 0 && r.first == nil:
		if r.take.shape[0] > 1 { // the larger first: they take turns in its memory
			if r.rest, err = r.load(r.what, r.parts.VAE, nil, r.draw(false)); err != nil {
				return nil, err
			}
		}
		if r.first, err = r.load(r.what+", first frame", r.parts.VAE, r.rest, r.draw(true)); err != nil {
			return nil, err
		}
		p = r.first
	case i == 0:
		p = r.first
	}
	if i == 0 {
		if err := p.Reset(); err != nil {
			return nil, err
		}
	}
	if err := p.In("x").Write(tensor.Bytes(in)); err != nil {
		return nil, err
	}
	if err := p.Run(r.ctx); err != nil {
		return nil, err
	}
	r.shape = p.Out(0).Shape()
	return floats(p.Out(0))
}

// repeat counts, on paper, so many more frames, and all of it so many times.
func (r *runner) repeat(frames, times int) {
	d := r.dev.(*paper.Device)
	var first, rest float64
	if p, ok := r.first.(interface{ Flops() float64 }); ok {
		first = p.Flops()
	}
	if p, ok := r.rest.(interface{ Flops() float64 }); ok {
		rest = p.Flops()
	}
	more := rest * float64(max(0, frames))
	all := first + rest*float64(r.take.shape[0]-1)
	d.Add(more + all*float64(times-1))
}

func (r *runner) close() {
	for _, p := range []device.Program{r.rest, r.first} {
		if p != nil {
			p.Close()
		}
	}
}

// decodeTiled decodes tile after tile, each through the whole clip, so that the
// caches of one tile are all there are.
func (t *take) decodeTiled(z []float32, g grid, done func(share float64)) ([][]byte, error) {
	m := t.model.(model.Tiler)
	list, shape, err := t.features(z, m)
	if err != nil {
		return nil, err
	}
	n, h, w, ch := t.shape[0], shape[1], shape[2], shape[3]
	rows, columns := spans(h, g.rows), spans(w, g.columns)
	th, tw := rows[0].to-rows[0].from, columns[0].to-columns[0].from
	frames := make([][]byte, 1+(n-1)*t.traits.Temporal)
	for i := range frames {
		frames[i] = make([]byte, 3*t.req.Width*t.req.Height)
	}
	draw := func(first bool) drawing {
		return func(s *graph.Scope) *graph.Node {
			return m.Develop(s, s.Input("x", tensor.F32, 1, th, tw, ch), first)
		}
	}
	r := runner{take: t, what: fmt.Sprintf("%s, tiles of %d×%d", decoderPhase, tw*t.traits.Spatial, th*t.traits.Spatial), draw: draw}
	defer r.close()
	in := make([]float32, th*tw*ch)
	for i, row := range rows {
		for j, column := range columns {
			at := 0
			for k := range list {
				for y := row.from; y < row.to; y++ {
					copy(in[(y-row.from)*tw*ch:], list[k][(y*w+column.from)*ch:(y*w+column.to)*ch])
				}
				pix, err := r.run(k, in)
				if err != nil {
					return nil, err
				}
				at += t.paste(frames[at:], pix, row, column)
				done((float64(i*len(columns)+j) + float64(k+1)/float64(n)) / float64(len(rows)*len(columns)))
			}
			if t.onPaper() {
				r.repeat(n-len(list), len(rows)*len(columns))
				return frames, nil
			}
		}
	}
	return frames, nil
}

// paste puts what is kept of a decoded tile into the frames, and tells how many
// frames it was.
func (t *take) paste(frames [][]byte, pix []float32, row, column span) int {
	s := t.traits.Spatial
	wide := 3 * s * (column.to - column.from)
	tall := s * (row.to - row.from)
	n := len(pix) / (wide * tall)
	for f := range n {
		for y := s * row.keepFrom; y < s*row.keepTo; y++ {
			from := pix[(f*tall+y-s*row.from)*wide+3*s*(column.keepFrom-column.from):]
			to := frames[f][3*(y*t.req.Width+s*column.keepFrom):]
			for x := range 3 * s * (column.keepTo - column.keepFrom) {
				to[x] = colour(from[x])
			}
		}
	}
	return n
}

// colour turns −1 … 1 into a byte, cut off and not rounded, as the reference does.
func colour(v float32) byte { return byte((max(-1, min(1, v)) + 1) / 2 * 255) }
