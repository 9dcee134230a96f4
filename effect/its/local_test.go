package its

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"athar"
	"athar/stat"
)

func TestLocalLevelFindsAFall(t *testing.T) {
	y := random(1, 48, 60, 2)
	for i := 36; i < 48; i++ {
		y[i] = math.Round(y[i] * .6)
	}
	r := Estimate(months(36, 6, y...), Options{Spec: LocalLevel, Areas: 1})
	if r.Refusal != nil || len(r.Effects) != 2 {
		t.Fatal(r.Refusal)
	}
	for _, e := range r.Effects {
		if !(e.Low < .6 && .6 < e.High && e.High < 1 && e.P < .05) || e.Inference != "draws" {
			t.Errorf("%s: %v [%v, %v], p %v, %s", e.Phase, e.RR, e.Low, e.High, e.P, e.Inference)
		}
		near(t, "ratio", e.RR, float64(e.Observed/e.Expected), 1e-12)
	}
	if e := r.Expected; !math.IsNaN(float64(e.Expected[0])) || !(e.Low[40] < e.Expected[40] && e.Expected[40] < e.High[40]) {
		t.Error("the band is not that of the forecast")
	}
	b := Estimate(months(36, 6, y...), Options{Spec: LocalLevel, Areas: 1})
	if fmt.Sprint(r.Effects) != fmt.Sprint(b.Effects) {
		t.Error("two runs differ")
	}
}

// A level that walks is followed: its error grows with the horizon, and the last
// values before the campaign count most.
func TestLocalLevelFollows(t *testing.T) {
	r := stat.Stream(7, "walk", 0)
	y := make([]float64, 48)
	level := 40.0
	for i := range y {
		if i < 36 {
			level += 4 * r.NormFloat64()
		}
		y[i] = stat.NegBin(r, level, 1)
	}
	walk := Estimate(months(36, 6, y...), Options{Spec: LocalLevel})
	e := walk.Effects
	if !(e[1].SE > 1.2*e[0].SE) {
		t.Errorf("errors %v during and %v after", e[0].SE, e[1].SE)
	}
	quiet := Estimate(months(36, 6, random(3, 48, 40, 1)...), Options{Spec: LocalLevel}).Effects
	for _, q := range quiet {
		near(t, "width of the interval", q.SE, math.Log(float64(q.High/q.Low))/(2*1.96), .15)
	}
	if !(e[0].SE > 1.5*quiet[0].SE) {
		t.Errorf("error %v of a walk, %v of a quiet series", e[0].SE, quiet[0].SE)
	}
}

func TestLocalLevelRefusesAndZero(t *testing.T) {
	for want, s := range map[string]Series{
		"low-mean":        months(36, 6, random(1, 48, 4, 1)...),
		"few-pre-periods": months(5, 6, random(1, 17, 40, 1)...),
		"no-pre-events":   months(12, 6, make([]float64, 24)...),
	} {
		r := Estimate(s, Options{Spec: LocalLevel})
		if r.Refusal == nil || r.Refusal.Reason.Code != want {
			t.Errorf("want %s, got %v", want, r.Refusal)
		}
	}
	y := random(1, 48, 40, 1)
	clear(y[42:])
	e := Estimate(months(36, 6, y...), Options{Spec: LocalLevel}).Effects[1]
	if e.RR != 0 || !(e.High > 0 && e.High < .1) || !slices.Contains(codes(e.Warnings), "zero-events") {
		t.Errorf("no event: %v [%v, %v] %v", e.RR, e.Low, e.High, e.Warnings)
	}
	s := months(36, 6, random(1, 48, 40, 1)...)
	s.Periods[3].Days, s.Periods[40].Days = 0, 0
	s.Periods[35].Phase = athar.WashIn
	if r := Estimate(s, Options{Spec: LocalLevel}); r.Refusal != nil || r.Effects[0].Periods != 5 || r.Pre != 34 {
		t.Errorf("holes: %v, %d before, %+v", r.Refusal, r.Pre, r.Effects)
	}
}
