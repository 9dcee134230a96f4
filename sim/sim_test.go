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

func named(t *testing.T, name string) World {
	t.Helper()
	for _, w := range Worlds() {
		if w.Name == name {
			return w
		}
	}
	t.Fatalf("no world %s", name)
	return World{}
}

// mean ratio of a role's counts, far areas without campaigns as control.
func ratio(w World, reps int, role athar.Role, phase athar.Phase) float64 {
	var n [2][2]float64
	for k := range reps {
		p, _ := w.Panel(3, k)
		for i, a := range p.Areas {
			g := 0
			if a.Role == athar.Far && i >= len(p.Areas)-20 {
				g = 1
			} else if a.Role != role {
				continue
			}
			for t, q := range p.Periods {
				switch q.Phase {
				case athar.Pre:
					n[g][0] += p.Count[p.At(i, t)]
				case phase:
					n[g][1] += p.Count[p.At(i, t)]
				}
			}
		}
	}
	return n[0][1] / n[0][0] / (n[1][1] / n[1][0])
}

func TestSelfExciting(t *testing.T) {
	w := named(t, "S12")
	w.Level = 20
	_, truth := w.Panel(3, 0)
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		want := truth[Key{athar.AskInside, 0, ph}]
		if got := ratio(w, 60, athar.Inside, ph); math.Abs(got/want-1) > .03 {
			t.Errorf("%s: ratio %.3f, truth %.3f", ph, got, want)
		}
	}
	if d := truth[Key{athar.AskInside, 0, athar.During}]; d < .71 || d > .715 {
		t.Errorf("truth during %v", d)
	}
	// Counts of a month are nearly 1/(1-.6)^2 = 6.25 times as uneven as Poisson's,
	// less what the ends of the month cut.
	v, m, n := 0.0, 0.0, 0.0
	for k := range 60 {
		p, _ := w.Panel(3, k)
		for i := range p.Areas {
			a, b := p.Count[p.At(i, 3)], p.Count[p.At(i, 15)] // the same season
			v += (a - b) * (a - b) / 2
			m += (a + b) / 2
			n++
		}
	}
	if phi := v / m; phi < 3.5 || phi > 6.5 {
		t.Errorf("variance over mean %.2f", phi)
	}
}

func TestMisplacedAndRepeated(t *testing.T) {
	noisy, plain := named(t, "S13"), named(t, "S6")
	noisy.Name = plain.Name // the same stream
	a, _ := noisy.Panel(4, 0)
	b, _ := plain.Panel(4, 0)
	differ := false
	sum := func(x []float64) (s float64) {
		for _, v := range x {
			s += v
		}
		return
	}
	for k := range a.Count {
		differ = differ || a.Count[k] != b.Count[k]
		if a.Count[k] < 0 {
			t.Fatal("a negative count")
		}
	}
	if !differ || sum(a.Count) != sum(b.Count) {
		t.Errorf("noise moves events, it does not make them: %v and %v", sum(a.Count), sum(b.Count))
	}
	if got := ratio(named(t, "S13"), 60, athar.Inside, athar.During); got < .71 || got > .78 {
		t.Errorf("ratio inside with misplaced events %.3f", got)
	}
	double := named(t, "S14")
	double.Name = plain.Name
	c, _ := double.Panel(4, 0)
	if share := sum(c.Count)/sum(b.Count) - 1; math.Abs(share-.15) > .01 {
		t.Errorf("%.3f of the events are there twice", share)
	}
}

func TestOtherCampaigns(t *testing.T) {
	w := named(t, "S15")
	list := w.Campaigns()
	if len(list) != 3 || list[1].Areas[0] != 24 || list[2].Areas[3] != 31 {
		t.Fatalf("campaigns %+v", list)
	}
	var before, after float64
	for k := range 60 {
		p, _ := w.Panel(3, k)
		for _, i := range list[1].Areas {
			before += p.Count[p.At(i, 4)] // the same season
			after += p.Count[p.At(i, 16)]
		}
	}
	if got := after / before; math.Abs(got-.5) > .06 {
		t.Errorf("ratio of the other campaign %.3f, want .5", got)
	}
}

// The map gives every area the distance of its role.
func TestMap(t *testing.T) {
	w := Worlds()[0]
	places, err := w.Map()
	if err != nil {
		t.Fatal(err)
	}
	p, _ := w.Panel(1, 0)
	if len(places) != len(p.Areas) || len(w.Areas(places)) != len(places) {
		t.Fatal("areas and places differ in number")
	}
	for i, a := range p.Areas {
		km := math.Inf(1)
		for j := range 8 {
			km = min(km, places[i].Km(places[j]))
		}
		role := athar.Far
		switch {
		case i < 8:
			role = athar.Inside
		case km <= RingKm[0]:
			role = 1
		case km <= RingKm[1]:
			role = 2
		}
		if role != a.Role || role == athar.Far && km < 100 {
			t.Errorf("%s is %d km away and has role %d", a.Code, int(km), a.Role)
		}
		for j := range i {
			if places[i] == places[j] || math.Abs(places[i].East-places[j].East) < cellKm && math.Abs(places[i].North-places[j].North) < cellKm {
				t.Errorf("areas %d and %d overlap", i, j)
			}
		}
	}
	if _, err := w.Few(3).Map(); err == nil {
		t.Error("three areas inside have a map")
	}
}
