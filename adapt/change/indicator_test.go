package change

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"athar"
	"athar/stat"
)

// world is a pattern of daily events with weekly noise: near has the level before
// and after a cut, far a level of its own.
type world struct {
	weeks, start, cut int // the campaign begins with week start, the break with week cut
	before, after     float64
	phi               float64
	season            float64 // amplitude of the log
	far               float64
	farCut            bool // the far areas break with the near ones
}

var origin = athar.Date(2018, time.January, 1)

func (w world) pattern(seed uint64) *athar.Pattern {
	r := stat.Stream(seed, "change/world", 0)
	week := func(t int) athar.Day { return origin + athar.Day(7*t) }
	p := &athar.Pattern{Grain: 1, Control: w.far > 0,
		Areas:  []athar.PatternArea{{Code: "a", Role: athar.Inside}, {Code: "b", Role: 1}, {Code: "c", Role: athar.Far}, {Code: "d", Role: athar.LeftOut}},
		Before: athar.Span{First: origin, Last: week(w.start) - 1},
		After:  athar.Span{First: week(w.start), Last: week(w.weeks) - 1},
		Start:  athar.Span{First: week(w.start), Last: week(w.start)},
	}
	put := func(area int, t int, n float64) {
		for range int(n) {
			d := week(t) + athar.Day(r.IntN(7))
			p.Records = append(p.Records, athar.Record{Area: area, When: athar.Span{First: d, Last: d}, N: 1})
		}
	}
	for t := range w.weeks {
		level, far := w.before, w.far
		if t >= w.cut {
			level = w.after
			if w.farCut {
				far *= w.after / w.before
			}
		}
		level *= math.Exp(w.season * math.Sin(2*math.Pi*float64(t)*7/365.25))
		n := stat.NegBin(r, level, w.phi)
		half := math.Floor(n / 2)
		put(0, t, half)
		put(1, t, n-half)
		put(2, t, stat.NegBin(r, far, w.phi))
		put(3, t, 3)
	}
	slices.SortFunc(p.Records, func(a, b athar.Record) int {
		if a.When.First != b.When.First {
			return int(a.When.First - b.When.First)
		}
		return a.Area - b.Area
	})
	return p
}

func ask(t *testing.T, p *athar.Pattern) (athar.Indicator, map[string]athar.Note) {
	t.Helper()
	list := Indicators(p, 1)
	if len(list) != 1 || list[0].Code != "break" {
		t.Fatalf("not one indicator of breaks: %v", list)
	}
	notes := map[string]athar.Note{}
	for _, n := range list[0].Warnings {
		notes[n.Code] = n
	}
	if r := list[0].Reading; r != athar.Silent && list[0].Refusal == nil {
		t.Errorf("reading %s", r)
	}
	return list[0], notes
}

func TestIndicator(t *testing.T) {
	base := world{weeks: 130, start: 90, cut: 90, before: 20, after: 8, phi: 2}
	for name, c := range map[string]struct {
		change   func(w *world)
		code     string
		low, top float64
	}{
		"at the start":    {func(w *world) {}, "break-at", .8, 1},
		"well before":     {func(w *world) { w.cut = 60 }, "break-before", 0, .05},
		"well after":      {func(w *world) { w.cut = 105 }, "break-after", 0, .05},
		"never":           {func(w *world) { w.after = w.before }, "break-none", 0, .1},
		"season, no step": {func(w *world) { w.after, w.season, w.phi = w.before, .6, 1 }, "break-none", 0, .1},
		"rise by months":  {func(w *world) { w.before, w.after, w.phi = 1, 5, 1 }, "break-at", .8, 1},
	} {
		w := base
		c.change(&w)
		d, notes := ask(t, w.pattern(1))
		if _, ok := notes[c.code]; !ok || !(float64(d.Change) >= c.low && float64(d.Change) <= c.top) {
			t.Errorf("%s: probability %v, notes %v; %s expected", name, d.Change, notes, c.code)
		}
		_, by := notes["break-prior-months"]
		if by != (w.before < 3) {
			t.Errorf("%s: by months is %v", name, by)
		}
		if _, ok := notes["break-season"]; ok != (w.season > 0) {
			t.Errorf("%s: a season was found: %v", name, ok)
		}
	}
}

func TestOtherBreaksDoNotHideTheOneAtTheStart(t *testing.T) {
	p := world{weeks: 130, start: 90, cut: 90, before: 20, after: 10, phi: 1}.pattern(2)
	// A larger break long before: two thirds of the first forty weeks are gone.
	var kept []athar.Record
	for i, r := range p.Records {
		if r.When.First >= origin+280 || i%6 == 0 {
			kept = append(kept, r)
		}
	}
	p.Records = kept
	d, notes := ask(t, p)
	if _, ok := notes["break-at"]; !ok || d.Change < .8 {
		t.Errorf("probability %v, notes %v", d.Change, notes)
	}
	if w, ok := notes["break-single"].Args["window"].(athar.Num); !ok || w > .1 {
		t.Errorf("a single break should be placed at the larger one: %v", notes["break-single"])
	}
}

func TestContextOfTheBreak(t *testing.T) {
	w := world{weeks: 130, start: 90, cut: 90, before: 20, after: 8, phi: 1, far: 40, farCut: true}
	p := w.pattern(3)
	p.Calendar = []athar.Dated{
		{Name: athar.Names{En: "closure"}, When: athar.Span{First: p.Start.First - 3, Last: p.Start.First + 100}},
		{Name: athar.Names{En: "elsewhere"}, When: athar.Span{First: origin + 100, Last: origin + 140}},
	}
	_, notes := ask(t, p)
	if _, ok := notes["break-far-too"]; !ok {
		t.Error("far areas broke with the near ones, and nothing says so")
	}
	if n, ok := notes["break-coincides"]; !ok || n.Args["name"] != (athar.Names{En: "closure"}) {
		t.Errorf("what began with the break is not named: %v", notes)
	}
	w.farCut = false
	if _, notes := ask(t, w.pattern(3)); notes["break-far-too"].Code != "" {
		t.Error("far areas did not break")
	}
	// A recurring span explains its own waves.
	p = world{weeks: 130, start: 90, cut: 90, before: 20, after: 20, phi: 1}.pattern(4)
	var wave []athar.Record
	for _, first := range []athar.Day{origin + 7*30, origin + 7*90} {
		span := athar.Span{First: first, Last: first + 7*9 - 1}
		p.Calendar = append(p.Calendar, athar.Dated{Name: athar.Names{En: "wave"}, When: span})
		for _, r := range p.Records {
			if span.Has(r.When.First) {
				wave = append(wave, r, r)
			}
		}
	}
	p.Records = append(p.Records, wave...)
	d, notes := ask(t, p)
	if _, ok := notes["break-none"]; !ok {
		t.Errorf("waves of the calendar are taken for breaks: %v, %v", d.Change, notes)
	}
	p.Calendar = nil
	if d, _ := ask(t, p); d.Change < .5 {
		t.Errorf("without the calendar the wave is a break: %v", d.Change)
	}
}

func TestStartIsIntegratedOver(t *testing.T) {
	p := world{weeks: 130, start: 90, cut: 90, before: 20, after: 6, phi: 1}.pattern(5)
	sure, _ := ask(t, p)
	p.Start = athar.Span{First: p.Start.First - 70, Last: p.Start.First + 69} // twenty weeks
	d, notes := ask(t, p)
	// Of the 20 weeks in which it may have begun four have the break in their window;
	// small chances of other breaks nearer by come on top.
	near(t, "probability", float64(d.Change), .2*float64(sure.Change), .05)
	if _, ok := notes["break-start-span"]; !ok {
		t.Error("nothing says that the start is not known")
	}
}

func bytesOf(t *testing.T, d athar.Indicator) string {
	t.Helper()
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSymmetries(t *testing.T) {
	w := world{weeks: 130, start: 90, cut: 88, before: 12, after: 7, phi: 2, far: 20}
	p := w.pattern(6)
	want, _ := ask(t, p)
	r := rand.New(rand.NewPCG(1, 1))
	r.Shuffle(len(p.Records), func(i, j int) { p.Records[i], p.Records[j] = p.Records[j], p.Records[i] })
	got, _ := ask(t, p)
	if bytesOf(t, got) != bytesOf(t, want) {
		t.Error("the order of the rows shows")
	}
	// Joined rows are the same events.
	q := w.pattern(6)
	q.Records = nil
	for _, r := range p.Records {
		if k := len(q.Records) - 1; k >= 0 && q.Records[k].Area == r.Area && q.Records[k].When == r.When {
			q.Records[k].N++
			continue
		}
		q.Records = append(q.Records, r)
	}
	if got, _ := ask(t, q); bytesOf(t, got) != bytesOf(t, want) {
		t.Error("joined rows make a difference")
	}
	// Whole weeks later everything is the same but the dates.
	w.weeks, w.start, w.cut = 100, 60, 58 // too short for a season, which has a place in the year
	p = w.pattern(7)
	want, _ = ask(t, p)
	const shift = 7 * 23
	for i := range p.Records {
		p.Records[i].When.First += shift
		p.Records[i].When.Last += shift
	}
	for _, s := range []*athar.Span{&p.Before, &p.After, &p.Start} {
		s.First += shift
		s.Last += shift
	}
	got, _ = ask(t, p)
	near(t, "shifted", float64(got.Change), float64(want.Change), 1e-12)

	// Exposure in other units, and counts in reverse.
	y := coal
	e, f := make([]float64, len(y)), make([]float64, len(y))
	for i := range e {
		e[i], f[i] = 1, 7
	}
	a, _ := Posterior(y, e, Prior{})
	b, _ := Posterior(y, f, Prior{})
	back := slices.Clone(y)
	slices.Reverse(back)
	c, _ := Posterior(back, nil, Prior{})
	for k, p := range a.P {
		near(t, "other units", b.P[k], p, 1e-6)
		near(t, "reversed", c.P[len(a.P)-1-k], p, 1e-9)
	}
	near(t, "rate in other units", 7*b.Before/a.Before, 1, 1e-6)
}

func TestRefusals(t *testing.T) {
	fine := world{weeks: 130, start: 90, cut: 90, before: 12, after: 6, phi: 1}
	code := func(want string, p *athar.Pattern) {
		t.Helper()
		d, _ := ask(t, p)
		if d.Refusal == nil || d.Refusal.Reason.Code != want || d.Reading != athar.Refused {
			t.Errorf("%v, want %s", d.Refusal, want)
		}
		bytesOf(t, d)
	}
	code("break-few-events", &athar.Pattern{})
	p := fine.pattern(1)
	p.Records = p.Records[:8]
	code("break-few-events", p)
	p = fine.pattern(1)
	for i := range p.Areas {
		p.Areas[i].Role = athar.Far
	}
	code("break-few-events", p)
	p = fine.pattern(1)
	p.Grain = 90
	code("break-coarse", p)
	p = fine.pattern(1)
	p.Start = athar.Span{First: p.After.Last - 7, Last: p.After.Last - 7}
	code("break-short", p)
	p.Start = athar.Span{First: p.Before.First + 20, Last: p.Before.First + 20}
	code("break-short", p)
	p.Start = athar.Span{First: p.After.Last + 500, Last: p.After.Last + 500}
	code("break-short", p)
	// Everything on one day is an answer, with numbers or without.
	p = fine.pattern(1)
	for i := range p.Records {
		p.Records[i].When = athar.Span{First: p.Start.First, Last: p.Start.First}
	}
	d, _ := ask(t, p)
	bytesOf(t, d)
	// Spans that lie in no week are counted.
	p = fine.pattern(1)
	p.Records = append(p.Records, athar.Record{Area: 0, When: athar.Span{First: origin + 70, Last: origin + 110}, N: 7})
	if _, notes := ask(t, p); notes["break-left-out"].Args["n"] != 7 {
		t.Errorf("%v", notes)
	}
}

func TestWeeklyCountsKeepTheirWeek(t *testing.T) {
	p := world{weeks: 130, start: 90, cut: 90, before: 20, after: 8, phi: 2}.pattern(1)
	want, _ := ask(t, p)
	for i, r := range p.Records {
		first := r.When.First - (r.When.First-origin)%7
		p.Records[i].When = athar.Span{First: first, Last: first + 6}
	}
	p.Grain = 7
	p.Start = athar.Span{First: p.Start.First + 2, Last: p.Start.First + 2} // in the middle of a week
	got, _ := ask(t, p)
	if got.Change != want.Change {
		t.Errorf("%v from weekly counts, %v from days", got.Change, want.Change)
	}
}

func TestDegenerateSeries(t *testing.T) {
	for _, y := range [][]float64{nil, {1}, {0, 0, 0}, {1, -1}, {1, math.NaN()}, {math.Inf(1), 2}} {
		if _, err := Posterior(y, nil, Prior{}); err == nil {
			t.Errorf("a posterior from %v", y)
		}
		if _, err := Online(y, nil, Hazard{Length: 10}); err == nil {
			t.Errorf("regimes from %v", y)
		}
	}
	if _, err := Online([]float64{1, 2, 3}, nil, Hazard{Length: 1}); err == nil {
		t.Error("regimes of one period")
	}
	if cuts := PELT(Poisson(nil, nil), 1, 1); cuts != nil {
		t.Errorf("breaks in nothing: %v", cuts)
	}
	if cuts := PELT(Poisson(make([]float64, 50), nil), 1, 1); cuts != nil {
		t.Errorf("breaks in zeros: %v", cuts)
	}
	same := []float64{3, 3, 3, 3, 3, 3, 3, 3, 3, 3}
	p, err := Breaks(same, 2, 3)
	if err != nil || len(p) != 4 {
		t.Fatal(p, err)
	}
	if _, err := Breaks(nil, 1, 1); err == nil {
		t.Error("breaks of nothing")
	}
	step := []float64{1, 1, 1, 1, 1, 6, 6, 6, 6, 6}
	p, _ = Breaks(step, 2, 1)
	if in := Intervals(step, p[1], .95); len(in) != 1 || in[0] != (Interval{4, 4}) {
		t.Errorf("a step without noise: %v", in)
	}
	if _, k, pv := Pettitt(same); k != 0 || pv != 1 {
		t.Errorf("Pettitt of ties: %v %v", k, pv)
	}
	if _, f, _ := F([]float64{1, 2}, .15); f != nil {
		t.Errorf("F of two values: %v", f)
	}
	if phi := Dispersion(make([]float64, 9), nil); phi != 1 {
		t.Errorf("dispersion of zeros: %v", phi)
	}
	// A period that was not observed changes nothing but the length.
	w := make([]float64, len(coal))
	for i := range w {
		w[i] = 1
	}
	full, _ := Posterior(coal, w, Prior{Shape: 1, Rate: 1, Poisson: true})
	y := slices.Insert(slices.Clone(coal), 60, 9)
	w = slices.Insert(w, 60, 0)
	gap, _ := Posterior(y, w, Prior{Shape: 1, Rate: 1, Poisson: true})
	near(t, "around a gap", gap.P[40]/gap.P[39], full.P[40]/full.P[39], 1e-9)
}
