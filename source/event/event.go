// Package event holds what the readers of single formats share: which rows a
// study asks for, which side is the group, and the order of events.
//
// The package thinks that the order of rows in a file is an accident. Events
// are ordered by what they say, and of several rows with one identifier the
// same one stays wherever it stands.
package event

import (
	"cmp"
	"fmt"

	"athar"
	"athar/tabular"
)

// Deaths reads the death toll of a row from three fields; ok is false if the
// best estimate is blank. A blank bound equals the best estimate.
func Deaths(r tabular.Row, low, best, high string) (d athar.Deaths, ok bool, fault *tabular.Fault) {
	if r.Cell(best) == "" {
		return athar.Deaths{}, false, nil
	}
	read := func(field string, into *int, blank int) {
		cell := r.Cell(field)
		if cell == "" {
			*into = blank
			return
		}
		n, err := tabular.Whole(cell)
		if err == nil && n < 0 {
			err = fmt.Errorf("%q is negative", cell)
		}
		if err != nil && fault == nil {
			fault = &tabular.Fault{Field: field, Reason: "bad-deaths", Detail: err.Error()}
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
		cmp.Compare(a.Country, b.Country), cmp.Compare(a.AreaCode, b.AreaCode), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.SideA, b.SideA), cmp.Compare(a.SideB, b.SideB), cmp.Compare(a.SideAID, b.SideAID), cmp.Compare(a.SideBID, b.SideBID),
		cmp.Compare(a.Deaths.Best, b.Deaths.Best), cmp.Compare(a.Deaths.Low, b.Deaths.Low), cmp.Compare(a.Deaths.High, b.Deaths.High),
	)
}
