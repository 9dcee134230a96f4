package publish

import "strings"

// tableMeans says what each table holds.
var tableMeans = map[string]string{
	"findings":       "One row a finding: what was asked, the word, the numbers behind it, the checks that fired, and the sentence of the brief.",
	"effects":        "Every estimate of every method, refusals included.",
	"guards":         "Every check of every campaign and total, with what it came to.",
	"claims":         "The statements that the study tests, with what became of each.",
	"goals":          "One row a stated goal of a campaign, with its word.",
	"goal_outcomes":  "What should follow from a goal, measured.",
	"goal_outputs":   "What forces or others report having done, as published. It never decides a goal.",
	"adaptation":     "One row a signature of adaptation of a campaign or total, with its word.",
	"indicators":     "The measured features behind the signatures, at equal numbers of events, near against far.",
	"specifications": "Every specification of the multiverse that stands for itself: its choices, its estimate, or why it is not valid. Empty without --multiverse. They share the data and are no independent evidence.",
	"windows":        "The comparisons of two stretches of time that the study declares, read off one series alone.",
	"areas":          "Every area as each campaign sees it, with its events by phase.",
	"panel":          "The cells that the methods saw; areas without any event are left out.",
	"rejects":        "Damaged input rows, each with its line and the reason.",
}

// columnMeans says what a column holds, whichever table it is in. A name that
// ends in a language (says_en) is the column's before it.
var columnMeans = map[string]string{
	"id":               "name of the finding or claim, unique in the study",
	"campaign":         "id of the campaign; all: all campaigns together; empty: a total",
	"total":            "id of the total (a country, or all areas); empty: a campaign",
	"name":             "name in the language",
	"text":             "the statement in the language",
	"question":         "inside: within the campaign's area; ring: in a ring around it; net: both together; movement: did activity move; total: a country or everything; for claims also goal and adaptation",
	"ring":             "number of the ring, 1 is nearest; 0: no ring",
	"phase":            "pre, during, post: before, during and after the campaign; wash-in: not assigned; outside: outside the analysis",
	"verdict":          "the headline word",
	"method":           "method: spillover (the headline), its, exact, wdd, did, bsts, sdid, synth, hawkes and others",
	"spec":             "what distinguishes the version of the method; empty: its default",
	"rr":               "rate ratio: events over those expected without the campaign; 1 is no change",
	"low":              "lower end of the 95% interval of the ratio or change",
	"high":             "upper end of it; Inf: unbounded",
	"adj_low":          "lower end of the simultaneous 95% interval over the rings of a campaign, which gives a ring its word; empty: no ring",
	"adj_high":         "upper end of it",
	"p":                "two-sided p value of no change",
	"placebo_p":        "p value among campaigns that did not happen; empty: not asked",
	"holm_p":           "p value after Holm's correction within the goal or signature; empty: it does not vote",
	"se_log":           "standard error of the logarithm of the ratio",
	"df":               "degrees of freedom of the t reference; Inf: normal",
	"fmi":              "share of the information that coarse places and dates took away, 0 to 1; empty: nothing was imputed",
	"observed":         "events in the phase",
	"expected":         "events that the method expects without the campaign",
	"difference":       "observed less expected",
	"difference_low":   "lower end of its 95% interval",
	"difference_high":  "upper end of it",
	"avoided":          "expected less observed; negative: more events than expected",
	"avoided_low":      "lower end of its 95% interval",
	"avoided_high":     "upper end of it",
	"mde_low":          "largest ratio below 1 that would be found in 80% of cases at the two-sided 5% level",
	"mde_high":         "smallest ratio above 1 that would be found",
	"mde":              "smallest change, on the scale of change, that would be found in 80% of cases",
	"events_pre":       "events before the campaign behind the estimate",
	"areas":            "areas that entered the fit",
	"periods":          "periods of the phase",
	"dispersion":       "variance over mean that was used; 1: Poisson",
	"inference":        "where the error comes from: cr2, dispersion, quasi, nb2, hac, exact, placebo, conformal, draws",
	"agree":            "true if every method that answers the question lies on one side of 1",
	"guards":           "codes of the checks that fired on the finding, separated by ;",
	"guard":            "code of the check",
	"status":           "quiet, fired, or blind: it could not run on these data",
	"code":             "code of the sentence",
	"says":             "the sentence of the brief",
	"because":          "why this word and no other",
	"rivals":           "explanations that were not excluded",
	"doubts":           "what makes a stretch of time unusual",
	"refusal":          "why there is no estimate; empty: there is one",
	"warnings":         "codes of warnings, separated by ;",
	"source":           "published source",
	"url":              "its address",
	"expects":          "words of findings that would bear the claim out, separated by ;",
	"outcome":          "of claims: supported, contradicted, not testable; of goals: what was measured",
	"evidence":         "ids of the findings behind the claim, separated by ;",
	"goal":             "id of the goal",
	"opposed":          "true if what was measured moved the other way",
	"predicts":         "sign of the change that the goal or signature implies; -1: a fall",
	"reading":          "supports, opposes, neither (no change beyond chance), compatible, silent, refused",
	"ratio":            "true: change is a ratio; false: a difference",
	"change":           "change after against before, near the campaign against far from it where there is a control",
	"output":           "id of what is reported",
	"first":            "first day",
	"last":             "last day",
	"n":                "of outputs: the published number; of indicators: events in each of the two samples near the campaign",
	"far_n":            "events in each of the two samples far from it",
	"signature":        "id of the signature; context: silent about every signature",
	"indicator":        "code of the indicator",
	"group":            "kind of evidence: spatial, temporal, size, mix",
	"before":           "level before, near the campaign",
	"after":            "level after, near the campaign",
	"far_before":       "level before, far from it",
	"far_after":        "level after, far from it",
	"valid":            "false: the specification is not valid on the data",
	"reason":           "why not, as a code; of rejects: why the row was not used",
	"headline":         "true for the specification behind the headline",
	"least_favourable": "true for the specification that speaks most against the side on which most lie",
	"before_first":     "first day of the stretch before",
	"before_last":      "last day of it",
	"after_first":      "first day of the stretch after",
	"after_last":       "last day of it",
	"events_before":    "events in it",
	"events_after":     "events in it",
	"periods_before":   "whole periods in it",
	"periods_after":    "whole periods in it",
	"area":             "code of the area",
	"country":          "country of the area",
	"lon":              "degrees east of a point in the area",
	"lat":              "degrees north",
	"km2":              "square kilometres; empty: unknown",
	"role":             "inside, ring 1, ring 2, ..., far, or left out of the comparison",
	"km":               "kilometres from the edge of the campaign's area; empty: beyond the table of distances",
	"pre":              "events before the campaign",
	"during":           "events during it",
	"post":             "events after it",
	"period_first":     "first day of the period",
	"period_last":      "last day of it",
	"days":             "days of the period that the data cover",
	"count":            "events in the cell",
	"used":             "false: the cell enters no fit",
	"file":             "input file",
	"line":             "line of the file",
	"column":           "column of the file",
	"detail":           "what was wrong; empty where the terms of the data forbid to show it",
}

// means says what a column holds.
func means(name string) string {
	if m, ok := columnMeans[name]; ok {
		return m
	}
	if choice, ok := strings.CutPrefix(name, "choice_"); ok {
		return "the declared value of the choice " + choice
	}
	base, lang, _ := cutLast(name, "_")
	m := columnMeans[base]
	if m == "" {
		return ""
	}
	return m + " (" + map[string]string{"en": "English", "ar": "Arabic"}[lang] + ")"
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
