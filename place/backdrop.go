package place

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/peterstace/simplefeatures/geom"

	"athar"
	"athar/tabular"
)

// The layers of a backdrop.
const (
	Rivers = "rivers"
	Lakes  = "lakes"
	Towns  = "places"
)

// Backdrop is what lies under the symbols of a map. Nothing is computed from it.
type Backdrop struct {
	Files []athar.ManifestRef

	layers []athar.MapLayer
	rivers []drawn
	lakes  []drawn
	towns  []town
}

// drawn are the lines or rings of one feature.
type drawn struct {
	layer int // index into layers
	lines [][]point
}

type town struct {
	layer int
	rank  float64
	size  float64 // inhabitants
	athar.MapTown
}

// kinds says what each layer is made of, in the words of messages.
var kinds = map[string]string{Rivers: "line", Lakes: "polygon", Towns: "point with a name"}

// Load reads one file of a layer. Features of another kind are counted; a file
// with none of the layer's kind is an error.
func (b *Backdrop) Load(layer, path, label string) error {
	parts, ref, err := readParts(path, label, "with "+kinds[layer]+"s")
	if err != nil {
		return err
	}
	info := athar.MapLayer{Layer: layer, File: label, Features: len(parts)}
	usable := 0
	for _, p := range parts {
		var lines [][]point
		for _, g := range p.geometries {
			var rings []geom.Sequence
			switch {
			case layer == Rivers && g.IsLineString():
				rings = []geom.Sequence{g.MustAsLineString().Coordinates()}
			case layer == Lakes && g.IsPolygon():
				rings = g.MustAsPolygon().Coordinates()
			case layer == Towns && g.IsPoint():
				if c, ok := g.MustAsPoint().Coordinates(); ok {
					rings = []geom.Sequence{geom.NewSequence([]float64{c.X, c.Y}, geom.DimXY)}
				}
			}
			for _, seq := range rings {
				line := make([]point, seq.Length())
				for i := range line {
					xy := seq.GetXY(i)
					line[i] = point{xy.X, xy.Y}
					if msg, hint := offEarth(line[i]); msg != "" {
						return &Error{File: label, Msg: fmt.Sprintf("feature %d: %s", p.number, msg), Hint: hint}
					}
				}
				if layer == Lakes && len(line) > 0 && line[0] != line[len(line)-1] {
					line = append(line, line[0])
				}
				if len(line) >= map[string]int{Rivers: 2, Lakes: 4, Towns: 1}[layer] {
					lines = append(lines, line)
				}
			}
		}
		at := len(b.layers)
		switch {
		case len(lines) == 0:
			info.Unusable++
			continue
		case layer == Rivers:
			b.rivers = append(b.rivers, drawn{at, lines})
		case layer == Lakes:
			b.lakes = append(b.lakes, drawn{at, lines})
		default:
			t := p.town()
			if t.Name.En == "" {
				info.Unusable++
				continue
			}
			t.layer, t.Lon, t.Lat = at, athar.Num(round3(lines[0][0].x)), athar.Num(round3(lines[0][0].y))
			b.towns = append(b.towns, t)
		}
		usable++
	}
	if usable == 0 {
		return &Error{File: label, Msg: fmt.Sprintf("none of its %d features is a %s", len(parts), kinds[layer]),
			Hint: "map takes lines under rivers, polygons under lakes and points with the property name under places"}
	}
	b.layers = append(b.layers, info)
	b.Files = append(b.Files, ref)
	return nil
}

// town reads name and importance by the property names of Natural Earth, which
// writes them in small or capital letters.
func (f part) town() town {
	by := map[string]any{}
	for k, v := range f.properties {
		by[tabular.Fold(k)] = v
	}
	text := func(key string) string { return feature{properties: by}.text(key) }
	num := func(key string, unknown float64) float64 {
		if v, ok := by[key].(float64); ok {
			return v
		}
		return unknown
	}
	t := town{rank: num("scalerank", math.Inf(1)), size: num("pop_max", 0)}
	t.Name = athar.Names{En: cmp.Or(text("name_en"), text("nameascii"), text("name"), text("name_ar")), Ar: text("name_ar")}
	return t
}

// The most that a page carries: corners of all rivers, of all lakes, and towns.
// A corner costs about five bytes; only towns with a label cost any.
const riverPoints, lakePoints, mostTowns = 4000, 1500, 200

// Draw puts the backdrop on a map: what lies near its areas, simplified.
// around is how far in km the maps reach beyond the areas.
func (b *Backdrop) Draw(m *athar.MapInfo, around float64) {
	w := windowOf(m.Areas, around)
	m.Layers = slices.Clone(b.layers)
	m.Rivers = sketch(b.rivers, m.Layers, w, riverPoints, false)
	m.Lakes = sketch(b.lakes, m.Layers, w, lakePoints, true)
	towns := slices.Clone(b.towns)
	slices.SortStableFunc(towns, func(a, b town) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(b.size, a.size), strings.Compare(a.Name.En, b.Name.En), cmp.Compare(a.Lon, b.Lon), cmp.Compare(a.Lat, b.Lat))
	})
	m.Towns = nil
	for _, t := range towns {
		switch {
		case !w.holds(point{float64(t.Lon), float64(t.Lat)}):
			m.Layers[t.layer].Outside++
		case len(m.Towns) == mostTowns:
			m.Layers[t.layer].Minor++
		default:
			m.Layers[t.layer].Drawn++
			m.Towns = append(m.Towns, t.MapTown)
		}
	}
}

// windowOf is the box around all areas and what a map can show beyond them: maps
// are at most 1.62 times as wide as high, and at least 1.22 times.
func windowOf(areas []athar.MapArea, around float64) Box {
	w := Box{180, 90, -180, -90}
	grow := func(lon, lat float64) {
		w.West, w.East, w.South, w.North = min(w.West, lon), max(w.East, lon), min(w.South, lat), max(w.North, lat)
	}
	for _, a := range areas {
		if hasPoint(a.Area) {
			grow(a.Lon, a.Lat)
		}
		for _, ring := range a.Outline {
			for k := 0; k+1 < len(ring); k += 2 {
				grow(float64(ring[k]), float64(ring[k+1]))
			}
		}
	}
	k := max(0.2, math.Cos((w.South+w.North)/2*radian))
	pad := around / (earthKm * radian)
	wide, high := (w.East-w.West)*k+2*pad, w.North-w.South+2*pad
	wide, high = max(wide, 1.62*high), max(high, wide/1.22)
	x, y := (w.West+w.East)/2, (w.South+w.North)/2
	return Box{x - wide/k/2, y - high/2, x + wide/k/2, y + high/2}
}

func (w Box) holds(p point) bool {
	return p.x >= w.West && p.x <= w.East && p.y >= w.South && p.y <= w.North
}

// near reports whether the box around a line meets the window.
func (w Box) near(line []point) bool {
	b := Box{180, 90, -180, -90}
	for _, p := range line {
		b.West, b.East, b.South, b.North = min(b.West, p.x), max(b.East, p.x), min(b.South, p.y), max(b.North, p.y)
	}
	return b.West <= w.East && b.East >= w.West && b.South <= w.North && b.North >= w.South
}

// stretches are the parts of a line in the window, each with the corner before
// and after it.
func (w Box) stretches(line []point) (out [][]point) {
	start := -1
	for i := range line {
		in := w.holds(line[i]) || i > 0 && w.holds(line[i-1]) || i+1 < len(line) && w.holds(line[i+1])
		if in && start < 0 {
			start = i
		}
		if start >= 0 && (!in || i == len(line)-1) {
			end := i
			if in {
				end++
			}
			out = append(out, line[start:end])
			start = -1
		}
	}
	return out
}

// sketch returns the features near a window as flat lines, as fine as limit
// corners in all allow, and counts them by layer.
func sketch(features []drawn, layers []athar.MapLayer, w Box, limit int, closed bool) [][]athar.Num {
	type piece struct {
		feature int
		line    []point
	}
	var pieces []piece
	for i, f := range features {
		n := len(pieces)
		for _, line := range f.lines {
			switch {
			case !closed:
				for _, s := range w.stretches(line) {
					pieces = append(pieces, piece{i, s})
				}
			case w.near(line):
				pieces = append(pieces, piece{i, line})
			}
		}
		if len(pieces) == n {
			layers[f.layer].Outside++
		}
	}
	for tolerance := 0.002; ; tolerance *= 1.4 {
		var out [][]athar.Num
		total := 0
		seen := map[int]bool{}
		for _, p := range pieces {
			var flat []athar.Num
			if closed {
				flat = rounded(simplify(p.line, tolerance, nil))
			} else {
				flat = rounded(simplifyPiece(slices.Clone(p.line), tolerance))
			}
			if len(flat) < 4 || closed && len(flat) < 6 {
				continue
			}
			seen[p.feature] = true
			out = append(out, flat)
			total += len(flat) / 2
		}
		if total > limit && tolerance < 1 {
			continue
		}
		counted := map[int]bool{}
		for _, p := range pieces {
			if counted[p.feature] {
				continue
			}
			counted[p.feature] = true
			if l := &layers[features[p.feature].layer]; seen[p.feature] {
				l.Drawn++
			} else {
				l.Minor++
			}
		}
		return out
	}
}

func round3(v float64) float64 { return math.Round(v*1000) / 1000 }
