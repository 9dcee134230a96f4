package hawkes

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"athar"
	"athar/stat"
)

func codes(notes []athar.Note) (c []string) {
	for _, n := range notes {
		c = append(c, n.Code)
	}
	return c
}

func TestOrderOfTimes(t *testing.T) {
	q, o := worldWithSteps(400)
	times, _ := Simulate(stat.Stream(3, "hawkes/order", 0), 400, q, o)
	a := fit(t, times, 400, o)
	other := slices.Clone(times)
	r := stat.Stream(3, "hawkes/order", 1)
	r.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
	b := fit(t, other, 400, o)
	// Printed, because not-a-number is not equal to itself.
	print := func(r *Result) string { return fmt.Sprint(r.Params, r.SE, r.LogLik, r.Null, r.Triggered) }
	if print(a) != print(b) {
		t.Errorf("%s, %s", print(a), print(b))
	}
	l1, h1 := a.AlphaInterval(.95)
	l2, h2 := b.AlphaInterval(.95)
	if l1 != l2 || h1 != h2 || a.FollowP(9, 5) != b.FollowP(9, 5) {
		t.Error("the order of the times shows in an interval or p value")
	}
	if slices.Equal(other, times) {
		t.Error("nothing was shuffled")
	}
}

// In another unit of time the branching ratio is the same and rates follow it.
func TestUnitOfTime(t *testing.T) {
	times, _ := Simulate(stat.Stream(4, "hawkes/unit", 0), 300, Params{Mu: .5, Alpha: .6, Decay: 1}, Options{})
	a := fit(t, times, 300, Options{})
	for i := range times {
		times[i] *= 24
	}
	b := fit(t, times, 7200, Options{})
	near(t, "alpha", b.Alpha, a.Alpha, 1e-5)
	near(t, "mu", b.Mu*24, a.Mu, 1e-5)
	near(t, "decay", b.Decay*24, a.Decay, 1e-4)
	near(t, "error of decay", b.SE.Decay*24, a.SE.Decay, 1e-4)
	near(t, "log-likelihood", b.LogLik, a.LogLik-float64(len(times))*math.Log(24), 1e-6)
}

// A cut that changes nothing changes nothing, and a step's fit is two fits.
func TestCutsAlone(t *testing.T) {
	times, _ := Simulate(stat.Stream(5, "hawkes/cuts", 0), 300, Params{Mu: .5, Alpha: .5, Decay: 1}, Options{})
	a := fit(t, times, 300, Options{})
	b := fit(t, times, 300, Options{Cuts: []float64{40, 111.5, 200}})
	near(t, "alpha", b.Alpha, a.Alpha, 1e-6)
	near(t, "log-likelihood", b.LogLik, a.LogLik, 1e-7)
}

// The ends of an interval are where the likelihood has fallen by 1.92.
func TestProfileEnds(t *testing.T) {
	q, o := worldWithSteps(2000)
	times, _ := Simulate(stat.Stream(6, "hawkes/profile", 0), 2000, q, o)
	r := fit(t, times, 2000, o)
	check := func(what string, j int, at float64) {
		t.Helper()
		near(t, what, r.LogLik-r.at(j, at, slices.Clone(r.best)), 3.841459/2, 1e-4)
	}
	l, h := r.AlphaInterval(.95)
	check("alpha low", r.m.alpha, math.Log(l))
	check("alpha high", r.m.alpha, math.Log(h))
	l, h = r.BetaInterval(0, .95)
	check("step low", 1, l)
	check("step high", 1, h)
	if !(l < r.Beta[0] && r.Beta[0] < h) {
		t.Errorf("%v outside %v to %v", r.Beta[0], l, h)
	}
	l, h = r.ChangeInterval(.95)
	check("change low", r.m.change, l)
	check("change high", r.m.change, h)
	// An interval leaves 0 out just where the likelihood ratio rejects it.
	if (r.ChangeP() < .05) != (l > 0 || h < 0) {
		t.Errorf("p %v beside %v to %v", r.ChangeP(), l, h)
	}
}

// Residuals of the model that made the series are Exp(1) without memory, those
// of a background alone are not.
func TestResiduals(t *testing.T) {
	times, _ := Simulate(stat.Stream(7, "hawkes/residuals", 0), 2000, Params{Mu: .5, Alpha: .6, Decay: 1}, Options{})
	r := fit(t, times, 2000, Options{})
	c := r.Check()
	sum := 0.0
	for _, v := range c.Residuals {
		sum += v
	}
	near(t, "mean residual", sum/float64(len(c.Residuals)), 1, .01)
	if c.Uniform < .05 || c.Serial < .01 || len(c.Residuals) != len(times) {
		t.Errorf("the true model is rejected: %v, %v, %d residuals", c.Uniform, c.Serial, len(c.Residuals))
	}
	near(t, "share", r.Triggered, r.Alpha, .01)
	r.best = r.null
	if c := r.Check(); c.Uniform > 1e-6 {
		t.Errorf("a constant background passes: %v", c.Uniform)
	}
	y, _ := SimulateDaily(stat.Stream(7, "hawkes/residuals", 1), 1500, Params{Mu: 1, Alpha: .5, Decay: .4, Theta: 3}, Options{})
	d := daily(t, y, Options{})
	c = d.Check()
	squares := 0.0
	for _, v := range c.Residuals {
		squares += v * v
	}
	near(t, "variance of residuals of days", squares/float64(len(c.Residuals)), 1, .15)
	if !math.IsNaN(c.Uniform) || c.Serial < .01 || len(c.Residuals) != 1500-Lags {
		t.Errorf("%v %v %d", c.Uniform, c.Serial, len(c.Residuals))
	}
}

// Quantiles of the limit distribution of Kolmogorov's statistic: 1.3581, 1.6276.
func TestKolmogorov(t *testing.T) {
	n := 100000
	for d, want := range map[float64]float64{1.3581: .05, 1.6276: .01} {
		u := make([]float64, n)
		for i := range u { // all shifted by one distance
			u[i] = (float64(i)+1)/float64(n) - d/math.Sqrt(float64(n))
		}
		near(t, "p", stat.KolmogorovUniform(u), want, .0005)
	}
}

func TestDailyMean(t *testing.T) {
	y, _ := SimulateDaily(stat.Stream(8, "hawkes/mean", 0), 200000, Params{Mu: .6, Alpha: .4, Decay: .3, Theta: 2}, Options{})
	sum := 0.0
	for _, v := range y[300:] {
		sum += v
	}
	near(t, "mean", sum/float64(len(y)-300), 1, .02)
	times, _ := Simulate(stat.Stream(8, "hawkes/mean", 1), 200000, Params{Mu: .6, Alpha: .4, Decay: .3}, Options{})
	near(t, "rate", float64(len(times))/200000, 1, .02)
}

func TestPoissonDays(t *testing.T) {
	y, _ := SimulateDaily(stat.Stream(9, "hawkes/poisson", 0), 800, Params{Mu: 1, Alpha: .4, Decay: .5, Theta: math.Inf(1)}, Options{})
	r := daily(t, y, Options{})
	if r.Theta < 15 {
		t.Errorf("theta %v of Poisson days", r.Theta)
	}
	if s := sameDay(1e-9); math.Abs(s) > 1e-6 {
		t.Errorf("same day at long memory: %v", s)
	}
	near(t, "same day", sameDay(1), math.Exp(-1), 1e-12)
	y, _ = SimulateDaily(stat.Stream(9, "hawkes/poisson", 1), 800, Params{Mu: 1, Alpha: .5, Decay: 2, Theta: 5}, Options{})
	if r := daily(t, y, Options{}); !slices.Contains(codes(r.Notes), "hawkes-same-day") {
		t.Errorf("short memory goes unsaid: %v, decay %v", codes(r.Notes), r.Decay)
	}
}

func TestSpline(t *testing.T) {
	at := make([]float64, 721)
	for i := range at {
		at[i] = float64(i)
	}
	x, p := Spline(at, 90)
	if p != 10 || len(x) != len(at)*p {
		t.Fatalf("%d functions, %d values", p, len(x))
	}
	for i := range at {
		sum := 0.0
		for _, v := range x[i*p : i*p+p] {
			sum += v
		}
		left := 0.0 // the function left out, gone after the first piece
		if i < 90 {
			g := 1 - float64(i)/90
			left = g * g * g / 6
		}
		near(t, "sum", sum+left, 1, 1e-12)
	}
	if x, p := Spline(at[:40], 90); x != nil || p != 0 {
		t.Error("a spline over less than half of its spacing")
	}
}

func TestRefusals(t *testing.T) {
	const n = 200
	r := stat.Stream(10, "hawkes/refusals", 0)
	free := make([]float64, n)
	whole := make([]float64, n)
	for i := range free {
		free[i] = 100 * (1 - r.Float64())
		whole[i] = float64(i + 1)
	}
	tied := slices.Clone(free)
	tied[7] = tied[90]
	for want, got := range map[string]func() (*Result, error){
		"hawkes-few-events": func() (*Result, error) { return Fit(nil, 10, Options{}) },
		"hawkes-ties":       func() (*Result, error) { return Fit(tied, 100, Options{}) },
		"hawkes-whole-days": func() (*Result, error) { return Fit(whole, n, Options{}) },
		"hawkes-few-days":   func() (*Result, error) { return Daily(whole[:80], Options{}) },
		// A regressor that is the constant cannot be told from it.
		"diverged": func() (*Result, error) { return Fit(free, 100, Options{X: []float64{1}, P: 1}) },
	} {
		r, err := got()
		if err != nil || r.Refusal == nil || r.Refusal.Reason.Code != want {
			t.Errorf("%s: %+v, %v", want, r, err)
			continue
		}
		if l, h := r.AlphaInterval(.95); !math.IsNaN(l) || !math.IsNaN(h) {
			t.Errorf("%s: an interval without a fit", want)
		}
		r.Check()
	}
	if r, err := Daily(make([]float64, 400), Options{}); err != nil || r.Refusal == nil || r.Refusal.Reason.Code != "hawkes-few-events" {
		t.Errorf("days without events: %+v, %v", r, err)
	}
	for i, got := range []func() (*Result, error){
		func() (*Result, error) { return Fit(free, 50, Options{}) },
		func() (*Result, error) { return Fit(free, 100, Options{Cuts: []float64{50, 20}}) },
		func() (*Result, error) { return Fit(free, 100, Options{X: []float64{0, 1}, P: 1}) },
		func() (*Result, error) { return Fit([]float64{math.NaN(), 3}, 100, Options{}) },
		func() (*Result, error) { return Fit(free, 100, Options{Memory: [2]float64{2, 1}}) },
		func() (*Result, error) { return Daily([]float64{1, .5}, Options{}) },
		func() (*Result, error) { return Daily(whole, Options{Cuts: []float64{3}}) },
		func() (*Result, error) {
			_, err := Simulate(r, 10, Params{Mu: 1, Alpha: 1.2, Decay: 1}, Options{})
			return nil, err
		},
		func() (*Result, error) {
			_, err := SimulateDaily(r, 10, Params{Mu: 1, Alpha: .2, Decay: 1}, Options{})
			return nil, err
		},
	} {
		if _, err := got(); err == nil {
			t.Errorf("misuse %d passes", i)
		}
	}
}

// Evenly spread events, a campaign without any and a series that explodes.
func TestEdges(t *testing.T) {
	even := make([]float64, 200)
	for i := range even {
		even[i] = float64(i) + .5
	}
	r := fit(t, even, 200, Options{})
	if r.Alpha != 0 || !math.IsNaN(r.Decay) || !slices.Contains(codes(r.Notes), "hawkes-none") {
		t.Errorf("evenly spread events: %+v", r.Params)
	}
	l, h := r.AlphaInterval(.95)
	if l != 0 || !(h > 0 && h < .5) {
		t.Errorf("interval %v to %v", l, h)
	}
	if p := r.FollowP(19, 1); p != 1 {
		t.Errorf("p %v", p)
	}

	quiet := slices.DeleteFunc(slices.Clone(even), func(v float64) bool { return v > 100 && v < 150 })
	step := Options{Cuts: []float64{100, 150}, X: []float64{0, 1, 0}, P: 1}
	if r, err := Fit(quiet, 200, step); err != nil || r.Refusal == nil || r.Refusal.Reason.Code != "diverged" {
		t.Errorf("a campaign without events: %+v, %v", r, err)
	}

	s := stat.Stream(20, "hawkes/explodes", 0)
	var burst []float64
	for i := range 400 { // intensity grows like exp(t/10)
		burst = append(burst, 10*math.Log(1+float64(i)+s.Float64()*.9))
	}
	if r, err := Fit(burst, 60, Options{}); err != nil || r.Refusal == nil || r.Refusal.Reason.Code != "hawkes-explosive" {
		t.Errorf("growth without end: %+v, %v", r, err)
	}
}
