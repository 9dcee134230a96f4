// Package rateratio compares two counts exactly: so many events before, so many
// after (METHODS.md A12).
//
// The package thinks that a dozen events need no model, only an honest interval.
// Given their sum, the second of two Poisson counts is binomial, which gives the
// interval of their rate ratio without any approximation. Counts of conflict
// events are rarely Poisson; dividing them by their dispersion first repairs the
// width, and is said to be approximate.
package rateratio

import (
	"math"

	"athar"
	"athar/stat"
)

// Method is the name of the method in effects.
const Method = "exact"

// PhiSpec marks effects whose counts were divided by their dispersion.
const PhiSpec = "exact/phi"

// Cell is a count and what it was exposed to (days, or area-days).
type Cell struct {
	Events   float64
	Exposure float64
}

// Options describe the effect.
type Options struct {
	Campaign string
	Area     string
	Question athar.Question // default AskInside
	Ring     int
	Phase    athar.Phase // default During
	Areas    int
	Periods  int
	// Phi is the variance over the mean. Above 1 the counts are divided by it
	// and the effect's Spec is PhiSpec; 0 or up to 1: Poisson, Spec "".
	Phi float64
}

// Compare is the rate ratio of after over before: the conditional estimate with
// the interval of Clopper and Pearson, see [stat.ExactRatio]. Expected is the
// count that the rate before predicts for the exposure after. The minimum
// detectable effect takes SE^2 = phi (1/T0 + 1/T1) at the counts expected
// without an effect (METHODS.md F2).
//
// It refuses without exposure ("no-exposure") and without events before
// ("no-pre-events"), where no ratio has an upper limit.
func Compare(before, after Cell, o Options) athar.Effect {
	nan := athar.Num(math.NaN())
	if o.Question == "" {
		o.Question = athar.AskInside
	}
	if o.Phase == "" {
		o.Phase = athar.During
	}
	e := athar.Effect{
		Campaign: o.Campaign, Area: o.Area, Method: Method, Question: o.Question, Ring: o.Ring, Phase: o.Phase,
		RR: nan, Low: nan, High: nan, P: nan, SE: nan, DF: athar.Num(math.Inf(1)), AdjLow: nan, AdjHigh: nan,
		Observed: athar.Num(after.Events), Expected: nan, Avoided: nan, AvoidedLow: nan, AvoidedHigh: nan, MDELow: nan, MDEHigh: nan,
		EventsPre: int(before.Events), Areas: o.Areas, Periods: o.Periods, Inference: "exact",
	}
	phi := max(1, o.Phi)
	e.Dispersion = athar.Num(phi)
	if phi > 1 {
		e.Spec = PhiSpec
		e.Warnings = append(e.Warnings, athar.Note{Code: "approximate-phi", Args: map[string]any{"phi": athar.Num(phi)}})
	}
	switch {
	case !(before.Exposure > 0) || !(after.Exposure > 0):
		e.Refusal = &athar.Refusal{Reason: athar.Note{Code: "no-exposure"}}
		return e
	case before.Events == 0:
		e.Refusal = &athar.Refusal{Reason: athar.Note{Code: "no-pre-events"}}
		return e
	}
	rr, low, high, p := stat.ExactRatio(before.Events/phi, before.Exposure, after.Events/phi, after.Exposure, .05)
	e.RR, e.Low, e.High, e.P = athar.Num(rr), athar.Num(low), athar.Num(high), athar.Num(p)
	e.SE = athar.Num(stat.RatioSE(phi, before.Events, after.Events))
	expected := before.Events * after.Exposure / before.Exposure
	e.Expected, e.Avoided = athar.Num(expected), athar.Num(expected-after.Events)
	if after.Events > 0 {
		e.AvoidedLow, e.AvoidedHigh = athar.Num(after.Events/high-after.Events), athar.Num(after.Events/low-after.Events)
	} else {
		l, u := stat.PoissonLimits(before.Events/phi, .05)
		f := phi * after.Exposure / before.Exposure
		e.AvoidedLow, e.AvoidedHigh = athar.Num(l*f), athar.Num(u*f)
		_, most := stat.PoissonLimits(0, .05)
		e.Warnings = append(e.Warnings, athar.Note{Code: "zero-events", Args: map[string]any{
			"expected": athar.Num(expected), "limit": athar.Num(most * phi)}})
	}
	fall, rise := stat.MDE(stat.RatioSE(phi, before.Events, expected), math.Inf(1))
	e.MDELow, e.MDEHigh = athar.Num(fall), athar.Num(rise)
	return e
}
