package placebo

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"athar"
	"athar/sim"
	"athar/stat"
)

// grid is a panel of w x h far areas with n of them inside, 24 + 4 + 4 months.
func grid(w, h int, inside []int, rep int) *athar.Panel {
	p := &athar.Panel{}
	r := stat.Stream(3, "grid", rep)
	for i := range w * h {
		role := athar.Far
		if slices.Contains(inside, i) {
			role = athar.Inside
		}
		p.Areas = append(p.Areas, athar.PanelArea{Code: fmt.Sprintf("A%03d", i), Role: role})
	}
	for t := range 32 {
		q := athar.Period{Phase: athar.Pre, Days: 30}
		switch {
		case t >= 28:
			q.Phase = athar.Post
		case t >= 24:
			q.Phase = athar.During
		}
		p.Periods = append(p.Periods, q)
	}
	for range w * h * 32 {
		p.Count, p.Use = append(p.Count, stat.NegBin(r, 6, 2)), append(p.Use, true)
	}
	return p
}

func chess(w int) func(i, j int) float64 {
	return func(i, j int) float64 {
		dx, dy := math.Abs(float64(i%w-j%w)), math.Abs(float64(i/w-j/w))
		return 10 * max(0, dx+dy-1)
	}
}

// change is a cheap statistic: log rate during over before, inside less far.
func change(p *athar.Panel, out []float64) {
	v := func(r athar.Role, ph athar.Phase) float64 { return p.Total(r, ph) }
	a, b, c, d := v(athar.Inside, athar.During), v(athar.Inside, athar.Pre), v(athar.Far, athar.During), v(athar.Far, athar.Pre)
	out[0] = (math.Log(a/b) - math.Log(c/d)) / math.Sqrt(1/a+1/b)
}

// TestSpaceIsPermutation: one treated area and no matching gap leave the plain
// rank test among areas of the same volume class, counted here directly.
func TestSpaceIsPermutation(t *testing.T) {
	p := grid(30, 10, []int{17}, 1)
	r := Test(p, change, Options{Kind: Space, Draws: 10000})
	if r.Refusal != nil || !r.Exhaustive || r.Allocations != len(r.Placebos[0]) || !r.Contiguous {
		t.Fatalf("%+v", r)
	}
	series := func(i int) (x []float64) { return p.Count[i*32 : i*32+24] }
	z := func(i int) float64 { z, _, _ := stat.Surge(series(i)[:21], series(i)[21:]); return z }
	sum := func(i int) (s float64) {
		for _, v := range series(i) {
			s += v
		}
		return
	}
	var volumes []float64
	for i := range p.Areas {
		volumes = append(volumes, sum(i))
	}
	slices.Sort(volumes)
	class := func(i int) int { k, _ := slices.BinarySearch(volumes, sum(i)); return k * 5 / 300 }
	n, extreme := 0, 1
	for i := range p.Areas {
		if i == 17 || class(i) != class(17) || math.Abs(z(i)-z(17)) > .5 {
			continue
		}
		q := *p
		q.Areas = slices.Clone(p.Areas)
		q.Areas[17].Role, q.Areas[i].Role = athar.LeftOut, athar.Inside
		out := []float64{0}
		change(&q, out)
		n++
		if math.Abs(out[0]) >= math.Abs(r.Observed[0]) {
			extreme++
		}
	}
	if !r.Matched && n >= Need || r.Matched && (r.Allocations != n || math.Abs(r.P[0]-(1+r.Apart*float64(extreme-1)/float64(n))/(1+r.Apart)) > 1e-12) {
		t.Errorf("p %g of %d, counted directly %g of %d", r.P[0], r.Allocations, float64(extreme)/float64(1+n), n)
	}
	// Areas of one volume class at one time are all apart, but for the little that
	// their volumes differ.
	if r.Apart > float64(n) || r.Apart < .95*float64(n) || r.MinP != 1/(1+r.Apart) {
		t.Errorf("%d placebos are %.2f apart, smallest p %g", n, r.Apart, r.MinP)
	}
}

func TestPlacebosMatch(t *testing.T) {
	inside := []int{33, 34, 44}
	p := grid(10, 12, inside, 2)
	p.Areas[35].Role = 1
	km := chess(10)
	calls, first := 0, true
	r := Test(p, func(q *athar.Panel, out []float64) {
		change(q, out)
		if first {
			first = false
			return
		}
		calls++
		var set []int
		for i, a := range q.Areas {
			if a.Role == athar.Inside {
				set = append(set, i)
			}
			if p.Areas[i].Role != athar.Far && a.Role != athar.LeftOut {
				t.Fatalf("area %d of the real campaign has the role %d", i, a.Role)
			}
		}
		if len(set) != 3 {
			t.Fatalf("%d areas in the footprint", len(set))
		}
		links := 0
		for a := range 3 {
			for b := range a {
				if km(set[a], set[b]) == 0 {
					links++
				}
			}
		}
		if links < 2 {
			t.Fatalf("footprint %v does not hang together", set)
		}
		for i, a := range q.Areas {
			for _, j := range set {
				if a.Role == athar.Far && km(i, j) <= 10 {
					t.Fatalf("area %d beside %v is a control", i, set)
				}
			}
		}
		var before []float64
		during := 0
		for k, c := range q.Periods {
			switch c.Phase {
			case athar.Pre:
				n := 0.0
				for _, i := range set {
					n += q.Count[i*32+k]
				}
				before = append(before, n)
			case athar.During:
				during++
			}
		}
		if during != 4 {
			t.Fatalf("%d periods during", during)
		}
		n := len(before) - 3
		z, _, _ := stat.Surge(before[:n], before[n:])
		var real []float64
		for k := range 24 {
			real = append(real, p.Count[33*32+k]+p.Count[34*32+k]+p.Count[44*32+k])
		}
		z0, _, _ := stat.Surge(real[:21], real[21:])
		if math.Abs(z-z0) > SurgeWithin {
			t.Fatalf("surge %g against the real %g", z, z0)
		}
	}, Options{Km: km, Clear: 10, Draws: 99})
	if r.Refusal != nil || !r.Matched || calls != 99 || r.Allocations < 100 {
		t.Fatalf("%d placebos of %d: %+v", calls, r.Allocations, r.Refusal)
	}
	// The order of rows does not matter.
	q := &athar.Panel{Periods: p.Periods}
	perm := stat.Stream(9, "rows", 0).Perm(len(p.Areas))
	for _, i := range perm {
		q.Areas, q.Count, q.Use = append(q.Areas, p.Areas[i]), append(q.Count, p.Count[i*32:i*32+32]...), append(q.Use, p.Use[i*32:i*32+32]...)
	}
	s := Test(q, change, Options{Km: func(i, j int) float64 { return km(perm[i], perm[j]) }, Clear: 10, Draws: 99})
	if s.P[0] != r.P[0] || !slices.Equal(s.Placebos[0], r.Placebos[0]) {
		t.Errorf("p %g, with rows in another order %g", r.P[0], s.P[0])
	}
}

// TestTime: the window keeps its length from the real one, and no area moves.
func TestTime(t *testing.T) {
	p := grid(8, 5, []int{3, 4}, 3)
	var starts []int
	r := Test(p, func(q *athar.Panel, out []float64) {
		change(q, out)
		for k, c := range q.Periods {
			if c.Phase == athar.During {
				starts = append(starts, k)
				break
			}
		}
		if q.Areas[3].Role != athar.Inside {
			t.Fatal("the footprint moved")
		}
	}, Options{Kind: Time})
	if r.Refusal == nil || r.Refusal.Reason.Code != "placebo-few" || !math.IsNaN(r.P[0]) {
		t.Errorf("24 months before cannot hold 19 windows: %+v", r)
	}
	long := *p
	long.Periods = nil
	for range 60 {
		long.Periods = append(long.Periods, athar.Period{Phase: athar.Pre, Days: 30})
	}
	long.Periods = append(long.Periods, p.Periods[24:]...)
	long.Count, long.Use = nil, nil
	rnd := stat.Stream(1, "long", 0)
	for range 40 * 68 {
		long.Count, long.Use = append(long.Count, stat.NegBin(rnd, 6, 2)), append(long.Use, true)
	}
	starts = nil
	r = Test(&long, func(q *athar.Panel, out []float64) {
		change(q, out)
		for k, c := range q.Periods {
			if c.Phase == athar.During {
				starts = append(starts, k)
				break
			}
		}
	}, Options{Kind: Time})
	if r.Refusal != nil || slices.Max(starts[1:]) > 60-16 || slices.Min(starts[1:]) < 6 {
		t.Errorf("%+v, starts %v", r.Refusal, starts)
	}
}

func TestRefusals(t *testing.T) {
	p := grid(4, 4, []int{5}, 4)
	r := Test(p, change, Options{Kind: Space})
	if r.Refusal == nil || r.Refusal.Reason.Code != "placebo-few" || r.Refusal.Reason.Args["n"] != r.Allocations {
		t.Errorf("%+v", r)
	}
	for i := range p.Areas {
		p.Areas[i].Role = athar.Far
	}
	if r := Test(p, change, Options{}); r.Refusal == nil || r.Refusal.Reason.Code != "placebo-nothing" {
		t.Errorf("%+v", r)
	}
	// A footprint whose window is not monitored is none; a refused statistic is left out.
	p = grid(30, 10, []int{17}, 1)
	p.Use[18*32+25] = false
	n := 0
	r = Test(p, func(q *athar.Panel, out []float64) {
		if q.Areas[18].Role == athar.Inside {
			t.Error("area 18 is not monitored during the window")
		}
		change(q, out)
		if n++; n%2 == 0 {
			out[0] = math.NaN()
		}
	}, Options{Kind: Space, Draws: 60})
	if r.Refusal == nil && len(r.Placebos[0]) >= min(60, r.Allocations) {
		t.Errorf("%d of %d placebos count although every other one refused", len(r.Placebos[0]), r.Allocations)
	}
}

// TestSize: where nothing happened, p <= .05 in 5% of worlds with persistent
// noise, for a statistic whose own error is far too small.
func TestSize(t *testing.T) {
	const reps = 200
	w := sim.World{Name: "size", Inside: 2, Ring: 1, Far: 60, Level: 5, Sigma: .5, Rho: .5}
	hit, n := 0, 0
	naive := 0
	for k := range reps {
		p, _ := w.Panel(11, k)
		r := Test(p, change, Options{Seed: uint64(k), Draws: 99})
		if r.Refusal != nil {
			continue
		}
		n++
		if r.P[0] <= .05 {
			hit++
		}
		if math.Abs(r.Observed[0]) > 1.96 {
			naive++
		}
	}
	share := float64(hit) / float64(n)
	t.Logf("size %.3f of %d; the statistic's own error %.3f", share, n, float64(naive)/float64(n))
	if n < reps*9/10 || share > .05+.04 || share < .05-.04 {
		t.Errorf("size %.3f in %d worlds", share, n)
	}
}

func TestStudentised(t *testing.T) {
	for _, c := range []struct {
		e    athar.Effect
		want float64
	}{
		{athar.Effect{RR: athar.Num(math.Exp(.4)), SE: .2, P: .0455}, 2},
		{athar.Effect{RR: 0, SE: athar.Num(math.Inf(1)), P: .05}, -1.959964},
		{athar.Effect{Refusal: &athar.Refusal{}}, math.NaN()},
	} {
		if got := Studentised(c.e); math.Abs(got-c.want) > 1e-5 || math.IsNaN(got) != math.IsNaN(c.want) {
			t.Errorf("%g, want %g", got, c.want)
		}
	}
}

func TestCircularShift(t *testing.T) {
	r := stat.Stream(2, "circle", 0)
	covariance := func(x, y []float64) (s float64) {
		mx, my := 0.0, 0.0
		for i := range x {
			s += x[i] * y[i]
			mx, my = mx+x[i], my+y[i]
		}
		return s - mx*my/float64(len(x))
	}
	hit := 0
	for range 400 {
		// Two persistent series that have nothing to do with each other.
		x, y := make([]float64, 100), make([]float64, 100)
		for t := 1; t < 100; t++ {
			x[t], y[t] = .8*x[t-1]+r.NormFloat64(), .8*y[t-1]+r.NormFloat64()
		}
		if p, n := CircularShift(x, y, 5, covariance); p <= .05 {
			hit++
		} else if n != 91 {
			t.Fatalf("%d shifts", n)
		}
		if p, _ := CircularShift(x, x, 5, covariance); p != 1./92 {
			t.Fatalf("a series against itself: p %g", p)
		}
	}
	if share := float64(hit) / 400; share < .02 || share > .08 {
		t.Errorf("size %.3f", share)
	}
}
