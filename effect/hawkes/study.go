package hawkes

import (
	"math"
	"slices"

	"athar"
	"athar/stat"
)

// Method is the name of the method in effects.
const Method = "hawkes"

// The specifications of an answer.
const (
	Background = "background" // the campaign changes what starts by itself, a step a phase
	Followers  = "followers"  // it changes what follows each event too
)

// What a study's series needs besides [MinEvents] and [MinDays].
const (
	MinPre     = 10  // events before the campaign
	MinPhase   = 5   // events in a phase that is to be compared
	TrendDays  = 240 // days before the campaign, for a trend
	SeasonDays = 730 // days in all, for a season
	MaxUndated = .25 // share of events whose day is not known
	bend       = 90  // days between the knots of the background that bends
)

// Series is the daily record of one role of areas.
type Series struct {
	First athar.Day
	Count []float64     // events whose day is known, one entry a day
	Phase []athar.Phase // of the day; "" where nobody watched
	// Ramadan is 1 on its days; nil: not asked.
	Ramadan []float64
	// Undated counts events of the same days that are known only to a span of days:
	// before, and in the campaign and its aftermath.
	Undated [2]int
	Grain   int // [athar.Daily.Grain]
	Areas   int
}

// Days is the series of the areas of a panel for which want is true. The panel's daily
// record says what happened, its periods when it was watched and in which phase.
func Days(p *athar.Panel, want func(i int) bool) Series {
	var s Series
	if len(p.Periods) == 0 || p.Daily == nil {
		return s
	}
	s.Grain, s.First = p.Daily.Grain, p.Periods[0].First
	n := int(p.Periods[len(p.Periods)-1].Last-s.First) + 1
	s.Count, s.Phase = make([]float64, n), make([]athar.Phase, n)
	for _, q := range p.Periods {
		if 2*q.Days >= float64(q.Span.Days()) && q.Days > 0 {
			for d := q.First; d <= q.Last; d++ {
				s.Phase[d-s.First] = q.Phase
			}
		}
	}
	if p.Daily.Fast != nil {
		s.Ramadan = make([]float64, n)
		for t := range s.Ramadan {
			if p.Daily.Fast(s.First + athar.Day(t)) {
				s.Ramadan[t] = 1
			}
		}
	}
	used := make([]bool, len(p.Areas))
	for i := range p.Areas {
		if used[i] = want(i); used[i] {
			s.Areas++
		}
	}
	for _, r := range p.Daily.Rows {
		t := int(r.When.Mid() - s.First)
		switch {
		case !used[r.Area] || t < 0 || t >= n:
		case r.When.Days() == 1:
			s.Count[t] += float64(r.N)
		case s.Phase[t] == athar.Pre:
			s.Undated[0] += r.N
		case s.Phase[t] == athar.During || s.Phase[t] == athar.Post:
			s.Undated[1] += r.N
		}
	}
	return s
}

// Question names what an answer is about, as in [athar.Effect].
type Question struct {
	Campaign string
	Area     string
	Ask      athar.Question // default AskInside
	Ring     int
	Spec     string // one of the specifications alone; default both
	// Draws is the number of series without followers that the observed one is compared
	// with, twice; 0: whether events follow others at all is not asked.
	Draws int
	Seed  uint64
}

// Answer asks the daily model of a campaign, with
//
//	ln mu_t = a0 + a1 During_t + a1' Post_t + trend + season + c Ramadan_t,
//
// with a trend if there are at least 240 days before, two pairs of waves a year if there are
// 730 days in all, and Ramadan where some of the days before were in it and some
// not. Days that belong to no phase (wash-in), and phases without events,
// are history of others only. Days before and after the stretch that was
// watched without a gap around the campaign's start are left out.
//
// Two questions are answered, each with an effect a phase. Under [Background]
// an event has as many followers as before; the long-run mean is mu/(1-alpha), so
// that exp(a1) is its ratio, which can stand beside the ratio of an interrupted
// series: both compare with what would have come without the campaign, followers
// included. The interval is where the profile likelihood has fallen by half the
// 95% quantile of chi-squared(1), P that of the likelihood ratio. Under [Followers] the
// branching ratio changes by exp(k) in both phases too; the ratio of long-run
// means is
//
//	exp(a1) (1-alpha)/(1-alpha exp(k)),
//
// its interval by the delta method. Expected is Observed/RR. Every effect carries
// alpha, an upper bound, with its interval, and the second one k.
//
// A note says so where what the model leaves is correlated from day to day, and, with
// draws, how much likelihood followers add under the model's background and under one
// that bends every 90 days in place of trend and season: what only the first of them
// finds may be waves.
//
// It refuses, with one effect a phase that the series has, where days are not
// known, events are few, the fit diverges or the profile of the step has no fall above the
// estimate: with few days before, a background that has all but vanished, all later events
// following others, fits as well, and any ratio with it. Cost: some ten to thirty fits, a
// quarter of a second for 1,500 days.
func Answer(s Series, q Question) []athar.Effect {
	if q.Ask == "" {
		q.Ask = athar.AskInside
	}
	d, refusal := s.design()
	var out []athar.Effect
	for _, spec := range []string{Background, Followers} {
		if q.Spec != "" && q.Spec != spec {
			continue
		}
		var r *Result
		why := refusal
		var checks []athar.Note
		if why == nil {
			if r, why = d.fit(spec); why == nil {
				checks = d.checks(r, q)
			}
		}
		for _, ph := range []athar.Phase{athar.During, athar.Post} {
			if d.days[ph] == 0 {
				continue
			}
			e := blank(q, spec, ph)
			e.EventsPre, e.Areas, e.Periods = int(d.events[athar.Pre]), s.Areas, d.days[ph]
			e.Observed = athar.Num(d.events[ph])
			e.Warnings = slices.Clone(d.notes)
			switch {
			case why != nil:
				e.Refusal = why
			case d.events[ph] < MinPhase:
				e.Refusal = athar.Refuse("hawkes-few-in-phase", "n", int(d.events[ph]), "need", MinPhase)
			case spec == Background:
				d.background(&e, r)
			default:
				d.followers(&e, r)
			}
			if e.Refusal == nil {
				e.Warnings = append(e.Warnings, checks...)
				e.Expected = e.Observed / e.RR
				e.Avoided, e.AvoidedLow, e.AvoidedHigh = e.Expected-e.Observed, e.Observed/e.High-e.Observed, e.Observed/e.Low-e.Observed
			}
			out = append(out, e)
		}
	}
	return out
}

// Ratios is ln RR of the campaign and of its aftermath under [Background], as [Answer] gives
// it but without intervals; NaN where a phase is missing or has too few events, where the
// fit is refused, or where 1.96 standard errors above it lie beyond the ratio of 1,000
// that an interval may have at most. One fit.
func Ratios(s Series) (during, post float64) {
	nan := math.NaN()
	d, refusal := s.design()
	if refusal != nil {
		return nan, nan
	}
	r, refusal := d.fit(Background)
	if refusal != nil {
		return nan, nan
	}
	of := func(ph athar.Phase) float64 {
		j, ok := d.step[ph]
		if !ok || d.events[ph] < MinPhase || !(r.Beta[j]+stat.TQuantile(.975, math.Inf(1))*r.SE.Beta[j] <= math.Log(unbounded)) {
			return nan
		}
		return r.Beta[j]
	}
	return of(athar.During), of(athar.Post)
}

func blank(q Question, spec string, ph athar.Phase) athar.Effect {
	nan := athar.Num(math.NaN())
	return athar.Effect{Campaign: q.Campaign, Area: q.Area, Method: Method, Spec: spec, Question: q.Ask, Ring: q.Ring, Phase: ph,
		RR: nan, Low: nan, High: nan, P: nan, SE: nan, DF: nan, AdjLow: nan, AdjHigh: nan,
		Observed: nan, Expected: nan, Avoided: nan, AvoidedLow: nan, AvoidedHigh: nan, MDELow: nan, MDEHigh: nan, Dispersion: nan}
}

// design is a series made ready for the fit.
type design struct {
	y      []float64
	o      Options
	bent   Options // with a background that bends every 90 days
	follow []float64
	step   map[athar.Phase]int // column of a phase's step
	days   map[athar.Phase]int
	events map[athar.Phase]float64
	notes  []athar.Note
}

func (s Series) design() (*design, *athar.Refusal) {
	d := &design{step: map[athar.Phase]int{}, days: map[athar.Phase]int{}, events: map[athar.Phase]float64{}}
	for t, ph := range s.Phase {
		d.days[ph]++
		d.events[ph] += s.Count[t]
	}
	start := slices.IndexFunc(s.Phase, func(ph athar.Phase) bool { return ph == athar.During || ph == athar.Post })
	if start < 0 {
		return d, athar.Refuse("hawkes-no-campaign")
	}
	if s.Grain > 1 {
		return d, athar.Refuse("hawkes-coarse", "days", s.Grain)
	}
	// The stretch around the start that was watched without a gap. Days before those
	// that are compared serve as history, as many as can act.
	from, to := start, start
	for from > 0 && s.Phase[from-1] != "" {
		from--
	}
	for to < len(s.Phase) && s.Phase[to] != "" && s.Phase[to] != athar.Outside {
		to++
	}
	clear(d.days)
	clear(d.events)
	first := from // of the likelihood
	for first < to && (first < from+Lags || s.Phase[first] == athar.Outside) {
		first++
	}
	for t := first; t < to; t++ {
		d.days[s.Phase[t]]++
		d.events[s.Phase[t]] += s.Count[t]
	}
	from = max(from, first-Lags)
	lost := 0
	for t, ph := range s.Phase {
		if (t < from || t >= to) && ph != "" && ph != athar.Outside {
			lost++
		}
	}
	if lost > 0 {
		d.notes = append(d.notes, athar.NewNote("hawkes-gap", "days", lost))
	}
	before, after := d.events[athar.Pre], d.events[athar.During]+d.events[athar.Post]
	undated := s.Undated[0] + s.Undated[1]
	all := undated + int(before+after)
	switch {
	case float64(undated) > MaxUndated*float64(all):
		return d, athar.Refuse("hawkes-undated", "n", undated, "of", all)
	case to-first < MinDays:
		return d, athar.Refuse("hawkes-few-days", "n", to-from, "need", Lags+MinDays)
	case before+after < MinEvents:
		return d, athar.Refuse("hawkes-few-events", "n", int(before+after), "need", MinEvents)
	case before < MinPre:
		return d, athar.Refuse("hawkes-few-before", "n", int(before), "need", MinPre)
	}
	if undated > 0 {
		d.notes = append(d.notes, athar.NewNote("hawkes-some-undated", "before", athar.Num(share(s.Undated[0], before)), "after", athar.Num(share(s.Undated[1], after))))
	}
	d.build(s, from, first, start, to)
	return d, nil
}

func share(n int, others float64) float64 {
	if n == 0 {
		return 0
	}
	return float64(n) / (float64(n) + others)
}

// build lays out the background's columns over the days [from, to), of which
// those from first on are in the likelihood.
func (d *design) build(s Series, from, first, start, to int) {
	d.y = s.Count[from:to]
	n := to - from
	var cols [][]float64
	column := func(f func(t int) float64) int {
		c := make([]float64, n)
		for i := range c {
			c[i] = f(from + i)
		}
		cols = append(cols, c)
		return len(cols) - 1
	}
	in := func(ph athar.Phase) func(int) float64 {
		return func(t int) float64 {
			if s.Phase[t] == ph {
				return 1
			}
			return 0
		}
	}
	d.o.Skip = make([]bool, n)
	for i := range d.o.Skip {
		ph := s.Phase[from+i]
		d.o.Skip[i] = ph == athar.WashIn || ph != athar.Pre && d.events[ph] == 0
	}
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		if d.events[ph] > 0 {
			d.step[ph] = column(in(ph))
		}
	}
	steps := len(cols)
	if d.days[athar.Pre] >= TrendDays {
		column(func(t int) float64 { return float64(t-start) / 365.25 })
	} else {
		d.notes = append(d.notes, athar.NewNote("hawkes-no-trend", "days", d.days[athar.Pre], "need", TrendDays))
	}
	if to-first >= SeasonDays {
		for k := 1.0; k <= 2; k++ {
			column(func(t int) float64 { return math.Sin(2 * math.Pi * k * float64(int(s.First)+t) / 365.25) })
			column(func(t int) float64 { return math.Cos(2 * math.Pi * k * float64(int(s.First)+t) / 365.25) })
		}
	} else {
		d.notes = append(d.notes, athar.NewNote("no-season", "days", to-first, "need", SeasonDays))
	}
	smooth := len(cols)
	if s.Ramadan != nil {
		fast, pre := 0.0, 0
		for t := first; t < to; t++ {
			if s.Phase[t] == athar.Pre {
				fast += s.Ramadan[t]
				pre++
			}
		}
		if fast > 0 && fast < float64(pre) {
			column(func(t int) float64 { return s.Ramadan[t] })
		}
	}
	d.o.P, d.o.X = len(cols), rows(cols, n)
	d.bent = d.o
	at := make([]float64, n)
	for i := range at {
		at[i] = float64(i)
	}
	spline, p := Spline(at, bend)
	others := slices.Concat(cols[:steps], cols[smooth:])
	for j := range p {
		c := make([]float64, n)
		for i := range c {
			c[i] = spline[i*p+j]
		}
		others = append(others, c)
	}
	d.bent.P, d.bent.X = len(others), rows(others, n)
	d.follow = make([]float64, n)
	for i := range d.follow {
		d.follow[i] = in(athar.During)(from+i) + in(athar.Post)(from+i)
	}
}

// rows turns columns of n values into rows.
func rows(cols [][]float64, n int) []float64 {
	x := make([]float64, n*len(cols))
	for j, c := range cols {
		for i, v := range c {
			x[i*len(cols)+j] = v
		}
	}
	return x
}

func (d *design) fit(spec string) (*Result, *athar.Refusal) {
	o := d.o
	o.Adjust = true
	if spec == Followers {
		o.Follow = d.follow
	}
	r, err := Daily(d.y, o)
	if err != nil {
		return nil, athar.Refuse("diverged")
	}
	return r, r.Refusal
}

// checks are the notes about how a fit describes its days: what it leaves, and under
// Background whether followers are needed (METHODS.md A9, diagnostics). The fits of that
// question go without the term of Cox and Reid, which is about the size of alpha.
func (d *design) checks(r *Result, q Question) (notes []athar.Note) {
	if p := r.Check().Serial; p < .05 {
		notes = append(notes, athar.NewNote("hawkes-residuals", "p", athar.Num(p)))
	}
	if q.Draws == 0 || r.m.change >= 0 {
		return notes
	}
	test := func(o Options) float64 {
		r, err := Daily(d.y, o)
		if err != nil || r.Refusal != nil {
			return math.NaN()
		}
		return r.FollowP(q.Draws, q.Seed)
	}
	p, bent := test(d.o), test(d.bent)
	if math.IsNaN(p) || math.IsNaN(bent) {
		return notes
	}
	code := "hawkes-follow"
	if p < .05 && bent >= .05 {
		code = "hawkes-follow-waves"
	}
	return append(notes, athar.NewNote(code, "p", athar.Num(p), "bent", athar.Num(bent), "draws", q.Draws))
}

// describe adds what the fit says about followers.
func describe(e *athar.Effect, r *Result) {
	e.Inference, e.DF, e.Dispersion = "nb2", athar.Num(math.Inf(1)), 1
	if !math.IsInf(r.Theta, 1) {
		e.Dispersion = athar.Num(1 + float64(e.Observed)/float64(e.Periods)/r.Theta)
	}
	e.Warnings = append(e.Warnings, r.Notes...)
	if r.Alpha > 0 {
		low, high := r.AlphaInterval(.95)
		e.Warnings = append(e.Warnings, athar.NewNote("hawkes-alpha", "alpha", athar.Num(r.Alpha), "low", athar.Num(low), "high", athar.Num(high),
			"lag", athar.Num(1/r.Decay), "triggered", athar.Num(r.Triggered)))
	}
}

// unbounded is the ratio beyond which the upper end of an interval says nothing, and closest how near to the
// estimate, in standard errors, an end may lie: nearer, another top of the likelihood took over.
const (
	unbounded = 1e3
	closest   = .1
)

func (d *design) background(e *athar.Effect, r *Result) {
	j := d.step[e.Phase]
	low, high := r.BetaInterval(j, .95)
	se := r.SE.Beta[j]
	if high > math.Log(unbounded) || min(high-r.Beta[j], r.Beta[j]-low) < closest*se {
		e.Refusal = athar.Refuse("hawkes-unbounded", "days", d.days[athar.Pre])
		return
	}
	fall, rise := stat.MDE(se, math.Inf(1))
	e.RR, e.Low, e.High, e.P, e.SE = athar.Num(math.Exp(r.Beta[j])), athar.Num(math.Exp(low)), athar.Num(math.Exp(high)), athar.Num(r.BetaP(j)), athar.Num(se)
	e.MDELow, e.MDEHigh = athar.Num(fall), athar.Num(rise)
	describe(e, r)
}

func (d *design) followers(e *athar.Effect, r *Result) {
	j := d.step[e.Phase]
	if r.Alpha == 0 || math.IsNaN(r.SE.Alpha) || math.IsNaN(r.SE.Change) {
		e.Refusal = athar.Refuse("hawkes-no-followers")
		return
	}
	a, b := r.Alpha, r.Alpha*math.Exp(r.Change)
	log := r.Beta[j] + math.Log((1-a)/(1-b))
	// d log / d (a1, ln alpha, k)
	grad := make([]float64, r.m.dim)
	grad[1+j], grad[r.m.alpha], grad[r.m.change] = 1, b/(1-b)-a/(1-a), b/(1-b)
	se := math.Sqrt(stat.Quad(r.cov, grad))
	q := stat.TQuantile(.975, math.Inf(1)) * se
	if log+q > math.Log(unbounded) {
		e.Refusal = athar.Refuse("hawkes-unbounded", "days", d.days[athar.Pre])
		return
	}
	fall, rise := stat.MDE(se, math.Inf(1))
	e.RR, e.Low, e.High = athar.Num(math.Exp(log)), athar.Num(math.Exp(log-q)), athar.Num(math.Exp(log+q))
	e.P, e.SE, e.MDELow, e.MDEHigh = athar.Num(stat.TwoSided(log/se, math.Inf(1))), athar.Num(se), athar.Num(fall), athar.Num(rise)
	describe(e, r)
	low, high := r.BetaInterval(j, .95)
	e.Warnings = append(e.Warnings, athar.NewNote("hawkes-spontaneous", "ratio", athar.Num(math.Exp(r.Beta[j])), "low", athar.Num(math.Exp(low)), "high", athar.Num(math.Exp(high)), "p", athar.Num(r.BetaP(j))))
	low, high = r.ChangeInterval(.95)
	e.Warnings = append(e.Warnings, athar.NewNote("hawkes-change", "ratio", athar.Num(math.Exp(r.Change)), "low", athar.Num(math.Exp(low)), "high", athar.Num(math.Exp(high)), "p", athar.Num(r.ChangeP())))
}
