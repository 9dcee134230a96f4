package power

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"athar"
	"athar/effect/spillover"
	"athar/sim"
)

func bytesOf(t *testing.T, rows []Row) string {
	t.Helper()
	b, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func panel(k int) *athar.Panel {
	p, _ := sim.World{Name: "power", Inside: 6, Ring: 3, Far: 12, Pre: 18, During: 3, Post: 3, Phi: 2}.Panel(1, k)
	return p
}

var quick = Options{Task: "test", Seed: 7, Reps: 24}

// What happened from the campaign on, and the order of areas, change no byte.
func TestOnlyThePastIsRead(t *testing.T) {
	p := panel(0)
	want := bytesOf(t, Simulate(p, quick))
	q := *p
	q.Count = slices.Clone(p.Count)
	nt := len(p.Periods)
	for k := range q.Count {
		if p.Periods[k%nt].Phase != athar.Pre {
			q.Count[k] = 1e5 + float64(k)
		}
	}
	if got := bytesOf(t, Simulate(&q, quick)); got != want {
		t.Error("counts of the campaign's own time change the answer")
	}
	slices.Reverse(q.Areas)
	for i, j := 0, len(p.Areas)-1; i < j; i, j = i+1, j-1 {
		for c := range nt {
			q.Count[i*nt+c], q.Count[j*nt+c] = q.Count[j*nt+c], q.Count[i*nt+c]
		}
	}
	if got := bytesOf(t, Simulate(&q, quick)); got != want {
		t.Error("the order of areas changes the answer")
	}
	q.Count[p.At(len(p.Areas)-1, 2)] += 40
	if got := bytesOf(t, Simulate(&q, quick)); got == want {
		t.Error("forty more events before the campaign change nothing")
	}
}

// A larger change keeps a subset of the events of a smaller one, and a history
// without a change keeps all.
func TestChangesAreNested(t *testing.T) {
	w := newWorld(panel(0), quick)
	h := w.draw(0)
	counts := map[int][]float64{}
	for _, g := range []int{-falls, -8, -1, 0, 1, 8} {
		w.estimate(h, g)
		counts[g] = slices.Clone(w.p.Count)
	}
	nt := len(w.p.Periods)
	var sum [3]float64
	for k, n := range h.count {
		row := []float64{counts[-falls][k], counts[-8][k], counts[-1][k], counts[0][k], counts[1][k], counts[8][k]}
		if !slices.IsSorted(row) || counts[0][k] != n {
			t.Fatalf("cell %d: %v of %v", k, row, n)
		}
		treated := w.p.Areas[k/nt].Role >= athar.Inside && w.p.Periods[k%nt].Phase != athar.Pre
		if !treated && row[0] != row[5] {
			t.Fatalf("cell %d outside the window changed: %v", k, row)
		}
		if treated {
			if row[0] != 0 {
				t.Fatalf("a complete stop left %v", row[0])
			}
			sum[0] += row[1]
			sum[1] += n
			sum[2] += row[5]
		}
	}
	if f, r := sum[0]/sum[1], sum[2]/sum[1]; math.Abs(math.Log(f/ratio(-8))) > .25 || math.Abs(math.Log(r/ratio(8))) > .25 {
		t.Errorf("ratios %.2f and %.2f, want near %.2f and %.2f", f, r, ratio(-8), ratio(8))
	}
}

// The histories have the dispersion and persistence of the world that they
// continue, on average over panels.
func TestNoiseIsThatOfTheWorld(t *testing.T) {
	for _, c := range []struct {
		w        sim.World
		own      float64 // relative variance of an area's intensity
		rho      float64
		slack    float64
		rhoSlack float64
	}{
		{sim.World{Name: "calm", Pre: 36}, 0, 0, .08, .3},
		{sim.World{Name: "restless", Pre: 36, Sigma: .6, Rho: .6}, math.Expm1(.36), .6, .2, .25},
	} {
		var own, rho, common float64
		const n = 40
		for k := range n {
			p, _ := c.w.Panel(3, k)
			m := newWorld(p, quick).noise
			own += m.own[athar.Inside] / n
			common += m.common[athar.Inside] / n
			rho += m.rho / n
		}
		if math.Abs(own-c.own) > c.slack || math.Abs(rho-c.rho) > c.rhoSlack || common > .08 {
			t.Errorf("%s: relative variance %.2f own (want %.2f) and %.2f common (want none), rho %.2f (want %.2f)", c.w.Name, own, c.own, common, rho, c.rho)
		}
	}
}

// A world whose changes are known finds the stated fall about as often as
// stated.
func TestStatedFallIsFound(t *testing.T) {
	w := sim.World{Name: "truth", Inside: 6, Ring: 3, Far: 12, Pre: 18, During: 1, Post: 6, Level: 4, Phi: 2}
	var falls []float64
	for k := range 5 {
		p, _ := w.Panel(1, k)
		falls = append(falls, float64(Simulate(p, Options{Task: "truth", Seed: 1, Reps: 40, Phase: athar.Post})[0].Fall))
	}
	slices.Sort(falls)
	rr := falls[2]
	w.InsideRR = [2]float64{rr, rr}
	hits := 0.0
	const reps = 200
	for k := range reps {
		p, _ := w.Panel(2, k)
		for _, e := range spillover.Estimate(p, spillover.Options{Draws: -1}).Effects {
			if e.Question == athar.AskInside && e.Phase == athar.Post && e.P < .05 && e.RR < 1 {
				hits++
			}
		}
	}
	if share := hits / reps; share < .7 || share > .97 {
		t.Errorf("a fall to %.2f is found in %.0f%% of worlds, stated 80%%", rr, 100*share)
	}
}

func TestTooFew(t *testing.T) {
	p := panel(0)
	nt := len(p.Periods)
	inside := 0
	for k := range p.Count {
		if p.Areas[k/nt].Role == athar.Inside {
			p.Count[k] = 0
			if inside++; inside <= 3 {
				p.Count[k] = 2
			}
		}
	}
	rows := Simulate(p, quick)
	if r := rows[0]; r.Events != 6 || r.Refusal == nil || r.Refusal.Reason.Code != "power-few-events" || r.Refusal.Remedy == nil {
		t.Errorf("six events: %+v", r)
	}
	if r := rows[1]; r.Refusal != nil || math.IsNaN(float64(r.Rise)) {
		t.Errorf("the ring beside it has enough: %+v", r)
	}
	for k := range p.Count {
		p.Count[k] = 0
	}
	for _, r := range Simulate(p, quick) {
		if r.Refusal == nil {
			t.Errorf("no event at all: %+v", r)
		}
	}
	if rows := Simulate(&athar.Panel{}, quick); len(rows) != 0 {
		t.Errorf("an empty panel: %+v", rows)
	}
	far := panel(0)
	far.Areas = slices.Clone(far.Areas)
	for i := range far.Areas {
		if far.Areas[i].Role == athar.Far {
			far.Areas[i].Role = athar.LeftOut
		}
	}
	for _, r := range Simulate(far, quick) {
		if r.Refusal == nil || r.Refusal.Reason.Code != "no-control" {
			t.Errorf("no control: %+v", r.Refusal)
		}
	}
}
