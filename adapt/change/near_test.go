package change

import (
	"math"
	"testing"

	"athar/stat"
)

// A break is found where it was planted, whether before the start, at it or after.
func TestAbout(t *testing.T) {
	const n, start = 36, 24
	for _, c := range []struct {
		name   string
		at     int
		of     func(Near) float64
		recent bool
	}{
		{"before", 17, func(x Near) float64 { return x.Before }, true},
		{"long before", 6, func(x Near) float64 { return x.Before }, false},
		{"at", 24, func(x Near) float64 { return x.At }, false},
		{"after", 30, func(x Near) float64 { return x.After }, false},
		{"none", n, func(x Near) float64 { return x.None }, false},
	} {
		r := stat.Stream(3, "change/about/"+c.name, 0)
		y, w := make([]float64, n), make([]float64, n)
		for i := range y {
			w[i] = 1
			mu := 40.0
			if i >= c.at {
				mu = 18
			}
			y[i] = stat.NegBin(r, mu, 1)
		}
		x, err := About(y, w, start, start, false)
		if err != nil {
			t.Fatal(err)
		}
		if c.of(x) < .5 || c.at < n && x.Mode != c.at {
			t.Errorf("%s: %+v", c.name, x)
		}
		if c.recent != (x.Recent > .5) {
			t.Errorf("%s: recent %v", c.name, x.Recent)
		}
		if s := x.Before + x.At + x.After + x.None; math.Abs(s-1) > 1e-9 {
			t.Errorf("%s: adds up to %v", c.name, s)
		}
	}
}

func TestAboutRefuses(t *testing.T) {
	y, w := make([]float64, 20), make([]float64, 20)
	for i := range y {
		y[i], w[i] = 3, 1
	}
	for _, start := range []int{2, 18} {
		if _, err := About(y, w, start, start, false); err == nil {
			t.Errorf("a start in period %d of 20 is answered", start)
		}
	}
	clear(y)
	if _, err := About(y, w, 10, 11, false); err == nil {
		t.Error("a series without events is answered")
	}
}

// In a series without a change, noise alone seldom passes for a break in the year
// before the start.
func TestAboutNull(t *testing.T) {
	const runs = 400
	y, w := make([]float64, 36), make([]float64, 36)
	hits := 0
	for k := range runs {
		r := stat.Stream(4, "change/about/null", k)
		for i := range y {
			w[i] = 1
			y[i] = stat.NegBin(r, 12, 2)
		}
		x, err := About(y, w, 24, 25, false)
		if err == nil && x.Recent > .5 {
			hits++
		}
	}
	t.Logf("%d of %d", hits, runs)
	if hits > runs/20 {
		t.Errorf("%d of %d series without a change have a break in the year before", hits, runs)
	}
}
