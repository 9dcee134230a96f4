package impute

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"athar"
	"athar/stat"
)

// strip is a map of areas one degree wide along the equator, A to D; A to C are
// province P of country X, D is in country Y and has no province.
type strip struct{}

func (strip) Locate(lon, lat float64) (string, bool) {
	if lon < 0 || lon >= 4 || lat < -1 || lat > 1 {
		return "", false
	}
	return string(rune('A' + int(lon))), true
}

func (strip) Province(c string) string {
	if c == "D" {
		return ""
	}
	return "P"
}

func (strip) Members(string) []string { return []string{"A", "B", "C"} }

func (strip) Country(c string) string {
	if c == "D" {
		return "Y"
	}
	return "X"
}

var someday = athar.Date(2020, 6, 1)

func event(id string, lon float64, place athar.PlacePrecision, days int) athar.Event {
	return athar.Event{ID: id, Lon: lon, HasPoint: true, Place: place, Class: "c", When: athar.Span{First: someday, Last: someday + athar.Day(days-1)}}
}

func some() []athar.Event {
	named := event("named", 9, athar.PlaceProvince, 1)
	named.AreaCode = "B"
	toll := event("toll", .5, athar.PlaceExact, 1)
	toll.Deaths, toll.HasDeaths = athar.Deaths{Low: 2, Best: 5, High: 40}, true
	return []athar.Event{event("exact", 1.5, athar.PlaceExact, 1), event("near", 1.1, athar.PlaceNear, 1), event("district", 2.5, athar.PlaceDistrict, 9),
		event("province", 1.5, athar.PlaceProvince, 40), event("", 1.5, athar.PlaceProvince, 40), event("", 1.5, athar.PlaceProvince, 40),
		event("fuzzy", 1.5, athar.PlaceFuzzy, 1), event("country", 1.5, athar.PlaceCountry, 1), event("sea", 1.5, athar.PlaceOffshore, 1),
		event("out", 7, athar.PlaceExact, 1), event("alone", 3.5, athar.PlaceProvince, 1), named, toll, event("silent", .5, athar.PlaceUnknown, 1)}
}

func TestClasses(t *testing.T) {
	x := New(some(), strip{})
	if n := x.Uncertain(); n != 5 { // near, district by its date, three of the province
		t.Errorf("%d events are uncertain, want 5", n)
	}
	for draw := range 50 {
		p := x.Draw(1, draw)
		for i, want := range map[int]Placed{0: {Area: "B", Day: someday}, 2: {Area: "C"}, 6: {Why: TooCoarse}, 7: {Why: TooCoarse}, 8: {Why: TooCoarse},
			9: {Why: Outside}, 10: {Why: NoProvince}, 11: {Area: "B"}, 12: {Area: "A"}, 13: {Area: "A"}} {
			if p[i].Area != want.Area || p[i].Why != want.Why || want.Day != 0 && p[i].Day != want.Day {
				t.Fatalf("draw %d of %s: %+v, want %+v", draw, x.events[i].ID, p[i], want)
			}
		}
		for i, e := range x.events {
			if !e.When.Has(p[i].Day) || (p[i].Area == "") != (p[i].Why != "") {
				t.Fatalf("draw %d of %s: %+v, recorded %+v", draw, e.ID, p[i], e.When)
			}
		}
		if d := p[12].Deaths; d < 2 || d > 40 || p[0].Deaths != 0 {
			t.Fatalf("deaths %d of 2 to 40, %d of none", d, p[0].Deaths)
		}
	}
}

// The order of events and the number of workers make no difference; seed and
// draw do.
func TestReproducible(t *testing.T) {
	events := some()
	x := New(events, strip{})
	want := x.Draw(7, 3)
	turned := slices.Clone(events)
	slices.Reverse(turned)
	got := New(turned, strip{}).Draw(7, 3)
	slices.Reverse(got)
	got[4], got[5] = got[5], got[4] // two records alike are interchangeable
	if !reflect.DeepEqual(got, want) {
		t.Errorf("another order of events: %v, want %v", got, want)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if again := x.Draw(7, 3); !reflect.DeepEqual(again, want) {
				t.Errorf("at the same time: %v", again)
			}
		})
	}
	wg.Wait()
	if reflect.DeepEqual(x.Draw(7, 4), want) || reflect.DeepEqual(x.Draw(8, 3), want) {
		t.Error("another draw or seed gives the same")
	}
	if want[4] == want[5] && x.Draw(7, 4)[4] == x.Draw(7, 4)[5] && x.Draw(7, 5)[4] == x.Draw(7, 5)[5] {
		t.Error("two records alike are always drawn alike")
	}
}

// A point 0.1 degree (11.1 km) east of the border of A and B lies in A with the
// share of a 25 km disc beyond a chord at 11.1195 km:
// (acos(u) - u sqrt(1-u^2))/pi with u = .44478 is .2265.
func TestNearIsADisc(t *testing.T) {
	x := New([]athar.Event{event("e", 1.1, athar.PlaceNear, 1)}, strip{})
	n, in := 4000, 0.0
	for d := range n {
		if x.Draw(1, d)[0].Area == "A" {
			in++
		}
	}
	if share := in / float64(n); math.Abs(share-.2265) > .02 { // 3 standard errors
		t.Errorf("%.3f of the draws in A, want .2265", share)
	}
	border := New([]athar.Event{event("e", 2.99, athar.PlaceNear, 1)}, strip{})
	for d := range 200 {
		if a := border.Draw(1, d)[0].Area; a != "C" {
			t.Fatalf("draw %d crossed into %s, another country", d, a)
		}
	}
}

// An event of the province goes where precise events of its class are, whenever
// they were: (n_a + 1/2)/(N + 3/2) on average.
func TestProvinceWeights(t *testing.T) {
	events := []athar.Event{event("p", 1.5, athar.PlaceProvince, 1), event("q", 1.5, athar.PlaceProvince, 1)}
	events[1].Class = "other"
	for i := range 7 {
		e := event("e", .5, athar.PlaceExact, 1)
		if i == 0 {
			e.Lon = 1.5
		}
		e.When.First += athar.Day(1000 * i)
		e.When.Last = e.When.First
		events = append(events, e)
	}
	x := New(events, strip{})
	n, in, other := 4000, map[string]float64{}, map[string]float64{}
	for d := range n {
		p := x.Draw(1, d)
		in[p[0].Area] += 1 / float64(n)
		other[p[1].Area] += 1 / float64(n)
	}
	for a, want := range map[string]float64{"A": 6.5 / 8.5, "B": 1.5 / 8.5, "C": .5 / 8.5} {
		if math.Abs(in[a]-want) > .02 || math.Abs(other[a]-1./3) > .025 {
			t.Errorf("area %s: %.3f of the class, want %.3f; %.3f of another class, want .333", a, in[a], want, other[a])
		}
	}
}

// Days follow the weekdays of exactly dated events: here nine in ten are on
// one, someday's.
func TestWeekdays(t *testing.T) {
	events := []athar.Event{event("month", .5, athar.PlaceExact, 30)}
	for i := range 1000 {
		e := event("e", .5, athar.PlaceExact, 1)
		if i >= 900 {
			e.When.First += athar.Day(1 + i%6)
			e.When.Last = e.When.First
		}
		events = append(events, e)
	}
	x := New(events, strip{})
	n, on, seen := 3000, 0.0, map[athar.Day]int{}
	for d := range n {
		day := x.Draw(1, d)[0].Day
		seen[day]++
		if (day-someday)%7 == 0 {
			on++
		}
	}
	// Thirty days hold five of that weekday and one more of the next.
	one, rest := 900.5, (100+3)/6.
	want := 5 * one / (5*one + 25*rest)
	if share := on / float64(n); math.Abs(share-want) > .02 {
		t.Errorf("%.3f on the busy weekday, want %.3f", share, want)
	}
	if k := len(seen); k < 20 || seen[someday+28] == 0 {
		t.Errorf("only %d of 30 days were drawn: %v", k, seen)
	}
}

func TestDeathsStayWithinBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := athar.Deaths{Low: rapid.IntRange(0, 500).Draw(t, "low"), Best: rapid.IntRange(0, 500).Draw(t, "best"), High: rapid.IntRange(0, 5000).Draw(t, "high")}
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		for range 20 {
			if n := Deaths(d, r); n < min(d.Low, d.Best) || n > max(d.High, d.Best) {
				t.Fatalf("%d of %+v", n, d)
			}
		}
	})
	if n := Deaths(athar.Deaths{Low: 3, Best: 3, High: 3}, nil); n != 3 {
		t.Errorf("a certain toll of 3 is %d", n)
	}
}

// On the scale log(1+x) best is the mode, and the mean that of a triangle,
// (low+best+high)/3.
func TestDeathsPeakAtBest(t *testing.T) {
	d := athar.Deaths{Low: 1000, Best: 20000, High: 100000}
	a, c, b := math.Log1p(1000), math.Log1p(20000), math.Log1p(100000)
	r := stat.Stream(1, "deaths", 0)
	n, sum, bins := 40000, 0.0, make([]int, 15)
	var all []float64
	for range n {
		u := math.Log1p(float64(Deaths(d, r)))
		all = append(all, u)
		sum += u / float64(n)
		bins[min(14, int(15*(u-a)/(b-a)))]++
	}
	if want := (a + b + c) / 3; math.Abs(sum-want) > .02 {
		t.Errorf("mean log %.3f, want %.3f", sum, want)
	}
	slices.Sort(all)
	if want := a + math.Sqrt((b-a)*(c-a)/2); math.Abs(all[n/2]-want) > .02 {
		t.Errorf("median log %.3f, want %.3f", all[n/2], want)
	}
	peak := slices.Index(bins, slices.Max(bins))
	if want := int(15 * (c - a) / (b - a)); peak < want-1 || peak > want {
		t.Errorf("the mode is in bin %d, best in bin %d: %v", peak, want, bins)
	}
}
