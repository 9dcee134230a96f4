package validate

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"athar"
	"athar/assess"
	"athar/panel"
)

func eventWorld(t *testing.T, name string) World {
	t.Helper()
	for _, w := range EventWorlds() {
		if w.Name == name {
			return w
		}
	}
	t.Fatalf("no world %s", name)
	return World{}
}

// Located in polygons and counted by month, single events are the panel of their
// world, with the roles that its map gives.
func TestEventTrial(t *testing.T) {
	for _, name := range []string{"S7", "S12"} {
		w := eventWorld(t, name)
		set, err := polygons(w.World)
		if err != nil {
			t.Fatal(err)
		}
		x, _, err := EventTrial(w.World, set, 3)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := w.Panel(seed, 3)
		g, err := panel.NewGrid(set.Areas, panel.Month, []athar.Span{x.Covered})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range x.Events {
			code, ok := set.Locate(e.Lon, e.Lat)
			if !ok {
				t.Fatalf("%s: event at %v, %v lies in no area", name, e.Lon, e.Lat)
			}
			g.Add(code, e.When, 1)
		}
		s := x.Site
		var codes []string
		for _, i := range s.Footprint {
			codes = append(codes, set.Areas[i].Code)
		}
		if s.Km, err = set.Distances(codes); err != nil {
			t.Fatal(err)
		}
		d := x.Design
		d.Ramadan = func(athar.Span) int { return 0 }
		v := g.ForCampaign(s, nil, d)
		if !reflect.DeepEqual(v.Count, p.Count) {
			t.Errorf("%s: counts differ", name)
		}
		for i := range p.Areas {
			if v.Areas[i].Role != p.Areas[i].Role {
				t.Errorf("%s: area %d has role %d, want %d", name, i, v.Areas[i].Role, p.Areas[i].Role)
			}
		}
	}
}

// Of the events inside and in ring 1 of S13 a quarter says that its place is known
// within 25 km.
func TestRoughPlaces(t *testing.T) {
	w := eventWorld(t, "S13")
	near, all := 0, 0
	for k := range 3 {
		events, _, err := w.Events(seed, k)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := w.Panel(seed, k)
		for i, a := range p.Areas {
			if a.Role == athar.Inside || a.Role == 1 {
				for m := range p.Periods {
					all += int(p.Count[p.At(i, m)])
				}
			}
		}
		for _, e := range events {
			if e.Place == athar.PlaceNear {
				near++
			}
		}
	}
	if share := float64(near) / float64(all); math.Abs(share-.25) > .02 {
		t.Errorf("%d of about %d places are rough", near, all)
	}
}

// TestJudgedEvents: the words for movement survive the scan where events did move;
// the result does not depend on the number of workers nor on the order of events.
func TestJudgedEvents(t *testing.T) {
	if testing.Short() {
		t.Skip("simulations")
	}
	for name, want := range map[string]athar.Verdict{"S7-plenty": athar.Displacement, "S8-plenty": athar.Diffusion} {
		w := eventWorld(t, name)
		w.Beside = 1000
		v, err := judgedFrom(w, 1, 5, 2)
		if err != nil {
			t.Fatal(err)
		}
		if n := v.Words[moveDuring][want]; n < 2 {
			t.Errorf("%s: %d of 4 are %s: %v", name, n, want, v.Words[moveDuring])
		}
	}
	w := eventWorld(t, "S13")
	w.Beside = 2
	a, err := judgedFrom(w, 0, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := judgedFrom(w, 0, 2, 2)
	if !reflect.DeepEqual(a, b) {
		t.Error("the result depends on the number of workers")
	}
	if a.Beside.N != 1 || a.Beside.Scans != 1 || a.Beside.Asked[athar.During] != 1 || a.Asked[insideDuring] != 2 {
		t.Errorf("asked beside the words: %+v, headlines: %v", a.Beside, a.Asked)
	}
}

func TestEventsInAnyOrder(t *testing.T) {
	if testing.Short() {
		t.Skip("simulations")
	}
	w := eventWorld(t, "S13")
	set, err := polygons(w.World)
	if err != nil {
		t.Fatal(err)
	}
	x, _, err := EventTrial(w.World, set, 1)
	if err != nil {
		t.Fatal(err)
	}
	want, err := assess.Judge(x)
	if err != nil {
		t.Fatal(err)
	}
	for i, j := 0, len(x.Events)-1; i < j; i, j = i+1, j-1 {
		x.Events[i], x.Events[j] = x.Events[j], x.Events[i]
	}
	got, err := assess.Judge(x)
	if err != nil {
		t.Fatal(err)
	}
	if text(t, got.Findings) != text(t, want.Findings) || len(got.Findings) == 0 {
		t.Error("the order of events changes findings")
	}
}

func TestEventsTable(t *testing.T) {
	if testing.Short() {
		t.Skip("simulations")
	}
	worlds := []World{eventWorld(t, "S0"), eventWorld(t, "S12")}
	var b strings.Builder
	if err := eventTables(&b, 1, worlds, Course{}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n| S"); n != 8 || strings.Contains(b.String(), "%!") || strings.Contains(b.String(), "NaN") {
		t.Errorf("%d rows, want 8:\n%s", n, b.String())
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
