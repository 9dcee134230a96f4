package publish

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"athar"
	"athar/assess"
)

// spaceTimeReport is an invented report with every method beside the findings,
// answered and refused.
func spaceTimeReport() *athar.Report {
	nan, inf := athar.Num(math.NaN()), athar.Num(math.Inf(1))
	year := func(y int) athar.Span { return athar.Span{First: athar.Date(y, 1, 1), Last: athar.Date(y, 12, 31)} }
	bands := athar.NearRepeatSide{Events: 40, Places: 30, Pairs: 9, Expected: 6, Ratio: 1.5, P: .02, Space: []athar.Band{{From: 0, To: 5}, {From: 5, To: inf}}, Time: []athar.Band{{From: 0, To: 3}, {From: 3, To: inf}},
		Cells: []athar.NearRepeatCell{{Pairs: 9, Expected: 6, Ratio: 1.5, PAdj: .04}, {Pairs: 1, Expected: 1, Ratio: 1, PAdj: nan}, {Pairs: 2, Expected: 2, Ratio: 1, PAdj: nan}, {Pairs: 3, Expected: 3, Ratio: 1, PAdj: nan}}}
	few := athar.Refuse("knox-few-events", "n", 3, "need", 20)
	low := athar.Cylinder{Areas: []string{"A1", "A2"}, Span: athar.Span{First: athar.Date(2020, 2, 3), Last: athar.Date(2020, 3, 1)}, Observed: 2, Expected: 8, Ratio: .25, P: .01}
	high := athar.Cylinder{Areas: []string{"A9"}, Span: athar.Span{First: athar.Date(2020, 5, 4), Last: athar.Date(2020, 5, 10)}, Observed: 9, Expected: 3, Ratio: 3, P: .2}
	ring := func(outer athar.Num, diff athar.Num, whole bool) athar.FrequencyRing {
		return athar.FrequencyRing{Outer: outer, Whole: whole, FromEvents: 4, ToEvents: 4 + diff, Diff: diff, Low: diff - 1, High: diff + 1, JointLow: diff - 2, JointHigh: diff + 2, Before: .1, BeforeP: .7, Robust: 1.2}
	}
	left := athar.Num(.04)
	return &athar.Report{
		Map: athar.MapInfo{Areas: []athar.MapArea{{Area: athar.Area{Code: "A1", Name: athar.Names{En: "First", Ar: "الأولى"}, Country: "Iraq"}}}},
		SpaceTime: &athar.SpaceTime{Operations: &athar.Operations{Stretches: []athar.OperationStretch{{When: year(2019), Treated: 50, Control: 40,
			Wakes: &athar.WakeGrid{Rows: []athar.Wake{{Days: 7, Km: 5, Effect: -1.5, SE: .5, DF: 30, Low: -2.5, High: -.5, P: .01, PAdj: .03, AdjLow: -2.9, AdjHigh: -.1, Counts: &athar.WakeCounts{Effect: -1.2, Low: -2.1, High: -.3, Theta: inf}, MDE: 1.4, MatchedTreated: 31, SO: .3, MO: .1,
				Warnings: []athar.Note{athar.NewNote("wake-overlap")}}, {Days: 7, Km: 10, Refusal: athar.Refuse("wake-no-events")}}},
			Frequency: &athar.Frequency{PerDay: 2, Residuals: &athar.FrequencyResiduals{Days: .001, Serial: .2, Places: .4}, Contrasts: []athar.FrequencyContrast{
				{From: 1.8, To: 2.2, Days: 1, Effective: [2]athar.Num{200, 180}, Of: 365, Largest: [2]athar.Num{.01, .02}, Rings: []athar.FrequencyRing{ring(50, 2, false), ring(inf, 1.5, true)},
					Cuts: []athar.FrequencyCut{{Quantile: .95, Diff: 1.2}}, Unbalanced: &left, Balance: []athar.FrequencyBalance{{Covariate: "trend", Before: .21, After: [2]athar.Num{left, nan}}}},
				{From: 1, To: 3, Days: 7, Effective: [2]athar.Num{1.2, 1.1}, Of: 52, Largest: [2]athar.Num{.9, .8}, Refusal: athar.Refuse("stochint-effective-days", "n", 1.1, "need", 30, "of", 52, "from", 1, "to", 3, "days", 7)}}}},
			{When: year(2021), Wakes: &athar.WakeGrid{Refusal: athar.Refuse("wake-one-kind", "treated", 3, "control", 0)}, Frequency: &athar.Frequency{PerDay: nan, Refusal: athar.Refuse("spacetime-no-polygons")}}}}},
		Campaigns: []athar.CampaignReport{
			{Campaign: athar.CampaignInfo{ID: "c"}, Decay: []athar.DecayLine{
				{Phase: athar.During, Areas: 12, DF: 9, Km: []athar.Num{0, 25}, RR: []athar.Num{1.5, 1.2}, Low: []athar.Num{.5, .6}, High: []athar.Num{4, 2.5}},
				{Phase: athar.Post, Areas: 3, DF: nan, Refusal: athar.Refuse("decay-few-areas", "n", 3, "need", 10)}}, SpaceTime: &athar.CampaignSpaceTime{Before: year(2019), After: year(2020),
				NearRepeats: []athar.NearRepeat{{Before: bands, After: bands, Km: 5, Days: 3, Extra: .06, ExtraLow: .02, ExtraHigh: .1, ExtraP: .01, Change: 1},
					{Around: true, Km: 5, Days: 3, Before: bands, After: athar.NearRepeatSide{Events: 3, Refusal: few}, Extra: nan, ExtraLow: nan, ExtraHigh: nan, ExtraP: nan}},
				Followers: &athar.Followers{Reach: 5, Horizon: 30, Kernel: "power-law", AIC: [3]athar.Num{90, 85, 83}, Before: athar.FollowersSide{Events: 400, Days: 335, Places: 300, Alpha: .5, Low: .4, High: .6, Share: .45},
					After: athar.FollowersSide{Events: 200, Days: 180, Places: 150, Alpha: .3, Low: .2, High: .4, Share: .25}, Ratio: .6, RatioLow: .4, RatioHigh: .9, RatioP: .01, HalfKm: .3, MostKm: 2, HalfDays: 4, MostDays: 12, SamePlace: .1,
					Uniform: .2, Serial: .003, Dispersion: 1.7, Warnings: []athar.Note{athar.NewNote("nearby-runs", "p", .003)}},
				Scan: &athar.Scan{Low: []athar.Cylinder{low}, High: []athar.Cylinder{high}, Coincident: athar.Coincidence{Low: &low, P: .03, PPlacebo: .4, MinP: .025, Placebos: 39}}}},
			{Campaign: athar.CampaignInfo{ID: "d"}, SpaceTime: &athar.CampaignSpaceTime{Before: year(2019), After: year(2020), Followers: &athar.Followers{Before: athar.FollowersSide{Events: 3}, Refusal: athar.Refuse("nearby-few-events", "n", 3, "need", 100)}, Scan: &athar.Scan{Refusal: athar.Refuse("scan-few-cases", "n", 3, "need", 20)}}},
			{Campaign: athar.CampaignInfo{ID: "e"}}},
		HotSpots: &athar.HotSpots{Span: year(2019), Months: 12, Areas: []athar.HotSpotArea{{Area: "A1", Course: "sporadic", Crowded: 3, Z: 2.5, PAdj: .04}, {Area: "A2", Course: "none", Z: nan, PAdj: nan}}},
	}
}

// cells are the values of some columns of a table, row by row.
func cells(t *testing.T, list []*table, name string, columns ...string) string {
	t.Helper()
	k := slices.IndexFunc(list, func(x *table) bool { return x.name == name })
	if k < 0 {
		t.Fatalf("no table %s", name)
	}
	rows, err := csv.NewReader(strings.NewReader(string(list[k].csv()))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, row := range rows[1:] {
		var line []string
		for _, c := range columns {
			i := slices.Index(rows[0], c)
			if i < 0 {
				t.Fatalf("%s has no column %s", name, c)
			}
			line = append(line, row[i])
		}
		out = append(out, strings.Join(line, " "))
	}
	return strings.Join(out, "\n")
}

func TestTablesOfSpaceAndTime(t *testing.T) {
	list, err := tables(&assess.Result{Report: spaceTimeReport()}, []string{"en", "ar"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		table   string
		columns []string
		want    string
	}{
		{"wakes", []string{"first", "days", "km", "effect", "adj_high", "p_adj", "matched_treated", "so", "counts_low", "counts_theta", "warnings", "refusal"},
			"2019-01-01 7 5 -1.5 -0.1 0.03 31 0.3 -2.1 Inf wake-overlap \n2019-01-01 7 10    0     wake-no-events\n2021-01-01 0     0     wake-one-kind"},
		{"frequency", []string{"first", "to", "days", "quantile", "whole", "outer_km", "diff", "joint_low", "effective_to", "unbalanced", "days_p", "refusal"},
			"2019-01-01 2.2 1 1 false 50 2 0 180 0.04 0.001 \n2019-01-01 2.2 1 1 true Inf 1.5 -0.5 180 0.04 0.001 \n2019-01-01 2.2 1 0.95 true  1.2  180 0.04 0.001 \n" +
				"2019-01-01 3 7  true    1.1  0.001 stochint-effective-days\n2021-01-01  0  true       spacetime-no-polygons"},
		{"frequency_balance", []string{"from", "to", "days", "covariate", "name_en", "name_ar", "before", "after_from", "after_to"}, "1.8 2.2 1 trend time since the beginning الزمن منذ البداية 0.21 0.04 "},
		{"near_repeats", []string{"campaign", "around", "pairs_before", "ratio_before", "events_after", "ratio_after", "extra", "extra_high", "change", "refusal"},
			"c false 9 1.5 40 1.5 0.06 0.1 1 \nc true 9 1.5 3    0 knox-few-events"},
		{"near_repeat_bands", []string{"around", "side", "km_from", "km_to", "days_from", "days_to", "pairs", "ratio", "p_adj"},
			"false before 0 5 0 3 9 1.5 0.04\nfalse before 0 5 3 Inf 1 1 \nfalse before 5 Inf 0 3 2 1 \nfalse before 5 Inf 3 Inf 3 1 \n" +
				"false after 0 5 0 3 9 1.5 0.04\nfalse after 0 5 3 Inf 1 1 \nfalse after 5 Inf 0 3 2 1 \nfalse after 5 Inf 3 Inf 3 1 \n" +
				"true before 0 5 0 3 9 1.5 0.04\ntrue before 0 5 3 Inf 1 1 \ntrue before 5 Inf 0 3 2 1 \ntrue before 5 Inf 3 Inf 3 1 "},
		{"followers", []string{"campaign", "events_before", "followers_before", "high_before", "days_after", "share_after", "ratio", "ratio_high", "p", "half_km", "most_days", "kernel", "aic_power_law", "serial_p", "warnings", "refusal"},
			"c 400 0.5 0.6 180 0.25 0.6 0.9 0.01 0.3 12 power-law 83 0.003 nearby-runs \nd 3   0           nearby-few-events"},
		{"scan", []string{"campaign", "asked", "direction", "areas", "first", "last", "observed", "p", "p_placebo", "placebos", "refusal"},
			"c everywhere low A1;A2 2020-02-03 2020-03-01 2 0.01  0 \nc everywhere high A9 2020-05-04 2020-05-10 9 0.2  0 \nc movement low A1;A2 2020-02-03 2020-03-01 2 0.03 0.4 39 \n" +
				"c movement high    0 0.03 0.4 39 \nd everywhere     0   0 scan-few-cases"},
		{"decay", []string{"campaign", "phase", "km", "rr", "low", "high", "areas", "df", "refusal"},
			"c during 0 1.5 0.5 4 12 9 \nc during 25 1.2 0.6 2.5 12 9 \nc post     3  decay-few-areas"},
		{"hot_spots", []string{"area", "name_en", "name_ar", "country", "last", "months", "crowded", "z", "course", "says_en", "says_ar"},
			"A1 First الأولى Iraq 2019-12-31 12 3 2.5 sporadic Crowded on and off, and in the last month تركز متقطع، ومنه الشهر الأخير\nA2    2019-12-31 12 0  none Not crowded in the last month, nor nearly always لا تركز في الشهر الأخير ولا تركز شبه دائم"},
	} {
		if got := cells(t, list, c.table, c.columns...); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.table, got, c.want)
		}
	}
	if s := cells(t, list, "frequency", "refusal_en", "refusal_ar"); !strings.Contains(s, "1.1 of 52 separate stretches") || !rightToLeft(strings.SplitAfter(s, "needed. ")[1]) {
		t.Errorf("a refusal is not said in both languages: %s", s)
	}
}

// A folder has the tables of the methods that were asked, and those that every
// folder has.
func TestOnlyTheTablesThatThereAre(t *testing.T) {
	files := func(r *athar.Report) []string {
		r.Study.Title = athar.Names{En: "T"}
		dir := filepath.Join(t.TempDir(), "out")
		f, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Publish(t.Context(), &assess.Result{Report: r}, Options{}); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(filepath.Join(dir, "tables"))
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, e := range entries {
			out = append(out, e.Name())
		}
		return out
	}
	hot := &athar.Report{HotSpots: spaceTimeReport().HotSpots}
	got := files(hot)
	for _, name := range []string{"hot_spots.csv", "hot_spots.parquet", "windows.csv"} {
		if !slices.Contains(got, name) {
			t.Errorf("no %s in %v", name, got)
		}
	}
	for _, name := range []string{"wakes.csv", "scan.parquet", "near_repeats.csv"} {
		if slices.Contains(got, name) {
			t.Errorf("%s of a study without it", name)
		}
	}
}
