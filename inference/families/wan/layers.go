package wan

import "kinora/inference/graph"

// linear is a checkpoint's Linear, with its bias if it has one.
func linear(s *graph.Scope, name string, x *graph.Node, act graph.ActKind) *graph.Node {
	l := s.At(name)
	return adapted(l, x, l.Weight("weight", l.Shape("weight")...), act)
}

// adapted is act(x·wᵀ + b) of the layer at l, with what w is to be multiplied by
// (package dialect says under which name) and what LoRA files add to it (package lora).
// The product comes first, so that w stays as stored.
func adapted(l *graph.Scope, x, w *graph.Node, act graph.ActKind) *graph.Node {
	var scale *graph.Node
	if l.Has("scale_weight") {
		scale = l.Weight("scale_weight", l.Shape("scale_weight")...)
	}
	if !l.Has("lora.0.scale") {
		return x.ScaledLinear(w, scale, bias(l), act)
	}
	y := x.ScaledLinear(w, scale, bias(l), graph.NoAct)
	for i := 0; ; i++ {
		a := l.At("lora", i)
		if !a.Has("scale") {
			return activate(y, act)
		}
		scale := a.Weight("scale", 1)
		if a.Has("full") {
			y = y.Add(x.Linear(a.Weight("full", a.Shape("full")...), nil, graph.NoAct).Mul(scale))
			continue
		}
		low := x.Linear(a.Weight("down", a.Shape("down")...), nil, graph.NoAct).Mul(scale)
		y = y.Add(low.Linear(a.Weight("up", a.Shape("up")...), nil, graph.NoAct))
	}
}

func activate(x *graph.Node, act graph.ActKind) *graph.Node {
	switch act {
	case graph.GELU:
		return x.GELU()
	case graph.SiLU:
		return x.SiLU()
	}
	return x
}

func bias(l *graph.Scope) *graph.Node {
	if !l.Has("bias") {
		return nil
	}
	return l.Weight("bias", l.Shape("bias")...)
}

func rms(s *graph.Scope, weight string, x *graph.Node, eps float32) *graph.Node {
	w := s.Weight(weight, x.Shape[len(x.Shape)-1])
	return x.Normalise(graph.NormAttr{Kind: graph.RMSNorm, Eps: eps}, w, nil)
}
