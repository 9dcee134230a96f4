package donor

import (
	"math"
	"slices"
	"testing"

	"athar"
	"athar/sim"
)

func TestPoolRespectsUse(t *testing.T) {
	p, _ := sim.World{Inside: 2, Level: 9}.Panel(1, 0)
	whole, refusal := Of(p, athar.During)
	if refusal != nil {
		t.Fatal(refusal)
	}
	out := whole.Donors[3]
	p.Use[p.At(out, 5)] = false             // a donor with a gap goes
	p.Use[p.At(0, 7)] = false               // a period in which the footprint is not whole goes
	p.Use[p.At(whole.Donors[0], 7)] = false // in a dropped period, which is no gap
	q, refusal := Of(p, athar.During)
	if refusal != nil {
		t.Fatal(refusal)
	}
	if q.Pre != whole.Pre-1 || slices.Contains(q.Periods, 7) || slices.Contains(q.Donors, out) || len(q.Donors) != len(whole.Donors)-1 {
		t.Errorf("%d periods before of %d, donors %v of %v", q.Pre, whole.Pre, q.Donors, whole.Donors)
	}
	if n := q.Notes[len(q.Notes)-1]; n.Code != "donors-left-out" || n.Args["unused"] != 1 {
		t.Errorf("note %+v", n)
	}
	sum := 0.0
	for _, k := range q.Periods {
		sum += p.Count[p.At(0, k)] + p.Count[p.At(1, k)]
	}
	if got := float64(q.EventsPre()) + q.Observed(); got != sum {
		t.Errorf("%g events inside, want %g", got, sum)
	}
}

// With every placebo at the same ratio the error is that ratio; scaled to a
// footprint of a quarter of the events it doubles.
func TestFillClosedForm(t *testing.T) {
	q := &Pool{Pre: 1, Periods: []int{0, 1}, Treated: []float64{400, 100}, Donors: make([]int, 30)}
	list := func(pre float64) (out []Placebo) {
		for k := range 40 {
			out = append(out, Placebo{LnRR: .3 * float64(1-2*(k%2)), Pre: pre})
		}
		return
	}
	for pre, se := range map[float64]float64{400: .3, 100: .3, 1600: .6} {
		var e athar.Effect
		rank, least := q.Fill(&e, 100, 80, list(pre))
		if math.Abs(float64(e.SE)-se) > 1e-12 || math.Abs(math.Log(float64(e.High/e.RR))-math.Log(float64(e.RR/e.Low))) > 1e-12 {
			t.Errorf("placebos of %g events: error %v, want %g", pre, e.SE, se)
		}
		if rank != 1 || least != 1./41 {
			t.Errorf("rank p %g of at least %g", rank, least)
		}
		width := float64(e.SE) * 2.0452296421
		if math.Abs(math.Log(float64(e.High/e.RR))-width) > 1e-6 {
			t.Errorf("more events than expected: half width %g, want %g", math.Log(float64(e.High/e.RR)), width)
		}
		q.Fill(&e, 50, 100, list(pre))
		if math.Log(float64(e.High/e.RR)) <= width {
			t.Error("a fall does not widen the interval")
		}
	}
}

func TestPlacebosLeaveTheirAreasOut(t *testing.T) {
	p, _ := sim.World{Inside: 3, Level: 9}.Panel(1, 0)
	q, _ := Of(p, athar.Post)
	q.Placebos(1, "test", 50, func(counts []float64, leave []bool) (float64, float64) {
		sum, n := make([]float64, len(counts)), 0
		for j, out := range leave {
			if out {
				n++
				for k, v := range q.Donor(j) {
					sum[k] += v
				}
			}
		}
		if n != 3 || !slices.Equal(sum, counts) {
			t.Fatalf("%d areas in a footprint of 3", n)
		}
		return 1, 1
	})
}
