package joint

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"athar"
	"athar/stat"
)

// answer turns a question's sums into an effect.
func (m *model) answer(q *class) {
	nan := athar.Num(math.NaN())
	e := athar.Effect{Campaign: athar.AllCampaigns, Method: Method, Spec: m.o.Spec, Phase: q.phase, Question: athar.AskInside,
		RR: nan, Low: nan, High: nan, P: nan, SE: nan, DF: nan, AdjLow: nan, AdjHigh: nan, Observed: nan, Expected: nan,
		Avoided: nan, AvoidedLow: nan, AvoidedHigh: nan, MDELow: nan, MDEHigh: nan, Dispersion: nan}
	switch {
	case len(q.roles) > 1:
		e.Question = athar.AskNet
	case q.roles[0] > 0:
		e.Question, e.Ring = athar.AskRing, q.roles[0]
	}
	for _, on := range q.periods {
		if on {
			e.Periods++
		}
	}
	pre := 0.0
	for i, x := range q.e {
		if x > 0 {
			e.Areas++
			pre += m.total[i]
		}
	}
	e.EventsPre = int(pre)
	defer func() { m.res.Effects = append(m.res.Effects, e) }()
	switch {
	case m.res.Refusal != nil:
		e.Refusal = m.res.Refusal
		return
	case q.cells == 0:
		e.Refusal = athar.Refuse("no-cells")
		return
	case q.exp == 0:
		e.Refusal = athar.Refuse("no-pre-events")
		return
	}
	phi, dfPast := m.past(q)
	e.Dispersion = athar.Num(phi)
	if q.obs == 0 {
		_, _, high, p := stat.ExactRatio(pre/phi, pre, 0, q.exp, .05)
		e.RR, e.Low, e.High, e.P, e.SE, e.DF = 0, 0, athar.Num(high), athar.Num(p), athar.Num(math.Inf(1)), athar.Num(math.Inf(1))
		e.Observed, e.Expected, e.Avoided = 0, athar.Num(q.exp), athar.Num(q.exp)
		e.AvoidedLow, e.AvoidedHigh = nan, athar.Num(q.exp)
		fall, rise := stat.MDE(stat.RatioSE(phi, pre, q.exp), math.Inf(1))
		e.MDELow, e.MDEHigh, e.Inference = athar.Num(fall), athar.Num(rise), "exact"
		e.Warnings = append(e.Warnings, athar.NewNote("zero-events", "expected", e.Expected))
		return
	}
	model, df := m.working(q)
	se := math.Sqrt(m.clustered(q, q))
	own := math.Sqrt(phi * model) // by the dispersion of the past
	e.Inference = "jackknife"
	switch {
	case e.Areas < MinAreas && dfPast >= MinDF:
		se, df, e.Inference = own, dfPast, "dispersion"
		e.Warnings = append(e.Warnings, athar.NewNote("few-areas", "n", e.Areas, "need", MinAreas))
	case e.Areas >= MinAreas && (df >= MinDF || dfPast >= MinDF):
		// Areas of one campaign may share shocks, which the jackknife over areas
		// does not see; the past of a few campaigns does not know how far areas
		// drift apart over years. The wider interval speaks.
		if df < MinDF {
			e.Warnings = append(e.Warnings, athar.NewNote("joint-wider", "df", athar.Num(df), "need", athar.Num(MinDF)))
		}
		df = max(1, df)
		if dfPast >= MinDF && own*stat.TQuantile(.975, dfPast) > se*stat.TQuantile(.975, df) {
			se, df, e.Inference = own, dfPast, "dispersion"
		}
	default:
		e.Inference = ""
		e.Refusal = athar.Refuse("joint-few-areas", "n", e.Areas, "need", MinAreas, "df", athar.Num(max(df, dfPast)), "need_df", athar.Num(MinDF))
		return
	}
	b := math.Log(q.obs / q.exp)
	half := stat.TQuantile(.975, df) * se
	e.RR, e.Low, e.High = athar.Num(math.Exp(b)), athar.Num(math.Exp(b-half)), athar.Num(math.Exp(b+half))
	e.SE, e.DF, e.P = athar.Num(se), athar.Num(df), athar.Num(stat.TwoSided(b/se, df))
	e.Observed, e.Expected, e.Avoided = athar.Num(q.obs), athar.Num(q.exp), athar.Num(q.exp-q.obs)
	e.AvoidedLow, e.AvoidedHigh = athar.Num(q.obs*(math.Exp(-b-half)-1)), athar.Num(q.obs*(math.Exp(-b+half)-1))
	fall, rise := stat.MDE(se, df)
	e.MDELow, e.MDEHigh = athar.Num(fall), athar.Num(rise)
}

// clustered is the jackknife covariance of two questions, (M-1)/M sum_i, with M
// the areas behind the first.
func (m *model) clustered(a, b *class) float64 {
	s, n := 0.0, 0.0
	for i, x := range a.shift {
		s += x * b.shift[i]
		if a.e[i] > 0 {
			n++
		}
	}
	return s * (n - 1) / n
}

// working is the variance of ln RR if counts were Poisson and nothing had
// happened, by area
//
//	v_i = (E_i + E_i^2/Y_i + z'H_i z)/E^2,  z = H^-1 dE/dg,
//
// with the degrees of freedom of a sum of squares of such terms,
// (sum v)^2/sum v^2 - 1.
func (m *model) working(q *class) (v, df float64) {
	nt := m.nt
	z := make([]float64, nt)
	if m.chol.SolveVecTo(mat.NewVecDense(nt, z), mat.NewVecDense(nt, q.grad)) != nil {
		clear(z)
	}
	square := 0.0
	for i, e := range q.e {
		x := e
		if m.total[i] > 0 {
			x += e * e / m.total[i]
			mean := 0.0
			for t := range nt {
				if k := i*nt + t; m.w.In[k] {
					x += m.w.Mu[k] * z[t] * z[t]
					mean += m.w.Mu[k] * z[t]
				}
			}
			x -= mean * mean / m.total[i]
		}
		v += x
		square += x * x
	}
	return v / (q.exp * q.exp), v*v/square - 1
}

// past is the dispersion of the campaigns' own past: for each campaign, the
// events of its areas in the question are summed over areas and over blocks of
// untouched periods as long as the campaign's phase (but at least three
// blocks), and
//
//	phi = max(1, sum (y_b - mu_b)^2/mu_b / sum (blocks - 1)).
//
// An area that several campaigns reach belongs to the first of them.
func (m *model) past(q *class) (phi, df float64) {
	nt := m.nt
	y, mu := make([]float64, nt), make([]float64, nt)
	chi, n := 0.0, 0.0
	for j, c := range m.d.Campaigns {
		clear(y)
		clear(mu)
		for i := range m.d.Areas {
			if q.e[i] == 0 || !slices.Contains(q.roles, int(m.role[j][i])) || m.first(i, q.roles) != j {
				continue
			}
			for t := range nt {
				if k := i*nt + t; m.w.In[k] {
					y[t] += m.y[k]
					mu[t] += m.w.Mu[k]
				}
			}
		}
		var at []int
		for t, v := range mu {
			if v > 0 {
				at = append(at, t)
			}
		}
		length := 0
		for _, ph := range c.Phase {
			if ph == q.phase {
				length++
			}
		}
		length = max(1, min(length, len(at)/3))
		blocks := len(at) / length
		if blocks < 2 {
			continue
		}
		at = at[len(at)-blocks*length:]
		for b := range blocks {
			var o, e float64
			for _, t := range at[b*length : (b+1)*length] {
				o += y[t]
				e += mu[t]
			}
			chi += (o - e) * (o - e) / e
		}
		n += float64(blocks - 1)
	}
	if n == 0 {
		return 1, 0
	}
	if phi = chi / n; phi < 1 {
		// Less than Poisson's noise is not believed, and what is known needs no
		// estimate; but a past too short to tell is not one without noise.
		if n < MinDF {
			return 1, n
		}
		return 1, math.Inf(1)
	}
	return phi, n
}

// first is the campaign that reaches area i in one of the roles before others.
func (m *model) first(i int, roles []int) int {
	best := none
	for j := range m.d.Campaigns {
		if slices.Contains(roles, int(m.role[j][i])) && (best < 0 || m.start[j] < m.start[best]) {
			best = j
		}
	}
	return best
}

// simultaneous widens the rings' intervals to hold at once, by Sidak's bound.
func (m *model) simultaneous() {
	for _, ph := range phases {
		n := 0.0
		df := math.Inf(1)
		of := func(f func(e *athar.Effect)) {
			for i := range m.res.Effects {
				if e := &m.res.Effects[i]; e.Question == athar.AskRing && e.Phase == ph && e.Refusal == nil && e.Inference != "exact" {
					f(e)
				}
			}
		}
		of(func(e *athar.Effect) {
			n++
			df = min(df, float64(e.DF))
		})
		of(func(e *athar.Effect) {
			b, h := math.Log(float64(e.RR)), stat.TQuantile((1+math.Pow(.95, 1/n))/2, df)*float64(e.SE)
			e.AdjLow, e.AdjHigh = athar.Num(math.Exp(b-h)), athar.Num(math.Exp(b+h))
		})
	}
}

// finish fills what is said beside the effects.
func (m *model) finish() {
	d := m.d
	for t := range m.nt {
		p := d.Periods[m.from+t]
		p.Phase = athar.Pre
		running, after := false, false
		for j, c := range d.Campaigns {
			ph := c.Phase[m.from+t]
			running = running || ph == athar.During
			after = after || ph == athar.Post || ph == athar.WashIn || m.from+t > m.end[j]
		}
		switch {
		case running:
			p.Phase = athar.During
		case after:
			p.Phase = athar.Post
		}
		m.res.Periods = append(m.res.Periods, p)
	}
	if m.res.Refusal != nil {
		return
	}
	m.series()
	m.before()
	for _, s := range m.state {
		if s >= 0 {
			m.res.Touched++
		}
	}
	if m.o.Lead == 0 {
		m.singles()
	}
	say := func(code string, n int) {
		if n > 0 {
			m.res.Notes = append(m.res.Notes, athar.NewNote(code, "cells", n))
		}
	}
	m.res.Notes = append(m.res.Notes, athar.NewNote("joint-weights", "n", len(d.Campaigns)))
	say("joint-overlap", m.res.Overlap)
	say("joint-shared", m.res.Shared)
	say("joint-lost", m.res.Lost)
}

// series sums observed and expected counts of the areas that are at some time
// inside, in each ring, and never touched: before they are touched, and while
// they are in the role.
func (m *model) series() {
	na, nt := m.d.Areas, m.nt
	for r := 0; r <= m.k+1; r++ {
		rs := athar.RoleSeries{Role: athar.Role(r)}
		if r > m.k {
			rs.Role = athar.Far
		}
		obs, exp := make([]float64, nt), make([]float64, nt)
		seen := make([]bool, nt)
		for i := range na {
			near := m.k + 1
			for j := range m.d.Campaigns {
				near = min(near, int(m.role[j][i]))
			}
			if near != r {
				continue
			}
			rs.Areas++
			for t := range nt {
				k := i*nt + t
				s := m.state[k]
				if s == clean || s >= 0 && int(s)%(m.k+1) == r {
					obs[t] += m.y[k]
					exp[t] += m.mu0[k] + m.w.Mu[k]
					seen[t] = true
				}
			}
		}
		if rs.Areas == 0 {
			continue
		}
		for t := range nt {
			o, e := math.NaN(), math.NaN()
			if seen[t] {
				o, e = obs[t], exp[t]
			}
			rs.Observed, rs.Expected = append(rs.Observed, athar.Num(o)), append(rs.Expected, athar.Num(e))
			rs.Low, rs.High = append(rs.Low, athar.Num(math.NaN())), append(rs.High, athar.Num(math.NaN()))
		}
		m.res.Series = append(m.res.Series, rs)
	}
}

// before fills Before, Ramadan and Controls.
func (m *model) before() {
	na, nt := m.d.Areas, m.nt
	var areas, starts []int
	length := nt
	for i := range na {
		if m.class[0].e[i] == 0 {
			continue
		}
		start := min(m.touched(i)-m.from, nt)
		n := 0
		for t := start - 1; t >= 0 && m.state[i*nt+t] == clean; t-- {
			n++
		}
		areas, starts, length = append(areas, i), append(starts, start), min(length, n)
	}
	if len(areas) > 0 {
		m.res.Before = make([]float64, length)
	}
	for a, i := range areas {
		for b := range m.res.Before {
			m.res.Before[b] += m.y[i*nt+starts[a]-length+b]
		}
	}
	var days [3]float64
	on := [2][]bool{make([]bool, nt), make([]bool, nt)}
	for k, s := range m.state {
		i, t := k/nt, k%nt
		at := -1
		switch {
		case s == clean && m.class[0].e[i] > 0:
			at = 0
		case s == m.question(0, false):
			at = 1
		case s == m.question(0, true):
			at = 2
		}
		if s >= 0 {
			on[int(s)/(m.k+1)][t] = true
		}
		if at >= 0 {
			p := m.d.Periods[m.from+t]
			m.res.Ramadan[at] += p.Ramadan * p.Days
			days[at] += p.Days
		}
	}
	for at, d := range days {
		if d > 0 {
			m.res.Ramadan[at] /= d
		}
	}
	for k, s := range m.state {
		for ph := range on {
			if s == clean && on[ph][k%nt] {
				m.res.Controls[ph] += m.y[k]
			}
		}
	}
}
