package publish

import (
	"bytes"
	"cmp"
	"context"
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

	"github.com/goccy/go-yaml"

	"athar"
	"athar/assess"
	"athar/study"
)

// Bundle is everything that somebody else needs to run a study again: the study
// file, what it reads, and what should come out. It holds no row that may not be
// passed on: in the place of such data stand the counts by area and period that
// the study used.
type Bundle struct {
	Zip   []byte
	Study string // of the study file in it
	Files int
	// Same is true if the run of the bundle is the run of the study, byte for byte.
	// Otherwise the counts say how much of it is; Different are findings whose word changes.
	Same                        bool
	Effects, SameEffects        int
	Findings, SameFindings      int
	Different, Aggregated, Gone []string
	leftOut                     int
	original, again             []byte
	differs                     []string // findings whose numbers change
	sections                    []string
}

// BundleOptions of [MakeBundle].
type BundleOptions struct {
	Version string
	// Record is the file beside the study in which it is registered; it goes along
	// if it is there. Status is what it says.
	Record string
	Status func(study string) (*athar.Freeze, error)
}

// MakeBundle makes the bundle of a study from its result and tries it: the
// bundle is unpacked elsewhere and run, and what comes out is compared with the
// result. A report's freeze belongs to where its record is; it is compared only if the record goes along.
func MakeBundle(ctx context.Context, name string, r *assess.Result, o BundleOptions) (*Bundle, error) {
	s, err := study.Parse(name)
	if err != nil {
		return nil, err
	}
	m, err := r.Material()
	if err != nil {
		return nil, err
	}
	b := &Bundle{}
	files, err := b.collect(s, name, o.Record, m)
	if err != nil {
		return nil, err
	}
	b.original, err = findingsOf(r.Report)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "athar-bundle-*")
	if err != nil {
		return nil, fmt.Errorf("no temporary folder to try the bundle in: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := unpack(dir, files); err != nil {
		return nil, err
	}
	again, err := assess.Run(ctx, filepath.Join(dir, filepath.FromSlash(b.Study)), assess.Options{Version: o.Version})
	if errors.Is(err, context.Canceled) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("the bundle cannot be run: %s; nothing was written", strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""))
	}
	if again.Report.Freeze, err = o.Status(filepath.Join(dir, filepath.FromSlash(b.Study))); err != nil {
		return nil, err
	}
	athar.PlainAll(again.Report)
	if b.again, err = findingsOf(again.Report); err != nil {
		return nil, err
	}
	b.compare(r.Report, again.Report)
	manifest, err := json.MarshalIndent(r.Report.Manifest, "", " ")
	if err != nil {
		return nil, err
	}
	files = append(files, file{"manifest.json", append(manifest, '\n')}, file{"expected/findings.json", b.again}, file{"README.md", b.readMe(r.Report, m)})
	if !b.Same {
		files = append(files, file{"original/findings.json", b.original})
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	b.Files = len(files)
	b.Zip, err = zipped(files)
	return b, err
}

func findingsOf(r *athar.Report) ([]byte, error) {
	athar.PlainAll(r)
	b, err := json.MarshalIndent(r, "", " ")
	return append(b, '\n'), err
}

// unpack writes files below a folder.
func unpack(dir string, files []file) error {
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// collect gathers the study and what it reads, at the same places towards each
// other, so that a study file without restricted data goes along unchanged.
func (b *Bundle) collect(s *study.Study, name, recorded string, m *assess.Material) ([]file, error) {
	up := 0 // how far paths lead above the study file's folder
	for _, f := range m.Files {
		if !path.IsAbs(f) && !filepath.IsAbs(f) {
			up = max(up, strings.Count(path.Clean(f)+"/", "../"))
		}
	}
	home := "study"
	for k := 1; k < up; k++ {
		home = path.Join("above", home)
	}
	b.Study = path.Join(home, filepath.Base(name))
	source := s.Source
	moved := map[string]string{} // paths that no bundle can keep, to where the file is
	var out []file
	for _, f := range m.Files {
		content, err := os.ReadFile(s.Path(f))
		if err != nil {
			return nil, err
		}
		at := path.Join(home, f)
		if path.IsAbs(f) || filepath.IsAbs(f) {
			moved[f] = path.Join("files", strconv.Itoa(len(moved)+1)+"-"+path.Base(filepath.ToSlash(f)))
			at = path.Join(home, moved[f])
		}
		out = append(out, file{at, content})
	}
	if len(m.Counts)+len(m.Lost)+len(moved) > 0 {
		changed, err := b.adapt(s, m, moved)
		if err != nil {
			return nil, err
		}
		out = append(out, file{path.Join("original", "study.yaml"), source})
		source = changed
		for _, c := range m.Counts {
			out = append(out, file{path.Join(home, countsFile(c)), countsTable(c, m.Unit)})
		}
	} else if record, err := os.ReadFile(recorded); err == nil {
		out = append(out, file{path.Join(home, filepath.Base(recorded)), record})
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return append(out, file{b.Study, source}), nil
}

func countsFile(c assess.CountsOf) string {
	return "aggregates/data-" + strconv.Itoa(c.Entry+1) + ".csv"
}

// countsTable writes counts as a table that the study file can name.
func countsTable(c assess.CountsOf, unit string) []byte {
	t := &table{name: "counts", columns: columns("area", "period date", "count integer")}
	if len(c.Rows) > 0 && c.Rows[0].Area == "" {
		t.columns = t.columns[1:]
	}
	for _, x := range c.Rows {
		row := []any{x.Area, x.When.First, x.N}
		t.add(row[3-len(t.columns):]...)
	}
	return t.csv()
}

// adapt is the study file with counts in the place of data that are not passed
// on, without the sections that rest on single events, and with the new paths.
func (b *Bundle) adapt(s *study.Study, m *assess.Material, moved map[string]string) ([]byte, error) {
	var doc yaml.MapSlice
	if err := yaml.UnmarshalWithOptions(s.Source, &doc, yaml.UseOrderedMap()); err != nil {
		return nil, err
	}
	for _, section := range m.Lost {
		if i := key(doc, section); i >= 0 {
			doc = slices.Delete(doc, i, i+1)
			b.Gone = append(b.Gone, section)
		}
	}
	if i := key(doc, "data"); i >= 0 {
		list, ok := doc[i].Value.([]any)
		if !ok {
			list = []any{doc[i].Value}
		}
		gone := map[int]bool{}
		for _, c := range m.Counts {
			old, ok := list[c.Entry].(yaml.MapSlice)
			if !ok {
				return nil, fmt.Errorf("data[%d] of the study is not understood", c.Entry)
			}
			entry := yaml.MapSlice{}
			for _, x := range old {
				switch x.Key {
				case "name", "caveats", "monitored", "compare":
					entry = append(entry, x)
				}
			}
			for _, x := range [][2]string{{"licence", c.Info.Licence}, {"citation", c.Info.Citation}} {
				if x[1] != "" {
					entry = append(entry, yaml.MapItem{Key: x[0], Value: x[1]})
				}
			}
			var coverage []any
			for _, x := range c.Coverage {
				coverage = append(coverage, yaml.MapSlice{{Key: "from", Value: x.First.String()}, {Key: "to", Value: x.Last.String()}})
			}
			columns := yaml.MapSlice{{Key: "period", Value: "period"}, {Key: "count", Value: "count"}}
			if len(c.Rows) == 0 || c.Rows[0].Area != "" {
				columns = append(yaml.MapSlice{{Key: "area", Value: "area"}}, columns...)
			}
			list[c.Entry] = append(entry, yaml.MapItem{Key: "format", Value: "counts"}, yaml.MapItem{Key: "file", Value: countsFile(c)},
				yaml.MapItem{Key: "period", Value: m.Unit}, yaml.MapItem{Key: "columns", Value: columns}, yaml.MapItem{Key: "coverage", Value: coverage})
			b.Aggregated = append(b.Aggregated, s.Data[c.Entry].Name)
			b.leftOut += c.Left
		}
		for k, d := range s.Data {
			if d.Control && slices.Contains(m.Lost, "negative_controls") {
				gone[k] = true
			}
		}
		var kept []any
		for k, x := range list {
			if !gone[k] {
				kept = append(kept, x)
			}
		}
		doc[i].Value = kept
	}
	return yaml.Marshal(relocated(doc, moved))
}

func key(doc yaml.MapSlice, name string) int {
	return slices.IndexFunc(doc, func(x yaml.MapItem) bool { return x.Key == name })
}

// relocated replaces texts that are paths of moved files.
func relocated(v any, moved map[string]string) any {
	switch x := v.(type) {
	case yaml.MapSlice:
		for i := range x {
			x[i].Value = relocated(x[i].Value, moved)
		}
	case []any:
		for i := range x {
			x[i] = relocated(x[i], moved)
		}
	case string:
		if to, ok := moved[filepath.ToSlash(x)]; ok {
			return to
		}
	}
	return v
}

// compare counts what came out the same.
func (b *Bundle) compare(was, is *athar.Report) {
	b.Same = bytes.Equal(b.original, b.again)
	effects := func(r *athar.Report) map[string]string {
		out := map[string]string{}
		add := func(id string, list []athar.Effect) {
			for _, e := range list {
				j, err := json.Marshal(e)
				if err != nil {
					continue
				}
				out[fmt.Sprintf("%s %s %s %s %s %d %s", id, e.Area, e.Method, e.Spec, e.Question, e.Ring, e.Phase)] = string(j)
			}
		}
		for _, c := range r.Campaigns {
			add(c.Campaign.ID, c.Effects)
		}
		for _, t := range r.Totals {
			add(t.ID, t.Effects)
		}
		if r.Pooled != nil {
			add(athar.AllCampaigns, r.Pooled.Effects)
		}
		return out
	}
	old, now := effects(was), effects(is)
	b.Effects = len(old)
	for k, v := range old {
		if now[k] == v {
			b.SameEffects++
		}
	}
	findings := func(r *athar.Report) (ids []string, out map[string]athar.Finding) {
		out = map[string]athar.Finding{}
		for _, c := range r.Campaigns {
			for _, f := range c.Findings {
				ids, out[f.ID] = append(ids, f.ID), f
			}
		}
		for _, t := range r.Totals {
			for _, f := range t.Findings {
				ids, out[f.ID] = append(ids, f.ID), f
			}
		}
		if r.Pooled != nil {
			for _, f := range r.Pooled.Findings {
				ids, out[f.ID] = append(ids, f.ID), f
			}
		}
		return ids, out
	}
	ids, before := findings(was)
	_, after := findings(is)
	b.Findings = len(ids)
	for _, id := range ids {
		f, g := before[id], after[id]
		x, _ := json.Marshal(f.Headline)
		y, _ := json.Marshal(g.Headline)
		switch {
		case f.Verdict != g.Verdict:
			b.Different = append(b.Different, fmt.Sprintf("%s: %s, from the counts %s", id, f.Verdict, cmp.Or(string(g.Verdict), "nothing")))
		case !bytes.Equal(x, y):
			b.differs = append(b.differs, id)
		default:
			b.SameFindings++
		}
	}
	part := func(name string, x, y any) {
		p, _ := json.Marshal(x)
		q, _ := json.Marshal(y)
		if !bytes.Equal(p, q) {
			b.sections = append(b.sections, name)
		}
	}
	part("data", was.Data, is.Data)
	part("unplaced", was.Unplaced, is.Unplaced)
	part("totals", was.Totals, is.Totals)
	part("pooled", was.Pooled, is.Pooled)
	part("claims", was.Claims, is.Claims)
	part("outlook", was.Outlook, is.Outlook)
	part("space_time", was.SpaceTime, is.SpaceTime)
	for i, c := range was.Campaigns {
		d := is.Campaigns[i]
		part(c.Campaign.ID+": series", c.Series, d.Series)
		part(c.Campaign.ID+": guards", c.Guards, d.Guards)
		part(c.Campaign.ID+": goal_reports", c.Goals, d.Goals)
		part(c.Campaign.ID+": adaptation", c.Adaptation, d.Adaptation)
	}
}

// readMe says what is in the bundle, how to run it, and what comes out.
func (b *Bundle) readMe(r *athar.Report, m *assess.Material) []byte {
	var w strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&w, format+"\n", args...) }
	code := func(s string) string { return "`" + strings.ReplaceAll(athar.Plain(s), "`", "'") + "`" }
	line("# Replication bundle of %s\n", code(r.Study.ID))
	line("Made with Athar %s. Unpack it anywhere and run, with that version:\n\n    athar assess --out brief %s\n\nThen `brief/findings.json` is `expected/findings.json`, byte for byte. Making this bundle included that run.\n", r.Manifest.Version, b.Study)
	line("- %s: the study file with every choice and the seed; what it reads lies where it names it.", code(b.Study))
	line("- `manifest.json`: program, version, seed and the hashes of the original inputs.")
	line("- `expected/findings.json`: what comes out.")
	for _, d := range r.Data {
		line("- Data: %s. %s. %s.", code(d.Name), strings.TrimSuffix(code(d.Citation), "."), code(d.Licence))
	}
	switch {
	case b.Same:
		line("\nThis is the published result itself: `expected/findings.json` is the original, byte for byte.")
	default:
		line("- `original/findings.json`: the published result, from the data themselves.\n\n## What differs from the published result\n")
		if len(b.Aggregated) > 0 {
			var names []string
			for _, n := range b.Aggregated {
				names = append(names, code(n))
			}
			line("The terms of %s do not allow rows to be passed on, or nothing says that they do. In their place stand the counts by area and %s that the study used (`aggregates/`), and `original/study.yaml` is the study file as it was. "+
				"No row of these data is in the bundle.\n", strings.Join(names, ", "), m.Unit)
			if b.leftOut > 0 {
				line("%d events lie in no area or period of the study and are in no count; totals of countries and the outlook may have used them.\n", b.leftOut)
			}
		}
		if len(b.Gone) > 0 {
			line("Sections of the study that need single events were taken out: %s.\n", strings.Join(b.Gone, ", "))
		}
		line("- Estimates: %d of %d are the same to the last published digit.", b.SameEffects, b.Effects)
		line("- Findings: %d of %d have the same word and the same numbers.", b.SameFindings, b.Findings)
		for _, d := range b.differs {
			line("  - same word, other numbers: %s", code(d))
		}
		for _, d := range b.Different {
			line("  - other word: %s", code(d))
		}
		if len(b.sections) > 0 {
			line("- Other parts of the findings that are not the same, because they look at single events (their day, kind, deaths, precision of place) or describe the files: %s.", strings.Join(b.sections, "; "))
		}
		line("\nWhoever may use the original data can run `original/study.yaml` on them; `manifest.json` has their hashes.")
	}
	return []byte(w.String())
}
