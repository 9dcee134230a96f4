package joint

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"athar"
	"athar/stat"
)

// Single is one campaign's part of the pooled answer inside, while it ran.
type Single struct {
	ID                 string
	Observed, Expected float64
	RR                 athar.Num // NaN without expected events
	SE                 athar.Num // of ln RR, from the dispersion of its own past
}

// Heterogeneity says how far campaigns differ beyond chance (inside, during).
type Heterogeneity struct {
	N         int // campaigns with events observed and expected
	Q, P      float64
	I2        float64 // max(0, (Q - df)/Q)
	Tau       float64 // standard deviation of true ln RR
	Min, Max  float64 // smallest and largest RR
	Low, High float64 // 95% interval of the RR of another such campaign
}

// singles splits the question inside, during by campaign. A cell inside two
// footprints at once counts for both.
//
// With b_j = ln(O_j/E_j), campaigns have controls in common, and sometimes areas:
//
//	V_jk = sqrt(phi_j phi_k) [O_jk/(O_j O_k) + sum_i E_ij E_ik/Y_i/(E_j E_k) + G_j'H^-1 G_k/(E_j E_k)],
//
// O_jk the events in cells of both, G = dE/dg. Then W = V^-1,
// bbar = 1'Wb/1'W1, Q = (b-bbar)'W(b-bbar) on n-1 degrees of freedom, and by
// moments tau^2 = max(0, (Q-(n-1))/(tr W - 1'WW1/1'W1)) (DerSimonian and Laird
// 1986, with covariances). The interval of another campaign is
// bbar* -+ t_{n-2} sqrt(tau^2 + var bbar*) with V + tau^2 I (Higgins, Thompson
// and Spiegelhalter 2009).
func (m *model) singles() {
	na, nt := m.d.Areas, m.nt
	type part struct {
		at       int
		obs, exp float64
		e, grad  []float64
		cell     []bool
		phi      float64
	}
	var list []part
	q := m.question(0, false)
	for j, c := range m.d.Campaigns {
		p := part{at: j, e: make([]float64, na), grad: make([]float64, nt), cell: make([]bool, na*nt)}
		for i := range na {
			for t := range nt {
				k := i*nt + t
				if !c.Inside[i] || c.Phase[m.from+t] != athar.During || m.state[k] != q {
					continue
				}
				p.cell[k] = true
				p.obs += m.y[k]
				p.e[i] += m.mu0[k]
				p.grad[t] += m.mu0[k]
			}
			p.exp += p.e[i]
			if p.e[i] > 0 {
				m.absorb(p.grad, i, -p.e[i]/m.total[i])
			}
		}
		single := Single{ID: c.ID, Observed: p.obs, Expected: p.exp, RR: athar.Num(math.NaN()), SE: athar.Num(math.NaN())}
		if p.exp > 0 {
			single.RR = athar.Num(p.obs / p.exp)
		}
		if p.exp > 0 && p.obs > 0 {
			own := class{phase: athar.During, roles: []int{0}, e: p.e}
			alone := *m
			data := *m.d
			data.Campaigns = m.d.Campaigns[j : j+1]
			alone.d, alone.role, alone.start = &data, m.role[j:j+1], m.start[j:j+1]
			p.phi, _ = alone.past(&own)
			list = append(list, p)
		}
		m.res.Single = append(m.res.Single, single)
	}
	n := len(list)
	if n == 0 {
		return
	}
	v := mat.NewSymDense(n, nil)
	b := make([]float64, n)
	z := mat.NewVecDense(nt, nil)
	for a, p := range list {
		b[a] = math.Log(p.obs / p.exp)
		if m.chol.SolveVecTo(z, mat.NewVecDense(nt, p.grad)) != nil {
			return
		}
		for c := range a + 1 {
			r := list[c]
			both, x := 0.0, 0.0
			for k, on := range p.cell {
				if on && r.cell[k] {
					both += m.y[k]
				}
			}
			for i, e := range p.e {
				if e > 0 {
					x += e * r.e[i] / m.total[i]
				}
			}
			x += mat.Dot(z, mat.NewVecDense(nt, r.grad))
			v.SetSym(a, c, math.Sqrt(p.phi*r.phi)*(both/(p.obs*r.obs)+x/(p.exp*r.exp)))
		}
		m.res.Single[p.at].SE = athar.Num(math.Sqrt(v.At(a, a)))
	}
	if n < 3 {
		return
	}
	h := &Heterogeneity{N: n, Min: math.Inf(1), Max: math.Inf(-1), Low: math.NaN(), High: math.NaN()}
	for _, x := range b {
		h.Min, h.Max = min(h.Min, math.Exp(x)), max(h.Max, math.Exp(x))
	}
	w, mean, weight, ok := invert(v, b)
	if !ok {
		return // the same areas at the same time: nothing to tell them apart
	}
	trace, squares := 0.0, 0.0
	for i := range n {
		row := 0.0
		for j := range n {
			h.Q += (b[i] - mean) * w.At(i, j) * (b[j] - mean)
			row += w.At(i, j)
		}
		trace += w.At(i, i)
		squares += row * row
	}
	df := float64(n - 1)
	h.P = distuv.ChiSquared{K: df}.Survival(h.Q)
	h.I2 = max(0, (h.Q-df)/h.Q)
	tau2 := max(0, (h.Q-df)/(trace-squares/weight))
	h.Tau = math.Sqrt(tau2)
	for i := range n {
		v.SetSym(i, i, v.At(i, i)+tau2)
	}
	if _, mean, weight, ok = invert(v, b); ok {
		half := stat.TQuantile(.975, float64(n-2)) * math.Sqrt(tau2+1/weight)
		h.Low, h.High = math.Exp(mean-half), math.Exp(mean+half)
	}
	m.res.Heterogeneity = h
}

// invert is W = V^-1, the weighted mean of b and 1'W1; not ok if V is singular.
func invert(v *mat.SymDense, b []float64) (w *mat.SymDense, mean, weight float64, ok bool) {
	var c mat.Cholesky
	if !c.Factorize(v) || c.Cond() > 1e10 {
		return nil, 0, 0, false
	}
	w = mat.NewSymDense(len(b), nil)
	if c.InverseTo(w) != nil {
		return nil, 0, 0, false
	}
	for i := range b {
		for j, x := range b {
			weight += w.At(i, j)
			mean += w.At(i, j) * x
		}
	}
	return w, mean / weight, weight, true
}
