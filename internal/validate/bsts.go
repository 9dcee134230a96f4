package validate

import (
	"io"

	"athar"
	"athar/effect/bsts"
	"athar/effect/its"
	"athar/sim"
)

// structural is the Bayesian structural time series with as many draws as a
// rate needs.
func structural(spec string) sim.Method {
	return func(p *athar.Panel) []athar.Effect {
		return bsts.Estimate(p, bsts.Options{Spec: spec, Draws: 2000, Bare: true}).Effects
	}
}

// BSTS writes the tables of the structural time series: Bayesian with its own
// and the published priors, on roots and on logs, and the interrupted series
// with a local level.
func BSTS(w io.Writer, reps int) error {
	t := &tables{w: w, reps: reps}
	worlds := map[string]sim.World{}
	for _, x := range sim.Worlds() {
		worlds[x.Name] = x
	}
	// The smallest counts that the guard lets through.
	worlds["S0-low"] = sim.World{Name: "S0-low", Level: 1.5}
	worlds["S6-low"] = sim.World{Name: "S6-low", Level: 1.5, Phi: 2, InsideRR: [2]float64{.7, .7}}
	methods := []struct {
		name string
		ask  sim.Method
	}{
		{"bsts", structural(bsts.Main)},
		{"bsts log", structural(bsts.Log)},
		{"bsts causal-impact", structural(bsts.CausalImp)},
		{"its local-level", series(its.LocalLevel)},
	}
	t.text(`# Structural time series

%d replications of every world, seed %d, 2,000 draws each. *Refused* is the share in which the method gave no answer;
rates are of the others. **Bold** and *italic* as in the simulations of the headline: outside [3.5, 6.5]%% type I error or
[93, 97]%% coverage by more, or less, than two Monte Carlo errors.

## Size: %% with p < .05 inside where nothing happened

S3, S4 and S5 mislead on purpose; S2 lies outside the domain of these methods, which assume noise that does not persist beyond
the level's walk and refuse where what is left is seen to. S0-low and S6-low have half of the usual events: 11 a month inside.
`, reps, seed)
	t.table(methods, worlds, []string{"S0", "S0-low", "S1-phi2", "S1-phi4", "S1-phi8", "S2", "S3", "S4", "S5-all", "S5-inside"}, false)
	t.text("\n## Coverage of the interval, power (%% with p < .05) and bias of ln RR\n")
	t.table(methods, worlds, []string{"S6", "S6-low", "S9"}, true)
	return t.err
}

func (t *tables) table(methods []struct {
	name string
	ask  sim.Method
}, worlds map[string]sim.World, names []string, effect bool) {
	if effect {
		t.text("\n| world | method | refused | during: coverage | p < .05 | bias | post: coverage | p < .05 | bias |\n|---|---|---|---|---|---|---|---|---|\n")
	} else {
		t.text("\n| world | method | refused | during | post | bias, during | bias, post |\n|---|---|---|---|---|---|---|\n")
	}
	for _, n := range names {
		for _, m := range methods {
			r := t.run(worlds[n], m.ask)
			t.text("| %s | %s | %.1f |", n, m.name, 100*float64(r[0].Refused)/float64(t.reps))
			for _, x := range r {
				if effect {
					t.text(" %s | %.1f | %+.3f (%.3f) |", t.mark(x, x.Cover, coverLow, coverHigh), 100*x.Reject, x.Bias, x.BiasSE)
				} else {
					t.text(" %s |", t.mark(x, x.Reject, sizeLow, sizeHigh))
				}
			}
			for _, x := range r {
				if !effect {
					t.text(" %+.3f (%.3f) |", x.Bias, x.BiasSE)
				}
			}
			t.text("\n")
		}
	}
}
