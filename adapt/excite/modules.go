package excite

import (
	"math"
	"slices"

	"athar"
	"athar/stat"
)

// penalties are those among which BIC chooses: with a penalty of z an alpha_kl enters
// if its score is z standard errors from 0.
var penalties = []float64{3.5, 2.75, 2, 1.25}

const moduleDraws = 3 // thinned records behind the matrix

// matrix is alpha_kl of the provinces near the campaign,
//
//	y_k(t) ~ NB(mu_k(t) + sum_l alpha_kl G_l(t), theta_k),  alpha_kl >= 0,
//
// with the penalty z sqrt(I_kl) alpha_kl on alpha_kl of two provinces, I_kl its
// information without it, and z by BIC = sum_k (-2 ln L_k + ln(days K) #{l: alpha_kl > 0}).
type matrix struct {
	fits []row
	// Sums of scoring by block: node k has d = K+1 coordinates, its level and alpha_kl.
	h, g       [][]float64
	days       []float64
	sumH, sumG []float64
	v          []float64
	part       []int
	edge       []bool
}

// row is node k's fit.
type row struct {
	back, alpha []float64
	pen         []float64 // of alpha, for a day
	theta       float64
}

// modules notes in how many parts the provinces near fall if those that follow
// each other are joined, before and after, with the range over resampled blocks.
func (m *study) modules(ind *athar.Indicator) {
	g := m.groups[0]
	x := m.matrix(g)
	if x == nil {
		return
	}
	blocks := make([]int, m.count[0]+m.count[1])
	for b := range blocks {
		blocks[b] = b
	}
	in := [2][]int{blocks[:m.count[0]], blocks[m.count[0]:]}
	r := stat.Stream(m.seed, "excite/modules", 0)
	draw := make([]int, m.short)
	args := []any{"nodes", len(g.nodes), "whole", m.parts(x, blocks)}
	for s, name := range []string{"before", "after"} {
		sum := 0.0
		n := m.each(in[s], func(w []int) { sum += float64(m.parts(x, w)) })
		var parts []float64
		for range resamples / 2 {
			for i := range draw {
				draw[i] = in[s][r.IntN(len(in[s]))]
			}
			parts = append(parts, float64(m.parts(x, draw)))
		}
		slices.Sort(parts)
		args = append(args, name, athar.Num(sum/n), name+"low", athar.Num(stat.Quantile(parts, .025)), name+"high", athar.Num(stat.Quantile(parts, .975)))
	}
	ind.Warnings = append(ind.Warnings, athar.NewNote("excite-modules", args...))
}

func (m *study) matrix(g *group) *matrix {
	nodes, n := len(g.nodes), m.days()
	day := m.longest()
	m.thin(g, stat.Stream(m.seed, "excite/draw/near", 0), day)
	bic := make([]float64, len(penalties))
	fits := make([][]row, len(penalties))
	for k := range nodes {
		for z, f := range m.path(g, k) {
			bic[z] += f.bic
			fits[z] = append(fits[z], f.row)
		}
		if len(fits[0]) <= k {
			return nil // no finite fit
		}
	}
	best := 0
	for z, v := range bic {
		if v < bic[best]-1e-9 {
			best = z
		}
	}
	d := nodes + 1
	x := &matrix{fits: fits[best], sumH: make([]float64, nodes*d*d), sumG: make([]float64, nodes*d), v: make([]float64, d), part: make([]int, nodes), edge: make([]bool, nodes*nodes)}
	for range m.count[0] + m.count[1] {
		x.h, x.g, x.days = append(x.h, make([]float64, nodes*d*d)), append(x.g, make([]float64, nodes*d)), append(x.days, 0)
	}
	for _, b := range m.block {
		x.days[b] += moduleDraws
	}
	j := make([]float64, d)
	for rep := range moduleDraws {
		m.thin(g, stat.Stream(m.seed, "excite/draw/near", rep), day)
		for k := range nodes {
			f := &x.fits[k]
			for t, b := range m.block {
				j[0] = f.back[t]
				mean := j[0]
				for l, a := range f.alpha {
					j[1+l] = g.drive[l*n+t]
					mean += a * j[1+l]
				}
				w := 1 / (mean + mean*mean/f.theta)
				h, y := x.h[b][k*d*d:(k+1)*d*d], g.y[k*n+t]
				for a, v := range j {
					wv := w * v
					x.g[b][k*d+a] += wv * y
					for c, u := range j {
						h[a*d+c] += wv * u
					}
				}
			}
		}
	}
	return x
}

type fitted struct {
	row
	bic float64
}

// path fits node k at every penalty, the largest first; nil where one has no
// finite fit.
func (m *study) path(g *group, k int) (fits []fitted) {
	nodes, n := len(g.nodes), m.days()
	z := make([]float64, n*nodes)
	for l := range nodes {
		for t := range n {
			z[t*nodes+l] = g.drive[l*n+t]
		}
	}
	pen := make([]float64, nodes)
	for l := range pen {
		if l != k {
			pen[l] = 1e12 // alone
		}
	}
	rows := stat.Rows{Y: g.y[k*n : (k+1)*n], X: g.x[k], Z: z, P: g.px, Q: nodes, Pen: pen, Ridge: 1}
	var a stat.Additive
	if a.Fit(rows, true, false) != nil {
		return nil
	}
	unit := make([]float64, nodes)
	for l := range unit {
		if l != k {
			for t, mu := range a.Mu {
				unit[l] += z[t*nodes+l] * z[t*nodes+l] / (mu + mu*mu/a.Theta)
			}
			unit[l] = math.Sqrt(unit[l])
		}
	}
	for _, size := range penalties {
		for l, u := range unit {
			pen[l] = size * u
		}
		if a.Fit(rows, true, true) != nil {
			return nil
		}
		f := fitted{row: row{back: slices.Clone(a.Back), alpha: slices.Clone(a.C), theta: a.Theta}, bic: -2 * a.LogLik}
		for l, v := range a.C {
			f.pen = append(f.pen, pen[l]/float64(n))
			if v > 0 {
				f.bic += math.Log(float64(n * nodes))
			}
		}
		fits = append(fits, f)
	}
	return fits
}

// parts is the number of connected parts of the provinces in some blocks, by one
// step of scoring from the fit of the whole record, the penalty in proportion
// to the days.
func (m *study) parts(x *matrix, blocks []int) int {
	clear(x.sumH)
	clear(x.sumG)
	days := 0.0
	for _, b := range blocks {
		add(x.sumH, x.h[b])
		add(x.sumG, x.g[b])
		days += x.days[b]
	}
	nodes := len(x.part)
	d := nodes + 1
	for k := range nodes {
		f, g := &x.fits[k], x.sumG[k*d:(k+1)*d]
		x.v[0] = 1
		for l, a := range f.alpha {
			g[1+l] -= f.pen[l] * days
			x.v[1+l] = a
		}
		ok := m.solve.Max(x.sumH[k*d*d:(k+1)*d*d], g, 1, x.v)
		for l := range nodes {
			x.edge[k*nodes+l] = ok && k != l && x.v[1+l] > 0
		}
		x.part[k] = k
	}
	parts := nodes
	for i, joined := range x.edge {
		if a, b := x.part[i/nodes], x.part[i%nodes]; joined && a != b {
			parts--
			for j, v := range x.part {
				if v == b {
					x.part[j] = a
				}
			}
		}
	}
	return parts
}
