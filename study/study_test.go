package study

import (
	"errors"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"athar"
)

func readFull(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func parse(t testing.TB, text string) *Study {
	t.Helper()
	s, err := ParseBytes("dir/study.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func day(t testing.TB, s string) athar.Day {
	t.Helper()
	d, err := athar.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestParseReadsEveryKey(t *testing.T) {
	s := parse(t, readFull(t))
	days := func(a, b string) athar.Span { return athar.Span{First: day(t, a), Last: day(t, b)} }
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"id", s.ID, "full"},
		{"dir", s.Dir, "dir"},
		{"title", s.Title, athar.Names{En: "Every key", Ar: "كل المفاتيح"}},
		{"group", s.Group, Group{athar.Names{En: "The group", Ar: "الجماعة"}, []string{"Group", "ISIS, Syria"}, []string{"234", "1076"}}},
		{"where", s.Data[0].Where, map[string][]string{"country": {"Iraq", "Syria"}, "year": {"2020"}}},
		{"monitored", s.Data[0].Monitored, "data/monitored.csv"},
		{"coverage", s.Data[0].Coverage, []athar.Span{days("2019-01-01", "2019-12-31"), days("2020-02-01", "2020-12-31")}},
		{"citation", s.Data[0].Citation, "Somebody (2021), somewhere"},
		{"sheet", s.Data[0].Sheet, "2020"},
		{"date format", s.Data[2].Columns["date_format"], "dd/mm/yyyy"},
		{"within", s.Areas.DistancesWithin, 150.0},
		{"forces", s.Campaigns[0].Forces, []athar.Names{{En: "Army"}, {En: "Militia", Ar: "حشد"}}},
		{"start", s.Campaigns[0].Start, days("2020-09-22", "2020-09-27")},
		{"end", s.Campaigns[0].End, days("2020-10-01", "2020-10-31")},
		{"relations", s.Campaigns[0].Relations, []athar.Relation{{Kind: "preceded_by", To: "desert"}, {Kind: "parallel_to", To: "sweep"}, {Kind: "phase_of", To: "sweep"}}},
		{"sources", s.Campaigns[0].Sources, []athar.SourceRef{{Title: "A report", URL: "https://example.org", Says: "began on 22 September"}}},
		{"windows", s.Campaigns[0].Windows, []athar.Window{{Name: athar.Names{En: "The month before", Ar: "الشهر السابق"},
			Before: athar.Span{First: day(t, "2020-08-01"), Last: day(t, "2020-08-31")}, After: athar.Span{First: day(t, "2020-09-22"), Last: day(t, "2020-10-31")}}}},
		{"Arabic alone", s.Campaigns[0].Note, athar.Names{En: "ملاحظة", Ar: "ملاحظة"}},
		{"alias", s.Campaigns[1].Footprint, s.Campaigns[0].Footprint},
		{"goals", len(s.Goals), 5},
		{"total", s.Totals[0], Total{ID: "iraq", Name: athar.Names{En: "Iraq"}, Country: "Iraq", From: day(t, "2020-02-01"), To: day(t, "2020-12-31")}},
		{"one word", s.Claims[0].Expects, []athar.Verdict{athar.Decline}},
		{"words", s.Claims[1].Expects, []athar.Verdict{athar.Displacement, athar.Diffusion}},
		{"phase", s.Claims[1].Phase, athar.During},
		{"about", s.Claims[3].About, "logistics"},
		{"needs of a goal", s.Goals[0].Needs, athar.Names{En: "Breaks by prison and month"}},
		{"output", s.Goals[1].Outputs, []Output{{ID: "stores", Name: athar.Names{En: "Stores found", Ar: "مخازن"}, Kinds: []athar.Kind{athar.Seizure}, Values: []OutputValue{
			{"lions", 12, days("2020-09-22", "2020-09-30"), athar.SourceRef{Title: "A report", URL: "https://example.org", Says: "twelve stores"}},
			{"desert", 0, athar.Span{}, athar.SourceRef{Title: "Another report"}}}}}},
		{"outcomes", s.Goals[1].Outcomes, []Outcome{
			{ID: "bombs", Name: athar.Names{En: "Bombs"}, Measure: Rate, Classes: []string{"IED"}, Areas: []string{"IQ01", "البعاج"}, Within: []string{"Anbar"}, Predicts: -1, Lags: true},
			{ID: "killed", Name: measureNames[Lethality], Measure: Lethality, Kinds: []athar.Kind{athar.Attack}, Predicts: 1},
			{ID: "back", Name: measureNames[Resumption], Measure: Resumption, Predicts: -1}}},
		{"word on a goal", s.Claims[4].Expects, []athar.Verdict{athar.Present, athar.Mixed}},
		{"losses", s.Losses, []athar.Loss{
			{When: days("2020-10-03", "2020-10-03"), Level: athar.LossTop, Source: athar.SourceRef{Title: "A report", URL: "https://example.org", Says: "reported dead"}},
			{When: days("2020-11-01", "2020-12-05"), Level: athar.LossProvince, Failed: true, Source: athar.SourceRef{Title: "A report"}}}},
		{"choices", s.Choices, Choices{Period: "month", PreMonths: 18, PostMonths: 3, WashIn: 1, Rings: []float64{10, 30, 60.5}, Far: "study",
			Overlap: "model", SmallestEffect: 1.5, Seed: math.MaxUint64, Draws: 500, Imputations: 5,
			Calendar: []CalendarEntry{{Name: athar.Names{En: "Curfew"}, When: days("2020-03-15", "2020-06-30")},
				{athar.Names{En: "Wave"}, days("2020-05-14", "2020-05-24"), true}},
			Harm: Harm{Classes: map[string]float64{"a": 3, "b": .5}, Source: athar.SourceRef{Title: "A list of weights", URL: "https://example.org/w", Says: "from a survey"}}}},
		{"counted", []bool{s.Data[0].Counted(), s.Data[3].Counted(), s.Data[4].Counted()}, []bool{true, false, false}},
		{"negative controls", s.NegativeControls, []NegativeControl{{Name: athar.Names{En: "Protests", Ar: "احتجاجات"}, Data: "Protests"},
			{athar.Names{En: "Another group"}, "Own list", []string{"k1"}, nil, []string{"Others"}, []string{"77"}}}},
		{"operations", s.Operations, Operations{
			Treated: OperationKind{Name: athar.Names{En: "air strikes", Ar: "ضربات جوية"}, Classes: []string{"strike"}},
			Control: OperationKind{Name: athar.Names{En: "Shows of force"}, Classes: []string{"show"}},
			Forces:  []athar.Names{{En: "Coalition"}}, Places: []Point{{athar.Names{En: "Capital", Ar: "العاصمة"}, 44.4, 33.3}}, Match: []string{"load"},
			Data: []Data{{Name: "Sorties", File: "sorties.csv", Format: "table", Columns: map[string]string{"date": "day", "lat": "y", "lon": "x", "class": "type"},
				Where: map[string][]string{"country": {"Iraq"}}, Coverage: []athar.Span{days("2020-02-01", "2020-12-31")}, Licence: "own", Citation: "Somebody (2021)"}}}},
		{"limits", s.Limits, []athar.Names{{En: "Arrests are not in these data"}}},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: got %+v, want %+v", c.what, c.got, c.want)
		}
	}
}

// minimal is the shortest study: twelve typed numbers, one campaign.
const minimal = `study: minimal
title: T
group: {name: G}
outcome: O
data:
  - name: N
    format: series
    from: 2019-12
    values: [84, 50, null, "-", -, 45]
campaigns:
  - id: c
    name: C
    start: 2020-03
    end: 2020-04
`

func TestDefaults(t *testing.T) {
	s := parse(t, minimal)
	h := fnv.New64a()
	h.Write([]byte("minimal"))
	want := Choices{Period: "auto", PreMonths: 24, PostMonths: 6, Far: "country", Overlap: "auto", SmallestEffect: 1.25, Seed: h.Sum64(), Draws: 2000, Imputations: 20}
	if !reflect.DeepEqual(s.Choices, want) {
		t.Errorf("choices %+v, want %+v", s.Choices, want)
	}
	if s.Data[0].Period != "month" || *s.Data[0].From != day(t, "2019-12-01") {
		t.Errorf("series of %s from %s, want of month from 2019-12-01", s.Data[0].Period, s.Data[0].From)
	}
	for i, want := range []float64{84, 50, math.NaN(), math.NaN(), math.NaN(), 45} {
		if got := s.Data[0].Values[i]; got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("value %d is %g, want %g", i, got, want)
		}
	}
	full := parse(t, strings.Replace(readFull(t), "  rings: [10, 30, 60.5]\n", "", 1))
	if want := []float64{25, 50, 100}; !reflect.DeepEqual(full.Choices.Rings, want) {
		t.Errorf("rings %v, want %v", full.Choices.Rings, want)
	}
}

func TestWordsInAnyCase(t *testing.T) {
	s := parse(t, strings.Replace(readFull(t), "[DISPLACEMENT, DIFFUSION OF BENEFITS]", "[displacement, Diffusion of benefits]", 1))
	if got, want := s.Claims[1].Expects, []athar.Verdict{athar.Displacement, athar.Diffusion}; !reflect.DeepEqual(got, want) {
		t.Errorf("words %v, want %v", got, want)
	}
}

func TestUnpublishedInABlockList(t *testing.T) {
	s := parse(t, strings.Replace(minimal, `[84, 50, null, "-", -, 45]`, "\n      - 84\n      - -\n      - 45", 1))
	if v := s.Data[0].Values; len(v) != 3 || v[0] != 84 || !math.IsNaN(v[1]) || v[2] != 45 {
		t.Errorf("values %v, want 84, NaN, 45", v)
	}
}

func TestEncodingsAndLineEnds(t *testing.T) {
	full := readFull(t)
	want := parse(t, full)
	for name, text := range map[string]string{
		"byte order mark": "\xef\xbb\xbf" + full,
		"CRLF":            strings.ReplaceAll(full, "\n", "\r\n"),
		"CR":              strings.ReplaceAll(full, "\n", "\r"),
	} {
		got := parse(t, text)
		if got.Source = want.Source; !reflect.DeepEqual(got, want) {
			t.Errorf("%s changes what is read", name)
		}
	}
}

// Every position is that of the value or of its key in the text.
func TestPositions(t *testing.T) {
	texts := map[string]string{"full": readFull(t), "minimal": minimal}
	for _, kind := range formats {
		b, err := Template(kind)
		if err != nil {
			t.Fatal(err)
		}
		texts[kind] = string(b)
	}
	for name, text := range texts {
		lines := strings.Split(text, "\n")
		s := parse(t, text)
		for path, p := range s.positions {
			line := []rune(lines[p.line-1])
			if p.column > len(line) {
				t.Errorf("%s: %s at %d:%d, beyond the line", name, path, p.line, p.column)
				continue
			}
			here, before := string(line[p.column-1:]), strings.TrimSpace(string(line[:p.column-1]))
			key := path[strings.LastIndex(path, ".")+1:]
			afterKey := before == key+":" || strings.HasSuffix(before, " "+key+":") || strings.HasSuffix(before, "{"+key+":")
			isKey := strings.HasPrefix(here, key+":")
			isItem := strings.HasSuffix(path, "]") && before != "" && strings.ContainsAny(before[len(before)-1:], "-[,")
			if path != "" && !afterKey && !isKey && !isItem {
				t.Errorf("%s: %s at %d:%d, where there is %q", name, path, p.line, p.column, here)
			}
		}
	}
}

func TestAt(t *testing.T) {
	s := parse(t, readFull(t))
	for path, want := range map[string][2]int{
		"title.ar":                        {3, 30},
		"data[0].file":                    {12, 11},
		"campaigns[0].footprint.areas[1]": {52, 21},
		"campaigns[0].start.to":           {55, 35},
		"campaigns[1]":                    {69, 5},
		"campaigns[1].forces[7]":          {69, 5}, // not there: the campaign's
		"nothing":                         {2, 1},
	} {
		if line, col := s.At(path); line != want[0] || col != want[1] {
			t.Errorf("At(%s) = %d:%d, want %d:%d", path, line, col, want[0], want[1])
		}
	}
}

func TestPath(t *testing.T) {
	s := parse(t, minimal)
	if got, want := s.Path("data/x.csv"), filepath.Join("dir", "data", "x.csv"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	abs, err := filepath.Abs("x.csv")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Path(abs); got != abs {
		t.Errorf("got %s, want %s", got, abs)
	}
}

func TestParseFiles(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.yaml")
	if err := os.WriteFile(empty, []byte("# nothing\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none.yaml"): "none.yaml: there is no such file; check the path",
		dir:                             "is a folder, not a study file; give the path of the study file in it",
		empty:                           "empty.yaml:1:1: the file is empty; let `athar init` write",
	} {
		_, err := Parse(path)
		var es Errors
		if !errors.As(err, &es) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
}

func TestCheckCoverage(t *testing.T) {
	s := parse(t, readFull(t))
	cover := func(a, b string) error { return s.CheckCoverage(athar.Span{First: day(t, a), Last: day(t, b)}) }
	if err := cover("2014-01-01", "2020-12-31"); err != nil {
		t.Errorf("inside the data: %v", err)
	}
	for _, edge := range [][2]string{{"2014-01-01", "2020-09-25"}, {"2020-09-30", "2020-12-31"}} {
		if err := cover(edge[0], edge[1]); err != nil {
			t.Errorf("one day inside the data: %v", err)
		}
	}
	for _, c := range []struct{ first, last, want string }{
		{"2014-01-01", "2020-09-24", "dir/study.yaml:77:12: campaigns[2].start: starts 2020-09-25, after the data end: they cover 2014-01-01 to 2020-09-24; correct the date or add data"},
		{"2020-10-01", "2020-12-31", "dir/study.yaml:73:10: campaigns[1].end: ends 2020-09-30, before the data begin: they cover 2020-10-01 to 2020-12-31; correct the date or add data"},
	} {
		if err := cover(c.first, c.last); err == nil || err.Error() != c.want {
			t.Errorf("data %s to %s:\n got %v\nwant %s", c.first, c.last, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(readFull(f)))
	f.Add([]byte(minimal))
	for _, c := range wrong {
		text, _ := c.document(f)
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseBytes("s.yaml", b)
		if err == nil {
			if err := s.CheckCoverage(athar.Span{}); err != nil {
				checkErrors(t, err)
			}
			if err := s.Resolve(nil, func(string) ([]string, error) { return nil, nil }); err != nil {
				checkErrors(t, err)
			}
			return
		}
		checkErrors(t, err)
	})
}

func checkErrors(t *testing.T, err error) {
	t.Helper()
	var es Errors
	if !errors.As(err, &es) || len(es) == 0 {
		t.Fatalf("not a list of complaints: %v", err)
	}
	for _, e := range es {
		if e.Line < 1 || e.Column < 1 || e.Message == "" || e.File == "" {
			t.Fatalf("complaint without its place: %#v", e)
		}
	}
}
