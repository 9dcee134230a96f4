package tabular

import (
	"cmp"
	"slices"

	"athar"
)

// Tally accounts for the rows of one file: those that are not kept are
// dropped for a reason.
type Tally struct {
	File    string // label, for rejects
	Rows    int
	rejects []athar.Reject
	reasons map[string]int // not asked for
}

// Drop counts a row that nobody asked for.
func (t *Tally) Drop(reason string) {
	if t.reasons == nil {
		t.reasons = map[string]int{}
	}
	t.reasons[reason]++
}

// Reject counts a damaged row. Column is the file's own name of the column at
// fault, "" for the row as a whole.
func (t *Tally) Reject(line int, column, reason, detail string) {
	t.rejects = append(t.rejects, athar.Reject{File: t.File, Line: line, Column: column, Reason: reason, Detail: detail})
}

// Dropped is the number of rows that were not kept.
func (t *Tally) Dropped() int {
	n := len(t.rejects)
	for _, k := range t.reasons {
		n += k
	}
	return n
}

// Rejects returns the damaged rows by line.
func (t *Tally) Rejects() []athar.Reject {
	slices.SortStableFunc(t.rejects, func(a, b athar.Reject) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Reason, b.Reason))
	})
	return t.rejects
}

// Reasons returns the number of dropped rows by reason, damaged ones first.
func (t *Tally) Reasons() []athar.ReasonCount {
	faults := map[string]int{}
	for _, r := range t.rejects {
		faults[r.Reason]++
	}
	var out []athar.ReasonCount
	for reason, n := range faults {
		out = append(out, athar.ReasonCount{Reason: reason, N: n, Fault: true})
	}
	for reason, n := range t.reasons {
		out = append(out, athar.ReasonCount{Reason: reason, N: n})
	}
	slices.SortFunc(out, func(a, b athar.ReasonCount) int {
		if a.Fault != b.Fault {
			if a.Fault {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Reason, b.Reason)
	})
	return out
}
