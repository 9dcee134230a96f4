package verdict

import (
	"slices"

	"athar"
)

// Claim is a claim as the verdict needs it.
type Claim struct {
	ID       string
	Text     athar.Names
	Source   string
	Question string // a Question, or goal, adaptation, none
	About    string
	Campaign string // id, or "all"
	Total    string
	Phase    athar.Phase
	Expects  []athar.Verdict
	Needs    athar.Names
}

// Resolve ties a claim to its findings by fixed rules. One finding supports a
// claim if its word is among the expected ones, contradicts it if its word is
// DECLINE, ESCALATION, NO MATERIAL CHANGE, DISPLACEMENT or DIFFUSION OF
// BENEFITS and is not, and is silent otherwise. A claim about all campaigns is
// supported or contradicted only if no campaign says the opposite and at least
// half of them speak; a claim about one is decided by its one finding.
func Resolve(c Claim, findings []athar.Finding) athar.ClaimResult {
	r := athar.ClaimResult{ID: c.ID, Text: c.Text, Source: c.Source, Question: c.Question, Campaign: c.Campaign,
		Area: c.Total, Outcome: athar.NotTestable, Because: []athar.Note{}, Expects: []string{}}
	for _, w := range c.Expects {
		r.Expects = append(r.Expects, string(w))
	}
	switch c.Question {
	case "none", "goal", "adaptation":
		r.Because = append(r.Because, note("claim-"+c.Question, map[string]any{"about": c.About, "needs": c.Needs}))
		return r
	}
	var relevant []athar.Finding
	for _, f := range findings {
		ok := string(f.Question) == c.Question
		if f.Question == athar.AskTotal {
			ok = ok && f.Area == c.Total
		} else {
			ok = ok && (c.Campaign == "all" || f.Campaign == c.Campaign) && (c.Phase == "" || f.Phase == c.Phase)
		}
		if ok {
			relevant = append(relevant, f)
		}
	}
	yes, no, silent := 0, 0, 0
	for _, f := range relevant {
		r.Evidence = append(r.Evidence, f.ID)
		switch {
		case slices.Contains(c.Expects, f.Verdict):
			yes++
		case decided(f.Verdict):
			no++
		default:
			silent++
		}
		if len(relevant) == 1 {
			r.Because = append(r.Because, note("claim-finding", map[string]any{"word": string(f.Verdict)}))
			r.Because = append(r.Because, f.Because...)
			if n := len(f.Guards); n > 0 {
				r.Because = append(r.Because, note("claim-guards", map[string]any{"n": n}))
			}
		}
	}
	args := map[string]any{"yes": yes, "no": no, "silent": silent, "n": len(relevant)}
	switch {
	case len(relevant) == 0:
		r.Because = append(r.Because, note("claim-no-finding", nil))
	case yes > 0 && no == 0 && yes >= silent:
		r.Outcome = athar.Supported
	case no > 0 && yes == 0 && no >= silent:
		r.Outcome = athar.Contradicted
	}
	if len(relevant) > 1 {
		r.Because = append(r.Because, note("claim-tally", args))
	}
	return r
}

func decided(v athar.Verdict) bool {
	switch v {
	case athar.Decline, athar.Escalation, athar.NoMaterialChange, athar.Displacement, athar.Diffusion:
		return true
	}
	return false
}
