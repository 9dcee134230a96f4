package validate

import (
	"strings"
	"testing"
)

func TestBSTS(t *testing.T) {
	var b strings.Builder
	if err := BSTS(&b, 4); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| S0 | bsts |", "| S2 | its local-level |", "| S9 | bsts causal-impact |"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no row %q", want)
		}
	}
}
