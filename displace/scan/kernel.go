package scan

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"athar/stat/spacetime"
)

// zones are the growing sets of places around each place: step k of a centre adds
// the places order[ends[k-1]:ends[k]], those at one distance together.
type zones struct {
	centre []centre
	most   int32 // cases of any
}

type centre struct {
	order []int32 // places by distance, itself first
	ends  []int32 // after each step
	cases []int32 // up to each
	km    []float64
	// fresh steps are sets that no earlier centre has. Draws look at them alone.
	fresh []bool
}

// zone is the places of a centre up to a step.
type zone struct {
	order []int32
	km    float64
}

// zones makes the sets of places within reach whose cases are at most the share
// of all. Steps that add no case are left out: they would change no count. member
// says which places sets are made of, nil: all.
func (s *set) zones(member func(place int) bool) *zones {
	z := &zones{}
	most := int(s.o.Share * float64(len(s.place)) * (1 + 1e-12))
	var hits []spacetime.Hit
	seen := map[uint64]bool{}
	for i, p := range s.places {
		if member != nil && !member(i) {
			continue
		}
		hits = s.index.Near(hits[:0], p.X, p.Y, s.o.Km, 0, 0)
		slices.SortFunc(hits, func(a, b spacetime.Hit) int {
			return cmp.Or(cmp.Compare(a.Square, b.Square), cmp.Compare(boolInt(int(a.ID) != i), boolInt(int(b.ID) != i)), cmp.Compare(a.ID, b.ID))
		})
		var c centre
		cases, hash, added := 0, uint64(0), 0
		for k := 0; k < len(hits); {
			step := 0
			square := hits[k].Square
			for ; k < len(hits) && hits[k].Square <= square*(1+1e-9); k++ { // or differs by rounding
				id := hits[k].ID
				if member != nil && !member(int(id)) {
					continue
				}
				c.order = append(c.order, id)
				if n := int(s.first[id+1] - s.first[id]); n > 0 {
					step += n
					hash ^= mix(uint64(id) + 1)
				}
			}
			if cases += step; cases > most {
				break
			}
			if step > 0 {
				c.ends, c.cases, c.km = append(c.ends, int32(len(c.order))), append(c.cases, int32(cases)), append(c.km, s.index.Km(square))
				c.fresh = append(c.fresh, !seen[hash])
				seen[hash] = true
				z.most = max(z.most, int32(cases))
				added++
			}
		}
		if added > 0 {
			z.centre = append(z.centre, c)
		}
	}
	return z
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// mix spreads the bits of a number (the finaliser of SplitMix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// limits say which periods a cylinder may hold: from..to-1, at most length.
type limits struct {
	from, to, length int
	prospective      bool // it ends with to
	high, low        bool // which kinds are wanted
}

// found is the most unlikely cylinder of a centre.
type found struct {
	zone    zone
	a, b, n int
	mu, llr float64
}

// best is the largest likelihood ratio so far, and what it makes hopeless. With
// a fixed count the ratio falls as the expectation comes nearer to it, so an
// expectation that once was not enough for a count bounds all others: limit[c] is
// the highest (for highs) or lowest (for lows) that may still be.
type best struct {
	llr   float64
	limit []float64
	at    found
	step  int
}

// work is the buffers of one scan.
type work struct {
	s      *set
	period []int32
	cum    []float64 // cases before each period, all places but those left out
	total  float64
	n      []int32  // of the zone by period
	bit    []uint64 // periods with cases
	some   []int32  // these, in order
	before []int32  // cases of the zone before each of them
	hi, lo best
}

func newWork(s *set) *work {
	t := s.periods
	return &work{s: s, cum: make([]float64, t+1), n: make([]int32, t), bit: make([]uint64, (t+63)/64), some: make([]int32, t), before: make([]int32, t+1),
		hi: best{limit: make([]float64, len(s.place)+1)}, lo: best{limit: make([]float64, len(s.place)+1)}}
}

// load takes an arrangement of periods over the cases of all places but those left
// out.
func (w *work) load(period []int32, out []int32) {
	w.period, w.total = period, float64(len(period))
	copy(w.cum, w.s.cum)
	if len(out) == 0 {
		return
	}
	clear(w.n)
	for _, p := range out {
		for _, t := range period[w.s.first[p]:w.s.first[p+1]] {
			w.n[t]++
			w.total--
		}
	}
	sum := int32(0)
	for t, n := range w.n {
		sum += n
		w.cum[t+1] -= float64(sum)
	}
	clear(w.n)
}

func (b *best) reset(most int32) {
	b.llr = 0
	for c := range b.limit[:most+1] {
		b.limit[c] = float64(c)
	}
}

// largest is the largest likelihood ratio of either kind.
func (w *work) largest(z *zones, l limits) (low, high float64) {
	w.hi.reset(z.most)
	w.lo.reset(z.most)
	for k := range z.centre {
		w.centre(&z.centre[k], l, false)
	}
	return w.lo.llr, w.hi.llr
}

// centres are the most unlikely low and high of each centre.
func (w *work) centres(z *zones, l limits) (low, high []found) {
	for k := range z.centre {
		c := &z.centre[k]
		w.hi.reset(z.most)
		w.lo.reset(z.most)
		w.centre(c, l, true)
		for _, of := range []struct {
			b    *best
			list *[]found
		}{{&w.lo, &low}, {&w.hi, &high}} {
			if of.b.llr > 0 {
				f := of.b.at
				f.llr, f.zone = of.b.llr, zone{c.order[:c.ends[of.b.step]], c.km[of.b.step]}
				*of.list = append(*of.list, f)
			}
		}
	}
	return low, high
}

// centre goes through the sets of one centre.
func (w *work) centre(c *centre, l limits, all bool) {
	at := int32(0)
	for step, end := range c.ends {
		for _, p := range c.order[at:end] {
			w.add(p)
		}
		at = end
		if all || c.fresh[step] {
			w.windows(int(c.cases[step]), step, l)
		}
	}
	clear(w.n)
	clear(w.bit)
}

// add takes a place into the set at hand.
func (w *work) add(place int32) {
	for _, t := range w.period[w.s.first[place]:w.s.first[place+1]] {
		w.n[t]++
		w.bit[t>>6] |= 1 << (t & 63)
	}
}

// windows tries the spans of one set of places. A high is most unlikely if it
// begins and ends with a case, a low if it reaches from a case to the next or has
// full length: no other spans are tried.
func (w *work) windows(cases, step int, l limits) {
	k, sum := 0, int32(0)
	for word := l.from >> 6; word<<6 < l.to; word++ {
		for b := w.bit[word]; b != 0; b &= b - 1 {
			t := word<<6 + bits.TrailingZeros64(b)
			if t < l.from || t >= l.to {
				continue
			}
			w.some[k], w.before[k] = int32(t), sum
			sum += w.n[t]
			k++
		}
	}
	w.before[k] = sum
	some, before := w.some[:k], w.before[:k+1]
	share := float64(cases) / w.total
	if l.high {
		limit := w.hi.limit
		for i, a := range some {
			base, from := before[i], w.cum[a]
			if l.prospective {
				if n, mu := sum-base, share*(w.cum[l.to]-from); mu < limit[n] && l.to-int(a) <= l.length {
					w.try(&w.hi, n, mu, int(a), l.to, step)
				}
				continue
			}
			for j := i; j < k && int(some[j]-a) < l.length; j++ {
				n, mu := before[j+1]-base, share*(w.cum[some[j]+1]-from)
				if mu < limit[n] {
					w.try(&w.hi, n, mu, int(a), int(some[j])+1, step)
				}
			}
		}
	}
	if !l.low {
		return
	}
	limit := w.lo.limit
	for i := 0; i <= k; i++ {
		a := l.from
		if i > 0 {
			a = int(some[i-1]) + 1
		}
		first := i
		if l.prospective {
			first = k
		}
		for j := first; j <= k; j++ {
			b := l.to
			if j < k {
				b = int(some[j])
			}
			if b-a > l.length {
				break
			}
			if n, mu := before[j]-before[i], share*(w.cum[b]-w.cum[a]); mu > limit[n] && b > a {
				w.try(&w.lo, n, mu, a, b, step)
			}
		}
	}
	i, j := 0, 0
	first := l.from + l.length
	if l.prospective {
		first = max(first, l.to)
	}
	for b := first; b <= l.to; b++ {
		a := b - l.length
		for i < k && int(some[i]) < a {
			i++
		}
		for j < k && int(some[j]) < b {
			j++
		}
		if n, mu := before[j]-before[i], share*(w.cum[b]-w.cum[a]); mu > limit[n] {
			w.try(&w.lo, n, mu, a, b, step)
		}
	}
}

// try compares a cylinder that its limit leaves some hope with the best.
func (w *work) try(b *best, n int32, mu float64, from, to, step int) {
	b.limit[n] = mu
	if v := llr(float64(n), mu, w.total); v > b.llr {
		b.llr, b.step = v, step
		b.at = found{a: from, b: to, n: int(n), mu: mu}
	}
}

// llr is the log likelihood ratio of c cases of all where mu are expected.
func llr(c, mu, all float64) float64 {
	v := 0.0
	if c > 0 {
		v = c * math.Log(c/mu)
	}
	if all > c {
		v += (all - c) * math.Log((all-c)/(all-mu))
	}
	return v
}
