package did

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"athar"
)

// Term is one coefficient or average of [SunAbraham].
type Term struct {
	At      int // time since treatment; for covariates their number
	Est, SE float64
}

// EventStudy is what [SunAbraham] estimates.
type EventStudy struct {
	Covariates []Term
	Points     []Term // by time since treatment, without the reference -1
	ATT        Term   // all cells from treatment on, weighted by their observations
	Refusal    *athar.Refusal
}

// SunAbraham is the interaction-weighted regression of Sun and Abraham (2021):
// y on unit and period effects, covariates that change in time (columns of
// x, laid out like Y) and a term for every group and time since treatment but
// -1; the never treated are the controls. Terms are averaged over groups with
// the shares of their observations, taken as known. Errors are clustered by
// unit with the factor G/(G-1) (n-1)/(n-k), k without the unit effects, which
// nest in the clusters. d.X is not used.
func SunAbraham(d Data, x [][]float64) EventStudy {
	type cell struct{ g, t int }
	var groups []int
	size := map[int]int{}
	never := 0
	for _, g := range d.First {
		if g < 0 || g >= d.Periods {
			never++
			continue
		}
		if size[g]++; size[g] == 1 {
			groups = append(groups, g)
		}
	}
	slices.Sort(groups)
	switch {
	case len(groups) == 0:
		return EventStudy{Refusal: athar.Refuse("did-none-treated")}
	case never == 0:
		return EventStudy{Refusal: athar.Refuse("did-none-untreated")}
	}
	cols := slices.Clone(x)
	var cells []cell
	for _, g := range groups {
		for t := range d.Periods {
			if t == g-1 || g == 0 {
				continue
			}
			c := make([]float64, len(d.Y))
			for i, f := range d.First {
				if f == g {
					c[i*d.Periods+t] = 1
				}
			}
			cols, cells = append(cols, c), append(cells, cell{g, t})
		}
	}
	beta, v, ok := withinTwoWay(&d, cols)
	if !ok {
		return EventStudy{Refusal: athar.Refuse("not-identified")}
	}
	var out EventStudy
	k := len(cols)
	for j := range x {
		out.Covariates = append(out.Covariates, Term{j, beta[j], math.Sqrt(v[j*k+j])})
	}
	average := func(want func(c cell) bool) (est, se float64) {
		w, total := make([]float64, k), 0.0
		for j, c := range cells {
			if want(c) {
				w[len(x)+j] = float64(size[c.g])
				total += w[len(x)+j]
			}
		}
		for j := range w {
			w[j] /= total
		}
		q := 0.0
		for i, a := range w {
			for j, b := range w {
				q += a * b * v[i*k+j]
			}
		}
		return dot(w, beta), math.Sqrt(q)
	}
	for e := -d.Periods; e <= d.Periods; e++ {
		if slices.ContainsFunc(cells, func(c cell) bool { return c.t-c.g == e }) {
			p := Term{At: e}
			p.Est, p.SE = average(func(c cell) bool { return c.t-c.g == e })
			out.Points = append(out.Points, p)
		}
	}
	out.ATT.Est, out.ATT.SE = average(func(c cell) bool { return c.t >= c.g })
	return out
}

// withinTwoWay is least squares with unit and period effects on a balanced
// panel, which double demeaning removes exactly, and its covariance clustered
// by unit. cols are columns laid out like d.Y.
func withinTwoWay(d *Data, cols [][]float64) (beta, v []float64, ok bool) {
	k, nt := len(cols), d.Periods
	z := make([][]float64, k+1)
	for j, c := range append(slices.Clone(cols), d.Y) {
		z[j] = demean(c, d.Units, nt)
	}
	info := mat.NewSymDense(k, nil)
	xy := mat.NewVecDense(k, nil)
	for i := range k {
		for j := i; j < k; j++ {
			info.SetSym(i, j, dot(z[i], z[j]))
		}
		xy.SetVec(i, dot(z[i], z[k]))
	}
	var ch mat.Cholesky
	var b mat.VecDense
	if !ch.Factorize(info) || ch.Cond() > 1e12 || ch.SolveVecTo(&b, xy) != nil {
		return nil, nil, false
	}
	beta = b.RawVector().Data
	scores := mat.NewDense(d.Units, k, nil)
	for i := range d.Units {
		row := scores.RawRowView(i)
		for t := i * nt; t < (i+1)*nt; t++ {
			e := z[k][t]
			for j := range k {
				e -= beta[j] * z[j][t]
			}
			for j := range k {
				row[j] += e * z[j][t]
			}
		}
	}
	var inv mat.SymDense
	if ch.InverseTo(&inv) != nil {
		return nil, nil, false
	}
	var half, cov mat.Dense
	half.Mul(scores, &inv)
	cov.Mul(half.T(), &half)
	g, n := float64(d.Units), float64(d.Units*nt)
	cov.Scale(g/(g-1)*(n-1)/(n-float64(k+nt)), &cov)
	return beta, cov.RawMatrix().Data, true
}

// demean subtracts unit and period means and adds the grand mean.
func demean(x []float64, units, periods int) []float64 {
	z := slices.Clone(x)
	byPeriod := make([]float64, periods)
	grand := 0.0
	for i := range units {
		row, m := z[i*periods:(i+1)*periods], 0.0
		for t, v := range row {
			m += v
			byPeriod[t] += v / float64(units)
		}
		m /= float64(periods)
		grand += m / float64(units)
		for t := range row {
			row[t] -= m
		}
	}
	for i := range z {
		z[i] += grand - byPeriod[i%periods]
	}
	return z
}
