package place

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"testing"

	"athar/internal/testdata"
)

func polygons(t testing.TB) *Set {
	t.Helper()
	iraq, syria := testdata.Shared(t, "data/geo/irq_adm2_cod_2019.geojson"), testdata.Shared(t, "data/geo/syr_adm2_cod_2018.geojson")
	s, err := LoadGeoJSON([]string{iraq, syria}, []string{"irq.geojson", "syr.geojson"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// readAll reads a table of the shared data without any code under test.
func readAll(t testing.TB, path string) [][]string {
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

// Every pair of districts: the distance from the polygons against the
// published table, within 1 km or 2 %.
func TestDistancesAgainstTable(t *testing.T) {
	s := polygons(t)
	want := map[[2]string]float64{}
	for _, r := range readAll(t, "data/derived/district_distances.csv") {
		want[[2]string{r[0], r[1]}] = number(t, r[2])
	}
	worst, pairs := 0.0, 0
	for i, a := range s.Areas {
		km, err := s.Distances([]string{a.Code})
		if err != nil {
			t.Fatal(err)
		}
		for j, b := range s.Areas[i+1:] {
			d := km[i+1+j]
			w, listed := want[[2]string{a.Code, b.Code}]
			if !listed {
				if d < 149 {
					t.Errorf("%s - %s: %.2f km, not within 150 km in the table", a.Code, b.Code, d)
				}
				continue
			}
			pairs++
			if diff := math.Abs(d - w); diff > 1 && diff > 0.02*w {
				t.Errorf("%s - %s: %.2f km, the table has %.1f", a.Code, b.Code, d, w)
			} else {
				worst = max(worst, diff)
			}
		}
	}
	t.Logf("%d pairs, largest difference %.2f km", pairs, worst)
	if pairs != len(want) {
		t.Errorf("%d of %d pairs found", pairs, len(want))
	}
}
