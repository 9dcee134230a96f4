// Package tempo asks how fast a group acts: at which rate before a campaign and
// after, and whether activity speeds up or slows down from then on.
//
// The package thinks in processes in time, not in gaps between events: gaps are
// nought where two events share a day, vary more the longer they are, and give
// the first of them a weight that it does not deserve. A rate that follows a
// power of time since the campaign began is the same statement as delays that
// shrink with every event (Johnson and others 2011), and has exact intervals.
// The clock starts when the campaign does, never at the first event after it,
// because the exponent depends on that day more than on anything else. Weeks
// vary more than chance alone would make them; every error is widened by how
// much they do. Tempo says faster or slower. It says nothing of learning, of
// leadership or of means, so it is context and speaks for no signature
// (METHODS.md C3).
package tempo

import (
	"math"

	"athar"
	"athar/stat"
)

// What an answer needs, and how many orders of blocks the trend test draws.
const (
	needEvents = 5 // near the campaign, before for the ratio and after for the course
	needCells  = 6 // of each stretch
	draws      = 999
)

// record is the pattern's events in cells and, where days are known, in time.
type record struct {
	p         *athar.Pattern
	cells     []athar.Span // before, then after
	split     int
	near, far []float64
	start     athar.Day // of the clock: the first day after
	length    float64   // weeks that the clock runs
	edges     []float64 // of the cells after, in weeks since start
	times     []float64 // near after, in weeks since start; where days are known
	farTimes  []float64
	unplaced  int
	seasons   [][]float64
	oneSided  []athar.Names
}

func gather(p *athar.Pattern) *record {
	r := &record{p: p}
	before, after := Cells(p)
	r.cells, r.split = append(append(r.cells, before...), after...), len(before)
	r.near, r.far = make([]float64, len(r.cells)), make([]float64, len(r.cells))
	if len(after) == 0 {
		return r
	}
	r.start = after[0].First
	r.edges = []float64{0}
	for _, c := range after {
		r.edges = append(r.edges, float64(c.Last+1-r.start)/7)
	}
	r.length = r.edges[len(after)]
	known := p.Grain <= 1
	for _, e := range p.Records {
		a := p.Areas[e.Area]
		if !a.Near() && a.Role != athar.Far {
			continue
		}
		j := find(r.cells, e.When)
		if j < 0 {
			if p.Before.Overlap(e.When) > 0 || p.After.Overlap(e.When) > 0 {
				r.unplaced += e.N
			}
			continue
		}
		n := float64(e.N)
		if a.Near() {
			r.near[j] += n
		} else {
			r.far[j] += n
		}
		if known && j >= r.split {
			// An event counts at the middle of its day.
			t := (float64(e.When.Mid()-r.start) + .5) / 7
			for range e.N {
				if a.Near() {
					r.times = append(r.times, t)
				} else {
					r.farTimes = append(r.farTimes, t)
				}
			}
		}
	}
	for _, s := range Seasons(p.Calendar, r.cells) {
		if has(s.Share[:r.split]) && has(s.Share[r.split:]) {
			r.seasons = append(r.seasons, s.Share)
		} else if some(s.Share) {
			r.oneSided = append(r.oneSided, s.Name)
		}
	}
	return r
}

// has reports whether a season comes and goes within a stretch, by at least a
// cell's length each, so that its effect shows there.
func has(share []float64) bool {
	in, out := 0.0, 0.0
	for _, s := range share {
		in += s
		out += 1 - s
	}
	return in >= 1 && out >= 1
}

func some(share []float64) bool {
	for _, s := range share {
		if s > 0 {
			return true
		}
	}
	return false
}

func sum(x []float64) (s float64) {
	for _, v := range x {
		s += v
	}
	return s
}

// Indicators measures the tempo of a pattern: "tempo", the ratio of events a
// week after against before near the campaign, over the same ratio far from it
// where the pattern has a control, and "acceleration", the exponent b of the
// progress curve after the start, near less far. Both are context and read
// Silent, or Refused.
//
// tempo: a quasi-Poisson regression of cells on role, stretch, their product
// and the seasons that occur in both stretches; each role has its own
// dispersion. acceleration: see [PowerLaw]; near and far are compared by the
// limits of each (MOVER, Zou and Donner 2008), P is the level at which the
// interval touches 0. MDE is (t.975 + t.8) standard errors. The curves of tempo are
// events near the campaign since the record began and those expected from two
// log-linear pieces, by weeks since the campaign; those of acceleration are
// events since the campaign and those of the power law.
func Indicators(p *athar.Pattern, seed uint64) []athar.Indicator {
	r := gather(p)
	return []athar.Indicator{r.tempo(), r.acceleration(seed)}
}

func blank(code string) athar.Indicator {
	nan := athar.Num(math.NaN())
	return athar.Indicator{
		Code: code, Group: athar.GroupTemporal,
		Before: nan, After: nan, FarBefore: nan, FarAfter: nan,
		Change: nan, Low: nan, High: nan, P: nan, HolmP: nan, MDE: nan,
		Reading: athar.Silent,
	}
}

func refused(i athar.Indicator, why *athar.Refusal) athar.Indicator {
	i.Refusal, i.Reading = why, athar.Refused
	return i
}

// short refuses a record with too few cells in a stretch.
func (r *record) short() *athar.Refusal {
	if n := min(r.split, len(r.cells)-r.split); n < needCells {
		return athar.Refuse("tempo-short", "cells", n, "need", needCells)
	}
	return nil
}

// common are the warnings of both indicators.
func (r *record) common() (out []athar.Note) {
	if r.p.Grain > 7 {
		out = append(out, athar.NewNote("tempo-coarse", "days", r.p.Grain))
	}
	if r.unplaced > 0 {
		out = append(out, athar.NewNote("tempo-unplaced", "n", r.unplaced))
	}
	return out
}

func (r *record) tempo() athar.Indicator {
	i := blank("tempo")
	i.Ratio = true
	if why := r.short(); why != nil {
		return refused(i, why)
	}
	weeks := func(cells []athar.Span) (w float64) {
		for _, c := range cells {
			w += float64(c.Days()) / 7
		}
		return w
	}
	w0, w1 := weeks(r.cells[:r.split]), weeks(r.cells[r.split:])
	y0, y1 := sum(r.near[:r.split]), sum(r.near[r.split:])
	c0, c1 := sum(r.far[:r.split]), sum(r.far[r.split:])
	if y0 < needEvents {
		return refused(i, athar.Refuse("tempo-few-before", "n", int(y0), "need", needEvents))
	}
	i.Warnings = r.common()
	i.Before, i.After = athar.Num(y0/w0), athar.Num(y1/w1)
	i.N = int(min(y0, y1))
	control := r.p.Control && c0 >= needEvents && c1 >= needEvents
	if r.p.Control && !control {
		i.Warnings = append(i.Warnings, athar.NewNote("tempo-few-far", "before", int(c0), "after", int(c1), "need", needEvents))
	}
	if control {
		i.FarBefore, i.FarAfter, i.FarN = athar.Num(c0/w0), athar.Num(c1/w1), int(min(c0, c1))
	}
	for _, n := range r.oneSided {
		i.Warnings = append(i.Warnings, athar.NewNote("tempo-season-one-sided", "name", n))
	}
	change, se, df, phi := r.ratio(control, y1 > 0)
	if math.IsNaN(change) {
		return refused(i, athar.Refuse("tempo-unsettled"))
	}
	if y1 == 0 {
		i.Warnings = append(i.Warnings, athar.NewNote("tempo-none-after", "expected", athar.Num(y0/w0*w1)))
	}
	if phi > 1 {
		i.Warnings = append(i.Warnings, athar.NewNote("tempo-overdispersed", "phi", athar.Num(phi)))
	}
	t := stat.TQuantile(.975, df)
	i.Change = athar.Num(math.Exp(change))
	i.Low, i.High = athar.Num(math.Exp(change-t*se)), athar.Num(math.Exp(change+t*se))
	i.P = athar.Num(stat.TwoSided(change/se, df))
	_, rise := stat.MDE(se, df)
	i.MDE = athar.Num(rise)

	at, days := make([]float64, len(r.cells)), make([]float64, len(r.cells))
	for j, c := range r.cells {
		at[j] = (float64(c.First+c.Last+1)/2 - float64(r.start)) / 7
		days[j] = float64(c.Days())
	}
	two := TestTwoPieces(r.near, at, days, r.split, r.seasons)
	if two.Refusal == nil {
		i.Warnings = append(i.Warnings, athar.NewNote("tempo-two-pieces", "p", athar.Num(two.P)))
	} else {
		i.Warnings = append(i.Warnings, two.Refusal.Reason)
	}
	i.Curves = r.course(two.Fitted)
	return i
}

// ratio is the log ratio of rates after against before, near over far, with its
// standard error, the degrees of freedom of the dispersion and the dispersion
// near the campaign. The variance is that of A (sum_r phi_r B_r) A, A
// the Poisson fit's inverse information and B_r a role's own part of the information. Without
// an event after, half an event is added to every count and seasons are left
// out, so that the interval has an end.
func (r *record) ratio(control, happened bool) (change, se, df, phi float64) {
	nan := math.NaN()
	n := len(r.cells)
	roles := [][]float64{r.near}
	if control {
		roles = append(roles, r.far)
	}
	if !happened {
		df = math.Inf(1)
		for k, y := range roles {
			y0, y1 := sum(y[:r.split])+.5, sum(y[r.split:])+.5
			mu := make([]float64, n)
			var days [2]float64
			for j, c := range r.cells {
				days[side(j >= r.split)] += float64(c.Days())
			}
			for j, c := range r.cells {
				mu[j] = [2]float64{y0, y1}[side(j >= r.split)] * float64(c.Days()) / days[side(j >= r.split)]
			}
			f, d := Dispersion(y, mu, 2, r.split)
			sign := 1.0
			if k == 1 {
				sign = -1
			} else {
				phi = f
			}
			change += sign * (math.Log(y1/days[1]) - math.Log(y0/days[0]))
			se += f * (1/y0 + 1/y1)
			df = min(df, d)
		}
		return change, math.Sqrt(se), df, phi
	}
	p := 2*len(roles) + len(r.seasons)
	x, y, off := make([]float64, 0, n*len(roles)*p), []float64{}, []float64{}
	for k, counts := range roles {
		for j, c := range r.cells {
			row := make([]float64, p)
			row[k] = 1
			if j >= r.split {
				row[len(roles)] = 1 // after, in both roles
				if control && k == 0 {
					row[len(roles)+1] = 1 // and near
				}
			}
			for s, share := range r.seasons {
				row[2*len(roles)+s] = share[j]
			}
			x, y, off = append(x, row...), append(y, counts[j]), append(off, math.Log(float64(c.Days())))
		}
	}
	var fit stat.Regression
	if fit.Poisson(y, x, off, p) != nil {
		return nan, nan, nan, nan
	}
	focus := 2*len(roles) - 1
	u := fit.Cov[focus*p : focus*p+p]
	df = math.Inf(1)
	for k := range roles {
		f, d := Dispersion(y[k*n:(k+1)*n], fit.Mu[k*n:(k+1)*n], 2+len(r.seasons), r.split)
		if k == 0 {
			phi = f
		}
		df = min(df, d)
		for j := k * n; j < (k+1)*n; j++ {
			xu := 0.0
			for l, v := range x[j*p : j*p+p] {
				xu += v * u[l]
			}
			se += f * fit.Mu[j] * xu * xu
		}
	}
	if !(df >= 1) || fit.Dropped[focus] {
		return nan, nan, nan, nan
	}
	return fit.Beta[focus], math.Sqrt(se), df, phi
}

func side(after bool) int {
	if after {
		return 1
	}
	return 0
}

// course draws the cumulative events near the campaign, and those fitted.
func (r *record) course(fitted []float64) []athar.Curve {
	line := func(code string, y []float64, from, to int) athar.Curve {
		c := athar.Curve{Code: code}
		total := 0.0
		for j := range to {
			total += y[j]
			if j >= from {
				c.X = append(c.X, athar.Num(float64(r.cells[j].Last+1-r.start)/7))
				c.Y = append(c.Y, athar.Num(total))
			}
		}
		return c
	}
	n := len(r.cells)
	out := []athar.Curve{line("before", r.near, 0, r.split), line("after", r.near, r.split, n)}
	if fitted != nil {
		out = append(out, line("fit", fitted, 0, n))
	}
	return out
}

// power fits the course of one role after the start.
func (r *record) power(times, counts []float64) (PowerLaw, float64, *athar.Refusal) {
	var f PowerLaw
	var why *athar.Refusal
	if r.p.Grain <= 1 {
		f, why = Fit(times, r.length)
	} else {
		f, why = FitCells(r.edges, counts)
	}
	if why != nil {
		return f, 1, why
	}
	mu := make([]float64, len(counts))
	for j := range mu {
		mu[j] = f.Until(r.edges[j+1]) - f.Until(r.edges[j])
	}
	phi, _ := Dispersion(counts, mu, 2, 0)
	return f, phi, nil
}

func (r *record) acceleration(seed uint64) athar.Indicator {
	i := blank("acceleration")
	if why := r.short(); why != nil {
		return refused(i, why)
	}
	near, far := r.near[r.split:], r.far[r.split:]
	if n := sum(near); n < needEvents {
		return refused(i, athar.Refuse("tempo-few-after", "n", int(n), "need", needEvents))
	}
	f, phi, why := r.power(r.times, near)
	if why != nil {
		return refused(i, why)
	}
	i.Warnings = r.common()
	i.After, i.N = athar.Num(f.B()), int(f.N)
	b := func(k float64) float64 { return 1 - 1/k }
	limits := func(alpha float64) (float64, float64) {
		low, high := f.Limits(alpha, phi)
		return b(low), b(high)
	}
	change, v := f.B(), phi/f.N/(f.K*f.K)
	if r.p.Control {
		g, farPhi, why := r.power(r.farTimes, far)
		if why != nil || g.N < needEvents {
			i.Warnings = append(i.Warnings, athar.NewNote("tempo-few-far-after", "n", int(sum(far)), "need", needEvents))
		} else {
			i.FarAfter, i.FarN = athar.Num(g.B()), int(g.N)
			alone := limits
			limits = func(alpha float64) (float64, float64) {
				l1, u1 := alone(alpha)
				l2, u2 := g.Limits(alpha, farPhi)
				d := f.B() - g.B()
				return d - math.Hypot(f.B()-l1, b(u2)-g.B()), d + math.Hypot(u1-f.B(), g.B()-b(l2))
			}
			change, v = f.B()-g.B(), v+farPhi/g.N/(g.K*g.K)
		}
	}
	low, high := limits(.05)
	i.Change, i.Low, i.High = athar.Num(change), athar.Num(low), athar.Num(high)
	i.P = athar.Num(touches(limits))
	i.MDE = athar.Num((stat.TQuantile(.975, math.Inf(1)) + stat.TQuantile(.8, math.Inf(1))) * math.Sqrt(v))
	if phi > 1 {
		i.Warnings = append(i.Warnings, athar.NewNote("tempo-overdispersed", "phi", athar.Num(phi)))
	}
	t := TestTrend(r.edges, near, phi, draws, seed)
	i.Warnings = append(i.Warnings, athar.NewNote("tempo-trend", "u", athar.Num(t.Scaled), "p", athar.Num(t.P), "block", athar.Num(t.BlockP)))
	// Sources that disagree about the start, or a time washed in, leave another
	// day from which the clock might run.
	if gap := float64(r.start-r.p.Start.First) / 7; gap > 0 {
		edges := make([]float64, len(r.edges))
		for j, e := range r.edges {
			edges[j] = e + gap
		}
		if g, why := FitCells(edges, near); why == nil {
			i.Warnings = append(i.Warnings, athar.NewNote("tempo-start", "first", r.p.Start.First, "b", athar.Num(g.B()), "here", athar.Num(f.B()), "start", r.start))
		}
	}
	if len(r.seasons)+len(r.oneSided) > 0 {
		i.Warnings = append(i.Warnings, athar.NewNote("tempo-course-seasons"))
	}
	seen, fit := athar.Curve{Code: "after"}, athar.Curve{Code: "fit"}
	total := 0.0
	for j, c := range near {
		total += c
		x := r.edges[j+1]
		seen.X, seen.Y = append(seen.X, athar.Num(x)), append(seen.Y, athar.Num(total))
		fit.X, fit.Y = append(fit.X, athar.Num(x)), append(fit.Y, athar.Num(f.Until(x)))
	}
	i.Curves = []athar.Curve{seen, fit}
	return i
}

// touches is the level at which an interval ends at 0: the two-sided p value of
// no difference.
func touches(limits func(alpha float64) (float64, float64)) float64 {
	low, high := math.Log(1e-12), 0.0 // ln alpha; without 0, with 0
	for range 36 {
		mid := (low + high) / 2
		if l, h := limits(math.Exp(mid)); l > 0 || h < 0 {
			high = mid
		} else {
			low = mid
		}
	}
	return math.Exp((low + high) / 2)
}
