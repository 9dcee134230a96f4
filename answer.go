package athar

// Verdict is a headline word. The grammar is fixed: nothing else may head a
// finding (METHODS.md section 0).
type Verdict string

// The words. From the interval [L, U] of a rate ratio and the smallest effect
// of interest delta: DECLINE if U < 1; ESCALATION if L > 1; NO MATERIAL CHANGE
// if L > exp(-delta) and U < exp(delta); otherwise INCONCLUSIVE. NOT ROBUST
// takes the place of a direction that defensible analyses do not share;
// CANNOT TELL says that every valid method refused.
const (
	Decline          Verdict = "DECLINE"
	Escalation       Verdict = "ESCALATION"
	NoMaterialChange Verdict = "NO MATERIAL CHANGE"
	Inconclusive     Verdict = "INCONCLUSIVE"
	Displacement     Verdict = "DISPLACEMENT"
	Diffusion        Verdict = "DIFFUSION OF BENEFITS"
	NotRobust        Verdict = "NOT ROBUST"
	CannotTell       Verdict = "CANNOT TELL"
	NotIdentifiable  Verdict = "NOT IDENTIFIABLE"
)

// Question is what a finding answers.
type Question string

// The questions that this version answers.
const (
	AskInside   Question = "inside"   // did activity inside the area change?
	AskRing     Question = "ring"     // did it change in ring k?
	AskNet      Question = "net"      // inside and rings together, as counts
	AskMovement Question = "movement" // displacement or diffusion of benefits?
	AskTotal    Question = "total"    // a country, or everything the study covers
)

// Effect is one estimate by one method under one specification, or the
// method's refusal. Ratios are rate ratios against what the method expects
// without the campaign; counts are events over the whole phase.
type Effect struct {
	Campaign string   `json:"campaign"` // campaign id; "" for totals
	Area     string   `json:"area,omitempty"`
	Method   string   `json:"method"` // spillover, its, exact, wdd, did, bsts, sdid, synth, synth-ridge
	Spec     string   `json:"spec"`   // what distinguishes it from the method's default, e.g. "donut=2"
	Question Question `json:"question"`
	Ring     int      `json:"ring,omitempty"` // k for AskRing, 1 is nearest
	Phase    Phase    `json:"phase"`

	RR   Num `json:"rr"`  // rate ratio
	Low  Num `json:"low"` // 95% interval of RR
	High Num `json:"high"`
	P    Num `json:"p"`      // two-sided, of RR = 1
	SE   Num `json:"se_log"` // standard error of ln RR
	DF   Num `json:"df"`     // degrees of freedom of the t reference; Infinity: normal
	// FMI is the share of the information about ln RR that coarse places and
	// dates took away (Rubin's fraction of missing information, 0..1); nil where
	// nothing was imputed.
	FMI *Num `json:"fmi"`
	// AdjLow, AdjHigh: simultaneous (sup-t) 95% interval over the campaign's
	// rings of this phase; null where the question is not about rings.
	AdjLow  Num `json:"adj_low"`
	AdjHigh Num `json:"adj_high"`

	Observed    Num `json:"observed"` // events in the phase
	Expected    Num `json:"expected"` // the counterfactual count
	Avoided     Num `json:"avoided"`  // Expected - Observed; negative: more events than expected
	AvoidedLow  Num `json:"avoided_low"`
	AvoidedHigh Num `json:"avoided_high"`

	// MDELow and MDEHigh are the smallest fall and rise, as rate ratios, that
	// this analysis would find in 80% of cases at the two-sided 5% level.
	MDELow  Num `json:"mde_low"`
	MDEHigh Num `json:"mde_high"`

	// PlaceboP is the p value among campaigns that did not happen (METHODS.md
	// A10); null where that was not asked.
	PlaceboP *Num `json:"placebo_p"`

	EventsPre  int    `json:"events_pre"` // events behind it, same role, before
	Areas      int    `json:"areas"`      // areas of that role that entered the fit
	Periods    int    `json:"periods"`    // periods of that phase
	Dispersion Num    `json:"dispersion"` // variance over mean used; 1: Poisson
	Inference  string `json:"inference"`  // cr2, dispersion, quasi, nb2, hac, exact, placebo, conformal, draws

	Warnings []Note   `json:"warnings,omitempty"`
	Refusal  *Refusal `json:"refusal,omitempty"`
}

// Guard is an automatic check that is shown before the headline.
type Guard struct {
	Code   string `json:"code"` // surge, donut, calendar, few-events, imprecise, few-areas, overlap, dates, ...
	Status Status `json:"status"`
	Says   Note   `json:"says"`
}

// Status is what a guard came to.
type Status string

// The statuses. A fired guard changes how a headline may be said; a blind one
// could not run on these data, and says why.
const (
	Quiet Status = "quiet"
	Fired Status = "fired"
	Blind Status = "blind"
)

// MethodView is one method's answer to a finding's question, for the agreement
// table.
type MethodView struct {
	Method  string   `json:"method"`
	Spec    string   `json:"spec"`
	RR      Num      `json:"rr"`
	Low     Num      `json:"low"`
	High    Num      `json:"high"`
	Verdict Verdict  `json:"verdict"`
	Refusal *Refusal `json:"refusal,omitempty"`
}

// Finding answers one question about one campaign, or about a country.
type Finding struct {
	ID       string       `json:"id"` // campaign/question[-ring]/phase
	Campaign string       `json:"campaign"`
	Area     string       `json:"area,omitempty"` // for totals
	Question Question     `json:"question"`
	Ring     int          `json:"ring,omitempty"`
	Phase    Phase        `json:"phase"`
	Verdict  Verdict      `json:"verdict"`
	Headline *Effect      `json:"headline,omitempty"` // the effect behind the word
	Because  []Note       `json:"because"`            // why this word and no other
	Guards   []string     `json:"guards,omitempty"`   // codes of the guards that fired on it
	Methods  []MethodView `json:"methods"`            // every method that answers the same question
	Agree    bool         `json:"agree"`              // all of them on one side of 1
	Rivals   []Note       `json:"rivals"`             // explanations that were not excluded
}

// Outcome is what became of a claim.
type Outcome string

// The outcomes of a claim.
const (
	Supported    Outcome = "supported"
	Contradicted Outcome = "contradicted"
	NotTestable  Outcome = "not testable"
)

// ClaimResult is a claim with its outcome and the evidence for it.
type ClaimResult struct {
	ID       string   `json:"id"`
	Text     Names    `json:"text"`
	Source   string   `json:"source,omitempty"`
	Question string   `json:"question"`
	Campaign string   `json:"campaign,omitempty"`
	Area     string   `json:"area,omitempty"`
	Expects  []string `json:"expects"`
	Outcome  Outcome  `json:"outcome"`
	Because  []Note   `json:"because"`
	Evidence []string `json:"evidence,omitempty"` // ids of findings
}
