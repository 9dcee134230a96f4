// Package counts reads tables that somebody already aggregated: a count for
// an area, a period and perhaps a class in every row, or a bare series of
// periods and counts.
//
// The package thinks that a published table is to be taken at its word. A
// blank cell is a count that nobody published, never a zero; two rows for the
// same cell are never summed; and if they disagree neither is believed,
// because nothing in the file says which is right. How long the periods are
// follows from the study, from how the cells are written, or from the column
// of dates as a whole, and is said.
package counts

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"athar"
	"athar/source/event"
	"athar/tabular"
)

// Options says what to read and keep.
type Options struct {
	Columns map[string]string // area, period, year, class, count, low, best, high -> the file's column; date_format
	Period  tabular.Unit      // "": by the file
	Filter  event.Filter
}

// Table is what a counts table holds, sorted by area, period and class.
type Table struct {
	Counts       []athar.Count
	NotPublished []athar.Count // blank cells, and gaps of a bare series; N means nothing
}

// Fields are the columns that are used, by the names under which they are published.
var Fields = []tabular.Field{
	{Name: "area", Usual: []string{"area", "area_code", "adm3_pcode", "adm2_pcode", "district_code", "district", "adm3", "adm2", "admin2", "adm2_en", "admin2name",
		"qada", "adm1_pcode", "governorate_code", "governorate", "province", "adm1", "admin1", "adm1_en", "region", "location", "place",
		"القضاء", "قضاء", "المنطقة", "منطقة", "الناحية", "المحافظة", "محافظة", "المكان"}},
	{Name: "period", Needed: true, Usual: []string{"period", "date", "month", "week_start", "week", "month_start", "quarter", "day", "year_month",
		"الفترة", "التاريخ", "تاريخ", "الشهر", "شهر", "الأسبوع", "اسبوع", "year", "السنة", "سنة", "العام"}},
	{Name: "year", Usual: []string{"year", "السنة", "سنة", "العام"}},
	{Name: "class", Usual: []string{"class", "type", "event_type", "kind", "category", "opponent", "target", "النوع", "نوع", "نوع الهجوم", "الفئة", "التصنيف"}},
	{Name: "count", Needed: true, Usual: []string{"count", "events", "n", "incidents", "attacks", "number", "total", "value", "n_events", "event_count",
		"العدد", "عدد", "عدد الهجمات", "الهجمات", "عدد الحوادث", "الحوادث", "عدد الأحداث", "المجموع"}},
	{Name: "low", Usual: []string{"deaths_low", "low"}},
	{Name: "best", Usual: []string{"deaths_best", "best", "deaths", "fatalities", "killed", "القتلى", "عدد القتلى"}},
	{Name: "high", Usual: []string{"deaths_high", "high"}},
}

// notPublished are the ways in which tables write that there is no figure.
var notPublished = []string{"", "-", "–", "—", "..", "...", "na", "n/a", "nan", "null", "none", "غير منشور", "غير متوفر", "لا يوجد"}

// Read reads a counts table.
func Read(ctx context.Context, f *tabular.File, t *tabular.Tally, o Options) (*Table, error) {
	columns := map[string]string{}
	for k, v := range o.Columns {
		if k != "date_format" {
			columns[k] = v
		}
	}
	if err := f.Start(",;\t|", tabular.Score(Fields, columns), func(first []string) []string { return bare(f, first) }); err != nil {
		return nil, err
	}
	if found := tabular.Find(f.Header, Fields, columns); len(f.Header) == 2 && len(columns) == 0 && len(found) < 2 {
		// Two columns are a series whatever they are called.
		columns["period"], columns["count"] = f.Header[0], f.Header[1]
	}
	if err := f.Map(Fields, columns); err != nil {
		return nil, err
	}
	if err := o.Filter.Bind(f); err != nil {
		return nil, err
	}
	r := reader{f: f, t: t, o: &o, extra: f.Unmapped(), split: f.Has("year") && f.Column("year") != f.Column("period")}
	if err := f.Each(ctx, t, r.row); err != nil {
		return nil, err
	}
	if err := cmp.Or(o.Filter.Met(f), o.Filter.ClassesMet(f)); err != nil {
		return nil, err
	}
	if err := r.date(); err != nil {
		return nil, err
	}
	unit, why, err := r.unit()
	if err != nil {
		return nil, err
	}
	r.span(unit)
	if unit == tabular.Week {
		if err := r.weeks(); err != nil {
			return nil, err
		}
	}
	table := r.unique()
	if !f.Has("area") && !f.Has("class") {
		table.gaps(unit)
	}
	f.Layout = append(f.Layout, r.layout(unit, why))
	return table, nil
}

// bare recognises a series without a header by its first row: a period and a
// number.
func bare(f *tabular.File, first []string) []string {
	if len(first) != 2 {
		return nil
	}
	if _, err := f.Stamp(first[0]); err != nil {
		return nil
	}
	if _, err := tabular.Whole(strings.TrimSpace(first[1])); err != nil {
		return nil
	}
	return []string{"period", "count"}
}

type reader struct {
	f     *tabular.File
	t     *tabular.Tally
	o     *Options
	rows  []row
	order tabular.Order
	extra []int // columns that no field uses, to explain repeated cells
	split bool  // the year has a column of its own
}

type row struct {
	athar.Count
	stamp tabular.Stamp
	blank bool
	extra []string
}

func (r *reader) row(cells tabular.Row) {
	if !r.o.Filter.Row(cells) || !r.o.Filter.Class(cells.Cell("class")) {
		r.t.Drop("not-asked-for")
		return
	}
	c := row{Count: athar.Count{Line: cells.Line, Area: r.f.Keep(cells.Cell("area")), Class: r.f.Keep(cells.Cell("class"))}}
	if c.Area == "" && r.f.Has("area") {
		r.reject(c, "area", "no-area", "the area is blank")
		return
	}
	var err error
	c.stamp, err = r.f.Stamp(cells.Cell("period"))
	if err != nil && r.split {
		c.stamp, err = r.f.Stamp(tabular.Identifier(cells.Cell("period")) + "/" + tabular.Identifier(cells.Cell("year")))
	}
	if err != nil {
		r.reject(c, "period", "bad-date", err.Error())
		return
	}
	r.order.See(c.Line, c.stamp)
	n := cells.Cell("count")
	if c.blank = slices.Contains(notPublished, strings.ToLower(n)); !c.blank {
		c.N, err = tabular.Whole(n)
		switch {
		case err != nil:
			r.reject(c, "count", "bad-count", err.Error())
			return
		case c.N < 0:
			r.reject(c, "count", "negative-count", fmt.Sprintf("%q is negative", n))
			return
		case c.N > math.MaxInt32:
			r.reject(c, "count", "bad-count", fmt.Sprintf("%q is too large for a count of events", n))
			return
		}
	}
	var fault *tabular.Fault
	if c.Deaths, _, fault = event.Deaths(cells, "low", "best", "high"); fault != nil {
		r.t.RejectFor(r.f, c.Line, fault)
		return
	}
	for _, i := range r.extra {
		c.extra = append(c.extra, r.f.Keep(cells.At(i)))
	}
	r.rows = append(r.rows, c)
}

func (r *reader) reject(c row, field, reason, detail string) {
	r.t.Reject(c.Line, r.f.Column(field), reason, detail)
}

// filter keeps the rows for which ok holds; ok accounts for the others.
func (r *reader) filter(ok func(c *row) bool) {
	kept := r.rows[:0]
	for i := range r.rows {
		if ok(&r.rows[i]) {
			kept = append(kept, r.rows[i])
		}
	}
	r.rows = kept
}

// date settles dates that read either way.
func (r *reader) date() error {
	dayFirst, err := r.order.Decide(r.f, "period", r.o.Columns["date_format"])
	if err != nil {
		return err
	}
	r.filter(func(c *row) bool {
		s, err := c.stamp.Resolve(dayFirst)
		if err != nil {
			r.reject(*c, "period", "bad-date", err.Error())
			return false
		}
		c.stamp = s
		return true
	})
	return nil
}

// unit finds the length of the periods, and says by what if the cells alone
// do not show it.
func (r *reader) unit() (u tabular.Unit, why string, err error) {
	if r.o.Period != "" {
		return r.o.Period, "", nil
	}
	n := map[tabular.Unit]int{}
	line := map[tabular.Unit]int{}
	for _, c := range r.rows {
		n[c.stamp.Unit]++
		if line[c.stamp.Unit] == 0 || c.Line < line[c.stamp.Unit] {
			line[c.stamp.Unit] = c.Line
		}
	}
	u = tabular.Day
	for _, v := range tabular.Units {
		if n[v] > n[u] {
			u = v
		}
	}
	for _, v := range tabular.Units {
		if v != u && n[v] > 0 && n[v] == n[u] {
			return "", "", &tabular.Error{File: r.f.Label, Line: max(line[u], line[v]),
				Msg:  fmt.Sprintf("column %q mixes a %s (line %d) and a %s (line %d)", r.f.Column("period"), u, line[u], v, line[v]),
				Hint: "bring it into one form, or say the period in the study"}
		}
	}
	if u != tabular.Day {
		return u, "", nil
	}
	return r.byDates()
}

// byDates infers the period from a column of dates.
func (r *reader) byDates() (tabular.Unit, string, error) {
	name := tabular.Fold(r.f.Column("period"))
	for _, hint := range []struct {
		unit  tabular.Unit
		words []string
	}{{tabular.Week, []string{"week", "اسبوع"}}, {tabular.Month, []string{"month", "شهر"}}, {tabular.Quarter, []string{"quarter"}}, {tabular.Year, []string{"year"}}} {
		for _, w := range hint.words {
			if strings.Contains(name, w) {
				return hint.unit, fmt.Sprintf("the column is called %q", r.f.Column("period")), nil
			}
		}
	}
	var days []athar.Day
	for _, c := range r.rows {
		if c.stamp.Unit == tabular.Day {
			days = append(days, c.stamp.Day)
		}
	}
	slices.Sort(days)
	days = slices.Compact(days)
	all := func(ok func(d athar.Day) bool) bool {
		return !slices.ContainsFunc(days, func(d athar.Day) bool { return !ok(d) })
	}
	first := func(d athar.Day) bool { return d.Time().Day() == 1 }
	switch {
	case len(days) >= 2 && all(first):
		month := func(d athar.Day) time.Month { return d.Time().Month() }
		switch {
		case all(func(d athar.Day) bool { return month(d) == time.January }):
			return tabular.Year, "every date is a 1 January", nil
		case len(days) >= 4 && all(func(d athar.Day) bool { return (month(d)-1)%3 == 0 }):
			return tabular.Quarter, "every date is the first of a quarter", nil
		}
		return tabular.Month, "every date is the first of a month", nil
	case len(days) >= 2 && all(func(d athar.Day) bool { return first(d + 1) }):
		return tabular.Month, "every date is the last of a month", nil
	case len(days) >= 4 && all(func(d athar.Day) bool { return (d-days[0])%7 == 0 }):
		return tabular.Week, "all dates are a whole number of weeks apart", nil
	}
	return tabular.Day, "", nil
}

// span turns stamps into spans of the unit.
func (r *reader) span(u tabular.Unit) {
	r.filter(func(c *row) bool {
		if c.stamp.Unit != u && c.stamp.Unit != tabular.Day {
			r.reject(*c, "period", "other-period", fmt.Sprintf("a %s among periods of a %s", c.stamp.Unit, u))
			return false
		}
		c.When = u.Around(c.stamp.Day)
		if !r.o.Filter.Time(c.When) {
			r.t.Drop("outside-coverage")
			return false
		}
		return true
	})
}

// weeks checks that all weeks begin on the same weekday, since others overlap.
func (r *reader) weeks() error {
	for _, c := range r.rows {
		if (c.When.First-r.rows[0].When.First)%7 != 0 {
			return &tabular.Error{File: r.f.Label, Line: max(c.Line, r.rows[0].Line), Hint: "let all weeks begin on one weekday, or use days",
				Msg: fmt.Sprintf("a week begins on %s (line %d), another on %s (line %d)",
					r.rows[0].When.First.Time().Format("Mon 2006-01-02"), r.rows[0].Line, c.When.First.Time().Format("Mon 2006-01-02"), c.Line)}
		}
	}
	return nil
}

func compareCells(a, b athar.Count) int {
	return cmp.Or(cmp.Compare(a.Area, b.Area), cmp.Compare(a.When.First, b.When.First), cmp.Compare(a.When.Last, b.When.Last), cmp.Compare(a.Class, b.Class))
}

// unique keeps one row of every cell and sets blank cells apart.
func (r *reader) unique() *Table {
	slices.SortFunc(r.rows, func(a, b row) int {
		return cmp.Or(compareCells(a.Count, b.Count), cmp.Compare(a.Line, b.Line))
	})
	table := &Table{}
	for len(r.rows) > 0 {
		n := 1
		for n < len(r.rows) && compareCells(r.rows[n].Count, r.rows[0].Count) == 0 {
			n++
		}
		r.cell(table, r.rows[:n])
		r.rows = r.rows[n:]
	}
	return table
}

// cell takes in the rows of one cell, by line.
func (r *reader) cell(table *Table, rows []row) {
	first := -1
	agree := true
	for i, c := range rows {
		switch {
		case c.blank:
			r.reject(c, "count", "blank-count", "blank is taken as not published, not as zero")
		case first < 0:
			first = i
		case c.N != rows[first].N || c.Deaths != rows[first].Deaths:
			agree = false
		}
	}
	missing := rows[0].Count
	missing.N, missing.Deaths = 0, athar.Deaths{}
	if first < 0 {
		table.NotPublished = append(table.NotPublished, missing)
		return
	}
	if agree {
		table.Counts = append(table.Counts, rows[first].Count)
	} else {
		table.NotPublished = append(table.NotPublished, missing)
		r.reject(rows[first], "", "conflicting-rows", r.conflict(rows[first], rows[first+1:]))
	}
	for _, c := range rows[first+1:] {
		switch {
		case c.blank:
		case agree:
			r.reject(c, "", "duplicate-row", fmt.Sprintf("it repeats line %d", rows[first].Line))
		default:
			r.reject(c, "", "conflicting-rows", r.conflict(c, rows[first:first+1]))
		}
	}
}

// conflict explains why a row is not believed.
func (r *reader) conflict(c row, others []row) string {
	i := slices.IndexFunc(others, func(o row) bool { return !o.blank && (o.N != c.N || o.Deaths != c.Deaths) })
	if i < 0 {
		i = 0
	}
	o := others[i]
	s := fmt.Sprintf("line %d has the same area, period and class", o.Line)
	if o.N != c.N {
		s += fmt.Sprintf(" with %d instead of %d", o.N, c.N)
	}
	for k, j := range r.extra {
		if o.extra[k] != c.extra[k] {
			return s + fmt.Sprintf("; they differ in column %q: map it to class, or choose its values with where", r.f.Header[j])
		}
	}
	return s + "; neither is counted, because nothing says which is right"
}

// gaps lists the periods that a bare series leaves out between its first and
// its last. A daily series may leave out days without events.
func (t *Table) gaps(u tabular.Unit) {
	if u == tabular.Day || len(t.Counts) == 0 {
		return
	}
	has := map[athar.Day]bool{}
	for _, c := range slices.Concat(t.Counts, t.NotPublished) {
		has[c.When.First] = true
	}
	for s := t.Counts[0].When; s.First < t.Counts[len(t.Counts)-1].When.First; s = u.Around(s.Last + 1) {
		if !has[s.First] {
			t.NotPublished = append(t.NotPublished, athar.Count{When: s})
		}
	}
	slices.SortFunc(t.NotPublished, compareCells)
}

func (r *reader) layout(u tabular.Unit, why string) string {
	s := "counts by " + string(u)
	if why != "" {
		s += " (" + why + ")"
	}
	for _, f := range Fields {
		if r.f.Has(f.Name) && (f.Name != "year" || r.split) {
			s += fmt.Sprintf(", %s %q", f.Name, r.f.Column(f.Name))
		}
	}
	return s
}
