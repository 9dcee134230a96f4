package tail

import (
	"math"
	"testing"

	"athar/stat"
)

func TestRivalsTerrorism(t *testing.T) {
	x := terrorism(t)
	f, _ := Best(x, 2)
	r := Rivals(x, f)
	t.Logf("%+v", r)
	// The published figure is the normalised ratio: its p is erfc(.278/sqrt 2).
	near(t, "lognormal Z", r[0].Z, -.2781848, .005)
	near(t, "lognormal p", r[0].P, .7808705, .005)
}

func TestRivalsNativeAmerican(t *testing.T) {
	x := native(t)
	f, _ := Best(x, 2)
	r := Rivals(x, f)
	t.Logf("%+v", r)
	near(t, "lognormal log-likelihood", r[0].LogLik, -1266.18276806869, 1e-4)
	near(t, "mu", r[0].Param[0], -5.22876630676024, .05)
	near(t, "sigma", r[0].Param[1], 2.83872502694581, .01)
	near(t, "lognormal Z", r[0].Z, -.672612194694674, .005)
	near(t, "lognormal p", r[0].P, .501194041505895, .005)
	near(t, "exponential Z", r[1].Z, 2.69092459683422, .01)
	near(t, "exponential p", r[1].P, .00712542978276365, .0005)
}

// The laws' probabilities add to one, and the sums that have no closed form are
// the same term by term.
func TestLawsAddUp(t *testing.T) {
	for _, c := range []struct{ q, mu, sigma float64 }{{1, 1, 1}, {3, -4, 2}, {12, 2, .7}, {20, -30, 5}, {5, 4, 1}} {
		s := 0.
		for x := c.q; x < 3e5; x++ {
			s += math.Exp(logLognormal(x, c.q, c.mu, c.sigma))
		}
		// What is left beyond, P(X >= 3e5), is a ratio of the normal's tails.
		rest, first := (math.Log(3e5-.5)-c.mu)/c.sigma, (math.Log(c.q-.5)-c.mu)/c.sigma
		s += math.Exp(logQ(rest) - logQ(first))
		near(t, "lognormal's sum", s, 1, 1e-6)
	}
	for _, c := range []struct{ a, lambda, q float64 }{{2.5, .01, 1}, {1.2, .001, 10}, {0, .1, 3}, {-1, .5, 2}, {3, 2, 1}, {2, 1e-5, 12}} {
		s := 0.
		for x := c.q; x < c.q+60/c.lambda; x++ {
			s += math.Exp(-c.a*math.Log(x/c.q) - c.lambda*(x-c.q))
		}
		near(t, "cut-off's sum", logCutoff(c.a, c.lambda, c.q), math.Log(s), 1e-8)
	}
	near(t, "without a cut-off", logCutoff(2.5, 1e-12, 4), math.Log(scaled(2.5, 4)), 1e-6)
}

// logQ is the logarithm of the normal's upper tail.
func logQ(z float64) float64 {
	if z < 5 {
		return math.Log(math.Erfc(z/math.Sqrt2) / 2)
	}
	return math.Log(mills(z)) - z*z/2 - math.Log(2*math.Pi)/2
}

// A tail that ends is told from one that does not.
func TestRivalsSeeTheirOwn(t *testing.T) {
	r := stat.Stream(1, "tail/rivals", 0)
	var ends []int
	for len(ends) < 1500 { // rejection from the power law
		one := draws(1.8, 1, 1, r)
		if r.Float64() < math.Exp(-.02*float64(one.Size[0])) {
			ends = append(ends, one.Size[0])
		}
	}
	x := NewTally(ends)
	f, _ := At(x, 1)
	c := Rivals(x, f)[2]
	if c.P > 1e-6 || math.Abs(c.Param[0]-1.8) > .2 || math.Abs(c.Param[1]-.02) > .008 {
		t.Errorf("cut-off not found: %+v", c)
	}
	// Of the right law, no rival is better beyond chance in most samples.
	wrong := 0
	for range 100 {
		x := draws(2.5, 1, 300, r)
		f, _ := At(x, 1)
		for _, v := range Rivals(x, f) {
			if v.LR < 0 && v.P < .05 {
				wrong++
				break
			}
		}
	}
	if wrong > 15 {
		t.Errorf("a rival won in %d of 100 samples of the power law", wrong)
	}
	t.Logf("a rival won in %d of 100", wrong)
}

func BenchmarkRivals(b *testing.B) {
	x := terrorism(b)
	f, _ := Best(x, 2)
	for b.Loop() {
		Rivals(x, f)
	}
}
