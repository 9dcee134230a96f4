package place

import "math"

// earthKm is the mean radius of the Earth (IUGG).
const earthKm = 6371.0088

const radian = math.Pi / 180

// point is a longitude and a latitude in degrees.
type point struct{ x, y float64 }

// haversine is sin^2 of half the angle between two points.
func haversine(p, q point) float64 {
	dy, dx := math.Sin((q.y-p.y)*radian/2), math.Sin((q.x-p.x)*radian/2)
	return dy*dy + math.Cos(p.y*radian)*math.Cos(q.y*radian)*dx*dx
}

// kilometres is the great-circle distance between two points.
func kilometres(p, q point) float64 { return arc(haversine(p, q)) }

func arc(h float64) float64 { return 2 * earthKm * math.Asin(math.Sqrt(min(1, h))) }

// box is a rectangle of degrees.
type box struct{ x1, y1, x2, y2 float64 }

var emptyBox = box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}

func (b box) with(p point) box {
	return box{min(b.x1, p.x), min(b.y1, p.y), max(b.x2, p.x), max(b.y2, p.y)}
}

// blockSize is the number of consecutive edges that are passed over together
// if their box is too far.
const blockSize = 16

// block is a run of edges of one boundary.
type block struct {
	box
	narrow float64 // the least cosine of latitude in the box
	path   []point
}

// blocksOf cuts a closed ring into runs of edges.
func blocksOf(blocks []block, ring []point) []block {
	for i := 0; i+1 < len(ring); i += blockSize {
		b := block{box: emptyBox, path: ring[i:min(i+blockSize+1, len(ring))]}
		for _, p := range b.path {
			b.box = b.with(p)
		}
		b.narrow = math.Cos(max(math.Abs(b.y1), math.Abs(b.y2)) * radian)
		blocks = append(blocks, b)
	}
	return blocks
}

// bound is a lower bound of the haversine between any two points of two
// blocks: their gaps in latitude and longitude at the latitude where a degree
// of longitude is shortest.
func bound(a, b *block) float64 {
	dy := max(0, a.y1-b.y2, b.y1-a.y2)
	dx := math.Abs(math.Remainder((a.x1+a.x2-b.x1-b.x2)/2, 360))
	dx = max(0, dx-(a.x2-a.x1+b.x2-b.x1)/2)
	sy, sx := math.Sin(dy*radian/2), math.Sin(dx*radian/2)
	return sy*sy + a.narrow*b.narrow*sx*sx
}

// boundaryDistance is the shortest way in km between two boundaries, 0 if they
// meet. Within two blocks the nearest points are found on a plane whose
// degrees of longitude are shortened by the cosine of the middle latitude; the
// distance between them is then that on the sphere, so that a slightly
// misplaced nearest point costs only the square of its error.
func boundaryDistance(a, b []block) float64 {
	if len(a) == 0 || len(b) == 0 {
		return math.Inf(1)
	}
	bounds := make([]float64, len(a)*len(b))
	nearest := 0
	for i := range a {
		for j := range b {
			k := i*len(b) + j
			bounds[k] = bound(&a[i], &b[j])
			if bounds[k] < bounds[nearest] {
				nearest = k
			}
		}
	}
	best := blockDistance(&a[nearest/len(b)], &b[nearest%len(b)], math.Inf(1))
	for k, h := range bounds {
		if h < best {
			best = blockDistance(&a[k/len(b)], &b[k%len(b)], best)
		}
	}
	return arc(best)
}

// blockDistance is the haversine between two blocks, or best if that is less.
func blockDistance(a, b *block, best float64) float64 {
	squeeze := math.Cos((min(a.y1, b.y1) + max(a.y2, b.y2)) / 2 * radian)
	shift := 360 * math.Round((a.x1+a.x2-b.x1-b.x2)/720)
	flat := func(p point) point { return point{p.x * squeeze, p.y} }
	sphere := func(p point) point { return point{p.x / squeeze, p.y} }
	for i := 0; i+1 < len(a.path); i++ {
		p1, p2 := flat(a.path[i]), flat(a.path[i+1])
		for j := 0; j+1 < len(b.path); j++ {
			q1, q2 := b.path[j], b.path[j+1]
			q1.x, q2.x = q1.x+shift, q2.x+shift
			p, q, d2 := between(p1, p2, flat(q1), flat(q2))
			if d2 == 0 {
				return 0
			}
			// For short ways the haversine is a quarter of the squared angle;
			// the plane may be off by some percent.
			if d2*radian*radian/4*0.9 < best {
				best = min(best, haversine(sphere(p), sphere(q)))
			}
		}
	}
	return best
}

// between returns the nearest points of two segments of the plane, and the
// square of their distance: 0 if the segments meet.
func between(p1, p2, q1, q2 point) (p, q point, d2 float64) {
	if cross(p1, p2, q1)*cross(p1, p2, q2) < 0 && cross(q1, q2, p1)*cross(q1, q2, p2) < 0 {
		return p1, p1, 0
	}
	p, q, d2 = p1, onto(p1, q1, q2), math.Inf(1)
	try := func(u, v point) {
		if d := (u.x-v.x)*(u.x-v.x) + (u.y-v.y)*(u.y-v.y); d < d2 {
			p, q, d2 = u, v, d
		}
	}
	try(p1, onto(p1, q1, q2))
	try(p2, onto(p2, q1, q2))
	try(onto(q1, p1, p2), q1)
	try(onto(q2, p1, p2), q2)
	return p, q, d2
}

// cross is twice the signed area of the triangle a, b, c.
func cross(a, b, c point) float64 {
	return (b.x-a.x)*(c.y-a.y) - (b.y-a.y)*(c.x-a.x)
}

// onto returns the point of segment a-b that is nearest to p.
func onto(p, a, b point) point {
	dx, dy := b.x-a.x, b.y-a.y
	l2 := dx*dx + dy*dy
	if l2 == 0 {
		return a
	}
	t := ((p.x-a.x)*dx + (p.y-a.y)*dy) / l2
	switch {
	case t <= 0:
		return a
	case t >= 1:
		return b
	}
	return point{a.x + t*dx, a.y + t*dy}
}
