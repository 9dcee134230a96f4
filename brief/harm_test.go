package brief

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"athar"
)

func harmFixture(t *testing.T) *athar.Report {
	t.Helper()
	r := fixture(t, false)
	r.Harm = &athar.HarmWeights{By: "classes", Unknown: 3, Source: athar.SourceRef{Title: "A survey of harm", URL: "https://example.org/harm"},
		Weights: []athar.HarmWeight{{Name: "bomb", Weight: 20, Events: 120}, {Name: "threat", Weight: .5, Events: 900}}}
	nan := athar.Num(math.NaN())
	levels := athar.NewNote("wdd-levels", "ratio", athar.Num(4))
	r.Campaigns[0].Harm = []athar.HarmDifference{
		{Question: athar.AskInside, Phase: athar.During,
			Events: athar.HarmPart{Observed: 40, Expected: 61, Difference: -21, Low: -36.2, High: -5.8, P: .007, RR: .656, RRLow: .52, RRHigh: .87, Dispersion: 1.2},
			Harm: athar.HarmPart{Observed: 620, Expected: 310, Difference: 310, Low: 12, High: 608, P: .04, RR: 2, RRLow: 1.02, RRHigh: 51, Dispersion: 1.6,
				Warnings: []athar.Note{levels, athar.NewNote("harm-few", "n", 11, "need", 20)}}},
		{Question: athar.AskMovement, Phase: athar.During,
			Events: athar.HarmPart{Observed: nan, Expected: nan, Difference: nan, Low: nan, High: nan, P: nan, RR: nan, RRLow: nan, RRHigh: nan, Dispersion: 1.2, Refusal: athar.Refuse("no-pre-events")},
			Harm:   athar.HarmPart{Observed: nan, Expected: nan, Difference: nan, Low: nan, High: nan, P: nan, RR: nan, RRLow: nan, RRHigh: nan, Dispersion: 1.6, Warnings: []athar.Note{levels}, Refusal: athar.Refuse("harm-none")}},
	}
	return r
}

func TestHarmOnThePage(t *testing.T) {
	r := harmFixture(t)
	for lang, want := range map[string][]string{
		"en": {"bomb weighs 20 (120 events)", "3 events whose class nobody gives count as no harm", `<a href="https://example.org/harm"`, "A survey of harm", "Inside the area", "Around the area",
			"−21", "+310", "one of 11 events of equal harm", "there is nothing to compare with"},
		"ar": {"موزونا بالضرر", "A survey of harm", "bomb بوزن 20 وعدده 120 حدثا", "3 أحداث بلا صنف مذكور", "11 حدثا متساوية الضرر"},
	} {
		var b bytes.Buffer
		if err := HTML(&b, r, lang); err != nil {
			t.Fatal(err)
		}
		i := strings.Index(b.String(), `<figure id="campaign-1-harm"`)
		if i < 0 {
			t.Fatal("no block of harm")
		}
		figure, _, _ := strings.Cut(b.String()[i:], "</figure>")
		plain := strings.NewReplacer("<bdi>", "", "</bdi>", "", "\u2068", "", "\u2069", "").Replace(figure)
		for _, w := range want {
			if !strings.Contains(plain, w) {
				t.Errorf("%s: the block lacks %q:\n%s", lang, w, figure)
			}
		}
		if n := strings.Count(strings.Split(figure, "<figcaption>")[0], "4.00"); n != 1 {
			t.Errorf("what every row shares is said %d times", n)
		}
		if n := strings.Count(figure, `class="dot `); n != 2 {
			t.Errorf("%d dots for two estimates", n)
		}
		if strings.Contains(b.String(), `id="campaign-2-harm"`) {
			t.Error("a block without weights")
		}
	}
	r.Harm = &athar.HarmWeights{By: "deaths", Weights: []athar.HarmWeight{}}
	var b bytes.Buffer
	if err := HTML(&b, r, "en"); err != nil {
		t.Fatal(err)
	}
	for _, w := range []string{"best estimate of the deaths", "heap on round numbers", "names no source"} {
		if !strings.Contains(b.String(), w) {
			t.Errorf("the block lacks %q", w)
		}
	}
}
