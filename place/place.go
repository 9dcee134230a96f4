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
	"errors"

	"athar"
)

// Set is the areas of a study.
type Set struct {
	Areas []athar.Area        // sorted by code
	Files []athar.ManifestRef // the files they came from
}

// LoadTable reads areas from a CSV or XLSX table: code, names, the unit above,
// country, representative point and size. Columns maps our fields (code,
// name_en, name_ar, parent_en, parent_ar, country, lon, lat, km2) to the
// file's columns; usual names are recognised without it.
func LoadTable(path, label string, columns map[string]string) (*Set, error) {
	return nil, errors.New("not read yet")
}

// LoadGeoJSON reads areas with their polygons from one or more files.
// Properties maps our fields, as in [LoadTable], to GeoJSON properties; the
// names of OCHA's common operational datasets, geoBoundaries and GADM are
// recognised without it.
func LoadGeoJSON(paths, labels []string, properties map[string]string) (*Set, error) {
	return nil, errors.New("not read yet")
}

// LoadDistances reads a table of distances between the edges of areas, in km;
// from then on [Set.Distances] answers from it. Within is the distance up to
// which the table lists pairs; 0: it lists all pairs. Columns maps a, b and km.
func (s *Set) LoadDistances(path, label string, columns map[string]string, within float64) error {
	return errors.New("not read yet")
}

// Distances returns, for every area of the set in order, the distance in km
// from the edge of the footprint (a set of area codes) to the area's nearest
// edge: 0 for the footprint's own areas and for areas that touch it, +Inf
// beyond the reach of a distance table.
func (s *Set) Distances(footprint []string) ([]float64, error) {
	return nil, errors.New("not known yet")
}

// Locate returns the code of the area in which a point lies; on a shared
// border the lower code. It finds nothing in a set without polygons.
func (s *Set) Locate(lon, lat float64) (code string, ok bool) {
	return "", false
}

// Within returns the codes of the areas whose representative point lies in
// the polygons of a GeoJSON file, sorted.
func (s *Set) Within(path, label string) ([]string, error) {
	return nil, errors.New("not read yet")
}

// Outlines returns the areas for a map, with outlines simplified to at most
// maxPoints points in all, rounded to 3 decimals.
func (s *Set) Outlines(maxPoints int) []athar.MapArea {
	return nil
}
