package mix

import (
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

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s: %v, want %v within %v", what, got, want, within)
	}
}

// TestReference is BENCHMARKS.md C14.
func TestReference(t *testing.T) {
	near(t, "JSD", JSD([]float64{5, 3, 2}, []float64{2, 3, 5}), .0958156, 1e-6)
	near(t, "JSD in nats", JSD([]float64{.5, .3, .2}, []float64{.2, .3, .5})*math.Ln2, .06641431, 1e-6*.066)
	near(t, "bias", Bias(5, 50, 50), .02885, 5e-6)
	r := stat.Stream(1, "c14", 0)
	const reps = 20000
	s := 0.0
	for range reps {
		a, b := make([]float64, 5), make([]float64, 5)
		for range 50 {
			a[r.IntN(5)]++
			b[r.IntN(5)]++
		}
		s += JSD(a, b)
	}
	near(t, "mean under no change", s/reps, .03004, .05*.03004)
}

func TestJSDProperties(t *testing.T) {
	near(t, "same", JSD([]float64{1, 2, 3}, []float64{10, 20, 30}), 0, 1e-15)
	near(t, "disjoint", JSD([]float64{1, 0}, []float64{0, 7}), 1, 1e-15)
	if !math.IsNaN(JSD([]float64{0, 0}, []float64{1, 2})) {
		t.Error("an empty sample has a divergence")
	}
}

// TestRarefied draws what Rarefied sums.
func TestRarefied(t *testing.T) {
	a, b := []float64{120, 45, 3, 0, 22}, []float64{10, 12, 4, 1, 3}
	var f factorials
	exact := f.Rarefied(a, b)
	near(t, "order of the samples", f.Rarefied(b, a), exact, 1e-12)
	r := stat.Stream(2, "rarefied", 0)
	var list []int
	for k, v := range a {
		for range int(v) {
			list = append(list, k)
		}
	}
	s, s2 := 0.0, 0.0
	const reps = 20000
	for range reps {
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		x := make([]float64, len(a))
		for _, k := range list[:30] {
			x[k]++
		}
		v := JSD(x, b)
		s, s2 = s+v, s2+v*v
	}
	m := s / reps
	near(t, "mean over draws", exact, m, 4*math.Sqrt((s2/reps-m*m)/reps))
	near(t, "equal samples", f.Rarefied(a, a), 0, 1e-15)
}

func TestHeterogeneity(t *testing.T) {
	// Two areas with one category each: one bit, less (2-2-2+1)/(2 n ln 2).
	near(t, "apart", Heterogeneity([]float64{8, 0, 0, 8}, 2), 1+1/(2*16*math.Ln2), 1e-12)
	near(t, "alike", Heterogeneity([]float64{4e6, 4e6, 8e6, 8e6}, 2), 0, 1e-6)
	r := stat.Stream(3, "heterogeneity", 0)
	s := 0.0
	const reps = 4000
	for range reps {
		c := make([]float64, 10*4)
		for range 200 {
			c[r.IntN(10)*4+r.IntN(4)]++
		}
		s += Heterogeneity(c, 4)
	}
	near(t, "unbiased where areas are alike, 5 events a cell", s/reps, 0, .01)
	if !math.IsNaN(Heterogeneity(make([]float64, 6), 3)) {
		t.Error("no events")
	}
}

func TestCollapse(t *testing.T) {
	into, n, joined := Collapse([]float64{50, 2, 30, 1, 9}, []float64{40, 1, 33, 0, 11})
	// 1 and 3 have four events together, less than ten: 4 joins them.
	if !joined || n != 3 || !slices.Equal(into, []int{0, 2, 1, 2, 2}) {
		t.Error(into, n, joined)
	}
	into, n, joined = Collapse([]float64{20, 20}, []float64{20, 20})
	if joined || n != 2 || !slices.Equal(into, []int{0, 1}) {
		t.Error(into, n, joined)
	}
	if _, n, _ = Collapse([]float64{3, 2}, []float64{3, 1}); n != 1 {
		t.Error("nine events in", n)
	}
}

func TestGTest(t *testing.T) {
	// 2 (10 ln(10/15) + 20 ln(20/15)) * 2
	a, b := []float64{10, 20}, []float64{20, 10}
	g, p := GTest(a, b, 1, 20000, stat.Stream(4, "g", 0))
	near(t, "G", g, 4*(10*math.Log(10./15)+20*math.Log(20./15)), 1e-12)
	// Fisher's exact test of this table.
	near(t, "p", p, .0194, .004)
	_, scaled := GTest(a, b, 3, 20000, stat.Stream(4, "g", 0))
	if scaled < .1 {
		t.Error("dispersion 3 leaves p at", scaled)
	}
	z, q := Residuals(a, b, 1)
	near(t, "residual", z[0], 5/math.Sqrt(15*.5*.5), 1e-12)
	near(t, "two categories have one residual", q[0], q[1], 1e-12)
}

// TestLogit compares with closed forms: a saturated model reproduces the log
// odds, and its variance is the sum of the reciprocals of the counts.
func TestLogit(t *testing.T) {
	counts := []float64{40, 25, 35, 60, 60, 30}
	x := []float64{1, 0, 1, 1}
	l, err := FitLogit(counts, x, 3, 2)
	if err != nil || len(l.Beta) != 4 {
		// Two rows are fewer than two regressors and a remainder; repeat them.
		l, err = FitLogit(slices.Concat(counts, counts), slices.Concat(x, x), 3, 2)
	}
	if err != nil {
		t.Fatal(err)
	}
	near(t, "log odds", l.Beta[1], math.Log(60./60)-math.Log(25./40), 2e-3)
	near(t, "log odds", l.Beta[3], math.Log(30./60)-math.Log(35./40), 2e-3)
	near(t, "variance", l.Cov[1*4+1], (1./60+1./60+1./25+1./40)/2, 1e-3)
	if _, err := FitLogit(counts[:3], x[:2], 3, 2); err == nil {
		t.Error("one row fits two regressors")
	}
}

// TestClumped recovers the correlation within blocks and tests at its level.
func TestClumped(t *testing.T) {
	const k, blocks, reps = 4, 24, 200
	rho, reject, multinomial := 0.0, 0, 0
	for rep := range reps {
		r := stat.Stream(5, "clumped", rep)
		y, side := make([]float64, blocks*k), make([]int, blocks)
		for b := range blocks {
			side[b] = b / (blocks / 2)
			draw(r, dirichlet(r, []float64{4 * .4, 4 * .3, 4 * .2, 4 * .1}), 15, y[b*k:b*k+k])
		}
		c, err := FitClumped(y, side, k)
		if err != nil {
			t.Fatal(err)
		}
		rho += c.Rho
		if c.P < .05 {
			reject++
		}
		a, b := make([]float64, k), make([]float64, k)
		for i := range y {
			if side[i/k] == 0 {
				a[i%k] += y[i]
			} else {
				b[i%k] += y[i]
			}
		}
		if _, p := GTest(a, b, 1, 99, r); p < .05 {
			multinomial++
		}
	}
	near(t, "rho", rho/reps, .2, .03) // maximum likelihood is a little low in 24 blocks
	if reject > 22 {                  // 5% and a small sample's excess: 11% at most
		t.Errorf("%d of %d reject", reject, reps)
	}
	if multinomial < 60 {
		t.Error("the simulation is not overdispersed, so the test shows nothing:", multinomial)
	}
}

func dirichlet(r *rand.Rand, alpha []float64) []float64 {
	p, s := make([]float64, len(alpha)), 0.0
	for i, a := range alpha {
		p[i] = stat.Gamma(r, a)
		s += p[i]
	}
	for i := range p {
		p[i] /= s
	}
	return p
}

func draw(r *rand.Rand, p []float64, n int, into []float64) {
	for range n {
		into[category(r, p)]++
	}
}

func category(r *rand.Rand, p []float64) int {
	u := r.Float64()
	for k, v := range p {
		if u -= v; u < 0 {
			return k
		}
	}
	return len(p) - 1
}

var classes = []string{"ambush", "bomb", "clash", "mortar", "raid"}

// world is a record with a known mix. Operations of 1 to 5 events of one area
// and week have one class.
type world struct {
	before, after int // days
	near, far     float64
	fall          float64   // rate after over rate before, near
	clump         bool      // operations instead of single events
	mix           []float64 // before, and after far away
	then          []float64 // after, near
	everywhere    bool      // then holds far away, too
	localBefore   float64   // concentration of the areas' own mixes, 0: all alike
	localAfter    float64
	nocontrol     bool
}

var even = []float64{.3, .25, .2, .15, .1}

func (w world) pattern(r *rand.Rand) *athar.Pattern {
	p := &athar.Pattern{Grain: 1, Control: !w.nocontrol, Categories: true}
	for i := range 30 {
		role := athar.Far
		if i < 10 {
			role = athar.Role(i / 4)
		}
		p.Areas = append(p.Areas, athar.PatternArea{Code: "a" + strconv.Itoa(100+i), Role: role, Province: i / 5})
	}
	start := athar.Date(2020, 6, 1)
	p.Before = athar.Span{First: start - athar.Day(w.before), Last: start - 1}
	p.After = athar.Span{First: start, Last: start + athar.Day(w.after) - 1}
	p.Start = athar.Span{First: start, Last: start}
	if w.mix == nil {
		w.mix = even
	}
	if w.then == nil {
		w.then = w.mix
	}
	own := func(base []float64, c float64) [][]float64 {
		all := make([][]float64, len(p.Areas))
		for i := range all {
			all[i] = base
			if c > 0 {
				alpha := make([]float64, len(base))
				for k, v := range base {
					alpha[k] = c * v
				}
				all[i] = dirichlet(r, alpha)
			}
		}
		return all
	}
	first := own(w.mix, w.localBefore)
	second := first
	if w.localAfter != w.localBefore {
		second = own(w.mix, w.localAfter)
	}
	for side, span := range []athar.Span{p.Before, p.After} {
		for i, a := range p.Areas {
			rate := w.far / 20
			if a.Near() {
				rate = w.near / 10
				if side == 1 {
					rate *= w.fall
				}
			}
			if w.clump {
				rate /= 3
			}
			mix := first[i]
			if side == 1 {
				if a.Near() {
					mix = second[i]
				}
				if w.localAfter == w.localBefore && (a.Near() || w.everywhere) && w.localBefore == 0 {
					mix = w.then
				}
			}
			for d := span.First; d <= span.Last; d++ {
				for range int(stat.NegBin(r, rate, 1)) {
					n := 1
					if w.clump {
						n = 1 + r.IntN(5)
					}
					class := classes[category(r, mix)]
					for range n {
						p.Records = append(p.Records, athar.Record{Area: i, When: athar.Span{First: d, Last: d}, Class: class, N: 1})
					}
				}
			}
		}
	}
	return p
}

// rates are the shares of replications with P < .05 for mix and mix-local.
func rates(t *testing.T, w world, reps int) (mix, areas float64) {
	t.Helper()
	if s := os.Getenv("ATHAR_REPS"); s != "" {
		reps, _ = strconv.Atoi(s)
	}
	var n [2]int
	for rep := range reps {
		p := w.pattern(stat.Stream(7, "mix-test", rep))
		for j, x := range []athar.Indicator{divergence(p, uint64(rep), 199), local(p, uint64(rep), 99)} {
			if x.Refusal == nil && x.P < .05 {
				n[j]++
			}
		}
	}
	mix, areas = float64(n[0])/float64(reps), float64(n[1])/float64(reps)
	t.Logf("mix %.3f, mix-local %.3f in %d replications", mix, areas, reps)
	return
}

// TestLevel: no change of mix, a rate that falls, clumps, unequal lengths, and
// a mix that changes everywhere.
func TestLevel(t *testing.T) {
	if testing.Short() {
		t.Skip("simulation")
	}
	later := []float64{.15, .25, .3, .15, .15}
	for _, x := range []struct {
		name string
		w    world
	}{
		{"n falls 40%", world{before: 365, after: 365, near: .8, far: 1.5, fall: .6}},
		{"n falls 40%, clumps", world{before: 365, after: 365, near: .8, far: 1.5, fall: .6, clump: true}},
		{"15 months and 3, clumps", world{before: 456, after: 91, near: 1.5, far: 3, fall: .6, clump: true}},
		{"changes everywhere", world{before: 365, after: 365, near: .8, far: 1.5, fall: .6, then: later, everywhere: true}},
		{"areas differ", world{before: 365, after: 365, near: .8, far: 1.5, fall: .6, localBefore: 3, localAfter: 3}},
	} {
		t.Run(x.name, func(t *testing.T) {
			mix, local := rates(t, x.w, 20)
			if mix > .2 || local > .2 { // more than 4 of 20: one in 390 at a level of 5%
				t.Error("too many")
			}
		})
	}
}

// TestPower: 200 events a side near, a moderate change of the mix, and areas that
// part ways.
func TestPower(t *testing.T) {
	if testing.Short() {
		t.Skip("simulation")
	}
	day := 200. / 365
	mix, _ := rates(t, world{before: 365, after: 365, near: day, far: 3 * day, fall: 1, then: []float64{.1, .2, .25, .2, .25}}, 20)
	if mix < .7 {
		t.Error("a changed mix is found in", mix)
	}
	// Areas near the campaign part ways after it, those far away do not.
	_, local := rates(t, world{before: 365, after: 365, near: day, far: 3 * day, fall: 1, localAfter: 2}, 20)
	if local < .5 {
		t.Error("areas that part ways are found in", local)
	}
}

func TestDegenerate(t *testing.T) {
	w := world{before: 200, after: 200, near: .5, far: 1, fall: 1}
	base := w.pattern(stat.Stream(8, "degenerate", 0))
	for name, change := range map[string]func(p *athar.Pattern){
		"empty":         func(p *athar.Pattern) { p.Records = nil },
		"no categories": func(p *athar.Pattern) { p.Categories = false },
		"one class": func(p *athar.Pattern) {
			for i := range p.Records {
				p.Records[i].Class = "x"
			}
		},
		"no class": func(p *athar.Pattern) {
			for i := range p.Records {
				p.Records[i].Class = ""
			}
		},
		"nothing after": func(p *athar.Pattern) {
			p.Records = slices.DeleteFunc(p.Records, func(r athar.Record) bool { return r.When.First >= p.After.First })
		},
		"all classes rare": func(p *athar.Pattern) {
			for i := range p.Records {
				p.Records[i].Class = "c" + strconv.Itoa(i)
			}
		},
	} {
		p := *base
		p.Records = slices.Clone(base.Records)
		change(&p)
		x := Indicators(&p, 1)
		if name == "all classes rare" {
			continue // joined into one or two; must not panic
		}
		for _, v := range x {
			if v.Refusal == nil || !math.IsNaN(float64(v.Change)) {
				t.Errorf("%s: %s is not refused", name, v.Code)
			}
		}
	}
}

func TestSameBytes(t *testing.T) {
	p := world{before: 200, after: 100, near: .8, far: 1, fall: .6}.pattern(stat.Stream(9, "bytes", 0))
	one, err := json.Marshal(Indicators(p, 5))
	if err != nil {
		t.Fatal(err)
	}
	r := stat.Stream(9, "shuffle", 0)
	r.Shuffle(len(p.Records), func(i, j int) { p.Records[i], p.Records[j] = p.Records[j], p.Records[i] })
	two, _ := json.Marshal(Indicators(p, 5))
	if string(one) != string(two) {
		t.Error("the order of rows shows")
	}
	// A shift of all days by whole years of seasons is not needed: mix knows the
	// season only in the adjusted model's note, which is left out here.
	for i := range p.Records {
		p.Records[i].When.First += 700
		p.Records[i].When.Last += 700
	}
	p.Before = athar.Span{First: p.Before.First + 700, Last: p.Before.Last + 700}
	p.After = athar.Span{First: p.After.First + 700, Last: p.After.Last + 700}
	a, b := Indicators(p, 5)[0], athar.Indicator{}
	if err := json.Unmarshal(one[1:strings.Index(string(one), `,{"code":"mix-local"`)], &b); err != nil {
		t.Fatal(err)
	}
	near(t, "shifted", float64(a.Change), float64(b.Change), 1e-8)
	near(t, "shifted p", float64(a.P), float64(b.P), 1e-8)
}
