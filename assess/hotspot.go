package assess

import (
	"maps"
	"math"
	"slices"
	"strings"

	"athar"
	"athar/displace/hotspot"
	"athar/panel"
)

// hotSpots describes the course of every area by months over the whole study; nil
// where it has a single area. Counts suffice.
func (in *inputs) hotSpots(g *panel.Grid) (*athar.HotSpots, error) {
	if in.set == nil {
		return nil, nil
	}
	if g.Unit != panel.Month {
		var err error
		if g, err = in.fill(panel.Month); err != nil {
			return nil, err
		}
	}
	near, err := in.set.Neighbours(touching)
	if err != nil { // nothing says which areas touch: the method refuses
		near = make([][]int, len(g.Areas))
	}
	// A country without a single event says that nobody counted there, not that it was
	// quiet: areas of a study's list that its data do not cover.
	months := len(g.Periods)
	counted := map[string]bool{}
	for k, n := range g.N {
		if n > 0 {
			counted[g.Areas[k/months].Country] = true
		}
	}
	var codes []string
	var counts []float64
	var left []string
	out := 0
	at := make([]int, len(g.Areas)) // in codes; -1: left out
	for i, a := range g.Areas {
		if at[i] = -1; len(counted) > 0 && !counted[a.Country] {
			out++
			left = append(left, a.Country)
			continue
		}
		at[i] = len(codes)
		codes = append(codes, a.Code)
		for t := range months {
			n := float64(g.N[i*months+t])
			if !g.Known(i, t) {
				n = math.NaN()
			}
			counts = append(counts, n)
		}
	}
	kept := make([][]int, len(codes))
	for i, list := range near {
		for _, j := range list {
			if at[i] >= 0 && at[j] >= 0 {
				kept[at[i]] = append(kept[at[i]], at[j])
			}
		}
	}
	res := hotspot.Analyse(codes, kept, counts, months)
	r := &athar.HotSpots{Span: athar.Span{First: g.Periods[0].First, Last: g.Periods[months-1].Last}, Months: months, Unknown: res.Unknown,
		All: athar.HotSpotTally{Courses: []athar.CourseCount{}}, Countries: []athar.HotSpotCountry{}, Campaigns: []athar.HotSpotRole{}, Areas: []athar.HotSpotArea{},
		Warnings: res.Warnings, Refusal: res.Refusal}
	if r.Refusal != nil {
		return r, nil
	}
	if out > 0 {
		slices.Sort(left)
		r.Warnings = append(r.Warnings, athar.NewNote("hotspot-not-counted", "n", out, "countries", strings.Join(slices.Compact(left), ", ")))
	}
	countries := map[string][]athar.HotSpotArea{}
	for _, a := range res.Areas {
		x := athar.HotSpotArea{Area: a.Code, Course: string(a.Category), Z: a.Trend.Z, PAdj: a.PAdj}
		for _, hot := range a.Hot {
			if hot {
				x.Crowded++
			}
		}
		r.Areas = append(r.Areas, x)
		i, _ := g.Area(a.Code)
		countries[g.Areas[i].Country] = append(countries[g.Areas[i].Country], x)
	}
	r.All = hotSpotTally(r.Areas)
	for _, c := range slices.Sorted(maps.Keys(countries)) {
		r.Countries = append(r.Countries, athar.HotSpotCountry{Country: c, Tally: hotSpotTally(countries[c])})
	}
	return r, nil
}

// hotSpotRoles counts the courses by what an area was to each campaign.
func hotSpotRoles(r *athar.HotSpots, campaigns []athar.CampaignReport) {
	if r == nil || r.Refusal != nil {
		return
	}
	at := map[string]athar.HotSpotArea{}
	for _, a := range r.Areas {
		at[a.Area] = a
	}
	for _, c := range campaigns {
		var sides [3][]athar.HotSpotArea
		for _, a := range c.Areas {
			x, ok := at[a.Area]
			switch {
			case !ok || a.Role == athar.LeftOut:
			case a.Role == athar.Inside:
				sides[0] = append(sides[0], x)
			case a.Role.IsRing():
				sides[1] = append(sides[1], x)
			default:
				sides[2] = append(sides[2], x)
			}
		}
		for k, role := range []string{"inside", "ring", "far"} {
			if len(sides[k]) > 0 {
				r.Campaigns = append(r.Campaigns, athar.HotSpotRole{Campaign: c.Campaign.ID, Role: role, Tally: hotSpotTally(sides[k])})
			}
		}
	}
}

// hotSpotTally counts areas by course and trend.
func hotSpotTally(areas []athar.HotSpotArea) athar.HotSpotTally {
	t := athar.HotSpotTally{Areas: len(areas), Courses: []athar.CourseCount{}}
	n := map[string]int{}
	for _, a := range areas {
		n[a.Course]++
		if a.Crowded > 0 {
			t.Crowded++
		}
		if c := hotspot.Category(a.Course); c != hotspot.None && c != hotspot.Historical { // all others are hot in the last month
			t.Last++
		}
		if a.PAdj <= hotspot.Level && a.Z > 0 {
			t.Rising++
		} else if a.PAdj <= hotspot.Level {
			t.Falling++
		}
	}
	for _, c := range hotspot.Categories {
		if n[string(c)] > 0 {
			t.Courses = append(t.Courses, athar.CourseCount{Course: string(c), N: n[string(c)]})
		}
	}
	return t
}
