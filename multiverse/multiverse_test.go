package multiverse

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"athar"
	"athar/effect/did"
	"athar/effect/spillover"
	"athar/panel"
)

// region makes a grid of areas in a row, 20 km apart, and a campaign on some of
// them in the last year.
func region(t testing.TB, seed uint64, unit panel.Unit, areas, inside int, effect float64) (*panel.Grid, panel.Site) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	var list []athar.Area
	for i := range areas {
		list = append(list, athar.Area{Code: fmt.Sprintf("A%03d", i)})
	}
	span := athar.Span{First: athar.Date(2014, 1, 1), Last: athar.Date(2020, 12, 31)}
	g, err := panel.NewGrid(list, unit, []athar.Span{span})
	if err != nil {
		t.Fatal(err)
	}
	site := panel.Site{ID: "c", Start: athar.Span{First: athar.Date(2020, 3, 1), Last: athar.Date(2020, 3, 1)},
		End: athar.Span{First: athar.Date(2020, 5, 31), Last: athar.Date(2020, 5, 31)}, Km: make([]float64, areas)}
	for i := range areas {
		site.Km[i] = max(0, 20*float64(i-inside+1))
		if i < inside {
			site.Footprint = append(site.Footprint, i)
		}
		level := .02 + .1*r.Float64()
		for d := span.First; d <= span.Last; d++ {
			rate := level
			if i < inside && d >= site.Start.First {
				rate *= effect
			}
			if r.Float64() < rate {
				g.Add(list[i].Code, athar.Span{First: d, Last: d}, 1)
			}
		}
	}
	return g, site
}

func design(pre int) panel.Design {
	return panel.Design{PreMonths: pre, PostMonths: 6, Rings: []float64{25, 50, 100}, MinRing: 10, Ramadan: func(athar.Span) int { return 0 }}
}

func inside(list []athar.Effect, ph athar.Phase) float64 { return math.Log(float64(find(list, ph).RR)) }

// The lean fit must be the full one: summing what the model cannot tell apart
// changes nothing, with cells removed and with exposure to other campaigns too.
func TestPoissonIsTheFullModel(t *testing.T) {
	for _, unit := range []panel.Unit{panel.Month, panel.Week} {
		for _, overlap := range []panel.Overlap{panel.Remove, panel.Model} {
			for seed := range uint64(4) {
				g, site := region(t, seed, unit, 30, 6, .6)
				other := panel.Site{ID: "o", Footprint: []int{20, 21}, Km: make([]float64, 30),
					Start: athar.Span{First: athar.Date(2020, 1, 10), Last: athar.Date(2020, 1, 12)}, End: athar.Span{First: athar.Date(2020, 4, 1), Last: athar.Date(2020, 4, 1)}}
				for i := range other.Km {
					other.Km[i] = 20 * max(0, math.Abs(float64(i)-20.5)-.5)
				}
				d := design(18)
				d.Overlap = overlap
				p := g.ForCampaign(site, []panel.Site{other}, d).Panel
				out := make([]float64, 2)
				Poisson(true, 0)()(p, out)
				full := spillover.Estimate(p, spillover.Options{Draws: -1}).Effects
				for j, ph := range Phases {
					if want := inside(full, ph); !(math.Abs(out[j]-want) < 1e-8) {
						t.Errorf("%s %s seed %d %s: lean %.10f, full %.10f", unit, overlap, seed, ph, out[j], want)
					}
				}
				Poisson(false, did.MinEvents)()(p, out)
				alone := did.Estimate(p, did.PanelOptions{}).Effects
				for j, ph := range Phases {
					if x := find(alone, ph); x.Refusal == nil {
						if want := math.Log(float64(x.RR)); !(math.Abs(out[j]-want) < 1e-8) {
							t.Errorf("%s seed %d %s: without rings %.4f, did %.4f", unit, seed, ph, out[j], want)
						}
					}
				}
			}
		}
	}
}

func setup(t testing.TB, seed uint64, effect float64, draws int) Setup {
	g, site := region(t, seed, panel.Month, 40, 2, effect)
	s := Setup{Site: site, Draws: draws, Seed: 1,
		Km: func(i, j int) float64 { return 20 * math.Max(0, math.Abs(float64(i-j))-1) },
		Dimensions: []athar.Dimension{{Name: "pre_months", Values: []string{"12", "24"}}, {Name: "donut", Values: []string{"0", "2"}},
			{Name: "estimator", Values: []string{"spillover", "did"}}},
		Estimators: []Estimator{
			{Name: "spillover", Lean: Poisson(true, 0), Full: func(p *athar.Panel) []athar.Effect {
				return spillover.Estimate(p, spillover.Options{Draws: -1}).Effects
			}},
			{Name: "did", Scope: WithoutRings, Lean: Poisson(false, did.MinEvents), Full: func(p *athar.Panel) []athar.Effect {
				return did.Estimate(p, did.PanelOptions{}).Effects
			}},
		}}
	for a, pre := range []int{12, 24} {
		for b, donut := range []int{0, 2} {
			s.Worlds = append(s.Worlds, World{Choice: []int{a, b}, Grid: g, Design: design(pre), Donut: donut})
		}
	}
	return s
}

func panelOf(e *Engine) *athar.Panel {
	p, _ := arrange(e.s.Worlds[0], e.s.Site, nil)
	return p
}

func all(e *Engine) [][]float64 {
	run := e.Runner()
	out := make([][]float64, e.Placebos())
	for k := range out {
		out[k] = run(k)
	}
	return out
}

func TestCurve(t *testing.T) {
	e := New(setup(t, 3, .3, 99))
	ms := e.Join(e.Observe(0, e.Specs()), all(e))
	if len(ms) != 2 {
		t.Fatalf("%d curves, want during and post", len(ms))
	}
	m := ms[1]
	invalid := 0
	for _, r := range m.Invalid {
		invalid += r.N
	}
	if len(m.Refused) != invalid || len(m.Specs)+m.Redundant+invalid != m.Declared || m.Declared != 8 || len(m.Specs) < 4 {
		t.Errorf("%d specs, %d redundant, %v invalid of %d declared", len(m.Specs), m.Redundant, m.Invalid, m.Declared)
	}
	if !(m.Median > .15 && m.Median < .5) || m.Below != 1 {
		t.Errorf("median %v, below 1 %v; a fall to 0.3 was planted", m.Median, m.Below)
	}
	if m.Joint.Refusal != nil || !(m.Joint.StoufferP < .2) || m.Joint.MinP > m.Joint.StoufferP {
		t.Errorf("joint %+v", m.Joint)
	}
	if own := inside(spillover.Estimate(panelOf(e), spillover.Options{Draws: -1}).Effects, athar.Post); m.Own < 0 ||
		math.Abs(math.Log(float64(m.Specs[m.Own].RR))-own) > 1e-8 {
		t.Errorf("the study's own specification is %d, ln RR %g", m.Own, own)
	}
	if m.LeastFavourable != len(m.Specs)-1 || m.Specs[m.LeastFavourable].RR < m.Specs[0].RR {
		t.Errorf("least favourable %d", m.LeastFavourable)
	}
	for _, d := range m.Dimensions {
		if !(d.Leverage >= 1) {
			t.Errorf("leverage of %s is %v", d.Name, d.Leverage)
		}
	}
}

// The answers of single placebos do not depend on who computes them, or when.
func TestPlacebosInAnyOrder(t *testing.T) {
	e := New(setup(t, 3, 1, 40))
	want := all(e)
	run := New(setup(t, 3, 1, 40)).Runner()
	for k := len(want) - 1; k >= 0; k -= 3 {
		got := run(k)
		same := slices.EqualFunc(got, want[k], func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) })
		if !same {
			t.Fatalf("placebo %d: %v, then %v", k, want[k], got)
		}
	}
}

// A world that an estimator cannot tell from an earlier one is no second
// specification.
func TestRedundantWorlds(t *testing.T) {
	s := setup(t, 3, 1, 19)
	s.Worlds = append(s.Worlds, s.Worlds...)
	e := New(s)
	if n := len(New(setup(t, 3, 1, 19)).specs); e.same != 8 || len(e.specs) != n {
		t.Errorf("%d redundant of 16, %d specifications", e.same, len(e.specs))
	}
}

// Under no effect the joint p values are below 5 % about as often as they say;
// small here, in full under make validate.
func TestJointUnderNoEffect(t *testing.T) {
	if testing.Short() {
		t.Skip("simulation")
	}
	const reps = 60
	low := [3]int{}
	for r := range uint64(reps) {
		e := New(setup(t, 100+r, 1, 60))
		ms := e.Join(e.Observe(0, e.Specs()), all(e))
		for k, p := range []athar.Num{ms[1].Joint.MedianP, ms[1].Joint.ShareP, ms[1].Joint.StoufferP} {
			if p <= .05 {
				low[k]++
			}
		}
	}
	for k, n := range low {
		if n > 9 { // 15 %, three standard errors above 5 %
			t.Errorf("feature %d: p <= .05 in %d of %d worlds without an effect", k, n, reps)
		}
	}
}

// An estimator of days tells worlds apart by days and phases, and by nothing else: capped
// counts are the same fit, other events of the footprint are not, others far away are.
func TestWorldsByDays(t *testing.T) {
	fits := 0
	days := []Estimator{{Name: "days", Scope: InsideDays, Full: func(p *athar.Panel) []athar.Effect { return nil },
		Lean: func() func(*athar.Panel, []float64) { return func(*athar.Panel, []float64) { fits++ } }}}
	grid := func(codes ...string) *panel.Grid {
		g, _ := region(t, 3, panel.Month, 40, 2, 1)
		for i, code := range codes {
			d := athar.Date(2019, 5, 1+i)
			g.Date(code, athar.Span{First: d, Last: d}, 2)
		}
		g.Dated()
		return g
	}
	_, site := region(t, 3, panel.Month, 40, 2, 1)
	one := grid("A000", "A001", "A030")
	for _, c := range []struct {
		name  string
		other World
		specs int
	}{
		{"capped", World{Grid: one, Design: design(12), Cap: true}, 1},
		{"in another order", World{Grid: grid("A000", "A001", "A030"), Design: design(12)}, 1},
		{"other events far away", World{Grid: grid("A000", "A001", "A031"), Design: design(12)}, 1},
		{"other events inside", World{Grid: grid("A000", "A000", "A030"), Design: design(12)}, 2},
		{"longer before", World{Grid: one, Design: design(24)}, 2},
		{"donut", World{Grid: one, Design: design(12), Donut: 2}, 2},
	} {
		fits = 0
		s := Setup{Site: site, Estimators: days, Worlds: []World{{Choice: []int{0}, Grid: one, Design: design(12)}, c.other}}
		s.Worlds[1].Choice = []int{1}
		if e := New(s); e.Specs() != c.specs || fits != c.specs {
			t.Errorf("%s: %d specifications, %d fits, want %d", c.name, e.Specs(), fits, c.specs)
		}
	}
}

// A world whose rings had to be merged is no world of those rings to an estimator that
// sees rings, and is to the others what it is without.
func TestMergedRings(t *testing.T) {
	s := setup(t, 3, .5, 40)
	s.Estimators[1] = Estimator{Name: "alone", Scope: InsideAlone,
		Full: func(*athar.Panel) (out []athar.Effect) {
			for _, ph := range Phases {
				out = append(out, athar.Effect{Question: athar.AskInside, Phase: ph, RR: 2, Low: 1, High: 4})
			}
			return out
		},
		Lean: func() func(*athar.Panel, []float64) {
			return func(_ *athar.Panel, out []float64) { out[0], out[1] = 1, 1 }
		}}
	s.Worlds, s.Base = s.Worlds[:1], 0
	s.Worlds[0].Design.Rings, s.Worlds[0].Design.MinRing = []float64{.1, 100}, 10_000
	s.Worlds[0].Rings = 2
	e := New(s)
	placebos := all(e)
	for _, m := range e.Join(e.Observe(0, e.Specs()), placebos) {
		if len(m.Specs) != 1 || m.Specs[0].Choice[2] != 1 || len(m.Refused) != 1 || m.Refused[0].Reason != merged {
			t.Errorf("%s: %+v, refused %+v", m.Phase, m.Specs, m.Refused)
		}
	}
	for _, row := range placebos {
		if !math.IsNaN(row[0]) || !math.IsNaN(row[1]) || row[2] != 1 {
			t.Fatalf("a placebo with merged rings gives %v", row)
		}
	}
	s.Worlds[0].Rings = 1
	if e := New(s); e.Join(e.Observe(0, e.Specs()), all(e))[0].Refused != nil {
		t.Error("rings as asked for are refused")
	}
}
