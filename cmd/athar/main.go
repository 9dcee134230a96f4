// Athar tells, from published conflict-event data, what a security campaign
// changed: one study file, one command, a brief.
//
// Exit codes: 0 done; 1 a fault of the program; 2 the command line is wrong;
// 3 an input (study file, data, output folder) is wrong, and nothing was
// written; 130 interrupted, and nothing was written.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"athar"
	"athar/assess"
	"athar/brief"
	"athar/freeze"
	"athar/publish"
	"athar/study"
)

// Version of the program; part of every manifest.
const Version = "0.1.0"

const (
	exitFault       = 1
	exitUsage       = 2
	exitInput       = 3
	exitInterrupted = 130
)

type cli struct {
	Assess     assessCmd     `cmd:"" help:"Assess a study and write its brief."`
	Plan       planCmd       `cmd:"" help:"List the tasks of a study's multiverse."`
	Work       workCmd       `cmd:"" help:"Do some tasks of a study's multiverse, for instance on another machine."`
	Freeze     freezeCmd     `cmd:"" help:"Register a study before its results are seen."`
	Bundle     bundleCmd     `cmd:"" help:"Pack a study with what it reads, or with counts in place of rows that may not be passed on, so that others can run it again."`
	Check      checkCmd      `cmd:"" help:"Check a study file and its data without assessing anything."`
	Power      powerCmd      `cmd:"" help:"Say how large a change would have to be for a study to find it, from the counts before its campaigns."`
	Init       initCmd       `cmd:"" help:"Write a commented study file to start from."`
	Series     seriesCmd     `cmd:"" help:"Answer from a dozen monthly numbers, typed in."`
	Import     importCmd     `cmd:"" help:"Import published files of events into a lake."`
	Data       dataCmd       `cmd:"" help:"Describe what a lake holds."`
	SQL        sqlCmd        `cmd:"" name:"sql" help:"Answer one SELECT from a lake."`
	Vintage    vintageCmd    `cmd:"" help:"List and compare the versions that a lake holds."`
	Duplicates duplicatesCmd `cmd:"" help:"Find the reports of one incident in several datasets of a lake."`
	Validate   validateCmd   `cmd:"" help:"Check this copy of the program: published figures, and worlds with a known truth."`
	Simulate   simulateCmd   `cmd:"" help:"Write an invented data set with a known truth, for teaching."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

type env struct {
	ctx    context.Context
	stdout io.Writer
	stderr io.Writer
}

// say prints what a page or a text came to.
func (e *env) say(s string, err error) error {
	if err == nil {
		_, err = fmt.Fprint(e.stdout, s)
	}
	return err
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(stderr, "athar: a fault of the program, not of your files: %v\n\n%s\nPlease report it with the study file.\n", p, debug.Stack())
			code = exitFault
		}
	}()
	var c cli
	exited := -1
	parser, err := kong.New(&c, kong.Name("athar"), kong.Writers(stdout, stderr), kong.Exit(func(n int) { exited = n }),
		kong.Description("What a security campaign changed, from published conflict-event data."))
	if err != nil {
		panic(err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		fmt.Fprintf(stderr, "athar: %v\nTry: athar --help\n", err)
		return exitUsage
	}
	err = k.Run(&env{ctx, stdout, stderr})
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, new(failedChecks)):
		fmt.Fprintf(stderr, "athar: %v\n", err)
		return exitFault
	case errors.As(err, new(kept)):
		fmt.Fprintf(stderr, "athar: %v\n", err)
		return exitInterrupted
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "athar: interrupted; nothing was written")
		return exitInterrupted
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "athar: %v\nTry: athar %s --help\n", err, k.Command())
		return exitUsage
	}
	fmt.Fprintf(stderr, "athar: %v\n", err)
	return exitInput
}

// usageError is a mistake in the command line that the parser cannot see.
type usageError struct{ error }

type assessCmd struct {
	Study string `arg:"" help:"The study file, for example examples/isis-2020/study.yaml."`
	Out   string `help:"Folder for the brief; an earlier brief in it is replaced." default:"brief" short:"o"`

	PDF bool `name:"pdf" help:"Write the brief as PDF too; needs an installed Chromium or Chrome, found by name or by ATHAR_CHROMIUM."`

	languages
	Multiverse bool   `help:"Answer also under every declared specification, and for campaigns that did not happen; takes minutes."`
	Parts      string `help:"Folder with the results of tasks of the multiverse that were done before; the others are done and stored there." type:"path"`
}

// Run writes nothing unless everything succeeds.
func (c *assessCmd) Run(e *env) error {
	langs, err := c.tags()
	if err != nil {
		return err
	}
	folder, err := publish.Open(c.Out)
	if err != nil {
		return err
	}
	defer folder.Discard()
	r, err := c.assessed(e)
	if err != nil {
		return err
	}
	if err := e.ctx.Err(); err != nil {
		return err
	}
	seen, err := registered(c.Study, r)
	if err != nil {
		return err
	}
	defer seen.Discard()
	without, err := folder.Publish(e.ctx, r, publish.Options{PDF: c.PDF, Langs: langs})
	if err != nil {
		return err
	}
	if err := seen.Commit(); err != nil {
		return err
	}
	for _, lang := range langs {
		if err := e.say(brief.Summary(r.Report, lang)); err != nil {
			return err
		}
		if r.Report.Freeze.State != athar.NotRegistered {
			if err := registration(e, r.Report.Freeze, lang); err != nil {
				return err
			}
		}
	}
	if n := len(r.Rejects); n > 0 {
		fmt.Fprintf(e.stdout, "\n%d rows could not be used; %s says which and why\n", n, filepath.Join(c.Out, "rejects.csv"))
	}
	fmt.Fprintf(e.stdout, "\nThe brief is in %s\n", filepath.Join(c.Out, "brief.html"))
	if without != nil {
		fmt.Fprintf(e.stderr, "athar: the brief was written without a PDF: %v\n", without)
	}
	return nil
}

// bar shows progress on a terminal, and nothing elsewhere.
func bar(w io.Writer) (progress func(int, int, string), done func()) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil, func() {}
	}
	var b *progressbar.ProgressBar
	return func(n, of int, what string) {
			if b == nil {
				b = progressbar.NewOptions(of, progressbar.OptionSetWriter(w), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
			}
			b.Describe(what)
			_ = b.Set(n)
		}, func() {
			if b != nil {
				_ = b.Finish()
			}
		}
}

type checkCmd struct {
	Study string `arg:"" help:"The study file."`
}

// Run reads everything that assess would read.
func (c *checkCmd) Run(e *env) error {
	s, err := assess.Check(e.ctx, c.Study)
	if err != nil {
		return err
	}
	for _, l := range s {
		fmt.Fprintln(e.stdout, athar.Plain(l))
	}
	f, err := freeze.Status(c.Study)
	if err != nil {
		return err
	}
	return registration(e, f, "en")
}

type initCmd struct {
	File  string `arg:"" optional:"" default:"study.yaml" help:"File to write."`
	Kind  string `help:"What your data are: counts, ucdp-ged, acled, gdelt, gtd, icews, polecat, table, series, or auto." enum:"counts,ucdp-ged,acled,gdelt,gtd,icews,polecat,table,series,auto" default:"counts"`
	Force bool   `help:"Replace the file if it exists."`
}

// Run writes the template.
func (c *initCmd) Run(e *env) error {
	if _, err := os.Stat(c.File); err == nil && !c.Force {
		return fmt.Errorf("%s exists; give another name, or --force to replace it", c.File)
	}
	text, err := study.Template(c.Kind)
	if err != nil {
		return err
	}
	if err := writeFile(c.File, text); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "Wrote %s. Fill it in, then: athar check %s\n", c.File, c.File)
	return nil
}

// writeFile leaves either the whole new file or what was there before.
func writeFile(name string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".athar-*")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", name, err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(fs.FileMode(0o644)), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", name, err)
	}
	return nil
}

type seriesCmd struct {
	From     string   `help:"First month of the series, as 2019-12." required:""`
	Campaign string   `help:"Month in which the campaign began, as 2020-06." required:""`
	Smallest float64  `help:"Smallest change of interest, as a rate ratio above 1." default:"1.25"`
	Numbers  []string `arg:"" help:"One number a month; - where none was published." passthrough:""`

	oneLanguage
}

// Run prints the answer as sentences.
func (c *seriesCmd) Run(e *env) error {
	in := assess.SeriesInput{Smallest: c.Smallest}
	var err error
	if in.From, err = athar.ParseDay(c.From + "-01"); err != nil {
		return usageError{fmt.Errorf("--from %q is not a month of the form 2019-12", c.From)}
	}
	if in.Campaign, err = athar.ParseDay(c.Campaign + "-01"); err != nil {
		return usageError{fmt.Errorf("--campaign %q is not a month of the form 2020-06", c.Campaign)}
	}
	if !(c.Smallest > 1) {
		return usageError{fmt.Errorf("--smallest %v must be above 1, for example 1.25", c.Smallest)}
	}
	for i, s := range c.Numbers {
		s = strings.TrimRight(s, ",;")
		switch s {
		case "-", "–", "NA", "na", ".", "":
			in.Values = append(in.Values, math.NaN())
			continue
		}
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return usageError{fmt.Errorf("number %d of the series, %q, is not a count; write whole numbers, and - for a month without one", i+1, s)}
		}
		in.Values = append(in.Values, float64(n))
	}
	a, err := assess.AnswerSeries(in)
	if err != nil {
		return usageError{err}
	}
	lang, err := c.tag()
	if err != nil {
		return err
	}
	return e.say(brief.Series(a.Says, a.Windows, lang))
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(e *env) error {
	fmt.Fprintln(e.stdout, "athar", Version)
	return nil
}
