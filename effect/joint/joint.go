// Package joint asks what several campaigns did together: one ratio for all of
// them, by phase and by ring, with its own estimand (METHODS.md B4, staggered).
//
// The package thinks that campaigns that start one after the other must not be
// each other's controls once they have begun: a regression with one effect for
// all compares late campaigns with early ones and can turn the sign of effects
// that differ or grow. So it fits what areas and periods have in common on
// untouched area-periods alone, continues that into the area-periods that some
// campaign reached, and adds up what was counted there and what was expected.
// An area-period that one campaign reaches while it runs and another after it
// has ended answers neither question, and is left out and counted.
package joint

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"athar"
	"athar/stat"
)

// Method is the name of the method in effects.
const Method = "joint"

// What an answer needs.
const (
	MinClean     = 3   // untouched periods of an area, so that it has a past of its own
	MinControls  = 6   // untouched areas in a period
	MinFarEvents = 30  // events in the untouched area-periods of touched periods
	MinAreas     = 6   // areas of a role that carry expected events, for clustered errors
	MinDF        = 4.0 // degrees of freedom of any error
	MinRing      = 30  // untouched events of a ring's areas, else it is merged
)

// Campaign is one campaign as the panel sees it.
type Campaign struct {
	ID     string
	Inside []bool    // by area
	Km     []float64 // by area, from the footprint's edge; +Inf: beyond what is known
	// Phase is the phase of every period towards it. The first period of
	// wash-in, during or post is where its areas stop being untouched.
	Phase []athar.Phase
}

// Data is a whole study: areas by periods, and the campaigns. Cell (i, t) is at
// i*len(Periods)+t. It may hold a history longer than the campaigns need: the
// fit takes the periods in which some campaign has a phase other than outside.
type Data struct {
	Areas     int
	Periods   []athar.Period // their phases are not read
	Count     []float64
	Known     []bool // monitored and published, and of an area that may serve
	Campaigns []Campaign
	Rings     []float64 // outer edges in km, increasing
}

// Options of one estimate.
type Options struct {
	Spec string // copied into every effect
	// Donut leaves out so many periods of every area before it is first touched.
	Donut int
	// Lead pretends that every footprint was entered so many periods before it
	// was, and asks about these periods alone: an effect found there is none of
	// the campaigns'. 0: not asked.
	Lead int
}

// Result is what all campaigns together did.
type Result struct {
	// Effects by phase (during, post): inside, each ring, net; see [athar.Effect].
	// RR is sum observed/sum expected over the area-periods of the question.
	Effects []athar.Effect
	Rings   []athar.Ring // after merging
	Periods []athar.Period
	Series  []athar.RoleSeries // inside, rings, far
	Notes   []athar.Note
	Refusal *athar.Refusal
	// Overlap area-periods are left out because campaigns reach them in
	// different phases, Shared are kept although several reach them, Lost have
	// too little untouched past or no untouched area beside them.
	Overlap, Shared, Lost int
	Touched               int // area-periods in the questions
	// Before is what the footprints had in the periods before they were touched,
	// oldest first, as far back as all of them were untouched.
	Before        []float64
	Ramadan       [3]float64 // share of days before, during and after inside
	Controls      [2]float64 // untouched events in the periods of during and post
	Single        []Single   // inside, during
	Heterogeneity *Heterogeneity
}

const none = -1

// States of a cell that is in no question.
const (
	clean int16 = -1 - iota
	overlap
	other // wash-in, or after a campaign's last period, or not known
	lost
)

// model is one fit.
type model struct {
	d    *Data
	o    Options
	res  Result
	k    int // rings
	h    int // periods of the history
	nt   int // of the window
	from int // first period of the window, as the campaigns' phases count
	back int // periods by which the campaigns are moved back
	role [][]int8
	// start and end are the first and last touched period of each campaign.
	start, end []int

	state  []int16
	use    []bool
	y      []float64
	offset []float64

	w           stat.TwoWay
	a, g        []float64 // logs of the common part, NaN: not in the fit
	compA       []int
	compG       []int
	mu0         []float64 // expected in touched cells
	total       []float64 // clean events by area
	chol        mat.Cholesky
	information []float64
	scores      []float64 // by area, of the period effects
	moved       []float64 // by area, g less g without the area
	class       []class
}

// class is a question before it is answered: role and phase, or the net of one
// phase.
type class struct {
	phase    athar.Phase
	roles    []int
	obs, exp float64
	o, e     []float64 // by area
	cells    int
	periods  []bool
	grad     []float64 // d exp / d g, area effects absorbed
	shift    []float64 // ln RR less ln RR without the area, by area
}

// Estimate fits log mu_it = a_i + g_t + log days by Poisson likelihood to the
// untouched cells, mu0_it = days_t exp(a_i + g_t) in touched ones, and
//
//	RR = sum y_it / sum mu0_it
//
// over the cells of a question, which weighs areas and campaigns by their
// expected counts (Borusyak, Jaravel and Spiess 2024; Gardner 2022, on the
// scale of ratios). An area without any untouched event has mu0 = 0 and stays
// in the sums: to drop it would keep those that were by chance busy before.
//
// Errors are clustered by area by the jackknife: ln RR less ln RR without area
// i is exact in the sums and one Newton step in g. Areas of one campaign may
// share shocks, so the interval is not narrower than by the dispersion of the
// campaigns' own past, summed over the areas of a campaign and over blocks as
// long as the phase. Effects with fewer than [MinAreas] areas have that alone.
// Estimate does not change d.
func Estimate(d *Data, o Options) Result {
	m := newModel(d, o)
	if m.res.Refusal == nil {
		m.run(0)
		m.finish()
	}
	return m.res
}

var phases = []athar.Phase{athar.During, athar.Post}

func newModel(d *Data, o Options) *model {
	m := &model{d: d, o: o, h: len(d.Periods)}
	first, last := m.h, none
	for _, c := range d.Campaigns {
		s, e := m.h, none
		for t, ph := range c.Phase {
			if ph == athar.WashIn || ph == athar.During || ph == athar.Post {
				s, e = min(s, t), t
			}
			if ph != athar.Outside && ph != "" {
				first, last = min(first, t), max(last, t)
			}
		}
		m.start, m.end = append(m.start, s), append(m.end, e)
	}
	if len(d.Campaigns) < 2 || last < first {
		m.res.Refusal = athar.Refuse("joint-one-campaign")
		return m
	}
	m.from, m.nt = first, last-first+1
	m.merge()
	n := d.Areas * m.nt
	m.state, m.use, m.y, m.offset, m.mu0 = make([]int16, n), make([]bool, n), make([]float64, n), make([]float64, n), make([]float64, n)
	m.a, m.total, m.compA = make([]float64, d.Areas), make([]float64, d.Areas), make([]int, d.Areas)
	m.g, m.compG = make([]float64, m.nt), make([]int, m.nt)
	m.information = make([]float64, m.nt*m.nt)
	m.scores, m.moved = make([]float64, d.Areas*m.nt), make([]float64, d.Areas*m.nt)
	return m
}

// merge merges the declared rings, from the inside out, until the areas that
// lie nearest to a campaign in each hold MinRing events before any campaign
// reaches them, and gives every area its role towards every campaign.
func (m *model) merge() {
	d := m.d
	declared := d.Rings
	events := make([]float64, len(declared))
	for i := range d.Areas {
		band, start := none, m.h
		for j, c := range d.Campaigns {
			if c.Inside[i] {
				band = none
				break
			}
			if k, _ := slices.BinarySearch(declared, c.Km[i]); k < len(declared) {
				start = min(start, m.start[j])
				if band < 0 || k < band {
					band = k
				}
			}
		}
		if band < 0 {
			continue
		}
		for t := m.from; t < min(start, m.from+m.nt); t++ {
			if k := i*m.h + t; d.Known[k] {
				events[band] += d.Count[k]
			}
		}
	}
	var outer []float64
	from, sum := 0.0, 0.0
	add := func(to float64) {
		m.res.Rings = append(m.res.Rings, athar.Ring{From: athar.Num(from), To: athar.Num(to)})
		outer = append(outer, to)
		from, sum = to, 0
	}
	for k, to := range declared {
		if sum += events[k]; sum >= MinRing {
			add(to)
		}
	}
	if n := len(declared); n > 0 && from < declared[n-1] {
		if len(outer) == 0 {
			add(declared[n-1])
		} else {
			outer[len(outer)-1] = declared[n-1]
			m.res.Rings[len(outer)-1].To = athar.Num(declared[n-1])
		}
	}
	if len(outer) < len(declared) {
		m.res.Notes = append(m.res.Notes, athar.NewNote("rings-merged", "rings", len(outer), "declared", len(declared), "need", MinRing))
	}
	m.k = len(outer)
	for _, c := range d.Campaigns {
		r := make([]int8, d.Areas)
		for i := range r {
			if !c.Inside[i] {
				k, _ := slices.BinarySearch(outer, c.Km[i])
				r[i] = int8(k + 1)
			}
		}
		m.role = append(m.role, r)
	}
}

// at is the index of window cell (i, t) in the data.
func (m *model) at(i, t int) int { return i*m.h + m.from - m.back + t }

// question is the state of a cell that belongs to a role and phase.
func (m *model) question(role int, post bool) int16 {
	if post {
		role += m.k + 1
	}
	return int16(role)
}

// classify gives every cell of the window its state.
//
// Inside a footprint while that campaign runs comes before everything else.
// After it has ended, inside comes before the rings of others, but not while
// another campaign that reaches the area runs. Among rings the nearest counts.
func (m *model) classify() {
	d := m.d
	m.res.Shared, m.res.Overlap = 0, 0
	for i := range d.Areas {
		for t := range m.nt {
			k := i*m.nt + t
			insideDuring, insidePost, insideWash, wash, touched := false, false, false, false, false
			ring := [2]int{m.k + 1, m.k + 1}
			reach := 0
			for j := range d.Campaigns {
				r := int(m.role[j][i])
				if r > m.k || m.from+t < m.start[j] {
					continue
				}
				touched = true
				switch d.Campaigns[j].Phase[m.from+t] {
				case athar.During:
					reach++
					if r == 0 {
						insideDuring = true
					} else {
						ring[0] = min(ring[0], r)
					}
				case athar.Post:
					reach++
					if r == 0 {
						insidePost = true
					} else {
						ring[1] = min(ring[1], r)
					}
				case athar.WashIn:
					if r == 0 {
						insideWash = true
					} else {
						wash = true
					}
				}
			}
			during, post := ring[0] <= m.k, ring[1] <= m.k
			s := other
			switch {
			case !d.Known[m.at(i, t)] || d.Periods[m.from-m.back+t].Days <= 0:
			case !touched:
				s = clean
			case insideDuring:
				s = m.question(0, false)
			case insideWash:
			case insidePost && during, during && post:
				s = overlap
				m.res.Overlap++
			case wash:
			case insidePost:
				s = m.question(0, true)
			case during:
				s = m.question(ring[0], false)
			case post:
				s = m.question(ring[1], true)
			}
			if s >= 0 && reach > 1 {
				m.res.Shared++
			}
			m.state[k] = s
		}
		m.ahead(i)
	}
}

// ahead applies Donut and Lead to one area: its last untouched periods before
// it is first touched.
func (m *model) ahead(i int) {
	if m.o.Donut == 0 && m.o.Lead == 0 {
		return
	}
	start, inside := m.touched(i)-m.from, m.first(i, []int{0}) != none
	if m.o.Lead > 0 {
		for t := range m.nt {
			if k := i*m.nt + t; m.state[k] >= 0 {
				m.state[k] = other
			}
		}
	}
	for t := start - 1; t >= max(0, start-max(m.o.Donut, m.o.Lead)) && t < m.nt; t-- {
		k := i*m.nt + t
		switch {
		case m.state[k] != clean:
		case m.o.Lead > 0 && inside:
			m.state[k] = m.question(0, false)
		default:
			m.state[k] = other
		}
	}
}

// touched is the period from which some campaign reaches area i, as phases
// count; the end of the history if none does.
func (m *model) touched(i int) int {
	start := m.h
	for j, r := range m.role {
		if int(r[i]) <= m.k {
			start = min(start, m.start[j])
		}
	}
	return start
}

// run fits the campaigns moved back by the given number of periods and fills
// Effects, or Refusal.
func (m *model) run(back int) {
	m.back = back
	m.res.Refusal, m.res.Effects = nil, m.res.Effects[:0]
	m.classify()
	m.baseline()
	if m.res.Refusal = m.fit(); m.res.Refusal == nil {
		m.res.Refusal = m.expect()
	}
	m.questions()
	if m.res.Refusal == nil {
		m.jackknife()
	}
	for c := range m.class {
		m.answer(&m.class[c])
	}
	m.simultaneous()
}

// baseline takes out touched cells of areas with too short an untouched past.
func (m *model) baseline() {
	for i := range m.d.Areas {
		row := m.state[i*m.nt : (i+1)*m.nt]
		n := 0
		for _, s := range row {
			if s == clean {
				n++
			}
		}
		for t, s := range row {
			if s >= 0 && n < MinClean {
				row[t] = lost
			}
		}
	}
}

// fit fits the untouched cells.
func (m *model) fit() *athar.Refusal {
	for i := range m.d.Areas {
		m.total[i] = 0
		for t := range m.nt {
			k := i*m.nt + t
			m.use[k] = m.state[k] == clean
			m.y[k] = m.d.Count[m.at(i, t)]
			if m.use[k] {
				m.total[i] += m.y[k]
			}
			if days := m.d.Periods[m.from-m.back+t].Days; days > 0 {
				m.offset[k] = math.Log(days)
			}
		}
	}
	m.w.Design(m.d.Areas, m.nt, nil, m.use, m.offset)
	switch err := m.w.Fit(m.y); err {
	case nil:
		return nil
	case stat.ErrEmpty:
		return athar.Refuse("no-events")
	default:
		return athar.Refuse("diverged")
	}
}

// expect finds a and g from the fitted means, walking from area to period over
// the cells in the fit, and continues them into touched cells. A touched cell
// whose period has no or too few untouched areas, or is tied to its area by no
// chain of untouched cells, has no expectation and is lost.
func (m *model) expect() *athar.Refusal {
	na, nt := m.d.Areas, m.nt
	for i := range m.compA {
		m.compA[i] = none
	}
	for t := range m.compG {
		m.compG[t] = none
	}
	var queue []int // areas, then periods from na on
	comp := 0
	for i := range na {
		if m.compA[i] != none || m.total[i] == 0 {
			continue
		}
		root := -1
		for t := range nt {
			if m.w.In[i*nt+t] {
				root = t
				break
			}
		}
		if root < 0 {
			continue
		}
		m.compG[root], m.g[root] = comp, 0
		queue = append(queue[:0], na+root)
		for len(queue) > 0 {
			q := queue[0]
			queue = queue[1:]
			if q < na {
				for t := range nt {
					if k := q*nt + t; m.w.In[k] && m.compG[t] == none {
						m.compG[t], m.g[t] = comp, math.Log(m.w.Mu[k])-m.offset[k]-m.a[q]
						queue = append(queue, na+t)
					}
				}
				continue
			}
			t := q - na
			for j := range na {
				if k := j*nt + t; m.w.In[k] && m.compA[j] == none {
					m.compA[j], m.a[j] = comp, math.Log(m.w.Mu[k])-m.offset[k]-m.g[t]
					queue = append(queue, j)
				}
			}
		}
		comp++
	}
	controls := make([]int, nt)
	touched := make([]bool, nt)
	for k, s := range m.state {
		if s == clean {
			controls[k%nt]++
		} else if s >= 0 {
			touched[k%nt] = true
		}
	}
	events, areas := 0.0, 0
	for i := range na {
		n := 0.0
		for t := range nt {
			if k := i*nt + t; touched[t] && m.state[k] == clean {
				n += m.y[k]
			}
		}
		if events += n; n > 0 {
			areas++
		}
	}
	if events < MinFarEvents || areas < MinControls {
		return athar.Refuse("joint-few-clean", "events", int(events), "areas", areas, "need", MinFarEvents, "need_areas", MinControls)
	}
	m.res.Lost = 0
	for k, s := range m.state {
		m.mu0[k] = 0
		i, t := k/nt, k%nt
		switch {
		case s == lost:
			m.res.Lost++
		case s < 0:
		case m.compG[t] == none || controls[t] < MinControls || m.total[i] > 0 && m.compA[i] != m.compG[t]:
			m.state[k] = lost
			m.res.Lost++
		case m.total[i] > 0:
			m.mu0[k] = math.Exp(m.a[i] + m.g[t] + m.offset[k])
		}
	}
	return nil
}

// questions sums observed and expected counts by role, phase and area.
func (m *model) questions() {
	na, nt := m.d.Areas, m.nt
	m.class = m.class[:0]
	for _, ph := range phases {
		if m.o.Lead > 0 && ph == athar.Post {
			break
		}
		roles := make([]int, 0, m.k+1)
		for r := range m.k + 1 {
			roles = append(roles, r)
			m.class = append(m.class, class{phase: ph, roles: []int{r}})
			if m.o.Lead > 0 {
				break
			}
		}
		if m.k > 0 && m.o.Lead == 0 {
			m.class = append(m.class, class{phase: ph, roles: roles})
		}
	}
	for c := range m.class {
		q := &m.class[c]
		q.o, q.e, q.grad, q.periods = make([]float64, na), make([]float64, na), make([]float64, nt), make([]bool, nt)
		for _, r := range q.roles {
			s := m.question(r, q.phase == athar.Post)
			for k, x := range m.state {
				if x != s {
					continue
				}
				i, t := k/nt, k%nt
				q.cells++
				q.periods[t] = true
				q.o[i] += m.y[k]
				q.e[i] += m.mu0[k]
				q.grad[t] += m.mu0[k]
			}
		}
		for i := range na {
			q.obs += q.o[i]
			q.exp += q.e[i]
			if q.e[i] > 0 {
				m.absorb(q.grad, i, -q.e[i]/m.total[i])
			}
		}
	}
}

// absorb adds x times the area's fitted means to v.
func (m *model) absorb(v []float64, i int, x float64) {
	for t := range m.nt {
		if k := i*m.nt + t; m.w.In[k] {
			v[t] += x * m.w.Mu[k]
		}
	}
}

// jackknife finds how far g moves when an area is left out, one Newton step
// from the fit, moved_i = (H - H_i)^-1 s_i with H = sum_i H_i,
// H_i = diag(mu_i) - mu_i mu_i'/Y_i and s_i = y_i - mu_i.
func (m *model) jackknife() {
	na, nt := m.d.Areas, m.nt
	clear(m.information)
	for i := range na {
		m.curve(m.information, i, 1)
	}
	// The level of each component of g is free, and so is a period without
	// untouched events; gradients do not depend on either.
	for s := range nt {
		for t := range nt {
			if m.compG[s] == m.compG[t] && (s == t || m.compG[s] != none) {
				m.information[s*nt+t]++
			}
		}
	}
	m.chol.Factorize(mat.NewSymDense(nt, slices.Clone(m.information)))
	var part mat.Cholesky
	rest := make([]float64, nt*nt)
	for i := range na {
		s, v := m.scores[i*nt:(i+1)*nt], m.moved[i*nt:(i+1)*nt]
		clear(s)
		clear(v)
		if m.total[i] == 0 {
			continue
		}
		for t := range nt {
			if k := i*nt + t; m.w.In[k] {
				s[t] = m.y[k] - m.w.Mu[k]
			}
		}
		copy(rest, m.information)
		m.curve(rest, i, -1)
		out, in := mat.NewVecDense(nt, v), mat.NewVecDense(nt, s)
		// Where an area alone ties periods together there is no fit without it;
		// the step of the full fit takes its place.
		if !part.Factorize(mat.NewSymDense(nt, rest)) || part.Cond() > 1e8 || part.SolveVecTo(out, in) != nil {
			if m.chol.SolveVecTo(out, in) != nil {
				clear(v)
			}
		}
	}
	for c := range m.class {
		m.influence(&m.class[c])
	}
}

// curve adds x H_i to h.
func (m *model) curve(h []float64, i int, x float64) {
	nt := m.nt
	if m.total[i] == 0 {
		return
	}
	mu := m.w.Mu[i*nt : (i+1)*nt]
	for s, a := range mu {
		if a == 0 {
			continue
		}
		h[s*nt+s] += x * a
		for t, b := range mu {
			h[s*nt+t] -= x * a * b / m.total[i]
		}
	}
}

func (m *model) influence(q *class) {
	q.shift = make([]float64, m.d.Areas)
	if q.obs == 0 || q.exp == 0 {
		return
	}
	nt := m.nt
	own := make([]float64, nt)
	for i := range q.shift {
		v := m.moved[i*nt : (i+1)*nt]
		clear(own)
		if q.e[i] > 0 {
			m.absorb(own, i, -q.e[i]/m.total[i])
			for t := range nt {
				if k := i*nt + t; m.in(q, m.state[k]) {
					own[t] += m.mu0[k]
				}
			}
		}
		step := 0.0
		for t := range nt {
			step -= (q.grad[t] - own[t]) * v[t]
		}
		obs, exp := q.obs-q.o[i], q.exp-q.e[i]+step
		if obs <= 0 || exp <= 0 {
			continue // the only area: clustered errors are refused
		}
		q.shift[i] = math.Log(q.obs/q.exp) - math.Log(obs/exp)
	}
}

// in reports whether a state belongs to a question.
func (m *model) in(q *class, s int16) bool {
	if s < 0 {
		return false
	}
	post := int(s) > m.k
	if post != (q.phase == athar.Post) {
		return false
	}
	return slices.Contains(q.roles, int(s)%(m.k+1))
}
