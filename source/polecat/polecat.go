// Package polecat reads POLECAT, the machine-coded events that follow ICEWS in
// the PLOVER scheme.
//
// The package thinks that rows are mentions: the same event comes once for
// every story that tells it, under different numbers. Two rows are one event
// if they agree in date, type, mode, actor, recipient, place and coordinates;
// the identifier that is kept is made of these and not the published one,
// which names a story's copy. Names of persons, titles and links to them are
// not read.
//
// Halterman et al. (2023), POLECAT, doi:10.7910/DVN/AJGVIT; PLOVER codebook.
package polecat

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"

	"athar"
	"athar/source/cameo"
	"athar/source/event"
	"athar/tabular"
)

// Fields are the columns that are used, by the names under which they are published.
var Fields = func() []tabular.Field {
	list := []tabular.Field{
		{Name: "event_id", Needed: true}, {Name: "event_date", Needed: true}, {Name: "event_type", Needed: true}, {Name: "event_mode"},
		{Name: "actor_name"}, {Name: "actor_country"}, {Name: "primary_actor_sector", Needed: true}, {Name: "actor_sectors"},
		{Name: "recipient_name"}, {Name: "recipient_country"}, {Name: "primary_recipient_sector"}, {Name: "recipient_sectors"},
		{Name: "city"}, {Name: "district"}, {Name: "province"}, {Name: "country"}, {Name: "latitude", Needed: true}, {Name: "longitude", Needed: true},
		{Name: "geonames_id"}, {Name: "feature_type"},
	}
	for i, f := range list {
		list[i].Usual = []string{f.Name}
	}
	return append(list, tabular.Field{Name: "area"})
}()

var private = []string{"actor_title", "actor_name_raw", "wikipedia_actor_id", "recipient_title", "recipient_name_raw", "wikipedia_recipient_id",
	"placename", "raw_placename", "source", "story_people", "story_organizations", "story_locations"}

// Kinds maps event type and mode.
var Kinds = []event.KindRow{
	{Code: "assault", Kind: athar.Attack, Forces: athar.Operation},
	{Code: "assault: aerial", Kind: athar.AirStrike},
	{Code: "assault: drone", Kind: athar.AirStrike},
	{Code: "assault: destroy", Kind: athar.Looting, Forces: athar.Operation},
	{Code: "assault: abduct", Kind: athar.Attack, Forces: athar.OtherEvent},
	{Code: "assault: torture", Kind: athar.Attack, Forces: athar.OtherEvent},
	{Code: "assault: sexual", Kind: athar.Attack, Forces: athar.OtherEvent},
	{Code: "assault: beat", Kind: athar.Attack, Forces: athar.OtherEvent},
	{Code: "assault: crowd-control", Kind: athar.OtherEvent},
	{Code: "coerce: arrest", Kind: athar.Arrest},
	{Code: "coerce: seize", Label: "things and places", Kind: athar.Looting, Forces: athar.Seizure},
	{Code: "retreat: withdraw", Kind: athar.Territory},
}

var kinds = event.Table(Kinds)

// Read emits the events in which the group is on a side, in the order of the
// file. A class is "type: mode". The actor acts on the recipient.
func Read(ctx context.Context, f *tabular.File, t *tabular.Tally, o event.Options, emit func(*athar.Event) error) error {
	if err := f.Start("\t,", tabular.Score(Fields, o.Columns), nil); err != nil {
		return err
	}
	r := reader{f: f, namer: cameo.NewNamer(o)}
	return event.Walk(ctx, f, t, &o, event.Source{Name: "POLECAT", Fields: Fields, Private: private, Classes: event.Codes(Kinds), Sides: r.sides, Rest: r.rest}, emit)
}

type reader struct {
	f     *tabular.File
	namer *cameo.Namer
	actor event.Sort
}

func (r *reader) sides(row tabular.Row, e *athar.Event) {
	e.SideA, r.actor = r.side(row, "actor")
	e.SideB, _ = r.side(row, "recipient")
}

// side calls an actor by the organisations among its names, or by its primary
// sector.
func (r *reader) side(row tabular.Row, who string) (string, event.Sort) {
	codes := append([]string{cameo.Cell(row, "primary_"+who+"_sector")}, multi(cameo.Cell(row, who+"_sectors"))...)
	if codes[0] != "" {
		codes = codes[:1]
	}
	country := ""
	if c := multi(cameo.Cell(row, who+"_country")); len(c) > 0 {
		country = c[0]
	}
	side, s := r.namer.ByCodes("", country, codes...)
	var organisations []string
	for _, name := range multi(cameo.Cell(row, who+"_name")) {
		if org := r.namer.Organisation(name); org != "" {
			organisations = append(organisations, org)
		}
	}
	if len(organisations) > 0 {
		side = strings.Join(organisations, "; ")
	}
	return r.f.Keep(side), s
}

// multi cuts a list at its semicolons.
func multi(s string) []string {
	if s == "" {
		return nil
	}
	list := strings.Split(s, ";")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}

func (r *reader) rest(row tabular.Row, e *athar.Event) *tabular.Fault {
	if row.Cell("event_id") == "" {
		return &tabular.Fault{Field: "event_id", Reason: "no-id", Detail: "the id is blank"}
	}
	day, fault := event.OneDay(r.f, row, "event_date")
	if fault != nil {
		return fault
	}
	e.When = athar.Span{First: day, Last: day}
	kind, mode := strings.ToLower(cameo.Cell(row, "event_type")), strings.ToLower(cameo.Cell(row, "event_mode"))
	if kind == "" {
		return &tabular.Fault{Field: "event_type", Reason: "bad-type", Detail: "the type is blank"}
	}
	e.Class = kind
	if mode != "" {
		e.Class += ": " + mode
	}
	e.Class = r.f.Keep(e.Class)
	e.Kind = kindOf(e.Class, kind, r.actor)
	if cameo.Cell(row, "latitude") != "" || cameo.Cell(row, "longitude") != "" {
		if e.Lon, e.Lat, e.HasPoint, fault = row.Point("latitude", "longitude"); fault != nil {
			return fault
		}
	}
	e.Country, e.AreaCode = r.f.Keep(cameo.Country(cameo.Cell(row, "country"))), r.f.Keep(row.Cell("area"))
	e.Place = place(row, e.Country)
	e.ID = key(row, e)
	return nil
}

func kindOf(class, kind string, actor event.Sort) athar.Kind {
	if row, ok := kinds[class]; ok {
		return row.By(actor)
	}
	return kinds.Exact(kind).By(actor)
}

// place reads the GeoNames feature code: PPL and its relatives are populated
// places, ADM1 and below administrative units, PCL countries, RGN regions;
// anything else is as good as the smallest unit that is filled in.
func place(row tabular.Row, country string) athar.PlacePrecision {
	feature := cameo.Cell(row, "feature_type")
	switch {
	case strings.HasPrefix(feature, "PPL"):
		return athar.PlaceExact
	case feature == "ADM1":
		return athar.PlaceProvince
	case strings.HasPrefix(feature, "ADM"):
		return athar.PlaceDistrict
	case strings.HasPrefix(feature, "PCL"):
		return athar.PlaceCountry
	case strings.HasPrefix(feature, "RGN"):
		return athar.PlaceFuzzy
	case cameo.Cell(row, "city") != "":
		return athar.PlaceExact
	case cameo.Cell(row, "district") != "":
		return athar.PlaceDistrict
	case cameo.Cell(row, "province") != "":
		return athar.PlaceProvince
	case country != "":
		return athar.PlaceCountry
	}
	return athar.PlaceUnknown
}

// key identifies an event by what its rows share (see the package comment),
// as a 64-bit hash.
func key(row tabular.Row, e *athar.Event) string {
	h := fnv.New64a()
	for _, s := range []string{e.When.First.String(), e.Class, cameo.Cell(row, "actor_name"), e.SideA, cameo.Cell(row, "recipient_name"), e.SideB,
		cameo.Cell(row, "geonames_id"), cameo.Cell(row, "latitude"), cameo.Cell(row, "longitude")} {
		_, _ = h.Write([]byte(s))
		_, _ = h.Write([]byte{0})
	}
	return fmt.Sprintf("P%016x", h.Sum64())
}
