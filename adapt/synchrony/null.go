package synchrony

import (
	"math"
	"math/rand/v2"
	"slices"

	"athar"
)

// sums are a ratio's numerator and denominator, by block, of one group. A side's
// value is the ratio of the sums over its blocks.
type sums struct{ num, den []float64 }

func newSums(blocks int) sums { return sums{make([]float64, blocks), make([]float64, blocks)} }

// by returns the ratio of each side.
func (s sums) by(after []bool) (v [2]float64) {
	var n, d [2]float64
	for b, late := range after {
		k := 0
		if late {
			k = 1
		}
		n[k] += s.num[b]
		d[k] += s.den[b]
	}
	return [2]float64{n[0] / d[0], n[1] / d[1]}
}

const (
	permutations = 999 // of the blocks' labels, and circular shifts
	distinct     = 20  // permutations without which p cannot reach .05
	power        = 2.8 // MDE in standard deviations: t.975 + t.8 (METHODS.md F2)
)

// change is the test of a change by the labels of 4-week blocks: value gives the
// four levels for blocks assigned to the time after. The same shuffled labels go
// to the areas near and far, so that what they share stays shared. Because all areas
// have been thinned to one rate before, the blocks of both sides are
// exchangeable if nothing but the rate changed. P is (1 + #{|T*| >= |T|})/(1 +
// permutations); Low and High are Change -+ the 95% quantile of |T*|, which leave
// out 0 just where P < .05.
func change(ind *athar.Indicator, g *grid, far bool, permutations int, r *rand.Rand, value func(after []bool) [2][2]float64) {
	after := make([]bool, g.count[0]+g.count[1])
	for b := range after {
		after[b] = b >= g.count[0]
	}
	contrast := func() float64 {
		v := value(after)
		t := v[0][1] - v[0][0]
		if far {
			t -= v[1][1] - v[1][0]
		}
		return t
	}
	v := value(after)
	t := contrast()
	if math.IsNaN(t) {
		ind.Refusal = athar.Refuse("synchrony-undefined")
		return
	}
	ind.Before, ind.After, ind.Change = athar.Num(v[0][0]), athar.Num(v[0][1]), athar.Num(t)
	if far {
		ind.FarBefore, ind.FarAfter = athar.Num(v[1][0]), athar.Num(v[1][1])
	}
	ind.Reading = athar.Neither
	order := make([]int, len(after))
	for b := range order {
		order[b] = b
	}
	var null []float64
	reached, ss := 0, 0.0
	for range permutations {
		clear(after)
		for i := range g.count[1] {
			j := i + r.IntN(len(order)-i)
			order[i], order[j] = order[j], order[i]
			after[order[i]] = true
		}
		x := math.Abs(contrast())
		if math.IsNaN(x) {
			continue
		}
		null = append(null, x)
		ss += x * x
		if x >= math.Abs(t)-1e-12 {
			reached++
		}
	}
	if len(null) < permutations*4/5 {
		ind.Warnings = append(ind.Warnings, athar.NewNote("contrast-null-undefined", "share", athar.Num(float64(len(null))/float64(permutations))))
		return
	}
	slices.Sort(null)
	half := null[min(len(null)-1, int(math.Ceil(.95*float64(len(null)+1)))-1)]
	ind.P = athar.Num(float64(1+reached) / float64(1+len(null)))
	ind.Low, ind.High = athar.Num(t-half), athar.Num(t+half)
	ind.MDE = athar.Num(power * math.Sqrt(ss/float64(len(null))))
}

// shifted compares a level with those of series shifted in time, each by its own
// random multiple of 7 days of at least 28 around the circle of its side, which
// keeps weekdays, autocorrelation and most of the season, and breaks what
// series share. It returns the upper-tail p values by side, NaN where a side is
// too short. rotate sets the shift, in weeks, of series i in a side;
// value is the level there.
func shifted(g *grid, n, times int, r *rand.Rand, rotate func(s, i, weeks int), value func(s int) float64) (p [2]float64) {
	for s := range 2 {
		p[s] = math.NaN()
		if g.weeks[s] < 2*minShift+1 {
			continue
		}
		for i := range n {
			rotate(s, i, 0)
		}
		seen := value(s)
		if math.IsNaN(seen) {
			continue
		}
		reached := 0
		for range times {
			for i := range n {
				rotate(s, i, minShift+r.IntN(g.weeks[s]-2*minShift+1))
			}
			if value(s) >= seen-1e-12 {
				reached++
			}
		}
		p[s] = float64(1+reached) / float64(1+times)
	}
	return p
}

// minShift is the smallest circular shift, in weeks.
const minShift = 4

// choose is min(n choose k, a million).
func choose(n, k int) int {
	k = min(k, n-k)
	b := 1
	for i := 1; i <= k && b < 1e6; i++ {
		b = b * (n - k + i) / i
	}
	return b
}
