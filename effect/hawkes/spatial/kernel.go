package spatial

import "math"

// Kernel is the shape of what follows an event.
type Kernel int8

// The kernels. In space a step reaches evenly up to [Options.Reach], a decay is
// exp(-d^2/2 sigma^2) and a power law (1 + d/sigma)^-shape up to there; in time a step
// lasts [Options.Horizon], and a decay is exp(-delta t) up to there. There is no power
// law of time.
//
// The power law is that of Meyer and Held (2014), Annals of Applied Statistics
// 8:1612: steepest at the event itself, as near repeats are, and with a reference to
// be held against (siaf.powerlaw). That of seismology, (d^2 + s^2)^-q, is flat there.
const (
	Step Kernel = iota
	Decay
	Power
	bump // 1 - d^2/sigma^2 up to sigma: what maps are smoothed with
)

// spread is a spatial kernel f with its parameters. Derivatives are by ln sigma and
// ln shape.
type spread struct {
	of           Kernel
	sigma, shape float64
}

// at is f at a squared distance.
func (k spread) at(square float64) (f float64, by [2]float64) {
	switch k.of {
	case Decay:
		u := square / (k.sigma * k.sigma)
		f = math.Exp(-u / 2)
		return f, [2]float64{f * u, 0}
	case Power:
		r := math.Sqrt(square) / k.sigma
		l := math.Log1p(r)
		f = math.Exp(-k.shape * l)
		return f, [2]float64{f * k.shape * r / (1 + r), -f * k.shape * l}
	case bump:
		return max(0, 1-square/(k.sigma*k.sigma)), by
	}
	return 1, by
}

// radial is J, the integral of r f(r) from 0 to the root of square: r^2/2 for a
// step, sigma^2 (1 - exp(-r^2/2 sigma^2)) for a decay, and, with z = 1 + r/sigma and
// E(a) = (z^a - 1)/a,
//
//	sigma^2 (E(2-shape) - E(1-shape))
//
// for a power law.
func (k spread) radial(square float64) (v float64, by [2]float64) {
	s := k.sigma * k.sigma
	switch k.of {
	case Decay:
		e := math.Exp(-square / s / 2)
		return s * (1 - e), [2]float64{2*s*(1-e) - square*e, 0}
	case Power:
		l := math.Log1p(math.Sqrt(square) / k.sigma)
		e2, by2 := boxCox(2-k.shape, l)
		e1, by1 := boxCox(1-k.shape, l)
		v = s * (e2 - e1)
		return v, [2]float64{2*v - square*math.Exp(-k.shape*l), -s * k.shape * (by2 - by1)}
	case bump:
		square = min(square, s)
		return square / 2 * (1 - square/s/2), by
	}
	return square / 2, by
}

// boxCox is (exp(a l) - 1)/a and its derivative by a, also about a = 0.
func boxCox(a, l float64) (v, by float64) {
	if x := a * l; math.Abs(x) < 1e-3 {
		return l * (1 + x/2 + x*x/6 + x*x*x/24), l * l * (1./2 + x/3 + x*x/8 + x*x*x/30)
	}
	e := math.Expm1(a * l)
	return e / a, (l*(e+1) - e/a) / a
}
