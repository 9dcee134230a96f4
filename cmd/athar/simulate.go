package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"athar/sim"
)

type simulateCmd struct {
	World string  `help:"Which world: S0, S1-phi2, ..., S15. --list says what is in each." default:"S7"`
	Out   string  `help:"Folder for the data set; must not exist." short:"o"`
	Seed  uint64  `help:"Another seed draws another data set of the same world." default:"1"`
	Level float64 `help:"Mean number of events an area and month. Default: the world's own."`
	List  bool    `help:"List the worlds and write nothing."`
}

// Run writes the data set whole or not at all.
func (c *simulateCmd) Run(e *env) error {
	if c.List {
		names, says := sim.Names()
		for i, n := range names {
			fmt.Fprintf(e.stdout, "%-14s  %s\n", n, says[i])
		}
		return nil
	}
	files, err := sim.Dataset(c.World, c.Seed, c.Level)
	if err != nil {
		return usageError{err}
	}
	if c.Out == "" {
		return usageError{errors.New("--out is needed: a folder for the data set")}
	}
	if _, err := os.Lstat(c.Out); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s exists; give another folder", c.Out)
	}
	out := filepath.Clean(c.Out)
	failed := func(err error) error { return fmt.Errorf("%s cannot be written: %w", out, err) }
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return failed(err)
	}
	temp, err := os.MkdirTemp(filepath.Dir(out), ".athar-*")
	if err != nil {
		return failed(err)
	}
	defer os.RemoveAll(temp)
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(temp, f.Name), f.Data, 0o644); err != nil {
			return failed(err)
		}
	}
	if err := errors.Join(e.ctx.Err(), os.Chmod(temp, 0o755)); err != nil {
		return err
	}
	if err := os.Rename(temp, out); err != nil {
		return failed(err)
	}
	fmt.Fprintf(e.stdout, "Wrote world %s to %s. Assess it, then read what is true:\n  athar assess %s -o brief\n  %s\n", c.World, out, filepath.Join(out, "study.yaml"), filepath.Join(out, "truth.md"))
	return nil
}
