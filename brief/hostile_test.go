package brief

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"athar"
	"athar/internal/testdata"
	"athar/power"
)

// passive fails if a page has anything in it that could run or fetch: it is
// the static half of the test, which needs no browser.
func passive(t testing.TB, name string, page []byte) {
	t.Helper()
	for _, n := range find(parse(t, page), "", "") {
		switch n.Data {
		case "iframe", "object", "embed", "base", "img", "link", "form", "input", "video", "audio", "foreignobject", "animate", "set", "image":
			t.Errorf("%s: an element %s", name, n.Data)
		case "meta":
			if e := attr(n, "http-equiv"); e != "" && e != "Content-Security-Policy" {
				t.Errorf("%s: a meta element with http-equiv %s", name, attr(n, "http-equiv"))
			}
		case "script":
			if strings.Contains(words(n), "__pwned") || attr(n, "src") != "" {
				t.Errorf("%s: a foreign script", name)
			}
		case "style":
			if s := words(n); strings.Contains(s, "http:") || strings.Contains(s, "url(h") {
				t.Errorf("%s: a style that fetches", name)
			}
		}
		for _, a := range n.Attr {
			value := strings.ToLower(strings.TrimSpace(a.Val))
			switch {
			case strings.HasPrefix(a.Key, "on") || a.Key == "srcdoc" || a.Key == "action" || a.Key == "formaction":
				t.Errorf("%s: an attribute %s of %s", name, a.Key, n.Data)
			case a.Key == "style" && strings.Contains(value, "url"):
				t.Errorf("%s: a style that fetches: %s", name, a.Val)
			case a.Key == "src" && !strings.HasPrefix(value, "data:"):
				t.Errorf("%s: a source %s", name, a.Val)
			case a.Key == "href" && !safeAddress(a.Val):
				t.Errorf("%s: an address %q", name, a.Val)
			}
		}
	}
}

// safeAddress: a place on the page, a file beside it, or the web.
func safeAddress(s string) bool {
	scheme, _, ok := strings.Cut(s, ":")
	return strings.HasPrefix(s, "#") || !ok || scheme == "http" || scheme == "https" || strings.ContainsAny(scheme, "/?#%")
}

// hostileReport is a report every text of which is hostile, codes and ids included.
func hostileReport(t testing.TB, host string) *athar.Report {
	t.Helper()
	r := fixture(t, true)
	if n := testdata.Infect(r, host); n < 1000 {
		t.Fatalf("only %d texts", n)
	}
	r.Schema = "athar-findings/1"
	return r
}

func TestHostileReportIsHarmless(t *testing.T) {
	l := testdata.Listen(t)
	r := hostileReport(t, l.Host)
	for _, lang := range []string{"en", "ar"} {
		var page, summary bytes.Buffer
		if err := HTML(&page, r, lang); err != nil {
			t.Fatal(err)
		}
		if err := Markdown(&summary, r, lang, "brief.html"); err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(page.Bytes(), []byte("__pwned")) || !bytes.Contains(summary.Bytes(), []byte("pwned")) {
			t.Fatal("the hostile texts are not in the page: the test sees nothing")
		}
		passive(t, "brief in "+lang, page.Bytes())
		rendered := new(bytes.Buffer)
		if err := html.Render(rendered, marked(t, summary.String())); err != nil {
			t.Fatal(err)
		}
		passive(t, "summary in "+lang, rendered.Bytes())
		testdata.Harmless(t, "brief in "+lang, page.Bytes(), l)
		testdata.Harmless(t, "summary in "+lang, rendered.Bytes(), l)
	}
	summary, err := Summary(r, "en")
	if err != nil {
		t.Fatal(err)
	}
	_ = summary
}

func TestHostileHoldingsAndPowerAreHarmless(t *testing.T) {
	l := testdata.Listen(t)
	h := &athar.Holdings{Files: []athar.DataInfo{{Name: "made", File: "a.csv", Format: "table", Layout: "x", Licence: "none", Citation: "none", SHA256: "a", Rows: 12, Kept: 10, Events: 10, Restricted: true,
		Rejected: []athar.ReasonCount{{Reason: "bad-date", N: 2}}, Places: []athar.ReasonCount{{Reason: "exact", N: 10}}}},
		Events: 10, First: athar.Date(2020, 11, 3), Last: athar.Date(2021, 1, 9),
		Months: []athar.NamedCount{{Name: "2020-11", N: 7}, {Name: "2020-12"}, {Name: "2021-01", N: 3}}, Gaps: []string{"made 2020-12"},
		Sides: []athar.NamedCount{{Name: "Group A", N: 8}, {Name: "Group B", N: 2}}, Others: 2, Kinds: []athar.NamedCount{{Name: "attack", N: 4}, {Name: "", N: 6}}, Places: []athar.NamedCount{{Name: "exact", N: 10}}}
	w := &power.Report{Study: "s", Title: athar.Names{En: "Title", Ar: "عنوان"}, Unit: "month", Reps: 10, Smallest: 1.25,
		Campaigns: []power.Campaign{{ID: "c", Name: athar.Names{En: "Campaign", Ar: "حملة"}, Rings: []athar.Ring{{From: 0, To: 25}}, Periods: 24}}}
	for role := range 2 {
		w.Campaigns[0].Rows = append(w.Campaigns[0].Rows, power.Row{Question: athar.AskInside, Phase: athar.Phase([]string{"during", "post"}[role]), Periods: 3, Areas: 4, Events: 50, Expected: 12, Fall: 0.5, Rise: 1.9, Inference: "cr2", Reps: 10, Notes: []athar.Note{athar.NewNote("made", "x", "text")}})
	}
	if testdata.Infect(h, l.Host) < 10 || testdata.Infect(w, l.Host) < 3 {
		t.Fatal("too few texts")
	}
	var page bytes.Buffer
	if err := DataPage(&page, h, "en"); err != nil {
		t.Fatal(err)
	}
	passive(t, "data page", page.Bytes())
	testdata.Harmless(t, "data page", page.Bytes(), l)
	page.Reset()
	if err := PowerPage(&page, w, "en"); err != nil {
		t.Fatal(err)
	}
	passive(t, "power page", page.Bytes())
	testdata.Harmless(t, "power page", page.Bytes(), l)
}

// The test must see what it looks for.
func TestHarmlessSees(t *testing.T) {
	l := testdata.Listen(t)
	spy := &recorder{TB: t}
	testdata.Harmless(spy, "bad", testdata.Ran(l.Host), l)
	if spy.errors < 2 {
		t.Errorf("a page that runs and fetches gives %d complaints", spy.errors)
	}
}

// recorder counts complaints instead of failing.
type recorder struct {
	testing.TB
	errors int
}

func (r *recorder) Errorf(string, ...any) { r.errors++ }

// Any text in a sentence is that text on the page, and nothing else.
func FuzzTextIsText(f *testing.F) {
	for _, s := range testdata.Payloads {
		f.Add(s)
	}
	l := english(f)
	f.Fuzz(func(t *testing.T, s string) {
		s = athar.Plain(s)
		doc := parse(t, []byte(l.Say("summary.total", map[string]any{"name": s, "word": s, "says": s}).HTML()))
		for _, n := range find(doc, "", "") {
			if !slices.Contains([]string{"html", "head", "body", "bdi"}, n.Data) || len(n.Attr) > 0 {
				t.Fatalf("%q makes %s", s, n.Data)
			}
		}
		plain := func(s string) string { return strings.Join(strings.FieldsFunc(s, unicode.IsSpace), " ") }
		if got, want := plain(words(doc)), plain(l.Say("summary.total", map[string]any{"name": s, "word": s, "says": s}).String()); got != want {
			t.Fatalf("%q reads %q, not %q", s, got, want)
		}
		if u := link(s); u != "" && !strings.HasPrefix(u, "http://") && !strings.HasPrefix(u, "https://") {
			t.Fatalf("%q is taken for the address %q", s, u)
		}
		if a := address(link(s)); strings.ContainsAny(a, "<>()[]| \"`*") {
			t.Fatalf("the address %q of %q ends a link", a, s)
		}
	})
}
