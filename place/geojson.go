package place

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/peterstace/simplefeatures/geom"

	"athar"
	"athar/tabular"
)

// feature is one feature of a GeoJSON file with its polygons.
type feature struct {
	number     int // in the file, from 1
	properties map[string]any
	polygons   []geom.Polygon
}

// part is one feature of a GeoJSON file with its single geometries.
type part struct {
	number     int // in the file, from 1
	properties map[string]any
	geometries []geom.Geometry
}

// readGeoJSON returns the features of a file that have polygons.
func readGeoJSON(path, label string) ([]feature, athar.ManifestRef, error) {
	parts, ref, err := readParts(path, label, "with polygons")
	if err != nil {
		return nil, ref, err
	}
	var features []feature
	for _, m := range parts {
		x := feature{number: m.number, properties: m.properties}
		for _, g := range m.geometries {
			if p, ok := g.AsPolygon(); ok {
				x.polygons = append(x.polygons, p.ForceCoordinatesType(geom.DimXY))
			}
		}
		if len(x.polygons) > 0 {
			features = append(features, x)
		}
	}
	if len(features) == 0 {
		return nil, ref, &Error{File: label, Msg: fmt.Sprintf("none of its %d features has a polygon", len(parts)), Hint: "points and lines are not areas: export polygons"}
	}
	return features, ref, nil
}

// readParts returns all features of a file. The root may be a feature
// collection, a feature or a bare geometry; wanted says in a complaint what the
// file should hold.
func readParts(path, label, wanted string) ([]part, athar.ManifestRef, error) {
	var ref athar.ManifestRef
	text, f, err := tabular.ReadAll(path, label)
	if err != nil {
		return nil, ref, err
	}
	ref = athar.ManifestRef{File: label, SHA256: f.SHA256, Bytes: f.Bytes}
	fail := func(msg, hint string) ([]part, athar.ManifestRef, error) {
		return nil, ref, &Error{File: label, Msg: msg, Hint: hint}
	}
	type member struct {
		Type       string          `json:"type"`
		Properties map[string]any  `json:"properties"`
		Geometry   json.RawMessage `json:"geometry"`
	}
	var root struct {
		member
		Features []member `json:"features"`
		CRS      struct {
			Properties struct {
				Name string `json:"name"`
			} `json:"properties"`
		} `json:"crs"`
	}
	if err := json.Unmarshal(text, &root); err != nil {
		e := &Error{File: label, Msg: "this is not GeoJSON: " + strings.TrimPrefix(err.Error(), "json: "), Hint: "export the boundaries as GeoJSON"}
		var syntax *json.SyntaxError
		var kind *json.UnmarshalTypeError
		switch {
		case errors.As(err, &syntax):
			e.Line, e.Column = position(text, syntax.Offset)
		case errors.As(err, &kind):
			e.Line, e.Column = position(text, kind.Offset)
		}
		return nil, ref, e
	}
	if name := root.CRS.Properties.Name; name != "" && !strings.Contains(name, "CRS84") && !strings.HasSuffix(name, "4326") {
		return fail(fmt.Sprintf("the coordinates are in %s, not in longitude and latitude", name), "export them as WGS 84 (EPSG:4326)")
	}
	switch root.Type {
	case "FeatureCollection":
	case "Feature":
		root.Features = []member{root.member}
	case "Polygon", "MultiPolygon", "LineString", "MultiLineString", "Point", "MultiPoint", "GeometryCollection":
		root.Features = []member{{Geometry: text}}
	case "Topology":
		return fail("this is TopoJSON", "export the boundaries as GeoJSON")
	default:
		return fail(fmt.Sprintf("this is JSON of type %q, not GeoJSON %s", root.Type, wanted), "export it as GeoJSON")
	}
	parts := make([]part, len(root.Features))
	for i, m := range root.Features {
		parts[i] = part{number: i + 1, properties: m.Properties}
		if len(m.Geometry) == 0 || string(m.Geometry) == "null" {
			continue
		}
		g, err := geom.UnmarshalGeoJSON(m.Geometry, geom.NoValidate{})
		if err != nil {
			return fail(fmt.Sprintf("feature %d: %v", i+1, err), "repair its geometry")
		}
		for _, g := range g.Dump() {
			if !g.IsEmpty() {
				parts[i].geometries = append(parts[i].geometries, g)
			}
		}
	}
	return parts, ref, nil
}

// position turns an offset into a line and a column in bytes.
func position(text []byte, offset int64) (line, column int) {
	before := text[:max(0, min(offset, int64(len(text))))]
	return 1 + bytes.Count(before, []byte("\n")), max(1, len(before)-bytes.LastIndexByte(before, '\n')-1)
}

// shapeOf checks the rings of a feature's polygons.
func shapeOf(label string, f feature) (shape, error) {
	var s shape
	fail := func(msg, hint string) (shape, error) {
		return s, &Error{File: label, Msg: fmt.Sprintf("feature %d: %s", f.number, msg), Hint: hint}
	}
	for _, polygon := range f.polygons {
		s.outer = append(s.outer, len(s.rings))
		for _, seq := range polygon.Coordinates() {
			ring := make([]point, 0, seq.Length())
			for i := range seq.Length() {
				xy := seq.GetXY(i)
				if msg, hint := offEarth(point{xy.X, xy.Y}); msg != "" {
					return fail(msg, hint)
				}
				ring = append(ring, point{xy.X, xy.Y})
			}
			if n := len(ring); n > 0 && ring[0] != ring[n-1] {
				ring = append(ring, ring[0])
			}
			if len(ring) < 4 {
				return fail("a ring has fewer than 3 corners", "repair its geometry")
			}
			s.rings = append(s.rings, ring)
			s.blocks = blocksOf(s.blocks, ring)
		}
	}
	return s, nil
}

// offEarth says what is wrong with a corner; "" if nothing is.
func offEarth(p point) (msg, hint string) {
	switch {
	case math.Abs(p.x) > 360 || math.Abs(p.y) > 360:
		return fmt.Sprintf("%v, %v is no longitude and latitude", p.x, p.y), "export the boundaries as WGS 84 (EPSG:4326)"
	case math.Abs(p.y) > 90:
		return fmt.Sprintf("%v, %v has a latitude beyond 90 degrees", p.x, p.y), "GeoJSON wants the longitude first; the two seem to be swapped"
	case math.Abs(p.x) > 180:
		return fmt.Sprintf("%v, %v has a longitude beyond 180 degrees", p.x, p.y), "cut the feature at 180 degrees"
	}
	return "", ""
}

// km2 is the size of a shape: the area under an edge that is straight in
// longitude and latitude is R^2 times the integral of sin(latitude) over
// longitude, (cos y1 - cos y2)/(y2 - y1) (x2 - x1).
func (s shape) km2() float64 {
	sum, k := 0.0, 0
	for i, ring := range s.rings {
		if k < len(s.outer) && s.outer[k] == i {
			k++
		}
		a := 0.0
		for j := 0; j+1 < len(ring); j++ {
			y1, y2 := ring[j].y*radian, ring[j+1].y*radian
			mean := math.Sin((y1 + y2) / 2)
			if math.Abs(y2-y1) > 1e-6 {
				mean = (math.Cos(y1) - math.Cos(y2)) / (y2 - y1)
			}
			a += (ring[j+1].x - ring[j].x) * radian * mean
		}
		a = math.Abs(a) * earthKm * earthKm
		if k == 0 || s.outer[k-1] != i {
			a = -a // an inner ring
		}
		sum += a
	}
	return max(0, sum)
}

// representative returns a point inside the largest polygon: its centroid,
// or a point in its middle if the centroid lies outside. The point is that of
// the plane of longitude and latitude.
func representative(f feature, only *index) (point, bool) {
	largest := slices.MaxFunc(f.polygons, func(a, b geom.Polygon) int { return cmp.Compare(a.Area(), b.Area()) })
	for _, c := range []geom.Point{largest.Centroid(), largest.PointOnSurface()} {
		if xy, ok := c.XY(); ok {
			if p := (point{xy.X, xy.Y}); only.first(p) >= 0 {
				return p, true
			}
		}
	}
	return point{}, false
}

// properties finds, in the properties of a file's features, the names of our
// fields. Published boundaries differ: OCHA's common operational datasets
// have ADM2_PCODE, ADM2_EN, ADM2_AR, ADM1_EN (or PCODE, NAME_EN, NAME_AR;
// adm2_name in later ones), geoBoundaries shapeID and shapeName, GADM GID_2
// and NAME_2. The level of the areas is the deepest one in the file.
func properties(label string, features []feature, mapping map[string]string) (map[string]string, error) {
	var names []string
	for _, f := range features {
		for k := range f.properties {
			if !slices.Contains(names, k) {
				names = append(names, k)
			}
		}
	}
	slices.Sort(names)
	level := 4
	for ; level > 0; level-- {
		if slices.ContainsFunc(names, func(n string) bool {
			n = tabular.Fold(n)
			return n == fmt.Sprintf("adm%d_pcode", level) || n == fmt.Sprintf("gid_%d", level)
		}) {
			break
		}
	}
	above := max(0, level-1)
	// A file with a bare PCODE carries levels only for the units above.
	if slices.ContainsFunc(names, func(n string) bool { return tabular.Fold(n) == "pcode" }) {
		above = level
	}
	at := func(level int, patterns ...string) []string {
		for i, p := range patterns {
			patterns[i] = strings.ReplaceAll(p, "#", fmt.Sprint(level))
		}
		return patterns
	}
	fields := []tabular.Field{
		{Name: "code", Usual: at(level, "code", "area_code", "district", "pcode", "adm#_pcode", "gid_#", "shapeID")},
		{Name: "name_en", Usual: at(level, "name_en", "shapeName", "adm#_en", "adm#_name", "name_#", "name")},
		{Name: "name_ar", Usual: at(level, "name_ar", "adm#_ar", "adm#_name1", "nl_name_#")},
		{Name: "parent_en", Usual: at(above, "parent_en", "governorate_en", "adm#_en", "adm#_name", "name_#")},
		{Name: "parent_ar", Usual: at(above, "parent_ar", "governorate_ar", "adm#_ar", "adm#_name1", "nl_name_#")},
		{Name: "country", Usual: []string{"country", "adm0_en", "adm0_name", "name_0", "shapeGroup", "adm0_pcode", "gid_0"}},
	}
	for _, k := range slices.Sorted(maps.Keys(mapping)) {
		if !slices.ContainsFunc(fields, func(f tabular.Field) bool { return f.Name == k }) {
			return nil, &Error{File: label, Msg: fmt.Sprintf("properties maps %q, which areas with polygons do not take", k), Hint: "they take code, name_en, name_ar, parent_en, parent_ar and country; point and size follow from the polygon"}
		}
	}
	// Several files may name their properties differently, so a mapping holds
	// where a file has the property.
	found := tabular.Find(names, fields, nil)
	for k, i := range tabular.Find(names, fields, mapping) {
		found[k] = i
	}
	if _, ok := found["code"]; !ok {
		// Drawn areas often have nothing but a name.
		i, ok := found["name_en"]
		if !ok {
			return nil, &Error{File: label, Msg: "no property holds the code of an area",
				Hint: "say which does in the study (properties: {code: ...}); the file has " + cmp.Or(strings.Join(names, ", "), "none")}
		}
		found["code"] = i
	}
	out := map[string]string{}
	for k, i := range found {
		out[k] = names[i]
	}
	return out, nil
}

// text returns a property as text.
func (f feature) text(name string) string {
	switch v := f.properties[name].(type) {
	case string:
		return strings.TrimSpace(v)
	case float64:
		return fmt.Sprint(v)
	}
	return ""
}

// LoadGeoJSON reads areas with their polygons from one or more files, given
// with the labels under which messages name them. Properties maps our fields
// (code, name_en, name_ar, parent_en, parent_ar, country) to the files'
// properties; the names of OCHA's common operational datasets, geoBoundaries
// and GADM are recognised without it. Features without polygons are passed
// over; two features with one code are an error.
func LoadGeoJSON(paths, labels []string, mapping map[string]string) (*Set, error) {
	type entry struct {
		area  athar.Area
		shape shape
		where string
	}
	s := &Set{}
	var all []entry
	seen := map[string]string{}
	for i, path := range paths {
		features, ref, err := readGeoJSON(path, labels[i])
		if err != nil {
			return nil, err
		}
		s.Files = append(s.Files, ref)
		names, err := properties(labels[i], features, mapping)
		if err != nil {
			return nil, err
		}
		for _, f := range features {
			e := entry{where: fmt.Sprintf("feature %d of %s", f.number, labels[i])}
			if e.shape, err = shapeOf(labels[i], f); err != nil {
				return nil, err
			}
			e.area = athar.Area{Code: f.text(names["code"]), Country: f.text(names["country"]), Km2: e.shape.km2(),
				Name:   athar.Names{En: f.text(names["name_en"]), Ar: f.text(names["name_ar"])},
				Parent: athar.Names{En: f.text(names["parent_en"]), Ar: f.text(names["parent_ar"])}}
			if e.area.Name.En == "" {
				e.area.Name.En = cmp.Or(e.area.Name.Ar, e.area.Code)
			}
			p, ok := representative(f, newIndex([]shape{e.shape}))
			switch other, again := seen[e.area.Code]; {
			case e.area.Code == "":
				return nil, &Error{File: labels[i], Msg: fmt.Sprintf("feature %d has no code in property %q", f.number, names["code"]), Hint: "give every area a code of its own"}
			case again:
				return nil, &Error{File: labels[i], Msg: fmt.Sprintf("feature %d has the code %q of %s", f.number, e.area.Code, other), Hint: "every area needs a code of its own; unite the parts of an area to one feature"}
			case !ok || e.area.Km2 < 1e-6:
				return nil, &Error{File: labels[i], Msg: fmt.Sprintf("feature %d (%s) has a polygon without an inside", f.number, e.area.Code), Hint: "repair its geometry"}
			}
			e.area.Lon, e.area.Lat = p.x, p.y
			seen[e.area.Code] = e.where
			all = append(all, e)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("no boundary file is given")
	}
	slices.SortFunc(all, func(a, b entry) int { return compareCodes(a.area, b.area) })
	for _, e := range all {
		s.Areas = append(s.Areas, e.area)
		s.shapes = append(s.shapes, e.shape)
	}
	s.index = newIndex(s.shapes)
	return s, nil
}

// Locate returns the code of the area in which a point lies; on a shared
// border the lower code, or of a grid the cell to the north and east. It finds
// nothing in a set without polygons.
func (s *Set) Locate(lon, lat float64) (code string, ok bool) {
	if s.index == nil {
		return "", false
	}
	i := -1
	if s.grid == nil {
		i = s.index.first(point{lon, lat})
	} else if c, in := cellOf(lon, lat); in {
		if k, known := s.grid[c]; known {
			i = k
		}
	}
	if i < 0 {
		return "", false
	}
	return s.Areas[i].Code, true
}

// Within returns the codes of the areas whose representative point lies in
// the polygons of a GeoJSON file, sorted. None is an error.
func (s *Set) Within(path, label string) ([]string, error) {
	features, ref, err := readGeoJSON(path, label)
	if err != nil {
		return nil, err
	}
	var drawn []shape
	for _, f := range features {
		x, err := shapeOf(label, f)
		if err != nil {
			return nil, err
		}
		drawn = append(drawn, x)
	}
	x := newIndex(drawn)
	var codes []string
	nearest, km := "", math.Inf(1)
	for _, a := range s.Areas {
		p := point{a.Lon, a.Lat}
		if !hasPoint(a) {
			continue
		}
		if x.first(p) >= 0 {
			codes = append(codes, a.Code)
		}
		for _, d := range drawn {
			if k := boundaryDistance(blocksOf(nil, []point{p, p}), d.blocks); k < km {
				nearest, km = fmt.Sprintf("%s (%s)", a.Name.En, a.Code), k
			}
		}
	}
	if len(codes) == 0 {
		e := &Error{File: label, Msg: "the polygon holds the representative point of no area"}
		if nearest != "" {
			e.Hint = fmt.Sprintf("the nearest is that of %s, %.0f km away; draw the polygon larger or name the areas", nearest, km)
		}
		return nil, e
	}
	if !slices.Contains(s.Files, ref) {
		s.Files = append(s.Files, ref)
	}
	return codes, nil
}
