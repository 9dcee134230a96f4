package place

import (
	"compress/gzip"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"athar"
	"athar/internal/testdata"
)

// The numbers of cells are those that UCDP GED publishes with its events, on
// edges of cells too.
func TestGridNumbersAgainstPublished(t *testing.T) {
	for _, name := range []string{"ucdp_ged201_nigeria_1990_2019_full.csv.gz", "ucdp_ged191_iraq_1989_2018_full.csv.gz"} {
		file, err := os.Open(testdata.Shared(t, "data/events/"+name))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		text, err := gzip.NewReader(file)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(text).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]int{}
		for i, h := range rows[0] {
			at[h] = i
		}
		edges := 0
		for _, r := range rows[1:] {
			lat, lon := number(t, r[at["latitude"]]), number(t, r[at["longitude"]])
			c, ok := cellOf(lon, lat)
			if !ok || c.code() != r[at["priogrid_gid"]] {
				t.Fatalf("%s: %v, %v lies in cell %s, published is %s", name, lat, lon, c.code(), r[at["priogrid_gid"]])
			}
			if math.Mod(2*lat, 1) == 0 || math.Mod(2*lon, 1) == 0 {
				edges++
			}
		}
		if len(rows) < 1000 || edges < 100 {
			t.Errorf("%s: %d rows, %d of them on edges: nothing was tested", name, len(rows), edges)
		}
	}
}

// two are a western unit that ends in the middle of cells, and an eastern one.
const two = `{"type":"FeatureCollection","features":[
 {"type":"Feature","properties":{"code":"W","name_en":"West","name_ar":"الغرب","country":"Here"},"geometry":{"type":"Polygon","coordinates":[[[10,10],[11.2,10],[11.2,11],[10,11],[10,10]]]}},
 {"type":"Feature","properties":{"code":"E","name_en":"East","country":"There"},"geometry":{"type":"Polygon","coordinates":[[[11.2,10],[12.1,10],[12.1,10.5],[11.2,10.5],[11.2,10]]]}}]}`

func gridOf(t *testing.T, limits *Box, text string) *Set {
	t.Helper()
	s, err := LoadGrid(limits, []string{write(t, "units.geojson", text)}, []string{"units.geojson"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestGridOfUnits(t *testing.T) {
	s := gridOf(t, nil, two)
	got := map[string]string{}
	size := map[string]float64{}
	for _, a := range s.Areas {
		got[a.Name.En], size[a.Name.En] = a.Parent.En+" "+a.Country, a.Km2
	}
	want := map[string]string{
		"10.25 N 10.25 E": "West Here", "10.25 N 10.75 E": "West Here",
		"10.25 N 11.25 E": "East There",                                  // 0.3 of 0.5 degrees
		"10.25 N 11.75 E": "East There", "10.25 N 12.25 E": "East There", // 0.1 of 0.5, and yet a part
		"10.75 N 10.25 E": "West Here", "10.75 N 10.75 E": "West Here", "10.75 N 11.25 E": "West Here",
	}
	if len(got) != len(want) {
		t.Errorf("cells %v", got)
	}
	for name, w := range want {
		if got[name] != w {
			t.Errorf("%s belongs to %q, want %q", name, got[name], w)
		}
	}
	full := size["10.25 N 10.25 E"]
	for name, share := range map[string]float64{"10.25 N 11.25 E": 1, "10.25 N 12.25 E": 0.2, "10.75 N 11.25 E": 0.4 * math.Cos(10.75*radian) / math.Cos(10.25*radian)} {
		if math.Abs(size[name]/full-share) > 1e-3 {
			t.Errorf("%s has %.3f of a cell, want %.3f", name, size[name]/full, share)
		}
	}
	if r := 55.6 * 55.6 * math.Cos(10.25*radian); math.Abs(full/r-1) > 0.001 {
		t.Errorf("a cell has %.1f km2, want about %.1f", full, r)
	}
	if !slices.IsSortedFunc(s.Areas, compareCodes) {
		t.Error("the cells are not sorted by code")
	}
	for _, a := range s.Areas {
		if code, ok := s.Locate(a.Lon, a.Lat); !ok || code != a.Code {
			t.Errorf("the centre of %s lies in %s", a.Code, code)
		}
		if gid, _ := strconv.Atoi(a.Code); gid != int(math.Floor(2*(a.Lat+90)))*720+int(math.Floor(2*(a.Lon+180)))+1 {
			t.Errorf("%s has the code %s", a.Name.En, a.Code)
		}
	}
	// On an edge the cell to the north and east; outside none.
	edge, _ := s.Locate(10.5, 10.5)
	if i, _ := s.Index(edge); s.Areas[i].Name.En != "10.75 N 10.75 E" {
		t.Errorf("10.5 N 10.5 E lies in %s", s.Areas[i].Name.En)
	}
	for _, p := range []point{{9.9, 10.2}, {12.5, 10.2}, {0, 0}, {500, 500}, {-180, -90}} {
		if code, ok := s.Locate(p.x, p.y); ok {
			t.Errorf("%v lies in %s", p, code)
		}
	}
}

func TestGridDistances(t *testing.T) {
	s := gridOf(t, nil, two)
	first := slices.IndexFunc(s.Areas, func(a athar.Area) bool { return a.Name.En == "10.25 N 10.25 E" })
	km, err := s.Distances([]string{s.Areas[first].Code})
	if err != nil {
		t.Fatal(err)
	}
	wide := func(lat float64) float64 { return earthKm * radian * 0.5 * math.Cos(lat*radian) }
	for i, a := range s.Areas {
		want := map[float64]float64{10.25: 0, 10.75: 0, 11.25: wide(10.5), 11.75: 2 * wide(10.5), 12.25: 3 * wide(10.5)}[a.Lon]
		if math.Abs(km[i]-want) > 0.2 {
			t.Errorf("%s is %.2f km away, want %.2f", a.Name.En, km[i], want)
		}
	}
	if flat := s.Outlines(0); len(flat) != len(s.Areas) || len(flat[0].Outline) != 1 || len(flat[0].Outline[0]) != 8 {
		t.Errorf("outline %v", flat[0].Outline)
	}
}

func TestGridInABox(t *testing.T) {
	s, err := LoadGrid(&Box{West: -1, South: -0.8, East: 0.3, North: 0.5}, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var en, ar []string
	for _, a := range s.Areas {
		en, ar = append(en, a.Name.En), append(ar, a.Name.Ar)
	}
	slices.Sort(en)
	want := []string{"0.25 N 0.25 E", "0.25 N 0.25 W", "0.25 N 0.75 W", "0.25 S 0.25 E", "0.25 S 0.25 W", "0.25 S 0.75 W", "0.75 S 0.25 E", "0.75 S 0.25 W", "0.75 S 0.75 W"}
	if !slices.Equal(en, want) {
		t.Errorf("cells %q, want %q", en, want)
	}
	if !slices.Contains(ar, "0.25 جنوباً 0.75 غرباً") {
		t.Errorf("Arabic names %q", ar)
	}
	if whole, err := LoadGrid(&Box{West: -180, South: 80, East: 180, North: 90}, nil, nil, nil); err != nil || len(whole.Areas) != 20*720 {
		t.Errorf("the north has %d cells: %v", len(whole.Areas), err)
	}
	// A box cuts what polygons give.
	if s := gridOf(t, &Box{West: 10, South: 10, East: 11, North: 10.5}, two); len(s.Areas) != 2 {
		t.Errorf("%d cells in both", len(s.Areas))
	}
}

func TestGridWrong(t *testing.T) {
	units := write(t, "units.geojson", two)
	missing := filepath.Join(t.TempDir(), "none.geojson")
	for want, load := range map[string]func() (*Set, error){
		"the box holds the centre of no cell": func() (*Set, error) { return LoadGrid(&Box{10.3, 10.3, 10.4, 10.4}, nil, nil, nil) },
		"units.geojson: no cell of the grid lies both": func() (*Set, error) {
			return LoadGrid(&Box{50, 50, 60, 60}, []string{units}, []string{"units.geojson"}, nil)
		},
		"no such file": func() (*Set, error) { return LoadGrid(nil, []string{missing}, []string{"none.geojson"}, nil) },
	} {
		if _, err := load(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// The order of the units in a file changes nothing.
func TestGridOrderOfUnits(t *testing.T) {
	head, rest, _ := strings.Cut(two, "[\n")
	a, b, _ := strings.Cut(rest, ",\n")
	b = strings.TrimSuffix(b, "]}")
	x, y := gridOf(t, nil, two), gridOf(t, nil, head+"[\n"+b+",\n"+a+"]}")
	if !slices.Equal(x.Areas, y.Areas) {
		t.Error("the order of units changes the cells")
	}
}
