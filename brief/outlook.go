package brief

import (
	"html/template"
	"slices"
	"strconv"

	"athar"
	"athar/brief/figure"
)

// OutlookView is the outlook of one unit.
type OutlookView struct {
	ID      string
	Name    athar.Names
	Unit    string
	Model   string
	SVG     template.HTML
	Because []athar.Note
	Scores  Table
	Table
}

// OutlookPage is all units: those for which a model may be shown, and why not for
// the others.
type OutlookPage struct {
	Shown  []OutlookView
	Hidden []OutlookReason
	Scores []OutlookScores
}

// OutlookReason is a reason for not showing an outlook, with the units that
// share it.
type OutlookReason struct {
	Units []string
	Why   template.HTML
}

// OutlookScores is the table of one unit.
type OutlookScores struct {
	Name  string
	Shown bool
	Table
}

// Outlooks is the outlook of all units; nil without one. (The report's own
// field has the name without the plural.)
func (p *page) Outlooks() *OutlookPage {
	if len(p.Outlook) == 0 {
		return nil
	}
	out := &OutlookPage{}
	shared := map[string]int{} // units by the code of their reason
	for _, o := range p.Outlook {
		if !o.Shown && len(o.Because) > 0 {
			shared[o.Because[0].Code]++
		}
	}
	for i, o := range p.Outlook {
		name := p.Lang.Name(o.Name)
		if name == "" {
			name = o.ID
		}
		if len(o.Scores) > 0 {
			out.Scores = append(out.Scores, OutlookScores{name, o.Shown, p.scores(o)})
		}
		if o.Shown {
			out.Shown = append(out.Shown, p.fan("outlook-"+strconv.Itoa(i+1), name, o))
			continue
		}
		why := p.reasons(o.Because).HTML()
		if len(o.Because) > 0 {
			// What differs between many is in the table of scores.
			if code := o.Because[0].Code; shared[code] > 2 && p.Lang.Has("not-shown."+code) {
				why = p.t("not-shown." + code)
			}
		}
		k := slices.IndexFunc(out.Hidden, func(r OutlookReason) bool { return r.Why == why })
		if k < 0 {
			k = len(out.Hidden)
			out.Hidden = append(out.Hidden, OutlookReason{Why: why})
		}
		out.Hidden[k].Units = append(out.Hidden[k].Units, name)
	}
	return out
}

// model is the name of a model of the outlook, or its code.
func (p *page) model(code string) string { return p.Lang.Word("model", code) }

func (p *page) scores(o athar.Outlook) Table {
	l := p.Lang
	t := Table{Head: p.head("model", "forecasts", "crps", "skill", "crpsdiff", "ign", "mis", "coverhalf", "covermost")}
	for _, s := range o.Scores {
		name := p.model(s.Model)
		if s.Baseline {
			name = p.plain("outlook.baseline", "model", name)
		}
		difference := l.Word("language", "missing")
		if known(s.Low) || known(s.High) {
			difference = p.plain("indicators.range", "low", l.Change(s.Low), "high", l.Change(s.High))
		}
		t.Rows = append(t.Rows, []string{name, l.Count(athar.Num(s.N)), l.Level(s.CRPS), l.Change(s.Skill), difference, l.Level(s.IGN), l.Level(s.MIS), l.Percent(s.Cover50), l.Percent(s.Cover90)})
	}
	return t
}

// fanMonths is how much of the past a fan chart shows, in months.
const fanMonths = 36

// fan draws the observed months and the forecast's median and bands.
func (p *page) fan(id, name string, o athar.Outlook) OutlookView {
	l := p.Lang
	v := OutlookView{ID: id, Name: o.Name, Unit: l.Word("outlook-unit", o.Unit), Model: p.model(o.Model), Because: o.Because,
		Table: Table{Head: p.head("period", "observed", "median", "half", "most")}}
	first := max(0, len(o.Months)-fanMonths)
	var x []float64
	var days []athar.Num
	ahead := len(o.Months)
	for i, m := range o.Months {
		days = append(days, athar.Num(m.Mid()))
		if known(at(o.Median, i)) {
			ahead = min(ahead, i)
		}
	}
	observed := figure.Line{Class: "c-observed"}
	median := figure.Line{Class: "c-median"}
	wide, narrow := figure.Line{Class: "c-band90"}, figure.Line{Class: "c-band50"}
	var ys []float64
	for i := first; i < len(o.Months); i++ {
		d := float64(days[i])
		x = append(x, d)
		seen := at(o.Observed, i)
		observed.X, observed.Y = append(observed.X, d), append(observed.Y, float64(seen))
		mid, lo5, hi5, lo9, hi9 := at(o.Median, i), at(o.Low50, i), at(o.High50, i), at(o.Low90, i), at(o.High90, i)
		half, most := l.Word("language", "missing"), l.Word("language", "missing")
		if known(mid) {
			half, most = p.numbers(lo5, hi5), p.numbers(lo9, hi9)
		}
		v.Table.Rows = append(v.Table.Rows, []string{l.Span(o.Months[i]), l.Number(seen), l.Number(mid), half, most})
		if i == ahead-1 && known(seen) { // the fan opens at the last count
			mid, lo5, hi5, lo9, hi9 = seen, seen, seen, seen, seen
		}
		median.X, median.Y = append(median.X, d), append(median.Y, float64(mid))
		narrow.X, narrow.Low, narrow.High = append(narrow.X, d), append(narrow.Low, float64(lo5)), append(narrow.High, float64(hi5))
		wide.X, wide.Low, wide.High = append(wide.X, d), append(wide.Low, float64(lo9)), append(wide.High, float64(hi9))
		for _, y := range []athar.Num{seen, mid, hi9} {
			ys = append(ys, float64(y))
		}
	}
	if x == nil {
		return v
	}
	fig := figure.Plot{Ref: nan, Height: 220, Title: p.plain("outlook.title", "name", name), Desc: p.plain("outlook.desc"), Lines: []figure.Line{wide, narrow, median, observed}}
	fig.X, _ = p.plotAxis(dates, x)
	if s, ok := fig.X.(figure.LinScale); ok {
		fig.XTicks = p.dateTicks(s, false)
	}
	fig.Y, fig.YTicks = p.plotAxis(linear, append(ys, 0))
	if s, ok := fig.X.(figure.LinScale); ok && ahead < len(o.Months) {
		from, _ := s.At(float64(o.Months[ahead].First))
		fig.Windows = []figure.Window{{From: from, To: 1, Class: "ahead"}}
	}
	v.SVG = fig.SVG()
	return v
}

// numbers writes the two ends of a range of counts.
func (p *page) numbers(low, high athar.Num) string {
	return p.plain("series.range", "low", low, "high", high)
}
