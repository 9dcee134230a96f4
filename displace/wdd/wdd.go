// Package wdd holds the weighted displacement difference and its older
// relative, the weighted displacement quotient (METHODS.md B1, B2).
//
// The package thinks that both are displays beside the rate-ratio models, not
// tests to rest on: they assume that areas of different level would change by
// the same number of events. It therefore warns when levels differ, and by
// default multiplies the variance by the dispersion of the areas' own history,
// without which a nominal 5% test rejects in a third of the cases at a
// dispersion of 4.
package wdd

import (
	"math"
	"slices"

	"athar"
	"athar/stat"
)

// Method is the name of the method in effects.
const Method = "wdd"

// Counts are the eight counts of a weighted displacement difference, before
// and after. Areas that the design does not have stay zero.
type Counts struct {
	Control, Treated, DispControl, DispTreated [2]float64
	// Time divides the counts before and after, to a common length; zero: 1, 1.
	Time [2]float64
	// Area divides the counts of control, treated, displacement control and
	// displacement area, to a common size; zero: 1, 1, 1, 1.
	Area [4]float64
}

// Part is one difference in events, after minus before.
type Part struct {
	Est, SE, Z, P, Low, High float64
}

// Difference is a weighted displacement difference and its parts.
type Difference struct {
	Local, Displacement, Total Part
}

// Diff computes the difference with intervals at level 1-alpha and the variance
// multiplied by phi (1: Poisson):
//
//	WDD = (T1-T0) - (C1-C0) + (Td1-Td0) - (Cd1-Cd0), Var = phi sum count/w^2
//
// for counts divided by their weights w (Wheeler and Ratcliffe 2018).
func Diff(c Counts, alpha, phi float64) Difference {
	return Harm([]Counts{c}, []float64{1}, alpha, phi)
}

// Harm is the difference of several classes of event, each of whose events counts by
// a declared harm h:
//
//	Est = sum h Est_class, Var = phi sum h^2 Var_class
//
// (Wheeler and Ratcliffe 2018 for the parts; independent Poisson counts by class). The
// two lists are of one length.
func Harm(classes []Counts, harm []float64, alpha, phi float64) Difference {
	var local, moved sum
	for i, c := range classes {
		l, m := c.sums()
		local, moved = local.plus(l.times(harm[i])), moved.plus(m.times(harm[i]))
	}
	return Difference{local.part(alpha, phi), moved.part(alpha, phi), local.plus(moved).part(alpha, phi)}
}

// sums are the local difference and that of the displacement areas.
func (c Counts) sums() (local, moved sum) {
	if c.Time == [2]float64{} {
		c.Time = [2]float64{1, 1}
	}
	if c.Area == [4]float64{} {
		c.Area = [4]float64{1, 1, 1, 1}
	}
	term := func(n [2]float64, sign, area float64) sum {
		var s sum
		s.add(n[1], sign/(area*c.Time[1]))
		s.add(n[0], -sign/(area*c.Time[0]))
		return s
	}
	return term(c.Treated, 1, c.Area[1]).plus(term(c.Control, -1, c.Area[0])),
		term(c.DispTreated, 1, c.Area[3]).plus(term(c.DispControl, -1, c.Area[2]))
}

// sum is a weighted sum of Poisson counts and its variance.
type sum struct{ est, v float64 }

func (s *sum) add(n, w float64) {
	s.est += w * n
	s.v += w * w * n
}

func (s *sum) addCell(c cell, w float64) {
	s.est += w * c.n
	s.v += w * w * c.q
}

func (s sum) plus(o sum) sum { return sum{s.est + o.est, s.v + o.v} }

func (s sum) times(h float64) sum { return sum{h * s.est, h * h * s.v} }

func (s sum) part(alpha, phi float64) Part {
	se := math.Sqrt(s.v * phi)
	q := stat.TQuantile(1-alpha/2, math.Inf(1)) * se
	z := s.est / se
	return Part{Est: s.est, SE: se, Z: z, P: stat.TwoSided(z, math.Inf(1)), Low: s.est - q, High: s.est + q}
}

// Options of an estimate from a panel.
type Options struct {
	Campaign string
	Spec     string
	Phi      float64 // 0: estimated from the pre-period, floored at 1
	Seed     uint64
	Bare     bool // no quotients
	// Squares are given where the panel holds sums of harms in place of counts, each event
	// with a harm of its own: cell by cell the sum of the squared harms. nil: every event
	// counts once.
	Squares []float64
}

// Quotient is the weighted displacement quotient of one phase, by
//
//	WDQ = (B1/C1 - B0/C0) / (A1/C1 - A0/C0)
//
// with A the treated areas, B the rings, C far (Bowers and Johnson 2003). It is
// estimable only where the denominator, the success inside, is negative beyond
// doubt.
type Quotient struct {
	Phase          athar.Phase
	Estimable      bool
	Est, Low, High float64
	Why            *athar.Refusal // where not estimable
	// Net is the total net effect, events avoided inside and in the rings together,
	//
	//	TNE = (A0 C1/C0 - A1) + (B0 C1/C0 - B1)
	//
	// (Guerette 2009), with its interval from the same draws; NaN without far events.
	Net, NetLow, NetHigh float64
}

// Result of an estimate from a panel.
type Result struct {
	// Effects by phase: inside, rings together (AskMovement) and net. Avoided
	// is the difference with its sign turned; RR is its image on the ratio
	// scale, Observed/(Observed + Avoided).
	Effects   []athar.Effect
	Quotients []Quotient // one per phase, if there are rings
	Phi       float64
	Notes     []athar.Note // also on every effect
	Refusal   *athar.Refusal
}

// cell is a count, or a sum of harms, with the sum of their squares, which is the
// count again where every event counts once, and the exposure in area-days.
type cell struct{ n, q, e float64 }

// effective is how many events of equal harm would leave as much to chance as the
// cell's do, n^2/q (Kish 1965).
func (c cell) effective() float64 {
	if c.q == 0 {
		return 0
	}
	return c.n * c.n / c.q
}

// side is one side of the comparison before and in a phase.
type side struct{ pre, now cell }

// Estimate compares inside and rings with far, each phase with the pre-period.
// Counts before are brought to the phase's exposure in area-days, and far to
// that of the areas it stands against, so that differences are events over the
// phase. Far serves both parts and enters their sum once.
//
// It refuses without far areas, without inside areas or without events before
// in either.
//
// With squares of harms the answers are in units of harm. The variance is that of
// [Harm], class by class and event by event: phi times the sum of squared harms, with
// phi from the history of the harms. There are no quotients then.
func Estimate(p *athar.Panel, o Options) Result {
	var res Result
	isRing := func(r athar.Role) bool { return r.IsRing() }
	inside := func(r athar.Role) bool { return r == athar.Inside }
	far := func(r athar.Role) bool { return r == athar.Far }
	both := func(r athar.Role) bool { return r >= athar.Inside }
	get := func(want func(athar.Role) bool, ph athar.Phase) side {
		return side{collect(p, o.Squares, want, athar.Pre), collect(p, o.Squares, want, ph)}
	}
	in, control := collect(p, o.Squares, inside, athar.Pre), collect(p, o.Squares, far, athar.Pre)
	switch {
	case o.Squares != nil && (control.n == 0 || in.n == 0):
		res.Refusal = athar.Refuse("harm-none")
	case control.n == 0:
		res.Refusal = athar.Refuse("no-control", "events", 0)
	case in.n == 0:
		res.Refusal = athar.Refuse("no-pre-events")
	}
	if res.Phi = max(1, o.Phi); o.Phi == 0 {
		res.Phi = dispersion(p, o.Squares)
	}
	if res.Refusal == nil {
		if r := in.n / in.e / (control.n / control.e); r > 2 || r < .5 {
			n := athar.NewNote("wdd-levels", "ratio", athar.Num(r))
			if o.Squares != nil {
				n.Code = "harm-levels"
			}
			res.Notes = append(res.Notes, n)
		}
	}
	rings := collect(p, nil, isRing, athar.Pre).e > 0
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		if collect(p, nil, both, ph).e == 0 {
			continue
		}
		c := get(far, ph)
		for _, q := range []struct {
			ask  athar.Question
			want func(athar.Role) bool
		}{{athar.AskInside, inside}, {athar.AskMovement, isRing}, {athar.AskNet, both}} {
			if q.ask == athar.AskMovement && !rings {
				continue
			}
			e := blank(p, o, q.ask, q.want, ph)
			e.Warnings = slices.Clone(res.Notes)
			e.Dispersion = athar.Num(res.Phi)
			s := get(q.want, ph)
			e.EventsPre = int(s.pre.n)
			switch {
			case res.Refusal != nil:
				e.Refusal = res.Refusal
			case s.now.e == 0 || s.pre.e == 0 || c.now.e == 0:
				e.Refusal = athar.Refuse("no-cells")
			default:
				fill(&e, s, c, res.Phi)
				if few := min(s.pre.effective(), s.now.effective(), c.pre.effective(), c.now.effective()); o.Squares != nil && few < needEffective {
					e.Warnings = append(e.Warnings, athar.NewNote("harm-few", "n", int(few), "need", needEffective))
				}
			}
			res.Effects = append(res.Effects, e)
		}
		if rings && res.Refusal == nil && !o.Bare && o.Squares == nil {
			res.Quotients = append(res.Quotients, quotient(get(inside, ph), get(isRing, ph), c, res.Phi, o, ph))
		}
	}
	return res
}

// needEffective is how many events of equal harm an interval needs behind each of its
// sums: below it a normal interval is not to be trusted (METHODS.md A12).
const needEffective = 20

func collect(p *athar.Panel, squares []float64, want func(athar.Role) bool, ph athar.Phase) (c cell) {
	for i, a := range p.Areas {
		if !want(a.Role) {
			continue
		}
		for t, q := range p.Periods {
			if k := p.At(i, t); q.Phase == ph && p.Use[k] && q.Days > 0 {
				c.n += p.Count[k]
				c.q += square(p, squares, k)
				c.e += q.Days
			}
		}
	}
	return
}

func square(p *athar.Panel, squares []float64, k int) float64 {
	if squares == nil {
		return p.Count[k]
	}
	return squares[k]
}

func blank(p *athar.Panel, o Options, ask athar.Question, want func(athar.Role) bool, ph athar.Phase) athar.Effect {
	nan := athar.Num(math.NaN())
	e := athar.Effect{
		Campaign: o.Campaign, Method: Method, Spec: o.Spec, Question: ask, Phase: ph,
		RR: nan, Low: nan, High: nan, P: nan, SE: nan, DF: athar.Num(math.Inf(1)), AdjLow: nan, AdjHigh: nan,
		Observed: nan, Expected: nan, Avoided: nan, AvoidedLow: nan, AvoidedHigh: nan, MDELow: nan, MDEHigh: nan,
		Inference: "dispersion",
	}
	for _, a := range p.Areas {
		if want(a.Role) {
			e.Areas++
		}
	}
	for _, q := range p.Periods {
		if q.Phase == ph && q.Days > 0 {
			e.Periods++
		}
	}
	return e
}

// difference is the part of one side against control, in events over the phase.
func difference(s, c side) (d sum) {
	d.addCell(s.now, 1)
	d.addCell(s.pre, -s.now.e/s.pre.e)
	d.addCell(c.now, -s.now.e/c.now.e)
	d.addCell(c.pre, s.now.e/c.pre.e)
	return
}

func fill(e *athar.Effect, s, c side, phi float64) {
	d := difference(s, c).part(.05, phi)
	e.P = athar.Num(d.P)
	e.Observed, e.Expected, e.Avoided = athar.Num(s.now.n), athar.Num(s.now.n-d.Est), athar.Num(-d.Est)
	e.AvoidedLow, e.AvoidedHigh = athar.Num(-d.High), athar.Num(-d.Low)
	// The image of a difference on the ratio scale: 1 stays 1, and an
	// expectation of no event or less becomes an infinite ratio.
	image := func(avoided athar.Num) athar.Num {
		if x := s.now.n + float64(avoided); x > 0 {
			return athar.Num(s.now.n / x)
		}
		return athar.Num(math.Inf(1))
	}
	e.RR, e.Low, e.High = image(e.Avoided), image(e.AvoidedHigh), image(e.AvoidedLow)
	if x := float64(e.Expected); x > 0 {
		q := (stat.TQuantile(.975, math.Inf(1)) + stat.TQuantile(.8, math.Inf(1))) * d.SE / x
		e.MDELow, e.MDEHigh = athar.Num(max(0, 1-q)), athar.Num(1+q)
	}
}

// quotient draws the six counts 10,000 times, negative binomial with variance
// phi times the mean.
func quotient(a, b, c side, phi float64, o Options, ph athar.Phase) Quotient {
	nan := math.NaN()
	q := Quotient{Phase: ph, Est: nan, Low: nan, High: nan, Net: nan, NetLow: nan, NetHigh: nan}
	wdq := func(n [6]float64) (ratio, success float64) {
		success = n[1]/n[5] - n[0]/n[4]
		return (n[3]/n[5] - n[2]/n[4]) / success, success
	}
	net := func(n [6]float64) float64 { return (n[0]+n[2])*n[5]/n[4] - n[1] - n[3] }
	mean := [6]float64{a.pre.n, a.now.n, b.pre.n, b.now.n, c.pre.n, c.now.n}
	scale := [6]float64{a.now.e / a.pre.e, 1, b.now.e / b.pre.e, 1, c.now.e / c.pre.e, 1}
	at := func(n [6]float64) [6]float64 {
		for i := range n {
			n[i] *= scale[i]
		}
		return n
	}
	if mean[4] == 0 || mean[5] == 0 {
		q.Why = athar.Refuse("no-control", "events", 0)
		return q
	}
	r := stat.Stream(o.Seed, "wdd/"+o.Campaign+"/"+o.Spec+"/wdq/"+string(ph), 0)
	var ratios, success, nets []float64
	for range 10000 {
		var n [6]float64
		for i, m := range mean {
			n[i] = stat.NegBin(r, m, phi)
		}
		if n[4] == 0 || n[5] == 0 {
			continue
		}
		x, s := wdq(at(n))
		ratios, success, nets = append(ratios, x), append(success, s), append(nets, net(at(n)))
	}
	if q.Net = net(at(mean)); len(nets) > 0 {
		slices.Sort(nets)
		q.NetLow, q.NetHigh = stat.Quantile(nets, .025), stat.Quantile(nets, .975)
	}
	slices.Sort(success)
	if len(success) == 0 || !(stat.Quantile(success, .975) < 0) {
		q.Why = athar.Refuse("wdq-not-estimable")
		return q
	}
	slices.Sort(ratios)
	q.Est, _ = wdq(at(mean))
	q.Estimable, q.Low, q.High = true, stat.Quantile(ratios, .025), stat.Quantile(ratios, .975)
	return q
}

// dispersion is the quasi-Poisson dispersion of the summed pre-period series
// of inside, rings and far, after a yearly season where there are two years of
// data, pooled and floored at 1.
//
// Of sums of harms H whose squares sum to Q it is the variance of H over that of
// independent events, the mean of Q. Q is taken to follow H, so that H divided by
// k = sum Q / sum H has the variance of a count.
func dispersion(p *athar.Panel, squares []float64) float64 {
	var pearson, df float64
	for _, want := range []func(athar.Role) bool{
		func(r athar.Role) bool { return r == athar.Inside },
		func(r athar.Role) bool { return r.IsRing() },
		func(r athar.Role) bool { return r == athar.Far },
	} {
		var y, off []float64
		var at []athar.Period
		days, events, sum := 0, 0.0, 0.0
		for t, q := range p.Periods {
			n, e := 0.0, 0.0
			for i, a := range p.Areas {
				if k := p.At(i, t); want(a.Role) && p.Use[k] && q.Days > 0 && q.Phase == athar.Pre {
					n += p.Count[k]
					sum += square(p, squares, k)
					e += q.Days
				}
			}
			if e > 0 {
				y, off, at = append(y, n), append(off, math.Log(e)), append(at, q)
				days += q.Span.Days()
				events += n
			}
		}
		cols := 1
		if days >= 700 && len(y) >= 12 {
			cols = 5
		}
		if events == 0 || len(y) <= cols {
			continue
		}
		for t := range y {
			y[t] *= events / sum
		}
		x := make([]float64, 0, len(y)*cols)
		for _, q := range at {
			w := 2 * math.Pi * float64(q.Mid()) / 365.25
			x = append(x, []float64{1, math.Sin(w), math.Cos(w), math.Sin(2 * w), math.Cos(2 * w)}[:cols]...)
		}
		var r stat.Regression
		if r.Poisson(y, x, off, cols) == nil {
			pearson += r.Pearson
			df += float64(len(y) - r.Rank)
		}
	}
	if df == 0 {
		return 1
	}
	return max(1, pearson/df)
}
