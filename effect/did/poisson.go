package did

import (
	"errors"
	"math"
	"slices"

	"athar"
	"athar/stat"
)

// What [Estimate] needs.
const (
	MinTreated  = 6   // inside areas with events: fewer make clustered errors invalid (METHODS.md A6)
	MinDF       = 4.0 // Bell-McCaffrey degrees of freedom
	MinControls = 6   // far areas
	MinEvents   = 20  // events before the campaign in each of them
	MinPre      = 3   // periods before
	MaxLeads    = 3   // leads of the pre-trend test, besides the reference
)

// PanelOptions of one estimate for a campaign's panel.
type PanelOptions struct {
	Campaign string
	Spec     string // copied into every effect
	Bare     bool   // leave out the pre-trend test and the bounds
}

// PanelResult is what the multiplicative version says about a campaign.
type PanelResult struct {
	Effects  []athar.Effect // inside: during and post, where the panel has them
	Notes    []athar.Note   // also on every effect
	Refusal  *athar.Refusal
	Treated  int // inside areas with events
	Controls int
	// PreTest asks whether inside and far already drifted apart; its slope is in
	// log points per lead. DF is 0 where the past is too short.
	PreTest PreTest
	// Bounds of ln RR by phase, as Effects, under violations as large as the
	// largest step between leads; Breakdown is how many times as large they may
	// be before the interval includes 0. Empty without leads.
	Bounds    []Interval
	Breakdown []float64
}

// Interval is a closed interval.
type Interval struct{ Low, High float64 }

// Estimate fits the multiplicative version for one campaign,
//
//	log mu_it = a_i + g_t + sum_p d_p 1{inside, phase p} + exposure + log days,
//
// by Poisson quasi-likelihood (Wooldridge 2023) with errors clustered by area,
// CR2 with Bell-McCaffrey degrees of freedom. Controls are far areas with at
// least [MinEvents] events before the campaign, never rings. Fewer than
// [MinTreated] treated areas refuse: their p value is a placebo's (package
// placebo). The pre-trend test and the bounds come from a second fit with a
// term for inside in every block of the pre-period but the last; a block is as
// long as half the during phase, at least a quarter of the pre-period.
// Estimate does not change p.
func Estimate(p *athar.Panel, o PanelOptions) PanelResult {
	m := &counts{p: p, o: o, nt: len(p.Periods)}
	m.res.PreTest = PreTest{W: math.NaN(), P: math.NaN(), PSmall: math.NaN(), Slope: math.NaN()}
	m.prepare()
	if m.res.Refusal == nil {
		m.fit()
	}
	for j, ph := range m.phases {
		e := m.blank(ph)
		switch {
		case m.res.Refusal != nil:
			e.Refusal = m.res.Refusal
		case m.no[j] != nil:
			e.Refusal = m.no[j]
		default:
			m.effect(&e, j)
		}
		m.res.Effects = append(m.res.Effects, e)
	}
	return m.res
}

type counts struct {
	p      *athar.Panel
	o      PanelOptions
	nt     int
	res    PanelResult
	phases []athar.Phase
	no     []*athar.Refusal // by phase
	col    []int            // column of each phase, -1: none
	use    []bool
	offset []float64
	x      [][]float64
	pre    float64
	w      stat.TwoWay
	s      *stat.Sandwich
	growth float64
}

func (m *counts) say(code string, args ...any) {
	m.res.Notes = append(m.res.Notes, athar.NewNote(code, args...))
}

// events sums the used cells of the inside areas, or the far ones, in a phase.
func (m *counts) events(role athar.Role, ph athar.Phase) (n float64, cells int) {
	for i, a := range m.p.Areas {
		for t, q := range m.p.Periods {
			if k := i*m.nt + t; a.Role == role && q.Phase == ph && m.use[k] {
				n += m.p.Count[k]
				cells++
			}
		}
	}
	return n, cells
}

// seen reports whether any cell of period t may enter.
func (m *counts) seen(t int) bool {
	for i := range m.p.Areas {
		if m.use[i*m.nt+t] {
			return true
		}
	}
	return false
}

func (m *counts) prepare() {
	p := m.p
	m.use, m.offset = make([]bool, len(p.Count)), make([]float64, len(p.Count))
	few := 0
	periods := map[athar.Phase]bool{}
	pres := 0
	for i, a := range p.Areas {
		if a.Role != athar.Inside && a.Role != athar.Far {
			continue
		}
		pre := 0.0
		for t, q := range p.Periods {
			k := i*m.nt + t
			m.use[k] = p.Use[k] && q.Days > 0 && (q.Phase == athar.Pre || q.Phase == athar.During || q.Phase == athar.Post)
			if m.use[k] {
				m.offset[k] = math.Log(q.Days)
				periods[q.Phase] = true
				if q.Phase == athar.Pre {
					pre += p.Count[k]
				}
			}
		}
		switch {
		case a.Role == athar.Inside:
			if pre > 0 {
				m.res.Treated++
			}
		case pre >= MinEvents:
			m.res.Controls++
		default:
			few++
			clear(m.use[i*m.nt : (i+1)*m.nt])
		}
	}
	for t, q := range p.Periods {
		if q.Phase == athar.Pre && m.seen(t) {
			pres++
		}
	}
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		if periods[ph] {
			m.phases = append(m.phases, ph)
		}
	}
	m.pre, _ = m.events(athar.Inside, athar.Pre)
	switch {
	case pres < MinPre:
		m.res.Refusal = athar.Refuse("few-pre-periods", "n", pres, "need", MinPre)
	case m.pre == 0:
		m.res.Refusal = athar.Refuse("no-pre-events")
	case m.res.Treated < MinTreated:
		m.res.Refusal = athar.Refuse("did-few-treated", "n", m.res.Treated, "need", MinTreated)
		m.res.Refusal.Remedy = &athar.Note{Code: "did-use-placebo"}
	case m.res.Controls < MinControls:
		m.res.Refusal = athar.Refuse("few-donors", "n", m.res.Controls, "need", MinControls, "events", MinEvents)
	}
	if m.res.Refusal != nil {
		return
	}
	if few > 0 {
		m.say("did-controls", "n", m.res.Controls, "left", few, "events", MinEvents)
	}
	for _, ph := range m.phases {
		n, _ := m.events(athar.Inside, ph)
		far, _ := m.events(athar.Far, ph)
		col, no := -1, (*athar.Refusal)(nil)
		switch {
		case far == 0:
			no = athar.Refuse("no-control-in-phase")
		case n == 0:
			no = athar.Refuse("all-zero-phase")
		default:
			col = len(m.x)
			m.x = append(m.x, m.dummy(func(t int) bool { return p.Periods[t].Phase == ph }))
		}
		if col < 0 {
			for k := range m.use {
				m.use[k] = m.use[k] && p.Periods[k%m.nt].Phase != ph
			}
		}
		m.col, m.no = append(m.col, col), append(m.no, no)
	}
	if len(m.x) == 0 {
		m.res.Refusal = m.no[0]
		return
	}
	for _, e := range p.Other {
		n, hit := 0.0, false
		for k, v := range e.N {
			if m.use[k] && v != 0 {
				hit = true
				n += p.Count[k]
			}
		}
		switch {
		case !hit:
		case n == 0:
			for k, v := range e.N {
				m.use[k] = m.use[k] && v == 0
			}
		default:
			m.x = append(m.x, e.N)
		}
	}
}

// dummy is 1 in the used inside cells of the wanted periods.
func (m *counts) dummy(want func(t int) bool) []float64 {
	x := make([]float64, len(m.p.Count))
	for i, a := range m.p.Areas {
		for t := range m.nt {
			if k := i*m.nt + t; a.Role == athar.Inside && want(t) && m.use[k] {
				x[k] = 1
			}
		}
	}
	return x
}

func (m *counts) fit() {
	p := m.p
	fit := func(w *stat.TwoWay, x [][]float64) error {
		w.Design(len(p.Areas), m.nt, x, m.use, m.offset)
		return w.Fit(p.Count)
	}
	if err := fit(&m.w, m.x); err != nil {
		m.res.Refusal = athar.Refuse("diverged")
		if errors.Is(err, stat.ErrEmpty) {
			m.res.Refusal = athar.Refuse("no-events")
		}
		return
	}
	for j, c := range m.col {
		if c >= 0 && m.w.Dropped[c] {
			m.no[j] = athar.Refuse("not-identified")
		}
	}
	m.s = m.w.Linearise()
	block := make([]int, m.nt)
	for t, q := range p.Periods {
		block[t] = 1 + slices.Index([]athar.Phase{athar.During, athar.Post}, q.Phase)
	}
	m.growth = m.s.Growth(p.Count, block)

	// Leads: blocks of the pre-period, counted back from its end.
	var pre []int
	during := 0
	for t, q := range p.Periods {
		switch {
		case q.Days <= 0:
		case q.Phase == athar.Pre:
			pre = append(pre, t)
		case q.Phase == athar.During:
			during++
		}
	}
	length := max(during/2, (len(pre)+MaxLeads)/(MaxLeads+1), 1)
	leads := min(MaxLeads, len(pre)/length-1)
	if m.o.Bare || leads < 1 || len(m.x) != len(m.phases) {
		return
	}
	var x [][]float64
	for l := leads; l >= 1; l-- {
		col := m.dummy(func(t int) bool {
			i := slices.Index(pre, t)
			b := (len(pre) - 1 - i) / length
			return i >= 0 && (b == l || l == leads && b > l)
		})
		x = append(x, col)
	}
	x = append(x, m.x...)
	var w stat.TwoWay
	if fit(&w, x) != nil || slices.Contains(w.Dropped, true) {
		return
	}
	k := len(x)
	v := w.Linearise().CR2(p.Count)
	sub, drift := make([]float64, leads*leads), make([]float64, leads)
	for i := range leads {
		drift[i] = float64(i - leads)
		for j := range leads {
			sub[i*leads+j] = v[i*k+j]
		}
	}
	m.res.PreTest = wald(w.Beta[:leads], drift, sub)
	for j := range m.phases {
		r := RelativeMagnitude{Beta: w.Beta, Cov: v, Pre: leads, Weights: make([]float64, len(m.phases))}
		r.Weights[j] = 1
		low, high := r.Interval(1)
		m.res.Bounds = append(m.res.Bounds, Interval{low, high})
		m.res.Breakdown = append(m.res.Breakdown, r.Breakdown())
	}
	if !math.IsNaN(m.res.PreTest.P) {
		m.say("did-pretest", "p", athar.Num(m.res.PreTest.P), "slope", athar.Num(math.Exp(m.res.PreTest.Slope)), "leads", leads)
	}
}

func (m *counts) blank(ph athar.Phase) athar.Effect {
	nan := athar.Num(math.NaN())
	e := athar.Effect{
		Campaign: m.o.Campaign, Method: Method, Spec: m.o.Spec, Question: athar.AskInside, Phase: ph,
		RR: nan, Low: nan, High: nan, P: nan, SE: nan, DF: nan, AdjLow: nan, AdjHigh: nan,
		Observed: nan, Expected: nan, Avoided: nan, AvoidedLow: nan, AvoidedHigh: nan, MDELow: nan, MDEHigh: nan,
		Dispersion: nan, EventsPre: int(m.pre), Areas: m.res.Treated, Warnings: slices.Clone(m.res.Notes),
	}
	for t, q := range m.p.Periods {
		if q.Phase == ph && m.seen(t) {
			e.Periods++
		}
	}
	return e
}

func (m *counts) effect(e *athar.Effect, j int) {
	c := make([]float64, len(m.x))
	c[m.col[j]] = 1
	v, df := m.s.Contrast(m.p.Count, c, m.growth)
	if df < MinDF {
		e.Refusal = athar.Refuse("few-clusters-df", "df", athar.Num(df), "need", athar.Num(MinDF))
		return
	}
	n, _ := m.events(athar.Inside, e.Phase)
	b, se := m.w.Beta[m.col[j]], math.Sqrt(v)
	q := stat.TQuantile(.975, df) * se
	low, high := math.Exp(b-q), math.Exp(b+q)
	e.RR, e.Low, e.High = athar.Num(math.Exp(b)), athar.Num(low), athar.Num(high)
	e.SE, e.DF, e.P, e.Inference = athar.Num(se), athar.Num(df), athar.Num(stat.TwoSided(b/se, df)), "cr2"
	e.Observed, e.Expected = athar.Num(n), athar.Num(n/math.Exp(b))
	e.Avoided = e.Expected - e.Observed
	e.AvoidedLow, e.AvoidedHigh = athar.Num(n/high-n), athar.Num(n/low-n)
	fall, rise := stat.MDE(se, df)
	e.MDELow, e.MDEHigh = athar.Num(fall), athar.Num(rise)
	if m.res.Breakdown != nil {
		e.Warnings = append(e.Warnings, athar.NewNote("did-breakdown", "mbar", athar.Num(m.res.Breakdown[j])))
	}
}
