package did

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/mathext"

	"athar/stat"
)

// UnitsPerLead is how many units of a group the pre-test needs for each period.
const UnitsPerLead = 10

// Kind is one way to average group-time effects.
type Kind string

// Simple weighs all cells after treatment by group size; Dynamic averages by
// time since treatment; Group by group, its overall weighted by group size, is
// the headline; Calendar by period.
const (
	Simple   Kind = "simple"
	Dynamic  Kind = "dynamic"
	Group    Kind = "group"
	Calendar Kind = "calendar"
)

// Point is one average. At is the time since treatment, the group or the
// period.
type Point struct {
	At      int
	ATT, SE float64
}

// Average is one aggregation: its points, none for Simple, and their overall.
// For Dynamic the overall is over times since treatment >= 0.
type Average struct {
	Kind    Kind
	Points  []Point
	Overall Point

	psi     []float64 // of the points, then the overall; unit-major
	effects *Effects
}

// Aggregate averages cells with weights by group size, P(G=g | cells averaged).
// The weights are estimated, so their influence is added:
//
//	psi = sum_k w_k psi_k + sum_k ATT_k [(1{G=g_k} - p_k)/S - p_k sum_l (1{G=g_l} - p_l)/S^2],  S = sum_l p_l
//
// (Callaway and Sant'Anna 2021, corollary 2). Cells without an estimate are
// left out.
func (e *Effects) Aggregate(kind Kind) Average {
	a := Average{Kind: kind, effects: e}
	if e.Refusal != nil {
		a.Overall = Point{ATT: math.NaN(), SE: math.NaN()}
		return a
	}
	var keys []int
	of := func(c Cell) (key int, ok bool) {
		after := c.Period >= c.Group
		switch kind {
		case Dynamic:
			return c.Period - c.Group, true
		case Group:
			return c.Group, after
		case Calendar:
			return c.Period, after
		}
		return 0, after
	}
	for _, c := range e.Cells {
		if k, ok := of(c); ok && !math.IsNaN(c.ATT) && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	n := e.d.Units
	cols := make([][]float64, 0, len(keys)+1)
	for _, key := range keys {
		var cells []int
		for k, c := range e.Cells {
			if q, ok := of(c); ok && q == key && !math.IsNaN(c.ATT) {
				cells = append(cells, k)
			}
		}
		att, psi := e.weigh(len(cells), func(j int) (int, float64, func(i int) float64) {
			c := cells[j]
			return e.Cells[c].Group, e.Cells[c].ATT, func(i int) float64 { return e.psi[i*len(e.Cells)+c] }
		})
		a.Points = append(a.Points, Point{At: key, ATT: att})
		cols = append(cols, psi)
	}
	overall := make([]float64, n)
	switch kind {
	case Simple:
		a.Overall.ATT = math.NaN()
		if len(cols) == 1 {
			a.Overall.ATT, overall = a.Points[0].ATT, cols[0]
		}
		a.Points, cols = nil, nil
	case Group:
		a.Overall.ATT, overall = e.weigh(len(keys), func(j int) (int, float64, func(i int) float64) {
			return keys[j], a.Points[j].ATT, func(i int) float64 { return cols[j][i] }
		})
	default:
		m := 0.0
		for j, p := range a.Points {
			if kind == Dynamic && p.At < 0 {
				continue
			}
			m++
			a.Overall.ATT += p.ATT
			for i, v := range cols[j] {
				overall[i] += v
			}
		}
		a.Overall.ATT /= m
		for i := range overall {
			overall[i] /= m
		}
	}
	cols = append(cols, overall)
	k := len(cols)
	a.psi = make([]float64, n*k)
	for j, c := range cols {
		for i, v := range c {
			a.psi[i*k+j] = v
		}
	}
	s := e.rows(a.psi, k)
	for j := range a.Points {
		a.Points[j].SE = norm(s, k, j) / float64(e.Units)
	}
	a.Overall.SE = norm(s, k, k-1) / float64(e.Units)
	return a
}

// weigh averages m estimates by the size of their groups; of gives the group,
// the estimate and its influences.
func (e *Effects) weigh(m int, of func(j int) (group int, att float64, psi func(i int) float64)) (float64, []float64) {
	total, sum := 0.0, 0.0
	share := func(g int) float64 { return float64(e.size[slices.Index(e.groups, g)]) / float64(e.Units) }
	for j := range m {
		g, att, _ := of(j)
		total += share(g)
		sum += share(g) * att
	}
	psi := make([]float64, e.d.Units)
	for j := range m {
		g, att, own := of(j)
		p := share(g)
		for i := range psi {
			if !e.in[i] {
				continue
			}
			d := -p
			if e.d.First[i] == g {
				d++
			}
			// Summed over j, the last term is the weights' influence, because
			// sum_j d_j sum_l p_l ATT_l/S^2 = sum_j d_j mean/S.
			psi[i] += p/total*own(i) + d*(att-sum/total)/total
		}
	}
	return sum / total, psi
}

// Cov is the covariance of the points, then the overall.
func (a *Average) Cov() []float64 {
	k := len(a.Points) + 1
	return cov(a.effects.rows(a.psi, k), k, a.effects.Units)
}

// PreTest is a joint test that nothing happened before treatment, with what it
// could have missed.
type PreTest struct {
	W  float64 // Wald statistic
	DF int
	P  float64
	// PSmall is P after division of W by its expectation over DF in small samples,
	// the mean of n-1/(n-q-2) over the tests of q periods in a group of n
	// (Hotelling's T squared); NaN where it is not known.
	PSmall float64
	// Slope is the linear drift per period, in units of Y, that the test finds
	// in 80% of cases at the 5% level (Roth 2022): a smaller one passes unseen.
	Slope float64
}

// PreTest tests all cells before treatment jointly. A group's covariance needs
// ten units for every period of it that is tested; of groups with fewer, only
// the periods nearest to treatment are.
func (e *Effects) PreTest() PreTest {
	var at []int
	for k, c := range e.Cells {
		if c.Period < c.Group-e.o.Anticipation && c.SE > 0 && c.Group-e.o.Anticipation-c.Period <= min(c.Treated, c.Controls)/UnitsPerLead {
			at = append(at, k)
		}
	}
	b, drift := make([]float64, len(at)), make([]float64, len(at))
	v, all := make([]float64, len(at)*len(at)), e.Cov()
	for i, k := range at {
		c := e.Cells[k]
		b[i], drift[i] = c.ATT, float64(c.Period-e.base(c.Group, c.Period))
		for j, l := range at {
			v[i*len(at)+j] = all[k*len(e.Cells)+l]
		}
	}
	t := wald(b, drift, v)
	inflate := 0.0
	for _, k := range at {
		c, q := e.Cells[k], 0.0
		for _, l := range at {
			if e.Cells[l].Group == c.Group {
				q++
			}
		}
		n := float64(min(c.Treated, c.Controls))
		inflate += (n - 1) / (n - q - 2) / float64(len(at))
	}
	if t.DF > 0 {
		t.PSmall = mathext.GammaIncRegComp(float64(t.DF)/2, t.W/inflate/2)
	}
	return t
}

// wald tests b = 0 given its covariance v, and finds the multiple of drift that
// the test would see in 80% of cases.
func wald(b, drift, v []float64) PreTest {
	t := PreTest{DF: len(b), P: math.NaN(), PSmall: math.NaN(), W: math.NaN(), Slope: math.NaN()}
	var ch mat.Cholesky
	if t.DF == 0 || !ch.Factorize(mat.NewSymDense(t.DF, v)) || ch.Cond() > 1e12 {
		return t
	}
	quad := func(x []float64) float64 {
		var s mat.VecDense
		xv := mat.NewVecDense(t.DF, x)
		if ch.SolveVecTo(&s, xv) != nil {
			return math.NaN()
		}
		return mat.Dot(xv, &s)
	}
	k := float64(t.DF)
	t.W = quad(b)
	t.P = mathext.GammaIncRegComp(k/2, t.W/2)
	crit := 2 * mathext.GammaIncRegCompInv(k/2, .05)
	low, high := 0.0, 200.0
	for range 60 {
		if mid := (low + high) / 2; noncentral(crit, k, mid) > .2 {
			low = mid
		} else {
			high = mid
		}
	}
	t.Slope = math.Sqrt(low / quad(drift))
	return t
}

// noncentral is P(chi2(k, ncp) <= x), a Poisson mixture of central ones.
func noncentral(x, k, ncp float64) float64 {
	s, w := 0.0, math.Exp(-ncp/2)
	for j := range 2000 {
		s += w * mathext.GammaIncReg(k/2+float64(j), x/2)
		w *= ncp / 2 / float64(j+1)
		if float64(j) > ncp && w < 1e-14 {
			break
		}
	}
	return s
}

// Interval is the normal 95% interval of a point.
func (p Point) Interval() (low, high float64) {
	q := stat.TQuantile(.975, math.Inf(1)) * p.SE
	return p.ATT - q, p.ATT + q
}
