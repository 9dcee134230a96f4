package wake

import (
	"cmp"
	"math"
	"slices"

	"athar"
	"athar/stat/spacetime"
)

const day = 86400 // seconds

// referenceKm is the radius of the sphere on which a degree has 111.111 km.
const referenceKm = 111.111 * 180 / math.Pi

// counts holds, for every window w and operation i at w*n+i, what lies in the
// wake. Windows are numbered by days and then by km.
type counts struct {
	n                    int
	in                   []bool  // the window lies in the observed time
	before, trend, after []int32 // events of the outcome
	soBefore, moBefore   []int32 // other operations of the same and of the other kind
	soAfter, moAfter     []int32
	first                athar.Day // observed
}

// lags cuts the days from an operation into classes such that every number that
// some window needs is a running sum over classes.
type lags struct {
	class []int16 // of a lag in days, 0..the longest window
	n     int
	cum   []lagEnds // of each window length
}

// lagEnds are the classes at which the running sums of a window of t days end.
type lagEnds struct{ zero, near, far, all int }

// halves says where the trend of a window is split: the trend is events at lags
// up to near, less those beyond far.
func halves(t int, compatible bool) (near, far int) {
	if compatible {
		return t/2 - 1, t/2 - 1
	}
	// With an odd number of days the middle one belongs to neither half.
	return t / 2, t - t/2
}

func newLags(days []int, compatible bool) *lags {
	ends := []int{0}
	for _, t := range days {
		near, far := halves(t, compatible)
		ends = append(ends, near, far, t)
	}
	slices.Sort(ends)
	ends = slices.Compact(ends)
	l := &lags{n: len(ends), class: make([]int16, ends[len(ends)-1]+1)}
	at := func(lag int) int { k, _ := slices.BinarySearch(ends, lag); return k }
	for lag := range l.class {
		l.class[lag] = int16(at(lag))
	}
	for _, t := range days {
		near, far := halves(t, compatible)
		l.cum = append(l.cum, lagEnds{at(0), at(near), at(far), at(t)})
	}
	return l
}

// The histograms of one wake.
const (
	outcomeBefore = iota
	outcomeAfter
	sameBefore
	sameAfter
	otherBefore
	otherAfter
	histograms
)

// count fills all windows of a wake from one look at what lies within the widest
// and longest of them: events by class of lag and by radius, then running sums.
// On the corrected form lag 0, the day of the operation, is in no number of the
// outcome, and other operations of that day count as before. In the compatible
// form lags are whole days between instants, those before start at 0 and those
// after at 1.
func count(ops, events []Event, o *Options) *counts {
	n, ns, nw := len(ops), len(o.Km), len(o.Days)*len(o.Km)
	c := &counts{n: n, in: make([]bool, nw*n)}
	for _, p := range []*[]int32{&c.before, &c.trend, &c.after, &c.soBefore, &c.moBefore, &c.soAfter, &c.moAfter} {
		*p = make([]int32, nw*n)
	}
	scale := 1.0
	if o.Compatible {
		scale = spacetime.EarthKm / referenceKm
	}
	reach, longest := scale*slices.Max(o.Km), slices.Max(o.Days)
	opIndex, evIndex := index(ops, reach), index(events, reach)
	limit := make([]float64, ns) // squared radii
	for k, s := range o.Km {
		limit[k] = opIndex.Square(scale * s)
	}
	order := make([]int, ns) // radii from small to large
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(limit[a], limit[b]) })
	sorted := make([]float64, ns)
	for r, k := range order {
		sorted[r] = limit[k]
	}
	l := newLags(o.Days, o.Compatible)
	hist := make([]int32, histograms*l.n*ns)
	var hits []spacetime.Hit
	slack := 0
	if o.Compatible {
		slack = 1 // it looks back t days and up to one more
	}
	firstAt, lastAt := c.observed(ops, events, o)
	for i, op := range ops {
		clear(hist)
		at := o.instant(op)
		from, to := int32(op.Day)-int32(longest+slack), int32(op.Day)+int32(longest+slack)
		add := func(list []Event, operations bool) {
			for _, h := range hits {
				if operations && int(h.ID) == i {
					continue
				}
				e := &list[h.ID]
				lag, after := int(h.Day-int32(op.Day)), h.Day > int32(op.Day)
				if o.Compatible {
					t := o.instant(*e)
					lag, after = (t-at)/day, t > at || t == at && e.Row > op.Row
				}
				if lag < 0 {
					lag = -lag
				}
				if lag > longest {
					continue
				}
				r := 0
				for h.Square > sorted[r] {
					r++
				}
				which := outcomeBefore
				if operations {
					which = otherBefore
					if e.Kind == op.Kind {
						which = sameBefore
					}
				}
				if after {
					which++
				}
				hist[(which*l.n+int(l.class[lag]))*ns+r]++
			}
		}
		hits = evIndex.Near(hits[:0], op.Lon, op.Lat, reach, from, to)
		add(events, false)
		hits = opIndex.Near(hits[:0], op.Lon, op.Lat, reach, from, to)
		add(ops, true)
		for k := 0; k < len(hist); k += ns { // over radii, then over lags
			for r := 1; r < ns; r++ {
				hist[k+r] += hist[k+r-1]
			}
			if k%(l.n*ns) != 0 {
				for r := range ns {
					hist[k+r] += hist[k+r-ns]
				}
			}
		}
		for d, t := range o.Days {
			e := l.cum[d]
			in := at-(t+slack)*day >= firstAt && at+t*day <= lastAt
			for r, k := range order {
				sum := func(which, class int) int32 { return hist[(which*l.n+class)*ns+r] }
				w := (d*ns+k)*n + i
				c.in[w] = in
				c.after[w] = sum(outcomeAfter, e.all) - sum(outcomeAfter, e.zero)
				c.soAfter[w] = sum(sameAfter, e.all) - sum(sameAfter, e.zero)
				c.moAfter[w] = sum(otherAfter, e.all) - sum(otherAfter, e.zero)
				c.soBefore[w], c.moBefore[w] = sum(sameBefore, e.all), sum(otherBefore, e.all)
				c.before[w] = sum(outcomeBefore, e.all)
				c.trend[w] = sum(outcomeBefore, e.near) - (sum(outcomeBefore, e.all) - sum(outcomeBefore, e.far))
				if !o.Compatible {
					c.before[w] -= sum(outcomeBefore, e.zero)
					c.trend[w] -= sum(outcomeBefore, e.zero)
				}
			}
		}
	}
	return c
}

// instant is the second of an event since 1970; on the corrected form that of
// the start of its day.
func (o *Options) instant(e Event) int {
	if o.Compatible {
		return int(e.Day)*day + e.Second
	}
	return int(e.Day) * day
}

// observed gives the first and the last instant in which a window may lie, and
// keeps the first day.
func (c *counts) observed(ops, events []Event, o *Options) (first, last int) {
	if o.Observed != (athar.Span{}) {
		c.first = o.Observed.First
		return int(c.first) * day, (int(o.Observed.Last)+1)*day - 1
	}
	c.first = ops[0].Day
	first, last = o.instant(ops[0]), o.instant(ops[0])
	for _, list := range [][]Event{ops, events} {
		for _, e := range list {
			first, last = min(first, o.instant(e)), max(last, o.instant(e))
			c.first = min(c.first, e.Day)
		}
	}
	return first, last
}

func index(list []Event, km float64) *spacetime.Index {
	days, lon, lat := make([]int32, len(list)), make([]float64, len(list)), make([]float64, len(list))
	for i, e := range list {
		days[i], lon[i], lat[i] = int32(e.Day), e.Lon, e.Lat
	}
	x, err := spacetime.NewSphere(days, lon, lat, km)
	if err != nil {
		panic(err) // events without a position were left out
	}
	return x
}
