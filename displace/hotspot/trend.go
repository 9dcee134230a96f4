package hotspot

import (
	"math"
	"slices"

	"athar"
	"athar/stat"
)

// Trend is a Mann-Kendall test and Sen's slope of one series.
type Trend struct {
	S     int       `json:"s"`     // pairs that rise less pairs that fall
	Var   athar.Num `json:"var"`   // of S, ties counted, without serial correlation
	Tau   athar.Num `json:"tau"`   // Kendall's tau-b against time
	Slope athar.Num `json:"slope"` // median change a period (Sen 1968)
	// Factor multiplies Var for serial correlation; at least 1.
	Factor athar.Num `json:"factor"`
	Z      athar.Num `json:"z"`       // (S - sign S)/sqrt(Var Factor); 0 without a trend
	PPlain athar.Num `json:"p_plain"` // two-sided, without the factor
	P      athar.Num `json:"p"`       // with it
}

// MannKendall tests a series for a trend. What is not a number is unknown and left
// out. Fewer than four values, or equal ones, have no trend and P = 1.
//
//	S = sum sign(x_j - x_i), Var = [n(n-1)(2n+5) - sum g(g-1)(2g+5)]/18,
//	z = (S - sign S)/sqrt(Var)
//
// with g the sizes of groups of ties (Mann 1945; Kendall 1975). Serial correlation
// makes S vary more: Var is multiplied by n/n* of Hamed and Rao (1998, Journal of
// Hydrology 204:182). That overlooks what is not significant by itself in a short
// series, so it is never less than for a persistence as strong as from one period
// to the next, and never below 1.
func MannKendall(series []float64) Trend {
	var x, at []float64
	for t, v := range series {
		if !math.IsNaN(v) {
			x, at = append(x, v), append(at, float64(t))
		}
	}
	n := len(x)
	none := athar.Num(math.NaN())
	tr := Trend{Var: none, Tau: none, Slope: none, Factor: 1, PPlain: 1, P: 1}
	if n < 4 {
		return tr
	}
	slopes := make([]float64, 0, n*(n-1)/2)
	untied := 0
	for j := range x {
		for i := range j {
			switch {
			case x[j] > x[i]:
				tr.S++
				untied++
			case x[j] < x[i]:
				tr.S--
				untied++
			}
			slopes = append(slopes, (x[j]-x[i])/(at[j]-at[i]))
		}
	}
	slices.Sort(slopes)
	slope := stat.Quantile(slopes, .5)
	tr.Slope = athar.Num(slope)
	sorted := slices.Sorted(slices.Values(x))
	f := float64(n)
	v := f * (f - 1) * (2*f + 5)
	for i := 0; i < n; {
		j := i
		for j < n && sorted[j] == sorted[i] {
			j++
		}
		g := float64(j - i)
		v -= g * (g - 1) * (2*g + 5)
		i = j
	}
	v /= 18
	tr.Var = athar.Num(v)
	if !(v > 0) {
		return tr
	}
	tr.Tau = athar.Num(float64(tr.S) / math.Sqrt(float64(untied)*f*(f-1)/2))
	r := autocorrelations(x, at, slope)
	factor := max(1, hamedRao(r), persistent(r))
	z := float64(tr.S)
	z -= math.Copysign(min(1, math.Abs(z)), z)
	tr.Factor = athar.Num(factor)
	tr.PPlain = athar.Num(stat.TwoSided(z/math.Sqrt(v), math.Inf(1)))
	tr.Z = athar.Num(z / math.Sqrt(v*factor))
	tr.P = athar.Num(stat.TwoSided(float64(tr.Z), math.Inf(1)))
	return tr
}

// autocorrelations are r(0..n-1) of the ranks of what Sen's slope leaves; none
// where nothing is left.
func autocorrelations(x, at []float64, slope float64) []float64 {
	n := len(x)
	rest := make([]float64, n)
	for i := range x {
		rest[i] = x[i] - slope*at[i]
	}
	rank := ranks(rest)
	r := make([]float64, n)
	for i := range rank {
		rank[i] -= float64(n+1) / 2
	}
	for k := range r {
		for i := k; i < n; i++ {
			r[k] += rank[i] * rank[i-k]
		}
	}
	if r[0] == 0 {
		return nil
	}
	for k := n - 1; k >= 0; k-- {
		r[k] /= r[0]
	}
	return r
}

// inflation is the variance of S in a correlated series over that in an independent
// one (Hamed and Rao 1998),
//
//	1 + 2/(n(n-1)(n-2)) sum_k (n-k)(n-k-1)(n-k-2) r(k).
func inflation(n int, r func(k int) float64) float64 {
	f, sum := float64(n), 0.0
	for k := 1; k < n; k++ {
		g := float64(k)
		sum += (f - g) * (f - g - 1) * (f - g - 2) * r(k)
	}
	return 1 + 2/(f*(f-1)*(f-2))*sum
}

// hamedRao takes the autocorrelations beyond 1.96/sqrt(n) alone.
func hamedRao(r []float64) float64 {
	limit := 1.959963984540054 / math.Sqrt(float64(len(r)))
	return inflation(len(r), func(k int) float64 {
		if math.Abs(r[k]) > limit {
			return r[k]
		}
		return 0
	})
}

// persistent takes those of a first-order process, rho^k, with rho the first one
// corrected for the length of the series, (n r(1) + 1)/(n - 4) (Salas and others
// 1980, Applied Modeling of Hydrologic Time Series).
func persistent(r []float64) float64 {
	n := len(r)
	if n < 6 {
		return 1
	}
	rho := min(.95, (float64(n)*r[1]+1)/float64(n-4))
	if rho <= 0 {
		return 1
	}
	return inflation(n, func(k int) float64 { return math.Pow(rho, float64(k)) })
}

// ranks are 1..n, ties share their mean.
func ranks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case x[a] < x[b]:
			return -1
		case x[a] > x[b]:
			return 1
		}
		return 0
	})
	out := make([]float64, len(x))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			out[k] = float64(i+j+1) / 2
		}
		i = j
	}
	return out
}
