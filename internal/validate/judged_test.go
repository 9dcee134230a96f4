package validate

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"athar"
	"athar/sim"
)

func world(t *testing.T, name string) sim.World {
	t.Helper()
	w, ok := WorldNamed(name)
	if !ok {
		t.Fatalf("no world %s", name)
	}
	return w.World
}

// TestJudged: where events move or fall on purpose, and there are plenty of
// them, the word says so; where nothing happens, few words are directions.
func TestJudged(t *testing.T) {
	if testing.Short() {
		t.Skip("simulations")
	}
	for name, want := range map[string]athar.Verdict{"S7-plenty": athar.Displacement, "S8-plenty": athar.Diffusion} {
		v, err := Judged(world(t, name), 4, 2)
		if err != nil {
			t.Fatal(err)
		}
		// At 80% two of four are missed once in 37 times.
		if n := v.Words[moveDuring][want]; n < 2 {
			t.Errorf("%s: %d of 4 are %s: %v", name, n, want, v.Words[moveDuring])
		}
		if v.MDE() < .7 || v.MDE() > .95 || v.Rise() < 1.05 || v.Rise() > 1.25 {
			t.Errorf("%s: smallest fall %.2f, rise %.2f", name, v.MDE(), v.Rise())
		}
	}
	a, err := Judged(world(t, "S0"), 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	if n := a.Words[insideDuring][athar.Decline] + a.Words[insideDuring][athar.Escalation]; n > 1 || a.Asked[insideDuring] != 4 {
		t.Errorf("S0: %d of 4 directions, %d asked", n, a.Asked[insideDuring])
	}
	b, _ := Judged(world(t, "S0"), 4, 3)
	if !reflect.DeepEqual(a, b) {
		t.Error("the result depends on the number of workers")
	}
	if _, err := Judged(world(t, "S0").Few(3), 1, 1); err == nil {
		t.Error("a world without a map was judged")
	}
}

// The trial gives back the world's own panel: roles, phases and counts.
func TestTrial(t *testing.T) {
	for _, name := range []string{"S6", "S4", "S15"} {
		w := world(t, name)
		x, _, err := Trial(w, 2)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := w.Panel(seed, 2)
		x.Design.Ramadan = func(athar.Span) int { return 0 }
		v := x.Grid.ForCampaign(x.Site, x.Others, x.Design)
		if !reflect.DeepEqual(v.Count, p.Count) || len(v.Periods) != len(p.Periods) {
			t.Fatalf("%s: counts differ", name)
		}
		for i := range p.Areas {
			if v.Areas[i].Role != p.Areas[i].Role {
				t.Errorf("%s: area %d has role %d, want %d", name, i, v.Areas[i].Role, p.Areas[i].Role)
			}
		}
		for i := range p.Periods {
			if v.Periods[i].Phase != p.Periods[i].Phase || v.Periods[i].Span != p.Periods[i].Span {
				t.Errorf("%s: period %d is %v, want %v", name, i, v.Periods[i], p.Periods[i])
			}
		}
		if exposed := v.Exposed > 0; exposed != (name == "S15") {
			t.Errorf("%s: %d exposed cells", name, v.Exposed)
		}
	}
}

func TestWorldsTable(t *testing.T) {
	if testing.Short() {
		t.Skip("simulations")
	}
	var b strings.Builder
	if err := Worlds(&b, 1, Course{}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n| S"); n != 3*len(TableWorlds()) || strings.Contains(b.String(), "%!") || strings.Contains(b.String(), "NaN") {
		t.Errorf("%d rows, want %d:\n%s", n, 3*len(TableWorlds()), b.String())
	}
}

// A run that was stopped goes on where it was, and writes the same bytes as one that
// was not; a block that is half written, or of another build, is computed anew.
func TestWorldsGoOn(t *testing.T) {
	var worlds []World
	for _, name := range []string{"S0", "S5-all"} {
		w, _ := WorldNamed(name)
		worlds = append(worlds, w)
	}
	table := func(c Course) string {
		t.Helper()
		var b strings.Builder
		c.size = 2
		if err := worldTables(&b, 3, worlds, c); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	want := table(Course{})
	dir := t.TempDir()
	if got := table(Course{Parts: dir, Until: time.Now().Add(-time.Second)}); strings.Contains(got, "| S0 |") {
		t.Errorf("a run without time found\n%s", got)
	}
	if table(Course{Parts: dir}) != want {
		t.Error("keeping blocks changes the table")
	}
	if table(Course{Parts: dir, Until: time.Now().Add(-time.Second)}) != want {
		t.Error("a run without time leaves out what is there")
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(files) != 4 {
		t.Fatalf("%d blocks: %v", len(files), files)
	}
	old := time.Now().Add(-time.Hour)
	for _, f := range files {
		if err := os.Chtimes(f, old, old); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(files[1]), os.WriteFile(files[0], b[:len(b)/2], 0o600)); err != nil {
		t.Fatal(err)
	}
	if table(Course{Parts: dir}) != want {
		t.Error("a run in two goes gives another table")
	}
	for i, f := range files {
		s, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		if again := !s.ModTime().Before(old.Add(time.Minute)); again != (i < 2) {
			t.Errorf("%s: computed again: %v", f, again)
		}
	}
	other := Course{Parts: dir, build: "another"}
	if table(other) != want {
		t.Error("another build gives another table")
	}
	for _, f := range files {
		if s, _ := os.Stat(f); s.ModTime().Before(old.Add(time.Minute)) {
			t.Errorf("%s is of another build and was taken", f)
		}
	}
}
