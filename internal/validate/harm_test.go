package validate

import (
	"bytes"
	"strings"
	"testing"
)

func TestHarm(t *testing.T) {
	var a, b bytes.Buffer
	for _, w := range []*bytes.Buffer{&a, &b} {
		if err := Harm(w, 20); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two runs differ")
	}
	for _, w := range harmWorlds() {
		if !strings.Contains(a.String(), "\n| "+w.name+" |") {
			t.Errorf("world %s is missing", w.name)
		}
	}
	if strings.Contains(a.String(), "NaN") || strings.Contains(a.String(), "%!") {
		t.Error("the tables have holes")
	}
}

// A sample of the table: the test of harm keeps its size where the formula as it stands
// does not, and its interval holds what was planted.
func TestHarmWorlds(t *testing.T) {
	const reps = 300
	for _, w := range harmWorlds() {
		s := w.run(reps)
		size, plain := float64(s.reject[1])/reps, float64(s.reject[4])/reps
		switch {
		case w.now != nil:
			if c := float64(s.covered) / reps; c < .91 || c > .985 || s.truth <= 0 || s.reject[1] < 3*reps/10 {
				t.Errorf("%s: covers %.3f of %.1f, finds %d", w.name, c, s.truth, s.reject[1])
			}
		case w.tail > 0: // a heavy tail has no variance to estimate
		case size > .09 || size < .02:
			t.Errorf("%s: type I error %.3f", w.name, size)
		case w.name == "phi4" && plain < .1:
			t.Errorf("%s: without dispersion %.3f", w.name, plain)
		}
	}
}
