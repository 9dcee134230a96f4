package sdid

import (
	"math"

	"athar/stat"
)

// Cohort is the units that were first treated in the same period.
type Cohort struct {
	Start int // the period
	Units int
	Tau   float64 // the effect over the periods from Start on
}

// Staggered is the effect of treatments that began at different times.
type Staggered struct {
	Tau     float64 // mean of the cohorts' effects, weighted by treated unit-periods
	Cohorts []Cohort
	SE      float64 // of Tau, from placebos; NaN without
	Rank    float64 // p among the placebos; NaN without
}

// Staggered runs each cohort against the units that are never treated, whose
// start is t or later, and takes the mean by treated unit-periods (Arkhangelsky
// et al. 2021, appendix A). The placebo error draws as many never-treated units
// as are treated and gives them the same starts, all cohorts together; it needs
// more never-treated than treated units. draws = 0: no error.
func (f *Fit) Staggered(y []float64, n, t int, start []int, draws int, seed uint64, s Settings) (Staggered, error) {
	if len(y) != n*t || len(start) != n {
		return Staggered{}, ErrShape
	}
	var never, treated []int
	for i, g := range start {
		if g >= t {
			never = append(never, i)
		} else {
			treated = append(treated, i)
		}
	}
	if len(treated) == 0 || len(never) < 2 {
		return Staggered{}, ErrShape
	}
	g := make([]int, len(treated))
	for k, i := range treated {
		g[k] = start[i]
	}
	rows := make([]float64, n*t)
	out, err := f.cohorts(rows, y, t, never, treated, g, s)
	if err != nil || draws == 0 {
		return out, err
	}
	n1 := len(treated)
	if len(never) <= n1 {
		return out, ErrPlacebo
	}
	p := Placebos{Tau: make([]float64, draws)}
	r := stat.Stream(seed, "sdid/staggered", 0)
	for b := range p.Tau {
		for i := range n1 {
			k := i + r.IntN(len(never)-i)
			never[i], never[k] = never[k], never[i]
		}
		x, err := f.cohorts(rows, y, t, never[n1:], never[:n1], g, s)
		if err != nil {
			return out, err
		}
		p.Tau[b] = x.Tau
	}
	p.summarise(out.Tau)
	out.SE, out.Rank = p.SE, p.Rank
	return out, nil
}

// cohorts is one pass: the given controls, and units treated from g on.
func (f *Fit) cohorts(rows, y []float64, t int, controls, units, g []int, s Settings) (Staggered, error) {
	out := Staggered{SE: math.NaN(), Rank: math.NaN()}
	n0, cells := len(controls), 0
	for k, i := range controls {
		copy(rows[k*t:(k+1)*t], y[i*t:(i+1)*t])
	}
	for from := range t {
		n := n0
		for k, i := range units {
			if g[k] == from {
				copy(rows[n*t:(n+1)*t], y[i*t:(i+1)*t])
				n++
			}
		}
		if n == n0 {
			continue
		}
		if err := f.Block(rows[:n*t], n, t, n0, from, s); err != nil {
			return out, err
		}
		out.Cohorts = append(out.Cohorts, Cohort{from, n - n0, f.Tau})
		out.Tau += f.Tau * float64((n-n0)*(t-from))
		cells += (n - n0) * (t - from)
	}
	out.Tau /= float64(cells)
	return out, nil
}
