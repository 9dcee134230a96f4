package place

import (
	"reflect"
	"strings"
	"testing"

	"athar"
	"athar/internal/testdata"
)

// iraq is a map with one area of about 4 by 4 degrees.
func iraq() athar.MapInfo {
	return athar.MapInfo{Areas: []athar.MapArea{{Area: athar.Area{Code: "a", Lon: 44, Lat: 33}, Outline: [][]athar.Num{{42, 31, 46, 31, 46, 35, 42, 35}}}}}
}

func collection(features ...string) string {
	return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`
}

func geo(properties, geometry string) string {
	return `{"type":"Feature","properties":{` + properties + `},"geometry":` + geometry + `}`
}

func TestBackdrop(t *testing.T) {
	var b Backdrop
	for layer, text := range map[string]string{
		Rivers: collection(geo("", `{"type":"MultiLineString","coordinates":[[[43,32],[43.5,32.004],[44,32]],[[100,0],[101,0],[102,0]]]}`),
			geo("", `{"type":"LineString","coordinates":[[-10,0],[-11,0],[-12,1]]}`),
			geo("", `{"type":"Point","coordinates":[44,33]}`), `{"type":"Feature","properties":{},"geometry":null}`),
		Lakes: geo("", `{"type":"Polygon","coordinates":[[[43,33],[43.4,33],[43.4,33.4],[43,33.4],[43,33]],[[43.1,33.1],[43.2,33.1],[43.2,33.2],[43.1,33.1]]]}`),
		Towns: collection(geo(`"NAME":"Small","SCALERANK":8,"POP_MAX":10`, `{"type":"Point","coordinates":[44.12345,33]}`),
			geo(`"name":"Bagdad","name_en":"Baghdad","name_ar":"بغداد","scalerank":1`, `{"type":"Point","coordinates":[44.4,33.3]}`),
			geo(`"name":"Large","scalerank":8,"pop_max":20`, `{"type":"Point","coordinates":[44,34]}`),
			geo(`"name":"Kırşehir","nameascii":"Kirsehir"`, `{"type":"Point","coordinates":[45,34,7]}`),
			geo(`"name":"Elsewhere"`, `{"type":"Point","coordinates":[-44,34]}`),
			geo(`"scalerank":1`, `{"type":"Point","coordinates":[44,34]}`)),
	} {
		if err := b.Load(layer, write(t, layer+".geojson", text), layer+".geojson"); err != nil {
			t.Fatal(err)
		}
	}
	m := iraq()
	b.Draw(&m, 50)
	if want := [][]athar.Num{{43, 32, 43.5, 32.004, 44, 32}}; !reflect.DeepEqual(m.Rivers, want) {
		t.Errorf("rivers %v", m.Rivers)
	}
	if len(m.Lakes) != 2 || len(m.Lakes[0]) != 8 || len(m.Lakes[1]) != 6 {
		t.Errorf("lakes %v", m.Lakes)
	}
	if want := []athar.MapTown{{Name: athar.Names{En: "Baghdad", Ar: "بغداد"}, Lon: 44.4, Lat: 33.3}, {Name: athar.Names{En: "Large"}, Lon: 44, Lat: 34},
		{Name: athar.Names{En: "Small"}, Lon: 44.123, Lat: 33}, {Name: athar.Names{En: "Kirsehir"}, Lon: 45, Lat: 34}}; !reflect.DeepEqual(m.Towns, want) {
		t.Errorf("towns %v", m.Towns)
	}
	if len(b.Files) != 3 || b.Files[0].SHA256 == "" {
		t.Errorf("files %v", b.Files)
	}
	for _, l := range m.Layers {
		want := map[string]athar.MapLayer{
			Rivers: {Layer: Rivers, File: "rivers.geojson", Features: 4, Drawn: 1, Outside: 1, Unusable: 2},
			Lakes:  {Layer: Lakes, File: "lakes.geojson", Features: 1, Drawn: 1},
			Towns:  {Layer: Towns, File: "places.geojson", Features: 6, Drawn: 4, Outside: 1, Unusable: 1},
		}[l.Layer]
		if l != want {
			t.Errorf("got %+v, want %+v", l, want)
		}
	}
}

func TestWrongBackdrops(t *testing.T) {
	for _, x := range []struct{ layer, text, want string }{
		{Rivers, collection(geo("", `{"type":"Point","coordinates":[1,2]}`)), "f.geojson: none of its 1 features is a line; map takes lines under rivers"},
		{Lakes, collection(geo("", `{"type":"LineString","coordinates":[[1,2],[2,3]]}`)), "none of its 1 features is a polygon"},
		{Towns, collection(geo(`"label":"A"`, `{"type":"Point","coordinates":[1,2]}`)), "none of its 1 features is a point with a name"},
		{Towns, collection(), "none of its 0 features"},
		{Rivers, collection(geo("", `{"type":"LineString","coordinates":[[33,144],[34,145]]}`)), "feature 1: 33, 144 has a latitude beyond 90 degrees"},
		{Rivers, `{"type":"Topology"}`, "TopoJSON"},
		{Rivers, `{"a":1}`, `this is JSON of type "", not GeoJSON with lines`},
		{Lakes, "{\n\"type\": x}", "f.geojson:2:9: this is not GeoJSON"},
		{Lakes, "", "the file is empty"},
	} {
		var b Backdrop
		if err := b.Load(x.layer, write(t, "f.geojson", x.text), "f.geojson"); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s %.70s: %v, want %q", x.layer, x.text, err, x.want)
		}
	}
}

// A file of the whole world costs a page no more than its limits, and the counts
// of features add up.
func TestBackdropOfTheRegionIsLight(t *testing.T) {
	var b Backdrop
	for layer, name := range map[string]string{Rivers: "ne10m_rivers_mena.geojson", Lakes: "ne10m_lakes_mena.geojson", Towns: "ne10m_places_mena.geojson"} {
		if err := b.Load(layer, testdata.Shared(t, "data/geo/"+name), name); err != nil {
			t.Fatal(err)
		}
	}
	m := iraq()
	b.Draw(&m, 100)
	corners := func(lines [][]athar.Num) (n int) {
		for _, l := range lines {
			n += len(l) / 2
		}
		return n
	}
	if n := corners(m.Rivers); n < 300 || n > riverPoints {
		t.Errorf("%d corners of rivers", n)
	}
	if n := corners(m.Lakes); n < 50 || n > lakePoints {
		t.Errorf("%d corners of lakes", n)
	}
	if len(m.Towns) < 20 || m.Towns[0].Name.En != "Baghdad" {
		t.Errorf("%d towns: %v", len(m.Towns), m.Towns)
	}
	for _, l := range m.Layers {
		if l.Features != l.Drawn+l.Outside+l.Minor+l.Unusable || l.Drawn == 0 || l.Outside == 0 {
			t.Errorf("%+v", l)
		}
	}
	// Tighter limits keep fewer corners of the same features.
	coarse := sketch(b.rivers, append([]athar.MapLayer(nil), b.layers...), windowOf(m.Areas, 100), 200, false)
	if n := corners(coarse); n > 200 || n < 50 {
		t.Errorf("%d corners, at most 200", n)
	}
}

func FuzzBackdrop(f *testing.F) {
	f.Add(0, collection(geo("", `{"type":"LineString","coordinates":[[43,32],[44,32]]}`)))
	f.Add(1, geo("", `{"type":"Polygon","coordinates":[[[43,33],[43.4,33],[43.4,33.4],[43,33]]]}`))
	f.Add(2, geo(`"name":"A","scalerank":1e9`, `{"type":"Point","coordinates":[44,33]}`))
	f.Add(2, geo(`"name":5`, `{"type":"Point","coordinates":[]}`))
	f.Fuzz(func(t *testing.T, layer int, text string) {
		var b Backdrop
		if b.Load([]string{Rivers, Lakes, Towns}[((layer%3)+3)%3], write(t, "f.geojson", text), "f.geojson") != nil {
			return
		}
		m := iraq()
		b.Draw(&m, 50)
		if l := m.Layers[0]; l.Features != l.Drawn+l.Outside+l.Minor+l.Unusable {
			t.Errorf("%+v", l)
		}
	})
}
