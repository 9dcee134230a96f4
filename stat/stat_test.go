package stat

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"testing"

	"athar/internal/testdata"
)

// near fails where got is not want within the relative tolerance tol.
func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tol*math.Abs(want) {
		t.Errorf("%s: got %.10g, want %.10g (off by %.2g)", what, got, want, got/want-1)
	}
}

// table reads a golden CSV with a header.
func table(t testing.TB, path string) (map[string]int, [][]string) {
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
	head := map[string]int{}
	for i, h := range rows[0] {
		head[h] = i
	}
	return head, rows[1:]
}

func num(t testing.TB, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// sicily is the smoking-ban series: design columns and offset for the models
// of BENCHMARKS.md E12.
func sicily(t *testing.T) (y, off, ban, time []float64) {
	head, rows := table(t, "golden/other/sicily.csv")
	for _, r := range rows {
		y = append(y, num(t, r[head["aces"]]))
		off = append(off, math.Log(num(t, r[head["stdpop"]])))
		ban = append(ban, num(t, r[head["smokban"]]))
		time = append(time, num(t, r[head["time"]]))
	}
	return
}

func design(n int, cols ...func(i int) float64) []float64 {
	var x []float64
	for i := range n {
		for _, c := range cols {
			x = append(x, c(i))
		}
	}
	return x
}

// dispersionR is the dispersion with the weights of R's last step, which is
// what its summary prints.
func dispersionR(y, x, off []float64, p int) float64 {
	_, _, w, mu := glm(y, x, off, p, 1e-8)
	s := 0.0
	for i, m := range mu {
		s += w[i] * (y[i] - m) * (y[i] - m) / (m * m)
	}
	return s / float64(len(y)-p)
}

func TestSicily(t *testing.T) {
	y, off, ban, time := sicily(t)
	one := func(int) float64 { return 1 }
	step := func(i int) float64 { return ban[i] }
	trend := func(i int) float64 { return time[i] }
	wave := func(k int, f func(float64) float64) func(int) float64 {
		return func(i int) float64 { return f(2 * math.Pi * float64(k) * time[i] / 12) }
	}
	season := []func(int) float64{one, step, trend, wave(1, math.Sin), wave(1, math.Cos), wave(2, math.Sin), wave(2, math.Cos)}
	after := func(i int) float64 { return ban[i] * (time[i] - 36) }

	var r Regression
	z := TQuantile(.975, math.Inf(1))
	fit := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	p := 3
	fit(r.Poisson(y, design(len(y), one, step, trend), off, p))
	se := math.Sqrt(r.Cov[p+1])
	near(t, "model 1 RR", math.Exp(r.Beta[1]), .894377, 1e-6)
	near(t, "model 1 low", math.Exp(r.Beta[1]-z*se), .864686, 1e-6)
	near(t, "model 1 high", math.Exp(r.Beta[1]+z*se), .925086, 1e-6)
	near(t, "model 2 dispersion", r.Dispersion(), 3.559195, 5e-6)
	near(t, "model 2 dispersion as R stops", dispersionR(y, design(len(y), one, step, trend), off, p), 3.559195, 1e-6)
	near(t, "model 2 SE", se*math.Sqrt(r.Dispersion()), .032496, 2e-5) // printed to five digits

	p = len(season)
	x := design(len(y), season...)
	fit(r.Poisson(y, x, off, p))
	se = math.Sqrt(r.Cov[p+1] * r.Dispersion())
	near(t, "model 3 RR", math.Exp(r.Beta[1]), .885072, 1e-6)
	near(t, "model 3 low", math.Exp(r.Beta[1]-z*se), .839401, 1e-6)
	near(t, "model 3 high", math.Exp(r.Beta[1]+z*se), .933227, 1e-6)
	near(t, "model 3 dispersion", r.Dispersion(), 2.262186, 5e-6)
	near(t, "model 3 dispersion as R stops", dispersionR(y, x, off, p), 2.262186, 1e-6)
	near(t, "model 3 trend", math.Exp(r.Beta[2]), 1.005404, 1e-6)
	near(t, "HAC lag 3", math.Sqrt(r.HAC(3, false)[p+1]), .02176802, 1e-6)
	near(t, "HAC lag 12", math.Sqrt(r.HAC(12, false)[p+1]), .01539065, 1e-6)
	near(t, "small-sample factor", r.HAC(3, true)[p+1]/(.02176802*.02176802), 59./52, 1e-6)

	fit(r.NegBin(y, x, off, p))
	near(t, "NB theta", r.Theta, 840.0, 1e-4)
	near(t, "NB theta SE", r.ThetaSE, 309.1, 1e-3)
	near(t, "NB level", r.Beta[1], -.1230861, 1e-6)
	near(t, "NB level SE", math.Sqrt(r.Cov[p+1]), .02542926, 1e-6)

	x = design(len(y), append(season, after)...)
	p++
	fit(r.Poisson(y, x, off, p))
	se = math.Sqrt(r.Dispersion())
	near(t, "model 4 level", math.Exp(r.Beta[1]), .876464, 1e-6)
	near(t, "model 4 level low", math.Exp(r.Beta[1]-z*se*math.Sqrt(r.Cov[p+1])), .826753, 1e-6)
	near(t, "model 4 slope", math.Exp(r.Beta[p-1]), 1.001483, 1e-6)
	near(t, "model 4 slope high", math.Exp(r.Beta[p-1]+z*se*math.Sqrt(r.Cov[p*p-1])), 1.005130, 1e-6)
}

// didPanel is fixest's base_did as a panel: y* = round half to even of
// exp(y/5), x1 and treat x post.
func didPanel(t testing.TB) (areas, periods int, y []float64, x [][]float64) {
	head, rows := table(t, "golden/scdid/fixest_base_did.csv")
	id := map[string]int{}
	periods = 10
	for _, r := range rows {
		if _, ok := id[r[head["id"]]]; !ok {
			id[r[head["id"]]] = len(id)
		}
	}
	areas = len(id)
	y = make([]float64, areas*periods)
	x = [][]float64{make([]float64, areas*periods), make([]float64, areas*periods)}
	for _, r := range rows {
		k := id[r[head["id"]]]*periods + int(num(t, r[head["period"]])) - 1
		y[k] = math.RoundToEven(math.Exp(num(t, r[head["y"]]) / 5))
		x[0][k] = num(t, r[head["x1"]])
		x[1][k] = num(t, r[head["treat"]]) * num(t, r[head["post"]])
	}
	return
}

// glm is R's and fixest's iteration on dense columns: start at y + .1, stop
// when the deviance changes by less than tol, and keep the weights of the last
// step for everything that follows. It returns the coefficients, the inverse
// information and the weights of the last step, and the means.
func glm(y, x, off []float64, p int, tol float64) (beta, inv, w, mu []float64) {
	n := len(y)
	eta := make([]float64, n)
	w, mu = make([]float64, n), make([]float64, n)
	beta, inv = make([]float64, p), make([]float64, p*p)
	grad := make([]float64, p)
	deviance := func() (d float64) {
		for i, m := range mu {
			if y[i] > 0 {
				d += 2 * y[i] * math.Log(y[i]/m)
			}
			d -= 2 * (y[i] - m)
		}
		return d
	}
	for i, v := range y {
		mu[i] = v + .1
		eta[i] = math.Log(mu[i])
	}
	for old := deviance(); ; old = deviance() {
		clear(inv)
		clear(grad)
		for i, m := range mu {
			w[i] = m
			row := x[i*p : i*p+p]
			addOuter(inv, row, m)
			for j, v := range row {
				grad[j] += v * m * (eta[i] - off[i] + (y[i]-m)/m)
			}
		}
		mirror(inv, p)
		sweep(inv, p, make([]bool, p), make([]float64, p))
		mulVec(beta, inv, grad)
		for i := range mu {
			eta[i] = off[i] + dot(x[i*p:i*p+p], beta)
			mu[i] = math.Exp(eta[i])
		}
		if d := deviance(); math.Abs(d-old) < tol*(math.Abs(d)+.1) {
			return
		}
	}
}

// dummies is the two-way design with a column for every area and period.
func dummies(areas, periods int, x [][]float64) (cols []float64, p int) {
	p = len(x) + areas + periods - 1
	cols = make([]float64, areas*periods*p)
	for i := range areas {
		for s := range periods {
			k := i*periods + s
			row := cols[k*p : k*p+p]
			for j := range x {
				row[j] = x[j][k]
			}
			row[len(x)+i] = 1
			if s > 0 {
				row[len(x)+areas+s-1] = 1
			}
		}
	}
	return cols, p
}

// The golden standard errors carry the reference's own stopping rule: its
// Hessian is one step behind. Followed to that rule, a dense fit gives them to
// 1e-6; at convergence the same fit and ours agree, 1.3e-5 away.
func TestFixestPoisson(t *testing.T) {
	areas, periods, y, x := didPanel(t)
	var w TwoWay
	w.Design(areas, periods, x, nil, nil)
	if err := w.Fit(y); err != nil {
		t.Fatal(err)
	}
	head, rows := table(t, "golden/scdid/fixest_pois_twfe.csv")
	v := w.Linearise().CR1(y)
	for k, r := range rows {
		near(t, r[0], w.Beta[k], num(t, r[head["est"]]), 1e-6)
		near(t, r[0]+" SE", math.Sqrt(v[k*2+k]), num(t, r[head["se"]]), 2e-5)
		near(t, "log likelihood", w.LogLik(y), num(t, r[head["loglik"]]), 1e-6)
	}
	cols, p := dummies(areas, periods, x)
	for _, tol := range []float64{1e-8, 1e-15} {
		_, inv, _, mu := glm(y, cols, make([]float64, len(y)), p, tol)
		meat, score := make([]float64, p*p), make([]float64, p)
		for i := range areas {
			clear(score)
			for k := i * periods; k < (i+1)*periods; k++ {
				for j, c := range cols[k*p : k*p+p] {
					score[j] += c * (y[k] - mu[k])
				}
			}
			addOuter(meat, score, 108./107*1079/1068)
		}
		mirror(meat, p)
		full := make([]float64, p*p)
		sandwich(full, inv, meat, make([]float64, p*p), p)
		for k, r := range rows {
			if se := math.Sqrt(full[k*p+k]); tol > 1e-10 {
				near(t, "dense, "+r[0]+" SE", se, num(t, r[head["se"]]), 1e-6)
			} else {
				near(t, "converged, "+r[0]+" SE", math.Sqrt(v[k*2+k]), se, 1e-8)
			}
		}
	}
}

func TestExactRatio(t *testing.T) {
	rr, low, high, p := ExactRatio(20, 1, 8, 1, .05)
	near(t, "RR", rr, .4, 1e-12)
	near(t, "low", low, .1523877, 1e-6)
	near(t, "high", high, .9480582, 1e-6)
	near(t, "p", p, .03569814, 1e-6)
	// BENCHMARKS.md E20, to the digits printed there.
	rr, low, high, p = ExactRatio(84, 1, 45, 1, .05)
	near(t, "raids RR", rr, .536, 1e-3)
	near(t, "raids low", low, .364, 2e-3)
	near(t, "raids high", high, .778, 1e-3)
	near(t, "raids p", p, .00076, 1e-2)
	_, low, high, _ = ExactRatio(151, 3, 45, 1, .05)
	near(t, "June low", low, .626, 1e-3)
	near(t, "June high", high, 1.255, 1e-3)
	_, high = PoissonLimits(0, .05)
	near(t, "limit of zero", high, 3.689, 1e-4)
}
