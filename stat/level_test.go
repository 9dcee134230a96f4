package stat

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// Durbin and Koopman's maximum likelihood for the Nile: 1469.1 and 15098.6 (BENCHMARKS.md C6).
func TestNileLocalLevel(t *testing.T) {
	head, rows := table(t, "golden/changepoint_tails/nile.csv")
	var y []float64
	for _, r := range rows {
		y = append(y, num(t, r[head["flow"]]))
	}
	l, err := FitLevel(y, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "variance of the level", l.Level, 1469.1, 1e-3)
	near(t, "variance of the noise", l.Eps, 15098.6, 1e-3)
	s := Structural{Eps: l.Eps, Level: l.Level, Spread: 1e9}
	near(t, "likelihood by the filter with a wide start", s.Filter(y, nil, nil)+.5*math.Log(2*math.Pi*(1e9+l.Eps)), l.LogLik, 1e-4)
}

// Generalised least squares with the dense covariance of a random walk.
func TestLevelRegressionIsGLS(t *testing.T) {
	const n, p, ahead = 15, 2, 3
	y := make([]float64, n)
	x := make([]float64, (n+ahead)*p)
	r := Stream(4, "x", 0)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	level := 0.0
	for i := range y {
		level += r.NormFloat64()
		y[i] = level + 2*x[i*p] + .3*r.NormFloat64()
	}
	y[2], y[7] = math.NaN(), math.NaN()
	l, err := FitLevel(y, x[:n*p], p)
	if err != nil {
		t.Fatal(err)
	}
	var at []int
	for i, v := range y {
		if v == v {
			at = append(at, i)
		}
	}
	m := len(at)
	v, d, e := mat.NewDense(m, m, nil), mat.NewDense(m, p+1, nil), mat.NewDense(m, 1, nil)
	walk := func(i, j int) float64 { return l.Level * float64(min(i, j)) }
	for i, a := range at {
		e.Set(i, 0, y[a])
		d.SetRow(i, []float64{x[a*p], x[a*p+1], 1})
		for j, b := range at {
			v.Set(i, j, walk(a, b))
		}
		v.Set(i, i, walk(a, a)+l.Eps)
	}
	var inv, dv, a, b, beta, rest, w mat.Dense
	if err := inv.Inverse(v); err != nil {
		t.Fatal(err)
	}
	dv.Mul(d.T(), &inv)
	a.Mul(&dv, d)
	b.Mul(&dv, e)
	if err := beta.Solve(&a, &b); err != nil {
		t.Fatal(err)
	}
	for j := range p {
		near(t, "coefficient", l.Beta[j], beta.At(j, 0), 1e-9)
	}
	rest.Mul(d, &beta)
	rest.Sub(e, &rest)
	w.Mul(&inv, &rest)
	point := make([]float64, ahead)
	l.Point(x[n*p:], point)
	for h := range point {
		want := beta.At(p, 0)
		for j := range p {
			want += beta.At(j, 0) * x[(n+h)*p+j]
		}
		for i, b := range at {
			want += walk(n+h, b) * w.At(i, 0)
		}
		near(t, "forecast", point[h], want, 1e-9)
	}
	if l.Level == 0 {
		t.Fatal("the example should have a level that moves")
	}
}

func TestLevelForecastMoments(t *testing.T) {
	y := wavy(20)
	for i := 1; i < len(y); i++ {
		y[i] += y[i-1]
	}
	l, err := FitLevel(y, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	const draws, ahead = 20000, 4
	mean, noise := make([]float64, ahead), make([]float64, ahead)
	r := Stream(1, "forecast", 0)
	var m, v float64
	for range draws {
		l.Forecast(nil, mean, noise, r)
		e := mean[ahead-1] + noise[ahead-1] - l.end[0]
		m += e / draws
		v += e * e / draws
	}
	want := (l.Eps*(l.spread+1) + ahead*l.Level) * l.DF / (l.DF - 2)
	near(t, "variance", v, want, .05)
	if math.Abs(m) > 5*math.Sqrt(want/draws) {
		t.Errorf("mean of the forecasts is off by %g", m)
	}
	if a := testing.AllocsPerRun(20, func() { l.Forecast(nil, mean, noise, r) }); a != 0 {
		t.Errorf("a draw allocates %v times", a)
	}
}

func TestRoots(t *testing.T) {
	r := Stream(9, "roots", 0)
	const n = 200000
	var m, v, back float64
	for range n {
		x := Root(NegBin(r, 20, 1), 2)
		m += x / n
		v += x * x / n
		back += Unroot(x, 2) / n
	}
	near(t, "variance of a Poisson root times its exposure", (v-m*m)*2, 1, .02)
	near(t, "mean of the counts", back, 20, .01)
	mean, noise, w := []float64{9, 11}, []float64{-.4, 1.2}, []float64{1, 1.1}
	for _, ratio := range []float64{.3, 1, 2.5} {
		s := 0.0
		for i := range mean {
			s += Unroot(math.Sqrt(ratio)*mean[i]+noise[i], w[i])
		}
		near(t, "ratio", RootRatio(s, mean, noise, w), ratio, 1e-12)
	}
}

func TestChains(t *testing.T) {
	r := Stream(2, "chains", 0)
	const chains, each, rho = 4, 5000, .8
	x := make([]float64, chains*each)
	for c := range chains {
		s := r.NormFloat64()
		for i := range each {
			s = rho*s + math.Sqrt(1-rho*rho)*r.NormFloat64()
			x[c*each+i] = s
		}
	}
	// An AR(1) chain is worth n (1-rho)/(1+rho) draws.
	near(t, "effective size", ESS(x, chains), chains*each*(1-rho)/(1+rho), .12)
	if h := RHat(x, chains); h > 1.01 {
		t.Errorf("chains of one law: R-hat %.3f", h)
	}
	for i := range each {
		x[i] += 2
	}
	if h := RHat(x, chains); h < 1.2 {
		t.Errorf("one chain elsewhere: R-hat %.3f", h)
	}
	for c := range chains {
		for i := range each {
			x[c*each+i] = r.NormFloat64() + 3*float64(i)/each
		}
	}
	if h := RHat(x, chains); h < 1.1 {
		t.Errorf("chains that drift together: R-hat %.3f", h)
	}
	if s := RHat(make([]float64, 100), 2); s != 1 {
		t.Errorf("a constant: R-hat %v", s)
	}
}
