package study

import (
	"fmt"
	"slices"
	"strings"
)

// Error is one complaint about a study file.
type Error struct {
	File    string // as given to Parse
	Line    int    // from 1; 0 if the file could not be read at all
	Column  int    // from 1, in characters
	Path    string // e.g. campaigns[1].end; "" for the file as a whole
	Message string
	Hint    string // what to do; may be empty
}

// Error returns "file:line:column: path: message; hint".
func (e Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	b.WriteString(": ")
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString(e.Message)
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// Errors are all complaints about a study file, in the order of the file.
type Errors []Error

// Error returns the complaints, one a line.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// err returns the complaints sorted by position, or nil if there are none.
func (es Errors) err() error {
	if len(es) == 0 {
		return nil
	}
	slices.SortStableFunc(es, func(a, b Error) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return es
}

// Complaint is an error at a place of the study file, for checks that need
// more than the file.
func (s *Study) Complaint(path, message, hint string) error {
	p := s.position(path)
	return Errors{{File: s.file, Line: p.line, Column: p.column, Path: path, Message: message, Hint: hint}}
}
