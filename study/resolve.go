package study

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"athar"
	"athar/internal/spelling"
)

// Resolve finds the areas that footprints, outcomes and totals name, and fills
// [Footprint.Codes], [Outcome.Codes] and [Total.Codes]. An area is found by its exact code, or
// else by its English or Arabic name: without regard to case, tashkeel, letter
// variants and the article. within returns the codes of the areas whose
// representative points lie in the polygons of a GeoJSON file, given by its
// path as the program can open it. Its error is [Errors].
func (s *Study) Resolve(areas []athar.Area, within func(geojsonFile string) ([]string, error)) error {
	g := newGazetteer(areas)
	r := &reader{file: s.file}
	find := func(path string, written []string, lookup func(string) ([]string, string)) (codes []string) {
		for i, name := range written {
			found, complaint := lookup(name)
			if complaint != "" {
				r.complain(s.position(item(path, i)), item(path, i), "", "%s", complaint)
			}
			codes = append(codes, found...)
		}
		return codes
	}
	noted := false
	for i := range s.Campaigns {
		c, path := &s.Campaigns[i], item("campaigns", i, "footprint")
		f := &c.Footprint
		if !s.given("areas") {
			f.Codes = g.codes
			continue
		}
		codes := find(path+".areas", f.Areas, g.area)
		codes = append(codes, find(path+".within", f.Within, g.unit)...)
		if f.GeoJSON != "" {
			drawn, err := within(s.Path(f.GeoJSON))
			at := path + ".geojson"
			switch {
			case err != nil:
				r.complain(s.position(at), at, "", "%v", err)
			case len(drawn) == 0:
				r.complain(s.position(at), at, "draw it larger, or name the areas", "the polygon holds no area's representative point")
			}
			codes = append(codes, drawn...)
		}
		f.Codes = unique(codes)
		if s.Areas.Table != "" && s.Areas.Distances == "" && !noted && len(f.Codes) > 0 && len(f.Codes) < len(areas) {
			noted = true
			r.complain(s.position("areas.table"), "areas.table", "give distances and distance_columns, or polygons under geojson instead of a table",
				"without distances between the areas nobody can tell what lies around %s", c.ID)
		}
	}
	for i := range s.Goals {
		for j := range s.Goals[i].Outcomes {
			o, path := &s.Goals[i].Outcomes[j], item(item("goals", i, "outcomes"), j)
			o.Codes = unique(append(find(path+".areas", o.Areas, g.area), find(path+".within", o.Within, g.unit)...))
		}
	}
	for i := range s.Totals {
		t := &s.Totals[i]
		switch path := item("totals", i); {
		case t.Country != "":
			codes, complaint := g.country(t.Country)
			if complaint != "" {
				r.complain(s.position(path+".country"), path+".country", "", "%s", complaint)
			}
			t.Codes = unique(codes)
		case len(t.Areas)+len(t.Within) > 0:
			t.Codes = unique(append(find(path+".areas", t.Areas, g.area), find(path+".within", t.Within, g.unit)...))
		default:
			t.Codes = g.codes
		}
	}
	return r.errs.err()
}

func unique(codes []string) []string {
	slices.Sort(codes)
	return slices.Compact(codes)
}

// gazetteer finds areas by what people call them.
type gazetteer struct {
	areas     []athar.Area // sorted by code
	codes     []string
	byName    map[string][]int // folded names of areas
	byUnit    map[string][]int // folded names of the units above
	byCountry map[string][]int
}

func newGazetteer(areas []athar.Area) *gazetteer {
	g := &gazetteer{
		areas:  slices.SortedFunc(slices.Values(areas), func(a, b athar.Area) int { return cmp.Compare(a.Code, b.Code) }),
		byName: map[string][]int{}, byUnit: map[string][]int{}, byCountry: map[string][]int{},
	}
	add := func(m map[string][]int, i int, spellings ...string) {
		for _, name := range spellings {
			if k := spelling.Fold(name); k != "" && !slices.Contains(m[k], i) {
				m[k] = append(m[k], i)
			}
		}
	}
	for i, a := range g.areas {
		g.codes = append(g.codes, a.Code)
		add(g.byName, i, a.Name.En, a.Name.Ar)
		add(g.byUnit, i, a.Parent.En, a.Parent.Ar)
		add(g.byCountry, i, a.Country)
	}
	return g
}

// area finds one area by code or name. Otherwise it says why there is none.
func (g *gazetteer) area(name string) (codes []string, complaint string) {
	if _, ok := slices.BinarySearch(g.codes, name); ok {
		return []string{name}, ""
	}
	hits := g.byName[spelling.Fold(name)]
	switch len(hits) {
	case 0:
		return nil, fmt.Sprintf("there is no area %q; nearest: %s", name, g.nearestAreas(name))
	case 1:
		return g.pick(hits), ""
	}
	list := make([]string, len(hits))
	for i, h := range hits {
		list[i] = g.describe(h)
	}
	return nil, fmt.Sprintf("%q names %d areas; write the code of the one that is meant: %s", name, len(hits), strings.Join(list, ", "))
}

// unit finds all areas of a unit above, such as a governorate.
func (g *gazetteer) unit(name string) (codes []string, complaint string) {
	hits := g.byUnit[spelling.Fold(name)]
	if len(hits) == 0 {
		return nil, noUnit("unit above the areas", name, g.areas, func(a athar.Area) []string { return []string{a.Parent.En, a.Parent.Ar} })
	}
	var countries []string
	for _, h := range hits {
		countries = append(countries, g.areas[h].Country)
	}
	if countries = unique(countries); len(countries) > 1 {
		return nil, fmt.Sprintf("%q is a unit of %s; list the codes of its areas under areas", name, strings.Join(countries, " and of "))
	}
	return g.pick(hits), ""
}

func (g *gazetteer) country(name string) (codes []string, complaint string) {
	hits := g.byCountry[spelling.Fold(name)]
	if len(hits) == 0 {
		return nil, noUnit("country", name, g.areas, func(a athar.Area) []string { return []string{a.Country} })
	}
	return g.pick(hits), ""
}

func (g *gazetteer) pick(hits []int) []string {
	codes := make([]string, len(hits))
	for i, h := range hits {
		codes[i] = g.codes[h]
	}
	return codes
}

// describe is an area as a message shows it: name (code, unit above).
func (g *gazetteer) describe(i int) string {
	a := g.areas[i]
	name, where := a.Name.En, a.Code
	if name == "" {
		name = a.Name.Ar
	}
	if above := cmp.Or(a.Parent.En, a.Parent.Ar, a.Country); above != "" {
		where += ", " + above
	}
	return fmt.Sprintf("%s (%s)", name, where)
}

func (g *gazetteer) nearestAreas(name string) string {
	k := spelling.Fold(name)
	type candidate struct{ i, d int }
	order := make([]candidate, len(g.areas))
	for i, a := range g.areas {
		d := spelling.Distance(k, strings.ToLower(a.Code))
		for _, n := range []string{a.Name.En, a.Name.Ar} {
			if n != "" {
				d = min(d, spelling.Distance(k, spelling.Fold(n)))
			}
		}
		order[i] = candidate{i, d}
	}
	slices.SortStableFunc(order, func(a, b candidate) int { return a.d - b.d })
	var out []string
	for _, c := range order[:min(3, len(order))] {
		out = append(out, g.describe(c.i))
	}
	if out == nil {
		return "none, the study has no areas"
	}
	return strings.Join(out, ", ")
}

// noUnit says that no area lies in a unit of the name, and which units come
// nearest.
func noUnit(what, name string, areas []athar.Area, above func(athar.Area) []string) string {
	var all []string
	for _, a := range areas {
		for _, n := range above(a) {
			if n != "" {
				all = append(all, n)
			}
		}
	}
	all = unique(all)
	k := spelling.Fold(name)
	slices.SortStableFunc(all, func(a, b string) int {
		return spelling.Distance(k, spelling.Fold(a)) - spelling.Distance(k, spelling.Fold(b))
	})
	if len(all) == 0 {
		return fmt.Sprintf("there is no %s %q; the areas name none", what, name)
	}
	return fmt.Sprintf("there is no %s %q; nearest: %s", what, name, strings.Join(all[:min(3, len(all))], ", "))
}

// Finder returns a function that finds one area by its code or its name in
// English or Arabic, as footprints do. Where there is none, or more than one,
// code is empty and problem says so with the nearest names.
func Finder(areas []athar.Area) func(name string) (code, problem string) {
	g := newGazetteer(areas)
	return func(name string) (string, string) {
		codes, problem := g.area(name)
		if problem != "" {
			return "", problem
		}
		return codes[0], ""
	}
}
