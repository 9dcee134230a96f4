package outlook

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"athar"
	"athar/internal/testdata"
)

// monthsOf are n calendar months from the given one.
func monthsOf(year int, month time.Month, n int) []athar.Span {
	out := make([]athar.Span, n)
	for i := range out {
		out[i] = after(athar.Date(year, month+time.Month(i), 1) - 1)
	}
	return out
}

func rows(t testing.TB, path string, row func(get func(string) string)) {
	t.Helper()
	f, err := os.Open(testdata.Shared(t, path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	c := csv.NewReader(in)
	head, err := c.Read()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, h := range head {
		column[h] = i
	}
	for {
		rec, err := c.Read()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		row(func(name string) string { return rec[column[name]] })
	}
}

// published reads the district weeks of 2014 to 2020 as monthly series of both
// countries, all together and every governorate. A week counts in the month of
// its Thursday, which has most of its days.
func published(t testing.TB) []Series {
	country, governorate := map[string]string{}, map[string]string{}
	rows(t, "data/derived/districts.csv", func(get func(string) string) {
		country[get("district")] = get("country")
		governorate[get("district")] = get("governorate")
	})
	months := monthsOf(2014, time.January, 84)
	series := map[string]*Series{}
	add := func(id, unit string, m int, n float64) {
		s := series[id]
		if s == nil {
			s = &Series{ID: id, Name: athar.Names{En: id}, Unit: unit, Months: months, Count: make([]float64, len(months))}
			series[id] = s
		}
		s.Count[m] += n
	}
	rows(t, "data/derived/isis_district_week_2014_2020.csv", func(get func(string) string) {
		d, err := athar.ParseDay(get("week_start"))
		if err != nil {
			t.Fatal(err)
		}
		y, mo, _ := (d + 3).Time().Date()
		m := (y-2014)*12 + int(mo) - 1
		if m < 0 || m >= len(months) {
			return
		}
		n, _ := strconv.ParseFloat(get("events"), 64)
		add("both", "all", m, n)
		add(country[get("district")], "country", m, n)
		add(governorate[get("district")], "governorate", m, n)
	})
	// Campaigns of 2020 as commonly published (the operation in Iraq from
	// February to July, in Syria June to September).
	var out []Series
	for _, id := range slices.Sorted(maps.Keys(series)) {
		s := *series[id]
		switch {
		case strings.HasPrefix(id, "IQ") || id == "Iraq" || id == "both":
			s.Campaign = make([]float64, 84)
			for m := 73; m < 79; m++ {
				s.Campaign[m] = 1
			}
		default:
			s.Campaign = make([]float64, 84)
			for m := 77; m < 81; m++ {
				s.Campaign[m] = 1
			}
		}
		out = append(out, s)
	}
	return out
}

// longRun reads events in Iraq, 1989 to 2018, and from 2004 on.
func longRun(t testing.TB) []Series {
	months := monthsOf(1989, time.January, 360)
	s := Series{ID: "Iraq 1989-2018", Unit: "country", Months: months, Count: make([]float64, 360)}
	rows(t, "data/events/ucdp_ged191_iraq_1989_2018_full.csv.gz", func(get func(string) string) {
		d, err := athar.ParseDay(get("date_start")[:10])
		if err != nil {
			t.Fatal(err)
		}
		y, m, _ := d.Time().Date()
		s.Count[(y-1989)*12+int(m)-1]++
	})
	late := s
	late.ID, late.Months, late.Count = "Iraq 2004-2018", months[180:], s.Count[180:]
	return []Series{s, late}
}

func TestReal(t *testing.T) {
	begin := time.Now()
	all := published(t)
	out := Assess(all, Options{Seed: 1})
	t.Log(time.Since(begin), len(all))
	begin = time.Now()
	out = append(out, Assess(longRun(t)[:1], Options{Seed: 1})...)
	t.Log(time.Since(begin))
	out = append(out, Assess(longRun(t)[1:], Options{Seed: 1})...)
	for _, a := range out {
		fmt.Printf("%s %v %v %v\n", a.ID, a.Shown, a.Model, a.Because)
		for _, s := range a.Scores {
			fmt.Printf("   %-20s %d crps %8.3f ign %.3f mis %.2f c50 %.2f c90 %.2f skill %.3f [%.3f %.3f]\n", s.Model, s.N, s.CRPS, s.IGN, s.MIS, s.Cover50, s.Cover90, s.Skill, s.Low, s.High)
		}
	}
}
