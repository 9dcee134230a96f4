package resume

import (
	"math"
	"slices"

	"athar"
	"athar/stat"
)

// Analyse stacks the weeks around the pattern's losses. All areas of the
// pattern count, near the campaign or not, and the records must hold every day
// from the beginning of Before to the end of After, days in neither included. It
// refuses a pattern whose grain is coarser than weeks, one without losses, and one
// whose losses are all unusable.
func Analyse(p *athar.Pattern, o Options) Result {
	if o.Placebos == 0 {
		o.Placebos = 999
	}
	nan := math.NaN()
	r := Result{
		Ratio: nan, Low: nan, High: nan, P: nan, SE: nan, DF: nan, Phi: nan,
		Lost: nan, LostLow: nan, LostHigh: nan, HalfLife: nan, HalfLow: nan, HalfHigh: nan, Floor: nan, Level: nan, Median: nan,
		Placebo: Placebo{P: nan, Least: nan},
		Failed:  Comparison{Ratio: nan, Low: nan, High: nan, Relative: nan, RelativeLow: nan, RelativeHigh: nan},
	}
	if p.Grain > 7 {
		r.Refusal = athar.Refuse("resumption-grain", "days", p.Grain)
		return r
	}
	losses, failed := gather(p.Losses)
	if len(losses) == 0 {
		r.Refusal = athar.Refuse("resumption-no-losses")
		return r
	}
	var at []athar.Day
	for _, l := range losses {
		at = append(at, l.day)
	}
	s := newSeries(p, at)
	if s.unplaced > 0 {
		r.Notes = append(r.Notes, athar.NewNote("resumption-unplaced", "n", s.unplaced))
	}
	for _, n := range s.dropped {
		r.Notes = append(r.Notes, athar.NewNote("resumption-season-unknown", "name", n))
	}
	var days []athar.Day
	for i, l := range losses {
		if why := s.unusable(losses, i); why != nil {
			r.Excluded = append(r.Excluded, *why)
			continue
		}
		if l.reported > 1 {
			r.Notes = append(r.Notes, athar.NewNote("resumption-merged", "date", l.day, "n", l.reported))
		}
		days = append(days, l.day)
		r.Used = append(r.Used, Case{Day: l.day, Level: l.level, Reported: l.reported})
	}
	if len(days) == 0 {
		r.Refusal = athar.Refuse("resumption-none-usable", "n", len(losses))
		return r
	}
	k := &stack{s: s}
	lnR, se, phi, df := k.estimate(days)
	t := stat.TQuantile(.975, df)
	r.SE, r.DF, r.Phi = se, df, phi
	r.Ratio, r.Low, r.High = math.Exp(lnR), math.Exp(lnR-t*se), math.Exp(lnR+t*se)
	r.P = stat.TwoSided(lnR/se, df)
	expected, seen := 0.0, 0.0
	for j := range days {
		// What a loss's baseline alone expects in weeks 0 to 8.
		expected += k.y0[j] / k.e0[j] * k.e1[j]
		seen += k.y1[j]
		c := &r.Used[j]
		c.Rate, c.Events = k.y0[j]/Before, k.y1[j]
		c.Ratio = k.y1[j] / (k.y0[j] / k.e0[j] * k.e1[j])
		c.Regained, c.Censored = s.regained(days[j], k.y0[j]/k.e0[j], at)
	}
	// The expectation that agrees with R, so that both say the same.
	if seen > 0 {
		expected = seen / r.Ratio
	}
	r.Lost, r.LostLow, r.LostHigh = expected*(1-r.Ratio), expected*(1-r.High), expected*(1-r.Low)
	r.survive()
	r.weeks(s, k, days, o.Seed)
	r.Placebo = k.placebo(days, at, o)
	r.compare(s, losses, failed, lnR)
	return r
}

// loss is one or several reports within a week, without attempts that failed.
type loss struct {
	day      athar.Day
	level    athar.LossLevel
	reported int
	vague    bool
}

// gather sorts the losses by day and joins those within a week of the first of
// them: a leader and a deputy lost on two days are one shock. The highest level
// names it.
func gather(all []athar.Loss) (losses, failed []loss) {
	rank := func(l athar.LossLevel) int {
		return slices.Index([]athar.LossLevel{athar.LossLocal, athar.LossProvince, athar.LossTop}, l)
	}
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, func(a, b athar.Loss) int {
		if d := a.When.Mid() - b.When.Mid(); d != 0 {
			return int(d)
		}
		if d := a.When.First - b.When.First; d != 0 {
			return int(d)
		}
		return rank(b.Level) - rank(a.Level)
	})
	for _, l := range sorted {
		one := loss{l.When.Mid(), l.Level, 1, l.When.Days() > 7}
		to := &losses
		if l.Failed {
			to = &failed
		}
		if n := len(*to); n > 0 {
			if last := &(*to)[n-1]; one.day-last.day <= sameEvent && !one.vague && !last.vague {
				last.reported++
				if rank(l.Level) > rank(last.level) {
					last.level = l.Level
				}
				continue
			}
		}
		*to = append(*to, one)
	}
	return losses, failed
}

func distance(a, b athar.Day) athar.Day {
	if a > b {
		return a - b
	}
	return b - a
}

// unusable says why a loss cannot be stacked, nil if it can.
func (s *series) unusable(losses []loss, i int) *athar.Note {
	note := func(n athar.Note) *athar.Note { return &n }
	l := losses[i]
	if l.vague {
		return note(athar.NewNote("resumption-left-vague", "date", l.day))
	}
	for j, other := range losses {
		if j != i && distance(l.day, other.day) <= 7*Apart {
			return note(athar.NewNote("resumption-left-near", "date", l.day, "other", other.day, "weeks", Apart))
		}
	}
	if !s.covers(l.day) {
		return note(athar.NewNote("resumption-left-window", "date", l.day, "before", Before, "after", Hit))
	}
	if n := s.sum(s.calm, l.day-7*Before, 7*Before); n < needBaseline {
		return note(athar.NewNote("resumption-left-quiet", "date", l.day, "n", int(n), "need", needBaseline))
	}
	return nil
}

// regained is the week by whose end the mean of the last four, after the loss
// and free of seasons, is back at 90% of the baseline; censored if that is
// not so within 26 weeks, the record, or the days until the next loss.
func (s *series) regained(d athar.Day, level float64, losses []athar.Day) (week int, censored bool) {
	last := s.span.Last
	for _, l := range losses {
		if l > d {
			last = min(last, l-1)
		}
	}
	for w := smooth; w <= After; w++ {
		from := d + athar.Day(7*(w-smooth))
		if from+7*smooth-1 > last {
			return w - 1, true
		}
		if s.sum(s.count, from, 7*smooth) >= regained*level*s.sum(s.expect, from, 7*smooth) {
			return w, false
		}
	}
	return After, true
}

// survive is Kaplan and Meier's estimate over the cases.
func (r *Result) survive() {
	s, green := 1.0, 0.0
	z := stat.TQuantile(.975, math.Inf(1))
	for w := smooth; w <= After; w++ {
		risk, back := 0, 0
		for _, c := range r.Used {
			if c.Regained >= w {
				risk++
			}
			if c.Regained == w && !c.Censored {
				back++
			}
		}
		if risk == 0 {
			break
		}
		if back > 0 {
			s *= 1 - float64(back)/float64(risk)
			green += float64(back) / float64(risk*(risk-back)) // Inf when nobody is left
		}
		low, high := s, s
		if s > 0 && s < 1 {
			l := math.Log(-math.Log(s))
			e := z * math.Sqrt(green) / math.Abs(math.Log(s))
			low, high = math.Exp(-math.Exp(l+e)), math.Exp(-math.Exp(l-e))
		}
		r.Km.Week, r.Km.Share = append(r.Km.Week, float64(w)), append(r.Km.Share, s)
		r.Km.Low, r.Km.High = append(r.Km.Low, low), append(r.Km.High, high)
		if s <= .5 && math.IsNaN(r.Median) {
			r.Median = float64(w)
		}
	}
}

// weeks stacks the single weeks. With the baselines' level a_j the ratio of week w is
//
//	r_w = sum_j y_jw / sum_j a_j e_jw,  Var r_w = phi r_w/E_w + r_w^2 phi/sum y0,
//
// which is the Poisson regression's answer to a dummy for every week, the
// baseline's mean being 1; half an event stands in for none in the variance.
func (r *Result) weeks(s *series, k *stack, days []athar.Day, seed uint64) {
	const n = Before + After + 1
	y, e := make([]float64, n), make([]float64, n)
	base := 0.0
	for j, d := range days {
		base += k.y0[j]
		for i := range n {
			from := d + athar.Day(7*(i-Before))
			if from+6 > s.span.Last {
				continue
			}
			counts, expect := s.calm, s.calmExpect
			if i >= Before && i < Before+Hit {
				counts, expect = s.count, s.expect
			}
			y[i] += s.sum(counts, from, 7)
			e[i] += k.y0[j] / k.e0[j] * s.sum(expect, from, 7)
		}
	}
	m := n
	for m > 0 && e[m-1] == 0 {
		m--
	}
	cov := make([]float64, m*m)
	w := &r.Weeks
	for i := range m {
		for l := range m {
			cov[i*m+l] = y[i] / e[i] * y[l] / e[l] * r.Phi / base
		}
		cov[i*m+i] += r.Phi * max(y[i], .5) / (e[i] * e[i])
	}
	c := stat.SupT(cov, m, r.DF, .95, 2000, stat.Stream(seed, "resume/band", 0))
	for i := range m {
		ratio, se := y[i]/e[i], math.Sqrt(cov[i*m+i])
		w.Week, w.Ratio = append(w.Week, float64(i-Before)), append(w.Ratio, ratio)
		w.Low, w.High = append(w.Low, max(0, ratio-c*se)), append(w.High, ratio+c*se)
		w.Fit = append(w.Fit, math.NaN())
	}
	if !(r.High < 1) {
		return
	}
	r.recover(y[Before:m], e[Before:m])
	for i := Before; i < m && !math.IsNaN(r.HalfLife); i++ {
		w.Fit[i] = r.Level + (r.Floor-r.Level)*math.Exp2(-(float64(i-Before)+.5)/r.HalfLife)
	}
}

// recover fits the way back after a fall,
//
//	r(w) = level + (floor - level) 2^(-w/h),  floor <= level,
//
// to the stacked weeks from 0 on, w in the middle of the week, by profiling h. For
// each h this is a Poisson mean of two parts that cannot be negative, floor and
// level - floor, fitted by EM. The interval holds every h with 2(l(max) - l(h)) <=
// phi t^2.
func (r *Result) recover(y, e []float64) {
	const grid = 161
	n := len(y)
	hs, ls := make([]float64, grid), make([]float64, grid)
	g := make([]float64, n) // 1 - 2^(-w/h)
	fit := func(h float64) (floor, rise, logLik float64) {
		floor, rise = .5, .5
		var ea, eb float64
		for w := range g {
			g[w] = -math.Expm1(-math.Ln2 * (float64(w) + .5) / h)
			ea += e[w]
			eb += e[w] * g[w]
		}
		for range 400 {
			var a, b float64
			for w, v := range g {
				if mu := floor + rise*v; mu > 0 {
					a += y[w] * floor / mu
					b += y[w] * rise * v / mu
				}
			}
			old := floor + rise
			floor, rise = a/ea, b/eb
			if math.Abs(floor+rise-old) < 1e-10 {
				break
			}
		}
		for w := range n {
			mu := e[w] * (floor + rise*g[w])
			if y[w] > 0 {
				logLik += y[w] * math.Log(mu)
			}
			logLik -= mu
		}
		return floor, rise, logLik
	}
	best := 0
	for i := range grid {
		hs[i] = .25 * math.Pow(104/.25, float64(i)/(grid-1))
		_, _, ls[i] = fit(hs[i])
		if ls[i] > ls[best] {
			best = i
		}
	}
	floor, rise, _ := fit(hs[best])
	t := stat.TQuantile(.975, r.DF)
	low, high := grid, -1
	for i, l := range ls {
		if 2*(ls[best]-l) <= r.Phi*t*t {
			low, high = min(low, i), max(high, i)
		}
	}
	r.HalfLife, r.Floor, r.Level = hs[best], floor, floor+rise
	r.HalfLow, r.HalfHigh = hs[low], hs[high]
	if low == 0 {
		r.HalfLow = 0
	}
	if high == grid-1 {
		r.HalfHigh = math.Inf(1)
	}
}

// trend is the z score of the last weeks of the baseline against those before.
func (s *series) trend(d athar.Day, buf []float64) float64 {
	for w := range buf {
		from := d - athar.Day(7*(Before-w))
		buf[w] = s.sum(s.count, from, 7) * 7 / s.sum(s.expect, from, 7)
	}
	z, _, _ := stat.Surge(buf[:Before-surgeLast], buf[Before-surgeLast:])
	return z
}

// windows is how many of the sorted dates have weeks 0 to 8 to themselves.
func windows(days []athar.Day) int {
	n := 0
	var last athar.Day
	for _, d := range days {
		if n == 0 || d-last >= 7*Hit {
			last = d
			n++
		}
	}
	return n
}

// placebo compares the losses with as many dates at which no loss was near. A
// date may stand for a loss if its whole window is in the record, it lies in a
// Ramadan only if the loss does, and its course before was as steep (z within
// 0.5); where too few dates are as steep, any course will do. Dates move in
// steps of a week. If losses were dates like others, theirs would be one choice
// among all choices of as many dates; so each draw takes a date for every loss,
// none of them near another, from those dates and from the losses that are like
// it, a loss with the probability of one window among those that do not overlap.
// The statistic S is [stack.score], and
//
//	P = (1 + #{S* <= S})/(1 + draws).
func (k *stack) placebo(days, losses []athar.Day, o Options) Placebo {
	p := Placebo{P: math.NaN(), Least: math.NaN(), Matched: true}
	s := k.s
	buf := make([]float64, Before)
	type date struct {
		day athar.Day
		z   float64
	}
	var free []date
	for d := s.span.First + 7*Before; s.covers(d); d += 7 {
		near := slices.ContainsFunc(losses, func(l athar.Day) bool { return distance(l, d) <= 7*Apart })
		if !near && s.sum(s.calm, d-7*Before, 7*Before) >= needBaseline {
			free = append(free, date{d, s.trend(d, buf)})
		}
	}
	own := make([]date, len(days))
	for j, d := range days {
		own[j] = date{d, s.trend(d, buf)}
	}
	ramadan := func(d athar.Day) bool { return s.ramadan[d-s.span.First] }
	alike := func(from []date, a date, season, course bool) (out []athar.Day) {
		for _, f := range from {
			if f.day == a.day || (!season || ramadan(f.day) == ramadan(a.day)) && (!course || math.Abs(f.z-a.z) <= surgeWithin) {
				out = append(out, f.day)
			}
		}
		return out
	}
	pools, real, share := make([][]athar.Day, len(days)), make([][]athar.Day, len(days)), make([]float64, len(days))
	total := 0.0
	for j, a := range own {
		// What a date must share with the loss, less and less. The seasons' effects
		// are taken out anyhow, so that a loss in Ramadan, of which there are few, may
		// be compared with other days.
		tries := []struct{ season, course bool }{{true, true}, {true, false}}
		if ramadan(a.day) {
			tries = append(tries, struct{ season, course bool }{false, false})
		}
		enough := false
		for _, c := range tries {
			pools[j], real[j] = alike(free, a, c.season, c.course), alike(own, a, c.season, c.course)
			if enough = len(pools[j]) >= needPlacebos && windows(pools[j]) >= needWindows; enough {
				p.Matched = p.Matched && c.course
				break
			}
		}
		w := windows(pools[j])
		if !enough {
			p.Refusal = athar.Refuse("resumption-placebo-few", "n", len(pools[j]), "need", needPlacebos, "windows", w, "apart", needWindows)
			return p
		}
		p.Dates += len(pools[j])
		n := float64(len(real[j]))
		share[j] = n / (n + float64(w))
		total += float64(w)
	}
	p.Dates /= len(days)
	k.load(days)
	observed := k.score()
	rnd := stat.Stream(o.Seed, "resume/placebo", 0)
	drawn := make([]athar.Day, len(days))
	reached := 0
	for try := 0; p.Draws < o.Placebos && try < 50*o.Placebos; try++ {
		for j := range drawn {
			from := pools[j]
			if rnd.Float64() < share[j] {
				from = real[j]
			}
			drawn[j] = from[rnd.IntN(len(from))]
		}
		if crowded(drawn) {
			continue
		}
		k.load(drawn)
		p.Draws++
		if k.score() <= observed+1e-9 {
			reached++
		}
	}
	if p.Draws < o.Placebos/2 {
		p.Refusal = athar.Refuse("resumption-placebo-crowded", "losses", len(days), "dates", p.Dates)
		return p
	}
	p.P = float64(1+reached) / float64(1+p.Draws)
	// One choice among all choices of J windows out of J + W.
	j, w := float64(len(days)), total/float64(len(days))
	choose := func(n, k float64) float64 {
		a, _ := math.Lgamma(n + 1)
		b, _ := math.Lgamma(k + 1)
		c, _ := math.Lgamma(n - k + 1)
		return math.Exp(a - b - c)
	}
	p.Least = max(1/choose(j+w, j), 1/float64(1+p.Draws))
	return p
}

// crowded reports whether two dates are too near to each other to both be used.
func crowded(days []athar.Day) bool {
	for i, d := range days {
		for _, e := range days[:i] {
			if distance(d, e) <= 7*Apart {
				return true
			}
		}
	}
	return false
}

// compare sets the losses beside attempts that failed, which are usable under
// the same rules and not near a loss.
func (r *Result) compare(s *series, losses, failed []loss, lnR float64) {
	var days []athar.Day
	for i, f := range failed {
		near := slices.ContainsFunc(losses, func(l loss) bool { return distance(l.day, f.day) <= 7*Apart })
		if !near && s.unusable(failed, i) == nil {
			days = append(days, f.day)
		}
	}
	if r.Failed.N = len(days); len(days) == 0 {
		return
	}
	k := &stack{s: s}
	b, se, _, df := k.estimate(days)
	t := stat.TQuantile(.975, df)
	c := &r.Failed
	c.Ratio, c.Low, c.High = math.Exp(b), math.Exp(b-t*se), math.Exp(b+t*se)
	t = stat.TQuantile(.975, min(df, r.DF))
	both := math.Hypot(se, r.SE)
	c.Relative = math.Exp(lnR - b)
	c.RelativeLow, c.RelativeHigh = math.Exp(lnR-b-t*both), math.Exp(lnR-b+t*both)
}

// Indicators is "resumption": Before is the events a week of the baselines, After
// those of weeks 0 to 8, Change the ratio of the Poisson regression with a
// level for each loss, seasons taken out, and P its two-sided p value. It
// Supports a resilient tempo if the interval lies above 0.8 and placebo dates do not
// find the fall unusual, Opposes it (a disruption) if the interval lies below 1
// and they do, and is Neither otherwise, always so with fewer than three usable
// losses. Curves: "weeks" with its band and "fit" by weeks since the loss, and
// "not-regained", the share of losses after which activity is not yet back.
// Further numbers and the losses left out are in the warnings.
func Indicators(p *athar.Pattern, seed uint64) []athar.Indicator {
	r := Analyse(p, Options{Seed: seed})
	nan := athar.Num(math.NaN())
	i := athar.Indicator{
		Code: "resumption", Group: athar.GroupTemporal, Ratio: true,
		Before: nan, After: nan, FarBefore: nan, FarAfter: nan,
		Change: athar.Num(r.Ratio), Low: athar.Num(r.Low), High: athar.Num(r.High),
		P: athar.Num(r.P), HolmP: nan, MDE: nan,
		Reading: athar.Neither,
	}
	i.Warnings = append(i.Warnings, r.Excluded...)
	i.Warnings = append(i.Warnings, r.Notes...)
	if r.Refusal != nil {
		i.Refusal, i.Reading = r.Refusal, athar.Refused
		return []athar.Indicator{i}
	}
	rate, events := 0.0, 0.0
	for _, c := range r.Used {
		rate += c.Rate
		events += c.Events
	}
	n := float64(len(r.Used))
	i.Before, i.After, i.N = athar.Num(rate/n), athar.Num(events/n/Hit), int(events)
	_, rise := stat.MDE(r.SE, r.DF)
	i.MDE = athar.Num(rise)
	switch {
	case len(r.Used) < needLosses:
		i.Warnings = append(i.Warnings, athar.NewNote("resumption-case", "n", len(r.Used), "need", needLosses))
	case r.Low > supports && r.Placebo.P >= .05:
		i.Reading = athar.Supports
	case r.High < 1 && r.Placebo.P < .05:
		i.Reading = athar.Opposes
	}
	i.Warnings = append(i.Warnings, r.says()...)
	i.Curves = r.curves()
	return []athar.Indicator{i}
}

// says are the further numbers as notes.
func (r *Result) says() (out []athar.Note) {
	add := func(n athar.Note) { out = append(out, n) }
	num := func(x float64) athar.Num { return athar.Num(x) }
	if why := r.Placebo.Refusal; why != nil {
		add(why.Reason)
	} else {
		add(athar.NewNote("resumption-placebo", "p", num(r.Placebo.P), "draws", r.Placebo.Draws, "dates", r.Placebo.Dates, "least", num(r.Placebo.Least)))
		if !r.Placebo.Matched {
			add(athar.NewNote("resumption-placebo-unmatched"))
		}
	}
	add(athar.NewNote("resumption-lost", "n", len(r.Used), "lost", num(r.Lost), "low", num(r.LostLow), "high", num(r.LostHigh)))
	if math.IsNaN(r.HalfLife) {
		add(athar.NewNote("resumption-no-fall"))
	} else {
		add(athar.NewNote("resumption-half-life", "weeks", num(r.HalfLife), "low", num(r.HalfLow), "high", num(r.HalfHigh)))
	}
	back := 0
	for _, c := range r.Used {
		if !c.Censored {
			back++
		}
	}
	if math.IsNaN(r.Median) {
		add(athar.NewNote("resumption-not-regained", "back", back, "of", len(r.Used)))
	} else {
		add(athar.NewNote("resumption-regained", "back", back, "of", len(r.Used), "weeks", num(r.Median)))
	}
	if f := r.Failed; f.N > 0 {
		add(athar.NewNote("resumption-failed", "n", f.N, "ratio", num(f.Ratio), "low", num(f.Low), "high", num(f.High),
			"relative", num(f.Relative), "from", num(f.RelativeLow), "to", num(f.RelativeHigh)))
	}
	if r.Phi > 1 {
		add(athar.NewNote("resumption-overdispersed", "phi", num(r.Phi)))
	}
	add(athar.NewNote("resumption-selection"))
	add(athar.NewNote("resumption-literature"))
	return out
}

func (r *Result) curves() []athar.Curve {
	nums := func(x []float64) []athar.Num {
		out := make([]athar.Num, len(x))
		for i, v := range x {
			out[i] = athar.Num(v)
		}
		return out
	}
	w := r.Weeks
	out := []athar.Curve{{Code: "weeks", X: nums(w.Week), Y: nums(w.Ratio), Low: nums(w.Low), High: nums(w.High)}}
	if !math.IsNaN(r.HalfLife) {
		out = append(out, athar.Curve{Code: "fit", X: nums(w.Week[Before:]), Y: nums(w.Fit[Before:])})
	}
	return append(out, athar.Curve{Code: "not-regained", X: nums(r.Km.Week), Y: nums(r.Km.Share), Low: nums(r.Km.Low), High: nums(r.Km.High)})
}
