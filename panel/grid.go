// Package panel arranges events and counts as the outcome matrix that methods
// work on, and says where every area and every period stands towards a
// campaign.
//
// The package thinks that the arrangement is where an analysis is won or lost:
// a period that nobody monitored is not a zero, an event whose date is coarser
// than the period belongs nowhere, a far district that lies in another
// campaign's footprint is no control, and a day on which sources disagree is
// neither before nor during. All of that is settled here, by rules that look
// only at dates, places and the counts before a campaign, and never at an
// estimate. Nothing here is statistics.
package panel

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"athar"
)

// Unit is the length of a period.
type Unit string

// The units. Weeks begin on Monday.
const (
	Month Unit = "month"
	Week  Unit = "week"
)

// PeriodsOf returns the periods of the given unit that touch s.
func PeriodsOf(s athar.Span, unit Unit) []athar.Span {
	var out []athar.Span
	switch unit {
	case Week:
		// 1970-01-01 was a Thursday; Monday-based weekday of day d is (d+3) mod 7.
		first := s.First - athar.Day(mod(int(s.First)+3, 7))
		for d := first; d <= s.Last; d += 7 {
			out = append(out, athar.Span{First: d, Last: d + 6})
		}
	default:
		t := s.First.Time()
		for y, m := t.Year(), t.Month(); ; m++ {
			f := athar.Date(y, m, 1)
			if f > s.Last {
				return out
			}
			out = append(out, athar.Span{First: f, Last: athar.Date(y, m+1, 1) - 1})
		}
	}
	return out
}

func mod(a, b int) int { return ((a % b) + b) % b }

// AddMonths moves d by n months, keeping to the last day of a shorter month.
func AddMonths(d athar.Day, n int) athar.Day {
	t := d.Time()
	first := athar.Date(t.Year(), t.Month()+time.Month(n), 1)
	last := athar.Date(t.Year(), t.Month()+time.Month(n)+1, 1) - 1
	return min(first+athar.Day(t.Day()-1), last)
}

// Grid is the whole study as counts by area and period, before any campaign
// is looked at.
type Grid struct {
	Unit    Unit
	Areas   []athar.Area // sorted by code
	Periods []athar.Span
	Days    []float64 // monitored days of each period
	N       []int     // row-major, area by period
	unknown []bool    // cells whose count nobody published
	index   map[string]int
	daily   *athar.Daily

	// Unplaced counts what could not be put into a cell, by reason.
	Unplaced map[string]int
}

// Reasons for which an event or a count row is in no cell.
const (
	NoArea     = "no-area"     // no place, or a place outside all areas
	CoarseDate = "coarse-date" // no period holds half of its date interval
	Uncovered  = "uncovered"   // dated outside what the study says was monitored
)

// NewGrid makes an empty grid over the days that coverage spans. Areas must
// have distinct codes.
func NewGrid(areas []athar.Area, unit Unit, coverage []athar.Span) (*Grid, error) {
	if len(areas) == 0 || len(coverage) == 0 {
		return nil, fmt.Errorf("a panel needs at least one area and one covered day")
	}
	g := &Grid{Unit: unit, Areas: slices.Clone(areas), index: map[string]int{}, Unplaced: map[string]int{}}
	slices.SortFunc(g.Areas, func(a, b athar.Area) int {
		if a.Code < b.Code {
			return -1
		}
		return 1
	})
	for i, a := range g.Areas {
		if _, twice := g.index[a.Code]; twice {
			return nil, fmt.Errorf("area code %q is used twice", a.Code)
		}
		g.index[a.Code] = i
	}
	all := coverage[0]
	for _, c := range coverage {
		all = athar.Span{First: min(all.First, c.First), Last: max(all.Last, c.Last)}
	}
	g.Periods = PeriodsOf(all, unit)
	g.Days = make([]float64, len(g.Periods))
	merged := Merge(coverage)
	for t, p := range g.Periods {
		for _, c := range merged {
			g.Days[t] += float64(p.Overlap(c))
		}
	}
	g.N = make([]int, len(g.Areas)*len(g.Periods))
	g.unknown = make([]bool, len(g.N))
	return g, nil
}

// Merge joins overlapping and touching spans and sorts them.
func Merge(spans []athar.Span) []athar.Span {
	s := slices.Clone(spans)
	slices.SortFunc(s, func(a, b athar.Span) int { return int(a.First) - int(b.First) })
	var out []athar.Span
	for _, x := range s {
		if n := len(out); n > 0 && x.First <= out[n-1].Last+1 {
			out[n-1].Last = max(out[n-1].Last, x.Last)
			continue
		}
		out = append(out, x)
	}
	return out
}

// Area returns the index of an area code.
func (g *Grid) Area(code string) (int, bool) { i, ok := g.index[code]; return i, ok }

// Add puts n events of an area and a date interval into the period that holds
// at least half of the interval's days. It reports whether they found a cell;
// if not they are counted in Unplaced.
func (g *Grid) Add(area string, when athar.Span, n int) bool {
	i, ok := g.index[area]
	if !ok {
		g.Unplaced[NoArea] += n
		return false
	}
	t, ok := g.period(when)
	switch {
	case !ok:
		g.Unplaced[CoarseDate] += n
		return false
	case t < 0 || g.Days[t] == 0:
		g.Unplaced[Uncovered] += n
		return false
	}
	g.N[i*len(g.Periods)+t] += n
	return true
}

// Date keeps, beside the counts by period, by what day events of an area are known.
// Days that no period holds are of no panel and are left out.
func (g *Grid) Date(area string, when athar.Span, n int) {
	i, ok := g.index[area]
	if t, held := g.period(when); !ok || n == 0 || held && t < 0 {
		return
	}
	if g.daily == nil {
		g.daily = &athar.Daily{}
	}
	g.daily.Rows = append(g.daily.Rows, athar.DatedCount{Area: i, When: when, N: n})
}

// Dated closes the record by day: one row for an area and a span, in one order whatever
// the order in which they came.
func (g *Grid) Dated() {
	if g.daily == nil {
		return
	}
	rows := g.daily.Rows
	order := func(a, b athar.DatedCount) int {
		return cmp.Or(cmp.Compare(a.Area, b.Area), cmp.Compare(a.When.First, b.When.First), cmp.Compare(a.When.Last, b.When.Last))
	}
	slices.SortFunc(rows, order)
	days, kept := map[int]int{}, rows[:0]
	for _, r := range rows {
		days[r.When.Days()] += r.N
		if n := len(kept); n > 0 && order(kept[n-1], r) == 0 {
			kept[n-1].N += r.N
		} else {
			kept = append(kept, r)
		}
	}
	g.daily.Rows, g.daily.Grain = kept, Grain(days)
}

// Grain is the number of days to which half of the events or more are known, of numbers of
// events by the days that their dates span; 1 without events.
func Grain(events map[int]int) int {
	total, seen := 0, 0
	for _, n := range events {
		total += n
	}
	for _, d := range slices.Sorted(maps.Keys(events)) {
		if seen += events[d]; 2*seen >= total {
			return d
		}
	}
	return 1
}

// Unknown marks every cell of an area that overlaps a span as not published:
// its count is missing, not zero.
func (g *Grid) Unknown(area string, when athar.Span) {
	i, ok := g.index[area]
	if !ok {
		return
	}
	for t, p := range g.Periods {
		if p.Overlap(when) > 0 {
			g.unknown[i*len(g.Periods)+t] = true
		}
	}
}

// Unwatched marks every cell of an area that overlaps a span as not known, like
// Unknown; events in it are moved to Unplaced.
func (g *Grid) Unwatched(area string, when athar.Span) {
	g.Unknown(area, when)
	i, ok := g.index[area]
	if !ok {
		return
	}
	for t, p := range g.Periods {
		if k := i*len(g.Periods) + t; p.Overlap(when) > 0 && g.N[k] > 0 {
			g.Unplaced[Uncovered] += g.N[k]
			g.N[k] = 0
		}
	}
}

// Known reports whether the count of area i in period t was monitored and
// published.
func (g *Grid) Known(i, t int) bool { return g.Monitored(t) && !g.unknown[i*len(g.Periods)+t] }

// period finds the period that holds at least half of when; -1 if when lies
// outside the grid.
func (g *Grid) period(when athar.Span) (int, bool) {
	mid := when.Mid()
	t, _ := slices.BinarySearchFunc(g.Periods, mid, func(p athar.Span, d athar.Day) int {
		switch {
		case p.Last < d:
			return -1
		case p.First > d:
			return 1
		}
		return 0
	})
	if t >= len(g.Periods) || !g.Periods[t].Has(mid) {
		return -1, true
	}
	if 2*g.Periods[t].Overlap(when) < when.Days() {
		return 0, false
	}
	return t, true
}

// Total is the number of events in all cells.
func (g *Grid) Total() int {
	s := 0
	for _, n := range g.N {
		s += n
	}
	return s
}

// Series sums the given areas by period; NaN where the count of any of them is
// not known.
func (g *Grid) Series(areas []int) []float64 {
	out := make([]float64, len(g.Periods))
	for _, i := range areas {
		for t := range out {
			out[t] += float64(g.N[i*len(g.Periods)+t])
			if !g.Known(i, t) {
				out[t] = math.NaN()
			}
		}
	}
	return out
}

// Monitored reports whether at least half of period t was covered. Periods
// with less are not used: their few days would weigh as much as a whole one in
// an average and are the likeliest to be incomplete.
func (g *Grid) Monitored(t int) bool { return 2*g.Days[t] >= float64(g.Periods[t].Days()) }
