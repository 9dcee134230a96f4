package brief

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	rendered "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"

	"athar"
)

// marked renders Markdown as a reader with every extension of GitHub's would
// that lets raw HTML through.
func marked(t testing.TB, source string) *html.Node {
	t.Helper()
	var b bytes.Buffer
	md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(rendered.WithUnsafe()))
	if err := md.Convert([]byte(source), &b); err != nil {
		t.Fatal(err)
	}
	return parse(t, b.Bytes())
}

func summarised(t testing.TB, r *athar.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := Markdown(&b, r, "en", "brief.html"); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestMarkdownSaysEveryCampaign(t *testing.T) {
	r := fixture(t, false)
	doc := marked(t, summarised(t, r))
	items := find(doc, "li", "")
	for _, c := range r.Campaigns {
		n := 0
		for _, li := range items {
			s := words(li)
			if !strings.HasPrefix(s, c.Campaign.Name.En+" (") {
				continue
			}
			n++
			for _, f := range c.Findings {
				if f.Question != athar.AskInside {
					continue
				}
				if !strings.Contains(s, string(f.Verdict)) {
					t.Errorf("%s: %s is not said: %s", c.Campaign.ID, f.Verdict, s)
				}
				if estimated(f) && !strings.Contains(s, english(t).Ratio(f.Headline.RR)+" (95% interval "+english(t).Ratio(f.Headline.Low)+" to ") {
					t.Errorf("%s: the ratio has no interval: %s", c.Campaign.ID, s)
				}
			}
		}
		if n != 1 {
			t.Errorf("%s is said in %d sentences", c.Campaign.ID, n)
		}
	}
	if n := len(find(doc, "h1", "")); n != 1 {
		t.Errorf("%d titles", n)
	}
	rows := 0
	for _, table := range find(doc, "table", "") {
		if strings.HasPrefix(words(table), "Claim") {
			rows = len(find(table, "tr", "")) - 1
		}
	}
	if rows != len(r.Claims) {
		t.Errorf("%d rows for %d claims", rows, len(r.Claims))
	}
	for _, a := range find(doc, "a", "") {
		if !strings.HasPrefix(attr(a, "href"), "http") {
			t.Errorf("a link leads to %q", attr(a, "href"))
		}
	}
}

// Whatever text comes in, a reader of Markdown shows that text and nothing else:
// no element, no link.
func FuzzMarkdownIsText(f *testing.F) {
	for _, s := range []string{"a", "# a", "1. a", "12) a", "- a", "+ a", "a\n===", "<b>a</b>", "[a](javascript:alert(1))", "![a](http://b.c/d.png)", "<javascript:alert(1)>",
		"http://a.b", "HTTPS://a.b/c?d", "www.a.b", "a@b.cd", "mailto:a@b.cd", "xmpp:a@b.cd", "ftp://a.b", "`a`", "*a*", "__a__", "~~a~~", "a | b", "&lt;b&gt;", "&#60;", "\\<b>", "a\\", "> a", "    a", "\ta", "a  \nb", "---", ":--", "| --- |", "[^1]", "[ ] a",
		"<!-- a", "]]>", "$a$", "تنظيم <b>", "\u2028# a", "a\u00a0b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = athar.Plain(s)
		plain := func(s string) string { return strings.Join(strings.FieldsFunc(s, unicode.IsSpace), " ") }
		escaped := escapeMarkdown(s)
		for place, source := range map[string]string{"a paragraph": escaped, "an item": "- " + escaped, "a cell": "| a |\n| --- |\n| " + escaped + " |\n", "bold": "x **" + strings.TrimSpace(escaped) + "** y"} {
			doc := marked(t, source)
			for _, e := range find(doc, "", "") {
				switch e.Data {
				case "html", "head", "body", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "strong":
				default:
					t.Fatalf("%q in %s makes an element %s", s, place, e.Data)
				}
			}
			want := plain(s)
			switch place {
			case "a cell":
				want = plain("a " + s)
			case "bold":
				continue
			}
			if got := plain(words(doc)); got != want {
				t.Fatalf("%q in %s reads %q, not %q", s, place, got, want)
			}
		}
	})
}
