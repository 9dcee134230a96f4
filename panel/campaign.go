package panel

import (
	"maps"
	"math"
	"slices"
	"strings"

	"athar"
)

// Design says how a campaign is set against its surroundings.
type Design struct {
	PreMonths  int
	PostMonths int
	WashIn     int       // periods dropped at the campaign's start
	Rings      []float64 // outer edges in km, increasing
	MinRing    int       // events a ring needs before the campaign; METHODS: 30
	FarCountry bool      // far areas only from the footprint's countries, if they hold enough events
	Overlap    Overlap
	Ramadan    func(athar.Span) int // days of Ramadan in a span
	// History keeps the periods before the pre-period and after the post-period,
	// as Outside, for those who look for other windows.
	History bool
}

// Overlap says what is done with cells that another campaign reaches.
type Overlap string

// The ways. Auto removes exposed cells of rings and far if enough control is
// left, else it models them; the rule looks at counts before the campaign only.
const (
	Auto   Overlap = "auto"
	Remove Overlap = "remove"
	Model  Overlap = "model"
)

// MinFarEvents and MinFarAreas are what the control needs before a campaign
// so that exposed cells can be removed rather than modelled.
const (
	MinFarEvents = 30
	MinFarAreas  = 6
)

// Site is a campaign in space and time, as the panel needs it.
type Site struct {
	ID        string
	Footprint []int     // areas of the grid
	Km        []float64 // distance of every area from the footprint's edge; +Inf: beyond what is known
	Start     athar.Span
	End       athar.Span
}

// View is one campaign's panel with what was decided on the way.
type View struct {
	*athar.Panel
	Rings []athar.Ring
	Area  []int // grid index of each panel row
	Km    []float64
	Notes []athar.Note
	// Modelled is true if exposure to other campaigns is a regressor, false if
	// exposed ring and far cells were removed.
	Modelled bool
	// Widened is true if the footprint's countries hold too few far events to
	// compare with, so that far areas of all countries serve.
	Widened bool
	// Joint names the other campaigns that reach this campaign's own footprint
	// in its own window: their effects cannot be told apart by place and time.
	Joint   []string
	Used    int // cells that enter the fit
	known   []bool
	Exposed int // cells removed, or modelled, because another campaign reaches them
}

// ForCampaign builds the panel of site against the others.
//
// Periods are pre if they end before the earliest start, during if at least
// half of their days lie between the latest start and the earliest end, post
// if they begin after the latest end, and wash-in between. If sources disagree
// so much that no period is certainly during, half of the widest window is
// enough, and if even that holds no period (a campaign of days), the period
// with the largest share is taken.
func (g *Grid) ForCampaign(site Site, others []Site, d Design) *View {
	phases := g.phases(site.Start, site.End, d)
	v := &View{Panel: &athar.Panel{}}
	var cols []int
	for t, ph := range phases {
		if ph == athar.Outside && !d.History {
			continue
		}
		cols = append(cols, t)
		v.Periods = append(v.Periods, athar.Period{
			Span: g.Periods[t], Phase: ph, Days: g.Days[t],
			Ramadan: float64(d.Ramadan(g.Periods[t])) / float64(g.Periods[t].Days()),
		})
	}
	pre := func(i int) int {
		n := 0
		for _, t := range cols {
			if phases[t] == athar.Pre && g.Known(i, t) {
				n += g.N[i*len(g.Periods)+t]
			}
		}
		return n
	}
	v.Rings = g.mergeRings(site, d, pre, &v.Notes)
	roles := g.roles(site, v, d, pre)
	for i, a := range g.Areas {
		role := roles[i]
		v.Areas = append(v.Areas, athar.PanelArea{Code: a.Code, Role: role})
		v.Area = append(v.Area, i)
		v.Km = append(v.Km, site.Km[i])
		for _, t := range cols {
			v.Count = append(v.Count, float64(g.N[i*len(g.Periods)+t]))
			v.Use = append(v.Use, g.Known(i, t) && role != athar.LeftOut)
			v.known = append(v.known, g.Known(i, t))
		}
	}
	g.expose(v, cols, others, d)
	if x := g.daily; x != nil {
		v.Daily = &athar.Daily{Rows: x.Rows, Grain: x.Grain, Fast: func(day athar.Day) bool { return d.Ramadan(athar.Span{First: day, Last: day}) > 0 }}
	}
	for k, use := range v.Use {
		if use && v.inFit(k) {
			v.Used++
		}
	}
	return v
}

// roles gives every area its role. Far areas of other countries are left out
// where the design says so and the footprint's own countries hold enough
// events before the campaign to compare with.
func (g *Grid) roles(site Site, v *View, d Design, pre func(int) int) []athar.Role {
	out := make([]athar.Role, len(g.Areas))
	own := map[string]bool{}
	for i := range out {
		out[i] = athar.Far
		for k, r := range v.Rings {
			if site.Km[i] <= float64(r.To) {
				out[i] = athar.Role(k + 1)
				break
			}
		}
	}
	for _, i := range site.Footprint {
		out[i] = athar.Inside
		own[g.Areas[i].Country] = true
	}
	if !d.FarCountry {
		return out
	}
	events, areas, abroad := 0, 0, false
	for i, a := range g.Areas {
		if out[i] != athar.Far {
			continue
		}
		if n := pre(i); own[a.Country] && n > 0 {
			events += n
			areas++
		}
		abroad = abroad || !own[a.Country]
	}
	if events < MinFarEvents || areas < MinFarAreas {
		if v.Widened = abroad; abroad {
			v.Notes = append(v.Notes, athar.Note{Code: "far-widened", Args: map[string]any{"events": events, "areas": areas,
				"need": MinFarEvents, "need_areas": MinFarAreas}})
		}
		return out
	}
	for i, a := range g.Areas {
		if out[i] == athar.Far && !own[a.Country] {
			out[i] = athar.LeftOut
		}
	}
	return out
}

// inFit reports whether cell k is of a phase that enters fits.
func (v *View) inFit(k int) bool {
	switch v.Periods[k%len(v.Periods)].Phase {
	case athar.Pre, athar.During, athar.Post:
		return true
	}
	return false
}

// Phases gives every period of the grid its phase towards a campaign.
func (g *Grid) phases(start, end athar.Span, d Design) []athar.Phase {
	out := make([]athar.Phase, len(g.Periods))
	sure := athar.Span{First: start.Last, Last: end.First}
	wide := athar.Span{First: start.First, Last: end.Last}
	preFrom := AddMonths(start.First, -d.PreMonths)
	postTo := AddMonths(end.Last, d.PostMonths)
	mark := func(w athar.Span) (n int) {
		for t, p := range g.Periods {
			if 2*p.Overlap(w) >= p.Days() {
				out[t] = athar.During
				n++
			}
		}
		return n
	}
	n := mark(sure)
	if n == 0 {
		n = mark(wide)
	}
	if n == 0 {
		best := -1
		for t, p := range g.Periods {
			if o := p.Overlap(wide); o > 0 && (best < 0 || o > g.Periods[best].Overlap(wide)) {
				best = t
			}
		}
		if best >= 0 {
			out[best] = athar.During
		}
	}
	wash := d.WashIn
	for t, p := range g.Periods {
		switch {
		case out[t] == athar.During:
			if wash > 0 {
				out[t] = athar.WashIn
				wash--
			}
		case p.Overlap(wide) > 0:
			out[t] = athar.WashIn
		case p.Last < wide.First && p.Last >= preFrom:
			out[t] = athar.Pre
		case p.First > wide.Last && p.First <= postTo:
			out[t] = athar.Post
		default:
			out[t] = athar.Outside
		}
	}
	return out
}

// mergeRings joins neighbouring rings, from the inside out, until each holds
// MinRing events before the campaign; what is left over at the outside joins
// the last ring.
func (g *Grid) mergeRings(site Site, d Design, pre func(int) int, notes *[]athar.Note) []athar.Ring {
	if len(d.Rings) == 0 || len(g.Areas) == len(site.Footprint) {
		return nil
	}
	var out []athar.Ring
	var have []int
	from, n := 0.0, 0
	next := 0.0
	for _, to := range d.Rings {
		for i := range g.Areas {
			if !slices.Contains(site.Footprint, i) && site.Km[i] <= to && (site.Km[i] > next || next == 0) {
				n += pre(i)
			}
		}
		next = to
		if n >= d.MinRing {
			out = append(out, athar.Ring{From: athar.Num(from), To: athar.Num(to)})
			have = append(have, n)
			from, n = to, 0
		}
	}
	last := d.Rings[len(d.Rings)-1]
	if from < last {
		if len(out) > 0 {
			out[len(out)-1].To = athar.Num(last)
			have[len(have)-1] += n
		} else {
			out = append(out, athar.Ring{From: 0, To: athar.Num(last)})
			have = append(have, n)
		}
	}
	if len(out) < len(d.Rings) {
		*notes = append(*notes, athar.Note{Code: "rings-merged", Args: map[string]any{
			"rings": len(out), "declared": len(d.Rings), "need": d.MinRing}})
	}
	if have[0] < d.MinRing {
		*notes = append(*notes, athar.Note{Code: "ring-thin", Args: map[string]any{"n": have[0], "need": d.MinRing}})
	}
	return out
}

// expose marks the cells that other campaigns reach: inside another footprint
// or within its outermost ring, from the earliest start to the end of the
// post-period after the latest end.
func (g *Grid) expose(v *View, cols []int, others []Site, d Design) {
	T := len(v.Periods)
	inside := athar.Exposure{Name: "inside-other", N: make([]float64, len(v.Count))}
	around := athar.Exposure{Name: "around-other", N: make([]float64, len(v.Count))}
	outer := 0.0
	if len(d.Rings) > 0 {
		outer = d.Rings[len(d.Rings)-1]
	}
	touched := map[string]bool{}
	for _, o := range others {
		window := athar.Span{First: o.Start.First, Last: AddMonths(o.End.Last, d.PostMonths)}
		in := make([]bool, len(g.Areas))
		for _, i := range o.Footprint {
			in[i] = true
		}
		for r := range v.Areas {
			i := v.Area[r]
			reach := in[i] || o.Km[i] <= outer
			if !reach || v.Areas[r].Role == athar.LeftOut {
				continue
			}
			for c := range cols {
				if v.Periods[c].Overlap(window) == 0 {
					continue
				}
				k := r*T + c
				if in[i] {
					inside.N[k]++
				} else {
					around.N[k]++
				}
				touched[o.ID] = true
				if v.Areas[r].Role == athar.Inside && in[i] && !slices.Contains(v.Joint, o.ID) &&
					(v.Periods[c].Phase == athar.During || v.Periods[c].Phase == athar.Post) {
					v.Joint = append(v.Joint, o.ID)
				}
			}
		}
	}
	if len(touched) == 0 {
		return
	}
	exposed := func(k int) bool { return inside.N[k]+around.N[k] > 0 }
	v.Modelled = d.Overlap == Model
	if d.Overlap != Remove && !v.Modelled {
		v.Modelled = !g.enoughWithout(v, exposed)
	}
	for k := range v.Use {
		if !v.Use[k] || !exposed(k) || !v.inFit(k) {
			continue
		}
		if v.Modelled {
			v.Exposed++
		} else if v.Areas[k/T].Role != athar.Inside {
			v.Use[k] = false
			v.Exposed++
		}
	}
	if v.Modelled && d.Overlap == Auto {
		v.Notes = append(v.Notes, athar.Note{Code: "overlap-control-too-thin",
			Args: map[string]any{"need": MinFarEvents, "areas": MinFarAreas}})
	}
	if v.Exposed > 0 {
		code := "overlap-removed"
		if v.Modelled {
			code = "overlap-modelled"
		}
		v.Notes = append(v.Notes, athar.Note{Code: code, Args: map[string]any{
			"cells": v.Exposed, "campaigns": strings.Join(slices.Sorted(maps.Keys(touched)), ", ")}})
	}
	for _, e := range []athar.Exposure{inside, around} {
		for k, n := range e.N {
			if n > 0 && v.Use[k] {
				v.Other = append(v.Other, e)
				break
			}
		}
	}
}

// enoughWithout reports whether the control keeps enough events and areas
// before the campaign, and at least one cell in every later period, once
// exposed cells are gone.
func (g *Grid) enoughWithout(v *View, exposed func(int) bool) bool {
	T := len(v.Periods)
	events := 0.0
	areas := 0
	open := make([]int, T)
	for r, a := range v.Areas {
		if a.Role != athar.Far {
			continue
		}
		n := 0.0
		for c, p := range v.Periods {
			k := r*T + c
			if !v.Use[k] || exposed(k) {
				continue
			}
			open[c]++
			if p.Phase == athar.Pre {
				n += v.Count[k]
			}
		}
		events += n
		if n > 0 {
			areas++
		}
	}
	for c, p := range v.Periods {
		if p.Phase != athar.WashIn && p.Days > 0 && open[c] < MinFarAreas {
			return false
		}
	}
	return events >= MinFarEvents && areas >= MinFarAreas
}

// Donut returns a copy of v in which the last n used pre-periods are dropped:
// what remains before the campaign is free of a surge just ahead of it.
func (v *View) Donut(n int) *athar.Panel {
	p := *v.Panel
	p.Periods = slices.Clone(v.Periods)
	for t := len(p.Periods) - 1; t >= 0 && n > 0; t-- {
		if p.Periods[t].Phase == athar.Pre && p.Periods[t].Days > 0 {
			p.Periods[t].Phase = athar.WashIn
			n--
		}
	}
	return &p
}

// Recount returns a copy of v with the counts of another grid over the same
// areas and days: roles, rings, phases and the cells in use stay as they were
// decided, so that answers on several versions of the data are answers to one
// question.
func (v *View) Recount(g *Grid) *athar.Panel {
	p := *v.Panel
	p.Count = make([]float64, len(v.Count))
	T := len(v.Periods)
	for c, q := range v.Periods {
		t := slices.Index(g.Periods, q.Span)
		for r, i := range v.Area {
			p.Count[r*T+c] = float64(g.N[i*len(g.Periods)+t])
		}
	}
	return &p
}

// Placebo returns a copy of v that pretends that the campaign ran in the later
// half of the pre-period: a change found there is none of the campaign's. It
// is nil if either half has fewer than three periods.
func (v *View) Placebo() *athar.Panel {
	p := *v.Panel
	p.Periods = slices.Clone(v.Periods)
	var pre []int
	for t := range p.Periods {
		switch {
		case p.Periods[t].Phase == athar.Pre && p.Periods[t].Days > 0:
			pre = append(pre, t)
		default:
			p.Periods[t].Phase = athar.Outside
		}
	}
	half := len(pre) / 2
	if half < 3 {
		return nil
	}
	for _, t := range pre[len(pre)-half:] {
		p.Periods[t].Phase = athar.During
	}
	return &p
}

// Detrended returns a copy of p in which the footprint and every ring have a
// linear trend of their own beside the periods that all areas share.
func Detrended(p *athar.Panel) *athar.Panel {
	q := *p
	q.Other = slices.Clone(p.Other)
	T := len(p.Periods)
	last := athar.Inside
	for _, a := range p.Areas {
		last = max(last, a.Role)
	}
	for role := athar.Inside; role <= last; role++ {
		e := athar.Exposure{Name: "trend", N: make([]float64, len(p.Count))}
		for r, a := range p.Areas {
			if a.Role == role {
				for t := range T {
					e.N[r*T+t] = float64(t)/float64(T) - 0.5
				}
			}
		}
		q.Other = append(q.Other, e)
	}
	return &q
}

// RoleSeries sums the areas of one role by period, whether or not their cells
// enter a fit; NaN where the count of any of them is not known.
func (v *View) RoleSeries(role athar.Role) (areas int, sum []float64) {
	T := len(v.Periods)
	sum = make([]float64, T)
	for r, a := range v.Areas {
		if a.Role != role {
			continue
		}
		areas++
		for c := range sum {
			sum[c] += v.Count[r*T+c]
			if !v.known[r*T+c] {
				sum[c] = math.NaN()
			}
		}
	}
	return areas, sum
}

// usable is the least share of an area's cells, before and after alike, that
// must be free of other campaigns and monitored for the area to take part in a
// pattern. Leaving out single cells instead would change which areas are
// compared from one side to the other.
const usable = 0.75

// EnoughUsed reports whether area i of a panel has enough usable cells on both
// sides of the comparison.
func EnoughUsed(p *athar.Panel, i int) bool {
	var cells, used [2]int
	for t, q := range p.Periods {
		side := 0
		switch q.Phase {
		case athar.Pre:
		case athar.During, athar.Post:
			side = 1
		default:
			continue
		}
		if q.Days <= 0 {
			continue // nobody watched anywhere: no area is worse off
		}
		cells[side]++
		if p.Use[p.At(i, t)] {
			used[side]++
		}
	}
	for side := range cells {
		if cells[side] == 0 || float64(used[side]) < usable*float64(cells[side]) {
			return false
		}
	}
	return true
}
