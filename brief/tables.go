package brief

import (
	"html/template"
	"slices"
	"strings"

	"athar"
)

// Table is a table of written numbers; Head has one entry per column.
type Table struct {
	Head []string
	Rows [][]string
}

func (p *page) head(codes ...string) []string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = p.plain("column." + c)
	}
	return out
}

// FindingRow is one finding in a table or on a card.
type FindingRow struct {
	Anchor    string
	More      []string // anchors of findings joined to this one
	Question  string
	Phase     string
	Verdict   athar.Verdict
	Says      template.HTML
	Estimated bool
	Why       template.HTML // the reason, where there is no estimate

	Ratio      template.HTML
	Observed   string
	Expected   string
	Difference template.HTML
	MDE        template.HTML
	Pointwise  string // of a ring, whose sentence has the simultaneous interval
	EventsPre  string
	P          string
	PlaceboP   string // empty: not asked
	Inference  string

	Because  []athar.Note
	Warnings []athar.Note
	Rivals   []athar.Note
	Guards   []string
}

// FindingGroup is the findings of one campaign or total.
type FindingGroup struct {
	Name   athar.Names
	Anchor string
	Rows   []FindingRow
}

// FindingGroups lists the findings of all campaigns and totals, rings left out.
func (p *page) FindingGroups() []FindingGroup {
	var out []FindingGroup
	for i, c := range p.Campaigns {
		g := FindingGroup{Name: c.Campaign.Name, Anchor: p.CampaignAnchor(i)}
		for _, f := range c.Findings {
			if f.Question != athar.AskRing {
				g.Rows = append(g.Rows, p.row(f, c.Rings))
			}
		}
		out = append(out, g)
	}
	for i, t := range p.Totals {
		g := FindingGroup{Name: t.Name, Anchor: p.TotalAnchor(i)}
		for _, f := range t.Findings {
			g.Rows = append(g.Rows, p.row(f, nil))
		}
		out = append(out, g)
	}
	return out
}

// FindingColumn is the findings of one phase; of a total, which has no phases,
// all.
type FindingColumn struct {
	Phase string
	Rows  []FindingRow
}

// Columns lists every finding of one campaign or total by phase. Neighbours
// that were refused for the same reason share one row, and a rival explanation
// is given once.
func (p *page) Columns(findings []athar.Finding, rings []athar.Ring) []FindingColumn {
	var out []FindingColumn
	for _, f := range findings {
		phase := ""
		if f.Question != athar.AskTotal {
			phase = p.capital(p.phase(f))
		}
		i := slices.IndexFunc(out, func(c FindingColumn) bool { return c.Phase == phase })
		if i < 0 {
			i = len(out)
			out = append(out, FindingColumn{Phase: phase})
		}
		c, r := &out[i], p.row(f, rings)
		if n := len(c.Rows); n > 0 && !r.Estimated && r.Verdict == c.Rows[n-1].Verdict && r.Why == c.Rows[n-1].Why {
			c.Rows[n-1].Question = p.Lang.Value([]string{c.Rows[n-1].Question, r.Question}, "list")
			c.Rows[n-1].More = append(c.Rows[n-1].More, r.Anchor)
			continue
		}
		r.Rivals = slices.DeleteFunc(slices.Clone(r.Rivals), func(n athar.Note) bool {
			return slices.ContainsFunc(c.Rows, func(o FindingRow) bool {
				return slices.ContainsFunc(o.Rivals, func(m athar.Note) bool { return p.note(m).String() == p.note(n).String() })
			})
		})
		c.Rows = append(c.Rows, r)
	}
	return out
}

func (p *page) row(f athar.Finding, rings []athar.Ring) FindingRow {
	l := p.Lang
	r := FindingRow{Anchor: p.anchors[f.ID], Question: p.where(f, rings), Phase: p.phase(f), Verdict: f.Verdict,
		Says: p.answer(f, rings).HTML(), Estimated: estimated(f), Rivals: f.Rivals, Guards: f.Guards}
	if !r.Estimated {
		r.Why = p.reasons(f.Because).HTML()
		return r
	}
	e := f.Headline
	low, high := interval(f)
	r.Ratio = p.ratio(e.RR, low, high)
	r.Observed, r.Expected = l.Number(e.Observed), l.Number(e.Expected)
	// The report counts events avoided; a reader expects observed less expected.
	r.Difference = p.t("figure.counts", "n", -e.Avoided, "low", -e.AvoidedHigh, "high", -e.AvoidedLow)
	r.MDE = p.mde(e)
	r.EventsPre, r.P = l.Count(athar.Num(e.EventsPre)), l.P(e.P)
	if e.PlaceboP != nil {
		r.PlaceboP = l.P(*e.PlaceboP)
	}
	r.Inference = l.Word("inference", e.Inference)
	r.Warnings = e.Warnings
	r.Because = f.Because
	if f.Question == athar.AskRing {
		r.Pointwise = p.between(e.Low, e.High)
		r.Guards = nil // the same as inside
	}
	return r
}

// phase writes the phase of a finding; a total has none but its date.
func (p *page) phase(f athar.Finding) string {
	if f.Question == athar.AskTotal {
		return p.Lang.Word("word", "total")
	}
	return p.Lang.Word("word", string(f.Phase))
}

// EffectTable is every estimate of one campaign or total.
func (p *page) EffectTable(effects []athar.Effect, rings []athar.Ring) Table {
	l := p.Lang
	t := Table{Head: p.head("method", "version", "question", "phase", "ratio", "interval", "p", "observed", "expected", "mde", "inference", "reason")}
	for _, e := range effects {
		f := athar.Finding{Question: e.Question, Ring: e.Ring, Phase: e.Phase}
		reason := ""
		if e.Refusal != nil {
			reason = p.refusal(e.Refusal).String()
		} else if e.Warnings != nil {
			reason = p.reasons(e.Warnings).String()
		}
		if e.Refusal != nil { // the reason says why nothing else stands in the row
			t.Rows = append(t.Rows, []string{p.Method(e.Method), p.spec(e.Spec), p.where(f, rings), p.phase(f), "", "", "", "", "", "", "", reason})
			continue
		}
		t.Rows = append(t.Rows, []string{p.Method(e.Method), p.spec(e.Spec), p.where(f, rings), p.phase(f), l.Ratio(e.RR),
			p.between(e.Low, e.High), l.P(e.P), l.Number(e.Observed), l.Number(e.Expected),
			p.between(e.MDELow, e.MDEHigh), l.Word("inference", e.Inference), reason})
	}
	return t
}

// Term is an entry of the glossary.
type Term struct{ Term, Means string }

// Glossary reads the section [glossary], whose sentences are "term | meaning".
func (p *page) Glossary() []Term {
	var out []Term
	for _, key := range p.Lang.Keys("glossary") {
		term, means, _ := strings.Cut(p.plain("glossary."+key), "|")
		out = append(out, Term{strings.TrimSpace(term), strings.TrimSpace(means)})
	}
	return out
}

// Counted are the data sets whose events the study counts.
func (p *page) Counted() []athar.DataInfo {
	return slices.DeleteFunc(slices.Clone(p.Data), func(d athar.DataInfo) bool { return d.Beside != "" })
}

// Besides are those that are only compared, or hold a negative control.
func (p *page) Besides() []athar.DataInfo {
	return slices.DeleteFunc(slices.Clone(p.Data), func(d athar.DataInfo) bool { return d.Beside == "" })
}

// SourceLine names the data sets that are counted, for captions.
func (p *page) SourceLine() string {
	var names []string
	for _, d := range p.Counted() {
		names = append(names, d.Name)
	}
	return p.listed(names...)
}

// Number is the ordinal of campaign i.
func (p *page) Number(i int) string { return p.Lang.Ordinal(i + 1) }

// Unit is the length of a period, in words.
func (p *page) Unit() string { return p.Lang.Word("unit", p.Study.Unit) }
