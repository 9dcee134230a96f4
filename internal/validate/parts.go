package validate

import (
	"crypto/sha256"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// blockSize is how many replicates of a world are computed, and kept, at once.
// Sums run over blocks in order, so that results are the same bytes however
// the blocks came about.
const blockSize = 50

// Course says how a table of long simulations is computed.
type Course struct {
	// Parts is a folder where each finished block is kept, so that a run that was
	// stopped goes on where it was; "": nothing is kept. Blocks of
	// another build of the program are computed anew.
	Parts string
	// Until is when no block is computed any more, and only those are taken that are
	// kept; zero: never. A table says how many replicates of each world it holds.
	Until time.Time

	build string // hash of the running program
	size  int    // of a block, for tests; default blockSize
}

func (c *Course) over() bool { return !c.Until.IsZero() && time.Now().After(c.Until) }

// block returns what compute returns, from the part file if there is one; not ok
// where there is none and the time is over.
func block[T any](c *Course, name string, from, to int, compute func() (T, error)) (v T, ok bool, err error) {
	if c.Parts == "" {
		if c.over() {
			return v, false, nil
		}
		v, err = compute()
		return v, err == nil, err
	}
	if err := c.prepare(); err != nil {
		return v, false, err
	}
	var kept struct {
		Build string
		Value T
	}
	file := filepath.Join(c.Parts, fmt.Sprintf("%s-%05d-%05d", name, from, to))
	f, err := os.Open(file)
	switch {
	case err == nil:
		err = gob.NewDecoder(f).Decode(&kept)
		f.Close()
		if err == nil && kept.Build == c.build {
			return kept.Value, true, nil
		}
	case !errors.Is(err, fs.ErrNotExist):
		return v, false, err
	}
	if c.over() {
		return v, false, nil
	}
	if v, err = compute(); err != nil {
		return v, false, err
	}
	kept.Build, kept.Value = c.build, v
	f, err = os.CreateTemp(c.Parts, "begun-*")
	if err != nil {
		return v, false, err
	}
	defer os.Remove(f.Name())
	if err := errors.Join(gob.NewEncoder(f).Encode(kept), f.Close()); err != nil {
		return v, false, err
	}
	return v, true, os.Rename(f.Name(), file)
}

func (c *Course) prepare() error {
	if c.build != "" {
		return nil
	}
	if err := os.MkdirAll(c.Parts, 0o755); err != nil {
		return err
	}
	name, err := os.Executable()
	if err != nil {
		return err
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	c.build = fmt.Sprintf("%x", h.Sum(nil))
	return nil
}
