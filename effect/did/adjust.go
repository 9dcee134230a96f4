package did

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// overlap is the propensity from which a treated unit has no counterpart.
const overlap = .999

// work holds what one comparison of two periods needs, reused by all cells.
type work struct {
	unit  []int
	treat []bool
	dy    []float64
	psi   []float64

	p            int
	x            []float64 // covariates with intercept, by unit of the comparison
	ps, fit      []float64
	beta, step   []float64
	m1, m2, m3   []float64
	info, infoPS *mat.SymDense
	chol         mat.Cholesky
}

func newWork(d *Data) *work {
	n, p := d.Units, d.Covariates+1
	return &work{unit: make([]int, 0, n), treat: make([]bool, 0, n), dy: make([]float64, 0, n), psi: make([]float64, n),
		p: p, x: make([]float64, n*p), ps: make([]float64, n), fit: make([]float64, n),
		beta: make([]float64, p), step: make([]float64, p), m1: make([]float64, p), m2: make([]float64, p), m3: make([]float64, p),
		info: mat.NewSymDense(p, nil), infoPS: mat.NewSymDense(p, nil)}
}

// means is the difference of the mean changes, with the influence of every
// unit on it, n/n_g (dY - m_g) and -n/n_C (dY - m_C).
func (w *work) means(treated, controls int) float64 {
	var mt, mc float64
	for j, y := range w.dy {
		if w.treat[j] {
			mt += y
		} else {
			mc += y
		}
	}
	n, nt, nc := float64(len(w.dy)), float64(treated), float64(controls)
	mt, mc = mt/nt, mc/nc
	for j, y := range w.dy {
		if w.treat[j] {
			w.psi[j] = n / nt * (y - mt)
		} else {
			w.psi[j] = -n / nc * (y - mc)
		}
	}
	return mt - mc
}

func (w *work) row(j int) []float64 { return w.x[j*w.p : (j+1)*w.p] }

func dot(a, b []float64) float64 {
	s := 0.0
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

// add is a += s x x'.
func add(a *mat.SymDense, x []float64, s float64) {
	raw := a.RawSymmetric()
	for i, v := range x {
		for j := i; j < len(x); j++ {
			raw.Data[i*raw.Stride+j] += s * v * x[j]
		}
	}
}

// solve turns the information matrix into its inverse.
func (w *work) solve(a *mat.SymDense) bool {
	return w.chol.Factorize(a) && w.chol.Cond() < 1e14 && w.chol.InverseTo(a) == nil
}

func (w *work) times(dst []float64, a *mat.SymDense, v []float64) {
	for i := range dst {
		s := 0.0
		for j, x := range v {
			s += a.At(i, j) * x
		}
		dst[i] = s
	}
}

// propensity fits P(treated | x) by logit with Newton steps; infoPS becomes the
// inverse of its information over n. It fails where covariates separate the
// treated.
func (w *work) propensity() bool {
	n := len(w.dy)
	clear(w.beta)
	for range 50 {
		w.infoPS.Zero()
		clear(w.m1)
		for j := range n {
			x := w.row(j)
			q := 1 / (1 + math.Exp(-dot(x, w.beta)))
			w.ps[j] = q
			r := -q
			if w.treat[j] {
				r++
			}
			add(w.infoPS, x, q*(1-q)/float64(n))
			for k, v := range x {
				w.m1[k] += r * v / float64(n)
			}
		}
		if !w.solve(w.infoPS) {
			return false
		}
		w.times(w.step, w.infoPS, w.m1)
		size := 0.0
		for k, s := range w.step {
			w.beta[k] += s
			size = max(size, math.Abs(s))
		}
		if !(size < 1e12) {
			return false
		}
		if size < 1e-10 {
			for _, q := range w.ps[:n] {
				if q > overlap {
					return false
				}
			}
			return true
		}
	}
	return false
}

// regression fits the controls' changes on x; info becomes (X_C'X_C/n)^-1.
func (w *work) regression() bool {
	n := len(w.dy)
	w.info.Zero()
	clear(w.m1)
	for j, y := range w.dy {
		if !w.treat[j] {
			add(w.info, w.row(j), 1/float64(n))
			for k, v := range w.row(j) {
				w.m1[k] += y * v / float64(n)
			}
		}
	}
	if !w.solve(w.info) {
		return false
	}
	w.times(w.beta, w.info, w.m1)
	for j := range n {
		w.fit[j] = dot(w.row(j), w.beta)
	}
	return true
}

// adjusted is the effect given covariates and the influence of each unit, with
// the estimation of propensity and regression accounted for (Sant'Anna and Zhao
// 2020, equation 3.1 and theorem A.1; Abadie 2005 for weights alone):
//
//	E[w1 (dY - m(X))] - E[w0 (dY - m(X))],  w1 ~ D, w0 ~ p(X)(1-D)/(1-p(X)), both with mean 1.
//
// Regression alone has w0 = 0 and Weighting m = 0.
func (w *work) adjusted(d *Data, a Adjustment) (float64, bool) {
	n, p := len(w.dy), w.p
	for j, i := range w.unit {
		x := w.row(j)
		x[0] = 1
		copy(x[1:], d.X[i*d.Covariates:(i+1)*d.Covariates])
	}
	if a != Regression && !w.propensity() {
		return 0, false
	}
	if a == Weighting {
		clear(w.fit[:n])
	} else if !w.regression() {
		return 0, false
	}
	weight := func(j int) float64 {
		if w.treat[j] || a == Regression {
			return 0
		}
		return w.ps[j] / (1 - w.ps[j])
	}
	var st, sc, at, ac float64
	for j, y := range w.dy {
		r := y - w.fit[j]
		if w.treat[j] {
			st++
			at += r
		}
		v := weight(j)
		sc += v
		ac += v * r
	}
	at /= st
	if sc > 0 {
		ac /= sc
	}
	st, sc = st/float64(n), sc/float64(n)
	// What an error of regression (m1) and propensity (m2) would do.
	m1, m2 := w.m1, w.m2
	clear(m1)
	clear(m2)
	for j, y := range w.dy {
		x, v := w.row(j), weight(j)
		for k := range p {
			if w.treat[j] {
				m1[k] += x[k] / st / float64(n)
			}
			if v > 0 {
				m1[k] -= v * x[k] / sc / float64(n)
				m2[k] += v * (y - w.fit[j] - ac) * x[k] / sc / float64(n)
			}
		}
	}
	byFit, byScore := w.m3, w.step
	clear(byFit)
	clear(byScore)
	if a != Weighting {
		w.times(byFit, w.info, m1)
	}
	if a != Regression {
		w.times(byScore, w.infoPS, m2)
	}
	for j, y := range w.dy {
		x, r, v := w.row(j), y-w.fit[j], weight(j)
		psi := 0.0
		if w.treat[j] {
			psi = (r - at) / st
		} else {
			psi = -r * dot(x, byFit)
		}
		if v > 0 {
			psi -= v * (r - ac) / sc
		}
		if a != Regression {
			s := -w.ps[j]
			if w.treat[j] {
				s++
			}
			psi -= s * dot(x, byScore)
		}
		w.psi[j] = psi
	}
	return at - ac, true
}
