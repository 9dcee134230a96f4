package power

import (
	"math"
	"math/rand/v2"
	"slices"

	"athar"
	"athar/stat"
)

// noise is how intensities scatter and persist, measured before the campaign.
//
// Pseudo-campaigns in the pre-period, or its months drawn again in blocks, were
// the alternatives. A pre-period of one or two years holds one or two windows
// that do not overlap, and blocks of length l out of n periods lose a share l/n
// of the variance and the persistence at every joint, which would make data
// look better than they are. Moments are kept exactly in expectation:
//
//   - A role's share of (role + far) in period t has the Pearson residual
//     e_t = (y_rt - n_t s_t)/sqrt(n_t s_t (1 - s_t)), n_t events of both and s_t
//     the role's share of the expected ones. With V the variance beyond
//     Poisson's, E sum e^2 = (T-1) + V T (1 - m), m the mean of rho^|s-t| over
//     all pairs; phi = 1 + V.
//   - Within a role, areas that scatter on their own add v mu^2 to the variance
//     of a cell around the role's course: v from the sum of squares of the table
//     of its areas and periods. Roles with fewer than [ownAreas] areas take the
//     v of all.
//   - What phi holds beyond the areas' own scatter is common to the role:
//     V/mean(n s (1-s)) - v_r sum p^2 - v_far sum p^2, with p the areas' shares.
//   - rho is the lag-one autocorrelation of e divided by the share 1 - 1/phi
//     of its variance that can persist (Zeger 1988), pooled over roles, in
//     [0, maxRho], as in the headline method. One or two years leave it with a
//     standard error of .2 to .4; cut at 0, such an estimate finds persistence
//     where there is none and data would look far worse than they are. It is
//     therefore drawn towards 0, as the mean of a normal posterior under a
//     prior of mean 0 and standard deviation spreadRho.
type noise struct {
	roles  []athar.Role           // treated, with events before
	phi    map[athar.Role]float64 // at least 1
	own    map[athar.Role]float64 // relative variance of an area's intensity
	common map[athar.Role]float64 // of a role's
	rho    float64
}

const (
	maxRho    = .8
	spreadRho = .3
	ownAreas  = 6
)

// path fills x with a stationary log-normal series of mean 1, relative variance
// v and autocorrelation rho of its logarithm.
func (n *noise) path(x []float64, v float64, r *rand.Rand) {
	if v == 0 {
		for t := range x {
			x[t] = 1
		}
		return
	}
	s2 := math.Log1p(v)
	s, fresh := math.Sqrt(s2), math.Sqrt(1-n.rho*n.rho)
	z := r.NormFloat64()
	for t := range x {
		x[t] = math.Exp(s*z - s2/2)
		z = n.rho*z + fresh*r.NormFloat64()
	}
}

// meanCorr is the mean of rho^|s-t| over all pairs of positions.
func meanCorr(at []int, rho float64) float64 {
	s := 0.0
	for _, a := range at {
		for _, b := range at {
			s += math.Pow(rho, math.Abs(float64(a-b)))
		}
	}
	return s / float64(len(at)*len(at))
}

// residuals are those of one role, with their positions and the mean of
// n s (1 - s).
type residuals struct {
	e      []float64
	at     []int
	weight float64
}

func (r residuals) squares() (s float64) {
	for _, e := range r.e {
		s += e * e
	}
	return
}

// measure reads the noise off the counts before the campaign.
func measure(p *athar.Panel, rate, count []float64) noise {
	n := noise{phi: map[athar.Role]float64{}, own: map[athar.Role]float64{}, common: map[athar.Role]float64{}}
	for _, a := range p.Areas {
		if a.Role >= athar.Inside && !slices.Contains(n.roles, a.Role) {
			n.roles = append(n.roles, a.Role)
		}
	}
	slices.Sort(n.roles)
	yf, mf := series(p, rate, count, athar.Far)
	res := make([]residuals, len(n.roles))
	var square, lag, total float64
	for j, role := range n.roles {
		y, m := series(p, rate, count, role)
		r := &res[j]
		for t := range y {
			c := y[t] + yf[t]
			if m[t] == 0 || mf[t] == 0 || c == 0 {
				continue
			}
			s := m[t] / (m[t] + mf[t])
			v := c * s * (1 - s)
			r.e, r.at, r.weight = append(r.e, (y[t]-c*s)/math.Sqrt(v)), append(r.at, t), r.weight+v
		}
		k := float64(len(r.e))
		if k > 0 {
			r.weight /= k
		}
		if k >= 8 {
			square += r.squares() * k / (k - 1)
			lag += k * stat.AR1(r.e, r.at)
			total += k
		}
	}
	if phi := square / total; phi > 1 {
		share := 1 - 1/phi
		rho := min(maxRho, max(0, lag/total/share))
		n.rho = rho * spreadRho * spreadRho / (spreadRho*spreadRho + (1-rho*rho)/(total*share*share))
	}

	num, den := map[athar.Role]float64{}, map[athar.Role]float64{}
	var allNum, allDen float64
	for _, role := range append(slices.Clone(n.roles), athar.Far) {
		num[role], den[role] = scatter(p, rate, count, role, n.rho)
		allNum += num[role]
		allDen += den[role]
	}
	for _, role := range append(slices.Clone(n.roles), athar.Far) {
		a, b := num[role], den[role]
		if areas(p, role) < ownAreas {
			a, b = allNum, allDen
		}
		if b > 0 {
			n.own[role] = max(0, a/b)
		}
	}
	for j, role := range n.roles {
		n.phi[role] = 1
		k := float64(len(res[j].e))
		if k < 2 {
			continue
		}
		v := max(0, (res[j].squares()-(k-1))/(k*(1-meanCorr(res[j].at, n.rho))))
		n.phi[role] = 1 + v
		n.common[role] = max(0, v/res[j].weight-n.own[role]*shares(p, rate, role)-n.own[athar.Far]*shares(p, rate, athar.Far))
	}
	return n
}

func areas(p *athar.Panel, role athar.Role) (n int) {
	for _, a := range p.Areas {
		if a.Role == role {
			n++
		}
	}
	return
}

// shares is sum p^2 over the areas of a role, p their shares of its rate.
func shares(p *athar.Panel, rate []float64, role athar.Role) float64 {
	var s, s2 float64
	for i, a := range p.Areas {
		if a.Role == role {
			s += rate[i]
			s2 += rate[i] * rate[i]
		}
	}
	if s == 0 {
		return 0
	}
	return s2 / (s * s)
}

// before reports whether a cell is of the pre-period and in use.
func before(p *athar.Panel, i, t int) bool {
	return p.Periods[t].Phase == athar.Pre && p.Periods[t].Days > 0 && p.Use[p.At(i, t)]
}

// series sums a role's counts and expected counts by period.
func series(p *athar.Panel, rate, count []float64, role athar.Role) (y, m []float64) {
	y, m = make([]float64, len(p.Periods)), make([]float64, len(p.Periods))
	for i, a := range p.Areas {
		if a.Role != role {
			continue
		}
		for t, q := range p.Periods {
			if before(p, i, t) {
				y[t] += count[p.At(i, t)]
				m[t] += rate[i] * q.Days
			}
		}
	}
	return
}

// scatter compares the cells of a role with the table that its areas' rates and
// its own course imply, mu_it = a_i d_t y_t / sum_j a_j d_t. With p the area's
// share of the role's expected count in t and q the period's of the area's,
// E (y - mu)^2 = mu (1 - p)(1 - q) + v mu^2 (1 - 2p + sum p^2)(1 - m); num and
// den are the sums of what lies beyond the first term and of what multiplies v.
func scatter(p *athar.Panel, rate, count []float64, role athar.Role, rho float64) (num, den float64) {
	y, m := series(p, rate, count, role)
	p2 := make([]float64, len(p.Periods))
	for i, a := range p.Areas {
		for t, q := range p.Periods {
			if a.Role == role && before(p, i, t) && m[t] > 0 {
				s := rate[i] * q.Days / m[t]
				p2[t] += s * s
			}
		}
	}
	for i, a := range p.Areas {
		if a.Role != role {
			continue
		}
		var at []int
		days := 0.0
		for t, q := range p.Periods {
			if before(p, i, t) {
				at = append(at, t)
				days += q.Days
			}
		}
		loss := 1 - meanCorr(at, rho)
		for _, t := range at {
			d := p.Periods[t].Days
			s := rate[i] * d / m[t]
			mu := s * y[t]
			r := count[p.At(i, t)] - mu
			num += r*r - mu*(1-s)*(1-d/days)
			den += mu * mu * (1 - 2*s + p2[t]) * loss
		}
	}
	return
}
