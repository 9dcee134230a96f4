package brief

import (
	"cmp"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

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

// Of the study's map, which is wide and stands alone.
const wideWidth, wideHeight = 1000, 620

// bounds is a box of longitudes and latitudes.
type bounds struct{ west, south, east, north float64 }

func noBounds() bounds { return bounds{180, 90, -180, -90} }

func (b *bounds) grow(lon, lat float64) {
	b.west, b.east, b.south, b.north = min(b.west, lon), max(b.east, lon), min(b.south, lat), max(b.north, lat)
}

func (b *bounds) area(m athar.MapArea) {
	b.grow(m.Lon, m.Lat)
	for _, ring := range outline(m) {
		for _, q := range ring {
			b.grow(q[0], q[1])
		}
	}
}

// outline is an area's rings as points.
func outline(m athar.MapArea) [][][2]float64 { return points(m.Outline) }

// points are flat lines as points.
func points(lines [][]athar.Num) [][][2]float64 {
	out := make([][][2]float64, 0, len(lines))
	for _, flat := range lines {
		ring := make([][2]float64, 0, len(flat)/2)
		for k := 0; k+1 < len(flat); k += 2 {
			ring = append(ring, [2]float64{float64(flat[k]), float64(flat[k+1])})
		}
		out = append(out, ring)
	}
	return out
}

// placed reports whether anything is known of where an area lies.
func placed(m athar.MapArea) bool { return m.Lon != 0 || m.Lat != 0 }

func (p *page) blank(width, height float64, mostTowns int) figure.Map {
	towns := make([]figure.Town, len(p.Map.Towns))
	for i, t := range p.Map.Towns {
		towns[i] = figure.Town{Lon: float64(t.Lon), Lat: float64(t.Lat), Text: p.Lang.Name(t.Name)}
	}
	return figure.Map{Towns: towns, MostTowns: mostTowns, Width: width, Height: height, Desc: p.plain("map.desc"), NorthMark: p.Lang.Word("map", "north"),
		ScaleLabel: func(km float64) string { return p.plain("map.scale", "km", athar.Num(km)) }}
}

// campaignWindow is the empty map of campaign i: its area and as far around it as
// the rings reach.
func (p *page) campaignWindow(i int) (figure.Map, bool) {
	c := p.Campaigns[i]
	b := noBounds()
	for _, a := range c.Areas {
		if m, ok := p.areas[a.Area]; ok && placed(m) && a.Role == athar.Inside {
			b.area(m)
		}
	}
	base := p.blank(mapWidth, mapHeight, 8)
	if b.west > b.east {
		return base, false
	}
	around := 50.0
	if n := len(c.Rings); n > 0 && known(c.Rings[n-1].To) {
		around = max(around, float64(c.Rings[n-1].To))
	}
	base.Fit(b.west, b.south, b.east, b.north, 1.15*around)
	return base, true
}

// studyWindow is the empty map of the whole study: every footprint and every area
// with an event.
func (p *page) studyWindow() (figure.Map, bool) {
	b := noBounds()
	for _, c := range p.Campaigns {
		for _, a := range c.Areas {
			if m, ok := p.areas[a.Area]; ok && placed(m) && a.Role == athar.Inside {
				b.area(m)
			}
		}
	}
	if p.Map.Course != nil {
		for _, a := range p.Map.Course.Areas {
			if m, ok := p.areas[a.Area]; ok && placed(m) {
				b.grow(m.Lon, m.Lat)
			}
		}
	}
	base := p.blank(wideWidth, wideHeight, 14)
	if b.west > b.east {
		return base, false
	}
	base.Fit(b.west, b.south, b.east, b.north, 30)
	return base, true
}

// base is what lies under every map, and the atlas that holds all shapes.
type base struct {
	atlas *figure.Atlas
	under []figure.Shape // countries
	water []figure.Shape // lakes and rivers, over the areas
}

// Base writes the shapes of all maps once.
func (p *page) Base() *base {
	if p.base != nil {
		return p.base
	}
	p.base = &base{atlas: &figure.Atlas{}}
	a := p.base.atlas
	shown := false
	grow := func(m figure.Map, ok bool) {
		if ok {
			a.Grow(m)
			shown = true
		}
	}
	grow(p.studyWindow())
	for i := range p.Campaigns {
		grow(p.campaignWindow(i))
	}
	if !shown {
		return p.base
	}
	here := map[string]bool{}
	for _, m := range p.Map.Areas {
		here[m.Country] = true
	}
	for k, country := range basemap.Countries() {
		shape := figure.Shape{ID: "land-" + strconv.Itoa(k), Class: "land", Name: p.Lang.Word("country", country.Name)}
		if here[country.Name] {
			shape.Class = "land here"
		}
		for _, r := range country.Rings {
			ring := make([][2]float64, len(r))
			for k, q := range r {
				ring[k] = [2]float64{q.Lon, q.Lat}
			}
			shape.Rings = append(shape.Rings, ring)
		}
		if a.Add(shape.ID, shape.Rings, false) {
			p.base.under = append(p.base.under, shape)
		}
	}
	for k, m := range p.Map.Areas {
		if len(m.Outline) > 0 {
			a.Add(areaID(k), outline(m), false)
		}
	}
	for _, w := range []struct {
		id    string
		lines [][]athar.Num
		open  bool
	}{{"lakes", p.Map.Lakes, false}, {"rivers", p.Map.Rivers, true}} {
		if shape := (figure.Shape{ID: w.id, Class: "water " + w.id, Rings: points(w.lines)}); a.Add(w.id, shape.Rings, w.open) {
			p.base.water = append(p.base.water, shape)
		}
	}
	return p.base
}

// Defs are the shapes of all maps, for the head of the page.
func (p *page) Defs() template.HTML { return p.Base().atlas.Defs() }

func areaID(k int) string { return "area-" + strconv.Itoa(k) }

// CampaignMap draws where the campaign was, and the events before it against those
// during and after it, both per 30 days so that circles can be compared.
func (p *page) CampaignMap(i int) *MapFigure {
	c := p.Campaigns[i]
	base, ok := p.campaignWindow(i)
	if !ok {
		return nil
	}
	base.Atlas = p.Base().atlas
	var shapes []figure.Shape
	var symbols []figure.Spot
	roles := map[athar.Role]bool{}
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
		if !ok || !placed(m) {
			continue
		}
		roles[a.Role] = true
		name := p.Lang.Name(m.Name)
		title := p.plain("map.tip", "name", name, "role", p.ringName(a.Role, c.Rings), "pre", a.Pre, "during", a.During, "post", a.Post)
		if a.Role == athar.Far || a.Role == athar.LeftOut {
			title = "" // hundreds of them, in every map; where they had events the circle says so
		}
		if len(m.Outline) > 0 {
			shapes = append(shapes, figure.Shape{ID: areaID(p.areaAt[a.Area]), Class: "area " + roleClass(a.Role), Title: title, Rings: outline(m)})
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
	for _, n := range counts {
		if n.a.Role.IsRing() && !base.Has(n.m.Lon, n.m.Lat) {
			fig.Beyond++
		}
	}
	base.Shapes = slices.Concat(p.Base().under, shapes, p.Base().water)

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
	fig.Sizes = p.sizes(most, radius, "map.size")
	return fig
}

// sizes are two circles that explain all others.
func (p *page) sizes(most float64, radius func(float64) float64, code string) (out []MapSize) {
	if most <= 0 {
		return nil
	}
	for _, v := range []float64{most / 2, most / 8} {
		v = round1(v)
		r := math.Round(radius(v)*10) / 10
		out = append(out, MapSize{strconv.FormatFloat(r, 'f', -1, 64), strconv.FormatFloat(2*r+2, 'f', -1, 64), p.plain(code, "n", athar.Num(v))})
	}
	return out
}

// StudyMap is the map of the whole study: footprints and, for a stretch of time,
// circles sized by events.
type StudyMap struct {
	SVG    template.HTML
	Sizes  []MapSize
	Points bool
	Most   string // events behind the largest circle
	Table
}

// StudyMap draws all campaigns' areas and all events; nil without places.
func (p *page) StudyMap() *StudyMap {
	m, ok := p.studyWindow()
	if !ok || p.Map.Course == nil || len(p.Campaigns) == 0 {
		return nil
	}
	m.Atlas, m.Title, m.Desc = p.Base().atlas, p.plain("studymap.title"), p.plain("studymap.desc")
	out := &StudyMap{Table: Table{Head: p.head("area", "unit", "campaigns", "observed")}}

	in := map[string][]int{} // area -> the campaigns that have it inside
	for i, c := range p.Campaigns {
		for _, a := range c.Areas {
			if a.Role == athar.Inside {
				in[a.Area] = append(in[a.Area], i)
			}
		}
	}
	names := func(code string) []string {
		var out []string
		for _, i := range in[code] {
			out = append(out, p.Lang.Name(p.Campaigns[i].Campaign.Name))
		}
		return out
	}
	keys := func(code string) string {
		var out []string
		for _, i := range in[code] {
			out = append(out, p.CampaignAnchor(i))
		}
		return strings.Join(out, " ")
	}
	m.Shapes = slices.Clone(p.Base().under)
	var symbols []figure.Spot
	for k, a := range p.Map.Areas {
		if !placed(a) {
			continue
		}
		class, title := "r-far", ""
		if in[a.Code] != nil {
			class, title = "r-inside foot", p.plain("studymap.foot", "name", a.Name, "list", names(a.Code))
		}
		switch {
		case len(a.Outline) > 0:
			m.Shapes = append(m.Shapes, figure.Shape{ID: areaID(k), Class: "area " + class, Title: title, Key: keys(a.Code), Rings: outline(a)})
		case in[a.Code] != nil:
			out.Points = true
			symbols = append(symbols, figure.Spot{Lon: a.Lon, Lat: a.Lat, Class: "spot " + class, Title: title, Key: keys(a.Code), R: 5, Square: true})
		}
	}

	type count struct {
		m athar.MapArea
		n int
		c athar.AreaCourse
	}
	var counts []count
	most := 0.0
	for _, c := range p.Map.Course.Areas {
		a, ok := p.areas[c.Area]
		if !ok || !placed(a) {
			continue
		}
		n := 0
		for _, v := range c.N {
			n += v
		}
		counts = append(counts, count{a, n, c})
		most = max(most, float64(n))
		out.Rows = append(out.Rows, []string{p.Lang.Name(a.Name), p.Lang.Name(a.Parent), p.Lang.Value(names(a.Code), "list"), p.Lang.Count(athar.Num(n))})
	}
	slices.SortStableFunc(counts, func(a, b count) int { return cmp.Compare(b.n, a.n) })
	radius := func(n float64) float64 { return 34 * math.Sqrt(n/max(most, 1e-9)) }
	for _, n := range counts {
		m.Spots = append(m.Spots, figure.Spot{Lon: n.m.Lon, Lat: n.m.Lat, Class: "events", R: radius(float64(n.n)), Counts: sparse(n.c),
			Title: p.plain("studymap.tip", "name", n.m.Name, "n", n.n)})
	}
	m.Shapes = append(m.Shapes, p.Base().water...)
	m.Spots = append(m.Spots, symbols...)
	for _, a := range p.Map.Areas {
		if in[a.Code] != nil {
			m.Labels = append(m.Labels, figure.Label{Lon: a.Lon, Lat: a.Lat, Text: p.Lang.Name(a.Name), Class: "place", Clear: 6})
		}
	}
	out.SVG = m.SVG()
	out.Most = p.Lang.Count(athar.Num(most))
	out.Sizes = p.sizes(most, radius, "studymap.size")
	return out
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
