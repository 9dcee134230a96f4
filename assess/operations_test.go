package assess

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"athar"
	"athar/study"
)

// edited is the study of [operationWorld] with its files changed.
func edited(t *testing.T, days int, change map[string]func(string) string) string {
	t.Helper()
	file := operationWorld(t, days, 0, 0)
	for name, f := range change {
		path := filepath.Join(filepath.Dir(file), name)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text := f(string(b))
		if text == string(b) {
			t.Fatalf("%s did not change", name)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

func swap(old, with string) func(string) string {
	return func(s string) string { return strings.ReplaceAll(s, old, with) }
}

// rowsOf changes the rows of a table below its header.
func rowsOf(change func(k int, cells []string) []string) func(string) string {
	return func(s string) string {
		lines := strings.Split(strings.TrimSpace(s), "\n")
		for k, line := range lines[1:] {
			lines[k+1] = strings.Join(change(k, strings.Split(line, ",")), ",")
		}
		return strings.Join(lines, "\n") + "\n"
	}
}

// What users get wrong about operations: every message names the study file with line and
// column, the row where there is one, and what to do.
func TestMistakesWithOperations(t *testing.T) {
	for _, c := range []struct {
		name   string
		change map[string]func(string) string
		want   []string
	}{
		{"lat and lon swapped", map[string]func(string) string{"ops.csv": swap("day,lon,lat", "day,lat,lon")},
			[]string{"study.yaml:15:65: operations.data[0].columns: latitude and longitude look swapped: ", "the first at ops.csv:2 (lat 4", "; exchange the two columns of lat and lon"}},
		{"days out of range", map[string]func(string) string{"ops.csv": swap("2019-", "2009-"), "study.yaml": swap(", coverage: [{from: 2018-12, ", ", coverage: [{from: 2008-12, ")},
			[]string{"study.yaml:14:", ": operations.data: the operations lie between 2009-01-0", "the first at ops.csv:2), none of them in the time", "2019-01-01 to 2019-04-10; correct the dates, or coverage"}},
		{"no common days", map[string]func(string) string{"ops.csv": swap("2019-", "2009-"), "study.yaml": func(s string) string {
			return regexp.MustCompile(`, coverage: \[\{from: 2018-12, [^]]*]`).ReplaceAllString(s, "")
		}}, []string{"study.yaml:14:", "group's events were recorded: there is none; correct the dates"}},
		{"one kind for both", map[string]func(string) string{"study.yaml": swap("classes: [show]", "classes: [Strike]")},
			[]string{`study.yaml:12:`, `operations.control.classes[0]: "Strike" is of both kinds; keep it under treated or under control`}},
		{"one name for both", map[string]func(string) string{"study.yaml": swap("{en: shows, ar: استعراضات}", "{en: strikes, ar: ضربات}")},
			[]string{`study.yaml:12:`, `operations.control.name: "strikes" is the name of both kinds; call each what it is`}},
		{"kinds that share operations", map[string]func(string) string{"study.yaml": func(s string) string {
			return strings.Replace(strings.Replace(s, "[strike]", `["raid: strike"]`, 1), "[show]", "[raid]", 1)
		}, "ops.csv": func(s string) string {
			return strings.ReplaceAll(strings.ReplaceAll(s, "strike", "raid: strike"), ",show", ",raid: show")
		}}, []string{"study.yaml:12:", "operations.control: ops.csv:", "is of both kinds (raid: strike); name classes or kinds that no operation shares"}},
		{"place with lon and lat swapped", map[string]func(string) string{"study.yaml": swap("lon: 43.5, lat: 33.5", "lon: 33.5, lat: 43.5")},
			[]string{"study.yaml:13:", "operations.places[0].lat: Town lies ", "and in them after exchanging lon and lat; exchange lon and lat"}},
		{"place far away", map[string]func(string) string{"study.yaml": swap("lon: 43.5", "lon: -43.5")},
			[]string{"study.yaml:13:", "operations.places[0].lon: Town lies ", "told apart up to 400 km; correct lon and lat"}},
		{"no dates", map[string]func(string) string{"ops.csv": rowsOf(func(_ int, cells []string) []string { return append([]string{""}, cells[1:]...) })},
			[]string{`ops.csv:2: column "day": `, "rows are damaged; check the format and the columns"}},
		{"no column of dates", map[string]func(string) string{"study.yaml": swap("ops.csv, format: table, columns: *c", "ops.csv, format: table, columns: {date: when, lon: lon, lat: lat, class: type}")},
			[]string{"ops.csv:1: ", `"when"`, "day, lon, lat, type"}},
		{"months for dates", map[string]func(string) string{"ops.csv": rowsOf(func(_ int, cells []string) []string { return append([]string{cells[0][:7]}, cells[1:]...) })},
			[]string{"study.yaml:14:", "operations.data: no operation is left; ", "left out: coarse-day, first at ops.csv:2: give its day"}},
		{"outside the areas", map[string]func(string) string{"ops.csv": rowsOf(func(_ int, cells []string) []string { cells[1] = "50"; return cells })},
			[]string{"study.yaml:14:", "operations.data: no operation is left; ", "left out: no-area, first at ops.csv:2: it lies outside the study's areas"}},
		{"column to match on is not there", map[string]func(string) string{"study.yaml": swap("  control:", "  match: [load]\n  control:")},
			[]string{`ops.csv:1: there is no column "load"`, "day, lon, lat, type"}},
		{"column to match on holds words", map[string]func(string) string{"study.yaml": swap("  control:", "  match: [type]\n  control:")},
			[]string{`ops.csv:2: column "type": "`, `is not a number; in all `, " rows are damaged"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Check(context.Background(), edited(t, 100, c.change))
			if err == nil {
				t.Fatal("no complaint")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the message lacks %q:\n%v", want, err)
				}
			}
		})
	}
}

// loads adds a column of loads, which tell strikes from shows where split says so. Two
// cells are no numbers.
func loads(split bool) map[string]func(string) string {
	return map[string]func(string) string{"study.yaml": swap("  control:", "  match: [load]\n  control:"), "ops.csv": func(s string) string {
		s = rowsOf(func(k int, cells []string) []string {
			load := fmt.Sprint(k % 2)
			if split && cells[3] == "strike" {
				load = "100"
			}
			switch k {
			case 4:
				load = "many"
			case 7:
				load = ""
			case 9:
				load = "١" // a number all the same
			}
			return append(cells, load)
		})(s)
		return strings.Replace(s, "type\n", "type,load\n", 1)
	}}
}

func checked(t *testing.T, file string) string {
	t.Helper()
	lines, err := Check(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// A cell that is no number is counted, and the first is named.
func TestMatchColumnWithoutNumbers(t *testing.T) {
	file := edited(t, 100, loads(false))
	text := checked(t, file)
	for _, want := range []string{`  2 rows: no-number, first at ops.csv:6, column "load": "many" is not a number`, "  2 left out: no-number, first at ops.csv:6: write a number into the column"} {
		if !strings.Contains(text, want) {
			t.Errorf("check does not say %q:\n%s", want, text)
		}
	}
	in := loaded(t, file)
	var lines []int
	for _, r := range in.rejects {
		if r.Reason == "no-number" && r.File == "ops.csv" && r.Column == "load" {
			lines = append(lines, r.Line)
		}
	}
	if !slices.Equal(lines, []int{6, 9}) {
		t.Errorf("rejects in lines %v", lines)
	}
}

func loaded(t *testing.T, file string) *inputs {
	t.Helper()
	s, err := study.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	in, _, _, err := prepare(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// wakesOf are the wakes of the longest stretch of a study.
func wakesOf(t *testing.T, in *inputs) athar.WakeGrid {
	t.Helper()
	_, stretches := in.spaceTime()
	if len(stretches) != 1 {
		t.Fatalf("%d stretches", len(stretches))
	}
	return in.wakes(stretches[0])
}

// What is matched on decides who is compared with whom: a load that only strikes have
// leaves no show to compare them with, one that both share leaves many.
func TestMatchColumnDecidesWhoIsCompared(t *testing.T) {
	matched := func(g athar.WakeGrid) (n int) {
		for _, w := range g.Rows {
			n += w.MatchedTreated
		}
		return n
	}
	both, apart := matched(wakesOf(t, loaded(t, edited(t, 230, loads(false))))), matched(wakesOf(t, loaded(t, edited(t, 230, loads(true)))))
	if both == 0 || apart > both/20 {
		t.Errorf("%d matched where loads are alike, %d where they are not", both, apart)
	}
}

// The order of the rows of operations leaves no trace, the column included.
func TestMatchColumnInAnyOrder(t *testing.T) {
	var want []byte
	for _, seed := range []uint64{0, 3} {
		change := loads(false)
		add := change["ops.csv"]
		change["ops.csv"] = func(s string) string {
			lines := strings.Split(strings.TrimSpace(add(s)), "\n")
			if seed > 0 {
				rand.New(rand.NewPCG(seed, 1)).Shuffle(len(lines)-1, func(i, j int) { lines[i+1], lines[j+1] = lines[j+1], lines[i+1] })
			}
			return strings.Join(lines, "\n") + "\n"
		}
		in := loaded(t, edited(t, 230, change))
		r, _ := in.spaceTime()
		got, err := json.Marshal([]any{r, wakesOf(t, in)})
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		} else if !bytes.Equal(got, want) {
			t.Error("another order of operations gives another report")
		}
	}
}
