package bsts

import (
	"fmt"
	"math"
	"slices"

	"athar"
	"athar/effect/its"
	"athar/stat"
)

// Method is the name of the method in effects.
const Method = "bsts"

// The specifications.
const (
	Main       = ""              // log counts, level step guessed at 0.01
	LooseLevel = "level-sd=0.1"  // the level's step guessed at 0.1
	Root       = "root"          // 2 sqrt(y + 3/8) in place of logs
	CausalImp  = "causal-impact" // the published priors, see [Published]
)

// What the method needs.
const (
	MinPre      = 18   // values before the campaign
	MinMean     = 10   // events a period before it
	MinControl  = 20   // events of a far area before it
	MaxRHat     = 1.05 // split R-hat of what is reported
	MinOneStep  = .9   // share of one-step forecasts that must hold
	OtherLevel  = .1   // the second guess of the level's step
	placeboPart = 3    // the in-time placebo stands on the last third before

	mainDF, mainR2 = 2, .5
)

// Options of one estimate.
type Options struct {
	Campaign string
	Question athar.Question // default AskInside
	Ring     int
	Spec     string // default Main
	Seed     uint64
	Draws    int  // default 10000, over 4 chains
	Seasons  int  // periods of a seasonal state; default none: far areas carry the season
	Bare     bool // leave out the second prior and the placebo
}

// Result is what one fit says.
type Result struct {
	Effects []athar.Effect // during and post, where the panel has them
	// Expected is the series with its counterfactual and 95% band, noise included.
	Expected athar.RoleSeries
	Notes    []athar.Note // also on every effect
	Refusal  *athar.Refusal

	Sensitivity []athar.Effect // under the other guess of the level's step
	Placebo     *athar.Effect  // as if the campaign had run in the last third before it

	Controls  []string  // codes of the far areas that could enter
	Inclusion []float64 // share of draws with each of them
	Total     float64   // share of draws with the sum of the far areas
	RHat      float64   // the largest of the reported quantities
	ESS       float64   // the smallest
	OneStep   float64   // see [Posterior]
}

// Estimate fits the areas of one role, summed, on far areas. Counts go in as
// log(y + 0.5) or 2 sqrt(y + 3/8) of counts per mean length of a period and
// come back draw by draw, never below zero. For each phase
//
//	RR = observed / mean of S*,  S* = sum of a draw over the phase,
//
// with the 2.5% and 97.5% quantiles of S* as ends and, after Brodersen and
// others, p = 2 min(#{S* >= S}, #{S* <= S})/(M+1), both counts with S
// itself. Regressors are the far areas with at least 20 events before and no
// unused cell, the sum of them, and Ramadan where the time before has some.
func Estimate(p *athar.Panel, o Options) Result {
	if o.Question == "" {
		o.Question = athar.AskInside
	}
	m := newModel(p, o)
	if m.res.Refusal == nil {
		m.fit()
	}
	m.effects()
	if m.res.Refusal == nil && !o.Bare {
		m.checks(p)
	}
	return m.res
}

type model struct {
	o        Options
	role     athar.Role
	s        its.Series
	rows     []int // periods of the fit, from the first before to the last after
	pre      int   // of them before the campaign
	y, x     []float64
	k        int
	scale    []float64 // length of each row's period over the mean
	counts   map[athar.Phase]float64
	points   map[athar.Phase]int
	areas    int
	meanPre  float64
	post     *Posterior
	sum      map[athar.Phase][]float64 // S*, in the order of the draws
	expected map[athar.Phase]float64
	res      Result
}

func note(code string, args ...any) athar.Note {
	n := athar.Note{Code: code}
	for i := 0; i < len(args); i += 2 {
		if n.Args == nil {
			n.Args = map[string]any{}
		}
		n.Args[args[i].(string)] = args[i+1]
	}
	return n
}

func refuse(code string, args ...any) *athar.Refusal {
	return &athar.Refusal{Reason: note(code, args...)}
}

func (m *model) say(code string, args ...any) {
	m.res.Notes = append(m.res.Notes, note(code, args...))
}

func newModel(p *athar.Panel, o Options) *model {
	m := &model{o: o, counts: map[athar.Phase]float64{}, points: map[athar.Phase]int{}}
	m.res.RHat, m.res.ESS, m.res.OneStep = math.NaN(), math.NaN(), math.NaN()
	m.role = athar.Inside
	if o.Question == athar.AskRing {
		m.role = athar.Role(o.Ring)
	}
	m.s, m.areas = its.Sum(p, func(a athar.PanelArea) bool { return a.Role == m.role })
	days, n, last := 0.0, 0.0, -1
	for t, q := range m.s.Periods {
		if q.Phase == athar.Pre {
			last = t
		}
		if q.Days > 0 {
			m.counts[q.Phase] += m.s.Count[t]
			m.points[q.Phase]++
			days += q.Days
			n++
		}
	}
	for t, q := range m.s.Periods {
		if q.Phase == athar.Outside || q.Phase != athar.Pre && t < last {
			continue
		}
		m.rows = append(m.rows, t)
		if t <= last {
			m.pre++
		}
		m.scale = append(m.scale, q.Days/(days/n))
	}
	m.meanPre = m.counts[athar.Pre] / float64(m.points[athar.Pre])
	switch {
	case m.areas == 0:
		m.res.Refusal = refuse("no-inside")
	case m.points[athar.Pre] < MinPre:
		m.res.Refusal = refuse("few-pre-periods", "n", m.points[athar.Pre], "need", MinPre)
	case m.counts[athar.Pre] == 0:
		m.res.Refusal = refuse("no-pre-events")
	case m.meanPre < MinMean:
		m.res.Refusal = refuse("low-mean", "mean", athar.Num(m.meanPre), "need", MinMean)
	}
	if m.res.Refusal == nil {
		m.design(p)
	}
	return m
}

// forward takes a count to the scale of the model; NaN for an unmonitored
// period.
func (m *model) forward(i int, y float64) float64 {
	switch w := m.scale[i]; {
	case w <= 0:
		return math.NaN()
	case m.o.Spec == Root:
		return 2 * math.Sqrt((y+.375)/w)
	default:
		return math.Log((y + .5) / w)
	}
}

// back is the inverse of forward, clipped at 0.
func (m *model) back(i int, v float64) float64 {
	if m.o.Spec == Root {
		v = max(0, v) / 2
		return max(0, v*v*m.scale[i]-.375)
	}
	return max(0, math.Exp(v)*m.scale[i]-.5)
}

// design fills y and x.
func (m *model) design(p *athar.Panel) {
	var columns [][]float64
	total := make([]float64, len(m.rows))
	for a, area := range p.Areas {
		if area.Role != athar.Far {
			continue
		}
		events, whole := 0.0, true
		for i, t := range m.rows {
			if q := m.s.Periods[t]; q.Days > 0 && q.Phase != athar.WashIn {
				whole = whole && p.Use[p.At(a, t)]
			}
			if i < m.pre {
				events += p.Count[p.At(a, t)]
			}
		}
		if !whole || events < MinControl {
			continue
		}
		col := make([]float64, len(m.rows))
		for i, t := range m.rows {
			c := p.Count[p.At(a, t)]
			col[i] = m.forward(i, c)
			total[i] += c
		}
		columns = append(columns, col)
		m.res.Controls = append(m.res.Controls, area.Code)
	}
	switch n := len(columns); {
	case n == 0:
		m.say("series-no-control")
	case n > 1:
		col := make([]float64, len(m.rows))
		for i, c := range total {
			col[i] = m.forward(i, c)
		}
		columns = append(columns, col)
	}
	ramadan, least, most := make([]float64, len(m.rows)), math.Inf(1), math.Inf(-1)
	for i, t := range m.rows {
		ramadan[i] = m.s.Periods[t].Ramadan
		if i < m.pre {
			least, most = min(least, ramadan[i]), max(most, ramadan[i])
		}
	}
	if most > least {
		columns = append(columns, ramadan)
	}
	m.k = len(columns)
	for i, t := range m.rows {
		v := math.NaN()
		if i < m.pre {
			v = m.forward(i, m.s.Count[t])
		}
		m.y = append(m.y, v)
		for _, c := range columns {
			m.x = append(m.x, c[i])
		}
	}
}

// prior is that of the specification.
func (m *model) prior() Prior {
	p := Published()
	p.Seasons = m.o.Seasons
	switch m.o.Spec {
	case CausalImp:
		return p
	case LooseLevel:
		p.LevelSD = OtherLevel
	}
	p.DF, p.R2 = mainDF, mainR2
	return p
}

func (m *model) fit() {
	post, err := Fit(m.y, m.x, m.k, m.pre, FitOptions{Prior: m.prior(), Draws: m.o.Draws, Seed: m.o.Seed,
		Task: fmt.Sprintf("%s/%s/%d/%s", m.o.Campaign, m.o.Question, m.o.Ring, m.o.Spec)})
	if err != nil {
		m.res.Refusal = refuse("flat-before")
		return
	}
	m.post = post
	n := len(m.res.Controls)
	m.res.Inclusion = post.Inclusion[:n]
	if n > 1 {
		m.res.Total = post.Inclusion[n]
	}
	m.res.OneStep = post.OneStep
	m.res.RHat = max(stat.RHat(post.NoiseSD, post.Chains), stat.RHat(post.LevelSD, post.Chains))
	m.res.ESS = math.Inf(1)
	m.sum, m.expected = map[athar.Phase][]float64{}, map[athar.Phase]float64{}
	draws := len(post.NoiseSD)
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		if m.points[ph] == 0 {
			continue
		}
		s := make([]float64, draws)
		for d := range s {
			for h := range post.Ahead {
				i := m.pre + h
				if q := m.s.Periods[m.rows[i]]; q.Phase == ph && q.Days > 0 {
					s[d] += m.back(i, post.Path[d*post.Ahead+h])
				}
			}
			m.expected[ph] += s[d] / float64(draws)
		}
		m.sum[ph] = s
		m.res.RHat = max(m.res.RHat, stat.RHat(s, post.Chains))
		m.res.ESS = min(m.res.ESS, stat.ESS(s, post.Chains))
	}
	if !(m.res.RHat < MaxRHat) {
		m.res.Refusal = refuse("chains-apart", "rhat", athar.Num(m.res.RHat), "need", athar.Num(MaxRHat))
		return
	}
	if post.OneStep < MinOneStep {
		m.say("one-step-coverage", "share", athar.Num(post.OneStep), "need", athar.Num(MinOneStep))
	}
	if after := m.points[athar.During] + m.points[athar.Post]; after > m.points[athar.Pre] {
		m.say("long-horizon", "n", after, "pre", m.points[athar.Pre])
	}
	m.series()
}

func (m *model) effects() {
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		if m.points[ph] == 0 {
			continue
		}
		nan := athar.Num(math.NaN())
		e := athar.Effect{
			Campaign: m.o.Campaign, Method: Method, Spec: m.o.Spec, Question: m.o.Question, Ring: m.o.Ring, Phase: ph,
			RR: nan, Low: nan, High: nan, P: nan, SE: nan, DF: nan, AdjLow: nan, AdjHigh: nan,
			Observed: athar.Num(m.counts[ph]), Expected: nan, Avoided: nan, AvoidedLow: nan, AvoidedHigh: nan, MDELow: nan, MDEHigh: nan,
			EventsPre: int(m.counts[athar.Pre]), Areas: m.areas, Periods: m.points[ph], Dispersion: nan, Inference: "draws",
			Warnings: slices.Clone(m.res.Notes), Refusal: m.res.Refusal,
		}
		if e.Refusal == nil {
			m.effect(&e, m.sum[ph], m.expected[ph])
		}
		m.res.Effects = append(m.res.Effects, e)
	}
}

// effect fills e from the draws of S*.
func (m *model) effect(e *athar.Effect, draws []float64, expected float64) {
	s := float64(e.Observed)
	above, below := 1, 1
	var mean, square float64
	n := float64(len(draws))
	for _, v := range draws {
		if v >= s {
			above++
		}
		if v <= s {
			below++
		}
		l := math.Log(max(v, .5))
		mean += l / n
		square += l * l / n
	}
	sorted := slices.Clone(draws)
	slices.Sort(sorted)
	low, high := stat.Quantile(sorted, .025), stat.Quantile(sorted, .975)
	se := math.Sqrt(max(0, square-mean*mean))
	e.Expected, e.Avoided = athar.Num(expected), athar.Num(expected-s)
	e.AvoidedLow, e.AvoidedHigh = athar.Num(low-s), athar.Num(high-s)
	e.RR, e.Low, e.High = athar.Num(s/expected), athar.Num(s/high), athar.Num(s/low)
	e.P = athar.Num(min(1, 2*float64(min(above, below))/(n+1)))
	e.SE, e.DF = athar.Num(se), athar.Num(math.Inf(1))
	fall, rise := stat.MDE(se, math.Inf(1))
	e.MDELow, e.MDEHigh = athar.Num(fall), athar.Num(rise)
	if s == 0 {
		// Ratios of draws would all be zero: the exact upper limit of a mean
		// that brought no event, over the lowest expectation.
		_, most := stat.PoissonLimits(0, .05)
		e.High = athar.Num(most / max(low, .5))
		e.Warnings = append(e.Warnings, note("zero-events", "expected", e.Expected))
	}
}

// series fills Expected.
func (m *model) series() {
	nan := athar.Num(math.NaN())
	rs := athar.RoleSeries{Role: m.role, Areas: m.areas}
	for range m.s.Periods {
		rs.Observed, rs.Expected = append(rs.Observed, nan), append(rs.Expected, nan)
		rs.Low, rs.High = append(rs.Low, nan), append(rs.High, nan)
	}
	column := make([]float64, len(m.post.NoiseSD))
	for i, t := range m.rows {
		q := m.s.Periods[t]
		if q.Days <= 0 || q.Phase == athar.WashIn {
			continue
		}
		rs.Observed[t] = athar.Num(m.s.Count[t])
		if i < m.pre {
			rs.Expected[t] = athar.Num(m.back(i, m.post.Fitted[i]))
			continue
		}
		mean := 0.0
		for d := range column {
			column[d] = m.back(i, m.post.Path[d*m.post.Ahead+i-m.pre])
			mean += column[d] / float64(len(column))
		}
		slices.Sort(column)
		rs.Expected[t] = athar.Num(mean)
		rs.Low[t], rs.High[t] = athar.Num(stat.Quantile(column, .025)), athar.Num(stat.Quantile(column, .975))
	}
	m.res.Expected = rs
}

// checks runs the second prior and the in-time placebo.
func (m *model) checks(p *athar.Panel) {
	o := m.o
	o.Bare = true
	if o.Spec == Main {
		o.Spec = LooseLevel
		m.res.Sensitivity = Estimate(p, o).Effects
		for i := range m.res.Effects {
			e, f := &m.res.Effects[i], m.res.Sensitivity[i]
			if f.Refusal == nil && side(*e) != side(f) {
				e.Warnings = append(e.Warnings, note("level-prior-decides", "rr", f.RR, "low", f.Low, "high", f.High))
			}
		}
		o.Spec = m.o.Spec
	}
	q := *p
	q.Periods = slices.Clone(p.Periods)
	var before []int
	for i, t := range m.rows {
		if i < m.pre && m.s.Periods[t].Phase == athar.Pre && m.s.Periods[t].Days > 0 {
			before = append(before, t)
		}
	}
	start := before[len(before)-len(before)/placeboPart]
	for t := range q.Periods {
		switch {
		case p.Periods[t].Phase != athar.Pre:
			q.Periods[t].Phase = athar.Outside
		case t >= start:
			q.Periods[t].Phase = athar.During
		}
	}
	o.Campaign += "/placebo"
	placebo := newModel(&q, o)
	if r := placebo.res.Refusal; r == nil || r.Reason.Code == "few-pre-periods" && len(before)-len(before)/placeboPart >= its.MinPre {
		if placebo.res.Refusal = nil; len(placebo.y) == 0 {
			placebo.design(&q)
		}
		placebo.fit()
	}
	placebo.effects()
	e := placebo.res.Effects[0]
	e.Campaign, e.Spec = m.o.Campaign, "placebo=last-third-of-pre"
	m.res.Placebo = &e
	if e.Refusal == nil && side(e) != 0 {
		m.say("placebo-in-time", "rr", e.RR, "low", e.Low, "high", e.High)
		for i := range m.res.Effects {
			m.res.Effects[i].Warnings = append(m.res.Effects[i].Warnings, m.res.Notes[len(m.res.Notes)-1])
		}
	}
}

// side is -1 or 1 where the interval leaves out 1, else 0.
func side(e athar.Effect) int {
	switch {
	case e.High < 1:
		return -1
	case e.Low > 1:
		return 1
	}
	return 0
}
