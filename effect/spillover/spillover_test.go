package spillover_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"athar"
	"athar/effect/spillover"
	"athar/sim"
	"athar/stat"
)

func near(t *testing.T, what string, got, want athar.Num, tol float64) {
	t.Helper()
	if !(math.Abs(float64(got-want)) <= tol*math.Abs(float64(want))) {
		t.Errorf("%s: got %.10g, want %.10g", what, float64(got), float64(want))
	}
}

// panel is one area per row of counts, months of 30 days: pre, then during,
// then post periods.
func panel(pre, during, post int, roles []athar.Role, counts ...[]float64) *athar.Panel {
	p := &athar.Panel{}
	for t := range pre + during + post {
		q := athar.Period{Phase: athar.Pre, Days: 30, Span: athar.Span{First: athar.Day(30 * t), Last: athar.Day(30*t + 29)}}
		if t >= pre {
			q.Phase = athar.During
		}
		if t >= pre+during {
			q.Phase = athar.Post
		}
		p.Periods = append(p.Periods, q)
	}
	for i, r := range roles {
		p.Areas = append(p.Areas, athar.PanelArea{Code: strconv.Itoa(i), Role: r})
		p.Count = append(p.Count, counts[i]...)
	}
	p.Use = make([]bool, len(p.Count))
	for k := range p.Use {
		p.Use[k] = true
	}
	return p
}

func find(t *testing.T, r spillover.Result, ask athar.Question, ring int, ph athar.Phase) athar.Effect {
	t.Helper()
	for _, e := range r.Effects {
		if e.Question == ask && e.Ring == ring && e.Phase == ph {
			return e
		}
	}
	t.Fatalf("no effect for %s %d %s", ask, ring, ph)
	return athar.Effect{}
}

func codes(n []athar.Note) (c []string) {
	for _, x := range n {
		c = append(c, x.Code)
	}
	return
}

var plain = spillover.Options{Draws: -1}

// Without unused cells and exposures the model is saturated in role and phase:
// every ratio is a ratio of ratios of sums.
func TestRatioOfRatios(t *testing.T) {
	p, _ := sim.World{Name: "ratios", Phi: 2, InsideRR: [2]float64{.6, .8}}.Panel(1, 0)
	for i := range p.Periods {
		p.Periods[i].Days = 30
	}
	res := spillover.Estimate(p, plain)
	for _, e := range res.Effects {
		if e.Question == athar.AskNet {
			continue
		}
		r := athar.Role(e.Ring)
		want := p.Total(r, e.Phase) / p.Total(r, athar.Pre) / (p.Total(athar.Far, e.Phase) / p.Total(athar.Far, athar.Pre))
		near(t, string(e.Question), e.RR, athar.Num(want), 1e-9)
		near(t, "observed", e.Observed, athar.Num(p.Total(r, e.Phase)), 0)
		near(t, "expected", e.Expected, e.Observed/e.RR, 1e-12)
	}
	// Net: sums over inside and rings.
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		var o, x athar.Num
		for _, e := range res.Effects {
			if e.Phase == ph && e.Question != athar.AskNet {
				o, x = o+e.Observed, x+e.Expected
			}
		}
		e := find(t, res, athar.AskNet, 0, ph)
		near(t, "net observed", e.Observed, o, 1e-12)
		near(t, "net expected", e.Expected, x, 1e-12)
		near(t, "net avoided", e.Avoided, x-o, 1e-9)
		if e.AvoidedLow > e.Avoided || e.AvoidedHigh < e.Avoided {
			t.Error("the interval of avoided events leaves the estimate out")
		}
	}
	// The band's expectation is the same counterfactual.
	var x athar.Num
	for i, v := range res.Expected[0].Expected {
		if p.Periods[i].Phase == athar.During {
			x += v
		}
	}
	near(t, "series", x, find(t, res, athar.AskInside, 0, athar.During).Expected, 1e-9)
}

// permuted reorders the areas.
func permuted(p *athar.Panel, seed uint64) *athar.Panel {
	q := *p
	q.Areas, q.Count, q.Use, q.Other = nil, nil, nil, slices.Clone(p.Other)
	for i := range q.Other {
		q.Other[i].N = nil
	}
	nt := len(p.Periods)
	for _, i := range rand.New(rand.NewPCG(seed, 0)).Perm(len(p.Areas)) {
		q.Areas = append(q.Areas, p.Areas[i])
		q.Count = append(q.Count, p.Count[i*nt:(i+1)*nt]...)
		q.Use = append(q.Use, p.Use[i*nt:(i+1)*nt]...)
		for j := range q.Other {
			q.Other[j].N = append(q.Other[j].N, p.Other[j].N[i*nt:(i+1)*nt]...)
		}
	}
	return &q
}

// masked is a panel with unused cells and one exposure.
func masked(replicate int) *athar.Panel {
	p, _ := sim.World{Name: "masked", Phi: 3}.Panel(2, replicate)
	n := make([]float64, len(p.Count))
	nt := len(p.Periods)
	for i := range p.Areas {
		for t := range nt {
			k := i*nt + t
			if i%9 == 2 && t > 26 {
				p.Use[k] = false
			}
			if i%7 == 3 && t > 20 && t < 30 {
				n[k] = 1
			}
		}
	}
	p.Other = []athar.Exposure{{Name: "inside-other", N: n}}
	return p
}

func TestInvariances(t *testing.T) {
	for name, p := range map[string]*athar.Panel{"plain": func() *athar.Panel {
		p, _ := sim.World{Name: "plain", Phi: 2}.Panel(3, 0)
		return p
	}(), "masked": masked(0)} {
		base := spillover.Estimate(p, plain)
		check := func(what string, q *athar.Panel, se bool) {
			t.Helper()
			for n, e := range spillover.Estimate(q, plain).Effects {
				b := base.Effects[n]
				near(t, name+", "+what+", RR", e.RR, b.RR, 1e-8)
				near(t, name+", "+what+", expected", e.Expected, b.Expected, 1e-7)
				if se {
					near(t, name+", "+what+", SE", e.SE, b.SE, 1e-6)
					near(t, name+", "+what+", df", e.DF, b.DF, 1e-5)
				}
			}
		}
		check("areas permuted", permuted(p, 4), true)

		q := *p
		q.Periods = slices.Clone(p.Periods)
		for i := range q.Periods {
			q.Periods[i].First += 1000
			q.Periods[i].Last += 1000
			q.Periods[i].Days *= 24
		}
		check("time shifted, days as hours", &q, true)

		// Half of every area's events and another half: the same world cut
		// finer, with as many events.
		h := *p
		h.Areas, h.Count, h.Use, h.Other = nil, nil, nil, slices.Clone(p.Other)
		for i := range h.Other {
			h.Other[i].N = nil
		}
		nt := len(p.Periods)
		for i, a := range p.Areas {
			for range 2 {
				h.Areas = append(h.Areas, a)
				for t := range nt {
					h.Count = append(h.Count, p.Count[i*nt+t]/2)
				}
				h.Use = append(h.Use, p.Use[i*nt:(i+1)*nt]...)
				for j := range h.Other {
					h.Other[j].N = append(h.Other[j].N, p.Other[j].N[i*nt:(i+1)*nt]...)
				}
			}
		}
		check("areas halved", &h, false)
	}
}

func TestSameSeedSameResult(t *testing.T) {
	p := masked(1)
	a, b := spillover.Estimate(p, spillover.Options{Seed: 5}), spillover.Estimate(p, spillover.Options{Seed: 5})
	x, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	if y, _ := json.Marshal(b); !bytes.Equal(x, y) {
		t.Error("the same seed gave two results")
	}
	if y, _ := json.Marshal(spillover.Estimate(p, spillover.Options{Seed: 6})); bytes.Equal(x, y) {
		t.Error("another seed gave the same draws")
	}
	for _, s := range a.Expected {
		for i := range s.Expected {
			if s.Low[i] > s.Expected[i] || s.High[i] < s.Expected[i] {
				t.Errorf("role %d, period %d: band %v to %v around %v", s.Role, i, s.Low[i], s.High[i], s.Expected[i])
			}
		}
	}
}

func TestSupT(t *testing.T) {
	p, _ := sim.World{Name: "rings"}.Panel(6, 0)
	for _, e := range spillover.Estimate(p, spillover.Options{Seed: 1}).Effects {
		switch {
		case e.Question == athar.AskRing && !(e.AdjLow < e.Low && e.AdjHigh > e.High):
			t.Errorf("ring %d: simultaneous %v to %v, single %v to %v", e.Ring, e.AdjLow, e.AdjHigh, e.Low, e.High)
		case e.Question != athar.AskRing && !math.IsNaN(float64(e.AdjLow)):
			t.Errorf("%s has a simultaneous interval", e.Question)
		}
	}
}

func TestFewAreas(t *testing.T) {
	p, _ := sim.World{Name: "few", Inside: 3}.Panel(7, 0)
	e := find(t, spillover.Estimate(p, plain), athar.AskInside, 0, athar.During)
	if e.Refusal != nil || e.Inference != "dispersion" || !slices.Contains(codes(e.Warnings), "few-areas") {
		t.Errorf("three areas: %+v", e)
	}
	if n := e.Warnings[0]; n.Args["n"] != 3 || n.Args["need"] != spillover.MinAreas {
		t.Errorf("the note does not count: %+v", n)
	}
	res := spillover.Estimate(p, spillover.Options{Draws: -1, Errors: spillover.Clustered})
	for _, ask := range []athar.Question{athar.AskInside, athar.AskNet} {
		if e := find(t, res, ask, 0, athar.During); e.Refusal == nil || e.Refusal.Reason.Code != "few-areas" || e.Refusal.Remedy == nil {
			t.Errorf("%s: the clustered error is not refused: %+v", ask, e.Refusal)
		}
	}
	if e := find(t, res, athar.AskRing, 1, athar.During); e.Refusal != nil || e.Inference != "cr2" {
		t.Errorf("ring 1 has eight areas: %+v", e)
	}
}

func TestZeroEvents(t *testing.T) {
	p, _ := sim.World{Name: "zero"}.Panel(8, 0)
	nt := len(p.Periods)
	for i, a := range p.Areas {
		for t, q := range p.Periods {
			if a.Role == athar.Inside && q.Phase == athar.During {
				p.Count[i*nt+t] = 0
			}
		}
	}
	res := spillover.Estimate(p, spillover.Options{})
	e := find(t, res, athar.AskInside, 0, athar.During)
	if e.RR != 0 || e.Low != 0 || !(e.High > 0 && e.High < 1) || e.Inference != "exact" || !slices.Contains(codes(e.Warnings), "zero-events") {
		t.Errorf("%+v", e)
	}
	// The expectation is that of a model which never saw these cells.
	want := p.Total(athar.Inside, athar.Pre) * p.Total(athar.Far, athar.During) / p.Total(athar.Far, athar.Pre)
	near(t, "expected", e.Expected, athar.Num(want), .02) // days of months differ
	if post := find(t, res, athar.AskInside, 0, athar.Post); !(post.RR > 0) || post.Inference != "cr2" {
		t.Errorf("the post-period went with it: %+v", post)
	}
	if net := find(t, res, athar.AskNet, 0, athar.During); !(net.RR > 0 && net.RR < 1) || net.Refusal != nil {
		t.Errorf("net: %+v", net)
	}
	for k := range p.Count {
		if r := p.Areas[k/nt].Role; r.IsRing() && p.Periods[k%nt].Phase == athar.During {
			p.Count[k] = 0
		}
	}
	if net := find(t, spillover.Estimate(p, plain), athar.AskNet, 0, athar.During); net.RR != 0 || net.Inference != "exact" {
		t.Errorf("net of nothing: %+v", net)
	}
}

func TestRefusals(t *testing.T) {
	in, far := athar.Inside, athar.Far
	flat := func(v ...float64) []float64 { return slices.Repeat(v, 10) }
	ten := flat(10)
	late := append(make([]float64, 6), 1, 2, 3, 4)
	mute := append(slices.Repeat([]float64{10}, 6), 0, 0, 0, 0)
	for what, c := range map[string]struct {
		p    *athar.Panel
		code string // of the model, or of the effect on inside
	}{
		"no far area":                 {panel(6, 4, 0, []athar.Role{in, 1}, ten, ten), "no-control"},
		"far with 12 events":          {panel(6, 4, 0, []athar.Role{in, far}, ten, flat(2)), "no-control"},
		"two periods before":          {panel(2, 8, 0, []athar.Role{in, far}, ten, ten), "few-pre-periods"},
		"nothing inside before":       {panel(6, 4, 0, []athar.Role{in, far}, late, ten), "no-pre-events"},
		"nothing far in the phase":    {panel(6, 4, 0, []athar.Role{in, far}, ten, mute), "no-control-in-phase"},
		"no inside area":              {panel(6, 4, 0, []athar.Role{1, far}, ten, ten), "no-inside"},
		"nothing anywhere":            {panel(6, 4, 0, []athar.Role{in, far}, flat(0), flat(0)), "no-control"},
		"one inside and one far area": {panel(6, 4, 0, []athar.Role{in, far}, ten, ten), ""},
	} {
		res := spillover.Estimate(c.p, spillover.Options{})
		var e *athar.Effect
		for i := range res.Effects {
			if res.Effects[i].Question == athar.AskInside {
				e = &res.Effects[i]
			}
		}
		got := ""
		if res.Refusal != nil {
			got = res.Refusal.Reason.Code
		}
		if e != nil && e.Refusal != nil {
			got = e.Refusal.Reason.Code
		}
		if got != c.code {
			t.Errorf("%s: refused with %q, want %q", what, got, c.code)
		}
		if c.code == "" {
			near(t, what, e.RR, 1, 1e-9)
		}
	}
	p := panel(6, 4, 0, []athar.Role{in, far}, ten, ten)
	for k := range 10 {
		if k >= 6 {
			p.Use[k] = false
		}
	}
	if e := find(t, spillover.Estimate(p, plain), athar.AskInside, 0, athar.During); e.Refusal == nil || e.Refusal.Reason.Code != "no-cells" {
		t.Errorf("a phase without used cells: %+v", e.Refusal)
	}
}

func TestOtherCampaigns(t *testing.T) {
	p := masked(2)
	if res := spillover.Estimate(p, plain); len(res.Notes) > 0 {
		t.Errorf("an estimable exposure is noted: %v", codes(res.Notes))
	}
	// Another campaign with the same footprint at the same time.
	nt := len(p.Periods)
	same := make([]float64, len(p.Count))
	for k := range same {
		if p.Areas[k/nt].Role == athar.Inside && p.Periods[k%nt].Phase == athar.During {
			same[k] = 1
		}
	}
	first := p.Other[0]
	p.Other = []athar.Exposure{first, {Name: "twin", N: same}}
	res := spillover.Estimate(p, plain)
	if got := codes(res.Notes); !reflect.DeepEqual(got, []string{"not-separable"}) || res.Notes[0].Args["exposure"] != "twin" {
		t.Errorf("a campaign under another name: %v", res.Notes)
	}
	if w := codes(res.Effects[0].Warnings); len(w) == 0 || w[0] != "not-separable" {
		t.Errorf("the effect does not warn: %v", w)
	}
	// The same exposure twice.
	p.Other = []athar.Exposure{first, {Name: "again", N: first.N}}
	if got := codes(spillover.Estimate(p, plain).Notes); !reflect.DeepEqual(got, []string{"other-campaign-collinear"}) {
		t.Errorf("a repeated exposure: %v", got)
	}
	// An exposure under which nothing happened.
	empty := make([]float64, len(p.Count))
	for t := range 4 {
		k := 50*nt + t
		empty[k], p.Count[k] = 1, 0
	}
	p.Other = []athar.Exposure{first, {Name: "quiet", N: empty}}
	res = spillover.Estimate(p, plain)
	if got := codes(res.Notes); res.Refusal != nil || !reflect.DeepEqual(got, []string{"other-campaign-empty"}) {
		t.Errorf("an exposure without events: %v, %v", got, res.Refusal)
	}
}

// Areas without any event change nothing but their count.
func TestEmptyAreas(t *testing.T) {
	p, _ := sim.World{Name: "empty", Phi: 2}.Panel(9, 0)
	base := spillover.Estimate(p, plain)
	nt := len(p.Periods)
	for range 5 {
		p.Areas = append(p.Areas, athar.PanelArea{Role: athar.Far}, athar.PanelArea{Role: athar.Inside})
		p.Count = append(p.Count, make([]float64, 2*nt)...)
	}
	p.Use = append(p.Use, slices.Repeat([]bool{true}, 10*nt)...)
	res := spillover.Estimate(p, plain)
	if res.Empty != base.Empty+10 || res.Areas != base.Areas {
		t.Errorf("%d areas, %d empty", res.Areas, res.Empty)
	}
	for n, e := range res.Effects {
		near(t, "RR", e.RR, base.Effects[n].RR, 1e-9)
		near(t, "SE", e.SE, base.Effects[n].SE, 1e-7)
	}
}

// A period that nobody monitored is not a period without events.
func TestMissingPeriod(t *testing.T) {
	p, _ := sim.World{Name: "missing", Phi: 1}.Panel(10, 0)
	base := find(t, spillover.Estimate(p, plain), athar.AskInside, 0, athar.During)
	nt := len(p.Periods)
	p.Periods[5].Days = 0
	for i := range p.Areas {
		p.Count[i*nt+5] = float64(i % 4) // whatever stands there was not monitored
	}
	res := spillover.Estimate(p, spillover.Options{})
	e := find(t, res, athar.AskInside, 0, athar.During)
	if r := e.RR / base.RR; r < .9 || r > 1.1 {
		t.Errorf("one missing month moved the ratio by %v", r)
	}
	if s := res.Expected[0]; !math.IsNaN(float64(s.Observed[5])) || !math.IsNaN(float64(s.Expected[5])) {
		t.Error("the missing month has a value")
	}
}

// The dispersion error is the formula of METHODS.md F2 with all four counts,
// for single roles as for their sum, where counts are near Poisson.
func TestFormula(t *testing.T) {
	p, _ := sim.World{Name: "formula"}.Panel(13, 0)
	for _, e := range spillover.Estimate(p, spillover.Options{Draws: -1, Errors: spillover.Dispersion}).Effects {
		want := stat.RatioSE(float64(e.Dispersion), float64(e.EventsPre), float64(e.Observed), p.Total(athar.Far, athar.Pre), p.Total(athar.Far, e.Phase))
		if r := float64(e.SE) / want; r < .98 || r > 1.3 {
			t.Errorf("%s %d %s: SE %.4f, formula %.4f", e.Question, e.Ring, e.Phase, float64(e.SE), want)
		}
	}
}

// With little before, the band must be wider than the noise of the counts: a
// level that rests on n events is known to 1/sqrt(n).
func TestBand(t *testing.T) {
	flat := func(v float64) []float64 { return slices.Repeat([]float64{v}, 12) }
	in := append(slices.Repeat([]float64{4}, 8), 40, 38, 41, 40)
	p := panel(8, 4, 0, []athar.Role{athar.Inside, athar.Far, athar.Far}, in, flat(5000), flat(5000))
	s := spillover.Estimate(p, spillover.Options{Draws: 20000}).Expected[0]
	near(t, "expected", s.Expected[9], 4, 1e-3) // far alone would say 4; inside weighs in on the months
	width := float64(s.High[9]-s.Low[9]) / (2 * stat.TQuantile(.975, math.Inf(1)))
	if want := math.Sqrt(4 + 16./32); width < math.Sqrt(4) || width > 1.25*want {
		t.Errorf("the band is %.2f standard errors wide, about %.2f expected", width, want)
	}
	// Nine events before, periods ten times as long after: 30 expected in each,
	// give or take 30/sqrt(9) for the level and sqrt(30) for the count.
	p = panel(3, 4, 0, []athar.Role{athar.Inside, athar.Far}, []float64{3, 3, 3, 30, 30, 30, 30}, []float64{5e4, 5e4, 5e4, 5e5, 5e5, 5e5, 5e5})
	for t := 3; t < 7; t++ {
		p.Periods[t].Days = 300
	}
	s = spillover.Estimate(p, spillover.Options{Draws: 20000}).Expected[0]
	near(t, "expected", s.Expected[5], 30, 1e-9)
	width = float64(s.High[5]-s.Low[5]) / (2 * stat.TQuantile(.975, math.Inf(1)))
	if want := math.Sqrt(30 + 100); width < .9*want || width > 1.2*want {
		t.Errorf("the band is %.2f standard errors wide, %.2f expected", width, want)
	}
}

func TestMDE(t *testing.T) {
	p, _ := sim.World{Name: "mde"}.Panel(11, 0)
	e := spillover.Estimate(p, plain).Effects[0]
	q := stat.TQuantile(.975, float64(e.DF)) + stat.TQuantile(.8, float64(e.DF))
	near(t, "fall", e.MDELow, athar.Num(math.Exp(-q*float64(e.SE))), 1e-12)
	near(t, "rise", e.MDEHigh, 1/e.MDELow, 1e-12)
}

// The headline holds its size and its coverage in worlds with a known truth.
// The full simulations are in docs/validation; bounds here are four Monte Carlo
// standard errors wide.
func TestKnownTruth(t *testing.T) {
	const reps = 200
	worlds := sim.Worlds()
	for _, w := range []sim.World{worlds[0], worlds[2], worlds[4], worlds[2].Few(3), worlds[10]} {
		for _, r := range sim.Run(w, 12, reps, 2, func(p *athar.Panel) []athar.Effect { return spillover.Estimate(p, plain).Effects }) {
			if r.Truth == 1 && r.Reject > .05+4*.0154 {
				t.Errorf("%s, %s %d %s: type I error %.3f", w.Name, r.Question, r.Ring, r.Phase, r.Reject)
			}
			if r.Cover < .95-4*.0154 || r.Cover > .999 {
				t.Errorf("%s, %s %d %s: coverage %.3f", w.Name, r.Question, r.Ring, r.Phase, r.Cover)
			}
			if math.Abs(r.Bias) > .08+4*r.BiasSE {
				t.Errorf("%s, %s %d %s: bias %.3f", w.Name, r.Question, r.Ring, r.Phase, r.Bias)
			}
		}
	}
}

// Sparse panels with holes, exposures and odd roles: whatever comes, effects
// are numbers in order or refusals.
func TestSparse(t *testing.T) {
	refused, fitted := 0, 0
	for k := range 400 {
		r := stat.Stream(uint64(k), "sparse", 0)
		na, nt := 4+r.IntN(30), 6+r.IntN(24)
		level := math.Exp(3*r.Float64() - 2)
		p := &athar.Panel{}
		phases := []athar.Phase{athar.Outside, athar.Pre, athar.WashIn, athar.During, athar.Post, athar.Outside}
		for t := range nt {
			ph := phases[min(5, t*7/nt)]
			if t > 0 && t < nt/2 {
				ph = athar.Pre
			}
			p.Periods = append(p.Periods, athar.Period{Phase: ph, Days: float64(r.IntN(10)) * 5})
		}
		p.Other = make([]athar.Exposure, r.IntN(3))
		for i := range na {
			p.Areas = append(p.Areas, athar.PanelArea{Role: athar.Role(r.IntN(6) - 2)})
			for t := range nt {
				p.Count = append(p.Count, stat.NegBin(r, level*float64(i%5), 3))
				p.Use = append(p.Use, r.Float64() < .95)
				for j := range p.Other {
					n := 0.0
					if t > nt/3 && i%(5+j) == 1 {
						n = 1
					}
					p.Other[j].N = append(p.Other[j].N, n)
				}
			}
		}
		res := spillover.Estimate(p, spillover.Options{Draws: 20})
		for _, e := range res.Effects {
			if e.Refusal != nil {
				refused++
				continue
			}
			fitted++
			ok := e.Low <= e.RR && e.RR <= e.High && e.P >= 0 && e.P <= 1 && e.Expected > 0 &&
				e.AvoidedLow <= e.Avoided && e.Avoided <= e.AvoidedHigh && e.MDELow < 1 && e.MDEHigh > 1 && e.Dispersion >= 1 && e.Inference != ""
			if !ok {
				t.Errorf("panel %d: %+v", k, e)
			}
			if e.Question == athar.AskRing && e.Inference != "exact" && !(e.AdjLow <= e.Low*(1+1e-9) && e.AdjHigh >= e.High*(1-1e-9)) {
				t.Errorf("panel %d: simultaneous interval inside the single one: %+v", k, e)
			}
		}
	}
	if fitted < 200 || refused < 50 {
		t.Errorf("%d fitted, %d refused: the panels do not try both", fitted, refused)
	}
}
