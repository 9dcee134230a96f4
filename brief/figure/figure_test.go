package figure

import (
	"encoding/xml"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// wellFormed parses a drawing as XML and counts its elements by name.
func wellFormed(t *testing.T, s string) map[string]int {
	t.Helper()
	n := map[string]int{}
	d := xml.NewDecoder(strings.NewReader(s))
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return n
		}
		if err != nil {
			t.Fatalf("%v in %s", err, s)
		}
		if e, ok := tok.(xml.StartElement); ok {
			n[e.Name.Local]++
			for _, a := range e.Attr {
				if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
					t.Errorf("%s %s=%q", e.Name.Local, a.Name.Local, a.Value)
				}
			}
		}
	}
}

func TestRatioScale(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		values []float64
		lo, hi float64
	}{
		{nil, 0.5, 2}, {[]float64{nan, 0, inf, -1}, 0.5, 2}, {[]float64{0.3, 1.2}, 0.25, 2}, {[]float64{0.9, 17}, 0.5, 16}, {[]float64{1e-9, 1e9}, 1. / 16, 16}, {[]float64{4}, 0.5, 4},
	} {
		if s := RatioScale(16, c.values...); s.Lo != c.lo || s.Hi != c.hi {
			t.Errorf("%v: %v", c.values, s)
		}
	}
	s := LogScale{0.25, 4}
	for _, c := range []struct {
		v, at float64
		out   int
	}{{1, 0.5, 0}, {0.25, 0, 0}, {4, 1, 0}, {2, 0.75, 0}, {0, 0, -1}, {0.1, 0, -1}, {5, 1, 1}} {
		if at, out := s.At(c.v); math.Abs(at-c.at) > 1e-12 || out != c.out {
			t.Errorf("%v lies at %v, %d", c.v, at, out)
		}
	}
	if got := s.Ticks(); len(got) != 5 || got[0] != 0.25 || got[4] != 4 {
		t.Errorf("ticks %v", got)
	}
}

func TestNiceMax(t *testing.T) {
	for v, want := range map[float64][2]float64{0: {1, 1}, math.NaN(): {1, 1}, 0.4: {1, 1}, 1: {1, 1}, 1.4: {2, 1}, 2: {2, 1}, 3: {3, 1}, 7: {8, 4}, 9: {10, 5}, 11: {15, 5}, 120: {150, 50}, 5981: {6000, 2000}} {
		if top, step := niceMax(v); top != want[0] || step != want[1] {
			t.Errorf("%v: top %v, step %v; want %v", v, top, step, want)
		}
	}
}

func TestTrack(t *testing.T) {
	nan := math.NaN()
	mark := func(rr, low, high float64) Interval {
		return Interval{RR: rr, Low: low, High: high, AdjLow: nan, AdjHigh: nan, Title: `<&"`}
	}
	draw := func(m Interval) (string, map[string]int) {
		tr := Track{Scale: LogScale{0.25, 4}, Ticks: []float64{0.25, 1, 4}, BandLow: 0.8, BandHigh: 1.25, MDELow: 0.44, MDEHigh: 9, Marks: []Interval{m}, Height: 30}
		s := string(tr.SVG())
		return s, wellFormed(t, s)
	}
	s, n := draw(mark(0.8, 0.4, 1.6))
	if n["circle"] != 1 || strings.Count(s, `class="arrow`) != 0 || strings.Count(s, `class="mde"`) != 1 || strings.Count(s, `class="seb"`) != 1 {
		t.Errorf("an ordinary mark: %s", s)
	}
	if s, _ := draw(mark(0.8, 0.01, 99)); strings.Count(s, `class="arrow`) != 2 {
		t.Errorf("an interval beyond the scale ends in arrows: %s", s)
	}
	if s, n := draw(mark(0, 0, 1.8)); n["circle"] != 1 || !strings.Contains(s, `out" cx="0%"`) {
		t.Errorf("a ratio of zero stands at the edge, marked as beyond it: %s", s)
	}
	if _, n := draw(mark(nan, nan, nan)); n["circle"] != 0 {
		t.Error("a missing estimate is drawn")
	}
	if _, n := draw(mark(1.2, nan, nan)); n["circle"] != 1 {
		t.Error("an estimate without interval is not drawn")
	}
}

func TestAttributesAreEscaped(t *testing.T) {
	m := Map{West: 0, East: 4, South: 0, North: 3, Width: 400, Height: 300, ScaleLabel: func(float64) string { return "" },
		Spots: []Spot{{Lon: 2, Lat: 1, R: 3, Class: `a" onclick="b`, Title: "<script>"}}}
	s := string(m.SVG())
	if n := wellFormed(t, s); n["circle"] != 1 || n["script"] != 0 || strings.Contains(s, `" onclick`) {
		t.Error(s)
	}
}

func TestSeriesDrawsWhatIsKnown(t *testing.T) {
	nan := math.NaN()
	col := func(i int, o, e float64) Column {
		return Column{From: float64(i) / 5, To: float64(i+1) / 5, Observed: o, Expected: e, Low: e - 1, High: e + 1}
	}
	c := Series{Height: 100, Number: func(float64) string { return "" }, Columns: []Column{col(0, 3, 4), col(1, 0, 4), col(2, nan, nan), col(3, 5, 4), col(4, 2, nan)}}
	c.Columns[2].Gap = true
	c.Columns[4].WashIn = true
	s := string(c.SVG())
	wellFormed(t, s)
	_, bars, _ := strings.Cut(s, `<g class="obs`)
	bars, _, _ = strings.Cut(bars, "</g>")
	if n := strings.Count(bars, "<rect"); n != 4 {
		t.Errorf("%d bars for 4 counts, one of them zero", n)
	}
	if strings.Count(s, `class="gap"`) != 1 || strings.Count(s, `class="washin"`) != 1 {
		t.Error("gap or wash-in missing")
	}
	c.Columns[1].Gap = true
	if s := string(c.SVG()); strings.Count(s, `class="gap"`) != 1 || !strings.Contains(s, `class="gap" x="20%" width="40%"`) {
		t.Errorf("two gaps in a row are not one: %s", s)
	}
	// The expected line breaks at the gap: two strokes.
	_, line, _ := strings.Cut(s, `class="expected" d="`)
	line, _, _ = strings.Cut(line, `"`)
	if strings.Count(line, "M") != 2 {
		t.Errorf("expected line %q", line)
	}
}

func TestProfile(t *testing.T) {
	nan := math.NaN()
	p := Profile{Scale: LogScale{0.25, 4}, Height: 200, BandLow: nan, BandHigh: nan, Ticks: []Tick{{At: 1, Label: "1"}}, Categories: []Category{
		{Label: "inside", Marks: []Interval{{RR: 0.5, Low: 0.3, High: 0.9, AdjLow: nan, AdjHigh: nan}, {RR: nan, Low: nan, High: nan, AdjLow: nan, AdjHigh: nan}}},
		{Label: "ring", Marks: []Interval{{RR: 1.5, Low: 0.9, High: 2.2, AdjLow: 0.7, AdjHigh: 9}}}, {Label: "none", Note: "no estimate"}}}
	s := string(p.SVG())
	n := wellFormed(t, s)
	if n["circle"] != 2 || strings.Count(s, `class="ci `) != 2 || strings.Count(s, `class="adj `) != 1 || !strings.Contains(s, "no estimate") {
		t.Error(s)
	}
}

func TestMapClips(t *testing.T) {
	m := Map{Width: 400, Height: 300, ScaleLabel: func(km float64) string { return px(km) }}
	m.Fit(40, 33, 41, 34, 50)
	if w, h := (m.East-m.West)*math.Cos(33.5*math.Pi/180), m.North-m.South; math.Abs(w/h-4./3) > 1e-9 {
		t.Errorf("proportions %v", w/h)
	}
	if km := (m.North - m.South - 1) / 2 * kmPerDegree; km < 50-1e-9 {
		t.Errorf("%v km around", km)
	}
	square := func(x, y, r float64) [][][2]float64 {
		return [][][2]float64{{{x - r, y - r}, {x + r, y - r}, {x + r, y + r}, {x - r, y + r}}}
	}
	m.Shapes = []Shape{{ID: "a", Class: "all", Rings: square(40.5, 33.5, 50), Name: "Everywhere"}, {ID: "b", Class: "part", Rings: square(m.West, 33.5, 0.3)}, {ID: "c", Class: "out", Rings: square(0, 0, 1)}}
	m.Atlas = &Atlas{}
	m.Atlas.Grow(m)
	for i, want := range []bool{true, true, false} {
		if got := m.Atlas.Add(m.Shapes[i].ID, m.Shapes[i].Rings, false); got != want {
			t.Errorf("shape %d in the window: %v", i, got)
		}
	}
	m.Spots = []Spot{{Lon: 40.5, Lat: 33.5, R: 4}, {Lon: 10, Lat: 10, R: 4}}
	m.Labels = []Label{{Lon: 40.5, Lat: 33.5, Text: "A"}, {Lon: 40.5, Lat: 33.5, Text: "B"}, {Lon: 10, Lat: 10, Text: "Z"}}
	s := string(m.SVG())
	n := wellFormed(t, s)
	if n["circle"] != 1 || !strings.Contains(s, `class="all"`) || !strings.Contains(s, `class="part"`) || strings.Contains(s, `class="out"`) {
		t.Error(s)
	}
	for text, want := range map[string]int{">A<": 1, ">B<": 1, ">Z<": 0, ">Everywhere<": 1} {
		if got := strings.Count(s, text); got != want {
			t.Errorf("%q stands %d times, want %d", text, got, want)
		}
	}
	centre, size := m.seen(square(40.5, 33.5, 50))
	if math.Abs(centre[0]-200) > 1 || math.Abs(centre[1]-150) > 1 || math.Abs(size-412*312) > 1 {
		t.Errorf("centre %v, surface %v", centre, size)
	}
}

// TestAtlasPlacesShapes: a corner of a shape lies on every map where the map's own
// projection puts it.
func TestAtlasPlacesShapes(t *testing.T) {
	wide, near := Map{Width: 1000, Height: 600}, Map{Width: 540, Height: 440}
	wide.Fit(38, 30, 48, 37, 20)
	near.Fit(43, 34, 44, 35, 60)
	a := &Atlas{}
	a.Grow(near)
	a.Grow(wide)
	corner := [2]float64{43.21, 34.56}
	if !a.Add("x", [][][2]float64{{corner, {44.5, 34.56}, {44.5, 33.2}}}, false) {
		t.Fatal("no shape")
	}
	a.Add("x", [][][2]float64{{corner, {44.5, 34.56}, {44.5, 33.2}}}, false)
	d := regexp.MustCompile(`d="M(\d+) (\d+)l`).FindAllStringSubmatch(string(a.Defs()), -1)
	if len(d) != 1 {
		t.Fatalf("the shape is written %d times: %s", len(d), a.Defs())
	}
	num := func(s string) float64 { v, _ := strconv.ParseFloat(s, 64); return v }
	for _, m := range []Map{wide, near} {
		k := regexp.MustCompile(`matrix\((\S+) 0 0 (\S+) (\S+) (\S+)\)`).FindStringSubmatch(a.place(&m))
		x, y := num(k[1])*num(d[0][1])+num(k[3]), num(k[2])*num(d[0][2])+num(k[4])
		wantX, wantY := m.xy(corner[0], corner[1])
		if math.Abs(x-wantX) > 0.6 || math.Abs(y-wantY) > 0.6 {
			t.Errorf("at %v, %v, want %v, %v", x, y, wantX, wantY)
		}
	}
}

func TestAtlasCutsLines(t *testing.T) {
	m := Map{West: 40, East: 44, South: 30, North: 33, Width: 400, Height: 300}
	a := &Atlas{}
	a.Grow(m)
	river := [][2]float64{{10, 31}, {39, 31}, {41, 31}, {42, 31.5}, {50, 31.5}, {60, 31}}
	if !a.Add("r", [][][2]float64{river}, true) || a.Add("far", [][][2]float64{{{0, 0}, {1, 1}, {2, 2}}}, true) {
		t.Fatal("the wrong lines are kept")
	}
	if n := strings.Count(string(a.Defs()), "z"); n != 0 {
		t.Error("a line is closed")
	}
	if strings.Count(string(a.Defs()), "M") != 1 {
		t.Error(a.Defs())
	}
}

func TestLabelsDoNotOverlap(t *testing.T) {
	m := Map{West: 0, East: 4, South: 0, North: 3, Width: 400, Height: 300, ScaleLabel: func(float64) string { return "" }}
	for i := range 60 {
		m.Labels = append(m.Labels, Label{Lon: 2 + float64(i%7)/10, Lat: 1.5 + float64(i%5)/10, Text: "a name here"})
	}
	placed := len(m.arrange(nil))
	if placed < 4 || placed > 40 {
		t.Errorf("%d of 60 crowded names placed", placed)
	}
}

func TestNumbersInDrawings(t *testing.T) {
	for v, want := range map[float64]string{0: "0", math.Copysign(0, -1): "0", -0.001: "0", 1.005: "1", 12.345: "12.35", 100: "100"} {
		if got := px(v); got != want {
			t.Errorf("px(%v) = %s, want %s", v, got, want)
		}
	}
	if pc(0.5) != "50%" {
		t.Error(pc(0.5))
	}
}

// TestArabicLabels checks that a label in Arabic runs from right to left and is still
// anchored at the side that its drawing means, and that other labels are left alone.
func TestArabicLabels(t *testing.T) {
	for _, c := range []struct {
		label  string
		anchor []string
		want   string
	}{
		{"نينوى", []string{"text-anchor", "start"}, `<text text-anchor="end" direction="rtl">نينوى</text>`},
		{"نينوى", []string{"text-anchor", "end"}, `<text text-anchor="start" direction="rtl">نينوى</text>`},
		{"نينوى", []string{"text-anchor", "middle"}, `<text text-anchor="middle" direction="rtl">نينوى</text>`},
		{"نينوى", nil, `<text text-anchor="end" direction="rtl">نينوى</text>`},
		{"\u20680\u2069 إلى \u206825\u2069 كم", nil, "<text text-anchor=\"end\" direction=\"rtl\">\u20680\u2069 إلى \u206825\u2069 كم</text>"},
		{"Nineveh نينوى", []string{"text-anchor", "start"}, `<text text-anchor="start">Nineveh نينوى</text>`},
		{"1/4", []string{"text-anchor", "end"}, `<text text-anchor="end">1/4</text>`},
		{"١/٤", []string{"text-anchor", "end"}, `<text text-anchor="end">١/٤</text>`},
	} {
		var s svg
		s.text("text", c.label, c.anchor...)
		if got := s.b.String(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	anchor := []string{"text-anchor", "start"}
	var s svg
	s.text("text", "نينوى", anchor...)
	if anchor[1] != "start" {
		t.Error("the caller's attributes were changed")
	}
}

// TestTownsOnTheMap: a dot for every name, no more than asked, none twice, the
// most important first, and names that run to the left stand on their side of the
// dot.
func TestTownsOnTheMap(t *testing.T) {
	m := Map{West: 0, East: 4, South: 0, North: 3, Width: 400, Height: 300, MostTowns: 3, ScaleLabel: func(float64) string { return "" }, Labels: []Label{{Lon: 1, Lat: 2.5, Text: "Deir-ez-Zor"}},
		Spots: []Spot{{Lon: 1.5, Lat: 1.5, R: 9, Class: "events"}},
		Towns: []Town{{1.5, 1.5, "بغداد"}, {3, 1, "deir ez Zor"}, {9, 9, "Outside"}, {1.51, 1.5, "Crowded"}, {2.5, 2, "Two"}, {2.5, 1, "Three"}, {1, 1, "Four"}}}
	s := string(m.SVG())
	wellFormed(t, s)
	for text, want := range map[string]int{`class="town"`: 3, `class="townname"`: 3, ">بغداد<": 1, ">Two<": 1, ">Three<": 1, ">Four<": 0, ">Crowded<": 0, ">deir ez Zor<": 0} {
		if got := strings.Count(s, text); got != want {
			t.Errorf("%q stands %d times, want %d", text, got, want)
		}
	}
	if strings.Index(s, `class="town"`) > strings.Index(s, `class="events"`) {
		t.Error("a town lies over an event")
	}
	name := regexp.MustCompile(`<text class="townname" x="([\d.]+)%" y="[\d.]+%" text-anchor="(\w+)"( direction="rtl")?>(بغداد|Two)<`).FindAllStringSubmatch(s, -1)
	if len(name) != 2 || name[0][2] != "end" || name[0][3] == "" || name[1][2] != "start" || name[1][3] != "" {
		t.Fatalf("%q", name)
	}
	if x, _ := strconv.ParseFloat(name[0][1], 64); x < 37.5+.5 {
		t.Errorf("the name ends to the left of x %v%%, over its dot at 37.5%%", x)
	}
}
