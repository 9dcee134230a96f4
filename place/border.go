package place

// Border gives the boundary of some areas taken as one, in km on a plane: straight
// pieces from one corner to another with land at their left, in the order of the areas.
// Where two of the areas touch along the same corners there is no border. Areas
// without polygons have none.
func (s *Set) Border(codes []string, flat Plane) [][2][2]float64 {
	type piece struct{ a, b point }
	var list []piece
	back := map[piece]int{}
	for _, code := range codes {
		k, ok := s.Index(code)
		if !ok || s.shapes == nil {
			continue
		}
		outer := map[int]bool{}
		for _, i := range s.shapes[k].outer {
			outer[i] = true
		}
		for i, ring := range s.shapes[k].rings {
			turn := turnOf(ring) > 0 != outer[i] // not the way round that leaves land at the left
			for c := 0; c+1 < len(ring); c++ {
				p := piece{ring[c], ring[c+1]}
				if turn {
					p = piece{p.b, p.a}
				}
				list = append(list, p)
				back[piece{p.b, p.a}]++
			}
		}
	}
	var out [][2][2]float64
	for _, p := range list {
		if back[p] > 0 {
			continue
		}
		var e [2][2]float64
		e[0][0], e[0][1] = flat.To(p.a.x, p.a.y)
		e[1][0], e[1][1] = flat.To(p.b.x, p.b.y)
		out = append(out, e)
	}
	return out
}

// turnOf is twice the area of a closed ring, positive if its corners run against
// the clock.
func turnOf(ring []point) (a float64) {
	for k := 0; k+1 < len(ring); k++ {
		a += (ring[k].x - ring[0].x) * (ring[k+1].y - ring[0].y)
		a -= (ring[k+1].x - ring[0].x) * (ring[k].y - ring[0].y)
	}
	return a
}
