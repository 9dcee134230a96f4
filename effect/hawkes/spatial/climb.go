package spatial

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// hill is a log-likelihood to be climbed.
type hill struct {
	dim int
	// at gives the height, leaves the gradient in grad and, if asked, the sum of squares
	// of the derivatives of ln lambda in inf.
	at        func(p []float64, info bool) float64
	inside    func(p []float64) bool
	grad, inf []float64
}

// climb takes steps of grad/information, the information being the sum of
// squares of the derivatives of ln lambda, halved until the likelihood rises,
// and near the top, to reach it, Newton steps on the differenced gradient.
func (m *hill) climb(p []float64, reach bool) float64 {
	var chol mat.Cholesky
	n := m.dim
	top := m.at(p, true)
	step, try := make([]float64, n), make([]float64, n)
	newton := false
	for range 200 {
		h := mat.NewSymDense(n, nil)
		if newton {
			d, ok := m.curvature(p)
			if !ok {
				break
			}
			h = d
			top = m.at(p, false)
		} else {
			for j := range n {
				for k := j; k < n; k++ {
					h.SetSym(j, k, m.inf[j*n+k])
				}
				h.SetSym(j, j, m.inf[j*n+j]*(1+1e-9)+1e-12)
			}
		}
		if !chol.Factorize(h) {
			if newton {
				break
			}
			return math.Inf(-1)
		}
		if chol.SolveVecTo(mat.NewVecDense(n, step), mat.NewVecDense(n, slices.Clone(m.grad))) != nil && newton {
			break
		}
		gain := dot(step, m.grad)
		longest := 0.0
		for _, s := range step {
			longest = max(longest, math.Abs(s))
		}
		share, up := min(1, 2/longest), false
		for range 40 {
			for j := range n {
				try[j] = p[j] + share*step[j]
			}
			if m.inside(try) {
				if v := m.at(try, true); v > top {
					copy(p, try)
					top, up = v, true
					break
				}
			}
			share /= 2
		}
		if !up {
			m.at(p, true)
			if newton {
				break
			}
		}
		if newton && gain < 1e-12*(1+math.Abs(top)) {
			break
		}
		if near := !up || gain < 1e-2; near && !reach {
			break
		} else if near {
			newton = true
		}
	}
	return top
}

// curvature is the observed information at p, by differences of the gradient.
func (m *hill) curvature(p []float64) (*mat.SymDense, bool) {
	n := m.dim
	d := make([]float64, n*n)
	try := slices.Clone(p)
	for j := range n {
		const e = 1e-4
		try[j] = p[j] + e
		m.at(try, false)
		for k, v := range m.grad {
			d[j*n+k] -= v / (2 * e)
		}
		try[j] = p[j] - e
		m.at(try, false)
		for k, v := range m.grad {
			d[j*n+k] += v / (2 * e)
		}
		try[j] = p[j]
	}
	m.at(p, true)
	h := mat.NewSymDense(n, nil)
	for j := range n {
		for k := j; k < n; k++ {
			v := (d[j*n+k] + d[k*n+j]) / 2
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return h, false
			}
			h.SetSym(j, k, v)
		}
	}
	return h, true
}
