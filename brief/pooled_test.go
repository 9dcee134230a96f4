package brief

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"athar"
)

type node = html.Node

// TestTogether: the answer for all campaigns stands before single ones, says
// what it is an answer about, and has every part.
func TestTogether(t *testing.T) {
	r := fixture(t, false)
	page := string(render(t, r))
	if a, b := strings.Index(page, `id="together"`), strings.Index(page, `id="campaign-1"`); a < 0 || a > b {
		t.Fatal("all campaigns together do not stand before the first")
	}
	doc := parse(t, []byte(page))
	s := byID(t, doc, "together")
	says := words(s)
	for _, want := range []string{"over the number expected had no campaign happened", "not the average of the campaigns’ own ratios", "White Desert; Deterrence of Terrorism",
		"12 area-periods", "Do the campaigns differ?", "from 0.40 to 1.90", "Inside and around together"} {
		if !strings.Contains(says, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if strings.Index(says, "Checks before the numbers") > strings.Index(says, "DECLINE") {
		t.Error("a word stands before the checks")
	}
	if n := len(find(byID(t, doc, "together-series"), "g", "obs")); n == 0 || len(find(byID(t, doc, "together-rings"), "svg", "series")) != 3 {
		t.Errorf("%d bars inside; the rings are not three series", n)
	}
	for _, f := range r.Pooled.Findings {
		p := newPage(r, english(t))
		byID(t, doc, p.anchors[f.ID])
	}
	heads := 0
	for _, n := range find(byID(t, doc, "answer"), "div", "lede") {
		if strings.HasPrefix(words(n), "All campaigns together") {
			heads++
		}
	}
	if heads != 1 {
		t.Errorf("all campaigns together stand %d times at the head of the page", heads)
	}
	r.Pooled = nil
	if strings.Contains(string(render(t, r)), "together-") {
		t.Error("an answer for all campaigns without one")
	}
	// A refused one without notes, series and rings is still a page.
	r.Pooled = &athar.PooledReport{}
	if s := words(byID(t, parse(t, render(t, r)), "together")); !strings.Contains(s, "Too few campaigns have an estimate") {
		t.Errorf("an empty answer reads %q", s)
	}
}
