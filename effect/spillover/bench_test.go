package spillover_test

import (
	"math"
	"testing"

	"athar"
	"athar/effect/spillover"
	"athar/sim"
	"athar/stat"
)

// large is as large as the panels of isis-2020 can get: 160 areas, 30 months.
var large = sim.World{Name: "large", Inside: 8, Ring: 16, Far: 120, Pre: 18, During: 6, Post: 6, Level: .5, Phi: 2}

// BenchmarkFit is the point estimate alone: the design is set up once.
func BenchmarkFit(b *testing.B) {
	p, _ := large.Panel(1, 0)
	nt := len(p.Periods)
	var x [][]float64
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		for r := athar.Inside; r <= 2; r++ {
			col := make([]float64, len(p.Count))
			for k := range col {
				if p.Areas[k/nt].Role == r && p.Periods[k%nt].Phase == ph {
					col[k] = 1
				}
			}
			x = append(x, col)
		}
	}
	off := make([]float64, len(p.Count))
	for k := range off {
		off[k] = math.Log(p.Periods[k%nt].Days)
	}
	var w stat.TwoWay
	w.Design(len(p.Areas), nt, x, nil, off)
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Fit(p.Count); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEstimate is all that a specification needs: design, fit, clustered
// and dispersion errors of every effect.
func BenchmarkEstimate(b *testing.B) {
	p, _ := large.Panel(1, 0)
	for b.Loop() {
		spillover.Estimate(p, spillover.Options{Draws: -1})
	}
}

// BenchmarkHeadline adds the bands and simultaneous intervals of the headline.
func BenchmarkHeadline(b *testing.B) {
	p, _ := large.Panel(1, 0)
	for b.Loop() {
		spillover.Estimate(p, spillover.Options{})
	}
}
