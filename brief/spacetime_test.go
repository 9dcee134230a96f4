package brief

import (
	"bytes"
	"html"
	"math"
	"regexp"
	"strings"
	"testing"

	"athar"
	"athar/brief/text"
)

// operationsFixture is an invented answer about single operations: a grid with a
// window that holds, one that is refused and one that is flagged, and contrasts
// answered and refused.
func operationsFixture() *athar.SpaceTime {
	w := func(days int, km, effect, se, critical float64) athar.Wake {
		e, s, c := athar.Num(effect), athar.Num(se), athar.Num(critical)
		return athar.Wake{Days: days, Km: athar.Num(km), Effect: e, SE: s, Low: e - 2*s, High: e + 2*s, AdjLow: e - c*s, AdjHigh: e + c*s, P: .01, PAdj: .03, MDE: 2.8 * s,
			Treated: 100, Control: 90, MatchedTreated: 80, MatchedControl: 70, Blocks: 40, SO: .1, MO: .05}
	}
	flagged := w(14, 5, .2, .5, 3)
	flagged.PAdj, flagged.Warnings = .9, []athar.Note{athar.NewNote("wake-overlap", "same", athar.Num(.5), "other", athar.Num(.2), "limit", athar.Num(.2))}
	refused := athar.Wake{Days: 14, Km: 10, Refusal: athar.Refuse("wake-no-events")}
	ring := func(inner, outer, diff float64) athar.FrequencyRing {
		d := athar.Num(diff)
		return athar.FrequencyRing{Inner: athar.Num(inner), Outer: athar.Num(outer), FromEvents: 4, ToEvents: 4 + d, Diff: d, Low: d - .2, High: d + .2, JointLow: d - .3, JointHigh: d + .3, Robust: 1.4, Before: .01, BeforeP: .8}
	}
	all := ring(0, math.Inf(1), 1.5)
	all.Whole = true
	return &athar.SpaceTime{Events: 2500, Dropped: []athar.ReasonCount{{Reason: "coarse-day", N: 12}}, Operations: &athar.Operations{
		Treated: athar.Names{En: "air strikes", Ar: "ضربات جوية"}, Control: athar.Names{En: "shows of force", Ar: "استعراضات قوة"},
		Dropped: []athar.ReasonCount{{Reason: "no-point", N: 3}}, Stretches: []athar.OperationStretch{{
			When: athar.Span{First: day("2019-01-01"), Last: day("2019-12-31")}, Treated: 100, Control: 90, Events: 2500,
			Wakes: &athar.WakeGrid{Rows: []athar.Wake{w(7, 5, -1.5, .4, 3), w(7, 10, .6, .5, 3), flagged, refused}, Critical: 3, Draws: 999, Warnings: []athar.Note{athar.NewNote("wake-selection")}},
			Frequency: &athar.Frequency{PerDay: 2, Covariates: []string{"trend"}, Residuals: &athar.FrequencyResiduals{Days: .001, Serial: .03, Places: .4}, Contrasts: []athar.FrequencyContrast{
				{From: 1.8, To: 2.2, Days: 1, Effective: [2]athar.Num{200, 180}, Of: 365, Rings: []athar.FrequencyRing{ring(0, 50, 2), ring(50, math.Inf(1), -.5), all}, Cuts: []athar.FrequencyCut{{Quantile: .95, Diff: 1.2}},
					Balance: []athar.FrequencyBalance{{Covariate: "trend", Before: .21, After: [2]athar.Num{.03, athar.Num(math.NaN())}}}},
				{From: 1, To: 3, Days: 7, Effective: [2]athar.Num{1.2, 1.1}, Of: 52, Rings: []athar.FrequencyRing{}, Cuts: []athar.FrequencyCut{}, Refusal: athar.Refuse("stochint-effective-days")},
				{From: 1, To: 3, Days: 1, Effective: [2]athar.Num{90, 80}, Of: 365, Rings: []athar.FrequencyRing{}, Cuts: []athar.FrequencyCut{},
					Refusal: athar.Refuse("stochint-before", "before", athar.Num(.3), "diff", athar.Num(.4), "p", athar.Num(.01))}}},
		}}}}
}

var tags = regexp.MustCompile(`<[^>]*>`)

func sectionOf(t *testing.T, r *athar.Report, id string) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, r, "en"); err != nil {
		t.Fatal(err)
	}
	_, s, ok := strings.Cut(b.String(), `<section id="`+id+`"`)
	if !ok {
		return ""
	}
	s, _, _ = strings.Cut(s, "</section>")
	return s
}

func TestOperationsSection(t *testing.T) {
	r := fixture(t, false)
	r.SpaceTime = operationsFixture()
	s := sectionOf(t, r, "operations")
	text := strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(s, ""))), " ")
	for _, want := range []string{
		"1 had fewer and 0 more events after air strikes than after shows of force beyond chance",
		"7 days and 5 km, −1.50 events an operation (−2.70 to −0.30; p 0.030 over all windows)",
		"1 of 3 windows are flagged (*)", "+0.2 *−0.8 to +1.2", "▲ and ▼ mark windows",
		"Operations left out: 3 (no point on the map)", "Events left out: 12 (date known less well than to the day)",
		"1 of 3 comparisons could be answered",
		"does not describe them: more on some days and fewer on others than chance brings (p 0.001), days resemble those before them (p 0.030) (residuals)",
		"2.20 a day would have been followed by more events than 1.80: +1.5 a day (+1.3 to +1.7)",
		"Fewer at one distance and more at another",
		"VariableAs they wereWeighted to 1.80 a dayWeighted to 2.20 a dayTime since the beginning+0.21+0.030–",
		"1.10 of 52 separate stretches", "the day before differs too",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the section does not say %q:\n%s", want, text)
		}
	}
	if n := strings.Count(s, `class="h-down"`); n != 1 || strings.Contains(s, `class="h-up"`) || strings.Count(s, `class="h-refused"`) != 1 {
		t.Errorf("%d windows marked as beyond zero, want 1; the refused one as such", n)
	}
	r.SpaceTime.Operations.Stretches[0].Frequency.Residuals = &athar.FrequencyResiduals{Days: .2, Serial: 1, Places: .4}
	if s := sectionOf(t, r, "operations"); !strings.Contains(s, "describes them: on days (p ") || strings.Contains(s, "does not describe") {
		t.Error("a model that describes operations is not said to")
	}
	// Where all windows are flagged, a mark on each tells none apart.
	rows := r.SpaceTime.Operations.Stretches[0].Wakes.Rows
	for k := range rows {
		rows[k].Warnings, rows[k].AdjLow, rows[k].AdjHigh = rows[2].Warnings, -9, 9
	}
	if s := sectionOf(t, r, "operations"); strings.Contains(s, " *</b>") || strings.Contains(s, "▲ and ▼") || !strings.Contains(s, "Every window is flagged") {
		t.Error("marks on all windows, or a word on marks that are not there")
	}
	r.SpaceTime.Operations = nil
	if sectionOf(t, r, "operations") != "" {
		t.Error("a section without operations")
	}
	r.SpaceTime.Refusal = athar.Refuse("spacetime-no-points", "n", 40)
	if s := sectionOf(t, r, "operations"); !strings.Contains(s, "has a day and a point of its own") {
		t.Errorf("the refusal is not said: %s", s)
	}
}

// repeatsFixture is an invented answer about near repeats: more inside, none
// around.
func repeatsFixture() *athar.CampaignSpaceTime {
	side := func(pairs int, ratio float64) athar.NearRepeatSide {
		return athar.NearRepeatSide{Events: 400, Places: 300, Pairs: pairs, Expected: athar.Num(float64(pairs) / ratio), Ratio: athar.Num(ratio), P: .02,
			Space: []athar.Band{{From: 0, To: .001}, {From: .001, To: 5}, {From: 5, To: athar.Num(math.Inf(1))}}, Time: []athar.Band{{From: 0, To: 3}, {From: 3, To: athar.Num(math.Inf(1))}},
			Cells: []athar.NearRepeatCell{{Pairs: 4, Ratio: 1}, {Pairs: 9, Ratio: 1}, {Pairs: pairs, Ratio: athar.Num(ratio)}, {Pairs: 9, Ratio: 1}, {Pairs: 9, Ratio: 1}, {Pairs: 9, Ratio: 1}}}
	}
	refused := athar.NearRepeat{Around: true, Refusal: athar.Refuse("knox-few-events", "n", 3, "need", 20)}
	return &athar.CampaignSpaceTime{Before: athar.Span{First: day("2019-01-01"), Last: day("2019-12-31")}, After: athar.Span{First: day("2020-01-01"), Last: day("2020-06-30")},
		NearRepeats: []athar.NearRepeat{{Before: side(60, 1.1), After: side(90, 1.5), Km: 5, Days: 3, Extra: .06, ExtraLow: .02, ExtraHigh: .1, ExtraP: .01, Change: 1}, refused},
		Scan: &athar.Scan{Unit: 7, Low: []athar.Cylinder{{Areas: []string{"none-such"}, Span: athar.Span{First: day("2020-01-01"), Last: day("2020-01-28")}, Observed: 3, Expected: 12.4, Ratio: .24, P: .01}},
			High:       []athar.Cylinder{{Areas: []string{"other"}, Span: athar.Span{First: day("2020-02-01"), Last: day("2020-02-28")}, Observed: 9, Expected: 4, Ratio: 2, P: .4}},
			Coincident: athar.Coincidence{Low: &athar.Cylinder{}, High: &athar.Cylinder{}, P: .02, PPlacebo: .3, MinP: .025, Placebos: 39}},
		Followers: &athar.Followers{Reach: 5, Horizon: 30, Kernel: "power-law", AIC: [3]athar.Num{900, 850.4, 830}, Ratio: .6, RatioLow: .4, RatioHigh: .9, RatioP: .012,
			Before: athar.FollowersSide{Events: 400, Days: 335, Places: 300, Alpha: .5, Low: .41, High: .62, Share: .47}, After: athar.FollowersSide{Events: 210, Days: 182, Places: 160, Alpha: .3, Low: .2, High: .42, Share: .31},
			HalfKm: .34, HalfDays: 4.2, MostKm: 1.8, MostDays: 12, SamePlace: .125, Uniform: .3, Serial: .004, Dispersion: 1.8, Warnings: []athar.Note{athar.NewNote("nearby-runs", "p", athar.Num(.004))}}}
}

// Followers say their change, how far and soon they come, and why they cannot where they cannot.
func TestFollowersOfACampaign(t *testing.T) {
	l, err := text.Load("en")
	if err != nil {
		t.Fatal(err)
	}
	p := &page{Report: fixture(t, false), Lang: l}
	f := repeatsFixture().Followers
	says := func(f *athar.Followers) string {
		v := p.followers(f)
		text := string(v.Word) + " " + string(v.Before) + " " + string(v.After) + " " + string(v.Says)
		for _, s := range v.More {
			text += " " + string(s)
		}
		return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(text, " "))), " ")
	}
	for _, c := range []struct {
		low, high athar.Num
		want      string
	}{{.4, .9, "One event is followed by fewer than before: 0.60 times as many"}, {1.1, 2, "One event is followed by more than before"}, {.4, 1.2, "CANNOT TELL"}} {
		g := *f
		g.RatioLow, g.RatioHigh = c.low, c.high
		for _, want := range []string{c.want, "At most 0.50 (0.41 to 0.62); 47% of 400 events ascribed to earlier ones", "within 0.34 km and 4.20 days", "A power law of distance fits better than a Gaussian (AIC lower by 20.4)"} {
			if text := says(&g); !strings.Contains(text, want) {
				t.Errorf("%v to %v does not say %q: %s", c.low, c.high, want, text)
			}
		}
	}
	g := *f
	g.Refusal = athar.Refuse("nearby-few-days", "n", 20, "need", 56)
	if text := says(&g); !strings.Contains(text, "CANNOT TELL 400 events on 335 days") || !strings.Contains(text, "20 days on one side") || strings.Contains(text, "0.50") {
		t.Errorf("refused: %s", text)
	}
}

func TestRepeatsOfACampaign(t *testing.T) {
	r := fixture(t, false)
	var b bytes.Buffer
	if err := HTML(&b, r, "en"); err != nil {
		t.Fatal(err)
	}
	_, p, _ := strings.Cut(b.String(), `id="campaign-1-repeats"`)
	_, p, _ = strings.Cut(p, "</h3>")
	p, _, _ = strings.Cut(p, "<h3")
	text := strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(p[strings.Index(p, "<p"):], " "))), " ")
	for _, want := range []string{"60 pairs, 1.10 times what chance brings (p 0.020); 400 events", "More local bursts than before: +0.060 pairs beyond chance per event (+0.020 to +0.10)",
		"CANNOT TELL Only 3 events", "some weeks had too few events inside and some too many around (p 0.020), but campaigns that did not happen often look so (p 0.30 among 39)", "too few none-such 1 to 28 January 2020 3 12.4 0.010", "Inside the area the same place 0 to 2 4 1.00 4 1.00 another place, up to 5 km 0 to 2 60 1.10 90 1.50"} {
		if !strings.Contains(text, want) {
			t.Errorf("the block does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "Infinity") || strings.Contains(text, "other 1 to") {
		t.Error("the rest of all pairs is shown, or a cylinder that chance brings")
	}
}
