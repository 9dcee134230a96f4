// Package lake keeps imported events as open files and answers from them.
//
// The package thinks that a store of events should outlive the program that
// wrote it: a folder a file, one Parquet table and one manifest in each, which
// R, Python and any SQL engine read without Athar. What a source published at
// one time is a vintage; a newer one is put beside it and never over it, so
// that an old answer can be given again and the two can be compared. A file is
// in the lake whole or not at all, and every row of it is an event or is
// counted under a reason.
//
//	LAKE/<dataset>/<version>-<sha8>/events.parquet
//	                                manifest.json
//	                                rejects.csv
//
// Methods ask two things of a lake, panels and points, through [Engine]; the
// SQL behind both is plain, so that another engine can take DuckDB's place.
// Nothing here is statistics, and nothing here knows a study.
package lake

import (
	"context"

	"athar"
	"athar/source"
)

// Version names one vintage of a dataset, or the newest one if Version is "".
type Version struct {
	Dataset string `json:"dataset"`
	Version string `json:"version"`
}

// File is one imported file: the content of its manifest.json.
type File struct {
	Schema     string              `json:"schema"` // athar-lake/1
	Dataset    string              `json:"dataset"`
	Version    string              `json:"version"`
	Retrieved  athar.Day           `json:"retrieved"` // the day on which the user got the file
	Source     string              `json:"source"`    // its name, without the folder
	SHA256     string              `json:"sha256"`
	Bytes      int64               `json:"bytes"`
	Format     string              `json:"format"`
	Layout     string              `json:"layout"`
	Options    string              `json:"options"` // hash of everything that decided which rows are kept
	Rows       int                 `json:"rows"`    // rows read = Kept + Rejected
	Kept       int                 `json:"kept"`
	Events     int                 `json:"events"` // events in the rows kept
	Rejected   []athar.ReasonCount `json:"rejected"`
	First      athar.Day           `json:"first"`
	Last       athar.Day           `json:"last"`
	Licence    string              `json:"licence"`
	Citation   string              `json:"citation"`
	Restricted bool                `json:"restricted"` // only aggregates may leave the machine
	Program    string              `json:"program"`    // version of Athar that wrote it
}

// Info describes the file as a report does.
func (f *File) Info() athar.DataInfo {
	return athar.DataInfo{Name: Version{f.Dataset, f.Version}.String(), Format: f.Format, Layout: f.Layout, File: f.Source, SHA256: f.SHA256,
		Licence: f.Licence, Restricted: f.Restricted, Citation: f.Citation, Rows: f.Rows, Kept: f.Kept, Events: f.Events,
		Rejected: f.Rejected, First: f.First, Last: f.Last}
}

// Vintage is what the lake holds of one version of a dataset: one or several
// files. An event of several of them is kept in the one imported first.
type Vintage struct {
	Version
	Files   []File
	Current bool // the newest version of its dataset
	// Unchanged is true after an import that found the file already there.
	Unchanged bool
}

// ImportSpec says what to import, and as what.
type ImportSpec struct {
	Dataset   string    // letters, digits, dot, dash and underscore
	Version   string    // likewise; versions are ordered as people read them: 21.1 after 19.1, 24.0.10 after 24.0.9
	Retrieved athar.Day // 0: the day on which the file was last changed
	Source    source.Spec
	// Restricted marks data whose rows may not be passed on.
	Restricted bool
	Program    string         // version of the program, for the manifest
	Progress   func(rows int) // called now and then with the rows written so far; may be nil
}

// Filter says which events are asked for. Its zero value asks for all.
type Filter struct {
	Versions []Version    // empty: the newest of every dataset
	Group    source.Group // on either side, alone or in a comma-joined coalition; empty: everybody
	Kinds    []athar.Kind
	Classes  []string     // in the source's own words, compared without case
	Coverage []athar.Span // events that touch one of these; empty: all
}

// PanelQuery asks for counts by area and period.
type PanelQuery struct {
	Filter
	// Unit is the length of the periods. An event belongs to the period that
	// holds at least half of its days, as in [panel.Grid.Add]. With Unit
	// Interval there are no periods: a cell holds the events of one date
	// interval, from which every other unit can be made.
	Unit Unit
	// Coarsest is the worst class of place precision with which a point may be
	// located; [athar.PlaceUnknown] sets no limit.
	Coarsest athar.PlacePrecision
	// Locate finds the area of a point. It is called once for every distinct
	// point. Nil: points are not looked at.
	Locate func(lon, lat float64) (area string, ok bool)
	// Named finds the area of a published area code, once for every distinct
	// one. An event with a code is never located by its point. Nil: codes are
	// not looked at if Locate is set, else they are the areas.
	Named func(code string) (area string, ok bool)
	// Deaths asks for the sums of deaths too, which take as long as all the rest.
	Deaths bool
}

// Unit is the length of a period. Weeks begin on Monday.
type Unit string

// The units.
const (
	Day      Unit = "day"
	Week     Unit = "week"
	Month    Unit = "month"
	Interval Unit = "" // the date interval of the event itself
)

// Cell is the count of one area and period. Area is "" for events that are in
// no area, which still count in their country's total.
type Cell struct {
	Area    string
	Country string // as published
	When    athar.Span
	N       int          // events, > 0
	Deaths  athar.Deaths // sums; 0 if they are not asked for
	Placed  int          // events whose class of place precision is known
	Coarse  int          // among them, those known less well than to a district
}

// PanelResult holds cells in the order of area, period and country.
type PanelResult struct {
	Cells []Cell
	// Unplaced counts events that are in no area or no period, by reason:
	// place-too-coarse, outside-areas and unknown-area (they stand in cells
	// without an area), coarse-date (they stand in no cell).
	Unplaced []athar.ReasonCount
	Events   int // events that the filter let through = those in cells + coarse-date
	Points   int // distinct points that were located
}

// PointQuery asks for events one by one.
type PointQuery struct {
	Filter
	// Points leaves out events without a point.
	Points bool
	// Coarsest as in [PanelQuery].
	Coarsest athar.PlacePrecision
}

// Engine answers from a lake. Panels and points are all that methods may ask.
type Engine interface {
	Panel(context.Context, PanelQuery) (*PanelResult, error)
	Points(context.Context, PointQuery) ([]athar.Event, error)
	Describe(context.Context, Filter) (*athar.Holdings, error)
	Close() error
}

var _ Engine = (*Lake)(nil)
