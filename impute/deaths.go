package impute

import (
	"math"
	"math/rand/v2"

	"athar"
)

// Deaths draws a death toll: log(1+x) has the triangular distribution over the
// logs of low and high with its peak at best (METHODS.md D2), rounded to a whole
// number. Published bounds that contradict the best estimate are moved to it.
//
// With a = log(1+low), c = log(1+best), b = log(1+high), F(c) = (c-a)/(b-a);
// below F(c) the quantile is a + sqrt(u (b-a)(c-a)), above it
// b - sqrt((1-u)(b-a)(b-c)).
func Deaths(d athar.Deaths, r *rand.Rand) int {
	low, high := min(d.Low, d.Best), max(d.High, d.Best)
	if low == high {
		return d.Best
	}
	a, c, b := math.Log1p(float64(low)), math.Log1p(float64(d.Best)), math.Log1p(float64(high))
	u := r.Float64()
	t := b - math.Sqrt((1-u)*(b-a)*(b-c))
	if u < (c-a)/(b-a) {
		t = a + math.Sqrt(u*(b-a)*(c-a))
	}
	return max(low, min(high, int(math.Round(math.Expm1(t)))))
}
