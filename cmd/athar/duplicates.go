package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"athar"
	"athar/lake"
	"athar/match"
	"athar/match/actor"
)

type duplicatesCmd struct {
	Lake    string   `help:"Folder of the lake." required:"" placeholder:"DIR"`
	Km      float64  `help:"Reports of one incident may lie this far apart." default:"5"`
	Days    int      `help:"And this many days." default:"2"`
	Group   []string `help:"Only events with one of these organisations on a side." placeholder:"NAME"`
	From    string   `help:"First day." placeholder:"DAY"`
	To      string   `help:"Last day." placeholder:"DAY"`
	Out     string   `help:"Folder for matches.csv and audit.csv." placeholder:"DIR"`
	Labels  string   `help:"An audit.csv whose column duplicate you filled with yes and no: say how well the matching did." placeholder:"FILE"`
	Seed    uint64   `help:"Seed of the audit sample." default:"1"`
	Dataset []string `arg:"" help:"Two or more datasets of the lake, for example ged acled; the first stands for an incident that several report."`
}

// auditCases is how many matches, and how many near misses, an audit sheet has.
const auditCases = 50

// Run finds the reports of one incident in several datasets. Sheets of single
// reports are refused where a dataset's rows may not be passed on.
func (c *duplicatesCmd) Run(e *env) error {
	if len(c.Dataset) < 2 {
		return usageError{errors.New("duplicates stand between datasets: name two or more")}
	}
	coverage, err := c.coverage()
	if err != nil {
		return usageError{err}
	}
	l, err := lake.Open(c.Lake)
	if err != nil {
		return err
	}
	defer l.Close()
	if err := c.mayWrite(l); err != nil {
		return err
	}
	var events []athar.Event
	for _, d := range c.Dataset {
		f := lake.Filter{Versions: []lake.Version{{Dataset: d}}, Coverage: coverage}
		f.Group.Aliases = c.Group
		list, err := l.Points(e.ctx, lake.PointQuery{Filter: f})
		if err != nil {
			return err
		}
		for i := range list {
			list[i].Dataset = d
		}
		events = append(events, list...)
	}
	in := match.FromEvents(events, actor.Curated())
	o := match.Options{Km: c.Km, Days: c.Days, Taxonomies: in.Taxonomies, Order: c.Dataset}
	r, err := match.Find(in.Records, o)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%d reports, %d incidents: %d reports repeat another dataset's, in %d groups\n", r.Records, r.Unique, r.Repeated(), len(r.Groups))
	for _, reason := range sortedKeys(in.Left) {
		fmt.Fprintf(e.stdout, "%d events were not compared: %s\n", in.Left[reason], reason)
	}
	rows := [][]string{{"reported by", "incidents"}}
	overlap := r.Overlap()
	for _, k := range sortedKeys(overlap) {
		rows = append(rows, []string{k, fmt.Sprint(overlap[k])})
	}
	printTable(e.stdout, rows)
	windows, err := match.Sensitivities(in.Records, o)
	if err != nil {
		return err
	}
	rows = [][]string{{"km", "days", "incidents", "groups"}}
	for _, w := range windows {
		rows = append(rows, []string{fmt.Sprint(w.Km), fmt.Sprint(w.Days), fmt.Sprint(w.Unique), fmt.Sprint(w.Groups)})
	}
	fmt.Fprintln(e.stdout, "\nWith other windows:")
	printTable(e.stdout, rows)
	audit, err := match.Sample(in.Records, o, r, auditCases, c.Seed)
	if err != nil {
		return err
	}
	if c.Labels != "" {
		if err := c.judge(e, audit); err != nil {
			return err
		}
	}
	if c.Out == "" {
		return nil
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return err
	}
	for name, write := range map[string]func(*bytes.Buffer) error{
		"matches.csv": func(b *bytes.Buffer) error { return r.WriteCSV(b) },
		"audit.csv":   func(b *bytes.Buffer) error { return audit.WriteCSV(b) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return err
		}
		if err := writeFile(filepath.Join(c.Out, name), b.Bytes()); err != nil {
			return err
		}
	}
	fmt.Fprintf(e.stdout, "\nThe match table is %s. Fill the column duplicate of %s and give it back with --labels.\n",
		filepath.Join(c.Out, "matches.csv"), filepath.Join(c.Out, "audit.csv"))
	return nil
}

func (c *duplicatesCmd) coverage() ([]athar.Span, error) {
	if c.From == "" && c.To == "" {
		return nil, nil
	}
	s := athar.Span{First: athar.Date(1, 1, 1), Last: athar.Date(9999, 12, 31)}
	var err error
	if c.From != "" {
		if s.First, err = athar.ParseDay(c.From); err != nil {
			return nil, fmt.Errorf("--from: %w", err)
		}
	}
	if c.To != "" {
		if s.Last, err = athar.ParseDay(c.To); err != nil {
			return nil, fmt.Errorf("--to: %w", err)
		}
	}
	return []athar.Span{s}, nil
}

// mayWrite refuses sheets of single reports for restricted data.
func (c *duplicatesCmd) mayWrite(l *lake.Lake) error {
	if c.Out == "" {
		return nil
	}
	vintages, err := l.Vintages()
	if err != nil {
		return err
	}
	for _, v := range vintages {
		for _, f := range v.Files {
			if slices.Contains(c.Dataset, v.Dataset) && f.Restricted {
				return fmt.Errorf("rows of %s may not be passed on, and matches.csv and audit.csv hold single reports; leave --out away to see the counts", v.Dataset)
			}
		}
	}
	return nil
}

func (c *duplicatesCmd) judge(e *env, audit *match.Audit) error {
	f, err := os.Open(c.Labels)
	if err != nil {
		return err
	}
	defer f.Close()
	labels, err := match.ReadLabels(f)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Labels, err)
	}
	a, err := audit.Evaluate(labels)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Labels, err)
	}
	fmt.Fprintf(e.stdout, "\nPrecision %.2f (%.2f to %.2f) from %d judged matches; recall %.2f (%.2f to %.2f); %d cases are not judged\n",
		a.Precision.Value, a.Precision.Low, a.Precision.High, a.Precision.N, a.Recall, a.RecallLow, a.RecallHigh, a.Unlabelled)
	return nil
}

func sortedKeys(m map[string]int) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.SortFunc(out, strings.Compare)
	return out
}
