package brief

import (
	"html/template"
	"slices"

	"athar"
	"athar/brief/figure"
)

// WindowFigure is the forest of the comparisons that a study declares.
type WindowFigure struct {
	Forest
	Opposite template.HTML   // which headlines the same data give; "" where they agree
	Doubts   []template.HTML // by row
}

// Windows compares the declared windows of campaign i; nil if there is none.
func (p *page) Windows(i int) *WindowFigure {
	list := p.Campaigns[i].Windows
	if len(list) == 0 {
		return nil
	}
	var values []float64
	for _, w := range list {
		values = append(values, float64(w.RR), float64(w.Low), float64(w.High))
	}
	l, scale := p.Lang, figure.RatioScale(16, values...)
	bandLow, bandHigh := p.band()
	out := &WindowFigure{Forest: Forest{ID: p.CampaignAnchor(i) + "-windows", Axis: p.axis(scale), Band: known(athar.Num(bandLow)),
		Table: Table{Head: p.head("name", "pre", "events", "post", "observed", "ratio", "interval", "p", "word", "reason")}}}
	var words []string
	directions := false
	for _, w := range list {
		row := ForestRow{Name: l.Name(w.Name), Verdict: w.Verdict, Detail: p.plain("windows.counts", "after", w.EventsAfter, "periods-after", w.PeriodsAfter,
			"before", w.EventsBefore, "periods-before", w.PeriodsBefore)}
		reason := ""
		if len(w.Doubts) > 0 {
			reason = p.reasons(w.Doubts).String()
		}
		if w.Refusal != nil {
			row.Refused, reason = p.refusal(w.Refusal).HTML(), p.refusal(w.Refusal).String()
		} else {
			row.Ratio = p.ratio(w.RR, w.Low, w.High)
			track := figure.Track{Scale: scale, Ticks: scale.Ticks(), BandLow: bandLow, BandHigh: bandHigh, MDELow: nan, MDEHigh: nan, Height: 30,
				Marks: []figure.Interval{{RR: float64(w.RR), Low: float64(w.Low), High: float64(w.High), AdjLow: nan, AdjHigh: nan,
					Class: class(w.Verdict), Title: p.tip(row.Name, w.RR, w.Low, w.High)}}}
			row.SVG = track.SVG()
			directions = directions || class(w.Verdict) != "plain"
			if word := p.verdict(w.Verdict); !slices.Contains(words, word) {
				words = append(words, word)
			}
		}
		if len(w.Doubts) > 0 {
			out.Doubts = append(out.Doubts, p.t("windows.doubt", "name", row.Name, "doubts", p.reasons(w.Doubts)))
		}
		out.Rows = append(out.Rows, row)
		out.Table.Rows = append(out.Table.Rows, []string{row.Name, l.Span(w.Before), l.Number(w.EventsBefore), l.Span(w.After), l.Number(w.EventsAfter),
			l.Ratio(w.RR), p.between(w.Low, w.High), l.P(w.P), p.verdict(w.Verdict), reason})
	}
	if directions && len(words) > 1 {
		out.Opposite = p.t("windows.opposite", "list", words)
	}
	return out
}
