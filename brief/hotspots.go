package brief

import (
	"html/template"

	"athar"
)

// HotSpotView is the course of every area over the study, as a description.
type HotSpotView struct {
	Word      athar.Verdict // CANNOT TELL for a refusal, else empty
	Says      template.HTML
	Courses   Table // by country
	Campaigns Table // by role towards each campaign
	Areas     Table // by code: those that were crowded in some month or have a trend
	Rest      int   // areas that are not in it
	Notes     []athar.Note
}

// trendLevel is the adjusted p value up to which a trend counts as one, as in
// [athar.HotSpotTally].
const trendLevel = .05

// HotSpotView is nil where the report does not ask.
func (p *page) HotSpotView() *HotSpotView {
	r := p.HotSpots
	if r == nil {
		return nil
	}
	if r.Refusal != nil {
		return &HotSpotView{Word: athar.CannotTell, Says: p.refusal(r.Refusal).HTML()}
	}
	v := &HotSpotView{Notes: r.Warnings, Says: p.t("hotspots.says", "n", r.All.Areas, "span", r.Span, "crowded", r.All.Crowded, "last", r.All.Last,
		"rising", r.All.Rising, "falling", r.All.Falling)}
	if one := p.oneCourse(); one != "" {
		v.Says += " " + p.t("hotspots.one-course", "course", p.Lang.Word("hotspot", one))
	}
	if len(r.Countries) > 1 || p.oneCourse() == "" { // else the sentence has said it
		v.Courses = p.hotSpotTable(p.plain("hotspots.country"))
		for _, c := range r.Countries {
			name := p.Lang.Word("country", c.Country)
			if name == "" {
				name = p.Lang.Word("language", "missing")
			}
			p.hotSpotRow(&v.Courses, c.Tally, name)
		}
		if len(r.Countries) > 1 {
			p.hotSpotRow(&v.Courses, r.All, p.plain("hotspots.all"))
		}
	}
	v.Campaigns = p.hotSpotTable(p.plain("column.role"))
	for i, c := range r.Campaigns {
		section := "role"
		if c.Role == "ring" {
			section = "question"
		}
		if i == 0 || r.Campaigns[i-1].Campaign != c.Campaign {
			v.Campaigns.Rows = append(v.Campaigns.Rows, []string{p.CampaignName(c.Campaign)})
		}
		p.hotSpotRow(&v.Campaigns, c.Tally, p.Lang.Word(section, c.Role))
	}
	v.Areas.Head = []string{p.plain("hotspots.code"), p.plain("column.area"), p.plain("hotspots.crowded-months"), p.plain("hotspots.z"), p.plain("hotspots.p-adj")}
	if p.oneCourse() == "" {
		v.Areas.Head = append(v.Areas.Head, p.plain("hotspots.course"))
	}
	for _, a := range r.Areas {
		if a.Crowded == 0 && !(a.PAdj <= trendLevel) {
			v.Rest++
			continue
		}
		row := []string{a.Area, p.Lang.Name(p.areas[a.Area].Name), p.Lang.Count(athar.Num(a.Crowded)), p.Lang.Value(a.Z, "signed"), p.Lang.Value(a.PAdj, "p")}
		if p.oneCourse() == "" {
			row = append(row, p.Lang.Word("hotspot", a.Course))
		}
		v.Areas.Rows = append(v.Areas.Rows, row)
	}
	return v
}

// oneCourse is the course of all areas, if they have the same.
func (p *page) oneCourse() string {
	if list := p.HotSpots.All.Courses; len(list) == 1 {
		return list[0].Course
	}
	return ""
}

// hotSpotTable has columns for the courses that some area had, if they differ.
func (p *page) hotSpotTable(first string) Table {
	t := Table{Head: []string{first, p.plain("column.areas"), p.plain("hotspots.some-month"), p.plain("hotspots.rising"), p.plain("hotspots.falling")}}
	if p.oneCourse() != "" {
		return t
	}
	for _, c := range p.HotSpots.All.Courses {
		t.Head = append(t.Head, p.Lang.Word("hotspot", c.Course))
	}
	return t
}

// hotSpotRow adds a row of counts of areas.
func (p *page) hotSpotRow(t *Table, y athar.HotSpotTally, first string) {
	row := []string{first}
	for _, n := range []int{y.Areas, y.Crowded, y.Rising, y.Falling} {
		row = append(row, p.Lang.Count(athar.Num(n)))
	}
	n := map[string]int{}
	for _, c := range y.Courses {
		n[c.Course] = c.N
	}
	if p.oneCourse() == "" {
		for _, c := range p.HotSpots.All.Courses {
			row = append(row, p.Lang.Count(athar.Num(n[c.Course])))
		}
	}
	t.Rows = append(t.Rows, row)
}
