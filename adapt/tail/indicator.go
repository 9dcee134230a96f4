package tail

import (
	"cmp"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"athar"
	"athar/adapt/contrast"
	"athar/impute"
	"athar/stat"
)

// Limits of the indicator.
const (
	MinTail = 50 // events a tail must have (Clauset et al., section 3.4)
	// Of is the change for which a refusal says how many events would do.
	Of = .3

	permutations = 999
	bootstraps   = 1000
	imputations  = 20
	rejected     = .1 // goodness of fit at or below which the law is rejected
	heapedFrom   = 2.33
	distinct     = 20 // arrangements of blocks without which p cannot reach .05
	defined      = .8 // share of permutations that must give an answer
)

// event is one event whose deaths are known and are its own.
type event struct {
	block int
	group int // 0 near, 1 far
	toll  athar.Deaths
}

// record is the events of a pattern with what was left out.
type record struct {
	events  []event
	count   [2]int // blocks before and after
	groups  int    // 2 with a control
	joined  int    // records of several events, whose deaths cannot be shared out
	unknown int    // events without a toll
	ranged  int    // events whose toll is a range
}

// read takes the events near, and far where the pattern has a control, whose
// days lie for at least half in one of the two stretches. Blocks are those of
// package contrast.
func read(p *athar.Pattern) record {
	s := contrast.Split(&athar.Pattern{Areas: p.Areas, Before: p.Before, After: p.After})
	r := record{count: s.Count, groups: 1}
	if p.Control {
		r.groups = 2
	}
	for _, x := range p.Records {
		mid, a := x.When.Mid(), p.Areas[x.Area]
		block := slices.IndexFunc(s.Blocks, func(b athar.Span) bool { return b.Has(mid) })
		e := event{block: block, toll: x.Deaths}
		switch {
		case a.Near():
		case a.Role == athar.Far && p.Control:
			e.group = 1
		default:
			continue
		}
		if block < 0 || x.N < 1 || 2*x.When.Overlap(s.Span[side(block, r.count)]) < x.When.Days() {
			continue
		}
		switch {
		case !x.HasDeaths:
			r.unknown += x.N
		case x.N > 1:
			r.joined++
		default:
			if low, high := min(x.Deaths.Low, x.Deaths.Best), max(x.Deaths.High, x.Deaths.Best); low < high {
				r.ranged++
			}
			r.events = append(r.events, e)
		}
	}
	// The draws of tolls go by this order, never by that of the input.
	slices.SortFunc(r.events, func(a, b event) int {
		return cmp.Or(a.block-b.block, a.group-b.group, a.toll.Best-b.toll.Best, a.toll.Low-b.toll.Low, a.toll.High-b.toll.High)
	})
	return r
}

func side(block int, count [2]int) int {
	if block >= count[0] {
		return 1
	}
	return 0
}

// bench computes the contrast for any arrangement of blocks into sides, without
// allocating after the first.
type bench struct {
	r     *record
	size  []int        // distinct tolls of at least 1, ascending
	index []int        // of each event's toll in size; -1 for none
	count [2][2][]int  // by group and side
	fit   [2][2]fitter // likewise
	hint  [2][2]int    // where searches begin
	out   [2]Change    // by group
	label []int        // side of each block
}

func newBench(r *record, toll []int) *bench {
	b := &bench{r: r, index: make([]int, len(toll)), label: make([]int, r.count[0]+r.count[1])}
	b.size = NewTally(toll).Size
	for i, x := range toll {
		b.index[i] = -1
		if x > 0 {
			b.index[i], _ = slices.BinarySearch(b.size, x)
		}
	}
	for g := range b.count {
		for s := range b.count[g] {
			b.count[g][s] = make([]int, len(b.size))
		}
	}
	b.observed()
	return b
}

func (b *bench) observed() {
	for k := range b.label {
		b.label[k] = side(k, b.r.count)
	}
	b.arrange()
}

// arrange fills the counts by the labels.
func (b *bench) arrange() {
	for g := range b.count {
		clear(b.count[g][0])
		clear(b.count[g][1])
	}
	for i, e := range b.r.events {
		if k := b.index[i]; k >= 0 {
			b.count[e.group][b.label[e.block]][k]++
		}
	}
}

// tally of a group and side, as arranged.
func (b *bench) tally(group, side int) Tally {
	var t Tally
	for k, c := range b.count[group][side] {
		if c > 0 {
			t.Size, t.Count = append(t.Size, b.size[k]), append(t.Count, c)
		}
	}
	return t
}

// change compares the two sides of a group.
func (b *bench) change(group int) (Change, bool) {
	for s := range 2 {
		b.fit[group][s].load(Tally{b.size, b.count[group][s]})
	}
	return compare(&b.fit[group], MinTail, b.hint[group])
}

// contrast is the change near less the one far, with its standard error; ok is
// false where a tail cannot be fitted.
func (b *bench) contrast(groups int) (d, se float64, ok bool) {
	sign := 1.
	for g := range groups {
		c, ok := b.change(g)
		if !ok {
			return 0, 0, false
		}
		b.out[g] = c
		d += sign * c.Alpha
		se, sign = math.Hypot(se, c.SE), -1
	}
	return d, se, true
}

// Indicator is the change of the exponent of attack sizes. Before and After are
// the exponents near, from a common Xmin on and at equal numbers of tail
// events; FarBefore and FarAfter those far, from their own common Xmin on.
//
// The statistic is the studentised contrast
//
//	T = [(a_after - a_before) - (far a_after - far a_before)] / SE,
//
// SE from the information of the four fits, and its null is T of the same events
// with the labels of 4-week blocks shuffled, near and far alike, every Xmin
// being looked for anew. P = (1 + #{|T*| >= |T|})/(1 + 999); the interval is
// Change -+ c SE with c the 95% quantile of |T*|, and MDE = 2.80 rms(T*) SE.
// Package contrast's own comparison is not used because the common Xmin belongs
// to two samples together and moves with the labels; equal numbers are had
// exactly by [Fit.Rarefied]; and an exponent needs no equal lengths.
//
// Records that join several events have no toll of their own. Where fewer than
// [MinTail] events lie in a tail near the campaign, or no event has a toll, the
// indicator is refused; far, the change near is shown alone.
func Indicator(p *athar.Pattern, seed uint64) athar.Indicator {
	nan := athar.Num(math.NaN())
	ind := athar.Indicator{Code: "size", Group: athar.GroupSize, Predicts: 1, Reading: athar.Refused,
		Before: nan, After: nan, FarBefore: nan, FarAfter: nan, Change: nan, Low: nan, High: nan, P: nan, HolmP: nan, MDE: nan}
	r := read(p)
	toll := make([]int, len(r.events))
	deadly := 0
	for i, e := range r.events {
		if toll[i] = e.toll.Best; toll[i] > 0 && e.group == 0 {
			deadly++
		}
	}
	if deadly == 0 {
		ind.Refusal = athar.Refuse("tail-no-deaths", "joined", r.joined, "unknown", r.unknown)
		return ind
	}
	b := newBench(&r, toll)
	near, ok := b.change(0)
	before, after := near.Before.N, near.After.N
	if !ok { // no tail at all: say how many events there were
		before, after = b.tally(0, 0).N(), b.tally(0, 1).N()
	}
	if !ok || min(before, after) < MinTail {
		alpha, xmin := 2.5, 1<<20 // the usual exponent, sizes as good as continuous
		if ok {
			alpha, xmin = near.Before.Alpha, near.Before.Xmin
		}
		ind.N = min(before, after)
		ind.Refusal = athar.Refuse("tail-few", "before", before, "after", after, "need", MinTail)
		enough := athar.NewNote("tail-enough", "n", Needed(alpha, xmin, Of), "change", athar.Num(Of), "alpha", athar.Num(alpha))
		ind.Refusal.Remedy = &enough
		return ind
	}
	own := [2]Fit{}
	for s := range own {
		own[s], _ = Best(b.tally(0, s), MinTail)
		b.hint[0][s] = own[s].Xmin
	}
	groups := 1
	if r.groups == 2 {
		far, ok := b.change(1)
		if n := min(far.Before.N, far.After.N); ok && n >= MinTail {
			groups = 2
			ind.FarN = n
			ind.FarBefore, ind.FarAfter = athar.Num(far.Before.Rarefied(n)), athar.Num(far.After.Rarefied(n))
			b.hint[1] = [2]int{far.Before.Xmin, far.Before.Xmin}
		} else {
			ind.Warnings = append(ind.Warnings, athar.NewNote("tail-no-far", "n", n, "need", MinTail))
		}
	}
	d, se, _ := b.contrast(groups)
	ind.N = min(before, after)
	ind.Before, ind.After = athar.Num(near.Before.Rarefied(ind.N)), athar.Num(near.After.Rarefied(ind.N))
	ind.Change, ind.Reading = athar.Num(d), athar.Neither
	ind.Curves = curves(b, near)
	ind.Warnings = append(ind.Warnings, athar.NewNote("tail-fit", "xmin", near.Before.Xmin, "before", before, "after", after, "p", athar.Num(near.P)))

	c := 1.96
	switch k := arrangements(r.count); {
	case p.Grain > contrast.BlockDays:
		ind.Warnings = append(ind.Warnings, athar.NewNote("contrast-coarse", "days", p.Grain))
	case k < distinct:
		ind.Warnings = append(ind.Warnings, athar.NewNote("contrast-few-blocks", "before", r.count[0], "after", r.count[1]))
	default:
		null := b.null(groups, toll, permutations, seed)
		if share := float64(len(null)) / permutations; share < defined {
			ind.Warnings = append(ind.Warnings, athar.NewNote("contrast-null-undefined", "share", athar.Num(share)))
			break
		}
		reached, squares := 0, 0.
		for _, t := range null {
			squares += t * t
			if t >= math.Abs(d/se)*(1-1e-9) {
				reached++
			}
		}
		c = null[min(len(null)-1, int(math.Ceil(.95*float64(len(null)+1)))-1)]
		ind.P = athar.Num(float64(1+reached) / float64(1+len(null)))
		ind.Low, ind.High = athar.Num(d-c*se), athar.Num(d+c*se)
		ind.MDE = athar.Num(power * math.Sqrt(squares/float64(len(null))) * se)
		if ind.P < .05 {
			ind.Reading = athar.Opposes
			if d > 0 {
				ind.Reading = athar.Supports
			}
		}
	}
	ind.Warnings = append(ind.Warnings, doubts(b, own, near, seed)...)
	if r.ranged > 0 {
		ind.Warnings = append(ind.Warnings, tolls(&r, groups, d, se, c, seed))
	}
	if r.joined > 0 {
		ind.Warnings = append(ind.Warnings, athar.NewNote("tail-joined", "n", r.joined))
	}
	if r.unknown > 0 {
		ind.Warnings = append(ind.Warnings, athar.NewNote("tail-unknown", "n", r.unknown, "known", len(r.events)))
	}
	return ind
}

// arrangements is min(n choose k, a million): the ways to call k of n blocks
// after.
func arrangements(count [2]int) int {
	n, k := count[0]+count[1], min(count[0], count[1])
	b := 1
	for i := 1; i <= k && b < 1e6; i++ {
		b = b * (n - k + i) / i
	}
	if k == 0 {
		return 0
	}
	return b
}

// null is |T| of n shuffles of the labels, ascending, without those that cannot be
// fitted. Each permutation has a stream of its own.
func (b *bench) null(groups int, toll []int, n int, seed uint64) []float64 {
	all := make([]float64, n)
	workers := max(1, min(runtime.GOMAXPROCS(0), n/32))
	var group sync.WaitGroup
	for k := range workers {
		group.Go(func() {
			own := newBench(b.r, toll)
			own.hint = b.hint
			for i := k; i < n; i += workers {
				for j := range own.label {
					own.label[j] = side(j, b.r.count)
				}
				stat.Stream(seed, "tail/null", i).Shuffle(len(own.label), func(x, y int) {
					own.label[x], own.label[y] = own.label[y], own.label[x]
				})
				own.arrange()
				all[i] = math.NaN()
				if d, se, ok := own.contrast(groups); ok {
					all[i] = math.Abs(d / se)
				}
			}
		})
	}
	group.Wait()
	all = slices.DeleteFunc(all, math.IsNaN)
	slices.Sort(all)
	return all
}

// doubts are reasons not to trust the exponents near.
func doubts(b *bench, own [2]Fit, near Change, seed uint64) []athar.Note {
	var out []athar.Note
	var p [2]float64
	worst := [3]float64{1, 1, 1} // of the rivals that fit better
	var share, expected, z float64
	common := [2]Fit{near.Before, near.After}
	for s, task := range [2]string{"before", "after"} {
		t := b.tally(0, s)
		p[s] = Test(t, own[s], Bootstrap{Draws: bootstraps, Least: MinTail, Workers: runtime.GOMAXPROCS(0), Seed: seed, Task: task}).P
		for k, v := range Rivals(t, own[s]) {
			if v.LR < 0 {
				worst[k] = min(worst[k], v.P)
			}
		}
		if h, e, x := Heaping(t, common[s]); x > z {
			share, expected, z = h, e, x
		}
	}
	if min(p[0], p[1]) <= rejected {
		out = append(out, athar.NewNote("tail-not-power-law", "before", athar.Num(p[0]), "after", athar.Num(p[1])))
	}
	if worst[0] < rejected {
		out = append(out, athar.NewNote("tail-lognormal", "p", athar.Num(worst[0])))
	}
	if worst[1] < rejected {
		out = append(out, athar.NewNote("tail-exponential", "p", athar.Num(worst[1])))
	}
	if worst[2] < rejected {
		out = append(out, athar.NewNote("tail-cutoff", "p", athar.Num(worst[2])))
	}
	if z > heapedFrom {
		out = append(out, athar.NewNote("tail-heaped", "share", athar.Num(share), "expected", athar.Num(expected)))
	}
	return out
}

// tolls repeats the contrast with tolls drawn between their low and high
// estimates (METHODS.md D2) and says how far it moves, and whether it would read
// differently.
func tolls(r *record, groups int, d, se, c float64, seed uint64) athar.Note {
	low, high := math.Inf(1), math.Inf(-1)
	given, other := 0, 0
	toll := make([]int, len(r.events))
	reads := func(d, se float64) int {
		switch {
		case d > c*se:
			return 1
		case d < -c*se:
			return -1
		}
		return 0
	}
	for k := range imputations {
		draw(toll, r.events, stat.Stream(seed, "tail/tolls", k))
		x, s, ok := newBench(r, toll).contrast(groups)
		if !ok {
			continue
		}
		given++
		low, high = min(low, x), max(high, x)
		if reads(x, s) != reads(d, se) {
			other++
		}
	}
	if given == 0 {
		return athar.NewNote("tail-tolls-none", "n", r.ranged, "draws", imputations)
	}
	if 2*other > given {
		return athar.NewNote("tail-tolls-undo", "n", r.ranged, "draws", given, "other", other, "low", athar.Num(low), "high", athar.Num(high))
	}
	return athar.NewNote("tail-tolls", "n", r.ranged, "draws", given, "other", other, "low", athar.Num(low), "high", athar.Num(high))
}

func draw(toll []int, events []event, r *rand.Rand) {
	for i, e := range events {
		toll[i] = impute.Deaths(e.toll, r)
	}
}

// curves are the shares of events with a toll of at least x among those with
// any, before and after, and the two fitted laws.
func curves(b *bench, near Change) []athar.Curve {
	out := make([]athar.Curve, 4)
	for k, code := range []string{"before", "after", "fit-before", "fit-after"} {
		out[k].Code = code
	}
	for s, f := range [2]Fit{near.Before, near.After} {
		t := b.tally(0, s)
		n := float64(t.N())
		left, tail := n, t.From(f.Xmin)
		for k, x := range t.Size {
			out[s].X, out[s].Y = append(out[s].X, athar.Num(x)), append(out[s].Y, athar.Num(left/n))
			left -= float64(t.Count[k])
		}
		logz := logOf(f.Alpha, f.Xmin)
		for _, x := range tail.Size {
			y := float64(f.N) / n * math.Exp(logOf(f.Alpha, x)-logz)
			out[2+s].X, out[2+s].Y = append(out[2+s].X, athar.Num(x)), append(out[2+s].Y, athar.Num(y))
		}
	}
	return out
}
