// Package acled reads exports of the Armed Conflict Location and Event Data
// project, current and older ones, from its site, its interface or HDX.
//
// The package thinks that an export is a snapshot of a database that is still
// being written: what identifies an event is event_id_cnty, so a monadic
// export, which lists an event once for every actor, must not count it twice.
// The order of the two actors says nothing about who began a fight; only for
// remote violence and violence against civilians is actor1 the one who acts.
// Associated actors are not sides. Notes and sources are never read.
//
// Raleigh, Linke, Hegre and Karlsen (2010), J. Peace Research 47(5) 651-660;
// ACLED codebook.
package acled

import (
	"context"

	"athar"
	"athar/source/event"
	"athar/tabular"
)

// Fields are the columns that are used, by the names under which they are published.
var Fields = []tabular.Field{
	{Name: "event_id_cnty", Needed: true, Usual: []string{"event_id_cnty"}},
	{Name: "event_date", Needed: true, Usual: []string{"event_date"}},
	{Name: "time_precision", Usual: []string{"time_precision"}},
	{Name: "event_type", Needed: true, Usual: []string{"event_type"}},
	{Name: "sub_event_type", Usual: []string{"sub_event_type"}},
	{Name: "actor1", Needed: true, Usual: []string{"actor1"}},
	{Name: "assoc_actor_1", Usual: []string{"assoc_actor_1", "ally_actor_1"}},
	{Name: "inter1", Usual: []string{"inter1"}},
	{Name: "actor2", Usual: []string{"actor2"}},
	{Name: "assoc_actor_2", Usual: []string{"assoc_actor_2", "ally_actor_2"}},
	{Name: "country", Usual: []string{"country"}},
	{Name: "latitude", Needed: true, Usual: []string{"latitude"}},
	{Name: "longitude", Needed: true, Usual: []string{"longitude"}},
	{Name: "geo_precision", Usual: []string{"geo_precision"}},
	{Name: "fatalities", Usual: []string{"fatalities"}},
	{Name: "area"},
}

var private = []string{"notes", "source", "tags"}

// Kinds maps event_type and sub_event_type.
var Kinds = []event.KindRow{
	{Code: "Battles: Armed clash", Kind: athar.Clash},
	{Code: "Battles: Government regains territory", Kind: athar.Territory},
	{Code: "Battles: Non-state actor overtakes territory", Kind: athar.Territory},
	{Code: "Explosions/Remote violence: Chemical weapon", Kind: athar.Attack, Forces: athar.Operation},
	{Code: "Explosions/Remote violence: Air/drone strike", Kind: athar.AirStrike},
	{Code: "Explosions/Remote violence: Suicide bomb", Kind: athar.Attack},
	{Code: "Explosions/Remote violence: Shelling/artillery/missile attack", Kind: athar.Attack, Forces: athar.Operation},
	{Code: "Explosions/Remote violence: Remote explosive/landmine/IED", Kind: athar.Attack, Forces: athar.Operation},
	{Code: "Explosions/Remote violence: Grenade", Kind: athar.Attack, Forces: athar.Operation},
	{Code: "Protests: Peaceful protest", Kind: athar.OtherEvent},
	{Code: "Protests: Protest with intervention", Kind: athar.OtherEvent},
	{Code: "Protests: Excessive force against protesters", Kind: athar.OtherEvent},
	{Code: "Riots: Violent demonstration", Kind: athar.OtherEvent},
	{Code: "Riots: Mob violence", Kind: athar.OtherEvent},
	{Code: "Strategic developments: Agreement", Kind: athar.OtherEvent},
	{Code: "Strategic developments: Arrests", Kind: athar.Arrest},
	{Code: "Strategic developments: Change to group/activity", Kind: athar.OtherEvent},
	{Code: "Strategic developments: Disrupted weapons use", Kind: athar.Seizure, Label: "also caches, defused devices, drones shot down"},
	{Code: "Strategic developments: Headquarters or base established", Kind: athar.OtherEvent},
	{Code: "Strategic developments: Looting/property destruction", Kind: athar.Looting},
	{Code: "Strategic developments: Non-violent transfer of territory", Kind: athar.Territory},
	{Code: "Strategic developments: Other", Kind: athar.OtherEvent},
	{Code: "Violence against civilians: Sexual violence", Kind: athar.Attack, Forces: athar.OtherEvent},
	{Code: "Violence against civilians: Attack", Kind: athar.Attack, Forces: athar.OtherEvent},
	{Code: "Violence against civilians: Abduction/forced disappearance", Kind: athar.Attack, Forces: athar.OtherEvent},
	// Files without sub_event_type.
	{Code: "Battles", Kind: athar.Clash},
	{Code: "Explosions/Remote violence", Kind: athar.Attack, Forces: athar.Operation},
	{Code: "Violence against civilians", Kind: athar.Attack, Forces: athar.OtherEvent},
	// Event types of the years before 2019.
	{Code: "Battle-No change of territory", Kind: athar.Clash},
	{Code: "Battle-Government regains territory", Kind: athar.Territory},
	{Code: "Battle-Non-state actor overtakes territory", Kind: athar.Territory},
	{Code: "Remote violence", Kind: athar.Attack, Forces: athar.Operation},
	{Code: "Non-violent transfer of territory", Kind: athar.Territory},
}

var kinds = event.Table(Kinds)

// places are the classes of geo_precision: the place itself; a place near by;
// the region, shown at its capital.
var places = [...]athar.PlacePrecision{athar.PlaceUnknown, athar.PlaceExact, athar.PlaceNear, athar.PlaceProvince}

// Read emits the events in which the group is on a side, in the order of the
// file. A class is "event_type: sub_event_type". The time of an event is its
// day (time_precision 1), the week around it (2) or its calendar month (3).
// Fatalities are one figure: low, best and high are the same.
func Read(ctx context.Context, f *tabular.File, t *tabular.Tally, o event.Options, emit func(*athar.Event) error) error {
	if err := f.Start(",;\t", tabular.Score(Fields, o.Columns), nil); err != nil {
		return err
	}
	r := reader{f: f, classes: map[[2]string]class{}, group: o.Group.Clean()}
	return event.Walk(ctx, f, t, &o, event.Source{Name: "ACLED", Fields: Fields, Private: private, Classes: event.Codes(Kinds), Sides: r.sides, Rest: r.rest, Also: r.associate}, emit)
}

type class struct {
	name string
	kind event.KindRow
}

type reader struct {
	f       *tabular.File
	classes map[[2]string]class // by event_type and sub_event_type
	group   event.Group
}

func (r *reader) sides(row tabular.Row, e *athar.Event) {
	e.SideA, e.SideB = r.f.Keep(row.Cell("actor1")), r.f.Keep(row.Cell("actor2"))
}

// associate marks rows in which the group is only associated with a side.
func (r *reader) associate(row tabular.Row) string {
	for _, field := range [...]string{"assoc_actor_1", "assoc_actor_2"} {
		if cell := row.Cell(field); cell != "" && (r.group.IsName(cell) || r.group.InCoalition(cell)) {
			return "group-only-associated"
		}
	}
	return ""
}

func (r *reader) rest(row tabular.Row, e *athar.Event) (fault *tabular.Fault) {
	if e.ID, fault = event.Published(row, "event_id_cnty"); fault != nil {
		return fault
	}
	c := r.class(row.Cell("event_type"), row.Cell("sub_event_type"))
	e.Class, e.Kind = c.name, c.kind.By(sort(row.Cell("inter1")))
	if e.When, fault = r.when(row); fault != nil {
		return fault
	}
	if e.Lon, e.Lat, e.HasPoint, fault = row.Point("latitude", "longitude"); fault != nil {
		return fault
	}
	place, fault := event.Class(row, "geo_precision", len(places)-1)
	if fault != nil {
		return fault
	}
	e.Place = places[place]
	if e.Deaths, e.HasDeaths, fault = event.Deaths(row, "", "fatalities", ""); fault != nil {
		return fault
	}
	e.Country, e.AreaCode = r.f.Keep(row.Cell("country")), r.f.Keep(row.Cell("area"))
	return nil
}

func (r *reader) class(event, sub string) class {
	if c, ok := r.classes[[2]string{event, sub}]; ok {
		return c
	}
	event, sub = r.f.Keep(event), r.f.Keep(sub)
	c := class{name: event}
	if sub != "" {
		c.name += ": " + sub
	}
	c.kind = kinds.Exact(c.name)
	r.classes[[2]string{event, sub}] = c
	return c
}

// sort reads inter1, a number in older files and a text in newer ones.
func sort(inter string) event.Sort {
	switch inter {
	case "1", "State forces", "8", "External/Other forces", "External/other forces":
		return event.Forces
	case "2", "Rebel group", "Rebel groups", "3", "Political militia", "Political militias", "4", "Identity militia", "Identity militias":
		return event.Armed
	case "", "0":
		return event.Unsaid
	}
	return event.Others
}

func (r *reader) when(row tabular.Row) (athar.Span, *tabular.Fault) {
	day, fault := event.OneDay(r.f, row, "event_date")
	if fault != nil {
		return athar.Span{}, fault
	}
	precision, fault := event.Class(row, "time_precision", 3)
	switch precision {
	case 2:
		return athar.Span{First: day - 3, Last: day + 3}, fault
	case 3:
		return tabular.Month.Around(day), fault
	}
	return athar.Span{First: day, Last: day}, fault
}
