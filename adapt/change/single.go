package change

import (
	"math"
)

// Prior is what is believed before the counts are seen.
type Prior struct {
	// Shape and Rate of the gamma law of every rate (events per unit of exposure),
	// independent of each other. Both zero: 1 and 1 over the mean rate of the series.
	Shape, Rate float64
	// None is the probability that there is no change at all; 0 assumes one.
	None float64
	// Poisson leaves counts no variance beyond their mean. Otherwise they are
	// negative binomial, var = mu + mu^2/theta, with one theta for the whole series
	// that is not known: at the mean count the variance over the mean, 1 +
	// mean/theta, is one of [Dispersions], equally likely.
	Poisson bool
}

// Dispersions is the grid of the variance over the mean, about geometric beyond 1.
var Dispersions = []float64{1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6.5, 8, 10, 13, 16}

// Single is the posterior of a single change of rate.
type Single struct {
	// P[k] is the probability that period k is the last before the change, for 0 <= k
	// <= n-2; they add up to 1 - None.
	P    []float64
	None float64 // probability of no change
	// Before and After are the expected rates, given a change.
	Before, After float64
	// Dispersion is the expected variance over the mean at the mean count.
	Dispersion float64
}

// Mode is the most probable last period before the change, the first of equals.
func (s Single) Mode() int {
	at := 0
	for k, p := range s.P {
		if p > s.P[at] {
			at = k
		}
	}
	return at
}

// Within is the probability that the first period after the change lies in
// [first, last], given by their indices.
func (s Single) Within(first, last int) float64 {
	p := 0.0
	for k := max(0, first-1); k <= last-1 && k < len(s.P); k++ {
		p += s.P[k]
	}
	return p
}

// Posterior is the posterior of a single change of the rate of counts, every
// place equally likely beforehand (Raftery and Akman 1986, Biometrika 73:85). With
// counts S and exposures W on the two sides and Poisson counts
//
//	p(k) prop. to G(a+S1)/(b+W1)^(a+S1) G(a+S2)/(b+W2)^(a+S2),
//
// G the gamma function; negative binomial counts have no closed form, and the two
// rates and theta are summed over grids. exposure is nil for equal ones; a period of
// exposure 0 was not observed. The error is for fewer than two periods, negative
// or infinite values, and a series without exposure or without an event.
func Posterior(counts, exposure []float64, o Prior) (Single, error) {
	if err := check(counts, exposure); err != nil {
		return Single{}, err
	}
	o = o.fill(counts, exposure)
	n := len(counts)
	var models []single
	if o.Poisson {
		models = []single{gammaPoisson(counts, exposure, o)}
	} else {
		mean := meanCount(counts, exposure)
		var g *grid
		for _, phi := range Dispersions {
			if phi == 1 {
				models = append(models, gammaPoisson(counts, exposure, o))
				continue
			}
			if g == nil {
				g = newGrid(counts, exposure, o)
			}
			models = append(models, g.single(mean/(phi-1)))
		}
	}
	// Everything is relative to the best model, or the exponentials vanish.
	top := math.Inf(-1)
	for _, m := range models {
		top = max(top, m.none)
		for _, l := range m.log {
			top = max(top, l)
		}
	}
	s := Single{P: make([]float64, n-1)}
	total, rates := 0.0, 0.0
	for i, m := range models {
		own := o.None * math.Exp(m.none-top)
		s.None += own
		for k, l := range m.log {
			p := (1 - o.None) / float64(n-1) * math.Exp(l-top)
			s.P[k] += p
			own += p
			s.Before += p * m.before[k]
			s.After += p * m.after[k]
			rates += p
		}
		total += own
		s.Dispersion += own * Dispersions[i]
	}
	for k := range s.P {
		s.P[k] /= total
	}
	s.None /= total
	s.Dispersion /= total
	s.Before /= rates
	s.After /= rates
	return s, nil
}

// single is one model: log evidence for a change after each period and for none,
// and the expected rates.
type single struct {
	log           []float64
	before, after []float64
	none          float64
}

func check(y, w []float64) error {
	events, exposure := 0.0, 0.0
	for t, v := range y {
		if !(v >= 0) || math.IsInf(v, 0) || w != nil && (len(w) != len(y) || !(w[t] >= 0) || math.IsInf(w[t], 0)) {
			return errCounts
		}
		if e := weight(w, t); e > 0 {
			events, exposure = events+v, exposure+e
		}
	}
	if len(y) < 2 || events == 0 || exposure == 0 {
		return errCounts
	}
	return nil
}

// fill sets the default prior.
func (o Prior) fill(y, w []float64) Prior {
	if o.Shape == 0 && o.Rate == 0 {
		events, exposure := totals(y, w)
		o.Shape, o.Rate = 1, exposure/events
	}
	return o
}

func totals(y, w []float64) (events, exposure float64) {
	for t, v := range y {
		if e := weight(w, t); e > 0 {
			events, exposure = events+v, exposure+e
		}
	}
	return
}

// meanCount is the mean of the counts of observed periods.
func meanCount(y, w []float64) float64 {
	s, n := 0.0, 0.0
	for t, v := range y {
		if weight(w, t) > 0 {
			s, n = s+v, n+1
		}
	}
	return s / n
}

func lgamma(v float64) float64 {
	l, _ := math.Lgamma(v)
	return l
}

// gammaEvidence is the log of b^a/G(a) G(a+S)/(b+W)^(a+S), the evidence of Poisson
// counts that add up to S but for terms of the single counts.
func gammaEvidence(s, w, a, b float64) float64 {
	return a*math.Log(b) - lgamma(a) + lgamma(a+s) - (a+s)*math.Log(b+w)
}

// constant is the log of the terms of the single counts, prod w^y/y!, which the
// grid has inside.
func constant(y, w []float64) float64 {
	c := 0.0
	for t, v := range y {
		if e := weight(w, t); e > 0 {
			c += v*math.Log(e) - lgamma(v+1)
		}
	}
	return c
}

func gammaPoisson(y, w []float64, o Prior) single {
	n := len(y)
	m := single{log: make([]float64, n-1), before: make([]float64, n-1), after: make([]float64, n-1)}
	c := constant(y, w)
	all, whole := totals(y, w)
	s, e := 0.0, 0.0
	for k := range n - 1 {
		if x := weight(w, k); x > 0 {
			s, e = s+y[k], e+x
		}
		m.log[k] = c + gammaEvidence(s, e, o.Shape, o.Rate) + gammaEvidence(all-s, whole-e, o.Shape, o.Rate)
		m.before[k] = (o.Shape + s) / (o.Rate + e)
		m.after[k] = (o.Shape + all - s) / (o.Rate + whole - e)
	}
	m.none = c + gammaEvidence(all, whole, o.Shape, o.Rate)
	return m
}

// grid integrates over a rate. Its points are equally spaced in the root of the
// rate, where a Poisson count of exposure W has the standard deviation 1/(2 sqrt W)
// at any level: half of that for the whole series is fine enough for every part of
// it.
type grid struct {
	y, w  []float64
	rate  []float64
	log   []float64 // log prior mass of the points
	none  []float64 // log likelihood of no event at each rate, and of one more, for
	more  []float64 // the exposure of the last period
	lines []float64 // log likelihood of each period at each rate, n x points
	sum   []float64 // of the periods so far, by point
	left  []float64 // log evidence of the periods up to k, and the mean rate
	mean  []float64
}

func newGrid(y, w []float64, o Prior) *grid {
	_, exposure := totals(y, w)
	most := 0.0
	for t, v := range y {
		if e := weight(w, t); e > 0 {
			// A segment of one period may have its rate; the likelihood has fallen
			// off far above it.
			most = max(most, (v+6*math.Sqrt(v)+6)/e)
		}
	}
	step := 1 / (4 * math.Sqrt(exposure))
	n := int(math.Sqrt(most)/step) + 1
	const limit = 2000
	if n > limit {
		n, step = limit, math.Sqrt(most)/limit
	}
	g := &grid{y: y, w: w, rate: make([]float64, n), log: make([]float64, n), none: make([]float64, n), more: make([]float64, n), lines: make([]float64, len(y)*n),
		sum: make([]float64, n), left: make([]float64, len(y)), mean: make([]float64, len(y))}
	for i := range n {
		u := (float64(i) + .5) * step
		l := u * u
		g.rate[i] = l
		g.log[i] = math.Log(2*u*step) + o.Shape*math.Log(o.Rate) - lgamma(o.Shape) + (o.Shape-1)*math.Log(l) - o.Rate*l
	}
	return g
}

// load computes the likelihood of every period at every rate for one theta:
//
//	G(y+theta)/(G(theta) y!) (theta/(theta+mu))^theta (mu/(theta+mu))^y,  mu = w rate.
func (g *grid) load(theta float64) {
	n := len(g.rate)
	last := math.NaN()
	for t, v := range g.y {
		line := g.lines[t*n : (t+1)*n]
		e := weight(g.w, t)
		if e <= 0 {
			clear(line)
			continue
		}
		if e != last {
			for i, l := range g.rate {
				mu := e * l
				g.none[i], g.more[i] = -theta*math.Log1p(mu/theta), -math.Log1p(theta/mu)
			}
			last = e
		}
		c := lgamma(v+theta) - lgamma(theta) - lgamma(v+1)
		for i, l := range g.none {
			line[i] = c + l + v*g.more[i]
		}
	}
}

// evidence is the log of sum exp(sum + log) and the mean rate under it.
func (g *grid) evidence() (log, mean float64) {
	top := math.Inf(-1)
	for i, s := range g.sum {
		top = max(top, s+g.log[i])
	}
	total := 0.0
	for i, s := range g.sum {
		if d := s + g.log[i] - top; d > -40 {
			p := math.Exp(d)
			total += p
			mean += p * g.rate[i]
		}
	}
	return top + math.Log(total), mean / total
}

// single is the model of one theta.
func (g *grid) single(theta float64) single {
	g.load(theta)
	n, p := len(g.y), len(g.rate)
	add := func(t int) {
		for i, l := range g.lines[t*p : (t+1)*p] {
			g.sum[i] += l
		}
	}
	clear(g.sum)
	for k := range n {
		add(k)
		g.left[k], g.mean[k] = g.evidence()
	}
	m := single{log: make([]float64, n-1), before: make([]float64, n-1), after: make([]float64, n-1), none: g.left[n-1]}
	clear(g.sum)
	for k := n - 2; k >= 0; k-- {
		add(k + 1)
		l, mean := g.evidence()
		m.log[k] = g.left[k] + l
		m.before[k], m.after[k] = g.mean[k], mean
	}
	return m
}
