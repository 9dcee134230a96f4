package brief

import (
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"athar"
	"athar/brief/figure"
	"athar/brief/text"
)

// adapted is one campaign or total with its adaptation.
type adapted struct {
	name   athar.Names
	anchor string
	start  athar.Span // of the campaign, or of the time judged; empty: unknown
	total  bool       // near is everywhere
	a      *athar.Adaptation
}

func (p *page) adapted() []adapted {
	var out []adapted
	anchor := func() string { return "adaptation-" + strconv.Itoa(len(out)+1) }
	for _, c := range p.Campaigns {
		if c.Adaptation != nil {
			out = append(out, adapted{name: c.Campaign.Name, anchor: anchor(), start: c.Campaign.Start, a: c.Adaptation})
		}
	}
	for _, t := range p.Totals {
		if t.Adaptation == nil {
			continue
		}
		x := adapted{name: t.Name, anchor: anchor(), start: athar.Span{First: 1}, total: true, a: t.Adaptation}
		for _, q := range t.Periods {
			if q.Phase == athar.During || q.Phase == athar.Post {
				x.start = athar.Span{First: q.First, Last: q.First}
				break
			}
		}
		out = append(out, x)
	}
	return out
}

// signatureIDs lists the signatures that the report has, in the order of pages.
func (p *page) signatureIDs() []athar.SignatureID {
	var ids []athar.SignatureID
	for _, x := range p.adapted() {
		for _, s := range x.a.Signatures {
			if !slices.Contains(ids, s.ID) {
				ids = append(ids, s.ID)
			}
		}
	}
	rank := func(id athar.SignatureID) int { return (slices.Index(athar.Signatures(), id) + 4) % 4 } // unknown ones last
	slices.SortStableFunc(ids, func(a, b athar.SignatureID) int { return rank(a) - rank(b) })
	return ids
}

// Adaptations is the matrix of campaigns and totals by signatures; nil where
// there is none.
func (p *page) Adaptations() *WordMatrix {
	ids := p.signatureIDs()
	if ids == nil {
		return nil
	}
	m := &WordMatrix{}
	for _, id := range ids {
		m.Columns = append(m.Columns, WordColumn{Name: p.Lang.Word("signature", string(id))})
	}
	for _, x := range p.adapted() {
		r := WordRow{Name: x.name, Anchor: x.anchor, Cells: make([]WordCell, len(ids))}
		for _, s := range x.a.Signatures {
			cell := WordCell{Asked: true, Verdict: s.Word, Opposed: s.Opposed, Detail: p.readings(s.Indicators)}
			if s.Word == athar.NotIdentifiable && s.Because != nil {
				cell.Why = m.why(p.reasons(s.Because))
			}
			r.Cells[slices.Index(ids, s.ID)] = cell
		}
		m.Rows = append(m.Rows, r)
	}
	return p.finish(m, "signature-word")
}

// decides reports whether an indicator has a vote in its signature.
func decides(x athar.Indicator) bool { return known(x.HolmP) }

// readings counts what the deciding indicators say; where none decides, what
// all of them say.
func (p *page) readings(list []athar.Indicator) string {
	voting := slices.DeleteFunc(slices.Clone(list), func(x athar.Indicator) bool { return !decides(x) })
	if len(voting) == 0 {
		voting = list
	}
	var out []string
	for _, r := range []athar.Reading{athar.Supports, athar.Opposes, athar.Compatible, athar.Neither, athar.Refused} {
		n := 0
		for _, x := range voting {
			if x.Reading == r {
				n++
			}
		}
		if n > 0 {
			out = append(out, p.plain("readings."+string(r), "n", n))
		}
	}
	return p.Lang.Value(out, "list")
}

// SignatureText is what a signature is and what could never show it.
type SignatureText struct{ Name, Means, Never string }

// SignatureTexts explains the signatures of the report.
func (p *page) SignatureTexts() []SignatureText {
	var out []SignatureText
	for _, id := range p.signatureIDs() {
		if key := string(id); p.Lang.Has("signature-means." + key) {
			out = append(out, SignatureText{p.Lang.Word("signature", key), p.plain("signature-means." + key), p.plain("signature-never." + key)})
		}
	}
	return out
}

// AdaptationDetail is the evidence of one campaign or total.
type AdaptationDetail struct {
	Name       athar.Names
	Anchor     string
	Words      []athar.Verdict
	Signatures []SignatureDetail
	Context    *Multiples
	Checks     []athar.Guard
	Notes      []athar.Note
}

// SignatureDetail is one signature with its indicators.
type SignatureDetail struct {
	Name    string
	Verdict athar.Verdict
	Opposed bool
	Because []athar.Note
	Rivals  []athar.Note
	Figure  *Multiples
}

// Multiples are panels of one figure with the table of their numbers.
type Multiples struct {
	ID     string
	Near   string       // what the near line stands for
	Shared []athar.Note // warnings of several panels, said once
	Panels []Panel
	Vote   bool // some indicator decides
	Slopes bool // some panel shows before and after
	Far    bool // some panel shows far areas
	Strips bool // some panel shows the interval of a change
	Table
}

// Panel is one indicator, or one course.
type Panel struct {
	Name     string
	Unit     string
	Means    string
	Group    string
	Reading  athar.Reading
	Decides  bool
	Slope    template.HTML // before and after
	Contrast template.HTML // the interval of the change
	Axis     template.HTML
	Change   template.HTML
	Detail   template.HTML
	Plots    []PlotView
	Shares   []Share
	Refused  template.HTML
	Warnings []athar.Note
}

// PlotView is a drawn plot with what its lines are.
type PlotView struct {
	SVG    template.HTML
	Legend []PlotKey
	Unit   string // of the axis across
}

// PlotKey is a line of a plot's legend.
type PlotKey struct{ Class, Name string }

// Share is one category of a mix, before and after.
type Share struct {
	Name string
	SVG  template.HTML
	Says template.HTML
}

// AdaptationDetails lists the evidence of all campaigns and totals.
func (p *page) AdaptationDetails() []AdaptationDetail {
	var out []AdaptationDetail
	for _, x := range p.adapted() {
		d := AdaptationDetail{Name: x.name, Anchor: x.anchor, Checks: x.a.Checks, Notes: x.a.Notes}
		drawn := map[string]bool{} // an indicator that serves two signatures is drawn once
		for k, s := range x.a.Signatures {
			d.Words = append(d.Words, s.Word)
			d.Signatures = append(d.Signatures, SignatureDetail{Name: p.Lang.Word("signature", string(s.ID)), Verdict: s.Word, Opposed: s.Opposed,
				Because: s.Because, Rivals: s.Rivals, Figure: p.indicators(x.anchor+"-"+strconv.Itoa(k+1), x, s.Indicators, drawn)})
		}
		d.Context = p.indicators(x.anchor+"-context", x, x.a.Context, drawn)
		out = append(out, d)
	}
	return out
}

// indicators draws a list of indicators, the deciding ones first; nil if there
// is none.
func (p *page) indicators(id string, x adapted, list []athar.Indicator, drawn map[string]bool) *Multiples {
	if len(list) == 0 {
		return nil
	}
	list = slices.Clone(list)
	rank := func(d athar.Indicator) int {
		switch {
		case decides(d):
			return 0
		case d.Refusal == nil:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(list, func(a, b athar.Indicator) int {
		if r := rank(a) - rank(b); r != 0 || rank(a) < 2 {
			return r
		}
		return strings.Compare(p.refusal(a.Refusal).String(), p.refusal(b.Refusal).String())
	})
	m := &Multiples{ID: id, Near: p.curveName(x, "near"), Table: Table{Head: p.head("indicator", "pre", "post", "farpre", "farpost", "change", "interval", "p", "holm", "mde", "n", "farn", "reading", "reason")}}
	for _, d := range list {
		q := p.panel(d, x, !drawn[d.Code])
		drawn[d.Code] = true
		why, row := p.indicatorNumbers(d)
		m.add(why, row...)
		if k := len(m.Panels) - 1; q.Refused != "" && k >= 0 && m.Panels[k].Refused == q.Refused {
			// Neighbours without an answer for one reason are one panel.
			m.Panels[k].Name = p.Lang.Value([]string{m.Panels[k].Name, q.Name}, "list")
			m.Panels[k].Unit = ""
			m.Panels[k].Warnings = append(m.Panels[k].Warnings, q.Warnings...)
			continue
		}
		m.Panels = append(m.Panels, q)
		m.Vote = m.Vote || q.Decides
		m.Slopes = m.Slopes || q.Slope != ""
		m.Strips = m.Strips || q.Contrast != ""
		m.Far = m.Far || q.Slope != "" && (known(d.FarBefore) || known(d.FarAfter))
	}
	p.share(m)
	m.Table = p.closed(m.Table)
	return m
}

// share moves warnings that three or more panels have to the figure.
func (p *page) share(m *Multiples) {
	n := map[string]int{}
	for _, q := range m.Panels {
		for _, w := range q.Warnings {
			n[p.note(w).String()]++
		}
	}
	said := map[string]bool{}
	for k := range m.Panels {
		q := &m.Panels[k]
		q.Warnings = slices.DeleteFunc(slices.Clone(q.Warnings), func(w athar.Note) bool {
			s := p.note(w).String()
			if n[s] >= 3 && !said[s] {
				said[s] = true
				m.Shared = append(m.Shared, w)
			}
			return n[s] >= 3
		})
	}
}

// indicatorName is the name of an indicator, or its code.
func (p *page) indicatorName(code string) string { return p.Lang.Word("indicator", code) }

func (p *page) panel(d athar.Indicator, x adapted, draw bool) Panel {
	q := Panel{Name: p.indicatorName(d.Code), Reading: d.Reading, Decides: decides(d), Group: p.Lang.Word("group", string(d.Group)), Warnings: d.Warnings}
	if p.Lang.Has("indicator-unit." + d.Code) {
		q.Unit = p.Lang.Word("indicator-unit", d.Code)
	}
	if d.Refusal != nil {
		q.Reading, q.Refused = athar.Refused, p.refusal(d.Refusal).HTML()
		return q
	}
	if known(d.Change) {
		q.Change = p.change(d)
	}
	q.Detail = p.detail(d)
	if !draw {
		return q
	}
	if p.Lang.Has("indicator-means." + d.Code) {
		q.Means = p.plain("indicator-means." + d.Code)
	}
	q.Slope = p.slope(d, x)
	q.Contrast, q.Axis = p.contrast(d)
	q.Plots, q.Shares = p.curves(d, x)
	return q
}

// detail says on how many events an indicator rests, its p values and what it
// could have shown, as far as they are known.
func (p *page) detail(d athar.Indicator) template.HTML {
	var s text.Sentence
	say := func(code string, args ...any) { s = p.join(s, p.Lang.Say(code, named(args))) }
	switch own := "events-behind." + d.Code; {
	case d.N == 0:
	case p.Lang.Has(own):
		say(own, "n", d.N, "far", d.FarN)
	case d.FarN > 0:
		say("events-behind.far", "n", d.N, "far", d.FarN)
	default:
		say("events-behind.near", "n", d.N)
	}
	switch own := "p-of." + d.Code; {
	case !known(d.P):
	case p.Lang.Has(own):
		say(own, "p", d.P)
	case decides(d):
		say("indicators.p-holm", "p", d.P, "holm", d.HolmP)
	default:
		say("indicators.p", "p", d.P)
	}
	if known(d.MDE) {
		say("indicators.could-show", "mde", p.changeMDESentence(d))
	}
	return s.HTML()
}

// written writes a value of an indicator: a ratio, or a level or difference.
func (p *page) written(d athar.Indicator, v athar.Num) string {
	if d.Ratio {
		return p.Lang.Ratio(v)
	}
	return p.Lang.Change(v)
}

func (p *page) writtenRange(d athar.Indicator) string {
	return p.plain("indicators.range", "low", p.written(d, d.Low), "high", p.written(d, d.High))
}

// changeSentence is a change with its interval.
func (p *page) changeSentence(d athar.Indicator) text.Sentence {
	args := map[string]any{"change": p.written(d, d.Change), "low": p.written(d, d.Low), "high": p.written(d, d.High)}
	switch {
	case p.Lang.Has("change." + d.Code):
		return p.Lang.Say("change."+d.Code, map[string]any{"change": d.Change, "low": d.Low, "high": d.High})
	case !known(d.Low) && !known(d.High):
		return p.Lang.Say("indicators.change-alone", args)
	}
	return p.Lang.Say("indicators.change", args)
}

func (p *page) change(d athar.Indicator) template.HTML { return p.changeSentence(d).HTML() }
func (p *page) changePlain(d athar.Indicator) string   { return p.changeSentence(d).String() }

// changeLimits are the smallest fall and rise that would be found.
func changeLimits(d athar.Indicator) (low, high float64) {
	if d.Ratio {
		return 1 / float64(d.MDE), float64(d.MDE)
	}
	return -float64(d.MDE), float64(d.MDE)
}

func (p *page) changeMDESentence(d athar.Indicator) text.Sentence {
	if !known(d.MDE) {
		return text.Sentence{{Text: p.Lang.Word("language", "missing"), Value: true}}
	}
	low, high := changeLimits(d)
	return p.Lang.Say("indicators.mde", map[string]any{"low": p.written(d, athar.Num(low)), "high": p.written(d, athar.Num(high))})
}

func (p *page) changeMDE(d athar.Indicator) template.HTML { return p.changeMDESentence(d).HTML() }

// indicatorNumbers is the row of an indicator, and the sentences of its last
// column.
func (p *page) indicatorNumbers(d athar.Indicator) (why, row []string) {
	l := p.Lang
	why = p.sentences(d.Warnings...)
	if d.Refusal != nil {
		why = p.refused(d.Refusal)
	}
	reading := d.Reading
	if d.Refusal != nil {
		reading = athar.Refused
	}
	return why, []string{p.indicatorName(d.Code), l.Level(d.Before), l.Level(d.After), l.Level(d.FarBefore), l.Level(d.FarAfter), p.written(d, d.Change), p.writtenRange(d),
		l.P(d.P), l.P(d.HolmP), p.changeMDESentence(d).String(), l.Count(athar.Num(d.N)), l.Count(athar.Num(d.FarN)), l.Word("reading", string(reading))}
}

// whole are the indicators that look at the whole group, not near and far: their
// courses show them.
var whole = map[string]bool{"resumption": true}

// slope draws an indicator's levels; empty if it has none on either side. The
// scale is never finer than the interval of the change, so that noise does not
// look steep.
func (p *page) slope(d athar.Indicator, x adapted) template.HTML {
	if !known(d.Before) || !known(d.After) || whole[d.Code] {
		return ""
	}
	values := []float64{float64(d.Before), float64(d.After)}
	for _, v := range []athar.Num{d.FarBefore, d.FarAfter} {
		if known(v) {
			values = append(values, float64(v))
		}
	}
	lo, hi := slices.Min(values), slices.Max(values)
	mid := (lo + hi) / 2
	var scale figure.Scale
	if half := max(hi-lo, spread(d, mid)) / 2 * 1.15; half > 0 {
		scale = figure.LinScale{Lo: mid - half, Hi: mid + half}
	} else {
		scale = figure.LinScale{Lo: mid - 1, Hi: mid + 1}
	}
	name := p.indicatorName(d.Code)
	fig := figure.Slope{Scale: scale, From: p.Lang.Word("word", "pre"), To: p.Lang.Word("word", "post"), Height: 84, Title: name, Desc: p.plain("indicators.slope-desc", "name", name)}
	add := func(from, to athar.Num, class, code string) {
		if !known(from) && !known(to) {
			return
		}
		fig.Lines = append(fig.Lines, figure.SlopeLine{From: float64(from), To: float64(to), FromLabel: p.Lang.Level(from), ToLabel: p.Lang.Level(to), Class: class,
			Hollow: class == "far", Title: p.plain("indicators.slope-tip", "where", p.curveName(x, code), "from", from, "to", to)})
	}
	add(d.FarBefore, d.FarAfter, "far", "far")
	add(d.Before, d.After, "near", "near")
	return fig.SVG()
}

// spread is the length of the interval of a change, in the unit of the level.
func spread(d athar.Indicator, level float64) float64 {
	if !known(d.Low) || !known(d.High) {
		return 0
	}
	w := float64(d.High - d.Low)
	if d.Ratio {
		w *= math.Abs(level)
	}
	return min(w, 20*math.Abs(level)+1) // an interval without end would flatten everything
}

// contrast draws the interval of the change; empty without one.
func (p *page) contrast(d athar.Indicator) (svg, axis template.HTML) {
	if !known(d.Change) || !known(d.Low) || !known(d.High) {
		return "", ""
	}
	var scale figure.Scale
	if d.Ratio {
		scale = figure.RatioScale(16, float64(d.Change), float64(d.Low), float64(d.High))
	} else {
		scale = figure.SpanScale(0, float64(d.Change), float64(d.Low), float64(d.High))
	}
	ticks := p.scaleTicks(scale)
	low, high := changeLimits(d)
	track := figure.Track{Scale: scale, Ticks: positions(ticks), BandLow: nan, BandHigh: nan, MDELow: low, MDEHigh: high, Height: 24,
		Marks: []figure.Interval{{RR: float64(d.Change), Low: float64(d.Low), High: float64(d.High), AdjLow: nan, AdjHigh: nan, Class: readingClass(d.Reading),
			Title: p.plain("indicators.tip", "name", p.indicatorName(d.Code), "change", p.changePlain(d))}}}
	return track.SVG(), figure.Axis(scale, ticks)
}

// The kinds of axis that an indicator's curves need.
type axisKind int

const (
	linear  axisKind = iota
	ratios           // powers of two about 1
	decades          // powers of ten
	dates            // days since 1970-01-01
)

// frames are the axes of curves that are not plain numbers.
var frames = map[string]struct{ x, y axisKind }{
	"break":      {dates, linear},
	"resumption": {linear, ratios},
	"size":       {decades, decades},
}

// chances are the curves that are probabilities or shares, each in a plot of its
// own.
var chances = []string{"posterior", "not-regained"}

// curves draws an indicator's courses: each probability in a plot of its own,
// everything else together, and the shares of categories as pairs.
func (p *page) curves(d athar.Indicator, of adapted) (plots []PlotView, shares []Share) {
	var classes []athar.Curve
	parts := make([][]athar.Curve, 1+len(chances))
	for _, c := range d.Curves {
		if strings.HasPrefix(c.Code, "class:") {
			classes = append(classes, c)
			continue
		}
		k := slices.IndexFunc(chances, func(s string) bool { return strings.HasPrefix(c.Code, s) })
		parts[k+1] = append(parts[k+1], c)
	}
	for _, list := range parts {
		if v := p.plot(d, list, of); v != nil {
			plots = append(plots, *v)
		}
	}
	return plots, p.shares(classes)
}

func floats(list []athar.Num) []float64 {
	out := make([]float64, len(list))
	for i, v := range list {
		out[i] = float64(v)
	}
	return out
}

func line(c athar.Curve, class string) figure.Line {
	return figure.Line{X: floats(c.X), Y: floats(c.Y), Low: floats(c.Low), High: floats(c.High), Class: class}
}

// curveName is what a line stands for; in a total, near is everywhere.
func (p *page) curveName(x adapted, code string) string {
	if x.total && code == "near" {
		code = "everywhere"
	}
	return p.Lang.Word("curve", code)
}

// curveClass is the look of a line by the parts of its name: "fit-before" is
// drawn as a fit, in the colour of before.
func curveClass(code string) string {
	if code == "posterior" {
		return "c-single"
	}
	var out []string
	for _, part := range []string{"posterior", "fit", "after", "before", "near", "far", "baseline"} {
		if slices.Contains(strings.Split(code, "-"), part) {
			out = append(out, "c-"+part)
		}
	}
	if out == nil {
		return "c-near"
	}
	return strings.Join(out, " ")
}

func (p *page) plot(d athar.Indicator, list []athar.Curve, of adapted) *PlotView {
	var xs, ys, bands []float64
	for _, c := range list {
		xs = append(xs, floats(c.X)...)
		ys = append(ys, floats(c.Y)...)
		bands = append(bands, floats(c.Low)...)
		bands = append(bands, floats(c.High)...)
	}
	if !slices.ContainsFunc(list, func(c athar.Curve) bool { return len(c.X) > 1 && len(c.Y) > 1 }) {
		return nil // a point is no course
	}
	frame := frames[d.Code]
	chance := slices.ContainsFunc(chances, func(s string) bool { return strings.HasPrefix(list[0].Code, s) })
	if chance {
		frame.y = linear
	}
	name := p.indicatorName(d.Code)
	fig := figure.Plot{Ref: nan, Height: 120, Title: name, Desc: p.plain("indicators.plot-desc", "name", name)}
	fig.X, fig.XTicks = p.plotAxis(frame.x, xs)
	if frame.x == linear {
		fig.X, fig.XTicks = tight(fig.X, fig.XTicks, xs)
	}
	if frame.y == linear {
		ys = append(ys, 0)
	}
	fig.Y, fig.YTicks = p.plotAxis(frame.y, append(ys, bands...))
	if frame.y == ratios {
		fig.Ref = 1
	}
	if x, ok := fig.X.(figure.LinScale); ok && frame.x == dates && of.start.Days() > 0 {
		a, before := x.At(float64(of.start.First))
		b, beyond := x.At(float64(of.start.Last) + 1)
		if before <= 0 && beyond >= 0 || b > a {
			fig.Windows = []figure.Window{{From: a, To: b, Class: "start"}}
		}
	}
	out := &PlotView{}
	for _, c := range list {
		class := curveClass(c.Code)
		l := line(c, class)
		l.Bars, l.Steps = class == "c-posterior", c.Code == "not-regained"
		for i := range c.Y {
			if !l.Bars {
				break // a line has no tooltips
			}
			l.Titles = append(l.Titles, p.plain("indicators.plot-tip", "x", p.axisLabel(frame.x, at(c.X, i)), "y", p.Lang.Level(c.Y[i])))
		}
		fig.Lines = append(fig.Lines, l)
		key := PlotKey{class, p.curveName(of, c.Code)}
		if !slices.Contains(out.Legend, key) {
			out.Legend = append(out.Legend, key)
		}
	}
	if fig.Windows != nil {
		out.Legend = append(out.Legend, PlotKey{"c-start", p.Lang.Word("curve", "start")})
	}
	if key := "plot-unit." + d.Code; p.Lang.Has(key) {
		out.Unit = p.plain(key)
	}
	out.SVG = fig.SVG()
	return out
}

func (p *page) axisLabel(kind axisKind, v athar.Num) string {
	if kind == dates && known(v) {
		return p.Lang.Month(athar.Day(v))
	}
	return p.Lang.Level(v)
}

// plotAxis is the axis that holds the values, with its labels.
func (p *page) plotAxis(kind axisKind, values []float64) (figure.Scale, []figure.Tick) {
	values = slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return !known(athar.Num(v)) })
	var ticks []figure.Tick
	switch kind {
	case ratios:
		s := figure.RatioScale(16, values...)
		return s, p.scaleTicks(s)
	case decades:
		s := figure.LogScale{Lo: 1, Hi: 10}
		values = slices.DeleteFunc(values, func(v float64) bool { return v <= 0 })
		if len(values) > 0 {
			s.Lo = math.Pow(10, math.Floor(math.Log10(slices.Min(values))+1e-9))
			s.Hi = math.Pow(10, math.Ceil(math.Log10(slices.Max(values))-1e-9))
			if s.Hi <= s.Lo {
				s.Hi = 10 * s.Lo
			}
		}
		for v := s.Lo; v <= s.Hi*1.001; v *= 10 {
			ticks = append(ticks, figure.Tick{At: v, Label: p.short(p.Lang.Level(athar.Num(v)))})
		}
		return s, ticks
	case dates:
		if len(values) == 0 {
			return figure.LinScale{Lo: 0, Hi: 1}, nil
		}
		lo, hi := slices.Min(values), slices.Max(values)
		s := figure.LinScale{Lo: lo, Hi: max(hi, lo+1)}
		return s, p.dateTicks(s, true)
	}
	s := figure.SpanScale(values...)
	for _, v := range s.Ticks() {
		ticks = append(ticks, figure.Tick{At: v, Label: p.short(p.Lang.Level(athar.Num(v)))})
	}
	return s, ticks
}

// dateTicks are the years, halves or quarters that start on an axis of days.
func (p *page) dateTicks(s figure.LinScale, small bool) (out []figure.Tick) {
	for _, t := range p.timeTicks(timeAxis{s.Lo, s.Hi - s.Lo}, small) {
		out = append(out, figure.Tick{At: s.Lo + t.At*(s.Hi-s.Lo), Label: t.Label, Minor: t.Minor})
	}
	return out
}

// tight cuts an axis across to its values, so that no course ends in the middle.
func tight(s figure.Scale, ticks []figure.Tick, values []float64) (figure.Scale, []figure.Tick) {
	x, ok := s.(figure.LinScale)
	values = slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return !known(athar.Num(v)) })
	if !ok || len(values) == 0 || slices.Min(values) == slices.Max(values) {
		return s, ticks
	}
	x.Lo, x.Hi = slices.Min(values), slices.Max(values)
	return x, slices.DeleteFunc(slices.Clone(ticks), func(t figure.Tick) bool { return t.At < x.Lo || t.At > x.Hi })
}

// shares draws the share of each category before and after. A curve's first
// value is before, its last after.
func (p *page) shares(classes []athar.Curve) []Share {
	top := 0.0
	for _, c := range classes {
		for _, v := range c.Y {
			if known(v) {
				top = max(top, float64(v))
			}
		}
	}
	if top == 0 {
		return nil
	}
	var out []Share
	scale := figure.LinScale{Lo: 0, Hi: top}
	for _, c := range classes {
		if len(c.Y) < 2 {
			continue
		}
		from, to := c.Y[0], c.Y[len(c.Y)-1]
		name := strings.TrimPrefix(c.Code, "class:")
		if name == "" {
			name = p.Lang.Word("curve", "rest")
		}
		title := p.plain("indicators.share-tip", "name", name, "from", from, "to", to)
		mark := func(v athar.Num, hollow bool) figure.Interval {
			return figure.Interval{RR: float64(v), Low: nan, High: nan, AdjLow: nan, AdjHigh: nan, Hollow: hollow, Class: "share", Title: title}
		}
		svg := figure.Pair{Scale: scale, From: mark(from, true), To: mark(to, false), Height: 20}.SVG()
		out = append(out, Share{Name: name, SVG: svg, Says: p.t("indicators.share", "from", from, "to", to)})
	}
	return out
}
