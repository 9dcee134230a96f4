package figure

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// strokes counts the sub-paths of the paths of a class.
func strokes(t *testing.T, svg, class string) (n, paths int) {
	t.Helper()
	for _, m := range regexp.MustCompile(`<path class="`+class+`" d="([^"]*)"`).FindAllStringSubmatch(svg, -1) {
		paths++
		n += strings.Count(m[1], "M")
	}
	return n, paths
}

func TestCurveIsAFewShapes(t *testing.T) {
	c := Curve{Scale: LogScale{1. / 16, 16}, Height: 200, Marks: []CurveMark{{At: 3, Label: "A", Class: "own"}}}
	want := map[string]int{}
	for i := range 900 {
		rr := math.Exp(float64(i-450) / 200)
		e := Estimate{rr, rr * 0.6, rr / 0.6}
		switch {
		case i == 5:
			e.Low, e.High = math.NaN(), math.NaN()
			want["bare"]++
		case i == 450:
			e.High = math.Inf(1)
		}
		c.Points = append(c.Points, e)
		want[curveClasses[e.Beyond()+1]]++
	}
	s := string(c.SVG())
	all := 0
	for k, class := range curveClasses {
		dashes, paths := strokes(t, s, "sdash "+class)
		if dashes != want[class] || paths > 1 {
			t.Errorf("%s: %d estimates in %d paths, want %d in one", class, dashes, paths, want[class])
		}
		bars, _ := strokes(t, s, "sbar "+class)
		if k == 1 {
			bars += want["bare"]
		}
		if bars != want[class] {
			t.Errorf("%s: %d intervals, want %d", class, bars, want[class])
		}
		all += dashes
	}
	if all != 900 || len(s) > 24<<10 {
		t.Errorf("%d estimates in %d bytes", all, len(s))
	}
	if strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
		t.Error("a missing number is drawn")
	}
	if !strings.Contains(s, `<text class="smark own" x="0.39%"`) {
		t.Errorf("the mark is not at the fourth of 900 points: %s", regexp.MustCompile(`<text class="smark[^>]*>`).FindString(s))
	}
}

func TestCurveOfNothing(t *testing.T) {
	for _, points := range [][]Estimate{nil, {{math.NaN(), math.NaN(), math.NaN()}}, {{1, 1, 1}}, {{0, 0, math.Inf(1)}}} {
		s := string(Curve{Scale: LogScale{0.5, 2}, Height: 200, Points: points}.SVG())
		if strings.Contains(s, "NaN") || strings.Contains(s, "Inf") || strings.Count(s, "<svg") != strings.Count(s, "</svg>") {
			t.Errorf("%v: %s", points, s)
		}
	}
	for v, want := range map[Estimate]int{{0.5, 0.4, 0.9}: -1, {2, 1.1, 3}: 1, {1, 0.9, 1}: 0, {1, math.NaN(), math.NaN()}: 0} {
		if got := v.Beyond(); got != want {
			t.Errorf("%v: %d, want %d", v, got, want)
		}
	}
}

// read is which points a row of choices draws.
func read(t *testing.T, svg string, n int) []bool {
	t.Helper()
	out := make([]bool, n)
	m := regexp.MustCompile(`<path d="([^"]*)"`).FindStringSubmatch(svg)
	if m == nil {
		return out
	}
	at := 0
	for _, step := range regexp.MustCompile(`([Mmh])(\d+)`).FindAllStringSubmatch(m[1], -1) {
		k, err := strconv.Atoi(step[2])
		if err != nil {
			t.Fatal(err)
		}
		if step[1] == "h" {
			for i := at; i < at+k; i++ {
				out[i] = true
			}
		}
		at += k
	}
	return out
}

func TestChoiceDrawsItsPoints(t *testing.T) {
	for _, row := range []string{"", "0", "1", "0110", "1001", "111000111", "010101", "0000"} {
		on := make([]bool, len(row))
		for i := range row {
			on[i] = row[i] == '1'
		}
		s := string(Choice(on, []CurveMark{{At: 0}, {At: 1}}))
		for i, x := range read(t, s, len(on)) {
			if x != on[i] {
				t.Errorf("%s: point %d is %v: %s", row, i, x, s)
			}
		}
		marks := 0
		for i := range min(2, len(on)) {
			if on[i] {
				marks++
			}
		}
		if got := strings.Count(s, "smark"); got != marks {
			t.Errorf("%s: %d marks, want %d", row, got, marks)
		}
	}
}
