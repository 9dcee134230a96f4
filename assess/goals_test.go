package assess

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"athar"
	"athar/adapt/contrast"
	"athar/study"
)

// raids are days of events of two classes in 30 areas: the footprint A10 and
// A11, near ones and far ones. From June 2020 on the class bomb inside comes at
// the factor bombs of its rate, the class shot at the factor shots.
func raids(t *testing.T, bombs, shots float64, seed uint64, goals string) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 3))
	var rows []string
	var areas, km strings.Builder
	areas.WriteString("code,name,country,lon,lat\n")
	km.WriteString("a,b,km\n")
	for i := range 30 {
		fmt.Fprintf(&areas, "A%02d,Area %d,X,%.2f,33\n", i, i, 40+0.2*float64(i))
		for j := i + 1; j < 30 && 20*(j-i-1) <= 150; j++ {
			fmt.Fprintf(&km, "A%02d,A%02d,%d\n", i, j, 20*(j-i-1))
		}
	}
	for i := range 30 {
		for d := day("2019-01-01"); d <= day("2020-12-31"); d++ {
			for k, class := range []string{"bomb", "shot"} {
				rate := 0.2
				if d >= day("2020-06-01") && (i == 10 || i == 11) {
					rate *= []float64{bombs, shots}[k]
				}
				if n := int((distuv.Poisson{Lambda: rate, Src: rng}).Rand()); n > 0 {
					rows = append(rows, fmt.Sprintf("A%02d,%s,%s,%d", i, d, class, n))
				}
			}
		}
	}
	return write(t, t.TempDir(), map[string]string{
		"areas.csv": areas.String(), "km.csv": km.String(), "counts.csv": "area,period,class,count\n" + strings.Join(rows, "\n") + "\n",
		"study.yaml": `study: raids
title: T
group: {name: G}
outcome: O
data: [{name: N, format: counts, file: counts.csv, period: day, columns: {area: area, period: period, class: class, count: count}, coverage: [{from: 2019-01-01, to: 2020-12-31}]}]
areas: {table: areas.csv, columns: {code: code, name_en: name, country: country, lon: lon, lat: lat}, distances: km.csv, distance_columns: {a: a, b: b, km: km}, distances_within: 150}
campaigns:
  - {id: c, name: C, footprint: {areas: [A10, A11]}, start: 2020-06-01, end: 2020-06-30, goals: [g]}
choices: {period: month, pre_months: 17, post_months: 6, draws: 200}
` + goals})
}

// report computes the goals of the first campaign of a study.
func report(t *testing.T, file string, resumption *athar.Indicator) []athar.GoalReport {
	t.Helper()
	s, err := study.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	in, g, _, err := prepare(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	sites, err := in.sites(g)
	if err != nil {
		t.Fatal(err)
	}
	v := g.ForCampaign(sites[0], others(sites, 0), design(s))
	a := answers{seed: s.Choices.Seed, draws: -1, smallest: s.Choices.SmallestEffect, campaign: s.Campaigns[0].ID}
	a.spillover(v)
	done, _ := a.findings(s, s.Campaigns[0], in, v)
	return goals(s, 0, in, g, v, in.pattern(s, v), done, resumption)
}

const bombGoal = `goals:
  - id: g
    name: G
    outputs:
      - {id: arrests, name: A, values: [{campaign: c, n: 31, title: S}]}
      - {id: seizures, name: S, kinds: [seizure]}
    outcomes:
      - {id: bombs, measure: rate, classes: [bomb], lags: true}
      - {id: share, measure: share, classes: [bomb]}
      - {id: near, measure: rate, classes: [bomb], areas: [A11]}
      - {id: complex, measure: complex-days}
      - {id: dead, measure: lethality}
      - {id: none, measure: rate, classes: [mine]}
      - {id: far, measure: activity, areas: [A01]}
      - {id: back, measure: resumption}
`

func TestGoalOutcomesFindWhatFell(t *testing.T) {
	r := report(t, raids(t, 0.2, 1, 2, bombGoal), nil)[0]
	if r.Word != athar.Present || r.Opposed || r.Because[0].Code != "goal-present" {
		t.Errorf("word %s %v %v, want PRESENT", r.Word, r.Opposed, r.Because)
	}
	by := map[string]athar.OutcomeIndicator{}
	for k, o := range []string{"bombs", "share", "near", "complex", "dead", "none", "far", "back"} {
		by[o] = r.Outcomes[k]
	}
	f := by["bombs"].Finding
	if f == nil || f.Verdict != athar.Decline || f.ID != "c/goal/g/bombs/post" || by["bombs"].Reading != athar.Supports {
		t.Fatalf("bombs: %+v", by["bombs"])
	}
	if !(f.Headline.Low < 0.2 && 0.2 < f.Headline.High) {
		t.Errorf("bombs: interval %s to %s misses the truth 0.2", f.Headline.Low, f.Headline.High)
	}
	if x := by["near"].Finding; x == nil || x.Headline.EventsPre >= f.Headline.EventsPre || x.Headline.RR > 0.5 || x.Headline.Areas != 1 {
		t.Errorf("one area of the footprint: %+v", by["near"])
	}
	if x := by["share"].Indicator; x == nil || x.Change > -0.15 || by["share"].Reading != athar.Supports || math.Abs(float64(x.Before)-0.5) > 0.1 {
		t.Errorf("share: %+v", by["share"])
	}
	for o, code := range map[string]string{"dead": "outcome-deaths-unknown", "none": "outcome-class-absent", "far": "outcome-areas-elsewhere", "back": "outcome-no-losses"} {
		if x := by[o]; x.Refusal == nil || x.Refusal.Reason.Code != code || x.Reading != athar.Refused || x.Finding != nil || x.Indicator != nil {
			t.Errorf("%s: got %+v, want refused: %s", o, x, code)
		}
	}
	l := by["bombs"].Lags
	if l == nil || len(l.X) != 7 {
		t.Fatalf("lags: %+v", l)
	}
	for m := range l.X {
		if !(l.Low[m] <= l.Y[m] && l.Y[m] <= l.High[m] && l.Low[m] < 0.2 && 0.2 < l.High[m]) {
			t.Errorf("month %d: %s in %s to %s, truth 0.2", m, l.Y[m], l.Low[m], l.High[m])
		}
	}
	out := r.Outputs
	if len(out[0].Values) != 1 || out[0].Values[0].N != 31 || out[0].Values[0].When != (athar.Span{First: day("2020-06-01"), Last: day("2020-06-30")}) || out[0].Because != nil {
		t.Errorf("output: %+v", out[0])
	}
	if out[1].Events != nil || len(out[1].Because) != 2 || out[1].Because[0].Code != "output-not-in-data" || out[1].Because[1].Code != "output-not-published" {
		t.Errorf("output of kinds that the data do not have: %+v", out[1])
	}
}

// A goal that nothing should support is said to be present in some 5 % of
// studies at most, whatever the number of its outcomes.
func TestGoalLevel(t *testing.T) {
	const n = 40
	present, share := 0, 0
	for seed := range uint64(n) {
		r := report(t, raids(t, 1, 1, 100+seed, `goals:
  - id: g
    name: G
    outcomes: [{id: bombs, measure: rate, classes: [bomb]}, {id: shots, measure: rate, classes: [shot]}]
`), nil)[0]
		if r.Word == athar.Present || r.Word == athar.Mixed {
			present++
		}
		if r.Opposed {
			share++
		}
	}
	// 8 of 40 lie beyond the 99.9 % quantile of B(40, 0.05).
	if present+share >= 8 {
		t.Errorf("a world without an effect: %d of %d present, %d opposed", present, n, share)
	}
}

func TestGoalOpposedAndNotDetected(t *testing.T) {
	one := `goals: [{id: g, name: G, outcomes: [{id: bombs, measure: rate, classes: [bomb]}]}]` + "\n"
	if r := report(t, raids(t, 3, 1, 5, one), nil)[0]; r.Word != athar.NotDetected || !r.Opposed || r.Outcomes[0].Reading != athar.Opposes {
		t.Errorf("bombs rose: %s %v %v", r.Word, r.Opposed, r.Because)
	}
	r := report(t, raids(t, 1, 1, 6, one), nil)[0]
	if r.Word != athar.NotDetected || r.Opposed || len(r.Because) != 2 || r.Because[1].Code != "goal-mde-rate" {
		t.Errorf("nothing moved: %s %v %v", r.Word, r.Opposed, r.Because)
	}
	rise := strings.Replace(one, "classes: [bomb]", "classes: [bomb], predicts: rise", 1)
	if r := report(t, raids(t, 3, 1, 5, rise), nil)[0]; r.Word != athar.Present {
		t.Errorf("bombs rose as predicted: %s %v", r.Word, r.Because)
	}
}

// Rows in another order, and another number of workers, change nothing.
func TestGoalsDoNotDependOnTheOrderOfRows(t *testing.T) {
	file := raids(t, 0.5, 1, 9, bombGoal)
	want, err := json.Marshal(report(t, file, nil))
	if err != nil {
		t.Fatal(err)
	}
	counts := filepath.Join(filepath.Dir(file), "counts.csv")
	b, err := os.ReadFile(counts)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	slices.Reverse(lines[1:])
	if err := os.WriteFile(counts, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(report(t, file, nil))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("rows reversed:\n%s\nbefore:\n%s", got, want)
	}
}

func TestUsualOutcomesSayWhatIsMissing(t *testing.T) {
	file := raids(t, 1, 1, 2, "")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(b), "goals: [g]", "goals: [leadership, corridors, logistics, depots]", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	resilient := &athar.Indicator{Code: "resumption", Reading: athar.Supports, P: 0.001}
	list := report(t, file, resilient)
	var got []string
	for _, r := range list {
		for _, o := range r.Outcomes {
			code := "-"
			if o.Refusal != nil {
				code = o.Refusal.Reason.Code
			}
			got = append(got, r.ID+" "+o.ID+" "+code)
		}
	}
	want := []string{"leadership resumption -", "leadership activity -", "corridors activity outcome-areas-not-declared",
		"logistics complex-days -", "logistics share outcome-no-usual-class", "depots rate outcome-no-usual-class"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	// Activity that comes back opposes the goal of disrupting the leadership.
	if o := list[0].Outcomes[0]; o.Reading != athar.Opposes || !list[0].Opposed || list[0].Word != athar.NotDetected {
		t.Errorf("resilient tempo: %s, %s %v", o.Reading, list[0].Word, list[0].Opposed)
	}
	// All events in the whole footprint are the question inside itself.
	if f := list[0].Outcomes[1].Finding; f == nil || f.ID != "c/inside/post" {
		t.Errorf("activity: %+v", f)
	}
	if list[1].Word != athar.NotIdentifiable || list[1].Because[0].Code != "goal-nothing-measured" {
		t.Errorf("corridors: %s %v", list[1].Word, list[1].Because)
	}
}

func outcomeOf(rr, p float64, word athar.Verdict) athar.OutcomeIndicator {
	return athar.OutcomeIndicator{ID: "rate", Predicts: -1, HolmP: athar.Num(math.NaN()), Finding: &athar.Finding{ID: "c/goal/g/rate/post", Verdict: word,
		Headline: &athar.Effect{RR: athar.Num(rr), P: athar.Num(p), MDELow: 0.5, MDEHigh: 2}}}
}

func TestDecideGoal(t *testing.T) {
	fell, weak := outcomeOf(0.5, 0.001, athar.Decline), outcomeOf(0.5, 0.001, athar.NotRobust)
	rose, flat := outcomeOf(2, 0.001, athar.Escalation), outcomeOf(0.9, 0.6, athar.Inconclusive)
	general := outcomeOf(0.5, 0.001, athar.Decline)
	general.ID, general.Finding.ID = "activity", "c/inside/post"
	late := outcomeOf(0.7, 0.04, athar.Decline) // no longer below .05 beside another
	refused := athar.OutcomeIndicator{ID: "share", Refusal: athar.Refuse("outcome-no-classes"), HolmP: athar.Num(math.NaN())}
	near := athar.OutcomeIndicator{ID: "share", Predicts: -1, Indicator: &athar.Indicator{Change: -0.2, P: 0.001, MDE: 0.1}}
	for _, c := range []struct {
		what    string
		list    []athar.OutcomeIndicator
		word    athar.Verdict
		opposed bool
	}{
		{"one fell", []athar.OutcomeIndicator{fell, flat, refused}, athar.Present, false},
		{"all activity fell, which any goal implies", []athar.OutcomeIndicator{general, flat}, athar.Mixed, false},
		{"and what only this goal implies", []athar.OutcomeIndicator{general, fell}, athar.Present, false},
		{"both ways", []athar.OutcomeIndicator{fell, rose}, athar.Mixed, false},
		{"not robust", []athar.OutcomeIndicator{weak, flat}, athar.Mixed, false},
		{"not robust, and against", []athar.OutcomeIndicator{weak, rose}, athar.Mixed, false},
		{"no far areas", []athar.OutcomeIndicator{near}, athar.Mixed, false},
		{"against", []athar.OutcomeIndicator{rose, flat}, athar.NotDetected, true},
		{"nothing", []athar.OutcomeIndicator{flat}, athar.NotDetected, false},
		{"too many asked", []athar.OutcomeIndicator{late, flat}, athar.NotDetected, false},
		{"alone", []athar.OutcomeIndicator{late}, athar.Present, false},
		{"refused", []athar.OutcomeIndicator{refused}, athar.NotIdentifiable, false},
		{"no outcome", nil, athar.NotIdentifiable, false},
	} {
		r := athar.GoalReport{Outcomes: slices.Clone(c.list)}
		decideGoal(&r)
		if r.Word != c.word || r.Opposed != c.opposed {
			t.Errorf("%s: %s %v, want %s %v", c.what, r.Word, r.Opposed, c.word, c.opposed)
		}
	}
}

func TestIsClass(t *testing.T) {
	for _, c := range []struct {
		want, class string
		is          bool
	}{
		{"ied", "IED", true}, {"183", "1831", true}, {"183", "18", false}, {"Battles", "Battles: Armed clash", true},
		{"armed clash", "Battles: Armed clash", true}, {"Battle", "Battles: Armed clash", false}, {"IED", "SAF", false}, {"IED", "", false},
	} {
		if isClass(c.want, c.class) != c.is {
			t.Errorf("%q asked for, %q: want %v", c.want, c.class, c.is)
		}
	}
}

func TestFeatures(t *testing.T) {
	p := &athar.Pattern{Grain: 1, Before: athar.Span{First: 0, Last: 27}, After: athar.Span{First: 28, Last: 55},
		Areas: []athar.PatternArea{{Code: "a", Role: athar.Inside}, {Code: "b", Role: athar.Inside}}}
	add := func(area int, d athar.Day, class string, deaths int) {
		p.Records = append(p.Records, athar.Record{Area: area, When: athar.Span{First: d, Last: d}, Class: class, N: 1,
			Deaths: athar.Deaths{Best: deaths}, HasDeaths: deaths >= 0})
	}
	// Five area-days, two of them with more than one event; 7 deaths in 7 events
	// whose deaths are known, 3 of 8 events asked for.
	for _, e := range []struct {
		area   int
		d      athar.Day
		class  string
		deaths int
	}{{0, 1, isAsked, 1}, {0, 1, notAsked, 0}, {0, 1, notAsked, 0}, {1, 1, notAsked, 2}, {0, 2, isAsked, 4}, {1, 3, notAsked, 0}, {1, 3, notAsked, -1}, {0, 3, isAsked, 0}} {
		add(e.area, e.d, e.class, e.deaths)
	}
	s := contrast.Split(p)
	x := contrast.Sample{Events: s.Events, Pick: s.Near[0], Span: s.Span[0], Areas: s.NearAreas}
	for _, c := range []struct {
		what string
		of   func(*contrast.Events) contrast.Statistic
		want float64
	}{{"complex-days", complexDays, 2.0 / 5}, {"lethality", lethality, 1}, {"share", share, 3.0 / 8}} {
		f := c.of(s.Events)
		for range 2 { // a second call must not see the first
			if got := f(x); math.Abs(got-c.want) > 1e-12 {
				t.Errorf("%s is %g, want %g", c.what, got, c.want)
			}
		}
		if n := testing.AllocsPerRun(20, func() { f(x) }); n > 0 {
			t.Errorf("%s allocates %g times a call", c.what, n)
		}
	}
	if n := deathsUnknown(p); n != 1 {
		t.Errorf("%d events of unknown deaths, want 1", n)
	}
}

// Events count as an output by kind, in the footprint, while the campaign ran.
func TestOutputEvents(t *testing.T) {
	at := func(area, d string, kind athar.Kind, n int) row {
		return row{area: area, when: athar.Span{First: day(d), Last: day(d)}, kind: kind, n: n}
	}
	in := &inputs{rows: []row{at("a", "2020-06-01", athar.Arrest, 2), at("b", "2020-06-30", athar.Seizure, 1), at("a", "2020-06-02", athar.Attack, 5),
		at("c", "2020-06-02", athar.Arrest, 7), at("a", "2020-07-01", athar.Arrest, 11)}}
	june := athar.Span{First: day("2020-06-01"), Last: day("2020-06-30")}
	c := study.Campaign{ID: "c", Footprint: study.Footprint{Codes: []string{"a", "b"}},
		Start: athar.Span{First: june.First, Last: june.First}, End: athar.Span{First: june.Last, Last: june.Last}}
	o := study.Output{Kinds: []athar.Kind{athar.Arrest, athar.Seizure}, Values: []study.OutputValue{{Campaign: "d", N: 4}}}
	if got := in.output(c, o); got.Events == nil || *got.Events != 3 || len(got.Values) != 0 || len(got.Because) != 1 || got.Because[0].Code != "output-not-published" {
		t.Errorf("got %+v", got)
	}
	o.Kinds = []athar.Kind{athar.Looting}
	if got := in.output(c, o); got.Events != nil {
		t.Errorf("a kind that the data never have was counted: %s", *got.Events)
	}
}

// Months after the end of what the study looks at have no value, and the band
// covers only the months that have one.
func TestLagsEndWithTheData(t *testing.T) {
	goal := `goals: [{id: g, name: G, outcomes: [{id: bombs, measure: rate, classes: [bomb], lags: true}]}]` + "\n"
	file := raids(t, 0.5, 1, 4, goal)
	long := report(t, file, nil)[0].Outcomes[0].Lags
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(b), "post_months: 6", "post_months: 2", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	short := report(t, file, nil)[0].Outcomes[0].Lags
	for m := range short.X {
		if known := !math.IsNaN(float64(short.Y[m])); known != (m <= 2) {
			t.Errorf("month %d: %s", m, short.Y[m])
		}
	}
	if !(short.High[0]/short.Low[0] < long.High[0]/long.Low[0]) {
		t.Errorf("a band over 3 months, %s to %s, is not narrower than one over 7, %s to %s", short.Low[0], short.High[0], long.Low[0], long.High[0])
	}
}
