package spatial

import (
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	gonum "gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"athar/stat"
)

// truth is a world on a square of 100 km with a square hole of 20 km.
type truth struct {
	mu, r0, sigma, delta float64 // background per km^2 and day
	reach, horizon, end  float64
	power                bool // followers as a power law with shape 3
}

var square = [][][2]float64{{{0, 0}, {100, 0}, {100, 100}, {0, 100}, {0, 0}}, {{40, 40}, {60, 40}, {60, 60}, {40, 60}}}

func (w truth) draw(seed uint64, rep int) (Events, Options) {
	r := stat.Stream(seed, "spatial/world", rep)
	all, _ := rings(square)
	land := edges(all)
	d := Events{End: w.end, P: 1, Window: square, Cells: []Cell{{From: 0, To: w.end, Exposure: 9600 * w.end, X: []float64{1}}}}
	add := func(t, x, y float64) {
		if t <= w.end && inside(land, x, y) {
			d.Time, d.X, d.Y, d.Cell = append(d.Time, t), append(d.X, x), append(d.Y, y), append(d.Cell, 0)
		}
	}
	for range int(distuv.Poisson{Lambda: w.mu * 1e4 * w.end, Src: r}.Rand()) {
		add(w.end*(1-r.Float64()), 100*r.Float64(), 100*r.Float64())
	}
	for i := 0; i < len(d.Time); i++ {
		for range int(distuv.Poisson{Lambda: w.r0, Src: r}.Rand()) {
			gap, far := math.Inf(1), math.Inf(1)
			var dx, dy float64
			for gap > w.horizon {
				gap = r.ExpFloat64() / w.delta
			}
			for far > w.reach {
				dx, dy = w.sigma*r.NormFloat64(), w.sigma*r.NormFloat64()
				far = math.Hypot(dx, dy)
				if w.power { // within r: (r/(r+sigma))^2
					u := math.Sqrt(r.Float64())
					scale := w.sigma * u / (1 - u) / far
					dx, dy, far = dx*scale, dy*scale, far*scale
				}
			}
			add(d.Time[i]+gap, d.X[i]+dx, d.Y[i]+dy)
		}
	}
	o := Options{Reach: w.reach, Horizon: w.horizon, Space: Decay, Time: Decay}
	if w.power {
		o.Space = Power
	}
	return d, o
}

var simple = truth{mu: 4e-5, r0: .4, sigma: 4, delta: .25, reach: 25, horizon: 25, end: 1000}

// The gradient is that of the likelihood, for every kernel.
func TestGradient(t *testing.T) {
	d, _ := simple.draw(1, 0)
	d.M = 1
	d.Kinds = 2
	for i := range d.Time {
		d.Mark = append(d.Mark, float64(i%3))
		d.Kind = append(d.Kind, i%2)
	}
	for _, c := range []struct {
		o Options
		p []float64
	}{
		{Options{}, []float64{-10, -7, .2}},
		{Options{Space: Decay}, []float64{-10, -7, .2, 1.2}},
		{Options{Time: Decay}, []float64{-10, -7, .2, -1.3}},
		{Options{Space: Decay, Time: Decay}, []float64{-10, -7, .2, 1.2, -1.3}},
		{Options{Space: Power}, []float64{-10, -7, .2, 1.2, .8}},
		{Options{Space: Power, Time: Decay}, []float64{-10, -7, .2, 1.2, math.Log(2), -1.3}}, // where the integral's own form is 0/0
		{Options{Space: Power, Time: Decay}, []float64{-10, -7, .2, 1.2, 0, -1.3}},
	} {
		c.o.Reach, c.o.Horizon = 25, 25
		m, err := newModel(d, c.o)
		if err != nil {
			t.Fatal(err)
		}
		sameGradient(t, &m.hill, c.p)
	}
}

// sameGradient holds the gradient of a likelihood against differences.
func sameGradient(t *testing.T, m *hill, p []float64) {
	t.Helper()
	if m.dim != len(p) {
		t.Fatalf("%d parameters, want %d", len(p), m.dim)
	}
	m.at(p, false)
	g := slices.Clone(m.grad)
	for j := range p {
		up, down := slices.Clone(p), slices.Clone(p)
		up[j] += 1e-5
		down[j] -= 1e-5
		if by := (m.at(up, false) - m.at(down, false)) / 2e-5; math.Abs(by-g[j]) > 1e-5*(1+math.Abs(by)) {
			t.Errorf("at %v: derivative %d is %v, by differences %v", p, j, g[j], by)
		}
	}
}

// The integral over what can be seen: closed forms in a square, a grid elsewhere, and
// points as near to the edge as can be.
func TestSeen(t *testing.T) {
	d := Events{End: 10, P: 1, Cells: []Cell{{To: 10, Exposure: 1, X: []float64{1}}}, Window: square}
	for _, q := range [][2]float64{{10, 10}, {1e-7, 50}, {30, 35}, {39.9, 50}, {99, 1}} {
		d.Time, d.X, d.Y, d.Cell = append(d.Time, 1), append(d.X, q[0]), append(d.Y, q[1]), append(d.Cell, 0)
	}
	m, err := newModel(d, Options{Reach: 500, Horizon: 1, Space: Decay})
	if err != nil {
		t.Fatal(err)
	}
	near, err := newModel(d, Options{Reach: 12, Horizon: 1})
	if err != nil {
		t.Fatal(err)
	}
	phi := distuv.UnitNormal.CDF
	for a, i := range m.order {
		for _, sigma := range []float64{.5, 5, 30} {
			box := func(from, to float64) float64 {
				in := func(c float64) float64 { return phi((to-c)/sigma) - phi((from-c)/sigma) }
				return 2 * math.Pi * sigma * sigma * in(d.X[i]) * in(d.Y[i])
			}
			want := box(0, 100) - box(40, 60)
			if got, _ := m.seen(a, spread{of: Decay, sigma: sigma}); math.Abs(got-want) > 1e-6*want+1e-9 {
				t.Errorf("%v, %v, sigma %v: %v, want %v", d.X[i], d.Y[i], sigma, got, want)
			}
		}
		// Area of the disc in the window, by a fine grid.
		want, power, cell := 0.0, 0.0, 24./2000
		law := spread{of: Power, sigma: 2, shape: 1.7}
		all, _ := rings(square)
		land := edges(all)
		for x := d.X[i] - 12 + cell/2; x < d.X[i]+12; x += cell {
			for y := d.Y[i] - 12 + cell/2; y < d.Y[i]+12; y += 24. / 500 {
				if math.Hypot(x-d.X[i], y-d.Y[i]) < 12 && inside(land, x, y) {
					want += cell * 24 / 500
					f, _ := law.at((x-d.X[i])*(x-d.X[i]) + (y-d.Y[i])*(y-d.Y[i]))
					power += f * cell * 24 / 500
				}
			}
		}
		if got, _ := near.seen(a, spread{}); math.Abs(got-want) > .004*want {
			t.Errorf("%v, %v: area %v, on a grid %v", d.X[i], d.Y[i], got, want)
		}
		if got, _ := near.seen(a, law); math.Abs(got-power) > .006*power {
			t.Errorf("%v, %v: power law %v, on a grid %v", d.X[i], d.Y[i], got, power)
		}
	}
}

// Neither the order of the events, nor that of the corners, nor a shift in
// time and space shows; an event off the map and a spoilt shape are errors.
func TestInvariance(t *testing.T) {
	d, o := simple.draw(2, 0)
	r, err := Fit(d, o)
	if err != nil || r.Refusal != nil {
		t.Fatal(err, r)
	}
	e := d
	e.Time, e.X, e.Y = slices.Clone(d.Time), slices.Clone(d.X), slices.Clone(d.Y)
	slices.Reverse(e.Time)
	slices.Reverse(e.X)
	slices.Reverse(e.Y)
	e.Window = [][][2]float64{slices.Clone(square[1]), slices.Clone(square[0])}
	slices.Reverse(e.Window[0])
	s, err := Fit(e, o)
	if err != nil || s.LogLik != r.LogLik && math.Abs(s.LogLik-r.LogLik) > 1e-9 || math.Abs(s.Sigma-r.Sigma) > 1e-6 {
		t.Errorf("another order: %v, %v, %v", err, s.LogLik, r.LogLik)
	}
	e.Window = square
	if s, _ = Fit(e, o); s.LogLik != r.LogLik || s.Sigma != r.Sigma || s.R0[0] != r.R0[len(r.R0)-1] {
		t.Error("the order of rows shows")
	}
	var far [][][2]float64
	for _, ring := range square {
		var moved [][2]float64
		for _, c := range ring {
			moved = append(moved, [2]float64{c[0] + 512, c[1] - 256})
		}
		far = append(far, moved)
	}
	e = d
	e.X, e.Y, e.Window = slices.Clone(d.X), slices.Clone(d.Y), far
	for i := range e.X {
		e.X[i] += 512
		e.Y[i] -= 256
	}
	if s, err = Fit(e, o); err != nil || math.Abs(s.LogLik-r.LogLik) > 1e-6 {
		t.Errorf("shifted: %v, %v", err, s)
	}
	e.X[0] = 0
	if _, err = Fit(e, o); err != errWindow {
		t.Errorf("an event off the map: %v", err)
	}
	e.X = e.X[1:]
	if _, err = Fit(e, o); err != errShape {
		t.Errorf("spoilt shape: %v", err)
	}
	if r.Refusal != nil || r.Uniform < 1e-4 || r.Serial < 1e-4 {
		t.Errorf("the true model fails its checks: %v %v", r.Uniform, r.Serial)
	}
	// All events at ten places: no reach can be told.
	e = d
	e.X, e.Y = slices.Clone(d.X), slices.Clone(d.Y)
	for i := range e.X {
		e.X[i], e.Y[i] = 5+10*float64(i%10), 20
	}
	if s, err = Fit(e, o); err != nil || s.Refusal == nil || s.Refusal.Reason.Code != "spatial-same-place" {
		t.Errorf("ten places: %v, %+v", err, s)
	}
}

// Known truth: estimates and intervals of the number of followers, their reach and
// memory; with the edge and without anybody beyond it.
func TestKnownTruth(t *testing.T) {
	n := 6
	if k, err := strconv.Atoi(os.Getenv("ATHAR_REPS")); err == nil && k > 0 {
		n = k
	}
	law := truth{mu: 2e-5, r0: .6, sigma: 2, delta: .25, reach: 25, horizon: 25, end: 1200, power: true}
	for _, w := range []truth{simple, law} {
		name := []string{"ln background", "ln R0", "ln sigma", "ln delta"}
		want := []float64{math.Log(w.mu), math.Log(w.r0), math.Log(w.sigma), math.Log(w.delta)}
		if w.power {
			name, want = append(name, "ln shape"), append(want, math.Log(3))
		}
		list := make([][]float64, len(want))
		hold := make([]float64, len(want))
		for rep := range n {
			d, o := w.draw(3, rep)
			r, err := Fit(d, o)
			if err != nil || r.Refusal != nil {
				t.Log(err, r.Refusal)
				continue
			}
			// R0 is exp(gamma) times integrals that move with sigma and delta; its own error is not
			// given, so its interval is not asked for.
			got := []float64{r.Beta[0], math.Log(r.R0[0]), math.Log(r.Sigma), math.Log(r.Delta)}
			se := []float64{r.SE[0], math.NaN(), r.SE[2], r.SE[len(r.SE)-1]}
			if w.power {
				got, se = append(got, math.Log(r.Shape)), append(se, r.SE[3])
			}
			for k, v := range got {
				list[k] = append(list[k], v)
				if math.Abs(v-want[k]) < 1.96*se[k] {
					hold[k]++
				}
			}
		}
		for k, truth := range want {
			mean, sd := gonum.MeanStdDev(list[k], nil)
			good := float64(len(list[k]))
			t.Logf("%s: %.3f sd %.3f (%.3f), interval holds %.3f of %v", name[k], mean, sd, truth, hold[k]/good, good) // 0 of R0
			if !(math.Abs(mean-truth) < 4*sd/math.Sqrt(good)+.05) {
				t.Errorf("%s is %v on average, want %v", name[k], mean, truth)
			}
		}
	}
}
