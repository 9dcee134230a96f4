package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// AR1 estimates the first autocorrelation of residuals around a fitted mean.
// at gives each residual's position on the time axis, so that gaps do not
// count as neighbours. The estimate r is corrected for the bias of a short
// series, E r = rho - (1 + 4 rho)/n (Marriott and Pope 1954). It is 0 with
// fewer than five pairs of neighbours.
func AR1(res []float64, at []int) float64 {
	num, den, pairs := 0.0, 0.0, 0
	for i, e := range res {
		den += e * e
		if i > 0 && at[i] == at[i-1]+1 {
			num += e * res[i-1]
			pairs++
		}
	}
	n := float64(len(res))
	if pairs < 5 || den == 0 {
		return 0
	}
	r := num / float64(pairs) / (den / n)
	return (n*r + 1) / (n - 4)
}

// LjungBox is the p value of the hypothesis that the residuals have no
// autocorrelation up to lag, with fitted parameters taken off the degrees of
// freedom. It is NaN for a series too short for it.
func LjungBox(res []float64, lag, fitted int) float64 {
	n := len(res)
	lag = min(lag, n/4)
	if lag-fitted < 1 {
		fitted = 0
	}
	if lag < 1 {
		return math.NaN()
	}
	mean := 0.0
	for _, e := range res {
		mean += e
	}
	mean /= float64(n)
	c0 := 0.0
	for _, e := range res {
		c0 += (e - mean) * (e - mean)
	}
	if c0 == 0 {
		return math.NaN()
	}
	q := 0.0
	for l := 1; l <= lag; l++ {
		c := 0.0
		for t := l; t < n; t++ {
			c += (res[t] - mean) * (res[t-l] - mean)
		}
		q += (c / c0) * (c / c0) / float64(n-l)
	}
	q *= float64(n) * float64(n+2)
	return distuv.ChiSquared{K: float64(lag - fitted)}.Survival(q)
}

// Persistent is the noise of a short series around a fitted regression when
// its intensity, not only its counts, varies (Zeger 1988): residuals e, in
// units of the model's standard deviation, have variance Phi and correlation
// share rho^|s-t|, where share is the part of the variance beyond the
// Poisson's.
type Persistent struct {
	Phi float64 // variance over the model's, at least 1; for a Poisson model over the mean
	Rho float64 // persistence of the intensity from one period to the next, in [0, .9]
	DF  float64 // degrees of freedom of Phi

	at     []int
	root   []float64 // sqrt of the weights mu^2/V
	x      []float64
	p      int
	square float64 // sum e^2
	share  float64
	hat    []float64 // of the weighted regression
	c, qc  []float64
}

// maxPersistence keeps the persistence of a short series in bounds.
const maxPersistence = .9

// NewPersistent estimates the noise from the last fit of a [Regression], with
// V = mu or mu + mu^2/theta; at holds the rows' positions in time. Residuals of a short
// series are less correlated than its noise, because every fitted parameter
// takes some of it away. With Q the projection off the weighted regressors and C the
// correlation, rho is therefore chosen so that the expected lag-one
// autocorrelation tr(L QCQ)/tr(QCQ) is the observed one; then
// Phi = sum e^2/tr(QC) and DF = tr(QC)^2/tr(QCQC).
func NewPersistent(r *Regression, at []int) *Persistent {
	n, p := len(r.y), r.p
	s := &Persistent{at: at, x: r.x, p: p, root: make([]float64, n), hat: make([]float64, n*n), c: make([]float64, n*n), qc: make([]float64, n*n)}
	e := make([]float64, n)
	var lag, mean, variance float64
	for i, m := range r.Mu {
		v := m + m*m/r.Theta
		s.root[i] = m / math.Sqrt(v)
		e[i] = (r.y[i] - m) / math.Sqrt(v)
		mean += m
		variance += v
		s.square += e[i] * e[i]
		if i > 0 && at[i] == at[i-1]+1 {
			lag += e[i] * e[i-1]
		}
	}
	s.DF = float64(n - r.Rank)
	s.share = max(0, 1-mean/variance*min(1, s.DF/s.square))
	hx := make([]float64, p)
	for i := range n {
		mulVec(hx, r.Cov, r.x[i*p:i*p+p])
		for j := range n {
			s.hat[i*n+j] = s.root[i] * s.root[j] * dot(hx, r.x[j*p:j*p+p])
		}
	}
	expected := func(rho float64) float64 {
		tr, side, _ := s.moments(rho)
		return side / tr
	}
	low, high := 0.0, maxPersistence
	if s.share == 0 || lag/s.square <= expected(0) {
		s.Phi = max(1, s.square/s.DF)
		return s
	}
	for high-low > 1e-3 {
		if mid := (low + high) / 2; expected(mid) < lag/s.square {
			low = mid
		} else {
			high = mid
		}
	}
	tr, _, tr2 := s.moments(high)
	s.Rho, s.DF, s.Phi = high, max(1, tr*tr/tr2), max(1, s.square/tr)
	return s
}

// moments returns tr QC, the sum of QCQ beside the diagonal, and tr QCQC.
func (s *Persistent) moments(rho float64) (tr, side, tr2 float64) {
	n := len(s.root)
	for i := range n {
		for j := range n {
			s.c[i*n+j] = s.corr(i, j, rho)
		}
	}
	mul(s.qc, s.hat, s.c, n)
	for i, v := range s.c {
		s.qc[i] = v - s.qc[i]
	}
	for i := range n {
		tr += s.qc[i*n+i]
		for j := range n {
			tr2 += s.qc[i*n+j] * s.qc[j*n+i]
		}
		if i > 0 && s.at[i] == s.at[i-1]+1 {
			side += s.qc[i*n+i-1] - dot(s.qc[i*n:i*n+n], s.hat[(i-1)*n:i*n])
		}
	}
	return
}

func (s *Persistent) corr(i, j int, rho float64) float64 {
	d := s.at[i] - s.at[j]
	switch {
	case d == 0:
		return 1
	case rho == 0:
		return 0
	}
	return s.share * math.Pow(rho, math.Abs(float64(d)))
}

// Cov is the covariance of the regression's coefficients under this noise,
// Phi A^-1 (sum_st sqrt(w_s w_t) x_s x_t' C_st) A^-1 with weights w = mu^2/V and
// inverse information A^-1 = inv.
func (s *Persistent) Cov(inv []float64) []float64 {
	p := s.p
	meat := make([]float64, p*p)
	for i := range s.root {
		for j := range s.root {
			if w := s.Phi * s.root[i] * s.root[j] * s.corr(i, j, s.Rho); w != 0 {
				for a, v := range s.x[i*p : i*p+p] {
					for b, u := range s.x[j*p : j*p+p] {
						meat[a*p+b] += w * v * u
					}
				}
			}
		}
	}
	v := make([]float64, p*p)
	sandwich(v, inv, meat, make([]float64, p*p), p)
	return v
}

// ContrastDF is the degrees of freedom of the variance of the contrast c of
// the coefficients. Rho is an estimate too: its standard error,
// sqrt((1-rho^2)/n)/share, moves the variance by a share f, which by
// Satterthwaite's rule leaves 2/(2/DF + f^2).
func (s *Persistent) ContrastDF(inv, c []float64) float64 {
	if s.Rho == 0 {
		return s.DF
	}
	n, p := len(s.root), s.p
	ac, a := make([]float64, p), make([]float64, n)
	mulVec(ac, inv, c)
	for i := range a {
		a[i] = s.root[i] * dot(s.x[i*p:i*p+p], ac)
	}
	variance := func(rho float64) float64 {
		tr, _, _ := s.moments(rho)
		v := 0.0
		for i, x := range a {
			v += x * dot(s.c[i*n:i*n+n], a)
		}
		return v * max(1, s.square/tr)
	}
	se := math.Sqrt((1-s.Rho*s.Rho)/float64(n)) / s.share
	f := (variance(min(maxPersistence, s.Rho+se)) - variance(max(0, s.Rho-se))) / (2 * variance(s.Rho))
	return max(1, 2/(2/s.DF+f*f))
}

// Surge is the z-score of the mean of last against before,
// (m1 - m0)/(s0 sqrt(1/n1 + 1/n0)), s0 the standard deviation of before, at
// least that of a Poisson count; and both means.
func Surge(before, last []float64) (z, m0, m1 float64) {
	m0, m1 = average(before), average(last)
	v := 0.0
	for _, x := range before {
		v += (x - m0) * (x - m0)
	}
	v = max(v/float64(len(before)-1), m0)
	se := math.Sqrt(v * (1/float64(len(last)) + 1/float64(len(before))))
	if se == 0 {
		if m1 > m0 {
			return math.Inf(1), m0, m1
		}
		return 0, m0, m1
	}
	return (m1 - m0) / se, m0, m1
}

func average(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s / float64(len(x))
}

// KolmogorovUniform is the p value of the largest distance of the sorted u from the
// uniform distribution: 2 sum (-1)^(k-1) exp(-2 k^2 s^2), s = d (sqrt n + .12 + .11/sqrt n)
// (Stephens 1970).
func KolmogorovUniform(u []float64) float64 {
	n, d := float64(len(u)), 0.0
	for i, v := range u {
		d = max(d, v-float64(i)/n, float64(i+1)/n-v)
	}
	s := d * (math.Sqrt(n) + .12 + .11/math.Sqrt(n))
	if s < .2 {
		return 1 // to twelve digits; the sum converges slowly there
	}
	p, sign := 0.0, 2.0
	for k := 1.0; k <= 100; k++ {
		p += sign * math.Exp(-2*k*k*s*s)
		sign = -sign
	}
	return min(max(p, 0), 1)
}
