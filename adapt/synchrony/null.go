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
		k := side(late)
		n[k] += s.num[b]
		d[k] += s.den[b]
	}
	return [2]float64{n[0] / d[0], n[1] / d[1]}
}

// contrasted gives the levels of each group for [change], and the standard error of their
// contrast: a side's ratio N/D moves with block b by u_b = (n_b - N/D d_b)/D, and
//
//	se^2 = sum_s B_s/(B_s - 1) sum_{b in s} (u_b near - u_b far)^2
//
// over the B_s blocks of a side.
func contrasted(groups []sums) (value func(after []bool) [2][2]float64, noise func(after []bool, v [2][2]float64) float64) {
	value = func(after []bool) (v [2][2]float64) {
		for k, s := range groups {
			v[k] = s.by(after)
		}
		return v
	}
	noise = func(after []bool, v [2][2]float64) float64 {
		var den [2][2]float64 // by group and side
		var blocks, ss [2]float64
		for b, late := range after {
			s := side(late)
			blocks[s]++
			for k := range groups {
				den[k][s] += groups[k].den[b]
			}
		}
		for b, late := range after {
			s, u, sign := side(late), 0.0, 1.0
			for k := range groups {
				u += sign * (groups[k].num[b] - v[k][s]*groups[k].den[b]) / den[k][s]
				sign = -sign
			}
			ss[s] += u * u
		}
		return math.Sqrt(ss[0]*blocks[0]/(blocks[0]-1) + ss[1]*blocks[1]/(blocks[1]-1))
	}
	return value, noise
}

func side(late bool) int {
	if late {
		return 1
	}
	return 0
}

const (
	permutations = 999 // of the blocks' labels, and circular shifts
	distinct     = 20  // permutations without which p cannot reach .05
	power        = 2.8 // MDE in standard deviations: t.975 + t.8 (METHODS.md F2)
)

// change is the test of a change by the labels of 4-week blocks: value gives the
// four levels for blocks assigned to the time after. The same shuffled labels go
// to the areas near and far, so that what they share stays shared. All areas
// have been thinned to one rate before, but a mean over many thinned records is
// smoother on the side that was thinned, so that blocks of both sides are not
// exchangeable in their noise: T and T* are divided by noise, their standard
// error for these labels (Janssen 1997); nil: by 1. P is (1 + #{|T*| >= |T|})/(1 + permutations); Low and High are
// Change -+ the 95% quantile of |T*| in units of the observed error, which leave
// out 0 just where P < .05.
func change(ind *athar.Indicator, g *grid, far bool, permutations int, r *rand.Rand, value func(after []bool) [2][2]float64, noise func(after []bool, v [2][2]float64) float64) {
	after := make([]bool, g.count[0]+g.count[1])
	for b := range after {
		after[b] = b >= g.count[0]
	}
	contrast := func() (t, se float64, v [2][2]float64) {
		v = value(after)
		t, se = v[0][1]-v[0][0], 1
		if far {
			t -= v[1][1] - v[1][0]
		}
		if noise != nil {
			se = noise(after, v)
		}
		return t, se, v
	}
	t, se, v := contrast()
	if math.IsNaN(t) || !(se > 0) {
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
		x, e, _ := contrast()
		x = math.Abs(x) / e
		if math.IsNaN(x) {
			continue
		}
		null = append(null, x)
		ss += x * x
		if x >= math.Abs(t)/se-1e-12 {
			reached++
		}
	}
	if len(null) < permutations*4/5 {
		ind.Warnings = append(ind.Warnings, athar.NewNote("contrast-null-undefined", "share", athar.Num(float64(len(null))/float64(permutations))))
		return
	}
	slices.Sort(null)
	half := se * null[min(len(null)-1, int(math.Ceil(.95*float64(len(null)+1)))-1)]
	ind.P = athar.Num(float64(1+reached) / float64(1+len(null)))
	ind.Low, ind.High = athar.Num(t-half), athar.Num(t+half)
	ind.MDE = athar.Num(power * se * math.Sqrt(ss/float64(len(null))))
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
