package spread

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Weights are symmetric neighbourhoods of weight 1, the list of each place's
// neighbours, ascending.
type Weights [][]int32

// Within makes places neighbours that are at most km apart.
func Within(distance [][]float64, km float64) Weights {
	w := make(Weights, len(distance))
	for i, row := range distance {
		for j, d := range row {
			if i != j && d <= km {
				w[i] = append(w[i], int32(j))
			}
		}
	}
	return w
}

// Adjoining makes places neighbours if no third place lies in or on the circle
// that has the line between them as its diameter (Gabriel and Sokal 1969):
// d_ik^2 + d_jk^2 > d_ij^2 for all k. It stands for shared borders where only
// points are known.
func Adjoining(distance [][]float64) Weights {
	w := make(Weights, len(distance))
	for i := range distance {
		for j := range distance {
			near := i != j
			for k := 0; k < len(distance) && near; k++ {
				if k != i && k != j {
					a, b, c := distance[i][k], distance[j][k], distance[i][j]
					near = a*a+b*b > c*c*(1+1e-9)
				}
			}
			if near {
				w[i] = append(w[i], int32(j))
			}
		}
	}
	return w
}

// Moran is Moran's I, (n/W) sum_ij w_ij z_i z_j / sum z_i^2 with z the deviations
// from the mean; about -1/(n-1) without clustering. NaN where x does not vary or
// there are no neighbours.
func Moran(x []float64, w Weights) float64 {
	mean, pairs := 0.0, 0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	num, den := 0.0, 0.0
	for i, v := range x {
		z := v - mean
		den += z * z
		s := 0.0
		for _, j := range w[i] {
			s += x[j] - mean
		}
		pairs += len(w[i])
		num += z * s
	}
	if pairs == 0 || den <= 1e-12*float64(len(x))*mean*mean {
		return math.NaN()
	}
	return float64(len(x)) / float64(pairs) * num / den
}

// MoranTest is the p value of Moran's I of x among rearrangements of x over the
// places, two-sided about the mean -1/(n-1): (1 + #)/(1 + permutations).
func MoranTest(x []float64, w Weights, permutations int, r *rand.Rand) float64 {
	obs := Moran(x, w)
	if math.IsNaN(obs) {
		return math.NaN()
	}
	centre := -1 / float64(len(x)-1)
	y := slices.Clone(x)
	k := 1
	for range permutations {
		r.Shuffle(len(y), func(i, j int) { y[i], y[j] = y[j], y[i] })
		if math.Abs(Moran(y, w)-centre) >= math.Abs(obs-centre)*(1-1e-9) {
			k++
		}
	}
	return float64(k) / float64(1+permutations)
}

const earth = 6371.0088 // mean radius in km

// Distances is the matrix of great-circle distances in km between points in
// degrees.
func Distances(lon, lat []float64) [][]float64 {
	d := make([][]float64, len(lon))
	rad := math.Pi / 180
	for i := range d {
		d[i] = make([]float64, len(lon))
		for j := range i {
			u, v := math.Sin((lat[i]-lat[j])*rad/2), math.Sin((lon[i]-lon[j])*rad/2)
			h := u*u + math.Cos(lat[i]*rad)*math.Cos(lat[j]*rad)*v*v
			d[i][j] = 2 * earth * math.Asin(math.Min(1, math.Sqrt(h)))
			d[j][i] = d[i][j]
		}
	}
	return d
}

// Pairs finds the median distance between two events when events stand at
// their places' points.
type Pairs struct {
	list []pair
}

type pair struct {
	i, j int32
	km   float64
}

// NewPairs sorts the pairs of places once.
func NewPairs(distance [][]float64) *Pairs {
	p := &Pairs{}
	for i := range distance {
		for j := range i {
			p.list = append(p.list, pair{int32(j), int32(i), distance[i][j]})
		}
	}
	slices.SortFunc(p.list, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.km, b.km), cmp.Compare(a.i, b.i), cmp.Compare(a.j, b.j))
	})
	return p
}

// Median is the smallest distance in km that at least half of all pairs of
// events do not exceed; two events at one place are 0 apart. NaN with fewer than
// two events.
func (p *Pairs) Median(counts []float64) float64 {
	n, same := 0.0, 0.0
	for _, x := range counts {
		n += x
		same += x * (x - 1) / 2
	}
	half := n * (n - 1) / 4
	switch {
	case n < 2:
		return math.NaN()
	case same >= half:
		return 0
	}
	for _, x := range p.list {
		if same += counts[x.i] * counts[x.j]; same >= half {
			return x.km
		}
	}
	return math.NaN()
}

// StandardDistance is the root mean squared distance in km of events from
// their mean point, sqrt(sum x d^2/n), on a plane that touches the earth at the
// mean latitude. NaN without events.
func StandardDistance(lon, lat, counts []float64) float64 {
	var n, x, y, s float64
	for i, c := range counts {
		n += c
		x += c * lon[i]
		y += c * lat[i]
	}
	if n == 0 {
		return math.NaN()
	}
	x, y = x/n, y/n
	deg := earth * math.Pi / 180
	for i, c := range counts {
		u, v := (lon[i]-x)*math.Cos(y*math.Pi/180), lat[i]-y
		s += c * (u*u + v*v)
	}
	return deg * math.Sqrt(s/n)
}

// ClarkEvans is the mean distance of active places to the nearest other active
// place, over its mean for as many places drawn at random from all places:
// below 1 clustered, above 1 spread out (Clark and Evans 1954, with the places
// themselves as the reference instead of the open plane). NaN with fewer than
// two active places.
func ClarkEvans(distance [][]float64, active []bool, draws int, r *rand.Rand) float64 {
	var at []int
	all := make([]int, len(active))
	for i, a := range active {
		all[i] = i
		if a {
			at = append(at, i)
		}
	}
	if len(at) < 2 {
		return math.NaN()
	}
	nearest := func(at []int) float64 {
		s := 0.0
		for _, i := range at {
			m := math.Inf(1)
			for _, j := range at {
				if i != j {
					m = min(m, distance[i][j])
				}
			}
			s += m
		}
		return s / float64(len(at))
	}
	mean := 0.0
	for range draws {
		for i := range at {
			j := i + r.IntN(len(all)-i)
			all[i], all[j] = all[j], all[i]
		}
		mean += nearest(all[:len(at)]) / float64(draws)
	}
	return nearest(at) / mean
}
