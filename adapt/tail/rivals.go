package tail

import (
	"math"

	"gonum.org/v1/gonum/optimize"
	"gonum.org/v1/gonum/stat/distuv"
)

// Law is a rival of the power law.
type Law string

// The rivals.
const (
	Lognormal   Law = "lognormal"
	Exponential Law = "exponential"
	Cutoff      Law = "cutoff" // x^-a exp(-lambda x): a power law that ends
)

// Rival is a law fitted to the same tail, beside the power law.
type Rival struct {
	Law    Law
	LogLik float64
	// LR is the power law's log-likelihood less the rival's: negative where the
	// rival fits better.
	LR float64
	// Z is Vuong's statistic LR/(sigma sqrt n), sigma^2 the variance of the
	// events' log-likelihood differences; NaN for Cutoff, of which the power law
	// is a special case.
	Z float64
	// P is two-sided, of neither law being nearer, erfc(|Z|/sqrt 2). For Cutoff it
	// is of no cut-off: half the upper tail of chi-squared with one degree of
	// freedom at -2 LR, as lambda = 0 is at the edge of what it may be.
	P float64
	// Param: mu and sigma of ln x; lambda; a and lambda.
	Param [2]float64
}

// Rivals fits each rival law to the tail of f and compares (Vuong 1989; Clauset
// et al., section 5).
func Rivals(t Tally, f Fit) []Rival {
	t = t.From(f.Xmin)
	power := make([]float64, len(t.Size))
	l := -logOf(f.Alpha, f.Xmin)
	for k, x := range t.Size {
		power[k] = l - f.Alpha*math.Log(float64(x))
	}
	out := []Rival{lognormal(t, f), exponential(t, f)}
	for i := range out {
		out[i].vuong(t, power, out[i].each(t, f.Xmin))
	}
	return append(out, cutoff(t, f))
}

// logOf is ln zeta(a, q).
func logOf(a float64, q int) float64 {
	return math.Log(scaled(a, float64(q))) - a*math.Log(float64(q))
}

// each is the log-probability of every size.
func (r Rival) each(t Tally, xmin int) []float64 {
	out := make([]float64, len(t.Size))
	for k, x := range t.Size {
		if r.Law == Lognormal {
			out[k] = logLognormal(float64(x), float64(xmin), r.Param[0], r.Param[1])
		} else {
			out[k] = math.Log(-math.Expm1(-r.Param[0])) - r.Param[0]*float64(x-xmin)
		}
	}
	return out
}

func (r *Rival) vuong(t Tally, power, rival []float64) {
	n, sum, squares := 0., 0., 0.
	for k, c := range t.Count {
		n += float64(c)
		sum += float64(c) * (power[k] - rival[k])
		r.LogLik += float64(c) * rival[k]
	}
	for k, c := range t.Count {
		d := power[k] - rival[k] - sum/n
		squares += float64(c) * d * d
	}
	r.LR, r.P = sum, 1
	// Where the rival has become the power law itself, nothing tells them apart.
	if sd := math.Sqrt(squares); sd > 1e-9*n {
		r.Z = sum / sd
		r.P = math.Erfc(math.Abs(r.Z) / math.Sqrt2)
	}
}

// exponential has p(x) = (1 - exp(-lambda)) exp(-lambda (x - xmin)), whose
// maximum is at lambda = ln(1 + 1/mean(x - xmin)).
func exponential(t Tally, f Fit) Rival {
	sum := 0.
	for k, x := range t.Size {
		sum += float64(t.Count[k]) * float64(x-f.Xmin)
	}
	return Rival{Law: Exponential, Param: [2]float64{math.Log1p(float64(f.N) / sum), 0}}
}

// maxSigma bounds the lognormal: beyond it, its tail is a power law to all
// digits.
const maxSigma = 300

// lognormal has P(X >= x) = Q((ln(x - 1/2) - mu)/sigma) / Q((ln(xmin - 1/2) - mu)/sigma).
// The likelihood has a ridge towards small mu and large sigma, where the law
// becomes the power law with exponent 1 + (ln xmin - mu)/sigma^2; the search
// takes that exponent and ln sigma for its coordinates.
func lognormal(t Tally, f Fit) Rival {
	q := float64(f.Xmin)
	param := func(v []float64) (mu, sigma float64) {
		sigma = math.Exp(v[1])
		return math.Log(q) - (v[0]-1)*sigma*sigma, sigma
	}
	v := search(func(v []float64) float64 {
		mu, sigma := param(v)
		if sigma > maxSigma || sigma < 1e-3 {
			return math.Inf(1)
		}
		s := 0.
		for k, x := range t.Size {
			s -= float64(t.Count[k]) * logLognormal(float64(x), q, mu, sigma)
		}
		return s
	}, [][]float64{{f.Alpha, 1}, {1, 0}, {f.Alpha, 3}})
	mu, sigma := param(v)
	return Rival{Law: Lognormal, Param: [2]float64{mu, sigma}}
}

// search is the lowest of the minima that the simplex finds from the starts.
func search(loss func([]float64) float64, starts [][]float64) []float64 {
	var best *optimize.Result
	for _, v := range starts {
		r, _ := optimize.Minimize(optimize.Problem{Func: loss}, v, &optimize.Settings{
			Converger: &optimize.FunctionConverge{Absolute: 1e-11, Iterations: 60}, MajorIterations: 3000}, &optimize.NelderMead{})
		if r != nil && (best == nil || r.F < best.F) {
			best = r
		}
	}
	return best.X
}

// logLognormal is ln p(x) of the lognormal on whole numbers from q on.
func logLognormal(x, q, mu, sigma float64) float64 {
	z0 := (math.Log(q-.5) - mu) / sigma
	z1 := (math.Log(x-.5) - mu) / sigma
	step := math.Log1p(1/(x-.5)) / sigma // to (ln(x + 1/2) - mu)/sigma
	// Q(z1) - Q(z1+step) = phi(z1) [m(z1) - m(z1+step) exp(-step z1 - step^2/2)]
	// with Mills' ratio m; for a short step the integral's midpoint is exact
	// enough and loses no digits.
	var l float64
	if math.Abs(step*z1) < 1e-4 && step < 1e-4 {
		mid := z1 + step/2
		l = math.Log(step) - mid*mid/2
	} else if z1 < 0 {
		l = math.Log(math.Erfc(z1/math.Sqrt2)-math.Erfc((z1+step)/math.Sqrt2)) + math.Log(math.Sqrt(math.Pi/2))
	} else {
		l = math.Log(mills(z1)-mills(z1+step)*math.Exp(-step*(z1+step/2))) - z1*z1/2
	}
	if z0 > 0 {
		return l - math.Log(mills(z0)) + z0*z0/2
	}
	return l - math.Log(math.Erfc(z0/math.Sqrt2)) - math.Log(math.Sqrt(math.Pi/2))
}

// mills is Q(z)/phi(z), z >= 0: the chance of more than z over the density
// there, which stays finite where both underflow.
func mills(z float64) float64 {
	if z < 6 {
		return math.Sqrt(math.Pi/2) * math.Erfc(z/math.Sqrt2) * math.Exp(z*z/2)
	}
	// Laplace's continued fraction z + 1/(z + 2/(z + 3/(z + ...))).
	d := z
	for k := 40.; k >= 1; k-- {
		d = z + k/d
	}
	return 1 / d
}

// cutoff fits p(x) proportional to x^-a exp(-lambda x), lambda >= 0.
func cutoff(t Tally, f Fit) Rival {
	n, logs, sum := 0., 0., 0.
	for k, x := range t.Size {
		c := float64(t.Count[k])
		n, logs, sum = n+c, logs+c*math.Log(float64(x)/float64(f.Xmin)), sum+c*float64(x-f.Xmin)
	}
	q := float64(f.Xmin)
	loss := func(v []float64) float64 {
		lambda := math.Exp(v[1])
		if v[1] > 3 || v[1] < -25 || math.Abs(v[0]) > 50 {
			return math.Inf(1)
		}
		return n*logCutoff(v[0], lambda, q) + v[0]*logs + lambda*sum
	}
	mean := sum/n + 1
	v := search(loss, [][]float64{{f.Alpha, -math.Log(100 * mean)}, {1, -math.Log(mean)}})
	r := Rival{Law: Cutoff, LogLik: -loss(v), Param: [2]float64{v[0], math.Exp(v[1])}, Z: math.NaN(), P: 1}
	if r.LR = f.LogLik - r.LogLik; r.LR >= 0 {
		r.LR, r.LogLik, r.Param = 0, f.LogLik, [2]float64{f.Alpha, 0}
		return r
	}
	r.P = distuv.ChiSquared{K: 1}.Survival(-2*r.LR) / 2
	return r
}

// nodes and weights of Gauss and Legendre's rule with 8 points on [-1, 1].
var (
	nodes   = [4]float64{.18343464249564980, .52553240991632899, .79666647741362674, .96028985649753623}
	weights = [4]float64{.36268378337836198, .31370664587788729, .22238103445337447, .10122853629037626}
)

// logCutoff is ln of sum_{x>=q} (x/q)^-a exp(-lambda (x - q)): the first 32
// terms, and Euler and Maclaurin's formula for the others, the integral being
// taken over u = ln(x/w), where it is smooth.
func logCutoff(a, lambda, q float64) float64 {
	term := func(x float64) float64 { return math.Exp(-a*math.Log(x/q) - lambda*(x-q)) }
	sum, w := 0., q
	for range 32 {
		sum += term(w)
		w++
	}
	at := term(w)
	// w^(1) exp((1-a) u - lambda w (e^u - 1)) du, until it is 1e-17 of its start.
	integral := 0.
	for u := 0.; u < 800; u += .5 {
		part := 0.
		for k, x := range nodes {
			for _, s := range [2]float64{-1, 1} {
				v := u + .25 + .25*s*x
				part += weights[k] * math.Exp((1-a)*v-lambda*w*math.Expm1(v))
			}
		}
		integral += .25 * part
		if part < 1e-17*integral {
			break
		}
	}
	// The next term, f'''/720, is below 1e-8 of the whole.
	return math.Log(sum + at*(w*integral+.5+(a/w+lambda)/12))
}
