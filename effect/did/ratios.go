package did

import (
	"math"

	"athar"
	"athar/stat"
)

// Ratio is a rate ratio with the logarithm's standard error, clustered by unit
// (CR2) with Bell-McCaffrey degrees of freedom.
type Ratio struct {
	Group, Period      int // of a cell; the overall has -1
	RR, SE, DF         float64
	Low, High          float64 // 95%
	Observed, Expected float64 // counts
}

// CountEffects are the ratios of a panel of counts with staggered starts.
type CountEffects struct {
	Cells   []Ratio // every group and period from treatment on; NaN without events
	Overall Ratio   // all cells' events over those expected
	Units   int     // with events
	Refusal *athar.Refusal
}

// Ratios fits log mu_it = a_i + g_t + sum_{g,t>=g} b_gt 1{G=g} + log exposure to
// counts by Poisson quasi-likelihood, the multiplicative group-time effects of
// Wooldridge (2023): never treated units and those not yet treated make the
// counterfactual. exposure may be nil; use marks the cells that enter, nil:
// all. A cell without events has no finite ratio and is left out. Fewer than
// [MinTreated] treated units with events refuse; intervals on fewer than [MinDF]
// degrees of freedom are not to be trusted. The sum over cells has
//
//	RR = sum y/sum y exp(-b),  d ln RR/d b_k = expected_k/sum expected.
func Ratios(d Data, exposure []float64, use []bool) CountEffects {
	out := CountEffects{Overall: Ratio{Group: -1, Period: -1}}
	nt := d.Periods
	in := make([]bool, len(d.Y))
	off := make([]float64, len(d.Y))
	for k := range in {
		e := 1.0
		if exposure != nil {
			e = exposure[k]
		}
		if in[k] = e > 0 && (use == nil || use[k]); in[k] {
			off[k] = math.Log(e)
		}
	}
	after := func(i, t int) bool { return d.First[i] >= 0 && d.First[i] < nt && t >= d.First[i] }
	treated := map[int]bool{}
	at := map[[2]int]int{}
	var x [][]float64
	for g := range nt {
		for t := g; t < nt; t++ {
			c := Ratio{Group: g, Period: t, RR: math.NaN(), SE: math.NaN(), DF: math.NaN(), Low: math.NaN(), High: math.NaN(), Expected: math.NaN()}
			col := make([]float64, len(d.Y))
			cells := 0
			for i, f := range d.First {
				if k := i*nt + t; f == g && in[k] {
					col[k] = 1
					cells++
					c.Observed += d.Y[k]
					if d.Y[k] > 0 {
						treated[i] = true
					}
				}
			}
			if cells == 0 {
				continue
			}
			if c.Observed > 0 {
				at[[2]int{g, t}] = len(x)
				x = append(x, col)
			} else {
				for k, v := range col {
					in[k] = in[k] && v == 0
				}
			}
			out.Cells = append(out.Cells, c)
		}
	}
	switch {
	case len(out.Cells) == 0:
		out.Refusal = athar.Refuse("did-none-treated")
	case len(x) == 0:
		out.Refusal = athar.Refuse("all-zero-phase")
	case len(treated) < MinTreated:
		out.Refusal = athar.Refuse("did-few-treated", "n", len(treated), "need", MinTreated)
	}
	if out.Refusal != nil {
		return out
	}
	var w stat.TwoWay
	w.Design(d.Units, nt, x, in, off)
	if w.Fit(d.Y) != nil {
		out.Refusal = athar.Refuse("diverged")
		return out
	}
	out.Units, _ = w.Fitted()
	s := w.Linearise()
	block := make([]int, nt)
	for t := range block {
		for i := range d.First {
			if after(i, t) {
				block[t] = 1
			}
		}
	}
	growth := s.Growth(d.Y, block)
	contrast := make([]float64, len(x))
	finish := func(r *Ratio) {
		v, df := s.Contrast(d.Y, contrast, growth)
		b := math.Log(r.Observed / r.Expected)
		r.SE, r.DF = math.Sqrt(v), df
		q := stat.TQuantile(.975, df) * r.SE
		r.RR, r.Low, r.High = math.Exp(b), math.Exp(b-q), math.Exp(b+q)
	}
	sum := &out.Overall
	for n := range out.Cells {
		c := &out.Cells[n]
		j, ok := at[[2]int{c.Group, c.Period}]
		if !ok || w.Dropped[j] {
			continue
		}
		c.Expected = c.Observed * math.Exp(-w.Beta[j])
		clear(contrast)
		contrast[j] = 1
		finish(c)
		sum.Observed += c.Observed
		sum.Expected += c.Expected
	}
	clear(contrast)
	for _, c := range out.Cells {
		if j, ok := at[[2]int{c.Group, c.Period}]; ok && !w.Dropped[j] {
			contrast[j] = c.Expected / sum.Expected
		}
	}
	finish(sum)
	return out
}
