package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"athar/internal/testdata"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"athar": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			examples, err := filepath.Abs(filepath.Join(testdata.Root(), "examples"))
			e.Setenv("EXAMPLES", examples)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			// edit FILE OLD NEW: replace a text that stands once in a file.
			"edit": func(ts *testscript.TestScript, neg bool, args []string) {
				text := ts.ReadFile(args[0])
				if strings.Count(text, args[1]) != 1 {
					ts.Fatalf("%q does not stand once in %s", args[1], args[0])
				}
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(text, args[1], args[2], 1)), 0o644))
			},
			// unpack ZIP FOLDER: unpack an archive.
			"unpack": func(ts *testscript.TestScript, neg bool, args []string) {
				r, err := zip.OpenReader(ts.MkAbs(args[0]))
				ts.Check(err)
				defer r.Close()
				ts.Check(os.CopyFS(ts.MkAbs(args[1]), r))
			},
			// recode FILE FROM: rewrite a UTF-8 file in another encoding.
			"recode": func(ts *testscript.TestScript, neg bool, args []string) {
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), recode(ts.ReadFile(args[0]), args[1]), 0o644))
			},
		},
	})
}

func recode(s, to string) []byte {
	var b []byte
	switch to {
	case "utf-16le":
		b = append(b, 0xff, 0xfe)
		for _, r := range s {
			b = append(b, byte(r), byte(r>>8))
		}
	case "windows-1252":
		for _, r := range s {
			b = append(b, byte(r))
		}
	case "bom":
		b = append([]byte{0xef, 0xbb, 0xbf}, s...)
	}
	return b
}

// countdown is a context that is cancelled at its n-th question, wherever in
// the run that is.
type countdown struct {
	context.Context
	left atomic.Int64
}

func (c *countdown) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

func TestInterruptedRunLeavesNothing(t *testing.T) {
	study := filepath.Join(testdata.Root(), "examples", "monthly-counts", "study.yaml")
	finished := false
	for n := int64(0); n < 500 && !finished; n++ {
		dir := t.TempDir()
		ctx := &countdown{Context: context.Background()}
		ctx.left.Store(n)
		var out, errs bytes.Buffer
		code := run(ctx, []string{"assess", "--out", filepath.Join(dir, "brief"), study}, &out, &errs)
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		switch code {
		case 0:
			finished = true
		case exitInterrupted:
			if len(entries) != 0 {
				t.Fatalf("interrupted at question %d: left %v", n, entries)
			}
		default:
			t.Fatalf("interrupted at question %d: exit %d: %s", n, code, errs.String())
		}
	}
	if !finished {
		t.Fatal("the run never finished")
	}
}

// folderFiles reads all files of a folder and of those in it, by path.
func folderFiles(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil {
			out[filepath.ToSlash(name)], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// folderHash is a hash over the names and bytes of all files of a folder.
func folderHash(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	files := folderFiles(t, dir)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%s %d\n", name, len(files[name]))
		h.Write(files[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

func assessTo(t *testing.T, study string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "brief")
	var out, errs bytes.Buffer
	if code := run(context.Background(), []string{"assess", "--out", dir, study}, &out, &errs); code != 0 {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	return dir
}

// copyExamples copies the examples and shuffles the rows of every CSV, so that
// only the order of rows differs. The manifest names the hash of each input,
// which the order does change; it and the page that shows it are compared
// after the hashes are taken out.
func copyExamples(t *testing.T, shuffle bool) string {
	t.Helper()
	to := t.TempDir()
	from := filepath.Join(testdata.Root(), "examples")
	err := filepath.Walk(from, func(p string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(from, p)
		if info.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		}
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		if shuffle && strings.HasSuffix(p, ".csv") {
			lines := strings.Split(strings.TrimRight(string(b), "\n"), "\n")
			rows := lines[1:]
			rand.New(rand.NewPCG(1, 2)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
			b = []byte(strings.Join(lines, "\n") + "\n")
		}
		return os.WriteFile(filepath.Join(to, rel), b, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// withoutHashes replaces every SHA-256 in the folder's files, and the first
// digits of it, by zeros.
func withoutHashes(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name, b := range folderFiles(t, dir) {
		out[name] = hashes.ReplaceAllString(string(b), "0")
	}
	return out
}

func TestShuffledRowsGiveTheSameBytes(t *testing.T) {
	a := withoutHashes(t, assessTo(t, filepath.Join(copyExamples(t, false), "isis-2020", "study.yaml")))
	b := withoutHashes(t, assessTo(t, filepath.Join(copyExamples(t, true), "isis-2020", "study.yaml")))
	if len(a) < 7 || len(a) != len(b) {
		t.Fatalf("%d and %d files", len(a), len(b))
	}
	for name := range a {
		if a[name] != b[name] {
			t.Errorf("%s depends on the order of rows", name)
		}
	}
}

func TestWorkersDoNotChangeBytes(t *testing.T) {
	study := filepath.Join(testdata.Root(), "examples", "isis-2020", "study.yaml")
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := folderHash(t, assessTo(t, study))
	runtime.GOMAXPROCS(2)
	if two := folderHash(t, assessTo(t, study)); one != two {
		t.Error("GOMAXPROCS 1 and 2 give different bytes")
	}
}

// A second run replaces the first whole.
func TestRerunReplaces(t *testing.T) {
	study := filepath.Join(testdata.Root(), "examples", "monthly-counts", "study.yaml")
	dir := assessTo(t, study)
	before := folderHash(t, dir)
	var out, errs bytes.Buffer
	if code := run(context.Background(), []string{"assess", "--out", dir, study}, &out, &errs); code != 0 {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	if folderHash(t, dir) != before {
		t.Error("a rerun changed the bytes")
	}
	entries, _ := os.ReadDir(filepath.Dir(dir))
	if len(entries) != 1 {
		t.Errorf("left beside the brief: %v", entries)
	}
}

// The command, killed in the middle of its run, leaves nothing at the target.
func TestKilledRunLeavesNoBrief(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "athar") // the test binary answers to this name as the command
	if err := os.Symlink(exe, link); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	study := filepath.Join(testdata.Root(), "examples", "iraq-2007", "study.yaml")
	cmd := exec.Command(link, "assess", "--out", filepath.Join(dir, "brief"), study)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for started := false; !started; {
		select {
		case err := <-ended:
			t.Fatalf("the run ended before it could be killed: %v", err)
		default:
			entries, _ := os.ReadDir(dir)
			started = len(entries) > 0 // its temporary folder
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-ended
	if _, err := os.Stat(filepath.Join(dir, "brief")); !os.IsNotExist(err) {
		t.Errorf("a killed run left a brief: %v", err)
	}
}
