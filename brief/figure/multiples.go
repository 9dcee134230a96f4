package figure

import (
	"html/template"
	"math"
	"strings"
)

// LinScale maps differences, shares and dates to an axis, evenly.
type LinScale struct{ Lo, Hi float64 }

// Null is 0.
func (s LinScale) Null() float64 { return 0 }

// At is the share of the axis at v, clamped to it; out is -1 or +1 where v lies
// beyond.
func (s LinScale) At(v float64) (at float64, out int) {
	if !(s.Hi > s.Lo) {
		return 0.5, 0
	}
	at = (v - s.Lo) / (s.Hi - s.Lo)
	switch {
	case at < -1e-9:
		return 0, -1
	case at > 1+1e-9:
		return 1, 1
	}
	return min(max(at, 0), 1), 0
}

// SpanScale is the smallest scale between round numbers that holds the given
// values; missing and infinite ones do not count. Without two different values
// it is -1..1 about the only one.
func SpanScale(values ...float64) LinScale {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if known(v) {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	switch {
	case lo > hi:
		return LinScale{-1, 1}
	case lo == hi:
		return LinScale{lo - 1, hi + 1}
	}
	step := roundStep(hi - lo)
	return LinScale{step * math.Floor(lo/step+1e-9), step * math.Ceil(hi/step-1e-9)}
}

// roundStep is 1, 2 or 5 times a power of ten, at least a quarter of a span.
func roundStep(span float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(span/4)))
	for _, c := range []float64{1, 2, 5} {
		if span/4 <= c*p*(1+1e-9) {
			return c * p
		}
	}
	return 10 * p
}

// Ticks are three to six round values in the scale.
func (s LinScale) Ticks() []float64 {
	var out []float64
	for _, part := range []float64{1, 2, 4} { // a coarse step may miss both ends
		if len(out) >= 3 || !(s.Hi > s.Lo) {
			break
		}
		out = out[:0]
		step := roundStep((s.Hi - s.Lo) / part)
		for i := math.Ceil(s.Lo/step - 1e-9); i*step <= s.Hi+1e-9*step; i++ {
			out = append(out, i*step+0) // +0: never -0
		}
	}
	return out
}

// Slope shows one thing before and after, in a few places: a line each, with its
// two values written at its ends.
type Slope struct {
	Scale  Scale
	Lines  []SlopeLine
	From   string // names of the two ends
	To     string
	Title  string
	Desc   string
	Height float64
}

// SlopeLine is one place. A line without one of its ends is a dot.
type SlopeLine struct {
	From, To           float64 // NaN: unknown
	FromLabel, ToLabel string
	Class              string
	Hollow             bool
	Title              string
}

// Where the two ends of a slope stand; values are written outside of them.
const slopeFrom, slopeTo = 0.27, 0.73

// SVG draws the slope. Labels that would touch are pushed apart.
func (c Slope) SVG() template.HTML {
	var s svg
	h := c.Height
	y := func(v float64) float64 {
		at, _ := c.Scale.At(v)
		return h * (1 - at)
	}
	s.begin("slope", h, c.Title, c.Desc)
	for _, end := range []struct {
		x     float64
		label string
	}{{slopeFrom, c.From}, {slopeTo, c.To}} {
		s.el("line", "class", "grid", "x1", pc(end.x), "x2", pc(end.x), "y1", "-6", "y2", px(h+6))
		s.text("text", end.label, "class", "tick", "x", pc(end.x), "y", px(h+20), "text-anchor", "middle")
	}
	for _, l := range c.Lines {
		if known(l.From) && known(l.To) {
			s.el("line", "class", "sline "+l.Class, "x1", pc(slopeFrom), "x2", pc(slopeTo), "y1", px(y(l.From)), "y2", px(y(l.To)))
		}
	}
	ends := []struct {
		x             float64
		anchor, shift string
		value         func(SlopeLine) (float64, string)
		labels        []float64
	}{
		{x: slopeFrom, anchor: "end", shift: "-10", value: func(l SlopeLine) (float64, string) { return l.From, l.FromLabel }},
		{x: slopeTo, anchor: "start", shift: "10", value: func(l SlopeLine) (float64, string) { return l.To, l.ToLabel }},
	}
	for k := range ends {
		for _, l := range c.Lines {
			v, _ := ends[k].value(l)
			ends[k].labels = append(ends[k].labels, y(v))
		}
		ends[k].labels = apart(ends[k].labels, 13)
	}
	for i, l := range c.Lines {
		if !known(l.From) && !known(l.To) {
			continue
		}
		class := "sdot " + l.Class
		if l.Hollow {
			class += " hollow"
		}
		s.open("g") // one tooltip for both ends
		if l.Title != "" {
			s.text("title", l.Title)
		}
		for _, end := range ends {
			if v, label := end.value(l); known(v) {
				s.el("circle", "class", class, "cx", pc(end.x), "cy", px(y(v)), "r", "4.5")
				s.text("text", label, "class", "svalue "+l.Class, "x", pc(end.x), "dx", end.shift, "y", px(end.labels[i]+4), "text-anchor", end.anchor)
			}
		}
		s.close("g")
	}
	s.close("svg")
	return s.html()
}

// apart moves positions that lie nearer than gap to their neighbour, keeping
// their order and their middle. Missing ones stay.
func apart(at []float64, gap float64) []float64 {
	out := append([]float64(nil), at...)
	for range len(out) {
		for i := range out {
			for j := range i {
				a, b := j, i
				if at[a] > at[b] {
					a, b = b, a
				}
				if short := gap - (out[b] - out[a]); short > 0 { // false for NaN
					out[a], out[b] = out[a]-short/2, out[b]+short/2
				}
			}
		}
	}
	return out
}

// Line is a course in a plot.
type Line struct {
	X, Y      []float64
	Low, High []float64 // band, where there is one
	Class     string
	Steps     bool // the value holds until the next
	Bars      bool // one bar a value, from the foot of the plot
	Dots      bool // a dot a value, each with its interval as a bar instead of a band
	Titles    []string
}

// Plot is courses over one axis: months since a start, weeks around a loss,
// dates.
type Plot struct {
	X, Y    Scale
	XTicks  []Tick
	YTicks  []Tick
	Ref     float64  // a level to compare with; NaN: none
	Windows []Window // in shares of the axis across
	Lines   []Line
	Title   string
	Desc    string
	Height  float64
}

// SVG draws the plot: windows, grid, bands, then lines. A missing value breaks
// its line; a value beyond the scale is drawn at its edge.
func (c Plot) SVG() template.HTML {
	var s svg
	h := c.Height
	x := func(v float64) float64 {
		at, _ := c.X.At(v)
		return at
	}
	y := func(v float64) float64 {
		at, _ := c.Y.At(v)
		return h * (1 - at)
	}
	s.begin("curves", h, c.Title, c.Desc)
	for _, w := range c.Windows {
		// A day is too narrow to see on an axis of years.
		s.el("rect", "class", "window "+w.Class, "x", pc(w.From), "y", "0", "width", pc(max(w.To-w.From, 0.006)), "height", px(h))
	}
	for _, t := range c.YTicks {
		s.el("line", "class", "grid", "x1", "0", "x2", "100%", "y1", px(y(t.At)), "y2", px(y(t.At)))
		s.text("text", t.Label, "class", "tick", "x", "-8", "y", px(y(t.At)+4), "text-anchor", "end")
	}
	s.el("line", "class", "tick", "x1", "0", "x2", "100%", "y1", px(h), "y2", px(h))
	for _, t := range c.XTicks {
		class := "tick"
		if t.Minor {
			class += " minor"
		}
		at := x(t.At)
		s.el("line", "class", class, "x1", pc(at), "x2", pc(at), "y1", px(h), "y2", px(h+5))
		anchor := "middle"
		if at > 0.94 {
			anchor = "end"
		}
		s.text("text", t.Label, "class", class, "x", pc(at), "y", px(h+18), "text-anchor", anchor)
	}
	if known(c.Ref) {
		s.el("line", "class", "one", "x1", "0", "x2", "100%", "y1", px(y(c.Ref)), "y2", px(y(c.Ref)))
	}
	s.open("svg", "x", "0", "y", "0", "width", "100%", "height", px(h), "viewBox", "0 0 "+px(stretch)+" "+px(h), "preserveAspectRatio", "none")
	for _, l := range c.Lines {
		if d := l.band(x, y); d != "" && !l.Dots {
			s.el("path", "class", "cband "+l.Class, "d", d)
		}
	}
	for _, l := range c.Lines {
		switch {
		case l.Dots:
		case l.Bars:
			for i, v := range l.Y {
				if i >= len(l.X) || !known(v) {
					continue
				}
				w := l.step() * 0.8
				a, b := x(l.X[i]-w/2), x(l.X[i]+w/2)
				s.mark(l.title(i), "rect", "class", "cbar "+l.Class, "x", px(a*stretch), "width", px(max(b-a, 0.002)*stretch), "y", px(y(v)), "height", px(h-y(v)))
			}
		default:
			if d := l.path(x, y); d != "" {
				s.el("path", "class", "cline "+l.Class, "d", d)
			}
		}
	}
	s.close("svg")
	for _, l := range c.Lines {
		if !l.Dots {
			continue
		}
		for i, v := range l.Y {
			if i >= len(l.X) || !known(v) {
				continue
			}
			at := pc(x(l.X[i]))
			if i < len(l.Low) && i < len(l.High) && known(l.Low[i]) {
				top := 0.0 // an interval without end
				if known(l.High[i]) {
					top = y(l.High[i])
				}
				s.el("line", "class", "cint "+l.Class, "x1", at, "x2", at, "y1", px(y(l.Low[i])), "y2", px(top))
			}
			s.mark(l.title(i), "circle", "class", "cdot "+l.Class, "cx", at, "cy", px(y(v)), "r", "3.5")
		}
	}
	s.close("svg")
	return s.html()
}

func (l Line) title(i int) string {
	if i < len(l.Titles) {
		return l.Titles[i]
	}
	return ""
}

// step is the smallest distance between neighbours.
func (l Line) step() float64 {
	d := math.Inf(1)
	for i := 1; i < len(l.X); i++ {
		if g := l.X[i] - l.X[i-1]; g > 0 {
			d = min(d, g)
		}
	}
	if math.IsInf(d, 1) {
		return 0
	}
	return d
}

func (l Line) path(x, y func(float64) float64) string {
	var d strings.Builder
	pen := false
	for i := 0; i < len(l.X) && i < len(l.Y); i++ {
		if !known(l.X[i]) || !known(l.Y[i]) {
			pen = false
			continue
		}
		at, up := tenth(x(l.X[i])*stretch), tenth(y(l.Y[i]))
		switch {
		case !pen:
			d.WriteString("M" + at + "," + up)
		case l.Steps:
			d.WriteString("H" + at + "V" + up)
		default:
			d.WriteString("L" + at + "," + up)
		}
		pen = true
	}
	return d.String()
}

func (l Line) band(x, y func(float64) float64) string {
	n := min(len(l.X), len(l.Low), len(l.High))
	has := func(i int) bool { return i < n && known(l.X[i]) && known(l.Low[i]) && known(l.High[i]) }
	var d strings.Builder
	for i := 0; i < n; i++ {
		if !has(i) {
			continue
		}
		j := i
		for has(j + 1) {
			j++
		}
		for k := i; k <= j; k++ {
			d.WriteString(map[bool]string{true: "M", false: "L"}[k == i] + tenth(x(l.X[k])*stretch) + "," + tenth(y(l.High[k])))
		}
		for k := j; k >= i; k-- {
			d.WriteString("L" + tenth(x(l.X[k])*stretch) + "," + tenth(y(l.Low[k])))
		}
		d.WriteString("Z")
		i = j
	}
	return d.String()
}

// Pair is one thing before and after on one line.
type Pair struct {
	Scale    Scale
	From, To Interval // only the estimate is drawn
	Height   float64
}

// SVG draws the two as dots with a line between them.
func (c Pair) SVG() template.HTML {
	var s svg
	h := c.Height
	s.begin("track", h, c.To.Title, "")
	s.el("line", "class", "grid", "x1", "0", "x2", "100%", "y1", px(h/2), "y2", px(h/2))
	if known(c.From.RR) && known(c.To.RR) {
		a, _ := c.Scale.At(c.From.RR)
		b, _ := c.Scale.At(c.To.RR)
		s.el("line", "class", "ci "+c.To.Class, "x1", pc(min(a, b)), "x2", pc(max(a, b)), "y1", px(h/2), "y2", px(h/2))
	}
	t := Track{Scale: c.Scale}
	t.interval(&s, c.From, h/2)
	t.interval(&s, c.To, h/2)
	s.close("svg")
	return s.html()
}
