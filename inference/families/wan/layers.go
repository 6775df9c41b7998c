package wan

import "kinora/inference/graph"

// linear is a checkpoint's Linear, with its bias if it has one.
func linear(s *graph.Scope, name string, x *graph.Node, act graph.ActKind) *graph.Node {
	l := s.At(name)
	w := l.Weight("weight", l.Shape("weight")...)
	return x.Linear(w, bias(l), act)
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
