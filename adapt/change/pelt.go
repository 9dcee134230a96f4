package change

import "math"

// Penalties of a change point in PELT, in units of ln n: METHODS.md C7.
const (
	SIC          = 2.0
	Conservative = 3.0
)

// PELT finds the segmentation of least total cost with a penalty for every
// change point and at least minimum periods in a segment (Killick, Fearnhead and
// Eckley 2012, JASA 107:1590):
//
//	F(t) = min_s F(s) + C(s, t) + penalty,  F(0) = -penalty.
//
// A start s with F(s) + C(s, t) > F(t) can never again be best at a time from
// which t itself could have been a change point, t + minimum; it is kept until
// then, so the result is the exact minimum also for segments of more than one
// period. The returned change points are the first periods of new segments,
// ascending. Fewer than 2 minimum periods have none.
func PELT(c *Cost, penalty float64, minimum int) []int {
	n, m := c.n, max(1, minimum)
	if n < 2*m {
		return nil
	}
	best := make([]float64, n+1)
	last := make([]int32, n+1)
	best[0] = -penalty
	from, until, total := make([]int32, 1, 64), make([]int32, 1, 64), make([]float64, 1, 64)
	for t := m; t <= n; t++ {
		if s := t - m; s >= m {
			from, until, total = append(from, int32(s)), append(until, 0), append(total, 0)
		}
		c.fill(t, from, best, total)
		low, at := math.Inf(1), int32(0)
		for i, v := range total {
			if v < low {
				low, at = v, from[i]
			}
		}
		best[t], last[t] = low+penalty, at
		limit := low + penalty + c.slack
		k := 0
		for i, v := range total {
			u := until[i]
			if u == 0 && v > limit {
				u = int32(t + m)
			}
			if u == 0 || int(u) > t+1 {
				from[k], until[k] = from[i], u
				k++
			}
		}
		from, until, total = from[:k], until[:k], total[:k]
	}
	var cuts []int
	for t := last[n]; t > 0; t = last[t] {
		cuts = append(cuts, int(t))
	}
	for i, j := 0, len(cuts)-1; i < j; i, j = i+1, j-1 {
		cuts[i], cuts[j] = cuts[j], cuts[i]
	}
	return cuts
}

// Dispersion is the variance of counts over their mean, at least 1, from
// differences of neighbours, which a change of level does not move:
//
//	phi = sum h (y_t/w_t - y_s/w_s)^2 / sum (y_t + y_s)/(w_t + w_s),  h = w_t w_s/(w_t + w_s),
//
// over pairs of successive periods with exposure; w nil for equal exposures. Noise
// that carries over from one period to the next makes it too small. It is 1
// without events.
func Dispersion(y, w []float64) float64 {
	over, under := 0.0, 0.0
	s := -1
	for t, v := range y {
		e := weight(w, t)
		if e <= 0 {
			continue
		}
		if s >= 0 {
			f := weight(w, s)
			d := v/e - y[s]/f
			over += e * f / (e + f) * d * d
			under += (v + y[s]) / (e + f)
		}
		s = t
	}
	if under == 0 {
		return 1
	}
	return max(1, over/under)
}
