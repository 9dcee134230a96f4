package knox

import (
	"math"

	"athar"
	"athar/stat"
)

// Change is how a cell differs between two periods.
type Change struct {
	Space int `json:"space"`
	Time  int `json:"time"`
	// Extra is the change in near pairs beyond chance per event: the measure to
	// read, because a ratio does not grow with the number of repeats (their own
	// pairs raise what chance is made of) and this does. Above 0: more local bursts.
	Extra athar.Num `json:"extra"`
	// Ratio is the ratio after over the one before, each with half a pair added to
	// both its terms.
	Ratio athar.Num `json:"ratio"`
	// 95% intervals: one month after the other is left out. Only with dates dealt
	// within months.
	ExtraLow  athar.Num `json:"extra_low"`
	ExtraHigh athar.Num `json:"extra_high"`
	RatioLow  athar.Num `json:"ratio_low"`
	RatioHigh athar.Num `json:"ratio_high"`
	// Two-sided p values from dates dealt within each period: how often so large a
	// difference arises where there are no near repeats in either.
	ExtraP athar.Num `json:"extra_p"`
	RatioP athar.Num `json:"ratio_p"`
}

// Sign is +1 or -1 where near repeats became more or fewer beyond doubt, by the
// interval and by the p value of Extra; else 0.
func (c Change) Sign() int {
	switch {
	case !(c.ExtraP <= .05):
	case c.ExtraLow > 0:
		return 1
	case c.ExtraHigh < 0:
		return -1
	}
	return 0
}

// Comparison is two analyses and the closed cells' changes.
type Comparison struct {
	Before  Result         `json:"before"`
	After   Result         `json:"after"`
	Changes []Change       `json:"changes"`
	Near    Change         `json:"near"` // of the summary
	Refusal *athar.Refusal `json:"refusal,omitempty"`
}

// Compare asks whether near repeats were more or fewer afterwards, by the pairs
// beyond chance per event, and by the ratio (METHODS.md B5):
//
//	X = (n1 - E1)/N1 - (n0 - E0)/N0,
//	D = ln((n1 + 1/2)/(E1 + 1/2)) - ln((n0 + 1/2)/(E0 + 1/2)).
//
// Each period's expectation is its own, so that fewer events, other places or
// another season make no difference by themselves. The intervals leave out one
// month after the other (jackknife), V = (G-1)/G sum (X_(-g) - X)^2 in each
// period, with t on Welch's degrees of freedom; they are missing with fewer than
// [MinMonths] months in either.
func Compare(before, after []Event, o Options) Comparison {
	var c Comparison
	c.Near = Change{Space: -1, Time: -1, Extra: nan, Ratio: nan, ExtraLow: nan, ExtraHigh: nan, RatioLow: nan, RatioHigh: nan, ExtraP: nan, RatioP: nan}
	task := o.Task
	o.Task = task + "/before"
	c.Before = Analyse(before, o)
	o.Task = task + "/after"
	c.After = Analyse(after, o)
	for _, r := range []*Result{&c.Before, &c.After} {
		if r.Refusal != nil {
			c.Refusal = r.Refusal
			return c
		}
	}
	nt := len(c.Before.tally.time)
	for k := range len(c.Before.tally.space) * nt {
		c.Changes = append(c.Changes, c.change([]int{k}, k/nt, k%nt))
	}
	c.Near = c.change(c.Before.near, -1, -1)
	return c
}

// measures are what is compared: pairs beyond chance per event, log ratio.
type measures [2]float64

func measure(pairs int64, expected float64, events int) measures {
	return measures{(float64(pairs) - expected) / float64(max(1, events)), math.Log((float64(pairs) + .5) / (expected + .5))}
}

func pick(cells []int, count []int64, expected []float64) (n int64, e float64) {
	for _, k := range cells {
		n += count[k]
		if expected != nil {
			e += expected[k]
		}
	}
	return n, e
}

func (c *Comparison) change(cells []int, space, time int) Change {
	var e, events [2]float64
	var v, df [2]measures
	var d measures
	for k, r := range []*Result{&c.Before, &c.After} {
		count, expected := r.tally.sum()
		var n int64
		n, e[k] = pick(cells, count, expected)
		events[k] = float64(r.Events)
		m := measure(n, e[k], r.Events)
		v[k], df[k] = r.tally.jackknife(cells, m)
		for i := range d {
			d[i] += float64(2*k-1) * m[i]
		}
	}
	p := measures{math.NaN(), math.NaN()}
	if draws := c.Before.Draws; draws > 0 {
		more, size := measures{1, 1}, len(c.Before.drawn)/draws
		for b := range draws {
			n0, _ := pick(cells, c.Before.drawn[b*size:(b+1)*size], nil)
			n1, _ := pick(cells, c.After.drawn[b*size:(b+1)*size], nil)
			m0, m1 := measure(n0, e[0], int(events[0])), measure(n1, e[1], int(events[1]))
			for i := range d {
				// Equal differences may differ in their last bit.
				if math.Abs(m1[i]-m0[i]) >= math.Abs(d[i])*(1-1e-12) {
					more[i]++
				}
			}
		}
		for i := range p {
			p[i] = more[i] / float64(draws+1)
		}
	}
	var low, high measures
	for i := range d {
		low[i], high[i] = math.NaN(), math.NaN()
		if total := v[0][i] + v[1][i]; total > 0 {
			f := total * total / (v[0][i]*v[0][i]/df[0][i] + v[1][i]*v[1][i]/df[1][i])
			q := stat.TQuantile(.975, f) * math.Sqrt(total)
			low[i], high[i] = d[i]-q, d[i]+q
		}
	}
	return Change{Space: space, Time: time,
		Extra: athar.Num(d[0]), ExtraLow: athar.Num(low[0]), ExtraHigh: athar.Num(high[0]), ExtraP: athar.Num(p[0]),
		Ratio: athar.Num(math.Exp(d[1])), RatioLow: athar.Num(math.Exp(low[1])), RatioHigh: athar.Num(math.Exp(high[1])), RatioP: athar.Num(p[1])}
}

// jackknife is the variance of the measures of cells with one month after the
// other left out, and its degrees of freedom; not a number with too few months
// that have near pairs or could.
func (t *tally) jackknife(cells []int, full measures) (v, df measures) {
	none := measures{math.NaN(), math.NaN()}
	if t.s.o.Null != WithinMonth {
		return none, none
	}
	size := len(t.space) * len(t.time)
	n, e := make([]int64, len(t.s.span)), make([]float64, len(t.s.span)) // that touch a month
	var all int64
	sum := 0.0
	for m, r := range t.s.span {
		for q := m; q <= r.last; q++ {
			at := (r.at + q - m) * size
			a, x := pick(cells, t.both[at:at+size], t.expected[at:at+size])
			all, sum = all+a, sum+x
			n[m], e[m] = n[m]+a, e[m]+x
			if q != m {
				n[q], e[q] = n[q]+a, e[q]+x
			}
		}
	}
	used := 0.0
	for m := range n {
		if n[m] == 0 && e[m] == 0 {
			continue
		}
		used++
		one := measure(all-n[m], max(0, sum-e[m]), t.s.n-len(t.s.months[m]))
		for i := range v {
			v[i] += (one[i] - full[i]) * (one[i] - full[i])
		}
	}
	if used < MinMonths {
		return none, none
	}
	for i := range v {
		v[i] *= (used - 1) / used
		df[i] = used - 1
	}
	return v, df
}
