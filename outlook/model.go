package outlook

import (
	"math"
	"math/rand/v2"
	"slices"

	"athar/stat"
)

// design writes the regressors of a month into x: 1, a yearly wave as cosine
// and sine of the calendar month (0 to 11), and the campaign's share where x
// has room for it.
func design(x []float64, month int, campaign float64) {
	x[0] = 1
	x[1], x[2] = math.Cos(math.Pi*float64(month)/6), math.Sin(math.Pi*float64(month)/6)
	if len(x) > 3 {
		x[3] = campaign
	}
}

// most is how many coefficients a regression of the counts has: level, season,
// campaign, and the two of its memory.
const most = 6

// ingarch is a log-linear autoregression with negative binomial counts
// (Fokianos and Tjostheim 2011; covariates in the way of Liboschik, Fokianos
// and Fried 2017):
//
//	y_t ~ NB(mean exp(x_t'g + u_t), theta),
//	u_t = a u_t-1 + b (ln(1 + y_t-1) - x_t-1'g),  a, b > 0, a + b < 1.
//
// It has no trend. The fit maximises the likelihood under weak priors, so that it is
// finite on every series: season N(0, 1/4), campaign N(0, 1/2), logits of a and
// b N(0, 3/2) and N(-1, 3/2), ln theta N(ln 3, 3/2), each with its standard
// deviation. The zero value is ready; a later fit starts from the last one.
type ingarch struct {
	p     int           // regressors, 3 or 4
	b     [most]float64 // g, then the logits of a and b
	theta float64
	ready bool

	mu  []float64
	ln  []float64 // ln(1 + y)
	lin []float64 // x'g of the months to come
	end float64   // u of the month after the last
	g   [most]float64
	h   [most][most]float64
}

var (
	priorMean = [most]float64{0, 0, 0, 0, 0, -1}
	priorPrec = [most]float64{.01, 16, 16, 4, 1 / 2.25, 1 / 2.25}
)

// prior is the index of coefficient j in the priors: without a campaign the
// memory follows the season at once.
func (f *ingarch) prior(j int) int {
	if j >= f.p {
		return j + 4 - f.p
	}
	return j
}

func (f *ingarch) memory(b *[most]float64) (a, c float64) {
	ea, ec := math.Exp(b[f.p]), math.Exp(b[f.p+1])
	return ea / (1 + ea + ec), ec / (1 + ea + ec)
}

// fit fits the rows y, x (p a row); y is NaN where nobody looked.
func (f *ingarch) fit(y, x []float64, p int) {
	f.p, f.mu, f.ln = p, f.mu[:0], f.ln[:0]
	sum, n := 0.0, 0.0
	for _, v := range y {
		f.mu = append(f.mu, 0)
		f.ln = append(f.ln, math.Log1p(v))
		if v == v {
			sum += v
			n++
		}
	}
	if !f.ready {
		f.b = [most]float64{math.Log((sum + .5) / n)}
		f.b[p+1], f.theta, f.ready = -1, 3, true
	}
	for range 3 {
		top := f.likelihood(y, x, &f.b, true)
		for range 12 {
			step, ok := solve(&f.h, &f.g, p+2)
			if !ok {
				break
			}
			gain := -1.0
			for scale := 1.0; scale > 1e-3; scale /= 2 {
				b := f.b
				for j := range p + 2 {
					b[j] += scale * step[j]
				}
				if v := f.likelihood(y, x, &b, false); v > top {
					gain, f.b = v-top, b
					break
				}
			}
			if gain < 1e-6 {
				break
			}
			top = f.likelihood(y, x, &f.b, true)
		}
		if last := f.theta; math.Abs(math.Log(f.dispersion(y)/last)) < .01 {
			break
		}
	}
	f.likelihood(y, x, &f.b, false)
}

// likelihood is the penalised log likelihood less what depends on theta alone.
// It leaves the means in mu and, if asked, gradient and expected information.
func (f *ingarch) likelihood(y, x []float64, b *[most]float64, slopes bool) float64 {
	p, q := f.p, f.p+2
	a, c := f.memory(b)
	var u float64
	var du [most]float64
	ll := 0.0
	if slopes {
		f.g, f.h = [most]float64{}, [most][most]float64{}
	}
	for j := range q {
		k := f.prior(j)
		d := b[j] - priorMean[k]
		ll -= priorPrec[k] * d * d / 2
		if slopes {
			f.g[j] -= priorPrec[k] * d
			f.h[j][j] += priorPrec[k]
		}
	}
	started := false
	for t, v := range y {
		row := x[t*p : t*p+p]
		lin := 0.0
		for j, w := range row {
			lin += w * b[j]
		}
		if !started {
			if v != v {
				continue
			}
			// The first month tells where the memory begins and is not fitted.
			started, u = true, f.ln[t]-lin
			for j, w := range row {
				du[j] = -w
			}
			f.mu[t] = v
		} else {
			mu := math.Exp(min(lin+u, 50))
			f.mu[t] = mu
			if v == v {
				ll += v*math.Log(mu) - (v+f.theta)*math.Log(mu+f.theta)
				if slopes {
					s, w := (v-mu)/(1+mu/f.theta), mu/(1+mu/f.theta)
					var d [most]float64
					copy(d[:], du[:q])
					for j, z := range row {
						d[j] += z
					}
					for j := range q {
						f.g[j] += s * d[j]
						for k := range j + 1 {
							f.h[j][k] += w * d[j] * d[k]
						}
					}
				}
			}
		}
		// The memory of the month after.
		e := u
		if v == v {
			e = f.ln[t] - lin
		}
		if slopes {
			for j := range q {
				de := du[j]
				if v == v {
					de = 0
					if j < p {
						de = -row[j]
					}
				}
				du[j] = a*du[j] + c*de
			}
			du[p] += u*a*(1-a) - e*a*c
			du[p+1] += e*c*(1-c) - u*a*c
		}
		u = a*u + c*e
	}
	f.end = u
	return ll
}

// dispersion sets theta to its penalised maximum given the means.
func (f *ingarch) dispersion(y []float64) float64 {
	at := func(l float64) float64 {
		theta := math.Exp(l)
		base, _ := math.Lgamma(theta)
		s := -(l - math.Log(3)) * (l - math.Log(3)) / 4.5
		for t, v := range y {
			if v == v && f.mu[t] > 0 {
				g, _ := math.Lgamma(v + theta)
				s += g - base + theta*l - (v+theta)*math.Log(f.mu[t]+theta)
			}
		}
		return s
	}
	const g = .6180339887498949
	a, b := math.Log(.05), math.Log(1000)
	c, d := b-g*(b-a), a+g*(b-a)
	fc, fd := at(c), at(d)
	for b-a > .02 {
		if fc > fd {
			b, d, fd = d, c, fc
			c = b - g*(b-a)
			fc = at(c)
		} else {
			a, c, fc = c, d, fd
			d = a + g*(b-a)
			fd = at(d)
		}
	}
	f.theta = math.Exp((a + b) / 2)
	return f.theta
}

// draw fills out[s], a sample a step, by simulation from the month after the
// last row; the first skip months are drawn but not kept. x holds the
// regressors of all these months.
func (f *ingarch) draw(out [][]float64, skip int, x []float64, r *rand.Rand) {
	a, c := f.memory(&f.b)
	f.lin = f.lin[:0]
	for s := range skip + len(out) {
		v := 0.0
		for j, w := range x[s*f.p : (s+1)*f.p] {
			v += w * f.b[j]
		}
		f.lin = append(f.lin, v)
	}
	for m := range out[0] {
		u := f.end
		for s, lin := range f.lin {
			// Nobody believes in e^12 events a month; a bound keeps a chance explosion finite.
			mu := math.Exp(min(lin+u, 12))
			y := count(r, mu, f.theta)
			if s >= skip {
				out[s-skip][m] = y
			}
			u = a*u + c*(math.Log1p(y)-lin)
		}
	}
	for _, o := range out {
		slices.Sort(o)
	}
}

// count draws from the negative binomial, small means by inversion.
func count(r *rand.Rand, mu, theta float64) float64 {
	if mu > 30 {
		return stat.NegBin(r, mu, 1+mu/theta)
	}
	u, p, k := r.Float64(), math.Exp(-theta*math.Log1p(mu/theta)), 0.0
	for q := mu / (mu + theta); u >= p && p > 0; {
		u -= p
		p *= (k + theta) / (k + 1) * q
		k++
	}
	return k
}

// solve solves h s = g, h symmetric and given below its diagonal.
func solve(h *[most][most]float64, g *[most]float64, n int) (s [most]float64, ok bool) {
	var l [most][most]float64
	for i := range n {
		for j := range i + 1 {
			v := h[i][j]
			for k := range j {
				v -= l[i][k] * l[j][k]
			}
			if i != j {
				l[i][j] = v / l[j][j]
			} else if v > 0 {
				l[i][i] = math.Sqrt(v)
			} else {
				return s, false
			}
		}
	}
	for i := range n {
		v := g[i]
		for k := range i {
			v -= l[i][k] * s[k]
		}
		s[i] = v / l[i][i]
	}
	for i := n - 1; i >= 0; i-- {
		v := s[i]
		for k := i + 1; k < n; k++ {
			v -= l[k][i] * s[k]
		}
		s[i] = v / l[i][i]
	}
	return s, true
}

// rates are the discounts from which smooth chooses.
var rates = []float64{.02, .05, .1, .2, .35, .6, 1}

// smooth is exponential smoothing with negative binomial noise: the level of
// the counts, each over its month's factor for season and campaign, is l_t =
// l_t-1 + a (y_t/f_t - l_t-1), and the count s months on has mean l_t f_t+s
// and a theta that is estimated from the errors s months on. The factors are those of
// ingarch, a is the one of rates with the highest likelihood over all steps.
type smooth struct {
	factor, level, best []float64
}

// forecast fills out with samples for the given steps after the last row, with
// x the regressors of the rows and then of these months.
func (f *smooth) forecast(out [][]float64, y, x []float64, g *ingarch, steps []int) {
	n, p := len(y), g.p
	f.factor = f.factor[:0]
	for t := range len(x) / p {
		s := 0.0
		for j := 1; j < p; j++ {
			s += x[t*p+j] * g.b[j]
		}
		f.factor = append(f.factor, math.Exp(s))
	}
	first, seen := 0.0, 0.0
	for t, v := range y {
		if v == v && seen < 12 {
			first += v / f.factor[t]
			seen++
		}
	}
	first /= seen
	f.level, f.best = slices.Grow(f.level[:0], n)[:n], slices.Grow(f.best[:0], n)[:n]
	top := math.Inf(-1)
	for _, a := range rates {
		l := first
		for t, v := range y {
			if v == v {
				l += a * (v/f.factor[t] - l)
			}
			f.level[t] = max(l, .05) // a quiet stretch is no proof of silence
		}
		theta := f.moment(y, steps)
		base, _ := math.Lgamma(theta)
		ll := 0.0
		for t := warm; t < n; t++ {
			if y[t] != y[t] {
				continue
			}
			g, _ := math.Lgamma(y[t] + theta)
			for _, s := range steps {
				if t-s >= warm-1 {
					mu := f.level[t-s] * f.factor[t]
					ll += g - base + y[t]*math.Log(mu/(mu+theta)) - theta*math.Log1p(mu/theta)
				}
			}
		}
		if ll > top {
			top = ll
			copy(f.best, f.level)
		}
	}
	copy(f.level, f.best)
	for i, s := range steps {
		fillNegBin(out[i], f.level[n-1]*f.factor[n-1+s], f.moment(y, steps[i:i+1]))
	}
}

// warm is how many months go by before errors of smooth count.
const warm = 12

// moment is theta from the squared errors, 1/theta = sum ((y - mu)^2 - mu)/sum
// mu^2, at most a million.
func (f *smooth) moment(y []float64, steps []int) float64 {
	num, den := 0.0, 0.0
	for _, s := range steps {
		for t := warm - 1 + s; t < len(y); t++ {
			if v := y[t]; v == v {
				mu := f.level[t-s] * f.factor[t]
				num += (v-mu)*(v-mu) - mu
				den += mu * mu
			}
		}
	}
	return min(1e6, den/max(num, 1e-6*den))
}

// drift is a level that walks at random on the scale of roots, with season and
// campaign: [stat.LevelRegression] on [stat.Root]. It reports false where the
// series has no variation to learn from.
func drift(out [][]float64, y, x []float64, p int, steps []int, r *rand.Rand) bool {
	n := len(y)
	root := make([]float64, n)
	flat, still := true, true
	last, share := math.NaN(), math.NaN()
	for t, v := range y {
		root[t] = stat.Root(v, 1)
		if v != v {
			continue
		}
		flat = flat && !(v != last && last == last)
		still = still && !(p > 3 && x[t*p+3] != share && share == share)
		last, share = v, x[t*p+p-1]
	}
	if flat {
		return false
	}
	if p > 3 && still { // a campaign that never changed yet teaches nothing
		rows := len(x) / p
		w := make([]float64, 0, rows*3)
		for t := range rows {
			w = append(w, x[t*p:t*p+3]...)
		}
		x, p = w, 3
	}
	// The level is the constant.
	rows := len(x) / p
	w := make([]float64, 0, rows*(p-1))
	for t := range rows {
		w = append(w, x[t*p+1:t*p+p]...)
	}
	l, err := stat.FitLevel(root, w[:n*(p-1)], p-1)
	if err != nil || !(l.Eps > 0) {
		return false
	}
	ahead := rows - n
	mean, noise := make([]float64, ahead), make([]float64, ahead)
	for m := range out[0] {
		l.Forecast(w[n*(p-1):], mean, noise, r)
		for i, s := range steps {
			out[i][m] = math.Round(stat.Unroot(mean[s-1]+noise[s-1], 1))
		}
	}
	for _, o := range out {
		slices.Sort(o)
	}
	return true
}
