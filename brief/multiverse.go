package brief

import (
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"athar"
	"athar/brief/figure"
)

// Curves is the question inside of one campaign under every declared
// specification: a column a phase.
type Curves struct {
	ID     string
	Phases []CurvePhase    // those with a valid specification
	None   []template.HTML // what is said of phases without one
	Own    bool            // some curve holds the specification behind the headline
	Fixed  []string        // choices with one value
	Free   []CurveChoice   // the others, that with the most leverage first
	Table                  // the spread by value of every choice
	Why    Table           // refused specifications by reason
}

// CurvePhase is the curve of one phase.
type CurvePhase struct {
	Phase string
	SVG   template.HTML
	Says  []template.HTML
	Joint template.HTML // what the curve amounts to among campaigns that did not happen
	Tests []Fact        // its three features
}

// Fact is a named quantity.
type Fact struct{ Name, Value string }

// CurveChoice is one declared choice with its values.
type CurveChoice struct {
	Name     string
	Leverage []template.HTML // one a phase
	Values   []CurveValue
}

// CurveValue is a row of the matrix below the curves.
type CurveValue struct {
	Name  string
	Cells []CurveCell
}

// CurveCell says in which specifications of one phase a value was chosen.
type CurveCell struct {
	SVG    template.HTML // empty: in none
	Phase  string
	Median string
}

// curveLimit bounds the scale of a curve's estimates; of the intervals, which
// run out of any scale, forestLimit does.
const curveLimit, forestLimit = 64, 16

// Curves draws the multiverse of campaign i; nil where none was run.
func (p *page) Curves(i int) *Curves {
	c := p.Campaigns[i]
	if len(c.Multiverse) == 0 {
		return nil
	}
	out := &Curves{ID: p.CampaignAnchor(i) + "-multiverse",
		Table: Table{Head: p.head("choice", "value", "phase", "specifications", "lowest", "lowerq", "median", "upperq", "highest", "beyond")},
		Why:   Table{Head: p.head("phase", "reason", "specifications")}}
	var with []*athar.Multiverse
	var values, ends []float64
	for k := range c.Multiverse {
		m := &c.Multiverse[k]
		p.refusals(&out.Why, m)
		if len(m.Specs) == 0 {
			out.None = append(out.None, p.t("multiverse.nothing", p.tallied(m)...))
			continue
		}
		with = append(with, m)
		for _, s := range m.Specs {
			values = append(values, float64(s.RR))
			ends = append(ends, float64(s.Low), float64(s.High))
		}
	}
	if with == nil {
		return out
	}
	scale, around := figure.RatioScale(curveLimit, values...), figure.RatioScale(forestLimit, ends...)
	scale = figure.LogScale{Lo: min(scale.Lo, around.Lo), Hi: max(scale.Hi, around.Hi)}
	var marks [][]figure.CurveMark
	for _, m := range with {
		own := m.Own
		out.Own = out.Own || own >= 0
		marks = append(marks, p.marks(m, own))
		out.Phases = append(out.Phases, p.curve(m, own, marks[len(marks)-1], scale))
	}
	// The declared choices are the same in every phase.
	for d, dim := range with[0].Dimensions {
		name := p.dimension(dim.Name)
		if len(dim.Values) == 1 {
			out.Fixed = append(out.Fixed, p.plain("multiverse.fixed-value", "choice", name, "value", p.chosen(dim.Name, dim.Values[0])))
			continue
		}
		free := CurveChoice{Name: name}
		for _, m := range with {
			x := m.Dimensions[d]
			if known(x.Leverage) && x.Leverage > 0 {
				free.Leverage = append(free.Leverage, p.t("multiverse.leverage", "ratio", x.Leverage))
			} else {
				free.Leverage = append(free.Leverage, "")
			}
		}
		for v, value := range dim.Values {
			row := CurveValue{Name: p.chosen(dim.Name, value)}
			for k, m := range with {
				on := make([]bool, len(m.Specs))
				var has []athar.SpecResult
				for s, x := range m.Specs {
					if on[s] = x.Choice[d] == v; on[s] {
						has = append(has, x)
					}
				}
				cell := CurveCell{Phase: out.Phases[k].Phase, Median: p.Lang.Ratio(m.Dimensions[d].Medians[v])}
				if has != nil {
					cell.SVG = figure.Choice(on, marks[k])
				}
				row.Cells = append(row.Cells, cell)
				out.Table.Rows = append(out.Table.Rows, p.spread(name, row.Name, cell, has))
			}
			free.Values = append(free.Values, row)
		}
		out.Free = append(out.Free, free)
	}
	p.byLeverage(out, with)
	return out
}

// byLeverage puts the choices that move the median most first.
func (p *page) byLeverage(out *Curves, with []*athar.Multiverse) {
	most := map[string]float64{}
	for _, m := range with {
		for _, d := range m.Dimensions {
			if x := float64(d.Leverage); !math.IsNaN(x) {
				most[p.dimension(d.Name)] = max(most[p.dimension(d.Name)], x)
			}
		}
	}
	slices.SortStableFunc(out.Free, func(a, b CurveChoice) int {
		switch x, y := most[a.Name], most[b.Name]; {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
}

// spread is the row of one value of a choice in the table. The quartiles are
// estimates of the list itself, which is sorted.
func (p *page) spread(choice, value string, c CurveCell, has []athar.SpecResult) []string {
	l := p.Lang
	at := func(q float64) string {
		if len(has) == 0 {
			return l.Ratio(athar.Num(nan))
		}
		return l.Ratio(has[max(0, int(math.Ceil(q*float64(len(has))))-1)].RR)
	}
	beyond := 0
	for _, s := range has {
		if point(s).Beyond() != 0 {
			beyond++
		}
	}
	return []string{choice, value, c.Phase, l.Count(athar.Num(len(has))), at(0), at(.25), c.Median, at(.75), at(1), l.Count(athar.Num(beyond))}
}

func point(s athar.SpecResult) figure.Estimate {
	return figure.Estimate{RR: float64(s.RR), Low: float64(s.Low), High: float64(s.High)}
}

// tallied counts what became of the declared combinations.
func (p *page) tallied(m *athar.Multiverse) []any {
	invalid := 0
	for _, r := range m.Invalid {
		invalid += r.N
	}
	return []any{"phase", p.capital(p.Lang.Word("word", string(m.Phase))), "declared", m.Declared, "same", m.Redundant, "invalid", invalid, "n", len(m.Specs)}
}

func (p *page) refusals(t *Table, m *athar.Multiverse) {
	list := slices.Clone(m.Invalid)
	slices.SortStableFunc(list, func(a, b athar.ReasonCount) int { return b.N - a.N })
	for _, r := range list {
		t.Rows = append(t.Rows, []string{p.capital(p.Lang.Word("word", string(m.Phase))), p.Lang.Word("invalid", r.Reason), p.Lang.Count(athar.Num(r.N))})
	}
}

// marks single out the headline's own specification and the least favourable.
func (p *page) marks(m *athar.Multiverse, own int) []figure.CurveMark {
	var out []figure.CurveMark
	if own >= 0 {
		out = append(out, figure.CurveMark{At: own, Label: p.plain("multiverse.mark-own"), Class: "own"})
	}
	if w := m.LeastFavourable; w >= 0 && w < len(m.Specs) {
		out = append(out, figure.CurveMark{At: w, Label: p.plain("multiverse.mark-least"), Class: "least"})
	}
	return out
}

func (p *page) curve(m *athar.Multiverse, own int, marks []figure.CurveMark, scale figure.LogScale) CurvePhase {
	phase := p.capital(p.Lang.Word("word", string(m.Phase)))
	out := CurvePhase{Phase: phase}
	fig := figure.Curve{Scale: scale, Marks: marks, Height: 200, Title: p.plain("multiverse.tip", "phase", phase),
		Desc: p.plain("multiverse.desc", "n", len(m.Specs), "median", m.Median)}
	for _, v := range scale.Ticks() {
		fig.Ticks = append(fig.Ticks, figure.Tick{At: v, Label: p.tickLabel(v)})
	}
	for _, s := range m.Specs {
		fig.Points = append(fig.Points, point(s))
	}
	out.SVG = fig.SVG()
	say := func(code string, args ...any) { out.Says = append(out.Says, p.t(code, args...)) }
	say("multiverse.counts", p.tallied(m)...)
	say("multiverse.describes", "median", m.Median, "q1", m.Q1, "q3", m.Q3, "below", m.Below, "significant", m.Significant)
	if own >= 0 {
		s := m.Specs[own]
		say("multiverse.own", "rr", s.RR, "low", s.Low, "high", s.High)
	} else {
		say("multiverse.own-absent")
	}
	if w := m.LeastFavourable; w >= 0 && w < len(m.Specs) {
		s := m.Specs[w]
		args := []any{"rr", s.RR, "low", s.Low, "high", s.High, "choices", strings.Join(p.choices(m, s.Choice, own), p.Lang.Word("language", "semicolon")+" ")}
		switch {
		case w == own:
			say("multiverse.least-own")
		case own >= 0:
			say("multiverse.least", args...)
		default:
			say("multiverse.least-alone", args...)
		}
	}
	j := m.Joint
	if j.Refusal != nil {
		out.Joint = p.t("multiverse.joint-refused") + " " + p.refusal(j.Refusal).HTML()
		return out
	}
	out.Joint = p.t("multiverse.joint", "specs", j.Specs, "n", len(m.Specs), "placebos", j.Placebos, "apart", j.Apart, "min", j.MinP)
	if j.Matched {
		out.Joint += " " + p.t("multiverse.matched")
	} else {
		out.Joint += " " + p.t("multiverse.unmatched")
	}
	out.Tests = []Fact{{p.plain("multiverse.test-median"), p.Lang.P(j.MedianP)}, {p.plain("multiverse.test-share"), p.Lang.P(j.ShareP)},
		{p.plain("multiverse.test-mean"), p.Lang.P(j.StoufferP)}}
	return out
}

// choices names a specification: by the choices in which it differs from the
// headline's own, or by all that were open.
func (p *page) choices(m *athar.Multiverse, choice []int, own int) []string {
	var out []string
	for d, dim := range m.Dimensions {
		if len(dim.Values) == 1 || own >= 0 && m.Specs[own].Choice[d] == choice[d] {
			continue
		}
		out = append(out, p.plain("multiverse.value", "choice", p.dimension(dim.Name), "value", p.chosen(dim.Name, dim.Values[choice[d]])))
	}
	return out
}

// dimension is the name of a declared choice.
func (p *page) dimension(name string) string { return p.Lang.Word("dimension", name) }

// chosen writes a value of a declared choice: by the catalogue, "far-country" of
// section [chosen]; a whole number by the choice's sentence "pre_months"; else as
// the study names it.
func (p *page) chosen(dimension, value string) string {
	if dimension == "estimator" {
		return p.Lang.Word("estimator", value)
	}
	if p.Lang.Has("chosen." + dimension + "-" + value) {
		return p.plain("chosen." + dimension + "-" + value)
	}
	if !p.Lang.Has("chosen." + dimension) {
		return value
	}
	if n, err := strconv.Atoi(value); err == nil {
		return p.plain("chosen."+dimension, "n", n)
	}
	return p.plain("chosen."+dimension, "list", strings.Split(value, "/"))
}

// dataView is the prefix of a version that is the headline's method on one data
// set alone.
const dataView = "data="

// MethodsOnly leaves out of findings the answers from single data sets, which
// are no methods.
func (p *page) MethodsOnly(findings []athar.Finding) []athar.Finding {
	out := slices.Clone(findings)
	for i := range out {
		out[i].Methods = slices.DeleteFunc(slices.Clone(out[i].Methods), func(m athar.MethodView) bool { return strings.HasPrefix(m.Spec, dataView) })
	}
	return out
}

// DataView is the answer to one question from one data set.
type DataView struct {
	Data    string
	Phase   string
	Ratio   template.HTML
	Verdict athar.Verdict
	Refused template.HTML
}

// DataViews lists the answers from single data sets to the question inside, or
// to that of a total.
func (p *page) DataViews(findings []athar.Finding) []DataView {
	var out []DataView
	for _, f := range findings {
		if f.Question != athar.AskInside && f.Question != athar.AskTotal {
			continue
		}
		compared := slices.ContainsFunc(p.Data, func(d athar.DataInfo) bool { return d.Beside == "compared" })
		for k, m := range f.Methods {
			name, ok := strings.CutPrefix(m.Spec, dataView)
			if k == 0 && compared && !ok { // the headline
				name, ok = p.SourceLine(), true
			}
			if !ok {
				continue
			}
			v := DataView{Data: strings.ReplaceAll(name, "_", " "), Phase: p.capital(p.phase(f)), Verdict: m.Verdict}
			if m.Refusal != nil {
				v.Refused = p.refusal(m.Refusal).HTML()
			} else {
				v.Ratio = p.ratio(m.RR, m.Low, m.High)
			}
			out = append(out, v)
		}
	}
	return out
}
