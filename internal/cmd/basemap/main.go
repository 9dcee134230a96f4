// Basemap converts Natural Earth country outlines from TopoJSON to the compact
// file that package basemap embeds. It was run once:
//
//	go run ./internal/cmd/basemap countries-50m.json brief/basemap/countries.bin
//
// The output format is described at package basemap.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log"
	"math"
	"os"
	"slices"
	"strings"
)

type topology struct {
	Arcs      [][][2]float64 `json:"arcs"`
	Transform struct {
		Scale     [2]float64 `json:"scale"`
		Translate [2]float64 `json:"translate"`
	} `json:"transform"`
	Objects struct {
		Countries struct {
			Geometries []struct {
				Type       string          `json:"type"`
				Arcs       json.RawMessage `json:"arcs"`
				Properties struct {
					Name string `json:"name"`
				} `json:"properties"`
			} `json:"geometries"`
		} `json:"countries"`
	} `json:"objects"`
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: basemap countries-50m.json countries.bin")
	}
	in, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	out, err := convert(in)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(os.Args[2], out, 0o644); err != nil {
		log.Fatal(err)
	}
}

func convert(in []byte) ([]byte, error) {
	var t topology
	if err := json.Unmarshal(in, &t); err != nil {
		return nil, err
	}
	b := binary.AppendUvarint(nil, uint64(len(t.Arcs)))
	for _, arc := range t.Arcs {
		b = appendArc(b, arc, t)
	}
	type country struct {
		name  string
		rings [][]int
	}
	var all []country
	for _, g := range t.Objects.Countries.Geometries {
		var polygons [][][]int
		switch g.Type {
		case "Polygon":
			polygons = make([][][]int, 1)
			if err := json.Unmarshal(g.Arcs, &polygons[0]); err != nil {
				return nil, err
			}
		case "MultiPolygon":
			if err := json.Unmarshal(g.Arcs, &polygons); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("%s: geometry %q", g.Properties.Name, g.Type)
		}
		all = append(all, country{g.Properties.Name, slices.Concat(polygons...)})
	}
	slices.SortFunc(all, func(a, b country) int { return strings.Compare(a.name, b.name) })
	b = binary.AppendUvarint(b, uint64(len(all)))
	for _, c := range all {
		b = binary.AppendUvarint(b, uint64(len(c.name)))
		b = append(b, c.name...)
		b = binary.AppendUvarint(b, uint64(len(c.rings)))
		for _, ring := range c.rings {
			b = binary.AppendUvarint(b, uint64(len(ring)))
			for _, arc := range ring {
				b = binary.AppendVarint(b, int64(arc))
			}
		}
	}
	var z bytes.Buffer
	w, err := gzip.NewWriterLevel(&z, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return z.Bytes(), nil
}

// appendArc writes one arc at 1/200 degree, leaving out points that do not move.
func appendArc(b []byte, arc [][2]float64, t topology) []byte {
	var deltas [][2]int64
	var sum [2]float64
	var last [2]int64
	for i, d := range arc {
		var q [2]int64
		for k := range q {
			sum[k] += d[k]
			q[k] = int64(math.Round((sum[k]*t.Transform.Scale[k] + t.Transform.Translate[k]) * 200))
		}
		if i > 0 && i < len(arc)-1 && q == last {
			continue
		}
		deltas = append(deltas, [2]int64{q[0] - last[0], q[1] - last[1]})
		last = q
	}
	b = binary.AppendUvarint(b, uint64(len(deltas)))
	for _, d := range deltas {
		b = binary.AppendVarint(b, d[0])
		b = binary.AppendVarint(b, d[1])
	}
	return b
}
