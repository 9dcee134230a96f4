package assess

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"athar"
)

func areasOf(t athar.HotSpotTally) (n int) {
	for _, c := range t.Courses {
		n += c.N
	}
	return n
}

// A world of a line of areas by months: the courses of all, of every country and of
// every role add up to the areas, which stand in order of their codes, and the order of
// the rows does not matter.
func TestHotSpots(t *testing.T) {
	file := world(t, 3, 1, "")
	r := mustRun(t, file)
	s := r.HotSpots
	if s == nil || s.Refusal != nil || s.Months != 36 || len(s.Areas) != 40 || s.All.Areas != 40 || areasOf(s.All) != 40 {
		t.Fatalf("%+v", s)
	}
	if !slices.IsSortedFunc(s.Areas, func(a, b athar.HotSpotArea) int { return strings.Compare(a.Area, b.Area) }) {
		t.Error("areas are not in order of their codes")
	}
	n := 0
	for _, c := range s.Countries {
		n += c.Tally.Areas
		if areasOf(c.Tally) != c.Tally.Areas {
			t.Errorf("%s: %+v", c.Country, c.Tally)
		}
	}
	if n != 40 {
		t.Errorf("%d areas in all countries", n)
	}
	n = 0
	for _, c := range s.Campaigns {
		n += c.Tally.Areas
		if areasOf(c.Tally) != c.Tally.Areas {
			t.Errorf("%s: %+v", c.Role, c.Tally)
		}
	}
	if n == 0 || n > 40 || s.Campaigns[0].Role != "inside" || s.Campaigns[0].Tally.Areas != 8 {
		t.Errorf("%d areas by role: %+v", n, s.Campaigns)
	}
	// Three times as many events in the footprint's last year are crowded there, and
	// nowhere beyond its neighbour.
	for i, a := range s.Areas {
		if i < 8 && a.Crowded < 10 || i > 12 && a.Crowded > 1 {
			t.Errorf("%+v", a)
		}
	}
	if !slices.ContainsFunc(r.Methods, func(m athar.MethodInfo) bool { return m.Method == "hotspot" && m.Runs == 1 && m.Refuse == 0 }) {
		t.Error("not among the methods")
	}

	counts := filepath.Join(filepath.Dir(file), "counts.csv")
	text, err := os.ReadFile(counts)
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(string(text)), "\n")
	slices.Reverse(rows[1:])
	if err := os.WriteFile(counts, []byte(strings.Join(rows, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	want, _ := json.Marshal(s)
	if got, _ := json.Marshal(mustRun(t, file).HotSpots); !bytes.Equal(got, want) {
		t.Error("another order of rows gives another description")
	}
}

func TestHotSpotsOfOthers(t *testing.T) {
	file := world(t, 1, 1, "")
	dir := filepath.Dir(file)
	change := func(name string, f func(string) string) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(f(string(text))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// An area of a country that has no event is no quiet area.
	change("areas.csv", func(s string) string { return s + "B00,Elsewhere,Y,60,33\n" })
	change("km.csv", func(s string) string { return s + "A39,B00,120\n" })
	s := mustRun(t, file).HotSpots
	if s.Refusal != nil || s.All.Areas != 40 || len(s.Countries) != 1 || len(s.Warnings) != 1 || s.Warnings[0].Code != "hotspot-not-counted" {
		t.Errorf("%+v, %+v", s.All, s.Warnings)
	}
	// Areas that do not touch.
	change("km.csv", func(s string) string { return strings.ReplaceAll(s, ",0\n", ",1\n") })
	s = mustRun(t, file).HotSpots
	if s.Refusal == nil || s.Refusal.Reason.Code != "hotspot-no-neighbours" || len(s.Areas)+len(s.Campaigns) != 0 {
		t.Errorf("%+v", s)
	}
}
