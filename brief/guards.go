package brief

import (
	"html/template"
	"slices"

	"athar"
)

// GuardGroup is the checks that came to one status.
type GuardGroup struct {
	Status athar.Status
	Guards []GuardItem
}

// GuardItem is one check as a strip shows it.
type GuardItem struct {
	Name string
	Says template.HTML // empty where the strip counts campaigns
	N    int           // how many sets of checks, where it counts them
}

// statuses in the order of a strip: what changes a headline comes first.
var statuses = []athar.Status{athar.Fired, athar.Blind, athar.Quiet}

// Strip groups the checks of one campaign or total by what they came to.
func (p *page) Strip(list []athar.Guard) []GuardGroup {
	var out []GuardGroup
	for _, st := range statuses {
		g := GuardGroup{Status: st}
		for _, x := range list {
			if x.Status == st {
				g.Guards = append(g.Guards, GuardItem{Name: p.Lang.Word("guard", x.Code), Says: p.note(x.Says).HTML()})
			}
		}
		if g.Guards != nil {
			out = append(out, g)
		}
	}
	return out
}

// tally counts, over several sets of checks, those that fired and those that
// could not run, most often first.
func (p *page) tally(sets [][]athar.Guard) []GuardGroup {
	var out []GuardGroup
	for _, st := range statuses[:2] {
		g := GuardGroup{Status: st}
		for _, set := range sets {
			for _, x := range set {
				if x.Status != st {
					continue
				}
				name := p.Lang.Word("guard", x.Code)
				i := slices.IndexFunc(g.Guards, func(y GuardItem) bool { return y.Name == name })
				if i < 0 {
					i = len(g.Guards)
					g.Guards = append(g.Guards, GuardItem{Name: name})
				}
				g.Guards[i].N++
			}
		}
		slices.SortStableFunc(g.Guards, func(a, b GuardItem) int { return b.N - a.N })
		if g.Guards != nil {
			out = append(out, g)
		}
	}
	return out
}

// FiredMost lists the checks that fired in more than one campaign, most often
// first, at most four.
func (p *page) FiredMost() []string {
	var sets [][]athar.Guard
	for _, c := range p.Campaigns {
		sets = append(sets, c.Guards)
	}
	var out []string
	for _, g := range p.tally(sets) {
		if g.Status != athar.Fired {
			continue
		}
		for _, x := range g.Guards {
			if x.N > 1 && len(out) < 4 {
				out = append(out, p.plain("page.fired-times", "guard", x.Name, "n", x.N))
			}
		}
	}
	return out
}
