package validate

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"

	"athar"
	"athar/displace/wdd"
	"athar/sim"
	"athar/stat"
)

// harmWorld is a campaign whose events differ in harm: six areas inside, six around, 24
// far, two years before and half a year each during and after.
type harmWorld struct {
	name, says string
	mean       float64   // events an area and month
	phi        []float64 // by class; one: of all events together, classes at random
	share      []float64 // of events by class
	harm       []float64 // of one event by class; nil: deaths, drawn event by event
	tail       float64   // of deaths, discrete Pareto; 0: geometric, mean 2
	now        []float64 // factor by class inside while it runs and after; nil: none
}

var harmShares = []float64{.7, .25, .05}

func harmWorlds() []harmWorld {
	var out []harmWorld
	for _, phi := range []float64{1, 2, 4} {
		h := harmWorld{phi: []float64{phi}, share: harmShares, harm: []float64{1, 5, 20}, mean: 4}
		h.name, h.says = fmt.Sprintf("phi%g", phi), fmt.Sprintf("classes of harm 1, 5 and 20 (70, 25 and 5 %% of events), dispersion %g of all events together", phi)
		out = append(out, h)
	}
	out = append(out,
		harmWorld{"own-phi", "the same, each class with its own dispersion: 1, 2 and 4", 4, []float64{1, 2, 4}, harmShares, []float64{1, 5, 20}, 0, nil},
		harmWorld{"few", "phi2 with a quarter of the events", 1, []float64{2}, harmShares, []float64{1, 5, 20}, 0, nil},
		harmWorld{"deaths", "harm is deaths, geometric with mean 2; dispersion 2", 4, []float64{2}, []float64{1}, nil, 0, nil},
		harmWorld{"deaths-heavy", "the same with a heavy tail, P(deaths >= d) = d^-1.8", 4, []float64{2}, []float64{1}, nil, 1.8, nil},
		harmWorld{"shift", "phi2; inside, the class of harm 1 falls by half and that of harm 20 is fourfold", 4, []float64{2}, harmShares, []float64{1, 5, 20}, 0, []float64{.5, 1, 4}})
	return out
}

// draw makes the panel of events, that of harm with its squares, and what the campaign
// added of harm inside during it.
func (w harmWorld) draw(k int) (events, sums *athar.Panel, squares []float64, truth float64) {
	const areas, months = 36, 36
	r := stat.Stream(seed, "harm/"+w.name, k)
	volume := stat.Stream(seed, "harm/volume", 0)
	events = &athar.Panel{}
	for t := range months {
		q := athar.Period{Phase: athar.Pre, Days: 30, Span: athar.Span{First: athar.Day(30 * t), Last: athar.Day(30*t + 29)}}
		switch {
		case t >= 30:
			q.Phase = athar.Post
		case t >= 24:
			q.Phase = athar.During
		}
		events.Periods = append(events.Periods, q)
	}
	events.Count, events.Use = make([]float64, areas*months), make([]bool, areas*months)
	squares = make([]float64, areas*months)
	harm := make([]float64, areas*months)
	for i := range areas {
		role := athar.Far
		switch {
		case i < 6:
			role = athar.Inside
		case i < 12:
			role = 1
		}
		events.Areas = append(events.Areas, athar.PanelArea{Code: fmt.Sprint(i), Role: role})
		// The difference assumes equal changes in counts: inside, around and far have the
		// same levels here, area by area.
		level := w.mean
		if i%2 == 0 {
			level *= math.Exp(.3 * volume.NormFloat64())
		}
		for t := range months {
			mu := level * (1 + .3*math.Sin(2*math.Pi*float64(t)/12))
			for c, n := range w.classes(r, mu, role == athar.Inside && t >= 24) {
				at := i*months + t
				events.Count[at] += n
				if w.harm != nil {
					harm[at] += w.harm[c] * n
					squares[at] += w.harm[c] * w.harm[c] * n
					continue
				}
				for range int(n) {
					d := w.deaths(r)
					harm[at] += d
					squares[at] += d * d
				}
			}
			if w.now != nil && role == athar.Inside && t >= 24 && t < 30 {
				for c, f := range w.now {
					truth += mu * w.share[c] * (f - 1) * w.harm[c]
				}
			}
			events.Use[i*months+t] = true
		}
	}
	p := *events
	p.Count = harm
	return events, &p, squares, truth
}

// classes draws the events of an area and month by class.
func (w harmWorld) classes(r *rand.Rand, mu float64, treated bool) []float64 {
	out := make([]float64, len(w.share))
	factor := func(c int) float64 {
		if treated && w.now != nil {
			return w.now[c]
		}
		return 1
	}
	if len(w.phi) > 1 {
		for c, s := range w.share {
			out[c] = stat.NegBin(r, mu*s*factor(c), w.phi[c])
		}
		return out
	}
	total := 0.0
	for c, s := range w.share {
		total += s * factor(c)
	}
	for range int(stat.NegBin(r, mu*total, w.phi[0])) {
		u, c := r.Float64()*total, 0
		for ; c < len(w.share)-1 && u >= w.share[c]*factor(c); c++ {
			u -= w.share[c] * factor(c)
		}
		out[c]++
	}
	return out
}

func (w harmWorld) deaths(r *rand.Rand) float64 {
	if w.tail > 0 {
		return math.Floor(math.Pow(1-r.Float64(), -1/w.tail))
	}
	return math.Floor(math.Log(1-r.Float64()) / math.Log(2./3))
}

// Harm writes how often the difference of harm is found where nothing happened, and how
// often its interval holds the truth.
func Harm(w io.Writer, reps int) error {
	t := &tables{w: w, reps: reps}
	t.text(`# The displacement difference weighed by harm

Written by `+"`make validate`"+`: %d replications of every world, seed %d. Six areas inside, six around, 24 far, alike in level, with a season; 24 months
before, 6 during, 6 after. A rate of 5%% has a Monte Carlo standard error of %.2f points; **bold** rates lie outside [3.5, 6.5]%% by more than two of them,
*italic* ones by less. The test is the one of a study: sum of squared harms times the dispersion of the areas' own harm before.

| world | what is in it |
|---|---|
`, reps, seed, 100*sim.Rate{N: reps}.SE(.05))
	for _, x := range harmWorlds() {
		t.text("| %s | %s |\n", x.name, x.says)
	}
	t.text(`
## Size: %% of replicates with p < .05 during the campaign where nothing happened

*Without dispersion* is the same test as the formula stands, phi = 1. *Warned* is how often the report says that a sum is as uncertain as one of fewer than
20 events. The last column is the mean dispersion of harm.

| world | events, inside | harm, inside | around | both | harm inside, without dispersion | warned | dispersion |
|---|---|---|---|---|---|---|---|
`)
	for _, x := range harmWorlds() {
		if x.now != nil {
			continue
		}
		s := x.run(reps)
		t.text("| %s |", x.name)
		for _, n := range s.reject {
			t.text(" %s |", t.mark(sim.Rate{N: reps}, float64(n)/float64(reps), sizeLow, sizeHigh))
		}
		t.text(" %.1f | %.2f |\n", 100*float64(s.warned)/float64(reps), s.phi/float64(reps))
	}
	for _, x := range harmWorlds() {
		if x.now == nil {
			continue
		}
		s := x.run(reps)
		t.text(`
## A world with an effect

In *%s* harm inside changes by %+.1f during the campaign. Its 95%% interval held that in %s%% of replicates (required 93 to 97); a change of harm was found in
%.1f%%, one of events in %.1f%%. The mean estimate is off by %+.1f (standard error %.1f).
`, x.name, s.truth, t.mark(sim.Rate{N: reps}, float64(s.covered)/float64(reps), coverLow, coverHigh), 100*float64(s.reject[1])/float64(reps), 100*float64(s.reject[0])/float64(reps),
			s.off/float64(reps), math.Sqrt(s.off2/float64(reps)-s.off*s.off/float64(reps)/float64(reps))/math.Sqrt(float64(reps)))
	}
	return t.err
}

// harmTally counts over replicates: rejections of events inside, of harm inside, around
// and both, and of harm inside without dispersion.
type harmTally struct {
	reject          [5]int
	warned, covered int
	phi, truth      float64
	off, off2       float64 // of the estimate inside from the truth
}

func (w harmWorld) run(reps int) (out harmTally) {
	each := make([]harmTally, reps)
	var wg sync.WaitGroup
	next := make(chan int)
	for range runtime.NumCPU() {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for k := range next {
				each[k] = w.one(k)
			}
		}()
	}
	for k := range reps {
		next <- k
	}
	close(next)
	wg.Wait()
	for _, e := range each { // in order: sums of floats
		for i, n := range e.reject {
			out.reject[i] += n
		}
		out.warned += e.warned
		out.covered += e.covered
		out.phi += e.phi
		out.truth = e.truth
		out.off += e.off
		out.off2 += e.off * e.off
	}
	return out
}

func (w harmWorld) one(k int) (t harmTally) {
	events, sums, squares, truth := w.draw(k)
	found := func(i int, e athar.Effect) {
		if e.P < .05 {
			t.reject[i]++
		}
	}
	found(0, wdd.Estimate(events, wdd.Options{Bare: true}).Effects[0])
	res := wdd.Estimate(sums, wdd.Options{Squares: squares})
	for i := range 3 {
		found(i+1, res.Effects[i])
	}
	found(4, wdd.Estimate(sums, wdd.Options{Squares: squares, Phi: 1}).Effects[0])
	inside := res.Effects[0]
	for _, n := range inside.Warnings {
		if n.Code == "harm-few" {
			t.warned++
		}
	}
	t.phi, t.truth, t.off = res.Phi, truth, -float64(inside.Avoided)-truth
	if low, high := -float64(inside.AvoidedHigh), -float64(inside.AvoidedLow); low <= truth && truth <= high {
		t.covered++
	}
	return t
}
