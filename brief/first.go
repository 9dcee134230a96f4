package brief

import (
	"html/template"
	"slices"

	"athar"
	"athar/brief/figure"
)

// grammar is the order in which words are listed: what says most comes first.
var grammar = []athar.Verdict{athar.Decline, athar.Escalation, athar.NoMaterialChange, athar.NotRobust, athar.Inconclusive, athar.CannotTell, athar.NotIdentifiable}

func rank(v athar.Verdict) int {
	if i := slices.Index(grammar, v); i >= 0 {
		return i
	}
	return len(grammar)
}

// Lede is one sentence at the head of the page: what several campaigns, all
// together, or several totals have in common is said once.
type Lede struct {
	About  string
	Anchor string
	Of     int          // sets of checks counted in Marks
	Marks  []GuardGroup // the checks that fired or could not run
	Parts  []LedePart
}

// LedePart is a word with its sentence.
type LedePart struct {
	Phase   string // empty where the sentence names it
	Verdict athar.Verdict
	Anchor  string
	Says    template.HTML
}

// phases are the inside findings of one campaign, during and after; nil where the
// question was not asked.
type phases struct{ during, post *athar.Finding }

func insideOf(list []athar.Finding) (w phases) {
	for i := range list {
		switch f := &list[i]; {
		case f.Question != athar.AskInside:
		case f.Phase == athar.During:
			w.during = f
		case f.Phase == athar.Post:
			w.post = f
		}
	}
	return w
}

// pair is what a campaign has in common with others: its words. A phase that was
// not asked about does not set campaigns apart.
func (w phases) pair() [2]athar.Verdict {
	switch {
	case w.during == nil && w.post == nil:
		return [2]athar.Verdict{}
	case w.during == nil:
		return [2]athar.Verdict{w.post.Verdict, w.post.Verdict}
	case w.post == nil:
		return [2]athar.Verdict{w.during.Verdict, w.during.Verdict}
	}
	return [2]athar.Verdict{w.during.Verdict, w.post.Verdict}
}

// AnswerGroup is the campaigns whose words are the same, in the order of the report.
type AnswerGroup struct {
	Words     [2]athar.Verdict // during, after
	Campaigns []int
}

// Groups sorts the campaigns by their words, those that say most first.
func (p *page) Groups() []AnswerGroup {
	var out []AnswerGroup
	for i, c := range p.Campaigns {
		w := insideOf(c.Findings).pair()
		if w == [2]athar.Verdict{} {
			continue
		}
		k := slices.IndexFunc(out, func(g AnswerGroup) bool { return g.Words == w })
		if k < 0 {
			k = len(out)
			out = append(out, AnswerGroup{Words: w})
		}
		out[k].Campaigns = append(out[k].Campaigns, i)
	}
	slices.SortStableFunc(out, func(a, b AnswerGroup) int {
		if d := rank(a.Words[0]) - rank(b.Words[0]); d != 0 {
			return d
		}
		return rank(a.Words[1]) - rank(b.Words[1])
	})
	return out
}

// Ledes are the sentences at the head of the page: the campaigns, grouped by
// their words; all of them together; the totals, grouped.
func (p *page) Ledes() []Lede {
	var out []Lede
	for _, g := range p.Groups() {
		var sets [][]athar.Guard
		for _, i := range g.Campaigns {
			sets = append(sets, p.Campaigns[i].Guards)
		}
		l := Lede{About: p.plain("lede.campaigns", "n", len(g.Campaigns)), Anchor: "overview", Of: len(sets), Marks: p.tally(sets)}
		if len(g.Campaigns) == 1 {
			i := g.Campaigns[0]
			c := p.Campaigns[i]
			l.About, l.Anchor = p.Lang.Name(c.Campaign.Name), p.CampaignAnchor(i)
			l.Parts = p.inWords(c.Findings, c.Rings)
		} else {
			l.Parts = p.common("lede.where-campaigns", map[string]any{"n": len(g.Campaigns), "all": len(p.Campaigns)}, g.Words, "lede.when-", "#overview")
		}
		out = append(out, l)
	}
	if r := p.Pooled; r != nil {
		l := Lede{About: p.plain("pooled.name"), Anchor: pooledAnchor, Of: 1, Marks: p.tally([][]athar.Guard{r.Guards}), Parts: p.inWords(r.Findings, r.Rings)}
		out = append(out, l)
	}
	var order []athar.Verdict
	in := map[athar.Verdict][]int{}
	for i, t := range p.Totals {
		if len(t.Findings) == 0 {
			continue
		}
		v := t.Findings[0].Verdict
		if in[v] == nil {
			order = append(order, v)
		}
		in[v] = append(in[v], i)
	}
	slices.SortStableFunc(order, func(a, b athar.Verdict) int { return rank(a) - rank(b) })
	for _, v := range order {
		list := in[v]
		var sets [][]athar.Guard
		for _, i := range list {
			sets = append(sets, p.Totals[i].Guards)
		}
		l := Lede{About: p.plain("page.totals"), Anchor: "totals", Of: len(sets), Marks: p.tally(sets)}
		if len(list) == 1 {
			t := p.Totals[list[0]]
			l.About, l.Anchor = p.Lang.Name(t.Name), p.TotalAnchor(list[0])
			for _, f := range t.Findings {
				l.Parts = append(l.Parts, LedePart{Verdict: f.Verdict, Anchor: "#" + p.anchors[f.ID], Says: p.answer(f, nil).HTML()})
			}
		} else {
			var names []string
			for _, i := range list {
				names = append(names, p.Lang.Name(p.Totals[i].Name))
			}
			l.Parts = p.common("lede.where-totals", map[string]any{"list": names}, [2]athar.Verdict{v, v}, "lede.over-", "#totals")
		}
		out = append(out, l)
	}
	return out
}

// common is what several findings share, in a sentence without numbers: those
// stand in the figure below it.
func (p *page) common(where string, args map[string]any, w [2]athar.Verdict, when, anchor string) []LedePart {
	part := func(v athar.Verdict, phase string) LedePart {
		args := map[string]any{"where": p.Lang.Say(where, args), "when": p.Lang.Say(when+phase, nil)}
		return LedePart{Verdict: v, Anchor: anchor, Says: p.Lang.Say("lede."+slug(v), args).HTML()}
	}
	if w[0] == w[1] {
		return []LedePart{part(w[0], "both")}
	}
	return []LedePart{part(w[0], "during"), part(w[1], "post")}
}

// InWords is what campaign i's own section says first.
func (p *page) InWords(i int) []LedePart {
	return p.inWords(p.Campaigns[i].Findings, p.Campaigns[i].Rings)
}

// inWords is the sentence of each phase, with its numbers.
func (p *page) inWords(list []athar.Finding, rings []athar.Ring) []LedePart {
	var out []LedePart
	w := insideOf(list)
	for _, f := range []*athar.Finding{w.during, w.post} {
		if f == nil {
			continue
		}
		out = append(out, LedePart{p.capital(p.phase(*f)), f.Verdict, "#" + p.anchors[f.ID], p.answer(*f, rings).HTML()})
	}
	return out
}

// Overview is the first figure: every campaign, all together and the totals, with
// the checks before the words.
type Overview struct {
	Axis template.HTML
	Rows []OverviewRow
	Band bool
	Table
}

// OverviewRow is one campaign or total in the overview.
type OverviewRow struct {
	Key    string // what other figures call it
	Name   athar.Names
	Anchor string
	When   template.HTML
	First  bool // begins a new part
	Marks  []GuardGroup
	SVG    template.HTML // empty if nothing was estimated

	Answers []OverviewAnswer
}

// OverviewAnswer is the answer for one phase.
type OverviewAnswer struct {
	Phase   string
	Hollow  bool
	Verdict athar.Verdict
	Anchor  string
	Counts  template.HTML
	Ratio   template.HTML
	Refused template.HTML
}

// Overview compares the inside findings of all campaigns, during and after, and
// the totals. Campaigns stand in groups of equal words.
func (p *page) Overview() Overview {
	type item struct {
		row      OverviewRow
		findings []athar.Finding
		rings    []athar.Ring
	}
	var items []item
	for _, g := range p.Groups() {
		for k, i := range g.Campaigns {
			c := p.Campaigns[i]
			var list []athar.Finding
			for _, f := range c.Findings {
				if f.Question == athar.AskInside {
					list = append(list, f)
				}
			}
			items = append(items, item{OverviewRow{Key: p.CampaignAnchor(i), Name: c.Campaign.Name, Anchor: p.CampaignAnchor(i), When: p.when(c.Campaign),
				First: k == 0, Marks: p.Strip(c.Guards)}, list, c.Rings})
		}
	}
	if r := p.Pooled; r != nil {
		var list []athar.Finding
		for _, f := range r.Findings {
			if f.Question == athar.AskInside {
				list = append(list, f)
			}
		}
		items = append(items, item{OverviewRow{Key: pooledAnchor, Name: p.PooledName(), Anchor: pooledAnchor, When: p.t("pooled.of", "n", len(r.Campaigns)),
			First: true, Marks: p.Strip(r.Guards)}, list, r.Rings})
	}
	for i, t := range p.Totals {
		items = append(items, item{OverviewRow{Key: p.TotalAnchor(i), Name: t.Name, Anchor: p.TotalAnchor(i), When: p.judged(t), First: i == 0,
			Marks: p.Strip(p.InTotal(t.Guards))}, t.Findings, nil})
	}

	var values []float64
	for _, it := range items {
		for _, f := range it.findings {
			if e := f.Headline; estimated(f) {
				low, high := interval(f)
				values = append(values, float64(e.RR), float64(low), float64(high))
			}
		}
	}
	scale := figure.RatioScale(16, values...)
	bandLow, bandHigh := p.band()
	l := p.Lang
	out := Overview{Axis: p.axis(scale), Band: known(athar.Num(bandLow)), Table: Table{Head: p.head("campaign", "phase", "word", "ratio", "interval",
		"observed", "expected", "mde", "events", "p", "inference")}}
	for _, it := range items {
		row := it.row
		track := figure.Track{Scale: scale, Ticks: scale.Ticks(), BandLow: bandLow, BandHigh: bandHigh, MDELow: nan, MDEHigh: nan}
		name := l.Name(row.Name)
		for _, f := range it.findings {
			phase := p.phase(f)
			a := OverviewAnswer{Phase: phase, Hollow: f.Phase == athar.Post && f.Question != athar.AskTotal, Verdict: f.Verdict, Anchor: p.anchors[f.ID]}
			cells := []string{name, phase, p.verdict(f.Verdict)}
			if e := f.Headline; estimated(f) {
				low, high := interval(f)
				a.Ratio = p.ratio(e.RR, low, high)
				a.Counts = p.t("lede.counts", "observed", e.Observed, "expected", e.Expected)
				track.Marks = append(track.Marks, figure.Interval{RR: float64(e.RR), Low: float64(low), High: float64(high), AdjLow: nan, AdjHigh: nan,
					MDELow: float64(e.MDELow), MDEHigh: float64(e.MDEHigh), Hollow: a.Hollow, Class: class(f.Verdict), Title: p.tip(name+", "+phase, e.RR, low, high)})
				cells = append(cells, l.Ratio(e.RR), p.between(low, high), l.Number(e.Observed), l.Number(e.Expected),
					p.between(e.MDELow, e.MDEHigh), l.Count(athar.Num(e.EventsPre)), l.P(e.P), l.Word("inference", e.Inference))
			} else {
				why := p.reasons(f.Because)
				a.Refused = why.HTML()
				none := l.Ratio(athar.Num(nan))
				cells = append(cells, none, none, none, none, none, none, none, why.String())
			}
			row.Answers = append(row.Answers, a)
			out.Table.Rows = append(out.Table.Rows, cells)
		}
		if n := len(row.Answers); n == 2 && row.Answers[0].Refused != "" && row.Answers[0].Refused == row.Answers[1].Refused && row.Answers[0].Verdict == row.Answers[1].Verdict {
			row.Answers = row.Answers[:1]
			row.Answers[0].Phase = ""
		}
		if track.Marks != nil {
			track.Height = float64(12 + 18*len(track.Marks))
			row.SVG = track.SVG()
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}
