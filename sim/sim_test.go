package sim

import (
	"math"
	"reflect"
	"testing"

	"athar"
)

func TestSameWorld(t *testing.T) {
	w := Worlds()[10]
	a, ta := w.Panel(1, 3)
	b, tb := w.Panel(1, 3)
	if !reflect.DeepEqual(a, b) || !reflect.DeepEqual(ta, tb) {
		t.Error("the same replicate came out twice")
	}
	if c, _ := w.Panel(1, 4); reflect.DeepEqual(a.Count, c.Count) {
		t.Error("two replicates are the same")
	}
}

func TestWorkers(t *testing.T) {
	w := Worlds()[1]
	sums := func(p *athar.Panel) []athar.Effect {
		e := athar.Effect{Question: athar.AskInside, Phase: athar.During, RR: athar.Num(p.Total(athar.Inside, athar.During) / 100)}
		e.Low, e.High = e.RR/2, e.RR*2
		return []athar.Effect{e}
	}
	mean := 0.0
	for k := range 40 {
		p, _ := w.Panel(1, k)
		mean += math.Log(p.Total(athar.Inside, athar.During)/100) / 40
	}
	if got := Run(w, 1, 40, 2, sums)[0].Bias; math.Abs(got-mean) > 1e-12 {
		t.Errorf("mean log of the replicates: %v, want %v", got, mean)
	}
	if !reflect.DeepEqual(Run(w, 1, 40, 1, sums), Run(w, 1, 40, 3, sums)) {
		t.Error("the result depends on the number of workers")
	}
}

// Over many replicates the counts show the truth that the world claims.
func TestTruth(t *testing.T) {
	for _, w := range Worlds() {
		if w.Name != "S7" && w.Name != "S8" && w.Name != "S9" {
			continue
		}
		sum := map[Key]float64{}
		for k := range 150 {
			p, _ := w.Panel(2, k)
			for _, ph := range []athar.Phase{athar.Pre, athar.During, athar.Post} {
				for _, r := range []athar.Role{athar.Inside, 1, athar.Far} {
					sum[Key{"", int(r), ph}] += p.Total(r, ph)
				}
			}
		}
		_, truth := w.Panel(2, 0)
		for _, ph := range []athar.Phase{athar.During, athar.Post} {
			for r, key := range []Key{{athar.AskInside, 0, ph}, {athar.AskRing, 1, ph}} {
				got := sum[Key{"", r, ph}] / sum[Key{"", r, athar.Pre}] / (sum[Key{"", -1, ph}] / sum[Key{"", -1, athar.Pre}])
				if math.Abs(got/truth[key]-1) > .05 {
					t.Errorf("%s, role %d, %s: ratio %.3f, truth %.3f", w.Name, r, ph, got, truth[key])
				}
			}
		}
		// Displacement moves events, it does not remove them.
		if net := truth[Key{athar.AskNet, 0, athar.During}]; w.Name == "S7" && math.Abs(net-1) > 1e-12 {
			t.Errorf("net of pure displacement is %v", net)
		}
	}
}
