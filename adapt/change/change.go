// Package change asks when the level of activity broke, without being told when
// a campaign ran (METHODS.md C7).
//
// The package thinks that a campaign must not choose its own comparison: a
// break that lies before it speaks against it as the cause, and a break at its
// start speaks for it no more than for anything else that happened then. So the
// date of the break is a result with an uncertainty. Three ways of looking are
// kept apart: segments of least cost ([PELT]), dates with confidence intervals
// ([Breaks], [Intervals]), and posteriors, of one change ([Posterior]) and of an
// unknown number ([Online]). Counts vary more than chance alone, which makes
// breaks out of noise; every way is told by how much.
//
// It knows no drift: a level that wanders is a row of small breaks to it, and it
// warns where what one period brings carries over to the next.
package change

import (
	"errors"
	"math"

	"athar"
	"athar/stat"
)

var (
	errCounts = errors.New("a change of rate needs two periods or more, counts and exposures of 0 or more, and an event")
	errLength = errors.New("the expected length of a regime must be above one period")
)

// What an answer needs, and the window about the start of the campaign, in
// periods, in which a break counts as being at it.
const (
	MinEvents   = 20
	MinAfter    = 3  // periods from the start on
	MinWeekly   = 3  // events a week before, or months are looked at
	MaxGrain    = 45 // days of a record
	windowFirst = -1
	windowLast  = 2
)

// scale is what goes with a length of period.
type scale struct {
	length  float64 // expected length of a regime, in periods
	minimum int     // shortest segment
	year    float64
}

var (
	weeks  = scale{52, 8, 365.25 / 7}
	months = scale{24, 4, 12}
)

// Indicators is the one indicator of this kind, "break": the probability that of
// all breaks of the near areas' level the one nearest to the start of the
// campaign lies from one period before the start to two after ([Regimes.Nearest],
// regimes of 52 weeks or 24 months expected, log likelihood divided by the
// dispersion, which allows for noise that carries over). A start that is known as an interval is every day of it in turn.
// It reads silent about every signature. P is Pettitt's test of no change at all.
//
// Periods are weeks where the records are as fine and the near areas have three
// events a week before the campaign, else calendar months. Season, with two years
// of data, and the dated spans of the calendar that recur are estimated beside a
// break and taken as exposure.
//
// Curves have the first day of the period, in days since 1970-01-01, as x: "near"
// the counts, "fit" the level of PELT's segments (3 ln n), "posterior" the
// posterior of a single change, "posterior-nearest" that of the break nearest to
// the start.
//
// Nothing is drawn: the seed is not used.
func Indicators(p *athar.Pattern, _ uint64) []athar.Indicator {
	nan := athar.Num(math.NaN())
	d := athar.Indicator{Code: "break", Group: athar.GroupTemporal, Before: nan, After: nan, FarBefore: nan, FarAfter: nan,
		Change: nan, Low: nan, High: nan, P: nan, HolmP: nan, MDE: nan, Reading: athar.Silent}
	s, why := newSeries(p)
	if why != nil {
		d.Refusal, d.Reading = why, athar.Refused
		return []athar.Indicator{d}
	}
	d.N = int(s.events)
	if err := s.indicate(&d, p); err != nil {
		// The series has been checked; only a level without any finite estimate is left.
		d.Refusal, d.Reading = athar.Refuse("diverged"), athar.Refused
	}
	return []athar.Indicator{d}
}

func (s *series) indicate(d *athar.Indicator, p *athar.Pattern) error {
	phi, rho, cuts := s.noise()
	var nearest []float64
	var none float64
	var chance [3]float64 // of the window, with regimes of half, the expected and double length
	for i, f := range []float64{.5, 2, 1} {
		g, err := Online(s.count, s.exposure, Hazard{Length: f * s.length, Dispersion: phi})
		if err != nil {
			return err
		}
		nearest, none, chance[i] = s.about(g)
	}
	single, err := Posterior(s.count, s.exposure, Prior{None: .5})
	if err != nil {
		return err
	}
	d.Change = athar.Num(chance[2])
	rates := make([]float64, len(s.count))
	for t, e := range s.exposure {
		rates[t] = s.count[t] / e
	}
	_, _, pettitt := Pettitt(rates)
	d.P = athar.Num(pettitt)
	d.Curves = s.curves(single, nearest, cuts)

	say := func(n athar.Note) { d.Warnings = append(d.Warnings, n) }
	at := 0
	for i, v := range nearest {
		if v > nearest[at] {
			at = i
		}
	}
	day, chanceAt := s.when[at].First, athar.Num(nearest[at])
	switch {
	case none >= .5:
		say(athar.NewNote("break-none", "p", athar.Num(none)))
	case at < s.first+windowFirst:
		say(athar.NewNote("break-before", "date", day, "p", chanceAt, "window", athar.Num(chance[2])))
	case at > s.last+windowLast:
		say(athar.NewNote("break-after", "date", day, "p", chanceAt, "window", athar.Num(chance[2])))
	default:
		say(athar.NewNote("break-at", "date", day, "p", chanceAt, "window", athar.Num(chance[2])))
	}
	code := "break-prior-months"
	if s.weekly {
		code = "break-prior-weeks"
	}
	say(athar.NewNote(code, "n", int(s.length), "short", int(s.length/2), "p_short", athar.Num(chance[0]), "long", int(2*s.length), "p_long", athar.Num(chance[1])))
	if single.None < .5 {
		k := single.Mode() + 1
		say(athar.NewNote("break-single", "date", s.when[k].First, "p", athar.Num(single.P[k-1]), "exists", athar.Num(1-single.None),
			"window", athar.Num(s.singleAbout(single))))
	}
	s.dated(say)
	if none < .5 {
		s.coincident(p, at, say)
		if p.Control {
			s.elsewhere(p, say)
		}
	}
	if rho > 0 {
		say(athar.NewNote("break-drift", "rho", athar.Num(rho)))
	}
	if float64(len(cuts)) > 2*float64(len(s.count))/s.length {
		say(athar.NewNote("break-many", "n", len(cuts)))
	}
	if s.season {
		say(athar.NewNote("break-season"))
	} else if s.days < seasonDays {
		say(athar.NewNote("no-season", "days", s.days, "need", seasonDays))
	}
	if s.first != s.last {
		say(athar.NewNote("break-start-span", "first", p.Start.First, "last", p.Start.Last))
	}
	if s.left > 0 {
		say(athar.NewNote("break-left-out", "n", s.left))
	}
	return nil
}

// about averages the law of the nearest break, and its chance in the window, over
// the periods in which the campaign may have begun.
func (s *series) about(g *Regimes) (law []float64, none, window float64) {
	law = make([]float64, len(s.count))
	for k, w := range s.starts {
		p, no := g.Nearest(s.first + k)
		none = no
		for i, v := range p {
			law[i] += w * v
			if i >= s.first+k+windowFirst && i <= s.first+k+windowLast {
				window += w * v
			}
		}
	}
	return law, none, window
}

func (s *series) singleAbout(single Single) (p float64) {
	for k, w := range s.starts {
		p += w * single.Within(s.first+k+windowFirst, s.first+k+windowLast)
	}
	return p
}

func (s *series) curves(single Single, nearest []float64, cuts []int) []athar.Curve {
	n := len(s.count)
	near, fit := athar.Curve{Code: "near"}, athar.Curve{Code: "fit"}
	posterior, law := athar.Curve{Code: "posterior"}, athar.Curve{Code: "posterior-nearest"}
	level := s.levels(cuts)
	for t := range n {
		x := athar.Num(s.when[t].First)
		near.X, near.Y = append(near.X, x), append(near.Y, athar.Num(s.count[t]))
		fit.X, fit.Y = append(fit.X, x), append(fit.Y, athar.Num(level[t]))
		if t > 0 {
			posterior.X, posterior.Y = append(posterior.X, x), append(posterior.Y, athar.Num(single.P[t-1]))
			law.X, law.Y = append(law.X, x), append(law.Y, athar.Num(nearest[t]))
		}
	}
	return []athar.Curve{near, fit, posterior, law}
}

// levels is the rate of the segment of each period, per mean exposure.
func (s *series) levels(cuts []int) []float64 {
	out := make([]float64, len(s.count))
	for i, from := 0, 0; i <= len(cuts); i++ {
		to := len(s.count)
		if i < len(cuts) {
			to = cuts[i]
		}
		y, e := totals(s.count[from:to], s.exposure[from:to])
		for t := from; t < to; t++ {
			out[t] = y / e
		}
		from = to
	}
	return out
}

// dated gives the date by least squares, on roots of counts, whose noise does not
// grow with the level, of the break that is nearest to the start.
func (s *series) dated(say func(athar.Note)) {
	n := len(s.count)
	y := make([]float64, n)
	for t := range y {
		y[t] = stat.Root(s.count[t], s.exposure[t])
	}
	p, err := Breaks(y, s.minimum, 5)
	if err != nil {
		return
	}
	best := Best(p)
	if len(best.Breaks) == 0 {
		say(athar.NewNote("break-undated"))
		return
	}
	at := 0
	off := func(i int) int { return max(best.Breaks[i]+1-s.first, s.first-best.Breaks[i]-1) }
	for i := range best.Breaks {
		if off(i) < off(at) {
			at = i
		}
	}
	in := Intervals(y, best, .95)[at]
	period := func(t int) athar.Day { return s.when[max(0, min(n-1, t))].First }
	say(athar.NewNote("break-dated", "n", len(best.Breaks), "date", period(best.Breaks[at]+1),
		"first", period(in.First+1), "last", period(in.Last+1)))
}

// coincident names the dated spans that begin or end within a period of the break.
func (s *series) coincident(p *athar.Pattern, at int, say func(athar.Note)) {
	about := athar.Span{First: s.when[max(0, at-1)].First, Last: s.when[min(len(s.when)-1, at+1)].Last}
	seen := map[athar.Names]bool{}
	for _, c := range p.Calendar {
		if (about.Has(c.When.First) || about.Has(c.When.Last+1)) && !seen[c.Name] {
			seen[c.Name] = true
			say(athar.NewNote("break-coincides", "name", c.Name))
		}
	}
}

// elsewhere says whether the far areas broke about the start, too.
func (s *series) elsewhere(p *athar.Pattern, say func(athar.Note)) {
	far := *s
	far.load(p, func(a athar.PatternArea) bool { return a.Role == athar.Far })
	if far.events < MinEvents {
		return
	}
	far.adjust(p)
	phi, _, _ := far.noise()
	g, err := Online(far.count, far.exposure, Hazard{Length: s.length, Dispersion: phi})
	if err != nil {
		return
	}
	if _, _, window := far.about(g); window >= .5 {
		say(athar.NewNote("break-far-too", "p", athar.Num(window)))
	}
}

// noise is the dispersion, and the segments under it. Where residuals within
// segments carry over from one period to the next with correlation rho, a segment's
// sum varies (1 + rho)/(1 - rho) times as much as its periods say, and the
// dispersion becomes that of sums; otherwise rho is 0.
func (s *series) noise() (phi, rho float64, cuts []int) {
	phi = Dispersion(s.count, s.exposure)
	penalty := Conservative * math.Log(float64(len(s.count)))
	cost := Poisson(s.count, s.exposure)
	cuts = PELT(cost, phi*penalty, s.minimum)
	level := s.levels(cuts)
	res, at := make([]float64, len(level)), make([]int, len(level))
	for t, l := range level {
		at[t] = t
		if mu := l * s.exposure[t]; mu > 0 {
			res[t] = (s.count[t] - mu) / math.Sqrt(mu)
		}
	}
	rho = min(.8, stat.AR1(res, at))
	if rho <= max(.15, 2/math.Sqrt(float64(len(res)))) {
		return phi, 0, cuts
	}
	phi *= (1 + rho) / (1 - rho)
	return phi, rho, PELT(cost, phi*penalty, s.minimum)
}
