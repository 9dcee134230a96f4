// Package decay draws how a change around a footprint depends on distance: the
// continuous form of the rings (METHODS.md B3).
//
// The package thinks that rings cut a course into steps at edges that somebody chose, and
// that a line shows what they hide and hides what they show: it is drawn beside them, with one
// band that holds for all distances at once, and makes no word. How far the line may bend is
// settled by what the areas' own noise lets be seen, so that from few events it is
// nearly straight and its band wide. It ends where the rings end and says nothing beyond.
package decay

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"athar"
	"athar/stat"
)

// What a line needs, and how it is drawn.
const (
	MinAreas = 10 // areas with events within the outermost ring
	MinFar   = 30 // far events before the campaign
	MinDF    = 4  // areas of equal weight, beyond the coefficients

	pieces    = 3          // of the cubic spline; with its penalty that is enough for a bend or two
	size      = pieces + 3 // coefficients
	points    = 21         // distances at which the line is given
	draws     = 2000       // behind the simultaneous band
	unbounded = 1000       // high end over low end of a band that says nothing, wherever it is narrowest
	vague     = 5.0        // standard deviation in ln units of every coefficient, where data say nothing
	exclude   = 1.92       // fall of the likelihood that excludes a tau: half the 95% quantile of chi-squared(1)
)

// Estimate fits for each phase, over it and the periods before,
//
//	log mu_it = a_i + g_t + f(d_i) 1{i within the rings, in the phase} + exposure + log days
//
// with far areas as the only control and the footprint left out; f is a cubic spline over
// 0 to outer km. The quasi-likelihood is that of Poisson counts over phi, less the penalty
// of Eilers and Marx (1996) on second differences D of the coefficients b,
//
//	l(b)/phi - b'Pb/2,  P = D'D/tau^2 + I/25,
//
// whose second part only matters where no events tell b or an exposure. phi is from how far areas, near
// and far alike, stray from the fit in the phase: at the ends of a line one or two
// areas decide, which errors clustered by area cannot judge. The band is of the covariance
// (I_b/phi + P)^-1, I_b the information (Marra and Wood 2012), for all distances at once by draws from
// Student's t. The tau of the largest marginal likelihood draws lines too straight to be held at all
// distances at once; the largest tau that this likelihood does not exclude is taken.
//
// km is the distance of every area of the panel from the footprint's edge. One line a phase
// that the panel has; a refusal stands in its place.
func Estimate(p *athar.Panel, km []float64, outer float64, seed uint64) []athar.DecayLine {
	var out []athar.DecayLine
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		m := &model{p: p, km: km, outer: outer, phase: ph}
		if !m.any() {
			continue
		}
		l := athar.DecayLine{Phase: ph, DF: athar.Num(math.NaN()), Km: []athar.Num{}, RR: []athar.Num{}, Low: []athar.Num{}, High: []athar.Num{}}
		l.Refusal = m.prepare()
		if l.Areas = m.areas; l.Refusal == nil {
			l.Refusal = m.line(&l, seed)
		}
		out = append(out, l)
	}
	return out
}

type model struct {
	p     *athar.Panel
	km    []float64
	outer float64
	phase athar.Phase
	areas int // within the rings, with events and cells on both sides
	w     stat.TwoWay
	k     int // columns: the spline, then exposures
}

// in reports whether a cell may enter.
func (m *model) in(i, t int) bool {
	q := m.p.Periods[t]
	r := m.p.Areas[i].Role
	return (r.IsRing() || r == athar.Far) && q.Days > 0 && (q.Phase == athar.Pre || q.Phase == m.phase) && m.p.Use[m.p.At(i, t)]
}

// any reports whether the phase has a period around the footprint.
func (m *model) any() bool {
	for t, q := range m.p.Periods {
		if q.Phase != m.phase {
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

// prepare lays out the model.
func (m *model) prepare() *athar.Refusal {
	p := m.p
	n := len(p.Count)
	use, offset := make([]bool, n), make([]float64, n)
	var far, farBefore, around float64
	x := make([][]float64, size)
	for j := range x {
		x[j] = make([]float64, n)
	}
	for i, a := range p.Areas {
		events, sides := 0.0, map[athar.Phase]bool{}
		var b [size]float64
		if a.Role.IsRing() {
			b = basis(m.km[i] / m.outer)
		}
		for t, q := range p.Periods {
			k := p.At(i, t)
			if !m.in(i, t) {
				continue
			}
			use[k], offset[k] = true, math.Log(q.Days)
			events += p.Count[k]
			sides[q.Phase] = true
			switch {
			case a.Role == athar.Far && q.Phase == athar.Pre:
				farBefore += p.Count[k]
			case a.Role == athar.Far:
				far += p.Count[k]
			case q.Phase == m.phase:
				around += p.Count[k]
				for j, v := range b {
					x[j][k] = v
				}
			}
		}
		if a.Role.IsRing() && events > 0 && len(sides) == 2 {
			m.areas++
		}
	}
	switch {
	case m.areas < MinAreas:
		return athar.Refuse("decay-few-areas", "n", m.areas, "need", MinAreas)
	case farBefore < MinFar:
		return athar.Refuse("no-control", "events", int(farBefore), "need", MinFar)
	case far == 0:
		return athar.Refuse("no-control-in-phase")
	case around == 0:
		return athar.Refuse("no-events-after")
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
	m.k = len(x)
	m.w.Design(len(p.Areas), len(p.Periods), x, use, offset)
	return nil
}

// prior is P for a tau, times phi.
func (m *model) prior(tau2, phi float64) []float64 {
	out := make([]float64, m.k*m.k)
	for i := range m.k {
		out[i*m.k+i] = phi / (vague * vague)
	}
	d := [3]float64{1, -2, 1}
	for r := range size - 2 {
		for i, a := range d {
			for j, b := range d {
				out[(r+i)*m.k+r+j] += phi * a * b / tau2
			}
		}
	}
	return out
}

// fitted is the model under one tau.
type fitted struct {
	b        []float64
	v        []float64 // (I/phi + P)^-1 of the spline, size square
	marginal float64
}

func (m *model) fit(tau2, phi float64) (*fitted, bool) {
	m.w.Penalty = m.prior(tau2, phi)
	if m.w.Fit(m.p.Count) != nil {
		return nil, false
	}
	p := m.prior(tau2, 1)
	prior, post := mat.NewSymDense(m.k, nil), mat.NewSymDense(m.k, nil)
	f := &fitted{b: slices.Clone(m.w.Beta[:size]), v: make([]float64, size*size)}
	square := 0.0
	for i, b := range m.w.Beta {
		for j, c := range m.w.Beta {
			square += b * p[i*m.k+j] * c
			prior.SetSym(i, j, p[i*m.k+j])
			post.SetSym(i, j, phi*m.w.Cov[i*m.k+j])
			if i < size && j < size {
				f.v[i*size+j] = phi * m.w.Cov[i*m.k+j]
			}
		}
	}
	var a, c mat.Cholesky
	if !a.Factorize(prior) || !c.Factorize(post) {
		return nil, false
	}
	f.marginal = m.w.LogLik(m.p.Count)/phi + (a.LogDet()+c.LogDet()-square)/2
	return f, true
}

// spread is how far areas stray from the fit in the phase,
//
//	phi = sum q_i^2 / sum v_i,
//
// q_i what an area has beyond the fit and v_i the binomial variance of its events in the phase
// given its total: the score of the spline has phi times the variance of Poisson counts, also
// where large areas stray more. df is the number of areas of equal weight that say so,
// (sum v_i)^2 / sum v_i^2, less the spline's coefficients.
func (m *model) spread() (phi, df float64) {
	p := m.p
	var square, v, v2, n float64
	for i := range p.Areas {
		var sum, share, q float64
		for t, period := range p.Periods {
			k := p.At(i, t)
			if !m.w.In[k] {
				continue
			}
			sum += m.w.Mu[k]
			if period.Phase == m.phase {
				share += m.w.Mu[k]
				q += p.Count[k] - m.w.Mu[k]
			}
		}
		if x := share * (1 - share/sum); share > 0 && x > 0 {
			square, v, v2, n = square+q*q, v+x, v2+x*x, n+1
		}
	}
	df = v*v/v2 - size
	return square / v * n / (n - size), df
}

// line chooses how far the line may bend and fills it.
func (m *model) line(l *athar.DecayLine, seed uint64) *athar.Refusal {
	first := .1 // a bend of a third between neighbouring coefficients
	m.w.Penalty = m.prior(first, 1)
	if m.w.Fit(m.p.Count) != nil {
		return athar.Refuse("diverged")
	}
	phi, df := m.spread()
	if !(df >= MinDF) {
		return athar.Refuse("decay-uneven", "n", athar.Num(df+size), "need", MinDF+size)
	}
	var fits []*fitted
	top := math.Inf(-1)
	for step := -8.0; step <= 3; step += .5 {
		f, ok := m.fit(math.Exp(step), phi)
		if !ok {
			return athar.Refuse("diverged")
		}
		fits = append(fits, f)
		top = max(top, f.marginal)
	}
	best := len(fits) - 1
	for fits[best].marginal < top-exclude {
		best--
	}
	f := fits[best]
	rows := mat.NewDense(points, size, nil)
	for i := range points {
		row := basis(float64(i) / (points - 1))
		rows.SetRow(i, row[:])
	}
	var at mat.VecDense
	at.MulVec(rows, mat.NewVecDense(size, f.b))
	se := make([]float64, points)
	v := mat.NewDense(size, size, f.v)
	for i := range se {
		row := rows.RowView(i)
		se[i] = math.Sqrt(mat.Inner(row, v, row))
	}
	crit := critical(rows, f.v, se, df, stat.Stream(seed, "decay/"+string(l.Phase), 0))
	if crit*2*slices.Min(se) > math.Log(unbounded) {
		return athar.Refuse("decay-unbounded")
	}
	l.DF = athar.Num(df)
	for i, se := range se {
		l.Km = append(l.Km, athar.Num(m.outer*float64(i)/(points-1)))
		l.RR = append(l.RR, athar.Num(math.Exp(at.AtVec(i))))
		l.Low = append(l.Low, athar.Num(math.Exp(at.AtVec(i)-crit*se)))
		l.High = append(l.High, athar.Num(math.Exp(at.AtVec(i)+crit*se)))
	}
	return nil
}

// critical is the value c for which all of rows b +- c se hold at once in 95% of draws of the
// coefficients, which are few: the line at 21 distances has a covariance of their rank.
func critical(rows *mat.Dense, v, se []float64, df float64, r *rand.Rand) float64 {
	n := stat.NewNormals(v, size, df)
	b, most := make([]float64, size), make([]float64, draws)
	for k := range most {
		n.Draw(b, r)
		for i, s := range se {
			most[k] = max(most[k], math.Abs(floats.Dot(rows.RawRowView(i), b))/s)
		}
	}
	slices.Sort(most)
	return max(stat.TQuantile(.975, df), stat.Quantile(most, .95))
}

// basis is the cubic B-spline basis with uniform knots at u of [0, 1].
func basis(u float64) (out [size]float64) {
	k, b := stat.CubicSpline(u, pieces)
	copy(out[k:], b[:])
	return out
}
