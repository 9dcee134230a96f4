package lake

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

const (
	schema       = "athar-lake/1"
	manifestFile = "manifest.json"
	eventsFile   = "events.parquet"
	rejectsFile  = "rejects.csv"
	partPrefix   = ".part-" // folders of imports and queries under way
	lockSuffix   = ".lock"
	importLock   = ".import" // held by the import that is under way; stays
)

// Lake is an open lake. It may be used by several goroutines.
type Lake struct {
	dir string

	mu   sync.Mutex
	db   *sql.DB
	work *part // holds what queries spill
	// points are the distinct points of one part of the lake, by its SQL.
	points map[string][]point
}

// Open opens the lake in a folder, which need not exist yet. What imports that
// were killed left behind is removed, unless somebody still works in it.
func Open(dir string) (*Lake, error) {
	l := &Lake{dir: filepath.Clean(dir)}
	entries, err := os.ReadDir(l.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lake %s: %w", dir, err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), partPrefix) {
			sweep(filepath.Join(l.dir, strings.TrimSuffix(e.Name(), lockSuffix)))
		}
	}
	return l, nil
}

// sweep removes a folder of work that nobody holds. A folder that cannot be
// removed, say on a disk mounted read-only, is in nobody's way.
func sweep(dir string) {
	if f, _, err := lock(dir + lockSuffix); err == nil {
		os.RemoveAll(dir)
		release(f)
	}
}

// release removes a lock file; before the lock is given back where the system
// allows it, so that nobody takes the lock of a file that is no more.
func release(f *os.File) {
	err := os.Remove(f.Name())
	f.Close()
	if err != nil {
		os.Remove(f.Name())
	}
}

// Close ends the work with the lake.
func (l *Lake) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	if l.db != nil {
		err = l.db.Close()
		l.work.discard()
		l.db = nil
	}
	return err
}

// conn returns a connection of its own for one query.
func (l *Lake) conn(ctx context.Context) (*sql.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.db == nil {
		work, err := l.scratch()
		if err != nil {
			return nil, err
		}
		db, err := openDuck(work.dir, queryMemory)
		if err != nil {
			work.discard()
			return nil, err
		}
		l.db, l.work = db, work
	}
	return l.db.Conn(ctx)
}

// part is a folder of work under way. The lock that says so lies beside it,
// so that the folder can be renamed while it is held.
type part struct {
	dir  string
	lock *os.File
}

func (l *Lake) newPart() (*part, error) {
	if err := os.MkdirAll(l.dir, 0o755); err != nil {
		return nil, fmt.Errorf("lake %s cannot be made: %w", l.dir, err)
	}
	return newPart(l.dir)
}

// scratch is a folder for what queries spill. A lake on a disk that cannot be
// written still answers.
func (l *Lake) scratch() (*part, error) {
	p, err := l.newPart()
	if err != nil {
		p, err = newPart(os.TempDir())
	}
	return p, err
}

func newPart(parent string) (*part, error) {
	// Between the making of a lock file and its lock another program may sweep
	// it away; then the next one is tried.
	for {
		f, err := os.CreateTemp(parent, partPrefix+"*"+lockSuffix)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be written: %w", parent, err)
		}
		f.Close()
		f, held, err := lock(f.Name())
		if held {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s cannot be locked: %w", parent, err)
		}
		mine, err1 := f.Stat()
		there, err2 := os.Stat(f.Name())
		if err1 != nil || err2 != nil || !os.SameFile(mine, there) {
			f.Close()
			continue
		}
		p := &part{strings.TrimSuffix(f.Name(), lockSuffix), f}
		if err := os.Mkdir(p.dir, 0o755); err != nil {
			release(f)
			return nil, fmt.Errorf("%s cannot be written: %w", parent, err)
		}
		return p, nil
	}
}

func (p *part) path(name string) string { return filepath.Join(p.dir, name) }

// discard removes what is left of the folder and gives the lock back.
func (p *part) discard() {
	os.RemoveAll(p.dir)
	release(p.lock)
}

// stored is a file of the lake with the place where it lies.
type stored struct {
	File
	dir string
}

func (s stored) events() string { return filepath.Join(s.dir, eventsFile) }

// files reads the manifests, sorted by dataset, version, first day and hash.
func (l *Lake) files() ([]stored, error) {
	names, err := filepath.Glob(filepath.Join(escape(l.dir), "*", "*", manifestFile))
	if err != nil {
		return nil, err
	}
	var out []stored
	for _, name := range names {
		if strings.HasPrefix(filepath.Base(filepath.Dir(filepath.Dir(name))), ".") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("lake %s: %w", l.dir, err)
		}
		s := stored{dir: filepath.Dir(name)}
		if err := json.Unmarshal(b, &s.File); err != nil {
			return nil, fmt.Errorf("%s is damaged (%w); remove its folder and import the file again", name, err)
		}
		if s.Schema != schema {
			return nil, fmt.Errorf("%s was written as %q; this version of Athar reads %s", name, s.Schema, schema)
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b stored) int {
		return cmp.Or(cmp.Compare(a.Dataset, b.Dataset), natural(a.File.Version, b.File.Version), cmp.Compare(a.File.Version, b.File.Version),
			cmp.Compare(a.First, b.First), cmp.Compare(a.SHA256, b.SHA256))
	})
	return out, nil
}

// escape keeps letters of a folder's name from being taken for a pattern.
func escape(dir string) string {
	if filepath.Separator == '\\' {
		return dir // Windows knows no escape; its names hold no * and ?
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// Vintages lists what the lake holds, by dataset and version.
func (l *Lake) Vintages() ([]Vintage, error) {
	files, err := l.files()
	if err != nil {
		return nil, err
	}
	var out []Vintage
	for _, f := range files {
		v := Version{f.Dataset, f.File.Version}
		if n := len(out); n > 0 && out[n-1].Version == v {
			out[n-1].Files = append(out[n-1].Files, f.File)
			continue
		}
		if n := len(out); n > 0 && out[n-1].Dataset != v.Dataset {
			out[n-1].Current = true
		}
		out = append(out, Vintage{Version: v, Files: []File{f.File}})
	}
	if n := len(out); n > 0 {
		out[n-1].Current = true
	}
	return out, nil
}

// pick returns the files of the versions that are asked for.
func (l *Lake) pick(versions []Version) ([]stored, error) {
	all, err := l.files()
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("the lake %s holds nothing yet; import a file first: athar import --lake %s FILE", l.dir, l.dir)
	}
	newest := map[string]string{}
	for _, f := range all {
		newest[f.Dataset] = f.File.Version
	}
	if len(versions) == 0 {
		return slices.DeleteFunc(all, func(f stored) bool { return newest[f.Dataset] != f.File.Version }), nil
	}
	wanted := map[Version]bool{}
	for _, v := range versions {
		if v.Version == "" {
			v.Version = newest[v.Dataset]
		}
		if !slices.ContainsFunc(all, func(f stored) bool { return f.Dataset == v.Dataset && f.File.Version == v.Version }) {
			return nil, fmt.Errorf("the lake %s has no %s; it holds %s", l.dir, v, holdings(all))
		}
		wanted[v] = true
	}
	return slices.DeleteFunc(all, func(f stored) bool { return !wanted[Version{f.Dataset, f.File.Version}] }), nil
}

// String is the version as people write it: ucdp 21.1.
func (v Version) String() string { return strings.TrimSpace(v.Dataset + " " + v.Version) }

func holdings(all []stored) string {
	var parts []string
	for _, f := range all {
		if s := (Version{f.Dataset, f.File.Version}).String(); !slices.Contains(parts, s) {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

// paths returns the Parquet files that hold at least one event.
func paths(files []stored) []string {
	var out []string
	for _, f := range files {
		out = append(out, f.events())
	}
	return out
}
