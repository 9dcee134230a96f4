package excite

import (
	"math"
	"math/rand/v2"
	"slices"

	"athar"
)

// background lays out the columns of ln mu: a broken line with knots some half a
// year apart, the common course of the other group (of the others of its own
// where there is no other group), and the calendar's spans.
func (m *study) background(k int) {
	g := m.groups[k]
	var common [][]float64
	common = append(common, m.hats()...)
	var names []string
	for _, c := range m.p.Calendar {
		if !slices.Contains(names, c.Name.En) {
			names = append(names, c.Name.En)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		touched := 0.0
		col := m.column(func(d athar.Day) float64 {
			for _, c := range m.p.Calendar {
				if c.Name.En == name && c.When.Has(d) {
					touched++
					return 1
				}
			}
			return 0
		})
		same := slices.ContainsFunc(common, func(c []float64) bool { return slices.Equal(c, col) })
		if touched >= 7 && touched <= float64(m.days()-7) && !same {
			common = append(common, col)
		}
	}
	g.px = 1 + len(common)
	others := m.groups[len(m.groups)-1-k].nodes
	for _, x := range g.nodes {
		c := m.course(others, x)
		rows := make([]float64, 0, m.days()*g.px)
		for t := range m.days() {
			rows = append(rows, c[t])
			for _, col := range common {
				rows = append(rows, col[t])
			}
		}
		g.x = append(g.x, rows)
	}
}

// hats are the columns whose sums are broken lines, side by side.
func (m *study) hats() (out [][]float64) {
	for s, span := range m.span {
		days := float64(span.Days() - warm - 1)
		pieces := max(1, math.Round(days/knots))
		for k := 0.0; k <= pieces; k++ {
			col := make([]float64, m.days())
			for t := range span.Days() - warm {
				col[m.first[s]+t] = max(0, 1-math.Abs(float64(t)/days*pieces-k))
			}
			out = append(out, col)
		}
	}
	return out
}

func (m *study) column(f func(d athar.Day) float64) []float64 {
	out := make([]float64, m.days())
	for t := range out {
		s := 0
		if t >= m.first[1] {
			s = 1
		}
		out[t] = f(m.span[s].First + athar.Day(warm+t-m.first[s]))
	}
	return out
}

// course is the logarithm of the mean of the others' events over 29 days, each
// event as likely to stay as any other of its province and side, less its own mean.
func (m *study) course(nodes []*node, but *node) []float64 {
	out := make([]float64, 0, m.days())
	mean := 0.0
	for s, span := range m.span {
		sum := make([]float64, span.Days()+1) // up to a day, from index 1
		for _, x := range nodes {
			if x != but {
				for _, d := range x.events[s] {
					sum[d+1] += float64(x.keep[s]) / float64(len(x.events[s]))
				}
			}
		}
		for t := 1; t < len(sum); t++ {
			sum[t] += sum[t-1]
		}
		for t := warm; t < span.Days(); t++ {
			from, to := max(0, t-around), min(span.Days(), t+around+1)
			v := math.Log((sum[to] - sum[from] + .5) / float64(to-from))
			out = append(out, v)
			mean += v / float64(m.days())
		}
	}
	for t := range out {
		out[t] -= mean
	}
	return out
}

// thin draws a record with equal rates, and what drives it at a mean lag.
func (m *study) thin(g *group, r *rand.Rand, day []float64) {
	k := len(g.nodes)
	g.y = slices.Grow(g.y[:0], k*m.days())[:k*m.days()]
	g.drive = slices.Grow(g.drive[:0], k*m.days())[:k*m.days()]
	q := math.Exp(-1 / g.lag)
	w := (1 - q) / (1 - math.Pow(q, lags))
	ql := math.Pow(q, lags)
	for i, x := range g.nodes {
		for s, span := range m.span {
			n := span.Days()
			y := day[:n]
			clear(y)
			need := x.keep[s]
			for j, d := range x.events[s] {
				if r.IntN(len(x.events[s])-j) < need {
					need--
					y[d]++
				}
			}
			sum := 0.0 // sum q^(d-1) y(t-d)
			to := i*m.days() + m.first[s] - warm
			for t, v := range y {
				if t >= warm {
					g.y[to+t], g.drive[to+t] = v, w*sum
				}
				old := 0.0
				if t >= lags {
					old = y[t-lags]
				}
				sum = max(0, q*sum+v-ql*old)
			}
		}
	}
}

// longest is room for the days of either side.
func (m *study) longest() []float64 { return make([]float64, max(m.span[0].Days(), m.span[1].Days())) }

func side(k int) string { return [2]string{"near", "far"}[k] }

// others writes sum_{l != k} s_kl G_l of node k.
func (m *study) others(g *group, k int, out []float64) {
	clear(out)
	total := 0.0
	for _, x := range g.nodes {
		total += x.rate(m.span)
	}
	mine := g.nodes[k].rate(m.span)
	n := m.days()
	for l, x := range g.nodes {
		if l == k {
			continue
		}
		s := mine / (total - x.rate(m.span))
		for t, v := range g.drive[l*n : (l+1)*n] {
			out[t] += s * v
		}
	}
}
