package donor

import (
	"math"

	"athar"
	"athar/stat"
)

// Placebo is one footprint where nothing was done.
type Placebo struct {
	LnRR float64
	Pre  float64 // its events before
}

// Placebos asks expect about footprints of as many far areas as there are
// inside, summed: each donor once where the footprint is one area, else as many
// draws. expect gets the summed counts and the donors that must not serve as
// such, and returns the counts of the phase as observed and as expected; half an
// event is added to both.
func (q *Pool) Placebos(seed uint64, task string, draws int, expect func(counts []float64, leave []bool) (observed, expected float64)) []Placebo {
	n := len(q.Donors)
	if q.Inside == 1 {
		draws = n
	}
	leave, order, sum := make([]bool, n), make([]int, n), make([]float64, len(q.Periods))
	for j := range order {
		order[j] = j
	}
	r := stat.Stream(seed, task, 0)
	out := make([]Placebo, draws)
	for b := range out {
		set := order[b%n : b%n+1]
		if q.Inside > 1 {
			for i := range q.Inside {
				j := i + r.IntN(n-i)
				order[i], order[j] = order[j], order[i]
			}
			set = order[:q.Inside]
		}
		clear(leave)
		clear(sum)
		for _, j := range set {
			leave[j] = true
			for k, v := range q.Donor(j) {
				if sum[k] += v; k < q.Pre {
					out[b].Pre += v
				}
			}
		}
		observed, expected := expect(sum, leave)
		out[b].LnRR = math.Log((observed + .5) / (max(expected, 0) + .5))
	}
	return out
}

// Fill sets the estimate and its inference from placebos. The standard error of
// ln RR is the larger of the placebos' root mean square and of the same scaled
// to the footprint's volume, because a quiet footprint is noisier than busy
// placebos; the reference is t with one less degree of freedom than there are
// donors. The interval is wider where fewer events were seen than expected; P is
// of the null and is not. It returns the rank p of the placebos, and the smallest it could be.
func (q *Pool) Fill(e *athar.Effect, observed, expected float64, placebos []Placebo) (rank, least float64) {
	b, m := math.Log(observed/expected), float64(len(placebos))
	var plain, scaled float64
	extreme := 1.0
	for _, p := range placebos {
		x := p.LnRR * p.LnRR / m
		plain, scaled = plain+x, scaled+x*p.Pre/float64(q.EventsPre())
		if math.Abs(p.LnRR) >= math.Abs(b) {
			extreme++
		}
	}
	se, df := math.Sqrt(max(plain, scaled)), float64(len(q.Donors)-1)
	// Placebos vary as counts do that nothing has lowered; the fewer events after
	// a fall vary more. Their part of the error is phi (1/expected + 1/before).
	phi := max(1, se*se/(1/expected+1/float64(q.EventsPre())))
	width := stat.TQuantile(.975, df) * math.Sqrt(se*se+phi*max(0, 1/observed-1/expected))
	q.Interval(e, observed, expected, math.Exp(b-width), math.Exp(b+width))
	fall, rise := stat.MDE(se, df)
	e.SE, e.DF, e.P, e.Inference = athar.Num(se), athar.Num(df), athar.Num(stat.TwoSided(b/se, df)), "placebo"
	e.MDELow, e.MDEHigh = athar.Num(fall), athar.Num(rise)
	rank, least = extreme/(m+1), 1/(m+1)
	if least >= .05 {
		e.Warnings = append(e.Warnings, athar.NewNote("placebo-floor", "donors", len(q.Donors), "p", athar.Num(least)))
	}
	return rank, least
}

// Interval sets the estimate and its 95% interval, as ratio and as counts.
func (q *Pool) Interval(e *athar.Effect, observed, expected, low, high float64) {
	e.RR, e.Low, e.High = athar.Num(observed/expected), athar.Num(low), athar.Num(high)
	e.Observed, e.Expected, e.Avoided = athar.Num(observed), athar.Num(expected), athar.Num(expected-observed)
	e.AvoidedLow, e.AvoidedHigh = athar.Num(observed/high-observed), athar.Num(observed/low-observed)
}
