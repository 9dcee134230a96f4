// Package place knows where areas are: their outlines, the distance between
// them, and which of them a point lies in.
//
// The package thinks that a campaign has an edge and that its neighbourhood is
// measured from there: the distance of an area is the shortest way from the
// footprint's edge to the area's own edge. An area that touches the footprint
// is 0 km away and yet outside it, so it belongs to the first ring; only the
// footprint's own areas are inside. Polygons and published distance tables
// give the same distance, so a study may use either.
//
// Longitude and latitude are degrees on a sphere of radius 6371.0088 km; an
// edge between two vertices is straight in longitude and latitude, as GeoJSON
// defines it.
package place

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"athar"
	"athar/tabular"
)

// Error is a complaint about an input file, with where and what to do.
type Error = tabular.Error

// Set is the areas of a study.
type Set struct {
	Areas []athar.Area        // sorted by code
	Files []athar.ManifestRef // the files they came from, distance table included

	shapes []shape // by area; nil for areas from a table
	index  *index
	table  *distances
	grid   map[cell]int // cells of a grid and their areas; nil: no grid
}

func compareCodes(a, b athar.Area) int { return cmp.Compare(a.Code, b.Code) }

// Index returns the position of an area in [Set.Areas].
func (s *Set) Index(code string) (int, bool) {
	return slices.BinarySearchFunc(s.Areas, code, func(a athar.Area, code string) int { return cmp.Compare(a.Code, code) })
}

// indices returns the positions of a footprint's areas.
func (s *Set) indices(footprint []string) ([]int, error) {
	if len(footprint) == 0 {
		return nil, fmt.Errorf("the footprint has no areas")
	}
	var in []int
	for _, code := range footprint {
		i, ok := s.Index(code)
		if !ok {
			return nil, fmt.Errorf("the footprint's area %q is not among the areas", code)
		}
		in = append(in, i)
	}
	return in, nil
}

// Distances returns, for every area of the set in order, the distance in km
// from the edge of the footprint (a set of area codes) to the area's nearest
// edge. It is 0 for the footprint's own areas and also for those that touch or
// overlap it, and +Inf beyond the reach of a distance table.
func (s *Set) Distances(footprint []string) ([]float64, error) {
	in, err := s.indices(footprint)
	if err != nil {
		return nil, err
	}
	km := make([]float64, len(s.Areas))
	switch {
	case s.table != nil:
		for j := range km {
			km[j] = math.Inf(1)
			for _, i := range in {
				km[j] = min(km[j], s.table.between(i, j))
			}
		}
	case s.shapes != nil:
		s.edgeDistances(in, km)
	case len(s.Areas) > len(in):
		return nil, ErrNoDistances
	}
	for _, i := range in {
		km[i] = 0
	}
	return km, nil
}

// areaFields are what a table of areas may hold.
var areaFields = []tabular.Field{
	{Name: "code", Usual: []string{"code", "area", "area_code", "pcode", "adm3_pcode", "adm2_pcode", "district_code", "district", "adm1_pcode", "governorate_code", "id"}},
	{Name: "name_en", Usual: []string{"name_en", "adm3_en", "adm2_en", "district_en", "name", "adm1_en"}},
	{Name: "name_ar", Usual: []string{"name_ar", "adm3_ar", "adm2_ar", "district_ar", "adm1_ar", "الاسم", "القضاء", "المنطقة"}},
	{Name: "parent_en", Usual: []string{"parent_en", "governorate_en", "adm1_en", "province_en", "parent", "governorate", "province"}},
	{Name: "parent_ar", Usual: []string{"parent_ar", "governorate_ar", "adm1_ar", "المحافظة"}},
	{Name: "country", Usual: []string{"country", "adm0_en", "country_en", "adm0_pcode", "iso3"}},
	{Name: "lon", Usual: []string{"lon", "longitude", "lng", "long", "x"}},
	{Name: "lat", Usual: []string{"lat", "latitude", "y"}},
	{Name: "km2", Usual: []string{"km2", "area_km2", "area_sqkm"}},
}

// LoadTable reads areas from a CSV or XLSX table: code, names, the unit above,
// country, representative point in degrees and size in km2. Columns maps our
// fields (code, name_en, name_ar, parent_en, parent_ar, country, lon, lat,
// km2) to the file's columns; usual names are recognised without it. Any
// damaged row is an error, because a study that lacks an area is another
// study.
func LoadTable(path, label string, columns map[string]string) (*Set, error) {
	needed := slices.Clone(areaFields)
	needed[0].Needed = true
	s := &Set{}
	line := map[string]int{}
	f, err := eachRow(path, label, needed, columns, func(f *tabular.File, r tabular.Row) error {
		a := athar.Area{
			Code:    f.Keep(r.Cell("code")),
			Name:    athar.Names{En: f.Keep(r.Cell("name_en")), Ar: f.Keep(r.Cell("name_ar"))},
			Parent:  athar.Names{En: f.Keep(r.Cell("parent_en")), Ar: f.Keep(r.Cell("parent_ar"))},
			Country: f.Keep(r.Cell("country")),
		}
		if a.Code == "" {
			return &Error{File: label, Line: r.Line, Msg: "the area has no code", Hint: "give every area a code of its own"}
		}
		if a.Name.En == "" {
			a.Name.En = cmp.Or(a.Name.Ar, a.Code)
		}
		if at, again := line[a.Code]; again {
			return &Error{File: label, Line: r.Line, Msg: fmt.Sprintf("area %s is also in line %d", a.Code, at), Hint: "every area needs a code of its own"}
		}
		line[a.Code] = r.Line
		var fault *tabular.Fault
		if a.Lon, a.Lat, _, fault = r.Point("lat", "lon"); fault != nil {
			return &Error{File: label, Line: r.Line, Msg: fmt.Sprintf("column %q: %s", f.Column(fault.Field), fault.Detail)}
		}
		if cell := r.Cell("km2"); cell != "" {
			var err error
			if a.Km2, err = f.Decimal(cell); err != nil || a.Km2 < 0 {
				return &Error{File: label, Line: r.Line, Msg: fmt.Sprintf("column %q: %q is not a size in km2", f.Column("km2"), cell)}
			}
		}
		s.Areas = append(s.Areas, a)
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(s.Areas, compareCodes)
	s.Files = append(s.Files, f)
	return s, nil
}

// distances are the distances of a table, by the positions of two areas, the
// lower first.
type distances struct {
	km     map[[2]int]float64
	within float64 // pairs further apart are not listed; +Inf: all are
}

func (d *distances) between(i, j int) float64 {
	if i == j {
		return 0
	}
	if km, ok := d.km[[2]int{min(i, j), max(i, j)}]; ok {
		return km
	}
	return math.Inf(1)
}

var distanceFields = []tabular.Field{
	{Name: "a", Needed: true, Usual: []string{"a", "area_a", "district_a", "from", "code_a", "origin"}},
	{Name: "b", Needed: true, Usual: []string{"b", "area_b", "district_b", "to", "code_b", "destination"}},
	{Name: "km", Needed: true, Usual: []string{"km", "distance_km", "distance", "dist_km"}},
}

// LoadDistances reads a table of distances between the edges of areas, in km;
// from then on [Set.Distances] answers from it. Within is the distance up to
// which the table lists pairs; 0: it lists all pairs. Columns maps a, b and
// km. Pairs of areas that are not in the set are passed over; a pair that ought
// to be listed, because its representative points are that near, is an error.
func (s *Set) LoadDistances(path, label string, columns map[string]string, within float64) error {
	d := &distances{km: map[[2]int]float64{}, within: within}
	known := make([]bool, len(s.Areas))
	stranger := ""
	file, err := eachRow(path, label, distanceFields, columns, func(f *tabular.File, r tabular.Row) error {
		i, ok := s.Index(r.Cell("a"))
		j, ok2 := s.Index(r.Cell("b"))
		if ok {
			known[i] = true
		}
		if ok2 {
			known[j] = true
		}
		if !ok || !ok2 {
			if stranger == "" {
				stranger = f.Keep(r.Cell("a"))
				if ok {
					stranger = f.Keep(r.Cell("b"))
				}
			}
			return nil
		}
		km, err := f.Decimal(r.Cell("km"))
		switch pair := [2]int{min(i, j), max(i, j)}; {
		case err != nil || km < 0:
			return &Error{File: label, Line: r.Line, Msg: fmt.Sprintf("column %q: %q is not a distance in km", f.Column("km"), r.Cell("km"))}
		case i == j && km != 0:
			return &Error{File: label, Line: r.Line, Msg: fmt.Sprintf("%s is %v km from itself", s.Areas[i].Code, km)}
		case within > 0 && km > within:
			return &Error{File: label, Line: r.Line, Msg: fmt.Sprintf("%v km is beyond the %v km up to which the table is said to list pairs", km, within), Hint: "correct within in the study"}
		case i != j:
			if old, again := d.km[pair]; again && old != km {
				return &Error{File: label, Line: r.Line, Msg: fmt.Sprintf("%s and %s are %v km apart here and %v km in another line", s.Areas[i].Code, s.Areas[j].Code, km, old)}
			}
			d.km[pair] = km
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !slices.Contains(known, true) {
		return &Error{File: label, Msg: fmt.Sprintf("the table has no distance of any of the areas; it writes, for instance, %q, and the areas %q", stranger, s.Areas[0].Code),
			Hint: "the table and the areas must use the same codes"}
	}
	if n := len(s.Areas); within == 0 && len(d.km) < n*(n-1)/2 {
		return &Error{File: label, Msg: fmt.Sprintf("the table lists %d of the %d pairs of areas", len(d.km), n*(n-1)/2),
			Hint: "if it lists pairs up to a distance only, say so in the study (distances_within: km)"}
	}
	if i, j, missing := s.unlisted(d); missing {
		return &Error{File: label, Msg: fmt.Sprintf("the points of %s and %s are %.0f km apart, and yet the table does not list the pair", s.Areas[i].Code, s.Areas[j].Code, s.apart(i, j)),
			Hint: "the table and the areas must use the same codes, and a limit in km must be the one up to which it lists pairs"}
	}
	s.table = d
	s.Files = append(s.Files, file)
	return nil
}

// unlisted finds a pair of areas whose points are so near that its distance
// must be in the table, and is not.
func (s *Set) unlisted(d *distances) (i, j int, found bool) {
	for i, a := range s.Areas {
		for j := range s.Areas[:i] {
			b := s.Areas[j]
			if !hasPoint(a) || !hasPoint(b) || s.apart(i, j) > d.within {
				continue
			}
			if _, ok := d.km[[2]int{j, i}]; !ok {
				return j, i, true
			}
		}
	}
	return 0, 0, false
}

// hasPoint reports whether a representative point is known; no area lies at
// 0, 0.
func hasPoint(a athar.Area) bool { return a.Lon != 0 || a.Lat != 0 }

// apart is the distance between two areas' representative points in km.
func (s *Set) apart(i, j int) float64 {
	return kilometres(point{s.Areas[i].Lon, s.Areas[i].Lat}, point{s.Areas[j].Lon, s.Areas[j].Lat})
}

// eachRow opens a table, maps its columns and calls do for every row; any
// damaged row is an error.
func eachRow(path, label string, fields []tabular.Field, columns map[string]string, do func(*tabular.File, tabular.Row) error) (athar.ManifestRef, error) {
	var ref athar.ManifestRef
	f, err := tabular.Open(path, label, "")
	if err != nil {
		return ref, err
	}
	defer f.Close()
	if err := f.Start(",;\t|", tabular.Score(fields, columns), nil); err != nil {
		return ref, err
	}
	if err := f.Map(fields, columns); err != nil {
		return ref, err
	}
	t := &tabular.Tally{File: label}
	var first error
	err = f.Each(context.Background(), t, func(r tabular.Row) {
		if first == nil {
			first = do(f, r)
		}
	})
	if err = cmp.Or(err, first); err != nil {
		return ref, err
	}
	if bad := t.Rejects(); len(bad) > 0 {
		return ref, &Error{File: label, Line: bad[0].Line, Msg: strings.TrimPrefix(bad[0].Column+": "+bad[0].Detail, ": ")}
	}
	return athar.ManifestRef{File: label, SHA256: f.SHA256, Bytes: f.Bytes}, nil
}
