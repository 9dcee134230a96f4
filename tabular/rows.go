package tabular

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

var delimiterNames = map[rune]string{',': "comma", ';': "semicolon", '\t': "tab", '|': "bar"}

// first returns the first row of a text file as each of the delimiters
// would cut it. It consumes nothing.
func (f *File) first(delimiters string) (map[rune][]string, error) {
	peek, err := f.text.Peek(peekSize)
	if err != nil && err != io.EOF && !bytes.ContainsRune(peek, '\n') {
		return nil, f.fault(err)
	}
	rows := map[rune][]string{}
	for _, d := range delimiters {
		if d == '\t' && f.options.Raw {
			if line, _, _ := bytes.Cut(peek, []byte("\n")); len(line) > 0 {
				rows[d] = strings.Split(strings.TrimSuffix(string(line), "\r"), "\t")
			}
			continue
		}
		r := csv.NewReader(bytes.NewReader(peek))
		r.Comma = d
		r.LazyQuotes = true
		if rec, err := r.Read(); err == nil {
			rows[d] = rec
		}
	}
	if len(rows) == 0 {
		return nil, &Error{File: f.Label, Msg: "the file has no header", Hint: "its first line must name the columns"}
	}
	return rows, nil
}

// Heads returns the first row as each of the ways to separate columns would
// cut it, the widest first. It consumes the row of a sheet.
func (f *File) Heads() ([][]string, error) {
	switch {
	case f.Excel:
		cells, err := f.sheetRow()
		if err == io.EOF {
			return nil, &Error{File: f.Label, Msg: "the sheet is empty"}
		}
		return [][]string{cells}, err
	case f.parquet != nil:
		return [][]string{f.parquetHeader}, nil
	}
	rows, err := f.first(",;\t|")
	if err != nil {
		return nil, err
	}
	var heads [][]string
	for _, d := range ",;\t|" {
		if rows[d] != nil {
			heads = append(heads, rows[d])
		}
	}
	slices.SortStableFunc(heads, func(a, b []string) int { return cmp.Compare(len(b), len(a)) })
	return heads, nil
}

// Start reads the header. A text file is taken to be separated by the first
// of the delimiters whose header serves best by score; headerless, if not nil,
// may recognise a first row of data and return the names of its columns.
func (f *File) Start(delimiters string, score func(header []string) int, headerless func(first []string) []string) error {
	var header []string
	if f.Excel {
		cells, err := f.sheetRow()
		if err == io.EOF {
			return &Error{File: f.Label, Msg: "the sheet is empty"}
		}
		if err != nil {
			return err
		}
		header = cells
	} else if f.parquet != nil {
		header = f.parquetHeader
	} else {
		rows, err := f.first(",;\t|")
		if err != nil {
			return err
		}
		best := -1
		for _, d := range delimiters {
			if rec, ok := rows[d]; ok && (best < 0 || score(rec) > best) {
				best, f.comma, header = score(rec), d, rec
			}
		}
		if header == nil {
			f.comma = ','
		}
		for _, d := range ",;\t|" {
			if len(header) <= 1 && len(rows[d]) > 2 {
				return &Error{File: f.Label, Line: 1, Msg: fmt.Sprintf("the header has one column; it seems to be separated by %ss", delimiterNames[d]),
					Hint: "save the file again as comma-separated values"}
			}
		}
		if f.comma != ',' {
			f.Layout = append(f.Layout, delimiterNames[f.comma]+"-separated")
		}
		f.raw = f.options.Raw && f.comma == '\t'
		f.csv = csv.NewReader(f.text)
		f.csv.Comma = f.comma
		f.csv.FieldsPerRecord = -1
		f.csv.ReuseRecord = true
	}
	f.Header = make([]string, len(header))
	for i, h := range header {
		f.Header[i] = strings.TrimSpace(h)
	}
	if headerless != nil {
		if names := headerless(header); names != nil {
			f.Header = names
			f.Layout = append(f.Layout, "no header")
			return nil
		}
	}
	if f.text != nil {
		if _, _, err := f.next(); err != nil {
			return f.parseError(err)
		}
	}
	return nil
}

// next returns the cells of the next row and its line.
func (f *File) next() (cells []string, line int, err error) {
	switch {
	case f.sheet != nil:
		cells, err = f.sheetRow()
		if err == nil && len(cells) < len(f.Header) {
			cells = append(cells, make([]string, len(f.Header)-len(cells))...)
		}
		for len(cells) > len(f.Header) && strings.TrimSpace(cells[len(cells)-1]) == "" {
			cells = cells[:len(cells)-1]
		}
		return cells, f.line, err
	case f.parquet != nil:
		cells, err = f.parquetRow()
		return cells, f.line, err
	case f.raw:
		cells, err = f.rawRow()
		return cells, f.line, err
	}
	cells, err = f.csv.Read()
	if err == nil {
		line, _ = f.csv.FieldPos(0)
	}
	return cells, line, err
}

// rawRow returns the next line that is not empty, cut at its tabs.
func (f *File) rawRow() ([]string, error) {
	for {
		b, err := f.text.ReadSlice('\n')
		var long []byte
		for err == bufio.ErrBufferFull {
			long = append(long, b...)
			b, err = f.text.ReadSlice('\n')
		}
		if long != nil {
			b = append(long, b...)
		}
		if err != nil && (err != io.EOF || len(b) == 0) {
			return nil, err
		}
		f.line++
		b = bytes.TrimRight(b, "\r\n")
		if len(b) == 0 {
			continue
		}
		f.cells = f.cells[:0]
		for cell := range strings.SplitSeq(string(b), "\t") {
			f.cells = append(f.cells, cell)
		}
		return f.cells, nil
	}
}

// sheetRow returns the next row of a sheet that has content.
func (f *File) sheetRow() ([]string, error) {
	for f.sheet.Next() {
		f.line++
		cells, err := f.sheet.Columns()
		if err != nil {
			return nil, f.fault(err)
		}
		if !blank(cells) {
			return cells, nil
		}
	}
	if err := f.sheet.Error(); err != nil {
		return nil, f.fault(err)
	}
	return nil, io.EOF
}

func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// parseError says what is wrong with the quotes of a text file.
func (f *File) parseError(err error) error {
	var pe *csv.ParseError
	if !errors.As(err, &pe) {
		return f.fault(err)
	}
	e := &Error{File: f.Label, Line: pe.Line, Column: pe.Column, Msg: `a quotation mark stands where none may`,
		Hint: `a field with quotation marks must itself be quoted, and each mark in it doubled`}
	if pe.StartLine != pe.Line {
		e.Msg = fmt.Sprintf("the quoted field that begins in line %d does not end properly; rows up to line %d cannot be told apart", pe.StartLine, pe.Line)
	}
	return e
}

// Row is one row of a table. Its cells are valid until the next row is read.
type Row struct {
	Line  int
	cells []string
	file  *File
}

// Cell returns the cell of a mapped field without surrounding space; "" if the
// table has no such column.
func (r Row) Cell(field string) string {
	if i, ok := r.file.columns[field]; ok {
		return strings.TrimSpace(r.cells[i])
	}
	return ""
}

// At returns the cell of column i, counted from 0, without surrounding space.
func (r Row) At(i int) string { return strings.TrimSpace(r.cells[i]) }

// Column returns the file's own name of the column of a field.
func (f *File) Column(field string) string {
	if i, ok := f.columns[field]; ok {
		return f.Header[i]
	}
	return ""
}

// Has reports whether the table has a column for a field.
func (f *File) Has(field string) bool {
	_, ok := f.columns[field]
	return ok
}

// Keep returns a copy of s that does not hold on to the row it came from; the
// same text is stored once, if it is one of the first maxWords.
func (f *File) Keep(s string) string {
	if s == "" {
		return ""
	}
	if k, ok := f.words[s]; ok {
		return k
	}
	k := strings.Clone(s)
	if len(f.words) < maxWords {
		f.words[k] = k
	}
	return k
}

const maxWords = 1 << 17

// Each calls do for every row after the header that fits the header, and
// counts every row in t. It stops when ctx ends.
func (f *File) Each(ctx context.Context, t *Tally, do func(Row)) error {
	return f.Walk(ctx, t, func(r Row) error { do(r); return nil })
}

// Walk is Each for a do that may fail; it returns do's first error.
func (f *File) Walk(ctx context.Context, t *Tally, do func(Row) error) error {
	if f.columns == nil {
		f.columns = map[string]int{}
	}
	row := Row{file: f}
	for n := 0; ; n++ {
		if n%1024 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		cells, line, err := f.next()
		row.Line = line
		var pe *csv.ParseError
		switch {
		case err == io.EOF:
			if t.Rows == 0 {
				return &Error{File: f.Label, Msg: "the file has a header and no rows"}
			}
			if f.latin != nil && f.latin.n > 0 {
				f.Layout = append(f.Layout, "Windows-1252")
			}
			return nil
		case errors.As(err, &pe) && pe.StartLine == pe.Line:
			t.Rows++
			t.Reject(pe.Line, "", "bad-quote", f.parseError(err).(*Error).Msg)
			continue
		case err != nil:
			return f.parseError(err)
		case blank(cells):
			continue
		}
		t.Rows++
		switch {
		case len(cells) != len(f.Header):
			t.Reject(row.Line, "", "field-count", fmt.Sprintf("%d fields where the header has %d", len(cells), len(f.Header)))
		case tagged(cells):
			t.Drop("hxl-tags")
		default:
			row.cells = cells
			if err := do(row); err != nil {
				return err
			}
		}
	}
}

// tagged recognises the row of HXL hashtags that some publishers put under
// the header: every cell that is not empty begins with "#".
func tagged(cells []string) bool {
	for _, c := range cells {
		if c = strings.TrimSpace(c); c != "" && !strings.HasPrefix(c, "#") {
			return false
		}
	}
	return true
}
