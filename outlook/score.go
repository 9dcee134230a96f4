package outlook

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"athar/stat"
)

// The scores take a sample of the forecast, sorted from small to large, and
// the count y that came. All are lower for better forecasts.

// CRPS is the continuous ranked probability score of the sample's
// distribution,
//
//	mean |x - y| - 1/(2 M^2) sum_m sum_l |x_m - x_l|,
//
// in the unit of the counts; with x sorted the double sum is 2 sum (2m - M - 1)
// x_m, m from 1 (Gneiting and Raftery 2007, section 4.2).
func CRPS(x []float64, y float64) float64 {
	near, gini := sums(x, y)
	m := float64(len(x))
	return near/m - gini/(m*m)
}

// CRPSFair is the score with M (M - 1) in place of M^2: for random draws its
// expectation does not depend on their number (Ferro 2014). It needs two draws.
func CRPSFair(x []float64, y float64) float64 {
	near, gini := sums(x, y)
	m := float64(len(x))
	return near/m - gini/(m*(m-1))
}

// sums is sum |x_m - y| and half of sum_m sum_l |x_m - x_l|.
func sums(x []float64, y float64) (near, gini float64) {
	c := float64(1 - len(x))
	for _, v := range x {
		near += math.Abs(v - y)
		gini += c * v
		c += 2
	}
	return near, gini
}

// CRPSNormal is the score of a normal forecast, sd (z (2 Phi(z) - 1) + 2
// phi(z) - 1/sqrt(pi)), z = (y - mean)/sd.
func CRPSNormal(mean, sd, y float64) float64 {
	z := (y - mean) / sd
	return sd * (z*(2*distuv.UnitNormal.CDF(z)-1) + 2*distuv.UnitNormal.Prob(z) - 1/math.Sqrt(math.Pi))
}

// CRPSNegBin is the score of a negative binomial forecast with the given mean
// and variance mean + mean^2/theta; theta = +Inf is the Poisson. It is summed
// exactly, integral (F(x) - 1{x >= y})^2 dx over the steps of F.
func CRPSNegBin(mean, theta, y float64) float64 {
	if mean <= 0 {
		return math.Abs(y)
	}
	d := start(mean, theta)
	s := max(0, d.k-y)
	for {
		below := min(max(y-d.k, 0), 1) // part of [k, k+1) below y
		s += below*d.f*d.f + (1-below)*(1-d.f)*(1-d.f)
		if d.k >= y && 1-d.f < 1e-9 {
			return s
		}
		d.next()
	}
}

// bins are the lower ends of the classes of counts for [IGN]: 0, 1, 2 to 5, 6
// to 10, 11 to 100, 101 to 1,000 and more.
var bins = []float64{0, .5, 1.5, 5.5, 10.5, 100.5, 1000.5}

func bin(v float64) int {
	i, _ := slices.BinarySearchFunc(bins, v, func(b, v float64) int {
		if b <= v {
			return -1
		}
		return 1
	})
	return i - 1
}

// IGN is the ignorance score, -log2 of the share of the sample in the class of
// y; every class is given one draw more, so that the score is finite (Roulston
// and Smith 2002; the extra draws as in the forecasting competition of 2023).
// In bits.
func IGN(x []float64, y float64) float64 {
	k := bin(y)
	from, _ := slices.BinarySearch(x, bins[k])
	to := len(x)
	if k+1 < len(bins) {
		to, _ = slices.BinarySearch(x, bins[k+1])
	}
	return math.Log2(float64(len(x)+len(bins)) / float64(to-from+1))
}

// Interval is the central interval of the sample at the given level, between
// its quantiles of type 7.
func Interval(x []float64, level float64) (low, high float64) {
	return stat.Quantile(x, (1-level)/2), stat.Quantile(x, (1+level)/2)
}

// IntervalScore is the score of the interval [l, u] at the given level,
//
//	(u - l) + 2/a (l - y)+ + 2/a (y - u)+,  a = 1 - level
//
// (Gneiting and Raftery 2007, equation 43). Its mean is the MIS.
func IntervalScore(l, u, level, y float64) float64 {
	return u - l + 2/(1-level)*(max(0, l-y)+max(0, y-u))
}

// PIT is the randomised probability integral transform of y, uniform on [0, 1]
// if y comes from the forecast's distribution and v is uniform: F(y-) + v
// (F(y) - F(y-)) (Czado, Gneiting and Held 2009).
func PIT(x []float64, y, v float64) float64 {
	below, _ := slices.BinarySearch(x, y)
	upto, _ := slices.BinarySearch(x, math.Nextafter(y, math.Inf(1)))
	return (float64(below) + v*float64(upto-below)) / float64(len(x))
}

// walk goes through the counts k from below with probability p and
// distribution function f.
type walk struct {
	mean, theta float64
	k, p, f     float64
}

// start begins at 0, or so far below the mean that what is left out is nothing.
func start(mean, theta float64) walk {
	sd := math.Sqrt(mean + mean*mean/theta)
	k := math.Floor(max(0, mean-12*sd))
	lk, _ := math.Lgamma(k + 1)
	p := k*math.Log(mean) - mean - lk
	if !math.IsInf(theta, 1) {
		a, _ := math.Lgamma(k + theta)
		b, _ := math.Lgamma(theta)
		p = a - b - lk - theta*math.Log1p(mean/theta) - k*math.Log1p(theta/mean)
	}
	p = math.Exp(p)
	return walk{mean, theta, k, p, p}
}

func (d *walk) next() {
	d.k++
	if math.IsInf(d.theta, 1) {
		d.p *= d.mean / d.k
	} else {
		d.p *= (d.k - 1 + d.theta) / d.k / (1 + d.theta/d.mean)
	}
	d.f = min(1, d.f+d.p)
}

// fillNegBin fills x with the quantiles at (m - 1/2)/M of a negative binomial
// (a Poisson for theta = +Inf): a sample without noise.
func fillNegBin(x []float64, mean, theta float64) {
	if mean <= 0 {
		clear(x)
		return
	}
	d := start(mean, theta)
	for m := range x {
		// The last sum may stay below 1 by rounding; p then says that the end is reached.
		for q := (float64(m) + .5) / float64(len(x)); d.f < q && (d.k < mean || d.p > 1e-16); {
			d.next()
		}
		x[m] = d.k
	}
}

// fillPool fills x with the quantiles at (m - 1/2)/M of the sorted pool:
// resampling it, without noise.
func fillPool(x, pool []float64) {
	for m := range x {
		x[m] = pool[(2*m+1)*len(pool)/(2*len(x))]
	}
}
