package outlook

import (
	"math"
	"slices"

	"athar"
	"athar/stat"
)

// rival is one way to foretell, its latest forecast and its record so far.
type rival struct {
	name     string
	baseline bool
	sample   [][]float64 // by step, sorted; baselines without a season share one

	crps, ign, mis float64 // sums over the scored forecasts
	cover          [4]float64
	pit            [10]int
	month          []float64 // sum of CRPS by month foretold
}

// levels are those of the coverage that is kept; 50 and 90 are published.
var levels = [4]float64{.5, .8, .9, .95}

// windows are the lengths in months between which the moment rule chooses; the
// last one is everything.
var windows = []int{3, 6, 12, 24, 36, 60, math.MaxInt}

// evaluation lets all rivals foretell one series from every month of its past.
type evaluation struct {
	o      Options
	s      *Series
	id     string
	y      []float64
	month  int
	steps  []int
	rivals []rival

	kin  []*Series // of the same kind of unit
	near []*Series

	plain, campaign ingarch
	smooth          smooth
	x, pool         []float64

	moment  [][]float64 // CRPS of the window w at (origin, step)
	known   []float64   // its sum over forecasts whose month has come
	byMonth []float64   // forecasts a month
	cells   int
	model   int // the best model and the best rule, of rivals
	rule    int
}

// The places of the baselines among the rivals.
const (
	zeros = iota
	last
	global
	own
	neighbours
	momentNB
)

func newEvaluation(all []Series, i int, o Options) *evaluation {
	s := &all[i]
	e := &evaluation{o: o, s: s, id: "outlook/" + s.ID, month: firstMonth(s), y: make([]float64, len(s.Count)), byMonth: make([]float64, len(s.Count))}
	for t, v := range s.Count {
		e.y[t] = math.NaN()
		if seen(v) {
			e.y[t] = v
		}
	}
	for h := range o.Horizon {
		e.steps = append(e.steps, o.Lag+1+h)
	}
	for k := range all {
		q := &all[k]
		if !monthly(q) {
			continue
		}
		if q.Unit == s.Unit {
			e.kin = append(e.kin, q)
		}
		if k != i && slices.Contains(s.Near, q.ID) {
			e.near = append(e.near, q)
		}
	}
	add := func(name string, baseline bool) {
		r := rival{name: name, baseline: baseline, month: make([]float64, len(e.y)), sample: make([][]float64, len(e.steps))}
		one := make([]float64, o.Draws)
		for h := range r.sample {
			if r.sample[h] = one; !baseline {
				r.sample[h] = make([]float64, o.Draws)
			}
		}
		e.rivals = append(e.rivals, r)
	}
	for _, b := range []string{"zeros", "last", "global", "conflictology", "conflictology-near", "moment-nb"} {
		add(b, true)
	}
	for _, m := range []string{"ingarch", "smooth", "level", "mix"} {
		add(m, false)
	}
	if slices.ContainsFunc(s.Campaign, func(v float64) bool { return v > 0 }) {
		for _, m := range []string{"ingarch-campaign", "smooth-campaign", "level-campaign", "mix-campaign"} {
			add(m, false)
		}
	}
	e.known = make([]float64, len(windows))
	return e
}

// reach is how many observed months there are to foretell, and their events.
func (e *evaluation) reach() (months int, events float64) {
	have, from := 0, len(e.y)
	for t, v := range e.y {
		if v == v {
			if t >= from {
				months++
				events += v
			}
			if have++; have == training {
				from = t + e.steps[0]
			}
		}
	}
	return months, events
}

// run scores every forecast of a month that was observed, from every month with
// enough training behind it.
func (e *evaluation) run() {
	r := stat.Stream(e.o.Seed, e.id+"/pit", 0)
	n, have := len(e.y), 0
	for t := range n {
		if seen(e.y[t]) {
			have++
		}
		if have < warm {
			e.moment = append(e.moment, nil)
			continue
		}
		e.choose(t) // also while too early to be scored: the window learns from it
		if have < training || t+e.steps[0] >= n {
			continue
		}
		e.baselines(t)
		e.models(t)
		for h, s := range e.steps {
			if t+s >= n || !seen(e.y[t+s]) {
				continue
			}
			e.cells++
			e.byMonth[t+s]++
			v := r.Float64() // one for all rivals
			for k := range e.rivals {
				e.rivals[k].score(h, t+s, e.y[t+s], v, e.o.Level)
			}
		}
	}
	e.rule, e.model = -1, -1
	for k := range e.rivals {
		best := &e.model
		if e.rivals[k].baseline {
			if best = &e.rule; e.idle(k) {
				continue
			}
		}
		if *best < 0 || e.rivals[k].crps < e.rivals[*best].crps {
			*best = k
		}
	}
}

// idle reports whether rule k would only repeat another: without neighbours or
// other units, their months and the unit's own are the same.
func (e *evaluation) idle(k int) bool {
	return k == neighbours && len(e.near) == 0 || k == global && len(e.kin) == 1
}

func (r *rival) score(h, t int, y, v, level float64) {
	x := r.sample[h]
	c := CRPS(x, y)
	r.crps += c
	r.month[t] += c
	r.ign += IGN(x, y)
	low, high := Interval(x, level)
	r.mis += IntervalScore(low, high, level, y)
	for k, l := range levels {
		if low, high := Interval(x, l); low <= y && y <= high {
			r.cover[k]++
		}
	}
	r.pit[min(9, int(10*PIT(x, y, v)))]++
}

// choose puts the forecast of the moment rule after month t into its sample: a
// negative binomial with the mean and variance of the last w months, a Poisson where the
// variance is not above the mean (the plain benchmark of METHODS E). The window
// w had the lowest CRPS over all forecasts whose month had come by t.
func (e *evaluation) choose(t int) {
	for w := range windows {
		for h, s := range e.steps {
			if o := t - s; o >= 0 && e.moment[o] != nil && seen(e.y[t]) {
				e.known[w] += e.moment[o][w*len(e.steps)+h]
			}
		}
	}
	best := slices.Index(windows, 12)
	for w := range windows {
		if e.known[w] < e.known[best] {
			best = w
		}
	}
	row := make([]float64, len(windows)*len(e.steps))
	x := e.rivals[momentNB].sample[0]
	fill := func(w int) {
		var n, m, q float64
		for i := t; i >= 0 && n < float64(windows[w]); i-- {
			if v := e.y[i]; v == v {
				n++
				d := v - m
				m += d / n
				q += d * (v - m)
			}
		}
		theta := math.Inf(1)
		if v := q / (n - 1); v > m {
			theta = m * m / (v - m)
		}
		fillNegBin(x, m, theta)
	}
	for w := range windows {
		fill(w)
		for h, s := range e.steps {
			if t+s < len(e.y) && seen(e.y[t+s]) {
				row[w*len(e.steps)+h] = CRPS(x, e.y[t+s])
			}
		}
	}
	e.moment = append(e.moment, row)
	fill(best)
}

// baselines fills the samples of the rules after month t. Those that resample
// take the months that were observed among the last 12.
func (e *evaluation) baselines(t int) {
	value := math.NaN()
	for i := t; value != value; i-- {
		value = e.y[i]
	}
	fillNegBin(e.rivals[last].sample[0], value, math.Inf(1))
	day := e.s.Months[t].First
	mine := recent(nil, e.s, day)
	if len(mine) == 0 {
		mine = []float64{value}
	}
	pool := func(k int, from []*Series, x []float64) {
		for _, q := range from {
			x = recent(x, q, day)
		}
		if len(x) == 0 {
			x = mine
		}
		slices.Sort(x)
		fillPool(e.rivals[k].sample[0], x)
	}
	pool(own, nil, mine)
	pool(global, e.kin, nil)
	pool(neighbours, e.near, slices.Clone(mine))
}

// recent appends the observed counts of the 12 months of q that end with the
// month that begins on day.
func recent(x []float64, q *Series, day athar.Day) []float64 {
	t, found := slices.BinarySearchFunc(q.Months, day, func(m athar.Span, d athar.Day) int { return int(m.First) - int(d) })
	if !found {
		return x
	}
	for i := max(0, t-11); i <= t; i++ {
		if seen(q.Count[i]) {
			x = append(x, q.Count[i])
		}
	}
	return x
}

// models fits the models to the months up to t and fills their samples. The
// campaign's share stays as it was in the last of them, because nobody knew
// then when it would end or another begin.
func (e *evaluation) models(t int) {
	first := momentNB + 1
	for k, g := range []*ingarch{&e.plain, &e.campaign} {
		at := first + 4*k
		if at >= len(e.rivals) {
			return
		}
		p, ahead := 3+k, e.steps[len(e.steps)-1]
		e.x = slices.Grow(e.x[:0], (t+1+ahead)*p)[:(t+1+ahead)*p]
		for i := range t + 1 + ahead {
			share := 0.0
			if k > 0 {
				share = e.s.Campaign[min(i, t)]
			}
			design(e.x[i*p:i*p+p], e.calendar(i), share)
		}
		y := e.y[:t+1]
		g.fit(y, e.x[:(t+1)*p], p)
		g.draw(e.rivals[at].sample, e.o.Lag, e.x[(t+1)*p:], stat.Stream(e.o.Seed, e.id+"/"+e.rivals[at].name, t))
		e.smooth.forecast(e.rivals[at+1].sample, y, e.x, g, e.steps)
		if !drift(e.rivals[at+2].sample, y, e.x, p, e.steps, stat.Stream(e.o.Seed, e.id+"/"+e.rivals[at+2].name, t)) {
			for h := range e.steps { // nothing to learn from: the other model's forecast
				copy(e.rivals[at+2].sample[h], e.rivals[at+1].sample[h])
			}
		}
		for h := range e.steps { // the linear pool of the three
			e.pool = e.pool[:0]
			for _, r := range e.rivals[at : at+3] {
				e.pool = append(e.pool, r.sample[h]...)
			}
			slices.Sort(e.pool)
			fillPool(e.rivals[at+3].sample[h], e.pool)
		}
	}
}

func (e *evaluation) mean(k int) float64 { return e.rivals[k].crps / float64(e.cells) }

// scores is the table: rules first, then models.
func (e *evaluation) scores() []athar.Score {
	n := float64(e.cells)
	out := []athar.Score{}
	for k := range e.rivals {
		r := &e.rivals[k]
		if e.idle(k) {
			continue
		}
		low, high := math.NaN(), math.NaN()
		if k != e.rule {
			low, high = e.compare(k)
		}
		out = append(out, athar.Score{Model: r.name, Baseline: r.baseline, N: e.cells,
			CRPS: athar.Num(r.crps / n), IGN: athar.Num(r.ign / n), MIS: athar.Num(r.mis / n),
			Cover50: athar.Num(r.cover[0] / n), Cover90: athar.Num(r.cover[2] / n),
			Skill: athar.Num(1 - r.crps/e.rivals[own].crps), Low: athar.Num(low), High: athar.Num(high)})
	}
	return out
}

// compare is the 95% interval of the mean difference in CRPS between rival k
// and the best rule, by a circular block bootstrap over the months foretold
// (Politis and Romano 1992). A block is as long as the horizon, because forecasts that
// many months apart share what they knew. A loud month that alone makes the
// difference is missing from more than a third of the samples, so that the
// interval then holds 0.
func (e *evaluation) compare(k int) (low, high float64) {
	var diff, count []float64
	for t, c := range e.byMonth {
		if c > 0 {
			diff = append(diff, e.rivals[k].month[t]-e.rivals[e.rule].month[t])
			count = append(count, c)
		}
	}
	n := len(diff)
	block := min(e.o.Horizon, n)
	r := stat.Stream(e.o.Seed, e.id+"/bootstrap", 0)
	draws := make([]float64, e.o.Resamples)
	for b := range draws {
		var d, c float64
		for left := n; left > 0; left -= block {
			from := r.IntN(n)
			for i := range min(block, left) {
				d += diff[(from+i)%n]
				c += count[(from+i)%n]
			}
		}
		draws[b] = d / c
	}
	slices.Sort(draws)
	return stat.Quantile(draws, .025), stat.Quantile(draws, .975)
}
