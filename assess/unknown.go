package assess

import (
	"context"

	"athar"
	"athar/lake"
	"athar/match/actor"
	"athar/panel"
)

// unknowns are the events of a lake that name no known actor, and those of all
// other actors, arranged as the group's own.
type unknowns struct {
	unknown, other *panel.Grid
}

// loadUnknown asks the lake for the events whose side is published as unknown,
// and for those of everybody else, so that the group's count can be bounded:
// none, a fair share or all of the unknown ones could be the group's
// (METHODS.md D5). It asks for nothing where the data know every actor.
func (in *inputs) loadUnknown(ctx context.Context, l *lake.Lake, i int, q lake.PanelQuery) error {
	group := q.Group
	q.Group.Aliases, q.Group.IDs = nil, nil
	sides, err := l.Sides(ctx, q.Filter)
	if err != nil {
		return err
	}
	var names []string
	for _, s := range sides {
		if actor.Unknown(s) {
			names = append(names, s)
		}
	}
	if len(names) == 0 {
		return nil
	}
	all, err := l.Panel(ctx, q)
	if err != nil {
		return err
	}
	// The group against an unknown side is the group's already.
	q.Group.Aliases, q.Group.IDs = append(names, group.Aliases...), group.IDs
	either, err := l.Panel(ctx, q)
	if err != nil {
		return err
	}
	q.Group = group
	own, err := l.Panel(ctx, q)
	if err != nil {
		return err
	}
	add := func(to *[]row, p *lake.PanelResult, sign int) {
		for _, c := range p.Cells {
			*to = append(*to, row{area: c.Area, when: c.When, n: sign * c.N, file: i})
		}
	}
	add(&in.unknown, either, 1)
	add(&in.unknown, own, -1)
	add(&in.other, all, 1)
	add(&in.other, either, -1)
	return nil
}

// bound arranges the unknown and the other actors' events; nil where there are
// none to bound.
func (in *inputs) bound(unit panel.Unit) (*unknowns, error) {
	if len(in.unknown) == 0 {
		return nil, nil
	}
	fill := func(rows []row) (*panel.Grid, error) {
		return in.arrange(unit, func(g *panel.Grid) {
			for _, r := range rows {
				g.Add(r.area, r.when, r.n)
			}
		})
	}
	u := &unknowns{}
	var err error
	if u.unknown, err = fill(in.unknown); err != nil {
		return nil, err
	}
	u.other, err = fill(in.other)
	return u, err
}

// bounds fits the headline model once with a fair share of the unknown actors'
// events and once with all of them.
func (a *answers) bounds(v *panel.View, u *unknowns) {
	if u == nil || a.noControl {
		return
	}
	b, refusal := actor.Bound(v.Panel, v.Recount(u.other), v.Recount(u.unknown))
	if refusal != nil {
		a.notes = append(a.notes, refusal.Reason)
		return
	}
	for _, s := range b.Shares {
		if s.Role == athar.Inside {
			a.unknownInside += s.Unknown
			a.knownInside += s.Group
		}
	}
	for _, c := range []struct {
		spec string
		p    *athar.Panel
	}{{"unknown=pro-rata", b.ProRata}, {"unknown=all", b.All}} {
		list := a.likeHeadline(c.p)
		widenAll(list, c.p)
		for i := range list {
			list[i].Spec = c.spec
		}
		a.bounded = append(a.bounded, list...)
	}
	a.keep(a.bounded...)
}
