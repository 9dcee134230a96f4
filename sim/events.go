package sim

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"athar"
	"athar/stat"
)

// nearKm is how far from its true place an event is put down whose place is known
// within about 25 km.
const nearKm = 25

// Events draws replicate number replicate of the world as single events, each with
// its day and its point; day and place of an event are spread evenly over its month
// and its area, except that those of a self-exciting world keep their days. Counted by
// area and month they are those of [World.Panel], but for Noise: here the share
// Noise of the events inside and in ring 1 is put down at a point within 25 km of
// the true one, in whatever area that lies, and says so (METHODS.md D1).
func (w World) Events(seed uint64, replicate int) ([]athar.Event, Truth, error) {
	places, err := w.Map()
	if err != nil {
		return nil, nil, err
	}
	clean := w
	clean.Noise = 0
	p, truth, days := clean.draw(seed, replicate)
	r := stat.Stream(seed, "sim/"+w.Name+"/events", replicate)
	inSome := func(east, north float64) bool {
		return slices.ContainsFunc(places, func(q Place) bool {
			return east >= q.East && east < q.East+cellKm && north >= q.North && north < q.North+cellKm
		})
	}
	var out []athar.Event
	for i, a := range p.Areas {
		for t, q := range p.Periods {
			k := p.At(i, t)
			for n := range int(p.Count[k]) {
				e := athar.Event{HasPoint: true, Place: athar.PlaceExact}
				day := q.First + athar.Day(r.IntN(q.Span.Days()))
				if n < len(days[k]) {
					day = days[k][n]
				}
				e.When = athar.Span{First: day, Last: day}
				east, north := places[i].East+cellKm*r.Float64(), places[i].North+cellKm*r.Float64()
				if w.Noise > 0 && (a.Role == athar.Inside || a.Role == 1) && r.Float64() < w.Noise {
					e.Place = athar.PlaceNear
					for x, y, placed := east, north, false; !placed; placed = inSome(east, north) {
						far, turn := nearKm*math.Sqrt(r.Float64()), 2*math.Pi*r.Float64()
						east, north = x+far*math.Cos(turn), y+far*math.Sin(turn)
					}
				}
				e.Lon, e.Lat = degrees(east, north)
				out = append(out, e)
			}
		}
	}
	return out, truth, nil
}

// Polygons are the areas of the world's map as a GeoJSON file, with the codes of
// [World.Areas].
func (w World) Polygons() ([]byte, error) {
	places, err := w.Map()
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString(`{"type": "FeatureCollection", "features": [`)
	for i, p := range places {
		if i > 0 {
			b.WriteString(",")
		}
		west, south := degrees(p.East, p.North)
		east, north := degrees(p.East+cellKm, p.North+cellKm)
		fmt.Fprintf(&b, "\n"+`{"type": "Feature", "properties": {"code": "A%03d"}, "geometry": {"type": "Polygon", "coordinates": [[[%[2]v,%[3]v],[%[4]v,%[3]v],[%[4]v,%[5]v],[%[2]v,%[5]v],[%[2]v,%[3]v]]]}}`,
			i, west, south, east, north)
	}
	b.WriteString("\n]}\n")
	return []byte(b.String()), nil
}
