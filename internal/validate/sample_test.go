package validate

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestPublished(t *testing.T) {
	list, err := Published()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if !f.Agrees() {
			t.Errorf("%s, %s: %.10g, published %.10g within %g", f.ID, f.What, f.Got, f.Want, f.Within)
		}
	}
	if len(list) < 40 {
		t.Errorf("%d figures", len(list))
	}
}

func TestRate(t *testing.T) {
	for _, c := range []struct {
		r    Rate
		want bool
	}{
		{Rate{K: 1, N: 20, Low: .035, High: .065}, true},
		{Rate{K: 0, N: 20, Low: .035, High: .065}, true},   // limits 0 to 17%
		{Rate{K: 0, N: 200, Low: .035, High: .065}, false}, // 0 to 1.8%
		{Rate{K: 10, N: 20, Low: .8, High: 1}, false},      // 27 to 73%
		{Rate{K: 14, N: 20, Low: .8, High: 1}, true},
	} {
		if c.r.Meets() != c.want {
			_, low, high := c.r.Share()
			t.Errorf("%d of %d (%.3f to %.3f) in %v to %v: %t", c.r.K, c.r.N, low, high, c.r.Low, c.r.High, c.r.Meets())
		}
	}
	if e := (Rate{K: 0, N: 100, High: .05}).Error(); e != 0 {
		t.Errorf("error of 0%% allowed: %v", e)
	}
	if e := (Rate{K: 20, N: 100}).Error(); e < .039999 || e > .040001 {
		t.Errorf("error %v, want .04", e)
	}
}

// A failure is seen in the text, on the page and in the count.
func TestReport(t *testing.T) {
	r := &Report{Version: "1", Reps: 20, Figures: []Figure{{"X1", "right", 1, 1, 0}, {"X2", "wrong <b>", 1, 1.1, .05}},
		Rates: []Rate{{"S0", "none", "found", 1, 20, .035, .065}, {"S7", "moved", "called", 2, 20, .8, 1}}}
	var text, html strings.Builder
	if err := errors.Join(r.Text(&text), r.HTML(&html)); err != nil {
		t.Fatal(err)
	}
	if r.Failed() != 2 || !strings.Contains(text.String(), "2 of 4 failed") || !strings.Contains(text.String(), "20 replications of each, 4 in S10") || strings.Count(text.String(), "FAIL") != 2 || !strings.Contains(html.String(), "2 checks failed") ||
		!strings.Contains(html.String(), "wrong &lt;b&gt;") || strings.Contains(text.String(), "%!") {
		t.Errorf("%s\n%s", text.String(), html.String())
	}
}

func TestSample(t *testing.T) {
	r, err := Sample(context.Background(), "1", 0, nil)
	if err != nil || len(r.Rates) != 0 || r.Failed() != 0 {
		t.Errorf("without worlds: %v, %d failed", err, r.Failed())
	}
	ctx, stop := context.WithCancel(context.Background())
	if _, err = Sample(ctx, "1", 1, func(done, of int, what string) { stop() }); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	if testing.Short() {
		t.Skip("simulations")
	}
	steps := 0
	if r, err = Sample(context.Background(), "1", 1, func(done, of int, what string) { steps++ }); err != nil || steps != 10 || len(r.Rates) != 15 {
		t.Errorf("%v: %d steps, %d rates", err, steps, len(r.Rates))
	}
}
