package did

import (
	"math"

	"athar/stat"
)

// RelativeMagnitude is sensitivity analysis after Rambachan and Roth (2023):
// from one period to the next the drift of the treated against the controls may
// be, after treatment began, Mbar times as large as its largest step before.
// Beta are event-study estimates without the reference period, which stands
// between Pre and post ones and is 0; Cov is their covariance, len(Beta)
// square; Weights give the target sum_t w_t beta_t over the post estimates.
//
// The set of drifts is a union over the step s that is largest and its sign.
// Given those, what the target's bias may be has a closed form, Mbar c d_s with
// c = sum_t |sum_{u>=t} w_u| and d_s the signed step, so that a value theta is
// compatible if two linear inequalities hold:
//
//	w'beta - theta <= Mbar c d_s  and  theta - w'beta <= Mbar c d_s.
//
// They are tested with the conditional least-favourable hybrid of Andrews, Roth
// and Pakes (2023), first stage alpha/10; the union of what is not rejected
// covers the target with probability 1-alpha. Without nuisance parameters left
// its critical values are exact, up to the numerical integral of the
// least-favourable one. With Mbar 0 the interval is the usual one. That other
// steps are smaller than the largest is not used.
type RelativeMagnitude struct {
	Beta, Cov []float64
	Pre       int
	Weights   []float64
}

// level and first are alpha and the first stage's share of it.
const (
	level = .05
	first = level / 10
)

// side is one largest step with its sign, s'beta = d_s.
type side struct {
	d, vd, cov float64 // estimate, variance, covariance with the target
}

// Interval is the 95% interval of the target at mbar.
func (r RelativeMagnitude) Interval(mbar float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	est, v, c, sides := r.parts()
	se := math.Sqrt(v)
	for _, s := range sides {
		m := mbar * c
		// Variances of w'beta -+ m d and their correlation, for the two moments.
		v1, v2 := v-2*m*s.cov+m*m*s.vd, v+2*m*s.cov+m*m*s.vd
		if !(v1 > 0 && v2 > 0) {
			continue
		}
		t := hybrid{s1: math.Sqrt(v1), s2: math.Sqrt(v2)}
		t.rho = max(-1, (m*m*s.vd-v)/(t.s1*t.s2))
		t.crit, t.first = leastFavourable(t.rho, level), leastFavourable(t.rho, first)
		accepted := func(theta float64) bool {
			return t.accepts((est-theta-m*s.d)/t.s1, (theta-est-m*s.d)/t.s2)
		}
		// The accepted values lie within what the first stage leaves.
		from := min(est-m*s.d-t.first*t.s1, est) - se
		to := max(est+m*s.d+t.first*t.s2, est) + se
		const steps = 400
		for k := range steps + 1 {
			if x := from + (to-from)*float64(k)/steps; accepted(x) {
				low = min(low, edge(accepted, x-(to-from)/steps, x))
				break
			}
		}
		for k := range steps + 1 {
			if x := to - (to-from)*float64(k)/steps; accepted(x) {
				high = max(high, edge(accepted, x+(to-from)/steps, x))
				break
			}
		}
	}
	return low, high
}

// Breakdown is the largest mbar at which the interval still excludes 0: 0 if
// none does, +Inf beyond 20.
func (r RelativeMagnitude) Breakdown() float64 {
	excludes := func(m float64) bool {
		low, high := r.Interval(m)
		return low > 0 || high < 0
	}
	if !excludes(0) {
		return 0
	}
	if excludes(20) {
		return math.Inf(1)
	}
	low, high := 0.0, 20.0
	for range 24 {
		if mid := (low + high) / 2; excludes(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// edge bisects between a rejected and an accepted value.
func edge(accepted func(float64) bool, out, in float64) float64 {
	for range 40 {
		if mid := (out + in) / 2; accepted(mid) {
			in = mid
		} else {
			out = mid
		}
	}
	return in
}

// parts is the target, its variance, the weight c of the bias, and the steps.
func (r RelativeMagnitude) parts() (est, v, c float64, sides []side) {
	n := len(r.Beta)
	l := make([]float64, n)
	copy(l[r.Pre:], r.Weights)
	est, v = dot(l, r.Beta), stat.Quad(r.Cov, l)
	tail := 0.0
	for t := n - 1; t >= r.Pre; t-- {
		tail += l[t]
		c += math.Abs(tail)
	}
	for s := range r.Pre {
		a := make([]float64, n) // beta_{s+1} - beta_s; the last step leads to the reference, 0
		a[s] = -1
		if s+1 < r.Pre {
			a[s+1] = 1
		}
		cov := 0.0
		for i, x := range a {
			for j, y := range l {
				cov += x * y * r.Cov[i*n+j]
			}
		}
		d := side{dot(a, r.Beta), stat.Quad(r.Cov, a), cov}
		sides = append(sides, d, side{-d.d, d.vd, -d.cov})
	}
	return est, v, c, sides
}

// hybrid tests that two normal moments with the given correlation have means
// that are not positive.
type hybrid struct{ s1, s2, rho, crit, first float64 }

// accepts takes the standardised moments.
func (h hybrid) accepts(t1, t2 float64) bool {
	top, other := max(t1, t2), min(t1, t2)
	switch {
	case top > h.first:
		return false
	case top <= 0:
		return true
	case h.rho > 1-1e-9:
		return top <= h.crit
	}
	// Given which moment is larger and the other's part that is independent of
	// it, the larger is normal, truncated to [low, first].
	low := (other - h.rho*top) / (1 - h.rho)
	a, b := normal(max(low, -40)), normal(h.first)
	size := (level - first) / (1 - first)
	// P(Z > top | low < Z < first) under mean 0.
	return (b-normal(top))/(b-a) > size
}

func normal(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// leastFavourable is the 1-alpha quantile of the larger of two standard normals
// with correlation rho.
func leastFavourable(rho, alpha float64) float64 {
	low, high := 0.0, 5.0
	for range 50 {
		if mid := (low + high) / 2; bothBelow(mid, rho) < 1-alpha {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// bothBelow is P(Z1 <= x, Z2 <= x), by Plackett's integral of the density over
// the correlation, phi2(x, x; r) = exp(-x^2/(1+r))/(2 pi sqrt(1-r^2)), with
// r = sin u, Simpson's rule.
func bothBelow(x, rho float64) float64 {
	const n = 64
	to := math.Asin(min(1, rho))
	f := func(u float64) float64 { return math.Exp(-x * x / (1 + math.Sin(u))) }
	h, s := to/n, f(0)
	if math.Sin(to) > -1 {
		s += f(to)
	}
	for k := 1; k < n; k++ {
		s += float64(2+2*(k%2)) * f(float64(k)*h)
	}
	return normal(x)*normal(x) + s*h/3/(2*math.Pi)
}
