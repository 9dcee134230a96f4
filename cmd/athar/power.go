package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"athar"
	"athar/assess"
	"athar/brief"
)

type powerCmd struct {
	Study string `arg:"" help:"The study file."`
	Out   string `help:"Folder for power.html and power.csv." short:"o" placeholder:"DIR"`
	Reps  int    `help:"Simulated histories a campaign." default:"400"`

	oneLanguage
}

// Run says what the data could show, from the counts before each campaign.
func (c *powerCmd) Run(e *env) error {
	if c.Reps < 20 {
		return usageError{errors.New("--reps must be 20 or more: fewer histories tell nothing")}
	}
	lang, err := c.tag()
	if err != nil {
		return err
	}
	progress, done := bar(e.stderr)
	r, err := assess.Power(e.ctx, c.Study, assess.PowerOptions{Reps: c.Reps, Progress: progress})
	done()
	if err != nil {
		return err
	}
	athar.PlainAll(r)
	if c.Out != "" {
		var page, table bytes.Buffer
		if err := errors.Join(brief.PowerPage(&page, r, lang), brief.PowerCSV(&table, r, lang)); err != nil {
			return err
		}
		if err := os.MkdirAll(c.Out, 0o755); err != nil {
			return fmt.Errorf("output folder %s cannot be made: %w", c.Out, err)
		}
		for name, b := range map[string][]byte{"power.html": page.Bytes(), "power.csv": table.Bytes()} {
			if err := writeFile(filepath.Join(c.Out, name), b); err != nil {
				return err
			}
		}
	}
	return e.say(brief.Power(r, lang))
}
