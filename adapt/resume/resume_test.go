package resume

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"athar"
	"athar/stat"
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func day(s string) athar.Day {
	d, err := athar.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return d
}

// world is a record of weeks with NB counts of variance phi times the mean.
type world struct {
	weeks  int
	rate   float64
	phi    float64
	losses []int // days after the start
	failed []int
	effect func(d int) float64 // by days since a loss; nil: none
	course func(d int) float64 // by days since the start; nil: level
}

func (w world) pattern(r *rand.Rand) *athar.Pattern {
	first := day("2014-01-06")
	last := first + athar.Day(7*w.weeks) - 1
	p := &athar.Pattern{
		Areas:  []athar.PatternArea{{Code: "a", Role: athar.Inside}, {Code: "b", Role: athar.Far}, {Code: "c", Role: athar.LeftOut}},
		Before: athar.Span{First: first, Last: first + 7*athar.Day(w.weeks/2) - 1},
		After:  athar.Span{First: first + 7*athar.Day(w.weeks/2), Last: last},
		Grain:  1,
	}
	p.Start = athar.Span{First: p.After.First, Last: p.After.First}
	for k := range w.weeks {
		z := 1.0 // the week's own intensity, gamma with mean 1
		if w.phi > 1 {
			shape := w.rate / (w.phi - 1)
			z = stat.Gamma(r, shape) / shape
		}
		for d := 7 * k; d < 7*k+7; d++ {
			mean := w.rate / 7 * z
			if w.course != nil {
				mean *= w.course(d)
			}
			if w.effect != nil {
				for _, l := range w.losses {
					if d >= l {
						mean *= w.effect(d - l)
					}
				}
			}
			if n := int(stat.NegBin(r, mean, 1)); n > 0 {
				at := first + athar.Day(d)
				p.Records = append(p.Records, athar.Record{Area: d % 3, When: athar.Span{First: at, Last: at}, N: n})
			}
		}
	}
	add := func(days []int, failed bool) {
		for _, l := range days {
			at := first + athar.Day(l)
			p.Losses = append(p.Losses, athar.Loss{When: athar.Span{First: at, Last: at}, Level: athar.LossTop, Failed: failed})
		}
	}
	add(w.losses, false)
	add(w.failed, true)
	return p
}

// six losses in six years, between 30 and 47 weeks apart.
var six = []int{220, 500, 780, 1050, 1380, 1700}

func halved(d int) float64 {
	if d < 56 {
		return .5
	}
	return 1
}

// The one equation for R is the Poisson regression with a level for every loss.
func TestRatioIsThePoissonRegression(t *testing.T) {
	w := world{weeks: 312, rate: 9, phi: 2, losses: six, effect: halved}
	p := w.pattern(stat.Stream(1, "resume/test", 0))
	p.Calendar = []athar.Dated{{Name: athar.Names{En: "wave"}, When: athar.Span{First: p.Before.First + 600, Last: p.Before.First + 660}},
		{Name: athar.Names{En: "Ramadan"}, When: athar.Span{First: p.Before.First + 850, Last: p.Before.First + 880}}}
	var days []athar.Day
	for _, l := range p.Losses {
		days = append(days, l.When.First)
	}
	s := newSeries(p, days)
	if len(s.shares) != 2 {
		t.Fatalf("%d seasons", len(s.shares))
	}
	k := &stack{s: s}
	k.load(days)
	lnR, v := k.ratio()
	n := Before + Hit
	cols := len(days) + 1
	var x, y, off []float64
	for j, d := range days {
		for i := range n {
			counts, expect := s.calm, s.calmExpect
			if i >= Before {
				counts, expect = s.count, s.expect
			}
			from := d + athar.Day(7*(i-Before))
			if s.sum(expect, from, 7) == 0 {
				continue
			}
			row := make([]float64, cols)
			row[j] = 1
			if i >= Before {
				row[cols-1] = 1
			}
			x = append(x, row...)
			y = append(y, s.sum(counts, from, 7))
			off = append(off, math.Log(s.sum(expect, from, 7)))
		}
	}
	var fit stat.Regression
	if err := fit.Poisson(y, x, off, cols); err != nil {
		t.Fatal(err)
	}
	near(t, "ln R", lnR, fit.Beta[cols-1], 1e-9)
	near(t, "variance", v, fit.Cov[cols*cols-1], 1e-9)
	phi, _ := k.dispersion(days, lnR)
	if phi < fit.Dispersion()-1e-9 {
		t.Errorf("dispersion %v, that of single weeks %v", phi, fit.Dispersion())
	}
}

func TestFindsAPlantedFall(t *testing.T) {
	w := world{weeks: 312, rate: 20, phi: 1.5, losses: six, failed: []int{350, 900, 1250}, effect: halved}
	p := w.pattern(stat.Stream(2, "resume/test", 0))
	r := Analyse(p, Options{Seed: 1})
	if r.Refusal != nil || len(r.Used) != 6 {
		t.Fatalf("%+v", r)
	}
	near(t, "ratio", r.Ratio, (8*.5+1)/9, .07)
	near(t, "lost", r.Lost, 6*8*20*.5, 90)
	if !(r.Low < r.Ratio && r.Ratio < r.High && r.High < 1 && r.P < .001 && r.Placebo.P < .01) {
		t.Errorf("%+v", r)
	}
	near(t, "lost and ratio", r.LostLow/r.Lost, (1-r.High)/(1-r.Ratio), 1e-9)
	near(t, "failed attempts", r.Failed.Ratio, 1, .15)
	if r.Failed.N != 3 || !(r.Failed.RelativeHigh < 1) {
		t.Errorf("%+v", r.Failed)
	}
	if !(r.HalfLow < r.HalfLife && r.HalfLife < r.HalfHigh && r.Floor < r.Level) {
		t.Errorf("half-life %v [%v, %v], %v to %v", r.HalfLife, r.HalfLow, r.HalfHigh, r.Floor, r.Level)
	}
	if !(r.Median >= 8 && r.Median <= 13) {
		t.Errorf("median %v", r.Median)
	}
	i := Indicators(p, 1)[0]
	if i.Reading != athar.Opposes || i.Code != "resumption" || i.Group != athar.GroupTemporal || i.Predicts != 0 || len(i.Curves) != 3 {
		t.Errorf("%+v", i)
	}
	// The whole stack lies in the curve, and the baseline's mean is 1.
	mean := 0.0
	for _, v := range r.Weeks.Ratio[:Before] {
		mean += v / Before
	}
	near(t, "baseline", mean, 1, 1e-9)
	if len(r.Weeks.Week) != 53 || r.Weeks.High[Before+3] > .9 {
		t.Errorf("%v", r.Weeks)
	}
}

// An exponential recovery without noise gives its half-life back.
func TestHalfLife(t *testing.T) {
	y, e := make([]float64, 27), make([]float64, 27)
	for w := range y {
		e[w] = 400
		y[w] = 400 * (.95 - .7*math.Exp2(-(float64(w)+.5)/5))
	}
	r := Result{Phi: 1, DF: 100}
	r.recover(y, e)
	near(t, "half-life", r.HalfLife, 5, .15)
	near(t, "floor", r.Floor, .25, .02)
	near(t, "level", r.Level, .95, .02)
	if !(r.HalfLow > 3.5 && r.HalfLow < 5 && r.HalfHigh > 5 && r.HalfHigh < 7) {
		t.Errorf("[%v, %v]", r.HalfLow, r.HalfHigh)
	}
	for w := range y { // a fall for good has no half-life
		y[w] = 200
	}
	r.recover(y, e)
	if r.HalfLow != 0 || !math.IsInf(r.HalfHigh, 1) {
		t.Errorf("for good: [%v, %v]", r.HalfLow, r.HalfHigh)
	}
}

// Kaplan and Meier by hand: of five, one back in week 4, two in week 6, one seen
// until week 10 only, one back in week 12.
func TestSurvival(t *testing.T) {
	r := Result{Median: math.NaN(), Used: []Case{{Regained: 6}, {Regained: 4}, {Regained: 10, Censored: true}, {Regained: 6}, {Regained: 12}}}
	r.survive()
	at := func(w float64) float64 { return r.Km.Share[slices.Index(r.Km.Week, w)] }
	near(t, "4", at(4), .8, 1e-12)
	near(t, "5", at(5), .8, 1e-12)
	near(t, "6", at(6), .4, 1e-12)
	near(t, "11", at(11), .4, 1e-12)
	near(t, "12", at(12), 0, 1e-12)
	near(t, "median", r.Median, 6, 0)
	// Greenwood at week 4: var S = S^2 (1/(5 4)); ln(-ln) scale.
	s := .8
	e := 1.959963984540054 * math.Sqrt(1./20) / math.Abs(math.Log(s))
	near(t, "low", r.Km.Low[0], math.Exp(-math.Exp(math.Log(-math.Log(s))+e)), 1e-9)
}

func TestWhichLossesCount(t *testing.T) {
	w := world{weeks: 312, rate: 20, phi: 1, losses: []int{100, 300, 301, 600, 650, 900, 1200, 1600, 2150}}
	p := w.pattern(stat.Stream(3, "resume/test", 0))
	p.Losses[5].When.Last += 20 // somewhere within three weeks
	p.Losses[2].Level = athar.LossLocal
	r := Analyse(p, Options{Seed: 1})
	first := p.Before.First
	var used []athar.Day
	for _, c := range r.Used {
		used = append(used, c.Day-first)
	}
	if !slices.Equal(used, []athar.Day{300, 1200, 1600}) || r.Used[0].Reported != 2 || r.Used[0].Level != athar.LossTop {
		t.Errorf("used %v %+v", used, r.Used)
	}
	var codes []string
	for _, n := range r.Excluded {
		codes = append(codes, n.Code)
	}
	want := []string{"resumption-left-window", "resumption-left-near", "resumption-left-near", "resumption-left-vague", "resumption-left-window"}
	if !slices.Equal(codes, want) {
		t.Errorf("%v", codes)
	}
}

func TestFewLossesAreACase(t *testing.T) {
	w := world{weeks: 312, rate: 20, phi: 1, losses: []int{500, 1200}, effect: halved}
	i := Indicators(w.pattern(stat.Stream(4, "resume/test", 0)), 1)[0]
	said := slices.ContainsFunc(i.Warnings, func(n athar.Note) bool { return n.Code == "resumption-case" })
	if i.Reading != athar.Neither || !said || !(i.High < 1) {
		t.Errorf("%+v", i)
	}
}

func TestDegenerate(t *testing.T) {
	w := world{weeks: 312, rate: 20, phi: 1, losses: six}
	p := w.pattern(stat.Stream(5, "resume/test", 0))
	code := func(what string, p athar.Pattern, want string) {
		t.Helper()
		i := Indicators(&p, 1)[0]
		got := ""
		if i.Refusal != nil {
			got = i.Refusal.Reason.Code
		}
		if got != want || (got != "") != (i.Reading == athar.Refused) {
			t.Errorf("%s: %q, want %q; reads %v", what, got, want, i.Reading)
		}
		if _, err := json.Marshal(i); err != nil {
			t.Error(err)
		}
	}
	code("nothing", athar.Pattern{Grain: 1}, "resumption-no-losses")
	q := *p
	q.Grain = 30
	code("months", q, "resumption-grain")
	q = *p
	q.Losses = nil
	code("no losses", q, "resumption-no-losses")
	q = *p
	q.Records = nil
	code("no records", q, "resumption-none-usable")
	q = *p
	q.Records = nil
	for _, r := range p.Records {
		ok := true
		for _, l := range p.Losses {
			ok = ok && (r.When.First < l.When.First || r.When.First >= l.When.First+100)
		}
		if ok {
			q.Records = append(q.Records, r)
		}
	}
	code("nothing after losses", q, "")
	if i := Indicators(&q, 1)[0]; i.Reading != athar.Opposes || i.After != 0 || !(i.High < .1 && i.Low > 0) {
		t.Errorf("nothing after losses: %+v", i)
	}
	q = *p
	q.Records = p.Records[:1]
	q.Before.Last = q.Before.First
	q.After = athar.Span{First: q.Before.First + 1, Last: q.Before.First + 1}
	code("two days", q, "resumption-none-usable")
	q = *p
	q.Before = athar.Span{First: 0, Last: -1} // no time before: the days since 1970 are not quiet ones
	q.After.First = p.Losses[0].When.First - 20
	if r := Analyse(&q, Options{}); len(r.Used) != 5 || len(r.Excluded) != 1 || r.Excluded[0].Code != "resumption-left-window" {
		t.Errorf("no time before: %+v", r)
	}
	q = *p
	q.Before, q.After = athar.Span{First: 0, Last: -1}, athar.Span{First: 0, Last: -1}
	code("no time", q, "resumption-none-usable")
}

func TestOrderAndTimeDoNotShow(t *testing.T) {
	w := world{weeks: 312, rate: 10, phi: 2, losses: six, failed: []int{350}, effect: halved}
	p := w.pattern(stat.Stream(6, "resume/test", 0))
	p.Calendar = []athar.Dated{{Name: athar.Names{En: "Ramadan"}, When: athar.Span{First: p.Before.First + 600, Last: p.Before.First + 629}},
		{Name: athar.Names{En: "Ramadan"}, When: athar.Span{First: p.Before.First + 954, Last: p.Before.First + 983}}}
	out := func() string {
		b, err := json.Marshal(Indicators(p, 7))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	want := out()
	slices.Reverse(p.Records)
	slices.Reverse(p.Losses)
	slices.Reverse(p.Calendar)
	if out() != want {
		t.Error("the order of the rows shows")
	}
	if again := Indicators(p, 8); again[0].Change != Indicators(p, 7)[0].Change {
		t.Error("the seed changes the estimate")
	}
}

// A season with three times the activity right after two losses hides no fall
// and makes no rise.
func TestSeasonIsTakenOut(t *testing.T) {
	in := func(d int) bool {
		return d >= 500 && d < 530 || d >= 1050 && d < 1080 || d >= 900 && d < 930 || d >= 1900 && d < 1930
	}
	w := world{weeks: 312, rate: 20, phi: 1, losses: six, course: func(d int) float64 {
		if in(d) {
			return 3
		}
		return 1
	}}
	p := w.pattern(stat.Stream(9, "resume/test", 0))
	without := Analyse(p, Options{Seed: 1})
	for _, d := range []athar.Day{500, 900, 1050, 1900} {
		p.Calendar = append(p.Calendar, athar.Dated{Name: athar.Names{En: "wave"}, When: athar.Span{First: p.Before.First + d, Last: p.Before.First + d + 29}})
	}
	with := Analyse(p, Options{Seed: 1})
	near(t, "with the season", with.Ratio, 1, .1)
	if !(without.Ratio > 1.2 && with.Low < 1 && with.High > 1) {
		t.Errorf("without %v, with [%v, %v]", without.Ratio, with.Low, with.High)
	}
}

// simulate is how often a world's resumption reads as disrupted and as resilient, and how
// often the interval covers the truth.
func simulate(w world, runs int, truth float64, name string) (opposes, supports, covers, low float64) {
	for i := range runs {
		p := w.pattern(stat.Stream(11, name, i))
		x := Indicators(p, uint64(i))[0]
		switch x.Reading {
		case athar.Opposes:
			opposes++
		case athar.Supports:
			supports++
		}
		if float64(x.Low) <= truth && truth <= float64(x.High) {
			covers++
		}
		for _, n := range x.Warnings {
			if n.Code == "resumption-placebo" && n.Args["p"].(athar.Num) < .05 {
				low++
			}
		}
	}
	n := float64(runs)
	return opposes / n, supports / n, covers / n, low / n
}

// Nothing happens after losses: with weeks that vary three times as much as
// chance, "disrupted" in at most 5%, placebo p below .05 in at most 5% too. With
// half of the activity gone for eight weeks it must be found.
func TestLevelAndPower(t *testing.T) {
	const runs = 250
	slow := func(d int) float64 { return math.Exp(.35 * math.Sin(2*math.Pi*float64(d)/600)) }
	for _, c := range []struct {
		name  string
		w     world
		truth float64
	}{
		{"resume/null-1", world{weeks: 312, rate: 20, phi: 1, losses: six}, 1},
		{"resume/null-3", world{weeks: 312, rate: 20, phi: 3, losses: six}, 1},
		{"resume/null-slow", world{weeks: 312, rate: 20, phi: 2, losses: six, course: slow}, math.NaN()},
	} {
		o, s, cover, low := simulate(c.w, runs, c.truth, c.name)
		t.Logf("%s: disrupted %.3f, resilient %.3f, coverage %.3f, placebo p < .05 %.3f", c.name, o, s, cover, low)
		if o > .05 || low > .085 {
			t.Errorf("%s: disrupted %v, placebo %v", c.name, o, low)
		}
		if !math.IsNaN(c.truth) && cover < .92 {
			t.Errorf("%s: coverage %v", c.name, cover)
		}
	}
	truth := (8*.5 + 1) / 9.
	for _, phi := range []float64{1, 3} {
		o, s, cover, _ := simulate(world{weeks: 312, rate: 20, phi: phi, losses: six, effect: halved}, 60, truth, "resume/power")
		t.Logf("half for eight weeks, phi %v: disrupted %.3f, resilient %.3f, coverage %.3f", phi, o, s, cover)
		if o < .9 || s > 0 || cover < .85 {
			t.Errorf("phi %v: found in %v, resilient %v, coverage %v", phi, o, s, cover)
		}
	}
}

// Where losses are reported after surges, as they are when forces press, activity
// falls back by itself. The dates matched on their course must see through it.
func TestLossesAfterSurges(t *testing.T) {
	const runs = 150
	disrupted, raw := 0, 0
	for i := range runs {
		w := world{weeks: 312, rate: 20, phi: 3}
		p := w.pattern(stat.Stream(13, "resume/surge", i))
		s := newSeries(p, nil)
		buf := make([]float64, Before)
		var days []athar.Day
		for len(days) < 5 {
			best, z := athar.Day(0), math.Inf(-1)
			for d := s.span.First + 7*Before; s.covers(d); d += 7 {
				v := s.trend(d, buf)
				if v > z && !slices.ContainsFunc(days, func(l athar.Day) bool { return distance(l, d) < 7*30 }) {
					best, z = d, v
				}
			}
			days = append(days, best)
			p.Losses = append(p.Losses, athar.Loss{When: athar.Span{First: best, Last: best}})
		}
		x := Indicators(p, uint64(i))[0]
		if x.High < 1 {
			raw++
		}
		if x.Reading == athar.Opposes {
			disrupted++
		}
	}
	t.Logf("after surges: interval below 1 in %.3f, disrupted %.3f", float64(raw)/runs, float64(disrupted)/runs)
	if disrupted > 8 {
		t.Errorf("disrupted in %d of %d", disrupted, runs)
	}
}

// What can be found in thin records; logged, for the documentation.
func TestPowerInThinRecords(t *testing.T) {
	if testing.Short() {
		t.Skip("a table of power")
	}
	for _, c := range []struct {
		n    int
		rate float64
	}{{3, 20}, {6, 5}, {3, 5}} {
		w := world{weeks: 312, rate: c.rate, phi: 1.5, losses: six[:c.n], effect: halved}
		o, s, _, _ := simulate(w, 60, 1, "resume/thin")
		t.Logf("%d losses at %v a week: disrupted %.2f, resilient %.2f", c.n, c.rate, o, s)
		if s > .1 {
			t.Errorf("a halving reads as resilient in %v", s)
		}
	}
}

func BenchmarkAnalyse(b *testing.B) {
	w := world{weeks: 312, rate: 20, phi: 2, losses: six, effect: halved}
	p := w.pattern(stat.Stream(1, "resume/bench", 0))
	b.ReportAllocs()
	for b.Loop() {
		Analyse(p, Options{Seed: 1})
	}
}
