// Command validate runs the known-truth simulations in full and writes their
// tables to simulations.md in the folder given by -out.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"athar/internal/validate"
)

func main() {
	reps := flag.Int("reps", 1000, "replications of every world")
	out := flag.String("out", "docs/validation", "folder to write to")
	flag.Parse()
	if err := run(*reps, *out); err != nil {
		fmt.Fprintln(os.Stderr, "validate:", err)
		os.Exit(1)
	}
}

func run(reps int, out string) error {
	var b bytes.Buffer
	if err := validate.Run(&b, reps); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "simulations.md"), b.Bytes(), 0o644)
}
