package tail

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/stat/distuv"

	"athar/stat"
)

// law draws from a discrete power law by inversion. Sizes up to table beyond
// Xmin are looked up; larger ones are searched with the law itself.
type law struct {
	alpha, zeta, lnq float64
	xmin             int
	above            [table + 1]float64 // P(X >= xmin+k)
}

const table = 1024

// largest is where draws end: whole numbers beyond it are not exact.
const largest = 1 << 53

func newLaw(alpha float64, xmin int) *law {
	l := &law{alpha: alpha, xmin: xmin, lnq: math.Log(float64(xmin)), zeta: scaled(alpha, float64(xmin))}
	for k := range l.above {
		l.above[k] = l.survival(xmin + k)
	}
	return l
}

// survival is P(X >= x), x >= xmin.
func (l *law) survival(x int) float64 {
	return math.Exp(l.alpha*(l.lnq-math.Log(float64(x)))) * scaled(l.alpha, float64(x)) / l.zeta
}

// beyond is the largest x with P(X >= x) >= u, for u below the table.
func (l *law) beyond(u float64) int {
	low, high := l.xmin+table, 2*(l.xmin+table)
	for l.survival(high) >= u {
		if low, high = high, 2*high; high >= largest {
			return largest
		}
	}
	for high-low > 1 {
		if mid := low + (high-low)/2; l.survival(mid) >= u {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// fill draws n sizes: counts[k] of xmin+k, and those beyond the table appended
// to rest. Frequent sizes are drawn as binomial counts, the others one by one.
func (l *law) fill(n int, counts []int, rest []int, r *rand.Rand) []int {
	k := 0
	for ; k < table; k++ {
		p := 1 - l.above[k+1]/l.above[k] // of xmin+k, given that it is at least that
		if float64(n)*p < 20 {
			break
		}
		c := binomial(n, p, r)
		counts[k] += c
		n -= c
	}
	for range n {
		u := l.above[k] * (1 - r.Float64())
		if u <= l.above[table] {
			rest = append(rest, l.beyond(u))
			continue
		}
		// The largest j with above[j] >= u; above falls.
		lo, hi := k, table
		for hi-lo > 1 {
			if mid := int(uint(lo+hi) / 2); l.above[mid] >= u {
				lo = mid
			} else {
				hi = mid
			}
		}
		counts[lo]++
	}
	return rest
}

func binomial(n int, p float64, r *rand.Rand) int {
	switch {
	case n == 0 || p <= 0:
		return 0
	case p >= 1:
		return n
	}
	return int(distuv.Binomial{N: float64(n), P: p, Src: r}.Rand())
}

// replica makes bootstrap tallies of a fit (Clauset et al., section 4.1): each
// event is from the fitted law with the tail's share of events as its chance,
// else one of the observed events below Xmin.
type replica struct {
	n     int
	share float64 // of events in the tail
	below Tally
	cond  []float64 // chance of below.Size[k], given that it is not an earlier one
	law   *law
	out   Tally
	dense [table]int
	rest  []int
}

func newReplica(t Tally, f Fit, l *law) *replica {
	k, _ := slices.BinarySearch(t.Size, f.Xmin)
	b := &replica{n: t.N(), below: Tally{t.Size[:k], t.Count[:k]}, law: l}
	b.share = float64(f.N) / float64(b.n)
	left := b.n - f.N
	for _, c := range b.below.Count {
		b.cond = append(b.cond, float64(c)/float64(left))
		left -= c
	}
	return b
}

// draw makes one tally, which the next draw overwrites.
func (b *replica) draw(r *rand.Rand) Tally {
	b.out.Size, b.out.Count = b.out.Size[:0], b.out.Count[:0]
	put := func(x, c int) {
		if c > 0 {
			b.out.Size, b.out.Count = append(b.out.Size, x), append(b.out.Count, c)
		}
	}
	tail := binomial(b.n, b.share, r)
	left := b.n - tail
	for k, x := range b.below.Size {
		c := binomial(left, b.cond[k], r)
		left -= c
		put(x, c)
	}
	clear(b.dense[:])
	b.rest = b.law.fill(tail, b.dense[:], b.rest[:0], r)
	for k, c := range b.dense {
		put(b.law.xmin+k, c)
	}
	slices.Sort(b.rest)
	for i := 0; i < len(b.rest); {
		j := i
		for j < len(b.rest) && b.rest[j] == b.rest[i] {
			j++
		}
		put(b.rest[i], j-i)
		i = j
	}
	return b.out
}

// Bootstrap of a goodness of fit.
type Bootstrap struct {
	Draws   int    // default 1000
	Least   int    // events that a tail must have, as given to [Best]
	Workers int    // default 1; the answer does not depend on it
	Seed    uint64 // and
	Task    string // name the streams, one a draw
}

// Goodness is how a fit compares with tallies that are its law in the tail.
type Goodness struct {
	// P is the share of tallies whose own best fit is further from them than f
	// is from t: the law is rejected where it is at most 0.1.
	P     float64
	Draws int
	// AlphaSD and XminSD are the spread of the refitted exponent and of where it
	// begins: the uncertainty of both together.
	AlphaSD, XminSD float64
}

// Test is the goodness of fit of f, which is [Best] of t, by the
// semi-parametric bootstrap with Xmin estimated again in every draw.
func Test(t Tally, f Fit, o Bootstrap) Goodness {
	o.Draws = cmp.Or(o.Draws, 1000)
	o.Workers = min(max(o.Workers, 1), o.Draws)
	fits := make([]Fit, o.Draws)
	l := newLaw(f.Alpha, f.Xmin)
	var next atomic.Int64
	var group sync.WaitGroup
	for range o.Workers {
		group.Go(func() {
			var w fitter
			b := newReplica(t, f, l)
			for {
				k := int(next.Add(1)) - 1
				if k >= o.Draws {
					return
				}
				w.load(b.draw(stat.Stream(o.Seed, "tail/goodness/"+o.Task, k)))
				// A tally without a fit is no evidence against f.
				g, ok := w.best(o.Least, f.Xmin)
				if !ok {
					g.KS, g.Alpha = math.Inf(1), math.NaN()
				}
				fits[k] = g
			}
		})
	}
	group.Wait()
	var further, n, a1, a2, x1, x2 float64
	for _, g := range fits {
		if g.KS >= f.KS {
			further++
		}
		if !math.IsNaN(g.Alpha) {
			n++
			a1, x1 = a1+g.Alpha-f.Alpha, x1+float64(g.Xmin-f.Xmin)
			a2, x2 = a2+(g.Alpha-f.Alpha)*(g.Alpha-f.Alpha), x2+float64((g.Xmin-f.Xmin)*(g.Xmin-f.Xmin))
		}
	}
	return Goodness{P: further / float64(o.Draws), Draws: o.Draws,
		AlphaSD: math.Sqrt((a2 - a1*a1/n) / (n - 1)), XminSD: math.Sqrt((x2 - x1*x1/n) / (n - 1))}
}
