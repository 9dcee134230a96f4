// Package zeros is for counts with many zeros (METHODS.md A12).
//
// The package thinks that many zeros are no reason for a special model: rare
// events give them by themselves. It first asks whether there are more than
// the negative binomial expects, and only then splits the question into
// whether anything happened and how much (a hurdle). A phase without a single
// event has no finite likelihood estimate; there it gives the penalised one
// with its interval. It does not fit structural zeros, for which a series of
// counts alone holds no evidence.
package zeros

import (
	"math"
	"slices"

	"athar"
	"athar/stat"
)

// Method is the name of the method in effects.
const Method = "zeros"

// The specifications.
const (
	SpecHurdle = "hurdle"
	SpecFirth  = "firth"
)

// What the method needs.
const (
	MinPre    = 6  // periods before the campaign
	MinEvents = 20 // periods with events, for the hurdle
	Level     = .05
	reps      = 1999
)

// ZeroCheck compares the zeros of a series with those its model expects.
type ZeroCheck struct {
	Observed int
	Expected float64
	P        float64 // one-sided, of so many zeros or more
}

// Check compares the zeros of y with the sum of (1+mu/theta)^-theta, exp(-mu)
// for theta = +Inf, by a parametric bootstrap: p = (1 + #{zeros* >= zeros})/
// (reps+1). The means and theta are held at their fitted values and not fitted
// again in each draw, which makes the check conservative, since a fit follows
// the zeros that it sees: of 400 series of 60 negative binomial counts, mean 2
// and theta 1.5, none was rejected; with four in ten counts emptied 30% were at
// mean 12 and theta 8, 47% at mean 30 and theta 20. Not to reject is therefore
// no evidence against more zeros. Vuong's test is not used: the models are not
// non-nested in its sense (Wilson 2015, Economics Letters 127:51). The order of
// the rows does not matter. Without rows p is 1.
func Check(y, mu []float64, theta float64, reps int, seed uint64) ZeroCheck {
	var z ZeroCheck
	for _, v := range y {
		if v == 0 {
			z.Observed++
		}
	}
	zero := make([]float64, len(mu))
	for i, m := range mu {
		zero[i] = math.Exp(logZero(m, theta))
	}
	slices.Sort(zero)
	for _, p := range zero {
		z.Expected += p
	}
	r := stat.Stream(seed, "zeros/check", 0)
	reached := 1
	for range reps {
		n := 0
		for _, p := range zero {
			if r.Float64() < p {
				n++
			}
		}
		if n >= z.Observed {
			reached++
		}
	}
	z.P = float64(reached) / float64(reps+1)
	return z
}

// Series is one series of counts with its calendar.
type Series struct {
	Periods []athar.Period // Days is the exposure; 0: not monitored
	Count   []float64      // one per period
}

// Options of one estimate.
type Options struct {
	Campaign string
	Area     string
	Question athar.Question // default AskInside
	Ring     int
	Areas    int // areas summed in the series, for the record
	Seed     uint64
}

// Result is what the method says.
type Result struct {
	Effects []athar.Effect // hurdle and firth for during and post, where the series has them
	Check   *ZeroCheck     // nil where nothing could be fitted
}

// model is one series, added by phase.
type model struct {
	s         Series
	o         Options
	phases    []athar.Phase // with periods
	counts    map[athar.Phase]float64
	points    map[athar.Phase]int
	withEvent int
}

// Estimate gives for each phase after the time before two effects or refusals:
// the hurdle's ratio of mean counts with and without the phase's step, where
// [Check] rejects the negative binomial at 5% and 20 periods have events; and,
// for a phase without events, the penalised ratio with the profile interval,
// its cut widened by the dispersion before the campaign. Neither has a trend, a
// season or persistent noise.
func Estimate(s Series, o Options) Result {
	if o.Question == "" {
		o.Question = athar.AskInside
	}
	m := model{s: s, o: o, counts: map[athar.Phase]float64{}, points: map[athar.Phase]int{}}
	for t, q := range s.Periods {
		if q.Days <= 0 || q.Phase != athar.Pre && q.Phase != athar.During && q.Phase != athar.Post {
			continue
		}
		m.counts[q.Phase] += s.Count[t]
		m.points[q.Phase]++
		if s.Count[t] > 0 {
			m.withEvent++
		}
	}
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		if m.points[ph] > 0 {
			m.phases = append(m.phases, ph)
		}
	}
	var why *athar.Refusal
	switch {
	case m.points[athar.Pre] < MinPre:
		why = athar.Refuse("few-pre-periods", "n", m.points[athar.Pre], "need", MinPre)
	case m.counts[athar.Pre] == 0:
		why = athar.Refuse("no-pre-events")
	}
	var res Result
	var hurdle *HurdleFit
	never := why
	if why == nil {
		hurdle, res.Check, never = m.hurdle()
	}
	for _, ph := range m.phases {
		h, f := m.blank(ph, SpecHurdle), m.blank(ph, SpecFirth)
		switch {
		case why != nil:
			h.Refusal = why
		case m.counts[ph] == 0:
			h.Refusal = athar.Refuse("no-events-after")
		case never != nil:
			h.Refusal = never
		default:
			m.hurdleEffect(&h, hurdle, ph)
		}
		switch {
		case why != nil:
			f.Refusal = why
		case m.counts[ph] > 0:
			f.Refusal = athar.Refuse("no-separation", "n", int(m.counts[ph]))
		default:
			m.firthEffect(&f, ph)
		}
		res.Effects = append(res.Effects, h, f)
	}
	return res
}

// design is the data of the time before and of the phases of steps.
func (m *model) design(steps []athar.Phase) (y, x, offset []float64, p int) {
	p = 1 + len(steps)
	for t, q := range m.s.Periods {
		if q.Days <= 0 || q.Phase != athar.Pre && !slices.Contains(steps, q.Phase) {
			continue
		}
		y, offset = append(y, m.s.Count[t]), append(offset, math.Log(q.Days))
		x = append(x, row(q.Phase, steps)...)
	}
	return
}

func row(ph athar.Phase, steps []athar.Phase) []float64 {
	r := make([]float64, 1+len(steps))
	r[0] = 1
	if j := slices.Index(steps, ph); j >= 0 {
		r[1+j] = 1
	}
	return r
}

func (m *model) steps() (list []athar.Phase) {
	for _, ph := range m.phases {
		if m.counts[ph] > 0 {
			list = append(list, ph)
		}
	}
	return
}

// hurdle escalates to the hurdle, or says why not. Periods of phases without
// events say nothing about the zeros of the others and are left out.
func (m *model) hurdle() (*HurdleFit, *ZeroCheck, *athar.Refusal) {
	y, x, offset, p := m.design(m.steps())
	if len(y) < 2*p+2 {
		return nil, nil, athar.Refuse("few-points", "n", len(y), "parameters", 2*p+1)
	}
	var reg stat.Regression
	if reg.NegBin(y, x, offset, p) != nil {
		return nil, nil, athar.Refuse("diverged")
	}
	c := Check(y, reg.Mu, reg.Theta, reps, m.o.Seed)
	if c.P >= Level {
		return nil, &c, athar.Refuse("no-excess-zeros", "p", athar.Num(c.P), "observed", c.Observed, "expected", athar.Num(c.Expected))
	}
	if m.withEvent < MinEvents {
		return nil, &c, athar.Refuse("few-event-periods", "n", m.withEvent, "need", MinEvents)
	}
	h, err := Hurdle(y, x, offset, p)
	if err != nil {
		return nil, &c, athar.Refuse("diverged")
	}
	return h, &c, nil
}

func (m *model) hurdleEffect(e *athar.Effect, h *HurdleFit, ph athar.Phase) {
	steps := m.steps()
	var x, x0 [][]float64
	var offset []float64
	for _, q := range m.s.Periods {
		if q.Days > 0 && q.Phase == ph {
			x, x0 = append(x, row(ph, steps)), append(x0, row(athar.Pre, steps))
			offset = append(offset, math.Log(q.Days))
		}
	}
	b, se, expected := h.logRatio(x, x0, offset)
	n := m.points[athar.Pre]
	for _, s := range steps {
		n += m.points[s]
	}
	df := float64(n - len(h.Logit) - int(math.Sqrt(float64(len(h.BetaCov)))))
	q := stat.TQuantile(.975, df) * se
	m.fill(e, b, b-q, b+q, expected)
	e.SE, e.DF, e.P, e.Inference = athar.Num(se), athar.Num(df), athar.Num(stat.TwoSided(b/se, df)), "hurdle"
	fall, rise := stat.MDE(se, df)
	e.MDELow, e.MDEHigh = athar.Num(fall), athar.Num(rise)
}

// firthEffect compares the phase with the time before alone.
func (m *model) firthEffect(e *athar.Effect, ph athar.Phase) {
	y, x, offset, p := m.design([]athar.Phase{ph})
	f, err := Firth(y, x, offset, p)
	if err != nil {
		e.Refusal = athar.Refuse("diverged")
		return
	}
	// The phase without events would dilute the dispersion: it is taken from
	// the time before, where the mean is plain.
	days, events, after := 0.0, m.counts[athar.Pre], 0.0
	for _, q := range m.s.Periods {
		switch {
		case q.Days <= 0:
		case q.Phase == athar.Pre:
			days += q.Days
		case q.Phase == ph:
			after += q.Days
		}
	}
	phi := 0.0
	for t, q := range m.s.Periods {
		if q.Phase == athar.Pre && q.Days > 0 {
			mu := events * q.Days / days
			phi += (m.s.Count[t] - mu) * (m.s.Count[t] - mu) / mu
		}
	}
	df := math.Inf(1)
	if phi /= float64(m.points[athar.Pre] - 1); phi > 1 {
		df = float64(m.points[athar.Pre] - 1)
	}
	phi = max(1, phi)
	t := stat.TQuantile(.975, df)
	low, high, err := f.Profile(1, phi*t*t)
	if err != nil {
		e.Refusal = athar.Refuse("diverged")
		return
	}
	m.fill(e, f.Beta[1], low, high, math.Exp(f.Beta[0])*after)
	null, err := f.at(1, 0)
	if err != nil {
		e.Refusal = athar.Refuse("diverged")
		return
	}
	se := math.Sqrt(phi * f.Cov[p+1])
	e.SE, e.DF, e.Dispersion, e.Inference = athar.Num(se), athar.Num(df), athar.Num(phi), "profile"
	e.P = athar.Num(stat.TwoSided(math.Sqrt(max(0, 2*(f.LogLik-null)/phi)), df))
	fall, rise := stat.MDE(stat.RatioSE(phi, events, math.Exp(f.Beta[0])*after), math.Inf(1))
	e.MDELow, e.MDEHigh = athar.Num(fall), athar.Num(rise)
	e.Warnings = append(e.Warnings, athar.NewNote("zero-events", "expected", e.Expected))
}

// fill writes the ratio from ln RR and its limits, and the counts of it.
func (m *model) fill(e *athar.Effect, b, low, high, expected float64) {
	e.RR, e.Low, e.High = athar.Num(math.Exp(b)), athar.Num(math.Exp(low)), athar.Num(math.Exp(high))
	e.Observed, e.Expected = athar.Num(m.counts[e.Phase]), athar.Num(expected)
	e.Avoided = e.Expected - e.Observed
}

func (m *model) blank(ph athar.Phase, spec string) athar.Effect {
	nan := athar.Num(math.NaN())
	return athar.Effect{
		Campaign: m.o.Campaign, Area: m.o.Area, Method: Method, Spec: spec, Question: m.o.Question, Ring: m.o.Ring, Phase: ph,
		RR: nan, Low: nan, High: nan, P: nan, SE: nan, DF: nan, AdjLow: nan, AdjHigh: nan,
		Observed: nan, Expected: nan, Avoided: nan, AvoidedLow: nan, AvoidedHigh: nan, MDELow: nan, MDEHigh: nan,
		EventsPre: int(m.counts[athar.Pre]), Areas: m.o.Areas, Periods: m.points[ph], Dispersion: nan,
		Warnings: []athar.Note{athar.NewNote("no-trend-no-season")},
	}
}
