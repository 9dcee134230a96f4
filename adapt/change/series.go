package change

import (
	"math"
	"sort"
	"time"

	"athar"
	"athar/stat"
)

// What the calendar's share in the counts needs.
const (
	seasonDays = 730
	spare      = 10 // periods more than parameters
)

// series is the counts of some areas by week or month.
type series struct {
	scale
	weekly   bool
	days     int
	when     []athar.Span
	count    []float64
	exposure []float64 // relative to the mean period
	events   float64
	left     int       // events whose span lies in no period for at least half
	first    int       // period in which the campaign may have begun at the earliest
	last     int       // and at the latest
	starts   []float64 // the chance of each from first to last
	season   bool
}

func newSeries(p *athar.Pattern) (*series, *athar.Refusal) {
	if p.Grain > MaxGrain {
		return nil, athar.Refuse("break-coarse", "days", p.Grain, "most", MaxGrain)
	}
	near := athar.PatternArea.Near
	total, before := 0, 0
	for _, r := range p.Records {
		if near(p.Areas[r.Area]) {
			total += r.N
			if p.Before.Has(r.When.Mid()) {
				before += r.N
			}
		}
	}
	if total < MinEvents {
		return nil, athar.Refuse("break-few-events", "n", total, "need", MinEvents)
	}
	s := &series{scale: months}
	if s.weekly = p.Grain <= 7 && before*7 >= MinWeekly*p.Before.Days(); s.weekly {
		s.scale = weeks
	}
	whole := athar.Span{First: p.Before.First, Last: p.After.Last}
	if s.weekly {
		s.cutWeeks(p, whole)
	} else {
		s.cutMonths(whole)
	}
	n := len(s.when)
	at := func(d athar.Day) int { return sort.Search(n, func(t int) bool { return s.when[t].Last >= d }) }
	s.first, s.last = at(p.Start.First), at(p.Start.Last)
	if n < 2*s.minimum || s.first < s.minimum || n-s.last < MinAfter {
		return nil, athar.Refuse("break-short", "before", min(s.first, n), "need_before", s.minimum, "after", max(0, n-s.last), "need_after", MinAfter)
	}
	s.starts = make([]float64, s.last-s.first+1)
	for t := range s.starts {
		s.starts[t] = float64(s.when[s.first+t].Overlap(p.Start)) / float64(p.Start.Days())
	}
	s.load(p, near)
	if s.events < MinEvents {
		return nil, athar.Refuse("break-few-events", "n", int(s.events), "need", MinEvents)
	}
	s.adjust(p)
	return s, nil
}

// cutWeeks makes whole weeks. Records of weeks keep their own; otherwise the
// first day on which the campaign may have begun opens a week.
func (s *series) cutWeeks(p *athar.Pattern, whole athar.Span) {
	open := int(p.Start.First)
	if p.Grain > 1 {
		var days [7]int
		for _, r := range p.Records {
			if r.When.Days() == 7 {
				days[(int(r.When.First)%7+7)%7] += r.N
			}
		}
		most := 0
		for d, n := range days {
			if n > most {
				most, open = n, d
			}
		}
	}
	d := int(whole.First) + ((open-int(whole.First))%7+7)%7
	for ; d+6 <= int(whole.Last); d += 7 {
		s.add(athar.Span{First: athar.Day(d), Last: athar.Day(d + 6)}, whole)
	}
}

// cutMonths makes calendar months; those of which less than half is covered are
// left out.
func (s *series) cutMonths(whole athar.Span) {
	y, m, _ := whole.First.Time().Date()
	for {
		span := athar.Span{First: athar.Date(y, m, 1), Last: athar.Date(y, m+1, 1) - 1}
		if span.First > whole.Last {
			return
		}
		if 2*span.Overlap(whole) >= span.Days() {
			s.add(span, whole)
		}
		if m++; m > time.December {
			y, m = y+1, time.January
		}
	}
}

func (s *series) add(span, whole athar.Span) {
	s.when = append(s.when, span)
	s.exposure = append(s.exposure, float64(span.Overlap(whole)))
	s.days += span.Overlap(whole)
}

// load counts the events of some areas. An event belongs to the period that holds
// at least half of its span.
func (s *series) load(p *athar.Pattern, of func(athar.PatternArea) bool) {
	whole := athar.Span{First: p.Before.First, Last: p.After.Last}
	s.count, s.events, s.left = make([]float64, len(s.when)), 0, 0
	e := make([]float64, len(s.when))
	mean := float64(s.days) / float64(len(s.when))
	for t, w := range s.when {
		e[t] = float64(w.Overlap(whole)) / mean
	}
	s.exposure = e
	for _, r := range p.Records {
		if !of(p.Areas[r.Area]) {
			continue
		}
		t := sort.Search(len(s.when), func(t int) bool { return s.when[t].Last >= r.When.Mid() })
		switch {
		case t == len(s.when) || !s.when[t].Has(r.When.Mid()):
			// In the days at the ends that fill no period.
		case 2*s.when[t].Overlap(r.When) < r.When.Days():
			s.left += r.N
		default:
			s.count[t] += float64(r.N)
			s.events += float64(r.N)
		}
	}
}

// adjust multiplies the exposure by what season and calendar make of it:
//
//	ln mu_t = ln exposure_t + a + b 1(t >= k) + season_t + sum_j c_j share_jt,
//
// with the k that fits best, so that a break is not taken for season. The season is
// one pair of harmonics, where there are two years of data and it gains more than
// 2 ln n times the dispersion. A dated span enters by its share of each period if
// its name recurs: what happened once cannot be told from a break.
func (s *series) adjust(p *athar.Pattern) {
	n := len(s.count)
	var columns [][]float64
	var done []athar.Names
	for _, c := range p.Calendar {
		seen := false
		for _, d := range done {
			seen = seen || d == c.Name
		}
		if seen {
			continue
		}
		done = append(done, c.Name)
		share := make([]float64, n)
		times := 0
		for _, d := range p.Calendar {
			if d.Name != c.Name {
				continue
			}
			in := 0.0
			for t, w := range s.when {
				v := float64(w.Overlap(d.When)) / float64(w.Days())
				share[t] += v
				in += v
			}
			if in >= 1 {
				times++
			}
		}
		if times >= 2 && len(columns)+2+spare <= n {
			columns = append(columns, share)
		}
	}
	s.season = false
	dev, beta, _ := s.around(columns)
	if s.days >= seasonDays && len(columns)+4+spare <= n {
		sin, cos := make([]float64, n), make([]float64, n)
		for t := range sin {
			// By date, so that months of uneven length keep their place in the year.
			a := 2 * math.Pi * float64(s.when[t].Mid()) / 365.25
			sin[t], cos[t] = math.Sin(a), math.Cos(a)
		}
		more := append(append([][]float64{}, columns...), sin, cos)
		if d, b, phi := s.around(more); dev-d > max(1, phi)*2*math.Log(float64(n)) {
			columns, beta, s.season = more, b, true
		}
	}
	if len(columns) == 0 || beta == nil {
		s.season = false
		return
	}
	total, base := 0.0, 0.0
	for t := range s.exposure {
		f := 0.0
		for j, c := range columns {
			f += beta[2+j] * c[t]
		}
		base += s.exposure[t]
		s.exposure[t] *= math.Exp(max(-4, min(4, f)))
		total += s.exposure[t]
	}
	for t := range s.exposure {
		s.exposure[t] *= base / total
	}
}

// around fits the columns beside a step wherever that fits best; steps are tried at
// no more than about sixty places, which moves the columns' coefficients little.
// beta is nil where no fit settles.
func (s *series) around(columns [][]float64) (dev float64, beta []float64, phi float64) {
	n, p := len(s.count), 2+len(columns)
	dev = math.Inf(1)
	x, offset := make([]float64, n*p), make([]float64, n)
	for t := range n {
		x[t*p] = 1
		for j, c := range columns {
			x[t*p+2+j] = c[t]
		}
		offset[t] = math.Log(s.exposure[t])
	}
	var reg stat.Regression
	for k := s.minimum; k <= n-s.minimum; k += 1 + n/60 {
		for t := range n {
			x[t*p+1] = 0
			if t >= k {
				x[t*p+1] = 1
			}
		}
		if reg.Poisson(s.count, x, offset, p) == nil && reg.Deviance < dev {
			dev, phi = reg.Deviance, reg.Dispersion()
			beta = append(beta[:0], reg.Beta...)
		}
	}
	return dev, beta, phi
}
