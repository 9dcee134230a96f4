package study

import (
	"slices"
	"strings"

	"athar"
)

// NegativeControl is a count that the campaigns of the study should not move:
// if it moves with them, something else does (METHODS.md F3). It is a dataset of its
// own (control: true), or other events of a dataset that is there anyway.
type NegativeControl struct {
	Name    athar.Names
	Data    string       // name of the dataset
	Classes []string     // classes to count in place of the dataset's own choice
	Kinds   []athar.Kind // kinds to count in its place
	Aliases []string     // the organisations whose events are counted in place of the group's
	IDs     []string
}

// ReadFrom is the index of the dataset that the control is read from.
func (s *Study) ReadFrom(c NegativeControl) int {
	return slices.IndexFunc(s.Data, func(d Data) bool { return d.Name == c.Data })
}

// Counted reports whether the events of a dataset are those that the study
// counts.
func (d Data) Counted() bool { return !d.Compare && !d.Control }

func negativeControl(c *NegativeControl) func(value) {
	return func(v value) {
		v.object(
			must("name", names(&c.Name)),
			may("data", label(&c.Data)),
			may("classes", each(&c.Classes, label)),
			may("kinds", each(&c.Kinds, kind)),
			may("aliases", each(&c.Aliases, label)),
			may("ids", each(&c.IDs, label)),
		)
	}
}

// checkNegativeControls also fills in the dataset where there is only one.
func (s *Study) checkNegativeControls(bad complaint) {
	var all []string
	counted := false
	for i, d := range s.Data {
		all = append(all, d.Name)
		counted = counted || d.Counted()
		if d.Compare && d.Control {
			bad(item("data", i, "control"), "keep one of the two", "a dataset is compared or holds a negative control, not both")
		}
		used := slices.ContainsFunc(s.NegativeControls, func(c NegativeControl) bool { return c.Data == d.Name })
		if d.Control && !used {
			bad(item("data", i, "control"), "add it to negative_controls: [{name: .., data: ..}], or remove the entry", "no negative control uses %q", d.Name)
		}
	}
	if len(s.Data) > 0 && !counted {
		bad("data", "remove compare or control from one of them", "no dataset is left to count")
	}
	for i := range s.NegativeControls {
		c := &s.NegativeControls[i]
		at := func(keys ...string) string { return item("negative_controls", i, keys...) }
		if c.Data == "" && !s.given(at("data")) {
			if len(all) != 1 {
				bad(at(), "name one of: "+strings.Join(all, ", "), `lacks the key "data", and the study has several datasets`)
				continue
			}
			c.Data = all[0]
		}
		k := s.ReadFrom(*c)
		if k < 0 {
			if c.Data != "" {
				bad(at("data"), known(c.Data, all), "there is no dataset %q", c.Data)
			}
			continue
		}
		d := s.Data[k]
		if !d.Control && len(c.Classes)+len(c.Kinds)+len(c.Aliases)+len(c.IDs) == 0 {
			bad(at(), "name its classes, kinds, or other organisations (aliases, ids); or mark a dataset of its own with control: true",
				"counts what the study counts, which the campaigns should move")
		}
		if len(c.Classes) > 0 && len(c.Kinds) > 0 {
			bad(at("kinds"), "keep one of the two", "events are named by classes or by kinds, not by both")
		}
		if len(c.Kinds) > 0 && slices.Contains([]string{"counts", "table", "series"}, d.Format) {
			bad(at("kinds"), "name them by classes", "kinds are not known in format %s", d.Format)
		}
		if len(c.Classes)+len(c.Aliases)+len(c.IDs) > 0 && d.Format == "series" {
			bad(at(), "leave classes, aliases and ids out", "a bare series has neither classes nor organisations")
		}
		if len(c.Aliases)+len(c.IDs) > 0 && d.Format == "counts" {
			bad(at(), "leave aliases and ids out, or choose by classes", "a table of counts knows no organisations")
		}
	}
}
