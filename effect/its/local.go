package its

import (
	"fmt"
	"math"
	"slices"

	"athar"
	"athar/stat"
)

// MinLocal is the mean count a period before the campaign from which on roots of
// counts are continuous enough for [LocalLevel].
const MinLocal = 10

// local estimates the series as a level that walks at random, season and
// Ramadan, on roots of counts ([stat.Root], [stat.LevelRegression]). Only the
// time before the campaign is fitted; its forecast is the counterfactual S*.
//
//	RR = S / mean of S*,
//
// with the central 95% of the ratio that makes each draw of S* the observed S
// ([stat.RootRatio]) as interval, and p twice the smaller tail of S*. The ratio of the
// two variances is taken as known: an intensity that persists without walking away makes the
// interval too short.
func local(s Series, o Options) Result {
	m := &model{s: s, o: o}
	m.res.LjungBox, m.res.Theta, m.res.Dispersion = math.NaN(), math.NaN(), math.NaN()
	counts, points := map[athar.Phase]float64{}, map[athar.Phase]int{}
	all, days, last, span := 0.0, 0.0, -1, 0
	for t, q := range s.Periods {
		if q.Phase == athar.Pre {
			last = t
		}
		if q.Days > 0 {
			counts[q.Phase] += s.Count[t]
			points[q.Phase]++
			days += q.Days
			all++
		}
	}
	m.res.Pre = points[athar.Pre]
	var rows []int // from the first period before to the last one after
	pre := 0
	for t, q := range s.Periods {
		if q.Phase == athar.Outside || t <= last && q.Phase != athar.Pre && len(rows) == 0 {
			continue
		}
		rows = append(rows, t)
		if t <= last {
			pre++
			span += q.Span.Days()
		}
	}
	mean := counts[athar.Pre] / float64(m.res.Pre)
	switch {
	case m.res.Pre < MinPre:
		m.res.Refusal = athar.Refuse("few-pre-periods", "n", m.res.Pre, "need", MinPre)
	case counts[athar.Pre] == 0:
		m.res.Refusal = athar.Refuse("no-pre-events")
	case mean < MinLocal:
		m.res.Refusal = athar.Refuse("low-mean", "mean", athar.Num(mean), "need", MinLocal)
	}
	ratio, sum, expected := map[athar.Phase][]float64{}, map[athar.Phase][]float64{}, map[athar.Phase]float64{}
	if m.res.Refusal == nil {
		w := make([]float64, len(rows))
		y := make([]float64, pre)
		for i, t := range rows {
			w[i] = s.Periods[t].Days * all / days
			if i >= pre {
				continue
			}
			if y[i] = math.NaN(); w[i] > 0 && s.Periods[t].Phase == athar.Pre {
				y[i] = stat.Root(s.Count[t], w[i])
			}
		}
		x, p := m.regressors(rows, pre, span)
		fit, err := stat.FitLevel(y, x[:pre*p], p)
		if err != nil {
			m.res.Refusal = athar.Refuse("few-points", "n", m.res.Pre, "parameters", p+3)
		} else {
			m.res.Dispersion = fit.Eps
			m.forecast(fit, rows, pre, x[pre*p:], w, counts, ratio, sum, expected)
		}
	}
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		if points[ph] == 0 {
			continue
		}
		e := m.blank(ph)
		e.EventsPre, e.Periods, e.Observed = int(counts[athar.Pre]), points[ph], athar.Num(counts[ph])
		if e.Refusal = m.res.Refusal; e.Refusal == nil {
			m.phi = max(1, m.res.Dispersion)
			m.fromDraws(&e, counts, ratio[ph], sum[ph], expected[ph])
		}
		m.res.Effects = append(m.res.Effects, e)
	}
	return m.res
}

// regressors are one yearly wave, or two where there is room, and Ramadan.
func (m *model) regressors(rows []int, pre, span int) (x []float64, p int) {
	per := year(m.s.Periods)
	k := 0
	if span >= SeasonDays {
		k = min(2, int((per-1)/2))
	}
	for k > 0 && m.res.Pre-1-2*k < spare {
		k--
	}
	if k == 0 {
		m.say("no-season", "days", span, "need", SeasonDays)
	}
	least, most := math.Inf(1), math.Inf(-1)
	for _, t := range rows[:pre] {
		least, most = min(least, m.s.Periods[t].Ramadan), max(most, m.s.Periods[t].Ramadan)
	}
	p = 2 * k
	ramadan := most > least && m.res.Pre >= p+2+spare
	if ramadan {
		p++
	}
	for _, t := range rows {
		for j := 1; j <= k; j++ {
			sin, cos := math.Sincos(2 * math.Pi * float64(j) * float64(t) / per)
			x = append(x, sin, cos)
		}
		if ramadan {
			x = append(x, m.s.Periods[t].Ramadan)
		}
	}
	return x, p
}

// forecast draws S* and the ratio of each phase, and fills Expected.
func (m *model) forecast(fit *stat.LevelRegression, rows []int, pre int, x, w []float64, counts map[athar.Phase]float64,
	ratio, sum map[athar.Phase][]float64, expected map[athar.Phase]float64) {
	ahead := len(rows) - pre
	mean, noise := make([]float64, ahead), make([]float64, ahead)
	draws := max(2000, m.o.Draws)
	path := make([][]float64, ahead)
	r := stat.Stream(m.o.Seed, fmt.Sprintf("its/%s/%s/%s/%s", m.o.Campaign, m.o.Area, m.o.Question, m.o.Spec), m.o.Ring)
	u, e, v := make([]float64, 0, ahead), make([]float64, 0, ahead), make([]float64, 0, ahead)
	for range draws {
		fit.Forecast(x, mean, noise, r)
		for h, t := range rows[pre:] {
			if m.s.Periods[t].Days > 0 {
				path[h] = append(path[h], stat.Unroot(mean[h]+noise[h], w[pre+h]))
			}
		}
		for _, ph := range []athar.Phase{athar.During, athar.Post} {
			u, e, v = u[:0], e[:0], v[:0]
			total := 0.0
			for h, t := range rows[pre:] {
				if q := m.s.Periods[t]; q.Phase == ph && q.Days > 0 {
					u, e, v = append(u, mean[h]), append(e, noise[h]), append(v, w[pre+h])
					total += path[h][len(path[h])-1]
				}
			}
			if len(u) > 0 {
				ratio[ph] = append(ratio[ph], stat.RootRatio(counts[ph], u, e, v))
				sum[ph] = append(sum[ph], total)
				expected[ph] += total / float64(draws)
			}
		}
	}
	nan := athar.Num(math.NaN())
	rs := athar.RoleSeries{Areas: m.o.Areas}
	for range m.s.Periods {
		rs.Observed, rs.Expected = append(rs.Observed, nan), append(rs.Expected, nan)
		rs.Low, rs.High = append(rs.Low, nan), append(rs.High, nan)
	}
	for i, t := range rows {
		q := m.s.Periods[t]
		if q.Days <= 0 || q.Phase == athar.WashIn {
			continue
		}
		rs.Observed[t] = athar.Num(m.s.Count[t])
		if i < pre {
			continue
		}
		d := path[i-pre]
		total := 0.0
		for _, c := range d {
			total += c
		}
		slices.Sort(d)
		rs.Expected[t] = athar.Num(total / float64(len(d)))
		rs.Low[t], rs.High[t] = athar.Num(stat.Quantile(d, .025)), athar.Num(stat.Quantile(d, .975))
	}
	m.res.Expected = rs
}

// fromDraws fills e.
func (m *model) fromDraws(e *athar.Effect, counts map[athar.Phase]float64, ratio, sum []float64, expected float64) {
	s := float64(e.Observed)
	e.Expected, e.Avoided, e.Dispersion = athar.Num(expected), athar.Num(expected-s), athar.Num(m.phi)
	if s == 0 {
		m.zero(e, counts[athar.Pre], expected)
		return
	}
	p, se := stat.Tail(s, sum)
	slices.Sort(ratio)
	low, high := stat.Quantile(ratio, .025), stat.Quantile(ratio, .975)
	e.RR, e.Low, e.High = athar.Num(s/expected), athar.Num(low), athar.Num(high)
	e.P, e.SE, e.DF, e.Inference = athar.Num(p), athar.Num(se), athar.Num(math.Inf(1)), "draws"
	e.AvoidedLow, e.AvoidedHigh = athar.Num(s/high-s), athar.Num(s/low-s)
	fall, rise := stat.MDE(se, math.Inf(1))
	e.MDELow, e.MDEHigh = athar.Num(fall), athar.Num(rise)
}
