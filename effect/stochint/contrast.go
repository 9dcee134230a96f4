package stochint

import (
	"math"
	"slices"

	"athar"
	"athar/stat"
)

// Options of one contrast.
type Options struct {
	// From and To are the expected numbers of operations a day under the two
	// laws, for Days days in a row.
	From, To float64
	Days     int // M; default 1
	// SameDay reads the outcome on the last of the Days; by default it is read on
	// the day after, because the order of events within a day is not known.
	SameDay bool
	// Quantile is where weights are cut; default 1, no cut. To cut at .95, as is
	// usual, lets a no-effect world look like an effect (docs/validation/stochint.md).
	Quantile float64
	Regions  []Region // default the whole window
	Level    float64  // of intervals; default .95
}

// Answer is one contrast between two laws.
type Answer struct {
	Regions []Effect
	First   int          // day of the first weight's outcome
	Weights [2][]float64 // by outcome day, cut; not divided by their mean
	// Effective is (sum rho)^2 / sum rho^2 of the weights of both laws as they are
	// used, Uncut of the weights before any cut, which alone decide on refusal: a
	// cut at the quantile q makes about (1-q) n days equal and so can always reach
	// a number. Largest is the largest share of one day before a cut.
	Effective [2]float64
	Uncut     [2]float64
	Largest   [2]float64
	Cuts      []Cut // the same contrast with weights cut elsewhere
	// Balance is nil where the weights amount to too few stretches. What is left
	// then is a day or two on which most covariates hardly vary, and a law fitted
	// to these has no estimate, or coefficients in the thousands.
	Balance []Balance
	Notes   []athar.Note
	// Refusal says why the figures must not be read as an answer; they are filled
	// as far as they could be.
	Refusal *athar.Refusal
}

// Effect is the contrast in one region: the expected number of outcome events a
// day there under both laws, and the difference, To less From. All are Hajek's
// estimates; Plain divides by the number of days and not by the mean weight.
type Effect struct {
	Region   Region
	Events   [2]float64
	Diff     float64
	Plain    float64
	Var      [2]float64 // upper bounds of the variances of Events
	DiffVar  float64    // of Diff
	PlainVar float64    // of Plain
	// SE is the standard error that the intervals use: the root of DiffVar, or of
	// DiffVar with the covariances of stretches that share days where those are
	// positive. The published bound takes days for uncorrelated given the past;
	// the weights of stretches of several days are not.
	SE        float64
	Low, High float64 // normal interval of Diff
	// JointLow and JointHigh hold for all regions at once (Bonferroni): whether
	// events moved from one ring to another is a statement about several.
	JointLow, JointHigh float64
	// Before is the same difference in the events of the day before the stretch,
	// which no law of operations in it can have changed, and BeforeP the normal p
	// value of no difference.
	Before, BeforeP float64
	// Robust is how far every day's weight may be off, by a factor between
	// 1/Robust and Robust, before Diff may be 0; at most [MaxRobust].
	Robust float64
}

// Cut is the contrast with weights cut at another quantile.
type Cut struct {
	Quantile  float64
	Effective [2]float64
	Diff      []float64 // by region
}

// Balance compares a covariate's coefficient in the law of operations, relative
// to the law h, before and after weighting to either law, per standard deviation
// of the covariate. Weights that do their work leave 0. Not-a-number, with a
// note, where the law has no finite or no unique estimate.
type Balance struct {
	Name   string
	Before float64
	After  [2]float64
}

// Contrast compares two laws. It refuses where the uncut weights of either
// amount to fewer than [NeedEffective] stretches of Days days that do not
// overlap, and where the events of the day before, in the last region (the whole
// window, unless the caller says otherwise), differ at 5%; and it passes on the
// model's refusal.
//
// With rho_t = prod_j f_h(W_j)/e_j(W_j) over the Days days up to t and Y_t the
// number of events in the region,
//
//	N = sum_t rho_t Y_t / sum_t rho_t,  Diff = N_to - N_from.
//
// The variances are upper bounds, so the intervals are wide rather than narrow;
// they hold the propensity for known (Papadogeorgou et al. 2022, theorem 2).
// For more than one day they are still too narrow when what moves operations
// moves the outcome too: see docs/validation/stochint.md.
func (m *Model) Contrast(o Options) *Answer {
	if o.Days <= 0 {
		o.Days = 1
	}
	if o.Quantile == 0 {
		o.Quantile = 1
	}
	if o.Level == 0 {
		o.Level = .95
	}
	a := &Answer{}
	if m.Outcome == nil {
		a.Refusal = m.Refusal
		return a
	}
	if !(o.From > 0 && o.To > 0) || math.IsInf(o.From, 1) || math.IsInf(o.To, 1) {
		a.Refusal = athar.Refuse("stochint-law")
		return a
	}
	ahead := 1
	if o.SameDay {
		ahead = 0
	}
	a.First = o.Days - 1 + ahead
	if m.Days <= a.First {
		a.Refusal = athar.Refuse("stochint-few-days", "n", m.Days, "need", NeedDays)
		return a
	}
	if o.Regions == nil {
		o.Regions = m.Window.Rings(nil)
	}
	ratio := make([]float64, m.Days)
	var raw [2][]float64
	for k, c := range [2]float64{o.From, o.To} {
		m.logRatio(ratio, c)
		raw[k] = products(ratio, o.Days)
	}
	y, all := make([][]float64, len(o.Regions)), make([][]float64, len(o.Regions))
	for g, region := range o.Regions {
		all[g] = make([]float64, m.Days)
		m.Outcome.Integrals(all[g], m.Window, region)
		y[g] = all[g][a.First:]
	}
	for k := range raw {
		a.Weights[k] = cut(raw[k], o.Quantile)[:len(raw[k])-ahead]
		a.Effective[k], _ = effective(a.Weights[k])
		a.Uncut[k], a.Largest[k] = effective(raw[k][:len(raw[k])-ahead])
	}
	z := stat.TQuantile((1+o.Level)/2, math.Inf(1))
	joint := stat.TQuantile(1-(1-o.Level)/2/float64(len(o.Regions)), math.Inf(1))
	for g, region := range o.Regions {
		e := estimate(a.Weights, y[g], o.Days)
		e.Region = region
		se := e.SE
		e.Low, e.High = e.Diff-z*se, e.Diff+z*se
		e.JointLow, e.JointHigh = e.Diff-joint*se, e.Diff+joint*se
		e.Robust = robust(a.Weights, y[g])
		if len(y[g]) > 1 {
			// Weight i is that of the days i to i+Days-1; the day before is i-1.
			earlier := estimate([2][]float64{a.Weights[0][1:], a.Weights[1][1:]}, all[g][:len(y[g])-1], o.Days)
			e.Before, e.BeforeP = earlier.Diff, stat.TwoSided(earlier.Diff/earlier.SE, math.Inf(1))
			if math.Abs(earlier.Diff) <= 1e-9*earlier.Events[0] { // the same every day, but for rounding
				e.BeforeP = 1
			}
		}
		a.Regions = append(a.Regions, e)
	}
	for _, q := range []float64{.9, .95, .99, 1} {
		if q == o.Quantile {
			continue
		}
		c := Cut{Quantile: q, Diff: make([]float64, len(y))}
		var w [2][]float64
		for k := range raw {
			w[k] = cut(raw[k], q)[:len(raw[k])-ahead]
			c.Effective[k], _ = effective(w[k])
		}
		for g := range y {
			c.Diff[g] = estimate(w, y[g], o.Days).Diff
		}
		a.Cuts = append(a.Cuts, c)
	}
	a.judge(m, o)
	return a
}

// judge sets refusal and notes. The whole is the last region.
func (a *Answer) judge(m *Model, o Options) {
	least := min(a.Uncut[0], a.Uncut[1]) / float64(o.Days)
	enough := least >= NeedEffective
	switch {
	case m.Refusal != nil:
		a.Refusal = m.Refusal
	case !enough:
		if math.IsNaN(least) {
			least = 0
		}
		a.Refusal = athar.Refuse("stochint-effective-days", "n", athar.Num(least), "need", NeedEffective, "of", m.Days/o.Days,
			"from", athar.Num(o.From), "to", athar.Num(o.To), "days", o.Days)
	}
	if o.Quantile < 1 {
		a.Notes = append(a.Notes, athar.NewNote("stochint-cut", "share", athar.Num(1-o.Quantile)))
	}
	last := a.Regions[len(a.Regions)-1]
	if last.BeforeP < .05 && a.Refusal == nil {
		a.Refusal = athar.Refuse("stochint-before", "before", athar.Num(last.Before), "diff", athar.Num(last.Diff), "p", athar.Num(last.BeforeP))
	}
	for _, c := range a.Cuts {
		if d := c.Diff[len(c.Diff)-1]; c.Quantile == .99 && d*last.Diff < 0 && (last.Low > 0 || last.High < 0) {
			a.Notes = append(a.Notes, athar.NewNote("stochint-cut-matters", "diff", athar.Num(last.Diff), "other", athar.Num(d)))
		}
	}
	if enough {
		a.Balance = m.balance(a.Weights, o.Days)
		a.Notes = append(a.Notes, balanceNotes(a.Balance)...)
	}
	if m.Refusal == nil {
		a.Notes = append(a.Notes, m.Notes...)
	}
}

// Unbalanced is the coefficient after weighting, per standard deviation, above
// which a note says that the weights left a difference. A judgement.
const Unbalanced = .25

// balanceNotes say that a difference is left, and that it could not be measured.
func balanceNotes(list []Balance) (out []athar.Note) {
	unknown := false
	worst := 0.0
	for _, b := range list {
		for _, v := range []float64{b.Before, b.After[0], b.After[1]} {
			unknown = unknown || math.IsNaN(v)
		}
		for _, v := range b.After {
			if !math.IsNaN(v) {
				worst = max(worst, math.Abs(v))
			}
		}
	}
	if worst > Unbalanced {
		out = append(out, athar.NewNote("stochint-unbalanced", "after", athar.Num(worst)))
	}
	if unknown {
		out = append(out, athar.NewNote("stochint-balance-unknown"))
	}
	return out
}

// Surfaces are the maps of expected events per km2 and day under both laws,
// which integrate to Events.
func (m *Model) Surfaces(a *Answer) [2][]float64 {
	var out [2][]float64
	for k, w := range a.Weights {
		out[k] = make([]float64, m.Outcome.Cells)
		sum := 0.0
		for i, rho := range w {
			sum += rho
			for s, v := range m.Outcome.Day(a.First + i) {
				out[k][s] += rho * v
			}
		}
		for s := range out[k] {
			out[k][s] /= sum
		}
	}
	return out
}

// products is exp of the sum over each n entries in a row of x.
func products(x []float64, n int) []float64 {
	out := make([]float64, len(x)-n+1)
	for i := range out {
		sum := 0.0
		for _, v := range x[i : i+n] {
			sum += v
		}
		out[i] = math.Exp(sum)
	}
	return out
}

// cut limits weights to their quantile.
func cut(w []float64, q float64) []float64 {
	out := slices.Clone(w)
	if q >= 1 {
		return out
	}
	sorted := slices.Clone(w)
	slices.Sort(sorted)
	top := stat.Quantile(sorted, q)
	for i, v := range out {
		out[i] = min(v, top)
	}
	return out
}

// effective is (sum w)^2 / sum w^2 and the largest share.
func effective(w []float64) (n, largest float64) {
	top := 0.0
	for _, v := range w {
		top = max(top, v)
	}
	sum, sq := 0.0, 0.0
	for _, v := range w { // scaled, since weights of many days may overflow when squared
		sum += v / top
		sq += v / top * v / top
	}
	return sum * sum / sq, 1 / sum
}

// estimate computes Hajek's estimates and the bounds of one region. With
// r_t = rho_t/mean(rho), N = mean(r Y), n days and d_t = r_t (Y_t - N), the bound
// of N is
//
//	sum_t d_t^2 / n^2
//
// which is J'M M'J/n^2 with rows (rho Y/mean rho, rho/mean rho) and J = (1, -N); of
// the difference the same with d_t of one law less that of the other, and of the
// plain difference sum_t ((rho_2t - rho_1t) Y_t)^2 / n^2. SE adds
// 2 sum_{h < m} (1 - h/m) sum_t d_t d_t+h / n^2, m = 2 days, where that is positive
// and days > 1.
func estimate(w [2][]float64, y []float64, days int) (e Effect) {
	n := float64(len(y))
	var mean [2]float64
	for k := range w {
		for t, rho := range w[k] {
			mean[k] += rho / n
			e.Events[k] += rho * y[t] / n
		}
		e.Events[k] /= mean[k]
	}
	e.Diff = e.Events[1] - e.Events[0]
	d := make([]float64, len(y))
	for t, v := range y {
		r0 := w[0][t] / mean[0] * (v - e.Events[0])
		r1 := w[1][t] / mean[1] * (v - e.Events[1])
		plain := (w[1][t] - w[0][t]) * v
		d[t] = r1 - r0
		e.Plain += plain / n
		e.Var[0] += r0 * r0 / (n * n)
		e.Var[1] += r1 * r1 / (n * n)
		e.DiffVar += d[t] * d[t] / (n * n)
		e.PlainVar += plain * plain / (n * n)
	}
	shared, m := 0.0, 2*days
	for h := 1; days > 1 && h < min(m, len(d)); h++ {
		sum := 0.0
		for t, v := range d[h:] {
			sum += v * d[t]
		}
		shared += 2 * (1 - float64(h)/float64(m)) * sum / (n * n)
	}
	e.SE = math.Sqrt(e.DiffVar + max(shared, 0))
	return e
}

// relative fits the law of operations relative to phi, with every day weighted,
// and returns the coefficients per standard deviation of the covariates, NaN
// where there are none.
func (m *Model) relative(weight []float64) []float64 {
	offset := make([]float64, len(m.Base))
	for i, v := range m.Base {
		offset[i] = math.Log(max(v, math.SmallestNonzeroFloat64))
	}
	out := make([]float64, len(m.covariate))
	p, err := fit(m.Window, m.treated, m.covariate, offset, weight)
	for k := range out {
		out[k] = math.NaN()
		if err == nil {
			out[k] = p.Coef[k+1] * p.Spread[k]
		}
	}
	return out
}

// balance gives every day the weight of the days up to it: under the weights the
// covariates should have no part in where and when operations are. Weights below
// the rounding of their sum are none.
func (m *Model) balance(w [2][]float64, days int) []Balance {
	if len(m.covariate) == 0 {
		return nil
	}
	out := make([]Balance, len(m.covariate))
	for k, c := range m.covariate {
		out[k] = Balance{Name: c.Name, Before: m.before[k]}
	}
	for law := range w {
		weight := make([]float64, m.Days)
		sum := 0.0
		for _, v := range w[law] {
			sum += v
		}
		for i, v := range w[law] {
			if v > 1e-16*sum {
				weight[days-1+i] = v
			}
		}
		for k, v := range m.relative(weight) {
			out[k].After[law] = v
		}
	}
	return out
}
