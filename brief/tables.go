package brief

import (
	"html/template"
	"slices"
	"strings"

	"athar"
)

// Table is a table of written numbers; Head has one entry per column. A row of one
// cell is the heading of those after it.
type Table struct {
	Head []string
	Rows [][]string
	Whys []string // reasons that rows give by number

	said [][]string // the sentences of each row's reason, until [page.closed]
}

// add appends a row whose last column, its reason, is sentences.
func (t *Table) add(why []string, row ...string) {
	t.Rows, t.said = append(t.Rows, row), append(t.said, why)
}

// Answers is the number of rows without headings.
func (t Table) Answers() int {
	n := 0
	for _, row := range t.Rows {
		if len(row) > 1 {
			n++
		}
	}
	return n
}

// closed fills the column of reasons. Where many rows share a sentence, each
// sentence is written once, below the table, and rows have its number.
func (p *page) closed(t Table) Table {
	n, most := map[string]int{}, 0
	for _, why := range t.said {
		for _, s := range why {
			n[s]++
			most = max(most, n[s])
		}
	}
	number := map[string]string{}
	for i, why := range t.said {
		if len(t.Rows[i]) == 1 {
			continue
		}
		separator := " "
		if most > 2 {
			separator = p.Lang.Word("language", "comma") + " "
			why = slices.Clone(why)
			for k, s := range why {
				if number[s] == "" {
					t.Whys = append(t.Whys, s)
					number[s] = p.Lang.Ordinal(len(t.Whys))
				}
				why[k] = number[s]
			}
		}
		t.Rows[i] = append(t.Rows[i], strings.Join(why, separator))
	}
	t.said = nil
	return t
}

// gathered makes one note of those that say the same of several names.
func (p *page) gathered(notes []athar.Note) []athar.Note {
	names, at := map[string][]string{}, map[string]int{}
	var out []athar.Note
	for _, n := range notes {
		name, ok := n.Args["name"]
		if !ok || len(n.Args) > 1 || !p.Lang.Has("note."+n.Code+"-several") {
			out = append(out, n)
			continue
		}
		if names[n.Code] == nil {
			at[n.Code] = len(out)
			out = append(out, n)
		}
		names[n.Code] = append(names[n.Code], p.Lang.Value(name, "name"))
	}
	for code, list := range names {
		if len(list) > 1 {
			out[at[code]] = athar.NewNote(code+"-several", "names", list)
		}
	}
	return out
}

// sentences writes notes one by one, each once.
func (p *page) sentences(notes ...athar.Note) []string {
	var out []string
	for _, n := range p.gathered(notes) {
		if s := p.note(n).String(); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// refused writes a refusal sentence by sentence.
func (p *page) refused(r *athar.Refusal) []string {
	if r.Remedy != nil {
		return p.sentences(r.Reason, *r.Remedy)
	}
	return p.sentences(r.Reason)
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

// EffectTable is every estimate of one campaign or total, under the method and
// version that gave it.
func (p *page) EffectTable(effects []athar.Effect, rings []athar.Ring) Table {
	l := p.Lang
	t := Table{Head: p.head("question", "phase", "ratio", "interval", "p", "observed", "expected", "mde", "inference", "reason")}
	group := ""
	for _, e := range effects {
		name := p.Method(e.Method)
		if s := p.spec(e.Spec); s != "" {
			name = p.listed(name, s)
		}
		if name != group {
			t.add(nil, name)
			group = name
		}
		f := athar.Finding{Question: e.Question, Ring: e.Ring, Phase: e.Phase}
		if e.Refusal != nil { // the reason says why nothing else stands in the row
			t.add(p.refused(e.Refusal), p.where(f, rings), p.phase(f), "", "", "", "", "", "", "")
			continue
		}
		t.add(p.sentences(e.Warnings...), p.where(f, rings), p.phase(f), l.Ratio(e.RR),
			p.between(e.Low, e.High), l.P(e.P), l.Number(e.Observed), l.Number(e.Expected),
			p.between(e.MDELow, e.MDEHigh), l.Word("inference", e.Inference))
	}
	return p.closed(t)
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
