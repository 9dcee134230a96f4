package match

import (
	"slices"
	"strings"

	"athar"
	"athar/match/actor"
)

// NearKm is the radius within which a place is taken to be known that is near
// a named one or is a district's. Districts may be larger; a larger radius
// would invent duplicates, a smaller one misses some.
const NearKm = 25

// Input is what [Find] needs of a set of events.
type Input struct {
	Records    []Record
	Taxonomies []*Taxonomy
	// Left counts the events that are not matched, by reason: "no-point" and
	// "place-too-coarse" (known to the governorate or worse). They stay as they
	// are.
	Left map[string]int
}

// FromEvents makes records of events of several datasets, with two
// taxonomies. The kind: itself, then armed action, measure of the forces,
// property or other. The sides: the two organisations, then their families,
// then the families of the
// armed groups among them, or of all if there is none. An organisation that the
// table does not have stands for itself under its published name, and unknown
// actors of two sources are alike.
func FromEvents(events []athar.Event, table *actor.Table) *Input {
	in := &Input{Taxonomies: []*Taxonomy{NewTaxonomy("kind", 2), NewTaxonomy("sides", 3)}, Left: map[string]int{}}
	kinds, sides := in.Taxonomies[0], in.Taxonomies[1]
	for _, k := range append(athar.Kinds(), "") {
		must(kinds.Add("", string(k), "kind: "+string(k), broad(k)))
	}
	for _, e := range events {
		r := Record{Ref: Ref{e.Dataset, e.ID}, When: e.When, Lon: e.Lon, Lat: e.Lat}
		switch {
		case !e.HasPoint:
			in.Left["no-point"]++
			continue
		case e.Place == athar.PlaceNear || e.Place == athar.PlaceDistrict:
			r.Km = NearKm
		case e.Place > athar.PlaceDistrict:
			in.Left["place-too-coarse"]++
			continue
		}
		levels := sidesOf(&e, table)
		must(sides.Add("", levels[0], levels[:]...))
		r.Codes = []string{string(e.Kind), levels[0]}
		in.Records = append(in.Records, r)
	}
	return in
}

// must panics where the taxonomies built here contradict themselves.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func broad(k athar.Kind) string {
	switch k {
	case athar.Attack, athar.Clash, athar.Operation, athar.AirStrike, athar.Territory:
		return "armed action"
	case athar.Arrest, athar.Seizure:
		return "measure of the forces"
	case athar.Looting:
		return "property"
	}
	return "other"
}

// sidesOf is the three levels of an event's sides. The organisations of one
// side are written in order, and the sides too, because sources do not agree
// on who comes first. Level 1 decides the other two: it is written in ids, or
// else in the name that stands for itself.
func sidesOf(e *athar.Event, table *actor.Table) [3]string {
	var ids, families, groups []string
	for _, name := range []string{e.SideA, e.SideB} {
		var id, family []string
		for _, s := range table.Sides(name, e.Country, e.When.First) {
			switch {
			case s.Known:
				id, family = append(id, s.Actor.ID), append(family, s.Actor.Family)
				if s.Actor.Role == actor.Group {
					groups = append(groups, s.Actor.Family)
				}
			case actor.Unknown(s.Published):
				id, family, groups = append(id, "unknown"), append(family, "unknown"), append(groups, "unknown")
			default:
				own := "published: " + actor.Normalise(s.Published)
				id, family, groups = append(id, own), append(family, own), append(groups, own)
			}
		}
		ids, families = append(ids, joined(id, "+")), append(families, joined(family, "+"))
	}
	if groups == nil {
		groups = families
	}
	return [3]string{"sides: " + joined(ids, " / "), "families: " + joined(families, " / "), "groups: " + joined(groups, "+")}
}

func joined(words []string, by string) string {
	slices.Sort(words)
	return strings.Join(slices.Compact(words), by)
}
