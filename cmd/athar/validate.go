package main

import (
	"bytes"
	"fmt"

	"athar/internal/validate"
)

type validateCmd struct {
	Reps int    `help:"Invented data sets of each world; 0: published figures only." default:"20"`
	Out  string `help:"File for the result as a page." short:"o"`
}

// Run checks this copy of the program. A check that fails is a fault of the program.
func (c *validateCmd) Run(e *env) error {
	if c.Reps < 0 {
		return usageError{fmt.Errorf("--reps %d must be 0 or more", c.Reps)}
	}
	progress, done := bar(e.stderr)
	r, err := validate.Sample(e.ctx, Version, c.Reps, progress)
	done()
	if err != nil {
		return err
	}
	if c.Out != "" {
		var b bytes.Buffer
		if err := r.HTML(&b); err != nil {
			return err
		}
		if err := writeFile(c.Out, b.Bytes()); err != nil {
			return err
		}
	}
	if err := r.Text(e.stdout); err != nil {
		return err
	}
	if n := r.Failed(); n > 0 {
		return failedChecks(n)
	}
	return nil
}

// failedChecks is how many checks failed, which is a fault of the program.
type failedChecks int

func (n failedChecks) Error() string { return fmt.Sprintf("%d checks failed", int(n)) }
