package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// AR1 estimates the first autocorrelation of residuals around a fitted mean.
// at gives each residual's position on the time axis, so that gaps do not
// count as neighbours. The estimate r is corrected for the bias of a short
// series, E r = rho - (1 + 4 rho)/n (Marriott and Pope 1954). It is 0 with
// fewer than five pairs of neighbours.
func AR1(res []float64, at []int) float64 {
	num, den, pairs := 0.0, 0.0, 0
	for i, e := range res {
		den += e * e
		if i > 0 && at[i] == at[i-1]+1 {
			num += e * res[i-1]
			pairs++
		}
	}
	n := float64(len(res))
	if pairs < 5 || den == 0 {
		return 0
	}
	r := num / float64(pairs) / (den / n)
	return (n*r + 1) / (n - 4)
}

// LjungBox is the p value of the hypothesis that the residuals have no
// autocorrelation up to lag, with fitted parameters taken off the degrees of
// freedom. It is NaN for a series too short for it.
func LjungBox(res []float64, lag, fitted int) float64 {
	n := len(res)
	lag = min(lag, n/4)
	if lag-fitted < 1 {
		fitted = 0
	}
	if lag < 1 {
		return math.NaN()
	}
	mean := 0.0
	for _, e := range res {
		mean += e
	}
	mean /= float64(n)
	c0 := 0.0
	for _, e := range res {
		c0 += (e - mean) * (e - mean)
	}
	if c0 == 0 {
		return math.NaN()
	}
	q := 0.0
	for l := 1; l <= lag; l++ {
		c := 0.0
		for t := l; t < n; t++ {
			c += (res[t] - mean) * (res[t-l] - mean)
		}
		q += (c / c0) * (c / c0) / float64(n-l)
	}
	q *= float64(n) * float64(n+2)
	return distuv.ChiSquared{K: float64(lag - fitted)}.Survival(q)
}
