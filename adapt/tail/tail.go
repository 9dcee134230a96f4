// Package tail measures how the deaths of single attacks are distributed: the
// exponent of a discrete power law in the upper tail, whether that law may be
// believed, and whether the exponent changed (METHODS.md C2).
//
// The package thinks that an exponent is worth nothing without the size from
// which it holds, so that size is estimated again in every bootstrap and every
// permutation; that a straight line on logarithmic paper proves nothing, so a
// test of fit and three rival laws stand beside it; and that sizes are few, so
// it says how many attacks would be needed before it says that nothing changed.
// A larger exponent means relatively fewer large attacks. That can be smaller
// groups; it can also be harder targets, other weapons, or coders who round.
//
// Sources: Clauset, Shalizi and Newman 2009 (SIAM Review 51:661); Clauset, Young
// and Gleditsch 2007 (J. Conflict Resolution 51:58); Vuong 1989 (Econometrica
// 57:307).
package tail

import (
	"math"
	"slices"
	"sync"
)

// Tally is how many events had each size. Sizes ascend, are positive and below
// 2^53; counts are positive.
type Tally struct {
	Size  []int
	Count []int
}

// NewTally counts sizes. Those below 1 are left out: a power law has no zero.
func NewTally(sizes []int) Tally {
	x := slices.Clone(sizes)
	slices.Sort(x)
	var t Tally
	for _, v := range x {
		switch k := len(t.Size) - 1; {
		case v < 1:
		case k >= 0 && t.Size[k] == v:
			t.Count[k]++
		default:
			t.Size, t.Count = append(t.Size, v), append(t.Count, 1)
		}
	}
	return t
}

// N is the number of events.
func (t Tally) N() int {
	n := 0
	for _, c := range t.Count {
		n += c
	}
	return n
}

// From is the part of t with sizes of at least xmin. It shares t's memory.
func (t Tally) From(xmin int) Tally {
	k, _ := slices.BinarySearch(t.Size, xmin)
	return Tally{t.Size[k:], t.Count[k:]}
}

// Fit is a discrete power law p(x) = x^-Alpha / zeta(Alpha, Xmin), x >= Xmin.
type Fit struct {
	Xmin  int
	Alpha float64 // > 1
	// SE is the standard error of Alpha for this Xmin,
	// [N (zeta''/zeta - (zeta'/zeta)^2)]^-1/2, about (Alpha-1)/sqrt(N).
	SE float64
	// KS is the largest distance between the tail's distribution and the fitted
	// one over all whole numbers.
	KS     float64
	N      int // events in the tail
	LogLik float64
}

// limits of the search: steeper than maxAlpha is a tail of hardly more than one
// size, which no power law describes.
const (
	minAlpha = 1 + 1e-6
	maxAlpha = 60
)

// Best is the fit whose Xmin has the smallest KS among all sizes that leave at
// least least events and two sizes in the tail; the smallest of equals. ok is
// false if there is none.
func Best(t Tally, least int) (f Fit, ok bool) {
	var w fitter
	w.load(t)
	return w.best(least, 0)
}

// At is the fit with a given Xmin; ok is false with fewer than two sizes in the
// tail.
func At(t Tally, xmin int) (f Fit, ok bool) {
	var w fitter
	w.load(t)
	k := w.from(xmin)
	// The tail begins at xmin also where no event has exactly that size.
	if f, ok = w.at(k, float64(xmin)); ok {
		f.KS, _ = w.distance(f.Alpha, float64(xmin), 2*k, math.Inf(1))
	}
	return f, ok
}

// logs holds the logarithms of small whole numbers, which bootstraps need over
// and over.
var logs = sync.OnceValue(func() []float64 {
	l := make([]float64, 4097)
	for k := range l {
		l[k] = math.Log(float64(k))
	}
	return l
})

// fitter is the workspace of fits to one tally after the other. For size j,
// index len(size) being past the last: events[j] have at least that size, and
// their logarithms sum to sum[j]. Entries 2j and 2j+1 of x, lnx and survival
// are size j and size j plus one, the only places where the distance between
// the two distributions can be largest, and the share of events at or above
// them is survival/events.
type fitter struct {
	lnq      []float64
	size     []float64
	events   []float64
	sum      []float64
	x        []float64
	lnx      []float64
	survival []float64
	pivot    int // where the last distance was largest
	low      [maxAlpha + 16]float64
}

func grow(x []float64, n int) []float64 {
	if cap(x) < n {
		return make([]float64, n, 2*n)
	}
	return x[:n]
}

// load takes a tally; sizes without events are skipped.
func (w *fitter) load(t Tally) {
	w.lnq = logs()
	n := 0
	for _, c := range t.Count {
		if c > 0 {
			n++
		}
	}
	w.size, w.events, w.sum = grow(w.size, n), grow(w.events, n+1), grow(w.sum, n+1)
	w.x, w.lnx, w.survival = grow(w.x, 2*n), grow(w.lnx, 2*n), grow(w.survival, 2*n)
	w.events[n], w.sum[n] = 0, 0
	j := n
	for k := len(t.Size) - 1; k >= 0; k-- {
		if t.Count[k] == 0 {
			continue
		}
		j--
		c, v := float64(t.Count[k]), t.Size[k]
		w.size[j] = float64(v)
		for i := range 2 {
			w.x[2*j+i] = float64(v + i)
			w.lnx[2*j+i] = w.log(v + i)
		}
		w.events[j], w.sum[j] = w.events[j+1]+c, w.sum[j+1]+c*w.lnx[2*j]
		w.survival[2*j], w.survival[2*j+1] = w.events[j], w.events[j+1]
	}
	w.pivot = 0
}

func (w *fitter) log(v int) float64 {
	if v < len(w.lnq) {
		return w.lnq[v]
	}
	return math.Log(float64(v))
}

// from is the index of the first size of at least xmin.
func (w *fitter) from(xmin int) int {
	k, _ := slices.BinarySearch(w.size, float64(xmin))
	return k
}

// at is the fit to the sizes from index k on, the tail beginning at q. Its KS is
// not computed.
func (w *fitter) at(k int, q float64) (f Fit, ok bool) {
	if k+1 >= len(w.size) {
		return f, false
	}
	n := w.events[k]
	return newton(w.sum[k]/n-w.log(int(q)), n, q)
}

// newton maximises -n ln zeta(a, q) - a sum ln x by Newton's method, m being
// the mean of ln(x/q); ln zeta is convex in a.
func newton(m, n, q float64) (f Fit, ok bool) {
	// The continuous law with its edge half a unit lower is near enough to start
	// from (Clauset et al., eq. 3.7).
	a := min(max(1+1/(m-math.Log1p(-.5/q)), 1.01), maxAlpha)
	var l, l1, l2 float64
	for range 60 {
		l, l1, l2 = logZeta(a, q)
		b := a - (l1+m)/l2
		b = max(b, (a+1)/2)
		b = min(b, a+5)
		step := math.Abs(b - a)
		a = b
		if a > maxAlpha || a < minAlpha {
			return f, false
		}
		if step < 1e-9*a {
			break
		}
	}
	return Fit{Xmin: int(q), Alpha: a, SE: 1 / math.Sqrt(n*l2), N: int(n), LogLik: -n * (l + a*m)}, true
}

// distance is the largest |P(X >= x) - share of events >= x| over the entries
// from index from on, and the first entry that has it. It stops as soon as the
// distance exceeds most, with what it has then.
func (w *fitter) distance(a, q float64, from int, most float64) (d float64, where int) {
	// Sizes too small for the formula alone are summed downwards once: low[x] is
	// zeta(a, x) q^a.
	lnq, edge := w.log(int(q)), max(q, math.Ceil(onset(a)))
	sum := math.Exp(a*(lnq-w.log(int(edge)))) * tailSum(a, edge)
	for x := int(edge) - 1; x >= int(q); x-- {
		sum += math.Exp(a * (lnq - w.lnq[x]))
		w.low[x] = sum
	}
	zeta, n := 1/sum, 1/w.survival[from]
	gap := func(i int) float64 {
		x := w.x[i]
		if x < edge {
			return math.Abs(w.low[int(x)]*zeta - w.survival[i]*n)
		}
		return math.Abs(math.Exp(a*(lnq-w.lnx[i]))*tailSum(a, x)*zeta - w.survival[i]*n)
	}
	if w.pivot >= from && w.pivot < len(w.x) {
		if g := gap(w.pivot); g > most {
			return g, w.pivot
		}
	}
	for i := from; i < len(w.x); i++ {
		if i > from && w.x[i] == w.x[i-1] { // the next size is the next number
			continue
		}
		if g := gap(i); g > d {
			if d, where = g, i; d > most {
				break
			}
		}
	}
	return d, where
}

// best searches all sizes for the Xmin with the smallest KS. A size whose
// distance is larger than the best so far at the place where the last one's was
// largest needs no more than that one look, and first, tried before the others,
// makes the best so far a good one: the search is then about linear in sizes.
// The answer does not depend on first.
func (w *fitter) best(least, first int) (f Fit, ok bool) {
	try := func(k int) {
		if int(w.events[k]) < least {
			return
		}
		g, fine := w.at(k, w.size[k])
		if !fine {
			return
		}
		most := math.Inf(1)
		if ok {
			most = f.KS
		}
		g.KS, w.pivot = w.distance(g.Alpha, w.size[k], 2*k, most)
		if !ok || g.KS < f.KS || g.KS == f.KS && g.Xmin < f.Xmin {
			f, ok = g, true
		}
	}
	at, _ := slices.BinarySearch(w.size, float64(first))
	if at < len(w.size) {
		try(at)
	}
	for k := range w.size {
		if k != at {
			try(k)
		}
	}
	return f, ok
}
