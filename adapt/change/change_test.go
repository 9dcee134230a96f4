package change

import (
	"encoding/csv"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"athar/internal/testdata"
	"athar/stat"
)

// coal are the disasters in British coal mines by year, 1851-1962 (Jarrett 1979).
var coal = []float64{4, 5, 4, 1, 0, 4, 3, 4, 0, 6, 3, 3, 4, 0, 2, 6, 3, 3, 5, 4, 5, 3, 1, 4, 4, 1, 5, 5, 3, 4, 2, 5, 2, 2, 3, 4, 2, 1, 3, 2, 2, 1, 1, 1, 1, 3, 0, 0,
	1, 0, 1, 1, 0, 0, 3, 1, 0, 3, 2, 2, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 2, 1, 0, 0, 0, 1, 1, 0, 2, 3, 3, 1, 1, 2, 1, 1, 1, 1, 2, 3, 3, 0, 0, 0, 1, 4, 0, 0, 0, 1,
	0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: %v, want %v within %v", what, got, want, tolerance)
	}
}

func same(t *testing.T, what string, got []int, want ...int) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// column reads one column of a CSV file of the shared data.
func column(t *testing.T, file, name string) []float64 {
	t.Helper()
	f, err := os.Open(testdata.Shared(t, "golden/changepoint_tails/"+file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	j := slices.Index(rows[0], name)
	if j < 0 {
		t.Fatalf("%s has no column %s", file, name)
	}
	var out []float64
	for _, r := range rows[1:] {
		v, err := strconv.ParseFloat(r[j], 64)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func TestPosteriorOfCoal(t *testing.T) {
	s, err := Posterior(coal, nil, Prior{Shape: 1, Rate: 1, Poisson: true})
	if err != nil {
		t.Fatal(err)
	}
	if year := 1851 + s.Mode(); year != 1891 {
		t.Errorf("mode %d", year)
	}
	near(t, "P(1891)", s.P[40], .2450, 1e-4)
	near(t, "P(1890)", s.P[39], .1848, 1e-4)
	near(t, "P(1889)", s.P[38], .1432, 1e-4)
	near(t, "rate before", s.Before, 3.0642, 1e-4)
	near(t, "rate after", s.After, .9224, 1e-4)
}

func TestPELTOfCoal(t *testing.T) {
	ln := math.Log(float64(len(coal)))
	same(t, "2 ln n", PELT(Poisson(coal, nil), SIC*ln, 1), 41, 97)
	same(t, "3 ln n", PELT(Poisson(coal, nil), Conservative*ln, 1), 41)
}

func TestNile(t *testing.T) {
	y := column(t, "nile.csv", "flow")
	ln := math.Log(100)
	same(t, "mean and variance, modified criterion", PELT(MeanVar(y).Modified(), 4*ln, 2), 4, 6, 28)
	sd := 0.0
	m := centre(y)
	for _, v := range y {
		sd += (v - m) * (v - m) / 99
	}
	z := make([]float64, len(y))
	for i, v := range y {
		z[i] = v / math.Sqrt(sd)
	}
	same(t, "mean of the scaled series, modified criterion", PELT(Mean(z).Modified(), 3*ln, 1), 28)
	// Unscaled, nearly every year is a segment; these are not.
	var joined []int
	raw := PELT(Mean(y).Modified(), 3*ln, 1)
	for t := 1; t < len(y); t++ {
		if !slices.Contains(raw, t) {
			joined = append(joined, t)
		}
	}
	same(t, "mean of the unscaled series, modified criterion", joined, 5, 53, 81, 92, 98)

	p, err := Breaks(y, 15, 5)
	if err != nil {
		t.Fatal(err)
	}
	rss, bic := column(t, "nile_breakpoints_rss_bic.csv", "RSS"), column(t, "nile_breakpoints_rss_bic.csv", "BIC")
	if len(p) != len(rss) {
		t.Fatalf("%d partitions, want %d", len(p), len(rss))
	}
	for i := range p {
		near(t, "RSS", p[i].RSS/rss[i], 1, 1e-12)
		near(t, "BIC", p[i].BIC, bic[i], 1e-8)
	}
	best := Best(p)
	same(t, "break", best.Breaks, 27)
	if ci := Intervals(y, best, .95)[0]; ci != (Interval{24, 31}) {
		t.Errorf("interval %d to %d, want obs. 25 to 32", ci.First+1, ci.Last+1)
	}
	first, f, sup := F(y, .15)
	want, years := column(t, "nile_Fstats.csv", "F"), column(t, "nile_Fstats.csv", "time")
	if len(f) != len(want) || 1871+first != int(years[0]) {
		t.Fatalf("%d statistics from %d, want %d from %v", len(f), 1871+first, len(want), years[0])
	}
	for i := range f {
		near(t, "F", f[i], want[i], 1e-9)
	}
	near(t, "sup F", sup, 75.9297694274854, 1e-9)
	at, k, pv := Pettitt(y)
	if at != 27 || k != 1617 {
		t.Errorf("Pettitt: K %v at %d", k, at)
	}
	near(t, "Pettitt's p", pv/3.59e-7, 1, .002)
}

func TestDiscoveries(t *testing.T) {
	y := column(t, "discoveries.csv", "n")
	same(t, "2 ln n", PELT(Poisson(y, nil), SIC*math.Log(100), 2), 24, 29, 73)
}

// slow is optimal partitioning without pruning.
func slow(c *Cost, penalty float64, m int) (best float64) {
	f := make([]float64, c.Len()+1)
	for t := range f {
		f[t] = math.Inf(1)
	}
	f[0] = -penalty
	for t := m; t <= c.Len(); t++ {
		for s := 0; s <= t-m; s++ {
			if s == 0 || s >= m {
				f[t] = min(f[t], f[s]+c.Segment(s, t)+penalty)
			}
		}
	}
	return f[c.Len()]
}

func TestPELTIsExact(t *testing.T) {
	for rep := range 60 {
		r := stat.Stream(1, "change/exact", rep)
		n := 20 + r.IntN(100)
		y, w := make([]float64, n), make([]float64, n)
		level := 3.0
		for i := range y {
			if r.Float64() < .05 {
				level = 8 * r.Float64()
			}
			w[i] = .5 + r.Float64()
			y[i] = stat.NegBin(r, level*w[i], 1.5)
		}
		for name, c := range map[string]*Cost{"Poisson": Poisson(y, nil), "exposure": Poisson(y, w), "NB": NegBin(y, 4), "mean": Mean(y), "modified": Mean(y).Modified()} {
			for _, m := range []int{1, 2, 5, 8} {
				cuts := PELT(c, 4, m)
				total := -4.0
				for i, from := 0, 0; i <= len(cuts); i++ {
					to := n
					if i < len(cuts) {
						to = cuts[i]
					}
					if to-from < m {
						t.Fatalf("%s: a segment of %d, at least %d wanted", name, to-from, m)
					}
					total += c.Segment(from, to) + 4
					from = to
				}
				near(t, name, total, slow(c, 4, m), 1e-8)
			}
		}
	}
}
