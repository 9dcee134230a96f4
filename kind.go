package athar

// Kind is what an event was, in one small vocabulary for all sources. Each
// source's mapping to it is a documented table of its reader.
type Kind string

// The kinds.
const (
	Attack     Kind = "attack"    // by the group, on anybody, explosives included
	Clash      Kind = "clash"     // fighting between two armed sides where the source does not say who began
	Operation  Kind = "operation" // by forces, without an arrest or a find named
	Arrest     Kind = "arrest"    // by forces; counted as events, never as persons
	Seizure    Kind = "seizure"   // weapons, caches, defused devices
	Looting    Kind = "looting"   // looting, arson, crops burnt
	Territory  Kind = "territory" // a place changed hands
	AirStrike  Kind = "air strike"
	OtherEvent Kind = "other"
)

// Kinds lists the kinds in the order in which tables show them.
func Kinds() []Kind {
	return []Kind{Attack, Clash, Operation, Arrest, Seizure, Looting, Territory, AirStrike, OtherEvent}
}
