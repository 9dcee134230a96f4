package event

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"athar"
	"athar/tabular"
)

// Filter says which rows a study asks for.
type Filter struct {
	Classes  []string            // empty: all
	Kinds    []athar.Kind        // empty: all
	Where    map[string][]string // the file's column -> values to keep
	Coverage []athar.Span        // empty: everything
	Codes    bool                // classes are codes, of which a longer one refines a shorter one

	columns []condition
	seen    map[string]bool // classes of the file: asked for
}

type condition struct {
	name   string
	column int
	values []string
	met    []bool
}

// Bind looks the columns of Where up in a table.
func (q *Filter) Bind(f *tabular.File) error {
	q.seen = map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(q.Where)) {
		i, err := f.Index(name)
		if err != nil {
			return err
		}
		q.columns = append(q.columns, condition{f.Header[i], i, q.Where[name], make([]bool, len(q.Where[name]))})
	}
	return nil
}

// Row reports whether a row meets Where.
func (q *Filter) Row(r tabular.Row) bool {
	ok := true
	for k := range q.columns {
		c := &q.columns[k]
		cell := r.At(c.column)
		i := slices.IndexFunc(c.values, func(v string) bool { return sameName(v, cell) || v == tabular.Identifier(cell) })
		if i < 0 {
			ok = false
			continue
		}
		c.met[i] = true
	}
	return ok
}

// Class reports whether rows of a class are asked for.
func (q *Filter) Class(class string) bool {
	if len(q.Classes) == 0 {
		return true
	}
	ok, known := q.seen[class]
	if !known {
		ok = slices.ContainsFunc(q.Classes, func(c string) bool { return q.sameClass(c, class) })
		q.seen[strings.Clone(class)] = ok
	}
	return ok
}

// sameClass reports whether a class of a file is the one asked for; "type:
// subtype" is asked for by either part too, a code by its beginning.
func (q *Filter) sameClass(want, class string) bool {
	if q.Codes {
		return strings.HasPrefix(class, strings.TrimSpace(want))
	}
	before, after, two := strings.Cut(class, ": ")
	return sameName(want, class) || two && (sameName(want, before) || sameName(want, after))
}

// Time reports whether any day of a span was monitored.
func (q *Filter) Time(s athar.Span) bool {
	return len(q.Coverage) == 0 || slices.ContainsFunc(q.Coverage, func(c athar.Span) bool { return c.Overlap(s) > 0 })
}

// Asked reports whether an event is of a class and kind that are asked for and
// lies in the time that was monitored, and counts it if not.
func (q *Filter) Asked(t *tabular.Tally, e *athar.Event) bool {
	switch {
	case !q.Class(e.Class), len(q.Kinds) > 0 && !slices.Contains(q.Kinds, e.Kind):
		t.Drop("not-asked-for")
	case !q.Time(e.When):
		t.Drop("outside-coverage")
	default:
		return true
	}
	return false
}

// Met complains of a value that Where asks for and no row has: most likely it
// is misspelt, and the count would be too low without a sign.
func (q *Filter) Met(f *tabular.File) error {
	for _, c := range q.columns {
		for i, met := range c.met {
			if !met {
				return &tabular.Error{File: f.Label, Msg: fmt.Sprintf("no row has %q in column %q", c.values[i], c.name),
					Hint: "correct or remove it in the study's where"}
			}
		}
	}
	return nil
}

// ClassesMet complains likewise of a class, for formats whose classes are
// whatever the file holds. Known are classes that the format has, whether the
// file has an event of them or not.
func (q *Filter) ClassesMet(f *tabular.File, known ...string) error {
	if len(q.Classes) == 0 {
		return nil
	}
	classes := slices.Clone(known)
	for c := range q.seen {
		classes = append(classes, c)
	}
	slices.Sort(classes)
	classes = slices.Compact(classes)
	for _, want := range q.Classes {
		if !slices.ContainsFunc(classes, func(c string) bool { return q.sameClass(want, c) }) {
			hint := "the classes are " + strings.Join(classes, ", ")
			if near := tabular.Nearest(want, classes, 1); len(near) > 0 {
				hint = fmt.Sprintf("did you mean %q? ", near[0]) + hint
			}
			return &tabular.Error{File: f.Label, Msg: fmt.Sprintf("no row is of class %q", strings.TrimSpace(want)), Hint: hint}
		}
	}
	return nil
}
