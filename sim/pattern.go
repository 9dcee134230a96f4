package sim

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"athar"
	"athar/stat"
)

// PatternWorld describes one kind of record of events around a campaign, for
// the indicators of adaptation (METHODS.md F1, S10 and S11): twelve areas near
// it in three provinces and twelve far ones in three others, two years before and
// one after, a day, a class and a number of deaths for every event. What changes
// with the campaign changes near it only, unless FallFar says otherwise. Pairs
// are before and after.
type PatternWorld struct {
	Name string
	Says string

	Rate    float64    // mean events per area and week before; default 1
	Fall    float64    // share of the events near that still happen afterwards; default 1
	FallFar float64    // and far
	Phi     float64    // variance over mean of an area's weekly count given its intensity; default 1
	Skew    [2]float64 // the k-th area has a share in proportion to k^-Skew of the events near; far as before
	Shared  [2]float64 // sd of the weekly log intensity that areas near share; far areas share one of their own, as before
	// Apart is how far the mixes of classes of the areas near lie apart: 0 all
	// alike, 1 the largest share of an area is its own class; far as before.
	Apart [2]float64
	Alpha [2]float64 // exponent of the power law of deaths; default 2.3
	// Own and Cross are how many events follow an event near in its own province and
	// in the others, with a mean delay of 4 days; far as before. Rate stays that of
	// all events; Fall is then the share of those that start by themselves.
	Own, Cross [2]float64
}

// PatternWorlds are S10 and S11 with their variants. In S10 activity near the
// campaign decentralises and its expected number of events stays the same; in S11
// events disappear and nothing else changes, so that no signature is there.
func PatternWorlds() []PatternWorld {
	all := PatternWorld{Name: "S10", Says: "decentralisation, number of events unchanged: shares evened out, shared weeks gone, mixes apart",
		Skew: [2]float64{1.2, .3}, Shared: [2]float64{.8, 0}, Apart: [2]float64{.1, .6}}
	weak := all
	weak.Name, weak.Says = "S10-half", "half of those changes"
	weak.Skew[1], weak.Shared[1], weak.Apart[1] = .75, .4, .35
	rare := all
	rare.Name, rare.Says, rare.Rate = "S10-rare", "the changes of S10, half of the events", .25
	fewer := all
	fewer.Name, fewer.Says, fewer.Fall = "S10-fewer", "the changes of S10, 40% fewer events", .6
	less := PatternWorld{Name: "S11", Says: "40% fewer events near the campaign, all else unchanged", Fall: .6,
		Skew: [2]float64{.8, .8}, Shared: [2]float64{.4, .4}, Apart: [2]float64{.3, .3}}
	none := less
	none.Name, none.Says, none.Fall = "S11-none", "nothing changes", 1
	clumped := less
	clumped.Name, clumped.Says, clumped.Phi = "S11-clumped", "40% fewer events, dispersion 3", 3
	everywhere := less
	everywhere.Name, everywhere.Says, everywhere.FallFar = "S11-everywhere", "40% fewer events near and far", .6
	scarce := less
	scarce.Name, scarce.Says, scarce.Rate = "S11-rare", "40% fewer events, of half as many", .25
	bound := less
	bound.Name, bound.Says = "S11-bound", "40% fewer events, areas strongly alike in time and mix and unequal in size"
	bound.Skew, bound.Shared, bound.Apart = [2]float64{1.2, 1.2}, [2]float64{.8, .8}, [2]float64{.1, .1}
	linked := PatternWorld{Name: "S11-linked", Says: "40% fewer events start near the campaign, of four times as many; provinces follow each other throughout", Rate: 2, Fall: .6,
		Own: [2]float64{.3, .3}, Cross: [2]float64{.3, .3}, Apart: [2]float64{.3, .3}}
	parted := linked
	parted.Name, parted.Says, parted.Fall = "S10-linked", "provinces follow each other before and not after, mixes apart by half as much as in S10; number of events unchanged", 1
	parted.Own[1], parted.Cross[1], parted.Apart = .6, 0, [2]float64{.1, .35}
	return []PatternWorld{all, weak, rare, fewer, less, none, clumped, everywhere, scarce, bound, linked, parted}
}

const (
	nearAreas, farAreas     = 12, 12
	weeksBefore, weeksAfter = 104, 52
	provinceAreas           = 4
	bloodless               = .4 // share of events without deaths
	delay                   = 4. // mean days until a follower
)

var patternClasses = []string{"armed assault", "explosion", "kidnapping", "shelling"}

// Pattern draws replicate number replicate of the world.
func (w PatternWorld) Pattern(seed uint64, replicate int) *athar.Pattern {
	rate, phi := or(w.Rate, .5), or(w.Phi, 1)
	start := athar.Date(2020, 1, 6)
	p := &athar.Pattern{Grain: 1, Control: true, Categories: true, Start: athar.Span{First: start, Last: start},
		Before: athar.Span{First: start - 7*weeksBefore, Last: start - 1},
		After:  athar.Span{First: start, Last: start + 7*weeksAfter - 1}}
	for i := range nearAreas + farAreas {
		a := athar.PatternArea{Code: fmt.Sprintf("A%03d", i), Province: i / provinceAreas, Km2: 900,
			Lon: 42 + .35*float64(i%provinceAreas), Lat: 32 + .3*float64(i/provinceAreas)}
		switch {
		case i >= nearAreas:
			a.Role, a.Lat = athar.Far, a.Lat+2
		case i >= nearAreas/3:
			a.Role = 1
		}
		p.Areas = append(p.Areas, a)
	}
	r := stat.Stream(seed, "sim/"+w.Name, replicate)
	w.group(p, r, 0, nearAreas, rate, phi, or(w.Fall, 1), [2]int{0, 1})
	w.group(p, r, nearAreas, nearAreas+farAreas, rate, phi, or(w.FallFar, 1), [2]int{0, 0})
	slices.SortFunc(p.Records, func(a, b athar.Record) int {
		return cmp.Or(cmp.Compare(a.When.First, b.When.First), cmp.Compare(a.Area, b.Area), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Deaths.Best, b.Deaths.Best))
	})
	return p
}

// group adds the records of the areas from first to last. like says which half of each pair
// holds before and after. Events are kept with probability fall after
// the start, which thins counts and their clumps as a campaign that merely removes
// events does.
func (w PatternWorld) group(p *athar.Pattern, r *rand.Rand, first, last int, rate, phi, fall float64, like [2]int) {
	n := last - first
	order := r.Perm(n)
	for side, span := range []athar.Span{p.Before, p.After} {
		k := like[side]
		sum, share := 0.0, make([]float64, n)
		for i := range share {
			share[i] = math.Pow(float64(1+order[i]), -w.Skew[k])
			sum += share[i]
		}
		sd, keep := w.Shared[k], 1.0
		if side == 1 {
			keep = fall
		}
		for week := span.First; week <= span.Last; week += 7 {
			mean := rate * (1 - w.Own[k] - w.Cross[k]) * float64(n) / sum * math.Exp(sd*r.NormFloat64()-sd*sd/2)
			for i := range share {
				for range int(stat.NegBin(r, mean*share[i], phi)) {
					day := week + athar.Day(r.IntN(7))
					class, deaths := w.class(r, i, k), w.deaths(r, k)
					if r.Float64() >= keep {
						continue
					}
					p.Records = append(p.Records, single(first+i, day, class, deaths))
					if w.Own[k]+w.Cross[k] > 0 {
						w.followers(p, r, first, n, i, float64(day)+r.Float64(), span, k)
					}
				}
			}
		}
	}
}

func single(area int, day athar.Day, class, deaths int) athar.Record {
	return athar.Record{Area: area, When: athar.Span{First: day, Last: day}, N: 1, Class: patternClasses[class],
		HasDeaths: true, Deaths: athar.Deaths{Low: deaths, Best: deaths, High: deaths}}
}

// followers adds what follows an event at a time in area i of a group of n areas,
// and what follows that, as far as it lies in the span.
func (w PatternWorld) followers(p *athar.Pattern, r *rand.Rand, first, n, i int, at float64, span athar.Span, k int) {
	for elsewhere, mean := range []float64{w.Own[k], w.Cross[k]} {
		for range int(stat.NegBin(r, mean, 1)) {
			to := i/provinceAreas*provinceAreas + r.IntN(provinceAreas)
			if elsewhere == 1 {
				to = (to + provinceAreas*(1+r.IntN(n/provinceAreas-1))) % n
			}
			t := at + delay*r.ExpFloat64()
			class, deaths := w.class(r, to, k), w.deaths(r, k)
			if day := athar.Day(math.Floor(t)); day <= span.Last {
				p.Records = append(p.Records, single(first+to, day, class, deaths))
				w.followers(p, r, first, n, to, t, span, k)
			}
		}
	}
}

// class is the area's own class with probability Apart, one of the common mix
// otherwise.
func (w PatternWorld) class(r *rand.Rand, area, k int) int {
	if r.Float64() < w.Apart[k] {
		return area % len(patternClasses)
	}
	for c, p := range []float64{.4, .3, .2} {
		if r.Float64() < p {
			return c
		}
	}
	return len(patternClasses) - 1
}

// deaths is 0, or a draw of a power law with exponent Alpha from 1 up.
func (w PatternWorld) deaths(r *rand.Rand, k int) int {
	if r.Float64() < bloodless {
		return 0
	}
	return int(min(1e4, .5*math.Pow(1-r.Float64(), -1/(or(w.Alpha[k], 2.3)-1))+.5))
}
