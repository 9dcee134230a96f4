package validate

import (
	"strings"
	"testing"
)

func TestSynthetic(t *testing.T) {
	if testing.Short() {
		t.Skip("simulations")
	}
	var b strings.Builder
	if err := Synthetic(&b, 2); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n| s"); n != 4*11 {
		t.Errorf("%d rows of worlds, want 44:\n%s", n, b.String())
	}
}
