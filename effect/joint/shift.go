package joint

import (
	"math"

	"athar"
	"athar/effect/placebo"
)

// Randomised is what the campaigns gave at times when they did not run.
type Randomised struct {
	// P by effect of [Result.Effects]; NaN where it could not be had.
	P []float64
	// MinP is the smallest p that could be reached, by effect.
	MinP    []float64
	Shifts  int
	Refusal *athar.Refusal
}

// Shift moves all campaigns back in time together, footprints and intervals
// kept, and estimates again: whatever campaigns owe to being near each other in
// place and time, and areas to each other, stays as it is. A shift leaves the
// whole untouched past in the data and ends the moved campaigns before the real
// ones begin. p compares ln RR over its error with those of the shifts,
//
//	p = (1 + K f)/(1 + K),  K = min(B, 1 + (B-1)/L),
//
// f the share of the B shifts that reach as far and L the periods of the
// longest campaign's phase: shifts by less share what they saw (as in package
// placebo). Shift refuses with fewer than [placebo.Need] shifts; effects of
// which fewer than [placebo.Apart] are apart have no p.
func Shift(d *Data, o Options) Randomised {
	m := newModel(d, o)
	if m.res.Refusal != nil {
		return Randomised{Refusal: m.res.Refusal}
	}
	first, last := m.h, none
	for j := range d.Campaigns {
		first = min(first, m.start[j])
		if m.end[j] >= 0 {
			last = max(last, m.end[j])
		}
	}
	var shifts []int
	for s := last - first + 1; s <= m.from; s++ {
		shifts = append(shifts, s)
	}
	if len(shifts) < placebo.Need {
		return Randomised{Shifts: len(shifts), Refusal: athar.Refuse("joint-few-shifts", "n", len(shifts), "need", placebo.Need)}
	}
	m.run(0)
	if m.res.Refusal != nil {
		return Randomised{Refusal: m.res.Refusal}
	}
	n := len(m.res.Effects)
	r := Randomised{P: make([]float64, n), MinP: make([]float64, n), Shifts: len(shifts)}
	observed := make([]float64, n)
	phase := make([]athar.Phase, n)
	for i, e := range m.res.Effects {
		observed[i], phase[i] = placebo.Studentised(e), e.Phase
	}
	seen := make([][]float64, n)
	for _, s := range shifts {
		m.run(s)
		for i, e := range m.res.Effects {
			if x := placebo.Studentised(e); !math.IsNaN(x) {
				seen[i] = append(seen[i], x)
			}
		}
	}
	for i := range n {
		length := 1
		for _, c := range d.Campaigns {
			k := 0
			for _, ph := range c.Phase {
				if ph == phase[i] {
					k++
				}
			}
			length = max(length, k)
		}
		b := float64(len(seen[i]))
		k := min(b, 1+(b-1)/float64(length))
		r.P[i], r.MinP[i] = math.NaN(), 1/(1+k)
		if b >= placebo.Need && k >= placebo.Apart && !math.IsNaN(observed[i]) {
			r.P[i] = (1 + k*placebo.Reached(seen[i], observed[i])) / (1 + k)
		}
	}
	return r
}
