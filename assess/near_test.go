package assess

import (
	"testing"

	"athar"
)

// Where areas inside are many enough, the headline stands beside spatial errors of
// three reaches and beside touching areas as the first ring, with the same estimate
// inside; all are in the table of effects.
func TestNear(t *testing.T) {
	r := mustRun(t, world(t, .6, 1, ""))
	f := finding(t, r, "c/inside/during")
	seen := map[string]athar.MethodView{}
	for _, m := range f.Methods {
		seen[m.Spec] = m
	}
	for _, spec := range []string{"errors=conley-50", "errors=conley-100", "errors=conley-200", adjacentSpec} {
		m, ok := seen[spec]
		if !ok || m.Refusal != nil {
			t.Errorf("%s is not beside the headline: %+v", spec, f.Methods)
			continue
		}
		if spec != adjacentSpec && m.RR != f.Headline.RR {
			t.Errorf("%s estimates %v, the headline %v", spec, m.RR, f.Headline.RR)
		}
		if (m.RR < 1) != (f.Headline.RR < 1) {
			t.Errorf("%s lies on the other side of 1", spec)
		}
	}
	rings := 0
	for _, e := range r.Campaigns[0].Effects {
		if e.Spec == adjacentSpec && e.Question == athar.AskRing {
			if rings++; e.Ring != 1 {
				t.Errorf("ring %d of touching areas", e.Ring)
			}
		}
	}
	if rings == 0 {
		t.Error("no ring of touching areas")
	}
}
