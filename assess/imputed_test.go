package assess

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"athar"
)

// pointWorld writes events as points on 8 x 8 square areas of 0.3 degrees, in
// provinces of 2 x 2: a rate ratio of 0.5 in the footprint from January 2020 on, a
// third of the events known to 25 km or to the province only, some to a span of days.
func pointWorld(t *testing.T, extra string) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 8))
	const side, width = 8, .3
	var shapes []string
	events := []string{}
	var footprint []string
	for x := range side {
		for y := range side {
			code := fmt.Sprintf("A%d%d", x, y)
			a, b, c, d := 40+width*float64(x), 33+width*float64(y), 40+width*float64(x+1), 33+width*float64(y+1)
			shapes = append(shapes, fmt.Sprintf(`{"type":"Feature","properties":{"code":%q,"name_en":"Area %s","parent_en":"P%d%d","country":"X"},"geometry":{"type":"Polygon","coordinates":[[[%.2f,%.2f],[%.2f,%.2f],[%.2f,%.2f],[%.2f,%.2f],[%.2f,%.2f]]]}}`,
				code, code, x/2, y/2, a, b, c, b, c, d, a, d, a, b))
			inside := x < 2 && y < 4
			if inside {
				footprint = append(footprint, code)
			}
			for m := range 30 {
				mu := 6.0
				if inside && m >= 24 {
					mu *= .5
				}
				for range int(distuv.Poisson{Lambda: mu, Src: rng}.Rand()) {
					day := athar.Date(2018, 1, 1) + athar.Day(m*30+rng.IntN(28))
					end := day
					place, lon, lat := 1, a+width*rng.Float64(), b+width*rng.Float64()
					switch rng.IntN(6) {
					case 0:
						place = 2
					case 1:
						place, lon, lat = 4, 40+width*float64(x/2*2+1)+.01, 33+width*float64(y/2*2+1)+.01
					case 2:
						end += 20
					}
					events = append(events, fmt.Sprintf("%d,%s,%s,%.4f,%.4f,%d", len(events), day, end, lat, lon, place))
				}
			}
		}
	}
	study := fmt.Sprintf(`study: w
title: W
group: {name: G}
outcome: events
data:
  - {name: d, file: events.csv, format: table, columns: {id: id, date: date, date_end: end, lat: lat, lon: lon, place_precision: place}, licence: made up, citation: made up%s}
areas:
  geojson: [areas.geojson]
campaigns:
  - {id: c, name: C, footprint: {areas: [%s]}, start: 2020-01-01, end: 2020-05-31}
choices: {rings: [25, 60], period: month, post_months: 1, imputations: 8}
`, extra, strings.Join(footprint, ", "))
	return write(t, t.TempDir(), map[string]string{"study.yaml": study,
		"events.csv":    "id,date,end,lat,lon,place\n" + strings.Join(events, "\n") + "\n",
		"areas.geojson": `{"type":"FeatureCollection","features":[` + strings.Join(shapes, ",") + "]}"})
}

func edit(t *testing.T, file string, change func(string) string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(change(string(b))), 0o644); err != nil {
		t.Fatal(err)
	}
}

func noted(r *athar.Report, code string) *athar.Note {
	for i, n := range r.Campaigns[0].Notes {
		if n.Code == code {
			return &r.Campaigns[0].Notes[i]
		}
	}
	return nil
}

func pooled(r *athar.Report) (out []athar.Effect) {
	for _, e := range r.Campaigns[0].Effects {
		if e.Spec == "imputed" {
			out = append(out, e)
		}
	}
	return out
}

// Coarse places and dates are drawn and the headline is pooled over the draws.
func TestCoarseEventsAreDrawn(t *testing.T) {
	file := pointWorld(t, "")
	r := mustRun(t, file)
	f := finding(t, r, "c/inside/during")
	drawn := pooled(r)
	if len(drawn) == 0 || drawn[0].Question != athar.AskInside || drawn[0].FMI == nil {
		t.Fatalf("no pooled effect: %+v", drawn)
	}
	e := drawn[0]
	// Events of 21 days and of the province, a third of all, are in no cell of
	// the headline, or in few.
	more := float64(e.EventsPre) / float64(f.Headline.EventsPre)
	if e.Observed <= f.Headline.Observed || more < 1.1 || more > 1.5 {
		t.Errorf("the draws hold %v and %v events, the headline %v and %v", e.EventsPre, e.Observed, f.Headline.EventsPre, f.Headline.Observed)
	}
	if f.Verdict != athar.Decline || e.RR < .4 || e.RR > .8 || *e.FMI <= 0 || *e.FMI >= .5 || e.Low > .5 || e.High < .5 || f.Headline.FMI != nil {
		t.Errorf("%s, headline %v, pooled %v (%v to %v), FMI %v; planted .5", f.Verdict, f.Headline.RR, e.RR, e.Low, e.High, *e.FMI)
	}
	if e.Inference != f.Headline.Inference {
		t.Errorf("pooled over errors %s, the headline has %s", e.Inference, f.Headline.Inference)
	}
	if !slices.ContainsFunc(f.Methods, func(m athar.MethodView) bool { return m.Spec == "imputed" && m.RR == e.RR }) {
		t.Error("the pooled effect is not among the methods of the finding")
	}
	n := noted(r, "imputed-places")
	if n == nil || n.Args["draws"] != 8 || n.Args["left"] != 0 {
		t.Errorf("note %+v", n)
	}
	if i := slices.IndexFunc(r.Campaigns[0].Guards, func(g athar.Guard) bool { return g.Says.Code == "guard-imprecise-quiet-drawn" }); i < 0 {
		t.Errorf("no guard speaks of the draws: %+v", r.Campaigns[0].Guards)
	}

	want, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	events := filepath.Join(filepath.Dir(file), "events.csv")
	edit(t, events, func(s string) string {
		lines := strings.Split(strings.TrimSpace(s), "\n")
		slices.Reverse(lines[1:])
		return strings.Join(lines, "\n") + "\n"
	})
	again := mustRun(t, file)
	for i := range again.Data {
		again.Data[i].SHA256 = r.Data[i].SHA256
	}
	again.Manifest = r.Manifest
	if got, _ := json.Marshal(again); string(got) != string(want) {
		t.Error("another order of rows gives another report")
	}

	edit(t, file, func(s string) string { return strings.Replace(s, "imputations: 8", "imputations: 0", 1) })
	if r := mustRun(t, file); pooled(r) != nil || noted(r, "imputed-places") != nil {
		t.Error("imputations: 0 draws all the same")
	}
}

// Where a table says when areas were watched, other cells are unknown, and
// events in them are counted as uncovered.
func TestMonitoringTable(t *testing.T) {
	file := pointWorld(t, ", monitored: watch.csv")
	dir := filepath.Dir(file)
	watch := "area,first,last\n"
	for x := range 8 {
		for y := range 8 {
			switch {
			case x == 7: // never watched
			case x == 6: // a gap from 16 June to 31 August 2018
				watch += fmt.Sprintf("A%d%d,2018-01,2018-06-15\nArea A%d%d,2018-09,2020-12\n", x, y, x, y)
			default:
				watch += fmt.Sprintf("A%d%d,2018-01,2020-12\n", x, y)
			}
		}
	}
	write(t, dir, map[string]string{"watch.csv": watch})
	res, err := Run(context.Background(), file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := res.Panels[0].Panel
	unknown, held := 0, 0.0
	for i, a := range p.Areas {
		for c, q := range p.Periods {
			k := p.At(i, c)
			gap := a.Code[1] == '7' || a.Code[1] == '6' && q.Last >= athar.Date(2018, 6, 16) && q.First <= athar.Date(2018, 8, 31)
			if p.Use[k] == gap && q.Phase != athar.Outside {
				t.Fatalf("%s, %s: in use %v", a.Code, q.First, p.Use[k])
			}
			if gap {
				unknown++
				held += p.Count[k]
			}
		}
	}
	if unknown == 0 || held != 0 {
		t.Errorf("%d cells are unknown and hold %v events", unknown, held)
	}
	if i := slices.IndexFunc(res.Report.Unplaced, func(x athar.ReasonCount) bool { return x.Reason == "uncovered" && x.N > 500 }); i < 0 {
		t.Errorf("events in unwatched cells are not counted: %v", res.Report.Unplaced)
	}
	if noted(res.Report, "no-monitoring-table") != nil {
		t.Error("the report misses a table that is there")
	}
	if !slices.ContainsFunc(res.Report.Manifest.Inputs, func(m athar.ManifestRef) bool { return m.File == "watch.csv" }) {
		t.Error("the table is not in the manifest")
	}

	write(t, dir, map[string]string{"watch.csv": "area,first,last\nA00,2018,2020\nB99,2018,2020\n"})
	if _, err := Run(context.Background(), file, Options{}); err == nil || !strings.Contains(err.Error(), "watch.csv:3: ") {
		t.Errorf("an area that no table knows: %v", err)
	}
	if r := mustRun(t, pointWorld(t, "")); noted(r, "no-monitoring-table") == nil {
		t.Error("without a table, nobody says that zeros may be unwatched")
	}
}
