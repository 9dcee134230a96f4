package athar

// Holdings describes the events that a lake holds, or a part of them. All of
// it is counts; no row of the data is in it.
type Holdings struct {
	Files  []DataInfo // one a file; Name is dataset and version
	Events int
	First  Day // first day of an event
	Last   Day
	Months []NamedCount // by the month of an event's first day, 2020-09; months without events too
	Gaps   []string     // months inside a dataset's span in which it has no event: "ucdp 2019-04"
	Sides  []NamedCount // the commonest organisations
	Others int          // organisations besides those
	Kinds  []NamedCount // in the order of [Kinds]; "" is unknown and comes last
	Places []NamedCount // by class of place precision
	// NoActor counts events of which a side is not named, or named only to say
	// that it is unknown.
	NoActor int
	// Heaping of places: events with a point, distinct points, and the share of
	// the events that the ten commonest points hold.
	Points         int
	DistinctPoints int
	OnTen          Num
	// Heaping of deaths: events with a toll of 10 or more, and the share of them
	// whose toll is a multiple of 10; a tenth would be no heaping.
	Tolls   int
	OnRound Num
	Long    int // events whose date is known only to more than a week
}

// NamedCount is a number of events under a name.
type NamedCount struct {
	Name string
	N    int
}

// Restricted reports whether the rows of any file may not be passed on.
func (h *Holdings) Restricted() bool {
	for _, f := range h.Files {
		if f.Restricted {
			return true
		}
	}
	return false
}
