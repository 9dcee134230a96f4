// Package synth is synthetic control (METHODS.md A3 and A4): the area as a
// mixture of areas that the campaign did not reach.
//
// The package thinks that a mixture is worth as much as its fit before the
// campaign, and that it should be asked to prove itself: against the same
// mixture made for areas where nothing happened, without its weightiest part,
// and at a date when nothing happened. Where no mixture fits, it says so; the
// ridge version then extrapolates, and says how far.
package synth

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"

	"athar/stat"
)

// Method and MethodRidge are the names of the methods in effects.
const (
	Method      = "synth"
	MethodRidge = "synth-ridge"
)

// ErrShape says that a matrix cannot be fitted.
var ErrShape = errors.New("synth: rows of one length, at least two donors, two periods before and one after are needed")

// Fit is a workspace for synthetic controls by outcomes only. What it holds
// belongs to the last fit.
type Fit struct {
	W    []float64 // weights of the donors, sum 1; negative ones only with ridge
	Gap  []float64 // y - sum w_j y_j in every period
	Pre  float64   // root mean square of Gap before
	Post float64   // and after

	simplex stat.Simplex
	donors  []float64
	ridge   ridge
}

// Control fits the series y by rows of donors (j x len(y), row-major), with
// w >= 0 and sum w = 1 minimising the squared gap of the first t0 periods
// (Abadie, Diamond and Hainmueller 2010 with V = I and all outcomes before as
// predictors).
func (f *Fit) Control(y, donors []float64, t0 int) error {
	t := len(y)
	if t0 < 2 || t < t0 || t == 0 || len(donors)%t != 0 || len(donors) < 2*t {
		return ErrShape
	}
	f.simplex.Load(donors, t, len(donors)/t, y[:t0], false, 0)
	f.simplex.Solve()
	f.W = append(f.W[:0], f.simplex.W...)
	f.gaps(y, donors, t0)
	return nil
}

func (f *Fit) gaps(y, donors []float64, t0 int) {
	t := len(y)
	f.Gap = append(f.Gap[:0], y...)
	for j, w := range f.W {
		if w != 0 {
			for k, v := range donors[j*t : (j+1)*t] {
				f.Gap[k] -= w * v
			}
		}
	}
	f.Pre, f.Post = rms(f.Gap[:t0]), rms(f.Gap[t0:])
}

func rms(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v * v
	}
	return math.Sqrt(s / float64(len(x)))
}

func mean(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s / float64(len(x))
}

// ridge is the workspace of the augmentation.
type ridge struct {
	x, r, b []float64
	gram    []float64
	eigen   mat.EigenSym
	vec     mat.Dense
	val     []float64
}

// centre sets x to the first t0 columns of the donors, centred by donors, and
// decomposes x'x. It returns the largest eigenvalue.
func (a *ridge) centre(donors []float64, t, t0 int) float64 {
	n, cols := len(donors)/t, t0
	a.x = append(a.x[:0], make([]float64, n*cols)...)
	for k := range cols {
		m := 0.0
		for j := range n {
			m += donors[j*t+k] / float64(n)
		}
		for j := range n {
			a.x[j*cols+k] = donors[j*t+k] - m
		}
	}
	a.gram = append(a.gram[:0], make([]float64, cols*cols)...)
	for j := range n {
		row := a.x[j*cols : (j+1)*cols]
		for p, v := range row {
			for q := range p + 1 {
				a.gram[q*cols+p] += v * row[q]
			}
		}
	}
	if !a.eigen.Factorize(mat.NewSymDense(cols, a.gram), true) {
		return 0
	}
	if len(a.val) != cols {
		a.val = make([]float64, cols)
	}
	a.eigen.Values(a.val)
	a.vec.Reset()
	a.eigen.VectorsTo(&a.vec)
	return a.val[cols-1]
}

// add adds x (x'x + lambda)^-1 gap to the weights w; gap has one value a column
// of x.
func (a *ridge) add(w, gap []float64, lambda float64) {
	cols := len(gap)
	a.b = append(a.b[:0], make([]float64, cols)...)
	for k := range cols {
		s := 0.0
		for i, g := range gap {
			s += a.vec.At(i, k) * g
		}
		s /= max(a.val[k], 0) + lambda
		for i := range a.b {
			a.b[i] += a.vec.At(i, k) * s
		}
	}
	for j := range w {
		for k, v := range a.x[j*cols : (j+1)*cols] {
			w[j] += v * a.b[k]
		}
	}
}

// The grid of penalties over the largest squared singular value of the centred
// donors, 20 steps from 1000 down to 1e-8. The published grid starts at 1, which
// still follows half of the strongest noise; further up the penalty leaves
// synthetic control as it is.
const (
	lambdas    = 20
	lambdaMost = 1e3
	lambdaLast = 1e-8
)

// Penalty chooses the ridge penalty by leaving out one period before at a
// time: the largest whose mean squared prediction error is within one standard
// error of the smallest (Ben-Michael, Feller and Rothstein 2021). With scaled
// true every series is divided by its mean of the periods that are left: where
// series were scaled to a mean of 1, the others would give the one that is out
// away, and no penalty at all would seem best.
func (f *Fit) Penalty(y, donors []float64, t0 int, scaled bool) (float64, error) {
	t := len(y)
	if t0 < 3 || t < t0 || len(donors)%t != 0 || len(donors) < 2*t {
		return 0, ErrShape
	}
	n := len(donors) / t
	top := f.ridge.centre(donors, t, t0)
	var errs [lambdas + 1][]float64
	rest, target := make([]float64, n*(t0-1)), make([]float64, t0-1)
	w, held := make([]float64, n), make([]float64, n)
	for out := range t0 {
		without := func(dst, x []float64) (held float64) {
			copy(dst, x[:out])
			copy(dst[out:], x[out+1:t0])
			if held = x[out]; scaled {
				if m := mean(dst); m > 0 {
					held /= m
					for k := range dst {
						dst[k] /= m
					}
				}
			}
			return held
		}
		truth := without(target, y)
		for j := range n {
			held[j] = without(rest[j*(t0-1):(j+1)*(t0-1)], donors[j*t:(j+1)*t])
		}
		if err := f.Control(target, rest, t0-1); err != nil {
			return 0, err
		}
		f.ridge.centre(rest, t0-1, t0-1)
		for k := range errs {
			copy(w, f.W)
			f.ridge.add(w, f.Gap, lambdaAt(top, k))
			e := truth
			for j, v := range w {
				e -= v * held[j]
			}
			errs[k] = append(errs[k], e*e)
		}
	}
	best, limit := 0, math.Inf(1)
	var means [lambdas + 1]float64
	for k, e := range errs {
		m, s := 0.0, 0.0
		for _, v := range e {
			m += v / float64(t0)
		}
		for _, v := range e {
			s += (v - m) * (v - m)
		}
		if means[k] = m; k == 0 || m < means[best] {
			best, limit = k, m+math.Sqrt(s/float64(t0-1)/float64(t0))
		}
	}
	for k, m := range means {
		if m <= limit {
			return lambdaAt(top, k), nil
		}
	}
	return lambdaAt(top, best), nil
}

func lambdaAt(top float64, k int) float64 {
	return top * lambdaMost * math.Pow(lambdaLast/lambdaMost, float64(k)/lambdas)
}

// Augmented fits as Control does and adds to the weights what a ridge
// regression of outcomes on the past would correct,
//
//	w + X (X'X + lambda)^-1 (x1 - X'w),  X centred by donors
//
// (Ben-Michael, Feller and Rothstein 2021, lemma 1). Weights still sum to 1
// but may be negative, which is extrapolation.
func (f *Fit) Augmented(y, donors []float64, t0 int, lambda float64) error {
	if err := f.Control(y, donors, t0); err != nil {
		return err
	}
	f.ridge.centre(donors, len(y), t0)
	f.ridge.r = append(f.ridge.r[:0], f.Gap[:t0]...)
	f.ridge.add(f.W, f.ridge.r, lambda)
	f.gaps(y, donors, t0)
	return nil
}

// Extrapolation is the sum of the negative weights, as a positive number.
func (f *Fit) Extrapolation() (s float64) {
	for _, w := range f.W {
		s -= min(w, 0)
	}
	return s
}

// Placebos is the in-space placebo test.
type Placebos struct {
	Ratio   []float64 // RMSPE after over before, the treated unit first, then the donors
	Pre     []float64 // RMSPE before
	P       float64   // share of ratios at least as large as the treated unit's; at least 1/(donors+1)
	PClose  float64   // the same without donors whose RMSPE before is over 5 times the treated unit's
	Dropped int       // those donors
}

// InSpace fits every donor by the other donors and ranks the ratio of gaps
// after to gaps before (Abadie, Diamond and Hainmueller 2010).
func (f *Fit) InSpace(y, donors []float64, t0 int) (Placebos, error) {
	t := len(y)
	if t0 >= t || len(donors) < 3*t {
		return Placebos{}, ErrShape
	}
	n := len(donors) / t
	p := Placebos{}
	if err := f.Control(y, donors, t0); err != nil {
		return p, err
	}
	add := func() { p.Ratio, p.Pre = append(p.Ratio, ratio(f.Post, f.Pre)), append(p.Pre, f.Pre) }
	add()
	if cap(f.donors) < (n-1)*t {
		f.donors = make([]float64, (n-1)*t)
	}
	rest := f.donors[:(n-1)*t]
	for j := range n {
		copy(rest, donors[:j*t])
		copy(rest[j*t:], donors[(j+1)*t:])
		if err := f.Control(donors[j*t:(j+1)*t], rest, t0); err != nil {
			return p, err
		}
		add()
	}
	var all, close, larger float64
	for k, r := range p.Ratio {
		far := p.Pre[k] > 5*p.Pre[0]
		if far {
			p.Dropped++
		} else {
			close++
		}
		if r >= p.Ratio[0]*(1-1e-9) {
			all++
			if !far {
				larger++
			}
		}
	}
	p.P, p.PClose = all/float64(n+1), larger/close
	return p, f.Control(y, donors, t0)
}

// ratio is a/b; a perfect fit before ranks highest unless after is perfect too.
func ratio(a, b float64) float64 {
	if a == 0 {
		return 0
	}
	return a / b
}

// Shifts is the conformal p of the residuals u of a fit that included all
// periods: the share of cyclic shifts in which the mean absolute residual after
// t0 is at least as large as in the true order (Chernozhukov, Wuthrich and Zhu
// 2021, moving blocks). It is at least 1/len(u).
func Shifts(u []float64, t0 int) float64 {
	n, after := len(u), 0.0
	for _, v := range u[t0:] {
		after += math.Abs(v)
	}
	sum, larger := after, 0
	for k := range n {
		if sum >= after*(1-1e-9) {
			larger++
		}
		sum += math.Abs(u[k]) - math.Abs(u[(t0+k)%n])
	}
	return float64(larger) / float64(n)
}
