package study

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"athar"
	"athar/internal/testdata"
)

func area(code, en, ar, parent, parentAr, country string) athar.Area {
	return athar.Area{Code: code, Name: athar.Names{En: en, Ar: ar}, Parent: athar.Names{En: parent, Ar: parentAr}, Country: country}
}

var someAreas = []athar.Area{
	area("SY2", "Dar'a", "درعا", "Dar'a", "درعا", "Syria"),
	area("IQ3", "Al-Ba'aj", "البعاج", "Ninewa", "نينوى", "Iraq"),
	area("IQ1", "Telafar", "تلعفر", "Ninewa", "نينوى", "Iraq"),
	area("IQ2", "Ana", "عنه", "Al-Anbar", "الانبار", "Iraq"),
	area("IQ4", "Centre", "المركز", "Al-Anbar", "الانبار", "Iraq"),
	area("SY1", "Centre", "المركز", "Border", "", "Syria"),
	area("IQ5", "Edge", "", "Border", "", "Iraq"),
}

// footprintOf is a study with one campaign; the mark shows where a complaint
// must be.
func footprintOf(footprint string) string {
	return `study: s
title: T
group: {name: G}
outcome: O
data: [{name: N, format: counts, file: n.csv}]
areas: {geojson: a.geojson}
campaigns:
  - id: c
    name: C
    footprint: ` + footprint + `
    start: 2020-03
    end: 2020-04
`
}

func noPolygon(string) ([]string, error) { return nil, errors.New("no polygon is drawn") }

func TestResolveFootprint(t *testing.T) {
	for footprint, want := range map[string]string{
		"{areas: [IQ3, IQ1]}":                 "IQ1 IQ3",
		"{areas: [telafar, Telafar, IQ1]}":    "IQ1",
		"{areas: [Baaj]}":                     "IQ3",
		"{areas: [البَعّاج]}":                 "IQ3", // tashkeel
		"{areas: [بعـاج]}":                    "IQ3", // tatweel, no article
		"{areas: [عنة]}":                      "IQ2", // ta marbuta
		"{areas: [daraa]}":                    "!",
		"{areas: [Dara]}":                     "SY2",
		"{within: [Anbar]}":                   "IQ2 IQ4",
		"{within: [الأنبار, نينوي]}":          "IQ1 IQ2 IQ3 IQ4", // alef variant, alef maqsura
		"{areas: [Ana], within: [Ninewa]}":    "IQ1 IQ2 IQ3",
		"{geojson: drawn.json, areas: [SY2]}": "IQ5 SY2",
	} {
		s := parse(t, footprintOf(footprint))
		err := s.Resolve(someAreas, func(file string) ([]string, error) {
			if file != s.Path("drawn.json") {
				t.Errorf("asked for %s", file)
			}
			return []string{"IQ5"}, nil
		})
		if got := strings.Join(s.Campaigns[0].Footprint.Codes, " "); want != "!" && (err != nil || got != want) {
			t.Errorf("%s: got %s, %v; want %s", footprint, got, err, want)
		}
		if want == "!" && err == nil {
			t.Errorf("%s: no complaint", footprint)
		}
	}
}

func TestResolveComplaints(t *testing.T) {
	for _, c := range []struct{ footprint, want string }{
		{"{areas: [IQ1, Tel Afer]}", `s.yaml:10:30: campaigns[0].footprint.areas[1]: there is no area "Tel Afer"; nearest: Telafar (IQ1, Ninewa), `},
		{"{areas: [Centre]}", `s.yaml:10:25: campaigns[0].footprint.areas[0]: "Centre" names 2 areas; write the code of the one that is meant: Centre (IQ4, Al-Anbar), Centre (SY1, Border)`},
		{"{within: [Ninive]}", `s.yaml:10:26: campaigns[0].footprint.within[0]: there is no unit above the areas "Ninive"; nearest: Ninewa, `},
		{"{within: [border]}", `s.yaml:10:26: campaigns[0].footprint.within[0]: "border" is a unit of Iraq and of Syria; list the codes of its areas under areas`},
		{"{geojson: x.json}", `s.yaml:10:26: campaigns[0].footprint.geojson: no polygon is drawn`},
		{"{areas: [X1]}\n    goals: [leadership]", `s.yaml:10:25: campaigns[0].footprint.areas[0]: there is no area "X1"; nearest: Telafar (IQ1, Ninewa), `},
	} {
		s, err := ParseBytes("s.yaml", []byte(footprintOf(c.footprint)))
		if err != nil {
			t.Fatal(err)
		}
		err = s.Resolve(someAreas, noPolygon)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s:\n got %v\nwant %s", c.footprint, err, c.want)
		}
	}
}

func TestResolveNeedsDistances(t *testing.T) {
	text := strings.Replace(footprintOf("{areas: [IQ1]}"), "{geojson: a.geojson}", "{table: a.csv, columns: {code: c}}", 1)
	s := parse(t, text)
	if err := s.Resolve(someAreas, noPolygon); err == nil || !strings.HasPrefix(err.Error(), "dir/study.yaml:6:16: areas.table: without distances between the areas nobody can tell what lies around c; give") {
		t.Errorf("got %v", err)
	}
	if err := parse(t, text).Resolve(someAreas[2:3], noPolygon); err != nil {
		t.Errorf("the footprint is all there is: %v", err)
	}
}

func TestResolveTotals(t *testing.T) {
	s := parse(t, footprintOf("{areas: [IQ1]}")+`totals:
  - {id: a, name: A, country: IRAQ, from: 2020-03, to: 2020-04}
  - {id: b, name: B, areas: [درعا, telafar], from: 2020-03, to: 2020-04}
  - {id: c, name: C, from: 2020-03, to: 2020-04}
  - {id: d, name: D, country: Irak, from: 2020-03, to: 2020-04}
  - {id: e, name: E, areas: [Ana], within: [نينوى], from: 2020-03, to: 2020-04}
`)
	err := s.Resolve(someAreas, noPolygon)
	for i, want := range []string{"IQ1 IQ2 IQ3 IQ4 IQ5", "IQ1 SY2", "IQ1 IQ2 IQ3 IQ4 IQ5 SY1 SY2", "", "IQ1 IQ2 IQ3"} {
		if got := strings.Join(s.Totals[i].Codes, " "); got != want {
			t.Errorf("total %d: got %s, want %s", i, got, want)
		}
	}
	if want := `dir/study.yaml:17:31: totals[3].country: there is no country "Irak"; nearest: Iraq, Syria`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestResolveSingleArea(t *testing.T) {
	s := parse(t, minimal)
	if err := s.Resolve([]athar.Area{{Code: "all"}}, noPolygon); err != nil {
		t.Fatal(err)
	}
	if got := s.Campaigns[0].Footprint.Codes; !reflect.DeepEqual(got, []string{"all"}) {
		t.Errorf("codes %v", got)
	}
}

// Every district of Iraq and Syria is found by its published names, unless
// they are ambiguous, whatever the order of the table.
func TestResolveDistricts(t *testing.T) {
	f, err := os.Open(testdata.Shared(t, "data/derived/districts.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var areas []athar.Area
	for _, r := range rows[1:] {
		areas = append(areas, area(r[0], r[1], r[2], r[4], r[5], r[6]))
	}
	slices.Reverse(areas)
	g := newGazetteer(areas)
	ambiguous := 0
	for _, a := range areas {
		for _, name := range []string{a.Name.En, a.Name.Ar, strings.ToUpper(a.Name.En)} {
			codes, complaint := g.area(name)
			switch {
			case len(codes) == 1 && codes[0] == a.Code:
			case strings.Contains(complaint, "names 2 areas") && strings.Contains(complaint, a.Code):
				ambiguous++
				t.Log(complaint)
			default:
				t.Errorf("%s: %v %s", name, codes, complaint)
			}
		}
	}
	if ambiguous > 12 {
		t.Errorf("%d names are ambiguous", ambiguous)
	}
	if codes, complaint := g.unit("Ninewa"); len(codes) == 0 {
		t.Error(complaint)
	}
	if codes, complaint := g.country("iraq"); len(codes) == 0 {
		t.Error(complaint)
	}
}

func ExampleErrors() {
	_, err := ParseBytes("study.yaml", []byte(strings.Replace(minimal, "end: 2020-04", "end: 2019-04", 1)))
	fmt.Println(err)
	// Output: study.yaml:14:10: campaigns[0].end: ends 2019-04-30, before it starts (2020-03-01); swap them or correct the year
}
