package stat

import (
	"math"
	"testing"
)

// surveillance's hhh4 on measles in 17 districts: endemic 1 + t + one pair of
// waves with population as offset, autoregressive 1, neighbours of first order 1.
func TestMeasles(t *testing.T) {
	_, counts := table(t, "golden/surveillance/measles_counts.csv")
	_, order := table(t, "golden/surveillance/measles_nbOrder.csv")
	_, people := table(t, "golden/surveillance/measles_pop.csv")
	fits := map[string]float64{}
	_, liks := table(t, "golden/surveillance/loglik.csv")
	for _, r := range liks {
		fits[r[0]] = num(t, r[1])
	}
	const units = 17
	y := func(week, k int) float64 { return num(t, counts[week][1+k]) }
	d := Rows{P: 4, Q: 2}
	for week := 1; week < len(counts); week++ {
		for k := range units {
			d.Y = append(d.Y, y(week, k))
			d.Offset = append(d.Offset, math.Log(num(t, people[k][1])))
			s, c := math.Sincos(2 * math.Pi * float64(week) / 52)
			d.X = append(d.X, 1, float64(week), s, c)
			near := 0.0
			for l := range units {
				if order[k][1+l] == "1" {
					near += y(week-1, l)
				}
			}
			d.Z = append(d.Z, y(week-1, k), near)
		}
	}
	for _, c := range []struct {
		fit, file string
		nb        bool
	}{{"hhh4_poisson", "hhh4_poisson_coef.csv", false}, {"hhh4_negbin1", "hhh4_basic_coef.csv", true}} {
		_, want := table(t, "golden/surveillance/"+c.file)
		var a Additive
		if err := a.Fit(d, c.nb, false); err != nil {
			t.Fatal(err)
		}
		got := []float64{math.Log(a.C[0]), math.Log(a.C[1]), a.Beta[0], a.Beta[1], a.Beta[2], a.Beta[3]}
		if c.nb {
			got = append(got, 1/a.Theta)
		}
		t.Logf("%s: log-likelihood %.10f (%.10f), %v", c.fit, a.LogLik, fits[c.fit], got)
		if math.Abs(a.LogLik-fits[c.fit]) > 1e-6 {
			t.Errorf("%s: log-likelihood %.8f, want %.8f", c.fit, a.LogLik, fits[c.fit])
		}
		for j, g := range got {
			w := num(t, want[j][1])
			if se := num(t, want[j][2]); math.Abs(g-w) > 1e-3*se {
				t.Errorf("%s: %s is %.7f, want %.7f (se %.7f)", c.fit, want[j][0], g, w, se)
			}
		}
	}
}

// NonNegative finds the point where the conditions of a maximum hold: the slope is 0
// where an entry is free or positive and not upwards where it is 0.
func TestNonNegative(t *testing.T) {
	r := Stream(1, "stat/nonnegative", 0)
	var w NonNegative
	active := 0
	for round := range 300 {
		n := 2 + r.IntN(12)
		free := r.IntN(2)
		a := make([]float64, n*(n+3))
		for i := range a {
			a[i] = r.NormFloat64()
		}
		h, g, v := make([]float64, n*n), make([]float64, n), make([]float64, n)
		for i := range n {
			g[i] = 3 * r.NormFloat64()
			for j := range n {
				for k := range n + 3 {
					h[i*n+j] += a[k*n+i] * a[k*n+j]
				}
			}
			if round%2 == 1 {
				v[i] = max(0, r.NormFloat64()) // from wherever
			}
		}
		if !w.Max(h, g, free, v) {
			t.Fatal("no maximum")
		}
		for i := range n {
			slope := g[i] - dot(h[i*n:i*n+n], v)
			switch {
			case i >= free && v[i] < 0:
				t.Fatalf("entry %d is %v", i, v[i])
			case i >= free && v[i] == 0:
				active++
				if slope > 1e-6 {
					t.Fatalf("entry %d is 0 with a slope of %v", i, slope)
				}
			case math.Abs(slope) > 1e-6:
				t.Fatalf("entry %d is %v with a slope of %v", i, v[i], slope)
			}
		}
	}
	if active == 0 {
		t.Error("no entry was ever stopped at 0")
	}
	h, g, v := []float64{2, 1, 1, 2}, []float64{1, -1}, make([]float64, 2)
	if n := testing.AllocsPerRun(10, func() { w.Max(h, g, 0, v) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
