// Package decay draws how a change around a footprint depends on distance: the
// continuous form of the rings (METHODS.md B3).
//
// The package thinks that rings cut a course into steps at edges that somebody chose, and
// that a line shows what they hide and hides what they show: it is drawn beside them, with one
// band that holds for all distances at once, and makes no word. How far the line may bend is
// settled by what the areas' own noise lets be seen, so that from few areas it is
// nearly straight. It ends where the rings end and says nothing beyond.
package decay

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"athar"
	"athar/stat"
)

// What a line needs, and how it is drawn.
const (
	MinAreas = 10   // areas with events within the outermost ring
	MinFar   = 30   // far events before the campaign
	pieces   = 3    // of the cubic spline; with its penalty that is enough for a bend or two
	points   = 21   // distances at which the line is given
	draws    = 2000 // behind the simultaneous band
	exclude  = 1.92 // fall of the likelihood that excludes a tau: half the 95% quantile of chi-squared(1)
)

// Estimate fits
//
//	log mu_it = a_i + g_t + sum_p f_p(d_i) 1{i within the rings, phase p} + exposure + log days
//
// by Poisson quasi-likelihood with far areas as the only control and the footprint left
// out, f_p a cubic spline over 0 to outer km. Its coefficients b, with their
// covariance V, are then smoothed by the penalty of second
// differences D (Eilers and Marx 1996): under D b ~ N(0, tau^2 I), tau of the largest
// marginal likelihood,
//
//	b - V D'(D V D' + tau^2 I)^-1 D b, with covariance V - V D'(D V D' + tau^2 I)^-1 D V,
//
// which is how a penalised spline's band comes by its coverage over the whole line (Marra and
// Wood 2012). V is from how far areas, near and far alike, stray from the fit in the phase: at
// the ends of a line one or two areas decide, which errors clustered by area cannot
// judge. The band holds for all distances at once, by draws from Student's t.
//
// km is the distance of every area of the panel from the footprint's edge. One line a phase
// that the panel has; a refusal stands in its place.
func Estimate(p *athar.Panel, km []float64, outer float64, seed uint64) []athar.DecayLine {
	m := &model{p: p, km: km, outer: outer}
	var out []athar.DecayLine
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		if !m.has(ph) {
			continue
		}
		out = append(out, athar.DecayLine{Phase: ph, Km: []athar.Num{}, RR: []athar.Num{}, Low: []athar.Num{}, High: []athar.Num{}})
		m.phases = append(m.phases, ph)
	}
	if len(out) == 0 {
		return out
	}
	refusal := m.fit()
	for k := range out {
		l := &out[k]
		l.Areas = m.areas
		if l.Refusal = refusal; refusal == nil {
			l.Refusal = m.line(l, k, seed)
		}
	}
	return out
}

type model struct {
	p      *athar.Panel
	km     []float64
	outer  float64
	phases []athar.Phase
	areas  int // with events within the rings
	w      stat.TwoWay
	cov    [][]float64 // of all coefficients, by phase
	df     []float64
}

// in reports whether a cell may enter.
func (m *model) in(i, t int) bool {
	q := m.p.Periods[t]
	if r := m.p.Areas[i].Role; !r.IsRing() && r != athar.Far || q.Days <= 0 || !m.p.Use[m.p.At(i, t)] {
		return false
	}
	return q.Phase == athar.Pre || q.Phase == athar.During || q.Phase == athar.Post
}

func (m *model) has(ph athar.Phase) bool {
	for t, q := range m.p.Periods {
		if q.Phase != ph {
			continue
		}
		for i, a := range m.p.Areas {
			if a.Role.IsRing() && m.in(i, t) {
				return true
			}
		}
	}
	return false
}

// fit fits the model without the penalty.
func (m *model) fit() *athar.Refusal {
	p := m.p
	n := len(p.Count)
	use, offset := make([]bool, n), make([]float64, n)
	far := map[athar.Phase]float64{}
	for i, a := range p.Areas {
		events, pre := 0.0, 0.0
		for t, q := range p.Periods {
			k := p.At(i, t)
			if !m.in(i, t) {
				continue
			}
			use[k], offset[k] = true, math.Log(q.Days)
			events += p.Count[k]
			if q.Phase == athar.Pre {
				pre += p.Count[k]
			}
			if a.Role == athar.Far {
				far[q.Phase] += p.Count[k]
			}
		}
		if a.Role.IsRing() && events > 0 {
			m.areas++
		}
	}
	if m.areas < MinAreas {
		return athar.Refuse("decay-few-areas", "n", m.areas, "need", MinAreas)
	}
	if far[athar.Pre] < MinFar {
		return athar.Refuse("no-control", "areas", 0, "events", int(far[athar.Pre]), "need", MinFar)
	}
	for _, ph := range m.phases {
		if far[ph] == 0 {
			return athar.Refuse("no-control-in-phase")
		}
	}
	var x [][]float64
	for _, ph := range m.phases {
		first := len(x)
		for range size {
			x = append(x, make([]float64, n))
		}
		for i, a := range p.Areas {
			if !a.Role.IsRing() {
				continue
			}
			b := basis(m.km[i] / m.outer)
			for t, q := range p.Periods {
				if q.Phase == ph {
					for j, v := range b {
						x[first+j][p.At(i, t)] = v
					}
				}
			}
		}
	}
	for _, e := range p.Other {
		events := 0.0
		for k, v := range e.N {
			if use[k] && v > 0 {
				events += p.Count[k]
			}
		}
		if events > 0 {
			x = append(x, e.N)
			continue
		}
		for k, v := range e.N { // an exposure under which nothing happened has no finite effect
			use[k] = use[k] && v == 0
		}
	}
	m.w.Design(len(p.Areas), len(p.Periods), x, use, offset)
	if m.w.Fit(p.Count) != nil {
		return athar.Refuse("diverged")
	}
	for j := range len(m.phases) * size {
		if m.w.Dropped[j] {
			return athar.Refuse("decay-few-distances")
		}
	}
	m.spread()
	return nil
}

// spread estimates by phase how far areas stray from the fit: the squared deviation of an
// area's events in the phase is phi (1 + lambda m) times its binomial variance given the area's total, m
// its mean count a period. lambda is the slope over areas, within bounds: 0, and a tenth
// of the level.
func (m *model) spread() {
	p := m.p
	s := m.w.Linearise()
	for _, ph := range m.phases {
		var g, volume []float64
		for i := range p.Areas {
			var sum, share, q, cells float64
			for t, period := range p.Periods {
				k := p.At(i, t)
				if !m.w.In[k] {
					continue
				}
				cells++
				sum += m.w.Mu[k]
				if period.Phase == ph {
					share += m.w.Mu[k]
					q += p.Count[k] - m.w.Mu[k]
				}
			}
			if sum > 0 && share > 0 && share < sum {
				g, volume = append(g, q*q/(share*(1-share/sum))), append(volume, sum/cells)
			}
		}
		n := float64(len(g))
		mean, middle := floats.Sum(g)/n, floats.Sum(volume)/n
		var sxx, sxy float64
		for i, x := range volume {
			sxx += (x - middle) * (x - middle)
			sxy += (x - middle) * g[i]
		}
		lambda := 0.0
		if slope := sxy / sxx; sxx > 0 && slope > 0 {
			lambda = slope / max(mean-slope*middle, mean/10)
		}
		phi, df := 0.0, n-size
		for i, x := range volume {
			phi += g[i] / (1 + lambda*x) / df
		}
		v := s.Working(lambda)
		for i := range v {
			v[i] *= phi
		}
		m.cov, m.df = append(m.cov, v), append(m.df, df)
	}
}

// line smooths phase k and fills its line.
func (m *model) line(l *athar.DecayLine, k int, seed uint64) *athar.Refusal {
	b, v := mat.NewVecDense(size, nil), mat.NewSymDense(size, nil)
	for i := range size {
		b.SetVec(i, m.w.Beta[k*size+i])
		for j := range i + 1 {
			v.SetSym(i, j, m.cov[k][(k*size+i)*m.w.K+k*size+j])
		}
	}
	b, v, ok := smooth(b, v)
	if !ok {
		return athar.Refuse("diverged")
	}
	rows := mat.NewDense(points, size, nil)
	for i := range points {
		row := basis(float64(i) / (points - 1))
		rows.SetRow(i, row[:])
	}
	var at mat.VecDense
	at.MulVec(rows, b)
	var half, cov mat.Dense
	half.Mul(rows, v)
	cov.Mul(&half, rows.T())
	crit := stat.SupT(cov.RawMatrix().Data, points, m.df[k], .95, draws, stat.Stream(seed, "decay/"+string(l.Phase), 0))
	l.DF = athar.Num(m.df[k])
	for i := range points {
		se := math.Sqrt(max(0, cov.At(i, i)))
		l.Km = append(l.Km, athar.Num(m.outer*float64(i)/(points-1)))
		l.RR = append(l.RR, athar.Num(math.Exp(at.AtVec(i))))
		l.Low = append(l.Low, athar.Num(math.Exp(at.AtVec(i)-crit*se)))
		l.High = append(l.High, athar.Num(math.Exp(at.AtVec(i)+crit*se)))
	}
	return nil
}

// smooth draws coefficients towards a straight line, as [Estimate] says.
func smooth(b *mat.VecDense, v *mat.SymDense) (smoothed *mat.VecDense, cov *mat.SymDense, ok bool) {
	d := mat.NewDense(size-2, size, nil)
	for i := range size - 2 {
		d.Set(i, i, 1)
		d.Set(i, i+1, -2)
		d.Set(i, i+2, 1)
	}
	var db mat.VecDense
	db.MulVec(d, b)
	var dv, dvd mat.Dense
	dv.Mul(d, v)
	dvd.Mul(&dv, d.T())
	scale := 0.0
	for i := range size - 2 {
		scale = max(scale, dvd.At(i, i))
	}
	inner := func(tau2 float64) (*mat.Cholesky, bool) {
		s := mat.NewSymDense(size-2, nil)
		for i := range size - 2 {
			for j := range i + 1 {
				s.SetSym(i, j, dvd.At(i, j))
			}
			s.SetSym(i, i, dvd.At(i, i)+tau2+1e-9*scale)
		}
		var c mat.Cholesky
		return &c, c.Factorize(s)
	}
	marginal := func(tau2 float64) float64 {
		c, ok := inner(tau2)
		if !ok {
			return math.Inf(-1)
		}
		var x mat.VecDense
		if c.SolveVecTo(&x, &db) != nil {
			return math.Inf(-1)
		}
		return -.5 * (c.LogDet() + mat.Dot(&db, &x))
	}
	// The tau of the largest likelihood draws lines too straight to be held at all distances
	// at once; the largest tau that the likelihood does not exclude bends enough.
	var tau2, l []float64
	for step := -12.0; step <= 6; step += .25 {
		tau2 = append(tau2, math.Exp(step))
		l = append(l, marginal(math.Exp(step)))
	}
	best, top := 0.0, max(marginal(0), slices.Max(l))
	for i := range tau2 {
		if l[i] >= top-exclude {
			best = tau2[i]
		}
	}
	c, ok := inner(best)
	if !ok {
		return nil, nil, false
	}
	var gain, less, kept mat.Dense
	if c.SolveTo(&gain, d) != nil {
		return nil, nil, false
	}
	less.Mul(dv.T(), &gain)
	pull := mat.NewDense(size, size, nil)
	for i := range size {
		pull.Set(i, i, 1)
	}
	pull.Sub(pull, &less)
	kept.Mul(pull, v)
	smoothed, cov = mat.NewVecDense(size, nil), mat.NewSymDense(size, nil)
	smoothed.MulVec(pull, b)
	for i := range size {
		for j := range i + 1 {
			cov.SetSym(i, j, (kept.At(i, j)+kept.At(j, i))/2)
		}
	}
	return smoothed, cov, true
}

const size = pieces + 3

// basis is the cubic B-spline basis with uniform knots at u of [0, 1].
func basis(u float64) (out [size]float64) {
	u = min(max(u, 0), 1) * pieces
	k := min(int(u), pieces-1)
	f := u - float64(k)
	g := 1 - f
	for j, b := range [4]float64{g * g * g / 6, 2./3 - f*f + f*f*f/2, 2./3 - g*g + g*g*g/2, f * f * f / 6} {
		out[k+j] = b
	}
	return out
}
