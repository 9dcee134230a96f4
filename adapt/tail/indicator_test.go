package tail

import (
	"encoding/json"
	"flag"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"athar"
	"athar/stat"
)

// reps is how many worlds a simulation makes.
var reps = flag.Int("reps", 100, "worlds of each simulation")

// world makes events with tolls: months of 28 days before and after, events a
// month by group and side, and the tail's exponent by group and side.
type world struct {
	months [2]int
	rate   [2][2]float64
	alpha  [2][2]float64
	// clump is the spread of the log rate from month to month.
	clump float64
	// wander is the spread of the exponent from month to month, alike near and
	// far.
	wander float64
	// body is the share of events below 6 dead, where there is no power law.
	body float64
}

// null is a world in which only the number of events changes.
func nullWorld(before, after int, rate, fall, alpha float64) world {
	return world{months: [2]int{before, after}, rate: [2][2]float64{{rate, rate * fall}, {rate, rate}},
		alpha: [2][2]float64{{alpha, alpha}, {alpha, alpha}}, body: .4}
}

// size is a continuous power law rounded, above a body.
func size(alpha, body float64, r *rand.Rand) int {
	if r.Float64() < body {
		return 1 + r.IntN(5)
	}
	return int(math.Min(1e6, 5.5*math.Pow(1-r.Float64(), -1/(alpha-1))+.5))
}

func (w world) pattern(r *rand.Rand) *athar.Pattern {
	start := athar.Day(18000)
	p := &athar.Pattern{Grain: 1, Control: w.rate[1][0] > 0,
		Areas:  []athar.PatternArea{{Code: "a", Role: athar.Inside}, {Code: "b", Role: 1}, {Code: "c", Role: athar.Far}},
		Before: athar.Span{First: start - athar.Day(28*w.months[0]), Last: start - 1},
		After:  athar.Span{First: start, Last: start + athar.Day(28*w.months[1]) - 1}}
	for s, span := range []athar.Span{p.Before, p.After} {
		for month := span.First; month < span.Last; month += 28 {
			drift := w.wander * r.NormFloat64()
			for g := range 2 {
				mean := w.rate[g][s] * math.Exp(w.clump*r.NormFloat64()-w.clump*w.clump/2)
				for range int(stat.NegBin(r, mean, 1)) {
					day := month + athar.Day(r.IntN(28))
					area := 2
					if g == 0 {
						area = r.IntN(2)
					}
					x := size(max(1.3, w.alpha[g][s]+drift), w.body, r)
					p.Records = append(p.Records, athar.Record{Area: area, When: athar.Span{First: day, Last: day}, N: 1,
						HasDeaths: true, Deaths: athar.Deaths{Low: x, Best: x, High: x}})
				}
			}
		}
	}
	return p
}

// p is the permutation p of a world, with few permutations, and whether the
// interval holds the true change; NaN where refused.
func (w world) p(r *rand.Rand, perms int) (p float64, held bool) {
	rec := read(w.pattern(r))
	toll := make([]int, len(rec.events))
	for i, e := range rec.events {
		toll[i] = e.toll.Best
	}
	b := newBench(&rec, toll)
	d, se, ok := b.contrast(rec.groups)
	for _, c := range b.out[:rec.groups] {
		ok = ok && min(c.Before.N, c.After.N) >= MinTail
	}
	if !ok {
		return math.NaN(), false
	}
	null := b.null(rec.groups, toll, perms, r.Uint64())
	n := 1
	for _, t := range null {
		if t >= math.Abs(d/se) {
			n++
		}
	}
	c := null[int(math.Ceil(.95*float64(len(null)+1)))-1]
	truth := w.alpha[0][1] - w.alpha[0][0]
	return float64(n) / float64(1+len(null)), math.Abs(d-truth) <= c*se
}

// rejects is the share of worlds in which p is at most .05.
func (w world) rejects(t testing.TB, task string, reps, perms int) (share float64, n int) {
	held := 0
	for k := range reps {
		p, in := w.p(stat.Stream(1, task, k), perms)
		if math.IsNaN(p) {
			continue
		}
		n++
		if in {
			held++
		}
		if p <= .05 {
			share++
		}
	}
	share /= float64(n)
	t.Logf("%s: rejected in %.3f of %d worlds (%d refused), interval held in %.3f", task, share, n, reps-n, float64(held)/float64(n))
	return share, n
}

// Only the number of events changes: the test must stay quiet.
func TestNullKeepsItsLevel(t *testing.T) {
	clumped := nullWorld(15, 6, 60, .6, 2.4)
	clumped.clump = .8
	wander := nullWorld(15, 6, 60, .6, 2.4)
	wander.wander = .4
	alone := nullWorld(12, 6, 60, .6, 2.4)
	alone.rate[1] = [2]float64{}
	for _, c := range []struct {
		name string
		w    world
	}{
		{"equal", nullWorld(9, 9, 40, 1, 2.4)},
		{"fall of 40%, 15 and 3 months", nullWorld(15, 3, 90, .6, 2.4)},
		{"clumped, fall of 40%", clumped},
		{"exponent wanders, fall of 40%", wander},
		{"without a control", alone},
	} {
		share, n := c.w.rejects(t, c.name, *reps, 99)
		if n < *reps/2 || share > .05+4*math.Sqrt(.05*.95/float64(n)) {
			t.Errorf("%s: rejected in %.3f of %d worlds", c.name, share, n)
		}
	}
}

func TestChangeIsFound(t *testing.T) {
	w := nullWorld(12, 12, 90, .8, 2.2)
	w.alpha[0][1] = 3
	share, n := w.rejects(t, "2.2 to 3.0", *reps/2, 99)
	if n < *reps/4 || share < .6 {
		t.Errorf("found in %.2f of %d worlds", share, n)
	}
}

func TestIndicator(t *testing.T) {
	w := nullWorld(12, 6, 90, .9, 2.2)
	w.alpha[0][1] = 3.2
	p := w.pattern(stat.Stream(3, "tail/one", 0))
	for i := range p.Records {
		if i%3 == 0 {
			d := &p.Records[i].Deaths
			d.Low, d.High = d.Best-d.Best/3, d.Best+d.Best/2
		}
	}
	p.Records[5].N = 2
	p.Records[6].HasDeaths = false
	a := Indicator(p, 7)
	if a.Refusal != nil || a.Reading != athar.Supports || !(a.Low > 0 && a.Change > .4 && a.P < .05) {
		t.Errorf("a change of 1 is not seen: %+v", a)
	}
	if a.Before < 1.9 || a.Before > 2.6 || a.FarN < MinTail || math.IsNaN(float64(a.MDE)) || len(a.Curves) != 4 {
		t.Errorf("%+v", a)
	}
	codes := []string{}
	for _, n := range a.Warnings {
		codes = append(codes, n.Code)
	}
	for _, want := range []string{"tail-joined", "tail-unknown"} {
		if !slices.Contains(codes, want) {
			t.Errorf("no note %s among %v", want, codes)
		}
	}
	t.Logf("change %.2f [%.2f, %.2f], p %.3f, MDE %.2f, n %d; %v", a.Change, a.Low, a.High, a.P, a.MDE, a.N, a.Warnings)
	one, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	same := func(what string, p *athar.Pattern) {
		t.Helper()
		if two, _ := json.Marshal(Indicator(p, 7)); string(one) != string(two) {
			t.Errorf("%s change the result:\n%s\n%s", what, one, two)
		}
	}
	q := *p
	q.Records = slices.Clone(p.Records)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(q.Records), func(i, j int) { q.Records[i], q.Records[j] = q.Records[j], q.Records[i] })
	same("permuted rows", &q)
	for i := range q.Records {
		q.Records[i].When = later(q.Records[i].When)
	}
	q.Before, q.After = later(p.Before), later(p.After)
	same("later days", &q)
}

// What can be wrong with a record is said.
func TestDoubts(t *testing.T) {
	codes := func(p *athar.Pattern) (athar.Indicator, []string) {
		x := Indicator(p, 1)
		var out []string
		for _, n := range x.Warnings {
			out = append(out, n.Code)
		}
		return x, out
	}
	make := func() *athar.Pattern {
		return nullWorld(9, 9, 60, 1, 2.4).pattern(stat.Stream(2, "tail/doubts", 0))
	}
	p := make()
	x, quiet := codes(p)
	for _, c := range quiet { // a rival may win by chance
		if !slices.Contains([]string{"tail-fit", "tail-lognormal", "tail-cutoff"}, c) {
			t.Errorf("a clean record has the note %s", c)
		}
	}
	if x.N < MinTail {
		t.Errorf("%d tail events", x.N)
	}
	// An event that lies for less than half in a stretch belongs to neither.
	n := len(read(p).events)
	for i := range 10 {
		p.Records[i].When = athar.Span{First: p.After.First - 1000, Last: p.After.Last + 1000}
	}
	for i := 10; i < 15; i++ {
		p.Records[i].When = athar.Span{First: p.Before.First - 3, Last: p.Before.First + 5}
	}
	if m := len(read(p).events); m != n-10 {
		t.Errorf("%d events, want %d", m, n-10)
	}
	// Sizes from 30 to 60, all alike.
	p = make()
	for i := range p.Records {
		v := 30 + i%31
		p.Records[i].Deaths = athar.Deaths{Low: v, Best: v, High: v}
	}
	x, got := codes(p)
	if x.Refusal == nil && !slices.Contains(got, "tail-not-power-law") {
		t.Errorf("no power law, but the notes are %v", got)
	}
	// Months without days, and a time too short for blocks.
	p = make()
	p.Grain = 31
	if x, got := codes(p); !slices.Contains(got, "contrast-coarse") || !math.IsNaN(float64(x.P)) || math.IsNaN(float64(x.Change)) {
		t.Errorf("p %v; %v", x.P, got)
	}
	short := nullWorld(3, 2, 200, 1, 2.4).pattern(stat.Stream(2, "tail/short", 0))
	if x, got := codes(short); !slices.Contains(got, "contrast-few-blocks") || !math.IsNaN(float64(x.P)) {
		t.Errorf("p %v; %v", x.P, got)
	}
	// A fall of the best figures that the ranges take back.
	w := nullWorld(12, 12, 90, 1, 2.2)
	w.alpha[0][1] = 2.9
	p = w.pattern(stat.Stream(2, "tail/undo", 0))
	for i := range p.Records {
		if r := &p.Records[i]; r.When.First >= p.After.First && r.Area != 2 && r.Deaths.Best > 5 {
			r.Deaths.High = 30 * r.Deaths.Best
		}
	}
	if _, got := codes(p); !slices.Contains(got, "tail-tolls-undo") {
		t.Errorf("ranges that undo the change are not noticed: %v", got)
	}
}

func later(s athar.Span) athar.Span { return athar.Span{First: s.First + 700, Last: s.Last + 700} }

func TestRefusals(t *testing.T) {
	few := nullWorld(6, 6, 5, 1, 2.4).pattern(stat.Stream(1, "tail/few", 0))
	x := Indicator(few, 1)
	if x.Refusal == nil || x.Refusal.Reason.Code != "tail-few" || x.Refusal.Remedy == nil {
		t.Fatalf("%+v", x.Refusal)
	}
	if n := x.Refusal.Remedy.Args["n"].(int); n < 380 || n > 400 {
		t.Errorf("%d events needed, want about 390", n)
	}
	none := nullWorld(6, 6, 50, 1, 2.4).pattern(stat.Stream(1, "tail/none", 0))
	for i := range none.Records {
		none.Records[i].N = 3
	}
	same := nullWorld(6, 6, 50, 1, 2.4).pattern(stat.Stream(1, "tail/same", 0))
	for i := range same.Records {
		same.Records[i].Deaths = athar.Deaths{Low: 1, Best: 1, High: 1}
	}
	zero := nullWorld(6, 6, 50, 1, 2.4).pattern(stat.Stream(1, "tail/zero", 0))
	for i := range zero.Records {
		zero.Records[i].Deaths = athar.Deaths{}
	}
	for _, c := range []struct {
		name, code string
		p          *athar.Pattern
	}{
		{"several events a record", "tail-no-deaths", none},
		{"one size", "tail-few", same},
		{"no deaths", "tail-no-deaths", zero},
		{"nothing", "tail-no-deaths", &athar.Pattern{}},
	} {
		if x := Indicator(c.p, 1); x.Refusal == nil || x.Refusal.Reason.Code != c.code || !math.IsNaN(float64(x.Change)) {
			t.Errorf("%s: %+v", c.name, x.Refusal)
		}
	}
	thin := nullWorld(9, 9, 60, 1, 2.4)
	thin.rate[1] = [2]float64{2, 2}
	if x := Indicator(thin.pattern(stat.Stream(1, "tail/thin", 0)), 1); x.Refusal != nil || x.FarN != 0 || x.Warnings[0].Code != "tail-no-far" {
		t.Errorf("%+v", x)
	}
}

// The likelihood ratio keeps its level, and with as many events as Needed says
// it finds the change in 80% of cases.
func TestLikelihoodRatio(t *testing.T) {
	n := Needed(2.5, 4, .3)
	quiet, found, m := 0., 0., 4**reps
	for k := range m {
		r := stat.Stream(1, "tail/ratio", k)
		share := func(a, b float64) float64 {
			c, _ := Compare(draws(a, 4, n, r), draws(b, 4, n, r), n)
			if c.P <= .05 {
				return 1
			}
			return 0
		}
		quiet += share(2.5, 2.5)
		found += share(2.35, 2.65)
	}
	quiet, found = quiet/float64(m), found/float64(m)
	t.Logf("%d events: level %.3f, power %.3f of %d", n, quiet, found, m)
	near(t, "level", quiet, .05, 4*math.Sqrt(.05*.95/float64(m)))
	near(t, "power", found, .8, 4*math.Sqrt(.16/float64(m))+.02)
}

// Needed agrees with METHODS.md C2: about 390 events a period for a change of .3
// from 2.5, which then is the smallest detectable change.
func TestPower(t *testing.T) {
	n := Needed(2.5, 1<<20, .3)
	near(t, "events needed", float64(n), 392, 1)
	near(t, "MDE", MDE(2.5, 1<<20, n, n), .3, 1e-3)
}

// Rarefied is what samples of m events give on average.
func TestRarefied(t *testing.T) {
	r := stat.Stream(1, "tail/rare", 0)
	all := draws(2.5, 4, 3000, r)
	f, _ := At(all, 4)
	var flat []int
	for k, x := range all.Size {
		for range all.Count[k] {
			flat = append(flat, x)
		}
	}
	const m, reps = 60, 4000
	mean := 0.
	for range reps {
		for i := range m {
			j := i + r.IntN(len(flat)-i)
			flat[i], flat[j] = flat[j], flat[i]
		}
		g, _ := At(NewTally(flat[:m]), 4)
		mean += g.Alpha / reps
	}
	near(t, "mean over draws", f.Rarefied(m), mean, 4*f.SE*math.Sqrt(3000./m/reps)+.002)
	if f.Rarefied(m)-f.Alpha < .01 {
		t.Errorf("no bias: %g and %g", f.Rarefied(m), f.Alpha)
	}
}

// A tail with every second toll of 11..19 moved to 10 or 20 is heaped; one from
// the law is not, but by chance.
func TestHeaping(t *testing.T) {
	r := stat.Stream(1, "tail/heap", 0)
	fired := 0
	for range 300 {
		x := draws(2.3, 5, 300, r)
		f, _ := At(x, 5)
		if _, _, z := Heaping(x, f); z > heapedFrom {
			fired++
		}
	}
	if fired > 12 {
		t.Errorf("heaping found in %d of 300 tallies without", fired)
	}
	x := draws(2.3, 5, 600, r)
	var y []int
	for k, s := range x.Size {
		for i := range x.Count[k] {
			if i%2 == 0 && s > 10 {
				s = (s + 5) / 10 * 10
			}
			y = append(y, s)
		}
	}
	h := NewTally(y)
	f, _ := At(h, 5)
	if share, expected, z := Heaping(h, f); z < 5 || share < expected+.05 {
		t.Errorf("share %.3f, expected %.3f, z %.1f", share, expected, z)
	}
}

// The interval of alpha holds the truth, with Xmin known.
func TestAlphaIsCovered(t *testing.T) {
	held, searched, n := 0., 0., 4**reps
	for k := range n {
		x := draws(2.5, 3, 500, stat.Stream(1, "tail/cover", k))
		f, _ := At(x, 3)
		if math.Abs(f.Alpha-2.5) <= 1.96*f.SE {
			held++
		}
		if g, _ := Best(x, MinTail); math.Abs(g.Alpha-2.5) <= 1.96*g.SE {
			searched++
		}
	}
	share := held / float64(n)
	t.Logf("held in %.3f of %d, with Xmin estimated in %.3f", share, n, searched/float64(n))
	near(t, "coverage", share, .95, 4*math.Sqrt(.05*.95/float64(n)))
}

// The power law is rejected at p <= .1 in about a tenth of its own samples.
func TestGoodnessKeepsItsLevel(t *testing.T) {
	wrong, n := 0., *reps
	for k := range n {
		x := draws(2.5, 1, 300, stat.Stream(1, "tail/level", k))
		f, _ := Best(x, MinTail)
		if Test(x, f, Bootstrap{Draws: 99, Least: MinTail, Workers: 2, Seed: uint64(k)}).P <= rejected {
			wrong++
		}
	}
	share := wrong / float64(n)
	t.Logf("rejected in %.3f of %d", share, n)
	near(t, "rejections", share, .1, 4*math.Sqrt(.09/float64(n)))
}

func BenchmarkIndicator(b *testing.B) {
	w := nullWorld(15, 6, 100, .6, 2.4)
	w.rate[1] = [2]float64{500, 500}
	p := w.pattern(stat.Stream(1, "tail/bench", 0))
	for b.Loop() {
		Indicator(p, 1)
	}
}
