package brief

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"athar"
	"athar/brief/text"
)

func render(t testing.TB, r *athar.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, r, "en"); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func parse(t testing.TB, page []byte) *html.Node {
	t.Helper()
	n, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// find lists the elements below n with a tag ("" for any) and a class ("" for any).
func find(n *html.Node, tag, class string) []*html.Node {
	var out []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && (tag == "" || d.Data == tag) && (class == "" || slices.Contains(strings.Fields(attr(d, "class")), class)) {
			out = append(out, d)
		}
	}
	return out
}

func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func byID(t *testing.T, n *html.Node, id string) *html.Node {
	t.Helper()
	for _, e := range find(n, "", "") {
		if attr(e, "id") == id {
			return e
		}
	}
	t.Fatalf("no element %q", id)
	return nil
}

func TestMarksAreTheData(t *testing.T) {
	r := fixture(t, false)
	doc := parse(t, render(t, r))
	estimates := 0
	for _, c := range r.Campaigns {
		for _, f := range c.Findings {
			if f.Question == athar.AskInside && f.Headline.Refusal == nil {
				estimates++
			}
		}
	}
	for _, f := range r.Pooled.Findings {
		if f.Question == athar.AskInside && f.Headline.Refusal == nil {
			estimates++
		}
	}
	for _, total := range r.Totals {
		estimates += len(total.Findings)
	}
	if n := len(find(byID(t, doc, "overview"), "circle", "dot")); n != estimates {
		t.Errorf("overview: %d dots for %d estimates", n, estimates)
	}
	for i, c := range r.Campaigns {
		p := newPage(r, english(t))
		id := p.CampaignAnchor(i)
		counted, gaps := 0, 0 // a gap is periods in a row without a count
		for t, v := range c.Series[0].Observed {
			if !math.IsNaN(float64(v)) {
				counted++
			} else if t == 0 || !math.IsNaN(float64(c.Series[0].Observed[t-1])) {
				gaps++
			}
		}
		fig := byID(t, doc, id+"-series")
		bars := 0
		for _, g := range find(fig, "g", "obs") {
			bars += len(find(g, "rect", ""))
		}
		if bars != counted {
			t.Errorf("%s: %d bars for %d counted periods", c.Campaign.ID, bars, counted)
		}
		if n := len(find(fig, "rect", "gap")); n != gaps {
			t.Errorf("%s: %d gaps drawn, there are %d", c.Campaign.ID, n, gaps)
		}
		if n := len(find(fig, "tr", "")) - 1; n != counted+gaps {
			t.Errorf("%s: table has %d rows for %d periods with a count and %d gaps", c.Campaign.ID, n, counted, gaps)
		}
		rings := 0
		for _, f := range c.Findings {
			if (f.Question == athar.AskRing || f.Question == athar.AskInside) && f.Headline.Refusal == nil {
				rings++
			}
		}
		profile := find(doc, "figure", "profilefig")
		if i < 2 {
			if n := len(find(profile[i], "circle", "dot")); n != rings {
				t.Errorf("%s: profile has %d dots for %d estimates", c.Campaign.ID, n, rings)
			}
		} else if len(profile) != 2 {
			t.Errorf("a profile was drawn for a campaign without estimates")
		}
	}
}

func TestMapShowsEveryAreaInItsWindow(t *testing.T) {
	for _, outlines := range []bool{false, true} {
		r := fixture(t, outlines)
		doc := parse(t, render(t, r))
		fig := byID(t, doc, "campaign-1-map")
		maps := find(fig, "svg", "map")
		if len(maps) != 2 {
			t.Fatalf("%d maps", len(maps))
		}
		tag, class := "rect", "spot"
		if outlines {
			tag, class = "use", "area"
		}
		for _, role := range []string{"r-inside", "r-ring1", "r-ring2"} {
			n := 0
			for _, e := range find(maps[0], tag, class) {
				if slices.Contains(strings.Fields(attr(e, "class")), role) {
					n++
				}
			}
			if n == 0 {
				t.Errorf("outlines %v: no area of role %s is drawn", outlines, role)
			}
			if role == "r-inside" && n != 2 {
				t.Errorf("outlines %v: %d areas inside, want 2", outlines, n)
			}
		}
		if n := len(find(maps[0], "use", "land")); n < 2 {
			t.Errorf("%d countries under the map", n)
		}
		if len(find(maps[0], "line", "scale")) != 1 || len(find(maps[0], "path", "north")) != 1 {
			t.Error("no scale bar or north arrow")
		}
	}
}

func TestRefusalsAreTextWithTheirReason(t *testing.T) {
	r := fixture(t, false)
	doc := parse(t, render(t, r))
	lions := byID(t, doc, "campaign-3")
	reason := english(t).Note(athar.Note{Code: "no-pre-events"}).String()
	for _, place := range []string{"campaign-3-methods", "campaign-3", "overview", "findings"} {
		if !strings.Contains(words(byID(t, doc, place)), reason) {
			t.Errorf("%s does not give the reason of the refusal", place)
		}
	}
	if n := len(find(lions, "circle", "dot")); n != 0 {
		t.Errorf("%d estimates are drawn for a campaign that was refused", n)
	}
}

func TestEveryFigureIsComplete(t *testing.T) {
	doc := parse(t, render(t, fixture(t, true)))
	figures := find(doc, "figure", "")
	if len(figures) < 12 {
		t.Fatalf("%d figures", len(figures))
	}
	for _, f := range figures {
		id := attr(f, "id")
		if len(find(f, "figcaption", "")) != 1 || !strings.Contains(words(find(f, "figcaption", "")[0]), "UCDP GED 21.1") {
			t.Errorf("%s: no caption with its source", id)
		}
		if title := attr(f, "aria-labelledby"); title == "" || words(byID(t, doc, title)) == "" {
			t.Errorf("%s: no title", id)
		}
		tables := find(f, "details", "numbers")
		if len(tables) != 1 || len(find(tables[0], "td", "")) == 0 {
			t.Errorf("%s: no table of its numbers", id)
		}
		for _, s := range find(f, "svg", "") {
			if attr(s, "role") == "img" && (len(find(s, "title", "")) == 0 || words(find(s, "title", "")[0]) == "") {
				t.Errorf("%s: a drawing without title", id)
			}
		}
	}
}

func TestIDsAndLinks(t *testing.T) {
	doc := parse(t, render(t, fixture(t, false)))
	ids := map[string]bool{}
	for _, e := range find(doc, "", "") {
		if id := attr(e, "id"); id != "" {
			if ids[id] {
				t.Errorf("id %q stands twice", id)
			}
			ids[id] = true
		}
	}
	links := 0
	for _, a := range find(doc, "a", "") {
		if to, ok := strings.CutPrefix(attr(a, "href"), "#"); ok {
			links++
			if !ids[to] {
				t.Errorf("link to %q, which is nowhere", to)
			}
		}
	}
	if links < 30 {
		t.Errorf("only %d links inside the page", links)
	}
}

// loads reports what the page would fetch or run.
func loads(doc *html.Node) (bad []string) {
	scripts := 0
	for _, e := range find(doc, "", "") {
		switch e.Data {
		case "link":
			if attr(e, "rel") != "alternate" { // an address that a browser does not fetch
				bad = append(bad, "element link")
			}
			continue
		case "script":
			scripts++
			if own, _ := files.ReadFile("page.js"); len(e.Attr) > 0 || words(e) != strings.Join(strings.Fields(string(own)), " ") {
				bad = append(bad, "another script")
			}
		case "form":
			if attr(e, "action") != "" {
				bad = append(bad, "a form that goes somewhere")
			}
		case "img", "iframe", "object", "embed", "image", "base", "foreignobject", "animate", "set", "video", "audio":
			bad = append(bad, "element "+e.Data)
		}
		for _, a := range e.Attr {
			value := strings.ToLower(strings.TrimSpace(a.Val))
			switch {
			case strings.HasPrefix(a.Key, "on"):
				bad = append(bad, "attribute "+a.Key)
			case a.Key == "href" || a.Key == "src" || a.Key == "xlink:href":
				if e.Data == "use" && strings.HasPrefix(value, "#") {
					continue
				}
				if e.Data != "a" || !strings.HasPrefix(value, "#") && !strings.HasPrefix(value, "http://") && !strings.HasPrefix(value, "https://") {
					bad = append(bad, e.Data+" "+a.Key+"="+a.Val)
				}
			case a.Key == "style" && !strings.HasPrefix(value, "aspect-ratio:"):
				bad = append(bad, "style "+a.Val)
			}
		}
		if e.Data == "style" {
			for _, m := range regexp.MustCompile(`(?i)url\([^)]*\)|@import|expression`).FindAllString(words(e), -1) {
				if !strings.HasPrefix(m, "url(#") && !strings.HasPrefix(m, "url(data:font/woff2;base64,") {
					bad = append(bad, "style sheet: "+m)
				}
			}
		}
	}
	if scripts != 1 {
		bad = append(bad, fmt.Sprintf("%d scripts", scripts))
	}
	return bad
}

func TestNothingIsLoadedOrRun(t *testing.T) {
	if bad := loads(parse(t, render(t, fixture(t, true)))); bad != nil {
		t.Error(bad)
	}
}

// poison changes every string that can be reached from v.
func poison(v reflect.Value, change func(string) string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return
		}
		if v.Kind() == reflect.Interface && v.Elem().Kind() == reflect.String {
			v.Set(reflect.ValueOf(change(v.Elem().String())))
			return
		}
		poison(v.Elem(), change)
	case reflect.Struct:
		for i := range v.NumField() {
			poison(v.Field(i), change)
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i), change)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			x := reflect.New(v.Type().Elem()).Elem()
			x.Set(v.MapIndex(k))
			poison(x, change)
			v.SetMapIndex(k, x)
		}
	case reflect.String:
		if v.CanSet() {
			v.SetString(change(v.String()))
		}
	}
}

func TestHostileTextsStayText(t *testing.T) {
	attacks := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `</title></svg><script>alert(1)</script>`,
		`javascript:alert(1)`, `data:text/html,<script>alert(1)</script>`, `</style><script>alert(1)</script>`, `{{.}}`, `&lt;script&gt;`, "\u202eevil",
	}
	for _, attack := range attacks {
		for name, change := range map[string]func(string) string{
			"instead": func(string) string { return attack },
			"behind":  func(s string) string { return s + attack },
			"before":  func(s string) string { return attack + s },
		} {
			for _, outlines := range []bool{false, true} {
				r := fixture(t, outlines)
				poison(reflect.ValueOf(r), change)
				if bad := loads(parse(t, render(t, r))); bad != nil {
					t.Fatalf("%s %q: %v", name, attack, bad[:min(3, len(bad))])
				}
			}
		}
	}
	r := fixture(t, false)
	r.Study.Title.En = attacks[0]
	if got := words(find(parse(t, render(t, r)), "h1", "")[0]); got != attacks[0] {
		t.Errorf("the title reads %q", got)
	}
}

func TestOnlyWebAddressesAreLinked(t *testing.T) {
	for s, want := range map[string]string{
		"https://example.org/a?b=1": "https://example.org/a?b=1", " http://example.org ": "http://example.org",
		"javascript:alert(1)": "", "JaVaScRiPt:alert(1)": "", "ftp://example.org": "", "example.org": "", "//example.org": "", "https:": "", "": "", "a b": "",
	} {
		if got := link(s); got != want {
			t.Errorf("link(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestSameReportSameBytes(t *testing.T) {
	r := fixture(t, true)
	a := render(t, r)
	if !bytes.Equal(a, render(t, fixture(t, true))) {
		t.Error("two runs differ")
	}
	// The page is made from findings.json alone, so a report that was written
	// and read again gives the same page.
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back athar.Report
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if c := render(t, &back); !bytes.Equal(a, c) {
		t.Errorf("the page of the report read back differs: %d and %d bytes", len(a), len(c))
	}
}

func TestEmptyReport(t *testing.T) {
	render(t, &athar.Report{})
	render(t, &athar.Report{Campaigns: []athar.CampaignReport{{}}, Totals: []athar.TotalReport{{}}, Claims: []athar.ClaimResult{{}}, Data: []athar.DataInfo{{}}})
	if got := said(Summary(&athar.Report{}, "en")); got != "" {
		t.Errorf("summary of nothing: %q", got)
	}
}

func TestUnknownLanguage(t *testing.T) {
	if err := HTML(&bytes.Buffer{}, &athar.Report{}, "xx"); err == nil || !strings.Contains(err.Error(), "en") {
		t.Errorf("error %v does not name the languages there are", err)
	}
}

func english(t testing.TB) *text.Language {
	t.Helper()
	l, err := text.Load("en")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestPlaceboFact: the placebo p stands on the card of the finding that has one.
func TestPlaceboFact(t *testing.T) {
	f := func(p *athar.Num) FindingRow {
		e := &athar.Effect{RR: .6, Low: .4, High: .9, P: .01, Observed: 14, Expected: 20, PlaceboP: p, AdjLow: athar.Num(nan), AdjHigh: athar.Num(nan)}
		page := newPage(&athar.Report{}, english(t))
		return page.row(athar.Finding{ID: "x", Question: athar.AskInside, Phase: athar.During, Verdict: athar.NotRobust, Headline: e}, nil)
	}
	n := athar.Num(.12)
	if got := f(&n).PlaceboP; got != "0.12" {
		t.Errorf("placebo p is written %q", got)
	}
	if got := f(nil).PlaceboP; got != "" {
		t.Errorf("no placebo p was asked for, and the card says %q", got)
	}
}

func TestSentenceOfEachWord(t *testing.T) {
	inside := func(v athar.Verdict, rr, low, high athar.Num) athar.Finding {
		return athar.Finding{Question: athar.AskInside, Phase: athar.During, Verdict: v, Headline: &athar.Effect{RR: rr, Low: low, High: high,
			Observed: 14, Expected: 17.2, MDELow: 0.44, MDEHigh: 2.3, AdjLow: athar.Num(nan), AdjHigh: athar.Num(nan)},
			Because: []athar.Note{{Code: "donut-undoes", Args: map[string]any{"n": 2, "rr": athar.Num(0.9), "low": athar.Num(0.5), "high": athar.Num(1.6), "word": "DECLINE"}}}}
	}
	blinded := inside(athar.Inconclusive, 0.81, 0.01, 45)
	blinded.Headline.MDELow, blinded.Headline.MDEHigh = 0.02, 50
	p := newPage(&athar.Report{}, english(t))
	for _, c := range []struct {
		f    athar.Finding
		want string
	}{
		{inside(athar.Inconclusive, 0.81, 0.45, 1.47), "Inside the area, 14 events against 17.2 expected (rate ratio 0.81, 0.45 to 1.47). These data could have shown a fall below 0.44 or a rise above 2.30."},
		{blinded, "Inside the area, 14 events against 17.2 expected: too little to show even a tenfold change reliably (rate ratio 0.81, 0.010 to 45.0)."},
		{inside(athar.Decline, 0.54, 0.36, 0.78), "Inside the area, 14 events against 17.2 expected: 46% fewer (22% to 64%), rate ratio 0.54 (0.36 to 0.78)."},
		{inside(athar.Escalation, 1.6, 1.2, 2.1), "Inside the area, 14 events against 17.2 expected: rate ratio 1.60 (1.20 to 2.10)."},
		{inside(athar.NoMaterialChange, 1.01, 0.93, 1.1), "Inside the area, 14 events against 17.2 expected. The rate ratio of 1.01 (0.93 to 1.10) excludes any change large enough to matter by the study’s own standard."},
		{inside(athar.NotRobust, 0.54, 0.36, 0.78), "Inside the area, 14 events against 17.2 expected (rate ratio 0.54, 0.36 to 0.78), but the direction does not survive the checks. With the last 2 periods before the campaign left out, the ratio is 0.90 (0.50 to 1.60), and DECLINE no longer holds. These data could have shown a fall below 0.44 or a rise above 2.30."},
		{athar.Finding{Question: athar.AskInside, Verdict: athar.CannotTell, Because: []athar.Note{{Code: "no-pre-events"}}}, "No event there before the campaign: there is nothing to compare with."},
		{athar.Finding{Question: athar.AskInside, Verdict: athar.CannotTell}, "No estimate was made."},
	} {
		if got := p.answer(c.f, nil).String(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.f.Verdict, got, c.want)
		}
	}
	for _, v := range []athar.Verdict{athar.Decline, athar.Escalation, athar.NoMaterialChange, athar.Inconclusive, athar.NotRobust, athar.CannotTell,
		athar.NotIdentifiable, athar.Displacement, athar.Diffusion} {
		style, _ := files.ReadFile("style.css")
		if !strings.Contains(string(style), ".v-"+slug(v)+"{") && !strings.Contains(string(style), ".v-"+slug(v)+",") {
			t.Errorf("the style sheet does not know the word %s", v)
		}
	}
}

func TestSummary(t *testing.T) {
	got := said(Summary(fixture(t, false), "en"))
	for _, want := range []string{
		"Lions of al-Jazeera 1, during the campaign: CANNOT TELL. No event there before the campaign",
		"\n  Checks that fired: surge before the campaign, calendar.",
		"Syria: ESCALATION. In total, 136 events against 84 expected",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("summary lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "guard-") || strings.Contains(got, "<") {
		t.Errorf("a code or markup stands in the summary:\n%s", got)
	}
}

// TestTextsOfThePage checks that every text that the page and this package ask
// for is in the catalogue.
func TestTextsOfThePage(t *testing.T) {
	asked := regexp.MustCompile(`(?:\bt|plain|Say)\(? ?"([a-z]+\.[a-z-]*[a-z])"`)
	l := english(t)
	seen := 0
	for _, name := range []string{"page.html", "first.html", "where.html", "hotspots.html", "hotspots.go", "brief.go", "answers.go", "first.go", "course.go", "forest.go", "timeline.go", "profile.go", "map.go", "tables.go", "claims.go"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range asked.FindAllStringSubmatch(string(b), -1) {
			seen++
			if !l.Has(m[1]) {
				t.Errorf("%s asks for %s, which the catalogue lacks", name, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`p\.head\(([^)]*)\)`).FindAllStringSubmatch(string(b), -1) {
			for _, c := range regexp.MustCompile(`"([a-z]+)"`).FindAllStringSubmatch(m[1], -1) {
				if !l.Has("column." + c[1]) {
					t.Errorf("%s asks for column.%s, which the catalogue lacks", name, c[1])
				}
			}
		}
	}
	if seen < 80 {
		t.Errorf("found only %d texts: the search is broken", seen)
	}
}

func TestContrast(t *testing.T) {
	style, err := files.ReadFile("style.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, ok := strings.Cut(string(style), "prefers-color-scheme:dark")
	if !ok {
		t.Fatal("no dark scheme")
	}
	for name, scheme := range map[string]string{"light": light, "dark": dark} {
		colour := func(variable string) (rgb [3]float64) {
			m := regexp.MustCompile(`--` + variable + `:#([0-9a-f]{3,6});`).FindStringSubmatch(scheme)
			if m == nil {
				t.Fatalf("%s: no --%s", name, variable)
			}
			hex := m[1]
			if len(hex) == 3 {
				hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
			}
			for i := range rgb {
				var v int
				for _, c := range hex[2*i : 2*i+2] {
					v = v*16 + strings.IndexRune("0123456789abcdef", c)
				}
				x := float64(v) / 255
				if x <= 0.03928 {
					rgb[i] = x / 12.92
				} else {
					rgb[i] = math.Pow((x+0.055)/1.055, 2.4)
				}
			}
			return rgb
		}
		luminance := func(c [3]float64) float64 { return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2] }
		for _, ground := range []string{"paper", "wash", "here"} {
			for _, ink := range []string{"ink", "soft", "faint"} {
				a, b := luminance(colour(ink)), luminance(colour(ground))
				if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < 4.5 {
					t.Errorf("%s: %s on %s has contrast %.2f, want 4.5 (WCAG AA)", name, ink, ground, ratio)
				}
			}
		}
	}
}

// said is a text that must not fail.
func said(s string, err error) string {
	if err != nil {
		panic(err)
	}
	return s
}
