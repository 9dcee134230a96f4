package brief

import (
	"cmp"
	"html/template"
	"math"
	"slices"
	"strconv"

	"athar"
	"athar/brief/basemap"
	"athar/brief/figure"
)

// MapFigure is a campaign's pair of maps.
type MapFigure struct {
	ID     string
	Panels []MapPanel
	Roles  []MapRole
	Sizes  []MapSize
	Points bool // areas are drawn as symbols: their outlines are not known
	Beyond int  // ring areas whose middle lies outside the map
	Table
}

// MapPanel is one map.
type MapPanel struct {
	Title string
	SVG   template.HTML
}

// MapRole is a line of the map's legend.
type MapRole struct{ Class, Label string }

// MapSize is an event circle of the legend.
type MapSize struct {
	R     string
	Size  string
	Label string
}

const mapWidth, mapHeight = 540, 440

// CampaignMap draws where the campaign was, and the events before it against those
// during and after it, both per 30 days so that circles can be compared.
func (p *page) CampaignMap(i int) *MapFigure {
	c := p.Campaigns[i]
	var west, south, east, north = 180.0, 90.0, -180.0, -90.0
	grow := func(lon, lat float64) {
		west, east, south, north = min(west, lon), max(east, lon), min(south, lat), max(north, lat)
	}
	var shapes []figure.Shape
	var symbols []figure.Spot
	roles := map[athar.Role]bool{}
	countries := map[string]bool{}
	type count struct {
		a        athar.AreaRole
		m        athar.MapArea
		pre, end float64 // events per 30 days
	}
	var counts []count
	days := map[athar.Phase]float64{}
	for _, q := range c.Periods {
		days[q.Phase] += q.Days
	}
	rate := func(n int, days float64) float64 {
		if days == 0 {
			return 0
		}
		return float64(n) / days * 30
	}
	fig := &MapFigure{ID: p.CampaignAnchor(i) + "-map", Table: Table{Head: p.head("area", "unit", "role", "km", "pre", "during", "post")}}
	for _, a := range c.Areas {
		m, ok := p.areas[a.Area]
		if !ok || m.Lon == 0 && m.Lat == 0 {
			continue
		}
		roles[a.Role] = true
		countries[m.Country] = true
		name := p.Lang.Name(m.Name)
		title := p.plain("map.tip", "name", name, "role", p.ringName(a.Role, c.Rings), "pre", a.Pre, "during", a.During, "post", a.Post)
		if a.Role == athar.Inside {
			grow(m.Lon, m.Lat)
		}
		if len(m.Outline) > 0 {
			var rings [][][2]float64
			for _, flat := range m.Outline {
				var ring [][2]float64
				for k := 0; k+1 < len(flat); k += 2 {
					ring = append(ring, [2]float64{float64(flat[k]), float64(flat[k+1])})
					if a.Role == athar.Inside {
						grow(float64(flat[k]), float64(flat[k+1]))
					}
				}
				rings = append(rings, ring)
			}
			shapes = append(shapes, figure.Shape{Class: "area " + roleClass(a.Role), Title: title, Rings: rings})
		} else {
			fig.Points = true
			symbols = append(symbols, figure.Spot{Lon: m.Lon, Lat: m.Lat, Class: "spot " + roleClass(a.Role), Title: title, R: symbolSize(a.Role), Square: true})
		}
		counts = append(counts, count{a, m, rate(a.Pre, days[athar.Pre]), rate(a.During+a.Post, days[athar.During]+days[athar.Post])})
		if a.Role != athar.Far && a.Role != athar.LeftOut || a.Pre+a.During+a.Post > 0 {
			fig.Table.Rows = append(fig.Table.Rows, []string{name, p.Lang.Name(m.Parent), p.ringName(a.Role, c.Rings), p.Lang.Count(a.Km),
				p.Lang.Count(athar.Num(a.Pre)), p.Lang.Count(athar.Num(a.During)), p.Lang.Count(athar.Num(a.Post))})
		}
	}
	if west > east || !roles[athar.Inside] {
		return nil
	}
	base := figure.Map{Width: mapWidth, Height: mapHeight, Desc: p.plain("map.desc"), NorthMark: p.Lang.Word("map", "north"),
		ScaleLabel: func(km float64) string { return p.plain("map.scale", "km", athar.Num(km)) }}
	around := 50.0 // km shown around the area: as far as the rings reach
	if n := len(c.Rings); n > 0 && known(c.Rings[n-1].To) {
		around = max(around, float64(c.Rings[n-1].To))
	}
	base.Fit(west, south, east, north, 1.15*around)
	for _, n := range counts {
		if n.a.Role.IsRing() && !base.Has(n.m.Lon, n.m.Lat) {
			fig.Beyond++
		}
	}

	for _, country := range basemap.Countries() {
		shape := figure.Shape{Class: "land", Name: p.Lang.Word("country", country.Name)}
		if countries[country.Name] {
			shape.Class = "land here"
		}
		for _, r := range country.Rings {
			ring := make([][2]float64, len(r))
			for k, q := range r {
				ring[k] = [2]float64{q.Lon, q.Lat}
			}
			shape.Rings = append(shape.Rings, ring)
		}
		base.Shapes = append(base.Shapes, shape)
	}
	base.Shapes = append(base.Shapes, shapes...)

	most := 0.0
	for _, n := range counts {
		if base.Has(n.m.Lon, n.m.Lat) {
			most = max(most, n.pre, n.end)
		}
	}
	radius := func(rate float64) float64 { return 28 * math.Sqrt(rate/max(most, 1e-9)) }
	panel := func(title string, value func(count) float64) {
		m := base
		m.Title = title
		list := slices.Clone(counts)
		slices.SortStableFunc(list, func(a, b count) int { return cmp.Compare(value(b), value(a)) })
		for _, n := range list {
			if v := value(n); v > 0 {
				m.Spots = append(m.Spots, figure.Spot{Lon: n.m.Lon, Lat: n.m.Lat, Class: "events", R: radius(v),
					Title: p.plain("map.tip", "name", n.m.Name, "role", p.ringName(n.a.Role, c.Rings), "pre", n.a.Pre, "during", n.a.During, "post", n.a.Post)})
			}
		}
		m.Spots = append(m.Spots, symbols...)
		for _, n := range list {
			if n.a.Role == athar.Inside {
				m.Labels = append(m.Labels, figure.Label{Lon: n.m.Lon, Lat: n.m.Lat, Text: p.Lang.Name(n.m.Name), Class: "place", Clear: max(radius(value(n)), 4.5)})
			}
		}
		fig.Panels = append(fig.Panels, MapPanel{title, m.SVG()})
	}
	panel(p.plain("map.before", "days", athar.Num(days[athar.Pre]), "months", athar.Num(math.Round(days[athar.Pre]/30.44))),
		func(n count) float64 { return n.pre })
	panel(p.plain("map.after", "days", athar.Num(days[athar.During]+days[athar.Post]), "months", athar.Num(math.Round((days[athar.During]+days[athar.Post])/30.44))),
		func(n count) float64 { return n.end })

	order := []athar.Role{athar.Inside}
	for k := range c.Rings {
		order = append(order, athar.Role(k+1))
	}
	for _, r := range append(order, athar.Far, athar.LeftOut) {
		if roles[r] {
			fig.Roles = append(fig.Roles, MapRole{roleClass(r), p.ringName(r, c.Rings)})
		}
	}
	if most > 0 {
		for _, v := range []float64{most / 2, most / 8} {
			v = round1(v)
			r := math.Round(radius(v)*10) / 10
			fig.Sizes = append(fig.Sizes, MapSize{strconv.FormatFloat(r, 'f', -1, 64), strconv.FormatFloat(2*r+2, 'f', -1, 64), p.plain("map.size", "n", athar.Num(v))})
		}
	}
	return fig
}

// symbolSize is half the side of an area's square.
func symbolSize(r athar.Role) float64 {
	if r == athar.Far || r == athar.LeftOut {
		return 3
	}
	return 4.5
}

// round1 rounds down to one significant digit.
func round1(v float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	return math.Round(math.Floor(v/unit+1e-9)*unit*1e6) / 1e6
}
