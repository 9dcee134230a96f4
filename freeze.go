package athar

// Registration is what the record beside a study says about the order in which
// the study was fixed and its results were seen.
type Registration string

// The registrations. "Results" are those that the record knows of: it cannot
// know of results that somebody saw before it was made and did not say so.
const (
	NotRegistered Registration = "not-registered" // there is no record
	FrozenBefore  Registration = "before"         // frozen before results, and as it was
	ChangedBefore Registration = "changed-before" // changed since it was frozen, before results
	ChangedAfter  Registration = "changed-after"  // changed since it was frozen, after results
	FrozenAfter   Registration = "after"          // frozen only after results, or anew after them
)

// Freeze is the registration of the study that a report is about.
type Freeze struct {
	State Registration `json:"state"`
	// Hash is the beginning of the SHA-256 over the study's canonical form and its
	// data; Frozen that of the freeze that counts; both "" without a record.
	Hash    string   `json:"hash,omitempty"`
	Frozen  string   `json:"frozen,omitempty"`
	Times   int      `json:"times"`             // freezes on record
	Changed []string `json:"changed,omitempty"` // sections of the study that differ from that freeze
	Files   []string `json:"files,omitempty"`   // data files that differ from it
	Says    []Note   `json:"says"`              // the same in sentences
}
