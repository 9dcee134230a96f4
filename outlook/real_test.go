package outlook

import (
	"compress/gzip"
	"encoding/csv"
	"io"
	"maps"
	"math"
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

// neighbours are the governorates with districts that touch.
func neighbouring(t testing.TB, all []Series) {
	of := map[string]string{}
	rows(t, "data/derived/districts.csv", func(get func(string) string) { of[get("district")] = get("governorate") })
	near := map[string][]string{}
	rows(t, "data/derived/district_distances.csv", func(get func(string) string) {
		a, b := of[get("district_a")], of[get("district_b")]
		if km, _ := strconv.ParseFloat(get("km"), 64); km == 0 && a != b {
			near[a], near[b] = append(near[a], b), append(near[b], a)
		}
	})
	for i := range all {
		if n := near[all[i].ID]; n != nil {
			slices.Sort(n)
			all[i].Near = slices.Compact(n)
		}
	}
}

// TestPublishedSeries asks for the real series of docs/validation/outlook.md,
// and prints its tables with -v.
func TestPublishedSeries(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	all := published(t)
	neighbouring(t, all)
	out := Assess(all, Options{Seed: 1})
	for _, s := range longRun(t) {
		all = append(all, s)
		out = append(out, Assess([]Series{s}, Options{Seed: 1})...)
	}
	won, judged := map[string]int{}, 0
	for i, a := range out {
		if len(a.Scores) == 0 {
			if c := code(a); c != "outlook-few-events" {
				t.Errorf("%s: %s", a.ID, c)
			}
			continue
		}
		judged++
		rule, model := a.Scores[0], athar.Score{CRPS: athar.Num(math.Inf(1))}
		for _, s := range a.Scores {
			if s.Baseline && s.CRPS < rule.CRPS {
				rule = s
			}
			if !s.Baseline && s.CRPS < model.CRPS {
				model = s
			}
		}
		won[rule.Model]++
		if a.Shown {
			t.Errorf("%s: %s is shown; docs/validation/outlook.md says that none is", a.ID, a.Model)
		}
		if all[i].Unit != "governorate" {
			t.Logf("%s\n| forecast | CRPS | skill | IGN | MIS 90%% | coverage 50%% | 90%% | difference from the best rule |\n|---|---|---|---|---|---|---|---|", a.ID)
			for _, s := range a.Scores {
				t.Logf("| %s | %.2f | %.2f | %.2f | %.0f | %.0f | %.0f | %.2f to %.2f |", s.Model, s.CRPS, s.Skill, s.IGN, s.MIS, 100*s.Cover50, 100*s.Cover90, s.Low, s.High)
			}
		} else {
			t.Logf("| %s | %s | %.2f | %s | %.2f | %.2f to %.2f |", a.ID, rule.Model, rule.CRPS, model.Model, model.CRPS, model.Low, model.High)
		}
	}
	t.Logf("%d of %d judged; the best rule was %v", judged, len(out), won)
	if !testing.Verbose() {
		return
	}
	// Calibration in full, and what the loudest month does to the score.
	for i, s := range all {
		if s.Unit == "governorate" {
			continue
		}
		group := all
		if i >= len(all)-2 {
			group, i = all[i:i+1], 0
		}
		e := newEvaluation(group, i, Options{Seed: 1, Draws: 200}.withDefaults())
		e.run()
		n := float64(e.cells)
		loud := 0
		for m := range e.y {
			if e.byMonth[m] > 0 && (e.byMonth[loud] == 0 || e.rivals[e.rule].month[m] > e.rivals[e.rule].month[loud]) {
				loud = m
			}
		}
		for k, r := range e.rivals {
			if k == own || k == momentNB || k == e.model {
				t.Logf("| %s | %s | %.0f | %.0f | %.0f | %.0f | %v | %.2f | %.2f |", s.ID, r.name, 100*r.cover[0]/n, 100*r.cover[1]/n, 100*r.cover[2]/n, 100*r.cover[3]/n, r.pit,
					r.crps/n, (r.crps-r.month[loud])/(n-e.byMonth[loud]))
			}
		}
	}
}
