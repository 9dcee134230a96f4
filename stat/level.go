package stat

import (
	"errors"
	"math"
	"math/rand/v2"
)

// LevelRegression is a series as a level that walks at random, regressors and
// noise:
//
//	y_t = mu_t + x_t'beta + e_t,  e ~ N(0, Eps);  mu_t+1 = mu_t + n_t,  n ~ N(0, Level).
//
// Nothing is believed about the first level and beta (Durbin and Koopman 2012,
// sections 2.9 and 6.2).
type LevelRegression struct {
	Eps, Level float64   // maximum likelihood, restricted where there are regressors
	Beta       []float64 // generalised least squares
	LogLik     float64   // diffuse, restricted
	DF         float64   // observed values less one and regressors

	p        int
	cov      []float64 // of beta, over Eps
	end, xe  []float64 // last level of y, and of each regressor
	spread   float64   // its variance over Eps, given beta
	draw     *Normals
	d        []float64
	v        []float64 // scaled innovations of y and regressors, row by row
	sum      float64   // ln F
	observed int
}

// ErrShort is a series too short for its parameters.
var ErrShort = errors.New("too few values for the parameters")

// FitLevel fits y, NaN where missing, with p regressors row by row in x. The
// ratio of the variances maximises the diffuse likelihood, in which Eps and
// beta are concentrated out, between 0 and 100.
func FitLevel(y, x []float64, p int) (*LevelRegression, error) {
	l := &LevelRegression{p: p, Beta: make([]float64, p), cov: make([]float64, p*p), end: make([]float64, 1), xe: make([]float64, p), d: make([]float64, p)}
	for _, v := range y {
		if v == v {
			l.observed++
		}
	}
	if l.DF = float64(l.observed - 1 - p); l.DF < 1 {
		return nil, ErrShort
	}
	l.v = make([]float64, (l.observed-1)*(p+1))
	// A walk over the logs of the ratio, then a golden section about the best.
	const steps = 60
	at := func(i float64) float64 { return math.Exp(math.Log(1e-6) + i/steps*math.Log(1e8)) }
	best, top := -1.0, l.profile(y, x, 0)
	for i := range steps + 1 {
		if v := l.profile(y, x, at(float64(i))); v > top+1e-9 {
			best, top = float64(i), v
		}
	}
	q := 0.0
	if best >= 0 {
		const g = .6180339887498949
		a, b := best-1, min(steps, best+1)
		c, d := b-g*(b-a), a+g*(b-a)
		fc, fd := l.profile(y, x, at(c)), l.profile(y, x, at(d))
		for b-a > 1e-7 {
			if fc > fd {
				b, d, fd = d, c, fc
				c = b - g*(b-a)
				fc = l.profile(y, x, at(c))
			} else {
				a, c, fc = c, d, fd
				d = a + g*(b-a)
				fd = l.profile(y, x, at(d))
			}
		}
		q = at((a + b) / 2)
	}
	l.LogLik = l.profile(y, x, q)
	l.Level = q * l.Eps
	l.draw = NewNormals(l.cov, p, math.Inf(1))
	return l, nil
}

// profile filters y and every regressor with noise 1 and level steps of
// variance q, regresses the innovations on each other, and returns the log
// likelihood
//
//	-1/2 (DF (1 + ln 2 pi s2) + sum ln F_t + ln |X'F^-1 X|),  s2 = RSS/DF.
func (l *LevelRegression) profile(y, x []float64, q float64) float64 {
	p := l.p
	started, row := false, 0
	var v float64
	l.sum = 0
	for t, o := range y {
		if started {
			v += q
		}
		switch {
		case o != o:
		case !started:
			started, v, l.end[0] = true, 1, o
			copy(l.xe, x[t*p:t*p+p])
		default:
			f := v + 1
			k, s := v/f, 1/math.Sqrt(f)
			l.sum += math.Log(f)
			r := l.v[row*(p+1) : (row+1)*(p+1)]
			row++
			e := o - l.end[0]
			r[p] = e * s
			l.end[0] += k * e
			for j, u := range x[t*p : t*p+p] {
				e := u - l.xe[j]
				r[j] = e * s
				l.xe[j] += k * e
			}
			v *= 1 - k
		}
	}
	l.spread = v
	m := p + 1
	gram := make([]float64, m*m)
	for i := range row {
		addOuter(gram, l.v[i*m:(i+1)*m], 1)
	}
	mirror(gram, m)
	xx, diag := make([]float64, p*p), make([]float64, p)
	for i := range p {
		copy(xx[i*p:(i+1)*p], gram[i*m:i*m+p])
	}
	det := 0.0
	root := factor(xx, p)
	for i := range p {
		if root[i*p+i] > 0 {
			det += 2 * math.Log(root[i*p+i])
		}
	}
	sweep(xx, p, make([]bool, p), diag)
	copy(l.cov, xx)
	rss := gram[p*m+p]
	for i := range p {
		l.Beta[i] = dot(xx[i*p:(i+1)*p], gram[p*m:p*m+p])
		rss -= l.Beta[i] * gram[p*m+i]
	}
	l.Eps = rss / l.DF
	return -.5 * (l.DF*(1+math.Log(2*math.Pi*l.Eps)) + l.sum + det)
}

// Forecast writes one draw of the future after the last row of y to mean, and
// the noise that comes on top of it to noise. x holds the regressors of these rows. Variances
// are drawn with Eps by DF Eps/chi2(DF); their ratio is taken as known.
func (l *LevelRegression) Forecast(x, mean, noise []float64, r *rand.Rand) {
	s := math.Sqrt(l.Eps * l.DF / chi2(r, l.DF))
	l.draw.Draw(l.d, r)
	level := l.end[0] + s*math.Sqrt(l.spread)*r.NormFloat64()
	for j, e := range l.d {
		l.d[j] = l.Beta[j] + s*e
		level -= l.d[j] * l.xe[j]
	}
	step := s * math.Sqrt(l.Level/l.Eps)
	for h := range mean {
		level += step * r.NormFloat64()
		mean[h] = level + dot(x[h*l.p:(h+1)*l.p], l.d)
		noise[h] = s * r.NormFloat64()
	}
}

// Point writes the expected future after the last row of y.
func (l *LevelRegression) Point(x, mean []float64) {
	for h := range mean {
		mean[h] = l.end[0]
		for j, b := range l.Beta {
			mean[h] += b * (x[h*l.p+j] - l.xe[j])
		}
	}
}

// chi2 draws from the chi-squared distribution.
func chi2(r *rand.Rand, df float64) float64 { return 2 * Gamma(r, df/2) }

// Gamma draws from the gamma distribution with the given shape and scale 1
// (Marsaglia and Tsang 2000).
func Gamma(r *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return Gamma(r, shape+1) * math.Pow(1-r.Float64(), 1/shape)
	}
	d := shape - 1./3
	c := 1 / math.Sqrt(9*d)
	for {
		x := r.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v *= v * v
		u := 1 - r.Float64()
		if u < 1-.0331*x*x*x*x || math.Log(u) < .5*x*x+d*(1-v+math.Log(v)) {
			return d * v
		}
	}
}
