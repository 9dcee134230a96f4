// Package spillover is the headline method: one Poisson model of all areas and
// periods in which the campaign's footprint and the rings around it have their
// own effects and far areas are the only control (METHODS.md B4).
//
// The package thinks that near areas must never serve as controls: if violence
// moves next door, a plain comparison calls a useless campaign effective, and if
// calm spreads, it hides a real effect. It also thinks that an interval is worth
// its assumptions. With enough treated areas the error is clustered by area with
// the small-sample corrections of Bell, McCaffrey, Pustejovsky and Tipton; with
// few, it says that the clustered error is refused and falls back on the
// dispersion and persistence of the area's own history before the campaign.
package spillover

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"athar"
	"athar/stat"
)

// Method is the name of the method in effects.
const Method = "spillover"

// Errors chooses the standard errors.
type Errors string

// Auto takes Clustered where it is valid and Dispersion elsewhere, effect by
// effect; Clustered refuses where it is not valid. Dispersion rests on the course of
// whole roles and so holds what areas of a role share, near or not.
const (
	Auto       Errors = ""
	Clustered  Errors = "cr2"
	Dispersion Errors = "dispersion"
	// Conley lets areas within [Options.Reach] share shocks; it refuses where
	// Clustered does.
	Conley Errors = "conley"
)

// What the clustered error needs (METHODS.md A6), and the model.
const (
	MinAreas      = 6   // areas of the role that carry events
	MinDF         = 4.0 // Bell-McCaffrey degrees of freedom
	MinPrePeriods = 3
	MinFarEvents  = 30 // far events before the campaign
)

// Options of one estimate.
type Options struct {
	Campaign string
	Spec     string // copied into every effect
	Seed     uint64
	// Draws is the number of draws behind bands and simultaneous intervals;
	// 0: 2000, negative: no bands, and Sidak's bound for the simultaneous
	// intervals.
	Draws  int
	Errors Errors
	// Reach is the distance in km at which areas share nothing any more, and Km that
	// of two areas of the panel, for Conley.
	Reach float64
	Km    func(i, j int) float64
}

// Result is what one fit of the model says about a campaign.
type Result struct {
	// Effects by phase (during, post): inside, each ring, net. An effect that
	// cannot be estimated is there with its Refusal.
	Effects []athar.Effect
	// Expected holds, for every role of the model (inside, rings, far), the
	// used cells' observed series and what the model expects without the
	// campaign, with a 95% band; null outside the fit. Empty after a Refusal.
	Expected []athar.RoleSeries
	Notes    []athar.Note   // about the model as a whole; also on every effect
	Refusal  *athar.Refusal // the whole model is not valid here
	Areas    int            // areas in the fit
	Empty    int            // areas without any event in it, which say nothing
}

// Estimate fits log mu_it = a_i + g_t + sum d_rp 1{role r, phase p} + exposure
// + log days by Poisson quasi-likelihood and reports every d as a rate ratio.
//
// Because each role and phase has its own term, fitted and observed counts
// agree in sum over its cells, so that Expected = Observed/RR and the interval
// of Avoided is the image of the interval of RR. Net sums observed and expected
// counts over inside and rings; its log ratio is differentiated at the
// estimates. Estimate does not change p.
func Estimate(p *athar.Panel, o Options) Result {
	m := &model{p: p, o: o}
	if m.o.Draws == 0 {
		m.o.Draws = 2000
	}
	if m.res.Refusal = m.prepare(); m.res.Refusal == nil {
		m.res.Refusal = m.fit()
	}
	if m.res.Refusal != nil {
		for _, ph := range m.phases {
			for _, r := range m.treated {
				e := m.blank(ph, r)
				e.Refusal = m.res.Refusal
				m.res.Effects = append(m.res.Effects, e)
			}
			e := m.blank(ph, net)
			e.Refusal = m.res.Refusal
			m.res.Effects = append(m.res.Effects, e)
		}
		return m.res
	}
	for _, ph := range m.phases {
		m.phase(ph)
	}
	m.series()
	return m.res
}

// net stands for inside and rings together where a role is asked for.
const net athar.Role = 127

// term is one role in one phase.
type term struct {
	role   athar.Role
	phase  athar.Phase
	events float64
	cells  int
	col    int // column of the design; -1: none
	refuse *athar.Refusal
}

type model struct {
	p   *athar.Panel
	o   Options
	res Result

	phases  []athar.Phase
	treated []athar.Role // inside, rings, present in the panel
	use     []bool       // cells that may enter
	fitUse  []bool       // of these, cells in the fit
	offset  []float64
	x       [][]float64
	terms   []term
	other   []int // index in p.Other of the columns after the terms
	no      map[athar.Role]*athar.Refusal
	pre     map[athar.Role]float64

	w    stat.TwoWay
	s    *stat.Sandwich
	cr2  []float64
	hist history
	// growth is how the noise of an area grows with its volume, see
	// stat.Sandwich.Growth.
	growth float64
	why    *athar.Note // why the last inference was not clustered
	mu0    []float64   // expected without the campaign, every used cell
}

// prepare chooses the cells and terms of the model.
func (m *model) prepare() *athar.Refusal {
	p := m.p
	nt := len(p.Periods)
	m.use = make([]bool, len(p.Count))
	m.offset = make([]float64, len(p.Count))
	far := 0
	last := athar.Role(-1)
	present := map[athar.Role]bool{}
	for i, a := range p.Areas {
		if a.Role == athar.LeftOut {
			continue
		}
		if a.Role == athar.Far {
			far++
		} else {
			present[a.Role] = true
			last = max(last, a.Role)
		}
		for t, q := range p.Periods {
			k := i*nt + t
			m.use[k] = p.Use[k] && q.Days > 0 && (q.Phase == athar.Pre || q.Phase == athar.During || q.Phase == athar.Post)
			if m.use[k] {
				m.offset[k] = math.Log(q.Days)
			}
		}
	}
	for r := athar.Inside; r <= last; r++ {
		if present[r] {
			m.treated = append(m.treated, r)
		}
	}
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		if m.periods(ph) > 0 {
			m.phases = append(m.phases, ph)
		}
	}
	if n := m.periods(athar.Pre); n < MinPrePeriods {
		return athar.Refuse("few-pre-periods", "n", n, "need", MinPrePeriods)
	}
	if !present[athar.Inside] {
		return athar.Refuse("no-inside")
	}

	// An exposure under which nothing happened has no finite effect: its cells
	// carry no information about the rest either.
	for j, e := range p.Other {
		events, cells := 0.0, 0
		for k, n := range e.N {
			if m.use[k] && n > 0 {
				events += p.Count[k]
				cells++
			}
		}
		switch {
		case cells == 0:
		case events == 0:
			for k, n := range e.N {
				if n > 0 {
					m.use[k] = false
				}
			}
			m.res.Notes = append(m.res.Notes, athar.NewNote("other-campaign-empty", "exposure", e.Name, "cells", cells))
		default:
			m.other = append(m.other, j)
		}
	}
	m.fitUse = append([]bool(nil), m.use...)

	farEvents, _ := m.count(athar.Far, athar.Pre)
	if far == 0 || farEvents < MinFarEvents {
		return athar.Refuse("no-control", "areas", far, "events", int(farEvents), "need", MinFarEvents)
	}
	m.no = map[athar.Role]*athar.Refusal{}
	m.pre = map[athar.Role]float64{}
	for _, r := range m.treated {
		n, _ := m.count(r, athar.Pre)
		m.pre[r] = n
		if n == 0 {
			m.no[r] = athar.Refuse("no-pre-events")
			m.exclude(r, athar.Pre, athar.During, athar.Post)
		}
	}
	for _, ph := range m.phases {
		control, _ := m.count(athar.Far, ph)
		for _, r := range m.treated {
			c := term{role: r, phase: ph, col: -1, refuse: m.no[r]}
			c.events, c.cells = m.count(r, ph)
			switch {
			case c.refuse != nil:
			case c.cells == 0:
				c.refuse = athar.Refuse("no-cells")
			case control == 0:
				c.refuse = athar.Refuse("no-control-in-phase")
			case c.events == 0:
				m.exclude(r, ph)
			default:
				c.col = len(m.x)
				m.x = append(m.x, m.dummy(r, ph))
			}
			m.terms = append(m.terms, c)
		}
		if control == 0 {
			for _, r := range append([]athar.Role{athar.Far}, m.treated...) {
				m.exclude(r, ph)
			}
		}
	}
	for _, j := range m.other {
		m.x = append(m.x, p.Other[j].N)
	}
	return nil
}

func (m *model) periods(ph athar.Phase) int {
	n, nt := 0, len(m.p.Periods)
	for t, q := range m.p.Periods {
		if q.Phase != ph {
			continue
		}
		for i := range m.p.Areas {
			if m.use[i*nt+t] {
				n++
				break
			}
		}
	}
	return n
}

// each calls f for the used cells of a role and phase; net means inside and
// rings.
func (m *model) each(role athar.Role, ph athar.Phase, f func(i, t, k int)) {
	nt := len(m.p.Periods)
	for i, a := range m.p.Areas {
		if a.Role != role && !(role == net && a.Role >= athar.Inside && m.no[a.Role] == nil) {
			continue
		}
		for t, q := range m.p.Periods {
			if k := i*nt + t; q.Phase == ph && m.use[k] {
				f(i, t, k)
			}
		}
	}
}

func (m *model) count(role athar.Role, ph athar.Phase) (events float64, cells int) {
	m.each(role, ph, func(_, _, k int) {
		events += m.p.Count[k]
		cells++
	})
	return
}

func (m *model) exclude(role athar.Role, phases ...athar.Phase) {
	for _, ph := range phases {
		m.each(role, ph, func(_, _, k int) { m.fitUse[k] = false })
	}
}

func (m *model) dummy(role athar.Role, ph athar.Phase) []float64 {
	x := make([]float64, len(m.p.Count))
	m.each(role, ph, func(_, _, k int) { x[k] = 1 })
	return x
}

// fit estimates the model and everything that the effects share.
func (m *model) fit() *athar.Refusal {
	p := m.p
	m.w.Design(len(p.Areas), len(p.Periods), m.x, m.fitUse, m.offset)
	if err := m.w.Fit(p.Count); err != nil {
		if errors.Is(err, stat.ErrEmpty) {
			return athar.Refuse("no-events")
		}
		return athar.Refuse("diverged")
	}
	m.res.Areas, m.res.Empty = m.w.Fitted()
	for j, c := range m.terms {
		if c.col >= 0 && m.w.Dropped[c.col] {
			m.terms[j].col, m.terms[j].refuse = -1, athar.Refuse("not-identified")
		}
	}
	first := len(m.x) - len(m.other)
	for n, j := range m.other {
		if m.w.Dropped[first+n] {
			code := "other-campaign-collinear"
			if m.onlyTreated(p.Other[j].N) {
				code = "not-separable"
			}
			m.res.Notes = append(m.res.Notes, athar.NewNote(code, "exposure", p.Other[j].Name))
		}
	}
	m.expect(first)
	m.past()
	m.s = m.w.Linearise()
	m.cr2 = m.s.CR2(p.Count)
	block := make([]int, len(p.Periods))
	for t, q := range p.Periods {
		block[t] = 1 + slices.Index([]athar.Phase{athar.During, athar.Post}, q.Phase)
	}
	m.growth = m.s.Growth(p.Count, block)
	return nil
}

// onlyTreated reports whether an exposure lies wholly within the terms'
// cells, so that it is the treatment under another name.
func (m *model) onlyTreated(n []float64) bool {
	nt := len(m.p.Periods)
	for k, v := range n {
		if v == 0 || !m.fitUse[k] {
			continue
		}
		if m.p.Areas[k/nt].Role == athar.Far || m.p.Periods[k%nt].Phase == athar.Pre {
			return false
		}
	}
	return true
}

// expect computes the expected count without the campaign in every used cell,
// also in those that are not in the fit. Terms are the columns before first.
func (m *model) expect(first int) {
	p := m.p
	na, nt := len(p.Areas), len(p.Periods)
	level := func(k int) float64 { // log mu - x b - offset = a_i + g_t
		l := math.Log(m.w.Mu[k]) - m.offset[k]
		for j, x := range m.x {
			l -= m.w.Beta[j] * x[k]
		}
		return l
	}
	a, g := make([]float64, na), make([]float64, nt)
	hasA, hasG := make([]bool, na), make([]bool, nt)
	// Area and period effects are found by walking along the cells in the fit;
	// every unconnected part starts at an arbitrary zero.
	for start := range na {
		if hasA[start] {
			continue
		}
		hasA[start] = true
		for grew := true; grew; {
			grew = false
			for i := range na {
				for t := range nt {
					k := i*nt + t
					if !m.w.In[k] || hasA[i] == hasG[t] {
						continue
					}
					if hasA[i] {
						g[t] = level(k) - a[i]
						hasG[t] = true
					} else {
						a[i] = level(k) - g[t]
						hasA[i] = true
					}
					grew = true
				}
			}
		}
	}
	m.mu0 = make([]float64, na*nt)
	in := make([]bool, na)
	for k, ok := range m.w.In {
		in[k/nt] = in[k/nt] || ok
	}
	for k, ok := range m.use {
		i, t := k/nt, k%nt
		if !ok || !in[i] || !hasG[t] {
			continue
		}
		l := a[i] + g[t] + m.offset[k]
		for j := first; j < len(m.x); j++ {
			l += m.w.Beta[j] * m.x[j][k]
		}
		m.mu0[k] = math.Exp(l)
	}
}

// blank is an effect with its labels and no numbers.
func (m *model) blank(ph athar.Phase, r athar.Role) athar.Effect {
	nan := athar.Num(math.NaN())
	e := athar.Effect{
		Campaign: m.o.Campaign, Method: Method, Spec: m.o.Spec, Question: athar.AskInside, Phase: ph,
		RR: nan, Low: nan, High: nan, P: nan, SE: nan, DF: nan, AdjLow: nan, AdjHigh: nan,
		Observed: nan, Expected: nan, Avoided: nan, AvoidedLow: nan, AvoidedHigh: nan,
		MDELow: nan, MDEHigh: nan, Dispersion: nan,
		Periods: m.periods(ph),
	}
	switch {
	case r == net:
		e.Question = athar.AskNet
	case r.IsRing():
		e.Question, e.Ring = athar.AskRing, int(r)
	}
	e.Warnings = append(e.Warnings, m.res.Notes...)
	return e
}

// fill sets everything that follows from ln RR, its standard error and the
// degrees of freedom.
func fill(e *athar.Effect, b, se, df, observed, expected float64) {
	q := stat.TQuantile(.975, df) * se
	low, high := math.Exp(b-q), math.Exp(b+q)
	e.RR, e.Low, e.High = athar.Num(math.Exp(b)), athar.Num(low), athar.Num(high)
	e.SE, e.DF, e.P = athar.Num(se), athar.Num(df), athar.Num(stat.TwoSided(b/se, df))
	e.Observed, e.Expected = athar.Num(observed), athar.Num(expected)
	e.Avoided = athar.Num(expected - observed)
	e.AvoidedLow, e.AvoidedHigh = athar.Num(observed/high-observed), athar.Num(observed/low-observed)
	fall, rise := stat.MDE(se, df)
	e.MDELow, e.MDEHigh = athar.Num(fall), athar.Num(rise)
}

// zero fills an effect without any event in the phase: nothing was observed
// where expected events were, so the ratio is 0 and its upper limit the exact
// one of the events before against none, both divided by their dispersion
// (METHODS.md A12).
func zero(e *athar.Effect, pre, expected, phi float64) {
	_, _, high, p := stat.ExactRatio(pre/phi, pre, 0, expected, .05)
	low, up := stat.PoissonLimits(pre/phi, .05)
	e.RR, e.Low, e.High, e.P = 0, 0, athar.Num(high), athar.Num(p)
	e.SE, e.DF = athar.Num(math.Inf(1)), athar.Num(math.Inf(1))
	e.Observed, e.Expected, e.Avoided = 0, athar.Num(expected), athar.Num(expected)
	e.AvoidedLow, e.AvoidedHigh = athar.Num(expected*low*phi/pre), athar.Num(expected*up*phi/pre)
	fall, rise := stat.MDE(stat.RatioSE(phi, pre, expected), math.Inf(1))
	e.MDELow, e.MDEHigh = athar.Num(fall), athar.Num(rise)
	e.Dispersion, e.Inference = athar.Num(phi), "exact"
	e.Warnings = append(e.Warnings, athar.NewNote("zero-events", "expected", athar.Num(expected)))
}

// phase reports the effects of one phase: inside, rings, net.
func (m *model) phase(ph athar.Phase) {
	start := len(m.res.Effects)
	var parts []part
	var missing *athar.Refusal
	for _, c := range m.terms {
		if c.phase != ph {
			continue
		}
		e := m.blank(ph, c.role)
		e.EventsPre, e.Areas = int(m.pre[c.role]), m.areas(c.role)
		if c.refuse != nil {
			e.Refusal = c.refuse
			missing = c.refuse
			m.res.Effects = append(m.res.Effects, e)
			continue
		}
		sp := m.spread(c.role, ph)
		pt := part{term: c, expected: m.expected(c.role, ph), phi: sp.phi}
		if c.col < 0 {
			zero(&e, m.pre[c.role], pt.expected, sp.phi)
		} else {
			b := m.w.Beta[c.col]
			pt.expected = c.events / math.Exp(b)
			pt.contrast = make([]float64, m.w.K)
			pt.contrast[c.col] = 1
			m.inference(&e, pt.contrast, sp, e.Areas, nil)
			if e.Refusal == nil {
				fill(&e, b, float64(e.SE), float64(e.DF), c.events, pt.expected)
			}
			pt.why = m.why
		}
		parts = append(parts, pt)
		m.res.Effects = append(m.res.Effects, e)
	}
	m.simultaneous(m.res.Effects[start:], ph)
	m.res.Effects = append(m.res.Effects, m.net(ph, parts, missing))
}

// part is a term's contribution to the net effect.
type part struct {
	term
	expected float64
	phi      float64
	contrast []float64   // nil without events
	why      *athar.Note // the clustered error's refusal
}

// areas is the number of areas of a role that carry events.
func (m *model) areas(r athar.Role) int {
	nt := len(m.p.Periods)
	n := 0
	for i, a := range m.p.Areas {
		if a.Role != r {
			continue
		}
		for t := range nt {
			if m.w.In[i*nt+t] {
				n++
				break
			}
		}
	}
	return n
}

func (m *model) expected(r athar.Role, ph athar.Phase) float64 {
	s := 0.0
	m.each(r, ph, func(_, _, k int) { s += m.mu0[k] })
	return s
}

// inference sets SE, DF, Dispersion and Inference of an effect for a contrast
// of the coefficients. why is a reason known beforehand against the clustered
// error; the reason found is left in m.why.
func (m *model) inference(e *athar.Effect, c []float64, sp spread, areas int, why *athar.Note) {
	e.Dispersion = athar.Num(sp.phi)
	m.why = why
	if m.o.Errors != Dispersion {
		by := Clustered
		variance := func() (v, df float64) { return m.s.Contrast(m.p.Count, c, m.growth) }
		if m.o.Errors == Conley {
			by = Conley
			variance = func() (v, df float64) { return m.s.Conley(m.p.Count, c, m.growth, m.o.Reach, m.o.Km) }
		}
		v, df := 0.0, 0.0
		if why != nil {
		} else if areas < MinAreas {
			n := athar.NewNote("few-areas", "n", areas, "need", MinAreas)
			m.why = &n
		} else if v, df = variance(); !(v > 0) {
			n := athar.NewNote("conley-negative")
			m.why = &n
		} else if !(df >= MinDF) {
			n := athar.NewNote("few-clusters-df", "df", athar.Num(df), "need", athar.Num(MinDF))
			m.why = &n
		}
		switch {
		case m.why == nil:
			e.SE, e.DF = athar.Num(math.Sqrt(v)), athar.Num(df)
			e.Inference = string(by)
			return
		case m.o.Errors == Clustered || m.o.Errors == Conley:
			remedy := athar.NewNote("use-dispersion-errors")
			e.Refusal = &athar.Refusal{Reason: *m.why, Remedy: &remedy}
			return
		}
		e.Warnings = append(e.Warnings, *m.why)
	}
	e.SE = athar.Num(math.Sqrt(stat.Quad(m.w.Cov, c) * sp.phi * sp.inflate))
	e.DF, e.Inference = athar.Num(sp.df), string(Dispersion)
}

// net sums inside and rings on the count scale: RR = sum observed / sum
// expected, d ln RR / d b_r = expected_r / sum expected.
func (m *model) net(ph athar.Phase, parts []part, missing *athar.Refusal) athar.Effect {
	e := m.blank(ph, net)
	for _, r := range m.treated {
		e.EventsPre += int(m.pre[r])
		e.Areas += m.areas(r)
	}
	// Inside must be there; a ring without events before has nothing to add.
	if missing != nil && (len(parts) == 0 || parts[0].role != athar.Inside || missing.Reason.Code != "no-pre-events") {
		e.Refusal = missing
		return e
	}
	var observed, expected, extra float64
	var why *athar.Note
	for _, q := range parts {
		observed += q.events
		expected += q.expected
		if why == nil {
			why = q.why
		}
	}
	sp := m.spread(net, ph)
	if observed == 0 {
		zero(&e, float64(e.EventsPre), expected, sp.phi)
		return e
	}
	c := make([]float64, m.w.K)
	for _, q := range parts {
		share := q.expected / expected
		if q.contrast == nil {
			// The expectation of a role without events rests on its own past.
			extra += share * share * q.phi / m.pre[q.role]
			e.Warnings = append(e.Warnings, athar.NewNote("zero-events", "expected", athar.Num(q.expected)))
			continue
		}
		c[q.col] = share
	}
	m.inference(&e, c, sp, e.Areas, why)
	if e.Refusal != nil {
		return e
	}
	se := math.Sqrt(float64(e.SE*e.SE) + extra)
	fill(&e, math.Log(observed/expected), se, float64(e.DF), observed, expected)
	return e
}

// simultaneous sets the sup-t intervals of the rings of one phase.
func (m *model) simultaneous(effects []athar.Effect, ph athar.Phase) {
	var at, col []int
	df := math.Inf(1)
	clustered := true
	for i := range effects {
		e := &effects[i]
		if e.Question != athar.AskRing || e.Refusal != nil || e.Inference == "exact" {
			continue
		}
		for _, c := range m.terms {
			if c.phase == ph && int(c.role) == e.Ring {
				at, col = append(at, i), append(col, c.col)
			}
		}
		df = min(df, float64(e.DF))
		clustered = clustered && e.Inference == string(Clustered)
	}
	n := len(at)
	if n == 0 {
		return
	}
	from := m.w.Cov
	if clustered {
		from = m.cr2
	}
	v := make([]float64, n*n)
	for i, a := range col {
		for j, b := range col {
			v[i*n+j] = from[a*m.w.K+b] / math.Sqrt(from[a*m.w.K+a]*from[b*m.w.K+b])
		}
	}
	var crit float64
	if m.o.Draws < 0 {
		crit = stat.TQuantile((1+math.Pow(.95, 1/float64(n)))/2, df)
	} else {
		crit = stat.SupT(v, n, df, .95, m.o.Draws, stat.Stream(m.o.Seed, fmt.Sprintf("spillover/%s/%s/sup-t/%s", m.o.Campaign, m.o.Spec, ph), 0))
	}
	for _, i := range at {
		e := &effects[i]
		b, q := math.Log(float64(e.RR)), crit*float64(e.SE)
		e.AdjLow, e.AdjHigh = athar.Num(math.Exp(b-q)), athar.Num(math.Exp(b+q))
	}
}
