package validate

import (
	"strings"
	"testing"
)

func TestOutlook(t *testing.T) {
	if testing.Short() {
		t.Skip("simulations")
	}
	var b strings.Builder
	if err := Outlook(&b, 1); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n| ") - 2; n != 8+9 {
		t.Errorf("%d rows of worlds, want 17:\n%s", n, b.String())
	}
}
