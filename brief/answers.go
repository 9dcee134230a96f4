package brief

import (
	"html/template"
	"math"
	"strings"

	"athar"
	"athar/brief/text"
)

var nan = math.NaN()

func known(n athar.Num) bool { return !math.IsNaN(float64(n)) && !math.IsInf(float64(n), 0) }

// interval is the interval that gave a finding its word: for rings, which are
// looked at together, the simultaneous one.
func interval(f athar.Finding) (low, high athar.Num) {
	e := f.Headline
	if f.Question == athar.AskRing && known(e.AdjLow) && e.AdjHigh > 0 {
		return e.AdjLow, e.AdjHigh
	}
	return e.Low, e.High
}

// blind reports whether not even a tenfold change would have been seen; the
// figures of such a detectable effect say nothing more.
func blind(e *athar.Effect) bool {
	return known(e.MDELow) && known(e.MDEHigh) && e.MDELow < 0.1 && e.MDEHigh > 10
}

// estimated reports whether a finding rests on an estimate.
func estimated(f athar.Finding) bool { return f.Headline != nil && f.Headline.Refusal == nil }

// place is the beginning of a sentence about a finding.
func (p *page) place(f athar.Finding, rings []athar.Ring) text.Sentence {
	switch f.Question {
	case athar.AskRing:
		if k := f.Ring; k >= 1 && k <= len(rings) {
			return p.Lang.Say("place.ring", map[string]any{"from": rings[k-1].From, "to": rings[k-1].To})
		}
	}
	return p.Lang.Say("place."+string(f.Question), nil)
}

// answer says a finding in one or two sentences, without its word: the word
// stands before it. No sentence is stronger than the word.
func (p *page) answer(f athar.Finding, rings []athar.Ring) text.Sentence {
	if f.Question == athar.AskMovement || !estimated(f) {
		return p.reasons(f.Because)
	}
	e := f.Headline
	low, high := interval(f)
	args := map[string]any{"place": p.place(f, rings), "observed": e.Observed, "expected": e.Expected, "rr": e.RR,
		"low": low, "high": high, "mde_low": e.MDELow, "mde_high": e.MDEHigh}
	if f.Verdict == athar.Inconclusive && blind(e) {
		return p.Lang.Say("answer.inconclusive-blind", args)
	}
	s := p.Lang.Say("answer."+slug(f.Verdict), args)
	if f.Verdict == athar.NotRobust {
		for _, n := range f.Because {
			if !strings.HasPrefix(n.Code, "because-") {
				s = p.join(s, p.note(n))
			}
		}
	}
	if f.Verdict == athar.Inconclusive || f.Verdict == athar.NotRobust {
		switch {
		case blind(e):
			s = p.join(s, p.Lang.Say("answer.could-not-have-shown", args))
		case known(e.MDELow) && known(e.MDEHigh):
			s = p.join(s, p.Lang.Say("answer.could-have-shown", args))
		}
	}
	return s
}

func (p *page) reasons(notes []athar.Note) text.Sentence {
	var s text.Sentence
	for _, n := range notes {
		s = p.join(s, p.note(n))
	}
	if s == nil {
		return p.Lang.Say("answer.no-reason", nil)
	}
	return s
}

func (p *page) join(a, b text.Sentence) text.Sentence {
	if len(a) == 0 {
		return b
	}
	return append(append(a[:len(a):len(a)], text.Part{Text: " "}), b...)
}

// Answer is one line of the answers at the head of the page.
type Answer struct {
	Phase   string // written; empty for totals
	Verdict athar.Verdict
	Says    template.HTML
	Anchor  string
}

// Answered is one campaign, or all together, with its answers.
type Answered struct {
	Name   athar.Names
	When   template.HTML
	Anchor string
	Lines  []Answer
	Guards []athar.Guard
}

// Answers lists the inside findings of the campaigns for which the head of the
// page has one sentence together.
func (p *page) Answers() []Answered {
	var out []Answered
	for _, g := range p.Groups() {
		if len(g.Campaigns) < 2 {
			continue
		}
		for _, i := range g.Campaigns {
			c := p.Campaigns[i]
			a := Answered{Name: c.Campaign.Name, When: p.when(c.Campaign), Anchor: p.CampaignAnchor(i), Guards: c.Guards}
			for _, f := range c.Findings {
				if f.Question == athar.AskInside {
					a.Lines = append(a.Lines, p.line(f, c.Rings, p.Lang.Word("word", string(f.Phase))))
				}
			}
			out = append(out, a)
		}
	}
	return out
}

func (p *page) line(f athar.Finding, rings []athar.Ring, phase string) Answer {
	return Answer{Phase: phase, Verdict: f.Verdict, Says: p.answer(f, rings).HTML(), Anchor: p.anchors[f.ID]}
}

// when is the time of a campaign in short: from the earliest start to the latest end.
func (p *page) when(c athar.CampaignInfo) template.HTML { return p.whenSaid(c).HTML() }

func (p *page) whenSaid(c athar.CampaignInfo) text.Sentence {
	code := "campaign.when"
	if c.Start.First != c.Start.Last || c.End.First != c.End.Last {
		code = "campaign.when-about"
	}
	return p.Lang.Say(code, map[string]any{"span": athar.Span{First: c.Start.First, Last: c.End.Last}})
}

// judged is the time that a total's question is about.
func (p *page) judged(t athar.TotalReport) template.HTML {
	return template.HTML(template.HTMLEscapeString(p.judgedSaid(t)))
}

func (p *page) judgedSaid(t athar.TotalReport) string {
	var s athar.Span
	for _, q := range t.Periods {
		if q.Phase != athar.During && q.Phase != athar.Post {
			continue
		}
		if s.Last == 0 {
			s.First = q.First
		}
		s.Last = q.Last
	}
	if s.Last == 0 {
		return ""
	}
	return p.Lang.Span(s)
}

// Summary is the brief as plain text for a terminal, in a language: for every campaign one
// line a phase and the names of the checks that fired, then the totals.
func Summary(r *athar.Report, lang string) (string, error) {
	l, err := text.Load(lang)
	if err != nil {
		return "", err
	}
	p := newPage(r, l)
	var b strings.Builder
	say := func(s text.Sentence) { b.WriteString(s.String() + "\n") }
	for _, c := range r.Campaigns {
		for _, f := range c.Findings {
			if f.Question == athar.AskInside {
				say(l.Say("summary.campaign", map[string]any{"name": c.Campaign.Name, "phase": l.Word("word", string(f.Phase)),
					"word": string(f.Verdict), "says": p.answer(f, c.Rings)}))
			}
		}
		var fired []string
		for _, g := range c.Guards {
			if g.Status == athar.Fired {
				fired = append(fired, strings.ToLower(l.Word("guard", g.Code)))
			}
		}
		if len(fired) > 0 {
			b.WriteString("  ")
			say(l.Say("summary.guards", map[string]any{"list": fired}))
		}
	}
	for _, t := range r.Totals {
		for _, f := range t.Findings {
			say(l.Say("summary.total", map[string]any{"name": t.Name, "word": string(f.Verdict), "says": p.answer(f, nil)}))
		}
	}
	return b.String(), nil
}
