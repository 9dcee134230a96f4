package assess

import (
	"math"
	"slices"

	"athar"
	"athar/displace/scan"
	"athar/effect/placebo"
	"athar/panel"
)

// What a scan is made of. Weeks are as fine as a cylinder needs, and seven times
// cheaper than days.
const (
	scanDays     = 7
	scanDraws    = 999
	coincideWith = 39 // campaigns that did not happen
	coincideDeal = 99 // times that dates are dealt for each of them
)

// scanInput is the record of a campaign as a scan takes it.
type scanInput struct {
	places []scan.Place
	roles  []athar.Role
	cases  []scan.Case
	after  athar.Span
	// The options of either question.
	scan, coincide scan.Options
}

// scanInput arranges a pattern; nil where the days are known less well than to a week.
func (in *inputs) scanInput(campaign string, p *athar.Pattern) *scanInput {
	if p.Grain > scanDays || len(p.Areas) < 2 {
		return nil
	}
	x := &scanInput{after: p.After}
	for _, a := range p.Areas {
		x.places, x.roles = append(x.places, scan.Place{Code: a.Code, X: a.Lon, Y: a.Lat}), append(x.roles, a.Role)
	}
	for _, r := range p.Records {
		if r.When.Days() <= scanDays {
			for range r.N {
				x.cases = append(x.cases, scan.Case{Place: r.Area, Day: r.When.Last})
			}
		}
	}
	seed, draws := in.study.Choices.Seed, in.study.Choices.Draws
	x.scan = scan.Options{Study: athar.Span{First: p.Before.First, Last: p.After.Last}, Unit: scanDays, Seed: seed, Draws: min(scanDraws, draws), Task: campaign}
	x.coincide = x.scan
	x.coincide.Draws, x.coincide.Task = min(coincideDeal, draws), campaign+"/coincidence"
	return x
}

// scanned looks for areas and weeks with too few or too many events around a
// campaign; nil where there is nothing to scan.
func (in *inputs) scanned(campaign string, p *athar.Pattern, v *panel.View) *athar.Scan {
	x := in.scanInput(campaign, p)
	if x == nil {
		return nil
	}
	s := scan.SpaceTime(x.places, x.cases, x.scan)
	return &athar.Scan{Unit: scanDays, Low: cylinders(s.Low), High: cylinders(s.High), Warnings: s.Warnings, Refusal: s.Refusal,
		Coincident: *x.coincidence(in.placeboCampaigns(campaign, p, v))}
}

// coincidence asks whether too few inside go together with too many around, among
// campaigns that did not happen if there are any.
func (x *scanInput) coincidence(placebos []scan.Campaign) *athar.Coincidence {
	c := scan.Coincide(x.places, x.cases, scan.Campaign{Roles: x.roles, Span: x.after}, placebos, x.coincide)
	out := &athar.Coincidence{P: c.P, PPlacebo: c.PPlacebo, MinP: c.MinP, Placebos: c.Placebos, Refusal: c.Refusal}
	if c.Low != nil {
		out.Low = &cylinders([]scan.Cylinder{*c.Low})[0]
	}
	if c.High != nil {
		out.High = &cylinders([]scan.Cylinder{*c.High})[0]
	}
	return out
}

func cylinders(list []scan.Cylinder) []athar.Cylinder {
	out := make([]athar.Cylinder, len(list))
	for i, c := range list {
		out[i] = athar.Cylinder{Areas: c.Places, Span: c.Span, Observed: c.Observed, Expected: c.Expected, Ratio: c.Ratio, P: c.P}
	}
	return out
}

// placeboCampaigns are campaigns that did not happen, as the placebo test of the
// headline finds them, with roles for the areas of a pattern: the real footprint
// and its rings take no part.
func (in *inputs) placeboCampaigns(campaign string, p *athar.Pattern, v *panel.View) []scan.Campaign {
	if in.between == nil || len(v.Rings) == 0 {
		return nil
	}
	reach := float64(v.Rings[len(v.Rings)-1].To)
	list, r := placebo.Find(v.Panel, placebo.Options{Draws: coincideWith, Seed: in.study.Choices.Seed, Task: campaign + "/coincidence", Clear: reach,
		Km: func(i, j int) float64 { return in.between(v.Area[i], v.Area[j]) }})
	start := slices.IndexFunc(v.Periods, func(q athar.Period) bool { return q.First >= p.After.First })
	if r.Refusal != nil || start < 0 {
		return nil
	}
	at := map[string]int{}
	for i, a := range v.Areas {
		at[a.Code] = i
	}
	var out []scan.Campaign
	for _, a := range list {
		if t := start - a.Shift; t < 0 || t >= len(v.Periods) {
			continue
		}
		c := scan.Campaign{Roles: make([]athar.Role, len(p.Areas)), Span: athar.Span{First: v.Periods[start-a.Shift].First}}
		c.Span.Last = min(c.Span.First+athar.Day(p.After.Days()-1), p.After.Last)
		for i, x := range p.Areas {
			c.Roles[i] = athar.LeftOut
			if x.Role == athar.Far {
				c.Roles[i] = in.roleTowards(v, at[x.Code], a.Shape)
			}
		}
		out = append(out, c)
	}
	return out
}

// roleTowards is the role of a far area towards a footprint that is made up.
func (in *inputs) roleTowards(v *panel.View, row int, shape []int) athar.Role {
	if slices.Contains(shape, row) {
		return athar.Inside
	}
	km := math.Inf(1)
	for _, s := range shape {
		km = min(km, in.between(v.Area[row], v.Area[s]))
	}
	for k, r := range v.Rings {
		if km <= float64(r.To) {
			return athar.Role(k + 1)
		}
	}
	return athar.Far
}
