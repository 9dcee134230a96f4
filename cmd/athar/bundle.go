package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"athar/assess"
	"athar/freeze"
	"athar/publish"
)

type bundleCmd struct {
	Study string `arg:"" help:"The study file."`
	Out   string `help:"File to write; by default the study's name with -bundle.zip." short:"o"`
	Force bool   `help:"Replace the file if it exists."`
}

// Run assesses the study, packs what somebody else needs to do the same, and
// tries the pack before it is written.
func (c *bundleCmd) Run(e *env) error {
	progress, done := bar(e.stderr)
	r, err := assess.Run(e.ctx, c.Study, assess.Options{Version: Version, Progress: progress})
	done()
	if err != nil {
		return err
	}
	out := c.Out
	if out == "" {
		out = r.Report.Study.ID + "-bundle.zip"
	}
	if _, err := os.Stat(out); err == nil && !c.Force {
		return fmt.Errorf("%s exists; give --out another name, or --force to replace it", out)
	}
	seen, err := registered(c.Study, r)
	if err != nil {
		return err
	}
	defer seen.Discard()
	b, err := publish.MakeBundle(e.ctx, c.Study, r, publish.BundleOptions{Version: Version, Record: freeze.Path(c.Study), Status: freeze.Status})
	if err != nil {
		return err
	}
	if err := e.ctx.Err(); err != nil {
		return err
	}
	if err := writeFile(out, b.Zip); err != nil {
		return err
	}
	if err := seen.Commit(); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "Wrote %s: %d files, %d bytes. Unpacked anywhere, it runs with: athar assess %s\n", filepath.ToSlash(out), b.Files, len(b.Zip), b.Study)
	if b.Same {
		fmt.Fprintln(e.stdout, "It was tried: the same findings.json comes out, byte for byte.")
		return nil
	}
	if len(b.Aggregated) > 0 {
		fmt.Fprintf(e.stdout, "Rows of %s are not in it; counts by area and period stand in their place.\n", strings.Join(b.Aggregated, ", "))
	}
	fmt.Fprintf(e.stdout, "It was tried: %d of %d estimates and %d of %d findings come out the same; its README.md lists the others.\n", b.SameEffects, b.Effects, b.SameFindings, b.Findings)
	return nil
}
