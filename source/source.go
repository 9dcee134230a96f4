// Package source reads published files of conflict events and counts into the
// common vocabulary.
//
// The package thinks that every row of a file must be accounted for: it is
// kept, or it is counted under a named reason, and a damaged row is listed
// with its line and column. A file that cannot be read as what the study says
// it is (another encoding, another delimiter, a missing column) is refused
// with what to do about it; nothing is guessed that could change a count. The
// order of rows in a file never matters.
//
// Each published format has a package of its own below this one: counts for
// tables that somebody already aggregated, ucdp for UCDP GED, table for any
// other list of events by a column mapping. What they share, opening a file
// and walking its rows, is package tabular.
package source

import (
	"context"
	"errors"

	"athar"
)

// Group is the armed group whose events are kept, for formats that list the
// events of everybody.
type Group struct {
	Aliases []string // names as sources write them, compared without case
	IDs     []string // identifiers, e.g. UCDP actor id "234"
}

// Spec says what to read and how.
type Spec struct {
	Name     string              // short name of the data, e.g. "ucdp"
	File     string              // path to open; "" for typed values
	Label    string              // the path as the user wrote it, for messages and manifests
	Format   string              // counts, series, ucdp-ged, table
	Columns  map[string]string   // our field -> the file's column
	Sheet    string              // of an XLSX file; "": the first
	Period   string              // length of a counts table's periods: day, week, month, quarter, year
	Classes  []string            // classes to keep; empty: all
	Where    map[string][]string // the file's column -> values to keep
	Group    Group
	Values   []float64    // format series: one count per period, NaN where nothing was published
	From     *athar.Day   // first day of the first of Values
	Coverage []athar.Span // what was monitored; rows outside are not asked for; empty: everything
	Licence  string
	Citation string
}

// Reading is what a file held.
type Reading struct {
	Info   athar.DataInfo
	Events []athar.Event // sorted by time, id and content; empty for counts
	Counts []athar.Count // sorted by area, period and class; empty for events
	// NotPublished lists cells that the file leaves blank, and the gaps of a
	// bare series: nobody knows the count, so it must not be read as zero. N
	// is 0 and means nothing.
	NotPublished []athar.Count
	Rejects      []athar.Reject // damaged rows, by line
}

// Read reads one file, or the values typed into a study.
func Read(ctx context.Context, s Spec) (*Reading, error) {
	return nil, errors.New("not read yet")
}
