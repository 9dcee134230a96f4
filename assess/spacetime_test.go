package assess

import (
	"bytes"
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
	"athar/effect/stochint"
)

// operationWorld writes a study of single events over six by six cells of a grid for
// days days: events in bursts, operations that follow nothing, and more more events than
// usual within 7 days and 10 km of every treated one. A cell in the middle had a
// campaign in the last third. Rows are in random order for another seed than 0.
func operationWorld(t *testing.T, days int, more float64, shuffle uint64) string {
	t.Helper()
	r := rand.New(rand.NewPCG(11, 12))
	first := athar.Date(2019, 1, 1)
	var events, ops []string
	at := func(list *[]string, day int, lon, lat float64, class string) {
		if day < days {
			*list = append(*list, fmt.Sprintf("%s,%.4f,%.4f,%s\n", first+athar.Day(day), lon, lat, class))
		}
	}
	place := func() (lon, lat float64) { return 42.1 + 2.8*r.Float64(), 32.1 + 2.8*r.Float64() }
	for day := range days {
		for range int(distuv.Poisson{Lambda: 6, Src: r}.Rand()) {
			lon, lat := place()
			at(&events, day, lon, lat, "attack")
		}
		for range int(distuv.Poisson{Lambda: 1.2, Src: r}.Rand()) {
			lon, lat := place()
			class := "show"
			if r.IntN(2) == 0 {
				class = "strike"
				for range int(distuv.Poisson{Lambda: more, Src: r}.Rand()) {
					at(&events, day+1+r.IntN(6), lon+.04*(r.Float64()-.5), lat+.04*(r.Float64()-.5), "attack")
				}
			}
			at(&ops, day, lon, lat, class)
		}
	}
	// Rows that cannot serve, each for one reason.
	events = append(events, "2019-02,43,33,attack\n", "2019-02-03,,,attack\n", "2019-02-03,50,33,attack\n")
	ops = append(ops, "2019-02,43,33,show\n", "2019-02-03,50,33,strike\n", "2018-12-30,43.2,33.2,strike\n")
	if shuffle != 0 {
		q := rand.New(rand.NewPCG(shuffle, 1))
		for _, list := range [][]string{events, ops} {
			q.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		}
	}
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("events.csv", "day,lon,lat,type\n"+strings.Join(events, ""))
	write("ops.csv", "day,lon,lat,type\n"+strings.Join(ops, ""))
	last := first + athar.Day(days-1)
	start, end := first+athar.Day(2*days/3), first+athar.Day(5*days/6)
	write("study.yaml", fmt.Sprintf(`study: points
title: Points
group: {name: G}
outcome: attacks
data:
  - {name: Events, file: events.csv, format: table, columns: &c {date: day, lon: lon, lat: lat, class: type}, coverage: [{from: %s, to: %s}], licence: made up, citation: made up}
areas:
  grid: prio
  box: {west: 42, south: 32, east: 45, north: 35}
operations:
  treated: {name: {en: strikes, ar: ضربات}, classes: [strike]}
  control: {name: {en: shows, ar: استعراضات}, classes: [show]}
  places: [{name: {en: Town, ar: بلدة}, lon: 43.5, lat: 33.5}]
  data:
    - {name: Operations, file: ops.csv, format: table, columns: *c, coverage: [{from: 2018-12, to: %s}], licence: made up, citation: made up}
campaigns:
  - {id: c, name: C, footprint: {areas: ["177567"]}, start: %s, end: %s}
choices: {period: month, pre_months: 12, post_months: 3, rings: [50, 100], far: study, draws: 100, imputations: 0}
`, first, last, last, start, end))
	return filepath.Join(dir, "study.yaml")
}

func TestOperationsOfAStudy(t *testing.T) {
	if testing.Short() {
		t.Skip("whole runs of a study")
	}
	r := mustRun(t, operationWorld(t, 500, 3, 0))
	s := r.SpaceTime
	if s == nil || s.Operations == nil || s.Refusal != nil {
		t.Fatalf("%+v", s)
	}
	reasons := func(list []athar.ReasonCount) string {
		var out []string
		for _, x := range list {
			out = append(out, fmt.Sprintf("%s %d", x.Reason, x.N))
		}
		return strings.Join(out, ", ")
	}
	if got := reasons(s.Dropped); got != "coarse-day 1, no-area 1, no-point 1" {
		t.Errorf("events dropped: %s", got)
	}
	if got := reasons(s.Operations.Dropped); got != "coarse-day 1, events-not-recorded 1, no-area 1" {
		t.Errorf("operations dropped: %s", got)
	}
	if len(s.Operations.Stretches) != 1 {
		t.Fatalf("%d stretches", len(s.Operations.Stretches))
	}
	x := s.Operations.Stretches[0]
	if x.Events != s.Events || x.When.Days() != 500 || x.Treated+x.Control < 500 {
		t.Errorf("%d events of %d, %d days, %d + %d operations", x.Events, s.Events, x.When.Days(), x.Treated, x.Control)
	}
	k := slices.IndexFunc(x.Wakes.Rows, func(w athar.Wake) bool { return w.Days == 7 && w.Km == 10 })
	if w := x.Wakes.Rows[k]; !(w.Low < 3 && 3 < w.High) || !(w.AdjLow > 0) || x.Wakes.Draws != 100 {
		t.Errorf("three events more: %+v", w)
	}
	// Operations here follow nothing but chance, so that the weights are worth
	// something: the effect lasts 1 to 6 days, of which the next day has a sixth.
	c := x.Frequency.Contrasts[0]
	if c.Refusal != nil || c.Effective[0] < 30 || len(c.Rings) < 3 {
		t.Fatalf("%+v", c)
	}
	if m := x.Frequency.Residuals; m == nil || !(m.Days > .05 && m.Serial > .05 && m.Places > .05) {
		t.Errorf("operations at random are not described: %+v", m)
	}
	if len(c.Balance) != len(x.Frequency.Covariates) || c.Balance[0].Covariate != "distance" || c.Unbalanced == nil || !(*c.Unbalanced < .25) {
		t.Errorf("operations that follow chance are not balanced: %+v, %v", c.Balance, c.Unbalanced)
	}
	for _, c := range x.Frequency.Contrasts {
		if c.Refusal != nil && (c.Balance != nil || c.Unbalanced != nil) {
			t.Errorf("a refused contrast with a balance: %+v", c)
		}
	}
	whole := c.Rings[len(c.Rings)-1]
	if want := float64(c.To-c.From) * 3 / 6; !whole.Whole || math.Abs(float64(whole.Diff)-want) > 3*float64(whole.High-whole.Diff)/1.96 {
		t.Errorf("difference %v (%v to %v), truth %.2f", whole.Diff, whole.Low, whole.High, want)
	}
	f := r.Campaigns[0].SpaceTime.Followers
	if f == nil || f.Before.Days == 0 || f.Before.Days > 365 {
		t.Errorf("followers: %+v", f)
	}
	for _, code := range []string{"wake", "stochint", "followers"} {
		if !slices.ContainsFunc(r.Methods, func(m athar.MethodInfo) bool { return m.Method == code }) {
			t.Errorf("%s is not among the methods", code)
		}
	}
}

// The order of rows does not matter to a byte, operations included.
func TestOperationsInAnyOrder(t *testing.T) {
	if testing.Short() {
		t.Skip("whole runs of a study")
	}
	var want []byte
	for _, seed := range []uint64{0, 5} {
		r := mustRun(t, operationWorld(t, 230, 1, seed))
		for i := range r.Data { // the hash is that of the file, whose rows are in another order
			r.Data[i].SHA256 = ""
		}
		r.Manifest.Inputs = nil
		got, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		} else if !bytes.Equal(got, want) {
			t.Error("another order of rows gives another report")
		}
	}
}

// A study of counts says once that there are no single events.
func TestCountsHaveNoSpaceTime(t *testing.T) {
	r := mustRun(t, world(t, 1, 1, ""))
	if s := r.SpaceTime; s == nil || s.Refusal == nil || s.Refusal.Reason.Code != "spacetime-no-points" || s.Refusal.Remedy == nil || len(s.Dropped) != 1 || s.Dropped[0].Reason != "counted" {
		t.Errorf("%+v", s)
	}
}

func TestCheckSaysWhatOperationsThereAre(t *testing.T) {
	file := operationWorld(t, 100, 0, 0)
	lines, err := Check(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(lines, "\n")
	for _, want := range []string{"single events with a day and a place", "operations (strikes, compared with shows)", "1 left out: events-not-recorded", "2019-01-01 to 2019-04-10: "} {
		if !strings.Contains(text, want) {
			t.Errorf("check does not say %q:\n%s", want, text)
		}
	}
	os.Remove(filepath.Join(filepath.Dir(file), "ops.csv"))
	if _, err := Check(context.Background(), file); err == nil || !strings.Contains(err.Error(), "the study cites it as: made up") || !strings.Contains(err.Error(), ":15:") {
		t.Errorf("a missing file of operations: %v", err)
	}
}

// A coefficient that could not be had is no part of the largest, and a refused contrast
// has none at all.
func TestBalanceOfAContrast(t *testing.T) {
	a := &stochint.Answer{Balance: []stochint.Balance{{Name: "x", After: [2]float64{math.NaN(), -.4}}, {Name: "y", After: [2]float64{.1, .2}}}}
	o := stochint.Options{From: 1, To: 2, Days: 1}
	if c := frequencyContrast(a, o, 300); len(c.Balance) != 2 || c.Unbalanced == nil || *c.Unbalanced != .4 {
		t.Errorf("%+v, %v", c.Balance, c.Unbalanced)
	}
	a.Refusal = athar.Refuse("stochint-before")
	if c := frequencyContrast(a, o, 300); c.Balance != nil || c.Unbalanced != nil {
		t.Errorf("refused: %+v, %v", c.Balance, c.Unbalanced)
	}
}

func TestSharedSpans(t *testing.T) {
	span := func(a, b athar.Day) athar.Span { return athar.Span{First: a, Last: b} }
	got := shared([]athar.Span{span(20, 30), span(0, 9), span(10, 12)}, []athar.Span{span(5, 25), span(29, 40)})
	if want := []athar.Span{span(5, 12), span(20, 25), span(29, 30)}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
