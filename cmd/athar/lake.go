package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"athar"
	"athar/assess"
	"athar/brief"
	"athar/lake"
	"athar/match/actor"
	"athar/source"
)

type importCmd struct {
	Lake       string            `help:"Folder of the lake; it is made if it does not exist." required:"" placeholder:"DIR"`
	Dataset    string            `help:"Short name of the data, for example acled." required:""`
	Version    string            `help:"Version or day of the export, for example 24.1 or 2024-05-01. A new version stands beside the old." required:""`
	Format     string            `help:"Format of the files, or auto." default:"auto"`
	Columns    map[string]string `help:"Columns of a table, as lat=y;lon=x." placeholder:"FIELD=COLUMN"`
	Retrieved  string            `help:"Day on which you got the files; else the day on which each was last changed." placeholder:"DAY"`
	Licence    string            `help:"Licence of the data."`
	Citation   string            `help:"How to cite the data."`
	Restricted bool              `help:"The rows may not be passed on: only aggregates leave the machine."`
	Files      []string          `arg:"" help:"Files of one version. Those that are in the lake already are skipped."`
}

// Run imports file by file; what is finished stays if a later one fails.
func (c *importCmd) Run(e *env) error {
	s := lake.ImportSpec{Dataset: c.Dataset, Version: c.Version, Restricted: c.Restricted, Program: Version}
	if c.Retrieved != "" {
		day, err := athar.ParseDay(c.Retrieved)
		if err != nil {
			return usageError{fmt.Errorf("--retrieved: %w", err)}
		}
		s.Retrieved = day
	}
	l, err := lake.Open(c.Lake)
	if err != nil {
		return err
	}
	defer l.Close()
	progress, done := bar(e.stderr)
	defer done()
	all, before := 0, 0
	for _, file := range c.Files {
		if st, err := os.Stat(file); err == nil {
			all += int(st.Size())
		}
	}
	for _, file := range c.Files {
		s.Source = source.Spec{File: file, Label: file, Format: c.Format, Columns: c.Columns, Organisations: actor.Curated().Names(), Licence: c.Licence, Citation: c.Citation}
		if progress != nil {
			s.Progress = func(rows int) { progress(before, all, fmt.Sprintf("%s: %d rows", filepath.Base(file), rows)) }
		}
		v, err := l.Import(e.ctx, s)
		if err != nil {
			return err
		}
		if st, err := os.Stat(file); err == nil {
			before += int(st.Size())
		}
		report(e.stdout, v, file)
	}
	return nil
}

// report says what became of a file.
func report(w io.Writer, v lake.Vintage, file string) {
	if v.Unchanged {
		fmt.Fprintf(w, "%s is in the lake already as %s; nothing to do\n", file, v.Version)
		return
	}
	for _, f := range v.Files {
		if f.Source != filepath.Base(file) {
			continue
		}
		fmt.Fprintf(w, "%s: %s; %d rows, %d kept, %d events from %s to %s\n", file, f.Layout, f.Rows, f.Kept, f.Events, f.First, f.Last)
		for _, r := range f.Rejected {
			fmt.Fprintf(w, "  %d rows not kept: %s\n", r.N, r.Reason)
		}
	}
}

type dataCmd struct {
	Lake    string `help:"Folder of the lake." required:"" placeholder:"DIR"`
	Dataset string `help:"Only this dataset."`
	Version string `help:"This version of it; else the newest."`
	Out     string `help:"Write a page with pictures to this file." placeholder:"PAGE.html"`

	oneLanguage
}

// Run describes the newest version of every dataset, or one of them.
func (c *dataCmd) Run(e *env) error {
	if c.Version != "" && c.Dataset == "" {
		return usageError{errors.New("--version needs --dataset")}
	}
	lang, err := c.tag()
	if err != nil {
		return err
	}
	l, err := lake.Open(c.Lake)
	if err != nil {
		return err
	}
	defer l.Close()
	var f lake.Filter
	if c.Dataset != "" {
		f.Versions = []lake.Version{{Dataset: c.Dataset, Version: c.Version}}
	}
	d, err := l.Describe(e.ctx, f)
	if err != nil {
		return err
	}
	athar.PlainAll(d)
	if c.Out == "" {
		return e.say(brief.Data(d, lang))
	}
	var page bytes.Buffer
	if err := brief.DataPage(&page, d, lang); err != nil {
		return err
	}
	if err := writeFile(c.Out, page.Bytes()); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "The page is %s\n", c.Out)
	return nil
}

type sqlCmd struct {
	Lake  string `help:"Folder of the lake." required:"" placeholder:"DIR"`
	Query string `arg:"" help:"One SELECT over events (newest versions) and events_all (all versions, with version, retrieved and source)."`
}

// Run prints the answer. There is no way of writing it to a file from here:
// the terms of some data forbid passing rows on.
func (c *sqlCmd) Run(e *env) error {
	l, err := lake.Open(c.Lake)
	if err != nil {
		return err
	}
	defer l.Close()
	t, err := l.Query(e.ctx, c.Query)
	if err != nil {
		return err
	}
	rows := append([][]string{t.Columns}, t.Rows...)
	printTable(e.stdout, rows)
	if t.More {
		fmt.Fprintf(e.stderr, "Only the first %d rows are shown; count or filter in the query.\n", lake.MaxRows)
	}
	if len(t.Restricted) > 0 {
		fmt.Fprintf(e.stderr, "Rows of %s may not be passed on.\n", strings.Join(t.Restricted, ", "))
	}
	return nil
}

func printTable(w io.Writer, rows [][]string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintln(t, strings.Join(r, "\t"))
	}
	t.Flush()
}

type vintageCmd struct {
	List vintageListCmd `cmd:"" help:"List what the lake holds."`
	Diff vintageDiffCmd `cmd:"" help:"Say what a newer version of a dataset changed."`
}

type vintageListCmd struct {
	Lake string `help:"Folder of the lake." required:"" placeholder:"DIR"`
}

// Run prints one line a file.
func (c *vintageListCmd) Run(e *env) error {
	l, err := lake.Open(c.Lake)
	if err != nil {
		return err
	}
	defer l.Close()
	all, err := l.Vintages()
	if err != nil {
		return err
	}
	rows := [][]string{{"dataset", "version", "current", "retrieved", "events", "first", "last", "file", "sha256"}}
	for _, v := range all {
		current := ""
		if v.Current {
			current = "yes"
		}
		for _, f := range v.Files {
			rows = append(rows, []string{f.Dataset, f.Version, current, f.Retrieved.String(), fmt.Sprint(f.Events), f.First.String(), f.Last.String(), f.Source, f.SHA256[:8]})
		}
	}
	printTable(e.stdout, rows)
	return nil
}

type vintageDiffCmd struct {
	Lake    string `help:"Folder of the lake." required:"" placeholder:"DIR"`
	Study   string `help:"A study that reads the dataset: say which of its findings move." placeholder:"FILE"`
	Dataset string `arg:"" help:"The dataset."`
	Old     string `arg:"" help:"The older version."`
	New     string `arg:"" help:"The newer version."`
}

// shownChanges is how many single changes are printed.
const shownChanges = 50

// Run prints counts by month and kind, and the first changes one by one.
func (c *vintageDiffCmd) Run(e *env) error {
	l, err := lake.Open(c.Lake)
	if err != nil {
		return err
	}
	defer l.Close()
	d, err := l.Diff(e.ctx, lake.Version{Dataset: c.Dataset, Version: c.Old}, lake.Version{Dataset: c.Dataset, Version: c.New})
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s to %s: %d events added, %d removed, %d changed, %d the same\n", d.Old, d.New, d.Added, d.Removed, d.Changed, d.Kept)
	for _, by := range []struct {
		name   string
		counts []lake.DifferenceCount
	}{{"month", d.Months}, {"kind", d.Kinds}} {
		if len(by.counts) == 0 {
			continue
		}
		rows := [][]string{{by.name, "added", "removed", "changed"}}
		for _, m := range by.counts {
			name := m.What
			if name == "" {
				name = "not known"
			}
			rows = append(rows, []string{name, fmt.Sprint(m.Added), fmt.Sprint(m.Removed), fmt.Sprint(m.Changed)})
		}
		fmt.Fprintln(e.stdout)
		printTable(e.stdout, rows)
	}
	if err := c.moves(e); err != nil {
		return err
	}
	if len(d.Changes) == 0 {
		return nil
	}
	rows := [][]string{{"event", "day", "what", "fields"}}
	shown := d.Changes[:min(shownChanges, len(d.Changes))]
	for _, x := range shown {
		rows = append(rows, []string{x.ID, x.Day.String(), x.What, strings.Join(x.Fields, ", ")})
	}
	fmt.Fprintln(e.stdout)
	printTable(e.stdout, rows)
	if more := d.Added + d.Removed + d.Changed - len(shown); more > 0 {
		fmt.Fprintf(e.stdout, "and %d more\n", more)
	}
	return nil
}

// moves prints the findings of a study that the newer version changes.
func (c *vintageDiffCmd) moves(e *env) error {
	if c.Study == "" {
		return nil
	}
	list, err := assess.Moves(e.ctx, c.Study, c.Dataset, c.Old, c.New, assess.Options{Version: Version})
	if err != nil {
		return err
	}
	fmt.Fprintln(e.stdout)
	if len(list) == 0 {
		fmt.Fprintln(e.stdout, "No finding of the study moves.")
		return nil
	}
	rows := [][]string{{"finding", "old", "ratio", "new", "ratio", ""}}
	for _, m := range list {
		mark := ""
		if m.WordsDiffer {
			mark = "another word"
		}
		rows = append(rows, []string{m.ID, string(m.Old), short(m.OldRR), string(m.New), short(m.NewRR), mark})
	}
	printTable(e.stdout, rows)
	return nil
}

func short(n athar.Num) string {
	if math.IsNaN(float64(n)) {
		return "-"
	}
	return fmt.Sprintf("%.2f", float64(n))
}
