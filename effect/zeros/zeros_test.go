package zeros

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"athar"
	"athar/stat"
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// The number of zeros is Poisson-binomial; its exact tail is a recursion.
func TestCheckAgainstExactTail(t *testing.T) {
	mu := []float64{.2, 3, 1, .7, 2, 2, 5, .1, 1.5, .9, .4, 1.1}
	y := []float64{0, 0, 0, 0, 2, 0, 9, 0, 0, 1, 0, 3}
	for _, theta := range []float64{.8, math.Inf(1)} {
		dist, sum := []float64{1}, 0.0
		for _, m := range mu {
			p := math.Exp(-m)
			if !math.IsInf(theta, 1) {
				p = math.Pow(1+m/theta, -theta)
			}
			sum += p
			next := make([]float64, len(dist)+1)
			for k, d := range dist {
				next[k] += d * (1 - p)
				next[k+1] += d * p
			}
			dist = next
		}
		tail := 0.0
		for _, d := range dist[8:] {
			tail += d
		}
		z := Check(y, mu, theta, 100000, 1)
		if z.Observed != 8 {
			t.Errorf("observed %d", z.Observed)
		}
		near(t, "expected", z.Expected, sum, 1e-12)
		near(t, "p", z.P, tail, .006)
		slices.Reverse(mu)
		slices.Reverse(y)
		if again := Check(y, mu, theta, 100000, 1); again != z {
			t.Errorf("row order: %v, %v", z, again)
		}
		slices.Reverse(mu)
		slices.Reverse(y)
	}
	if z := Check(nil, nil, 1, 9, 1); z.P != 1 || z.Observed != 0 {
		t.Errorf("no rows: %v", z)
	}
}

// Under the negative binomial itself the check must not reject more often than
// it says; with half of the periods emptied it must see that.
func TestCheckSizeAndPower(t *testing.T) {
	const n, runs = 60, 400
	x := make([]float64, n)
	for i := range x {
		x[i] = 1
	}
	reject := func(share, mean, theta float64) float64 {
		hit := 0
		for k := range runs {
			r := stat.Stream(7, "zeros/test", k)
			y := make([]float64, n)
			for i := range y {
				if r.Float64() >= share {
					y[i] = stat.NegBin(r, mean, 1+mean/theta)
				}
			}
			var reg stat.Regression
			if reg.NegBin(y, x, nil, 1) == nil && Check(y, reg.Mu, reg.Theta, 199, uint64(k)).P < Level {
				hit++
			}
		}
		return float64(hit) / runs
	}
	size, power, more := reject(0, 2, 1.5), reject(.4, 12, 8), reject(.4, 30, 20)
	t.Logf("size %.3f, power %.3f and %.3f", size, power, more)
	if size > .05+2*math.Sqrt(.05*.95/runs) {
		t.Errorf("size %v", size)
	}
	if power < .2 || more < power {
		t.Errorf("power %v, %v", power, more)
	}
}

// simulated draws a hurdle with known coefficients.
func simulated(n int, logit, beta []float64, theta float64) (y, x, offset []float64) {
	r := stat.Stream(3, "zeros/hurdle", n)
	for i := range n {
		z := float64(i % 2)
		off := math.Log(28 + float64(i%4))
		v := 0.0
		if r.Float64() < 1/(1+math.Exp(-logit[0]-logit[1]*z)) {
			mu := math.Exp(off + beta[0] + beta[1]*z)
			for v == 0 {
				v = stat.NegBin(r, mu, 1+mu/theta)
			}
		}
		y, x, offset = append(y, v), append(x, 1, z), append(offset, off)
	}
	return
}

func TestHurdleRecovers(t *testing.T) {
	logit, beta, theta := []float64{.4, -.9}, []float64{-2.2, -.5}, 2.0
	y, x, offset := simulated(20000, logit, beta, theta)
	h, err := Hurdle(y, x, offset, 2)
	if err != nil {
		t.Fatal(err)
	}
	for j := range 2 {
		near(t, "logit", h.Logit[j], logit[j], 4*math.Sqrt(h.LogitCov[j*3]))
		near(t, "beta", h.Beta[j], beta[j], 4*math.Sqrt(h.BetaCov[j*4]))
	}
	near(t, "ln theta", math.Log(h.Theta), math.Log(theta), 4*math.Sqrt(h.BetaCov[8]))
	if s := math.Sqrt(h.BetaCov[3+1]); s > .06 || s < .01 {
		t.Errorf("standard error %v", s)
	}
	// The saturated logit is the share of periods with events.
	hit, all := 0.0, 0.0
	for i, v := range y {
		if x[2*i+1] == 1 {
			all++
			if v > 0 {
				hit++
			}
		}
	}
	near(t, "saturated logit", h.Logit[0]+h.Logit[1], math.Log(hit/(all-hit)), 1e-7)
	near(t, "its variance", h.LogitCov[0]+2*h.LogitCov[1]+h.LogitCov[3], 1/hit+1/(all-hit), 1e-8)
}

// The likelihood and the mean are sums over the probabilities themselves.
func TestHurdleAgainstDirectSums(t *testing.T) {
	y, x, offset := simulated(300, []float64{.4, -.9}, []float64{-2.2, -.5}, 2)
	h, err := Hurdle(y, x, offset, 2)
	if err != nil {
		t.Fatal(err)
	}
	mass := func(i int, k float64) float64 {
		p := 1 / (1 + math.Exp(-h.Logit[0]-h.Logit[1]*x[2*i+1]))
		if k == 0 {
			return 1 - p
		}
		mu, th := math.Exp(offset[i]+h.Beta[0]+h.Beta[1]*x[2*i+1]), h.Theta
		f := math.Gamma(k+th) / math.Gamma(th) / math.Gamma(k+1) * math.Pow(th/(th+mu), th) * math.Pow(mu/(th+mu), k)
		return p * f / (1 - math.Pow(th/(th+mu), th))
	}
	ll := 0.0
	for i, v := range y {
		ll += math.Log(mass(i, v))
	}
	near(t, "log likelihood", h.LogLik, ll, 1e-8)
	for i := range 2 {
		mean, total := 0.0, 0.0
		for k := range 120 {
			mean += float64(k) * mass(i, float64(k))
			total += mass(i, float64(k))
		}
		near(t, "total", total, 1, 1e-9)
		near(t, "mean", h.Mean(x[2*i:2*i+2], offset[i]), mean, 1e-7)
	}
	// Rows in another order say the same.
	var y2, x2, o2 []float64
	for i := len(y) - 1; i >= 0; i-- {
		y2, x2, o2 = append(y2, y[i]), append(x2, x[2*i:2*i+2]...), append(o2, offset[i])
	}
	g, err := Hurdle(y2, x2, o2, 2)
	if err != nil {
		t.Fatal(err)
	}
	for j := range 2 {
		near(t, "permuted beta", g.Beta[j], h.Beta[j], 1e-6)
		near(t, "permuted logit", g.Logit[j], h.Logit[j], 1e-6)
	}
	near(t, "permuted theta", g.Theta, h.Theta, 1e-5)
}

func TestTruncatedPoissonAndNoZeros(t *testing.T) {
	// Underdispersed: the truncated Poisson, whose mean mu/(1-e^-mu) is the
	// sample's.
	y := []float64{2, 3, 2, 3, 2, 3, 4, 2, 3, 2}
	one := slices.Repeat([]float64{1}, 10)
	h, err := Hurdle(y, one, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	if h.Logit != nil || h.Refusal == nil || h.Refusal.Reason.Code != "no-zeros" || !math.IsInf(h.Theta, 1) {
		t.Errorf("%+v", h)
	}
	near(t, "mean", h.Mean([]float64{1}, 0), 2.6, 1e-7)
	for name, bad := range map[string][]float64{"all zero": make([]float64, 10), "negative": {-1, 2, 3, 4, 5, 6, 7, 8, 9, 1}, "short": {1, 2}} {
		if _, err := Hurdle(bad, one, nil, 1); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestFirth(t *testing.T) {
	days := []float64{31, 28, 31, 30}
	off := make([]float64, 4)
	for i, d := range days {
		off[i] = math.Log(d)
	}
	for _, y := range [][]float64{{3, 0, 1, 5}, {0, 0, 0, 0}} {
		f, err := Firth(y, []float64{1, 1, 1, 1}, off, 1)
		if err != nil {
			t.Fatal(err)
		}
		s := y[0] + y[1] + y[2] + y[3] + .5
		near(t, "group mean", f.Beta[0], math.Log(s/120), 1e-8)
		low, high, err := f.Profile(0, 3.841458820694124)
		if err != nil {
			t.Fatal(err)
		}
		// With m = 120 exp(b) the penalised likelihood is (sum y + 1/2) ln m - m.
		for _, b := range []float64{low, high} {
			m := 120 * math.Exp(b)
			near(t, "limit", 2*(s*math.Log(s)-s-s*math.Log(m)+m), 3.841458820694124, 1e-5)
		}
	}
	// Two groups, one of them empty: 1/2 added to each.
	f, err := Firth([]float64{4, 2, 0, 0}, []float64{1, 0, 1, 0, 1, 1, 1, 1}, off, 2)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "separated", f.Beta[1], math.Log(.5/61)-math.Log(6.5/59), 1e-7)
	low, high, err := f.Profile(1, 3.841458820694124)
	if err != nil || !(low < f.Beta[1] && f.Beta[1] < high) || math.IsInf(low, 0) || high > 1 {
		t.Errorf("profile %v to %v, %v", low, high, err)
	}
	if _, err := Firth([]float64{1, 2, 3}, []float64{1, 1, 1, 1, 1, 1}, nil, 2); err == nil {
		t.Error("dependent regressors: no error")
	}
}

func series(pre, during, post []float64) (s Series) {
	for _, part := range []struct {
		ph athar.Phase
		y  []float64
	}{{athar.Pre, pre}, {athar.During, during}, {athar.Post, post}} {
		for _, v := range part.y {
			s.Periods = append(s.Periods, athar.Period{Phase: part.ph, Days: 30})
			s.Count = append(s.Count, v)
		}
	}
	return
}

func TestEstimate(t *testing.T) {
	code := func(e athar.Effect) string {
		if e.Refusal == nil {
			return ""
		}
		return e.Refusal.Reason.Code
	}
	// Poisson quantiles: no more zeros than expected; nothing during.
	var plain, many, fewer []float64
	pois := distuv.Poisson{Lambda: 1.5}
	for i := range 40 {
		v := 0.0
		for pois.CDF(v) < (float64(i)+.5)/40 {
			v++
		}
		plain = append(plain, v)
		many = append(many, []float64{0, 9, 0, 11, 10, 0, 8, 12}[i%8])
		fewer = append(fewer, []float64{0, 0, 0, 5, 6, 0, 4, 6}[i%8])
	}
	r := Estimate(series(plain, make([]float64, 4), plain[10:30]), Options{Seed: 1})
	if len(r.Effects) != 4 {
		t.Fatalf("%d effects", len(r.Effects))
	}
	for i, want := range []string{"no-events-after", "", "no-excess-zeros", "no-separation"} {
		if got := code(r.Effects[i]); got != want {
			t.Errorf("effect %d: %q, want %q", i, got, want)
		}
	}
	sum := 0.0
	for _, v := range plain {
		sum += v
	}
	e := r.Effects[1]
	near(t, "firth RR", float64(e.RR), (.5/120)/((sum+.5)/1200), 1e-8)
	if !(e.Low > 0 && e.Low < e.RR && e.RR < e.High && e.High < 1 && e.P < .05) {
		t.Errorf("%v (%v to %v), p %v", e.RR, e.Low, e.High, e.P)
	}
	r = Estimate(series(many, many[:8], fewer), Options{Seed: 1})
	for i, want := range []string{"", "no-separation", "", "no-separation"} {
		if got := code(r.Effects[i]); got != want {
			t.Errorf("hurdle, effect %d: %q, want %q", i, got, want)
		}
	}
	// With equal exposure both parts are saturated: the ratio of means.
	near(t, "same", float64(r.Effects[0].RR), 1, 1e-6)
	near(t, "fewer", float64(r.Effects[2].RR), 21./50, .01)
	if e := r.Effects[2]; !(e.Low < e.RR && e.RR < e.High && e.High < 1) {
		t.Errorf("%v to %v", e.Low, e.High)
	}
	r = Estimate(series(many[:8], many[:8], nil), Options{Seed: 1})
	if c := code(r.Effects[0]); c != "few-event-periods" && c != "no-excess-zeros" {
		t.Errorf("short: %q", c)
	}
	for want, s := range map[string]Series{
		"few-pre-periods": series(plain[30:34], plain[:4], nil),
		"no-pre-events":   series(make([]float64, 12), plain[20:], nil),
	} {
		for _, e := range Estimate(s, Options{}).Effects {
			if code(e) != want || !math.IsNaN(float64(e.RR)) {
				t.Errorf("%q, want %q", code(e), want)
			}
		}
	}
	if n := len(Estimate(Series{}, Options{}).Effects); n != 0 {
		t.Errorf("%d effects of nothing", n)
	}
}
