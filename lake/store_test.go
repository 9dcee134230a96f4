package lake

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	pq "github.com/parquet-go/parquet-go"

	"athar"
	"athar/source"
)

// A test binary that is started with these imports a file and reports every
// batch on a line of its own.
const (
	childLake = "ATHAR_TEST_LAKE"
	childFile = "ATHAR_TEST_FILE"
)

func TestMain(m *testing.M) {
	dir := os.Getenv(childLake)
	if dir == "" {
		os.Exit(m.Run())
	}
	l, err := Open(dir)
	if err == nil {
		s := spec("2", os.Getenv(childFile))
		s.Progress = func(rows int) { fmt.Println(rows) }
		_, err = l.Import(context.Background(), s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// rows makes n rows of the test table.
func rows(n int, seed uint64) []string {
	r := rand.New(rand.NewPCG(seed, 0))
	out := make([]string, n)
	for i := range out {
		first := athar.Date(2018, 1, 1) + athar.Day(r.IntN(1000))
		out[i] = fmt.Sprintf("e%d,%s,%s,%d.25,%d.75,,%s,%s,Group %d,Forces %d,%d,%d,%d,%d\n", i, first, first+athar.Day(r.IntN(4)), 30+r.IntN(6), 38+r.IntN(8),
			[]string{"Iraq", "Syria"}[r.IntN(2)], []string{"attack", "clash"}[r.IntN(2)], r.IntN(5), r.IntN(5), r.IntN(2), 2+r.IntN(30), 40, 1+r.IntN(5))
	}
	return out
}

func tableOf(rows []string) string { return tableHeader + strings.Join(rows, "") }

// tree lists every file below a folder with its content.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func points(t testing.TB, l *Lake, f Filter) []athar.Event {
	t.Helper()
	e, err := l.Points(context.Background(), PointQuery{Filter: f})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestImportTwice(t *testing.T) {
	dir := t.TempDir()
	l := open(t, filepath.Join(dir, "lake"))
	list := rows(5000, 1)
	file := write(t, dir, "a.csv", tableOf(list))
	v := load(t, l, spec("1", file))
	if v.Unchanged || len(v.Files) != 1 || v.Files[0].Events != 5000 || !v.Current {
		t.Fatalf("%+v", v)
	}
	before := tree(t, l.dir)
	if v = load(t, l, spec("1", file)); !v.Unchanged {
		t.Error("the same file is imported twice")
	}
	if after := tree(t, l.dir); !reflect.DeepEqual(before, after) {
		t.Error("importing a file twice changes the lake")
	}
	other := spec("1", file)
	other.Source.Classes = []string{"attack"}
	if _, err := l.Import(context.Background(), other); err == nil || !strings.Contains(err.Error(), "other options") {
		t.Errorf("the same file with other options: %v", err)
	}
	// A second file of the same version overlaps with the first.
	b := write(t, dir, "b.csv", tableOf(append(slices.Clone(list[:100]), strings.Replace(list[0], "e0,", "new,", 1))))
	v = load(t, l, spec("1", b))
	i := slices.IndexFunc(v.Files, func(f File) bool { return f.Source == "b.csv" })
	if f := v.Files[i]; f.Events != 1 || f.Kept != 1 || f.Rows != 101 || !slices.Contains(f.Rejected, athar.ReasonCount{Reason: "in-another-file", N: 100}) {
		t.Errorf("overlapping file: %+v", f)
	}
	// A newer version stands beside the old one and is the one that answers.
	load(t, l, spec("10", write(t, dir, "c.csv", tableOf(list[:7]))))
	load(t, l, spec("9", write(t, dir, "d.csv", tableOf(list[:8]))))
	if n := len(points(t, l, Filter{})); n != 7 {
		t.Errorf("%d events are current, not 7", n)
	}
	if n := len(points(t, l, Filter{Versions: []Version{{"made", "1"}}})); n != 5001 {
		t.Errorf("%d events in the first version", n)
	}
	if _, err := l.Points(context.Background(), PointQuery{Filter: Filter{Versions: []Version{{"made", "7"}}}}); err == nil || !strings.Contains(err.Error(), "made 10") {
		t.Errorf("unknown version: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(l.dir, partPrefix+"*")); len(left) > 2 { // the folder and the lock of the queries
		t.Errorf("left behind: %v", left)
	}
}

// The lake keeps the events of a reader, whatever the order of rows.
func TestRowOrder(t *testing.T) {
	dir := t.TempDir()
	list := rows(3000, 2)
	list = append(list, list[3], list[4])
	want, err := source.Read(context.Background(), spec("1", write(t, dir, "a.csv", tableOf(list))).Source)
	if err != nil {
		t.Fatal(err)
	}
	bare := func(events []athar.Event) []athar.Event {
		out := slices.Clone(events)
		for i := range out {
			out[i].Line, out[i].Dataset = 0, ""
		}
		return out
	}
	for seed := range uint64(2) {
		r := rand.New(rand.NewPCG(seed, 3))
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		l := open(t, filepath.Join(dir, fmt.Sprint("lake", seed)))
		v := load(t, l, spec("1", write(t, dir, fmt.Sprint(seed, ".csv"), tableOf(list))))
		if f := v.Files[0]; f.Rows != 3002 || f.Kept != 3000 || f.Events != 3000 || !slices.Contains(f.Rejected, athar.ReasonCount{Reason: "duplicate-id", N: 2, Fault: true}) {
			t.Errorf("%+v", f)
		}
		got := bare(points(t, l, Filter{}))
		for i, w := range bare(want.Events) {
			if got[i] != w {
				t.Fatalf("event %d is %+v, not %+v", i, got[i], w)
			}
		}
		rejects, err := os.ReadFile(filepath.Join(filepath.Dir(l.all(t)[0].events()), rejectsFile))
		if err != nil {
			t.Fatal(err)
		}
		if lines, err := csv.NewReader(bytes.NewReader(rejects)).ReadAll(); err != nil || len(lines) != 3 {
			t.Errorf("rejects.csv: %v %v", lines, err)
		}
	}
}

func (l *Lake) all(t testing.TB) []stored {
	t.Helper()
	files, err := l.files()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Another reader finds the promised columns, sorted by day and id, in bounded
// row groups.
func TestOpenFile(t *testing.T) {
	dir := t.TempDir()
	l := open(t, filepath.Join(dir, "lake"))
	load(t, l, spec("1", write(t, dir, "a.csv", tableOf(rows(150_000, 3)))))
	name := l.all(t)[0].events()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st, _ := f.Stat()
	p, err := pq.OpenFile(f, st.Size())
	if err != nil {
		t.Fatal(err)
	}
	var columns []string
	for _, c := range p.Schema().Fields() {
		columns = append(columns, c.Name())
	}
	want := strings.Fields("dataset id first last lon lat has_point place_precision country area_code side_a side_b side_a_id side_b_id class kind deaths_low deaths_best deaths_high line")
	if !slices.Equal(columns, want) {
		t.Errorf("columns %v", columns)
	}
	for _, g := range p.RowGroups() {
		if g.NumRows() > rowGroup {
			t.Errorf("a row group of %d rows", g.NumRows())
		}
	}
	type row struct {
		ID    string `parquet:"id"`
		First int32  `parquet:"first,date"`
	}
	got, err := pq.ReadFile[row](name)
	if err != nil || len(got) != 150_000 {
		t.Fatalf("%d rows, %v", len(got), err)
	}
	for i := 1; i < len(got); i++ {
		if a, b := got[i-1], got[i]; a.First > b.First || a.First == b.First && a.ID > b.ID {
			t.Fatalf("row %d (%v) stands before %v", i, a, b)
		}
	}
}

// child starts an import in a process of its own.
func child(t testing.TB, dir, file string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childLake+"="+dir, childFile+"="+file)
	return cmd
}

// An import that is killed at any point leaves the lake as it was.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	home := filepath.Join(dir, "lake")
	l := open(t, home)
	load(t, l, spec("1", write(t, dir, "a.csv", tableOf(rows(100, 4)))))
	l.Close()
	before := tree(t, home)
	file := write(t, dir, "b.csv", tableOf(rows(40_000, 5)))
	parts := func() []string {
		found, _ := filepath.Glob(filepath.Join(home, partPrefix+"*"))
		return slices.DeleteFunc(found, func(s string) bool { return strings.HasSuffix(s, lockSuffix) })
	}
	writing := func() bool {
		found, _ := filepath.Glob(filepath.Join(home, partPrefix+"*", eventsFile))
		return len(found) > 0
	}
	for name, at := range map[string]func(out *bufio.Scanner){
		"at once":     func(*bufio.Scanner) {},
		"first batch": func(out *bufio.Scanner) { out.Scan() },
		"last batches": func(out *bufio.Scanner) {
			for out.Scan() && out.Text() != "36864" {
			}
		},
		"writing events": func(*bufio.Scanner) {
			for !writing() {
				runtime.Gosched()
			}
		},
	} {
		cmd := child(t, home, file)
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		at(bufio.NewScanner(pipe))
		swept := false
		if name != "at once" {
			// Whoever opens the lake meanwhile does not disturb the import.
			open(t, home).Close()
			swept = len(parts()) == 0
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if cmd.Wait() == nil { // it was faster than the kill: then it is there, and whole
			l := open(t, home)
			if n := len(points(t, l, Filter{})); n != 40_000 {
				t.Errorf("%s: a finished import of %d events", name, n)
			}
			if err := os.RemoveAll(filepath.Dir(l.all(t)[1].events())); err != nil {
				t.Fatal(err)
			}
			l.Close()
			continue
		}
		if swept {
			t.Errorf("%s: the folder of a running import was swept away", name)
		}
		l := open(t, home)
		if after := tree(t, home); !reflect.DeepEqual(before, after) {
			t.Errorf("%s: the lake is not as it was: %v", name, keys(after))
		}
		if n := len(points(t, l, Filter{})); n != 100 {
			t.Errorf("%s: %d events", name, n)
		}
		l.Close()
	}
	// The same import, left alone, goes through.
	if out, err := child(t, home, file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if n := len(points(t, open(t, home), Filter{})); n != 40_000 {
		t.Errorf("%d events", n)
	}
}

func keys(m map[string]string) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	return out
}

// A reader that ends early, for whatever reason, leaves the lake as it was.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	l := open(t, filepath.Join(dir, "lake"))
	s := spec("1", write(t, dir, "a.csv", tableOf(rows(20_000, 6))))
	ctx, cancel := context.WithCancel(context.Background())
	s.Progress = func(n int) {
		if n == batch {
			if _, err := l.Import(context.Background(), spec("9", s.Source.File)); err == nil || !strings.Contains(err.Error(), "another import") {
				t.Errorf("two imports at a time: %v", err)
			}
		}
		if n > 4000 {
			cancel()
		}
	}
	if _, err := l.Import(ctx, s); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	bad := spec("1", write(t, dir, "bad.csv", tableHeader+"e1,not a day,,,,,,,,,,,,\n"))
	if _, err := l.Import(context.Background(), bad); err == nil {
		t.Error("a damaged file is imported")
	}
	if left := tree(t, l.dir); len(left) != 1 { // the lock of imports

		t.Errorf("left behind: %v", keys(left))
	}
}

func TestNatural(t *testing.T) {
	order := []string{"19.1", "21.1", "24.0.9", "24.0.10", "25", "2024-01-05", "2024-01-12", "v2"}
	for i := range order {
		for j := range order {
			if got := natural(order[i], order[j]); (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("natural(%s, %s) = %d", order[i], order[j], got)
			}
		}
	}
}
