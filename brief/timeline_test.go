package brief

import (
	"reflect"
	"testing"
	"time"

	"athar"
)

func TestWindows(t *testing.T) {
	periods := []athar.Period{{Span: athar.Span{First: day("2020-01-01"), Last: day("2020-04-09")}}} // 100 days
	span := func(a, b string) athar.Span { return athar.Span{First: day(a), Last: day(b)} }
	for _, c := range []struct {
		name       string
		start, end athar.Span
		want       [][2]float64
		classes    []string
	}{
		{"known dates", span("2020-01-11", "2020-01-11"), span("2020-01-20", "2020-01-20"), [][2]float64{{.10, .20}}, []string{"sure"}},
		{"both unsure", span("2020-01-11", "2020-01-16"), span("2020-01-20", "2020-01-30"), [][2]float64{{.10, .15}, {.15, .20}, {.20, .30}}, []string{"unsure", "sure", "unsure"}},
		{"one day", span("2020-01-11", "2020-01-11"), span("2020-01-11", "2020-01-11"), [][2]float64{{.10, .11}}, []string{"sure"}},
		{"beyond the axis", span("2019-01-01", "2019-02-01"), span("2021-01-01", "2021-01-01"), [][2]float64{{0, 1}}, []string{"sure"}},
		{"after the axis", span("2021-01-01", "2021-01-01"), span("2021-02-01", "2021-02-01"), nil, nil},
	} {
		got := windows(newTimeAxis(periods), athar.CampaignInfo{Start: c.start, End: c.end})
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
			continue
		}
		for i, w := range got {
			if d := w.From - c.want[i][0] + w.To - c.want[i][1]; d > 1e-9 || d < -1e-9 || w.Class != c.classes[i] {
				t.Errorf("%s: %v, want %v %s", c.name, w, c.want[i], c.classes[i])
			}
		}
	}
}

func TestTimeTicks(t *testing.T) {
	p := newPage(&athar.Report{}, english(t))
	axis := func(first, last string) timeAxis {
		return newTimeAxis([]athar.Period{{Span: athar.Span{First: day(first), Last: day(last)}}})
	}
	for _, c := range []struct {
		a     timeAxis
		small bool
		want  []string
	}{
		{axis("2019-01-01", "2020-12-31"), false, []string{"Jan 2019", "Apr 2019", "Jul 2019", "Oct 2019", "Jan 2020", "Apr 2020", "Jul 2020", "Oct 2020"}},
		{axis("2019-01-01", "2020-12-31"), true, []string{"2019", "2020"}},
		{axis("2018-02-01", "2020-12-31"), false, []string{"Jul 2018", "Jan 2019", "Jul 2019", "Jan 2020", "Jul 2020"}},
		{axis("2020-01-15", "2020-05-15"), false, []string{"Feb 2020", "Mar 2020", "Apr 2020", "May 2020"}},
		{axis("2014-01-01", "2020-12-31"), false, []string{"2014", "2015", "2016", "2017", "2018", "2019", "2020"}},
	} {
		var got []string
		for _, k := range p.timeTicks(c.a, c.small) {
			got = append(got, k.Label)
		}
		if len(got) != len(c.want) {
			t.Errorf("%q, want %q", got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%q, want %q", got, c.want)
				break
			}
		}
	}
}

// Periods in a row without any number are one row; a count of 0 is a number, and so is
// an expectation without a count.
func TestPeriodsWithoutANumberAreOneRow(t *testing.T) {
	p := newPage(&athar.Report{}, english(t))
	var periods []athar.Period
	for m := range 6 {
		periods = append(periods, athar.Period{Span: athar.Span{First: athar.Date(2020, time.Month(m+1), 1), Last: athar.Date(2020, time.Month(m+2), 1) - 1}})
	}
	in := Table{Head: []string{"a"}, Rows: [][]string{{"1", "before", "0", "–"}, {"2", "no count", "–", "–"}, {"3", "no count", "–", "–"}, {"4", "no count", "–", "7"}, {"5", "no count", "–", "–"}, {"6", "after", "–", "–"}}}
	want := [][]string{{"1", "before", "0", "–"}, {"February to March 2020", "no count", "–", "–"}, {"4", "no count", "–", "7"}, {"May 2020", "no count", "–", "–"}, {"June 2020", "after", "–", "–"}}
	if got := p.joined(in, periods); !reflect.DeepEqual(got.Rows, want) {
		t.Errorf("%q, want %q", got.Rows, want)
	}
}
