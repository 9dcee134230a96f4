package assess

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"athar"
	"athar/lake"
	"athar/source"
)

// From January 2020 on, half of the group's events inside are published as an
// unknown group's. Taken at face value that is a decline; with all unknown
// events counted as the group's nothing changed.
func TestUnknownActorsBoundTheAnswer(t *testing.T) {
	file := world(t, 1, 1, "")
	dir := filepath.Dir(file)
	counts, err := os.ReadFile(filepath.Join(dir, "counts.csv"))
	if err != nil {
		t.Fatal(err)
	}
	hidden := 0
	write(t, dir, map[string]string{"events.csv": eventsOf(t, string(counts), func(area, month string, k int) string {
		if area >= "A08" || month < "2020-01" || k%2 == 1 {
			return "TG"
		}
		if month < "2020-12" { // the data end on 15 December: that month is not monitored
			hidden++
		}
		return "Unidentified Armed Group (X)"
	})})
	l, err := lake.Open(filepath.Join(dir, "lake"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Import(context.Background(), lake.ImportSpec{Dataset: "own", Version: "1", Source: source.Spec{Name: "own", Format: "table",
		File: filepath.Join(dir, "events.csv"), Label: "events.csv", Columns: map[string]string{"id": "id", "date": "date", "area": "area", "side_a": "a", "side_b": "b"}}}); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	fromLake(t, file)
	r := mustRun(t, file)
	f := finding(t, r, "c/inside/during")
	i := slices.IndexFunc(f.Methods, func(m athar.MethodView) bool { return m.Spec == "unknown=all" })
	if i < 0 {
		t.Fatalf("no bound among the methods: %v", f.Methods)
	}
	if m := f.Methods[i]; f.Headline.RR > 0.65 || m.RR < 0.9 || m.RR > 1.1 {
		t.Errorf("headline %v, with all unknown events %v", f.Headline.RR, m.RR)
	}
	g := r.Campaigns[0].Guards[slices.IndexFunc(r.Campaigns[0].Guards, func(g athar.Guard) bool { return g.Code == "unknown-actors" })]
	if g.Status == athar.Blind || g.Says.Args["unknown"] != hidden {
		t.Errorf("%v, want %d unknown", g, hidden)
	}
}

// eventsOf turns the counts of a world into events with the side that who
// gives the k-th of a cell; an event without a side is left out.
func eventsOf(t *testing.T, counts string, who func(area, month string, k int) string) string {
	t.Helper()
	var out strings.Builder
	out.WriteString("id,date,area,a,b\n")
	id := 0
	for _, line := range strings.Split(strings.TrimSpace(counts), "\n")[1:] {
		f := strings.Split(line, ",")
		var n int
		if _, err := fmt.Sscan(f[2], &n); err != nil {
			t.Fatal(err)
		}
		for k := range n {
			id++
			if side := who(f[0], f[1], k); side != "" {
				fmt.Fprintf(&out, "%d,%s-15,%s,%s,Government of X\n", id, f[1], f[0], side)
			}
		}
	}
	return out.String()
}

// A newer version that lost half of the events inside moves the finding, and
// says which.
func TestMovesOfANewVersion(t *testing.T) {
	file := world(t, 1, 1, "")
	dir := filepath.Dir(file)
	counts, err := os.ReadFile(filepath.Join(dir, "counts.csv"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := lake.Open(filepath.Join(dir, "lake"))
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"1", "2"} {
		write(t, dir, map[string]string{"events.csv": eventsOf(t, string(counts), func(area, month string, k int) string {
			if version == "2" && area < "A08" && month >= "2020-01" && k%2 == 0 {
				return ""
			}
			return "TG"
		})})
		if _, err := l.Import(context.Background(), lake.ImportSpec{Dataset: "own", Version: version, Source: source.Spec{Name: "own", Format: "table",
			File: filepath.Join(dir, "events.csv"), Label: "events.csv", Columns: map[string]string{"id": "id", "date": "date", "area": "area", "side_a": "a", "side_b": "b"}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	fromLake(t, file)
	moves, err := Moves(context.Background(), file, "own", "1", "2", Options{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(moves, func(m Move) bool { return m.ID == "c/inside/during" })
	if i < 0 || !moves[i].WordsDiffer || moves[i].New != athar.Decline {
		t.Errorf("%+v", moves)
	}
	if same, err := Moves(context.Background(), file, "own", "1", "1", Options{}); err != nil || len(same) != 0 {
		t.Errorf("a version moves nothing against itself: %v %v", same, err)
	}
	if _, err := Moves(context.Background(), file, "other", "1", "2", Options{}); err == nil {
		t.Error("a dataset that the study does not read was compared")
	}
}

// fromLake makes the study of a world read its events from the lake beside it.
func fromLake(t *testing.T, file string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := strings.Replace(string(b), "file: counts.csv, format: counts, period: month,", "format: lake, lake: lake, dataset: own,", 1)
	s = strings.Replace(s, "group: {name: G}", "group: {name: TG}", 1)
	if err := os.WriteFile(file, []byte(s), 0o644); err != nil {
		t.Fatal(err)
	}
}
