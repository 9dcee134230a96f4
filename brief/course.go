package brief

import (
	"html/template"
	"strconv"
	"strings"

	"athar"
	"athar/brief/figure"
)

// CourseFigure is when events were reported in all areas together, and when each
// campaign ran, on one time axis.
type CourseFigure struct {
	SVG   template.HTML
	Axis  template.HTML // of the lanes, where they have their own
	Lanes []CourseLane
	Table
}

// CourseLane is one campaign on the time axis.
type CourseLane struct {
	Key, Anchor string
	Name        athar.Names
	When        template.HTML
	SVG         template.HTML
}

// Course draws the study's time axis; nil where the report has no counts.
func (p *page) Course() *CourseFigure {
	c := p.Map.Course
	if c == nil || len(c.Periods) == 0 {
		return nil
	}
	periods := make([]athar.Period, len(c.Periods))
	for t, s := range c.Periods {
		periods[t] = athar.Period{Span: s}
	}
	axis := newTimeAxis(periods)
	l := p.Lang
	out := &CourseFigure{Table: Table{Head: p.head("period", "observed")}}
	title := p.plain("course.title")
	fig := figure.Series{Height: 150, Role: "r-total", Ticks: p.timeTicks(axis, false), Title: title, Desc: p.plain("course.desc", "n", len(periods)),
		Number: func(v float64) string { return l.Number(athar.Num(v)) }}
	for t, s := range c.Periods {
		n := athar.Num(nan)
		if t < len(c.Total) {
			n = c.Total[t]
		}
		fig.Columns = append(fig.Columns, figure.Column{From: axis.at(s.First), To: axis.at(s.Last + 1), Observed: float64(n), Expected: nan, Low: nan, High: nan,
			Class: "ph-during", Gap: !known(n), Title: p.plain("course.tip", "period", s, "n", n)})
		out.Table.Rows = append(out.Table.Rows, []string{l.Span(s), l.Number(n)})
	}
	// Where campaigns fill little of the time covered, their lanes show that part alone.
	lanes := axis
	first, last := c.Periods[len(c.Periods)-1].Last, c.Periods[0].First
	for _, k := range p.Campaigns {
		first, last = min(first, k.Campaign.Start.First), max(last, k.Campaign.End.Last)
	}
	if span := float64(last - first); span > 0 && span < axis.days/3 {
		from := max(athar.Day(axis.first), first-athar.Day(span/12))
		to := min(athar.Day(axis.first+axis.days-1), last+athar.Day(span/12))
		lanes = newTimeAxis([]athar.Period{{Span: athar.Span{First: from, Last: to}}})
		out.Axis = figure.TimeAxis(p.timeTicks(lanes, false))
		fig.Windows = append(fig.Windows, figure.Window{From: axis.at(from), To: axis.at(to + 1), Class: "zoom"})
	}
	for i, k := range p.Campaigns {
		shaded := windows(lanes, k.Campaign)
		if out.Axis == "" {
			fig.Windows = append(fig.Windows, shaded...)
		}
		out.Lanes = append(out.Lanes, CourseLane{Key: p.CampaignAnchor(i), Anchor: p.CampaignAnchor(i), Name: k.Campaign.Name, When: p.when(k.Campaign),
			SVG: figure.Lane{Windows: shaded, Height: 20, Title: p.plain("course.lane", "name", k.Campaign.Name, "span", athar.Span{First: k.Campaign.Start.First, Last: k.Campaign.End.Last})}.SVG()})
	}
	out.SVG = fig.SVG()
	return out
}

// Ends names the periods of the course, for the time window's controls.
func (p *page) Ends() string {
	var out []string
	for _, s := range p.Map.Course.Periods {
		out = append(out, p.Lang.Span(s))
	}
	return strings.Join(out, "|")
}

// sparse writes an area's counts as "period:count" for the time window.
func sparse(c athar.AreaCourse) string {
	var b strings.Builder
	for i, t := range c.At {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.Itoa(t) + ":" + strconv.Itoa(c.N[i]))
	}
	return b.String()
}
