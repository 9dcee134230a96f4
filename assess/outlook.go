package assess

import (
	"math"
	"slices"

	"athar"
	"athar/outlook"
	"athar/panel"
	"athar/study"
)

// outlooks asks what the next months would look like, for the whole study,
// every country in it and every governorate that had events. Nothing smaller is
// ever foretold.
func outlooks(s *study.Study, in *inputs) []athar.Outlook {
	unit := func(id, kind string, name athar.Names) outlook.Series {
		return outlook.Series{ID: id, Unit: kind, Name: name}
	}
	all := []outlook.Series{unit("all", "all", s.Group.Name)}
	at := map[string][]int{} // by area code
	index := map[string]int{}
	add := func(code, id, kind string, name athar.Names) {
		k, ok := index[id]
		if !ok {
			k = len(all)
			index[id] = k
			all = append(all, unit(id, kind, name))
		}
		at[code] = append(at[code], k)
	}
	if in.set != nil {
		for _, a := range in.areas {
			if a.Country != "" {
				add(a.Code, "country/"+a.Country, "country", athar.Names{En: a.Country})
			}
		}
		for _, a := range in.areas {
			if a.Parent.En != "" {
				add(a.Code, "governorate/"+a.Country+"/"+a.Parent.En, "governorate", a.Parent)
			}
		}
	}
	months, days := wholeMonths(in.span, in.coverage)
	first := func(d athar.Day) int {
		return slices.IndexFunc(months, func(m athar.Span) bool { return m.Has(d) })
	}
	share := make([]float64, len(months))
	for t, m := range months {
		busy := 0
		for d := m.First; d <= m.Last; d++ {
			if slices.ContainsFunc(s.Campaigns, func(c study.Campaign) bool { return d >= c.Start.Mid() && d <= c.End.Mid() }) {
				busy++
			}
		}
		share[t] = float64(busy) / float64(m.Days())
	}
	for k := range all {
		all[k].Months, all[k].Count, all[k].Campaign = months, make([]float64, len(months)), share
		for t, n := range days {
			if n < months[t].Days() {
				all[k].Count[t] = math.NaN()
			}
		}
	}
	for _, r := range in.rows {
		t := first(r.when.Mid())
		if t < 0 || 2*r.when.Overlap(months[t]) < r.when.Days() {
			continue
		}
		for _, k := range append([]int{0}, at[r.area]...) {
			all[k].Count[t] += float64(r.n)
		}
	}
	all = slices.DeleteFunc(all, func(x outlook.Series) bool {
		if x.Unit != "governorate" {
			return false
		}
		sum := 0.0
		for _, n := range x.Count {
			if !math.IsNaN(n) {
				sum += n
			}
		}
		return sum == 0
	})
	return outlook.Assess(all, outlook.Options{Seed: s.Choices.Seed, Draws: 500})
}

// wholeMonths are the calendar months that lie wholly in the data, with the
// days of each that are covered.
func wholeMonths(span athar.Span, coverage []athar.Span) (months []athar.Span, days []int) {
	for _, m := range panel.PeriodsOf(span, panel.Month) {
		if m.First < span.First || m.Last > span.Last {
			continue
		}
		n := 0
		for d := m.First; d <= m.Last; d++ {
			if slices.ContainsFunc(coverage, func(c athar.Span) bool { return c.Has(d) }) {
				n++
			}
		}
		months, days = append(months, m), append(days, n)
	}
	return months, days
}
