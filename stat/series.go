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

	at    []int
	root  []float64 // sqrt of the weights mu^2/V
	x     []float64
	p     int
	share float64
}

// NewPersistent estimates the noise from the last fit of a [Regression], with
// V = mu or mu + mu^2/theta; at holds the rows' positions in time. Residuals of a short
// series are less correlated than its noise, because every fitted parameter
// takes some of it away. With Q the projection off the weighted regressors and C the
// correlation, rho is therefore chosen so that the expected lag-one
// autocorrelation tr(L QCQ)/tr(QCQ) is the observed one; then
// Phi = sum e^2/tr(QC) and DF = tr(QC)^2/tr(QCQC).
func NewPersistent(r *Regression, at []int) *Persistent {
	n, p := len(r.y), r.p
	s := &Persistent{at: at, x: r.x, p: p, root: make([]float64, n), Phi: 1}
	e := make([]float64, n)
	var square, lag, mean, variance float64
	for i, m := range r.Mu {
		v := m + m*m/r.Theta
		s.root[i] = m / math.Sqrt(v)
		e[i] = (r.y[i] - m) / math.Sqrt(v)
		mean += m
		variance += v
		square += e[i] * e[i]
		if i > 0 && at[i] == at[i-1]+1 {
			lag += e[i] * e[i-1]
		}
	}
	s.DF = float64(n - r.Rank)
	s.share = max(0, 1-mean/variance*min(1, s.DF/square))
	hat := make([]float64, n*n) // of the weighted regression
	hx := make([]float64, p)
	for i := range n {
		mulVec(hx, r.Cov, r.x[i*p:i*p+p])
		for j := range n {
			hat[i*n+j] = s.root[i] * s.root[j] * dot(hx, r.x[j*p:j*p+p])
		}
	}
	c, qc := make([]float64, n*n), make([]float64, n*n)
	// moments leaves QC in qc and returns tr QC, the sum of QCQ beside the
	// diagonal, and tr QCQC.
	moments := func(rho float64) (tr, side, tr2 float64) {
		s.Rho = rho
		for i := range n {
			for j := range n {
				c[i*n+j] = s.corr(i, j)
			}
		}
		mul(qc, hat, c, n)
		for i, v := range c {
			qc[i] = v - qc[i]
		}
		for i := range n {
			tr += qc[i*n+i]
			for j := range n {
				tr2 += qc[i*n+j] * qc[j*n+i]
			}
			if i > 0 && at[i] == at[i-1]+1 {
				side += qc[i*n+i-1] - dot(qc[i*n:i*n+n], hat[(i-1)*n:i*n])
			}
		}
		return
	}
	low, high := 0.0, .9
	if tr, side, _ := moments(0); s.share == 0 || lag/square <= side/tr {
		high = 0
	}
	for high-low > 1e-3 {
		mid := (low + high) / 2
		if tr, side, _ := moments(mid); side/tr < lag/square {
			low = mid
		} else {
			high = mid
		}
	}
	if high == 0 {
		s.Rho, s.Phi = 0, max(1, square/s.DF)
		return s
	}
	tr, _, tr2 := moments(high)
	s.DF, s.Phi = max(1, tr*tr/tr2), max(1, square/tr)
	return s
}

func (s *Persistent) corr(i, j int) float64 {
	d := s.at[i] - s.at[j]
	switch {
	case d == 0:
		return 1
	case s.Rho == 0:
		return 0
	}
	return s.share * math.Pow(s.Rho, math.Abs(float64(d)))
}

// Cov is the covariance of the regression's coefficients under this noise,
// Phi A^-1 (sum_st sqrt(w_s w_t) x_s x_t' C_st) A^-1 with weights w = mu^2/V and
// inverse information A^-1 = inv.
func (s *Persistent) Cov(inv []float64) []float64 {
	p := s.p
	meat := make([]float64, p*p)
	for i := range s.root {
		for j := range s.root {
			if w := s.Phi * s.root[i] * s.root[j] * s.corr(i, j); w != 0 {
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
