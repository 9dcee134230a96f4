package verdict

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"athar"
	"athar/stat"
)

func withP(e athar.Effect, p float64) athar.Effect {
	e.P = athar.Num(p)
	return e
}

// A negative control that moved takes away every claim; one that moved no more
// than several of them will by chance takes none.
func TestNegativeControls(t *testing.T) {
	moved := withP(inside(.6, .4, .9), .01)
	barely := withP(inside(.7, .49, .99), .04)
	still := withP(inside(1.05, .7, 1.5), .8)
	refused := athar.Effect{Question: athar.AskInside, Phase: athar.During, Refusal: athar.Refuse("no-control")}
	protests := athar.Names{En: "Protests"}
	for _, c := range []struct {
		name     string
		controls []Control
		status   athar.Status
		says     string
	}{
		{"none declared", nil, athar.Blind, "guard-negative-control-none"},
		{"refused", []Control{{protests, []athar.Effect{refused}}}, athar.Blind, "guard-negative-control-refused"},
		{"still", []Control{{protests, []athar.Effect{still}}}, athar.Quiet, "guard-negative-control-quiet"},
		{"moved", []Control{{protests, []athar.Effect{still, moved}}}, athar.Fired, "guard-negative-control"},
		{"one alone", []Control{{protests, []athar.Effect{barely}}}, athar.Fired, "guard-negative-control"},
		{"one of two", []Control{{protests, []athar.Effect{barely}}, {protests, []athar.Effect{still}}}, athar.Quiet, "guard-negative-control-quiet"},
	} {
		g := negativeControl(Facts{Controls: c.controls})
		if g.Status != c.status || g.Says.Code != c.says {
			t.Errorf("%s: %s %s", c.name, g.Status, g.Says.Code)
		}
		want := func(was athar.Verdict) athar.Verdict {
			if c.status == athar.Fired {
				return athar.NotRobust
			}
			return was
		}
		for was, e := range map[athar.Verdict]athar.Effect{athar.Decline: inside(.6, .4, .9), athar.NoMaterialChange: inside(1, .9, 1.1)} {
			if f := first(t, Input{Headline: []athar.Effect{e}, Guards: []athar.Guard{g}}); f.Verdict != want(was) {
				t.Errorf("%s: %s became %s", c.name, was, f.Verdict)
			}
		}
		if f := first(t, Input{Headline: []athar.Effect{inside(.9, .5, 1.5)}, Guards: []athar.Guard{g}}); f.Verdict != athar.Inconclusive {
			t.Errorf("%s: what claims nothing became %s", c.name, f.Verdict)
		}
	}
}

func dated(rr, low, high, fmi float64) athar.Effect {
	e := inside(rr, low, high)
	n := athar.Num(fmi)
	e.Spec, e.FMI = "dates=drawn", &n
	return e
}

// A direction that depends on which of the published dates is right is none.
func TestDrawnDates(t *testing.T) {
	decline := []athar.Effect{inside(.6, .4, .9)}
	doubt := athar.Span{First: 0, Last: 30}
	for _, c := range []struct {
		name   string
		start  athar.Span
		dated  []athar.Effect
		word   athar.Verdict
		status athar.Status
		says   string
	}{
		{"sure", athar.Span{}, nil, athar.Decline, athar.Quiet, "guard-dates-sure"},
		{"not drawn, far apart", doubt, nil, athar.Decline, athar.Fired, "guard-dates"},
		{"not drawn, near", athar.Span{Last: 10}, nil, athar.Decline, athar.Quiet, "guard-dates-quiet"},
		{"the same", doubt, []athar.Effect{dated(.65, .5, .95, .1)}, athar.Decline, athar.Quiet, "guard-dates-drawn"},
		{"another word", doubt, []athar.Effect{dated(.75, .5, 1.1, .1)}, athar.NotRobust, athar.Fired, "guard-dates-word"},
		{"decided by the dates", doubt, []athar.Effect{dated(.6, .4, .9, .6)}, athar.Decline, athar.Fired, "guard-dates-fmi"},
		{"refused", doubt, []athar.Effect{{Question: athar.AskInside, Phase: athar.During, Refusal: athar.Refuse("dates-too-few")}}, athar.Decline, athar.Fired, "guard-dates"},
	} {
		g := dates(Facts{Headline: decline, Smallest: 1.25, Start: c.start, Dated: c.dated, DateDraws: 20})
		if g.Status != c.status || g.Says.Code != c.says {
			t.Errorf("%s: %s %s", c.name, g.Status, g.Says.Code)
		}
		if f := first(t, Input{Headline: decline, Dated: c.dated}); f.Verdict != c.word || len(f.Methods) != 1+len(c.dated) {
			t.Errorf("%s: %s, %d methods", c.name, f.Verdict, len(f.Methods))
		}
	}
}

// Datasets are shown side by side; a direction whose sign one of them does not
// share is none.
func TestOtherDatasets(t *testing.T) {
	decline := []athar.Effect{inside(.6, .4, .9)}
	other := func(rr, width float64) []athar.Effect {
		e := inside(rr, rr/width, rr*width)
		e.Spec = DatasetSpec("A second  list")
		return []athar.Effect{e}
	}
	for _, c := range []struct {
		compared []athar.Effect
		word     athar.Verdict
		status   athar.Status
		suffix   string // of the codes: is the other dataset too uncertain to contradict?
	}{{nil, athar.Decline, athar.Blind, ""}, {other(.9, 2), athar.Decline, athar.Quiet, ""}, {other(1.1, 1.5), athar.NotRobust, athar.Fired, ""},
		{other(1.1, 2), athar.NotRobust, athar.Fired, "-weak"}} {
		f := first(t, Input{Headline: decline, Compared: c.compared})
		g := datasets(Facts{Headline: decline, Compared: c.compared})
		if f.Verdict != c.word || g.Status != c.status || f.Agree == (c.word == athar.NotRobust) {
			t.Errorf("%v: %s, %s, agree %v", c.compared, f.Verdict, g.Status, f.Agree)
		}
		if c.word == athar.NotRobust {
			if k := slices.IndexFunc(f.Because, func(n athar.Note) bool { return n.Code == "datasets-disagree"+c.suffix }); k < 0 || f.Because[k].Args["data"] != "A second list" || g.Says.Code != "guard-datasets"+c.suffix {
				t.Errorf("because %v, guard %v", f.Because, g.Says)
			}
		}
	}
}

func TestBreakWavesNearbyPower(t *testing.T) {
	if g := changed(Facts{}); g.Status != athar.Blind {
		t.Error(g)
	}
	for _, c := range []struct {
		b      Break
		status athar.Status
		says   string
	}{
		{Break{Before: .8, Recent: .7}, athar.Fired, "guard-break"},
		{Break{Before: .8, Recent: .7, Far: true}, athar.Quiet, "guard-break-common"},
		{Break{Before: .9, Recent: .3}, athar.Quiet, "guard-break-quiet"}, // long before
		{Break{At: .6}, athar.Quiet, "guard-break-at"},
		{Break{None: .6}, athar.Quiet, "guard-break-none"},
	} {
		if g := changed(Facts{Break: &c.b}); g.Status != c.status || g.Says.Code != c.says {
			t.Errorf("%+v: %s %s", c.b, g.Status, g.Says.Code)
		}
	}

	periods := make([]athar.Period, 12)
	for t := range periods {
		periods[t] = athar.Period{Span: athar.Span{First: athar.Day(30 * t), Last: athar.Day(30*t + 29)}, Phase: athar.Pre, Days: 30}
		if t >= 10 {
			periods[t].Phase = athar.During
		}
	}
	wave := func(first, last athar.Day) []athar.Dated {
		return []athar.Dated{{Name: athar.Names{En: "Wave", Ar: "موجة"}, When: athar.Span{First: first, Last: last}}}
	}
	for _, c := range []struct {
		waves  []athar.Dated
		status athar.Status
		says   string
	}{
		{nil, athar.Blind, "guard-waves-blind"},
		{wave(310, 330), athar.Fired, "guard-waves-more"},
		{wave(0, 200), athar.Fired, "guard-waves-less"},
		{wave(300, 302), athar.Quiet, "guard-waves-quiet"},
		{wave(900, 930), athar.Quiet, "guard-waves-none"},
	} {
		g := waves(Facts{Periods: periods, Waves: c.waves})
		if g.Status != c.status || g.Says.Code != c.says {
			t.Errorf("%v: %s %s", c.waves, g.Status, g.Says.Code)
		}
	}
	two := Joined([]athar.Names{{En: "A", Ar: "أ"}, {En: "B"}})
	if two != (athar.Names{En: "A; B", Ar: "أ؛ B"}) {
		t.Errorf("%+v", two)
	}
	if g := nearby(Facts{Nearby: []athar.Names{{En: "A"}}}); g.Status != athar.Fired {
		t.Error(g)
	}
	if g := nearby(Facts{}); g.Status != athar.Quiet {
		t.Error(g)
	}

	strong := inside(.9, .85, 1.3)
	strong.MDELow, strong.MDEHigh = .85, 1.18
	for _, c := range []struct {
		e      athar.Effect
		status athar.Status
		word   athar.Verdict
		shown  bool
	}{
		{strong, athar.Quiet, athar.Inconclusive, false},
		{inside(.9, .5, 1.3), athar.Fired, athar.Inconclusive, true},
		{inside(.5, .3, .9), athar.Fired, athar.Decline, false}, // a word that was reached had enough
	} {
		g := power(Facts{Headline: []athar.Effect{c.e}, Smallest: 1.25})
		f := first(t, Input{Headline: []athar.Effect{c.e}, Guards: []athar.Guard{g}})
		if g.Status != c.status || f.Verdict != c.word || slices.Contains(f.Guards, "power") != c.shown || slices.Contains(codes(f.Because), "power-blind") != c.shown {
			t.Errorf("%+v: %s, %s, %v %v", c.e.RR, g.Status, f.Verdict, f.Guards, codes(f.Because))
		}
	}
}

// Every estimate says how large a change of reporting would give it.
func TestTippingPoint(t *testing.T) {
	for _, e := range []athar.Effect{inside(.78, .5, 1.1), inside(.78, .7, .9)} {
		f := first(t, Input{Headline: []athar.Effect{e}})
		if len(f.Rivals) == 0 || f.Rivals[0].Code != "rival-reporting-drop" || math.Abs(float64(f.Rivals[0].Args["share"].(athar.Num))-.22) > 1e-12 {
			t.Errorf("%s: %v", f.Verdict, f.Rivals)
		}
	}
}

// reports draws two lists of one series: each event is in the own list with
// probability p, in the other with q; reporting inside changes by factor from period
// 24 on.
func reports(run int, factor, drift float64) Reporting {
	r := stat.Stream(11, fmt.Sprintf("reporting/%v/%v", factor, drift), run)
	x := Reporting{Data: "B"}
	for t := range 36 {
		x.Phases = append(x.Phases, map[bool]athar.Phase{true: athar.Pre, false: athar.During}[t < 24])
	}
	for role := range 2 {
		x.Counts[role] = [2][]float64{make([]float64, 36), make([]float64, 36)}
		mu, carried := []float64{20, 60}[role], 0.0
		for t := range 36 {
			carried = .5*carried + drift*r.NormFloat64()
			p := .5 * math.Exp(carried)
			if role == 0 && t >= 24 {
				p *= factor
			}
			for range int(stat.NegBin(r, mu, 2)) {
				if r.Float64() < p {
					x.Counts[role][0][t]++
				}
				if r.Float64() < .6 {
					x.Counts[role][1][t]++
				}
			}
		}
	}
	return x
}

func TestReportingRatio(t *testing.T) {
	// By hand: 40/20 against 30/30 before, 100/50 against 100/50 far.
	x := Reporting{Phases: []athar.Phase{athar.Pre, athar.Pre, athar.Pre, athar.During, athar.During, athar.During},
		Counts: [2][2][]float64{{{10, 10, 10, 20, 10, 10}, {10, 10, 10, 10, 5, 5}}, {{40, 30, 30, 50, 30, 20}, {20, 15, 15, 25, 15, 10}}}}
	q, low, high, ok := x.Ratio(athar.During, .05)
	if !ok || math.Abs(q-2) > 1e-12 || math.Abs(math.Log(high/q)-math.Log(q/low)) > 1e-12 {
		t.Errorf("%v (%v to %v) %v", q, low, high, ok)
	}
	se := math.Sqrt(1./30 + 1./30 + 1./40 + 1./20 + 1./100 + 1./50 + 1./100 + 1./50) // phi is 1
	if want := stat.TQuantile(.975, 8) * se; math.Abs(math.Log(high/q)-want) > 1e-9 {
		t.Errorf("half width %v, want %v", math.Log(high/q), want)
	}
	// The ratio doubled, 0.85 to 4.7 at the guard's level: of two headlines, one could be
	// that change alone.
	for rr, code := range map[float64]string{1.8: "guard-reporting-quiet-whole", .6: "guard-reporting-quiet-part"} {
		if g := reporting(Facts{Headline: []athar.Effect{inside(rr, rr/2, rr*2)}, Reporting: []Reporting{x}}); g.Status != athar.Quiet || g.Says.Code != code {
			t.Errorf("%v: %v", rr, g)
		}
	}
	x.Counts[0][1] = []float64{10, 10, 10, 1, 1, 1}
	if _, _, _, ok := x.Ratio(athar.During, .05); ok {
		t.Error("three events are enough")
	}
	if _, _, _, ok := x.Ratio(athar.Post, .05); ok {
		t.Error("a phase without a period is answered")
	}
	// Without another dataset a direction is frail if 30% fewer, or 1/0.7 times as
	// many, reported would bring its interval to 1.
	for _, c := range []struct {
		rr, low, high float64
		code          string
	}{
		{.78, .6, 1.01, "guard-reporting-blind"},
		{.78, .7, .9, "guard-reporting-frail"},
		{.6, .5, .71, "guard-reporting-frail"},
		{.6, .5, .69, "guard-reporting-blind"},
		{1.6, 1.42, 1.9, "guard-reporting-frail"},
		{1.6, 1.44, 1.9, "guard-reporting-blind"},
	} {
		g := reporting(Facts{Headline: []athar.Effect{inside(c.rr, c.low, c.high)}})
		if g.Says.Code != c.code || (g.Status == athar.Fired) != (c.code == "guard-reporting-frail") {
			t.Errorf("%v (%v to %v): %v %s", c.rr, c.low, c.high, g.Status, g.Says.Code)
		}
	}
	if g := reporting(Facts{Headline: []athar.Effect{inside(.78, .6, 1.1)}, Reporting: []Reporting{x}}); g.Status != athar.Blind || g.Says.Code != "guard-reporting-few" {
		t.Error(g)
	}
}

// The guard fires in about one case of twenty where reporting did not change,
// also if the share of events that is reported drifts, and mostly where it fell by
// half inside.
func TestReportingRates(t *testing.T) {
	const runs = 400
	for _, c := range []struct {
		factor, drift float64
		least, most   float64
	}{{1, 0, 0, .06}, {1, .2, 0, .1}, {.5, 0, .9, 1}} {
		fired := 0
		for run := range runs {
			if reporting(Facts{Reporting: []Reporting{reports(run, c.factor, c.drift)}, Headline: []athar.Effect{inside(.8, .5, 1.2)}}).Status == athar.Fired {
				fired++
			}
		}
		rate := float64(fired) / runs
		t.Logf("reporting times %v, drift %v: fires in %v", c.factor, c.drift, rate)
		if rate < c.least || rate > c.most {
			t.Errorf("reporting times %v, drift %v: fires in %v, want %v to %v", c.factor, c.drift, rate, c.least, c.most)
		}
	}
}

// A direction must survive shocks that areas near each other share, and the areas that
// touch the footprint must agree with the first ring in sign.
func TestSpatialAndAdjacent(t *testing.T) {
	decline := []athar.Effect{inside(.6, .4, .9)}
	refused := athar.Effect{Question: athar.AskInside, Phase: athar.During, Refusal: athar.Refuse("few-areas")}
	for _, c := range []struct {
		name              string
		spatial, adjacent []athar.Effect
		word              athar.Verdict
		code              string
	}{
		{"neither", nil, nil, athar.Decline, ""},
		{"both hold", []athar.Effect{inside(.6, .35, .95)}, []athar.Effect{inside(.7, .4, 1.2)}, athar.Decline, ""},
		{"wide with shared shocks", []athar.Effect{inside(.6, .3, 1.1)}, nil, athar.NotRobust, "conley-undoes"},
		{"refused", []athar.Effect{refused}, []athar.Effect{refused}, athar.Decline, ""},
		{"neighbours disagree", nil, []athar.Effect{inside(1.1, .8, 1.5)}, athar.NotRobust, "adjacent-disagrees"},
	} {
		f := first(t, Input{Headline: decline, Spatial: c.spatial, Adjacent: c.adjacent})
		said := c.code == "" || slices.ContainsFunc(f.Because, func(n athar.Note) bool { return n.Code == c.code })
		if f.Verdict != c.word || !said || len(f.Methods) != 1+len(c.spatial)+len(c.adjacent) {
			t.Errorf("%s: %s, %v, %d methods", c.name, f.Verdict, f.Because, len(f.Methods))
		}
	}
}
