// Package bsts is the Bayesian structural time series (METHODS.md A2;
// Brodersen and others 2015): what the series would have been without the
// campaign, from a level that may drift, a season, and the series of areas
// that the campaign did not reach.
//
// The package thinks that a posterior is only as good as its chains and its
// priors. It runs several chains and refuses where they do not meet; it shows
// the answer under another prior of the drift, the campaign that never was in
// the time before, and how often one-step forecasts held. Counts go through it
// only where they are large enough to be treated as continuous.
package bsts

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"athar/stat"
)

// Prior is everything that the model believes before it sees the series, in
// units of the standardised series before the campaign.
type Prior struct {
	LevelSD float64 // guess of the level's step
	LevelDF float64 // what the guess is worth, in observations

	Size   float64 // regressors expected in the model; <= 0: all of them are
	R2     float64 // share of the variance expected to be explained
	DF     float64 // what that is worth, in observations
	Weight float64 // observations that the slab's centre, 0, is worth
	Shrink float64 // diagonal share of the slab's precision, 0..1

	Seasons  int     // periods of the season; below 2: none
	SeasonSD float64 // guess of the season's step
	SeasonDF float64
}

// Published are the defaults of the CausalImpact package 1.4.1: level step
// N guess 0.01 with 32 observations, three regressors, R2 of 0.8 with 50
// observations, a slab worth 0.01 observations.
func Published() Prior {
	return Prior{LevelSD: .01, LevelDF: 32, Size: 3, R2: .8, DF: 50, Weight: .01, Shrink: .5, SeasonSD: .01, SeasonDF: .01}
}

// FitOptions of [Fit].
type FitOptions struct {
	Prior  Prior
	Draws  int // kept, over all chains; default 10000
	Chains int // default 4
	Burn   int // a chain, thrown away; default a tenth of its draws, at least 100
	Seed   uint64
	Task   string // names the stream of random numbers
}

// Posterior is what [Fit] returns. Draws of one chain stand together.
type Posterior struct {
	Chains, Ahead int
	// Path holds draws x Ahead values of the series after the last observation
	// before the campaign, noise included, in the units of the series; Mean is
	// the same without the noise.
	Path, Mean []float64
	// NoiseSD, LevelSD and SeasonSD hold one value a draw, in the units of the
	// series.
	NoiseSD, LevelSD, SeasonSD []float64
	Inclusion                  []float64 // share of draws in which each regressor is in the model
	Beta                       []float64 // mean coefficient of each, in the units of the series and the regressor
	Fitted                     []float64 // mean of level, season and regression before the campaign
	// OneStep is the share of the series before the campaign that lies inside
	// the central 95% of its forecast from the periods before it, the first
	// period left out.
	OneStep float64
}

// Errors of [Fit].
var (
	ErrFlat  = errors.New("the series does not vary before the campaign")
	ErrShort = errors.New("fewer than three values before the campaign")
)

// Fit draws from the posterior of
//
//	y_t = mu_t + gamma_t + x_t'beta + e_t
//
// given y_1..y_pre, and from what it predicts for the rows after them. y needs
// pre values, NaN where missing; x has k columns and a row for each period,
// before and after. A row of x that is not finite counts as the columns' mean. Series and
// regressors are standardised by their first pre rows.
//
// A sweep draws states by simulation smoother, variances of their steps from
// inverse gammas kept below the variance of the series, and the regression
// with its inclusions from its conjugate posterior (George and McCulloch 1997):
// beta_in ~ N(0, s2 (Weight/n ((1-Shrink) X'X + Shrink diag X'X))^-1),
// 1/s2 ~ Gamma(DF/2, DF (1-R2)/2). Random numbers depend on seed and task alone.
func Fit(y, x []float64, k, pre int, o FitOptions) (*Posterior, error) {
	if o.Draws == 0 {
		o.Draws = 10000
	}
	if o.Chains == 0 {
		o.Chains = 4
	}
	each := max(4, o.Draws/o.Chains)
	if o.Burn == 0 {
		o.Burn = max(100, each/10)
	}
	d, err := standardise(y, x, k, pre)
	if err != nil {
		return nil, err
	}
	ahead := d.rows - pre
	p := &Posterior{Chains: o.Chains, Ahead: ahead, Inclusion: make([]float64, k), Beta: make([]float64, k), Fitted: make([]float64, pre)}
	draws := each * o.Chains
	p.Path, p.Mean = make([]float64, draws*ahead), make([]float64, draws*ahead)
	p.NoiseSD, p.LevelSD, p.SeasonSD = make([]float64, draws), make([]float64, draws), make([]float64, draws)
	chains := make([]*sampler, o.Chains)
	var wg sync.WaitGroup
	for c := range chains {
		chains[c] = newSampler(d, o.Prior, stat.Stream(o.Seed, "bsts/"+o.Task, c))
		wg.Go(func() { chains[c].run(p, c*each, each, o.Burn) })
	}
	wg.Wait()
	forecasts, held := 0, 0.0
	for t := range pre {
		u := 0.0
		for _, s := range chains {
			p.Fitted[t] += d.mean/float64(o.Chains) + d.sd*s.fit[t]/float64(draws)
			u += s.below[t] / float64(s.looked*o.Chains)
		}
		if t > 0 && !math.IsNaN(d.y[t]) {
			forecasts++
			if u > .025 && u < .975 {
				held++
			}
		}
	}
	p.OneStep = held / float64(forecasts)
	for j := range k {
		for _, s := range chains {
			p.Inclusion[j] += float64(s.in[j]) / float64(draws)
			p.Beta[j] += s.beta[j] / float64(draws)
		}
		p.Beta[j] *= d.sd / d.xsd[j]
	}
	return p, nil
}

// data is the standardised problem.
type data struct {
	y        []float64 // pre values
	x        []float64 // rows x k
	k, rows  int
	n        float64 // observed values
	mean, sd float64
	xsd      []float64
	xx       []float64 // X'X over the observed rows
}

func standardise(y, x []float64, k, pre int) (*data, error) {
	d := &data{y: slices.Clone(y[:pre]), k: k, rows: len(y), xsd: make([]float64, k)}
	if k > 0 {
		d.rows = len(x) / k
	}
	d.mean, d.sd, d.n = moments(d.y, 1, 0)
	switch {
	case d.n < 3:
		return nil, ErrShort
	case !(d.sd > 1e-12*math.Abs(d.mean)):
		return nil, ErrFlat
	}
	for t := range d.y {
		d.y[t] = (d.y[t] - d.mean) / d.sd
	}
	d.x = slices.Clone(x)
	for j := range k {
		mean, sd, _ := moments(d.x[:pre*k], k, j)
		if !(sd > 1e-12*math.Abs(mean)) {
			sd, d.xsd[j] = math.Inf(1), 1 // a constant says nothing that the level does not
		} else {
			d.xsd[j] = sd
		}
		for t := range d.rows {
			v := &d.x[t*k+j]
			if *v = (*v - mean) / sd; math.IsNaN(*v) || math.IsInf(*v, 0) {
				*v = 0
			}
		}
	}
	d.xx = make([]float64, k*k)
	for t, v := range d.y {
		if v != v {
			continue
		}
		row := d.x[t*k : t*k+k]
		for i, a := range row {
			for j, b := range row {
				d.xx[i*k+j] += a * b
			}
		}
	}
	return d, nil
}

// moments are mean and standard deviation of the finite values of column j.
func moments(x []float64, k, j int) (mean, sd, n float64) {
	each := func(f func(v float64)) {
		for t := j; t < len(x); t += k {
			if v := x[t]; !math.IsNaN(v) && !math.IsInf(v, 0) {
				f(v)
			}
		}
	}
	each(func(v float64) { mean += v; n++ })
	mean /= n
	each(func(v float64) { sd += (v - mean) * (v - mean) })
	return mean, math.Sqrt(sd / (n - 1)), n
}

// sampler is one chain.
type sampler struct {
	d       *data
	prior   Prior
	r       *rand.Rand
	states  stat.Structural
	reg     *slab
	level   []float64
	season  []float64
	rest    []float64 // series less regression, or less states
	turn    []float64 // the last values of the season
	mean, f []float64 // one-step forecasts
	fit     []float64 // sums over draws
	below   []float64
	looked  int
	in      []int
	beta    []float64
}

// look is how many draws apart the one-step forecasts are checked.
const look = 25

func newSampler(d *data, p Prior, r *rand.Rand) *sampler {
	n := len(d.y)
	s := &sampler{d: d, prior: p, r: r, reg: newSlab(d, p)}
	for _, x := range []*[]float64{&s.level, &s.season, &s.rest, &s.mean, &s.f, &s.fit, &s.below} {
		*x = make([]float64, n)
	}
	s.in, s.beta = make([]int, d.k), make([]float64, d.k)
	first := 0.0
	for _, v := range d.y {
		if v == v {
			first = v
			break
		}
	}
	// Every chain starts from its own draw of the prior.
	s.states = stat.Structural{Eps: .05 + .95*r.Float64(), Level: s.variance(p.LevelDF, p.LevelSD, 0, 0), Seasons: p.Seasons, Mean: first, Spread: 1}
	if p.Seasons > 1 {
		s.states.Season, s.states.SeasonSpread = s.variance(p.SeasonDF, p.SeasonSD, 0, 0), 1
		s.turn = make([]float64, p.Seasons)
	}
	return s
}

// run makes burn + n sweeps and writes the last n to p from draw at on.
func (s *sampler) run(p *Posterior, at, n, burn int) {
	for i := -burn; i < n; i++ {
		s.sweep()
		if i < 0 {
			continue
		}
		s.keep(p, at+i)
		if i%look == 0 {
			s.check()
		}
	}
}

// sweep is one round of the Gibbs sampler.
func (s *sampler) sweep() {
	d := s.d
	for t, v := range d.y {
		s.rest[t] = v - s.reg.at(t)
	}
	s.states.Draw(s.rest, s.level, s.season, s.r)
	steps := 0.0
	for t := 1; t < len(s.level); t++ {
		e := s.level[t] - s.level[t-1]
		steps += e * e
	}
	p := &s.prior
	s.states.Level = s.variance(p.LevelDF, p.LevelSD, len(s.level)-1, steps)
	if p.Seasons > 1 {
		turns, m := 0.0, p.Seasons-1
		for t := m; t < len(s.season); t++ {
			e := s.season[t]
			for _, g := range s.season[t-m : t] {
				e += g
			}
			turns += e * e
		}
		s.states.Season = s.variance(p.SeasonDF, p.SeasonSD, max(0, len(s.season)-m), turns)
	}
	for t, v := range d.y {
		s.rest[t] = v - s.level[t] - s.season[t]
	}
	s.states.Eps = s.reg.draw(s.rest, s.r)
}

// variance draws the variance of n steps with the given sum of squares:
// 1/v ~ Gamma((df+n)/2, (df guess^2 + sum)/2), v below that of the series.
func (s *sampler) variance(df, guess float64, n int, sum float64) float64 {
	shape, rate := (df+float64(n))/2, (df*guess*guess+sum)/2
	v := 1.0
	for range 100 {
		if v = rate / stat.Gamma(s.r, shape); v < 1 {
			return v
		}
	}
	return 1
}

// keep writes the current draw and continues the series.
func (s *sampler) keep(p *Posterior, i int) {
	d := s.d
	n := len(d.y)
	eps, step, turn := math.Sqrt(s.states.Eps), math.Sqrt(s.states.Level), math.Sqrt(s.states.Season)
	p.NoiseSD[i], p.LevelSD[i], p.SeasonSD[i] = d.sd*eps, d.sd*step, d.sd*turn
	for t := range n {
		s.fit[t] += s.level[t] + s.season[t] + s.reg.at(t)
	}
	for _, j := range s.reg.active {
		s.in[j]++
		s.beta[j] += s.reg.beta[j]
	}
	m := len(s.turn)
	for c := 1; c < m && c <= n; c++ {
		s.turn[c] = s.season[n-c]
	}
	level := s.level[n-1]
	for h := range p.Ahead {
		level += step * s.r.NormFloat64()
		v := level + s.reg.at(n+h)
		if m > 0 {
			g := turn * s.r.NormFloat64()
			for c := m - 1; c >= 1; c-- {
				g -= s.turn[c]
				if c > 1 {
					s.turn[c] = s.turn[c-1]
				}
			}
			s.turn[1] = g
			v += g
		}
		p.Mean[i*p.Ahead+h] = d.mean + d.sd*v
		p.Path[i*p.Ahead+h] = d.mean + d.sd*(v+eps*s.r.NormFloat64())
	}
}

// check adds where each value lies in its one-step forecast.
func (s *sampler) check() {
	for t, v := range s.d.y {
		s.rest[t] = v - s.reg.at(t)
	}
	s.states.Filter(s.rest, s.mean, s.f)
	for t, v := range s.rest {
		if v == v {
			s.below[t] += .5 * math.Erfc((s.mean[t]-v)/math.Sqrt(2*s.f[t]))
		}
	}
	s.looked++
}
