package assess

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"athar"
	"athar/lake"
	"athar/source"
	"athar/study"
)

// loadLake reads a data entry of format lake: counts by area and date interval
// through a panel query, and the group's single events for everything that
// looks at more than how many there were.
func (in *inputs) loadLake(ctx context.Context, i int, d study.Data, spec source.Spec) (err error) {
	l, err := lake.Open(in.study.Path(d.Lake))
	if errors.Is(err, fs.ErrNotExist) {
		return in.study.Complaint(fmt.Sprintf("data[%d].lake", i), err.Error(), "athar import makes a lake")
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	info, files, err := vintage(l, d)
	if err != nil {
		return in.study.Complaint(fmt.Sprintf("data[%d].dataset", i), err.Error(), "athar vintage list shows what there is")
	}
	if err := in.watched(ctx, i, d, d.Format); err != nil {
		return err
	}
	r := &source.Reading{Info: info}
	reasons := map[string]int{}
	find := in.finder(r, reasons)
	filter := lake.Filter{Versions: []lake.Version{{Dataset: d.Dataset, Version: d.Version}}, Group: spec.Group,
		Kinds: d.Kinds, Classes: d.Classes, Coverage: d.Coverage}
	q := lake.PanelQuery{Filter: filter, Unit: lake.Interval, Coarsest: athar.PlaceDistrict,
		Named: func(code string) (string, bool) { a := find(code, 0); return a, a != "" }}
	if in.set != nil {
		q.Locate = in.set.Locate
	}
	p, err := l.Panel(ctx, q)
	if err != nil {
		return err
	}
	for k, c := range p.Cells {
		span := c.When
		if k == 0 {
			info.First, info.Last = span.First, span.Last
		}
		info.First, info.Last = min(info.First, span.First), max(info.Last, span.Last)
		if c.Placed > 0 {
			in.placed = append(in.placed, placedEvents{span.Mid(), c.Placed, c.Coarse})
		}
		area := c.Area
		if in.set == nil {
			area = single
		}
		in.count(i, area, c.Country, span, c.N).said = c.Country
	}
	if err := in.loadUnknown(ctx, l, i, q); err != nil {
		return err
	}
	events, err := l.Points(ctx, lake.PointQuery{Filter: filter})
	if err != nil {
		return err
	}
	in.counted[i] = true
	for _, e := range events {
		if in.draws() {
			in.note(e, find(e.AreaCode, 0))
		}
		area, _ := in.locate(e, find)
		in.points.add(in, e, area)
		in.details = append(in.details, row{area: area, when: e.When, n: 1, file: i})
		in.known(&in.details[len(in.details)-1], e)
	}
	info.Rejected = append(info.Rejected, p.Unplaced...)
	info.Events = p.Events
	in.info = append(in.info, info)
	in.files = append(in.files, files...)
	for _, f := range files {
		in.laked(f.File)
	}
	in.cover(d, info)
	return nil
}

// laked notes that a file of the manifest is a lake's.
func (in *inputs) laked(file string) {
	if in.ofLake == nil {
		in.ofLake = map[string]bool{}
	}
	in.ofLake[file] = true
}

// vintage describes what the lake holds of the entry's dataset and version.
func vintage(l *lake.Lake, d study.Data) (info athar.DataInfo, files []athar.ManifestRef, err error) {
	all, err := l.Vintages()
	if err != nil {
		return info, nil, err
	}
	for _, v := range all {
		if v.Dataset != d.Dataset || d.Version != v.Version.Version && !(d.Version == "" && v.Current) {
			continue
		}
		info = athar.DataInfo{Name: d.Name, Format: "lake", Layout: fmt.Sprintf("%s %s, %d files of a lake", v.Dataset, v.Version.Version, len(v.Files)),
			File: path.Join(v.Dataset, v.Version.Version), Licence: d.Licence, Citation: d.Citation}
		for _, f := range v.Files {
			info.Rows += f.Rows
			info.Kept += f.Kept
			info.Rejected = add(info.Rejected, f.Rejected)
			info.Restricted = info.Restricted || f.Restricted
			if d.Licence == "" {
				info.Licence = f.Licence
			}
			if d.Citation == "" {
				info.Citation = f.Citation
			}
			if len(v.Files) == 1 {
				info.SHA256 = f.SHA256
			}
			files = append(files, athar.ManifestRef{File: path.Join(v.Dataset, v.Version.Version, f.Source), SHA256: f.SHA256, Bytes: f.Bytes})
		}
		return info, files, nil
	}
	return info, nil, fmt.Errorf("the lake holds no dataset %q of version %q", d.Dataset, d.Version)
}

// add sums two lists of counts by reason.
func add(a, b []athar.ReasonCount) []athar.ReasonCount {
next:
	for _, x := range b {
		for i := range a {
			if a[i].Reason == x.Reason {
				a[i].N += x.N
				continue next
			}
		}
		a = append(a, x)
	}
	return a
}
