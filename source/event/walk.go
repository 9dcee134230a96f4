package event

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"athar"
	"athar/tabular"
)

// Source is what differs between published formats whose columns have fixed
// names.
type Source struct {
	Name   string // for people
	Fields []tabular.Field
	// Private names columns that hold texts or names of persons. They are
	// never read; which of them a file has is said.
	Private []string
	Classes []string // that the format has, whether a file has an event of them or not
	// Sides fills in the two sides of an event, before anything else of the
	// row is looked at.
	Sides func(r tabular.Row, e *athar.Event)
	// Rest fills in what is left.
	Rest func(r tabular.Row, e *athar.Event) *tabular.Fault
	// Also, if not nil, says under which reason a row counts that does not
	// have the group on a side; "" stands for other-actors.
	Also func(r tabular.Row) string
}

// Walk reads the rows of a table that has been started, and emits the events
// that are asked for in the order of the file.
func Walk(ctx context.Context, f *tabular.File, t *tabular.Tally, o *Options, s Source, emit func(*athar.Event) error) error {
	if err := f.Map(s.Fields, o.Columns); err != nil {
		return err
	}
	if err := o.Filter.Bind(f); err != nil {
		return err
	}
	group := o.Group.Clean()
	named := group.Named()
	member := map[string]bool{}
	isGroup := func(name, id string) bool {
		yes, known := member[name]
		if !known {
			yes = group.IsName(name) || group.IsName(withoutCountry(name)) || group.InCoalition(name)
			member[name] = yes
		}
		return yes || id != "" && group.IsID(id)
	}
	others, kept := map[string]int{}, false
	var e athar.Event
	err := f.Walk(ctx, t, func(r tabular.Row) error {
		if !o.Filter.Row(r) {
			t.Drop("not-asked-for")
			return nil
		}
		e = athar.Event{Dataset: o.Dataset, Line: r.Line}
		s.Sides(r, &e)
		if named && !isGroup(e.SideA, e.SideAID) && !isGroup(e.SideB, e.SideBID) {
			reason := ""
			if s.Also != nil {
				reason = s.Also(r)
			}
			t.Drop(cmp.Or(reason, "other-actors"))
			others[e.SideA]++
			others[e.SideB]++
			return nil
		}
		if fault := s.Rest(r, &e); fault != nil {
			t.RejectFor(f, r.Line, fault)
			return nil
		}
		if !o.Filter.Asked(t, &e) {
			return nil
		}
		kept = true
		return emit(&e)
	})
	if err != nil {
		return err
	}
	if err := cmp.Or(o.Filter.Met(f), o.Filter.ClassesMet(f, s.Classes...)); err != nil {
		return err
	}
	if !kept && len(others) > 0 {
		return Nobody(f, others)
	}
	f.Layout = append(f.Layout, fmt.Sprintf("%s, %d columns", s.Name, len(f.Header)))
	var private []string
	for _, h := range f.Header {
		if slices.Contains(s.Private, tabular.Fold(h)) {
			private = append(private, h)
		}
	}
	if len(private) > 0 {
		f.Layout = append(f.Layout, fmt.Sprintf("%d columns with texts or names not read: %s", len(private), strings.Join(private, ", ")))
	}
	return nil
}

// withoutCountry drops the country that sources put behind a name, as in
// "Islamic State (Iraq)".
func withoutCountry(name string) string {
	if i := strings.LastIndex(name, " ("); i > 0 && strings.HasSuffix(name, ")") {
		return name[:i]
	}
	return name
}

// Nobody says that the group is in no row, and who is. Others counts sides.
func Nobody(f *tabular.File, others map[string]int) error {
	var names []string
	n := 0
	for s, k := range others {
		n += k
		if s != "" {
			names = append(names, s)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(others[b], others[a]), cmp.Compare(a, b)) })
	return &tabular.Error{File: f.Label, Msg: fmt.Sprintf("none of the %d rows has the group on a side", n/2),
		Hint: "check the group's aliases and ids; the commonest sides are " + strings.Join(names[:min(8, len(names))], ", ")}
}

// Published reads an identifier, without holding on to its row.
func Published(r tabular.Row, field string) (string, *tabular.Fault) {
	id := tabular.Identifier(r.Cell(field))
	if id == "" {
		return "", &tabular.Fault{Field: field, Reason: "no-id", Detail: "the id is blank"}
	}
	return strings.Clone(id), nil
}

// OneDay reads a cell that states one day.
func OneDay(f *tabular.File, r tabular.Row, field string) (athar.Day, *tabular.Fault) {
	s, err := f.Stamp(r.Cell(field))
	if err == nil && (s.Unit != tabular.Day || s.Slash) {
		err = fmt.Errorf("%q is not a date of the form 2020-09-25", r.Cell(field))
	}
	if err != nil {
		return 0, &tabular.Fault{Field: field, Reason: "bad-date", Detail: err.Error()}
	}
	return s.Day, nil
}

// Class reads a number from 1 to n that stands for a class; 0 if the cell is
// blank.
func Class(r tabular.Row, field string, n int) (int, *tabular.Fault) {
	cell := r.Cell(field)
	if cell == "" {
		return 0, nil
	}
	if k, err := tabular.Whole(cell); err == nil && k >= 1 && k <= n {
		return k, nil
	}
	return 0, &tabular.Fault{Field: field, Reason: "bad-precision", Detail: fmt.Sprintf("%q is not a class from 1 to %d", cell, n)}
}
