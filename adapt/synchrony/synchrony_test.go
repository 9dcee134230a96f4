package synchrony

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
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

func TestEventSync(t *testing.T) {
	near(t, "with itself", EventSync([]athar.Day{1, 20, 33}, []athar.Day{1, 20, 33}), 1, 1e-15)
	near(t, "a day later", EventSync([]athar.Day{1, 20, 33}, []athar.Day{2, 21, 34}), 1, 1e-15)
	near(t, "repeated days", EventSync([]athar.Day{1, 1, 20}, []athar.Day{1, 20, 20}), 1, 1e-15)
	// Gaps 10 and 20: tau is 5; only the first pair is near enough.
	near(t, "one of two", EventSync([]athar.Day{0, 10}, []athar.Day{4, 24}), .5, 1e-15)
	near(t, "different numbers", EventSync([]athar.Day{0, 30, 60, 90}, []athar.Day{30}), 1/math.Sqrt(4), 1e-15)
	near(t, "cap of 7 days", EventSync([]athar.Day{0, 100}, []athar.Day{8, 108}), 0, 1e-15)
	if !math.IsNaN(EventSync(nil, []athar.Day{1})) {
		t.Error("no events synchronise")
	}
	r := stat.Stream(1, "q", 0)
	for range 200 {
		x, y := days60(r), days60(r)
		near(t, "symmetric", EventSync(x, y), EventSync(y, x), 1e-12)
		near(t, "as by all pairs", EventSync(x, y), slowSync(x, y), 1e-12)
	}
}

func days60(r *rand.Rand) []athar.Day {
	x := make([]athar.Day, 1+r.IntN(15))
	for i := range x {
		x[i] = athar.Day(r.IntN(60))
	}
	slices.Sort(x)
	return x
}

// slowSync writes the definition out.
func slowSync(x, y []athar.Day) float64 {
	x, y = slices.Compact(slices.Clone(x)), slices.Compact(slices.Clone(y))
	gap := func(x []athar.Day, i int) float64 {
		g := math.Inf(1)
		if i > 0 {
			g = float64(x[i] - x[i-1])
		}
		if i+1 < len(x) {
			g = min(g, float64(x[i+1]-x[i]))
		}
		return g
	}
	c := func(x, y []athar.Day) (s float64) {
		for i := range x {
			for j := range y {
				d := float64(x[i] - y[j])
				tau := min(gap(x, i)/2, gap(y, j)/2, 7)
				if d == 0 {
					s += .5
				} else if d > 0 && d <= tau {
					s++
				}
			}
		}
		return s
	}
	return (c(x, y) + c(y, x)) / math.Sqrt(float64(len(x))*float64(len(y)))
}

func TestCoincidence(t *testing.T) {
	s := athar.Span{First: 0, Last: 99}
	share, chance := Coincidence([]athar.Day{3, 10, 30, 50}, []athar.Day{3, 23, 51}, s)
	near(t, "share", share, 2./3, 1e-15) // 10 after 3 and 30 after 23; 3 has no full past
	near(t, "chance", chance, 1-math.Pow(.92, 3), 1e-15)
	if v, _ := Coincidence([]athar.Day{2}, []athar.Day{1}, s); !math.IsNaN(v) {
		t.Error("an event without a past counts")
	}
}

func TestAtLeast(t *testing.T) {
	near(t, "three coins", atLeast([]float64{.5, .5, .5}), 1./8, 1e-15)
	near(t, "four", atLeast([]float64{.5, .5, .5, .5}), 5./16, 1e-15)
	near(t, "certain", atLeast([]float64{1, 1, 1, .2}), 1, 1e-15)
	near(t, "two", atLeast([]float64{.9, .9}), 0, 1e-15)
}

func TestCorrelations(t *testing.T) {
	// Two series: 2 sum xy / (sum x^2 + sum y^2).
	near(t, "two series", MeanCorrelation([]float64{1, -1, 2, 0, 1, 1, -1, 2}, 4), -4/13., 1e-15)
	near(t, "the same", MeanCorrelation([]float64{1, -2, 1, -2, 1, -2}, 2), 1, 1e-15)
	if !math.IsNaN(MeanCorrelation([]float64{1, 2}, 2)) || !math.IsNaN(MeanCorrelation(make([]float64, 4), 2)) {
		t.Error("nothing to correlate")
	}
	x := []float64{0, 1, 0, 0, 0, 0}
	y := []float64{0, 0, 0, 1, 0, 0}
	out := make([]float64, 7)
	CrossCorrelation(x, y, 3, out)
	for l, v := range out {
		want := 0.0
		if l-3 == 2 {
			want = 1
		}
		near(t, "lag "+strconv.Itoa(l-3), v, want, 1e-15)
	}
}

// world is a record of areas with weekly rates exp(common factor).
type world struct {
	before, after int     // weeks
	rate          float64 // events an area and week, before
	fall          float64 // after over before, near
	phi           float64 // dispersion of weekly counts of an area
	ar            float64 // persistence of each area's own intensity, sd .4
	shared        float64 // sd of the log intensity that areas of a group share in a week, before
	then          float64 // and after, near
	news          float64 // sd of what all areas share
	wave          float64 // factor on all rates in weeks 2 to 5 and 10 to 13 after
	surge         float64 // factor near in the last 8 weeks before
	late          int     // weeks by which every second near area follows the shared course after
	calendar      bool    // the waves are in the calendar
	alone         bool    // no far areas
}

func (w world) pattern(r *rand.Rand) *athar.Pattern {
	start := athar.Date(2020, 6, 1)
	p := &athar.Pattern{Grain: 1, Control: !w.alone, Categories: false,
		Before: athar.Span{First: start - athar.Day(7*w.before), Last: start - 1},
		After:  athar.Span{First: start, Last: start + athar.Day(7*w.after) - 1},
		Start:  athar.Span{First: start, Last: start}}
	n := 24
	if w.alone {
		n = 10
	}
	for i := range n {
		role := athar.Far
		if i < 10 {
			role = athar.Role(i / 4)
		}
		p.Areas = append(p.Areas, athar.PatternArea{Code: "a" + strconv.Itoa(100+i), Role: role, Province: i / 2})
	}
	if w.calendar {
		for _, k := range []int{2, 10} {
			p.Calendar = append(p.Calendar, athar.Dated{Name: athar.Names{En: "wave"}, When: athar.Span{First: start + athar.Day(7*k), Last: start + athar.Day(7*k+27)}})
		}
	}
	weeks := w.before + w.after
	news, near, far := make([]float64, weeks), make([]float64, weeks+8), make([]float64, weeks)
	for t := range weeks {
		news[t] = w.news * r.NormFloat64()
		far[t] = w.shared * r.NormFloat64()
		near[t+8] = w.shared * r.NormFloat64()
		if t >= w.before {
			near[t+8] *= w.then / max(w.shared, 1e-9)
			if w.shared == 0 {
				near[t+8] = w.then * r.NormFloat64()
			}
		}
	}
	for i, a := range p.Areas {
		own := 0.0
		for t := range weeks {
			own = w.ar*own + math.Sqrt(1-w.ar*w.ar)*.4*r.NormFloat64()
			log := news[t]
			if w.ar > 0 {
				log += own
			}
			late := t - w.before
			if a.Near() {
				back := 0
				if late >= 0 && i%2 == 1 {
					back = w.late
				}
				log += near[t+8-back]
				if late < 0 && late >= -8 && w.surge > 0 {
					log += math.Log(w.surge)
				}
				if late >= 0 {
					log += math.Log(w.fall)
				}
			} else {
				log += far[t]
			}
			if w.wave > 0 && (late >= 2 && late < 6 || late >= 10 && late < 14) {
				log += math.Log(w.wave)
			}
			first := p.Before.First + athar.Day(7*t)
			for range int(stat.NegBin(r, w.rate*math.Exp(log), w.phi)) {
				d := first + athar.Day(r.IntN(7))
				p.Records = append(p.Records, athar.Record{Area: i, When: athar.Span{First: d, Last: d}, N: 1})
			}
		}
	}
	return p
}

// rates are the shares of replications with P < .05, by indicator; down those
// with a fall.
func rates(t *testing.T, w world, reps int) (all, down map[string]float64) {
	t.Helper()
	if s := os.Getenv("ATHAR_REPS"); s != "" {
		reps, _ = strconv.Atoi(s)
	}
	all, down = map[string]float64{}, map[string]float64{}
	refused := map[string]int{}
	for rep := range reps {
		for _, x := range indicators(w.pattern(stat.Stream(7, "synchrony-test", rep)), uint64(rep), 199) {
			all[x.Code] += 0
			if x.Refusal != nil {
				refused[x.Code]++
			} else if x.P < .05 {
				all[x.Code] += 1 / float64(reps)
				if x.Change < 0 {
					down[x.Code] += 1 / float64(reps)
				}
			}
		}
	}
	t.Logf("%d replications: p < .05 in %v, of them falls %v; refused %v", reps, all, down, refused)
	return all, down
}

// TestLevel: nothing changes but the rate, the dispersion, a wave, a surge or
// the length of the time after.
func TestLevel(t *testing.T) {
	if testing.Short() {
		t.Skip("simulation")
	}
	for _, x := range []struct {
		name string
		w    world
	}{
		{"n falls 40%", world{before: 52, after: 52, rate: 1, fall: .6, phi: 1}},
		{"n falls 40%, synchronous", world{before: 52, after: 52, rate: 1, fall: .6, phi: 1, shared: .6, then: .6}},
		{"n falls 40%, overdispersed and persistent", world{before: 52, after: 52, rate: 1, fall: .6, phi: 3, ar: .6, news: .3}},
		{"waves after", world{before: 52, after: 52, rate: 1, fall: .6, phi: 2, news: .3, wave: 3}},
		{"waves after, known", world{before: 52, after: 52, rate: 1, fall: .6, phi: 2, news: .3, wave: 3, calendar: true}},
		{"surge before", world{before: 52, after: 52, rate: 1, fall: .6, phi: 2, news: .3, surge: 2}},
		{"15 months and 3", world{before: 65, after: 13, rate: 1.5, fall: .6, phi: 2, shared: .4, then: .4, news: .3}},
	} {
		t.Run(x.name, func(t *testing.T) {
			all, _ := rates(t, x.w, 12)
			for _, c := range catalogue {
				if all[c.code] > .3 { // more than 3 of 12: one in 440 at a level of 5%
					t.Error(c.code, "too often:", all[c.code])
				}
			}
		})
	}
}

// TestPower: areas that moved together by weeks no longer do; about 400 events a side.
// Coincidence does not see that: the weekly course of the other areas is taken out of it.
func TestPower(t *testing.T) {
	if testing.Short() {
		t.Skip("simulation")
	}
	_, down := rates(t, world{before: 52, after: 52, rate: 1, fall: .8, phi: 1, shared: .8, then: 0}, 12)
	for _, code := range []string{"synchrony", "synchrony-raw"} {
		if down[code] < .4 {
			t.Error(code, "is found to fall in", down[code])
		}
	}
}

func TestDegenerate(t *testing.T) {
	base := world{before: 40, after: 40, rate: 1, fall: 1, phi: 1}.pattern(stat.Stream(8, "degenerate", 0))
	refused := func(p *athar.Pattern, code string) string {
		for _, x := range indicators(p, 1, 19) {
			if x.Code == code && x.Refusal != nil {
				if !math.IsNaN(float64(x.Change)) || !math.IsNaN(float64(x.P)) {
					t.Error(code, "is refused and has a value")
				}
				return x.Refusal.Reason.Code
			}
		}
		return ""
	}
	change := func(f func(p *athar.Pattern)) *athar.Pattern {
		p := *base
		p.Records = slices.Clone(base.Records)
		f(&p)
		return &p
	}
	for _, x := range []struct {
		p          *athar.Pattern
		code, want string
	}{
		{base, "synchrony", ""},
		{base, "coincidence", ""},
		{base, "multi-area-days", ""},
		{change(func(p *athar.Pattern) { p.Records = nil }), "synchrony", "synchrony-few-areas"},
		{change(func(p *athar.Pattern) { p.Areas = nil; p.Records = nil }), "lag", "synchrony-few-areas"},
		{change(func(p *athar.Pattern) { p.Grain = 30 }), "synchrony-raw", "synchrony-coarse"},
		{change(func(p *athar.Pattern) { p.Grain = 7 }), "coincidence", "synchrony-no-days"},
		{change(func(p *athar.Pattern) { p.Grain = 7 }), "synchrony", ""},
		{change(func(p *athar.Pattern) { p.Control = false }), "synchrony", "synchrony-no-factor"},
		{change(func(p *athar.Pattern) { p.Control = false }), "synchrony-raw", ""},
		{change(func(p *athar.Pattern) { p.After.Last = p.After.First + 20 }), "synchrony", "synchrony-short"},
		{change(func(p *athar.Pattern) {
			for i := range p.Records {
				p.Records[i].Area = 0
			}
		}), "synchrony", "synchrony-few-areas"},
	} {
		if got := refused(x.p, x.code); got != x.want {
			t.Errorf("%s: %q, want %q", x.code, got, x.want)
		}
	}
	// All events of all areas on the same days: complete synchrony, no change.
	same := change(func(p *athar.Pattern) {
		p.Records = p.Records[:0]
		for i := range p.Areas {
			for d := p.Before.First; d <= p.After.Last; d += 10 {
				p.Records = append(p.Records, athar.Record{Area: i, When: athar.Span{First: d, Last: d}, N: 1})
			}
		}
	})
	for _, x := range indicators(same, 1, 199) {
		if x.Refusal == nil && x.P < .05 {
			t.Error(x.Code, "changes where all is the same:", x.Change, x.P)
		}
	}
}

func TestSameBytes(t *testing.T) {
	p := world{before: 60, after: 30, rate: 1, fall: .6, phi: 2, shared: .5, then: .5}.pattern(stat.Stream(9, "bytes", 0))
	one, err := json.Marshal(indicators(p, 5, 99))
	if err != nil {
		t.Fatal(err)
	}
	r := stat.Stream(9, "shuffle", 0)
	r.Shuffle(len(p.Records), func(i, j int) { p.Records[i], p.Records[j] = p.Records[j], p.Records[i] })
	// The order of areas, too: only their codes count.
	n := len(p.Areas)
	perm, areas := r.Perm(n), make([]athar.PatternArea, n)
	for i, to := range perm {
		areas[to] = p.Areas[i]
	}
	p.Areas = areas
	for i := range p.Records {
		p.Records[i].Area = perm[p.Records[i].Area]
	}
	two, _ := json.Marshal(indicators(p, 5, 99))
	if string(one) != string(two) {
		t.Error("the order of rows shows")
	}
}

// With one unit a block, the error of a contrast is that of means with a variance
// of its own on either side: sum_s var_s/n_s.
func TestContrasted(t *testing.T) {
	near := sums{num: []float64{1, 3, 2, 7, 4, 4, 9}, den: []float64{1, 1, 1, 1, 1, 1, 1}}
	far := sums{num: []float64{0, 2, 2, 1, 5, 3, 1}, den: []float64{2, 2, 2, 2, 2, 2, 2}}
	after := []bool{false, false, false, false, true, true, true}
	value, noise := contrasted([]sums{near, far})
	var want float64
	for _, side := range [][]float64{{1 - 0, 3 - 1, 2 - 1, 7 - .5}, {4 - 2.5, 4 - 1.5, 9 - .5}} {
		m, v, n := 0.0, 0.0, float64(len(side))
		for _, x := range side {
			m += x / n
		}
		for _, x := range side {
			v += (x - m) * (x - m) / (n - 1)
		}
		want += v / n
	}
	levels := value(after)
	if math.Abs(levels[0][1]-17./3) > 1e-12 || math.Abs(noise(after, levels)-math.Sqrt(want)) > 1e-12 {
		t.Errorf("levels %v, error %v, want %v", levels, noise(after, levels), math.Sqrt(want))
	}
}

// A short side that is rougher than the long one, as that which was not thinned is:
// labels alone find a change too often, over the error they do not.
func TestUnequalNoise(t *testing.T) {
	const before, after, times, n = 26, 13, 199, 4000
	g := &grid{count: [2]int{before, after}}
	var found [2]float64
	for rep := range n {
		r := stat.Stream(9, "noise", rep)
		s := newSums(before + after)
		for b := range s.num {
			s.den[b], s.num[b] = 1, r.NormFloat64()
			if b < before {
				s.num[b] *= math.Sqrt(.5)
			}
		}
		value, noise := contrasted([]sums{s})
		for k, over := range []func([]bool, [2][2]float64) float64{nil, noise} {
			var ind athar.Indicator
			if change(&ind, g, false, times, stat.Stream(9, "noise/null", rep), value, over); ind.P <= .05 {
				found[k] += 1 / float64(n)
			}
		}
	}
	if found[0] < .07 || found[1] > .065 { // standard error .0035
		t.Errorf("found in %.3f, over its error in %.3f", found[0], found[1])
	}
}
