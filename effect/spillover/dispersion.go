package spillover

import (
	"fmt"
	"math"
	"slices"

	"athar"
	"athar/stat"
)

// spread is what the history of a role before the campaign says about its
// noise.
type spread struct {
	role    athar.Role
	phase   athar.Phase
	phi     float64 // variance over mean of the role's series against far, at least 1
	rho     float64 // its persistence from one period to the next, at least 0
	inflate float64 // variance of the phase's contrast over that without persistence
	df      float64
}

// spread estimates the noise of a role from the pre-period.
//
// Areas of one role share their regressors, so the likelihood knows a role only
// by its summed series, and the effect of a phase is the log ratio of the
// role's share of (role + far) after against before. The Pearson residuals of
// that share before the campaign, e_t = (y_rt - n_t s_t)/sqrt(n_t s_t (1-s_t))
// with n_t the events of role and far and s_t the fitted share, therefore hold
// exactly the noise that the effect is exposed to, whatever its source: areas
// that are noisier than far ones, shocks that a role has in common, slow drift.
//
//	phi = max(1, sum e^2/(T-1)),  rho = lag-1 autocorrelation, corrected
//
// The Poisson variance of the contrast is multiplied by phi and by
// sum a_s a_t rho^|s-t| / sum a_t^2, a_t = +-sqrt(v_t)/sum v over phase and
// pre-period with v_t = mu_rt mu_ft/(mu_rt + mu_ft).
func (m *model) spread(role athar.Role, ph athar.Phase) spread {
	nt := len(m.p.Periods)
	yr, mr := make([]float64, nt), make([]float64, nt)
	yf, mf := make([]float64, nt), make([]float64, nt)
	gather := func(r athar.Role, y, mu []float64, ph athar.Phase) {
		m.each(r, ph, func(_, t, k int) {
			y[t] += m.p.Count[k]
			mu[t] += m.mu0[k]
		})
	}
	for _, q := range []athar.Phase{athar.Pre, ph} {
		gather(role, yr, mr, q)
		gather(athar.Far, yf, mf, q)
	}
	var res []float64
	var at []int
	square := 0.0
	a := make([]float64, nt)
	var sumPre, sumPhase float64
	for t, q := range m.p.Periods {
		if q.Phase != athar.Pre && q.Phase != ph || mr[t] == 0 || mf[t] == 0 {
			continue
		}
		v := mr[t] * mf[t] / (mr[t] + mf[t])
		a[t] = math.Sqrt(v)
		if q.Phase == ph {
			sumPhase += v
			continue
		}
		sumPre += v
		n, s := yr[t]+yf[t], mr[t]/(mr[t]+mf[t])
		if n == 0 {
			continue
		}
		e := (yr[t] - n*s) / math.Sqrt(n*s*(1-s))
		res, at = append(res, e), append(at, t)
		square += e * e
	}
	sp := spread{role: role, phase: ph, phi: 1, inflate: 1, df: math.Max(1, float64(len(res)-1))}
	sp.phi = math.Max(1, square/sp.df)
	sp.rho = stat.AR1(res, at)
	if sp.rho > 0 {
		for t, q := range m.p.Periods {
			if q.Phase == athar.Pre {
				a[t] /= -sumPre
			} else if a[t] > 0 {
				a[t] /= sumPhase
			}
		}
		num, den := 0.0, 0.0
		for s, x := range a {
			den += x * x
			for t, y := range a {
				if x != 0 && y != 0 {
					num += x * y * math.Pow(sp.rho, math.Abs(float64(s-t)))
				}
			}
		}
		sp.inflate = math.Max(1, num/den)
		sp.df = math.Max(1, sp.df*(1-sp.rho*sp.rho)/(1+sp.rho*sp.rho))
	}
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
