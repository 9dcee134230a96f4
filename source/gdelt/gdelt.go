// Package gdelt reads the event tables of GDELT 1.0 and 2.0, day files,
// 15-minute files and zips of many.
//
// The package thinks that GDELT counts reports, not events: a row is what a
// program made of one or more articles, its day is mostly the day of the
// report, and its volume follows the press. It is read for shares and
// comparisons, never for a number of events. A place that is only a country
// or a province is kept as that, because its point is a centroid. The files
// have no header, so the number of columns says which layout they are.
//
// Leetaru and Schrodt (2013), GDELT: Global Data on Events, Location and Tone;
// GDELT Event Codebook 1.0 and 2.0.
package gdelt

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"athar"
	"athar/source/cameo"
	"athar/source/event"
	"athar/tabular"
)

// columns returns the layout with n columns: 61 of version 2.0; 58 of version
// 1.0, and 57, without the address of the article, before April 2013.
func columns(n int) []string {
	if n != 61 && n != 58 && n != 57 {
		return nil
	}
	list := strings.Fields("GLOBALEVENTID SQLDATE MonthYear Year FractionDate")
	for _, a := range []string{"Actor1", "Actor2"} {
		for _, c := range strings.Fields("Code Name CountryCode KnownGroupCode EthnicCode Religion1Code Religion2Code Type1Code Type2Code Type3Code") {
			list = append(list, a+c)
		}
	}
	list = append(list, strings.Fields("IsRootEvent EventCode EventBaseCode EventRootCode QuadClass GoldsteinScale NumMentions NumSources NumArticles AvgTone")...)
	for _, a := range []string{"Actor1Geo_", "Actor2Geo_", "ActionGeo_"} {
		for _, c := range strings.Fields("Type FullName CountryCode ADM1Code ADM2Code Lat Long FeatureID") {
			if c != "ADM2Code" || n == 61 {
				list = append(list, a+c)
			}
		}
	}
	list = append(list, "DATEADDED", "SOURCEURL")
	return list[:n]
}

// Fields are the columns that are used, by the names under which they are published.
var Fields = func() []tabular.Field {
	list := []tabular.Field{
		{Name: "globaleventid", Needed: true}, {Name: "sqldate", Needed: true}, {Name: "eventcode", Needed: true},
		{Name: "actiongeo_type", Needed: true}, {Name: "actiongeo_fullname"}, {Name: "actiongeo_countrycode"}, {Name: "actiongeo_lat", Needed: true}, {Name: "actiongeo_long", Needed: true},
	}
	for _, a := range []string{"actor1", "actor2"} {
		for _, c := range []string{"name", "countrycode", "knowngroupcode", "type1code", "type2code", "type3code"} {
			list = append(list, tabular.Field{Name: a + c})
		}
	}
	for i, f := range list {
		list[i].Usual = []string{f.Name}
	}
	return append(list, tabular.Field{Name: "area"})
}()

// The names of actors are read only to recognise organisations.
var private = []string{"sourceurl"}

// places are the classes of ActionGeo_Type: none, country, US state, US city,
// city of the world, province of the world.
var places = [...]athar.PlacePrecision{athar.PlaceUnknown, athar.PlaceCountry, athar.PlaceProvince, athar.PlaceExact, athar.PlaceExact, athar.PlaceProvince}

// Header returns the columns of a file without a header from its first row,
// or nil if it is not GDELT's.
func Header(first []string) []string {
	if len(first) < 57 || len(first[1]) != 8 {
		return nil
	}
	for _, cell := range first[:2] {
		if _, err := strconv.ParseUint(strings.TrimSpace(cell), 10, 64); err != nil {
			return nil
		}
	}
	return columns(len(first))
}

// Read emits the events in which the group is on a side, in the order of the
// file. A class is the CAMEO code; one is asked
// for by its beginning too, "19" for all of 190 to 196. Actor1 acts on actor2.
func Read(ctx context.Context, f *tabular.File, t *tabular.Tally, o event.Options, emit func(*athar.Event) error) error {
	if err := f.Start("\t,", tabular.Score(Fields, o.Columns), Header); err != nil {
		return err
	}
	o.Filter.Codes = true
	r := reader{f: f, namer: cameo.NewNamer(o)}
	return event.Walk(ctx, f, t, &o, event.Source{Name: "GDELT", Fields: Fields, Private: private, Classes: event.Codes(cameo.Kinds), Sides: r.sides, Rest: r.rest}, emit)
}

type reader struct {
	f     *tabular.File
	namer *cameo.Namer
	actor event.Sort
}

func (r *reader) sides(row tabular.Row, e *athar.Event) {
	side := func(a string) (string, string, event.Sort) {
		name, s := r.namer.ByCodes(row.Cell(a+"name"), row.Cell(a+"countrycode"), row.Cell(a+"type1code"), row.Cell(a+"type2code"), row.Cell(a+"type3code"))
		return r.f.Keep(name), r.f.Keep(row.Cell(a + "knowngroupcode")), s
	}
	e.SideA, e.SideAID, r.actor = side("actor1")
	e.SideB, e.SideBID, _ = side("actor2")
}

func (r *reader) rest(row tabular.Row, e *athar.Event) (fault *tabular.Fault) {
	if e.ID, fault = event.Published(row, "globaleventid"); fault != nil {
		return fault
	}
	day, fault := event.OneDay(r.f, row, "sqldate")
	if fault != nil {
		return fault
	}
	e.When = athar.Span{First: day, Last: day}
	e.Class = r.f.Keep(row.Cell("eventcode"))
	e.Kind = cameo.Kind(e.Class, r.actor)
	kind := row.Cell("actiongeo_type")
	if len(kind) > 1 || kind != "" && (kind < "0" || kind > "5") {
		return &tabular.Fault{Field: "actiongeo_type", Reason: "bad-precision", Detail: fmt.Sprintf("%q is not a type from 0 to 5", kind)}
	}
	if kind != "" && kind != "0" {
		e.Place = places[kind[0]-'0']
		if e.Lon, e.Lat, e.HasPoint, fault = row.Point("actiongeo_lat", "actiongeo_long"); fault != nil {
			return fault
		}
	}
	e.Country, e.AreaCode = r.f.Keep(country(row)), r.f.Keep(row.Cell("area"))
	return nil
}

// country is the last part of a place's full name, "Mosul, Ninawa, Iraq"; a
// row without one has a FIPS 10-4 code.
func country(row tabular.Row) string {
	name := row.Cell("actiongeo_fullname")
	if name = strings.TrimSpace(name[strings.LastIndex(name, ",")+1:]); name != "" {
		return name
	}
	if code := row.Cell("actiongeo_countrycode"); code != "" {
		return "FIPS " + code
	}
	return ""
}
