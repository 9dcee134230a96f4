package brief

import (
	"html/template"

	"athar"
	"athar/brief/figure"
)

// PooledPage is the answer for all campaigns together.
type PooledPage struct {
	Answered
	Of      *athar.PooledReport
	Members []string // names of the campaigns in it
	Inside  *SeriesPanel
	Around  *RingSeries
	Profile *ProfileFigure
	Columns []FindingColumn
	Effects Table
	Differ  []athar.Note // what is known of how the campaigns differ
	Others  []athar.Note
}

const pooledAnchor = "together"

// PooledName is what the page calls all campaigns together.
func (p *page) PooledName() athar.Names {
	return athar.Names{En: p.Lang.Word("pooled", "name")}
}

// Together is the answer for all campaigns together; nil without one.
func (p *page) Together() *PooledPage {
	r := p.Pooled
	if r == nil {
		return nil
	}
	out := &PooledPage{Of: r, Answered: Answered{Name: p.PooledName(), Anchor: pooledAnchor, Guards: r.Guards}}
	for _, id := range r.Campaigns {
		out.Members = append(out.Members, p.CampaignName(id))
	}
	for _, f := range r.Findings {
		if f.Question == athar.AskInside {
			out.Lines = append(out.Lines, p.line(f, r.Rings, p.Lang.Word("word", string(f.Phase))))
		}
	}
	for _, n := range r.Notes {
		if n.Code == "joint-range" {
			out.Differ = append(out.Differ, n)
		} else {
			out.Others = append(out.Others, n)
		}
	}
	out.Columns = p.Columns(r.Findings, r.Rings)
	out.Effects = p.EffectTable(r.Effects, r.Rings)
	shaded := running(r.Periods)
	for _, s := range r.Series {
		switch {
		case s.Role == athar.Inside:
			x := p.series(pooledAnchor+"-series", p.plain("pooled.series"), r.Periods, s, "r-inside", shaded, false)
			out.Inside = &x
		case s.Role.IsRing():
			if out.Around == nil {
				out.Around = &RingSeries{Table: Table{Head: p.head("distance", "period", "phase", "observed", "expected", "band")}}
			}
			role := p.ringName(s.Role, r.Rings)
			x := p.series("", role, r.Periods, s, roleClass(s.Role), shaded, true)
			out.Around.Panels = append(out.Around.Panels, x)
			for _, row := range x.Rows {
				out.Around.Rows = append(out.Around.Rows, append([]string{role}, row...))
			}
		}
	}
	// The profile is that of a campaign with these findings.
	q := *p
	q.Report = &athar.Report{Campaigns: []athar.CampaignReport{{Rings: r.Rings, Findings: r.Findings}}}
	if out.Profile = q.Profile(0); out.Profile != nil {
		out.Profile.ID = pooledAnchor + "-profile"
	}
	return out
}

// running are the stretches of periods in which some campaign ran.
func running(periods []athar.Period) []figure.Window {
	axis := newTimeAxis(periods)
	var out []figure.Window
	open := false
	for _, q := range periods {
		on := q.Phase == athar.During
		if on && !open {
			out = append(out, figure.Window{From: axis.at(q.First), Class: "sure"})
		}
		if open = on; on {
			out[len(out)-1].To = axis.at(q.Last + 1)
		}
	}
	return out
}

// AllGroups lists the findings of all campaigns together, then those of every
// campaign and total.
func (p *page) AllGroups() []FindingGroup {
	groups := p.FindingGroups()
	if p.Pooled == nil {
		return groups
	}
	g := FindingGroup{Name: p.PooledName(), Anchor: pooledAnchor}
	for _, f := range p.Pooled.Findings {
		if f.Question != athar.AskRing {
			g.Rows = append(g.Rows, p.row(f, p.Pooled.Rings))
		}
	}
	return append([]FindingGroup{g}, groups...)
}

// Estimand says in words what the pooled answer is an answer about.
func (p *page) Estimand() []template.HTML {
	var out []template.HTML
	for _, k := range p.Lang.Keys("estimand") {
		out = append(out, p.t("estimand."+k))
	}
	return out
}
