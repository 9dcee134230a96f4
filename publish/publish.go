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
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

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
		for d := path.Dir(o.File); d != "."; d = path.Dir(d) {
			known[d+"/"] = true
		}
	}
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("output folder %s: %w", dir, reason(err))
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || e.IsDir() && (path == dir || known[filepath.ToSlash(name)+"/"]) || known[filepath.ToSlash(name)] {
			return err
		}
		return fmt.Errorf("output folder %s holds %s beside an earlier brief and would lose it; move it away, or give --out another folder", dir, name)
	})
}

// Options say what a folder holds besides what every folder holds.
type Options struct {
	PDF bool // the brief as PDF too, if a Chromium is installed
	// Langs are the languages of the brief, as package text reads their tags; English
	// if there is none. The first is brief.html, the others bear their code: brief.ar.html.
	Langs []string
}

// Publish writes all files and puts the folder in place. If a PDF was asked for
// and could not be made, the folder is whole without it and the reason is
// returned beside the error, which is then nil.
func (f *Folder) Publish(ctx context.Context, r *assess.Result, o Options) (without *NoPDF, err error) {
	defer f.Discard()
	athar.PlainAll(r.Report)
	langs := o.Langs
	if len(langs) == 0 {
		langs = []string{"en"}
	}
	pages, err := written(r.Report, langs)
	if err != nil {
		return nil, err
	}
	findings, err := json.MarshalIndent(r.Report, "", " ")
	if err != nil {
		return nil, fmt.Errorf("findings.json: %w", err)
	}
	list, err := tables(r, langs)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(t *table) bool { return t.optional && len(t.rows) == 0 })
	book, err := workbook(r.Report, list, langs[0])
	if err != nil {
		return nil, fmt.Errorf("tables.xlsx: %w", err)
	}
	for _, p := range pages {
		if err := f.write("brief"+p.suffix+".html", p.html); err != nil {
			return nil, err
		}
		if !o.PDF || without != nil {
			continue
		}
		b, err := printPDF(ctx, filepath.Join(f.temp, "brief"+p.suffix+".html"))
		switch {
		case err == nil:
			err = f.write("brief"+p.suffix+".pdf", b)
		case errors.As(err, &without):
			err = nil
		}
		if err != nil {
			return nil, err
		}
	}
	files := []file{{"findings.json", append(findings, '\n')}, {"rejects.csv", rejectsTable(r.Rejects).csv()}, {"tables.xlsx", book}}
	for _, t := range list {
		pq, err := t.parquet()
		if err != nil {
			return nil, fmt.Errorf("%s.parquet: %w", t.name, err)
		}
		dir := "tables/"
		if t.name == "effects" || t.name == "panel" {
			dir = ""
		}
		files = append(files, file{dir + t.name + ".csv", t.csv()}, file{dir + t.name + ".parquet", pq})
	}
	for _, p := range pages {
		files = append(files, file{"summary" + p.suffix + ".md", p.summary})
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	for _, x := range files {
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

// inLanguage is a brief in one language; suffix comes before the endings of its files.
type inLanguage struct {
	suffix        string
	html, summary []byte
}

// written writes a report in each language; each page leads to the others.
func written(r *athar.Report, langs []string) ([]inLanguage, error) {
	editions := make([]brief.Edition, len(langs))
	for i, tag := range langs {
		editions[i] = brief.Edition{Lang: tag, File: "brief.html"}
		if i > 0 {
			code, _, _ := strings.Cut(tag, "-")
			editions[i].File = "brief." + code + ".html"
		}
	}
	out := make([]inLanguage, len(langs))
	for i, e := range editions {
		out[i].suffix = strings.TrimSuffix(strings.TrimPrefix(e.File, "brief"), ".html")
		var page, summary bytes.Buffer
		if err := brief.HTML(&page, r, e.Lang, slices.Delete(slices.Clone(editions), i, i+1)...); err != nil {
			return nil, fmt.Errorf("%s: %w", e.File, err)
		}
		if err := brief.Markdown(&summary, r, e.Lang, e.File); err != nil {
			return nil, fmt.Errorf("summary%s.md: %w", out[i].suffix, err)
		}
		out[i].html, out[i].summary = page.Bytes(), summary.Bytes()
	}
	return out, nil
}

func (f *Folder) write(name string, b []byte) error {
	if dir := filepath.Dir(name); dir != "." {
		if err := os.MkdirAll(filepath.Join(f.temp, dir), 0o755); err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(f.target, dir), reason(err))
		}
	}
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
