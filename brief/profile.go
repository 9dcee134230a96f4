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
	out.SVG = fig.SVG()
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
