package athar

// Window is a comparison of two stretches of time that the study declares for
// a campaign: one series read through one window (METHODS.md A12).
type Window struct {
	Name   Names `json:"name"`
	Before Span  `json:"before"`
	After  Span  `json:"after"`
}

// WindowResult is what the events of a campaign's area say through one window.
// Counts are those of the whole periods in either stretch whose count is known
// in every area; RR is the ratio of the rates a period, with its exact
// conditional 95% interval and two-sided p value. Where it was refused, the
// numbers are null.
type WindowResult struct {
	Window
	EventsBefore  Num      `json:"events_before"`
	EventsAfter   Num      `json:"events_after"`
	PeriodsBefore int      `json:"periods_before"`
	PeriodsAfter  int      `json:"periods_after"`
	RR            Num      `json:"rr"`
	Low           Num      `json:"low"`
	High          Num      `json:"high"`
	P             Num      `json:"p"`
	Verdict       Verdict  `json:"verdict"` // the headline that this window alone would give
	Doubts        []Note   `json:"doubts"`  // what makes its before or after unusual
	Refusal       *Refusal `json:"refusal,omitempty"`
}
