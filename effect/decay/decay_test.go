package decay

import (
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"athar"
	"athar/stat"
)

const outer = 100.0

// world is a panel of a footprint of two areas, near ones at distances of (0, outer] and 40
// far ones, 24 months before and 6 of a campaign, counts of variance phi times their mean;
// near ones change by exp(f(km)).
func world(r *rand.Rand, near int, level, phi float64, f func(km float64) float64) (*athar.Panel, []float64) {
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
		for t, q := range p.Periods {
			mean := size * math.Exp(.3*math.Sin(float64(t)))
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
// no change where there is none in about 5%.
func TestKnownTruth(t *testing.T) {
	n := reps(60)
	for _, c := range []struct {
		name       string
		near       int
		level, phi float64
		f          func(float64) float64
	}{
		{"nothing, 30 areas", 30, 6, 1, func(float64) float64 { return 0 }},
		{"nothing, 30 areas, phi 4", 30, 6, 4, func(float64) float64 { return 0 }},
		{"nothing, 14 areas", 14, 6, 2, func(float64) float64 { return 0 }},
		{"moved next door", 30, 6, 2, func(km float64) float64 { return .6 * math.Exp(-km/30) }},
		{"moved 50 km off", 30, 6, 2, func(km float64) float64 { return .6 * math.Exp(-(km-50)*(km-50)/800) }},
		{"calm all around", 60, 3, 2, func(float64) float64 { return -.4 }},
	} {
		held, beyond, refused := 0, 0, 0
		for k := range n {
			p, km := world(stat.Stream(51, "decay/"+c.name, k), c.near, c.level, c.phi, c.f)
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
		used := n - refused
		t.Logf("%s: %d worlds, %d refused, band holds the line in %.1f%%, leaves out no change somewhere in %.1f%%", c.name, n, refused, 100*float64(held)/float64(used), 100*float64(beyond)/float64(used))
		if float64(held) < .88*float64(used) || used < n*9/10 {
			t.Errorf("%s: %d of %d hold", c.name, held, used)
		}
		if c.f(0) != 0 && c.name != "moved 50 km off" && float64(beyond) < .5*float64(used) {
			t.Errorf("%s: found in %d of %d", c.name, beyond, used)
		}
	}
}
