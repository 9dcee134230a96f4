package bsts

import (
	"encoding/csv"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"

	"athar/internal/testdata"
	"athar/stat"
)

// columns reads a golden CSV with a header.
func columns(t testing.TB, path string) map[string][]float64 {
	t.Helper()
	f, err := os.Open(testdata.Shared(t, path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]float64{}
	for _, r := range rows[1:] {
		for k, h := range rows[0] {
			if v, err := strconv.ParseFloat(r[k], 64); err == nil {
				out[h] = append(out[h], v)
			}
		}
	}
	return out
}

// sums are the sorted means of the paths.
func sums(p *Posterior) []float64 {
	m := make([]float64, len(p.NoiseSD))
	for i := range m {
		for _, v := range p.Path[i*p.Ahead : (i+1)*p.Ahead] {
			m[i] += v / float64(p.Ahead)
		}
	}
	slices.Sort(m)
	return m
}

func within(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %.6g, want %.6g +- %.2g", what, got, want, tol)
	}
}

func TestPublishedExample(t *testing.T) {
	c := columns(t, "golden/causalimpact/doc_seed1.csv")
	y, x := c["y"], c["x1"]
	const pre = 70
	actual := 0.0
	for _, v := range y[pre:] {
		actual += v / 30
	}
	for _, seasons := range []int{0, 7} {
		prior := Published()
		prior.Seasons = seasons
		p, err := Fit(y, x, 1, pre, FitOptions{Prior: prior, Draws: 4000, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		m := sums(p)
		// summary.csv: 10.516 [9.81, 11.21] with 10,000 draws, 10.478 [9.80, 11.17] with 7 seasons
		want := [3]float64{10.5165, 9.8125, 11.2051}
		if seasons == 7 {
			want = [3]float64{10.4784, 9.7986, 11.1676}
		}
		mean := 0.0
		for _, v := range m {
			mean += v / float64(len(m))
		}
		within(t, "mean effect", actual-mean, want[0], .06)
		within(t, "lower end", actual-stat.Quantile(m, .975), want[1], .12)
		within(t, "upper end", actual-stat.Quantile(m, .025), want[2], .12)
		t.Logf("%d seasons: %.3f [%.3f, %.3f], noise %.3f, level %.4f, beta %.3f, one-step %.3f", seasons, actual-mean, actual-stat.Quantile(m, .975), actual-stat.Quantile(m, .025), p.NoiseSD[0], p.LevelSD[0], p.Beta[0], p.OneStep)
	}
}

var _ = mat.NewDense
