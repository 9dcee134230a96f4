package stat

import (
	"math"
	"slices"
)

// Additive fits counts whose mean is a background and a sum of nonnegative
// multiples of things that add to it,
//
//	mu_i = exp(offset_i + x_i b) + sum_j c_j z_ij,  c_j >= 0,
//
// by maximum likelihood less sum_j pen_j c_j: the endemic-epidemic model of
// counts (Held, Höhle and Hofmann 2005, eq. 1), and the daily form of the
// multivariate self-exciting one. Its fields describe the last fit; a second
// fit of the same size allocates nothing. The zero value is ready.
type Additive struct {
	Beta   []float64
	C      []float64
	Mu     []float64
	Back   []float64 // the background's part of Mu
	Theta  float64   // variance mu + mu^2/theta; +Inf: Poisson
	LogLik float64   // without the penalty
	// Info is the expected information of (Beta, C) at the last step, (p+q) x (p+q).
	Info []float64

	y, x, z, offset, pen []float64
	p, q                 int
	ridge                float64
	b0                   []float64
	above                []float64
	const0               float64
	j, g, v, now, try    []float64
	solve                NonNegative
}

// Rows gives the data of a fit: y counts, x row by row with P columns, z with Q
// columns of nonnegative values, Offset and Pen nil or of their lengths. With a
// Ridge r the likelihood loses r (b_j - b0_j)^2/2 for every b_j, b0 being seven
// tenths of the mean of y for all rows: so a background that the rest could do
// without stays finite.
type Rows struct {
	Y, X, Z     []float64
	P, Q        int
	Offset, Pen []float64
	Ridge       float64
}

// Fit climbs by Fisher scoring with steps halved until the penalised likelihood
// rises: every step maximises the quadratic
// approximation under c >= 0. With nb, turns with Newton steps for theta. It starts from
// the values of the last fit if warm is true and the sizes are the same. The
// error is [ErrDiverged].
func (a *Additive) Fit(d Rows, nb, warm bool) error {
	n, k := len(d.Y), d.P+d.Q
	warm = warm && a.p == d.P && a.q == d.Q && len(a.Mu) == n
	a.y, a.x, a.z, a.offset, a.pen, a.p, a.q, a.ridge = d.Y, d.X, d.Z, d.Offset, d.Pen, d.P, d.Q, d.Ridge
	a.count()
	if !warm {
		a.Beta, a.C = grow(a.Beta, d.P), grow(a.C, d.Q)
		a.Mu, a.Back = grow(a.Mu, n), grow(a.Back, n)
		a.Info = grow(a.Info, k*k)
		a.j, a.g, a.v, a.now, a.try = grow(a.j, k), grow(a.g, k), grow(a.v, k), grow(a.now, k), grow(a.try, k)
		clear(a.Beta)
		clear(a.C)
		a.Theta = math.Inf(1)
		if !a.begin() {
			return ErrDiverged
		}
		a.b0 = append(a.b0[:0], a.Beta...)
	}
	top := a.height(a.Beta, a.C)
	for range 200 {
		before := top
		var ok bool
		if top, ok = a.step(top); !ok {
			return ErrDiverged
		}
		if nb {
			a.theta()
			top = a.height(a.Beta, a.C)
		}
		if math.Abs(top-before) < 1e-12*(1+math.Abs(top)) {
			a.LogLik = a.loglik()
			return nil
		}
	}
	return ErrDiverged
}

// begin sets the background to most of the mean of y, by least squares of its
// logarithm on x, and lets everything that adds make up the rest.
func (a *Additive) begin() bool {
	sum, off := 0.0, 0.0
	for i, y := range a.y {
		sum += y
		off += math.Exp(a.off(i))
	}
	if sum == 0 {
		return false
	}
	clear(a.Info)
	clear(a.g)
	level := math.Log(.7 * sum / off)
	for i := range a.y {
		row := a.x[i*a.p : i*a.p+a.p]
		for j, v := range row {
			a.g[j] += level * v
			for k := range row {
				a.Info[j*a.p+k] += v * row[k]
			}
		}
	}
	for j := range a.p {
		a.Info[j*a.p+j] *= 1 + 1e-6 // columns that depend on each other share what they have
	}
	if a.p > 0 && !a.solve.Max(a.Info[:a.p*a.p], a.g[:a.p], a.p, a.Beta) {
		return false
	}
	for j := range a.C {
		total := 0.0
		for i := range a.y {
			total += a.z[i*a.q+j]
		}
		if total > 0 {
			a.C[j] = .3 * sum / total / float64(a.q)
		}
	}
	return true
}

func (a *Additive) off(i int) float64 {
	if a.offset == nil {
		return 0
	}
	return a.offset[i]
}

// count prepares sum ln Gamma(y+theta)/Gamma(theta) - y ln theta as
// sum_j above_j ln(1+j/theta).
func (a *Additive) count() {
	most := 0.0
	a.const0 = 0
	for _, y := range a.y {
		most = max(most, y)
		a.const0 += lgamma(y + 1)
	}
	a.above = grow(a.above, int(most))
	clear(a.above)
	for _, y := range a.y {
		for j := range int(y) {
			a.above[j]++
		}
	}
}

// height sets the means and gives the penalised likelihood.
func (a *Additive) height(beta, c []float64) float64 {
	for i := range a.y {
		eta := a.off(i)
		for j, v := range a.x[i*a.p : i*a.p+a.p] {
			eta += v * beta[j]
		}
		e := math.Exp(eta)
		a.Back[i] = e
		for j, v := range a.z[i*a.q : i*a.q+a.q] {
			e += c[j] * v
		}
		a.Mu[i] = e
	}
	top := a.loglik()
	if a.ridge > 0 {
		for j, v := range beta {
			top -= a.ridge * (v - a.b0[j]) * (v - a.b0[j]) / 2
		}
	}
	if a.pen != nil {
		for j, v := range c {
			top -= a.pen[j] * v
		}
	}
	return top
}

func (a *Additive) loglik() float64 {
	ll := -a.const0
	if math.IsInf(a.Theta, 1) {
		for i, m := range a.Mu {
			ll -= m
			if a.y[i] > 0 {
				ll += a.y[i] * math.Log(m)
			}
		}
		return ll
	}
	th := a.Theta
	for j, n := range a.above {
		ll += n * math.Log1p(float64(j)/th)
	}
	for i, m := range a.Mu {
		if a.y[i] > 0 {
			ll += a.y[i] * math.Log(m)
		}
		ll -= (th + a.y[i]) * math.Log1p(m/th)
	}
	return ll
}

// step takes one step of scoring; false where there is none.
func (a *Additive) step(top float64) (float64, bool) {
	k := a.p + a.q
	clear(a.Info)
	clear(a.g)
	for i, m := range a.Mu {
		w := 1 / (m + m*m/a.Theta)
		a.Row(i)
		r := w * (a.y[i] - m)
		for j, v := range a.j {
			a.g[j] += r * v
		}
		addOuter(a.Info, a.j, w)
	}
	mirror(a.Info, k)
	copy(a.now, a.Beta)
	copy(a.now[a.p:], a.C)
	for j := range a.p {
		a.Info[j*k+j] += a.ridge
		a.g[j] -= a.ridge * (a.Beta[j] - a.b0[j])
	}
	// In terms of where to go: gradient + information times where it stands.
	for i := range k {
		for j := range k {
			a.g[i] += a.Info[i*k+j] * a.now[j]
		}
	}
	if a.pen != nil {
		for j, v := range a.pen {
			a.g[a.p+j] -= v
		}
	}
	copy(a.v, a.now)
	if !a.solve.Max(a.Info, a.g, a.p, a.v) {
		return top, false
	}
	share := 1.0
	for range 40 {
		for j := range k {
			a.try[j] = a.now[j] + share*(a.v[j]-a.now[j])
		}
		if next := a.height(a.try[:a.p], a.try[a.p:]); next >= top || math.Abs(next-top) < 1e-13*(1+math.Abs(top)) {
			copy(a.Beta, a.try)
			copy(a.C, a.try[a.p:])
			return next, true
		}
		share /= 2
	}
	return a.height(a.Beta, a.C), true
}

// Row gives the derivative of Mu[i] by (Beta, C), valid until the next call.
func (a *Additive) Row(i int) []float64 {
	for j, v := range a.x[i*a.p : i*a.p+a.p] {
		a.j[j] = a.Back[i] * v
	}
	copy(a.j[a.p:], a.z[i*a.q:i*a.q+a.q])
	return a.j
}

// theta takes Newton steps on ln theta at the present means.
func (a *Additive) theta() {
	th := a.Theta
	if math.IsInf(th, 1) {
		excess, square := 0.0, 0.0
		for i, m := range a.Mu {
			excess += (a.y[i]-m)*(a.y[i]-m) - a.y[i]
			square += m * m
		}
		if excess <= 0 {
			return
		}
		th = square / excess
	}
	for range 50 {
		score, info := 0.0, 0.0
		for j, n := range a.above {
			v := th + float64(j)
			score += n * (1/v - 1/th)
			info += n * (1/(v*v) - 1/(th*th))
		}
		for i, m := range a.Mu {
			y := a.y[i]
			score += (y+th)*m/(th*(th+m)) - math.Log1p(m/th)
			// -d/dth of that
			info -= m/(th*(th+m)) - (y+th)*m*(2*th+m)/(th*th*(th+m)*(th+m)) + m/(th*(th+m))
		}
		d := th * score
		if h := th*th*info - th*score; h > 0 {
			d /= h
		}
		d = max(-1, min(1, d))
		th *= math.Exp(d)
		if th > thetaCap || math.Abs(d) < 1e-11 {
			break
		}
	}
	if a.Theta = th; th > thetaCap {
		a.Theta = math.Inf(1)
	}
}

// NonNegative maximises g v - v'Hv/2 where some of v must not be negative, by
// active sets (Lawson and Hanson 1974, ch. 23; Bro and de Jong 1997). The zero
// value is ready; nothing is allocated for a second problem of the same size.
type NonNegative struct {
	in   []bool
	l, s []float64
	at   []int
}

// Max writes the maximum to v, of which the first free entries may have any
// sign. h is symmetric, n x n, and positive definite on what enters; entries whose
// curvature is 0 stay 0. v says where to start: its positive entries enter first.
// False where the free entries alone have no maximum.
func (w *NonNegative) Max(h, g []float64, free int, v []float64) bool {
	n := len(g)
	w.in, w.l, w.s, w.at = grow(w.in, n), grow(w.l, n*n), grow(w.s, n), grow(w.at, n)
	for j := range n {
		w.in[j] = j < free || v[j] > 0 && h[j*n+j] > 0
		if !w.in[j] {
			v[j] = 0
		}
	}
	for round := 0; round < 10*n+10; round++ {
		// Solve on the set; step back to its edge as often as an entry turns negative.
		for {
			if !w.solveSet(h, g, n) {
				// A column that depends on others leaves.
				last := -1
				for j := free; j < n; j++ {
					if w.in[j] {
						last = j
					}
				}
				if last < 0 {
					return false
				}
				w.in[last], v[last] = false, 0
				continue
			}
			share, leaves := 1.0, -1
			for j := free; j < n; j++ {
				if w.in[j] && w.s[j] <= 0 {
					if t := v[j] / (v[j] - w.s[j]); t < share || leaves < 0 {
						share, leaves = t, j
					}
				}
			}
			if leaves < 0 {
				for j := range n {
					v[j] = 0
					if w.in[j] {
						v[j] = w.s[j]
					}
				}
				break
			}
			for j := range n {
				if w.in[j] {
					v[j] += share * (w.s[j] - v[j])
				}
			}
			v[leaves], w.in[leaves] = 0, false
		}
		// The entry outside with the steepest way up enters.
		best, enter := 0.0, -1
		for j := free; j < n; j++ {
			if w.in[j] || !(h[j*n+j] > 0) {
				continue
			}
			up := g[j]
			for k := range n {
				up -= h[j*n+k] * v[k]
			}
			if up /= math.Sqrt(h[j*n+j]); up > best && up > 1e-9 {
				best, enter = up, j
			}
		}
		if enter < 0 {
			return true
		}
		w.in[enter] = true
		if !w.solveSet(h, g, n) || w.s[enter] <= 0 {
			w.in[enter] = false // to the last digit it does not rise
			return true
		}
	}
	return true
}

// solveSet solves for the entries of the set by Cholesky's factor.
func (w *NonNegative) solveSet(h, g []float64, n int) bool {
	m := 0
	for j := range n {
		if w.in[j] {
			w.at[m] = j
			m++
		}
	}
	at, l := w.at[:m], w.l
	for i, a := range at {
		for j := 0; j <= i; j++ {
			s := h[a*n+at[j]]
			for k := range j {
				s -= l[i*n+k] * l[j*n+k]
			}
			if i == j {
				if !(s > 1e-11*h[a*n+a]) {
					return false
				}
				l[i*n+i] = math.Sqrt(s)
			} else {
				l[i*n+j] = s / l[j*n+j]
			}
		}
	}
	for i, a := range at {
		s := g[a]
		for k := range i {
			s -= l[i*n+k] * w.s[at[k]]
		}
		w.s[a] = s / l[i*n+i]
	}
	for i, a := range slices.Backward(at) {
		s := w.s[a]
		for k := i + 1; k < m; k++ {
			s -= l[k*n+i] * w.s[at[k]]
		}
		w.s[a] = s / l[i*n+i]
	}
	return true
}
