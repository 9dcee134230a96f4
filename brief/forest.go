package brief

import (
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"athar"
	"athar/brief/figure"
	"athar/brief/text"
)

// band is the smallest effect of interest both ways, NaN if not declared.
func (p *page) band() (low, high float64) { return 1 / p.smallest, p.smallest }

// class is the colour class of an estimate: only a direction has a colour.
func class(v athar.Verdict) string {
	if v == athar.Decline || v == athar.Escalation {
		return slug(v)
	}
	return "plain"
}

// sentence of an estimate for tooltips: name, ratio, interval.
func (p *page) tip(name string, rr, low, high athar.Num) string {
	return p.plain("figure.tip", "name", name, "rr", rr, "low", low, "high", high)
}

// ForestRow is one row of a forest plot.
type ForestRow struct {
	Name    string
	Detail  string
	SVG     template.HTML
	Refused template.HTML // the reason, if there is no estimate
	Verdict athar.Verdict
	Ratio   template.HTML
}

// Forest is a forest plot with the table of its numbers.
type Forest struct {
	ID   string
	Axis template.HTML
	Rows []ForestRow
	Band bool
	Table
}

// between writes the two ends of an interval of a ratio.
func (p *page) between(low, high athar.Num) string {
	if math.IsNaN(float64(low)) && math.IsNaN(float64(high)) {
		return p.Lang.Word("language", "missing")
	}
	return p.plain("figure.range", "low", low, "high", high)
}

func (p *page) ratio(rr, low, high athar.Num) template.HTML {
	return p.t("figure.ratio", "rr", rr, "low", low, "high", high)
}

func (p *page) axis(s figure.LogScale) template.HTML {
	var ticks []figure.Tick
	all := s.Ticks()
	one := slices.Index(all, 1)
	for i, v := range all {
		// 1 keeps its label on narrow screens, and every second one from it.
		ticks = append(ticks, figure.Tick{At: v, Label: p.tickLabel(v), Minor: len(all) > 5 && (i-one)%2 != 0})
	}
	return figure.Axis(s, ticks)
}

func (p *page) tickLabel(v float64) string {
	if v < 1 {
		return p.Lang.Ordinal(1) + "/" + p.Lang.Ordinal(int(math.Round(1/v)))
	}
	return p.Lang.Ordinal(int(math.Round(v)))
}

func (p *page) mde(e *athar.Effect) template.HTML {
	if blind(e) {
		return p.t("figure.mde-none")
	}
	if !known(e.MDELow) || !known(e.MDEHigh) {
		return template.HTML(template.HTMLEscapeString(p.Lang.Word("language", "missing")))
	}
	return p.t("figure.mde", "low", e.MDELow, "high", e.MDEHigh)
}

// MethodRow is one method in the agreement figure, with its answer for each phase.
type MethodRow struct {
	Name    string
	Spec    string
	Relies  template.HTML // what the method assumes, on its first row
	SVG     template.HTML // empty if the method refused every phase
	Head    bool          // the method that gave the word
	Answers []MethodAnswer
}

// MethodAnswer is a method's estimate for one phase, or its refusal.
type MethodAnswer struct {
	Phase   string
	Hollow  bool
	Ratio   template.HTML
	Verdict athar.Verdict
	Refused template.HTML
}

// Agreement is the figure of all methods that answered the inside question of
// a campaign, or the question of a total.
type Agreement struct {
	ID   string
	Axis template.HTML
	Rows []MethodRow
	Says []template.HTML // whether they agree, for each phase
	Table
}

// Agreement compares methods; nil if no method is listed.
func (p *page) Agreement(prefix string, findings []athar.Finding) *Agreement {
	type key struct{ method, spec string }
	type view struct {
		f athar.Finding
		m athar.MethodView
	}
	var order []key
	views := map[key][]view{}
	var values []float64
	out := &Agreement{ID: prefix + "-methods", Table: Table{Head: p.head("method", "version", "phase", "ratio", "interval", "word", "reason")}}
	for _, f := range findings {
		if f.Question != athar.AskInside && f.Question != athar.AskTotal || len(f.Methods) == 0 {
			continue
		}
		answered := 0
		for _, m := range f.Methods {
			k := key{m.Method, m.Spec}
			if views[k] == nil {
				order = append(order, k)
			}
			views[k] = append(views[k], view{f, m})
			values = append(values, float64(m.RR), float64(m.Low), float64(m.High))
			if m.Refusal == nil {
				answered++
			}
		}
		code := "agreement.disagree"
		switch {
		case answered == 0:
			code = "agreement.nobody"
		case answered == 1:
			code = "agreement.alone"
		case f.Agree:
			code = "agreement.agree"
		}
		out.Says = append(out.Says, p.t(code, "phase", p.capital(p.phase(f))))
	}
	if order == nil {
		return nil
	}
	scale := figure.RatioScale(16, values...)
	bandLow, bandHigh := p.band()
	out.Axis = p.axis(scale)
	assumed := map[string]bool{}
	for _, k := range order {
		row := MethodRow{Name: p.Method(k.method), Spec: p.spec(k.spec)}
		track := figure.Track{Scale: scale, Ticks: scale.Ticks(), BandLow: bandLow, BandHigh: bandHigh, MDELow: nan, MDEHigh: nan}
		if !assumed[k.method] && p.Lang.Has("relies."+k.method) {
			// Once a method: its versions share it.
			row.Relies = p.Lang.Say("relies."+k.method, nil).HTML()
			assumed[k.method] = true
		}
		for _, v := range views[k] {
			a := MethodAnswer{Phase: p.phase(v.f), Hollow: v.f.Phase == athar.Post, Verdict: v.m.Verdict}
			if h := v.f.Headline; h != nil && h.Method == k.method && h.Spec == k.spec {
				row.Head = true
			}
			var why []string
			if v.m.Refusal != nil {
				a.Refused, why = p.refusal(v.m.Refusal).HTML(), p.refused(v.m.Refusal)
			} else {
				a.Ratio = p.ratio(v.m.RR, v.m.Low, v.m.High)
				track.Marks = append(track.Marks, figure.Interval{RR: float64(v.m.RR), Low: float64(v.m.Low), High: float64(v.m.High), AdjLow: nan, AdjHigh: nan,
					Hollow: a.Hollow, Class: class(v.m.Verdict), Title: p.tip(p.listed(row.Name, a.Phase), v.m.RR, v.m.Low, v.m.High)})
			}
			row.Answers = append(row.Answers, a)
			out.Table.add(why, row.Name, row.Spec, a.Phase, p.Lang.Ratio(v.m.RR), p.between(v.m.Low, v.m.High), p.verdict(v.m.Verdict))
		}
		// Both phases of a method that refused both for one reason are one row.
		if n := len(row.Answers); n == 2 && row.Answers[0].Refused != "" && row.Answers[0].Refused == row.Answers[1].Refused {
			row.Answers = row.Answers[:1]
			row.Answers[0].Phase = ""
		}
		if track.Marks != nil {
			track.Height = float64(10 + 18*len(track.Marks))
			row.SVG = track.SVG()
		}
		out.Rows = append(out.Rows, row)
	}
	out.Table = p.closed(out.Table)
	return out
}

// listed joins names as the language does.
func (p *page) listed(names ...string) string { return p.Lang.Value(names, "list") }

// capital writes a term as the beginning of a line.
func (p *page) capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

func (p *page) refusal(r *athar.Refusal) text.Sentence {
	out := p.note(r.Reason)
	if r.Remedy != nil {
		out = p.join(out, p.note(*r.Remedy))
	}
	return out
}

// Method is the name of a method.
func (p *page) Method(code string) string {
	if p.Lang.Has("method." + code) {
		return p.Lang.Word("method", code)
	}
	return code
}

// spec writes what distinguishes a version of a method: words by the
// catalogue's section [spec], "donut=2" by its spec.donut with n = 2, and
// "errors=cr2" by its spec.errors-cr2.
func (p *page) spec(s string) string {
	var out []string
	for _, token := range strings.Fields(s) {
		key, value, _ := strings.Cut(token, "=")
		switch n, err := strconv.Atoi(value); {
		case p.Lang.Has("spec." + slug(token)):
			out = append(out, p.plain("spec."+slug(token)))
		case err == nil && p.Lang.Has("spec."+key):
			out = append(out, p.plain("spec."+key, "n", n))
		default:
			out = append(out, token)
		}
	}
	return p.Lang.Value(out, "list")
}
