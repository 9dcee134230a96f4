// Package rateratio compares two counts exactly: so many events before, so many
// after (METHODS.md A12).
//
// The package thinks that a dozen events need no model, only an honest interval.
// Given their sum, the second of two Poisson counts is binomial, which gives the
// interval of their rate ratio without any approximation. Counts of conflict
// events are rarely Poisson; dividing them by their dispersion first repairs the
// width, and is said to be approximate.
package rateratio

import "athar"

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
	// and the effect's Spec is "exact/phi"; 0 or up to 1: Poisson, Spec "".
	Phi float64
}

// Compare is the rate ratio of after over before.
func Compare(before, after Cell, o Options) athar.Effect {
	return athar.Effect{}
}
