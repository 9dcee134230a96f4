package bsts_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"athar"
	"athar/effect/bsts"
	"athar/sim"
)

func world(t *testing.T, name string) sim.World {
	t.Helper()
	for _, w := range sim.Worlds() {
		if w.Name == name {
			return w
		}
	}
	t.Fatalf("no world %s", name)
	return sim.World{}
}

var quick = bsts.Options{Campaign: "c", Draws: 2000, Bare: true, Seed: 1}

func codes(n []athar.Note) (c []string) {
	for _, x := range n {
		c = append(c, x.Code)
	}
	return
}

func TestEffectIsFound(t *testing.T) {
	p, truth := world(t, "S6").Panel(1, 0)
	r := bsts.Estimate(p, bsts.Options{Campaign: "c", Draws: 4000, Seed: 1})
	if r.Refusal != nil {
		t.Fatal(r.Refusal)
	}
	if len(r.Effects) != 2 || r.RHat >= bsts.MaxRHat || r.ESS < 400 || r.Far == 0 {
		t.Fatalf("%d effects, R-hat %.3f, effective draws %.0f, %d far areas", len(r.Effects), r.RHat, r.ESS, r.Far)
	}
	for _, e := range r.Effects {
		want := athar.Num(truth[sim.Key{Question: athar.AskInside, Phase: e.Phase}])
		if !(e.Low < want && want < e.High && e.Low < e.RR && e.RR < e.High) {
			t.Errorf("%s: %v [%v, %v], truth %v", e.Phase, e.RR, e.Low, e.High, want)
		}
		if (e.P < .05) != (e.High < 1 || e.Low > 1) {
			t.Errorf("%s: p %v but [%v, %v]", e.Phase, e.P, e.Low, e.High)
		}
		if got, want := float64(e.RR), float64(e.Observed/e.Expected); math.Abs(got-want) > 1e-12 {
			t.Errorf("ratio %v, want observed over expected %v", got, want)
		}
		if math.Abs(float64(e.Avoided-(e.Expected-e.Observed))) > 1e-9 || e.AvoidedLow > e.Avoided || e.Avoided > e.AvoidedHigh {
			t.Errorf("avoided %v [%v, %v]", e.Avoided, e.AvoidedLow, e.AvoidedHigh)
		}
		if e.MDELow >= 1 || e.MDEHigh <= 1 || e.Dispersion < .5 || e.Dispersion > 6 {
			t.Errorf("detectable %v, %v; dispersion %v", e.MDELow, e.MDEHigh, e.Dispersion)
		}
	}
	if len(r.Sensitivity) != 2 || r.Sensitivity[0].Spec != bsts.LooseLevel || r.Placebo == nil || r.Placebo.Refusal != nil {
		t.Errorf("sensitivity %v, placebo %v", r.Sensitivity, r.Placebo)
	}
	for i, e := range r.Sensitivity {
		if e.SE < r.Effects[i].SE {
			t.Errorf("a level that may drift more gives a smaller error: %v, %v", e.SE, r.Effects[i].SE)
		}
	}
	if e := r.Expected; !math.IsNaN(float64(e.Low[0])) || !(e.Low[30] < e.Expected[30] && e.Expected[30] < e.High[30]) {
		t.Error("the band does not hold its centre, or stands before the campaign")
	}
}

func TestSameWhateverTheOrder(t *testing.T) {
	p, _ := world(t, "S6").Panel(2, 0)
	a := bsts.Estimate(p, quick)
	if b := bsts.Estimate(p, quick); fmt.Sprint(a.Effects) != fmt.Sprint(b.Effects) {
		t.Error("two runs differ")
	}
	q := *p
	q.Areas, q.Count = nil, nil
	nt := len(p.Periods)
	for i := len(p.Areas) - 1; i >= 0; i-- {
		q.Areas = append(q.Areas, p.Areas[i])
		q.Count = append(q.Count, p.Count[i*nt:(i+1)*nt]...)
	}
	if b := bsts.Estimate(&q, quick); fmt.Sprint(a.Effects) != fmt.Sprint(b.Effects) {
		t.Error("the order of the areas matters")
	}
	q = *p
	q.Periods = slices.Clone(p.Periods)
	for i := range q.Periods {
		q.Periods[i].First += 1461
		q.Periods[i].Last += 1461
	}
	if b := bsts.Estimate(&q, quick); math.Abs(float64(a.Effects[0].RR-b.Effects[0].RR)) > 1e-9 {
		t.Error("four years later the answer is another")
	}
}

// Rings and other campaigns' cells must not touch the estimate.
func TestOnlyFarAreasAreControls(t *testing.T) {
	p, _ := world(t, "S6").Panel(3, 0)
	a := bsts.Estimate(p, quick)
	q := *p
	q.Count, q.Use = slices.Clone(p.Count), slices.Clone(p.Use)
	for i, x := range p.Areas {
		for t := range p.Periods {
			if x.Role.IsRing() {
				q.Count[p.At(i, t)] += 50
			}
		}
	}
	if b := bsts.Estimate(&q, quick); fmt.Sprint(a.Effects) != fmt.Sprint(b.Effects) {
		t.Error("rings are in the estimate")
	}
	last := len(p.Areas) - 1
	q.Count = p.Count
	q.Use[p.At(last, 3)] = false
	b := bsts.Estimate(&q, quick)
	if b.Far != a.Far-1 {
		t.Errorf("%d far areas, want %d without the one that another campaign reaches", b.Far, a.Far-1)
	}
	q.Use = slices.Clone(p.Use)
	q.Use[p.At(0, 30)] = false
	if b := bsts.Estimate(&q, quick); b.Effects[1].Periods != a.Effects[1].Periods-1 && b.Effects[0].Periods != a.Effects[0].Periods-1 {
		t.Error("an unused cell inside is counted")
	}
}

func TestLargeFarAreasEnterByThemselves(t *testing.T) {
	w := world(t, "S6")
	w.Level, w.Far = 12, 6
	p, _ := w.Panel(1, 0)
	r := bsts.Estimate(p, quick)
	if len(r.Controls) == 0 || len(r.Inclusion) != len(r.Controls) || r.Total == 0 {
		t.Errorf("controls %v, inclusion %v, total %v", r.Controls, r.Inclusion, r.Total)
	}
	// A drop of reporting everywhere is no effect inside.
	for i := range p.Areas {
		for k, q := range p.Periods {
			if q.Phase == athar.During || q.Phase == athar.Post {
				p.Count[p.At(i, k)] = math.Floor(p.Count[p.At(i, k)] * .7)
			}
		}
	}
	low := bsts.Estimate(p, quick)
	if math.Abs(math.Log(float64(low.Effects[0].RR/r.Effects[0].RR))) > .15 {
		t.Errorf("a common drop moves the ratio from %v to %v", r.Effects[0].RR, low.Effects[0].RR)
	}
}

func TestZeroAfterwards(t *testing.T) {
	p, _ := world(t, "S6").Panel(1, 0)
	for i, a := range p.Areas {
		for k, q := range p.Periods {
			if a.Role == athar.Inside && q.Phase == athar.Post {
				p.Count[p.At(i, k)] = 0
			}
		}
	}
	e := bsts.Estimate(p, quick).Effects[1]
	if e.Refusal != nil || e.RR != 0 || e.Low != 0 || !(e.High > .005 && e.High < .3) || e.P > .01 || e.AvoidedLow <= 0 {
		t.Errorf("%+v", e)
	}
	if !slices.Contains(codes(e.Warnings), "zero-events") {
		t.Error("no warning of zero events")
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		want string
		w    sim.World
	}{
		{"low-mean", sim.World{Inside: 1, Level: 2}},
		{"few-pre-periods", sim.World{Pre: 11}},
		{"noise-persists", sim.World{Sigma: .8, Rho: .9, Pre: 48, Inside: 1, Level: 60}},
	} {
		p, _ := c.w.Panel(1, 0)
		r := bsts.Estimate(p, quick)
		if r.Refusal == nil || r.Refusal.Reason.Code != c.want {
			t.Errorf("want %s, got %v", c.want, r.Refusal)
			continue
		}
		for _, e := range r.Effects {
			if e.Refusal == nil || !math.IsNaN(float64(e.RR)) {
				t.Errorf("%s: an effect stands", c.want)
			}
		}
	}
	p, _ := sim.World{Inside: 1, Level: 20}.Panel(1, 0)
	for i := range p.Areas {
		if p.Areas[i].Role == athar.Far {
			p.Areas[i].Role = athar.LeftOut
		}
	}
	if r := bsts.Estimate(p, quick); r.Refusal != nil || !slices.Contains(codes(r.Notes), "no-control") {
		t.Errorf("no far area: %v, %v", r.Refusal, r.Notes)
	}
	for i := range p.Areas {
		if p.Areas[i].Role == athar.Inside {
			for k := range p.Periods {
				p.Count[p.At(i, k)] = 20
				p.Periods[k].Days = 30
			}
		}
	}
	if r := bsts.Estimate(p, quick); r.Refusal == nil || r.Refusal.Reason.Code != "flat-before" {
		t.Errorf("a flat series: %v", r.Refusal)
	}
	for i := range p.Areas {
		p.Areas[i].Role = athar.Far
	}
	if r := bsts.Estimate(p, quick); r.Refusal == nil || r.Refusal.Reason.Code != "no-inside" {
		t.Errorf("nothing inside: %v", r.Refusal)
	}
}
