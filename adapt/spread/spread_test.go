package spread

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"athar"
	"athar/adapt/contrast"
	"athar/internal/testdata"
	"athar/stat"
)

func spider(t *testing.T, name string) []float64 {
	t.Helper()
	b, err := os.ReadFile(testdata.Shared(t, "golden/other/spider_"+name+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	var out []float64
	for _, f := range strings.Fields(string(b))[1:] {
		x, err := strconv.ParseFloat(f, 64)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, x)
	}
	return out
}

func close(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*math.Abs(want)) {
		t.Errorf("%s is %.8g, want %.8g", what, got, want)
	}
}

// BENCHMARKS.md C5, tolerance T4.
func TestSpiders(t *testing.T) {
	for name, w := range map[string][]float64{ // n, S, Chao1, q1, q2, coverage
		"girdled": {168, 26, 43.8929, 13.82625, 8.174825, .92886},
		"logged":  {252, 37, 61.4028, 16.33707, 6.92035, .94457},
	} {
		x := spider(t, name)
		n := 0.0
		for _, v := range x {
			n += v
		}
		close(t, name+" n", n, w[0], 0)
		close(t, name+" S", Hill(x, 0), w[1], 0)
		close(t, name+" Chao1", Chao1(x), w[2], 1e-4)
		close(t, name+" q1", Estimate(x, 1), w[3], 1e-4)
		close(t, name+" q2", Estimate(x, 2), w[4], 1e-4)
		close(t, name+" coverage", Coverage(x), w[5], 1e-4)
	}
	x := spider(t, "logged")
	close(t, "observed q1", Hill(x, 1), 14.421, 1e-4)
	close(t, "observed q2", Hill(x, 2), 6.7615, 1e-4)
}

// The series in entropy against the formula as printed, which cancels.
func TestEntropyFormula(t *testing.T) {
	for _, x := range [][]float64{{5, 3, 1, 1, 2}, {4, 1, 1, 1}, {9, 2, 2, 1}, {1, 1, 1}} {
		n, _, f1, f2 := rare(x)
		a := 2 * f2 / ((n-1)*f1 + 2*f2)
		if f2 == 0 {
			a = 2 / ((n-1)*(f1-1) + 2)
		}
		h := 0.0
		for _, v := range x {
			for k := v; k < n; k++ {
				h += v / n / k
			}
		}
		b := -math.Log(a)
		for r := 1.0; r < n; r++ {
			b -= math.Pow(1-a, r) / r
		}
		h += f1 / n * math.Pow(1-a, 1-n) * b
		close(t, "entropy", Entropy(x), h, 1e-9)
	}
}

// Unbiased and nearly unbiased where the observed numbers are not, and the
// interval covers (events independent).
func TestHillTruth(t *testing.T) {
	p := make([]float64, 30)
	total := 0.0
	for i := range p {
		p[i] = 1 / float64(i+1)
		total += p[i]
	}
	for i := range p {
		p[i] /= total
	}
	truth := [3]float64{0, Hill(p, 1), Hill(p, 2)}
	const reps = 200
	var mean, raw [3]float64
	var held [3]int
	r := stat.Stream(1, "spread/hill", 0)
	for range reps {
		c := make([]float64, len(p))
		for range 60 {
			u, k := r.Float64(), 0
			for ; k < len(p)-1 && u >= p[k]; k++ {
				u -= p[k]
			}
			c[k]++
		}
		for q := 1; q < 3; q++ {
			mean[q] += Estimate(c, q) / reps
			raw[q] += Hill(c, float64(q)) / reps
			if _, low, high := Interval(c, q, 100, .95, r); low <= truth[q] && truth[q] <= high {
				held[q]++
			}
		}
	}
	for q := 1; q < 3; q++ {
		t.Logf("order %d: truth %.2f, estimated %.2f, observed %.2f, interval holds %d of %d", q, truth[q], mean[q], raw[q], held[q], reps)
		if math.Abs(mean[q]-truth[q]) > .6*math.Abs(raw[q]-truth[q]) {
			t.Errorf("order %d: the estimator is hardly better than the observed number", q)
		}
		if held[q] < 175 {
			t.Errorf("order %d: interval holds in %d of %d", q, held[q], reps)
		}
	}
}

func TestHillDegenerate(t *testing.T) {
	for _, x := range [][]float64{nil, {0, 0}} {
		for q := range 3 {
			if !math.IsNaN(Estimate(x, q)) || !math.IsNaN(Hill(x, float64(q))) {
				t.Errorf("no events have a Hill number of order %d", q)
			}
		}
	}
	for q := range 3 {
		if got := Estimate([]float64{7, 0}, q); got != 1 {
			t.Errorf("one area: order %d is %v", q, got)
		}
		if got := Hill([]float64{4, 4, 4, 0}, float64(q)); math.Abs(got-3) > 1e-12 {
			t.Errorf("three equal areas: order %d is %v", q, got)
		}
	}
	if !math.IsNaN(Simpson([]float64{1, 1, 1})) {
		t.Error("all areas with one event have an estimate of order 2")
	}
}

func TestTheil(t *testing.T) {
	counts, e, g := []float64{10, 0, 5, 25}, []float64{2, 1, 1, 4}, []int{0, 0, 1, 1}
	b, w := Theil(counts, e, g, 2)
	// By hand: S = (1/4, 3/4), E = (3/8, 5/8).
	close(t, "between", b, .25*math.Log(2./3)+.75*math.Log(1.2), 1e-12)
	in := .25*math.Log(1.5) + .75*(1./6*math.Log(1./6/.2)+5./6*math.Log(5./6/.8))
	close(t, "within", w, in, 1e-12)
	b2, w2 := Theil([]float64{20, 0, 10, 50}, []float64{4, 2, 2, 8}, g, 2)
	close(t, "scaled between", b2, b, 1e-12)
	close(t, "scaled within", w2, w, 1e-12)
	b, w = Theil(e, e, g, 2)
	if math.Abs(b)+math.Abs(w) > 1e-12 {
		t.Errorf("shares like exposure: %v, %v", b, w)
	}
}

// BENCHMARKS.md D13: a 3x3 grid of 1..9, rook neighbours, T6.
func TestMoranGrid(t *testing.T) {
	x := make([]float64, 9)
	d := make([][]float64, 9)
	for i := range x {
		x[i] = float64(i + 1)
		d[i] = make([]float64, 9)
		for j := range d[i] {
			d[i][j] = math.Hypot(float64(i%3-j%3), float64(i/3-j/3))
		}
	}
	close(t, "rook", Moran(x, Within(d, 1)), .5, 1e-6)
	// On a grid the neighbours by circles are the rook's.
	if got, want := Moran(x, Adjoining(d)), Moran(x, Within(d, 1)); got != want {
		t.Errorf("I is %v by circles, %v by distance", got, want)
	}
	if p := MoranTest(x, Within(d, 1), 999, stat.Stream(1, "spread/moran", 0)); p > .05 {
		t.Errorf("p = %v for a slope", p)
	}
	if !math.IsNaN(Moran(make([]float64, 9), Within(d, 1))) {
		t.Error("a flat field has a Moran's I")
	}
	low := 0
	for k := range 200 {
		r := stat.Stream(2, "spread/moran", k)
		for i := range x {
			x[i] = r.NormFloat64()
		}
		if MoranTest(x, Within(d, 1), 99, r) <= .05 {
			low++
		}
	}
	if low > 22 { // B(200, .05): above with probability .0006
		t.Errorf("rejects noise %d times in 200", low)
	}
}

func TestDistances(t *testing.T) {
	lon, lat := []float64{44, 45, 44}, []float64{33, 33, 34}
	d := Distances(lon, lat)
	close(t, "a degree north", d[0][2], earth*math.Pi/180, 1e-9)
	close(t, "a degree east", d[0][1], earth*math.Pi/180*math.Cos(33*math.Pi/180), 1e-4)
	p := NewPairs(d)
	r := stat.Stream(1, "spread/pairs", 0)
	for range 50 {
		c := []float64{float64(r.IntN(5)), float64(r.IntN(5)), float64(1 + r.IntN(5))}
		var at []int
		for i, x := range c {
			for range int(x) {
				at = append(at, i)
			}
		}
		var all []float64
		for i := range at {
			for j := range i {
				all = append(all, d[at[i]][at[j]])
			}
		}
		if len(all) == 0 {
			continue
		}
		slices.Sort(all)
		if got, want := p.Median(c), all[(len(all)+1)/2-1]; got != want {
			t.Errorf("%v: median %v, want %v", c, got, want)
		}
	}
	close(t, "standard distance", StandardDistance([]float64{44, 44}, []float64{33, 35}, []float64{1, 1}), earth*math.Pi/180, 1e-12)
	all := []bool{true, true, true}
	if got := ClarkEvans(d, all, 20, r); math.Abs(got-1) > 1e-12 {
		t.Errorf("all areas active: %v", got)
	}
	line := Distances([]float64{0, .1, 5, 10, 15, 20}, make([]float64, 6))
	if got := ClarkEvans(line, []bool{true, true, false, false, false, false}, 200, r); got > .3 {
		t.Errorf("two neighbours active: %v", got)
	}
}

func series(r *rand.Rand, areas, weeks int, own, shared, wave float64) []float64 {
	x := make([]float64, areas*weeks)
	for w := range weeks {
		common := stat.Gamma(r, 2) / 2
		var module [2]float64
		for m := range module {
			module[m] = stat.Gamma(r, 1)
		}
		for i := range areas {
			x[i*weeks+w] = stat.NegBin(r, own+wave*common+shared*module[i%2], 1)
		}
	}
	return x
}

func TestIndependent(t *testing.T) {
	const areas, weeks, reps = 10, 52, 40
	mean := func(own, shared, wave float64) (v, null float64) {
		d := NewIndependent(areas, weeks)
		for k := range reps {
			r := stat.Stream(1, "spread/independent", k)
			x := series(r, areas, weeks, own, shared, wave)
			v += d.Number(x, weeks) / reps
			null += d.ShiftNull(x, weeks, 10, r) / reps
		}
		return v, null
	}
	alone, null := mean(5, 0, 0)
	wave, _ := mean(1, 0, 8)
	modules, _ := mean(1, 8, 0)
	t.Logf("alone %.2f (null %.2f), with a wave for all %.2f, in two modules %.2f", alone, null, wave, modules)
	if math.Abs(alone-null) > .3 {
		t.Errorf("independent areas: %v, null %v", alone, null)
	}
	if math.Abs(wave-null) > 1.2 {
		t.Errorf("a wave that all share is not taken away: %v", wave)
	}
	if modules > null-2 {
		t.Errorf("two modules: %v, null %v", modules, null)
	}
	// (sum l)^2/sum l^2 by eigenvalues, of a matrix with the same trace.
	var e mat.EigenSym
	m := mat.NewSymDense(3, []float64{1, .3, -.2, .3, 1, .5, -.2, .5, 1})
	e.Factorize(m, false)
	s, q := 0.0, 0.0
	for _, l := range e.Values(nil) {
		s, q = s+l, q+l*l
	}
	close(t, "trace identity", s*s/q, 9/(3+2*(.09+.04+.25)), 1e-12)
	d := NewIndependent(2, 20)
	if !math.IsNaN(d.Number(make([]float64, 40), 20)) {
		t.Error("flat series have a number")
	}
}

// pattern is two years of events in near areas, two provinces, and far ones.
func pattern(seed int, before, after []float64, rate [2]float64) *athar.Pattern {
	r := stat.Stream(1, "spread/pattern", seed)
	p := &athar.Pattern{Grain: 1, Control: true, Before: athar.Span{First: 17636, Last: 17999}, After: athar.Span{First: 18000, Last: 18363}}
	k := len(before)
	for i := range 2 * k {
		a := athar.PatternArea{Code: string(rune('a' + i)), Role: athar.Inside, Province: i / 4, Lon: 44 + float64(i%4), Lat: 33 + float64(i/4), Km2: 100}
		if i >= k {
			a.Role = athar.Far
		}
		p.Areas = append(p.Areas, a)
	}
	for s, span := range []athar.Span{p.Before, p.After} {
		mix := before
		if s == 1 {
			mix = after
		}
		for i := range 2 * k {
			x := rate[s] * mix[i%k]
			if i >= k {
				x = rate[0] * before[i%k]
			}
			for d := span.First; d <= span.Last; d += 7 {
				for range int(stat.NegBin(r, x, 2)) {
					day := d + athar.Day(r.IntN(7))
					p.Records = append(p.Records, athar.Record{Area: i, When: athar.Span{First: day, Last: day}, N: 1})
				}
			}
		}
	}
	return p
}

var (
	few  = []float64{.5, .3, .1, .04, .02, .02, .01, .01}
	many = []float64{.15, .15, .14, .14, .12, .1, .1, .1}
)

func TestIndicators(t *testing.T) {
	p := pattern(1, few, many, [2]float64{12, 7})
	got := Indicators(p, 1)
	var codes []string
	for _, x := range got {
		codes = append(codes, x.Code)
		t.Logf("%-14s %v -> %v, far %v -> %v, change %v (%v to %v) p %v mde %v %s", x.Code, x.Before, x.After, x.FarBefore, x.FarAfter, x.Change, x.Low, x.High, x.P, x.MDE, x.Reading)
		for _, w := range x.Warnings {
			t.Log("   ", w.Code, w.Args)
		}
		if x.Refusal != nil {
			t.Logf("    refused: %v", x.Refusal.Reason)
		}
	}
	if want := []string{"hill-2", "hill-1", "hill-0", "theil-between", "theil-within", "moran", "distance", "independent"}; !slices.Equal(codes, want) {
		t.Errorf("codes %v", codes)
	}
	for _, k := range []int{0, 1} {
		if got[k].Reading != athar.Supports {
			t.Errorf("%s does not see activity spread: %+v", got[k].Code, got[k])
		}
	}
	for _, c := range Deciding() {
		if !slices.Contains(codes, c) {
			t.Errorf("%s decides but is not there", c)
		}
	}
	p = pattern(2, few, many, [2]float64{5, 4})
	got = Indicators(p, 1)
	q := *p
	q.Records = slices.Clone(p.Records)
	stat.Stream(9, "spread/permute", 0).Shuffle(len(q.Records), func(i, j int) { q.Records[i], q.Records[j] = q.Records[j], q.Records[i] })
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(Indicators(&q, 1))
	if string(a) != string(b) {
		t.Error("the order of records shows")
	}
}

func TestRefusals(t *testing.T) {
	reason := func(p *athar.Pattern, code string) string {
		for _, x := range Indicators(p, 1) {
			if x.Code == code && x.Refusal != nil {
				return x.Refusal.Reason.Code
			}
		}
		return ""
	}
	p := pattern(1, few, many, [2]float64{6, 6})
	p.Records = nil
	if got := reason(p, "hill-2"); got != "contrast-few" {
		t.Errorf("no events: %q", got)
	}
	p = pattern(1, few, many, [2]float64{6, 6})
	p.Grain = 30
	if got := reason(p, "independent"); got != "spread-not-weekly" {
		t.Errorf("months: %q", got)
	}
	for i := range p.Areas {
		p.Areas[i].Province, p.Areas[i].Lon, p.Areas[i].Lat = -1, 0, 0
	}
	for code, want := range map[string]string{"theil-between": "spread-no-provinces", "moran": "spread-no-points", "distance": "spread-no-points"} {
		if got := reason(p, code); got != want {
			t.Errorf("%s: %q", code, got)
		}
	}
	one := &athar.Pattern{Areas: []athar.PatternArea{{Role: athar.Inside}}, Before: p.Before, After: p.After}
	if got := reason(one, "hill-2"); got != "spread-few-areas" {
		t.Errorf("one area: %q", got)
	}
	for _, x := range Indicators(&athar.Pattern{}, 1) {
		if x.Refusal == nil {
			t.Errorf("an empty pattern has %s", x.Code)
		}
	}
}

// The deciding indicators do not see a fall of events by 40%.
func TestOnlyFewer(t *testing.T) {
	const reps = 40
	found := map[string]int{}
	for k := range reps {
		p := pattern(100+k, few, few, [2]float64{20, 12})
		o := contrast.Options{Ratio: true, Seed: uint64(k), Draws: 50, Permutations: 59}
		m, why := newMovers(p, contrast.Split(p))
		if why != nil {
			t.Fatal(why)
		}
		for code, x := range map[string]athar.Indicator{"hill-2": contrast.Compare(p, hillStatistic(2), o), "independent": contrast.Compare(m.p, m.statistic, o)} {
			if x.P <= .05 {
				found[code]++
			}
		}
	}
	t.Log(found)
	for _, c := range Deciding() {
		if found[c] > 7 { // B(40, .05): above with probability .0007
			t.Errorf("%s sees a change in %d of %d records that only became shorter", c, found[c], reps)
		}
	}
}
