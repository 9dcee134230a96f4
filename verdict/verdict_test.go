package verdict

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"athar"
	"athar/stat"
)

// A claim that a group was still active is decided by whether an event was counted,
// whatever the model says of the number.
func TestClaimOfAnyActivity(t *testing.T) {
	for n, want := range map[athar.Num]athar.Outcome{0: athar.Contradicted, 1: athar.Supported} {
		e := Evidence{Findings: []athar.Finding{{ID: "total/x", Area: "x", Question: athar.AskTotal, Verdict: athar.CannotTell,
			Headline: &athar.Effect{Observed: n, Refusal: athar.Refuse("few-pre-periods")}}}}
		c := Claim{ID: "c", Question: "total", Total: "x", Expects: []athar.Verdict{athar.Present}}
		if r := Resolve(c, e); r.Outcome != want || len(r.Because) != 1 || r.Because[0].Code != "claim-counted" {
			t.Errorf("%v events: %s %v", n, r.Outcome, r.Because)
		}
		if c.Expects[0] = athar.NotDetected; Resolve(c, e).Outcome == want {
			t.Errorf("%v events: the opposite claim comes out the same", n)
		}
	}
}

func TestWordFollowsTheGrammar(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      athar.Verdict
	}{
		{0.4, 0.9, athar.Decline},
		{0.9, 0.99, athar.Decline}, // a small but certain fall is still a fall
		{1.01, 3, athar.Escalation},
		{0.85, 1.2, athar.NoMaterialChange},
		{0.8, 1.2, athar.Inconclusive}, // exactly exp(-delta) is not inside
		{0.85, 1.25, athar.Inconclusive},
		{0.5, 2, athar.Inconclusive},
		{0, math.Inf(1), athar.Inconclusive},
		{math.NaN(), 2, athar.CannotTell},
	} {
		if got := Word(c.low, c.high, 1.25); got != c.want {
			t.Errorf("Word(%v, %v) = %s, want %s", c.low, c.high, got, c.want)
		}
	}
}

// Turning ratios upside down turns the word round.
func TestWordIsSymmetric(t *testing.T) {
	turned := map[athar.Verdict]athar.Verdict{athar.Decline: athar.Escalation, athar.Escalation: athar.Decline,
		athar.NoMaterialChange: athar.NoMaterialChange, athar.Inconclusive: athar.Inconclusive}
	rapid.Check(t, func(t *rapid.T) {
		a := math.Exp(rapid.Float64Range(-3, 3).Draw(t, "low"))
		b := a * math.Exp(rapid.Float64Range(0.001, 3).Draw(t, "width"))
		if got, want := Word(1/b, 1/a, 1.25), turned[Word(a, b, 1.25)]; got != want {
			t.Fatalf("Word(%v, %v) = %s, want %s", 1/b, 1/a, got, want)
		}
	})
}

func effect(q athar.Question, ring int, rr, low, high float64) athar.Effect {
	return athar.Effect{Method: "spillover", Question: q, Ring: ring, Phase: athar.During, RR: athar.Num(rr),
		Low: athar.Num(low), High: athar.Num(high), AdjLow: nan, AdjHigh: nan, MDELow: 0.5, MDEHigh: 2}
}

func inside(rr, low, high float64) athar.Effect { return effect(athar.AskInside, 0, rr, low, high) }

func first(t *testing.T, in Input) athar.Finding {
	t.Helper()
	in.Smallest = 1.25
	f := Findings(in)
	if len(f) == 0 {
		t.Fatal("no finding")
	}
	return f[0]
}

func codes(list []athar.Note) (out []string) {
	for _, n := range list {
		out = append(out, n.Code)
	}
	return out
}

func TestDirectionIsTakenAway(t *testing.T) {
	decline := []athar.Effect{inside(0.6, 0.4, 0.9)}
	against := inside(1.1, 0.6, 2)
	against.Method = "its"
	surge := []athar.Guard{{Code: "surge", Status: athar.Fired}}
	weaker := [][]athar.Effect{{inside(0.7, 0.4, 1.2)}}
	for _, c := range []struct {
		name string
		in   Input
		want athar.Verdict
	}{
		{"nothing against it", Input{Headline: decline}, athar.Decline},
		{"another method points the other way", Input{Headline: decline, Voters: []athar.Effect{against}}, athar.NotRobust},
		{"a witness has no vote", Input{Headline: decline, Witnesses: []athar.Effect{against}}, athar.Decline},
		{"a donut fit turns the sign", Input{Headline: decline, Donuts: [][]athar.Effect{{inside(1.05, 0.7, 1.6)}}}, athar.NotRobust},
		{"a donut fit is merely wider", Input{Headline: decline, Donuts: weaker}, athar.Decline},
		{"the same after a surge", Input{Headline: decline, Donuts: weaker, Guards: surge}, athar.NotRobust},
		{"an inconclusive finding claims no sign", Input{Headline: []athar.Effect{inside(0.8, 0.5, 1.3)}, Voters: []athar.Effect{against}}, athar.Inconclusive},
	} {
		if f := first(t, c.in); f.Verdict != c.want {
			t.Errorf("%s: %s, want %s (%v)", c.name, f.Verdict, c.want, codes(f.Because))
		}
	}
}

// drawn is an inside effect pooled over draws of coarse places.
func drawn(rr, low, high, fmi float64) []athar.Effect {
	e := inside(rr, low, high)
	n := athar.Num(fmi)
	e.Spec, e.FMI = "imputed", &n
	if fmi > .5 {
		e.Warnings = []athar.Note{{Code: "precision-too-poor"}}
	}
	return []athar.Effect{e}
}

// A direction must survive the drawing of coarse places; what claims none keeps
// its word and says what the drawing found.
func TestCoarsePlaces(t *testing.T) {
	decline := []athar.Effect{inside(0.6, 0.4, 0.9)}
	unclear := []athar.Effect{inside(0.8, 0.5, 1.3)}
	refused := drawn(1.1, .7, 1.6, .8)
	refused[0].Refusal = &athar.Refusal{Reason: athar.Note{Code: "imputed-too-few"}}
	for _, c := range []struct {
		name     string
		headline []athar.Effect
		drawn    []athar.Effect
		word     athar.Verdict
		because  string
		status   athar.Status
		says     string
	}{
		{"shared", decline, drawn(.7, .4, 1.1, .2), athar.Decline, "because-decline", athar.Quiet, "guard-imprecise-quiet-drawn"},
		{"other side", decline, drawn(1.05, .7, 1.6, .2), athar.NotRobust, "imputed-undoes", athar.Fired, "guard-imprecise-side"},
		{"too poor", decline, drawn(.6, .4, .9, .6), athar.NotRobust, "precision-too-poor", athar.Fired, "guard-imprecise-fmi"},
		{"too poor for no direction", unclear, drawn(.8, .5, 1.3, .6), athar.Inconclusive, "precision-too-poor", athar.Fired, "guard-imprecise-fmi"},
		{"other side of no direction", unclear, drawn(1.1, .7, 1.6, .2), athar.Inconclusive, "imputed-undoes", athar.Fired, "guard-imprecise-side"},
		{"refused", decline, refused, athar.Decline, "because-decline", athar.Quiet, "guard-imprecise-quiet"},
	} {
		f := first(t, Input{Headline: c.headline, Imputed: c.drawn})
		if f.Verdict != c.word || !slices.Contains(codes(f.Because), c.because) {
			t.Errorf("%s: %s %v, want %s with %s", c.name, f.Verdict, codes(f.Because), c.word, c.because)
		}
		if side(c.headline[0].RR) != side(c.drawn[0].RR) && c.drawn[0].Refusal == nil && f.Agree {
			t.Errorf("%s: the methods are said to agree", c.name)
		}
		if len(f.Methods) != 2 || f.Methods[1].Spec != "imputed" {
			t.Errorf("%s: methods %+v", c.name, f.Methods)
		}
		if g := imprecise(Facts{Headline: c.headline, Imputed: c.drawn, Coarse: 1, Placed: 20}); g.Status != c.status || g.Says.Code != c.says {
			t.Errorf("%s: guard %s %s, want %s %s", c.name, g.Status, g.Says.Code, c.status, c.says)
		}
	}
	if g := imprecise(Facts{Headline: decline, Imputed: drawn(.6, .4, .9, .1), Coarse: 9, Placed: 20}); g.Says.Code != "guard-imprecise" {
		t.Errorf("many coarse places: %s", g.Says.Code)
	}
	if g := imprecise(Facts{Headline: decline}); g.Status != athar.Blind {
		t.Errorf("unknown precision: %s", g.Status)
	}
}

func TestFiredGuardsStayOnTheFinding(t *testing.T) {
	f := first(t, Input{Headline: []athar.Effect{inside(0.6, 0.4, 0.9)},
		Guards: []athar.Guard{{Code: "surge", Status: athar.Fired}, {Code: "calendar", Status: athar.Quiet}}})
	if !slices.Equal(f.Guards, []string{"surge"}) || !slices.Equal(codes(f.Rivals), []string{"rival-reporting-drop", "rival-regression-to-the-mean"}) {
		t.Errorf("guards %v, rivals %v", f.Guards, codes(f.Rivals))
	}
}

func TestRefusalIsCannotTell(t *testing.T) {
	e := inside(0, 0, 0)
	e.Refusal = &athar.Refusal{Reason: athar.Note{Code: "no-pre-events"}}
	if f := first(t, Input{Headline: []athar.Effect{e}}); f.Verdict != athar.CannotTell || f.Because[0].Code != "no-pre-events" {
		t.Errorf("%s %v", f.Verdict, codes(f.Because))
	}
}

func TestMovement(t *testing.T) {
	ring := func(k int, rr, low, high float64) athar.Effect {
		e := effect(athar.AskRing, k, rr, low, high)
		e.AdjLow, e.AdjHigh = e.Low, e.High
		return e
	}
	down := inside(0.6, 0.4, 0.9)
	for _, c := range []struct {
		name string
		list []athar.Effect
		want athar.Verdict
	}{
		{"up next door", []athar.Effect{down, ring(1, 1.5, 1.1, 2), ring(2, 1, 0.5, 2)}, athar.Displacement},
		{"down next door", []athar.Effect{down, ring(1, 0.7, 0.5, 0.9), ring(2, 1, 0.5, 2)}, athar.Diffusion},
		{"up and down: the rise counts", []athar.Effect{down, ring(1, 0.7, 0.5, 0.9), ring(2, 1.5, 1.1, 2)}, athar.Displacement},
		{"rings unclear", []athar.Effect{down, ring(1, 1.5, 0.9, 2)}, athar.Inconclusive},
		{"rings flat", []athar.Effect{down, ring(1, 1, 0.9, 1.1)}, athar.NoMaterialChange},
		{"no decline inside", []athar.Effect{inside(0.9, 0.5, 1.5), ring(1, 1.5, 1.1, 2)}, athar.Inconclusive},
	} {
		var got athar.Verdict
		for _, f := range Findings(Input{Smallest: 1.25, Rings: 2, Headline: c.list}) {
			if f.Question == athar.AskMovement {
				got = f.Verdict
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	// The simultaneous interval speaks for a ring, not its own.
	wide := ring(1, 1.5, 1.1, 2)
	wide.AdjLow, wide.AdjHigh = 0.95, 2.4
	for _, f := range Findings(Input{Smallest: 1.25, Rings: 1, Headline: []athar.Effect{down, wide}}) {
		if f.Question == athar.AskMovement && f.Verdict != athar.Inconclusive {
			t.Errorf("a ring's own interval decided: %s", f.Verdict)
		}
	}
}

// months makes a pre-period of the given counts and one month of campaign.
func months(pre []float64, during float64) Facts {
	f := Facts{Headline: []athar.Effect{inside(0.6, 0.4, 0.9)}}
	for i, n := range append(slices.Clone(pre), during) {
		ph := athar.Pre
		if i == len(pre) {
			ph = athar.During
		}
		d := athar.Day(30 * i)
		f.Periods = append(f.Periods, athar.Period{Span: athar.Span{First: d, Last: d + 29}, Phase: ph, Days: 30})
		f.Inside = append(f.Inside, n)
	}
	return f
}

func guard(t *testing.T, f Facts, code string) athar.Guard {
	t.Helper()
	for _, g := range Check(f) {
		if g.Code == code {
			return g
		}
	}
	t.Fatalf("no guard %s", code)
	return athar.Guard{}
}

func TestSurgeGuard(t *testing.T) {
	flat := []float64{9, 11, 10, 10, 9, 11, 10, 10, 9, 11, 10, 10}
	if g := guard(t, months(append(slices.Clone(flat), 10, 9, 11), 8), "surge"); g.Status != athar.Quiet {
		t.Errorf("flat series: %v", g)
	}
	if g := guard(t, months(append(slices.Clone(flat), 20, 22, 21), 8), "surge"); g.Status != athar.Fired || g.Says.Code != "guard-surge" {
		t.Errorf("surge: %v", g)
	}
	if g := guard(t, months(flat, 8), "surge"); g.Status != athar.Blind {
		t.Errorf("nine months before the last three are too few: %v", g)
	}
	// Hand figure: before 0,2,0,2,... (mean 1, sd^2 12/11), last 4,4,4:
	// z = 3 / sqrt(12/11 (1/3 + 1/12)) = 4.4497.
	z, m0, m1 := stat.Surge([]float64{0, 2, 0, 2, 0, 2, 0, 2, 0, 2, 0, 2}, []float64{4, 4, 4})
	if m0 != 1 || m1 != 4 || math.Abs(z-3/math.Sqrt(12.0/11*5/12)) > 1e-12 {
		t.Errorf("z %v m0 %v m1 %v", z, m0, m1)
	}
}

func TestCalendarGuard(t *testing.T) {
	f := months([]float64{5, 5, 5, 5}, 5)
	if g := guard(t, f, "calendar"); g.Status != athar.Quiet {
		t.Errorf("no Ramadan anywhere: %v", g)
	}
	f.Periods[4].Ramadan = 0.8
	if g := guard(t, f, "calendar"); g.Status != athar.Fired || g.Says.Code != "guard-calendar-ramadan" {
		t.Errorf("Ramadan during: %v", g)
	}
	f.Periods[4].Ramadan = 0
	f.Calendar = []athar.Dated{{Name: athar.Names{En: "curfew"}, When: f.Periods[4].Span}}
	if g := guard(t, f, "calendar"); g.Status != athar.Fired || g.Says.Args["names"] != (athar.Names{En: "curfew", Ar: "curfew"}) {
		t.Errorf("curfew during: %v", g)
	}
	f.Calendar[0].When = athar.Span{First: f.Periods[0].First, Last: f.Periods[2].Last}
	if g := guard(t, f, "calendar"); g.Status != athar.Quiet {
		t.Errorf("a curfew that ended before: %v", g)
	}
}

func TestOtherGuards(t *testing.T) {
	f := months([]float64{50, 50, 50, 50}, 12)
	if g := guard(t, f, "few-events"); g.Status != athar.Fired {
		t.Errorf("12 events during: %v", g)
	}
	f = months([]float64{50, 50, 50, 50}, 40)
	if g := guard(t, f, "few-events"); g.Status != athar.Quiet {
		t.Errorf("40 events during: %v", g)
	}
	if g := guard(t, f, "imprecise"); g.Status != athar.Blind {
		t.Errorf("precision unknown: %v", g)
	}
	f.Coarse, f.Placed = 30, 100
	if g := guard(t, f, "imprecise"); g.Status != athar.Fired {
		t.Errorf("30%% coarse: %v", g)
	}
	f.Start = athar.Span{First: 0, Last: 20}
	if g := guard(t, f, "dates"); g.Status != athar.Fired {
		t.Errorf("sources 20 days apart: %v", g)
	}
	if g := guard(t, f, "no-control"); g.Status != athar.Fired || g.Says.Code != "guard-control-thin" {
		t.Errorf("no far events: %v", g)
	}
	f.FarDuring, f.FarPost = 50, 50
	if g := guard(t, f, "no-control"); g.Status != athar.Quiet {
		t.Errorf("50 far events: %v", g)
	}
	f.NoControl = true
	if g := guard(t, f, "no-control"); g.Status != athar.Fired {
		t.Errorf("no control: %v", g)
	}
	f.ExposedCells, f.ComparedPre, f.MonitoredPre = 10, 18, 24
	if g := guard(t, f, "overlap"); g.Status != athar.Quiet {
		t.Errorf("18 of 24 periods compared: %v", g)
	}
	f.ComparedPre = 17
	if g := guard(t, f, "overlap"); g.Status != athar.Fired || g.Says.Code != "guard-overlap-thin" {
		t.Errorf("17 of 24 periods compared: %v", g)
	}
	f.Joint = "Other"
	if g := guard(t, f, "overlap"); g.Status != athar.Fired || g.Says.Code != "guard-overlap-joint" {
		t.Errorf("joint campaign: %v", g)
	}
}

func TestClaims(t *testing.T) {
	finding := func(campaign string, v athar.Verdict) athar.Finding {
		return athar.Finding{ID: campaign, Campaign: campaign, Question: athar.AskInside, Phase: athar.During, Verdict: v}
	}
	claim := Claim{Question: "inside", Campaign: "a", Phase: athar.During, Expects: []athar.Verdict{athar.Decline}}
	for _, c := range []struct {
		v    athar.Verdict
		want athar.Outcome
	}{{athar.Decline, athar.Supported}, {athar.Escalation, athar.Contradicted}, {athar.NoMaterialChange, athar.Contradicted},
		{athar.Inconclusive, athar.NotTestable}, {athar.NotRobust, athar.NotTestable}, {athar.CannotTell, athar.NotTestable}} {
		if r := Resolve(claim, Evidence{Findings: []athar.Finding{finding("a", c.v), finding("b", athar.Escalation)}}); r.Outcome != c.want {
			t.Errorf("%s: %s, want %s", c.v, r.Outcome, c.want)
		}
	}
	all := claim
	all.Campaign = "all"
	for _, c := range []struct {
		words []athar.Verdict
		want  athar.Outcome
	}{
		{[]athar.Verdict{athar.Decline, athar.Decline, athar.Inconclusive}, athar.Supported},
		{[]athar.Verdict{athar.Decline, athar.Inconclusive, athar.Inconclusive}, athar.NotTestable},
		{[]athar.Verdict{athar.Decline, athar.Escalation}, athar.NotTestable},
		{[]athar.Verdict{athar.Escalation, athar.NoMaterialChange}, athar.Contradicted},
	} {
		var list []athar.Finding
		for i, w := range c.words {
			list = append(list, finding(string(rune('a'+i)), w))
		}
		if r := Resolve(all, Evidence{Findings: list}); r.Outcome != c.want || len(r.Evidence) != len(list) {
			t.Errorf("%v: %s, want %s", c.words, r.Outcome, c.want)
		}
	}
	// What all campaigns did together decides; the single ones are told beside it.
	for _, c := range []struct {
		together athar.Verdict
		want     athar.Outcome
	}{{athar.Decline, athar.Supported}, {athar.Escalation, athar.Contradicted}, {athar.Inconclusive, athar.NotTestable},
		{athar.CannotTell, athar.Contradicted}} { // no answer together: the tally of the others
		list := []athar.Finding{finding("a", athar.Escalation), finding("b", athar.Escalation), finding(athar.AllCampaigns, c.together)}
		r := Resolve(all, Evidence{Findings: list})
		if r.Outcome != c.want {
			t.Errorf("together %s: %s, want %s", c.together, r.Outcome, c.want)
		}
		if c.together == athar.CannotTell {
			continue
		}
		if r.Evidence[0] != athar.AllCampaigns || len(r.Evidence) != 3 || r.Because[0].Code != "claim-finding" || r.Because[1].Code != "claim-campaigns" ||
			r.Because[1].Args["no"] != 2 || r.Because[1].Args["n"] != 2 {
			t.Errorf("together %s: %v %v", c.together, r.Evidence, r.Because)
		}
	}
	if r := Resolve(claim, Evidence{Findings: []athar.Finding{finding(athar.AllCampaigns, athar.Decline)}}); r.Because[0].Code != "claim-no-finding" {
		t.Errorf("a claim about one campaign rests on all of them: %v", r)
	}
	if r := Resolve(Claim{Question: "adaptation", About: "couriers"}, Evidence{}); r.Outcome != athar.NotTestable || r.Because[0].Code != "claim-adaptation" {
		t.Errorf("%v", r)
	}
	if r := Resolve(claim, Evidence{}); r.Outcome != athar.NotTestable || r.Because[0].Code != "claim-no-finding" {
		t.Errorf("%v", r)
	}
}

func TestFamily(t *testing.T) {
	// Holm by hand: 0.01*3, 0.02*2, 0.04*1 made monotone: 0.03, 0.04, 0.04.
	// 0.02*3, 0.03*2, 0.5: 0.06, 0.06, 0.5.
	for _, c := range []struct {
		p    []float64
		want []bool
	}{{[]float64{0.04, 0.01, 0.02}, []bool{false, false, false}}, {[]float64{0.03, 0.02, 0.5}, []bool{true, true, false}}} {
		var r []athar.CampaignReport
		for _, p := range c.p {
			e := inside(0.6, 0.4, 0.9)
			e.P = athar.Num(p)
			v := athar.Decline
			if p > 0.05 {
				v = athar.Inconclusive
			}
			r = append(r, athar.CampaignReport{Findings: []athar.Finding{{Question: athar.AskInside, Verdict: v, Headline: &e}}})
		}
		Family(r)
		for i, want := range c.want {
			if got := slices.Contains(r[i].Findings[0].Guards, "multiplicity"); got != want {
				t.Errorf("p %v: finding %d marked %v", c.p, i, got)
			}
		}
	}
}

// A direction must hold with a trend of its own where inside and far drifted
// apart, and with and without a trend where there is nothing to compare with.
func TestDriftAndNoControl(t *testing.T) {
	head := []athar.Effect{inside(0.6, 0.4, 0.9)}
	drift := []athar.Guard{{Code: "pre-trend", Status: athar.Fired}}
	vote := func(rr, low, high float64) []athar.Effect {
		e := inside(rr, low, high)
		e.Method, e.Spec = "its", "no-trend"
		return []athar.Effect{e}
	}
	for _, c := range []struct {
		name string
		in   Input
		want athar.Verdict
	}{
		{"drift, and gone without it", Input{Headline: head, Guards: drift, Detrended: []athar.Effect{inside(0.8, 0.5, 1.3)}}, athar.NotRobust},
		{"drift, and still there without it", Input{Headline: head, Guards: drift, Detrended: []athar.Effect{inside(0.5, 0.3, 0.8)}}, athar.Decline},
		{"drift that cannot be removed", Input{Headline: head, Guards: drift}, athar.NotRobust},
		{"no control, the trend decides", Input{Headline: head, NoControl: true, Voters: vote(0.8, 0.6, 1.1)}, athar.NotRobust},
		{"no control, both agree", Input{Headline: head, NoControl: true, Voters: vote(0.7, 0.5, 0.9)}, athar.Decline},
		{"a control: the sign is enough", Input{Headline: head, Voters: vote(0.8, 0.6, 1.1)}, athar.Decline},
	} {
		if f := first(t, c.in); f.Verdict != c.want {
			t.Errorf("%s: %s, want %s (%v)", c.name, f.Verdict, c.want, codes(f.Because))
		}
	}
}

// The sum does not stand on a part that is not robust.
func TestNetIsCarriedByItsParts(t *testing.T) {
	ring := effect(athar.AskRing, 1, 0.5, 0.3, 0.8)
	ring.AdjLow, ring.AdjHigh, ring.Avoided = 0.3, 0.8, 40
	in := inside(0.9, 0.5, 1.5)
	in.Avoided = 2
	net := effect(athar.AskNet, 0, 0.6, 0.4, 0.9)
	net.Avoided = 42
	donut := effect(athar.AskRing, 1, 1.1, 0.8, 1.5)
	find := func(donuts [][]athar.Effect) athar.Verdict {
		for _, f := range Findings(Input{Smallest: 1.25, Rings: 1, Headline: []athar.Effect{in, ring, net}, Donuts: donuts}) {
			if f.Question == athar.AskNet {
				return f.Verdict
			}
		}
		return ""
	}
	if v := find(nil); v != athar.Decline {
		t.Errorf("a robust ring: %s", v)
	}
	if v := find([][]athar.Effect{{donut}}); v != athar.NotRobust {
		t.Errorf("a ring that is not robust: %s", v)
	}
}

func TestPreTrendAndDilution(t *testing.T) {
	f := months([]float64{50, 50, 50, 50}, 40)
	f.Placebo = []athar.Effect{inside(0.7, 0.5, 0.9)}
	if g := guard(t, f, "pre-trend"); g.Status != athar.Fired {
		t.Errorf("a placebo effect before the campaign: %v", g)
	}
	f.Placebo = []athar.Effect{inside(0.9, 0.5, 1.5)}
	if g := guard(t, f, "pre-trend"); g.Status != athar.Quiet {
		t.Errorf("no placebo effect: %v", g)
	}
	last := f.Periods[len(f.Periods)-1]
	f.Start, f.End = athar.Span{First: last.First, Last: last.First}, athar.Span{First: last.First + 4, Last: last.First + 4}
	if g := guard(t, f, "diluted"); g.Status != athar.Fired || g.Says.Args["on"] != 5 {
		t.Errorf("five of thirty days: %v", g)
	}
	f.End = athar.Span{First: last.Last, Last: last.Last}
	if g := guard(t, f, "diluted"); g.Status != athar.Quiet {
		t.Errorf("the whole month: %v", g)
	}
}

// A source that becomes coarser as the campaign runs takes events out of the
// districts.
func TestPrecisionShift(t *testing.T) {
	f := months([]float64{50, 50, 50, 50}, 40)
	f.Coarse, f.Placed = 15, 200
	f.PlacedIn = map[athar.Phase]int{athar.Pre: 100, athar.During: 100}
	f.CoarseIn = map[athar.Phase]int{athar.Pre: 5, athar.During: 30}
	if g := guard(t, f, "imprecise"); g.Status != athar.Fired || g.Says.Code != "guard-imprecise-shift" {
		t.Errorf("5%% before, 30%% during: %v", g)
	}
	f.CoarseIn[athar.During] = 8
	if g := guard(t, f, "imprecise"); g.Status != athar.Quiet {
		t.Errorf("5%% before, 8%% during: %v", g)
	}
	f.PlacedIn, f.CoarseIn = map[athar.Phase]int{athar.Pre: 10, athar.During: 10}, map[athar.Phase]int{athar.During: 2}
	if g := guard(t, f, "imprecise"); g.Status != athar.Quiet {
		t.Errorf("two of ten events: %v", g)
	}
}

func TestUnknownActors(t *testing.T) {
	f := months([]float64{50, 50, 50, 50}, 40)
	if g := guard(t, f, "unknown-actors"); g.Status != athar.Blind {
		t.Errorf("nothing known of unknown actors: %v", g)
	}
	f.UnknownInside, f.KnownInside = 20, 240
	f.Bounded = []athar.Effect{inside(0.7, 0.5, 1), inside(0.8, 0.5, 1.2)}
	if g := guard(t, f, "unknown-actors"); g.Status != athar.Quiet {
		t.Errorf("the same side: %v", g)
	}
	f.Bounded[1] = inside(1.2, 0.8, 1.8)
	if g := guard(t, f, "unknown-actors"); g.Status != athar.Fired {
		t.Errorf("the other side: %v", g)
	}
	if v := first(t, Input{Headline: f.Headline, Bounded: f.Bounded}); v.Verdict != athar.NotRobust {
		t.Errorf("a direction that unknown actors turn: %s", v.Verdict)
	}
}

// TestPlacebo: a direction that placebo campaigns reach too is not robust; one
// that they do not reach, and one nobody asked about, keep their word.
func TestPlacebo(t *testing.T) {
	p := func(x float64) *athar.Num { n := athar.Num(x); return &n }
	for _, c := range []struct {
		p      *athar.Num
		min    float64
		high   athar.Num
		word   athar.Verdict
		status athar.Status
	}{
		{nil, .03, .8, athar.Decline, athar.Blind},
		{p(.04), .03, .8, athar.Decline, athar.Quiet},
		{p(.051), .03, .8, athar.NotRobust, athar.Fired},
		{p(.12), .1, .8, athar.Decline, athar.Quiet},
		{p(.21), .1, .8, athar.NotRobust, athar.Fired},
		{p(.9), .03, 1.1, athar.Inconclusive, athar.Quiet},
	} {
		head := []athar.Effect{{Question: athar.AskInside, Phase: athar.During, RR: .6, Low: .4, High: c.high, PlaceboP: c.p}}
		g := placebo(Facts{Headline: head, Randomised: Randomised{Ran: true, Placebos: 30, MinP: c.min}})
		if g.Status != c.status {
			t.Errorf("%v: guard %s, want %s", c, g.Status, c.status)
		}
		f := Findings(Input{Campaign: "c", Smallest: 1.25, Headline: head, PlaceboMin: c.min, Guards: []athar.Guard{g}})
		if f[0].Verdict != c.word {
			t.Errorf("%v: %s, want %s", c, f[0].Verdict, c.word)
		}
	}
}

func TestClaimsAboutGoalsAndSignatures(t *testing.T) {
	goal := func(campaign string, w athar.Verdict, opposed bool) CampaignGoal {
		return CampaignGoal{campaign, athar.GoalReport{ID: "depots", Word: w, Opposed: opposed}}
	}
	for _, c := range []struct {
		expects athar.Verdict
		word    athar.Verdict
		opposed bool
		want    athar.Outcome
	}{
		{athar.Present, athar.Present, false, athar.Supported},
		{athar.Present, athar.NotDetected, false, athar.NotTestable}, // absence of evidence
		{athar.Present, athar.NotDetected, true, athar.Contradicted},
		{athar.Present, athar.Mixed, false, athar.NotTestable},
		{athar.NotDetected, athar.NotDetected, false, athar.NotTestable},
		{athar.NotDetected, athar.NotDetected, true, athar.Supported},
		{athar.NotDetected, athar.Present, false, athar.Contradicted},
		{athar.NotIdentifiable, athar.NotIdentifiable, false, athar.Supported},
		{athar.Present, athar.NotIdentifiable, false, athar.NotTestable},
	} {
		claim := Claim{Question: "goal", About: "depots", Campaign: "a", Expects: []athar.Verdict{c.expects}}
		e := Evidence{Goals: []CampaignGoal{goal("a", c.word, c.opposed), goal("b", athar.Present, false)}}
		if r := Resolve(claim, e); r.Outcome != c.want || len(r.Evidence) != 1 {
			t.Errorf("expects %s, found %s (opposed %t): %s from %v, want %s", c.expects, c.word, c.opposed, r.Outcome, r.Evidence, c.want)
		}
		s := Evidence{Signatures: []PlacedSignature{{"", "iraq", athar.Signature{ID: athar.Decentralised, Word: c.word, Opposed: c.opposed}}}}
		claim = Claim{Question: "adaptation", About: "decentralised", Total: "iraq", Expects: []athar.Verdict{c.expects}}
		if r := Resolve(claim, s); r.Outcome != c.want {
			t.Errorf("signature expects %s, found %s (opposed %t): %s, want %s", c.expects, c.word, c.opposed, r.Outcome, c.want)
		}
	}
	aim := Claim{Question: "goal", About: "depots", Campaign: "all"}
	if r := Resolve(aim, Evidence{Goals: []CampaignGoal{goal("a", athar.Present, false)}}); r.Outcome != athar.NotTestable || len(r.Evidence) != 1 {
		t.Errorf("an aim is %s with evidence %v", r.Outcome, r.Evidence)
	}
}
