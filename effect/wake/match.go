package wake

import (
	"math"
	"slices"
)

// edges are k equally spaced cuts over the range of v, k = ceil(log2 n + 1)
// (Sturges, one bin fewer than usual, as the original has it); nil where v does
// not vary.
func edges(v []float64) []float64 {
	lo, hi := slices.Min(v), slices.Max(v)
	k := int(math.Ceil(math.Log2(float64(len(v))) + 1))
	if lo == hi || k < 2 {
		return nil
	}
	e := make([]float64, k)
	for i := range e {
		e[i] = lo + float64(i)*((hi-lo)/float64(k-1))
	}
	e[k-1] = hi
	return e
}

// scott are round cuts about as many as Scott's rule has bins, width
// 3.5 sd n^(-1/3); nil where v does not vary.
func scott(v []float64) []float64 {
	n := float64(len(v))
	lo, hi := slices.Min(v), slices.Max(v)
	if lo == hi || n < 2 {
		return nil
	}
	mean, square := 0.0, 0.0
	for _, x := range v {
		mean += x / n
	}
	for _, x := range v {
		square += (x - mean) * (x - mean)
	}
	h := 3.5 * math.Sqrt(square/(n-1)) / math.Cbrt(n)
	return round(lo, hi, int(max(1, min(1e6, math.Ceil((hi-lo)/h)))))
}

// round covers lo..hi, lo < hi, with cuts at multiples of 1, 2, 5 or 10 times a
// power of ten such that there are about n steps: the unit is the least that
// exceeds the exact step by no more than the geometric bias of 1.5 allows (the
// rule by which graph axes are usually labelled).
func round(lo, hi float64, n int) []float64 {
	const bias, bias5, slack = 1.5, .5 + 1.5*1.5, 1e-10
	step := (hi - lo) / float64(n)
	base := math.Pow(10, math.Floor(math.Log10(step)))
	unit := base
	if 2*base-step < bias*(step-unit) {
		unit = 2 * base
		if 5*base-step < bias5*(step-unit) {
			unit = 5 * base
			if 10*base-step < bias*(step-unit) {
				unit = 10 * base
			}
		}
	}
	first, last := math.Floor(lo/unit+slack), math.Ceil(hi/unit-slack)
	for first*unit > lo+slack*unit {
		first--
	}
	for last*unit < hi-slack*unit {
		last++
	}
	var cuts []float64
	for k := first; k <= last; k++ {
		cuts = append(cuts, k*unit)
	}
	return cuts
}

// bin is the number of the interval (e[k], e[k+1]] that holds v; the first is
// closed below. The cuts are equally spaced but for rounding, so a first guess is
// never far off.
func bin(e []float64, v float64) int {
	last := len(e) - 2
	k := max(0, min(last, int((v-e[0])/(e[last+1]-e[0])*float64(last+1))))
	for k > 0 && v <= e[k] {
		k--
	}
	for k < last && v > e[k+1] {
		k++
	}
	return k
}

// strata numbers the combinations of bins that occur, in order of first
// appearance; stratum has one entry a wake. columns are the variables.
func strata(columns [][]float64, cuts func([]float64) []float64, n int, stratum []int32) (count int) {
	key := make([]uint64, n)
	space := uint64(1) // keys lie below
	for _, v := range columns {
		if n == 0 {
			break
		}
		e := cuts(v)
		if len(e) < 3 {
			continue
		}
		bins := uint64(len(e) - 1)
		if space > math.MaxUint64/4/bins {
			rank(key, space, stratum)
			for i, s := range stratum {
				key[i] = uint64(s)
			}
			space = uint64(n)
		}
		for i, x := range v {
			key[i] = key[i]*bins + uint64(bin(e, x))
		}
		space *= bins
	}
	return rank(key, space, stratum)
}

// rank numbers the keys, which lie below space, in order of first appearance.
func rank(key []uint64, space uint64, dst []int32) (n int) {
	if space <= uint64(4*len(key)+1024) {
		seen := make([]int32, space) // number + 1
		for i, k := range key {
			if seen[k] == 0 {
				n++
				seen[k] = int32(n)
			}
			dst[i] = seen[k] - 1
		}
		return n
	}
	seen := make(map[uint64]int32, len(key)/8)
	for i, k := range key {
		s, ok := seen[k]
		if !ok {
			s = int32(n)
			n++
			seen[k] = s
		}
		dst[i] = s
	}
	return n
}

// imbalance is L1 = 1/2 sum |f - g| over all bins, f and g the shares of treated
// and of controls in a bin, and the share of bins with both (Iacus, King and
// Porro 2011, Journal of the American Statistical Association 106:345).
func imbalance(columns [][]float64, treated []bool) (l1, support float64) {
	n := len(treated)
	cell := make([]int32, n)
	bins := strata(columns, scott, n, cell)
	if bins == 0 {
		return math.NaN(), math.NaN()
	}
	f := make([][2]float64, bins)
	var total [2]float64
	for i, s := range cell {
		k := 0
		if treated[i] {
			k = 1
		}
		f[s][k]++
		total[k]++
	}
	both := 0.0
	for _, c := range f {
		l1 += math.Abs(c[1]/total[1]-c[0]/total[0]) / 2
		if c[0] > 0 && c[1] > 0 {
			both++
		}
	}
	return l1, both / float64(bins)
}
