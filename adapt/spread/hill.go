package spread

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// Hill is the observed Hill number of order q >= 0 of counts by area, the
// effective number of areas
//
//	qD = (sum p_i^q)^(1/(1-q)),  1D = exp(-sum p_i ln p_i)
//
// (Hill 1973). NaN without events.
func Hill(counts []float64, q float64) float64 {
	n, s := 0.0, 0.0
	for _, x := range counts {
		n += x
	}
	if n == 0 {
		return math.NaN()
	}
	for _, x := range counts {
		switch p := x / n; {
		case x == 0:
		case q == 1:
			s -= p * math.Log(p)
		default:
			s += math.Pow(p, q)
		}
	}
	if q == 1 {
		return math.Exp(s)
	}
	return math.Pow(s, 1/(1-q))
}

// rare counts the events and the areas with events, with one and with two.
func rare(counts []float64) (n, s, f1, f2 float64) {
	for _, x := range counts {
		n += x
		switch x {
		case 0:
			continue
		case 1:
			f1++
		case 2:
			f2++
		}
		s++
	}
	return n, s, f1, f2
}

// Chao1 estimates how many areas have activity, seen or not, from below:
//
//	S + (n-1)/n f1^2/(2 f2),  f2 = 0: S + (n-1)/n f1 (f1-1)/2,
//
// with f1 and f2 the areas with one and two events.
func Chao1(counts []float64) float64 {
	n, s, f1, f2 := rare(counts)
	if n == 0 {
		return math.NaN()
	}
	if f2 == 0 {
		return s + (n-1)/n*f1*(f1-1)/2
	}
	return s + (n-1)/n*f1*f1/(2*f2)
}

// Coverage is the estimated share of all activity that happens in areas where
// some was seen, 1 - f1/n (n-1) f1/((n-1) f1 + 2 f2); with f2 = 0,
// 1 - f1/n (n-1)(f1-1)/((n-1)(f1-1) + 2) (Chao and Jost 2012).
func Coverage(counts []float64) float64 {
	n, _, f1, f2 := rare(counts)
	switch {
	case n == 0:
		return math.NaN()
	case f1 == 0:
		return 1
	case f2 == 0:
		return 1 - f1/n*(n-1)*(f1-1)/((n-1)*(f1-1)+2)
	}
	return 1 - f1/n*(n-1)*f1/((n-1)*f1+2*f2)
}

// Entropy is the estimator of Shannon entropy, in nats, of Chao, Wang and Jost
// (2013):
//
//	H = sum (x/n) sum_{k=x..n-1} 1/k + (f1/n) (1-A)^(1-n) {-ln A - sum_{r=1..n-1} (1-A)^r/r},
//	A = 2 f2/((n-1) f1 + 2 f2),  f2 = 0: 2/((n-1)(f1-1) + 2).
func Entropy(counts []float64) float64 {
	n, _, _, _ := rare(counts)
	return entropy(counts, harmonic(int(n)))
}

// harmonic holds 1 + 1/2 + ... + 1/(k-1) at k, up to n.
func harmonic(n int) []float64 {
	h := make([]float64, n+2)
	for k := 2; k < len(h); k++ {
		h[k] = h[k-1] + 1/float64(k-1)
	}
	return h
}

func entropy(counts, h []float64) float64 {
	n, _, f1, f2 := rare(counts)
	if n == 0 {
		return math.NaN()
	}
	sum := 0.0
	for _, x := range counts {
		if x > 0 {
			sum += x / n * (h[int(n)] - h[int(x)])
		}
	}
	a := 1.0
	switch {
	case f1 == 0:
		return sum
	case f2 > 0:
		a = 2 * f2 / ((n-1)*f1 + 2*f2)
	default:
		a = 2 / ((n-1)*(f1-1) + 2)
	}
	if a == 1 {
		return sum
	}
	// The braces times (1-A)^(1-n) are sum_{j>=0} (1-A)^(j+1)/(n+j): the series does
	// not cancel.
	rest, power := 0.0, 1.0
	for j := 0.0; power > 1e-17*a; j++ {
		power *= 1 - a
		rest += power / (n + j)
	}
	return sum + f1/n*rest
}

// Simpson is the unbiased estimator of order 2, (sum x (x-1)/(n (n-1)))^-1; NaN
// where no area has two events.
func Simpson(counts []float64) float64 {
	n, s := 0.0, 0.0
	for _, x := range counts {
		n += x
		s += x * (x - 1)
	}
	if s == 0 {
		return math.NaN()
	}
	return n * (n - 1) / s
}

// Estimate is the estimated Hill number of order 0 ([Chao1]), 1 (the
// exponential of [Entropy]) or 2 ([Simpson]); NaN for other orders.
func Estimate(counts []float64, q int) float64 {
	switch q {
	case 0:
		return Chao1(counts)
	case 1:
		return math.Exp(Entropy(counts))
	case 2:
		return Simpson(counts)
	}
	return math.NaN()
}

// Interval is the standard error of [Estimate] and the interval estimate -+
// z se at the given level, from draws of n independent events from an estimated
// assemblage (Chao and Jost 2012; Chao, Wang and Jost 2013): an area with x
// events has the share
//
//	(x/n)(1 - l (1-x/n)^n),  l = (1-C)/sum (x/n)(1-x/n)^n,
//
// and ceil(f0) unseen areas share 1-C, with f0 = Chao1 - S and C the
// [Coverage]. It holds for events that are independent of each other; events in
// clumps make it too short.
func Interval(counts []float64, q, draws int, level float64, r *rand.Rand) (se, low, high float64) {
	n, s, _, _ := rare(counts)
	if n < 2 {
		return math.NaN(), math.NaN(), math.NaN()
	}
	c, unseen := Coverage(counts), math.Ceil(Chao1(counts)-s-1e-9)
	lambda := 0.0
	for _, x := range counts {
		lambda += x / n * math.Pow(1-x/n, n)
	}
	if lambda > 0 {
		lambda = (1 - c) / lambda
	}
	var cum []float64
	total := 0.0
	add := func(p float64) {
		total += max(0, p)
		cum = append(cum, total)
	}
	for _, x := range counts {
		if x > 0 {
			add(x / n * (1 - lambda*math.Pow(1-x/n, n)))
		}
	}
	for range int(unseen) {
		add((1 - c) / unseen)
	}
	sample := make([]float64, len(cum))
	h := harmonic(int(n))
	var m, m2, k float64
	for range draws {
		clear(sample)
		// Multinomial by binomials given what is left.
		left, rest := n, total
		for i := range cum {
			p := cum[i]
			if i > 0 {
				p -= cum[i-1]
			}
			if i == len(cum)-1 || p >= rest {
				sample[i] = left
				break
			}
			sample[i] = distuv.Binomial{N: left, P: p / rest, Src: r}.Rand()
			left, rest = left-sample[i], rest-p
			if left == 0 {
				break
			}
		}
		v := 0.0
		if q == 1 {
			v = math.Exp(entropy(sample, h))
		} else {
			v = Estimate(sample, q)
		}
		if math.IsNaN(v) {
			continue
		}
		k++
		d := v - m
		m += d / k
		m2 += d * (v - m)
	}
	se = math.Sqrt(m2 / (k - 1))
	z := distuv.UnitNormal.Quantile((1 + level) / 2)
	est := Estimate(counts, q)
	return se, est - z*se, est + z*se
}

// Theil is the concentration of shares s against exposure shares e,
// sum s ln(s/e), and its parts between and within groups,
//
//	T = sum_g S_g ln(S_g/E_g) + sum_g S_g sum_{i in g} (s_i/S_g) ln((s_i/S_g)/(e_i/E_g)).
//
// counts and exposure need not add up to 1; exposure must be positive; group
// holds numbers from 0 to groups-1. NaN without events.
func Theil(counts, exposure []float64, group []int, groups int) (between, within float64) {
	t := newTheil(exposure, group, groups)
	return t.parts(counts)
}

type theil struct {
	e, ge []float64
	group []int
	sum   []float64
}

func newTheil(exposure []float64, group []int, groups int) *theil {
	t := &theil{e: make([]float64, len(exposure)), ge: make([]float64, groups), sum: make([]float64, groups), group: group}
	total := 0.0
	for _, x := range exposure {
		total += x
	}
	for i, x := range exposure {
		t.e[i] = x / total
		t.ge[group[i]] += x / total
	}
	return t
}

func (t *theil) parts(counts []float64) (between, within float64) {
	clear(t.sum)
	n, all := 0.0, 0.0
	for i, x := range counts {
		t.sum[t.group[i]] += x
		n += x
	}
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	for i, x := range counts {
		if x > 0 {
			all += x / n * math.Log(x/n/t.e[i])
		}
	}
	for g, x := range t.sum {
		if x > 0 {
			between += x / n * math.Log(x/n/t.ge[g])
		}
	}
	return between, all - between
}
