package event

import (
	"slices"
	"strings"

	"athar/tabular"
)

// Group is the armed group whose events are kept, for formats that list the
// events of everybody.
type Group struct {
	Aliases []string // names as sources write them, compared without case
	IDs     []string // identifiers, e.g. UCDP actor id "234"
}

// Clean returns the group without blank aliases and identifiers, which would
// match sides that nobody named.
func (g Group) Clean() Group {
	blank := func(s string) bool { return strings.TrimSpace(s) == "" }
	return Group{slices.DeleteFunc(slices.Clone(g.Aliases), blank), slices.DeleteFunc(slices.Clone(g.IDs), blank)}
}

// Named reports whether the group has a name or an identifier at all.
func (g Group) Named() bool { return len(g.Aliases)+len(g.IDs) > 0 }

// IsID reports whether a published identifier is the group's.
func (g Group) IsID(id string) bool {
	return slices.Contains(g.IDs, tabular.Identifier(id))
}

// IsName reports whether a published name is the group's.
func (g Group) IsName(name string) bool {
	return slices.ContainsFunc(g.Aliases, func(a string) bool { return sameName(a, name) })
}

// InCoalition reports whether a side that lists several organisations,
// separated by commas or semicolons, lists the group.
func (g Group) InCoalition(side string) bool {
	if !strings.ContainsAny(side, ",;") {
		return false
	}
	for member := range strings.FieldsFuncSeq(side, func(r rune) bool { return r == ',' || r == ';' }) {
		if g.IsName(member) {
			return true
		}
	}
	return false
}

func sameName(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}
