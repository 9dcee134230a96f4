// Package hawkes fits self-exciting models to one series of events (METHODS.md
// A9, without space).
//
// The package thinks that an event may have followed another, and that a
// campaign can work in two ways that a count confuses: fewer events that start
// by themselves, and fewer that follow each one. The model keeps them apart:
// the background carries the one, the branching ratio the other. It does not
// think that the model can tell contagion from a cause that it was not told of.
// A season, a wave or a change of reporting that the background lacks looks
// exactly like events that follow each other, so that the branching ratio is an
// upper bound on what events set off, and every answer says so. Nor can
// instants be made out of days: events that share a time are refused by the
// continuous model, whose likelihood has no maximum there, and belong to [Daily].
package hawkes

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"athar"
	"athar/stat"
)

// What the models need.
const (
	MinEvents = 50  // events that enter the likelihood
	MinDays   = 60  // days after those that only serve as history
	Lags      = 30  // days that an event of the daily model can act
	MaxAlpha  = 3.0 // branching ratios are looked for up to here
)

// The edges of the search. Below tiny a branching ratio is 0 to every digit
// that is printed, beyond flat a negative binomial is a Poisson.
const (
	tiny     = 1e-6
	flat     = 1e4
	maxShift = 8.0 // of the log branching ratio between two stretches of time
)

// Options say what is known about time besides the events. Rows are the
// stretches between Cuts in the continuous model and the days in the daily one.
type Options struct {
	// Cuts are rising times inside (0, end) between which the background and the
	// branching ratio are constant. The daily model has none.
	Cuts []float64
	// X holds P regressors of the log background, row by row: a step of 1 in the
	// rows of a campaign, a trend, columns of [Spline], the calendar.
	X []float64
	P int
	// Follow is the regressor of the log branching ratio, one per row, usually the
	// campaign's step; nil: the branching ratio is the same throughout. It belongs
	// to the time at which a follower comes, not to that of the event it follows.
	Follow []float64
	// Skip marks days of the daily model that serve as history only: nobody asks
	// how well they are explained. nil: none besides the first 30.
	Skip []bool
	// Adjust takes away, in the daily model, the likelihood that followers owe to a flexible
	// background (see [adjustment]).
	Adjust bool
	// Memory is the range in which the mean lag 1/b is looked for, in the unit of
	// the times. Default: a hundredth of the mean gap between events to a quarter of the
	// series; for the daily model 0.2 to 30 days.
	Memory [2]float64
}

// Params are the parameters of the model
//
//	lambda(t) = mu(t) + alpha(t) sum_{t_i<t} b exp(-b (t - t_i)),
//	ln mu(t) = ln Mu + x(t) Beta,  alpha(t) = Alpha exp(Change f(t)),
//
// and, for days, of y_t ~ NB2(mean m_t, Theta) with
//
//	m_t = mu_t + alpha_t sum_{k=1..Lags} phi_k y_{t-k},  phi_k prop. to exp(-b (k-1)).
//
// phi sums to 1 over the lags, so that Alpha is the branching ratio also where
// memory is long; with infinitely many lags phi_k = (1-e^-b) e^{-b(k-1)}.
type Params struct {
	Mu     float64   // events per unit of time that follow none, at x = 0
	Beta   []float64 // P
	Alpha  float64   // branching ratio: events that follow one event on average, at f = 0
	Decay  float64   // b, per unit of time; 1/b is the mean lag
	Change float64   // k; exp(k) is the ratio of branching ratios, 0 without Follow
	Theta  float64   // dispersion of days, var = m + m^2/Theta; +Inf: Poisson
}

// Result is a fit by maximum likelihood, or the reason why there is none.
// Without a sign of followers Alpha is 0 and Decay and Change are NaN.
type Result struct {
	Params
	SE        Params  // standard errors from the observed information; NaN at an edge of the search
	N         int     // events that entered the likelihood
	LogLik    float64 // to the end of observation
	Null      float64 // the same without followers, Alpha = 0
	Triggered float64 // share of the events that the model ascribes to earlier ones
	Notes     []athar.Note
	Refusal   *athar.Refusal

	m    *model
	best []float64 // parameters as climbed, see model
	null []float64
	cov  []float64
}

var errShape = errors.New("hawkes: rows, regressors, cuts or times do not fit together")

// Fit fits the continuous model to the times of events in (0, end], in any
// order, observed from 0 to end. The search starts from five memories. Where two events
// share a time, or all times are whole, it refuses: with a tie the likelihood
// grows without bound as memory shrinks, and whole times are days (use [Daily]).
// The error is for options or times that make no sense. Cost is linear in
// events and cuts.
func Fit(times []float64, end float64, o Options) (*Result, error) {
	t := slices.Clone(times)
	slices.Sort(t)
	rows := len(o.Cuts) + 1
	if !o.fits(rows) || o.Skip != nil || o.Adjust || !(end > 0) || math.IsInf(end, 1) {
		return nil, errShape
	}
	last := 0.0
	for _, c := range o.Cuts {
		if !(c > last && c < end) {
			return nil, errShape
		}
		last = c
	}
	if len(t) > 0 && !(t[0] > 0 && t[len(t)-1] <= end) {
		return nil, errShape
	}
	if len(t) < MinEvents {
		return &Result{N: len(t), Refusal: athar.Refuse("hawkes-few-events", "n", len(t), "need", MinEvents)}, nil
	}
	ties, whole := 0, true
	for i, v := range t {
		if i > 0 && v == t[i-1] {
			ties++
		}
		whole = whole && v == math.Trunc(v)
	}
	if ties > 0 {
		return &Result{N: len(t), Refusal: athar.Refuse("hawkes-ties", "n", ties)}, nil
	}
	if whole {
		return &Result{N: len(t), Refusal: athar.Refuse("hawkes-whole-days")}, nil
	}
	return newContinuous(t, end, o).fit(), nil
}

// Daily fits the daily model to counts, one per day. The first 30 days serve
// only as history of those that follow, and the likelihood is conditional on
// them. Followers on the same day are not in the model; they widen Theta and
// are missing from Alpha, which a note says where it matters. The error is for
// options or counts that make no sense. Cost is linear in days.
func Daily(counts []float64, o Options) (*Result, error) {
	if !o.fits(len(counts)) || len(o.Cuts) > 0 {
		return nil, errShape
	}
	n, days := 0.0, 0
	for t, v := range counts {
		if !(v >= 0) || v != math.Trunc(v) || v > 1e6 {
			return nil, errShape
		}
		if o.asked(t) {
			n += v
			days++
		}
	}
	if days < MinDays {
		return &Result{N: int(n), Refusal: athar.Refuse("hawkes-few-days", "n", Lags+days, "need", Lags+MinDays)}, nil
	}
	if n < MinEvents {
		return &Result{N: int(n), Refusal: athar.Refuse("hawkes-few-events", "n", int(n), "need", MinEvents)}, nil
	}
	r := newDaily(counts, o).fit()
	if same := sameDay(r.Decay); r.Alpha > 0 && same > .1 {
		r.Notes = append(r.Notes, athar.NewNote("hawkes-same-day", "share", athar.Num(same)))
	}
	return r, nil
}

// sameDay is the share of the followers, at exponential lags of rate b per day,
// that come on the day of the event itself if that may fall at any time of day:
// 1 - (1-e^-b)/b.
func sameDay(b float64) float64 { return 1 + math.Expm1(-b)/b }

func (o Options) fits(rows int) bool {
	if o.P < 0 || len(o.X) != rows*o.P || o.Follow != nil && len(o.Follow) != rows {
		return false
	}
	for _, v := range o.X {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	if o.Skip != nil && len(o.Skip) != rows {
		return false
	}
	for _, v := range o.Follow {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return o.Memory == [2]float64{} || o.Memory[0] > 0 && o.Memory[1] > o.Memory[0]
}

// asked reports whether a day is in the likelihood.
func (o Options) asked(t int) bool { return t >= Lags && (o.Skip == nil || !o.Skip[t]) }

// fit climbs from the null and five memories and describes the highest point.
func (m *model) fit() *Result {
	r := &Result{m: m, N: int(m.events), Notes: []athar.Note{athar.NewNote("hawkes-upper-bound")}}
	m.release()
	null := m.start()
	null[m.alpha] = math.Inf(-1)
	m.hold(m.alpha, m.decay, m.change)
	r.Null = m.climb(null)
	r.null = null
	if math.IsInf(r.Null, 0) || math.IsNaN(r.Null) {
		return r.diverged()
	}
	m.release()
	top := math.Inf(-1)
	const starts = 5
	for i := range starts {
		p := slices.Clone(null)
		p[0] += math.Log(.7)
		p[m.alpha] = math.Log(.3)
		p[m.decay] = m.low[m.decay] + (m.high[m.decay]-m.low[m.decay])*(float64(i)+.5)/starts
		if m.theta >= 0 { // some of the dispersion will be followers
			p[m.theta] = min(p[m.theta]+.5, (p[m.theta]+m.high[m.theta])/2)
		}
		if t := m.climb(p); t > top {
			top, r.best = t, p
		}
	}
	r.LogLik = max(top, r.Null)
	if top-r.Null < 1e-6 {
		return r.none()
	}
	if m.o.Adjust {
		_, cov, ok := m.polish(r.best)
		if ok {
			m.adj = m.newAdjustment(r.best, cov)
		}
		if m.adj == nil {
			return r.diverged()
		}
		r.LogLik = m.climb(r.best)
		if r.LogLik-r.Null < 1e-6 {
			m.adj = nil
			return r.none()
		}
	}
	var ok bool
	if r.LogLik, r.cov, ok = m.polish(r.best); !ok {
		return r.diverged()
	}
	r.Params = m.params(r.best)
	r.SE = m.errors(r.Params, r.cov)
	r.Triggered = m.triggered(r.best)
	if most := m.most(r.Params); most >= 1 {
		r.Refusal = athar.Refuse("hawkes-explosive", "alpha", athar.Num(most))
	}
	if m.edge(r.best, m.decay) {
		r.Notes = append(r.Notes, athar.NewNote("hawkes-memory-limit", "memory", athar.Num(1/r.Decay)))
	}
	return r
}

// diverged leaves nothing to ask of the fit.
func (r *Result) diverged() *Result {
	r.Refusal = athar.Refuse("diverged")
	r.best, r.null = nil, nil
	return r
}

// none describes the null: no sign of followers.
func (r *Result) none() *Result {
	m := r.m
	m.hold(m.alpha, m.decay, m.change)
	_, cov, ok := m.polish(r.null)
	m.release()
	if !ok {
		return r.diverged()
	}
	r.best, r.cov = r.null, cov
	r.Params, r.SE = m.params(r.null), m.errors(m.params(r.null), cov)
	r.Alpha, r.Decay, r.SE.Alpha, r.SE.Decay = 0, math.NaN(), math.NaN(), math.NaN()
	if m.change >= 0 {
		r.Change = math.NaN()
	}
	r.Notes = append(r.Notes, athar.NewNote("hawkes-none"))
	return r
}

// most is the largest branching ratio of any row.
func (m *model) most(p Params) float64 {
	if m.change < 0 {
		return p.Alpha
	}
	most := 0.0
	for _, f := range m.follow {
		most = max(most, p.Alpha*math.Exp(p.Change*f))
	}
	return most
}

// AlphaInterval is the interval of the branching ratio on which twice the fall
// of the likelihood, maximised over all other parameters, is at most the
// quantile of chi-squared with one degree of freedom; level is .95 for 95%. The
// low end is 0 where the model without followers is inside, the high end +Inf
// where 3 is. It is NaN for a refusal without a fit.
func (r *Result) AlphaInterval(level float64) (low, high float64) {
	if r.best == nil {
		return math.NaN(), math.NaN()
	}
	low, high = r.profile(r.m.alpha, level)
	return math.Exp(low), math.Exp(high)
}

// BetaInterval is the interval of Beta[j] in the manner of [Result.AlphaInterval]:
// for a campaign's step the log ratio of the events that follow none.
func (r *Result) BetaInterval(j int, level float64) (low, high float64) {
	if r.best == nil {
		return math.NaN(), math.NaN()
	}
	return r.profile(1+j, level)
}

// ChangeInterval is the interval of Change in the manner of
// [Result.AlphaInterval]; infinite where 8 units of log ratio are inside. It is
// NaN without Options.Follow or followers.
func (r *Result) ChangeInterval(level float64) (low, high float64) {
	if r.best == nil || r.m.change < 0 || r.Alpha == 0 {
		return math.NaN(), math.NaN()
	}
	return r.profile(r.m.change, level)
}

// BetaP is the likelihood ratio p value of Beta[j] = 0, chi-squared with one
// degree of freedom.
func (r *Result) BetaP(j int) float64 {
	if r.best == nil {
		return math.NaN()
	}
	return r.without(1 + j)
}

// ChangeP is the same of Change = 0.
func (r *Result) ChangeP() float64 {
	if r.best == nil || r.m.change < 0 || r.Alpha == 0 {
		return math.NaN()
	}
	return r.without(r.m.change)
}

func (r *Result) without(j int) float64 {
	return distuv.ChiSquared{K: 1}.Survival(max(0, 2*(r.LogLik-r.at(j, 0, slices.Clone(r.best)))))
}

// FollowP is the p value of Alpha = 0 by the likelihood ratio against its
// distribution in draws series made by the fitted model without followers, each
// fitted again: (1 + #{LR* >= LR})/(1 + draws), or 4/k where the fourth LR* >= LR comes with draw k: what is
// far from small needs no more of them (Besag and Clifford 1991, Biometrika 78:301). No chi-squared serves here: alpha = 0 is an
// edge, and without followers memory means nothing (Davies 1987); of 300 series
// without followers chi-squared(1) rejects 8%, this 6%. A small p says
// that events crowd more than this background explains, not why. Equal input
// gives equal p.
func (r *Result) FollowP(draws int, seed uint64) float64 {
	if r.null == nil {
		return math.NaN()
	}
	p := r.m.params(r.null)
	p.Alpha, p.Decay, p.Change = 0, 1, 0
	const enough = 4
	lr, reached := r.LogLik-r.Null, 0
	for k := range draws {
		if again := r.m.redraw(p, stat.Stream(seed, "hawkes/follow", k)).fit(); !(again.LogLik-again.Null < lr) {
			if reached++; reached == enough {
				return enough / float64(k+1)
			}
		}
	}
	return float64(1+reached) / float64(1+draws)
}
