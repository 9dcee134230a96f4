package joint

import (
	"math"
	"testing"

	"athar"
	"athar/stat"
)

// world draws a study with staggered campaigns of different effects: 24 months
// before the first, campaigns of 6 months that start 6 months apart with 6
// months after each, per areas inside each and as many in its ring, and far
// areas. Inside and ring are the true ratios by campaign; growth adds to ln RR
// every month. It returns the pooled truth by question as in Result.Effects.
type world struct {
	campaigns, per, far int
	history             int // months before all that
	inside, ring        []float64
	growth              float64
	sigma, rho          float64
}

func (w world) draw(k int) (*Data, map[string]float64) {
	na := 2*w.campaigns*w.per + w.far
	nt := w.history + 24 + 6*w.campaigns + 6
	d := &Data{Areas: na, Periods: make([]athar.Period, nt), Count: make([]float64, na*nt), Known: make([]bool, na*nt), Rings: []float64{50}}
	for t := range d.Periods {
		d.Periods[t] = athar.Period{Span: athar.Span{First: athar.Day(30 * t), Last: athar.Day(30*t + 29)}, Days: 30}
	}
	for j := range w.campaigns {
		c := Campaign{ID: string(rune('a' + j)), Inside: make([]bool, na), Km: make([]float64, na), Phase: make([]athar.Phase, nt)}
		for i := range na {
			c.Km[i] = 500
			if i/w.per == 2*j {
				c.Inside[i], c.Km[i] = true, 0
			} else if i/w.per == 2*j+1 {
				c.Km[i] = 20
			}
		}
		start := w.history + 24 + 6*j
		for t := range nt {
			switch {
			case t < start-24 || t >= start+12:
				c.Phase[t] = athar.Outside
			case t < start:
				c.Phase[t] = athar.Pre
			case t < start+6:
				c.Phase[t] = athar.During
			default:
				c.Phase[t] = athar.Post
			}
		}
		d.Campaigns = append(d.Campaigns, c)
	}
	volume := stat.Stream(1, "world", 0)
	r := stat.Stream(2, "world", k)
	obs, exp := map[string]float64{}, map[string]float64{}
	for i := range na {
		level := 4 * math.Exp(.6*volume.NormFloat64())
		x := r.NormFloat64()
		for t := range nt {
			mu := level * math.Exp(.4*math.Sin(float64(t)/3)-.01*float64(t))
			rr := 1.0
			for j := range w.campaigns {
				c := &d.Campaigns[j]
				ph := c.Phase[t]
				if ph != athar.During && ph != athar.Post || c.Km[i] > 50 {
					continue
				}
				effect, q := w.ring, "ring"
				if c.Inside[i] {
					effect, q = w.inside, "inside"
				}
				rr = effect[j%len(effect)] * math.Exp(w.growth*float64(t-w.history-24-6*j))
				for _, key := range []string{q + string(ph), "net" + string(ph)} {
					obs[key] += mu * rr
					exp[key] += mu
				}
			}
			d.Count[i*nt+t] = stat.NegBin(r, mu*rr*math.Exp(w.sigma*x-w.sigma*w.sigma/2), 1.5)
			d.Known[i*nt+t] = true
			x = w.rho*x + math.Sqrt(1-w.rho*w.rho)*r.NormFloat64()
		}
	}
	for key := range obs {
		obs[key] /= exp[key]
	}
	return d, obs
}

func key(e athar.Effect) string { return string(e.Question) + string(e.Phase) }

func get(t *testing.T, r Result, q athar.Question, ph athar.Phase) athar.Effect {
	t.Helper()
	for _, e := range r.Effects {
		if e.Question == q && e.Phase == ph {
			return e
		}
	}
	t.Fatalf("no effect %s %s", q, ph)
	return athar.Effect{}
}

var differ = world{campaigns: 4, per: 4, far: 30, inside: []float64{.4, .6, .9, 1.1}, ring: []float64{1.2}, growth: -.03, sigma: .3, rho: .5}

func TestKnownTruth(t *testing.T) {
	nothing := differ
	nothing.inside, nothing.ring, nothing.growth = []float64{1}, []float64{1}, 0
	few := nothing
	few.campaigns, few.per = 3, 1
	for name, w := range map[string]world{"differ": differ, "nothing": nothing, "few": few} {
		const reps = 150
		cover, bias, n := map[string]float64{}, map[string]float64{}, map[string]float64{}
		for k := range reps {
			d, truth := w.draw(k)
			for _, e := range Estimate(d, Options{}).Effects {
				if e.Refusal != nil {
					continue
				}
				n[key(e)]++
				x := truth[key(e)]
				bias[key(e)] += math.Log(float64(e.RR) / x)
				if float64(e.Low) <= x && x <= float64(e.High) {
					cover[key(e)]++
				}
			}
		}
		if len(n) != 6 {
			t.Fatalf("%s: %d questions", name, len(n))
		}
		for q, m := range n {
			c, b := cover[q]/m, bias[q]/m
			t.Logf("%s %s: n %v covers %.3f bias %+.4f", name, q, m, c, b)
			if m < reps || c < .88 || math.Abs(b) > .06 {
				t.Errorf("%s %s: n %v covers %.3f bias %+.4f", name, q, m, c, b)
			}
		}
	}
}
