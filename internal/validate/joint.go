package validate

import (
	"fmt"
	"io"
	"math"

	"athar"
	"athar/effect/joint"
	"athar/stat"
)

// jointWorld is a study with campaigns of six months that start one after the
// other, with six months after each.
type jointWorld struct {
	name, says   string
	campaigns    int
	inside, ring int // areas of each campaign
	far          int
	gap          int // months between two starts
	rr, rings    []float64
	growth       float64 // of ln RR inside, a month
	phi          float64
	sigma        float64 // of the areas' own log intensity, AR(1), rho .5
	shock        float64 // of a campaign's areas in common, AR(1), rho .5
	history      int     // months before all that
}

// draw makes one replicate and the pooled truth by question and phase.
func (w jointWorld) draw(k int) (*joint.Data, map[string]float64) {
	each := w.inside + w.ring
	na := w.campaigns*each + w.far
	nt := w.history + 24 + w.gap*(w.campaigns-1) + 12
	d := &joint.Data{Areas: na, Periods: make([]athar.Period, nt), Count: make([]float64, na*nt), Known: make([]bool, na*nt), Rings: []float64{50}}
	for t := range d.Periods {
		d.Periods[t].Days = 30
		d.Periods[t].First, d.Periods[t].Last = athar.Day(30*t), athar.Day(30*t+29)
	}
	for j := range w.campaigns {
		c := joint.Campaign{ID: fmt.Sprint(j), Inside: make([]bool, na), Km: make([]float64, na), Phase: make([]athar.Phase, nt)}
		for i := range na {
			c.Km[i] = 500
			if i/each == j && i < w.campaigns*each {
				c.Inside[i] = i%each < w.inside
				if c.Km[i] = 20; c.Inside[i] {
					c.Km[i] = 0
				}
			}
		}
		start := w.history + 24 + w.gap*j
		for t := range nt {
			switch {
			case t < start-24 || t >= start+12:
				c.Phase[t] = athar.Outside
			case t < start:
				c.Phase[t] = athar.Pre
			case t < start+6:
				c.Phase[t] = athar.During
			default:
				c.Phase[t] = athar.Post
			}
		}
		d.Campaigns = append(d.Campaigns, c)
	}
	volume := stat.Stream(seed, "joint/volume", 0)
	r := stat.Stream(seed, "joint/"+w.name, k)
	ar := func(sd float64) []float64 {
		x := make([]float64, nt)
		at := r.NormFloat64()
		for t := range x {
			x[t] = math.Exp(sd*at - sd*sd/2)
			at = .5*at + math.Sqrt(.75)*r.NormFloat64()
		}
		return x
	}
	shocks := make([][]float64, w.campaigns)
	for j := range shocks {
		shocks[j] = ar(w.shock)
	}
	sum := map[string][2]float64{}
	for i := range na {
		level := 4 * math.Exp(.6*volume.NormFloat64())
		own := ar(w.sigma)
		j := i / each
		for t := range nt {
			mu := level * math.Exp(.4*math.Sin(float64(t)/3)-.01*float64(t))
			rr := 1.0
			if i < w.campaigns*each {
				if c := &d.Campaigns[j]; c.Phase[t] == athar.During || c.Phase[t] == athar.Post {
					key := "ring"
					if rr = w.rings[j%len(w.rings)]; c.Inside[i] {
						key = "inside"
						rr = w.rr[j%len(w.rr)] * math.Exp(w.growth*float64(t-w.history-24-w.gap*j))
					}
					for _, q := range []string{key, "net"} {
						s := sum[q+string(c.Phase[t])]
						sum[q+string(c.Phase[t])] = [2]float64{s[0] + mu*rr, s[1] + mu}
					}
				}
			}
			m := mu * rr * own[t]
			if i < w.campaigns*each {
				m *= shocks[j][t]
			}
			d.Count[i*nt+t], d.Known[i*nt+t] = stat.NegBin(r, m, w.phi), true
		}
	}
	truth := map[string]float64{}
	for q, s := range sum {
		truth[q] = s[0] / s[1]
	}
	return d, truth
}

// oneEffect is the plain two-way regression with one effect for all campaigns,
// inside in either phase, which takes campaigns that have begun as controls.
func oneEffect(d *joint.Data) float64 {
	nt := len(d.Periods)
	in, ring := make([]float64, len(d.Count)), make([]float64, len(d.Count))
	for _, c := range d.Campaigns {
		for i, x := range c.Inside {
			for t, ph := range c.Phase {
				if ph != athar.During && ph != athar.Post {
					continue
				}
				if x {
					in[i*nt+t] = 1
				} else if c.Km[i] <= 50 {
					ring[i*nt+t] = 1
				}
			}
		}
	}
	var w stat.TwoWay
	w.Design(d.Areas, nt, [][]float64{in, ring}, nil, nil)
	if w.Fit(d.Count) != nil {
		return math.NaN()
	}
	return math.Exp(w.Beta[0])
}

// Joint writes the tables of the pooled answer of several campaigns.
func Joint(w io.Writer, reps int) error {
	t := &tables{w: w, reps: reps}
	one := []float64{1}
	differ, ring := []float64{.4, .6, .9, 1.1}, []float64{1.2}
	worlds := []jointWorld{
		{name: "J0", says: "nothing", campaigns: 4, inside: 4, ring: 4, far: 30, gap: 6, rr: one, rings: one, phi: 1},
		{name: "J1", says: "nothing, dispersion 4", campaigns: 4, inside: 4, ring: 4, far: 30, gap: 6, rr: one, rings: one, phi: 4},
		{name: "J2", says: "nothing, areas' own AR(1), sd .5", campaigns: 4, inside: 4, ring: 4, far: 30, gap: 6, rr: one, rings: one, phi: 1.5, sigma: .5},
		{name: "J2-shock", says: "nothing, AR(1) shocks that a campaign's areas share, sd .3", campaigns: 4, inside: 4, ring: 4, far: 30, gap: 6, rr: one, rings: one, phi: 1.5, sigma: .3, shock: .3},
		{name: "J2-many", says: "nothing, sd .5, ten campaigns of two areas", campaigns: 10, inside: 2, ring: 2, far: 30, gap: 3, rr: one, rings: one, phi: 1.5, sigma: .5},
		{name: "J2-few", says: "nothing, sd .3, three campaigns of one area", campaigns: 3, inside: 1, ring: 3, far: 30, gap: 6, rr: one, rings: one, phi: 1.5, sigma: .3},
		{name: "J6", says: "0.7 inside, everywhere alike", campaigns: 4, inside: 4, ring: 4, far: 30, gap: 6, rr: []float64{.7}, rings: one, phi: 2},
		{name: "J7", says: "0.7 inside, 1.3 in the ring", campaigns: 4, inside: 4, ring: 4, far: 30, gap: 6, rr: []float64{.7}, rings: []float64{1.3}, phi: 2},
		{name: "J15", says: "0.4, 0.6, 0.9, 1.1 inside, falling 3% a month; 1.2 in the ring", campaigns: 4, inside: 4, ring: 4, far: 30, gap: 6, rr: differ, rings: ring, growth: -.03, phi: 1.5, sigma: .3},
		{name: "J15-many", says: "the same in ten campaigns of two areas", campaigns: 10, inside: 2, ring: 2, far: 30, gap: 3, rr: differ, rings: ring, growth: -.03, phi: 1.5, sigma: .3},
		{name: "J15-no-far", says: "J15 with six far areas", campaigns: 4, inside: 4, ring: 4, far: 6, gap: 6, rr: differ, rings: ring, growth: -.03, phi: 1.5, sigma: .3},
	}
	t.text(`# All campaigns together: simulations with a known truth

Written by `+"`make validate`"+`: %d replications, seed %d; a rate of 5%% has a Monte Carlo standard error of %.2f points. **bold**: outside
the required range by more than two of them, *italic*: outside it by less. 24 months before the first campaign, campaigns of six
months with six after, starts staggered; volumes log-normal (sd 0.6, mean about 5 a month), season and a fall of 1%% a month in
common. The truth is the pooled ratio: sum of true means over sum of true means without campaigns. The effects are the same in every
replicate, so where campaigns differ, and in net where ring and inside differ, the jackknife, which takes areas as drawn from more
such areas, should cover too often. The last column is the plain regression with one effect inside for all campaigns and both phases,
against the mean of the two pooled truths.

| world | what is in it | question | truth | p < .05 | covers | bias of ln RR (error) | refused %% | jackknife %% | one regression effect, bias |
|---|---|---|---|---|---|---|---|---|---|
`, reps, seed, 100*math.Sqrt(.05*.95/float64(reps)))
	for _, x := range worlds {
		type row struct {
			rejected, covered, answered, jackknife bool
			bias                                   float64
		}
		rows := make([][6]row, reps)
		naive, differs := make([]float64, reps), make([]bool, reps)
		_, truth := x.draw(0)
		keys := make([]string, 6)
		each(reps, func(k int) {
			d, _ := x.draw(k)
			r := joint.Estimate(d, joint.Options{})
			for n, e := range r.Effects {
				key := string(e.Question) + string(e.Phase)
				if k == 0 {
					keys[n] = key
				}
				if e.Refusal != nil {
					continue
				}
				v := truth[key]
				rows[k][n] = row{e.P < .05, float64(e.Low) <= v && v <= float64(e.High), true, e.Inference == "jackknife", math.Log(float64(e.RR) / v)}
			}
			naive[k] = oneEffect(d)
			differs[k] = r.Heterogeneity != nil && r.Heterogeneity.P < .1
		})
		for n, key := range keys {
			var reject, cover, knife []bool
			mean, square := 0.0, 0.0
			for _, r := range rows {
				if q := r[n]; q.answered {
					reject, cover, knife = append(reject, q.rejected), append(cover, q.covered), append(knife, q.jackknife)
					if !math.IsInf(q.bias, 0) {
						mean += q.bias
						square += q.bias * q.bias
					}
				}
			}
			m := float64(len(reject))
			mean, square = mean/m, square/m
			low, high := 0.0, 0.0
			if truth[key] == 1 {
				low, high = sizeLow, sizeHigh
			}
			plain := ""
			if n == 0 {
				s, c := 0.0, 0.0
				for _, v := range naive {
					if !math.IsNaN(v) {
						s, c = s+math.Log(v), c+1
					}
				}
				// Against both phases' pooled truth, which is what one effect is about.
				both := (truth["insideduring"] + truth["insidepost"]) / 2
				plain = fmt.Sprintf("%+.3f", s/c-math.Log(both))
			}
			t.text("| %s | %s | %s | %.3f | %s | %s | %+.3f (%.3f) | %.1f | %s | %s |\n", x.name, or(n == 0, x.says), key, truth[key], t.told(reject, low, high),
				t.told(cover, coverLow, coverHigh), mean, math.Sqrt((square-mean*mean)/m), 100*(1-m/float64(reps)), t.share(knife, 0, 0), plain)
		}
		if x.campaigns > 2 {
			t.text("| %s | campaigns found to differ (level 10%%) | inside, during | | %s | | | | | |\n", x.name, t.share(differs, 0, 0))
		}
	}

	shifts := max(1, reps/10)
	t.text(`
## Placebo p: all campaigns moved together

%d replications, %d months of history before the 24. Percentage with p <= .05 inside, during; where the
smallest p that can be reached is above .05, a direction is withdrawn at twice that.

| world | p <= .05 | p <= max(.05, twice the smallest) | smallest p, mean | refused %% |
|---|---|---|---|---|
`, shifts, 96)
	for _, n := range []int{0, 2, 3, 8} {
		x := worlds[n]
		x.history = 96
		x.name += ", history"
		small, near, refused := make([]bool, shifts), make([]bool, shifts), make([]bool, shifts)
		least := make([]float64, shifts)
		each(shifts, func(k int) {
			d, _ := x.draw(k)
			r := joint.Shift(d, joint.Options{})
			if refused[k] = r.Refusal != nil || math.IsNaN(r.P[0]); !refused[k] {
				small[k], near[k], least[k] = r.P[0] <= .05, r.P[0] <= max(.05, 2*r.MinP[0]), r.MinP[0]
			}
		})
		mean := 0.0
		for _, v := range least {
			mean += v / float64(shifts)
		}
		t.text("| %s | %s | %s | %.3f | %s |\n", x.name, t.share(small, 0, 0), t.share(near, 0, 0), mean, t.share(refused, 0, 0))
	}
	return t.err
}

func or(first bool, s string) string {
	if first {
		return s
	}
	return ""
}
