package figure

import (
	"html/template"
	"strings"
)

// Estimate is one point of a specification curve. Low and High are NaN where it
// has no interval.
type Estimate struct{ RR, Low, High float64 }

// Beyond is -1 or +1 where the interval lies wholly below or above no change.
func (e Estimate) Beyond() int {
	switch {
	case e.High < 1:
		return -1
	case e.Low > 1:
		return 1
	}
	return 0
}

// CurveMark singles out one specification of a curve.
type CurveMark struct {
	At    int // its index
	Label string
	Class string
}

// Curve is a specification curve: estimates side by side in the order given,
// ratios upwards. However many they are, they are six shapes: estimates and
// intervals, each by the side on which the interval leaves out no change.
type Curve struct {
	Scale  LogScale
	Ticks  []Tick
	Points []Estimate
	Marks  []CurveMark
	Title  string
	Desc   string
	Height float64
}

// curveClasses are the colour classes of [Estimate.Beyond], from -1.
var curveClasses = []string{"down", "ns", "up"}

// SVG draws the curve. What leaves the scale is drawn at its edge.
func (c Curve) SVG() template.HTML {
	var s svg
	h, n := c.Height, float64(len(c.Points))
	// Shapes are drawn in half pixels downwards, and two units a point across, so
	// that whole numbers do.
	y := func(v float64) string {
		at, _ := c.Scale.At(v)
		return round(2 * h * (1 - at))
	}
	s.begin("speccurve", h, c.Title, c.Desc)
	for _, t := range c.Ticks {
		at, _ := c.Scale.At(t.At)
		class := "grid"
		if t.At == 1 {
			class = "one"
		}
		s.el("line", "class", class, "x1", "0", "x2", "100%", "y1", px(h*(1-at)), "y2", px(h*(1-at)))
		s.text("text", t.Label, "class", "tick", "x", "-8", "y", px(h*(1-at)+4), "text-anchor", "end")
	}
	var bars, dots [3]strings.Builder
	for i, e := range c.Points {
		if !known(e.RR) {
			continue
		}
		k := e.Beyond() + 1
		if known(e.Low) && e.High == e.High { // a high end may be infinite
			bars[k].WriteString("M" + round(float64(2*i+1)) + "," + y(e.High) + "V" + y(e.Low))
		}
		dots[k].WriteString("M" + round(float64(2*i)) + "," + y(e.RR) + "h2")
	}
	s.open("svg", "x", "0", "y", "0", "width", "100%", "height", px(h), "viewBox", "0 0 "+px(max(2*n, 1))+" "+px(2*h), "preserveAspectRatio", "none")
	for _, k := range []int{1, 0, 2} { // what leaves out no change lies on top
		if d := bars[k].String(); d != "" {
			s.el("path", "class", "sbar "+curveClasses[k], "d", d)
		}
	}
	for _, k := range []int{1, 0, 2} {
		if d := dots[k].String(); d != "" {
			s.el("path", "class", "sdash "+curveClasses[k], "d", d)
		}
	}
	s.close("svg")
	for k, m := range c.Marks {
		x := (float64(m.At) + 0.5) / n
		up := 6 + 13*float64(k) // one line a mark: two may stand side by side
		s.el("line", "class", "smark "+m.Class, "x1", pc(x), "x2", pc(x), "y1", px(-up+2), "y2", px(h))
		s.text("text", m.Label, "class", "smark "+m.Class, "x", pc(x), "y", px(-up), "text-anchor", "middle")
	}
	s.close("svg")
	return s.html()
}

func round(v float64) string { return px(float64(int(v + 0.5))) }

// Choice draws which points of a curve have something in common, as the row of a
// table below it: one path of stretches, and the marked points across it.
func Choice(on []bool, marks []CurveMark) template.HTML {
	var s svg
	var d strings.Builder
	at := 0
	for i := 0; i < len(on); i++ {
		if !on[i] {
			continue
		}
		from := i
		for i < len(on) && on[i] {
			i++
		}
		if d.Len() == 0 {
			d.WriteString("M" + round(float64(from)) + ",.5")
		} else {
			d.WriteString("m" + round(float64(from-at)) + ",0")
		}
		d.WriteString("h" + round(float64(i-from)))
		at = i
	}
	s.open("svg", "class", "specrow", "width", "100%", "height", "11", "viewBox", "0 0 "+px(max(float64(len(on)), 1))+" 1", "preserveAspectRatio", "none",
		"aria-hidden", "true")
	if d.Len() > 0 {
		s.el("path", "d", d.String())
	}
	for _, m := range marks {
		if m.At >= 0 && m.At < len(on) && on[m.At] {
			s.el("path", "class", "smark "+m.Class, "d", "M"+px(float64(m.At)+0.5)+",0v1")
		}
	}
	s.close("svg")
	return s.html()
}
