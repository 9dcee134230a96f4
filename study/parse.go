package study

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"athar"

	"github.com/goccy/go-yaml/ast"
)

// The formats of input files.
var formats = []string{"counts", "ucdp-ged", "acled", "gdelt", "gtd", "icews", "polecat", "table", "series", "auto", "lake"}

// Our fields that a file's columns may be mapped to, by format; date_format is
// no column but says how dates such as 03/04/2020 are meant. UCDP's own column
// names are known; a copy that renames some, or that has a column of our area
// codes, can say so. The other published formats have their names fixed.
var columnKeys = map[string][]string{
	"counts": {"area", "period", "year", "class", "count", "low", "best", "high", "date_format"},
	"ucdp-ged": {"area", "id", "type_of_violence", "side_a", "side_b", "side_a_new_id", "side_b_new_id", "latitude", "longitude", "where_prec",
		"country", "date_start", "date_end", "low", "best", "high"},
	"acled": {"area"}, "gdelt": {"area"}, "gtd": {"area"}, "icews": {"area"}, "polecat": {"area"},
	"table": {"id", "date", "date_end", "date_format", "lat", "lon", "area", "country", "class", "side_a", "side_b",
		"count", "deaths_low", "deaths_best", "deaths_high", "place_precision"},
}

// The kinds of violence of UCDP GED, its type_of_violence 1 to 3.
var violence = []string{"state-based", "non-state", "one-sided"}

var (
	areaKeys     = []string{"code", "name_en", "name_ar", "parent_en", "parent_ar", "country", "lon", "lat", "km2"}
	distanceKeys = []string{"a", "b", "km"}
	periods      = []string{"day", "week", "month", "quarter", "year"}
	measures     = []Measure{Rate, Share, ComplexDays, Lethality, Activity, Resumption}
	relations    = []string{"parallel_to", "preceded_by", "phase_of"}
)

// explosive are the classes by which published sources and tables call attacks
// with explosives: by hand-made tables, ACLED, GTD, the CAMEO codes of machine-
// coded sources, and POLECAT.
var explosive = []string{"IED", "VBIED", "explosive", "explosion", "bombing", "عبوة ناسفة", "Explosions/Remote violence", "Bombing/Explosion", "183", "explosives"}

// Goals that every study knows without declaring them, with what should follow
// from them (METHODS.md section C).
var knownGoals = []Goal{
	{ID: "leadership", Name: athar.Names{En: "Arrest leaders, pursue active members", Ar: "اعتقال القادة وملاحقة العناصر النشطة"},
		Outcomes: []Outcome{{ID: "resumption", Measure: Resumption}, {ID: "activity", Measure: Activity}}},
	{ID: "corridors", Name: athar.Names{En: "Control the corridors", Ar: "ضبط الممرات"},
		Outcomes: []Outcome{{ID: "activity", Measure: Activity, Declared: true, Name: athar.Names{En: "Events in the corridor areas", Ar: "الحوادث في مناطق الممرات"}}}},
	{ID: "logistics", Name: athar.Names{En: "Cut off logistical supply", Ar: "قطع الإمداد اللوجستي"},
		Outcomes: []Outcome{{ID: "complex-days", Measure: ComplexDays},
			{ID: "explosive-share", Measure: Share, Classes: explosive, Name: athar.Names{En: "Share of attacks with explosives", Ar: "حصة الهجمات بالمتفجرات"}}}},
	{ID: "depots", Name: athar.Names{En: "Find and destroy safe houses and depots", Ar: "كشف المقار الآمنة والمستودعات وتدميرها"},
		Outcomes: []Outcome{{ID: "explosive", Measure: Rate, Classes: explosive, Lags: true,
			Name: athar.Names{En: "Attacks with explosives", Ar: "الهجمات بالمتفجرات"}}}},
}

// measureNames name outcomes that the study gives no name.
var measureNames = map[Measure]athar.Names{
	Rate:        {En: "Events of the named kinds", Ar: "الحوادث من الأنواع المذكورة"},
	Share:       {En: "Share of the named kinds among all events", Ar: "حصة الأنواع المذكورة من الحوادث كلها"},
	ComplexDays: {En: "Days with two or more events in one area", Ar: "الأيام التي شهدت حادثين أو أكثر في منطقة واحدة"},
	Lethality:   {En: "Deaths per event", Ar: "القتلى لكل حادث"},
	Activity:    {En: "All events", Ar: "الحوادث كلها"},
	Resumption:  {En: "Return of activity after losses of leadership", Ar: "عودة النشاط بعد خسائر القيادات"},
}

// Parse reads the study file at path. Its error is [Errors].
func Parse(path string) (*Study, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		return ParseBytes(path, b)
	}
	e := Error{File: path, Message: err.Error()}
	if info, statErr := os.Stat(path); statErr == nil && info.IsDir() {
		e.Message, e.Hint = "is a folder, not a study file", "give the path of the study file in it, e.g. "+filepath.Join(path, "study.yaml")
	} else if errors.Is(err, fs.ErrNotExist) {
		e.Message, e.Hint = "there is no such file", "check the path, or let `athar init` write a commented study to start from"
	} else if errors.Is(err, fs.ErrPermission) {
		e.Message, e.Hint = "may not be read", "check the file's permissions"
	}
	return nil, Errors{e}
}

// ParseBytes reads a study file from memory; name is its path, for messages
// and for the folder that other paths are relative to. Its error is [Errors],
// every one with its position.
func ParseBytes(name string, b []byte) (*Study, error) {
	r := &reader{file: name, at: map[string]position{}, anchors: map[string]ast.Node{}}
	root, ok := r.parse(b)
	if !ok {
		return nil, r.errs.err()
	}
	s := &Study{Dir: filepath.Dir(name), Source: b, file: name, positions: r.at}
	if s.read(r.value(root, "", nodePosition(root))) {
		s.check(r)
	}
	if err := r.errs.err(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Study) read(v value) (ok bool) {
	c := &s.Choices
	*c = Choices{Period: "auto", PreMonths: 24, PostMonths: 6, Far: "country", Overlap: "auto", SmallestEffect: 1.25, Draws: 2000, Imputations: 20}
	s.Multiverse.Placebos = 199
	ok = v.object(
		must("study", ident(&s.ID)),
		must("title", names(&s.Title)),
		must("group", group(&s.Group)),
		must("outcome", names(&s.Outcome)),
		must("data", each(&s.Data, data)),
		may("areas", areas(&s.Areas)),
		may("map", mapLayers(&s.Map)),
		may("campaigns", each(&s.Campaigns, campaign)),
		may("goals", each(&s.Goals, goal)),
		may("totals", each(&s.Totals, total)),
		may("claims", each(&s.Claims, claim)),
		may("losses", each(&s.Losses, loss)),
		may("negative_controls", each(&s.NegativeControls, negativeControl)),
		may("operations", operations(&s.Operations)),
		may("choices", choices(c)),
		may("multiverse", multiverse(&s.Multiverse)),
		may("limits", each(&s.Limits, names)),
	)
	if !s.given("choices.seed") {
		h := fnv.New64a()
		h.Write([]byte(s.ID))
		c.Seed = h.Sum64()
	}
	if s.given("areas") && !s.given("choices.rings") {
		c.Rings = []float64{25, 50, 100}
	}
	s.Multiverse.usual(*c)
	for i := range s.Goals {
		for j := range s.Goals[i].Outcomes {
			if o := &s.Goals[i].Outcomes[j]; o.Name == (athar.Names{}) {
				o.Name = measureNames[o.Measure]
			}
		}
	}
	for _, known := range knownGoals {
		known.Outcomes = slices.Clone(known.Outcomes)
		for j := range known.Outcomes {
			o := &known.Outcomes[j]
			o.Predicts, o.Usual = -1, true
			if o.Name == (athar.Names{}) {
				o.Name = measureNames[o.Measure]
			}
		}
		switch i := slices.IndexFunc(s.Goals, func(o Goal) bool { return o.ID == known.ID }); {
		case i < 0:
			s.Goals = append(s.Goals, known)
		case len(s.Goals[i].Outcomes) == 0:
			s.Goals[i].Outcomes = known.Outcomes
		}
	}
	return ok
}

func group(g *Group) func(value) {
	return func(v value) {
		v.object(
			must("name", names(&g.Name)),
			may("aliases", each(&g.Aliases, label)),
			may("ids", each(&g.IDs, label)),
		)
	}
}

func data(d *Data) func(value) {
	return func(v value) {
		var columns value
		v.object(
			must("name", label(&d.Name)),
			may("file", label(&d.File)),
			must("format", word(&d.Format, formats...)),
			may("lake", label(&d.Lake)),
			may("dataset", label(&d.Dataset)),
			may("version", label(&d.Version)),
			may("columns", func(c value) { columns = c }),
			may("sheet", label(&d.Sheet)),
			may("period", word(&d.Period, periods...)),
			may("classes", each(&d.Classes, label)),
			may("kinds", each(&d.Kinds, kind)),
			may("where", where(&d.Where)),
			may("values", each(&d.Values, publishedCount)),
			may("from", func(v value) { d.From = new(athar.Day); first(d.From)(v) }),
			may("coverage", each(&d.Coverage, coverage)),
			may("monitored", label(&d.Monitored)),
			may("compare", yes(&d.Compare)),
			may("control", yes(&d.Control)),
			may("licence", text(&d.Licence)),
			may("citation", text(&d.Citation)),
			may("caveats", each(&d.Caveats, names)),
		)
		unused := func(why string, keys ...string) {
			for _, key := range keys {
				if at, ok := v.at[v.child(key)]; ok {
					v.complain(at, v.child(key), "remove it", "is not used with format %s: %s", d.Format, why)
				}
			}
		}
		needs := func(key, hint string) {
			if _, ok := v.at[v.child(key)]; !ok {
				v.bad(hint, "lacks the key %q, which format %s needs", key, d.Format)
			}
		}
		if d.Format != "lake" && d.Format != "" {
			unused("it reads one file", "lake", "dataset", "version")
		}
		switch d.Format {
		case "lake":
			needs("lake", "write the folder into which athar import put the data")
			needs("dataset", "write the name under which it was imported, as athar vintage list shows it")
			unused("it asks a lake", "file", "columns", "sheet", "period", "where", "values", "from")
			return
		case "series":
			needs("values", "write one number per period: values: [84, 50, null, 48]")
			needs("from", "write the first period: from: 2019-12")
			unused("its numbers stand in the study file", "file", "columns", "sheet", "classes", "kinds", "where", "monitored")
			if d.Period == "" {
				d.Period = "month"
			}
			if v.at[v.child("values")] != (position{}) && len(d.Values) == 0 {
				v.complain(v.at[v.child("values")], v.child("values"), "", "has no number")
			}
			return
		case "ucdp-ged":
			for i, c := range d.Classes {
				if path := item(v.child("classes"), i); c != "" && !slices.Contains(violence, c) {
					v.complain(v.at[path], path, known(c, violence), "UCDP has no class %q", c)
				}
			}
		case "table":
			needs("columns", "say which column holds what: columns: {date: Date, lat: Latitude, lon: Longitude}")
		case "":
			return
		case "auto":
			unused("columns have names of their own in every format; name the format", "columns")
			columns = value{}
		}
		if d.Format == "counts" || d.Format == "table" {
			unused("such tables have classes of their own", "kinds")
		}
		if d.Format != "counts" && d.Format != "auto" {
			unused("every event has its date", "period")
		}
		if columns.node != nil {
			columns.mapping(&d.Columns, columnKeys[d.Format])
			if d.Format == "table" && d.Columns["date"] == "" {
				columns.bad("", "lacks the key %q", "date")
			}
		}
		needs("file", "write the path of the file, from the study file's folder")
		unused("its numbers stand in the file", "values", "from")
	}
}

// mapping reads a table of our fields and the file's columns for them.
func (v value) mapping(dst *map[string]string, keys []string) {
	*dst = map[string]string{}
	fields := make([]field, len(keys))
	for i, key := range keys {
		fields[i] = may(key, func(v value) {
			var column string
			if key == "date_format" {
				word(&column, "dd/mm/yyyy", "mm/dd/yyyy")(v)
			} else {
				label(&column)(v)
			}
			(*dst)[key] = column
		})
	}
	v.object(fields...)
}

// kind reads one of the kinds of event.
func kind(k *athar.Kind) func(value) {
	return func(v value) {
		var s string
		var names []string
		for _, known := range athar.Kinds() {
			names = append(names, string(known))
		}
		word(&s, names...)(v)
		*k = athar.Kind(s)
	}
}

func where(dst *map[string][]string) func(value) {
	return func(v value) {
		nodes, ok := v.pairs()
		if !ok {
			v.wants("columns and the values to keep", "write e.g. where: {country: [Iraq, Syria]}")
			return
		}
		*dst = map[string][]string{}
		for _, n := range nodes {
			var keep []string
			oneOrMany(&keep, label)(v.value(n.Value, v.child(keyText(n)), nodePosition(n.Key)))
			(*dst)[keyText(n)] = keep
		}
	}
}

func coverage(s *athar.Span) func(value) {
	return func(v value) {
		v.object(interval(s)...)
		v.orderly(*s)
	}
}

func areas(a *Areas) func(value) {
	return func(v value) {
		mapped := func(dst *map[string]string, keys []string) func(value) {
			return func(v value) { v.mapping(dst, keys) }
		}
		ok := v.object(
			may("table", label(&a.Table)),
			may("columns", mapped(&a.Columns, areaKeys)),
			may("distances", label(&a.Distances)),
			may("distance_columns", mapped(&a.DistanceColumns, distanceKeys)),
			may("distances_within", number(&a.DistancesWithin)),
			may("geojson", oneOrMany(&a.GeoJSON, label)),
			may("properties", mapped(&a.Properties, areaKeys)),
			may("grid", word(&a.Grid, "prio")),
			may("box", func(v value) { a.Box = new(Box); limits(a.Box)(v) }),
			may("credit", text(&a.Credit)),
		)
		if !ok {
			return
		}
		at := func(key string) (position, bool) {
			p, ok := v.at[v.child(key)]
			return p, ok
		}
		without := func(key, other, hint string) {
			p, here := at(key)
			if _, there := at(other); here && !there {
				v.complain(p, v.child(key), hint, "stands without %q", other)
			}
		}
		table, hasTable := at("table")
		_, hasGeoJSON := at("geojson")
		grid, hasGrid := at("grid")
		_, hasBox := at("box")
		switch {
		case hasTable && hasGeoJSON:
			v.complain(table, v.child("table"), "keep one of the two", "areas come either from a table or from geojson, not from both")
		case hasTable && hasGrid:
			v.complain(table, v.child("table"), "keep one of the two", "areas come either from a table or from a grid, not from both")
		case hasGrid && !hasGeoJSON && !hasBox:
			v.complain(grid, v.child("grid"), "say where its cells lie: geojson, polygons of a country or its states; or box: {west: 9, south: 9, east: 15, north: 14}",
				`stands without "geojson" and without "box"`)
		case !hasTable && !hasGeoJSON && !hasGrid:
			v.bad("give one of them, or leave areas out if the study has a single area", `has neither "table" nor "geojson" nor "grid"`)
		}
		without("box", "grid", "a box picks cells of a grid: grid: prio")
		without("table", "columns", "say which column holds what: columns: {code: district, name_en: name, country: country}")
		without("columns", "table", "for GeoJSON polygons the key is properties")
		without("distances", "table", "between polygons, distances are computed")
		without("distances", "distance_columns", "say which column holds what: distance_columns: {a: district_a, b: district_b, km: km}")
		without("distance_columns", "distances", "")
		without("distances_within", "distances", "")
		without("properties", "geojson", "for a table the key is columns")
		for _, m := range []struct {
			key  string
			got  map[string]string
			need []string
		}{
			{"columns", a.Columns, []string{"code"}},
			{"distance_columns", a.DistanceColumns, distanceKeys},
		} {
			for _, key := range m.need {
				if p, ok := at(m.key); ok && m.got != nil && m.got[key] == "" {
					v.complain(p, v.child(m.key), "", "lacks the key %q", key)
				}
			}
		}
		if p, ok := at("distances_within"); ok && a.DistancesWithin <= 0 {
			v.complain(p, v.child("distances_within"), "leave it out if the table lists all pairs", "needs a number of km above 0")
		}
	}
}

func mapLayers(m *Map) func(value) {
	return func(v value) {
		ok := v.object(
			may("rivers", oneOrMany(&m.Rivers, label)),
			may("lakes", oneOrMany(&m.Lakes, label)),
			may("places", oneOrMany(&m.Places, label)),
			may("credit", text(&m.Credit)),
		)
		if ok && len(m.Rivers)+len(m.Lakes)+len(m.Places) == 0 {
			v.bad("name GeoJSON files: rivers (lines), lakes (polygons), places (points); or leave map out", "names no file")
		}
	}
}

func limits(b *Box) func(value) {
	return func(v value) {
		ok := v.object(
			must("west", number(&b.West)),
			must("south", number(&b.South)),
			must("east", number(&b.East)),
			must("north", number(&b.North)),
		)
		for _, side := range []struct {
			key     string
			degrees float64
			most    float64
		}{{"west", b.West, 180}, {"south", b.South, 90}, {"east", b.East, 180}, {"north", b.North, 90}} {
			p, given := v.at[v.child(side.key)]
			if given && math.Abs(side.degrees) > side.most {
				v.complain(p, v.child(side.key), "", "is %g, must lie between -%g and %g degrees", side.degrees, side.most, side.most)
			}
			ok = ok && given && math.Abs(side.degrees) <= side.most
		}
		if ok && (b.West >= b.East || b.South >= b.North) {
			v.bad("west is less than east and south less than north; southern and western degrees are below 0", "the box is empty: %g to %g degrees east, %g to %g north", b.West, b.East, b.South, b.North)
		}
	}
}

func campaign(c *Campaign) func(value) {
	return func(v value) {
		v.object(
			must("id", ident(&c.ID)),
			must("name", names(&c.Name)),
			may("forces", each(&c.Forces, names)),
			may("footprint", footprint(&c.Footprint)),
			must("start", span(&c.Start)),
			must("end", span(&c.End)),
			may("goals", each(&c.Goals, label)),
			may("relations", each(&c.Relations, relation)),
			may("sources", each(&c.Sources, source)),
			may("note", names(&c.Note)),
			may("windows", each(&c.Windows, window)),
		)
	}
}

func window(w *athar.Window) func(value) {
	return func(v value) {
		v.object(
			must("name", names(&w.Name)),
			must("before", span(&w.Before)),
			must("after", span(&w.After)),
		)
		if w.Before.Last != 0 && w.After.First != 0 && w.Before.Last >= w.After.First {
			v.bad("compare what comes after with what was before: before: 2020-05, after: 2020-06",
				"the window's before ends %s, not before its after begins (%s)", w.Before.Last, w.After.First)
		}
	}
}

func footprint(f *Footprint) func(value) {
	return func(v value) {
		ok := v.object(
			may("areas", each(&f.Areas, label)),
			may("within", each(&f.Within, label)),
			may("geojson", label(&f.GeoJSON)),
		)
		if ok && len(f.Areas)+len(f.Within) == 0 && f.GeoJSON == "" {
			v.bad("name areas, units above them (within), or a drawn polygon (geojson)", "the footprint holds no area")
		}
	}
}

func relation(r *athar.Relation) func(value) {
	return func(v value) {
		var fields []field
		for _, kind := range relations {
			fields = append(fields, may(kind, func(v value) {
				r.Kind = kind
				label(&r.To)(v)
			}))
		}
		v.object(fields...)
		if nodes, ok := v.pairs(); ok && len(nodes) != 1 {
			v.bad("write one relation a line, e.g. - parallel_to: other-campaign", "holds %d keys, needs one", len(nodes))
		}
	}
}

func source(s *athar.SourceRef) func(value) {
	return func(v value) { v.object(sourceFields(s)...) }
}

func sourceFields(s *athar.SourceRef) []field {
	return []field{must("title", text(&s.Title)), may("url", text(&s.URL)), may("says", text(&s.Says))}
}

func goal(g *Goal) func(value) {
	return func(v value) {
		v.object(
			must("id", ident(&g.ID)),
			must("name", names(&g.Name)),
			may("outputs", each(&g.Outputs, output)),
			may("outcomes", each(&g.Outcomes, outcome)),
			may("needs", names(&g.Needs)),
		)
	}
}

func output(o *Output) func(value) {
	return func(v value) {
		v.object(
			must("id", ident(&o.ID)),
			must("name", names(&o.Name)),
			may("kinds", each(&o.Kinds, kind)),
			may("values", each(&o.Values, outputValue)),
		)
	}
}

func outputValue(o *OutputValue) func(value) {
	return func(v value) {
		v.object(append(sourceFields(&o.Source),
			must("campaign", label(&o.Campaign)),
			must("n", whole(&o.N, 0, math.MaxInt32)),
			may("when", span(&o.When)),
		)...)
	}
}

func outcome(o *Outcome) func(value) {
	return func(v value) {
		predicts := "fall"
		v.object(
			must("id", ident(&o.ID)),
			may("name", names(&o.Name)),
			must("measure", word(&o.Measure, measures...)),
			may("classes", each(&o.Classes, label)),
			may("kinds", each(&o.Kinds, kind)),
			may("areas", each(&o.Areas, label)),
			may("within", each(&o.Within, label)),
			may("predicts", word(&predicts, "fall", "rise")),
			may("lags", yes(&o.Lags)),
		)
		o.Predicts = -1
		if predicts == "rise" {
			o.Predicts = 1
		}
	}
}

func loss(l *athar.Loss) func(value) {
	return func(v value) {
		v.object(
			must("when", span(&l.When)),
			must("level", word(&l.Level, athar.LossTop, athar.LossProvince, athar.LossLocal)),
			may("failed", yes(&l.Failed)),
			must("source", source(&l.Source)),
		)
	}
}

func total(t *Total) func(value) {
	return func(v value) {
		v.object(
			must("id", ident(&t.ID)),
			must("name", names(&t.Name)),
			may("country", label(&t.Country)),
			may("areas", each(&t.Areas, label)),
			may("within", each(&t.Within, label)),
			must("from", first(&t.From)),
			must("to", last(&t.To)),
		)
		v.orderly(athar.Span{First: t.From, Last: t.To})
	}
}

func claim(c *Claim) func(value) {
	return func(v value) {
		v.object(
			must("id", ident(&c.ID)),
			must("text", names(&c.Text)),
			may("source", text(&c.Source)),
			must("question", word(&c.Question, questions...)),
			may("about", label(&c.About)),
			may("campaign", label(&c.Campaign)),
			may("total", label(&c.Total)),
			may("phase", word(&c.Phase, athar.During, athar.Post)),
			may("expects", oneOrMany(&c.Expects, expected)),
			may("needs", names(&c.Needs)),
		)
	}
}

func expected(w *athar.Verdict) func(value) {
	return word(w, athar.Decline, athar.Escalation, athar.NoMaterialChange, athar.Displacement, athar.Diffusion,
		athar.Present, athar.Mixed, athar.NotDetected, athar.NotIdentifiable)
}

func choices(c *Choices) func(value) {
	return func(v value) {
		v.object(
			may("period", word(&c.Period, "auto", "month", "week")),
			may("pre_months", whole(&c.PreMonths, 1, 600)),
			may("post_months", whole(&c.PostMonths, 0, 600)),
			may("wash_in", whole(&c.WashIn, 0, 24)),
			may("rings", each(&c.Rings, number)),
			may("far", word(&c.Far, "country", "study")),
			may("overlap", word(&c.Overlap, "auto", "remove", "model")),
			may("smallest_effect", number(&c.SmallestEffect)),
			may("seed", seed(&c.Seed)),
			may("draws", whole(&c.Draws, 100, 1_000_000)),
			may("imputations", whole(&c.Imputations, 0, 1000)),
			may("calendar", each(&c.Calendar, calendarEntry)),
			may("harm", harm(&c.Harm)),
		)
	}
}

func seed(dst *uint64) func(value) {
	return func(v value) {
		n, err := strconv.ParseUint(v.raw(), 10, 64)
		if _, ok := v.node.(*ast.IntegerNode); !ok || err != nil {
			v.wants("a whole number from 0 to 18446744073709551615", "")
			return
		}
		*dst = n
	}
}

func calendarEntry(e *CalendarEntry) func(value) {
	return func(v value) {
		v.object(append([]field{must("name", names(&e.Name)), may("wave", yes(&e.Wave))}, interval(&e.When)...)...)
		v.orderly(e.When)
	}
}

// Path returns a path of the study file as the program can open it: rel is
// relative to the study file's folder.
func (s *Study) Path(rel string) string {
	rel = filepath.FromSlash(rel)
	if filepath.IsAbs(rel) {
		return rel
	}
	return filepath.Join(s.Dir, rel)
}

// At returns line and column, from 1, of what stands under a path of the study
// file such as data[0].file; if nothing does, those of what is nearest above.
func (s *Study) At(path string) (line, col int) {
	p := s.position(path)
	return p.line, p.column
}

func (s *Study) given(path string) bool {
	_, ok := s.positions[path]
	return ok
}

func (s *Study) position(path string) position {
	for path != "" && !s.given(path) {
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	if p, ok := s.positions[path]; ok {
		return p
	}
	return position{1, 1}
}

func item(list string, i int, rest ...string) string {
	return strings.Join(append([]string{fmt.Sprintf("%s[%d]", list, i)}, rest...), ".")
}
