package examples_test

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"athar/internal/testdata"
	"athar/place"
)

// The table of fatal events is UCDP's release counted by the rule of
// examples/data/README.md; it was made with another program.
func TestIraqFatalEventsAreTheReleaseCounted(t *testing.T) {
	file, err := os.Open(testdata.Shared(t, "data/events/ucdp_ged191_iraq_1989_2018_full.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	release, err := csv.NewReader(text).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	districts := testdata.Shared(t, "data/geo/irq_adm2_cod_2019.geojson")
	set, err := place.LoadGeoJSON([]string{districts}, []string{"districts"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	groups := []string{"IS", "al-Mahdi Army", "Ansar al-Islam", "RJF", "1920 Revolution Brigades", "Jamaat Jund al-Sahaba"}
	violence := map[string]string{"1": "state-based", "2": "non-state", "3": "one-sided"}
	first, last := time.Date(2006, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(2008, 12, 28, 0, 0, 0, 0, time.UTC)
	type cell [4]int // events, deaths low, best, high
	counts := map[string]cell{}
	dropped := map[string]int{}
	column := func(row []string, name string) string { return row[slices.Index(release[0], name)] }
	number := func(row []string, name string) float64 {
		x, err := strconv.ParseFloat(column(row, name), 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	day := func(row []string, name string) time.Time {
		d, err := time.Parse(time.DateOnly, column(row, name)[:10])
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, r := range release[1:] {
		a, b := day(r, "date_start"), day(r, "date_end")
		if b.Before(first) || a.After(last) {
			continue
		}
		switch {
		case !slices.Contains(groups, column(r, "side_a")) && !slices.Contains(groups, column(r, "side_b")):
			dropped["sides"]++
			continue
		case number(r, "where_prec") > 3:
			dropped["place"]++
			continue
		}
		weeks, days := map[string]int{}, 0
		best := ""
		for d := a; !d.After(b); d = d.AddDate(0, 0, 1) {
			days++
			w := d.AddDate(0, 0, -(int(d.Weekday())+6)%7).Format(time.DateOnly)
			if weeks[w]++; best == "" || weeks[w] > weeks[best] {
				best = w
			}
		}
		if 2*weeks[best] < days {
			dropped["date"]++
			continue
		}
		code, ok := set.Locate(number(r, "longitude"), number(r, "latitude"))
		if !ok {
			dropped["polygon"]++
			continue
		}
		k := best + "," + code + "," + violence[column(r, "type_of_violence")]
		c := counts[k]
		for i, x := range []float64{1, number(r, "low"), number(r, "best"), number(r, "high")} {
			c[i] += int(x)
		}
		counts[k] = c
	}
	if got := fmt.Sprint(dropped); got != "map[date:13 place:212 sides:32]" {
		t.Errorf("dropped %s", got)
	}
	table, err := os.Open("data/iraq_ged_district_week_2006_2008.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	rows, err := csv.NewReader(table).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		k := r[0] + "," + r[1] + "," + r[2]
		var c cell
		for i := range c {
			c[i], _ = strconv.Atoi(r[3+i])
		}
		if counts[k] != c {
			t.Errorf("%s: the table has %v, the release %v", k, c, counts[k])
		}
		delete(counts, k)
	}
	if len(counts) > 0 {
		t.Errorf("%d cells of the release are not in the table, such as %v", len(counts), counts)
	}
}
