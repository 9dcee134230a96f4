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

	"athar/internal/validate"
)

func main() {
	reps := flag.Int("reps", 1000, "replications of every world")
	out := flag.String("out", "docs/validation", "folder to write to")
	only := flag.String("only", "", "write this file alone, for example bsts.md")
	flag.Parse()
	if err := run(*reps, *out, *only); err != nil {
		fmt.Fprintln(os.Stderr, "validate:", err)
		os.Exit(1)
	}
}

func run(reps int, out, only string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		write func(w io.Writer, reps int) error
	}{{"simulations.md", validate.Run}, {"did.md", validate.DiD}, {"placebo.md", validate.Placebo}, {"bsts.md", validate.BSTS}, {"synth.md", validate.Synthetic}, {"outlook-worlds.md", validate.Outlook}, {"joint-worlds.md", validate.Joint}, {"worlds.md", validate.Worlds}, {"worlds-adapt.md", validate.Signatures}} {
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
