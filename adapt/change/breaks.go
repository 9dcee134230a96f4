package change

import (
	"errors"
	"math"
	"slices"
)

// Partition is the best division of a series into segments with levels of their
// own, for a number of breaks.
type Partition struct {
	Breaks []int // last period of each segment but the last, ascending, from 0
	RSS    float64
	BIC    float64
}

var errShort = errors.New("the series is too short for the shortest segment asked for")

// Breaks dates changes of the level of y by least squares, for 0, 1, ..., most
// breaks and segments of at least shortest values, by dynamic programming over
// all segments (Bai and Perron 2003, J. Applied Econometrics 18:1). The partitions
// stand in the order of the number of breaks; there are fewer than most+1 where the
// series has no room.
//
//	BIC = n (ln RSS + 1 - ln n + ln 2 pi) + 2 (m+1) ln n
func Breaks(y []float64, shortest, most int) ([]Partition, error) {
	n := len(y)
	if shortest < 1 || n < shortest {
		return nil, errShort
	}
	most = max(0, min(most, n/shortest-1))
	c := Mean(y)
	low, next := make([]float64, n+1), make([]float64, n+1)
	from, cost := make([]int32, 0, n), make([]float64, n)
	back := make([][]int32, most+1)
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	zero := make([]float64, n+1)
	for t := range low {
		low[t] = math.Inf(1)
		if t >= shortest {
			c.fill(t, all[:1], zero, low[t:t+1])
		}
	}
	out := make([]Partition, 0, most+1)
	ln := math.Log(float64(n))
	for m := range most + 1 {
		if m > 0 {
			back[m] = make([]int32, n+1)
			for t := range next {
				next[t] = math.Inf(1)
				if t < (m+1)*shortest {
					continue
				}
				from = all[m*shortest : t-shortest+1]
				c.fill(t, from, low, cost)
				for i, s := range from {
					if cost[i] < next[t] {
						next[t], back[m][t] = cost[i], s
					}
				}
			}
			low, next = next, low
		}
		p := Partition{RSS: max(0, low[n])}
		p.BIC = float64(n)*(math.Log(p.RSS)+1-ln+math.Log(2*math.Pi)) + 2*float64(m+1)*ln
		for k, t := m, n; k > 0; k-- {
			t = int(back[k][t])
			p.Breaks = append(p.Breaks, t-1)
		}
		slices.Reverse(p.Breaks)
		out = append(out, p)
	}
	return out, nil
}

// Best is the partition with the least BIC.
func Best(p []Partition) Partition {
	b := p[0]
	for _, q := range p[1:] {
		if q.BIC < b.BIC {
			b = q
		}
	}
	return b
}

// Interval is a confidence interval of the last period before a break.
type Interval struct{ First, Last int }

// Intervals are the confidence intervals of the breaks of a partition (Bai 1997,
// Review of Economics and Statistics 79:551; Bai and Perron 1998), for independent
// errors whose variance may differ between segments. With d the difference of the
// levels on both sides of a break and v1, v2 the variances there,
//
//	(d^2/v1) (estimate - truth)  ~  argmax V,
//	V(s) = W1(-s) - |s|/2 for s < 0,  (v2/v1)^1/2 W2(s) - s/2 for s > 0,
//
// W1 and W2 Brownian motions. The limits are rounded outwards and may lie outside the
// series. Where a side does not vary at all its break is known: First = Last.
func Intervals(y []float64, p Partition, level float64) []Interval {
	out := make([]Interval, len(p.Breaks))
	m1, v1 := moments(y, p, 0)
	for i, b := range p.Breaks {
		m2, v2 := moments(y, p, i+1)
		d := m2 - m1
		switch {
		case d == 0 || v1 == 0 && v2 == 0:
			out[i] = Interval{b, b}
		default:
			if v1 == 0 || v2 == 0 {
				v1, v2 = (v1+v2)/2, (v1+v2)/2
			}
			scale, tail := v1/(d*d), (1-level)/2
			low, high := argmaxQuantiles(v2/v1, tail)
			out[i] = Interval{b - int(math.Ceil(high*scale)), b - int(math.Floor(low*scale))}
		}
		m1, v1 = m2, v2
	}
	return out
}

// moments are the mean and the variance (over n) of segment i.
func moments(y []float64, p Partition, i int) (mean, variance float64) {
	from, to := 0, len(y)
	if i > 0 {
		from = p.Breaks[i-1] + 1
	}
	if i < len(p.Breaks) {
		to = p.Breaks[i] + 1
	}
	mean = centre(y[from:to])
	for _, v := range y[from:to] {
		variance += (v - mean) * (v - mean) / float64(to-from)
	}
	return
}

// argmaxQuantiles are the tail and 1-tail quantiles of the argmax of
//
//	V(s) = W1(-s) - |s|/2, s < 0;  phi^1/2 W2(s) - s/2, s > 0.
//
// A tail with less probability than asked for has its quantile at 0.
//
// The chance that V has its maximum m at distance t on one side is h_m(t) r dm,
// h_m the density of the first passage through m and r the rate of the
// exponential law of the supremum, and that the other side stays below is
// 1 - exp(-q m). Integrating over m, for a unit Brownian motion with drift -u,
//
//	g(t) = 2u (a e^(k t) N(-a t^1/2) - u N(-u t^1/2)),  a = u + q, k = (a^2 - u^2)/2,
//
// N the normal distribution; [argmaxTail] is its integral. On the left u = 1/2 and q
// = 1/phi; on the right, in units of phi^1/2, u = phi^-1/2/2 and q = phi^1/2.
func argmaxQuantiles(phi, tail float64) (low, high float64) {
	root := math.Sqrt(phi)
	solve := func(u, q float64) float64 {
		if argmaxTail(0, u, q) <= tail {
			return 0
		}
		in, out := 0.0, 1.0
		for argmaxTail(out, u, q) > tail {
			in, out = out, 2*out
		}
		for out-in > 1e-10*out {
			if mid := (in + out) / 2; argmaxTail(mid, u, q) > tail {
				in = mid
			} else {
				out = mid
			}
		}
		return (in + out) / 2
	}
	return -solve(.5, 1/phi), solve(.5/root, root)
}

// argmaxTail is P(argmax beyond x) on one side, the integral of g from x >= 0:
//
//	2u ((a^2/(k u) - 1/u) N(-u x^1/2) - (a/k) e^(k x) N(-a x^1/2) + u x N(-u x^1/2) - x^1/2 n(u x^1/2)),
//
// n the normal density.
func argmaxTail(x, u, q float64) float64 {
	a := u + q
	k := (a*a - u*u) / 2
	s := math.Sqrt(x)
	below := math.Erfc(u*s/math.Sqrt2) / 2
	density := math.Exp(-u*u*x/2) / math.Sqrt(2*math.Pi)
	return 2 * u * ((a*a/(k*u)-1/u+u*x)*below - a/k*density*mills(a*s) - s*density)
}

// mills is N(-x)/n(x) for x >= 0, by its continued fraction where both vanish.
func mills(x float64) float64 {
	if x < 8 {
		return math.Erfc(x/math.Sqrt2) / 2 * math.Sqrt(2*math.Pi) * math.Exp(x*x/2)
	}
	f := x
	for k := 40; k > 0; k-- {
		f = x + float64(k)/f
	}
	return 1 / f
}

// F is the statistic of a change of level after every period, for those that
// leave the share trim of the series on both sides: F[i] belongs to first+i,
//
//	F = (RSS0 - RSS1)/(RSS1/(n - 2)),
//
// and sup is its maximum (Andrews 1993).
func F(y []float64, trim float64) (first int, f []float64, sup float64) {
	n := len(y)
	c := Mean(y)
	h := max(1, int(math.Floor(trim*float64(n))))
	if n < 2*h+1 {
		return 0, nil, math.NaN()
	}
	whole := c.Segment(0, n)
	left, right := make([]float64, 1), make([]float64, n)
	from := make([]int32, n)
	zero := make([]float64, n)
	for i := range from {
		from[i] = int32(i)
	}
	c.fill(n, from, zero, right)
	for t := h; t <= n-h; t++ {
		c.fill(t, from[:1], zero, left)
		rss := left[0] + right[t]
		f = append(f, (whole-rss)/(rss/float64(n-2)))
		sup = max(sup, f[len(f)-1])
	}
	return h - 1, f, sup
}

// Pettitt is the rank test of one change of level (Pettitt 1979, Applied
// Statistics 28:126): K = max_t |2 sum_{i<=t} R_i - t (n+1)|, mid-ranks R, at the
// last period before the change, and p = 2 exp(-6 K^2/(n^3 + n^2)), at most 1. It
// assumes independent values.
func Pettitt(y []float64) (at int, k, p float64) {
	n := len(y)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case y[i] < y[j]:
			return -1
		case y[i] > y[j]:
			return 1
		}
		return 0
	})
	rank := make([]float64, n)
	for i := 0; i < n; {
		j := i + 1
		for j < n && y[order[j]] == y[order[i]] {
			j++
		}
		for _, at := range order[i:j] {
			rank[at] = float64(i+j+1) / 2
		}
		i = j
	}
	u := 0.0
	for t, r := range rank {
		u += 2*r - float64(n+1)
		if math.Abs(u) > k {
			at, k = t, math.Abs(u)
		}
	}
	f := float64(n)
	return at, k, min(1, 2*math.Exp(-6*k*k/(f*f*f+f*f)))
}
