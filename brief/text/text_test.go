package text

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode"

	"athar"
)

func english(t testing.TB) *Language {
	t.Helper()
	l, err := Load("en")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func day(s string) athar.Day {
	d, err := athar.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestNumbers(t *testing.T) {
	l := english(t)
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		kind string
		v    any
		want string
	}{
		{"ratio", 0.81, "0.81"}, {"ratio", 0.806, "0.81"}, {"ratio", 0.0449, "0.045"}, {"ratio", 0.0949, "0.095"}, {"ratio", 0.0996, "0.10"},
		{"ratio", 0.00123, "0.0012"}, {"ratio", 0.0004, "<0.001"}, {"ratio", 0.0, "0"}, {"ratio", 1.0, "1.00"}, {"ratio", 12.04, "12.0"}, {"ratio", 260.7, "261"},
		{"ratio", 90629.0, ">1\u202f000"}, {"ratio", nan, "–"}, {"ratio", inf, "∞"}, {"ratio", nil, "–"},
		{"p", 0.0004, "<0.001"}, {"p", 0.0357, "0.036"}, {"p", 0.0999, "0.10"}, {"p", 0.48, "0.48"}, {"p", 1.0, "1.00"}, {"p", nan, "–"},
		{"count", 106274, "106\u202f274"}, {"count", 5981, "5\u202f981"}, {"count", 999, "999"}, {"count", athar.Num(-1200), "−1\u202f200"}, {"count", nan, "–"},
		{"number", 17.2, "17.2"}, {"number", 17.0, "17"}, {"number", 0.04, "<0.1"}, {"number", 0.06, "0.1"}, {"number", 0, "0"}, {"number", 151.3, "151"}, {"number", -inf, "−∞"},
		{"signed", 3.14, "+3.1"}, {"signed", -12, "−12"}, {"signed", 0, "0"}, {"signed", -0.04, "0"}, {"signed", 0.04, "0"}, {"signed", inf, "+∞"}, {"signed", nan, "–"},
		{"level", 0.0812, "0.081"}, {"level", 5.123, "5.12"}, {"level", -36.52, "−36.5"}, {"level", 1214.2, "1\u202f214"}, {"level", -0.0004, "0"}, {"level", nan, "–"}, {"level", inf, "∞"},
		{"change", 0.12, "+0.12"}, {"change", -0.12, "−0.12"}, {"change", 0.0001, "0"}, {"change", inf, "+∞"}, {"change", -inf, "−∞"}, {"change", nan, "–"},
		{"percent", 0.614, "61%"}, {"percent", 0.004, "0.4%"}, {"percent", 0.0, "0%"}, {"fewer", 0.54, "46%"}, {"more", 1.2, "20%"},
		{"km", athar.Num(25), "25"}, {"", 3, "3"}, {"", 2.5, "2.5"}, {"", true, "yes"}, {"", "as it is", "as it is"},
		{"", []string{"a", "b"}, "a, b"}, {"date", day("2020-09-25"), "25 September 2020"}, {"date", "2020-09-25", "25 September 2020"},
		{"month", day("2020-09-25"), "September 2020"}, {"name", athar.Names{En: "Iraq", Ar: "العراق"}, "Iraq"}, {"", athar.Names{Ar: "العراق"}, "العراق"},
		{"", map[string]any{"en": "Iraq", "ar": "العراق"}, "Iraq"}, {"word", "during", "during"}, {"word", "unheard of", "unheard of"},
		{"word", athar.Post, "after"},
	} {
		if got := l.Value(c.v, c.kind); got != c.want {
			t.Errorf("%v as %q: %q, want %q", c.v, c.kind, got, c.want)
		}
	}
}

func TestSpans(t *testing.T) {
	l := english(t)
	for _, c := range []struct{ first, last, want string }{
		{"2020-06-04", "2020-06-04", "4 June 2020"},
		{"2020-06-04", "2020-06-10", "4 to 10 June 2020"},
		{"2020-09-21", "2020-10-13", "21 September to 13 October 2020"},
		{"2019-12-21", "2020-01-03", "21 December 2019 to 3 January 2020"},
		{"2020-02-01", "2020-02-29", "February 2020"},
		{"2020-02-01", "2020-03-31", "February to March 2020"},
		{"2019-12-01", "2020-01-31", "December 2019 to January 2020"},
		{"2020-02-01", "2020-02-28", "1 to 28 February 2020"},
	} {
		if got := l.Span(athar.Span{First: day(c.first), Last: day(c.last)}); got != c.want {
			t.Errorf("%s to %s: %q, want %q", c.first, c.last, got, c.want)
		}
	}
}

const tiny = `
# a language of its own
[language]
dir = rtl
plural = zero-one-two-few-many-other
decimal = ٫
percent = ٪
missing = -
comma = ،

[note]
events = {n} {n:plural حدثا|حدث|حدثان|أحداث|حدثا|حدث}
long = one {a}
	two {b:ratio}
end = it needs {x}.
`

func TestALanguageIsAFile(t *testing.T) {
	l, err := parse("ar", tiny)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]string{0: "0 حدثا", 1: "1 حدث", 2: "2 حدثان", 3: "3 أحداث", 10: "10 أحداث", 11: "11 حدثا", 99: "99 حدثا", 100: "100 حدث", 102: "102 حدث", 103: "103 أحداث"} {
		if got := l.Note(athar.Note{Code: "events", Args: map[string]any{"n": n}}).text(); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	if l.Dir != "rtl" || l.Ratio(0.81) != "0٫81" || l.Percent(0.5) != "50٪" {
		t.Errorf("%s %s %s", l.Dir, l.Ratio(0.81), l.Percent(0.5))
	}
	if got := l.Name(athar.Names{En: "Iraq", Ar: "العراق"}); got != "العراق" {
		t.Errorf("name %q", got)
	}
}

func TestSentences(t *testing.T) {
	l, err := parse("xx", strings.Replace(tiny, "rtl", "ltr", 1))
	if err != nil {
		t.Fatal(err)
	}
	say := func(code string, args map[string]any) string {
		return l.Note(athar.Note{Code: code, Args: args}).String()
	}
	for _, c := range []struct{ got, want string }{
		{say("long", map[string]any{"a": "x", "b": 0.5}), "one x two 0٫50"},
		{say("long", nil), "one - two -"},
		{say("end", map[string]any{"x": "a list."}), "it needs a list."},
		{say("end", map[string]any{"x": "a list"}), "it needs a list."},
		{say("unheard-of", map[string]any{"n": 2, "at": day("2020-01-01"), "b": athar.Num(math.NaN())}), "unheard-of: at 1 1 2020, b -, n 2"},
		{say("unheard-of", nil), "unheard-of"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	s := l.Note(athar.Note{Code: "end", Args: map[string]any{"x": `<b>"&`}})
	if got, want := string(s.HTML()), `it needs &lt;b&gt;&#34;&amp;.`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestBadCatalogues(t *testing.T) {
	for file, want := range map[string]string{
		"key = text":                         "xx.txt:1: is neither",
		"[a]\nno equals":                     "xx.txt:2: is neither",
		"[a]\n  continues":                   "xx.txt:2: continues no sentence",
		"[a]\nk = 1\nk = 2":                  "xx.txt:3: a.k stands twice",
		"[a]\nk = {n":                        "xx.txt:2: a.k: a { without }",
		"[a]\nk = {n:furlong}":               `xx.txt:2: a.k: unknown kind "furlong" of {n}`,
		"[a]\nk = v":                         "needs dir",
		"[language]\ndir = up\nplural = one": "needs dir",
	} {
		if _, err := parse("xx", file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", file, err, want)
		}
	}
}

// TestLanguagesSayTheSame checks that all catalogues have the same keys and
// that their sentences ask for the same quantities.
func TestLanguagesSayTheSame(t *testing.T) {
	en := english(t)
	names := func(l *Language, key string) []string {
		out := l.Placeholders(key)
		slices.Sort(out)
		return slices.Compact(out)
	}
	if len(Languages()) < 2 {
		t.Fatal("only one catalogue")
	}
	for _, code := range Languages() {
		l, err := Load(code)
		if err != nil {
			t.Fatal(err)
		}
		for key := range en.sentences {
			switch section, _, _ := strings.Cut(key, "."); {
			case section == "country": // each lists those that it writes otherwise
			case !l.Has(key):
				t.Errorf("%s.txt lacks %s", code, key)
			case !slices.Equal(names(l, key), names(en, key)):
				t.Errorf("%s.txt: %s asks for %v, the English for %v", code, key, names(l, key), names(en, key))
			}
		}
		for key := range l.sentences {
			if section, _, _ := strings.Cut(key, "."); section != "country" && !en.Has(key) {
				t.Errorf("%s.txt has %s, the English does not", code, key)
			}
		}
	}
}

// TestFormsOfANumber checks that a word beside a number has a form for every class,
// so that no language falls back on another class's form.
func TestFormsOfANumber(t *testing.T) {
	for code, classes := range map[string]int{"en": 2, "ar": 6} {
		l, err := Load(code)
		if err != nil {
			t.Fatal(err)
		}
		for key, pieces := range l.sentences {
			for _, p := range pieces {
				if p.kind != "plural" && p.kind != "counted" {
					continue
				}
				forms := strings.Split(p.rest, "|")
				if len(forms) != classes || slices.Contains(forms, "") {
					t.Errorf("%s.txt: %s: {%s} has the forms %q, want %d", code, key, p.name, forms, classes)
				}
				if p.kind == "counted" && !strings.Contains(forms[len(forms)-1], "#") {
					t.Errorf("%s.txt: %s: the last form of {%s} has no number", code, key, p.name)
				}
			}
		}
	}
}

func load(t *testing.T, tag string) *Language {
	t.Helper()
	l, err := Load(tag)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestArabicCountsItsNouns(t *testing.T) {
	l := load(t, "ar")
	for n, want := range map[any]string{0: "لا حدث", 1: "حدث واحد", 2: "حدثان", 3: "3 أحداث", 10: "10 أحداث", 11: "11 حدثًا", 99: "99 حدثًا", 100: "100 حدث",
		101: "101 حدث", 102: "102 حدث", 103: "103 أحداث", 111: "111 حدثًا", 17.2: "17.2 حدث", 1234: "1\u202f234 حدثًا"} {
		says := l.Note(athar.Note{Code: "guard-few-events-quiet-total", Args: map[string]any{"pre": n, "during": 5}}).text()
		if want = unmarked(want); !strings.HasPrefix(says, "في المجموع "+want+" قبل") {
			t.Errorf("%v: %s, want %s", n, says, want)
		}
	}
}

func TestArabicNumbers(t *testing.T) {
	latin, arabic := load(t, "ar"), load(t, "ar-u-nu-arab")
	for _, c := range []struct {
		kind          string
		v             any
		latin, arabic string
	}{
		{"ratio", 0.81, "0.81", "٠٫٨١"}, {"ratio", 0.0004, "دون 0.001", "دون ٠٫٠٠١"}, {"ratio", 90629.0, "فوق 1\u202f000", "فوق ١٬٠٠٠"},
		{"count", 106274, "106\u202f274", "١٠٦٬٢٧٤"}, {"percent", 0.614, "61%", "\u061c٦١٪"}, {"percent", -0.614, "\u200e−61%", "\u061c−٦١٪"},
		{"signed", -12, "\u200e−12", "\u061c−١٢"}, {"signed", 3.14, "\u200e+3.1", "\u061c+٣٫١"}, {"p", 0.036, "0.036", "٠٫٠٣٦"},
		{"date", day("2020-09-25"), "25 أيلول 2020", "٢٥ أيلول ٢٠٢٠"}, {"month", day("2020-01-25"), "كانون الثاني 2020", "كانون الثاني ٢٠٢٠"},
		{"", []string{"a", "b"}, "a، b", "a، b"},
	} {
		if got := latin.Value(c.v, c.kind); got != c.latin {
			t.Errorf("%v as %q: %q, want %q", c.v, c.kind, got, c.latin)
		}
		if got := arabic.Value(c.v, c.kind); got != c.arabic {
			t.Errorf("%v as %q in Arabic digits: %q, want %q", c.v, c.kind, got, c.arabic)
		}
	}
	if got := arabic.Word("column", "interval"); got != "مجال الثقة ٩٥٪" {
		t.Errorf("a number in a text: %q", got)
	}
	for _, key := range []string{"inference.cr2", "column.hash", "reference.wdd", "reference.did"} {
		if got := arabic.Say(key, nil).String(); got != latin.Say(key, nil).String() {
			t.Errorf("%s: a name in Latin letters became %q", key, got)
		}
	}
	for key := range arabic.sentences {
		if s := arabic.Say(key, nil).String(); strings.ContainsAny(s, "0123456789") && !strings.HasPrefix(key, "reference.") && !strings.ContainsAny(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
			t.Errorf("%s keeps Latin digits: %s", key, s)
		}
	}
}

func TestHijriDates(t *testing.T) {
	// 8 Safar 1442 AH began on the evening before 25 September 2020 (tables of ICU, islamic-umalqura).
	for tag, want := range map[string]string{
		"en-u-ca-islamic-umalqura":         "25 September 2020 (8 Safar 1442 AH)",
		"ar-u-ca-islamic-umalqura":         "25 أيلول 2020 (8 صفر 1442 هـ)",
		"ar-u-nu-arab-ca-islamic-umalqura": "٢٥ أيلول ٢٠٢٠ (٨ صفر ١٤٤٢ هـ)",
	} {
		if got := load(t, tag).Date(day("2020-09-25")); got != want {
			t.Errorf("%s: %s, want %s", tag, got, want)
		}
	}
	l := load(t, "ar-u-ca-islamic-umalqura")
	s := athar.Span{First: day("2020-06-04"), Last: day("2020-06-10")}
	if got, want := l.Dated(s), "4 إلى 10 حزيران 2020 (12 شوال 1441 هـ إلى 18 شوال 1441 هـ)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := l.Span(s); got != "4 إلى 10 حزيران 2020" {
		t.Errorf("a row of a table: %s", got)
	}
	if got := l.Date(day("1900-01-01")); got != "1 كانون الثاني 1900" {
		t.Errorf("before the calendar's tables: %s", got)
	}
	for _, tag := range []string{"ar-u-nu-latin", "ar-u-", "ar-arab", "ar-u-ca-hebrew"} {
		if _, err := Load(tag); err == nil && tag != "ar-u-" {
			t.Errorf("%s was taken", tag)
		}
	}
}

// TestQuantitiesAreIsolated checks that in Arabic no number or name can change places
// with what stands beside it, in markup and in plain text.
func TestQuantitiesAreIsolated(t *testing.T) {
	s := load(t, "ar").Say("figure.ratio", map[string]any{"rr": 0.54, "low": 0.17, "high": 1.81})
	if got, want := s.String(), "\u20680.54\u2069 (من \u20680.17\u2069 إلى \u20681.81\u2069)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := string(s.HTML()), "<bdi>0.54</bdi> (من <bdi>0.17</bdi> إلى <bdi>1.81</bdi>)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	// A value that is itself made of isolated ones has no letter to tell its direction.
	list := load(t, "ar").Say("page.caution-fired", map[string]any{"list": []string{"\u2068أ\u2069 (\u20681\u2069)", "\u2068ب\u2069 (\u20682\u2069)"}})
	if !strings.Contains(list.String(), "\u2067\u2068أ") || !strings.Contains(string(list.HTML()), `<bdi dir="rtl">`) {
		t.Errorf("%q and %s", list.String(), list.HTML())
	}
}

// TestNumbersHaveAWordBetween checks the Arabic sentences for two quantities with
// nothing but signs between them: what reads text out of a PDF, or shows it without
// isolation, takes such a pair for one stretch and turns it around.
func TestNumbersHaveAWordBetween(t *testing.T) {
	quantity := []string{"count", "number", "signed", "ratio", "level", "change", "p", "percent", "fewer", "more", "km"}
	l := load(t, "ar")
	for key, pieces := range l.sentences {
		for i := 2; i < len(pieces); i++ {
			if slices.Contains(quantity, pieces[i-2].kind) && slices.Contains(quantity, pieces[i].kind) && pieces[i-1].name == "" &&
				!strings.ContainsFunc(pieces[i-1].text, unicode.IsLetter) {
				t.Errorf("%s: {%s} and {%s} have no word between them", key, pieces[i-2].name, pieces[i].name)
			}
		}
	}
}

func FuzzNote(f *testing.F) {
	f.Add("guard-surge", "z", 1.5)
	f.Add("", "", math.Inf(-1))
	l := english(f)
	codes := l.Keys("note")
	f.Fuzz(func(t *testing.T, code, key string, v float64) {
		for _, code := range append([]string{code}, codes...) {
			s := l.Note(athar.Note{Code: code, Args: map[string]any{key: v, "n": v, "names": key, "campaigns": key}})
			if strings.Contains(string(s.HTML()), "<script") {
				t.Fatal("markup went through")
			}
		}
	})
}
