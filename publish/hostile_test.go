package publish

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/xuri/excelize/v2"

	"athar"
	"athar/assess"
	"athar/internal/testdata"
)

// hostileStudy writes a study whose every text, whose areas and whose classes
// of event are hostile, down to the names of its files.
func hostileStudy(t *testing.T, host string) string {
	t.Helper()
	dir := t.TempDir()
	k := 0
	// next is the next payload as a quoted text of JSON and YAML. Bytes that are
	// no text cannot stand in either.
	next := func() string {
		k++
		s := strings.ToValidUTF8(strings.ReplaceAll(testdata.Payloads[k%len(testdata.Payloads)], "HOST", host), "?")
		b, err := json.Marshal(fmt.Sprintf("%s %d", s, k))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	names := func() string { return "{en: " + next() + ", ar: " + next() + "}" }
	rng := rand.New(rand.NewPCG(1, 9))
	var shapes []string
	var rows bytes.Buffer
	w := csv.NewWriter(&rows)
	write := func(cells ...string) {
		if err := w.Write(cells); err != nil {
			t.Fatal(err)
		}
	}
	write("area", "month", "class", "count")
	classes := []string{`<script>window.__pwned=1</script>`, `=1+1`, "@x"}
	var inside []string
	for x := range 5 {
		for y := range 5 {
			code := fmt.Sprintf(`"><img src=x onerror=window.__pwned=1>%d%d`, x, y)
			if x < 2 && y < 2 {
				b, _ := json.Marshal(code)
				inside = append(inside, string(b))
			}
			a, b := 40+.4*float64(x), 33+.4*float64(y)
			c, d := a+.4, b+.4
			q, _ := json.Marshal(code)
			shapes = append(shapes, fmt.Sprintf(`{"type":"Feature","properties":{"code":%s,"name_en":%s,"name_ar":%s,"parent_en":%s,"country":"<b onclick=window.__pwned=1>X</b>"},"geometry":{"type":"Polygon","coordinates":[[[%.1f,%.1f],[%.1f,%.1f],[%.1f,%.1f],[%.1f,%.1f],[%.1f,%.1f]]]}}`,
				q, next(), next(), next(), a, b, c, b, c, d, a, d, a, b))
			for m := range 30 {
				for _, class := range classes {
					write(code, (athar.Date(2018, 1, 1) + athar.Day(m*30+15)).Time().Format("2006-01"), class, fmt.Sprint(1+rng.IntN(4)))
				}
			}
		}
	}
	w.Flush()
	file := `<img src=x onerror=alert(1)>.csv`
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(file, rows.String())
	put("a'b\"&.geojson", `{"type":"FeatureCollection","features":[`+strings.Join(shapes, ",")+"]}")
	put("study.yaml", `study: hostile
title: `+names()+`
group: {name: `+names()+`, aliases: [`+next()+`]}
outcome: `+names()+`
data:
  - {name: `+next()+`, file: "`+file+`", format: counts, licence: `+next()+`, citation: `+next()+`, caveats: [`+names()+`]}
areas:
  geojson: ["a'b\"&.geojson"]
  credit: `+next()+`
campaigns:
  - id: c
    name: `+names()+`
    forces: [`+names()+`]
    footprint: {areas: [`+strings.Join(inside, ", ")+`]}
    start: 2020-01-01
    end: 2020-03-31
    goals: [g]
    sources:
      - {title: `+next()+`, url: "https://example.org/?q=<script>window.__pwned=1</script>", says: `+next()+`}
    note: `+names()+`
    windows:
      - {name: `+names()+`, before: {from: 2019-06-01, to: 2019-12-31}, after: {from: 2020-01-01, to: 2020-03-31}}
goals:
  - id: g
    name: `+names()+`
    outputs:
      - {id: o, name: `+names()+`, values: [{campaign: c, n: 4, title: `+next()+`, url: "https://example.org/", says: `+next()+`}]}
    needs: `+names()+`
totals:
  - {id: all, name: `+names()+`, from: 2020-01-01, to: 2020-05-31}
claims:
  - {id: k, text: `+names()+`, source: `+next()+`, question: inside, campaign: c, phase: during, expects: [DECLINE]}
limits: [`+names()+`, `+names()+`, `+names()+`]
choices:
  rings: [25, 60]
  period: month
  pre_months: 18
  post_months: 2
  draws: 100
  calendar:
    - {name: `+names()+`, from: 2020-02-01, to: 2020-02-20}
`)
	return filepath.Join(dir, "study.yaml")
}

func TestHostileStudyIsHarmless(t *testing.T) {
	l := testdata.Listen(t)
	study := hostileStudy(t, l.Host)
	r, err := assess.Run(t.Context(), study, assess.Options{Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "brief")
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Publish(t.Context(), r, Options{Langs: []string{"en", "ar"}}); err != nil {
		t.Fatal(err)
	}
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, name := range []string{"brief.html", "brief.ar.html"} {
		page := read(name)
		if n := bytes.Count(page, []byte("__pwned")); n < 20 {
			t.Fatalf("%s has %d hostile texts: the test sees nothing", name, n)
		}
		testdata.Harmless(t, name, page, l)
	}
	hidden := func(s string) bool {
		return strings.ContainsFunc(s, func(r rune) bool {
			return unicode.IsControl(r) && r != '\n' && r != '\r' || r >= 0x202a && r <= 0x202e
		})
	}
	tables, err := filepath.Glob(filepath.Join(dir, "tables", "*.csv"))
	if err != nil || len(tables) < 10 {
		t.Fatal(tables, err)
	}
	for _, name := range append(tables, filepath.Join(dir, "effects.csv"), filepath.Join(dir, "panel.csv")) {
		rel, _ := filepath.Rel(dir, name)
		rows, err := csv.NewReader(bytes.NewReader(read(rel))).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", rel, err)
		}
		for _, row := range rows[1:] {
			for i, cell := range row {
				_, noNumber := strconv.ParseFloat(cell, 64)
				if hidden(cell) || cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) && noNumber != nil {
					t.Errorf("%s: column %s holds %q", rel, rows[0][i], cell)
				}
			}
		}
	}
	book, err := excelize.OpenFile(filepath.Join(dir, "tables.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	cells := 0
	for _, sheet := range book.GetSheetList() {
		rows, err := book.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for y, row := range rows {
			for x, cell := range row {
				cells++
				if hidden(cell) {
					t.Errorf("sheet %s holds %q", sheet, cell)
				}
				if cell == "" || !strings.ContainsRune("=+@", rune(cell[0])) {
					continue
				}
				at, _ := excelize.CoordinatesToCellName(x+1, y+1)
				if formula, _ := book.GetCellFormula(sheet, at); formula != "" {
					t.Errorf("sheet %s: %s is a formula %s", sheet, at, formula)
				}
			}
		}
	}
	if cells < 1000 {
		t.Errorf("only %d cells", cells)
	}
	for _, name := range []string{"findings.json", "summary.md", "summary.ar.md", "manifest.json"} {
		if hidden(string(read(name))) {
			t.Errorf("%s holds characters that nobody sees", name)
		}
	}
}
