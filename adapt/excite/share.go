package excite

import (
	"math"
	"slices"

	"athar"
	"athar/stat"
)

// pool fits every province's first thinned record at every mean lag, and
// keeps the lag with the largest likelihood of all.
func (m *study) pool() *athar.Refusal {
	best := math.Inf(-1)
	day, other := m.longest(), make([]float64, m.days())
	n := m.days()
	z := make([]float64, 2*n)
	var kept [][]pooled
	var lag float64
	for _, mean := range means {
		ll := 0.0
		var fits [][]pooled
		for k, g := range m.groups {
			g.lag = mean
			m.thin(g, stat.Stream(m.seed, "excite/draw/"+side(k), 0), day)
			fits = append(fits, nil)
			var a stat.Additive
			for i := range g.nodes {
				m.others(g, i, other)
				for t, v := range other {
					z[2*t], z[2*t+1] = g.drive[i*n+t], v
				}
				if a.Fit(stat.Rows{Y: g.y[i*n : (i+1)*n], X: g.x[i], Z: z, P: g.px, Q: 2, Ridge: 1}, true, false) != nil {
					return athar.Refuse("diverged")
				}
				ll += a.LogLik
				fits[k] = append(fits[k], pooled{slices.Clone(a.Back), a.C[0], a.C[1], a.Theta})
			}
		}
		if ll > best+1e-9 {
			best, kept, lag = ll, fits, mean
		}
	}
	for k, g := range m.groups {
		g.lag, g.fit = lag, kept[k]
	}
	return nil
}

// gather adds up the sums of scoring of some thinned records, by block. With J_t =
// (mu_t at the node's level, G_t, others' G_t) and weights W_t = 1/(m_t + m_t^2/theta)
// at the pooled mean m, H = sum W J J' and g = sum W J y. The mean is J v, so that
// the maximum of g v - v'Hv/2 is the weighted least squares.
//
// The mean over several thinned records carries less noise on the side that was
// thinned than on the other, so that blocks of both are not exchangeable. The
// test divides by the noise of each side (see [study.contrast]).
func (m *study) gather(k int, g *group) {
	day, other := m.longest(), make([]float64, m.days())
	nodes, n := len(g.nodes), m.days()
	d := nodes + 2
	for range m.count[0] + m.count[1] {
		g.h, g.g = append(g.h, make([]float64, d*d)), append(g.g, make([]float64, d))
	}
	g.sumH, g.sumG, g.v, g.w = make([]float64, d*d), make([]float64, d), make([]float64, d), make([]float64, d)
	at := func(i, j int) int { return i*d + j }
	for rep := range records {
		m.thin(g, stat.Stream(m.seed, "excite/draw/"+side(k), rep), day)
		for i := range nodes {
			m.others(g, i, other)
			f := &g.fit[i]
			for t, b := range m.block {
				mu, own, cross, y := f.back[t], g.drive[i*n+t], other[t], g.y[i*n+t]
				mean := mu + f.alpha*own + f.beta*cross
				w := 1 / (mean + mean*mean/f.theta)
				h := g.h[b]
				h[at(i, i)] += w * mu * mu
				h[at(i, nodes)] += w * mu * own
				h[at(i, nodes+1)] += w * mu * cross
				h[at(nodes, nodes)] += w * own * own
				h[at(nodes, nodes+1)] += w * own * cross
				h[at(nodes+1, nodes+1)] += w * cross * cross
				g.g[b][i] += w * mu * y
				g.g[b][nodes] += w * own * y
				g.g[b][nodes+1] += w * cross * y
			}
		}
	}
	for _, h := range g.h {
		for i := range d {
			for j := range i {
				h[at(i, j)] = h[at(j, i)]
			}
		}
	}
}

// gathered adds up the sums of scoring of the given blocks.
func (g *group) gathered(blocks []int) {
	clear(g.sumH)
	clear(g.sumG)
	for _, b := range blocks {
		add(g.sumH, g.h[b])
		add(g.sumG, g.g[b])
	}
}

// share is S of the given blocks, and the followers of an event in all; NaN where
// nothing follows anything.
func (m *study) share(g *group, blocks []int) (share, followers float64) {
	g.gathered(blocks)
	nodes := len(g.nodes)
	for i := range g.v {
		g.v[i] = 1
	}
	if !m.solve.Max(g.sumH, g.sumG, nodes, g.v) {
		return math.NaN(), math.NaN()
	}
	followers = g.v[nodes] + g.v[nodes+1]
	return g.v[nodes+1] / followers, followers
}

func add(to, v []float64) {
	for i, x := range v {
		to[i] += x
	}
}

// each calls visit for the windows of a list of blocks and returns how many
// there are.
func (m *study) each(in []int, visit func(blocks []int)) float64 {
	n := min(windows, len(in)-m.short+1)
	for w := range n {
		from := 0
		if n > 1 {
			from = w * (len(in) - m.short) / (n - 1)
		}
		visit(in[from : from+m.short])
	}
	return float64(n)
}

// beyond is (1 - S) beta - S alpha of the given blocks, with alpha and beta of any
// sign and S that of the whole record; u gets, times sign, what each block
// contributes to its error, c'H^-1 (g_b - H_b v) for c = (0, ..., -S, 1 - S).
func (m *study) beyond(g *group, blocks []int, sign float64, u []float64) float64 {
	g.gathered(blocks)
	d := len(g.v)
	c := g.direction()
	if !m.solve.Max(g.sumH, g.sumG, d, g.v) || !m.solve.Max(g.sumH, c, d, g.w) {
		return math.NaN()
	}
	for _, b := range blocks {
		h, e := g.h[b], 0.0
		for i, w := range g.w {
			r := g.g[b][i]
			for j, v := range g.v {
				r -= h[i*d+j] * v
			}
			e += w * r
		}
		u[b] += sign * e
	}
	return c[d-2]*g.v[d-2] + c[d-1]*g.v[d-1]
}

func (g *group) direction() []float64 {
	clear(g.c)
	d := len(g.c)
	g.c[d-2], g.c[d-1] = -g.whole, 1-g.whole
	return g.c
}

// contrast is the change near against far of what lies beyond the usual share, by
// group and side, and its standard error from the blocks,
//
//	se^2 = sum_s n_s/(n_s - 1) sum_{b in s} u_b^2.
func (m *study) contrast(in [2][]int) (t, se float64, v [2][2]float64) {
	clear(m.u)
	for s, blocks := range in {
		sign := float64(2*s - 1)
		for k, g := range m.groups {
			v[k][s] = m.beyond(g, blocks, sign, m.u)
			t += sign * v[k][s]
			sign = -sign
		}
		n, ss := float64(len(blocks)), 0.0
		for _, b := range blocks {
			ss += m.u[b] * m.u[b]
		}
		se += ss * n / (n - 1)
	}
	return t, math.Sqrt(se), v
}

// change is the contrast, and its null by shuffled labels of the blocks, the same
// for near and far, each time over its own standard error (Janssen 1997).
func (m *study) change(ind *athar.Indicator, times int) {
	total := m.count[0] + m.count[1]
	order := make([]int, total)
	for b := range order {
		order[b] = b
	}
	m.u = make([]float64, total)
	var followers [2]float64
	for k, g := range m.groups {
		g.c = make([]float64, len(g.v))
		g.whole, followers[k] = m.share(g, order)
		if math.IsNaN(g.whole) {
			if k == 0 {
				ind.Refusal = athar.Refuse("excite-none", "nodes", len(g.nodes))
				return
			}
			g.whole, followers[k] = .5, 0 // beyond any share is nothing, whatever the share
		}
	}
	in := [2][]int{slices.Clone(order[:m.count[0]]), slices.Clone(order[m.count[0]:])}
	t, se, v := m.contrast(in)
	if math.IsNaN(t) || !(se > 0) {
		ind.Refusal = athar.Refuse("excite-none", "nodes", len(m.groups[0].nodes))
		return
	}
	level := func(k, s int) athar.Num { return athar.Num(m.groups[k].whole*followers[k] + v[k][s]) }
	ind.Before, ind.After, ind.Change, ind.Reading = level(0, 0), level(0, 1), athar.Num(t), athar.Neither
	if len(m.groups) == 2 {
		ind.FarBefore, ind.FarAfter = level(1, 0), level(1, 1)
	}
	m.modules(ind)
	m.ranges(ind, in)
	r := stat.Stream(m.seed, "excite/null", 0)
	var null []float64
	reached, ss := 0, 0.0
	for range times {
		for i := range m.count[1] {
			j := i + r.IntN(total-i)
			order[i], order[j] = order[j], order[i]
		}
		copy(in[1], order[:m.count[1]])
		copy(in[0], order[m.count[1]:])
		slices.Sort(in[0])
		slices.Sort(in[1])
		x, e, _ := m.contrast(in)
		if x /= e; math.IsNaN(x) {
			continue
		}
		null = append(null, math.Abs(x))
		ss += x * x
		if math.Abs(x) >= math.Abs(t)/se-1e-12 {
			reached++
		}
	}
	if float64(len(null)) < defined*float64(times) {
		ind.Warnings = append(ind.Warnings, athar.NewNote("contrast-null-undefined", "share", athar.Num(float64(len(null))/float64(times))))
		return
	}
	slices.Sort(null)
	half := se * null[min(len(null)-1, int(math.Ceil(.95*float64(len(null)+1)))-1)]
	ind.P = athar.Num(float64(1+reached) / float64(1+len(null)))
	ind.Low, ind.High = athar.Num(t-half), athar.Num(t+half)
	ind.MDE = athar.Num(power * se * math.Sqrt(ss/float64(len(null))))
	if ind.P <= .05 {
		ind.Reading = athar.Opposes
		if t < 0 {
			ind.Reading = athar.Supports
		}
	}
}

// ranges notes the share near the campaign in either side, over windows of one length,
// with its 95% range over windows drawn block by block.
func (m *study) ranges(ind *athar.Indicator, in [2][]int) {
	r := stat.Stream(m.seed, "excite/range", 0)
	draw := make([]int, m.short)
	g := m.groups[0]
	args := []any{"nodes", len(g.nodes), "lag", athar.Num(g.lag)}
	for s, name := range []string{"before", "after"} {
		var share []float64
		for range resamples {
			for i := range draw {
				draw[i] = in[s][r.IntN(len(in[s]))]
			}
			if v, _ := m.share(g, draw); !math.IsNaN(v) {
				share = append(share, v)
			}
		}
		if len(share) < resamples/2 {
			return
		}
		slices.Sort(share)
		args = append(args, name, athar.Num(stat.Quantile(share, .5)), name+"low", athar.Num(stat.Quantile(share, .025)), name+"high", athar.Num(stat.Quantile(share, .975)))
	}
	ind.Warnings = append(ind.Warnings, athar.NewNote("excite-range", args...))
}
