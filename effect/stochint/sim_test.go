package stochint

import (
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"athar"
	"athar/stat"
)

// draw makes a world on a square of 10 x 10 cells of 10 km: operations at the
// rate of a day and a map, the rate itself following a slow wave that the
// propensity is told, and attacks that follow the wave too and rise by gain for
// every operation of each of the last days days, near the centre.
func draw(r *rand.Rand, days, m int, rate, gain float64) (in Input, truth func(from, to float64) float64) {
	all := make([]bool, 100)
	for i := range all {
		all[i] = true
	}
	w := FromMask(0, 0, 10, 10, 10, 10, all)
	wave, slope := make([]float64, days), make([]float64, 100)
	for i := range slope {
		x, y := w.Centre(i)
		slope[i] = math.Hypot(x-50, y-50) / 50
	}
	total := 0.0
	for _, v := range slope {
		total += math.Exp(-v)
	}
	in = Input{Window: w, Days: days, Covariates: []Covariate{{Name: "wave", Day: wave}, {Name: "slope", Map: slope}}, Smooth: Smoothing{Sigma: 8}}
	counts := make([]float64, days)
	for t := range days {
		wave[t] = math.Sin(2 * math.Pi * float64(t) / 180)
		mean := rate * math.Exp(.3*wave[t])
		counts[t] = distuv.Poisson{Lambda: mean, Src: r}.Rand()
		for range int(counts[t]) {
			u, c := r.Float64()*total, 0
			for ; c < 99 && u > math.Exp(-slope[c]); c++ {
				u -= math.Exp(-slope[c])
			}
			x, y := w.Centre(c)
			in.Treatment = append(in.Treatment, Event{t, x + 9*(r.Float64()-.5), y + 9*(r.Float64()-.5)})
		}
		lambda := 20 * math.Exp(.3*wave[t])
		for u := max(0, t-m); u < t; u++ {
			lambda += gain * counts[u]
		}
		for range int(distuv.Poisson{Lambda: lambda, Src: r}.Rand()) {
			in.Outcome = append(in.Outcome, Event{t, 100 * r.Float64(), 100 * r.Float64()})
		}
	}
	return in, func(from, to float64) float64 { return gain * float64(m) * (to - from) }
}

// tally runs worlds and counts how often intervals hold the truth and how often
// they leave 0 out.
func tally(n, days, m int, rate, gain, from, to, q float64, seed uint64) (used, covered, rejected int, bias, uncut float64) {
	for k := range n {
		in, truth := draw(stat.Stream(seed, "stochint/world", k), days, m, rate, gain)
		a := New(in).Contrast(Options{From: from, To: to, Days: m, Quantile: q})
		uncut += min(a.Uncut[0], a.Uncut[1]) / float64(n) // of all worlds
		if a.Refusal != nil {
			continue
		}
		used++
		e := a.Regions[0]
		bias += e.Diff - truth(from, to)
		if e.Low <= truth(from, to) && truth(from, to) <= e.High {
			covered++
		}
		if e.Low > 0 || e.High < 0 {
			rejected++
		}
	}
	return used, covered, rejected, bias / float64(used), uncut
}

func TestKnownTruth(t *testing.T) {
	const n = 60
	for _, c := range []struct {
		m              int
		gain, from, to float64
	}{{1, 0, 1.5, 2.5}, {1, 2, 1.5, 2.5}, {3, 1, 1.5, 2.5}} {
		used, covered, rejected, bias, uncut := tally(n, 500, c.m, 2, c.gain, c.from, c.to, 1, 1)
		t.Logf("%+v: %d used, %d covered, %d rejected, bias %.3f, effective %.0f", c, used, covered, rejected, bias, uncut)
		if used < n*8/10 || covered < used*88/100 || c.gain == 0 && rejected > 6 || c.gain > 0 && rejected < used/2 {
			t.Errorf("%+v: %d used, %d covered, %d rejected", c, used, covered, rejected)
		}
	}
	// The slow wave moves operations and attacks, and weights of a week do not
	// remove it: without the day before, a quarter of such worlds had an effect.
	if used, _, rejected, _, _ := tally(40, 1000, 7, 2, 0, 1.7, 2.3, 1, 2); rejected > 5 {
		t.Errorf("laws for a week: %d of 40 worlds without effect have one (%d used)", rejected, used)
	}
	// Laws far from what happened: refused, although cut weights look like many days.
	if used, _, _, _, uncut := tally(20, 500, 7, 4, 0, 1, 6, .95, 1); used > 0 || uncut > NeedEffective {
		t.Errorf("%d of 20 worlds were not refused, effective %.1f", used, uncut)
	}
}

// Operations follow a wave that the laws do not know, and weighted they no longer do.
func TestBalance(t *testing.T) {
	in, _ := draw(stat.Stream(12, "stochint/balance", 0), 1000, 1, 2, 0)
	a := New(in).Contrast(Options{From: 1.5, To: 2.5})
	if a.Refusal != nil || len(a.Balance) != 2 || a.Balance[0].Name != "wave" {
		t.Fatalf("%+v, %v", a.Balance, a.Refusal)
	}
	if got, want := a.Balance[0].Before, .3/math.Sqrt2; math.Abs(got-want) > .05 { // .3 per unit of a sine
		t.Errorf("wave: %.3f before weighting, want %.3f", got, want)
	}
	for _, b := range a.Balance {
		for k, v := range b.After {
			if math.Abs(v) > .1 {
				t.Errorf("%s: %.3f left under law %d", b.Name, v, k)
			}
		}
	}
	noted := func(a *Answer, code string) bool {
		return slices.ContainsFunc(a.Notes, func(n athar.Note) bool { return n.Code == code })
	}
	if noted(a, "stochint-unbalanced") || noted(a, "stochint-balance-unknown") {
		t.Errorf("%v", a.Notes)
	}

	// One day with 150 operations, of its own kind: as far from both laws as a day can
	// be, so that without it the kind does not vary.
	crowd := in
	day := make([]float64, in.Days)
	day[600] = 1
	crowd.Covariates = append(slices.Clone(in.Covariates), Covariate{Name: "crowd", Day: day})
	crowd.Treatment = slices.Clone(in.Treatment)
	for k := range 150 {
		crowd.Treatment = append(crowd.Treatment, Event{600, 2 + float64(k%10)*9, 2 + float64(k/10%10)*9})
	}
	if a := New(crowd).Contrast(Options{From: 1.5, To: 2.5}); a.Refusal != nil || !math.IsNaN(a.Balance[2].After[0]) || !noted(a, "stochint-balance-unknown") {
		t.Errorf("%+v, %v, %v", a.Balance, a.Notes, a.Refusal)
	}

	// Weights that are a handful of days say nothing of balance.
	if a := New(in).Contrast(Options{From: 8, To: 20, Days: 7}); a.Refusal == nil || a.Balance != nil || noted(a, "stochint-unbalanced") {
		t.Errorf("%+v, %v, %v", a.Balance, a.Notes, a.Refusal)
	}
}

// The same rows in any order give the same bits.
func TestOrderOfRows(t *testing.T) {
	in, _ := draw(stat.Stream(3, "stochint/order", 0), 250, 1, 2, 1)
	in.Smooth = Smoothing{Adaptive: true}
	in.Covariates = append(in.Covariates, History("history", in.Window, in.Outcome, in.Days, 7, Smoothing{Sigma: 10}))
	o := Options{From: 1.5, To: 2.5, Regions: in.Window.Rings([][2]float64{{50, 50}}, 20, 40)}
	a := New(in).Contrast(o)
	r := stat.Stream(4, "stochint/order", 0)
	for range 3 {
		r.Shuffle(len(in.Treatment), func(i, j int) { in.Treatment[i], in.Treatment[j] = in.Treatment[j], in.Treatment[i] })
		r.Shuffle(len(in.Outcome), func(i, j int) { in.Outcome[i], in.Outcome[j] = in.Outcome[j], in.Outcome[i] })
		in.Covariates[2] = History("history", in.Window, in.Outcome, in.Days, 7, Smoothing{Sigma: 10})
		b := New(in).Contrast(o)
		if !reflect.DeepEqual(a, b) {
			t.Fatal("another order of the rows, another answer")
		}
	}
}

// A shift of all days and of all places changes nothing but the last bits;
// rings add up to the whole.
func TestShiftAndSum(t *testing.T) {
	in, _ := draw(stat.Stream(5, "stochint/shift", 0), 250, 1, 2, 1)
	o := Options{From: 1.5, To: 2.5}
	o.Regions = in.Window.Rings([][2]float64{{50, 50}}, 20, 40)
	a := New(in).Contrast(o)
	sum := 0.0
	for _, e := range a.Regions[:len(a.Regions)-1] {
		sum += e.Diff
	}
	whole := a.Regions[len(a.Regions)-1].Diff
	if math.Abs(sum-whole) > 1e-9 {
		t.Errorf("rings %g, whole %g", sum, whole)
	}
	all := make([]bool, 100)
	for i := range all {
		all[i] = true
	}
	in.Window = FromMask(1000, -500, 10, 10, 10, 10, all)
	for _, list := range [][]Event{in.Treatment, in.Outcome} {
		for i := range list {
			list[i].X += 1000
			list[i].Y -= 500
		}
	}
	o.Regions = in.Window.Rings([][2]float64{{1050, -450}}, 20, 40)
	b := New(in).Contrast(o)
	if d := b.Regions[len(b.Regions)-1].Diff - whole; math.Abs(d) > 1e-9 {
		t.Errorf("moved places change the answer by %g", d)
	}
}

// The factorised likelihood, the same with maps written out as fields, and a
// count regression on every cell and day agree.
func TestPropensity(t *testing.T) {
	in, _ := draw(stat.Stream(6, "stochint/propensity", 0), 60, 1, 3, 0)
	w := in.Window
	ev, _ := w.admit(in.Treatment, in.Days)
	treated := w.byDay(ev, in.Days)
	p, err := fit(w, treated, in.Covariates, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	field := make([][]float64, in.Days)
	var y, x, off []float64
	for d := range field {
		field[d] = in.Covariates[1].Map
		count := make([]float64, w.Cells())
		for _, c := range treated[d] {
			count[c]++
		}
		for c, v := range count {
			y, x, off = append(y, v), append(x, 1, in.Covariates[0].Day[d], in.Covariates[1].Map[c]), append(off, math.Log(w.Area()))
		}
	}
	q, err := fit(w, treated, []Covariate{in.Covariates[0], {Name: "slope", Field: field}}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var r stat.Regression
	if err := r.Poisson(y, x, off, 3); err != nil {
		t.Fatal(err)
	}
	for k, b := range r.Beta {
		if math.Abs(p.Coef[k]-b) > 1e-7 || math.Abs(q.Coef[k]-b) > 1e-7 {
			t.Errorf("coefficient %d: %.10f, as fields %.10f, by regression %.10f", k, p.Coef[k], q.Coef[k], b)
		}
		if se := math.Sqrt(r.Cov[k*3+k]); math.Abs(p.SE[k]/se-1) > 1e-5 {
			t.Errorf("error %d: %g, by regression %g", k, p.SE[k], se)
		}
	}
}

// A surface integrates to the number of events, in any window and by every
// kernel, and a Gaussian in the middle of a large window is a Gaussian.
func TestSmooth(t *testing.T) {
	in := make([]bool, 40*40)
	for i := range in {
		in[i] = (i/40-20)*(i/40-20)+(i%40-20)*(i%40-20) < 350 && i%40 != 7
	}
	w := FromMask(-20, -20, 1, 1, 40, 40, in)
	r := stat.Stream(7, "stochint/smooth", 0)
	var e []Event
	for range 300 {
		e = append(e, Event{int(5 * r.Float64()), 12 * r.NormFloat64(), 12 * r.NormFloat64()})
	}
	ev, _ := w.admit(e, 5)
	for _, o := range []Smoothing{{}, {Sigma: 2}, {Sigma: 90}, {Adaptive: true}, {Adaptive: true, Sigma: 3}, {Adaptive: true, Classes: true}} {
		s, total := smooth(w, ev, 5, o), 0.0
		for _, v := range s.V {
			total += v * w.Area()
		}
		if math.Abs(total-float64(len(ev))) > 1e-9 {
			t.Errorf("%+v: %g of %d events", o, total, len(ev))
		}
	}
	one := smooth(w, []Event{{0, .5, .5}}, 1, Smoothing{Sigma: 2})
	for _, at := range [][2]float64{{.5, .5}, {3.5, -1.5}, {-6.5, 2.5}} {
		dx, dy := at[0]-.5, at[1]-.5
		want := math.Exp(-(dx*dx+dy*dy)/8) / (8 * math.Pi)
		if got := one.V[w.Cell(at[0], at[1])]; math.Abs(got/want-1) > 1e-3 { // a column is missing
			t.Errorf("at %v: %g, Gaussian %g", at, got, want)
		}
	}
}

// The bounds are those of the linear fractional program: no choice of factors
// at their ends goes beyond, and one attains them.
func TestBounds(t *testing.T) {
	r := stat.Stream(8, "stochint/bounds", 0)
	for range 20 {
		const n, g = 8, 1.4
		var w [2][]float64
		y := make([]float64, n)
		for i := range y {
			y[i] = math.Floor(5 * r.Float64())
			for k := range w {
				w[k] = append(w[k], r.ExpFloat64())
			}
		}
		low, high := Bounds(w, y, g)
		var l, h [2]float64
		for k := range w {
			l[k], h[k] = math.Inf(1), math.Inf(-1)
			for set := range 1 << n {
				a, b := 0.0, 0.0
				for i, v := range y {
					u := 1 / g
					if set>>i&1 == 1 {
						u = g
					}
					a += u * w[k][i] * v
					b += u * w[k][i]
				}
				l[k], h[k] = min(l[k], a/b), max(h[k], a/b)
			}
		}
		if math.Abs(low-(l[1]-h[0])) > 1e-12 || math.Abs(high-(h[1]-l[0])) > 1e-12 {
			t.Fatalf("bounds %g to %g, by trial %g to %g", low, high, l[1]-h[0], h[1]-l[0])
		}
		f := robust(w, y)
		if a, b := Bounds(w, y, f*(1-1e-6)); f > 1 && f < MaxRobust && a <= 0 && b >= 0 {
			t.Fatal("0 is within the bounds at a smaller factor")
		}
		if a, b := Bounds(w, y, f); f < MaxRobust && (a > 0 || b < 0) {
			t.Fatal("0 is not within the bounds")
		}
	}
}

func TestRefusals(t *testing.T) {
	in, _ := draw(stat.Stream(9, "stochint/refuse", 0), 250, 1, 2, 0)
	code := func(change func(*Input)) string {
		i := in
		change(&i)
		a := New(i).Contrast(Options{From: 1.5, To: 2.5})
		if a.Refusal == nil {
			return ""
		}
		return a.Refusal.Reason.Code
	}
	for _, c := range []struct {
		want   string
		change func(*Input)
	}{
		{"", func(*Input) {}},
		{"stochint-no-window", func(i *Input) { i.Window = FromPolygon(nil, 10, 10) }},
		{"stochint-few-treated", func(i *Input) { i.Treatment = nil }},
		{"stochint-few-treated", func(i *Input) { i.Days = 0; i.Covariates = nil }},
		{"stochint-no-outcome", func(i *Input) { i.Outcome = nil }},
		{"stochint-few-days", func(i *Input) { i.Days = 100; i.Covariates = i.Covariates[1:] }},
		{"stochint-propensity", func(i *Input) { i.Covariates = []Covariate{{Map: make([]float64, 100)}} }},
		{"stochint-propensity", func(i *Input) { i.Covariates = append(i.Covariates[:2:2], i.Covariates[1]) }},
	} {
		if got := code(c.change); got != c.want {
			t.Errorf("refused for %q, expected %q", got, c.want)
		}
	}
	if a := New(in).Contrast(Options{From: 0, To: 2}); a.Refusal == nil || a.Refusal.Reason.Code != "stochint-law" {
		t.Error("a law without operations was not refused")
	}
	if a := New(in).Contrast(Options{From: 1, To: 2, Days: 400}); a.Refusal == nil {
		t.Error("a law for longer than the record was not refused")
	}
	same := in
	same.Outcome = nil
	for d := range in.Days { // all at one place, as many every day
		same.Outcome = append(same.Outcome, Event{d, 50, 50})
	}
	same.Smooth = Smoothing{Adaptive: true}
	if e := New(same).Contrast(Options{From: 1.5, To: 2.5}).Regions[0]; math.Abs(e.Diff) > 1e-9 || math.IsNaN(e.DiffVar) {
		t.Errorf("the same outcome every day differs by %g", e.Diff)
	}
}

// Residuals of a propensity that knows what moves operations hold their level; bursts,
// a map and days that it was not told are found each by its own statistic.
func TestResiduals(t *testing.T) {
	reps := 60
	if n, err := strconv.Atoi(os.Getenv("ATHAR_REPS")); err == nil {
		reps = n
	}
	type rates struct{ days, serial, places int }
	ask := func(name string, change func(r *rand.Rand, in *Input)) (n rates) {
		for k := range reps {
			r := stat.Stream(5, "stochint/residuals/"+name, k)
			in, _ := draw(r, 300, 1, 2, 0)
			change(r, &in)
			x := New(in).Residuals(uint64(k))
			for _, c := range []struct {
				p float64
				n *int
			}{{x.Days, &n.days}, {x.Serial, &n.serial}, {x.Places, &n.places}} {
				if c.p <= .05 {
					*c.n++
				}
			}
		}
		t.Logf("%s: %d worlds, p <= .05: days %d, serial %d, places %d", name, reps, n.days, n.serial, n.places)
		return n
	}
	size := reps/20 + 3*int(math.Ceil(math.Sqrt(float64(reps)*.05)))
	if n := ask("right", func(*rand.Rand, *Input) {}); n.days > size || n.serial > size || n.places > size {
		t.Errorf("the right propensity: %+v of %d", n, reps)
	}
	if n := ask("bursts", func(r *rand.Rand, in *Input) {
		for _, e := range slices.Clone(in.Treatment) {
			for range int(distuv.Poisson{Lambda: 1, Src: r}.Rand()) {
				in.Treatment = append(in.Treatment, e)
			}
		}
	}); n.days < reps*9/10 {
		t.Errorf("bursts: %+v of %d", n, reps)
	}
	if n := ask("no map", func(_ *rand.Rand, in *Input) { in.Covariates = in.Covariates[:1] }); n.places < reps*3/4 || n.days > size {
		t.Errorf("a map that it was not told: %+v of %d", n, reps)
	}
	if n := ask("no days", func(r *rand.Rand, in *Input) {
		kept := in.Treatment[:0]
		for _, e := range in.Treatment {
			if e.Day/20%2 == 0 || r.Float64() < .3 {
				kept = append(kept, e)
			}
		}
		in.Treatment = kept
	}); n.serial < reps*9/10 || n.places > size {
		t.Errorf("twenty days on and off: %+v of %d", n, reps)
	}
	in, _ := draw(stat.Stream(5, "stochint/residuals/order", 0), 300, 1, 2, 0)
	want := New(in).Residuals(1)
	slices.Reverse(in.Treatment)
	if got := New(in).Residuals(1); got != want {
		t.Errorf("another order of rows: %+v, %+v", got, want)
	}
	if n := want.Kept + want.Added; math.Abs(float64(n)-want.Rate*1e4*300) > 4*math.Sqrt(float64(n)) || want.Kept == 0 || want.Added == 0 {
		t.Errorf("%+v: rate times window and days is %.0f", want, want.Rate*1e4*300)
	}
}
