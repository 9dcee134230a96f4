// Package validate asks the methods about worlds whose truth is known and
// writes what came out as tables (METHODS.md F1).
//
// The package thinks that a failure belongs in the table as much as a success:
// it prints every rate with its Monte Carlo error and marks those outside the
// required range; it does not choose worlds by their outcome.
package validate

import (
	"fmt"
	"io"
	"runtime"

	"athar"
	"athar/displace/wdd"
	"athar/effect/its"
	"athar/effect/spillover"
	"athar/sim"
)

// The required ranges of METHODS.md F1, for a nominal 5% test and a 95%
// interval.
const (
	sizeLow, sizeHigh   = .035, .065
	coverLow, coverHigh = .93, .97
)

// seed is not the one that the methods were developed with.
const seed = 20261122

func headline(errors spillover.Errors) sim.Method {
	return func(p *athar.Panel) []athar.Effect {
		return spillover.Estimate(p, spillover.Options{Draws: -1, Errors: errors}).Effects
	}
}

func series(spec string) sim.Method {
	return func(p *athar.Panel) []athar.Effect {
		s, n := its.Sum(p, func(a athar.PanelArea) bool { return a.Role == athar.Inside })
		return its.Estimate(s, its.Options{Areas: n, Spec: spec, Draws: -1}).Effects
	}
}

func difference(phi float64) sim.Method {
	return func(p *athar.Panel) []athar.Effect {
		// Rings count as inside, which leaves out the quotient and its draws.
		q := *p
		q.Areas = append([]athar.PanelArea(nil), p.Areas...)
		for i := range q.Areas {
			if q.Areas[i].Role.IsRing() {
				q.Areas[i].Role = athar.LeftOut
			}
		}
		return wdd.Estimate(&q, wdd.Options{Phi: phi}).Effects[:1]
	}
}

// Run writes the tables as Markdown, from reps replicates of every world.
func Run(w io.Writer, reps int) error {
	t := &tables{w: w, reps: reps}
	worlds := map[string]sim.World{}
	for _, x := range sim.Worlds() {
		worlds[x.Name] = x
	}
	null := []string{"S0", "S1-phi2", "S1-phi4", "S1-phi8", "S2"}

	t.text(`# Simulations with a known truth

Written by `+"`make validate`"+`: %d replications of every world, seed %d. A rate of 5%% has a Monte Carlo
standard error of %.2f points; **bold** rates lie outside the required range by more than two of them, *italic* ones
outside it by less. Required (METHODS F1): type I error of the nominal 5%% test in [3.5, 6.5]%% in worlds without an
effect, coverage of the 95%% interval in [93, 97]%% in worlds with one.

Every world has 24 months before, 6 during and 6 after the campaign; unless said otherwise 8 areas inside, 8 in each of two
rings and 36 far ones, of uneven volume (log-normal, sd 0.8, mean 3 events a month) with a common season.

| world | what is in it |
|---|---|
`, reps, seed, 100*sim.Rate{N: reps}.SE(.05))
	for _, x := range sim.Worlds() {
		t.text("| %s | %s |\n", x.Name, x.Says)
	}

	t.text("\n## Size of the headline test: %% of replicates with p < .05 where nothing happened\n")
	t.head("world", "errors", "clustered %")
	for _, n := range null {
		t.size(worlds[n], spillover.Auto)
	}
	t.text(`
The clustered error (cr2) needs six areas of a role with events and four degrees of freedom; *clustered %%* is the share of
all estimates in which it was valid. Elsewhere the dispersion error takes its place, here with fewer areas inside:
`)
	t.head("world", "errors", "clustered %")
	for _, n := range null {
		for _, few := range []int{1, 3, 5} {
			t.size(worlds[n].Few(few), spillover.Auto)
		}
	}
	t.text("\nThe dispersion error where the clustered one would do, for comparison:\n")
	t.head("world", "errors", "clustered %")
	for _, n := range null {
		t.size(worlds[n], spillover.Dispersion)
	}

	t.text("\n## Coverage of the headline interval, %%, and power\n")
	t.head("world", "rate", "truth (during: inside, ring 1, net)")
	for _, n := range []string{"S6", "S7", "S8", "S9"} {
		t.coverage(worlds[n], true)
	}
	for _, n := range []string{"S6", "S7", "S8"} {
		for _, few := range []int{1, 3, 5} {
			t.coverage(worlds[n].Few(few), false)
		}
	}
	t.text("\nBias of ln RR (mean, with its Monte Carlo error):\n\n| world | inside, during | ring 1, during | inside, post | ring 1, post |\n|---|---|---|---|---|\n")
	for _, x := range []sim.World{worlds["S6"], worlds["S7"], worlds["S8"], worlds["S6"].Few(1), worlds["S6"].Few(3)} {
		r := t.run(x, headline(spillover.Auto))
		t.text("| %s |", x.Name)
		for _, i := range []int{0, 1, 4, 5} {
			t.text(" %+.3f (%.3f) |", r[i].Bias, r[i].BiasSE)
		}
		t.text("\n")
	}

	t.text(`
## Worlds that mislead: %% with p < .05 although the campaign did nothing

No interval protects against these; the guards (surge, donut fits, calendar, reporting) must catch them. A drop of reporting
inside alone cannot be told from an effect.
`)
	t.head("world", "errors", "clustered %")
	for _, n := range []string{"S3", "S4", "S5-all", "S5-inside"} {
		t.size(worlds[n], spillover.Auto)
	}

	t.text(`
## Size of the other methods, inside, %% with p < .05 where nothing happened

The series has no control: the common season, which its harmonics must catch, is all that the areas share here.

| world | its linear, during | post | its no-trend, during | post | its nb2, during | post | WDD, during | WDD without phi |
|---|---|---|---|---|---|---|---|---|
`)
	for _, n := range null {
		t.text("| %s |", n)
		for _, spec := range []string{its.Linear, its.NoTrend, its.NB2} {
			for _, r := range t.run(worlds[n], series(spec)) {
				t.text(" %s |", t.mark(r, r.Reject, sizeLow, sizeHigh))
			}
		}
		for _, phi := range []float64{0, 1} {
			r := t.run(worlds[n], difference(phi))[0]
			t.text(" %s |", t.mark(r, r.Reject, sizeLow, sizeHigh))
		}
		t.text("\n")
	}
	return t.err
}

type tables struct {
	w    io.Writer
	reps int
	err  error
}

func (t *tables) text(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format, args...)
	}
}

func (t *tables) run(w sim.World, m sim.Method) []sim.Rate {
	return sim.Run(w, seed, t.reps, runtime.NumCPU(), m)
}

// head starts a table with one column per effect of the headline model.
func (t *tables) head(first ...string) {
	t.text("\n|")
	for _, f := range first {
		t.text(" %s |", f)
	}
	for _, ph := range []string{"during", "post"} {
		t.text(" inside, %s | ring 1 | ring 2 | net |", ph)
	}
	t.text("\n|")
	for range len(first) + 8 {
		t.text("---|")
	}
	t.text("\n")
}

// mark is a share in percent, marked where it lies outside [low, high].
func (t *tables) mark(r sim.Rate, share, low, high float64) string {
	s := fmt.Sprintf("%.1f", 100*share)
	out := max(low-share, share-high)
	switch bound := low; {
	case out <= 0:
		return s
	default:
		if share > high {
			bound = high
		}
		if out > 2*r.SE(bound) {
			return "**" + s + "**"
		}
		return "*" + s + "*"
	}
}

func (t *tables) size(w sim.World, errors spillover.Errors) {
	rates := t.run(w, headline(errors))
	name, cluster := "auto", 0.0
	if errors != spillover.Auto {
		name = string(errors)
	}
	for _, r := range rates {
		cluster += r.Cluster / float64(len(rates))
	}
	t.text("| %s | %s | %.0f |", w.Name, name, 100*cluster)
	for _, r := range rates {
		t.text(" %s |", t.mark(r, r.Reject, sizeLow, sizeHigh))
	}
	t.text("\n")
}

func (t *tables) coverage(w sim.World, power bool) {
	rates := t.run(w, headline(spillover.Auto))
	t.text("| %s | coverage | %.2f, %.2f, %.2f |", w.Name, rates[0].Truth, rates[1].Truth, rates[3].Truth)
	for _, r := range rates {
		t.text(" %s |", t.mark(r, r.Cover, coverLow, coverHigh))
	}
	t.text("\n")
	if !power {
		return
	}
	t.text("| | p < .05 | |")
	for _, r := range rates {
		t.text(" %.1f |", 100*r.Reject)
	}
	t.text("\n")
}
