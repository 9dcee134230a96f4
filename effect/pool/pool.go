// Package pool joins the answers that a method gives on several imputed versions
// of the same data into one (METHODS.md D1, U2 of the benchmarks).
//
// The package thinks that what the versions disagree about is uncertainty like
// any other: it widens the interval, and its share is named, because a reader who
// is told that half of the information was lost to coarse places knows more than
// one who sees a wider line. It never hides a version that could not be
// estimated.
package pool

import (
	"math"

	"athar/stat"
)

// Spec is the Spec of pooled effects.
const Spec = "imputed"

// PoorFMI is the fraction of missing information above which places and dates
// are too poorly known for the question (METHODS.md D1).
const PoorFMI = 0.5

// MinUsable is the share of draws that must have a finite estimate; with fewer
// the pooled effect is refused, because those that are left are not a fair
// choice among the draws.
const MinUsable = 0.8

// Pooled is the outcome of Rubin's rules.
type Pooled struct {
	M   int     // estimates
	Q   float64 // their mean
	W   float64 // mean of their variances: within
	B   float64 // variance of the estimates: between
	T   float64 // total variance, W + (1+1/M) B
	SE  float64 // its square root
	R   float64 // relative increase in variance, (1+1/M) B / W
	DF  float64 // degrees of freedom; +Inf: normal
	FMI float64 // fraction of missing information, 0..1
}

// Rubin pools estimates q with variances u (Rubin 1987, ch. 3): nu = (M-1)(1+1/r)^2
// and FMI = (r + 2/(nu+3))/(r+1). complete is the degrees of freedom that the
// analysis has without missing information, +Inf for large samples; if it is
// finite, the degrees of freedom are those of Barnard and Rubin (1999),
// 1/(1/nu + 1/nu'), nu' = (1 - B(1+1/M)/T) complete (complete+1)/(complete+3). FMI
// keeps the large-sample nu, so that it is 0 where nothing is missing.
// A single estimate is returned as it is.
func Rubin(q, u []float64, complete float64) Pooled {
	m := float64(len(q))
	p := Pooled{M: len(q), DF: math.Inf(1)}
	for i := range q {
		p.Q += q[i] / m
		p.W += u[i] / m
	}
	if m > 1 {
		for _, x := range q {
			p.B += (x - p.Q) * (x - p.Q) / (m - 1)
		}
	}
	between := (1 + 1/m) * p.B
	p.T = p.W + between
	p.SE, p.R = math.Sqrt(p.T), between/p.W
	if between > 0 {
		p.DF = (m - 1) * (1 + 1/p.R) * (1 + 1/p.R)
		p.FMI = 1
		if p.W > 0 {
			p.FMI = (p.R + 2/(p.DF+3)) / (p.R + 1)
		}
	}
	if !math.IsInf(complete, 1) {
		observed := (1 - between/p.T) * complete * (complete + 1) / (complete + 3)
		p.DF = 1 / (1/p.DF + 1/observed)
	}
	return p
}

// PValue pools two-sided p-values that have no standard error, such as those of
// permutations: each is turned into a z of its estimate's side (-1 or 1), which
// has variance 1, and the z are pooled by Rubin's rules.
func PValue(p []float64, side []int) float64 {
	z, one := make([]float64, len(p)), make([]float64, len(p))
	for i := range p {
		z[i], one[i] = float64(side[i])*stat.TQuantile(1-p[i]/2, math.Inf(1)), 1
	}
	x := Rubin(z, one, math.Inf(1))
	return stat.TwoSided(x.Q/x.SE, x.DF)
}
