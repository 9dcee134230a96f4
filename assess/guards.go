package assess

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"athar"
	"athar/adapt/change"
	"athar/effect/pool"
	"athar/panel"
	"athar/stat"
	"athar/study"
	"athar/verdict"
)

// DateDraws is how often uncertain dates of a campaign are drawn (METHODS.md D1).
const DateDraws = 20

// datesSpec is the Spec of the headline pooled over draws of its dates.
const datesSpec = "dates=drawn"

// aside is a dataset that is not counted.
type aside struct {
	name athar.Names // of a negative control
	data string      // of the dataset
	in   *inputs
	grid func(panel.Unit) *panel.Grid // nil: its periods are longer than the study's
}

// besides is what stands beside the counted data.
type besides struct {
	compared, controls []aside
	sites              func(*panel.Grid) []panel.Site
	facts              sync.Map // campaign id -> *beside
}

// beside is what the guards ask of one campaign beyond its own answers. What
// holds of the campaign and not of a count holds of its goals, too.
type beside struct {
	controls  []verdict.Control
	compared  []athar.Effect
	reporting []verdict.Reporting
	dated     []athar.Effect
	broke     *verdict.Break
	nearby    []athar.Names
}

// loadBesides reads the datasets that are compared and the negative controls.
// Each is read as if it were the study's only one; the page lists its files with the
// others.
func (in *inputs) loadBesides(ctx context.Context) error {
	s := in.study
	var sited sync.Once
	var sites []panel.Site
	in.besides.sites = func(g *panel.Grid) []panel.Site {
		sited.Do(func() { sites, _ = in.sites(g) }) // the run has seen any error already
		return sites
	}
	read := func(i int, d study.Data, group study.Group) (*inputs, error) {
		t := *s
		t.Group, t.Choices.Imputations = group, 0
		x := &inputs{study: &t, set: in.set, areas: in.areas, classes: []string{""}, classOf: map[string]int32{"": 0}, isEvents: make([]bool, i)}
		if err := x.loadData(ctx, i, d); err != nil {
			return nil, err
		}
		for _, c := range x.coverage {
			if x.span == (athar.Span{}) {
				x.span = c
			}
			x.span = athar.Span{First: min(x.span.First, c.First), Last: max(x.span.Last, c.Last)}
		}
		return x, nil
	}
	listed := map[string]bool{}
	list := func(d study.Data, x *inputs) {
		if d.Counted() || listed[d.Name] {
			return // an entry that is counted is listed already
		}
		listed[d.Name] = true
		for k := range x.info {
			x.info[k].Beside = "control"
			if d.Compare {
				x.info[k].Beside = "compared"
			}
		}
		in.info, in.files = append(in.info, x.info...), append(in.files, x.files...)
		for f := range x.ofLake {
			in.laked(f)
		}
		in.rejects = append(in.rejects, x.rejects...)
	}
	for i, d := range s.Data {
		if !d.Compare {
			continue
		}
		x, err := read(i, d, s.Group)
		if err != nil {
			return err
		}
		list(d, x)
		in.besides.compared = append(in.besides.compared, aside{data: d.Name, in: x, grid: x.once()})
	}
	for _, c := range s.NegativeControls {
		i := s.ReadFrom(c)
		d, group := s.Data[i], s.Group
		if len(c.Classes)+len(c.Kinds) > 0 {
			d.Classes, d.Kinds = c.Classes, c.Kinds
		}
		if len(c.Aliases)+len(c.IDs) > 0 {
			group = study.Group{Aliases: c.Aliases, IDs: c.IDs}
		}
		x, err := read(i, d, group)
		if err != nil {
			return err
		}
		list(s.Data[i], x)
		in.besides.controls = append(in.besides.controls, aside{name: c.Name, data: d.Name, in: x, grid: x.once()})
	}
	return nil
}

// once arranges all rows, the first time that somebody asks; nil where they are
// longer than the periods.
func (in *inputs) once() func(panel.Unit) *panel.Grid {
	var o sync.Once
	var g *panel.Grid
	return func(unit panel.Unit) *panel.Grid {
		o.Do(func() {
			if most := map[panel.Unit]int{panel.Week: 7, panel.Month: 31}[unit]; in.longest <= most {
				g, _ = in.fill(unit)
			}
		})
		return g
	}
}

// recast is v with the counts of another grid over the same areas: roles, rings
// and phases stay as they were decided; a cell that either does not know is in no
// fit.
func recast(v *panel.View, g *panel.Grid) *panel.View {
	out, p := *v, *v.Panel
	p.Periods, p.Use, p.Count = slices.Clone(v.Periods), slices.Clone(v.Use), make([]float64, len(v.Count))
	T := len(p.Periods)
	for c := range p.Periods {
		t, ok := slices.BinarySearchFunc(g.Periods, p.Periods[c].Span, func(a, b athar.Span) int { return cmp.Compare(a.First, b.First) })
		if ok {
			p.Periods[c].Days = min(p.Periods[c].Days, g.Days[t])
		} else {
			p.Periods[c].Days = 0
		}
		for r, i := range v.Area {
			k := r*T + c
			if p.Use[k] = ok && p.Use[k] && g.Known(i, t); p.Use[k] {
				p.Count[k] = float64(g.N[i*len(g.Periods)+t])
			}
		}
	}
	out.Panel = &p
	return &out
}

// again asks the headline's method about other counts.
func (a *answers) again(v *panel.View, spec string) []athar.Effect {
	var list []athar.Effect
	if a.noControl {
		b := answers{campaign: a.campaign, seed: a.seed, draws: -1, smallest: a.smallest, noControl: true}
		b.series(v)
		b.exact(v)
		b.fallBack(v)
		list = b.headline
	} else {
		list = a.likeHeadline(v.Panel)
		widenAll(list, v.Panel)
	}
	for i := range list {
		list[i].Spec = spec
	}
	return list
}

// asked is what a dataset answers to each question of the headline: the effects of
// answer, on its counts in the study's periods, or a refusal.
func (x aside) asked(unit panel.Unit, headline []athar.Effect, answer func(g *panel.Grid, spec string) []athar.Effect) []athar.Effect {
	spec := verdict.DatasetSpec(x.data)
	var out []athar.Effect
	why := athar.Refuse("dataset-no-answer")
	if grid := x.grid(unit); grid != nil {
		out = answer(grid, spec)
	} else {
		why = athar.Refuse("dataset-too-coarse", "days", x.in.longest)
	}
	for _, e := range headline {
		if slices.ContainsFunc(out, func(o athar.Effect) bool { return o.Question == e.Question && o.Ring == e.Ring && o.Phase == e.Phase }) {
			continue
		}
		e.Spec, e.Refusal, e.Warnings, e.PlaceboP, e.FMI, e.EventsPre = spec, why, nil, nil, nil, 0
		for _, x := range []*athar.Num{&e.RR, &e.Low, &e.High, &e.P, &e.SE, &e.DF, &e.AdjLow, &e.AdjHigh, &e.Observed, &e.Expected,
			&e.Avoided, &e.AvoidedLow, &e.AvoidedHigh, &e.MDELow, &e.MDEHigh, &e.Dispersion} {
			*x = athar.Num(math.NaN())
		}
		out = append(out, e)
	}
	return out
}

// beside gathers for campaign i what no method of its own says.
func (a *answers) beside(s *study.Study, i int, in *inputs, g *panel.Grid, v *panel.View) {
	b := &beside{broke: broke(s.Campaigns[i], g.Unit, v), nearby: nearby(s, i, in, v)}
	for _, x := range in.besides.compared {
		var w *panel.View
		b.compared = append(b.compared, x.asked(g.Unit, a.headline, func(grid *panel.Grid, spec string) []athar.Effect {
			w = recast(v, grid)
			return a.again(w, spec)
		})...)
		if w != nil && !a.noControl {
			b.reporting = append(b.reporting, sideBySide(x.data, v, w))
		}
	}
	for _, x := range in.besides.controls {
		c := verdict.Control{Name: x.name}
		if grid := x.grid(g.Unit); grid != nil {
			c.Effects = a.again(recast(v, grid), "control="+strings.Join(strings.Fields(x.name.En), "_"))
			a.keep(c.Effects...)
		}
		b.controls = append(b.controls, c)
	}
	b.dated = a.dated(s, i, in, g, v)
	a.keep(b.compared...)
	a.keep(b.dated...)
	a.own = true
	in.besides.facts.Store(a.campaign, b)
}

// fill gives the guards what stands beside a campaign's answers. Answers about a
// goal share what holds of the campaign; other datasets and draws of the dates were
// asked about all events only.
func (a *answers) fill(f *verdict.Facts, s *study.Study, in *inputs) {
	f.Smallest, f.DateDraws = a.smallest, DateDraws
	for _, c := range s.Choices.Calendar {
		d := athar.Dated{Name: c.Name, When: c.When}
		if c.Wave {
			f.Waves = append(f.Waves, d)
		} else {
			f.Calendar = append(f.Calendar, d)
		}
	}
	x, ok := in.besides.facts.Load(a.campaign)
	if !ok {
		return
	}
	b := x.(*beside)
	f.Controls, f.Nearby = b.controls, b.nearby
	if a.own {
		f.Break, f.Compared, f.Reporting, f.Dated = b.broke, b.compared, b.reporting, b.dated
	}
}

// sideBySide counts the cells that both datasets know, inside and far.
func sideBySide(name string, v, w *panel.View) verdict.Reporting {
	T := len(v.Periods)
	r := verdict.Reporting{Data: name, Phases: make([]athar.Phase, T)}
	for t, p := range v.Periods {
		r.Phases[t] = p.Phase
	}
	for i := range r.Counts {
		r.Counts[i] = [2][]float64{make([]float64, T), make([]float64, T)}
	}
	for k, use := range w.Use {
		role := 0
		switch v.Areas[k/T].Role {
		case athar.Inside:
		case athar.Far:
			role = 1
		default:
			continue
		}
		if use {
			r.Counts[role][0][k%T] += v.Count[k]
			r.Counts[role][1][k%T] += w.Count[k]
		}
	}
	return r
}

// broke looks for the change of the series inside that is nearest to the start,
// and whether the far areas changed at the same time; nil where the series is too
// short or has too few events.
func broke(c study.Campaign, unit panel.Unit, v *panel.View) *verdict.Break {
	first, last := -1, -1
	exposure := make([]float64, len(v.Periods))
	days := 0.0
	for t, p := range v.Periods {
		if p.Overlap(c.Start) > 0 {
			if first < 0 {
				first = t
			}
			last = t
		}
		exposure[t] = p.Days
		days += p.Days / float64(len(v.Periods))
	}
	if first < 0 {
		return nil
	}
	of := func(role athar.Role) (change.Near, bool) {
		_, y := v.RoleSeries(role)
		e := slices.Clone(exposure)
		events := 0.0
		for t := range y {
			if e[t] /= days; y[t] != y[t] || e[t] == 0 {
				y[t], e[t] = 0, 0
			}
			events += y[t]
		}
		if events < change.MinEvents {
			return change.Near{}, false
		}
		n, err := change.About(y, e, first, last, unit == panel.Week)
		return n, err == nil
	}
	n, ok := of(athar.Inside)
	if !ok {
		return nil
	}
	p6 := func(p float64) float64 { return math.Round(p*1e6) / 1e6 } // beyond that it is rounding of sums of exponentials
	b := &verdict.Break{Before: p6(n.Before), Recent: p6(n.Recent), At: p6(n.At), After: p6(n.After), None: p6(n.None), Date: v.Periods[n.Mode].First}
	if far, ok := of(athar.Far); ok && n.Recent > verdict.BreakAt {
		p := 0.0
		for t := max(0, n.Mode-2); t <= n.Mode+2 && t < len(far.Law); t++ {
			p += far.Law[t]
		}
		b.Far = p > verdict.BreakAt
	}
	return b
}

// nearby names the other campaigns in the countries of campaign i that ran while
// it did, or up to [verdict.NearbyMonths] before its start or after its end; those
// that reached its own footprint are left to the overlap.
func nearby(s *study.Study, i int, in *inputs, v *panel.View) []athar.Names {
	index := in.areaIndex()
	countries := func(c study.Campaign) []string {
		var out []string
		for _, code := range c.Footprint.Codes {
			if k, ok := index[code]; ok && !slices.Contains(out, in.areas[k].Country) {
				out = append(out, in.areas[k].Country)
			}
		}
		return out
	}
	c := s.Campaigns[i]
	own := countries(c)
	window := athar.Span{First: panel.AddMonths(c.Start.First, -verdict.NearbyMonths), Last: panel.AddMonths(c.End.Last, verdict.NearbyMonths)}
	var out []athar.Names
	for j, o := range s.Campaigns {
		if j == i || slices.Contains(v.Joint, o.ID) || window.Overlap(athar.Span{First: o.Start.First, Last: o.End.Last}) == 0 {
			continue
		}
		if in.set == nil || slices.ContainsFunc(countries(o), func(x string) bool { return slices.Contains(own, x) }) {
			out = append(out, o.Name)
		}
	}
	return out
}

// dated draws the start and the end of campaign i from the days that sources
// give, each equally likely and the end not before the start, arranges the panel for
// each draw and pools what the headline model says. Draws with the same phases share
// a fit.
func (a *answers) dated(s *study.Study, i int, in *inputs, g *panel.Grid, v *panel.View) []athar.Effect {
	c := s.Campaigns[i]
	if a.noControl || in.besides.sites == nil || c.Start.Days() == 1 && c.End.Days() == 1 {
		return nil
	}
	sites := in.besides.sites(g)
	if sites == nil {
		return nil
	}
	type answer struct {
		list []athar.Effect
		far  map[athar.Phase]float64
	}
	fits := map[string]answer{}
	far := map[athar.Phase]float64{}
	list := pool.Run(DateDraws, func(d int) []athar.Effect {
		site := sites[i]
		r := stat.Stream(a.seed, "dates/"+a.campaign, d)
		day := func(first, last athar.Day) athar.Span {
			x := first + athar.Day(r.IntN(int(last-first)+1))
			return athar.Span{First: x, Last: x}
		}
		site.Start = day(c.Start.First, min(c.Start.Last, c.End.Last))
		site.End = day(max(c.End.First, site.Start.First), c.End.Last)
		w := g.ForCampaign(site, others(sites, i), design(s))
		key := ""
		for _, p := range w.Periods {
			key += fmt.Sprint(p.First, p.Phase, " ")
		}
		x, ok := fits[key]
		if !ok {
			x = answer{a.likeHeadline(w.Panel), map[athar.Phase]float64{}}
			if !slices.Equal(w.Rings, v.Rings) { // other bands, or other questions
				x.list = slices.DeleteFunc(x.list, func(e athar.Effect) bool { return e.Question != athar.AskInside })
			}
			for _, ph := range phases {
				x.far[ph] = w.Total(athar.Far, ph)
			}
			fits[key] = x
		}
		for _, ph := range phases {
			far[ph] += x.far[ph] / DateDraws
		}
		return x.list
	})
	for k := range list {
		e := &list[k]
		e.Spec = datesSpec
		if e.FMI != nil && *e.FMI < 1e-9 { // every draw gave the same answer but for rounding
			e.FMI = new(athar.Num)
		}
		widen(e, far[e.Phase])
		// What the pooling says of draws is about places.
		e.Warnings = slices.DeleteFunc(e.Warnings, func(n athar.Note) bool {
			return n.Code == "precision-too-poor" || n.Code == "imputed-left-out"
		})
		if e.Refusal != nil && e.Refusal.Reason.Code == "imputed-too-few" {
			e.Refusal = athar.Refuse("dates-too-few", "draws", DateDraws)
		}
	}
	return list
}
