package zeros

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// FirthFit is a Poisson regression under Jeffreys' penalty.
type FirthFit struct {
	Beta   []float64
	Cov    []float64 // inverse negative Hessian of the penalised likelihood, p x p
	LogLik float64   // penalised

	p         int
	penalised func(b, grad []float64) float64
}

// Firth fits log mu = offset + x b, p regressors row by row in x, by the
// maximum of l(b) + ln|x'Wx|/2, W = mu (Firth 1993, Biometrika 80:27), whose
// score is sum x (y - mu + h/2) with h the leverages. The estimate is finite
// also where every count of a group is zero. The error is stat.ErrDiverged
// where the regressors depend on each other.
func Firth(y, x, offset []float64, p int) (*FirthFit, error) {
	if err := shape(y, x, offset, p); err != nil {
		return nil, err
	}
	f := &FirthFit{p: p}
	mu := make([]float64, len(y))
	info := mat.NewSymDense(p, nil)
	var chol mat.Cholesky
	var inv mat.SymDense
	f.penalised = func(b, g []float64) float64 {
		clear(g)
		info.Zero()
		ll := 0.0
		for i, v := range y {
			row := x[i*p : i*p+p]
			eta := at(offset, i) + dot(row, b)
			mu[i] = math.Exp(eta)
			ll += v*eta - mu[i] - lgamma(v+1)
			for j, a := range row {
				for k := j; k < p; k++ {
					info.SetSym(j, k, info.At(j, k)+mu[i]*a*row[k])
				}
			}
		}
		if math.IsInf(ll, 0) || math.IsNaN(ll) || !chol.Factorize(info) || chol.Cond() > 1e14 || chol.InverseTo(&inv) != nil {
			return math.Inf(-1)
		}
		for i, v := range y {
			row := x[i*p : i*p+p]
			h := 0.0
			for j, a := range row {
				for k, c := range row {
					h += a * c * inv.At(j, k)
				}
			}
			u := v - mu[i] + mu[i]*h/2
			for j, a := range row {
				g[j] += u * a
			}
		}
		return ll + chol.LogDet()/2
	}
	start := make([]float64, p)
	sum, days := .5, 0.0
	for i, v := range y {
		sum += v
		days += math.Exp(at(offset, i))
	}
	start[0] = math.Log(sum / days)
	var err error
	f.Beta, f.Cov, f.LogLik, err = maximise(f.penalised, start)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Profile is the interval of coefficient j on which twice the fall of the
// penalised likelihood, maximised over the other coefficients, is at most cut:
// 3.841 for 95%, times the dispersion for quasi-Poisson counts (Heinze and
// Schemper 2002).
func (f *FirthFit) Profile(j int, cut float64) (low, high float64, err error) {
	limit := func(sign float64) float64 {
		step := math.Sqrt(cut * f.Cov[j*f.p+j])
		in := f.Beta[j]
		out := in
		for fallen := -1.0; fallen <= cut && err == nil; {
			in, out = out, out+sign*step
			var top float64
			top, err = f.at(j, out)
			fallen = 2 * (f.LogLik - top)
		}
		for err == nil && math.Abs(out-in) > 1e-9*(1+math.Abs(in)) {
			mid := (in + out) / 2
			var top float64
			if top, err = f.at(j, mid); 2*(f.LogLik-top) > cut {
				out = mid
			} else {
				in = mid
			}
		}
		return (in + out) / 2
	}
	low, high = limit(-1), limit(1)
	if err != nil {
		return math.NaN(), math.NaN(), err
	}
	return low, high, nil
}

// at is the penalised likelihood at b_j = v, maximised over the others.
func (f *FirthFit) at(j int, v float64) (float64, error) {
	full, g := make([]float64, f.p), make([]float64, f.p)
	full[j] = v
	if f.p == 1 {
		return f.penalised(full, g), nil
	}
	_, _, top, err := maximise(func(b, grad []float64) float64 {
		copy(full[:j], b[:j])
		copy(full[j+1:], b[j:])
		top := f.penalised(full, g)
		copy(grad[:j], g[:j])
		copy(grad[j:], g[j+1:])
		return top
	}, append(append([]float64{}, f.Beta[:j]...), f.Beta[j+1:]...))
	return top, err
}
