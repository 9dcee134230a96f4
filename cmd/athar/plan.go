package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"athar/assess"
)

type planCmd struct {
	Study string `arg:"" help:"The study file."`
}

// Run lists how many tasks the multiverse of a study has.
func (c *planCmd) Run(e *env) error {
	p, err := assess.PlanOf(e.ctx, c.Study, assess.Options{Version: Version})
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "plan %s: tasks 1 to %d, %d fits\n", p.Name, len(p.Tasks), p.Fits())
	type line struct {
		campaign, kind string
		first, last, n int
	}
	var lines []line
	for _, t := range p.Tasks {
		if k := len(lines) - 1; k >= 0 && lines[k].campaign == t.Campaign && lines[k].kind == t.Kind {
			lines[k].last, lines[k].n = t.Number, t.To
			continue
		}
		lines = append(lines, line{t.Campaign, t.Kind, t.Number, t.Number, t.To})
	}
	for _, l := range lines {
		fmt.Fprintf(e.stdout, "%6d-%-6d %s: %d %s\n", l.first, l.last, l.campaign, l.n, l.kind)
	}
	return nil
}

type workCmd struct {
	Study string `arg:"" help:"The study file."`
	Tasks string `required:"" help:"Which tasks: numbers and ranges (1-40,55), or a share (2/8: every eighth from the second on)."`
	Parts string `required:"" help:"Folder for the results; tasks that have one there are not done again." type:"path"`
}

// Run does some tasks of a plan.
func (c *workCmd) Run(e *env) error {
	p, err := assess.PlanOf(e.ctx, c.Study, assess.Options{Version: Version})
	if err != nil {
		return err
	}
	numbers, err := tasks(c.Tasks, len(p.Tasks))
	if err != nil {
		return usageError{err}
	}
	progress, done := bar(e.stderr)
	n, err := p.Work(e.ctx, c.Parts, numbers, progress)
	done()
	if errors.Is(err, context.Canceled) {
		return kept{c.Parts}
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "plan %s: %d tasks asked for, %d done now; results in %s\n", p.Name, len(numbers), n, c.Parts)
	return nil
}

// kept is an interruption after which finished work is still there.
type kept struct{ folder string }

func (k kept) Error() string {
	return fmt.Sprintf("interrupted; finished tasks are kept in %s, and the same command goes on from there", k.folder)
}

func (k kept) Unwrap() error { return context.Canceled }

// tasks reads a list of numbers and ranges, or a share k/n, of 1 to most.
func tasks(list string, most int) ([]int, error) {
	var out []int
	if k, n, ok := strings.Cut(list, "/"); ok {
		first, err1 := strconv.Atoi(k)
		step, err2 := strconv.Atoi(n)
		if err1 != nil || err2 != nil || first < 1 || first > step {
			return nil, fmt.Errorf("--tasks %s: a share is written 2/8, the first number from 1 to the second", list)
		}
		for i := first; i <= most; i += step {
			out = append(out, i)
		}
		return out, nil
	}
	for _, part := range strings.Split(list, ",") {
		a, b, ok := strings.Cut(part, "-")
		if !ok {
			b = a
		}
		first, err1 := strconv.Atoi(strings.TrimSpace(a))
		last, err2 := strconv.Atoi(strings.TrimSpace(b))
		if err1 != nil || err2 != nil || first < 1 || last < first {
			return nil, fmt.Errorf("--tasks %s: %q is no number or range; write 1-40,55 or 2/8", list, part)
		}
		if last > most {
			return nil, fmt.Errorf("--tasks %s: the plan has tasks 1 to %d", list, most)
		}
		for i := first; i <= last; i++ {
			out = append(out, i)
		}
	}
	return out, nil
}

// assessed runs a study, with its multiverse if asked. Results of tasks go to
// the given folder, or to one beside the output that is gone when all is done.
func (c *assessCmd) assessed(e *env) (*assess.Result, error) {
	o := assess.Options{Version: Version}
	progress, done := bar(e.stderr)
	defer done()
	o.Progress = progress
	if !c.Multiverse {
		if c.Parts != "" {
			return nil, usageError{errors.New("--parts goes with --multiverse")}
		}
		return assess.Run(e.ctx, c.Study, o)
	}
	o.Parts = c.Parts
	if c.Parts == "" {
		o.Parts = filepath.Clean(c.Out) + ".parts"
	}
	r, err := assess.Run(e.ctx, c.Study, o)
	var other assess.OtherPlan
	if c.Parts == "" && errors.As(err, &other) { // left by an earlier study
		if err := os.RemoveAll(o.Parts); err != nil {
			return nil, err
		}
		r, err = assess.Run(e.ctx, c.Study, o)
	}
	if errors.Is(err, context.Canceled) {
		return nil, kept{o.Parts}
	}
	if err == nil && c.Parts == "" {
		err = os.RemoveAll(o.Parts)
	}
	return r, err
}
