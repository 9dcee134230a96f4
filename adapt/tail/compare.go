package tail

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// power is how many standard errors a change must have to be found in 80% of
// cases at the two-sided 5% level: t.975 + t.8 (METHODS.md F2).
const power = 2.8

// Change is a tail before and after, from a common Xmin on.
type Change struct {
	Before, After Fit // at the common Xmin; KS is not computed
	// Alpha is After.Alpha - Before.Alpha, both taken to the number of events of
	// the smaller tail: see [Fit.Rarefied].
	Alpha float64
	SE    float64 // of Alpha
	// LR is twice the gain in log-likelihood of two exponents over one, and P its
	// chance under chi-squared with one degree of freedom. It takes events for
	// independent.
	LR, P float64
}

// Compare takes as the common Xmin the larger of the two best ones, so that
// both tails are in their power-law part (METHODS.md C2). Tails below least
// events are not looked for, but one of the two may be smaller at the common
// Xmin. ok is false where a side has no fit.
func Compare(before, after Tally, least int) (c Change, ok bool) {
	var w [2]fitter
	w[0].load(before)
	w[1].load(after)
	return compare(&w, least, [2]int{})
}

// compare does the work of Compare on loaded tallies; hint is where the
// searches begin.
func compare(w *[2]fitter, least int, hint [2]int) (c Change, ok bool) {
	xmin := 0
	for s := range w {
		f, ok := w[s].best(least, hint[s])
		if !ok {
			return c, false
		}
		xmin = max(xmin, f.Xmin)
	}
	return compareAt(w, xmin)
}

func compareAt(w *[2]fitter, xmin int) (c Change, ok bool) {
	var f [2]Fit
	var logs float64
	for s := range w {
		k := w[s].from(xmin)
		if f[s], ok = w[s].at(k, float64(xmin)); !ok {
			return c, false
		}
		logs += w[s].sum[k]
	}
	c.Before, c.After = f[0], f[1]
	m := min(f[0].N, f[1].N)
	c.Alpha = f[1].Rarefied(m) - f[0].Rarefied(m)
	c.SE = math.Hypot(f[0].SE, f[1].SE)
	n := float64(f[0].N + f[1].N)
	if one, ok := newton(logs/n-w[0].log(xmin), n, float64(xmin)); ok {
		c.LR = max(0, 2*(f[0].LogLik+f[1].LogLik-one.LogLik))
	}
	c.P = distuv.ChiSquared{K: 1}.Survival(c.LR)
	return c, true
}

// Rarefied is the exponent that samples of m of the tail's N events give on
// average. With A = ln zeta the estimate from n events is too large by
//
//	-A'''/(2 A''^2 n),   (Alpha-1)/n for large sizes,
//
// to order 1/n, so that small samples look steeper; the exponent from m events
// is Alpha + bias (1/m - 1/N). Drawing them five hundred times gives the same.
func (f Fit) Rarefied(m int) float64 {
	if m >= f.N {
		return f.Alpha
	}
	const h = 1e-4
	q := float64(f.Xmin)
	_, _, up := logZeta(f.Alpha+h, q)
	_, _, down := logZeta(f.Alpha-h, q)
	_, _, mid := logZeta(f.Alpha, q)
	bias := -(up - down) / (2 * h) / (2 * mid * mid)
	return f.Alpha + bias*(1/float64(m)-1/float64(f.N))
}

// Unit is the standard error of an exponent from one event: divide by the root
// of how many there are. About alpha-1.
func Unit(alpha float64, xmin int) float64 {
	_, _, l2 := logZeta(alpha, float64(xmin))
	return 1 / math.Sqrt(l2)
}

// Needed is how many tail events each period must have for a change of the
// exponent to be found in 80% of cases at the two-sided 5% level,
// 2 (2.80 Unit/change)^2.
func Needed(alpha float64, xmin int, change float64) int {
	d := power * Unit(alpha, xmin) / change
	return int(math.Ceil(2 * d * d))
}

// MDE is the smallest change that before and after tail events find in 80% of
// cases.
func MDE(alpha float64, xmin, before, after int) float64 {
	return power * Unit(alpha, xmin) * math.Sqrt(1/float64(before)+1/float64(after))
}

// heaps are death tolls that are reported more often than their neighbours
// because they are codes or guesses: those for which the coder-uncertainty model
// has terms of its own (METHODS.md C2). Multiples of 10 are added: people round.
var heaps = [...]int{1, 2, 3, 13, 20, 24, 40, 101, 200, 1001, 2000}

func heaped(x int) bool {
	if x%10 == 0 {
		return true
	}
	for _, h := range heaps {
		if x == h {
			return true
		}
	}
	return false
}

// Heaping is the share of a tail's events on heaped sizes, the share that the
// fitted law expects there, and the difference in standard errors.
func Heaping(t Tally, f Fit) (share, expected, z float64) {
	n := 0.
	for k, x := range t.From(f.Xmin).Size {
		c := float64(t.From(f.Xmin).Count[k])
		n += c
		if heaped(x) {
			share += c
		}
	}
	share /= n
	logz := logOf(f.Alpha, f.Xmin)
	// Beyond the last size listed, one number in ten is heaped.
	edge := max(f.Xmin, 2001)
	for x := f.Xmin; x < edge; x++ {
		if heaped(x) {
			expected += math.Exp(-f.Alpha*math.Log(float64(x)) - logz)
		}
	}
	expected += .1 * math.Exp(logOf(f.Alpha, edge)-logz)
	return share, expected, (share - expected) / math.Sqrt(expected*(1-expected)/n)
}
