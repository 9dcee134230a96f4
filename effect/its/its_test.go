package its

import (
	"encoding/csv"
	"math"
	"os"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"athar"
	"athar/internal/testdata"
	"athar/stat"
)

func near(t *testing.T, what string, got athar.Num, want, tol float64) {
	t.Helper()
	if !(math.Abs(float64(got)-want) <= tol*math.Abs(want)) {
		t.Errorf("%s: got %.9g, want %.9g", what, float64(got), want)
	}
}

// months makes pre, during and post months with the given counts.
func months(pre, during int, counts ...float64) Series {
	s := Series{Count: counts}
	for t := range counts {
		q := athar.Period{Phase: athar.Pre, Span: athar.Span{
			First: athar.Date(2017, time.January+time.Month(t), 1), Last: athar.Date(2017, time.January+time.Month(t+1), 0)}}
		q.Days = float64(q.Span.Days())
		if t >= pre {
			q.Phase = athar.During
		}
		if t >= pre+during {
			q.Phase = athar.Post
		}
		s.Periods = append(s.Periods, q)
	}
	return s
}

// random is a quiet series of n months around the mean.
func random(seed uint64, n int, mean, phi float64) []float64 {
	r := stat.Stream(seed, "series", 0)
	y := make([]float64, n)
	for i := range y {
		y[i] = stat.NegBin(r, mean, phi)
	}
	return y
}

func codes(n []athar.Note) (c []string) {
	for _, x := range n {
		c = append(c, x.Code)
	}
	return
}

// The smoking ban of BENCHMARKS.md E12: its standard population stands in for
// days, so that the seasonal model with trend is this package's default.
func TestSicily(t *testing.T) {
	f, err := os.Open(testdata.Shared(t, "golden/other/sicily.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var y, pop []float64
	for _, r := range rows[1:] {
		a, _ := strconv.ParseFloat(r[2], 64)
		b, _ := strconv.ParseFloat(r[6], 64)
		y, pop = append(y, a), append(pop, b)
	}
	s := months(36, 23, y...)
	for i := range s.Periods {
		s.Periods[i].Days = pop[i]
	}
	res := Estimate(s, Options{Draws: -1})
	e := res.Effects[0]
	near(t, "RR", e.RR, .885072, 1e-6)
	near(t, "dispersion", e.Dispersion, 2.262186, 5e-6) // see stat: R stops early
	near(t, "SE", e.SE, .0270, 2e-3)                    // METHODS.md A1
	if e.Inference != "quasi" || e.DF != 52 || len(e.Warnings) > 0 {
		t.Errorf("%s error with %v degrees of freedom, %v", e.Inference, float64(e.DF), codes(e.Warnings))
	}
	e = Estimate(s, Options{Draws: -1, Spec: NB2}).Effects[0]
	near(t, "NB RR", e.RR, math.Exp(-.1230861), 1e-6)
	if r := e.SE / .02542926; r < 1 || r > 1.1 { // times the root of Pearson's statistic over n-p
		t.Errorf("NB SE %v", e.SE)
	}
}

// With a step of its own and no trend, a phase's ratio is that of the means.
func TestStep(t *testing.T) {
	s := months(12, 4, 5, 7, 6, 4, 8, 6, 5, 7, 6, 6, 5, 7, 3, 2, 4, 3)
	for i := range s.Periods {
		s.Periods[i].Days = 30
	}
	e := Estimate(s, Options{Spec: NoTrend}).Effects[0]
	near(t, "RR", e.RR, 3/6., 1e-9)
	near(t, "expected", e.Expected, 24, 1e-9)
	near(t, "avoided", e.Avoided, 12, 1e-9)
	if e.AvoidedLow > e.Avoided || e.AvoidedHigh < e.Avoided {
		t.Error("the interval of avoided events leaves the estimate out")
	}
}

func TestNotes(t *testing.T) {
	res := Estimate(months(6, 3, random(1, 9, 20, 1)...), Options{})
	if got := codes(res.Notes); !reflect.DeepEqual(got, []string{"no-trend-fitted", "no-season"}) {
		t.Errorf("a short series is noted as %v", got)
	}
	res = Estimate(months(24, 12, random(2, 36, 20, 1)...), Options{Spec: Slope})
	if got := codes(res.Notes); len(got) > 0 && got[0] != "persistent" || len(got) > 1 || res.Refusal != nil {
		t.Errorf("three years of data: %v %v", codes(res.Notes), res.Refusal)
	}
	if p := res.LjungBox; !(p > 0 && p < 1) {
		t.Errorf("Ljung-Box p is %v", p)
	}
}

func TestRefusals(t *testing.T) {
	for what, c := range map[string]struct {
		s    Series
		code string
	}{
		"five points before": {months(5, 3, random(1, 8, 20, 1)...), "few-pre-periods"},
		"nothing before":     {months(8, 3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3), "no-pre-events"},
		"nothing at all":     {months(8, 3, make([]float64, 11)...), "no-pre-events"},
	} {
		res := Estimate(c.s, Options{})
		if res.Refusal == nil || res.Refusal.Reason.Code != c.code || len(res.Effects) == 0 || res.Effects[0].Refusal != res.Refusal {
			t.Errorf("%s: %+v", what, res.Refusal)
		}
	}
}

func TestNoEventsDuring(t *testing.T) {
	y := append(random(3, 12, 9, 1), 0, 0, 0, 5, 6)
	res := Estimate(months(12, 3, y...), Options{})
	e := res.Effects[0]
	if e.RR != 0 || e.Low != 0 || !(e.High > 0 && e.High < 1) || e.Inference != "exact" || e.Warnings[len(e.Warnings)-1].Code != "zero-events" {
		t.Errorf("no events during: %+v", e)
	}
	if post := res.Effects[1]; !(post.RR > 0) {
		t.Errorf("the post-period went with it: %+v", post)
	}
}

// A month that nobody monitored is not a month without events.
func TestMissingMonth(t *testing.T) {
	y := random(4, 20, 15, 1)
	whole := Estimate(months(14, 6, y...), Options{Spec: NoTrend, Draws: -1})
	s := months(14, 6, y...)
	s.Periods[3].Days, s.Count[3] = 0, 0
	res := Estimate(s, Options{Spec: NoTrend, Draws: -1})
	if res.Pre != 13 || !math.IsNaN(float64(res.Expected.Expected[3])) {
		t.Errorf("the missing month entered: %d before", res.Pre)
	}
	if r := float64(res.Effects[0].RR / whole.Effects[0].RR); r < .8 || r > 1.25 {
		t.Errorf("one missing month moved the ratio by %v", r)
	}
}

// The same in the phase itself, whatever count stands there.
func TestMissingMonthDuring(t *testing.T) {
	s := months(14, 6, random(4, 20, 15, 1)...)
	s.Periods[16].Days, s.Count[16] = 0, 900
	e := Estimate(s, Options{Draws: -1}).Effects[0]
	if e.Observed > 300 || e.Expected > 150 || e.Periods != 5 {
		t.Errorf("the missing month entered: %v observed, %v expected in %d periods", e.Observed, e.Expected, e.Periods)
	}
}

// Ramadan is taken out where the time before shows what it does, and left in
// where it does not.
func TestRamadan(t *testing.T) {
	y := make([]float64, 40)
	for i := range y {
		y[i] = 20 + float64(i%3)
	}
	s := months(30, 10, y...)
	for i := range s.Periods {
		s.Periods[i].Days = 30
		if i%11 == 4 || i >= 34 && i < 36 {
			s.Periods[i].Ramadan = 1
			s.Count[i] *= 2
		}
	}
	near(t, "known before", Estimate(s, Options{Spec: NoTrend, Draws: -1}).Effects[0].RR, 1, .03)
	for i := range 30 {
		s.Periods[i].Ramadan, s.Count[i] = 0, y[i]
	}
	if rr := Estimate(s, Options{Spec: NoTrend, Draws: -1}).Effects[0].RR; rr < 1.1 {
		t.Errorf("a Ramadan never seen before was taken out: ratio %v", rr)
	}
}

func TestInference(t *testing.T) {
	s := months(30, 12, random(7, 42, 20, 6)...)
	if e := Estimate(s, Options{Spec: NB2, Draws: -1}).Effects[0]; e.Inference == "quasi" || !(e.Dispersion > 2) {
		t.Errorf("negative binomial: %s, dispersion %v", e.Inference, e.Dispersion)
	}
	seen := map[string]bool{}
	for k := range 60 {
		seen[Estimate(months(30, 12, random(uint64(k), 42, 20, 6)...), Options{Draws: -1}).Effects[0].Inference] = true
	}
	if !seen["quasi"] || !seen["hac"] || len(seen) != 2 {
		t.Errorf("the larger of two errors came from %v", seen)
	}
	flat := make([]float64, 36)
	for i := range flat {
		flat[i] = 10 + float64(i%2)
	}
	if res := Estimate(months(24, 12, flat...), Options{Spec: NB2, Draws: -1}); !math.IsInf(res.Theta, 1) || !slices.Contains(codes(res.Notes), "no-overdispersion") || res.Effects[0].Dispersion != 1 {
		t.Errorf("counts without overdispersion: theta %v, %v", res.Theta, codes(res.Notes))
	}
}

// Exposure in hours instead of days, or another start year, changes nothing.
func TestInvariance(t *testing.T) {
	y := random(5, 36, 12, 3)
	a := months(24, 6, y...)
	b := months(24, 6, y...)
	for i := range b.Periods {
		b.Periods[i].Days *= 24
	}
	for _, spec := range []string{Linear, NoTrend, Slope, NB2} {
		x, z := Estimate(a, Options{Spec: spec, Draws: -1}).Effects[1], Estimate(b, Options{Spec: spec, Draws: -1}).Effects[1]
		near(t, spec+" RR", x.RR, float64(z.RR), 1e-8)
		near(t, spec+" SE", x.SE, float64(z.SE), 1e-7)
	}
}

func TestSameDraws(t *testing.T) {
	s := months(24, 6, random(6, 36, 12, 3)...)
	if !reflect.DeepEqual(Estimate(s, Options{Seed: 3, Spec: NB2}).Expected, Estimate(s, Options{Seed: 3, Spec: NB2}).Expected) {
		t.Error("the same seed gave two bands")
	}
}

// Nominal 5% under no effect, in series as short as users have.
func TestSize(t *testing.T) {
	const reps = 400
	reject := 0
	for k := range reps {
		e := Estimate(months(24, 6, random(uint64(k), 30, 15, 2)...), Options{Draws: -1}).Effects[0]
		if e.P < .05 {
			reject++
		}
	}
	// Four Monte Carlo standard errors.
	if share := float64(reject) / reps; share < .01 || share > .095 {
		t.Errorf("type I error %.3f", share)
	}
}
