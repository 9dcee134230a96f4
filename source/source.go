// Package source reads published files of conflict events and counts into the
// common vocabulary.
//
// The package thinks that every row of a file must be accounted for: it is
// kept, or it is counted under a named reason, and a damaged row is listed
// with its line and column. A file that cannot be read as what the study says
// it is (another encoding, another delimiter, a missing column) is refused
// with what to do about it; nothing is guessed that could change a count. The
// order of rows in a file never matters.
//
// Each published format has a package of its own below this one: acled, gdelt,
// gtd, icews, polecat and ucdp; counts for tables that somebody already
// aggregated, table for any other list of events by a column mapping. What
// they share is package event; opening a file and walking its rows is package
// tabular. No reader keeps the name of a person: a column that may hold one is
// not read, or read only to recognise an organisation.
package source

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"athar"
	"athar/source/counts"
	"athar/source/event"
	"athar/tabular"
)

// Error is a complaint about an input file, with where and what to do.
type Error = tabular.Error

// Group is the armed group whose events are kept.
type Group = event.Group

// Spec says what to read and how.
type Spec struct {
	Name    string              // short name of the data, e.g. "ucdp"
	File    string              // path to open; "" for typed values
	Label   string              // the path as the user wrote it, for messages and manifests
	Format  string              // one of Formats; "auto" or "": by the file's content
	Columns map[string]string   // our field -> the file's column
	Sheet   string              // of an XLSX file; "": the first
	Period  string              // length of a counts table's periods: day, week, month, quarter, year
	Classes []string            // classes to keep; empty: all
	Kinds   []athar.Kind        // kinds of event to keep; empty: all; not for counts
	Where   map[string][]string // the file's column -> values to keep
	Group   Group
	// Organisations are names that machine-coded sources may keep, beside those
	// that their readers know and the group's own: every other actor becomes a
	// sector or a country.
	Organisations []string
	Numbers       []string     // format table: columns of numbers, for [Reading.Numbers]
	Values        []float64    // format series: one count per period, NaN where nothing was published
	From          *athar.Day   // first day of the first of Values
	Coverage      []athar.Span // what was monitored; rows outside are not asked for; empty: everything
	Licence       string
	Citation      string
}

// Reading is what a file held.
type Reading struct {
	Info   athar.DataInfo
	Bytes  int64         // size of the file, for the manifest
	Events []athar.Event // sorted by time, id and content; empty for counts
	Counts []athar.Count // sorted by area, period and class; empty for events
	// NotPublished lists cells that the file leaves blank or contradicts
	// itself about, and the gaps of a bare series of weeks or longer periods:
	// nobody knows the count, so it must not be read as zero. N is 0 and means
	// nothing.
	NotPublished []athar.Count
	Rejects      []athar.Reject // damaged rows, by line
	// Numbers holds the cells of [Spec.Numbers] by line. A row with a cell that is no number
	// is damaged.
	Numbers map[int][]float64

	any    bool // an event or count was kept
	places [len(precisionNames)]int
}

// Read reads one file, or the values typed into a study. In a reading, rows =
// rows kept + rows rejected by reason. A file of which more than half of the
// rows are damaged, or none is asked for, is an error: it is most likely not
// what the study says.
func Read(ctx context.Context, s Spec) (*Reading, error) {
	var unit tabular.Unit
	why, err := s.check(&unit)
	if err != nil {
		return nil, err
	}
	out := s.reading()
	if s.File == "" {
		if err := typed(out, s, unit); err != nil {
			return nil, err
		}
		return out, nil
	}
	f, t, err := s.open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if kind := formats[s.Format]; kind.read != nil {
		c := event.Collector{Monadic: kind.monadic}
		o := s.options()
		if len(s.Numbers) > 0 {
			out.Numbers = map[int][]float64{}
			o.Number = func(line int, cells []float64) { out.Numbers[line] = cells }
		}
		if err = kind.read(ctx, f, t, o, c.Add); err == nil {
			out.Events = c.Events(kind.again(f, t))
		}
	} else {
		var table *counts.Table
		if table, err = counts.Read(ctx, f, t, counts.Options{Columns: s.Columns, Period: unit, Filter: s.options().Filter}); err == nil {
			out.Counts, out.NotPublished = table.Counts, table.NotPublished
		}
	}
	if err != nil {
		return nil, err
	}
	for _, c := range out.Counts {
		out.see(c.When, c.N)
	}
	for i := range out.Events {
		out.seeEvent(&out.Events[i])
	}
	if err := out.finish(f, t, why); err != nil {
		return nil, err
	}
	return out, nil
}

// Stream reads a file of events and emits them in the order of the file, in
// memory that does not grow with it but for eight bytes an event. The event is
// valid until emit returns; an error of emit ends the reading and is returned.
// Of several rows with one id the first stays, where [Read] keeps the first by
// time and content. The reading holds no events.
func Stream(ctx context.Context, s Spec, emit func(*athar.Event) error) (*Reading, error) {
	why, err := s.check(new(tabular.Unit))
	if err != nil {
		return nil, err
	}
	kind := formats[s.Format]
	if kind.read == nil || s.File == "" {
		return nil, fmt.Errorf("data %s: the format %s holds counts, not a file of events", s.Name, s.Format)
	}
	f, t, err := s.open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out := s.reading()
	once := event.Once{Monadic: kind.monadic, Again: kind.again(f, t), Emit: func(e *athar.Event) error {
		out.seeEvent(e)
		return emit(e)
	}}
	if err := kind.read(ctx, f, t, s.options(), once.Add); err != nil {
		return nil, err
	}
	if err := once.Flush(); err != nil {
		return nil, err
	}
	if err := out.finish(f, t, why); err != nil {
		return nil, err
	}
	return out, nil
}

// again accounts for a row whose event another row has.
func (k format) again(f *tabular.File, t *tabular.Tally) func(*athar.Event, int) {
	if k.id == "" {
		return func(*athar.Event, int) { t.Drop("repeated-event") }
	}
	return event.Rejecter(f, t, k.id)
}

// check settles the format and the unit; why says how the format was
// recognised, if it was not given.
func (s *Spec) check(unit *tabular.Unit) (why string, err error) {
	if s.Format == "auto" || s.Format == "" {
		if s.File == "" {
			return "", fmt.Errorf("data %s: typed values need a format: series", s.Name)
		}
		if s.Format, why, err = detect(s.File, s.Label, s.Sheet); err != nil {
			return "", err
		}
	}
	if !slices.Contains(Formats, s.Format) {
		return "", fmt.Errorf("data %s: the format %q is not known; it can be %s", s.Name, s.Format, strings.Join(Formats, ", "))
	}
	*unit = tabular.Unit(s.Period)
	if *unit != "" && !slices.Contains(tabular.Units, *unit) {
		return "", fmt.Errorf("data %s: the period %q is not known; it can be day, week, month, quarter or year", s.Name, s.Period)
	}
	return why, nil
}

func (s *Spec) reading() *Reading {
	k := formats[s.Format]
	return &Reading{Info: athar.DataInfo{Name: s.Name, Format: s.Format, File: s.Label, Restricted: k.restricted,
		Licence: cmp.Or(s.Licence, k.licence), Citation: cmp.Or(s.Citation, k.citation)}}
}

func (s *Spec) open() (*tabular.File, *tabular.Tally, error) {
	o := formats[s.Format].open
	o.Sheet = s.Sheet
	f, err := tabular.OpenAs(s.File, s.Label, o)
	return f, &tabular.Tally{File: s.Label}, err
}

func (s *Spec) options() event.Options {
	return event.Options{Dataset: s.Name, Columns: s.Columns, Group: s.Group, Organisations: s.Organisations, Numbers: s.Numbers,
		Filter: event.Filter{Classes: s.Classes, Kinds: s.Kinds, Where: s.Where, Coverage: s.Coverage}}
}

// finish accounts for the rows, and complains of a file that is not what the
// study says.
func (r *Reading) finish(f *tabular.File, t *tabular.Tally, why string) error {
	r.Rejects = t.Rejects()
	if err := mostlyDamaged(f.Label, t.Rows, r.Rejects); err != nil {
		return err
	}
	if !r.any {
		return nothing(f.Label, t)
	}
	r.Bytes = f.Bytes
	r.Info.SHA256 = f.SHA256
	r.Info.Layout = strings.Join(f.Layout, "; ")
	if why != "" {
		r.Info.Layout += "; format recognised: " + why
	}
	r.Info.Rows = t.Rows
	r.Info.Kept = t.Rows - t.Dropped()
	r.Info.Rejected = t.Reasons()
	r.describe()
	return nil
}

// mostlyDamaged complains of a file of which most rows could not be read.
// Figures that nobody published are no damage.
func mostlyDamaged(label string, rows int, rejects []athar.Reject) error {
	n := 0
	var first *athar.Reject
	for i, r := range rejects {
		if r.Reason != "blank-count" {
			n++
			if first == nil {
				first = &rejects[i]
			}
		}
	}
	if 2*n <= rows {
		return nil
	}
	where := ""
	if first.Column != "" {
		where = fmt.Sprintf("column %q: ", first.Column)
	}
	return &Error{File: label, Line: first.Line, Msg: fmt.Sprintf("%s%s; in all %d of %d rows are damaged", where, first.Detail, n, rows),
		Hint: "check the format and the columns that the study names"}
}

// nothing says why no row of a file is left.
func nothing(label string, t *tabular.Tally) error {
	var why []string
	for _, r := range t.Reasons() {
		why = append(why, fmt.Sprintf("%s: %d", r.Reason, r.N))
	}
	return &Error{File: label, Msg: fmt.Sprintf("none of its %d rows holds an event that the study asks for (%s)", t.Rows, strings.Join(why, ", ")),
		Hint: "check the group, classes, where and coverage in the study"}
}

// typed makes counts of the values of a study.
func typed(out *Reading, s Spec, unit tabular.Unit) error {
	switch {
	case s.Format != "series" && s.Format != "counts" || len(s.Values) == 0:
		return fmt.Errorf("data %s: neither a file nor values are given", s.Name)
	case s.From == nil:
		return fmt.Errorf("data %s: the values need the first day of their first period (from)", s.Name)
	case unit == "":
		unit = tabular.Month
	}
	span := unit.Around(*s.From)
	for i, v := range s.Values {
		c := athar.Count{Line: i + 1, When: span}
		switch {
		case math.IsNaN(v):
			out.NotPublished = append(out.NotPublished, c)
		case v < 0 || v != math.Trunc(v) || v > math.MaxInt32:
			return fmt.Errorf("data %s: value %d (%v) is not a count: write whole numbers from 0, and ~ for a period without a published figure", s.Name, i+1, v)
		default:
			c.N = int(v)
			out.Counts = append(out.Counts, c)
		}
		span = unit.Around(span.Last + 1)
	}
	if len(out.Counts) == 0 {
		return fmt.Errorf("data %s: none of the %d values is a number", s.Name, len(s.Values))
	}
	out.Info.Rows = len(s.Values)
	out.Info.Kept = len(out.Counts)
	if n := len(out.NotPublished); n > 0 {
		// Whoever types a gap knows of it: no damage.
		out.Info.Rejected = []athar.ReasonCount{{Reason: "blank-count", N: n}}
	}
	out.Info.Layout = fmt.Sprintf("%d typed values by %s", len(s.Values), unit)
	for _, c := range out.Counts {
		out.see(c.When, c.N)
	}
	return nil
}

// precisionNames are the classes of place precision in [athar.DataInfo].
var precisionNames = [...]string{"unknown", "exact", "near", "district", "province", "fuzzy", "country", "offshore"}

// see takes note of n events in a span.
func (r *Reading) see(s athar.Span, n int) {
	if !r.any {
		r.Info.First, r.Info.Last, r.any = s.First, s.Last, true
	}
	r.Info.First, r.Info.Last = min(r.Info.First, s.First), max(r.Info.Last, s.Last)
	r.Info.Events += n
}

func (r *Reading) seeEvent(e *athar.Event) {
	r.see(e.When, 1)
	r.places[e.Place]++
}

// describe lists the kept events by class of place precision, if any is known.
func (r *Reading) describe() {
	if r.places[athar.PlaceUnknown] == r.Info.Events {
		return
	}
	for i, n := range r.places {
		if n > 0 {
			r.Info.Places = append(r.Info.Places, athar.ReasonCount{Reason: precisionNames[i], N: n})
		}
	}
}
