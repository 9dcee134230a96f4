package athar

// Multiverse is one question of one campaign under every declared combination
// of defensible choices (METHODS.md A11). The specifications share the data:
// they are not independent evidence and are never counted as such.
type Multiverse struct {
	Question   Question    `json:"question"`
	Phase      Phase       `json:"phase"`
	Dimensions []Dimension `json:"dimensions"`
	// Declared combinations are Specs, and those that were Redundant (the same
	// fit under another name) or Invalid (refused), by reason.
	Declared  int           `json:"declared"`
	Redundant int           `json:"redundant"`
	Invalid   []ReasonCount `json:"invalid"`
	Specs     []SpecResult  `json:"specs"` // sorted by RR
	// Refused are the Invalid ones, each with its reason, sorted by Choice.
	Refused []SpecRefusal `json:"refused,omitempty"`

	Median      Num `json:"median"` // of RR
	Q1          Num `json:"q1"`
	Q3          Num `json:"q3"`
	Below       Num `json:"below"`       // share with RR < 1
	Significant Num `json:"significant"` // share whose 95% interval leaves out 1

	// LeastFavourable is the defensible specification that speaks most against
	// the side on which most of them lie: an index into Specs, -1 without any.
	LeastFavourable int `json:"least_favourable"`
	// Own is the study's own specification of the headline, an index into Specs;
	// -1 where it refused.
	Own   int   `json:"own"`
	Joint Joint `json:"joint"`
}

// Dimension is one declared choice.
type Dimension struct {
	Name    string   `json:"name"`
	Values  []string `json:"values"`
	Medians []Num    `json:"medians"` // of RR, by value; null where no specification has it
	// Leverage is the largest ratio of two of the medians, >= 1.
	Leverage Num `json:"leverage"`
}

// SpecResult is one specification's answer.
type SpecResult struct {
	Choice []int `json:"choice"` // index of the value, by dimension
	RR     Num   `json:"rr"`
	Low    Num   `json:"low"`
	High   Num   `json:"high"`
}

// SpecRefusal is a specification that is not valid on the data, and the code of
// the reason.
type SpecRefusal struct {
	Choice []int  `json:"choice"`
	Reason string `json:"reason"`
}

// Joint is the inference on the whole curve among campaigns that did not
// happen (Simonsohn, Simmons and Nelson 2020): the same curve is computed for
// each, every specification is scaled by its spread over them, and three
// features of the real curve are set against theirs.
type Joint struct {
	Specs     int      `json:"specs"`      // of the curve; those that are only shown are left out
	Placebos  int      `json:"placebos"`   // campaigns that did not happen
	Apart     Num      `json:"apart"`      // what they amount to where they share areas or months
	Matched   bool     `json:"matched"`    // on the surge before the campaign
	MinP      Num      `json:"min_p"`      // the smallest p that could be reached
	MedianP   Num      `json:"median_p"`   // of the median effect
	ShareP    Num      `json:"share_p"`    // of the share beyond 1.96 in the dominant direction
	StoufferP Num      `json:"stouffer_p"` // of the mean standardised effect
	Refusal   *Refusal `json:"refusal,omitempty"`
}
