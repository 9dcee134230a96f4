// Package figure draws the brief's figures as SVG, with one look.
//
// The package thinks that a figure must be read at the width of a telephone as
// well as on paper. So a drawing is fluid: positions across are shares of the
// width, positions down and all type and marks are in pixels, and only shapes
// stretch. Colours are classes that the page's style sheet resolves, so that
// one drawing serves light, dark and print. Axes run from left to right in
// every language.
//
// It knows no language and no statistics: labels come written, positions come
// as numbers, and a number that is missing is not drawn.
package figure

import (
	"html"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Tick is a labelled position on an axis. Minor labels are dropped on narrow
// screens.
type Tick struct {
	At    float64
	Label string
	Minor bool
}

// svg collects elements. All text and attribute values are escaped here and
// nowhere else.
type svg struct{ b strings.Builder }

func (s *svg) tag(name, end string, attrs []string) {
	s.b.WriteByte('<')
	s.b.WriteString(name)
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i+1] == "0" && strings.Contains(" x y x1 x2 y1 y2 ", " "+attrs[i]+" ") {
			continue // what is not said is 0
		}
		s.b.WriteByte(' ')
		s.b.WriteString(attrs[i])
		s.b.WriteString(`="`)
		s.b.WriteString(html.EscapeString(attrs[i+1]))
		s.b.WriteByte('"')
	}
	s.b.WriteString(end)
}

func (s *svg) open(name string, attrs ...string) { s.tag(name, ">", attrs) }

func (s *svg) close(name string) { s.b.WriteString("</" + name + ">") }

func (s *svg) el(name string, attrs ...string) { s.tag(name, "/>", attrs) }

// mark is an element with a tooltip; without one where the title is empty.
func (s *svg) mark(title, name string, attrs ...string) {
	if title == "" {
		s.el(name, attrs...)
		return
	}
	s.open(name, attrs...)
	s.text("title", title)
	s.close(name)
}

func (s *svg) text(name, text string, attrs ...string) {
	if name == "text" && fromRight(text) {
		attrs = slices.Clone(attrs)
		anchored := false
		for i := 0; i+1 < len(attrs); i += 2 {
			if attrs[i] != "text-anchor" {
				continue
			}
			anchored = true
			switch attrs[i+1] {
			case "start":
				attrs[i+1] = "end"
			case "end":
				attrs[i+1] = "start"
			}
		}
		if !anchored {
			attrs = append(attrs, "text-anchor", "end")
		}
		attrs = append(attrs, "direction", "rtl")
	}
	s.open(name, attrs...)
	s.b.WriteString(html.EscapeString(text))
	s.close(name)
}

// fromRight reports whether the first letter of s, outside of isolated stretches,
// belongs to a script that runs from right to left (rules P2 and P3 of Unicode
// Standard Annex 9).
func fromRight(s string) bool {
	depth := 0
	for _, r := range s {
		switch {
		case r >= '\u2066' && r <= '\u2068':
			depth++
		case r == '\u2069':
			depth = max(depth-1, 0)
		case depth > 0:
		case unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac) && unicode.IsLetter(r):
			return true
		case unicode.IsLetter(r):
			return false
		}
	}
	return false
}

// begin opens a fluid drawing of a height in pixels, with its description.
func (s *svg) begin(class string, height float64, title, desc string) {
	s.open("svg", "class", class, "width", "100%", "height", px(height), "role", "img")
	s.text("title", title)
	if desc != "" {
		s.text("desc", desc)
	}
}

func (s *svg) html() template.HTML { return template.HTML(s.b.String()) }

// px writes a length with at most two decimals.
func px(v float64) string {
	r := math.Round(v*100) / 100
	if r == 0 {
		r = 0 // also -0
	}
	return strconv.FormatFloat(r, 'f', -1, 64)
}

// tenth writes a length with at most one decimal: enough for a course.
func tenth(v float64) string { return px(math.Round(v*10) / 10) }

// pc writes a share of the width.
func pc(v float64) string { return px(100*v) + "%" }

// known reports whether v can be drawn.
func known(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Scale places values on an axis.
type Scale interface {
	// At is the share of the axis at v, clamped to it; out is -1 or +1 where v
	// lies beyond.
	At(v float64) (at float64, out int)
	// Null is the value of no change.
	Null() float64
}

// LogScale maps ratios to shares of an axis.
type LogScale struct{ Lo, Hi float64 }

// Null is 1.
func (s LogScale) Null() float64 { return 1 }

// RatioScale spans the given ratios and 1, in powers of two from at least
// 1/2..2 to at most 1/limit..limit. Missing, zero and infinite values do not count.
func RatioScale(limit float64, values ...float64) LogScale {
	s := LogScale{0.5, 2}
	for _, v := range values {
		if !known(v) || v <= 0 {
			continue
		}
		for v < s.Lo && s.Lo > 1/limit {
			s.Lo /= 2
		}
		for v > s.Hi && s.Hi < limit {
			s.Hi *= 2
		}
	}
	return s
}

// At is the share of the axis at v, clamped to it; out is -1 or +1 where v lies beyond.
func (s LogScale) At(v float64) (at float64, out int) {
	at = math.Log(v/s.Lo) / math.Log(s.Hi/s.Lo)
	switch {
	case v <= 0 || at < -1e-9:
		return 0, -1
	case at > 1+1e-9:
		return 1, 1
	}
	return min(max(at, 0), 1), 0
}

// Ticks are the powers of two in the scale.
func (s LogScale) Ticks() []float64 {
	var out []float64
	step := 2.0
	if s.Hi/s.Lo > 300 {
		step = 4
	}
	for v := 1.0; v >= s.Lo*0.999; v /= step {
		out = append([]float64{v}, out...)
	}
	for v := step; v <= s.Hi*1.001; v *= step {
		out = append(out, v)
	}
	return out
}

// niceMax is the smallest of 1, 2, 5 times a power of ten, or 4 or 8 of them, that is at least v,
// and the step of its grid.
func niceMax(v float64) (top, step float64) {
	if !known(v) || v <= 0 {
		return 1, 1
	}
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, c := range []struct{ top, step float64 }{{1, 0.5}, {1.5, 0.5}, {2, 1}, {3, 1}, {4, 2}, {5, 2.5}, {6, 2}, {8, 4}, {10, 5}} {
		if v <= c.top*p*(1+1e-9) {
			top, step = c.top*p, c.step*p
			break
		}
	}
	if step < 1 { // counts have no half events
		step = 1
		top = math.Ceil(top)
	}
	return top, step
}
