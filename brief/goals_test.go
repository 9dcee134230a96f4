package brief

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"athar"
)

func one(t *testing.T, n *html.Node, tag, class string) *html.Node {
	t.Helper()
	list := find(n, tag, class)
	if len(list) == 0 {
		t.Fatalf("no %s of class %q", tag, class)
	}
	return list[0]
}

// TestMatrixOfGoals: every cell has the word of its report, and a goal that a
// campaign did not state is said to be so.
func TestMatrixOfGoals(t *testing.T) {
	r := fixture(t, false)
	doc := parse(t, render(t, r))
	rows := find(one(t, one(t, byID(t, doc, "goals"), "table", "matrix"), "tbody", ""), "tr", "")
	if len(rows) != len(r.Campaigns) {
		t.Fatalf("%d rows for %d campaigns", len(rows), len(r.Campaigns))
	}
	for i, c := range r.Campaigns {
		cells := find(rows[i], "td", "")
		if len(cells) != 4 {
			t.Fatalf("%d cells for 4 goals", len(cells))
		}
		for k, cell := range cells {
			says := words(cell)
			if k >= len(c.Goals) {
				if says != "not stated" {
					t.Errorf("%s: a goal that was not stated reads %q", c.Campaign.ID, says)
				}
				continue
			}
			g := c.Goals[k]
			if !strings.HasPrefix(says, string(g.Word)) {
				t.Errorf("%s, %s: %q, want %s", c.Campaign.ID, g.ID, says, g.Word)
			}
			if strings.Contains(says, "moved the other way") != g.Opposed {
				t.Errorf("%s, %s: opposed %v reads %q", c.Campaign.ID, g.ID, g.Opposed, says)
			}
			if (g.Word == athar.NotIdentifiable) != strings.Contains(says, "see reason") {
				t.Errorf("%s, %s: %q gives no reason", c.Campaign.ID, g.ID, says)
			}
		}
	}
	why := words(one(t, byID(t, doc, "goals"), "div", "whys"))
	if want := "neither an interval nor a test"; !strings.Contains(why, want) || !strings.Contains(words(rows[1]), "0 of 1 outcome measured") {
		t.Errorf("a change without a test counts as measured, or has no reason: %q", why)
	}
	for _, reason := range []string{"no-events-after", "no-pre-events"} {
		if want := english(t).Note(athar.Note{Code: reason}).String(); !strings.Contains(why, want) {
			t.Errorf("the reasons are %q, without %q", why, want)
		}
	}
}

// TestOutputIsNoOutcome: what forces report stands in its own column, and no
// other figure is drawn or tabled with it.
func TestOutputIsNoOutcome(t *testing.T) {
	r := fixture(t, false)
	for i := range r.Campaigns {
		r.Campaigns[i].Goals[0].Outputs[0].Values[0].N = 98765
	}
	doc := parse(t, render(t, r))
	number := "98 765"
	rows := find(one(t, byID(t, doc, "goals-1"), "table", "evidence"), "tr", "")
	cells := find(rows[1], "td", "")
	for k, cell := range cells {
		if has := strings.Contains(words(cell), number); has != (k == 1) {
			t.Errorf("column %d: %v: %s", k, has, words(cell))
		}
	}
	for _, f := range find(byID(t, doc, "goals"), "figure", "") {
		if strings.Contains(words(f), number) {
			t.Errorf("an output stands in figure %s", attr(f, "id"))
		}
	}
}

// TestGoalFigures: an outcome has a dot for every campaign that could answer,
// refusals are text, and outcomes that nobody could answer have no column.
func TestGoalFigures(t *testing.T) {
	r := fixture(t, false)
	doc := parse(t, render(t, r))
	p := newPage(r, english(t))
	ids, _ := p.goalIDs()
	for k, id := range ids {
		want := 0
		seen := map[string]bool{}
		for _, c := range r.Campaigns {
			for _, g := range c.Goals {
				if g.ID != id {
					continue
				}
				clear(seen)
				for _, o := range g.Outcomes {
					// Two outcomes of one name are one column, whose last holds.
					if p.answered(o) && !seen[p.outcomeName(o)] {
						seen[p.outcomeName(o)] = true
						want++
					}
				}
			}
		}
		dots := 0
		for _, f := range find(doc, "figure", "") {
			if strings.HasPrefix(attr(f, "id"), fmt.Sprintf("goal-%d-outcomes", k+1)) {
				dots += len(find(f, "circle", "dot"))
			}
		}
		if dots != want {
			t.Errorf("%s: %d dots for %d answers", id, dots, want)
		}
	}
	if n := len(find(byID(t, doc, "goals-1-lags"), "circle", "cdot")); n != 18 {
		t.Errorf("three courses of six known months have %d dots", n)
	}
}

// TestSlopes: near and far each have two dots; a total has no far.
func TestSlopes(t *testing.T) {
	doc := parse(t, render(t, fixture(t, false)))
	for id, far := range map[string]int{"adaptation-1-1": 12, "adaptation-4-1": 0} {
		f := byID(t, doc, id)
		if near, got := len(find(f, "circle", "near")), len(find(f, "circle", "far")); near != 12 || got != far {
			t.Errorf("%s: %d near and %d far dots, want 12 and %d", id, near, got, far)
		}
	}
	// The indicators that decide come first, those without an answer last.
	var order []string
	for _, q := range find(byID(t, doc, "adaptation-1-1"), "div", "panel") {
		order = append(order, words(one(t, q, "p", "pname")))
	}
	if !strings.Contains(order[0], "decides") || !strings.Contains(order[3], "decides") || strings.Contains(order[4], "decides") || !strings.Contains(order[6], "Steepness") {
		t.Errorf("order of panels: %q", order)
	}
	// What three panels warn of is said once.
	shared := english(t).Note(athar.Note{Code: "no-pre-events"}).String()
	if n := strings.Count(words(byID(t, doc, "adaptation-1-1")), shared); n != 1+1 { // and below the table
		t.Errorf("a shared warning stands %d times", n)
	}
	// An indicator of two signatures is drawn once.
	second := byID(t, doc, "adaptation-1-2")
	if n := len(find(second, "svg", "slope")); n != 1 {
		t.Errorf("the second signature draws %d slopes, want the one that the first has not", n)
	}
}

// TestSlopeIsNotSteeperThanNoise: a change well inside its interval fills a
// small part of the drawing's height.
func TestSlopeIsNotSteeperThanNoise(t *testing.T) {
	p := newPage(&athar.Report{}, english(t))
	null := athar.Num(nan)
	d := athar.Indicator{Code: "hill-2", Before: 5, After: 5.2, FarBefore: null, FarAfter: null, Change: .2, Low: -3.8, High: 4.2}
	svg := string(p.slope(d, adapted{}))
	var y []float64
	for _, m := range regexp.MustCompile(`cy="([0-9.]+)"`).FindAllStringSubmatch(svg, -1) {
		var v float64
		fmt.Sscan(m[1], &v)
		y = append(y, v)
	}
	if len(y) != 2 || math.Abs(y[1]-y[0]) > 4 || y[0] <= y[1] {
		t.Errorf("dots at %v of 84", y)
	}
}

// TestCommunicationIsSaidPlainly: the page says that event data cannot show it.
func TestCommunicationIsSaidPlainly(t *testing.T) {
	doc := parse(t, render(t, fixture(t, false)))
	says := words(byID(t, doc, "adaptation"))
	if want := "Not identifiable from event data"; !strings.Contains(says, want) {
		t.Errorf("the section does not say %q", want)
	}
}

// TestNothingToAimAt: the pages of goals, adaptation and outlook have no map and
// name no area.
func TestNothingToAimAt(t *testing.T) {
	r := fixture(t, true)
	doc := parse(t, render(t, r))
	for _, id := range []string{"goals", "adaptation", "outlook"} {
		section := byID(t, doc, id)
		if n := len(find(section, "svg", "map")); n > 0 {
			t.Errorf("%s has %d maps", id, n)
		}
		text := words(section)
		for _, a := range r.Map.Areas {
			if strings.Contains(text, a.Code) {
				t.Errorf("%s names the area %s", id, a.Code)
			}
		}
	}
}

// TestOutlook: only units whose model may be shown have a chart; the others have a
// sentence, and all have scores.
func TestOutlook(t *testing.T) {
	r := fixture(t, false)
	doc := parse(t, render(t, r))
	section := byID(t, doc, "outlook")
	if n := len(find(section, "figure", "")); n != 1 {
		t.Errorf("%d charts for one unit that may be shown", n)
	}
	why := words(one(t, section, "ul", "hidden"))
	for _, o := range r.Outlook {
		if strings.Contains(why, o.Name.En) == o.Shown {
			t.Errorf("%s, shown %v: %q", o.Name.En, o.Shown, why)
		}
	}
	rows := find(one(t, byID(t, doc, "outlook-1"), "tbody", ""), "tr", "")
	if len(rows) != fanMonths {
		t.Errorf("%d months in the table, want %d", len(rows), fanMonths)
	}
	// Where many share a reason it is said once, without the figures of each.
	for k := 1; k < len(r.Outlook); k++ {
		r.Outlook[k].Because = []athar.Note{{Code: "outlook-not-better", Args: map[string]any{"crps": athar.Num(float64(k)), "baseline_crps": athar.Num(1), "months": 30, "from": 1, "to": 6}}}
	}
	if got := newPage(r, english(t)).Outlooks().Hidden; len(got) != 1 || len(got[0].Units) != len(r.Outlook)-1 {
		t.Errorf("one reason in %d lines", len(got))
	}
	r.Outlook[0].Shown = false
	section = byID(t, parse(t, render(t, r)), "outlook")
	if want := words(parse(t, []byte(newPage(r, english(t)).t("outlook.nothing")))); !strings.Contains(words(section), want) || len(find(section, "figure", "")) != 0 {
		t.Errorf("with nothing to show the section does not say so: %s", words(section))
	}
}

// TestWithoutGoals: a report that has none of this has no section and no link.
func TestWithoutGoals(t *testing.T) {
	r := fixture(t, false)
	r.Outlook = nil
	for i := range r.Campaigns {
		r.Campaigns[i].Goals, r.Campaigns[i].Adaptation = nil, nil
	}
	r.Totals[0].Adaptation = nil
	page := render(t, r)
	for _, id := range []string{"goals", "adaptation", "outlook"} {
		if bytes.Contains(page, []byte(`id="`+id+`"`)) || bytes.Contains(page, []byte(`"#`+id+`"`)) {
			t.Errorf("%s is on the page", id)
		}
	}
	// Nor does an empty shell break it.
	render(t, &athar.Report{Campaigns: []athar.CampaignReport{{Goals: []athar.GoalReport{{Outputs: []athar.Output{{}}, Outcomes: []athar.OutcomeIndicator{{}, {Indicator: &athar.Indicator{Curves: []athar.Curve{{}}}}, {Finding: &athar.Finding{}}}}},
		Adaptation: &athar.Adaptation{Signatures: []athar.Signature{{Indicators: []athar.Indicator{{}}}}, Context: []athar.Indicator{{Code: "break"}}}}},
		Totals: []athar.TotalReport{{Adaptation: &athar.Adaptation{}}}, Outlook: []athar.Outlook{{}, {Shown: true}, {Shown: true, Months: []athar.Span{{}}}}})
}

// TestWordsOfGoals: the catalogue and the style sheet know every word, reading,
// signature and indicator that the vocabulary and the methods have.
func TestWordsOfGoals(t *testing.T) {
	l := english(t)
	style, err := files.ReadFile("style.css")
	if err != nil {
		t.Fatal(err)
	}
	need := func(codes ...string) {
		for _, c := range codes {
			if !l.Has(c) {
				t.Errorf("the catalogue lacks %s", c)
			}
		}
	}
	for _, v := range presence {
		need("verdict."+slug(v), "goal-word."+slug(v), "signature-word."+slug(v))
		if !bytes.Contains(style, []byte(".v-"+slug(v)+"{")) && !bytes.Contains(style, []byte(".v-"+slug(v)+",")) {
			t.Errorf("the style sheet does not know %s", v)
		}
	}
	for _, r := range []athar.Reading{athar.Supports, athar.Opposes, athar.Neither, athar.Compatible, athar.Silent, athar.Refused} {
		need("reading." + slug(r))
		if r != athar.Silent {
			need("readings." + slug(r))
		}
		if !bytes.Contains(style, []byte(".r-"+slug(r)+"{")) {
			t.Errorf("the style sheet does not know %s", r)
		}
	}
	for _, id := range athar.Signatures() {
		need("signature."+string(id), "signature-means."+string(id), "signature-never."+string(id))
	}
	for _, g := range []athar.IndicatorGroup{athar.GroupSpatial, athar.GroupTemporal, athar.GroupSize, athar.GroupMix} {
		need("group." + string(g))
	}
	for _, code := range []string{"hill-2", "hill-1", "hill-0", "theil-between", "theil-within", "moran", "distance", "independent", "size", "tempo", "acceleration",
		"synchrony", "synchrony-raw", "coincidence", "multi-area-days", "excitation", "lag", "mix", "mix-local", "resumption", "break"} {
		need("indicator."+code, "indicator-unit."+code, "indicator-means."+code)
	}
	for _, id := range []string{"activity", "rate", "share", "complex-days", "lethality", "resumption"} {
		need("outcome." + id)
	}
}

// TestTextsOfGoals checks that every text that these pages ask for is in the
// catalogue.
func TestTextsOfGoals(t *testing.T) {
	l := english(t)
	seen := 0
	for _, name := range []string{"goals.go", "adaptation.go", "outlook.go"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?:\bt|plain|Say|say)\("([a-z-]+\.[a-z-]*[a-z])"`).FindAllStringSubmatch(string(b), -1) {
			if seen++; !l.Has(m[1]) {
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
	if seen < 30 {
		t.Errorf("found only %d texts: the search is broken", seen)
	}
}

// TestCodesDoNotShow: where the catalogue has everything, no code stands on the
// page in place of a sentence.
func TestCodesDoNotShow(t *testing.T) {
	doc := parse(t, render(t, fixture(t, false)))
	code := regexp.MustCompile(`\b(?:column|indicator|curve|reading|change|goals|plot-unit)\.[a-z-]+|\b[a-z]+(?:-[a-z]+)+: [a-z_]+ `)
	for _, id := range []string{"goals", "adaptation", "outlook"} {
		if bad := code.FindAllString(words(byID(t, doc, id)), 3); bad != nil {
			t.Errorf("%s shows %q", id, bad)
		}
	}
}

// TestOpenDetailsFitEveryWidth: with everything unfolded no width overflows.
func TestOpenDetailsFitEveryWidth(t *testing.T) {
	run := chromium(t)
	dir := t.TempDir()
	page := render(t, fixture(t, false))
	page = bytes.ReplaceAll(page, []byte("<details "), []byte("<details open "))
	page = with(page, probe)
	if err := os.WriteFile(filepath.Join(dir, "probe.html"), page, 0o644); err != nil {
		t.Fatal(err)
	}
	widths := []int{320, 360, 768, 1200}
	var frames strings.Builder
	for _, w := range widths {
		fmt.Fprintf(&frames, `<iframe src="probe.html" width="%d" height="800"></iframe>`, w)
	}
	harness := filepath.Join(dir, "harness.html")
	source := `<!doctype html><body><p></p><script>addEventListener("message",e=>{document.querySelector("p").append("{"+e.data.join("|")+"}")})</script>` + frames.String()
	if err := os.WriteFile(harness, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	dom, _ := run("--virtual-time-budget=8000", "--dump-dom", "file://"+harness)
	seen := regexp.MustCompile(`\{(\d+)\|(\d+)\|([^|]*)\|(\d+)\}`).FindAllStringSubmatch(dom, -1)
	if len(seen) != len(widths) {
		t.Fatalf("%d of %d frames answered", len(seen), len(widths))
	}
	for _, m := range seen {
		if m[1] != m[2] || strings.TrimSpace(m[3]) != "" {
			t.Errorf("at %s px the page is %s px wide: %s", m[1], m[2], m[3])
		}
	}
}

// TestOrderOfSignatures: the matrix has the order of the vocabulary, whatever the
// order of a report.
func TestOrderOfSignatures(t *testing.T) {
	r := fixture(t, false)
	slices.Reverse(r.Campaigns[0].Adaptation.Signatures)
	var got []string
	for _, c := range newPage(r, english(t)).Adaptations().Columns {
		got = append(got, c.Name)
	}
	if want := []string{"Smaller, more independent groups", "Individual and encrypted communication", "Replaced leaders"}; !slices.Equal(got, want) {
		t.Errorf("columns %q", got)
	}
}
