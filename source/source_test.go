package source

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"athar"
)

func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// read reads a text as a file called f.csv.
func read(t testing.TB, text string, s Spec) (*Reading, error) {
	t.Helper()
	if s.File == "" {
		s.File = write(t, "f.csv", text)
	}
	s.Name, s.Label = "f", "f.csv"
	r, err := Read(context.Background(), s)
	if err == nil {
		accounted(t, r)
	}
	return r, err
}

func must(t testing.TB, text string, s Spec) *Reading {
	t.Helper()
	r, err := read(t, text, s)
	if err != nil {
		t.Fatalf("%.80q: %v", text, err)
	}
	return r
}

// cells writes counts as "area first..last class n", one a line.
func cells(counts []athar.Count) string {
	var b strings.Builder
	for _, c := range counts {
		fmt.Fprintf(&b, "%s %s..%s %s %d\n", c.Area, c.When.First, c.When.Last, c.Class, c.N)
	}
	return b.String()
}

func reasons(r *Reading) string {
	var out []string
	for _, x := range r.Info.Rejected {
		out = append(out, fmt.Sprintf("%s %d", x.Reason, x.N))
	}
	return strings.Join(out, ", ")
}

func TestPeriods(t *testing.T) {
	for cell, want := range map[string]string{
		"2020-02": "2020-02-01..2020-02-29", "2020/2": "2020-02-01..2020-02-29", "02/2020": "2020-02-01..2020-02-29", "202002": "2020-02-01..2020-02-29",
		"2020-02-03": "2020-02-03..2020-02-03", "20200203": "2020-02-03..2020-02-03", "2020-02-03 00:00:00.000": "2020-02-03..2020-02-03",
		"2020-02-03T10:11:12Z": "2020-02-03..2020-02-03", "3.2.2020": "2020-02-03..2020-02-03", "31/12/2020": "2020-12-31..2020-12-31", "12/31/2020 0:00": "2020-12-31..2020-12-31",
		"02 January 2006": "2006-01-02..2006-01-02", "2 Jan 2006": "2006-01-02..2006-01-02", "January 2, 2006": "2006-01-02..2006-01-02", "2-Sept-2006": "2006-09-02..2006-09-02",
		"2020": "2020-01-01..2020-12-31", "2020Q1": "2020-01-01..2020-03-31", "Q4 2020": "2020-10-01..2020-12-31", "2020-q2": "2020-04-01..2020-06-30",
		"2020-W05": "2020-01-27..2020-02-02", "2020W53": "2020-12-28..2021-01-03", "2019-W01": "2018-12-31..2019-01-06",
		"Feb 2020": "2020-02-01..2020-02-29", "february-2019": "2019-02-01..2019-02-28",
		"شباط 2020": "2020-02-01..2020-02-29", "شباط/فبراير ٢٠٢٠": "2020-02-01..2020-02-29", "كانون الثاني 2020": "2020-01-01..2020-01-31",
		"كانون الأول ٢٠١٩": "2019-12-01..2019-12-31", "أيّار 2020": "2020-05-01..2020-05-31", "آب 2020": "2020-08-01..2020-08-31", "٢٠٢٠-٠٧": "2020-07-01..2020-07-31",
		"3 تموز 2020": "2020-07-03..2020-07-03", "تشرين الاول 2020": "2020-10-01..2020-10-31", "۲۰۲۰-۱۱": "2020-11-01..2020-11-30",
	} {
		r := must(t, "period,count\n\""+cell+"\",5\n", Spec{Format: "counts"})
		if got := r.Counts[0].When; got.First.String()+".."+got.Last.String() != want {
			t.Errorf("%q is %s..%s, want %s", cell, got.First, got.Last, want)
		}
	}
	for cell, want := range map[string]string{
		"2020-13": "there is no month 13", "2020-02-30": "not a day of the calendar", "2020-W54": "no week 54", "2021-W53": "no week 53", "2020Q5": "no quarter 5",
		"Feb-20": "two digits", "1/2/20": "two digits", "x": "not a date", "": "blank", "1776": "there is no month 1 of 1776", "2020-00-10": "not a day",
		"31/31/2020": "not a date", "شباط/آذار 2020": "not a date", "43862": "not a date", "2020-02-03-04": "not a date", "Jan Feb 2020": "not a date", "32 Jan 2020": "not a day",
	} {
		if _, err := read(t, "period,count\n\""+cell+"\",5\n", Spec{Format: "counts"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", cell, err, want)
		}
	}
}

func TestCounts(t *testing.T) {
	for _, c := range []struct {
		name, text string
		spec       Spec
		want       string
		reasons    string
		layout     string
	}{
		{"plain", "area,period,class,count\nb,2020-02,x,3\na,2020-02,x,4\na,2020-01,y,0\n", Spec{},
			"a 2020-01-01..2020-01-31 y 0\na 2020-02-01..2020-02-29 x 4\nb 2020-02-01..2020-02-29 x 3\n", "", "counts by month, area"},
		{"Arabic", "المحافظة;الشهر;عدد الهجمات\nديالى;شباط/فبراير ٢٠٢٠;٤٥\n", Spec{}, "ديالى 2020-02-01..2020-02-29  45\n", "", "semicolon-separated; counts by month"},
		{"tab, BOM", "\ufeffDistrict\tMonth\tN\nX\t2020-02\t7.0\n", Spec{}, "X 2020-02-01..2020-02-29  7\n", "", "tab-separated"},
		{"headerless series", "2020-01,84\n2020-02,50\n", Spec{}, " 2020-01-01..2020-01-31  84\n 2020-02-01..2020-02-29  50\n", "", "no header"},
		{"BOM before a number", "\ufeff2020-01,84\n2020-02,50\n", Spec{}, " 2020-01-01..2020-01-31  84\n 2020-02-01..2020-02-29  50\n", "", "no header"},
		{"two columns of any name", "when,sleeper cell operations\n2020-01,84\n", Spec{}, " 2020-01-01..2020-01-31  84\n", "", "counts by month"},
		{"year and month", "year,month,count\n2020,2,5\n2020,3,6\n", Spec{}, " 2020-02-01..2020-02-29  5\n 2020-03-01..2020-03-31  6\n", "", "counts by month"},
		{"first of months", "date,n\n2020-02-01,5\n2020-04-01,6\n", Spec{}, " 2020-02-01..2020-02-29  5\n 2020-04-01..2020-04-30  6\n", "", "counts by month (every date is the first of a month)"},
		{"last of months", "date,n\n2020-01-31,5\n2020-02-29,6\n", Spec{}, " 2020-01-01..2020-01-31  5\n 2020-02-01..2020-02-29  6\n", "", "(every date is the last of a month)"},
		{"quarters", "date,n\n2020-01-01,1\n2020-04-01,2\n2020-07-01,3\n2020-10-01,4\n", Spec{Period: ""}, " 2020-01-01..2020-03-31  1\n 2020-04-01..2020-06-30  2\n 2020-07-01..2020-09-30  3\n 2020-10-01..2020-12-31  4\n", "", "counts by quarter"},
		{"weeks apart", "area,date,n\na,2020-01-06,1\na,2020-01-13,2\na,2020-01-27,3\na,2020-02-03,4\n", Spec{},
			"a 2020-01-06..2020-01-12  1\na 2020-01-13..2020-01-19  2\na 2020-01-27..2020-02-02  3\na 2020-02-03..2020-02-09  4\n", "", "counts by week (all dates"},
		{"said to be months", "date,n\n2020-02-17,5\n", Spec{Period: "month"}, " 2020-02-01..2020-02-29  5\n", "", "counts by month, period"},
		{"slashes", "date,n\n03/02/2020,5\n25/02/2020,6\n", Spec{}, " 2020-02-03..2020-02-03  5\n 2020-02-25..2020-02-25  6\n", "", "counts by day"},
		{"slashes said", "date,n\n03/02/2020,5\n", Spec{Columns: map[string]string{"date_format": "mm/dd/yyyy", "period": "date", "count": "n"}}, " 2020-03-02..2020-03-02  5\n", "", "counts by day"},
		{"mapped", "when,wo,wieviel\n2020-02,a,5\n", Spec{Columns: map[string]string{"period": "when", "area": "wo", "count": "wieviel"}}, "a 2020-02-01..2020-02-29  5\n", "", ""},
		{"damaged", "area,date,count\na,2020-02-01,-1\na,2020-02-02,1.5\na,2020-02-03,x\na,2020-02-30,1\n,2020-02-04,1\na,2020-02-05,\na,2020-02-06\na,2020-02-07,2\na,2020-02-08,2\n" +
			"a,2020-02-09,2\na,2020-02-10,2\na,2020-02-11,2\na,2020-02-12,2\na,2020,9\n", Spec{},
			"a 2020-02-07..2020-02-07  2\na 2020-02-08..2020-02-08  2\na 2020-02-09..2020-02-09  2\na 2020-02-10..2020-02-10  2\na 2020-02-11..2020-02-11  2\na 2020-02-12..2020-02-12  2\n",
			"bad-count 2, bad-date 1, blank-count 1, field-count 1, negative-count 1, no-area 1, other-period 1", ""},
		{"repeated", "area,month,count\na,2020-01,5\na,2020-02,5\na,2020-01,5\nb,2020-01,1\n", Spec{}, "a 2020-01-01..2020-01-31  5\na 2020-02-01..2020-02-29  5\nb 2020-01-01..2020-01-31  1\n", "duplicate-row 1", ""},
		{"where and class", "area,month,type,note,count\na,2020-01,x,p,5\na,2020-01,y,p,6\na,2020-02,x,q,7\n", Spec{Classes: []string{"X"}, Where: map[string][]string{"note": {"p"}}},
			"a 2020-01-01..2020-01-31 x 5\n", "not-asked-for 2", ""},
		{"coverage", "month,count\n2020-01,5\n2020-02,6\n2020-03,7\n", Spec{Coverage: []athar.Span{{First: athar.Date(2020, 1, 31), Last: athar.Date(2020, 2, 2)}}},
			" 2020-01-01..2020-01-31  5\n 2020-02-01..2020-02-29  6\n", "outside-coverage 1", ""},
		{"blank lines", "month,count\n\n2020-01,5\n , \n2020-02,6\n\n", Spec{}, " 2020-01-01..2020-01-31  5\n 2020-02-01..2020-02-29  6\n", "", ""},
	} {
		c.spec.Format = "counts"
		r := must(t, c.text, c.spec)
		if cells(r.Counts) != c.want || reasons(r) != c.reasons || !strings.Contains(r.Info.Layout, c.layout) {
			t.Errorf("%s: layout %s, reasons %s, counts\n%swant\n%s", c.name, r.Info.Layout, reasons(r), cells(r.Counts), c.want)
		}
	}
}

// Two rows that contradict each other are neither summed nor believed.
func TestConflictingRows(t *testing.T) {
	r := must(t, "area,month,arm,count\na,2020-01,IED,5\na,2020-01,SAF,2\na,2020-02,IED,1\nb,2020-02,IED,1\nb,2020-03,IED,1\n", Spec{Format: "counts"})
	if got := cells(r.Counts); strings.Contains(got, "a 2020-01") || len(r.Counts) != 3 {
		t.Errorf("counts\n%s", got)
	}
	if got := cells(r.NotPublished); got != "a 2020-01-01..2020-01-31  0\n" {
		t.Errorf("not published\n%s", got)
	}
	if len(r.Rejects) != 2 || r.Rejects[1].Line != 3 || !strings.Contains(r.Rejects[1].Detail, `line 2 has the same area, period and class with 5 instead of 2; they differ in column "arm": map it to class`) {
		t.Errorf("rejects %+v", r.Rejects)
	}
}

// The local monitor's scene: a month without a figure is not a month without
// attacks, whether its cell is blank or its row is missing.
func TestNotPublished(t *testing.T) {
	blank := must(t, "month,attacks\n2020-01,53\n2020-02,48\n2020-04,\n2020-05,84\n2020-06,n/a\n", Spec{Format: "series"})
	if got := cells(blank.NotPublished); got != " 2020-03-01..2020-03-31  0\n 2020-04-01..2020-04-30  0\n 2020-06-01..2020-06-30  0\n" {
		t.Errorf("not published\n%s", got)
	}
	if len(blank.Counts) != 3 || reasons(blank) != "blank-count 2" {
		t.Errorf("%s%s", cells(blank.Counts), reasons(blank))
	}
	from := athar.Date(2019, 12, 1)
	typed, err := Read(context.Background(), Spec{Name: "typed", Format: "series", Values: []float64{84, 50, 53, 48, math.NaN(), 84, 45, 34}, From: &from})
	if err != nil {
		t.Fatal(err)
	}
	accounted(t, typed)
	if got := cells(typed.NotPublished); got != " 2020-04-01..2020-04-30  0\n" || typed.Info.Events != 398 || typed.Info.First != from || typed.Info.Last != athar.Date(2020, 7, 31) {
		t.Errorf("typed: %+v\n%s", typed.Info, got)
	}
	for want, s := range map[string]Spec{
		"none of the 1 values":            {Values: []float64{math.NaN()}, From: &from},
		"value 2 (-1) is not a count":     {Values: []float64{1, -1}, From: &from},
		"value 1 (1.5) is not a count":    {Values: []float64{1.5}, From: &from},
		"need the first day":              {Values: []float64{1}},
		"neither a file nor values":       {From: &from},
		`the period "fortnight" is not k`: {Values: []float64{1}, From: &from, Period: "fortnight"},
	} {
		s.Format = "series"
		if _, err := Read(context.Background(), s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

const ged = `id,year,type_of_violence,side_a_new_id,side_a,side_b_new_id,side_b,where_prec,latitude,longitude,country,date_prec,date_start,date_end,low,best,high,source_article
1,2020,1,116,Government of Iraq,234,IS,1,33.5,44.5,Iraq,1,2020-02-03,2020-02-03,1,2,3,"a ""text"", with
two lines"
2,2020,3,234,IS,1,Civilians,4,33.6,44.6,Iraq,2,2020-02-04,2020-02-06,0,0,1,x
3,2020,1,118,Government of Syria,9,HTS,1,35,37,Syria,1,2020-02-05,2020-02-05,1,1,1,x
4,2020,2,234,IS,15,Other,6,33,44,Syria,5,2020-01-01,2020-12-31,5,5,5,x
`

func TestGED(t *testing.T) {
	want := must(t, ged, Spec{Format: "ucdp-ged", Group: is})
	if len(want.Events) != 3 || reasons(want) != "other-actors 1" {
		t.Fatalf("%+v", want)
	}
	first := athar.Event{Dataset: "f", ID: "1", Line: 2, When: athar.Span{First: athar.Date(2020, 2, 3), Last: athar.Date(2020, 2, 3)}, Lon: 44.5, Lat: 33.5, HasPoint: true,
		Place: athar.PlaceExact, Country: "Iraq", SideA: "Government of Iraq", SideB: "IS", SideAID: "116", SideBID: "234", Class: "state-based", Kind: athar.Clash, Deaths: athar.Deaths{Low: 1, Best: 2, High: 3}, HasDeaths: true}
	if want.Events[1] != first {
		t.Errorf("%+v, want %+v", want.Events[1], first)
	}
	if e := want.Events[0]; e.ID != "4" || e.When.Days() != 366 || e.Place != athar.PlaceCountry || e.Class != "non-state" {
		t.Errorf("%+v", e)
	}
	if e := want.Events[2]; e.Line != 4 || e.Class != "one-sided" || e.Place != athar.PlaceProvince {
		t.Errorf("a quoted field with two lines shifts the lines: %+v", e)
	}
	content := func(r *Reading) []athar.Event {
		out := slices.Clone(r.Events)
		for i := range out {
			out[i].Line = 0
		}
		return out
	}
	lines := strings.SplitAfter(strings.Replace(ged, "with\ntwo", "with two", 1), "\n")
	header := lines[0]
	// Every layout in which the same rows circulate gives the same events.
	for name, text := range map[string]string{
		"HXL row":   header + "#id,#date+year,#t,#a,#a,#b,#b,#p,#lat,#lon,#country,#p,#date,#date,#l,#b,#h,#s\n" + strings.Join(lines[1:], ""),
		"timestamp": strings.NewReplacer("-03,2020", "-03 00:00:00.000,2020", "-06,0", "-06 00:00:00.000,0").Replace(strings.Join(lines, "")),
		"10 letters": strings.NewReplacer("type_of_violence", "type_of_vi", "side_a_new_id", "side_a_new", "side_b_new_id", "side_b_new").Replace(header) +
			strings.Join(lines[1:], ""),
		"upper case": strings.ToUpper(header) + strings.Join(lines[1:], ""),
		"floats": header + strings.NewReplacer("1,2020,1,116,", "1.0,2020.0,1.0,116.0,", ",234,IS,1,33.5", ",234.0,IS,1.0,33.5", "4,2020,2,234,IS,15", "4.0,2020,2.0,234.0,IS,15.0",
			",1,2,3,", ",1.0,2.0,3.0,").Replace(strings.Join(lines[1:], "")),
		"index column": "," + header + "0," + lines[1] + "1," + lines[2] + "2," + lines[3] + "3," + lines[4],
	} {
		got := must(t, text, Spec{Format: "ucdp-ged", Group: is})
		if !reflect.DeepEqual(content(got), content(want)) {
			t.Errorf("%s:\n%+v\nwant\n%+v", name, content(got), content(want))
		}
	}
	hxl := must(t, header+"#id,,,,,,,,,,,,,,,,,\n"+lines[1], Spec{Format: "ucdp-ged", Group: is})
	if reasons(hxl) != "hxl-tags 1" || hxl.Info.Rows != 2 {
		t.Errorf("HXL row: %s", reasons(hxl))
	}
}

func TestGEDHeaderless(t *testing.T) {
	row := make([]string, 49)
	for i := range row {
		row[i] = "x"
	}
	for i, v := range map[int]string{0: "500001", 5: "1", 13: "116", 14: "Government of Iraq", 16: "234", 17: "IS", 24: "1", 29: "33.5", 30: "44.5", 33: "Iraq",
		38: "2024-01-05 00:00:00.000", 39: "2024-01-05 00:00:00.000", 44: "3", 45: "4", 46: "2"} {
		row[i] = v
	}
	text := strings.Join(row, ",") + "\n"
	r, err := read(t, text, Spec{Format: "ucdp-ged", Group: is})
	if err != nil {
		t.Fatal(err)
	}
	if e := r.Events[0]; e.ID != "500001" || e.Line != 1 || e.Deaths != (athar.Deaths{Low: 2, Best: 3, High: 4}) || e.Country != "Iraq" || e.Lat != 33.5 || !strings.Contains(r.Info.Layout, "no header") {
		t.Errorf("%+v, %s", e, r.Info.Layout)
	}
}

func TestGEDGroups(t *testing.T) {
	text := `id,type_of_violence,side_a_new_id,side_a,side_b_new_id,side_b,latitude,longitude,date_start
1,1,116,Government,9001,"HTS, IS, Southern Front",33,44,2020-01-01
2,2,9002,IS-K,15,Other,33,44,2020-01-02
3,2,,is ,15,Other,33,44,2020-01-03
4,1,365,XXX365,,XXX652,33,44,2020-01-04
5,2,15,Other,234,Renamed State,33,44,2020-01-05
6,2,777,IS,15,Other,33,44,2020-01-06
`
	ids := func(g Group) string {
		var out []string
		for _, e := range must(t, text, Spec{Format: "ucdp-ged", Group: g}).Events {
			out = append(out, e.ID)
		}
		return strings.Join(out, " ")
	}
	if got := ids(Group{Aliases: []string{"IS"}, IDs: []string{"234"}}); got != "1 3 5" {
		t.Errorf("by id: %s", got)
	}
	if got := ids(Group{Aliases: []string{"IS"}}); got != "1 3 6" {
		t.Errorf("by name: %s", got)
	}
	// Row 4 has a side without name and identifier: a blank alias is not it.
	if got := ids(Group{Aliases: []string{"", "Renamed State"}, IDs: []string{""}}); got != "5" {
		t.Errorf("with a blank alias: %s", got)
	}
	if got := ids(Group{IDs: []string{"234"}}); got != "5" {
		t.Errorf("by id alone: %s", got)
	}
	if got := ids(Group{}); got != "1 2 3 4 5 6" {
		t.Errorf("without a group: %s", got)
	}
	for want, s := range map[string]Spec{
		"none of the 6 rows has the group on a side; check the group's aliases and ids; the commonest sides are Other, ": {Group: Group{Aliases: []string{"ISIS"}}},
		`no class "state"`:                    {Group: is, Classes: []string{"state"}},
		`there is no column "admin"`:          {Group: is, Where: map[string][]string{"admin": {"x"}}},
		`no row has "x" in column "latitude"`: {Group: is, Where: map[string][]string{"latitude": {"x"}}},
	} {
		s.Format = "ucdp-ged"
		if _, err := read(t, text, s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestGEDDamage(t *testing.T) {
	head := "id,type_of_violence,side_a,side_b,latitude,longitude,where_prec,date_start,date_end,low,best,high\n"
	good := ""
	for i := range 12 {
		good += fmt.Sprintf("g%d,1,IS,x,33,44,1,2020-01-01,2020-01-01,1,1,1\n", i)
	}
	for row, want := range map[string]string{
		"1,4,IS,x,33,44,1,2020-01-01,2020-01-01,1,1,1":      `type_of_violence bad-type "4" is not 1, 2 or 3`,
		",1,IS,x,33,44,1,2020-01-01,2020-01-01,1,1,1":       "id no-id the id is blank",
		"1,1,IS,x,133,44,1,2020-01-01,2020-01-01,1,1,1":     "latitude bad-coordinates latitude 133 is not between -90 and 90; latitude and longitude seem to be swapped",
		"1,1,IS,x,33,544,1,2020-01-01,2020-01-01,1,1,1":     "longitude bad-coordinates longitude 544 is not between -180 and 180",
		"1,1,IS,x,0,0,1,2020-01-01,2020-01-01,1,1,1":        "latitude bad-coordinates latitude and longitude are both 0, which stands for an unknown place",
		"1,1,IS,x,NaN,44,1,2020-01-01,2020-01-01,1,1,1":     `latitude bad-coordinates "NaN" is not a number`,
		"1,1,IS,x,33,,1,2020-01-01,2020-01-01,1,1,1":        `longitude bad-coordinates "" is not a number`,
		"1,1,IS,x,33,44,9,2020-01-01,2020-01-01,1,1,1":      `where_prec bad-precision "9" is not a class from 1 to 7`,
		"1,1,IS,x,33,44,1,2020-01-01,2019-12-31,1,1,1":      "date_end ends-before-start it ends on 2019-12-31 and starts on 2020-01-01",
		"1,1,IS,x,33,44,1,01/02/2020,2019-12-31,1,1,1":      `date_start bad-date "01/02/2020" is not a date of the form 2020-09-25`,
		"1,1,IS,x,33,44,1,2020-01-01,2020-01,1,1,1":         `date_end bad-date "2020-01" is not a date of the form 2020-09-25`,
		"1,1,IS,x,33,44,1,2020-01-01,2020-01-01,1,-2,1":     `best bad-deaths "-2" is negative`,
		"1,1,IS,x,33,44,1,2020-01-01,2020-01-01,1,2.5,1":    `best bad-deaths "2.5" is not a whole number`,
		"1,1,IS,x,33,44,1,2020-01-01,2020-01-01,1,2":        " field-count 11 fields where the header has 12",
		"g7,1,IS,x,33,44,1,2020-01-02,2020-01-01,1,1,1":     "date_end ends-before-start it ends on 2020-01-01 and starts on 2020-01-02",
		"g7,1,IS,x,33,44,1,2020-01-02,2020-01-03,1,1,1":     "id duplicate-id id g7 is also in line 9",
		"1,1,IS,x,\"33\"4,44,1,2020-01-02,2020-01-03,1,1,1": " bad-quote a quotation mark stands where none may",
	} {
		r := must(t, head+good+row+"\n", Spec{Format: "ucdp-ged", Group: is})
		if len(r.Rejects) != 1 {
			t.Errorf("%s: rejects %v", row, r.Rejects)
			continue
		}
		if x := r.Rejects[0]; x.Column+" "+x.Reason+" "+x.Detail != want || x.Line != 14 || x.File != "f.csv" || r.Info.Kept != 12 {
			t.Errorf("%s: %+v, want %s", row, x, want)
		}
	}
	// A place that is not known is no damage.
	r := must(t, head+"1,1,IS,x,,,,2020-01-01,,,,\n", Spec{Format: "ucdp-ged", Group: is})
	if e := r.Events[0]; e.HasPoint || e.HasDeaths || e.Place != athar.PlaceUnknown || e.When.Days() != 1 {
		t.Errorf("%+v", e)
	}
}

func TestTable(t *testing.T) {
	text := "ref;tag;wo_lat;wo_lon;art;wer;wen;tote;gen\nA1;03/02/2020;33,5;44,25;IED;Daesh;Army;3;near\nA2;14/02/2020;;;SAF;Army;\"PKK, Daesh\";;2\nA3;15/02/2020;33;44;SAF;Army;PKK;;2\n"
	columns := map[string]string{"id": "ref", "date": "tag", "lat": "wo_lat", "lon": "wo_lon", "class": "art", "side_a": "wer", "side_b": "wen", "deaths_best": "tote", "place_precision": "gen"}
	r := must(t, text, Spec{Format: "table", Columns: columns, Group: Group{Aliases: []string{"daesh"}}})
	want := []athar.Event{
		{Dataset: "f", ID: "A1", Line: 2, When: athar.Span{First: athar.Date(2020, 2, 3), Last: athar.Date(2020, 2, 3)}, Lon: 44.25, Lat: 33.5, HasPoint: true, Place: athar.PlaceNear,
			SideA: "Daesh", SideB: "Army", Class: "IED", Deaths: athar.Deaths{Low: 3, Best: 3, High: 3}, HasDeaths: true},
		{Dataset: "f", ID: "A2", Line: 3, When: athar.Span{First: athar.Date(2020, 2, 14), Last: athar.Date(2020, 2, 14)}, Place: athar.PlaceNear, SideA: "Army", SideB: "PKK, Daesh", Class: "SAF"},
	}
	if !slices.Equal(r.Events, want) || reasons(r) != "other-actors 1" {
		t.Errorf("%+v\nwant\n%+v\n%s", r.Events, want, reasons(r))
	}
	if r := must(t, text, Spec{Format: "table", Columns: columns}); len(r.Events) != 3 {
		t.Errorf("without a group: %d events", len(r.Events))
	}
	many := must(t, "date,area,n,deaths\n2020-01-02,a,3,5\n2020-01-01,a,0,\n2020-02,b,1,\n", Spec{Format: "table", Columns: map[string]string{"count": "n"}})
	if len(many.Events) != 4 || many.Info.Kept != 3 || many.Events[0].Deaths.Best != 5 || many.Events[1].Deaths.Best != 0 || many.Events[3].When.Days() != 29 || many.Events[3].AreaCode != "b" {
		t.Errorf("%+v", many.Events)
	}
	for want, c := range map[string]struct {
		text    string
		columns map[string]string
	}{
		`f.csv:2: nothing in column "date" shows whether its dates have the day or the month first; say so in the study's columns (date_format`: {"date\n03/02/2020\n04/05/2020\n", nil},
		`f.csv:3: column "date" has dates with the day first (line 3) and with the month first (line 2)`:                                        {"date\n03/22/2020\n25/05/2020\n", nil},
		`date_format "yyyy" is not known`:                                                                        {"date\n03/02/2020\n", map[string]string{"date_format": "yyyy"}},
		"only one of lat and lon":                                                                                {"date,lat\n2020-01-01,3\n", nil},
		"no column for date; say which it is in the study's columns":                                             {"tag,lat,lon\n2020-01-01,3,4\n", nil},
		`there is no column "datum" for date; did you mean "date"? the`:                                          {"date,lat,lon\n2020-01-01,3,4\n", map[string]string{"date": "datum"}},
		`columns maps "when", which this format does not know; it knows id, date`:                                {"date\n2020-01-01\n", map[string]string{"when": "date"}},
		"200000 events in one row are more than 100000: read the file as counts; in all 1 of 1 rows are damaged": {"date,count\n2020-01-01,200000\n", map[string]string{"count": "count"}},
	} {
		_, err := read(t, c.text, Spec{Format: "table", Columns: c.columns})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", c.text, err, want)
		}
	}
	said := must(t, "date\n03/02/2020\n04/05/2020\n", Spec{Format: "table", Columns: map[string]string{"date_format": "mm/dd/yyyy"}})
	if said.Info.First != athar.Date(2020, 3, 2) {
		t.Errorf("month first: %s", said.Info.First)
	}
	if same := must(t, "date\n02/02/2020\n04/04/2020\n", Spec{Format: "table"}); same.Info.Last != athar.Date(2020, 4, 4) {
		t.Errorf("either order: %s", same.Info.Last)
	}
}

func TestWrongFiles(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	squeeze := func(text string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte(text))
		_ = w.Close()
		return b.Bytes()
	}
	archive := func(members ...string) []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for _, m := range members {
			f, _ := w.Create(m)
			_, _ = f.Write([]byte("month,count\n2020-01,5\n"))
		}
		_ = w.Close()
		return b.Bytes()
	}
	var long strings.Builder
	long.WriteString("area,month,count\n")
	for i := range 20000 {
		fmt.Fprintf(&long, "a%d,2020-02,%d\n", i, i*i%977)
	}
	zipped := squeeze(long.String())
	utf16 := []byte{0xFF, 0xFE}
	for _, r := range "month,count\n2020-01,5\n" {
		utf16 = append(utf16, byte(r), 0)
	}
	for want, path := range map[string]string{
		"no such file; the folder has counts.csv":                   filepath.Join(dir, "count.csv"),
		"no such file; its folder does not exist either":            filepath.Join(dir, "no", "count.csv"),
		"this is a folder; name a file in it":                       dir,
		"the file is empty":                                         put("empty.csv", nil),
		"the file has a header and no rows":                         put("header.csv", []byte("month,count\n")),
		"f.csv:1:1: the file is in UTF-16, not UTF-8; save it agai": put("utf16.csv", utf16),
		"is in UTF-16": put("utf16le.csv", utf16[2:]),
		"f.csv:3:6: byte 0xE9 is not UTF-8; the text seems to be in Windows-1252":                                  put("latin.csv", []byte("month,count,note\n2020-01,5,é\nnonné\xe9,5,x\n")),
		"the compressed file ends too early; download it again":                                                    put("cut.csv.gz", zipped[:len(zipped)-300]),
		"the compressed file is damaged":                                                                           put("bad.csv.gz", append(slices.Clone(zipped[:len(zipped)-8]), 1, 2, 3, 4, 5, 6, 7, 8)),
		"the zip holds 2 files, not one; unpack it and name one of its files a.csv, b.csv":                         put("two.zip", archive("a.csv", "b.csv")),
		"an old Excel workbook (.xls)":                                                                             put("old.xls", []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")),
		"this is a web page, not a table; download the file again":                                                 put("page.csv", []byte("\n<!DOCTYPE html><html>login</html>")),
		"no column for count; say which it is in the study's columns":                                              put("missing.csv", []byte("month,area,value added\n2020-01,a,5\n")),
		"two columns are called \"count\"":                                                                         put("twice.csv", []byte("month,count,count\n2020-01,5,6\n")),
		"f.csv:4:7: the quoted field that begins in line 2 does not end properly; rows up to line 4":               put("quote.csv", []byte("month,count,note\n2020-01,5,\"x\n2020-02,6,y\n2020-0\"3,7,z\n")),
		`f.csv:2: column "month": "x" is not a date or a period; in all 2 of 3 rows are damaged; check the format`: put("damaged.csv", []byte("month,count\nx,5\ny,6\n2020-01,7\n")),
		"mixes a month (line 2) and a year (line 3)":                                                               put("mixed.csv", []byte("period,count\n2020-01,5\n2020,6\n")),
		"a week begins on Mon 2020-01-06 (line 2), another on Tue 2020-01-14 (line 3)":                             put("weeks.csv", []byte("week,count\n2020-01-06,5\n2020-01-14,6\n")),
		`no row is of class "ied"; did you mean "IEDs"? the classes are`:                                           put("class.csv", []byte("month,type,count\n2020-01,IEDs,5\n")),
	} {
		put("counts.csv", []byte("month,count\n2020-01,5\n"))
		s := Spec{Format: "counts", File: path}
		if strings.HasSuffix(path, "class.csv") {
			s.Classes = []string{"ied"}
		}
		_, err := read(t, "", s)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", filepath.Base(path), err, want)
		}
		if missing := strings.HasPrefix(want, "no such file"); errors.Is(err, fs.ErrNotExist) != missing {
			t.Errorf("%v: fs.ErrNotExist is %v", err, !missing)
		}
	}
	if _, err := read(t, strings.ReplaceAll(ged, ",", ";"), Spec{Format: "ucdp-ged", Group: is}); err == nil || !strings.Contains(err.Error(), "separated by semicolons; save the file again as comma-separated") {
		t.Errorf("semicolons: %v", err)
	}
	for _, path := range []string{put("one.zip", archive("__MACOSX/x", "a.csv")), put("plain.csv.gz", squeeze("month,count\n2020-01,5\n"))} {
		if r := must(t, "", Spec{Format: "counts", File: path}); r.Info.Events != 5 || r.Bytes == 0 || len(r.Info.SHA256) != 64 {
			t.Errorf("%s: %+v", path, r.Info)
		}
	}
	if r := must(t, "", Spec{Format: "counts", File: put("long.csv.gz", zipped)}); r.Info.Rows != 20000 {
		t.Errorf("%d rows", r.Info.Rows)
	}
	late := []athar.Span{{First: athar.Date(2030, 1, 1), Last: athar.Date(2030, 2, 1)}}
	if _, err := read(t, "month,count\n2020-01,5\n2020-02,\n2020-03,-1\n", Spec{Format: "counts", Coverage: late}); err == nil || !strings.Contains(err.Error(), "none of its 3 rows holds an event that the study asks for (negative-count: 1, outside-coverage: 2)") {
		t.Errorf("outside coverage: %v", err)
	}
	if _, err := Read(context.Background(), Spec{Name: "x", Format: "novel", File: "x"}); err == nil || !strings.Contains(err.Error(), `"novel" is not known; it can be counts`) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Read(ctx, Spec{Format: "counts", File: put("counts.csv", []byte("month,count\n2020-01,5\n"))}); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

// A character cut by a reading buffer is not a bad byte, and a bad byte far
// into the file has its line and column.
func TestEncodingAcrossBuffers(t *testing.T) {
	for pad := range 4 {
		var text strings.Builder
		text.WriteString("area,month,count\n" + strings.Repeat("x", pad+1) + ",2020-01,1\n")
		for i := range 9000 {
			fmt.Fprintf(&text, "شباط/فبراير%d,2020-01,1\n", i)
		}
		if _, err := read(t, text.String(), Spec{Format: "counts"}); err != nil {
			t.Errorf("pad %d: %v", pad, err)
		}
		if _, err := read(t, text.String()+"شب\xd8,2020-02,1", Spec{Format: "counts"}); err == nil || !strings.Contains(err.Error(), "f.csv:9003:3: byte 0xD8") {
			t.Errorf("pad %d: %v", pad, err)
		}
	}
}

func TestWorkbook(t *testing.T) {
	book := excelize.NewFile()
	defer book.Close()
	style, err := book.NewStyle(&excelize.Style{NumFmt: 14})
	if err != nil {
		t.Fatal(err)
	}
	for cell, v := range map[string]any{"A2": "District", "B2": "Month", "C2": "Events", "A3": "a", "B3": 43862, "C3": 5, "A4": "b", "B4": "2020-02", "C4": 6, "A6": "c", "B6": 43862.0, "C6": 7, "A7": "d", "B7": "2020-03"} {
		if err := book.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := book.SetCellStyle("Sheet1", "B3", "B3", style); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "b.xlsx")
	if err := book.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	r := must(t, "", Spec{Format: "counts", File: path, Period: "month"})
	if got := cells(r.Counts); got != "a 2020-02-01..2020-02-29  5\nb 2020-02-01..2020-02-29  6\nc 2020-02-01..2020-02-29  7\n" || r.Counts[2].Line != 6 || !strings.Contains(r.Info.Layout, `XLSX sheet "Sheet1"`) {
		t.Errorf("%s%s", r.Info.Layout, got)
	}
	if got := cells(r.NotPublished); got != "d 2020-03-01..2020-03-31  0\n" {
		t.Errorf("not published %s", got)
	}
	if _, err := read(t, "", Spec{Format: "counts", File: path, Sheet: "Feb"}); err == nil || !strings.Contains(err.Error(), `no sheet "Feb"; its sheets are Sheet1`) {
		t.Error(err)
	}
}

// Of two rows with one id, the same stays whichever stands first.
func TestDuplicatesInAnyOrder(t *testing.T) {
	rows := []string{"1,2020-01-01,33,44,x,5", "1,2020-01-01,33,45,x,5", "1,2020-01-01,34,44,x,5", "1,2020-01-01,33,44,y,5", "1,2020-01-01,33,44,x,6"}
	var want athar.Event
	for i := range rows {
		text := "id,date,lat,lon,type,deaths\n" + strings.Join(append(slices.Clone(rows[i:]), rows[:i]...), "\n") + "\n2,2020-01-01,,,x,\n3,2020-01-01,,,x,\n4,2020-01-01,,,x,\n"
		r := must(t, text, Spec{Format: "table"})
		got := r.Events[0]
		got.Line = 0
		if i == 0 {
			want = got
		}
		if got != want || reasons(r) != "duplicate-id 4" {
			t.Errorf("%+v, %s; in another order %+v", got, reasons(r), want)
		}
	}
}

// Whatever the rows, all are accounted for, and their order does not matter.
func TestAnyRowsInAnyOrder(t *testing.T) {
	kinds := []struct {
		format, header string
		columns        [][]string
	}{
		{"counts", "area,date,type,count,note", [][]string{{"a", "b", "", "c"}, {"2020-01-01", "2020-01-02", "2020-01-05", "x", "2020-01-03"}, {"p", "q"}, {"1", "2", "", "-1", "3"}, {"m", "n"}}},
		{"table", "id,date,lat,lon,type,side_a", [][]string{{"1", "2", "3", "4", "5", "6", "7", "8", ""}, {"03/02/2020", "25/02/2020", "11/02/2020", "x"}, {"33", "34", "", "99"}, {"44", "45", ""}, {"p", "q"}, {"IS", "x"}}},
		{"ucdp-ged", "id,type_of_violence,side_a,side_b,latitude,longitude,date_start,date_end,best", [][]string{{"1", "2", "3", "4", "5", "6", "7"}, {"1", "2", "3", "9"}, {"IS", "x", "y"},
			{"IS", "z, IS", "z"}, {"33", "34", "x"}, {"44", "45", "200"}, {"2020-01-01", "2020-01-05"}, {"2020-01-05", "2020-01-03", ""}, {"1", "2", ""}}},
	}
	path := filepath.Join(t.TempDir(), "f.csv")
	rapid.Check(t, func(rt *rapid.T) {
		k := kinds[rapid.IntRange(0, 2).Draw(rt, "format")]
		n := rapid.IntRange(1, 25).Draw(rt, "rows")
		var rows []string
		for range n {
			var row []string
			for c, values := range k.columns {
				row = append(row, `"`+rapid.SampledFrom(values).Draw(rt, fmt.Sprint("column ", c))+`"`)
			}
			if rapid.IntRange(0, 19).Draw(rt, "short") == 0 {
				row = row[1:]
			}
			rows = append(rows, strings.Join(row, ","))
		}
		s := Spec{Name: "f", Label: "f.csv", File: path, Format: k.format, Group: is}
		if k.format == "table" {
			s.Columns = map[string]string{"side_a": "side_a"}
		}
		if rapid.Bool().Draw(rt, "classes") && k.format != "ucdp-ged" {
			s.Classes = []string{"p"}
		}
		var first *Reading
		var firstErr error
		shuffle := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		for turn := range 3 {
			if err := os.WriteFile(path, []byte(k.header+"\n"+strings.Join(rows, "\n")+"\n"), 0o600); err != nil {
				rt.Fatal(err)
			}
			r, err := Read(context.Background(), s)
			if turn > 0 && (err == nil) != (firstErr == nil) {
				rt.Fatalf("%v after shuffling, %v before", err, firstErr)
			}
			if err == nil {
				accounted(t, r)
				if r.Info.Rows != n || t.Failed() {
					rt.Fatalf("%d rows of %d: %+v", r.Info.Rows, n, r.Info)
				}
				r.Info.SHA256 = ""
				r.Rejects = nil
				for i := range r.Events {
					r.Events[i].Line = 0
				}
				for i := range r.Counts {
					r.Counts[i].Line = 0
				}
				for i := range r.NotPublished {
					r.NotPublished[i].Line = 0
				}
				if turn > 0 && !reflect.DeepEqual(r, first) {
					rt.Fatalf("after shuffling\n%+v\nbefore\n%+v", r, first)
				}
			}
			first, firstErr = r, err
			shuffle.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		}
	})
}

func fuzz(f *testing.F, s Spec, seeds ...string) {
	for _, text := range seeds {
		f.Add([]byte(text))
	}
	s.Name, s.Label, s.File = "f", "f.csv", filepath.Join(f.TempDir(), "f.csv")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(s.File, text, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Read(context.Background(), s)
		if err == nil {
			accounted(t, r)
		}
	})
}

func FuzzReadCounts(f *testing.F) {
	fuzz(f, Spec{Format: "counts"}, "area,period,class,count\na,2020-02,x,4\na,2020-02,x,\n", "المحافظة;الشهر;العدد\nديالى;شباط/فبراير ٢٠٢٠;٤٥\n", "2020-01,84\n2020-03,50\n",
		"date,n,low,best,high\n03/02/2020,5,1,2,3\n25/02/2020,6,,,\n", "week\tcount\n2020-W05\t3\n2020-W07\t4\n", "year,month,count\n2020,2,5\n", "\x1f\x8b\x08", "PK\x03\x04")
}

func FuzzReadGED(f *testing.F) {
	fuzz(f, Spec{Format: "ucdp-ged", Group: is}, ged, strings.Repeat("1,", 48)+"1\n", "id,type_of_vi,side_a,side_b,latitude,longitude,date_start\n1,1,IS,x,33,44,2020-01-01\n")
}

func FuzzReadTable(f *testing.F) {
	fuzz(f, Spec{Format: "table"}, "id,date,lat,lon,type\n1,03/02/2020,33,44,x\n2,25/02/2020,,,y\n", "date;y;x\n2 Jan 2020;33,5;44,5\n", "date,date_end,count\n2020-01,2020-02,3\n")
}
