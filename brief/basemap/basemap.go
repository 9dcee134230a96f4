// Package basemap holds the country outlines that lie under the brief's maps.
//
// The package thinks that a base map is there to say where one is, no more: it
// knows country outlines at 1:50 million and their English names, and nothing
// that happened in them. The outlines are Natural Earth's, in the public
// domain; README.md says how they were converted.
package basemap

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
)

// Point is a longitude and a latitude in degrees.
type Point struct{ Lon, Lat float64 }

// Country is one country: its name in English and the closed rings of its
// outline, outer and inner alike (fill with the even-odd rule).
type Country struct {
	Name  string
	Rings [][]Point
}

// The file is gzip over varints: the number of arcs; for each the number of
// points and their steps in 1/200 degree, the first from (0, 0); the number of
// countries; for each the length of its name, the name, the number of rings;
// for each ring the number of arcs and their indices, ^i meaning arc i backwards.
//
//go:embed countries.bin
var file []byte

// Countries returns all countries, sorted by name. The result is shared and
// must not be changed.
var Countries = sync.OnceValue(func() []Country {
	c, err := decode(file)
	if err != nil {
		panic(fmt.Sprintf("basemap: embedded file: %v", err))
	}
	return c
})

func decode(z []byte) (countries []Country, err error) {
	gz, err := gzip.NewReader(bytes.NewReader(z))
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(gz)
	if err != nil {
		return nil, err
	}
	r := bytes.NewReader(raw)
	count := func() int {
		n, e := binary.ReadUvarint(r)
		if e != nil || n > uint64(len(raw)) {
			err = io.ErrUnexpectedEOF
			return 0
		}
		return int(n)
	}
	step := func() int {
		n, e := binary.ReadVarint(r)
		if e != nil {
			err = io.ErrUnexpectedEOF
		}
		return int(n)
	}
	arcs := make([][]Point, count())
	for i := range arcs {
		arcs[i] = make([]Point, count())
		x, y := 0, 0
		for k := range arcs[i] {
			x += step()
			y += step()
			arcs[i][k] = Point{float64(x) / 200, float64(y) / 200}
		}
	}
	countries = make([]Country, count())
	for i := range countries {
		name := make([]byte, count())
		if _, e := io.ReadFull(r, name); e != nil {
			return nil, e
		}
		countries[i].Name = string(name)
		countries[i].Rings = make([][]Point, count())
		for k := range countries[i].Rings {
			var ring []Point
			for range count() {
				ring = appendArc(ring, arcs, step())
			}
			countries[i].Rings[k] = ring
		}
		if err != nil {
			return nil, err
		}
	}
	return countries, err
}

// appendArc joins an arc to a ring; arcs share their end points.
func appendArc(ring []Point, arcs [][]Point, i int) []Point {
	backwards := i < 0
	if backwards {
		i = ^i
	}
	if i >= len(arcs) {
		return ring
	}
	for k := range arcs[i] {
		if k == 0 && len(ring) > 0 {
			continue
		}
		if backwards {
			k = len(arcs[i]) - 1 - k
		}
		ring = append(ring, arcs[i][k])
	}
	return ring
}
