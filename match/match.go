// Package match finds reports of one incident in several sources.
//
// The package thinks that two sources that describe the same incident differ
// in little ways: a day, some kilometres, a word for the same deed. Reports of
// different sources are compared when they are near in space and time, their
// codes are compared through taxonomies from fine to coarse, and each report
// gets at most one partner in each other source, the likest first. Incidents
// of one day and episodes of several days are matched among their like; an
// incident that lies inside another source's episode is pointed out and never
// merged, and neither are two reports of one source.
//
// The method is MELTT (Donnay, Dunford, McGrath, Backer and Cunningham 2019,
// Journal of Conflict Resolution 63(5)). Two things are done otherwise. The
// choice of partners does not depend on the order of rows: pairs are taken by
// score, then distance, then days, then identifiers. And candidates come from
// an index of space and time, so that the work grows with the number of
// reports and not with its square.
package match

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"athar"
)

// Ref names one report: its source and its identifier there.
type Ref struct {
	Source, ID string
}

func (r Ref) compare(o Ref) int {
	return cmp.Or(strings.Compare(r.Source, o.Source), strings.Compare(r.ID, o.ID))
}

// Record is what matching knows of one report.
type Record struct {
	Ref
	When     athar.Span // one day, or an episode of several
	Lon, Lat float64    // degrees
	Km       float64    // radius within which the place is known, >= 0; it widens the window
	Days     int        // days by which the dates may be wrong, >= 0; they widen the window
	Codes    []string   // the source's own code in each taxonomy of the options, in their order
}

// Options say what counts as near and as alike.
type Options struct {
	Km         float64 // window in space, > 0
	Days       int     // window in time, >= 0; both first and last days must lie within it
	Taxonomies []*Taxonomy
	// Order is the order in which sources are merged; the first source's report
	// stands for its incident. Nil: by name.
	Order []string
}

// Link says that two reports are of one incident, or might be.
type Link struct {
	A, B  Ref
	Score float64 // mean over taxonomies of the finest level that agrees: 0 all agree in the finest, 1 in the coarsest only
	Km    float64 // great-circle distance
	Days  int     // the larger of the differences of first and last days; of an event from an episode: days outside it
	// Rivals is the number of other candidates that A and B had when they were
	// compared.
	Rivals int
}

// Group is one incident with its reports, one a source, in the order of sources.
type Group struct {
	Members []Ref
	Episode bool
}

// Result is what matching found. All lists are in an order that depends on
// the reports alone and not on the order in which they came.
type Result struct {
	Records  int
	Unique   int     // incidents: Records less the reports that repeat one
	Groups   []Group // incidents with two reports or more
	Links    []Link  // the chosen pairs, A of an earlier source in the order
	Episodes []Link  // event A lies inside episode B of another source: not merged, for review
	Sources  []string
}

// Repeated is the number of reports that repeat an earlier source's report.
func (r *Result) Repeated() int { return r.Records - r.Unique }

// Overlap counts groups by the set of sources in them; keys are the sources in
// order, joined by " + ".
func (r *Result) Overlap() map[string]int {
	n := map[string]int{}
	for _, g := range r.Groups {
		names := make([]string, len(g.Members))
		for i, m := range g.Members {
			names[i] = m.Source
		}
		n[strings.Join(names, " + ")]++
	}
	return n
}

// Find matches the records of two sources or more, which are merged one after
// the other: what is unique after two sources meets the third. Its errors
// name the records that cannot be matched at all: without a source or an
// identifier, with the same of both as another, off the map, ending before
// they begin, or with a code that a taxonomy does not know.
func Find(records []Record, o Options) (*Result, error) {
	s, err := prepare(records, o)
	if err != nil {
		return nil, err
	}
	return s.merge(window{o.Km, int32(o.Days)}, choose), nil
}

// merge takes source after source into the pool of what is unique so far.
func (s *set) merge(w window, choose func([]pair) []pair) *Result {
	res := &Result{Records: len(s.points), Sources: s.sources}
	group := make([]int32, len(s.points)) // the record that stands for each
	for i := range group {
		group[i] = int32(i)
	}
	var chosen []pair
	for source := 1; source < len(s.sources); source++ {
		for _, episode := range []bool{false, true} {
			var pool, fresh []int32
			for i, p := range s.points {
				if p.episode() != episode || group[i] != int32(i) {
					continue
				}
				switch {
				case int(p.source) < source:
					pool = append(pool, int32(i))
				case int(p.source) == source:
					fresh = append(fresh, int32(i))
				}
			}
			for _, c := range choose(s.candidates(pool, fresh, w)) {
				group[c.b] = c.a
				chosen = append(chosen, c)
			}
		}
	}
	members := map[int32][]Ref{}
	for i, g := range group {
		if int(g) == i {
			res.Unique++
		} else {
			members[g] = append(members[g], s.points[i].ref)
		}
	}
	for i, p := range s.points {
		if m := members[int32(i)]; m != nil {
			res.Groups = append(res.Groups, Group{append([]Ref{p.ref}, m...), p.episode()})
		}
	}
	slices.SortFunc(chosen, func(x, y pair) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) })
	for _, c := range chosen {
		res.Links = append(res.Links, s.link(c))
	}
	res.Episodes = s.inside(group, w)
	return res
}

// pair is a candidate: point b may repeat point a.
type pair struct {
	a, b   int32
	days   int32
	rivals int32
	score  float64
	km     float64
}

// choose takes pairs one to one: by score, then distance, then days, then the
// order of the points.
func choose(pairs []pair) []pair {
	slices.SortFunc(pairs, func(p, q pair) int {
		return cmp.Or(cmp.Compare(p.score, q.score), cmp.Compare(p.km, q.km), cmp.Compare(p.days, q.days), cmp.Compare(p.a, q.a), cmp.Compare(p.b, q.b))
	})
	met := map[int32]int32{}
	for _, p := range pairs {
		met[p.a]++
		met[p.b]++
	}
	taken := make(map[int32]bool, len(pairs))
	chosen := pairs[:0]
	for _, p := range pairs {
		if !taken[p.a] && !taken[p.b] {
			taken[p.a], taken[p.b] = true, true
			p.rivals = met[p.a] + met[p.b] - 2
			chosen = append(chosen, p)
		}
	}
	return chosen
}

// point is a record made ready: points are sorted by source and identifier, so
// that an index is an order that no row order can change.
type point struct {
	ref         Ref
	source      int32
	first, last int32
	days        int32
	km          float64
	lon, lat    float64 // degrees
	xyz         [3]float64
}

func (p *point) episode() bool { return p.last > p.first }

type set struct {
	points  []point
	sources []string
	depth   []int   // levels of each taxonomy
	levels  []int32 // of each point, all taxonomies in a row, fine to coarse
	wide    int     // sum of depth
}

// maxErrors is how many bad records an error names.
const maxErrors = 10

func prepare(records []Record, o Options) (*set, error) {
	if !(o.Km > 0) || math.IsInf(o.Km, 1) || o.Days < 0 {
		return nil, fmt.Errorf("the windows must be a distance above 0 km and 0 days or more; they are %v km and %d days", o.Km, o.Days)
	}
	s := &set{sources: o.Order}
	if s.sources == nil {
		for _, r := range records {
			s.sources = append(s.sources, r.Source)
		}
		slices.Sort(s.sources)
		s.sources = slices.Compact(s.sources)
	}
	rank := map[string]int32{}
	for i, name := range s.sources {
		if _, twice := rank[name]; twice {
			return nil, fmt.Errorf("source %q stands twice in the order", name)
		}
		rank[name] = int32(i)
	}
	if len(s.sources) < 2 {
		return nil, errors.New("duplicates are looked for between sources, and there are fewer than two: repeated rows of one source are the reader's to report")
	}
	for _, t := range o.Taxonomies {
		s.depth = append(s.depth, t.Depth())
		s.wide += t.Depth()
	}
	var bad []string
	complain := func(r *Record, format string, args ...any) {
		bad = append(bad, fmt.Sprintf("%s %s: ", r.Source, r.ID)+fmt.Sprintf(format, args...))
	}
	order, ranks := make([]int, len(records)), make([]int32, len(records))
	for i := range records {
		order[i], ranks[i] = i, rank[records[i].Source]
	}
	slices.SortFunc(order, func(i, j int) int {
		if c := cmp.Compare(ranks[i], ranks[j]); c != 0 {
			return c
		}
		return records[i].Ref.compare(records[j].Ref)
	})
	s.points = make([]point, len(records))
	s.levels = make([]int32, 0, len(records)*s.wide)
	for k, i := range order {
		r := &records[i]
		source, known := rank[r.Source]
		switch {
		case r.Source == "" || r.ID == "":
			complain(r, "a record needs a source and an identifier")
		case !known:
			complain(r, "its source is not in the order %s", strings.Join(s.sources, ", "))
		case k > 0 && records[order[k-1]].Ref == r.Ref:
			complain(r, "the identifier stands twice in its source; Athar does not merge within a source")
		case !(math.Abs(r.Lat) <= 90 && math.Abs(r.Lon) <= 180):
			complain(r, "longitude %v, latitude %v is not a place", r.Lon, r.Lat)
		case r.When.Last < r.When.First:
			complain(r, "it ends on %s, before it begins on %s", r.When.Last, r.When.First)
		case !(r.Km >= 0) || math.IsInf(r.Km, 1) || r.Days < 0:
			complain(r, "an uncertainty of %v km and %d days is not one", r.Km, r.Days)
		case len(r.Codes) != len(o.Taxonomies):
			complain(r, "%d codes for %d taxonomies", len(r.Codes), len(o.Taxonomies))
		default:
			for t, code := range r.Codes {
				levels, ok := o.Taxonomies[t].lookup(r.Source, code)
				if !ok {
					complain(r, "taxonomy %s does not know the code %q", o.Taxonomies[t].Name, code)
				}
				s.levels = append(s.levels, levels...)
			}
		}
		sinLat, cosLat := math.Sincos(r.Lat * math.Pi / 180)
		sinLon, cosLon := math.Sincos(r.Lon * math.Pi / 180)
		s.points[k] = point{
			ref: r.Ref, source: source, first: int32(r.When.First), last: int32(r.When.Last), days: int32(r.Days), km: r.Km,
			lon: r.Lon, lat: r.Lat, xyz: [3]float64{cosLat * cosLon, cosLat * sinLon, sinLat},
		}
	}
	if len(bad) > 0 {
		n := len(bad)
		if n > maxErrors {
			bad = append(bad[:maxErrors], fmt.Sprintf("and %d more", n-maxErrors))
		}
		return nil, fmt.Errorf("%d records cannot be matched:\n%s", n, strings.Join(bad, "\n"))
	}
	return s, nil
}

// score is the mean over taxonomies of l/(L-1), where l = 0 is the finest of
// the L levels in which the points agree. ok is false if one taxonomy agrees
// in none. Without taxonomies all points are alike.
func (s *set) score(a, b int32) (score float64, ok bool) {
	if len(s.depth) == 0 {
		return 0, true
	}
	x, y := s.levels[int(a)*s.wide:], s.levels[int(b)*s.wide:]
	from := 0
	for _, depth := range s.depth {
		l := 0
		for l < depth && x[from+l] != y[from+l] {
			l++
		}
		if l == depth {
			return 0, false
		}
		score += float64(l) / float64(max(1, depth-1))
		from += depth
	}
	return score / float64(len(s.depth)), true
}

func (s *set) link(c pair) Link {
	return Link{A: s.points[c.a].ref, B: s.points[c.b].ref, Score: c.score, Km: c.km, Days: int(c.days), Rivals: int(c.rivals)}
}

// candidates are the pairs of a point of pool with one of fresh that lie in
// the window, widened by the uncertainty of both, and agree in every taxonomy.
func (s *set) candidates(pool, fresh []int32, w window) []pair {
	var pairs []pair
	x := newIndex(s.points, fresh)
	for _, a := range pool {
		p := &s.points[a]
		x.near(p, w.km, p.first-w.days, p.first+w.days, func(b int32, km float64) {
			q := &s.points[b]
			slack := w.days + p.days + q.days
			days := max(abs(p.first-q.first), abs(p.last-q.last))
			if days > slack {
				return
			}
			if score, ok := s.score(a, b); ok {
				pairs = append(pairs, pair{a: a, b: b, days: days, score: score, km: km})
			}
		})
	}
	return pairs
}

// inside points out the events that lie within another source's episode,
// widened by the windows, and agree with it in every taxonomy: each with its
// likest episode.
func (s *set) inside(group []int32, w window) []Link {
	var events, episodes []int32
	for i, p := range s.points {
		switch {
		case group[i] != int32(i):
		case p.episode():
			episodes = append(episodes, int32(i))
		default:
			events = append(events, int32(i))
		}
	}
	if episodes == nil {
		return nil
	}
	best := map[int32]pair{}
	x := newIndex(s.points, events)
	for _, e := range episodes {
		p := &s.points[e]
		x.near(p, w.km, p.first-w.days, p.last+w.days, func(b int32, km float64) {
			q := &s.points[b]
			days := max(p.first-q.first, q.first-p.last, 0)
			if q.source == p.source || days > w.days+p.days+q.days {
				return
			}
			score, ok := s.score(e, b)
			if !ok {
				return
			}
			c := pair{a: b, b: e, days: days, score: score, km: km}
			old, met := best[b]
			c.rivals = old.rivals
			if met {
				c.rivals++
				old.rivals++
			}
			if !met || cmp.Or(cmp.Compare(c.score, old.score), cmp.Compare(c.km, old.km), cmp.Compare(c.days, old.days), cmp.Compare(c.b, old.b)) < 0 {
				best[b] = c
			} else {
				best[b] = old
			}
		})
	}
	var links []Link
	for _, e := range events {
		if c, ok := best[e]; ok {
			links = append(links, s.link(c))
		}
	}
	return links
}

func abs(x int32) int32 { return max(x, -x) }
