package publish

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"athar"
	"athar/brief"
)

// What a sheet can hold.
const (
	maxRows = 1 << 20
	maxCell = 32767 // characters
)

// workbook puts every table on a sheet of its own, after one that says where
// they come from and what their columns are. A table that is too long for a
// sheet is named there and left out.
func workbook(r *athar.Report, list []*table, lang string) ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	// The time of writing is in no file of the folder.
	const then = "1970-01-01T00:00:00Z"
	if err := f.SetDocProps(&excelize.DocProperties{Creator: "Athar " + r.Manifest.Version, LastModifiedBy: "Athar", Title: athar.Plain(r.Study.Title.En), Created: then, Modified: then}); err != nil {
		return nil, err
	}
	style := func(s excelize.Style) int {
		id, err := f.NewStyle(&s)
		if err != nil {
			panic(err) // the styles are constants
		}
		return id
	}
	iso := "yyyy-mm-dd"
	top := excelize.Alignment{Vertical: "top"}
	styles := looks{
		head:  style(excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E7E5DF"}}, Alignment: &top}),
		title: style(excelize.Style{Font: &excelize.Font{Bold: true, Size: 14}, Alignment: &top}),
		plain: style(excelize.Style{Alignment: &top}),
		wrap:  style(excelize.Style{Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}}),
		rtl:   style(excelize.Style{Alignment: &excelize.Alignment{Vertical: "top", Horizontal: "right", ReadingOrder: 2}}),
		date:  style(excelize.Style{CustomNumFmt: &iso, Alignment: &excelize.Alignment{Vertical: "top", Horizontal: "left"}}),
	}
	const first = "read me"
	if err := f.SetSheetName("Sheet1", first); err != nil {
		return nil, err
	}
	rows, err := readMe(r, list, lang)
	if err != nil {
		return nil, err
	}
	if err := writeReadMe(f, first, rows, styles); err != nil {
		return nil, err
	}
	for _, t := range list {
		if len(t.rows) >= maxRows {
			continue
		}
		if _, err := f.NewSheet(t.name); err != nil {
			return nil, err
		}
		if err := writeSheet(f, t, styles); err != nil {
			return nil, fmt.Errorf("sheet %s: %w", t.name, err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		return nil, err
	}
	return rezipped(b.Bytes())
}

type looks struct{ head, title, plain, wrap, rtl, date int }

// readMe are the rows of the first sheet: a row of one cell is a heading.
func readMe(r *athar.Report, list []*table, lang string) ([][]string, error) {
	s, err := brief.NewSentences(r, lang)
	if err != nil {
		return nil, err
	}
	rows := [][]string{{r.Study.Title.En}}
	if r.Study.Title.Ar != "" {
		rows = append(rows, []string{"", r.Study.Title.Ar})
	}
	rows = append(rows,
		[]string{"armed group", r.Study.Group.En}, []string{"what is counted", r.Study.Outcome.En}, []string{"period", r.Study.Unit},
		[]string{"covered", r.Coverage.First.String() + " to " + r.Coverage.Last.String()}, []string{"made with", "Athar " + r.Manifest.Version + "; the same study file, data and version give this file again, byte for byte"},
		[]string{"Sources"})
	for _, d := range r.Data {
		rows = append(rows, []string{"data", d.Name}, []string{"", fmt.Sprintf("%d rows read, %d kept with %d events, %s to %s", d.Rows, d.Kept, d.Events, d.First, d.Last)})
		for _, x := range [][2]string{{"citation", d.Citation}, {"licence", d.Licence}, {"file", d.File}} {
			if x[1] != "" {
				rows = append(rows, []string{x[0], x[1]})
			}
		}
	}
	if r.Map.Credit != "" {
		rows = append(rows, []string{"areas", r.Map.Credit})
	}
	rows = append(rows, []string{"Before you quote a number"})
	for _, c := range s.Cautions() {
		rows = append(rows, []string{"", c})
	}
	rows = append(rows, []string{"Sheets"})
	for _, t := range list {
		says := fmt.Sprintf("%s (%d rows)", tableMeans[t.name], len(t.rows))
		if len(t.rows) >= maxRows {
			says += "; too long for a sheet, it is in the files " + t.name + ".csv and .parquet alone"
		}
		rows = append(rows, []string{t.name, says})
	}
	rows = append(rows, []string{"Columns"})
	for _, t := range list {
		for _, c := range t.columns {
			rows = append(rows, []string{t.name + "." + c.name, means(t.name, c.name)})
		}
	}
	return rows, nil
}

func writeReadMe(f *excelize.File, sheet string, rows [][]string, s looks) error {
	w, err := f.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	if err := w.SetColWidth(1, 1, 34); err != nil {
		return err
	}
	if err := w.SetColWidth(2, 2, 110); err != nil {
		return err
	}
	for i, row := range rows {
		cells := []any{}
		for k, x := range row {
			look := s.plain
			switch {
			case len(row) == 1 && i == 0:
				look = s.title
			case len(row) == 1:
				look = s.head
			case k == 1 && rightToLeft(x):
				look = s.rtl
			case k == 1:
				look = s.wrap
			}
			cells = append(cells, excelize.Cell{StyleID: look, Value: clip(x)})
		}
		if err := w.SetRow(fmt.Sprintf("A%d", i+1), cells); err != nil {
			return err
		}
	}
	return w.Flush()
}

func writeSheet(f *excelize.File, t *table, s looks) error {
	w, err := f.NewStreamWriter(t.name)
	if err != nil {
		return err
	}
	for i, width := range t.widths() {
		if err := w.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	cells := make([]any, len(t.columns))
	for i, c := range t.columns {
		cells[i] = excelize.Cell{StyleID: s.head, Value: c.name}
	}
	if err := w.SetRow("A1", cells); err != nil {
		return err
	}
	for n, row := range t.rows {
		for i, v := range row {
			cell := excelize.Cell{StyleID: s.plain}
			switch x := v.(type) {
			case string:
				// A string is written as one: whatever it begins with, no formula.
				if x != "" {
					cell.Value = clip(x)
				}
				if rightToLeft(x) {
					cell.StyleID = s.rtl
				}
			case float64:
				switch {
				case math.IsInf(x, 1):
					cell.Value = "Inf"
				case math.IsInf(x, -1):
					cell.Value = "-Inf"
				case !math.IsNaN(x):
					cell.Value = x
				}
			case athar.Day:
				if x != noDay {
					cell.StyleID, cell.Value = s.date, int(x)+25569 // days since 1899-12-30
				}
			default:
				cell.Value = x
			}
			cells[i] = cell
		}
		if err := w.SetRow(fmt.Sprintf("A%d", n+2), cells); err != nil {
			return err
		}
	}
	return w.Flush()
}

// widths are the widths of the columns in characters: those of their longest
// values, within reason.
func (t *table) widths() []float64 {
	out := make([]float64, len(t.columns))
	for i, c := range t.columns {
		longest := utf8.RuneCountInString(c.name)
		for _, row := range t.rows {
			n := 11
			if s, ok := row[i].(string); ok {
				n = utf8.RuneCountInString(s)
			}
			longest = max(longest, n)
		}
		out[i] = float64(min(longest, 60) + 2)
	}
	return out
}

// clip keeps a text within what a cell holds.
func clip(s string) string {
	if utf8.RuneCountInString(s) <= maxCell {
		return s
	}
	return string([]rune(s)[:maxCell-1]) + "…"
}

// rightToLeft reports whether the first letter of s is of a script from right to left.
func rightToLeft(s string) bool {
	i := strings.IndexFunc(s, unicode.IsLetter)
	if i < 0 {
		return false
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	return unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko)
}
