package synth

import (
	"math"

	"gonum.org/v1/gonum/optimize"

	"athar/stat"
)

// Nested is a synthetic control whose predictors are weighted so that the
// outcomes before are met (Abadie and Gardeazabal 2003; Abadie, Diamond and
// Hainmueller 2010).
type Nested struct {
	W     []float64 // weights of the donors
	V     []float64 // weights of the predictors, sum 1
	Loss  float64   // mean squared gap of the outcomes before
	Fits  int       // inner problems solved
	inner stat.Simplex

	points, gram []float64
	n, k         int
}

// nestedStarts is how many starts are carried to the end.
const nestedStarts = 3

// Fit minimises the mean squared gap of z1 to the donors' z0 (n x len(z1),
// row-major) over predictor weights V, where for each V
//
//	w(V) = argmin (x1 - x0'w)' V (x1 - x0'w),  w >= 0, sum w = 1.
//
// x0 is n x len(x1). Predictors are divided by their standard deviation over
// all units. Starts are equal weights, the weights of a regression of z on x, and
// each predictor alone in front; the best of them go through the simplex
// search of Nelder and Mead until a restart gains nothing. There is no
// guarantee of a global minimum, which nobody has for this problem.
func (f *Nested) Fit(x1, x0, z1, z0 []float64) error {
	k := len(x1)
	if k == 0 || len(z1) == 0 || len(x0)%k != 0 || len(x0) < 2*k || len(x0)/k*len(z1) != len(z0) {
		return ErrShape
	}
	f.n, f.k, f.Fits = len(x0)/k, k, 0
	f.prepare(x1, x0, z1, z0)
	f.V, f.Loss = make([]float64, k), math.Inf(1)
	if k == 1 {
		f.V[0] = 1
		f.Loss = f.at(f.V)
		f.W = append(f.W[:0], f.inner.W...)
		return nil
	}

	starts := f.starts(x0, z0, len(z1))
	for len(starts) > nestedStarts {
		worst := 0
		for i := range starts {
			if starts[i].loss > starts[worst].loss {
				worst = i
			}
		}
		starts = append(starts[:worst], starts[worst+1:]...)
	}
	v := make([]float64, k)
	problem := optimize.Problem{Func: func(u []float64) float64 { return f.at(weights(v, u)) }}
	for _, s := range starts {
		best, u := math.Inf(1), s.u
		for range 10 {
			r, err := optimize.Minimize(problem, u, &optimize.Settings{FuncEvaluations: 400 * k,
				Converger: &optimize.FunctionConverge{Absolute: 1e-9 * (1 + s.loss), Iterations: 20 * k}}, &optimize.NelderMead{})
			if r == nil || err != nil && r.F >= best || r.F > best*(1-1e-5) {
				break
			}
			best, u = r.F, r.X
		}
		if loss := f.at(weights(v, u)); loss < f.Loss {
			f.Loss = loss
			copy(f.V, v)
		}
	}
	f.at(f.V)
	f.W = append(f.W[:0], f.inner.W...)
	return nil
}

// weights are exp(u), sum 1.
func weights(v, u []float64) []float64 {
	most, sum := math.Inf(-1), 0.0
	for _, x := range u {
		most = max(most, x)
	}
	for i, x := range u {
		v[i] = math.Exp(x - most)
		sum += v[i]
	}
	for i := range v {
		v[i] /= sum
	}
	return v
}

// prepare standardises predictors and collapses the outcomes to their Gram
// matrix, so that the loss of w is w'Gw whatever the number of periods.
func (f *Nested) prepare(x1, x0, z1, z0 []float64) {
	n, k := f.n, f.k
	f.points = make([]float64, k*n)
	for c := range k {
		m, s := x1[c]/float64(n+1), 0.0
		for j := range n {
			m += x0[j*k+c] / float64(n+1)
		}
		s = (x1[c] - m) * (x1[c] - m)
		for j := range n {
			s += (x0[j*k+c] - m) * (x0[j*k+c] - m)
		}
		if s = math.Sqrt(s / float64(n)); s == 0 {
			s = 1
		}
		for j := range n {
			f.points[c*n+j] = (x0[j*k+c] - x1[c]) / s
		}
	}
	f.inner.Load(z0, len(z1), n, z1, false, 0)
	f.gram = append(f.gram[:0], f.inner.Q...)
}

// at is the loss of V; the inner weights are left in f.inner.W.
func (f *Nested) at(v []float64) float64 {
	n := f.n
	f.Fits++
	q := f.inner.Q
	clear(q)
	for c, w := range v {
		p := f.points[c*n : (c+1)*n]
		for j, a := range p {
			a *= w
			row := q[j*n : (j+1)*n]
			for i, b := range p {
				row[i] += a * b
			}
		}
	}
	f.inner.Solve()
	return stat.Quad(f.gram, f.inner.W)
}

type nestedStart struct {
	u    []float64 // ln V
	loss float64
}

func (f *Nested) starts(x0, z0 []float64, periods int) (out []nestedStart) {
	k, v := f.k, make([]float64, f.k)
	add := func(set func(c int) float64) {
		s := nestedStart{u: make([]float64, k)}
		for c := range k {
			s.u[c] = math.Log(max(set(c), 1e-6))
		}
		s.loss = f.at(weights(v, s.u))
		out = append(out, s)
	}
	add(func(int) float64 { return 1 })
	// As Synth starts: squares of the coefficients of outcomes on standardised
	// predictors, here one predictor at a time.
	add(func(c int) float64 {
		p := f.points[c*f.n : (c+1)*f.n]
		total := 0.0
		for t := range periods {
			var sp, sz, pp, pz float64
			for j, x := range p {
				z := z0[j*periods+t]
				sp, sz, pp, pz = sp+x, sz+z, pp+x*x, pz+x*z
			}
			n := float64(f.n)
			if d := pp - sp*sp/n; d > 0 {
				b := (pz - sp*sz/n) / d
				total += b * b
			}
		}
		return total
	})
	for first := range k {
		add(func(c int) float64 {
			if c == first {
				return 1
			}
			return .1 / float64(k)
		})
	}
	return out
}
