package verdict

import (
	"math"
	"testing"

	"athar"
)

// A displacement that areas and weeks do not show is none; the scan takes no
// other word away and gives none.
func TestScanBesideDisplacement(t *testing.T) {
	nan := athar.Num(math.NaN())
	for _, c := range []struct {
		name       string
		scan       *athar.Coincidence
		rings      athar.Verdict
		want       athar.Verdict
		code       string
		statements int
	}{
		{"not asked", nil, athar.Escalation, athar.Displacement, "movement-displacement", 1},
		{"refused", &athar.Coincidence{P: .9, Refusal: athar.Refuse("scan-roles")}, athar.Escalation, athar.Displacement, "movement-displacement", 1},
		{"without a value", &athar.Coincidence{P: nan, PPlacebo: nan}, athar.Escalation, athar.Displacement, "movement-displacement", 1},
		{"nothing together", &athar.Coincidence{P: .3, PPlacebo: .6}, athar.Escalation, athar.NotRobust, "movement-scan-contradicts", 2},
		{"together and rare", &athar.Coincidence{P: .01, PPlacebo: .03}, athar.Escalation, athar.Displacement, "movement-scan-agrees", 2},
		{"together, as bursts are", &athar.Coincidence{P: .01, PPlacebo: nan}, athar.Escalation, athar.Displacement, "movement-scan-unsure", 2},
		{"another word", &athar.Coincidence{P: .3, PPlacebo: .6}, athar.Decline, athar.Diffusion, "movement-diffusion", 1},
	} {
		in := Input{Campaign: "c", Coincidence: c.scan}
		f := in.movement(athar.Finding{Verdict: athar.Decline}, []athar.Finding{{Verdict: c.rings}}, athar.During)
		if f.Verdict != c.want || len(f.Because) != c.statements || f.Because[len(f.Because)-1].Code != c.code {
			t.Errorf("%s: %s because of %+v", c.name, f.Verdict, f.Because)
		}
	}
}
