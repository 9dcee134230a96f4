// Package knox asks whether events follow each other nearby and soon more often
// than their places and their dates, taken apart, would have it: the Knox test
// with bands, known as near-repeat analysis (METHODS.md B5; Knox 1964, Applied
// Statistics 13:25; Townsley, Johnson and Ratcliffe 2008).
//
// The package thinks in pairs of events, and that chance is known exactly: if
// dates were dealt out over places at random, the pairs near in space and in time
// would number, on average, the pairs near in space times the share of pairs near
// in time. Simulation only serves the p value. It deals dates within the calendar
// month unless told otherwise, because hot spots wander over the seasons and
// would pass for repeats. Pairs of events at one and the same place stand apart:
// records put at the centre of a town look like repeats and are none. More near
// repeats mean more local bursts; they do not tell who acts.
package knox

import (
	"cmp"
	"math"
	"slices"

	"athar"
	"athar/stat"
)

// Event is a day and a position: degrees east and north, or km on a map.
type Event struct {
	Day  athar.Day
	X, Y float64
}

// Metric is how distance is measured.
type Metric int8

// Along the ground between degrees; on a map in km, straight or along streets.
const (
	GreatCircle Metric = iota
	Planar
	Manhattan
)

// Null is what chance may do with dates.
type Null int8

// Dates are dealt out anew within each calendar month, or over all events.
const (
	WithinMonth Null = iota
	AnyDate
)

// Options of an analysis. The zero value is the default.
type Options struct {
	Metric Metric
	// Km and Days end the bands, rising and above 0: [0, Km[0]), [Km[0], Km[1]),
	// ..., and a last one without end. Days are whole, so that 1, 3 means the same
	// day, a day or two, and more. Default: .001, 1, 5, 10, 25 km and 1, 3, 8, 15 days.
	Km   []float64
	Days []int
	// NearKm and NearDays, ends of bands, say what counts as near in the summary;
	// default 5 km and 3 days, else the largest ends below, else the smallest.
	NearKm   float64
	NearDays int
	Null     Null
	Draws    int // of the p values; default 999; negative: none
	Seed     uint64
	Task     string // names the stream
}

// What an analysis needs.
const (
	SameKm    = .001 // bands that end here hold pairs of one place
	MinEvents = 20   // with dates that can be dealt otherwise
	MinMonths = 6    // with near pairs expected, for an interval
	FewPairs  = 5    // expected, below which a ratio is fragile
	draws     = 999
	farApart  = 1 << 30 // days
)

// Band is half-open, [From, To); To is infinite for the last.
type Band struct {
	From athar.Num `json:"from"`
	To   athar.Num `json:"to"`
}

// Cell is one band of space by one of time, or several together.
type Cell struct {
	Space    int       `json:"space"` // numbers of the bands, from 0
	Time     int       `json:"time"`
	Pairs    int64     `json:"pairs"`
	Expected athar.Num `json:"expected"` // the exact mean over all ways to deal the dates
	Ratio    athar.Num `json:"ratio"`
	Extra    athar.Num `json:"extra"` // pairs beyond the expected ones, per event
	// Low and High hold 95% of the ratios that chance gives.
	Low  athar.Num `json:"chance_low"`
	High athar.Num `json:"chance_high"`
	// P is one-sided: (1 + draws with as many pairs or more)/(1 + draws). PAdj
	// holds for all closed bands at once (largest studentised excess).
	P    athar.Num `json:"p"`
	PAdj athar.Num `json:"p_adj"`
}

// Result is the table, space by time, row by row.
type Result struct {
	Space  []Band `json:"space"` // km
	Time   []Band `json:"time"`  // days
	Same   bool   `json:"same_place"`
	Cells  []Cell `json:"cells"`
	Events int    `json:"events"`
	Places int    `json:"places"` // different positions
	Draws  int    `json:"draws"`
	// Near is the one number asked for beforehand: pairs nearer than NearKm and
	// NearDays, those of one place left out (Same: there is a band for them).
	NearKm   athar.Num      `json:"near_km"`
	NearDays int            `json:"near_days"`
	Near     Cell           `json:"near"`
	Warnings []athar.Note   `json:"warnings,omitempty"`
	Refusal  *athar.Refusal `json:"refusal,omitempty"`

	near  []int   // cells that Near sums
	drawn []int64 // counts, draws by closed cells
	tally *tally
}

// At is the cell of two bands.
func (res *Result) At(space, time int) *Cell { return &res.Cells[space*len(res.Time)+time] }

var nan = athar.Num(math.NaN())

// Analyse counts pairs of events by bands of distance and of days between them.
// The list is not changed, and its order does not matter. The expected number
// of a cell is exact,
//
//	E = sum over pairs of months (m, m') of S(m, m') T(m, m') / N(m, m'),
//
// with S the pairs of events of these months near in space, T those near in time
// and N all of them; with dates dealt over all events there is one month. The
// last band of either kind comes from the totals.
//
// The result carries a refusal where there are too few events, one place or one
// day.
func Analyse(events []Event, o Options) Result {
	res := Result{Near: Cell{Expected: nan, Ratio: nan, Extra: nan, Low: nan, High: nan, P: nan, PAdj: nan}}
	if o.Km == nil {
		o.Km = []float64{SameKm, 1, 5, 10, 25}
	}
	if o.Days == nil {
		o.Days = []int{1, 3, 8, 15}
	}
	if o.Draws == 0 {
		o.Draws = draws
	}
	o.Draws = max(0, o.Draws)
	if !rising(o.Km) || !rising(o.Days) || o.Km[len(o.Km)-1] > 2e4 && o.Metric == GreatCircle || o.Km[len(o.Km)-1] > 1e6 || o.Days[len(o.Days)-1] > farApart {
		res.Refusal = athar.Refuse("knox-bands")
		return res
	}
	if !res.settle(&o) {
		res.Refusal = athar.Refuse("knox-bands")
		return res
	}
	s, bad := arrange(events, &o)
	if bad > 0 {
		res.Warnings = append(res.Warnings, athar.NewNote("knox-no-place", "n", bad))
	}
	res.Events, res.Places = s.n, len(s.x)
	if res.Refusal = s.refuse(); res.Refusal != nil {
		return res
	}
	res.tally = s.pairs()
	res.table(s, &o)
	return res
}

func rising[T cmp.Ordered](ends []T) bool {
	var zero T
	for i, e := range ends {
		if !(e > zero) || i > 0 && !(e > ends[i-1]) {
			return false
		}
	}
	return len(ends) > 0 && len(ends) < 100
}

// settle chooses the bands of the summary.
func (res *Result) settle(o *Options) bool {
	end := func(n int, at func(i int) float64, ask, usual float64) (float64, bool) {
		if ask != 0 {
			for i := range n {
				if at(i) == ask {
					return ask, true
				}
			}
			return 0, false
		}
		best := at(0)
		for i := range n {
			if at(i) <= usual {
				best = at(i)
			}
		}
		return best, true
	}
	res.Same = o.Km[0] <= SameKm
	kms := o.Km
	if res.Same {
		kms = kms[1:]
	}
	if len(kms) == 0 {
		return false
	}
	km, ok := end(len(kms), func(i int) float64 { return kms[i] }, o.NearKm, 5)
	days, ok2 := end(len(o.Days), func(i int) float64 { return float64(o.Days[i]) }, float64(o.NearDays), 3)
	if !ok || !ok2 {
		return false
	}
	res.NearKm, res.NearDays = athar.Num(km), int(days)
	for b, to := range o.Km {
		for k, until := range o.Days {
			if to <= km && until <= res.NearDays && !(res.Same && b == 0) {
				res.near = append(res.near, b*len(o.Days)+k)
			}
		}
	}
	return true
}

func bands[T int | float64](ends []T) []Band {
	out := []Band{{}}
	for i, e := range ends {
		out[i].To = athar.Num(e)
		out = append(out, Band{From: athar.Num(e)})
	}
	out[len(ends)].To = athar.Num(math.Inf(1))
	return out
}

// table fills the cells from closed ones, observed and drawn.
func (res *Result) table(s *set, o *Options) {
	t := res.tally
	nb, nt := len(o.Km), len(o.Days)
	res.Space, res.Time, res.Draws = bands(o.Km), bands(o.Days), o.Draws
	res.drawn = s.draw(o)
	closed := nb * nt
	count, expected := t.sum()
	all := int64(s.n) * int64(s.n-1) / 2
	// One cell of the table is a constant plus a signed sum of closed cells.
	value := func(b, k int, closed func(b, k int) float64) float64 {
		if b < nb && k < nt {
			return closed(b, k)
		}
		v := 0.0
		switch {
		case b < nb:
			v = float64(t.space[b])
			for k := range nt {
				v -= closed(b, k)
			}
		case k < nt:
			v = float64(t.time[k])
			for b := range nb {
				v -= closed(b, k)
			}
		default:
			v = float64(all)
			for _, n := range t.space {
				v -= float64(n)
			}
			for k := range nt {
				v -= float64(t.time[k])
				for b := range nb {
					v += closed(b, k)
				}
			}
		}
		return v
	}
	z := make([]float64, o.Draws+1) // largest studentised excess, the last of what was observed
	for i := range z {
		z[i] = math.Inf(-1)
	}
	stars := make([]float64, o.Draws)
	spread := make([]float64, closed)
	for c := range closed {
		for d := range stars {
			stars[d] = float64(res.drawn[d*closed+c])
		}
		spread[c] = deviation(stars, float64(count[c]), expected[c])
		if spread[c] > 0 {
			for d, n := range stars {
				z[d] = max(z[d], (n-expected[c])/spread[c])
			}
		}
	}
	for b := range nb + 1 {
		for k := range nt + 1 {
			at := func(n []int64) float64 {
				return value(b, k, func(b, k int) float64 { return float64(n[b*nt+k]) })
			}
			cell := Cell{Space: b, Time: k, Pairs: int64(at(count))}
			e := value(b, k, func(b, k int) float64 { return expected[b*nt+k] })
			for d := range stars {
				stars[d] = at(res.drawn[d*closed : (d+1)*closed])
			}
			cell.judge(e, s.n, stars)
			if b < nb && k < nt && o.Draws > 0 {
				if c := b*nt + k; spread[c] > 0 {
					own, more := (float64(count[c])-expected[c])/spread[c], 1
					for _, v := range z[:o.Draws] {
						if v >= own {
							more++
						}
					}
					cell.PAdj = athar.Num(float64(more) / float64(o.Draws+1))
				} else {
					cell.PAdj = 1
				}
			}
			res.Cells = append(res.Cells, cell)
		}
	}
	n, e := pick(res.near, count, expected)
	for d := range stars {
		stars[d] = 0
		for _, c := range res.near {
			stars[d] += float64(res.drawn[d*closed+c])
		}
	}
	res.Near = Cell{Pairs: n, PAdj: nan, Space: -1, Time: -1}
	res.Near.judge(e, s.n, stars)
	res.Near.PAdj = res.Near.P
	if e < FewPairs {
		res.Warnings = append(res.Warnings, athar.NewNote("knox-few-pairs", "expected", athar.Num(e), "need", FewPairs))
	}
	if res.Same {
		same, near := int64(0), int64(0)
		for _, c := range res.near {
			near += count[c]
			if c/nt == 1 {
				same += count[c%nt]
			}
		}
		if same > near {
			res.Warnings = append(res.Warnings, athar.NewNote("knox-one-spot", "same", int(same), "near", int(near)))
		}
	}
}

// deviation is the root mean square distance of the draws, and of what was
// observed, from the mean; what was observed is one of the draws by the null.
func deviation(stars []float64, observed, mean float64) float64 {
	v := (observed - mean) * (observed - mean)
	for _, n := range stars {
		v += (n - mean) * (n - mean)
	}
	return math.Sqrt(v / float64(len(stars)+1))
}

// judge sets a cell against its expectation and its draws, which it sorts.
func (c *Cell) judge(expected float64, events int, stars []float64) {
	c.Extra = athar.Num((float64(c.Pairs) - expected) / float64(events))
	c.Expected, c.Ratio, c.Low, c.High, c.P, c.PAdj = athar.Num(expected), nan, nan, nan, nan, nan
	// Below that the expectation is the rounding of a difference of totals.
	some := expected > 1e-9
	if some {
		c.Ratio = athar.Num(float64(c.Pairs) / expected)
	}
	if len(stars) == 0 {
		return
	}
	slices.Sort(stars)
	if some {
		c.Low, c.High = athar.Num(stat.Quantile(stars, .025)/expected), athar.Num(stat.Quantile(stars, .975)/expected)
	}
	below, _ := slices.BinarySearch(stars, float64(c.Pairs))
	c.P = athar.Num(float64(1+len(stars)-below) / float64(1+len(stars)))
}
