package bsts

import (
	"math"
	"math/rand/v2"

	"athar/stat"
)

// slab is the regression with a spike-and-slab prior.
type slab struct {
	d      *data
	prior  Prior
	odds   float64   // log prior odds that a regressor is in
	omega  []float64 // prior precision over s2, k x k
	xy     []float64
	beta   []float64 // zero outside active
	active []int     // the regressors in the model, in order
	try    []int
	chol   []float64 // of omega + X'X over the active ones
	work   []float64
	z      []float64
	order  []int
	usable []int // columns that vary
}

func newSlab(d *data, p Prior) *slab {
	k := d.k
	s := &slab{d: d, prior: p, omega: make([]float64, k*k), xy: make([]float64, k), beta: make([]float64, k),
		active: make([]int, 0, k), try: make([]int, 0, k), chol: make([]float64, k*k), work: make([]float64, k*k), z: make([]float64, k)}
	for i := range k {
		if d.xx[i*k+i] > 0 {
			s.usable = append(s.usable, i)
		}
		for j := range k {
			w := 1 - p.Shrink
			if i == j {
				w = 1
			}
			s.omega[i*k+j] = p.Weight / d.n * w * d.xx[i*k+j]
		}
	}
	s.odds = math.Inf(1)
	if share := p.Size / float64(len(s.usable)); p.Size > 0 && share < 1 {
		s.odds = math.Log(share / (1 - share))
	} else {
		s.active = append(s.active, s.usable...)
	}
	s.order = append(s.order, s.usable...)
	return s
}

// at is x_t'beta.
func (s *slab) at(t int) float64 {
	v := 0.0
	row := s.d.x[t*s.d.k : t*s.d.k+s.d.k]
	for _, j := range s.active {
		v += row[j] * s.beta[j]
	}
	return v
}

// draw takes the series less its states and draws inclusions, s2 and beta. It
// returns s2.
func (s *slab) draw(y []float64, r *rand.Rand) float64 {
	k := s.d.k
	clear(s.xy)
	yy := 0.0
	for t, v := range y {
		if v != v {
			continue
		}
		yy += v * v
		for j, x := range s.d.x[t*k : t*k+k] {
			s.xy[j] += x * v
		}
	}
	ss := s.prior.DF*(1-s.prior.R2) + yy
	shape := (s.prior.DF + s.d.n) / 2
	if !math.IsInf(s.odds, 1) {
		s.flip(ss, shape, r)
	}
	_, sum := s.fit(s.active, ss)
	s2 := sum / 2 / stat.Gamma(r, shape)
	// beta = V X'y + s L^-T z
	m := len(s.active)
	sd := math.Sqrt(s2)
	for i := range m {
		s.z[i] += sd * r.NormFloat64()
	}
	clear(s.beta)
	for i := m - 1; i >= 0; i-- {
		v := s.z[i]
		for l := i + 1; l < m; l++ {
			v -= s.chol[l*m+i] * s.beta[s.active[l]]
		}
		s.beta[s.active[i]] = v / s.chol[i*m+i]
	}
	return s2
}

// flip proposes every regressor in or out once, in random order, given all
// others and with beta and s2 integrated out:
//
//	p(in | y) ~ prior(in) |Omega|^1/2 |Omega + X'X|^-1/2 SS^-(DF+n)/2.
func (s *slab) flip(ss, shape float64, r *rand.Rand) {
	score := func(in []int) float64 {
		det, sum := s.fit(in, ss)
		return det - shape*math.Log(sum) + s.odds*float64(len(in))
	}
	for i := len(s.order) - 1; i > 0; i-- {
		j := r.IntN(i + 1)
		s.order[i], s.order[j] = s.order[j], s.order[i]
	}
	now := score(s.active)
	for _, j := range s.order {
		s.try = s.try[:0]
		placed := false
		for _, a := range s.active {
			if a > j && !placed {
				s.try, placed = append(s.try, j), true
			}
			if a == j {
				placed = true
				continue
			}
			s.try = append(s.try, a)
		}
		if !placed {
			s.try = append(s.try, j)
		}
		then := score(s.try)
		if then >= now || r.Float64() < math.Exp(then-now) {
			s.active, s.try, now = s.try, s.active, then
		}
	}
}

// fit factors the posterior precision over the regressors in; det is half of
// ln |Omega| - ln |Omega + X'X|, sum is SS = ss - |L^-1 X'y|^2, and z holds L^-1 X'y.
func (s *slab) fit(in []int, ss float64) (det, sum float64) {
	k, m := s.d.k, len(in)
	for i, a := range in {
		for j, b := range in[:i+1] {
			s.work[i*m+j] = s.omega[a*k+b]
			s.chol[i*m+j] = s.omega[a*k+b] + s.d.xx[a*k+b]
		}
		s.z[i] = s.xy[a]
	}
	det = cholesky(s.work, m) - cholesky(s.chol, m)
	sum = ss
	for i := range m {
		v := s.z[i]
		for j := range i {
			v -= s.chol[i*m+j] * s.z[j]
		}
		v /= s.chol[i*m+i]
		s.z[i] = v
		sum -= v * v
	}
	return det, sum
}

// cholesky factors the lower triangle in place and returns the sum of the logs
// of the diagonal.
func cholesky(a []float64, m int) float64 {
	sum, product := 0.0, 1.0
	for i := range m {
		for j := range i + 1 {
			v := a[i*m+j]
			for l := range j {
				v -= a[i*m+l] * a[j*m+l]
			}
			if i == j {
				v = math.Sqrt(max(v, 1e-12))
				if product *= v; product < 1e-200 || product > 1e200 {
					sum, product = sum+math.Log(product), 1
				}
				a[i*m+i] = v
			} else {
				a[i*m+j] = v / a[j*m+j]
			}
		}
	}
	return sum + math.Log(product)
}
