package brief

import (
	"html/template"
	"slices"
	"strconv"
	"time"

	"athar"
	"athar/brief/figure"
)

// SeriesPanel is one drawn series with its table.
type SeriesPanel struct {
	ID       string
	Title    string
	Class    string
	SVG      template.HTML
	Modelled bool // some period has an expected count
	Banded   bool // some expected count has a band
	Gap      bool // some period has no count
	Table
}

// timeAxis maps days to shares of the periods' span.
type timeAxis struct{ first, days float64 }

func newTimeAxis(periods []athar.Period) timeAxis {
	if len(periods) == 0 {
		return timeAxis{0, 1}
	}
	first, last := periods[0].First, periods[0].Last
	for _, q := range periods {
		first, last = min(first, q.First), max(last, q.Last)
	}
	return timeAxis{float64(first), max(float64(last-first)+1, 1)}
}

func (a timeAxis) at(d athar.Day) float64 { return min(max((float64(d)-a.first)/a.days, 0), 1) }

// ticks are the years, halves or quarters that start in the span.
func (p *page) timeTicks(a timeAxis, small bool) []figure.Tick {
	step := 3
	switch months := a.days / 30.44; {
	case months > 72 || small && months > 14:
		step = 12
	case months > 30 || small:
		step = 6
	case months <= 10:
		step = 1
	}
	var out []figure.Tick
	t := athar.Day(a.first).Time()
	for y := t.Year(); ; y++ {
		for m := 1; m <= 12; m += step {
			d := athar.Date(y, time.Month(m), 1)
			if float64(d) < a.first {
				continue
			}
			if float64(d) >= a.first+a.days {
				return out
			}
			at := a.at(d)
			label := p.Lang.Ordinal(y)
			if step < 12 {
				label = p.Lang.Word("month-short", strconv.Itoa(m)) + " " + label
			}
			if at > 0.97 {
				label = ""
			}
			out = append(out, figure.Tick{At: at, Label: label, Minor: m != 1 && !(step <= 3 && m == 7)})
		}
	}
}

// windows are the stretch in which a campaign surely ran, and the stretches
// about which its sources disagree.
func windows(a timeAxis, c athar.CampaignInfo) []figure.Window {
	w := func(first, last athar.Day, class string) figure.Window {
		return figure.Window{From: a.at(first), To: a.at(last + 1), Class: class}
	}
	var out []figure.Window
	if c.Start.First < c.Start.Last {
		out = append(out, w(c.Start.First, c.Start.Last-1, "unsure"))
	}
	if c.Start.Last <= c.End.First {
		out = append(out, w(c.Start.Last, c.End.First, "sure"))
	}
	if c.End.First < c.End.Last {
		out = append(out, w(c.End.First+1, c.End.Last, "unsure"))
	}
	return slices.DeleteFunc(out, func(w figure.Window) bool { return w.To <= w.From })
}

// series draws one role's series; small is the size of the rings' panels.
func (p *page) series(id, title string, periods []athar.Period, s athar.RoleSeries, class string, shaded []figure.Window, small bool) SeriesPanel {
	axis := newTimeAxis(periods)
	height := 220.0
	if small {
		height = 96
	}
	out := SeriesPanel{ID: id, Title: title, Class: class, Table: Table{Head: p.head("period", "phase", "observed", "expected", "band")}}
	get := func(list []athar.Num, i int) athar.Num {
		if i < len(list) {
			return list[i]
		}
		return athar.Num(nan)
	}
	fig := figure.Series{Height: height, Role: class, Ticks: p.timeTicks(axis, small), Windows: shaded, Title: title,
		Number: func(v float64) string { return p.Lang.Number(athar.Num(v)) }}
	for i, q := range periods {
		o, e, lo, hi := get(s.Observed, i), get(s.Expected, i), get(s.Low, i), get(s.High, i)
		gap := q.Days == 0 || !known(o)
		says := p.plain("series.tip", "period", p.Lang.Span(q.Span), "observed", o, "expected", e, "low", lo, "high", hi)
		if !known(lo) || !known(hi) {
			says = p.plain("series.tip-plain", "period", p.Lang.Span(q.Span), "observed", o, "expected", e)
		}
		if small {
			says = "" // the table has it
		}
		fig.Columns = append(fig.Columns, figure.Column{From: axis.at(q.First), To: axis.at(q.Last + 1), Observed: float64(o), Expected: float64(e),
			Low: float64(lo), High: float64(hi), Class: "ph-" + slug(string(q.Phase)), WashIn: q.Phase == athar.WashIn, Gap: gap, Ramadan: q.Ramadan, Title: says})
		out.Modelled = out.Modelled || known(e)
		out.Banded = out.Banded || known(lo) && known(hi)
		phase := p.Lang.Word("word", string(q.Phase))
		if gap {
			phase = p.plain("series.gap")
			o = athar.Num(nan)
			out.Gap = true
		}
		out.Table.Rows = append(out.Table.Rows, []string{p.Lang.Span(q.Span), phase, p.Lang.Number(o), p.Lang.Number(e), p.bounds(lo, hi)})
	}
	fig.Desc = p.plain("series.desc", "title", title, "n", len(periods))
	out.SVG = fig.SVG()
	return out
}

// bounds writes a band; as missing where there is none.
func (p *page) bounds(low, high athar.Num) string {
	if !known(low) && !known(high) {
		return p.Lang.Word("language", "missing")
	}
	return p.plain("series.range", "low", low, "high", high)
}

// InsideSeries is the large series of the footprint; nil if the report has none.
func (p *page) InsideSeries(i int) *SeriesPanel {
	c := p.Campaigns[i]
	for _, s := range c.Series {
		if s.Role == athar.Inside {
			out := p.series(p.CampaignAnchor(i)+"-series", p.plain("series.title-inside", "n", s.Areas), c.Periods, s,
				"r-inside", windows(newTimeAxis(c.Periods), c.Campaign), false)
			out.Table = p.joined(out.Table, c.Periods)
			return &out
		}
	}
	return nil
}

// RingSeries are the small series of the rings and of far, with one table.
type RingSeries struct {
	Panels []SeriesPanel
	Table
}

// RingSeries draws the series of every role but the inside; nil if there is none.
func (p *page) RingSeries(i int) *RingSeries {
	c := p.Campaigns[i]
	out := &RingSeries{}
	for _, s := range c.Series {
		if s.Role == athar.Inside || s.Role == athar.LeftOut {
			continue
		}
		role := p.ringName(s.Role, c.Rings)
		panel := p.series("", p.plain("series.title-role", "role", role, "n", s.Areas), c.Periods, s,
			roleClass(s.Role), windows(newTimeAxis(c.Periods), c.Campaign), true)
		out.Panels = append(out.Panels, panel)
		if out.Head == nil {
			out.Head = slices.Clone(panel.Head[:2])
			for _, row := range panel.Rows {
				out.Rows = append(out.Rows, slices.Clone(row[:2]))
			}
		}
		for _, h := range panel.Head[2:] {
			out.Head = append(out.Head, role+": "+h)
		}
		for t, row := range panel.Rows {
			out.Rows[t] = append(out.Rows[t], row[2:]...)
		}
	}
	if out.Panels == nil {
		return nil
	}
	out.Table = p.joined(out.Table, c.Periods)
	return out
}

// joined writes neighbouring periods without any number as one row of a series' table.
func (p *page) joined(t Table, periods []athar.Period) Table {
	missing := p.Lang.Word("language", "missing")
	out := Table{Head: t.Head}
	for i := 0; i < len(t.Rows); {
		row, j := t.Rows[i], i+1
		if !slices.ContainsFunc(row[2:], func(s string) bool { return s != missing }) {
			for j < len(t.Rows) && slices.Equal(t.Rows[j][1:], row[1:]) {
				j++
			}
			row = append([]string{p.Lang.Span(athar.Span{First: periods[i].First, Last: periods[j-1].Last})}, row[1:]...)
		}
		out.Rows = append(out.Rows, row)
		i = j
	}
	return out
}

// TotalSeries is the series of a total.
func (p *page) TotalSeries(i int) SeriesPanel {
	t := p.Totals[i]
	axis := newTimeAxis(t.Periods)
	var shaded []figure.Window
	for _, q := range t.Periods {
		if q.Phase != athar.During && q.Phase != athar.Post {
			continue
		}
		if shaded == nil {
			shaded = []figure.Window{{From: axis.at(q.First), Class: "sure"}}
		}
		shaded[0].To = axis.at(q.Last + 1)
	}
	out := p.series(p.TotalAnchor(i)+"-series", p.plain("series.title-total", "name", t.Name, "n", t.Series.Areas), t.Periods, t.Series,
		"r-total", shaded, false)
	out.Table = p.joined(out.Table, t.Periods)
	return out
}

// Has reports what a figure's legend must explain.
type Has struct{ WashIn, Ramadan bool }

// LegendOf looks at the periods of a series.
func (p *page) LegendOf(periods []athar.Period) (h Has) {
	for _, q := range periods {
		h.WashIn = h.WashIn || q.Phase == athar.WashIn
		h.Ramadan = h.Ramadan || q.Ramadan > 0
	}
	return h
}

// Unsure reports whether sources disagree about a campaign's dates.
func (p *page) Unsure(c athar.CampaignInfo) bool {
	return c.Start.First != c.Start.Last || c.End.First != c.End.Last
}

// CampaignAnchor is the element id of campaign i.
func (p *page) CampaignAnchor(i int) string { return "campaign-" + strconv.Itoa(i+1) }

// TotalAnchor is the element id of total i.
func (p *page) TotalAnchor(i int) string { return "total-" + strconv.Itoa(i+1) }
