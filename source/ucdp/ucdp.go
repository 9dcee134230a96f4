// Package ucdp reads the UCDP Georeferenced Event Dataset (GED) and UCDP
// Candidate, in every layout in which they circulate.
//
// The package thinks that GED's columns have kept their meaning and changed
// everything else: their number, their order (low, best and high stand in two
// orders), their type (copies write 234.0), even their names (shapefiles cut
// them to ten letters). So they are found by name and never by position; the
// one exception is a Candidate release without a header, which has the 49
// columns of the releases since 20.1. A coalition has an identifier and a
// comma-joined name of its own, so the group is looked for inside names too.
//
// Sundberg and Melander (2013), J. Peace Research 50(4) 523-532; codebook of
// GED 20.1 and later. The texts of sources are not kept.
package ucdp

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"athar"
	"athar/source/event"
	"athar/tabular"
)

// Classes are the kinds of violence, by type_of_violence 1 to 3.
var Classes = []string{"state-based", "non-state", "one-sided"}

// Kinds maps type_of_violence. GED says who fought, not who began.
var Kinds = []event.KindRow{
	{Code: "state-based", Label: "type_of_violence 1", Kind: athar.Clash},
	{Code: "non-state", Label: "type_of_violence 2", Kind: athar.Clash},
	{Code: "one-sided", Label: "type_of_violence 3; side_a acts", Kind: athar.Attack, Forces: athar.OtherEvent},
}

// Options says what to keep: columns map GED's names, or area, and classes are
// those of [Classes].
type Options = event.Options

// columns49 is the layout of the releases since 20.1.
var columns49 = strings.Split("id,relid,year,active_year,code_status,type_of_violence,conflict_dset_id,conflict_new_id,conflict_name,"+
	"dyad_dset_id,dyad_new_id,dyad_name,side_a_dset_id,side_a_new_id,side_a,side_b_dset_id,side_b_new_id,side_b,number_of_sources,"+
	"source_article,source_office,source_date,source_headline,source_original,where_prec,where_coordinates,where_description,adm_1,adm_2,"+
	"latitude,longitude,geom_wkt,priogrid_gid,country,country_id,region,event_clarity,date_prec,date_start,date_end,deaths_a,deaths_b,"+
	"deaths_civilians,deaths_unknown,best,high,low,gwnoa,gwnob", ",")

// Fields are the columns that are used. A name longer than ten letters may be
// cut to ten, as in a shapefile.
var Fields = func() []tabular.Field {
	list := []tabular.Field{
		{Name: "id", Needed: true}, {Name: "type_of_violence", Needed: true},
		{Name: "side_a", Needed: true}, {Name: "side_b", Needed: true},
		{Name: "side_a_new_id"}, {Name: "side_b_new_id"},
		{Name: "latitude", Needed: true}, {Name: "longitude", Needed: true}, {Name: "where_prec"}, {Name: "country"},
		{Name: "date_start", Needed: true}, {Name: "date_end"},
		{Name: "low"}, {Name: "best"}, {Name: "high"},
	}
	for i, f := range list {
		list[i].Usual = []string{f.Name, f.Name[:min(10, len(f.Name))]}
	}
	return append(list, tabular.Field{Name: "area"})
}()

// Read emits the events in which the group is on a side, in the order of the
// file.
func Read(ctx context.Context, f *tabular.File, t *tabular.Tally, o Options, emit func(*athar.Event) error) error {
	o.Group = o.Group.Clean()
	for _, c := range o.Filter.Classes {
		if !slices.Contains(Classes, c) {
			return &tabular.Error{File: f.Label, Msg: fmt.Sprintf("UCDP has no class %q", c), Hint: "its classes are " + strings.Join(Classes, ", ")}
		}
	}
	if err := f.Start(",", tabular.Score(Fields, o.Columns), Header); err != nil {
		return err
	}
	if err := f.Map(Fields, o.Columns); err != nil {
		return err
	}
	if err := o.Filter.Bind(f); err != nil {
		return err
	}
	r := reader{f: f, t: t, o: &o, emit: emit, named: o.Group.Named(), sides: map[string]int{}}
	if err := f.Walk(ctx, t, r.row); err != nil {
		return err
	}
	if err := o.Filter.Met(f); err != nil {
		return err
	}
	if r.kept == 0 && len(r.sides) > 0 {
		return event.Nobody(f, r.sides)
	}
	f.Layout = append(f.Layout, fmt.Sprintf("UCDP GED, %d columns", len(f.Header)))
	switch {
	case !r.named:
		f.Layout = append(f.Layout, "every actor")
	case f.Has("side_a_new_id") && len(o.Group.IDs) > 0:
		f.Layout = append(f.Layout, "group found by id")
	default:
		f.Layout = append(f.Layout, "group found by name")
	}
	if r.coalitions > 0 {
		f.Layout = append(f.Layout, fmt.Sprintf("%d rows by a coalition", r.coalitions))
	}
	return nil
}

// Header returns the columns of a file without a header from its first row,
// which begins with an event's number and has 49 cells, or nil.
func Header(first []string) []string {
	if len(first) != len(columns49) {
		return nil
	}
	if _, err := strconv.Atoi(tabular.Identifier(strings.TrimSpace(first[0]))); err != nil {
		return nil
	}
	return columns49
}

type reader struct {
	f          *tabular.File
	t          *tabular.Tally
	o          *Options
	emit       func(*athar.Event) error
	named      bool // keep rows with the group on a side only
	kept       int
	coalitions int
	sides      map[string]int // rows without the group, by side
}

func (r *reader) row(row tabular.Row) error {
	if !r.o.Filter.Row(row) {
		r.t.Drop("not-asked-for")
		return nil
	}
	sideA, sideB := row.Cell("side_a"), row.Cell("side_b")
	coalition := false
	if r.named && !r.is(row.Cell("side_a_new_id"), sideA) && !r.is(row.Cell("side_b_new_id"), sideB) {
		coalition = r.o.Group.InCoalition(sideA) || r.o.Group.InCoalition(sideB)
		if !coalition {
			r.t.Drop("other-actors")
			r.sides[r.f.Keep(sideA)]++
			r.sides[r.f.Keep(sideB)]++
			return nil
		}
	}
	e, fault := r.event(row)
	switch {
	case fault != nil:
		r.t.RejectFor(r.f, row.Line, fault)
	case !r.o.Filter.Asked(r.t, &e):
	default:
		r.kept++
		if coalition {
			r.coalitions++
		}
		return r.emit(&e)
	}
	return nil
}

// is decides by identifier, and by name only where the row has none or the
// study knows none: names have changed over the releases.
func (r *reader) is(id, name string) bool {
	if id != "" && len(r.o.Group.IDs) > 0 {
		return r.o.Group.IsID(id)
	}
	return r.o.Group.IsName(name)
}

func (r *reader) event(row tabular.Row) (e athar.Event, fault *tabular.Fault) {
	e = athar.Event{Dataset: r.o.Dataset, Line: row.Line, ID: strings.Clone(tabular.Identifier(row.Cell("id")))}
	if e.ID == "" {
		return e, &tabular.Fault{Field: "id", Reason: "no-id", Detail: "the id is blank"}
	}
	kind, err := tabular.Whole(row.Cell("type_of_violence"))
	if err != nil || kind < 1 || kind > len(Classes) {
		return e, &tabular.Fault{Field: "type_of_violence", Reason: "bad-type", Detail: fmt.Sprintf("%q is not 1, 2 or 3", row.Cell("type_of_violence"))}
	}
	e.Class = Classes[kind-1]
	actor := event.Armed
	if strings.HasPrefix(row.Cell("side_a"), "Government of ") {
		actor = event.Forces
	}
	e.Kind = Kinds[kind-1].By(actor)
	if e.When, fault = r.when(row); fault != nil {
		return e, fault
	}
	if e.Lon, e.Lat, e.HasPoint, fault = row.Point("latitude", "longitude"); fault != nil {
		return e, fault
	}
	if cell := row.Cell("where_prec"); cell != "" {
		p, err := tabular.Whole(cell)
		if err != nil || p < 1 || p > int(athar.PlaceOffshore) {
			return e, &tabular.Fault{Field: "where_prec", Reason: "bad-precision", Detail: fmt.Sprintf("%q is not a class from 1 to 7", cell)}
		}
		e.Place = athar.PlacePrecision(p)
	}
	if e.Deaths, e.HasDeaths, fault = event.Deaths(row, "low", "best", "high"); fault != nil {
		return e, fault
	}
	e.SideA, e.SideB = r.f.Keep(row.Cell("side_a")), r.f.Keep(row.Cell("side_b"))
	e.SideAID, e.SideBID = r.f.Keep(tabular.Identifier(row.Cell("side_a_new_id"))), r.f.Keep(tabular.Identifier(row.Cell("side_b_new_id")))
	e.Country, e.AreaCode = r.f.Keep(row.Cell("country")), r.f.Keep(row.Cell("area"))
	return e, nil
}

// when reads the interval of an event; without an end it is the first day.
func (r *reader) when(row tabular.Row) (athar.Span, *tabular.Fault) {
	first, fault := event.OneDay(r.f, row, "date_start")
	if fault != nil {
		return athar.Span{}, fault
	}
	if row.Cell("date_end") == "" {
		return athar.Span{First: first, Last: first}, nil
	}
	last, fault := event.OneDay(r.f, row, "date_end")
	if fault == nil && last < first {
		fault = &tabular.Fault{Field: "date_end", Reason: "ends-before-start", Detail: fmt.Sprintf("it ends on %s and starts on %s", last, first)}
	}
	return athar.Span{First: first, Last: last}, fault
}
