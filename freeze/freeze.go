// Package freeze registers a study before its results are seen: it hashes what
// the study says and the data that it names, keeps the hashes in a record
// beside the study file, and says later whether both are as they were.
//
// The package thinks that the order of two acts is all that a registration can
// show: the study was fixed, and results were seen. So a record is a list of
// those acts, in their order, and nothing is ever taken out of it. What it says
// it says of itself alone: a record that was never shown to anybody can be made
// anew, so its short hash is there to be published (docs/freeze.md).
//
// Nothing is recorded unless a record exists: assessing leaves no file in a
// folder where nobody asked for a registration.
package freeze

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"athar"
	"athar/study"
)

// Schema names the layout of a record and of the canonical form that it hashes.
const Schema = "athar-freeze/1"

// Record is the file beside a study.
type Record struct {
	Schema  string `json:"schema"`
	Study   string `json:"study"`
	History []Act  `json:"history"` // in the order in which it happened

	path string
}

// The acts.
const (
	Froze = "freeze"
	Saw   = "results" // results of the study as it was then were first seen
)

// Act is something that was done with the study as it was then.
type Act struct {
	What    string    `json:"what"`
	Date    athar.Day `json:"date"`
	Version string    `json:"version"` // of the program
	State
}

// State is a study at one time.
type State struct {
	// Hash is the SHA-256, in hexadecimal, over the sections and the data.
	Hash string `json:"hash"`
	// Sections holds the SHA-256 of each section of the study that is not empty.
	// Texts, which is no section of the file, holds all wording that cannot
	// change a result: titles, notes, sources, caveats, licences, limits.
	Sections map[string]string `json:"sections"`
	Data     []File            `json:"data"`
}

// File is a file of data with its SHA-256; "" for one that was not there.
type File struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
}

// Texts is the name of the section of wording.
const Texts = "texts"

// short is how many digits of a hash are shown: 128 bits, so that nobody makes
// two studies with the same ones by trying.
const short = 32

// Of is the study in the given file, as it is now, with its data. Its errors are
// those of [study.Parse], and of data files that cannot be read; one that does
// not exist is no error, because a study may be frozen before its data are
// published.
func Of(file string) (*study.Study, State, error) {
	s, err := study.Parse(file)
	if err != nil {
		return nil, State{}, err
	}
	st := State{Sections: sections(s)}
	if st.Data, err = data(s); err != nil {
		return nil, State{}, err
	}
	st.Hash = st.sum()
	return s, st, nil
}

// sum is the hash over sections and data, in the order of their names.
func (s State) sum() string {
	h := sha256.New()
	fmt.Fprintln(h, Schema)
	for _, name := range slices.Sorted(maps.Keys(s.Sections)) {
		fmt.Fprintf(h, "%q %s\n", name, s.Sections[name])
	}
	for _, f := range s.Data {
		fmt.Fprintf(h, "%q %q\n", f.File, f.SHA256)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Short is the part of the hash that is shown.
func (s State) Short() string { return s.Hash[:min(short, len(s.Hash))] }

// Path is where the record of a study file lies: study.freeze.json beside
// study.yaml.
func Path(file string) string {
	return strings.TrimSuffix(file, filepath.Ext(file)) + ".freeze.json"
}

// Read reads the record of a study file; nil if there is none. A record that is
// damaged, or whose hashes do not belong together, is an error.
func Read(file string) (*Record, error) {
	path := Path(file)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r := &Record{path: path}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(r); err != nil {
		return nil, fmt.Errorf("%s is not a record of athar freeze: %w; restore it, or remove it to register anew", path, err)
	}
	if r.Schema != Schema || len(r.History) == 0 {
		return nil, fmt.Errorf("%s is not a record of this version (%s); restore it, or remove it to register anew", path, Schema)
	}
	for i, a := range r.History {
		if a.What != Froze && a.What != Saw || a.Hash != a.sum() {
			return nil, fmt.Errorf("%s: entry %d was changed after it was written; restore the file, or remove it to register anew", path, i+1)
		}
	}
	return r, nil
}

// Write is a record that is ready to take its place, so that whether it can be
// written is known before anything depends on it.
type Write struct{ temp, path string }

// prepare writes the record beside its place.
func (r *Record) prepare() (*Write, error) {
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(r.path), ".athar-freeze-*")
	if err != nil {
		return nil, fmt.Errorf("%s cannot be written: %w", r.path, err)
	}
	_, err = f.Write(append(b, '\n'))
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		os.Remove(f.Name())
		return nil, fmt.Errorf("%s cannot be written: %w", r.path, err)
	}
	return &Write{f.Name(), r.path}, nil
}

// Commit puts the record in its place. A nil Write has nothing to do.
func (w *Write) Commit() error {
	if w == nil {
		return nil
	}
	return os.Rename(w.temp, w.path)
}

// Discard takes back what was not committed.
func (w *Write) Discard() {
	if w != nil {
		os.Remove(w.temp)
	}
}

// Options of a freeze.
type Options struct {
	Version string
	Date    athar.Day
	Again   bool // add a freeze of a study that differs from the last one
	Seen    bool // results were seen already, before this first freeze
}

// Done is what a freeze came to.
type Done struct {
	Path    string
	State   State
	Already bool // the last freeze was the same; nothing was written
}

// Freeze registers the study in the given file. It refuses a study that differs
// from the one frozen last unless told to add it to the history, where the
// earlier freezes stay.
func Freeze(file string, o Options) (*Done, error) {
	s, now, err := Of(file)
	if err != nil {
		return nil, err
	}
	r, err := Read(file)
	if err != nil {
		return nil, err
	}
	d := &Done{Path: Path(file), State: now}
	act := func(what string) Act { return Act{what, o.Date, o.Version, now} }
	switch {
	case r == nil:
		r = &Record{Schema: Schema, Study: s.ID, path: d.Path}
		if o.Seen {
			r.History = append(r.History, act(Saw))
		}
	case o.Seen:
		return nil, fmt.Errorf("%s exists: that results were seen before can be said at the first freeze only; from then on athar assess records it", d.Path)
	default:
		last := r.freezes()[len(r.freezes())-1]
		if last.Hash == now.Hash {
			d.Already = true
			return d, nil
		}
		if !o.Again {
			changed, files := diff(last.State, now)
			return nil, fmt.Errorf("%s holds the freeze of another state of this study (changed: %s); to add this one and keep the other: athar freeze --again %s",
				d.Path, strings.Join(append(changed, files...), ", "), file)
		}
	}
	r.History = append(r.History, act(Froze))
	w, err := r.prepare()
	if err != nil {
		return nil, err
	}
	defer w.Discard()
	return d, w.Commit()
}

func (r *Record) freezes() (out []Act) {
	for _, a := range r.History {
		if a.What == Froze {
			out = append(out, a)
		}
	}
	return out
}

// Status says how the study in the given file stands to its record.
func Status(file string) (*athar.Freeze, error) {
	f, _, err := look(file)
	return f, err
}

// Seeing says the same for a run that is about to show results, and prepares
// the entry that results were seen, if that is not on record yet. The entry
// counts once it is committed. Where the record cannot be written, the answer
// says so and there is nothing to commit: a run never fails for it. A study file
// that is no longer the one that the run read, by the hash that its manifest
// has, is an error.
func Seeing(file, version string, today athar.Day, ran athar.Manifest) (*athar.Freeze, *Write, error) {
	f, v, err := look(file)
	if err != nil || v.record == nil {
		return f, nil, err
	}
	now, err := hashFile(file)
	if err != nil {
		return nil, nil, err
	}
	if !slices.ContainsFunc(ran.Inputs, func(x athar.ManifestRef) bool { return x.File == filepath.Base(file) && x.SHA256 == now }) {
		return nil, nil, fmt.Errorf("%s was changed while it was assessed; assess it again", file)
	}
	if v.seen >= 0 {
		return f, nil, nil
	}
	v.record.History = append(v.record.History, Act{Saw, today, version, v.now})
	w, err := v.record.prepare()
	if err != nil {
		f.Says = append(f.Says, athar.NewNote("freeze-not-recorded"))
		return f, nil, nil
	}
	return f, w, nil
}

type view struct {
	record *Record
	now    State
	seen   int // index of the first entry that results were seen; -1 if there is none
}

func look(file string) (*athar.Freeze, view, error) {
	v := view{seen: -1}
	var err error
	if v.record, err = Read(file); err != nil {
		return nil, v, err
	}
	if v.record == nil {
		// The data are not hashed: without a record there is nothing to compare.
		return &athar.Freeze{State: athar.NotRegistered, Says: []athar.Note{athar.NewNote("freeze-none")}}, v, nil
	}
	if _, v.now, err = Of(file); err != nil {
		return nil, v, err
	}
	v.seen = slices.IndexFunc(v.record.History, func(a Act) bool { return a.What == Saw })
	return v.status(), v, nil
}

// status compares the study with the last freeze before results were first
// seen; a later freeze cannot take its place. Only where there is no such freeze
// is the last one compared.
func (v view) status() *athar.Freeze {
	list := v.record.freezes()
	f := &athar.Freeze{Hash: v.now.Short(), Times: len(list)}
	first := -1
	for i, a := range v.record.History {
		if a.What == Froze && (v.seen < 0 || i < v.seen) {
			first = i
		}
	}
	at := list[len(list)-1]
	if first >= 0 {
		at = v.record.History[first]
	}
	f.Frozen = at.Short()
	f.Changed, f.Files = diff(at.State, v.now)
	last := list[len(list)-1]
	real := slices.ContainsFunc(f.Changed, func(s string) bool { return s != Texts })
	keys := strings.Join(slices.DeleteFunc(slices.Clone(f.Changed), func(s string) bool { return s == Texts }), ", ")
	say := func(n athar.Note) { f.Says = append(f.Says, n) }
	switch {
	case first < 0 && !real:
		f.State = athar.FrozenAfter
		say(athar.NewNote("freeze-after", "date", at.Date, "hash", f.Frozen))
	case first < 0:
		f.State = athar.ChangedAfter
		say(athar.NewNote("freeze-after-changed", "date", at.Date, "hash", f.Frozen, "keys", keys))
	case !real:
		f.State = athar.FrozenBefore
		say(athar.NewNote("freeze-before", "date", at.Date, "hash", f.Frozen))
	case v.seen < 0 || same(v.record.History[v.seen].State, v.now):
		f.State = athar.ChangedBefore
		say(athar.NewNote("freeze-changed-before", "date", at.Date, "hash", f.Frozen, "keys", keys))
	case same(last.State, v.now):
		f.State = athar.FrozenAfter
		say(athar.NewNote("freeze-anew", "date", at.Date, "again", last.Date, "hash", f.Frozen, "keys", keys))
	default:
		f.State = athar.ChangedAfter
		say(athar.NewNote("freeze-changed-after", "date", at.Date, "hash", f.Frozen, "keys", keys))
	}
	if slices.Contains(f.Changed, Texts) {
		say(athar.NewNote("freeze-texts"))
	}
	if len(f.Files) > 0 {
		say(athar.NewNote("freeze-data", "files", strings.Join(f.Files, ", "), "n", len(f.Files)))
	}
	if len(list) > 1 {
		say(athar.NewNote("freeze-times", "n", len(list)))
	}
	return f
}

// same says whether two states of a study ask the same of the data.
func same(a, b State) bool {
	changed, _ := diff(a, b)
	return !slices.ContainsFunc(changed, func(s string) bool { return s != Texts })
}

// diff lists the sections and the data files that differ, by name.
func diff(a, b State) (changed, files []string) {
	for _, name := range slices.Sorted(maps.Keys(a.Sections)) {
		if b.Sections[name] != a.Sections[name] {
			changed = append(changed, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.Sections)) {
		if _, ok := a.Sections[name]; !ok {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	hash := map[string]string{}
	for _, f := range a.Data {
		hash[f.File] = f.SHA256
	}
	for _, f := range b.Data {
		if h, ok := hash[f.File]; !ok || h != f.SHA256 {
			files = append(files, f.File)
		}
		delete(hash, f.File)
	}
	for name := range hash {
		files = append(files, name)
	}
	slices.Sort(files)
	return changed, files
}

// hashFile is the SHA-256 of a file; "" if it does not exist.
func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
