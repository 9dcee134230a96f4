// Package stat is the numerics that no library at hand has: count regression
// with one and two sets of effects, its robust errors, exact comparison of
// counts, and streams of random numbers that do not depend on who asks first.
//
// The package thinks in small problems that are solved thousands of times: a
// workspace is allocated once and fitted again and again, and the likelihood is
// collapsed as far as it goes before anything is iterated. It knows no areas,
// no campaigns and no files; matrices are row-major slices.
package stat

import (
	"hash/fnv"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// Stream is the source of randomness of one task: the same seed, task name and
// replicate give the same numbers on every machine, whatever else runs.
func Stream(seed uint64, task string, replicate int) *rand.Rand {
	h := fnv.New64a()
	var b [8]byte
	word := func(v uint64) {
		for i := range b {
			b[i] = byte(v >> (8 * i))
		}
		h.Write(b[:])
	}
	word(seed)
	h.Write([]byte(task))
	hi := h.Sum64()
	word(uint64(replicate))
	return rand.New(rand.NewPCG(hi, h.Sum64()))
}

// TQuantile is the p quantile of Student's t with df degrees of freedom;
// df = +Inf is the normal distribution.
func TQuantile(p, df float64) float64 {
	if math.IsInf(df, 1) || df > 1e6 {
		return distuv.UnitNormal.Quantile(p)
	}
	return distuv.StudentsT{Sigma: 1, Nu: df}.Quantile(p)
}

// TwoSided is the two-sided p value of a t statistic with df degrees of
// freedom.
func TwoSided(t, df float64) float64 {
	t = math.Abs(t)
	switch {
	case math.IsNaN(t):
		return math.NaN()
	case math.IsInf(t, 1):
		return 0
	case math.IsInf(df, 1) || df > 1e6:
		return math.Erfc(t / math.Sqrt2)
	}
	return mathext.RegIncBeta(df/2, .5, df/(df+t*t))
}

// MDE is the smallest fall and rise, as rate ratios, that a test at the
// two-sided 5% level finds in 80% of cases, given the standard error of the
// log rate ratio: exp(-+(t.975 + t.8) se), which is exp(-+2.80 se) for many
// degrees of freedom (METHODS.md F2).
func MDE(se, df float64) (fall, rise float64) {
	d := (TQuantile(.975, df) + TQuantile(.8, df)) * se
	return math.Exp(-d), math.Exp(d)
}

// RatioSE is the standard error of a log rate ratio from counts before and
// after, sqrt(phi sum 1/T); with controls all four counts go in (METHODS.md
// F2).
func RatioSE(phi float64, counts ...float64) float64 {
	s := 0.0
	for _, c := range counts {
		s += 1 / c
	}
	return math.Sqrt(phi * s)
}

// PoissonLimits is the exact central 1-alpha interval of a Poisson mean after
// y events (Garwood 1936). y need not be whole: quasi-Poisson counts are
// divided by their dispersion first.
func PoissonLimits(y, alpha float64) (low, high float64) {
	if y > 0 {
		low = mathext.GammaIncRegInv(y, alpha/2)
	}
	return low, mathext.GammaIncRegCompInv(y+1, alpha/2)
}

// ExactRatio compares two Poisson counts by the binomial law of the second
// given their sum: y1 | y0+y1 ~ B(y0+y1, RR e1/(e0 + RR e1)). The interval is
// Clopper and Pearson's, the p value is twice the smaller tail, so that p < .05
// exactly where the interval leaves 1 out (METHODS.md A12). Counts need not be
// whole. Without any event the interval is [0, Inf] and p is 1.
func ExactRatio(y0, e0, y1, e1, alpha float64) (rr, low, high, p float64) {
	n := y0 + y1
	ratio := func(q float64) float64 {
		if q >= 1 {
			return math.Inf(1)
		}
		return q / (1 - q) * e0 / e1
	}
	if n == 0 {
		return math.NaN(), 0, math.Inf(1), 1
	}
	rr, high = ratio(y1/n), math.Inf(1)
	if y1 > 0 {
		low = ratio(mathext.InvRegIncBeta(y1, y0+1, alpha/2))
	}
	if y0 > 0 {
		high = ratio(mathext.InvRegIncBeta(y1+1, y0, 1-alpha/2))
	}
	q := e1 / (e0 + e1)
	lower, upper := 1.0, 1.0 // P(Y1 <= y1), P(Y1 >= y1)
	if y0 > 0 {
		lower = 1 - mathext.RegIncBeta(y1+1, y0, q)
	}
	if y1 > 0 {
		upper = mathext.RegIncBeta(y1, y0+1, q)
	}
	return rr, low, high, min(1, 2*min(lower, upper))
}

// NegBin draws a count with the given mean and variance phi times the mean:
// a Poisson with gamma-distributed mean; phi <= 1 draws a Poisson.
func NegBin(r *rand.Rand, mean, phi float64) float64 {
	if mean <= 0 {
		return 0
	}
	if phi > 1 {
		mean = distuv.Gamma{Alpha: mean / (phi - 1), Beta: 1 / (phi - 1), Src: r}.Rand()
		if mean <= 0 {
			return 0
		}
	}
	return distuv.Poisson{Lambda: mean, Src: r}.Rand()
}
