package publish

import (
	"bytes"
	"encoding/csv"
	"flag"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"

	"athar"
	"athar/assess"
	"athar/internal/testdata"
)

// sample is a table with a value of every kind, and texts that a spreadsheet
// would run.
func sample() *table {
	t := &table{name: "findings", columns: columns("id", "says_en", "says_ar", "rr number", "ring integer", "first date", "agree yesno")}
	t.add("a", "12 events, \"quoted\"\nnext", "تراجع النشاط", 0.123456789123, 2, athar.Date(2020, 9, 25), true)
	t.add("=HYPERLINK(\"http://a.b\")", "+1", "@x", math.NaN(), 0, noDay, false)
	t.add("-2+3", "\x00=1\x1b", "a\u202eb", math.Inf(1), -1, athar.Date(1970, 1, 1), false)
	t.add("'=1", "\t=1", "", math.Inf(-1), 0, noDay, false)
	return t
}

func TestCSV(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(sample().csv())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"id", "says_en", "says_ar", "rr", "ring", "first", "agree"},
		{"a", "12 events, \"quoted\" next", "تراجع النشاط", "0.123456789", "2", "2020-09-25", "true"},
		{"'=HYPERLINK(\"http://a.b\")", "'+1", "'@x", "", "0", "", "false"},
		{"'-2+3", "'=1", "ab", "Inf", "-1", "1970-01-01", "false"},
		{"'=1", " =1", "", "-Inf", "0", "", "false"}}
	if !reflect.DeepEqual(rows, want) {
		t.Errorf("%q", rows)
	}
}

func TestParquet(t *testing.T) {
	in := sample()
	b, err := in.parquet()
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range f.Root().Columns() {
		names = append(names, c.Name())
	}
	if want := []string{"id", "says_en", "says_ar", "rr", "ring", "first", "agree"}; !slices.Equal(names, want) {
		t.Errorf("columns %v", names)
	}
	if s := f.Schema().String(); !strings.Contains(s, "int32 first (DATE)") || !strings.Contains(s, "double rr") {
		t.Error(s)
	}
	r := parquet.NewReader(bytes.NewReader(b))
	rows := make([]parquet.Row, 10)
	n, _ := r.ReadRows(rows)
	if n != 4 || rows[0][3].Double() != 0.123456789 || !rows[1][3].IsNull() || !rows[1][5].IsNull() || rows[0][5].Int32() != int32(athar.Date(2020, 9, 25)) || rows[1][0].String() != `=HYPERLINK("http://a.b")` {
		t.Errorf("%v", rows[:n])
	}
}

func book(t *testing.T, r *athar.Report, list []*table) *excelize.File {
	t.Helper()
	b, err := workbook(r, list, "en")
	if err != nil {
		t.Fatal(err)
	}
	again, err := workbook(r, list, "en")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, again) {
		t.Error("the same tables give two workbooks")
	}
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestWorkbook(t *testing.T) {
	f := book(t, &athar.Report{Study: athar.StudyInfo{Title: athar.Names{En: "=1+1", Ar: "دراسة"}}, Data: []athar.DataInfo{{Name: "@data", Citation: "-cited", Licence: "CC BY 4.0"}}}, []*table{sample()})
	if got := f.GetSheetList(); !slices.Equal(got, []string{"read me", "findings"}) {
		t.Fatalf("sheets %v", got)
	}
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for y, row := range rows {
			for x := range row {
				cell, _ := excelize.CoordinatesToCellName(x+1, y+1)
				if formula, _ := f.GetCellFormula(sheet, cell); formula != "" {
					t.Errorf("%s %s is a formula: %s", sheet, cell, formula)
				}
			}
		}
	}
	for cell, want := range map[string]struct {
		value string
		kind  excelize.CellType
	}{
		"A3": {`=HYPERLINK("http://a.b")`, excelize.CellTypeInlineString}, "B3": {"+1", excelize.CellTypeInlineString}, "D2": {"0.123456789", excelize.CellTypeUnset},
		"D3": {"", excelize.CellTypeUnset}, "D4": {"Inf", excelize.CellTypeInlineString}, "E2": {"2", excelize.CellTypeUnset}, "F2": {"2020-09-25", excelize.CellTypeUnset}, "F3": {"", excelize.CellTypeUnset},
		"G2": {"TRUE", excelize.CellTypeBool}, "C2": {"تراجع النشاط", excelize.CellTypeInlineString},
	} {
		value, err := f.GetCellValue("findings", cell)
		if err != nil {
			t.Fatal(err)
		}
		kind, _ := f.GetCellType("findings", cell)
		if value != want.value || kind != want.kind && !(want.kind == excelize.CellTypeUnset && kind == excelize.CellTypeNumber) {
			t.Errorf("%s is %q of type %v, want %q of %v", cell, value, kind, want.value, want.kind)
		}
	}
	id, _ := f.GetCellStyle("findings", "C2")
	s, err := f.GetStyle(id)
	if err != nil || s.Alignment == nil || s.Alignment.ReadingOrder != 2 {
		t.Errorf("Arabic does not run from right to left: %+v, %v", s, err)
	}
	rows, _ := f.GetRows("read me")
	text := ""
	for _, r := range rows {
		text += strings.Join(r, "|") + "\n"
	}
	for _, want := range []string{"@data", "-cited", "CC BY 4.0", "distinguish the campaign from chance", "findings.rr|" + columnMeans["rr"], "findings.says_ar|" + columnMeans["says"] + " (Arabic)"} {
		if !strings.Contains(text, want) {
			t.Errorf("the first sheet does not say %q:\n%s", want, text)
		}
	}
}

// Every table and every column that a folder can hold is explained.
func TestTablesAreExplained(t *testing.T) {
	r := &assess.Result{Report: &athar.Report{Campaigns: []athar.CampaignReport{{Multiverse: []athar.Multiverse{{Dimensions: []athar.Dimension{{Name: "donut", Values: []string{"0"}}}}}}}}}
	list, err := tables(r, []string{"en"})
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, x := range append(list, rejectsTable(nil)) {
		if tableMeans[x.name] == "" {
			t.Errorf("table %s is not explained", x.name)
		}
		for _, c := range x.columns {
			if means(x.name, c.name) == "" {
				t.Errorf("column %s of %s is not explained", c.name, x.name)
			}
			base, _, _ := cutLast(c.name, "_")
			for _, name := range []string{c.name, base} {
				used[x.name+"."+name] = true
				if columnMeans[x.name+"."+name] == "" {
					used[name] = true
				}
			}
		}
	}
	for name := range columnMeans {
		if !used[name] {
			t.Errorf("%s is explained and in no table", name)
		}
	}
	if len(tableMeans) != len(list)+1 {
		t.Errorf("%d tables are explained, there are %d", len(tableMeans), len(list)+1)
	}
}

func TestSpecificationsAreAllThere(t *testing.T) {
	m := athar.Multiverse{Question: athar.AskInside, Phase: athar.Post, Own: 1, LeastFavourable: 0,
		Dimensions: []athar.Dimension{{Name: "donut", Values: []string{"0", "1"}}, {Name: "estimator", Values: []string{"spillover", "sdid"}}},
		Specs:      []athar.SpecResult{{Choice: []int{1, 0}, RR: 0.5, Low: 0.3, High: 0.9}, {Choice: []int{0, 0}, RR: 0.7, Low: 0.4, High: 1.2}},
		Refused:    []athar.SpecRefusal{{Choice: []int{0, 1}, Reason: "few-donors"}}}
	list, err := tables(&assess.Result{Report: &athar.Report{Campaigns: []athar.CampaignReport{{Campaign: athar.CampaignInfo{ID: "c"}, Multiverse: []athar.Multiverse{m}}}}}, []string{"en"})
	if err != nil {
		t.Fatal(err)
	}
	x := list[slices.IndexFunc(list, func(x *table) bool { return x.name == "specifications" })]
	want := `campaign,question,phase,choice_donut,choice_estimator,valid,reason,rr,low,high,headline,least_favourable
c,inside,post,1,spillover,true,,0.5,0.3,0.9,false,true
c,inside,post,0,spillover,true,,0.7,0.4,1.2,true,false
c,inside,post,0,sdid,false,few-donors,,,,false,false
`
	if got := string(x.csv()); got != want {
		t.Errorf("%s", got)
	}
}

var update = flag.Bool("update", false, "write docs/tables.md anew")

// docs/tables.md is made from the same words as the first sheet of a workbook.
func TestDocsNameEveryColumn(t *testing.T) {
	m := athar.Multiverse{Dimensions: []athar.Dimension{{Name: "…", Values: []string{"0"}}}}
	list, err := tables(&assess.Result{Report: &athar.Report{Campaigns: []athar.CampaignReport{{Multiverse: []athar.Multiverse{m}}}}}, []string{"en"})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(docsHead)
	for _, x := range append(list, rejectsTable(nil)) {
		b.WriteString("\n## " + x.name + "\n\n" + tableMeans[x.name] + "\n\n| column | kind | what |\n| --- | --- | --- |\n")
		for _, c := range x.columns {
			b.WriteString("| `" + c.name + "` | " + []string{"text", "number", "integer", "date", "true or false"}[c.kind] + " | " + means(x.name, c.name) + " |\n")
		}
	}
	name := filepath.Join(testdata.Root(), "docs", "tables.md")
	if *update {
		if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(name)
	if err != nil || string(have) != b.String() {
		t.Errorf("docs/tables.md is not what the tables are (%v): go test ./publish -run Docs -update", err)
	}
}

const docsHead = `# The tables of a brief

Every table of a folder stands in it three times: as CSV and as Parquet under ` + "`tables/`" + ` (` + "`effects`, `panel`" + ` and ` + "`rejects.csv`" + ` beside the brief), and as a sheet of
` + "`tables.xlsx`" + `, whose first sheet has the sources, the cautions and this list. The same input gives the same bytes.

- Names of columns, codes and words are those of ` + "`findings.json`" + ` ([findings.md](findings.md)). Sentences are those of the brief, one column a language (` + "`says_en`" + `).
- A missing value is empty in CSV and workbook and null in Parquet. An infinite bound is ` + "`Inf`" + `. Numbers have nine significant digits.
- The tables from ` + "`wakes`" + ` to ` + "`hot_spots`" + ` are there only where the study has what they need ([spacetime.md](spacetime.md)). They count events by windows, bands, areas and days; no row is a single
  event or operation, and none stands where it stands because it is strong. A method that refused for a campaign or a stretch of time has one row with its reason.
- A text that begins with = + - or @ has an apostrophe before it in CSV, because a spreadsheet would run it. In Parquet it has none, and in the workbook every text is text.
- A text of more than 32 767 characters is cut in the workbook, and a table of more than 1 048 575 rows is not in it; both are whole in the other files.
`

// Names that the study does not give are in both languages, whatever the brief's.
func TestNamesAreInBothLanguages(t *testing.T) {
	r := &assess.Result{Report: &athar.Report{Pooled: &athar.PooledReport{Findings: []athar.Finding{{ID: "all/inside/during", Question: athar.AskMovement}}},
		Campaigns: []athar.CampaignReport{{Goals: []athar.GoalReport{{ID: "leadership"}}}}}}
	for _, langs := range [][]string{{"en"}, {"ar"}, {"ar", "en"}} {
		list, err := tables(r, langs)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"findings", "goals"} {
			x := list[slices.IndexFunc(list, func(x *table) bool { return x.name == name })]
			en := slices.IndexFunc(x.columns, func(c column) bool { return c.name == "name_en" })
			if s, ar := x.rows[0][en].(string), x.rows[0][en+1].(string); s == "" || rightToLeft(s) || !rightToLeft(ar) {
				t.Errorf("%v: %s has the names %q and %q", langs, name, s, ar)
			}
			if last := x.columns[len(x.columns)-1].name; !strings.HasSuffix(last, "_"+langs[len(langs)-1]) {
				t.Errorf("%v: the last column of %s is %s", langs, name, last)
			}
		}
	}
}
