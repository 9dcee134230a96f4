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
	var events strings.Builder
	events.WriteString("id,date,area,a,b\n")
	id, hidden := 0, 0
	for _, line := range strings.Split(strings.TrimSpace(string(counts)), "\n")[1:] {
		var n int
		f := strings.Split(line, ",")
		if _, err := fmt.Sscan(f[2], &n); err != nil {
			t.Fatal(err)
		}
		for k := range n {
			id++
			side := "TG"
			if f[0] < "A08" && f[1] >= "2020-01" && k%2 == 0 {
				side = "Unidentified Armed Group (X)"
				if f[1] < "2020-12" { // the data end on 15 December: that month is not monitored
					hidden++
				}
			}
			fmt.Fprintf(&events, "%d,%s-15,%s,%s,Government of X\n", id, f[1], f[0], side)
		}
	}
	write(t, dir, map[string]string{"events.csv": events.String()})
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
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := strings.Replace(string(b), "file: counts.csv, format: counts, period: month,", "format: lake, lake: lake, dataset: own,", 1)
	s = strings.Replace(s, "group: {name: G}", "group: {name: TG}", 1)
	if err := os.WriteFile(file, []byte(s), 0o644); err != nil {
		t.Fatal(err)
	}
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
