package validate

import (
	"fmt"
	"io"
	"math"

	"athar"
	"athar/effect/sdid"
	"athar/effect/synth"
	"athar/sim"
	"athar/stat"
)

// Synthetic writes the tables of synthetic control and synthetic
// difference-in-differences, from reps replicates of every world.
func Synthetic(w io.Writer, reps int) error {
	t := &tables{w: w, reps: reps}
	worlds := map[string]sim.World{}
	for _, x := range sim.Worlds() {
		worlds[x.Name] = x
	}
	methods := []struct {
		name string
		ask  sim.Method
	}{
		{"sdid", func(p *athar.Panel) []athar.Effect {
			return sdid.Estimate(p, sdid.Options{Draws: 100}).Effects
		}},
		{"synth", func(p *athar.Panel) []athar.Effect {
			return synth.Estimate(p, synth.Options{Draws: 100}).Effects
		}},
		{"synth-ridge", func(p *athar.Panel) []athar.Effect {
			return synth.Estimate(p, synth.Options{Draws: 100, Ridge: true}).Effects
		}},
		{"synth, conformal", func(p *athar.Panel) []athar.Effect {
			return synth.Estimate(p, synth.Options{Draws: 1, Conformal: true}).Effects
		}},
	}
	t.text(`# Synthetic control and synthetic difference-in-differences: simulations with a known truth

Inside, %d replications of the worlds of simulations.md, 100 placebo footprints each; marks as there. *p < .05* is the type I error where the truth is 1, power elsewhere; S3 misleads on purpose.

| method | world | areas inside | refused %% | truth, during | p < .05 | coverage | bias | truth, post | p < .05 | coverage | bias |
|---|---|---|---|---|---|---|---|---|---|---|---|
`, reps)
	for _, m := range methods {
		for _, name := range []string{"S0", "S1-phi2", "S1-phi4", "S1-phi8", "S2", "S3", "S6", "S9"} {
			for _, inside := range []int{8, 1} {
				if inside == 1 && name != "S0" && name != "S2" && name != "S6" {
					continue
				}
				x := worlds[name]
				if inside != 8 {
					x = x.Few(inside)
				}
				rates := t.run(x, m.ask)
				t.text("| %s | %s | %d | %.1f |", m.name, name, inside, 100*float64(rates[0].Refused)/float64(reps))
				for _, r := range rates {
					reject := fmt.Sprintf("%.1f", 100*r.Reject)
					if r.Truth == 1 && name != "S3" {
						reject = t.mark(r, r.Reject, sizeLow, sizeHigh)
					}
					t.text(" %.2f | %s | %s | %+.3f |", r.Truth, reject, t.mark(r, r.Cover, coverLow, coverHigh), r.Bias)
				}
				t.text("\n")
			}
		}
	}
	t.staggered()
	return t.err
}

// staggered is S15: eight of forty units, three starts, effects that grow from
// one cohort to the next.
func (t *tables) staggered() {
	const n, periods, treated, draws = 40, 30, 8, 100
	t.text("\nStaggered starts with heterogeneous effects (S15): 8 of 40 units start in periods 16, 20 and 24, effects in standard\n"+
		"deviations of the noise; %d replications.\n\n| effects of the cohorts | p < .05 | coverage | bias |\n|---|---|---|---|\n", t.reps)
	for _, effects := range [][3]float64{{0, 0, 0}, {.5, 1, 2}} {
		var reject, cover, bias float64
		for k := range t.reps {
			r := stat.Stream(seed, "staggered", k)
			y, start := make([]float64, n*periods), make([]int, n)
			truth, cells := 0.0, 0.0
			for i := range n {
				level, season := 3*r.NormFloat64(), r.Float64()
				if start[i] = periods; i < treated {
					start[i] = 16 + 4*(i%3)
				}
				for s := range periods {
					y[i*periods+s] = level + season*math.Sin(2*math.Pi*float64(s)/12) + r.NormFloat64()
					if s >= start[i] {
						y[i*periods+s] += effects[i%3]
						truth += effects[i%3]
						cells++
					}
				}
			}
			truth /= cells
			var f sdid.Fit
			x, err := f.Staggered(y, n, periods, start, draws, seed, sdid.Settings{})
			if err != nil {
				t.err = err
				return
			}
			if math.Abs(x.Tau) > 1.96*x.SE {
				reject++
			}
			if math.Abs(x.Tau-truth) <= 1.96*x.SE {
				cover++
			}
			bias += x.Tau - truth
		}
		m := float64(t.reps)
		size := fmt.Sprintf("%.1f", 100*reject/m)
		if effects == [3]float64{} {
			size = t.mark(sim.Rate{N: t.reps}, reject/m, sizeLow, sizeHigh)
		}
		t.text("| %v | %s | %s | %+.3f |\n", effects, size, t.mark(sim.Rate{N: t.reps}, cover/m, coverLow, coverHigh), bias/m)
	}
}
