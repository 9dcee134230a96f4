package publish

import (
	"bytes"
	"encoding/csv"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"

	"athar"
)

// kind is the type of a column.
type kind int

// The types of columns. A number may be missing (not-a-number) or infinite; a
// date may be missing; the others always have a value, text an empty one.
const (
	text kind = iota
	number
	integer
	date
	yesno
)

// column is a column of a table. Its meaning stands in columnMeans.
type column struct {
	name string
	kind kind
}

// table is one table of the folder: rows of values by column, of the types
// string, float64, int, athar.Day (noDay: missing) and bool. An optional table is
// in the folder only if it has rows.
type table struct {
	name     string
	optional bool
	columns  []column
	rows     [][]any
}

const noDay = athar.Day(math.MinInt32)

// columns reads "name", "name number", "name date", ... into columns.
func columns(specs ...string) []column {
	kinds := map[string]kind{"": text, "number": number, "integer": integer, "date": date, "yesno": yesno}
	out := make([]column, len(specs))
	for i, s := range specs {
		name, k, _ := strings.Cut(s, " ")
		out[i] = column{name, kinds[k]}
	}
	return out
}

// add appends a row, with the published digits of every number.
func (t *table) add(values ...any) {
	if len(values) != len(t.columns) {
		panic("table " + t.name + ": a row does not fit its columns")
	}
	for i, v := range values {
		switch x := v.(type) {
		case string:
			values[i] = athar.Plain(x)
		case athar.Num:
			values[i] = rounded(float64(x))
		case *athar.Num:
			values[i] = math.NaN()
			if x != nil {
				values[i] = rounded(float64(*x))
			}
		case float64:
			values[i] = rounded(x)
		}
	}
	t.rows = append(t.rows, values)
}

// rounded is the number that [athar.Num] writes.
func rounded(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return f
	}
	f, _ = strconv.ParseFloat(athar.Num(f).String(), 64)
	return f
}

// safe is a text as a cell of a CSV file. A spreadsheet that opens the file
// takes a cell that begins with one of these signs for a formula and runs it; after an
// apostrophe it is text to all of them.
func safe(s string) string {
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}

// csv writes the table as CSV: UTF-8, comma, a missing value empty, infinity as
// Inf, dates as 2020-09-25.
func (t *table) csv() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	line := make([]string, len(t.columns))
	for i, c := range t.columns {
		line[i] = c.name
	}
	_ = w.Write(line) // a bytes.Buffer takes every write
	for _, row := range t.rows {
		for i, v := range row {
			switch x := v.(type) {
			case string:
				line[i] = safe(x)
			case int:
				line[i] = strconv.Itoa(x)
			case bool:
				line[i] = strconv.FormatBool(x)
			case athar.Day:
				line[i] = ""
				if x != noDay {
					line[i] = x.String()
				}
			case float64:
				switch {
				case math.IsNaN(x):
					line[i] = ""
				case math.IsInf(x, 1):
					line[i] = "Inf"
				case math.IsInf(x, -1):
					line[i] = "-Inf"
				default:
					line[i] = athar.Num(x).String()
				}
			}
		}
		_ = w.Write(line)
	}
	w.Flush()
	return b.Bytes()
}

// parquet writes the table as Parquet, its columns in their order.
func (t *table) parquet() ([]byte, error) {
	fields := make([]reflect.StructField, len(t.columns))
	for i, c := range t.columns {
		f := reflect.StructField{Name: "C" + strconv.Itoa(i), Tag: reflect.StructTag(`parquet:"` + c.name + `"`)}
		switch c.kind {
		case text:
			f.Type = reflect.TypeFor[string]()
		case number:
			f.Type, f.Tag = reflect.TypeFor[*float64](), reflect.StructTag(`parquet:"`+c.name+`,optional"`)
		case integer:
			f.Type = reflect.TypeFor[int32]()
		case date:
			f.Type, f.Tag = reflect.TypeFor[*int32](), reflect.StructTag(`parquet:"`+c.name+`,optional,date"`)
		case yesno:
			f.Type = reflect.TypeFor[bool]()
		}
		fields[i] = f
	}
	row := reflect.StructOf(fields)
	var b bytes.Buffer
	w := parquet.NewWriter(&b, parquet.SchemaOf(reflect.New(row).Interface()))
	for _, values := range t.rows {
		x := reflect.New(row)
		for i, v := range values {
			f := x.Elem().Field(i)
			switch v := v.(type) {
			case string:
				f.SetString(v)
			case int:
				f.SetInt(int64(v))
			case bool:
				f.SetBool(v)
			case athar.Day:
				if v != noDay {
					d := int32(v)
					f.Set(reflect.ValueOf(&d))
				}
			case float64:
				if !math.IsNaN(v) {
					f.Set(reflect.ValueOf(&v))
				}
			}
		}
		if err := w.Write(x.Interface()); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
