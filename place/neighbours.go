package place

import "errors"

// ErrNoDistances says that a set has neither polygons nor a table of distances.
var ErrNoDistances = errors.New("distances between areas are not known: give a distance table or polygons")

// Neighbours lists, for every area of the set in order, the areas whose edges lie
// at most km away, as rising indices into [Set.Areas]; areas of which one holds the other are
// neighbours too. A pair counts at most as far as a distance table reaches.
func (s *Set) Neighbours(km float64) ([][]int, error) {
	out := make([][]int, len(s.Areas))
	near := s.near(km)
	if near == nil {
		return nil, ErrNoDistances
	}
	for i := range out {
		for j := range out {
			if i != j && near(min(i, j), max(i, j)) {
				out[i] = append(out[i], j)
			}
		}
	}
	return out, nil
}

// near answers for a pair of areas whether they are at most km apart; nil where
// nothing tells.
func (s *Set) near(km float64) func(i, j int) bool {
	switch {
	case s.table != nil:
		return func(i, j int) bool { return s.table.between(i, j) <= km }
	case s.shapes == nil:
		return nil
	}
	boxes := make([]block, len(s.shapes))
	holds := map[[2]int]bool{}
	for i, x := range s.shapes {
		boxes[i] = block{box: emptyBox, narrow: 1}
		for _, b := range x.blocks {
			boxes[i].box = boxes[i].box.with(point{b.x1, b.y1}).with(point{b.x2, b.y2})
			boxes[i].narrow = min(boxes[i].narrow, b.narrow)
		}
		for _, k := range x.outer {
			s.index.each(x.rings[k][0], func(j int) bool { holds[[2]int{min(i, j), max(i, j)}] = true; return true })
		}
	}
	met := map[[2]int]bool{}
	return func(i, j int) bool {
		pair := [2]int{i, j}
		if holds[pair] {
			return true
		}
		if arc(bound(&boxes[i], &boxes[j])) > km {
			return false
		}
		is, known := met[pair]
		if !known {
			is = boundaryDistance(s.shapes[i].blocks, s.shapes[j].blocks) <= km
			met[pair] = is
		}
		return is
	}
}
