package hawkes

import (
	"math"
	"slices"
	"testing"

	"athar"
	"athar/effect/its"
	"athar/stat"
)

// world is a study's series: 730 days before, 180 in the campaign and 180
// after, with a share step of what starts by itself and follow of the followers in
// the campaign.
func world(seed, rep int, alpha, step, follow float64) Series {
	const pre, phase = 730, 180
	n := pre + 2*phase
	s := Series{First: athar.Day(Lags), Count: make([]float64, n), Phase: make([]athar.Phase, n), Grain: 1, Areas: 1}
	o := Options{X: make([]float64, Lags+n), P: 1, Follow: make([]float64, Lags+n)}
	for t := range n {
		switch {
		case t < pre:
			s.Phase[t] = athar.Pre
		case t < pre+phase:
			s.Phase[t] = athar.During
			o.X[Lags+t], o.Follow[Lags+t] = 1, 1
		default:
			s.Phase[t] = athar.Post
		}
	}
	p := Params{Mu: 1.5 * (1 - alpha), Beta: []float64{math.Log(step)}, Alpha: alpha, Decay: .2, Change: math.Log(follow), Theta: 5}
	y, err := SimulateDaily(stat.Stream(uint64(seed), "hawkes/study", rep), Lags+n, p, o)
	if err != nil {
		panic(err)
	}
	copy(s.Count, y[Lags:])
	return s
}

// months is the same series as an interrupted one of 30 days a period.
func months(s Series) its.Series {
	var m its.Series
	for t := 0; t+30 <= len(s.Count); t += 30 {
		n := 0.0
		for _, v := range s.Count[t : t+30] {
			n += v
		}
		span := athar.Span{First: s.First + athar.Day(t), Last: s.First + athar.Day(t) + 29}
		m.Periods = append(m.Periods, athar.Period{Span: span, Phase: s.Phase[t], Days: 30})
		m.Count = append(m.Count, n)
	}
	return m
}

func pick(list []athar.Effect, spec string, ph athar.Phase) athar.Effect {
	i := slices.IndexFunc(list, func(e athar.Effect) bool { return e.Spec == spec && e.Phase == ph })
	return list[i]
}

// S12: six of ten events follow another, and the campaign takes from what starts by
// itself, or nothing, or from the followers too. The ratio must hold its size and
// its interval, and be the one that an interrupted series looks for.
func TestStudyWorlds(t *testing.T) {
	if testing.Short() {
		t.Skip("ten fits a record")
	}
	for _, w := range []struct {
		name                string
		alpha, step, follow float64
		seed                int
	}{
		{"no change", .6, 1, 1, 31},
		{"no change, no followers", 0, 1, 1, 32},
		{"40% fewer start", .6, .6, 1, 33},
		{"40% fewer start, half the followers", .6, .6, .5, 34},
		{"half the followers", .6, 1, .5, 35},
	} {
		var ln, hold, found, post, total, totalHold, totalFound, start, k, refused, refusedTotal, series, seriesHold, seriesFound mean
		long := w.step * (1 - w.alpha) / (1 - w.alpha*w.follow)
		for rep := range reps(1) {
			s := world(w.seed, rep, w.alpha, w.step, w.follow)
			all := Answer(s, Question{})
			e := pick(all, Background, athar.During)
			refused.hit(e.Refusal != nil)
			if e.Refusal == nil {
				ln.add(math.Log(float64(e.RR)))
				hold.hit(float64(e.Low) <= long && long <= float64(e.High))
				found.hit(e.P < .05)
				post.hit(pick(all, Background, athar.Post).P < .05)
			}
			e = pick(all, Followers, athar.During)
			refusedTotal.hit(e.Refusal != nil)
			if e.Refusal == nil {
				total.add(math.Log(float64(e.RR)))
				totalHold.hit(float64(e.Low) <= long && long <= float64(e.High))
				totalFound.hit(e.P < .05)
				for _, n := range e.Warnings {
					inside := func(v float64) bool {
						return float64(n.Args["low"].(athar.Num)) <= v && v <= float64(n.Args["high"].(athar.Num))
					}
					switch n.Code {
					case "hawkes-spontaneous":
						start.hit(inside(w.step))
					case "hawkes-change":
						k.hit(inside(w.follow))
					}
				}
			}
			for _, e := range its.Estimate(months(s), its.Options{Draws: -1}).Effects {
				if e.Phase == athar.During && e.Refusal == nil {
					series.add(math.Log(float64(e.RR)))
					seriesHold.hit(float64(e.Low) <= long && long <= float64(e.High))
					seriesFound.hit(e.P < .05)
				}
			}
		}
		t.Logf("%s: ln ratio of means %.3f | background %.3f sd %.3f holds %.3f found %.3f, aftermath %.3f, refused %.3f | followers %.3f sd %.3f holds %.3f found %.3f, start holds %.3f, k holds %.3f, refused %.3f | its %.3f sd %.3f holds %.3f found %.3f",
			w.name, math.Log(long), ln.mean(), ln.sd(), hold.mean(), found.mean(), post.mean(), refused.mean(),
			total.mean(), total.sd(), totalHold.mean(), totalFound.mean(), start.mean(), k.mean(), refusedTotal.mean(), series.mean(), series.sd(), seriesHold.mean(), seriesFound.mean())
		if slack := 3 * math.Sqrt(.95*.05/hold.n); hold.n >= 100 && w.follow == 1 && math.Abs(hold.mean()-.95) > slack+.015 {
			t.Errorf("%s: the interval holds in %v", w.name, hold.mean())
		}
		if hold.n >= 100 && math.Abs(ln.mean()-math.Log(long)) > 4*ln.se()+.05 {
			t.Errorf("%s: ln ratio %v on average, want %v", w.name, ln.mean(), math.Log(long))
		}
	}
}

// An answer refuses with its reason, and every effect carries what was left out.
func TestStudyRefusals(t *testing.T) {
	fresh := func() Series {
		s := world(36, 0, .5, .7, 1)
		s.Count, s.Phase = s.Count[500:], s.Phase[500:] // 230 days before: no trend, no season
		return s
	}
	code := func(s Series) string {
		list := Answer(s, Question{Campaign: "c"})
		for _, e := range list {
			if e.Refusal == nil || e.Refusal.Reason.Code != list[0].Refusal.Reason.Code {
				return ""
			}
		}
		if len(list) == 0 {
			return "none"
		}
		return list[0].Refusal.Reason.Code
	}
	coarse := fresh()
	coarse.Grain = 7
	undated := fresh()
	undated.Undated = [2]int{600, 0}
	few := fresh()
	for i := range few.Count {
		few.Count[i] = max(0, 1-float64(i%30))
	}
	late := fresh()
	clear(late.Count[:230])
	short := fresh()
	for i := range 200 {
		short.Phase[i] = ""
	}
	short.Count, short.Phase = short.Count[:235], short.Phase[:235]
	for _, c := range []struct {
		s    Series
		want string
	}{{coarse, "hawkes-coarse"}, {undated, "hawkes-undated"}, {few, "hawkes-few-events"}, {late, "hawkes-few-before"}, {short, "hawkes-few-days"}} {
		if got := code(c.s); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if n := len(Answer(Series{}, Question{})); n != 0 {
		t.Errorf("%d effects of no days", n)
	}

	quiet := fresh()
	clear(quiet.Count[410:])
	list := Answer(quiet, Question{})
	during, after := pick(list, Background, athar.During), pick(list, Background, athar.Post)
	if during.Refusal != nil || after.Refusal == nil || after.Refusal.Reason.Code != "hawkes-few-in-phase" {
		t.Errorf("an empty aftermath: %v, %v", during.Refusal, after.Refusal)
	}
	if before := pick(Answer(fresh(), Question{}), Background, athar.During); math.Abs(float64(before.RR-during.RR)) > .25 {
		t.Errorf("an empty aftermath moves the campaign's ratio from %v to %v", before.RR, during.RR)
	}

	gap := fresh()
	for i := 100; i < 110; i++ {
		gap.Phase[i], gap.Count[i] = "", 0
	}
	e := pick(Answer(gap, Question{}), Background, athar.During)
	if i := slices.IndexFunc(e.Warnings, func(n athar.Note) bool { return n.Code == "hawkes-gap" }); i < 0 || e.Warnings[i].Args["days"] != 100 {
		t.Errorf("a gap is not told: %v", e.Warnings)
	}
}

// Days sorts a panel's daily record into days and counts what has no day.
func TestDays(t *testing.T) {
	span := func(from, to athar.Day) athar.Span { return athar.Span{First: from, Last: to} }
	p := &athar.Panel{Areas: []athar.PanelArea{{Role: athar.Inside}, {Role: athar.Far}},
		Periods: []athar.Period{{Span: span(10, 19), Phase: athar.Pre, Days: 10}, {Span: span(20, 24), Phase: athar.During, Days: 5}, {Span: span(25, 29), Phase: athar.Post}},
		Daily: &athar.Daily{Grain: 1, Fast: func(d athar.Day) bool { return d >= 12 && d <= 90 }, Rows: []athar.DatedCount{
			{Area: 0, When: span(12, 12), N: 3}, {Area: 0, When: span(14, 18), N: 3}, {Area: 0, When: span(21, 22), N: 4}, {Area: 0, When: span(99, 99), N: 1},
			{Area: 1, When: span(12, 12), N: 5}}}}
	s := Days(p, func(i int) bool { return p.Areas[i].Role == athar.Inside })
	if s.First != 10 || len(s.Count) != 20 || s.Count[2] != 3 || s.Areas != 1 || s.Undated != [2]int{3, 4} ||
		s.Phase[9] != athar.Pre || s.Phase[10] != athar.During || s.Phase[15] != "" || s.Ramadan[1] != 0 || s.Ramadan[2] != 1 {
		t.Errorf("%+v", s)
	}
	if s := Days(&athar.Panel{Periods: p.Periods}, nil); len(s.Count) != 0 {
		t.Error("a panel without days has days")
	}
}

// Ratios are the answer's own, and a phase with few events has none.
func TestRatios(t *testing.T) {
	s := world(31, 0, .3, .6, 1)
	list := Answer(s, Question{Spec: Background})
	during, post := Ratios(s)
	for ph, x := range map[athar.Phase]float64{athar.During: during, athar.Post: post} {
		if e := pick(list, Background, ph); e.Refusal != nil || math.Abs(math.Log(float64(e.RR))-x) > 1e-9 {
			t.Errorf("%s: %v, the answer says %v (%v)", ph, x, math.Log(float64(e.RR)), e.Refusal)
		}
	}
	for i, e := range list {
		if e.Spec != Background {
			t.Errorf("%d: %s was not asked", i, e.Spec)
		}
	}
	for d, ph := range s.Phase {
		if ph == athar.Post {
			s.Count[d] = 0
		}
	}
	if during, post := Ratios(s); math.IsNaN(during) || !math.IsNaN(post) {
		t.Errorf("no events after: %v, %v", during, post)
	}
}

// Followers are told from series without them; waves that the model's background lacks pass
// for followers beside it and not beside one that bends; what no background carries shows in
// what is left of the days.
func TestChecks(t *testing.T) {
	if testing.Short() {
		t.Skip("a hundred fits")
	}
	note := func(s Series) map[string]athar.Note {
		out := map[string]athar.Note{}
		for _, n := range pick(Answer(s, Question{Spec: Background, Draws: 39, Seed: 1}), Background, athar.During).Warnings {
			out[n.Code] = n
		}
		return out
	}
	follow := note(world(41, 0, .6, 1, 1))
	if n, ok := follow["hawkes-follow"]; !ok || n.Args["p"].(athar.Num) > .05 || n.Args["bent"].(athar.Num) > .05 {
		t.Errorf("six of ten follow: %v", follow)
	}
	if n, ok := note(world(42, 0, 0, 1, 1))["hawkes-follow"]; ok && n.Args["p"].(athar.Num) < .05 {
		t.Errorf("none follow: %v", n)
	}
	draw := func(mean func(day int) float64) Series {
		s := world(43, 0, 0, 1, 1)
		r := stat.Stream(43, "hawkes/waves", 0)
		for i := range s.Count {
			s.Count[i] = stat.NegBin(r, mean(i), 1.2)
		}
		return s
	}
	waves := note(draw(func(day int) float64 { return 1.5 * math.Exp(.8*math.Sin(2*math.Pi*float64(day)/200)) }))
	if _, ok := waves["hawkes-follow-waves"]; !ok {
		t.Errorf("waves of 200 days: %v", waves)
	}
	weekly := note(draw(func(day int) float64 { return 1.5 * math.Exp(.8*math.Sin(2*math.Pi*float64(day)/7)) }))
	if _, ok := weekly["hawkes-residuals"]; !ok {
		t.Errorf("a week within the days: %v", weekly)
	}
	if _, ok := follow["hawkes-residuals"]; ok {
		t.Errorf("the model's own series: %v", follow)
	}
}

// A skipped day is history only: what it holds moves its followers, not the fit of
// itself. The gradient holds, and without skipped days nothing changes.
func TestSkip(t *testing.T) {
	y, err := SimulateDaily(stat.Stream(37, "hawkes/skip", 0), 400, Params{Mu: 1, Alpha: .4, Decay: .5, Theta: 4}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	skip := make([]bool, len(y))
	none := daily(t, y, Options{Skip: skip})
	if all := daily(t, y, Options{}); all.LogLik != none.LogLik || all.Alpha != none.Alpha {
		t.Error("a list without skipped days changes the fit")
	}
	for i := 200; i < 220; i++ {
		skip[i] = true
	}
	m := newDaily(y, Options{Skip: skip})
	full, first, second := newDaily(y, Options{}), make([]bool, len(y)), make([]bool, len(y))
	for i := range y {
		first[i], second[i] = i >= 200 && i < 220, i < 200 || i >= 220
	}
	p := []float64{.1, math.Log(.4), math.Log(.5), math.Log(4)}
	g := make([]float64, 4)
	a, b := newDaily(y, Options{Skip: first}).at(p, g), newDaily(y, Options{Skip: second}).at(p, g)
	if all := full.at(p, g); math.Abs(a+b-all) > 1e-9*math.Abs(all) {
		t.Errorf("%v and %v do not add up to %v", a, b, all)
	}
	m.at(p, g)
	for j := range p {
		up, down, to := slices.Clone(p), slices.Clone(p), make([]float64, 4)
		up[j] += 1e-5
		down[j] -= 1e-5
		if d := (m.at(up, to) - m.at(down, to)) / 2e-5; math.Abs(d-g[j]) > 1e-5*(1+math.Abs(d)) {
			t.Errorf("gradient %d: %v, by differences %v", j, g[j], d)
		}
	}
}

// A background of nine regressors takes followers for its own; the adjustment gives
// most of them back, and its gradient is that of its value.
func TestAdjustment(t *testing.T) {
	var plain, adjusted mean
	for rep := range reps(2) {
		d, refusal := world(38, rep, .6, 1, 1).design()
		if refusal != nil {
			t.Fatal(refusal)
		}
		o := d.o
		r := daily(t, d.y, o)
		plain.add(r.Alpha)
		o.Adjust = true
		a := daily(t, d.y, o)
		adjusted.add(a.Alpha)
		m, p, g := a.m, slices.Clone(a.best), make([]float64, a.m.dim)
		for j := range p {
			p[j] += .05 * m.unit[j]
		}
		m.at(p, g)
		for j := range p {
			up, down, to := slices.Clone(p), slices.Clone(p), make([]float64, m.dim)
			e := 1e-5 * m.unit[j]
			up[j] += e
			down[j] -= e
			if by := (m.at(up, to) - m.at(down, to)) / (2 * e); math.Abs(by-g[j])*m.unit[j] > 1e-4*(1+math.Abs(by)*m.unit[j]) {
				t.Errorf("gradient %d: %v, by differences %v", j, g[j], by)
			}
		}
	}
	t.Logf("alpha .6: %.3f, adjusted %.3f", plain.mean(), adjusted.mean())
	if !(plain.mean() < adjusted.mean()-.02) || math.Abs(adjusted.mean()-.6) > .12 {
		t.Errorf("alpha is %v, adjusted %v", plain.mean(), adjusted.mean())
	}
}

// With some weeks before, followers may explain all that comes later: where the step's
// interval has no end there is no answer, and where there is one it has ends.
func TestStudyUnbounded(t *testing.T) {
	refused, told := 0, 0
	for rep := range 16 {
		s := world(37, rep, .8, .7, 1)
		s.Count, s.Phase = s.Count[640:], s.Phase[640:]
		for _, e := range Answer(s, Question{}) {
			switch {
			case e.Refusal != nil:
				if e.Refusal.Reason.Code == "hawkes-unbounded" {
					refused++
				}
			case e.High > unbounded || e.Low >= e.RR || e.RR >= e.High:
				t.Errorf("series %d, %s, %s: %v (%v to %v)", rep, e.Spec, e.Phase, e.RR, e.Low, e.High)
			default:
				told++
			}
		}
	}
	if refused == 0 || told == 0 {
		t.Errorf("%d refused, %d told", refused, told)
	}
}
