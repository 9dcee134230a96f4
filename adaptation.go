package athar

// More headline words, for goals and for signatures of adaptation (METHODS.md
// section C, the decision rule).
const (
	Present     Verdict = "PRESENT"
	Mixed       Verdict = "MIXED"
	NotDetected Verdict = "NOT DETECTED"
)

// More questions.
const (
	AskGoal       Question = "goal"       // does a stated goal show in what should follow from it?
	AskAdaptation Question = "adaptation" // is a published signature of adaptation there?
)

// IndicatorGroup is a kind of evidence. Indicators of one group look at the
// same feature of the record and do not count twice.
type IndicatorGroup string

// The groups.
const (
	GroupSpatial  IndicatorGroup = "spatial"
	GroupTemporal IndicatorGroup = "temporal"
	GroupSize     IndicatorGroup = "size"
	GroupMix      IndicatorGroup = "mix"
)

// Reading is what an indicator says about a signature.
type Reading string

// The readings. Compatible is the most that an indicator may say where the
// thing itself leaves no trace in event data.
const (
	Supports   Reading = "supports"
	Opposes    Reading = "opposes"
	Neither    Reading = "neither" // no change beyond chance
	Compatible Reading = "compatible"
	Silent     Reading = "silent" // says nothing about this signature, shown as context
	Refused    Reading = "refused"
)

// Indicator is one measured feature of the record, before against after, near
// the campaign against far from it, at equal numbers of events.
type Indicator struct {
	// Code names it: hill-2, theil-between, moran, distance, independent, size,
	// tempo, synchrony, lag, mix, resumption, break, ... The catalogue has its
	// name, unit and meaning.
	Code  string         `json:"code"`
	Group IndicatorGroup `json:"group"`

	Before    Num `json:"before"` // near the campaign; null where it has no level
	After     Num `json:"after"`
	FarBefore Num `json:"far_before"` // far from it; null without a control
	FarAfter  Num `json:"far_after"`
	// Change is (After - Before) - (FarAfter - FarBefore), or its ratio where the
	// indicator is a ratio (Ratio true); without a control the first part alone.
	Change Num  `json:"change"`
	Low    Num  `json:"low"` // 95% interval of Change
	High   Num  `json:"high"`
	Ratio  bool `json:"ratio,omitempty"`
	P      Num  `json:"p"`      // two-sided, of no change
	HolmP  Num  `json:"holm_p"` // adjusted within the signature; null where it is context
	// MDE is the smallest change, on the scale of Change (a ratio > 1 where
	// Ratio), that would be found in 80% of cases at the two-sided 5% level.
	MDE Num `json:"mde"`

	N    int `json:"n"`     // events in each of the two near samples
	FarN int `json:"far_n"` // and in each of the two far samples

	// Predicts is the sign of Change that the signature predicts; 0 where it
	// predicts none.
	Predicts int      `json:"predicts"`
	Reading  Reading  `json:"reading"`
	Curves   []Curve  `json:"curves,omitempty"` // for its small multiple
	Warnings []Note   `json:"warnings,omitempty"`
	Refusal  *Refusal `json:"refusal,omitempty"`
}

// Curve is a line of a small multiple. X is in the unit that the code says;
// Low and High are empty where there is no band.
type Curve struct {
	Code string `json:"code"` // before, after, near, far, posterior, fit, ...
	X    []Num  `json:"x"`
	Y    []Num  `json:"y"`
	Low  []Num  `json:"low,omitempty"`
	High []Num  `json:"high,omitempty"`
}

// SignatureID names an expected adaptation.
type SignatureID string

// The signatures that the analysis of 2020 expects, and most others with it.
const (
	Decentralised SignatureID = "decentralised" // smaller, more independent groups
	Communication SignatureID = "communication" // individual and encrypted communication
	Leadership    SignatureID = "leadership"    // replaced leaders
)

// Signatures lists the signatures in the order in which pages show them.
func Signatures() []SignatureID { return []SignatureID{Decentralised, Communication, Leadership} }

// Signature is the answer to one expected adaptation: present, mixed, not
// detected, or not identifiable.
type Signature struct {
	ID   SignatureID `json:"id"`
	Word Verdict     `json:"word"`
	// Opposed is true if at least two independent groups of indicators moved
	// against the expectation and none with it.
	Opposed    bool        `json:"opposed,omitempty"`
	Because    []Note      `json:"because"`
	Indicators []Indicator `json:"indicators"`
	Rivals     []Note      `json:"rivals"`
}

// Adaptation is everything about adaptation in one campaign or total.
type Adaptation struct {
	Signatures []Signature `json:"signatures"`
	// Context are indicators that are silent about every signature and say when
	// and how fast activity changed: tempo, change points.
	Context []Indicator `json:"context"`
	Checks  []Guard     `json:"checks"` // confounders (METHODS.md C8)
	Notes   []Note      `json:"notes,omitempty"`
}

// GoalReport is one stated goal of one campaign: what the forces report having
// done, what should follow and did or did not, and the word. An output is
// never counted as an outcome.
type GoalReport struct {
	ID       string             `json:"id"`
	Name     Names              `json:"name"`
	Word     Verdict            `json:"word"` // PRESENT, MIXED, NOT DETECTED, NOT IDENTIFIABLE
	Opposed  bool               `json:"opposed,omitempty"`
	Because  []Note             `json:"because"`
	Outputs  []Output           `json:"outputs"`
	Outcomes []OutcomeIndicator `json:"outcomes"`
	Rivals   []Note             `json:"rivals"`
	// Needs says what data would carry the goal, from the study file or the
	// program.
	Needs []Note `json:"needs,omitempty"`
}

// Output is what the forces or others report that was done: arrests, seizures,
// places cleared.
type Output struct {
	ID      string        `json:"id"`
	Name    Names         `json:"name"`
	Values  []OutputValue `json:"values"`           // empty: nobody published any, Because says so
	Events  *Num          `json:"events,omitempty"` // events of that kind in the data, during the campaign
	Because []Note        `json:"because,omitempty"`
}

// OutputValue is one published figure.
type OutputValue struct {
	When   Span      `json:"when"`
	N      Num       `json:"n"`
	Source SourceRef `json:"source"`
}

// OutcomeIndicator is one thing that should follow if a goal were reached, with its
// answer: either a finding in the grammar of activity, or an indicator.
type OutcomeIndicator struct {
	ID   string `json:"id"`   // activity, rate, share, complex-days, lethality, resumption
	Name Names  `json:"name"` // what is counted, from the study file; may be empty
	// Predicts is the direction that the goal implies: -1 for a fall.
	Predicts  int        `json:"predicts"`
	Finding   *Finding   `json:"finding,omitempty"`
	Indicator *Indicator `json:"indicator,omitempty"`
	// Lags is the rate ratio by months since the start of the campaign, 0..6,
	// with a simultaneous 95% band; null where a month has no data.
	Lags    *Curve   `json:"lags,omitempty"`
	Reading Reading  `json:"reading"`
	HolmP   Num      `json:"holm_p"`
	Refusal *Refusal `json:"refusal,omitempty"`
}

// Outlook is what the next months of a unit would look like if things went on
// as before, shown only where a model beats the simple ones.
type Outlook struct {
	ID      string  `json:"id"`
	Name    Names   `json:"name"`
	Unit    string  `json:"unit"` // country, governorate, all
	Shown   bool    `json:"shown"`
	Because []Note  `json:"because"`
	Model   string  `json:"model,omitempty"` // the one shown
	Scores  []Score `json:"scores"`
	// Course: observed months, then the forecast's median and bands.
	Months   []Span `json:"months"`
	Observed []Num  `json:"observed"`
	Median   []Num  `json:"median"`
	Low50    []Num  `json:"low50"`
	High50   []Num  `json:"high50"`
	Low90    []Num  `json:"low90"`
	High90   []Num  `json:"high90"`
}

// Score is how well a model foretold months that it had not seen, lower is
// better. Skill is 1 - CRPS over that of resampling the unit's own last 12
// months.
type Score struct {
	Model    string `json:"model"`
	Baseline bool   `json:"baseline"`
	N        int    `json:"n"` // forecasts scored
	CRPS     Num    `json:"crps"`
	IGN      Num    `json:"ign"`
	MIS      Num    `json:"mis"`
	Cover50  Num    `json:"cover50"`
	Cover90  Num    `json:"cover90"`
	Skill    Num    `json:"skill"`
	// Low and High: 95% block-bootstrap interval of the mean difference of CRPS
	// against the best baseline; negative favours the model.
	Low  Num `json:"diff_low"`
	High Num `json:"diff_high"`
}
