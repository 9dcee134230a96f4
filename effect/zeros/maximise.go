package zeros

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"athar/stat"
)

// maximise climbs f, which writes its gradient, from start by damped Newton
// steps on the differenced gradient. cov is the inverse of the negative
// Hessian at the top. Where the top is not reached or some direction is flat
// (a variance above 1e4) the error is [stat.ErrDiverged], and b is where the
// climb ended.
func maximise(f func(b, grad []float64) float64, start []float64) (b, cov []float64, top float64, err error) {
	p := len(start)
	b = append(b, start...)
	g, up, down, try := make([]float64, p), make([]float64, p), make([]float64, p), make([]float64, p)
	top = f(b, g)
	if math.IsNaN(top) || math.IsInf(top, 0) {
		return b, nil, top, stat.ErrDiverged
	}
	h := mat.NewSymDense(p, nil)
	curvature := func() {
		d := make([]float64, p*p)
		for j := range p {
			e := 1e-5 * (1 + math.Abs(b[j]))
			copy(try, b)
			try[j] = b[j] + e
			f(try, up)
			try[j] = b[j] - e
			f(try, down)
			for k := range p {
				d[j*p+k] = (down[k] - up[k]) / (2 * e)
			}
		}
		for j := range p {
			for k := j; k < p; k++ {
				h.SetSym(j, k, (d[j*p+k]+d[k*p+j])/2)
			}
		}
	}
	var chol mat.Cholesky
	step := mat.NewVecDense(p, nil)
	for range 300 {
		curvature()
		most := 0.0
		for j := range p {
			most = max(most, math.Abs(h.At(j, j)))
		}
		if math.IsNaN(most) || math.IsInf(most, 0) {
			return b, nil, top, stat.ErrDiverged
		}
		ok := chol.Factorize(h)
		proper := ok
		for add := 1e-3 * (most + 1e-8); !ok; add *= 4 {
			for j := range p {
				h.SetSym(j, j, h.At(j, j)+add)
			}
			if math.IsInf(add, 0) || math.IsNaN(add) {
				return b, nil, top, stat.ErrDiverged
			}
			ok = chol.Factorize(h)
		}
		if chol.SolveVecTo(step, mat.NewVecDense(p, g)) != nil {
			return b, nil, top, stat.ErrDiverged
		}
		gain := mat.Dot(step, mat.NewVecDense(p, g))
		if proper && gain < 1e-14*(1+math.Abs(top)) {
			var inv mat.SymDense
			if chol.InverseTo(&inv) != nil {
				return b, nil, top, stat.ErrDiverged
			}
			cov = make([]float64, p*p)
			for j := range p {
				if v := inv.At(j, j); !(v < 1e4) {
					return b, nil, top, stat.ErrDiverged
				}
				for k := range p {
					cov[j*p+k] = inv.At(j, k)
				}
			}
			return b, cov, top, nil
		}
		share, moved := 1.0, false
		for range 40 {
			for j := range p {
				try[j] = b[j] + share*step.AtVec(j)
			}
			if v := f(try, up); v >= top {
				copy(b, try)
				copy(g, up)
				moved, top = true, v
				break
			}
			share /= 2
		}
		if !moved {
			// Rounding hides the last gain of a climb that has arrived.
			if proper && gain < 1e-8*(1+math.Abs(top)) {
				clear(g)
				continue
			}
			return b, nil, top, stat.ErrDiverged
		}
	}
	return b, nil, top, stat.ErrDiverged
}
