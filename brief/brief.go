// Package brief writes the report that a study ends in: one HTML file that
// needs nothing else, and a few lines for the terminal.
//
// The package thinks that a reader looks for the answer, then for the picture
// behind it, then for the reasons to doubt it; so the page is in that order,
// except that the checks of a campaign stand before its numbers. It computes
// nothing: it sees an [athar.Report] alone, and what the report does not know
// is shown as unknown, never as zero. Every word comes from the catalogue of
// package text, every drawing from package figure.
package brief

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"athar"
	"athar/brief/text"
)

//go:embed page.html first.html where.html hotspots.html data.html style.css page.js spacetime.html spacetime.css rtl.css
var files embed.FS

// Edition is a brief in one language: the tag of the language, as package text
// reads it, and the file that holds the brief.
type Edition struct{ Lang, File string }

// Tag is the tag of a language of the brief with Arabic digits and Hijri dates
// where they are asked for. Digits are only changed in Arabic.
func Tag(code string, arabicDigits, hijri bool) string {
	var keys []string
	if hijri {
		keys = append(keys, "ca-islamic-umalqura")
	}
	if arabicDigits && code == "ar" {
		keys = append(keys, "nu-arab")
	}
	if keys == nil {
		return code
	}
	return code + "-u-" + strings.Join(keys, "-")
}

// HTML writes the brief of r in a language ("en") as one self-contained page, with links
// to the same brief in other languages: no request, readable offline, without its script
// too, and printable. The same report gives the same bytes. It fails on an unknown
// language or a writer's error.
func HTML(w io.Writer, r *athar.Report, lang string, others ...Edition) error {
	l, err := text.Load(lang)
	if err != nil {
		return err
	}
	p := newPage(r, l)
	for _, o := range others {
		ol, err := text.Load(o.Lang)
		if err != nil {
			return err
		}
		p.Editions = append(p.Editions, EditionLink{ol.Code, ol.Dir, o.File, ol.Word("language", "name")})
	}
	style, err := sheet(l, "style.css", "spacetime.css")
	if err != nil {
		return err
	}
	script, err := files.ReadFile("page.js")
	if err != nil {
		return err
	}
	t, err := template.New("page.html").Funcs(template.FuncMap{
		"t":         p.t,
		"plain":     p.plain,
		"args":      func(list ...any) []any { return list },
		"has":       l.Has,
		"note":      func(n athar.Note) template.HTML { return p.note(n).HTML() },
		"word":      l.Word,
		"keys":      l.Keys,
		"name":      l.Name,
		"other":     l.OtherName,
		"otherlang": l.Other,
		"count":     func(n int) string { return l.Count(athar.Num(n)) },
		"span":      l.Span,
		"dated":     l.Dated,
		"comma":     func() string { return l.Word("language", "comma") },
		"semicolon": func() string { return l.Word("language", "semicolon") },
		"slug":      slug,
		"gathered":  p.gathered,
		"link":      link,
		"pieces":    pieces,
		"css":       func() template.CSS { return style },
		"js":        func() template.JS { return template.JS(script) },
		"policy":    func() string { return policy(script) },
		"bytes":     func(n int64) string { return l.Count(athar.Num(n)) },
		"verdict":   func(v any) string { return l.Value(v, "") },
	}).ParseFS(files, "page.html", "first.html", "where.html", "hotspots.html", "spacetime.html")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return err
	}
	_, err = w.Write(unisolated(b.Bytes()))
	return err
}

// unisolated takes the isolates away from plain numbers that stand between Arabic
// words: they change nothing there, and there are tens of thousands. A number is left
// alone beside anything but Arabic letters, spaces, brackets, stops, the beginning of
// a cell and the ends of the text.
func unisolated(page []byte) []byte { return plainNumber.ReplaceAll(page, []byte("$1$2$3")) }

var plainNumber = regexp.MustCompile("(\\p{Arabic} ?\\(?|<td>)(?:\u2068|<bdi>)([0-9]+(?:\u202f[0-9]+)*(?:\\.[0-9]+)?)(?:\u2069|</bdi>)( \\p{Arabic}|[).؛،<])")

// policy is what a browser may do with the page: draw what is in it and run this
// one script, known by its hash. Nothing is fetched, and no other script runs, not
// even one that a text of the study should smuggle in.
func policy(script []byte) string {
	sum := sha256.Sum256(script)
	return "default-src 'none'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
}

// Citation says in one line what a figure taken from the page comes from.
func (p *page) Citation() string {
	return p.plain("page.citation", "title", p.Study.Title, "source", p.SourceLine(), "span", p.Coverage, "version", p.Manifest.Version)
}

// Digits are the ten digits as the language writes them.
func (p *page) Digits() string {
	var b strings.Builder
	for n := range 10 {
		b.WriteString(p.Lang.Count(athar.Num(n)))
	}
	return b.String()
}

// page is the report with what the template asks of it.
type page struct {
	*athar.Report
	Lang     *text.Language
	Editions []EditionLink

	anchors  map[string]string // finding id -> element id
	names    map[string]athar.Names
	areas    map[string]athar.MapArea
	areaAt   map[string]int // place in the report's list of areas
	base     *base          // made when first asked for
	smallest float64        // smallest effect of interest as a ratio; NaN if not declared
}

// EditionLink leads to the same brief in another language, named in that language.
type EditionLink struct{ Code, Dir, File, Name string }

func newPage(r *athar.Report, l *text.Language) *page {
	p := &page{Report: r, Lang: l, anchors: map[string]string{}, names: map[string]athar.Names{},
		areas: map[string]athar.MapArea{}, areaAt: map[string]int{}, smallest: nan}
	anchor := func(list []athar.Finding) {
		for _, f := range list {
			if _, twice := p.anchors[f.ID]; !twice {
				p.anchors[f.ID] = "f" + strconv.Itoa(len(p.anchors)+1)
			}
		}
	}
	for _, c := range r.Campaigns {
		anchor(c.Findings)
		p.names[c.Campaign.ID] = c.Campaign.Name
	}
	if r.Pooled != nil {
		anchor(r.Pooled.Findings)
	}
	for _, t := range r.Totals {
		anchor(t.Findings)
		p.names[t.ID] = t.Name
	}
	for k, a := range r.Map.Areas {
		p.areas[a.Code], p.areaAt[a.Code] = a, k
	}
	for _, c := range r.Study.Choices {
		if c.Name == "smallest_effect" {
			if v, err := strconv.ParseFloat(c.Value, 64); err == nil && v > 1 {
				p.smallest = v
			}
		}
	}
	return p
}

// t is a sentence of the page, with quantities given as name, value, name, value.
func (p *page) t(code string, args ...any) template.HTML {
	return p.Lang.Say(code, named(args)).HTML()
}

// plain is the same as text without markup.
func (p *page) plain(code string, args ...any) string {
	return p.Lang.Say(code, named(args)).String()
}

// note is the sentence of a note. Campaigns, methods, models and versions that it
// has by id are named.
func (p *page) note(n athar.Note) text.Sentence {
	args := maps.Clone(n.Args)
	if ids, ok := args["campaigns"].(string); ok {
		var names []string
		for _, id := range strings.Split(ids, ", ") {
			names = append(names, p.CampaignName(id))
		}
		args["campaigns"] = names
	}
	if m, ok := args["method"].(string); ok {
		args["method"] = p.Method(m)
	}
	for _, k := range []string{"model", "baseline"} {
		if m, ok := args[k].(string); ok {
			args[k] = p.model(m)
		}
	}
	if s, ok := args["spec"].(string); ok {
		args["spec"] = p.spec(s)
	}
	n.Args = args
	return p.Lang.Note(n)
}

// verdict is a headline word as the reader's language writes it.
func (p *page) verdict(v athar.Verdict) string {
	if key := slug(v); p.Lang.Has("verdict." + key) {
		return p.Lang.Word("verdict", key)
	}
	return string(v)
}

func named(args []any) map[string]any {
	m := map[string]any{}
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i].(string)] = args[i+1]
	}
	return m
}

// slug makes a class name or key of a word of the vocabulary: "NO MATERIAL
// CHANGE" is no-material-change.
func slug(v any) string {
	s := ""
	switch x := v.(type) {
	case string:
		s = x
	case athar.Verdict:
		s = string(x)
	case athar.Outcome:
		s = string(x)
	case athar.Status:
		s = string(x)
	case athar.Reading:
		s = string(x)
	case athar.SignatureID:
		s = string(x)
	}
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.TrimSuffix(b.String(), "-")
}

// link returns s if it is an address that a reader may follow, "" otherwise.
func link(s string) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return u.String()
}

// Piece is a stretch of a text, with the address that it is, if it is one.
type Piece struct{ Text, URL string }

// pieces finds the addresses in a text.
func pieces(s string) []Piece {
	var out []Piece
	for i, word := range strings.Fields(s) {
		if i > 0 {
			out = append(out, Piece{Text: " "})
		}
		out = append(out, Piece{word, link(word)})
	}
	return out
}

// where names the place that a finding is about, for tables.
func (p *page) where(f athar.Finding, rings []athar.Ring) string {
	if f.Question == athar.AskRing {
		return p.ringName(athar.Role(f.Ring), rings)
	}
	return p.Lang.Word("question", string(f.Question))
}

// ringName is a role as the reader calls it: "0 to 25 km".
func (p *page) ringName(role athar.Role, rings []athar.Ring) string {
	switch {
	case role == athar.Inside:
		return p.Lang.Word("role", "inside")
	case role == athar.Far:
		return p.Lang.Word("role", "far")
	case role == athar.LeftOut:
		return p.Lang.Word("role", "left-out")
	case int(role) <= len(rings):
		r := rings[role-1]
		return p.plain("role.band", "from", r.From, "to", r.To)
	}
	return p.plain("role.ring", "k", int(role))
}

// InTotal gives the checks of a total the sentences that fit one: those whose
// code has a second sentence under code-total.
func (p *page) InTotal(list []athar.Guard) []athar.Guard {
	out := slices.Clone(list)
	for i := range out {
		if code := out[i].Says.Code + "-total"; p.Lang.Has("note." + code) {
			out[i].Says.Code = code
		}
	}
	return out
}

// Dates writes an interval of days in which something began or ended.
func (p *page) Dates(s athar.Span) template.HTML {
	if s.First == s.Last {
		return p.t("campaign.on", "date", s.First)
	}
	return p.t("campaign.between", "span", p.Lang.Dated(s))
}

// CampaignName is the name of a campaign by its id.
func (p *page) CampaignName(id string) string {
	if n, ok := p.names[id]; ok {
		return p.Lang.Name(n)
	}
	return id
}
