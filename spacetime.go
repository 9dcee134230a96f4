package athar

// SpaceTime holds what single events, each with its place and day, say beyond
// counts of areas and periods: for the whole study. What they say about one
// campaign stands in [CampaignReport.SpaceTime].
type SpaceTime struct {
	Events  int           `json:"events"`  // of the outcome, with a day and a place
	Dropped []ReasonCount `json:"dropped"` // others, by reason: counted, coarse-date, no-point, coarse-place, no-area
	// Operations is nil where the study names none.
	Operations *Operations `json:"operations,omitempty"`
	// Refusal says why no method of single events could be asked, once for all.
	Refusal *Refusal `json:"refusal,omitempty"`
}

// CampaignSpaceTime is what single events say about one campaign: descriptions
// beside its findings, which they do not head.
type CampaignSpaceTime struct {
	Before Span `json:"before"`
	After  Span `json:"after"` // the campaign and its aftermath
	// NearRepeats are those inside the footprint and in all rings together.
	NearRepeats []NearRepeat `json:"near_repeats"`
	// Followers are those of events inside; nil without single events.
	Followers *Followers `json:"followers,omitempty"`
	// Scan is nil where days are known less well than to a week.
	Scan *Scan `json:"scan,omitempty"`
}

// Scan lists areas and spans of days with fewer or more events than the areas'
// and the days' own totals would have it (space-time permutation scan), by date and
// never by strength; and whether a low inside coincides with a high around.
type Scan struct {
	Unit       int         `json:"unit_days"` // days of a period
	Low        []Cylinder  `json:"low"`
	High       []Cylinder  `json:"high"`
	Coincident Coincidence `json:"coincidence"`
	Warnings   []Note      `json:"warnings,omitempty"`
	Refusal    *Refusal    `json:"refusal,omitempty"`
}

// Cylinder is neighbouring areas, by code, during a span of days.
type Cylinder struct {
	Areas    []string `json:"areas"`
	Span     Span     `json:"span"`
	Observed int      `json:"observed"`
	Expected Num      `json:"expected"`
	Ratio    Num      `json:"ratio"`
	P        Num      `json:"p"`
}

// Coincidence is a low of areas inside together with a high of areas in the
// rings, each against the far areas, after the campaign began.
type Coincidence struct {
	Low  *Cylinder `json:"low,omitempty"` // the most unlikely; nil: there is none
	High *Cylinder `json:"high,omitempty"`
	// P takes events for independent, so that bursts alone make it small; PPlacebo is
	// that among campaigns that did not happen, MinP the smallest it could have been.
	// Both are null with fewer than 19 of them.
	P        Num      `json:"p"`
	PPlacebo Num      `json:"p_placebo"`
	MinP     Num      `json:"min_p"`
	Placebos int      `json:"placebos"`
	Refusal  *Refusal `json:"refusal,omitempty"`
}

// NearRepeat asks whether events followed each other nearby and soon more often,
// beyond chance, after a campaign began than before it.
type NearRepeat struct {
	Around bool           `json:"around,omitempty"` // of the rings; else inside
	Before NearRepeatSide `json:"before"`
	After  NearRepeatSide `json:"after"`
	Km     Num            `json:"km"`   // near is nearer than this, places that are the same left out,
	Days   int            `json:"days"` // and sooner than this many days
	// Extra is the change in near pairs beyond chance per event, with its 95%
	// interval, and the p value of none where there are no near repeats at all. The
	// interval is null with fewer than six months on either side. Change is +1 (more)
	// or -1 (fewer) where both agree, else 0.
	Extra     Num      `json:"extra"`
	ExtraLow  Num      `json:"extra_low"`
	ExtraHigh Num      `json:"extra_high"`
	ExtraP    Num      `json:"extra_p"`
	Change    int      `json:"change"`
	Refusal   *Refusal `json:"refusal,omitempty"`
}

// NearRepeatSide is one stretch of time. Bands are half-open, [From, To); the
// table goes space by time.
type NearRepeatSide struct {
	Events   int              `json:"events"`
	Places   int              `json:"places"` // different positions
	Pairs    int              `json:"pairs"`  // near and soon
	Expected Num              `json:"expected"`
	Ratio    Num              `json:"ratio"`
	P        Num              `json:"p"`
	Space    []Band           `json:"space,omitempty"` // km
	Time     []Band           `json:"time,omitempty"`  // days
	Cells    []NearRepeatCell `json:"cells,omitempty"`
	Warnings []Note           `json:"warnings,omitempty"`
	Refusal  *Refusal         `json:"refusal,omitempty"`
}

// Band is half-open, [From, To); To is infinite for the last.
type Band struct {
	From Num `json:"from"`
	To   Num `json:"to"`
}

// NearRepeatCell is the pairs of one band of space and one of time. PAdj holds
// for all of them at once; null in the last band of either, which is the rest of all
// pairs and is not asked.
type NearRepeatCell struct {
	Pairs    int `json:"pairs"`
	Expected Num `json:"expected"`
	Ratio    Num `json:"ratio"`
	PAdj     Num `json:"p_adj"`
}

// Operations are single operations of the forces and what followed them.
type Operations struct {
	Treated Names         `json:"treated"` // the kind in question
	Control Names         `json:"control"` // the kind that it is compared with; empty: none
	Forces  []Names       `json:"forces,omitempty"`
	Places  []Names       `json:"places,omitempty"`  // points from which distance is measured
	Matched []string      `json:"matched,omitempty"` // columns of the files that are matched on
	Dropped []ReasonCount `json:"dropped"`           // operations left out, by reason
	// Stretches are the spans in which both operations and events were recorded,
	// each asked by itself: a gap is no quiet time.
	Stretches []OperationStretch `json:"stretches"`
}

// OperationStretch is what was asked of one stretch of time without a gap.
type OperationStretch struct {
	When    Span      `json:"when"`
	Treated int       `json:"treated"` // operations
	Control int       `json:"control"`
	Events  int       `json:"events"`
	Wakes   *WakeGrid `json:"wakes,omitempty"` // nil where the study names no comparison
	// Frequency asks what would have followed more or fewer operations of the kind
	// in question.
	Frequency *Frequency `json:"frequency,omitempty"`
}

// Wake is what a matched wake analysis says about one window of t days and s km: how many more events of
// the outcome (or fewer, if negative) followed an operation of the treated kind
// within t days and s km than followed a comparable control, from the weighted
// regression
//
//	after = b0 + b1 before + b2 treated.
//
// Shares are 0..1. Fields without a value are not-a-number (null in JSON).
type Wake struct {
	Days int `json:"days"`
	Km   Num `json:"km"`

	Effect Num `json:"effect"` // b2, events per operation
	SE     Num `json:"se"`
	DF     Num `json:"df"`
	Low    Num `json:"low"` // 95% interval
	High   Num `json:"high"`
	P      Num `json:"p"`
	// PAdj, AdjLow and AdjHigh hold for all windows of the grid at once.
	PAdj    Num `json:"p_adj"`
	AdjLow  Num `json:"adj_low"`
	AdjHigh Num `json:"adj_high"`
	MDE     Num `json:"mde"` // smallest effect, up or down, found in 80% of cases at 5%

	Intercept Num `json:"intercept"` // b0
	Before    Num `json:"before"`    // b1; null where the number beforehand has no variation of its own
	R2        Num `json:"adj_r2"`    // adjusted for degrees of freedom

	Treated        int `json:"treated"` // wakes inside the observed time
	Control        int `json:"control"`
	MatchedTreated int `json:"matched_treated"`
	MatchedControl int `json:"matched_control"`
	Strata         int `json:"strata"`
	MatchedStrata  int `json:"matched_strata"`
	Blocks         int `json:"blocks"`        // that hold matched wakes
	EventsBefore   int `json:"events_before"` // in matched wakes, those of overlaps as often as they are counted
	EventsAfter    int `json:"events_after"`

	// L1 is the distance of the two kinds' distributions over all bins of the
	// variables matched on (0: equal, 1: apart), Support the share of bins with
	// both kinds, on all wakes and on matched ones. The bins are Scott's, as usual
	// for this measure, and not those of the matching.
	L1All          Num `json:"l1_all"`
	SupportAll     Num `json:"support_all"`
	L1Matched      Num `json:"l1_matched"`
	SupportMatched Num `json:"support_matched"`

	// Shares of wakes with another operation of the same kind (SO) and of the
	// other kind (MO) in the window before, after, and in either.
	SOBefore Num `json:"so_before"`
	SOAfter  Num `json:"so_after"`
	SO       Num `json:"so"`
	MOBefore Num `json:"mo_before"`
	MOAfter  Num `json:"mo_after"`
	MO       Num `json:"mo"`

	// Counts is the same effect with the events taken as negative binomial counts; nil where
	// that fit has none.
	Counts *WakeCounts `json:"counts,omitempty"`

	Warnings []Note   `json:"warnings,omitempty"`
	Refusal  *Refusal `json:"refusal,omitempty"`
}

// WakeCounts is an effect on negative binomial counts with an identity link, events per
// operation, with its 95% interval. Theta is their dispersion, var = m + m^2/Theta.
type WakeCounts struct {
	Effect Num `json:"effect"`
	Low    Num `json:"low"`
	High   Num `json:"high"`
	Theta  Num `json:"theta"` // Infinity: they vary no more than Poisson counts
}

// WakeGrid is a matched wake analysis: its windows, by days and then by km.
type WakeGrid struct {
	Rows     []Wake   `json:"rows"`
	Critical Num      `json:"critical"` // 95% point of the largest |t| over the grid
	Draws    int      `json:"draws"`    // permutations behind it
	Warnings []Note   `json:"warnings,omitempty"`
	Refusal  *Refusal `json:"refusal,omitempty"` // nothing could be compared at all
}

// Frequency compares the events that would have followed two numbers of
// operations a day, everywhere in the same proportion (stochastic
// interventions): the contrasts that are asked, in the order in which they were
// declared. None is chosen by what it says.
type Frequency struct {
	PerDay     Num                 `json:"per_day"`    // operations that there were
	Covariates []string            `json:"covariates"` // of the model of where and when operations happen, by code
	Contrasts  []FrequencyContrast `json:"contrasts"`
	// Residuals say how well that model describes the operations; nil without one.
	Residuals *FrequencyResiduals `json:"residuals,omitempty"`
	Refusal   *Refusal            `json:"refusal,omitempty"` // no contrast could be asked
}

// FrequencyResiduals are p values of three ways in which operations may not be as the model
// of where and when they happen says; small: they are not.
type FrequencyResiduals struct {
	Days   Num `json:"days_p"`   // more on some days and fewer on others than chance brings
	Serial Num `json:"serial_p"` // days that resemble those before them
	Places Num `json:"places_p"` // more at some places and fewer at others
}

// FrequencyContrast compares From operations a day for Days days with To.
type FrequencyContrast struct {
	From Num `json:"from"`
	To   Num `json:"to"`
	Days int `json:"days"`
	// Effective is what the weights of the record amount to under either law, in
	// stretches of Days days that do not overlap; Of how many such there are.
	Effective [2]Num `json:"effective"`
	Of        int    `json:"of"`
	// Largest is the share of all weight that one day has, under either law.
	Largest [2]Num `json:"largest"`
	// Rings are the answers by distance from the study's places; the last is the
	// whole.
	Rings []FrequencyRing `json:"rings"`
	// Cuts are the same contrast in the whole, with the largest weights cut.
	Cuts []FrequencyCut `json:"cuts"`
	// Unbalanced is the largest coefficient of Balance after weighting, up or down;
	// both are absent where the comparison is refused.
	Unbalanced *Num               `json:"unbalanced,omitempty"`
	Balance    []FrequencyBalance `json:"balance,omitempty"`
	Notes      []Note             `json:"notes,omitempty"`
	Refusal    *Refusal           `json:"refusal,omitempty"`
}

// FrequencyBalance is how far where and when operations happened followed one
// covariate more than the two laws do: its coefficient in their law, on the log
// scale and per standard deviation of the covariate, over the days as they were and
// weighted to From and to To operations a day. Weights that do their work leave 0;
// null, with a note, where there is no finite or no unique coefficient.
type FrequencyBalance struct {
	Covariate string `json:"covariate"` // by code
	Before    Num    `json:"before"`
	After     [2]Num `json:"after"`
}

// FrequencyRing is a contrast in one ring, in events a day.
type FrequencyRing struct {
	Inner Num  `json:"inner_km"`
	Outer Num  `json:"outer_km"` // Infinity: the rest
	Whole bool `json:"whole,omitempty"`
	// FromEvents and ToEvents are the events a day under the two laws, Diff the second less
	// the first, with its 95% interval and one that holds for all rings at once.
	FromEvents Num `json:"from_events"`
	ToEvents   Num `json:"to_events"`
	Diff       Num `json:"diff"`
	Low        Num `json:"low"`
	High       Num `json:"high"`
	JointLow   Num `json:"joint_low"`
	JointHigh  Num `json:"joint_high"`
	// Before is the same difference on the day before, which no operation can have
	// caused, and BeforeP its p value.
	Before  Num `json:"before"`
	BeforeP Num `json:"before_p"`
	// Robust is the factor by which every day's weight may be off before the
	// difference may be 0.
	Robust Num `json:"robust"`
}

// FrequencyCut is a contrast with weights cut at a quantile.
type FrequencyCut struct {
	Quantile Num `json:"quantile"`
	Diff     Num `json:"diff"`
}

// Followers says how many further events nearby one event had on later days, before the
// start of a campaign and since, by a self-exciting model with places. What moves events
// together and is not in its background passes for followers: the numbers are upper
// bounds. Fields without a value are not-a-number (null in JSON).
type Followers struct {
	Reach   Num `json:"reach_km"`     // followers are looked for up to here,
	Horizon int `json:"horizon_days"` // and so long
	// Kernel is the fall with distance that was chosen, gaussian or power-law; AIC is
	// Akaike's criterion without followers, with a Gaussian and with a power law.
	Kernel string        `json:"kernel,omitempty"`
	AIC    [3]Num        `json:"aic"`
	Before FollowersSide `json:"before"`
	After  FollowersSide `json:"after"`
	// Ratio is that of followers an event after to before, with its 95% interval.
	Ratio     Num `json:"ratio"`
	RatioLow  Num `json:"ratio_low"`
	RatioHigh Num `json:"ratio_high"`
	RatioP    Num `json:"ratio_p"`
	// Half of the direct followers within the reach and the horizon come within HalfKm
	// and within HalfDays, nine in ten within MostKm and MostDays.
	HalfKm    Num `json:"half_km"`
	HalfDays  Num `json:"half_days"`
	MostKm    Num `json:"most_km"`
	MostDays  Num `json:"most_days"`
	SamePlace Num `json:"same_place"` // share of what is ascribed to earlier events that have the very same coordinates
	// Uniform and Serial are p values of what the model leaves: spacing and
	// runs of days. Dispersion is the variance of a day's number over its mean; 1: as chance.
	Uniform    Num      `json:"uniform_p"`
	Serial     Num      `json:"serial_p"`
	Dispersion Num      `json:"dispersion"`
	Warnings   []Note   `json:"warnings,omitempty"`
	Refusal    *Refusal `json:"refusal,omitempty"`
}

// FollowersSide is the days before a campaign or since its start.
type FollowersSide struct {
	Events int `json:"events"` // on days that are asked
	Days   int `json:"days"`   // those whose whole horizon before was watched
	Places int `json:"places"` // different positions
	// Alpha is how many direct followers an event has, with its 95% interval; Share
	// is that of the events which are ascribed to earlier ones.
	Alpha Num `json:"alpha"`
	Low   Num `json:"low"`
	High  Num `json:"high"`
	Share Num `json:"share"`
}
