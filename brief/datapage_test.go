package brief

import (
	"bytes"
	"strings"
	"testing"

	"athar"
)

func TestDataPage(t *testing.T) {
	h := &athar.Holdings{
		Files:  []athar.DataInfo{{Name: "made <1>", File: "a.csv", Format: "table", Rows: 12, Kept: 10, Events: 10, Restricted: true}},
		Events: 10, First: athar.Date(2020, 11, 3), Last: athar.Date(2021, 1, 9),
		Months: []athar.NamedCount{{Name: "2020-11", N: 7}, {Name: "2020-12"}, {Name: "2021-01", N: 3}}, Gaps: []string{"made 2020-12"},
		Sides: []athar.NamedCount{{Name: "Group <A>", N: 8}}, Others: 2,
		Kinds:   []athar.NamedCount{{Name: "attack", N: 4}, {Name: "", N: 6}},
		NoActor: 5, Points: 10, DistinctPoints: 4, OnTen: 1, Tolls: 4, OnRound: 0.75, Long: 1,
	}
	var b bytes.Buffer
	if err := DataPage(&b, h, "en"); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"10 events", "may not be passed on", "Group &lt;A&gt;", "not known", "2 further organisations", "made 2020-12", "50%", "75%", "November 2020: 7"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, never := range []string{"<script", "http://", "https://", "holdings.", "Group <A>"} {
		if strings.Contains(strings.ReplaceAll(page, "http://www.w3.org/2000/svg", ""), never) {
			t.Errorf("the page holds %q", never)
		}
	}
	if n := strings.Count(page, "<rect"); n < 2 {
		t.Errorf("%d bars", n)
	}
	says := said(Data(h, "en"))
	for _, want := range []string{"10 events", "2020", "75%", "Group <A>"} {
		if !strings.Contains(says, want) {
			t.Errorf("the terminal is not told %q", want)
		}
	}
	if h = (&athar.Holdings{}); DataPage(&b, h, "en") != nil || said(Data(h, "en")) == "" {
		t.Error("nothing cannot be described")
	}
}
