package spatial

import (
	"cmp"
	"math"
	"slices"
)

// edges lays the nodes of the boundary integral around every event. Seen from
// an event, a point of an edge has distance r = h cosh v, with h that of the edge's
// line and dtheta = dv/cosh v; in v everything is smooth, however near the edge is.
// Nodes are those of Gauss and Legendre; where they lie does not depend on any parameter.
// Beyond Reach the integrand is 0.
func (m *model) edges() error {
	rings, err := rings(m.d.Window)
	if err != nil {
		return err
	}
	type node struct{ r2, w float64 }
	var list []node
	reach := m.o.Reach
	m.nodes = append(m.nodes, 0)
	for _, i := range m.order {
		x, y := m.d.X[i], m.d.Y[i]
		if !inside(rings, x, y) {
			return errWindow
		}
		list = list[:0]
		for _, ring := range rings {
			ax, ay := ring[len(ring)-1][0]-x, ring[len(ring)-1][1]-y
			for _, c := range ring {
				bx, by := c[0]-x, c[1]-y
				long := math.Hypot(bx-ax, by-ay)
				cross := ax*by - ay*bx
				if h := math.Abs(cross) / long; long > 0 && h < reach && h > 1e-12*reach {
					// Along the line from its foot, cut where it leaves the disc.
					ux, uy := (bx-ax)/long, (by-ay)/long
					half := math.Sqrt(reach*reach - h*h)
					from, to := max(ax*ux+ay*uy, -half), min(bx*ux+by*uy, half)
					if from < to {
						a, b := math.Asinh(from/h), math.Asinh(to/h)
						rule := rules[2]
						pieces := math.Ceil((b - a) / .8)
						if b-a < .1 {
							rule = rules[0]
						} else if b-a < .4 {
							rule = rules[1]
						}
						wide := (b - a) / pieces
						for k := 0.0; k < pieces; k++ {
							for _, g := range rule {
								cosh := math.Cosh(a + wide*(k+g.at))
								list = append(list, node{h * h * cosh * cosh, math.Copysign(wide*g.weight/cosh, cross)})
							}
						}
					}
				}
				ax, ay = bx, by
			}
		}
		slices.SortFunc(list, func(a, b node) int { return cmp.Or(cmp.Compare(a.r2, b.r2), cmp.Compare(a.w, b.w)) })
		for _, q := range list {
			m.r2, m.w = append(m.r2, q.r2), append(m.w, q.w)
		}
		m.nodes = append(m.nodes, len(m.r2))
	}
	return nil
}

// rules of Gauss and Legendre on (0, 1) with 2, 3 and 6 nodes.
var rules = func() (out [3][]struct{ at, weight float64 }) {
	for k, r := range [3][][2]float64{
		{{1 / math.Sqrt(3), 1}},
		{{0, 8. / 9}, {math.Sqrt(.6), 5. / 9}},
		{{.2386191860831969, .467913934572691}, {.6612093864662645, .3607615730481386}, {.932469514203152, .1713244923791704}},
	} {
		for _, q := range r {
			add := func(at float64) {
				out[k] = append(out[k], struct{ at, weight float64 }{(1 + at) / 2, q[1] / 2})
			}
			if add(q[0]); q[0] > 0 {
				add(-q[0])
			}
		}
	}
	return out
}()

// rings gives the window's rings without repeated last corners, those around land
// against the clock and those around holes with it.
func rings(window [][][2]float64) ([][][2]float64, error) {
	var out [][][2]float64
	for _, ring := range window {
		r := slices.Clone(ring)
		if len(r) > 1 && r[0] == r[len(r)-1] {
			r = r[:len(r)-1]
		}
		if len(r) < 3 {
			return nil, errShape
		}
		for _, c := range r {
			if !(math.Abs(c[0])+math.Abs(c[1]) < 1e8) {
				return nil, errShape
			}
		}
		out = append(out, r)
	}
	for k, r := range out {
		holes := 0
		for j, other := range out {
			if j != k && inside([][][2]float64{other}, r[0][0], r[0][1]) {
				holes++
			}
		}
		area := 0.0
		last := r[len(r)-1]
		for _, c := range r {
			area += last[0]*c[1] - last[1]*c[0]
			last = c
		}
		if (area > 0) == (holes%2 == 1) {
			slices.Reverse(r)
		}
	}
	return out, nil
}

// inside reports whether a point lies in the window: a ray to the right crosses its
// rings an odd number of times.
func inside(rings [][][2]float64, x, y float64) bool {
	in := false
	for _, r := range rings {
		a := r[len(r)-1]
		for _, b := range r {
			if (a[1] > y) != (b[1] > y) && x < a[0]+(y-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
				in = !in
			}
			a = b
		}
	}
	return in
}
