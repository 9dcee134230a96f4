package change

import "math"

// Cost is what a segment costs that is described by one level: twice the
// negative log likelihood at its maximum, less terms that no segmentation
// changes. It is additive over segments and never rises when a segment is cut.
type Cost struct {
	n    int
	fill func(to int, from []int32, before, total []float64)
	// slack is how much less a cut segment may fail to cost; 0 but for the
	// modified criterion.
	slack float64
}

// Len is the number of periods.
func (c *Cost) Len() int { return c.n }

// Segment is the cost of the periods from <= t < to.
func (c *Cost) Segment(from, to int) float64 {
	total := []float64{0}
	c.fill(to, []int32{int32(from)}, make([]float64, from+1), total)
	return total[0]
}

// table holds ln i; short segments of small counts are most of the work.
const tableSize = 1 << 15

var table = func() []float64 {
	t := make([]float64, tableSize)
	for i := 1; i < tableSize; i++ {
		t[i] = math.Log(float64(i))
	}
	return t
}()

func logInt(i int) float64 {
	if i < tableSize {
		return table[i]
	}
	return math.Log(float64(i))
}

// sums returns the running sums of f, one longer than n.
func sums(n int, f func(t int) float64) []float64 {
	s := make([]float64, n+1)
	for t := range n {
		s[t+1] = s[t] + f(t)
	}
	return s
}

func weight(w []float64, t int) float64 {
	if w == nil {
		return 1
	}
	return w[t]
}

// Poisson is the cost of counts y >= 0 with exposures w, nil for equal ones:
//
//	2 (S ln W - S ln S),  S = sum y, W = sum w,
//
// which is -2 ln L at the rate S/W but for sums over all periods. For counts whose
// variance is phi times their mean multiply the penalty by phi: the quasi
// likelihood divides the cost by it. A period of exposure 0 must have no event.
func Poisson(y, w []float64) *Cost {
	n := len(y)
	whole := w == nil
	for _, v := range y {
		whole = whole && v == math.Trunc(v)
	}
	if whole {
		s := make([]int, n+1)
		for t, v := range y {
			s[t+1] = s[t] + int(v)
		}
		return &Cost{n: n, fill: func(to int, from []int32, before, total []float64) {
			end := s[to]
			for i, f := range from {
				k := end - s[f]
				total[i] = before[f]
				if k > 0 {
					total[i] += 2 * float64(k) * (logInt(to-int(f)) - logInt(k))
				}
			}
		}}
	}
	s, e := sums(n, func(t int) float64 { return y[t] }), sums(n, func(t int) float64 { return weight(w, t) })
	return &Cost{n: n, fill: func(to int, from []int32, before, total []float64) {
		for i, f := range from {
			k := s[to] - s[f]
			total[i] = before[f]
			if k > 0 {
				total[i] += 2 * k * math.Log((e[to]-e[f])/k)
			}
		}
	}}
}

// NegBin is the cost of counts with equal exposures and variance mu + mu^2/theta,
// theta known:
//
//	2 ((S + n theta) ln(S/n + theta) - S ln(S/n) - n theta ln theta).
func NegBin(y []float64, theta float64) *Cost {
	s := sums(len(y), func(t int) float64 { return y[t] })
	return &Cost{n: len(y), fill: func(to int, from []int32, before, total []float64) {
		for i, f := range from {
			k, n := s[to]-s[f], float64(to-int(f))
			// As n theta ln(1 + m/theta) + S ln((m+theta)/m), which stays exact
			// where theta is large.
			total[i] = before[f] + 2*n*theta*math.Log1p(k/(n*theta))
			if k > 0 {
				total[i] += 2 * k * math.Log1p(n*theta/k)
			}
		}
	}}
}

// Mean is the cost of values with variance 1 around a level: sum (y - mean)^2.
func Mean(y []float64) *Cost {
	c := centre(y)
	s, q := sums(len(y), func(t int) float64 { return y[t] - c }), sums(len(y), func(t int) float64 { return (y[t] - c) * (y[t] - c) })
	return &Cost{n: len(y), fill: func(to int, from []int32, before, total []float64) {
		for i, f := range from {
			d := s[to] - s[f]
			total[i] = before[f] + q[to] - q[f] - d*d/float64(to-int(f))
		}
	}}
}

// MeanVar is the cost of values with a level and a variance of their own in
// every segment: n (ln 2 pi + ln v + 1), v = sum (y - mean)^2/n, at least 1e-11.
// A segment needs two values.
func MeanVar(y []float64) *Cost {
	c := centre(y)
	s, q := sums(len(y), func(t int) float64 { return y[t] - c }), sums(len(y), func(t int) float64 { return (y[t] - c) * (y[t] - c) })
	return &Cost{n: len(y), fill: func(to int, from []int32, before, total []float64) {
		for i, f := range from {
			d, n := s[to]-s[f], float64(to-int(f))
			v := max((q[to]-q[f]-d*d/n)/n, 1e-11)
			total[i] = before[f] + n*(math.Log(2*math.Pi*v)+1)
		}
	}}
}

// centre is taken off before squares are summed, against cancellation.
func centre(y []float64) float64 {
	m := 0.0
	for _, v := range y {
		m += v / float64(len(y))
	}
	return m
}

// Modified adds ln(length) to every segment, the modified criterion of Zhang and
// Siegmund (2007, Biometrics 63:22), whose penalty is (parameters of a segment
// + 2) ln n.
func (c *Cost) Modified() *Cost {
	return &Cost{n: c.n, slack: math.Log(float64(max(1, c.n))), fill: func(to int, from []int32, before, total []float64) {
		c.fill(to, from, before, total)
		for i, f := range from {
			total[i] += logInt(to - int(f))
		}
	}}
}
