package validate

import (
	"io"
	"math"

	"athar"
	"athar/effect/did"
	"athar/effect/spillover"
	"athar/multiverse"
	"athar/panel"
	"athar/sim"
)

// curvePlacebos is how many campaigns that did not happen a curve is set against.
const curvePlacebos = 99

// CurveWorlds are worlds with six years of history, in which campaigns that did not
// happen can be found: two areas inside, one in each ring, 40 far ones in a row.
func CurveWorlds() []World {
	var out []World
	for _, x := range sim.Worlds() {
		w := World{World: x}
		switch x.Name {
		case "S0", "S1-phi4", "S2", "S3":
			w.Null = true
		case "S6":
		default:
			continue
		}
		w.Inside, w.Ring, w.Far, w.Pre, w.Level = 2, 1, 40, 72, 6
		out = append(out, w)
	}
	return out
}

// curveSetup is the multiverse of a replicate: 12 or 24 months before, none or two of them
// dropped, no or one month of wash-in, two models.
func curveSetup(w sim.World, replicate int) (multiverse.Setup, error) {
	p, _ := w.Panel(seed, replicate)
	areas := make([]athar.Area, len(p.Areas))
	for i, a := range p.Areas {
		areas[i].Code = a.Code
	}
	last := p.Periods[len(p.Periods)-1].Last
	g, err := panel.NewGrid(areas, panel.Month, []athar.Span{{First: p.Periods[0].First, Last: last}})
	if err != nil {
		return multiverse.Setup{}, err
	}
	for i, a := range p.Areas {
		for t, q := range p.Periods {
			g.Add(a.Code, q.Span, int(p.Count[p.At(i, t)]))
		}
	}
	km := func(i, j int) float64 { return 20 * max(0, math.Abs(float64(i-j))-1) }
	c := w.Campaigns()[0]
	start, end := p.Periods[c.From].First, p.Periods[c.To-1].Last
	site := panel.Site{ID: "c", Footprint: c.Areas, Start: athar.Span{First: start, Last: start}, End: athar.Span{First: end, Last: end}}
	inside := map[int]bool{}
	for _, j := range c.Areas {
		inside[j] = true
	}
	for i := range areas {
		// One step from the footprint is ring 1, two are ring 2.
		near := math.Inf(1)
		for j := range inside {
			near = min(near, 20*math.Abs(float64(i-j)))
		}
		site.Km = append(site.Km, near)
	}
	s := multiverse.Setup{Site: site, Draws: curvePlacebos, Seed: uint64(replicate), Km: km,
		Dimensions: []athar.Dimension{{Name: "pre_months", Values: []string{"24", "12"}}, {Name: "donut", Values: []string{"0", "2"}},
			{Name: "wash_in", Values: []string{"0", "1"}}, {Name: "estimator", Values: []string{"spillover", "did"}}},
		Estimators: []multiverse.Estimator{
			{Name: "spillover", Lean: multiverse.Poisson(true, 0), Full: func(p *athar.Panel) []athar.Effect {
				return spillover.Estimate(p, spillover.Options{Draws: -1}).Effects
			}},
			{Name: "did", Scope: multiverse.WithoutRings, Lean: multiverse.Poisson(false, did.MinEvents), Full: func(p *athar.Panel) []athar.Effect {
				return did.Estimate(p, did.PanelOptions{Bare: true}).Effects
			}},
		}}
	for a, pre := range []int{24, 12} {
		for b, donut := range []int{0, 2} {
			for c, wash := range []int{0, 1} {
				d := panel.Design{PreMonths: pre, PostMonths: 6, WashIn: wash, Rings: sim.RingKm, MinRing: 10, Ramadan: func(athar.Span) int { return 0 }}
				s.Worlds = append(s.Worlds, multiverse.World{Choice: []int{a, b, c}, Grid: g, Design: d, Donut: donut})
			}
		}
	}
	return s, nil
}

// Curves writes how often the joint p values of a multiverse are at most 5 % where
// nothing happened, and where something did.
func Curves(w io.Writer, reps int) error {
	t := &tables{w: w, reps: reps}
	t.text(`# The multiverse as one piece of evidence

Written by `+"`make validate`"+`: %d replications, seed %d; a rate of 5%% has a Monte Carlo standard error of %.2f points. Every replicate is a region of 44 areas in a row (two inside, one in each of two rings,
40 far) over seven years, %g events an area and month, whose campaign is asked under 16 specifications (24 or 12 months before, none or two of them dropped, no or one month of wash-in, the spillover
model or Poisson difference-in-differences) and set against the same curve for up to %d campaigns that did not happen. *apart*: to how many independent ones they amount where they share
areas or months. **Bold**: more than 5%% by more than two standard errors.

| world | what is in it | phase | placebos | apart | median: p <= .05 | share | Stouffer | refused |
|---|---|---|---|---|---|---|---|---|
`, reps, seed, 100*sim.Rate{N: reps}.SE(.05), 6., curvePlacebos)
	for _, x := range CurveWorlds() {
		if _, err := curveSetup(x.World, 0); err != nil {
			return err
		}
		curves := make([][]athar.Multiverse, reps)
		each(reps, func(k int) {
			s, _ := curveSetup(x.World, k) // as the first, which had no error
			e := multiverse.New(s)
			run := e.Runner()
			rows := make([][]float64, e.Placebos())
			for i := range rows {
				rows[i] = run(i)
			}
			curves[k] = e.Join(e.Observe(0, e.Specs()), rows)
		})
		for _, phase := range multiverse.Phases {
			n, refused, placebos, apart := 0, 0, 0., 0.
			var low [3]int
			for _, list := range curves {
				for _, m := range list {
					switch {
					case m.Phase != phase:
					case m.Joint.Refusal != nil:
						refused++
					default:
						n++
						placebos += float64(m.Joint.Placebos)
						apart += float64(m.Joint.Apart)
						for i, p := range []athar.Num{m.Joint.MedianP, m.Joint.ShareP, m.Joint.StoufferP} {
							if p <= .05 {
								low[i]++
							}
						}
					}
				}
			}
			all := float64(max(1, n))
			t.text("| %s | %s | %s | %.0f | %.0f |", x.Name, x.Says, phase, placebos/all, apart/all)
			for _, k := range low {
				share := float64(k) / all
				if x.Null {
					t.text(" %s |", t.mark(sim.Rate{N: n}, share, 0, .05))
				} else {
					t.text(" %.1f |", 100*share)
				}
			}
			t.text(" %.1f |\n", 100*float64(refused)/float64(reps))
		}
	}
	return t.err
}
