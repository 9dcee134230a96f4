package did

import (
	"math"
	"testing"

	"athar/stat"
)

// counts draws a panel of Poisson counts with ratio rr from treatment on.
func countPanel(groups []int, each int, rr func(g, t int) float64, rep int) Data {
	r := stat.Stream(4, "counts", rep)
	d := Data{Units: each * len(groups), Periods: 8}
	for i := range d.Units {
		g := groups[i%len(groups)]
		d.First = append(d.First, g)
		level := 5 + 10*r.Float64()
		for t := range d.Periods {
			mu := level * (1 + .3*math.Sin(float64(t)))
			if g >= 0 && t >= g {
				mu *= rr(g, t)
			}
			d.Y = append(d.Y, stat.NegBin(r, mu, 1.5))
		}
	}
	return d
}

// TestRatiosOneGroup: with one group the overall is the ratio of four counts and
// every cell that of its period.
func TestRatiosOneGroup(t *testing.T) {
	d := countPanel([]int{Never, 5, Never}, 10, func(int, int) float64 { return .6 }, 0)
	sum := func(treated bool, from, to int) (s float64) {
		for i, g := range d.First {
			for k := from; k < to && (g >= 0) == treated; k++ {
				s += d.Y[i*8+k]
			}
		}
		return
	}
	ratio := func(from, to int) float64 {
		return sum(true, from, to) / sum(true, 0, 5) / (sum(false, from, to) / sum(false, 0, 5))
	}
	r := Ratios(d, nil, nil)
	near(t, "overall", r.Overall.RR, ratio(5, 8), 1e-9)
	for _, c := range r.Cells {
		near(t, "cell", c.RR, ratio(c.Period, c.Period+1), 1e-9)
	}
	// Exposure in another unit changes nothing; a unit split in two halves neither.
	e := make([]float64, len(d.Y))
	for k := range e {
		e[k] = 30
	}
	s := Ratios(d, e, nil)
	near(t, "exposure", s.Overall.SE, r.Overall.SE, 1e-9)
}

// TestRatiosStaggered: heterogeneous effects are found without bias, and the
// interval of their sum covers.
func TestRatiosStaggered(t *testing.T) {
	rr := func(g, t int) float64 { return map[int]float64{3: .5, 5: 1.4, 6: .9}[g] + .05*float64(t-g) }
	const reps = 120
	in, bias := 0, 0.0
	for k := range reps {
		d := countPanel([]int{Never, 3, 5, 6}, 12, rr, k)
		r := Ratios(d, nil, nil)
		if r.Refusal != nil {
			t.Fatal(r.Refusal)
		}
		// The truth of the sum is weighted by what was expected.
		var obs, exp float64
		for _, c := range r.Cells {
			obs += c.Expected * rr(c.Group, c.Period)
			exp += c.Expected
		}
		truth := obs / exp
		if r.Overall.Low <= truth && truth <= r.Overall.High {
			in++
		}
		bias += math.Log(r.Overall.RR/truth) / reps
	}
	if share := float64(in) / reps; share < .88 {
		t.Errorf("covers %.3f", share)
	}
	near(t, "bias", bias, 0, .02)
}

func TestRatiosRefuses(t *testing.T) {
	one := func(int, int) float64 { return 1 }
	for code, d := range map[string]Data{
		"did-none-treated": countPanel([]int{Never}, 10, one, 0),
		"did-few-treated":  countPanel([]int{Never, Never, 4}, 5, one, 0),
		"all-zero-phase":   countPanel([]int{Never, 4}, 10, func(int, int) float64 { return 0 }, 0),
	} {
		if r := Ratios(d, nil, nil); r.Refusal == nil || r.Refusal.Reason.Code != code {
			t.Errorf("%s: %v", code, r.Refusal)
		}
	}
}
