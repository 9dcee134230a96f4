package tempo

import (
	"bufio"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
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

// coal are the disasters' times in years since 1851.
func coal(t testing.TB) (out []float64) {
	f, err := os.Open("testdata/coal.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if strings.HasPrefix(s.Text(), "#") {
			continue
		}
		v, err := strconv.ParseFloat(s.Text(), 64)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v-1851)
	}
	return out
}

// BENCHMARKS.md C8, tolerance T6.
func TestCoal(t *testing.T) {
	times := coal(t)
	f, why := Fit(times, 112)
	if why != nil {
		t.Fatal(why)
	}
	near(t, "k", f.K, .664106, 1e-6)
	near(t, "b", f.B(), -.505784, 1e-6)
	low, high := f.Limits(.05, 1)
	near(t, "low", low, .573259, 1e-6)
	near(t, "high", high, .761537, 1e-6)
	near(t, "U", Laplace(times, 112), -7.678157, 1e-6)
	near(t, "unbiased", f.Unbiased(), .664106*190/191, 1e-6)

	// Counts in ever finer cells come to the same.
	for _, width := range []float64{1, 1. / 365, 1. / 36500} {
		n := int(math.Round(112 / width))
		edges, counts := make([]float64, n+1), make([]float64, n)
		for j := range edges {
			edges[j] = float64(j) * width
		}
		for _, x := range times {
			counts[min(n-1, int(x/width))]++
		}
		g, why := FitCells(edges, counts)
		if why != nil {
			t.Fatal(why)
		}
		near(t, "k of cells", g.K, f.K, .02*width+1e-4*math.Min(1, 100*width)+1e-6)
		near(t, "U of cells", LaplaceCells(edges, counts), -7.678157, .05*width+1e-6)
		near(t, "events", g.Until(112), 191, 1e-9)
		if a, b := g.Limits(.05, 1); math.Abs(a-low) > .009 || math.Abs(b-high) > .009 {
			t.Errorf("limits of cells: %v %v", a, b)
		}
	}
}

// A start that was not watched leaves the shape as it is: the grouped score at
// the estimate is the derivative of the likelihood.
func TestCellsFromALaterEdge(t *testing.T) {
	edges, counts := []float64{3, 5, 9, 14, 30}, []float64{4, 5, 9, 11}
	f, why := FitCells(edges, counts)
	if why != nil {
		t.Fatal(why)
	}
	best := f.logLik(f.K)
	for _, k := range []float64{.99, 1.01} {
		if f.logLik(k*f.K) >= best {
			t.Errorf("the likelihood at %v of the estimate is higher", k)
		}
	}
	h := 1e-5
	near(t, "score", f.score(.7), (f.logLik(.7+h)-f.logLik(.7-h))/(2*h), 1e-6)
	for j := range edges {
		edges[j] *= 7
	}
	g, _ := FitCells(edges, counts)
	near(t, "another unit", g.K, f.K, 1e-9)
}

func TestRefusesWhatHasNoShape(t *testing.T) {
	code := func(r *athar.Refusal) string {
		if r == nil {
			return ""
		}
		return r.Reason.Code
	}
	_, a := Fit(nil, 1)
	_, b := Fit([]float64{1, 2}, 1)
	_, c := Fit([]float64{1, 1}, 1)
	_, d := FitCells([]float64{0, 1, 2}, []float64{5, 0})
	_, e := FitCells([]float64{0, 1, 2}, []float64{0, 5})
	_, f := FitCells([]float64{0, 1, 2}, []float64{0, 0})
	got := []string{code(a), code(b), code(c), code(d), code(e), code(f)}
	want := []string{"tempo-few-times", "tempo-time-outside", "tempo-no-shape", "tempo-no-shape", "tempo-no-shape", "tempo-few-times"}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// draw makes a power-law process with n events on average until 1.
func draw(r *rand.Rand, n, k float64) []float64 {
	m := int(stat.NegBin(r, n, 1))
	out := make([]float64, m)
	for i := range out {
		out[i] = math.Pow(1-r.Float64(), 1/k)
	}
	return out
}

// The interval of the shape must cover it in 95% of processes, from times and
// from weekly counts.
func TestCoverageOfShape(t *testing.T) {
	const runs = 1500
	for _, k := range []float64{.5, 1, 2} {
		hit, cells, mean, done := 0, 0, 0.0, 0
		for i := range runs {
			r := stat.Stream(3, "tempo/coverage", i)
			x := draw(r, 30, k)
			f, why := Fit(x, 1)
			if why != nil {
				continue
			}
			done++
			mean += f.Unbiased()
			if l, h := f.Limits(.05, 1); l <= k && k <= h {
				hit++
			}
			edges, counts := make([]float64, 53), make([]float64, 52)
			for j := range edges {
				edges[j] = float64(j) / 52
			}
			for _, v := range x {
				counts[min(51, int(v*52))]++
			}
			if g, why := FitCells(edges, counts); why == nil {
				if l, h := g.Limits(.05, 1); l <= k && k <= h {
					cells++
				}
			}
		}
		t.Logf("k %v: coverage %.3f, of cells %.3f, mean %.3f of %d", k, float64(hit)/float64(done), float64(cells)/float64(done), mean/float64(done), done)
		near(t, "coverage", float64(hit)/float64(done), .95, .018)
		near(t, "coverage of cells", float64(cells)/float64(done), .95, .025)
		near(t, "mean of unbiased", mean/float64(done), k, .03*k)
	}
}

func weekly(r *rand.Rand, n int, phi float64, mean func(j int) float64) (y, at, days, edges []float64) {
	edges = []float64{0}
	for j := range n {
		y = append(y, stat.NegBin(r, mean(j), phi))
		at = append(at, float64(j)-float64(n)/2+.5)
		days = append(days, 7)
		edges = append(edges, float64(j+1))
	}
	return
}

// Under one log-linear process the test of two pieces must reject no more often
// than it says, with weeks that vary three times as much as chance too; it must
// find half the rate. The trend tests hold their level without a trend.
func TestLevelOfTwoPiecesAndTrend(t *testing.T) {
	const runs, weeks = 800, 104
	share := func(phi, drop, slope float64) (two, scaled, block float64) {
		for i := range runs {
			r := stat.Stream(5, "tempo/two", i)
			y, at, days, edges := weekly(r, weeks, phi, func(j int) float64 {
				m := 6 * math.Exp(slope*float64(j))
				if j >= weeks/2 {
					m *= drop
				}
				return m
			})
			if w := TestTwoPieces(y, at, days, weeks/2, nil); w.P < .05 {
				two++
			}
			mu := make([]float64, weeks)
			for j := range mu {
				mu[j] = sum(y) / weeks
			}
			p, _ := Dispersion(y, mu, 1, 0)
			w := TestTrend(edges, y, p, 99, uint64(i))
			if w.P < .05 {
				scaled++
			}
			if w.BlockP <= .05 {
				block++
			}
		}
		return two / runs, scaled / runs, block / runs
	}
	for _, phi := range []float64{1, 3} {
		two, scaled, block := share(phi, 1, 0)
		t.Logf("phi %v, level: two pieces %.3f, trend %.3f, blocks %.3f", phi, two, scaled, block)
		if two > .065 || scaled > .065 || block > .07 {
			t.Errorf("phi %v: levels %v %v %v", phi, two, scaled, block)
		}
		if two < .01 || block < .02 {
			t.Errorf("phi %v: levels %v %v are too low to be of use", phi, two, block)
		}
		two, scaled, _ = share(phi, 1, .01)
		t.Logf("phi %v, a common trend: two pieces %.3f, trend %.3f", phi, two, scaled)
		if two > .065 || scaled < .5 {
			t.Errorf("phi %v, a trend: %v %v", phi, two, scaled)
		}
		two, _, _ = share(phi, .5, 0)
		t.Logf("phi %v, half the rate: two pieces %.3f", phi, two)
		if two < .3 {
			t.Errorf("phi %v: half the rate is found in %v", phi, two)
		}
	}
}

func day(s string) athar.Day {
	d, err := athar.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return d
}

// world is a pattern with two near areas and one far one, a year before and a
// year after, with the given weekly rates near before and after and far.
func world(seed uint64, grain int, before, after, far, phi float64) *athar.Pattern {
	p := &athar.Pattern{
		Areas:   []athar.PatternArea{{Code: "a", Role: athar.Inside}, {Code: "b", Role: 1}, {Code: "c", Role: athar.Far}, {Code: "d", Role: athar.LeftOut}},
		Before:  athar.Span{First: day("2018-01-01"), Last: day("2018-12-30")},
		After:   athar.Span{First: day("2018-12-31"), Last: day("2019-12-29")},
		Start:   athar.Span{First: day("2018-12-31"), Last: day("2018-12-31")},
		Grain:   grain,
		Control: true,
	}
	r := stat.Stream(seed, "tempo/world", 0)
	for d := p.Before.First; d <= p.After.Last; d += 7 {
		for a, rate := range []float64{before, before / 2, far, 3} {
			if a < 2 && d >= p.After.First {
				rate *= after / before
			}
			n := int(stat.NegBin(r, rate, phi))
			if grain == 7 && n > 0 {
				p.Records = append(p.Records, athar.Record{Area: a, When: athar.Span{First: d, Last: d + 6}, N: n})
				continue
			}
			for range n {
				e := d + athar.Day(r.IntN(7))
				p.Records = append(p.Records, athar.Record{Area: a, When: athar.Span{First: e, Last: e}, N: 1})
			}
		}
	}
	return p
}

func TestIndicators(t *testing.T) {
	for _, grain := range []int{1, 7} {
		p := world(1, grain, 6, 2, 8, 1)
		got := Indicators(p, 1)
		if len(got) != 2 || got[0].Code != "tempo" || got[1].Code != "acceleration" {
			t.Fatalf("%v", got)
		}
		i := got[0]
		if i.Refusal != nil || i.Reading != athar.Silent || !i.Ratio {
			t.Fatalf("%+v", i)
		}
		near(t, "before", float64(i.Before), 9, 1.2)
		near(t, "ratio", float64(i.Change), 1./3, .08)
		near(t, "identity", float64(i.Change), float64(i.After/i.Before/(i.FarAfter/i.FarBefore)), 1e-9)
		if !(i.Low < i.Change && i.Change < i.High && i.High < .6 && i.P < .001 && i.MDE > 1 && i.MDE < 2) {
			t.Errorf("%+v", i)
		}
		last := i.Curves[1].Y[len(i.Curves[1].Y)-1]
		fit := i.Curves[2].Y[len(i.Curves[2].Y)-1]
		near(t, "the fit ends where the events end", float64(fit), float64(last), 1e-6)
		b := got[1]
		if b.Refusal != nil || !(b.Low < 0 && b.High > 0 && b.P > .05) {
			t.Errorf("%+v", b)
		}
		near(t, "difference", float64(b.Change), float64(b.After-b.FarAfter), 1e-9)

		// Rows in another order, and another century, give the same answers.
		want, _ := json.Marshal(got)
		slices.Reverse(p.Records)
		if again, _ := json.Marshal(Indicators(p, 1)); string(again) != string(want) {
			t.Error("row order shows")
		}
		shift := func(s *athar.Span) { s.First += 36400; s.Last += 36400 }
		shift(&p.Before)
		shift(&p.After)
		shift(&p.Start)
		for k := range p.Records {
			shift(&p.Records[k].When)
		}
		if again, _ := json.Marshal(Indicators(p, 1)); string(again) != string(want) {
			t.Error("time shows")
		}
	}
}

// The P of no difference is where the interval ends at 0.
func TestPAndIntervalAgree(t *testing.T) {
	for s := range uint64(40) {
		for _, i := range Indicators(world(s, 1, 2, 1.2, 2, 2), s) {
			null := athar.Num(0)
			if i.Ratio {
				null = 1
			}
			if out := i.Low > null || i.High < null; out != (i.P < .05) {
				t.Errorf("seed %d, %s: [%v, %v], p %v", s, i.Code, i.Low, i.High, i.P)
			}
		}
	}
}

// Without a change the ratio near over far must leave 1 out in at most 5%.
func TestLevelOfRatio(t *testing.T) {
	for _, phi := range []float64{1, 3} {
		ratio, course := 0, 0
		const runs = 300
		for s := range uint64(runs) {
			got := Indicators(world(s, 7, 3, 3, 4, phi), s)
			if got[0].P < .05 {
				ratio++
			}
			if got[1].P < .05 {
				course++
			}
		}
		t.Logf("phi %v: ratio %.3f, course %.3f", phi, float64(ratio)/runs, float64(course)/runs)
		if ratio > 24 || course > 24 {
			t.Errorf("phi %v: %d and %d of %d", phi, ratio, course, runs)
		}
	}
}

func TestSeasons(t *testing.T) {
	d := day("2020-01-06")
	var cells []athar.Span
	for j := range athar.Day(4) {
		cells = append(cells, athar.Span{First: d + 7*j, Last: d + 7*j + 6})
	}
	got := Seasons([]athar.Dated{
		{Name: athar.Names{En: "wave"}, When: athar.Span{First: d - 5, Last: d + 6}},
		{Name: athar.Names{En: "Ramadan 1442"}, When: athar.Span{First: d + 14, Last: d + 27}},
		{Name: athar.Names{En: "Ramadan 1441"}, When: athar.Span{First: d + 7, Last: d + 20}},
	}, cells)
	if len(got) != 2 || !slices.Equal(got[0].Share, []float64{0, 1, 1, 1}) || !slices.Equal(got[1].Share, []float64{1, 0, 0, 0}) {
		t.Errorf("%v", got)
	}
	if Seasons(nil, cells) != nil {
		t.Error("seasons of nothing")
	}
}

// A Ramadan with three times the activity in the record before, and none of it
// after, is no change of tempo.
func TestSeasonIsTakenOut(t *testing.T) {
	p := world(4, 1, 6, 6, 8, 1)
	p.Control = false
	p.After.Last = day("2019-10-06")
	for k := range p.Records {
		p.Records[k].N = 1
	}
	first := athar.Span{First: day("2018-05-07"), Last: day("2018-07-29")}
	second := athar.Span{First: day("2019-07-01"), Last: day("2019-07-21")}
	p.Calendar = []athar.Dated{{Name: athar.Names{En: "Ramadan"}, When: first}, {Name: athar.Names{En: "Ramadan"}, When: second}}
	for k, r := range p.Records {
		if first.Has(r.When.First) || second.Has(r.When.First) {
			p.Records[k].N = 3
		}
	}
	with := Indicators(p, 1)[0]
	p.Calendar = nil
	without := Indicators(p, 1)[0]
	near(t, "with the season", math.Log(float64(with.Change)), 0, .12)
	if !(without.Change < .88) {
		t.Errorf("without: %v", without.Change)
	}
}

func TestDegenerate(t *testing.T) {
	p := world(2, 1, 6, 2, 8, 1)
	code := func(p *athar.Pattern) string {
		out := ""
		for _, i := range Indicators(p, 1) {
			if i.Refusal != nil {
				out += i.Refusal.Reason.Code + " "
				if i.Reading != athar.Refused {
					t.Error("a refusal that does not read so")
				}
			} else {
				out += "ok "
			}
			if _, err := json.Marshal(i); err != nil {
				t.Error(err)
			}
		}
		return out
	}
	expect := func(what string, p athar.Pattern, want string) {
		t.Helper()
		if got := code(&p); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	expect("nothing", athar.Pattern{Grain: 1, After: athar.Span{First: 1}, Before: athar.Span{First: 1}}, "tempo-short tempo-short ")
	q := *p
	q.Records = nil
	expect("no records", q, "tempo-few-before tempo-few-after ")
	q = *p
	q.Areas = slices.Clone(p.Areas)
	q.Areas[2].Role = athar.LeftOut
	expect("no far events", q, "ok ok ")
	q = *p
	q.Records = nil
	for _, r := range p.Records {
		if r.When.First < p.After.First {
			q.Records = append(q.Records, r)
		}
	}
	expect("none after", q, "ok tempo-few-after ")
	if i := Indicators(&q, 1)[0]; !(i.High < .5 && i.Low > 0) {
		t.Errorf("none after: [%v, %v]", i.Low, i.High)
	}
	q = *p
	q.Records = slices.Clone(p.Records)
	for k := range q.Records { // all events on one day of each stretch
		if e := &q.Records[k]; e.When.First < p.After.First {
			e.When = athar.Span{First: p.Before.First + 3, Last: p.Before.First + 3}
		} else {
			e.When = athar.Span{First: p.After.First + 3, Last: p.After.First + 3}
		}
	}
	code(&q)
	q = *p
	q.Grain = 30
	expect("months", q, "ok ok ")
	q.Grain = 365
	expect("years", q, "tempo-short tempo-short ")
}

func TestStartThatSourcesDisagreeAbout(t *testing.T) {
	p := world(2, 1, 6, 2, 8, 1)
	p.Start.First -= 28
	for _, w := range Indicators(p, 1)[1].Warnings {
		if w.Code == "tempo-start" {
			return
		}
	}
	t.Error("no word about the other start")
}

func BenchmarkIndicators(b *testing.B) {
	p := world(1, 1, 60, 40, 80, 2)
	b.ReportAllocs()
	for b.Loop() {
		Indicators(p, 1)
	}
}

func BenchmarkFit(b *testing.B) {
	x := coal(b)
	for b.Loop() {
		Fit(x, 112)
	}
}
