// Package excite asks whether activity in one province is followed by activity
// in others, and whether that changed with a campaign (METHODS.md C1e).
//
// The package thinks that where groups act on their own, what happens in one
// province is followed by more in the same province and by nothing in others.
// Daily counts say so only as far as common causes are known: a slow course that
// all provinces share, seasons and the calendar belong to the background, and
// only what comes within four weeks after an event, beyond that, counts as
// following it. A wave of some days that many provinces share, or one report
// that names them, looks the same. What it finds is called activity modules:
// who commands whom is not in daily counts.
//
// Provinces are thinned to one rate in both stretches of time, so that fewer
// events alone change nothing, and stretches are read in windows of one length.
package excite

import (
	"cmp"
	"math"
	"slices"

	"athar"
	"athar/stat"
)

const (
	permutations = 999
	resamples    = 200 // of blocks, behind the ranges
	records      = 20  // thinned ones behind the test
	windows      = 4   // of the longer side, each as long as the shorter one
	distinct     = 20  // permutations without which p cannot reach .05
	power        = 2.8 // MDE in standard deviations: t.975 + t.8 (METHODS.md F2)
	defined      = .8  // share of permutations in which there must be a share

	// MinEvents is what a province must keep in each of the two windows.
	MinEvents = 50
	// MaxNodes is how many provinces of a group are used, the busiest.
	MaxNodes = 12
	minNodes = 2
	lags     = 28 // days that an event can act
	warm     = 14 // first days of a side that are history only
	around   = 14 // days either way over which the others' common course is smoothed
	block    = 28
	knots    = 182 // days between those of a background
	maxLong  = .25 // share of events without a day
)

// means are the mean lags in days among which the likelihood chooses.
var means = []float64{1.5, 4, 10}

// Indicator is "excitation": how many events in other provinces follow an event,
// at an equal number of followers in all,
//
//	y_k(t) ~ NB(mu_k(t) + alpha G_k(t) + beta sum_{l != k} s_kl G_l(t), theta_k),
//	G_l(t) = sum_{d=1..28} g(d) y_l(t-d),  s_kl = r_k/sum_{j != l} r_j,
//	ln mu_k(t) = a broken line with knots half a year apart + b_k ln c_k(t) + calendar.
//
// An event has alpha followers in its own province and beta in all others
// together, which share them in proportion to their rates r; S = beta/(alpha + beta)
// is the off-diagonal share of METHODS.md C1e for a matrix alpha_kl of two numbers. g is
// exponential and sums to 1, c_k is the course over 29 days of the provinces on
// the other side, far for near and near for far (of the others of its own where
// there are no far ones). A matrix of free alpha_kl with a penalty, which METHODS.md
// asks for, is fitted for the note "excite-modules" (see [matrix]) and
// has no power for S: under BIC it is diagonal unless provinces follow each other strongly.
//
// Backgrounds, theta_k and the mean lag come from the whole thinned record. For a
// side, alpha and beta are then by least squares with weights 1/(m + m^2/theta) at those
// means, one step of scoring, with a level of its own for every province, and the level of the
// indicator is
//
//	beta_0 + (1 - S_0) beta - S_0 alpha,
//
// which is beta if as many events follow as in the whole record (index 0), S times that number to first
// order, and linear: the quotient S is of no use where little follows. A lower rate
// hides followers, own and others' alike, which does not move it. The range of S stands in
// the note "excite-range". Shuffled 4-week blocks make the null of the change near
// against far over its standard error. For smaller, more independent groups a
// fall is predicted. N and FarN are the events kept on a side as long as the shorter one.
func Indicator(p *athar.Pattern, seed uint64) athar.Indicator {
	return indicator(p, seed, permutations)
}

func indicator(p *athar.Pattern, seed uint64, times int) athar.Indicator {
	nan := athar.Num(math.NaN())
	ind := athar.Indicator{Code: "excitation", Group: athar.GroupTemporal, Predicts: -1, Before: nan, After: nan,
		FarBefore: nan, FarAfter: nan, Change: nan, Low: nan, High: nan, P: nan, HolmP: nan, MDE: nan, Reading: athar.Refused}
	m := &study{p: p, seed: seed}
	if ind.Refusal = m.arrange(&ind); ind.Refusal != nil {
		return ind
	}
	if ind.Refusal = m.pool(); ind.Refusal != nil {
		return ind
	}
	for k, g := range m.groups {
		m.gather(k, g)
	}
	m.change(&ind, times)
	return ind
}

// study is a pattern made ready.
type study struct {
	p      *athar.Pattern
	seed   uint64
	span   [2]athar.Span
	first  [2]int // of the scored days of each side, which are numbered through
	block  []int  // of every scored day
	count  [2]int // blocks of each side
	short  int
	groups []*group  // near, far
	u      []float64 // what each block contributes to the error of a contrast
	solve  stat.NonNegative
}

// node is a province, or an area whose province is not known.
type node struct {
	key    [2]int     // province, area
	events [2][]int32 // days since the side's first, one entry an event
	keep   [2]int     // how many of them make the rates equal
}

// rate of the quieter side, events a day.
func (n *node) rate(span [2]athar.Span) float64 {
	return min(float64(len(n.events[0]))/float64(span[0].Days()), float64(len(n.events[1]))/float64(span[1].Days()))
}

type group struct {
	nodes []*node
	x     [][]float64 // columns of the background by node, scored days x px
	px    int
	y     []float64 // a thinned record: scored days by node
	drive []float64 // and G, node by scored day
	lag   float64
	fit   []pooled // by node

	// Sums of scoring by block over K levels, alpha and beta.
	h, g          [][]float64
	sumH          []float64
	sumG, v, c, w []float64
	whole         float64 // S of the whole record
}

// pooled is the fit to the whole thinned record of one node.
type pooled struct {
	back        []float64 // background by scored day
	alpha, beta float64
	theta       float64
}

func (m *study) days() int { return len(m.block) }

// arrange takes the sides apart, numbers blocks and picks provinces.
func (m *study) arrange(ind *athar.Indicator) *athar.Refusal {
	p := m.p
	m.span = [2]athar.Span{p.Before, p.After}
	if p.Grain > 1 {
		return athar.Refuse("excite-coarse", "days", p.Grain)
	}
	var scored [2]int
	for s, span := range m.span {
		scored[s] = max(0, span.Days()-warm)
		m.count[s] = int(math.Round(float64(scored[s]) / block))
	}
	m.short = min(m.count[0], m.count[1])
	if m.short == 0 || choose(m.count[0]+m.count[1], m.short) < distinct {
		return athar.Refuse("contrast-few-blocks", "before", m.count[0], "after", m.count[1])
	}
	m.first[1] = scored[0]
	for s := range 2 {
		for t := range scored[s] {
			m.block = append(m.block, s*m.count[0]+t*m.count[s]/scored[s])
		}
	}
	// Provinces near the campaign and far from it.
	var by [2]map[[2]int]*node
	var undated, all int
	for k := range by {
		by[k] = map[[2]int]*node{}
	}
	for _, r := range p.Records {
		a := p.Areas[r.Area]
		k := 0
		switch {
		case a.Role == athar.Far:
			k = 1
		case !a.Near():
			continue
		}
		side := -1
		for s, span := range m.span {
			if span.Has(r.When.Mid()) {
				side = s
			}
		}
		if side < 0 {
			continue
		}
		all += r.N
		if r.When.Days() > 1 {
			undated += r.N
			continue
		}
		key := [2]int{a.Province, -1}
		if a.Province < 0 {
			key[1] = r.Area
		}
		x := by[k][key]
		if x == nil {
			x = &node{key: key}
			by[k][key] = x
		}
		for range r.N {
			x.events[side] = append(x.events[side], int32(r.When.First-m.span[side].First))
		}
	}
	if float64(undated) > maxLong*float64(all) {
		return athar.Refuse("excite-undated", "n", undated, "of", all)
	}
	if undated > 0 {
		ind.Warnings = append(ind.Warnings, athar.NewNote("excite-some-undated", "n", undated, "of", all))
	}
	window := float64(m.short) * block
	var n [2]int
	for k := range by {
		g := &group{}
		for _, x := range by[k] {
			if x.rate(m.span)*window >= MinEvents {
				g.nodes = append(g.nodes, x)
			}
		}
		slices.SortFunc(g.nodes, func(a, b *node) int {
			return cmp.Or(cmp.Compare(b.rate(m.span), a.rate(m.span)), slices.Compare(a.key[:], b.key[:]))
		})
		g.nodes = g.nodes[:min(len(g.nodes), MaxNodes)]
		for _, x := range g.nodes {
			for s, span := range m.span {
				slices.Sort(x.events[s])
				x.keep[s] = min(len(x.events[s]), int(math.Round(x.rate(m.span)*float64(span.Days()))))
			}
			n[k] += int(x.rate(m.span) * window)
		}
		switch {
		case len(g.nodes) >= minNodes:
			m.groups = append(m.groups, g)
		case k == 0:
			return athar.Refuse("excite-few-nodes", "n", len(g.nodes), "need", minNodes, "events", MinEvents)
		case p.Control:
			ind.Warnings = append(ind.Warnings, athar.NewNote("excite-no-far", "n", len(g.nodes), "need", minNodes))
			n[k] = 0
		}
	}
	ind.N = n[0]
	if len(m.groups) == 2 {
		ind.FarN = n[1]
	}
	for k := range m.groups {
		m.background(k)
	}
	return nil
}

// choose is min(n choose k, a million).
func choose(n, k int) int {
	k = min(k, n-k)
	b := 1
	for i := 1; i <= k && b < 1e6; i++ {
		b = b * (n - k + i) / i
	}
	return b
}
