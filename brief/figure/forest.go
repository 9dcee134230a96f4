package figure

import (
	"html/template"
	"strings"
)

// Interval is an estimate with its interval, on the scale of its figure: mostly a
// ratio.
type Interval struct {
	RR, Low, High   float64
	AdjLow, AdjHigh float64 // the wider, simultaneous interval; NaN: none
	MDELow, MDEHigh float64 // brackets of its minimum detectable effect; 0 or NaN: none
	Hollow          bool    // the second of two phases
	Class           string  // colour class
	Title           string
}

// Track is one row of a forest plot.
type Track struct {
	Scale    Scale
	Ticks    []float64
	BandLow  float64 // smallest effect of interest, both ways; NaN: none
	BandHigh float64
	MDELow   float64 // brackets of the minimum detectable effect; NaN: none
	MDEHigh  float64
	Marks    []Interval
	Desc     string
	Height   float64
}

// SVG draws the row. The mark is a dot with a bar; a bar that runs out of the
// scale ends in an arrow.
func (t Track) SVG() template.HTML {
	var s svg
	title := ""
	if len(t.Marks) > 0 {
		title = t.Marks[0].Title
	}
	h := t.Height
	s.begin("track", h, title, t.Desc)
	t.ground(&s, h)
	for i, m := range t.Marks {
		y := h * (float64(i) + 1) / (float64(len(t.Marks)) + 1)
		t.brackets(&s, t.MDELow, t.MDEHigh, y)
		t.brackets(&s, m.MDELow, m.MDEHigh, y)
		if m.Title == title {
			m.Title = "" // the drawing has it
		}
		t.interval(&s, m, y)
	}
	s.close("svg")
	return s.html()
}

func (t Track) ground(s *svg, h float64) {
	if known(t.BandLow) && known(t.BandHigh) {
		a, _ := t.Scale.At(t.BandLow)
		b, _ := t.Scale.At(t.BandHigh)
		s.el("rect", "class", "seb", "x", pc(a), "y", "0", "width", pc(b-a), "height", px(h))
	}
	// All but one line of the grid are one shape: rows of a forest are many.
	var grid strings.Builder
	for _, v := range t.Ticks {
		if x, _ := t.Scale.At(v); v != t.Scale.Null() {
			grid.WriteString("M" + px(x*stretch) + ",0v1")
		}
	}
	if grid.Len() > 0 {
		s.open("svg", "height", px(h), "viewBox", "0 0 "+px(stretch)+" 1", "preserveAspectRatio", "none", "overflow", "visible")
		s.el("path", "class", "grid", "d", grid.String())
		s.close("svg")
	}
	for _, v := range t.Ticks {
		if v == t.Scale.Null() {
			x, _ := t.Scale.At(v)
			s.el("line", "class", "one", "x1", pc(x), "x2", pc(x), "y2", px(h))
		}
	}
}

// brackets mark the zone in which a true change would mostly go unseen.
func (t Track) brackets(s *svg, low, high, y float64) {
	for _, b := range []struct {
		v, dir float64
	}{{low, 1}, {high, -1}} {
		if !known(b.v) || b.v == 0 {
			continue
		}
		if x, out := t.Scale.At(b.v); out == 0 {
			s.open("svg", "x", pc(x), "y", px(y), "overflow", "visible")
			s.el("path", "class", "mde", "d", "M"+px(4*b.dir)+",-8H0V8H"+px(4*b.dir))
			s.close("svg")
		}
	}
}

func (t Track) interval(s *svg, m Interval, y float64) {
	if !known(m.RR) {
		return
	}
	low, high := m.Low, m.High
	if known(low) || known(high) {
		a, outA := 0.0, -1
		if known(low) {
			a, outA = t.Scale.At(low)
		}
		b, outB := 1.0, 1
		if known(high) {
			b, outB = t.Scale.At(high)
		}
		s.el("line", "class", "ci "+m.Class, "x1", pc(a), "x2", pc(b), "y1", px(y), "y2", px(y))
		if outA != 0 {
			arrow(s, a, y, outA, m.Class)
		}
		if outB != 0 {
			arrow(s, b, y, outB, m.Class)
		}
	}
	x, out := t.Scale.At(m.RR)
	class := "dot " + m.Class
	if m.Hollow {
		class += " hollow"
	}
	if out != 0 {
		class += " out"
	}
	s.mark(m.Title, "circle", "class", class, "cx", pc(x), "cy", px(y), "r", "5.5")
}

func arrow(s *svg, x, y float64, dir int, class string) {
	d := "M6,-4L0,0L6,4"
	if dir > 0 {
		d = "M-6,-4L0,0L-6,4"
	}
	s.open("svg", "x", pc(x), "y", px(y), "overflow", "visible")
	s.el("path", "class", "arrow "+class, "d", d)
	s.close("svg")
}

// Axis draws the labels of a forest plot's scale.
func Axis(scale Scale, ticks []Tick) template.HTML {
	var s svg
	s.open("svg", "class", "axis", "width", "100%", "height", "18", "aria-hidden", "true")
	for _, t := range ticks {
		x, _ := scale.At(t.At)
		class := "tick"
		if t.Minor {
			class += " minor"
		}
		s.text("text", t.Label, "class", class, "x", pc(x), "y", "13", "text-anchor", "middle")
	}
	s.close("svg")
	return s.html()
}

// Category is one column of a profile: a distance band.
type Category struct {
	Label string
	Marks []Interval
	Note  string // written in the column where there is nothing to draw
}

// CoursePoint is one place of a line across a figure, At of [0, 1] from the left.
type CoursePoint struct{ At, RR, Low, High float64 }

// Course is a line with a band across a profile.
type Course struct {
	Class  string
	Points []CoursePoint
}

// Profile draws estimates by distance: bands across, ratios upwards.
type Profile struct {
	Scale      LogScale
	Courses    []Course // behind the estimates
	Ticks      []Tick
	BandLow    float64
	BandHigh   float64
	Categories []Category
	Title      string
	Desc       string
	Height     float64
}

// courses draws the lines; what leaves the scale runs along its edge.
func (p Profile) courses(s *svg, h float64) {
	if len(p.Courses) == 0 {
		return
	}
	s.open("svg", "x", "0", "y", "0", "width", "100%", "height", px(h), "viewBox", "0 0 1000 "+px(h), "preserveAspectRatio", "none")
	for _, c := range p.Courses {
		edge := func(d *strings.Builder, of func(CoursePoint) float64, back bool) {
			for i := range c.Points {
				q := c.Points[i]
				if back {
					q = c.Points[len(c.Points)-1-i]
				}
				at, _ := p.Scale.At(of(q))
				step := "L"
				if d.Len() == 0 {
					step = "M"
				}
				d.WriteString(step + px(1000*q.At) + "," + px(h*(1-at)))
			}
		}
		var band, line strings.Builder
		edge(&band, func(q CoursePoint) float64 { return q.High }, false)
		edge(&band, func(q CoursePoint) float64 { return q.Low }, true)
		edge(&line, func(q CoursePoint) float64 { return q.RR }, false)
		s.el("path", "class", "courseband "+c.Class, "d", band.String()+"Z")
		s.el("path", "class", "courseline "+c.Class, "d", line.String())
	}
	s.close("svg")
}

// SVG draws the profile. The heavy bar is the pointwise interval, the fine one
// the simultaneous interval.
func (p Profile) SVG() template.HTML {
	var s svg
	h := p.Height
	y := func(v float64) (float64, int) {
		at, out := p.Scale.At(v)
		return h * (1 - at), out
	}
	s.begin("profile", h, p.Title, p.Desc)
	if known(p.BandLow) && known(p.BandHigh) {
		a, _ := y(p.BandHigh)
		b, _ := y(p.BandLow)
		s.el("rect", "class", "seb", "x", "0", "y", px(a), "width", "100%", "height", px(b-a))
	}
	for _, t := range p.Ticks {
		at, _ := y(t.At)
		class := "grid"
		if t.At == 1 {
			class = "one"
		}
		s.el("line", "class", class, "x1", "0", "x2", "100%", "y1", px(at), "y2", px(at))
		s.text("text", t.Label, "class", "tick", "x", "-8", "y", px(at+4), "text-anchor", "end")
	}
	p.courses(&s, h)
	n := float64(len(p.Categories))
	for i, c := range p.Categories {
		mid := (float64(i) + 0.5) / n
		s.text("text", c.Label, "class", "tick", "x", pc(mid), "y", px(h+18), "text-anchor", "middle")
		if i > 0 {
			s.el("line", "class", "sep", "x1", pc(float64(i)/n), "x2", pc(float64(i)/n), "y1", px(h), "y2", px(h+6))
		}
		if c.Note != "" {
			s.text("text", c.Note, "class", "note", "x", pc(mid), "y", px(h-8), "text-anchor", "middle")
		}
		for k, m := range c.Marks {
			if !known(m.RR) {
				continue
			}
			x := mid + (float64(k)-float64(len(c.Marks)-1)/2)*0.32/n
			bar := func(class string, low, high float64) {
				if !known(low) && !known(high) {
					return
				}
				top, bottom := 0.0, h
				if known(high) {
					top, _ = y(high)
				}
				if known(low) {
					bottom, _ = y(low)
				}
				s.el("line", "class", class+" "+m.Class, "x1", pc(x), "x2", pc(x), "y1", px(top), "y2", px(bottom))
			}
			bar("adj", m.AdjLow, m.AdjHigh)
			bar("ci", m.Low, m.High)
			at, out := y(m.RR)
			class := "dot " + m.Class
			if m.Hollow {
				class += " hollow"
			}
			if out != 0 {
				class += " out"
			}
			s.mark(m.Title, "circle", "class", class, "cx", pc(x), "cy", px(at), "r", "5.5")
		}
	}
	s.close("svg")
	return s.html()
}
