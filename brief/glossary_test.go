package brief

import (
	"strings"
	"testing"

	"athar"
)

// Every word that may head a finding is explained.
func TestGlossaryHasEveryWord(t *testing.T) {
	all := ""
	for _, x := range newPage(fixture(t, false), english(t)).Glossary() {
		if x.Means == "" {
			t.Errorf("%s has no meaning", x.Term)
		}
		all += ", " + x.Term + ","
	}
	for _, w := range []athar.Verdict{athar.Decline, athar.Escalation, athar.NoMaterialChange, athar.Inconclusive, athar.Displacement, athar.Diffusion, athar.NotRobust,
		athar.CannotTell, athar.NotIdentifiable, athar.Present, athar.Mixed, athar.NotDetected} {
		if !strings.Contains(all, ", "+string(w)+",") {
			t.Errorf("the glossary does not explain %s", w)
		}
	}
}
