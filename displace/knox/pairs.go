package knox

import (
	"cmp"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"athar"
	"athar/stat"
	"athar/stat/spacetime"
)

// set is the events of an analysis by place and day. Events of one position
// are one site, so that crowded places cost by their events and not by pairs.
type set struct {
	o      *Options
	n      int
	x, y   []float64 // of sites
	first  []int32   // event of each site, and the end
	day    []int32   // by event, from the first day on
	month  []int32   // by event, numbered from 0
	months [][]int32 // events of each
	span   []reach   // by month
	pairN  int       // pairs of months near in time
	index  *spacetime.Index
	limit  []float64 // ends of bands as the metric measures
}

// reach says with which months a month shares pairs near in time: itself and
// the following up to last; these pairs are numbered from at on.
type reach struct{ at, last int }

// arrange sorts the events with a position and counts the others.
func arrange(events []Event, o *Options) (s *set, bad int) {
	s = &set{o: o}
	list := make([]Event, 0, len(events))
	for _, e := range events {
		switch {
		case math.IsNaN(e.X+e.Y) || math.IsInf(e.X+e.Y, 0), o.Metric == GreatCircle && math.Abs(e.Y) > 90,
			o.Metric != GreatCircle && !(math.Abs(e.X)+math.Abs(e.Y) < 1e8):
			bad++
		default:
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b Event) int {
		return cmp.Or(cmp.Compare(a.X, b.X), cmp.Compare(a.Y, b.Y), cmp.Compare(a.Day, b.Day))
	})
	s.n = len(list)
	if s.n == 0 {
		return s, bad
	}
	start := slices.MinFunc(list, func(a, b Event) int { return cmp.Compare(a.Day, b.Day) }).Day
	s.day = make([]int32, s.n)
	for i, e := range list {
		if i == 0 || e.X != list[i-1].X || e.Y != list[i-1].Y {
			s.x, s.y, s.first = append(s.x, e.X), append(s.y, e.Y), append(s.first, int32(i))
		}
		s.day[i] = int32(min(int64(e.Day)-int64(start), farApart+1))
	}
	s.first = append(s.first, int32(s.n))
	s.byMonth(start)
	return s, bad
}

// byMonth numbers months and finds those near in time.
func (s *set) byMonth(start athar.Day) {
	order := make([]int32, s.n)
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Or(cmp.Compare(s.day[a], s.day[b]), cmp.Compare(a, b)) })
	s.month = make([]int32, s.n)
	key, k := 0, -1
	for _, i := range order {
		of := 0
		if s.o.Null == WithinMonth {
			t := (start + athar.Day(s.day[i])).Time()
			of = t.Year()*12 + int(t.Month())
		}
		if k < 0 || of != key {
			key, k = of, k+1
			s.months = append(s.months, nil)
		}
		s.month[i] = int32(k)
	}
	for i, m := range s.month {
		s.months[m] = append(s.months[m], int32(i))
	}
	s.span = make([]reach, len(s.months))
	longest := s.longest()
	low, high := make([]int32, len(s.months)), make([]int32, len(s.months))
	for m, list := range s.months {
		low[m], high[m] = math.MaxInt32, -1
		for _, i := range list {
			low[m], high[m] = min(low[m], s.day[i]), max(high[m], s.day[i])
		}
	}
	for m := range s.months {
		last := m
		for last+1 < len(s.months) && low[last+1]-high[m] < longest {
			last++
		}
		s.span[m] = reach{s.pairN, last}
		s.pairN += last - m + 1
	}
}

func (s *set) longest() int32 { return int32(s.o.Days[len(s.o.Days)-1]) }

// refuse says why the events allow no answer.
func (s *set) refuse() *athar.Refusal {
	if s.n < MinEvents {
		return athar.Refuse("knox-few-events", "n", s.n, "need", MinEvents)
	}
	free := 0
	for _, list := range s.months {
		for _, i := range list {
			if s.day[i] != s.day[list[0]] {
				free += len(list)
				break
			}
		}
	}
	days := slices.Compact(slices.Sorted(slices.Values(s.day)))
	switch {
	case days[len(days)-1] > farApart:
		return athar.Refuse("knox-bands")
	case len(s.x) == 1:
		return athar.Refuse("knox-one-place", "n", s.n)
	case len(days) == 1:
		return athar.Refuse("knox-one-day", "n", s.n)
	case free < MinEvents:
		return athar.Refuse("knox-few-events", "n", free, "need", MinEvents)
	}
	s.limit = slices.Clone(s.o.Km)
	far := s.o.Km[len(s.o.Km)-1]
	none := make([]int32, len(s.x))
	var err error
	if s.o.Metric == GreatCircle {
		s.index, err = spacetime.NewSphere(none, s.x, s.y, far)
	} else {
		s.index, err = spacetime.NewPlane(none, s.x, s.y, far)
	}
	if err != nil { // arrange left out what has no position
		panic(err)
	}
	if s.o.Metric != Manhattan {
		for b, km := range s.o.Km {
			s.limit[b] = s.index.Square(km)
		}
	}
	return nil
}

// links are what lies near each of the sites from..to, by band: sites, or their
// events. Those of site k and band b are other[start[(k-from)*bands+b]:].
type links struct {
	events   bool
	from, to int
	start    []int
	other    []int32
}

// chunk is how many links are held at a time; a variable for the test.
var chunk = 40_000_000

// near finds the pairs of sites that are nearer than the last end, each once,
// from site from on until there are enough.
func (s *set) near(from int, l *links) {
	nb := len(s.limit)
	l.from, l.to = from, from
	l.start, l.other = l.start[:0], l.other[:0]
	var hits []spacetime.Hit
	far := s.o.Km[nb-1]
	size := make([]int, nb)
	for ; l.to < len(s.x) && len(l.other) < chunk; l.to++ {
		k := l.to
		hits = s.index.Near(hits[:0], s.x[k], s.y[k], far, 0, 0)
		kept := hits[:0]
		clear(size)
		for _, h := range hits {
			if int(h.ID) <= k {
				continue
			}
			d := h.Square
			if s.o.Metric == Manhattan {
				d = math.Abs(s.x[h.ID]-s.x[k]) + math.Abs(s.y[h.ID]-s.y[k])
			}
			b := 0
			for b < nb && d >= s.limit[b] {
				b++
			}
			if b == nb {
				continue
			}
			h.Day = int32(b)
			kept = append(kept, h)
			if size[b]++; l.events {
				size[b] += int(s.first[h.ID+1]-s.first[h.ID]) - 1
			}
		}
		at, all := len(l.other), len(l.other)
		for b, n := range size {
			l.start = append(l.start, all)
			size[b] = all
			all += n
		}
		l.other = slices.Grow(l.other, all-at)[:all]
		for _, h := range kept {
			if !l.events {
				l.other[size[h.Day]] = h.ID
				size[h.Day]++
				continue
			}
			for i := s.first[h.ID]; i < s.first[h.ID+1]; i++ {
				l.other[size[h.Day]] = i
				size[h.Day]++
			}
		}
	}
	l.start = append(l.start, len(l.other))
}

// tally is what is known exactly: pairs near in space, in time and in both, by
// pair of months.
type tally struct {
	s           *set
	space, time []int64   // all pairs of a closed band
	both        []int64   // pair of months by cell
	expected    []float64 // the same
}

// sum adds the cells over the pairs of months.
func (t *tally) sum() (count []int64, expected []float64) {
	cells := len(t.space) * len(t.time)
	count, expected = make([]int64, cells), make([]float64, cells)
	for m, r := range t.s.span {
		for q := m; q <= r.last; q++ {
			at := (r.at + q - m) * cells
			for c := range cells {
				count[c] += t.both[at+c]
				expected[c] += t.expected[at+c]
			}
		}
	}
	return count, expected
}

// run is the events of one site and month.
type run struct{ month, from, to int32 }

// pairs counts all pairs once.
func (s *set) pairs() *tally {
	nb, nt := len(s.o.Km), len(s.o.Days)
	t := &tally{s: s, space: make([]int64, nb), time: make([]int64, nt), both: make([]int64, s.pairN*nb*nt), expected: make([]float64, s.pairN*nb*nt)}
	near := make([]int64, s.pairN*nb) // in space
	runs := make([]run, 0, s.n)
	firstRun := make([]int32, 0, len(s.first))
	for k := range s.x {
		firstRun = append(firstRun, int32(len(runs)))
		for i := s.first[k]; i < s.first[k+1]; i++ {
			if n := len(runs) - 1; i > s.first[k] && runs[n].month == s.month[i] {
				runs[n].to++
			} else {
				runs = append(runs, run{s.month[i], i, i + 1})
			}
		}
	}
	firstRun = append(firstRun, int32(len(runs)))
	// meet counts two runs of different sites, or of one.
	meet := func(a, c run, b int, one bool) {
		if a.month > c.month {
			a, c = c, a
		}
		r := s.span[a.month]
		if int(c.month) > r.last {
			return
		}
		p := r.at + int(c.month-a.month)
		row := t.both[(p*nb+b)*nt : (p*nb+b+1)*nt]
		n := int64(a.to - a.from)
		if one {
			near[p*nb+b] += n * (n - 1) / 2
			s.within(s.day[a.from:a.to], row)
			return
		}
		near[p*nb+b] += n * int64(c.to-c.from)
		s.between(s.day[a.from:a.to], s.day[c.from:c.to], row)
	}
	var l links
	for at := 0; at < len(s.x); at = l.to {
		s.near(at, &l)
		for k := l.from; k < l.to; k++ {
			own := runs[firstRun[k]:firstRun[k+1]]
			n := int64(s.first[k+1] - s.first[k])
			t.space[0] += n * (n - 1) / 2
			for i, a := range own {
				meet(a, a, 0, true)
				for _, c := range own[i+1:] {
					if int(c.month) > s.span[a.month].last {
						break
					}
					meet(a, c, 0, false)
				}
			}
			for b := range nb {
				at := (k-l.from)*nb + b
				for _, j := range l.other[l.start[at]:l.start[at+1]] {
					t.space[b] += n * int64(s.first[j+1]-s.first[j])
					for _, a := range own {
						for _, c := range runs[firstRun[j]:firstRun[j+1]] {
							meet(a, c, b, false)
						}
					}
				}
			}
		}
	}
	sorted := make([][]int32, len(s.months)) // days
	for m, list := range s.months {
		for _, i := range list {
			sorted[m] = append(sorted[m], s.day[i])
		}
		slices.Sort(sorted[m])
	}
	soon := make([]int64, nt)
	for m, r := range s.span {
		for q := m; q <= r.last; q++ {
			clear(soon)
			n, p := int64(len(sorted[m])), r.at+q-m
			all := n * int64(len(sorted[q]))
			if q == m {
				all = n * (n - 1) / 2
				s.within(sorted[m], soon)
			} else {
				s.between(sorted[m], sorted[q], soon)
			}
			for k, c := range soon {
				t.time[k] += c
				if c == 0 {
					continue
				}
				for b := range nb {
					t.expected[(p*nb+b)*nt+k] = float64(near[p*nb+b]) * float64(c) / float64(all)
				}
			}
		}
	}
	return t
}

// crowd is the number of events from which the days of a site are sorted before
// they are compared.
const crowd = 8

// between adds the pairs of one day of a and one of c by the days between them.
// If both are crowds they must be sorted.
func (s *set) between(a, c []int32, row []int64) {
	ends := s.o.Days
	if len(a) > crowd && len(c) > crowd && len(a)*len(c) > 2*len(ends)*(len(a)+len(c)) {
		before := int64(0)
		for k, e := range ends {
			within, low, high := int64(0), 0, 0
			for _, d := range a {
				for low < len(c) && c[low] <= d-int32(e) {
					low++
				}
				for high < len(c) && c[high]-d < int32(e) {
					high++
				}
				within += int64(high - low)
			}
			row[k] += within - before
			before = within
		}
		return
	}
	longest := s.longest()
	for _, d := range a {
		for _, e := range c {
			lag := d - e
			if lag < 0 {
				lag = -lag
			}
			if lag < longest {
				k := 0
				for int(lag) >= ends[k] {
					k++
				}
				row[k]++
			}
		}
	}
}

// within is [set.between] for the pairs of one list, sorted if it is a crowd.
func (s *set) within(a []int32, row []int64) {
	ends := s.o.Days
	if len(a) > crowd {
		before := int64(0)
		for k, e := range ends {
			pairs, low := int64(0), 0
			for i, d := range a {
				for a[low] <= d-int32(e) {
					low++
				}
				pairs += int64(i - low)
			}
			row[k] += pairs - before
			before = pairs
		}
		return
	}
	for i := range a {
		s.between(a[i:i+1], a[i+1:], row)
	}
}

// longSpan is the number of days beyond which none is kept a count of.
const longSpan = 1 << 20

// count adds the closed cells of an arrangement of days over events. until is
// scratch, as long as there are days; empty if they are too many.
func (s *set) count(l *links, day, until []int32, out []int64) {
	nb, nt := len(s.limit), len(s.o.Days)
	longest, ends := s.longest(), s.o.Days
	for k := l.from; k < l.to; k++ {
		a := day[s.first[k]:s.first[k+1]]
		if len(a) > 1 {
			s.within(a, out[:nt])
		}
		for b := range nb {
			row := out[b*nt : (b+1)*nt]
			at := (k-l.from)*nb + b
			others := l.other[l.start[at]:l.start[at+1]]
			if len(until) > 0 && len(others)*(len(a)-1) > 2*(len(until)+nt*len(a)) {
				// Days of the others up to each day: a day of a then costs no pair.
				clear(until)
				for _, j := range others {
					until[day[j]]++
				}
				sum := int32(0)
				for d, n := range until {
					sum += n
					until[d] = sum
				}
				for _, d := range a {
					before := int64(0)
					for c, e := range ends {
						pairs := int64(until[min(int(d)+e, len(until))-1])
						if low := int(d) - e; low >= 0 {
							pairs -= int64(until[low])
						}
						row[c] += pairs - before
						before = pairs
					}
				}
				continue
			}
			for _, d := range a {
				for _, j := range others {
					lag := d - day[j]
					if lag < 0 {
						lag = -lag
					}
					if lag < longest {
						c := 0
						for int(lag) >= ends[c] {
							c++
						}
						row[c]++
					}
				}
			}
		}
	}
}

// deal writes one random arrangement of days.
func (s *set) deal(day []int32, draw int) {
	copy(day, s.day)
	r := stat.Stream(s.o.Seed, "knox/"+s.o.Task, draw)
	for _, list := range s.months {
		for i := len(list) - 1; i > 0; i-- {
			a, b := list[i], list[r.IntN(i+1)]
			day[a], day[b] = day[b], day[a]
		}
	}
	for k := range s.x {
		if site := day[s.first[k]:s.first[k+1]]; len(site) > crowd {
			slices.Sort(site)
		}
	}
}

// draw counts the closed cells of as many arrangements as asked for. Links of
// sites are held a chunk at a time, and each arrangement is dealt anew for each
// chunk, so that memory does not grow with the number of pairs.
func (s *set) draw(o *Options) []int64 {
	cells := len(o.Km) * len(o.Days)
	out := make([]int64, o.Draws*cells)
	l := links{events: true}
	days := int(slices.Max(s.day)) + 1
	if days > longSpan {
		days = 0
	}
	for at := 0; at < len(s.x) && o.Draws > 0; at = l.to {
		s.near(at, &l)
		var next atomic.Int64
		var wg sync.WaitGroup
		for range min(runtime.GOMAXPROCS(0), o.Draws) {
			wg.Go(func() {
				day, until := make([]int32, s.n), make([]int32, days)
				for {
					d := int(next.Add(1)) - 1
					if d >= o.Draws {
						return
					}
					s.deal(day, d)
					s.count(&l, day, until, out[d*cells:(d+1)*cells])
				}
			})
		}
		wg.Wait()
	}
	return out
}
