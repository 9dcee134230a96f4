package stochint

import "math"

// Window is a grid of NX by NY pixels of DX by DY km whose south-west corner is
// X0, Y0, and the part of it that is watched. Cells are the pixels of that part,
// row by row from south to north, from west to east in each row; maps are slices
// with a value a cell.
type Window struct {
	X0, Y0, DX, DY float64
	NX, NY         int

	cells []int32 // pixel of each cell
	at    []int32 // cell of each pixel, -1 outside
	runs  []run   // cells by row, without gaps
	row   []int   // first run of each row, NY+1
	rings [][][2]float64
	edges [][]edge // edges of the polygon by the rows that they touch
}

// run is a stretch of cells in one row.
type run struct {
	from, to int // columns, to excluded
	cell     int // of from
}

type edge struct{ x0, y0, x1, y1 float64 }

// FromPolygon lays a grid over the bounding box of a polygon in km, given as
// rings (outer ones and holes, in any direction; even-odd rule). A pixel belongs
// to the window if its centre does.
func FromPolygon(rings [][][2]float64, nx, ny int) *Window {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, r := range rings {
		for _, p := range r {
			x0, x1 = min(x0, p[0]), max(x1, p[0])
			y0, y1 = min(y0, p[1]), max(y1, p[1])
		}
	}
	w := &Window{X0: x0, Y0: y0, DX: (x1 - x0) / float64(nx), DY: (y1 - y0) / float64(ny), NX: nx, NY: ny, rings: rings}
	if !(x1 > x0 && y1 > y0) {
		w.NX, w.NY = 0, 0
		return w
	}
	w.edges = make([][]edge, ny)
	for _, r := range rings {
		for i, p := range r {
			q := r[(i+1)%len(r)]
			if p[1] == q[1] {
				continue
			}
			for k := w.clampY(min(p[1], q[1])); k <= w.clampY(max(p[1], q[1])); k++ {
				w.edges[k] = append(w.edges[k], edge{p[0], p[1], q[0], q[1]})
			}
		}
	}
	in := make([]bool, nx*ny)
	for i := range in {
		in[i] = w.inside(w.centre(i))
	}
	w.index(in)
	return w
}

// FromMask takes the grid and the pixels that belong to it, row by row from
// south to north.
func FromMask(x0, y0, dx, dy float64, nx, ny int, in []bool) *Window {
	w := &Window{X0: x0, Y0: y0, DX: dx, DY: dy, NX: nx, NY: ny}
	w.index(in)
	return w
}

func (w *Window) index(in []bool) {
	w.at = make([]int32, len(in))
	w.row = make([]int, w.NY+1)
	for r := range w.NY {
		w.row[r] = len(w.runs)
		for c := range w.NX {
			i := r*w.NX + c
			w.at[i] = -1
			if !in[i] {
				continue
			}
			if k := len(w.runs); k > w.row[r] && w.runs[k-1].to == c {
				w.runs[k-1].to++
			} else {
				w.runs = append(w.runs, run{c, c + 1, len(w.cells)})
			}
			w.at[i] = int32(len(w.cells))
			w.cells = append(w.cells, int32(i))
		}
	}
	w.row[w.NY] = len(w.runs)
}

// Cells is the number of cells.
func (w *Window) Cells() int { return len(w.cells) }

// Area is the area of one cell in km2.
func (w *Window) Area() float64 { return w.DX * w.DY }

// Centre is the middle of a cell in km.
func (w *Window) Centre(cell int) (x, y float64) { return w.centre(int(w.cells[cell])) }

func (w *Window) centre(pixel int) (x, y float64) {
	return w.X0 + (float64(pixel%w.NX)+.5)*w.DX, w.Y0 + (float64(pixel/w.NX)+.5)*w.DY
}

// Has reports whether a place lies in the polygon, or in a pixel of the mask.
func (w *Window) Has(x, y float64) bool {
	if !(x >= w.X0 && y >= w.Y0 && x <= w.X0+float64(w.NX)*w.DX && y <= w.Y0+float64(w.NY)*w.DY) || len(w.cells) == 0 {
		return false
	}
	if w.edges != nil {
		return w.inside(x, y)
	}
	return w.at[w.pixel(x, y)] >= 0
}

func (w *Window) inside(x, y float64) bool {
	in := false
	for _, e := range w.edges[w.clampY(y)] {
		if (e.y0 > y) != (e.y1 > y) && x < e.x0+(y-e.y0)*(e.x1-e.x0)/(e.y1-e.y0) {
			in = !in
		}
	}
	return in
}

func (w *Window) clampX(x float64) int { return min(max(int((x-w.X0)/w.DX), 0), w.NX-1) }
func (w *Window) clampY(y float64) int { return min(max(int((y-w.Y0)/w.DY), 0), w.NY-1) }

func (w *Window) pixel(x, y float64) int { return w.clampY(y)*w.NX + w.clampX(x) }

// Cell is the cell of a place, or for a place by the border, whose pixel has its
// centre outside, the cell with the nearest centre. The window must have cells.
func (w *Window) Cell(x, y float64) int32 {
	if c := w.at[w.pixel(x, y)]; c >= 0 {
		return c
	}
	best, near := int32(-1), math.Inf(1)
	px, py := w.clampX(x), w.clampY(y)
	for k := 1; k < max(w.NX, w.NY); k++ {
		// A cell k pixels away may be farther than one k+1 away along the other side.
		if best >= 0 && float64(k-1)*min(w.DX, w.DY) > near {
			break
		}
		for r := max(py-k, 0); r <= min(py+k, w.NY-1); r++ {
			step := 2 * k
			if r == py-k || r == py+k {
				step = 1
			}
			for c := px - k; c <= px+k; c += step {
				if c < 0 || c >= w.NX {
					continue
				}
				i := r*w.NX + c
				if w.at[i] < 0 {
					continue
				}
				cx, cy := w.centre(i)
				if d := math.Hypot(cx-x, cy-y); d < near {
					best, near = w.at[i], d
				}
			}
		}
	}
	return best
}

// on lays another grid over the polygon; a mask stays as it is.
func (w *Window) on(nx, ny int) *Window {
	if w.rings == nil || nx == w.NX && ny == w.NY {
		return w
	}
	return FromPolygon(w.rings, nx, ny)
}

// Distance is the map of the distance in km from each cell's centre to the
// nearest of some places.
func (w *Window) Distance(places [][2]float64) []float64 {
	out := make([]float64, len(w.cells))
	for i := range out {
		x, y := w.Centre(i)
		d := math.Inf(1)
		for _, p := range places {
			d = min(d, math.Hypot(x-p[0], y-p[1]))
		}
		out[i] = d
	}
	return out
}

// Region is a part of the window: the share of each cell that belongs to it.
type Region struct {
	Inner, Outer float64 // km from the places, where it is a ring; Outer is +Inf for the rest
	Whole        bool    // the window
	Share        []float64
}

// Rings cuts the window by distance from places: nearer than edges[0], from
// there to edges[1], and so on, the rest, and at last the whole window. edges
// rise. A ring without cells is left out.
func (w *Window) Rings(places [][2]float64, edges ...float64) []Region {
	d := w.Distance(places)
	var out []Region
	inner := 0.0
	for _, outer := range append(append([]float64(nil), edges...), math.Inf(1)) {
		g := Region{Inner: inner, Outer: outer, Share: make([]float64, len(d))}
		some := false
		for i, v := range d {
			if v >= inner && v < outer {
				g.Share[i], some = 1, true
			}
		}
		if some {
			out = append(out, g)
		}
		inner = outer
	}
	all := Region{Outer: math.Inf(1), Whole: true, Share: make([]float64, len(d))}
	for i := range all.Share {
		all.Share[i] = 1
	}
	return append(out, all)
}
