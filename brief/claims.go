package brief

import (
	"slices"
	"strconv"
	"strings"

	"athar"
)

// Tallied is an outcome with the number of claims that came to it.
type Tallied struct {
	Outcome string // as a class name
	Says    string
}

// ClaimTally counts the claims by outcome.
func (p *page) ClaimTally() []Tallied {
	var out []Tallied
	for _, o := range []athar.Outcome{athar.Supported, athar.Contradicted, athar.NotTestable} {
		n := 0
		for _, c := range p.Claims {
			if c.Outcome == o {
				n++
			}
		}
		if n > 0 {
			out = append(out, Tallied{slug(o), p.plain("claim.tally-"+slug(o), "n", n)})
		}
	}
	return out
}

// ClaimSources lists the sources of the claims, each once.
func (p *page) ClaimSources() []string {
	var out []string
	for _, c := range p.Claims {
		if c.Source != "" && !slices.Contains(out, c.Source) {
			out = append(out, c.Source)
		}
	}
	return out
}

// SourceNumber is the place of a source in ClaimSources, from 1; "" for none.
func (p *page) SourceNumber(source string) string {
	if source == "" {
		return ""
	}
	return strconv.Itoa(slices.Index(p.ClaimSources(), source) + 1)
}

// EvidenceGroup is the findings behind a claim that answer the same question
// about different campaigns.
type EvidenceGroup struct {
	About string
	Links []EvidenceLink
}

// EvidenceLink is one finding; Anchor is empty if the report does not hold it.
type EvidenceLink struct{ Name, Anchor string }

// Evidence groups the findings behind a claim.
func (p *page) Evidence(c athar.ClaimResult) []EvidenceGroup {
	var out []EvidenceGroup
	for _, id := range c.Evidence {
		about, name := p.findingName(id)
		i := slices.IndexFunc(out, func(g EvidenceGroup) bool { return g.About == about })
		if i < 0 {
			i = len(out)
			out = append(out, EvidenceGroup{About: about})
		}
		out[i].Links = append(out[i].Links, EvidenceLink{name, p.anchors[id]})
	}
	return out
}

// findingName says what a finding is about and whose it is.
func (p *page) findingName(id string) (about, name string) {
	for _, c := range p.Campaigns {
		for _, f := range c.Findings {
			if f.ID == id {
				return p.plain("claim.about", "question", p.where(f, c.Rings), "phase", p.phase(f)), p.Lang.Name(c.Campaign.Name)
			}
		}
	}
	for _, t := range p.Totals {
		for _, f := range t.Findings {
			if f.ID == id {
				return "", p.Lang.Name(t.Name)
			}
		}
	}
	if p.Pooled != nil {
		for _, f := range p.Pooled.Findings {
			if f.ID == id {
				return p.plain("claim.about", "question", p.where(f, p.Pooled.Rings), "phase", p.phase(f)), p.plain("pooled.name")
			}
		}
	}
	if owner, about, ok := strings.Cut(id, "/"); ok {
		kind, what, _ := strings.Cut(about, "/")
		for _, c := range p.Campaigns {
			if c.Campaign.ID != owner {
				continue
			}
			name := p.Lang.Name(c.Campaign.Name)
			if kind == string(athar.AskAdaptation) {
				return p.Lang.Word("signature", what), name
			}
			for _, g := range c.Goals {
				if kind == string(athar.AskGoal) && g.ID == what {
					return p.Lang.Name(g.Name), name
				}
			}
		}
		for _, t := range p.Totals {
			if t.ID == owner && kind == string(athar.AskAdaptation) {
				return p.Lang.Word("signature", what), p.Lang.Name(t.Name)
			}
		}
	}
	return "", id
}
