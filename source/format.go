package source

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"athar"
	"athar/source/acled"
	"athar/source/cameo"
	"athar/source/counts"
	"athar/source/event"
	"athar/source/gdelt"
	"athar/source/gtd"
	"athar/source/icews"
	"athar/source/polecat"
	"athar/source/table"
	"athar/source/ucdp"
	"athar/tabular"
)

// Formats are the formats that [Read] knows.
var Formats = []string{"counts", "series", "acled", "gdelt", "gtd", "icews", "polecat", "table", "ucdp-ged"}

// A format is what is known of one published format. Read is nil for counts.
type format struct {
	read       func(context.Context, *tabular.File, *tabular.Tally, event.Options, func(*athar.Event) error) error
	id         string // the field of the identifier; "" if the format lists an event several times, which is no damage
	monadic    bool   // rows of one id may be the sides of one event
	fields     []tabular.Field
	header     func(first []string) []string // recognises a file without a header; nil: never
	open       tabular.Options
	kinds      []event.KindRow
	by         string // what the codes of kinds are
	restricted bool
	licence    string // if the study gives none
	citation   string
}

var formats = map[string]format{
	"counts": {fields: counts.Fields},
	"acled": {read: acled.Read, monadic: true, fields: acled.Fields, kinds: acled.Kinds, by: "event_type: sub_event_type; forces are inter1 1 and 8", restricted: true,
		licence:  "ACLED terms of use: attribution, no redistribution of rows",
		citation: "Raleigh, Linke, Hegre and Karlsen (2010), Introducing ACLED, Journal of Peace Research 47(5) 651-660; acleddata.com"},
	"gdelt": {read: gdelt.Read, fields: gdelt.Fields, header: gdelt.Header, open: tabular.Options{Joined: true, Latin: true, Raw: true}, kinds: cameo.Kinds,
		by:      "EventCode (CAMEO), the longest beginning listed; forces by Actor1Type1Code to 3",
		licence: "GDELT terms: any use, with attribution", citation: "Leetaru and Schrodt (2013), GDELT: Global Data on Events, Location and Tone; gdeltproject.org"},
	"gtd": {read: gtd.Read, id: "eventid", fields: gtd.Fields, open: tabular.Options{Latin: true}, kinds: gtd.Kinds, by: "attacktype1", restricted: true,
		licence:  "GTD terms of use: research, no redistribution",
		citation: "START (National Consortium for the Study of Terrorism and Responses to Terrorism), Global Terrorism Database; start.umd.edu/gtd"},
	"icews": {read: icews.Read, fields: icews.Fields, open: tabular.Options{Joined: true, Latin: true, Raw: true}, kinds: cameo.Kinds,
		by: "CAMEO Code, the longest beginning listed; forces by Source Sectors", restricted: true,
		licence:  "not confirmed: treated as not to be passed on",
		citation: "Boschee et al. (2015), ICEWS Coded Event Data, Harvard Dataverse, doi:10.7910/DVN/28075"},
	"polecat": {read: polecat.Read, fields: polecat.Fields, open: tabular.Options{Joined: true, Latin: true, Raw: true}, kinds: polecat.Kinds,
		by: "Event Type: Event Mode, else Event Type; forces by Primary Actor Sector", restricted: true,
		licence:  "research and educational use only; (c) Leidos",
		citation: "Halterman et al. (2023), POLECAT, Harvard Dataverse, doi:10.7910/DVN/AJGVIT"},
	"table": {read: table.Read, id: "id", fields: table.Fields},
	"ucdp-ged": {read: ucdp.Read, id: "id", fields: ucdp.Fields, header: ucdp.Header, kinds: ucdp.Kinds, by: "type_of_violence; forces if side_a is a government",
		licence: "CC BY 4.0", citation: "Sundberg and Melander (2013), Introducing the UCDP Georeferenced Event Dataset, Journal of Peace Research 50(4) 523-532"},
}

// Detect recognises the format of a file by its content: the names of its
// columns, or the cells of its first row if it has no header. Why says by
// what. A file that could be two formats, or none, is an error that names the
// best two guesses.
func Detect(path string) (format string, why string, err error) { return detect(path, path, "") }

// guess is how well a file fits a format.
type guess struct {
	format  string
	found   []string // columns, by the file's names
	missing []string // needed fields without a column
	lacks   float64  // their share of the needed ones
	why     string
}

// general formats describe any table; they are considered if no published
// format fits.
var general = []string{"counts", "table"}

func detect(path, label, sheet string) (string, string, error) {
	f, err := tabular.OpenAs(path, label, tabular.Options{Sheet: sheet, Joined: true, Latin: true, Raw: true, Glance: true})
	if err != nil {
		return "", "", err
	}
	defer f.Close()
	heads, err := f.Heads()
	if err != nil {
		return "", "", err
	}
	var published, tables []guess
	for _, name := range Formats {
		if name == "series" {
			continue
		}
		g := best(name, heads)
		if slices.Contains(general, name) {
			tables = append(tables, g)
		} else {
			published = append(published, g)
		}
	}
	fits := func(list []guess) []guess {
		return slices.DeleteFunc(slices.Clone(list), func(g guess) bool { return len(g.missing) > 0 })
	}
	for _, list := range [][]guess{published, tables} {
		if fit := fits(list); len(fit) == 1 {
			return fit[0].format, fit[0].why, nil
		} else if len(fit) > 1 {
			return "", "", unclear(label, fit)
		}
	}
	return "", "", unclear(label, append(published, tables...))
}

// best measures a format on the cut of the header that suits it best.
func best(name string, heads [][]string) guess {
	k := formats[name]
	var out guess
	for i, head := range heads {
		g := guess{format: name}
		if k.header != nil && k.header(head) != nil {
			g.why = fmt.Sprintf("no header, %d columns", len(head))
			return g
		}
		at := tabular.Find(head, k.fields, nil)
		needed := 0.0
		for _, field := range k.fields {
			must := field.Needed || name == "table" && (field.Name == "lat" || field.Name == "lon")
			if must {
				needed++
			}
			if j, ok := at[field.Name]; ok {
				g.found = append(g.found, strings.TrimSpace(head[j]))
			} else if must {
				g.missing = append(g.missing, field.Name)
			}
		}
		g.lacks = float64(len(g.missing)) / needed
		g.why = "columns " + strings.Join(g.found[:min(6, len(g.found))], ", ")
		if i == 0 || len(g.missing) < len(out.missing) || len(g.missing) == len(out.missing) && len(g.found) > len(out.found) {
			out = g
		}
	}
	return out
}

// unclear says which two formats come closest, and why neither is taken.
func unclear(label string, list []guess) error {
	slices.SortStableFunc(list, func(a, b guess) int {
		return cmp.Or(cmp.Compare(a.lacks, b.lacks), cmp.Compare(len(b.found), len(a.found)))
	})
	var could []string
	for _, g := range list[:2] {
		s := g.format
		if len(g.missing) > 0 {
			s += " (without " + strings.Join(g.missing, ", ") + ")"
		}
		could = append(could, s)
	}
	return &Error{File: label, Msg: "the format is not clear; the nearest are " + strings.Join(could, " and "), Hint: "name it: format: " + list[0].format + ", with columns if some are called differently"}
}
