package study

import (
	"slices"
	"strings"

	"athar"
)

func harm(h *Harm) func(value) {
	return func(v value) {
		ok := v.object(
			may("classes", func(w value) { h.Classes = weights[string](w) }),
			may("kinds", func(w value) { h.Kinds = weights(w, athar.Kinds()...) }),
			may("deaths", yes(&h.Deaths)),
			may("source", source(&h.Source)),
		)
		if !ok {
			return
		}
		var given []string
		for _, key := range []string{"classes", "kinds", "deaths"} {
			if _, ok := v.at[v.child(key)]; ok {
				given = append(given, key)
			}
		}
		switch len(given) {
		case 0:
			v.bad("write one of: classes: {robbery: 3, theft: 1}; kinds: {attack: 3, clash: 1}; deaths: true", "gives no weight")
		case 1:
			if given[0] == "deaths" && !h.Deaths {
				v.complain(v.at[v.child("deaths")], v.child("deaths"), "write true, or weights by classes or kinds, or remove harm", "gives no weight")
			}
		default:
			v.complain(v.at[v.child(given[1])], v.child(given[1]), "keep one of them", "harm is weighed by classes, by kinds or by deaths, not by two of them")
		}
	}
}

// weights reads a block of names, of the given ones if any are, each with a number
// above 0.
func weights[K ~string](v value, names ...K) map[K]float64 {
	nodes, ok := v.pairs()
	if !ok || len(nodes) == 0 {
		v.wants("names and the weight of one event of each", "write e.g. {attack: 3, clash: 1}")
		return nil
	}
	out := map[K]float64{}
	for _, n := range nodes {
		w := v.value(n.Value, v.child(keyText(n)), nodePosition(n.Key))
		var x float64
		before := len(v.errs)
		number(&x)(w)
		if len(v.errs) == before && !(x > 0 && x <= maxWeight) {
			w.bad("events that should not count are left out of the study by classes, kinds or where of its data", "is %s, must be above 0 and at most %g", w.raw(), float64(maxWeight))
		}
		name := K(keyText(n))
		for other := range out {
			if strings.EqualFold(string(other), string(name)) {
				v.complain(nodePosition(n.Key), v.child(string(name)), "keep one of them", "is the same name as %s", other)
			}
		}
		if names != nil && !slices.Contains(names, name) {
			list := make([]string, len(names))
			for i, k := range names {
				list[i] = string(k)
			}
			v.complain(nodePosition(n.Key), v.child(string(name)), known(string(name), list), "there is no kind of event %q", name)
		}
		out[name] = x
	}
	return out
}

// maxWeight keeps sums of squares within what a float holds exactly enough.
const maxWeight = 1e6

// checkHarm complains about weights of harm that nothing can be asked with.
func (s *Study) checkHarm(bad complaint) {
	if !s.given("choices.harm") {
		return
	}
	h := s.Choices.Harm
	switch {
	case len(s.Campaigns) == 0:
		bad("choices.harm", "remove it, or add a campaign", "harm is compared around campaigns, and the study has none")
		return
	case !s.given("areas"):
		bad("choices.harm", "remove it, or describe the areas under the key areas", "harm inside is compared with harm far away, and the study has a single area")
		return
	case h.Classes != nil:
		return // which there are, the data know
	}
	for i, d := range s.Data {
		switch {
		case !d.Counted():
		case h.Kinds != nil && (d.Format == "counts" || d.Format == "table"):
			bad("choices.harm.kinds", "give weights by classes", "%s (format %s) has no kinds of event, only classes", item("data", i), d.Format)
			return
		case h.Deaths && d.Format == "counts":
			bad("choices.harm.deaths", "give weights by classes", "%s (format counts) says how many died in all events of a period together, not in each", item("data", i))
		}
	}
}
