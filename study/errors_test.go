package study

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// mark stands before the place that a complaint must name.
const mark = '¦'

// readAreas is the block areas of testdata/full.yaml.
const readAreas = `areas:
  table: areas.csv
  columns: {code: code, name_en: en, name_ar: ar, parent_en: pe, parent_ar: pa, country: country, lon: lon, lat: lat, km2: km2}
  distances: distances.csv
  distance_columns: {a: a, b: b, km: km}
  distances_within: 150
  credit: OCHA, CC BY-IGO
`

// readMap is the block map of testdata/full.yaml.
const readMap = `map:
  rivers: [rivers.geojson, streams.geojson]
  lakes: lakes.geojson
  places: towns.geojson
  credit: Natural Earth
`

// mistake is a way to get a study file wrong: in a valid one, old is replaced
// by with, whose marks say where the complaints must be.
type mistake struct {
	name, in, old, with string
	want                []string // "path: message", in the order of the file
}

func (c mistake) document(t testing.TB) (text string, places []position) {
	in := c.in
	if in == "" {
		in = readFull(t)
	}
	if n := strings.Count(in, c.old); n != 1 {
		t.Fatalf("%s: the text to replace occurs %d times", c.name, n)
	}
	var b strings.Builder
	at := position{1, 1}
	for _, r := range strings.Replace(in, c.old, c.with, 1) {
		switch r {
		case mark:
			places = append(places, at)
			continue
		case '\n':
			at = position{at.line, 0}
			at.line++
		}
		at.column++
		b.WriteRune(r)
	}
	return b.String(), places
}

var wrong = []mistake{
	// YAML itself
	{"bracket left open", minimal, "group: {name: G}\n", "group: {name: G\n¦", []string{"this is not YAML: "}},
	{"tab", minimal, "  - id: c\n", "¦\t- id: c\n", []string{"this is not YAML: "}},
	{"two documents", minimal, "campaigns:", "---\n¦campaigns:", []string{"a second document begins here"}},
	{"too deep", minimal, "title: T", "title: " + strings.Repeat("[", 64) + "¦[", []string{"brackets or dashes are nested more than 64 deep"}},
	{"not a block", minimal, minimal, "¦only text", []string{`is the text "only text", needs a block of keys: study, title,`}},
	{"a key twice", minimal, "outcome: O\n", "outcome: O\n¦title: U\n", []string{"title: the key stands twice; line 2 has it already; keep one of them"}},
	{"alias of nothing", minimal, "title: T", "title: ¦*t", []string{"title: nothing is marked as &t", "title: is the YAML sign"}},
	{"NUL bytes", minimal, minimal, "¦s\x00t\x00", []string{"the file is not UTF-8 text (it looks like UTF-16"}},

	// keys
	{"misspelt key", minimal, "    end:", "    ¦ends:", []string{`campaigns[0].ends: unknown key; did you mean "end"?`}},
	{"unknown key", minimal, "outcome: O", "outcome: O\n¦colour: red", []string{"colour: unknown key; known keys: study, title, group, outcome, data,"}},
	{"comma in braces", minimal, "group: {name: G}", "group: {name: Army, ¦police}", []string{"group.police: unknown key; inside { }, put text that has a comma in quotes"}},
	{"missing key", minimal, "study: minimal\n", "¦", []string{`lacks the key "study"`}},
	{"missing key in a list", minimal, "  - id: c\n    name: C\n", "  - ¦id: c\n", []string{`campaigns[0]: lacks the key "name"`}},
	{"empty value", minimal, "outcome: O", "¦outcome:", []string{"outcome: is empty, needs text; write a value or remove the key"}},
	{"number for text", minimal, "outcome: O", "outcome: ¦5", []string{`outcome: is 5, needs text; put it in quotes if it is meant: "5"`}},
	{"list for text", minimal, "outcome: O", "outcome: ¦[O]", []string{"outcome: is a list, needs text"}},
	{"text for a list", minimal, "[84, 50, null, \"-\", -, 45]", "¦84 50", []string{`data[0].values: is the text "84 50", needs a list`, "data[0].values: has no number"}},
	{"null in a list", "", "aliases: [Group,", "aliases: [¦null,", []string{"group.aliases[0]: is empty, needs text or a number"}},
	{"id with a space", minimal, "  - id: c\n", "  - id: ¦my campaign\n", []string{`campaigns[0].id: "my campaign" is not an id; use letters`}},
	{"id twice", "", "  - id: sweep\n", "  - id: ¦desert\n", []string{
		`campaigns[0].relations[1].parallel_to: there is no campaign "sweep"`, `campaigns[0].relations[2].phase_of: there is no campaign "sweep"`,
		`campaigns[2].id: "desert" stands twice; line 69 has it already`}},
	{"claim id twice", "", "{id: b,", "{id: ¦a,", []string{`claims[1].id: "a" stands twice; line 98 has it already`}},
	{"reserved id", minimal, "  - id: c\n", "  - id: ¦all\n", []string{`campaigns[0].id: "all" stands for all campaigns together; choose another id`}},

	// dates
	{"no such day", minimal, "end: 2020-04", "end: ¦2020-04-31", []string{"campaigns[0].end: there is no day 2020-04-31 in the calendar"}},
	{"other notation", minimal, "end: 2020-04", "end: ¦30/04/2020", []string{`campaigns[0].end: is the text "30/04/2020", needs a date as 2020-06-02, or a month as 2020-06`}},
	{"implausible year", minimal, "end: 2020-04", "end: ¦0202-04", []string{"campaigns[0].end: the year 202 is not from 1900 to 2100"}},
	{"end before start", minimal, "end: 2020-04", "end: ¦2019-04-01", []string{"campaigns[0].end: ends 2019-04-01, before it starts (2020-03-01); swap them or correct the year"}},
	{"start and end intervals overlap", minimal, "start: 2020-03", "start: {from: 2020-03, to: 2020-05}", nil},
	{"interval reversed", minimal, "start: 2020-03", "start: {from: ¦2020-03-09, to: 2020-03-02}", []string{"campaigns[0].start.from: 2020-03-09 is later than to (2020-03-02); swap them"}},
	{"window backwards", "", "      - {name: {en: The month before, ar: الشهر السابق}, before: {from: 2020-08, to: 2020-08},", "      - ¦{name: {en: The month before, ar: الشهر السابق}, before: 2020-10,",
		[]string{"campaigns[0].windows[0]: the window's before ends 2020-10-31, not before its after begins (2020-09-22); compare what comes after"}},
	{"window without after", "", "- {name: {en: The month before, ar: الشهر السابق}, before: {from: 2020-08, to: 2020-08}, after: {from: 2020-09-22, to: 2020-10}}", "- ¦{name: W, before: 2020-08}", []string{`campaigns[0].windows[0]: lacks the key "after"`}},
	{"half an interval", minimal, "start: 2020-03", "start: ¦{from: 2020-03}", []string{`campaigns[0].start: lacks the key "to"`}},
	{"coverage out of order", "", "{from: 2020-02, to: 2020-12}\n", "¦{from: 2019-12, to: 2020-12}\n", []string{"data[0].coverage[1]: begins on 2019-12-01, before the interval above it is over (2019-12-31)"}},
	{"total reversed", "", "from: 2020-02-01, to: 2020-12}", "from: ¦2020-02-01, to: 2019-12}", []string{"totals[0].from: 2020-02-01 is later than to (2019-12-31)"}},

	// data
	{"no data", minimal, minimal[strings.Index(minimal, "data:"):strings.Index(minimal, "campaigns:")], "data: ¦[]\n", []string{"data: the study has no data"}},
	{"format unknown", minimal, "format: series", "format: ¦serie", []string{`data[0].format: is the text "serie", needs one of: counts, ucdp-ged, acled, gdelt, gtd, icews, polecat, table, series, auto, lake; did you mean "series"?`}},
	{"series without start", minimal, "  - name: N\n    format: series\n    from: 2019-12\n", "  - ¦name: N\n    format: series\n", []string{`data[0]: lacks the key "from", which format series needs`}},
	{"series from a file", minimal, "    from: 2019-12\n", "    from: 2019-12\n    file: ¦x.csv\n", []string{"data[0].file: is not used with format series: its numbers stand in the study file; remove it"}},
	{"negative count", minimal, "[84,", "[¦-84,", []string{"data[0].values[0]: is -84, needs a count"}},
	{"fraction", minimal, "[84,", "[¦8.5,", []string{"data[0].values[0]: is 8.5, needs a count"}},
	{"word for a count", minimal, "[84,", "[¦many,", []string{`data[0].values[0]: is the text "many", needs a count`}},
	{"kind of event", "", "    classes: [one-sided]\n", "    kinds: [¦atack]\n", []string{`data[1].kinds[0]: is the text "atack", needs one of: attack, clash, operation,`}},
	{"kinds of a table", "", "    file: own.csv\n", "    file: own.csv\n    kinds: ¦[attack]\n", []string{"data[2].kinds: is not used with format table: such tables have classes of their own"}},
	{"columns of any format", "", "    format: ucdp-ged\n    file: ged.csv.gz\n    classes: [one-sided]\n    columns: {area", "    format: auto\n    file: ged.csv.gz\n    columns: ¦{area", []string{"data[1].columns: is not used with format auto"}},
	{"column of ACLED", "", "    format: ucdp-ged\n    file: ged.csv.gz\n    classes: [one-sided]\n    columns: {area", "    format: acled\n    file: ged.csv.gz\n    columns: {¦actor1: x, area", []string{`data[1].columns.actor1: unknown key`}},
	{"no file", "", "  - name: GED\n    format: ucdp-ged\n    file: ged.csv.gz\n", "  - ¦name: GED\n    format: ucdp-ged\n", []string{`data[1]: lacks the key "file", which format ucdp-ged needs`}},
	{"column of GED", "", "columns: {area: district}\n", "columns: {¦areas: district}\n", []string{`data[1].columns.areas: unknown key; did you mean "area"?`}},
	{"column of another format", "", "columns: {area: district,", "columns: {¦lat: y, area: district,", []string{"data[0].columns.lat: unknown key; known keys: area, period, year, class,"}},
	{"table without a date", "", "columns: {id: i, date: d,", "columns: ¦{id: i,", []string{`data[2].columns: lacks the key "date"`}},
	{"class of GED", "", "classes: [one-sided]", "classes: [¦onesided]", []string{`data[1].classes[0]: UCDP has no class "onesided"; did you mean "one-sided"?`}},
	{"period of a table", "", "    file: own.csv\n", "    file: own.csv\n    period: ¦day\n", []string{"data[2].period: is not used with format table: every event has its date"}},
	{"date format", "", "date_format: dd/mm/yyyy", "date_format: ¦d.m.y", []string{`data[2].columns.date_format: is the text "d.m.y", needs one of: dd/mm/yyyy, mm/dd/yyyy`}},
	{"data name twice", "", "  - name: GED\n", "  - name: ¦Districts by week\n", []string{`data[1].name: "Districts by week" stands twice; line 10 has it already`}},
	{"series beside areas", strings.Replace(minimal, "campaigns:\n  - id: c\n", "areas: {geojson: a.geojson}\ncampaigns:\n  - id: c\n    footprint: {areas: [X]}\n", 1), "format: series", "format: ¦series", []string{"data[0].format: a bare series knows no areas, but the study has some"}},

	// areas
	{"columns of areas missing", "", "  table: areas.csv\n  columns: {code: code, name_en: en, name_ar: ar, parent_en: pe, parent_ar: pa, country: country, lon: lon, lat: lat, km2: km2}\n", "  table: ¦areas.csv\n",
		[]string{`areas.table: stands without "columns"; say which column holds what`}},
	{"no code", "", "  columns: {code: code,", "  columns: ¦{", []string{`areas.columns: lacks the key "code"`}},
	{"table and polygons", "", "  table: areas.csv\n", "  table: ¦areas.csv\n  geojson: a.geojson\n", []string{"areas.table: areas come either from a table or from geojson, not from both; keep one of the two"}},
	{"neither", minimal, "campaigns:\n  - id: c\n", "¦areas:\n  credit: C\ncampaigns:\n  - id: c\n    footprint: {areas: [X]}\n", []string{"data[0].format: a bare series", `areas: has neither "table" nor "geojson" nor "grid"; give one of them, or leave areas out`}},
	{"areas are no block", "", readAreas, "areas: ¦districts.csv\n", []string{`areas: is the text "districts.csv", needs a block of keys: table, columns,`}},
	{"one file of polygons", "", readAreas, "areas:\n  geojson: a.geojson\n", nil},
	{"files of polygons", "", readAreas, "areas:\n  geojson: [a.geojson, b.geojson]\n", nil},
	{"columns for polygons", "", readAreas, "areas:\n  geojson: a.geojson\n  columns: ¦{code: c}\n", []string{`areas.columns: stands without "table"; for GeoJSON polygons the key is properties`}},
	{"grid in polygons", "", readAreas, "areas:\n  grid: prio\n  geojson: states.geojson\n  properties: {name_en: name}\n", nil},
	{"grid in a box", "", readAreas, "areas:\n  grid: prio\n  box: {west: 9, south: -9.5, east: 15, north: 14}\n", nil},
	{"grid of nothing", "", readAreas, "areas:\n  grid: ¦prio\n", []string{`areas.grid: stands without "geojson" and without "box"; say where its cells lie`}},
	{"unknown grid", "", readAreas, "areas:\n  grid: ¦hexagons\n  geojson: a.geojson\n", []string{"areas.grid:"}},
	{"table and grid", "", "  table: areas.csv\n", "  table: ¦areas.csv\n  grid: prio\n", []string{"areas.table: areas come either from a table or from a grid, not from both; keep one of the two"}},
	{"box without a grid", "", readAreas, "areas:\n  geojson: a.geojson\n  box: ¦{west: 9, south: 9, east: 15, north: 14}\n", []string{`areas.box: stands without "grid"; a box picks cells of a grid`}},
	{"box without a side", "", readAreas, "areas:\n  grid: prio\n  box: ¦{west: 9, south: 9, east: 15}\n", []string{`areas.box: lacks the key "north"`}},
	{"box upside down", "", readAreas, "areas:\n  grid: prio\n  box: ¦{west: 9, south: 14, east: 15, north: 9}\n", []string{"areas.box: the box is empty: 9 to 15 degrees east, 14 to 9 north; west is less than east"}},
	{"box beyond the earth", "", readAreas, "areas:\n  grid: prio\n  box: {west: 9, south: 9, east: ¦270, north: 14}\n", []string{"areas.box.east: is 270, must lie between -180 and 180 degrees"}},
	{"distance columns missing", "", "  distances: distances.csv\n  distance_columns: {a: a, b: b, km: km}\n", "  distances: ¦distances.csv\n", []string{`areas.distances: stands without "distance_columns"`}},
	{"distance column missing", "", "{a: a, b: b, km: km}", "¦{a: a, b: b}", []string{`areas.distance_columns: lacks the key "km"`}},
	{"distances within nothing", "", "distances_within: 150", "distances_within: ¦0", []string{"areas.distances_within: needs a number of km above 0"}},

	// map
	{"map without a file", "", readMap, "map: ¦{credit: C}\n", []string{"map: names no file; name GeoJSON files: rivers (lines), lakes (polygons), places (points)"}},
	{"map is no block", "", readMap, "map: ¦rivers.geojson\n", []string{`map: is the text "rivers.geojson", needs a block of keys: rivers, lakes, places, credit`}},
	{"unknown layer", "", "  lakes: lakes.geojson\n", "  ¦lake: lakes.geojson\n", []string{`map.lake: unknown key; did you mean "lakes"?`}},
	{"layer without a path", "", "  lakes: lakes.geojson\n", "  ¦lakes:\n", []string{"map.lakes: is empty, needs"}},
	{"layer is a block", "", "  lakes: lakes.geojson\n", "  lakes: ¦{file: lakes.geojson}\n", []string{"map.lakes: is a block of keys, needs text"}},
	{"layer of numbers", "", "rivers: [rivers.geojson, streams.geojson]", "rivers: [rivers.geojson, ¦[a]]", []string{"map.rivers[1]: is a list, needs text"}},
	{"credit of a map", "", "credit: Natural Earth", "credit: ¦[Natural Earth]", []string{"map.credit: is a list, needs text"}},
	{"map without areas", minimal, "campaigns:", "map: ¦{rivers: r.geojson}\ncampaigns:", []string{"map: the study has a single area, so its brief has no map"}},

	// campaigns
	{"nothing asked", minimal, minimal[strings.Index(minimal, "campaigns:"):], "campaigns: ¦[]\n", []string{"campaigns: the study asks nothing"}},
	{"no footprint", "", "  - id: sweep\n    name: Sweep\n    footprint: {areas: [IQ02]}\n", "  - ¦id: sweep\n    name: Sweep\n", []string{`campaigns[2]: lacks the key "footprint"; say where it took place`}},
	{"empty footprint", "", "footprint: {areas: [IQ02]}", "footprint: ¦{areas: []}", []string{"campaigns[2].footprint: the footprint holds no area"}},
	{"footprint without areas", minimal, "    end: 2020-04\n", "    end: 2020-04\n    footprint: ¦{areas: [X]}\n", []string{"campaigns[0].footprint: the study has a single area, so a campaign has no footprint; remove it"}},
	{"unknown goal", "", "goals: [leadership, prisons]", "goals: [¦leaders, prisons]", []string{`campaigns[0].goals[0]: there is no goal "leaders"; did you mean "leadership"?`}},
	{"unknown relation", "", "- preceded_by: desert", "- ¦precded_by: desert", []string{`campaigns[0].relations[0].precded_by: unknown key; did you mean "preceded_by"?`}},
	{"relation to nobody", "", "- preceded_by: desert", "- preceded_by: ¦dessert", []string{`campaigns[0].relations[0].preceded_by: there is no campaign "dessert"; did you mean "desert"?`}},
	{"relation to itself", "", "- preceded_by: desert", "- preceded_by: ¦lions", []string{"campaigns[0].relations[0].preceded_by: a campaign cannot be related to itself"}},
	{"two relations in one", "", "- preceded_by: desert\n", "- ¦preceded_by: desert\n        parallel_to: desert\n", []string{"campaigns[0].relations[0]: holds 2 keys, needs one"}},
	{"preceded by an earlier one", "", "    start: 2020-09-25\n", "    start: 2020-09-25\n    relations: [{preceded_by: desert}]\n", nil},
	{"preceded by a later one", "", "    start: 2020-08-01\n", "    start: 2020-08-01\n    relations: [{preceded_by: ¦sweep}]\n", []string{"campaigns[1].relations[0].preceded_by: sweep starts 2020-09-25, after this campaign (2020-08-01); name a campaign that started earlier"}},

	// totals and claims
	{"country and unit", "", "areas: [IQ01, IQ02], from", "country: Iraq, within: ¦[Anbar], from", []string{"totals[1].within: a total is about a country or about units of it, not both"}},
	{"country and areas", "", "areas: [IQ01, IQ02], from", "country: Iraq, areas: ¦[IQ01, IQ02], from", []string{"totals[1].areas: a total is about a country or about areas, not both"}},
	{"country of nothing", minimal, "campaigns:", "totals: [{id: t, name: T, country: ¦Iraq, from: 2020-03, to: 2020-04}]\ncampaigns:", []string{"totals[0].country: the study has a single area"}},
	{"claim on nobody", "", "campaign: lions, phase", "campaign: ¦lion, phase", []string{`claims[1].campaign: there is no campaign "lion"; did you mean "lions"?`}},
	{"claim on no total", "", "total: iraq, expects", "total: ¦irak, expects", []string{`claims[2].total: there is no total "irak"; did you mean "iraq"?`}},
	{"unknown question", "", "question: inside", "question: ¦insides", []string{`claims[0].question: is the text "insides", needs one of: inside, ring, net, movement, total, goal, adaptation, none; did you mean "inside"?`}},
	{"unknown word", "", "expects: DECLINE", "expects: ¦decrease", []string{`claims[0].expects: is the text "decrease", needs one of: DECLINE, ESCALATION, NO MATERIAL CHANGE, DISPLACEMENT, DIFFUSION OF BENEFITS`}},
	{"word of another question", "", "expects: DECLINE", "expects: ¦displacement", []string{"claims[0].expects: DISPLACEMENT never answers question inside; its words are: DECLINE, ESCALATION, NO MATERIAL CHANGE"}},
	{"word of another question in a list", "", "[DISPLACEMENT, DIFFUSION OF BENEFITS]", "[DISPLACEMENT, ¦decline]", []string{"claims[1].expects[1]: DECLINE never answers question movement"}},
	{"claim without phase", "", "- {id: a, text: {en: Fell}, source: X (2020), question: inside, campaign: all, phase: post,", "- ¦{id: a, text: {en: Fell}, source: X (2020), question: inside, campaign: all,", []string{`claims[0]: lacks the key "phase", which question inside needs; write during`}},
	{"phase unknown", "", "phase: post", "phase: ¦pre", []string{"claims[0].phase: is the text \"pre\", needs one of: during, post"}},
	{"direction of a goal", "", "about: logistics, needs: {en: Seizures}", "about: logistics, campaign: all, needs: {en: Seizures}, expects: ¦DECLINE", []string{"claims[3].expects: DECLINE never answers question goal; its words are: PRESENT, MIXED, NOT DETECTED, NOT IDENTIFIABLE"}},
	{"presence inside", "", "expects: DECLINE", "expects: ¦present", []string{"claims[0].expects: PRESENT never answers question inside; its words are: DECLINE,"}},
	{"goal without needs", "", "- {id: d, text: Supply was cut, question: goal, about: logistics, needs: {en: Seizures}}", "- ¦{id: d, text: Supply was cut, question: goal, about: logistics}", []string{`claims[3]: says neither what it expects nor what data would test it; write the words`}},
	{"goal of no campaign", "", "- {id: e, text: Stores emptied, question: goal, about: depots, campaign: all, ", "- ¦{id: e, text: Stores emptied, question: goal, about: depots, ", []string{`claims[4]: lacks the key "campaign", which question goal needs`}},
	{"unknown signature", "", "about: decentralised", "about: ¦decentralised-cells", []string{`claims[5].about: there is no signature "decentralised-cells"; did you mean "decentralised"?`}},
	{"none that expects", minimal, "campaigns:", "claims: [{id: x, text: X, question: none, needs: N, expects: ¦PRESENT}]\ncampaigns:", []string{"claims[0].expects: is not used with question none"}},
	{"about no goal", "", "about: logistics", "about: ¦logistic", []string{`claims[3].about: there is no goal "logistic"; did you mean "logistics"?`}},
	{"ring without areas", minimal, "campaigns:", "claims: [{id: x, text: X, question: ¦ring, campaign: c, phase: post, expects: DECLINE}]\ncampaigns:", []string{"claims[0].question: the study has a single area, so nothing lies around a campaign"}},

	// goals and losses
	{"output of nobody", "", "{campaign: lions, n: 12,", "{campaign: ¦lion, n: 12,", []string{`goals[1].outputs[0].values[0].campaign: there is no campaign "lion"; did you mean "lions"?`}},
	{"output without a number", "", "{campaign: desert, n: 0,", "{campaign: desert, n: ¦many,", []string{`goals[1].outputs[0].values[1].n: is the text "many", needs a whole number`}},
	{"output id twice", "", "      - id: stores\n", "      - {id: stores, name: S}\n      - id: ¦stores\n", []string{`goals[1].outputs[1].id: "stores" stands twice`}},
	{"outcome id twice", "", "{id: killed,", "{id: ¦bombs,", []string{`goals[1].outcomes[1].id: "bombs" stands twice; line 91 has it already`}},
	{"unknown measure", "", "measure: resumption", "measure: ¦resume", []string{`goals[1].outcomes[2].measure: is the text "resume", needs one of: rate, share, complex-days, lethality, activity, resumption`}},
	{"rate of nothing", "", "{id: bombs, name: {en: Bombs}, measure: rate, classes: [IED],", "¦{id: bombs, name: {en: Bombs}, measure: rate,", []string{"goals[1].outcomes[0]: does not say which events are counted; name them in classes or kinds"}},
	{"classes and kinds", "", "classes: [IED],", "classes: [IED], kinds: ¦[attack],", []string{"goals[1].outcomes[0].kinds: events are named by classes or by kinds, not by both"}},
	{"kinds of activity", "", "measure: lethality, kinds: [attack]", "measure: activity, kinds: ¦[attack]", []string{"goals[1].outcomes[1].kinds: is not used with measure activity: it counts all events"}},
	{"areas of resumption", "", "measure: resumption", "measure: resumption, areas: ¦[IQ01]", []string{"goals[1].outcomes[2].areas: is not used with measure resumption"}},
	{"lags of a share", "", "measure: lethality, kinds: [attack]", "measure: lethality, lags: ¦true", []string{"goals[1].outcomes[1].lags: is not used with measure lethality"}},
	{"lags in words", "", "lags: true", "lags: ¦often", []string{`goals[1].outcomes[0].lags: is the text "often", needs true or false`}},
	{"areas of nothing", minimal, "campaigns:", "goals: [{id: g, name: G, outcomes: [{id: o, measure: activity, areas: ¦[X]}]}]\ncampaigns:", []string{"goals[0].outcomes[0].areas: the study has a single area"}},
	{"unknown level", "", "level: top", "level: ¦high", []string{`losses[0].level: is the text "high", needs one of: top, province, local`}},
	{"loss without a source", "", "- {when: {from: 2020-11, to: 2020-12-05}, level: province, failed: true, source: {title: A report}}", "- ¦{when: {from: 2020-11, to: 2020-12-05}, level: province, failed: true}", []string{`losses[1]: lacks the key "source"`}},

	// negative controls
	{"all compared", minimal, "data:\n  - name: N\n    format: series", "¦data:\n  - name: N\n    format: series\n    compare: true", []string{"data: no dataset is left to count; remove compare or control"}},
	{"compared and a control", "", "file: ged2.csv, compare: true", "file: ged2.csv, compare: true, control: ¦true", []string{"data[3].control: a dataset is compared or holds a negative control, not both", `data[3].control: no negative control uses "GED again"`}},
	{"control of nothing", "", "file: ged2.csv, compare: true}", "file: ged2.csv, compare: true}\n  - {name: Idle, format: ucdp-ged, file: i.csv, control: ¦true}", []string{`data[4].control: no negative control uses "Idle"`}},
	{"operations without a kind", "", "operations:\n  treated: {name: {en: air strikes, ar: ضربات جوية}, classes: [strike]}\n", "¦operations:\n", []string{`operations: lacks the key "treated"`}},
	{"operations all of one kind", "", "{name: {en: Shows of force}, classes: [show]}", "¦{name: Shows of force}", []string{"operations.control: takes all operations, so none are left to compare with"}},
	{"operations of both kinds", "", "{name: {en: Shows of force}, classes: [show]}", "{name: {en: Shows of force}, classes: [show, ¦strike]}", []string{`operations.control.classes[1]: "strike" is of both kinds`}},
	{"operations by classes and kinds", "", "{name: {en: Shows of force}, classes: [show]}", "{name: {en: Shows of force}, classes: [show], kinds: ¦[operation]}", []string{"operations.control.kinds: operations are named by classes or by kinds, not by both", "operations.data[0].format: kinds are not known in format table"}},
	{"operations without a day", "", "columns: {date: day, lat: y, lon: x, class: type}", "columns: ¦{lat: y, lon: x, class: type}", []string{`operations.data[0].columns: lacks the key "date"; a single operation needs its day and its place`}},
	{"operations without columns", "", "{name: Sorties, file: sorties.csv, format: table, columns: {date: day, lat: y, lon: x, class: type}", "¦{name: Sorties, file: sorties.csv, format: table", []string{`operations.data[0]: lacks the key "columns", which format table needs`}},
	{"operations counted by somebody", "", "{name: Sorties, file: sorties.csv, format: table", "{name: Sorties, file: sorties.csv, format: ¦counts", []string{`operations.data[0].format: is the text "counts", needs one of: table, ucdp-ged,`}},
	{"operations in no file", "", "{name: Sorties, file: sorties.csv, ", "¦{name: Sorties, ", []string{`operations.data[0]: lacks the key "file"`}},
	{"operations under a taken name", "", "{name: Sorties,", "{name: ¦GED,", []string{`operations.data[0].name: "GED" stands twice`}},
	{"place beyond the earth", "", "lon: 44.4, lat: 33.3", "lon: 44.4, lat: ¦333", []string{"operations.places[0].lat: is 333, must lie between -90 and 90 degrees"}},
	{"control without a dataset", "", "- {name: Another group, data: Own list, classes: [k1],", "- ¦{name: Another group, classes: [k1],", []string{`negative_controls[1]: lacks the key "data", and the study has several datasets; name one of: Districts by week, GED,`}},
	{"control of an unknown dataset", "", "data: Own list,", "data: ¦Own lists,", []string{`negative_controls[1].data: there is no dataset "Own lists"; did you mean "Own list"?`}},
	{"control that is the outcome", "", "- {name: Another group, data: Own list, classes: [k1], aliases: [Others], ids: [77]", "- ¦{name: Another group, data: Own list", []string{"negative_controls[1]: counts what the study counts"}},
	{"control by classes and kinds", "", "data: Own list, classes: [k1], aliases: [Others]", "data: GED, classes: [one-sided], kinds: ¦[attack]", []string{"negative_controls[1].kinds: events are named by classes or by kinds, not by both"}},
	{"control by kinds of a table", "", "data: Own list, classes: [k1]", "data: Own list, kinds: ¦[attack]", []string{"negative_controls[1].kinds: kinds are not known in format table"}},
	{"control by actors of counts", "", "- {name: Another group, data: Own list, classes", "- ¦{name: Another group, data: Districts by week, classes", []string{"negative_controls[1]: a table of counts knows no organisations"}},

	// choices
	{"rings fall", "", "[10, 30, 60.5]", "[10, ¦10, 60.5]", []string{"choices.rings[1]: the rings do not increase: 10 km is not beyond 10; write the outer edges"}},
	{"ring at zero", "", "[10, 30, 60.5]", "[¦0, 30, 60.5]", []string{"choices.rings[0]: the rings do not increase: 0 km is not beyond 0"}},
	{"multiverse rings fall", "", "rings: [[10, 30, 61], [], touching]", "rings: [[10, 30, 61], ¦[20, 20]]", []string{"multiverse.rings[1]: does not increase: 20 km is not beyond 20; write the outer edges"}},
	{"multiverse ring of a word", "", "rings: [[10, 30, 61], [], touching]", "rings: [[10, 30, 61], ¦adjacent]", []string{"multiverse.rings[1]: is the text \"adjacent\", needs a list of outer edges in km, or the word touching"}},
	{"estimator unknown", "", "estimators: [spillover, its-linear, self-exciting]", "estimators: [spillover, ¦hawkes]", []string{"multiverse.estimators[1]: is the text \"hawkes\", needs one of: spillover, "}},
	{"ring beyond the table", "", "[10, 30, 60.5]", "[10, 30, ¦200]", []string{"choices.rings[2]: the ring up to 200 km lies beyond the distance table, which ends at 150 km"}},
	{"touching without rings", minimal, "campaigns:", "choices: {rings: ¦[]}\nmultiverse: {rings: [¦touching]}\ncampaigns:", []string{"choices.rings: the study has a single area, so it has no rings", "multiverse.rings[0]: is touching, but the study has no ring for what lies beyond the areas that touch; give choices.rings"}},
	{"rings without areas", minimal, "campaigns:", "choices: {rings: ¦[25]}\ncampaigns:", []string{"choices.rings: the study has a single area, so it has no rings"}},
	{"smallest effect", "", "smallest_effect: 1.5", "smallest_effect: ¦0.8", []string{"choices.smallest_effect: is 0.8, must be a rate ratio above 1"}},
	{"week of months", minimal, "campaigns:", "choices: {period: ¦week}\ncampaigns:", []string{"choices.period: data[0] is published by month and cannot be analysed by week"}},
	{"pre-period", "", "pre_months: 18", "pre_months: ¦0", []string{"choices.pre_months: is 0, needs a whole number from 1 to 600"}},
	{"imputations", "", "imputations: 5", "imputations: ¦-1", []string{"choices.imputations: is -1, needs a whole number from 0 to 1000"}},
	{"seed", "", "seed: 18446744073709551615", "seed: ¦-1", []string{"choices.seed: is -1, needs a whole number from 0 to 18446744073709551615"}},
	{"harm of nothing", "", "harm:\n    classes: {a: 3, b: 0.5}\n", "¦harm:\n", []string{"choices.harm: gives no weight; write one of: classes:"}},
	{"negative harm", "", "a: 3, b: 0.5", "a: ¦-3, b: 0.5", []string{"choices.harm.classes.a: is -3, must be above 0 and at most 1e+06; events that should not count"}},
	{"harm in words", "", "a: 3, b: 0.5", "a: ¦much, b: 0.5", []string{`choices.harm.classes.a: is the text "much", needs a number`}},
	{"empty weights of harm", "", "{a: 3, b: 0.5}", "¦{}", []string{"choices.harm.classes: is a block of keys, needs names and the weight of one event of each; write e.g."}},
	{"harm of no kind", "", "classes: {a: 3, b: 0.5}", "kinds: ¦{¦ambush: 3}", []string{"choices.harm.kinds: data[0] (format counts) has no kinds of event, only classes; give weights by classes", `choices.harm.kinds.ambush: there is no kind of event "ambush"`}},
	{"harm of one class twice", "", "{a: 3, b: 0.5}", "{a: 3, ¦A: 0.5}", []string{"choices.harm.classes.A: is the same name as a; keep one of them"}},
	{"harm by two", "", "classes: {a: 3, b: 0.5}", "classes: {a: 3}\n    deaths: ¦true", []string{"choices.harm.deaths: harm is weighed by classes, by kinds or by deaths"}},
	{"harm by deaths of counts", "", "classes: {a: 3, b: 0.5}", "deaths: ¦true", []string{"choices.harm.deaths: data[0] (format counts) says how many died in all events of a period together, not in each"}},
	{"harm not by deaths", "", "classes: {a: 3, b: 0.5}", "deaths: ¦false", []string{"choices.harm.deaths: gives no weight"}},
	{"harm without areas", minimal, "campaigns:", "choices: {harm: ¦{classes: {a: 1}}}\ncampaigns:", []string{"choices.harm: harm inside is compared with harm far away, and the study has a single area"}},
	{"far", "", "far: study", "far: ¦away", []string{"choices.far: is the text \"away\", needs one of: country, study"}},

	// all at once
	{"several", minimal, "group: {name: G}\noutcome: O\n", "group: {¦nam: G}\noutcome: ¦[]\n", []string{
		`group.nam: unknown key; did you mean "name"?`, "outcome: is a list, needs text"}},
}

func TestErrors(t *testing.T) {
	for _, c := range wrong {
		t.Run(c.name, func(t *testing.T) {
			text, places := c.document(t)
			_, err := ParseBytes("s.yaml", []byte(text))
			if c.want == nil {
				if err != nil {
					t.Fatalf("a valid file is refused: %v", err)
				}
				return
			}
			var es Errors
			if !errors.As(err, &es) {
				t.Fatalf("got %v", err)
			}
			if len(es) != len(c.want) {
				t.Fatalf("got %d complaints, want %d:\n%v", len(es), len(c.want), err)
			}
			for i, want := range c.want {
				if _, message, _ := strings.Cut(es[i].Error(), ": "); !strings.HasPrefix(message, want) {
					t.Errorf("got  %s\nwant %s", message, want)
				}
			}
			if len(places) == 0 {
				t.Fatal("the case has no mark")
			}
			for i, at := range places {
				if !slices.ContainsFunc(es, func(e Error) bool { return e.Line == at.line && e.Column == at.column }) {
					t.Errorf("no complaint at mark %d (%d:%d):\n%v", i, at.line, at.column, err)
				}
			}
		})
	}
}
