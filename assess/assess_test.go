package assess

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"athar"
	"athar/internal/testdata"
)

func day(s string) athar.Day {
	d, err := athar.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return d
}

func write(t *testing.T, dir string, files map[string]string) string {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "study.yaml")
}

func mustRun(t *testing.T, file string) *athar.Report {
	t.Helper()
	r, err := Run(context.Background(), file, Options{Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return r.Report
}

func finding(t *testing.T, r *athar.Report, id string) athar.Finding {
	t.Helper()
	for _, c := range r.Campaigns {
		for _, f := range c.Findings {
			if f.ID == id {
				return f
			}
		}
	}
	for _, x := range r.Totals {
		for _, f := range x.Findings {
			if f.ID == id {
				return f
			}
		}
	}
	t.Fatalf("no finding %s", id)
	return athar.Finding{}
}

// world writes 40 areas on a line, 20 km apart, with Poisson counts of mean 12
// a month over three years and the given factor by role from January 2020 on.
func world(t *testing.T, inside, ring float64, extra string) string {
	rng := rand.New(rand.NewPCG(7, 11))
	var counts, areas, km strings.Builder
	counts.WriteString("area,period,count\n")
	areas.WriteString("code,name,country,lon,lat\n")
	km.WriteString("a,b,km\n")
	for i := range 40 {
		code := fmt.Sprintf("A%02d", i)
		fmt.Fprintf(&areas, "%s,Area %d,X,%.2f,33\n", code, i, 40+0.2*float64(i))
		for j := i + 1; j < 40 && 20*(j-i-1) <= 150; j++ {
			fmt.Fprintf(&km, "%s,A%02d,%d\n", code, j, 20*(j-i-1))
		}
		for m := range 36 {
			mu := 12.0
			switch {
			case m < 24:
			case i < 8:
				mu *= inside
			case i < 13:
				mu *= ring
			}
			fmt.Fprintf(&counts, "%s,%d-%02d,%d\n", code, 2018+m/12, 1+m%12, int(distuv.Poisson{Lambda: mu, Src: rng}.Rand()))
		}
	}
	study := `study: w
title: W
group: {name: G}
outcome: events
data:
  - {name: d, file: counts.csv, format: counts, period: month, licence: made up, citation: made up}
areas:
  table: areas.csv
  columns: {code: code, name_en: name, country: country, lon: lon, lat: lat}
  distances: km.csv
  distance_columns: {a: a, b: b, km: km}
  distances_within: 150
campaigns:
  - id: c
    name: C
    footprint: {areas: [A00, A01, A02, A03, A04, A05, A06, A07]}
    start: 2020-01-01
    end: 2020-06-30
claims:
  - {id: fell, text: It fell, question: inside, campaign: c, phase: during, expects: DECLINE}
  - {id: rose, text: It rose, question: inside, campaign: c, phase: during, expects: ESCALATION}
` + extra
	return write(t, t.TempDir(), map[string]string{"study.yaml": study, "counts.csv": counts.String(), "areas.csv": areas.String(), "km.csv": km.String()})
}

// What was planted is found, with the right word.
func TestPlantedTruth(t *testing.T) {
	for _, c := range []struct {
		name         string
		inside, ring float64
		word, moved  athar.Verdict
	}{
		{"decline", 0.6, 1, athar.Decline, ""},
		{"displacement", 0.6, 1.4, athar.Decline, athar.Displacement},
		{"diffusion", 0.6, 0.7, athar.Decline, athar.Diffusion},
		{"escalation", 1.5, 1, athar.Escalation, athar.Inconclusive},
	} {
		r := mustRun(t, world(t, c.inside, c.ring, ""))
		f := finding(t, r, "c/inside/during")
		if f.Verdict != c.word || float64(f.Headline.Low) > c.inside || float64(f.Headline.High) < c.inside {
			t.Errorf("%s: %s, RR %v (%v to %v), planted %v", c.name, f.Verdict, f.Headline.RR, f.Headline.Low, f.Headline.High, c.inside)
		}
		if m := finding(t, r, "c/movement/during"); c.moved != "" && m.Verdict != c.moved {
			t.Errorf("%s: movement %s, want %s (%v)", c.name, m.Verdict, c.moved, m.Because)
		}
		fell, rose := r.Claims[0].Outcome, r.Claims[1].Outcome
		if c.word == athar.Decline && (fell != athar.Supported || rose != athar.Contradicted) ||
			c.word == athar.Escalation && (fell != athar.Contradicted || rose != athar.Supported) {
			t.Errorf("%s: claims %s and %s", c.name, fell, rose)
		}
	}
}

func TestNothingPlantedNothingFound(t *testing.T) {
	if f := finding(t, mustRun(t, world(t, 1, 1, "")), "c/inside/during"); f.Verdict != athar.NoMaterialChange && f.Verdict != athar.Inconclusive {
		t.Errorf("%s, RR %v", f.Verdict, f.Headline.RR)
	}
}

// A second campaign over the same areas and months is named, not ignored.
func TestOverlapIsNeverSilent(t *testing.T) {
	file := world(t, 0.6, 1, "")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	second := `campaigns:
  - id: other
    name: Other
    footprint: {areas: [A06, A07, A30]}
    start: 2020-02-01
    end: 2020-04-30
`
	if err := os.WriteFile(file, []byte(strings.Replace(string(b), "campaigns:\n", second, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	r := mustRun(t, file)
	c := r.Campaigns[1]
	i := slices.IndexFunc(c.Guards, func(g athar.Guard) bool { return g.Code == "overlap" })
	if g := c.Guards[i]; g.Status != athar.Fired || g.Says.Code != "guard-overlap-joint" || g.Says.Args["campaigns"] != "other" {
		t.Errorf("%v", g)
	}
	if !slices.ContainsFunc(c.Notes, func(n athar.Note) bool { return n.Code == "overlap-removed" || n.Code == "overlap-modelled" }) {
		t.Errorf("cells reached by the other campaign are not listed: %v", c.Notes)
	}
	if f := finding(t, r, "c/inside/during"); !slices.Contains(f.Guards, "overlap") {
		t.Errorf("the finding does not carry the guard: %v", f.Guards)
	}
}

// A bare series has no control: the refusal of the headline is in the report,
// the interrupted series or the exact ratio speaks, and the guard fires.
func TestBareSeries(t *testing.T) {
	r := mustRun(t, write(t, t.TempDir(), map[string]string{"study.yaml": `study: s
title: S
group: {name: G}
outcome: attacks
data:
  - {name: typed, format: series, period: month, from: 2019-12, values: [84, 50, 53, 48, null, 84, 45, 34, null, null, null, 16], licence: own, citation: own}
campaigns:
  - {id: c, name: C, start: 2020-06-01, end: 2020-06-30}
`}))
	f := finding(t, r, "c/inside/during")
	if f.Headline.Method == "spillover" || !slices.Contains(f.Guards, "no-control") || f.Headline.Observed != 45 {
		t.Errorf("%s: method %s, guards %v, observed %v", f.Verdict, f.Headline.Method, f.Guards, f.Headline.Observed)
	}
	if !slices.ContainsFunc(r.Campaigns[0].Effects, func(e athar.Effect) bool { return e.Method == "spillover" && e.Refusal != nil }) {
		t.Error("the headline method's refusal is not in the effects")
	}
	if got := float64(r.Campaigns[0].Series[0].Observed[4]); !math.IsNaN(got) {
		t.Errorf("April was not published, shown as %v", got)
	}
}

func TestMonitorsScene(t *testing.T) {
	na := math.NaN()
	a, err := AnswerSeries(SeriesInput{From: day("2019-12-01"), Campaign: day("2020-06-01"), Smallest: 1.25,
		Values: []float64{84, 50, 53, 48, na, 84, 45, 34, na, na, na, 16}})
	if err != nil {
		t.Fatal(err)
	}
	// Ratios by hand: 45/84, 45/(151/3), 79/2/(151/3), 95/3/(151/3), 16/(151/3).
	want := []float64{45.0 / 84, 135.0 / 151, 237.0 / 302, 95.0 / 151, 48.0 / 151}
	for i, w := range want {
		if got := float64(a.Windows[i].Args["rr"].(athar.Num)); math.Abs(got-w) > 1e-12 {
			t.Errorf("window %d: ratio %v, want %v", i, got, w)
		}
	}
	var codes []string
	for _, n := range a.Says {
		codes = append(codes, n.Code)
	}
	if !slices.Equal(codes, []string{"series-fall", "series-but-ramadan-surge", "series-fair", "series-mde", "series-mde-phi", "series-no-control"}) {
		t.Errorf("%v", codes)
	}
}

func TestWrongInputs(t *testing.T) {
	head := `study: s
title: S
group: {name: G}
outcome: attacks
`
	campaign := "campaigns:\n  - {id: c, name: C, start: 2020-03-01, end: 2020-03-31}\n"
	series := "area,period,count\nB,2020-01,5\nB,2020-02,6\nB,2020-03,4\nB,2020-04,4\n"
	for _, c := range []struct{ name, data, want string }{
		{"two files count the same month", "data:\n  - {name: a, file: a.csv, format: counts, period: month, licence: x, citation: x}\n  - {name: b, file: b.csv, format: counts, period: month, licence: x, citation: x}\n" + campaign,
			"a.csv and b.csv both count events in area all in 2020-01"},
		{"weeks asked of months", "data:\n  - {name: a, file: a.csv, format: counts, licence: x, citation: x}\n" + campaign + "choices: {period: week}\n",
			"choices.period: is week, but the data have periods of up to 31 days; use month"},
	} {
		file := write(t, t.TempDir(), map[string]string{"study.yaml": head + c.data, "a.csv": series, "b.csv": series})
		_, err := Run(context.Background(), file, Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// Points that fall into the study only after exchanging latitude and longitude
// stop the run; so does a point that no globe has, as a listed row.
func TestSwappedCoordinates(t *testing.T) {
	var swapped, right strings.Builder
	swapped.WriteString("id,date,lat,lon\n")
	right.WriteString("id,date,lat,lon\n")
	for i := range 40 {
		fmt.Fprintf(&swapped, "%d,2020-%02d-05,%.2f,%.2f\n", i, 1+i%6, 44+0.02*float64(i), 33.5)
		fmt.Fprintf(&right, "%d,2020-%02d-05,%.2f,%.2f\n", i, 1+i%6, 33.5, 44+0.02*float64(i))
	}
	right.WriteString("40,2020-01-05,133.5,44\n")
	study := `study: s
title: S
group: {name: G}
outcome: attacks
data:
  - {name: t, file: events.csv, format: table, columns: {id: id, date: date, lat: lat, lon: lon}, licence: x, citation: x}
areas: {geojson: [areas.geojson], properties: {code: code, name_en: name}}
campaigns:
  - {id: c, name: C, footprint: {areas: [A]}, start: 2020-05-01, end: 2020-05-31}
`
	areas := `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"code":"A","name":"West"},"geometry":{"type":"Polygon","coordinates":[[[44,33],[44.4,33],[44.4,34],[44,34],[44,33]]]}},
{"type":"Feature","properties":{"code":"B","name":"East"},"geometry":{"type":"Polygon","coordinates":[[[44.4,33],[44.9,33],[44.9,34],[44.4,34],[44.4,33]]]}}]}`
	file := write(t, t.TempDir(), map[string]string{"study.yaml": study, "areas.geojson": areas, "events.csv": swapped.String()})
	if _, err := Run(context.Background(), file, Options{}); err == nil || !strings.Contains(err.Error(), "look swapped: 40 of 40 points") {
		t.Errorf("swapped columns: %v", err)
	}
	write(t, filepath.Dir(file), map[string]string{"events.csv": right.String()})
	r, err := Run(context.Background(), file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Rejects) != 1 || r.Rejects[0].Line != 42 {
		t.Errorf("a latitude of 133.5: %v", r.Rejects)
	}
}

// An unknown area in a row is listed with its line and the nearest names.
func TestUnknownAreaInData(t *testing.T) {
	file := world(t, 1, 1, "")
	counts := filepath.Join(filepath.Dir(file), "counts.csv")
	b, err := os.ReadFile(counts)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(counts, append(b, "Area 41,2018-01,3\nAREA 40,2018-01,3\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := Run(context.Background(), file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Rejects) != 2 || r.Rejects[0].Line != 1442 || r.Rejects[0].Reason != "unknown-area" || !strings.Contains(r.Rejects[0].Detail, "Area 4") {
		t.Errorf("%v", r.Rejects)
	}
}

// The researcher's scene: UCDP GED, boundaries, a drawn footprint. The totals
// by month are those that the shared data publish.
func TestGEDWithDrawnFootprint(t *testing.T) {
	dir := t.TempDir()
	link := func(name string) string {
		p, err := filepath.Abs(testdata.Shared(t, name))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	file := write(t, dir, map[string]string{"study.yaml": fmt.Sprintf(`study: ged
title: GED
group: {name: IS, ids: ["234"]}
outcome: events
data:
  - {name: ged, file: %s, format: ucdp-ged, licence: CC BY 4.0, citation: UCDP, coverage: [{from: 2014-01-01, to: 2020-12-31}]}
areas:
  geojson: [%s, %s]
campaigns:
  - id: c
    name: East
    footprint: {geojson: drawn.geojson}
    start: 2020-08-18
    end: 2020-09-27
totals:
  - {id: iraq, name: Iraq, country: IQ, from: 2020-06-01, to: 2020-12-31}
  - {id: syria, name: Syria, country: SY, from: 2020-06-01, to: 2020-12-31}
choices: {pre_months: 17, post_months: 3, period: month}
`, link("data/events/ucdp_ged211_irq_syr_2014_2020_joined.csv.gz"), link("data/geo/irq_adm2_cod_2019.geojson"), link("data/geo/syr_adm2_cod_2018.geojson")),
		"drawn.geojson": `{"type":"Polygon","coordinates":[[[38.0,34.0],[41.2,34.0],[41.2,36.0],[38.0,36.0],[38.0,34.0]]]}`})
	r := mustRun(t, file)
	want := map[string][]int{
		"iraq": {10, 7, 6, 3, 4, 3, 5, 9, 14, 3, 5, 7, 5, 7, 4, 14, 17, 7, 7, 4, 2, 8, 9, 4},
		// 87 are published by start date for January 2019; one of them lasts until
		// July, so no month holds half of it.
		"syria": {86, 60, 76, 50, 23, 24, 32, 32, 27, 19, 13, 15, 22, 19, 18, 23, 29, 23, 18, 9, 17, 21, 25, 21},
	}
	for _, x := range r.Totals {
		var got []int
		for _, n := range x.Series.Observed {
			got = append(got, int(n))
		}
		if !slices.Equal(got, want[x.ID]) {
			t.Errorf("%s by month: %v, want %v", x.ID, got, want[x.ID])
		}
	}
	if i := slices.IndexFunc(r.Unplaced, func(x athar.ReasonCount) bool { return x.Reason == "coarse-date" }); i < 0 {
		t.Errorf("events of many months are not counted: %v", r.Unplaced)
	}
	// Events near the border or at sea lie in no district; they count in the
	// totals all the same, although boundaries say IQ where events say Iraq.
	if n := r.Data[0].Rejected; !slices.ContainsFunc(n, func(x athar.ReasonCount) bool { return x.Reason == "outside-areas" }) {
		t.Errorf("no event outside all districts: %v", n)
	}
	inside := 0
	for _, a := range r.Campaigns[0].Areas {
		if a.Role == athar.Inside {
			inside++
		}
	}
	if inside == 0 || len(r.Map.Areas) != 163 || len(r.Map.Areas[0].Outline) == 0 {
		t.Errorf("%d areas inside, %d on the map", inside, len(r.Map.Areas))
	}
	// What was counted when and where adds up to what the areas' roles say.
	c, byArea := r.Map.Course, map[string]int{}
	var total, sum athar.Num
	for _, n := range c.Total {
		total += n
	}
	for _, a := range c.Areas {
		for i, n := range a.N {
			sum += athar.Num(n)
			for _, p := range r.Campaigns[0].Periods {
				if (p.Phase == athar.Pre || p.Phase == athar.During || p.Phase == athar.Post) && p.First == c.Periods[a.At[i]].First {
					byArea[a.Area] += n
				}
			}
		}
	}
	if total != sum || sum == 0 || len(c.Total) != len(c.Periods) {
		t.Errorf("%v events by period, %v by area", total, sum)
	}
	for _, a := range r.Campaigns[0].Areas {
		if n := a.Pre + a.During + a.Post; a.Role != athar.LeftOut && n != byArea[a.Area] {
			t.Errorf("%s has %d events in its role and %d in the course", a.Area, n, byArea[a.Area])
		}
	}
	if !slices.ContainsFunc(r.Manifest.Inputs, func(m athar.ManifestRef) bool { return m.File == "drawn.geojson" }) {
		t.Errorf("the drawn footprint is not in the manifest: %v", r.Manifest.Inputs)
	}
}

// Cells of rows that may not be passed on stand in no output; line and reason do.
func TestRestrictedRejectsSayNoMore(t *testing.T) {
	header := "event_id_cnty,event_date,year,time_precision,disorder_type,event_type,sub_event_type,actor1,assoc_actor_1,inter1,actor2,assoc_actor_2,inter2,interaction,civilian_targeting,iso,region,country,admin1,admin2,admin3,location,latitude,longitude,geo_precision,source,source_scale,notes,fatalities,tags,timestamp\n"
	row := func(id, date, fatalities string) string {
		return id + "," + date + ",2020,1,Political violence,Battles,Armed clash,TG,,Rebel group,Government of X,,State forces,,,368,Middle East,Iraq,A,B,,Place,33.3,44.4,1,Made up,National,secret text," + fatalities + ",,1600000000\n"
	}
	text := header
	for m := 1; m <= 6; m++ {
		text += row(fmt.Sprintf("IRQ%d", m), fmt.Sprintf("2020-%02d-05", m), "1")
	}
	text += row("IRQ9", "2020-03-05", "secretcell")
	file := write(t, t.TempDir(), map[string]string{"acled.csv": text, "study.yaml": `study: a
title: A
group: {name: TG}
outcome: events
data:
  - {name: acled, file: acled.csv, format: acled}
campaigns:
  - {id: c, name: C, start: 2020-05-01, end: 2020-05-31}
`})
	r, err := Run(context.Background(), file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Report.Data[0].Restricted || len(r.Rejects) != 1 || r.Rejects[0].Line != 8 || r.Rejects[0].Reason == "" {
		t.Fatalf("restricted %v, rejects %+v", r.Report.Data[0].Restricted, r.Rejects)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "secret") || strings.Contains(string(b), "IRQ9") {
		t.Error("a restricted row's content is in the result")
	}
}

// The interval of a finding is the one in the table of effects: nothing is said
// in two strengths, few events and a missing control included.
func TestHeadlinesStandInTheTable(t *testing.T) {
	series := write(t, t.TempDir(), map[string]string{"study.yaml": `study: s
title: S
group: {name: G}
outcome: attacks
data:
  - {name: typed, format: series, period: month, from: 2019-01, values: [1, 2, 0, 1, 3, 2, 1, 2, 1, 0, 2, 1, 1, 0, 1, 2, 0, 1], licence: own, citation: own}
campaigns:
  - {id: c, name: C, start: 2020-02-01, end: 2020-04-30}
`})
	root := filepath.Join(testdata.Root(), "examples")
	for _, file := range []string{series, filepath.Join(root, "isis-2020", "study.yaml"), filepath.Join(root, "monthly-counts", "study.yaml")} {
		for _, c := range mustRun(t, file).Campaigns {
			for _, f := range c.Findings {
				h := f.Headline
				if h == nil {
					continue
				}
				if !slices.ContainsFunc(c.Effects, func(e athar.Effect) bool {
					return sameEstimate(e, *h) && e.Low.String() == h.Low.String() && e.High.String() == h.High.String()
				}) {
					t.Errorf("%s: %s %s %v to %v is not in the table", f.ID, h.Method, h.Spec, h.Low, h.High)
				}
			}
		}
	}
}
