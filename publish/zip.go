package publish

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"
	"time"
)

// file is one file that is to be written, by its name in the folder.
type file struct {
	name string
	b    []byte
}

// archived is the time of every entry of an archive: the first that the format knows.
var archived = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// zipped packs files in the given order, all with the same time.
func zipped(files []file) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, x := range files {
		e, err := w.CreateHeader(&zip.FileHeader{Name: x.name, Method: zip.Deflate, Modified: archived})
		if err != nil {
			return nil, err
		}
		if _, err := e.Write(x.b); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// rezipped packs an archive anew with its entries in order, so that the same
// entries are the same bytes: the library that writes workbooks takes sheets in
// no order. The list of types, which readers want first, stays first: "[" sorts before letters.
func rezipped(b []byte) ([]byte, error) {
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	var files []file
	for _, e := range r.File {
		f, err := e.Open()
		if err != nil {
			return nil, err
		}
		all, err := io.ReadAll(f)
		f.Close()
		if err != nil {
			return nil, err
		}
		files = append(files, file{e.Name, all})
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return zipped(files)
}
