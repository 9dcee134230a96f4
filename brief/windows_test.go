package brief

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"athar"
	"athar/brief/text"
)

func windowFixture(t *testing.T) *athar.Report {
	t.Helper()
	r := fixture(t, false)
	nan := athar.Num(math.NaN())
	span := func(a, b string) athar.Span { return athar.Span{First: day(a), Last: day(b)} }
	at := func(name string) athar.Window {
		return athar.Window{Name: athar.Names{En: name}, Before: span("2020-05-01", "2020-05-31"), After: span("2020-06-01", "2020-06-30")}
	}
	r.Campaigns[0].Windows = []athar.WindowResult{
		{Window: at("June against May"), EventsBefore: 84, EventsAfter: 45, PeriodsBefore: 1, PeriodsAfter: 1, RR: .536, Low: .364, High: .778, P: .0008,
			Verdict: athar.Decline, Doubts: []athar.Note{athar.NewNote("window-ramadan", "before", athar.Num(.74), "after", athar.Num(0))}},
		{Window: at("June against winter"), EventsBefore: 151, EventsAfter: 45, PeriodsBefore: 3, PeriodsAfter: 1, RR: .894, Low: .626, High: 1.255, P: .56,
			Verdict: athar.Inconclusive},
		{Window: at("Nothing known"), EventsBefore: 0, EventsAfter: 45, PeriodsAfter: 1, RR: nan, Low: nan, High: nan, P: nan,
			Verdict: athar.CannotTell, Refusal: athar.Refuse("no-exposure")},
	}
	return r
}

func TestWindowsOnThePage(t *testing.T) {
	r := windowFixture(t)
	var b bytes.Buffer
	if err := HTML(&b, r, "en"); err != nil {
		t.Fatal(err)
	}
	i := strings.Index(b.String(), `<figure id="campaign-1-windows"`)
	if i < 0 {
		t.Fatal("no figure of the windows")
	}
	figure, _, _ := strings.Cut(b.String()[i:], "</figure>")
	for _, want := range []string{"June against May", "June against winter", "Nothing known", "The same data give different headlines", "DECLINE", "INCONCLUSIVE",
		"74% of the days before", "No day was monitored"} {
		if !strings.Contains(figure, want) {
			t.Errorf("the figure lacks %q", want)
		}
	}
	if n := strings.Count(figure, `class="dot `); n != 2 {
		t.Errorf("%d dots for two estimates", n)
	}
	if strings.Contains(b.String(), `id="campaign-2-windows"`) {
		t.Error("a figure without windows")
	}
}

// Windows that agree are not called opposite.
func TestWindowsThatAgree(t *testing.T) {
	r := windowFixture(t)
	l, err := text.Load("en")
	if err != nil {
		t.Fatal(err)
	}
	list := r.Campaigns[0].Windows
	if f := newPage(r, l).Windows(0); f.Opposite == "" || len(f.Rows) != 3 || len(f.Doubts) != 1 {
		t.Errorf("%q, %d rows, %d doubts", f.Opposite, len(f.Rows), len(f.Doubts))
	}
	list[0].Verdict = athar.NoMaterialChange
	if f := newPage(r, l).Windows(0); f.Opposite != "" {
		t.Errorf("no direction: %q", f.Opposite)
	}
	list[0].Verdict, list[1].Verdict = athar.Decline, athar.Decline
	if f := newPage(r, l).Windows(0); f.Opposite != "" {
		t.Errorf("one headline: %q", f.Opposite)
	}
}

func TestRegistrationIsSaid(t *testing.T) {
	r := fixture(t, false)
	r.Freeze = &athar.Freeze{State: athar.ChangedAfter, Hash: "abc", Frozen: "def", Times: 1, Changed: []string{"choices"},
		Says: []athar.Note{athar.NewNote("freeze-changed-after", "date", day("2021-02-03"), "hash", "def", "keys", "choices")}}
	var b bytes.Buffer
	if err := HTML(&b, r, "en"); err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(b.String(), "</header>")
	if !strings.Contains(head, "changed after results were first seen") {
		t.Error("the head of the page does not say how the study stands to its record")
	}
	if s := said(Registration(r.Freeze, "en")); !strings.Contains(s, "3 February 2021 (def)") || !strings.Contains(s, "choices") {
		t.Error(s)
	}
}
