package stat

import (
	"math"
	"math/rand/v2"
)

// Structural is a series as a level that walks at random, a season that may
// change slowly, and noise (Harvey 1989, chapter 4):
//
//	y_t     = mu_t + gamma_t + e_t,             e ~ N(0, Eps)
//	mu_t+1  = mu_t + n_t,                       n ~ N(0, Level)
//	gamma_t+1 = -(gamma_t + ... + gamma_t-S+2) + w_t,   w ~ N(0, Season)
//
// with mu_1 ~ N(Mean, Spread) and the season's first values N(0, SeasonSpread).
// Not-a-number in y is a value that nobody observed. The workspace is
// allocated on first use and kept.
type Structural struct {
	Eps, Level, Season float64 // variances
	Seasons            int     // periods of a season, S; below 2: none
	Mean, Spread       float64
	SeasonSpread       float64

	v, f, a, p   []float64 // innovations over F, F, and for the level alone a_t and P_t
	gain         []float64 // K_t, S a period
	cov          []float64 // S x S
	pz, state, w []float64 // S
	r            []float64 // r_t of level and season
	star, mu, ga []float64 // y - y+, and the states drawn without data
}

func (s *Structural) size(n int) {
	m := max(1, s.Seasons)
	if len(s.v) == n && len(s.pz) == m {
		return
	}
	for _, x := range []*[]float64{&s.v, &s.f, &s.a, &s.p, &s.star, &s.mu, &s.ga} {
		*x = make([]float64, n)
	}
	s.gain, s.r = make([]float64, n*m), make([]float64, 2*n+2)
	s.cov = make([]float64, m*m)
	s.pz, s.state, s.w = make([]float64, m), make([]float64, m), make([]float64, m)
}

// Filter runs the Kalman filter over y and returns the log likelihood of the
// observed values. Where they are not nil, mean and variance receive the
// forecasts of y_t from y_1..y_t-1.
func (s *Structural) Filter(y, mean, variance []float64) float64 {
	s.size(len(y))
	s.run(y)
	ll := 0.0
	for t, x := range y {
		m := s.a[t]
		if mean != nil {
			mean[t] = m
		}
		if variance != nil {
			variance[t] = s.f[t]
		}
		if !math.IsNaN(x) {
			ll -= .5 * (math.Log(2*math.Pi*s.f[t]) + (x-m)*(x-m)/s.f[t])
		}
	}
	return ll
}

// Smooth writes the expected level and season, given all of y. season may be
// nil.
func (s *Structural) Smooth(y, level, season []float64) {
	s.size(len(y))
	s.run(y)
	s.back(y, level, season)
}

// Draw writes one draw of level and season given y, by the simulation smoother
// of Durbin and Koopman (2002): draw states and a series y+ from the model,
// smooth y - y+ and add the states back. season may be nil. The
// workspace is reused: nothing is allocated after the first call.
func (s *Structural) Draw(y, level, season []float64, r *rand.Rand) {
	s.size(len(y))
	eps, step, turn := math.Sqrt(s.Eps), math.Sqrt(s.Level), math.Sqrt(s.Season)
	mu := math.Sqrt(s.Spread) * r.NormFloat64()
	m := len(s.pz)
	for c := 1; c < m; c++ {
		s.w[c] = math.Sqrt(s.SeasonSpread) * r.NormFloat64()
	}
	for t, x := range y {
		s.mu[t] = mu
		plus := mu
		if m > 1 {
			s.ga[t] = s.w[1]
			plus += s.w[1]
			s.turn(s.w, turn*r.NormFloat64())
		}
		if math.IsNaN(x) {
			s.star[t] = x
		} else {
			s.star[t] = x - plus - eps*r.NormFloat64()
		}
		mu += step * r.NormFloat64()
	}
	s.run(s.star)
	s.back(s.star, level, season)
	for t, x := range s.mu {
		level[t] += x
	}
	if season != nil && m > 1 {
		for t, x := range s.ga {
			season[t] += x
		}
	}
}

// turn moves the seasonal part of a state on by one period.
func (s *Structural) turn(x []float64, noise float64) {
	m := len(x)
	sum := 0.0
	for c := m - 1; c >= 1; c-- {
		sum += x[c]
		if c > 1 {
			x[c] = x[c-1]
		}
	}
	x[1] = noise - sum
}

// run is the filter: a_t = E(y_t | past), F_t and the gains.
func (s *Structural) run(y []float64) {
	if len(s.pz) == 1 {
		a, p := s.Mean, s.Spread
		for t, x := range y {
			f := p + s.Eps
			s.a[t], s.p[t], s.f[t] = a, p, f
			if x != x {
				s.v[t], s.gain[t] = 0, 0
				p += s.Level
				continue
			}
			inv := 1 / f
			v, k := (x-a)*inv, p*inv
			s.v[t], s.gain[t] = v, k
			a += p * v
			p = p*(1-k) + s.Level
		}
		return
	}
	m := len(s.pz)
	clear(s.cov)
	clear(s.state)
	s.cov[0], s.state[0] = s.Spread, s.Mean
	for c := 1; c < m; c++ {
		s.cov[c*m+c] = s.SeasonSpread
	}
	for t, x := range y {
		for c := range m {
			s.pz[c] = s.cov[c*m] + s.cov[c*m+1]
		}
		f := s.pz[0] + s.pz[1] + s.Eps
		s.a[t], s.f[t] = s.state[0]+s.state[1], f
		k := s.gain[t*m : t*m+m]
		if x != x {
			s.v[t] = 0
			clear(k)
		} else {
			v := (x - s.a[t]) / f
			s.v[t] = v
			for c, g := range s.pz {
				k[c] = g / f
				s.state[c] += g * v
			}
			for c, g := range k {
				row := s.cov[c*m : c*m+m]
				for d, h := range s.pz {
					row[d] -= g * h
				}
			}
			s.turn(k, 0) // the gain of the forecast is T P z/F
		}
		s.turn(s.state, 0)
		s.forecast(m)
	}
}

// forecast is cov = T cov T' + Q.
func (s *Structural) forecast(m int) {
	p := s.cov
	total := 0.0
	for c := range m { // s.w[c]: sum of row c over the season
		s.w[c] = 0
		for _, x := range p[c*m+1 : c*m+m] {
			s.w[c] += x
		}
		if c > 0 {
			total += s.w[c]
		}
	}
	for c := m - 1; c >= 2; c-- {
		copy(p[c*m+2:c*m+m], p[(c-1)*m+1:(c-1)*m+m-1])
		p[c*m], p[c*m+1] = p[(c-1)*m], -s.w[c-1]
	}
	for c := 2; c < m; c++ {
		p[c], p[m+c] = p[c*m], p[c*m+1]
	}
	p[0] += s.Level
	p[1], p[m] = -s.w[0], -s.w[0]
	p[m+1] = total + s.Season
}

// back is the disturbance smoother: r_t-1 = z v_t/F_t + L_t' r_t backwards,
// then states forwards from r (Durbin and Koopman 2012, section 4.6).
func (s *Structural) back(y, level, season []float64) {
	n, m := len(y), len(s.pz)
	if m == 1 {
		r := 0.0
		for t := n - 1; t >= 0; t-- {
			r = s.v[t] + (1-s.gain[t])*r
			level[t] = s.a[t] + s.p[t]*r
		}
		return
	}
	r := s.state
	clear(r)
	for t := n - 1; t >= 0; t-- {
		s.r[2*t+2], s.r[2*t+3] = r[0], r[1]
		u := s.v[t]
		for c, k := range s.gain[t*m : t*m+m] {
			u -= k * r[c]
		}
		first := r[1]
		for c := 1; c < m-1; c++ {
			r[c] = r[c+1] - first
		}
		r[m-1] = -first
		r[0] += u
		r[1] += u
	}
	s.pz[0] = s.Mean + s.Spread*r[0]
	for c := 1; c < m; c++ {
		s.pz[c] = s.SeasonSpread * r[c]
	}
	for t := range n {
		level[t] = s.pz[0]
		if season != nil {
			season[t] = s.pz[1]
		}
		s.turn(s.pz, s.Season*s.r[2*t+3])
		s.pz[0] += s.Level * s.r[2*t+2]
	}
}
