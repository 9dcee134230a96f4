// Package multiverse asks one question under every declared combination of
// defensible choices, and asks the same of campaigns that did not happen
// (METHODS.md A11; Steegen et al. 2016; Simonsohn, Simmons and Nelson 2020).
//
// The package thinks that a single specification is an anecdote and that a
// thousand specifications on the same data are still one piece of evidence: so
// the curve is shown whole, combinations that are the same fit under two names
// are removed and counted, and the only p values are those of features of the
// whole curve, set against the same curve of placebo campaigns. No formula for
// a standard error enters the joint inference: every specification is scaled by
// its own spread over the placebos. It also thinks that a reader wants the one
// defensible specification that speaks most against the headline, by name.
//
// The work is a list of numbered tasks whose results do not depend on how they
// are split or in which order they are done.
package multiverse

import (
	"cmp"
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"strconv"

	"athar"
	"athar/effect/placebo"
	"athar/panel"
	"athar/stat"
)

// World is one arrangement of the data: every choice but the estimator.
type World struct {
	Choice []int // index of the value in each dimension but the last
	Grid   *panel.Grid
	Design panel.Design
	Donut  int  // periods dropped before the campaign
	Cap    bool // extreme cells before the campaign are capped
	// Rings is the number of rings that must not be merged for the world to be
	// what its name says; 0: any.
	Rings int
}

// Phases that a curve is drawn for.
var Phases = []athar.Phase{athar.During, athar.Post}

// Scope says what part of a panel an estimator looks at, so that two worlds
// which differ elsewhere are known to be the same to it.
type Scope int

// The scopes: all of it, all but the rings, the footprint alone, and the
// footprint's days in place of its counts by period.
const (
	Everything Scope = iota
	WithoutRings
	InsideAlone
	InsideDays
)

// Estimator is one way to answer the question inside.
type Estimator struct {
	Name  string
	Scope Scope
	// Full gives the effects inside with their intervals, or refusals.
	Full func(p *athar.Panel) []athar.Effect
	// Lean makes a function that sets out to ln RR of [Phases], NaN where it
	// refuses, and may reuse its memory from call to call. nil: the estimator is
	// shown, but too slow for the joint inference.
	Lean func() func(p *athar.Panel, out []float64)
}

// Setup is everything that a multiverse of one campaign is made of. All grids
// have the same areas.
type Setup struct {
	Dimensions []athar.Dimension // names and values; the last is the estimator
	Worlds     []World
	Estimators []Estimator // the headline's first
	Site       panel.Site
	Others     []panel.Site
	// Km is the distance of two areas of the grids; nil: unknown.
	Km func(i, j int) float64
	// Base is the index of the world in which placebos are sought: the study's
	// own choices.
	Base  int
	Draws int // placebos; 0: none
	Seed  uint64
}

// spec is a fit that stands for itself: a world and an estimator.
type spec struct{ world, estimator int }

// Engine knows the specifications and the placebos of one campaign. Its methods
// may be called from several goroutines.
type Engine struct {
	s        Setup
	specs    []spec      // by world, then estimator
	real     [][]float64 // ln RR by spec and phase, lean
	sites    []panel.Site
	find     placebo.Result
	declared int
	same     int // redundant
}

// merged is the reason of a world whose rings had to be merged.
const merged = "adjacent-merged"

// Exact is a number that is written with all its digits, so that work done in
// pieces and joined later is the same work to the last bit. Not-a-number and
// infinities are written as text.
type Exact float64

// MarshalText writes the shortest text that reads back as the same number.
func (x Exact) MarshalText() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(x), 'g', -1, 64), nil
}

// UnmarshalText reads what MarshalText writes.
func (x *Exact) UnmarshalText(b []byte) error {
	f, err := strconv.ParseFloat(string(b), 64)
	*x = Exact(f)
	return err
}

// Answer is what one specification says about one phase of the real campaign.
type Answer struct {
	RR      Exact  `json:"rr"`
	Low     Exact  `json:"low"`
	High    Exact  `json:"high"`
	Refused string `json:"refused,omitempty"` // the reason's code
}

// New lists the specifications that are not the same fit under another name,
// and finds the placebos.
func New(s Setup) *Engine {
	e := &Engine{s: s, declared: len(s.Worlds) * len(s.Estimators)}
	type key struct {
		estimator int
		sees      uint64
	}
	seen := map[key]bool{}
	leans := e.leans()
	for w, world := range s.Worlds {
		p, whole := arrange(world, s.Site, s.Others)
		for k, est := range s.Estimators {
			id := key{k, fingerprint(p, est.Scope)}
			if seen[id] {
				e.same++
				continue
			}
			seen[id] = true
			out := []float64{math.NaN(), math.NaN()}
			if leans[k] != nil && (whole || est.Scope != Everything) {
				leans[k](p, out)
			}
			e.specs, e.real = append(e.specs, spec{w, k}), append(e.real, out)
		}
	}
	if s.Draws > 0 {
		e.seek()
	} else {
		e.find.Refusal = athar.Refuse("no-placebos-asked")
	}
	return e
}

// Specs is the number of specifications that stand for themselves.
func (e *Engine) Specs() int { return len(e.specs) }

// Observe answers the question inside under specifications from (included) to
// to (not included), by specification and phase.
func (e *Engine) Observe(from, to int) [][]Answer {
	var out [][]Answer
	last := -1
	var p *athar.Panel
	var whole bool
	for _, s := range e.specs[from:to] {
		if s.world != last {
			p, whole = arrange(e.s.Worlds[s.world], e.s.Site, e.s.Others)
			last = s.world
		}
		if !whole && e.s.Estimators[s.estimator].Scope == Everything {
			out = append(out, slices.Repeat([]Answer{{Refused: merged}}, len(Phases)))
			continue
		}
		list := e.s.Estimators[s.estimator].Full(p)
		row := make([]Answer, len(Phases))
		for j, ph := range Phases {
			x := find(list, ph)
			row[j] = Answer{RR: Exact(x.RR), Low: Exact(x.Low), High: Exact(x.High)}
			if x.Refusal != nil {
				row[j] = Answer{Refused: x.Refusal.Reason.Code}
			}
		}
		out = append(out, row)
	}
	return out
}

// find picks the effect inside of a phase; a method without one refuses.
func find(list []athar.Effect, ph athar.Phase) athar.Effect {
	for _, x := range list {
		if x.Question == athar.AskInside && x.Phase == ph {
			if x.Refusal == nil && !(x.RR > 0 && float64(x.High) < math.Inf(1)) {
				x.Refusal = athar.Refuse("no-ratio")
			}
			return x
		}
	}
	return athar.Effect{Refusal: athar.Refuse("no-such-phase")}
}

func (e *Engine) leans() []func(*athar.Panel, []float64) {
	out := make([]func(*athar.Panel, []float64), len(e.s.Estimators))
	for k, est := range e.s.Estimators {
		if est.Lean != nil {
			out[k] = est.Lean()
		}
	}
	return out
}

// seek lists the placebo campaigns over the whole history of the base world.
func (e *Engine) seek() {
	w := e.s.Worlds[e.s.Base]
	d := w.Design
	d.History = true
	v := w.Grid.ForCampaign(e.s.Site, e.s.Others, d)
	o := placebo.Options{Draws: e.s.Draws, Seed: e.s.Seed, Task: "multiverse/" + e.s.Site.ID}
	if e.s.Km != nil {
		o.Km = func(i, j int) float64 { return e.s.Km(v.Area[i], v.Area[j]) }
	}
	if n := len(v.Rings); n > 0 {
		o.Clear = float64(v.Rings[n-1].To)
	}
	list, find := placebo.Find(v.Panel, o)
	e.find = find
	for _, a := range list {
		e.sites = append(e.sites, e.site(a, v))
	}
}

// site is a placebo as a campaign: its areas, and the real dates moved by whole
// periods.
func (e *Engine) site(a placebo.Allocation, v *panel.View) panel.Site {
	g := e.s.Worlds[e.s.Base].Grid
	s := panel.Site{ID: "placebo", Km: make([]float64, len(g.Areas))}
	for _, i := range a.Shape {
		s.Footprint = append(s.Footprint, v.Area[i])
	}
	for i := range s.Km {
		s.Km[i] = math.Inf(1)
		for _, j := range s.Footprint {
			switch {
			case i == j:
				s.Km[i] = 0
			case e.s.Km != nil:
				s.Km[i] = min(s.Km[i], e.s.Km(j, i))
			}
		}
	}
	move := func(d athar.Day) athar.Day {
		if g.Unit == panel.Week {
			return d - athar.Day(7*a.Shift)
		}
		return panel.AddMonths(d, -a.Shift)
	}
	moved := func(s athar.Span) athar.Span { return athar.Span{First: move(s.First), Last: move(s.Last)} }
	s.Start, s.End = moved(e.s.Site.Start), moved(e.s.Site.End)
	return s
}

// Placebos is the number of placebo campaigns, each of which is one task.
func (e *Engine) Placebos() int { return len(e.sites) }

// Fits is the number of fits behind the joint inference.
func (e *Engine) Fits() int {
	n := 0
	for _, s := range e.specs {
		if e.s.Estimators[s.estimator].Lean != nil {
			n++
		}
	}
	return n * (1 + len(e.sites))
}

// Runner makes a function that fits every specification to placebo k: ln RR by
// specification and phase, NaN where the estimator refuses. It keeps memory of
// its own, for one worker.
func (e *Engine) Runner() func(k int) []float64 {
	leans := e.leans()
	return func(k int) []float64 {
		out := make([]float64, len(e.specs)*len(Phases))
		last, two := -1, make([]float64, len(Phases))
		var p *athar.Panel
		var whole bool
		others := append(slices.Clone(e.s.Others), e.s.Site)
		for i, s := range e.specs {
			at := out[i*len(Phases) : (i+1)*len(Phases)]
			at[0], at[1] = math.NaN(), math.NaN()
			if leans[s.estimator] == nil {
				continue
			}
			if s.world != last {
				p, whole = arrange(e.s.Worlds[s.world], e.sites[k], others)
				last = s.world
			}
			if !whole && e.s.Estimators[s.estimator].Scope == Everything {
				continue
			}
			two[0], two[1] = math.NaN(), math.NaN()
			leans[s.estimator](p, two)
			copy(at, two)
		}
		return out
	}
}

// arrange is the panel of a campaign in a world, and whether it has the rings that the
// world must have.
func arrange(w World, site panel.Site, others []panel.Site) (*athar.Panel, bool) {
	v := w.Grid.ForCampaign(site, others, w.Design)
	p := v.Panel
	if w.Donut > 0 {
		p = v.Donut(w.Donut)
	}
	if w.Cap {
		capped(p)
	}
	return p, w.Rings == 0 || len(v.Rings) == w.Rings
}

// capped sets every cell before the campaign above the 99th percentile of its
// role's cells with events to that percentile: one massacre or one battle does
// not make the level.
func capped(p *athar.Panel) {
	cells := map[athar.Role][]float64{}
	each := func(f func(role athar.Role, k int)) {
		for i, a := range p.Areas {
			for t, q := range p.Periods {
				if k := p.At(i, t); q.Phase == athar.Pre && p.Use[k] && p.Count[k] > 0 {
					f(a.Role, k)
				}
			}
		}
	}
	each(func(r athar.Role, k int) { cells[r] = append(cells[r], p.Count[k]) })
	for r := range cells {
		slices.Sort(cells[r])
	}
	each(func(r athar.Role, k int) {
		c := cells[r]
		p.Count[k] = min(p.Count[k], c[(len(c)-1)*99/100])
	})
}

// fingerprint tells panels apart as an estimator of the given scope sees them.
func fingerprint(p *athar.Panel, scope Scope) uint64 {
	h := fnv.New64a()
	var b [8]byte
	put := func(x uint64) {
		for i := range b {
			b[i] = byte(x >> (8 * i))
		}
		h.Write(b[:])
	}
	for _, q := range p.Periods {
		h.Write([]byte(q.Phase))
		put(uint64(q.First))
		put(uint64(q.Last))
		put(math.Float64bits(q.Days))
	}
	for i, a := range p.Areas {
		if a.Role == athar.LeftOut || scope == WithoutRings && a.Role.IsRing() || scope >= InsideAlone && a.Role != athar.Inside {
			continue
		}
		h.Write([]byte(a.Code))
		put(uint64(int64(a.Role)))
		for t := range p.Periods {
			k := p.At(i, t)
			if !p.Use[k] {
				put(1)
				continue
			}
			if scope == InsideDays {
				continue
			}
			put(math.Float64bits(p.Count[k]))
			if scope != InsideAlone {
				for _, o := range p.Other {
					put(math.Float64bits(o.N[k]))
				}
			}
		}
	}
	if scope == InsideDays && p.Daily != nil {
		for _, r := range p.Daily.Rows {
			if p.Areas[r.Area].Role == athar.Inside {
				for _, x := range []int{r.Area, int(r.When.First), int(r.When.Last), r.N} {
					put(uint64(x))
				}
			}
		}
	}
	return h.Sum64()
}

// Join makes the curves, one a phase that has any specification, from the
// answers to all specifications and the results of all placebos, both in order.
func (e *Engine) Join(answers [][]Answer, placebos [][]float64) []athar.Multiverse {
	out := []athar.Multiverse{}
	for j := range Phases {
		if m, ok := e.curve(j, answers, placebos); ok {
			out = append(out, m)
		}
	}
	return out
}

func (e *Engine) curve(j int, answers [][]Answer, placebos [][]float64) (athar.Multiverse, bool) {
	m := athar.Multiverse{Question: athar.AskInside, Phase: Phases[j], Declared: e.declared, Redundant: e.same,
		Invalid: []athar.ReasonCount{}, Specs: []athar.SpecResult{}, LeastFavourable: -1, Own: -1}
	invalid := map[string]int{}
	absent := true // no specification has the phase at all
	for i, s := range e.specs {
		x := answers[i][j]
		choice := append(slices.Clone(e.s.Worlds[s.world].Choice), s.estimator)
		if x.Refused != "" {
			invalid[x.Refused]++
			absent = absent && x.Refused == "no-such-phase"
			m.Refused = append(m.Refused, athar.SpecRefusal{Choice: choice, Reason: x.Refused})
			continue
		}
		m.Specs = append(m.Specs, athar.SpecResult{Choice: choice, RR: athar.Num(x.RR), Low: athar.Num(x.Low), High: athar.Num(x.High)})
	}
	for _, reason := range slices.Sorted(maps.Keys(invalid)) {
		m.Invalid = append(m.Invalid, athar.ReasonCount{Reason: reason, N: invalid[reason]})
	}
	slices.SortFunc(m.Refused, func(a, b athar.SpecRefusal) int { return slices.Compare(a.Choice, b.Choice) })
	if len(m.Specs) == 0 {
		return m, !absent
	}
	slices.SortStableFunc(m.Specs, func(a, b athar.SpecResult) int {
		return cmp.Or(cmp.Compare(a.RR, b.RR), slices.Compare(a.Choice, b.Choice))
	})
	own := append(slices.Clone(e.s.Worlds[e.s.Base].Choice), 0)
	m.Own = slices.IndexFunc(m.Specs, func(x athar.SpecResult) bool { return slices.Equal(x.Choice, own) })
	e.describe(&m)
	e.joint(&m, j, answers, placebos)
	return m, true
}

// describe fills everything that the curve shows of itself.
func (e *Engine) describe(m *athar.Multiverse) {
	n := len(m.Specs)
	rr := make([]float64, n)
	below, significant := 0, 0
	for i, s := range m.Specs {
		rr[i] = float64(s.RR)
		if s.RR < 1 {
			below++
		}
		if s.Low > 1 || s.High < 1 {
			significant++
		}
	}
	m.Median, m.Q1, m.Q3 = athar.Num(quantile(rr, .5)), athar.Num(quantile(rr, .25)), athar.Num(quantile(rr, .75))
	m.Below, m.Significant = athar.Num(float64(below)/float64(n)), athar.Num(float64(significant)/float64(n))
	m.LeastFavourable = 0
	if m.Median < 1 {
		m.LeastFavourable = n - 1
	}
	for d, dim := range e.s.Dimensions {
		least, most := math.Inf(1), 0.0
		dim.Medians = make([]athar.Num, len(dim.Values))
		for v := range dim.Values {
			var part []float64
			for _, s := range m.Specs {
				if s.Choice[d] == v {
					part = append(part, float64(s.RR))
				}
			}
			dim.Medians[v] = athar.Num(math.NaN())
			if len(part) > 0 {
				x := quantile(part, .5)
				dim.Medians[v] = athar.Num(x)
				least, most = min(least, x), max(most, x)
			}
		}
		dim.Leverage = athar.Num(most / least)
		m.Dimensions = append(m.Dimensions, dim)
	}
}

// quantile interpolates between the order statistics of x, which is sorted.
func quantile(x []float64, q float64) float64 {
	at := q * float64(len(x)-1)
	k := int(at)
	if k+1 >= len(x) {
		return x[len(x)-1]
	}
	return x[k] + (at-float64(k))*(x[k+1]-x[k])
}

// joint sets three features of the real curve against those of the placebos'.
// Each specification's ln RR is divided by its standard deviation over the
// placebos, z = b/s; the features are the median b, the share of |z| > 1.96 on
// the side of the median, and the mean z.
func (e *Engine) joint(m *athar.Multiverse, j int, answers [][]Answer, placebos [][]float64) {
	nan := athar.Num(math.NaN())
	m.Joint = athar.Joint{MedianP: nan, ShareP: nan, StoufferP: nan, MinP: athar.Num(e.find.MinP), Matched: e.find.Matched,
		Apart: athar.Num(min(e.find.Apart, float64(len(placebos)))), Placebos: len(placebos)}
	if e.find.Refusal != nil {
		m.Joint.Refusal, m.Joint.MinP = e.find.Refusal, nan
		return
	}
	var use []int // specifications that the real curve and enough placebos have
	var scale []float64
	for i := range e.specs {
		if answers[i][j].Refused != "" || math.IsNaN(e.real[i][j]) {
			continue
		}
		n, sum, square := 0.0, 0.0, 0.0
		for _, b := range placebos {
			if x := b[i*len(Phases)+j]; !math.IsNaN(x) {
				n++
				sum += x
				square += x * x
			}
		}
		if n < placebo.Need || 2*n < float64(len(placebos)) {
			continue
		}
		if sd := math.Sqrt(max(0, square/n-sum*sum/(n*n))); sd > 0 {
			use, scale = append(use, i), append(scale, sd)
		}
	}
	if m.Joint.Specs = len(use); len(use) == 0 {
		m.Joint.Refusal = athar.Refuse("no-joint-curve")
		return
	}
	var b, z []float64
	features := func(of func(i int) float64) (f [3]float64, ok bool) {
		b, z = b[:0], z[:0]
		for k, i := range use {
			if x := of(i); !math.IsNaN(x) {
				b, z = append(b, x), append(z, x/scale[k])
			}
		}
		if 2*len(b) < len(use) {
			return f, false
		}
		slices.Sort(b)
		f[0] = quantile(b, .5)
		beyond := 0.0
		for _, x := range z {
			f[2] += x / float64(len(z))
			if x*f[0] > 0 && math.Abs(x) > 1.96 {
				beyond++
			}
		}
		f[1] = beyond / float64(len(z))
		return f, true
	}
	real, _ := features(func(i int) float64 { return e.real[i][j] })
	var null [3][]float64
	for _, row := range placebos {
		if f, ok := features(func(i int) float64 { return row[i*len(Phases)+j] }); ok {
			for k := range null {
				null[k] = append(null[k], f[k])
			}
		}
	}
	if len(null[0]) < placebo.Need {
		m.Joint.Refusal = athar.Refuse("placebo-few", "n", len(null[0]), "need", placebo.Need)
		return
	}
	p := func(k int) athar.Num {
		n := min(float64(len(null[k])), e.find.Apart)
		return athar.Num((1 + n*placebo.Reached(null[k], real[k])) / (1 + n))
	}
	m.Joint.Placebos = len(null[0])
	m.Joint.MedianP, m.Joint.ShareP, m.Joint.StoufferP = p(0), p(1), p(2)
}

// Poisson is the lean form of the two-way Poisson models: ln RR inside by phase
// against far areas that have at least so many events before, rings with terms
// of their own or left out. It is exact and fast because areas with the same role, cells and exposure add up, and so do
// periods that all of them see alike: the model cannot tell such sums from
// their parts.
func Poisson(rings bool, least float64) func() func(p *athar.Panel, out []float64) {
	return func() func(p *athar.Panel, out []float64) {
		c := &collapsed{rings: rings, least: least}
		return c.fit
	}
}

type collapsed struct {
	rings bool
	least float64
	w     stat.TwoWay

	groupOf, blockOf []int
	hash             []uint64
	group, block     map[uint64]int
	y                []float64
	use              []bool
	first            []int // a cell of the panel that stands for the collapsed one
	x                [][]float64
	store            []float64
}

// mix folds a value into a hash (splitmix64).
func mix(h, x uint64) uint64 {
	h += x + 0x9e3779b97f4a7c15
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// fit sets out to ln RR of the phases. A phase without an event inside counts
// as half an event, so that the placebo distribution has no infinite member.
func (c *collapsed) fit(p *athar.Panel, out []float64) {
	for j := range out {
		out[j] = math.NaN()
	}
	areas, periods := c.collapse(p)
	if areas == 0 || periods == 0 {
		return
	}
	cell := func(g, b int) int { return g*periods + b }
	role := make([]athar.Role, areas)
	phase := make([]athar.Phase, periods)
	for g := range areas {
		for b := range periods {
			if f := c.first[cell(g, b)]; f >= 0 {
				role[g], phase[b] = p.Areas[f/len(p.Periods)].Role, p.Periods[f%len(p.Periods)].Phase
			}
		}
	}
	exposure := func(j, k int) float64 { return p.Other[j].N[c.first[k]] }
	events := map[athar.Role]map[athar.Phase]float64{}
	var others []int
	for j := range p.Other {
		n, cells := 0.0, 0
		for k, use := range c.use {
			if use && exposure(j, k) > 0 {
				n += c.y[k]
				cells++
			}
		}
		switch {
		case cells == 0:
		case n == 0:
			for k, use := range c.use {
				c.use[k] = use && !(exposure(j, k) > 0)
			}
		default:
			others = append(others, j)
		}
	}
	last := athar.Inside
	for k, use := range c.use {
		if use {
			r := role[k/periods]
			if events[r] == nil {
				events[r] = map[athar.Phase]float64{}
			}
			events[r][phase[k%periods]] += c.y[k]
			last = max(last, r)
		}
	}
	far, inside := events[athar.Far], events[athar.Inside]
	if far[athar.Pre] < panel.MinFarEvents || inside[athar.Pre] == 0 {
		return
	}
	columns := [2]int{-1, -1}
	c.x = c.x[:0]
	c.store = c.store[:0]
	if need := (int(last) + 1) * len(Phases) * len(c.y); cap(c.store) < need+len(others)*len(c.y) {
		c.store = make([]float64, 0, need+len(others)*len(c.y))
	}
	column := func() []float64 {
		n := len(c.store)
		c.store = c.store[:n+len(c.y)]
		x := c.store[n:]
		clear(x)
		c.x = append(c.x, x)
		return x
	}
	for j, ph := range Phases {
		for r := athar.Inside; r <= last; r++ {
			n := events[r][ph]
			if far[ph] == 0 || events[r][athar.Pre] == 0 || r != athar.Inside && n == 0 {
				for k := range c.use {
					if (role[k/periods] == r || far[ph] == 0) && (phase[k%periods] == ph || events[r][athar.Pre] == 0 && role[k/periods] == r) {
						c.use[k] = false
					}
				}
				continue
			}
			var x []float64
			for k, use := range c.use {
				if !use || role[k/periods] != r || phase[k%periods] != ph {
					continue
				}
				if x == nil {
					x = column()
					if r == athar.Inside && n == 0 {
						c.y[k] += .5
					}
				}
				x[k] = 1
			}
			if x != nil && r == athar.Inside {
				columns[j] = len(c.x) - 1
			}
		}
	}
	for _, j := range others {
		x := column()
		for k, use := range c.use {
			if use {
				x[k] = exposure(j, k)
			}
		}
	}
	c.w.Design(areas, periods, c.x, c.use, nil)
	if c.w.Fit(c.y) != nil {
		return
	}
	for j, col := range columns {
		if col >= 0 && !c.w.Dropped[col] {
			out[j] = c.w.Beta[col]
		}
	}
}

// collapse sums areas that no regressor tells apart into groups, and periods
// that look alike to every group into blocks.
func (c *collapsed) collapse(p *athar.Panel) (groups, blocks int) {
	nt := len(p.Periods)
	in := func(t int) bool {
		q := p.Periods[t]
		return q.Days > 0 && (q.Phase == athar.Pre || q.Phase == athar.During || q.Phase == athar.Post)
	}
	if c.group == nil {
		c.group, c.block = map[uint64]int{}, map[uint64]int{}
	}
	clear(c.group)
	clear(c.block)
	c.groupOf, c.blockOf, c.hash = c.groupOf[:0], c.blockOf[:0], c.hash[:0]
	for t := range nt {
		h := uint64(0)
		for _, b := range []byte(p.Periods[t].Phase) {
			h = mix(h, uint64(b))
		}
		c.hash = append(c.hash, h)
	}
	for i, a := range p.Areas {
		g := -1
		if a.Role != athar.LeftOut && (c.rings || !a.Role.IsRing()) && (a.Role != athar.Far || before(p, i) >= c.least) {
			h := mix(0, uint64(int64(a.Role)))
			for t := range nt {
				if !in(t) {
					continue
				}
				k := p.At(i, t)
				if !p.Use[k] {
					h = mix(h, 1)
					continue
				}
				h = mix(h, 2)
				for _, o := range p.Other {
					h = mix(h, math.Float64bits(o.N[k]))
				}
			}
			var known bool
			if g, known = c.group[h]; !known {
				g = len(c.group)
				c.group[h] = g
				for t := range nt {
					k := p.At(i, t)
					x := uint64(1)
					if p.Use[k] {
						x = 2
						for _, o := range p.Other {
							x = mix(x, math.Float64bits(o.N[k]))
						}
					}
					c.hash[t] = mix(c.hash[t], x)
				}
			}
		}
		c.groupOf = append(c.groupOf, g)
	}
	for t := range nt {
		b := -1
		if in(t) {
			var known bool
			if b, known = c.block[c.hash[t]]; !known {
				b = len(c.block)
				c.block[c.hash[t]] = b
			}
		}
		c.blockOf = append(c.blockOf, b)
	}
	groups, blocks = len(c.group), len(c.block)
	n := groups * blocks
	c.y, c.use, c.first = grow(c.y, n), grow(c.use, n), grow(c.first, n)
	for k := range n {
		c.y[k], c.use[k], c.first[k] = 0, false, -1
	}
	for i, g := range c.groupOf {
		if g < 0 {
			continue
		}
		for t, b := range c.blockOf {
			if b < 0 {
				continue
			}
			k, at := p.At(i, t), g*blocks+b
			if c.first[at] < 0 {
				c.first[at] = k
			}
			if p.Use[k] {
				c.use[at] = true
				c.y[at] += p.Count[k]
			}
		}
	}
	return groups, blocks
}

// before counts the used events of area i before the campaign.
func before(p *athar.Panel, i int) float64 {
	n := 0.0
	for t, q := range p.Periods {
		if k := p.At(i, t); q.Phase == athar.Pre && q.Days > 0 && p.Use[k] {
			n += p.Count[k]
		}
	}
	return n
}

func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
