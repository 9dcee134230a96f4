package joint

import (
	"math"
	"slices"
	"testing"

	"athar"
	"athar/stat"
)

// world draws a study with staggered campaigns of different effects: 24 months
// before the first, campaigns of 6 months that start 6 months apart with 6
// months after each, per areas inside each and as many in its ring, and far
// areas. Inside and ring are the true ratios by campaign; growth adds to ln RR
// every month. It returns the pooled truth by question as in Result.Effects.
type world struct {
	campaigns, per, far int
	history             int // months before all that
	inside, ring        []float64
	growth              float64
	sigma, rho          float64
}

func (w world) draw(k int) (*Data, map[string]float64) {
	na := 2*w.campaigns*w.per + w.far
	nt := w.history + 24 + 6*w.campaigns + 6
	d := &Data{Areas: na, Periods: make([]athar.Period, nt), Count: make([]float64, na*nt), Known: make([]bool, na*nt), Rings: []float64{50}}
	for t := range d.Periods {
		d.Periods[t] = athar.Period{Span: athar.Span{First: athar.Day(30 * t), Last: athar.Day(30*t + 29)}, Days: 30}
	}
	for j := range w.campaigns {
		c := Campaign{ID: string(rune('a' + j)), Inside: make([]bool, na), Km: make([]float64, na), Phase: make([]athar.Phase, nt)}
		for i := range na {
			c.Km[i] = 500
			if i/w.per == 2*j {
				c.Inside[i], c.Km[i] = true, 0
			} else if i/w.per == 2*j+1 {
				c.Km[i] = 20
			}
		}
		start := w.history + 24 + 6*j
		for t := range nt {
			switch {
			case t < start-24 || t >= start+12:
				c.Phase[t] = athar.Outside
			case t < start:
				c.Phase[t] = athar.Pre
			case t < start+6:
				c.Phase[t] = athar.During
			default:
				c.Phase[t] = athar.Post
			}
		}
		d.Campaigns = append(d.Campaigns, c)
	}
	volume := stat.Stream(1, "world", 0)
	r := stat.Stream(2, "world", k)
	obs, exp := map[string]float64{}, map[string]float64{}
	for i := range na {
		level := 4 * math.Exp(.6*volume.NormFloat64())
		x := r.NormFloat64()
		for t := range nt {
			mu := level * math.Exp(.4*math.Sin(float64(t)/3)-.01*float64(t))
			rr := 1.0
			for j := range w.campaigns {
				c := &d.Campaigns[j]
				ph := c.Phase[t]
				if ph != athar.During && ph != athar.Post || c.Km[i] > 50 {
					continue
				}
				effect, q := w.ring, "ring"
				if c.Inside[i] {
					effect, q = w.inside, "inside"
				}
				rr = effect[j%len(effect)] * math.Exp(w.growth*float64(t-w.history-24-6*j))
				for _, key := range []string{q + string(ph), "net" + string(ph)} {
					obs[key] += mu * rr
					exp[key] += mu
				}
			}
			d.Count[i*nt+t] = stat.NegBin(r, mu*rr*math.Exp(w.sigma*x-w.sigma*w.sigma/2), 1.5)
			d.Known[i*nt+t] = true
			x = w.rho*x + math.Sqrt(1-w.rho*w.rho)*r.NormFloat64()
		}
	}
	for key := range obs {
		obs[key] /= exp[key]
	}
	return d, obs
}

func key(e athar.Effect) string { return string(e.Question) + string(e.Phase) }

func get(t *testing.T, r Result, q athar.Question, ph athar.Phase) athar.Effect {
	t.Helper()
	for _, e := range r.Effects {
		if e.Question == q && e.Phase == ph {
			return e
		}
	}
	t.Fatalf("no effect %s %s", q, ph)
	return athar.Effect{}
}

var differ = world{campaigns: 4, per: 4, far: 30, inside: []float64{.4, .6, .9, 1.1}, ring: []float64{1.2}, growth: -.03, sigma: .3, rho: .5}

func TestKnownTruth(t *testing.T) {
	nothing := differ
	nothing.inside, nothing.ring, nothing.growth = []float64{1}, []float64{1}, 0
	few := nothing
	few.campaigns, few.per = 3, 1
	for name, w := range map[string]world{"differ": differ, "nothing": nothing, "few": few} {
		const reps = 150
		cover, bias, n := map[string]float64{}, map[string]float64{}, map[string]float64{}
		for k := range reps {
			d, truth := w.draw(k)
			for _, e := range Estimate(d, Options{}).Effects {
				if e.Refusal != nil {
					continue
				}
				n[key(e)]++
				x := truth[key(e)]
				bias[key(e)] += math.Log(float64(e.RR) / x)
				if float64(e.Low) <= x && x <= float64(e.High) {
					cover[key(e)]++
				}
			}
		}
		if len(n) != 6 {
			t.Fatalf("%s: %d questions", name, len(n))
		}
		for q, m := range n {
			c, b := cover[q]/m, bias[q]/m
			t.Logf("%s %s: n %v covers %.3f bias %+.4f", name, q, m, c, b)
			if m < reps || c < .88 || math.Abs(b) > .08 {
				t.Errorf("%s %s: n %v covers %.3f bias %+.4f", name, q, m, c, b)
			}
		}
	}
}

// A second algorithm for the fit: iterative proportional fitting of areas and
// periods; and the jackknife by leaving areas out in earnest.
func TestAgainstProportionalFitting(t *testing.T) {
	d, _ := differ.draw(3)
	r := Estimate(d, Options{})
	e := get(t, r, athar.AskInside, athar.During)
	ratio := func(skip int) float64 {
		nt := len(d.Periods)
		a, g := make([]float64, d.Areas), make([]float64, nt)
		for i := range g {
			g[i] = 1
		}
		touched := func(i, t int) (in, any bool) {
			for _, c := range d.Campaigns {
				ph := c.Phase[t]
				after := false
				for s := range t + 1 {
					after = after || c.Phase[s] == athar.During
				}
				if after && c.Km[i] <= 50 {
					any = true
					in = in || c.Inside[i] && ph == athar.During
				}
			}
			return in, any
		}
		clean, inside := make([]bool, len(d.Count)), make([]bool, len(d.Count))
		for k := range clean {
			in, any := touched(k/nt, k%nt)
			clean[k], inside[k] = !any && k/nt != skip, in && k/nt != skip
		}
		for range 3000 {
			for i := range a {
				y, m := 0.0, 0.0
				for t := range nt {
					if k := i*nt + t; clean[k] {
						y, m = y+d.Count[k], m+g[t]
					}
				}
				a[i] = y / max(m, 1e-300)
			}
			for t := range g {
				y, m := 0.0, 0.0
				for i := range a {
					if k := i*nt + t; clean[k] {
						y, m = y+d.Count[k], m+a[i]
					}
				}
				g[t] = y / m
			}
		}
		obs, exp := 0.0, 0.0
		for k, in := range inside {
			if in {
				obs, exp = obs+d.Count[k], exp+a[k/nt]*g[k%nt]
			}
		}
		return obs / exp
	}
	if want := ratio(-1); math.Abs(float64(e.RR)/want-1) > 1e-8 {
		t.Errorf("RR %v, by proportional fitting %v", e.RR, want)
	}
	m := newModel(d, Options{})
	m.run(0)
	q := &m.class[0]
	whole := math.Log(q.obs / q.exp)
	for _, i := range []int{0, 1, 9, d.Areas - 1, d.Areas - 2} {
		want := whole - math.Log(ratio(i))
		if math.Abs(q.shift[i]-want) > .1*math.Abs(want)+2e-4 {
			t.Errorf("without area %d ln RR moves by %v, one step says %v", i, want, q.shift[i])
		}
	}
}

// same reports whether two answers print alike.
func same(a, b Result) bool {
	if len(a.Effects) != len(b.Effects) {
		return false
	}
	for i, x := range a.Effects {
		y := b.Effects[i]
		for _, p := range [][2]athar.Num{{x.RR, y.RR}, {x.Low, y.Low}, {x.High, y.High}, {x.P, y.P}, {x.Expected, y.Expected}, {x.DF, y.DF}} {
			if u, v := float64(p[0]), float64(p[1]); math.Abs(u-v) > 1e-7*(1+math.Abs(u)) || math.IsNaN(u) != math.IsNaN(v) {
				return false
			}
		}
	}
	return true
}

func TestOrderAndScaleDoNotMatter(t *testing.T) {
	d, _ := differ.draw(5)
	want := Estimate(d, Options{})
	nt := len(d.Periods)
	turn := *d
	turn.Count, turn.Known, turn.Campaigns = slices.Clone(d.Count), slices.Clone(d.Known), slices.Clone(d.Campaigns)
	slices.Reverse(turn.Campaigns)
	perm := stat.Stream(1, "permute", 0).Perm(d.Areas)
	for j := range turn.Campaigns {
		c := &turn.Campaigns[j]
		in, km := slices.Clone(c.Inside), slices.Clone(c.Km)
		for i, k := range perm {
			in[i], km[i] = c.Inside[k], c.Km[k]
		}
		c.Inside, c.Km = in, km
	}
	for i, k := range perm {
		copy(turn.Count[i*nt:(i+1)*nt], d.Count[k*nt:(k+1)*nt])
	}
	if !same(want, Estimate(&turn, Options{})) {
		t.Error("areas and campaigns in another order give another answer")
	}
	// Periods before the history of interest do not enter.
	late := differ
	late.history = 7
	long, _ := late.draw(5)
	for i := range d.Areas {
		copy(long.Count[i*(nt+7)+7:(i+1)*(nt+7)], d.Count[i*nt:(i+1)*nt])
	}
	if !same(want, Estimate(long, Options{})) {
		t.Error("a longer history moves the answer")
	}
	// Twice the days everywhere: nothing changes.
	days := *d
	days.Periods = slices.Clone(d.Periods)
	for k := range days.Periods {
		days.Periods[k].Days *= 2
	}
	if !same(want, Estimate(&days, Options{})) {
		t.Error("longer days move the answer")
	}
	a, b := Estimate(d, Options{}), Estimate(d, Options{})
	for i := range a.Effects {
		if a.Effects[i].Low.String() != b.Effects[i].Low.String() {
			t.Error("two runs differ")
		}
	}
}

// By hand: campaign a runs in areas 0 and 1 in periods 4-5, post 6-7; b in
// areas 1 and 2 in periods 6-7. Area 3 is in a ring of both, area 4 inside a and in a ring of b.
func TestCampaignsThatOverlap(t *testing.T) {
	const na, nt = 11, 8
	d := &Data{Areas: na, Periods: make([]athar.Period, nt), Count: make([]float64, na*nt), Known: make([]bool, na*nt), Rings: []float64{50}}
	for t := range d.Periods {
		d.Periods[t].Days = 30
	}
	for k := range d.Count {
		d.Count[k], d.Known[k] = 10, true
	}
	O, P, D, A := athar.Outside, athar.Pre, athar.During, athar.Post
	km := func(v ...float64) []float64 { return append(v, 500, 500, 500, 500, 500, 500) }
	in := func(a ...int) []bool {
		x := make([]bool, na)
		for _, i := range a {
			x[i] = true
		}
		return x
	}
	d.Campaigns = []Campaign{
		{ID: "a", Inside: in(0, 1, 4), Km: km(0, 0, 300, 20, 0), Phase: []athar.Phase{P, P, P, P, D, D, A, A}},
		{ID: "b", Inside: in(1, 2), Km: km(300, 0, 0, 20, 20), Phase: []athar.Phase{O, P, P, P, P, P, D, D}},
	}
	d.Count[1*nt+6] = 4 // inside b, which counts although a has ended there
	m := newModel(d, Options{})
	m.run(0)
	m.finish()
	c, o := clean, overlap
	want := [][]int16{{c, c, c, c, 0, 0, 2, 2}, {c, c, c, c, 0, 0, 0, 0}, {c, c, c, c, c, c, 0, 0}, {c, c, c, c, 1, 1, o, o}, {c, c, c, c, 0, 0, o, o}}
	for i, row := range want {
		if got := m.state[i*nt : (i+1)*nt]; !slices.Equal(got, row) {
			t.Errorf("area %d: %v, want %v", i, got, row)
		}
	}
	if m.res.Overlap != 4 || m.res.Shared != 2 || m.res.Lost != 0 {
		t.Errorf("overlap %d, shared %d, lost %d", m.res.Overlap, m.res.Shared, m.res.Lost)
	}
	q := m.class[0] // 10 cells of 10 expected, 6 fewer counted
	if q.cells != 10 || q.obs != 94 || math.Abs(q.exp-100) > 1e-6 {
		t.Errorf("inside, during: %d cells, %v of %v", q.cells, q.obs, q.exp)
	}
}

func TestRefusals(t *testing.T) {
	code := func(r Result) string {
		if r.Refusal == nil {
			return ""
		}
		return r.Refusal.Reason.Code
	}
	noFar := differ
	noFar.far = 0
	d, _ := noFar.draw(1)
	for _, e := range Estimate(d, Options{}).Effects {
		if e.Refusal == nil && e.Phase == athar.Post && e.Question == athar.AskInside && e.Periods > 18 {
			t.Errorf("periods in which every area is touched were compared: %+v", e)
		}
	}
	one, _ := differ.draw(1)
	one.Campaigns = one.Campaigns[:1]
	if c := code(Estimate(one, Options{})); c != "joint-one-campaign" {
		t.Errorf("one campaign: %q", c)
	}
	zero, _ := differ.draw(1)
	clear(zero.Count)
	if c := code(Estimate(zero, Options{})); c != "no-events" {
		t.Errorf("no events: %q", c)
	}
	thin, _ := differ.draw(1)
	nt := len(thin.Periods)
	for i := 2 * 4 * 4; i < thin.Areas-3; i++ {
		clear(thin.Known[i*nt : (i+1)*nt])
	}
	for k := range thin.Count {
		thin.Count[k] = math.Min(thin.Count[k], 1) * float64((k+k/nt)%17/16)
	}
	if c := code(Estimate(thin, Options{})); c != "joint-few-clean" {
		t.Errorf("few clean cells: %q", c)
	}
	dark, _ := differ.draw(1)
	clear(dark.Known)
	if c := code(Estimate(dark, Options{})); c != "no-events" {
		t.Errorf("nothing known: %q", c)
	}
	if r := Shift(one, Options{}); r.Refusal == nil {
		t.Error("one campaign was shifted")
	}
	short, _ := differ.draw(1)
	if r := Shift(short, Options{}); r.Refusal == nil || r.Refusal.Reason.Code != "joint-few-shifts" {
		t.Errorf("no history: %v", r.Refusal)
	}
	// A footprint without any event before: no ratio.
	empty, _ := differ.draw(1)
	for _, c := range empty.Campaigns {
		for i, in := range c.Inside {
			for t := range nt {
				if in && c.Phase[t] != athar.During {
					empty.Count[i*nt+t] = 0
				}
			}
		}
	}
	if e := get(t, Estimate(empty, Options{}), athar.AskInside, athar.During); e.Refusal == nil || e.Refusal.Reason.Code != "no-pre-events" {
		t.Errorf("no events before: %+v", e)
	}
	// And one without any while the campaigns run: an upper limit.
	gone, _ := differ.draw(1)
	for _, c := range gone.Campaigns {
		for i, in := range c.Inside {
			for t := range nt {
				if in && c.Phase[t] == athar.During {
					gone.Count[i*nt+t] = 0
				}
			}
		}
	}
	if e := get(t, Estimate(gone, Options{}), athar.AskInside, athar.During); e.RR != 0 || e.Inference != "exact" || !(e.High < .1) {
		t.Errorf("no events during: %+v", e)
	}
}

// Donut and lead look only at what was before; the lead of a world without
// drift finds nothing.
func TestDonutAndLead(t *testing.T) {
	low := 0
	for k := range 40 {
		d, truth := differ.draw(k)
		donut := get(t, Estimate(d, Options{Donut: 3}), athar.AskInside, athar.During)
		if math.Abs(math.Log(float64(donut.RR)/truth["insideduring"])) > .5 {
			t.Errorf("donut: %v, truth %v", donut.RR, truth["insideduring"])
		}
		r := Estimate(d, Options{Lead: 6})
		if len(r.Effects) != 1 {
			t.Fatalf("%d effects of the lead", len(r.Effects))
		}
		if e := r.Effects[0]; e.Refusal != nil || e.P < .05 {
			low++
		}
	}
	if low > 6 {
		t.Errorf("the time before the campaigns rejects %d times of 40", low)
	}
}

// Campaigns that differ are told from campaigns that do not, although they
// share their controls.
func TestHeterogeneity(t *testing.T) {
	alike := differ
	alike.inside, alike.growth = []float64{.6}, 0
	for name, w := range map[string]world{"differ": differ, "alike": alike} {
		found := 0
		for k := range 100 {
			d, _ := w.draw(k)
			r := Estimate(d, Options{})
			h := r.Heterogeneity
			if h == nil || h.N != 4 || len(r.Single) != 4 {
				t.Fatalf("%s: %+v", name, h)
			}
			if h.P < .05 {
				found++
			}
			if !(h.Low < h.Min*1.5 && h.High > h.Max/1.5) {
				t.Errorf("%s: another campaign between %v and %v, seen %v to %v", name, h.Low, h.High, h.Min, h.Max)
			}
		}
		t.Logf("%s: told apart %d of 100", name, found)
		if name == "differ" && found < 60 || name == "alike" && found > 12 {
			t.Errorf("%s: told apart %d of 100", name, found)
		}
	}
}

func TestShift(t *testing.T) {
	null := differ
	null.inside, null.ring, null.growth, null.history = []float64{1}, []float64{1}, 0, 70
	strong := null
	strong.inside = []float64{.3}
	for name, w := range map[string]world{"null": null, "strong": strong} {
		small := 0
		for k := range 8 {
			d, _ := w.draw(k)
			r := Shift(d, Options{})
			if r.Refusal != nil || len(r.P) != 6 {
				t.Fatalf("%s: %v %v", name, r.Refusal, r.P)
			}
			if r.P[0] < r.MinP[0]*(1-1e-9) {
				t.Errorf("p %v below the smallest %v", r.P[0], r.MinP[0])
			}
			if r.P[0] <= 1.5*r.MinP[0] {
				small++
			}
		}
		t.Logf("%s: smallest p in %d of 8", name, small)
		if name == "null" && small > 3 || name == "strong" && small < 6 {
			t.Errorf("%s: smallest p in %d of 8", name, small)
		}
	}
}
