package pool

import (
	"cmp"
	"math"
	"slices"

	"athar"
	"athar/stat"
)

// Run asks fit about every draw, 0 to draws-1 in turn, and pools the answers.
func Run(draws int, fit func(draw int) []athar.Effect) []athar.Effect {
	answers := make([][]athar.Effect, draws)
	for d := range answers {
		answers[d] = fit(d)
	}
	return Effects(answers)
}

// question is what makes effects of two draws answers to the same question.
type question struct {
	campaign, area, method, spec string
	ask                          athar.Question
	ring                         int
	phase                        athar.Phase
}

// Effects pools the effects of draws question by question, in the order in
// which the questions first appear. ln RR is pooled by [Rubin] with each draw's
// SE and degrees of freedom; simultaneous intervals keep the ratio of their
// critical value to the single one, averaged over the draws. Counts are means
// over the draws, Expected = Observed/RR and the interval of Avoided is the image
// of that of RR, as in the headline model. Warnings of any draw are kept.
//
// A draw that refused, lacks the question, or saw no event (RR 0) has no ln RR. It
// is left out with a warning if at least 80% of the draws have one; else the
// pooled effect is refused. If no draw saw an event, the ratio is 0 with the
// highest of the upper limits.
func Effects(draws [][]athar.Effect) []athar.Effect {
	var order []question
	by := map[question][]*athar.Effect{}
	for _, list := range draws {
		for i := range list {
			e := &list[i]
			k := question{e.Campaign, e.Area, e.Method, e.Spec, e.Question, e.Ring, e.Phase}
			if by[k] == nil {
				order = append(order, k)
			}
			by[k] = append(by[k], e)
		}
	}
	var out []athar.Effect
	for _, k := range order {
		out = append(out, one(by[k], len(draws)))
	}
	return out
}

// one pools the answers of m draws to one question.
func one(list []*athar.Effect, m int) athar.Effect {
	first := list[0]
	e := athar.Effect{Campaign: first.Campaign, Area: first.Area, Method: first.Method, Spec: Spec,
		Question: first.Question, Ring: first.Ring, Phase: first.Phase, Periods: first.Periods}
	if first.Spec != "" {
		e.Spec = first.Spec + " " + Spec
	}
	var usable, zero []*athar.Effect
	var why *athar.Refusal
	for _, x := range list {
		switch {
		case x.Refusal != nil:
			why = x.Refusal
		case x.RR == 0:
			zero = append(zero, x)
		case x.SE > 0 && !math.IsInf(float64(x.SE), 1) && x.RR > 0:
			usable = append(usable, x)
		}
	}
	blank(&e)
	warn(&e, list)
	switch {
	case len(zero) == m:
		nothing(&e, zero)
		return e
	case len(usable) == 0 && why != nil:
		e.Refusal = why
		return e
	case float64(len(usable)) < MinUsable*float64(m):
		e.Refusal = &athar.Refusal{Reason: athar.Note{Code: "imputed-too-few", Args: map[string]any{
			"n": len(usable), "of": m, "zero": len(zero)}}}
		return e
	case len(usable) < m:
		e.Warnings = append(e.Warnings, athar.Note{Code: "imputed-left-out", Args: map[string]any{
			"n": m - len(usable), "of": m, "zero": len(zero)}})
	}

	q, u := make([]float64, len(usable)), make([]float64, len(usable))
	inverse, critical, adjusted := 0.0, 0.0, 0
	for i, x := range usable {
		q[i], u[i] = math.Log(float64(x.RR)), float64(x.SE*x.SE)
		inverse += 1 / float64(x.DF)
		if x.AdjLow > 0 && x.AdjHigh > x.AdjLow {
			half := math.Log(float64(x.AdjHigh/x.AdjLow)) / 2
			critical += half / (float64(x.SE) * stat.TQuantile(.975, float64(x.DF)))
			adjusted++
		}
	}
	complete := math.Inf(1)
	if inverse > 0 {
		complete = float64(len(usable)) / inverse
	}
	p := Rubin(q, u, complete)
	t := stat.TQuantile(.975, p.DF) * p.SE
	num := func(x float64) athar.Num { return athar.Num(x) }
	e.RR, e.Low, e.High = num(math.Exp(p.Q)), num(math.Exp(p.Q-t)), num(math.Exp(p.Q+t))
	e.SE, e.DF, e.P = num(p.SE), num(p.DF), num(stat.TwoSided(p.Q/p.SE, p.DF))
	if adjusted > 0 {
		c := critical / float64(adjusted) * t
		e.AdjLow, e.AdjHigh = num(math.Exp(p.Q-c)), num(math.Exp(p.Q+c))
	}
	fmi := num(p.FMI)
	e.FMI = &fmi
	e.Observed = mean(usable, func(x *athar.Effect) athar.Num { return x.Observed })
	e.Dispersion = mean(usable, func(x *athar.Effect) athar.Num { return x.Dispersion })
	e.EventsPre = int(math.Round(float64(mean(usable, func(x *athar.Effect) athar.Num { return num(float64(x.EventsPre)) }))))
	e.Areas = int(math.Round(float64(mean(usable, func(x *athar.Effect) athar.Num { return num(float64(x.Areas)) }))))
	e.Expected = e.Observed / e.RR
	e.Avoided, e.AvoidedLow, e.AvoidedHigh = e.Expected-e.Observed, e.Observed/e.High-e.Observed, e.Observed/e.Low-e.Observed
	fall, rise := stat.MDE(p.SE, p.DF)
	e.MDELow, e.MDEHigh = num(fall), num(rise)
	e.Inference = commonest(usable)
	if p.FMI > PoorFMI {
		e.Warnings = append(e.Warnings, athar.Note{Code: "precision-too-poor", Args: map[string]any{"fmi": fmi, "limit": num(PoorFMI)}})
	}
	return e
}

// nothing fills the effect of draws that all saw no event.
func nothing(e *athar.Effect, list []*athar.Effect) {
	widest := slices.MaxFunc(list, func(a, b *athar.Effect) int { return cmp.Compare(a.High, b.High) })
	spec, warnings := e.Spec, e.Warnings
	*e = *widest
	e.Spec, e.Warnings = spec, warnings
}

func blank(e *athar.Effect) {
	nan := athar.Num(math.NaN())
	for _, n := range []*athar.Num{&e.RR, &e.Low, &e.High, &e.P, &e.SE, &e.DF, &e.AdjLow, &e.AdjHigh, &e.Observed, &e.Expected,
		&e.Avoided, &e.AvoidedLow, &e.AvoidedHigh, &e.MDELow, &e.MDEHigh, &e.Dispersion} {
		*n = nan
	}
}

// warn copies the warnings of the draws, each code once.
func warn(e *athar.Effect, list []*athar.Effect) {
	for _, x := range list {
		for _, w := range x.Warnings {
			if !slices.ContainsFunc(e.Warnings, func(o athar.Note) bool { return o.Code == w.Code }) {
				e.Warnings = append(e.Warnings, w)
			}
		}
	}
}

func mean(list []*athar.Effect, of func(*athar.Effect) athar.Num) athar.Num {
	s := athar.Num(0)
	for _, x := range list {
		s += of(x)
	}
	return s / athar.Num(len(list))
}

// commonest is the inference of most draws, the alphabetically first of equals.
func commonest(list []*athar.Effect) string {
	n := map[string]int{}
	best := ""
	for _, x := range list {
		n[x.Inference]++
	}
	for name, k := range n {
		if best == "" || k > n[best] || k == n[best] && name < best {
			best = name
		}
	}
	return best
}
