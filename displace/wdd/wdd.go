// Package wdd holds the weighted displacement difference and its older
// relative, the weighted displacement quotient (METHODS.md B1, B2).
//
// The package thinks that both are displays beside the rate-ratio models, not
// tests to rest on: they assume that areas of different level would change by
// the same number of events. It therefore warns when levels differ, and by
// default multiplies the variance by the dispersion of the areas' own history,
// without which a nominal 5% test rejects in a third of the cases at a
// dispersion of 4.
package wdd

import "athar"

// Counts are the eight counts of a weighted displacement difference, before
// and after. Areas that the design does not have stay zero.
type Counts struct {
	Control, Treated, DispControl, DispTreated [2]float64
	// Time divides the counts before and after, to a common length; zero: 1, 1.
	Time [2]float64
	// Area divides the counts of control, treated, displacement control and
	// displacement area, to a common size; zero: 1, 1, 1, 1.
	Area [4]float64
}

// Part is one difference in events, after minus before.
type Part struct {
	Est, SE, Z, P, Low, High float64
}

// Difference is a weighted displacement difference and its parts.
type Difference struct {
	Local, Displacement, Total Part
}

// Diff computes the difference with intervals at level 1-alpha and the variance
// multiplied by phi (1: Poisson).
func Diff(c Counts, alpha, phi float64) Difference {
	return Difference{}
}

// Options of an estimate from a panel.
type Options struct {
	Campaign string
	Spec     string
	Phi      float64 // 0: estimated from the pre-period, floored at 1
	Seed     uint64
}

// Quotient is the weighted displacement quotient. It is estimable only where
// the treated area did better than control beyond doubt.
type Quotient struct {
	Estimable      bool
	Est, Low, High float64
	Why            *athar.Refusal // where not estimable
}

// Result of an estimate from a panel.
type Result struct {
	// Effects by phase: inside, rings together (AskMovement) and net. Avoided
	// is the difference with its sign turned; RR is its image on the ratio
	// scale.
	Effects   []athar.Effect
	Quotients map[athar.Phase]Quotient
	Phi       float64
	Notes     []athar.Note
	Refusal   *athar.Refusal
}

// Estimate compares inside and rings with far, each phase with the pre-period.
func Estimate(p *athar.Panel, o Options) Result {
	return Result{}
}
