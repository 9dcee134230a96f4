package adapt

import (
	"math"
	"testing"

	"athar"
)

// indicator makes a deciding indicator with levels that moved near the campaign.
func indicator(code string, group athar.IndicatorGroup, predicts int, change, p float64) athar.Indicator {
	return athar.Indicator{Code: code, Group: group, Predicts: predicts, Before: 1, After: athar.Num(1 + change), Change: athar.Num(change), P: athar.Num(p), MDE: 1}
}

func word(t *testing.T, list []athar.Indicator, control bool, id athar.SignatureID) athar.Signature {
	t.Helper()
	for _, s := range Decide(list, control).Signatures {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("no signature %s", id)
	return athar.Signature{}
}

func TestDecentralised(t *testing.T) {
	spatial := indicator("hill-2", athar.GroupSpatial, 1, .5, .001)
	temporal := indicator("synchrony", athar.GroupTemporal, -1, -.5, .001)
	also := indicator("independent", athar.GroupTemporal, 1, .5, .001)
	follows := indicator("excitation", athar.GroupTemporal, -1, -.2, .001)
	mix := indicator("mix-local", athar.GroupMix, 1, .1, .6)
	with := func(x athar.Indicator, f func(*athar.Indicator)) athar.Indicator { f(&x); return x }
	reversed := func(x *athar.Indicator) { x.Change, x.After = -x.Change, 2-x.After }
	refused := func(x *athar.Indicator) { x.Refusal = athar.Refuse("contrast-few") }
	for _, c := range []struct {
		name    string
		list    []athar.Indicator
		control bool
		want    athar.Verdict
		opposed bool
	}{
		{"two groups", []athar.Indicator{spatial, temporal, mix}, true, athar.Present, false},
		{"two groups without a control", []athar.Indicator{spatial, temporal, mix}, false, athar.Mixed, false},
		{"two indicators of one group", []athar.Indicator{temporal, also, mix}, true, athar.Mixed, false},
		{"nobody follows any more, and areas are alone", []athar.Indicator{also, follows, mix}, true, athar.Mixed, false},
		{"nobody follows any more, and shares even", []athar.Indicator{spatial, follows, mix}, true, athar.Present, false},
		{"they begin to follow each other", []athar.Indicator{spatial, with(follows, reversed), mix}, true, athar.Mixed, false},
		{"one group", []athar.Indicator{spatial, mix}, true, athar.Mixed, false},
		{"with and against", []athar.Indicator{spatial, temporal, with(mix, func(x *athar.Indicator) { x.P = .001; reversed(x) })}, true, athar.Mixed, false},
		{"nothing moved", []athar.Indicator{with(spatial, func(x *athar.Indicator) { x.P = .3 }), mix}, true, athar.NotDetected, false},
		{"all against", []athar.Indicator{with(spatial, reversed), with(temporal, reversed), mix}, true, athar.NotDetected, true},
		{"one measured", []athar.Indicator{spatial, with(temporal, refused), with(mix, refused)}, true, athar.NotIdentifiable, false},
		{"nothing measured", nil, true, athar.NotIdentifiable, false},
		// Holm over three: .02 alone would do, .02 twice times 3 and 2 does not.
		{"adjusted", []athar.Indicator{with(spatial, func(x *athar.Indicator) { x.P = .03 }), with(temporal, func(x *athar.Indicator) { x.P = .03 }), mix}, true, athar.NotDetected, false},
		{"the comparison moved", []athar.Indicator{with(spatial, func(x *athar.Indicator) { x.After = .9 }), with(temporal, func(x *athar.Indicator) { x.After = 1.1 }), mix}, true, athar.NotDetected, false},
	} {
		s := word(t, c.list, c.control, athar.Decentralised)
		if s.Word != c.want || s.Opposed != c.opposed {
			t.Errorf("%s: %s (opposed %t), want %s (%t)", c.name, s.Word, s.Opposed, c.want, c.opposed)
		}
		if len(s.Because) == 0 {
			t.Errorf("%s: no reason", c.name)
		}
	}
}

// Whatever moves, event data never show how people talk.
func TestCommunicationIsNeverPresent(t *testing.T) {
	for _, p := range []float64{.0001, .5} {
		list := []athar.Indicator{indicator("synchrony", athar.GroupTemporal, -1, -.9, p), indicator("lag", athar.GroupTemporal, 1, 3, p)}
		s := word(t, list, true, athar.Communication)
		if s.Word != athar.NotIdentifiable {
			t.Errorf("p %g: %s", p, s.Word)
		}
		for _, x := range s.Indicators {
			want := athar.Neither
			if x.Code == "lag" { // its level is not established
				want = athar.Silent
			} else if p < Alpha {
				want = athar.Compatible
			}
			if x.Reading != want || !math.IsNaN(float64(x.HolmP)) {
				t.Errorf("p %g: %s reads %s", p, x.Code, x.Reading)
			}
		}
	}
}

func TestLeadership(t *testing.T) {
	tempo := indicator("resumption", athar.GroupTemporal, 0, 1, .5)
	mix := indicator("mix", athar.GroupMix, 0, 0, .8)
	for _, c := range []struct {
		name    string
		reading athar.Reading
		mixP    athar.Num
		want    athar.Verdict
	}{
		{"resilient", athar.Supports, .8, athar.Present},
		{"resilient, mix changed", athar.Supports, .001, athar.Mixed},
		{"disrupted", athar.Opposes, .8, athar.NotDetected},
		{"unclear", athar.Neither, .8, athar.NotDetected},
	} {
		tempo.Reading, mix.P = c.reading, c.mixP
		if s := word(t, []athar.Indicator{tempo, mix}, true, athar.Leadership); s.Word != c.want || s.Opposed != (c.reading == athar.Opposes) {
			t.Errorf("%s: %s (opposed %t)", c.name, s.Word, s.Opposed)
		}
	}
	tempo.Refusal = athar.Refuse("resumption-none-usable")
	if s := word(t, []athar.Indicator{tempo, mix}, true, athar.Leadership); s.Word != athar.NotIdentifiable {
		t.Errorf("without losses: %s", s.Word)
	}
}

// What decides nothing is context, and silent.
func TestContextIsSilent(t *testing.T) {
	a := Decide([]athar.Indicator{indicator("tempo", athar.GroupTemporal, 0, 2, .001), indicator("break", athar.GroupTemporal, 0, .9, .001)}, true)
	if len(a.Context) != 2 || a.Context[0].Reading != athar.Silent {
		t.Errorf("context %+v", a.Context)
	}
}

func TestCheck(t *testing.T) {
	day := athar.Date
	p := &athar.Pattern{Before: athar.Span{First: day(2019, 1, 1), Last: day(2019, 12, 31)}, After: athar.Span{First: day(2020, 1, 1), Last: day(2020, 12, 31)},
		Areas: []athar.PatternArea{{Role: athar.Inside}, {Role: athar.Far}}}
	add := func(d athar.Day, area, n int) {
		p.Records = append(p.Records, athar.Record{Area: area, When: athar.Span{First: d, Last: d}, N: n})
	}
	add(day(2019, 6, 1), 0, 100)
	add(day(2020, 6, 1), 0, 95)
	status := func(f Facts) map[string]athar.Status {
		out := map[string]athar.Status{}
		for _, g := range Check(p, f) {
			out[g.Code] = g.Status
		}
		return out
	}
	got := status(Facts{Placed: true, Before: Coarse{100, 10}, After: Coarse{100, 12}})
	for code, want := range map[string]athar.Status{"check-number": athar.Quiet, "check-season": athar.Quiet, "check-calendar": athar.Quiet, "check-campaigns": athar.Quiet,
		"check-places": athar.Quiet, "check-actors": athar.Blind, "check-reporting": athar.Blind} {
		if got[code] != want {
			t.Errorf("%s is %s, want %s", code, got[code], want)
		}
	}
	p.After.Last = day(2020, 3, 31)
	p.Calendar = []athar.Dated{{Name: athar.Names{En: "curfew"}, When: athar.Span{First: day(2020, 2, 1), Last: day(2020, 3, 31)}}}
	add(day(2020, 2, 1), 0, 60)
	got = status(Facts{Others: 1, Placed: true, Before: Coarse{100, 10}, After: Coarse{100, 40}})
	for _, code := range []string{"check-number", "check-season", "check-calendar", "check-campaigns", "check-places"} {
		if got[code] != athar.Fired {
			t.Errorf("%s is %s, want fired", code, got[code])
		}
	}
}
