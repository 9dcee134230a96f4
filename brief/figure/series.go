package figure

import (
	"html/template"
	"math"
	"strings"
)

// Column is one period of a series. Positions are shares of the time axis.
type Column struct {
	From, To  float64
	Observed  float64 // NaN: not monitored
	Expected  float64 // NaN: the model has none
	Low, High float64 // 95% band of the expected count
	Class     string  // phase class: pre, during, post, outside
	WashIn    bool    // dropped from every fit
	Gap       bool    // nobody monitored
	Ramadan   float64 // share of days, 0..1
	Title     string
}

// Window is a shaded stretch of the time axis.
type Window struct {
	From, To float64
	Class    string
}

// Series draws counts over time with what was expected.
type Series struct {
	Columns []Column
	Windows []Window
	Ticks   []Tick // across, shares of the time axis
	Number  func(float64) string
	Title   string
	Desc    string
	Height  float64
	Role    string // colour class of the bars
}

// stretch is the width of the stretched inner drawing.
const stretch = 1000

// SVG draws observed counts as bars, the expected count as a stepped line and
// its 95% band behind the bars. The band is cut at the top of the panel where it
// is much wider than the data.
func (c Series) SVG() template.HTML {
	var s svg
	h := c.Height
	highest, widest := 0.0, 0.0
	for _, q := range c.Columns {
		for _, v := range []float64{q.Observed, q.Expected} {
			if known(v) {
				highest = max(highest, v)
			}
		}
		if known(q.High) {
			widest = max(widest, q.High)
		}
	}
	top, step := niceMax(max(highest*1.05, min(widest, 1.5*highest)))
	y := func(v float64) float64 { return h * (1 - min(v/top, 1)) }

	s.begin("series", h, c.Title, c.Desc)
	for _, w := range c.Windows {
		s.el("rect", "class", "window "+w.Class, "x", pc(w.From), "y", "0", "width", pc(w.To-w.From), "height", px(h))
	}
	for _, w := range c.Windows {
		s.el("rect", "class", "windowbar "+w.Class, "x", pc(w.From), "y", "-6", "width", pc(w.To-w.From), "height", "4")
	}
	for v := 0.0; v <= top*1.001; v += step {
		class := "grid"
		if v == 0 {
			class = "base"
		}
		s.el("line", "class", class, "x1", "0", "x2", "100%", "y1", px(y(v)), "y2", px(y(v)))
		s.text("text", c.Number(v), "class", "tick", "x", "-8", "y", px(y(v)+4), "text-anchor", "end")
	}
	s.open("svg", "x", "0", "y", "0", "width", "100%", "height", px(h), "viewBox", "0 0 "+px(stretch)+" "+px(h), "preserveAspectRatio", "none")
	band := c.band(y)
	if band != "" {
		s.el("path", "class", "band", "d", band)
	}
	class := ""
	for _, q := range c.Columns {
		if !known(q.Observed) || q.Gap {
			continue
		}
		if own := strings.TrimSpace("obs " + c.Role + " " + q.Class); own != class {
			if class != "" {
				s.close("g")
			}
			s.open("g", "class", own)
			class = own
		}
		w := (q.To - q.From) * stretch
		inset := min(w*0.12, 1.6)
		s.mark(q.Title, "rect", "x", tenth(q.From*stretch+inset), "width", tenth(w-2*inset), "y", tenth(y(q.Observed)), "height", tenth(h-y(q.Observed)))
	}
	if class != "" {
		s.close("g")
	}
	for _, edge := range []func(Column) float64{func(q Column) float64 { return q.High }, func(q Column) float64 { return q.Low }} {
		if d := c.steps(y, edge); d != "" {
			s.el("path", "class", "edge", "d", d)
		}
	}
	if d := c.steps(y, func(q Column) float64 { return q.Expected }); d != "" {
		s.el("path", "class", "expected", "d", d)
	}
	s.close("svg")
	for i, q := range c.Columns {
		if q.WashIn {
			s.el("rect", "class", "washin", "x", pc(q.From), "y", "0", "width", pc(q.To-q.From), "height", px(h))
		}
		if q.Gap && (i == 0 || !c.Columns[i-1].Gap) { // one for all columns in a row
			end := i
			for end+1 < len(c.Columns) && c.Columns[end+1].Gap {
				end++
			}
			s.el("rect", "class", "gap", "x", pc(q.From), "y", "0", "width", pc(c.Columns[end].To-q.From), "height", px(h))
		}
		if q.Ramadan > 0 {
			s.el("rect", "class", "ramadan", "x", pc(q.From), "y", px(h+1), "width", pc(q.To-q.From), "height", "4",
				"opacity", px(max(q.Ramadan, 0.2)))
		}
	}
	for _, t := range c.Ticks {
		class := "tick"
		if t.Minor {
			class += " minor"
		}
		s.el("line", "class", class, "x1", pc(t.At), "x2", pc(t.At), "y1", px(h), "y2", px(h+6))
		s.text("text", t.Label, "class", class, "x", pc(t.At), "y", px(h+19), "text-anchor", "middle")
	}
	s.close("svg")
	return s.html()
}

// runs calls f for every stretch of neighbouring columns that have the value.
func (c Series) runs(has func(Column) bool, f func(run []Column)) {
	start := -1
	for i := 0; i <= len(c.Columns); i++ {
		joined := i < len(c.Columns) && has(c.Columns[i]) &&
			(start < 0 || math.Abs(c.Columns[i].From-c.Columns[i-1].To) < 1e-6)
		if joined && start < 0 {
			start = i
		}
		if !joined && start >= 0 {
			f(c.Columns[start:i])
			start = -1
			if i < len(c.Columns) && has(c.Columns[i]) {
				start = i
			}
		}
	}
}

func (c Series) steps(y func(float64) float64, value func(Column) float64) string {
	var d strings.Builder
	c.runs(func(q Column) bool { return known(value(q)) }, func(run []Column) {
		for i, q := range run {
			if i == 0 {
				d.WriteString("M" + tenth(q.From*stretch) + "," + tenth(y(value(q))))
			} else {
				d.WriteString("V" + tenth(y(value(q))))
			}
			d.WriteString("H" + tenth(q.To*stretch))
		}
	})
	return d.String()
}

func (c Series) band(y func(float64) float64) string {
	var d strings.Builder
	c.runs(func(q Column) bool { return known(q.Low) && known(q.High) }, func(run []Column) {
		for i, q := range run {
			if i == 0 {
				d.WriteString("M" + tenth(q.From*stretch) + "," + tenth(y(q.High)))
			} else {
				d.WriteString("V" + tenth(y(q.High)))
			}
			d.WriteString("H" + tenth(q.To*stretch))
		}
		for i := len(run) - 1; i >= 0; i-- {
			d.WriteString("V" + tenth(y(run[i].Low)) + "H" + tenth(run[i].From*stretch))
		}
		d.WriteString("Z")
	})
	return d.String()
}

// Lane is one row of a time table: the stretches in which something ran, on the
// time axis of the series above it.
type Lane struct {
	Windows []Window
	Title   string
	Height  float64
}

// SVG draws the lane. A stretch is at least a line wide, however short it was.
func (l Lane) SVG() template.HTML {
	var s svg
	s.begin("lane", l.Height, l.Title, "")
	mid := l.Height / 2
	s.el("line", "class", "grid", "x1", "0", "x2", "100%", "y1", px(mid), "y2", px(mid))
	for _, w := range l.Windows {
		s.el("rect", "class", "run "+w.Class, "x", pc(w.From), "width", pc(max(w.To-w.From, 0.002)), "y", px(mid-5), "height", "10")
	}
	s.close("svg")
	return s.html()
}

// TimeAxis draws the labels of a time axis alone.
func TimeAxis(ticks []Tick) template.HTML {
	var s svg
	s.open("svg", "class", "axis", "width", "100%", "height", "24", "aria-hidden", "true")
	for _, t := range ticks {
		class := "tick"
		if t.Minor {
			class += " minor"
		}
		s.el("line", "class", class, "x1", pc(t.At), "x2", pc(t.At), "y1", "18", "y2", "24")
		s.text("text", t.Label, "class", class, "x", pc(t.At), "y", "13", "text-anchor", "middle")
	}
	s.close("svg")
	return s.html()
}
