// Package spread measures over how many areas activity is spread, and how many
// of them move on their own (METHODS.md C1).
//
// The package thinks that "decentralised" leaves a trace in event data only as
// shares: of areas in all events, of provinces, of weeks that areas do or do
// not have in common. It never counts cells or commands. Diversity over areas and
// displacement are one pattern, and whoever starts to watch a remote area makes
// activity look more spread; so the measure that leans on rare areas is shown
// with a warning and the one that hardly sees them decides.
package spread

import (
	"math"
	"slices"

	"athar"
	"athar/adapt/contrast"
	"athar/stat"
)

// Deciding are the codes of the indicators that count in a signature, one a
// group; the others are shown beside them.
func Deciding() []string { return []string{"hill-2", "independent"} }

// What the indicators need, and what they are made of.
const (
	MinAreas    = 3   // near the campaign, for any statement about space
	MinPerArea  = 10  // events of an area before and after, to be one of those that move
	MinWeeks    = 12  // of the shorter side, for series
	Neighbours  = 100 // km
	bootstrap   = 500 // draws of Hill intervals
	shifts      = 199 // draws of the reference of independence
	level       = .95
	monthDays   = 30.44
	referenceNN = 500 // draws of Clark and Evans' reference
	minSeries   = 3   // such areas
)

// permutations of an indicator: in full where it decides, fewer where it is
// context, whose p value is read to two digits.
func permutations(code string) int {
	if slices.Contains(Deciding(), code) {
		return 999
	}
	return 199
}

// Indicators are hill-2, hill-1, hill-0, theil-between, theil-within, moran,
// distance and independent, in this order, near against far at equal numbers of
// events (package contrast).
//
// The Hill numbers and independent are compared by ratio, because twenty areas
// and five cannot gain the same number; Theil's index, Moran's I and the median
// distance in km by difference. Decentralisation predicts more areas, more of
// them on their own, longer distances and less concentration; for Moran's I
// it predicts nothing, since spreading inside a region raises it and spreading
// beyond lowers it. independent looks at co-movement over time, which is why
// it belongs to another group of evidence than the rest.
func Indicators(p *athar.Pattern, seed uint64) []athar.Indicator {
	s := contrast.Split(p)
	out := []athar.Indicator{
		hill(p, s, 2, seed), hill(p, s, 1, seed), hill(p, s, 0, seed),
	}
	out = append(out, concentration(p, seed)...)
	return append(out, moran(p, s, seed), distance(p, s, seed), independent(p, s, seed))
}

func refused(code string, group athar.IndicatorGroup, predicts int, why *athar.Refusal) athar.Indicator {
	nan := athar.Num(math.NaN())
	return athar.Indicator{Code: code, Group: group, Predicts: predicts, Reading: athar.Refused, Refusal: why,
		Before: nan, After: nan, FarBefore: nan, FarAfter: nan, Change: nan, Low: nan, High: nan, P: nan, HolmP: nan, MDE: nan}
}

// count fills c, by area of the pattern, from a sample.
func count(c []float64, s contrast.Sample) {
	for _, a := range s.Areas {
		c[a] = 0
	}
	for _, i := range s.Pick {
		c[s.Area[i]]++
	}
}

func totals(s *contrast.Sides, pick []int32) []float64 {
	c := make([]float64, len(s.Areas))
	for _, i := range pick {
		c[s.Area[i]]++
	}
	return c
}

func hill(p *athar.Pattern, s *contrast.Sides, q int, seed uint64) athar.Indicator {
	code := [...]string{"hill-0", "hill-1", "hill-2"}[q]
	if len(s.NearAreas) < MinAreas {
		return refused(code, athar.GroupSpatial, 1, athar.Refuse("spread-few-areas", "n", len(s.NearAreas), "need", MinAreas))
	}
	ind := contrast.Compare(p, hillStatistic(q), contrast.Options{Code: code, Group: athar.GroupSpatial, Predicts: 1, Ratio: true, Seed: seed, Permutations: permutations(code)})
	if ind.Refusal != nil {
		return ind
	}
	switch q {
	case 0:
		ind.Warnings = append(ind.Warnings, athar.NewNote("spread-reporting"))
	case 2:
		ind.Curves = profile(s, seed)
	}
	return ind
}

// hillStatistic is the estimated Hill number of order q over the areas of a side.
func hillStatistic(q int) func(e *contrast.Events) contrast.Statistic {
	return func(e *contrast.Events) contrast.Statistic {
		c := make([]float64, len(e.Areas))
		h := harmonic(len(e.Area))
		dense := make([]float64, len(e.Areas))
		return func(s contrast.Sample) float64 {
			count(c, s)
			x := dense[:0]
			for _, a := range s.Areas {
				x = append(x, c[a])
			}
			if q == 1 {
				return math.Exp(entropy(x, h))
			}
			return Estimate(x, q)
		}
	}
}

// profile are the estimated Hill numbers of order 0, 1 and 2 of all events near
// the campaign, with 95% bands for independent events.
func profile(s *contrast.Sides, seed uint64) []athar.Curve {
	var out []athar.Curve
	for side, name := range [...]string{"before", "after"} {
		c := totals(s, s.Near[side])
		curve := athar.Curve{Code: name}
		for q := range 3 {
			_, low, high := Interval(c, q, bootstrap, level, stat.Stream(seed, "spread/profile/"+name, q))
			curve.X = append(curve.X, athar.Num(q))
			curve.Y = append(curve.Y, athar.Num(Estimate(c, q)))
			curve.Low = append(curve.Low, athar.Num(low))
			curve.High = append(curve.High, athar.Num(high))
		}
		out = append(out, curve)
	}
	return out
}

// without is the pattern with the areas that do not serve left out.
func without(p *athar.Pattern, serves func(i int) bool) *athar.Pattern {
	q := *p
	q.Areas = append([]athar.PatternArea(nil), p.Areas...)
	for i := range q.Areas {
		if !serves(i) {
			q.Areas[i].Role = athar.LeftOut
		}
	}
	return &q
}

// concentration is Theil's index between and within provinces, against area in
// km2 where all areas have it, otherwise against equal shares. Areas of unknown
// province are left out.
func concentration(p *athar.Pattern, seed uint64) []athar.Indicator {
	provinces := map[int]int{}
	var members [2][]int // areas by province, near and far
	exposure, group := make([]float64, len(p.Areas)), make([]int, len(p.Areas))
	measured := true
	for i, a := range p.Areas {
		if a.Province < 0 || !a.Near() && a.Role != athar.Far {
			continue
		}
		if _, ok := provinces[a.Province]; !ok {
			provinces[a.Province] = len(provinces)
			members[0], members[1] = append(members[0], 0), append(members[1], 0)
		}
		group[i] = provinces[a.Province]
		side := 0
		if !a.Near() {
			side = 1
		}
		members[side][group[i]]++
		measured = measured && a.Km2 > 0
	}
	for i, a := range p.Areas {
		exposure[i] = 1
		if measured {
			exposure[i] = a.Km2
		}
	}
	// Between needs two provinces, within a province with two areas.
	can := func(side int) (between, within bool) {
		n := 0
		for _, k := range members[side] {
			if k > 0 {
				n++
			}
			within = within || k > 1
		}
		return n > 1, within
	}
	q := without(p, func(i int) bool { return p.Areas[i].Province >= 0 })
	sides := contrast.Split(q)
	out := make([]athar.Indicator, 0, 2)
	for k, code := range [...]string{"theil-between", "theil-within"} {
		near, far := [2]bool{}, [2]bool{}
		near[0], near[1] = can(0)
		far[0], far[1] = can(1)
		if !near[k] {
			out = append(out, refused(code, athar.GroupSpatial, -1, athar.Refuse("spread-no-provinces")))
			continue
		}
		view := *q
		view.Control = q.Control && far[k]
		ind := contrast.Compare(&view, func(e *contrast.Events) contrast.Statistic {
			var parts [2]*theil
			for far, areas := range [2][]int32{sides.NearAreas, sides.FarAreas} {
				var x []float64
				var g []int
				for _, a := range areas {
					x, g = append(x, exposure[a]), append(g, group[a])
				}
				parts[far] = newTheil(x, g, len(provinces))
			}
			c, dense := make([]float64, len(e.Areas)), make([]float64, len(e.Areas))
			return func(s contrast.Sample) float64 {
				count(c, s)
				x := dense[:0]
				for _, a := range s.Areas {
					x = append(x, c[a])
				}
				b, w := parts[farSide(s)].parts(x)
				if k == 0 {
					return b
				}
				return w
			}
		}, contrast.Options{Code: code, Group: athar.GroupSpatial, Predicts: -1, Seed: seed, Permutations: permutations(code)})
		if ind.Refusal == nil && p.Control && !far[k] {
			ind.Warnings = append(ind.Warnings, athar.NewNote("spread-far-provinces"))
		}
		out = append(out, ind)
	}
	return out
}

// farSide is 1 for a sample from far areas, else 0.
func farSide(s contrast.Sample) int {
	if s.Events.Areas[s.Areas[0]].Near() {
		return 0
	}
	return 1
}

// located reports whether every area near or far has a point and not all have
// the same one.
func located(p *athar.Pattern) bool {
	seen := map[[2]float64]bool{}
	for _, a := range p.Areas {
		if a.Near() || a.Role == athar.Far {
			if math.IsNaN(a.Lon) || math.IsNaN(a.Lat) || a.Lon == 0 && a.Lat == 0 {
				return false
			}
			seen[[2]float64{a.Lon, a.Lat}] = true
		}
	}
	return len(seen) > 1
}

// field is the map of one group of areas.
type field struct {
	lon, lat []float64
	km       [][]float64
}

func newField(p *athar.Pattern, areas []int32) field {
	var f field
	for _, a := range areas {
		f.lon, f.lat = append(f.lon, p.Areas[a].Lon), append(f.lat, p.Areas[a].Lat)
	}
	f.km = Distances(f.lon, f.lat)
	return f
}

func moran(p *athar.Pattern, s *contrast.Sides, seed uint64) athar.Indicator {
	if !located(p) {
		return refused("moran", athar.GroupSpatial, 0, athar.Refuse("spread-no-points"))
	}
	if len(s.NearAreas) < MinAreas {
		return refused("moran", athar.GroupSpatial, 0, athar.Refuse("spread-few-areas", "n", len(s.NearAreas), "need", MinAreas))
	}
	fields := [2]field{newField(p, s.NearAreas), newField(p, s.FarAreas)}
	compare := func(code string, weights [2]Weights) athar.Indicator {
		return contrast.Compare(p, func(e *contrast.Events) contrast.Statistic {
			c, dense := make([]float64, len(e.Areas)), make([]float64, len(e.Areas))
			return func(s contrast.Sample) float64 {
				count(c, s)
				x := dense[:0]
				months := float64(s.Span.Days()) / monthDays
				for _, a := range s.Areas {
					x = append(x, math.Log1p(c[a]/months))
				}
				return Moran(x, weights[farSide(s)])
			}
		}, contrast.Options{Code: code, Group: athar.GroupSpatial, Seed: seed, Permutations: permutations(code)})
	}
	ind := compare("moran", [2]Weights{Adjoining(fields[0].km), Adjoining(fields[1].km)})
	if ind.Refusal != nil {
		return ind
	}
	wide := compare("moran/100km", [2]Weights{Within(fields[0].km, Neighbours), Within(fields[1].km, Neighbours)})
	if wide.Refusal == nil {
		ind.Warnings = append(ind.Warnings, athar.NewNote("spread-moran-wide", "km", Neighbours, "change", wide.Change, "low", wide.Low, "high", wide.High))
	}
	return ind
}

func distance(p *athar.Pattern, s *contrast.Sides, seed uint64) athar.Indicator {
	if !located(p) {
		return refused("distance", athar.GroupSpatial, 1, athar.Refuse("spread-no-points"))
	}
	if len(s.NearAreas) < MinAreas {
		return refused("distance", athar.GroupSpatial, 1, athar.Refuse("spread-few-areas", "n", len(s.NearAreas), "need", MinAreas))
	}
	fields := [2]field{newField(p, s.NearAreas), newField(p, s.FarAreas)}
	pairs := [2]*Pairs{NewPairs(fields[0].km), NewPairs(fields[1].km)}
	compare := func(code string, f func(x []float64, far int) float64) athar.Indicator {
		return contrast.Compare(p, func(e *contrast.Events) contrast.Statistic {
			c, dense := make([]float64, len(e.Areas)), make([]float64, len(e.Areas))
			return func(s contrast.Sample) float64 {
				count(c, s)
				x := dense[:0]
				for _, a := range s.Areas {
					x = append(x, c[a])
				}
				return f(x, farSide(s))
			}
		}, contrast.Options{Code: code, Group: athar.GroupSpatial, Predicts: 1, Seed: seed, Permutations: permutations(code)})
	}
	ind := compare("distance", func(x []float64, far int) float64 { return pairs[far].Median(x) })
	if ind.Refusal != nil {
		return ind
	}
	std := compare("distance/standard", func(x []float64, far int) float64 {
		return StandardDistance(fields[far].lon, fields[far].lat, x)
	})
	if std.Refusal == nil {
		ind.Warnings = append(ind.Warnings, athar.NewNote("spread-standard", "change", std.Change, "low", std.Low, "high", std.High))
	}
	var ratio [2]float64
	for side := range ratio {
		active := make([]bool, len(s.NearAreas))
		c := totals(s, s.Near[side])
		for k, a := range s.NearAreas {
			active[k] = c[a] > 0
		}
		ratio[side] = ClarkEvans(fields[0].km, active, referenceNN, stat.Stream(seed, "spread/nearest", side))
	}
	if !math.IsNaN(ratio[0]) && !math.IsNaN(ratio[1]) {
		ind.Warnings = append(ind.Warnings, athar.NewNote("spread-nearest", "before", athar.Num(ratio[0]), "after", athar.Num(ratio[1])))
	}
	return ind
}

// independent compares N_eff of weekly counts, see [Independent], among areas
// with at least [MinPerArea] events before and as many after.
func independent(p *athar.Pattern, s *contrast.Sides, seed uint64) athar.Indicator {
	m, why := newMovers(p, s)
	if why != nil {
		return refused("independent", athar.GroupTemporal, 1, why)
	}
	ind := contrast.Compare(m.p, m.statistic, contrast.Options{Code: "independent", Group: athar.GroupTemporal, Predicts: 1, Ratio: true, Seed: seed})
	if ind.Refusal != nil {
		return ind
	}
	if p.Control && !m.p.Control {
		ind.Warnings = append(ind.Warnings, athar.NewNote("spread-far-series", "n", m.far, "need", minSeries, "events", MinPerArea))
	}
	alone := m.alone(seed)
	ind.Warnings = append(ind.Warnings, athar.NewNote("spread-independence", "areas", m.near,
		"before", athar.Num(alone[0][0]), "before_null", athar.Num(alone[0][1]), "after", athar.Num(alone[1][0]), "after_null", athar.Num(alone[1][1])))
	return ind
}

// movers are the areas whose weekly counts are compared.
type movers struct {
	p         *athar.Pattern // the other areas left out
	s         *contrast.Sides
	near, far int
	row       []int // of an area among those of its side
	weeks     int   // at most
}

func newMovers(p *athar.Pattern, s *contrast.Sides) (*movers, *athar.Refusal) {
	weeks := min(p.Before.Days(), p.After.Days()) / 7
	switch {
	case p.Grain > 7:
		return nil, athar.Refuse("spread-not-weekly", "days", p.Grain)
	case weeks < MinWeeks:
		return nil, athar.Refuse("spread-few-weeks", "n", weeks, "need", MinWeeks)
	}
	var c [2][]float64
	for side := range c {
		c[side] = totals(s, slices.Concat(s.Near[side], s.Far[side]))
	}
	m := &movers{p: without(p, func(i int) bool { return c[0][i] >= MinPerArea && c[1][i] >= MinPerArea }),
		row: make([]int, len(p.Areas)), weeks: 2 + max(p.Before.Days(), p.After.Days())/7}
	m.s = contrast.Split(m.p)
	m.near, m.far = len(m.s.NearAreas), len(m.s.FarAreas)
	if m.near < minSeries {
		return nil, athar.Refuse("spread-few-series", "n", m.near, "need", minSeries, "events", MinPerArea)
	}
	m.p.Control = p.Control && m.far >= minSeries
	for _, areas := range [][]int32{m.s.NearAreas, m.s.FarAreas} {
		for k, a := range areas {
			m.row[a] = k
		}
	}
	return m, nil
}

// fill counts a sample's events by area and week in x, which is returned in
// the size that it needs.
func (m *movers) fill(x []float64, s contrast.Sample) ([]float64, int) {
	weeks := s.Span.Days() / 7
	x = x[:len(s.Areas)*weeks]
	clear(x)
	for _, i := range s.Pick {
		if w := int(s.Day[i]-s.Span.First) / 7; w < weeks {
			x[m.row[s.Area[i]]*weeks+w]++
		}
	}
	return x, weeks
}

func (m *movers) statistic(*contrast.Events) contrast.Statistic {
	d := NewIndependent(max(m.near, m.far), m.weeks)
	x := make([]float64, max(m.near, m.far)*m.weeks)
	return func(s contrast.Sample) float64 { return d.Number(m.fill(x, s)) }
}

// alone is N_eff of all events near, before and after, and what it would be if
// areas were independent.
func (m *movers) alone(seed uint64) (out [2][2]float64) {
	d := NewIndependent(m.near, m.weeks)
	x := make([]float64, m.near*m.weeks)
	for side := range out {
		y, weeks := m.fill(x, contrast.Sample{Events: m.s.Events, Pick: m.s.Near[side], Span: m.s.Span[side], Areas: m.s.NearAreas})
		out[side] = [2]float64{d.Number(y, weeks), d.ShiftNull(y, weeks, shifts, stat.Stream(seed, "spread/shift", side))}
	}
	return out
}
