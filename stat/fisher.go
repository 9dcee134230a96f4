package stat

import "math"

// ExactRatioOfRatios compares two pairs of Poisson counts exactly: the ratio
//
//	theta = (a1/a0) / (c1/c0)
//
// of the change in one series, a0 to a1, to the change in another, c0 to c1.
// Given both row sums and the column sum, a1 follows Fisher's noncentral
// hypergeometric distribution, P(x) prop. to C(a0+a1, x) C(c0+c1, a1+c1-x) theta^x,
// whatever the four rates. The estimate is the sample ratio; the interval at
// level 1-alpha inverts the two one-sided tests, and p is twice the smaller
// tail at theta = 1, at most 1 (Fisher 1935; Breslow and Day 1980, section 4.2).
//
// All counts must be >= 0. The low limit is 0 and the high limit +Inf where the
// margins set none; theta is NaN where it is 0/0.
func ExactRatioOfRatios(a0, a1, c0, c1 int, alpha float64) (theta, low, high, p float64) {
	n1, n2, m := a0+a1, c0+c1, a1+c1
	from, to := max(0, m-n2), min(n1, m)
	logw := make([]float64, to-from+1)
	for i := range logw {
		x := from + i
		logw[i] = lchoose(n1, x) + lchoose(n2, m-x)
	}
	// tail returns P(X >= a1) and P(X <= a1) at ln theta.
	tail := func(lt float64) (up, down float64) {
		top := math.Inf(-1)
		for i, w := range logw {
			top = max(top, w+float64(i)*lt)
		}
		all := 0.0
		for i, w := range logw {
			q := math.Exp(w + float64(i)*lt - top)
			all += q
			if from+i >= a1 {
				up += q
			}
			if from+i <= a1 {
				down += q
			}
		}
		return up / all, down / all
	}
	theta = float64(a1) * float64(c0) / (float64(a0) * float64(c1))
	up, down := tail(0)
	p = min(1, 2*min(up, down))
	// Both tails are monotone in ln theta: bisect.
	solve := func(f func(lt float64) bool) float64 {
		a, b := -60.0, 60.0
		for range 100 {
			if mid := (a + b) / 2; f(mid) {
				a = mid
			} else {
				b = mid
			}
		}
		return math.Exp((a + b) / 2)
	}
	low, high = 0, math.Inf(1)
	if a1 > from {
		low = solve(func(lt float64) bool { u, _ := tail(lt); return u < alpha/2 })
	}
	if a1 < to {
		high = solve(func(lt float64) bool { _, d := tail(lt); return d > alpha/2 })
	}
	return theta, low, high, p
}

func lchoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}
