// Package monitored reads tables that say when each area was watched.
//
// The package thinks that a zero is a claim: somebody looked and nothing
// happened. A data set of events cannot make it, because an area that nobody
// watched and a quiet one both have no rows (METHODS.md D6). Whoever knows the
// difference can say it in a table of three columns.
package monitored

import (
	"context"
	"fmt"

	"athar"
	"athar/tabular"
)

// Watch is one area watched over some days.
type Watch struct {
	Line int
	Area string // code or name, as written
	When athar.Span
}

var fields = []tabular.Field{
	{Name: "area", Needed: true, Usual: []string{"area", "area_code", "code", "adm3_pcode", "adm2_pcode", "district_code", "district", "name", "القضاء", "المنطقة"}},
	{Name: "first", Needed: true, Usual: []string{"first", "from", "start", "date_start", "من"}},
	{Name: "last", Needed: true, Usual: []string{"last", "to", "until", "end", "date_end", "إلى"}},
}

// Read reads the table; an area may have several rows. A day may be written as
// a month or year, which then means its first day in first and its last in last.
// Any damaged row is an error, because a gap that is not read would count as
// watched or as unwatched by accident.
func Read(ctx context.Context, path, label string) ([]Watch, athar.ManifestRef, error) {
	var ref athar.ManifestRef
	f, err := tabular.Open(path, label, "")
	if err != nil {
		return nil, ref, err
	}
	defer f.Close()
	if err := f.Start(",;\t|", tabular.Score(fields, nil), nil); err != nil {
		return nil, ref, err
	}
	if err := f.Map(fields, nil); err != nil {
		return nil, ref, err
	}
	var out []Watch
	t := &tabular.Tally{File: label}
	err = f.Walk(ctx, t, func(r tabular.Row) error {
		bad := func(field, msg string) error {
			return &tabular.Error{File: label, Line: r.Line, Msg: fmt.Sprintf("column %q: %s", f.Column(field), msg),
				Hint: "write the area and the first and last day on which it was watched, e.g. IQ01,2019-01-01,2020-12-31"}
		}
		w := Watch{Line: r.Line, Area: f.Keep(r.Cell("area"))}
		if w.Area == "" {
			return bad("area", "is blank")
		}
		for _, field := range []string{"first", "last"} {
			s, err := f.Stamp(r.Cell(field))
			switch {
			case err != nil:
				return bad(field, err.Error())
			case s.Slash:
				return bad(field, fmt.Sprintf("%q reads either way; write it as 2020-09-25", r.Cell(field)))
			case field == "first":
				w.When.First = s.Span().First
			default:
				w.When.Last = s.Span().Last
			}
		}
		if w.When.Days() == 0 {
			return bad("last", fmt.Sprintf("ends on %s, before it starts (%s)", w.When.Last, w.When.First))
		}
		out = append(out, w)
		return nil
	})
	if err != nil {
		return nil, ref, err
	}
	if damaged := t.Rejects(); len(damaged) > 0 {
		return nil, ref, &tabular.Error{File: label, Line: damaged[0].Line, Msg: damaged[0].Detail, Hint: "correct the row"}
	}
	return out, athar.ManifestRef{File: label, SHA256: f.SHA256, Bytes: f.Bytes}, nil
}
