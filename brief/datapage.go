package brief

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"athar"
	"athar/brief/figure"
	"athar/brief/text"
)

// DataPage writes what a lake holds as one self-contained page: months and
// kinds as bars, the rest as tables and sentences, in a language. It holds counts alone.
func DataPage(w io.Writer, h *athar.Holdings, lang string) error {
	d, err := newHoldings(h, lang)
	if err != nil {
		return err
	}
	style, err := sheet(d.l, "style.css")
	if err != nil {
		return err
	}
	t, err := template.New("data.html").Funcs(template.FuncMap{
		"t":   func(key string, args ...any) template.HTML { return d.phrase(key, args...).HTML() },
		"css": func() template.CSS { return style },
	}).ParseFS(files, "data.html")
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

// Data is the same for the terminal.
func Data(h *athar.Holdings, lang string) (string, error) {
	d, err := newHoldings(h, lang)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintln(&b, d.Lead())
	if h.Restricted() {
		fmt.Fprintln(&b, d.phrase("restricted"))
	}
	for _, s := range d.Tables() {
		fmt.Fprintf(&b, "\n%s\n", s.Title)
		t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, r := range append([][]string{s.Head}, s.Rows...) {
			fmt.Fprintln(t, strings.TrimRight("  "+strings.Join(r, "\t"), "\t"))
		}
		t.Flush()
		if s.Note != "" {
			fmt.Fprintln(&b, "  "+s.Note)
		}
	}
	fmt.Fprintf(&b, "\n%s\n", d.phrase("quality"))
	for _, s := range d.Quality() {
		fmt.Fprintln(&b, "  "+s)
	}
	return b.String(), nil
}

// holdings is a description with the catalogue that puts it into words.
type holdings struct {
	*athar.Holdings
	l *text.Language
}

func newHoldings(h *athar.Holdings, lang string) (*holdings, error) {
	l, err := text.Load(lang)
	if err != nil {
		return nil, err
	}
	return &holdings{h, l}, nil
}

// Lang is the language of the page.
func (d *holdings) Lang() *text.Language { return d.l }

func (d *holdings) phrase(key string, args ...any) text.Sentence {
	quantities := map[string]any{}
	for i := 0; i+1 < len(args); i += 2 {
		quantities[args[i].(string)] = args[i+1]
	}
	return d.l.Say("holdings."+key, quantities)
}

func (d *holdings) head(keys ...string) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = d.phrase("col-" + k).String()
	}
	return out
}

func (d *holdings) count(n int) string { return d.l.Count(athar.Num(n)) }

// Lead is the first sentence.
func (d *holdings) Lead() string {
	return d.phrase("lead", "n", d.Events, "span", athar.Span{First: d.First, Last: d.Last}, "files", len(d.Files)).String()
}

// DataTable is one table of the page. Bars holds a share a row, where the table
// is drawn as bars.
type DataTable struct {
	ID, Title string
	Head      []string
	Rows      [][]string
	Bars      []string // width of each row's bar
	Note      string
}

// Tables lists the tables in their order.
func (d *holdings) Tables() []DataTable {
	files := DataTable{ID: "files", Title: d.phrase("files").String(), Head: d.head("data", "file", "format", "rows", "kept", "events", "span", "licence")}
	for _, f := range d.Files {
		files.Rows = append(files.Rows, []string{f.Name, f.File, f.Format, d.count(f.Rows), d.count(f.Kept), d.count(f.Events), d.l.Span(athar.Span{First: f.First, Last: f.Last}), f.Licence})
	}
	out := []DataTable{files, d.years(), d.bars("kinds", "kind", "kind", d.Kinds), d.bars("sides", "side", "", d.Sides), d.bars("places", "place", "precision", d.Places)}
	if d.Others > 0 {
		out[3].Note = d.phrase("others", "n", d.Others).String()
	}
	return slices.DeleteFunc(out, func(t DataTable) bool { return len(t.Rows) == 0 })
}

// years lists the months a year a row.
func (d *holdings) years() DataTable {
	t := DataTable{ID: "months", Title: d.phrase("months").String(), Head: d.head("year")}
	for m := 1; m <= 12; m++ {
		t.Head = append(t.Head, d.l.Word("month-short", fmt.Sprint(m)))
	}
	for _, m := range d.Months {
		year, month, _ := strings.Cut(m.Name, "-")
		if n := len(t.Rows); n == 0 || t.Rows[n-1][0] != year {
			t.Rows = append(t.Rows, append([]string{year}, make([]string, 12)...))
		}
		var k int
		fmt.Sscan(strings.TrimPrefix(month, "0"), &k)
		t.Rows[len(t.Rows)-1][k] = d.count(m.N)
	}
	return t
}

// bars lists counts with their share of all events; names are words of a
// section of the catalogue.
func (d *holdings) bars(id, column, section string, counts []athar.NamedCount) DataTable {
	t := DataTable{ID: id, Title: d.phrase(id).String(), Head: d.head(column, "events", "share")}
	most := 0
	for _, c := range counts {
		most = max(most, c.N)
	}
	for _, c := range counts {
		name := c.Name
		switch {
		case name == "":
			name = d.phrase("no-kind").String()
		case section != "":
			name = d.l.Word(section, name)
		}
		t.Rows = append(t.Rows, []string{name, d.count(c.N), d.l.Percent(share(c.N, d.Events))})
		t.Bars = append(t.Bars, fmt.Sprintf("%.1f%%", 100*float64(c.N)/float64(most)))
	}
	return t
}

func share(n, of int) athar.Num {
	if of == 0 {
		return 0
	}
	return athar.Num(float64(n) / float64(of))
}

// maxGaps is how many silent months are named.
const maxGaps = 24

// Quality lists what to know before counting.
func (d *holdings) Quality() []string {
	gaps := d.phrase("no-gap")
	if n := len(d.Gaps); n > 0 {
		list := slices.Clone(d.Gaps[:min(n, maxGaps)])
		if n > maxGaps {
			list = append(list, d.phrase("more", "n", n-maxGaps).String())
		}
		gaps = d.phrase("gaps", "n", n, "list", list)
	}
	points := d.phrase("no-point")
	if d.Points > 0 {
		points = d.phrase("on-ten", "n", d.Points, "points", d.DistinctPoints, "share", d.OnTen)
	}
	out := []string{gaps.String(), d.phrase("no-actor", "n", d.NoActor, "of", d.Events, "share", share(d.NoActor, d.Events)).String(), points.String()}
	if d.Tolls > 0 {
		out = append(out, d.phrase("on-round", "n", d.Tolls, "share", d.OnRound).String())
	}
	return append(out, d.phrase("long", "n", d.Long).String())
}

// Picture draws the events by month.
func (d *holdings) Picture() template.HTML {
	s := figure.Series{Height: 220, Role: "inside", Title: d.phrase("months").String(), Desc: d.Lead(),
		Number: func(v float64) string { return d.l.Number(athar.Num(v)) }}
	n := float64(len(d.Months))
	every := 1 + len(d.Months)/120 // at most ten years bear a label
	for i, m := range d.Months {
		day, err := athar.ParseDay(m.Name + "-01")
		if err != nil {
			continue
		}
		s.Columns = append(s.Columns, figure.Column{From: float64(i) / n, To: float64(i+1) / n, Observed: float64(m.N), Expected: nan, Low: nan, High: nan,
			Class: "ph-during", Title: d.phrase("tip", "month", d.l.Month(day), "n", m.N).String()})
		if t := day.Time(); t.Month() == 1 && t.Year()%every == 0 {
			s.Ticks = append(s.Ticks, figure.Tick{At: float64(i) / n, Label: d.l.Ordinal(t.Year())})
		}
	}
	return s.SVG()
}
