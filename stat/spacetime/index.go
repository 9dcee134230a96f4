// Package spacetime finds which points of a large set lie near a place within a
// span of days.
//
// The package thinks that near in space and near in time is rare, so that who
// asks for all of it can be answered in time proportional to what is found:
// points are kept by cell of a grid and, within a cell, by day. It knows days,
// kilometres and positions, and no event.
//
// Positions are vectors, on the sphere or in a plane, and distances are compared
// as squared straight lines between them, which order as great-circle distances
// do; no trigonometry is done for a candidate. Which points are found does not
// depend on the order in which they were given.
package spacetime

import (
	"cmp"
	"errors"
	"math"
	"slices"
)

// EarthKm is the mean radius of the Earth in km (IUGG).
const EarthKm = 6371.0088

// Square is the squared length, in km^2, of the straight line between two points
// of the sphere that are km kilometres apart along the ground:
// (2 R sin(km/2R))^2. Compare [Hit.Square] with it. In a plane it is km^2.
func (x *Index) Square(km float64) float64 {
	if x.plane {
		return km * km
	}
	c := 2 * EarthKm * math.Sin(min(km/EarthKm, math.Pi)/2)
	return c * c
}

// Km is the distance of which [Index.Square] is the square.
func (x *Index) Km(square float64) float64 {
	if x.plane {
		return math.Sqrt(square)
	}
	return 2 * EarthKm * math.Asin(min(1, math.Sqrt(square)/(2*EarthKm)))
}

// Index holds points by cell and day. It does not change after it is made and
// may be asked by several goroutines.
type Index struct {
	plane  bool
	points []entry // by cell, day and given number
	cells  []cell  // by row and column, those with points
	rows   []int32 // first cell of each row from rowMin on, and the end
	rowMin int
	edge   float64 // of a cell, km
}

type entry struct {
	v   vector
	day int32
	id  int32
}

type cell struct {
	col   int32
	first int32 // in points; the next cell's first ends it
}

// vector is a position in km.
type vector struct{ x, y, z float64 }

func (a vector) square(b vector) float64 {
	dx, dy, dz := a.x-b.x, a.y-b.y, a.z-b.z
	return dx*dx + dy*dy + dz*dz
}

// Hit is a point that was found.
type Hit struct {
	ID     int32   // the number under which the point was given
	Day    int32   // its day
	Square float64 // squared straight distance, km^2
}

// ErrPlace says that a point has no position that an index could hold.
var ErrPlace = errors.New("a point has no valid position")

// NewSphere makes an index of points at degrees east and north on the days day,
// for questions within about km kilometres; other distances may be asked and
// only cost more. A coordinate that is not finite, or a latitude beyond the
// poles, is [ErrPlace].
func NewSphere(day []int32, lon, lat []float64, km float64) (*Index, error) {
	x := &Index{edge: edge(km)}
	for i := range day {
		if !(math.Abs(lat[i]) <= 90) || math.IsInf(lon[i], 0) || math.IsNaN(lon[i]) {
			return nil, ErrPlace
		}
	}
	x.build(day, func(i int) (vector, int, int32) {
		row := x.rowOf(lat[i])
		return onSphere(lon[i], lat[i]), row, x.colOf(row, turn(lon[i]))
	})
	return x, nil
}

// NewPlane is [NewSphere] for positions in km on a map.
func NewPlane(day []int32, px, py []float64, km float64) (*Index, error) {
	x := &Index{edge: edge(km), plane: true}
	for i := range day {
		if !(math.Abs(px[i])+math.Abs(py[i]) < 1e8) {
			return nil, ErrPlace
		}
	}
	x.build(day, func(i int) (vector, int, int32) {
		return vector{px[i], py[i], 0}, int(math.Floor(py[i] / x.edge)), int32(math.Floor(px[i] / x.edge))
	})
	return x, nil
}

// edge is that of a cell: half the distance asked for, so that the cells around a
// point hold about twice what lies within it; not below 100 m.
func edge(km float64) float64 { return max(.1, km/2) }

func (x *Index) build(day []int32, at func(i int) (vector, int, int32)) {
	type placed struct {
		entry
		row, col int32
	}
	list := make([]placed, len(day))
	for i, d := range day {
		v, row, col := at(i)
		list[i] = placed{entry{v, d, int32(i)}, int32(row), col}
	}
	slices.SortFunc(list, func(a, b placed) int {
		switch {
		case a.row != b.row:
			return cmp.Compare(a.row, b.row)
		case a.col != b.col:
			return cmp.Compare(a.col, b.col)
		case a.day != b.day:
			return cmp.Compare(a.day, b.day)
		}
		return cmp.Compare(a.id, b.id)
	})
	x.points = make([]entry, len(list))
	for i, p := range list {
		x.points[i] = p.entry
		if i == 0 {
			x.rowMin = int(p.row)
		}
		if i == 0 || p.row != list[i-1].row || p.col != list[i-1].col {
			for len(x.rows) <= int(p.row)-x.rowMin {
				x.rows = append(x.rows, int32(len(x.cells)))
			}
			x.cells = append(x.cells, cell{p.col, int32(i)})
		}
	}
	x.rows = append(x.rows, int32(len(x.cells)))
	x.cells = append(x.cells, cell{math.MaxInt32, int32(len(list))})
}

// turn brings a longitude into [-180, 180).
func turn(lon float64) float64 { return lon - 360*math.Floor((lon+180)/360) }

func onSphere(lon, lat float64) vector {
	sl, cl := math.Sincos(turn(lon) * math.Pi / 180)
	sp, cp := math.Sincos(lat * math.Pi / 180)
	return vector{EarthKm * cp * cl, EarthKm * cp * sl, EarthKm * sp}
}

func (x *Index) degrees() float64 { return x.edge / EarthKm * 180 / math.Pi }

func (x *Index) rowOf(lat float64) int { return int(math.Floor((lat + 90) / x.degrees())) }

// columns is the number of cells around a row: their edge is that of the index at
// the row's end nearer to the equator.
func (x *Index) columns(row int) int {
	d := x.degrees()
	south := float64(row)*d - 90
	near := 0.0
	if south > 0 || south+d < 0 {
		near = min(math.Abs(south), math.Abs(south+d))
	}
	return max(1, int(360*math.Cos(near*math.Pi/180)/d))
}

func (x *Index) colOf(row int, lon float64) int32 {
	n := x.columns(row)
	return int32(min(n-1, int((lon+180)/360*float64(n))))
}

// Len is the number of points.
func (x *Index) Len() int { return len(x.points) }

// Near appends to dst the points within km kilometres of a position (degrees east
// and north, or km in a plane) whose day lies in first..last, both included. The
// order is that of the grid. It allocates only where dst is too small.
func (x *Index) Near(dst []Hit, px, py, km float64, first, last int32) []Hit {
	if len(x.points) == 0 || !(km >= 0) || last < first {
		return dst
	}
	limit := x.Square(km)
	if x.plane {
		v := vector{px, py, 0}
		low, high := int(math.Floor((px-km)/x.edge)), int(math.Floor((px+km)/x.edge))
		for row := int(math.Floor((py - km) / x.edge)); row <= int(math.Floor((py+km)/x.edge)); row++ {
			dst = x.row(dst, row, low, high, v, limit, first, last)
		}
		return dst
	}
	v, lon := onSphere(px, py), turn(px)
	reach := km / EarthKm * 180 / math.Pi * (1 + 1e-9)
	// The widest longitude that a circle of angle r around latitude p reaches is
	// asin(sin r / cos p), unless it holds a pole.
	half := 180.0
	if math.Abs(py)+reach < 90 {
		half = math.Asin(math.Sin(reach*math.Pi/180)/math.Cos(py*math.Pi/180)) * 180 / math.Pi * (1 + 1e-9)
	}
	for row := x.rowOf(max(-90, py-reach)); row <= x.rowOf(min(90, py+reach)); row++ {
		n := x.columns(row)
		if 2*half+720/float64(n) >= 360 {
			dst = x.row(dst, row, 0, n-1, v, limit, first, last)
			continue
		}
		low, high := int(x.colOf(row, turn(lon-half))), int(x.colOf(row, turn(lon+half)))
		if low <= high {
			dst = x.row(dst, row, low, high, v, limit, first, last)
			continue
		}
		dst = x.row(dst, row, 0, high, v, limit, first, last)
		dst = x.row(dst, row, low, n-1, v, limit, first, last)
	}
	return dst
}

// row appends what the cells low..high of a row hold.
func (x *Index) row(dst []Hit, row, low, high int, v vector, limit float64, first, last int32) []Hit {
	r := row - x.rowMin
	if r < 0 || r+1 >= len(x.rows) {
		return dst
	}
	from, end := x.rows[r], x.rows[r+1]
	c, _ := slices.BinarySearchFunc(x.cells[from:end], low, func(c cell, col int) int { return cmp.Compare(int(c.col), col) })
	for k := from + int32(c); k < end && int(x.cells[k].col) <= high; k++ {
		list := x.points[x.cells[k].first:x.cells[k+1].first]
		a, b := 0, len(list)
		for a < b { // the first point of the span
			if m := (a + b) / 2; list[m].day < first {
				a = m + 1
			} else {
				b = m
			}
		}
		for i := a; i < len(list) && list[i].day <= last; i++ {
			if s := v.square(list[i].v); s <= limit {
				dst = append(dst, Hit{list[i].id, list[i].day, s})
			}
		}
	}
	return dst
}
