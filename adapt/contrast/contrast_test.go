package contrast

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"athar"
	"athar/stat"
)

// world is a made-up record: weekly events of areas near and far, of a rate
// and a dispersion, with a mix of areas that may change.
type world struct {
	days    [2]int
	rate    [2]float64 // events a week near; far is constant at rate[0]
	phi     float64
	mix     [2][]float64
	far     []float64
	perArea bool // overdispersed area-weeks; else weeks common to all areas
	unitPhi bool // dispersion stays when the rate falls; else events are thinned
}

func weights(n int, power float64) []float64 {
	w, s := make([]float64, n), 0.0
	for i := range w {
		w[i] = 1
		for range int(power) {
			w[i] /= float64(i + 1)
		}
		s += w[i]
	}
	for i := range w {
		w[i] /= s
	}
	return w
}

func (w world) pattern(r *rand.Rand) *athar.Pattern {
	start := athar.Day(18000)
	p := &athar.Pattern{Grain: 1, Control: true,
		Before: athar.Span{First: start - athar.Day(w.days[0]), Last: start - 1},
		After:  athar.Span{First: start, Last: start + athar.Day(w.days[1]) - 1}}
	for i := range w.mix[0] {
		p.Areas = append(p.Areas, athar.PatternArea{Code: "n" + string(rune('a'+i)), Role: athar.Inside})
	}
	for i := range w.far {
		p.Areas = append(p.Areas, athar.PatternArea{Code: "f" + string(rune('a'+i)), Role: athar.Far})
	}
	for s, span := range []athar.Span{p.Before, p.After} {
		for day := span.First; day <= span.Last; day += 7 {
			len := min(7, int(span.Last-day)+1)
			part := float64(len) / 7
			common := 1.0
			if !w.perArea && w.phi > 1 {
				theta := w.rate[0] / (w.phi - 1)
				common = stat.Gamma(r, theta) / theta
			}
			put := func(area int, mean, base float64) {
				phi := 1.0
				if w.perArea && w.phi > 1 {
					phi = w.phi
					if !w.unitPhi {
						phi = 1 + (w.phi-1)*mean/base
					}
				}
				for range int(stat.NegBin(r, mean*part*common, phi)) {
					d := day + athar.Day(r.IntN(len))
					p.Records = append(p.Records, athar.Record{Area: area, When: athar.Span{First: d, Last: d}, N: 1, HasDeaths: true})
				}
			}
			for i, x := range w.mix[s] {
				put(i, x*w.rate[s], x*w.rate[0])
			}
			for i, x := range w.far {
				put(i+n(w.mix[0]), x*w.rate[0], x*w.rate[0])
			}
		}
	}
	return p
}

func n(x []float64) int { return len(x) }

// hill is the Hill number of order 2 over areas, without correction, so that
// it depends on the number of events.
func hill(e *Events) Statistic {
	c := make([]float64, len(e.Areas))
	return func(s Sample) float64 {
		clear(c)
		for _, i := range s.Pick {
			c[s.Area[i]]++
		}
		q := 0.0
		for _, x := range c {
			q += x * x
		}
		m := float64(len(s.Pick))
		return m * m / q
	}
}

// played is how a comparison does over made-up records.
type played struct {
	rejects float64 // share with p <= .05
	change  float64 // mean
	covers  float64 // share of intervals that hold the mean change
	halves  float64 // mean half width of the interval over 1.96 standard deviations of Change
}

func play(w world, of func(*Events) Statistic, reps, permutations int) played {
	var out played
	var change, low, high []float64
	for r := range reps {
		ind := Compare(w.pattern(stat.Stream(1, "contrast/sim", r)), of, Options{Code: "hill", Seed: uint64(r), Draws: 100, Permutations: permutations})
		if ind.P <= .05 {
			out.rejects += 1 / float64(reps)
		}
		change, low, high = append(change, float64(ind.Change)), append(low, float64(ind.Low)), append(high, float64(ind.High))
		out.change += float64(ind.Change) / float64(reps)
	}
	ss := 0.0
	for r, x := range change {
		ss += (x - out.change) * (x - out.change)
		if low[r] <= out.change && out.change <= high[r] {
			out.covers += 1 / float64(reps)
		}
		out.halves += (high[r] - low[r]) / 2 / float64(reps)
	}
	out.halves /= 1.96 * math.Sqrt(ss/float64(reps-1))
	return out
}

var worlds = []struct {
	name string
	world
}{
	{"Poisson, 12 and 12 months, falls 40%", world{days: [2]int{364, 364}, rate: [2]float64{5, 3}, phi: 1}},
	{"Poisson, 12 and 12 months, falls 80%", world{days: [2]int{364, 364}, rate: [2]float64{10, 2}, phi: 1}},
	{"Poisson, 15 and 3 months, falls 40%", world{days: [2]int{456, 92}, rate: [2]float64{10, 6}, phi: 1}},
	{"Poisson, 15 and 3 months, no change", world{days: [2]int{456, 92}, rate: [2]float64{10, 10}, phi: 1}},
	{"Poisson, 15 and 3 months, doubles", world{days: [2]int{456, 92}, rate: [2]float64{10, 20}, phi: 1}},
	{"area-weeks of dispersion 3, 12 and 12 months, falls 40%", world{days: [2]int{364, 364}, rate: [2]float64{5, 3}, phi: 3, perArea: true, unitPhi: true}},
	{"the same, 15 and 3 months", world{days: [2]int{456, 92}, rate: [2]float64{10, 6}, phi: 3, perArea: true, unitPhi: true}},
	{"the same, six times as many events", world{days: [2]int{456, 92}, rate: [2]float64{60, 36}, phi: 3, perArea: true, unitPhi: true}},
	{"area-weeks of dispersion 3, thinned by 40%, 12 and 12 months", world{days: [2]int{364, 364}, rate: [2]float64{5, 3}, phi: 3, perArea: true}},
	{"the same, 15 and 3 months", world{days: [2]int{456, 92}, rate: [2]float64{10, 6}, phi: 3, perArea: true}},
	{"weeks of dispersion 3 common to all areas, 15 and 3 months, falls 40%", world{days: [2]int{456, 92}, rate: [2]float64{10, 6}, phi: 3}},
}

func even(n int) []float64 { return weights(n, 0) }

// Where only the number of events changes, the comparison finds a change in at
// most about 5% of cases (docs/validation/contrast.md has the full run).
func TestOnlyFewer(t *testing.T) {
	const reps = 40
	for _, k := range []int{2, 5} {
		w := worlds[k]
		w.mix, w.far = [2][]float64{weights(8, 1), weights(8, 1)}, weights(8, 1)
		got := play(w.world, hill, reps, 59)
		t.Logf("%s: %+v", w.name, got)
		if got.rejects > 7./reps { // B(40, .05): above with probability .0007
			t.Errorf("%s: finds a change in %.0f%%", w.name, 100*got.rejects)
		}
		// The observed Hill numbers of all events do differ by their number.
		near := Split(w.pattern(stat.Stream(1, "contrast/sim", 0)))
		if len(near.Near[1])*3 > len(near.Near[0])*2 {
			t.Errorf("%s: %d and %d events are no fall", w.name, len(near.Near[0]), len(near.Near[1]))
		}
	}
}

func TestFindsPlanted(t *testing.T) {
	w := worlds[2].world
	w.mix, w.far = [2][]float64{weights(8, 2), even(8)}, weights(8, 1)
	if got := play(w, hill, 10, 99); got.rejects < .9 || got.change < 2 {
		t.Errorf("a planted spread over areas: %+v", got)
	}
}

func record(area int, day athar.Day, n int) athar.Record {
	return athar.Record{Area: area, When: athar.Span{First: day, Last: day}, N: n, Class: "bomb", HasDeaths: true, Deaths: athar.Deaths{Best: 3}}
}

func TestSplit(t *testing.T) {
	p := &athar.Pattern{Before: athar.Span{First: 0, Last: 455}, After: athar.Span{First: 470, Last: 561},
		Areas: []athar.PatternArea{{Role: athar.Inside}, {Role: athar.Far}, {Role: athar.LeftOut}, {Role: 2}}}
	p.Records = []athar.Record{record(0, 480, 3), record(3, 455, 1), record(2, 10, 1), record(1, 0, 1), record(0, 460, 1)}
	p.Records = append(p.Records, athar.Record{Area: 0, When: athar.Span{First: 450, Last: 460}, N: 1, Class: "arms"})
	s := Split(p)
	if s.Count != [2]int{15, 3} || len(s.Blocks) != 18 || s.Blocks[14].Last != 455 || s.Blocks[15].First != 470 || s.Blocks[17].Last != 561 {
		t.Errorf("blocks %v %v", s.Count, s.Blocks)
	}
	for b, x := range s.Blocks {
		if x.Days() < 21 || x.Days() > 36 {
			t.Errorf("block %d has %d days", b, x.Days())
		}
	}
	if !slices.Equal(s.Near[0], []int32{1, 2}) || !slices.Equal(s.Near[1], []int32{3, 4, 5}) || !slices.Equal(s.Far[0], []int32{0}) || s.Far[1] != nil {
		t.Errorf("sides %v %v", s.Near, s.Far)
	}
	if !slices.Equal(s.Deaths, []int32{3, -1, 3, -1, -1, -1}) || s.Classes[s.Class[1]] != "bomb" && s.Classes[s.Class[1]] != "arms" {
		t.Errorf("deaths %v, classes %v", s.Deaths, s.Class)
	}
	if !slices.Equal(s.Block, []int32{0, 14, 14, 15, 15, 15}) {
		t.Errorf("labels %v", s.Block)
	}
}

func encode(t *testing.T, p *athar.Pattern) string {
	t.Helper()
	b, err := json.Marshal(Compare(p, hill, Options{Code: "hill", Seed: 7, Draws: 50, Permutations: 99}))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Order of rows, workers and the date of day 0 do not show.
func TestSameBytes(t *testing.T) {
	w := worlds[6].world
	w.mix, w.far = [2][]float64{weights(8, 1), even(8)}, weights(8, 1)
	p := w.pattern(stat.Stream(3, "contrast/bytes", 0))
	want := encode(t, p)
	r := stat.Stream(4, "contrast/bytes", 0)
	r.Shuffle(len(p.Records), func(i, j int) { p.Records[i], p.Records[j] = p.Records[j], p.Records[i] })
	if got := encode(t, p); got != want {
		t.Errorf("rows in another order: %s, want %s", got, want)
	}
	old := runtime.GOMAXPROCS(1)
	got := encode(t, p)
	runtime.GOMAXPROCS(old)
	if got != want {
		t.Error("the number of workers shows")
	}
	for i := range p.Records {
		p.Records[i].When.First += 1000
		p.Records[i].When.Last += 1000
	}
	for _, s := range []*athar.Span{&p.Before, &p.After} {
		s.First, s.Last = s.First+1000, s.Last+1000
	}
	if encode(t, p) != want {
		t.Error("the date shows")
	}
}

// A statistic sees equal numbers of events in order of days within its span.
func TestSamples(t *testing.T) {
	w := worlds[6].world
	w.mix, w.far = [2][]float64{weights(8, 1), weights(8, 1)}, weights(8, 1)
	p := w.pattern(stat.Stream(5, "contrast/samples", 0))
	// One worker sees all calls: sides follow each other, near before far.
	old := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(old)
	calls := 0
	Compare(p, func(e *Events) Statistic {
		return func(s Sample) float64 {
			calls++
			for k, i := range s.Pick {
				if !s.Span.Has(s.Day[i]) {
					t.Fatalf("day %v is not in %v", s.Day[i], s.Span)
				}
				if k > 0 && (s.Pick[k-1] >= i || s.Day[s.Pick[k-1]] > s.Day[i]) {
					t.Fatal("events are not in order")
				}
				if !slices.Contains(s.Areas, s.Area[i]) {
					t.Fatal("an event of the other side")
				}
			}
			if d := s.Span.Days(); d < 77 || d > 105 {
				t.Fatalf("a sample covers %d days", d)
			}
			return float64(len(s.Pick))
		}
	}, Options{Code: "n", Draws: 50, Permutations: 99})
	if calls < 300 {
		t.Errorf("%d calls", calls)
	}
	ind := Compare(p, func(*Events) Statistic { return func(s Sample) float64 { return float64(len(s.Pick)) } }, Options{Code: "n", Draws: 50, Permutations: 99})
	if ind.Before != ind.After || ind.FarBefore != ind.FarAfter || ind.Change != 0 || len(ind.Warnings) != 1 || ind.Warnings[0].Code != "contrast-flat" {
		t.Errorf("the number of events itself: %+v", ind)
	}
}

// Thinning in units keeps the dispersion of area-weeks that thinning single
// events takes away.
func TestThin(t *testing.T) {
	w := worlds[7].world
	w.rate[1] = w.rate[0]
	w.mix, w.far = [2][]float64{even(8), even(8)}, even(8)
	c := &comparison{Sides: Split(w.pattern(stat.Stream(6, "contrast/thin", 0))), short: 3}
	c.cells()
	c.groups = append(c.groups, c.group(c.NearAreas, c.Near))
	k := c.worker(hill)
	k.rnd = stat.Stream(6, "contrast/thin", 1)
	weeks := (w.days[0] + 6) / 7
	phi := c.dispersion(c.Near[0], weeks)
	var by [2]float64
	for range 20 {
		for j, unit := range []float64{1, phi} {
			got := k.thin(c.Near[0], len(c.Near[0])/2, unit)
			if len(got) != len(c.Near[0])/2 {
				t.Fatalf("%d events of %d", len(got), len(c.Near[0]))
			}
			by[j] += c.dispersion(got, weeks) / 20
		}
	}
	t.Logf("dispersion %.2f; by single events %.2f, in units %.2f", phi, by[0], by[1])
	if math.Abs(by[0]-(1+phi)/2) > .2 || math.Abs(by[1]-phi) > .35 {
		t.Errorf("dispersion %v: by single events %v, in units %v", phi, by[0], by[1])
	}
}

func TestRefusals(t *testing.T) {
	w := worlds[0].world
	w.mix, w.far = [2][]float64{even(4), even(4)}, even(4)
	o := Options{Code: "hill", Draws: 20, Permutations: 39}
	fresh := func() *athar.Pattern { return w.pattern(stat.Stream(8, "contrast/refuse", 0)) }
	if x := Compare(&athar.Pattern{After: athar.Span{First: 1}}, hill, o); x.Refusal == nil || x.Refusal.Reason.Code != "contrast-no-time" {
		t.Errorf("empty: %+v", x.Refusal)
	}
	p := fresh()
	p.Records = nil
	if x := Compare(p, hill, o); x.Refusal == nil || x.Refusal.Reason.Code != "contrast-few" || x.Reading != athar.Refused {
		t.Errorf("no events: %+v", x.Refusal)
	}
	if x := Compare(fresh(), func(*Events) Statistic { return func(Sample) float64 { return math.NaN() } }, o); x.Refusal == nil || x.Refusal.Reason.Code != "contrast-undefined" {
		t.Errorf("no value: %+v", x.Refusal)
	}
	warned := func(p *athar.Pattern) string {
		x := Compare(p, hill, o)
		if x.Refusal != nil || len(x.Warnings) == 0 {
			return ""
		}
		if x.Warnings[0].Code != "contrast-no-far" && !math.IsNaN(float64(x.P)) {
			t.Errorf("%s, but p %v", x.Warnings[0].Code, x.P)
		}
		return x.Warnings[0].Code
	}
	p = fresh()
	p.Grain = 31
	if got := warned(p); got != "contrast-coarse" {
		t.Errorf("months: %q", got)
	}
	p = fresh()
	p.Before.First, p.After.Last = p.Before.Last-55, p.After.First+55
	if got := warned(p); got != "contrast-few-blocks" {
		t.Errorf("two blocks each: %q", got)
	}
	p = fresh()
	p.Records = slices.DeleteFunc(p.Records, func(r athar.Record) bool { return r.Area >= 4 })
	if got := warned(p); got != "contrast-no-far" {
		t.Errorf("nothing far: %q", got)
	}
	p.Control = false
	if got := warned(p); got != "" {
		t.Errorf("no control: %q", got)
	}
}
