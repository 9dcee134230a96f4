package place

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

// The border of two squares that touch, one with a hole, leaves out what they share and
// has land at its left, however the corners run.
func TestBorder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.geojson")
	text := `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"code":"A","name":"A"},"geometry":{"type":"Polygon","coordinates":[[[40,30],[40,31],[41,31],[41,30],[40,30]]]}},
{"type":"Feature","properties":{"code":"B","name":"B"},"geometry":{"type":"Polygon","coordinates":[[[41,30],[42,30],[42,31],[41,31],[41,30]],[[41.4,30.4],[41.6,30.4],[41.6,30.6],[41.4,30.6],[41.4,30.4]]]}},
{"type":"Feature","properties":{"code":"C","name":"C"},"geometry":{"type":"Polygon","coordinates":[[[43,30],[44,30],[44,31],[43,31],[43,30]]]}}]}`
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := LoadGeoJSON([]string{file}, []string{"a.geojson"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	flat := NewPlane(41, 30.5)
	for _, c := range []struct {
		codes []string
		edges int
		km2   float64
	}{{[]string{"A"}, 4, s.Areas[0].Km2}, {[]string{"A", "B"}, 10, s.Areas[0].Km2 + s.Areas[1].Km2}, {[]string{"B", "A"}, 10, s.Areas[0].Km2 + s.Areas[1].Km2}, {[]string{"X"}, 0, 0}} {
		list := s.Border(c.codes, flat)
		area := 0.0
		for _, e := range list {
			area += (e[0][0]*e[1][1] - e[1][0]*e[0][1]) / 2
		}
		if len(list) != c.edges || math.Abs(area-c.km2) > .01*c.km2 {
			t.Errorf("%v: %d pieces around %v km2, want %d around %v", c.codes, len(list), area, c.edges, c.km2)
		}
	}
}
