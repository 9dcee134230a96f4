package synchrony

import (
	"math"

	"athar"
)

// Window is how many days before an event another one may lie to coincide with
// it, the day itself not counted.
const Window = 7

// EventSync is the event synchronisation Q of two areas' event days, each
// ascending (Quian Quiroga and others 2002):
//
//	Q = (c(x|y) + c(y|x)) / sqrt(m_x m_y),
//
// where c(x|y) counts the events of x that follow one of y by at most tau, 1/2
// if both fall on one day, and tau is half the smallest of the four gaps to
// the neighbours in x and y, at most 7 days. Events at an end of a series have no
// gap there. Several events of one day count as one, and m are the days
// with events. 0: never together, 1: always. NaN where one has no event.
func EventSync(x, y []athar.Day) float64 {
	mx, my := 0, 0
	for i := range x {
		if i == 0 || x[i] != x[i-1] {
			mx++
		}
	}
	for i := range y {
		if i == 0 || y[i] != y[i-1] {
			my++
		}
	}
	if mx == 0 || my == 0 {
		return math.NaN()
	}
	c := 0.0
	from := 0
	for i := 0; i < len(x); i = next(x, i) {
		for from < len(y) && y[from] < x[i]-Window {
			from = next(y, from)
		}
		gx := gap(x, i)
		for j := from; j < len(y) && y[j] <= x[i]+Window; j = next(y, j) {
			tau := min(float64(min(gx, gap(y, j)))/2, Window)
			// One direction or the other, or both by half.
			if d := math.Abs(float64(x[i] - y[j])); d <= tau {
				c++
			}
		}
	}
	return c / math.Sqrt(float64(mx)*float64(my))
}

// next is the first index after i with another day.
func next(x []athar.Day, i int) int {
	d := x[i]
	for i < len(x) && x[i] == d {
		i++
	}
	return i
}

// gap is the smaller of the distances to the days before and after; i is the
// first index of its day.
func gap(x []athar.Day, i int) athar.Day {
	g := athar.Day(math.MaxInt32)
	if i > 0 {
		g = x[i] - x[i-1]
	}
	if j := next(x, i); j < len(x) {
		g = min(g, x[j]-x[i])
	}
	return g
}

// Coincidence is the share of x's events with an event of y on the same day or
// in the Window days before it, and the share that a Poisson process of y's rate
// over the days of s would give, 1 - (1 - 8/T)^n_y (Donges and others 2016). The
// first Window days of s are left out, since they have no full past. Days are
// ascending and lie in s; NaN where no event of x is left.
func Coincidence(x, y []athar.Day, s athar.Span) (share, chance float64) {
	hits, n, j := 0, 0, 0
	for _, d := range x {
		if d < s.First+Window {
			continue
		}
		n++
		for j < len(y) && y[j] < d-Window {
			j++
		}
		if j < len(y) && y[j] <= d {
			hits++
		}
	}
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	return float64(hits) / float64(n), 1 - math.Pow(1-(Window+1)/float64(s.Days()), float64(len(y)))
}

// Units is how many provinces, or areas, must have an event on one day for it to
// be a multi-area day.
const Units = 3

// atLeast is the probability that at least [Units] of independent events with
// probabilities p happen.
func atLeast(p []float64) float64 {
	var f [Units]float64 // probability of exactly 0, 1, 2
	f[0] = 1
	for _, q := range p {
		for k := Units - 1; k > 0; k-- {
			f[k] = f[k]*(1-q) + f[k-1]*q
		}
		f[0] *= 1 - q
	}
	return max(0, 1-f[0]-f[1]-f[2])
}

// MeanCorrelation is the mean correlation of all pairs of n series at lag 0, as
// the intraclass correlation of residuals with mean 0 (Fisher 1925): with S_t
// their sum and Q_t the sum of their squares in week t,
//
//	sum_t (S_t^2 - Q_t)/(n-1) / sum_t Q_t,
//
// which weighs pairs by their variances. It is between -1/(n-1) and 1, has mean 0
// for independent series of any length, and needs no pass over pairs. e has
// one row of weeks a series. NaN for fewer than two series or none that varies.
func MeanCorrelation(e []float64, weeks int) float64 {
	n := len(e) / max(1, weeks)
	if n < 2 {
		return math.NaN()
	}
	num, den := 0.0, 0.0
	for t := range weeks {
		a, b := products(e, weeks, t)
		num, den = num+a, den+b
	}
	if den == 0 {
		return math.NaN()
	}
	return num / den
}

// products are the two terms of MeanCorrelation in week t.
func products(e []float64, weeks, t int) (num, den float64) {
	s, q := 0.0, 0.0
	for i := t; i < len(e); i += weeks {
		s += e[i]
		q += e[i] * e[i]
	}
	return (s*s - q) / float64(len(e)/weeks-1), q
}

// CrossCorrelation writes the correlation of x_t and y_t+l for lags l = -max..max
// to out, sum x_t y_t+l / sqrt(sum x^2 sum y^2); x and y are residuals with mean
// 0 (Haugh 1976). Positive lags: y follows x.
func CrossCorrelation(x, y []float64, most int, out []float64) {
	sx, sy := 0.0, 0.0
	for t := range x {
		sx, sy = sx+x[t]*x[t], sy+y[t]*y[t]
	}
	for l := -most; l <= most; l++ {
		s := 0.0
		for t := max(0, -l); t < min(len(x), len(x)-l); t++ {
			s += x[t] * y[t+l]
		}
		out[l+most] = s / math.Sqrt(sx*sy)
	}
}
