package spillover

import (
	"fmt"
	"math"
	"slices"

	"athar"
	"athar/stat"
)

// spread is what the history of a role before the campaign says about the
// noise of its contrast with far.
type spread struct {
	phi     float64 // variance over mean, at least 1
	inflate float64 // variance of the phase's contrast over that without persistence
	df      float64
}

// history holds the noise of the pre-period.
//
// Areas of one role share their regressors, so the likelihood knows a role only
// by its summed series, and the effect of a phase is the log ratio of the
// role's share of (role + far) after against before. The Pearson residuals of
// that share before the campaign, e_t = (y_rt - n_t s_t)/sqrt(n_t s_t (1-s_t))
// with n_t the events of role and far and s_t the fitted share, therefore hold
// exactly the noise that the effect is exposed to, whatever its source: areas
// that are noisier than far ones, shocks that a role has in common, slow drift.
//
// Counts scatter around a latent intensity, and only the intensity persists
// (Zeger 1988): corr(e_s, e_t) = share rho^|s-t| for s != t, where share is the
// part of a role's variance beyond the Poisson's, 1 - 1/phi. Persistence is a
// property of the group more than of a place: rho is pooled over the roles.
type history struct {
	res   map[athar.Role][]float64
	at    map[athar.Role][]int
	share float64
	rho   float64
	se    float64 // standard error of rho
}

// maxRho keeps the persistence of a short history in bounds.
const maxRho = .8

// past gathers the histories of inside, rings and net.
func (m *model) past() {
	h := &m.hist
	h.res, h.at = map[athar.Role][]float64{}, map[athar.Role][]int{}
	var lag1, square, n float64
	for _, r := range append(slices.Clone(m.treated), net) {
		if m.no[r] != nil {
			continue
		}
		yr, mr := m.sums(r, athar.Pre)
		yf, mf := m.sums(athar.Far, athar.Pre)
		for t := range mr {
			c := yr[t] + yf[t]
			if mr[t] == 0 || mf[t] == 0 || c == 0 {
				continue
			}
			s := mr[t] / (mr[t] + mf[t])
			h.res[r] = append(h.res[r], (yr[t]-c*s)/math.Sqrt(c*s*(1-s)))
			h.at[r] = append(h.at[r], t)
		}
		if r != net && len(h.res[r]) >= 8 {
			k := float64(len(h.res[r]))
			for _, e := range h.res[r] {
				square += e * e * k / (k - 1)
			}
			lag1 += k * stat.AR1(h.res[r], h.at[r])
			n += k
		}
	}
	if phi := square / n; phi > 1 {
		h.share = 1 - 1/phi
		h.rho = min(maxRho, max(0, lag1/n/h.share))
		h.se = math.Sqrt((1-h.rho*h.rho)/n) / h.share
	}
}

// sums adds counts and expected counts of a role and phase by period.
func (m *model) sums(r athar.Role, ph athar.Phase) (y, mu []float64) {
	y, mu = make([]float64, len(m.p.Periods)), make([]float64, len(m.p.Periods))
	m.each(r, ph, func(_, t, k int) {
		y[t] += m.p.Count[k]
		mu[t] += m.mu0[k]
	})
	return
}

// corr is the correlation of two residuals at a distance in periods.
func corr(d int, share, rho float64) float64 {
	switch {
	case d == 0:
		return 1
	case rho == 0:
		return 0
	}
	return share * math.Pow(rho, math.Abs(float64(d)))
}

// spread is the noise of a role's contrast between a phase and the pre-period.
// With C the residuals' correlation and Q the projection off their mean,
//
//	phi = max(1, sum e^2/tr(QC)),  df = tr(QC)^2/tr(QCQC),
//
// and the Poisson variance of the contrast is multiplied by phi and by
// a'Ca/a'a, a_t = sqrt(v_t)/sum v over phase and over pre-period with
// v_t = mu_rt mu_ft/(mu_rt + mu_ft). The covariance between the two, which
// would narrow the interval of a phase that follows at once, is left out: in
// simulations (worlds S2) an estimate of it from two years made tests too
// liberal. The excess of a persistent intensity grows with the square of its
// mean, so where a phase's expected counts are larger than those before, its
// phi - 1 is larger in proportion.
//
// rho is itself an estimate. Its standard error moves the variance by a share
// f, which by Satterthwaite's rule makes the degrees of freedom
// 2/(2/df + f^2).
func (m *model) spread(role athar.Role, ph athar.Phase) spread {
	h := &m.hist
	sp := m.spreadAt(role, ph, h.rho)
	if h.rho > 0 {
		up, down := m.spreadAt(role, ph, min(maxRho, h.rho+h.se)), m.spreadAt(role, ph, max(0, h.rho-h.se))
		f := (up.phi*up.inflate - down.phi*down.inflate) / (2 * sp.phi * sp.inflate)
		sp.df = max(1, 2/(2/sp.df+f*f))
	}
	return sp
}

func (m *model) spreadAt(role athar.Role, ph athar.Phase, rho float64) spread {
	h := &m.hist
	res, at := h.res[role], h.at[role]
	sp := spread{phi: 1, inflate: 1, df: 1}
	n := len(res)
	if n < 2 {
		return sp
	}
	square := 0.0
	for _, e := range res {
		square += e * e
	}
	share := max(h.share, 1-float64(n-1)/square)
	// QCQ by double centring of C.
	c := make([]float64, n*n)
	row := make([]float64, n)
	mean := 0.0
	for i := range n {
		for j := range n {
			c[i*n+j] = corr(at[i]-at[j], share, rho)
			row[i] += c[i*n+j] / float64(n)
		}
		mean += row[i] / float64(n)
	}
	var tr, tr2 float64
	for i := range n {
		for j := range n {
			v := c[i*n+j] - row[i] - row[j] + mean
			tr2 += v * v
			if i == j {
				tr += v
			}
		}
	}
	sp.df = max(1, tr*tr/tr2)
	if sp.phi = square / tr; sp.phi < 1 {
		sp.phi, sp.df = 1, math.Inf(1)
	}
	if rho == 0 {
		return sp
	}
	var num, den, before float64
	for _, q := range []athar.Phase{athar.Pre, ph} {
		_, mr := m.sums(role, q)
		_, mf := m.sums(athar.Far, q)
		a := make([]float64, len(mr))
		var total, square float64
		for t := range mr {
			if mr[t] > 0 && mf[t] > 0 {
				v := mr[t] * mf[t] / (mr[t] + mf[t])
				a[t] = math.Sqrt(v)
				total += v
				square += v * v
			}
		}
		sum, own := 0.0, 0.0
		for s, x := range a {
			own += x * x
			for t, y := range a {
				if x != 0 && y != 0 {
					sum += x * y * corr(s-t, share, rho)
				}
			}
		}
		grow := 1.0
		if q == athar.Pre {
			before = square / total
		} else {
			grow = (1 + (sp.phi-1)*max(1, square/total/before)) / sp.phi
		}
		num += grow * sum / (total * total)
		den += own / (total * total)
	}
	sp.inflate = max(1, num/den)
	return sp
}

// series fills Expected: observed and expected counts of every role by period.
// The band holds the uncertainty of the expectation, by the linearised model
// with the role's dispersion, and the noise of the counts around it, negative
// binomial with variance phi mu.
func (m *model) series() {
	p := m.p
	nt, k := len(p.Periods), m.w.K
	np := k + nt
	naive := m.s.Naive()
	first := k - len(m.other)
	for _, role := range append(slices.Clone(m.treated), athar.Far) {
		rs := athar.RoleSeries{Role: role}
		obs, mu := make([]float64, nt), make([]float64, nt)
		seen := make([]bool, nt)
		own := make([]float64, nt)     // sum mu0^2/Y_i
		grad := make([]float64, nt*np) // d mu0_rt / d (b, g), area effects absorbed
		for i, a := range p.Areas {
			if a.Role != role {
				continue
			}
			rs.Areas++
			total := 0.0
			mean := make([]float64, np)
			for t := range nt {
				c := i*nt + t
				if p.Use[c] && p.Periods[t].Days > 0 {
					obs[t] += p.Count[c]
					seen[t] = true
				}
				if m.w.In[c] {
					total += m.w.Mu[c]
					for j, x := range m.x {
						mean[j] += m.w.Mu[c] * x[c]
					}
					mean[k+t] += m.w.Mu[c]
				}
			}
			if total == 0 {
				continue
			}
			for t := range nt {
				c := i*nt + t
				v := m.mu0[c]
				if v == 0 {
					continue
				}
				mu[t] += v
				own[t] += v * v / total
				g := grad[t*np : (t+1)*np]
				for j := range g {
					g[j] -= v * mean[j] / total
				}
				g[k+t] += v
				for j := first; j < k; j++ {
					g[j] += v * m.x[j][c]
				}
			}
		}
		phi := map[athar.Phase]spread{}
		for _, ph := range m.phases {
			if role != athar.Far && m.no[role] == nil {
				phi[ph] = m.spread(role, ph)
			} else if role == athar.Far {
				phi[ph] = spread{phi: 1, inflate: 1}
				if m.no[athar.Inside] == nil {
					phi[ph] = m.spread(net, ph)
				}
			}
		}
		r := stat.Stream(m.o.Seed, fmt.Sprintf("spillover/%s/%s/band/%d", m.o.Campaign, m.o.Spec, role), 0)
		for t, q := range p.Periods {
			o, e, low, high := math.NaN(), math.NaN(), math.NaN(), math.NaN()
			if seen[t] {
				o = obs[t]
			}
			if mu[t] > 0 {
				e = mu[t]
				if m.o.Draws > 0 {
					sp, ok := phi[q.Phase]
					if !ok && len(m.phases) > 0 {
						sp, ok = phi[m.phases[0]]
						sp.inflate = 1
					}
					if !ok {
						sp = spread{phi: 1, inflate: 1}
					}
					v := (own[t] + stat.Quad(naive, grad[t*np:(t+1)*np])) / (e * e)
					low, high = m.band(r.NormFloat64, func(mean float64) float64 { return stat.NegBin(r, mean, sp.phi) }, e, math.Sqrt(v*sp.phi*sp.inflate))
				}
			}
			rs.Observed = append(rs.Observed, athar.Num(o))
			rs.Expected = append(rs.Expected, athar.Num(e))
			rs.Low = append(rs.Low, athar.Num(low))
			rs.High = append(rs.High, athar.Num(high))
		}
		m.res.Expected = append(m.res.Expected, rs)
	}
}

// band is the central 95% of the drawn counts around mean, whose logarithm has
// standard error se.
func (m *model) band(normal func() float64, noise func(mean float64) float64, mean, se float64) (low, high float64) {
	d := make([]float64, m.o.Draws)
	for i := range d {
		d[i] = noise(mean * math.Exp(se*normal()))
	}
	slices.Sort(d)
	return stat.Quantile(d, .025), stat.Quantile(d, .975)
}
