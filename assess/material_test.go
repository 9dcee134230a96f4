package assess

import "testing"

func TestPassable(t *testing.T) {
	for _, c := range []struct {
		format, licence string
		want            bool
	}{
		{"counts", "", true}, {"series", "", true}, {"ucdp-ged", "", true}, {"gdelt", "", true},
		{"acled", "CC BY 4.0", false}, {"gtd", "MIT", false}, {"polecat", "", false}, {"icews", "CC0", false}, {"lake", "CC BY 4.0", false}, {"auto", "CC BY 4.0", false},
		{"table", "", false}, {"table", "CC BY 4.0", true}, {"table", "cc-by-4.0", true}, {"table", "CC0", true}, {"table", "MIT", true}, {"table", "Mitre, internal", false},
		{"table", "Public domain (US government)", true}, {"table", "not CC BY", false}, {"table", "all rights reserved", false},
	} {
		if passable(c.format, c.licence) != c.want {
			t.Errorf("%s under %q: %v", c.format, c.licence, !c.want)
		}
	}
}
