package stochint

import (
	"cmp"
	"math"
	"slices"
)

// MaxRobust is where the search for [Effect].Robust ends.
const MaxRobust = 20

// Bounds are the smallest and largest contrast when the weight of each day may
// be off by any factor between 1/g and g, a factor of its own under each law,
// because the propensity misses something. Under one law the extremes of
//
//	sum_t u_t rho_t Y_t / sum_t u_t rho_t,  u_t in [1/g, g],
//
// have u_t = g on one side of a threshold in Y and 1/g on the other (a linear
// fractional program). To let the two laws err apart makes the bounds wider than
// they need be.
func Bounds(w [2][]float64, y []float64, g float64) (low, high float64) {
	s := newSensitivity(w, y)
	return s.bounds(g)
}

type sensitivity struct {
	rho [2][]float64 // of days in rising order of their outcome
	y   []float64
	sum [2]float64 // of rho and of rho y, by law
	ys  [2]float64
}

func newSensitivity(w [2][]float64, y []float64) *sensitivity {
	order := make([]int, len(y))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(y[a], y[b]), cmp.Compare(a, b)) })
	s := &sensitivity{y: make([]float64, len(y))}
	for k := range w {
		s.rho[k] = make([]float64, len(y))
		for i, t := range order {
			s.rho[k][i], s.y[i] = w[k][t], y[t]
			s.sum[k] += w[k][t]
			s.ys[k] += w[k][t] * y[t]
		}
	}
	return s
}

// extremes of one law: days below the threshold have the factor a, the others b.
func (s *sensitivity) extremes(k int, g float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	below, belowY := 0.0, 0.0
	for i := range len(s.y) + 1 {
		n, d := s.ys[k]-belowY, s.sum[k]-below
		low = min(low, (g*belowY+n/g)/(g*below+d/g))
		high = max(high, (belowY/g+g*n)/(below/g+g*d))
		if i < len(s.y) {
			below += s.rho[k][i]
			belowY += s.rho[k][i] * s.y[i]
		}
	}
	return low, high
}

func (s *sensitivity) bounds(g float64) (low, high float64) {
	l0, h0 := s.extremes(0, g)
	l1, h1 := s.extremes(1, g)
	return l1 - h0, h1 - l0
}

// robust is the smallest factor at which the bounds hold 0, by bisection.
func robust(w [2][]float64, y []float64) float64 {
	s := newSensitivity(w, y)
	covers := func(g float64) bool {
		low, high := s.bounds(g)
		return !(low > 0 || high < 0)
	}
	lo, hi := 1.0, float64(MaxRobust)
	switch {
	case covers(lo):
		return lo
	case !covers(hi):
		return hi
	}
	for hi-lo > 1e-9 {
		if mid := (lo + hi) / 2; covers(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi
}
