package synth

import (
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"

	"athar"
	"athar/effect/sdid"
	"athar/internal/testdata"
	"athar/sim"
)

// prop99 is California and the 38 states of the smoking study, 1970 to 2000.
func prop99(t testing.TB) (y, donors []float64, states []string) {
	f, err := os.Open(testdata.Shared(t, "golden/scdid/california_prop99.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	series := map[string][]float64{}
	for _, r := range rows[1:] {
		v, err := strconv.ParseFloat(r[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		if r[0] == "California" {
			y = append(y, v)
			continue
		}
		if series[r[0]] == nil {
			states = append(states, r[0])
		}
		series[r[0]] = append(series[r[0]], v)
	}
	for _, s := range states {
		donors = append(donors, series[s]...)
	}
	return y, donors, states
}

const before = 19

func TestProp99Weights(t *testing.T) {
	y, donors, states := prop99(t)
	var f Fit
	if err := f.Control(y, donors, before); err != nil {
		t.Fatal(err)
	}
	for state, want := range map[string]float64{"Utah": .40, "Montana": .23, "Nevada": .20, "Connecticut": .10, "New Hampshire": .04} {
		if got := f.W[slices.Index(states, state)]; math.Abs(got-want) > .011 {
			t.Errorf("%s: %.4f, published %.2f", state, got, want)
		}
	}
	// The same control by the other package's route.
	var s sdid.Fit
	if err := s.Block(append(slices.Clone(donors), y...), 39, 31, 38, before, sdid.Settings{Kind: sdid.SC}); err != nil {
		t.Fatal(err)
	}
	tau := 0.0
	for _, g := range f.Gap[before:] {
		tau += g / 12
	}
	if math.Abs(tau-s.Tau) > 1e-3 || math.Abs(tau+19.6) > .15 {
		t.Errorf("effect %.4f here, %.4f as a case of sdid; published -19.6", tau, s.Tau)
	}
}

func TestProp99InSpace(t *testing.T) {
	y, donors, _ := prop99(t)
	var f Fit
	p, err := f.InSpace(y, donors, before)
	if err != nil {
		t.Fatal(err)
	}
	// Every ratio again by the walk of the other algorithm would take its time;
	// the rank is checked by counting.
	n := 0
	for _, r := range p.Ratio {
		if r >= p.Ratio[0] {
			n++
		}
	}
	if len(p.Ratio) != 39 || p.P != float64(n)/39 || p.P > 3./39 {
		t.Errorf("%d ratios, p %.4f, %d as large", len(p.Ratio), p.P, n)
	}
	if !(p.PClose <= p.P*39/float64(39-p.Dropped)+1e-12) {
		t.Errorf("p %.4f, %.4f without %d badly fitting donors", p.P, p.PClose, p.Dropped)
	}
}

// nestedData are outcomes of five years as predictors of California's past.
func nestedData(t testing.TB) (x1, x0, z1, z0 []float64) {
	y, donors, states := prop99(t)
	predictors := func(s []float64) []float64 {
		avg := func(a, b int) (m float64) {
			for _, v := range s[a-1970 : b-1970+1] {
				m += v / float64(b-a+1)
			}
			return
		}
		return []float64{avg(1975, 1975), avg(1980, 1980), avg(1988, 1988), avg(1970, 1974), avg(1981, 1987)}
	}
	for j := range states {
		d := donors[j*31 : (j+1)*31]
		x0, z0 = append(x0, predictors(d)...), append(z0, d[:before]...)
	}
	return predictors(y), x0, y[:before], z0
}

// A reference implementation of the same problem (pysyncon 1.7.0, Nelder and
// Mead from equal weights) stops at a loss of 4.509784.
func TestNested(t *testing.T) {
	x1, x0, z1, z0 := nestedData(t)
	var f Nested
	if err := f.Fit(x1, x0, z1, z0); err != nil {
		t.Fatal(err)
	}
	var free Fit
	if err := free.Control(z1, z0, before); err != nil {
		t.Fatal(err)
	}
	t.Logf("loss %.6f, %d fits, V %.3f; outcomes only %.6f", f.Loss, f.Fits, f.V, free.Pre*free.Pre)
	if f.Loss > 4.509784*(1+1e-6) {
		t.Errorf("loss %.6f is above the reference's", f.Loss)
	}
	if f.Loss < free.Pre*free.Pre-1e-9 {
		t.Errorf("loss %.6f is below what any weights can reach, %.6f", f.Loss, free.Pre*free.Pre)
	}
	loss, sum := 0.0, 0.0
	for k := range before {
		g := z1[k]
		for j, w := range f.W {
			g -= w * z0[j*before+k]
		}
		loss += g * g / before
	}
	for _, v := range f.V {
		sum += v
	}
	if math.Abs(loss-f.Loss) > 1e-9 || math.Abs(sum-1) > 1e-12 {
		t.Errorf("loss %.9f from the weights, %.9f said; V sums to %g", loss, f.Loss, sum)
	}
}

// The weights of lemma 1 against a ridge regression of each period after on the
// periods before, which corrects the control's gap.
func TestAugmentedIsRidgeRegression(t *testing.T) {
	y, donors, states := prop99(t)
	const lambda, periods = 300., 31
	n := len(states)
	var f Fit
	if err := f.Control(y, donors, before); err != nil {
		t.Fatal(err)
	}
	plain := slices.Clone(f.Gap)
	if err := f.Augmented(y, donors, before, lambda); err != nil {
		t.Fatal(err)
	}
	x := mat.NewDense(n, before, nil)
	for k := range before {
		m := 0.0
		for j := range n {
			m += donors[j*periods+k] / float64(n)
		}
		for j := range n {
			x.Set(j, k, donors[j*periods+k]-m)
		}
	}
	var a, eta mat.Dense
	a.Mul(x.T(), x)
	for k := range before {
		a.Set(k, k, a.At(k, k)+lambda)
	}
	for k := before; k < periods; k++ {
		z := mat.NewDense(n, 1, nil)
		for j := range n {
			z.Set(j, 0, donors[j*periods+k])
		}
		var xz mat.Dense
		xz.Mul(x.T(), z)
		if err := eta.Solve(&a, &xz); err != nil {
			t.Fatal(err)
		}
		want := plain[k]
		for s := range before {
			want -= plain[s] * eta.At(s, 0)
		}
		if math.Abs(f.Gap[k]-want) > 1e-8 {
			t.Errorf("period %d: gap %.10f, by regression %.10f", k, f.Gap[k], want)
		}
		eta.Reset()
	}
	sum := 0.0
	for _, w := range f.W {
		sum += w
	}
	if math.Abs(sum-1) > 1e-10 || f.Extrapolation() <= 0 || f.Pre >= rms(plain[:before]) {
		t.Errorf("weights sum to %g, extrapolation %g, gap before %g", sum, f.Extrapolation(), f.Pre)
	}
}

// Scaled to a mean of 1, the periods that are left tell the one that is out;
// chosen blindly the penalty would vanish.
func TestPenaltyDoesNotPeek(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const n, t0 = 30, 20
	y, donors := make([]float64, t0), make([]float64, n*t0)
	scale := func(x []float64) {
		for k := range x {
			x[k] = 10 + r.NormFloat64()
		}
		m := mean(x)
		for k := range x {
			x[k] /= m
		}
	}
	scale(y)
	for j := range n {
		scale(donors[j*t0 : (j+1)*t0])
	}
	var f Fit
	blind, err := f.Penalty(y, donors, t0, true)
	if err != nil {
		t.Fatal(err)
	}
	peeking, _ := f.Penalty(y, donors, t0, false)
	if !(blind > 1e6*peeking) {
		t.Errorf("pure noise: penalty %g, %g if the scale gives the truth away", blind, peeking)
	}
}

func TestShifts(t *testing.T) {
	u := []float64{1, -1, 2, 5, 0, 3, -4, 6} // |u| over windows of 3: 13 true; 11, 8, 4, 8, 7, 8, 7
	if p := Shifts(u, 5); p != 1./8 {
		t.Errorf("p %g, want 1/8", p)
	}
	if p := Shifts([]float64{2, -2, 2, 2}, 3); p != 1 {
		t.Errorf("ties count: p %g, want 1", p)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		u, t0 := make([]float64, 12), 3+r.IntN(7)
		for k := range u {
			u[k] = r.NormFloat64()
		}
		n, base := 0, 0.0
		for s := range u {
			v := 0.0
			for k := t0; k < len(u); k++ {
				v += math.Abs(u[(k+s)%len(u)])
			}
			if s == 0 {
				base = v
			}
			if v >= base*(1-1e-9) {
				n++
			}
		}
		if p := Shifts(u, t0); p != float64(n)/12 {
			t.Errorf("p %g, by hand %d/12", p, n)
		}
	}
}

func TestControlProperties(t *testing.T) {
	y, donors, states := prop99(t)
	var f, g Fit
	if err := f.Control(y, donors, before); err != nil {
		t.Fatal(err)
	}
	var back []float64
	for j := len(states) - 1; j >= 0; j-- {
		for _, v := range donors[j*31 : (j+1)*31] {
			back = append(back, 7*v+3)
		}
	}
	scaled := slices.Clone(y)
	for k := range scaled {
		scaled[k] = 7*scaled[k] + 3
	}
	if err := g.Control(scaled, back, before); err != nil {
		t.Fatal(err)
	}
	for j, w := range f.W {
		if math.Abs(w-g.W[len(states)-1-j]) > 1e-6 {
			t.Errorf("%s: weight %g, %g in another order and unit", states[j], w, g.W[len(states)-1-j])
		}
	}
	if n := testing.AllocsPerRun(10, func() { _ = f.Control(y, donors, before) }); n != 0 {
		t.Errorf("%g allocations a fit", n)
	}
	for _, c := range []struct {
		y, d []float64
		t0   int
	}{{nil, nil, 3}, {y, donors[:31], before}, {y, donors[:70], before}, {y, donors, 1}, {y, donors, 32}} {
		if f.Control(c.y, c.d, c.t0) == nil {
			t.Errorf("%d periods, %d cells, %d before: fitted", len(c.y), len(c.d), c.t0)
		}
	}
}

func TestEstimate(t *testing.T) {
	w := sim.World{Name: "known", InsideRR: [2]float64{.4, .4}, Level: 12}
	p, _ := w.Panel(1, 0)
	for _, o := range []Options{{}, {Ridge: true}, {Conformal: true}, {Ridge: true, Conformal: true}} {
		r := Estimate(p, o)
		if r.Refusal != nil || len(r.Effects) != 2 || len(r.Phases) != 2 {
			t.Fatalf("%+v: %+v", o, r)
		}
		for i, e := range r.Effects {
			if e.Refusal != nil || !(e.Low < e.RR && e.RR < e.High) || !(e.Low < .4 && .4 < e.High) || e.High >= 1 {
				t.Errorf("%+v %s: ratio %v (%v to %v), refusal %v", o, e.Phase, e.RR, e.Low, e.High, e.Refusal)
			}
			if math.Abs(float64(e.Observed+e.Avoided-e.Expected)) > 1e-9 || !(e.AvoidedLow < e.Avoided && e.Avoided < e.AvoidedHigh) {
				t.Errorf("counts do not add up: %+v", e)
			}
			d, sum := r.Phases[i], athar.Num(0)
			for k, x := range d.Expected {
				if p.Periods[d.Periods[k]].Phase != athar.Pre {
					sum += x
				}
			}
			if math.Abs(float64(sum-e.Expected)) > 1e-9*float64(sum) || d.PlaceboP < d.MinP || d.PlaceboP > 1 {
				t.Errorf("diagnosis: %v expected, %v in the effect, placebo p %v", sum, e.Expected, d.PlaceboP)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	usual := sim.World{Name: "usual", Inside: 2}
	for _, c := range []struct {
		code   string
		w      sim.World
		change func(*athar.Panel)
		o      Options
	}{
		{"few-donors", sim.World{Inside: 2, Far: 9, Level: 9}, nil, Options{}},
		{"few-pre-periods", sim.World{Inside: 2, Pre: 9}, nil, Options{}},
		{"few-shifts", sim.World{Inside: 2, Pre: 13, Level: 6}, nil, Options{Conformal: true}},
		{"no-inside", usual, func(p *athar.Panel) {
			for i := range p.Areas {
				p.Areas[i].Role = athar.Far
			}
		}, Options{}},
		{"no-events-after", usual, func(p *athar.Panel) {
			for t, q := range p.Periods {
				if q.Phase != athar.Pre {
					p.Count[p.At(0, t)], p.Count[p.At(1, t)] = 0, 0
				}
			}
		}, Options{}},
		{"poor-prefit", usual, func(p *athar.Panel) {
			for t := range p.Periods {
				p.Count[p.At(0, t)] = float64(200 * (t % 2))
			}
		}, Options{}},
		{"no-cells", usual, func(p *athar.Panel) {
			for t, q := range p.Periods {
				p.Use[p.At(1, t)] = q.Phase == athar.Pre
			}
		}, Options{}},
	} {
		p, _ := c.w.Panel(1, 0)
		if c.change != nil {
			c.change(p)
		}
		r := Estimate(p, c.o)
		if r.Refusal == nil || r.Refusal.Reason.Code != c.code {
			t.Errorf("want %s, got %+v", c.code, r.Refusal)
		}
	}
}

func BenchmarkNested(b *testing.B) {
	x1, x0, z1, z0 := nestedData(b)
	var f Nested
	for b.Loop() {
		if err := f.Fit(x1, x0, z1, z0); err != nil {
			b.Fatal(err)
		}
	}
}
