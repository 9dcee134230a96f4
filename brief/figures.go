package brief

import (
	"cmp"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"athar"
	"athar/brief/basemap"
	"athar/brief/figure"
	"athar/brief/text"
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
	Anchor  string
	Group   bool // begins a new group
	SVG     template.HTML
	Refused template.HTML // the reason, if there is no estimate
	Verdict athar.Verdict
	Ratio   template.HTML
	Events  string
	MDE     template.HTML
}

// Forest is a forest plot with the table of its numbers.
type Forest struct {
	ID   string
	Axis template.HTML
	Rows []ForestRow
	Band bool
	Table
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
		return "1/" + strconv.Itoa(int(math.Round(1/v)))
	}
	return strconv.Itoa(int(math.Round(v)))
}

type forestItem struct {
	row ForestRow
	f   athar.Finding
}

// Overview compares the inside findings of all campaigns, during and after, and the totals.
func (p *page) Overview() Forest {
	var items []forestItem
	add := func(name, detail string, f athar.Finding, group bool) {
		items = append(items, forestItem{ForestRow{Name: name, Detail: detail, Anchor: p.anchors[f.ID], Group: group}, f})
	}
	for _, c := range p.Campaigns {
		first := true
		for _, f := range c.Findings {
			if f.Question == athar.AskInside {
				add(p.Lang.Name(c.Campaign.Name), p.Lang.Word("word", string(f.Phase)), f, first)
				first = false
			}
		}
	}
	for _, t := range p.Totals {
		for i, f := range t.Findings {
			add(p.Lang.Name(t.Name), p.Lang.Word("word", "total"), f, i == 0)
		}
	}
	return p.forest("overview", items)
}

func (p *page) forest(id string, items []forestItem) Forest {
	var values []float64
	for _, it := range items {
		if e := it.f.Headline; estimated(it.f) {
			low, high := interval(it.f)
			values = append(values, float64(e.RR), float64(low), float64(high))
		}
	}
	scale := figure.RatioScale(16, values...)
	bandLow, bandHigh := p.band()
	out := Forest{ID: id, Axis: p.axis(scale), Band: known(athar.Num(bandLow)), Table: Table{Head: p.head("campaign", "phase", "word", "ratio", "interval",
		"observed", "expected", "mde", "events", "p", "inference")}}
	l := p.Lang
	for _, it := range items {
		row, f, e := it.row, it.f, it.f.Headline
		row.Verdict = f.Verdict
		track := figure.Track{Scale: scale, Ticks: scale.Ticks(), BandLow: bandLow, BandHigh: bandHigh, MDELow: nan, MDEHigh: nan, Height: 30}
		if estimated(f) {
			low, high := interval(f)
			row.Ratio = p.ratio(e.RR, low, high)
			row.Events = l.Number(e.Observed)
			row.MDE = p.mde(e)
			track.MDELow, track.MDEHigh = float64(e.MDELow), float64(e.MDEHigh)
			track.Marks = []figure.Interval{{RR: float64(e.RR), Low: float64(low), High: float64(high), AdjLow: nan, AdjHigh: nan,
				Hollow: f.Phase == athar.Post, Class: class(f.Verdict), Title: p.tip(row.Name+", "+row.Detail, e.RR, low, high)}}
			row.SVG = track.SVG()
			out.Table.Rows = append(out.Table.Rows, []string{row.Name, row.Detail, string(f.Verdict), l.Ratio(e.RR),
				p.plain("figure.range", "low", low, "high", high), l.Number(e.Observed), l.Number(e.Expected),
				p.plain("figure.range", "low", e.MDELow, "high", e.MDEHigh), l.Count(athar.Num(e.EventsPre)), l.P(e.P), l.Word("inference", e.Inference)})
		} else {
			row.Refused = p.reasons(f.Because).HTML()
			out.Table.Rows = append(out.Table.Rows, []string{row.Name, row.Detail, string(f.Verdict), l.Ratio(athar.Num(nan)), l.Ratio(athar.Num(nan)),
				l.Ratio(athar.Num(nan)), l.Ratio(athar.Num(nan)), l.Ratio(athar.Num(nan)), l.Ratio(athar.Num(nan)), l.Ratio(athar.Num(nan)), p.reasons(f.Because).String()})
		}
		out.Rows = append(out.Rows, row)
	}
	return out
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
	for _, k := range order {
		row := MethodRow{Name: p.Method(k.method), Spec: p.spec(k.spec)}
		track := figure.Track{Scale: scale, Ticks: scale.Ticks(), BandLow: bandLow, BandHigh: bandHigh, MDELow: nan, MDEHigh: nan}
		for _, v := range views[k] {
			a := MethodAnswer{Phase: p.phase(v.f), Hollow: v.f.Phase == athar.Post, Verdict: v.m.Verdict}
			if h := v.f.Headline; h != nil && h.Method == k.method && h.Spec == k.spec {
				row.Head = true
			}
			reason := ""
			if v.m.Refusal != nil {
				s := p.refusal(v.m.Refusal)
				a.Refused, reason = s.HTML(), s.String()
			} else {
				a.Ratio = p.ratio(v.m.RR, v.m.Low, v.m.High)
				track.Marks = append(track.Marks, figure.Interval{RR: float64(v.m.RR), Low: float64(v.m.Low), High: float64(v.m.High), AdjLow: nan, AdjHigh: nan,
					Hollow: a.Hollow, Class: class(v.m.Verdict), Title: p.tip(row.Name+", "+a.Phase, v.m.RR, v.m.Low, v.m.High)})
			}
			row.Answers = append(row.Answers, a)
			out.Table.Rows = append(out.Table.Rows, []string{row.Name, row.Spec, a.Phase, p.Lang.Ratio(v.m.RR), p.plain("figure.range", "low", v.m.Low, "high", v.m.High), string(v.m.Verdict), reason})
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
	return out
}

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

// SeriesPanel is one drawn series with its table.
type SeriesPanel struct {
	ID       string
	Title    string
	Class    string
	SVG      template.HTML
	Modelled bool // some period has an expected count
	Gap      bool // some period has no count
	Table
}

// timeAxis maps days to shares of the periods' span.
type timeAxis struct{ first, days float64 }

func newTimeAxis(periods []athar.Period) timeAxis {
	if len(periods) == 0 {
		return timeAxis{0, 1}
	}
	first, last := periods[0].First, periods[0].Last
	for _, q := range periods {
		first, last = min(first, q.First), max(last, q.Last)
	}
	return timeAxis{float64(first), max(float64(last-first)+1, 1)}
}

func (a timeAxis) at(d athar.Day) float64 { return min(max((float64(d)-a.first)/a.days, 0), 1) }

// ticks are the years, halves or quarters that start in the span.
func (p *page) timeTicks(a timeAxis, small bool) []figure.Tick {
	step := 3
	switch months := a.days / 30.44; {
	case months > 72 || small && months > 14:
		step = 12
	case months > 30 || small:
		step = 6
	case months <= 10:
		step = 1
	}
	var out []figure.Tick
	t := athar.Day(a.first).Time()
	for y := t.Year(); ; y++ {
		for m := 1; m <= 12; m += step {
			d := athar.Date(y, time.Month(m), 1)
			if float64(d) < a.first {
				continue
			}
			if float64(d) >= a.first+a.days {
				return out
			}
			at := a.at(d)
			label := strconv.Itoa(y)
			if step < 12 {
				label = p.Lang.Word("month-short", strconv.Itoa(m)) + " " + label
			}
			if at > 0.97 {
				label = ""
			}
			out = append(out, figure.Tick{At: at, Label: label, Minor: m != 1 && !(step <= 3 && m == 7)})
		}
	}
}

// windows are the stretch in which a campaign surely ran, and the stretches
// about which its sources disagree.
func windows(a timeAxis, c athar.CampaignInfo) []figure.Window {
	w := func(first, last athar.Day, class string) figure.Window {
		return figure.Window{From: a.at(first), To: a.at(last + 1), Class: class}
	}
	var out []figure.Window
	if c.Start.First < c.Start.Last {
		out = append(out, w(c.Start.First, c.Start.Last-1, "unsure"))
	}
	if c.Start.Last <= c.End.First {
		out = append(out, w(c.Start.Last, c.End.First, "sure"))
	}
	if c.End.First < c.End.Last {
		out = append(out, w(c.End.First+1, c.End.Last, "unsure"))
	}
	return slices.DeleteFunc(out, func(w figure.Window) bool { return w.To <= w.From })
}

func (p *page) series(id, title string, periods []athar.Period, s athar.RoleSeries, win func(timeAxis) []figure.Window, class string, height float64, small bool) SeriesPanel {
	axis := newTimeAxis(periods)
	out := SeriesPanel{ID: id, Title: title, Class: class, Table: Table{Head: p.head("period", "phase", "observed", "expected", "band")}}
	get := func(list []athar.Num, i int) athar.Num {
		if i < len(list) {
			return list[i]
		}
		return athar.Num(nan)
	}
	fig := figure.Series{Height: height, Role: class, Ticks: p.timeTicks(axis, small), Windows: win(axis), Title: title,
		Number: func(v float64) string { return p.Lang.Number(athar.Num(v)) }}
	for i, q := range periods {
		o, e, lo, hi := get(s.Observed, i), get(s.Expected, i), get(s.Low, i), get(s.High, i)
		gap := q.Days == 0 || !known(o)
		says := p.plain("series.tip", "period", p.Lang.Span(q.Span), "observed", o, "expected", e, "low", lo, "high", hi)
		fig.Columns = append(fig.Columns, figure.Column{From: axis.at(q.First), To: axis.at(q.Last + 1), Observed: float64(o), Expected: float64(e),
			Low: float64(lo), High: float64(hi), Class: "ph-" + slug(string(q.Phase)), WashIn: q.Phase == athar.WashIn, Gap: gap, Ramadan: q.Ramadan, Title: says})
		out.Modelled = out.Modelled || known(e)
		phase := p.Lang.Word("word", string(q.Phase))
		if gap {
			phase = p.plain("series.gap")
			o = athar.Num(nan)
			out.Gap = true
		}
		out.Table.Rows = append(out.Table.Rows, []string{p.Lang.Span(q.Span), phase, p.Lang.Number(o), p.Lang.Number(e), p.plain("figure.range", "low", lo, "high", hi)})
	}
	fig.Desc = p.plain("series.desc", "title", title, "n", len(periods))
	out.SVG = fig.SVG()
	return out
}

// InsideSeries is the large series of the footprint; nil if the report has none.
func (p *page) InsideSeries(i int) *SeriesPanel {
	c := p.Campaigns[i]
	for _, s := range c.Series {
		if s.Role == athar.Inside {
			out := p.series(p.CampaignAnchor(i)+"-series", p.plain("series.title-inside", "n", s.Areas), c.Periods, s,
				func(a timeAxis) []figure.Window { return windows(a, c.Campaign) }, "r-inside", 220, false)
			return &out
		}
	}
	return nil
}

// RingSeries are the small series of the rings and of far, with one table.
type RingSeries struct {
	Panels []SeriesPanel
	Table
}

// RingSeries draws the series of every role but the inside; nil if there is none.
func (p *page) RingSeries(i int) *RingSeries {
	c := p.Campaigns[i]
	out := &RingSeries{}
	for _, s := range c.Series {
		if s.Role == athar.Inside || s.Role == athar.LeftOut {
			continue
		}
		role := p.ringName(s.Role, c.Rings)
		panel := p.series("", p.plain("series.title-role", "role", role, "n", s.Areas), c.Periods, s,
			func(a timeAxis) []figure.Window { return windows(a, c.Campaign) }, roleClass(s.Role), 96, true)
		out.Panels = append(out.Panels, panel)
		if out.Head == nil {
			out.Head = slices.Clone(panel.Head[:2])
			for _, row := range panel.Rows {
				out.Rows = append(out.Rows, slices.Clone(row[:2]))
			}
		}
		for _, h := range panel.Head[2:] {
			out.Head = append(out.Head, role+": "+h)
		}
		for t, row := range panel.Rows {
			out.Rows[t] = append(out.Rows[t], row[2:]...)
		}
	}
	if out.Panels == nil {
		return nil
	}
	return out
}

// TotalSeries is the series of a total.
func (p *page) TotalSeries(i int) SeriesPanel {
	t := p.Totals[i]
	return p.series(p.TotalAnchor(i)+"-series", p.plain("series.title-total", "name", t.Name, "n", t.Series.Areas), t.Periods, t.Series,
		func(a timeAxis) []figure.Window {
			for _, q := range t.Periods {
				if q.Phase == athar.During || q.Phase == athar.Post {
					return []figure.Window{{From: a.at(q.First), To: a.at(t.Periods[len(t.Periods)-1].Last + 1), Class: "sure"}}
				}
			}
			return nil
		}, "r-total", 180, false)
}

// Has reports what a figure's legend must explain.
type Has struct{ WashIn, Ramadan bool }

// LegendOf looks at the periods of a series.
func (p *page) LegendOf(periods []athar.Period) (h Has) {
	for _, q := range periods {
		h.WashIn = h.WashIn || q.Phase == athar.WashIn
		h.Ramadan = h.Ramadan || q.Ramadan > 0
	}
	return h
}

// Unsure reports whether sources disagree about a campaign's dates.
func (p *page) Unsure(c athar.CampaignInfo) bool {
	return c.Start.First != c.Start.Last || c.End.First != c.End.Last
}

// CampaignAnchor is the element id of campaign i.
func (p *page) CampaignAnchor(i int) string { return "campaign-" + strconv.Itoa(i+1) }

// TotalAnchor is the element id of total i.
func (p *page) TotalAnchor(i int) string { return "total-" + strconv.Itoa(i+1) }

// ProfileFigure is the ring profile of one campaign.
type ProfileFigure struct {
	ID     string
	SVG    template.HTML
	During bool
	Post   bool
	Table
}

// Profile draws the ratios by distance; nil without an estimate for a ring.
func (p *page) Profile(i int) *ProfileFigure {
	c := p.Campaigns[i]
	if len(c.Rings) == 0 {
		return nil
	}
	out := &ProfileFigure{ID: p.CampaignAnchor(i) + "-profile", Table: Table{Head: p.head("distance", "phase", "ratio", "interval", "simultaneous", "observed", "expected")}}
	effect := func(k int, phase athar.Phase) *athar.Effect {
		for _, f := range c.Findings {
			if f.Phase == phase && estimated(f) && (k == 0 && f.Question == athar.AskInside || k > 0 && f.Question == athar.AskRing && f.Ring == k) {
				return f.Headline
			}
		}
		return nil
	}
	var values []float64
	around := false
	for k := 0; k <= len(c.Rings); k++ {
		for _, ph := range []athar.Phase{athar.During, athar.Post} {
			if e := effect(k, ph); e != nil {
				around = around || k > 0
				values = append(values, float64(e.RR), float64(e.Low), float64(e.High), float64(e.AdjLow), float64(e.AdjHigh))
			}
		}
	}
	if !around {
		return nil
	}
	fig := figure.Profile{Scale: figure.RatioScale(16, values...), Height: 230, Title: p.plain("profile.title"), Desc: p.plain("profile.desc")}
	fig.BandLow, fig.BandHigh = p.band()
	for _, v := range fig.Scale.Ticks() {
		fig.Ticks = append(fig.Ticks, figure.Tick{At: v, Label: p.tickLabel(v)})
	}
	for k := 0; k <= len(c.Rings); k++ {
		label := p.Lang.Word("role", "inside-short")
		if k > 0 {
			label = p.plain("role.band-short", "from", c.Rings[k-1].From, "to", c.Rings[k-1].To)
		}
		cat := figure.Category{Label: label}
		for _, ph := range []athar.Phase{athar.During, athar.Post} {
			e := effect(k, ph)
			name := p.ringName(athar.Role(k), c.Rings)
			phase := p.Lang.Word("word", string(ph))
			if e == nil {
				cat.Marks = append(cat.Marks, figure.Interval{RR: nan, Low: nan, High: nan, AdjLow: nan, AdjHigh: nan})
				continue
			}
			if ph == athar.During {
				out.During = true
			} else {
				out.Post = true
			}
			cat.Marks = append(cat.Marks, figure.Interval{RR: float64(e.RR), Low: float64(e.Low), High: float64(e.High), AdjLow: float64(e.AdjLow), AdjHigh: float64(e.AdjHigh),
				Hollow: ph == athar.Post, Class: roleClass(athar.Role(k)), Title: p.tip(name+", "+phase, e.RR, e.Low, e.High)})
			out.Table.Rows = append(out.Table.Rows, []string{name, phase, p.Lang.Ratio(e.RR), p.plain("figure.range", "low", e.Low, "high", e.High),
				p.plain("figure.range", "low", e.AdjLow, "high", e.AdjHigh), p.Lang.Number(e.Observed), p.Lang.Number(e.Expected)})
		}
		if effect(k, athar.During) == nil && effect(k, athar.Post) == nil {
			cat.Note = p.plain("profile.none")
		}
		fig.Categories = append(fig.Categories, cat)
	}
	out.SVG = fig.SVG()
	return out
}

func roleClass(r athar.Role) string {
	switch {
	case r == athar.Inside:
		return "r-inside"
	case r == athar.Far:
		return "r-far"
	case r == athar.LeftOut:
		return "r-out"
	}
	return "r-ring" + strconv.Itoa(min(int(r), 4))
}

// MapFigure is a campaign's pair of maps.
type MapFigure struct {
	ID     string
	Panels []MapPanel
	Roles  []MapRole
	Sizes  []MapSize
	Points bool // areas are drawn as symbols: their outlines are not known
	Beyond int  // ring areas whose middle lies outside the map
	Table
}

// MapPanel is one map.
type MapPanel struct {
	Title string
	SVG   template.HTML
}

// MapRole is a line of the map's legend.
type MapRole struct{ Class, Label string }

// MapSize is an event circle of the legend.
type MapSize struct {
	R     string
	Size  string
	Label string
}

const mapWidth, mapHeight = 540, 440

// CampaignMap draws where the campaign was, and the events before it against those
// during and after it, both per 30 days so that circles can be compared.
func (p *page) CampaignMap(i int) *MapFigure {
	c := p.Campaigns[i]
	var west, south, east, north = 180.0, 90.0, -180.0, -90.0
	grow := func(lon, lat float64) {
		west, east, south, north = min(west, lon), max(east, lon), min(south, lat), max(north, lat)
	}
	var shapes []figure.Shape
	var symbols []figure.Spot
	roles := map[athar.Role]bool{}
	countries := map[string]bool{}
	type count struct {
		a        athar.AreaRole
		m        athar.MapArea
		pre, end float64 // events per 30 days
	}
	var counts []count
	days := map[athar.Phase]float64{}
	for _, q := range c.Periods {
		days[q.Phase] += q.Days
	}
	rate := func(n int, days float64) float64 {
		if days == 0 {
			return 0
		}
		return float64(n) / days * 30
	}
	fig := &MapFigure{ID: p.CampaignAnchor(i) + "-map", Table: Table{Head: p.head("area", "unit", "role", "km", "pre", "during", "post")}}
	for _, a := range c.Areas {
		m, ok := p.areas[a.Area]
		if !ok || m.Lon == 0 && m.Lat == 0 {
			continue
		}
		roles[a.Role] = true
		countries[m.Country] = true
		name := p.Lang.Name(m.Name)
		title := p.plain("map.tip", "name", name, "role", p.ringName(a.Role, c.Rings), "pre", a.Pre, "during", a.During, "post", a.Post)
		if a.Role == athar.Inside {
			grow(m.Lon, m.Lat)
		}
		if len(m.Outline) > 0 {
			var rings [][][2]float64
			for _, flat := range m.Outline {
				var ring [][2]float64
				for k := 0; k+1 < len(flat); k += 2 {
					ring = append(ring, [2]float64{float64(flat[k]), float64(flat[k+1])})
					if a.Role == athar.Inside {
						grow(float64(flat[k]), float64(flat[k+1]))
					}
				}
				rings = append(rings, ring)
			}
			shapes = append(shapes, figure.Shape{Class: "area " + roleClass(a.Role), Title: title, Rings: rings})
		} else {
			fig.Points = true
			symbols = append(symbols, figure.Spot{Lon: m.Lon, Lat: m.Lat, Class: "spot " + roleClass(a.Role), Title: title, R: symbolSize(a.Role), Square: true})
		}
		counts = append(counts, count{a, m, rate(a.Pre, days[athar.Pre]), rate(a.During+a.Post, days[athar.During]+days[athar.Post])})
		if a.Role != athar.Far && a.Role != athar.LeftOut || a.Pre+a.During+a.Post > 0 {
			fig.Table.Rows = append(fig.Table.Rows, []string{name, p.Lang.Name(m.Parent), p.ringName(a.Role, c.Rings), p.Lang.Count(a.Km),
				p.Lang.Count(athar.Num(a.Pre)), p.Lang.Count(athar.Num(a.During)), p.Lang.Count(athar.Num(a.Post))})
		}
	}
	if west > east || !roles[athar.Inside] {
		return nil
	}
	base := figure.Map{Width: mapWidth, Height: mapHeight, Desc: p.plain("map.desc"), NorthMark: p.Lang.Word("map", "north"),
		ScaleLabel: func(km float64) string { return p.plain("map.scale", "km", athar.Num(km)) }}
	around := 50.0 // km shown around the area: as far as the rings reach
	if n := len(c.Rings); n > 0 && known(c.Rings[n-1].To) {
		around = max(around, float64(c.Rings[n-1].To))
	}
	base.Fit(west, south, east, north, 1.15*around)
	for _, n := range counts {
		if n.a.Role.IsRing() && !base.Has(n.m.Lon, n.m.Lat) {
			fig.Beyond++
		}
	}

	for _, country := range basemap.Countries() {
		shape := figure.Shape{Class: "land", Name: p.Lang.Word("country", country.Name)}
		if countries[country.Name] {
			shape.Class = "land here"
		}
		for _, r := range country.Rings {
			ring := make([][2]float64, len(r))
			for k, q := range r {
				ring[k] = [2]float64{q.Lon, q.Lat}
			}
			shape.Rings = append(shape.Rings, ring)
		}
		base.Shapes = append(base.Shapes, shape)
	}
	base.Shapes = append(base.Shapes, shapes...)

	most := 0.0
	for _, n := range counts {
		if base.Has(n.m.Lon, n.m.Lat) {
			most = max(most, n.pre, n.end)
		}
	}
	radius := func(rate float64) float64 { return 28 * math.Sqrt(rate/max(most, 1e-9)) }
	panel := func(title string, value func(count) float64) {
		m := base
		m.Title = title
		list := slices.Clone(counts)
		slices.SortStableFunc(list, func(a, b count) int { return cmp.Compare(value(b), value(a)) })
		for _, n := range list {
			if v := value(n); v > 0 {
				m.Spots = append(m.Spots, figure.Spot{Lon: n.m.Lon, Lat: n.m.Lat, Class: "events", R: radius(v),
					Title: p.plain("map.tip", "name", n.m.Name, "role", p.ringName(n.a.Role, c.Rings), "pre", n.a.Pre, "during", n.a.During, "post", n.a.Post)})
			}
		}
		m.Spots = append(m.Spots, symbols...)
		for _, n := range list {
			if n.a.Role == athar.Inside {
				m.Labels = append(m.Labels, figure.Label{Lon: n.m.Lon, Lat: n.m.Lat, Text: p.Lang.Name(n.m.Name), Class: "place", Clear: max(radius(value(n)), 4.5)})
			}
		}
		fig.Panels = append(fig.Panels, MapPanel{title, m.SVG()})
	}
	panel(p.plain("map.before", "days", athar.Num(days[athar.Pre]), "months", athar.Num(math.Round(days[athar.Pre]/30.44))),
		func(n count) float64 { return n.pre })
	panel(p.plain("map.after", "days", athar.Num(days[athar.During]+days[athar.Post]), "months", athar.Num(math.Round((days[athar.During]+days[athar.Post])/30.44))),
		func(n count) float64 { return n.end })

	order := []athar.Role{athar.Inside}
	for k := range c.Rings {
		order = append(order, athar.Role(k+1))
	}
	for _, r := range append(order, athar.Far, athar.LeftOut) {
		if roles[r] {
			fig.Roles = append(fig.Roles, MapRole{roleClass(r), p.ringName(r, c.Rings)})
		}
	}
	if most > 0 {
		for _, v := range []float64{most / 2, most / 8} {
			v = round1(v)
			r := math.Round(radius(v)*10) / 10
			fig.Sizes = append(fig.Sizes, MapSize{strconv.FormatFloat(r, 'f', -1, 64), strconv.FormatFloat(2*r+2, 'f', -1, 64), p.plain("map.size", "n", athar.Num(v))})
		}
	}
	return fig
}

// symbolSize is half the side of an area's square.
func symbolSize(r athar.Role) float64 {
	if r == athar.Far || r == athar.LeftOut {
		return 3
	}
	return 4.5
}

// round1 rounds down to one significant digit.
func round1(v float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	return math.Round(math.Floor(v/unit+1e-9)*unit*1e6) / 1e6
}
