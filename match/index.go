package match

import (
	"cmp"
	"math"
	"slices"
)

// earthKm is the mean radius of the Earth (IUGG).
const earthKm = 6371.0088

const kmPerDegree = math.Pi / 180 * earthKm

// window is a distance and a number of days.
type window struct {
	km   float64
	days int32
}

// index finds points by place and day. Places are known within different
// radii, so points are kept in one grid a class of radius: 0, up to 1, 2, 4 ...
// km. A grid has rows of latitude and, in each row, columns of longitude of
// about the same width in km; a cell holds its points by first day.
type index struct {
	points []point
	grids  []grid
}

type grid struct {
	km    float64 // largest radius of uncertainty in the class
	days  int32   // largest uncertainty of a date
	cells map[uint64][]entry
}

// entry repeats a point's first day, so that a search by day stays within the
// cell's own memory.
type entry struct {
	first, point int32
}

// cellKm is the side of a cell: about the windows that are used, so that a
// search looks into few cells, most of them filled.
const cellKm = 8

const rows = 2502 // of latitude: 180 degrees over cellKm, rounded up

func newIndex(points []point, members []int32) *index {
	x := &index{points: points}
	class := map[int]int{}
	for _, i := range members {
		p := &points[i]
		c := -1
		if p.km > 0 {
			c = max(0, int(math.Ceil(math.Log2(p.km))))
		}
		k, ok := class[c]
		if !ok {
			k = len(x.grids)
			class[c] = k
			x.grids = append(x.grids, grid{cells: map[uint64][]entry{}})
		}
		g := &x.grids[k]
		g.km, g.days = max(g.km, p.km), max(g.days, p.days)
		row := rowOf(p.lat)
		key := cell(row, colOf(p.lon, cols(row)))
		g.cells[key] = append(g.cells[key], entry{p.first, i})
	}
	for _, g := range x.grids {
		for _, c := range g.cells {
			slices.SortFunc(c, func(a, b entry) int { return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.point, b.point)) })
		}
	}
	return x
}

func rowOf(lat float64) int { return max(0, min(rows-1, int((lat+90)*kmPerDegree/cellKm))) }

// cols is the number of columns of a row, by the circumference at its middle.
func cols(row int) int {
	lat := (float64(row)+0.5)*cellKm/kmPerDegree - 90
	return max(1, int(360*kmPerDegree*math.Cos(lat*math.Pi/180)/cellKm))
}

// colOf may lie outside 0..n-1 for a longitude outside -180..180.
func colOf(lon float64, n int) int { return int(math.Floor((lon + 180) / 360 * float64(n))) }

func cell(row, col int) uint64 { return uint64(row)<<32 | uint64(col) }

// near calls found for every point whose first day is from..to, give or take
// the uncertainty of both dates, within km and the uncertainty of both places.
func (x *index) near(p *point, km float64, from, to int32, found func(i int32, km float64)) {
	for k := range x.grids {
		g := &x.grids[k]
		reach := km + p.km + g.km
		degrees := reach / kmPerDegree
		// A circle of angular radius r at latitude b spans asin(sin r / cos b) of
		// longitude to either side, or all of it if it holds a pole.
		span := 180.0
		if math.Abs(p.lat)+degrees < 90 {
			span = math.Asin(math.Sin(degrees*math.Pi/180)/math.Cos(p.lat*math.Pi/180)) * 180 / math.Pi
		}
		first, last := from-p.days-g.days, to+p.days+g.days
		for row := rowOf(p.lat - degrees); row <= rowOf(p.lat+degrees); row++ {
			n := cols(row)
			left, right := colOf(p.lon-span, n), colOf(p.lon+span, n)
			right = min(right, left+n-1)
			for col := left; col <= right; col++ {
				list := g.cells[cell(row, ((col%n)+n)%n)]
				if len(list) == 0 {
					continue
				}
				at, _ := slices.BinarySearchFunc(list, first, func(e entry, day int32) int { return cmp.Compare(e.first, day) })
				for _, e := range list[at:] {
					if e.first > last {
						break
					}
					q := &x.points[e.point]
					if d := distance(p, q); d <= km+p.km+q.km {
						found(e.point, d)
					}
				}
			}
		}
	}
}

// distance is the great-circle distance in km, 2R asin(chord/2) of the unit
// vectors.
func distance(p, q *point) float64 {
	dx, dy, dz := p.xyz[0]-q.xyz[0], p.xyz[1]-q.xyz[1], p.xyz[2]-q.xyz[2]
	return 2 * earthKm * math.Asin(min(1, math.Sqrt(dx*dx+dy*dy+dz*dz)/2))
}
