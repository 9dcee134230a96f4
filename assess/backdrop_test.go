package assess

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The files of the key map are read with the areas: before any data, with a
// complaint that says what to do, and they stand in the manifest.
func TestMapFilesAreReadWithTheAreas(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	square := func(code string, x int) string {
		return fmt.Sprintf(`{"type":"Feature","properties":{"code":%q},"geometry":{"type":"Polygon","coordinates":[[[%d,33],[%d,33],[%d,34],[%d,34],[%d,33]]]}}`, code, x, x+1, x+1, x, x)
	}
	put("areas.geojson", `{"type":"FeatureCollection","features":[`+square("a", 43)+","+square("b", 44)+"]}")
	put("towns.geojson", `{"type":"Feature","properties":{"name":"Town"},"geometry":{"type":"Point","coordinates":[43.5,33.5]}}`)
	var rows strings.Builder
	for y := 2018; y < 2021; y++ {
		for m := 1; m <= 12; m++ {
			fmt.Fprintf(&rows, "%d-%02d,a,%d\n%d-%02d,b,%d\n", y, m, 3+m%2, y, m, 2+m%3)
		}
	}
	put("d.csv", "period,area,count\n"+rows.String())
	study := func(layers string) string {
		put("study.yaml", `study: s
title: T
group: {name: G}
outcome: events
data: [{name: D, format: counts, file: d.csv, period: month, columns: {period: period, area: area, count: count}}]
areas: {geojson: areas.geojson}
map: `+layers+`
campaigns: [{id: c, name: C, footprint: {areas: [a]}, start: 2020-01, end: 2020-03}]
choices: {rings: [25], draws: 100, post_months: 3, pre_months: 18, imputations: 0}
`)
		return filepath.Join(dir, "study.yaml")
	}
	r, err := Run(t.Context(), study("{places: towns.geojson, credit: Survey}"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := r.Report.Map
	if len(m.Towns) != 1 || m.Towns[0].Name.En != "Town" || m.LayersCredit != "Survey" || len(m.Layers) != 1 || m.Layers[0].Drawn != 1 {
		t.Errorf("%+v %+v", m.Towns, m.Layers)
	}
	in := 0
	for _, f := range r.Report.Manifest.Inputs {
		if f.File == "towns.geojson" {
			in++
		}
	}
	if in != 1 {
		t.Errorf("towns.geojson stands %d times among the inputs", in)
	}
	for layers, want := range map[string]string{
		"{rivers: gone.geojson}":                  "study.yaml:7:15: map.rivers: gone.geojson: no such file",
		"{rivers: towns.geojson}":                 "towns.geojson: none of its 1 features is a line; map takes lines under rivers",
		"{places: towns.geojson, lakes: d.csv}":   "d.csv:1:",
		"{places: [towns.geojson, gone.geojson]}": "paths start from the study file's folder",
	} {
		if _, err := Run(t.Context(), study(layers), Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", layers, err, want)
		}
	}
}
