package change

import (
	"math"
	"os"
	"strconv"
	"testing"

	"athar/stat"
)

// replications is small here; the figures of docs/validation/change.md are from
// ATHAR_REPS=1000.
func replications(few int) int {
	if n, err := strconv.Atoi(os.Getenv("ATHAR_REPS")); err == nil {
		return n
	}
	return few
}

func share(hits, n int) (p, se float64) {
	p = float64(hits) / float64(n)
	return p, math.Sqrt(max(p*(1-p), .25/float64(n)) / float64(n))
}

// steps is a negative binomial series with changes at the given periods.
func steps(name string, rep, n int, phi float64, cuts []int, levels ...float64) []float64 {
	r := stat.Stream(11, "change/"+name, rep)
	y := make([]float64, n)
	k := 0
	for t := range y {
		for k < len(cuts) && t >= cuts[k] {
			k++
		}
		y[t] = stat.NegBin(r, levels[k], phi)
	}
	return y
}

// False breaks of PELT under noise with three times the variance of chance, by
// weeks over two years and three.
func TestFalseBreaks(t *testing.T) {
	reps := replications(300)
	for _, c := range []struct {
		n      int
		mean   float64
		phi    float64
		factor float64
		most   float64
	}{{104, 10, 3, Conservative, .05}, {156, 10, 3, Conservative, .05}, {104, 30, 3, Conservative, .05}, {104, 10, 1, Conservative, .05}, {104, 10, 3, SIC, .2}} {
		divided, nb, plain, dated := 0, 0, 0, 0
		for rep := range reps {
			y := steps("false", rep, c.n, c.phi, nil, c.mean)
			phi := Dispersion(y, nil)
			penalty := c.factor * math.Log(float64(c.n))
			if len(PELT(Poisson(y, nil), phi*penalty, weeks.minimum)) > 0 {
				divided++
			}
			if phi > 1 && len(PELT(NegBin(y, centre(y)/(phi-1)), penalty, weeks.minimum)) > 0 || phi == 1 && len(PELT(Poisson(y, nil), penalty, weeks.minimum)) > 0 {
				nb++
			}
			if len(PELT(Poisson(y, nil), penalty, weeks.minimum)) > 0 {
				plain++
			}
			root := make([]float64, c.n)
			for i, v := range y {
				root[i] = stat.Root(v, 1)
			}
			p, _ := Breaks(root, weeks.minimum, 5)
			if len(Best(p).Breaks) > 0 {
				dated++
			}
		}
		p, se := share(divided, reps)
		q, _ := share(nb, reps)
		a, _ := share(plain, reps)
		b, _ := share(dated, reps)
		t.Logf("n %d mean %v phi %v, %v ln n: false breaks %.3f (%.3f) divided, %.3f NB cost, %.3f Poisson cost, %.3f least squares", c.n, c.mean, c.phi, c.factor, p, se, q, a, b)
		if p > c.most+3*se || q > c.most+3*se {
			t.Errorf("false breaks in %.3f and %.3f, at most %v", p, q, c.most)
		}
		if c.phi == 3 && a < .3 {
			t.Error("the noise should break the plain Poisson cost, or the test tests nothing")
		}
	}
}

// Coverage of the interval of one break that is there, and how often it is found.
func TestBreakIntervalCovers(t *testing.T) {
	reps := replications(300)
	for _, c := range []struct{ ratio, phi float64 }{{.4, 1}, {.6, 1}, {.4, 3}, {.6, 3}} {
		covered, found, wide := 0, 0, 0.0
		for rep := range reps {
			y := steps("covers", rep, 130, c.phi, []int{80}, 20, 20*c.ratio)
			for i, v := range y {
				y[i] = stat.Root(v, 1)
			}
			p, _ := Breaks(y, weeks.minimum, 5)
			if len(Best(p).Breaks) > 0 {
				found++
			}
			in := Intervals(y, p[1], .95)[0]
			if in.First <= 79 && in.Last >= 79 {
				covered++
			}
			wide += float64(in.Last-in.First+1) / float64(reps)
		}
		p, se := share(covered, reps)
		f, _ := share(found, reps)
		t.Logf("ratio %v phi %v: covers %.3f (%.3f), mean width %.1f weeks, some break found %.3f", c.ratio, c.phi, p, se, wide, f)
		if p < .93-3*se {
			t.Errorf("the interval covers %.3f", p)
		}
	}
}

// The posterior means what it says where the prior is true: of all windows that it
// gives a probability p, the share p holds the change.
func TestPosteriorIsCalibrated(t *testing.T) {
	reps := replications(150)
	for _, poisson := range []bool{true, false} {
		var bins calibration
		for rep := range reps {
			r := stat.Stream(12, "change/calibrated", rep)
			const n, mean = 80, 10.0
			cut := 1 + r.IntN(n-1)
			if r.Float64() < .3 {
				cut = n
			}
			phi := 1.0
			if !poisson {
				phi = Dispersions[r.IntN(len(Dispersions))]
			}
			a, b := mean*r.ExpFloat64(), mean*r.ExpFloat64()
			y := make([]float64, n)
			level := a
			whole := (a*float64(cut) + b*float64(n-cut)) / n
			for t := range y {
				if t == cut {
					level = b
				}
				// One theta for both levels, phi at the mean count.
				y[t] = stat.NegBin(r, level, 1+(phi-1)*level/whole)
			}
			s, err := Posterior(y, nil, Prior{Shape: 1, Rate: 1 / mean, None: .3, Poisson: poisson})
			if err != nil {
				continue
			}
			for first := 1; first+3 < n; first += 4 {
				bins.add(s.Within(first, first+3), cut >= first && cut <= first+3)
			}
			bins.add(s.None, cut == n)
		}
		bins.report(t, map[bool]string{true: "Poisson", false: "negative binomial"}[poisson])
	}
}

// calibration sorts stated probabilities and what came of them.
type calibration struct {
	n                    [5]int
	stated, true, wobble [5]float64
}

func (c *calibration) add(p float64, holds bool) {
	k := 0
	for _, limit := range []float64{.05, .2, .5, .8} {
		if p >= limit {
			k++
		}
	}
	c.n[k]++
	c.stated[k] += p
	c.wobble[k] += p * (1 - p)
	if holds {
		c.true[k]++
	}
}

func (c *calibration) report(t *testing.T, name string) {
	t.Helper()
	for k, n := range c.n {
		if n == 0 {
			continue
		}
		z := (c.true[k] - c.stated[k]) / math.Sqrt(c.wobble[k])
		t.Logf("%s: %5d windows, stated %.3f, held %.3f, z %+.1f", name, n, c.stated[k]/float64(n), c.true[k]/float64(n), z)
		if math.Abs(z) > 4 {
			t.Errorf("%s: stated %.3f, held %.3f", name, c.stated[k]/float64(n), c.true[k]/float64(n))
		}
	}
}

// The law of the nearest break under a planted one at a random week, and without
// any, over dispersed counts.
func TestNearestBreak(t *testing.T) {
	reps := replications(200)
	const n, start = 130, 90
	var all calibration
	for _, c := range []struct{ ratio, phi float64 }{{1, 1}, {1, 3}, {.5, 1}, {.5, 3}, {.7, 3}} {
		var bins calibration
		high, sum, none := 0, 0.0, 0
		for rep := range reps {
			r := stat.Stream(13, "change/nearest", rep)
			cut := 1 + r.IntN(n-1)
			y := steps("nearest", rep, n, c.phi, []int{cut}, 20, 20*c.ratio)
			g, err := Online(y, nil, Hazard{Length: weeks.length, Dispersion: Dispersion(y, nil)})
			if err != nil {
				t.Fatal(err)
			}
			if c.ratio == 1 {
				law, no := g.Nearest(start)
				p := law[start-1] + law[start] + law[start+1] + law[start+2]
				sum += p / float64(reps)
				if p > .5 {
					high++
				}
				if no >= .5 {
					none++
				}
				continue
			}
			// Starts all over the series, so that the share of windows with the break is
			// what a start at random would have.
			for s := 2; s+2 < n; s += 4 {
				law, _ := g.Nearest(s)
				p := law[s-1] + law[s] + law[s+1] + law[s+2]
				bins.add(p, cut >= s-1 && cut <= s+2)
				all.add(p, cut >= s-1 && cut <= s+2)
			}
		}
		if c.ratio == 1 {
			p, se := share(high, reps)
			t.Logf("no break, phi %v: mean probability about the start %.3f, above one half in %.3f (%.3f), no break most probable in %.3f", c.phi, sum, p, se, float64(none)/float64(reps))
			if p > .05+3*se {
				t.Errorf("no break, phi %v: above one half in %.3f", c.phi, p)
			}
			continue
		}
		for k, m := range bins.n {
			if m > 0 {
				t.Logf("ratio %v phi %v: %5d windows, stated %.3f, held %.3f", c.ratio, c.phi, m, bins.stated[k]/float64(m), bins.true[k]/float64(m))
			}
		}
	}
	// The model expects regimes of any size; one size alone it need not match, and a
	// small break that looks certain is more often elsewhere than stated.
	m := float64(all.n[4])
	stated, held := all.stated[4]/m, all.true[4]/m
	t.Logf("all sizes: stated %.3f, held %.3f of %v windows", stated, held, m)
	if math.Abs(stated-held) > .03+4*math.Sqrt(stated*(1-stated)/m) {
		t.Errorf("stated %.3f, held %.3f", stated, held)
	}
}

// A level that drifts has no break, yet looks as if it had many: how often it is
// taken for one, and how often the warning about it comes.
func TestDriftIsWarnedOf(t *testing.T) {
	reps := replications(100)
	for _, c := range []struct{ rho, sd float64 }{{.5, .3}, {.8, .3}, {.95, .3}} {
		broke, before, high, warned, both := 0, 0, 0, 0, 0
		for rep := range reps {
			r := stat.Stream(14, "change/drift", rep)
			s := &series{scale: weeks, weekly: true, first: 90, last: 90, starts: []float64{1}}
			v := c.sd * r.NormFloat64()
			for range 130 {
				s.count = append(s.count, stat.NegBin(r, 20*math.Exp(v-c.sd*c.sd/2), 1))
				s.exposure = append(s.exposure, 1)
				v = c.rho*v + c.sd*math.Sqrt(1-c.rho*c.rho)*r.NormFloat64()
			}
			phi, rho, cuts := s.noise()
			plain, err := Online(s.count, nil, Hazard{Length: s.length, Dispersion: Dispersion(s.count, nil)})
			if err != nil {
				t.Fatal(err)
			}
			if _, _, p := s.about(plain); p > .5 {
				before++
			}
			g, err := Online(s.count, nil, Hazard{Length: s.length, Dispersion: phi})
			if err != nil {
				t.Fatal(err)
			}
			_, none, window := s.about(g)
			told := rho > 0 || float64(len(cuts)) > 2*float64(len(s.count))/s.length
			if none < .5 {
				broke++
				if told {
					both++
				}
			}
			if window > .5 {
				high++
			}
			if told {
				warned++
			}
		}
		h, se := share(high, reps)
		t.Logf("rho %v: some break more likely than none in %.3f (warned of in %.3f of these), above one half about the start in %.3f (%.3f), %.3f without allowing for it, warned in all %.3f",
			c.rho, float64(broke)/float64(reps), float64(both)/math.Max(1, float64(broke)), h, se, float64(before)/float64(reps), float64(warned)/float64(reps))
		if h > .1+3*se {
			t.Errorf("rho %v: a break about the start in %.3f", c.rho, h)
		}
	}
}
