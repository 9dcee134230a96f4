package sdid

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"athar"
	"athar/sim"
	"athar/stat"
)

func matrix(n, t int) []float64 {
	y, r := make([]float64, n*t), stat.Stream(5, "matrix", 0)
	for i := range n {
		level, slope := 10*r.NormFloat64(), r.Float64()
		for k := range t {
			y[i*t+k] = level + slope*float64(k) + r.NormFloat64()
		}
	}
	return y
}

// DiD is a difference of four means.
func TestDiDClosedForm(t *testing.T) {
	const n, p, n0, t0 = 9, 12, 7, 8
	y := matrix(n, p)
	var sum, cells [2][2]float64
	for i := range n {
		for k := range p {
			a, b := min(1, i/n0), min(1, k/t0)
			sum[a][b] += y[i*p+k]
			cells[a][b]++
		}
	}
	m := func(a, b int) float64 { return sum[a][b] / cells[a][b] }
	var f Fit
	if err := f.Block(y, n, p, n0, t0, Settings{Kind: DiD}); err != nil {
		t.Fatal(err)
	}
	near(t, "DiD", f.Tau, m(1, 1)-m(1, 0)-m(0, 1)+m(0, 0), 1e-12)
}

// The estimate does not know the order of controls, the unit of the outcome, a
// shift of any unit or of any period.
func TestProperties(t *testing.T) {
	const n, p, n0, t0 = 15, 16, 12, 11
	y := matrix(n, p)
	var f, g Fit
	if err := f.Block(y, n, p, n0, t0, Settings{}); err != nil {
		t.Fatal(err)
	}
	z := slices.Clone(y)
	for i := range n {
		from := i
		if i < n0 {
			from = n0 - 1 - i
		}
		for k := range p {
			z[i*p+k] = 4*y[from*p+k] + 100*float64(i) + 30*float64(k%5)
		}
	}
	if err := g.Block(z, n, p, n0, t0, Settings{}); err != nil {
		t.Fatal(err)
	}
	// The shifts of periods enter sigma, so the ridge and with it a little of tau.
	near(t, "tau", g.Tau, 4*f.Tau, 4*.6)
	for i := range n {
		for k := range p {
			z[i*p+k] -= 30 * float64(k%5)
		}
	}
	if err := g.Block(z, n, p, n0, t0, Settings{}); err != nil {
		t.Fatal(err)
	}
	near(t, "tau", g.Tau, 4*f.Tau, 1e-8)
	near(t, "a weight", g.Omega[0], f.Omega[n0-1], 1e-8)
	if a := testing.AllocsPerRun(10, func() { _ = f.Block(y, n, p, n0, t0, Settings{}) }); a != 0 {
		t.Errorf("%g allocations a fit", a)
	}
}

func TestStaggered(t *testing.T) {
	const n, p = 24, 18
	y := matrix(n, p)
	start := make([]int, n)
	for i := range start {
		start[i] = p
	}
	for i, g := range []int{9, 9, 12, 12, 12} { // effects of 5 and 9
		start[4*i] = g
		for k := g; k < p; k++ {
			y[4*i*p+k] += 5 + 4*float64((g-9)/3)
		}
	}
	var f Fit
	r, err := f.Staggered(y, n, p, start, 200, 1, Settings{})
	if err != nil || len(r.Cohorts) != 2 {
		t.Fatalf("%v: %+v", err, r)
	}
	near(t, "first", r.Cohorts[0].Tau, 5, 1.5)
	near(t, "second", r.Cohorts[1].Tau, 9, 1.5)
	near(t, "mean", r.Tau, (r.Cohorts[0].Tau*18+r.Cohorts[1].Tau*18)/36, 1e-12)
	if r.SE < .1 || r.SE > 1 || r.Rank != 1./201 {
		t.Errorf("SE %g, rank p %g", r.SE, r.Rank)
	}
	// One cohort is the block design.
	for i := range start {
		if start[i] == 12 {
			start[i] = 9
		}
	}
	one, err := f.Staggered(y, n, p, start, 0, 1, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	var block []float64
	for _, treated := range []bool{false, true} {
		for i, g := range start {
			if (g == 9) == treated {
				block = append(block, y[i*p:(i+1)*p]...)
			}
		}
	}
	if err := f.Block(block, n, p, n-5, 9, Settings{}); err != nil {
		t.Fatal(err)
	}
	near(t, "one cohort", one.Tau, f.Tau, 1e-12)
}

func TestErrors(t *testing.T) {
	var f Fit
	y := matrix(9, 10)
	if _, err := f.Placebo(y, 9, 10, 4, 6, 50, 1, Settings{}); !errors.Is(err, ErrPlacebo) {
		t.Errorf("placebos with fewer controls than treated: %v", err)
	}
	for _, c := range [][4]int{{9, 10, 1, 6}, {9, 10, 9, 6}, {9, 10, 6, 1}, {9, 10, 6, 10}, {8, 10, 6, 5}} {
		if err := f.Block(y, c[0], c[1], c[2], c[3], Settings{}); !errors.Is(err, ErrShape) {
			t.Errorf("%v: %v", c, err)
		}
	}
	if p, err := f.Placebo(y, 9, 10, 7, 6, 50, 1, Settings{}); err != nil || p.Exhaustive || len(p.Tau) != 50 || !(p.SE > 0) {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestEstimate(t *testing.T) {
	for _, inside := range []int{1, 8} {
		p, _ := sim.World{Name: "known", Inside: inside, InsideRR: [2]float64{.4, .4}, Level: 12}.Panel(2, 0)
		r := Estimate(p, Options{Seed: 9})
		if r.Refusal != nil || len(r.Effects) != 2 {
			t.Fatalf("%+v", r)
		}
		for i, e := range r.Effects {
			if !(e.Low < .4 && .4 < e.High && e.High < 1) || e.P > .05 || e.Inference != "placebo" {
				t.Errorf("%d inside, %s: ratio %v (%v to %v), p %v", inside, e.Phase, e.RR, e.Low, e.High, e.P)
			}
			if math.Abs(float64(e.Observed+e.Avoided-e.Expected)) > 1e-9 {
				t.Errorf("counts do not add up: %+v", e)
			}
			if want := map[int]int{1: len(r.Phases[i].Donors), 8: 200}[inside]; len(r.Phases[i].Placebos) != want {
				t.Errorf("%d inside: %d placebos, want %d", inside, len(r.Phases[i].Placebos), want)
			}
		}
		if again := Estimate(p, Options{Seed: 9}); fmt.Sprint(r) != fmt.Sprint(again) {
			t.Error("the same seed gave another result")
		}
		few, _ := sim.World{Inside: 8, Far: 17, Level: 9}.Panel(1, 0)
		if r := Estimate(few, Options{}); r.Refusal == nil || r.Refusal.Reason.Code != "few-donors" {
			t.Errorf("17 donors for 8 inside: %+v", r.Refusal)
		}
	}
}

// Rings never enter: whatever happens there, the result is the same.
func TestRingsAreNoDonors(t *testing.T) {
	p, _ := sim.World{Level: 6}.Panel(4, 0)
	before := Estimate(p, Options{})
	for i, a := range p.Areas {
		for k := range p.Periods {
			if a.Role.IsRing() {
				p.Count[p.At(i, k)] = 77
			}
		}
	}
	if after := Estimate(p, Options{}); fmt.Sprint(before.Effects) != fmt.Sprint(after.Effects) {
		t.Error("the estimate depends on the rings")
	}
	var far []int
	for i, a := range p.Areas {
		if a.Role == athar.Far {
			far = append(far, i)
		}
	}
	for _, d := range before.Phases[0].Donors {
		if !slices.Contains(far, d) {
			t.Errorf("donor %d is not far", d)
		}
	}
}
