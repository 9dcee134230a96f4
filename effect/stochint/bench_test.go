package stochint

import "testing"

// The documented example of the reference, data in memory.
func BenchmarkDocumented(b *testing.B) {
	x := documented(b)
	px, py := project(44.366, 33.315)
	b.ReportAllocs()
	for b.Loop() {
		m := New(Input{Window: x.w, Days: 60, Treatment: x.treated, Outcome: x.outcome, Base: Density(x.w, x.base, 0, 0),
			Covariates: []Covariate{{Name: "distance", Map: x.distance}}, Smooth: Smoothing{Adaptive: true, Classes: true}})
		m.Contrast(Options{From: 2, To: 4, Quantile: .95, Regions: x.w.Rings([][2]float64{{px, py}}, 100, 200, 300)})
	}
}

// The same on all 499 days of 2007-08.
func BenchmarkWhole(b *testing.B) {
	in := whole(b)
	in.Covariates, in.Smooth = in.Covariates[:1], Smoothing{Adaptive: true, Classes: true}
	px, py := project(44.366, 33.315)
	b.ReportAllocs()
	for b.Loop() {
		New(in).Contrast(Options{From: 2, To: 4, Quantile: .95, Regions: in.Window.Rings([][2]float64{{px, py}}, 100, 200, 300)})
	}
}

// Every event with its own bandwidth.
func BenchmarkWholeOwn(b *testing.B) {
	in := whole(b)
	in.Covariates, in.Smooth = in.Covariates[:1], Smoothing{Adaptive: true}
	for b.Loop() {
		New(in).Contrast(Options{From: 2, To: 4})
	}
}
