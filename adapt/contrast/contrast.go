// Package contrast compares a feature of the record of events before and after
// a campaign, near it and far from it, at equal numbers of events (METHODS.md
// section C).
//
// The package thinks that the number of events is the master confounder:
// diversity, synchrony, size and mix all move when a campaign merely removes
// events. So no feature is ever compared between samples that differ in number,
// in length, or in how much events come in clumps; and the reference for a
// difference is the same data with the labels of its 4-week blocks shuffled,
// after both sides have been thinned to one rate. It knows no feature: a
// [Statistic] turns a sample into a number.
package contrast

import (
	"math"
	"runtime"
	"slices"
	"sync"

	"athar"
	"athar/stat"
)

// Sample is what a statistic sees: some events of one side, near or far.
//
// Span is the stretch of days that the events come from. In the null the
// blocks of a side are laid end to end, so that Day of an event changes from
// call to call and must be read at every call; Area, Class and Deaths of an
// event never change.
type Sample struct {
	*Events
	Pick  []int32 // indices of the sample's events, ascending, in order of Day
	Span  athar.Span
	Areas []int32 // the areas of the side, ascending
}

// Statistic is a feature of a sample; NaN where it is undefined. It must not
// keep or change the sample and must not allocate: it is called some ten
// thousand times, by one goroutine.
type Statistic func(s Sample) float64

// Options of one comparison.
type Options struct {
	Code         string
	Group        athar.IndicatorGroup
	Predicts     int  // sign of the change that the signature predicts; 0: none
	Ratio        bool // compare by ratio; the statistic must be positive
	Seed         uint64
	Draws        int // samples of the observed sides; default 500
	Permutations int // of the blocks' labels; default 999
	MinN         int // events a side; default 10
}

const (
	defined  = .8  // share of draws and permutations in which the statistic must be defined
	power    = 2.8 // MDE in standard deviations: t.975 + t.8 (METHODS.md F2)
	distinct = 20  // permutations without which p cannot reach .05
)

// A group is the events near or far.
type group struct {
	areas []int32
	picks [2][]int32
	// keep is the share of each side's events that enters the null, 1 for the
	// quieter side; shrink is the share of them in a draw of the null.
	keep   [2]float64
	shrink float64
	// unit is how many events of an area-week stay or go together when a side is
	// thinned; even is the same in the null.
	unit [2]float64
	even float64
}

type comparison struct {
	*Sides
	o      Options
	groups []group
	cell   []int32 // area-week of every event
	short  int     // blocks of the shorter side
	floor  int     // events that a draw must have
}

// Compare computes the statistic for the four samples near and far, before and
// after, and their contrast
//
//	Change = (After - Before) - (FarAfter - FarBefore),
//
// or the ratio of the two ratios; without a control, or with fewer than MinN
// events in one of the far samples, the first part alone. of is called once a
// worker, with events whose Area, Class and Deaths are final.
//
// A draw takes a window of the longer side that has as many blocks as the
// shorter side, and then, near and far apart, m = min(n_before, n_after) events
// of either side without replacement; levels are means over the draws. Events
// are thinned in units within an area-week. With phi the variance over the mean
// of weekly counts of an area, thinning counts of dispersion phi_L to a share
// pi by units of u events gives dispersion pi phi_L + (1-pi) u; the unit is
//
//	u = (phi_S - pi phi_L)/(1 - pi),
//
// which makes the thinned side as clumped as the other one, between 1 (single
// events) and the larger of both. Whole area-weeks as units would be right only
// if an area's events of one week always stood or fell together.
//
// In a permutation the busier side is first thinned, then the labels of the
// blocks are shuffled, for near and far alike so that common shocks stay
// common, blocks of a side are laid end to end, and the same draws are made.
// Shuffled sides that were not thinned would carry more than the record after a
// fall, and the test would reject too often. If the noise of a feature goes with the number
// of events, sides of lengths L and rates r carry as much as shuffled ones of
//
//	r' = (1/L_0 + 1/L_1)/(1/(L_0 r_0) + 1/(L_1 r_1));
//
// if it goes with the number of weeks, the shuffled ones must have the lower rate
// itself. The busier side is thinned until the common rate is r*, half way between
// the two, and a draw of the null takes the share min(r)/r* of the events, so
// that it is as large as one of the record.
//
// P is (1 + #{|T*| >= |T|})/(1 + permutations). Low and High are Change -+ the
// 95% quantile of |T*|, so that they leave out no change where P <= .05: they
// carry the sampling variation of the record in clumps of up to 4 weeks, which
// the range over draws does not. Under a real change shuffled blocks are mixed,
// and the interval is then too wide rather than too short. MDE is 2.80 standard
// deviations of T*.
//
// Blocks are taken for independent. Where areas drift for longer than a month,
// no test by labels of blocks holds its level.
func Compare(p *athar.Pattern, of func(e *Events) Statistic, o Options) athar.Indicator {
	if o.Draws == 0 {
		o.Draws = 500
	}
	if o.Permutations == 0 {
		o.Permutations = 999
	}
	if o.MinN == 0 {
		o.MinN = 10
	}
	nan := athar.Num(math.NaN())
	ind := athar.Indicator{Code: o.Code, Group: o.Group, Predicts: o.Predicts, Ratio: o.Ratio,
		Before: nan, After: nan, FarBefore: nan, FarAfter: nan, Change: nan, Low: nan, High: nan,
		P: nan, HolmP: nan, MDE: nan, Reading: athar.Refused}
	c := &comparison{Sides: Split(p), o: o, floor: max(2, o.MinN/2)}
	c.short = min(c.Count[0], c.Count[1])
	if c.short == 0 {
		ind.Refusal = athar.Refuse("contrast-no-time")
		return ind
	}
	n := c.comparable(c.Near)
	ind.N = n
	if n < o.MinN {
		ind.Refusal = athar.Refuse("contrast-few", "before", len(c.Near[0]), "after", len(c.Near[1]), "n", n, "need", o.MinN)
		return ind
	}
	c.cells()
	c.groups = append(c.groups, c.group(c.NearAreas, c.Near))
	if p.Control {
		if f := c.comparable(c.Far); f >= o.MinN {
			ind.FarN = f
			c.groups = append(c.groups, c.group(c.FarAreas, c.Far))
		} else {
			ind.Warnings = append(ind.Warnings, athar.NewNote("contrast-no-far", "n", f, "need", o.MinN))
		}
	}

	w := c.worker(of)
	w.rnd = stat.Stream(o.Seed, "contrast/draw/"+o.Code, 0)
	w.observed()
	level, share := w.draws(o.Draws)
	change := c.contrast(level)
	if share < defined || math.IsNaN(change) {
		ind.Refusal = athar.Refuse("contrast-undefined", "share", athar.Num(share))
		return ind
	}
	ind.Before, ind.After = athar.Num(level[0][0]), athar.Num(level[0][1])
	if len(c.groups) == 2 {
		ind.FarBefore, ind.FarAfter = athar.Num(level[1][0]), athar.Num(level[1][1])
	}
	scale := func(x float64) athar.Num {
		if o.Ratio {
			return athar.Num(math.Exp(x))
		}
		return athar.Num(x)
	}
	ind.Change, ind.Reading = scale(change), athar.Neither
	if o.Predicts == 0 {
		ind.Reading = athar.Silent
	}

	switch k := binomial(c.Count[0]+c.Count[1], c.short); {
	case p.Grain > BlockDays:
		ind.Warnings = append(ind.Warnings, athar.NewNote("contrast-coarse", "days", p.Grain))
		return ind
	case k < distinct:
		ind.Warnings = append(ind.Warnings, athar.NewNote("contrast-few-blocks", "before", c.Count[0], "after", c.Count[1]))
		return ind
	}
	null := c.null(of, w)
	if float64(len(null)) < defined*float64(o.Permutations) {
		ind.Warnings = append(ind.Warnings, athar.NewNote("contrast-null-undefined", "share", athar.Num(float64(len(null))/float64(o.Permutations))))
		return ind
	}
	reached, ss := 0, 0.0
	for i, t := range null {
		ss += t * t
		null[i] = math.Abs(t)
		if null[i] >= math.Abs(change)*(1-1e-9) {
			reached++
		}
	}
	slices.Sort(null)
	if null[len(null)/2] == null[0] {
		ind.Warnings = append(ind.Warnings, athar.NewNote("contrast-flat"))
		return ind
	}
	half := null[min(len(null)-1, int(math.Ceil(.95*float64(len(null)+1)))-1)]
	ind.P = athar.Num(float64(1+reached) / float64(1+len(null)))
	ind.Low, ind.High = scale(change-half), scale(change+half)
	ind.MDE = scale(power * math.Sqrt(ss/float64(len(null))))
	if o.Predicts != 0 && ind.P <= .05 {
		ind.Reading = athar.Opposes
		if change*float64(o.Predicts) > 0 {
			ind.Reading = athar.Supports
		}
	}
	return ind
}

// binomial is min(n choose k, a million).
func binomial(n, k int) int {
	b := 1
	for i := 1; i <= k && b < 1e6; i++ {
		b = b * (n - k + i) / i
	}
	return b
}

// comparable is how many events of the two sides can be expected to be compared
// at equal length and number.
func (c *comparison) comparable(picks [2][]int32) int {
	n := math.MaxInt
	for s, p := range picks {
		n = min(n, len(p)*c.short/c.Count[s])
	}
	return n
}

// cells numbers the area-weeks.
func (c *comparison) cells() {
	weeks := [2]int{}
	for s, span := range c.Span {
		weeks[s] = (span.Days() + 6) / 7
	}
	c.cell = make([]int32, len(c.Area))
	for i, a := range c.Area {
		s, week := 0, 0
		if int(c.Block[i]) >= c.Count[0] {
			s, week = 1, weeks[0]
		}
		week += int(c.Day[i]-c.Span[s].First) / 7
		c.cell[i] = int32(int(a)*(weeks[0]+weeks[1]) + week)
	}
}

// group prepares the thinning of one group.
func (c *comparison) group(areas []int32, picks [2][]int32) group {
	g := group{areas: areas, picks: picks, keep: [2]float64{1, 1}, shrink: 1}
	var rate, phi [2]float64
	for s := range picks {
		rate[s] = float64(len(picks[s])) / float64(c.Span[s].Days())
		phi[s] = c.dispersion(picks[s], (c.Span[s].Days()+6)/7)
	}
	busy, quiet := 0, 1
	if rate[1] > rate[0] {
		busy, quiet = 1, 0
	}
	g.even = phi[quiet]
	g.unit = [2]float64{g.even, g.even}
	if pi := rate[quiet] / rate[busy]; pi < 1 {
		days := [2]float64{float64(c.Span[0].Days()), float64(c.Span[1].Days())}
		even := (1/days[0] + 1/days[1]) / (1/float64(len(picks[0])) + 1/float64(len(picks[1])))
		common := (even + rate[quiet]) / 2
		// The common rate is that of both sides together.
		g.keep[busy] = min(1, max(pi, (common*(days[0]+days[1])-float64(len(picks[quiet])))/float64(len(picks[busy]))))
		g.shrink = rate[quiet] / common
		g.unit[busy] = max(1, min((phi[quiet]-pi*phi[busy])/(1-pi), max(phi[0], phi[1])))
	}
	return g
}

// dispersion is the variance of weekly counts of an area over their mean,
//
//	phi = sum_i (sum_w y_iw^2 - n_i^2/W) / sum_i n_i (1 - 1/W),  at least 1.
func (c *comparison) dispersion(pick []int32, weeks int) float64 {
	if weeks < 2 || len(pick) == 0 {
		return 1
	}
	in := make([]int32, len(pick))
	for i, e := range pick {
		in[i] = c.cell[e]
	}
	slices.Sort(in)
	n := make([]float64, len(c.Areas))
	squares, total := 0.0, 0.0
	for i := 0; i < len(in); {
		j := i
		for j < len(in) && in[j] == in[i] {
			j++
		}
		squares += float64((j - i) * (j - i))
		i = j
	}
	for _, e := range pick {
		n[c.Area[e]]++
	}
	w := float64(weeks)
	for _, x := range n {
		squares -= x * x / w
		total += x * (1 - 1/w)
	}
	return max(1, squares/total)
}

// contrast of the levels by group and side; logarithmic for a ratio.
func (c *comparison) contrast(level [2][2]float64) float64 {
	t, sign := 0.0, 1.0
	for g := range c.groups {
		b, a := level[g][0], level[g][1]
		if c.o.Ratio {
			if b <= 0 || a <= 0 {
				return math.NaN()
			}
			b, a = math.Log(b), math.Log(a)
		}
		t += sign * (a - b)
		sign = -1
	}
	return t
}

// null returns the contrasts of permuted labels, ascending by permutation,
// without those that are undefined. Each permutation has a stream of its own.
func (c *comparison) null(of func(e *Events) Statistic, first *worker) []float64 {
	all := make([]float64, c.o.Permutations)
	var wg sync.WaitGroup
	// Enough draws to see the whole of a long side; a large sample says in one
	// draw what a small one needs several for.
	windows := (max(c.Count[0], c.Count[1]) + c.short - 1) / c.short
	inner := min(16, windows+max(1, 4-c.comparable(c.Near)/250))
	workers := max(1, min(runtime.GOMAXPROCS(0), len(all)/32))
	for k := range workers {
		w := first
		if k > 0 {
			w = c.worker(of)
		}
		wg.Go(func() {
			for r := k; r < len(all); r += workers {
				w.rnd = stat.Stream(c.o.Seed, "contrast/null/"+c.o.Code, r)
				w.shuffled()
				level, share := w.draws(inner)
				all[r] = math.NaN()
				if share >= defined {
					all[r] = c.contrast(level)
				}
			}
		})
	}
	wg.Wait()
	return slices.DeleteFunc(all, math.IsNaN)
}
