package did

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"athar"
	"athar/effect/spillover"
	"athar/sim"
	"athar/stat"
)

func TestFixest(t *testing.T) {
	col, rows := table(t, "golden/scdid/fixest_base_stagg.csv")
	d := Data{Periods: 10}
	at := map[string]int{}
	for _, r := range rows {
		if _, ok := at[r[col["id"]]]; !ok {
			at[r[col["id"]]] = d.Units
			d.Units++
			g := int(num(t, r[col["year_treated"]])) - 1
			if g > 100 {
				g = Never
			}
			d.First = append(d.First, g)
		}
	}
	d.Y = make([]float64, len(rows))
	x := make([]float64, len(rows))
	for _, r := range rows {
		k := at[r[col["id"]]]*10 + int(num(t, r[col["year"]])) - 1
		d.Y[k], x[k] = num(t, r[col["y"]]), num(t, r[col["x1"]])
	}
	got := SunAbraham(d, [][]float64{x})
	if got.Refusal != nil {
		t.Fatal(got.Refusal)
	}
	col, rows = table(t, "golden/scdid/fixest_sunab.csv")
	for _, r := range rows {
		p := got.Covariates[0]
		if r[col["term"]] != "x1" {
			var e int
			fmt.Sscanf(r[col["term"]], "year::%d", &e)
			p = got.Points[slices.IndexFunc(got.Points, func(p Term) bool { return p.At == e })]
		}
		near(t, r[col["term"]], p.Est, num(t, r[col["est"]]), 1e-8)
		near(t, r[col["term"]]+" se", p.SE, num(t, r[col["se"]]), 1e-8)
	}
	if len(rows) != len(got.Points)+1 {
		t.Errorf("%d points, the reference has %d", len(got.Points), len(rows)-1)
	}
	acol, arows := table(t, "golden/scdid/fixest_att.csv")
	near(t, "sunab ATT", got.ATT.Est, num(t, arows[1][acol["est"]]), 1e-8)
	near(t, "sunab ATT se", got.ATT.SE, num(t, arows[1][acol["se"]]), 1e-8)

	col, rows = table(t, "golden/scdid/fixest_base_did.csv")
	two := Data{Units: len(rows) / 10, Periods: 10, Y: make([]float64, len(rows))}
	x, treat := make([]float64, len(rows)), make([]float64, len(rows))
	for _, r := range rows {
		k := (int(num(t, r[col["id"]]))-1)*10 + int(num(t, r[col["period"]])) - 1
		two.Y[k], x[k], treat[k] = num(t, r[col["y"]]), num(t, r[col["x1"]]), num(t, r[col["treat"]])*num(t, r[col["post"]])
	}
	b, v, ok := withinTwoWay(&two, [][]float64{x, treat})
	if !ok {
		t.Fatal("not identified")
	}
	near(t, "two-way", b[1], num(t, arows[0][acol["est"]]), 1e-8)
	near(t, "two-way se", math.Sqrt(v[3]), num(t, arows[0][acol["se"]]), 1e-8)
}

// TestSunAbrahamIsGroupTime: without covariates every term is the group-time
// effect with the universal base.
func TestSunAbrahamIsGroupTime(t *testing.T) {
	d := small(3)
	for i, g := range d.First {
		if g == 0 {
			d.First[i] = Never
		}
	}
	d.X, d.Covariates = nil, 0
	s, a := SunAbraham(d, nil), GroupTime(d, Options{Base: Universal}).Aggregate(Dynamic)
	for _, p := range s.Points {
		k := slices.IndexFunc(a.Points, func(q Point) bool { return q.At == p.At })
		near(t, "dynamic", p.Est, a.Points[k].ATT, 1e-9)
	}
	near(t, "overall", s.ATT.Est, GroupTime(d, Options{}).Aggregate(Simple).Overall.ATT, 1e-9)
}

// TestTwoByTwo: with two phases the ratio is that of the four counts.
func TestTwoByTwo(t *testing.T) {
	w := sim.World{Name: "two", Ring: 1, Inside: 8, Far: 20, Pre: 12, During: 4, Post: 3, Level: 12, InsideRR: [2]float64{.5, .9}}
	p, _ := w.Panel(1, 0)
	for i, a := range p.Areas {
		if a.Role.IsRing() {
			p.Areas[i].Role = athar.LeftOut
		}
	}
	for t := range p.Periods {
		p.Periods[t].Days = 30
	}
	r := Estimate(p, PanelOptions{Campaign: "c"})
	if r.Refusal != nil || len(r.Effects) != 2 {
		t.Fatal(r.Refusal, len(r.Effects))
	}
	s := spillover.Estimate(p, spillover.Options{Draws: -1, Errors: spillover.Clustered})
	for _, e := range r.Effects {
		T := func(role athar.Role, ph athar.Phase) float64 {
			if role == athar.Inside {
				return p.Total(role, ph)
			}
			n := 0.0
			for i, a := range p.Areas {
				one := &athar.Panel{Areas: []athar.PanelArea{a}, Periods: p.Periods, Count: p.Count[i*19 : i*19+19], Use: p.Use[i*19 : i*19+19]}
				if a.Role == athar.Far && one.Total(athar.Far, athar.Pre) >= MinEvents {
					n += one.Total(athar.Far, ph)
				}
			}
			return n
		}
		want := T(athar.Inside, e.Phase) / T(athar.Inside, athar.Pre) / (T(athar.Far, e.Phase) / T(athar.Far, athar.Pre))
		near(t, "ratio of four counts", float64(e.RR), want, 1e-9)
		near(t, "observed", float64(e.Observed), T(athar.Inside, e.Phase), 0)
		near(t, "avoided", float64(e.Avoided), T(athar.Inside, e.Phase)/want-T(athar.Inside, e.Phase), 1e-6)
		for _, x := range s.Effects {
			if r.Controls == 20 && x.Question == athar.AskInside && x.Phase == e.Phase {
				near(t, "the headline's error without rings", float64(e.SE), float64(x.SE), 1e-9)
			}
		}
	}
	if r.Controls != 20 {
		t.Errorf("%d of 20 controls: the comparison of errors did not run", r.Controls)
	}
	if r.PreTest.DF == 0 || len(r.Bounds) != 2 || !(r.Bounds[0].Low < math.Log(float64(r.Effects[0].RR))) {
		t.Errorf("no leads: %+v %+v", r.PreTest, r.Bounds)
	}
}

// TestControlsNeedEvents: a far area with few events before is no control,
// whatever it does later.
func TestControlsNeedEvents(t *testing.T) {
	p, _ := sim.World{Name: "few", Ring: 1, Far: 20, Pre: 12, During: 4, Post: 3, Level: 12}.Panel(1, 0)
	a := Estimate(p, PanelOptions{})
	last := len(p.Areas) - 1
	p.Areas = append(p.Areas, athar.PanelArea{Code: "new", Role: athar.Far})
	for range p.Periods {
		p.Count, p.Use = append(p.Count, 1.5), append(p.Use, true)
	}
	p.Count[(last+1)*19+15] = 5000
	b := Estimate(p, PanelOptions{})
	if a.Controls != 20 || b.Controls != 20 || b.Effects[0].RR != a.Effects[0].RR || b.Notes[0].Code != "did-controls" {
		t.Errorf("controls %d and %d, ratio %g and %g, notes %v", a.Controls, b.Controls, a.Effects[0].RR, b.Effects[0].RR, b.Notes)
	}
}

// TestUniformIsWelch: a cell without covariates is the comparison of two means,
// whose error and degrees of freedom are Welch's.
func TestUniformIsWelch(t *testing.T) {
	d := small(5)
	d.X, d.Covariates = nil, 0
	e := GroupTime(d, Options{})
	band, u := e.Band(Draws{}), e.Uniform(Draws{})
	for k, c := range e.Cells {
		var x [2][]float64
		for i, g := range d.First {
			dy := d.Y[i*7+c.Period] - d.Y[i*7+e.base(c.Group, c.Period)]
			if g == c.Group {
				x[0] = append(x[0], dy)
			} else if g == Never {
				x[1] = append(x[1], dy)
			}
		}
		var v, n [2]float64
		for j := range x {
			m := 0.0
			for _, y := range x[j] {
				m += y / float64(len(x[j]))
			}
			n[j] = float64(len(x[j]))
			for _, y := range x[j] {
				v[j] += (y - m) * (y - m) / (n[j] - 1) / n[j]
			}
		}
		df := (v[0] + v[1]) * (v[0] + v[1]) / (v[0]*v[0]/(n[0]-1) + v[1]*v[1]/(n[1]-1))
		near(t, "Welch's degrees of freedom", c.DF, df, 1e-9)
		near(t, "Welch's error", c.SE*c.Inflate, math.Sqrt(v[0]+v[1]), 1e-9)
		q := stat.TQuantile(1-stat.TwoSided(band.Crit, math.Inf(1))/2, df)
		near(t, "width", (u[k].High-u[k].Low)/2, q*math.Sqrt(v[0]+v[1]), 1e-9)
	}
}

func TestEstimateRefuses(t *testing.T) {
	base := sim.World{Name: "r", Ring: 1, Far: 20, Pre: 12, During: 4, Post: 3, Level: 12}
	for _, c := range []struct {
		code string
		w    sim.World
		spo  func(p *athar.Panel)
	}{
		{"did-few-treated", base.Few(5), nil},
		{"few-donors", sim.World{Name: "f", Ring: 1, Far: 5, Level: 12}, nil},
		{"few-pre-periods", sim.World{Name: "p", Ring: 1, Far: 20, Pre: 2, Level: 12}, nil},
		{"all-zero-phase", base, func(p *athar.Panel) {
			for k := range p.Count {
				if p.Areas[k/19].Role == athar.Inside && p.Periods[k%19].Phase == athar.During {
					p.Count[k] = 0
				}
			}
		}},
	} {
		p, _ := c.w.Panel(1, 0)
		if c.spo != nil {
			c.spo(p)
		}
		e := Estimate(p, PanelOptions{}).Effects[0]
		if e.Refusal == nil || e.Refusal.Reason.Code != c.code {
			t.Errorf("%s: %v", c.code, e.Refusal)
		}
	}
}

func TestRelativeMagnitude(t *testing.T) {
	// Mbar 0 is the usual interval.
	r := RelativeMagnitude{Beta: []float64{.1, -.2, .9}, Cov: []float64{.04, .01, .01, .01, .05, .02, .01, .02, .09}, Pre: 2, Weights: []float64{1}}
	low, high := r.Interval(0)
	near(t, "low", low, .9-1.959964*.3, 1e-4)
	near(t, "high", high, .9+1.959964*.3, 1e-4)
	// Without noise it is the identified set, w'beta +- Mbar c max|step|.
	n := RelativeMagnitude{Beta: []float64{.1, -.2, .9, 1.5}, Cov: make([]float64, 16), Pre: 2, Weights: []float64{.5, .5}}
	for i := range 4 {
		n.Cov[i*5] = 1e-12
	}
	low, high = n.Interval(.5)
	near(t, "identified low", low, 1.2-.5*1.5*.3, 1e-4)
	near(t, "identified high", high, 1.2+.5*1.5*.3, 1e-4)
	near(t, "breakdown", n.Breakdown(), 1.2/(1.5*.3), 1e-3)
	if b := r.Breakdown(); !(b > 0 && b < 9/3.) {
		t.Errorf("breakdown with noise %.3f", b)
	}

	near(t, "both below, independent", bothBelow(1, 0), normal(1)*normal(1), 1e-9)
	near(t, "both below, opposite", bothBelow(1.3, -1), 2*normal(1.3)-1, 2e-4)
	near(t, "both below, same", bothBelow(.7, 1), normal(.7), 1e-6)
	near(t, "both below, .5 at 0", bothBelow(0, .5), 1./3, 1e-9)
}

// TestRelativeMagnitudeCovers: at the worst drift allowed the interval covers in
// at least 95% of cases.
func TestRelativeMagnitudeCovers(t *testing.T) {
	for _, drift := range []float64{0, .3, 2} {
		truth := []float64{-2 * drift, -drift, drift + 1} // steps of the same size; effect 1
		v := []float64{1, .5, .5, .5, 1, .5, .5, .5, 1}
		for i := range v {
			v[i] *= .09
		}
		z, d, r := stat.NewNormals(v, 3, math.Inf(1)), make([]float64, 3), stat.Stream(5, "covers", 0)
		const n = 400
		in := 0
		for range n {
			z.Draw(d, r)
			for i := range d {
				d[i] += truth[i]
			}
			low, high := RelativeMagnitude{Beta: d, Cov: v, Pre: 2, Weights: []float64{1}}.Interval(1)
			if low <= 1 && 1 <= high {
				in++
			}
		}
		if share := float64(in) / n; share < .95-.025 {
			t.Errorf("drift %g: covers %.3f", drift, share)
		} else {
			t.Logf("drift %g: covers %.3f", drift, share)
		}
	}
}

// BenchmarkEstimate fits one campaign with its pre-test and bounds.
func BenchmarkEstimate(b *testing.B) {
	p, _ := sim.World{Name: "bench", Level: 6}.Panel(1, 0)
	for b.Loop() {
		Estimate(p, PanelOptions{})
	}
}
