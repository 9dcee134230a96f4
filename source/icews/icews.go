// Package icews reads the event tables of the Integrated Crisis Early Warning
// System as published by Harvard Dataverse.
//
// The package thinks that an identifier must not be trusted because it is
// called one: numbers repeat over the years, so an event is known by its
// number and its date. The date is that of publication. The place is the
// smallest unit that is filled in. Names of actors are read only to recognise
// organisations.
//
// Boschee et al. (2015), ICEWS Coded Event Data, doi:10.7910/DVN/28075.
package icews

import (
	"context"

	"athar"
	"athar/source/cameo"
	"athar/source/event"
	"athar/tabular"
)

// Fields are the columns that are used, by the names under which they are published.
var Fields = func() []tabular.Field {
	list := []tabular.Field{
		{Name: "event_id", Needed: true}, {Name: "event_date", Needed: true},
		{Name: "source_name"}, {Name: "source_sectors", Needed: true}, {Name: "source_country"},
		{Name: "target_name"}, {Name: "target_sectors", Needed: true}, {Name: "target_country"},
		{Name: "cameo_code", Needed: true}, {Name: "city"}, {Name: "district"}, {Name: "province"}, {Name: "country"},
		{Name: "latitude", Needed: true}, {Name: "longitude", Needed: true},
	}
	for i, f := range list {
		list[i].Usual = []string{f.Name}
	}
	return append(list, tabular.Field{Name: "area"})
}()

var private = []string{"event_text", "publisher"}

// Read emits the events in which the group is on a side, in the order of the
// file. A class is the CAMEO code; one is asked
// for by its beginning too, "19" for all of 190 to 196. The source of an event acts on its target.
func Read(ctx context.Context, f *tabular.File, t *tabular.Tally, o event.Options, emit func(*athar.Event) error) error {
	if err := f.Start("\t,", tabular.Score(Fields, o.Columns), nil); err != nil {
		return err
	}
	o.Filter.Codes = true
	r := reader{f: f, namer: cameo.NewNamer(o)}
	return event.Walk(ctx, f, t, &o, event.Source{Name: "ICEWS", Fields: Fields, Private: private, Classes: event.Codes(cameo.Kinds), Sides: r.sides, Rest: r.rest}, emit)
}

type reader struct {
	f     *tabular.File
	namer *cameo.Namer
	actor event.Sort
}

func (r *reader) sides(row tabular.Row, e *athar.Event) {
	e.SideA, r.actor = r.namer.ByNames(cameo.Cell(row, "source_name"), cameo.Cell(row, "source_country"), cameo.Cell(row, "source_sectors"))
	e.SideB, _ = r.namer.ByNames(cameo.Cell(row, "target_name"), cameo.Cell(row, "target_country"), cameo.Cell(row, "target_sectors"))
	e.SideA, e.SideB = r.f.Keep(e.SideA), r.f.Keep(e.SideB)
}

func (r *reader) rest(row tabular.Row, e *athar.Event) *tabular.Fault {
	id, fault := event.Published(row, "event_id")
	if fault != nil {
		return fault
	}
	day, fault := event.OneDay(r.f, row, "event_date")
	if fault != nil {
		return fault
	}
	e.ID = id + "/" + day.String()
	e.When = athar.Span{First: day, Last: day}
	e.Class = r.f.Keep(code(cameo.Cell(row, "cameo_code")))
	if e.Class == "" {
		return &tabular.Fault{Field: "cameo_code", Reason: "bad-type", Detail: "the code is blank"}
	}
	e.Kind = cameo.Kind(e.Class, r.actor)
	lat, lon := cameo.Cell(row, "latitude"), cameo.Cell(row, "longitude")
	if lat != "" || lon != "" {
		if e.Lon, e.Lat, e.HasPoint, fault = row.Point("latitude", "longitude"); fault != nil {
			return fault
		}
	}
	e.Country = r.f.Keep(cameo.Cell(row, "country"))
	switch {
	case cameo.Cell(row, "city") != "":
		e.Place = athar.PlaceExact
	case cameo.Cell(row, "district") != "":
		e.Place = athar.PlaceDistrict
	case cameo.Cell(row, "province") != "":
		e.Place = athar.PlaceProvince
	case e.Country != "":
		e.Place = athar.PlaceCountry
	}
	e.AreaCode = r.f.Keep(row.Cell("area"))
	return nil
}

// code restores the leading zero that spreadsheet programs take from CAMEO
// codes. ICEWS codes have three or four digits, so two digits have lost one
// (20 is 020, an appeal, and not 20, mass violence), and so have three that
// begin with more than 20, the last of the twenty roots.
func code(s string) string {
	if len(s) == 2 && s[0] != '0' || len(s) == 3 && s[:2] > "20" {
		return "0" + s
	}
	return s
}
