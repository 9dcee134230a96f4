// Package scan looks for cylinders, areas around one of them during some days,
// that hold more or fewer events than the areas' and the days' own totals would
// have it: the space-time permutation scan (METHODS.md B6; Kulldorff and others
// 2005, PLoS Medicine 2:e59), for highs and for lows.
//
// The package thinks in totals that are taken as they are. An area that is
// always busy, or a month in which the whole country is, is no finding: only
// their meeting is, so that a fall everywhere cannot appear as one somewhere. It
// tries every cylinder within its limits and judges the largest likelihood ratio
// by dealing the dates over the events anew. Events that beget events make
// cylinders without any campaign; whether lows inside a footprint and highs
// around it coincide is therefore asked among campaigns that did not happen
// ([Coincide]). Nothing finer than the areas that are given exists for it, and
// what it finds is listed by date and not by strength.
package scan

import (
	"cmp"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"athar"
	"athar/stat"
	"athar/stat/spacetime"
)

// Place is an area by its middle, in degrees east and north or in km on a map.
type Place struct {
	Code string
	X, Y float64
}

// Case is an event: its place, as an index into the places, and its day.
type Case struct {
	Place int
	Day   athar.Day
}

// Options of a scan. The zero value is the default.
type Options struct {
	Planar bool       // positions are km on a map
	Study  athar.Span // days observed; default: from the first to the last case
	Unit   int        // days of a period, counted back from the last day; default 1
	// A cylinder reaches at most Km kilometres from its middle area (default 50),
	// holds at most the share Share of all cases over the whole study (default .5)
	// and lasts at most MaxDays (default half the study, and not above 90).
	Km      float64
	Share   float64
	MaxDays int
	// Prospective looks only at cylinders that last to the end of the study.
	Prospective bool
	Draws       int // default 999; negative: none
	Seed        uint64
	Task        string // names the stream
}

// What a scan needs, and what it lists.
const (
	MinCases = 20
	Listed   = 10 // cylinders of either kind
	draws    = 999
)

// Cylinder is a set of areas during a span of days.
type Cylinder struct {
	Centre   string     `json:"centre"` // code of the area in the middle
	Km       athar.Num  `json:"km"`     // from its middle to the farthest
	Places   []string   `json:"places"` // by code, those without a case included
	Span     athar.Span `json:"span"`
	Observed int        `json:"observed"`
	Expected athar.Num  `json:"expected"`
	Ratio    athar.Num  `json:"ratio"`
	LLR      athar.Num  `json:"llr"` // log likelihood ratio
	// P is the rank of LLR among the largest of each draw.
	P athar.Num `json:"p"`
}

// Result is the lows and the highs, each by date: the most unlikely one and
// others that share no area with more unlikely ones, at most [Listed].
type Result struct {
	Low      []Cylinder     `json:"low"`
	High     []Cylinder     `json:"high"`
	Cases    int            `json:"cases"`
	Places   int            `json:"places"`
	Periods  int            `json:"periods"`
	Draws    int            `json:"draws"`
	Warnings []athar.Note   `json:"warnings,omitempty"`
	Refusal  *athar.Refusal `json:"refusal,omitempty"`
}

var nan = athar.Num(math.NaN())

// SpaceTime scans the cases at places. Neither list is changed and the order of
// neither matters. With C cases in all, a cylinder of an area set with z cases
// over the study and periods with d cases everywhere is expected to hold z d / C;
// the likelihood ratio of c cases where mu are expected is [Kulldorff 1997,
// Communications in Statistics 26:1481]
//
//	LLR = c ln(c/mu) + (C-c) ln((C-c)/(C-mu)).
//
// Lows and highs are each judged by the largest of their own kind in each draw.
func SpaceTime(places []Place, cases []Case, o Options) Result {
	var res Result
	s := arrange(places, cases, &o)
	res.Warnings = s.warnings()
	res.Places, res.Cases = len(s.places), len(s.place)
	if res.Refusal = s.refuse(); res.Refusal != nil {
		return res
	}
	res.Periods, res.Draws = s.periods, o.Draws
	z := s.zones(nil)
	l := limits{to: s.periods, length: s.length, prospective: o.Prospective, high: true, low: true}
	w := newWork(s)
	w.load(s.period, nil)
	low, high := w.centres(z, l)
	tops := s.tops(w, z, l)
	res.Low, res.High = s.list(low, tops[0]), s.list(high, tops[1])
	return res
}

// set is the cases by place and period.
type set struct {
	o       *Options
	places  []Place // by code
	given   []int   // as what the caller gave each
	first   []int32 // case of each place, and the end
	place   []int32 // by case
	period  []int32
	cum     []float64 // cases before each period
	periods int
	length  int // longest cylinder, periods
	index   *spacetime.Index

	noPlace, outside int
	bad              bool
}

func arrange(places []Place, cases []Case, o *Options) *set {
	s := &set{o: o}
	if o.Unit == 0 {
		o.Unit = 1
	}
	if o.Km == 0 {
		o.Km = 50
	}
	if o.Share == 0 {
		o.Share = .5
	}
	if o.Draws == 0 {
		o.Draws = draws
	}
	o.Draws = max(0, o.Draws)
	if o.Study == (athar.Span{}) && len(cases) > 0 {
		o.Study = athar.Span{First: math.MaxInt32, Last: math.MinInt32}
		for _, c := range cases {
			o.Study.First, o.Study.Last = min(o.Study.First, c.Day), max(o.Study.Last, c.Day)
		}
	}
	days := int64(o.Study.Last) - int64(o.Study.First) + 1
	s.bad = o.Unit < 1 || !(o.Km > 0 && o.Km < 1e6) || !(o.Share > 0 && o.Share <= 1) || o.MaxDays < 0 || days < 1 || days > 1<<22
	if s.bad {
		return s
	}
	s.periods = (int(days) + o.Unit - 1) / o.Unit
	if o.MaxDays == 0 {
		o.MaxDays = min(90, int(days)/2)
	}
	s.length = min(max(1, o.MaxDays/o.Unit), s.periods)
	rank := make([]int32, len(places)) // of each place given; -1: no position
	for i := range places {
		if p := places[i]; math.IsNaN(p.X+p.Y) || math.IsInf(p.X+p.Y, 0) || !o.Planar && math.Abs(p.Y) > 90 || o.Planar && !(math.Abs(p.X)+math.Abs(p.Y) < 1e8) {
			rank[i] = -1
			continue
		}
		s.given = append(s.given, i)
	}
	slices.SortFunc(s.given, func(a, b int) int {
		p, q := places[a], places[b]
		return cmp.Or(strings.Compare(p.Code, q.Code), cmp.Compare(p.X, q.X), cmp.Compare(p.Y, q.Y))
	})
	for k, i := range s.given {
		rank[i] = int32(k)
		s.places = append(s.places, places[i])
	}
	list := make([]int64, 0, len(cases)) // place, then period
	for _, c := range cases {
		switch {
		case c.Place < 0 || c.Place >= len(places) || rank[c.Place] < 0:
			s.noPlace++
		case c.Day < o.Study.First || c.Day > o.Study.Last:
			s.outside++
		default:
			list = append(list, int64(rank[c.Place])<<32|int64(s.at(c.Day)))
		}
	}
	slices.Sort(list)
	s.first = make([]int32, len(s.places)+1)
	s.place, s.period = make([]int32, len(list)), make([]int32, len(list))
	for i, c := range list {
		s.place[i], s.period[i] = int32(c>>32), int32(c)
		s.first[s.place[i]+1] = int32(i + 1)
	}
	for k := 1; k < len(s.first); k++ {
		s.first[k] = max(s.first[k], s.first[k-1])
	}
	s.cum = make([]float64, s.periods+1)
	for _, t := range s.period {
		s.cum[t+1]++
	}
	for t := range s.periods {
		s.cum[t+1] += s.cum[t]
	}
	return s
}

// at is the period of a day: the last ones end with the study.
func (s *set) at(d athar.Day) int32 {
	return int32(s.periods-1) - int32(s.o.Study.Last-d)/int32(s.o.Unit)
}

// span is the days of the periods a..b-1.
func (s *set) span(a, b int) athar.Span {
	end := func(p int) athar.Day { return s.o.Study.Last - athar.Day((s.periods-1-p)*s.o.Unit) }
	return athar.Span{First: max(s.o.Study.First, end(a)-athar.Day(s.o.Unit-1)), Last: end(b - 1)}
}

func (s *set) warnings() (out []athar.Note) {
	if s.noPlace > 0 {
		out = append(out, athar.NewNote("scan-no-place", "n", s.noPlace))
	}
	if s.outside > 0 {
		out = append(out, athar.NewNote("scan-outside", "n", s.outside))
	}
	return out
}

func (s *set) refuse() *athar.Refusal {
	switch {
	case s.bad:
		return athar.Refuse("scan-limits")
	case len(s.place) < MinCases:
		return athar.Refuse("scan-few-events", "n", len(s.place), "need", MinCases)
	case s.place[0] == s.place[len(s.place)-1]:
		return athar.Refuse("scan-one-place", "n", len(s.place))
	case slices.Min(s.period) == slices.Max(s.period):
		return athar.Refuse("scan-one-day", "n", len(s.place))
	}
	x, y := make([]float64, len(s.places)), make([]float64, len(s.places))
	for i, p := range s.places {
		x[i], y[i] = p.X, p.Y
	}
	var err error
	if s.o.Planar {
		s.index, err = spacetime.NewPlane(make([]int32, len(x)), x, y, s.o.Km)
	} else {
		s.index, err = spacetime.NewSphere(make([]int32, len(x)), x, y, s.o.Km)
	}
	if err != nil { // arrange left out what has no position
		panic(err)
	}
	return nil
}

// without are the places with cases that are left out.
func (s *set) without(out func(place int) bool) (list []int32) {
	for p := range s.places {
		if s.first[p] < s.first[p+1] && out(p) {
			list = append(list, int32(p))
		}
	}
	return list
}

// tops are the largest low and high of each draw in a scan of all places. A few
// draws settle from where on the others need to look.
func (s *set) tops(w *work, z *zones, l limits) (tops [2][]float64) {
	tops[0], tops[1] = make([]float64, s.o.Draws), make([]float64, s.o.Draws)
	plain := func(w *work, period []int32, d int) {
		w.load(period, nil)
		tops[0][d], tops[1][d] = w.largest(z, l)
	}
	first := min(pilots, s.o.Draws)
	s.draw(0, first, func() search { return plain })
	if first == s.o.Draws || len(z.centre) == 0 {
		return tops
	}
	const hope = .75 // of the least of the first draws: few others fall below
	c := newScreen(w, z, l, hope*slices.Min(tops[0][:first]), hope*slices.Min(tops[1][:first]))
	s.draw(first, s.o.Draws, func() search {
		if c == nil {
			return plain
		}
		n := c.counts(len(s.places))
		return func(w *work, period []int32, d int) {
			w.load(period, nil)
			tops[0][d], tops[1][d] = c.largest(w, n)
		}
	})
	return tops
}

// search looks at the arrangement of a draw.
type search func(w *work, period []int32, draw int)

// draw deals the periods over the cases for the draws from..to-1. Each worker has a
// search of its own.
func (s *set) draw(from, to int, searches func() search) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), to-from) {
		wg.Go(func() {
			w, period, look := newWork(s), make([]int32, len(s.period)), searches()
			for {
				d := from + int(next.Add(1)) - 1
				if d >= to {
					return
				}
				copy(period, s.period)
				r := stat.Stream(s.o.Seed, "scan/"+s.o.Task, d)
				for i := len(period) - 1; i > 0; i-- {
					j := r.IntN(i + 1)
					period[i], period[j] = period[j], period[i]
				}
				look(w, period, d)
			}
		})
	}
	wg.Wait()
}

// rank is the share of the draws, and of what was observed, that reach llr.
func rank(llr float64, tops []float64) athar.Num {
	if len(tops) == 0 {
		return nan
	}
	n := 1
	for _, v := range tops {
		if v >= llr*(1-1e-9) { // equal counts may differ in their last bit
			n++
		}
	}
	return athar.Num(float64(n) / float64(len(tops)+1))
}

// list takes the most unlikely cylinder, then the most unlikely one that shares no
// area with those taken, and so on, and orders them by date.
func (s *set) list(best []found, tops []float64) []Cylinder {
	out := []Cylinder{}
	order := slices.Clone(best)
	slices.SortStableFunc(order, unlikely)
	taken := make([]bool, len(s.places))
	for _, f := range order {
		if f.llr <= 0 || len(out) == Listed {
			break
		}
		if slices.ContainsFunc(f.zone.order, func(p int32) bool { return taken[p] }) {
			continue
		}
		c := s.cylinder(f)
		c.P = rank(f.llr, tops)
		out = append(out, c)
		for _, p := range f.zone.order {
			taken[p] = true
		}
	}
	slices.SortStableFunc(out, func(a, b Cylinder) int {
		return cmp.Or(cmp.Compare(a.Span.First, b.Span.First), cmp.Compare(a.Span.Last, b.Span.Last), strings.Compare(a.Centre, b.Centre))
	})
	return out
}

// unlikely orders by likelihood ratio, the largest first; those that differ by
// rounding alone by size and then by code.
func unlikely(a, b found) int {
	if math.Abs(a.llr-b.llr) > 1e-9*max(a.llr, b.llr) {
		return cmp.Compare(b.llr, a.llr)
	}
	return cmp.Or(cmp.Compare(len(a.zone.order), len(b.zone.order)), cmp.Compare(a.zone.order[0], b.zone.order[0]))
}

func (s *set) cylinder(f found) Cylinder {
	c := Cylinder{Centre: s.places[f.zone.order[0]].Code, Km: athar.Num(f.zone.km), Span: s.span(f.a, f.b),
		Observed: f.n, Expected: athar.Num(f.mu), Ratio: athar.Num(float64(f.n) / f.mu), LLR: athar.Num(f.llr), P: nan}
	for _, p := range f.zone.order {
		c.Places = append(c.Places, s.places[p].Code)
	}
	slices.Sort(c.Places)
	return c
}
