package scan

import (
	"math"
	"slices"
)

// screen finds the largest likelihood ratios of a draw faster than going from case
// to case. Draws have the totals of areas and of periods in common, so a cylinder
// has the same expectation in all of them, and which counts would take its ratio
// above a level is known beforehand. A screen holds these counts and compares four
// spans at once, whose counts lie in the lanes of one word. What passes is computed
// as without it, so that a draw's largest ratios come out the same where they lie
// above the level; where they do not, the draw is searched again without.
type screen struct {
	z         *zones
	l         limits
	low, high float64   // the levels
	lo, hi    []float64 // by count: the expectations that reach them, as in best
	cut       int32     // sets of at most so many cases are still searched case by case
	words     int       // of a place's counts: by period, or of the last 1, 2, ... periods
	wide      int       // lengths of the spans that begin with a period
	// bounds are, by class of sets, word and length, what takes the top bit of a lane
	// up if a high may be there (first), and down if no low may be (second).
	bounds [][2]uint64
	class  []int32 // where the bounds of sets of a class begin
}

const (
	lane   = 16
	lanes  = 64 / lane
	ones   = 0x0001_0001_0001_0001
	topBit = 1 << (lane - 1)
	pilots = 9 // draws that settle the levels
)

// class puts sets together whose expectations differ by a small part of the noise of
// a count.
func class(cases int32) int { return int(4 * math.Sqrt(float64(cases))) }

// newScreen makes a screen at a level for lows and one for highs, for w's totals;
// nil if a count may be too large for a lane.
func newScreen(w *work, z *zones, l limits, low, high float64) *screen {
	c := &screen{z: z, l: l, low: low, high: high, words: (l.to + lanes - 1) / lanes, wide: l.length}
	if l.prospective {
		c.words, c.wide = (l.length+lanes-1)/lanes, 1
	} else {
		// With T periods and spans of up to L, c cases cost about 3 c^2 L/T + 6 T case by
		// case, and .3 T L in lanes (measured).
		c.cut = int32(float64(l.to) * math.Sqrt(max(0, .1-2/float64(l.length))))
	}
	window := 0.0
	for a := range l.to {
		window = max(window, w.cum[min(a+l.length, l.to)]-w.cum[a])
	}
	most := int(min(float64(z.most), window))
	if most >= topBit {
		return nil
	}
	c.lo, c.hi = reach(most, w.total, low, high)
	c.class = make([]int32, class(z.most)+1)
	few, many := slices.Repeat([]int32{z.most}, len(c.class)), make([]int32, len(c.class))
	for _, k := range z.centre {
		for step, n := range k.cases {
			if k.fresh[step] && n > c.cut {
				i := class(n)
				few[i], many[i] = min(few[i], n), max(many[i], n)
			}
		}
	}
	for i, n := range many {
		if n == 0 {
			continue
		}
		c.class[i] = int32(len(c.bounds))
		for word := range c.words {
			for k := range c.wide {
				var high, low uint64
				for j := range lanes {
					first, last := topBit, -1 // counts from which, and up to which; nothing passes
					if a, b, ok := c.span(lanes*word+j, k); ok {
						d := w.cum[b] - w.cum[a]
						first, _ = slices.BinarySearch(c.hi, float64(few[i])/w.total*d)
						last, _ = slices.BinarySearch(c.lo, float64(n)/w.total*d)
						last--
					}
					high |= uint64(topBit-first) << (lane * j)
					low |= uint64(topBit-1-last) << (lane * j)
				}
				c.bounds = append(c.bounds, [2]uint64{high, low})
			}
		}
	}
	return c
}

// span is the periods a..b-1 that a lane and a length stand for, if any.
func (c *screen) span(at, k int) (a, b int, ok bool) {
	if c.l.prospective {
		return c.l.to - 1 - at, c.l.to, at < c.l.length
	}
	return at, at + k + 1, at+k < c.l.to
}

// reach is, by count, the expectation below which a high exceeds its level, and above
// which a low does. Both are the side of a halved interval that lets more pass.
func reach(most int, all, low, high float64) (lo, hi []float64) {
	lo, hi = make([]float64, most+1), make([]float64, most+1)
	// llr falls from above the level to below it.
	edge := func(c, above, below, level float64) float64 {
		for range 50 {
			if m := (above + below) / 2; llr(c, m, all) > level {
				above = m
			} else {
				below = m
			}
		}
		return below
	}
	for n := range most + 1 {
		c, above := float64(n), 0.0
		if n > 0 {
			above = hi[n-1]
		}
		hi[n], lo[n] = edge(c, above, c, high), edge(c, all, c, low)
	}
	return lo, hi
}

// counts are a draw's counts of places in lanes, and of the set at hand.
type counts struct {
	place []uint64
	set   []uint64
	from  []uint64 // of four periods that begin with each
}

func (c *screen) counts(places int) *counts {
	return &counts{make([]uint64, c.words*places), make([]uint64, c.words), make([]uint64, lanes*c.words+c.wide)}
}

// load puts w's arrangement into lanes.
func (c *screen) load(w *work, n *counts) {
	clear(n.place)
	for p := range len(w.s.first) - 1 {
		row := n.place[p*c.words : (p+1)*c.words]
		for _, t := range w.period[w.s.first[p]:w.s.first[p+1]] {
			if c.l.prospective {
				if t = int32(c.l.to) - 1 - t; int(t) >= c.l.length {
					continue
				}
			}
			row[t/lanes] += 1 << (t % lanes * lane)
		}
		if c.l.prospective {
			sum := uint64(0)
			for i, x := range row {
				row[i] = (x + sum) * ones // the sums of the lanes up to each
				sum = row[i] >> (64 - lane)
			}
		}
	}
}

// largest is that of work, with the screen.
func (c *screen) largest(w *work, n *counts) (low, high float64) {
	c.load(w, n)
	w.lo.llr, w.hi.llr = 0, 0
	copy(w.lo.limit, c.lo)
	copy(w.hi.limit, c.hi)
	for k := range c.z.centre {
		c.centre(w, n, &c.z.centre[k])
	}
	low, high = w.lo.llr, w.hi.llr
	again := c.l
	again.low, again.high = low <= c.low, high <= c.high
	if again.low || again.high {
		lo, hi := w.largest(c.z, again)
		if again.low {
			low = lo
		}
		if again.high {
			high = hi
		}
	}
	return low, high
}

func (c *screen) centre(w *work, n *counts, k *centre) {
	set, at, some := n.set, int32(0), false
	clear(set)
	for step, end := range k.ends {
		cases := k.cases[step]
		for _, p := range k.order[at:end] {
			for i, x := range n.place[int(p)*c.words:][:len(set)] {
				set[i] += x
			}
			if cases <= c.cut {
				w.add(p)
				some = true
			}
		}
		at = end
		switch {
		case !k.fresh[step]:
		case cases <= c.cut:
			w.windows(int(cases), step, c.l)
		default:
			bounds := c.bounds[c.class[class(cases)]:]
			if c.l.prospective {
				for i, x := range set {
					if b := bounds[i]; ((x+b[0])|^(x+b[1]))&(topBit*ones) != 0 {
						c.pass(w, x, i, 0, int(cases), step)
					}
				}
				continue
			}
			for i, x := range set {
				next := uint64(0)
				if i+1 < len(set) {
					next = set[i+1]
				}
				from := n.from[lanes*i:][:lanes]
				from[0], from[1] = x, x>>lane|next<<(64-lane)
				from[2], from[3] = x>>(2*lane)|next<<(64-2*lane), x>>(3*lane)|next<<(64-3*lane)
			}
			for i := range set {
				from := n.from[lanes*i:][:c.wide]
				b := bounds[i*c.wide:][:len(from)]
				sum := uint64(0)
				for j, x := range from {
					sum += x
					if ((sum+b[j][0])|^(sum+b[j][1]))&(topBit*ones) != 0 {
						c.pass(w, sum, i, j, int(cases), step)
					}
				}
			}
		}
	}
	if some {
		clear(w.n)
		clear(w.bit)
	}
}

// pass tries the lanes of a word that a bound let through.
func (c *screen) pass(w *work, sum uint64, word, k, cases, step int) {
	share := float64(cases) / w.total
	for j := range lanes {
		n := int32(sum >> (lane * j) & (1<<lane - 1))
		a, b, ok := c.span(lanes*word+j, k)
		if !ok {
			continue
		}
		mu := share * (w.cum[b] - w.cum[a])
		if mu < w.hi.limit[n] {
			w.try(&w.hi, n, mu, a, b, step)
		} else if mu > w.lo.limit[n] {
			w.try(&w.lo, n, mu, a, b, step)
		}
	}
}
