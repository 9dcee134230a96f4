package panel

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"athar"
)

func day(s string) athar.Day {
	d, err := athar.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return d
}

func span(a, b string) athar.Span { return athar.Span{First: day(a), Last: day(b)} }

func TestPeriodsOf(t *testing.T) {
	w := PeriodsOf(span("2020-01-01", "2020-01-13"), Week)
	if len(w) != 3 || w[0] != span("2019-12-30", "2020-01-05") || w[2] != span("2020-01-13", "2020-01-19") {
		t.Errorf("weeks: %v", w)
	}
	m := PeriodsOf(span("2019-12-31", "2020-02-01"), Month)
	if len(m) != 3 || m[2] != span("2020-02-01", "2020-02-29") {
		t.Errorf("months: %v", m)
	}
	before1970 := PeriodsOf(span("1969-12-31", "1969-12-31"), Week)
	if len(before1970) != 1 || before1970[0] != span("1969-12-29", "1970-01-04") {
		t.Errorf("week before the epoch: %v", before1970)
	}
}

func TestAddMonths(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{{"2020-01-31", 1, "2020-02-29"}, {"2020-03-31", -13, "2019-02-28"}, {"2020-06-15", 0, "2020-06-15"}, {"2020-11-30", 2, "2021-01-30"}} {
		if got := AddMonths(day(c.from), c.n); got != day(c.want) {
			t.Errorf("AddMonths(%s, %d) = %s, want %s", c.from, c.n, got, c.want)
		}
	}
}

// line is a row of areas, 20 km apart, that touch nothing.
func line(n int) []athar.Area {
	var out []athar.Area
	for i := range n {
		out = append(out, athar.Area{Code: string(rune('a' + i)), Country: "X"})
	}
	return out
}

func kmFrom(n int, footprint ...int) []float64 {
	km := make([]float64, n)
	for i := range km {
		km[i] = math.Inf(1)
		for _, f := range footprint {
			km[i] = min(km[i], 20*math.Abs(float64(i-f)))
		}
	}
	return km
}

func design() Design {
	return Design{PreMonths: 12, PostMonths: 3, Rings: []float64{25, 50, 100}, MinRing: 30, Overlap: Auto,
		Ramadan: func(athar.Span) int { return 0 }}
}

func TestGridAssignsByHalfOfTheInterval(t *testing.T) {
	g, err := NewGrid(line(2), Month, []athar.Span{span("2020-01-01", "2020-03-31")})
	if err != nil {
		t.Fatal(err)
	}
	if !g.Add("a", span("2020-01-27", "2020-02-02"), 3) { // five of seven days in January
		t.Error("a week with five days in January must count in January")
	}
	if g.Add("a", span("2020-01-01", "2020-03-31"), 2) || g.Unplaced[CoarseDate] != 2 {
		t.Errorf("a quarter fits no month: %v", g.Unplaced)
	}
	if g.Add("zz", span("2020-01-01", "2020-01-01"), 1) || g.Unplaced[NoArea] != 1 {
		t.Errorf("unknown area: %v", g.Unplaced)
	}
	if g.Add("a", span("2021-01-01", "2021-01-01"), 4) || g.Unplaced[Uncovered] != 4 {
		t.Errorf("outside the coverage: %v", g.Unplaced)
	}
	if s := g.Series([]int{0, 1}); s[0] != 3 || g.Total() != 3 {
		t.Errorf("series %v", s)
	}
}

func TestUnmonitoredIsNotZero(t *testing.T) {
	g, _ := NewGrid(line(1), Month, []athar.Span{span("2020-01-01", "2020-01-31"), span("2020-03-01", "2020-03-31")})
	if s := g.Series([]int{0}); s[0] != 0 || !math.IsNaN(s[1]) || s[2] != 0 {
		t.Errorf("February was not monitored: %v", s)
	}
}

func TestPhasesWhereSourcesDisagree(t *testing.T) {
	g, _ := NewGrid(line(1), Month, []athar.Span{span("2019-01-01", "2020-12-31")})
	phase := func(start, end athar.Span) string {
		out := ""
		for _, p := range g.phases(start, end, design()) {
			out += map[athar.Phase]string{athar.Outside: ".", athar.Pre: "b", athar.WashIn: "w", athar.During: "D", athar.Post: "p"}[p]
		}
		return out
	}
	for _, c := range []struct {
		name       string
		start, end athar.Span
		want       string
	}{
		{"exact", span("2020-06-01", "2020-06-01"), span("2020-07-31", "2020-07-31"), ".....bbbbbbbbbbbbDDppp.."},
		{"start between February and 20 May", span("2020-02-01", "2020-05-20"), span("2020-07-31", "2020-07-31"), ".bbbbbbbbbbbbwwwwDDppp.."},
		{"a week", span("2020-03-25", "2020-03-25"), span("2020-03-31", "2020-03-31"), "..bbbbbbbbbbbbDppp......"},
		{"dates so vague that none is sure", span("2020-02-01", "2020-06-30"), span("2020-03-01", "2020-06-30"), ".bbbbbbbbbbbbDDDDDppp..."},
	} {
		if got := phase(c.start, c.end); len(got) != 24 || got[:24] != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func filled(t *testing.T, n, perCell int) *Grid {
	g, err := NewGrid(line(n), Month, []athar.Span{span("2019-01-01", "2020-12-31")})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range g.Areas {
		for _, p := range g.Periods {
			g.Add(a.Code, p, perCell)
		}
	}
	return g
}

func TestRingsMergeUntilThirtyEvents(t *testing.T) {
	site := Site{ID: "x", Footprint: []int{0}, Km: kmFrom(20, 0), Start: span("2020-06-01", "2020-06-01"), End: span("2020-06-30", "2020-06-30")}
	v := filled(t, 20, 4).ForCampaign(site, nil, design()) // 48 a ring area
	if len(v.Rings) != 3 || len(v.Notes) != 0 {
		t.Fatalf("rings %v notes %v", v.Rings, v.Notes)
	}
	want := []athar.Role{athar.Inside, 1, 2, 3, 3, 3, athar.Far}
	for i, r := range want {
		if v.Areas[i].Role != r {
			t.Errorf("area %d: role %d, want %d", i, v.Areas[i].Role, r)
		}
	}
	thin := filled(t, 20, 1).ForCampaign(site, nil, design()) // 12, 12, 36
	if len(thin.Rings) != 1 || thin.Rings[0].To != 100 || thin.Notes[0].Code != "rings-merged" {
		t.Errorf("12+12+36 events: %v %v", thin.Rings, thin.Notes)
	}
}

func TestOverlapRemovesExposedControl(t *testing.T) {
	a := Site{ID: "a", Footprint: []int{0}, Km: kmFrom(20, 0), Start: span("2020-06-01", "2020-06-01"), End: span("2020-06-30", "2020-06-30")}
	b := Site{ID: "b", Footprint: []int{19}, Km: kmFrom(20, 19), Start: span("2020-06-01", "2020-06-01"), End: span("2020-06-30", "2020-06-30")}
	g := filled(t, 20, 4)
	v := g.ForCampaign(a, []Site{b}, design())
	if v.Modelled || v.Exposed != 6*4 { // six areas of b for June and three later months
		t.Errorf("modelled %v, exposed %d, notes %v", v.Modelled, v.Exposed, v.Notes)
	}
	jun := slices.IndexFunc(v.Periods, func(p athar.Period) bool { return p.Phase == athar.During })
	if v.Use[v.At(19, jun)] || !v.Use[v.At(19, jun-1)] || !v.Use[v.At(12, jun)] {
		t.Error("only cells in b's reach and time leave the control")
	}
	b.Footprint, b.Km = []int{10}, kmFrom(20, 10)
	few := g.ForCampaign(a, []Site{b}, design()) // far areas left: 6..19 minus 5..15 = 4
	if !few.Modelled || !few.Use[few.At(10, jun)] || len(few.Other) == 0 {
		t.Errorf("too thin a control must be modelled instead: %v", few.Notes)
	}
}

// Two campaigns over the same ground at the same time are never told apart
// silently.
func TestJointCampaignsAreNamed(t *testing.T) {
	a := Site{ID: "a", Footprint: []int{0, 1}, Km: kmFrom(20, 0, 1), Start: span("2020-06-01", "2020-06-01"), End: span("2020-06-30", "2020-06-30")}
	b := a
	b.ID = "b"
	v := filled(t, 20, 4).ForCampaign(a, []Site{b}, design())
	if !slices.Equal(v.Joint, []string{"b"}) {
		t.Errorf("joint %v", v.Joint)
	}
}

func TestCellsDoNotDependOnTheOrderOfRows(t *testing.T) {
	type row struct {
		area string
		day  athar.Day
		n    int
	}
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOf(rapid.Custom(func(t *rapid.T) row {
			return row{string(rune('a' + rapid.IntRange(0, 4).Draw(t, "area"))),
				day("2020-01-01") + athar.Day(rapid.IntRange(-3, 100).Draw(t, "day")), rapid.IntRange(1, 9).Draw(t, "n")}
		})).Draw(t, "rows")
		build := func(rows []row) *Grid {
			g, _ := NewGrid(line(5), Week, []athar.Span{span("2020-01-01", "2020-03-31")})
			for _, r := range rows {
				g.Add(r.area, athar.Span{First: r.day, Last: r.day}, r.n)
			}
			return g
		}
		a := build(rows)
		b := build(rapid.Permutation(rows).Draw(t, "shuffled"))
		if !slices.Equal(a.N, b.N) {
			t.Fatal("order of rows changed the grid")
		}
		in := 0
		for _, r := range rows {
			in += r.n
		}
		out := a.Total()
		for _, n := range a.Unplaced {
			out += n
		}
		if in != out {
			t.Fatalf("%d events in, %d accounted for", in, out)
		}
	})
}

// The daily record is one row for an area and a span, in one order, of days that the grid has.
func TestDated(t *testing.T) {
	on := func(m time.Month, d int) athar.Span {
		x := athar.Date(2020, m, d)
		return athar.Span{First: x, Last: x}
	}
	type put struct {
		area string
		when athar.Span
		n    int
	}
	list := []put{{"B", on(2, 3), 1}, {"A", on(2, 3), 2}, {"B", on(2, 3), 4}, {"C", on(2, 3), 7}, {"A", on(9, 1), 9}, {"A", on(1, 9), 1},
		{"A", athar.Span{First: athar.Date(2020, 1, 1), Last: athar.Date(2020, 1, 31)}, 3}, {"B", on(1, 5), 0}}
	var want *athar.Daily
	for turn := range list {
		g, err := NewGrid([]athar.Area{{Code: "B"}, {Code: "A"}}, Month, []athar.Span{{First: athar.Date(2020, 1, 1), Last: athar.Date(2020, 3, 31)}})
		if err != nil {
			t.Fatal(err)
		}
		for k := range list {
			x := list[(k+turn)%len(list)]
			g.Date(x.area, x.when, x.n)
		}
		g.Dated()
		v := g.ForCampaign(Site{Footprint: []int{0}, Km: []float64{0, 10}, Start: on(3, 1), End: on(3, 31)}, nil,
			Design{PreMonths: 2, PostMonths: 1, Ramadan: func(s athar.Span) int { return int(s.First) % 2 }})
		if want == nil {
			want = v.Daily
		}
		if !slices.Equal(v.Daily.Rows, want.Rows) || v.Daily.Grain != 1 {
			t.Fatalf("turned by %d: %+v", turn, v.Daily)
		}
		if d := athar.Day(11); !v.Daily.Fast(d) || v.Daily.Fast(d+1) {
			t.Error("Ramadan by day is not the design's")
		}
	}
	if len(want.Rows) != 4 || want.Rows[3].N != 5 || want.Rows[3].Area != 1 || want.Rows[0].When.Days() != 31 {
		t.Errorf("%+v", want.Rows)
	}
}
