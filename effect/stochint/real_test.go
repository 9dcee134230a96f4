package stochint

import (
	"math"
	"testing"
)

// whole is the record of 2007-08 with a propensity on place, trend and history.
func whole(t testing.TB) Input {
	w := window(t, 64, 64)
	treated := events(t, "iraq_airstrikes_2007_2008.csv", "2007-02-23", 499, "Airstrike")
	outcome := events(t, "iraq_insurgencies_2007_2008.csv", "2007-02-23", 499, "")
	x, y := project(44.366, 33.315)
	phi := Density(w, events(t, "iraq_airstrikes_2006.csv", "2006-01-01", 300, "Airstrike"), 0, .05)
	logPhi, trend, square := make([]float64, len(phi)), make([]float64, 499), make([]float64, 499)
	for i, v := range phi {
		logPhi[i] = math.Log(v)
	}
	for d := range trend {
		trend[d] = float64(d) / 499
		square[d] = trend[d] * trend[d]
	}
	fixed := Smoothing{Sigma: 25}
	cov := []Covariate{
		{Name: "distance", Map: w.Distance([][2]float64{{x, y}})}, {Name: "log density 2006", Map: logPhi},
		{Name: "trend", Day: trend}, {Name: "trend squared", Day: square},
	}
	for _, back := range []int{1, 7, 30} {
		cov = append(cov, History("outcome", w, outcome, 499, back, fixed), History("treatment", w, treated, 499, back, fixed))
	}
	return Input{Window: w, Days: 499, Treatment: treated, Outcome: outcome, Base: phi, Covariates: cov}
}

// E18: with weights cut at 95%, as published, more air strikes a day for a week
// and longer go with more attacks. The answer is refused: the uncut weights
// amount to one or two days.
func TestDirection(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a year and a half of events")
	}
	in := whole(t)
	m := New(in)
	if m.Refusal != nil {
		t.Fatal(m.Refusal)
	}
	x, y := project(44.366, 33.315)
	for _, days := range []int{7, 30} {
		a := m.Contrast(Options{From: 1, To: 6, Days: days, Quantile: .95, Regions: in.Window.Rings([][2]float64{{x, y}}, 100, 200, 300, 400)})
		for _, e := range a.Regions {
			t.Logf("%d days, %v to %v km: %.2f (%.2f to %.2f), robust %.2f", days, e.Region.Inner, e.Region.Outer, e.Diff, e.Low, e.High, e.Robust)
		}
		t.Logf("%d days: effective %.1f, uncut %.1f", days, a.Effective, a.Uncut)
		if d := a.Regions[len(a.Regions)-1].Diff; !(d > 0) {
			t.Errorf("%d days: difference %.2f", days, d)
		}
		if a.Refusal == nil || a.Refusal.Reason.Code != "stochint-effective-days" {
			t.Errorf("%d days: not refused", days)
		}
	}
}
