package mix

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/optimize"
	"gonum.org/v1/gonum/stat/distuv"

	"athar/stat"
)

// Logit is a multinomial logit fitted to counts by category: for row i with n_i
// events and regressors x_i,
//
//	ln P(k)/P(0) = x_i b_k,  k = 1..K-1.
type Logit struct {
	Beta       []float64 // (K-1) x p, row k-1 for category k
	Cov        []float64 // inverse information at dispersion 1, (K-1)p x (K-1)p
	LogLik     float64   // without the multinomial coefficients
	Dispersion float64   // Pearson's statistic over its degrees of freedom, at least 1
	DF         float64   // of the dispersion

	p, k int
}

// ridge keeps coefficients finite where a category is missing from a group of
// rows: a normal prior with standard deviation 10 on every coefficient, which is
// e^10 to 1 in odds.
const ridge = .01

// FitLogit fits counts, rows of k categories, on p regressors row by row in x, by
// Newton's method (Agresti 2013, section 8.1). Regressors that depend on each
// other are held apart by the prior alone. The error is stat.ErrShort for fewer
// rows with events than regressors and stat.ErrDiverged otherwise.
func FitLogit(counts, x []float64, k, p int) (*Logit, error) {
	rows := len(counts) / k
	l := &Logit{p: p, k: k, Beta: make([]float64, (k-1)*p)}
	filled := 0
	for i := range rows {
		if sum(counts[i*k:i*k+k]) > 0 {
			filled++
		}
	}
	if filled <= p || k < 2 {
		return nil, stat.ErrShort
	}
	d := (k - 1) * p
	info := mat.NewSymDense(d, nil)
	grad, step, next := mat.NewVecDense(d, nil), mat.NewVecDense(d, nil), make([]float64, d)
	pr := make([]float64, k)
	ll := l.likelihood(counts, x, l.Beta, pr)
	var chol mat.Cholesky
	settled := false
	for range 100 {
		info.Zero()
		grad.Zero()
		for j, b := range l.Beta {
			info.SetSym(j, j, ridge)
			grad.SetVec(j, -ridge*b)
		}
		for i := range rows {
			y, row := counts[i*k:i*k+k], x[i*p:i*p+p]
			n := sum(y)
			if n == 0 {
				continue
			}
			shares(row, l.Beta, pr)
			for a := 1; a < k; a++ {
				u := y[a] - n*pr[a]
				for j, v := range row {
					at := (a-1)*p + j
					grad.SetVec(at, grad.AtVec(at)+u*v)
				}
				for b := a; b < k; b++ {
					w := -n * pr[a] * pr[b]
					if a == b {
						w += n * pr[a]
					}
					for j, v := range row {
						for h, z := range row {
							if s, t := (a-1)*p+j, (b-1)*p+h; s <= t {
								info.SetSym(s, t, info.At(s, t)+w*v*z)
							}
						}
					}
				}
			}
		}
		if !chol.Factorize(info) || chol.SolveVecTo(step, grad) != nil {
			return nil, stat.ErrDiverged
		}
		if settled {
			break
		}
		size, up := 1.0, math.Inf(-1)
		for range 30 {
			for j := range next {
				next[j] = l.Beta[j] + size*step.AtVec(j)
			}
			if up = l.likelihood(counts, x, next, pr); up >= ll-1e-12*math.Abs(ll) {
				break
			}
			size /= 2
		}
		if math.IsNaN(up) || math.IsInf(up, 0) {
			return nil, stat.ErrDiverged
		}
		copy(l.Beta, next)
		settled = math.Abs(up-ll) < 1e-10*(1+math.Abs(ll))
		ll = up
	}
	if !settled {
		return nil, stat.ErrDiverged
	}
	var inv mat.SymDense
	if chol.InverseTo(&inv) != nil {
		return nil, stat.ErrDiverged
	}
	l.Cov = make([]float64, d*d)
	for i := range d {
		for j := range d {
			l.Cov[i*d+j] = inv.At(i, j)
		}
	}
	l.LogLik = ll
	x2, cells := 0.0, 0.0
	for i := range rows {
		y := counts[i*k : i*k+k]
		n := sum(y)
		if n == 0 {
			continue
		}
		cells += float64(k - 1)
		shares(x[i*p:i*p+p], l.Beta, pr)
		for c, v := range y {
			// A category that is nearly impossible in a row says nothing about noise.
			if e := n * pr[c]; e > 1e-6 {
				x2 += (v - e) * (v - e) / e
			}
		}
	}
	l.DF = max(1, cells-float64(d))
	l.Dispersion = max(1, x2/l.DF)
	return l, nil
}

func (l *Logit) likelihood(counts, x, beta, pr []float64) float64 {
	ll := 0.0
	for _, b := range beta {
		ll -= ridge * b * b / 2
	}
	for i := 0; i*l.k < len(counts); i++ {
		y := counts[i*l.k : i*l.k+l.k]
		if sum(y) == 0 {
			continue
		}
		shares(x[i*l.p:i*l.p+l.p], beta, pr)
		for c, v := range y {
			if v > 0 {
				ll += v * math.Log(pr[c])
			}
		}
	}
	return ll
}

// shares writes the probabilities of the categories at regressors row.
func shares(row, beta, pr []float64) {
	p := len(row)
	pr[0] = 0
	top := 0.0
	for k := 1; k < len(pr); k++ {
		pr[k] = 0
		for j, v := range row {
			pr[k] += v * beta[(k-1)*p+j]
		}
		top = max(top, pr[k])
	}
	total := 0.0
	for k := range pr {
		pr[k] = math.Exp(pr[k] - top)
		total += pr[k]
	}
	for k := range pr {
		pr[k] /= total
	}
}

// Wald is the p value of the hypothesis that regressor j has no effect on any
// category, b_j' V_j^-1 b_j / (phi (K-1)) against F with K-1 and DF degrees of
// freedom.
func (l *Logit) Wald(j int) float64 {
	q, d := l.k-1, (l.k-1)*l.p
	v, b, x := mat.NewSymDense(q, nil), mat.NewVecDense(q, nil), mat.NewVecDense(q, nil)
	for a := range q {
		b.SetVec(a, l.Beta[a*l.p+j])
		for c := a; c < q; c++ {
			v.SetSym(a, c, l.Cov[(a*l.p+j)*d+c*l.p+j])
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(v) || chol.SolveVecTo(x, b) != nil {
		return math.NaN()
	}
	f := mat.Dot(b, x) / (l.Dispersion * float64(q))
	return distuv.F{D1: float64(q), D2: l.DF}.Survival(f)
}

// Clumped is a pair of Dirichlet-multinomial fits (Mosimann 1962) to blocks of
// events, before and after: every block has its own mix, drawn around its
// side's, Dirichlet(s pi). Rho = 1/(1+s) is the correlation of the categories of
// two events of one block.
type Clumped struct {
	Rho float64 // with a mix for each side
	// P is the likelihood ratio test of one mix for both sides, chi-squared with
	// K-1 degrees of freedom.
	P float64
}

// FitClumped fits the blocks, rows of k counts, with side 0 or 1 for each. The
// error is stat.ErrShort where a side has fewer than 2 blocks with events, and
// stat.ErrDiverged where the fit does not settle.
func FitClumped(blocks []float64, side []int, k int) (*Clumped, error) {
	filled := [2]int{}
	for b, s := range side {
		if sum(blocks[b*k:b*k+k]) > 0 {
			filled[s]++
		}
	}
	if filled[0] < 2 || filled[1] < 2 || k < 2 {
		return nil, stat.ErrShort
	}
	one, _, err := clumped(blocks, make([]int, len(side)), 1, k)
	if err != nil {
		return nil, err
	}
	two, s, err := clumped(blocks, side, 2, k)
	if err != nil {
		return nil, err
	}
	lr := max(0, 2*(two-one))
	return &Clumped{Rho: 1 / (1 + s), P: distuv.ChiSquared{K: float64(k - 1)}.Survival(lr)}, nil
}

// clumped maximises the Dirichlet-multinomial likelihood over the sides' mixes
// and the common ln s, which a wide normal prior keeps from running to
// infinity where blocks vary no more than the multinomial.
func clumped(blocks []float64, side []int, sides, k int) (ll, precision float64, err error) {
	q := k - 1
	d := sides*q + 1
	pr, byAlpha := make([]float64, k), make([]float64, k)
	eval := func(b, grad []float64) float64 {
		s := math.Exp(max(-20, min(20, b[d-1])))
		f := 0.0
		for i := range grad {
			grad[i] = 0
		}
		for i, v := range b {
			center, w := 0.0, ridge
			if i == d-1 {
				center = 3
			}
			f -= w * (v - center) * (v - center) / 2
			if grad != nil {
				grad[i] -= w * (v - center)
			}
		}
		for g := range sides {
			shares([]float64{1}, b[g*q:g*q+q], pr)
			clear(byAlpha)
			byS := 0.0
			for r, v := range side {
				y := blocks[r*k : r*k+k]
				n := sum(y)
				if v != g || n == 0 {
					continue
				}
				f += lgamma(s) - lgamma(n+s)
				byS += mathext.Digamma(s) - mathext.Digamma(n+s)
				for c, m := range y {
					if m > 0 {
						a := max(s*pr[c], 1e-300)
						f += lgamma(m+a) - lgamma(a)
						byAlpha[c] += mathext.Digamma(m+a) - mathext.Digamma(a)
					}
				}
			}
			if grad == nil {
				continue
			}
			mean := 0.0
			for c, u := range byAlpha {
				mean += u * pr[c]
			}
			for c := 1; c < k; c++ {
				grad[g*q+c-1] += s * pr[c] * (byAlpha[c] - mean)
			}
			grad[d-1] += s * (byS + mean)
		}
		return f
	}
	start := make([]float64, d)
	for g := range sides {
		t := make([]float64, k)
		for r, v := range side {
			for c := range k {
				if v == g {
					t[c] += blocks[r*k+c]
				}
			}
		}
		for c := 1; c < k; c++ {
			start[g*q+c-1] = math.Log((t[c] + .5) / (t[0] + .5))
		}
	}
	start[d-1] = 3
	minus := make([]float64, d)
	res, err := optimize.Minimize(optimize.Problem{
		Func: func(b []float64) float64 { return -eval(b, nil) },
		Grad: func(grad, b []float64) {
			eval(b, minus)
			for i, v := range minus {
				grad[i] = -v
			}
		},
	}, start, &optimize.Settings{GradientThreshold: 1e-5, MajorIterations: 300,
		Converger: &optimize.FunctionConverge{Absolute: 1e-9, Iterations: 20}}, &optimize.BFGS{})
	if res == nil || math.IsNaN(res.F) || math.IsInf(res.F, 0) || err != nil && res.Stats.MajorIterations == 0 {
		return 0, 0, stat.ErrDiverged
	}
	return -res.F, math.Exp(res.X[d-1]), nil
}

func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}
