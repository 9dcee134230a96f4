package hawkes

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// adjustment is the term that Cox and Reid (1987, eq. 10) add to the likelihood of
// the parameters of followers where those of the background are estimated beside
// them: -ln det(I)/2, I the information on the background,
//
//	I = sum_t x_t x_t' (mu_t/m_t)^2 c_t,  c_t = m_t^2/(m_t + m_t^2/theta),
//
// linear in alpha, alpha exp(k) and ln b around the maximum without it and constant in the
// others, because the term itself has no maximum: it grows without bound as the
// background vanishes. Trend, season and steps take up slow
// movements that followers make, so that alpha comes out too small and the
// intervals of the steps too short: with alpha .6 and nine regressors in three years alpha was .45 on
// average. It is what restricted likelihood is for an autoregression. c_t
// is kept as it was at that maximum, so that only the share of the background in the
// mean matters.
type adjustment struct {
	n               int // 1 + regressors
	c               []float64
	follow, byDecay []float64 // followers expected by day, and derivative by ln b
	info, root      []float64
	x, u            []float64
	tilt, from      []float64
}

// newAdjustment takes the weights at p, the maximum without the term, where cov is the
// covariance; nil where the regressors depend on each other.
func (m *model) newAdjustment(p, cov []float64) *adjustment {
	n := m.p + 1
	a := &adjustment{n: n, c: make([]float64, m.rows), follow: make([]float64, m.rows), byDecay: make([]float64, m.rows),
		info: make([]float64, n*n), root: make([]float64, n*n), x: make([]float64, n), u: make([]float64, n)}
	theta := math.Exp(p[m.theta])
	m.walk(p, func(t int, _, all, _ float64) { a.c[t] = all / (1 + all/theta) })
	m.adj = a
	a.tilt = a.gradient(m, p)
	m.adj = nil
	if a.tilt == nil {
		return nil
	}
	a.along(m, cov)
	a.from = append(a.from, p...)
	return a
}

func (a *adjustment) add(m *model, t int, w float64) {
	a.regressors(m, t)
	for i, v := range a.x {
		for j := range i + 1 {
			a.info[i*a.n+j] += w * v * a.x[j]
		}
	}
}

func (a *adjustment) regressors(m *model, t int) {
	a.x[0] = 1
	for j, v := range m.x[t*m.p : t*m.p+m.p] {
		a.x[1+j] = v * m.unit[1+j]
	}
}

// along turns the gradient into that by the parameters of followers alone, while those
// of the background keep to their maximum given them: b moves with psi by
// S_b,psi S_psi,psi^-1, S the covariance.
func (a *adjustment) along(m *model, cov []float64) {
	var free []int
	for _, j := range []int{m.alpha, m.decay, m.change} {
		if j >= 0 && cov[j*m.dim+j] > 0 {
			free = append(free, j)
		}
	}
	n := len(free)
	if n > 0 {
		s, right := mat.NewSymDense(n, nil), mat.NewVecDense(n, nil)
		for i, j := range free {
			for k, l := range free {
				s.SetSym(i, k, cov[j*m.dim+l])
			}
			sum := 0.0
			for b := range m.p + 1 {
				sum += cov[j*m.dim+b] * a.tilt[b]
			}
			right.SetVec(i, sum)
		}
		var chol mat.Cholesky
		if x := mat.NewVecDense(n, nil); chol.Factorize(s) && chol.SolveVecTo(x, right) == nil {
			for i, j := range free {
				a.tilt[j] += x.AtVec(i)
			}
		}
	}
	clear(a.tilt[:m.p+1])
}

// factor writes the lower root of the information; false where it has none.
func (a *adjustment) factor() bool {
	n := a.n
	for i := range n {
		for j := range i + 1 {
			s := a.info[i*n+j]
			for k := range j {
				s -= a.root[i*n+k] * a.root[j*n+k]
			}
			if i == j {
				if !(s > 1e-10*a.info[i*n+i]) {
					return false
				}
				a.root[i*n+i] = math.Sqrt(s)
			} else {
				a.root[i*n+j] = s / a.root[j*n+j]
			}
		}
	}
	return true
}

// gradient of the term at p. With r = mu/m and h_t = x_t' I^-1 x_t, the derivative
// of -ln det(I)/2 by r_t is -c_t r_t h_t; dr = r (1-r) d ln mu - (r/m) d follow.
func (a *adjustment) gradient(m *model, p []float64) []float64 {
	g := make([]float64, m.dim)
	m.days(p, g)
	clear(g)
	for t, c := range a.c {
		if c > 0 {
			r := m.mu[t] / (m.mu[t] + a.follow[t])
			a.add(m, t, c*r*r)
		}
	}
	if !a.factor() {
		return nil
	}
	for t, c := range a.c {
		if c == 0 {
			continue
		}
		a.regressors(m, t)
		h := 0.0
		for i, v := range a.x {
			for k := range i {
				v -= a.root[i*a.n+k] * a.u[k]
			}
			a.u[i] = v / a.root[i*a.n+i]
			h += a.u[i] * a.u[i]
		}
		mean := m.mu[t] + a.follow[t]
		r := m.mu[t] / mean
		by := -c * r * h
		for j, x := range a.x {
			g[j] += by * r * (1 - r) * x / m.unit[j]
		}
		byFollow := -by * r / mean
		g[m.alpha] += byFollow * a.follow[t]
		if m.change >= 0 {
			g[m.change] += byFollow * a.follow[t] * m.follow[t]
		}
		g[m.decay] += byFollow * a.byDecay[t]
	}
	return g
}

// at is the term at p; its gradient is added to g.
func (a *adjustment) at(m *model, p, g []float64) float64 {
	ll := a.tilt[m.decay] * (p[m.decay] - a.from[m.decay])
	g[m.decay] += a.tilt[m.decay]
	for _, j := range []int{m.alpha, m.change} {
		if j >= 0 && !math.IsInf(p[j], -1) {
			e := math.Exp(p[j] - a.from[j])
			ll += a.tilt[j] * (e - 1)
			g[j] += a.tilt[j] * e
		}
	}
	return ll
}
