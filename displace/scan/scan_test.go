package scan

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"athar"
	"athar/stat"
	"athar/stat/spacetime"
)

var runs = flag.Int("runs", 20, "worlds of the known-truth simulations")

// grid has areas 40 km apart, a number of events each that varies tenfold, and a
// level by day that drifts and has a season; events beget others within a week in
// the same area with probability self.
func grid(seed, side, n, days int, self float64) (places []Place, cases []Case) {
	r := stat.Stream(3, "scan/grid", seed)
	var level []float64
	for i := range side * side {
		places = append(places, Place{fmt.Sprintf("A%03d", i), 42 + .43*float64(i%side), 33 + .36*float64(i/side)})
		level = append(level, math.Exp(2.3*r.Float64()))
	}
	sum := 0.0
	for i := range level {
		sum += level[i]
		level[i] = sum
	}
	for len(cases) < n {
		p, _ := slices.BinarySearch(level, sum*r.Float64())
		d := r.IntN(days)
		if u := float64(d) / float64(days); r.Float64() > .5+.3*math.Sin(12*u)+.2*u {
			continue
		}
		for {
			cases = append(cases, Case{p, athar.Day(18000 + d)})
			if d += r.IntN(7); r.Float64() >= self || d >= days || len(cases) == n {
				break
			}
		}
	}
	return places, cases
}

func haversine(a, b Place) float64 {
	const r = math.Pi / 180
	p, q := math.Sin((b.Y-a.Y)*r/2), math.Sin((b.X-a.X)*r/2)
	return 2 * spacetime.EarthKm * math.Asin(math.Sqrt(min(1, p*p+math.Cos(a.Y*r)*math.Cos(b.Y*r)*q*q)))
}

// naive tries every disc and every span.
func naive(places []Place, cases []Case, o Options, last athar.Day, periods int) (low, high float64) {
	all := float64(len(cases))
	unit := max(1, o.Unit)
	at := func(d athar.Day) int { return periods - 1 - int(last-d)/unit }
	for _, c := range places {
		for _, e := range places {
			reach := haversine(c, e)
			if reach > o.Km {
				continue
			}
			in, zone := make([]bool, len(places)), 0.0
			for k, p := range places {
				in[k] = haversine(c, p) <= reach*(1+1e-12)
			}
			for _, x := range cases {
				if in[x.Place] {
					zone++
				}
			}
			if zone > o.Share*all {
				continue
			}
			for a := range periods {
				for b := a + 1; b <= periods; b++ {
					if (b-a)*unit > o.MaxDays || o.Prospective && b < periods {
						continue
					}
					n, d := 0.0, 0.0
					for _, x := range cases {
						if t := at(x.Day); t >= a && t < b {
							d++
							if in[x.Place] {
								n++
							}
						}
					}
					mu := zone * d / all
					v := 0.0
					if n > 0 {
						v = n * math.Log(n/mu)
					}
					v += (all - n) * math.Log((all-n)/(all-mu))
					if n > mu {
						high = max(high, v)
					} else if n < mu {
						low = max(low, v)
					}
				}
			}
		}
	}
	return low, high
}

func TestByTrying(t *testing.T) {
	for seed := range 12 {
		places, cases := grid(seed, 3, 60+30*(seed%3), 30, .3)
		o := Options{Unit: 1 + seed%3, Km: []float64{50, 70, 500}[seed%3], Share: []float64{.5, .2, 1}[seed%3], MaxDays: []int{9, 15, 30, 4}[seed%4], Prospective: seed%2 == 1,
			Study: athar.Span{First: 18000, Last: 18029}, Draws: -1}
		res := SpaceTime(places, cases, o)
		if res.Refusal != nil {
			t.Fatal(res.Refusal)
		}
		low, high := naive(places, cases, o, 18029, res.Periods)
		got := func(list []Cylinder) (v float64) {
			for _, c := range list {
				v = max(v, float64(c.LLR))
			}
			return v
		}
		if math.Abs(got(res.Low)-low) > 1e-9 || math.Abs(got(res.High)-high) > 1e-9 {
			t.Errorf("seed %d: low %v, high %v, want %v, %v", seed, got(res.Low), got(res.High), low, high)
		}
		// What draws look at finds the same.
		s := arrange(places, cases, &o)
		s.refuse()
		w := newWork(s)
		w.load(s.period, nil)
		lo, hi := w.largest(s.zones(nil), limits{to: s.periods, length: s.length, prospective: o.Prospective, high: true, low: true})
		if math.Abs(lo-low) > 1e-9 || math.Abs(hi-high) > 1e-9 {
			t.Errorf("seed %d: draws find %v, %v, want %v, %v", seed, lo, hi, low, high)
		}
		// Every cylinder is what it says.
		for _, c := range slices.Concat(res.Low, res.High) {
			n, d, z := 0, 0, 0
			for _, x := range cases {
				in, then := slices.Contains(c.Places, places[x.Place].Code), x.Day >= c.Span.First && x.Day <= c.Span.Last
				if in {
					z++
				}
				if then {
					d++
				}
				if in && then {
					n++
				}
			}
			if n != c.Observed || math.Abs(float64(c.Expected)-float64(z*d)/float64(len(cases))) > 1e-9 || c.Span.Days() > max(o.MaxDays, o.Unit) {
				t.Errorf("seed %d: %+v has %d cases, %d by %d", seed, c, n, z, d)
			}
		}
	}
}

// A screen finds in every draw what going from case to case finds, whatever its
// level: none, just below the least of the draws, or so high that they have to be
// searched again.
func TestScreen(t *testing.T) {
	for seed := range 18 {
		places, cases := grid(200+seed, 4, 150+1500*(seed%3), 211, .2)
		o := Options{Unit: 3 + 4*(seed%4), Km: 90, Share: .9, MaxDays: []int{3, 40, 211}[seed/2%3], Prospective: seed%2 == 1, Draws: 12, Seed: uint64(seed), Study: athar.Span{First: 18000, Last: 18210}}
		s := arrange(places, cases, &o)
		if s.refuse() != nil {
			t.Fatal("refused")
		}
		z, l := s.zones(nil), limits{to: s.periods, length: s.length, prospective: o.Prospective, high: true, low: true}
		low, high := make([]float64, o.Draws), make([]float64, o.Draws)
		s.draw(0, o.Draws, func() search {
			return func(w *work, period []int32, d int) {
				w.load(period, nil)
				low[d], high[d] = w.largest(z, l)
			}
		})
		full := newWork(s)
		full.load(s.period, nil)
		for _, level := range []float64{0, .6, .999, 100} {
			c := newScreen(full, z, l, level*slices.Min(low), level*slices.Min(high))
			s.draw(0, o.Draws, func() search {
				n := c.counts(len(places))
				return func(w *work, period []int32, d int) {
					w.load(period, nil)
					lo, hi := c.largest(w, n)
					if math.Abs(lo-low[d]) > 1e-12*lo || math.Abs(hi-high[d]) > 1e-12*hi {
						t.Errorf("seed %d, level %v, draw %d: %v and %v, want %v and %v", seed, level, d, lo, hi, low[d], high[d])
					}
				}
			})
		}
	}
	// More cases than a lane counts: no screen.
	places, cases := grid(1, 2, topBit+1000, 30, 0)
	o := Options{Share: 1, Km: 500, MaxDays: 30, Prospective: true, Draws: pilots + 3}
	s := arrange(places, cases, &o)
	if s.refuse() != nil {
		t.Fatal("refused")
	}
	w := newWork(s)
	w.load(s.period, nil)
	if newScreen(w, s.zones(nil), limits{to: s.periods, length: s.length, prospective: true, high: true, low: true}, 1, 1) != nil {
		t.Error("counts do not fit into lanes")
	}
	if res := SpaceTime(places, cases, o); res.Refusal != nil || len(res.High) == 0 || !(res.High[0].P > 0) {
		t.Errorf("%+v", res)
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

// Rows in any order, places in any order, and another epoch give the same bytes.
func TestOrderAndShift(t *testing.T) {
	places, cases := grid(1, 6, 500, 200, .2)
	roles := make([]athar.Role, len(places))
	for i := range roles {
		roles[i] = athar.Far
		if i%6 < 3 && i/6 < 3 {
			roles[i] = 1
		}
		if i%6 < 2 && i/6 < 2 {
			roles[i] = athar.Inside
		}
	}
	o := Options{Draws: 19, Seed: 3, Km: 100, Unit: 5}
	camp := Campaign{roles, athar.Span{First: 18080, Last: 18150}}
	late := Campaign{roles, athar.Span{First: 18100, Last: 18170}}
	others := slices.Repeat([]Campaign{late}, 20)
	want, both := text(t, SpaceTime(places, cases, o)), text(t, Coincide(places, cases, camp, others, o))
	r := rand.New(rand.NewPCG(1, 1))
	for range 3 {
		perm := r.Perm(len(places))
		p, q, back := make([]Place, len(places)), make([]athar.Role, len(places)), make([]int, len(places))
		for k, i := range perm {
			p[k], q[k], back[i] = places[i], roles[i], k
		}
		c := slices.Clone(cases)
		for i := range c {
			c[i].Place = back[c[i].Place]
		}
		r.Shuffle(len(c), func(i, j int) { c[i], c[j] = c[j], c[i] })
		if text(t, SpaceTime(p, c, o)) != want {
			t.Fatal("another order gives another answer")
		}
		others := slices.Repeat([]Campaign{{q, late.Span}}, 20)
		if text(t, Coincide(p, c, Campaign{q, camp.Span}, others, o)) != both {
			t.Fatal("another order gives another coincidence")
		}
	}
	res := SpaceTime(places, cases, o)
	for i := range cases {
		cases[i].Day -= 7777
	}
	got := SpaceTime(places, cases, o)
	for _, list := range [][]Cylinder{got.Low, got.High} {
		for i := range list {
			list[i].Span.First += 7777
			list[i].Span.Last += 7777
		}
	}
	if text(t, got) != text(t, res) {
		t.Error("a shift of all days gives another answer")
	}
}

// Known truth: totals of areas and of days however uneven, and a fall of the whole
// country, give a low or a high in 5% of worlds; events added to, or taken from,
// some areas during some weeks are found there.
func TestKnownTruth(t *testing.T) {
	slack := 2.6 * math.Sqrt(.05*.95/float64(*runs))
	for _, c := range []struct {
		name      string
		change    func(r *rand.Rand, places []Place, cases []Case) []Case
		low, high bool
	}{
		{"nothing", func(r *rand.Rand, p []Place, c []Case) []Case { return c }, false, false},
		{"half of the country's events from the middle on", func(r *rand.Rand, p []Place, c []Case) []Case {
			return slices.DeleteFunc(c, func(x Case) bool { return x.Day > 18180 && r.Float64() < .5 })
		}, false, false},
		{"four areas lose all for 60 days", func(r *rand.Rand, p []Place, c []Case) []Case {
			return slices.DeleteFunc(c, func(x Case) bool {
				return x.Place%6 < 2 && x.Place/6 < 2 && x.Day >= 18195 && x.Day < 18255 && r.Float64() < 1
			})
		}, true, false},
		{"four areas have three times as many for 60 days", func(r *rand.Rand, p []Place, c []Case) []Case {
			for _, x := range slices.Clone(c) {
				if x.Place%6 < 2 && x.Place/6 < 2 && x.Day >= 18195 && x.Day < 18255 {
					c = append(c, x, x)
				}
			}
			return c
		}, false, true},
	} {
		low, high, where := 0, 0, 0
		for s := range *runs {
			places, cases := grid(100+s, 6, 1200, 360, 0)
			cases = c.change(stat.Stream(5, c.name, s), places, cases)
			res := SpaceTime(places, cases, Options{Draws: 99, Seed: uint64(s), Unit: 15, Km: 50, Study: athar.Span{First: 18000, Last: 18359}})
			if res.Refusal != nil {
				t.Fatal(res.Refusal)
			}
			some := func(list []Cylinder) bool {
				return slices.ContainsFunc(list, func(c Cylinder) bool { return c.P <= .05 })
			}
			if some(res.Low) {
				low++
			}
			if some(res.High) {
				high++
			}
			for _, y := range slices.Concat(res.Low, res.High) {
				if y.P <= .05 && y.Span.First < 18255 && y.Span.Last >= 18195 && slices.ContainsFunc(y.Places, func(code string) bool {
					return slices.Contains([]string{"A000", "A001", "A006", "A007"}, code)
				}) {
					where++
					break
				}
			}
		}
		share := func(n int) float64 { return float64(n) / float64(*runs) }
		t.Logf("%s: low p <= .05 in %.3f, high in %.3f, there and then in %.3f", c.name, share(low), share(high), share(where))
		if !c.low && !c.high && (share(low) > .05+slack || share(high) > .05+slack) || c.low && share(low) < .6 || c.high && share(high) < .8 || (c.low || c.high) && share(where) < .6 {
			t.Errorf("%s: out of bounds", c.name)
		}
	}
}

// roles of a footprint of 2 by 2 areas at column x and row y, one area around it.
func around(side, x, y int) []athar.Role {
	roles := make([]athar.Role, side*side)
	for i := range roles {
		dx, dy := i%side-x, i/side-y
		switch {
		case dx >= 0 && dx < 2 && dy >= 0 && dy < 2:
			roles[i] = athar.Inside
		case dx >= -1 && dx < 3 && dy >= -1 && dy < 3:
			roles[i] = 1
		default:
			roles[i] = athar.Far
		}
	}
	return roles
}

// coincidenceWorld is a map of side by side areas, a campaign in its middle during the days
// 360 to 480 of 540, and campaigns that did not happen: of the same shape and length, before
// it, and where no area inside lies in its footprint or its ring, which take no part, as in a
// study.
func coincidenceWorld(side int) (camp Campaign, placebos []Campaign) {
	mid := side / 2
	camp = Campaign{around(side, mid, mid), athar.Span{First: 18360, Last: 18480}}
	for x := range side - 1 {
		for y := range side - 1 {
			if abs(x-mid) < 3 && abs(y-mid) < 3 {
				continue
			}
			first := athar.Day(18060 + 120*((x+y)%2))
			q := Campaign{around(side, x, y), athar.Span{First: first, Last: first + 120}}
			for i := range q.Roles {
				if camp.Roles[i] != athar.Far {
					q.Roles[i] = athar.LeftOut
				}
			}
			placebos = append(placebos, q)
		}
	}
	return camp, placebos
}

func abs(x int) int { return max(x, -x) }

// Known truth of the coincidence, with independent events and with bursts: nothing, a fall
// inside alone, and a fall inside whose events appear in two areas of the ring. The larger map
// is for long runs.
func TestCoincidence(t *testing.T) {
	k := max(6, *runs/4)
	slack := 2.6 * math.Sqrt(.05*.95/float64(k))
	for _, side := range []int{9, 12} {
		if side > 9 && *runs < 100 {
			continue
		}
		camp, placebos := coincidenceWorld(side)
		for _, c := range []struct {
			name       string
			self, fall float64
			move       bool
			most       float64 // of the placebo p
			least      float64
		}{
			{"nothing", 0, 0, false, .05 + slack, 0},
			{"bursts", .5, 0, false, .05 + slack, 0},
			{"a fall inside alone", 0, .7, false, .05 + slack, 0},
			{"a fall inside and its events around", 0, .7, true, 1, .3},
			{"a fall inside alone, bursts", .5, .7, false, .05 + slack, 0},
			{"a fall inside and its events around, bursts", .5, .7, true, 1, 0},
		} {
			t.Run(fmt.Sprintf("%d areas, %d placebos: %s", side*side, len(placebos), c.name), func(t *testing.T) {
				p, placebo := 0, 0
				for s := range k {
					places, cases := grid(4000+s, side, 4000*side*side/81, 540, c.self)
					r := stat.Stream(9, c.name, s)
					for i := range cases {
						if x := &cases[i]; camp.Roles[x.Place] == athar.Inside && x.Day >= camp.Span.First && x.Day <= camp.Span.Last && r.Float64() < c.fall {
							x.Place = -1
							if c.move {
								x.Place = (side/2+r.IntN(2))*side + side/2 + 2
							}
						}
					}
					cases = slices.DeleteFunc(cases, func(x Case) bool { return x.Place < 0 })
					res := Coincide(places, cases, camp, placebos, Options{Draws: 99, Seed: uint64(s), Unit: 15, Study: athar.Span{First: 18000, Last: 18539}})
					if res.Refusal != nil || res.Placebos != len(placebos) {
						t.Fatal(res.Refusal, res.Placebos)
					}
					if res.P <= .05 {
						p++
					}
					if res.PPlacebo <= .05 {
						placebo++
					}
				}
				share := func(n int) float64 { return float64(n) / float64(k) }
				t.Logf("p <= .05 in %.3f, among placebos in %.3f of %d", share(p), share(placebo), k)
				if share(placebo) > c.most || share(placebo) < c.least || c.name == "nothing" && share(p) > .05+slack {
					t.Error("out of bounds")
				}
			})
		}
	}
}

func TestRefusals(t *testing.T) {
	places, cases := grid(1, 4, 200, 100, 0)
	one, day, lost := slices.Clone(cases), slices.Clone(cases), slices.Clone(cases)
	for i := range one {
		one[i].Place, day[i].Day = 3, 18001
	}
	lost[0].Place, lost[1].Place = -1, 99
	nowhere := slices.Clone(places)
	for i := range nowhere {
		nowhere[i].X = math.NaN()
	}
	for _, c := range []struct {
		name   string
		places []Place
		cases  []Case
		o      Options
		want   string
	}{
		{"nothing", nil, nil, Options{}, "scan-few-events"},
		{"no cases", places, nil, Options{Study: athar.Span{First: 1, Last: 100}}, "scan-few-events"},
		{"few", places, cases[:19], Options{}, "scan-few-events"},
		{"no positions", nowhere, cases, Options{}, "scan-few-events"},
		{"one place", places, one, Options{}, "scan-one-place"},
		{"one day", places, day, Options{}, "scan-one-day"},
		{"one period", places, cases, Options{Unit: 1000}, "scan-one-day"},
		{"radius", places, cases, Options{Km: math.NaN()}, "scan-limits"},
		{"share", places, cases, Options{Share: 2}, "scan-limits"},
		{"unit", places, cases, Options{Unit: -1}, "scan-limits"},
		{"study", places, cases, Options{Study: athar.Span{First: 5, Last: 4}}, "scan-limits"},
		{"long study", places, cases, Options{Study: athar.Span{First: math.MinInt32, Last: math.MaxInt32}}, "scan-limits"},
		{"other study", places, cases, Options{Study: athar.Span{First: 5, Last: 40}}, "scan-few-events"},
		{"lost", places, lost, Options{Draws: 9}, ""},
		{"no draws", places, cases, Options{Draws: -1}, ""},
		{"tiny radius", places, cases, Options{Km: 1e-6, Draws: 9}, ""},
		{"tiny share", places, cases, Options{Share: 1e-6, Draws: 9}, ""},
	} {
		res := SpaceTime(c.places, c.cases, c.o)
		got := ""
		if res.Refusal != nil {
			got = res.Refusal.Reason.Code
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if w := SpaceTime(places, lost, Options{Draws: -1}).Warnings; len(w) != 1 || w[0].Code != "scan-no-place" || w[0].Args["n"] != 2 {
		t.Errorf("%v", w)
	}
	roles := around(4, 0, 0)
	for _, c := range []struct {
		name string
		camp Campaign
		want string
	}{
		{"no roles", Campaign{nil, athar.Span{First: 18050, Last: 18060}}, "scan-few-events"},
		{"no footprint", Campaign{slices.Repeat([]athar.Role{athar.Far}, 16), athar.Span{First: 18050, Last: 18060}}, "scan-roles"},
		{"before", Campaign{roles, athar.Span{First: 17000, Last: 18060}}, "scan-window"},
		{"after", Campaign{roles, athar.Span{First: 19000, Last: 19060}}, "scan-window"},
		{"turned", Campaign{roles, athar.Span{First: 18050, Last: 18040}}, "scan-window"},
		{"well", Campaign{roles, athar.Span{First: 18050, Last: 18099}}, ""},
	} {
		res := Coincide(places, cases, c.camp, []Campaign{c.camp}, Options{Draws: 19})
		got := ""
		if res.Refusal != nil {
			got = res.Refusal.Reason.Code
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if got == "" && (!slices.ContainsFunc(res.Warnings, func(n athar.Note) bool { return n.Code == "scan-few-placebos" }) || !math.IsNaN(float64(res.PPlacebo))) {
			t.Errorf("one placebo gave a p value: %+v", res)
		}
	}
}

// Whatever numbers come in: no panic, p values in range, counts that add up.
func FuzzSpaceTime(f *testing.F) {
	f.Add(uint64(1), 9, 60, 20.0, 1, 50.0, .5, 30, uint8(0))
	f.Add(uint64(2), 30, 200, 500.0, 7, 1e5, 1.0, 0, uint8(3))
	f.Add(uint64(3), 2, 25, 3.0, 2, .1, .01, 1, uint8(1))
	f.Fuzz(func(t *testing.T, seed uint64, np, n int, days float64, unit int, km, share float64, long int, kind uint8) {
		r := rand.New(rand.NewPCG(seed, 2))
		places := make([]Place, min(max(np, 0), 40))
		for i := range places {
			places[i] = Place{fmt.Sprint(i % 30), 10 * r.NormFloat64(), min(90, 30*r.NormFloat64())}
		}
		cases := make([]Case, min(max(n, 0), 300))
		for i := range cases {
			cases[i] = Case{r.IntN(len(places) + 1), athar.Day(days * r.NormFloat64())}
		}
		o := Options{Planar: kind&2 != 0, Unit: unit, Km: km, Share: share, MaxDays: long, Prospective: kind&1 != 0, Draws: 5}
		res := SpaceTime(places, cases, o)
		for _, c := range slices.Concat(res.Low, res.High) {
			if !(c.P > 0 && c.P <= 1) || c.Observed < 0 || !(c.LLR > 0) || len(c.Places) == 0 || c.Span.Days() < 1 {
				t.Fatalf("%+v", c)
			}
		}
		roles := make([]athar.Role, len(places))
		for i := range roles {
			roles[i] = athar.Role(r.IntN(5) - 2)
		}
		Coincide(places, cases, Campaign{roles, athar.Span{First: athar.Day(days * r.NormFloat64()), Last: athar.Day(days * r.NormFloat64())}}, nil, o)
	})
}
