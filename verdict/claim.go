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
	Question string // a Question, or none
	About    string
	Campaign string // id, or "all"
	Total    string
	Phase    athar.Phase
	Expects  []athar.Verdict
	Needs    athar.Names
}

// Evidence is all that a claim may be tied to.
type Evidence struct {
	Findings []athar.Finding
	Goals    []CampaignGoal
	// Signatures are those of campaigns and of totals.
	Signatures []PlacedSignature
}

// CampaignGoal is a goal of one campaign.
type CampaignGoal struct {
	Campaign string
	athar.GoalReport
}

// PlacedSignature is a signature in one campaign, or in one total.
type PlacedSignature struct {
	Campaign, Total string
	athar.Signature
}

// stance is what one piece of evidence says about a claim.
type stance int

const (
	silent stance = iota
	yes
	no
)

// evidence is one piece with its stance.
type evidence struct {
	id      string
	word    athar.Verdict
	stance  stance
	because []athar.Note
	guards  int
	// together: about all campaigns at once.
	together bool
}

// Resolve ties a claim to the evidence by fixed rules. One finding supports a
// claim if its word is among the expected ones, contradicts it if its word is
// DECLINE, ESCALATION, NO MATERIAL CHANGE, DISPLACEMENT or DIFFUSION OF
// BENEFITS and is not, and is silent otherwise. A goal or a signature supports
// the expectation that it is PRESENT only by that word and contradicts it only
// if what was measured moved the other way: not to detect a thing is not to
// show its absence. A claim that there was activity at all in the time of a total is
// decided by whether an event was counted. A claim about all campaigns is decided by the finding about
// all of them together where there is one that could tell, and the campaigns' own
// are counted beside it; elsewhere it is supported or contradicted only if no
// campaign says the opposite and at least half of them speak. A claim about one
// is decided by its one piece of evidence.
func Resolve(c Claim, e Evidence) athar.ClaimResult {
	r := athar.ClaimResult{ID: c.ID, Text: c.Text, Source: c.Source, Question: c.Question, Campaign: c.Campaign,
		Area: c.Total, Outcome: athar.NotTestable, Because: []athar.Note{}, Expects: []string{}}
	for _, w := range c.Expects {
		r.Expects = append(r.Expects, string(w))
	}
	list := e.about(c)
	if len(c.Expects) == 0 || c.Question == "none" {
		// A statement that predicts nothing, of an aim for instance, is shown with
		// what was measured about it and decided by none of it.
		for _, x := range list {
			r.Evidence = append(r.Evidence, x.id)
		}
		r.Because = append(r.Because, claimNeeds(c))
		return r
	}
	list, single := split(list)
	n, own := [3]int{}, [3]int{}
	for _, x := range single {
		own[x.stance]++
	}
	for _, x := range list {
		r.Evidence = append(r.Evidence, x.id)
		n[x.stance]++
		if len(list) == 1 {
			if !x.count() { // a count decides by itself: the finding about it may say another word
				r.Because = append(r.Because, note("claim-finding", map[string]any{"word": string(x.word)}))
			}
			r.Because = append(r.Because, x.because...)
			if x.guards > 0 {
				r.Because = append(r.Because, note("claim-guards", map[string]any{"n": x.guards}))
			}
		}
	}
	switch {
	case len(list) == 0:
		r.Because = append(r.Because, note("claim-no-finding", nil))
	case n[yes] > 0 && n[no] == 0 && n[yes] >= n[silent]:
		r.Outcome = athar.Supported
	case n[no] > 0 && n[yes] == 0 && n[no] >= n[silent]:
		r.Outcome = athar.Contradicted
	}
	if len(list) > 1 {
		r.Because = append(r.Because, note("claim-tally", map[string]any{"yes": n[yes], "no": n[no], "silent": n[silent], "n": len(list)}))
	}
	if len(single) > 0 {
		tally := note("claim-campaigns", map[string]any{"yes": own[yes], "no": own[no], "silent": own[silent], "n": len(single)})
		r.Because = slices.Insert(r.Because, min(1, len(r.Because)), tally)
		for _, x := range single {
			r.Evidence = append(r.Evidence, x.id)
		}
	}
	// The page says by which word a claim would be borne out: this one alone does not.
	if r.Outcome == athar.NotTestable && slices.Contains(c.Expects, athar.NotDetected) && slices.ContainsFunc(list, func(x evidence) bool { return x.word == athar.NotDetected }) {
		r.Because = append(r.Because, note("claim-not-detected", nil))
	}
	if r.Outcome == athar.NotTestable && c.Needs.En != "" {
		r.Because = append(r.Because, claimNeeds(c))
	}
	return r
}

// split parts what decides a claim from what is counted beside it: findings
// about all campaigns together decide where any of them could tell. Without one,
// those about single campaigns do.
func split(list []evidence) (decide, beside []evidence) {
	var all []evidence
	for _, x := range list {
		switch {
		case !x.together:
			beside = append(beside, x)
		case x.word != athar.CannotTell:
			all = append(all, x)
		}
	}
	if len(all) == 0 {
		return beside, nil
	}
	return all, beside
}

func claimNeeds(c Claim) athar.Note {
	code := "claim-none"
	switch athar.Question(c.Question) {
	case athar.AskGoal:
		code = "claim-goal"
	case athar.AskAdaptation:
		code = "claim-adaptation"
	}
	return note(code, map[string]any{"about": c.About, "needs": c.Needs})
}

// about picks the evidence that a claim is about.
func (e Evidence) about(c Claim) []evidence {
	var out []evidence
	campaign := func(id string) bool { return id != "" && (c.Campaign == athar.AllCampaigns || id == c.Campaign) }
	switch q := athar.Question(c.Question); q {
	case athar.AskGoal:
		for _, g := range e.Goals {
			if campaign(g.Campaign) && g.ID == c.About {
				out = append(out, evidence{g.Campaign + "/goal/" + g.ID, g.Word, shows(c.Expects, g.Word, g.Opposed), g.Because, 0, false})
			}
		}
	case athar.AskAdaptation:
		for _, s := range e.Signatures {
			id := s.Campaign
			if c.Total != "" {
				id = s.Total
			}
			if (c.Total != "" && s.Total == c.Total || c.Total == "" && campaign(s.Campaign)) && string(s.ID) == c.About {
				out = append(out, evidence{id + "/adaptation/" + string(s.ID), s.Word, shows(c.Expects, s.Word, s.Opposed), s.Because, 0, false})
			}
		}
	default:
		for _, f := range e.Findings {
			if f.Question != q {
				continue
			}
			if q == athar.AskTotal && f.Area != c.Total || q != athar.AskTotal && !(campaign(f.Campaign) && (c.Phase == "" || f.Phase == c.Phase)) {
				continue
			}
			if slices.Contains(c.Expects, athar.Present) || slices.Contains(c.Expects, athar.NotDetected) {
				if x, ok := counted(&f, c.Expects); ok {
					out = append(out, x)
				}
				continue
			}
			s := silent
			switch {
			case slices.Contains(c.Expects, f.Verdict):
				s = yes
			case decided(f.Verdict):
				s = no
			}
			out = append(out, evidence{f.ID, f.Verdict, s, f.Because, len(f.Guards), f.Campaign == athar.AllCampaigns})
		}
	}
	return out
}

// count reports whether x is the evidence of [counted].
func (x evidence) count() bool { return len(x.because) == 1 && x.because[0].Code == "claim-counted" }

// counted is the evidence for a claim that there was activity at all in the time of
// a total, or none: the number of its events, which no model touches.
func counted(f *athar.Finding, expects []athar.Verdict) (evidence, bool) {
	if f.Headline == nil || !(f.Headline.Observed >= 0) {
		return evidence{}, false
	}
	word := athar.Present
	if f.Headline.Observed == 0 {
		word = athar.NotDetected
	}
	x := evidence{id: f.ID, word: word, stance: no, because: []athar.Note{note("claim-counted", map[string]any{"n": f.Headline.Observed})}}
	if slices.Contains(expects, word) {
		x.stance = yes
	}
	return x, true
}

// shows is the stance of a goal or signature.
func shows(expects []athar.Verdict, word athar.Verdict, opposed bool) stance {
	present := slices.Contains(expects, athar.Present)
	absent := slices.Contains(expects, athar.NotDetected)
	switch {
	case word == athar.Present && present, opposed && absent:
		return yes
	case word == athar.Present && absent, opposed && present:
		return no
	case slices.Contains(expects, word) && word != athar.NotDetected:
		return yes // MIXED or NOT IDENTIFIABLE where the claim says so
	}
	return silent
}

func decided(v athar.Verdict) bool {
	switch v {
	case athar.Decline, athar.Escalation, athar.NoMaterialChange, athar.Displacement, athar.Diffusion:
		return true
	}
	return false
}
