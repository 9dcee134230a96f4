package stat

import (
	"errors"
	"hash/fnv"
	"math"
	"slices"
)

// ErrEmpty says that a panel has no event in its used cells.
var ErrEmpty = errors.New("no events in the used cells")

// TwoWay fits the Poisson regression with area and period effects
//
//	log mu_it = a_i + g_t + x_it b + offset_it
//
// to a panel that may have unused cells. Three properties of the likelihood
// make it fast and exact. Areas and periods without events say nothing and
// drop out. Areas whose used cells, offsets and regressors agree enter through
// their sum alone, so they are fitted as one group; the campaign panels, where
// most regressors belong to a role, shrink to a handful of groups. Given the
// effects of the smaller dimension and b, those of the larger have a closed
// form; what remains is a small concave problem, solved by Newton steps.
//
// Design sets the panel up once; Fit may then be called for many outcomes and
// allocates nothing after the first. Cell (i, t) is at i*Periods+t.
type TwoWay struct {
	Areas, Periods, K int

	// Penalty is the matrix P, K square, of a penalty b'Pb/2 that is taken off the log
	// likelihood; nil: none. Cov then is the inverse of information and P.
	Penalty []float64

	Beta    []float64 // K; a column that the effects and earlier columns explain is 0
	Dropped []bool    // those columns
	Cov     []float64 // inverse information of Beta, K x K, at dispersion 1
	Mu      []float64 // fitted means, 0 in cells that are not in the fit
	In      []bool    // cells in the fit
	Groups  int       // groups of areas in the fit

	use    []bool
	offset []float64
	x      [][]float64

	group []int // group of an area, -1: no used cell
	first []int // a member of each group, whose design stands for all
	total []float64
	sum   []float64 // events of each area in the fit

	// The collapsed problem: rows are the dimension that is concentrated out,
	// cols the one with dummies; columns of theta are cols, then K regressors.
	byGroup    bool
	rows, cols int
	cells      []collapsed
	rowStart   []int
	rowTotal   []float64
	theta      []float64
	trial      []float64
	grad, step []float64
	hess       []float64
	zbar       []float64
	diag       []float64
	drop       []bool
	p          []float64
	periodSum  []float64
	cellY      []float64
}

// collapsed is one cell of the collapsed problem; at is the panel's cell that
// holds its regressors.
type collapsed struct {
	col, at int
	y, mu   float64
}

// Design sets the panel: x holds K regressors, use and offset one value per
// cell; use nil: all cells, offset nil: 0. The slices are kept, not copied.
func (w *TwoWay) Design(areas, periods int, x [][]float64, use []bool, offset []float64) {
	w.Areas, w.Periods, w.K = areas, periods, len(x)
	w.x, w.use, w.offset = x, use, offset
	w.group, w.first = grow(w.group, areas), w.first[:0]
	seen := make(map[uint64][]int)
	for i := range areas {
		h := w.hash(i)
		w.group[i] = -1
		for _, g := range seen[h] {
			if w.same(i, w.first[g]) {
				w.group[i] = g
			}
		}
		if w.group[i] < 0 {
			w.group[i] = len(w.first)
			seen[h] = append(seen[h], len(w.first))
			w.first = append(w.first, i)
		}
	}
	g := len(w.first)
	w.total = grow(w.total, g)
	w.sum, w.periodSum = grow(w.sum, areas), grow(w.periodSum, periods)
	w.Mu, w.In = grow(w.Mu, areas*periods), grow(w.In, areas*periods)
	w.cells = make([]collapsed, 0, g*periods)
	w.cellY = grow(w.cellY, g*periods)
	w.rowStart = grow(w.rowStart, max(g, periods)+1)
	w.rowTotal = grow(w.rowTotal, max(g, periods))
	n := max(min(g, periods), 0) + w.K
	w.theta, w.trial = grow(w.theta, n), grow(w.trial, n)
	w.grad, w.step = grow(w.grad, n), grow(w.step, n)
	w.zbar, w.diag = grow(w.zbar, n), grow(w.diag, n)
	w.hess, w.drop = grow(w.hess, n*n), grow(w.drop, n)
	w.p = grow(w.p, max(g, periods))
	w.Beta, w.Dropped, w.Cov = grow(w.Beta, w.K), grow(w.Dropped, w.K), grow(w.Cov, w.K*w.K)
}

func (w *TwoWay) used(k int) bool { return w.use == nil || w.use[k] }

func (w *TwoWay) off(k int) float64 {
	if w.offset == nil {
		return 0
	}
	return w.offset[k]
}

func (w *TwoWay) hash(i int) uint64 {
	h := fnv.New64a()
	var b [8]byte
	for t := range w.Periods {
		k := i*w.Periods + t
		if !w.used(k) {
			h.Write([]byte{0})
			continue
		}
		for j := -1; j < w.K; j++ {
			v := w.off(k)
			if j >= 0 {
				v = w.x[j][k]
			}
			u := math.Float64bits(v)
			for n := range b {
				b[n] = byte(u >> (8 * n))
			}
			h.Write(b[:])
		}
	}
	return h.Sum64()
}

func (w *TwoWay) same(i, j int) bool {
	for t := range w.Periods {
		a, b := i*w.Periods+t, j*w.Periods+t
		if w.used(a) != w.used(b) {
			return false
		}
		if !w.used(a) {
			continue
		}
		if w.off(a) != w.off(b) {
			return false
		}
		for _, x := range w.x {
			if x[a] != x[b] {
				return false
			}
		}
	}
	return true
}

// Fit fits the counts y. It returns ErrEmpty without events and ErrDiverged
// where an effect has no finite estimate.
func (w *TwoWay) Fit(y []float64) error {
	if !w.collapse(y) {
		return ErrEmpty
	}
	n := w.cols + w.K
	theta, trial := w.theta[:n], w.trial[:n]
	clear(theta)
	w.start(theta)
	ll := w.likelihood(theta)
	for range 200 {
		w.information(theta)
		sweep(w.hess[:n*n], n, w.drop[:n], w.diag[:n])
		mulVec(w.step[:n], w.hess[:n*n], w.grad[:n])
		size := 0.0
		for _, s := range w.step[:n] {
			size = max(size, math.Abs(s))
		}
		if math.IsNaN(size) {
			return ErrDiverged
		}
		share := min(1, 5/size)
		for {
			for j := range trial {
				trial[j] = theta[j] + share*w.step[j]
			}
			next := w.likelihood(trial)
			if next >= ll-1e-10*(1+math.Abs(ll)) {
				ll = next
				break
			}
			if share /= 2; share < 1e-6 {
				return ErrDiverged
			}
		}
		copy(theta, trial)
		// Newton's steps square the error, so after this one it is below 1e-13.
		if size < 3e-7 {
			w.information(theta)
			sweep(w.hess[:n*n], n, w.drop[:n], w.diag[:n])
			return w.expand(y)
		}
	}
	return ErrDiverged
}

// collapse sums the counts by group and lists the cells in the fit: used, in a
// period and a group with events.
func (w *TwoWay) collapse(y []float64) bool {
	g, nt := len(w.first), w.Periods
	clear(w.total)
	clear(w.periodSum)
	clear(w.sum)
	w.cellY = w.cellY[:g*nt]
	clear(w.cellY)
	for i := range w.Areas {
		for t := range nt {
			if k := i*nt + t; w.used(k) && y[k] > 0 {
				w.sum[i] += y[k]
				w.periodSum[t] += y[k]
				w.cellY[w.group[i]*nt+t] += y[k]
			}
		}
		w.total[w.group[i]] += w.sum[i]
	}
	active, events := 0, 0.0
	for _, s := range w.total {
		if s > 0 {
			active++
			events += s
		}
	}
	live := 0
	for _, s := range w.periodSum {
		if s > 0 {
			live++
		}
	}
	w.Groups = active
	w.byGroup = active >= live
	w.cells = w.cells[:0]
	w.rows, w.cols = 0, min(active, live)
	outer, inner := nt, g
	if w.byGroup {
		outer, inner = g, nt
	}
	// col of an inner index: its rank among those with events.
	row := func(r int) float64 {
		if w.byGroup {
			return w.total[r]
		}
		return w.periodSum[r]
	}
	col := func(c int) float64 {
		if w.byGroup {
			return w.periodSum[c]
		}
		return w.total[c]
	}
	for r := range outer {
		if row(r) == 0 {
			continue
		}
		w.rowStart[w.rows] = len(w.cells)
		w.rowTotal[w.rows] = row(r)
		n := 0
		for c := range inner {
			if col(c) == 0 {
				continue
			}
			gi, t := c, r
			if w.byGroup {
				gi, t = r, c
			}
			if k := w.first[gi]*nt + t; w.used(k) {
				w.cells = append(w.cells, collapsed{col: n, at: k, y: w.cellY[gi*nt+t]})
			}
			n++
		}
		w.rows++
	}
	w.rowStart[w.rows] = len(w.cells)
	return events > 0
}

// start sets the column effects to the log of their share of the events over
// their share of the exposure.
func (w *TwoWay) start(theta []float64) {
	y, e := w.zbar[:w.cols], w.diag[:w.cols]
	clear(y)
	clear(e)
	for _, c := range w.cells {
		y[c.col] += c.y
		e[c.col] += math.Exp(w.off(c.at))
	}
	for j := range y {
		theta[j] = math.Log(y[j] / e[j])
	}
	base := theta[0]
	for j := range y {
		theta[j] -= base
	}
}

func (w *TwoWay) eta(c *collapsed, theta []float64) float64 {
	e := w.off(c.at) + theta[c.col]
	for k, x := range w.x {
		if b := theta[w.cols+k]; b != 0 {
			e += b * x[c.at]
		}
	}
	return e
}

// likelihood is the log likelihood with the rows' effects at their maximum,
// sum y eta - sum_r Y_r log sum_c exp(eta), up to a constant; it sets the
// cells' means.
func (w *TwoWay) likelihood(theta []float64) float64 {
	ll := 0.0
	for r := range w.rows {
		cells := w.cells[w.rowStart[r]:w.rowStart[r+1]]
		top := math.Inf(-1)
		for i := range cells {
			e := w.eta(&cells[i], theta)
			cells[i].mu = e
			top = max(top, e)
			ll += cells[i].y * e
		}
		s := 0.0
		for i := range cells {
			cells[i].mu = math.Exp(cells[i].mu - top)
			s += cells[i].mu
		}
		ll -= w.rowTotal[r] * (top + math.Log(s))
		s = w.rowTotal[r] / s
		for i := range cells {
			cells[i].mu *= s
		}
	}
	for k := 0; w.Penalty != nil && k < w.K; k++ {
		ll -= theta[w.cols+k] * dot(w.Penalty[k*w.K:(k+1)*w.K], theta[w.cols:w.cols+w.K]) / 2
	}
	return ll
}

// information fills the gradient and the negative Hessian of the concentrated
// likelihood, sum_r [sum_c mu z z' - (sum_c mu z)(sum_c mu z)'/Y_r] with
// z = (dummy of the column, x). The first column is the base.
func (w *TwoWay) information(theta []float64) {
	n := w.cols + w.K
	h, grad, zbar := w.hess[:n*n], w.grad[:n], w.zbar[:n]
	clear(h)
	clear(grad)
	for r := range w.rows {
		clear(zbar)
		for _, c := range w.cells[w.rowStart[r]:w.rowStart[r+1]] {
			d := c.y - c.mu
			grad[c.col] += d
			zbar[c.col] += c.mu
			h[c.col*n+c.col] += c.mu
			for k, x := range w.x {
				v := x[c.at]
				if v == 0 {
					continue
				}
				grad[w.cols+k] += d * v
				v *= c.mu
				zbar[w.cols+k] += v
				h[c.col*n+w.cols+k] += v
				for l := k; l < w.K; l++ {
					h[(w.cols+k)*n+w.cols+l] += v * w.x[l][c.at]
				}
			}
		}
		addOuter(h, zbar, -1/w.rowTotal[r])
	}
	for k := 0; w.Penalty != nil && k < w.K; k++ {
		row := w.Penalty[k*w.K : (k+1)*w.K]
		grad[w.cols+k] -= dot(row, theta[w.cols:w.cols+w.K])
		for l := k; l < w.K; l++ {
			h[(w.cols+k)*n+w.cols+l] += row[l]
		}
	}
	for j := range n {
		h[j] = 0 // the base column
	}
	grad[0] = 0
	mirror(h, n)
}

// expand spreads the groups' means over their areas and copies the estimates.
func (w *TwoWay) expand(y []float64) error {
	n := w.cols + w.K
	for k := range w.K {
		w.Beta[k] = w.theta[w.cols+k]
		w.Dropped[k] = w.drop[w.cols+k]
		if w.Dropped[k] {
			w.Beta[k] = 0
		}
		copy(w.Cov[k*w.K:(k+1)*w.K], w.hess[(w.cols+k)*n+w.cols:(w.cols+k+1)*n])
	}
	clear(w.Mu)
	clear(w.In)
	least := math.Inf(1)
	mu := w.cellY
	clear(mu)
	nt := w.Periods
	for _, c := range w.cells {
		mu[w.group[c.at/nt]*nt+c.at%nt] = c.mu
		least = min(least, c.mu)
	}
	for i, s := range w.sum {
		if s == 0 {
			continue
		}
		g := w.group[i]
		for t, m := range mu[g*nt : (g+1)*nt] {
			if m > 0 {
				w.Mu[i*nt+t], w.In[i*nt+t] = m*s/w.total[g], true
			}
		}
	}
	if least < 1e-9 {
		return ErrDiverged
	}
	return nil
}

// LogLik is the full Poisson log likelihood of the last fit of y.
func (w *TwoWay) LogLik(y []float64) float64 {
	ll := 0.0
	for k, m := range w.Mu {
		if w.In[k] {
			ll += y[k]*math.Log(m) - m - lgamma(y[k]+1)
		}
	}
	return ll
}

// Fitted counts the areas in the last fit and those without events.
func (w *TwoWay) Fitted() (in, empty int) {
	for i, s := range w.sum {
		switch {
		case s > 0:
			in++
		case w.anyUsed(i):
			empty++
		}
	}
	return in, empty
}

func (w *TwoWay) anyUsed(i int) bool {
	if w.use == nil {
		return true
	}
	return slices.Contains(w.use[i*w.Periods:(i+1)*w.Periods], true)
}
