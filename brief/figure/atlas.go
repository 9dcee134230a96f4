package figure

import (
	"html/template"
	"math"
	"strconv"
	"strings"
)

// Atlas holds the shapes of a page's maps, each written once, in one frame that
// all maps share: every map places them by a scale and a shift, so that an outline
// costs its bytes once, however many maps show it.
type Atlas struct {
	West, South, East, North float64 // shapes are clipped to this window
	b                        svg
	shapes                   map[string]bool
}

// atlasUnit is the number of units in a degree: 1/300 degree is 0.4 km.
const atlasUnit = 300

// Grow widens the window so that a map lies in it.
func (a *Atlas) Grow(m Map) {
	if a.East <= a.West {
		a.West, a.South, a.East, a.North = m.West, m.South, m.East, m.North
		return
	}
	a.West, a.South, a.East, a.North = min(a.West, m.West), min(a.South, m.South), max(a.East, m.East), max(a.North, m.North)
}

// Add writes a shape under an id, closed rings as an area and open lines as lines.
// It reports whether anything of it lies in the window.
func (a *Atlas) Add(id string, rings [][][2]float64, open bool) bool {
	if a.shapes == nil {
		a.shapes = map[string]bool{}
	}
	if a.shapes[id] {
		return true
	}
	frame := Map{West: a.West, South: a.South, East: a.East, North: a.North, Width: (a.East - a.West) * atlasUnit, Height: (a.North - a.South) * atlasUnit}
	if !frame.touches(rings) {
		return false
	}
	var d strings.Builder
	for _, ring := range rings {
		var parts [][][2]float64
		if open {
			parts = frame.cut(ring)
		} else {
			parts = [][][2]float64{frame.clipped(ring)}
		}
		for _, pts := range parts {
			steps(&d, pts, !open)
		}
	}
	if d.Len() == 0 {
		return false
	}
	a.shapes[id] = true
	a.b.el("path", "id", id, "d", d.String(), "fill-rule", "evenodd", "vector-effect", "non-scaling-stroke")
	return true
}

// steps writes a ring in whole units, each point as its step from the one before.
func steps(d *strings.Builder, pts [][2]float64, shut bool) {
	var x, y, n int
	least := 2
	if shut {
		least = 3
	}
	if len(pts) < least {
		return
	}
	for i, p := range pts {
		nx, ny := int(math.Round(p[0])), int(math.Round(p[1]))
		switch {
		case i == 0:
			d.WriteString("M" + strconv.Itoa(nx) + " " + strconv.Itoa(ny))
		case nx == x && ny == y:
			continue
		default:
			if n == 0 {
				d.WriteByte('l')
			} else if nx-x >= 0 {
				d.WriteByte(' ')
			}
			d.WriteString(strconv.Itoa(nx - x))
			if ny-y >= 0 {
				d.WriteByte(' ')
			}
			d.WriteString(strconv.Itoa(ny - y))
			n++
		}
		x, y = nx, ny
	}
	if shut {
		d.WriteByte('z')
	}
}

// Defs are the shapes, for the head of the page.
func (a *Atlas) Defs() template.HTML { return a.b.html() }

// place is the transformation from the atlas' frame to a map's.
func (a *Atlas) place(m *Map) string {
	kx, ky := m.Width/(m.East-m.West), m.Height/(m.North-m.South)
	num := func(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
	return "matrix(" + num(kx/atlasUnit) + " 0 0 " + num(ky/atlasUnit) + " " + num((a.West-m.West)*kx) + " " + num((m.North-a.North)*ky) + ")"
}

// cut keeps the stretches of an open line that touch the window.
func (m *Map) cut(line [][2]float64) [][][2]float64 {
	var out [][][2]float64
	var run [][2]float64
	in := func(p [2]float64) bool {
		return p[0] >= -20 && p[1] >= -20 && p[0] <= m.Width+20 && p[1] <= m.Height+20
	}
	pts := make([][2]float64, len(line))
	for i, p := range line {
		pts[i][0], pts[i][1] = m.xy(p[0], p[1])
	}
	for i, p := range pts {
		if in(p) || i > 0 && in(pts[i-1]) || i+1 < len(pts) && in(pts[i+1]) {
			run = append(run, p)
			continue
		}
		if len(run) > 1 {
			out = append(out, run)
		}
		run = nil
	}
	if len(run) > 1 {
		out = append(out, run)
	}
	return out
}
