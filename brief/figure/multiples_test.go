package figure

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestLinScale(t *testing.T) {
	s := LinScale{-2, 6}
	for _, c := range []struct {
		v, at float64
		out   int
	}{{-2, 0, 0}, {0, 0.25, 0}, {6, 1, 0}, {-3, 0, -1}, {7, 1, 1}} {
		if at, out := s.At(c.v); math.Abs(at-c.at) > 1e-12 || out != c.out {
			t.Errorf("%v lies at %v, %d", c.v, at, out)
		}
	}
	if at, out := (LinScale{3, 3}).At(3); at != 0.5 || out != 0 || (LinScale{3, 3}).Ticks() != nil {
		t.Errorf("a scale of one value: %v, %d", at, out)
	}
	if s.Null() != 0 || (LogScale{}).Null() != 1 {
		t.Error("the value of no change is 0 on an even scale and 1 on one of ratios")
	}
}

func TestSpanScale(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		values []float64
		lo, hi float64
		ticks  []float64
	}{
		{nil, -1, 1, []float64{-1, -.5, 0, .5, 1}},
		{[]float64{nan, inf, 5}, 4, 6, []float64{4, 4.5, 5, 5.5, 6}},
		{[]float64{-.09, .05, 0}, -.1, .05, []float64{-.1, -.05, 0, .05}},
		{[]float64{0, 61, nan}, 0, 80, []float64{0, 20, 40, 60, 80}},
		{[]float64{-26, 26}, -40, 40, []float64{-40, -20, 0, 20, 40}},
	} {
		s := SpanScale(c.values...)
		if math.Abs(s.Lo-c.lo) > 1e-12 || math.Abs(s.Hi-c.hi) > 1e-12 {
			t.Errorf("%v: %v", c.values, s)
		}
		if !slices.EqualFunc(s.Ticks(), c.ticks, func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }) {
			t.Errorf("%v: ticks %v", c.values, s.Ticks())
		}
	}
	for _, v := range SpanScale(-3, 3).Ticks() {
		if v == 0 && math.Signbit(v) {
			t.Error("a tick is -0")
		}
	}
}

// TestSpanScaleHoldsItsValues over many magnitudes.
func TestSpanScaleHoldsItsValues(t *testing.T) {
	for k := range 400 {
		a, b := math.Sin(float64(k))*math.Pow(10, float64(k%13)-6), math.Cos(float64(k*k))*math.Pow(10, float64(k%11)-5)
		s := SpanScale(a, b)
		if n := len(s.Ticks()); s.Lo > min(a, b)+1e-9*math.Abs(a-b) || s.Hi < max(a, b)-1e-9*math.Abs(a-b) || n < 3 || n > 6 {
			t.Errorf("%v, %v: %v with %d ticks", a, b, s, n)
		}
	}
}

func TestApart(t *testing.T) {
	nan := math.NaN()
	got := apart([]float64{40, 44, nan, 10}, 13)
	if got[1]-got[0] < 13-1e-9 || math.Abs((got[0]+got[1])/2-42) > 1e-9 || !math.IsNaN(got[2]) || got[3] != 10 {
		t.Errorf("%v", got)
	}
	if got := apart([]float64{44, 40}, 13); got[0]-got[1] < 13-1e-9 {
		t.Errorf("the order was lost: %v", got)
	}
}

func TestSlope(t *testing.T) {
	nan := math.NaN()
	svg := string(Slope{Scale: LinScale{0, 10}, From: "before", To: `<after>`, Height: 80, Title: "T", Lines: []SlopeLine{
		{From: 2, To: 4, FromLabel: "2", ToLabel: "4", Class: "near"},
		{From: nan, To: 9, FromLabel: "–", ToLabel: "9", Class: "far", Hollow: true},
		{From: nan, To: nan, Class: "none"},
	}}.SVG())
	n := wellFormed(t, svg)
	if n["circle"] != 3 {
		t.Errorf("%d dots for three known values", n["circle"])
	}
	if lines := strings.Count(svg, "sline"); lines != 1 {
		t.Errorf("%d lines, and one has both ends", lines)
	}
	var y []float64
	for _, m := range regexp.MustCompile(`cy="([0-9.]+)"`).FindAllStringSubmatch(svg, -1) {
		v, _ := strconv.ParseFloat(m[1], 64)
		y = append(y, v)
	}
	if want := []float64{64, 48, 8}; !slices.Equal(y, want) {
		t.Errorf("dots at %v, want %v", y, want)
	}
}

func TestPlot(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	x := []float64{0, 1, 2, 3, 4}
	p := Plot{X: LinScale{0, 4}, Y: LogScale{.5, 2}, XTicks: []Tick{{At: 0, Label: "0"}, {At: 4, Label: "4", Minor: true}}, YTicks: []Tick{{At: 1, Label: "1"}}, Ref: 1, Height: 100, Title: "T",
		Windows: []Window{{From: .5, To: .5, Class: "start"}},
		Lines: []Line{
			{X: x, Y: []float64{1, 2, nan, 1, .5}, Low: []float64{.5, 1, nan, .7, .2}, High: []float64{2, 9, nan, 1.4, inf}, Class: "a"},
			{X: x, Y: []float64{1, 1, 1}, Class: "b", Steps: true},
			{X: x, Y: []float64{1, nan, 2, 1, 1}, Class: "c", Bars: true, Titles: []string{"one"}},
			{X: x, Y: []float64{1, 1, nan, 1, 1}, Low: []float64{.5, nan, .5, .5, .5}, High: []float64{2, 2, 2, 2, inf}, Class: "d", Dots: true},
			{Class: "empty"},
		}}
	svg := string(p.SVG())
	n := wellFormed(t, svg)
	if n["circle"] != 4 {
		t.Errorf("%d dots for four known values", n["circle"])
	}
	if bars := strings.Count(svg, "cbar"); bars != 4 {
		t.Errorf("%d bars for four known values", bars)
	}
	if ints := strings.Count(svg, "cint"); ints != 3 {
		t.Errorf("%d intervals, and three are known", ints)
	}
	path := regexp.MustCompile(`class="cline a" d="([^"]*)"`).FindStringSubmatch(svg)
	if path == nil || strings.Count(path[1], "M") != 2 {
		t.Errorf("a missing value does not break the line: %v", path)
	}
	band := regexp.MustCompile(`class="cband a" d="([^"]*)"`).FindStringSubmatch(svg)
	if band == nil || strings.Count(band[1], "Z") != 2 {
		t.Errorf("the band: %v", band)
	}
	if !strings.Contains(svg, `class="window start" x="50%" width="0.6%"`) {
		t.Error("a day in an axis of years cannot be seen")
	}
	wellFormed(t, string(Plot{X: LinScale{0, 1}, Y: LinScale{0, 1}, Ref: nan}.SVG()))
}

func TestPair(t *testing.T) {
	mark := func(v float64) Interval {
		return Interval{RR: v, Low: math.NaN(), High: math.NaN(), Class: "share", Title: "x"}
	}
	n := wellFormed(t, string(Pair{Scale: LinScale{0, 1}, From: mark(.2), To: mark(.7), Height: 20}.SVG()))
	if n["circle"] != 2 || n["line"] != 2 {
		t.Errorf("%v", n)
	}
	if n := wellFormed(t, string(Pair{Scale: LinScale{0, 1}, From: mark(math.NaN()), To: mark(.7), Height: 20}.SVG())); n["circle"] != 1 || n["line"] != 1 {
		t.Errorf("one end: %v", n)
	}
}

// TestTrackOfDifferences: on an even scale the line of no change stands at 0.
func TestTrackOfDifferences(t *testing.T) {
	s := LinScale{-1, 3}
	svg := string(Track{Scale: s, Ticks: s.Ticks(), BandLow: math.NaN(), BandHigh: math.NaN(), MDELow: -.5, MDEHigh: .5, Height: 20,
		Marks: []Interval{{RR: 1, Low: -2, High: 2, Class: "plain"}}}.SVG())
	wellFormed(t, svg)
	if !strings.Contains(svg, `class="one" x1="25%"`) {
		t.Errorf("no line of no change at 0: %s", svg)
	}
	if strings.Count(svg, `class="mde"`) != 2 || strings.Count(svg, `class="arrow`) != 1 {
		t.Errorf("brackets or arrow: %s", svg)
	}
}
