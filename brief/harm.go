package brief

import (
	"html/template"
	"slices"

	"athar"
	"athar/brief/figure"
)

// HarmFigure sets differences in harm beside those in events.
type HarmFigure struct {
	ID      string
	Weights []template.HTML // none: harm is deaths
	Unknown template.HTML   // events that count as none
	Source  athar.SourceRef // of the weights; without a title: the study's own
	Axis    template.HTML
	Rows    []HarmRow
	Notes   []athar.Note // of every row
	Table
}

// HarmRow is one question in one phase, counted in events and in harm.
type HarmRow struct {
	Name    string
	Phase   string
	SVG     template.HTML // empty if both were refused
	Answers []HarmAnswer
	Notes   []athar.Note
}

// HarmAnswer is one of the two.
type HarmAnswer struct {
	Counted string
	Says    template.HTML
	Refused template.HTML
}

// Harm is the block of campaign i; nil where the study gives no weights.
func (p *page) Harm(i int) *HarmFigure {
	c := p.Campaigns[i]
	if p.Report.Harm == nil || len(c.Harm) == 0 {
		return nil
	}
	w := p.Report.Harm
	out := &HarmFigure{ID: p.CampaignAnchor(i) + "-harm", Source: w.Source,
		Table: Table{Head: p.head("question", "phase", "counted", "amount", "expected", "difference", "interval", "p", "ratio", "dispersion", "reason")}}
	for _, x := range w.Weights {
		out.Weights = append(out.Weights, p.t("harm.weight", "name", x.Name, "weight", x.Weight, "n", x.Events))
	}
	if w.Unknown > 0 {
		out.Unknown = p.t("harm.unknown-"+w.By, "n", w.Unknown)
	}
	var values []float64
	for _, x := range c.Harm {
		for _, part := range []athar.HarmPart{x.Events, x.Harm} {
			values = append(values, float64(part.RR), float64(part.RRLow), float64(part.RRHigh))
		}
	}
	scale := figure.RatioScale(16, values...)
	out.Axis = p.axis(scale)
	bandLow, bandHigh := p.band()
	for _, x := range c.Harm {
		question := x.Question
		if question == athar.AskMovement {
			question = athar.AskRing // of all rings together
		}
		row := HarmRow{Name: p.Lang.Word("question", string(question)), Phase: p.Lang.Word("word", string(x.Phase))}
		drawn := false
		track := figure.Track{Scale: scale, Ticks: scale.Ticks(), BandLow: bandLow, BandHigh: bandHigh, MDELow: nan, MDEHigh: nan, Height: 46}
		for _, counted := range []struct {
			as   string
			part athar.HarmPart
		}{{p.plain("harm.events"), x.Events}, {p.plain("harm.harm"), x.Harm}} {
			part := counted.part
			row.Notes = append(row.Notes, part.Warnings...)
			a := HarmAnswer{Counted: counted.as}
			mark := figure.Interval{RR: nan, Low: nan, High: nan, AdjLow: nan, AdjHigh: nan}
			why := p.sentences(part.Warnings...)
			cells := []string{row.Name, row.Phase, counted.as}
			if part.Refusal != nil {
				a.Refused, why = p.refusal(part.Refusal).HTML(), p.refused(part.Refusal)
				cells = append(cells, make([]string, 7)...)
			} else {
				n, low, high := p.Lang.Value(part.Difference, "signed"), p.Lang.Value(part.Low, "signed"), p.Lang.Value(part.High, "signed")
				a.Says = p.t("harm.difference", "n", n, "low", low, "high", high, "p", part.P)
				mark = figure.Interval{RR: float64(part.RR), Low: float64(part.RRLow), High: float64(part.RRHigh), AdjLow: nan, AdjHigh: nan, Class: "plain",
					Title: p.tip(p.listed(row.Name, row.Phase, counted.as), part.RR, part.RRLow, part.RRHigh)}
				drawn = true
				cells = append(cells, p.Lang.Number(part.Observed), p.Lang.Number(part.Expected), n, p.plain("figure.range", "low", low, "high", high),
					p.Lang.P(part.P), p.Lang.Ratio(part.RR), p.Lang.Ratio(part.Dispersion))
			}
			track.Marks = append(track.Marks, mark)
			row.Answers = append(row.Answers, a)
			out.Table.add(why, cells...)
		}
		if drawn {
			row.SVG = track.SVG()
		}
		out.Rows = append(out.Rows, row)
	}
	for _, n := range slices.Clone(out.Rows[0].Notes) {
		same := func(m athar.Note) bool { return p.note(m).String() == p.note(n).String() }
		if slices.ContainsFunc(out.Rows, func(r HarmRow) bool { return !slices.ContainsFunc(r.Notes, same) }) {
			continue
		}
		out.Notes = append(out.Notes, n)
		for k := range out.Rows {
			out.Rows[k].Notes = slices.DeleteFunc(out.Rows[k].Notes, same)
		}
	}
	out.Table = p.closed(out.Table)
	return out
}
