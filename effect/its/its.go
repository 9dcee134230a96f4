// Package its is the interrupted time series: a count regression on one series,
// with the campaign as a step (METHODS.md A1).
//
// The package thinks that a single series has no control but its own past, so
// everything that else could have moved it (trend, season, Ramadan) must be in
// the model or named as missing, and that a short series cannot carry a slope.
// It reports the larger of the model's and the autocorrelation-robust standard
// error, because the latter is too small in short series.
package its

import "athar"

// Series is one series of counts with its calendar.
type Series struct {
	Periods []athar.Period // Days is the exposure; 0: not monitored
	Count   []float64      // one per period
}

// The specifications.
const (
	Linear  = "linear"   // linear trend and a step per phase, quasi-Poisson
	NoTrend = "no-trend" // no trend
	Slope   = "slope"    // linear, and a change of slope from the start on
	NB2     = "nb2"      // linear, negative binomial
)

// Options of one estimate.
type Options struct {
	Campaign string
	Area     string
	Question athar.Question // default AskInside
	Ring     int
	Areas    int    // areas summed in the series, for the record
	Spec     string // default Linear
	Seed     uint64
	Draws    int // 0: 2000; negative: no band
}

// Result is what one fit says.
type Result struct {
	Effects []athar.Effect // during and post, where the series has them
	// Expected is the series with the counterfactual and its 95% band, noise
	// included. Role is not set.
	Expected   athar.RoleSeries
	Notes      []athar.Note // also on every effect
	Refusal    *athar.Refusal
	Pre        int     // points before the campaign
	Dispersion float64 // Pearson, not floored
	Theta      float64 // NB2 only; +Inf: no overdispersion
	LjungBox   float64 // p of no residual autocorrelation up to lag 12
}

// Estimate fits the series.
func Estimate(s Series, o Options) Result {
	return Result{}
}

// Sum adds the used cells of the areas for which want is true into one series.
// A period in which any of their cells is unused is not monitored (Days 0).
func Sum(p *athar.Panel, want func(athar.PanelArea) bool) (s Series, areas int) {
	return
}
