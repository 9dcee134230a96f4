package source

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"athar"
	"athar/internal/testdata"
)

func total(reasons []athar.ReasonCount) int {
	n := 0
	for _, r := range reasons {
		n += r.N
	}
	return n
}

// accounted checks that every row is kept or counted under a reason, and that
// the rejects are the damaged ones.
func accounted(t testing.TB, r *Reading) {
	t.Helper()
	faults := 0
	for _, x := range r.Info.Rejected {
		if x.N <= 0 {
			t.Errorf("reason %q counts %d rows", x.Reason, x.N)
		}
		if x.Fault {
			faults += x.N
		}
	}
	if r.Info.Rows != r.Info.Kept+total(r.Info.Rejected) {
		t.Errorf("%d rows are not %d kept and %v", r.Info.Rows, r.Info.Kept, r.Info.Rejected)
	}
	if faults != len(r.Rejects) {
		t.Errorf("%d rejects for %d damaged rows", len(r.Rejects), faults)
	}
	lines := map[int]bool{}
	events := len(r.Events)
	for _, e := range r.Events {
		lines[e.Line] = true
	}
	for _, c := range r.Counts {
		lines[c.Line] = true
		events += c.N
	}
	// A row with count 0 makes no event, so only the other way round is sure.
	if len(lines) > r.Info.Kept || len(r.Counts) > 0 && len(r.Counts) != r.Info.Kept {
		t.Errorf("%d rows made it, %d are said to be kept", len(lines), r.Info.Kept)
	}
	if events != r.Info.Events {
		t.Errorf("%d events, %d are said", events, r.Info.Events)
	}
}

func shared(t testing.TB, file string, s Spec) *Reading {
	t.Helper()
	s.Name, s.Label = "data", file
	s.File = testdata.Shared(t, "data/"+file)
	r, err := Read(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	accounted(t, r)
	return r
}

var (
	is  = Group{Aliases: []string{"IS", "Islamic State"}, IDs: []string{"234"}}
	jas = Group{Aliases: []string{"Jama'atu Ahlis Sunna Lidda'awati wal-Jihad"}, IDs: []string{"1051"}}
)

// Rows as published. Rows kept, for UCDP, as counted by an independent script:
// the group's identifier on a side, or its name in a list of names; in the
// joined file 13,974 rows marked as the group's and 4 of a coalition, less the
// one that ends before it starts.
func TestSharedFiles(t *testing.T) {
	for _, c := range []struct {
		file, format string
		group        Group
		rows, kept   int
		layout       string
	}{
		{"events/ucdp_ged211_irq_syr_2014_2020_joined.csv.gz", "ucdp-ged", is, 43219, 13977, "gzip; UCDP GED, 30 columns; group found by name; 4 rows by a coalition"},
		{"events/ucdp_ged191_iraq_1989_2018_full.csv.gz", "ucdp-ged", is, 7473, 6191, "gzip; UCDP GED, 45 columns; group found by id"},
		{"events/ucdp_ged191_syria_201601_201911_full.csv.gz", "ucdp-ged", is, 16566, 6472, "gzip; UCDP GED, 41 columns; group found by id"},
		{"events/ucdp_ged201_nigeria_1990_2019_full.csv.gz", "ucdp-ged", jas, 4603, 1876, "gzip; UCDP GED, 52 columns; group found by id"},
		{"events/ucdp_ged231_sample1000_49col.csv.gz", "ucdp-ged", is, 1000, 89, "gzip; UCDP GED, 49 columns; group found by id; 1 rows by a coalition"},
		{"events/iraq_insurgencies_2006.csv", "table", Group{}, 37701, 37701, `one event a row, date "date", lat "latitude", lon "longitude", class "type"`},
		{"events/iraq_insurgencies_2007_2008.csv", "table", Group{}, 68573, 68573, `one event a row, date "date", lat "latitude", lon "longitude", class "type"`},
		{"events/iraq_airstrikes_2006.csv", "table", Group{}, 2101, 2101, `one event a row, date "date", lat "latitude", lon "longitude", class "type"`},
		{"events/iraq_airstrikes_2007_2008.csv", "table", Group{}, 3938, 3938, `one event a row, date "date", lat "latitude", lon "longitude", class "type"`},
		{"events/iraq_airstrikes_base.csv", "table", Group{}, 808, 808, `one event a row, date "date", lat "latitude", lon "longitude"`},
		{"derived/isis_district_week_2014_2020.csv", "counts", Group{}, 5981, 5981,
			`counts by week (the column is called "week_start"), area "district", period "week_start", class "opponent", count "events", low "deaths_low", best "deaths_best", high "deaths_high"`},
		{"derived/iraq_insurgency_district_day_2006_2008.csv", "counts", Group{}, 37928, 37928, `counts by day, area "district", period "date", class "type", count "events"`},
	} {
		r := shared(t, c.file, Spec{Format: c.format, Group: c.group})
		if r.Info.Rows != c.rows || r.Info.Kept != c.kept || r.Info.Layout != c.layout {
			t.Errorf("%s: %d rows, %d kept, %s", c.file, r.Info.Rows, r.Info.Kept, r.Info.Layout)
		}
	}
}

// data/README: events with the Islamic State on a side, a month, 2019-2020.
func TestMonthlyEventsOfTheIslamicState(t *testing.T) {
	r := shared(t, "events/ucdp_ged211_irq_syr_2014_2020_joined.csv.gz", Spec{Format: "ucdp-ged", Group: is})
	for country, want := range map[string]string{
		"Iraq":  "10 7 6 3 4 3 5 9 14 3 5 7 5 7 4 14 17 7 7 4 2 8 9 4",
		"Syria": "87 60 76 50 23 24 32 32 27 19 13 15 22 19 18 23 29 23 18 9 17 21 25 21",
	} {
		var months [24]int
		for _, e := range r.Events {
			if y, m, _ := e.When.First.Time().Date(); y >= 2019 && e.Country == country {
				months[(y-2019)*12+int(m-time.January)]++
			}
		}
		if got := strings.Trim(fmt.Sprint(months), "[]"); got != want {
			t.Errorf("%s: %s, published %s", country, got, want)
		}
	}
	// The one damaged row of the file.
	if len(r.Rejects) != 1 || r.Rejects[0].Line != 30934 || r.Rejects[0].Reason != "ends-before-start" || r.Rejects[0].Column != "date_end" {
		t.Errorf("rejects %v", r.Rejects)
	}
	if n := len(shared(t, "events/ucdp_ged211_irq_syr_2014_2020_joined.csv.gz", Spec{Format: "ucdp-ged", Group: is, Where: map[string][]string{"is_involved": {"1"}}}).Events); n != 13973 {
		// 13,974 by the derived table, less the damaged row
		t.Errorf("%d events among the rows marked as the group's", n)
	}
}

// The derived counts hold the same events as the file they were made from, and
// the derived days the same as the points.
func TestDerivedCounts(t *testing.T) {
	weeks := shared(t, "derived/isis_district_week_2014_2020.csv", Spec{Format: "counts"})
	if weeks.Info.Events != 13974 {
		t.Errorf("%d events in the weeks of districts", weeks.Info.Events)
	}
	for _, c := range weeks.Counts {
		if c.When.Days() != 7 || c.When.First.Time().Weekday() != time.Monday {
			t.Fatalf("%+v is not a week from Monday", c)
		}
	}
	one := shared(t, "derived/isis_district_week_2014_2020.csv", Spec{Format: "counts", Classes: []string{"sdf"}})
	n := 0
	for _, c := range weeks.Counts {
		if c.Class == "sdf" {
			n += c.N
		}
	}
	if one.Info.Events != n || n == 0 || total(one.Info.Rejected) != 5981-one.Info.Kept || one.Info.Rejected[0].Reason != "not-asked-for" {
		t.Errorf("class sdf: %d events of %d, %v", one.Info.Events, n, one.Info.Rejected)
	}
	days := shared(t, "derived/iraq_insurgency_district_day_2006_2008.csv", Spec{Format: "counts", Period: "day"})
	points := shared(t, "events/iraq_insurgencies_2006.csv", Spec{Format: "table"}).Info.Events +
		shared(t, "events/iraq_insurgencies_2007_2008.csv", Spec{Format: "table"}).Info.Events
	if days.Info.Events != 106274 || points != 106274 {
		t.Errorf("%d events by district and day, %d points, published 106,274", days.Info.Events, points)
	}
	asEvents := shared(t, "derived/iraq_insurgency_district_day_2006_2008.csv", Spec{Format: "table", Columns: map[string]string{"area": "district", "count": "events"}})
	if asEvents.Info.Events != 106274 || asEvents.Info.Kept != 37928 {
		t.Errorf("%d events of %d rows", asEvents.Info.Events, asEvents.Info.Kept)
	}
}

// Precision classes and identifiers of a full release.
func TestFullRelease(t *testing.T) {
	r := shared(t, "events/ucdp_ged191_iraq_1989_2018_full.csv.gz", Spec{Format: "ucdp-ged", Group: is})
	var places []string
	for _, p := range r.Info.Places {
		places = append(places, fmt.Sprintf("%s %d", p.Reason, p.N))
	}
	if got := strings.Join(places, ", "); got != "exact 4594, near 823, district 200, province 410, fuzzy 102, country 62" {
		t.Errorf("places: %s", got)
	}
	i := slices.IndexFunc(r.Events, func(e athar.Event) bool { return e.SideAID != "" && e.SideBID == "234" && e.When.Days() > 20 })
	if i < 0 {
		t.Fatal("no event of the government with a long interval")
	}
	if e := r.Events[i]; e.SideAID != "116" || e.Class != "state-based" || e.Country != "Iraq" || !e.HasPoint || !e.HasDeaths || e.Deaths.Low > e.Deaths.High {
		t.Errorf("%+v", e)
	}
	byName := shared(t, "events/ucdp_ged191_iraq_1989_2018_full.csv.gz", Spec{Format: "ucdp-ged", Group: Group{Aliases: []string{"is"}}})
	if len(byName.Events) != len(r.Events) {
		t.Errorf("%d events by name, %d by id", len(byName.Events), len(r.Events))
	}
}
