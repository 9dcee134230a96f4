// Package its is the interrupted time series: a count regression on one series,
// with the campaign as a step (METHODS.md A1).
//
// The package thinks that a single series has no control but its own past, so
// everything else that could have moved it (trend, season, Ramadan) must be in
// the model or named as missing, and that a short series cannot carry a slope.
// It reports the larger of two standard errors, the model's with the
// persistence of its residuals and the autocorrelation-robust one, because the
// latter is too small in short series.
package its

import (
	"math"
	"slices"

	"athar"
	"athar/stat"
)

// Method is the name of the method in effects.
const Method = "its"

// Series is one series of counts with its calendar.
type Series struct {
	Periods []athar.Period // Days is the exposure; 0: not monitored
	Count   []float64      // one per period
}

// The specifications.
const (
	Linear  = "linear"   // linear trend and a step per phase, quasi-Poisson
	NoTrend = "no-trend" // no trend
	Slope   = "slope"    // linear, and a change of slope from the start on
	NB2     = "nb2"      // linear, negative binomial
	// LocalLevel has a level that walks at random in place of a trend, on roots
	// of counts; only the time before is fitted, and forecast.
	LocalLevel = "local-level"
)

// What a series needs.
const (
	MinPre     = 6 // points before the campaign
	MinSlope   = 8 // points before, and after, for a slope there
	SeasonDays = 730
	spare      = 10 // points more than parameters, for Ramadan to enter
)

// Options of one estimate.
type Options struct {
	Campaign string
	Area     string
	Question athar.Question // default AskInside
	Ring     int
	Areas    int    // areas summed in the series, for the record
	Spec     string // default Linear
	Seed     uint64
	Draws    int // 0: 2000; negative: no band
}

// Result is what one fit says.
type Result struct {
	Effects []athar.Effect // during and post, where the series has them
	// Expected is the series with the counterfactual and its 95% band, noise
	// included. Role is not set.
	Expected   athar.RoleSeries
	Notes      []athar.Note // also on every effect
	Refusal    *athar.Refusal
	Pre        int     // points before the campaign
	Dispersion float64 // Pearson, not floored
	Theta      float64 // negative binomial only; +Inf: no overdispersion
	LjungBox   float64 // p of no residual autocorrelation up to lag 12
}

// Sum adds the used cells of the areas for which want is true into one series.
// A period in which any of their cells is unused is not monitored (Days 0).
func Sum(p *athar.Panel, want func(athar.PanelArea) bool) (s Series, areas int) {
	s.Periods = slices.Clone(p.Periods)
	s.Count = make([]float64, len(p.Periods))
	for i, a := range p.Areas {
		if !want(a) {
			continue
		}
		areas++
		for t := range p.Periods {
			k := p.At(i, t)
			s.Count[t] += p.Count[k]
			if !p.Use[k] {
				s.Periods[t].Days = 0
			}
		}
	}
	return s, areas
}

type model struct {
	s       Series
	o       Options
	res     Result
	rows    []int // periods in the fit
	p       int
	y, off  []float64
	x, x0   []float64 // design, and without the campaign
	steps   map[athar.Phase]bool
	reg     stat.Regression
	noise   *stat.Persistent
	cov     []float64
	df, phi float64
	infer   string
}

// Estimate fits
//
//	log mu_t = log days_t + b0 + b1 t + b2 During_t + b2' Post_t + b3 (t-t0)+
//	         + sum_k g_k sin(2 pi k t/P) + h_k cos(2 pi k t/P) + c Ramadan_t
//
// and reports for each phase the events over those expected with the campaign's
// terms at zero; with a step of its own a phase's ratio is exp(b2). The
// variance of ln RR is by the delta method from the larger of the model's
// covariance with persistent noise ([stat.Persistent]) and Newey and West's, with
// t on the former's degrees of freedom, n - p where nothing persists.
//
// The trend needs 8 points before, the change of slope 8 on both sides, the
// season 24 months of data; what is left out is named in the notes.
func Estimate(s Series, o Options) Result {
	if o.Question == "" {
		o.Question = athar.AskInside
	}
	if o.Spec == "" {
		o.Spec = Linear
	}
	if o.Draws == 0 {
		o.Draws = 2000
	}
	if o.Spec == LocalLevel {
		return local(s, o)
	}
	m := &model{s: s, o: o, steps: map[athar.Phase]bool{}}
	m.res.LjungBox, m.res.Theta, m.res.Dispersion = math.NaN(), math.NaN(), math.NaN()
	counts := map[athar.Phase]float64{}
	points := map[athar.Phase]int{}
	for t, q := range s.Periods {
		if q.Days > 0 {
			counts[q.Phase] += s.Count[t]
			points[q.Phase]++
		}
	}
	m.res.Pre = points[athar.Pre]
	switch {
	case m.res.Pre < MinPre:
		m.res.Refusal = athar.Refuse("few-pre-periods", "n", m.res.Pre, "need", MinPre)
	case counts[athar.Pre] == 0:
		m.res.Refusal = athar.Refuse("no-pre-events")
	default:
		for _, ph := range []athar.Phase{athar.During, athar.Post} {
			m.steps[ph] = counts[ph] > 0
		}
		m.res.Refusal = m.fit(points)
	}
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		if points[ph] == 0 {
			continue
		}
		e := m.blank(ph)
		e.EventsPre, e.Periods = int(counts[athar.Pre]), points[ph]
		if m.res.Refusal != nil {
			e.Refusal = m.res.Refusal
		} else {
			m.effect(&e, ph, counts[athar.Pre])
		}
		m.res.Effects = append(m.res.Effects, e)
	}
	if m.res.Refusal == nil {
		m.series()
	}
	return m.res
}

// year is the number of periods in a year, as the season counts them.
func year(periods []athar.Period) float64 {
	days := 0
	for _, q := range periods {
		days += q.Span.Days()
	}
	switch mean := float64(days) / float64(len(periods)); {
	case mean > 27.5 && mean < 31.5:
		return 12
	case mean > 6.5 && mean < 7.5:
		return 52.18
	default:
		return 365.25 / mean
	}
}

// fit chooses the terms, fits and prepares the covariance.
func (m *model) fit(points map[athar.Phase]int) *athar.Refusal {
	days, start := 0, len(m.s.Periods)
	for t, q := range m.s.Periods {
		switch {
		case q.Days <= 0:
		case q.Phase == athar.Pre || m.steps[q.Phase]:
			m.rows = append(m.rows, t)
			days += q.Span.Days()
		}
		if q.Days > 0 && (q.Phase == athar.During || q.Phase == athar.Post) {
			start = min(start, t)
		}
	}
	n := len(m.rows)
	var cols, null []func(t int) float64 // with the campaign, and without
	add := func(f func(t int) float64) { cols, null = append(cols, f), append(null, f) }
	campaign := func(f func(t int) float64) {
		cols, null = append(cols, f), append(null, func(int) float64 { return 0 })
	}
	add(func(int) float64 { return 1 })
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		if m.steps[ph] {
			campaign(func(t int) float64 { return indicator(m.s.Periods[t].Phase == ph) })
		}
	}
	after := points[athar.During] + points[athar.Post]
	if after > m.res.Pre {
		m.say("long-horizon", "n", after, "pre", m.res.Pre)
	}
	if m.o.Spec != NoTrend {
		if m.res.Pre < MinSlope {
			m.say("no-trend-fitted", "n", m.res.Pre, "need", MinSlope)
		} else {
			add(func(t int) float64 { return float64(t - start) })
		}
	}
	if m.o.Spec == Slope {
		if m.res.Pre < MinSlope || after < MinSlope {
			m.say("no-slope", "n", min(m.res.Pre, after), "need", MinSlope)
		} else {
			campaign(func(t int) float64 { return max(0, float64(t-start)) })
		}
	}
	per := year(m.s.Periods)
	k := 0
	if days >= SeasonDays {
		k = min(2, int((per-1)/2))
	}
	for k > 0 && n-len(cols)-2*k < spare/2 {
		k--
	}
	if k == 0 {
		m.say("no-season", "days", days, "need", SeasonDays)
	}
	for j := 1; j <= k; j++ {
		add(func(t int) float64 { return math.Sin(2 * math.Pi * float64(j) * float64(t) / per) })
		add(func(t int) float64 { return math.Cos(2 * math.Pi * float64(j) * float64(t) / per) })
	}
	least, most := math.Inf(1), math.Inf(-1)
	for _, t := range m.rows {
		if q := m.s.Periods[t]; q.Phase == athar.Pre {
			least, most = min(least, q.Ramadan), max(most, q.Ramadan)
		}
	}
	if most > least && n >= len(cols)+1+spare {
		add(func(t int) float64 { return m.s.Periods[t].Ramadan })
	}
	if n < len(cols)+2 {
		return athar.Refuse("few-points", "n", n, "parameters", len(cols))
	}
	m.p = len(cols)
	row := func(t int, f []func(t int) float64) (r []float64) {
		for _, c := range f {
			r = append(r, c(t))
		}
		return
	}
	for t, q := range m.s.Periods {
		m.x0 = append(m.x0, row(t, null)...)
		if slices.Contains(m.rows, t) {
			m.y, m.off = append(m.y, m.s.Count[t]), append(m.off, math.Log(q.Days))
			m.x = append(m.x, row(t, cols)...)
		}
	}
	var err error
	if m.o.Spec == NB2 {
		err = m.reg.NegBin(m.y, m.x, m.off, m.p)
		m.res.Theta = m.reg.Theta
	} else {
		err = m.reg.Poisson(m.y, m.x, m.off, m.p)
	}
	if err != nil {
		return athar.Refuse("diverged")
	}
	m.df = float64(n - m.reg.Rank)
	m.res.Dispersion = m.reg.Dispersion()
	noise := stat.NewPersistent(&m.reg, m.rows)
	m.noise = noise
	m.cov, m.df, m.phi, m.infer = noise.Cov(m.reg.Cov), noise.DF, noise.Phi, "quasi"
	if noise.Rho > 0 {
		m.say("persistent", "rho", athar.Num(noise.Rho))
	}
	switch {
	case m.o.Spec == NB2 && !math.IsInf(m.reg.Theta, 1):
		m.infer = "nb2"
		mean := 0.0
		for _, mu := range m.reg.Mu {
			mean += mu / float64(n)
		}
		m.phi *= 1 + mean/m.reg.Theta
	case m.o.Spec == NB2:
		m.say("no-overdispersion")
	}
	res := make([]float64, n)
	for i, mu := range m.reg.Mu {
		res[i] = (m.y[i] - mu) / math.Sqrt(mu+mu*mu/m.reg.Theta)
	}
	m.res.LjungBox = stat.LjungBox(res, 12, 0)
	return nil
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (m *model) say(code string, args ...any) {
	m.res.Notes = append(m.res.Notes, athar.NewNote(code, args...))
}

// lag is the Newey-West lag, floor(4 (n/100)^(2/9)), at least 3 for months and
// 8 for weeks.
func (m *model) lag() int {
	least := 3
	if year(m.s.Periods) > 40 {
		least = 8
	}
	return min(len(m.y)-1, max(least, int(4*math.Pow(float64(len(m.y))/100, 2./9))))
}

func (m *model) blank(ph athar.Phase) athar.Effect {
	nan := athar.Num(math.NaN())
	return athar.Effect{
		Campaign: m.o.Campaign, Area: m.o.Area, Method: Method, Spec: m.o.Spec, Question: m.o.Question, Ring: m.o.Ring, Phase: ph,
		RR: nan, Low: nan, High: nan, P: nan, SE: nan, DF: nan, AdjLow: nan, AdjHigh: nan,
		Observed: nan, Expected: nan, Avoided: nan, AvoidedLow: nan, AvoidedHigh: nan, MDELow: nan, MDEHigh: nan,
		Areas: m.o.Areas, Dispersion: nan, Warnings: slices.Clone(m.res.Notes),
	}
}

// null is the expected count of period t without the campaign.
func (m *model) null(t int) float64 {
	return m.s.Periods[t].Days * math.Exp(dotRow(m.x0, m.reg.Beta, t))
}

func dotRow(x, b []float64, t int) float64 {
	s := 0.0
	for j, v := range b {
		s += x[t*len(b)+j] * v
	}
	return s
}

func (m *model) effect(e *athar.Effect, ph athar.Phase, pre float64) {
	var observed, fitted, expected float64
	c := make([]float64, m.p) // d ln RR / d b = sum mu x/sum mu - sum mu0 x0/sum mu0
	g, g0 := make([]float64, m.p), make([]float64, m.p)
	for t, q := range m.s.Periods {
		if q.Phase != ph || q.Days <= 0 {
			continue
		}
		observed += m.s.Count[t]
		mu0 := m.null(t)
		expected += mu0
		for j := range g0 {
			g0[j] += mu0 * m.x0[t*m.p+j]
		}
		if i := slices.Index(m.rows, t); i >= 0 {
			fitted += m.reg.Mu[i]
			for j := range g {
				g[j] += m.reg.Mu[i] * m.x[i*m.p+j]
			}
		}
	}
	e.Observed, e.Expected, e.Dispersion = athar.Num(observed), athar.Num(expected), athar.Num(m.phi)
	e.Avoided = e.Expected - e.Observed
	if !m.steps[ph] {
		m.zero(e, pre, expected)
		return
	}
	for j := range c {
		c[j] = g[j]/fitted - g0[j]/expected
	}
	se, infer := math.Sqrt(stat.Quad(m.cov, c)), m.infer
	if hac := math.Sqrt(stat.Quad(m.reg.HAC(m.lag(), true), c)); hac > se {
		se, infer = hac, "hac"
	}
	// Quasi-Poisson scores sum to zero over a step, so fitted is observed; a
	// negative binomial fit weighs them and its own mean is the estimate.
	df := m.noise.ContrastDF(m.reg.Cov, c)
	b, q := math.Log(fitted/expected), stat.TQuantile(.975, df)*se
	low, high := math.Exp(b-q), math.Exp(b+q)
	e.RR, e.Low, e.High = athar.Num(math.Exp(b)), athar.Num(low), athar.Num(high)
	e.SE, e.DF, e.P, e.Inference = athar.Num(se), athar.Num(df), athar.Num(stat.TwoSided(b/se, df)), infer
	e.AvoidedLow, e.AvoidedHigh = athar.Num(fitted/high-observed), athar.Num(fitted/low-observed)
	fall, rise := stat.MDE(se, df)
	e.MDELow, e.MDEHigh = athar.Num(fall), athar.Num(rise)
}

// zero fills the effect of a phase without events, see the exact ratio of
// METHODS.md A12.
func (m *model) zero(e *athar.Effect, pre, expected float64) {
	_, _, high, p := stat.ExactRatio(pre/m.phi, pre, 0, expected, .05)
	low, up := stat.PoissonLimits(pre/m.phi, .05)
	e.RR, e.Low, e.High, e.P = 0, 0, athar.Num(high), athar.Num(p)
	e.SE, e.DF, e.Inference = athar.Num(math.Inf(1)), athar.Num(math.Inf(1)), "exact"
	e.AvoidedLow, e.AvoidedHigh = athar.Num(expected*low*m.phi/pre), athar.Num(expected*up*m.phi/pre)
	fall, rise := stat.MDE(stat.RatioSE(m.phi, pre, expected), math.Inf(1))
	e.MDELow, e.MDEHigh = athar.Num(fall), athar.Num(rise)
	e.Warnings = append(e.Warnings, athar.NewNote("zero-events", "expected", athar.Num(expected)))
}

// series fills Expected: the counterfactual with the central 95% of draws of
// the coefficients and of counts around them.
func (m *model) series() {
	nt := len(m.s.Periods)
	nan := athar.Num(math.NaN())
	rs := athar.RoleSeries{Areas: m.o.Areas}
	for range nt {
		rs.Observed, rs.Expected = append(rs.Observed, nan), append(rs.Expected, nan)
		rs.Low, rs.High = append(rs.Low, nan), append(rs.High, nan)
	}
	var at []int
	for t, q := range m.s.Periods {
		if q.Days <= 0 {
			continue
		}
		rs.Observed[t] = athar.Num(m.s.Count[t])
		if q.Phase == athar.Pre || q.Phase == athar.During || q.Phase == athar.Post {
			rs.Expected[t] = athar.Num(m.null(t))
			at = append(at, t)
		}
	}
	m.res.Expected = rs
	if m.o.Draws < 0 {
		return
	}
	r := stat.Stream(m.o.Seed, "its/"+m.o.Campaign+"/"+m.o.Area+"/"+string(m.o.Question)+"/"+m.o.Spec, m.o.Ring)
	draws := make([][]float64, len(at))
	b, d := make([]float64, m.p), make([]float64, m.p)
	from := stat.NewNormals(m.cov, m.p, m.df)
	for range m.o.Draws {
		from.Draw(d, r)
		for j := range b {
			b[j] = m.reg.Beta[j] + d[j]
		}
		for i, t := range at {
			mu := m.s.Periods[t].Days * math.Exp(dotRow(m.x0, b, t))
			phi := m.phi
			if m.infer == "nb2" {
				phi = 1 + mu/m.reg.Theta
			}
			draws[i] = append(draws[i], stat.NegBin(r, min(mu, 1e9), phi))
		}
	}
	for i, t := range at {
		slices.Sort(draws[i])
		rs.Low[t], rs.High[t] = athar.Num(stat.Quantile(draws[i], .025)), athar.Num(stat.Quantile(draws[i], .975))
	}
}
