package athar

// HarmWeights say by how much each event counts where harm is compared beside events.
type HarmWeights struct {
	By      string       `json:"by"`      // classes, kinds or deaths
	Weights []HarmWeight `json:"weights"` // as the study declares them, by name; empty: by deaths
	// Unknown counts events that count as no harm because their class is blank, or because
	// nobody gives the deaths in them.
	Unknown int       `json:"unknown"`
	Source  SourceRef `json:"source"` // of the weights; without a title: the study's own
}

// HarmWeight is the weight of one event of a class or kind.
type HarmWeight struct {
	Name   string `json:"name"`
	Weight Num    `json:"weight"`
	Events int    `json:"events"` // of it in the data
}

// HarmDifference sets the weighted displacement difference of harm beside that of
// events. It stands beside the findings and gives no word.
type HarmDifference struct {
	Question Question `json:"question"` // inside; movement: all rings together; net: both
	Phase    Phase    `json:"phase"`
	Events   HarmPart `json:"events"` // every event counts once
	Harm     HarmPart `json:"harm"`   // by its weight
}

// HarmPart is one weighted displacement difference: what was observed less what the
// change in far areas leads to expect, over the phase.
type HarmPart struct {
	Observed   Num      `json:"observed"`
	Expected   Num      `json:"expected"`
	Difference Num      `json:"difference"`
	Low        Num      `json:"low"` // 95% interval of the difference
	High       Num      `json:"high"`
	P          Num      `json:"p"` // two-sided, of no difference
	RR         Num      `json:"rr"`
	RRLow      Num      `json:"rr_low"`
	RRHigh     Num      `json:"rr_high"`
	Dispersion Num      `json:"dispersion"`
	Warnings   []Note   `json:"warnings,omitempty"`
	Refusal    *Refusal `json:"refusal,omitempty"`
}
