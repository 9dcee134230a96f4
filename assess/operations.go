package assess

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"athar"
	"athar/place"
	"athar/source"
	"athar/source/event"
	"athar/study"
)

// point is one event with a day and a place.
type point struct {
	day      athar.Day
	lon, lat float64
	area     int32 // index into [inputs.areas]
}

// pointSet are the single events of the outcome, and how many there are besides
// that are not known so well, by reason.
type pointSet struct {
	list    []point
	dropped map[string]int
}

// add takes an event that lies in an area, "" if in none.
func (p *pointSet) add(in *inputs, e athar.Event, area string) {
	if reason := asPoint(e); reason != "" {
		p.drop(reason, 1)
		return
	}
	i, ok := in.areaAt(area)
	if !ok {
		p.drop("no-area", 1)
		return
	}
	p.list = append(p.list, point{e.When.First, e.Lon, e.Lat, int32(i)})
}

func (p *pointSet) drop(reason string, n int) {
	if n == 0 {
		return
	}
	if p.dropped == nil {
		p.dropped = map[string]int{}
	}
	p.dropped[reason] += n
}

// sort puts the points into one order whatever the order of the input.
func (p *pointSet) sort() {
	slices.SortFunc(p.list, func(a, b point) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.lon, b.lon), cmp.Compare(a.lat, b.lat), cmp.Compare(a.area, b.area))
	})
}

// asPoint says why an event cannot serve as one point in space and time; "" if
// it can. Places beyond the precision of about 25 km are no points (METHODS.md
// A7).
func asPoint(e athar.Event) string {
	switch {
	case e.When.Days() != 1:
		return "coarse-day"
	case !e.HasPoint:
		return "no-point"
	case e.Place > athar.PlaceNear:
		return "coarse-place"
	}
	return ""
}

// operation is one operation of the forces.
type operation struct {
	point
	treated bool
	numbers []float64 // of the columns to match on
	at      fileLine
}

// fileLine is where a row stands, as its file is named in the study.
type fileLine struct {
	file string
	line int
}

func (p fileLine) String() string { return fmt.Sprintf("%s:%d", p.file, p.line) }

func (p fileLine) compare(o fileLine) int {
	return cmp.Or(cmp.Compare(p.file, o.file), cmp.Compare(p.line, o.line))
}

// operations are the operations of the forces that a study names.
type operations struct {
	list     []operation
	lost     leftOut      // rows that are no operation with a day and a place
	coverage []athar.Span // when they were recorded
}

// leftOut are rows that were left out, by reason.
type leftOut map[string]loss

type loss struct {
	n     int
	first fileLine // by file and line
}

func (l leftOut) add(reason string, at fileLine) {
	x := l[reason]
	if x.n == 0 || at.compare(x.first) < 0 {
		x.first = at
	}
	x.n++
	l[reason] = x
}

// say is one reason in words, with what to do.
func (l leftOut) say(reason string) string {
	return fmt.Sprintf("%d left out: %s, first at %s: %s", l[reason].n, reason, l[reason].first, remedies[reason])
}

func (l leftOut) byReason() []athar.ReasonCount {
	n := map[string]int{}
	for reason, x := range l {
		n[reason] = x.n
	}
	return byReason(n)
}

// loadOperations reads the operations of the forces.
func (in *inputs) loadOperations(ctx context.Context) error {
	o := in.study.Operations
	if len(o.Data) == 0 {
		return nil
	}
	in.operations = &operations{lost: leftOut{}}
	lost := in.operations.lost
	for i, d := range o.Data {
		d.Classes = slices.Concat(o.Treated.Classes, o.Control.Classes)
		d.Kinds = slices.Concat(o.Treated.Kinds, o.Control.Kinds)
		path := fmt.Sprintf("operations.data[%d]", i)
		spec := in.spec(d)
		spec.Numbers = o.Match
		r, err := source.Read(ctx, spec)
		if errors.Is(err, fs.ErrNotExist) {
			return in.notThere(path+".file", err, d)
		}
		if err != nil {
			return err
		}
		if err := in.swapped(path, d, r.Events); err != nil {
			return err
		}
		treated, control := matcher(o.Treated, r.Info.Format), matcher(o.Control, r.Info.Format)
		for _, x := range r.Rejects {
			if x.Reason == "no-number" {
				lost.add(x.Reason, fileLine{d.File, x.Line})
			}
		}
		for _, e := range r.Events {
			x := operation{point: point{e.When.First, e.Lon, e.Lat, -1}, treated: treated(e), numbers: r.Numbers[e.Line], at: fileLine{d.File, e.Line}}
			if x.treated && o.Control.Given() && control(e) {
				return in.study.Complaint("operations.control", fmt.Sprintf("%s is of both kinds (%s)", x.at, cmp.Or(e.Class, string(e.Kind))),
					"name classes or kinds that no operation shares")
			}
			reason := asPoint(e)
			if reason == "" && in.set != nil && in.set.HasPolygons() {
				code, _ := in.set.Locate(e.Lon, e.Lat)
				if k, ok := in.areaAt(code); ok {
					x.area = int32(k)
				} else {
					reason = "no-area"
				}
			}
			if reason != "" {
				lost.add(reason, x.at)
				continue
			}
			in.operations.list = append(in.operations.list, x)
		}
		in.info = append(in.info, r.Info)
		in.rejects = append(in.rejects, r.Rejects...)
		in.files = append(in.files, athar.ManifestRef{File: filepath.ToSlash(d.File), SHA256: r.Info.SHA256, Bytes: r.Bytes})
		if len(d.Coverage) > 0 {
			in.operations.coverage = append(in.operations.coverage, d.Coverage...)
		} else {
			in.operations.coverage = append(in.operations.coverage, athar.Span{First: r.Info.First, Last: r.Info.Last})
		}
	}
	slices.SortFunc(in.operations.list, func(a, b operation) int {
		t := 0
		switch {
		case a.treated && !b.treated:
			t = 1
		case b.treated && !a.treated:
			t = -1
		}
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.lon, b.lon), cmp.Compare(a.lat, b.lat), t, slices.Compare(a.numbers, b.numbers))
	})
	return cmp.Or(in.checkPlaces(), in.checkLeft(), in.checkDays())
}

// checkLeft complains where no operation is left.
func (in *inputs) checkLeft() error {
	if len(in.operations.list) > 0 {
		return nil
	}
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(in.operations.lost)) {
		parts = append(parts, in.operations.lost.say(reason))
	}
	return in.study.Complaint("operations.data", "no operation is left", strings.Join(parts, "; "))
}

// checkPlaces complains about places from which no area of the study lies at a distance
// that is told apart.
func (in *inputs) checkPlaces() error {
	if in.set == nil || !in.set.HasPolygons() {
		return nil
	}
	last := distanceKm[len(distanceKm)-1]
	for i, p := range in.study.Operations.Places {
		km := in.beyond(p.Lon, p.Lat)
		if km == 0 {
			continue
		}
		message := fmt.Sprintf("%s lies %.0f km from the study's areas", p.Name.En, km)
		if math.Abs(p.Lon) <= 90 && in.beyond(p.Lat, p.Lon) == 0 {
			return in.study.Complaint(fmt.Sprintf("operations.places[%d].lat", i), message+", and in them after exchanging lon and lat", "exchange lon and lat")
		}
		if km > last {
			return in.study.Complaint(fmt.Sprintf("operations.places[%d].lon", i), fmt.Sprintf("%s, and distances from it are told apart up to %.0f km", message, last),
				"correct lon and lat (west of Greenwich and south of the equator below 0), or remove the place")
		}
	}
	return nil
}

// beyond is how many km a point lies outside the box about the study's areas.
func (in *inputs) beyond(lon, lat float64) float64 {
	b := in.set.Bounds()
	return place.Km(lon, lat, min(max(lon, b.West), b.East), min(max(lat, b.South), b.North))
}

// checkDays complains about operations of which none lies at a time at which the
// group's events were recorded.
func (in *inputs) checkDays() error {
	if len(in.operations.list) == 0 || slices.ContainsFunc(in.operations.list, func(op operation) bool {
		return recorded(in.coverage, op.day) && recorded(in.operations.coverage, op.day)
	}) {
		return nil
	}
	list := in.operations.list // by day
	first := slices.MinFunc(list, func(a, b operation) int { return a.at.compare(b.at) })
	return in.study.Complaint("operations.data", fmt.Sprintf("the operations lie between %s and %s (the first at %s), none of them in the time in which both they and the group's events were recorded: %s",
		list[0].day, list[len(list)-1].day, first.at, spans(shared(in.coverage, in.operations.coverage))), "correct the dates, or coverage under data and operations.data")
}

func recorded(list []athar.Span, d athar.Day) bool {
	return slices.ContainsFunc(list, func(s athar.Span) bool { return s.Has(d) })
}

func spans(list []athar.Span) string {
	var parts []string
	for _, s := range list {
		parts = append(parts, fmt.Sprintf("%s to %s", s.First, s.Last))
	}
	return cmp.Or(strings.Join(parts, ", "), "there is none")
}

// matcher reports which events are of a kind of operation.
func matcher(k study.OperationKind, format string) func(athar.Event) bool {
	q := event.Filter{Classes: k.Classes, Codes: format == "gdelt" || format == "icews"}
	_ = q.Bind(nil) // binds no column
	return func(e athar.Event) bool {
		return q.Class(e.Class) && (len(k.Kinds) == 0 || slices.Contains(k.Kinds, e.Kind))
	}
}

// notThere complains of a file that is not there, and says what to fetch.
func (in *inputs) notThere(path string, err error, d study.Data) error {
	hint := ""
	if d.Citation != "" {
		hint = "the study cites it as: " + d.Citation
	}
	return in.study.Complaint(path, err.Error(), hint)
}

// merged are the spans of a list without overlaps, in order; spans that touch
// are one.
func merged(list []athar.Span) []athar.Span {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b athar.Span) int { return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Last, b.Last)) })
	var out []athar.Span
	for _, s := range list {
		if n := len(out); n > 0 && s.First <= out[n-1].Last+1 {
			out[n-1].Last = max(out[n-1].Last, s.Last)
		} else if s.Days() > 0 {
			out = append(out, s)
		}
	}
	return out
}

// shared are the spans that two lists have in common.
func shared(a, b []athar.Span) []athar.Span {
	var out []athar.Span
	for _, x := range merged(a) {
		for _, y := range merged(b) {
			if s := (athar.Span{First: max(x.First, y.First), Last: min(x.Last, y.Last)}); s.Days() > 0 {
				out = append(out, s)
			}
		}
	}
	return out
}
