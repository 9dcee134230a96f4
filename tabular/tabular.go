// Package tabular opens the tables that people publish, CSV, XLSX or Parquet,
// plain, gzipped or in a zip, and walks their rows.
//
// The package thinks that a file should either be read exactly or refused with
// what to do: text in another encoding than UTF-8 is refused at its first bad
// byte, a quote that swallows lines is refused with those lines, and a row
// that does not fit its header is counted as damaged, never padded. Every row
// ends up in a [Tally], so that rows read = rows kept + rows dropped by reason
// holds by construction. Lines without any content are not rows.
package tabular

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Error is a complaint about an input file: where, what, and what to do.
type Error struct {
	File   string // as the user wrote it
	Line   int    // 1 is the first; 0: the file as a whole
	Column int    // of the line, 1 is the first; 0: the line as a whole
	Msg    string
	Hint   string
	cause  error
}

// Unwrap returns the operating system's error, if there is one.
func (e *Error) Unwrap() error { return e.cause }

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
		if e.Column > 0 {
			fmt.Fprintf(&b, ":%d", e.Column)
		}
	}
	b.WriteString(": " + e.Msg)
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// File is an open table.
type File struct {
	Label  string
	SHA256 string // of the file's bytes, hexadecimal
	Bytes  int64
	Header []string // column names without surrounding space; set by Start
	Excel  bool     // an XLSX sheet: dates may be serial numbers
	Layout []string // what was recognised about the file, for people

	epoch1904 bool
	closers   []io.Closer
	text      *bufio.Reader
	csv       *csv.Reader
	comma     rune
	sheet     *excelize.Rows
	parquet   *parquetRows
	line      int // of a sheet, a Parquet file or raw text: the row read last
	options   Options
	latin     *latin // nil: UTF-8 only
	raw       bool   // separated by tabs, without quotation
	cells     []string
	columns   map[string]int
	words     map[string]string

	parquetHeader []string
	lastCell      string // read last by Stamp
	lastStamp     Stamp
}

// peekSize is how much of a text file is looked at to find its delimiter; a
// header must fit into it.
const peekSize = 1 << 16

// foreign are the beginnings of files that people take for a table.
var foreign = []struct{ magic, is, hint string }{
	{"\xD0\xCF\x11\xE0", "an old Excel workbook (.xls)", "save it as .xlsx or as CSV UTF-8"},
	{"%PDF", "a PDF document", "copy its table into a CSV or XLSX file"},
	{"<!DOCTYPE", "a web page", "download the file again; the server may have asked for a login"},
	{"<!doctype", "a web page", "download the file again; the server may have asked for a login"},
	{"<html", "a web page", "download the file again; the server may have asked for a login"},
	{"BZh", "compressed with bzip2", "unpack it, or compress it with gzip"},
	{"\xFD7zXZ", "compressed with xz", "unpack it, or compress it with gzip"},
	{"7z\xBC\xAF", "a 7-Zip archive", "unpack it"},
}

// Options says what a format allows in its files beyond the ordinary.
type Options struct {
	Sheet  string // of a workbook; "": the first
	Joined bool   // a zip may hold several files that are one table
	Latin  bool   // bytes that are not UTF-8 are Windows-1252
	Raw    bool   // quotation marks mean nothing in a file separated by tabs
	Glance bool   // only the beginning will be looked at: no hash
}

// Open opens a table. Sheet names a sheet of a workbook; "" is the first.
// Label is the path as the user wrote it, for messages.
func Open(path, label, sheet string) (*File, error) {
	return OpenAs(path, label, Options{Sheet: sheet})
}

// OpenAs opens a table with what its format allows.
func OpenAs(path, label string, o Options) (_ *File, err error) {
	f := &File{Label: label, words: map[string]string{}, options: o}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	file, err := openRegular(path, label)
	if err != nil {
		return nil, err
	}
	f.closers = append(f.closers, file)
	if o.Glance {
		info, err := file.Stat()
		if err != nil {
			return nil, f.fault(err)
		}
		f.Bytes = info.Size()
	} else {
		sum := sha256.New()
		if f.Bytes, err = io.Copy(sum, file); err != nil {
			return nil, f.fault(err)
		}
		f.SHA256 = hex.EncodeToString(sum.Sum(nil))
	}
	if f.Bytes == 0 {
		return nil, &Error{File: label, Msg: "the file is empty", Hint: "download or export it again"}
	}
	if _, err = file.Seek(0, io.SeekStart); err != nil {
		return nil, f.fault(err)
	}
	raw := bufio.NewReader(file)
	magic, _ := raw.Peek(4)
	var text io.Reader = raw
	switch {
	case bytes.HasPrefix(magic, []byte("\x1f\x8b")):
		f.Layout = append(f.Layout, "gzip")
		if text, err = gzip.NewReader(raw); err != nil {
			return nil, f.fault(err)
		}
	case string(magic) == "PK\x03\x04":
		z, err := zip.NewReader(file, f.Bytes)
		if err != nil {
			return nil, f.fault(err)
		}
		if isWorkbook(z) {
			return f, f.openSheet(io.NewSectionReader(file, 0, f.Bytes), o.Sheet)
		}
		list := members(z)
		if !o.Joined && len(list) != 1 || len(list) == 0 {
			var names []string
			for _, m := range list {
				names = append(names, m.Name)
			}
			return nil, &Error{File: f.Label, Msg: fmt.Sprintf("the zip holds %d files, not one", len(names)),
				Hint: suggest("unpack it and name one of its files", names[:min(3, len(names))])}
		}
		f.Layout = append(f.Layout, "zip")
		if len(list) > 1 {
			f.Layout[len(f.Layout)-1] = fmt.Sprintf("zip of %d files, lines counted through", len(list))
		}
		j := &joined{members: list}
		f.closers = append(f.closers, j)
		text = j
	case string(magic) == "PAR1":
		return f, f.openParquet(file)
	}
	return f, f.openText(text)
}

// New is a table of text that is at hand; it has no hash.
func New(r io.Reader, label string, o Options) (*File, error) {
	f := &File{Label: label, words: map[string]string{}, options: o}
	return f, f.openText(r)
}

// openRegular opens a file, or says why it cannot be one.
func openRegular(path, label string) (*os.File, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e := &Error{File: label, Msg: "no such file", cause: err}
		dir := filepath.Dir(path)
		entries, err := os.ReadDir(dir)
		if err != nil {
			e.Msg = "no such file; its folder does not exist either"
			return nil, e
		}
		var names []string
		for _, entry := range entries {
			names = append(names, entry.Name())
		}
		e.Hint = suggest("the folder has", Nearest(filepath.Base(path), names, 3))
		return nil, e
	case err != nil:
		return nil, &Error{File: label, Msg: reason(err), cause: err}
	case info.IsDir():
		return nil, &Error{File: label, Msg: "this is a folder", Hint: "name a file in it"}
	case !info.Mode().IsRegular():
		return nil, &Error{File: label, Msg: "this is not a regular file"}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, &Error{File: label, Msg: reason(err), cause: err}
	}
	return file, nil
}

// reason drops the path from an error of the operating system: the label is
// already in the message.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// ReadAll returns the text of a whole UTF-8 file, plain, gzipped or alone in
// a zip, with the file's hash and size.
func ReadAll(path, label string) (text []byte, f *File, err error) {
	f, err = Open(path, label, "")
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	if f.text == nil {
		return nil, nil, &Error{File: label, Msg: "this is a workbook or a Parquet file, not a text file"}
	}
	text, err = io.ReadAll(f.text)
	if err != nil {
		return nil, nil, f.fault(err)
	}
	return text, f, nil
}

// Close closes the file.
func (f *File) Close() error {
	var first error
	for i := len(f.closers) - 1; i >= 0; i-- {
		if err := f.closers[i].Close(); err != nil && first == nil {
			first = err
		}
	}
	f.closers = nil
	return first
}

func isWorkbook(z *zip.Reader) bool {
	for _, m := range z.File {
		if m.Name == "[Content_Types].xml" || m.Name == "xl/workbook.xml" {
			return true
		}
	}
	return false
}

func (f *File) openSheet(r io.Reader, sheet string) error {
	book, err := excelize.OpenReader(r, excelize.Options{RawCellValue: true, UnzipSizeLimit: 4 << 30})
	if err != nil {
		return &Error{File: f.Label, Msg: "the workbook cannot be read: " + err.Error(), Hint: "open it in a spreadsheet program and save it again, or export CSV UTF-8"}
	}
	f.closers = append(f.closers, book)
	sheets := book.GetSheetList()
	if sheet == "" && len(sheets) > 0 {
		sheet = sheets[0]
	}
	found := false
	for _, s := range sheets {
		found = found || s == sheet
	}
	if !found {
		return &Error{File: f.Label, Msg: fmt.Sprintf("the workbook has no sheet %q", sheet), Hint: suggest("its sheets are", sheets)}
	}
	if props, err := book.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		f.epoch1904 = *props.Date1904
	}
	if f.sheet, err = book.Rows(sheet); err != nil {
		return f.fault(err)
	}
	f.closers = append(f.closers, f.sheet)
	f.Excel = true
	f.Layout = append(f.Layout, fmt.Sprintf("XLSX sheet %q", sheet))
	return nil
}

func (f *File) openText(r io.Reader) error {
	head := bufio.NewReaderSize(r, peekSize)
	start, err := head.Peek(512)
	if err != nil && err != io.EOF {
		return f.fault(err)
	}
	for _, k := range foreign {
		if bytes.HasPrefix(bytes.TrimLeft(start, " \r\n\t"), []byte(k.magic)) {
			return &Error{File: f.Label, Msg: "this is " + k.is + ", not a table", Hint: k.hint}
		}
	}
	if bytes.HasPrefix(start, []byte("\xFF\xFE")) || bytes.HasPrefix(start, []byte("\xFE\xFF")) || bytes.IndexByte(start, 0) >= 0 {
		return &Error{File: f.Label, Line: 1, Column: 1, Msg: "the file is in UTF-16, not UTF-8", Hint: saveAsUTF8}
	}
	if bytes.HasPrefix(start, []byte("\xEF\xBB\xBF")) {
		if _, err := head.Discard(3); err != nil {
			return f.fault(err)
		}
	}
	if f.options.Latin {
		f.latin = &latin{r: head}
		f.text = bufio.NewReaderSize(f.latin, peekSize)
		return nil
	}
	f.text = bufio.NewReaderSize(&utf8Reader{r: head, label: f.Label, line: 1}, peekSize)
	return nil
}

const saveAsUTF8 = "save it again as UTF-8 (Excel: Save As, type CSV UTF-8; LibreOffice: Save As, Edit filter settings, character set UTF-8)"

// fault puts a reading error into words.
func (f *File) fault(err error) error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{File: f.Label, Msg: "the compressed file ends too early", Hint: "download it again"}
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.Is(err, zip.ErrFormat),
		errors.Is(err, zip.ErrChecksum), errors.Is(err, zip.ErrAlgorithm), errors.As(err, &corrupt):
		return &Error{File: f.Label, Msg: "the compressed file is damaged: " + err.Error(), Hint: "download it again"}
	}
	return &Error{File: f.Label, Msg: reason(err), cause: err}
}
