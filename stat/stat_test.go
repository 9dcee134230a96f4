package stat

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"

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

// small is an unbalanced panel with two regressors, unused cells, an empty area
// and an empty period; the second half of the areas comes in equal pairs.
func small() (areas, periods int, y []float64, x [][]float64, use []bool, off []float64) {
	areas, periods = 14, 7
	n := areas * periods
	r := Stream(7, "small panel", 0)
	x = [][]float64{make([]float64, n), make([]float64, n)}
	use, off, y = make([]bool, n), make([]float64, n), make([]float64, n)
	for i := range areas {
		for t := range periods {
			k := i*periods + t
			off[k] = math.Log(28 + float64(t%3))
			use[k] = !(i == 1 && t == 2 || i == 3 && t < 3)
			if i < 4 && t >= 4 {
				x[0][k] = 1
			}
			if i >= 3 && i < 6 {
				x[1][k] = math.Sin(float64(i * t))
			}
			if i == 9 || t == 5 {
				continue
			}
			y[k] = NegBin(r, math.Exp(.3*float64(i%5)+.4*x[0][k]-.3*x[1][k]), 2)
		}
	}
	return
}

// denseFit fits the panel with a column per effect, over the cells that say
// something, and returns them.
func denseFit(t *testing.T, areas, periods int, y []float64, x [][]float64, use []bool, off []float64) (r Regression, cols []float64, p int, cells []int) {
	all, p := dummies(areas, periods, x)
	row, col := make([]float64, areas), make([]float64, periods)
	for k, v := range y {
		if use[k] {
			row[k/periods] += v
			col[k%periods] += v
		}
	}
	var yy, oo []float64
	for k, v := range y {
		if use[k] && row[k/periods] > 0 && col[k%periods] > 0 {
			cells = append(cells, k)
			yy, oo = append(yy, v), append(oo, off[k])
			cols = append(cols, all[k*p:(k+1)*p]...)
		}
	}
	if err := r.Poisson(yy, cols, oo, p); err != nil {
		t.Fatal(err)
	}
	return r, cols, p, cells
}

// The collapsed Newton solution is that of a dense fit with all dummies.
func TestTwoWayDense(t *testing.T) {
	areas, periods, y, x, use, off := small()
	var w TwoWay
	w.Design(areas, periods, x, use, off)
	if err := w.Fit(y); err != nil {
		t.Fatal(err)
	}
	r, _, p, cells := denseFit(t, areas, periods, y, x, use, off)
	for k := range 2 {
		near(t, "coefficient", w.Beta[k], r.Beta[k], 1e-8)
		for l := range 2 {
			near(t, "covariance", w.Cov[k*2+l], r.Cov[k*p+l], 1e-6)
		}
	}
	for n, k := range cells {
		near(t, "mean", w.Mu[k], r.Mu[n], 1e-8)
	}
	near(t, "log likelihood", w.LogLik(y), r.LogLik, 1e-10)
	if in, empty := w.Fitted(); in != 13 || empty != 1 {
		t.Errorf("%d areas in the fit, %d empty", in, empty)
	}
	// The other orientation: more periods than groups.
	var v TwoWay
	flip := func(z []float64) []float64 {
		o := make([]float64, len(z))
		for k, e := range z {
			o[k%periods*areas+k/periods] = e
		}
		return o
	}
	flipped := make([]bool, len(use))
	for k, b := range use {
		flipped[k%periods*areas+k/periods] = b
	}
	v.Design(periods, areas, [][]float64{flip(x[0]), flip(x[1])}, flipped, flip(off))
	if err := v.Fit(flip(y)); err != nil {
		t.Fatal(err)
	}
	near(t, "flipped", v.Beta[0], w.Beta[0], 1e-9)
}

// CR2 and the Bell-McCaffrey degrees of freedom by their definitions, on dense
// matrices: the hat matrix of the linearised model with all dummies, symmetric
// inverse square roots of its clusters, and the covariance of the clusters'
// scores under the working variance s_i^2 = 1 + lambda m_i.
func TestCR2Dense(t *testing.T) {
	areas, periods, y, x, use, off := small()
	var w TwoWay
	w.Design(areas, periods, x, use, off)
	if err := w.Fit(y); err != nil {
		t.Fatal(err)
	}
	s := w.Linearise()
	v := s.CR2(y)
	r, cols, p, cells := denseFit(t, areas, periods, y, x, use, off)
	n := len(cells)
	m := mat.NewDense(n, p, nil)
	e := make([]float64, n)
	for a, k := range cells {
		for j := range p {
			m.Set(a, j, math.Sqrt(r.Mu[a])*cols[a*p+j])
		}
		e[a] = (y[k] - r.Mu[a]) / math.Sqrt(r.Mu[a])
	}
	inv := mat.NewDense(p, p, r.Cov)
	var tmp, hat mat.Dense
	tmp.Mul(m, inv)
	hat.Mul(&tmp, m.T())
	var clusters [][]int
	for a, k := range cells {
		if a == 0 || k/periods != cells[a-1]/periods {
			clusters = append(clusters, nil)
		}
		clusters[len(clusters)-1] = append(clusters[len(clusters)-1], a)
	}
	for _, lambda := range []float64{0, .7} {
		for _, c := range [][]float64{{1, 0}, {0, 1}, {.3, .7}} {
			full := make([]float64, p)
			copy(full, c)
			var lin mat.VecDense // M (M'M)^- c
			lin.MulVec(&tmp, mat.NewVecDense(p, full))
			g := len(clusters)
			proj := mat.NewDense(n, g, nil) // column i: p_i, in the rows of cluster i
			scale := make([]float64, n)
			target := make([]float64, g)
			for i, rows := range clusters {
				q := len(rows)
				h := mat.NewSymDense(q, nil)
				sum, pz := 0.0, mat.NewVecDense(q, nil)
				for a, ra := range rows {
					for b := a; b < q; b++ {
						d := 0.0
						if a == b {
							d = 1
						}
						h.SetSym(a, b, d-hat.At(ra, rows[b]))
					}
					sum += y[cells[ra]]
					pz.SetVec(a, lin.AtVec(ra))
				}
				var eig mat.EigenSym
				eig.Factorize(h, true)
				var vec mat.Dense
				eig.VectorsTo(&vec)
				for l, val := range eig.Values(nil) {
					if val < 1e-8 {
						continue
					}
					d := mat.Dot(vec.ColView(l), pz)
					for a, ra := range rows {
						proj.Set(ra, i, proj.At(ra, i)+vec.At(a, l)*d/math.Sqrt(val))
					}
				}
				for _, ra := range rows {
					scale[ra] = 1 + lambda*sum/float64(q)
				}
				target[i] = scale[rows[0]] * mat.Dot(pz, pz)
			}
			res := mat.NewDense(n, n, nil) // I - H
			for a := range n {
				for b := range n {
					d := 0.0
					if a == b {
						d = 1
					}
					res.Set(a, b, d-hat.At(a, b))
				}
			}
			var half, cov, o mat.Dense
			half.Mul(res, mat.NewDiagDense(n, scale))
			cov.Mul(&half, res)
			half.Reset()
			half.Mul(proj.T(), &cov)
			o.Mul(&half, proj)
			var score mat.VecDense
			score.MulVec(proj.T(), mat.NewVecDense(n, e))
			var want, tr, tr2 float64
			weight := make([]float64, g)
			for i := range g {
				if o.At(i, i) > 1e-10*target[i] {
					weight[i] = target[i] / o.At(i, i)
				}
				want += weight[i] * score.AtVec(i) * score.AtVec(i)
				tr += weight[i] * o.At(i, i)
			}
			for i := range g {
				for j := range g {
					tr2 += weight[i] * weight[j] * o.At(i, j) * o.At(i, j)
				}
			}
			got, df := s.Contrast(y, c, lambda)
			near(t, "CR2 variance", got, want, 1e-6)
			near(t, "degrees of freedom", df, tr*tr/tr2, 1e-6)
			if lambda == 0 {
				near(t, "CR2 by coefficient", Quad(v, c), want, 1e-6)
			}

			// Conley's on the same matrices, areas 30 km apart on a line. Nearer than that
			// to each other is nobody, and the variance that by area.
			line := func(i, j int) float64 { return 30 * math.Abs(float64(i-j)) }
			alone, _ := s.Conley(y, c, lambda, 29, line)
			near(t, "Conley of areas apart", alone, got, 1e-12)
			for _, h := range []float64{50, 100} {
				kernel := mat.NewDense(g, g, nil)
				for i := range g {
					for j := range g {
						k := max(0, 1-line(cells[clusters[i][0]]/periods, cells[clusters[j][0]]/periods)/h)
						kernel.Set(i, j, k*math.Sqrt(weight[i]*weight[j]))
					}
				}
				var bo, bobo mat.Dense
				bo.Mul(kernel, &o)
				bobo.Mul(&bo, &bo)
				got, df := s.Conley(y, c, lambda, h, line)
				near(t, "Conley variance", got, mat.Inner(&score, kernel, &score)*tr/mat.Trace(&bo), 1e-6)
				near(t, "degrees of freedom", df, mat.Trace(&bo)*mat.Trace(&bo)/mat.Trace(&bobo), 1e-6)
				// Without the adjustment of the scores it is the published formula.
				var plain float64
				raw := make([]float64, g)
				for i, rows := range clusters {
					for _, ra := range rows {
						raw[i] += lin.AtVec(ra) * e[ra]
					}
				}
				for i := range g {
					for j := range g {
						plain += max(0, 1-line(cells[clusters[i][0]]/periods, cells[clusters[j][0]]/periods)/h) * raw[i] * raw[j]
					}
				}
				if got < plain {
					t.Errorf("Conley %g with adjusted scores, %g without: the adjustment is there because the second is too small", got, plain)
				}
			}
		}
	}
}

// Areas that agree are fitted as one group; a design with its own value for
// every area has as many groups as areas. Both give the same answer.
func TestGroups(t *testing.T) {
	areas, periods, y, x, use, off := small()
	var w, v TwoWay
	w.Design(areas, periods, x, use, off)
	v.Design(areas, periods, [][]float64{x[0], x[1], make([]float64, len(y))}, use, off)
	for k := range y {
		v.x[2][k] = float64(k/periods) / 7 // an area's own constant: nothing new
	}
	v.Design(areas, periods, v.x, use, off)
	if w.Fit(y) != nil || v.Fit(y) != nil {
		t.Fatal("no fit")
	}
	if !v.Dropped[2] || v.Beta[2] != 0 || w.Groups >= v.Groups {
		t.Errorf("dropped %v, groups %d and %d", v.Dropped, w.Groups, v.Groups)
	}
	near(t, "coefficient", v.Beta[0], w.Beta[0], 1e-9)
	near(t, "coefficient", v.Beta[1], w.Beta[1], 1e-9)
	a, b := w.Linearise(), v.Linearise()
	va, dfa := a.Contrast(y, []float64{1, 0}, .5)
	vb, dfb := b.Contrast(y, []float64{1, 0, 0}, .5)
	near(t, "variance", vb, va, 1e-8)
	near(t, "degrees of freedom", dfb, dfa, 1e-8)
}

func TestDegenerate(t *testing.T) {
	var w TwoWay
	w.Design(3, 4, nil, nil, nil)
	if err := w.Fit(make([]float64, 12)); err != ErrEmpty {
		t.Errorf("an empty panel: %v", err)
	}
	x := []float64{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}
	w.Design(3, 4, [][]float64{x}, nil, nil)
	if err := w.Fit([]float64{1, 2, 1, 0, 3, 1, 2, 2, 1, 1, 4, 3}); err != ErrDiverged {
		t.Errorf("an effect of minus infinity: %v", err)
	}
	w.Design(1, 4, [][]float64{{0, 0, 1, 1}}, nil, nil)
	if err := w.Fit([]float64{1, 2, 3, 4}); err != nil || !w.Dropped[0] {
		t.Errorf("one area: %v, dropped %v", err, w.Dropped)
	}
	w.Design(4, 1, nil, nil, nil)
	if err := w.Fit([]float64{1, 2, 3, 4}); err != nil {
		t.Errorf("one period: %v", err)
	}
	var r Regression
	if err := r.Poisson([]float64{0, 0, 0}, []float64{1, 1, 1}, nil, 1); err == nil {
		t.Error("a regression on nothing")
	}
	if err := r.Poisson([]float64{5, 4, 6, 0, 0}, []float64{1, 0, 1, 0, 1, 0, 1, 1, 1, 1}, nil, 2); err == nil {
		t.Error("a separated regression settles")
	}
}

func TestAllocations(t *testing.T) {
	areas, periods, y, x, use, off := small()
	var w TwoWay
	w.Design(areas, periods, x, use, off)
	one := design(len(y), func(int) float64 { return 1 }, func(i int) float64 { return x[0][i] })
	var r, nb Regression
	fit := func() {
		if w.Fit(y) != nil || r.Poisson(y, one, off, 2) != nil || nb.NegBin(y, one, off, 2) != nil {
			t.Fatal("no fit")
		}
		r.HAC(3, true)
	}
	fit()
	if n := testing.AllocsPerRun(20, fit); n != 0 {
		t.Errorf("%v allocations a fit", n)
	}
}

// Growth is 0 for counts whose variance is proportional to the mean, and finds
// the intensity shocks of negative binomial areas of very different size.
func TestGrowth(t *testing.T) {
	const areas, periods, alpha = 80, 20, .2
	block := make([]int, periods)
	for t := range block[12:] {
		block[12+t] = 1 + t/4
	}
	var sum [2]float64
	const reps = 60
	for k := range reps {
		r := Stream(uint64(k), "growth", 0)
		for world := range sum {
			y := make([]float64, areas*periods)
			for i := range areas {
				level := math.Exp(3 * r.Float64())
				for t := range periods {
					phi := 3.0
					if world == 1 {
						phi = 1 + alpha*level
					}
					y[i*periods+t] = NegBin(r, level, phi)
				}
			}
			var w TwoWay
			w.Design(areas, periods, nil, nil, nil)
			if err := w.Fit(y); err != nil {
				t.Fatal(err)
			}
			sum[world] += w.Linearise().Growth(y, block) / reps
		}
	}
	if sum[0] > .05 {
		t.Errorf("proportional variance: growth %.3f", sum[0])
	}
	if sum[1] < alpha/1.5 || sum[1] > alpha*2.5 {
		t.Errorf("growth %.3f, want about %v", sum[1], alpha)
	}
}

func TestStream(t *testing.T) {
	a, b := Stream(1, "task", 2), Stream(1, "task", 2)
	for range 5 {
		if a.Uint64() != b.Uint64() {
			t.Fatal("the same stream gives other numbers")
		}
	}
	seen := map[uint64]bool{}
	for _, s := range []uint64{Stream(1, "task", 2).Uint64(), Stream(2, "task", 2).Uint64(), Stream(1, "task", 3).Uint64(), Stream(1, "tasks", 2).Uint64()} {
		seen[s] = true
	}
	if len(seen) != 4 {
		t.Error("different tasks share a stream")
	}
}

// The simultaneous critical value lies between the single one and Bonferroni's,
// and is the single one for estimates that move together.
func TestSupT(t *testing.T) {
	v := []float64{1, .3, .3, .3, 1, .3, .3, .3, 1}
	c := SupT(v, 3, 10, .95, 20000, Stream(1, "sup", 0))
	if c <= TQuantile(.975, 10) || c > TQuantile(1-.025/3, 10)*1.02 {
		t.Errorf("critical value %v", c)
	}
	same := []float64{1, 1, 1, 1}
	near(t, "perfect correlation", SupT(same, 2, 10, .95, 20000, Stream(1, "sup", 0)), TQuantile(.975, 10), .03)
	near(t, "one estimate", SupT([]float64{2}, 1, 7, .95, 10, Stream(1, "sup", 0)), 2.364624, 1e-6)
}

// The bias of a short series is taken out.
func TestAR1(t *testing.T) {
	for _, rho := range []float64{0, .5} {
		sum := 0.0
		const reps, n = 4000, 24
		for k := range reps {
			r := Stream(uint64(k), "ar1", 0)
			e, at, mean := make([]float64, n), make([]int, n), 0.0
			x := r.NormFloat64()
			for i := range e {
				e[i], at[i] = x, i
				mean += x / n
				x = rho*x + math.Sqrt(1-rho*rho)*r.NormFloat64()
			}
			for i := range e {
				e[i] -= mean
			}
			sum += AR1(e, at)
		}
		if got := sum / reps; math.Abs(got-rho) > .03 {
			t.Errorf("rho %v is estimated as %.3f", rho, got)
		}
	}
	if AR1([]float64{1, -1, 1, -1, 1, -1}, []int{0, 2, 4, 6, 8, 10}) != 0 {
		t.Error("gaps count as neighbours")
	}
}

func TestLjungBox(t *testing.T) {
	low := 0
	const reps = 1000
	for k := range reps {
		r := Stream(uint64(k), "ljung-box", 0)
		e := make([]float64, 60)
		for i := range e {
			e[i] = r.NormFloat64()
		}
		if LjungBox(e, 12, 0) < .05 {
			low++
		}
	}
	if low < 25 || low > 90 {
		t.Errorf("%d of %d white series rejected at 5%%", low, reps)
	}
}

func TestNegBin(t *testing.T) {
	for _, phi := range []float64{1, 4} {
		r := Stream(3, "negbin", 0)
		var s, q float64
		const n = 20000
		for range n {
			v := NegBin(r, 6, phi)
			s += v
			q += v * v
		}
		s /= n
		near(t, "mean", s, 6, .03)
		near(t, "variance over mean", (q/n-s*s)/s, phi, .05)
	}
}

// Theta of MASS's quine data needs that data; the estimator is checked instead
// on counts whose likelihood can be searched directly.
func TestThetaIsMaximum(t *testing.T) {
	var y []float64
	r := Stream(5, "theta", 0)
	for range 200 {
		y = append(y, NegBin(r, 5, 3))
	}
	var fit Regression
	x := design(len(y), func(int) float64 { return 1 })
	if err := fit.NegBin(y, x, nil, 1); err != nil {
		t.Fatal(err)
	}
	at := func(th float64) float64 {
		g := fit
		g.Theta = th
		g.finish()
		return g.LogLik
	}
	best := at(fit.Theta)
	if at(fit.Theta*1.01) > best || at(fit.Theta/1.01) > best {
		t.Error("theta is not at the maximum")
	}
	h := fit.Theta * 1e-3
	info := -(at(fit.Theta+h) - 2*best + at(fit.Theta-h)) / (h * h)
	near(t, "SE of theta", fit.ThetaSE, 1/math.Sqrt(info), 1e-3)
	for i := range y {
		y[i] = float64(5 + i%2)
	}
	if err := fit.NegBin(y, x, nil, 1); err != nil || !math.IsInf(fit.Theta, 1) {
		t.Errorf("underdispersed counts have theta %v, %v", fit.Theta, err)
	}
}

// A persistent intensity is recognised through a fit with a trend and a step,
// and its covariance is that of the coefficients over many series; noise
// without persistence leaves the quasi-Poisson covariance.
func TestPersistent(t *testing.T) {
	const n, reps, mean = 48, 400, 40.0
	x := design(n, func(int) float64 { return 1 }, func(i int) float64 { return float64(i) / n }, func(i int) float64 {
		if i >= 36 {
			return 1
		}
		return 0
	})
	at := make([]int, n)
	for i := range at {
		at[i] = i
	}
	for _, rho := range []float64{0, .6} {
		var found, step, square, variance float64
		for k := range reps {
			r := Stream(uint64(k), "persistent", 0)
			y := make([]float64, n)
			state := r.NormFloat64()
			for i := range y {
				y[i] = NegBin(r, mean*math.Exp(.4*state-.08), 1)
				state = rho*state + math.Sqrt(1-rho*rho)*r.NormFloat64()
			}
			var fit Regression
			if err := fit.Poisson(y, x, nil, 3); err != nil {
				t.Fatal(err)
			}
			s := NewPersistent(&fit, at)
			v := s.Cov(fit.Cov)
			if s.Rho == 0 {
				near(t, "without persistence", v[8], fit.Cov[8]*fit.Dispersion(), 1e-9)
				near(t, "degrees of freedom", s.DF, n-3, 1e-12)
			}
			found += s.Rho / reps
			step += fit.Beta[2] / reps
			square += fit.Beta[2] * fit.Beta[2] / reps
			variance += v[8] / reps
		}
		sd := math.Sqrt(square - step*step)
		if got := math.Sqrt(variance) / sd; got < .85 || got > 1.2 {
			t.Errorf("rho %v: the standard error is %.2f of the standard deviation", rho, got)
		}
		if math.Abs(found-rho) > .1 { // it cannot be negative
			t.Errorf("rho %v is estimated as %.2f on average", rho, found)
		}
	}
}

// A penalty is a prior: it pulls as the formula says, also where the data alone have no
// finite estimate.
func TestPenalty(t *testing.T) {
	const areas, periods = 6, 6
	y, x := make([]float64, areas*periods), make([]float64, areas*periods)
	for i := range areas {
		for t := range periods {
			y[i*periods+t] = float64(2 + (i+t)%3)
			if i == 0 && t >= 4 {
				y[i*periods+t], x[i*periods+t] = 0, 1
			}
		}
	}
	var w TwoWay
	w.Design(areas, periods, [][]float64{x}, nil, nil)
	if w.Fit(y) == nil {
		t.Error("an effect without events has a finite estimate")
	}
	w.Penalty = []float64{.5}
	if err := w.Fit(y); err != nil {
		t.Fatal(err)
	}
	// At the maximum the score of the data is the pull of the prior.
	score := 0.0
	for k, v := range x {
		score += v * (y[k] - w.Mu[k])
	}
	near(t, "score", score, .5*w.Beta[0], 1e-9)
	if w.Beta[0] >= 0 {
		t.Errorf("b %v", w.Beta[0])
	}
}

// The functions of the basis add up to 1, are smooth across knots and hold a straight line.
func TestCubicSpline(t *testing.T) {
	const pieces = 4
	line := func(u float64) (sum, x float64) {
		k, b := CubicSpline(u, pieces)
		for j, v := range b {
			sum += v
			x += v * (float64(k+j) - 1) / pieces
		}
		return sum, x
	}
	for i := range 41 {
		u := float64(i) / 40
		sum, x := line(u)
		if math.Abs(sum-1) > 1e-12 || math.Abs(x-u) > 1e-12 {
			t.Errorf("at %v: sum %v, line %v", u, sum, x)
		}
	}
	if k, b := CubicSpline(7, pieces); k != pieces-1 || b[3] != 1./6 {
		t.Errorf("beyond the end: %d %v", k, b)
	}
}
