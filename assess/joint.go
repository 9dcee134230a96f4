package assess

import (
	"cmp"
	"math"
	"slices"

	"athar"
	"athar/effect/joint"
	"athar/panel"
	"athar/study"
	"athar/verdict"
)

// together asks what all campaigns of the study did together; nil if there are
// fewer than two.
func together(s *study.Study, in *inputs, g *panel.Grid, sites []panel.Site, d panel.Design) *athar.PooledReport {
	if len(sites) < 2 {
		return nil
	}
	data, notes := in.jointData(g, sites, d)
	r := &athar.PooledReport{Campaigns: []string{}, Rings: []athar.Ring{}, Findings: []athar.Finding{}, Guards: []athar.Guard{}, Notes: notes}
	for _, c := range data.Campaigns {
		r.Campaigns = append(r.Campaigns, c.ID)
	}
	main := joint.Estimate(data, joint.Options{})
	r.Rings = append(r.Rings, main.Rings...)
	r.Periods, r.Series, r.LeftOut = main.Periods, main.Series, main.Overlap
	r.Notes = append(r.Notes, main.Notes...)
	if main.Refusal != nil {
		r.Notes = append(r.Notes, main.Refusal.Reason)
	}
	far := map[athar.Phase]float64{athar.During: main.Controls[0], athar.Post: main.Controls[1]}
	wide := func(list []athar.Effect) []athar.Effect {
		for i := range list {
			widen(&list[i], far[list[i].Phase])
		}
		return list
	}
	head := wide(main.Effects)
	var donuts [][]athar.Effect
	var lead []athar.Effect
	var random joint.Randomised
	if main.Refusal == nil {
		for n := 1; n <= 3; n++ {
			donuts = append(donuts, wide(joint.Estimate(data, joint.Options{Spec: donutSpec(n), Donut: n}).Effects))
		}
		lead = wide(joint.Estimate(data, joint.Options{Spec: "placebo=later-half-of-pre", Lead: halfOfPre(data)}).Effects)
		if random = joint.Shift(data, joint.Options{}); random.Refusal != nil {
			r.Notes = append(r.Notes, random.Refusal.Reason)
		}
		for i, p := range random.P {
			if !math.IsNaN(p) && head[i].Refusal == nil {
				n := athar.Num(p)
				head[i].PlaceboP = &n
			}
		}
	}
	var compared []athar.Effect
	for _, x := range in.besides.compared {
		compared = append(compared, x.asked(g.Unit, head, func(other *panel.Grid, spec string) []athar.Effect {
			e := joint.Estimate(recounted(data, g, other), joint.Options{Spec: spec})
			for i := range e.Effects {
				widen(&e.Effects[i], e.Controls[slices.Index(phases, e.Effects[i].Phase)])
			}
			return e.Effects
		})...)
	}
	r.Effects = slices.Concat(head, slices.Concat(donuts...), lead, compared)
	r.Guards = jointGuards(main, head, donuts, lead, compared, random)
	for _, ph := range phases {
		v := verdict.Input{Campaign: athar.AllCampaigns, Smallest: s.Choices.SmallestEffect, Rings: len(main.Rings), Donuts: donuts, Compared: compared, Guards: r.Guards}
		for i, e := range head {
			if e.Phase != ph {
				continue
			}
			v.Headline = append(v.Headline, e)
			if e.Question == athar.AskInside && e.PlaceboP != nil {
				v.PlaceboMin = random.MinP[i]
			}
		}
		r.Findings = append(r.Findings, verdict.Findings(v)...)
	}
	if h := main.Heterogeneity; h != nil {
		r.Notes = append(r.Notes, athar.NewNote("joint-range", "n", h.N, "min", athar.Num(h.Min), "max", athar.Num(h.Max),
			"q", athar.Num(h.Q), "p", athar.Num(h.P), "i2", athar.Num(h.I2), "low", athar.Num(h.Low), "high", athar.Num(h.High)))
	}
	return r
}

// jointData arranges the grid with every campaign's place and phases. Where the
// study wants far areas of the footprints' countries alone, others may not
// serve, unless too little is left to compare with.
func (in *inputs) jointData(g *panel.Grid, sites []panel.Site, d panel.Design) (*joint.Data, []athar.Note) {
	d.History = true
	nt := len(g.Periods)
	data := &joint.Data{Areas: len(g.Areas), Rings: d.Rings, Count: make([]float64, len(g.N)), Known: make([]bool, len(g.N))}
	notes := []athar.Note{}
	own, reached := map[string]bool{}, make([]bool, len(g.Areas))
	outer := 0.0
	if n := len(d.Rings); n > 0 {
		outer = d.Rings[n-1]
	}
	for _, site := range sites {
		v := g.ForCampaign(site, nil, d)
		if data.Periods == nil {
			data.Periods = v.Periods
		}
		c := joint.Campaign{ID: site.ID, Inside: make([]bool, len(g.Areas)), Km: site.Km}
		for _, p := range v.Periods {
			c.Phase = append(c.Phase, p.Phase)
		}
		if !slices.Contains(c.Phase, athar.During) && !slices.Contains(c.Phase, athar.Post) {
			notes = append(notes, athar.NewNote("joint-not-covered", "campaign", site.ID))
			continue
		}
		for _, i := range site.Footprint {
			c.Inside[i] = true
			own[g.Areas[i].Country] = true
		}
		for i := range g.Areas {
			reached[i] = reached[i] || c.Inside[i] || site.Km[i] <= outer
		}
		data.Campaigns = append(data.Campaigns, c)
	}
	events, areas := 0, 0
	for i, a := range g.Areas {
		n := 0
		for t := range nt {
			k := i*nt + t
			data.Count[k], data.Known[k] = float64(g.N[k]), g.Known(i, t)
			n += g.N[k]
		}
		if !reached[i] && own[a.Country] && n > 0 {
			events += n
			areas++
		}
	}
	if d.FarCountry && events >= panel.MinFarEvents && areas >= panel.MinFarAreas {
		for i, a := range g.Areas {
			if !reached[i] && !own[a.Country] {
				clear(data.Known[i*nt : (i+1)*nt])
			}
		}
	}
	return data, notes
}

// recounted is d, which was arranged from grid own, with the counts of another grid
// over the same areas; a cell that either does not know is unknown.
func recounted(d *joint.Data, own, other *panel.Grid) *joint.Data {
	out := *d
	out.Count, out.Known = make([]float64, len(d.Count)), slices.Clone(d.Known)
	nt, no := len(own.Periods), len(other.Periods)
	for t, p := range own.Periods {
		k, ok := slices.BinarySearchFunc(other.Periods, p, func(a, b athar.Span) int { return cmp.Compare(a.First, b.First) })
		for i := range own.Areas {
			c := i*nt + t
			if out.Known[c] = out.Known[c] && ok && other.Known(i, k); out.Known[c] {
				out.Count[c] = float64(other.N[i*no+k])
			}
		}
	}
	return &out
}

// halfOfPre is half of the shortest pre-period, in periods.
func halfOfPre(d *joint.Data) int {
	least := len(d.Periods)
	for _, c := range d.Campaigns {
		n := 0
		for _, ph := range c.Phase {
			if ph == athar.Pre {
				n++
			}
		}
		least = min(least, n)
	}
	return max(1, least/2)
}

// jointGuards runs the guards that several campaigns together allow. The pre-
// period of the pooled answer is counted back from the day on which each area
// was first reached.
func jointGuards(m joint.Result, head []athar.Effect, donuts [][]athar.Effect, lead, compared []athar.Effect, random joint.Randomised) []athar.Guard {
	f := verdict.Facts{Headline: slices.Clone(head), Donuts: donuts, Placebo: lead, Compared: compared, FarDuring: m.Controls[0], FarPost: m.Controls[1], NoControl: m.Refusal != nil}
	add := func(ph athar.Phase, n, ramadan float64) {
		f.Periods = append(f.Periods, athar.Period{Phase: ph, Days: 1, Ramadan: ramadan})
		f.Inside = append(f.Inside, n)
	}
	pre := 0
	for i := range f.Headline {
		e := &f.Headline[i]
		if e.Question == athar.AskInside && e.Refusal == nil {
			add(e.Phase, float64(e.Observed), m.Ramadan[1+slices.Index(phases, e.Phase)])
			pre = max(pre, e.EventsPre)
		}
		// The guard asks whether errors by area are valid, not which was wider.
		if e.Areas >= joint.MinAreas {
			e.Inference = "cr2"
		}
		for _, w := range e.Warnings {
			if w.Code == "joint-wider" {
				e.Inference = "dispersion"
				e.Warnings = append(slices.Clone(e.Warnings), athar.NewNote("few-clusters-df", "df", w.Args["df"], "need", athar.Num(joint.MinDF)))
				break
			}
		}
	}
	add(athar.Pre, float64(pre), m.Ramadan[0])
	out := []athar.Guard{}
	keep := func(codes ...string) {
		for _, g := range verdict.Check(f) {
			if slices.Contains(codes, g.Code) {
				out = append(out, g)
			}
		}
	}
	keep("few-events")
	calendar, series := f.Periods, f.Inside
	f.Periods, f.Inside = nil, nil
	for _, n := range m.Before {
		add(athar.Pre, n, 0)
	}
	keep("surge")
	f.Periods, f.Inside = calendar, series
	keep("donut", "pre-trend", "calendar", "no-control", "few-areas")
	if len(compared) > 0 {
		keep("datasets")
	}
	return append(out, jointPlacebo(head, random), jointLeftOut(m), jointDiffer(m))
}

func jointPlacebo(head []athar.Effect, random joint.Randomised) athar.Guard {
	g := athar.Guard{Code: "placebo", Status: athar.Blind, Says: athar.NewNote("guard-joint-placebo-blind")}
	for i, e := range head {
		if e.Question != athar.AskInside || e.PlaceboP == nil {
			continue
		}
		least := random.MinP[i]
		level := verdict.PlaceboLevel
		if least > level {
			level = 2 * least
		}
		if float64(*e.PlaceboP) > level && (e.High < 1 || e.Low > 1) {
			return athar.Guard{Code: "placebo", Status: athar.Fired, Says: athar.NewNote("guard-joint-placebo",
				"phase", string(e.Phase), "p", *e.PlaceboP, "min", athar.Num(least), "n", random.Shifts)}
		}
		if g.Status == athar.Blind {
			g.Status, g.Says = athar.Quiet, athar.NewNote("guard-joint-placebo-quiet", "phase", string(e.Phase), "p", *e.PlaceboP, "min", athar.Num(least), "n", random.Shifts)
		}
	}
	return g
}

// leftOutShare is the share of reached area-periods above which it matters that
// they are in no question.
const leftOutShare = .2

func jointLeftOut(m joint.Result) athar.Guard {
	out, of := m.Overlap+m.Lost, m.Overlap+m.Lost+m.Touched
	switch {
	case of == 0:
		return athar.Guard{Code: "joint-left-out", Status: athar.Blind, Says: athar.NewNote("guard-joint-left-out-blind")}
	case float64(out) > leftOutShare*float64(of):
		return athar.Guard{Code: "joint-left-out", Status: athar.Fired, Says: athar.NewNote("guard-joint-left-out", "cells", out, "of", of, "share", athar.Num(float64(out)/float64(of)))}
	}
	return athar.Guard{Code: "joint-left-out", Status: athar.Quiet, Says: athar.NewNote("guard-joint-left-out-quiet", "cells", out, "of", of, "share", athar.Num(float64(out)/float64(of)))}
}

// differLevel is the level of Cochran's test, which has little power with few
// campaigns.
const differLevel = .1

func jointDiffer(m joint.Result) athar.Guard {
	h := m.Heterogeneity
	if h == nil {
		return athar.Guard{Code: "joint-differ", Status: athar.Blind, Says: athar.NewNote("guard-joint-differ-blind")}
	}
	if h.P < differLevel {
		return athar.Guard{Code: "joint-differ", Status: athar.Fired, Says: athar.NewNote("guard-joint-differ",
			"n", h.N, "min", athar.Num(h.Min), "max", athar.Num(h.Max), "i2", athar.Num(h.I2), "low", athar.Num(h.Low), "high", athar.Num(h.High))}
	}
	return athar.Guard{Code: "joint-differ", Status: athar.Quiet, Says: athar.NewNote("guard-joint-differ-quiet",
		"n", h.N, "min", athar.Num(h.Min), "max", athar.Num(h.Max), "p", athar.Num(h.P))}
}
