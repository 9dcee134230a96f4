package place

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"athar"
	"athar/internal/testdata"
)

var iraqAndSyria *Set

func polygons(t testing.TB) *Set {
	t.Helper()
	iraq, syria := testdata.Shared(t, "data/geo/irq_adm2_cod_2019.geojson"), testdata.Shared(t, "data/geo/syr_adm2_cod_2018.geojson")
	if iraqAndSyria == nil {
		s, err := LoadGeoJSON([]string{iraq, syria}, []string{"irq.geojson", "syr.geojson"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		iraqAndSyria = s
	}
	return iraqAndSyria
}

// rowsOf reads a table of the shared data without any code under test.
func rowsOf(t testing.TB, path string) [][]string {
	t.Helper()
	file, err := os.Open(testdata.Shared(t, path))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func number(t testing.TB, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Every pair of districts: the distance between the polygons against the
// published table, within 1 km or 2 %. The table was made from finer polygons:
// its least distance above 0 is 1.5 km, so a gap below that may be a touch.
func TestDistancesAgainstTable(t *testing.T) {
	s := polygons(t)
	want := map[[2]string]float64{}
	for _, r := range rowsOf(t, "data/derived/district_distances.csv") {
		want[[2]string{r[0], r[1]}] = number(t, r[2])
	}
	pairs := 0
	for i, a := range s.Areas {
		km, err := s.Distances([]string{a.Code})
		if err != nil {
			t.Fatal(err)
		}
		for j, b := range s.Areas[i+1:] {
			d := km[i+1+j]
			w, listed := want[[2]string{a.Code, b.Code}]
			if listed {
				pairs++
			}
			switch diff := math.Abs(d - w); {
			case !listed && d < 149.5:
				t.Errorf("%s - %s: %.2f km, and the table of all pairs up to 150 km lacks it", a.Code, b.Code, d)
			case listed && w == 0 && d >= 1.5, listed && w > 0 && diff > 1 && diff > 0.02*w:
				t.Errorf("%s - %s: %.2f km, the table has %.1f", a.Code, b.Code, d, w)
			}
		}
	}
	if pairs != 2771 {
		t.Errorf("%d of 2771 pairs found", pairs)
	}
}

func TestAreasAgainstTable(t *testing.T) {
	s := polygons(t)
	rows := rowsOf(t, "data/derived/districts.csv")
	if len(s.Areas) != len(rows) || len(rows) != 163 {
		t.Fatalf("%d areas, the table has %d", len(s.Areas), len(rows))
	}
	for _, r := range rows {
		i, ok := s.Index(r[0])
		if !ok {
			t.Errorf("no area %s", r[0])
			continue
		}
		a := s.Areas[i]
		if a.Name != (athar.Names{En: r[1], Ar: strings.TrimSpace(r[2])}) || a.Parent != (athar.Names{En: r[4], Ar: r[5]}) || a.Country != r[0][:2] {
			t.Errorf("%s is %+v, the table has %q", r[0], a, r)
		}
		// The polygons were thinned after the table was made.
		if km2 := number(t, r[9]); math.Abs(a.Km2-km2) > 0.02*km2+3 {
			t.Errorf("%s has %.0f km2, the table has %.0f", r[0], a.Km2, km2)
		}
		if code, _ := s.Locate(a.Lon, a.Lat); code != a.Code {
			t.Errorf("the point of %s lies in %q", a.Code, code)
		}
	}
}

// A footprint of several areas is as far as its nearest area.
func TestDistancesOfSeveralAreas(t *testing.T) {
	s := polygons(t)
	footprint := []string{"IQG01Q01", "SY0800", "IQG16Q01"}
	footprint = slices.DeleteFunc(footprint, func(c string) bool { _, ok := s.Index(c); return !ok })
	all, err := s.Distances(footprint)
	if err != nil || len(footprint) < 2 {
		t.Fatal(err, footprint)
	}
	least := make([]float64, len(all))
	for k, code := range footprint {
		km, err := s.Distances([]string{code})
		if err != nil {
			t.Fatal(err)
		}
		for j := range km {
			if k == 0 || km[j] < least[j] {
				least[j] = km[j]
			}
		}
	}
	for j := range all {
		if math.Abs(all[j]-least[j]) > 1e-9 {
			t.Errorf("%s: %v km together, %v km from the nearest", s.Areas[j].Code, all[j], least[j])
		}
	}
}

// vincenty is the great-circle distance by the formula for all angles.
func vincenty(p, q point) float64 {
	a, b, d := p.y*radian, q.y*radian, (q.x-p.x)*radian
	y := math.Hypot(math.Cos(b)*math.Sin(d), math.Cos(a)*math.Sin(b)-math.Sin(a)*math.Cos(b)*math.Cos(d))
	return 6371.0088 * math.Atan2(y, math.Sin(a)*math.Sin(b)+math.Cos(a)*math.Cos(b)*math.Cos(d))
}

// Random boundaries up to some hundred km apart, also across 180 degrees and
// near a pole, against all pairs of densely set points on their edges.
func TestBoundaryDistanceOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	ring := func(x, y, size float64, n int) []point {
		var out []point
		for i := range n {
			angle := 2 * math.Pi * float64(i) / float64(n)
			d := size * (0.4 + 0.6*r.Float64())
			out = append(out, point{x + d*math.Cos(angle), y + d*math.Sin(angle)})
		}
		return append(out, out[0])
	}
	dense := func(ring []point) []point {
		var out []point
		for k := 0; k+1 < len(ring); k++ {
			const steps = 25
			for i := range steps {
				f := float64(i) / steps
				out = append(out, point{ring[k].x + f*(ring[k+1].x-ring[k].x), ring[k].y + f*(ring[k+1].y-ring[k].y)})
			}
		}
		return out
	}
	tested := 0
	for range 50 {
		y := -70 + 140*r.Float64()
		x := []float64{44, 179.2, -60}[r.IntN(3)]
		a := ring(x, y, 0.6, 5+r.IntN(30))
		b := ring(x+(1.3+1.2*r.Float64())*float64(1-2*r.IntN(2)), y+2*r.Float64()-1, 0.6, 5+r.IntN(30))
		if r.IntN(2) == 0 {
			for i := range b {
				if b[i].x > 180 {
					b[i].x -= 360
				}
			}
			if slices.ContainsFunc(b, func(p point) bool { return p.x < 0 }) && slices.ContainsFunc(b, func(p point) bool { return p.x > 100 }) {
				continue // a ring across 180 degrees is not valid GeoJSON
			}
		}
		got := boundaryDistance(blocksOf(nil, a), blocksOf(nil, b))
		want := math.Inf(1)
		da, db := dense(a), dense(b)
		for _, p := range da {
			for _, q := range db {
				want = min(want, vincenty(p, q))
			}
		}
		if got == 0 {
			continue // they cross
		}
		tested++
		// Dense points can only be further apart than the nearest ones.
		if got > want*1.0005 || got < want*0.995-0.6 {
			t.Errorf("%.3f km, dense points %.3f km", got, want)
		}
	}
	if tested < 25 {
		t.Errorf("only %d pairs were apart", tested)
	}
}

func TestNearestOfSegments(t *testing.T) {
	for _, c := range []struct {
		p1, p2, q1, q2 point
		d2             float64
	}{
		{point{0, 0}, point{1, 0}, point{0.5, 2}, point{0.5, 1}, 1}, // q2 over the middle
		{point{0, 0}, point{1, 0}, point{0.5, 1}, point{0.5, 2}, 1},
		{point{0.5, 2}, point{0.5, 1}, point{0, 0}, point{1, 0}, 1},
		{point{0, 0}, point{1, 0}, point{2, 1}, point{3, 5}, 2}, // end to end
		{point{0, 0}, point{2, 2}, point{0, 2}, point{2, 0}, 0}, // crossing
		{point{0, 0}, point{2, 0}, point{1, 0}, point{1, 5}, 0}, // touching
		{point{0, 0}, point{0, 0}, point{-1, 3}, point{1, 3}, 9},
	} {
		p, q, d2 := between(c.p1, c.p2, c.q1, c.q2)
		if math.Abs(d2-c.d2) > 1e-12 || math.Abs((p.x-q.x)*(p.x-q.x)+(p.y-q.y)*(p.y-q.y)-d2) > 1e-12 {
			t.Errorf("%v: %v to %v, %v, want %v", c, p, q, d2, c.d2)
		}
	}
}

func TestDistanceKinds(t *testing.T) {
	square := func(x, y, size float64) string {
		return fmt.Sprintf(`{"type":"Polygon","coordinates":[[[%v,%v],[%v,%v],[%v,%v],[%v,%v],[%v,%v]]]}`, x, y, x+size, y, x+size, y+size, x, y+size, x, y)
	}
	ringed := `{"type":"Polygon","coordinates":[[[10,0],[14,0],[14,4],[10,4],[10,0]],[[11,1],[13,1],[13,3],[11,3],[11,1]]]}`
	text := `{"type":"FeatureCollection","features":[`
	for i, g := range []string{square(0, 0, 1), square(1, 0, 1), square(2.5, 0, 1), square(0.5, 0.5, 1), square(0.2, 0.2, 0.1), ringed, square(11.5, 1.5, 1),
		`{"type":"Polygon","coordinates":[[[20,-1],[20.1,-1],[20.1,1],[20,1],[20,-1]]]}`, `{"type":"Polygon","coordinates":[[[19,-0.1],[21,-0.1],[21,0.1],[19,0.1],[19,-0.1]]]}`} {
		text += fmt.Sprintf(`%s{"type":"Feature","properties":{"code":"a%d"},"geometry":%s}`, map[bool]string{true: ","}[i > 0], i, g)
	}
	s, err := LoadGeoJSON([]string{write(t, "g.geojson", text+"]}")}, []string{"g.geojson"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	degree := 6371.0088 * math.Pi / 180
	for _, c := range []struct {
		from, to int
		km       float64
	}{
		{0, 0, 0}, {0, 1, 0}, {0, 2, 1.5 * degree * math.Cos(0)}, // beside, touching, apart on the equator
		{0, 3, 0}, {0, 4, 0}, {4, 0, 0}, // overlapping, holding, held
		{5, 6, 0.5 * degree * math.Cos(2.5*radian)}, {6, 5, 0.5 * degree * math.Cos(2.5*radian)}, // in the hole
		{7, 8, 0}, // crossed bars, no corner of which lies in the other
	} {
		km, err := s.Distances([]string{fmt.Sprintf("a%d", c.from)})
		if err != nil {
			t.Fatal(err)
		}
		if d := km[c.to]; math.Abs(d-c.km) > 0.001*c.km+1e-9 {
			t.Errorf("a%d to a%d: %v km, want %v", c.from, c.to, d, c.km)
		}
	}
	for _, c := range []struct {
		x, y float64
		code string
	}{
		{0.1, 0.9, "a0"}, {1, 0.2, "a0"}, {1.2, 0.2, "a1"}, {0.25, 0.25, "a0"}, {12, 2, "a6"}, {10.5, 2, "a5"}, {11.2, 2, ""},
		{11, 2, "a5"}, {14, 4, "a5"}, {0, 0, "a0"}, {-0.001, 0, ""}, {3.5, 1, "a2"}, {12, 0, "a5"},
	} {
		if code, _ := s.Locate(c.x, c.y); code != c.code {
			t.Errorf("%v, %v lies in %q, want %q", c.x, c.y, code, c.code)
		}
	}
	zone := func(low, high, width float64) float64 {
		return earthKm * earthKm * width * radian * (math.Sin(high*radian) - math.Sin(low*radian))
	}
	if want := zone(0, 4, 4) - zone(1, 3, 2); math.Abs(s.Areas[5].Km2-want) > 1e-6*want {
		t.Errorf("%v km2 round the hole, want %v", s.Areas[5].Km2, want)
	}
	if _, err := s.Distances([]string{"a9"}); err == nil || !strings.Contains(err.Error(), `"a9"`) {
		t.Errorf("unknown area: %v", err)
	}
	if _, err := s.Distances(nil); err == nil {
		t.Error("an empty footprint was accepted")
	}
	codes, err := s.Within(write(t, "drawn.json", square(0, 0, 3.1)), "drawn.json")
	if err != nil || !slices.Equal(codes, []string{"a0", "a1", "a2", "a3", "a4"}) {
		t.Errorf("within: %v, %v", codes, err)
	}
	if _, err := s.Within(write(t, "drawn.json", square(4.5, 0, 1)), "drawn.json"); err == nil || !strings.Contains(err.Error(), "the nearest is that of a2 (a2)") {
		t.Errorf("within nothing: %v", err)
	}
}

// contains is the definition of point in polygon, edge by edge of one area.
func contains(s shape, p point) (in, on bool) {
	for _, ring := range s.rings {
		for k := 0; k+1 < len(ring); k++ {
			a, b := ring[k], ring[k+1]
			if cross(a, b, p) == 0 && p.x >= min(a.x, b.x) && p.x <= max(a.x, b.x) && p.y >= min(a.y, b.y) && p.y <= max(a.y, b.y) {
				on = true
			}
			if a.y > p.y != (b.y > p.y) && p.x < a.x+(p.y-a.y)/(b.y-a.y)*(b.x-a.x) {
				in = !in
			}
		}
	}
	return in, on
}

// Random points, corners and points half way along edges against the brute
// force of all areas. The lowest code wins on a border.
func TestLocateOracle(t *testing.T) {
	s := polygons(t)
	r := rand.New(rand.NewPCG(11, 1))
	var points []point
	for range 3000 {
		points = append(points, point{35 + 14*r.Float64(), 29 + 9*r.Float64()})
	}
	for range 1500 {
		x := s.shapes[r.IntN(len(s.shapes))]
		ring := x.rings[r.IntN(len(x.rings))]
		points = append(points, ring[r.IntN(len(ring))])
	}
	found := 0
	for _, p := range points {
		want := ""
		for i, x := range s.shapes {
			if in, on := contains(x, p); in || on {
				want = s.Areas[i].Code
				break
			}
		}
		got, ok := s.Locate(p.x, p.y)
		if got != want || ok != (want != "") {
			t.Errorf("%v lies in %q, by brute force in %q", p, got, want)
		}
		if ok {
			found++
		}
	}
	if found < 2000 {
		t.Errorf("only %d of %d points lie in an area", found, len(points))
	}
	// A point half way along a common border never falls between the two areas.
	owners := map[[2]point]int{}
	for _, x := range s.shapes {
		for _, ring := range x.rings {
			for k := 0; k+1 < len(ring); k++ {
				e := [2]point{ring[k], ring[k+1]}
				if less(e[1], e[0]) {
					e[0], e[1] = e[1], e[0]
				}
				owners[e]++
			}
		}
	}
	shared := 0
	for e, n := range owners {
		if n == 2 {
			shared++
			x, y := (e[0].x+e[1].x)/2, (e[0].y+e[1].y)/2
			if _, ok := s.Locate(x, y); !ok {
				t.Errorf("%v, %v on a common border lies nowhere", x, y)
			}
		}
	}
	if shared < 5000 {
		t.Errorf("only %d common edges", shared)
	}
}

// Every point of the joined UCDP file against the district that was published
// with it. The polygons were thinned after that, so some points on the outer
// border lie in none; none may lie in another.
func TestLocateAgainstPublishedDistricts(t *testing.T) {
	file, err := os.Open(testdata.Shared(t, "data/events/ucdp_ged211_irq_syr_2014_2020_joined.csv.gz"))
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
	s := polygons(t)
	lon, lat, code := slices.Index(rows[0], "longitude"), slices.Index(rows[0], "latitude"), slices.Index(rows[0], "cod_adm2_pcode")
	lost := 0
	for _, r := range rows[1:] {
		got, ok := s.Locate(number(t, r[lon]), number(t, r[lat]))
		if !ok {
			lost++
		} else if got != r[code] {
			t.Errorf("event %s lies in %s, published in %s", r[0], got, r[code])
		}
	}
	if lost > 150 {
		t.Errorf("%d of %d events lie in no district", lost, len(rows)-1)
	}
}

func TestTableAndPolygonsAgree(t *testing.T) {
	table, err := LoadTable(testdata.Shared(t, "data/derived/districts.csv"), "districts.csv", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := table.Distances([]string{"IQG01Q01"}); err == nil || !strings.Contains(err.Error(), "distance table") {
		t.Errorf("distances without a table: %v", err)
	}
	path := testdata.Shared(t, "data/derived/district_distances.csv")
	if err := table.LoadDistances(path, "d.csv", nil, 0); err == nil || !strings.Contains(err.Error(), "2771 of the 13203 pairs") {
		t.Errorf("an incomplete table was accepted: %v", err)
	}
	if err := table.LoadDistances(path, "d.csv", map[string]string{"a": "district_a", "b": "district_b", "km": "km"}, 150); err != nil {
		t.Fatal(err)
	}
	shapes := polygons(t)
	for _, footprint := range [][]string{{"IQG01Q01"}, {"SY0800", "SY0802"}} {
		a, err := table.Distances(footprint)
		if err != nil {
			t.Fatal(err)
		}
		b, err := shapes.Distances(footprint)
		if err != nil {
			t.Fatal(err)
		}
		for i := range a {
			band := func(km float64) int { return int(math.Ceil((km - 1) / 50)) }
			if !math.IsInf(a[i], 1) && math.Abs(a[i]-b[i]) > max(1.3, 0.02*a[i]) || math.IsInf(a[i], 1) && band(b[i]) < 3 {
				t.Errorf("%v to %s: table %v km, polygons %.2f km", footprint, table.Areas[i].Code, a[i], b[i])
			}
		}
	}
	if len(table.Files) != 2 || table.Files[1].File != "d.csv" || table.Files[1].Bytes != 60252 || len(table.Files[1].SHA256) != 64 {
		t.Errorf("files: %+v", table.Files)
	}
	if out := table.Outlines(1000); len(out) != 163 || out[0].Outline != nil || out[0].Lon == 0 {
		t.Errorf("a table's areas have their points only: %+v", out[0])
	}
}

func TestOutlines(t *testing.T) {
	s := polygons(t)
	full := 0
	for _, x := range s.shapes {
		for _, ring := range x.rings {
			full += len(ring)
		}
	}
	for _, limit := range []int{0, 8000, 3000} {
		out := s.Outlines(limit)
		total, borders := 0, map[[4]athar.Num]int{}
		for _, a := range out {
			if len(a.Outline) == 0 {
				t.Errorf("%s has no outline", a.Code)
			}
			for _, ring := range a.Outline {
				total += len(ring) / 2
				for k := 0; k < len(ring); k += 2 {
					n := (k + 2) % len(ring)
					e := [4]athar.Num{ring[k], ring[k+1], ring[n], ring[n+1]}
					if e[0] > e[2] || e[0] == e[2] && e[1] > e[3] {
						e = [4]athar.Num{e[2], e[3], e[0], e[1]}
					}
					borders[e]++
					if x := float64(ring[k]) * 1000; math.Abs(x-math.Round(x)) > 1e-6 {
						t.Fatalf("%v has more than 3 decimals", ring[k])
					}
				}
			}
		}
		shared := 0
		for _, n := range borders {
			if n == 2 {
				shared++
			}
		}
		t.Logf("at most %d: %d of %d corners, %d of %d edges shared", limit, total, full, shared, len(borders))
		if limit > 0 && total > limit {
			t.Errorf("%d corners, at most %d were asked for", total, limit)
		}
		// Inner borders are shared edge by edge, whatever the tolerance.
		if float64(shared) < 0.55*float64(len(borders)) {
			t.Errorf("at most %d corners: only %d of %d edges are shared", limit, shared, len(borders))
		}
	}
}

func TestGeoJSONLayouts(t *testing.T) {
	const square = `{"type":"Polygon","coordinates":[[[44,33],[45,33],[45,34],[44,34],[44,33]]]}`
	one := func(properties, geometry string) string {
		return `{"type":"FeatureCollection","features":[{"type":"Feature","properties":` + properties + `,"geometry":` + geometry + `}]}`
	}
	for name, c := range map[string]struct {
		text    string
		mapping map[string]string
		want    athar.Area
	}{
		"COD":           {one(`{"ADM0_EN":"Iraq","ADM1_EN":"Diyala","ADM1_AR":"ديالى","ADM1_PCODE":"IQG10","ADM2_EN":"Khanaqin","ADM2_AR":"خانقين","ADM2_PCODE":"IQG10Q03"}`, square), nil, athar.Area{Code: "IQG10Q03", Name: athar.Names{En: "Khanaqin", Ar: "خانقين"}, Parent: athar.Names{En: "Diyala", Ar: "ديالى"}, Country: "Iraq"}},
		"later COD":     {one(`{"adm0_name":"Iraq","adm1_name":"Diyala","adm2_name":"Khanaqin","adm2_name1":"خانقين","adm2_pcode":"IQ10"}`, square), nil, athar.Area{Code: "IQ10", Name: athar.Names{En: "Khanaqin", Ar: "خانقين"}, Parent: athar.Names{En: "Diyala"}, Country: "Iraq"}},
		"geoBoundaries": {one(`{"shapeName":"Khanaqin","shapeISO":"","shapeID":"38B","shapeGroup":"IRQ","shapeType":"ADM2"}`, square), nil, athar.Area{Code: "38B", Name: athar.Names{En: "Khanaqin"}, Country: "IRQ"}},
		"GADM":          {one(`{"GID_2":"IRQ.9.3_1","GID_0":"IRQ","COUNTRY":"Iraq","GID_1":"IRQ.9_1","NAME_1":"Diyala","NL_NAME_1":"NA","NAME_2":"Khanaqin"}`, square), nil, athar.Area{Code: "IRQ.9.3_1", Name: athar.Names{En: "Khanaqin"}, Parent: athar.Names{En: "Diyala", Ar: "NA"}, Country: "Iraq"}},
		"mapped":        {one(`{"k":7,"n":"Khanaqin"}`, square), map[string]string{"code": "k", "name_en": "n", "parent_en": "absent"}, athar.Area{Code: "7", Name: athar.Names{En: "Khanaqin"}}},
		"drawn":         {one(`{"name":"my box"}`, square), nil, athar.Area{Code: "my box", Name: athar.Names{En: "my box"}}},
		"feature":       {`{"type":"Feature","properties":{"code":"x"},"geometry":` + square + `}`, nil, athar.Area{Code: "x", Name: athar.Names{En: "x"}}},
		"collection":    {one(`{"code":"x"}`, `{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},`+square+`]}`), nil, athar.Area{Code: "x", Name: athar.Names{En: "x"}}},
		"3 dimensions":  {one(`{"code":"x"}`, `{"type":"Polygon","coordinates":[[[44,33,5],[45,33,5],[45,34,5],[44,34,5],[44,33,5]]]}`), nil, athar.Area{Code: "x", Name: athar.Names{En: "x"}}},
		"BOM":           {"\ufeff" + one(`{"code":"x"}`, square), nil, athar.Area{Code: "x", Name: athar.Names{En: "x"}}},
	} {
		s, err := LoadGeoJSON([]string{write(t, "g.geojson", c.text)}, []string{"g.geojson"}, c.mapping)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := s.Areas[0]
		// One degree square between 33 and 34 degrees north, by the formula of the zone.
		if want := 6371.0088 * 6371.0088 * radian * (math.Sin(34*radian) - math.Sin(33*radian)); math.Abs(got.Km2-want) > 1e-6*want {
			t.Errorf("%s: %v km2, want %v", name, got.Km2, want)
		}
		if got.Lon != 44.5 || got.Lat != 33.5 {
			t.Errorf("%s: point %v, %v", name, got.Lon, got.Lat)
		}
		got.Km2, got.Lon, got.Lat = 0, 0, 0
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// A crescent's centroid lies outside of it; its point must not.
func TestPointOfCrescent(t *testing.T) {
	const u = `{"type":"Feature","properties":{"code":"u"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[5,0],[5,5],[4,5],[4,1],[1,1],[1,5],[0,5],[0,0]]]}}`
	s, err := LoadGeoJSON([]string{write(t, "u.json", u)}, []string{"u.json"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if in, _ := contains(s.shapes[0], point{s.Areas[0].Lon, s.Areas[0].Lat}); !in {
		t.Errorf("the point %v, %v is outside", s.Areas[0].Lon, s.Areas[0].Lat)
	}
}

func TestWrongBoundaries(t *testing.T) {
	const square = `{"type":"Polygon","coordinates":[[[44,33],[45,33],[45,34],[44,34],[44,33]]]}`
	feature := func(code, geometry string) string {
		return `{"type":"Feature","properties":{"code":"` + code + `"},"geometry":` + geometry + `}`
	}
	collection := func(f ...string) string {
		return `{"type":"FeatureCollection","features":[` + strings.Join(f, ",") + `]}`
	}
	for want, text := range map[string]string{
		"g.geojson:2:9: this is not GeoJSON":                        "{\n\"type\": x}",
		"this is not GeoJSON":                                       "not json at all",
		"the file is empty":                                         "",
		"JSON of type \"\"":                                         `{"a":1}`,
		"TopoJSON":                                                  `{"type":"Topology"}`,
		"none of its 1 features has a polygon":                      collection(feature("a", `{"type":"Point","coordinates":[1,2]}`)),
		"none of its 0 features has a polygon":                      collection(),
		`feature 2 has the code "a" of feature 1 of g.geojson`:      collection(feature("a", square), feature("a", square)),
		`feature 1 has no code in property "code"`:                  collection(feature("", square)),
		"latitude beyond 90 degrees; GeoJSON wants the longitude f": collection(feature("a", `{"type":"Polygon","coordinates":[[[33,144],[33,145],[34,145],[33,144]]]}`)),
		"is no longitude and latitude; export the boundaries as WG": collection(feature("a", `{"type":"Polygon","coordinates":[[[412345,3687654],[412345,3687700],[412400,3687700],[412345,3687654]]]}`)),
		"in urn:ogc:def:crs:EPSG::3857, not in longitude":           `{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3857"}},"features":[]}`,
		"a ring has fewer than 3 corners":                           collection(feature("a", `{"type":"Polygon","coordinates":[[[44,33],[45,33],[44,33]]]}`)),
		"a polygon without an inside":                               collection(feature("a", `{"type":"Polygon","coordinates":[[[44,33],[45,33],[46,33],[44,33]]]}`)),
		"no property holds the code":                                `{"type":"Feature","properties":{"k":1},"geometry":` + square + `}`,
		"in UTF-16":                                                 "\xff\xfe{\x00}\x00",
		"byte 0xE9 is not UTF-8":                                    `{"type":"Feature","properties":{"name":"` + "\xe9" + `"}}`,
	} {
		_, err := LoadGeoJSON([]string{write(t, "g.geojson", text)}, []string{"g.geojson"}, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %q", text, err, want)
		}
	}
	if _, err := LoadGeoJSON([]string{t.TempDir()}, []string{"folder"}, nil); err == nil || !strings.Contains(err.Error(), "this is a folder") {
		t.Errorf("a folder: %v", err)
	}
}

func TestWrongTables(t *testing.T) {
	for want, text := range map[string]string{
		"t.csv:3: area a is also in line 2":                    "code,name\na,A\na,B\n",
		"t.csv:3: the area has no code":                        "code,name\na,A\n,B\n",
		"no column for code":                                   "foo,bar\n1,2\n",
		`t.csv:2: column "lat": latitude 133.1 is not between`: "code,lat,lon\na,133.1,44\n",
		`t.csv:2: column "lon": "x" is not a number`:           "code,lat,lon\na,33.1,x\n",
		"latitude and longitude seem to be swapped":            "code,lat,lon\na,133.1,44\n",
		`t.csv:2: column "km2": "-5" is not a size`:            "code,km2\na,-5\n",
		"t.csv:3: 1 fields where the header has 2":             "code,name\na,A\nb\n",
		"t.csv: the file has a header and no rows":             "code,name\n",
	} {
		if _, err := LoadTable(write(t, "t.csv", text), "t.csv", nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := LoadTable(write(t, "t.csv", "kode,name\n1,2\n"), "t.csv", map[string]string{"code": "code"}); err == nil || !strings.Contains(err.Error(), `did you mean "kode"?`) {
		t.Errorf("misspelt column: %v", err)
	}
	areas := write(t, "t.csv", "code;lat;lon\nb;33,5;44,25\na;33;44\nc;30;40\n")
	for want, text := range map[string]string{
		"the table lists 1 of the 3 pairs of areas; if it lists": "a,b,km\na,b,1\n",
		"no distance of any of the areas; it writes, for ins":    "a,b,km\nx,y,1\n",
		"b and a are 2 km apart here and 1 km in another":        "a,b,km\na,b,1\nb,a,2\n",
		`d.csv:2: column "km": "-1" is not a distance in`:        "a,b,km\na,b,-1\n",
		"d.csv:2: a is 3 km from itself":                         "a,b,km\na,a,3\n",
	} {
		s, err := LoadTable(areas, "t.csv", nil)
		if err != nil || s.Areas[1].Lon != 44.25 {
			t.Fatal(err, s)
		}
		if err := s.LoadDistances(write(t, "d.csv", text), "d.csv", nil, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	s, err := LoadTable(areas, "t.csv", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.LoadDistances(write(t, "d.csv", "a,b,km\na,c,90\n"), "d.csv", nil, 100); err == nil || !strings.Contains(err.Error(), "a and b are 60 km apart, and yet") {
		t.Errorf("a pair that must be listed: %v", err)
	}
	if err := s.LoadDistances(write(t, "d.csv", "a,b,km\na,b,120\n"), "d.csv", nil, 100); err == nil || !strings.Contains(err.Error(), "120 km is beyond the 100 km") {
		t.Errorf("a pair beyond the limit: %v", err)
	}
	if err := s.LoadDistances(write(t, "d.csv", "a,b,km\nb,a,20\nz,a,3\n"), "d.csv", nil, 100); err != nil {
		t.Error(err)
	}
	if km, err := s.Distances([]string{"a"}); err != nil || !slices.Equal(km, []float64{0, 20, math.Inf(1)}) {
		t.Errorf("%v, %v", km, err)
	}
}

// The order of features and rows does not matter.
func TestOrderDoesNotMatter(t *testing.T) {
	rows := strings.Split("a,A,1,1\nb,B,2,2\nc,C,3,3\nd,D,4,4", "\n")
	var want []athar.Area
	r := rand.New(rand.NewPCG(3, 3))
	for range 10 {
		s, err := LoadTable(write(t, "t.csv", "code,name,lat,lon\n"+strings.Join(rows, "\n")), "t.csv", nil)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = s.Areas
		}
		if !slices.Equal(want, s.Areas) {
			t.Fatalf("%v is not %v", s.Areas, want)
		}
		r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	}
}

func FuzzLoadGeoJSON(f *testing.F) {
	f.Add([]byte(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"a"},"geometry":{"type":"Polygon","coordinates":[[[44,33],[45,33],[45,34],[44,33]]]}}]}`))
	f.Add([]byte(`{"type":"Feature","properties":null,"geometry":{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]],[[0.2,0.1],[0.9,0.1],[0.9,0.8]]]]}}`))
	f.Add([]byte(`{"type":"Polygon","coordinates":[[[0,0],[1e308,1e308],[0,0]]]}`))
	f.Add([]byte("\xef\xbb\xbf{}"))
	path := filepath.Join(f.TempDir(), "g.json")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := LoadGeoJSON([]string{path}, []string{"g.json"}, nil)
		if err != nil {
			return
		}
		for i, a := range s.Areas {
			if code, ok := s.Locate(a.Lon, a.Lat); !ok || code > a.Code {
				t.Fatalf("the point of %q lies in %q", a.Code, code)
			}
			if km, err := s.Distances([]string{a.Code}); err != nil || km[i] != 0 || slices.ContainsFunc(km, func(d float64) bool { return math.IsNaN(d) || d < 0 || d > 20100 }) {
				t.Fatalf("distances of %q: %v, %v", a.Code, km, err)
			}
			if a.Km2 < 0 || math.IsNaN(a.Km2) {
				t.Fatalf("%q has %v km2", a.Code, a.Km2)
			}
		}
		s.Outlines(10)
	})
}

func FuzzLoadTable(f *testing.F) {
	f.Add([]byte("code,name,lat,lon,km2\na,A,33,44,5\n"), []byte("a,b,km\na,b,3\n"))
	f.Add([]byte("code;lat;lon\nb;33,5;44,25\na;33;44\n"), []byte("a\tb\tkm\na\tb\t0\n"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, areas, distances []byte) {
		a, d := filepath.Join(dir, "a.csv"), filepath.Join(dir, "d.csv")
		for path, text := range maps.All(map[string][]byte{a: areas, d: distances}) {
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s, err := LoadTable(a, "a.csv", nil)
		if err != nil {
			return
		}
		if !slices.IsSortedFunc(s.Areas, func(a, b athar.Area) int { return strings.Compare(a.Code, b.Code) }) {
			t.Fatal("areas are not sorted")
		}
		if s.LoadDistances(d, "d.csv", nil, 150) != nil {
			return
		}
		if km, err := s.Distances([]string{s.Areas[0].Code}); err != nil || km[0] != 0 {
			t.Fatal(km, err)
		}
	})
}
