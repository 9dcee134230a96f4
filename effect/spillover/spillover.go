// Package spillover is the headline method: one Poisson model of all areas and
// periods in which the campaign's footprint and the rings around it have their
// own effects and far areas are the only control (METHODS.md B4).
//
// The package thinks that near areas must never serve as controls: if violence
// moves next door, a plain comparison calls a useless campaign effective, and if
// calm spreads, it hides a real effect. It also thinks that an interval is worth
// its assumptions. With enough treated areas the error is clustered by area with
// the small-sample corrections of Bell, McCaffrey, Pustejovsky and Tipton; with
// few, it says that the clustered error is refused and falls back on the
// dispersion and persistence of the area's own history before the campaign.
package spillover

import "athar"

// Errors chooses the standard errors.
type Errors string

// Auto takes Clustered where it is valid and Dispersion elsewhere, effect by
// effect; Clustered refuses where it is not valid.
const (
	Auto       Errors = ""
	Clustered  Errors = "cr2"
	Dispersion Errors = "dispersion"
)

// What the clustered error needs (METHODS.md A6).
const (
	MinAreas = 6   // areas of the role that carry events
	MinDF    = 4.0 // Bell-McCaffrey degrees of freedom
)

// Options of one estimate.
type Options struct {
	Campaign string
	Spec     string // copied into every effect
	Seed     uint64
	// Draws is the number of draws behind bands and simultaneous intervals;
	// 0: 2000, negative: no bands, and Sidak's bound for the simultaneous
	// intervals.
	Draws  int
	Errors Errors
}

// Result is what one fit of the model says about a campaign.
type Result struct {
	// Effects by phase (during, post): inside, each ring, net. An effect that
	// cannot be estimated is there with its Refusal.
	Effects []athar.Effect
	// Expected holds, for every role of the model (inside, rings, far), the
	// used cells' observed series and what the model expects without the
	// campaign, with a 95% band; null outside the fit. Empty after a Refusal.
	Expected []athar.RoleSeries
	Notes    []athar.Note   // about the model as a whole; also on every effect
	Refusal  *athar.Refusal // the whole model is not valid here
	Areas    int            // areas in the fit
	Empty    int            // areas without any event in it, which say nothing
}

// Estimate fits the model to p. It does not change p.
func Estimate(p *athar.Panel, o Options) Result {
	return Result{}
}
