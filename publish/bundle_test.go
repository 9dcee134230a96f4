package publish

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"athar"
	"athar/assess"
	"athar/freeze"
	"athar/internal/testdata"
)

// mark stands in every cell of restricted rows that is free text, and in every
// identifier; points have digits of their own.
const mark = "PLANTED"

// closedWorld is a study of invented events in ACLED's layout, with a second
// dataset in a layout of its own that is compared, and a negative control.
func closedWorld(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(3, 4))
	var shapes, acled, own []string
	n := 0
	for x := range 6 {
		for y := range 6 {
			a, b := 40+.4*float64(x), 33+.4*float64(y)
			c, d := a+.4, b+.4
			shapes = append(shapes, fmt.Sprintf(`{"type":"Feature","properties":{"code":"A%d%d","name_en":"Area %d%d","parent_en":"P%d","country":"Xyland"},"geometry":{"type":"Polygon","coordinates":[[[%.1f,%.1f],[%.1f,%.1f],[%.1f,%.1f],[%.1f,%.1f],[%.1f,%.1f]]]}}`,
				x, y, x, y, x/2, a, b, c, b, c, d, a, d, a, b))
			for m := range 30 {
				for range 2 + rng.IntN(7) {
					n++
					day := athar.Date(2018, 1, 1) + athar.Day(m*30+rng.IntN(28))
					lat, lon := b+.4*rng.Float64(), a+.4*rng.Float64()
					kind, sub := "Battles", "Armed clash"
					if n%3 == 0 {
						kind, sub = "Explosions/Remote violence", "Remote explosive/landmine/IED"
					}
					acled = append(acled, fmt.Sprintf(`%s%d,%s,%d,1,Political violence,%s,%s,Red Front (Xyland),%s,Rebel group,Military Forces of Xyland,,State forces,State forces-Rebel group,,999,Nowhere,Xyland,%s,%s,%s,%s,%.6f,%.6f,%d,%s,National,%s,%d,%s,1600000000`,
						mark, n, day, day.Time().Year(), kind, sub, mark, mark, mark, mark, mark, lat, lon, 1+n%3, mark, mark, n%4, mark))
					if n%2 == 0 {
						own = append(own, fmt.Sprintf("%s%d,%s,%.6f,%.6f,Red Front,%s", mark, n, day, lat, lon, mark))
					}
				}
			}
		}
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("areas.geojson", `{"type":"FeatureCollection","features":[`+strings.Join(shapes, ",")+"]}")
	write("rivers.geojson", `{"type":"LineString","coordinates":[[40,33],[41.2,34.1],[42.4,35.4]]}`)
	write("acled.csv", "event_id_cnty,event_date,year,time_precision,disorder_type,event_type,sub_event_type,actor1,assoc_actor_1,inter1,actor2,assoc_actor_2,inter2,interaction,civilian_targeting,iso,region,country,admin1,admin2,admin3,location,latitude,longitude,geo_precision,source,source_scale,notes,fatalities,tags,timestamp\n"+
		strings.Join(acled, "\n")+"\n")
	write("own.csv", "id,date,lat,lon,who,note\n"+strings.Join(own, "\n")+"\n")
	write("study.yaml", `study: closed
title: {en: Closed}
group: {name: Red Front, aliases: ["Red Front (Xyland)"]}
outcome: events
data:
  - {name: first, file: acled.csv, format: acled}
  - {name: second, file: own.csv, format: table, columns: {id: id, date: date, lat: lat, lon: lon, side_a: who}, compare: true, licence: mine, citation: mine}
negative_controls:
  - {name: explosions, data: first, classes: ["Explosions/Remote violence: Remote explosive/landmine/IED"]}
areas:
  geojson: [areas.geojson]
map: {rivers: rivers.geojson, credit: Survey}
campaigns:
  - {id: c, name: C, footprint: {areas: [A00, A01, A10, A11]}, start: 2020-01-01, end: 2020-03-31}
totals:
  - {id: all, name: All, from: 2020-01-01, to: 2020-05-31}
choices: {rings: [25, 60], period: month, pre_months: 18, post_months: 2, imputations: 2, draws: 100}
`)
	return filepath.Join(dir, "study.yaml")
}

func unzipped(t *testing.T, b []byte) (dir string, files map[string][]byte) {
	t.Helper()
	dir, files = t.TempDir(), map[string][]byte{}
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var list []file
	for _, e := range r.File {
		f, err := e.Open()
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if !filepath.IsLocal(e.Name) {
			t.Errorf("%s leads out of the bundle", e.Name)
		}
		files[e.Name] = all
		list = append(list, file{e.Name, all})
	}
	if err := unpack(dir, list); err != nil {
		t.Fatal(err)
	}
	return dir, files
}

func bundled(t *testing.T, study string) *Bundle {
	t.Helper()
	r, err := assess.Run(t.Context(), study, assess.Options{Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if r.Report.Freeze, err = freeze.Status(study); err != nil {
		t.Fatal(err)
	}
	b, err := MakeBundle(t.Context(), study, r, BundleOptions{Version: "test", Record: freeze.Path(study), Status: freeze.Status})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// rerun assesses an unpacked bundle.
func rerun(t *testing.T, dir, study string) []byte {
	t.Helper()
	r, err := assess.Run(t.Context(), filepath.Join(dir, filepath.FromSlash(study)), assess.Options{Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if r.Report.Freeze, err = freeze.Status(filepath.Join(dir, filepath.FromSlash(study))); err != nil {
		t.Fatal(err)
	}
	b, err := findingsOf(r.Report)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A study of counts comes out of its bundle as it went in, byte for byte.
func TestBundleOfCounts(t *testing.T) {
	study := filepath.Join(testdata.Root(), "examples", "monthly-counts", "study.yaml")
	b := bundled(t, study)
	if again := bundled(t, study); !bytes.Equal(b.Zip, again.Zip) {
		t.Error("two bundles of one study differ")
	}
	dir, files := unzipped(t, b.Zip)
	source, err := os.ReadFile(study)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(files[b.Study], source) {
		t.Error("the study file was changed")
	}
	if got := rerun(t, dir, b.Study); !b.Same || !bytes.Equal(got, rerun(t, filepath.Dir(study), "study.yaml")) {
		t.Error("the bundle gives other findings than the study")
	}
}

// No row of data whose terms forbid it is in a bundle, and what counts can
// carry comes out the same.
func TestBundleOfClosedData(t *testing.T) {
	study := closedWorld(t)
	b := bundled(t, study)
	dir, files := unzipped(t, b.Zip)
	rows, err := os.ReadFile(filepath.Join(filepath.Dir(study), "acled.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(rows, []byte(mark)) {
		t.Fatal("nothing is planted")
	}
	for name, content := range files {
		if bytes.Contains(content, []byte(mark)) {
			t.Errorf("%s holds a restricted cell", name)
		}
		for k, row := range strings.Split(string(rows), "\n")[1:] {
			if cells := strings.Split(row, ","); k%50 == 0 && len(cells) > 23 && (bytes.Contains(content, []byte(cells[22])) || bytes.Contains(content, []byte(cells[23]))) {
				t.Errorf("%s holds the point of a restricted row", name)
			}
		}
	}
	if river, err := os.ReadFile(filepath.Join(filepath.Dir(study), "rivers.geojson")); err != nil || !bytes.Equal(files["study/rivers.geojson"], river) {
		t.Errorf("the rivers of the maps are not in the bundle: %v", err)
	}
	if !bytes.Contains(files["expected/findings.json"], []byte(`"rivers"`)) {
		t.Error("the bundle's findings have no rivers")
	}
	if b.Same || len(b.Aggregated) != 2 || b.SameEffects == 0 {
		t.Errorf("%+v", b.Aggregated)
	}
	readMe := string(files["README.md"])
	for _, want := range []string{"`first`, `second`", "negative_controls", fmt.Sprintf("%d of %d are the same", b.SameEffects, b.Effects)} {
		if !strings.Contains(readMe, want) {
			t.Errorf("the README does not say %q:\n%s", want, readMe)
		}
	}
	want := files["expected/findings.json"]
	r, err := assess.Run(context.Background(), filepath.Join(dir, filepath.FromSlash(b.Study)), assess.Options{Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if got := rerun(t, dir, b.Study); !bytes.Equal(got, want) {
		t.Error("the bundle does not give what it promises")
	}
	// The headline model sees areas and periods alone.
	for _, c := range r.Report.Campaigns {
		for _, e := range c.Effects {
			if e.Method == "spillover" && e.Spec == "" && e.Question == athar.AskInside && e.Refusal != nil {
				t.Errorf("the headline refuses on counts: %+v", e.Refusal)
			}
		}
	}
}
