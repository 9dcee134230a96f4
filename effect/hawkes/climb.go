package hawkes

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// work is what a climb needs, allocated once for a model.
type work struct {
	z, g, try, tryG, step, dg, hdg []float64
	inv                            []float64
	p, full                        []float64
}

func newWork(n int) work {
	f := func() []float64 { return make([]float64, n) }
	return work{f(), f(), f(), f(), f(), f(), f(), make([]float64, n*n), f(), f()}
}

// release lets every parameter move.
func (m *model) release() { clear(m.fixed) }

// hold keeps the given parameters, of which -1 is none, where they are.
func (m *model) hold(js ...int) {
	for _, j := range js {
		if j >= 0 {
			m.fixed[j] = true
		}
	}
}

// A parameter with edges is climbed as z with v = low + (high-low)/(1+e^-z).
func (m *model) value(j int, z float64) float64 {
	if math.IsInf(m.high[j], 1) {
		return z
	}
	return m.low[j] + (m.high[j]-m.low[j])/(1+math.Exp(-z))
}

func (m *model) unvalue(j int, v float64) float64 {
	if math.IsInf(m.high[j], 1) {
		return v
	}
	u := (v - m.low[j]) / (m.high[j] - m.low[j])
	u = min(max(u, 1e-6), 1-1e-6)
	return math.Log(u / (1 - u))
}

// edge reports whether a parameter was stopped by an edge of its search.
func (m *model) edge(p []float64, j int) bool {
	if math.IsInf(m.high[j], 1) {
		return false
	}
	u := (p[j] - m.low[j]) / (m.high[j] - m.low[j])
	return u < .01 || u > .99
}

// height is the likelihood at z with its gradient by z. Parameters that are
// held are taken from w.p.
func (m *model) height(z, g []float64) float64 {
	p := m.w.p
	for j, v := range z {
		if !m.fixed[j] {
			p[j] = m.value(j, v)
		}
	}
	top := m.at(p, g)
	for j := range g {
		switch {
		case m.fixed[j]:
			g[j] = 0
		case !math.IsInf(m.high[j], 1):
			u := 1 / (1 + math.Exp(-z[j]))
			g[j] *= (m.high[j] - m.low[j]) * u * (1 - u)
		}
	}
	return top
}

// climb moves p to the top by BFGS with halved steps and returns the
// likelihood there. It ends where the next gain would be below 1e-10 of it. It
// does not allocate.
func (m *model) climb(p []float64) float64 {
	w, n := &m.w, m.dim
	copy(w.p, p)
	for j, v := range p {
		w.z[j] = 0
		if !m.fixed[j] {
			w.z[j] = m.unvalue(j, v)
		}
	}
	top := m.height(w.z, w.g)
	fresh := m.reset()
	for range 500 {
		if math.IsInf(top, 0) {
			break
		}
		gain := 0.0
		for i := range n {
			s := 0.0
			for j := range n {
				s += w.inv[i*n+j] * w.g[j]
			}
			w.step[i] = s
			gain += s * w.g[i]
		}
		if !(gain > 1e-10*(1+math.Abs(top))) {
			if fresh {
				break
			}
			fresh = m.reset() // a second look, with curvature forgotten
			continue
		}
		longest := 0.0
		for _, s := range w.step {
			longest = max(longest, math.Abs(s))
		}
		share, up := min(1, 3/longest), false
		var next float64
		for range 30 {
			for j := range n {
				w.try[j] = w.z[j] + share*w.step[j]
			}
			next = m.height(w.try, w.tryG)
			if next >= top+1e-4*share*gain {
				up = true
				break
			}
			share /= 2
		}
		if !up {
			if fresh {
				break
			}
			fresh = m.reset()
			continue
		}
		// BFGS on the inverse of the negative Hessian: s = step, y = fall of the gradient.
		sy, yhy := 0.0, 0.0
		for j := range n {
			w.step[j] *= share
			w.dg[j] = w.g[j] - w.tryG[j]
			sy += w.step[j] * w.dg[j]
		}
		copy(w.z, w.try)
		copy(w.g, w.tryG)
		top = next
		fresh = false
		if !(sy > 1e-12) {
			continue
		}
		for i := range n {
			s := 0.0
			for j := range n {
				s += w.inv[i*n+j] * w.dg[j]
			}
			w.hdg[i] = s
			yhy += s * w.dg[i]
		}
		f := (1 + yhy/sy) / sy
		for i := range n {
			for j := range n {
				w.inv[i*n+j] += f*w.step[i]*w.step[j] - (w.hdg[i]*w.step[j]+w.step[i]*w.hdg[j])/sy
			}
		}
	}
	top = m.height(w.z, w.g)
	copy(p, w.p)
	return top
}

// reset makes the inverse curvature diagonal: for the background the Poisson
// information sum mu x^2, for the others that of as many events.
func (m *model) reset() bool {
	w, n := &m.w, m.dim
	clear(w.inv)
	for j := range n {
		w.inv[j*n+j] = 1 / max(1, m.events)
	}
	for j := range m.p {
		info := 0.0
		for s, mu := range m.mu {
			long := 1.0
			if m.y == nil {
				long = m.until[s]
				if s > 0 {
					long -= m.until[s-1]
				}
			}
			x := m.x[s*m.p+j]
			info += mu * long * x * x
		}
		w.inv[(1+j)*n+1+j] = 1 / max(1e-6, info)
	}
	return true
}

// polish takes Newton steps on the differenced gradient from p, in place, and
// gives the covariance there, dim x dim, with zeros for what is held or stands at an
// edge. ok is false where the background has a flat direction.
func (m *model) polish(p []float64) (top float64, cov []float64, ok bool) {
	free := make([]int, 0, m.dim)
	for j := range m.dim {
		if j == m.theta && p[j] < math.Log(flat) || j != m.theta && !m.fixed[j] && !m.edge(p, j) {
			free = append(free, j)
		}
	}
	for {
		if top, cov, ok = m.newton(p, free); ok {
			return top, cov, true
		}
		// Memory, branching and their change can be flat where few events follow; the
		// background must not be.
		last := free[len(free)-1]
		if last <= m.p {
			return top, nil, false
		}
		free = free[:len(free)-1]
	}
}

func (m *model) newton(p []float64, free []int) (top float64, cov []float64, ok bool) {
	n := len(free)
	g, up, down := make([]float64, m.dim), make([]float64, m.dim), make([]float64, m.dim)
	try := append([]float64(nil), p...)
	h, d := mat.NewSymDense(n, nil), make([]float64, n*n)
	right, step := mat.NewVecDense(n, nil), mat.NewVecDense(n, nil)
	var chol mat.Cholesky
	top = m.at(p, g)
	for round := 0; ; round++ {
		for a, j := range free {
			e := 1e-4 * m.unit[j]
			copy(try, p)
			try[j] = p[j] + e
			m.at(try, up)
			try[j] = p[j] - e
			m.at(try, down)
			for b, k := range free {
				d[a*n+b] = (down[k] - up[k]) / (2 * e)
			}
		}
		for a := range n {
			for b := a; b < n; b++ {
				h.SetSym(a, b, (d[a*n+b]+d[b*n+a])/2)
			}
			right.SetVec(a, g[free[a]])
		}
		for _, v := range d {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return top, nil, false
			}
		}
		if !chol.Factorize(h) || chol.SolveVecTo(step, right) != nil {
			return top, nil, false
		}
		if gain := mat.Dot(step, right); round >= 5 || gain < 1e-13*(1+math.Abs(top)) {
			break
		}
		copy(try, p)
		for a, j := range free {
			try[j] += step.AtVec(a)
			if try[j] < m.low[j] || try[j] > m.high[j] {
				try[j] = p[j]
			}
		}
		if v := m.at(try, up); v >= top {
			copy(p, try)
			copy(g, up)
			top = v
		} else {
			break
		}
	}
	var inv mat.SymDense
	if chol.InverseTo(&inv) != nil {
		return top, nil, false
	}
	cov = make([]float64, m.dim*m.dim)
	for a, j := range free {
		if !(inv.At(a, a) < 1e4*m.unit[j]*m.unit[j]) {
			return top, nil, false
		}
		for b, k := range free {
			cov[j*m.dim+k] = inv.At(a, b)
		}
	}
	return top, cov, true
}

// at is the likelihood with parameter j held at v, climbed from p, which moves.
// Where no followers were found, all others of theirs are searched for anew
// from three memories.
func (r *Result) at(j int, v float64, p []float64) float64 {
	m := r.m
	defer m.release()
	p[j] = v
	if r.Alpha > 0 || j != m.alpha {
		if r.Alpha == 0 {
			m.hold(m.alpha, m.decay, m.change)
		}
		m.hold(j)
		return m.climb(p)
	}
	m.hold(j)
	top := math.Inf(-1)
	for i := range 3 {
		copy(p, r.null)
		p[j] = v
		p[m.decay] = m.low[m.decay] + (m.high[m.decay]-m.low[m.decay])*(float64(i)+.5)/3
		top = max(top, m.climb(p))
	}
	return top
}

// profile is where the likelihood with parameter j held has fallen by half the
// quantile of chi-squared.
func (r *Result) profile(j int, level float64) (low, high float64) {
	m, cut := r.m, distuv.ChiSquared{K: 1}.Quantile(level)
	unit := .5
	if v := r.cov[j*m.dim+j]; v > 0 {
		unit = math.Sqrt(v)
	}
	switch {
	case j != m.alpha:
		return r.side(j, r.best[j], -unit, cut), r.side(j, r.best[j], unit, cut)
	case r.Alpha == 0:
		return math.Inf(-1), r.side(j, math.Log(.01), unit, cut)
	case 2*(r.LogLik-r.Null) <= cut:
		return math.Inf(-1), r.side(j, r.best[j], unit, cut)
	}
	return r.side(j, r.best[j], -unit, cut), r.side(j, r.best[j], unit, cut)
}

// side looks from v, in the direction of unit and in growing steps, for the
// fall cut. The root of the fall is nearly straight, so that few climbs find
// it; each starts from where the one before ended.
func (r *Result) side(j int, v, unit, cut float64) float64 {
	m, root := r.m, math.Sqrt(cut)
	p := append([]float64(nil), r.best...)
	fall := func(x float64) float64 { return math.Sqrt(max(0, 2*(r.LogLik-r.at(j, x, p)))) - root }
	in, inF := v, -root
	out, outF := v, -root
	for step := root * unit; outF < 0; step *= 1.5 {
		if out == m.low[j] || out == m.high[j] || math.Abs(out-v) > 1e3*math.Abs(unit) {
			return math.Inf(int(math.Copysign(1, unit)))
		}
		in, inF = out, outF
		out = min(max(out+step, m.low[j]), m.high[j])
		outF = fall(out)
	}
	for range 60 {
		if math.Abs(out-in) < 1e-6*math.Abs(unit) {
			break
		}
		x := in + (out-in)*min(max(-inF/(outF-inF), .05), .95)
		f := fall(x)
		if math.Abs(f) < 1e-6 {
			return x
		}
		if f < 0 {
			in, inF = x, f
		} else {
			out, outF = x, f
		}
	}
	return (in + out) / 2
}
