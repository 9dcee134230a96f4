package sim

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"athar"
)

// File is one file of a data set for teaching.
type File struct {
	Name string
	Data []byte
}

// Names are the worlds that have a data set, with what is in each.
func Names() (names, says []string) {
	for _, w := range Worlds() {
		names, says = append(names, w.Name), append(says, w.Says)
	}
	for _, w := range PatternWorlds() {
		names, says = append(names, w.Name), append(says, w.Says)
	}
	return names, says
}

// Dataset writes one replicate of a world, drawn with a seed, as the files of a study: counts by
// area and month, or single events; the areas, their distances; study.yaml, which
// names no truth; and truth.md, which does. level is the mean number of events an area and
// month, 0: the world's own. It fails on an unknown world and on a level that the world
// cannot have.
func Dataset(name string, seed uint64, level float64) ([]File, error) {
	if level < 0 || math.IsNaN(level) || level > 1000 {
		return nil, fmt.Errorf("a level of %g events an area and month is not between 0 and 1000", level)
	}
	for _, w := range Worlds() {
		if w.Name == name {
			if level > 0 {
				w.Level = level
			}
			return w.dataset(seed)
		}
	}
	for _, w := range PatternWorlds() {
		if w.Name == name {
			if level > 0 {
				w.Rate = level * 12 / (365.25 / 7)
			}
			return w.dataset(seed), nil
		}
	}
	names, _ := Names()
	return nil, fmt.Errorf("no world is called %q; there are %s", name, strings.Join(names, ", "))
}

// dataset of a panel world.
func (w World) dataset(seed uint64) ([]File, error) {
	places, err := w.Map()
	if err != nil {
		return nil, err
	}
	p, truth := w.Panel(seed, 0)
	rows := [][]string{{"area", "month", "events"}}
	for i, a := range p.Areas {
		for t, q := range p.Periods {
			rows = append(rows, []string{a.Code, q.First.String()[:7], strconv.Itoa(int(p.Count[p.At(i, t)]))})
		}
	}
	var sites []site
	for _, c := range w.Campaigns() {
		s := site{id: c.ID, from: p.Periods[c.From].First, to: p.Periods[min(c.To, len(p.Periods))-1].Last}
		for _, i := range c.Areas {
			s.areas = append(s.areas, p.Areas[i].Code)
		}
		sites = append(sites, s)
	}
	months := athar.Span{First: p.Periods[0].First, Last: p.Periods[len(p.Periods)-1].Last}
	y := yaml{name: w.Name, file: "counts.csv", format: "counts", columns: "{area: area, period: month, count: events}", extra: "    period: month\n",
		covered: months, rings: "[25, 50]", post: 6, sites: sites}

	var b strings.Builder
	fmt.Fprintf(&b, "# The truth of world %s\n\n%s. Drawn with seed %d.\n\nDo not read on before you have assessed the study.\n\n", w.Name, sentence(w.Says), seed)
	b.WriteString("## Rate ratios that were put in\n\n| question | during | afterwards |\n|---|---|---|\n")
	for _, q := range []struct {
		says string
		Key
	}{{"inside", Key{athar.AskInside, 0, ""}}, {"ring 1", Key{athar.AskRing, 1, ""}}, {"ring 2", Key{athar.AskRing, 2, ""}}, {"inside and rings together", Key{athar.AskNet, 0, ""}}} {
		during, post := q.Key, q.Key
		during.Phase, post.Phase = athar.During, athar.Post
		fmt.Fprintf(&b, "| %s | %.3g | %.3g |\n", q.says, truth[during], truth[post])
	}
	fmt.Fprintf(&b, "\nMean level: %g events an area and month. Variance over mean of the counts: %g.\n", or(w.Level, 3), or(w.Phi, 1))
	b.WriteString(w.lesson())
	return []File{{"areas.csv", areaTable(w.Areas(places), nil)}, {"counts.csv", table(rows)}, {"distances.csv", distanceTable(p.Areas, func(i, j int) float64 { return places[i].Km(places[j]) })},
		{"study.yaml", y.bytes()}, {"truth.md", []byte(b.String())}}, nil
}

// lesson says what the world teaches.
func (w World) lesson() string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if w.Surge > 0 {
		add("The three months before the campaign were %.0f%% busier inside by chance of the season, and then it was over. A comparison with those months finds a fall that no campaign made: regression to the mean.", 100*(w.Surge-1))
	}
	if w.Wave > 0 {
		add("One month after the campaign, the month of Ramadan, was %.0f%% busier inside. It has nothing to do with the campaign.", 100*(w.Wave-1))
	}
	if w.ReportAll > 0 {
		add("From the first day of the campaign %.0f%% of events everywhere were not reported. The far areas lost as many, so that a comparison with them is right and a comparison with the past is wrong.", 100*(1-w.ReportAll))
	}
	if w.ReportInside > 0 {
		add("From the first day of the campaign %.0f%% of the events inside were not reported. Nothing in these files tells this from a real fall; only a second source, or events that the campaign should not move, could.", 100*(1-w.ReportInside))
	}
	if w.Displace {
		add("The events that disappeared inside happened in ring 1 instead: nothing was gained on the whole.")
	}
	if w.RingRR[0] > 0 && w.RingRR[0] < 1 {
		add("Activity fell in ring 1, too, where no campaign ran: benefits spread.")
	}
	if w.InsideRR[0] > 0 && w.InsideRR[1] == 1 {
		add("The effect ended with the campaign: suppressed, not dismantled.")
	}
	if w.Branching > 0 {
		add("%.0f%% of the events were set off by earlier ones. Counts come in clusters, and a model that takes them for independent is too sure of itself.", 100*w.Branching)
	}
	if w.Noise > 0 {
		add("%.0f%% of the events inside and in ring 1 stand in the wrong one of those areas. The fall inside looks smaller than it was.", 100*w.Noise)
	}
	if w.Twice > 0 {
		add("%.0f%% of the events are in the table twice. Ratios stay right; the counts are too high and look surer than they are.", 100*w.Twice)
	}
	if len(w.Others) > 0 {
		add("Other campaigns ran in far areas. Whoever takes those areas for a control takes their falls for no fall.")
	}
	if w.Sigma > 0 {
		add("Intensity drifts: a busy month is followed by busy months. A model that takes months for independent finds effects that are none.")
	}
	if len(out) == 0 && w.InsideRR[0] == 0 {
		add("Nothing happened. One in twenty such data sets will show something at the 5%% level.")
	}
	if len(out) == 0 {
		return ""
	}
	return "\n## What it teaches\n\n" + strings.Join(out, "\n\n") + "\n"
}

// dataset of a world of adaptation.
func (w PatternWorld) dataset(seed uint64) []File {
	p := w.Pattern(seed, 0)
	rows := [][]string{{"id", "date", "area", "class", "deaths"}}
	for k, r := range p.Records {
		rows = append(rows, []string{strconv.Itoa(k + 1), r.When.First.String(), p.Areas[r.Area].Code, r.Class, strconv.Itoa(r.Deaths.Best)})
	}
	s := site{id: "campaign", from: p.Start.First, to: p.Start.First + 181}
	var areas []athar.Area
	var provinces []int
	var list []athar.PanelArea
	for i, a := range p.Areas {
		areas = append(areas, athar.Area{Code: a.Code, Name: athar.Names{En: fmt.Sprintf("Area %d", i+1), Ar: fmt.Sprintf("منطقة %d", i+1)}, Lon: round(a.Lon), Lat: round(a.Lat), Km2: a.Km2})
		provinces = append(provinces, a.Province)
		list = append(list, athar.PanelArea{Code: a.Code, Role: a.Role})
		if a.Role == athar.Inside {
			s.areas = append(s.areas, a.Code)
		}
	}
	// Two areas of one role touch; ring 1 lies 10 km from the footprint, far areas 200 km.
	km := func(i, j int) float64 {
		a, b := list[i].Role, list[j].Role
		switch {
		case a == b:
			return 0
		case a == athar.Far || b == athar.Far:
			return 200
		}
		return 10
	}
	y := yaml{name: w.Name, file: "events.csv", format: "table", columns: "{id: id, date: date, area: area, class: class, deaths_best: deaths}",
		covered: athar.Span{First: p.Before.First, Last: p.After.Last}, rings: "[25]", post: 6, sites: []site{s}, parent: true}
	var b strings.Builder
	fmt.Fprintf(&b, "# The truth of world %s\n\n%s. Drawn with seed %d.\n\nDo not read on before you have assessed the study.\n\n", w.Name, sentence(w.Says), seed)
	fmt.Fprintf(&b, "| near the campaign | before | after |\n|---|---|---|\n| share of the events that still happen | 1 | %g |\n| unevenness of areas (share of the k-th: k to the power of minus) | %g | %g |\n",
		or(w.Fall, 1), w.Skew[0], w.Skew[1])
	fmt.Fprintf(&b, "| standard deviation of the log intensity that areas share from week to week | %g | %g |\n| share of an area's events that are of its own class | %g | %g |\n", w.Shared[0], w.Shared[1], w.Apart[0], w.Apart[1])
	fmt.Fprintf(&b, "| exponent of the deaths of an event | %g | %g |\n", or(w.Alpha[0], 2.3), or(w.Alpha[1], 2.3))
	b.WriteString("\n## What it teaches\n\n")
	if w.Skew[0] == w.Skew[1] && w.Shared[0] == w.Shared[1] && w.Apart[0] == w.Apart[1] {
		b.WriteString("Nobody adapted. A campaign that merely removes events moves nearly every measure of how spread or how synchronous activity is, because these depend on the number of events; compared at equal numbers they stand still.\n")
	} else {
		b.WriteString("Activity near the campaign became more evenly spread, no longer rose and fell together, and areas took to their own kinds of attack. Who commands whom is not in these data.\n")
	}
	return []File{{"areas.csv", areaTable(areas, provinces)}, {"distances.csv", distanceTable(list, km)}, {"events.csv", table(rows)}, {"study.yaml", y.bytes()}, {"truth.md", []byte(b.String())}}
}

// sentence begins with a capital.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func table(rows [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.WriteAll(rows) // a buffer takes everything
	return b.Bytes()
}

func areaTable(areas []athar.Area, provinces []int) []byte {
	rows := [][]string{{"area", "name_en", "name_ar", "province", "country", "longitude", "latitude", "km2"}}
	for i, a := range areas {
		province := ""
		if provinces != nil {
			province = fmt.Sprintf("Province %d", provinces[i]+1)
		}
		rows = append(rows, []string{a.Code, a.Name.En, a.Name.Ar, province, "Nowhere",
			strconv.FormatFloat(a.Lon, 'f', 4, 64), strconv.FormatFloat(a.Lat, 'f', 4, 64), strconv.FormatFloat(a.Km2, 'f', 0, 64)})
	}
	return table(rows)
}

func distanceTable(areas []athar.PanelArea, km func(i, j int) float64) []byte {
	rows := [][]string{{"a", "b", "km"}}
	for i := range areas {
		for j := i + 1; j < len(areas); j++ {
			rows = append(rows, []string{areas[i].Code, areas[j].Code, strconv.FormatFloat(km(i, j), 'f', 1, 64)})
		}
	}
	slices.SortStableFunc(rows[1:], func(a, b []string) int { return cmp.Or(strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1])) })
	return table(rows)
}

// site is a campaign as a study file states it.
type site struct {
	id       string
	from, to athar.Day
	areas    []string
}

type yaml struct {
	name, file, format, columns, extra, rings string
	covered                                   athar.Span
	post                                      int
	parent                                    bool
	sites                                     []site
}

// bytes is the study file. It says nothing about what was put into the data.
func (y yaml) bytes() []byte {
	var b bytes.Buffer
	id := strings.ToLower(y.name)
	fmt.Fprintf(&b, `# An invented data set for teaching. What was put into it stands in truth.md.
study: world-%s
title: {en: "Invented data, world %s: what did the campaign change?", ar: "بيانات مصطنعة، العالم %s: ماذا غيّرت الحملة؟"}

group:
  name: {en: an invented group, ar: جماعة مصطنعة}

outcome: {en: invented events, ar: حوادث مصطنعة}

data:
  - name: Invented events
    format: %s
    file: %s
    columns: %s
%s    coverage: [{from: %s, to: %s}]
    licence: CC0
    citation: Drawn by Athar

areas:
  table: areas.csv
  columns: {code: area, name_en: name_en, name_ar: name_ar, `, id, y.name, y.name, y.format, y.file, y.columns, y.extra, y.covered.First, y.covered.Last)
	if y.parent {
		b.WriteString("parent_en: province, ")
	}
	b.WriteString(`country: country, lon: longitude, lat: latitude, km2: km2}
  distances: distances.csv
  distance_columns: {a: a, b: b, km: km}
  credit: Invented areas

campaigns:
`)
	for i, s := range y.sites {
		en, ar := "The campaign", "الحملة"
		if i > 0 {
			en, ar = fmt.Sprintf("Other campaign %d", i), fmt.Sprintf("الحملة الأخرى %d", i)
		}
		fmt.Fprintf(&b, "  - id: %s\n    name: {en: %s, ar: %s}\n    footprint:\n      areas: [%s]\n    start: %s\n    end: %s\n    sources:\n      - title: Invented by Athar\n", s.id, en, ar, strings.Join(s.areas, ", "), s.from, s.to)
	}
	fmt.Fprintf(&b, "\nchoices:\n  period: month\n  pre_months: 24\n  post_months: %d\n  rings: %s\n", y.post, y.rings)
	return b.Bytes()
}
