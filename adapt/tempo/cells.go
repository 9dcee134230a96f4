package tempo

import (
	"slices"
	"strings"

	"athar"
)

// Cells cuts the two stretches of a pattern into cells of one kind: whole weeks
// counted from the campaign's first day, forwards and backwards, where days or
// weeks are known; calendar months where months are known, a month belonging to
// the stretch that its middle lies in; spans of the pattern's grain otherwise.
// Days that fill no whole week are left out.
func Cells(p *athar.Pattern) (before, after []athar.Span) {
	if p.Grain >= 28 && p.Grain <= 31 {
		return months(p.Before), months(p.After)
	}
	n := athar.Day(max(7, p.Grain))
	for d := p.Before.Last; d-n+1 >= p.Before.First; d -= n {
		before = append(before, athar.Span{First: d - n + 1, Last: d})
	}
	slices.Reverse(before)
	for d := p.After.First; d+n-1 <= p.After.Last; d += n {
		after = append(after, athar.Span{First: d, Last: d + n - 1})
	}
	return before, after
}

func months(s athar.Span) (out []athar.Span) {
	if s.Days() == 0 {
		return nil
	}
	y, m, _ := s.First.Time().Date()
	for {
		c := athar.Span{First: athar.Date(y, m, 1), Last: athar.Date(y, m+1, 1) - 1}
		if c.First > s.Last {
			return out
		}
		if s.Has(c.Mid()) {
			out = append(out, c)
		}
		m++
	}
}

// Season is one kind of days in which activity is expected to differ for
// reasons that no campaign made, as the share of each cell that it covers.
type Season struct {
	Name  athar.Names
	Share []float64
}

// IsRamadan reports whether a span of a pattern's calendar is a Ramadan; all
// years are one season.
func IsRamadan(n athar.Names) bool { return strings.HasPrefix(n.En, "Ramadan") }

// Seasons turns a pattern's calendar into seasons over the cells, in the order
// of their names. Spans of one name are one season; days that two of them share
// count once.
func Seasons(calendar []athar.Dated, cells []athar.Span) []Season {
	key := func(d athar.Dated) string {
		if IsRamadan(d.Name) {
			return "Ramadan"
		}
		return d.Name.En
	}
	sorted := slices.Clone(calendar)
	slices.SortStableFunc(sorted, func(a, b athar.Dated) int {
		if c := strings.Compare(key(a), key(b)); c != 0 {
			return c
		}
		return int(a.When.First - b.When.First)
	})
	var out []Season
	last := ""
	var covered athar.Day // days before it are counted already
	for i, d := range sorted {
		if k := key(d); i == 0 || k != last {
			last, covered = k, d.When.First
			out = append(out, Season{d.Name, make([]float64, len(cells))})
		}
		s := out[len(out)-1].Share
		rest := athar.Span{First: max(covered, d.When.First), Last: d.When.Last}
		if rest.Days() == 0 {
			continue
		}
		covered = rest.Last + 1
		j, _ := slices.BinarySearchFunc(cells, rest.First, func(c athar.Span, t athar.Day) int { return int(c.Last - t) })
		for ; j < len(cells) && cells[j].First <= rest.Last; j++ {
			s[j] += float64(cells[j].Overlap(rest)) / float64(cells[j].Days())
		}
	}
	return out
}

// find is the cell that holds at least half of a span, or -1.
func find(cells []athar.Span, s athar.Span) int {
	mid := s.Mid()
	j, _ := slices.BinarySearchFunc(cells, mid, func(c athar.Span, t athar.Day) int { return int(c.Last - t) })
	if j == len(cells) || !cells[j].Has(mid) || 2*cells[j].Overlap(s) < s.Days() {
		return -1
	}
	return j
}
