package assess

import (
	"math"
	"slices"

	"athar"
	"athar/calendar"
	"athar/effect/rateratio"
	"athar/panel"
	"athar/study"
	"athar/verdict"
)

// windows reads the events of a campaign's area through every window that the
// study declares (METHODS.md A12): exact ratios of counts a period, each with
// the headline that it would give by itself and with what makes it doubtful.
// The guard fires where the same events give more than one headline. It decides
// no finding: a window chosen after the counts were seen has no valid p value.
func windows(c study.Campaign, in *inputs, g *panel.Grid, smallest float64) ([]athar.WindowResult, []athar.Guard) {
	if len(c.Windows) == 0 {
		return nil, nil
	}
	w := windowWork{g: g, count: g.Series(in.footprint(c, g)), calendar: in.study.Choices.Calendar}
	out := make([]athar.WindowResult, len(c.Windows))
	for i, x := range c.Windows {
		out[i] = w.one(x, smallest)
	}
	return out, []athar.Guard{w.guard(out, c.Start.First)}
}

// footprint are the campaign's areas in the grid.
func (in *inputs) footprint(c study.Campaign, g *panel.Grid) (areas []int) {
	if in.set == nil {
		return []int{0}
	}
	for _, code := range c.Footprint.Codes {
		if k, ok := g.Area(code); ok {
			areas = append(areas, k)
		}
	}
	return areas
}

type windowWork struct {
	g     *panel.Grid
	count []float64 // events of the footprint by period; NaN: not known
	// calendar holds waves of attacks that the group announced, among others.
	calendar []study.CalendarEntry
}

// known are the whole periods within a span whose count is known.
func (w *windowWork) known(s athar.Span) (periods []int) {
	for t, p := range w.g.Periods {
		if s.Has(p.First) && s.Has(p.Last) && !math.IsNaN(w.count[t]) {
			periods = append(periods, t)
		}
	}
	return periods
}

// cell sums periods; a period that was monitored in part counts as that part.
func (w *windowWork) cell(periods []int) (c rateratio.Cell) {
	for _, t := range periods {
		c.Events += w.count[t]
		c.Exposure += w.g.Days[t] / float64(w.g.Periods[t].Days())
	}
	return c
}

// ramadan is the share of Ramadan in the days of some periods.
func (w *windowWork) ramadan(periods []int) float64 {
	holy, days := 0, 0
	for _, t := range periods {
		holy += calendar.RamadanDays(w.g.Periods[t])
		days += w.g.Periods[t].Days()
	}
	return float64(holy) / max(1, float64(days))
}

// share is the share of a span in the days of some periods.
func (w *windowWork) share(s athar.Span, periods []int) float64 {
	in, days := 0, 0
	for _, t := range periods {
		in += w.g.Periods[t].Overlap(s)
		days += w.g.Periods[t].Days()
	}
	return float64(in) / max(1, float64(days))
}

func (w *windowWork) one(x athar.Window, smallest float64) athar.WindowResult {
	before, after := w.known(x.Before), w.known(x.After)
	b, a := w.cell(before), w.cell(after)
	e := rateratio.Compare(b, a, rateratio.Options{Periods: len(after)})
	out := athar.WindowResult{Window: x, EventsBefore: athar.Num(b.Events), EventsAfter: athar.Num(a.Events), PeriodsBefore: len(before), PeriodsAfter: len(after),
		RR: e.RR, Low: e.Low, High: e.High, P: e.P, Verdict: athar.CannotTell, Doubts: []athar.Note{}, Refusal: e.Refusal}
	if e.Refusal != nil {
		return out
	}
	out.Verdict = verdict.Word(float64(e.Low), float64(e.High), smallest)
	if was, is := w.ramadan(before), w.ramadan(after); math.Abs(was-is) >= ramadanShare {
		out.Doubts = append(out.Doubts, athar.NewNote("window-ramadan", "before", athar.Num(was), "after", athar.Num(is)))
	}
	for _, d := range w.calendar {
		if was, is := w.share(d.When, before), w.share(d.When, after); d.Wave && math.Abs(was-is) >= ramadanShare {
			out.Doubts = append(out.Doubts, athar.NewNote("window-wave", "name", d.Name, "before", athar.Num(was), "after", athar.Num(is)))
		}
	}
	// The before of the window against the rest of what was before: its months
	// may have been chosen, or remembered, because they were unusual.
	var rest []int
	for t, p := range w.g.Periods {
		if p.Last < x.After.First && !math.IsNaN(w.count[t]) && !slices.Contains(before, t) && w.ramadan([]int{t}) < ramadanShare {
			rest = append(rest, t)
		}
	}
	r := w.cell(rest)
	if other := rateratio.Compare(r, b, rateratio.Options{}); other.Refusal == nil {
		was, is := athar.Num(b.Events/b.Exposure), athar.Num(r.Events/r.Exposure)
		switch {
		case other.Low > 1:
			out.Doubts = append(out.Doubts, athar.NewNote("window-surge", "before", was, "rest", is, "n", len(rest)))
		case other.High < 1:
			out.Doubts = append(out.Doubts, athar.NewNote("window-trough", "before", was, "rest", is, "n", len(rest)))
		}
	}
	return out
}

// guard fires where windows give different headlines and one of them is a
// direction.
func (w *windowWork) guard(list []athar.WindowResult, start athar.Day) athar.Guard {
	g := athar.Guard{Code: "windows", Status: athar.Quiet}
	words := map[athar.Verdict]int{}
	n := 0
	for _, r := range list {
		if r.Refusal == nil {
			words[r.Verdict]++
			n++
		}
	}
	falls, rises := words[athar.Decline], words[athar.Escalation]
	var past []float64
	for t, p := range w.g.Periods {
		if p.Last < start && !math.IsNaN(w.count[t]) {
			past = append(past, w.count[t])
		}
	}
	phi := variance(past)
	switch {
	case n < 2:
		g.Status = athar.Blind
		g.Says = athar.NewNote("guard-windows-blind", "n", n)
	case len(words) == 1 || falls+rises == 0:
		g.Says = athar.NewNote("guard-windows-quiet", "n", n)
	case phi > 1:
		g.Status = athar.Fired
		g.Says = athar.NewNote("guard-windows-dispersed", "n", n, "falls", falls, "rises", rises, "neither", n-falls-rises, "phi", athar.Num(phi), "periods", len(past))
	default:
		g.Status = athar.Fired
		g.Says = athar.NewNote("guard-windows", "n", n, "falls", falls, "rises", rises, "neither", n-falls-rises)
	}
	return g
}
