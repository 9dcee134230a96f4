// Package examples_test reads every example as a user's program would and holds
// it to the rules of docs/cases: each study resolves, each campaign names a
// public source for its dates, and every text a reader meets is in both
// languages.
package examples_test

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"athar"
	"athar/place"
	"athar/source"
	"athar/study"
)

func studies(t *testing.T) map[string]*study.Study {
	t.Helper()
	files, err := filepath.Glob("*/study.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no study found: %v", err)
	}
	out := map[string]*study.Study{}
	for _, f := range files {
		s, err := study.Parse(f)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Dir(f)] = s
	}
	return out
}

// cells are the areas of a study on a grid.
func cells(t *testing.T, s *study.Study) *place.Set {
	t.Helper()
	var paths []string
	for _, f := range s.Areas.GeoJSON {
		paths = append(paths, s.Path(f))
	}
	set, err := place.LoadGrid((*place.Box)(s.Areas.Box), paths, s.Areas.GeoJSON, s.Areas.Properties)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestStudiesResolve(t *testing.T) {
	for name, s := range studies(t) {
		t.Run(name, func(t *testing.T) {
			if s.ID != name {
				t.Errorf("study %q lies in folder %q", s.ID, name)
			}
			var areas []athar.Area
			if s.Areas.Grid != "" {
				areas = cells(t, s).Areas
			}
			if s.Areas.Table != "" {
				set, err := place.LoadTable(s.Path(s.Areas.Table), s.Areas.Table, s.Areas.Columns)
				if err != nil {
					t.Fatal(err)
				}
				if err := set.LoadDistances(s.Path(s.Areas.Distances), s.Areas.Distances, s.Areas.DistanceColumns, s.Areas.DistancesWithin); err != nil {
					t.Fatal(err)
				}
				areas = set.Areas
			}
			if err := s.Resolve(areas, nil); err != nil {
				t.Error(err)
			}
			for _, d := range s.Data {
				if len(d.Coverage) == 0 {
					continue
				}
				cover := athar.Span{First: d.Coverage[0].First, Last: d.Coverage[len(d.Coverage)-1].Last}
				if err := s.CheckCoverage(cover); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// The number of events is that of examples/data/README.md, counted from the
// files with another program; an area code that no table knows would be lost.
func TestCountsAreWhole(t *testing.T) {
	want := map[string]int{"isis-2020": 13974, "iraq-2007": 106274, "monthly-counts": 499}
	compared := map[string]int{"iraq-2007": 1122}
	for name, s := range studies(t) {
		if s.Areas.Grid != "" {
			continue // events of the shared folder: nigeria_test.go
		}
		known := map[string]bool{}
		if s.Areas.Table != "" {
			set, err := place.LoadTable(s.Path(s.Areas.Table), s.Areas.Table, s.Areas.Columns)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range set.Areas {
				known[a.Code] = true
			}
		}
		n, beside := 0, 0
		for _, d := range s.Data {
			spec := source.Spec{Name: d.Name, Label: d.File, Format: d.Format, Columns: d.Columns, Period: d.Period,
				Classes: d.Classes, Values: d.Values, From: d.From}
			if d.File != "" {
				spec.File = s.Path(d.File)
			}
			r, err := source.Read(context.Background(), spec)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, x := range r.Info.Rejected {
				if d.Format != "series" || x.Reason != "blank-count" {
					t.Errorf("%s: %d rows dropped: %s", name, x.N, x.Reason)
				}
			}
			for _, c := range r.Counts {
				if len(known) > 0 && !known[c.Area] {
					t.Fatalf("%s: area %q is in no table", name, c.Area)
				}
				if d.Compare {
					beside += c.N
				} else {
					n += c.N
				}
			}
		}
		if n != want[name] || beside != compared[name] {
			t.Errorf("%s: %d events and %d to compare, want %d and %d", name, n, beside, want[name], compared[name])
		}
	}
}

func TestDatesHaveSources(t *testing.T) {
	for name, s := range studies(t) {
		for _, c := range s.Campaigns {
			addresses := 0
			for _, src := range c.Sources {
				if strings.HasPrefix(src.URL, "http") && src.Says != "" {
					addresses++
				}
			}
			if addresses == 0 {
				t.Errorf("%s: campaign %s has no source with an address", name, c.ID)
			}
			if c.Note.En == "" {
				t.Errorf("%s: campaign %s does not say how its dates and footprint were coded", name, c.ID)
			}
		}
		for _, c := range s.Claims {
			if c.Source == "" {
				t.Errorf("%s: claim %s has no source", name, c.ID)
			}
		}
		for _, d := range s.Data {
			if d.Licence == "" || d.Citation == "" {
				t.Errorf("%s: %s lacks licence or citation", name, d.Name)
			}
		}
	}
}

func TestTextsAreInBothLanguages(t *testing.T) {
	arabic := func(s string) bool {
		return strings.ContainsFunc(s, func(r rune) bool { return r >= 'ء' && r <= 'ي' })
	}
	for name, s := range studies(t) {
		check := func(where string, n athar.Names) {
			if n.En == "" || arabic(n.En) || !arabic(n.Ar) {
				t.Errorf("%s: %s: %q / %q", name, where, n.En, n.Ar)
			}
		}
		check("title", s.Title)
		check("group", s.Group.Name)
		check("outcome", s.Outcome)
		for _, c := range s.Campaigns {
			check(c.ID, c.Name)
			check(c.ID+" note", c.Note)
			for _, f := range c.Forces {
				check(c.ID+" forces", f)
			}
		}
		for _, g := range s.Goals {
			check(g.ID, g.Name)
			if g.Needs.En != "" {
				check(g.ID+" needs", g.Needs)
			}
			for _, o := range g.Outputs {
				check(g.ID+" "+o.ID, o.Name)
			}
			for _, o := range g.Outcomes {
				check(g.ID+" "+o.ID, o.Name)
			}
		}
		for _, c := range s.Claims {
			check(c.ID, c.Text)
			if c.Needs.En != "" {
				check(c.ID+" needs", c.Needs)
			}
		}
		for _, n := range s.Totals {
			check(n.ID, n.Name)
		}
		for _, e := range s.Choices.Calendar {
			check("calendar", e.Name)
		}
		for _, l := range s.Limits {
			check("limits", l)
		}
		for _, d := range s.Data {
			for _, c := range d.Caveats {
				check("caveat", c)
			}
		}
	}
}

// The analysis behind isis-2020 makes 24 statements: what is tied to counts
// must carry words, what is not must say what would be needed.
func TestEveryStatementIsAClaim(t *testing.T) {
	s := studies(t)["isis-2020"]
	if len(s.Claims) != 24 {
		t.Errorf("%d claims, want 24", len(s.Claims))
	}
	asked := map[string]int{}
	for _, c := range s.Claims {
		asked[c.Question]++
	}
	for q, n := range map[string]int{"total": 3, "inside": 4, "movement": 1, "goal": 6, "adaptation": 4, "none": 6} {
		if asked[q] != n {
			t.Errorf("question %s: %d claims, want %d", q, asked[q], n)
		}
	}
}

func TestMonthlySeriesHasItsGaps(t *testing.T) {
	v := studies(t)["monthly-counts"].Data[0].Values
	if len(v) != 12 || !math.IsNaN(v[8]) || !math.IsNaN(v[9]) || v[0] != 84 || v[11] != 16 {
		t.Errorf("values %v", v)
	}
}
