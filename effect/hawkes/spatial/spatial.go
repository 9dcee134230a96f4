// Package spatial fits self-exciting models to events with a place and an
// instant (METHODS.md A9, with space): the endemic-epidemic model of Meyer,
// Elias and Höhle (2012), Biometrics 68:607.
//
// The package thinks that an event may be followed by others of its kind near by
// and soon after, on top of what space and time bring by themselves, and that the
// edge of the map hides some of them, so that followers must be expected only
// where and when they could have been seen. As without space, whatever moves
// events together and is not in the background passes for followers: what it
// ascribes to them is an upper bound. It foretells no place.
package spatial

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"athar"
	"athar/stat"
	"athar/stat/spacetime"
)

// MinEvents is what a fit needs.
const MinEvents = 50

// narrow: below Reach/narrow a sigma says that events repeat places, not how far
// followers come.
const narrow = 500

// Events are what is fitted. Slices of events have one entry an event, in any order.
type Events struct {
	Time []float64 // days in (0, End]
	X, Y []float64 // km on a map
	// Kind: an event is followed only by events of its own kind, 0 <= kind < Kinds.
	// nil: one kind.
	Kind  []int
	Kinds int
	Cell  []int // into Cells
	// Offset is the logarithm of the known part of the background at the event; nil: 0.
	Offset []float64
	Mark   []float64 // M regressors of the number of followers, row by row
	M      int

	End float64 // days
	// Cells make up the background: stretches of time, or of time and area, with
	// P regressors each.
	Cells []Cell
	P     int
	// Window is the map's polygon: rings of corners in km, closed or not, in any
	// direction; a ring inside another is a hole.
	Window [][][2]float64
}

// Cell is a piece of the background: between its times the regressors are X, and
// Exposure is the known part of the background integrated over the cell's
// area and days (area times days without offset).
type Cell struct {
	From, To float64
	Exposure float64
	X        []float64
}

// Options say what an event can bring.
type Options struct {
	Reach   float64 // km
	Horizon float64 // days
	Space   Kernel
	Time    Kernel
	Endemic bool // no followers
}

// Result is the fit of
//
//	lambda(s, t, k) = exp(offset + x beta) + sum_j exp(gamma0 + m_j gamma) f(|s - s_j|) g(t - t_j)
//
// over events j of kind k less than Horizon earlier and within Reach; f and g are
// 1 at 0 and not normalised. LogLik is
//
//	sum_i ln lambda_i - Kinds sum_c Exposure_c exp(x_c beta) - sum_j exp(gamma0 + m_j gamma) F_j G_j,
//
// F_j and G_j the integrals of f over the part of the map, and of g over the days, in
// which followers of j could be seen.
type Result struct {
	Beta      []float64 // P
	Gamma     []float64 // 1+M: gamma0 and those of the marks
	Sigma     float64   // km; NaN for a step
	Shape     float64   // of a power law; NaN for others
	Delta     float64   // a day; NaN for a step
	SE        []float64 // of Beta, Gamma, ln Sigma, ln Shape, ln Delta as far as there, from the observed information
	LogLik    float64
	N         int
	Pairs     int     // of an event and one that it may have followed
	Triggered float64 // share of the events ascribed to earlier ones
	// R0 is for every event, in the order given, how many direct followers it would have
	// if none were hidden: exp(gamma0 + m gamma) times the whole integrals of f and g.
	R0 []float64
	// Uniform and Serial are p values of the time-rescaled residuals: as Exp(1) by
	// Kolmogorov and Smirnov, and of no autocorrelation up to lag 10. They are against
	// fitted parameters and somewhat too large.
	Uniform, Serial float64
	Notes           []athar.Note
	Refusal         *athar.Refusal
}

var (
	errShape  = errors.New("spatial: events, cells, marks or options do not fit together")
	errWindow = errors.New("spatial: an event lies outside the map's polygon")
)

// Fit fits the model by maximum likelihood, from three reaches and memories
// where there are decays. The error is for data or options that make no sense.
// Cost is in proportion to the pairs within reach and horizon, and to
// events times the polygon's edges within reach.
func Fit(d Events, o Options) (*Result, error) {
	m, err := newModel(d, o)
	if err != nil {
		return nil, err
	}
	r := &Result{N: len(d.Time), Pairs: len(m.to), Sigma: math.NaN(), Shape: math.NaN(), Delta: math.NaN(), Uniform: math.NaN(), Serial: math.NaN()}
	if r.N < MinEvents {
		r.Refusal = athar.Refuse("hawkes-few-events", "n", r.N, "need", MinEvents)
		return r, nil
	}
	best, top := m.search()
	if best == nil {
		r.Refusal = athar.Refuse("diverged")
		return r, nil
	}
	m.describe(r, best, top)
	if m.sigma >= 0 && r.Sigma < m.o.Reach/narrow {
		// An event at the very place of an earlier one is explained without bound as
		// sigma falls.
		same := 0
		for _, s := range m.square {
			if s == 0 {
				same++
			}
		}
		r.Refusal = athar.Refuse("spatial-same-place", "n", same, "km", athar.Num(r.Sigma))
	}
	return r, nil
}

// model is the likelihood with its workspace. Parameters stand in one slice:
// beta, gamma, ln sigma, ln shape, ln delta.
type model struct {
	hill
	d                      Events
	o                      Options
	p, sigma, shape, delta int // sigma, shape, delta: positions, -1 where absent; epidemic part begins at p
	order                  []int
	time                   []float64 // by order
	kinds                  float64

	// Pairs by later event.
	first  []int
	to     []int32 // the earlier one
	square []float64
	gap    []float64

	border
	left []float64 // days in which followers could be seen

	back, eta, lambdaBy, j []float64
}

func newModel(d Events, o Options) (*model, error) {
	n := len(d.Time)
	ok := len(d.X) == n && len(d.Y) == n && len(d.Cell) == n && (d.Kind == nil || len(d.Kind) == n) && (d.Offset == nil || len(d.Offset) == n) &&
		len(d.Mark) == n*d.M && d.End > 0 && d.P > 0 && (o.Endemic || o.Reach > 0 && o.Horizon > 0 && len(d.Window) > 0) && o.Time != Power
	for _, c := range d.Cells {
		ok = ok && len(c.X) == d.P && c.Exposure >= 0 && c.To > c.From
	}
	for i := range n {
		ok = ok && d.Time[i] > 0 && d.Time[i] <= d.End && d.Cell[i] >= 0 && d.Cell[i] < len(d.Cells) && math.Abs(d.X[i])+math.Abs(d.Y[i]) < 1e8 &&
			(d.Kind == nil || d.Kind[i] >= 0 && d.Kind[i] < d.Kinds)
	}
	if !ok {
		return nil, errShape
	}
	m := &model{d: d, o: o, p: d.P, sigma: -1, shape: -1, delta: -1, kinds: float64(max(1, d.Kinds))}
	m.dim = d.P
	if !o.Endemic {
		m.dim += 1 + d.M
		if o.Space != Step {
			m.sigma = m.dim
			m.dim++
		}
		if o.Space == Power {
			m.shape = m.dim
			m.dim++
		}
		if o.Time == Decay {
			m.delta = m.dim
			m.dim++
		}
	}
	m.order = make([]int, n)
	for i := range m.order {
		m.order[i] = i
	}
	slices.SortFunc(m.order, func(a, b int) int {
		for _, by := range [][]float64{d.Time, d.X, d.Y} {
			if by[a] != by[b] {
				if by[a] < by[b] {
					return -1
				}
				return 1
			}
		}
		return m.kind(a) - m.kind(b)
	})
	for _, i := range m.order {
		m.time = append(m.time, d.Time[i])
	}
	if !o.Endemic {
		if err := m.pairs(); err != nil {
			return nil, err
		}
		all, err := rings(d.Window)
		if err != nil {
			return nil, err
		}
		x, y := make([]float64, n), make([]float64, n)
		for a, i := range m.order {
			x[a], y[a] = d.X[i], d.Y[i]
		}
		m.border = newBorder(edges(all), x, y, o.Reach)
		if slices.Contains(m.within, false) {
			return nil, errWindow
		}
	}
	m.back, m.eta = make([]float64, n), make([]float64, n)
	m.lambdaBy, m.j = make([]float64, m.dim), make([]float64, m.dim)
	m.hill.at, m.hill.inside = m.at, m.inside
	m.grad, m.inf = make([]float64, m.dim), make([]float64, m.dim*m.dim)
	return m, nil
}

func (m *model) kind(i int) int {
	if m.d.Kind == nil {
		return 0
	}
	return m.d.Kind[i]
}

// pairs finds the earlier events that each may have followed.
func (m *model) pairs() error {
	n := len(m.order)
	day, x, y := make([]int32, n), make([]float64, n), make([]float64, n)
	for a, i := range m.order {
		day[a], x[a], y[a] = int32(m.time[a]), m.d.X[i], m.d.Y[i]
	}
	index, err := spacetime.NewPlane(day, x, y, m.o.Reach)
	if err != nil {
		return errShape
	}
	var hits []spacetime.Hit
	m.first = append(m.first, 0)
	for a := range n {
		hits = index.Near(hits[:0], x[a], y[a], m.o.Reach, day[a]-int32(math.Ceil(m.o.Horizon))-1, day[a])
		from := len(m.to)
		for _, h := range hits {
			b := int(h.ID)
			if gap := m.time[a] - m.time[b]; gap > 0 && gap <= m.o.Horizon && m.kind(m.order[a]) == m.kind(m.order[b]) {
				m.to = append(m.to, h.ID)
			}
		}
		slices.Sort(m.to[from:])
		for _, b := range m.to[from:] {
			m.square = append(m.square, (x[a]-x[b])*(x[a]-x[b])+(y[a]-y[b])*(y[a]-y[b]))
			m.gap = append(m.gap, m.time[a]-m.time[b])
		}
		m.first = append(m.first, len(m.to))
	}
	for a := range n {
		m.left = append(m.left, min(m.o.Horizon, m.d.End-m.time[a]))
	}
	return nil
}

// kernels are those of a point of the likelihood.
func (m *model) kernels(p []float64) (near spread, delta float64) {
	near, delta = spread{of: m.o.Space}, 1
	if m.sigma >= 0 {
		near.sigma = math.Exp(p[m.sigma])
	}
	if m.shape >= 0 {
		near.shape = math.Exp(p[m.shape])
	}
	if m.delta >= 0 {
		delta = math.Exp(p[m.delta])
	}
	return near, delta
}

// inside keeps reach and memory within what the data could show.
func (m *model) inside(p []float64) bool {
	if m.sigma >= 0 && (p[m.sigma] < math.Log(m.o.Reach/1e4) || p[m.sigma] > math.Log(m.o.Reach*10)) || m.shape >= 0 && math.Abs(p[m.shape]) > 4 {
		return false
	}
	return m.delta < 0 || p[m.delta] > math.Log(1e-3/m.o.Horizon) && p[m.delta] < math.Log(1e4/m.o.Horizon)
}

// lasting is the integral of g over the first days, and its derivative by ln delta.
func (m *model) lasting(days, delta float64) (v, by float64) {
	if m.delta < 0 {
		return days, 0
	}
	e := math.Exp(-delta * days)
	return (1 - e) / delta, days*e - (1-e)/delta
}

// at is the log-likelihood at p, with its gradient in m.grad and, if asked, the
// sum of squares of the derivatives of ln lambda in m.inf.
func (m *model) at(p []float64, info bool) float64 {
	clear(m.grad)
	if info {
		clear(m.inf)
	}
	ll := 0.0
	for _, c := range m.d.Cells {
		v := m.kinds * c.Exposure * math.Exp(dot(c.X, p))
		ll -= v
		for j, x := range c.X {
			m.grad[j] -= v * x
		}
	}
	near, delta := m.kernels(p)
	gamma := m.p
	if !m.o.Endemic {
		for a, i := range m.order {
			eta := p[gamma]
			marks := m.d.Mark[i*m.d.M : (i+1)*m.d.M]
			for j, v := range marks {
				eta += p[gamma+1+j] * v
			}
			m.eta[a] = math.Exp(eta)
			f, fBy := m.seen(a, near)
			g, gBy := m.lasting(m.left[a], delta)
			v := m.eta[a] * f * g
			ll -= v
			m.grad[gamma] -= v
			for j, x := range marks {
				m.grad[gamma+1+j] -= v * x
			}
			if m.sigma >= 0 {
				m.grad[m.sigma] -= m.eta[a] * fBy[0] * g
			}
			if m.shape >= 0 {
				m.grad[m.shape] -= m.eta[a] * fBy[1] * g
			}
			if m.delta >= 0 {
				m.grad[m.delta] -= m.eta[a] * f * gBy
			}
		}
	}
	for a, i := range m.order {
		x := m.d.Cells[m.d.Cell[i]].X
		h := dot(x, p)
		if m.d.Offset != nil {
			h += m.d.Offset[i]
		}
		h = math.Exp(h)
		m.back[a] = h
		all := h
		clear(m.lambdaBy)
		for j, v := range x {
			m.lambdaBy[j] = h * v
		}
		if !m.o.Endemic {
			for q := m.first[a]; q < m.first[a+1]; q++ {
				b := m.to[q]
				f, fBy := near.at(m.square[q])
				g := 1.0
				if m.delta >= 0 {
					g = math.Exp(-delta * m.gap[q])
				}
				v := m.eta[b] * f * g
				all += v
				m.lambdaBy[gamma] += v
				k := m.order[b]
				for j, x := range m.d.Mark[k*m.d.M : (k+1)*m.d.M] {
					m.lambdaBy[gamma+1+j] += v * x
				}
				if m.sigma >= 0 {
					m.lambdaBy[m.sigma] += m.eta[b] * fBy[0] * g
				}
				if m.shape >= 0 {
					m.lambdaBy[m.shape] += m.eta[b] * fBy[1] * g
				}
				if m.delta >= 0 {
					m.lambdaBy[m.delta] -= v * delta * m.gap[q]
				}
			}
		}
		ll += math.Log(all)
		for j, v := range m.lambdaBy {
			m.j[j] = v / all
			m.grad[j] += m.j[j]
		}
		if info {
			for j, v := range m.j {
				for k, w := range m.j {
					m.inf[j*m.dim+k] += v * w
				}
			}
		}
	}
	if math.IsNaN(ll) {
		return math.Inf(-1)
	}
	return ll
}

func dot(x, b []float64) float64 {
	s := 0.0
	for j, v := range x {
		s += v * b[j]
	}
	return s
}

// search climbs from several starts and returns the highest point, nil if none.
func (m *model) search() (best []float64, top float64) {
	top = math.Inf(-1)
	mass, n := 0.0, float64(len(m.order))
	for _, c := range m.d.Cells {
		mass += m.kinds * c.Exposure
	}
	base := make([]float64, m.dim)
	base[0] = math.Log(n / mass) // the first regressor is usually 1
	if !m.o.Endemic {
		alone := *m
		alone.o.Endemic, alone.dim, alone.sigma, alone.shape, alone.delta = true, m.p, -1, -1, -1
		alone.grad, alone.lambdaBy, alone.inf, alone.j = m.grad[:m.p], m.lambdaBy[:m.p], m.inf[:m.p*m.p], m.j[:m.p]
		alone.hill.at, alone.hill.inside = alone.at, alone.inside
		if v := alone.climb(base[:m.p], true); math.IsInf(v, -1) {
			return nil, top
		}
		base[0] += math.Log(.7)
	}
	starts := 1
	if m.sigma >= 0 || m.delta >= 0 {
		starts = 3
	}
	for s := range starts {
		p := slices.Clone(base)
		if !m.o.Endemic {
			if m.sigma >= 0 {
				p[m.sigma] = math.Log(m.o.Reach / []float64{16, 6, 40}[s])
			}
			if m.shape >= 0 {
				p[m.shape] = math.Log([]float64{2, 3, 1.5}[s])
			}
			if m.delta >= 0 {
				p[m.delta] = math.Log([]float64{4, 1.5, 12}[s] / m.o.Horizon)
			}
			// Three in ten events followed another.
			m.at(p, false)
			expected := 0.0
			near, delta := m.kernels(p)
			for a := range m.order {
				f, _ := m.seen(a, near)
				g, _ := m.lasting(m.left[a], delta)
				expected += f * g
			}
			p[m.p] = math.Log(.3 * n / expected)
		}
		if v := m.climb(p, starts == 1); v > top+1e-2 {
			best, top = p, v
		}
	}
	if best != nil && starts > 1 {
		top = m.climb(best, true)
	}
	return best, top
}

func (m *model) describe(r *Result, p []float64, top float64) {
	r.LogLik = top
	r.Beta = slices.Clone(p[:m.p])
	r.SE = make([]float64, m.dim)
	h, ok := m.curvature(p)
	var chol mat.Cholesky
	var inv mat.SymDense
	if ok = ok && chol.Factorize(h) && chol.InverseTo(&inv) == nil; ok {
		for j := range r.SE {
			r.SE[j] = math.Sqrt(inv.At(j, j))
		}
	} else {
		for j := range r.SE {
			r.SE[j] = math.NaN()
		}
		r.Notes = append(r.Notes, athar.NewNote("spatial-flat"))
	}
	m.at(p, false)
	m.residuals(r, p)
	if m.o.Endemic {
		return
	}
	r.Notes = append(r.Notes, athar.NewNote("hawkes-upper-bound"))
	r.Gamma = slices.Clone(p[m.p : m.p+1+m.d.M])
	near, delta := m.kernels(p)
	if m.sigma >= 0 {
		r.Sigma = near.sigma
		if near.sigma > m.o.Reach/2 {
			r.Notes = append(r.Notes, athar.NewNote("spatial-reach-limit", "km", athar.Num(near.sigma), "reach", athar.Num(m.o.Reach)))
		}
	}
	if m.shape >= 0 {
		r.Shape = near.shape
	}
	if m.delta >= 0 {
		r.Delta = delta
	}
	f, _ := near.radial(m.o.Reach * m.o.Reach)
	g, _ := m.lasting(m.o.Horizon, delta)
	r.R0 = make([]float64, r.N)
	for a, i := range m.order {
		r.R0[i] = m.eta[a] * 2 * math.Pi * f * g
	}
}

// residuals fills the share of followers and the tests of the integrated
// intensity between events (Ogata 1988).
func (m *model) residuals(r *Result, p []float64) {
	n := len(m.order)
	near, delta := m.kernels(p)
	// The background up to a time: pieces of constant slope between the cells' times.
	type turn struct{ at, slope float64 }
	var turns []turn
	for _, c := range m.d.Cells {
		v := m.kinds * c.Exposure * math.Exp(dot(c.X, p)) / (c.To - c.From)
		turns = append(turns, turn{c.From, v}, turn{c.To, -v})
	}
	slices.SortStableFunc(turns, func(a, b turn) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		}
		return 0
	})
	total, slope, now, k := 0.0, 0.0, 0.0, 0
	background := func(t float64) float64 {
		for k < len(turns) && turns[k].at <= t {
			total += slope * (turns[k].at - now)
			now = turns[k].at
			slope += turns[k].slope
			k++
		}
		return total + slope*(t-now)
	}
	mass := make([]float64, n)
	if !m.o.Endemic {
		for a := range mass {
			f, _ := m.seen(a, near)
			mass[a] = m.eta[a] * f
		}
	}
	u, res := make([]float64, 0, n), make([]float64, 0, n)
	// Of the events that may still be followed: the sum of masses, of masses times
	// days, and of masses times exp(-delta since).
	var active, activeTime, falling, done, last, before float64
	oldest := 0
	whole, _ := m.lasting(m.o.Horizon, delta)
	for a, t := range m.time {
		all := m.back[a]
		if !m.o.Endemic {
			for q := m.first[a]; q < m.first[a+1]; q++ {
				f, _ := near.at(m.square[q])
				g := 1.0
				if m.delta >= 0 {
					g = math.Exp(-delta * m.gap[q])
				}
				all += m.eta[m.to[q]] * f * g
			}
			r.Triggered += (1 - m.back[a]/all) / float64(n)
			falling *= math.Exp(-delta * (t - before))
			for oldest < a && t-m.time[oldest] > m.o.Horizon {
				done += mass[oldest] * whole
				active -= mass[oldest]
				activeTime -= mass[oldest] * m.time[oldest]
				falling -= mass[oldest] * math.Exp(-delta*(t-m.time[oldest]))
				oldest++
			}
		}
		follow := done + active*t - activeTime
		if m.delta >= 0 {
			follow = done + (active-falling)/delta
		}
		if !m.o.Endemic {
			active += mass[a]
			activeTime += mass[a] * t
			falling += mass[a]
		}
		before = t
		sum := background(t) + follow
		res = append(res, sum-last)
		u = append(u, -math.Expm1(-(sum - last)))
		last = sum
	}
	r.Serial = stat.LjungBox(res, 10, 0)
	slices.Sort(u)
	r.Uniform = stat.KolmogorovUniform(u)
}
