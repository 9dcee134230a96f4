package tabular

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"athar"
)

// parquetRows walks the rows of a Parquet file with flat columns, each cell
// written as in a CSV file.
type parquetRows struct {
	groups []parquet.RowGroup
	open   parquet.Rows
	write  []func(parquet.Value) string
	batch  []parquet.Row
	left   []parquet.Row
	cells  []string
}

func (f *File) openParquet(file *os.File) (err error) {
	damaged := func(what any) error {
		return &Error{File: f.Label, Msg: fmt.Sprintf("the Parquet file is damaged: %v", what), Hint: "download or export it again"}
	}
	defer func() { // the library panics on some damaged files
		if what := recover(); what != nil {
			err = damaged(what)
		}
	}()
	p, err := parquet.OpenFile(file, f.Bytes)
	if err != nil {
		return damaged(err)
	}
	rows := &parquetRows{groups: p.RowGroups(), batch: make([]parquet.Row, 256)}
	for _, c := range p.Root().Columns() {
		if !c.Leaf() || c.Repeated() {
			return &Error{File: f.Label, Msg: fmt.Sprintf("column %q of the Parquet file holds lists or records, not single values", c.Name()), Hint: "export it with plain columns"}
		}
		f.parquetHeader = append(f.parquetHeader, c.Name())
		rows.write = append(rows.write, parquetCell(c.Type()))
	}
	rows.cells = make([]string, len(rows.write))
	f.parquet = rows
	f.Layout = append(f.Layout, "Parquet")
	return nil
}

// parquetCell returns how values of a type are written.
func parquetCell(t parquet.Type) func(parquet.Value) string {
	var logical format.LogicalTypeValue
	if l := t.LogicalType(); l != nil {
		logical = l.Value
	}
	whole := func(v parquet.Value) int64 {
		if v.Kind() == parquet.Int32 {
			return int64(v.Int32())
		}
		return v.Int64()
	}
	switch l := logical.(type) {
	case *format.DateType:
		return func(v parquet.Value) string { return athar.Day(v.Int32()).String() }
	case *format.TimestampType:
		unit := time.Millisecond
		if l.Unit.Value != nil {
			unit = l.Unit.Value.Duration()
		}
		return func(v parquet.Value) string {
			perSecond := int64(time.Second / unit)
			n := v.Int64()
			return time.Unix(n/perSecond, n%perSecond*int64(unit)).UTC().Format("2006-01-02 15:04:05")
		}
	case *format.DecimalType:
		if t.Kind() == parquet.Int32 || t.Kind() == parquet.Int64 {
			return func(v parquet.Value) string { return decimal(whole(v), int(l.Scale)) }
		}
	}
	switch t.Kind() {
	case parquet.Int32, parquet.Int64:
		return func(v parquet.Value) string { return strconv.FormatInt(whole(v), 10) }
	case parquet.Float:
		return func(v parquet.Value) string { return strconv.FormatFloat(float64(v.Float()), 'f', -1, 32) }
	case parquet.Double:
		return func(v parquet.Value) string { return strconv.FormatFloat(v.Double(), 'f', -1, 64) }
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return func(v parquet.Value) string { return string(v.ByteArray()) }
	}
	return parquet.Value.String
}

// decimal writes n / 10^scale.
func decimal(n int64, scale int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	digits := strconv.FormatInt(n, 10)
	if scale <= 0 {
		return sign + digits + strings.Repeat("0", -scale)
	}
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale+1-len(digits)) + digits
	}
	return sign + digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
}

func (f *File) parquetRow() (cells []string, err error) {
	p := f.parquet
	defer func() {
		if what := recover(); what != nil {
			err = &Error{File: f.Label, Line: f.line, Msg: fmt.Sprintf("the Parquet file is damaged: %v", what), Hint: "download or export it again"}
		}
	}()
	for len(p.left) == 0 {
		if p.open == nil {
			if len(p.groups) == 0 {
				return nil, io.EOF
			}
			p.open, p.groups = p.groups[0].Rows(), p.groups[1:]
			f.closers = append(f.closers, p.open)
		}
		n, err := p.open.ReadRows(p.batch)
		p.left = p.batch[:n]
		if err == io.EOF {
			p.open = nil
		} else if err != nil {
			return nil, &Error{File: f.Label, Line: f.line, Msg: "the Parquet file is damaged: " + err.Error(), Hint: "download or export it again"}
		}
	}
	f.line++
	for _, v := range p.left[0] {
		cell := ""
		if !v.IsNull() {
			cell = p.write[v.Column()](v)
		}
		p.cells[v.Column()] = cell
	}
	p.left = p.left[1:]
	return p.cells, nil
}
