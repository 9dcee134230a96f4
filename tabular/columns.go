package tabular

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"athar/internal/spelling"
)

// Field is something that a format looks for in a table.
type Field struct {
	Name   string   // our name, the key in a study's columns
	Usual  []string // names under which it is published, best first
	Needed bool
}

// Fold brings a name into the form in which names are compared: lower case,
// one underscore for spaces and hyphens, Arabic letters without the variants
// that writers mix.
func Fold(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '\u00a0', '\u200c':
			return '_'
		case 'أ', 'إ', 'آ', 'ٱ':
			return 'ا'
		case 'ى':
			return 'ي'
		case 'ة':
			return 'ه'
		case 'ـ', '\u200e', '\u200f', '\ufeff':
			return -1
		}
		if r >= '\u064b' && r <= '\u0652' { // vowel signs
			return -1
		}
		return r
	}, s)
}

// Find returns the columns of the fields that a header has: those named in
// mapping, then those with a usual name.
func Find(header []string, fields []Field, mapping map[string]string) map[string]int {
	at := map[string]int{}
	for i, h := range header {
		if _, ok := at[Fold(h)]; !ok && Fold(h) != "" {
			at[Fold(h)] = i
		}
	}
	found := map[string]int{}
	for _, f := range fields {
		names := f.Usual
		if want, ok := mapping[f.Name]; ok {
			names = []string{want}
		}
		for _, n := range names {
			if i, ok := at[Fold(n)]; ok {
				found[f.Name] = i
				break
			}
		}
	}
	return found
}

// Score is a score for [File.Start]: how many of the fields a header has.
func Score(fields []Field, mapping map[string]string) func([]string) int {
	return func(header []string) int { return len(Find(header, fields, mapping)) }
}

// Map finds the columns of the fields, so that [Row.Cell] can be asked for
// them. It complains of a needed field that has no column, of a mapped column
// that is not there or is there twice, and of a mapping for an unknown field.
func (f *File) Map(fields []Field, mapping map[string]string) error {
	f.columns = Find(f.Header, fields, mapping)
	var known []string
	for _, field := range fields {
		known = append(known, field.Name)
		want, mapped := mapping[field.Name]
		i, found := f.columns[field.Name]
		switch {
		case mapped && !found:
			return &Error{File: f.Label, Line: 1, Msg: fmt.Sprintf("there is no column %q for %s", want, field.Name), Hint: f.offer(want)}
		case field.Needed && !found:
			return &Error{File: f.Label, Line: 1, Msg: fmt.Sprintf("no column for %s", field.Name),
				Hint: fmt.Sprintf("say which it is in the study's columns (%s: ...); %s", field.Name, f.offer(field.Name))}
		case found:
			for j, h := range f.Header {
				if j != i && Fold(h) == Fold(f.Header[i]) {
					return &Error{File: f.Label, Line: 1, Msg: fmt.Sprintf("two columns are called %q", f.Header[i]), Hint: "rename one of them"}
				}
			}
		}
	}
	var unknown []string
	for k := range mapping {
		if !slices.Contains(known, k) {
			unknown = append(unknown, k)
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return &Error{File: f.Label, Msg: fmt.Sprintf("columns maps %q, which this format does not know", unknown[0]),
			Hint: suggest("it knows", known)}
	}
	return nil
}

// Index returns the position of a column by the file's own name.
func (f *File) Index(column string) (int, error) {
	for i, h := range f.Header {
		if Fold(h) == Fold(column) {
			return i, nil
		}
	}
	return 0, &Error{File: f.Label, Line: 1, Msg: fmt.Sprintf("there is no column %q", column), Hint: f.offer(column)}
}

// Unmapped returns the positions of columns that no field uses.
func (f *File) Unmapped() []int {
	used := map[int]bool{}
	for _, i := range f.columns {
		used[i] = true
	}
	var out []int
	for i := range f.Header {
		if !used[i] {
			out = append(out, i)
		}
	}
	return out
}

// offer lists what the header has, the likeliest column first.
func (f *File) offer(want string) string {
	near := Nearest(want, f.Header, 1)
	s := suggest("the header has", f.Header)
	if len(near) > 0 {
		s = fmt.Sprintf("did you mean %q? ", near[0]) + s
	}
	return s
}

func suggest(before string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	more := ""
	if len(names) > 60 {
		more = fmt.Sprintf(" and %d more", len(names)-60)
		names = names[:60]
	}
	return before + " " + strings.Join(names, ", ") + more
}

// Nearest returns up to n of the candidates that are spelled like word,
// nearest first.
func Nearest(word string, candidates []string, n int) []string {
	type scored struct {
		name string
		d    int
	}
	w := []rune(Fold(word))
	var near []scored
	for _, c := range candidates {
		f := []rune(Fold(c))
		d := spelling.Distance(string(w), string(f))
		if len(w) > 2 && strings.Contains(string(f), string(w)) || len(f) > 2 && strings.Contains(string(w), string(f)) {
			d = min(d, 1)
		}
		if d <= max(2, len(w)/3) && d < max(len(w), len(f)) {
			near = append(near, scored{c, d})
		}
	}
	slices.SortStableFunc(near, func(a, b scored) int {
		return cmp.Or(cmp.Compare(a.d, b.d), cmp.Compare(a.name, b.name))
	})
	var out []string
	for _, s := range near[:min(n, len(near))] {
		out = append(out, s.name)
	}
	return out
}
