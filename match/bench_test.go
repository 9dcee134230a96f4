package match_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"athar"
	"athar/match"
)

// reports makes n reports of each of three sources over 4 x 4 degrees and the
// given number of years, in which 30 in 100 incidents of the first source are reported by
// the second and third too, a day and some 100 m apart.
func reports(n int, years float64) ([]match.Record, match.Options) {
	r := rand.New(rand.NewPCG(1, 2))
	tax := match.NewTaxonomy("type", 2)
	kinds := []string{"armed", "armed", "armed", "explosive", "explosive", "other"}
	for i, k := range kinds {
		broad := "violent"
		if k == "other" {
			broad = "nonviolent"
		}
		if err := tax.Add("", fmt.Sprint("t", i), k, broad); err != nil {
			panic(err)
		}
	}
	var all []match.Record
	for s := range 3 {
		for i := range n {
			var m match.Record
			if s > 0 && i*10 < n*3 {
				m = all[i]
				m.Lon += r.NormFloat64() * 0.002
				m.Lat += r.NormFloat64() * 0.002
				m.When.First += athar.Day(r.IntN(2))
				m.When.Last = m.When.First
			} else {
				day := athar.Day(12000 + r.IntN(int(365.25*years)))
				m = match.Record{When: athar.Span{First: day, Last: day}, Lon: 42 + 4*r.Float64(), Lat: 32 + 4*r.Float64(), Codes: []string{fmt.Sprint("t", r.IntN(6))}}
			}
			m.Ref = match.Ref{Source: string(rune('a' + s)), ID: fmt.Sprint(i)}
			all = append(all, m)
		}
	}
	return all, match.Options{Km: 5, Days: 2, Taxonomies: []*match.Taxonomy{tax}}
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{20_000 / 3, 20_000, 500_000 / 3} {
		all, o := reports(n, 5)
		b.Run(fmt.Sprintf("sources=3/events=%d", 3*n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				find(b, all, o)
			}
			b.ReportMetric(float64(3*n*b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkGrowth reports the exponent of the cost in the number of events
// from 60,000 to 500,000, by least squares on logarithms; 1 is linear. With
// "longer" more events mean more years. With "denser" they fall into the same
// years, so that the pairs that must be compared grow with the square.
func BenchmarkGrowth(b *testing.B) {
	for _, c := range []struct {
		name  string
		years func(n int) float64
	}{
		{"longer", func(n int) float64 { return float64(n) / 20_000 * 5 }},
		{"denser", func(int) float64 { return 5 }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				var x, y []float64
				for _, n := range []int{20_000, 60_000, 500_000 / 3} {
					all, o := reports(n, c.years(n))
					best := math.Inf(1)
					for range 5 {
						start := time.Now()
						find(b, all, o)
						best = min(best, time.Since(start).Seconds())
					}
					x, y = append(x, math.Log(float64(3*n))), append(y, math.Log(best))
				}
				mx, my := (x[0]+x[1]+x[2])/3, (y[0]+y[1]+y[2])/3
				var sxy, sxx float64
				for i := range x {
					sxy += (x[i] - mx) * (y[i] - my)
					sxx += (x[i] - mx) * (x[i] - mx)
				}
				b.ReportMetric(sxy/sxx, "exponent")
			}
		})
	}
}
