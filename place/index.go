package place

import "math"

// edge is one edge of an area, its lower end first, so that two areas that
// share it compute with the same numbers.
type edge struct {
	x1, y1, x2, y2 float64
	area           int32
}

// index finds the areas of a point. The world is cut into bands of latitude;
// each lists the edges that reach into it, area by area, and a point lies in
// an area if a ray to the east crosses its edges an odd number of times, or if
// it lies on an edge. Inner rings need no special care.
type index struct {
	low, height float64 // of the first band; of each band
	bands       [][]edge
}

func newIndex(shapes []shape) *index {
	var edges []edge
	low, high := math.Inf(1), math.Inf(-1)
	for i, s := range shapes {
		for _, ring := range s.rings {
			for k := 0; k+1 < len(ring); k++ {
				a, b := ring[k], ring[k+1]
				if b.y < a.y || b.y == a.y && b.x < a.x {
					a, b = b, a
				}
				edges = append(edges, edge{a.x, a.y, b.x, b.y, int32(i)})
				low, high = min(low, a.y), max(high, b.y)
			}
		}
	}
	n := max(1, min(4096, len(edges)/16))
	x := &index{low: low, height: max((high-low)/float64(n), 1e-9), bands: make([][]edge, n)}
	for _, e := range edges {
		for k := x.band(e.y1); k <= x.band(e.y2); k++ {
			x.bands[k] = append(x.bands[k], e)
		}
	}
	return x
}

func (x *index) band(y float64) int {
	return max(0, min(len(x.bands)-1, int((y-x.low)/x.height)))
}

// each calls found with the areas that hold p, in order, until it returns
// false.
func (x *index) each(p point, found func(area int) bool) {
	area, inside, on := int32(-1), false, false
	for _, e := range x.bands[x.band(p.y)] {
		if e.area != area {
			if (inside || on) && !found(int(area)) {
				return
			}
			area, inside, on = e.area, false, false
		}
		if p.y < e.y1 || p.y > e.y2 {
			continue
		}
		// Negative if p lies to the west of the edge.
		side := (p.x-e.x1)*(e.y2-e.y1) - (p.y-e.y1)*(e.x2-e.x1)
		switch {
		case side == 0 && p.x >= min(e.x1, e.x2) && p.x <= max(e.x1, e.x2):
			on = true
		case side < 0 && p.y < e.y2:
			inside = !inside
		}
	}
	if inside || on {
		found(int(area))
	}
}

// first returns the first area that holds p, -1 if none does.
func (x *index) first(p point) int {
	area := -1
	x.each(p, func(i int) bool { area = i; return false })
	return area
}
