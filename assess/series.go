package assess

import (
	"fmt"
	"math"

	"athar"
	"athar/calendar"
	"athar/effect/rateratio"
	"athar/panel"
	"athar/stat"
	"athar/verdict"
)

// SeriesInput is a bare monthly series as a local monitor types it.
type SeriesInput struct {
	From     athar.Day // a day of the first month
	Values   []float64 // one a month; NaN: not published
	Campaign athar.Day // a day of the month in which the campaign began
	Smallest float64   // smallest effect of interest, above 1
}

// SeriesAnswer is what twelve numbers can say.
type SeriesAnswer struct {
	Says    []athar.Note // the answer, sentence by sentence
	Windows []athar.Note // the same series through other windows
}

// Base months of the fair comparison: the last three published months before
// the campaign that Ramadan does not touch.
const (
	baseMonths   = 3
	ramadanShare = 0.25 // of a month's days
)

// AnswerSeries compares the campaign's first month with the month before it, as
// a press release would, says what is special about that month, and compares
// with the last quiet months instead. Ratios are exact (METHODS.md A12), of
// counts per month.
func AnswerSeries(in SeriesInput) (*SeriesAnswer, error) {
	months := panel.PeriodsOf(athar.Span{First: in.From, Last: panel.AddMonths(in.From, len(in.Values)-1)}, panel.Month)
	at := -1
	for t, m := range months {
		if m.Has(in.Campaign) {
			at = t
		}
	}
	switch {
	case at < 0:
		return nil, fmt.Errorf("the campaign's month %s lies outside the series (%s to %s)", month(in.Campaign), month(months[0].First), month(months[len(months)-1].First))
	case math.IsNaN(in.Values[at]):
		return nil, fmt.Errorf("no number is given for %s, the campaign's first month", month(in.Campaign))
	}
	last := at - 1
	for last >= 0 && math.IsNaN(in.Values[last]) {
		last--
	}
	if last < 0 {
		return nil, fmt.Errorf("no number is given for any month before %s; give at least one", month(in.Campaign))
	}
	ramadan := func(t int) float64 {
		return float64(calendar.RamadanDays(months[t])) / float64(months[t].Days())
	}
	var base []int // latest first
	for t := at - 1; t >= 0 && len(base) < baseMonths; t-- {
		if !math.IsNaN(in.Values[t]) && ramadan(t) < ramadanShare {
			base = append(base, t)
		}
	}
	compare := func(after, before []int) (athar.Effect, athar.Verdict) {
		cell := func(ts []int) (c rateratio.Cell) {
			for _, t := range ts {
				c.Events += in.Values[t]
				c.Exposure++
			}
			return c
		}
		e := rateratio.Compare(cell(before), cell(after), rateratio.Options{Periods: len(after)})
		return e, verdict.Word(float64(e.Low), float64(e.High), in.Smallest)
	}
	span := func(ts []int) athar.Span { // ts latest first
		return athar.Span{First: months[ts[len(ts)-1]].First, Last: months[ts[0]].Last}
	}
	sum := func(ts []int) (s int) {
		for _, t := range ts {
			s += int(in.Values[t])
		}
		return s
	}
	args := func(e athar.Effect, v athar.Verdict, after, before []int) map[string]any {
		return map[string]any{"after": span(after), "before": span(before), "n": sum(after), "base": sum(before),
			"months": len(before), "months_after": len(after), "rr": e.RR, "low": e.Low, "high": e.High, "p": e.P, "word": string(v)}
	}

	a := &SeriesAnswer{}
	now, previous := []int{at}, []int{last}
	e, v := compare(now, previous)
	code := map[athar.Verdict]string{athar.Decline: "series-fall", athar.Escalation: "series-rise"}[v]
	if code == "" {
		code = "series-neither"
	}
	a.Says = append(a.Says, athar.Note{Code: code, Args: args(e, v, now, previous)})
	add := func(after, before []int) {
		e, v := compare(after, before)
		a.Windows = append(a.Windows, athar.Note{Code: "series-window", Args: args(e, v, after, before)})
	}
	add(now, previous)

	fair := base
	surge := false
	if len(base) > 0 {
		s, _ := compare(previous, base)
		surge = s.Low > 1
	}
	isRamadan := ramadan(last) >= ramadanShare
	special := map[string]any{"month": months[last].First, "n": int(in.Values[last]), "days": calendar.RamadanDays(months[last])}
	switch {
	case isRamadan && surge:
		a.Says = append(a.Says, athar.Note{Code: "series-but-ramadan-surge", Args: special})
	case isRamadan:
		a.Says = append(a.Says, athar.Note{Code: "series-but-ramadan", Args: special})
	case surge:
		// The month itself is the surge: the fair base leaves it out.
		a.Says = append(a.Says, athar.Note{Code: "series-but-surge", Args: special})
		fair = base[1:]
	}
	if len(fair) == 0 || len(fair) == 1 && fair[0] == last {
		a.Says = append(a.Says, athar.Note{Code: "series-no-base", Args: nil})
		fair = previous
	} else {
		e, v = compare(now, fair)
		a.Says = append(a.Says, athar.Note{Code: "series-fair", Args: args(e, v, now, fair)})
		add(now, fair)
	}
	var since []int
	for t := len(months) - 1; t >= at; t-- {
		if !math.IsNaN(in.Values[t]) {
			since = append(since, t)
		}
	}
	if len(since) > 1 {
		two := since[len(since)-2:]
		add(two, fair)
		if len(since) > 2 {
			add(since, fair)
			add(since[:1], fair)
		}
	}

	smallest := func(phi float64) (fall, rise float64) {
		events := float64(sum(fair))
		return stat.MDE(stat.RatioSE(phi, events, events/float64(len(fair))), math.Inf(1))
	}
	low, high := smallest(1)
	mde := map[string]any{"low": athar.Num(low), "high": athar.Num(high)}
	var before []float64
	for t := range at {
		if !math.IsNaN(in.Values[t]) {
			before = append(before, in.Values[t])
		}
	}
	a.Says = append(a.Says, athar.Note{Code: "series-mde", Args: mde})
	if phi := variance(before); phi > 1 {
		low, high := smallest(phi)
		a.Says = append(a.Says, athar.Note{Code: "series-mde-phi", Args: map[string]any{
			"phi": athar.Num(phi), "low": athar.Num(low), "high": athar.Num(high), "months": len(before)}})
	}
	a.Says = append(a.Says, athar.Note{Code: "series-no-control"})
	return a, nil
}

// variance is the variance of counts over their mean; 1 for fewer than three.
func variance(x []float64) float64 {
	if len(x) < 3 {
		return 1
	}
	m, v := 0.0, 0.0
	for _, c := range x {
		m += c / float64(len(x))
	}
	for _, c := range x {
		v += (c - m) * (c - m)
	}
	if m == 0 {
		return 1
	}
	return v / float64(len(x)-1) / m
}

func month(d athar.Day) string { return d.String()[:7] }
