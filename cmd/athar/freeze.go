package main

import (
	"fmt"
	"time"

	"athar"
	"athar/assess"
	"athar/brief"
	"athar/freeze"
)

type freezeCmd struct {
	Study string `arg:"" help:"The study file."`
	Again bool   `help:"Add a freeze of a study that was changed since it was frozen; the earlier one stays on record."`
	Seen  bool   `help:"Results of this study were seen already, before this first freeze; the record says so."`
}

// Run registers a study as it is now.
func (c *freezeCmd) Run(e *env) error {
	d, err := freeze.Freeze(c.Study, freeze.Options{Version: Version, Date: today(), Again: c.Again, Seen: c.Seen})
	if err != nil {
		return err
	}
	if d.Already {
		fmt.Fprintf(e.stdout, "Frozen already as it is now: %s\n", d.State.Short())
		return nil
	}
	fmt.Fprintf(e.stdout, "Frozen: %s\n", d.State.Short())
	for _, f := range d.State.Data {
		if f.SHA256 == "" {
			fmt.Fprintf(e.stdout, "  %s is not there yet; when it is, the brief says that it came after the freeze\n", f.File)
		}
	}
	fmt.Fprintf(e.stdout, "The record is in %s. It proves nothing to others until they can know when it was made:\ncommit it, or publish the line above, before you assess.\n", d.Path)
	return nil
}

func today() athar.Day { return athar.DayOf(time.Now()) }

// registered puts into a report what the record of its study says, and prepares
// the entry that its results were seen.
func registered(study string, r *assess.Result) (*freeze.Write, error) {
	f, w, err := freeze.Seeing(study, Version, today(), r.Report.Manifest)
	if err != nil {
		return nil, err
	}
	r.Report.Freeze = f
	return w, nil
}

// registration prints how a study stands to its record.
func registration(e *env, f *athar.Freeze, lang string) error {
	s, err := brief.Registration(f, lang)
	return e.say(s+"\n", err)
}
