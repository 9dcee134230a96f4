package zeros

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mathext"

	"athar"
	"athar/stat"
)

// HurdleFit is a hurdle model: whether anything happened, and how much if so.
type HurdleFit struct {
	Logit    []float64 // coefficients of logit P(y > 0); nil where refused
	LogitCov []float64 // p x p
	Refusal  *athar.Refusal
	Beta     []float64 // coefficients of the log mean before truncation
	BetaCov  []float64 // (p+1) x (p+1) with ln theta last; p x p where Theta is +Inf
	Theta    float64   // +Inf: the positive counts are a truncated Poisson's
	LogLik   float64   // of both parts
}

var errShape = errors.New("the hurdle and penalised models need counts of 0 or more, one row of regressors and one offset for each")

func shape(y, x, offset []float64, p int) error {
	if len(y) == 0 || p < 1 || len(x) != len(y)*p || offset != nil && len(offset) != len(y) {
		return errShape
	}
	for _, v := range y {
		if !(v >= 0) || math.IsInf(v, 0) {
			return errShape
		}
	}
	return nil
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

func at(offset []float64, i int) float64 {
	if offset == nil {
		return 0
	}
	return offset[i]
}

// Hurdle fits a hurdle model (Mullahy 1986) to counts y with p regressors, row
// by row in x:
//
//	logit P(y > 0) = x g;  y | y > 0 ~ NB2(exp(offset + x b), theta), zero left out.
//
// The offset, ln exposure, is not used in the logit: the chance of any event
// is not proportional to exposure, and periods are of nearly equal length.
// Standard errors are from the observed information. Where every count is
// positive the logit is refused (no-zeros) and the truncated part is the
// model. Theta beyond 1e4 is the truncated Poisson. The error is
// [stat.ErrDiverged] where a part has no finite estimate.
func Hurdle(y, x, offset []float64, p int) (*HurdleFit, error) {
	if err := shape(y, x, offset, p); err != nil {
		return nil, err
	}
	var yp, xp, op []float64
	for i, v := range y {
		if v > 0 {
			yp, xp, op = append(yp, v), append(xp, x[i*p:i*p+p]...), append(op, at(offset, i))
		}
	}
	if len(yp) <= p {
		return nil, stat.ErrDiverged
	}
	h := &HurdleFit{Theta: math.Inf(1)}
	if len(yp) == len(y) {
		h.Refusal = athar.Refuse("no-zeros")
	} else {
		var err error
		h.Logit, h.LogitCov, h.LogLik, err = maximise(func(b, g []float64) float64 {
			clear(g)
			ll := 0.0
			for i, v := range y {
				row := x[i*p : i*p+p]
				eta, hit := dot(row, b), 0.0
				if v > 0 {
					hit = 1
				}
				ll += hit*eta - softplus(eta)
				u := hit - 1/(1+math.Exp(-eta))
				for j, r := range row {
					g[j] += u * r
				}
			}
			return ll
		}, make([]float64, p))
		if err != nil {
			return nil, err
		}
	}
	truncated := func(b, g []float64) float64 {
		clear(g)
		theta := math.Inf(1)
		if len(b) > p {
			if math.Abs(b[p]) > math.Log(1e6) {
				return math.Inf(-1)
			}
			theta = math.Exp(b[p])
		}
		ll := 0.0
		for i, v := range yp {
			row := xp[i*p : i*p+p]
			l, u, ut := truncatedNB(v, math.Exp(op[i]+dot(row, b[:p])), theta)
			ll += l
			for j, r := range row {
				g[j] += u * r
			}
			if len(b) > p {
				g[p] += ut * theta
			}
		}
		return ll
	}
	// Started at the mean of the positive counts over their exposure, in the
	// first regressor where that is constant.
	start := make([]float64, p)
	sum, days := 0.0, 0.0
	for i, v := range yp {
		sum += v
		days += math.Exp(op[i])
	}
	start[0] = math.Log(sum / days)
	b, cov, ll, err := maximise(truncated, start)
	if err != nil {
		return nil, err
	}
	nb, nbCov, nbLL, nbErr := maximise(truncated, append(append([]float64{}, b...), 0))
	switch {
	case nbErr == nil && nb[p] < math.Log(1e4) && nbLL > ll:
		h.Theta = math.Exp(nb[p])
		b, cov, ll = nb[:p], nbCov, nbLL
	case nb[p] < math.Log(1e3) && nbLL > ll:
		return nil, stat.ErrDiverged // theta towards 0: the logarithmic series
	}
	h.Beta, h.BetaCov = b, cov
	h.LogLik += ll
	return h, nil
}

// truncatedNB is the log likelihood of a positive count under the zero-truncated
// NB2, ln f(y) - ln(1 - P0), P0 = (1+mu/theta)^-theta, with its derivatives by
// ln mu and theta; theta = +Inf is the Poisson.
func truncatedNB(y, mu, theta float64) (ll, byEta, byTheta float64) {
	p0 := logZero(mu, theta)
	odds := -math.Exp(p0) / math.Expm1(p0) // P0/(1-P0)
	ll = y*math.Log(mu) - lgamma(y+1) - math.Log(-math.Expm1(p0))
	if math.IsInf(theta, 1) {
		return ll - mu, y - mu - odds*mu, 0
	}
	a := theta + mu
	fall := -math.Log1p(mu / theta) // ln theta/(theta+mu)
	ll += lgamma(y+theta) - lgamma(theta) + theta*fall - y*math.Log(a)
	byEta = y - mu*(y+theta)/a - odds*theta*mu/a
	byTheta = mathext.Digamma(y+theta) - mathext.Digamma(theta) + fall + 1 - (y+theta)/a + odds*(fall+mu/a)
	return
}

// logZero is ln P(0) of the NB2 with mean mu; theta = +Inf is the Poisson.
func logZero(mu, theta float64) float64 {
	if math.IsInf(theta, 1) {
		return -mu
	}
	return -theta * math.Log1p(mu/theta)
}

func softplus(v float64) float64 { return max(v, 0) + math.Log1p(math.Exp(-math.Abs(v))) }

func lgamma(v float64) float64 {
	l, _ := math.Lgamma(v)
	return l
}

// Mean is the expected count of a row: P(y > 0) mu/(1 - P0).
func (h *HurdleFit) Mean(row []float64, offset float64) float64 {
	return hurdleMean(h.Logit, h.Beta, h.Theta, row, offset)
}

func hurdleMean(logit, beta []float64, theta float64, row []float64, offset float64) float64 {
	mu := math.Exp(offset + dot(row, beta))
	m := -mu / math.Expm1(logZero(mu, theta))
	if logit != nil {
		m /= 1 + math.Exp(-dot(row, logit))
	}
	return m
}

// logRatio is the log of the summed means of rows x over those of x0, with its
// standard error by the delta method; the derivatives are by differences.
func (h *HurdleFit) logRatio(x, x0 [][]float64, offset []float64) (ratio, se, expected float64) {
	k, p := len(h.Logit), len(h.Beta)
	par := append(append([]float64{}, h.Logit...), h.Beta...)
	if !math.IsInf(h.Theta, 1) {
		par = append(par, math.Log(h.Theta))
	}
	sums := func() (with, without float64) {
		theta := math.Inf(1)
		if len(par) > k+p {
			theta = math.Exp(par[k+p])
		}
		var logit []float64
		if k > 0 {
			logit = par[:k]
		}
		for i := range x {
			with += hurdleMean(logit, par[k:k+p], theta, x[i], offset[i])
			without += hurdleMean(logit, par[k:k+p], theta, x0[i], offset[i])
		}
		return
	}
	with, expected := sums()
	c := make([]float64, len(par))
	for j, v := range par {
		e := 1e-5 * (1 + math.Abs(v))
		par[j] = v + e
		a, a0 := sums()
		par[j] = v - e
		b, b0 := sums()
		par[j] = v
		c[j] = math.Log(a*b0/(a0*b)) / (2 * e)
	}
	variance := stat.Quad(h.BetaCov, c[k:])
	if k > 0 {
		variance += stat.Quad(h.LogitCov, c[:k])
	}
	return math.Log(with / expected), math.Sqrt(variance), expected
}
