package assess

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"athar"
	"athar/effect/its"
	"athar/effect/rateratio"
	"athar/panel"
	"athar/study"
	"athar/verdict"
)

// total answers the question of overall escalation: everything in a country,
// or in a set of areas, since a date, against its own past. There is nothing
// to compare a whole country with, so the two ways of continuing the past (a
// linear trend and none) check each other.
func total(s *study.Study, k int, in *inputs, g *panel.Grid, d panel.Design) athar.TotalReport {
	t := s.Totals[k]
	d.PostMonths, d.WashIn, d.Rings = 0, 0, nil
	sum, series := in.totalSeries(t, g, d)
	r := athar.TotalReport{ID: t.ID, Name: t.Name, Periods: sum.Periods, Series: series,
		Findings: []athar.Finding{}, Effects: []athar.Effect{}, Notes: []athar.Note{}, Guards: []athar.Guard{}}

	o := its.Options{Area: t.ID, Question: athar.AskTotal, Areas: series.Areas, Seed: s.Choices.Seed, Draws: s.Choices.Draws}
	main := its.Estimate(sum, o)
	in2 := verdict.Input{Smallest: s.Choices.SmallestEffect, NoControl: true, Headline: only(main.Effects)}
	r.Effects = append(r.Effects, main.Effects...)
	r.Notes = append(r.Notes, main.Notes...)
	if main.Refusal == nil {
		r.Series.Expected, r.Series.Low, r.Series.High = main.Expected.Expected, main.Expected.Low, main.Expected.High
	}
	o.Draws = -1
	for _, spec := range []string{its.NoTrend, its.NB2, its.Slope} {
		if spec != its.NB2 && withoutTrend(main.Effects) {
			continue
		}
		o.Spec = spec
		e := its.Estimate(sum, o).Effects
		r.Effects = append(r.Effects, e...)
		switch spec {
		case its.NoTrend:
			in2.Voters = append(in2.Voters, e...)
		case its.NB2:
			in2.Witnesses = append(in2.Witnesses, e...)
		}
	}
	for n := 1; n <= 3; n++ {
		for _, spec := range []string{its.Linear, its.NoTrend} {
			o.Spec = spec
			e := its.Estimate(donutSeries(sum, n), o).Effects
			for i := range e {
				e[i].Spec += " " + donutSpec(n)
			}
			in2.Donuts = append(in2.Donuts, e)
			r.Effects = append(r.Effects, e...)
		}
	}
	if e, ok := yearOnYear(in, t, g, series.Areas); ok {
		r.Effects = append(r.Effects, e)
		in2.Witnesses = append(in2.Witnesses, e)
	}
	if main.Refusal != nil {
		in2.Headline = in2.Headline[:0]
		for _, e := range in2.Witnesses {
			if e.Method == "exact" {
				in2.Headline = append(in2.Headline, e)
			}
		}
		in2.Witnesses = nil
	}
	for _, x := range in.besides.compared {
		in2.Compared = append(in2.Compared, x.asked(g.Unit, in2.Headline, func(_ *panel.Grid, spec string) []athar.Effect {
			other, _ := x.in.totalSeries(t, g, d)
			o.Spec = its.Linear
			e := only(its.Estimate(alike(other, sum), o).Effects)
			for i := range e {
				e[i].Spec = spec
			}
			return e
		})...)
	}
	r.Effects = append(r.Effects, in2.Compared...)

	observed := make([]float64, len(series.Observed))
	for i, v := range series.Observed {
		observed[i] = float64(v)
	}
	f := verdict.Facts{Periods: sum.Periods, Inside: observed, Headline: asInside(in2.Headline), Voters: asInside(in2.Voters), Compared: asInside(in2.Compared),
		Start: athar.Span{First: t.From, Last: t.From}, End: athar.Span{First: t.To, Last: t.To}, Calendar: dated(s)}
	for _, dn := range in2.Donuts {
		f.Donuts = append(f.Donuts, asInside(dn))
	}
	in.precision(&f)
	for _, guard := range verdict.Check(f) {
		switch guard.Code {
		case "few-events", "surge", "donut", "calendar", "imprecise", "agreement":
			r.Guards = append(r.Guards, guard)
		case "datasets":
			if len(in2.Compared) > 0 {
				r.Guards = append(r.Guards, guard)
			}
		}
	}
	in2.Guards = r.Guards
	if finding := verdict.Total(in2, t.ID); finding != nil {
		r.Findings = append(r.Findings, *finding)
	}
	r.Adaptation = totalAdaptation(s, t, in, g, sum.Periods)
	return r
}

// alike is s in the periods of like that both know, in their phases.
func alike(s, like its.Series) its.Series {
	out := its.Series{Periods: slices.Clone(like.Periods), Count: make([]float64, len(like.Count))}
	for t := range out.Periods {
		k, ok := slices.BinarySearchFunc(s.Periods, out.Periods[t].First, func(p athar.Period, d athar.Day) int { return cmp.Compare(p.First, d) })
		if !ok {
			out.Periods[t].Days = 0
			continue
		}
		out.Periods[t].Days = min(out.Periods[t].Days, s.Periods[k].Days)
		out.Count[t] = s.Count[k]
	}
	return out
}

// only keeps the effects on the phase from the total's date on.
func only(list []athar.Effect) []athar.Effect {
	var out []athar.Effect
	for _, e := range list {
		if e.Phase == athar.During {
			out = append(out, e)
		}
	}
	return out
}

// asInside lets the guards look at a total as they look at a footprint.
func asInside(list []athar.Effect) []athar.Effect {
	out := slices.Clone(list)
	for i := range out {
		out[i].Question = athar.AskInside
	}
	return out
}

func donutSeries(s its.Series, n int) its.Series {
	s.Periods = slices.Clone(s.Periods)
	for t := len(s.Periods) - 1; t >= 0 && n > 0; t-- {
		if s.Periods[t].Phase == athar.Pre && s.Periods[t].Days > 0 {
			s.Periods[t].Phase = athar.WashIn
			n--
		}
	}
	return s
}

// totalGrid sums the rows of a total by period, those without an area of
// their own included if their country is the total's.
func (in *inputs) totalGrid(t study.Total, g *panel.Grid) *panel.Grid {
	one := []athar.Area{{Code: t.ID}}
	out, err := panel.NewGrid(one, g.Unit, in.coverage)
	if err != nil {
		panic(err) // the study's own grid was made of the same coverage
	}
	for _, r := range in.rows {
		if _, ok := slices.BinarySearch(t.Codes, r.area); ok ||
			r.area == "" && t.Country != "" && strings.EqualFold(r.country, t.Country) ||
			t.Country == "" && len(t.Areas)+len(t.Within) == 0 {
			out.Add(t.ID, r.when, r.n)
		}
	}
	for _, m := range in.missing {
		if _, ok := slices.BinarySearch(t.Codes, m.area); ok {
			out.Unknown(t.ID, m.when)
		}
	}
	return out
}

func (in *inputs) totalSeries(t study.Total, g *panel.Grid, d panel.Design) (its.Series, athar.RoleSeries) {
	site := panel.Site{ID: t.ID, Footprint: []int{0}, Km: []float64{0},
		Start: athar.Span{First: t.From, Last: t.From}, End: athar.Span{First: t.To, Last: t.To}}
	v := in.totalGrid(t, g).ForCampaign(site, nil, d)
	sum, _ := its.Sum(v.Panel, func(athar.PanelArea) bool { return true })
	_, observed := v.RoleSeries(athar.Inside)
	n := len(observed)
	return sum, athar.RoleSeries{Role: athar.Inside, Areas: len(t.Codes), Observed: nums(observed), Expected: nulls(n), Low: nulls(n), High: nulls(n)}
}

// yearOnYear compares the total with the same calendar periods one year
// before: the season cancels, and so does Ramadan but for eleven days.
func yearOnYear(in *inputs, t study.Total, g *panel.Grid, areas int) (athar.Effect, bool) {
	sums := in.totalGrid(t, g)
	s := sums.Series([]int{0})
	add := func(w athar.Span) (c rateratio.Cell, periods int) {
		for i, p := range sums.Periods {
			if 2*p.Overlap(w) >= p.Days() && !math.IsNaN(s[i]) {
				c.Events += s[i]
				c.Exposure += sums.Days[i]
				periods++
			}
		}
		return c, periods
	}
	now := athar.Span{First: t.From, Last: t.To}
	after, n := add(now)
	before, m := add(athar.Span{First: panel.AddMonths(now.First, -12), Last: panel.AddMonths(now.Last, -12)})
	if n == 0 || m < n {
		return athar.Effect{}, false
	}
	e := rateratio.Compare(before, after, rateratio.Options{Area: t.ID, Question: athar.AskTotal, Phase: athar.During, Areas: areas, Periods: n})
	e.Spec = "year-on-year"
	return e, true
}

// claims resolves the study's claims against all findings.
func claims(s *study.Study, r *athar.Report) []athar.ClaimResult {
	e := verdict.Evidence{Findings: findings(r)}
	for _, c := range r.Campaigns {
		for _, g := range c.Goals {
			e.Goals = append(e.Goals, verdict.CampaignGoal{Campaign: c.Campaign.ID, GoalReport: g})
		}
		e.Signatures = append(e.Signatures, placed(c.Adaptation, c.Campaign.ID, "")...)
	}
	for _, t := range r.Totals {
		e.Signatures = append(e.Signatures, placed(t.Adaptation, "", t.ID)...)
	}
	out := []athar.ClaimResult{}
	for _, c := range s.Claims {
		out = append(out, verdict.Resolve(verdict.Claim{ID: c.ID, Text: c.Text, Source: c.Source, Question: c.Question, About: c.About,
			Campaign: c.Campaign, Total: c.Total, Phase: c.Phase, Expects: c.Expects, Needs: c.Needs}, e))
	}
	return out
}

func placed(a *athar.Adaptation, campaign, total string) []verdict.PlacedSignature {
	var out []verdict.PlacedSignature
	if a != nil {
		for _, x := range a.Signatures {
			out = append(out, verdict.PlacedSignature{Campaign: campaign, Total: total, Signature: x})
		}
	}
	return out
}
