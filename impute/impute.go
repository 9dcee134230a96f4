// Package impute draws places, days and death tolls for events whose source
// knows them only roughly (METHODS.md D1, D2).
//
// The package thinks that a coarse record is a range and not a point. A centroid
// looks like a place, and a method that takes it for one answers with a
// confidence that the source never had. So every coarse event is drawn several
// times from what is known about it; the analysis is run on each draw, and what
// the draws disagree about goes into the interval (athar/effect/pool). Nothing
// that is drawn may know when the event happened or what became of its area
// afterwards: the weights come from all periods together, because weights by
// period would put the effect under study into the data, or take it out.
//
// That neutrality has a price, which the worlds of the tests show: events that
// are spread by the average of all periods carry no effect of their own, so a
// pooled ratio lies nearer to 1 than the truth, the more so the more events are
// coarse. And where a source becomes coarser because of the campaign, drawing takes
// back only a part of the fall that leaving the coarse events out would show. The
// fraction of missing information says how much rests on such events.
//
// A draw depends on the seed, the number of the draw and the event's own content,
// and on nothing else: not on the order of events, not on the number of workers.
package impute

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"athar"
	"athar/stat"
)

// NearKm is the radius within which [athar.PlaceNear] places an event.
const NearKm = 25

// Map is what is asked of the study's areas. Codes are those of the areas, which
// are districts or larger.
type Map interface {
	// Locate returns the area of a point in degrees; ok is false outside all.
	Locate(lon, lat float64) (code string, ok bool)
	// Province names the unit above an area, "" if it is not known.
	Province(code string) string
	// Members lists the areas of a province, sorted.
	Members(province string) []string
	// Country is the country of an area; may be empty.
	Country(code string) string
}

// Reasons for which an event is in no area of a draw.
const (
	TooCoarse  = "place-too-coarse" // a line or loose region, a country, the sea
	Outside    = "outside-areas"    // no point, or one outside all areas
	NoProvince = "no-province"      // known to the province, but the areas have none
)

// Placed is one event in one draw.
type Placed struct {
	Event  int       // index in the events given to New
	Area   string    // "": in no area, see Why
	Day    athar.Day // in the event's interval
	Deaths int       // between low and high; 0 if the source gives none
	Why    string    // reason for an empty Area
}

// Imputer holds what all draws share. It is safe for concurrent use.
type Imputer struct {
	m       Map
	events  []athar.Event
	streams []string // name of each event's stream
	sites   []site
	week    [7]float64                    // weight of each weekday
	precise map[string]map[string]float64 // class -> area -> events known to the area, of all periods together
}

// site is what is certain about an event's place.
type site struct {
	area     string // of its recorded point, or as the source names it
	province string // spread over this province
	near     bool   // spread over a disc
	why      string // in no area
}

// New prepares the events.
func New(events []athar.Event, m Map) *Imputer {
	x := &Imputer{m: m, events: events, streams: make([]string, len(events)), sites: make([]site, len(events)),
		precise: map[string]map[string]float64{}}
	for d := range x.week {
		x.week[d] = .5 // as if half an event had been seen: no weekday is impossible
	}
	seen := map[string]int{}
	for i := range events {
		e := &events[i]
		name := fmt.Sprintf("impute/%s|%s|%d|%d|%g|%g|%d|%s|%s|%d", e.Dataset, e.ID, e.When.First, e.When.Last,
			e.Lon, e.Lat, e.Place, e.AreaCode, e.Class, e.Deaths)
		x.streams[i] = fmt.Sprintf("%s|%d", name, seen[name]) // two records alike get draws of their own
		seen[name]++
		x.sites[i] = x.site(e)
		if a := x.sites[i].area; a != "" {
			if x.precise[e.Class] == nil {
				x.precise[e.Class] = map[string]float64{}
			}
			x.precise[e.Class][a]++
		}
		if e.When.Days() == 1 {
			x.week[weekday(e.When.First)]++
		}
	}
	return x
}

// site reads the class of place precision. A source that gives none is taken
// at its word.
func (x *Imputer) site(e *athar.Event) site {
	switch {
	case e.AreaCode != "":
		return site{area: e.AreaCode}
	case e.Place > athar.PlaceProvince:
		return site{why: TooCoarse}
	case !e.HasPoint:
		return site{why: Outside}
	}
	area, ok := x.m.Locate(e.Lon, e.Lat)
	if !ok {
		return site{why: Outside}
	}
	switch e.Place {
	case athar.PlaceNear:
		return site{area: area, near: true}
	case athar.PlaceProvince:
		if p := x.m.Province(area); p != "" {
			return site{province: p}
		}
		return site{why: NoProvince}
	}
	return site{area: area}
}

// Uncertain counts the events of which a draw may change the area or the day.
func (x *Imputer) Uncertain() int {
	n := 0
	for i, s := range x.sites {
		if s.why == "" && (s.near || s.province != "" || x.events[i].When.Days() > 1) {
			n++
		}
	}
	return n
}

// Draw is draw number draw of all events, in the order given to New.
//
// A place known to 25 km is uniform in that disc, as far as the disc lies in
// areas of the recorded point's country; one known to the district is certain,
// because areas are districts or larger; one known to the province is in area a
// with probability w_a, drawn anew for each draw from the Dirichlet distribution
// with parameters n_a + 1/2, n_a being the precise events of the same class in a
// over all periods (Jeffreys' prior: the density is smoothed, and the doubt about
// it is part of the draw, as proper imputation asks; Rubin 1987, ch. 4). Anything
// coarser is in no area. The day is in the recorded interval, with the profile of
// the days of the week that exactly dated events have.
func (x *Imputer) Draw(seed uint64, draw int) []Placed {
	out := make([]Placed, len(x.events))
	provinces := map[[2]string]*spread{}
	for i := range x.events {
		e, s := &x.events[i], x.sites[i]
		r := stat.Stream(seed, x.streams[i], draw)
		p := Placed{Area: s.area, Why: s.why}
		switch {
		case s.near:
			p.Area = x.disc(e, s.area, r)
		case s.province != "":
			key := [2]string{e.Class, s.province}
			if provinces[key] == nil {
				provinces[key] = x.spread(e.Class, s.province, stat.Stream(seed, "impute/weights|"+e.Class+"|"+s.province, draw))
			}
			p.Area = provinces[key].pick(r.Float64())
		}
		p.Day = x.day(e.When, r)
		if e.HasDeaths {
			p.Deaths = Deaths(e.Deaths, r)
		}
		out[i] = p
	}
	return out
}

// disc draws a point within 25 km and returns its area. Points outside the
// country of home, the recorded point's area, are drawn again; the recorded
// point itself is in it, so the tries end soon.
func (x *Imputer) disc(e *athar.Event, home string, r *rand.Rand) string {
	const kmPerDegree, tries = 111.195, 1000
	country := x.m.Country(home)
	for range tries {
		d, a := NearKm*math.Sqrt(r.Float64()), 2*math.Pi*r.Float64()
		lat := e.Lat + d*math.Sin(a)/kmPerDegree
		lon := e.Lon + d*math.Cos(a)/(kmPerDegree*math.Cos(e.Lat*math.Pi/180))
		if code, ok := x.m.Locate(lon, lat); ok && x.m.Country(code) == country {
			return code
		}
	}
	return home
}

// spread is a distribution over the areas of a province.
type spread struct {
	areas []string
	upTo  []float64 // cumulative weights, not normalised
}

func (x *Imputer) spread(class, province string, r *rand.Rand) *spread {
	s := &spread{areas: x.m.Members(province)}
	sum := 0.0
	for _, a := range s.areas {
		sum += distuv.Gamma{Alpha: x.precise[class][a] + .5, Beta: 1, Src: r}.Rand()
		s.upTo = append(s.upTo, sum)
	}
	return s
}

func (s *spread) pick(u float64) string {
	k, _ := slices.BinarySearch(s.upTo, u*s.upTo[len(s.upTo)-1])
	return s.areas[min(k, len(s.areas)-1)]
}

// weekday counts from Thursday, the weekday of day 0.
func weekday(d athar.Day) int { return (int(d)%7 + 7) % 7 }

// day draws a day of s with the weights of the days of the week. Whole weeks
// weigh alike, so that a span of years costs as little as one of a fortnight.
func (x *Imputer) day(s athar.Span, r *rand.Rand) athar.Day {
	n := s.Days()
	if n <= 1 {
		return s.First
	}
	week := 0.0
	for _, w := range x.week {
		week += w
	}
	rest := 0.0
	for d := range n % 7 {
		rest += x.week[weekday(s.First+athar.Day(d))]
	}
	u := r.Float64() * (float64(n/7)*week + rest)
	skip := min(int(u/week), n/7)
	u -= float64(skip) * week
	for d := skip * 7; d < n; d++ {
		if u -= x.week[weekday(s.First+athar.Day(d))]; u < 0 {
			return s.First + athar.Day(d)
		}
	}
	return s.Last
}
