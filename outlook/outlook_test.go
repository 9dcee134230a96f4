package outlook

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"athar"
	"athar/stat"
)

// quick are options for tests that look at structure.
var quick = Options{Seed: 7, Draws: 100, Resamples: 100}

// world is a series of n months: log-normal intensities of which a share rho
// stays from month to month, a yearly wave, counts with variance phi times the
// mean.
func world(id string, n int, mean, phi, rho, sd, season float64, r *rand.Rand) Series {
	s := Series{ID: id, Unit: "governorate", Months: monthsOf(2001, time.March, n), Count: make([]float64, n)}
	u := sd * r.NormFloat64()
	for t := range s.Count {
		u = rho*u + math.Sqrt(1-rho*rho)*sd*r.NormFloat64()
		s.Count[t] = stat.NegBin(r, mean*math.Exp(u+season*math.Cos(math.Pi*float64(t)/6)), phi)
	}
	return s
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func some() []Series {
	r := stat.Stream(5, "some", 0)
	all := []Series{world("a", 60, 8, 3, .8, .5, 0, r), world("b", 60, 15, 1, 0, 0, .8, r), world("c", 60, 2, 2, 0, 0, 0, r)}
	all[0].Near = []string{"c"}
	all[1].Campaign = make([]float64, 60)
	all[1].Campaign[30], all[1].Campaign[31] = .5, 1
	all[0].Count[40], all[0].Count[41] = math.NaN(), math.NaN()
	return all
}

func TestOrderAndWorkersDoNotMatter(t *testing.T) {
	all := some()
	want := Assess(all, quick)
	o := quick
	o.Workers = 1
	if asJSON(t, Assess(all, o)) != asJSON(t, want) {
		t.Error("another number of workers, another answer")
	}
	slices.Reverse(all)
	got := Assess(all, quick)
	slices.Reverse(got)
	if asJSON(t, got) != asJSON(t, want) {
		t.Error("another order, another answer")
	}
}

// Whole years earlier or later nothing changes.
func TestShiftOfTime(t *testing.T) {
	all := some()
	want := Assess(all, quick)
	for i := range all {
		all[i].Months = monthsOf(1969, time.March, 60)
	}
	got := Assess(all, quick)
	for i := range got {
		if !reflect.DeepEqual(asJSON(t, got[i].Scores), asJSON(t, want[i].Scores)) {
			t.Errorf("%s: other scores", got[i].ID)
		}
	}
}

// No forecast may know what comes: other counts after month e change nothing in
// the forecasts that were made up to e.
func TestForecastsDoNotSeeAhead(t *testing.T) {
	all := some()
	forecast := func(e int) (out [][]float64) {
		o := quick.withDefaults()
		v := newEvaluation(all, 1, o)
		for t := range e + 1 {
			if t < warm {
				v.moment = append(v.moment, nil)
				continue
			}
			v.choose(t)
			if t > training {
				v.baselines(t)
				v.models(t)
			}
		}
		for _, r := range v.rivals {
			for _, x := range r.sample {
				out = append(out, slices.Clone(x))
			}
		}
		return out
	}
	want := forecast(45)
	for t := 46; t < 60; t++ {
		for i := range all {
			all[i].Count[t] = 500
		}
		all[1].Campaign[t] = 1
	}
	if got := forecast(45); !reflect.DeepEqual(got, want) {
		t.Error("forecasts made in month 45 change with what comes later")
	}
}

func code(a athar.Outlook) string { return a.Because[0].Code }

func TestRefusals(t *testing.T) {
	r := stat.Stream(6, "refusals", 0)
	ok := world("x", 84, 5, 2, 0, 0, 0, r)
	change := func(f func(s *Series)) Series {
		s := ok
		s.Count, s.Months = slices.Clone(s.Count), slices.Clone(s.Months)
		f(&s)
		return s
	}
	for want, s := range map[string]Series{
		"outlook-unit": change(func(s *Series) { s.Unit = "district" }),
		"outlook-short": change(func(s *Series) {
			s.Count, s.Months = s.Count[:35], s.Months[:35]
		}),
		"outlook-few-scored":  change(func(s *Series) { s.Count, s.Months = s.Count[:49], s.Months[:49] }),
		"outlook-no-events":   change(func(s *Series) { clear(s.Count) }),
		"outlook-few-events":  change(func(s *Series) { clear(s.Count[20:]) }),
		"outlook-not-monthly": change(func(s *Series) { s.Months[3].Last-- }),
	} {
		a := Assess([]Series{s}, quick)[0]
		if a.Shown || code(a) != want || len(a.Scores) > 0 || len(a.Median) > 0 {
			t.Errorf("%s: %+v", want, a)
		}
	}
	for name, s := range map[string]Series{
		"a gap in the months":  change(func(s *Series) { s.Months = slices.Delete(s.Months, 5, 6); s.Count = s.Count[1:] }),
		"campaigns of another": change(func(s *Series) { s.Campaign = []float64{1} }),
		"weeks":                change(func(s *Series) { s.Months[0] = athar.Span{First: s.Months[0].First, Last: s.Months[0].First + 6} }),
	} {
		if a := Assess([]Series{s}, quick)[0]; code(a) != "outlook-not-monthly" {
			t.Errorf("%s: %s", name, code(a))
		}
	}
	if got := Assess(nil, quick); len(got) != 0 {
		t.Error(got)
	}
}

// Awkward series give finite scores.
func TestAwkwardSeries(t *testing.T) {
	n := 84
	flat, jump, holes, heavy := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	r := stat.Stream(8, "awkward", 0)
	for i := range n {
		flat[i] = 3
		jump[i] = float64(i / 42 * 50000)
		holes[i] = float64(r.IntN(6))
		if i%3 > 0 && i > 12 {
			holes[i] = math.NaN()
		}
		heavy[i] = math.Floor(math.Exp(3 * r.NormFloat64()))
	}
	holes = append(holes, append(slices.Clone(holes), holes...)...)
	for name, y := range map[string][]float64{"flat": flat, "jump": jump, "holes": holes, "heavy": heavy} {
		share := make([]float64, len(y))
		for i := range share {
			share[i] = float64(i % 2)
		}
		a := Assess([]Series{{ID: name, Unit: "all", Months: monthsOf(2000, time.January, len(y)), Count: y, Campaign: share}}, quick)[0]
		if len(a.Scores) != 12 { // four rules, without others to draw on, and eight models
			t.Errorf("%s: %d scores, %v", name, len(a.Scores), a.Because)
		}
		for _, s := range a.Scores {
			if v := float64(s.CRPS + s.IGN + s.MIS); math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%s: %+v", name, s)
			}
		}
		if name == "flat" && a.Shown {
			t.Error("a model is shown where the last value is always right")
		}
	}
}

// The derivative of the likelihood against differences.
func TestSlopes(t *testing.T) {
	s := world("x", 60, 6, 2, .7, .5, .4, stat.Stream(9, "slopes", 0))
	s.Count[20] = math.NaN()
	x := make([]float64, 60*4)
	for i := range 60 {
		design(x[4*i:4*i+4], i%12, float64(i/7%2))
	}
	var f ingarch
	f.fit(s.Count, x, 4)
	for j := range 6 { // the maximum
		if math.Abs(f.g[j]) > .05 {
			t.Errorf("slope %d at the maximum: %g", j, f.g[j])
		}
	}
	b := f.b
	for j := range 6 {
		b[j] += .1 * float64(j-2)
	}
	f.likelihood(s.Count, x, &b, true)
	g := f.g
	for j := range 6 {
		up, down := b, b
		up[j] += 1e-5
		down[j] -= 1e-5
		near(t, "slope "+strconv.Itoa(j), g[j], (f.likelihood(s.Count, x, &up, false)-f.likelihood(s.Count, x, &down, false))/2e-5, 1e-4*(1+math.Abs(g[j])))
	}
}

// Known parameters come back from a long series.
func TestIngarchRecovers(t *testing.T) {
	const n = 4000
	r := stat.Stream(10, "ingarch", 0)
	x, y := make([]float64, n*4), make([]float64, n)
	truth, a, c, theta := []float64{1.5, .3, -.2, -.5}, .5, .4, 4.0
	u := 0.0
	for i := range n {
		design(x[4*i:4*i+4], i%12, float64(i/20%2))
		lin := 0.0
		for j, b := range truth {
			lin += b * x[4*i+j]
		}
		y[i] = count(r, math.Exp(lin+u), theta)
		u = a*u + c*(math.Log1p(y[i])-lin)
	}
	var f ingarch
	f.fit(y, x, 4)
	for j, b := range truth {
		near(t, "coefficient", f.b[j], b, []float64{.5, .06, .06, .08}[j])
	}
	ga, gc := f.memory(&f.b)
	near(t, "a", ga, a, .08)
	near(t, "b", gc, c, .05)
	near(t, "theta", f.theta, theta, .6)
}

func TestCount(t *testing.T) {
	r := stat.Stream(11, "count", 0)
	for _, c := range [][2]float64{{2, 1.5}, {12, .4}, {25, 200}, {80, 5}} {
		m, q, n := 0.0, 0.0, 40000.0
		for range int(n) {
			y := count(r, c[0], c[1])
			m += y / n
			q += y * y / n
		}
		v := c[0] + c[0]*c[0]/c[1]
		near(t, "mean", m, c[0], 4*math.Sqrt(v/n))
		near(t, "variance", q-m*m, v, .08*v)
	}
}

// A yearly wave that no rule knows is found and shown, and the course goes on
// from the last month of data, past the lag.
func TestSeasonIsShown(t *testing.T) {
	s := world("x", 84, 15, 1, 0, 0, .7, stat.Stream(12, "season", 0))
	a := Assess([]Series{s}, Options{Seed: 1, Draws: 200})[0]
	if !a.Shown || code(a) != "outlook-shown" {
		t.Fatalf("%v", a.Because)
	}
	if len(a.Months) != 92 || len(a.Median) != 92 || len(a.Observed) != 92 || a.Months[91].Last != athar.Date(2008, time.October, 31) {
		t.Fatalf("%d months up to %v", len(a.Months), a.Months[len(a.Months)-1])
	}
	for i := range a.Months {
		if known := a.Median[i] == a.Median[i]; known != (i >= 86) || i < 84 != (a.Observed[i] == a.Observed[i]) {
			t.Errorf("month %d: %v, %v", i, a.Observed[i], a.Median[i])
		}
		if i >= 86 {
			if !(a.Low90[i] <= a.Low50[i] && a.Low50[i] <= a.Median[i] && a.Median[i] <= a.High50[i] && a.High50[i] <= a.High90[i]) {
				t.Errorf("month %d: bands out of order", i)
			}
			near(t, "median", float64(a.Median[i]), 15*math.Exp(.7*math.Cos(math.Pi*float64(i)/6)), 7)
		}
	}
	best := a.Scores[0]
	for _, x := range a.Scores {
		if x.Model == a.Model {
			best = x
		}
	}
	if !(best.High < 0 && best.Skill > .1 && best.Cover90 > .8) || best.N != 333 {
		t.Errorf("%+v", best)
	}
}

// Where every month is drawn from one distribution, hardly anything is shown.
// The full table is in docs/validation.
func TestNothingToFind(t *testing.T) {
	if testing.Short() {
		t.Skip("simulation")
	}
	shown, reps := 0, 16
	for k := range reps {
		r := stat.Stream(13, "noise", k)
		s := world("x", 84, []float64{4, 12}[k%2], []float64{1, 3}[k/2%2], 0, 0, 0, r)
		if Assess([]Series{s}, Options{Seed: 1, Draws: 100, Resamples: 500})[0].Shown {
			shown++
		}
	}
	if shown > 3 { // P(more than 3 of 16) = .001 at 5%
		t.Errorf("shown in %d of %d", shown, reps)
	}
}

// The months of the lag are drawn like any other and then dropped.
func TestLagIsDrawn(t *testing.T) {
	s := world("x", 60, 6, 2, .9, 1, .4, stat.Stream(14, "lag", 0))
	x := make([]float64, 66*3)
	for i := range 66 {
		design(x[3*i:3*i+3], i%12, 0)
	}
	var f ingarch
	f.fit(s.Count, x[:180], 3)
	draw := func(n, skip int) [][]float64 {
		out := make([][]float64, n)
		for i := range out {
			out[i] = make([]float64, 300)
		}
		f.draw(out, skip, x[180:], stat.Stream(1, "draw", 0))
		return out
	}
	if !reflect.DeepEqual(draw(6, 0)[2:], draw(4, 2)) {
		t.Error("with a lag the same months have other draws")
	}
}

// On a long series from one distribution every model's intervals hold.
func TestCoverage(t *testing.T) {
	if testing.Short() {
		t.Skip("simulation")
	}
	s := world("x", 300, 10, 3, 0, 0, 0, stat.Stream(15, "coverage", 0))
	for _, x := range Assess([]Series{s}, quick)[0].Scores {
		if x.Baseline {
			continue
		}
		near(t, x.Model+", 90%", float64(x.Cover90), .9, .06)
		near(t, x.Model+", 50%", float64(x.Cover50), .52, .1)
	}
}

func BenchmarkAssess(b *testing.B) {
	all := []Series{world("x", 84, 8, 3, .8, .5, 0, stat.Stream(5, "bench", 0))}
	for b.Loop() {
		Assess(all, Options{})
	}
}

func BenchmarkCRPS(b *testing.B) {
	x := make([]float64, 1000)
	fillNegBin(x, 20, 3)
	for b.Loop() {
		CRPS(x, 17)
	}
}
