package validate

import (
	"strings"
	"testing"
)

func TestCurves(t *testing.T) {
	if testing.Short() {
		t.Skip("simulations")
	}
	var b strings.Builder
	if err := Curves(&b, 2); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n| S"); n != 2*len(CurveWorlds()) || strings.Contains(b.String(), "%!") || strings.Contains(b.String(), "NaN") {
		t.Errorf("%d rows, want %d:\n%s", n, 2*len(CurveWorlds()), b.String())
	}
}

// A replicate of a world is the region that the table speaks of: the rings lie where
// the world has put its spill.
func TestCurveSetup(t *testing.T) {
	for _, x := range CurveWorlds() {
		s, err := curveSetup(x.World, 1)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := x.Panel(seed, 1)
		v := s.Worlds[0].Grid.ForCampaign(s.Site, nil, s.Worlds[0].Design)
		if len(v.Areas) != 44 {
			t.Fatalf("%d areas", len(v.Areas))
		}
		for i, a := range v.Areas {
			if a.Role != p.Areas[i].Role {
				t.Errorf("%s: area %d has role %d, want %d", x.Name, i, a.Role, p.Areas[i].Role)
			}
		}
		if len(v.Periods) != 36 {
			t.Errorf("%d periods, want 24 before and 12 after", len(v.Periods))
		}
	}
}
