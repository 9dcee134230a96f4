package stat

import "math"

// Root takes a count with exposure w to the scale on which its noise does not
// grow with it: 2 sqrt((y + 3/8)/w) (Anscombe 1948). A Poisson count of exposure 1
// has variance 1 there.
func Root(y, w float64) float64 { return 2 * math.Sqrt((y+.375)/w) }

// Unroot is the inverse of [Root], clipped at 0. Over noise that was added on
// the scale of roots its mean is the mean of the counts.
func Unroot(v, w float64) float64 {
	v = max(0, v) / 2
	return max(0, v*v*w-.375)
}

// RootRatio is the ratio r of intensities that makes counts with the given
// means and noises, both on the scale of roots, add up to what was observed:
//
//	sum w ((sqrt(r) m + e)/2)^2 - 3/8 = observed,
//
// the larger root of a quadratic in sqrt(r), 0 where there is none. r >= 1 just
// where the sum at r = 1 is not above observed.
func RootRatio(observed float64, mean, noise, w []float64) float64 {
	var a, b float64
	c := -observed
	for i, m := range mean {
		a += w[i] * m * m / 4
		b += w[i] * m * noise[i] / 2
		c += w[i]*noise[i]*noise[i]/4 - .375
	}
	root := max(0, (math.Sqrt(max(0, b*b-4*a*c))-b)/(2*a))
	return root * root
}

// Tail compares an observed sum with draws of what was expected: two-sided
// p = 2 min(#{S* >= s}, #{S* <= s})/(M+1), both counts with s itself (Brodersen
// and others 2015), and the standard deviation of ln S*, no S* below 1/2.
func Tail(s float64, draws []float64) (p, sd float64) {
	above, below, n := 1, 1, float64(len(draws))
	mean, square := 0.0, 0.0
	for _, v := range draws {
		if v >= s {
			above++
		}
		if v <= s {
			below++
		}
		l := math.Log(max(v, .5))
		mean += l / n
		square += l * l / n
	}
	return min(1, 2*float64(min(above, below))/(n+1)), math.Sqrt(max(0, square-mean*mean))
}
