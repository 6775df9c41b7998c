package plan

import (
	"fmt"
	"strconv"
	"strings"

	"kinora/inference/graph"
)

// weights places the checkpoint tensors: all mapped but for those that are made, all
// resident, or, when they
// are more than the budget, as many blocks resident as leave room for two staging
// halves, and the rest streamed, one run of a block's weights at a time, into the
// half that the run before last has left.
func (b *builder) weights(g *graph.Graph, o Options) error {
	var list []*graph.Node
	seen := map[string]*graph.Node{}
	for _, n := range g.Nodes {
		if n.Op != graph.Weight {
			continue
		}
		if seen[n.Name] == nil {
			seen[n.Name] = n
			list = append(list, n)
		}
	}
	slot := map[string]Slot{}
	keep := func(n *graph.Node, s Slot) {
		slot[n.Name] = s
		b.plan.Weights = append(b.plan.Weights, Weight{n.Name, n.DType, n.Shape, s})
	}
	if o.Map {
		var resident row
		for i, n := range list {
			s := Slot{Region: Mapped, Size: n.DType.Size(n.Shape.Len()), Weight: i}
			if o.Made != nil && o.Made(n.Name) {
				s = Slot{Region: Resident, Off: resident.take(s.Size), Size: s.Size}
			}
			keep(n, s)
		}
		b.plan.Size[Resident] = resident.end
	} else {
		b.fine = o.Fine
		stay, half, err := split(list, o.Budget, o.Fine)
		if err != nil {
			return err
		}
		var resident row
		for _, n := range list {
			if stay[n.Name] {
				size := n.DType.Size(n.Shape.Len())
				keep(n, Slot{Region: Resident, Off: resident.take(size), Size: size})
			}
		}
		b.plan.Size[Resident] = resident.end
		if half > 0 {
			b.stream(g, slot, half)
			return nil
		}
	}
	for _, n := range g.Nodes {
		if n.Op == graph.Weight {
			b.slots[n.ID] = slot[n.Name]
		}
	}
	return nil
}

// split decides which weights stay and how large a staging half is; half is 0
// when all stay.
func split(list []*graph.Node, budget int64, fine bool) (stay map[string]bool, half int64, err error) {
	block := map[string]int64{}
	var order []string
	var total int64
	for _, n := range list {
		k := blockOf(n.Name, fine)
		if _, ok := block[k]; !ok {
			order = append(order, k)
		}
		block[k] += up(n.DType.Size(n.Shape.Len()))
		total += up(n.DType.Size(n.Shape.Len()))
	}
	stay = map[string]bool{}
	chosen := map[string]bool{}
	if budget < 0 || total <= budget {
		for _, n := range list {
			stay[n.Name] = true
		}
		return stay, 0, nil
	}
	for _, size := range block {
		half = max(half, size)
	}
	room := budget - 2*half
	if room < 0 {
		return nil, 0, fmt.Errorf("plan: %d bytes for weights, but streaming needs two blocks of %d", budget, half)
	}
	for _, k := range order { // in program order, so that the tail is what streams
		if block[k] <= room {
			room -= block[k]
			chosen[k] = true
		}
	}
	for _, n := range list {
		stay[n.Name] = chosen[blockOf(n.Name, fine)]
	}
	return stay, half, nil
}

// blockOf cuts a weight's name after its first number: blocks.3.attn.q.weight is
// of blocks.3, and what has no number is a block by its first word. Fine cuts it
// after the second number, unless that only counts the layers of a block, as in
// blocks.3.ffn.0.weight: those are read in turn.
func blockOf(name string, fine bool) string {
	parts := strings.Split(name, ".")
	end, seen := 1, 0
	for i, p := range parts {
		if _, err := strconv.Atoi(p); err != nil {
			continue
		}
		if seen++; seen == 1 || fine && seen == 2 && i < len(parts)-2 {
			end = i + 1
		}
	}
	return strings.Join(parts[:end], ".")
}

// stream lays out the uploads: a run is the weights of one block that are read
// before a weight of another block is.
func (b *builder) stream(g *graph.Graph, resident map[string]Slot, half int64) {
	b.uploads = map[int]Step{}
	b.plan.Size[Staging] = 2 * half
	turn, block := int64(1), ""
	var first int // the node before which the present run is uploaded
	at := map[string]Slot{}
	var fill int64
	for _, n := range g.Nodes {
		if n.Op == graph.View || n.Op == graph.Weight {
			continue
		}
		for _, m := range n.In {
			r, _ := root(m)
			if r.Op != graph.Weight {
				continue
			}
			if s, ok := resident[r.Name]; ok {
				b.slots[r.ID] = s
				continue
			}
			if k := blockOf(r.Name, b.fine); k != block {
				block, turn, fill, first = k, 1-turn, 0, n.ID
				at = map[string]Slot{}
			}
			s, ok := at[r.Name]
			if !ok {
				size := r.DType.Size(r.Shape.Len())
				s = Slot{Region: Staging, Off: turn*half + fill, Size: size}
				fill += up(size)
				at[r.Name] = s
				u := b.uploads[first]
				if len(u.Upload) == 0 {
					u.Out = Slot{Region: Staging, Off: turn * half}
				}
				u.Upload = append(u.Upload, Weight{r.Name, r.DType, r.Shape, s})
				u.Out.Size = fill
				b.uploads[first] = u
			}
			b.slots[r.ID] = s
		}
	}
}
