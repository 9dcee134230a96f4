package rateratio

import (
	"math"
	"testing"

	"athar"
	"athar/stat"
)

func near(t *testing.T, what string, got athar.Num, want, tol float64) {
	t.Helper()
	if !(math.Abs(float64(got)-want) <= tol*math.Abs(want)) {
		t.Errorf("%s: got %.9g, want %.9g", what, float64(got), want)
	}
}

// BENCHMARKS.md U4.
func TestExact(t *testing.T) {
	e := Compare(Cell{20, 1}, Cell{8, 1}, Options{})
	near(t, "RR", e.RR, .4, 1e-12)
	near(t, "low", e.Low, .1523877, 1e-6)
	near(t, "high", e.High, .9480582, 1e-6)
	near(t, "p", e.P, .03569814, 1e-6)
	near(t, "expected", e.Expected, 20, 0)
	near(t, "avoided", e.Avoided, 12, 0)
	if e.Spec != "" || e.Inference != "exact" || len(e.Warnings) > 0 {
		t.Errorf("a plain comparison came out as %+v", e)
	}
}

// Only the ratio of exposures matters.
func TestExposure(t *testing.T) {
	a := Compare(Cell{151, 3}, Cell{50, 1}, Options{Phi: 2})
	b := Compare(Cell{151, 90}, Cell{50, 30}, Options{Phi: 2})
	near(t, "low", a.Low, float64(b.Low), 1e-12)
	near(t, "high", a.High, float64(b.High), 1e-12)
	near(t, "expected", a.Expected, 151./3, 1e-12)
	if a.Spec != PhiSpec || a.Warnings[0].Code != "approximate-phi" {
		t.Errorf("the division by phi is not said: %+v", a)
	}
	if p := Compare(Cell{151, 3}, Cell{50, 1}, Options{}); p.Low <= a.Low || p.High >= a.High {
		t.Error("dispersion does not widen the interval")
	}
}

func TestNoEvents(t *testing.T) {
	e := Compare(Cell{12, 1}, Cell{0, 1}, Options{})
	near(t, "RR", e.RR, 0, 0)
	near(t, "low", e.Low, 0, 0)
	// 0 of 12: the share's upper limit is 1 - .025^(1/12).
	q := 1 - math.Pow(.025, 1./12)
	near(t, "high", e.High, q/(1-q), 1e-10)
	near(t, "limit", e.Warnings[0].Args["limit"].(athar.Num), 3.689, 1e-4)
	if e := Compare(Cell{0, 1}, Cell{5, 1}, Options{}); e.Refusal == nil || e.Refusal.Reason.Code != "no-pre-events" {
		t.Error("a comparison without events before is not refused")
	}
	if e := Compare(Cell{5, 0}, Cell{5, 1}, Options{}); e.Refusal == nil {
		t.Error("a comparison without exposure is not refused")
	}
}

// The table of METHODS.md F2: events per period inside, control counts three
// times treated, as printed there.
func TestMDETable(t *testing.T) {
	const half = .0055 // the table was printed from 2.80 rather than 2.8016
	for _, c := range []struct{ n, phi, fall, rise float64 }{
		{20, 1, .36, 2.78}, {20, 2, .24, 4.25}, {20, 4, .13, 7.7},
		{50, 1, .52, 1.91}, {50, 2, .40, 2.50}, {50, 4, .27, 3.6},
		{100, 1, .63, 1.58}, {100, 2, .52, 1.91}, {100, 4, .40, 2.5},
		{200, 1, .72, 1.38}, {200, 2, .63, 1.58}, {200, 4, .52, 1.9},
		{500, 1, .82, 1.23}, {500, 2, .75, 1.34}, {500, 4, .66, 1.5},
	} {
		fall, rise := stat.MDE(stat.RatioSE(c.phi, c.n, c.n, 3*c.n, 3*c.n), math.Inf(1))
		if math.Abs(fall-c.fall) > half {
			t.Errorf("%g events, phi %g: fall %.4f, want %g", c.n, c.phi, fall, c.fall)
		}
		tol := half
		if c.phi == 4 {
			tol = .055
		}
		if math.Abs(rise-c.rise) > tol {
			t.Errorf("%g events, phi %g: rise %.4f, want %g", c.n, c.phi, rise, c.rise)
		}
	}
}
