package study

import (
	"math"
	"slices"
	"strings"

	"athar"
)

// Operations are single operations of the forces, each with its place and day,
// beside the group's events. A campaign is asked what it changed; operations are
// asked whether events near one kind of them went otherwise than near another
// (wakes), and what would have followed more of them (stochastic interventions).
type Operations struct {
	Treated OperationKind // the kind in question
	Control OperationKind // the kind that it is compared with; empty: none, and no wakes
	Forces  []athar.Names
	// Places are points, such as the capital, the distance to which operations of
	// both kinds are made comparable in.
	Places []Point
	Match  []string // columns of the files that hold numbers to match on
	Data   []Data   // the files
}

// OperationKind says which rows are operations of one kind.
type OperationKind struct {
	Name    athar.Names
	Classes []string     // in the source's own words
	Kinds   []athar.Kind // or in Athar's; neither: all rows
}

// Given reports whether the study names the kind.
func (k OperationKind) Given() bool { return k.Name.En != "" }

// Point is a named point in degrees.
type Point struct {
	Name     athar.Names
	Lon, Lat float64
}

// The formats of files that list single operations, and the columns of a table
// of them.
var (
	operationFormats = []string{"table", "ucdp-ged", "acled", "gdelt", "gtd", "icews", "polecat", "auto"}
	operationColumns = []string{"id", "date", "date_end", "date_format", "lat", "lon", "class", "place_precision"}
)

func operations(o *Operations) func(value) {
	return func(v value) {
		ok := v.object(
			must("treated", operationKind(&o.Treated)),
			may("control", operationKind(&o.Control)),
			may("forces", each(&o.Forces, names)),
			may("places", each(&o.Places, point)),
			may("match", each(&o.Match, label)),
			must("data", each(&o.Data, operationData)),
		)
		if !ok {
			return
		}
		if p, given := v.at[v.child("data")]; given && len(o.Data) == 0 {
			v.complain(p, v.child("data"), "name the file that lists the operations", "names no file")
		}
		if o.Treated.Given() && o.Treated.Name == o.Control.Name {
			v.complain(v.at[v.child("control.name")], v.child("control.name"), "call each what it is", "%q is the name of both kinds", o.Control.Name.En)
		}
		all := func(k OperationKind) bool { return len(k.Classes)+len(k.Kinds) == 0 }
		if o.Treated.Given() && o.Control.Given() && (all(o.Treated) || all(o.Control)) {
			key := "control"
			if all(o.Treated) {
				key = "treated"
			}
			v.complain(v.at[v.child(key)], v.child(key), "say by classes or kinds which operations are of which kind", "takes all operations, so none are left to compare with")
		}
		for i, class := range o.Control.Classes {
			if slices.ContainsFunc(o.Treated.Classes, func(t string) bool { return strings.EqualFold(t, class) }) {
				path := item(v.child("control.classes"), i)
				v.complain(v.at[path], path, "keep it under treated or under control", "%q is of both kinds", class)
			}
		}
		for i, k := range o.Control.Kinds {
			if k != "" && slices.Contains(o.Treated.Kinds, k) {
				path := item(v.child("control.kinds"), i)
				v.complain(v.at[path], path, "keep it under treated or under control", "%q is of both kinds", k)
			}
		}
		for i, d := range o.Data {
			path := item(v.child("data"), i, "format")
			if len(o.Match) > 0 && d.Format != "" && d.Format != "table" {
				v.complain(v.at[path], path, "list them as a table, or remove match", "format %s has no columns of its own that could be matched on", d.Format)
			}
			if len(o.Treated.Kinds)+len(o.Control.Kinds) > 0 && d.Format == "table" {
				v.complain(v.at[path], path, "say which operations are which by classes", "kinds are not known in format table")
			}
		}
	}
}

func operationKind(k *OperationKind) func(value) {
	return func(v value) {
		v.object(
			must("name", names(&k.Name)),
			may("classes", each(&k.Classes, label)),
			may("kinds", each(&k.Kinds, kind)),
		)
		if p, ok := v.at[v.child("kinds")]; ok && len(k.Classes) > 0 {
			v.complain(p, v.child("kinds"), "keep one of the two", "operations are named by classes or by kinds, not by both")
		}
	}
}

func point(p *Point) func(value) {
	return func(v value) {
		v.object(must("name", names(&p.Name)), must("lon", number(&p.Lon)), must("lat", number(&p.Lat)))
		for _, c := range []struct {
			key     string
			degrees float64
			most    float64
		}{{"lon", p.Lon, 180}, {"lat", p.Lat, 90}} {
			if math.Abs(c.degrees) > c.most {
				v.complain(v.at[v.child(c.key)], v.child(c.key), "", "is %g, must lie between -%g and %g degrees", c.degrees, c.most, c.most)
			}
		}
	}
}

// operationData reads an entry of operations.data: a file as in data, with the
// keys that a list of single operations can use.
func operationData(d *Data) func(value) {
	return func(v value) {
		v.object(
			must("name", label(&d.Name)),
			must("file", label(&d.File)),
			must("format", word(&d.Format, operationFormats...)),
			may("columns", func(c value) { c.mapping(&d.Columns, operationColumns) }),
			may("sheet", label(&d.Sheet)),
			may("where", where(&d.Where)),
			may("coverage", each(&d.Coverage, coverage)),
			may("licence", text(&d.Licence)),
			may("citation", text(&d.Citation)),
		)
		columns, given := v.at[v.child("columns")]
		switch {
		case d.Format == "table" && !given:
			v.bad("say which column holds what: columns: {date: Date, lat: Latitude, lon: Longitude, class: Type}", `lacks the key "columns", which format table needs`)
		case d.Format == "table":
			for _, key := range []string{"date", "lat", "lon"} {
				if d.Columns != nil && d.Columns[key] == "" {
					v.complain(columns, v.child("columns"), "a single operation needs its day and its place", "lacks the key %q", key)
				}
			}
		case d.Format != "" && given:
			v.complain(columns, v.child("columns"), "remove it", "is not used with format %s: its columns have names of their own", d.Format)
		}
	}
}

// checkOperations complains about operations that nothing could be asked of.
func (s *Study) checkOperations(bad complaint) {
	if !s.given("operations") {
		return
	}
	seen := map[string]string{}
	for i, d := range s.Data {
		seen[d.Name] = item("data", i)
	}
	for i, d := range s.Operations.Data {
		path := item("operations.data", i)
		if first, ok := seen[d.Name]; ok && d.Name != "" {
			line, _ := s.At(first)
			bad(path+".name", "give each one its own", "%q stands twice; line %d has it already", d.Name, line)
		}
		seen[d.Name] = path
	}
	if !slices.ContainsFunc(s.Data, func(d Data) bool { return d.Counted() && d.Format != "counts" && d.Format != "series" }) {
		bad("operations", "give the group's events one by one, or remove operations",
			"stands beside counts alone: what followed single operations can be told only from single events with places and days")
	}
}
