package contrast

import (
	"math/rand/v2"
	"testing"

	"athar"
	"athar/stat"
)

// world is a made-up record: weekly events of areas near and far, of a rate
// and a dispersion, with a mix of areas that may change.
type world struct {
	days    [2]int
	rate    [2]float64 // events a week near; far is constant at rate[0]
	phi     float64
	mix     [2][]float64
	far     []float64
	perArea bool // overdispersed area-weeks; else weeks common to all areas
	unitPhi bool // dispersion stays when the rate falls; else events are thinned
}

func weights(n int, power float64) []float64 {
	w, s := make([]float64, n), 0.0
	for i := range w {
		w[i] = 1
		for range int(power) {
			w[i] /= float64(i + 1)
		}
		s += w[i]
	}
	for i := range w {
		w[i] /= s
	}
	return w
}

func (w world) pattern(r *rand.Rand) *athar.Pattern {
	start := athar.Day(18000)
	p := &athar.Pattern{Grain: 1, Control: true,
		Before: athar.Span{First: start - athar.Day(w.days[0]), Last: start - 1},
		After:  athar.Span{First: start, Last: start + athar.Day(w.days[1]) - 1}}
	for i := range w.mix[0] {
		p.Areas = append(p.Areas, athar.PatternArea{Code: "n" + string(rune('a'+i)), Role: athar.Inside})
	}
	for i := range w.far {
		p.Areas = append(p.Areas, athar.PatternArea{Code: "f" + string(rune('a'+i)), Role: athar.Far})
	}
	for s, span := range []athar.Span{p.Before, p.After} {
		for day := span.First; day <= span.Last; day += 7 {
			len := min(7, int(span.Last-day)+1)
			part := float64(len) / 7
			common := 1.0
			if !w.perArea && w.phi > 1 {
				theta := w.rate[0] / (w.phi - 1)
				common = stat.Gamma(r, theta) / theta
			}
			put := func(area int, mean, base float64) {
				phi := 1.0
				if w.perArea && w.phi > 1 {
					phi = w.phi
					if !w.unitPhi {
						phi = 1 + (w.phi-1)*mean/base
					}
				}
				for range int(stat.NegBin(r, mean*part*common, phi)) {
					d := day + athar.Day(r.IntN(len))
					p.Records = append(p.Records, athar.Record{Area: area, When: athar.Span{First: d, Last: d}, N: 1, HasDeaths: true})
				}
			}
			for i, x := range w.mix[s] {
				put(i, x*w.rate[s], x*w.rate[0])
			}
			for i, x := range w.far {
				put(i+n(w.mix[0]), x*w.rate[0], x*w.rate[0])
			}
		}
	}
	return p
}

func n(x []float64) int { return len(x) }

// hill is the Hill number of order 2 over areas, without correction, so that
// it depends on the number of events.
func hill(e *Events) Statistic {
	c := make([]float64, len(e.Areas))
	return func(s Sample) float64 {
		clear(c)
		for _, i := range s.Pick {
			c[s.Area[i]]++
		}
		q := 0.0
		for _, x := range c {
			q += x * x
		}
		m := float64(len(s.Pick))
		return m * m / q
	}
}

func reject(w world, of func(*Events) Statistic, reps int) (share, bias float64) {
	k := 0
	for r := range reps {
		p := w.pattern(stat.Stream(1, "contrast/sim", r))
		ind := Compare(p, of, Options{Code: "hill", Seed: uint64(r), Draws: 100, Permutations: 199})
		if ind.P < .05 {
			k++
		}
		bias += float64(ind.Change) / float64(reps)
	}
	return float64(k) / float64(reps), bias
}

func TestSim(t *testing.T) {
	mix := weights(8, 1)
	far := weights(8, 1)
	for name, w := range map[string]world{
		"poisson, falls 80%, equal":      {days: [2]int{364, 364}, rate: [2]float64{10, 2}, phi: 1},
		"poisson, same, 15/3":            {days: [2]int{456, 92}, rate: [2]float64{10, 10}, phi: 1},
		"poisson, rises 2, 15/3":         {days: [2]int{456, 92}, rate: [2]float64{10, 20}, phi: 1},
		"poisson, falls 40%, equal":      {days: [2]int{364, 364}, rate: [2]float64{5, 3}, phi: 1},
		"poisson, falls 40%, 15/3":       {days: [2]int{456, 92}, rate: [2]float64{10, 6}, phi: 1},
		"nb3 unit, 40%, equal":           {days: [2]int{364, 364}, rate: [2]float64{5, 3}, phi: 3, perArea: true, unitPhi: true},
		"nb3 unit, 40%, 15/3":            {days: [2]int{456, 92}, rate: [2]float64{10, 6}, phi: 3, perArea: true, unitPhi: true},
		"nb3 thinned, 40%, equal":        {days: [2]int{364, 364}, rate: [2]float64{5, 3}, phi: 3, perArea: true},
		"nb3 thinned, 40%, 15/3":         {days: [2]int{456, 92}, rate: [2]float64{10, 6}, phi: 3, perArea: true},
		"common weeks, 40%, 15/3":        {days: [2]int{456, 92}, rate: [2]float64{10, 6}, phi: 3},
		"dense poisson, falls 40%, 15/3": {days: [2]int{456, 92}, rate: [2]float64{60, 36}, phi: 1},
		"dense nb3 unit, 40%, 15/3":      {days: [2]int{456, 92}, rate: [2]float64{60, 36}, phi: 3, perArea: true, unitPhi: true},
		"dense nb3 thinned, 40%, 15/3":   {days: [2]int{456, 92}, rate: [2]float64{60, 36}, phi: 3, perArea: true},
	} {
		w.mix, w.far = [2][]float64{mix, mix}, far
		s, b := reject(w, hill, 400)
		t.Logf("%-32s rejects %.3f, mean change %.3f", name, s, b)
	}
}
