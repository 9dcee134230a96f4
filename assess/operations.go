package assess

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"

	"athar"
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
}

// operations are the operations of the forces that a study names.
type operations struct {
	list     []operation
	dropped  map[string]int
	coverage []athar.Span // when they were recorded
}

// loadOperations reads the operations of the forces.
func (in *inputs) loadOperations(ctx context.Context) error {
	o := in.study.Operations
	if len(o.Data) == 0 {
		return nil
	}
	in.operations = &operations{}
	var lost pointSet
	for i, d := range o.Data {
		d.Classes = slices.Concat(o.Treated.Classes, o.Control.Classes)
		d.Kinds = slices.Concat(o.Treated.Kinds, o.Control.Kinds)
		spec := in.spec(d)
		spec.Numbers = o.Match
		r, err := source.Read(ctx, spec)
		if errors.Is(err, fs.ErrNotExist) {
			return in.notThere(fmt.Sprintf("operations.data[%d].file", i), err, d)
		}
		if err != nil {
			return err
		}
		if err := in.swapped(d, r.Events); err != nil {
			return err
		}
		treated := matcher(o.Treated, r.Info.Format)
	events:
		for _, e := range r.Events {
			x := operation{point: point{e.When.First, e.Lon, e.Lat, -1}, treated: treated(e), numbers: r.Numbers[e.Line]}
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
				lost.drop(reason, 1)
				continue
			}
			for _, v := range x.numbers {
				if math.IsNaN(v) {
					lost.drop("no-number", 1)
					continue events
				}
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
	in.operations.dropped = lost.dropped
	return nil
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
