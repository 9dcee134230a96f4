package tempo

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"athar"
	"athar/stat"
)

// PowerLaw is a fitted power-law process: N(t) = N (t/T)^K events are expected
// until time t of T, when N were seen until T. It is the process whose n-th
// event comes after a delay proportional to n^-b with b = 1 - 1/K (Johnson and
// others 2011; Crow 1974).
type PowerLaw struct {
	N float64 // events
	T float64 // end of the observation, in the unit of the times
	K float64 // maximum likelihood; 1 is a constant rate, more is a rising one

	edges, counts []float64 // of a fit to cells
}

// The shape is looked for in this range; an estimate at its end is none.
const leastK, mostK = 1e-3, 1e3

// Fit fits times of events in (0, end], counted from a start that was chosen
// without looking at them: K = n / sum ln(end/t_i). It refuses fewer than two
// events, times outside and times that all lie at the end.
func Fit(times []float64, end float64) (PowerLaw, *athar.Refusal) {
	f := PowerLaw{N: float64(len(times)), T: end}
	if len(times) < 2 {
		return f, athar.Refuse("tempo-few-times", "n", len(times), "need", 2)
	}
	sum := 0.0
	for _, t := range times {
		if !(t > 0 && t <= end) {
			return f, athar.Refuse("tempo-time-outside")
		}
		sum += math.Log(end / t)
	}
	if f.K = f.N / sum; !(f.K < mostK && f.K > leastK) {
		return f, athar.Refuse("tempo-no-shape")
	}
	return f, nil
}

// FitCells fits counts between edges[j] and edges[j+1], for events whose days
// are not known. edges has one more value than counts, rises, and begins at or
// after 0; beginning later than 0 says that the start was not watched. The
// likelihood is the multinomial one given the number of events,
//
//	p_j = (e_j+1^k - e_j^k)/(e_m^k - e_0^k),
//
// which is concave in k; its score is solved by bisection on ln k.
func FitCells(edges, counts []float64) (PowerLaw, *athar.Refusal) {
	f := PowerLaw{edges: edges, counts: counts}
	for _, c := range counts {
		f.N += c
	}
	if f.N < 2 {
		return f, athar.Refuse("tempo-few-times", "n", int(f.N), "need", 2)
	}
	f.T = edges[len(edges)-1]
	low, high := math.Log(leastK), math.Log(mostK)
	if !(f.score(leastK) > 0 && f.score(mostK) < 0) {
		return f, athar.Refuse("tempo-no-shape")
	}
	for range 80 {
		if mid := (low + high) / 2; f.score(math.Exp(mid)) > 0 {
			low = mid
		} else {
			high = mid
		}
	}
	f.K = math.Exp((low + high) / 2)
	return f, nil
}

// score is the derivative of the grouped log likelihood in k.
func (f PowerLaw) score(k float64) float64 {
	// With x = e/T, d/dk ln(b^k - a^k) = (b^k ln b - a^k ln a)/(b^k - a^k).
	slope := func(a, b float64) float64 {
		lb := math.Log(b)
		if a <= 0 {
			return lb
		}
		la := math.Log(a)
		r := math.Exp(k * (la - lb)) // (a/b)^k
		if r == 1 {
			return (la + lb) / 2 // the limit of a narrow cell
		}
		return lb + (lb-la)*r/(1-r)
	}
	s := -f.N * slope(f.edges[0]/f.T, 1)
	for j, c := range f.counts {
		if c > 0 {
			s += c * slope(f.edges[j]/f.T, f.edges[j+1]/f.T)
		}
	}
	return s
}

// logLik is the grouped log likelihood at k, without constants.
func (f PowerLaw) logLik(k float64) float64 {
	width := func(a, b float64) float64 {
		lb := math.Log(b)
		if a <= 0 {
			return k * lb
		}
		return k*lb + math.Log(-math.Expm1(k*(math.Log(a)-lb)))
	}
	l := -f.N * width(f.edges[0]/f.T, 1)
	for j, c := range f.counts {
		if c > 0 {
			l += c * width(f.edges[j]/f.T, f.edges[j+1]/f.T)
		}
	}
	return l
}

// Unbiased is (n-1)/n K, whose mean is the true shape when times are exact. b
// needs no such correction: 1/K has the right mean.
func (f PowerLaw) Unbiased() float64 { return (f.N - 1) / f.N * f.K }

// B is the exponent of the progress curve, 1 - 1/K: above 0 delays shrink,
// below 0 they grow.
func (f PowerLaw) B() float64 { return 1 - 1/f.K }

// Limits is the two-sided 1-alpha interval of the shape when counts vary phi >= 1
// times as much as a Poisson process's. From times it comes from
//
//	2 n k/K ~ chi2 with 2n degrees of freedom,
//
// exact at phi = 1, with n/phi in place of n otherwise; from cells it is the
// profile likelihood's, 2 (l(K) - l(k))/phi <= chi2_1.
func (f PowerLaw) Limits(alpha, phi float64) (low, high float64) {
	if f.edges == nil {
		m := 2 * f.N / phi
		law := distuv.ChiSquared{K: m}
		return f.K * law.Quantile(alpha/2) / m, f.K * law.Quantile(1-alpha/2) / m
	}
	z := stat.TQuantile(1-alpha/2, math.Inf(1))
	most := f.logLik(f.K) - z*z*phi/2
	// Beyond each side the likelihood falls for good; steps are doubled until it
	// has, and the crossing is found by false position (Illinois).
	side := func(step float64) float64 {
		at := func(u float64) float64 { return f.logLik(f.K*math.Exp(u)) - most }
		a, fa := 0.0, z*z*phi/2
		b := step
		fb := at(b)
		for fb > 0 && math.Abs(b) < math.Log(mostK) {
			a, fa = b, fb
			b *= 2
			fb = at(b)
		}
		if fb > 0 {
			return f.K * math.Exp(b)
		}
		for range 60 {
			c := (a*fb - b*fa) / (fb - fa)
			fc := at(c)
			if math.Abs(fc) < 1e-10 || math.Abs(b-a) < 1e-12 {
				return f.K * math.Exp(c)
			}
			if fc*fb < 0 {
				a, fa = b, fb
			} else {
				fa /= 2
			}
			b, fb = c, fc
		}
		return f.K * math.Exp(b)
	}
	step := z * math.Sqrt(phi/f.N)
	if !(step > 0) {
		return f.K, f.K
	}
	return side(-step), side(step)
}

// Until is the number of events expected until time t.
func (f PowerLaw) Until(t float64) float64 {
	if f.edges == nil {
		return f.N * math.Pow(t/f.T, f.K)
	}
	a := math.Pow(f.edges[0]/f.T, f.K)
	return f.N * (math.Pow(t/f.T, f.K) - a) / (1 - a)
}

// Laplace is the trend test's statistic of times in (0, end],
//
//	U = (mean(t) - T/2)/(T/sqrt(12 n)),
//
// standard normal under a constant rate of independent events, positive where
// events come faster and faster (Cox and Lewis 1966). NaN without events.
func Laplace(times []float64, end float64) float64 {
	sum := 0.0
	for _, t := range times {
		sum += t
	}
	n := float64(len(times))
	return (sum/n - end/2) / (end / math.Sqrt(12*n))
}

// LaplaceCells is the same statistic from counts in cells, an event counting at
// the middle of its cell, with the variance that middles have under a constant
// rate.
func LaplaceCells(edges, counts []float64) float64 {
	length := edges[len(edges)-1] - edges[0]
	var n, sum, centre, square float64
	for j, c := range counts {
		m, w := (edges[j]+edges[j+1])/2, (edges[j+1]-edges[j])/length
		n += c
		sum += c * m
		centre += w * m
		square += w * m * m
	}
	return (sum/n - centre) / math.Sqrt((square-centre*centre)/n)
}

// Trend is the test of a constant rate when weeks vary more than a Poisson
// process's.
type Trend struct {
	U      float64 // Laplace
	Phi    float64
	Scaled float64 // U / sqrt(phi)
	P      float64 // of Scaled, normal, two-sided
	BlockP float64 // among orders of blocks of four cells, two-sided
}

// block is the number of cells that stay together when weeks are shuffled and
// when slow variation is measured.
const block = 4

// TestTrend tests counts in cells of about one length for a trend. phi >= 1 is
// their variance over the Poisson's. BlockP is (1 + #{|U*| >= |U|})/(1 + draws) with
// blocks of four cells in random order, which keeps what neighbouring weeks
// share; it is NaN with fewer than six blocks.
func TestTrend(edges, counts []float64, phi float64, draws int, seed uint64) Trend {
	t := Trend{U: LaplaceCells(edges, counts), Phi: phi, BlockP: math.NaN()}
	t.Scaled = t.U / math.Sqrt(phi)
	t.P = stat.TwoSided(t.Scaled, math.Inf(1))
	if len(counts) < 6*block {
		return t
	}
	r := stat.Stream(seed, "tempo/trend", 0)
	// The last block may be shorter; it moves as a block too.
	var starts []int
	for j := 0; j < len(counts); j += block {
		starts = append(starts, j)
	}
	moved, reach := make([]float64, 0, len(counts)), 1
	for range draws {
		r.Shuffle(len(starts), func(i, j int) { starts[i], starts[j] = starts[j], starts[i] })
		moved = moved[:0]
		for _, at := range starts {
			moved = append(moved, counts[at:min(at+block, len(counts))]...)
		}
		if math.Abs(LaplaceCells(edges, moved)) >= math.Abs(t.U)*(1-1e-9) {
			reach++
		}
	}
	t.BlockP = float64(reach) / float64(draws+1)
	return t
}

// Dispersion is the variance of counts over their fitted means, at least 1: the
// larger of Pearson's statistic over its degrees of freedom for single cells
// and for sums of four neighbouring ones, so that slow variation counts too. No
// block crosses split, where the record has a gap. df are the degrees of freedom of
// the one that was taken.
func Dispersion(counts, mu []float64, parameters, split int) (phi, df float64) {
	pearson := func(n int) (float64, float64) {
		sum, terms := 0.0, 0
		for _, part := range [][2]int{{0, split}, {split, len(counts)}} {
			for j := part[0]; j+n <= part[1]; j += n {
				var y, m float64
				for i := j; i < j+n; i++ {
					y += counts[i]
					m += mu[i]
				}
				if m > 0 {
					sum += (y - m) * (y - m) / m
					terms++
				}
			}
		}
		df := float64(terms - parameters)
		return sum / df, df
	}
	phi, df = pearson(1)
	if !(df >= 1) {
		return math.NaN(), df
	}
	if p, d := pearson(block); d >= 5 && p > phi {
		phi, df = p, d
	}
	return max(1, phi), df
}

// TwoPiece is the test of a change of a process's rate or of its trend at one
// time.
type TwoPiece struct {
	F, P    float64
	DF      float64 // of the denominator
	Phi     float64
	Fitted  []float64 // counts expected with the change, cell by cell
	Refusal *athar.Refusal
}

// TestTwoPieces compares one log-linear process over the whole record with two
// of them that meet at the campaign (Cox and Lewis 1966),
//
//	ln rate(t) = a + b t   against   a + b t + [t after](c + d t),
//
// by the likelihood-ratio statistic over phi, F = LR/(2 phi) with 2 and the
// dispersion's degrees of freedom. Power laws are not compared like this: their
// clocks begin at different times, so that the one is no case of the other but
// for a constant rate. at is the middle of a cell with 0 at the campaign, days
// its length, split the first cell after; seasons are columns that both have.
func TestTwoPieces(counts, at, days []float64, split int, seasons [][]float64) TwoPiece {
	n, p := len(counts), 4+len(seasons)
	x, off := make([]float64, 0, n*p), make([]float64, n)
	scale := max(-at[0], at[n-1], 1)
	for j := range counts {
		off[j] = math.Log(days[j])
		row := []float64{1, at[j] / scale}
		for _, s := range seasons {
			row = append(row, s[j])
		}
		if j >= split {
			row = append(row, 1, at[j]/scale)
		} else {
			row = append(row, 0, 0)
		}
		x = append(x, row...)
	}
	null := make([]float64, 0, n*(p-2))
	for j := range counts {
		null = append(null, x[j*p:j*p+p-2]...)
	}
	t := TwoPiece{F: math.NaN(), P: math.NaN()}
	var one, two stat.Regression
	if one.Poisson(counts, null, off, p-2) != nil || two.Poisson(counts, x, off, p) != nil {
		t.Refusal = athar.Refuse("tempo-two-pieces-unsettled")
		return t
	}
	t.Fitted = slices.Clone(two.Mu)
	if t.Phi, t.DF = Dispersion(counts, two.Mu, two.Rank, split); !(t.DF >= 3) || two.Rank-one.Rank != 2 {
		t.Refusal = athar.Refuse("tempo-two-pieces-short", "cells", n)
		return t
	}
	t.F = max(0, one.Deviance-two.Deviance) / 2 / t.Phi
	t.P = distuv.F{D1: 2, D2: t.DF}.Survival(t.F)
	return t
}
