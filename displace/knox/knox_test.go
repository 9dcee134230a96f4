package knox

import (
	"encoding/json"
	"flag"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"athar"
	"athar/stat"
	"athar/stat/spacetime"
)

var runs = flag.Int("runs", 60, "worlds of the known-truth simulations")

// world has three years of events in 300 km by 300 km. Hot spots live some months
// and fade, the whole has a season; after each event comes another within 3 km
// and 2 days with probability repeat. A share sits on a grid of towns.
func world(seed, n int, repeat float64, towns bool) (events []Event) {
	r := stat.Stream(11, "knox/world", seed)
	type spot struct{ x, y, from float64 }
	spots := make([]spot, 25)
	for i := range spots {
		spots[i] = spot{300 * r.Float64(), 300 * r.Float64(), 36*r.Float64() - 6}
	}
	add := func(day int, x, y float64) {
		if towns {
			x, y = 10*math.Round(x/10), 10*math.Round(y/10)
		}
		events = append(events, Event{athar.Day(14000 + day), 43 + x/93, 33 + y/111})
	}
	// Months as the calendar has them, so that the null holds exactly.
	first := athar.Day(14000).Time()
	for len(events) < n {
		m := r.IntN(36)
		if r.Float64() > .6+.4*math.Sin(float64(m)*math.Pi/6) {
			continue
		}
		s := spots[r.IntN(len(spots))]
		if math.Abs(float64(m)-s.from-6) > 6 && r.Float64() > .1 {
			continue
		}
		start := first.AddDate(0, m, 1-first.Day())
		days := start.AddDate(0, 1, 0).Sub(start).Hours() / 24
		day := int(start.Sub(first).Hours()/24) + int(days*r.Float64())
		x, y := s.x+6*r.NormFloat64(), s.y+6*r.NormFloat64()
		add(day, x, y)
		for len(events) < n && r.Float64() < repeat {
			x, y, day = x+1.5*r.NormFloat64(), y+1.5*r.NormFloat64(), day+r.IntN(3)
			add(day, x, y)
		}
	}
	return events
}

func haversine(a, b Event) float64 {
	const r = math.Pi / 180
	p, q := math.Sin((b.Y-a.Y)*r/2), math.Sin((b.X-a.X)*r/2)
	return 2 * spacetime.EarthKm * math.Asin(math.Sqrt(min(1, p*p+math.Cos(a.Y*r)*math.Cos(b.Y*r)*q*q)))
}

// naive fills the table by looking at every pair.
func naive(events []Event, o Options, km func(a, b Event) float64) []int64 {
	nb, nt := len(o.Km), len(o.Days)
	out := make([]int64, (nb+1)*(nt+1))
	for i, a := range events {
		for _, c := range events[:i] {
			d, lag := km(a, c), int(a.Day-c.Day)
			lag = max(lag, -lag)
			b, k := 0, 0
			for b < nb && d >= o.Km[b] {
				b++
			}
			for k < nt && lag >= o.Days[k] {
				k++
			}
			out[b*(nt+1)+k]++
		}
	}
	return out
}

// Every metric, single places and crowded towns, against a look at all pairs; and
// the exact expectation against the mean of dealt arrangements that are counted
// in the same slow way.
func TestByPairs(t *testing.T) {
	for _, c := range []struct {
		name   string
		metric Metric
		towns  bool
		n      int
		km     func(a, b Event) float64
	}{
		{"ground", GreatCircle, false, 300, haversine},
		{"towns", GreatCircle, true, 700, haversine},
		{"map", Planar, true, 200, func(a, b Event) float64 { return math.Hypot(a.X-b.X, a.Y-b.Y) }},
		{"streets", Manhattan, false, 200, func(a, b Event) float64 { return math.Abs(a.X-b.X) + math.Abs(a.Y-b.Y) }},
	} {
		for _, null := range []Null{WithinMonth, AnyDate} {
			events := world(1, c.n, .3, c.towns)
			o := Options{Metric: c.metric, Null: null, Km: []float64{.001, 2, 15, 40}, Days: []int{1, 4, 20, 45}, Draws: 400}
			if c.metric != GreatCircle { // degrees taken as km
				o.Km = []float64{.001, .02, .2, .5}
			}
			if c.towns {
				for i := range events { // crowd them
					events[i].X, events[i].Y = math.Round(events[i].X), math.Round(events[i].Y)
				}
				o.Km[3] = 130
				if c.metric != GreatCircle {
					o.Km[3] = 1.2
				}
			}
			res := Analyse(events, o)
			if res.Refusal != nil {
				t.Fatal(res.Refusal)
			}
			want := naive(events, o, c.km)
			for i, w := range want {
				if res.Cells[i].Pairs != w {
					t.Errorf("%s: cell %d: %d pairs, want %d", c.name, i, res.Cells[i].Pairs, w)
				}
			}
			s, _ := arrange(events, &o)
			if s.refuse() != nil {
				t.Fatal("refused")
			}
			sum, square := make([]float64, len(want)), make([]float64, len(want))
			dealt, times := make([]Event, s.n), 25
			day := make([]int32, s.n)
			for d := range times {
				s.deal(day, d)
				for k := range s.x {
					for i := s.first[k]; i < s.first[k+1]; i++ {
						dealt[i] = Event{athar.Day(day[i]), s.x[k], s.y[k]}
					}
				}
				closed := res.drawn[d*16 : (d+1)*16]
				for i, n := range naive(dealt, o, c.km) {
					if b, k := i/5, i%5; b < 4 && k < 4 && closed[b*4+k] != n {
						t.Fatalf("%s: draw %d, cell %d, %d: %d pairs, want %d", c.name, d, b, k, closed[b*4+k], n)
					}
					sum[i] += float64(n)
					square[i] += float64(n) * float64(n)
				}
			}
			for i := range want {
				mean := sum[i] / float64(times)
				se := math.Sqrt(max(square[i]/float64(times)-mean*mean, mean, 1) / float64(times))
				if z := (mean - float64(res.Cells[i].Expected)) / se; math.Abs(z) > 4.5 {
					t.Errorf("%s, null %d, cell %d: expected %v, mean of %d draws %v", c.name, null, i, res.Cells[i].Expected, times, mean)
				}
			}
		}
	}
}

// A small set whose arrangements can all be gone through: the expectation is the
// mean over them.
func TestExpectationIsExact(t *testing.T) {
	place := []float64{0, 0, .5, 3, 3.2, 9}
	days := []int32{0, 1, 1, 5, 6, 20}
	o := Options{Metric: Planar, Null: AnyDate, Km: []float64{1, 4}, Days: []int{2, 6}, Draws: -1}
	list := make([]Event, len(days))
	for i := range list {
		list[i] = Event{athar.Day(days[i]), place[i], 0}
	}
	s, _ := arrange(list, &o)
	s.n, s.limit = len(list), nil
	if s.refuse() == nil {
		t.Fatal("six events are answered")
	}
	s.index, _ = spacetime.NewPlane(make([]int32, len(s.x)), s.x, s.y, 4)
	s.limit = []float64{1, 16}
	_, expected := s.pairs().sum()
	var mean [4]float64
	n := 0
	var perm func(k int)
	perm = func(k int) {
		if k == len(list) {
			n++
			for i, c := range naive(list, o, func(a, b Event) float64 { return math.Abs(a.X - b.X) }) {
				if i/3 < 2 && i%3 < 2 {
					mean[i/3*2+i%3] += float64(c)
				}
			}
			return
		}
		for j := k; j < len(list); j++ {
			list[k].Day, list[j].Day = list[j].Day, list[k].Day
			perm(k + 1)
			list[k].Day, list[j].Day = list[j].Day, list[k].Day
		}
	}
	perm(0)
	for k, e := range expected {
		if math.Abs(mean[k]/float64(n)-e) > 1e-12 {
			t.Errorf("cell %d: expected %v, mean over %d arrangements %v", k, e, n, mean[k]/float64(n))
		}
	}
}

func text(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Any order of the rows gives the same bytes, and so does holding few links at a
// time, another number of workers, or (400 Gregorian years away, so that months
// stay months) another epoch. The list comes back unchanged.
func TestOrderAndShift(t *testing.T) {
	events := world(2, 600, .3, false)
	events = append(events, world(3, 600, .3, true)...)
	events = append(events, events[:20]...)
	before, after := events[:700], events[500:]
	o := Options{Draws: 49, Seed: 5}
	want, compared := text(t, Analyse(events, o)), text(t, Compare(before, after, o))
	r := rand.New(rand.NewPCG(1, 1))
	for range 3 {
		a, b := slices.Clone(events), slices.Clone(before)
		r.Shuffle(len(a), func(i, j int) { a[i], a[j] = a[j], a[i] })
		r.Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
		first := a[0]
		if text(t, Analyse(a, o)) != want || text(t, Compare(b, after, o)) != compared {
			t.Fatal("another order of rows gives another answer")
		}
		if a[0] != first {
			t.Fatal("the caller's list was sorted")
		}
	}
	old := chunk
	chunk = 500
	if text(t, Analyse(events, o)) != want {
		t.Error("another chunk gives another answer")
	}
	chunk = old
	for i := range events {
		events[i].Day -= 146097
	}
	if text(t, Analyse(events, o)) != want {
		t.Error("a shift of all days gives another answer")
	}
}

// Known truth. Wandering hot spots without repeats: dates dealt over all events
// find repeats everywhere, dates dealt within months find them in 5% of worlds.
// With repeats they are found. From one kind of period to the other, no change
// is found where there is none, with repeats in both periods too.
func TestKnownTruth(t *testing.T) {
	slack := 2.6 * math.Sqrt(.05*.95/float64(*runs))
	for _, c := range []struct {
		name         string
		repeat       float64
		towns        bool
		least, most  float64
		leastAdj     float64
		mostAdjusted float64
	}{{"none", 0, false, 0, .05 + slack, 0, .05 + slack}, {"none, towns", 0, true, 0, .05 + slack, 0, .05 + slack}, {"a tenth", .1, false, .8, 1, .8, 1}} {
		n, any, plain, ratio := 0.0, 0.0, 0.0, 0.0
		for s := range *runs {
			events := world(1000+s, 400, c.repeat, c.towns)
			o := Options{Draws: 199, Seed: uint64(s), NearKm: 5, Km: []float64{SameKm, 5, 15, 40}}
			if c.towns {
				o.NearKm = 15
			}
			res := Analyse(events, o)
			if res.Refusal != nil {
				t.Fatal(res.Refusal)
			}
			if res.Near.P <= .05 {
				n++
			}
			ratio += float64(res.Near.Ratio) / float64(*runs)
			if slices.ContainsFunc(res.Cells, func(c Cell) bool { return c.PAdj <= .05 }) {
				any++
			}
			o.Null = AnyDate
			if res := Analyse(events, o); res.Near.P <= .05 {
				plain++
			}
		}
		share := func(k float64) float64 { return k / float64(*runs) }
		t.Logf("repeats: %s: ratio %.2f, p <= .05 in %.3f, some band adjusted in %.3f; dates dealt over all events: %.3f", c.name, ratio, share(n), share(any), share(plain))
		if share(n) < c.least || share(n) > c.most || share(any) < c.leastAdj || share(any) > c.mostAdjusted {
			t.Errorf("%s: out of bounds", c.name)
		}
		if c.repeat == 0 && !c.towns && share(plain) < .2 {
			t.Errorf("%s: the plain null was expected to be fooled", c.name)
		}
	}
	for _, c := range []struct {
		name          string
		before, after float64
	}{{"none in either", 0, 0}, {"as many in both", .3, .3}, {"more afterwards", .1, .3}, {"fewer afterwards", .3, .1}} {
		var extra, ratio struct{ p, interval, both float64 }
		mean, signs := 0.0, [3]float64{}
		k := float64(*runs)
		for s := range *runs {
			// Fewer events afterwards, which is no change.
			res := Compare(world(3000+s, 500, c.before, false), world(5000+s, 300, c.after, false), Options{Draws: 199, Seed: uint64(s), Km: []float64{SameKm, 5, 15}})
			if res.Refusal != nil {
				t.Fatal(res.Refusal)
			}
			d := res.Near
			add := func(n *float64, yes bool) {
				if yes {
					*n += 1 / k
				}
			}
			add(&extra.p, d.ExtraP <= .05)
			add(&extra.interval, d.ExtraLow > 0 || d.ExtraHigh < 0)
			add(&extra.both, d.Sign() != 0)
			add(&ratio.p, d.RatioP <= .05)
			add(&ratio.interval, d.RatioLow > 1 || d.RatioHigh < 1)
			add(&ratio.both, d.RatioP <= .05 && (d.RatioLow > 1 || d.RatioHigh < 1))
			mean += math.Log(float64(d.Ratio)) / k
			signs[1+d.Sign()] += 1 / k
		}
		t.Logf("change, %s: p, interval, both: extra %.3f, ratio %.3f; mean ratio %.2f; fewer %.3f, more %.3f", c.name, extra, ratio, math.Exp(mean), signs[0], signs[2])
		switch {
		case c.before == c.after && extra.both > .05+slack:
			t.Errorf("%s: a change is found too often", c.name)
		case c.before < c.after && (signs[2] < .6 || signs[0] > 0), c.before > c.after && (signs[0] < .6 || signs[2] > 0):
			t.Errorf("%s: not found", c.name)
		}
	}
}

func TestRefusals(t *testing.T) {
	events := world(4, 100, .2, false)
	one := slices.Clone(events)
	for i := range one {
		one[i].X, one[i].Y = 44, 33
	}
	day := slices.Clone(events)
	for i := range day {
		day[i].Day = 15000
	}
	monthly := slices.Clone(events) // one day in each month
	for i := range monthly {
		y, m, _ := monthly[i].Day.Time().Date()
		monthly[i].Day = athar.Day(20000 + 31*(12*(y-2000)+int(m)))
		d := monthly[i].Day.Time()
		monthly[i].Day -= athar.Day(d.Day() - 1)
	}
	lost := slices.Clone(events)
	lost[0].X, lost[1].Y, lost[2].Y = math.NaN(), math.Inf(1), 91
	wide := slices.Clone(events)
	wide[0].Day, wide[1].Day = math.MinInt32, math.MaxInt32
	for _, c := range []struct {
		name   string
		events []Event
		o      Options
		want   string
	}{
		{"nothing", nil, Options{}, "knox-few-events"},
		{"few", events[:19], Options{}, "knox-few-events"},
		{"one place", one, Options{}, "knox-one-place"},
		{"one day", day, Options{Null: AnyDate}, "knox-one-day"},
		{"one day", day, Options{}, "knox-one-day"},
		{"one day a month", monthly, Options{}, "knox-few-events"},
		{"one day a month, any date", monthly, Options{Null: AnyDate, Draws: 9}, ""},
		{"bands fall", events, Options{Km: []float64{5, 1}}, "knox-bands"},
		{"band of 0 days", events, Options{Days: []int{0, 1}}, "knox-bands"},
		{"band not a number", events, Options{Km: []float64{math.NaN()}}, "knox-bands"},
		{"no band", events, Options{Km: []float64{}}, "knox-bands"},
		{"one place alone", events, Options{Km: []float64{SameKm}}, "knox-bands"},
		{"summary between bands", events, Options{NearKm: 3}, "knox-bands"},
		{"days too far apart", wide, Options{Null: AnyDate}, "knox-bands"},
		{"places missing", lost, Options{Draws: 9}, ""},
		{"no draws", events, Options{Draws: -1}, ""},
	} {
		res := Analyse(c.events, c.o)
		got := ""
		if res.Refusal != nil {
			got = res.Refusal.Reason.Code
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if (got == "") != (len(res.Cells) > 0) {
			t.Errorf("%s: a table and a refusal, or neither", c.name)
		}
	}
	if w := Analyse(lost, Options{Draws: -1}).Warnings; len(w) == 0 || w[0].Code != "knox-no-place" || w[0].Args["n"] != 3 {
		t.Errorf("events without a place are not told: %v", w)
	}
	if c := Compare(events, nil, Options{Draws: 9}); c.Refusal == nil || len(c.Changes) > 0 {
		t.Error("a comparison with nothing")
	}
}

// Whatever numbers come in, the table is complete or refused, and adds up.
func FuzzAnalyse(f *testing.F) {
	f.Add(uint64(1), 30, 2.0, 5, uint8(0), 1.0, 1.0)
	f.Add(uint64(2), 200, 1e4, 1<<29, uint8(1), 180.0, 1e3)
	f.Add(uint64(3), 64, .002, 1, uint8(5), 1e-9, 4.0)
	f.Fuzz(func(t *testing.T, seed uint64, n int, km float64, days int, kind uint8, spread, long float64) {
		r := rand.New(rand.NewPCG(seed, 1))
		events := make([]Event, min(max(n, 0), 300))
		for i := range events {
			events[i] = Event{athar.Day(long * r.NormFloat64()), spread * r.NormFloat64(), min(90, spread*r.NormFloat64())}
			if kind&8 != 0 && i > 0 && r.IntN(2) == 0 {
				events[i].X, events[i].Y = events[i-1].X, events[i-1].Y
			}
		}
		res := Analyse(events, Options{Metric: Metric(kind % 3), Null: Null(kind / 4 % 2), Km: []float64{km, 2 * km}, Days: []int{days, days + 1}, Draws: 5})
		if res.Refusal != nil {
			return
		}
		sum, expected := int64(0), 0.0
		for _, c := range res.Cells {
			sum += c.Pairs
			expected += float64(c.Expected)
			if c.Pairs < 0 || c.Expected < -1e-6 || !(c.P > 0 && c.P <= 1) {
				t.Fatalf("%+v", c)
			}
		}
		if all := int64(res.Events) * int64(res.Events-1) / 2; sum != all || math.Abs(expected-float64(all)) > 1e-6*float64(all) {
			t.Fatalf("%d pairs, %v expected, of %d", sum, expected, all)
		}
	})
}
