package assess

import (
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"athar"
	"athar/panel"
)

// Material is what a study can be run again from elsewhere without passing on a
// row that may not be: files as they are where their terms allow it, and in
// place of the others the counts by area and period that the study used.
type Material struct {
	Files  []string // as the study writes them: tables of areas and counts, and open event data
	Counts []CountsOf
	// Lost are the sections of the study that rest on single events which are
	// not passed on: negative_controls, operations, multiverse.
	Lost []string
	Unit string // of the periods of Counts
}

// CountsOf is one data entry of the study as counts, sorted by area and period;
// areas without an event in a period are left out, as zero. Area is empty where the study has a single area.
type CountsOf struct {
	Entry    int // index into the study's data
	Info     athar.DataInfo
	Rows     []athar.Count
	Coverage []athar.Span
	Left     int // events in no area or period, which no count holds
}

// open are the formats whose files may be passed on as they are: counts that
// somebody published, and event data under open licences. A lake holds rows of
// several sources.
var open = []string{"counts", "series", "ucdp-ged", "gdelt"}

// licences are the beginnings of licences that let rows be passed on, in small letters.
var licences = []string{"cc by", "cc-by", "cc0", "mit", "odbl", "public domain"}

// passable reports whether the file of an entry may be passed on as it is. A table that the study maps
// itself may hold anybody's rows: it is if the study says under which open licence.
func passable(format, licence string) bool {
	if format != "table" {
		return slices.Contains(open, format)
	}
	licence = strings.ToLower(strings.TrimSpace(licence))
	return slices.ContainsFunc(licences, func(l string) bool {
		rest, ok := strings.CutPrefix(licence, l)
		return ok && (rest == "" || !unicode.IsLetter(rune(rest[0])))
	})
}

// Material collects what a bundle of the study holds.
func (r *Result) Material() (*Material, error) {
	in := r.in
	m := &Material{Unit: string(r.unit)}
	closed := map[int]bool{}
	k := 0
	for i, d := range in.study.Data {
		format, info := d.Format, athar.DataInfo{}
		if d.Counted() {
			info = in.info[k]
			format = info.Format
			k++
		}
		if passable(format, d.Licence) {
			continue
		}
		closed[i] = true
		x := in
		if !d.Counted() {
			x = nil
			for _, a := range in.besides.compared {
				if a.data == d.Name {
					x, info = a.in, a.in.info[0]
				}
			}
		}
		if x == nil { // of negative controls alone
			continue
		}
		c, err := x.countsOf(i, in.coverage, r.unit)
		if err != nil {
			return nil, err
		}
		c.Info = info
		m.Counts = append(m.Counts, c)
	}
	for _, c := range in.study.NegativeControls {
		if closed[in.study.ReadFrom(c)] {
			m.lose("negative_controls")
		}
	}
	shut := map[string]bool{}
	for i := range closed {
		shut[filepath.ToSlash(in.study.Data[i].File)] = true
	}
	for _, d := range in.study.Operations.Data {
		if !passable(d.Format, d.Licence) || len(closed) > 0 {
			shut[filepath.ToSlash(d.File)] = true
			m.lose("operations")
		}
	}
	if len(closed) > 0 {
		m.lose("multiverse")
	}
	for _, f := range r.Report.Manifest.Inputs {
		if f.File == r.file || shut[f.File] || in.ofLake[f.File] || slices.Contains(m.Files, f.File) {
			continue
		}
		m.Files = append(m.Files, f.File)
	}
	return m, nil
}

func (m *Material) lose(section string) {
	if !slices.Contains(m.Lost, section) {
		m.Lost = append(m.Lost, section)
	}
}

// countsOf counts the rows of one entry.
func (in *inputs) countsOf(entry int, coverage []athar.Span, unit panel.Unit) (CountsOf, error) {
	out := CountsOf{Entry: entry, Coverage: in.coverage}
	g, err := panel.NewGrid(in.areas, unit, coverage)
	if err != nil {
		return out, err
	}
	for _, r := range in.rows {
		if r.file == entry && !g.Add(r.area, r.when, r.n) {
			out.Left += r.n
		}
	}
	for i, a := range g.Areas {
		for t, p := range g.Periods {
			if n := g.N[i*len(g.Periods)+t]; n > 0 {
				c := athar.Count{Area: a.Code, When: p, N: n}
				if in.set == nil {
					c.Area = ""
				}
				out.Rows = append(out.Rows, c)
			}
		}
	}
	return out, nil
}
