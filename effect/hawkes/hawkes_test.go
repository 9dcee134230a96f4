package hawkes

import (
	"encoding/csv"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"athar/internal/testdata"
	"athar/stat"
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// column reads one column of a golden file.
func column(t testing.TB, path, name string) []float64 {
	t.Helper()
	f, err := os.Open(testdata.Shared(t, path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	c := slices.Index(rows[0], name)
	var v []float64
	for _, row := range rows[1:] {
		x, err := strconv.ParseFloat(row[c], 64)
		if err != nil {
			t.Fatal(err)
		}
		v = append(v, x)
	}
	return v
}

func fit(t testing.TB, times []float64, end float64, o Options) *Result {
	t.Helper()
	r, err := Fit(times, end, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Refusal != nil {
		t.Fatal(r.Refusal)
	}
	return r
}

func daily(t testing.TB, y []float64, o Options) *Result {
	t.Helper()
	r, err := Daily(y, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Refusal != nil {
		t.Fatal(r.Refusal)
	}
	return r
}

// BENCHMARKS C9: PtProcess on the Phuket earthquakes.
func TestPhuket(t *testing.T) {
	times := column(t, "golden/other/phuket.csv", "time")
	r := fit(t, times, 1827, Options{})
	near(t, "mu", r.Mu, .228582, 1e-3*.228582)
	near(t, "alpha", r.Alpha, .665386, 1e-3*.665386)
	near(t, "decay", r.Decay, 3.527913, 1e-3*3.527913)
	near(t, "log-likelihood", r.LogLik, 56.43116, 1e-3)
	near(t, "Poisson", r.Null, -1723.654, 1e-3)
	low, high := r.AlphaInterval(.95)
	c := r.Check()
	t.Logf("mu %.6f (%.6f) alpha %.6f (%.6f; %.4f to %.4f) decay %.6f (%.6f) logL %.6f, %.6f; triggered %.4f; KS p %.2g, serial p %.2g",
		r.Mu, r.SE.Mu, r.Alpha, r.SE.Alpha, low, high, r.Decay, r.SE.Decay, r.LogLik, r.Null, r.Triggered, c.Uniform, c.Serial)
}

// The hawkes program stops the likelihood at the last event, and its alpha is
// the jump of the intensity, alpha b here.
func TestHawkesProgram(t *testing.T) {
	times := column(t, "golden/hawkes_etas/hawkes_h1000.csv", "t")
	last := times[len(times)-1]
	p := []float64{math.Log(.2), math.Log(.5 / .7), math.Log(.7)}
	g := make([]float64, 3)
	near(t, "at the last event", newContinuous(times, last, Options{}).at(p, g), -693.968196208958, 1e-8)
	near(t, "at 1000", newContinuous(times, 1000, Options{}).at(p, g), -695.917661258792, 1e-8)
	r := fit(t, times, last, Options{})
	near(t, "lambda0", r.Mu, .19951072460052, 1e-4)
	near(t, "alpha", r.Alpha*r.Decay, .508866177865461, 1e-4)
	near(t, "beta", r.Decay, .751965713728728, 1e-4)
	near(t, "log-likelihood", r.LogLik, -693.365172405837, 1e-6)
	t.Logf("%.9f %.9f %.9f %.9f", r.Mu, r.Alpha*r.Decay, r.Decay, r.LogLik)
}

// Two rows of regressors, a follow-on change and a cut between events.
func worldWithSteps(end float64) (Params, Options) {
	return Params{Mu: .6, Beta: []float64{-.5}, Alpha: .5, Decay: .8, Change: -.7, Theta: math.Inf(1)},
		Options{Cuts: []float64{end / 2, end * .75}, X: []float64{0, 1, 0}, P: 1, Follow: []float64{0, 1, 0}}
}

// The recursion against the double sum, with intensities integrated on their
// closed form.
func TestLikelihoodAgainstDoubleSum(t *testing.T) {
	q, o := worldWithSteps(200)
	times, err := Simulate(stat.Stream(1, "hawkes/double", 0), 200, q, o)
	if err != nil {
		t.Fatal(err)
	}
	row := func(u float64) int {
		s := 0
		for s < len(o.Cuts) && u >= o.Cuts[s] {
			s++
		}
		return s
	}
	ll := 0.0
	from := 0.0
	for s, until := range append(slices.Clone(o.Cuts), 200) {
		ll -= q.background(o, s) * (until - from)
		for _, u := range times {
			if u < until {
				lo := max(u, from)
				ll -= q.ratio(o, s) * (math.Exp(-q.Decay*(lo-u)) - math.Exp(-q.Decay*(until-u)))
			}
		}
		from = until
	}
	for i, u := range times {
		v := q.background(o, row(u))
		for _, w := range times[:i] {
			v += q.ratio(o, row(u)) * q.Decay * math.Exp(-q.Decay*(u-w))
		}
		ll += math.Log(v)
	}
	m := newContinuous(times, 200, o)
	p := []float64{math.Log(q.Mu), q.Beta[0], math.Log(q.Alpha), math.Log(q.Decay), q.Change}
	near(t, "log-likelihood", m.at(p, make([]float64, 5)), ll, 1e-9*math.Abs(ll))
}

// The daily likelihood against its definition with distuv-free mass functions.
func TestDailyAgainstDefinition(t *testing.T) {
	days := 150
	o := Options{X: make([]float64, days), P: 1, Follow: make([]float64, days)}
	for d := 80; d < 120; d++ {
		o.X[d], o.Follow[d] = 1, 1
	}
	q := Params{Mu: 1.1, Beta: []float64{-.4}, Alpha: .5, Decay: .3, Change: -.5, Theta: 3}
	y, err := SimulateDaily(stat.Stream(1, "hawkes/daily", 0), days, q, o)
	if err != nil {
		t.Fatal(err)
	}
	lg := func(v float64) float64 { l, _ := math.Lgamma(v); return l }
	total := 0.0
	for k := range Lags {
		total += math.Exp(-q.Decay * float64(k))
	}
	ll := 0.0
	for d := Lags; d < days; d++ {
		mean := q.background(o, d)
		for k := 1; k <= Lags; k++ {
			mean += q.ratio(o, d) * math.Exp(-q.Decay*float64(k-1)) / total * y[d-k]
		}
		ll += lg(y[d]+q.Theta) - lg(q.Theta) - lg(y[d]+1) + q.Theta*math.Log(q.Theta/(q.Theta+mean)) + y[d]*math.Log(mean/(q.Theta+mean))
	}
	m := newDaily(y, o)
	p := []float64{math.Log(q.Mu), q.Beta[0], math.Log(q.Alpha), math.Log(q.Decay), q.Change, math.Log(q.Theta)}
	near(t, "log-likelihood", m.at(p, make([]float64, 6)), ll, 1e-9*math.Abs(ll))
}

// models are one continuous and one daily series with everything in them.
func models(t testing.TB) (ms []*model, ps [][]float64) {
	q, o := worldWithSteps(400)
	times, err := Simulate(stat.Stream(2, "hawkes/models", 0), 400, q, o)
	if err != nil {
		t.Fatal(err)
	}
	days := 400
	od := Options{X: make([]float64, days), P: 1, Follow: make([]float64, days)}
	for d := 200; d < 300; d++ {
		od.X[d], od.Follow[d] = 1, 1
	}
	q.Theta = 4
	y, err := SimulateDaily(stat.Stream(2, "hawkes/models", 1), days, q, od)
	if err != nil {
		t.Fatal(err)
	}
	return []*model{newContinuous(times, 400, o), newDaily(y, od)},
		[][]float64{{-.3, -.4, -.9, .1, -.3}, {-.2, -.3, -.8, -.5, -.4, 1.1}}
}

func TestGradient(t *testing.T) {
	ms, ps := models(t)
	for i, m := range ms {
		p := ps[i]
		g, waste := make([]float64, m.dim), make([]float64, m.dim)
		m.at(p, g)
		for j := range p {
			const e = 1e-5
			old := p[j]
			p[j] = old + e
			up := m.at(p, waste)
			p[j] = old - e
			down := m.at(p, waste)
			p[j] = old
			near(t, "derivative "+strconv.Itoa(i)+"/"+strconv.Itoa(j), g[j], (up-down)/(2*e), 1e-5*(1+math.Abs(g[j])))
		}
	}
}

func TestLikelihoodAllocatesNothing(t *testing.T) {
	ms, ps := models(t)
	for i, m := range ms {
		g := make([]float64, m.dim)
		if n := testing.AllocsPerRun(5, func() { m.at(ps[i], g) }); n != 0 {
			t.Errorf("model %d allocates %v times", i, n)
		}
		if n := testing.AllocsPerRun(3, func() { m.climb(slices.Clone(ps[i])) }); n > 1 {
			t.Errorf("a climb of model %d allocates %v times", i, n)
		}
	}
}
