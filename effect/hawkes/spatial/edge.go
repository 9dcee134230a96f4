package spatial

import (
	"cmp"
	"math"
	"slices"
)

// Edge is a straight piece of the map's boundary, from one corner to another, km, with
// land at its left.
type Edge [2][2]float64

// edges are those of rings, in the direction of their corners.
func edges(rings [][][2]float64) (out []Edge) {
	for _, ring := range rings {
		a := ring[len(ring)-1]
		for _, b := range ring {
			out = append(out, Edge{a, b})
			a = b
		}
	}
	return out
}

// border holds the nodes of the boundary integral around every point.
type border struct {
	reach  float64
	within []bool    // whether the point lies on the map
	nodes  []int     // first node of each point, and the end
	r2     []float64 // squared radius of a node, rising within a point
	w      []float64 // angle that it stands for, signed
}

// newBorder lays the nodes around every point. Seen from
// a point, one of an edge has distance r = h cosh v, with h that of the edge's
// line and dtheta = dv/cosh v; in v everything is smooth, however near the edge is.
// Nodes are those of Gauss and Legendre; where they lie does not depend on any parameter.
// Beyond reach the integrand is 0.
func newBorder(all []Edge, px, py []float64, reach float64) border {
	type node struct{ r2, w float64 }
	var list []node
	m := border{reach: reach, nodes: []int{0}}
	for i, x := range px {
		y := py[i]
		m.within = append(m.within, inside(all, x, y))
		list = list[:0]
		for _, s := range all {
			if min(s[0][0], s[1][0]) > x+reach || max(s[0][0], s[1][0]) < x-reach || min(s[0][1], s[1][1]) > y+reach || max(s[0][1], s[1][1]) < y-reach {
				continue
			}
			ax, ay, bx, by := s[0][0]-x, s[0][1]-y, s[1][0]-x, s[1][1]-y
			long := math.Hypot(bx-ax, by-ay)
			cross := ax*by - ay*bx
			h := math.Abs(cross) / long
			if !(long > 0 && h < reach && h > 1e-12*reach) {
				continue
			}
			// Along the line from its foot, cut where it leaves the disc.
			ux, uy := (bx-ax)/long, (by-ay)/long
			half := math.Sqrt(reach*reach - h*h)
			from, to := max(ax*ux+ay*uy, -half), min(bx*ux+by*uy, half)
			if from >= to {
				continue
			}
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
		slices.SortFunc(list, func(a, b node) int { return cmp.Or(cmp.Compare(a.r2, b.r2), cmp.Compare(a.w, b.w)) })
		for _, q := range list {
			m.r2, m.w = append(m.r2, q.r2), append(m.w, q.w)
		}
		m.nodes = append(m.nodes, len(m.r2))
	}
	return m
}

// seen is F_j, the integral of f over the part of the disc around point j that
// lies on the map, and its derivatives. With J(r) the integral
// of r f(r) from 0 to min(r, reach), Gauss's theorem makes it the integral of
// J(r(theta)) over the angles of the boundary (polyCub.iso of Meyer and Held 2014,
// supplement B):
//
//	F_j = 2 pi J(reach) - int (J(reach) - J(r(theta))) dtheta.
func (m *border) seen(a int, k spread) (v float64, by [2]float64) {
	far := m.reach * m.reach
	top, topBy := k.radial(far)
	v, by = 2*math.Pi*top, [2]float64{2 * math.Pi * topBy[0], 2 * math.Pi * topBy[1]}
	cut := far
	switch k.of {
	case Decay:
		cut = min(far, 60*k.sigma*k.sigma) // exp(-30): beyond, J differs by less than 1e-13
	case bump:
		cut = min(far, k.sigma*k.sigma)
	}
	for q := m.nodes[a]; q < m.nodes[a+1] && m.r2[q] < cut; q++ {
		f, fBy := k.radial(m.r2[q])
		v -= m.w[q] * (top - f)
		by[0] -= m.w[q] * (topBy[0] - fBy[0])
		by[1] -= m.w[q] * (topBy[1] - fBy[1])
	}
	return v, by
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
			if j != k && inside(edges([][][2]float64{other}), r[0][0], r[0][1]) {
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

// inside reports whether a point lies on the map: a ray to the right crosses its
// boundary an odd number of times.
func inside(all []Edge, x, y float64) bool {
	in := false
	for _, s := range all {
		a, b := s[0], s[1]
		if (a[1] > y) != (b[1] > y) && x < a[0]+(y-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
			in = !in
		}
	}
	return in
}
