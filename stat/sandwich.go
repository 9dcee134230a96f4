package stat

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Sandwich is the linearisation of a [TwoWay] fit at its solution: weighted
// least squares with weights mu on regressors and period dummies, area effects
// absorbed by demeaning within areas. Its errors are clustered by area.
//
// With z_it the regressors less their weighted area mean, Z_i has rows
// sqrt(mu_it) z_it and residuals are e_it = (y_it - mu_it)/sqrt(mu_it).
type Sandwich struct {
	w      *TwoWay
	p      int       // K regressors, then one column per period
	m      []float64 // (Z'Z)^-, p x p
	rank   int
	blocks []block
	cells  int
	split  bool // the blocks' spectra are there
	// meat is sum s_i^2 Z_i'Z_i of [Sandwich.Contrast] for the last lambda: a fit asks for
	// several contrasts with one.
	meat   []float64
	lambda float64
}

// block is what the areas of one group share: the spectrum of
// u (Z'Z)^- u', where Z_i = sqrt(Y_i) u and Y_i is the area's number of events.
type block struct {
	periods []int     // those in the fit
	prob    []float64 // mu_it / Y_i
	u       []float64 // rows sqrt(prob) z
	q       []float64 // eigenvectors in columns, len(periods)^2
	lambda  []float64
	w       []float64 // q' u, len(periods) x p
	areas   []int
}

// Linearise prepares the errors of the last fit.
func (w *TwoWay) Linearise() *Sandwich {
	nt, k := w.Periods, w.K
	s := &Sandwich{w: w, p: k + nt}
	s.m = make([]float64, s.p*s.p)
	byGroup := make([]int, len(w.first))
	for i, y := range w.sum {
		if y == 0 {
			continue
		}
		g := w.group[i]
		if byGroup[g] == 0 {
			s.blocks = append(s.blocks, block{})
			byGroup[g] = len(s.blocks)
		}
		b := &s.blocks[byGroup[g]-1]
		b.areas = append(b.areas, i)
	}
	for bi := range s.blocks {
		b := &s.blocks[bi]
		i := b.areas[0]
		total := 0.0
		for _, a := range b.areas {
			total += w.sum[a]
		}
		mean := make([]float64, s.p)
		for t := range nt {
			if c := i*nt + t; w.In[c] {
				pr := w.Mu[c] / w.sum[i]
				b.periods, b.prob = append(b.periods, t), append(b.prob, pr)
				for j, x := range w.x {
					mean[j] += pr * x[c]
				}
				mean[k+t] += pr
			}
		}
		n := len(b.periods)
		s.cells += n * len(b.areas)
		b.u = make([]float64, n*s.p)
		for a, t := range b.periods {
			row := b.u[a*s.p : (a+1)*s.p]
			for j, x := range w.x {
				row[j] = x[i*nt+t]
			}
			row[k+t] = 1
			r := math.Sqrt(b.prob[a])
			for j := range row {
				row[j] = r * (row[j] - mean[j])
			}
			addOuter(s.m, row, total)
		}
	}
	mirror(s.m, s.p)
	s.invert()
	return s
}

// spectra decomposes the blocks, once.
func (s *Sandwich) spectra() {
	if s.split {
		return
	}
	s.split = true
	for bi := range s.blocks {
		s.blocks[bi].decompose(s.m, s.p)
	}
}

// invert turns Z'Z into its inverse. Period columns go first, so that it is a
// regressor that is dropped where both say the same.
func (s *Sandwich) invert() {
	p, k := s.p, s.w.K
	perm := make([]int, 0, p)
	for j := k; j < p; j++ {
		perm = append(perm, j)
	}
	for j := range k {
		perm = append(perm, j)
	}
	a := make([]float64, p*p)
	for i, pi := range perm {
		for j, pj := range perm {
			a[i*p+j] = s.m[pi*p+pj]
		}
	}
	s.rank = sweep(a, p, make([]bool, p), make([]float64, p))
	for i, pi := range perm {
		for j, pj := range perm {
			s.m[pi*p+pj] = a[i*p+j]
		}
	}
}

func (b *block) decompose(m []float64, p int) {
	n, u := len(b.periods), b.u
	um := make([]float64, n*p)
	for a := range n {
		mulVec(um[a*p:(a+1)*p], m, u[a*p:(a+1)*p])
	}
	h := mat.NewSymDense(n, nil)
	for a := range n {
		for c := a; c < n; c++ {
			h.SetSym(a, c, dot(um[a*p:(a+1)*p], u[c*p:(c+1)*p]))
		}
	}
	var eig mat.EigenSym
	eig.Factorize(h, true)
	b.lambda = eig.Values(nil)
	var q mat.Dense
	eig.VectorsTo(&q)
	b.q = q.RawMatrix().Data
	b.w = make([]float64, n*p)
	for a := range n {
		for l := range n {
			if v := b.q[a*n+l]; v != 0 {
				row := b.w[l*p : (l+1)*p]
				for j, x := range u[a*p : (a+1)*p] {
					row[j] += v * x
				}
			}
		}
	}
}

// adjust fills f with the eigenvalues of (I - H_ii)^(-1/2) for an area with y
// events; the direction that the area fits alone (eigenvalue 1 of H) is left
// out, as in the Moore-Penrose inverse.
func (b *block) adjust(f []float64, y float64) {
	for l, v := range b.lambda {
		f[l] = 0
		if d := 1 - y*v; d > 1e-8 {
			f[l] = 1 / math.Sqrt(d)
		}
	}
}

// residuals fills e with q' times the residuals of an area with the counts y, sum in
// all, row by row of q, which lie side by side.
func (b *block) residuals(e, y []float64, sum float64) {
	clear(e)
	n := len(e)
	for a, t := range b.periods {
		m := sum * b.prob[a]
		x := (y[t] - m) / math.Sqrt(m)
		for l, q := range b.q[a*n : (a+1)*n] {
			e[l] += q * x
		}
	}
}

// Naive is (Z'Z)^- restricted to the regressors and to the periods' effects:
// the covariance of a Poisson model, K + Periods square.
func (s *Sandwich) Naive() []float64 { return s.m }

// Rank is the number of regressors and periods that have an estimate; Cells
// and Clusters count the cells and areas in the fit.
func (s *Sandwich) Rank() int { return s.rank }

// Cells is the number of cells in the fit.
func (s *Sandwich) Cells() int { return s.cells }

// Clusters is the number of areas in the fit.
func (s *Sandwich) Clusters() int {
	n := 0
	for _, b := range s.blocks {
		n += len(b.areas)
	}
	return n
}

// CR1 is the cluster-robust covariance of the K coefficients with the
// small-sample factor G/(G-1) (n-1)/(n-r), r the regressors and period effects
// with area effects not counted because they nest in the clusters; this is
// fixest's default.
func (s *Sandwich) CR1(y []float64) []float64 {
	meat, score := make([]float64, s.p*s.p), make([]float64, s.p)
	for _, b := range s.blocks {
		for _, i := range b.areas {
			clear(score)
			for a, t := range b.periods {
				e := y[i*s.w.Periods+t] - s.w.sum[i]*b.prob[a]
				e /= math.Sqrt(b.prob[a])
				for j, x := range b.u[a*s.p : (a+1)*s.p] {
					score[j] += e * x
				}
			}
			addOuter(meat, score, 1)
		}
	}
	v := s.cover(meat)
	g, n := float64(s.Clusters()), float64(s.cells)
	f := g / (g - 1) * (n - 1) / (n - float64(s.rank) - 1)
	for i := range v {
		v[i] *= f
	}
	return v
}

// CR2 is the bias-reduced cluster-robust covariance of the K coefficients,
// M (sum_i Z_i' A_i e_i e_i' A_i Z_i) M with M = (Z'Z)^- and
// A_i = (I - Z_i M Z_i')^(-1/2), which is unbiased where the variance is
// proportional to the mean (Pustejovsky and Tipton 2018). Valid with absorbed
// area effects because these nest in the clusters (their theorem 2).
func (s *Sandwich) CR2(y []float64) []float64 {
	s.spectra()
	p, nt := s.p, s.w.Periods
	meat, score := make([]float64, p*p), make([]float64, p)
	f, e := make([]float64, nt), make([]float64, nt)
	for bi := range s.blocks {
		b := &s.blocks[bi]
		n := len(b.periods)
		for _, i := range b.areas {
			sum := s.w.sum[i]
			b.adjust(f[:n], sum)
			clear(score)
			b.residuals(e[:n], y[i*nt:(i+1)*nt], sum)
			for l, c := range e[:n] {
				if c *= f[l] * math.Sqrt(sum); c != 0 {
					for j, v := range b.w[l*p : (l+1)*p] {
						score[j] += c * v
					}
				}
			}
			addOuter(meat, score, 1)
		}
	}
	return s.cover(meat)
}

// cover is M meat M restricted to the coefficients, from the upper triangle of
// meat.
func (s *Sandwich) cover(meat []float64) []float64 {
	p, k := s.p, s.w.K
	mirror(meat, p)
	full := make([]float64, p*p)
	sandwich(full, s.m, meat, make([]float64, p*p), p)
	v := make([]float64, k*k)
	for i := range k {
		copy(v[i*k:(i+1)*k], full[i*p:i*p+k])
	}
	return v
}

// Growth estimates how the noise of an area grows with its volume: lambda in
// Var(sum over a block of periods) = phi mu (1 + lambda m), m the area's mean
// count per period, by regressing the squared and standardised deviations of
// every area's block sums from the model on m; block labels the periods (0: in
// none). It is 0 where the variance is proportional to the mean, as for a
// Poisson or quasi-Poisson count, and positive where areas have shocks of
// their own that last or that act on the intensity.
func (s *Sandwich) Growth(y []float64, block []int) float64 {
	nt, nb := s.w.Periods, 0
	for _, b := range block {
		nb = max(nb, b)
	}
	var n, sm, smm, sg, sgm float64
	for bi := range s.blocks {
		b := &s.blocks[bi]
		group := 0.0
		for _, i := range b.areas {
			group += s.w.sum[i]
		}
		for _, i := range b.areas {
			sum := s.w.sum[i]
			if group-sum < 1e-9*group {
				continue // an area that fits its own effects has no deviation
			}
			for label := 1; label <= nb; label++ {
				var q, share float64
				for a, t := range b.periods {
					if block[t] == label {
						q += y[i*nt+t] - sum*b.prob[a]
						share += b.prob[a]
					}
				}
				v := sum * share * (1 - share) * (1 - sum/group)
				if v <= 0 {
					continue
				}
				m, g := sum/float64(len(b.periods)), q*q/v
				n++
				sm += m
				smm += m * m
				sg += g
				sgm += g * m
			}
		}
	}
	d := n*smm - sm*sm
	if n < 10 || !(d > 0) {
		return 0
	}
	slope := (n*sgm - sm*sg) / d
	level := (sg - slope*sm) / n
	// A line through noise may start below zero; the floor keeps the smallest
	// areas' share of the variance at a tenth of the mean.
	return max(0, slope/max(level, .1*sg/n))
}

// Contrast is the CR2 variance of the contrast c of the K coefficients and its
// Bell-McCaffrey (Satterthwaite) degrees of freedom under the working variance
// of an area s_i^2 = 1 + lambda m_i, see [Sandwich.Growth]. With
// p_i = A_i Z_i M c, t_i = c'M Z_i'Z_i M c and b_i = Z_i'p_i,
//
//	O_ij = delta_ij s_i^2 p_i'p_i - (s_i^2 + s_j^2) b_i'M b_j + b_i'M B M b_j, B = sum s_i^2 Z_i'Z_i,
//	V = sum (p_i'e_i)^2 s_i^2 t_i/O_ii,  df = tr(DO)^2/tr(DODO), D = diag(s_i^2 t_i/O_ii).
//
// With lambda 0, O_ii = t_i and V is that of [Sandwich.CR2].
func (s *Sandwich) Contrast(y, c []float64, lambda float64) (v, df float64) {
	x := s.scores(y, c, lambda)
	for i, w := range x.weight {
		v += w * x.score[i] * x.score[i]
	}
	var tr, tr2 float64
	n := len(x.weight)
	for i := range n {
		tr += x.weight[i] * x.cov[i*n+i]
		for j := i; j < n; j++ {
			q := x.weight[i] * x.weight[j] * x.cov[i*n+j] * x.cov[i*n+j]
			if j > i {
				q *= 2
			}
			tr2 += q
		}
	}
	return v, tr * tr / tr2
}

// Conley is the variance of the contrast c where areas that are near each other
// share shocks (Conley 1999, J. Econometrics 92:1):
//
//	V = f sum_ij K(d_ij/h) g_i g_j,  K(x) = max(0, 1 - x) (Bartlett),
//
// with g_i the score of area i, summed over its periods, times M c. km gives d_ij in
// km, NaN where it is not known (then K is 0), between the areas that are i-th and
// j-th in the panel. The published formula has A_i = I, w_i = 1 and f = 1. It is far too
// small with few areas, and smaller still where the kernel covers most of a role, whose
// scores sum to nearly 0 because the model fits its total. So the scores carry the
// adjustment and weight of [Sandwich.Contrast], which V equals as h goes to 0, and
// f = tr(DO)/tr(BO), D = diag(w), B_ij = K_ij sqrt(w_i w_j), makes V unbiased where areas
// share nothing and have the working variance. The degrees of freedom are
// Satterthwaite's for the same quadratic form, df = tr(BO)^2/tr(BOBO).
//
// On a plane the kernel is not positive definite: V can be negative, and says nothing
// then; it is NaN where tr(BO) is not positive.
func (s *Sandwich) Conley(y, c []float64, lambda, h float64, km func(i, j int) float64) (v, df float64) {
	x := s.scores(y, c, lambda)
	n := len(x.weight)
	b := make([]float64, n*n)
	for i := range n {
		b[i*n+i] = x.weight[i]
		for j := i + 1; j < n; j++ {
			if k := 1 - km(x.area[i], x.area[j])/h; k > 0 {
				b[i*n+j] = k * math.Sqrt(x.weight[i]*x.weight[j])
				b[j*n+i] = b[i*n+j]
			}
		}
	}
	mirror(x.cov, n)
	bo := make([]float64, n*n)
	for i := range n {
		row := bo[i*n : (i+1)*n]
		for j := range n {
			q := b[i*n+j]
			if q == 0 {
				continue
			}
			v += q * x.score[i] * x.score[j]
			for l, o := range x.cov[j*n : (j+1)*n] {
				row[l] += q * o
			}
		}
	}
	var own, tr, tr2 float64
	for i := range n {
		own += x.weight[i] * x.cov[i*n+i]
		tr += bo[i*n+i]
		for j := range n {
			tr2 += bo[i*n+j] * bo[j*n+i]
		}
	}
	if !(tr > 0) {
		return math.NaN(), math.NaN()
	}
	return v * own / tr, tr * tr / tr2
}

// scores are what an area adds to the variance of a contrast: V = sum w_i score_i^2
// in [Sandwich.Contrast]'s notation, score_i = p_i'e_i, w_i = s_i^2 t_i/O_ii.
type scores struct {
	area          []int // in the panel
	weight, score []float64
	cov           []float64 // O, its upper triangle
}

func (s *Sandwich) scores(y, c []float64, lambda float64) scores {
	s.spectra()
	p, nt := s.p, s.w.Periods
	full, mc := make([]float64, p), make([]float64, p)
	copy(full, c)
	mulVec(mc, s.m, full)
	n := s.Clusters()
	bvec, mb := make([]float64, n*p), make([]float64, n*p)
	scale, own, target, score := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	area := make([]int, n)
	known := s.meat != nil && s.lambda == lambda
	if !known {
		s.meat, s.lambda = make([]float64, p*p), lambda
	}
	f, e := make([]float64, nt), make([]float64, nt)
	k := 0
	for bi := range s.blocks {
		b := &s.blocks[bi]
		l := len(b.periods)
		dir := make([]float64, l) // Q'u M c
		for a := range dir {
			dir[a] = dot(b.w[a*p:(a+1)*p], mc)
		}
		total := 0.0
		for _, i := range b.areas {
			sum := s.w.sum[i]
			b.adjust(f[:l], sum)
			area[k] = i
			scale[k] = 1 + lambda*sum/float64(l)
			total += scale[k] * sum
			row := bvec[k*p : (k+1)*p]
			b.residuals(e[:l], y[i*nt:(i+1)*nt], sum)
			for a, x := range dir {
				if f[a] == 0 {
					continue
				}
				target[k] += sum * x * x
				x *= f[a]
				own[k] += sum * x * x
				score[k] += math.Sqrt(sum) * x * e[a]
				x *= sum
				for j, z := range b.w[a*p : (a+1)*p] {
					row[j] += x * z
				}
			}
			mulVec(mb[k*p:(k+1)*p], s.m, row)
			k++
		}
		if !known {
			for a := range l {
				addOuter(s.meat, b.w[a*p:(a+1)*p], total)
			}
		}
	}
	if !known {
		mirror(s.meat, p)
	}
	nb := make([]float64, p)
	weight := make([]float64, n)
	cov := make([]float64, n*n)
	for i := range n {
		mulVec(nb, s.meat, mb[i*p:(i+1)*p])
		for j := i; j < n; j++ {
			o := dot(nb, mb[j*p:(j+1)*p]) - (scale[i]+scale[j])*dot(bvec[i*p:(i+1)*p], mb[j*p:(j+1)*p])
			if i == j {
				o += scale[i] * own[i]
			}
			cov[i*n+j] = o
		}
		if o := cov[i*n+i]; o > 1e-12*target[i] {
			weight[i] = scale[i] * target[i] / o
		}
	}
	return scores{area, weight, score, cov}
}
