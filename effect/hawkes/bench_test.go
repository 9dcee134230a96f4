package hawkes

import (
	"fmt"
	"testing"

	"athar/stat"
)

// The sizes of the recorded reference, in events about 610, 2,666 and 13,880.
func BenchmarkFit(b *testing.B) {
	for _, end := range []float64{1000, 3600, 20000, 200000} {
		times, err := Simulate(stat.Stream(1, "hawkes/bench", 0), end, Params{Mu: .2, Alpha: .5 / .7, Decay: .7}, Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint("events=", len(times)), func(b *testing.B) {
			for b.Loop() {
				fit(b, times, end, Options{})
			}
		})
		m, g := newContinuous(times, end, Options{}), make([]float64, 3)
		p := []float64{-1.6, -.34, -.36}
		b.Run(fmt.Sprint("likelihood/events=", len(times)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.at(p, g)
			}
		})
	}
	y, err := SimulateDaily(stat.Stream(1, "hawkes/bench", 1), 1500, Params{Mu: .5, Alpha: .5, Decay: .3, Theta: 3}, Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("days=1500", func(b *testing.B) {
		for b.Loop() {
			daily(b, y, Options{})
		}
	})
}

// Both answers of a campaign, 1,090 days.
func BenchmarkAnswer(b *testing.B) {
	s := world(31, 0, .6, .6, 1)
	for b.Loop() {
		Answer(s, Question{})
	}
}
