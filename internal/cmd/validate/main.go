// Command validate runs the known-truth simulations in full and writes their
// tables to the folder given by -out: simulations.md for the methods of the
// headline, a file for each of the others.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"athar/internal/validate"
)

func main() {
	reps := flag.Int("reps", 1000, "replications of every world")
	out := flag.String("out", "docs/validation", "folder to write to")
	only := flag.String("only", "", "write this file alone, for example bsts.md")
	parts := flag.String("parts", "", "folder where finished blocks of worlds.md and event-worlds.md are kept, so that a stopped run goes on")
	within := flag.Duration("within", 0, "compute no block of these two after this time and write what is there; 0: no limit")
	flag.Parse()
	c := validate.Course{Parts: *parts}
	if *within > 0 {
		c.Until = time.Now().Add(*within)
	}
	if err := run(*reps, *out, *only, c); err != nil {
		fmt.Fprintln(os.Stderr, "validate:", err)
		os.Exit(1)
	}
}

func run(reps int, out, only string, c validate.Course) error {
	worlds := func(w io.Writer, reps int) error { return validate.Worlds(w, reps, c) }
	events := func(w io.Writer, reps int) error { return validate.Events(w, reps, c) }
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		write func(w io.Writer, reps int) error
	}{{"simulations.md", validate.Run}, {"did.md", validate.DiD}, {"placebo.md", validate.Placebo}, {"bsts.md", validate.BSTS}, {"synth.md", validate.Synthetic}, {"outlook-worlds.md", validate.Outlook}, {"harm.md", validate.Harm}, {"joint-worlds.md", validate.Joint}, {"multiverse-worlds.md", validate.Curves}, {"worlds.md", worlds}, {"event-worlds.md", events}, {"worlds-adapt.md", validate.Signatures}} {
		if only != "" && f.name != only {
			continue
		}
		var b bytes.Buffer
		if err := f.write(&b, reps); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(out, f.name), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}
