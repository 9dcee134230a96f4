package validate

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"athar"
	"athar/effect/did"
	"athar/effect/placebo"
	"athar/sim"
	"athar/stat"
)

// each runs f for replicates 0..reps-1 on all processors; f writes to its own
// place.
func each(reps int, f func(k int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.NumCPU() {
		wg.Go(func() {
			for k := int(next.Add(1)) - 1; k < reps; k = int(next.Add(1)) - 1 {
				f(k)
			}
		})
	}
	wg.Wait()
}

// share counts the true values and writes them as a rate.
func (t *tables) share(hits []bool, low, high float64) string {
	r := sim.Rate{N: len(hits)}
	for _, h := range hits {
		if h {
			r.Reject += 1 / float64(len(hits))
		}
	}
	if high == 0 {
		return fmt.Sprintf("%.1f", 100*r.Reject)
	}
	return t.mark(r, r.Reject, low, high)
}

// told is share where at least half of the replicates have an answer.
func (t *tables) told(hits []bool, low, high float64) string {
	if 2*len(hits) < t.reps {
		return "–"
	}
	return t.share(hits, low, high)
}

// DiD writes the tables of difference-in-differences.
func DiD(w io.Writer, reps int) error {
	t := &tables{w: w, reps: reps}
	worlds := map[string]sim.World{}
	for _, x := range sim.Worlds() {
		worlds[x.Name] = x
	}
	estimate := func(p *athar.Panel) []athar.Effect { return did.Estimate(p, did.PanelOptions{}).Effects }
	t.text(`# Difference-in-differences: simulations with a known truth

## Counts

Poisson with area and period effects, inside against far areas with at least %d events before; errors clustered by area (CR2).
%d replications. Refused: areas inside, controls or degrees of freedom too few.

| world | true ratio, during | p < .05 | covers | bias of ln RR (error) | true ratio, post | p < .05 | covers | bias of ln RR (error) | refused %% |
|---|---|---|---|---|---|---|---|---|---|
`, did.MinEvents, reps)
	for _, name := range []string{"S0", "S1-phi2", "S1-phi4", "S1-phi8", "S2", "S3", "S6", "S9"} {
		rates := t.run(worlds[name], estimate)
		t.text("| %s |", name)
		for _, r := range rates {
			size := fmt.Sprintf("%.1f", 100*r.Reject)
			if r.Truth == 1 && name != "S3" {
				size = t.mark(r, r.Reject, sizeLow, sizeHigh)
			}
			cover := fmt.Sprintf("%.1f", 100*r.Cover)
			if name != "S3" {
				cover = t.mark(r, r.Cover, coverLow, coverHigh)
			}
			t.text(" %.1f | %s | %s | %+.3f (%.3f) |", r.Truth, size, cover, r.Bias, r.BiasSE)
		}
		t.text(" %.1f |\n", 100*float64(rates[0].Refused)/float64(reps))
	}

	t.text(`
## Group-time effects, staggered starts (S15)

120 units, 60 never treated, three groups of 20 that start in periods 4, 7 and 10 of 14; effects differ by group and grow;
noise AR(1), rho .5. "Few" has groups of 4. Bands are over all 39 cells at once.

| world | control | overall by group: p < .05 | covers | bias (error) | errors by multiplier, covers | band as published, covers | band for small samples, covers | pre-test p < .05 |
|---|---|---|---|---|---|---|---|---|
`)
	for _, c := range []struct {
		name    string
		size    int
		effect  float64
		control did.Control
	}{{"no effect", 20, 0, did.NeverTreated}, {"S15", 20, 1, did.NeverTreated}, {"S15", 20, 1, did.NotYetTreated}, {"S15, few", 4, 1, did.NeverTreated}} {
		reject, cover, boot := make([]bool, reps), make([]bool, reps), make([]bool, reps)
		all, small, pre := make([]bool, reps), make([]bool, reps), make([]bool, reps)
		bias := make([]float64, reps)
		each(reps, func(k int) {
			d, cell, overall := staggered(k, c.size, c.effect)
			e := did.GroupTime(d, did.Options{Control: c.control})
			a := e.Aggregate(did.Group)
			low, high := a.Overall.Interval()
			reject[k] = low > 0 || high < 0
			cover[k] = low <= overall && overall <= high
			bias[k] = a.Overall.ATT - overall
			o := did.Draws{N: 500, Seed: seed, Task: fmt.Sprint("validate", k)}
			b := a.Band(o)
			boot[k] = math.Abs(bias[k]) <= 1.959964*b.SE[len(b.SE)-1]
			b = e.Band(o)
			all[k], small[k] = true, true
			for j, x := range e.Uniform(o) {
				c := e.Cells[j]
				truth := cell(c.Group, c.Period)
				all[k] = all[k] && math.Abs(c.ATT-truth) <= b.Crit*b.SE[j]
				small[k] = small[k] && x.Low <= truth && truth <= x.High
			}
			if test := e.PreTest(); test.DF > 0 {
				pre[k] = test.PSmall < .05
			}
		})
		mean, square := 0.0, 0.0
		for _, x := range bias {
			mean += x / float64(reps)
			square += x * x / float64(reps)
		}
		control := "never"
		if c.control == did.NotYetTreated {
			control = "not yet"
		}
		low, high := 0.0, 0.0
		if c.effect == 0 {
			low, high = sizeLow, sizeHigh
		}
		uniform, test := "refused", "refused"
		if c.size >= did.MinTreated {
			uniform, test = t.share(small, coverLow, coverHigh), t.share(pre, sizeLow, sizeHigh)
		}
		t.text("| %s | %s | %s | %s | %+.4f (%.4f) | %s | %s | %s | %s |\n", c.name, control, t.share(reject, low, high), t.share(cover, coverLow, coverHigh),
			mean, math.Sqrt((square-mean*mean)/float64(reps)), t.share(boot, coverLow, coverHigh), t.share(all, 0, 0), uniform, test)
	}

	t.text(`
## Relative-magnitude bounds

Coverage at Mbar 1 of the effect in one period after treatment, two estimates before, equal steps of drift, which is the worst
that Mbar 1 allows; errors 0.3, correlation 0.5. The interval is made to cover at least 95%%.

| drift per period | 0 | 0.1 | 0.3 | 1 |
|---|---|---|---|---|
| covers |`)
	for _, drift := range []float64{0, .1, .3, 1} {
		hits := make([]bool, reps)
		v := []float64{.09, .045, .045, .045, .09, .045, .045, .045, .09}
		each(reps, func(k int) {
			b := make([]float64, 3)
			stat.NewNormals(v, 3, math.Inf(1)).Draw(b, stat.Stream(seed, "bounds", k))
			for i, x := range []float64{-2 * drift, -drift, drift} {
				b[i] += x
			}
			low, high := did.RelativeMagnitude{Beta: b, Cov: v, Pre: 2, Weights: []float64{1}}.Interval(1)
			hits[k] = low <= 0 && 0 <= high
		})
		t.text(" %s |", t.share(hits, 0, 0))
	}
	t.text("\n")
	return t.err
}

// staggered draws one panel of S15, the true effect of every cell and the true
// average by group.
func staggered(k, size int, effect float64) (d did.Data, cell func(g, t int) float64, overall float64) {
	r := stat.Stream(seed, "staggered", k)
	starts := []int{4, 7, 10}
	scale := map[int]float64{4: 1, 7: .4, 10: 1.6}
	cell = func(g, t int) float64 {
		if t < g {
			return 0
		}
		return effect * scale[g] * (.5 + .2*float64(t-g))
	}
	d = did.Data{Units: 60 + 3*size, Periods: 14}
	for i := range d.Units {
		g := did.Never
		if i < 3*size {
			g = starts[i/size]
		}
		d.First = append(d.First, g)
		level, noise := r.NormFloat64(), r.NormFloat64()
		for t := range d.Periods {
			y := level + math.Sin(float64(t)) + noise
			if g != did.Never {
				y += cell(g, t)
			}
			d.Y = append(d.Y, y)
			noise = .5*noise + math.Sqrt(.75)*r.NormFloat64()
		}
	}
	for _, g := range starts {
		m := 0.0
		for t := g; t < d.Periods; t++ {
			m += cell(g, t) / float64(d.Periods-g)
		}
		overall += m / 3
	}
	return d, cell, overall
}

// Placebo writes the table of the placebo test.
func Placebo(w io.Writer, reps int) error {
	t := &tables{w: w, reps: reps}
	t.text(`# Placebo p: simulations with a known truth

%% of replicates with placebo p <= .05 inside, %d replications, 199 placebos in other areas and at other times (at the true time
alone in brackets). The statistic is the log ratio of the four counts over its error from the dispersion of the months before,
which alone would reject as often as the last column says. At the true time alone too few are apart (–).
A direction is withdrawn where p is above 5%% and above twice the smallest p that could have been reached.

| world | areas inside, far | during | post | refused %% | matched on surge %% | smallest p, mean | p <= twice the smallest, during | the statistic's own error, during |
|---|---|---|---|---|---|---|---|---|
`, reps)
	worlds := map[string]sim.World{}
	for _, x := range sim.Worlds() {
		worlds[x.Name] = x
	}
	for _, name := range []string{"S0", "S1-phi4", "S2", "S3", "S6", "S9"} {
		for _, c := range []struct{ few, far int }{{1, 36}, {3, 36}, {5, 36}, {1, 200}} {
			few, x := c.few, worlds[name].Few(c.few)
			if x.Far = c.far; c.far > 36 {
				x.Name += ", many far"
			}
			var hits [2][2][]bool
			var naive []bool
			refused, matched := make([]bool, reps), make([]bool, reps)
			p := make([][2]placebo.Result, reps)
			each(reps, func(k int) {
				panel, _ := x.Panel(seed, k)
				for j, kind := range []placebo.Kind{placebo.Joint, placebo.Space} {
					p[k][j] = placebo.Test(panel, fourCounts, placebo.Options{Kind: kind, Out: 2, Seed: seed, Task: fmt.Sprint(x.Name, k)})
				}
			})
			var near []bool
			least, ran := 0.0, 0.0
			for k, r := range p {
				if v := r[0].P[0]; !math.IsNaN(v) {
					near = append(near, v <= max(.05, 2*r[0].MinP))
					least, ran = least+r[0].MinP, ran+1
				}
				refused[k], matched[k] = r[0].Refusal != nil, r[0].Matched
				naive = append(naive, math.Abs(r[0].Observed[0]) > 1.959964)
				for j := range r {
					for i, v := range r[j].P {
						if !math.IsNaN(v) {
							hits[j][i] = append(hits[j][i], v <= .05)
						}
					}
				}
			}
			low, high := 0.0, sizeHigh // p may be too large, where few placebos are apart
			if name == "S6" {
				high = 0
			}
			t.text("| %s | %d of %d |", name, few, c.far)
			for i := range 2 {
				lo, hi := low, high
				if name == "S9" && i == 0 {
					lo, hi = 0, 0
				}
				t.text(" %s (%s) |", t.told(hits[0][i], lo, hi), t.told(hits[1][i], lo, hi))
			}
			t.text(" %s | %s | %.3f | %s | %s |\n", t.share(refused, 0, 0), t.share(matched, 0, 0), least/ran, t.told(near, 0, 0), t.share(naive, 0, 0))
		}
	}
	return t.err
}

// fourCounts is the log ratio of inside to far, each phase over before, divided
// by its Poisson error times the root of the dispersion of the months before.
func fourCounts(p *athar.Panel, out []float64) {
	nt := len(p.Periods)
	var near, far [64]float64
	for i, a := range p.Areas {
		to := &near
		switch a.Role {
		case athar.Far:
			to = &far
		case athar.Inside:
		default:
			continue
		}
		for t, n := range p.Count[i*nt : (i+1)*nt] {
			to[t] += n
		}
	}
	sum := func(ph athar.Phase) (in, ctl float64) {
		for t, q := range p.Periods {
			if q.Phase == ph {
				in, ctl = in+near[t], ctl+far[t]
			}
		}
		return in, ctl
	}
	a, b := sum(athar.Pre)
	chi, n := 0.0, 0.0
	for t, q := range p.Periods {
		if mu := far[t] * a / b; q.Phase == athar.Pre && mu > 0 {
			chi += (near[t] - mu) * (near[t] - mu) / mu
			n++
		}
	}
	phi := max(1, chi/(n-1))
	for j, ph := range []athar.Phase{athar.During, athar.Post} {
		c, d := sum(ph)
		out[j] = math.NaN()
		if a > 0 && b > 0 && d > 0 {
			c = max(c, .5)
			out[j] = math.Log(c*b/(a*d)) / stat.RatioSE(phi, a, b, c, d)
		}
	}
}
