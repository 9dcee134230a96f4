package assess

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"athar/internal/testdata"
	"athar/lake"
	"athar/source"
)

// A study gives the same findings whether it reads the published file or the
// lake into which the file was imported.
func TestLakeGivesTheSameFindings(t *testing.T) {
	path := func(name string) string {
		p, err := filepath.Abs(testdata.Shared(t, name))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	ged := path("data/events/ucdp_ged191_iraq_1989_2018_full.csv.gz")
	dir := t.TempDir()
	l, err := lake.Open(filepath.Join(dir, "lake"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := l.Import(context.Background(), lake.ImportSpec{Dataset: "ged", Version: "19.1",
		Source: source.Spec{Name: "ged", File: ged, Label: "ged.csv.gz", Format: "ucdp-ged"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	// All actors are imported: the file's 7,473 rows, less the damaged.
	if len(v.Files) != 1 || v.Files[0].Rows != 7473 {
		t.Errorf("%+v", v)
	}
	run := func(name, data string) string {
		write(t, dir, map[string]string{"study.yaml": fmt.Sprintf(`study: ged
title: GED
group: {name: IS, ids: ["234"]}
outcome: events
data:
  - {name: ged, %s, licence: CC BY 4.0, citation: UCDP, coverage: [{from: 2014-01-01, to: 2018-12-31}]}
areas:
  geojson: [%s]
campaigns:
  - {id: mosul, name: Mosul, footprint: {areas: [IQG15Q06, IQG15Q08]}, start: 2016-10-17, end: 2017-07-10}
totals:
  - {id: iraq, name: Iraq, country: IQ, from: 2016-10-17, to: 2017-07-10}
choices: {pre_months: 18, post_months: 6, period: month, imputations: 5, seed: 1}
`, data, path("data/geo/irq_adm2_cod_2019.geojson"))})
		r := mustRun(t, filepath.Join(dir, "study.yaml"))
		b, err := json.Marshal(map[string]any{"campaigns": r.Campaigns, "totals": r.Totals, "unplaced": r.Unplaced})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	a := run("file", "file: "+ged+", format: ucdp-ged")
	b := run("lake", "format: lake, lake: lake, dataset: ged")
	if a != b {
		i := 0
		for i < min(len(a), len(b)) && a[i] == b[i] {
			i++
		}
		t.Errorf("file and lake differ:\n…%s\n…%s", a[max(0, i-200):min(len(a), i+200)], b[max(0, i-200):min(len(b), i+200)])
	}
}
