package freeze

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"athar"
	"athar/internal/testdata"
	"athar/study"
)

const plain = `study: s
title: {en: Title}
group: {name: G, aliases: [A, B]}
outcome: Attacks
data:
  - {name: D, format: counts, file: d.csv, licence: Free}
campaigns:
  - id: c
    name: C
    start: 2020-06
    end: 2020-07-31
    note: A note
claims:
  - {id: k, text: It fell, question: inside, campaign: c, phase: during, expects: DECLINE}
choices: {period: month, seed: 7}
`

// home is a folder with a study and its data.
func home(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "study.yaml")
	put(t, file, text)
	put(t, filepath.Join(filepath.Dir(file), "d.csv"), "period,count\n2020-01,3\n")
	return file
}

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func swap(t *testing.T, text, old, with string) string {
	t.Helper()
	if strings.Count(text, old) != 1 {
		t.Fatalf("%q stands %d times in the study", old, strings.Count(text, old))
	}
	return strings.Replace(text, old, with, 1)
}

func stateOf(t *testing.T, text string) State {
	t.Helper()
	_, st, err := Of(home(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// A way of writing leaves no trace.
func TestSameStudySameHash(t *testing.T) {
	want := stateOf(t, plain)
	for what, text := range map[string]string{
		"comment":        "# hello\n" + swap(t, plain, "start: 2020-06\n", "start: 2020-06 # why\n"),
		"white space":    swap(t, plain, "{period: month, seed: 7}", "\n    period:   month\n\n    seed: 7"),
		"order of keys":  swap(t, swap(t, plain, "choices: {period: month, seed: 7}\n", ""), "study: s\n", "choices: {seed: 7, period: month}\nstudy: s\n"),
		"quotes":         swap(t, plain, "[A, B]", `["A", 'B']`),
		"both languages": swap(t, plain, "outcome: Attacks", "outcome: {en: Attacks}"),
		"spelt interval": swap(t, plain, "start: 2020-06\n", "start: {from: 2020-06-01, to: 2020-06-30}\n"),
		"default":        swap(t, plain, "seed: 7}", "seed: 7, draws: 2000}"),
		"nothing":        plain + "limits: []\n",
	} {
		if got := stateOf(t, text); got.Hash != want.Hash {
			changed, files := diff(want, got)
			t.Errorf("%s: %v %v differ", what, changed, files)
		}
	}
}

// Every value that can change a result changes the hash of its section, and of
// no other one.
func TestEveryValueCounts(t *testing.T) {
	want := stateOf(t, plain)
	for _, x := range []struct{ old, with, section string }{
		{"study: s", "study: s2", "study"},
		{"name: G,", "name: G2,", "group"},
		{"[A, B]", "[A]", "group"},
		{"outcome: Attacks", "outcome: Deaths", "outcome"},
		{"licence: Free}", "licence: Free, where: {country: Iraq}}", "data"},
		{"start: 2020-06\n", "start: 2020-06-02\n", "campaigns"},
		{"end: 2020-07-31", "end: 2020-07-30", "campaigns"},
		{"note: A note", "note: A note\n    goals: [depots]", "campaigns"},
		{"note: A note", "note: A note\n    windows: [{name: w, before: 2020-05, after: 2020-06}]", "campaigns"},
		{"expects: DECLINE", "expects: ESCALATION", "claims"},
		{"It fell", "It rose", "claims"},
		{"claims:", "totals: [{id: t, name: T, from: 2020-06, to: 2020-07}]\nclaims:", "totals"},
		{"claims:", "losses: [{when: 2020-06-20, level: top, source: {title: S}}]\nclaims:", "losses"},
		{"claims:", "multiverse: {placebos: 9}\nclaims:", "multiverse"},
		{"claims:", "goals: [{id: g, name: G}]\nclaims:", "goals"},
		{"seed: 7", "seed: 7, imputations: 5", "choices"},
		{"seed: 7", "seed: 7, calendar: [{name: Curfew, from: 2020-03-15, to: 2020-06}]", "choices"},
		{"{en: Title}", "{en: Another}", Texts},
		{"licence: Free", "licence: Paid", Texts},
		{"note: A note", "note: Another note", Texts},
		{"name: C\n", "name: D\n", Texts},
	} {
		got := stateOf(t, swap(t, plain, x.old, x.with))
		changed, _ := diff(want, got)
		// What names a thing is wording beside it.
		rest := slices.DeleteFunc(slices.Clone(changed), func(s string) bool { return s == Texts && x.section != Texts })
		if got.Hash == want.Hash || !slices.Equal(rest, []string{x.section}) {
			t.Errorf("%s -> %s: changed %v", x.old, x.with, changed)
		}
	}
	file := home(t, plain)
	put(t, filepath.Join(filepath.Dir(file), "d.csv"), "period,count\n2020-01,4\n")
	_, got, err := Of(file)
	if err != nil {
		t.Fatal(err)
	}
	if changed, files := diff(want, got); len(changed) > 0 || !slices.Equal(files, []string{"d.csv"}) || got.Hash == want.Hash {
		t.Errorf("data: %v %v", changed, files)
	}
}

// Every field that a full study fills is hashed: changing any one value changes
// a section.
func TestNoFieldIsForgotten(t *testing.T) {
	s, err := study.Parse(filepath.Join(testdata.Root(), "study", "testdata", "full.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	base := sections(s)
	n := 0
	var visit func(at string, v reflect.Value)
	change := func(at string, v reflect.Value, with reflect.Value) {
		old := reflect.New(v.Type()).Elem()
		old.Set(v)
		v.Set(with)
		if got := sections(s); reflect.DeepEqual(got, base) {
			t.Errorf("%s is not part of the hash", at)
		}
		v.Set(old)
		n++
	}
	visit = func(at string, v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() {
				visit(at, v.Elem())
			}
		case reflect.Struct:
			for i := range v.NumField() {
				if f := v.Type().Field(i); f.IsExported() && (at != "" || f.Name != "Dir" && f.Name != "Source") {
					visit(at+"."+f.Name, v.Field(i))
				}
			}
		case reflect.Slice:
			for i := range v.Len() {
				visit(at, v.Index(i))
			}
			if v.Len() > 1 {
				change(at+" shorter", v, v.Slice(0, v.Len()-1))
			}
		case reflect.String:
			change(at, v, reflect.ValueOf(v.String()+"x").Convert(v.Type()))
		case reflect.Bool:
			change(at, v, reflect.ValueOf(!v.Bool()).Convert(v.Type()))
		case reflect.Float64:
			change(at, v, reflect.ValueOf(v.Float()+1).Convert(v.Type()))
		case reflect.Int, reflect.Int32, reflect.Int64:
			change(at, v, reflect.ValueOf(v.Int()+1).Convert(v.Type()))
		case reflect.Uint64:
			change(at, v, reflect.ValueOf(v.Uint()-1).Convert(v.Type()))
		}
	}
	visit("", reflect.ValueOf(s).Elem())
	if n < 300 {
		t.Errorf("only %d values tried", n)
	}
}

// A hash that was published must be found again by later versions. If this
// fails, the form has changed: either undo that, or raise Schema.
func TestHashIsPinned(t *testing.T) {
	st := stateOf(t, plain)
	for section, want := range map[string]string{
		"group": "{\"Aliases\":[\"A\",\"B\",],\"Name\":{\"En\":\"G\",},}",
		"data":  `[{"File":"d.csv","Format":"counts","Name":"D",},]`,
	} {
		sum := sha256.Sum256([]byte(want))
		if st.Sections[section] != hex.EncodeToString(sum[:]) {
			t.Errorf("section %s has another form than %s", section, want)
		}
	}
}

var version = Options{Version: "1", Date: athar.Date(2021, 1, 2)}

func freeze(t *testing.T, file string, o Options) *Done {
	t.Helper()
	d, err := Freeze(file, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// see is a run that shows results.
func see(t *testing.T, file string) *athar.Freeze {
	t.Helper()
	f, w, err := seeing(t, file)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	return f
}

func seeing(t *testing.T, file string) (*athar.Freeze, *Write, error) {
	t.Helper()
	sum, err := hashFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return Seeing(file, "1", athar.Date(2021, 2, 3), athar.Manifest{Inputs: []athar.ManifestRef{{File: filepath.Base(file), SHA256: sum}}})
}

func expect(t *testing.T, what string, f *athar.Freeze, state athar.Registration, codes ...string) {
	t.Helper()
	var got []string
	for _, n := range f.Says {
		got = append(got, n.Code)
	}
	if f.State != state || !slices.Equal(got, codes) {
		t.Errorf("%s: %s %v, want %s %v", what, f.State, got, state, codes)
	}
}

func TestStates(t *testing.T) {
	again := version
	again.Again = true
	other := swap(t, plain, "start: 2020-06\n", "start: 2020-05\n")
	third := swap(t, plain, "seed: 7", "seed: 8")
	words := swap(t, plain, "A note", "Another note")

	file := home(t, plain)
	expect(t, "without a record", see(t, file), athar.NotRegistered, "freeze-none")
	if entries, _ := os.ReadDir(filepath.Dir(file)); len(entries) != 2 {
		t.Errorf("a run without a record left %v", entries)
	}

	freeze(t, file, version)
	expect(t, "first run", see(t, file), athar.FrozenBefore, "freeze-before")
	expect(t, "second run", see(t, file), athar.FrozenBefore, "freeze-before")
	put(t, file, words)
	expect(t, "wording", see(t, file), athar.FrozenBefore, "freeze-before", "freeze-texts")
	put(t, file, other)
	f := see(t, file)
	expect(t, "changed after", f, athar.ChangedAfter, "freeze-changed-after")
	if !slices.Equal(f.Changed, []string{"campaigns"}) || f.Says[0].Args["keys"] != "campaigns" {
		t.Errorf("changed sections %v", f.Changed)
	}
	freeze(t, file, again)
	expect(t, "frozen anew", see(t, file), athar.FrozenAfter, "freeze-anew", "freeze-times")
	put(t, file, third)
	expect(t, "changed again", see(t, file), athar.ChangedAfter, "freeze-changed-after", "freeze-times")
	put(t, file, plain)
	expect(t, "back to what was frozen first", see(t, file), athar.FrozenBefore, "freeze-before", "freeze-times")
	put(t, filepath.Join(filepath.Dir(file), "d.csv"), "period,count\n")
	expect(t, "other data", see(t, file), athar.FrozenBefore, "freeze-before", "freeze-data", "freeze-times")

	file = home(t, plain)
	freeze(t, file, version)
	put(t, file, other)
	expect(t, "changed before", see(t, file), athar.ChangedBefore, "freeze-changed-before")
	expect(t, "changed before, second run", see(t, file), athar.ChangedBefore, "freeze-changed-before")
	put(t, file, third)
	expect(t, "and changed after", see(t, file), athar.ChangedAfter, "freeze-changed-after")

	file = home(t, plain)
	freeze(t, file, version)
	put(t, file, other)
	freeze(t, file, again)
	expect(t, "frozen twice before results", see(t, file), athar.FrozenBefore, "freeze-before", "freeze-times")

	file = home(t, plain)
	seen := version
	seen.Seen = true
	freeze(t, file, seen)
	expect(t, "results seen before", see(t, file), athar.FrozenAfter, "freeze-after")
	put(t, file, other)
	expect(t, "results seen before, and changed", see(t, file), athar.ChangedAfter, "freeze-after-changed")

	file = home(t, plain)
	if err := os.Remove(filepath.Join(filepath.Dir(file), "d.csv")); err != nil {
		t.Fatal(err)
	}
	if d := freeze(t, file, version); d.State.Data[0].SHA256 != "" {
		t.Error("a file that is not there has a hash")
	}
	put(t, filepath.Join(filepath.Dir(file), "d.csv"), "period,count\n")
	expect(t, "data that came later", see(t, file), athar.FrozenBefore, "freeze-before", "freeze-data")
}

func TestFreezeRefuses(t *testing.T) {
	file := home(t, plain)
	first := freeze(t, file, version)
	before, _ := os.ReadFile(first.Path)
	if d := freeze(t, file, version); !d.Already {
		t.Error("the same study was frozen twice")
	}
	put(t, file, swap(t, plain, "seed: 7", "seed: 8"))
	if _, err := Freeze(file, version); err == nil || !strings.Contains(err.Error(), "changed: choices") {
		t.Errorf("another study: %v", err)
	}
	if _, err := Freeze(file, Options{Seen: true}); err == nil {
		t.Error("results seen before, said at a second freeze")
	}
	if after, _ := os.ReadFile(first.Path); !bytes.Equal(before, after) {
		t.Error("a refusal changed the record")
	}
	o := version
	o.Again = true
	freeze(t, file, o)
	r, err := Read(file)
	if err != nil || len(r.History) != 2 || r.History[0].Hash != first.State.Hash {
		t.Errorf("the first freeze is gone: %v", err)
	}
}

func TestDamagedRecord(t *testing.T) {
	file := home(t, plain)
	freeze(t, file, version)
	b, err := os.ReadFile(Path(file))
	if err != nil {
		t.Fatal(err)
	}
	_, st, _ := Of(file)
	for what, text := range map[string]string{
		"cut short":  string(b[:len(b)/2]),
		"empty":      "{}",
		"other hash": strings.Replace(string(b), st.Sections["choices"], strings.Repeat("0", 64), 1),
		"other act":  strings.Replace(string(b), `"what": "freeze"`, `"what": "nap"`, 1),
	} {
		if text == string(b) {
			t.Fatalf("%s: nothing was damaged", what)
		}
		put(t, Path(file), text)
		if _, err := Status(file); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
}

// A run in a folder that cannot be written to goes on and says so.
func TestReadOnlyFolder(t *testing.T) {
	file := home(t, plain)
	freeze(t, file, version)
	r, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	// The folder is gone from under the record: as good as read-only, also for
	// a superuser.
	moved := filepath.Join(t.TempDir(), "gone", "study.freeze.json")
	r.path = moved
	if _, err := r.prepare(); err == nil {
		t.Fatal("wrote into a folder that is not there")
	}
	if os.Getuid() == 0 {
		t.Skip("a superuser may write anywhere")
	}
	dir := filepath.Dir(file)
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o755)
	f, w, err := seeing(t, file)
	if err != nil || w != nil {
		t.Fatalf("%v %v", w, err)
	}
	expect(t, "read-only", f, athar.FrozenBefore, "freeze-before", "freeze-not-recorded")
}

// What was not committed leaves nothing, and the study must be the one that ran.
func TestSeeingIsWholeOrNotAtAll(t *testing.T) {
	file := home(t, plain)
	freeze(t, file, version)
	before, _ := os.ReadFile(Path(file))
	_, w, err := seeing(t, file)
	if err != nil {
		t.Fatal(err)
	}
	w.Discard()
	if after, _ := os.ReadFile(Path(file)); !bytes.Equal(before, after) {
		t.Error("a discarded entry is on record")
	}
	if entries, _ := os.ReadDir(filepath.Dir(file)); len(entries) != 3 {
		t.Errorf("left %v", entries)
	}
	if _, _, err := Seeing(file, "1", 0, athar.Manifest{Inputs: []athar.ManifestRef{{File: "study.yaml", SHA256: "0"}}}); err == nil {
		t.Error("a study that was changed during the run is accepted")
	}
}

// The report does not depend on whether results are on record already.
func TestStatusSameBytes(t *testing.T) {
	file := home(t, plain)
	freeze(t, file, version)
	a, _ := json.Marshal(see(t, file))
	b, _ := json.Marshal(see(t, file))
	if !bytes.Equal(a, b) {
		t.Errorf("%s\n%s", a, b)
	}
}
