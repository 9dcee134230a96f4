// Package text holds the sentences of the brief: a message catalogue per
// language, and the one way of writing a number, a date or a name in it.
//
// The package thinks that a result is a code with quantities, never a string:
// methods emit an [athar.Note], and only here does it become a sentence. A new
// language is a new catalogue file; nothing in the code knows an English word.
// A code without a sentence is printed as the code with its quantities, because
// a reader must never lose a statement to a missing translation.
//
// # The catalogue
//
// A catalogue is a text file. A line "[section]" opens a section, "key =
// sentence" adds a sentence to it, "#" opens a comment, and a line that starts
// with white space continues the sentence above. A sentence holds placeholders:
//
//	{n}              the quantity n, written by its type
//	{n:ratio}        the quantity n, written as a ratio; see [Language.Value]
//	{n:plural a|b}   the word for n things, one form per plural class
//	{n:counted a|b}  the same with the number where a form has #: a language
//	                 that says two things by the word alone writes no number
//	{phase:word}     the sentence word.<phase> of the catalogue
package text

import (
	"embed"
	"fmt"
	"html/template"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"athar"
)

//go:embed *.txt
var files embed.FS

// Language is one catalogue, with the way its numbers and dates are written.
type Language struct {
	Code string // en, ar
	Dir  string // ltr or rtl

	arabic    bool // numbers in Arabic digits
	hijri     bool // Hijri dates beside Gregorian ones
	sentences map[string][]piece
	keys      map[string][]string // by section, in the order of the file
	plural    func(n int) int
}

// piece is literal text or a placeholder.
type piece struct {
	text string // literal, if name is empty
	name string
	kind string
	rest string // what follows the kind: the plural forms
}

// Part is a stretch of a sentence. Value marks quantities and names, which are
// isolated in bidirectional text: by an element in HTML, and in plain text by
// the characters for it, if the sentence runs from right to left.
type Part struct {
	Text  string
	Value bool

	rtl bool
}

// The characters that isolate a stretch (Unicode Standard Annex 9): one whose direction
// is that of its first letter, and one that runs from right to left.
const (
	isolate      = "\u2068"
	isolateRight = "\u2067"
	popIsolate   = "\u2069"
)

// Sentence is a sentence in its parts.
type Sentence []Part

// plurals are the plural classes of CLDR for each rule that a catalogue may name.
var plurals = map[string]func(n int) int{
	"one-other": func(n int) int {
		if n == 1 {
			return 0
		}
		return 1
	},
	"zero-one-two-few-many-other": func(n int) int {
		switch m := n % 100; {
		case n <= 2:
			return n
		case m >= 3 && m <= 10:
			return 3
		case m >= 11:
			return 4
		}
		return 5
	},
}

var loaded sync.Map

// Load returns the catalogue of a language by its tag: "en", "ar". A tag may ask
// for more in the way of BCP 47 (Unicode Technical Standard 35):
// "ar-u-nu-arab" writes numbers in Arabic digits, "-u-ca-islamic-umalqura" Hijri
// dates beside Gregorian ones; "-u-nu-arab-ca-islamic-umalqura" is both.
func Load(tag string) (*Language, error) {
	if l, ok := loaded.Load(tag); ok {
		return l.(*Language), nil
	}
	code, extension, _ := strings.Cut(tag, "-u-")
	b, err := files.ReadFile(code + ".txt")
	if err != nil {
		return nil, fmt.Errorf("no texts for language %q; there are: %s", tag, strings.Join(Languages(), ", "))
	}
	l, err := parse(code, string(b))
	if err != nil {
		return nil, err
	}
	if err := l.extend(extension); err != nil {
		return nil, fmt.Errorf("language %q: %w", tag, err)
	}
	loaded.Store(tag, l)
	return l, nil
}

// Languages lists the codes of the catalogues.
func Languages() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // the catalogues are embedded
	}
	out := make([]string, len(entries))
	for i, e := range entries {
		out[i] = strings.TrimSuffix(e.Name(), ".txt")
	}
	return out
}

// extend reads what follows -u- in a tag.
func (l *Language) extend(extension string) error {
	switch extension {
	case "":
	case "nu-latn":
	case "nu-arab":
		l.arabic = true
	case "ca-islamic-umalqura":
		l.hijri = true
	case "nu-arab-ca-islamic-umalqura", "ca-islamic-umalqura-nu-arab":
		l.arabic, l.hijri = true, true
	default:
		return fmt.Errorf("%q is not one of nu-arab, nu-latn, ca-islamic-umalqura", extension)
	}
	if !l.arabic {
		return nil
	}
	for key, pieces := range l.sentences {
		if strings.HasPrefix(key, "reference.") {
			continue // written as their publishers write them
		}
		for i := range pieces {
			pieces[i].text = arabicText(strings.ReplaceAll(pieces[i].text, latinMark, ""))
			pieces[i].rest = arabicText(strings.ReplaceAll(pieces[i].rest, latinMark, ""))
		}
	}
	l.sentences["language.decimal"] = []piece{{text: "٫"}}
	l.sentences["language.percent"] = []piece{{text: "٪"}}
	return nil
}

func parse(code, file string) (*Language, error) {
	l := &Language{Code: code, sentences: map[string][]piece{}, keys: map[string][]string{}}
	section, last := "", ""
	raw := map[string]string{}
	at := map[string]int{}
	for i, line := range strings.Split(file, "\n") {
		trimmed := strings.TrimSpace(line)
		bad := func(what string) error { return fmt.Errorf("%s.txt:%d: %s", code, i+1, what) }
		switch {
		case trimmed == "" || trimmed[0] == '#':
		case line[0] == ' ' || line[0] == '\t':
			if last == "" {
				return nil, bad("continues no sentence")
			}
			raw[last] += " " + trimmed
		case trimmed[0] == '[' && strings.HasSuffix(trimmed, "]"):
			section, last = trimmed[1:len(trimmed)-1], ""
		default:
			key, sentence, ok := strings.Cut(trimmed, "=")
			key = strings.TrimSpace(key)
			if !ok || key == "" || section == "" {
				return nil, bad("is neither a section nor key = sentence")
			}
			last = section + "." + key
			if _, twice := raw[last]; twice {
				return nil, bad(last + " stands twice")
			}
			raw[last], at[last] = strings.TrimSpace(sentence), i+1
			l.keys[section] = append(l.keys[section], key)
		}
	}
	for key, sentence := range raw {
		if raw["language.dir"] == "rtl" {
			sentence = percents.ReplaceAllString(unmarked(sentence), latinMark+"$0")
		}
		p, err := cut(sentence)
		if err != nil {
			return nil, fmt.Errorf("%s.txt:%d: %s: %w", code, at[key], key, err)
		}
		l.sentences[key] = p
	}
	l.Dir = raw["language.dir"]
	l.plural = plurals[raw["language.plural"]]
	if l.plural == nil || l.Dir != "ltr" && l.Dir != "rtl" {
		return nil, fmt.Errorf("%s.txt: section [language] needs dir = ltr or rtl and plural = one of %s",
			code, strings.Join(slices.Sorted(maps.Keys(plurals)), ", "))
	}
	return l, nil
}

// percents are the percentages that a sentence writes itself; after an Arabic letter the
// sign would go to the other side of the number.
var percents = regexp.MustCompile(`[0-9.]+%`)

// unmarked is an Arabic text without vowel marks. They help who writes the catalogue; a
// brief is printed without them, as newspapers are, because words with marks come
// apart when they are copied from a PDF.
func unmarked(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '\u064b' && r <= '\u0652' {
			return -1
		}
		return r
	}, s)
}

// cut splits a sentence into literal text and placeholders.
func cut(s string) ([]piece, error) {
	var out []piece
	for s != "" {
		open := strings.IndexByte(s, '{')
		if open < 0 {
			return append(out, piece{text: s}), nil
		}
		if open > 0 {
			out = append(out, piece{text: s[:open]})
		}
		shut := strings.IndexByte(s[open:], '}')
		if shut < 0 {
			return nil, fmt.Errorf("a { without }")
		}
		name, kind, _ := strings.Cut(s[open+1:open+shut], ":")
		kind, rest, _ := strings.Cut(kind, " ")
		if kind != "" && !slices.Contains(kinds, kind) {
			return nil, fmt.Errorf("unknown kind %q of {%s}", kind, name)
		}
		out = append(out, piece{name: name, kind: kind, rest: rest})
		s = s[open+shut+1:]
	}
	return out, nil
}

// Hijri reports whether Hijri dates stand beside Gregorian ones.
func (l *Language) Hijri() bool { return l.hijri }

// Has reports whether the catalogue has a sentence "section.key".
func (l *Language) Has(code string) bool { return l.sentences[code] != nil }

// Keys lists the keys of a section in the order of the catalogue.
func (l *Language) Keys(section string) []string { return l.keys[section] }

// Placeholders lists the names that a sentence asks for.
func (l *Language) Placeholders(code string) []string {
	var out []string
	for _, p := range l.sentences[code] {
		if p.name != "" {
			out = append(out, p.name)
		}
	}
	return out
}

// Say is the sentence "section.key" with its quantities.
func (l *Language) Say(code string, args map[string]any) Sentence {
	pieces, ok := l.sentences[code]
	if !ok {
		return l.bare(code, args)
	}
	var out Sentence
	for _, p := range pieces {
		if p.name == "" {
			literal := p.text
			if n := len(out); n > 0 && strings.HasSuffix(out[n-1].Text, ".") {
				literal = strings.TrimPrefix(literal, ".") // a name or sentence that brings its own full stop
			}
			out = append(out, l.literal(literal))
			continue
		}
		v, ok := args[p.name]
		switch {
		case !ok:
			out = append(out, l.value(l.missing()))
		case p.kind == "plural":
			out = append(out, l.literal(l.form(v, p.rest)))
		case p.kind == "counted":
			before, after, number := strings.Cut(l.form(v, p.rest), "#")
			out = append(out, l.literal(before))
			if number {
				out = append(out, l.value(l.Value(v, "")), l.literal(after))
			}
		default:
			if s, ok := v.(Sentence); ok {
				out = append(out, s...)
				continue
			}
			part := l.value(l.Value(v, p.kind))
			part.Value = p.kind != "word"
			out = append(out, part)
		}
	}
	return out
}

// Note is the sentence of a note: "note.<code>".
func (l *Language) Note(n athar.Note) Sentence {
	if !l.Has("note." + n.Code) {
		return l.bare(n.Code, n.Args)
	}
	return l.Say("note."+n.Code, n.Args)
}

// Word is a term of the catalogue's section, or the term itself where the
// catalogue does not list it.
func (l *Language) Word(section, term string) string {
	if p, ok := l.sentences[section+"."+term]; ok && len(p) == 1 {
		return p[0].text
	}
	return term
}

func (l *Language) literal(s string) Part { return Part{Text: s, rtl: l.Dir == "rtl"} }

func (l *Language) value(s string) Part { return Part{Text: s, Value: true, rtl: l.Dir == "rtl"} }

// bare is what stands for a code without a sentence.
func (l *Language) bare(code string, args map[string]any) Sentence {
	out := Sentence{l.value(code)}
	for i, k := range slices.Sorted(maps.Keys(args)) {
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		out = append(out, l.literal(sep+k+" "), l.value(l.Value(args[k], "")))
	}
	return out
}

// form picks the plural form for n.
func (l *Language) form(v any, forms string) string {
	list := strings.Split(forms, "|")
	n, ok := number(v)
	if !ok || n != float64(int(n)) || n < 0 {
		return list[len(list)-1]
	}
	return list[min(l.plural(int(n)), len(list)-1)]
}

// String is the plain text. In a language that runs from right to left values
// stand between the characters that isolate them.
func (s Sentence) String() string {
	var b strings.Builder
	for _, p := range s {
		if p.Value && p.rtl && p.Text != "" {
			if composed(p.Text) {
				b.WriteString(isolateRight + p.Text + popIsolate)
			} else {
				b.WriteString(isolate + p.Text + popIsolate)
			}
			continue
		}
		b.WriteString(p.Text)
	}
	return b.String()
}

// composed reports whether a value is itself made of isolated values with no letter
// between them, so that nothing in it tells its direction: a list of names with numbers.
func composed(s string) bool {
	depth, isolates := 0, false
	for _, r := range s {
		switch {
		case r >= '\u2066' && r <= '\u2068':
			depth++
			isolates = true
		case r == '\u2069':
			depth--
		case depth == 0 && unicode.IsLetter(r):
			return false
		}
	}
	return isolates
}

// fromRight reports whether a character belongs to a script that runs from right to
// left (Unicode blocks from Hebrew to Arabic Extended-A, presentation forms).
func fromRight(r rune) bool {
	return r >= 0x0590 && r <= 0x08ff || r >= 0xfb1d && r <= 0xfdff || r >= 0xfe70 && r <= 0xfefc
}

// HTML is the sentence with each value in a bdi element; where the language runs
// from left to right, those values that hold a letter from right to left.
func (s Sentence) HTML() template.HTML {
	var b strings.Builder
	for _, p := range s {
		if p.Value && (p.rtl || strings.ContainsFunc(p.Text, fromRight)) {
			tag := "<bdi>"
			if p.rtl && composed(p.Text) {
				tag = `<bdi dir="rtl">`
			}
			b.WriteString(tag + template.HTMLEscapeString(p.Text) + "</bdi>")
		} else {
			b.WriteString(template.HTMLEscapeString(p.Text))
		}
	}
	return template.HTML(b.String())
}
