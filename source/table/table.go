// Package table reads any other list of events, one incident a row or n alike
// in a row, by a mapping from our fields to the file's columns.
//
// The package thinks that a foreign file says less than it seems to: a row
// without an identifier cannot be recognised as a duplicate, a date like
// 03/04/2020 has no meaning until the whole column shows one, and a side is
// the group only if the study lists the name. What the mapping does not say
// is not assumed.
package table

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"athar"
	"athar/source/event"
	"athar/tabular"
)

// Options says what to read and keep: columns map the fields below, and
// date_format is dd/mm/yyyy or mm/dd/yyyy; the group matters where the table
// has sides.
type Options = event.Options

// Fields are the columns that are used, by the names under which they are published.
var Fields = []tabular.Field{
	{Name: "id", Usual: []string{"id", "event_id", "eventid", "event_id_cnty", "globaleventid"}},
	{Name: "date", Needed: true, Usual: []string{"date", "event_date", "date_start", "start_date", "day", "التاريخ", "تاريخ"}},
	{Name: "date_end", Usual: []string{"date_end", "end_date"}},
	{Name: "lat", Usual: []string{"lat", "latitude", "y"}},
	{Name: "lon", Usual: []string{"lon", "longitude", "lng", "long", "x"}},
	{Name: "area", Usual: []string{"area", "area_code"}},
	{Name: "country", Usual: []string{"country"}},
	{Name: "class", Usual: []string{"class", "type", "event_type", "kind", "النوع", "نوع"}},
	{Name: "side_a"},
	{Name: "side_b"},
	{Name: "count"},
	{Name: "deaths_low"},
	{Name: "deaths_best", Usual: []string{"deaths_best", "deaths", "fatalities"}},
	{Name: "deaths_high"},
	{Name: "place_precision"},
}

// maxCount is the largest number of events that one row may stand for.
const maxCount = 100_000

// Read emits the events of a table; a row with count n gives n events, without
// a break, and its deaths go to the first of them. Rows whose dates read
// either way are held back until the whole column is known.
func Read(ctx context.Context, f *tabular.File, t *tabular.Tally, o Options, emit func(*athar.Event) error) error {
	o.Group = o.Group.Clean()
	columns := map[string]string{}
	for k, v := range o.Columns {
		if k != "date_format" {
			columns[k] = v
		}
	}
	if err := f.Start(",;\t|", tabular.Score(Fields, columns), nil); err != nil {
		return err
	}
	if err := f.Map(Fields, columns); err != nil {
		return err
	}
	if f.Has("lat") != f.Has("lon") {
		return &tabular.Error{File: f.Label, Line: 1, Msg: "there is a column for only one of lat and lon", Hint: "map both in the study's columns"}
	}
	if err := o.Filter.Bind(f); err != nil {
		return err
	}
	r := reader{f: f, t: t, o: &o, emit: emit}
	for _, name := range o.Numbers { // with o.Number to take them
		i, err := f.Index(name)
		if err != nil {
			return err
		}
		r.numbers = append(r.numbers, i)
	}
	r.sides = (f.Has("side_a") || f.Has("side_b")) && o.Group.Named()
	if err := f.Walk(ctx, t, r.row); err != nil {
		return err
	}
	if err := cmp.Or(o.Filter.Met(f), o.Filter.ClassesMet(f)); err != nil {
		return err
	}
	if err := r.date(); err != nil {
		return err
	}
	f.Layout = append(f.Layout, r.layout())
	return nil
}

type reader struct {
	f    *tabular.File
	t    *tabular.Tally
	o    *Options
	emit func(*athar.Event) error
	rows []row // dated either way
	// numbers are the positions of the columns of Options.Numbers.
	numbers []int
	sides   bool // keep rows with the group on a side only
	start   tabular.Order
	end     tabular.Order
}

type row struct {
	athar.Event
	n          int // events
	start, end tabular.Stamp
}

func (r *reader) row(cells tabular.Row) error {
	class := cells.Cell("class")
	if !r.o.Filter.Row(cells) || !r.o.Filter.Class(class) {
		r.t.Drop("not-asked-for")
		return nil
	}
	a, b := cells.Cell("side_a"), cells.Cell("side_b")
	if g := r.o.Group; r.sides && !g.IsName(a) && !g.IsName(b) && !g.IsID(a) && !g.IsID(b) && !g.InCoalition(a) && !g.InCoalition(b) {
		r.t.Drop("other-actors")
		return nil
	}
	e, fault := r.event(cells)
	if fault != nil {
		r.t.RejectFor(r.f, cells.Line, fault)
		return nil
	}
	e.Class, e.SideA, e.SideB = r.f.Keep(class), r.f.Keep(a), r.f.Keep(b)
	if r.numbers != nil {
		list := make([]float64, len(r.numbers))
		for k, i := range r.numbers {
			v, err := r.f.Decimal(cells.At(i))
			if err != nil {
				r.t.Reject(cells.Line, r.f.Header[i], "no-number", err.Error())
				return nil
			}
			list[k] = v
		}
		r.o.Number(cells.Line, list)
	}
	r.start.See(e.Line, e.start)
	r.end.See(e.Line, e.end)
	if e.start.Slash || e.end.Slash {
		r.rows = append(r.rows, e)
		return nil
	}
	return r.settle(&e, false, false)
}

func (r *reader) event(cells tabular.Row) (e row, fault *tabular.Fault) {
	e.n = 1
	e.Event = athar.Event{Dataset: r.o.Dataset, Line: cells.Line, ID: strings.Clone(tabular.Identifier(cells.Cell("id"))),
		AreaCode: r.f.Keep(cells.Cell("area")), Country: r.f.Keep(cells.Cell("country"))}
	if e.ID == "" && r.f.Has("id") {
		return e, &tabular.Fault{Field: "id", Reason: "no-id", Detail: "the id is blank"}
	}
	var err error
	if e.start, err = r.f.Stamp(cells.Cell("date")); err != nil {
		return e, &tabular.Fault{Field: "date", Reason: "bad-date", Detail: err.Error()}
	}
	e.end = e.start
	if cell := cells.Cell("date_end"); cell != "" {
		if e.end, err = r.f.Stamp(cell); err != nil {
			return e, &tabular.Fault{Field: "date_end", Reason: "bad-date", Detail: err.Error()}
		}
	}
	if e.Lon, e.Lat, e.HasPoint, fault = cells.Point("lat", "lon"); fault != nil {
		return e, fault
	}
	if e.Deaths, e.HasDeaths, fault = event.Deaths(cells, "deaths_low", "deaths_best", "deaths_high"); fault != nil {
		return e, fault
	}
	if cell := cells.Cell("place_precision"); cell != "" {
		if e.Place, err = precision(cell); err != nil {
			return e, &tabular.Fault{Field: "place_precision", Reason: "bad-precision", Detail: err.Error()}
		}
	}
	if !r.f.Has("count") {
		return e, nil
	}
	n, err := tabular.Whole(cells.Cell("count"))
	switch {
	case cells.Cell("count") == "":
		return e, &tabular.Fault{Field: "count", Reason: "blank-count", Detail: "blank is taken as not published, not as zero"}
	case err != nil:
		return e, &tabular.Fault{Field: "count", Reason: "bad-count", Detail: err.Error()}
	case n < 0:
		return e, &tabular.Fault{Field: "count", Reason: "negative-count", Detail: fmt.Sprintf("%d is negative", n)}
	case n > maxCount:
		return e, &tabular.Fault{Field: "count", Reason: "bad-count", Detail: fmt.Sprintf("%d events in one row are more than %d: read the file as counts", n, maxCount)}
	}
	e.n = n
	return e, nil
}

// precision reads a class of [athar.PlacePrecision] by its number or name.
func precision(cell string) (athar.PlacePrecision, error) {
	names := []string{"unknown", "exact", "near", "district", "province", "fuzzy", "country", "offshore"}
	if i := slices.Index(names, strings.ToLower(cell)); i >= 0 {
		return athar.PlacePrecision(i), nil
	}
	if n, err := tabular.Whole(cell); err == nil && n >= 1 && n < len(names) {
		return athar.PlacePrecision(n), nil
	}
	return 0, fmt.Errorf("%q is not a number from 1 to 7 or one of %s", cell, strings.Join(names, ", "))
}

// date settles the dates that read either way.
func (r *reader) date() error {
	format := r.o.Columns["date_format"]
	first, err := r.start.Decide(r.f, "date", format)
	if err != nil {
		return err
	}
	last := first
	if r.f.Has("date_end") {
		if last, err = r.end.Decide(r.f, "date_end", format); err != nil {
			return err
		}
	}
	for i := range r.rows {
		if err := r.settle(&r.rows[i], first, last); err != nil {
			return err
		}
	}
	return nil
}

// settle emits a row as often as it counts, or drops it by its time. First and
// last say whether the day comes first in slashed dates.
func (r *reader) settle(e *row, first, last bool) error {
	start, err := e.start.Resolve(first)
	if err != nil {
		r.t.Reject(e.Line, r.f.Column("date"), "bad-date", err.Error())
		return nil
	}
	end, err := e.end.Resolve(last)
	if err != nil {
		r.t.Reject(e.Line, r.f.Column("date_end"), "bad-date", err.Error())
		return nil
	}
	e.When = athar.Span{First: start.Day, Last: end.Span().Last}
	if e.When.Days() == 0 {
		r.t.Reject(e.Line, r.f.Column("date_end"), "ends-before-start", fmt.Sprintf("it ends on %s and starts on %s", e.When.Last, e.When.First))
		return nil
	}
	if !r.o.Filter.Asked(r.t, &e.Event) {
		return nil
	}
	for range e.n {
		if err := r.emit(&e.Event); err != nil {
			return err
		}
		e.Deaths = athar.Deaths{}
	}
	return nil
}

func (r *reader) layout() string {
	s := "one event a row"
	if r.f.Has("count") {
		s = "events in each row counted by a column"
	}
	for _, f := range Fields {
		if r.f.Has(f.Name) {
			s += fmt.Sprintf(", %s %q", f.Name, r.f.Column(f.Name))
		}
	}
	return s
}
