package spatial

import "testing"

// The reference took 1.6 s of processor time.
func BenchmarkMeningococci(b *testing.B) {
	d, o := imdepi(b)
	for b.Loop() {
		if _, err := Fit(d, o); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLikelihood(b *testing.B) {
	d, o := imdepi(b)
	m, err := newModel(d, o)
	if err != nil {
		b.Fatal(err)
	}
	p := []float64{-20.5, -.05, .2, .3, -12.5, -.9, .7, -.2, 2.77}
	b.ReportAllocs()
	for b.Loop() {
		m.at(p, false)
	}
}
