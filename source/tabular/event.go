package tabular

import (
	"cmp"
	"fmt"
	"slices"

	"athar"
)

// Fault is what is wrong with one cell.
type Fault struct {
	Field  string // ours
	Reason string
	Detail string
}

// RejectFor counts a row as damaged by a fault.
func (t *Tally) RejectFor(f *File, line int, x *Fault) {
	t.Reject(line, f.Column(x.Field), x.Reason, x.Detail)
}

// Point reads the coordinates of a row from the fields lat and lon; ok is
// false if both are blank.
func (r Row) Point(lat, lon string) (x, y float64, ok bool, fault *Fault) {
	a, o := r.Cell(lat), r.Cell(lon)
	if a == "" && o == "" {
		return 0, 0, false, nil
	}
	y, err := r.file.Decimal(a)
	if err != nil {
		return 0, 0, false, &Fault{lat, "bad-coordinates", err.Error()}
	}
	if x, err = r.file.Decimal(o); err != nil {
		return 0, 0, false, &Fault{lon, "bad-coordinates", err.Error()}
	}
	switch {
	case y > 90 || y < -90:
		detail := fmt.Sprintf("latitude %s is not between -90 and 90", a)
		if x >= -90 && x <= 90 && y >= -180 && y <= 180 {
			detail += "; latitude and longitude seem to be swapped"
		}
		return 0, 0, false, &Fault{lat, "coordinates-out-of-range", detail}
	case x > 180 || x < -180:
		return 0, 0, false, &Fault{lon, "coordinates-out-of-range", fmt.Sprintf("longitude %s is not between -180 and 180", o)}
	case x == 0 && y == 0:
		return 0, 0, false, &Fault{lat, "coordinates-zero", "latitude and longitude are both 0, which stands for an unknown place"}
	}
	return x, y, true, nil
}

// Deaths reads the death toll of a row; ok is false if the best estimate is
// blank. A blank bound equals the best estimate.
func (r Row) Deaths(low, best, high string) (d athar.Deaths, ok bool, fault *Fault) {
	if r.Cell(best) == "" {
		return athar.Deaths{}, false, nil
	}
	read := func(field string, into *int, blank int) {
		cell := r.Cell(field)
		if cell == "" {
			*into = blank
			return
		}
		n, err := Whole(cell)
		if err == nil && n < 0 {
			err = fmt.Errorf("%q is negative", cell)
		}
		if err != nil && fault == nil {
			fault = &Fault{field, "bad-deaths", err.Error()}
		}
		*into = n
	}
	read(best, &d.Best, 0)
	read(low, &d.Low, d.Best)
	read(high, &d.High, d.Best)
	return d, fault == nil, fault
}

// compare orders events by time, id and the rest of their content, not by
// their line, so that the order of rows in a file does not matter.
func compare(a, b *athar.Event) int {
	return cmp.Or(
		cmp.Compare(a.When.First, b.When.First), cmp.Compare(a.When.Last, b.When.Last),
		cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID),
		cmp.Compare(a.Lon, b.Lon), cmp.Compare(a.Lat, b.Lat), cmp.Compare(a.Place, b.Place),
		cmp.Compare(a.Country, b.Country), cmp.Compare(a.AreaCode, b.AreaCode), cmp.Compare(a.Class, b.Class),
		cmp.Compare(a.SideA, b.SideA), cmp.Compare(a.SideB, b.SideB), cmp.Compare(a.SideAID, b.SideAID), cmp.Compare(a.SideBID, b.SideBID),
		cmp.Compare(a.Deaths.Best, b.Deaths.Best), cmp.Compare(a.Deaths.Low, b.Deaths.Low), cmp.Compare(a.Deaths.High, b.Deaths.High),
	)
}

// SortEvents orders events by time, id and content.
func SortEvents(events []athar.Event) {
	slices.SortFunc(events, func(a, b athar.Event) int {
		return cmp.Or(compare(&a, &b), cmp.Compare(a.Line, b.Line))
	})
}

// Unique keeps one event of every id, the first by time and content whatever
// the order of rows, and rejects the others. Events come out sorted.
func Unique(f *File, t *Tally, idField string, events []athar.Event) []athar.Event {
	SortEvents(events)
	first := map[string]int{}
	kept := events[:0]
	for _, e := range events {
		if line, again := first[e.ID]; again && e.ID != "" {
			t.Reject(e.Line, f.Column(idField), "duplicate-id", fmt.Sprintf("id %s is also in line %d", e.ID, line))
			continue
		}
		first[e.ID] = e.Line
		kept = append(kept, e)
	}
	return kept
}
