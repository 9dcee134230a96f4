package actor

import (
	"slices"

	"athar"
)

// Share is how many events of one role in one period name no actor.
type Share struct {
	Role    athar.Role
	Period  int // index in the panel
	Group   float64
	Other   float64
	Unknown float64
}

// Rate is the share of events whose actor is not known, 0..1; 0 without
// events.
func (s Share) Rate() float64 {
	if all := s.Group + s.Other + s.Unknown; all > 0 {
		return s.Unknown / all
	}
	return 0
}

// Bounds are three panels of one group, which differ in what they make of the
// events whose actor is not known.
type Bounds struct {
	None    *athar.Panel // none of them is the group's: the lowest count
	ProRata *athar.Panel // as many as among the known actors of the same role and period
	All     *athar.Panel // all of them are: the highest count
	Shares  []Share      // by role and period
}

// Bound bounds a group's counts by what the events of unknown actors may be
// (METHODS.md D5). The three panels hold the events of the group, of other
// known actors, and of unknown ones; they must be of one shape. In each cell
//
//	none = group, all = group + unknown, pro rata = group + unknown p
//
// where p = group/(group + other) over the used cells of the same role and
// period; where those have no known actor, over the role in all periods; and
// where there is none either, over everything. It refuses if no event at all
// has a known actor, for then pro rata has no meaning.
func Bound(group, other, unknown *athar.Panel) (*Bounds, *athar.Refusal) {
	n := len(group.Areas) * len(group.Periods)
	for _, p := range []*athar.Panel{other, unknown} {
		if !slices.Equal(p.Areas, group.Areas) || len(p.Periods) != len(group.Periods) || len(p.Count) != n {
			return nil, &athar.Refusal{Reason: athar.Note{Code: "actor-panels-differ"}}
		}
	}
	type sum struct{ group, other, unknown float64 }
	byPeriod, byRole := map[[2]int]sum{}, map[athar.Role]sum{}
	var all sum
	for i, a := range group.Areas {
		for t := range group.Periods {
			k := group.At(i, t)
			if !group.Use[k] {
				continue
			}
			add := func(s sum) sum {
				return sum{s.group + group.Count[k], s.other + other.Count[k], s.unknown + unknown.Count[k]}
			}
			key := [2]int{int(a.Role), t}
			byPeriod[key], byRole[a.Role], all = add(byPeriod[key]), add(byRole[a.Role]), add(all)
		}
	}
	if all.group+all.other == 0 {
		return nil, &athar.Refusal{Reason: athar.Note{Code: "actor-none-known"}}
	}
	copyOf := func() *athar.Panel {
		p := *group
		p.Count = slices.Clone(group.Count)
		return &p
	}
	b := &Bounds{None: copyOf(), ProRata: copyOf(), All: copyOf()}
	for i, a := range group.Areas {
		for t := range group.Periods {
			k := group.At(i, t)
			s := byPeriod[[2]int{int(a.Role), t}]
			if s.group+s.other == 0 {
				s = byRole[a.Role]
			}
			if s.group+s.other == 0 {
				s = all
			}
			b.ProRata.Count[k] += unknown.Count[k] * s.group / (s.group + s.other)
			b.All.Count[k] += unknown.Count[k]
		}
	}
	var roles []athar.Role
	for r := range byRole {
		roles = append(roles, r)
	}
	slices.Sort(roles)
	for _, r := range roles {
		for t := range group.Periods {
			s := byPeriod[[2]int{int(r), t}]
			b.Shares = append(b.Shares, Share{Role: r, Period: t, Group: s.group, Other: s.other, Unknown: s.unknown})
		}
	}
	return b, nil
}
