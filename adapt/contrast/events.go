package contrast

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"athar"
)

// BlockDays is the nominal length of a block, within which events may depend
// on each other: 4 weeks (METHODS.md C).
const BlockDays = 28

// Events are the unit events of a pattern, one entry an event, sorted by day,
// area, class and deaths. Only events of areas near or far and of the two
// stretches of days are in it.
type Events struct {
	Area   []int32     // index into Areas
	Day    []athar.Day // middle of the span in which it happened
	Class  []int32     // index into Classes
	Deaths []int32     // best estimate; -1 unknown, also where a record joins several events
	Block  []int32     // 4-week block; those before come first

	Classes []string // sorted
	Areas   []athar.PatternArea
}

// Sides are the events of a pattern by place and time. The first index of
// Near and Far is 0 for before and 1 for after; they hold ascending indices
// into Events.
type Sides struct {
	*Events
	Near, Far           [2][]int32
	NearAreas, FarAreas []int32 // indices into Areas, ascending
	Span                [2]athar.Span
	// Blocks holds the spans of the blocks: the first Count[0] make up the time
	// before, the other Count[1] the time after. The shorter side, of D days, is
	// cut into round(D/28) blocks, at least one, the longer into blocks as long on
	// average; all are whole weeks but for the last days of a side.
	Blocks []athar.Span
	Count  [2]int
}

// Split arranges a pattern. An event of which not at least half of the days
// lie in one of the two stretches belongs to neither.
func Split(p *athar.Pattern) *Sides {
	s := &Sides{Events: &Events{Areas: p.Areas}, Span: [2]athar.Span{p.Before, p.After}}
	for i, a := range p.Areas {
		switch {
		case a.Near():
			s.NearAreas = append(s.NearAreas, int32(i))
		case a.Role == athar.Far:
			s.FarAreas = append(s.FarAreas, int32(i))
		}
	}
	if short := min(p.Before.Days(), p.After.Days()); short > 0 {
		days := float64(short) / max(1, math.Round(float64(short)/BlockDays))
		for k, span := range s.Span {
			s.Count[k] = int(math.Round(float64(span.Days()) / days))
			s.cut(span, s.Count[k])
		}
	}
	for _, r := range p.Records {
		s.Classes = append(s.Classes, r.Class)
	}
	slices.Sort(s.Classes)
	s.Classes = slices.Compact(s.Classes)

	type event struct {
		day                        athar.Day
		area, class, deaths, block int32
	}
	var all []event
	for _, r := range p.Records {
		a := p.Areas[r.Area]
		side := -1
		for k, span := range s.Span {
			if 2*r.When.Overlap(span) >= r.When.Days() && span.Has(r.When.Mid()) {
				side = k
			}
		}
		if side < 0 || s.Count[side] == 0 || r.N < 1 || !a.Near() && a.Role != athar.Far {
			continue
		}
		class, _ := slices.BinarySearch(s.Classes, r.Class)
		e := event{r.When.Mid(), int32(r.Area), int32(class), -1, 0}
		if r.N == 1 && r.HasDeaths {
			e.deaths = int32(r.Deaths.Best)
		}
		e.block = int32(sort.Search(len(s.Blocks), func(b int) bool { return s.Blocks[b].Last >= e.day }))
		if side == 1 {
			e.block = int32(s.Count[0] + sort.Search(s.Count[1], func(b int) bool { return s.Blocks[s.Count[0]+b].Last >= e.day }))
		}
		for range r.N {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b event) int {
		return cmp.Or(cmp.Compare(a.block, b.block), cmp.Compare(a.day, b.day), cmp.Compare(a.area, b.area), cmp.Compare(a.class, b.class), cmp.Compare(a.deaths, b.deaths))
	})
	for i, e := range all {
		s.Area = append(s.Area, e.area)
		s.Day = append(s.Day, e.day)
		s.Class = append(s.Class, e.class)
		s.Deaths = append(s.Deaths, e.deaths)
		s.Block = append(s.Block, e.block)
		k := 0
		if int(e.block) >= s.Count[0] {
			k = 1
		}
		if p.Areas[e.area].Near() {
			s.Near[k] = append(s.Near[k], int32(i))
		} else {
			s.Far[k] = append(s.Far[k], int32(i))
		}
	}
	return s
}

// cut appends k blocks that make up a span.
func (s *Sides) cut(span athar.Span, k int) {
	weeks := float64(span.Days() / 7)
	from := span.First
	for b := 1; b <= k; b++ {
		last := span.First + athar.Day(7*math.Round(float64(b)*weeks/float64(k))) - 1
		if b == k {
			last = span.Last
		}
		s.Blocks = append(s.Blocks, athar.Span{First: from, Last: last})
		from = last + 1
	}
}
