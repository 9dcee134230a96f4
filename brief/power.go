package brief

import (
	"bytes"
	"embed"
	"encoding/csv"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"athar"
	"athar/brief/figure"
	"athar/brief/text"
	"athar/power"
)

//go:embed power.html
var powerFiles embed.FS

// PowerPage writes what the data of a study could show as one self-contained
// page: a picture and sentences for each campaign.
func PowerPage(w io.Writer, r *power.Report, lang string) error {
	d, err := newReach(r, lang)
	if err != nil {
		return err
	}
	style, err := sheet(d.l, "style.css")
	if err != nil {
		return err
	}
	t, err := template.New("power.html").Funcs(template.FuncMap{
		"t":   func(key string) template.HTML { return d.phrase(key).HTML() },
		"css": func() template.CSS { return style },
	}).ParseFS(powerFiles, "power.html")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, d); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// Power is the same for the terminal.
func Power(r *power.Report, lang string) (string, error) {
	d, err := newReach(r, lang)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n%s\n", d.Title(), d.Lead(), d.Precision())
	for _, p := range d.Pages() {
		fmt.Fprintf(&b, "\n%s: %s\n", p.Name, p.Before)
		t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "  "+strings.Join(p.Head, "\t"))
		for _, l := range p.Lines {
			fmt.Fprintln(t, "  "+strings.Join(l.Cells, "\t"))
		}
		t.Flush()
		for _, l := range p.Lines {
			fmt.Fprintf(&b, "  %s: %s\n", l.Name, strings.Join(l.Says, " "))
		}
	}
	return b.String(), nil
}

// PowerCSV writes every row with its numbers; ratios and shares are plain
// numbers, what is missing is empty.
func PowerCSV(w io.Writer, r *power.Report, lang string) error {
	d, err := newReach(r, lang)
	if err != nil {
		return err
	}
	c := csv.NewWriter(w)
	_ = c.Write([]string{"campaign", "question", "ring", "window", "periods", "areas", "events_before", "expected", "fall", "rise", "formula_fall", "formula_rise",
		"size", "size_error", "dispersion", "persistence", "errors", "histories", "says"})
	num := func(n athar.Num) string {
		if math.IsNaN(float64(n)) {
			return ""
		}
		return n.String()
	}
	for _, x := range r.Campaigns {
		for _, q := range x.Rows {
			_ = c.Write([]string{x.ID, string(q.Question), fmt.Sprint(q.Ring), q.Window(), fmt.Sprint(q.Periods), fmt.Sprint(q.Areas), fmt.Sprint(q.Events),
				num(q.Expected), num(q.Fall), num(q.Rise), num(q.FormulaFall), num(q.FormulaRise), num(q.Size), num(q.SizeError), num(q.Dispersion), num(q.Persistence),
				q.Inference, fmt.Sprint(q.Reps), strings.Join(d.sentences(q), " ")})
		}
	}
	c.Flush()
	return c.Error()
}

// reach is a power report with the catalogue that puts it into words.
type reach struct {
	*power.Report
	l *text.Language
}

func newReach(r *power.Report, lang string) (*reach, error) {
	l, err := text.Load(lang)
	if err != nil {
		return nil, err
	}
	return &reach{r, l}, nil
}

// Lang is the language of the page.
func (d *reach) Lang() *text.Language { return d.l }

func (d *reach) phrase(key string, args ...any) text.Sentence {
	quantities := map[string]any{}
	for i := 0; i+1 < len(args); i += 2 {
		quantities[args[i].(string)] = args[i+1]
	}
	return d.l.Say("power."+key, quantities)
}

// Title names the study.
func (d *reach) Title() string { return d.phrase("title", "study", d.Report.Title).String() }

// Lead says what was done.
func (d *reach) Lead() string {
	return d.phrase("lead", "reps", d.Reps, "unit", d.l.Word("power", "unit-"+d.Unit)).String()
}

// Precision says how exact the shares are.
func (d *reach) Precision() string {
	se := func(p float64) athar.Num { return athar.Num(math.Sqrt(p * (1 - p) / float64(d.Reps))) }
	return d.phrase("four-of-five", "reps", d.Reps, "error", se(power.Found), "level", se(.05)).String()
}

// Caption explains the picture.
func (d *reach) Caption() template.HTML {
	return d.phrase("caption", "most", athar.Num(power.MostRise)).HTML()
}

// ReachPage is one campaign.
type ReachPage struct {
	ID, Name, Before string
	Head             []string
	Axis             template.HTML
	Lines            []ReachLine
}

// ReachLine is one place and window.
type ReachLine struct {
	Name  string
	Cells []string
	SVG   template.HTML
	Says  []string
}

// Pages lists the campaigns.
func (d *reach) Pages() []ReachPage {
	var values []float64
	for _, c := range d.Campaigns {
		for _, r := range c.Rows {
			values = append(values, float64(r.Fall), float64(r.Rise))
		}
	}
	scale := figure.RatioScale(16, values...)
	ticks := (&page{Lang: d.l}).axis(scale)
	var out []ReachPage
	for _, c := range d.Campaigns {
		p := ReachPage{ID: c.ID, Name: d.l.Name(c.Name), Before: d.phrase("before", "n", c.Periods).String(), Axis: ticks}
		for _, k := range []string{"where", "window", "events", "expected", "fall", "rise", "formula", "size"} {
			p.Head = append(p.Head, d.phrase("col-"+k).String())
		}
		for _, r := range c.Rows {
			p.Lines = append(p.Lines, d.line(c, r, scale))
		}
		out = append(out, p)
	}
	return out
}

func (d *reach) where(c power.Campaign, r power.Row) string {
	if r.Ring == 0 || r.Ring > len(c.Rings) {
		return d.phrase("inside").String()
	}
	ring := c.Rings[r.Ring-1]
	return d.phrase("band", "from", ring.From, "to", ring.To).String()
}

func (d *reach) window(r power.Row) string {
	if r.Months > 0 {
		return d.phrase("post-months", "n", r.Months).String()
	}
	return d.l.Word("power", string(r.Phase))
}

func (d *reach) line(c power.Campaign, r power.Row, scale figure.LogScale) ReachLine {
	l := ReachLine{Name: d.l.Value([]string{d.where(c, r), d.window(r)}, "list"), Says: d.sentences(r)}
	missing := d.l.Word("language", "missing")
	fall, rise, size, formula := missing, missing, missing, missing
	if r.Refusal == nil {
		switch {
		case !known(r.Fall):
			fall = d.phrase("none-cell").String()
		case r.Fall == 0:
			fall = d.phrase("stop-cell").String()
		default:
			fall = d.l.Percent(r.Fall - 1)
		}
		if rise = d.phrase("none-cell").String(); known(r.Rise) {
			rise = "× " + d.l.Ratio(r.Rise)
		}
		size = d.l.Percent(r.Size)
	}
	if known(r.FormulaFall) {
		formula = d.l.Percent(r.FormulaFall-1) + " / × " + d.l.Ratio(r.FormulaRise)
	}
	l.Cells = []string{d.where(c, r), d.window(r), d.l.Count(athar.Num(r.Events)), d.l.Number(r.Expected), fall, rise, formula, size}
	track := figure.Track{Scale: scale, Ticks: scale.Ticks(), BandLow: float64(1 / d.Smallest), BandHigh: float64(d.Smallest), MDELow: float64(r.Fall), MDEHigh: float64(r.Rise),
		Marks: []figure.Interval{{RR: nan, Low: nan, High: nan, AdjLow: nan, AdjHigh: nan, Title: l.Name + ": " + strings.Join(l.Says, " ")}}, Height: 26}
	if r.Refusal == nil {
		l.SVG = track.SVG()
	}
	return l
}

// sentences say what a row means.
func (d *reach) sentences(r power.Row) []string {
	if r.Refusal != nil {
		out := []string{d.l.Note(r.Refusal.Reason).String()}
		if r.Refusal.Remedy != nil {
			out = append(out, d.l.Note(*r.Refusal.Remedy).String())
		}
		return out
	}
	var out []string
	switch { // below a halving a note says it, with its reason
	case !(r.Fall >= .5):
	case known(r.Rise):
		out = append(out, d.phrase("both", "fall", r.Fall, "rise", r.Rise).String())
	default:
		out = append(out, d.phrase("fall", "fall", r.Fall, "most", athar.Num(power.MostRise)).String())
	}
	for _, n := range r.Notes {
		out = append(out, d.l.Note(n).String())
	}
	return out
}
