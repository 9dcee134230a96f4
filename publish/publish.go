// Package publish writes the folder of a brief: the page, the findings and the
// tables behind them.
//
// The package thinks that a folder is either whole or not there. Everything is
// written into a new folder beside the target, the manifest with the hashes of
// all other files last, and only then takes the target's place; an interrupted
// run leaves what was there before. A folder that Athar did not make is never
// replaced.
package publish

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"

	"athar"
	"athar/assess"
	"athar/brief"
)

const manifestFile = "manifest.json"

// Folder is a brief that is being written.
type Folder struct {
	target string
	temp   string
	refs   []athar.ManifestRef
}

// Open checks that the target can be written and makes the temporary folder.
// Either [Folder.Publish] or [Folder.Discard] must follow.
func Open(target string) (*Folder, error) {
	target = filepath.Clean(target)
	switch st, err := os.Stat(target); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("output folder %s: %w", target, reason(err))
	case !st.IsDir():
		return nil, fmt.Errorf("output folder %s is a file; give --out another name", target)
	default:
		if err := replaceable(target); err != nil {
			return nil, err
		}
	}
	parent := filepath.Dir(target)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("output folder %s: cannot make %s: %w", target, parent, reason(err))
	}
	temp, err := os.MkdirTemp(parent, "."+filepath.Base(target)+".part-*")
	if err != nil {
		return nil, fmt.Errorf("output folder %s: cannot write in %s: %w; choose a folder you may write to", target, parent, reason(err))
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		os.RemoveAll(temp)
		return nil, fmt.Errorf("output folder %s: %w", target, reason(err))
	}
	return &Folder{target: target, temp: temp}, nil
}

// reason is the system's word without the path, which the message has already.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// replaceable refuses a folder with anything in it that no brief left there.
func replaceable(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("output folder %s: %w", dir, reason(err))
	}
	if len(entries) == 0 {
		return nil
	}
	var m athar.Manifest
	b, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if err != nil || json.Unmarshal(b, &m) != nil || m.Program != "athar" {
		return fmt.Errorf("output folder %s holds other files; give --out a new or empty folder, or one that holds an earlier brief", dir)
	}
	known := map[string]bool{manifestFile: true}
	for _, o := range m.Outputs {
		known[o.File] = true
	}
	for _, e := range entries {
		if !known[e.Name()] {
			return fmt.Errorf("output folder %s holds %s beside an earlier brief and would lose it; move it away, or give --out another folder", dir, e.Name())
		}
	}
	return nil
}

// Options say what a folder holds besides what every folder holds.
type Options struct {
	PDF bool // the brief as PDF too, if a Chromium is installed
}

// Publish writes all files and puts the folder in place. If a PDF was asked for
// and could not be made, the folder is whole without it and the reason is
// returned beside the error, which is then nil.
func (f *Folder) Publish(ctx context.Context, r *assess.Result, o Options) (without *NoPDF, err error) {
	defer f.Discard()
	r.Report.Plain()
	var page bytes.Buffer
	if err := brief.HTML(&page, r.Report, "en"); err != nil {
		return nil, fmt.Errorf("brief.html: %w", err)
	}
	var summary bytes.Buffer
	if err := brief.Markdown(&summary, r.Report, "en", "brief.html"); err != nil {
		return nil, fmt.Errorf("summary.md: %w", err)
	}
	findings, err := json.MarshalIndent(r.Report, "", " ")
	if err != nil {
		return nil, fmt.Errorf("findings.json: %w", err)
	}
	effects := effectRows(r.Report)
	pq, err := effectsParquet(effects)
	if err != nil {
		return nil, fmt.Errorf("effects.parquet: %w", err)
	}
	if err := f.write("brief.html", page.Bytes()); err != nil {
		return nil, err
	}
	if o.PDF {
		b, err := printPDF(ctx, filepath.Join(f.temp, "brief.html"))
		switch {
		case err == nil:
			err = f.write("brief.pdf", b)
		case errors.As(err, &without):
			err = nil
		}
		if err != nil {
			return nil, err
		}
	}
	for _, x := range []struct {
		name string
		b    []byte
	}{
		{"effects.csv", effectsCSV(effects)},
		{"effects.parquet", pq},
		{"findings.json", append(findings, '\n')},
		{"panel.csv", panelCSV(r.Panels)},
		{"rejects.csv", rejectsCSV(r.Rejects)},
		{"summary.md", summary.Bytes()},
	} {
		if err := f.write(x.name, x.b); err != nil {
			return nil, err
		}
	}
	m := r.Report.Manifest
	m.Outputs = f.refs
	b, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", manifestFile, err)
	}
	if err := f.write(manifestFile, append(b, '\n')); err != nil {
		return nil, err
	}
	return without, f.swap()
}

func (f *Folder) write(name string, b []byte) error {
	if err := os.WriteFile(filepath.Join(f.temp, name), b, 0o644); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(f.target, name), reason(err))
	}
	sum := sha256.Sum256(b)
	f.refs = append(f.refs, athar.ManifestRef{File: name, SHA256: hex.EncodeToString(sum[:]), Bytes: int64(len(b))})
	return nil
}

// swap puts the new folder where the old one was; if that fails the old one
// returns.
func (f *Folder) swap() error {
	old := f.temp + ".old"
	err := os.Rename(f.target, old)
	had := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("output folder %s cannot be replaced: %w", f.target, reason(err))
	}
	if err := os.Rename(f.temp, f.target); err != nil {
		if had {
			err = errors.Join(err, os.Rename(old, f.target))
		}
		return fmt.Errorf("output folder %s: %w", f.target, err)
	}
	if had {
		return os.RemoveAll(old)
	}
	return nil
}

// Discard removes what was written so far; after Publish it does nothing.
func (f *Folder) Discard() { os.RemoveAll(f.temp) }

// effectRow is one line of effects.csv and effects.parquet. A missing number
// is empty; Inf is an infinite bound.
type effectRow struct {
	Campaign    string   `parquet:"campaign"`
	Total       string   `parquet:"total"`
	Method      string   `parquet:"method"`
	Spec        string   `parquet:"spec"`
	Question    string   `parquet:"question"`
	Ring        int32    `parquet:"ring"`
	Phase       string   `parquet:"phase"`
	RR          *float64 `parquet:"rr,optional"`
	Low         *float64 `parquet:"low,optional"`
	High        *float64 `parquet:"high,optional"`
	P           *float64 `parquet:"p,optional"`
	SE          *float64 `parquet:"se_log,optional"`
	DF          *float64 `parquet:"df,optional"`
	FMI         *float64 `parquet:"fmi,optional"`
	AdjLow      *float64 `parquet:"adj_low,optional"`
	AdjHigh     *float64 `parquet:"adj_high,optional"`
	Observed    *float64 `parquet:"observed,optional"`
	Expected    *float64 `parquet:"expected,optional"`
	Avoided     *float64 `parquet:"avoided,optional"`
	AvoidedLow  *float64 `parquet:"avoided_low,optional"`
	AvoidedHigh *float64 `parquet:"avoided_high,optional"`
	MDELow      *float64 `parquet:"mde_low,optional"`
	MDEHigh     *float64 `parquet:"mde_high,optional"`
	EventsPre   int32    `parquet:"events_pre"`
	Areas       int32    `parquet:"areas"`
	Periods     int32    `parquet:"periods"`
	Dispersion  *float64 `parquet:"dispersion,optional"`
	PlaceboP    *float64 `parquet:"placebo_p,optional"`
	Inference   string   `parquet:"inference"`
	Refusal     string   `parquet:"refusal"`
	Warnings    string   `parquet:"warnings"`
}

func effectRows(r *athar.Report) []effectRow {
	var out []effectRow
	add := func(list []athar.Effect) {
		for _, e := range list {
			refused := e.Refusal != nil
			num := func(n athar.Num) *float64 {
				if refused || math.IsNaN(float64(n)) {
					return nil
				}
				f := float64(n)
				if !math.IsInf(f, 0) {
					f, _ = strconv.ParseFloat(n.String(), 64)
				}
				return &f
			}
			row := effectRow{Campaign: e.Campaign, Total: e.Area, Method: e.Method, Spec: e.Spec, Question: string(e.Question),
				Ring: int32(e.Ring), Phase: string(e.Phase), RR: num(e.RR), Low: num(e.Low), High: num(e.High), P: num(e.P),
				SE: num(e.SE), DF: num(e.DF), AdjLow: num(e.AdjLow), AdjHigh: num(e.AdjHigh), Observed: num(e.Observed),
				Expected: num(e.Expected), Avoided: num(e.Avoided), AvoidedLow: num(e.AvoidedLow), AvoidedHigh: num(e.AvoidedHigh),
				MDELow: num(e.MDELow), MDEHigh: num(e.MDEHigh), EventsPre: int32(e.EventsPre), Areas: int32(e.Areas),
				Periods: int32(e.Periods), Dispersion: num(e.Dispersion), Inference: e.Inference}
			if e.FMI != nil {
				row.FMI = num(*e.FMI)
			}
			if e.PlaceboP != nil {
				row.PlaceboP = num(*e.PlaceboP)
			}
			if refused {
				row.Refusal = e.Refusal.Reason.Code
			}
			var codes []string
			for _, w := range e.Warnings {
				codes = append(codes, w.Code)
			}
			row.Warnings = strings.Join(codes, ";")
			out = append(out, row)
		}
	}
	for _, c := range r.Campaigns {
		add(c.Effects)
	}
	for _, t := range r.Totals {
		add(t.Effects)
	}
	return out
}

func effectsCSV(rows []effectRow) []byte {
	num := func(f *float64) string {
		switch {
		case f == nil:
			return ""
		case math.IsInf(*f, 1):
			return "Inf"
		case math.IsInf(*f, -1):
			return "-Inf"
		}
		return athar.Num(*f).String()
	}
	table := [][]string{{"campaign", "total", "method", "spec", "question", "ring", "phase", "rr", "low", "high", "p", "se_log", "df", "fmi",
		"adj_low", "adj_high", "observed", "expected", "avoided", "avoided_low", "avoided_high", "mde_low", "mde_high",
		"events_pre", "areas", "periods", "dispersion", "placebo_p", "inference", "refusal", "warnings"}}
	for _, r := range rows {
		table = append(table, []string{r.Campaign, r.Total, r.Method, r.Spec, r.Question, strconv.Itoa(int(r.Ring)), r.Phase,
			num(r.RR), num(r.Low), num(r.High), num(r.P), num(r.SE), num(r.DF), num(r.FMI), num(r.AdjLow), num(r.AdjHigh),
			num(r.Observed), num(r.Expected), num(r.Avoided), num(r.AvoidedLow), num(r.AvoidedHigh), num(r.MDELow), num(r.MDEHigh),
			strconv.Itoa(int(r.EventsPre)), strconv.Itoa(int(r.Areas)), strconv.Itoa(int(r.Periods)), num(r.Dispersion), num(r.PlaceboP),
			r.Inference, r.Refusal, r.Warnings})
	}
	return writeCSV(table)
}

func effectsParquet(rows []effectRow) ([]byte, error) {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[effectRow](&b)
	if _, err := w.Write(rows); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// panelCSV lists the cells that the methods saw, one a line. Cells of areas
// without any event are left out: they say nothing and would be most of the
// file. "used" is false where the cell is not part of any fit.
func panelCSV(panels []assess.CampaignPanel) []byte {
	table := [][]string{{"campaign", "area", "role", "period_first", "period_last", "phase", "days", "count", "used"}}
	for _, cp := range panels {
		p := cp.Panel
		T := len(p.Periods)
		for i, a := range p.Areas {
			any := false
			for _, n := range p.Count[i*T : (i+1)*T] {
				any = any || n > 0
			}
			if !any {
				continue
			}
			for t, q := range p.Periods {
				k := p.At(i, t)
				table = append(table, []string{cp.Campaign, a.Code, roleName(a.Role), q.First.String(), q.Last.String(), string(q.Phase),
					athar.Num(q.Days).String(), athar.Num(p.Count[k]).String(), strconv.FormatBool(p.Use[k])})
			}
		}
	}
	return writeCSV(table)
}

func roleName(r athar.Role) string {
	switch {
	case r == athar.Inside:
		return "inside"
	case r == athar.Far:
		return "far"
	case r == athar.LeftOut:
		return "left out"
	}
	return "ring " + strconv.Itoa(int(r))
}

func rejectsCSV(rejects []athar.Reject) []byte {
	table := [][]string{{"file", "line", "column", "reason", "detail"}}
	for _, r := range rejects {
		table = append(table, []string{r.File, strconv.Itoa(r.Line), r.Column, r.Reason, r.Detail})
	}
	return writeCSV(table)
}

func writeCSV(table [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	// A bytes.Buffer takes every write.
	_ = w.WriteAll(table)
	return b.Bytes()
}
