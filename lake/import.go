package lake

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"athar"
	"athar/source"
)

// published is the SELECT that makes events.parquet of the staged events: its
// columns, in their order. A blank text is ""; coordinates and deaths that
// nobody published are NULL. There is no free text and no person.
const published = `SELECT %s AS dataset, id, first, last, lon, lat, has_point, place_precision,
		w1.word AS country, w2.word AS area_code, w3.word AS side_a, w4.word AS side_b, w5.word AS side_a_id, w6.word AS side_b_id,
		w7.word AS class, w8.word AS kind, deaths_low, deaths_best, deaths_high, line
	FROM staged JOIN words w1 ON w1.code = country JOIN words w2 ON w2.code = area_code JOIN words w3 ON w3.code = side_a JOIN words w4 ON w4.code = side_b
		JOIN words w5 ON w5.code = side_a_id JOIN words w6 ON w6.code = side_b_id JOIN words w7 ON w7.code = class JOIN words w8 ON w8.code = kind`

// staging holds the events of one file before they are sorted. Texts that
// recur are numbers into words: passing a number to the engine costs a tenth
// of passing a text.
const staging = `CREATE TABLE words (code INTEGER, word VARCHAR);
	CREATE TABLE staged (id VARCHAR NOT NULL, first DATE NOT NULL, last DATE NOT NULL, lon DOUBLE, lat DOUBLE, has_point BOOLEAN NOT NULL, place_precision TINYINT NOT NULL,
	country INTEGER NOT NULL, area_code INTEGER NOT NULL, side_a INTEGER NOT NULL, side_b INTEGER NOT NULL, side_a_id INTEGER NOT NULL, side_b_id INTEGER NOT NULL,
	class INTEGER NOT NULL, kind INTEGER NOT NULL, deaths_low INTEGER, deaths_best INTEGER, deaths_high INTEGER, line INTEGER NOT NULL)`

// rowGroup bounds the memory that writing and reading a file take.
const rowGroup = 122_880

var name = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._-]*$`)

// Import reads one file into the lake. If the lake already holds the same
// bytes under the same version, read with the same options, there is nothing
// to do. Until Import returns, and if it fails or is killed, the lake is as it
// was before.
func (l *Lake) Import(ctx context.Context, s ImportSpec) (Vintage, error) {
	for what, v := range map[string]string{"dataset": s.Dataset, "version": s.Version} {
		if !name.MatchString(v) {
			return Vintage{}, fmt.Errorf("the %s %q cannot be the name of a folder: use letters, digits, dot, dash and underscore", what, v)
		}
	}
	st, err := os.Stat(s.Source.File)
	if err == nil && s.Retrieved == 0 {
		s.Retrieved = athar.DayOf(st.ModTime())
	}
	s.Source.Name = s.Dataset
	p, err := l.newPart()
	if err != nil {
		return Vintage{}, err
	}
	defer p.discard()
	// One import at a time: each must see the events of the one before.
	busy, held, err := lock(filepath.Join(l.dir, importLock))
	if held {
		return Vintage{}, fmt.Errorf("another import into the lake %s is under way; wait until it has ended", l.dir)
	}
	if err != nil {
		return Vintage{}, fmt.Errorf("lake %s cannot be locked: %w", l.dir, err)
	}
	defer busy.Close()
	all, err := l.files()
	if err != nil {
		return Vintage{}, err
	}
	options := optionsHash(s)
	siblings := slices.DeleteFunc(all, func(f stored) bool { return f.Dataset != s.Dataset || f.File.Version != s.Version })
	if st != nil {
		if same, err := imported(siblings, s.Source, st.Size(), options); same || err != nil {
			return l.vintage(s, true, err)
		}
	}
	im := importer{spec: s, part: p, siblings: siblings, codes: map[string]driver.Value{}}
	file, err := im.run(ctx)
	if err != nil {
		return Vintage{}, failed(ctx, err)
	}
	file.Options = options
	if err := im.describe(file); err != nil {
		return Vintage{}, failed(ctx, err)
	}
	target := filepath.Join(l.dir, s.Dataset, s.Version+"-"+file.SHA256[:8])
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return Vintage{}, err
	}
	if err := os.Rename(p.dir, target); err != nil {
		// Somebody else may have imported the same file meanwhile.
		if _, e := os.Stat(filepath.Join(target, manifestFile)); e == nil {
			return l.vintage(s, true, nil)
		}
		return Vintage{}, fmt.Errorf("%s cannot be put in place: %w", target, err)
	}
	return l.vintage(s, false, nil)
}

// vintage returns what the lake holds of the version that was imported.
func (l *Lake) vintage(s ImportSpec, unchanged bool, err error) (Vintage, error) {
	if err != nil {
		return Vintage{}, err
	}
	all, err := l.Vintages()
	if err != nil {
		return Vintage{}, err
	}
	i := slices.IndexFunc(all, func(v Vintage) bool { return v.Version == Version{s.Dataset, s.Version} })
	if i < 0 {
		return Vintage{}, fmt.Errorf("%s %s was removed while it was imported", s.Dataset, s.Version)
	}
	all[i].Unchanged = unchanged
	return all[i], nil
}

// imported reports whether a file is in the lake already. Only a file of the
// same size is read for its hash.
func imported(siblings []stored, s source.Spec, size int64, options string) (bool, error) {
	hash := ""
	for _, f := range siblings {
		if f.Bytes != size {
			continue
		}
		if hash == "" {
			var err error
			if hash, err = hashOf(s.File); err != nil {
				return false, err
			}
		}
		switch {
		case f.SHA256 != hash:
		case f.Options != options || s.Format != f.Format && s.Format != "" && s.Format != "auto":
			return false, fmt.Errorf("%s is in the lake as %s %s already, read with other options; give another --version, or remove the folder %s",
				s.Label, f.Dataset, f.File.Version, f.dir)
		default:
			return true, nil
		}
	}
	return false, nil
}

func hashOf(path string) (string, error) {
	f, err := os.Open(path)
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

// optionsHash covers what decides, beside the format, what becomes of a row,
// and not what only accompanies it.
func optionsHash(s ImportSpec) string {
	o := s.Source
	b, err := json.Marshal([]any{o.Columns, o.Sheet, o.Classes, o.Kinds, o.Where, o.Group, o.Organisations, o.Coverage})
	if err != nil {
		panic(err) // strings and days always marshal
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

type importer struct {
	spec     ImportSpec
	part     *part
	siblings []stored
	rejects  []athar.Reject
	words    []string                // texts that recur, by number
	codes    map[string]driver.Value // their numbers
}

// run writes events.parquet and returns its description.
func (im *importer) run(ctx context.Context) (*File, error) {
	db, err := openDuck(im.part.path("spill"), importMemory)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(im.part.path("spill"))
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, staging); err != nil {
		return nil, err
	}
	reading, err := im.stage(ctx, conn)
	if err != nil {
		return nil, err
	}
	if err := im.spell(conn); err != nil {
		return nil, err
	}
	info := reading.Info
	f := &File{Schema: schema, Dataset: im.spec.Dataset, Version: im.spec.Version, Retrieved: im.spec.Retrieved,
		Source: filepath.Base(im.spec.Source.File), SHA256: info.SHA256, Bytes: reading.Bytes, Format: info.Format, Layout: info.Layout,
		Rows: info.Rows, Kept: info.Kept, Rejected: info.Rejected, Licence: info.Licence, Citation: info.Citation,
		Restricted: info.Restricted || im.spec.Restricted, Program: im.spec.Program}
	im.rejects = reading.Rejects
	if err := im.others(ctx, conn, f); err != nil {
		return nil, err
	}
	err = conn.QueryRowContext(ctx, "SELECT count(*), coalesce(min(first) - DATE '1970-01-01', 0), coalesce(max(last) - DATE '1970-01-01', 0) FROM staged").
		Scan(&f.Events, &f.First, &f.Last)
	if err != nil {
		return nil, err
	}
	if f.Events == 0 {
		return nil, fmt.Errorf("%s: none of its %d rows is an event that the lake does not hold already", f.Source, f.Rows)
	}
	_, err = conn.ExecContext(ctx, fmt.Sprintf("COPY ("+published+" ORDER BY first, id, line, deaths_best) TO %s (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE %d)",
		quote(im.spec.Dataset), quote(im.part.path(eventsFile)), rowGroup))
	return f, err
}

// batch is how many events pass from the reader to the writer at once.
const batch = 2048

// stage reads the file into the table staged. Reading and writing overlap.
func (im *importer) stage(ctx context.Context, conn *sql.Conn) (*source.Reading, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	full, empty := make(chan []athar.Event, 4), make(chan []athar.Event, 4)
	for range 4 {
		empty <- make([]athar.Event, 0, batch)
	}
	done := make(chan error, 1)
	go func() {
		err := appendTo(conn, "", "staged", func(add func(...driver.Value) error) error { return im.write(full, empty, add) })
		if err != nil {
			cancel(err)
		}
		done <- err
	}()
	current := <-empty
	reading, err := source.Stream(ctx, im.spec.Source, func(e *athar.Event) error {
		if current = append(current, *e); len(current) < batch {
			return nil
		}
		full <- current
		select {
		case current = <-empty:
			current = current[:0]
			return nil
		case <-ctx.Done():
			current = nil
			return context.Cause(ctx)
		}
	})
	if err == nil {
		full <- current
	}
	close(full)
	if e := <-done; e != nil {
		return nil, e
	}
	return reading, err
}

// write appends batches until there are no more.
func (im *importer) write(full <-chan []athar.Event, empty chan<- []athar.Event, add func(...driver.Value) error) error {
	n := 0
	var row [19]driver.Value
	for events := range full {
		for i := range events {
			e := &events[i]
			row = [...]driver.Value{e.ID, e.When.First.Time(), e.When.Last.Time(), nil, nil, e.HasPoint, int8(e.Place),
				im.code(e.Country), im.code(e.AreaCode), im.code(e.SideA), im.code(e.SideB), im.code(e.SideAID), im.code(e.SideBID),
				im.code(e.Class), im.code(string(e.Kind)), nil, nil, nil, int32(e.Line)}
			if e.HasPoint {
				row[3], row[4] = e.Lon, e.Lat
			}
			if e.HasDeaths {
				row[15], row[16], row[17] = int32(e.Deaths.Low), int32(e.Deaths.Best), int32(e.Deaths.High)
			}
			if err := add(row[:]...); err != nil {
				// The reader must not wait for a writer that is gone.
				go func() {
					for range full {
					}
				}()
				return err
			}
		}
		n += len(events)
		if im.spec.Progress != nil {
			im.spec.Progress(n)
		}
		empty <- events
	}
	return nil
}

// code returns the number of a text that recurs, boxed once.
func (im *importer) code(word string) driver.Value {
	c, ok := im.codes[word]
	if !ok {
		c = int32(len(im.words))
		im.codes[word] = c
		im.words = append(im.words, word)
	}
	return c
}

// spell fills the table of texts that recur.
func (im *importer) spell(conn *sql.Conn) error {
	return appendTo(conn, "", "words", func(add func(...driver.Value) error) error {
		for i, w := range im.words {
			if err := add(int32(i), w); err != nil {
				return err
			}
		}
		return nil
	})
}

// others leaves out the events that another file of the same version has:
// exports overlap. Within a file the reader keeps one row of every id; rows
// without an id cannot be recognised.
func (im *importer) others(ctx context.Context, conn *sql.Conn, f *File) error {
	if len(im.siblings) == 0 {
		return nil
	}
	there := "id <> '' AND id IN (SELECT id FROM " + parquet(paths(im.siblings), "") + ")"
	n := 0 // rows, of which one may stand for several events
	if err := conn.QueryRowContext(ctx, "SELECT count(DISTINCT line) FROM staged WHERE "+there).Scan(&n); err != nil || n == 0 {
		return err
	}
	f.Kept -= n
	f.Rejected = append(f.Rejected, athar.ReasonCount{Reason: "in-another-file", N: n})
	_, err := conn.ExecContext(ctx, "DELETE FROM staged WHERE "+there)
	return err
}

// describe writes the manifest and the rejects beside the events.
func (im *importer) describe(f *File) error {
	b, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		return err
	}
	if err := im.put(rejectsFile, func(w io.Writer) error { return writeRejects(w, im.rejects) }); err != nil {
		return err
	}
	if err := im.put(manifestFile, func(w io.Writer) error { _, err := w.Write(append(b, '\n')); return err }); err != nil {
		return err
	}
	return flush(im.part.path(eventsFile))
}

// put writes a file to the disk itself, so that a folder that is in place is
// whole even after the power fails.
func (im *importer) put(name string, write func(io.Writer) error) error {
	f, err := os.Create(im.part.path(name))
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Sync(), f.Close())
}

func flush(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func writeRejects(w io.Writer, rejects []athar.Reject) error {
	c := csv.NewWriter(w)
	c.Write([]string{"file", "line", "column", "reason", "detail"})
	for _, r := range rejects {
		c.Write([]string{r.File, strconv.Itoa(r.Line), r.Column, r.Reason, r.Detail})
	}
	c.Flush()
	return c.Error()
}
