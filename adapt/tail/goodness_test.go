package tail

import (
	"math"
	"testing"

	"athar/stat"
)

// Clauset, Shalizi and Newman print p .68 for attacks of 1968-2006.
func TestGoodnessTerrorism(t *testing.T) {
	x := terrorism(t)
	f, _ := Best(x, 2)
	g := Test(x, f, Bootstrap{Seed: 1, Workers: 2})
	t.Logf("p %.3f, sd of alpha %.3f, of xmin %.2f", g.P, g.AlphaSD, g.XminSD)
	near(t, "p", g.P, .68, .08)
}

// poweRlaw's p from 100 draws is .16, with a Monte Carlo error of .037.
func TestGoodnessNativeAmerican(t *testing.T) {
	x := native(t)
	f, _ := Best(x, 2)
	g := Test(x, f, Bootstrap{Seed: 1, Workers: 2})
	t.Logf("p %.3f, sd of alpha %.3f, of xmin %.2f", g.P, g.AlphaSD, g.XminSD)
	near(t, "p", g.P, .16, .08)
}

func TestWorkersDoNotMatter(t *testing.T) {
	r := stat.Stream(1, "tail/test", 0)
	x := draws(2.5, 3, 400, r)
	f, _ := Best(x, 2)
	one := Test(x, f, Bootstrap{Draws: 60, Seed: 5})
	if three := Test(x, f, Bootstrap{Draws: 60, Seed: 5, Workers: 3}); one != three {
		t.Errorf("one worker %+v, three %+v", one, three)
	}
}

// draws makes n sizes of a power law.
func draws(alpha float64, xmin, n int, r interface{ Float64() float64 }) Tally {
	l := newLaw(alpha, xmin)
	x := make([]int, n)
	for i := range x {
		u := 1 - r.Float64()
		if u <= l.above[table] {
			x[i] = l.beyond(u)
			continue
		}
		for x[i] = xmin; l.above[x[i]+1-xmin] >= u; x[i]++ {
		}
	}
	return NewTally(x)
}

// The quick draws have the law's probabilities, also beyond the table.
func TestDraws(t *testing.T) {
	const n, reps = 400, 500
	l := newLaw(1.8, 2)
	counts := make([]int, table)
	var rest []int
	r := stat.Stream(1, "tail/draws", 0)
	for range reps {
		rest = l.fill(n, counts, rest, r)
	}
	chi, cells, left, p := 0., 0., 0., 0.
	for k, c := range counts {
		q := l.above[k] - l.above[k+1]
		if e := q * n * reps; e > 20 {
			chi += (float64(c) - e) * (float64(c) - e) / e
			cells++
		} else {
			left, p = left+float64(c), p+q
		}
	}
	e := p * n * reps
	chi += (left - e) * (left - e) / e
	e = l.above[table] * n * reps
	chi += (float64(len(rest)) - e) * (float64(len(rest)) - e) / e
	if z := (chi - cells - 1) / math.Sqrt(2*(cells+1)); z > 4 || z < -4 {
		t.Errorf("chi-squared %.1f on %.0f cells", chi, cells+1)
	}
	// Inversion gives the largest size that is still that rare.
	for _, u := range []float64{.9, .5, .01} {
		u *= l.above[table]
		if x := l.beyond(u); l.survival(x) < u || l.survival(x+1) >= u {
			t.Errorf("P(X >= %d) = %g, P(X >= %d) = %g around %g", x, l.survival(x), x+1, l.survival(x+1), u)
		}
	}
	// Half of those beyond the table lie beyond the law's median there.
	over := 0.
	for _, x := range rest {
		if l.survival(x) < l.above[table]/2 {
			over++
		}
	}
	share, m := over/float64(len(rest)), float64(len(rest))
	near(t, "share beyond the median", share, .5, 4*.5/math.Sqrt(m)+.02)
}

func BenchmarkGoodness(b *testing.B) {
	x := terrorism(b)
	f, _ := Best(x, 2)
	for b.Loop() {
		Test(x, f, Bootstrap{Draws: 100, Seed: 1})
	}
}
