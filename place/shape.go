package place

// shape is the polygons of one area: closed rings, outer and inner alike.
type shape struct {
	rings  [][]point
	outer  []int // positions in rings that are outer boundaries
	blocks []block
}

// edgeDistances sets km to the distance of every area from the boundary of a
// footprint: 0 where they meet or one holds the other.
func (s *Set) edgeDistances(footprint []int, km []float64) {
	in := make([]bool, len(s.Areas))
	var edge []block
	for _, i := range footprint {
		if !in[i] {
			edge = append(edge, s.shapes[i].blocks...)
		}
		in[i] = true
	}
	held := make([]bool, len(s.Areas)) // areas that hold a part of the footprint
	for _, i := range footprint {
		for _, k := range s.shapes[i].outer {
			s.index.each(s.shapes[i].rings[k][0], func(j int) bool { held[j] = true; return true })
		}
	}
	for j := range s.Areas {
		meets := held[j]
		for _, k := range s.shapes[j].outer {
			s.index.each(s.shapes[j].rings[k][0], func(i int) bool { meets = meets || in[i]; return !meets })
		}
		switch {
		case in[j] || meets:
			km[j] = 0
		default:
			km[j] = boundaryDistance(edge, s.shapes[j].blocks)
		}
	}
}
