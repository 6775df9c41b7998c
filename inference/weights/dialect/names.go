package dialect

import "strings"

// A rule says what a module is called elsewhere and what it is called here. A *
// stands for a number and carries it over; {q,k,v} means that the rows of one
// tensor are those of several, one after another.
type rule struct{ from, to string }

// apply renames a tensor by the first rule whose module it lies in. Names that no
// rule speaks of stay as they are.
func apply(rules []rule, name string) []string {
	segments := strings.Split(name, ".")
	for _, r := range rules {
		numbers, rest, ok := match(strings.Split(r.from, "."), segments)
		if !ok {
			continue
		}
		to := r.to
		for _, n := range numbers {
			to = strings.Replace(to, "*", n, 1)
		}
		if len(rest) > 0 {
			to += "." + strings.Join(rest, ".")
		}
		return spread(to)
	}
	return []string{name}
}

// DenoiserModule returns the official names of a module of a denoiser that diffusers
// calls by name: several where it holds the rows of several.
func DenoiserModule(name string) []string { return apply(denoiserDiffusers, name) }

// DenoiserModules lists the modules of a denoiser, official and diffusers', with a *
// for the number of a block.
func DenoiserModules() []string {
	var all []string
	for _, r := range denoiserDiffusers {
		all = append(append(all, r.from), spread(r.to)...)
	}
	for _, attention := range []string{"blocks.*.self_attn.", "blocks.*.cross_attn.", "blocks.*.temporal_attn.", "blocks.*.attn1.", "blocks.*.attn2."} {
		for _, m := range []string{"q", "k", "v", "o", "norm_q", "norm_k"} {
			all = append(all, attention+m)
		}
	}
	return append(all, "patch_embedding")
}

// match compares the leading segments with a pattern.
func match(pattern, segments []string) (numbers, rest []string, ok bool) {
	if len(segments) < len(pattern) {
		return nil, nil, false
	}
	for i, p := range pattern {
		switch {
		case p == "*" && isNumber(segments[i]):
			numbers = append(numbers, segments[i])
		case p != segments[i]:
			return nil, nil, false
		}
	}
	return numbers, segments[len(pattern):], true
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// spread turns a{q,k}b into aqb and akb.
func spread(name string) []string {
	before, rest, ok := strings.Cut(name, "{")
	if !ok {
		return []string{name}
	}
	inside, after, _ := strings.Cut(rest, "}")
	var all []string
	for _, one := range strings.Split(inside, ",") {
		all = append(all, before+one+after)
	}
	return all
}
