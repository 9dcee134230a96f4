package sim

import (
	"fmt"
	"math"

	"athar"
)

// cellKm is the side of a square area on the map of a world.
const cellKm = 20

// Place is where an area of a world lies: the south-west corner of a square of
// 20 km, in km.
type Place struct{ East, North float64 }

// Km is the distance between the edges of two areas; 0 if they touch.
func (a Place) Km(b Place) float64 {
	gap := func(x, y float64) float64 { return max(0, math.Abs(x-y)-cellKm) }
	return math.Hypot(gap(a.East, b.East), gap(a.North, b.North))
}

// RingKm are the outer edges of the two rings of a world's map.
var RingKm = []float64{25, 50}

// Map lays the areas of a world out: a block of areas inside, ring 1 along its
// northern and southern edge at 10 km, ring 2 east and west of it at 30 km, and
// a field of far areas 300 km to the east. Only the usual numbers of areas have
// a map.
func (w World) Map() ([]Place, error) {
	if or(w.Inside, 8) != 8 || or(w.Ring, 8) != 8 || or(w.Far, 36) != 36 {
		return nil, fmt.Errorf("world %s has no map: only 8 areas inside, 8 in each ring and 36 far ones have", w.Name)
	}
	var out []Place
	for i := range 8 {
		out = append(out, Place{cellKm * float64(i%4), cellKm * float64(i/4)})
	}
	for i := range 8 {
		north := 2*cellKm + 10.
		if i >= 4 {
			north = -cellKm - 10
		}
		out = append(out, Place{cellKm * float64(i%4), north})
	}
	for i := range 8 {
		east := 4*cellKm + 30 + cellKm*float64(i%4/2)
		if i >= 4 {
			east = -cellKm - 30 - cellKm*float64(i%4/2)
		}
		out = append(out, Place{east, cellKm * float64(i%2)})
	}
	for i := range 36 {
		// Fours are blocks of two by two, so that other campaigns hang together.
		block, in := i/4, i%4
		out = append(out, Place{300 + 2*cellKm*float64(block%3) + cellKm*float64(in%2), 2*cellKm*float64(block/3) + cellKm*float64(in/2)})
	}
	return out, nil
}

// Areas are the areas of a world with points on an invented map of the desert
// around 33 degrees north and 40 degrees east.
func (w World) Areas(places []Place) []athar.Area {
	var out []athar.Area
	for i, p := range places {
		lon, lat := degrees(p.East+cellKm/2, p.North+cellKm/2)
		out = append(out, athar.Area{Code: fmt.Sprintf("A%03d", i), Name: athar.Names{En: fmt.Sprintf("Area %d", i+1), Ar: fmt.Sprintf("منطقة %d", i+1)},
			Lon: round(lon), Lat: round(lat), Km2: cellKm * cellKm})
	}
	return out
}

// degrees turns a point of the map, in km, into longitude and latitude.
func degrees(east, north float64) (lon, lat float64) {
	const kmPerDegree = 111.2
	return 40 + east/(kmPerDegree*math.Cos(33*math.Pi/180)), 33 + north/kmPerDegree
}

// round keeps four decimals of a degree, about 10 m.
func round(x float64) float64 { return math.Round(x*1e4) / 1e4 }

// Campaign is one campaign of a world: the rows of its areas and its months,
// the first and the one after the last.
type Campaign struct {
	ID       string
	Areas    []int
	From, To int
	RR       [2]float64 // during and afterwards
}

// Campaigns are the world's campaigns, the one that it is about first.
func (w World) Campaigns() []Campaign {
	inside, ring, pre, during := or(w.Inside, 8), or(w.Ring, 8), or(w.Pre, 24), or(w.During, 6)
	first := Campaign{ID: "campaign", From: pre, To: pre + during, RR: [2]float64{or(w.InsideRR[0], 1), or(w.InsideRR[1], 1)}}
	for i := range inside {
		first.Areas = append(first.Areas, i)
	}
	out := []Campaign{first}
	for k, o := range w.Others {
		c := Campaign{ID: fmt.Sprintf("other-%d", k+1), From: o.Start, To: o.Start + during, RR: [2]float64{o.RR, o.RR}}
		for i := range otherAreas {
			c.Areas = append(c.Areas, inside+2*ring+otherAreas*k+i)
		}
		out = append(out, c)
	}
	return out
}
