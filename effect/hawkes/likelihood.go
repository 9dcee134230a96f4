package hawkes

import (
	"math"
	"math/rand/v2"
)

// model is the likelihood of one series with its workspace. Parameters stand
// in one slice: ln Mu, Beta, ln Alpha, ln Decay, then Change and ln Theta where
// the model has them.
type model struct {
	o                           Options
	p, rows                     int
	alpha, decay, change, theta int // positions; change and theta -1 where absent
	dim                         int
	events, span                float64 // in the likelihood; span in the unit of time
	x, follow                   []float64
	low, high                   []float64 // edges of the search, infinite where free
	unit                        []float64 // 1, for a regressor one over its largest size
	fixed                       []bool
	mu, byRow                   []float64 // background and derivative by its logarithm, by row

	t     []float64 // continuous: sorted times
	until []float64 // end of each row
	first []int     // first event of each row, and len(t)

	y      []float64 // days
	above  []float64 // days with counts > j, in the likelihood
	const0 float64   // sum of ln y!

	adj *adjustment // nil: the likelihood as it is

	w work
}

func newModel(o Options, rows int, days bool) *model {
	m := &model{o: o, p: o.P, rows: rows, x: o.X, follow: o.Follow, change: -1, theta: -1}
	m.alpha, m.decay, m.dim = 1+m.p, 2+m.p, 3+m.p
	if o.Follow != nil {
		m.change = m.dim
		m.dim++
	}
	if days {
		m.theta = m.dim
		m.dim++
	}
	m.low, m.high, m.fixed = make([]float64, m.dim), make([]float64, m.dim), make([]bool, m.dim)
	for j := range m.low {
		m.low[j], m.high[j] = math.Inf(-1), math.Inf(1)
	}
	m.unit = make([]float64, m.dim)
	for j := range m.unit {
		m.unit[j] = 1
		if j >= 1 && j <= m.p {
			size := 0.0
			for s := range rows {
				size = max(size, math.Abs(m.x[s*m.p+j-1]))
			}
			if size > 0 {
				m.unit[j] = 1 / size
			}
		}
	}
	m.low[m.alpha], m.high[m.alpha] = math.Log(tiny), math.Log(MaxAlpha)
	if m.change >= 0 {
		m.low[m.change], m.high[m.change] = -maxShift, maxShift
	}
	if days {
		m.low[m.theta], m.high[m.theta] = math.Log(.02), math.Log(100*flat)
	}
	m.mu, m.byRow = make([]float64, rows), make([]float64, rows)
	m.w = newWork(m.dim)
	return m
}

func (m *model) memory(low, high float64) {
	if m.o.Memory[1] > 0 {
		low, high = m.o.Memory[0], m.o.Memory[1]
	}
	m.low[m.decay], m.high[m.decay] = -math.Log(high), -math.Log(low)
}

func newContinuous(t []float64, end float64, o Options) *model {
	m := newModel(o, len(o.Cuts)+1, false)
	m.t, m.events = t, float64(len(t))
	m.span = end
	m.until = append(append(make([]float64, 0, m.rows), o.Cuts...), end)
	m.first = make([]int, m.rows+1)
	i := 0
	for s, u := range m.until {
		m.first[s] = i
		for i < len(t) && (t[i] < u || s == m.rows-1) {
			i++
		}
	}
	m.first[m.rows] = i
	m.memory(end/max(1, m.events)/100, end/4)
	return m
}

func newDaily(y []float64, o Options) *model {
	m := newModel(o, len(y), true)
	m.y = y
	most := 0.0
	for t, v := range y {
		if !o.asked(t) {
			continue
		}
		m.span++
		m.events += v
		most = max(most, v)
		l, _ := math.Lgamma(v + 1)
		m.const0 += l
	}
	m.above = make([]float64, int(most))
	for t, v := range y {
		if !o.asked(t) {
			continue
		}
		for j := range int(v) {
			m.above[j]++
		}
	}
	m.memory(.2, Lags)
	return m
}

// redraw makes a series of the same design from parameters p.
func (m *model) redraw(p Params, r *rand.Rand) *model {
	if m.y != nil {
		return newDaily(simulateDaily(r, m.rows, p, m.o), m.o)
	}
	return newContinuous(simulate(r, m.until[m.rows-1], p, m.o), m.until[m.rows-1], m.o)
}

// start is the series without regressors or followers.
func (m *model) start() []float64 {
	p := make([]float64, m.dim)
	p[0] = math.Log(max(m.events, .5) / m.span)
	p[m.decay] = (m.low[m.decay] + m.high[m.decay]) / 2
	if m.theta >= 0 {
		p[m.theta] = 1
	}
	return p
}

func (m *model) params(p []float64) Params {
	q := Params{Mu: math.Exp(p[0]), Beta: append([]float64(nil), p[1:1+m.p]...), Alpha: math.Exp(p[m.alpha]), Decay: math.Exp(p[m.decay]), Theta: math.Inf(1)}
	if m.change >= 0 {
		q.Change = p[m.change]
	}
	if m.theta >= 0 && p[m.theta] < math.Log(flat) {
		q.Theta = math.Exp(p[m.theta])
	}
	return q
}

// errors turns the covariance of the climbed parameters into standard errors
// of the published ones: se of v is v times that of ln v.
func (m *model) errors(q Params, cov []float64) Params {
	se := func(j int, v float64) float64 {
		if j < 0 || !(cov[j*m.dim+j] > 0) {
			return math.NaN()
		}
		return v * math.Sqrt(cov[j*m.dim+j])
	}
	e := Params{Mu: se(0, q.Mu), Alpha: se(m.alpha, q.Alpha), Decay: se(m.decay, q.Decay), Change: se(m.change, 1), Theta: se(m.theta, q.Theta)}
	for j := range m.p {
		e.Beta = append(e.Beta, se(1+j, 1))
	}
	return e
}

// rates writes the background of every row and reports whether it is finite.
func (m *model) rates(p []float64) bool {
	sum := 0.0
	for s := range m.mu {
		eta := p[0]
		for j, v := range m.x[s*m.p : s*m.p+m.p] {
			eta += v * p[1+j]
		}
		m.mu[s] = math.Exp(eta)
		sum += m.mu[s]
	}
	return sum > 0 && !math.IsInf(sum, 0) && !math.IsNaN(sum)
}

// ratio is the branching ratio of a row.
func (m *model) ratio(p []float64, s int) float64 {
	if m.change < 0 {
		return math.Exp(p[m.alpha])
	}
	return math.Exp(p[m.alpha] + p[m.change]*m.follow[s])
}

// at is the log-likelihood at p; g becomes its gradient. It does not allocate.
func (m *model) at(p, g []float64) float64 {
	clear(g)
	if !m.rates(p) {
		return math.Inf(-1)
	}
	var ll float64
	if m.y != nil {
		ll = m.days(p, g)
	} else {
		ll = m.instants(p, g)
	}
	for s, v := range m.byRow {
		g[0] += v
		for j, x := range m.x[s*m.p : s*m.p+m.p] {
			g[1+j] += v * x
		}
	}
	if m.adj != nil {
		ll += m.adj.at(m, p, g)
	}
	if math.IsNaN(ll) {
		return math.Inf(-1)
	}
	return ll
}

// instants is the likelihood of the continuous model,
//
//	sum ln(mu_s + alpha_s b R_i) - sum_s mu_s |s| - sum_s alpha_s int_s b R(t) dt,
//
// R(t) = sum_{t_j<t} exp(-b (t-t_j)), by Ogata's recursion carried over every
// event and cut up to the end of observation: over a gap d, R falls to
// exp(-b d) R and int b R = (1-exp(-b d)) R. slope is dR/db.
func (m *model) instants(p, g []float64) float64 {
	b := math.Exp(p[m.decay])
	var ll, r, slope, now float64
	product := 1.0 // of intensities, so that one logarithm serves many events
	for s, mu := range m.mu {
		a := m.ratio(p, s)
		ab, begin := a*b, now
		var inv, hit, hitSlope, mass, massSlope float64
		for _, t := range m.t[m.first[s]:m.first[s+1]] {
			d := t - now
			now = t
			e := math.Exp(-b * d)
			mass += r * (1 - e)
			massSlope += slope*(1-e) + r*d*e
			slope = e * (slope - d*r)
			r *= e
			v := mu + ab*r
			product *= v
			if !(product > 1e-100 && product < 1e100) {
				ll += math.Log(product)
				product = 1
			}
			v = 1 / v
			inv += v
			hit += r * v
			hitSlope += slope * v
			r++
		}
		d := m.until[s] - now
		now = m.until[s]
		e := math.Exp(-b * d)
		mass += r * (1 - e)
		massSlope += slope*(1-e) + r*d*e
		slope = e * (slope - d*r)
		r *= e

		long := now - begin
		ll -= mu*long + a*mass
		m.byRow[s] = mu * (inv - long)
		byAlpha := a * (b*hit - mass)
		g[m.alpha] += byAlpha
		if m.change >= 0 {
			g[m.change] += byAlpha * m.follow[s]
		}
		g[m.decay] += a * b * (hit + b*hitSlope - massSlope)
	}
	return ll + math.Log(product)
}

// days is the likelihood of the daily model. With q = e^-b and
// G_t = sum_{k=1..K} q^{k-1} y_{t-k}, the followers expected on day t are
// alpha_t w G_t, w = (1-q)/(1-q^K), and G_{t+1} = q G_t + y_t - q^K y_{t-K}. The
// NB2's ln Gamma(y+theta)/Gamma(theta) - y ln theta is sum_{j<y} ln(1+j/theta),
// added up over the series by how many days exceed j.
func (m *model) days(p, g []float64) float64 {
	const k = Lags
	b := math.Exp(p[m.decay])
	q := math.Exp(-b)
	qk := math.Exp(-k * b)
	w := math.Expm1(-b) / math.Expm1(-k*b)
	// d ln w / db, and the recursion of dG/dq.
	byW := q/(1-q) - k*qk/(1-qk)
	dqk := k * math.Exp(-(k-1)*b)
	theta := math.Exp(p[m.theta])
	ll := -m.const0
	byTheta := 0.0
	for j, n := range m.above {
		ll += n * math.Log1p(float64(j)/theta)
		byTheta -= n * float64(j) / (theta * (theta + float64(j)))
	}
	var sum, slope float64 // G and dG/dq
	a := m.ratio(p, 0)
	for t, mu := range m.mu {
		y := m.y[t]
		if !m.o.asked(t) {
			m.byRow[t] = 0
		} else {
			if m.change >= 0 {
				a = m.ratio(p, t)
			}
			follow := a * w * sum
			v := mu + follow
			by := 0.0 // d ll / d mean
			if y > 0 {
				ll += y * math.Log(v)
				by = y / v
			}
			l := math.Log1p(v / theta)
			ll -= (theta + y) * l
			by -= (theta + y) / (theta + v)
			byTheta += (theta+y)*v/(theta*(theta+v)) - l
			m.byRow[t] = by * mu
			g[m.alpha] += by * follow
			if m.change >= 0 {
				g[m.change] += by * follow * m.follow[t]
			}
			byDecay := a * b * w * (byW*sum - q*slope)
			g[m.decay] += by * byDecay
			if m.adj != nil {
				m.adj.follow[t], m.adj.byDecay[t] = follow, byDecay
			}
		}
		old := 0.0
		if t >= k {
			old = m.y[t-k]
		}
		slope = sum + q*slope - dqk*old
		sum = max(0, q*sum+y-qk*old)
	}
	g[m.theta] = theta * byTheta
	return ll
}

// walk calls visit for every event of the continuous model, and every day in the
// likelihood of the daily one, with its background and whole intensity, and
// with the integrated intensity since the visit before.
func (m *model) walk(p []float64, visit func(i int, mu, all, since float64)) {
	m.rates(p)
	b := math.Exp(p[m.decay])
	if m.y != nil {
		w := math.Expm1(-b) / math.Expm1(-Lags*b)
		for t := Lags; t < m.rows; t++ {
			if !m.o.asked(t) {
				continue
			}
			sum := 0.0
			for k := Lags; k >= 1; k-- {
				sum = sum*math.Exp(-b) + m.y[t-k]
			}
			all := m.mu[t] + m.ratio(p, t)*w*sum
			visit(t, m.mu[t], all, all)
		}
		return
	}
	var r, now, since float64
	pass := func(s int, t float64) {
		e := math.Exp(-b * (t - now))
		since += m.mu[s]*(t-now) + m.ratio(p, s)*r*(1-e)
		r *= e
		now = t
	}
	for s, u := range m.until {
		for i := m.first[s]; i < m.first[s+1]; i++ {
			pass(s, m.t[i])
			visit(i, m.mu[s], m.mu[s]+m.ratio(p, s)*b*r, since)
			since = 0
			r++
		}
		pass(s, u)
	}
}

// triggered is sum (1 - mu/lambda) over events, over their number.
func (m *model) triggered(p []float64) float64 {
	sum := 0.0
	m.walk(p, func(i int, mu, all, _ float64) {
		n := 1.0
		if m.y != nil {
			n = m.y[i]
		}
		sum += n * (1 - mu/all)
	})
	return sum / m.events
}
