// Package study reads the study file: the one place where a user says what is
// studied, with which data, and which choices were made before any result was
// looked at.
//
// The package thinks that a study file is written by hand and gets things
// wrong, so every complaint carries line, column and what to do, and all
// complaints are reported at once. Parse checks what the file alone can show;
// Resolve checks it against the areas, because names of places are known only
// there. Nothing here reads data or computes a statistic.
package study

import "athar"

// Study is a parsed study file. Paths in it are as written, relative to the
// file's own folder; [Study.Path] resolves them.
type Study struct {
	ID        string
	Title     athar.Names
	Group     Group
	Outcome   athar.Names // what is counted, in words
	Data      []Data
	Areas     Areas
	Map       Map // what lies under the symbols of the brief's maps
	Campaigns []Campaign
	Goals     []Goal
	Totals    []Total
	Claims    []Claim
	Losses    []athar.Loss // losses of leadership, at the level of the organisation
	// NegativeControls are counts that no campaign of the study should move.
	NegativeControls []NegativeControl
	Operations       Operations // single operations of the forces; empty: none
	Choices          Choices
	Multiverse       Multiverse
	Limits           []athar.Names // what these data could never have shown
	Dir              string        // folder of the study file
	Source           []byte        // the file as read

	file      string // as given to Parse, for messages
	positions map[string]position
}

type position struct{ line, column int }

// Group is the armed group studied.
type Group struct {
	Name    athar.Names
	Aliases []string // names under which sources list it, compared without case
	IDs     []string // identifiers in event data, e.g. UCDP actor id 234
}

// Data is one input file.
type Data struct {
	Name     string
	File     string
	Format   string            // counts, ucdp-ged, acled, gdelt, gtd, icews, polecat, table, series; auto: by the file's content; lake
	Lake     string            // folder of a lake of imported files, in place of a file
	Dataset  string            // of the lake
	Version  string            // of the dataset; "": the newest
	Columns  map[string]string // our field -> the file's column (see source.Spec)
	Sheet    string            // of an XLSX file; default the first
	Period   string            // length of a counts table's periods: day, week, month, quarter, year
	Classes  []string          // classes to count; empty: all
	Kinds    []athar.Kind      // kinds of event to count; empty: all
	Where    map[string][]string
	Values   []float64 // a bare series typed into the study file, NaN for a missing month
	From     *athar.Day
	Coverage []athar.Span // what was monitored; empty: first to last row
	// Monitored is a table of areas and the days on which each was watched; ""
	// if nobody says.
	Monitored string
	// Compare marks a dataset that answers the same questions again and is not
	// counted; Control one that only negative controls use.
	Compare, Control bool
	Licence          string
	Citation         string
	Caveats          []athar.Names
}

// Areas says where the areas come from: a table (with an optional distance
// table), GeoJSON polygons, or the cells of a grid within polygons or a box. All
// empty: the study has a single area.
type Areas struct {
	Table           string
	Columns         map[string]string // code, name_en, name_ar, parent_en, parent_ar, country, lon, lat, km2
	Distances       string
	DistanceColumns map[string]string // a, b, km
	DistancesWithin float64           // the table lists pairs up to this distance in km; 0: all pairs
	GeoJSON         []string
	Properties      map[string]string // same fields as Columns -> GeoJSON property
	Grid            string            // prio: the areas are cells; GeoJSON holds the units above them
	Box             *Box              // cells within it only; nil: no limit
	Credit          string
}

// Map names GeoJSON files of what the brief's maps show for orientation. Nothing
// is computed from them.
type Map struct {
	Rivers []string // lines
	Lakes  []string // polygons
	Places []string // points with a name
	Credit string
}

// Box is a rectangle of degrees.
type Box struct{ West, South, East, North float64 }

// Footprint is where a campaign took place: areas by code or name, all areas
// of a unit above (a governorate), or a drawn GeoJSON polygon.
type Footprint struct {
	Areas   []string
	Within  []string // names of units above
	GeoJSON string
	// Codes are the resolved areas, sorted; filled by Resolve.
	Codes []string
}

// Campaign is one security campaign.
type Campaign struct {
	ID        string
	Name      athar.Names
	Forces    []athar.Names
	Footprint Footprint
	Start     athar.Span // an interval, because sources disagree
	End       athar.Span
	Goals     []string
	Relations []athar.Relation
	Sources   []athar.SourceRef
	Note      athar.Names
	Windows   []athar.Window // comparisons by the windows that others chose, or might
}

// Goal is a stated goal of campaigns: what forces report having done for it,
// and what should follow if it were reached.
type Goal struct {
	ID       string
	Name     athar.Names
	Outputs  []Output
	Outcomes []Outcome   // of a known goal that names none: its usual ones
	Needs    athar.Names // what data would carry it
}

// Output is something that forces report: arrests, seizures, places cleared.
// It never decides about a goal.
type Output struct {
	ID     string
	Name   athar.Names
	Kinds  []athar.Kind // kinds of event in the data that are this output; empty: none
	Values []OutputValue
}

// OutputValue is one published figure of one campaign.
type OutputValue struct {
	Campaign string
	N        int
	When     athar.Span // zero: while the campaign ran
	Source   athar.SourceRef
}

// Outcome is something that should fall or rise if a goal were reached.
type Outcome struct {
	ID       string
	Name     athar.Names
	Measure  Measure
	Classes  []string     // events of these classes, in the source's own words
	Kinds    []athar.Kind // or of these kinds
	Areas    []string     // areas declared in advance, by code or name; none: the footprint
	Within   []string     // names of units above
	Codes    []string     // resolved, sorted; filled by Resolve
	Predicts int          // -1 for a fall, 1 for a rise
	Lags     bool         // ask month by month since the start too
	// Usual marks an outcome that the study does not declare; Declared one that
	// makes sense only in areas declared in advance.
	Usual, Declared bool
}

// Measure says what of the events an outcome looks at.
type Measure string

// The measures.
const (
	Rate        Measure = "rate"         // how many events of some classes or kinds there are
	Share       Measure = "share"        // which part of all events they are
	ComplexDays Measure = "complex-days" // how often an area has two or more events on one day
	Lethality   Measure = "lethality"    // deaths an event
	Activity    Measure = "activity"     // how many events there are
	Resumption  Measure = "resumption"   // how fast activity comes back after losses of leadership
)

// Total asks about a whole country, or any set of areas, before and after a
// date: the question of overall escalation.
type Total struct {
	ID      string
	Name    athar.Names
	Country string   // all areas of this country; "" with no Areas and no Within: all areas
	Areas   []string // or these, by code or name
	Within  []string // and all areas of these units above
	Codes   []string // resolved
	From    athar.Day
	To      athar.Day
}

// Claim is a sentence from somebody's analysis, tied to a question.
type Claim struct {
	ID       string
	Text     athar.Names
	Source   string
	Question string      // inside, ring, net, movement, total; goal, adaptation; or none: nothing here answers it
	About    string      // the goal; the signature; for none whatever it is about
	Campaign string      // campaign id, or all
	Total    string      // total id, for question total
	Phase    athar.Phase // during or post; "" for totals
	Expects  []athar.Verdict
	Needs    athar.Names // for goal, adaptation and none: what data would test it, or test it better
}

// Choices are declared before the run.
type Choices struct {
	Period         string // month, week or auto
	PreMonths      int    // length of the pre-period
	PostMonths     int    // horizon of the post-period
	WashIn         int    // periods dropped after the start
	Rings          []float64
	Far            string  // country: far areas of the footprint's countries only; study: of all
	Overlap        string  // auto, remove or model: cells exposed to another campaign
	SmallestEffect float64 // as a rate ratio above 1, e.g. 1.25
	Seed           uint64
	Draws          int
	Imputations    int // draws of coarse places and dates; 0: none
	Calendar       []CalendarEntry
	Harm           Harm // by how much each event counts where harm is compared; empty: it is not
}

// Harm says by how much an event counts where harm is compared beside events: by its
// class, by its kind, or by the deaths in it; one of the three.
type Harm struct {
	Classes map[string]float64 // in the source's own words
	Kinds   map[athar.Kind]float64
	Deaths  bool
	Source  athar.SourceRef // of the weights; empty: the study's own
}

// Given reports whether the study compares harm.
func (h Harm) Given() bool { return len(h.Classes)+len(h.Kinds) > 0 || h.Deaths }

// CalendarEntry is a dated circumstance that could move the counts by itself.
type CalendarEntry struct {
	Name athar.Names
	When athar.Span
	Wave bool // a wave of attacks that the group itself announced
}
