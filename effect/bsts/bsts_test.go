package bsts

import (
	"encoding/csv"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"

	"athar"
	"athar/internal/testdata"
	"athar/stat"
)

// columns reads a golden CSV with a header.
func columns(t testing.TB, path string) map[string][]float64 {
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
	out := map[string][]float64{}
	for _, r := range rows[1:] {
		for k, h := range rows[0] {
			if v, err := strconv.ParseFloat(r[k], 64); err == nil {
				out[h] = append(out[h], v)
			}
		}
	}
	return out
}

// sums are the sorted means of the paths.
func sums(p *Posterior) []float64 {
	m := make([]float64, len(p.NoiseSD))
	for i := range m {
		for _, v := range p.Path[i*p.Ahead : (i+1)*p.Ahead] {
			m[i] += v / float64(p.Ahead)
		}
	}
	slices.Sort(m)
	return m
}

func within(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %.6g, want %.6g +- %.2g", what, got, want, tol)
	}
}

func TestPublishedExample(t *testing.T) {
	c := columns(t, "golden/causalimpact/doc_seed1.csv")
	y, x := c["y"], c["x1"]
	const pre = 70
	actual := 0.0
	for _, v := range y[pre:] {
		actual += v / 30
	}
	for _, seasons := range []int{0, 7} {
		prior := Published()
		prior.Seasons = seasons
		p, err := Fit(y, x, 1, pre, FitOptions{Prior: prior, Draws: 4000, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		m := sums(p)
		// summary.csv: 10.516 [9.81, 11.21] with 10,000 draws, 10.478 [9.80, 11.17] with 7 seasons
		want := [3]float64{10.5165, 9.8125, 11.2051}
		if seasons == 7 {
			want = [3]float64{10.4784, 9.7986, 11.1676}
		}
		mean := 0.0
		for _, v := range m {
			mean += v / float64(len(m))
		}
		within(t, "mean effect", actual-mean, want[0], .06)
		within(t, "lower end", actual-stat.Quantile(m, .975), want[1], .12)
		within(t, "upper end", actual-stat.Quantile(m, .025), want[2], .12)
		if h := stat.RHat(p.NoiseSD, p.Chains); h > 1.05 {
			t.Errorf("R-hat of the noise %.3f", h)
		}
		if p.OneStep < .93 {
			t.Errorf("one-step coverage %.3f", p.OneStep)
		}
		if seasons > 0 {
			continue
		}
		tail, _ := stat.Tail(actual, m)
		if tail > .005 {
			t.Errorf("p %.4f", tail)
		}
		// doc_series.csv: expected values before and after
		doc := columns(t, "golden/causalimpact/doc_series.csv")["point.pred"]
		for i, v := range p.Fitted {
			within(t, "fitted "+strconv.Itoa(i+1), v, doc[i], .35)
		}
		for h := range p.Ahead {
			v := 0.0
			for i := range m {
				v += p.Mean[i*p.Ahead+h] / float64(len(m))
			}
			within(t, "expected "+strconv.Itoa(pre+h+1), v, doc[pre+h], .25)
		}
	}
}

// conjugate is the posterior of the regression without a level, in closed form
// on the standardised scale: V = (Omega + X'X)^-1, b = V X'y, SS = DF (1-R2) +
// y'y - b'X'y.
func conjugate(d *data, p Prior, y []float64) (b *mat.VecDense, v *mat.Dense, ss float64) {
	n, k := len(y), d.k
	x := mat.NewDense(n, k, append([]float64(nil), d.x[:n*k]...))
	var xx, a mat.Dense
	xx.Mul(x.T(), x)
	a.Scale(p.Weight/d.n*(1-p.Shrink), &xx)
	for j := range k {
		a.Set(j, j, p.Weight/d.n*xx.At(j, j))
	}
	a.Add(&a, &xx)
	v = &mat.Dense{}
	if err := v.Inverse(&a); err != nil {
		panic(err)
	}
	yv := mat.NewVecDense(n, y)
	var xy mat.VecDense
	xy.MulVec(x.T(), yv)
	b = &mat.VecDense{}
	b.MulVec(v, &xy)
	return b, v, p.DF*(1-p.R2) + mat.Dot(yv, yv) - mat.Dot(b, &xy)
}

func regression(n, k int, beta ...float64) (y, x []float64) {
	r := stat.Stream(5, "regression", n)
	x, y = make([]float64, n*k), make([]float64, n)
	for t := range n {
		for j := range k {
			x[t*k+j] = r.NormFloat64()
			if j < len(beta) {
				y[t] += beta[j] * x[t*k+j]
			}
		}
		y[t] += r.NormFloat64()
	}
	return
}

// Without a level the draws of the regression are those of the closed form.
func TestSlabIsConjugate(t *testing.T) {
	const n, k, draws = 30, 3, 20000
	y, x := regression(n, k, 1, -.5)
	prior := Published()
	prior.Size, prior.Weight, prior.DF = 0, 3, 4
	d, err := standardise(y, x, k, n)
	if err != nil {
		t.Fatal(err)
	}
	b, v, ss := conjugate(d, prior, d.y)
	s := newSlab(d, prior)
	r := stat.Stream(1, "slab", 0)
	var mean, square [k]float64
	s2 := 0.0
	for range draws {
		s2 += s.draw(d.y, r) / draws
		for j, c := range s.beta {
			mean[j] += c / draws
			square[j] += (c - b.AtVec(j)) * (c - b.AtVec(j)) / draws
		}
	}
	df := prior.DF + n
	within(t, "noise", s2, ss/(df-2), .02*s2)
	for j := range k {
		want := v.At(j, j) * ss / (df - 2)
		within(t, "coefficient", mean[j], b.AtVec(j), 5*math.Sqrt(want/draws))
		within(t, "its variance", square[j], want, .06*want)
	}
	if a := testing.AllocsPerRun(50, func() { s.draw(d.y, r) }); a != 0 {
		t.Errorf("a draw allocates %v times", a)
	}
}

// Inclusions against the sum over all 2^k models.
func TestInclusionIsEnumerated(t *testing.T) {
	const n, k, draws = 25, 4, 30000
	y, x := regression(n, k, .6, .3)
	prior := Published()
	prior.Size, prior.Weight = 1.5, .1
	d, err := standardise(y, x, k, n)
	if err != nil {
		t.Fatal(err)
	}
	share := prior.Size / k
	var want [k]float64
	total := 0.0
	for in := range 1 << k {
		sub := &data{y: d.y, n: d.n}
		var cols []int
		weight := 1.0
		for j := range k {
			if in>>j&1 == 1 {
				cols = append(cols, j)
				weight *= share
			} else {
				weight *= 1 - share
			}
		}
		sub.k = len(cols)
		yy := 0.0
		for t := range n {
			yy += d.y[t] * d.y[t]
			for _, j := range cols {
				sub.x = append(sub.x, d.x[t*k+j])
			}
		}
		ss := prior.DF*(1-prior.R2) + yy
		if len(cols) > 0 {
			_, v, s := conjugate(sub, prior, d.y)
			ss = s
			omega := mat.NewDense(sub.k, sub.k, nil)
			for a, i := range cols {
				for b, j := range cols {
					w := .5
					if i == j {
						w = 1
					}
					omega.Set(a, b, prior.Weight/d.n*w*d.xx[i*k+j])
				}
			}
			weight *= math.Sqrt(mat.Det(omega) * mat.Det(v))
		}
		weight *= math.Pow(ss, -(prior.DF+d.n)/2)
		total += weight
		for _, j := range cols {
			want[j] += weight
		}
	}
	s := newSlab(d, prior)
	r := stat.Stream(2, "slab", 0)
	var got [k]float64
	for range draws {
		s.draw(d.y, r)
		for _, j := range s.active {
			got[j] += 1. / draws
		}
	}
	for j := range k {
		within(t, "inclusion", got[j], want[j]/total, .02)
	}
	if w := want[0] / total; w < .5 || want[3]/total > .5 {
		t.Errorf("the example tells nothing: %.2f, %.2f", w, want[3]/total)
	}
}

// A series in other units, and regressors in other units, give the same answer.
func TestUnits(t *testing.T) {
	y, x := regression(40, 2, 1)
	o := FitOptions{Prior: Published(), Draws: 400, Seed: 3}
	a, err := Fit(y, x, 2, 30, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range y {
		y[i] = 100 + 8*y[i]
	}
	for i := range x {
		x[i] = 5 + 4*x[i]
	}
	b, err := Fit(y, x, 2, 30, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a.Path {
		within(t, "path", b.Path[i], 100+8*a.Path[i], 1e-7)
	}
	for j := range a.Beta {
		within(t, "beta", b.Beta[j], 2*a.Beta[j], 1e-8)
	}
}

func TestFitRefuses(t *testing.T) {
	y := make([]float64, 20)
	if _, err := Fit(y, nil, 0, 15, FitOptions{Prior: Published()}); err != ErrFlat {
		t.Errorf("a flat series: %v", err)
	}
	for i := range y {
		y[i] = math.NaN()
	}
	if _, err := Fit(y, nil, 0, 15, FitOptions{Prior: Published()}); err != ErrShort {
		t.Errorf("an empty series: %v", err)
	}
}

func TestSweepAllocatesNothing(t *testing.T) {
	y, x := regression(40, 5, 1)
	for _, seasons := range []int{0, 7} {
		prior := Published()
		prior.Seasons = seasons
		d, err := standardise(y, x, 5, 40)
		if err != nil {
			t.Fatal(err)
		}
		s := newSampler(d, prior, stat.Stream(1, "alloc", 0))
		if a := testing.AllocsPerRun(100, s.sweep); a != 0 {
			t.Errorf("%d seasons: a sweep allocates %v times", seasons, a)
		}
	}
}

func TestSameSeedSameDraws(t *testing.T) {
	y, x := regression(40, 2, 1)
	o := FitOptions{Prior: Published(), Draws: 400, Seed: 3}
	a, _ := Fit(y, x, 2, 30, o)
	b, _ := Fit(y, x, 2, 30, o)
	if !slices.Equal(a.Path, b.Path) {
		t.Error("two runs differ")
	}
	o.Seed = 4
	if c, _ := Fit(y, x, 2, 30, o); slices.Equal(a.Path, c.Path) {
		t.Error("another seed gives the same draws")
	}
}

// Two adjacent blocks of four periods: the variance of the difference of their
// means is 2 (within - between), within = (4 + 6r + 4r2 + 2r3)/16, between =
// r (1 + r + r2 + r3)^2/16.
func TestInflation(t *testing.T) {
	m := &model{points: map[athar.Phase]int{athar.Pre: 4, athar.Post: 4}}
	for i := range 8 {
		q := athar.Period{Phase: athar.Pre, Days: 30}
		if i >= 4 {
			q.Phase = athar.Post
		}
		m.s.Periods = append(m.s.Periods, q)
		m.rows = append(m.rows, i)
	}
	if f := m.inflation(athar.Post); f != 1 {
		t.Errorf("white noise: %v", f)
	}
	const r = .4
	m.res.Rho = r
	within16 := 4 + 6*r + 4*r*r + 2*r*r*r
	between16 := r * math.Pow(1+r+r*r+r*r*r, 2)
	within(t, "inflation", m.inflation(athar.Post), math.Sqrt((within16-between16)/4), 1e-12)
}

// What a fit leaves of noise with a known persistence gives it back on average.
func TestPersistence(t *testing.T) {
	const n, reps = 40, 400
	for _, rho := range []float64{.3, .5} {
		got := 0.0
		for rep := range reps {
			r := stat.Stream(11, "persistence", rep)
			m := &model{post: &Posterior{Inclusion: []float64{1}}, k: 1}
			e, sx, sxx, sy, sxy := r.NormFloat64(), 0.0, 0.0, 0.0, 0.0
			for i := range n {
				e = rho*e + math.Sqrt(1-rho*rho)*r.NormFloat64()
				x := math.Sin(2 * math.Pi * float64(i) / 12)
				m.x, m.y = append(m.x, x), append(m.y, e)
				sx, sxx, sy, sxy = sx+x, sxx+x*x, sy+e, sxy+x*e
			}
			b := (sxy - sx*sy/n) / (sxx - sx*sx/n)
			for _, x := range m.x {
				m.post.Fitted = append(m.post.Fitted, sy/n+b*(x-sx/n))
			}
			got += m.persistence() / reps
		}
		within(t, "persistence", got, rho, .05)
	}
}

// The cost of 10,000 draws and what they are worth, at the sizes of golden/README.md.
func BenchmarkFit(b *testing.B) {
	for _, n := range []int{100, 1000, 3000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			y, x := regression(n, 1, 1.2)
			ess := 0.0
			b.ReportAllocs()
			for b.Loop() {
				p, err := Fit(y, x, 1, n*7/10, FitOptions{Prior: Published(), Chains: 1, Seed: 1})
				if err != nil {
					b.Fatal(err)
				}
				m := make([]float64, len(p.NoiseSD))
				for i := range m {
					for _, v := range p.Path[i*p.Ahead : (i+1)*p.Ahead] {
						m[i] += v
					}
				}
				ess = stat.ESS(m, 1)
			}
			b.ReportMetric(ess, "ESS")
		})
	}
}
