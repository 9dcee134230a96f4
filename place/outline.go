package place

import (
	"math"
	"slices"

	"github.com/peterstace/simplefeatures/geom"

	"athar"
)

// Outlines returns the areas for a map: their outlines, simplified to at most
// maxPoints corners in all as far as that leaves every area a shape (0: as
// fine as a page can show), and rounded to 3 decimals. A ring does not repeat
// its first corner. Neighbours keep a common border, so no gaps open between
// them: a border is cut where three areas or an edge of the map meet, and each
// piece is simplified (Douglas and Peucker 1973) in one direction for both
// sides. Areas from a table have their point only.
func (s *Set) Outlines(maxPoints int) []athar.MapArea {
	out := make([]athar.MapArea, len(s.Areas))
	for i, a := range s.Areas {
		out[i].Area = a
	}
	if s.shapes == nil {
		return out
	}
	fixed := junctions(s.shapes)
	for tolerance := 0.001; ; tolerance *= 1.5 {
		total := 0
		for i, x := range s.shapes {
			out[i].Outline = x.outline(tolerance, fixed)
			for _, ring := range out[i].Outline {
				total += len(ring) / 2
			}
		}
		if maxPoints <= 0 || total <= maxPoints || tolerance > 1 {
			return out
		}
	}
}

// junctions returns the corners at which borders part: those with more than
// two neighbours among the edges of all areas.
func junctions(shapes []shape) map[point]bool {
	next := map[point][]point{}
	link := func(a, b point) {
		if len(next[a]) < 3 && !slices.Contains(next[a], b) {
			next[a] = append(next[a], b)
		}
	}
	for _, s := range shapes {
		for _, ring := range s.rings {
			for k := 0; k+1 < len(ring); k++ {
				link(ring[k], ring[k+1])
				link(ring[k+1], ring[k])
			}
		}
	}
	out := map[point]bool{}
	for p, n := range next {
		if len(n) > 2 {
			out[p] = true
		}
	}
	return out
}

// outline returns the simplified rings of a shape. A ring that vanishes is
// left out, unless it is the shape's largest: that one is kept finer.
func (s shape) outline(tolerance float64, fixed map[point]bool) [][]athar.Num {
	largest, size := 0, 0.0
	for _, i := range s.outer {
		if a := planeArea(s.rings[i]); a > size {
			largest, size = i, a
		}
	}
	var out [][]athar.Num
	for i, ring := range s.rings {
		flat := rounded(simplify(ring, tolerance, fixed))
		for t := tolerance / 2; len(flat) < 6 && i == largest && t > 1e-5; t /= 2 {
			flat = rounded(simplify(ring, t, fixed))
		}
		if len(flat) >= 6 {
			out = append(out, flat)
		}
	}
	return out
}

func planeArea(ring []point) float64 { return math.Abs(turnOf(ring)) / 2 }

// simplify returns the corners of a closed ring that remain, the first not
// repeated.
func simplify(ring []point, tolerance float64, fixed map[point]bool) []point {
	open := ring[:len(ring)-1]
	var cuts []int
	for i, p := range open {
		if fixed[p] {
			cuts = append(cuts, i)
		}
	}
	if len(cuts) == 0 {
		cuts = []int{index0(open)}
	}
	if len(cuts) == 1 {
		cuts = append(cuts, farthest(open, cuts[0]))
		slices.Sort(cuts)
	}
	var out []point
	for k, from := range cuts {
		to := cuts[(k+1)%len(cuts)]
		if to <= from {
			to += len(open)
		}
		var piece []point
		for i := from; i <= to; i++ {
			piece = append(piece, open[i%len(open)])
		}
		piece = simplifyPiece(piece, tolerance)
		out = append(out, piece[:len(piece)-1]...)
	}
	return out
}

// index0 returns a corner that does not depend on where a ring begins.
func index0(open []point) int {
	k := 0
	for i, p := range open {
		if less(p, open[k]) {
			k = i
		}
	}
	return k
}

func less(a, b point) bool { return a.x < b.x || a.x == b.x && a.y < b.y }

func farthest(open []point, from int) int {
	far, best := from, -1.0
	for i, p := range open {
		d := math.Hypot(p.x-open[from].x, p.y-open[from].y)
		if d > best || d == best && less(p, open[far]) {
			far, best = i, d
		}
	}
	return far
}

func simplifyPiece(piece []point, tolerance float64) []point {
	n := len(piece)
	if n <= 2 || piece[0] == piece[n-1] {
		return piece
	}
	backwards := less(piece[n-1], piece[0])
	if backwards {
		slices.Reverse(piece)
	}
	var flat []float64
	for _, p := range piece {
		flat = append(flat, p.x, p.y)
	}
	seq := geom.NewLineString(geom.NewSequence(flat, geom.DimXY)).Simplify(tolerance).Coordinates()
	piece = piece[:0]
	for i := range seq.Length() {
		xy := seq.GetXY(i)
		piece = append(piece, point{xy.X, xy.Y})
	}
	if backwards {
		slices.Reverse(piece)
	}
	return piece
}

// rounded flattens a ring to 3 decimals, without repeated corners.
func rounded(ring []point) []athar.Num {
	var out []athar.Num
	for _, p := range ring {
		x, y := athar.Num(math.Round(p.x*1000)/1000), athar.Num(math.Round(p.y*1000)/1000)
		if n := len(out); n == 0 || out[n-2] != x || out[n-1] != y {
			out = append(out, x, y)
		}
	}
	if n := len(out); n > 2 && out[0] == out[n-2] && out[1] == out[n-1] {
		out = out[:n-2]
	}
	return out
}
