package figure

import (
	"html/template"
	"math"
	"slices"
	"strings"
	"unicode"
)

// Shape is an area or a country on a map, as closed rings of longitude and
// latitude.
type Shape struct {
	ID    string // of the shape in the atlas
	Class string
	Title string
	Name  string // written in the middle of the visible part, if that is large enough
	Key   string // what other figures call it
	Rings [][][2]float64
}

// Spot is a symbol on a map.
type Spot struct {
	Lon, Lat float64
	Class    string
	Title    string
	R        float64 // radius in units of the drawing
	Square   bool
	Key      string // what other figures call it
	Counts   string // by period, for the time window
}

// Label is a name on a map. Labels that would cover an earlier label, a spot's
// centre or the frame are left out.
type Label struct {
	Lon, Lat float64
	Text     string
	Class    string
	Clear    float64 // radius of the symbol that the name must leave free

	x, y float64 // of a country's name, centred there
}

// Town is a place for orientation: a small ring with its name, drawn only where
// the name has room.
type Town struct {
	Lon, Lat float64
	Text     string
}

// Map draws shapes, symbols and names in an equirectangular projection scaled
// by the cosine of the middle latitude.
type Map struct {
	Atlas                    *Atlas
	West, South, East, North float64
	Width, Height            float64 // of the drawing; the page scales it
	Shapes                   []Shape
	Spots                    []Spot
	Labels                   []Label
	Towns                    []Town // the most important first
	MostTowns                int    // drawn
	Title                    string
	Desc                     string
	ScaleLabel               func(km float64) string
	NorthMark                string // the letter on the north arrow
}

// Fit sets the window to the given bounds and so many km around them, widened
// to the drawing's proportions.
func (m *Map) Fit(west, south, east, north, km float64) {
	midLat := (south + north) / 2
	k := math.Cos(midLat * math.Pi / 180)
	pad := km / kmPerDegree
	w, h := (east-west)*k+2*pad, north-south+2*pad // both in degrees of latitude
	aspect := m.Width / m.Height
	if w/h < aspect {
		w = h * aspect
	} else {
		h = w / aspect
	}
	midLon := (west + east) / 2
	m.West, m.East = midLon-w/k/2, midLon+w/k/2
	m.South, m.North = midLat-h/2, midLat+h/2
}

const kmPerDegree = 111.195 // of a great circle on the mean sphere

func (m *Map) xy(lon, lat float64) (x, y float64) {
	return (lon - m.West) / (m.East - m.West) * m.Width, (m.North - lat) / (m.North - m.South) * m.Height
}

// Has reports whether a point lies in the window.
func (m *Map) Has(lon, lat float64) bool {
	return lon >= m.West && lon <= m.East && lat >= m.South && lat <= m.North
}

// SVG draws the map. Shapes are clipped to the window; shapes and symbols scale
// with the drawing, names keep the size of the page's type.
func (m *Map) SVG() template.HTML {
	var s svg
	s.open("svg", "class", "map", "width", "100%", "style", "aspect-ratio:"+px(m.Width)+"/"+px(m.Height), "role", "img", "direction", "ltr")
	s.text("title", m.Title)
	s.text("desc", m.Desc)
	s.open("svg", "viewBox", "0 0 "+px(m.Width)+" "+px(m.Height), "width", "100%", "height", "100%")
	s.el("rect", "class", "sea", "width", px(m.Width), "height", px(m.Height))
	var names []Label
	if m.Atlas != nil {
		s.open("g", "transform", m.Atlas.place(m))
	}
	for _, shape := range m.Shapes {
		if m.Atlas == nil || !m.Atlas.shapes[shape.ID] || !m.touches(shape.Rings) {
			continue
		}
		if shape.Name != "" {
			if middle, size := m.seen(shape.Rings); size > 0.04*m.Width*m.Height {
				names = append(names, Label{Text: shape.Name, Class: "country", x: middle[0], y: middle[1]})
			}
		}
		attrs := []string{"class", shape.Class, "href", "#" + shape.ID}
		if shape.Key != "" {
			attrs = append(attrs, "data-k", shape.Key)
		}
		s.mark(shape.Title, "use", attrs...)
	}
	if m.Atlas != nil {
		s.close("g")
	}
	written := m.arrange(names)
	for _, w := range written {
		if w.town {
			s.el("circle", "class", "town", "cx", px1(w.at[0]), "cy", px1(w.at[1]), "r", "2.6")
		}
	}
	for _, spot := range m.Spots {
		if !m.Has(spot.Lon, spot.Lat) {
			continue
		}
		x, y := m.xy(spot.Lon, spot.Lat)
		tag, attrs := "circle", []string{"class", spot.Class, "cx", px1(x), "cy", px1(y), "r", px1(spot.R)}
		if spot.Square {
			tag, attrs = "rect", []string{"class", spot.Class, "x", px1(x - spot.R), "y", px1(y - spot.R), "width", px1(2 * spot.R), "height", px1(2 * spot.R)}
		}
		if spot.Key != "" {
			attrs = append(attrs, "data-k", spot.Key)
		}
		if spot.Counts != "" {
			attrs = append(attrs, "data-n", spot.Counts)
		}
		s.mark(spot.Title, tag, attrs...)
	}
	s.close("svg")
	for _, w := range written {
		s.text("text", w.text, "class", w.class, "x", pc(w.x/m.Width), "y", pc(w.y/m.Height), "text-anchor", w.anchor)
	}
	m.furniture(&s)
	s.close("svg")
	return s.html()
}

// furniture is the scale bar and the north arrow.
func (m *Map) furniture(s *svg) {
	across := (m.East - m.West) * math.Cos((m.South+m.North)/2*math.Pi/180) * kmPerDegree
	km := 1.0
	for _, v := range []float64{5, 10, 20, 25, 50, 100, 200, 500, 1000, 2000} {
		if v <= across/4 {
			km = v
		}
	}
	s.open("svg", "x", "12", "y", "100%", "width", "100%", "overflow", "visible")
	s.el("line", "class", "scale", "x1", "0", "x2", pc(km/across), "y1", "-12", "y2", "-12")
	s.close("svg")
	s.text("text", m.ScaleLabel(km), "class", "scaletext", "x", "12", "y", "100%", "dy", "-18")
	s.open("svg", "x", "100%", "y", "0", "overflow", "visible")
	s.el("path", "class", "north", "d", "M-18,30L-18,12M-22,18L-18,10L-14,18")
	s.text("text", m.NorthMark, "class", "scaletext", "x", "-18", "y", "42", "text-anchor", "middle")
	s.close("svg")
}

type box struct{ x0, y0, x1, y1 float64 }

func (a box) hits(b box) bool { return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1 }

// written is a name with its place, in units of the drawing. The anchor is that
// of text that runs to the right.
type written struct {
	text, class string
	x, y        float64
	anchor      string
	town        bool
	at          [2]float64 // of a town
}

// arrange places names greedily, in the order given: to the right of the point,
// to the left, above, below, or not at all; countries at the middle of what is
// seen of them, or above or below it; then towns, unless a name says the same
// already.
func (m *Map) arrange(countries []Label) (out []written) {
	const size = 12.5
	frame := box{4, 4, m.Width - 4, m.Height - 4}
	taken := []box{
		{0, m.Height - 36, m.Width/4 + 20, m.Height}, // scale bar
		{m.Width - 36, 0, m.Width, 48},               // north arrow
	}
	said := map[string]bool{}
	put := func(w written, clear, wide float64) bool {
		x, y := w.x, w.y
		width := float64(len([]rune(w.text)))*size*0.56*wide + 4
		r := clear + 4
		type place struct {
			b      box
			x, y   float64
			anchor string
		}
		places := []place{
			{box{x + r, y - 8, x + r + width, y + 7}, x + r + 1, y + 4, "start"},
			{box{x - r - width, y - 8, x - r, y + 7}, x - r - 1, y + 4, "end"},
			{box{x - width/2, y - r - 15, x + width/2, y - r}, x, y - r - 3, "middle"},
			{box{x - width/2, y + r, x + width/2, y + r + 15}, x, y + r + 11, "middle"},
		}
		if w.class == "country" {
			places = nil
			for _, dy := range []float64{0, 30, -30, 60, -60, 100, -100} {
				places = append(places, place{box{x - width/2, y + dy - 8, x + width/2, y + dy + 8}, x, y + dy + 4, "middle"})
			}
		}
		for _, p := range places {
			free := p.b.x0 >= frame.x0 && p.b.x1 <= frame.x1 && p.b.y0 >= frame.y0 && p.b.y1 <= frame.y1
			for _, t := range taken {
				free = free && !p.b.hits(t)
			}
			if free {
				taken = append(taken, p.b)
				w.x, w.y, w.anchor = p.x, p.y, p.anchor
				out = append(out, w)
				said[letters(w.text)] = true
				return true
			}
		}
		return false
	}
	for _, l := range m.Labels {
		if m.Has(l.Lon, l.Lat) {
			x, y := m.xy(l.Lon, l.Lat)
			put(written{text: l.Text, class: l.Class, x: x, y: y}, l.Clear, 1)
		}
	}
	for _, l := range countries {
		put(written{text: l.Text, class: l.Class, x: l.x, y: l.y}, 0, 1)
	}
	// Maps shrink on small screens, names and furniture do not: towns need air.
	taken = append(taken, box{0, m.Height - 62, m.Width/4 + 34, m.Height}, box{m.Width - 64, 0, m.Width, 84})
	n := 0
	for _, t := range m.Towns {
		if n == m.MostTowns {
			break
		}
		if !m.Has(t.Lon, t.Lat) || said[letters(t.Text)] {
			continue
		}
		x, y := m.xy(t.Lon, t.Lat)
		dot := box{x - 4, y - 4, x + 4, y + 4}
		if slices.ContainsFunc(taken, dot.hits) {
			continue
		}
		if put(written{text: t.Text, class: "townname", x: x, y: y, town: true, at: [2]float64{x, y}}, 0, 1.25) {
			taken = append(taken, dot)
			n++
		}
	}
	return out
}

// letters is a name without what spellings differ in: case, hyphens, spaces.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// clipped is the part of a ring that lies in the window, a little enlarged so that
// the cut edges lie outside, in units of the drawing.
func (m *Map) clipped(ring [][2]float64) [][2]float64 {
	const over = 6
	pts := make([][2]float64, 0, len(ring))
	for _, p := range ring {
		x, y := m.xy(p[0], p[1])
		pts = append(pts, [2]float64{x, y})
	}
	pts = clip(pts, 0, -over, 1)
	pts = clip(pts, 0, m.Width+over, -1)
	pts = clip(pts, 1, -over, 1)
	return thinOut(clip(pts, 1, m.Height+over, -1))
}

// seen is the centre of the largest part of a shape in the window, and its surface.
func (m *Map) seen(rings [][][2]float64) (centre [2]float64, size float64) {
	for _, ring := range rings {
		if pts := m.clipped(ring); len(pts) >= 3 {
			if c, area := centroid(pts); area > size {
				centre, size = c, area
			}
		}
	}
	return centre, size
}

// touches reports whether the box around a shape meets the window.
func (m *Map) touches(rings [][][2]float64) bool {
	for _, ring := range rings {
		west, south, east, north := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
		for _, p := range ring {
			west, east, south, north = min(west, p[0]), max(east, p[0]), min(south, p[1]), max(north, p[1])
		}
		if west <= m.East && east >= m.West && south <= m.North && north >= m.South {
			return true
		}
	}
	return false
}

// centroid is the centre of mass of a ring, and its surface.
func centroid(pts [][2]float64) (c [2]float64, size float64) {
	for i, b := range pts {
		a := pts[(i+len(pts)-1)%len(pts)]
		cross := a[0]*b[1] - b[0]*a[1]
		size += cross / 2
		c[0] += (a[0] + b[0]) * cross / 6
		c[1] += (a[1] + b[1]) * cross / 6
	}
	if size == 0 {
		return c, 0
	}
	return [2]float64{c[0] / size, c[1] / size}, math.Abs(size)
}

func px1(v float64) string { return px(math.Round(v*10) / 10) }

// clip cuts a ring at one side of the window (Sutherland and Hodgman): axis is
// 0 or 1, and side +1 keeps what lies above the limit, -1 below.
func clip(ring [][2]float64, axis int, limit, side float64) [][2]float64 {
	var out [][2]float64
	for i, b := range ring {
		a := ring[(i+len(ring)-1)%len(ring)]
		inA, inB := (a[axis]-limit)*side >= 0, (b[axis]-limit)*side >= 0
		if inA != inB {
			t := (limit - a[axis]) / (b[axis] - a[axis])
			p := [2]float64{a[0] + t*(b[0]-a[0]), a[1] + t*(b[1]-a[1])}
			p[axis] = limit
			out = append(out, p)
		}
		if inB {
			out = append(out, b)
		}
	}
	return out
}

// thinOut drops points nearer than half a unit to the one before.
func thinOut(pts [][2]float64) [][2]float64 {
	var out [][2]float64
	for _, p := range pts {
		if n := len(out); n > 0 && math.Hypot(p[0]-out[n-1][0], p[1]-out[n-1][1]) < 0.5 {
			continue
		}
		out = append(out, p)
	}
	return out
}
