package brief

import (
	"html/template"
	"strconv"

	"athar"
	"athar/brief/figure"
)

// ProfileFigure is the ring profile of one campaign.
type ProfileFigure struct {
	ID     string
	SVG    template.HTML
	During bool
	Post   bool
	// Courses are the phases that have a line over distance, by word; Refused why there is
	// none, Areas how many areas it rests on.
	Courses []string
	Areas   int
	Refused template.HTML
	Table
}

// Profile draws the ratios by distance; nil without an estimate for a ring.
func (p *page) Profile(i int) *ProfileFigure {
	c := p.Campaigns[i]
	if len(c.Rings) == 0 {
		return nil
	}
	out := &ProfileFigure{ID: p.CampaignAnchor(i) + "-profile", Table: Table{
		Head: p.head("distance", "phase", "ratio", "interval", "simultaneous", "observed", "expected")}}
	effect := func(k int, phase athar.Phase) *athar.Effect {
		for _, f := range c.Findings {
			if f.Phase == phase && estimated(f) && (k == 0 && f.Question == athar.AskInside || k > 0 && f.Question == athar.AskRing && f.Ring == k) {
				return f.Headline
			}
		}
		return nil
	}
	var values []float64
	around := false
	for k := 0; k <= len(c.Rings); k++ {
		for _, ph := range []athar.Phase{athar.During, athar.Post} {
			if e := effect(k, ph); e != nil {
				around = around || k > 0
				values = append(values, float64(e.RR), float64(e.Low), float64(e.High), float64(e.AdjLow), float64(e.AdjHigh))
			}
		}
	}
	if !around {
		return nil
	}
	fig := figure.Profile{Scale: figure.RatioScale(16, values...), Height: 230, Title: p.plain("profile.title"), Desc: p.plain("profile.desc")}
	fig.BandLow, fig.BandHigh = p.band()
	for _, v := range fig.Scale.Ticks() {
		fig.Ticks = append(fig.Ticks, figure.Tick{At: v, Label: p.tickLabel(v)})
	}
	for k := 0; k <= len(c.Rings); k++ {
		label := p.Lang.Word("role", "inside-short")
		if k > 0 {
			label = p.plain("role.band-short", "from", c.Rings[k-1].From, "to", c.Rings[k-1].To)
		}
		cat := figure.Category{Label: label}
		for _, ph := range []athar.Phase{athar.During, athar.Post} {
			e := effect(k, ph)
			name := p.ringName(athar.Role(k), c.Rings)
			phase := p.Lang.Word("word", string(ph))
			if e == nil {
				cat.Marks = append(cat.Marks, figure.Interval{RR: nan, Low: nan, High: nan, AdjLow: nan, AdjHigh: nan})
				continue
			}
			if ph == athar.During {
				out.During = true
			} else {
				out.Post = true
			}
			cat.Marks = append(cat.Marks, figure.Interval{RR: float64(e.RR), Low: float64(e.Low), High: float64(e.High),
				AdjLow: float64(e.AdjLow), AdjHigh: float64(e.AdjHigh),
				Hollow: ph == athar.Post, Class: roleClass(athar.Role(k)), Title: p.tip(p.listed(name, phase), e.RR, e.Low, e.High)})
			out.Table.Rows = append(out.Table.Rows, []string{name, phase, p.Lang.Ratio(e.RR), p.between(e.Low, e.High),
				p.between(e.AdjLow, e.AdjHigh), p.Lang.Number(e.Observed), p.Lang.Number(e.Expected)})
		}
		if effect(k, athar.During) == nil && effect(k, athar.Post) == nil {
			cat.Note = p.plain("profile.none")
		}
		fig.Categories = append(fig.Categories, cat)
	}
	for _, l := range c.Decay {
		if l.Refusal != nil {
			out.Refused = p.refusal(l.Refusal).HTML()
			continue
		}
		out.Courses, out.Areas = append(out.Courses, string(l.Phase)), l.Areas
		fig.Courses = append(fig.Courses, course(l, c.Rings))
		for i, km := range l.Km {
			if i%5 != 0 {
				continue
			}
			out.Table.Rows = append(out.Table.Rows, []string{p.plain("profile.at", "km", km), p.Lang.Word("word", string(l.Phase)), p.Lang.Ratio(l.RR[i]), "",
				p.between(l.Low[i], l.High[i])})
		}
	}
	out.SVG = fig.SVG()
	return out
}

// course lays a line over distance across the columns of the rings: every ring has a
// column, so that a km is as wide as its ring makes it.
func course(l athar.DecayLine, rings []athar.Ring) figure.Course {
	out := figure.Course{Class: string(l.Phase)}
	columns := float64(1 + len(rings))
	for i, km := range l.Km {
		k := 0
		for k < len(rings)-1 && km > rings[k].To {
			k++
		}
		at := 1 + float64(k) + float64((km-rings[k].From)/(rings[k].To-rings[k].From))
		out.Points = append(out.Points, figure.CoursePoint{At: at / columns, RR: float64(l.RR[i]), Low: float64(l.Low[i]), High: float64(l.High[i])})
	}
	return out
}

func roleClass(r athar.Role) string {
	switch {
	case r == athar.Inside:
		return "r-inside"
	case r == athar.Far:
		return "r-far"
	case r == athar.LeftOut:
		return "r-out"
	}
	return "r-ring" + strconv.Itoa(min(int(r), 4))
}
