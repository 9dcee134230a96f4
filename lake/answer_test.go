package lake

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"athar"
	"athar/source"
)

const answers = tableHeader +
	"a1,2020-01-10,,33.5,44.5,,Iraq,attack,Group A,Police,,10,,1\n" + // located in I
	"a2,2020-01-15,,33.5,44.5,,Iraq,clash,\"Group A, Group B\",Army,,20,,4\n" + // too coarse
	"a3,2020-01-20,,50.5,10.5,,Iraq,attack,Police,group a,,13,,1\n" + // outside
	"a4,2020-01-31,,,,S1,Syria,attack,Group A,,,,,\n" + // published code
	"a5,2020-03-05,,,,S9,Syria,attack,Group A,Unidentified Armed Group,,0,,\n" + // unknown code
	"a6,2020-03-01,2020-05-31,33.5,44.5,,Iraq,attack,Group A,Army,,0,,2\n" + // no month holds half
	"a7,2020-03-07,,33.5,44.5,,Iraq,attack,Group C,Army,,0,,2\n" // another group

func answerLake(t *testing.T) *Lake {
	dir := t.TempDir()
	l := open(t, filepath.Join(dir, "lake"))
	load(t, l, spec("1", write(t, dir, "a.csv", answers)))
	return l
}

func TestPanelAccountsForEveryEvent(t *testing.T) {
	l := answerLake(t)
	calls := 0
	q := PanelQuery{Unit: Month, Coarsest: athar.PlaceDistrict, Deaths: true, Filter: Filter{Group: source.Group{Aliases: []string{"GROUP A"}}},
		Locate: func(lon, lat float64) (string, bool) { calls++; return "I", lat < 40 },
		Named:  func(code string) (string, bool) { return "S", code == "S1" }}
	r, err := l.Panel(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	jan, mar := athar.Span{First: athar.Date(2020, 1, 1), Last: athar.Date(2020, 1, 31)}, athar.Span{First: athar.Date(2020, 3, 1), Last: athar.Date(2020, 3, 31)}
	want := &PanelResult{Events: 6, Points: 2, Cells: []Cell{
		{When: jan, Country: "Iraq", N: 2, Placed: 2, Coarse: 1, Deaths: athar.Deaths{Low: 33, Best: 33, High: 33}},
		{When: mar, Country: "Syria", N: 1},
		{Area: "I", When: jan, Country: "Iraq", N: 1, Placed: 1, Deaths: athar.Deaths{Low: 10, Best: 10, High: 10}},
		{Area: "S", When: jan, Country: "Syria", N: 1},
	}, Unplaced: []athar.ReasonCount{{Reason: "coarse-date", N: 1}, {Reason: "outside-areas", N: 1}, {Reason: "place-too-coarse", N: 1}, {Reason: "unknown-area", N: 1}}}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("got  %+v\nwant %+v", r, want)
	}
	if calls != 2 {
		t.Errorf("%d points located, not the 2 distinct ones", calls)
	}
	// Points that share the number made of both coordinates are told apart.
	dir := t.TempDir()
	l = open(t, filepath.Join(dir, "lake"))
	load(t, l, spec("1", write(t, dir, "b.csv", tableHeader+"b1,2020-01-01,,0.001,0,,,x,a,b,,,,\nb2,2020-01-01,,0,1,,,x,a,b,,,,\n")))
	r, err = l.Panel(context.Background(), PanelQuery{Unit: Day, Locate: func(lon, lat float64) (string, bool) { return fmt.Sprint(lon, " ", lat), true }})
	if err != nil || len(r.Cells) != 2 || r.Cells[0].N != 1 || r.Cells[1].N != 1 {
		t.Errorf("%+v %v", r, err)
	}
}

func TestFilters(t *testing.T) {
	l := answerLake(t)
	ids := func(q PointQuery) string {
		e, err := l.Points(context.Background(), q)
		if err != nil {
			return err.Error()
		}
		var out []string
		for _, x := range e {
			out = append(out, x.ID)
		}
		return strings.Join(out, " ")
	}
	for _, c := range []struct {
		q    PointQuery
		want string
	}{
		{PointQuery{}, "a1 a2 a3 a4 a6 a5 a7"},
		{PointQuery{Points: true}, "a1 a2 a3 a6 a7"},
		{PointQuery{Points: true, Coarsest: athar.PlaceExact}, "a1 a3"},
		{PointQuery{Filter: Filter{Group: source.Group{Aliases: []string{" group B"}}}}, "a2"},
		{PointQuery{Filter: Filter{Group: source.Group{Aliases: []string{"Group A"}}, Classes: []string{"CLASH"}}}, "a2"},
		{PointQuery{Filter: Filter{Coverage: []athar.Span{{First: athar.Date(2020, 5, 31), Last: athar.Date(2020, 6, 1)}, {First: athar.Date(2020, 1, 15), Last: athar.Date(2020, 1, 15)}}}}, "a2 a6"},
		{PointQuery{Filter: Filter{Kinds: []athar.Kind{athar.Arrest}}}, ""},
		{PointQuery{Filter: Filter{Classes: []string{"clashes"}}}, `no event of the lake is of class "clashes"; its classes are attack, clash`},
		{PointQuery{Filter: Filter{Group: source.Group{Aliases: []string{"Grup A"}}}}, "no event of the lake has the group on a side; check its aliases and ids; close to it are Group A, group a, Group C"},
	} {
		if got := ids(c.q); got != c.want {
			t.Errorf("%+v:\n got %s\nwant %s", c.q, got, c.want)
		}
	}
}

// Identifiers decide where both sides have one; names elsewhere.
func TestIsGroup(t *testing.T) {
	g := source.Group{Aliases: []string{"IS"}, IDs: []string{"234"}}
	for s, want := range map[side]bool{
		{"Islamic State", "234"}: true, {"IS", ""}: true, {"IS", "9"}: false, {"is , HTS", "77"}: true, {"ISIS", ""}: false,
	} {
		if got := isGroup(g, s); got != want {
			t.Errorf("%v: %v", s, got)
		}
	}
}

func TestDescribe(t *testing.T) {
	d, err := answerLake(t).Describe(context.Background(), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	d.Files = nil
	named := func(list ...any) (out []athar.NamedCount) {
		for i := 0; i < len(list); i += 2 {
			out = append(out, athar.NamedCount{Name: list[i].(string), N: list[i+1].(int)})
		}
		return out
	}
	want := &athar.Holdings{Events: 7, First: athar.Date(2020, 1, 10), Last: athar.Date(2020, 5, 31),
		Months: named("2020-01", 4, "2020-02", 0, "2020-03", 3), Gaps: []string{"made 2020-02"},
		Sides: named("Group A", 5, "Army", 3, "Police", 2, "Group B", 1, "Group C", 1, "Unidentified Armed Group", 1, "group a", 1),
		Kinds: named("", 7), Places: named("unknown", 2, "exact", 2, "near", 2, "province", 1),
		NoActor: 2, Points: 5, DistinctPoints: 2, OnTen: 1, Tolls: 3, OnRound: athar.Num(2.0 / 3), Long: 1}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("got  %+v\nwant %+v", d, want)
	}
}

func TestQueryIsFenced(t *testing.T) {
	l := answerLake(t)
	file := write(t, t.TempDir(), "other.csv", "a,b\n1,2\n")
	events := l.all(t)[0].events()
	r, err := l.Query(context.Background(), "SELECT id, first, deaths_best, lon FROM events WHERE id IN ('a1', 'a4') ORDER BY id")
	if err != nil || !reflect.DeepEqual(r.Rows, [][]string{{"a1", "2020-01-10", "10", "44.5"}, {"a4", "2020-01-31", "", ""}}) {
		t.Errorf("%+v %v", r, err)
	}
	before := tree(t, l.dir)
	for _, q := range []string{
		"SELECT * FROM read_csv('" + file + "')", "SELECT * FROM '" + file + "'", "SELECT * FROM read_text('" + file + "')", "SELECT * FROM glob('/*')",
		"COPY events TO '" + file + "'", "COPY (SELECT 1) TO '" + events + "'", "EXPLAIN ANALYZE COPY (SELECT 1) TO '" + events + "'",
		"DROP VIEW events", "SELECT 1; DROP VIEW events", "SET enable_external_access = true", "INSTALL spatial", "ATTACH '" + file + "'",
		"CREATE TABLE x (a INTEGER)", "INSERT INTO files VALUES ('a', 'b', NULL, 'c')", "", "SELECT", "SELECT * FROM no_such_table",
	} {
		if r, err := l.Query(context.Background(), q); err == nil {
			t.Errorf("%s is answered: %v", q, r)
		}
	}
	if !reflect.DeepEqual(before, tree(t, l.dir)) {
		t.Error("a query changed the lake")
	}
	if r, err := l.Query(context.Background(), fmt.Sprintf("SELECT * FROM range(%d)", MaxRows+1)); err != nil || !r.More || len(r.Rows) != MaxRows {
		t.Errorf("long answer: %v", err)
	}
}

func TestDiff(t *testing.T) {
	dir := t.TempDir()
	l := open(t, filepath.Join(dir, "lake"))
	line := func(id, day, class string, deaths int) string {
		return fmt.Sprintf("%s,%s,,33,44,,Iraq,%s,a,b,,%d,,\n", id, day, class, deaths)
	}
	load(t, l, spec("1", write(t, dir, "a.csv", tableHeader+line("1", "2020-01-01", "x", 1)+line("2", "2020-01-02", "x", 1)+line("3", "2020-02-01", "x", 1))))
	load(t, l, spec("2", write(t, dir, "b.csv", tableHeader+line("2", "2020-03-02", "y", 1)+line("1", "2020-01-01", "x", 1)+line("4", "2020-01-09", "x", 1))))
	one, two := Version{"made", "1"}, Version{"made", "2"}
	d, err := l.Diff(context.Background(), one, two)
	if err != nil {
		t.Fatal(err)
	}
	want := &Difference{Old: one, New: two, Added: 1, Removed: 1, Changed: 1, Kept: 1,
		Months: []DifferenceCount{{"2020-01", 1, 0, 0}, {"2020-02", 0, 1, 0}, {"2020-03", 0, 0, 1}}, Kinds: []DifferenceCount{{"", 1, 1, 1}},
		Fields:  []athar.ReasonCount{{Reason: "first", N: 1}, {Reason: "last", N: 1}, {Reason: "class", N: 1}},
		Changes: []Change{{"4", athar.Date(2020, 1, 9), "added", nil}, {"3", athar.Date(2020, 2, 1), "removed", nil}, {"2", athar.Date(2020, 3, 2), "changed", []string{"first", "last", "class"}}}}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("got  %+v\nwant %+v", d, want)
	}
	old, new, err := l.Both(context.Background(), PanelQuery{Unit: Month}, one, two)
	if err != nil || len(old.Cells) != 2 || len(new.Cells) != 2 || old.Cells[0].N != 2 {
		t.Errorf("%+v %+v %v", old, new, err)
	}
	// Events without an id are alike if they say the same.
	noID := func(s string) string { return strings.ReplaceAll(s, "id,", "nr,") }
	for v, rows := range map[string][]string{"1": {line("", "2020-01-01", "x", 1), line("", "2020-01-01", "x", 1)}, "2": {line("", "2020-01-01", "x", 2), line("", "2020-01-01", "x", 1)}} {
		s := spec(v, write(t, dir, "n"+v+".csv", noID(tableHeader)+strings.Join(rows, "")))
		s.Dataset = "bare"
		load(t, l, s)
	}
	d, err = l.Diff(context.Background(), Version{"bare", "1"}, Version{"bare", "2"})
	if err != nil || d.Added != 1 || d.Removed != 1 || d.Changed != 0 || d.Kept != 1 {
		t.Errorf("without ids: %+v %v", d, err)
	}
}

// Rows of several threads do not change an answer.
func TestSameAnswer(t *testing.T) {
	dir := t.TempDir()
	var first *PanelResult
	for i, list := range [][]string{rows(5000, 9), rows(5000, 9)} {
		if i == 1 {
			slices.Reverse(list)
		}
		l := open(t, filepath.Join(dir, fmt.Sprint(i)))
		load(t, l, spec("1", write(t, dir, fmt.Sprint(i, ".csv"), tableOf(list))))
		r, err := l.Panel(context.Background(), PanelQuery{Unit: Week, Locate: func(lon, lat float64) (string, bool) { return fmt.Sprint(int(lon)), true }})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = r
		} else if !reflect.DeepEqual(first, r) {
			t.Error("the order of rows changes a panel")
		}
	}
}
