package stat

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mathext"
)

// ErrDiverged says that a fit did not settle, usually because an effect has no
// finite estimate.
var ErrDiverged = errors.New("the fit does not settle: some effect has no finite estimate")

// thetaCap is where a negative binomial counts as a Poisson.
const thetaCap = 1e4

// Regression fits log mu = offset + x b to counts by maximum likelihood. Its
// fields describe the last fit; a second fit of the same size allocates
// nothing. The zero value is ready.
type Regression struct {
	Beta     []float64 // columns that depend on earlier ones are 0
	Cov      []float64 // inverse information, p x p, at dispersion 1
	Mu       []float64
	Dropped  []bool
	Rank     int
	Deviance float64
	LogLik   float64
	Pearson  float64 // sum (y-mu)^2/V, V = mu or mu + mu^2/theta
	Theta    float64 // +Inf for a Poisson
	ThetaSE  float64

	y, x, offset []float64
	p            int
	eta, next    []float64
	step, grad   []float64
	work, meat   []float64
}

// Poisson fits a Poisson regression by Newton steps (IRLS). x is row-major
// with p columns; offset may be nil.
func (r *Regression) Poisson(y, x, offset []float64, p int) error {
	r.reset(y, x, offset, p)
	mean := 0.0
	for _, v := range y {
		mean += v
	}
	mean /= float64(len(y))
	if mean == 0 {
		return ErrDiverged
	}
	for i, v := range y {
		r.Mu[i] = (v + mean) / 2
		r.eta[i] = math.Log(r.Mu[i])
	}
	err := r.fit()
	r.finish()
	return err
}

// NegBin fits the NB2 regression, Var = mu + mu^2/theta, by turns of IRLS at a
// given theta and Newton steps for theta on
// l'(theta) = sum psi(y+theta) - psi(theta) + ln theta + 1 - ln(theta+mu) - (y+theta)/(theta+mu).
// Theta beyond 1e4 is reported as +Inf: no overdispersion, the fit is the
// Poisson's.
func (r *Regression) NegBin(y, x, offset []float64, p int) error {
	if err := r.Poisson(y, x, offset, p); err != nil {
		return err
	}
	excess, square := 0.0, 0.0
	for i, m := range r.Mu {
		excess += (y[i]-m)*(y[i]-m) - y[i]
		square += m * m
	}
	if excess <= 0 {
		return nil
	}
	r.Theta = square / excess
	for range 200 {
		old := r.Theta
		theta, se := r.theta(old)
		if theta > thetaCap {
			return r.Poisson(y, x, offset, p)
		}
		r.Theta, r.ThetaSE = theta, se
		if err := r.fit(); err != nil {
			return err
		}
		if math.Abs(theta-old) < 1e-9*theta {
			r.finish()
			return nil
		}
	}
	r.finish()
	return ErrDiverged
}

// theta maximises the likelihood over theta at the present means, by Newton
// steps on ln theta, and gives its standard error from the observed
// information.
func (r *Regression) theta(th float64) (theta, se float64) {
	info := 0.0
	for range 100 {
		score := 0.0
		info = 0
		for i, m := range r.Mu {
			y := r.y[i]
			score += mathext.Digamma(y+th) - mathext.Digamma(th) + math.Log(th) + 1 - math.Log(th+m) - (y+th)/(th+m)
			info += mathext.Zeta(2, th) - mathext.Zeta(2, y+th) - 1/th + 2/(th+m) - (y+th)/((th+m)*(th+m))
		}
		d := th * score
		if h := th*th*info - th*score; h > 0 {
			d /= h
		}
		d = max(-1, min(1, d))
		th *= math.Exp(d)
		if th > thetaCap || math.Abs(d) < 1e-12 {
			break
		}
	}
	return th, 1 / math.Sqrt(info)
}

// Dispersion is Pearson's statistic over the residual degrees of freedom.
func (r *Regression) Dispersion() float64 { return r.Pearson / float64(len(r.y)-r.Rank) }

// HAC is the covariance of the coefficients that is robust to
// heteroscedasticity and autocorrelation up to lag (Newey and West 1987):
// A^-1 B A^-1, B = G0 + sum_l (1 - l/(L+1)) (G_l + G_l'), from the scores
// x (y-mu) for a Poisson and x (y-mu)/(1+mu/theta) for NB2; small multiplies by
// n/(n-p). The rows must be in time order. The result is valid until the next
// call.
func (r *Regression) HAC(lag int, small bool) []float64 {
	p, n := r.p, len(r.y)
	r.meat, r.work = grow(r.meat, p*p), grow(r.work, 2*p*p)
	u := func(t int) float64 { return (r.y[t] - r.Mu[t]) / (1 + r.Mu[t]/r.Theta) }
	for l := range min(lag, n-1) + 1 {
		w := 1 - float64(l)/float64(lag+1)
		if l == 0 {
			w = .5 // G0 is added to its own transpose below
		}
		for t := l; t < n; t++ {
			s := w * u(t) * u(t-l)
			for i, a := range r.x[t*p : t*p+p] {
				for j, b := range r.x[(t-l)*p : (t-l)*p+p] {
					r.meat[i*p+j] += s * a * b
				}
			}
		}
	}
	for i := range p {
		for j := i; j < p; j++ {
			s := r.meat[i*p+j] + r.meat[j*p+i]
			r.meat[i*p+j], r.meat[j*p+i] = s, s
		}
	}
	v := r.work[p*p:]
	sandwich(v, r.Cov, r.meat, r.work[:p*p], p)
	if small {
		for i := range v {
			v[i] *= float64(n) / float64(n-r.Rank)
		}
	}
	return v
}

func (r *Regression) reset(y, x, offset []float64, p int) {
	n := len(y)
	r.y, r.x, r.offset, r.p = y, x, offset, p
	r.Theta, r.ThetaSE = math.Inf(1), math.NaN()
	r.Beta, r.step, r.grad = grow(r.Beta, p), grow(r.step, p), grow(r.grad, p)
	r.Cov, r.Dropped = grow(r.Cov, p*p), grow(r.Dropped, p)
	r.Mu, r.eta, r.next = grow(r.Mu, n), grow(r.eta, n), grow(r.next, n)
}

func (r *Regression) off(i int) float64 {
	if r.offset == nil {
		return 0
	}
	return r.offset[i]
}

// normal sets Cov to the inverse of x'Wx, W = mu/(1+mu/theta), at the present
// eta, and grad to x'W(eta - offset + (y-mu)/mu).
func (r *Regression) normal() {
	p := r.p
	clear(r.Cov)
	clear(r.grad)
	for i, m := range r.Mu {
		w := m / (1 + m/r.Theta)
		row := r.x[i*p : i*p+p]
		addOuter(r.Cov, row, w)
		w *= r.eta[i] - r.off(i) + (r.y[i]-m)/m
		for j, v := range row {
			r.grad[j] += w * v
		}
	}
	mirror(r.Cov, p)
	r.Rank = sweep(r.Cov, p, r.Dropped, r.step)
}

// fit iterates weighted least squares from the present eta at the present
// theta, and leaves Cov at the solution.
func (r *Regression) fit() error {
	p := r.p
	dev := r.deviance()
	for iter := range 100 {
		r.normal()
		mulVec(r.step, r.Cov, r.grad)
		copy(r.Beta, r.step)
		for i := range r.next {
			r.next[i] = r.off(i) + dot(r.x[i*p:i*p+p], r.Beta)
		}
		old := dev
		dev = r.move(1)
		for half := 0; half < 30 && iter > 0 && !(dev <= old+1e-9*(1+math.Abs(old))); half++ {
			dev = r.move(.5)
		}
		if math.IsNaN(dev) {
			return ErrDiverged
		}
		copy(r.eta, r.next)
		if iter > 0 && math.Abs(dev-old) < 1e-13*(1+math.Abs(dev)) {
			for _, m := range r.Mu {
				if m < 1e-10 {
					return ErrDiverged
				}
			}
			r.normal()
			return nil
		}
	}
	return ErrDiverged
}

// move takes next to eta + share (next - eta) and returns the deviance there.
func (r *Regression) move(share float64) float64 {
	for i := range r.next {
		r.next[i] = r.eta[i] + share*(r.next[i]-r.eta[i])
		r.Mu[i] = math.Exp(r.next[i])
	}
	return r.deviance()
}

func (r *Regression) deviance() float64 {
	d, th := 0.0, r.Theta
	for i, m := range r.Mu {
		y := r.y[i]
		if y > 0 {
			d += y * math.Log(y/m)
		}
		if math.IsInf(th, 1) {
			d -= y - m
		} else {
			d -= (y + th) * math.Log((y+th)/(m+th))
		}
	}
	return 2 * d
}

func (r *Regression) finish() {
	r.Deviance, r.LogLik, r.Pearson = r.deviance(), 0, 0
	for i, m := range r.Mu {
		y := r.y[i]
		r.Pearson += (y - m) * (y - m) / (m + m*m/r.Theta)
		r.LogLik += y*math.Log(m) - lgamma(y+1)
		if th := r.Theta; math.IsInf(th, 1) {
			r.LogLik -= m
		} else {
			r.LogLik += lgamma(y+th) - lgamma(th) + th*math.Log(th) - (y+th)*math.Log(th+m)
		}
	}
}

func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}
