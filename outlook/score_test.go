package outlook

import (
	"math"
	"os"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"
	"gonum.org/v1/gonum/mathext"

	"athar/internal/testdata"
	"athar/stat"
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: %.10g, want %.10g within %g", what, got, want, tol)
	}
}

// BENCHMARKS U5.
func TestClosedForms(t *testing.T) {
	inf := math.Inf(1)
	near(t, "normal, 0", CRPSNormal(0, 1, 0), .2336950, 5e-8)
	near(t, "normal, 1", CRPSNormal(0, 1, 1), .6024414, 5e-8)
	near(t, "Poisson", CRPSNegBin(3, inf, 5), 1.313114, 5e-7)
	near(t, "negative binomial", CRPSNegBin(5, 2, 0), 2.792245, 5e-7)

	x := make([]float64, 1000)
	fillNegBin(x, 3, inf)
	near(t, "Poisson, 1000 points", CRPS(x, 5), 1.313114, 1e-3)
	fillNegBin(x, 5, 2)
	near(t, "negative binomial, 1000 points", CRPS(x, 0), 2.792245, 2e-3)
	r, zero, one := stat.Stream(1, "u5", 0), 0.0, 0.0
	for range 100 { // a single sample of 1,000 is off by 4% in one case of three
		for i := range x {
			x[i] = r.NormFloat64()
		}
		slices.Sort(x)
		zero += CRPS(x, 0) / 100
		one += CRPS(x, 1) / 100
	}
	near(t, "normal, 1000 draws", zero, .2336950, .03*.2336950)
	near(t, "normal, 1000 draws", one, .6024414, .03*.6024414)
}

// A second route to the negative binomial: the closed form with Gauss's
// hypergeometric function (Wei and Held 2014).
func TestNegBinBySecondRoute(t *testing.T) {
	for _, c := range []struct{ n, mean float64 }{{2, 5}, {.4, 1}, {6, 3}} {
		p := c.n / (c.n + c.mean)
		cdf := func(k, n float64) float64 {
			if k < 0 {
				return 0
			}
			return mathext.RegIncBeta(n, k+1, p)
		}
		for _, y := range []float64{0, 1, 4, 17} {
			// 2F1(n+1, 1/2; 2; z) by its Euler integral, the series does not reach that far.
			z, f, steps := -4*(1-p)/(p*p), 0.0, 200000
			for i := range steps { // s = sin^2 u takes both ends' roots away
				u := (float64(i) + .5) / float64(steps) * math.Pi / 2
				s := math.Sin(u) * math.Sin(u)
				f += 2 * (1 - s) * math.Pow(1-z*s, -c.n-1) * math.Pi / 2 / float64(steps)
			}
			f *= 2 / math.Pi // over B(1/2, 3/2)
			want := y*(2*cdf(y, c.n)-1) - c.n*(1-p)/(p*p)*(p*(2*cdf(y-1, c.n+1)-1)+f)
			near(t, "closed form", CRPSNegBin(c.mean, c.n, y), want, 1e-6)
		}
	}
}

// The sum over the sorted sample against the double sum, and the fair form.
func TestSampleCRPS(t *testing.T) {
	r := stat.Stream(2, "crps", 0)
	for range 20 {
		x := make([]float64, 2+r.IntN(40))
		for i := range x {
			x[i] = float64(r.IntN(9))
		}
		slices.Sort(x)
		y, m := float64(r.IntN(12)), float64(len(x))
		var a, b float64
		for _, u := range x {
			a += math.Abs(u - y)
			for _, v := range x {
				b += math.Abs(u - v)
			}
		}
		near(t, "CRPS", CRPS(x, y), a/m-b/(2*m*m), 1e-12)
		near(t, "fair CRPS", CRPSFair(x, y), a/m-b/(2*m*(m-1)), 1e-12)
	}
	near(t, "a point", CRPS([]float64{3}, 7), 4, 0)
}

// BENCHMARKS U6: the formula, worked by hand at level .9.
func TestIntervalScore(t *testing.T) {
	for _, c := range []struct{ l, u, level, y, want float64 }{
		{2, 6, .5, 4, 4}, {2, 6, .5, 1, 8}, {2, 6, .5, 9, 16}, {0, 0, .75, 1, 8}, {1, 3, .5, 3, 2},
	} {
		if got := IntervalScore(c.l, c.u, c.level, c.y); got != c.want {
			t.Errorf("%v: %v", c, got)
		}
	}
}

func TestIGN(t *testing.T) {
	for v, want := range map[float64]int{0: 0, 1: 1, 2: 2, 5: 2, 6: 3, 10: 3, 11: 4, 100: 4, 101: 5, 1000: 5, 1001: 6, 1e6: 6} {
		if bin(v) != want {
			t.Errorf("%v lies in class %d, want %d", v, bin(v), want)
		}
	}
	x := []float64{0, 0, 1, 2, 3, 5, 6, 700, 2000}
	near(t, "zeros", IGN(x, 0), math.Log2(16./3), 1e-12)
	near(t, "2 to 5", IGN(x, 4), math.Log2(16./4), 1e-12)
	near(t, "an empty class", IGN(x, 50), math.Log2(16./1), 1e-12)
	near(t, "the last class", IGN(x, 5000), math.Log2(16./2), 1e-12)
}

func TestPIT(t *testing.T) {
	x := []float64{0, 0, 1, 3}
	near(t, "tie", PIT(x, 0, .5), .25, 0)
	near(t, "between", PIT(x, 2, .7), .75, 0)
	near(t, "above", PIT(x, 9, .1), 1, 0)
	// Uniform for draws from the forecast itself.
	s := make([]float64, 2000)
	fillNegBin(s, 2, 1.5)
	r, hist := stat.Stream(3, "pit", 0), [10]int{}
	for range 20000 {
		hist[min(9, int(10*PIT(s, stat.NegBin(r, 2, 1+2/1.5), r.Float64())))]++
	}
	for _, n := range hist {
		if n < 1800 || n > 2200 {
			t.Fatalf("not uniform: %v", hist)
		}
	}
}

// Quantiles of large and awkward distributions stay where they belong.
func TestFill(t *testing.T) {
	x := make([]float64, 1000)
	for _, c := range []struct{ mean, theta float64 }{{5000, math.Inf(1)}, {20000, 3}, {1e4, 144}, {.01, .05}, {300, .02}, {1e-9, 1}} {
		fillNegBin(x, c.mean, c.theta)
		m, v := 0.0, 0.0
		for _, k := range x {
			m += k / 1000
		}
		for _, k := range x {
			v += (k - m) * (k - m) / 1000
		}
		if sd := math.Sqrt(c.mean + c.mean*c.mean/c.theta); math.Abs(m-c.mean) > .12*sd || math.Sqrt(v) > 1.02*sd+.01 || !slices.IsSorted(x) {
			t.Errorf("mean %g, theta %g: sample with mean %g, sd %g", c.mean, c.theta, m, math.Sqrt(v))
		}
	}
	fillPool(x[:6], []float64{1, 2, 3})
	if !slices.Equal(x[:6], []float64{1, 1, 2, 2, 3, 3}) {
		t.Error(x[:6])
	}
}

type cell struct{ month, country int64 }

// BENCHMARKS U7, table 4a, as far as the forecast files are at hand: all zeros in four
// years and the official last-value benchmark of 2020.
func TestCountryMonths(t *testing.T) {
	open := func(name string) *parquet.Reader {
		f, err := os.Open(testdata.Shared(t, "golden/views/"+name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return parquet.NewReader(f)
	}
	read := func(r *parquet.Reader, row func(parquet.Row)) {
		buf := make([]parquet.Row, 4096)
		for {
			n, err := r.ReadRows(buf)
			for _, x := range buf[:n] {
				row(x)
			}
			if err != nil {
				return
			}
		}
	}
	var actual map[cell]float64
	for year, want := range map[string][2]float64{"2018": {24.0781, 55187}, "2019": {22.6379, 51886}, "2021": {36.7744, 84287}, "2020": {21.8940, 50181}} {
		m, total, score := map[cell]float64{}, 0.0, 0.0
		read(open("cm_actuals_"+year+".parquet"), func(x parquet.Row) {
			y := x[0].Double()
			m[cell{x[1].Int64(), x[2].Int64()}] = y
			total += y
			score += CRPS([]float64{0}, y)
		})
		if len(m) != 2292 || math.Abs(total-want[1]) > 1e-6 {
			t.Errorf("%s: %d cells, %v deaths", year, len(m), total)
		}
		near(t, year+", all zeros", score/2292, want[0], 5e-5)
		if year == "2020" {
			actual = m
		}
	}
	draws := map[cell][]float64{}
	read(open("last_value_poisson_2020.parquet"), func(x parquet.Row) {
		c := cell{x[1].Int64(), x[2].Int64()}
		draws[c] = append(draws[c], float64(x[0].Int32()))
	})
	var crps, mis, held, bits float64
	for c, x := range draws {
		slices.Sort(x)
		y := actual[c]
		low, high := Interval(x, .9)
		crps += CRPS(x, y) / 2292
		mis += IntervalScore(low, high, .9, y) / 2292
		bits += IGN(x, y) / 2292
		if low <= y && y <= high {
			held += 1. / 2292
		}
	}
	near(t, "last value 2020, CRPS", crps, 13.698199829842933, 1e-6)
	near(t, "last value 2020, MIS 90%", mis, 256.2, .05)
	near(t, "last value 2020, coverage", held, .866, .0005)
	if !(bits > 0 && bits < 10) {
		t.Errorf("IGN %g", bits)
	}
}
