package assess

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"athar"
	"athar/internal/testdata"
)

// The four published windows of one campaign, BENCHMARKS.md section 5 (E20).
// Its p values add up the outcomes that are no likelier, ours double the smaller
// tail, so that they agree with the interval; only ratios and intervals are
// compared.
func TestOneSeriesFourHeadlines(t *testing.T) {
	c := mustRun(t, filepath.Join(testdata.Root(), "examples", "monthly-counts", "study.yaml")).Campaigns[0]
	want := []struct {
		rr, low, high float64
		word          athar.Verdict
		doubts        []string
	}{
		{.536, .364, .778, athar.Decline, []string{"window-ramadan", "window-wave", "window-surge"}},
		{.894, .626, 1.255, athar.Inconclusive, nil},
		{.785, .590, 1.037, athar.Inconclusive, nil},
		{.318, .177, .533, athar.Decline, nil},
	}
	if len(c.Windows) != len(want) {
		t.Fatalf("%d windows", len(c.Windows))
	}
	for i, w := range want {
		got := c.Windows[i]
		for _, x := range []struct {
			what      string
			got, want float64
		}{{"ratio", float64(got.RR), w.rr}, {"low", float64(got.Low), w.low}, {"high", float64(got.High), w.high}} {
			if !(math.Abs(x.got-x.want) <= 1e-3) {
				t.Errorf("%s: %s %v, want %v", got.Name.En, x.what, x.got, x.want)
			}
		}
		if (got.P < .05) != (got.High < 1 || got.Low > 1) {
			t.Errorf("%s: p %v and interval disagree", got.Name.En, got.P)
		}
		if got.Verdict != w.word {
			t.Errorf("%s: %s, want %s", got.Name.En, got.Verdict, w.word)
		}
		var codes []string
		for _, d := range got.Doubts {
			codes = append(codes, d.Code)
		}
		if strings.Join(codes, " ") != strings.Join(w.doubts, " ") {
			t.Errorf("%s: doubts %v, want %v", got.Name.En, codes, w.doubts)
		}
	}
	g := c.Guards[len(c.Guards)-1]
	if g.Code != "windows" || g.Status != athar.Fired || g.Says.Args["falls"] != 2 || g.Says.Args["neither"] != 2 {
		t.Errorf("guard %v", g)
	}
}

// windowed is a study of one series with the given windows.
func windowed(t *testing.T, values, windows string) athar.CampaignReport {
	t.Helper()
	file := filepath.Join(t.TempDir(), "study.yaml")
	text := "study: s\ntitle: T\ngroup: {name: G}\noutcome: O\ndata: [{name: D, format: series, from: 2021-01, values: [" + values + "]}]\n" +
		"campaigns: [{id: c, name: C, start: 2021-10, end: 2021-10, windows: [" + windows + "]}]\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return mustRun(t, file).Campaigns[0]
}

func TestWindowsAtTheEdge(t *testing.T) {
	const series = "20, 21, 19, 20, null, 20, 22, 18, 20, 5, 20, 19"
	c := windowed(t, series, "{name: a, before: 2021-09, after: 2021-10}, {name: b, before: 2021-09, after: 2021-11},"+
		"{name: unknown, before: 2021-05, after: 2021-10}, {name: part, before: {from: 2021-09-02, to: 2021-09-30}, after: 2021-10},"+
		"{name: gap, before: {from: 2021-04, to: 2021-06}, after: 2021-10}, {name: outside, before: 2021-09, after: 2025-01}")
	for i, want := range []struct {
		before, after int
		refused       bool
	}{{1, 1, false}, {1, 1, false}, {0, 1, true}, {0, 1, true}, {2, 1, false}, {1, 0, true}} {
		w := c.Windows[i]
		if w.PeriodsBefore != want.before || w.PeriodsAfter != want.after || (w.Refusal != nil) != want.refused {
			t.Errorf("%s: %d and %d periods, refusal %v", w.Name.En, w.PeriodsBefore, w.PeriodsAfter, w.Refusal)
		}
	}
	if g := c.Guards[len(c.Guards)-1]; g.Says.Code != "guard-windows" {
		t.Errorf("a fall and none on steady counts: %v", g)
	}
	c = windowed(t, series, "{name: a, before: 2021-09, after: 2021-10}")
	if g := c.Guards[len(c.Guards)-1]; g.Status != athar.Blind {
		t.Errorf("one window: %v", g)
	}
	c = windowed(t, series, "{name: a, before: 2021-09, after: 2021-11}, {name: b, before: 2021-08, after: 2021-12}")
	if g := c.Guards[len(c.Guards)-1]; g.Status != athar.Quiet {
		t.Errorf("no direction: %v", g)
	}
	c = windowed(t, "20, 20, 20, 20, 20, 20, 20, 20, 2, 20, 20, 20", "{name: a, before: 2021-09, after: 2021-10}")
	if d := c.Windows[0].Doubts; len(d) != 1 || d[0].Code != "window-trough" {
		t.Errorf("a trough before: %v", d)
	}
}
