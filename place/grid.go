package place

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"athar"
)

// A cell of the PRIO-GRID is half a degree wide and high. Its number, the gid,
// is 720 (row - 1) + column, with rows counted from the south pole and columns
// from 180 degrees west; a point on an edge belongs to the cell to its north and
// east (Tollefsen, Strand and Buhaug 2012, PRIO-GRID: A unified spatial data
// structure, Journal of Peace Research 49(2) 363-374). UCDP GED's column
// priogrid_gid follows the same rule.
const (
	cellDegrees = 0.5
	gridColumns = 360 / cellDegrees
	gridRows    = 180 / cellDegrees
)

// cell is a cell of the grid, by its row and column from 0.
type cell struct{ row, column int }

func cellOf(lon, lat float64) (c cell, ok bool) {
	c = cell{int(math.Floor((lat + 90) / cellDegrees)), int(math.Floor((lon + 180) / cellDegrees))}
	return c, c.row >= 0 && c.row < gridRows && c.column >= 0 && c.column < gridColumns
}

// code is the gid.
func (c cell) code() string { return strconv.Itoa(c.row*gridColumns + c.column + 1) }

func (c cell) corner() point {
	return point{float64(c.column)*cellDegrees - 180, float64(c.row)*cellDegrees - 90}
}

func (c cell) centre() point {
	p := c.corner()
	return point{p.x + cellDegrees/2, p.y + cellDegrees/2}
}

// name is the centre of the cell in words: 12.25 N 13.25 E.
func (c cell) name() athar.Names {
	p := c.centre()
	north, east := [2]string{"N", "شمالاً"}, [2]string{"E", "شرقاً"}
	if p.y < 0 {
		north = [2]string{"S", "جنوباً"}
	}
	if p.x < 0 {
		east = [2]string{"W", "غرباً"}
	}
	write := func(k int) string {
		return fmt.Sprintf("%.2f %s %.2f %s", math.Abs(p.y), north[k], math.Abs(p.x), east[k])
	}
	return athar.Names{En: write(0), Ar: write(1)}
}

func (c cell) shape() shape {
	p := c.corner()
	q := point{p.x + cellDegrees, p.y + cellDegrees}
	ring := []point{p, {q.x, p.y}, q, {p.x, q.y}, p}
	return shape{rings: [][]point{ring}, outer: []int{0}, blocks: blocksOf(nil, ring)}
}

// Box is a rectangle of degrees. It does not cross 180 degrees.
type Box struct{ West, South, East, North float64 }

// lattice is how many points a side of a cell has to find out which unit holds
// how much of it.
const lattice = 10

// LoadGrid makes areas of the cells of the PRIO-GRID: half a degree wide, about
// 55 km at the equator. They need no file, are the same in every country and
// lie at the same place whatever the data, so they serve where no boundaries of
// districts are at hand. The code of a cell is its gid, its name the centre of
// the cell, which is also its point.
//
// Cells are taken from within limits (those whose centre lies in them; nil: none), from
// polygons, or both. Polygons are units above the cells, such as states, read as
// by [LoadGeoJSON] from paths with their labels and properties. A hundred points
// spread evenly over a cell are looked up in them: a cell belongs if one of them
// lies in a unit, the unit and country that hold most of them are the cell's
// parent and country (the unit with the lower code among equals), and its size is
// their share of the cell. Without polygons its size is that of the cell and
// nothing is known above it.
func LoadGrid(limits *Box, paths, labels []string, properties map[string]string) (*Set, error) {
	s := &Set{grid: map[cell]int{}}
	reach := emptyBox
	var units *Set
	if len(paths) > 0 {
		var err error
		if units, err = LoadGeoJSON(paths, labels, properties); err != nil {
			return nil, err
		}
		s.Files = units.Files
		for _, u := range units.shapes {
			for _, b := range u.blocks {
				reach = reach.with(point{b.x1, b.y1}).with(point{b.x2, b.y2})
			}
		}
	}
	if limits != nil {
		b := box{limits.West, limits.South, limits.East, limits.North}
		if units == nil {
			reach = b
		}
		reach = box{max(reach.x1, b.x1), max(reach.y1, b.y1), min(reach.x2, b.x2), min(reach.y2, b.y2)}
	}
	low, _ := cellOf(reach.x1, reach.y1)
	high, _ := cellOf(reach.x2, reach.y2)
	type entry struct {
		cell cell
		area athar.Area
	}
	var all []entry
	for row := max(0, low.row); row <= min(high.row, gridRows-1); row++ {
		for column := max(0, low.column); column <= min(high.column, gridColumns-1); column++ {
			c := cell{row, column}
			p := c.centre()
			if limits != nil && (p.x < limits.West || p.x > limits.East || p.y < limits.South || p.y > limits.North) {
				continue
			}
			a := athar.Area{Code: c.code(), Name: c.name(), Lon: p.x, Lat: p.y, Km2: c.shape().km2()}
			if units != nil {
				unit, share := units.holder(c)
				if unit < 0 {
					continue
				}
				a.Parent, a.Country = units.Areas[unit].Name, units.Areas[unit].Country
				a.Km2 *= share
			}
			all = append(all, entry{c, a})
		}
	}
	if len(all) == 0 {
		switch {
		case units == nil:
			return nil, fmt.Errorf("the box holds the centre of no cell; a cell is half a degree wide")
		default:
			return nil, &Error{File: labels[0], Msg: "no cell of the grid lies both in its polygons and in the box", Hint: "make the box larger, or leave it out"}
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return compareCodes(a.area, b.area) })
	for i, e := range all {
		s.grid[e.cell] = i
		s.Areas = append(s.Areas, e.area)
		s.shapes = append(s.shapes, e.cell.shape())
	}
	s.index = newIndex(s.shapes)
	return s, nil
}

// holder is the unit that holds most of a cell, -1 if none holds a part of it,
// and the share of the cell that lies in any unit.
func (s *Set) holder(c cell) (unit int, share float64) {
	held, in := make([]int, len(s.Areas)), 0
	p := c.corner()
	for i := range lattice {
		for j := range lattice {
			const step = cellDegrees / lattice
			if k := s.index.first(point{p.x + (float64(i)+0.5)*step, p.y + (float64(j)+0.5)*step}); k >= 0 {
				held[k]++
				in++
			}
		}
	}
	if in == 0 {
		return -1, 0
	}
	for k, n := range held {
		if n > held[unit] {
			unit = k
		}
	}
	return unit, float64(in) / (lattice * lattice)
}
