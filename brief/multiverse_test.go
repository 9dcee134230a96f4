package brief

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"athar"
)

func TestCurvesAreTheReport(t *testing.T) {
	r := fixture(t, false)
	doc := parse(t, render(t, r))
	fig := byID(t, doc, "campaign-1-multiverse")
	for k, m := range r.Campaigns[0].Multiverse {
		drawn := 0
		for _, path := range find(find(fig, "svg", "speccurve")[k], "path", "sdash") {
			drawn += strings.Count(attr(path, "d"), "M")
		}
		if drawn != len(m.Specs) {
			t.Errorf("%s: %d strokes for %d specifications", m.Phase, drawn, len(m.Specs))
		}
	}
	says := words(fig)
	for _, want := range []string{
		"192 combinations were declared: 40 are the same fit under another name, 56 were refused, 96 remain.",
		"74% lie below 1; 21% have an interval that leaves out 1.",
		"A, the specification behind the headline: 0.81 (0.45 to 1.4",
		"B, the one that speaks most against the side on which most lie:", "It differs from A in:", "Its choices:",
		"The estimate behind the headline is not on the curve", // after: none has its estimate
		"199 campaigns that did not happen, which amount to 87.3 that are apart", "No p below 0.011 could be reached", "had as much of a rise just before",
		"Medianp 0.21", "Share beyond chancep 0.31", "(Stouffer)p 0.18",
		"They are not independent evidence",
		"The same in all: Period: month; Kinds of event: all that the study counts.",
		"too few areas to mix for a comparison",
	} {
		if !strings.Contains(says, want) {
			t.Errorf("the multiverse does not say %q", want)
		}
	}
	// The estimators that no valid specification has are named all the same.
	for _, row := range find(fig, "div", "mvrow") {
		if strings.HasPrefix(words(row), "Bayesian") && strings.Count(words(row), "no valid specification") != 2 {
			t.Errorf("an estimator without a specification reads %q", words(row))
		}
	}
	if s := words(byID(t, doc, "campaign-2-multiverse")); !strings.Contains(s, "could not be set against campaigns that did not happen. Too few specifications could be computed") {
		t.Error("a refused joint inference is not said to be refused")
	}
	third := byID(t, doc, "campaign-3-multiverse")
	if s := words(third); !strings.Contains(s, "During: 192 combinations were declared") || !strings.Contains(s, "There is no curve.") || len(find(third, "svg", "")) != 0 {
		t.Errorf("a multiverse without a valid specification reads %q", s)
	}
	for i := range r.Campaigns {
		r.Campaigns[i].Multiverse = nil
	}
	if strings.Contains(string(render(t, r)), `-multiverse"`) {
		t.Error("a curve is drawn where none was run")
	}
}

func TestChoicesAreOrderedByLeverage(t *testing.T) {
	r := fixture(t, false)
	p := newPage(r, english(t))
	c := p.Curves(0)
	if len(c.Phases) != 2 || len(c.Fixed) != 2 || len(c.Free) != 6 {
		t.Fatalf("%d phases, %d fixed and %d open choices", len(c.Phases), len(c.Fixed), len(c.Free))
	}
	most := map[string]float64{}
	for _, m := range r.Campaigns[0].Multiverse {
		for _, d := range m.Dimensions {
			most[p.dimension(d.Name)] = max(most[p.dimension(d.Name)], float64(d.Leverage))
		}
	}
	for i := 1; i < len(c.Free); i++ {
		if most[c.Free[i].Name] > most[c.Free[i-1].Name] {
			t.Errorf("%s stands after %s", c.Free[i].Name, c.Free[i-1].Name)
		}
	}
	// Every specification has one value of each choice.
	for _, f := range c.Free {
		n := [2]int{}
		for _, row := range c.Table.Rows {
			for k, ph := range c.Phases {
				if row[0] == f.Name && row[2] == ph.Phase {
					v := 0
					for _, d := range row[3] {
						v = 10*v + int(d-'0')
					}
					n[k] += v
				}
			}
		}
		if n != [2]int{96, 120} {
			t.Errorf("%s: its values add up to %v specifications", f.Name, n)
		}
	}
}

func TestChosenValues(t *testing.T) {
	p := newPage(&athar.Report{}, english(t))
	for _, c := range [][3]string{{"pre_months", "1", "1 month"}, {"pre_months", "24", "24 months"}, {"wash_in", "0", "nothing"}, {"wash_in", "2", "2 periods"},
		{"rings", "12.5/25", "12.5, 25 km"}, {"rings", "none", "none"}, {"far", "study", "all countries of the study"}, {"classes", "attacks", "attacks"},
		{"estimator", "sdid", "Synthetic difference-in-differences"}, {"unheard", "of", "of"}} {
		if got := p.chosen(c[0], c[1]); got != c[2] {
			t.Errorf("%s %s is %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

// TestDataSetsAreShownNotAveraged: an answer from one data set is in its own
// table and no method.
func TestDataSetsAreShownNotAveraged(t *testing.T) {
	doc := parse(t, render(t, fixture(t, false)))
	list := find(byID(t, doc, "campaign-1"), "div", "dataviews")
	if len(list) != 1 {
		t.Fatalf("%d tables of data sets", len(list))
	}
	if rows := find(list[0], "tr", ""); len(rows) != 5 || !strings.Contains(words(rows[1]), "UCDP GED 21.1") || !strings.Contains(words(rows[2]), "Reports by weekDuringNo event there before") {
		t.Errorf("the data sets read %q", words(list[0]))
	}
	if s := words(byID(t, doc, "campaign-1-methods")); strings.Contains(s, "data=") || strings.Contains(s, "Reports by week") {
		t.Error("a data set stands among the methods")
	}
	if len(find(byID(t, doc, "campaign-2"), "div", "dataviews")) != 0 {
		t.Error("a table of data sets without any")
	}
}

// TestTextsOfMultiverse checks that every text that these pages ask for is in
// the catalogue.
func TestTextsOfMultiverse(t *testing.T) {
	l := english(t)
	seen := 0
	for _, name := range []string{"multiverse.go", "guards.go", "pooled.go", "page.html"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?:\bt|plain|Say|say)[( ]"([a-z-]+\.[a-z-]*[a-z])"`).FindAllStringSubmatch(string(b), -1) {
			if seen++; !l.Has(m[1]) {
				t.Errorf("%s asks for %s, which the catalogue lacks", name, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`p\.head\(([^)]*)\)`).FindAllStringSubmatch(string(b), -1) {
			for _, c := range regexp.MustCompile(`"([a-z0-9]+)"`).FindAllStringSubmatch(m[1], -1) {
				if !l.Has("column." + c[1]) {
					t.Errorf("%s asks for column.%s, which the catalogue lacks", name, c[1])
				}
			}
		}
	}
	if seen < 150 {
		t.Errorf("found only %d texts: the search is broken", seen)
	}
	for _, s := range []athar.Registration{athar.NotRegistered, athar.FrozenBefore, athar.ChangedBefore, athar.ChangedAfter, athar.FrozenAfter} {
		if !l.Has("registration." + string(s)) {
			t.Errorf("no words for registration %s", s)
		}
	}
}

// TestRegistration: it stands before the answer and where the page says how it
// was made, and nowhere if nobody asked.
func TestRegistration(t *testing.T) {
	r := fixture(t, false)
	page := string(render(t, r))
	says := english(t).Word("registration", "changed-after")
	head, rest, _ := strings.Cut(page, `<section id="answer"`)
	_, made, _ := strings.Cut(rest, `<section id="made">`)
	if !strings.Contains(head, says) || !strings.Contains(made, says) || !strings.Contains(made, "ba9876543210") {
		t.Error("the registration is not at the top and at the end")
	}
	r.Freeze = nil
	if page = string(render(t, r)); strings.Contains(page, `class="registration`) {
		t.Error("a registration without one")
	}
}

// TestGuardsStandBeforeEveryHeadline: at the head of the page, in the first figure
// and in every campaign the checks come before the first word.
func TestGuardsStandBeforeEveryHeadline(t *testing.T) {
	r := fixture(t, false)
	doc := parse(t, render(t, r))
	l := english(t)
	p := newPage(r, l)
	before := func(where string, n *node, guards []athar.Guard, every bool) {
		t.Helper()
		text := words(n)
		first := strings.Index(text, words(find(n, "span", "chip")[0]))
		for _, g := range guards {
			if g.Status != athar.Fired && !every {
				continue
			}
			name := l.Word("guard", g.Code)
			if at := strings.Index(text, name); at < 0 || at > first {
				t.Errorf("%s: %q does not stand before the word", where, name)
			}
		}
	}
	ledes := find(byID(t, doc, "answer"), "div", "lede")
	groups := p.Groups()
	if len(ledes) != len(groups)+1+len(r.Totals) {
		t.Fatalf("%d sentences for %d groups of campaigns and %d totals", len(ledes), len(groups), len(r.Totals))
	}
	for k, g := range groups {
		for _, i := range g.Campaigns {
			before("the head of the page", ledes[k], r.Campaigns[i].Guards, false)
		}
	}
	before("the head of the page", ledes[len(groups)], r.Pooled.Guards, false)
	rows := map[string]*node{}
	for _, row := range find(byID(t, doc, "overview"), "div", "frow") {
		if k := attr(row, "data-k"); k != "" {
			rows[k] = row
		}
	}
	for i, c := range r.Campaigns {
		id := p.CampaignAnchor(i)
		before("the first figure", rows[id], c.Guards, true)
		before(id, byID(t, doc, id), c.Guards, true)
	}
	before("the first figure", rows[pooledAnchor], r.Pooled.Guards, true)
	for i, x := range r.Totals {
		before("the first figure", rows[p.TotalAnchor(i)], x.Guards, true)
	}
	// In a campaign those that fired are open.
	for _, d := range find(byID(t, doc, "campaign-1-checks"), "details", "sitem") {
		open := false
		for _, x := range d.Attr {
			open = open || x.Key == "open"
		}
		group := d.Parent.Parent
		if fired := strings.Contains(attr(group, "class"), "g-fired"); fired != open {
			t.Errorf("%q: open %v", words(d), open)
		}
	}
}

func TestStripOrder(t *testing.T) {
	p := newPage(&athar.Report{}, english(t))
	got := p.Strip([]athar.Guard{{Code: "surge", Status: athar.Quiet}, {Code: "dates", Status: athar.Blind}, {Code: "donut", Status: athar.Fired}, {Code: "calendar", Status: athar.Quiet}})
	if len(got) != 3 || got[0].Status != athar.Fired || got[1].Status != athar.Blind || len(got[2].Guards) != 2 {
		t.Errorf("%+v", got)
	}
	if p.Strip(nil) != nil || p.tally(nil) != nil {
		t.Error("a strip without checks")
	}
}
