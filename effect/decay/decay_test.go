package decay

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"athar"
	"athar/stat"
)

const outer = 100.0

// world is a panel of a footprint of two areas, near ones at distances of (0, outer] and 40
// far ones, 24 months before and 6 of a campaign, counts of variance phi times their mean;
// near ones change by exp(f(km)).
// shock is the standard deviation of what an area alone keeps from the start of the campaign on.
func world(r *rand.Rand, near int, level, phi, shock float64, f func(km float64) float64) (*athar.Panel, []float64) {
	const far, before, during = 40, 24, 6
	p := &athar.Panel{}
	for t := range before + during {
		first := athar.Day(30 * t)
		q := athar.Period{Span: athar.Span{First: first, Last: first + 29}, Days: 30, Phase: athar.Pre}
		if t >= before {
			q.Phase = athar.During
		}
		p.Periods = append(p.Periods, q)
	}
	var km []float64
	for i := range 2 + near + far {
		a, d := athar.PanelArea{Code: strconv.Itoa(i), Role: athar.Far}, math.Inf(1)
		switch {
		case i < 2:
			a.Role, d = athar.Inside, 0
		case i < 2+near:
			d = outer * (1 - r.Float64())
			a.Role = athar.Role(1 + min(2, int(d/outer*3)))
		}
		p.Areas, km = append(p.Areas, a), append(km, d)
		size := level * math.Exp(.5*r.NormFloat64())
		own := shock * r.NormFloat64()
		for t, q := range p.Periods {
			mean := size * math.Exp(.3*math.Sin(float64(t)))
			if q.Phase == athar.During {
				mean *= math.Exp(own)
			}
			if a.Role.IsRing() && q.Phase == athar.During {
				mean *= math.Exp(f(d))
			}
			p.Count, p.Use = append(p.Count, stat.NegBin(r, mean, phi)), append(p.Use, true)
		}
	}
	return p, km
}

func reps(n int) int {
	if v, err := strconv.Atoi(os.Getenv("ATHAR_REPS")); err == nil {
		return v
	}
	return n
}

// The band holds the whole line in about 95% of worlds, whatever its course, and leaves out
// no change where there is none in about 5%. docs/validation/decay.md has 1,000 worlds a row.
func TestKnownTruth(t *testing.T) {
	n := reps(25)
	nothing := func(float64) float64 { return 0 }
	for _, c := range []struct {
		name              string
		near              int
		level, phi, shock float64
		f                 func(float64) float64
		power             float64
	}{
		{"nothing, 30 areas", 30, 6, 1, 0, nothing, 0},
		{"nothing, phi 4", 30, 6, 4, 0, nothing, 0},
		{"nothing, 14 areas", 14, 6, 2, 0, nothing, 0},
		{"nothing, an event in three months", 30, .3, 1, 0, nothing, 0},
		{"nothing, areas with shocks of .4", 30, 6, 1, .4, nothing, 0},
		{"moved next door", 30, 6, 2, 0, func(km float64) float64 { return .6 * math.Exp(-km/30) }, .6},
		{"moved 50 km off", 30, 6, 2, 0, func(km float64) float64 { return .6 * math.Exp(-(km-50)*(km-50)/800) }, .6},
		{"calm all around", 60, 3, 2, 0, func(float64) float64 { return -.4 }, .6},
	} {
		held, beyond, refused := 0, 0, 0
		for k := range n {
			p, km := world(stat.Stream(51, "decay/"+c.name, k), c.near, c.level, c.phi, c.shock, c.f)
			l := Estimate(p, km, outer, uint64(k))[0]
			if l.Refusal != nil {
				refused++
				continue
			}
			all, out := true, false
			for i, d := range l.Km {
				truth := math.Exp(c.f(float64(d)))
				all = all && float64(l.Low[i]) <= truth && truth <= float64(l.High[i])
				out = out || l.Low[i] > 1 || l.High[i] < 1
			}
			if all {
				held++
			}
			if out {
				beyond++
			}
		}
		used := float64(n - refused)
		t.Logf("| %s | %d | %d | %.1f%% | %.1f%% |", c.name, n, refused, 100*float64(held)/used, 100*float64(beyond)/used)
		if float64(held) < .8*used || used < .9*float64(n) {
			t.Errorf("%s: %d of %g hold, %d refused", c.name, held, used, refused)
		}
		if float64(beyond) < c.power*used {
			t.Errorf("%s: found in %d of %g", c.name, beyond, used)
		}
	}
}

// A line does not depend on when it all happened nor on the unit of exposure, and what is
// missing does not enter it.
func TestInvariance(t *testing.T) {
	p, km := world(stat.Stream(52, "decay/same", 0), 20, 4, 2, 0, func(float64) float64 { return .3 })
	want := Estimate(p, km, outer, 1)[0]
	same := func(what string, got athar.DecayLine) {
		t.Helper()
		for i := range want.RR {
			if math.Abs(math.Log(float64(got.RR[i]/want.RR[i]))) > 1e-6 || math.Abs(math.Log(float64(got.High[i]/want.High[i]))) > 1e-6 {
				t.Fatalf("%s: %v, was %v", what, got.RR, want.RR)
			}
		}
	}
	q := *p
	q.Periods = slices.Clone(p.Periods)
	for i := range q.Periods {
		q.Periods[i].First, q.Periods[i].Last, q.Periods[i].Days = p.Periods[i].First+700, p.Periods[i].Last+700, 7*p.Periods[i].Days
	}
	same("later, in other units", Estimate(&q, km, outer, 1)[0])
	// A wild cell that nobody may use.
	q = *p
	q.Areas, q.Count, q.Use = append(slices.Clone(p.Areas), athar.PanelArea{Code: "x", Role: 1}), slices.Clone(p.Count), slices.Clone(p.Use)
	for range p.Periods {
		q.Count, q.Use = append(q.Count, 1000), append(q.Use, false)
	}
	same("an area that is not used", Estimate(&q, append(slices.Clone(km), 3), outer, 1)[0])
}

func TestRefusals(t *testing.T) {
	nothing := func(float64) float64 { return 0 }
	for _, c := range []struct {
		reason string
		near   int
		change func(p *athar.Panel)
	}{
		{"decay-few-areas", 9, func(*athar.Panel) {}},
		{"no-control", 20, func(p *athar.Panel) { silence(p, athar.Far, athar.Pre) }},
		{"no-control-in-phase", 20, func(p *athar.Panel) { silence(p, athar.Far, athar.During) }},
		{"no-events-after", 20, func(p *athar.Panel) {
			for r := athar.Role(1); r <= 3; r++ {
				silence(p, r, athar.During)
			}
		}},
		{"decay-uneven", 20, func(p *athar.Panel) {
			for t := range p.Periods {
				p.Count[p.At(3, t)] *= 300
			}
		}},
		{"decay-unbounded", 20, func(p *athar.Panel) { // another campaign reaches all that this one does
			e := athar.Exposure{Name: "around-other", N: make([]float64, len(p.Count))}
			for i, a := range p.Areas {
				for t, q := range p.Periods {
					if a.Role.IsRing() && q.Phase == athar.During {
						e.N[p.At(i, t)] = 1
					}
				}
			}
			p.Other = append(p.Other, e)
		}},
	} {
		p, km := world(stat.Stream(53, "decay/refusals", 0), c.near, 4, 1, 0, nothing)
		c.change(p)
		if l := Estimate(p, km, outer, 1)[0]; l.Refusal == nil || l.Refusal.Reason.Code != c.reason || len(l.Km) != 0 {
			t.Errorf("%s: %+v", c.reason, l)
		}
	}
	p, km := world(stat.Stream(53, "decay/refusals", 0), 20, 4, 1, 0, nothing)
	for i := range p.Areas {
		if p.Areas[i].Role.IsRing() {
			p.Areas[i].Role = athar.LeftOut
		}
	}
	if l := Estimate(p, km, outer, 1); len(l) != 0 {
		t.Errorf("without rings: %+v", l)
	}
}

// silence takes the events of a role in a phase.
func silence(p *athar.Panel, role athar.Role, ph athar.Phase) {
	for i, a := range p.Areas {
		for t, q := range p.Periods {
			if a.Role == role && q.Phase == ph {
				p.Count[p.At(i, t)] = 0
			}
		}
	}
}
