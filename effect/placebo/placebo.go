// Package placebo asks how unusual an estimate is among campaigns that did not
// happen: the same method at other times, in other places, or both (METHODS.md
// A10).
//
// The package thinks that with a handful of treated areas no formula for a
// standard error can be trusted, but that the history of the far areas holds
// many windows in which nothing was launched. It also thinks that campaigns are
// launched after surges where violence is high, so that a placebo counts only
// if it was as busy and had risen as much; and that a p value must be printed
// with the smallest one that could have been reached. It knows no method: a
// [Statistic] turns any panel into a studentised number.
package placebo

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"athar"
	"athar/stat"
)

// Statistic fills out with studentised statistics of a panel, NaN where the
// method refuses. It must not change or keep p, which is reused.
type Statistic func(p *athar.Panel, out []float64)

// Kind says what a placebo moves.
type Kind string

// Time moves the window of the treated areas, Space the footprint to far areas
// at the true time, Joint both.
const (
	Time  Kind = "time"
	Space Kind = "space"
	Joint Kind = "space-time"
)

// What a test needs, and how near a placebo must be.
const (
	Need        = 19 // allocations: fewer cannot reach p = .05
	SurgeWithin = .5 // of the real surge's z
	SurgeLast   = 3
	SurgeBefore = 12
	minPre      = 6 // periods before, where the surge is not matched
	// Apart is how many placebos there must effectively be: where one busy area
	// is in all of them, or windows overlap, they are one placebo many times.
	// Five is a judgement, not a theorem.
	Apart = 5.0

	quantiles = 5    // classes of volume before
	maxShapes = 1000 // footprints tried
)

// Options of one test.
type Options struct {
	Kind  Kind // default Joint
	Out   int  // statistics; default 1
	Draws int  // placebos; default 199
	Seed  uint64
	Task  string // names the stream
	// Km is the distance between the edges of two areas of the panel, 0 if they
	// touch; nil: unknown, placebo footprints are then any sets of areas.
	Km func(i, j int) float64
	// Clear is the distance in km from a placebo footprint within which areas do
	// not serve as its control; the outer edge of the real rings.
	Clear float64
}

// Result of one test. P is two-sided,
//
//	p = (1 + K f)/(1 + K),  f the share of the B placebos with |S*| >= |S|, K = min(B, Apart),
//
// which is (1 + #)/(1 + B) where all placebos are apart: many that share areas or
// months prove no more than few. NaN for a statistic that the method refused on the real panel or on too many
// placebos.
type Result struct {
	P           []float64
	Observed    []float64
	Placebos    [][]float64 // by statistic; refused ones are missing
	Allocations int         // distinct admissible placebos
	Apart       float64     // what they amount to: different places times windows that do not overlap
	Exhaustive  bool        // all of them were used
	MinP        float64     // smallest p that could be reached
	Surge       float64     // z of the real footprint's last periods; NaN if unknown
	Matched     bool        // on the surge; on volume always
	Contiguous  bool        // placebo footprints hang together as the real one does
	Notes       []athar.Note
	Refusal     *athar.Refusal
}

// Allocation is a placebo: a footprint, as rows of the panel, and how many
// periods earlier than the real one its campaign begins.
type Allocation struct {
	Shape []int
	Shift int
}

type test struct {
	p      *athar.Panel
	o      Options
	nt     int
	inside []int
	far    []int
	first  int // first and last period of the campaign's window
	last   int
	series []float64
}

// Test compares the real panel's statistics with those of placebos that have as
// many areas, the same class (fifth) of volume before the campaign and a surge
// within [SurgeWithin] of the real one's. If fewer than [Need] match on the
// surge, the match is given up with a note; if fewer remain, or those that
// remain amount to fewer than [Apart], Test refuses.
//
// Where the footprint moves, the real campaign's areas and rings are left out,
// placebos come from far areas, and window and pre-period of the footprint must
// be used cells, so that it meets no other campaign. A window that moves alone
// keeps its own length from the real one. Windows only move to earlier periods
// or to later ones that the panel has; the pre-period is as long as there.
func Test(p *athar.Panel, s Statistic, o Options) Result {
	o.Out = max(o.Out, 1)
	t, list, r := find(p, o)
	r.Observed, r.P = make([]float64, o.Out), make([]float64, o.Out)
	r.Placebos = make([][]float64, o.Out)
	for j := range r.P {
		r.P[j] = math.NaN()
	}
	if r.Refusal != nil && len(t.inside) == 0 {
		return r
	}
	s(p, r.Observed)
	if r.Refusal != nil {
		return r
	}
	q := *p
	q.Areas, q.Periods = slices.Clone(p.Areas), slices.Clone(p.Periods)
	out := make([]float64, o.Out)
	for _, a := range list {
		t.arrange(&q, a)
		s(&q, out)
		for j, v := range out {
			if !math.IsNaN(v) {
				r.Placebos[j] = append(r.Placebos[j], v)
			}
		}
	}
	for j, all := range r.Placebos {
		if len(all) < Need || math.IsNaN(r.Observed[j]) {
			continue
		}
		k := min(float64(len(all)), r.Apart)
		r.P[j] = (1 + k*Reached(all, r.Observed[j])) / (1 + k)
	}
	return r
}

// Find lists the placebos that [Test] would use, for a caller that has to
// arrange each of them anew. P, Observed and Placebos of the result are empty.
func Find(p *athar.Panel, o Options) ([]Allocation, Result) {
	_, list, r := find(p, o)
	return list, r
}

func find(p *athar.Panel, o Options) (*test, []Allocation, Result) {
	if o.Kind == "" {
		o.Kind = Joint
	}
	if o.Draws == 0 {
		o.Draws = 199
	}
	t := &test{p: p, o: o, nt: len(p.Periods), first: len(p.Periods), last: -1, series: make([]float64, len(p.Periods))}
	r := Result{Surge: math.NaN(), Contiguous: o.Km != nil, MinP: 1}
	for i, a := range p.Areas {
		switch a.Role {
		case athar.Inside:
			t.inside = append(t.inside, i)
		case athar.Far:
			t.far = append(t.far, i)
		}
	}
	// The order of rows must not matter to what is drawn.
	byCode := func(i, j int) int { return strings.Compare(p.Areas[i].Code, p.Areas[j].Code) }
	slices.SortFunc(t.inside, byCode)
	slices.SortFunc(t.far, byCode)
	for k, q := range p.Periods {
		if q.Phase == athar.WashIn || q.Phase == athar.During || q.Phase == athar.Post {
			t.first, t.last = min(t.first, k), k
		}
	}
	if t.last < 0 || len(t.inside) == 0 {
		r.Refusal = &athar.Refusal{Reason: athar.NewNote("placebo-nothing")}
		return t, nil, r
	}
	list, matched, z := t.admissible()
	r.Surge, r.Matched, r.Allocations = z, matched, len(list)
	r.Contiguous = r.Contiguous || len(t.inside) == 1 || o.Kind == Time
	if len(list) < Need {
		r.Refusal = &athar.Refusal{Reason: athar.NewNote("placebo-few", "n", len(list), "need", Need)}
		return t, nil, r
	}
	if r.Apart = t.apart(list); r.Apart < Apart {
		r.Refusal = &athar.Refusal{Reason: athar.NewNote("placebo-alike", "n", athar.Num(r.Apart), "need", athar.Num(Apart))}
		return t, nil, r
	}
	if !matched {
		r.Notes = append(r.Notes, athar.NewNote("placebo-unmatched", "within", athar.Num(SurgeWithin), "need", Need))
	}
	if !r.Contiguous {
		r.Notes = append(r.Notes, athar.NewNote("placebo-scattered"))
	}
	r.Exhaustive = len(list) <= o.Draws
	if !r.Exhaustive {
		rnd := stat.Stream(o.Seed, "placebo/draw/"+o.Task, 0)
		rnd.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		list = list[:o.Draws]
	}
	r.MinP = 1 / (1 + min(float64(len(list)), r.Apart))
	return t, list, r
}

// Reached is the share of placebos at least as far from 0 as what was observed;
// a hair's tolerance counts ties.
func Reached(placebos []float64, observed float64) float64 {
	n := 0
	for _, v := range placebos {
		if math.Abs(v) >= math.Abs(observed)*(1-1e-9) {
			n++
		}
	}
	return float64(n) / float64(len(placebos))
}

// phase is the phase of period k if the campaign began shift periods earlier.
func (t *test) phase(k, shift int) athar.Phase {
	if k += shift; k < 0 || k >= t.nt {
		return athar.Outside
	}
	return t.p.Periods[k].Phase
}

// arrange makes q the panel of a placebo.
func (t *test) arrange(q *athar.Panel, a Allocation) {
	for k := range q.Periods {
		q.Periods[k].Phase = t.phase(k, a.Shift)
	}
	if t.o.Kind == Time {
		return
	}
	for i, x := range t.p.Areas {
		role := athar.LeftOut
		if x.Role == athar.Far {
			role = athar.Far
			for _, j := range a.Shape {
				if i == j {
					role = athar.Inside
					break
				}
				if t.o.Km != nil && t.o.Clear > 0 && t.o.Km(j, i) <= t.o.Clear {
					role = athar.LeftOut
				}
			}
		}
		q.Areas[i].Role = role
	}
}

// facts are the volume per period before and the surge of a placebo; ok says
// that its cells may be used.
func (t *test) facts(a Allocation) (volume, z float64, ok bool) {
	x := t.series[:0]
	ok = true
	for k := range t.nt {
		ph := t.phase(k, a.Shift)
		if ph == athar.Outside || ph == athar.WashIn || t.p.Periods[k].Days <= 0 {
			continue
		}
		n, whole := 0.0, true
		for _, i := range a.Shape {
			c := i*t.nt + k
			whole = whole && t.p.Use[c]
			n += t.p.Count[c]
		}
		switch {
		case !whole && ph != athar.Pre:
			ok = false
		case whole && ph == athar.Pre:
			x = append(x, n)
		}
	}
	for _, v := range x {
		volume += v
	}
	volume /= max(1, float64(len(x)))
	z = math.NaN()
	if n := len(x) - SurgeLast; n >= SurgeBefore {
		z, _, _ = stat.Surge(x[:n], x[n:])
	}
	return volume, z, ok && len(x) >= minPre && volume > 0
}

// admissible lists the placebos that match, in a fixed order.
func (t *test) admissible() (list []Allocation, matched bool, z float64) {
	real := Allocation{Shape: t.inside}
	volume, z, _ := t.facts(real)
	var shifts []int
	switch t.o.Kind {
	case Space:
		shifts = []int{0}
	case Time:
		for k := 2 * (t.last - t.first + 1); k <= t.first; k++ {
			shifts = append(shifts, k)
		}
	default:
		for k := t.last + 1 - t.nt; k <= t.first; k++ {
			shifts = append(shifts, k)
		}
	}
	shapes := [][]int{t.inside}
	if t.o.Kind != Time {
		shapes = t.draw()
	}
	type candidate struct {
		Allocation
		volume, z float64
	}
	var all []candidate
	var volumes []float64
	for _, sh := range shapes {
		for _, k := range shifts {
			a := Allocation{sh, k}
			if v, z, ok := t.facts(a); ok {
				all = append(all, candidate{a, v, z})
				volumes = append(volumes, v)
			}
		}
	}
	volumes = append(volumes, volume)
	slices.Sort(volumes)
	class := func(v float64) int {
		n, _ := slices.BinarySearch(volumes, v)
		return n * quantiles / len(volumes)
	}
	var near []Allocation
	for _, c := range all {
		if t.o.Kind != Time && class(c.volume) != class(volume) {
			continue
		}
		list = append(list, c.Allocation)
		if math.Abs(c.z-z) <= SurgeWithin {
			near = append(near, c.Allocation)
		}
	}
	if len(near) >= Need {
		return near, true, z
	}
	return list, false, z
}

// apart is the effective number of areas in all placebos together over that in
// one of them on average, both (sum v)^2/sum v^2 of the areas' events before,
// times the number of windows that fit beside each other into their starts.
func (t *test) apart(list []Allocation) float64 {
	early, late := list[0].Shift, list[0].Shift
	for _, a := range list {
		early, late = max(early, a.Shift), min(late, a.Shift)
	}
	windows := 1 + float64(early-late)/float64(t.last-t.first+1)
	all := make([]float64, len(t.p.Areas))
	one := 0.0
	for _, a := range list {
		var sum, square float64
		for _, i := range a.Shape {
			v := 0.0
			for k := range t.nt {
				if c := i*t.nt + k; t.p.Use[c] && t.phase(k, a.Shift) == athar.Pre {
					v += t.p.Count[c]
				}
			}
			all[i] += v
			sum += v
			square += v * v
		}
		one += sum * sum / square / float64(len(list))
	}
	var sum, square float64
	for _, v := range all {
		sum += v
		square += v * v
	}
	return sum * sum / square / one * windows
}

// draw lists footprints of as many far areas as the real one: all single areas,
// else sets grown at random from every area in turn, each new area within reach
// of the set. The reach is the longest link that the real footprint needs to
// hang together.
func (t *test) draw() [][]int {
	n := len(t.inside)
	var out [][]int
	if n == 1 {
		for _, i := range t.far {
			out = append(out, []int{i})
		}
		return out
	}
	if n >= len(t.far) {
		return nil
	}
	reach := math.Inf(1)
	if t.o.Km != nil {
		reach = t.reach()
	}
	r := stat.Stream(t.o.Seed, "placebo/shape/"+t.o.Task, 0)
	seen := map[string]bool{}
	near := make([]int, 0, len(t.far))
	in := make([]bool, len(t.p.Areas))
	var key []byte
	for try := range max(maxShapes, 2*len(t.far)) {
		if len(out) >= maxShapes {
			break
		}
		set := []int{t.far[try%len(t.far)]}
		clear(in)
		in[set[0]] = true
		near = t.around(near[:0], set[0], in, reach)
		for len(set) < n && len(near) > 0 {
			k := r.IntN(len(near))
			i := near[k]
			near[k] = near[len(near)-1]
			near = near[:len(near)-1]
			if in[i] {
				continue
			}
			in[i] = true
			set = append(set, i)
			near = t.around(near, i, in, reach)
		}
		if len(set) < n {
			continue
		}
		slices.SortFunc(set, func(i, j int) int { return strings.Compare(t.p.Areas[i].Code, t.p.Areas[j].Code) })
		key = key[:0]
		for _, i := range set {
			key = append(strconv.AppendInt(key, int64(i), 36), ',')
		}
		if !seen[string(key)] {
			seen[string(key)] = true
			out = append(out, set)
		}
	}
	return out
}

// around appends the far areas within reach of area i that are not in the set.
func (t *test) around(near []int, i int, in []bool, reach float64) []int {
	if math.IsInf(reach, 1) && len(near) > 0 {
		return near // all are there already
	}
	for _, j := range t.far {
		if !in[j] && (math.IsInf(reach, 1) || t.o.Km(i, j) <= reach) {
			near = append(near, j)
		}
	}
	return near
}

// reach is the longest edge of the real footprint's minimum spanning tree
// (Prim's algorithm).
func (t *test) reach() float64 {
	best := make([]float64, len(t.inside))
	done := make([]bool, len(t.inside))
	for k := range best {
		best[k] = math.Inf(1)
	}
	best[0] = 0
	longest := 0.0
	for range t.inside {
		next := -1
		for k, d := range best {
			if !done[k] && (next < 0 || d < best[next]) {
				next = k
			}
		}
		done[next] = true
		longest = max(longest, best[next])
		for k := range best {
			if !done[k] {
				best[k] = min(best[k], t.o.Km(t.inside[next], t.inside[k]))
			}
		}
	}
	return longest
}

// Studentised is ln RR over its standard error; where that is not finite, as
// for a phase without events, the normal quantile of its p value with its sign.
// NaN for a refusal.
func Studentised(e athar.Effect) float64 {
	if e.Refusal != nil {
		return math.NaN()
	}
	s := math.Log(float64(e.RR)) / float64(e.SE)
	if !math.IsNaN(s) && !math.IsInf(s, 0) && !math.IsInf(float64(e.SE), 0) {
		return s
	}
	s = stat.TQuantile(1-float64(e.P)/2, math.Inf(1))
	if e.RR < 1 {
		s = -s
	}
	return s
}

// CircularShift is the p value of a statistic of two series under the null that
// they do not depend on each other, whatever each one's own dependence: y is
// moved in a circle by every shift that leaves at least the given distance,
// p = (1 + #{|S*| >= |S|})/(1 + shifts). The series must be of one length; a
// trend or a change of level in both is not removed.
func CircularShift(x, y []float64, least int, s func(x, y []float64) float64) (p float64, shifts int) {
	n := len(y)
	var all []float64
	moved := make([]float64, n)
	for k := max(1, least); k <= n-max(1, least); k++ {
		copy(moved, y[k:])
		copy(moved[n-k:], y[:k])
		all = append(all, s(x, moved))
	}
	shifts = len(all)
	return (1 + float64(shifts)*Reached(all, s(x, y))) / float64(1+shifts), shifts
}
