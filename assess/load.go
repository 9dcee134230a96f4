package assess

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"athar"
	"athar/calendar"
	"athar/match/actor"
	"athar/panel"
	"athar/place"
	"athar/source"
	"athar/study"
	"athar/verdict"
)

func ramadan(s athar.Span) int { return calendar.RamadanDays(s) }

// inputs is everything that was read for a study.
type inputs struct {
	study    *study.Study
	set      *place.Set // nil: the study has a single area
	backdrop place.Backdrop
	areas    []athar.Area
	info     []athar.DataInfo
	coverage []athar.Span
	span     athar.Span
	rejects  []athar.Reject
	rows     []row
	unknown  []row // of a lake: events of unknown actors, and of all others
	other    []row
	missing  []row // cells that nobody published; n means nothing
	// details are the single events of data that stand in rows as counts, counted
	// marks those entries: kinds, classes and deaths are known of them alone.
	details []row
	counted map[int]bool
	classes []string         // the classes of event, as the data name them; the first is "", unknown
	classOf map[string]int32 // the index of each class
	longest int              // days of the longest period of a counts table
	files   []athar.ManifestRef
	ofLake  map[string]bool // those of files that are the lake's, under its own names
	// placed and coarse hold, for every event with a known class of precision,
	// its day and whether it is known less well than to a district.
	placed []placedEvents
	// events are those of event data, for the draws of coarse places and dates;
	// isEvents says which inputs they came from.
	events   []athar.Event
	isEvents []bool
	// watch holds the days on which each area was watched, nil if no table says;
	// partly says that some input has no table, unsaid names the event data
	// without one.
	watch  map[string][]athar.Span
	partly bool
	unsaid []string
	// selections are grids of some of the events, by which ones.
	selections sync.Map
	// between is the distance in km of two areas of the grid; nil: unknown.
	between func(i, j int) float64
	besides besides
	points  pointSet
	// operations are those of the forces; nil where the study names none.
	operations *operations
	// harm weighs events; nil where the study gives no weights.
	harm *harm
}

// placedEvents are n events of one day whose precision is known.
type placedEvents struct {
	day       athar.Day
	n, coarse int
}

// row is one thing to count: n events in an area over a span.
type row struct {
	area    string
	country string // the area's; without an area, the event's
	said    string // the country as the event data name it
	when    athar.Span
	n       int
	file    int // index of the input it came from

	class     int32 // index into [inputs.classes]
	kind      athar.Kind
	deaths    athar.Deaths // of all n together
	coarse    bool         // the place is known less well than to about 25 km
	hasDeaths bool         // false: the source gives none, which is not zero
}

// single is the area of a study that names none.
const single = "all"

// noInputs is a study of which nothing was read yet.
func noInputs(s *study.Study) *inputs {
	return &inputs{study: s, classes: []string{""}, classOf: map[string]int32{"": 0}, counted: map[int]bool{}}
}

// load reads every file that the study names. All complaints of the study file
// come before any of the data, so that a typing error does not cost a long read.
func load(ctx context.Context, s *study.Study) (*inputs, error) {
	in := noInputs(s)
	if err := in.loadAreas(); err != nil {
		return nil, err
	}
	within := func(file string) ([]string, error) {
		if in.set == nil {
			return nil, errors.New("the study has no areas that a polygon could pick")
		}
		label := file
		for _, c := range s.Campaigns {
			if c.Footprint.GeoJSON != "" && s.Path(c.Footprint.GeoJSON) == file {
				label = c.Footprint.GeoJSON
			}
		}
		return in.set.Within(file, label)
	}
	if err := s.Resolve(in.areas, within); err != nil {
		return nil, err
	}
	if in.set != nil {
		in.files = append(in.files, in.set.Files...) // drawn footprints among them
	}
	for i, d := range s.Data {
		if !d.Counted() {
			in.isEvents = append(in.isEvents, false)
			continue
		}
		if err := in.loadData(ctx, i, d); err != nil {
			return nil, err
		}
	}
	if err := in.loadBesides(ctx); err != nil {
		return nil, err
	}
	if err := in.loadOperations(ctx); err != nil {
		return nil, err
	}
	in.points.sort()
	in.nameCountries()
	slices.SortStableFunc(in.rejects, func(a, b athar.Reject) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	if len(in.rows) == 0 {
		return nil, fmt.Errorf("%s: no event of the study's group is left in the data; check group.aliases and group.ids, classes and where against the file, and the reasons: %s",
			filepath.Base(s.Data[0].File), reasons(in.info))
	}
	in.span = in.coverage[0]
	for _, c := range in.coverage {
		in.span = athar.Span{First: min(in.span.First, c.First), Last: max(in.span.Last, c.Last)}
	}
	if err := s.CheckCoverage(in.span); err != nil {
		return nil, err
	}
	if err := in.weigh(); err != nil {
		return nil, err
	}
	return in, in.checkDoubles()
}

func reasons(info []athar.DataInfo) string {
	var parts []string
	for _, d := range info {
		for _, r := range d.Rejected {
			parts = append(parts, fmt.Sprintf("%s: %d rows %s", d.File, r.N, r.Reason))
		}
	}
	if parts == nil {
		return "the files hold no rows"
	}
	return strings.Join(parts, "; ")
}

func (in *inputs) loadAreas() error {
	a := in.study.Areas
	paths := make([]string, len(a.GeoJSON))
	for i, f := range a.GeoJSON {
		paths[i] = in.study.Path(f)
	}
	var err error
	switch {
	case a.Grid != "":
		in.set, err = place.LoadGrid((*place.Box)(a.Box), paths, a.GeoJSON, a.Properties)
	case a.Table != "":
		in.set, err = place.LoadTable(in.study.Path(a.Table), a.Table, a.Columns)
		if err == nil && a.Distances != "" {
			err = in.set.LoadDistances(in.study.Path(a.Distances), a.Distances, a.DistanceColumns, a.DistancesWithin)
		}
	case len(a.GeoJSON) > 0:
		in.set, err = place.LoadGeoJSON(paths, a.GeoJSON, a.Properties)
	default:
		in.areas = []athar.Area{{Code: single, Name: athar.Names{En: "the whole area", Ar: "المنطقة كلها"}}}
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return in.study.Complaint("areas", err.Error(), "paths start from the study file's folder; without polygons of districts, areas can be the cells of a grid (grid: prio)")
	}
	if err != nil {
		return err
	}
	in.areas = in.set.Areas
	return in.loadBackdrop()
}

// loadBackdrop reads the rivers, lakes and places of the maps.
func (in *inputs) loadBackdrop() error {
	m := in.study.Map
	for _, l := range []struct {
		name  string
		files []string
	}{{place.Rivers, m.Rivers}, {place.Lakes, m.Lakes}, {place.Towns, m.Places}} {
		for _, f := range l.files {
			err := in.backdrop.Load(l.name, in.study.Path(f), f)
			if errors.Is(err, fs.ErrNotExist) {
				return in.study.Complaint("map."+l.name, err.Error(), "paths start from the study file's folder; the maps do without the key map")
			}
			if err != nil {
				return err
			}
		}
	}
	for _, f := range in.backdrop.Files {
		if !slices.Contains(in.files, f) {
			in.files = append(in.files, f)
		}
	}
	return nil
}

// spec says how an entry of the study is read.
func (in *inputs) spec(d study.Data) source.Spec {
	spec := source.Spec{Name: d.Name, Label: d.File, Format: d.Format, Columns: d.Columns, Sheet: d.Sheet, Period: d.Period,
		Classes: d.Classes, Kinds: d.Kinds, Where: d.Where, Values: d.Values, From: d.From, Coverage: d.Coverage, Licence: d.Licence, Citation: d.Citation,
		Organisations: actor.Curated().Names(),
		Group:         source.Group{Aliases: append([]string{in.study.Group.Name.En, in.study.Group.Name.Ar}, in.study.Group.Aliases...), IDs: in.study.Group.IDs}}
	if d.File != "" {
		spec.File = in.study.Path(d.File)
	}
	return spec
}

func (in *inputs) loadData(ctx context.Context, i int, d study.Data) error {
	spec := in.spec(d)
	if d.Format == "lake" {
		return in.loadLake(ctx, i, d, spec)
	}
	r, err := source.Read(ctx, spec)
	if errors.Is(err, fs.ErrNotExist) {
		return in.notThere(fmt.Sprintf("data[%d].file", i), err, d)
	}
	if err != nil {
		return err
	}
	if r.Info.File == "" {
		r.Info.File = d.Name
	}
	if err := in.watched(ctx, i, d, r.Info.Format); err != nil {
		return err
	}
	reasons := map[string]int{}
	find := in.finder(r, reasons)
	// A table gives deaths if one of its rows has any: the reader tells an absent
	// column from a column of zeros only so.
	dead := slices.ContainsFunc(r.Counts, func(c athar.Count) bool { return c.Deaths != athar.Deaths{} })
	for _, c := range r.Counts {
		in.longest = max(in.longest, c.When.Days())
		in.points.drop("counted", c.N)
		x := in.count(i, find(c.Area, c.Line), "", c.When, c.N)
		x.class, x.deaths, x.hasDeaths = in.intern(c.Class), c.Deaths, dead
	}
	for _, c := range r.NotPublished {
		in.missing = append(in.missing, row{area: find(c.Area, 0), when: c.When, file: i})
	}
	if err := in.swapped(fmt.Sprintf("data[%d]", i), d, r.Events); err != nil {
		return err
	}
	for _, e := range r.Events {
		in.take(i, e, find, reasons)
	}
	for _, name := range sortedKeys(reasons) {
		r.Info.Rejected = append(r.Info.Rejected, athar.ReasonCount{Reason: name, N: reasons[name], Fault: name == "unknown-area"})
	}
	in.info = append(in.info, r.Info)
	if r.Info.Restricted {
		// A cell of a row that may not be passed on must not stand in rejects.csv;
		// its line says where to look.
		for k := range r.Rejects {
			r.Rejects[k].Detail = ""
		}
	}
	in.rejects = append(in.rejects, r.Rejects...)
	if d.File != "" {
		in.files = append(in.files, athar.ManifestRef{File: filepath.ToSlash(d.File), SHA256: r.Info.SHA256, Bytes: r.Bytes})
	}
	in.cover(d, r.Info)
	return nil
}

// take counts an event of input i wherever events are counted.
func (in *inputs) take(i int, e athar.Event, find func(name string, line int) string, reasons map[string]int) {
	if e.Place != athar.PlaceUnknown {
		coarse := 0
		if e.Place > athar.PlaceDistrict {
			coarse = 1
		}
		in.placed = append(in.placed, placedEvents{e.When.Mid(), 1, coarse})
	}
	area, reason := in.locate(e, find)
	if reason != "" {
		reasons[reason]++
	}
	in.note(e, area)
	in.points.add(in, e, area)
	in.known(in.count(i, area, e.Country, e.When, 1), e)
}

// locate finds the area of an event, or the reason why it has none. A name that
// the study does not know is find's to report.
func (in *inputs) locate(e athar.Event, find func(name string, line int) string) (area, reason string) {
	switch {
	case e.AreaCode != "" || in.set == nil:
		return find(e.AreaCode, e.Line), ""
	case e.Place > athar.PlaceDistrict:
		return "", "place-too-coarse"
	case e.HasPoint:
		if area, ok := in.set.Locate(e.Lon, e.Lat); ok {
			return area, ""
		}
	}
	return "", "outside-areas"
}

// known fills a row with what is known of its one event.
func (in *inputs) known(x *row, e athar.Event) {
	x.coarse = e.Place > athar.PlaceNear
	x.said, x.class, x.kind, x.deaths, x.hasDeaths = e.Country, in.intern(e.Class), e.Kind, e.Deaths, e.HasDeaths
}

// singles are the rows as single events where that is known: those of in.rows, but for data that were counted by
// somebody else's hand, a lake's, in whose place their events stand.
func (in *inputs) singles() []row {
	if len(in.details) == 0 {
		return in.rows
	}
	out := slices.Clone(in.details)
	for _, r := range in.rows {
		if !in.counted[r.file] {
			out = append(out, r)
		}
	}
	return out
}

// cover notes the days that an entry covers: those that the study says, or the
// first to the last of its rows.
func (in *inputs) cover(d study.Data, info athar.DataInfo) {
	if len(d.Coverage) > 0 {
		in.coverage = append(in.coverage, d.Coverage...)
		return
	}
	in.coverage = append(in.coverage, athar.Span{First: info.First, Last: info.Last})
}

// finder returns the lookup of areas that rows name by code or name. A name
// that the study does not know is a damaged row, listed with the nearest names.
func (in *inputs) finder(r *source.Reading, reasons map[string]int) func(name string, line int) string {
	if in.set == nil {
		return func(string, int) string { return single }
	}
	find := study.Finder(in.areas)
	type answer struct{ code, problem string }
	known := map[string]answer{}
	return func(name string, line int) string {
		a, ok := known[name]
		if !ok {
			a.code, a.problem = find(name)
			known[name] = a
		}
		switch {
		case a.code != "" || line == 0:
		case name == "":
			reasons["outside-areas"]++
		default:
			reasons["unknown-area"]++
			r.Rejects = append(r.Rejects, athar.Reject{File: r.Info.File, Line: line, Reason: "unknown-area", Detail: a.problem})
		}
		return a.code
	}
}

// note keeps an event for the draws. One that names an area is certain to lie
// there; a name that no area has is damaged in every draw.
func (in *inputs) note(e athar.Event, area string) {
	if !in.draws() {
		return
	}
	if e.AreaCode != "" {
		if e.AreaCode = area; area == "" {
			return
		}
	}
	in.events = append(in.events, e)
}

// intern gives the index of a class in [inputs.classes]: there are few classes
// and many rows.
func (in *inputs) intern(class string) int32 {
	k, ok := in.classOf[class]
	if !ok {
		k = int32(len(in.classes))
		class = strings.Clone(class) // not the line of the file that it was cut from
		in.classes = append(in.classes, class)
		in.classOf[class] = k
	}
	return k
}

// count notes one row and returns it, until the next call, to fill in what else
// is known. A row without an area of the study is kept for the totals of its
// country.
func (in *inputs) count(file int, area, country string, when athar.Span, n int) *row {
	if i, ok := in.areaAt(area); ok {
		country = in.areas[i].Country
	}
	in.rows = append(in.rows, row{area: area, country: country, when: when, n: n, file: file})
	return &in.rows[len(in.rows)-1]
}

// areaAt is the index of an area by its code.
func (in *inputs) areaAt(code string) (int, bool) {
	return slices.BinarySearchFunc(in.areas, code, func(a athar.Area, c string) int { return strings.Compare(a.Code, c) })
}

// nameCountries lets event data and boundaries name countries differently
// (Iraq, IQ): an event without an area goes to the country in which most
// events of its country's name were located.
func (in *inputs) nameCountries() {
	votes := map[string]map[string]int{}
	for _, r := range in.rows {
		if r.area != "" && r.said != "" {
			if votes[r.said] == nil {
				votes[r.said] = map[string]int{}
			}
			votes[r.said][r.country]++
		}
	}
	for i, r := range in.rows {
		if r.area != "" || r.said == "" {
			continue
		}
		best := ""
		for _, c := range sortedKeys(votes[r.said]) {
			if best == "" || votes[r.said][c] > votes[r.said][best] {
				best = c
			}
		}
		if best != "" {
			in.rows[i].country = best
		}
	}
}

// swapped refuses points that fall into the study's areas only after latitude
// and longitude are exchanged. The path is that of the entry in the study.
func (in *inputs) swapped(path string, d study.Data, events []athar.Event) error {
	if in.set == nil {
		return nil
	}
	points, right, wrong := 0, 0, 0
	var first athar.Event
	for _, e := range events {
		if !e.HasPoint {
			continue
		}
		points++
		if _, ok := in.set.Locate(e.Lon, e.Lat); ok {
			right++
		} else if _, ok := in.set.Locate(e.Lat, e.Lon); ok {
			if wrong++; wrong == 1 || e.Line < first.Line {
				first = e
			}
		}
	}
	if wrong > 0 && wrong > points/2 && right < points/20 {
		return in.study.Complaint(path+".columns", fmt.Sprintf("latitude and longitude look swapped: %d of %d points fall into the study's areas only after exchanging them, the first at %s:%d (lat %g, lon %g)",
			wrong, points, d.File, first.Line, first.Lat, first.Lon), "exchange the two columns of lat and lon, here or in the file")
	}
	return nil
}

// checkDoubles refuses two inputs that count the same area in the same month:
// adding them would count events twice, and telling duplicates apart is not
// this version's work.
func (in *inputs) checkDoubles() error {
	type cell struct {
		area string
		y, m int
	}
	first := map[cell]int{}
	for _, r := range in.rows {
		if r.area == "" || r.n == 0 {
			continue
		}
		t := r.when.Mid().Time()
		c := cell{r.area, t.Year(), int(t.Month())}
		if f, ok := first[c]; ok && f != r.file {
			a, b := in.study.Data[min(f, r.file)], in.study.Data[max(f, r.file)]
			return fmt.Errorf("%s and %s both count events in area %s in %d-%02d: adding them would count events twice; keep one of them, or mark the other with compare: true",
				a.File, b.File, r.area, c.y, c.m)
		}
		first[c] = r.file
	}
	return nil
}

// precision fills in how many events of the given periods have a known class of
// place precision, and how many of them are coarser than a district.
func (in *inputs) precision(f *verdict.Facts) {
	f.CoarseIn, f.PlacedIn = map[athar.Phase]int{}, map[athar.Phase]int{}
	for _, e := range in.placed {
		t, ok := slices.BinarySearchFunc(f.Periods, e.day, func(p athar.Period, d athar.Day) int {
			switch {
			case p.Last < d:
				return -1
			case p.First > d:
				return 1
			}
			return 0
		})
		if !ok {
			continue
		}
		f.Placed += e.n
		f.Coarse += e.coarse
		f.PlacedIn[f.Periods[t].Phase] += e.n
		f.CoarseIn[f.Periods[t].Phase] += e.coarse
	}
}

// grid arranges all rows. The period is the study's; "auto" is the week unless
// some role of some campaign has fewer than three events a week before it
// (METHODS.md section 0), or the data are coarser than weeks.
func (in *inputs) grid() (*panel.Grid, panel.Unit, error) {
	unit := panel.Unit(in.study.Choices.Period)
	if unit == "auto" {
		unit = panel.Week
		if in.longest > 7 {
			unit = panel.Month
		} else {
			g, err := in.fill(panel.Week)
			if err != nil {
				return nil, "", err
			}
			sites, err := in.sites(g)
			if err != nil {
				return nil, "", err
			}
			for i, s := range sites {
				if thin(g.ForCampaign(s, others(sites, i), design(in.study))) {
					unit = panel.Month
					break
				}
			}
		}
	}
	if unit == panel.Week && in.longest > 7 {
		return nil, "", in.study.Complaint("choices.period",
			fmt.Sprintf("is week, but the data have periods of up to %d days", in.longest), "use month")
	}
	g, err := in.fill(unit)
	return g, unit, err
}

func thin(v *panel.View) bool {
	const need = 3 // events a week
	for role := athar.Inside; int(role) <= len(v.Rings); role++ {
		_, sum := v.RoleSeries(role)
		events, n := 0.0, 0
		for t, p := range v.Periods {
			if p.Phase == athar.Pre && !math.IsNaN(sum[t]) {
				events += sum[t]
				n++
			}
		}
		if events < need*float64(n) {
			return true
		}
	}
	return false
}

func (in *inputs) fill(unit panel.Unit) (*panel.Grid, error) {
	g, err := in.arrange(unit, func(g *panel.Grid) {
		for _, r := range in.rows {
			g.Add(r.area, r.when, r.n)
		}
	})
	if err == nil {
		in.date(g, func(row) bool { return true })
	}
	return g, err
}

// date gives a grid what is known by day of the rows that are wanted.
func (in *inputs) date(g *panel.Grid, want func(row) bool) {
	for _, r := range in.singles() {
		if want(r) {
			g.Date(r.area, r.when, r.n)
		}
	}
	g.Dated()
}

// arrange makes a grid of what add puts into it and marks the cells whose
// count nobody knows.
func (in *inputs) arrange(unit panel.Unit, add func(*panel.Grid)) (*panel.Grid, error) {
	g, err := panel.NewGrid(in.areas, unit, in.coverage)
	if err != nil {
		return nil, err
	}
	add(g)
	for _, m := range in.missing {
		g.Unknown(m.area, m.when)
	}
	for _, a := range in.areas {
		for _, s := range in.unwatched(a.Code, in.span) {
			g.Unwatched(a.Code, s)
		}
	}
	return g, nil
}

// distances prepares the distance between the edges of any two areas of the
// grid; without areas it stays unknown. Rows are measured when first asked for,
// because between polygons that takes long.
func (in *inputs) distances() {
	if in.set == nil {
		return
	}
	rows := make([]func() []float64, len(in.set.Areas))
	for i, a := range in.set.Areas {
		rows[i] = sync.OnceValue(func() []float64 {
			km, err := in.set.Distances([]string{a.Code})
			if err != nil { // no distances in this study: nothing is near
				km = slices.Repeat([]float64{math.Inf(1)}, len(rows))
			}
			return km
		})
	}
	in.between = func(i, j int) float64 { return rows[i]()[j] }
}

func (in *inputs) sites(g *panel.Grid) ([]panel.Site, error) {
	out := make([]panel.Site, len(in.study.Campaigns))
	for i, c := range in.study.Campaigns {
		s := panel.Site{ID: c.ID, Start: c.Start, End: c.End}
		if in.set == nil {
			s.Footprint, s.Km = []int{0}, []float64{0}
			out[i] = s
			continue
		}
		for _, code := range c.Footprint.Codes {
			if k, ok := g.Area(code); ok {
				s.Footprint = append(s.Footprint, k)
			}
		}
		km, err := in.set.Distances(c.Footprint.Codes)
		if err != nil {
			return nil, err
		}
		s.Km = km
		out[i] = s
	}
	return out, nil
}

func (in *inputs) mapInfo(g *panel.Grid) athar.MapInfo {
	if in.set == nil {
		return athar.MapInfo{Areas: []athar.MapArea{}}
	}
	m := athar.MapInfo{Areas: in.set.Outlines(12000), Credit: in.study.Areas.Credit, Course: course(g), LayersCredit: in.study.Map.Credit}
	around := 50.0
	if n := len(in.study.Choices.Rings); n > 0 {
		around = max(around, in.study.Choices.Rings[n-1])
	}
	in.backdrop.Draw(&m, 1.15*around)
	return m
}

// course sums the grid over areas, and keeps of every area what is not zero.
func course(g *panel.Grid) *athar.Course {
	c := &athar.Course{Periods: g.Periods, Total: make([]athar.Num, len(g.Periods)), Areas: []athar.AreaCourse{}}
	for t := range g.Periods {
		if g.Days[t] == 0 {
			c.Total[t] = athar.Num(math.NaN())
		}
	}
	for i, a := range g.Areas {
		x := athar.AreaCourse{Area: a.Code}
		for t := range g.Periods {
			if n := g.N[i*len(g.Periods)+t]; n > 0 {
				x.At, x.N = append(x.At, t), append(x.N, n)
				c.Total[t] += athar.Num(n)
			}
		}
		if x.At != nil {
			c.Areas = append(c.Areas, x)
		}
	}
	return c
}

func manifest(s *study.Study, in *inputs, file string, o Options) athar.Manifest {
	m := athar.Manifest{Program: "athar", Version: o.Version, Seed: s.Choices.Seed, Options: []athar.Choice{}, Inputs: slices.Clone(in.files)}
	sum := sha256.Sum256(s.Source)
	m.Inputs = append(m.Inputs, athar.ManifestRef{File: filepath.Base(file), SHA256: hex.EncodeToString(sum[:]), Bytes: int64(len(s.Source))})
	slices.SortFunc(m.Inputs, func(a, b athar.ManifestRef) int { return strings.Compare(a.File, b.File) })
	return m
}

func sortedKeys(m map[string]int) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
