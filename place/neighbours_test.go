package place

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Squares side by side touch, one in another is its neighbour, and one kilometres
// away is not; distances say the same.
func TestNeighbours(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.geojson")
	square := func(code, w, s, e, n string) string {
		return `{"type":"Feature","properties":{"code":"` + code + `","name":"` + code + `"},"geometry":{"type":"Polygon","coordinates":[[[` + w + `,` + s + `],[` + e + `,` + s + `],[` + e + `,` + n + `],[` + w + `,` + n + `],[` + w + `,` + s + `]]]}}`
	}
	text := `{"type":"FeatureCollection","features":[` + square("A", "40", "30", "41", "31") + `,` + square("B", "41", "30", "42", "31") + `,` +
		square("C", "42.5", "30", "43", "31") + `,` + square("D", "40.4", "30.4", "40.6", "30.6") + `,` + square("E", "41", "31", "42", "32") + `]}`
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := LoadGeoJSON([]string{file}, []string{"a.geojson"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Neighbours(.1)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]int{{1, 3, 4}, {0, 4}, nil, {0}, {0, 1}} {
		if !slices.Equal(got[i], want) {
			t.Errorf("neighbours of %s: %v, want %v", s.Areas[i].Code, got[i], want)
		}
		km, err := s.Distances([]string{s.Areas[i].Code})
		if err != nil {
			t.Fatal(err)
		}
		for j := range km {
			if j != i && (km[j] <= .1) != slices.Contains(got[i], j) {
				t.Errorf("%s and %s are %v km apart", s.Areas[i].Code, s.Areas[j].Code, km[j])
			}
		}
	}
	if _, err := (&Set{Areas: s.Areas}).Neighbours(.1); err == nil {
		t.Error("areas without edges have neighbours")
	}
}
