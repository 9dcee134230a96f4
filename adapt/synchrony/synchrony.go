// Package synchrony asks whether areas act together, in the same week or on the
// same days, and whether that changed with a campaign (METHODS.md C4).
//
// The package thinks that areas seem to act together for four reasons of
// which only the last is of interest: they are busy, they share seasons and
// waves, one report names many of them, and they are coordinated. So every area
// is thinned to one rate in both stretches of time, each series is freed from
// what its own season and past explain, and the common factor of areas far
// away is taken out; what is left is compared before and after, near and far. The
// raw figures stand beside, because a central wave is raw synchrony. None
// of it shows by what means anybody communicates.
//
// The rates are made equal area by area, and by events a week rather than
// events in all: correlation of counts depends on the events in a week, and
// a stretch that is shorter is not a stretch that is quieter. A change of the
// areas' shares is therefore not a change of synchrony; package spread sees that.
package synchrony

import (
	"math"
	"slices"

	"athar"
	"athar/stat"
)

const (
	draws    = 100 // thinned records behind each figure
	lagDraws = 6   // and behind the lags, whose median is dear
	lagAreas = 12  // areas whose pairs are searched for lags
	maxLag   = 8   // weeks
	windows  = 4   // of the longer side, as long as the shorter one, in the lags
	minFar   = 6   // far areas from which a common factor is taken: three for each half
	minWeeks = 8   // of a side
	evident  = .05 // p of synchrony in shifted series without which lags mean nothing
)

// Indicators are, in this order:
//
//   - "synchrony": the mean correlation of weekly residuals over pairs of areas,
//     without the calendar's spans and the common factor. Headline.
//   - "synchrony-raw": the same with both left in.
//   - "coincidence": the share of events with one in another area on the same day or the 7
//     days before, less the share expected from the rates of the areas and the
//     weekly course of all the others. Daily data only.
//   - "multi-area-days": the share of days with events in 3 or more provinces
//     (areas, where provinces are unknown or fewer than 4), less the share expected in the same way.
//     Daily data only.
//   - "lag": the median over pairs of areas of the absolute lag, in weeks, at
//     which their cross-correlation is largest. Only where the areas move
//     together at all.
//
// For smaller, more independent groups the first four are predicted to
// fall and the lag to grow; about communication they are at most compatible. N
// and FarN are the events kept in the shorter or quieter side. All are of group
// [athar.GroupTemporal]. The curves of "synchrony-raw" are the mean
// cross-correlation by lag in weeks, before and after.
func Indicators(p *athar.Pattern, seed uint64) []athar.Indicator {
	return indicators(p, seed, permutations)
}

var catalogue = []struct {
	code     string
	predicts int
}{{"synchrony", -1}, {"synchrony-raw", -1}, {"coincidence", -1}, {"multi-area-days", -1}, {"lag", 1}}

// study is a pattern made ready.
type study struct {
	p      *athar.Pattern
	g      grid
	groups [][]*series // near, far
	seed   uint64
	times  int
}

func indicators(p *athar.Pattern, seed uint64, times int) []athar.Indicator {
	nan := athar.Num(math.NaN())
	out := make([]athar.Indicator, len(catalogue))
	for i, c := range catalogue {
		out[i] = athar.Indicator{Code: c.code, Group: athar.GroupTemporal, Predicts: c.predicts, Before: nan, After: nan,
			FarBefore: nan, FarAfter: nan, Change: nan, Low: nan, High: nan, P: nan, HolmP: nan, MDE: nan, Reading: athar.Refused}
	}
	refuse := func(r *athar.Refusal, at ...int) {
		for _, i := range at {
			out[i].Refusal = r
		}
	}
	st := &study{p: p, g: newGrid(p.Before, p.After), seed: seed, times: times}
	switch {
	case p.Grain > maxSpan:
		refuse(athar.Refuse("synchrony-coarse", "days", p.Grain), 0, 1, 2, 3, 4)
		return out
	case min(st.g.weeks[0], st.g.weeks[1]) < minWeeks:
		refuse(athar.Refuse("synchrony-short", "before", st.g.weeks[0], "after", st.g.weeks[1], "need", minWeeks), 0, 1, 2, 3, 4)
		return out
	case choose(st.g.count[0]+st.g.count[1], st.g.count[1]) < distinct:
		refuse(athar.Refuse("contrast-few-blocks", "before", st.g.count[0], "after", st.g.count[1]), 0, 1, 2, 3, 4)
		return out
	}
	near, far, long := gather(p, &st.g)
	if len(near) < minAreas {
		refuse(athar.Refuse("synchrony-few-areas", "n", len(near), "need", minAreas, "events", minEvents), 0, 1, 2, 3, 4)
		return out
	}
	st.groups = append(st.groups, near)
	if len(far) >= minAreas {
		st.groups = append(st.groups, far)
	}
	var fit stat.Regression
	for _, group := range st.groups {
		for _, x := range group {
			x.expect(p, &st.g, &fit)
		}
	}
	var n [2]int
	for k, group := range st.groups {
		var side [2]int
		for _, x := range group {
			side[0] += x.keep[0]
			side[1] += x.keep[1]
		}
		n[k] = min(side[0], side[1])
	}
	for i := range out {
		out[i].N, out[i].FarN = n[0], n[1]
		if long > 0 {
			out[i].Warnings = append(out[i].Warnings, athar.NewNote("synchrony-long-spans", "n", long, "days", maxSpan))
		}
		if p.Control && len(far) < minAreas {
			out[i].Warnings = append(out[i].Warnings, athar.NewNote("synchrony-no-far", "n", len(far), "need", minAreas))
		}
	}
	together := st.weekly(&out[0], &out[1])
	if p.Grain > 1 {
		refuse(athar.Refuse("synchrony-no-days", "days", p.Grain), 2, 3)
	} else {
		st.daily(&out[2], &out[3])
	}
	if together < evident {
		st.lags(&out[4])
	} else {
		refuse(athar.Refuse("synchrony-no-lag", "p", athar.Num(together)), 4)
	}
	return out
}

func (st *study) far() bool { return len(st.groups) == 2 }

// weekly computes both correlations and returns the smaller p value of raw
// synchrony near the campaign in shifted series, doubled for the two sides. It does not
// depend on which side is synchronous, so the lags that it admits are not chosen
// by their change.
func (st *study) weekly(residual, raw *athar.Indicator) float64 {
	g := &st.g
	blocks, weeks := g.count[0]+g.count[1], g.total()
	factor := st.far() && len(st.groups[1]) >= minFar
	rawSums := []sums{newSums(blocks), newSums(blocks)}
	resSums := []sums{newSums(blocks), newSums(blocks)}
	e := [2][2][]float64{} // residuals by kind and group
	for kind := range 2 {
		for k, group := range st.groups {
			e[kind][k] = make([]float64, len(group)*weeks)
		}
	}
	var halves [2][]float64 // far areas by turns, busiest first
	free := make([]float64, max(len(e[0][0]), len(e[0][1])))
	course := make([]float64, weeks)
	var stay [2][]bool
	var first, firstFree []float64
	ccf := [2][]float64{make([]float64, 2*maxLag+1), make([]float64, 2*maxLag+1)}
	r := stat.Stream(st.seed, "synchrony/weekly", 0)
	add := func(to sums, e []float64, share float64) {
		for t := range weeks {
			a, b := products(e, weeks, t)
			to.num[g.block[t]] += a * share
			to.den[g.block[t]] += b * share
		}
	}
	for d := range draws {
		for k, group := range st.groups {
			for i, x := range group {
				x.thin(r, &stay)
				for kind := range 2 {
					x.residuals(g, kind, &stay, e[kind][k][i*weeks:(i+1)*weeks])
				}
			}
			add(rawSums[k], e[season][k], 1)
		}
		if d == 0 {
			first = slices.Clone(e[season][0])
		}
		st.addCCF(e[season][0], ccf)
		if !factor {
			continue
		}
		for h := range halves {
			halves[h] = halves[h][:0]
		}
		for i := range st.groups[1] {
			halves[i%2] = append(halves[i%2], e[calendar][1][i*weeks:(i+1)*weeks]...)
		}
		// What is near loses the course of either half of the far areas by turns, each half
		// that of the other one: no area is freed from a course that it is part of.
		for h := range halves {
			mean(halves[h], weeks, course)
			without(e[calendar][0], course, free[:len(e[calendar][0])])
			add(resSums[0], free[:len(e[calendar][0])], .5)
			if d == 0 && h == 0 {
				firstFree = slices.Clone(free[:len(e[calendar][0])])
			}
			without(halves[1-h], course, free[:len(halves[1-h])])
			add(resSums[1], free[:len(halves[1-h])], .5)
		}
	}
	value, noise := contrasted(rawSums[:len(st.groups)])
	change(raw, g, st.far(), st.times, stat.Stream(st.seed, "synchrony/null", 0), value, noise)
	p := st.shiftedResiduals(first, "synchrony/shift")
	raw.Warnings = append(raw.Warnings, athar.NewNote("synchrony-shifted", "before", athar.Num(p[0]), "after", athar.Num(p[1])))
	for s, code := range []string{"before", "after"} {
		c := athar.Curve{Code: code}
		for l := -maxLag; l <= maxLag; l++ {
			c.X = append(c.X, athar.Num(l))
			c.Y = append(c.Y, athar.Num(ccf[s][l+maxLag]/draws))
		}
		raw.Curves = append(raw.Curves, c)
	}
	if factor {
		value, noise = contrasted(resSums)
		change(residual, g, true, st.times, stat.Stream(st.seed, "synchrony/null", 0), value, noise)
		q := st.shiftedResiduals(firstFree, "synchrony/shift-free")
		residual.Warnings = append(residual.Warnings, athar.NewNote("synchrony-shifted", "before", athar.Num(q[0]), "after", athar.Num(q[1])))
	} else {
		n := 0
		if st.far() {
			n = len(st.groups[1])
		}
		residual.Refusal = athar.Refuse("synchrony-no-factor", "n", n, "need", minFar)
	}
	least := 1.0
	for _, x := range p {
		if x < least {
			least = x
		}
	}
	return 2 * least
}

// mean writes the mean of the rows of e.
func mean(e []float64, weeks int, out []float64) {
	clear(out)
	n := float64(len(e) / weeks)
	for i, v := range e {
		out[i%weeks] += v / n
	}
}

// without writes each row of e less its regression on the course, over all weeks.
func without(e, course, out []float64) {
	weeks := len(course)
	ss := 0.0
	for _, v := range course {
		ss += v * v
	}
	for i := 0; i < len(e); i += weeks {
		b := 0.0
		if ss > 0 {
			for t, v := range course {
				b += v * e[i+t]
			}
			b /= ss
		}
		for t, v := range course {
			out[i+t] = e[i+t] - b*v
		}
	}
}

// shiftedResiduals is the test of the level of correlation in each side.
func (st *study) shiftedResiduals(e []float64, stream string) [2]float64 {
	g, weeks := &st.g, st.g.total()
	n := len(e) / weeks
	var turned [2][]float64
	for s := range turned {
		turned[s] = make([]float64, n*g.weeks[s])
	}
	return shifted(g, n, st.times, stat.Stream(st.seed, stream, 0), func(s, i, by int) {
		from, to := g.bounds(s)
		row, w := e[i*weeks+from:i*weeks+to], g.weeks[s]
		copy(turned[s][i*w:], row[w-by:])
		copy(turned[s][i*w+by:(i+1)*w], row[:w-by])
	}, func(s int) float64 { return MeanCorrelation(turned[s], g.weeks[s]) })
}

// addCCF adds the mean cross-correlation of the pairs of areas in each side.
func (st *study) addCCF(e []float64, to [2][]float64) {
	g, weeks := &st.g, st.g.total()
	n := min(lagAreas, len(e)/weeks)
	pairs := float64(n * (n - 1) / 2)
	var one [2*maxLag + 1]float64
	for s := range 2 {
		from, end := g.bounds(s)
		for i := range n {
			for j := range i {
				CrossCorrelation(e[j*weeks+from:j*weeks+end], e[i*weeks+from:i*weeks+end], maxLag, one[:])
				for l, v := range one {
					if !math.IsNaN(v) {
						to[s][l] += v / pairs
					}
				}
			}
		}
	}
}

// lags computes the median of the lag at which pairs correlate most. A product
// e_i(t) e_j(t+l) belongs to the block of the earlier of its two weeks, so that
// shuffled blocks lose no products. A longer side is read in windows as long as the
// shorter one: noise alone makes lags long, and there is more of it in a short series.
func (st *study) lags(ind *athar.Indicator) {
	g, weeks := &st.g, st.g.total()
	const lags = 2*maxLag + 1
	blocks := g.count[0] + g.count[1]
	short := min(g.count[0], g.count[1])
	r := stat.Stream(st.seed, "synchrony/lags", 0)
	// products by draw, group, pair, lag and block
	var sum [lagDraws][2][]float64
	var pairs [2]int
	var stay [2][]bool
	for d := range sum {
		for k, group := range st.groups {
			group = group[:min(len(group), lagAreas)]
			e := make([]float64, len(group)*weeks)
			for i, x := range group {
				x.thin(r, &stay)
				x.residuals(g, season, &stay, e[i*weeks:(i+1)*weeks])
			}
			pairs[k] = len(group) * (len(group) - 1) / 2
			sum[d][k] = make([]float64, pairs[k]*lags*blocks)
			at := 0
			for i := range group {
				for j := range i {
					x, y := e[j*weeks:(j+1)*weeks], e[i*weeks:(i+1)*weeks]
					for l := -maxLag; l <= maxLag; l++ {
						to := sum[d][k][at : at+blocks]
						at += blocks
						for s := range 2 {
							from, end := g.bounds(s)
							for t := from; t < end-max(l, -l); t++ {
								if l >= 0 {
									to[g.block[t]] += x[t] * y[t+l]
								} else {
									to[g.block[t]] += x[t-l] * y[t]
								}
							}
						}
					}
				}
			}
		}
	}
	var list [2][]int // blocks by side
	run := make([]float64, blocks+1)
	best := make([]int, windows)
	top := make([]float64, windows)
	var seen [windows][maxLag + 1]int
	value := func(after []bool) (v [2][2]float64) {
		for s := range list {
			list[s] = list[s][:0]
		}
		for b, late := range after {
			s := 0
			if late {
				s = 1
			}
			list[s] = append(list[s], b)
		}
		for s, in := range list {
			n := min(windows, len(in)-short+1)
			for k := range st.groups {
				total := 0.0
				for d := range sum {
					for w := range n {
						clear(seen[w][:])
					}
					for pair := range pairs[k] {
						for w := range n {
							top[w] = math.Inf(-1)
						}
						for l := range lags {
							row := sum[d][k][(pair*lags+l)*blocks:][:blocks]
							for i, b := range in {
								run[i+1] = run[i] + row[b]
							}
							for w := range n {
								from := 0
								if n > 1 {
									from = w * (len(in) - short) / (n - 1)
								}
								if c := run[from+short] - run[from]; c > top[w] {
									top[w], best[w] = c, max(l-maxLag, maxLag-l)
								}
							}
						}
						for w := range n {
							seen[w][best[w]]++
						}
					}
					for w := range n {
						total += median(seen[w][:], pairs[k]) / float64(n)
					}
				}
				v[k][s] = total / lagDraws
			}
		}
		return v
	}
	change(ind, g, st.far(), st.times, stat.Stream(st.seed, "synchrony/lag-null", 0), value, nil)
}

// median of n lags counted by size.
func median(counts []int, n int) float64 {
	at := func(rank int) float64 {
		for l, c := range counts {
			if rank -= c; rank < 0 {
				return float64(l)
			}
		}
		return math.NaN()
	}
	return (at((n-1)/2) + at(n/2)) / 2
}
