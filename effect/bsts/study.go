package bsts

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"athar"
	"athar/effect/its"
	"athar/stat"
)

// Method is the name of the method in effects.
const Method = "bsts"

// The specifications.
const (
	Main       = ""              // 2 sqrt(y + 3/8), level step guessed at 0.01
	LooseLevel = "level-sd=0.1"  // the level's step guessed at 0.1
	Log        = "log"           // log(y + 0.5) in place of roots
	CausalImp  = "causal-impact" // the published priors, see [Published]
)

// What the method needs.
const (
	MinPre      = 12   // values before the campaign
	MinMean     = 10   // events a period before it
	MinControl  = 20   // events of a far area before it
	MaxRHat     = 1.05 // split R-hat of what is reported
	MinOneStep  = .9   // share of one-step forecasts that must hold
	OtherLevel  = .1   // the second guess of the level's step
	maxRho      = .5   // correlation of what the model leaves, above which it refuses
	sayRho      = .1   // and above which it says so
	placeboPart = 3    // the in-time placebo stands on the last third before
)

// Options of one estimate.
type Options struct {
	Campaign string
	Question athar.Question // default AskInside
	Ring     int
	Spec     string // default Main
	Seed     uint64
	Draws    int  // default 10000, over 4 chains
	Seasons  int  // periods of a seasonal state; default none: far areas carry the season
	Bare     bool // leave out the second prior and the placebo
}

// Result is what one fit says.
type Result struct {
	Effects []athar.Effect // during and post, where the panel has them
	// Expected is the series with its counterfactual and 95% band, noise included.
	Expected athar.RoleSeries
	Notes    []athar.Note // also on every effect
	Refusal  *athar.Refusal

	Sensitivity []athar.Effect // under the other guess of the level's step
	Placebo     *athar.Effect  // as if the campaign had run in the last third before it

	Far       int       // far areas that could enter, by themselves or in their sum
	Controls  []string  // codes of those large enough to enter by themselves
	Inclusion []float64 // share of draws with each of them
	Total     float64   // share of draws with the sum of the far areas
	RHat      float64   // the largest of the reported quantities
	ESS       float64   // the smallest
	OneStep   float64   // see [Posterior]
	Rho       float64   // lag-one correlation of what the model leaves before the campaign
}

// Estimate fits the areas of one role, summed, on far areas. Counts go in as
// 2 sqrt(y + 3/8) of counts per mean length of a period, whose noise does not
// grow with the count, and come back draw by draw, never below zero. For each phase
//
//	RR = observed / mean of S*,  S* = sum of a draw over the phase,
//
// with the central 95% of the ratio that makes each draw the observed count as
// its interval and, after Brodersen and others, p = 2 min(#{S* >= S},
// #{S* <= S})/(M+1), both counts with S itself. Draws are spread where what
// the model leaves before the campaign carries over from period to period.
//
// Regressors are the sum of all far areas with at least 20 events before and no
// unused cell, if it meets the same count guard as the area, those of them that meet the count guard themselves (noise in a small
// area's counts would pull its coefficient to zero), and Ramadan where the time
// before has some; without far areas a yearly wave where it covers two years.
//
// The test and the interval hold where noise, of whatever dispersion, does not
// carry over from period to period more than the level does; with an intensity that
// persists (world S2 of the simulations) the interval is too short, and the
// refusal for persistence sees only the clear cases. [CausalImp] is there for
// comparison: on counts its interval is far too short.
func Estimate(p *athar.Panel, o Options) Result {
	if o.Question == "" {
		o.Question = athar.AskInside
	}
	m := newModel(p, o)
	if m.res.Refusal == nil {
		m.fit()
	}
	m.effects()
	if m.res.Refusal == nil && !o.Bare {
		m.checks(p)
	}
	return m.res
}

type model struct {
	o        Options
	role     athar.Role
	s        its.Series
	rows     []int // periods of the fit, from the first before to the last after
	pre      int   // of them before the campaign
	y, x     []float64
	k        int
	scale    []float64 // length of each row's period over the mean
	counts   map[athar.Phase]float64
	points   map[athar.Phase]int
	areas    int
	post     *Posterior
	sum      map[athar.Phase][]float64 // S*, in the order of the draws
	ratio    map[athar.Phase][]float64 // see predict
	expected map[athar.Phase]float64
	total    int // column of the sum of the far areas; -1: none
	res      Result
}

func (m *model) say(code string, args ...any) {
	m.res.Notes = append(m.res.Notes, athar.NewNote(code, args...))
}

func newModel(p *athar.Panel, o Options) *model {
	m := &model{o: o, total: -1, counts: map[athar.Phase]float64{}, points: map[athar.Phase]int{}}
	m.res.RHat, m.res.ESS, m.res.OneStep = math.NaN(), math.NaN(), math.NaN()
	m.role = athar.Inside
	if o.Question == athar.AskRing {
		m.role = athar.Role(o.Ring)
	}
	m.s, m.areas = its.Sum(p, func(a athar.PanelArea) bool { return a.Role == m.role })
	days, n, last := 0.0, 0.0, -1
	for t, q := range m.s.Periods {
		if q.Phase == athar.Pre {
			last = t
		}
		if q.Days > 0 {
			m.counts[q.Phase] += m.s.Count[t]
			m.points[q.Phase]++
			days += q.Days
			n++
		}
	}
	for t, q := range m.s.Periods {
		if q.Phase == athar.Outside || q.Phase != athar.Pre && len(m.rows) == 0 {
			continue
		}
		m.rows = append(m.rows, t)
		if t <= last {
			m.pre++
		}
		m.scale = append(m.scale, q.Days/(days/n))
	}
	mean := m.counts[athar.Pre] / float64(m.points[athar.Pre])
	switch {
	case m.areas == 0:
		m.res.Refusal = athar.Refuse("no-inside")
	case m.points[athar.Pre] < MinPre:
		m.res.Refusal = athar.Refuse("few-pre-periods", "n", m.points[athar.Pre], "need", MinPre)
	case m.counts[athar.Pre] == 0:
		m.res.Refusal = athar.Refuse("no-pre-events")
	case mean < MinMean:
		m.res.Refusal = athar.Refuse("low-mean", "mean", athar.Num(mean), "need", MinMean)
	}
	if m.res.Refusal == nil {
		m.design(p)
	}
	return m
}

// forward takes a count to the scale of the model; NaN for an unmonitored
// period.
func (m *model) forward(i int, y float64) float64 {
	switch w := m.scale[i]; {
	case w <= 0:
		return math.NaN()
	case m.o.Spec == Log:
		return math.Log((y + .5) / w)
	default:
		return stat.Root(y, w)
	}
}

// back is the inverse of forward, clipped at 0.
func (m *model) back(i int, v float64) float64 {
	if m.o.Spec == Log {
		return max(0, math.Exp(v)*m.scale[i]-.5)
	}
	return stat.Unroot(v, m.scale[i])
}

// design fills y and x.
func (m *model) design(p *athar.Panel) {
	var columns [][]float64
	total, areas, far := make([]float64, len(m.rows)), 0, 0.0
	order := make([]int, len(p.Areas))
	for a := range order {
		order[a] = a
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p.Areas[a].Code, p.Areas[b].Code) })
	for _, a := range order {
		area := p.Areas[a]
		if area.Role != athar.Far {
			continue
		}
		events, whole := 0.0, true
		for _, t := range m.rows {
			q := m.s.Periods[t]
			if q.Days > 0 && q.Phase != athar.WashIn {
				whole = whole && p.Use[p.At(a, t)]
			}
			if q.Phase == athar.Pre {
				events += p.Count[p.At(a, t)]
			}
		}
		if !whole || events < MinControl {
			continue
		}
		areas++
		far += events
		large := events >= MinMean*float64(m.points[athar.Pre])
		col := make([]float64, len(m.rows))
		for i, t := range m.rows {
			c := p.Count[p.At(a, t)]
			col[i] = m.forward(i, c)
			total[i] += c
		}
		if large {
			columns = append(columns, col)
			m.res.Controls = append(m.res.Controls, area.Code)
		}
	}
	if far < MinMean*float64(m.points[athar.Pre]) {
		m.say("no-control", "events", int(far))
		columns, m.res.Controls, areas = nil, nil, 0
	} else {
		for i, c := range total {
			total[i] = m.forward(i, c)
		}
		if areas == 1 {
			columns, m.res.Controls = nil, nil // it is the sum
		}
		m.total = len(columns)
		columns = append(columns, total)
	}
	m.res.Far = areas
	first := m.s.Periods[m.rows[0]].First
	days := int(m.s.Periods[m.rows[m.pre-1]].Last-first) + 1
	switch {
	case areas > 0: // they carry the season
	case days >= its.SeasonDays:
		sin, cos := make([]float64, len(m.rows)), make([]float64, len(m.rows))
		for i, t := range m.rows {
			sin[i], cos[i] = math.Sincos(2 * math.Pi * float64(m.s.Periods[t].Mid()-first) / 365.25)
		}
		columns = append(columns, sin, cos)
	case m.o.Seasons < 2:
		m.say("no-season", "days", days, "need", its.SeasonDays)
	}
	ramadan, least, most := make([]float64, len(m.rows)), math.Inf(1), math.Inf(-1)
	for i, t := range m.rows {
		ramadan[i] = m.s.Periods[t].Ramadan
		if i < m.pre {
			least, most = min(least, ramadan[i]), max(most, ramadan[i])
		}
	}
	if most > least {
		columns = append(columns, ramadan)
	}
	m.k = len(columns)
	for i, t := range m.rows {
		v := math.NaN()
		if i < m.pre && m.s.Periods[t].Phase == athar.Pre {
			v = m.forward(i, m.s.Count[t])
		}
		m.y = append(m.y, v)
		for _, c := range columns {
			m.x = append(m.x, c[i])
		}
	}
}

// prior is that of the specification. The published beliefs, that regressors
// explain 80% of the variance, worth 50 observations, and coefficients of 0, worth
// a hundredth, are the wrong way round for the few noisy counts of a study. Here
// regressors explain half of the variance, worth two observations, and the
// belief that the area moves in proportion to the far areas (see offset) is
// worth as much as the series itself.
func (m *model) prior() Prior {
	p := Published()
	p.Seasons = m.o.Seasons
	switch m.o.Spec {
	case CausalImp:
		return p
	case LooseLevel:
		p.LevelSD = OtherLevel
	}
	p.DF, p.R2, p.Weight = 2, .5, float64(m.points[athar.Pre])
	return p
}

func (m *model) fit() {
	y, offset := m.offset()
	post, err := Fit(y, m.x, m.k, m.pre, FitOptions{Prior: m.prior(), Draws: m.o.Draws, Seed: m.o.Seed,
		Task: fmt.Sprintf("%s/%s/%d/%s", m.o.Campaign, m.o.Question, m.o.Ring, m.o.Spec)})
	if err != nil {
		m.res.Refusal = athar.Refuse("flat-before")
		return
	}
	m.post = post
	for i := range post.Fitted {
		post.Fitted[i] += offset[i]
	}
	for d := range post.NoiseSD {
		for h := range post.Ahead {
			post.Path[d*post.Ahead+h] += offset[m.pre+h]
			post.Mean[d*post.Ahead+h] += offset[m.pre+h]
		}
	}
	n := len(m.res.Controls)
	m.res.Inclusion = post.Inclusion[:n]
	if m.total >= 0 {
		m.res.Total = post.Inclusion[n]
	}
	m.res.OneStep = post.OneStep
	m.res.Rho = m.persistence()
	if m.res.Rho > maxRho {
		m.res.Refusal = athar.Refuse("noise-persists", "rho", athar.Num(m.res.Rho), "most", athar.Num(maxRho))
		return
	}
	if m.res.Rho > sayRho {
		m.say("persistent", "rho", athar.Num(m.res.Rho))
	}
	m.res.RHat = max(stat.RHat(post.NoiseSD, post.Chains), stat.RHat(post.LevelSD, post.Chains))
	m.res.ESS = math.Inf(1)
	m.sum, m.ratio, m.expected = map[athar.Phase][]float64{}, map[athar.Phase][]float64{}, map[athar.Phase]float64{}
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		if m.points[ph] > 0 {
			m.predict(ph)
			m.res.RHat = max(m.res.RHat, stat.RHat(m.sum[ph], post.Chains))
			m.res.ESS = min(m.res.ESS, stat.ESS(m.sum[ph], post.Chains))
		}
	}
	if !(m.res.RHat < MaxRHat) {
		m.res.Refusal = athar.Refuse("chains-apart", "rhat", athar.Num(m.res.RHat), "need", athar.Num(MaxRHat))
		return
	}
	if post.OneStep < MinOneStep {
		m.say("one-step-coverage", "share", athar.Num(post.OneStep), "need", athar.Num(MinOneStep))
	}
	if after := m.points[athar.During] + m.points[athar.Post]; after > m.points[athar.Pre] {
		m.say("long-horizon", "n", after, "pre", m.points[athar.Pre])
	}
	m.series()
}

// predict draws S* of one phase, and the ratio r at which a campaign would have
// brought the draw to what was observed. Noise keeps its size on the scale of
// the model ([stat.RootRatio]; for logs sum exp(ln r + m + e) - 1/2 = S with states and regression m
// and noise e), and r >= 1 where S >= S*: the interval of r leaves out 1 where p < .05.
func (m *model) predict(ph athar.Phase) {
	post, observed := m.post, m.counts[ph]
	var at []int
	for h := range post.Ahead {
		if q := m.s.Periods[m.rows[m.pre+h]]; q.Phase == ph && q.Days > 0 {
			at = append(at, h)
		}
	}
	draws := len(post.NoiseSD)
	mean := make([]float64, post.Ahead)
	for _, h := range at {
		for d := range draws {
			mean[h] += post.Mean[d*post.Ahead+h] / float64(draws)
		}
	}
	f := m.inflation(ph)
	sum, ratio := make([]float64, draws), make([]float64, draws)
	u, e, w := make([]float64, len(at)), make([]float64, len(at)), make([]float64, len(at))
	for d := range sum {
		a := 0.0
		for n, h := range at {
			v := post.Mean[d*post.Ahead+h]
			e[n] = f * (post.Path[d*post.Ahead+h] - v)
			u[n], w[n] = mean[h]+f*(v-mean[h]), m.scale[m.pre+h]
			sum[d] += m.back(m.pre+h, u[n]+e[n])
			a += w[n] * math.Exp(u[n]+e[n])
		}
		if m.o.Spec == Log {
			ratio[d] = (observed + .5*float64(len(at))) / a
		} else {
			ratio[d] = stat.RootRatio(observed, u, e, w)
		}
		m.expected[ph] += sum[d] / float64(draws)
	}
	m.sum[ph], m.ratio[ph] = sum, ratio
}

// inflation is how much wider the difference between a phase's mean and the
// mean before becomes if noise carries over from one period to the next with
// correlation Rho: the square root of its variance over that of white noise.
func (m *model) inflation(ph athar.Phase) float64 {
	rho := m.res.Rho
	if rho <= 0 {
		return 1
	}
	weight := make([]float64, len(m.rows))
	white := 0.0
	for i, t := range m.rows {
		switch q := m.s.Periods[t]; {
		case q.Days <= 0:
		case q.Phase == athar.Pre:
			weight[i] = -1 / float64(m.points[athar.Pre])
		case q.Phase == ph:
			weight[i] = 1 / float64(m.points[ph])
		}
		white += weight[i] * weight[i]
	}
	v := 0.0
	for i, a := range weight {
		for j, b := range weight {
			v += a * b * math.Pow(rho, math.Abs(float64(m.rows[i]-m.rows[j])))
		}
	}
	return math.Sqrt(max(1, v/white))
}

// offset is the part of the series that moves in proportion to the sum of the
// far areas.
func (m *model) offset() (y, offset []float64) {
	y, offset = slices.Clone(m.y), make([]float64, len(m.y))
	j := m.total
	if j < 0 || m.o.Spec == CausalImp {
		return
	}
	var a, b float64
	for i, v := range y {
		if v == v {
			a += v
			b += m.x[i*m.k+j]
		}
	}
	share := a / b
	if m.o.Spec == Log {
		share = 1
	}
	for i := range y {
		if x := m.x[i*m.k+j]; x == x {
			offset[i] = share * x
		}
		y[i] -= offset[i]
	}
	return
}

// persistence is the lag-one autocorrelation r of what the model leaves before
// the campaign. Fitting takes some of it away: with the projection H on the mean and the
// regressors that are mostly in, white noise leaves E = -sum H_t,t-1/(n-p). With
// the mean alone, (r-E) n/(n-p-3) is Marriott and Pope's (n r + 1)/(n - 4).
func (m *model) persistence() float64 {
	var rest []float64
	var at []int
	for i, v := range m.post.Fitted {
		if e := m.y[i] - v; e == e {
			rest, at = append(rest, e), append(at, i)
		}
	}
	n := len(rest)
	var basis [][]float64
	add := func(f func(i int) float64) {
		u := make([]float64, n)
		before, after := 0.0, 0.0
		for i, t := range at {
			u[i] = f(t)
			before += u[i] * u[i]
		}
		for _, b := range basis {
			c := 0.0
			for i := range u {
				c += u[i] * b[i]
			}
			for i := range u {
				u[i] -= c * b[i]
			}
		}
		for _, v := range u {
			after += v * v
		}
		if after <= 1e-9*before {
			return
		}
		for i := range u {
			u[i] /= math.Sqrt(after)
		}
		basis = append(basis, u)
	}
	add(func(int) float64 { return 1 })
	for j := range m.k {
		if m.post.Inclusion[j] > .5 && len(basis) < n/3 {
			add(func(t int) float64 { return m.x[t*m.k+j] })
		}
	}
	var num, den, hat float64
	for i, e := range rest {
		den += e * e
		if i > 0 && at[i] == at[i-1]+1 {
			num += e * rest[i-1]
			for _, b := range basis {
				hat += b[i] * b[i-1]
			}
		}
	}
	p := float64(len(basis))
	return max(0, (num/den+hat/(float64(n)-p))*float64(n)/(float64(n)-p-3))
}

func (m *model) effects() {
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		if m.points[ph] == 0 {
			continue
		}
		nan := athar.Num(math.NaN())
		e := athar.Effect{
			Campaign: m.o.Campaign, Method: Method, Spec: m.o.Spec, Question: m.o.Question, Ring: m.o.Ring, Phase: ph,
			RR: nan, Low: nan, High: nan, P: nan, SE: nan, DF: nan, AdjLow: nan, AdjHigh: nan,
			Observed: athar.Num(m.counts[ph]), Expected: nan, Avoided: nan, AvoidedLow: nan, AvoidedHigh: nan, MDELow: nan, MDEHigh: nan,
			EventsPre: int(m.counts[athar.Pre]), Areas: m.areas, Periods: m.points[ph], Dispersion: nan, Inference: "draws",
			Warnings: slices.Clone(m.res.Notes), Refusal: m.res.Refusal,
		}
		if e.Refusal == nil {
			m.effect(&e)
		}
		m.res.Effects = append(m.res.Effects, e)
	}
}

// effect fills e from the draws of S* and of the ratio.
func (m *model) effect(e *athar.Effect) {
	s, draws := float64(e.Observed), m.sum[e.Phase]
	p, se := stat.Tail(s, draws)
	sorted := slices.Clone(m.ratio[e.Phase])
	slices.Sort(sorted)
	low, high := stat.Quantile(sorted, .025), stat.Quantile(sorted, .975)
	expected := m.expected[e.Phase]
	e.Expected, e.Avoided = athar.Num(expected), athar.Num(expected-s)
	e.AvoidedLow, e.AvoidedHigh = athar.Num(s/high-s), athar.Num(s/low-s)
	e.RR, e.Low, e.High = athar.Num(s/expected), athar.Num(low), athar.Num(high)
	e.P, e.SE, e.DF = athar.Num(p), athar.Num(se), athar.Num(math.Inf(1))
	fall, rise := stat.MDE(se, math.Inf(1))
	e.MDELow, e.MDEHigh = athar.Num(fall), athar.Num(rise)
	if m.o.Spec != Log {
		e.Dispersion = 0
		for _, v := range m.post.NoiseSD {
			e.Dispersion += athar.Num(v * v / float64(len(draws)))
		}
	}
	if s == 0 {
		// No ratio can be read off roots near zero: the exact upper limit of a mean
		// that brought no event, over the lowest expectation.
		slices.Sort(draws)
		least, up := stat.Quantile(draws, .025), stat.Quantile(draws, .975)
		_, most := stat.PoissonLimits(0, .05)
		phi := 1.0
		if e.Dispersion > 1 {
			phi = float64(e.Dispersion)
		}
		e.Low, e.High = 0, athar.Num(most*phi/max(least, .5))
		e.AvoidedLow, e.AvoidedHigh = athar.Num(least), athar.Num(up)
		e.Warnings = append(e.Warnings, athar.NewNote("zero-events", "expected", e.Expected))
	}
}

// series fills Expected.
func (m *model) series() {
	nan := athar.Num(math.NaN())
	rs := athar.RoleSeries{Role: m.role, Areas: m.areas}
	for range m.s.Periods {
		rs.Observed, rs.Expected = append(rs.Observed, nan), append(rs.Expected, nan)
		rs.Low, rs.High = append(rs.Low, nan), append(rs.High, nan)
	}
	column := make([]float64, len(m.post.NoiseSD))
	for i, t := range m.rows {
		q := m.s.Periods[t]
		if q.Days <= 0 || q.Phase == athar.WashIn {
			continue
		}
		rs.Observed[t] = athar.Num(m.s.Count[t])
		if i < m.pre {
			rs.Expected[t] = athar.Num(m.back(i, m.post.Fitted[i]))
			continue
		}
		mean := 0.0
		for d := range column {
			column[d] = m.back(i, m.post.Path[d*m.post.Ahead+i-m.pre])
			mean += column[d] / float64(len(column))
		}
		slices.Sort(column)
		rs.Expected[t] = athar.Num(mean)
		rs.Low[t], rs.High[t] = athar.Num(stat.Quantile(column, .025)), athar.Num(stat.Quantile(column, .975))
	}
	m.res.Expected = rs
}

// checks runs the second prior and the in-time placebo.
func (m *model) checks(p *athar.Panel) {
	o := m.o
	o.Bare = true
	if o.Spec == Main {
		o.Spec = LooseLevel
		m.res.Sensitivity = Estimate(p, o).Effects
		for i := range m.res.Effects {
			e, f := &m.res.Effects[i], m.res.Sensitivity[i]
			if f.Refusal == nil && side(*e) != side(f) {
				e.Warnings = append(e.Warnings, athar.NewNote("level-prior-decides", "rr", f.RR, "low", f.Low, "high", f.High))
			}
		}
		o.Spec = m.o.Spec
	}
	q := *p
	q.Periods = slices.Clone(p.Periods)
	var before []int
	for i, t := range m.rows {
		if i < m.pre && m.s.Periods[t].Phase == athar.Pre && m.s.Periods[t].Days > 0 {
			before = append(before, t)
		}
	}
	start := before[len(before)-len(before)/placeboPart]
	for t := range q.Periods {
		switch {
		case p.Periods[t].Phase != athar.Pre:
			q.Periods[t].Phase = athar.Outside
		case t >= start:
			q.Periods[t].Phase = athar.During
		}
	}
	o.Campaign += "/placebo"
	placebo := newModel(&q, o)
	if r := placebo.res.Refusal; r != nil && r.Reason.Code == "few-pre-periods" && placebo.points[athar.Pre] >= its.MinPre {
		placebo.res.Refusal = nil // two thirds of what the estimate has are enough for a check
		placebo.design(&q)
	}
	if placebo.res.Refusal == nil {
		placebo.fit()
	}
	placebo.effects()
	e := placebo.res.Effects[0]
	e.Campaign, e.Spec = m.o.Campaign, "placebo=last-third-of-pre"
	m.res.Placebo = &e
	if e.Refusal == nil && side(e) != 0 {
		m.say("placebo-in-time", "rr", e.RR, "low", e.Low, "high", e.High)
		for i := range m.res.Effects {
			m.res.Effects[i].Warnings = append(m.res.Effects[i].Warnings, m.res.Notes[len(m.res.Notes)-1])
		}
	}
}

// side is -1 or 1 where the interval leaves out 1, else 0.
func side(e athar.Effect) int {
	switch {
	case e.High < 1:
		return -1
	case e.Low > 1:
		return 1
	}
	return 0
}
