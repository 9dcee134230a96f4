package brief

import (
	"html/template"
	"slices"
	"strconv"
	"strings"

	"athar"
	"athar/brief/figure"
	"athar/brief/text"
)

// Tally counts words of the grammar.
type Tally struct {
	Words []struct {
		Verdict athar.Verdict
		N       int
	}
}

// tally counts words of the grammar in a fixed order.
func tally(order []athar.Verdict, has []athar.Verdict) Tally {
	var out Tally
	for _, v := range order {
		n := 0
		for _, w := range has {
			if w == v {
				n++
			}
		}
		if n > 0 {
			out.Words = append(out.Words, struct {
				Verdict athar.Verdict
				N       int
			}{v, n})
		}
	}
	return out
}

// presence are the words of goals and signatures, in the order of tallies.
var presence = []athar.Verdict{athar.Present, athar.Mixed, athar.NotDetected, athar.NotIdentifiable}

// WordMatrix is words by campaign and by what was asked of each.
type WordMatrix struct {
	Columns []WordColumn
	Rows    []WordRow
	Whys    []template.HTML // the reasons that cells point to, by number from 1
	Means   []WordMeaning   // of the words in it
}

// WordMeaning is a word with what it means.
type WordMeaning struct {
	Verdict athar.Verdict
	Means   string
}

// WordColumn is one goal or signature.
type WordColumn struct {
	Name  string
	Other string // in the other language
	Tally Tally
	Needs []athar.Note // what would carry it where it is not identifiable
}

// WordRow is one campaign or total.
type WordRow struct {
	Name   athar.Names
	Anchor string
	Cells  []WordCell // one a column
}

// WordCell is the word of one campaign on one goal or signature.
type WordCell struct {
	Asked   bool // false: the campaign did not state the goal
	Verdict athar.Verdict
	Opposed bool
	Detail  string // how much evidence the word rests on
	Why     int    // the reason's number in Whys; 0: none
}

// whys numbers reasons in the order in which they come up.
func (m *WordMatrix) why(s text.Sentence) int {
	if len(s) == 0 {
		return 0
	}
	h := s.HTML()
	if i := slices.Index(m.Whys, h); i >= 0 {
		return i + 1
	}
	m.Whys = append(m.Whys, h)
	return len(m.Whys)
}

// finish counts the words and explains those that occur, from a section of the
// catalogue.
func (p *page) finish(m *WordMatrix, meanings string) *WordMatrix {
	occurs := map[athar.Verdict]bool{}
	for k := range m.Columns {
		var has []athar.Verdict
		for _, r := range m.Rows {
			if c := r.Cells[k]; c.Asked {
				has = append(has, c.Verdict)
				occurs[c.Verdict] = true
			}
		}
		m.Columns[k].Tally = tally(presence, has)
	}
	for _, v := range presence {
		if occurs[v] {
			m.Means = append(m.Means, WordMeaning{v, p.plain(meanings + "." + slug(v))})
		}
	}
	return m
}

// goalIDs lists the goals of all campaigns in the order in which they come up.
func (p *page) goalIDs() (ids []string, names []athar.Names) {
	for _, c := range p.Campaigns {
		for _, g := range c.Goals {
			if !slices.Contains(ids, g.ID) {
				ids, names = append(ids, g.ID), append(names, p.goalName(g))
			}
		}
	}
	return ids, names
}

// goalName is the name that the study gives a goal, or the catalogue's.
func (p *page) goalName(g athar.GoalReport) athar.Names {
	if g.Name.En == "" && g.Name.Ar == "" {
		return athar.Names{En: p.Lang.Word("goal", g.ID)}
	}
	return g.Name
}

// Asked is the tally of one goal or signature at the head of the page.
type Asked struct {
	Asked  template.HTML
	Anchor string
	Tally
}

// AlsoAsked tallies goals and signatures, for the head of the page.
func (p *page) AlsoAsked() []Asked {
	var out []Asked
	for _, part := range []struct {
		m            *WordMatrix
		code, anchor string
	}{{p.Goals(), "goals.asked", "goals"}, {p.Adaptations(), "adaptation.asked", "adaptation"}} {
		if part.m == nil {
			continue
		}
		for _, c := range part.m.Columns {
			out = append(out, Asked{p.t(part.code, "name", c.Name), part.anchor, c.Tally})
		}
	}
	return out
}

// CampaignLinks are the words of campaign i's goals and signatures, for its own
// section.
func (p *page) CampaignLinks(i int) []Asked {
	c := p.Campaigns[i]
	var out []Asked
	var words []athar.Verdict
	for _, g := range c.Goals {
		words = append(words, g.Word)
	}
	if words != nil {
		out = append(out, Asked{p.t("goals.title"), p.GoalsAnchor(i), tally(presence, words)})
	}
	if c.Adaptation != nil {
		n := 0
		words = nil
		for _, d := range p.Campaigns[:i] {
			if d.Adaptation != nil {
				n++
			}
		}
		for _, s := range c.Adaptation.Signatures {
			words = append(words, s.Word)
		}
		out = append(out, Asked{p.t("adaptation.title"), p.adapted()[n].anchor, tally(presence, words)})
	}
	return out
}

// Goals is the matrix of campaigns by goals; nil where no campaign has one.
func (p *page) Goals() *WordMatrix {
	ids, names := p.goalIDs()
	if ids == nil {
		return nil
	}
	m := &WordMatrix{}
	for _, n := range names {
		m.Columns = append(m.Columns, WordColumn{Name: p.Lang.Name(n), Other: p.Lang.OtherName(n)})
	}
	for i, c := range p.Campaigns {
		if c.Goals == nil {
			continue
		}
		r := WordRow{Name: c.Campaign.Name, Anchor: p.GoalsAnchor(i), Cells: make([]WordCell, len(ids))}
		for _, g := range c.Goals {
			k := slices.Index(ids, g.ID)
			answered := 0
			for _, o := range g.Outcomes {
				if p.answered(o) {
					answered++
				}
			}
			cell := WordCell{Asked: true, Verdict: g.Word, Opposed: g.Opposed}
			if len(g.Outcomes) > 0 {
				cell.Detail = p.plain("goals.answered", "n", answered, "of", len(g.Outcomes))
			}
			if g.Word == athar.NotIdentifiable {
				cell.Why = m.why(p.why(g))
				for _, n := range g.Needs {
					if !slices.ContainsFunc(m.Columns[k].Needs, func(o athar.Note) bool { return p.note(o).String() == p.note(n).String() }) {
						m.Columns[k].Needs = append(m.Columns[k].Needs, n)
					}
				}
			}
			r.Cells[k] = cell
		}
		m.Rows = append(m.Rows, r)
	}
	return p.finish(m, "goal-word")
}

// why is the reason why a goal is not identifiable: those of its outcomes, or
// what the report gives.
func (p *page) why(g athar.GoalReport) text.Sentence {
	var out text.Sentence
	for _, o := range g.Outcomes {
		r := p.outcome(o).why
		if len(r) > 0 {
			out = p.join(out, p.Lang.Say("goals.outcome-why", map[string]any{"outcome": p.outcomeName(o), "why": r}))
		}
	}
	if out == nil && g.Because != nil {
		return p.reasons(g.Because)
	}
	return out
}

// outcomeRefusal is why an outcome has no answer; nil if it has one, or if its
// finding says why.
func outcomeRefusal(o athar.OutcomeIndicator) *athar.Refusal {
	switch {
	case o.Refusal != nil:
		return o.Refusal
	case o.Indicator != nil:
		return o.Indicator.Refusal
	}
	return nil
}

// answered reports whether an outcome has an estimate.
func (p *page) answered(o athar.OutcomeIndicator) bool {
	if outcomeRefusal(o) != nil {
		return false
	}
	return o.Finding != nil && estimated(*o.Finding) || o.Finding == nil && o.Indicator != nil && tested(*o.Indicator)
}

// tested reports whether a change came with an interval or a p value: without
// either it answers nothing.
func tested(d athar.Indicator) bool {
	return known(d.Change) && (known(d.P) || known(d.Low) && known(d.High))
}

// GoalsAnchor is the element id of campaign i's goals.
func (p *page) GoalsAnchor(i int) string { return "goals-" + strconv.Itoa(i+1) }

// Evidence is one goal of one campaign: what was done, what should follow and
// did or did not.
type Evidence struct {
	Name     athar.Names
	Verdict  athar.Verdict
	Opposed  bool
	Because  []athar.Note
	Outputs  []OutputRow
	Outcomes []OutcomeRow
	Rivals   []athar.Note // those that this goal does not share with all others
	Needs    []athar.Note
}

// OutputRow is one thing that is reported as done.
type OutputRow struct {
	Name    string
	Values  []OutputFigure
	Events  string // events of that kind in the data; empty: not counted
	Because []athar.Note
}

// OutputFigure is one published figure.
type OutputFigure struct {
	N      string
	When   string
	Source athar.SourceRef
}

// OutcomeRow is one thing that should follow.
type OutcomeRow struct {
	Name     string
	Predicts template.HTML
	Reading  athar.Reading
	Verdict  athar.Verdict // of a finding; empty for an indicator
	Estimate template.HTML
	MDE      template.HTML
	Detail   template.HTML // p and number of events
	Refused  template.HTML
	Notes    []athar.Note

	why text.Sentence // Refused as a sentence
}

// GoalDetail is one campaign's evidence.
type GoalDetail struct {
	Name   athar.Names
	Anchor string
	Rows   []Evidence
	Words  []WordCell
	Rivals []athar.Note // shared by all of its goals
	Lags   *Multiples
}

// GoalDetails lists the evidence of every campaign that has goals.
func (p *page) GoalDetails() []GoalDetail {
	var out []GoalDetail
	for i, c := range p.Campaigns {
		if c.Goals == nil {
			continue
		}
		d := GoalDetail{Name: c.Campaign.Name, Anchor: p.GoalsAnchor(i)}
		same := func(n athar.Note) func(athar.Note) bool {
			return func(o athar.Note) bool { return p.note(o).String() == p.note(n).String() }
		}
		if len(c.Goals) > 1 {
			for _, n := range c.Goals[0].Rivals {
				if !slices.ContainsFunc(c.Goals, func(g athar.GoalReport) bool { return !slices.ContainsFunc(g.Rivals, same(n)) }) {
					d.Rivals = append(d.Rivals, n)
				}
			}
		}
		for _, g := range c.Goals {
			e := Evidence{Name: p.goalName(g), Verdict: g.Word, Opposed: g.Opposed, Because: g.Because, Needs: g.Needs}
			for _, n := range g.Rivals {
				if !slices.ContainsFunc(d.Rivals, same(n)) {
					e.Rivals = append(e.Rivals, n)
				}
			}
			for _, o := range g.Outputs {
				e.Outputs = append(e.Outputs, p.output(o))
			}
			for _, o := range g.Outcomes {
				e.Outcomes = append(e.Outcomes, p.outcome(o))
			}
			d.Rows = append(d.Rows, e)
			d.Words = append(d.Words, WordCell{Asked: true, Verdict: g.Word})
		}
		d.Lags = p.lags(d.Anchor+"-lags", c)
		out = append(out, d)
	}
	return out
}

func (p *page) output(o athar.Output) OutputRow {
	r := OutputRow{Name: p.Lang.Name(o.Name), Because: o.Because}
	if r.Name == "" {
		r.Name = o.ID
	}
	for _, v := range o.Values {
		r.Values = append(r.Values, OutputFigure{N: p.Lang.Number(v.N), When: p.Lang.Span(v.When), Source: v.Source})
	}
	if o.Events != nil {
		r.Events = p.Lang.Count(*o.Events)
	}
	return r
}

// outcomeName is what an outcome counts: as the study says it, or the measure.
func (p *page) outcomeName(o athar.OutcomeIndicator) string {
	if n := p.Lang.Name(o.Name); n != "" {
		return n
	}
	return p.Lang.Word("outcome", o.ID)
}

func (p *page) predicts(sign int) template.HTML {
	switch {
	case sign < 0:
		return p.t("predicts.fall")
	case sign > 0:
		return p.t("predicts.rise")
	}
	return p.t("predicts.none")
}

func (p *page) outcome(o athar.OutcomeIndicator) OutcomeRow {
	r := OutcomeRow{Name: p.outcomeName(o), Predicts: p.predicts(o.Predicts), Reading: o.Reading}
	switch f, d := o.Finding, o.Indicator; {
	case outcomeRefusal(o) != nil:
		r.why = p.refusal(outcomeRefusal(o))
	case f != nil && !estimated(*f):
		r.Verdict, r.why = f.Verdict, p.reasons(f.Because)
	case f != nil:
		e := f.Headline
		low, high := interval(*f)
		r.Verdict, r.Estimate, r.MDE = f.Verdict, p.ratio(e.RR, low, high), p.mde(e)
		r.Detail = p.t("goals.finding-detail", "phase", p.capital(p.phase(*f)), "observed", e.Observed, "expected", e.Expected, "p", e.P, "holm", o.HolmP)
		if f.Verdict == athar.NotRobust {
			r.Notes = f.Because
		}
	case d != nil && known(d.Change) && !tested(*d):
		r.why = p.Lang.Say("goals.untested", map[string]any{"change": p.written(*d, d.Change), "n": d.N})
		for _, w := range d.Warnings {
			r.why = p.join(r.why, p.note(w))
		}
	case d != nil && tested(*d):
		r.Estimate, r.MDE = p.change(*d), p.changeMDE(*d)
		r.Detail = p.t("goals.indicator-detail", "n", d.N, "p", d.P, "holm", o.HolmP)
		r.Notes = d.Warnings
	default:
		r.why = p.reasons(nil)
	}
	if r.why != nil {
		r.Reading, r.Refused = athar.Refused, r.why.HTML()
	}
	return r
}

// GoalFigure is the outcomes of one goal by campaign: a row a campaign, a
// column an outcome.
type GoalFigure struct {
	ID      string
	Goal    string
	Class   string // how many columns
	Columns []GoalOutcome
	Rows    []GoalFigureRow
	Band    bool
	Diff    bool // some column is a difference, not a ratio
	Table
}

// GoalOutcome is a column.
type GoalOutcome struct {
	Name     string
	Predicts template.HTML
	Axis     template.HTML
}

// GoalFigureRow is a campaign.
type GoalFigureRow struct {
	Name   athar.Names
	Anchor string
	Cells  []GoalFigureCell
}

// GoalFigureCell is an estimate, or why there is none.
type GoalFigureCell struct {
	Label    string
	SVG      template.HTML
	Estimate template.HTML
	Refused  template.HTML
}

// GoalFigures draws the outcomes of every goal, at most four a figure. An
// outcome that no campaign could answer has no column: the matrix and the
// evidence say why.
func (p *page) GoalFigures() []GoalFigure {
	type key struct{ id, name string }
	ids, names := p.goalIDs()
	bandLow, bandHigh := p.band()
	var out []GoalFigure
	for k, id := range ids {
		var order []key
		cells := map[key]map[int]athar.OutcomeIndicator{}
		some := map[key]bool{}
		for i, c := range p.Campaigns {
			for _, g := range c.Goals {
				if g.ID != id {
					continue
				}
				for _, o := range g.Outcomes {
					at := key{o.ID, p.outcomeName(o)}
					if cells[at] == nil {
						cells[at] = map[int]athar.OutcomeIndicator{}
						order = append(order, at)
					}
					cells[at][i] = o
					some[at] = some[at] || p.answered(o)
				}
			}
		}
		order = slices.DeleteFunc(order, func(at key) bool { return !some[at] })
		for part := 0; len(order) > 0; part++ {
			columns := order[:min(4, len(order))]
			order = order[len(columns):]
			fig := GoalFigure{ID: "goal-" + strconv.Itoa(k+1) + "-outcomes", Goal: p.Lang.Name(names[k]), Class: "m" + strconv.Itoa(len(columns)),
				Band: known(athar.Num(bandLow)), Table: Table{Head: p.head("campaign", "outcome", "phase", "change", "interval", "mde", "p", "reading", "reason")}}
			if part > 0 {
				fig.ID += "-" + strconv.Itoa(part+1)
			}
			var scales []figure.Scale
			for _, at := range columns {
				s, ratio := p.outcomeScale(cells[at])
				scales = append(scales, s)
				fig.Diff = fig.Diff || !ratio
				var first athar.OutcomeIndicator
				for i := range p.Campaigns {
					if o, ok := cells[at][i]; ok {
						first = o
						break
					}
				}
				fig.Columns = append(fig.Columns, GoalOutcome{Name: at.name, Predicts: p.predicts(first.Predicts), Axis: figure.Axis(s, p.scaleTicks(s))})
			}
			for i, c := range p.Campaigns {
				row := GoalFigureRow{Name: c.Campaign.Name, Anchor: p.GoalsAnchor(i)}
				any := false
				for n, at := range columns {
					cell := GoalFigureCell{Label: at.name}
					if o, ok := cells[at][i]; ok {
						any = true
						p.outcomeCell(&cell, o, scales[n], bandLow, bandHigh)
						fig.Table.Rows = append(fig.Table.Rows, p.outcomeNumbers(p.Lang.Name(c.Campaign.Name), at.name, o))
					}
					row.Cells = append(row.Cells, cell)
				}
				if any {
					fig.Rows = append(fig.Rows, row)
				}
			}
			out = append(out, fig)
		}
	}
	return out
}

// outcomeScale holds all estimates of one outcome.
func (p *page) outcomeScale(cells map[int]athar.OutcomeIndicator) (s figure.Scale, ratio bool) {
	ratio = true
	var values []float64
	for i := range p.Campaigns {
		o, ok := cells[i]
		if !ok || !p.answered(o) {
			continue
		}
		if o.Finding != nil {
			low, high := interval(*o.Finding)
			values = append(values, float64(o.Finding.Headline.RR), float64(low), float64(high))
			continue
		}
		d := o.Indicator
		values = append(values, float64(d.Change), float64(d.Low), float64(d.High))
		ratio = ratio && d.Ratio
	}
	if ratio {
		return figure.RatioScale(16, values...), true
	}
	return figure.SpanScale(append(values, 0)...), false
}

// scaleTicks are the labelled positions of an axis of ratios or of differences.
func (p *page) scaleTicks(s figure.Scale) []figure.Tick {
	var out []figure.Tick
	switch x := s.(type) {
	case figure.LogScale:
		all := x.Ticks()
		for i, v := range all {
			out = append(out, figure.Tick{At: v, Label: p.tickLabel(v), Minor: len(all) > 5 && (i-slices.Index(all, 1))%2 != 0})
		}
	case figure.LinScale:
		for _, v := range x.Ticks() {
			out = append(out, figure.Tick{At: v, Label: p.short(p.Lang.Change(athar.Num(v)))})
		}
	}
	return out
}

// short writes a label of an axis without zeros that say nothing.
func (p *page) short(s string) string {
	if point := p.Lang.Word("language", "decimal"); strings.Contains(s, point) {
		s = strings.TrimSuffix(strings.TrimRight(s, "0٠"), point)
	}
	return s
}

func positions(ticks []figure.Tick) []float64 {
	out := make([]float64, len(ticks))
	for i, t := range ticks {
		out[i] = t.At
	}
	return out
}

// readingClass is the colour class of what an outcome or indicator says.
func readingClass(r athar.Reading) string {
	switch r {
	case athar.Supports, athar.Opposes, athar.Compatible:
		return slug(r)
	}
	return "plain"
}

func (p *page) outcomeCell(cell *GoalFigureCell, o athar.OutcomeIndicator, s figure.Scale, bandLow, bandHigh float64) {
	row := p.outcome(o)
	if row.Refused != "" {
		cell.Refused = row.Refused
		return
	}
	cell.Estimate = row.Estimate
	track := figure.Track{Scale: s, Ticks: positions(p.scaleTicks(s)), BandLow: nan, BandHigh: nan, MDELow: nan, MDEHigh: nan, Height: 28}
	mark := figure.Interval{AdjLow: nan, AdjHigh: nan, Class: readingClass(o.Reading)}
	if f := o.Finding; f != nil {
		low, high := interval(*f)
		mark.RR, mark.Low, mark.High = float64(f.Headline.RR), float64(low), float64(high)
		mark.Hollow = f.Phase == athar.Post
		mark.Title = p.tip(cell.Label, f.Headline.RR, low, high)
		track.BandLow, track.BandHigh = bandLow, bandHigh
		track.MDELow, track.MDEHigh = float64(f.Headline.MDELow), float64(f.Headline.MDEHigh)
	} else {
		d := o.Indicator
		mark.RR, mark.Low, mark.High = float64(d.Change), float64(d.Low), float64(d.High)
		mark.Title = p.plain("indicators.tip", "name", cell.Label, "change", p.changePlain(*d))
		track.MDELow, track.MDEHigh = changeLimits(*d)
	}
	track.Marks = []figure.Interval{mark}
	cell.SVG = track.SVG()
}

// outcomeNumbers is an outcome's row in the table of its figure.
func (p *page) outcomeNumbers(campaign, name string, o athar.OutcomeIndicator) []string {
	l, none := p.Lang, p.Lang.Word("language", "missing")
	row := []string{campaign, name, none, none, none, none, none, l.Word("reading", string(o.Reading)), ""}
	switch f, d := o.Finding, o.Indicator; {
	case !p.answered(o):
		row[7], row[8] = l.Word("reading", string(athar.Refused)), p.outcome(o).why.String()
	case f != nil:
		low, high := interval(*f)
		row[2], row[3], row[4] = p.phase(*f), l.Ratio(f.Headline.RR), p.between(low, high)
		row[5], row[6] = p.between(f.Headline.MDELow, f.Headline.MDEHigh), l.P(f.Headline.P)
	default:
		row[3], row[4], row[5], row[6] = p.written(*d, d.Change), p.writtenRange(*d), p.changeMDESentence(*d).String(), l.P(d.P)
	}
	return row
}

// lags draws the courses of a campaign's outcomes by months since its start;
// nil if it has none.
func (p *page) lags(id string, c athar.CampaignReport) *Multiples {
	m := &Multiples{ID: id, Table: Table{Head: p.head("goal", "outcome", "month", "ratio", "band")}}
	var values []float64
	var list []athar.OutcomeIndicator
	var goals []string
	for _, g := range c.Goals {
		for _, o := range g.Outcomes {
			if o.Lags == nil || !slices.ContainsFunc(o.Lags.Y, known) {
				continue
			}
			list, goals = append(list, o), append(goals, p.Lang.Name(p.goalName(g)))
			for _, v := range slices.Concat(o.Lags.Y, o.Lags.Low, o.Lags.High) {
				values = append(values, float64(v))
			}
		}
	}
	if list == nil {
		return nil
	}
	scale := figure.RatioScale(16, values...)
	for i, o := range list {
		name := p.outcomeName(o)
		l := line(*o.Lags, "near")
		l.Dots = true
		fig := figure.Plot{X: figure.LinScale{Lo: -0.5, Hi: 6.5}, Y: scale, Ref: 1, Height: 130, Title: p.plain("goals.lag-title", "outcome", name), Desc: p.plain("goals.lag-desc")}
		for _, v := range scale.Ticks() {
			fig.YTicks = append(fig.YTicks, figure.Tick{At: v, Label: p.tickLabel(v)})
		}
		for k := range 7 {
			fig.XTicks = append(fig.XTicks, figure.Tick{At: float64(k), Label: p.Lang.Ordinal(k)})
		}
		for k, x := range o.Lags.X {
			low, high := at(o.Lags.Low, k), at(o.Lags.High, k)
			y := at(o.Lags.Y, k)
			l.Titles = append(l.Titles, p.tip(p.plain("goals.lag-month", "n", x), y, low, high))
			m.Table.Rows = append(m.Table.Rows, []string{goals[i], name, p.Lang.Number(x), p.Lang.Ratio(y), p.between(low, high)})
		}
		fig.Lines = []figure.Line{l}
		m.Panels = append(m.Panels, Panel{Name: name, Unit: goals[i], Plots: []PlotView{{SVG: fig.SVG()}}})
	}
	return m
}

// at is element i of a list, NaN beyond its end.
func at(list []athar.Num, i int) athar.Num {
	if i < len(list) {
		return list[i]
	}
	return athar.Num(nan)
}
