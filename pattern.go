package athar

// Record is events of one class in one area over one span of days, as the
// indicators of adaptation see them. From event data each record is one event;
// from a counts table it is one cell of the table.
type Record struct {
	Area   int    // index into [Pattern.Areas]
	When   Span   // the day, or the interval in which they happened
	Class  string // as the data name it; "" unknown
	Kind   Kind   // in Athar's words; "" unknown
	N      int    // events, >= 1
	Deaths Deaths // of all N together
	// HasDeaths is false where the source gives no deaths.
	HasDeaths bool
}

// Pattern is the record of events around one campaign, or in one total:
// who did how much where and when, without any model. It is what the
// indicators of adaptation are computed from.
type Pattern struct {
	Areas []PatternArea
	// Records are sorted by first day, area, last day, class, and deaths, so
	// that the order of the input never shows.
	Records []Record
	// Before and After are the two stretches of days that are compared: the
	// pre-period, and the campaign with its aftermath. Days in neither (wash-in)
	// belong to no side.
	Before, After Span
	// Start is when the campaign began, an interval where sources disagree.
	Start Span
	// Grain is the length in days of the finest spans that most records have: 1
	// for events with a day, 7 for weekly counts, about 30 for monthly ones.
	Grain int
	// Control is false where no far area serves as a comparison.
	Control bool
	// Calendar are spans in which activity is expected to differ for reasons that
	// no campaign made: Ramadan, announced waves, movement restrictions.
	Calendar []Dated
	// Losses are reported losses of leadership, at the level of the organisation.
	Losses []Loss
	// Categories says whether Class names kinds of attack or target that can be
	// compared over time; false where the data have one class only.
	Categories bool
}

// PatternArea is one area of a pattern. Near areas are the footprint and its
// rings; activity is compared among them.
type PatternArea struct {
	Code     string
	Role     Role
	Province int // areas with the same number lie in one unit above; -1 unknown
	Lon, Lat float64
	Km2      float64 // 0 unknown
}

// Near reports whether the area lies in the footprint or a ring.
func (a PatternArea) Near() bool { return a.Role == Inside || a.Role.IsRing() }

// Dated is a named span of days.
type Dated struct {
	Name Names
	When Span
}

// Loss is a reported loss of leadership: its day and its level, no name.
type Loss struct {
	When  Span      `json:"when"`
	Level LossLevel `json:"level"`
	// Failed marks an attempt that failed, the comparison class.
	Failed bool      `json:"failed,omitempty"`
	Source SourceRef `json:"source"`
}

// LossLevel is how far up in the organisation a loss was.
type LossLevel string

// The levels of a loss.
const (
	LossTop      LossLevel = "top"      // the organisation's leader
	LossProvince LossLevel = "province" // a province, a theatre, a branch
	LossLocal    LossLevel = "local"    // a local or specialised group
)
