// Package gtd reads the Global Terrorism Database, CSV or XLSX.
//
// The package thinks that GTD answers one question, attacks by non-state
// groups, and that its gaps are part of it: 1993 was lost, and the ways of
// collecting changed in 1997, 2008 and 2011. A month or day of 0 is an
// interval, -9 and -99 are unknown, and an attack by several groups has all
// their names on its side. Free texts and the names of those attacked are not
// read: the other side is the type of target.
//
// START (2022), Global Terrorism Database 1970-2020, codebook.
package gtd

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"athar"
	"athar/source/event"
	"athar/tabular"
)

// Fields are the columns that are used, by the names under which they are published.
var Fields = func() []tabular.Field {
	list := []tabular.Field{
		{Name: "eventid", Needed: true}, {Name: "iyear", Needed: true}, {Name: "imonth", Needed: true}, {Name: "iday", Needed: true},
		{Name: "extended"}, {Name: "resolution"}, {Name: "country_txt"}, {Name: "latitude", Needed: true}, {Name: "longitude", Needed: true},
		{Name: "specificity"}, {Name: "vicinity"}, {Name: "attacktype1", Needed: true}, {Name: "attacktype1_txt"}, {Name: "targtype1_txt"}, {Name: "natlty1_txt"},
		{Name: "gname", Needed: true}, {Name: "gname2"}, {Name: "gname3"}, {Name: "nkill"},
	}
	for i, f := range list {
		list[i].Usual = []string{f.Name}
	}
	return append(list, tabular.Field{Name: "area"})
}()

var private = []string{"summary", "location", "alternative", "corp1", "target1", "corp2", "target2", "corp3", "target3", "motive", "weapdetail", "propcomment",
	"gsubname", "gsubname2", "gsubname3", "kidhijcountry", "ransomnote", "addnotes", "scite1", "scite2", "scite3", "dbsource", "approxdate", "divert"}

// Kinds maps attacktype1.
var Kinds = []event.KindRow{
	{Code: "1", Label: "Assassination", Kind: athar.Attack},
	{Code: "2", Label: "Armed Assault", Kind: athar.Attack},
	{Code: "3", Label: "Bombing/Explosion", Kind: athar.Attack},
	{Code: "4", Label: "Hijacking", Kind: athar.Attack},
	{Code: "5", Label: "Hostage Taking (Barricade Incident)", Kind: athar.Attack},
	{Code: "6", Label: "Hostage Taking (Kidnapping)", Kind: athar.Attack},
	{Code: "7", Label: "Facility/Infrastructure Attack (arson, crops)", Kind: athar.Looting},
	{Code: "8", Label: "Unarmed Assault", Kind: athar.Attack},
	{Code: "9", Label: "Unknown", Kind: athar.Attack},
}

// Read emits the attacks by the group, in the order of the file. A class is
// attacktype1_txt.
func Read(ctx context.Context, f *tabular.File, t *tabular.Tally, o event.Options, emit func(*athar.Event) error) error {
	if err := f.Start(",;\t", tabular.Score(Fields, o.Columns), nil); err != nil {
		return err
	}
	r := reader{f: f}
	err := event.Walk(ctx, f, t, &o, event.Source{Name: "GTD", Fields: Fields, Private: private, Classes: labels(), Sides: r.sides, Rest: r.rest}, emit)
	if r.before && r.after {
		f.Layout = append(f.Layout, "GTD has no 1993: leave it out of the coverage")
	}
	return err
}

// labels are the classes; the longer labels say more than the file does.
func labels() []string {
	var out []string
	for _, k := range Kinds {
		out = append(out, strings.TrimSuffix(k.Label, " (arson, crops)"))
	}
	return out
}

type reader struct {
	f             *tabular.File
	before, after bool // events of years before and after 1993
}

func (r *reader) sides(row tabular.Row, e *athar.Event) {
	e.SideA = row.Cell("gname")
	for _, field := range [...]string{"gname2", "gname3"} {
		if also := row.Cell(field); also != "" {
			e.SideA += "; " + also
		}
	}
	e.SideB = row.Cell("targtype1_txt")
	if of := row.Cell("natlty1_txt"); of != "" && e.SideB != "" {
		e.SideB += " (" + of + ")"
	}
	e.SideA, e.SideB = r.f.Keep(e.SideA), r.f.Keep(e.SideB)
}

func (r *reader) rest(row tabular.Row, e *athar.Event) (fault *tabular.Fault) {
	if e.ID, fault = event.Published(row, "eventid"); fault != nil {
		return fault
	}
	if e.When, fault = r.when(row); fault != nil {
		return fault
	}
	kind, err := tabular.Whole(row.Cell("attacktype1"))
	if err != nil || kind < 1 || kind > len(Kinds) {
		return &tabular.Fault{Field: "attacktype1", Reason: "bad-type", Detail: fmt.Sprintf("%q is not a type from 1 to %d", row.Cell("attacktype1"), len(Kinds))}
	}
	e.Kind, e.Class = Kinds[kind-1].Kind, r.f.Keep(row.Cell("attacktype1_txt"))
	if e.Class == "" {
		e.Class = Kinds[kind-1].Label
	}
	if e.Lon, e.Lat, e.HasPoint, fault = row.Point("latitude", "longitude"); fault != nil {
		return fault
	}
	// 1 the place; 2 its smallest unit, the place itself being known; 3 that
	// unit; 4 the province; 5 unknown.
	specificity, fault := event.Class(row, "specificity", 5)
	if fault != nil {
		return fault
	}
	e.Place = [...]athar.PlacePrecision{athar.PlaceUnknown, athar.PlaceExact, athar.PlaceDistrict, athar.PlaceDistrict, athar.PlaceProvince, athar.PlaceUnknown}[specificity]
	if e.Place == athar.PlaceExact && tabular.Identifier(row.Cell("vicinity")) == "1" {
		e.Place = athar.PlaceNear
	}
	if e.Deaths, e.HasDeaths, fault = r.deaths(row); fault != nil {
		return fault
	}
	e.Country, e.AreaCode = r.f.Keep(row.Cell("country_txt")), r.f.Keep(row.Cell("area"))
	return nil
}

// when is a day, the month if the day is 0, the year if the month is; an
// extended incident lasts to its resolution.
func (r *reader) when(row tabular.Row) (athar.Span, *tabular.Fault) {
	var n [3]int
	for i, field := range [...]string{"iyear", "imonth", "iday"} {
		k, err := tabular.Whole(row.Cell(field))
		top := [...]int{2100, 12, 31}[i]
		if err != nil || k < 0 || k > top || i == 0 && k < 1900 {
			return athar.Span{}, &tabular.Fault{Field: field, Reason: "bad-date", Detail: fmt.Sprintf("%q is not a year, month or day", row.Cell(field))}
		}
		n[i] = k
	}
	r.before, r.after = r.before || n[0] < 1993, r.after || n[0] > 1993
	first := athar.Date(n[0], time.Month(max(1, n[1])), max(1, n[2]))
	switch {
	case n[1] == 0:
		return tabular.Year.Around(athar.Date(n[0], 1, 1)), nil
	case n[2] == 0:
		return tabular.Month.Around(first), nil
	case first.Time().Day() != n[2]:
		return athar.Span{}, &tabular.Fault{Field: "iday", Reason: "bad-date", Detail: fmt.Sprintf("%04d-%02d-%02d is not a day of the calendar", n[0], n[1], n[2])}
	}
	span := athar.Span{First: first, Last: first}
	if tabular.Identifier(row.Cell("extended")) == "1" {
		// The end is text in several forms; one that cannot be read leaves
		// the first day.
		if s, err := r.f.Stamp(row.Cell("resolution")); err == nil && s.Unit == tabular.Day {
			if s, err = s.Resolve(false); err == nil && s.Day >= first {
				span.Last = s.Day
			}
		}
	}
	return span, nil
}

// deaths reads nkill, attackers included. Older releases split the dead of
// one incident over several rows, so a figure may be a fraction.
func (r *reader) deaths(row tabular.Row) (athar.Deaths, bool, *tabular.Fault) {
	cell := row.Cell("nkill")
	if cell == "" {
		return athar.Deaths{}, false, nil
	}
	d, err := r.f.Decimal(cell)
	switch {
	case err != nil || d > 1e6 || d < 0 && d != -9 && d != -99:
		return athar.Deaths{}, false, &tabular.Fault{Field: "nkill", Reason: "bad-deaths", Detail: fmt.Sprintf("%q is not a number of dead", cell)}
	case d < 0:
		return athar.Deaths{}, false, nil
	}
	return athar.Deaths{Low: int(math.Floor(d)), Best: int(math.Round(d)), High: int(math.Ceil(d))}, true, nil
}
