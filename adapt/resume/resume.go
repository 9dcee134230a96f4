// Package resume asks what a group's activity did after it was reported to have
// lost leaders: whether it fell, for how long, and how soon it was back.
//
// The package thinks that a single loss is a case and only several are
// evidence: weeks are stacked around each loss, every loss is compared with its
// own half year before, and losses too near to each other are left out, by
// date. It thinks that losses come when pressure is high and activity is
// already changing, so that a fall counts only if it is also unusual among dates
// at which nothing was reported, that were approached by the same course. And
// it thinks that activity after a loss is all that it sees: quick return is
// "resilient tempo", never a successor. It knows days and levels, no names. The
// literature disagrees about what losses of leaders do (Johnston 2012, Price 2012,
// Jordan 2009), and every answer says so (METHODS.md C5).
package resume

import (
	"math"
	"slices"

	"athar"
	"athar/adapt/tempo"
	"athar/stat"
)

// The windows, in weeks, and what an answer needs.
const (
	Before = 26 // weeks of the baseline
	After  = 26 // weeks that are followed
	Hit    = 9  // weeks 0 to 8, in which a disruption is looked for
	Apart  = 8  // weeks; another loss as near or nearer disqualifies both

	sameEvent    = 7  // days: losses as near as this are one
	needBaseline = 10 // events in a loss's own baseline
	needLosses   = 3  // fewer are a case description
	needPlacebos = 19 // dates
	needWindows  = 5  // of Hit weeks that do not overlap
	surgeWithin  = .5 // of the loss's own pre-trend, in standard errors
	surgeLast    = 4  // weeks, against the rest of the baseline
	regained     = .9 // of the baseline
	smooth       = 4  // weeks of the mean that must regain it
	supports     = .8 // a fall by less than a fifth is no disruption
)

// Options of an analysis.
type Options struct {
	Placebos int // draws of dates; default 999
	Seed     uint64
}

// Result is what the weeks after losses show. Ratios are against each loss's
// own baseline; numbers are NaN where there is none.
type Result struct {
	Used     []Case
	Excluded []athar.Note // with the date of each

	Ratio, Low, High float64 // rate in weeks 0 to 8 over the baseline, 95% interval
	P                float64 // two-sided, of no change
	SE, DF, Phi      float64 // of ln Ratio; of the dispersion; variance over the Poisson's

	Placebo Placebo

	// Lost are events in weeks 0 to 8 that the baseline would have had and that
	// did not happen, of all losses together; negative where more happened.
	Lost, LostLow, LostHigh float64

	// HalfLife is how many weeks it takes until half of the way from the fall to
	// the later level is gone; 0 and Inf stand for limits that the weeks do not set.
	HalfLife, HalfLow, HalfHigh float64
	Floor, Level                float64 // ratio just after a loss, and in the long run

	// Median is the week by whose end half of the losses' 4-week means had
	// regained 90% of the baseline (Kaplan and Meier 1958); NaN if later than 26.
	Median float64
	Km     Survival

	Weeks Weeks

	// Failed is the same ratio after attempts that failed, and Ratio over it.
	Failed Comparison

	Notes   []athar.Note
	Refusal *athar.Refusal
}

// Case is one loss.
type Case struct {
	Day      athar.Day
	Level    athar.LossLevel
	Reported int     // losses within a week that were taken as this one
	Rate     float64 // events a week in the baseline
	Events   float64 // in weeks 0 to 8
	Ratio    float64
	Regained int  // week, 1 to 26, by whose end the 4-week mean was back
	Censored bool // it was not; Regained is then the last week seen
}

// Placebo is how unusual the fall is among dates at which nothing was reported.
type Placebo struct {
	P       float64 // one-sided: of a fall as deep
	Least   float64 // the smallest P that these dates could give
	Dates   int     // that may stand for a loss, on average
	Draws   int
	Matched bool // on the course before
	Refusal *athar.Refusal
}

// Survival is the share of losses not yet regained by the end of each week,
// with a pointwise 95% band (Greenwood, on the scale of ln(-ln S)).
type Survival struct {
	Week, Share, Low, High []float64
}

// Weeks are the stacked weeks, -26 to 26: events over those that the baselines
// expect, with a simultaneous (sup-t) 95% band, and the fitted recovery, NaN
// before 0 and where none was fitted.
type Weeks struct {
	Week, Ratio, Low, High, Fit []float64
}

// Comparison is the ratio after failed attempts.
type Comparison struct {
	N                int
	Ratio, Low, High float64
	// Relative is the losses' ratio over it.
	Relative, RelativeLow, RelativeHigh float64
}

// series is all activity by days, with prefix sums of counts and of expected
// activity by season.
type series struct {
	span   athar.Span
	count  []float64 // prefix sums, one longer than days
	expect []float64
	// The same without days in weeks 0 to 8 of any loss: what baselines and later
	// weeks are made of, so that one loss is not judged by another.
	calm, calmExpect []float64
	ramadan          []bool
	shares           [][]float64 // prefix sums of every season in the fit
	cov              []float64   // of the seasons' coefficients
	unplaced         int
	dropped          []athar.Names // seasons that say nothing here
}

func (s *series) sum(x []float64, from athar.Day, days int) float64 {
	i := int(from - s.span.First)
	return x[i+days] - x[i]
}

// covers reports whether a window around d has its baseline and its weeks 0 to 8.
func (s *series) covers(d athar.Day) bool {
	return d-7*Before >= s.span.First && d+7*Hit-1 <= s.span.Last
}

// newSeries places the records. A record counts in the middle of its days; one
// that spans more than a week beyond the grain of weeks has no place. Seasons'
// effects come from all weeks of the record that lie in no loss's weeks 0 to 8,
//
//	ln mu_t = level of the half year + sum_s g_s share_st,
//
// where there is more to learn them from than in the stacked windows.
func newSeries(p *athar.Pattern, losses []athar.Day) *series {
	s := &series{span: athar.Span{First: p.Before.First, Last: p.After.Last}}
	switch { // a pattern with one stretch only covers that one
	case p.Before.Days() == 0:
		s.span = p.After
	case p.After.Days() == 0:
		s.span = p.Before
	}
	n := s.span.Days()
	s.count, s.expect, s.ramadan = make([]float64, n+1), make([]float64, n+1), make([]bool, n)
	for _, e := range p.Records {
		switch d := e.When.Mid(); {
		case !s.span.Has(d):
		case e.When.Days() > 13:
			s.unplaced += e.N
		default:
			s.count[d-s.span.First+1] += float64(e.N)
		}
	}
	days := make([]athar.Span, n)
	for i := range days {
		s.count[i+1] += s.count[i]
		d := s.span.First + athar.Day(i)
		days[i] = athar.Span{First: d, Last: d}
	}
	factor := s.seasons(tempo.Seasons(p.Calendar, days), losses)
	s.calm, s.calmExpect = make([]float64, n+1), make([]float64, n+1)
	for i, f := range factor {
		s.expect[i+1] = s.expect[i] + f
		s.calm[i+1], s.calmExpect[i+1] = s.calm[i], s.calmExpect[i]
		d := s.span.First + athar.Day(i)
		if !slices.ContainsFunc(losses, func(l athar.Day) bool { return d >= l && d < l+7*Hit }) {
			s.calm[i+1] += s.count[i+1] - s.count[i]
			s.calmExpect[i+1] += f
		}
	}
	return s
}

// seasons estimates the seasons' effects and returns each day's factor.
func (s *series) seasons(all []tempo.Season, losses []athar.Day) []float64 {
	n := s.span.Days()
	factor := make([]float64, n)
	for i := range factor {
		factor[i] = 1
	}
	for _, a := range all {
		if tempo.IsRamadan(a.Name) {
			for i, v := range a.Share {
				s.ramadan[i] = v > 0
			}
		}
	}
	// Rows are weeks that are no loss's.
	var rows []athar.Day
	for d := s.span.First; d+6 <= s.span.Last; d += 7 {
		if !slices.ContainsFunc(losses, func(l athar.Day) bool { return d+6 >= l && d < l+7*Hit }) {
			rows = append(rows, d)
		}
	}
	half := func(d athar.Day) int { return int(d-s.span.First) / (7 * 26) }
	blocks := 0
	of, size := map[int]int{}, map[int]float64{}
	for _, d := range rows {
		size[half(d)] += s.sum(s.count, d, 7)
	}
	kept := rows[:0]
	for _, d := range rows {
		if b := half(d); size[b] > 0 {
			if _, ok := of[b]; !ok {
				of[b] = blocks
				blocks++
			}
			kept = append(kept, d)
		}
	}
	rows = kept
	var names []athar.Names
	for _, a := range all {
		prefix := make([]float64, n+1)
		for i, v := range a.Share {
			prefix[i+1] = prefix[i] + v
		}
		in, out := 0.0, 0.0
		for _, d := range rows {
			v := s.sum(prefix, d, 7) / 7
			in, out = in+v, out+1-v
		}
		if in >= 2 && out >= 2 {
			s.shares, names = append(s.shares, prefix), append(names, a.Name)
		} else if prefix[n] > 0 {
			s.dropped = append(s.dropped, a.Name)
		}
	}
	k := len(s.shares)
	if k == 0 {
		return factor
	}
	p := blocks + k
	x, y := make([]float64, len(rows)*p), make([]float64, len(rows))
	for i, d := range rows {
		x[i*p+of[half(d)]] = 1
		for j, prefix := range s.shares {
			x[i*p+blocks+j] = s.sum(prefix, d, 7) / 7
		}
		y[i] = s.sum(s.count, d, 7)
	}
	var fit stat.Regression
	err := fit.Poisson(y, x, nil, p)
	phi, df := math.NaN(), 0.0
	if err == nil {
		phi, df = tempo.Dispersion(y, fit.Mu, fit.Rank, 0)
	}
	if err != nil || !(df >= 1) {
		s.dropped, s.shares = append(s.dropped, names...), nil
		return factor
	}
	s.cov = make([]float64, k*k)
	for i := range k {
		for j := range k {
			s.cov[i*k+j] = phi * fit.Cov[(blocks+i)*p+blocks+j]
		}
	}
	for i := range factor {
		g := 0.0
		for j, prefix := range s.shares {
			g += fit.Beta[blocks+j] * (prefix[i+1] - prefix[i])
		}
		factor[i] = math.Exp(g)
	}
	return factor
}

// stack estimates the ratio common to the windows of some dates.
type stack struct {
	s *series
	// By date: events and expectation before and in weeks 0 to 8.
	y0, e0, y1, e1 []float64
}

func (k *stack) load(days []athar.Day) {
	k.y0, k.e0, k.y1, k.e1 = k.y0[:0], k.e0[:0], k.y1[:0], k.e1[:0]
	for _, d := range days {
		k.y0 = append(k.y0, k.s.sum(k.s.calm, d-7*Before, 7*Before))
		k.e0 = append(k.e0, k.s.sum(k.s.calmExpect, d-7*Before, 7*Before))
		k.y1 = append(k.y1, k.s.sum(k.s.count, d, 7*Hit))
		k.e1 = append(k.e1, k.s.sum(k.s.expect, d, 7*Hit))
	}
}

// ratio solves the likelihood of a Poisson regression with a level for each
// date and one dummy for weeks 0 to 8. Given each date's total n_j, the events
// of those weeks are binomial,
//
//	sum_j y1_j = sum_j n_j pi_j,  pi_j = R e1_j/(e0_j + R e1_j),
//
// which rises in ln R, and the variance of ln R is 1/sum n_j pi_j (1 - pi_j). With no event
// in those weeks half an event stands in for none, so that R has an interval.
func (k *stack) ratio() (lnR, variance float64) {
	target, all := 0.0, 0.0
	for j, y := range k.y1 {
		target += y
		all += y + k.y0[j]
	}
	if all == 0 {
		return math.NaN(), math.NaN()
	}
	target = min(max(target, .5), all-.5)
	low, high := -30.0, 30.0
	for range 100 {
		sum := 0.0
		variance = 0
		r := math.Exp(lnR)
		for j := range k.y0 {
			pi := r * k.e1[j] / (k.e0[j] + r*k.e1[j])
			n := k.y0[j] + k.y1[j]
			sum += n * pi
			variance += n * pi * (1 - pi)
		}
		if sum > target {
			high = lnR
		} else {
			low = lnR
		}
		next := lnR + (target-sum)/variance
		if !(next > low && next < high) {
			next = (low + high) / 2
		}
		if math.Abs(next-lnR) < 1e-12 {
			break
		}
		lnR = next
	}
	return lnR, 1 / variance
}

// score is the score statistic of R = 1,
//
//	(sum_j y1_j - n_j pi_j) / sqrt(sum_j n_j pi_j (1 - pi_j)),  pi_j = e1_j/(e0_j + e1_j),
//
// which orders sets of dates by how deep the fall is, also where nothing is left,
// and needs no iteration.
func (k *stack) score() float64 {
	var u, v float64
	for j, y := range k.y1 {
		pi, n := k.e1[j]/(k.e0[j]+k.e1[j]), y+k.y0[j]
		u += y - n*pi
		v += n * pi * (1 - pi)
	}
	return u / math.Sqrt(v)
}

// dispersion is the variance of counts over the fitted means, the larger of
// that of weeks and that of sums of about nine weeks, which is as long as what is
// looked for; at least 1.
func (k *stack) dispersion(days []athar.Day, lnR float64) (phi, df float64) {
	var week, long, weeks, longs float64
	for j, d := range days {
		level := (k.y0[j] + k.y1[j]) / (k.e0[j] + math.Exp(lnR)*k.e1[j])
		cell := func(w, n int, sum, cells *float64) {
			from := d + athar.Day(7*w)
			counts, expect, level := k.s.calm, k.s.calmExpect, level
			if w >= 0 {
				counts, expect, level = k.s.count, k.s.expect, level*math.Exp(lnR)
			}
			mu := level * k.s.sum(expect, from, 7*n)
			if mu > 0 {
				e := k.s.sum(counts, from, 7*n) - mu
				*sum += e * e / mu
				*cells++
			}
		}
		for w := -Before; w < Hit; w++ {
			cell(w, 1, &week, &weeks)
		}
		cell(-26, 9, &long, &longs)
		cell(-17, 8, &long, &longs)
		cell(-9, 9, &long, &longs)
		cell(0, 9, &long, &longs)
	}
	parameters := float64(len(days)) + 1
	df = weeks - parameters
	phi = week / df
	if d := longs - parameters; d >= 5 && long/d > phi {
		phi, df = long/d, d
	}
	return max(1, phi), df
}

// calendar is what not knowing the seasons' effects exactly adds to the
// variance of ln R: d'Vd, d the difference between the shares of weeks 0 to 8
// and of the baselines, each loss by its events.
func (k *stack) calendar(days []athar.Day) float64 {
	if len(k.s.shares) == 0 {
		return 0
	}
	d := make([]float64, len(k.s.shares))
	total := 0.0
	for _, y := range k.y0 {
		total += y
	}
	for i, prefix := range k.s.shares {
		for j, t := range days {
			d[i] += k.y0[j] / total * (k.s.sum(prefix, t, 7*Hit)/(7*Hit) - k.s.sum(prefix, t-7*Before, 7*Before)/(7*Before))
		}
	}
	return stat.Quad(k.s.cov, d)
}

// estimate is the ratio of the loaded dates with its standard error.
func (k *stack) estimate(days []athar.Day) (lnR, se, phi, df float64) {
	k.load(days)
	lnR, v := k.ratio()
	phi, df = k.dispersion(days, lnR)
	return lnR, math.Sqrt(phi*v + k.calendar(days)), phi, df
}
