package text

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"athar"
	"athar/calendar"
)

// The typographic signs of numbers: a thin space that does not break between
// groups of digits, and a true minus.
const (
	thin  = "\u202f"
	minus = "\u2212"
	// arabicMark makes what follows it run from right to left, as signs beside
	// Arabic digits do.
	arabicMark = "\u061c"
	// latinMark keeps the sign of a number in Latin digits before it, whatever
	// the direction of the text around it.
	latinMark = "\u200e"
)

// kinds are the ways in which a placeholder may ask for its quantity.
var kinds = []string{"count", "number", "signed", "ratio", "level", "change", "p", "percent", "fewer", "more", "km",
	"date", "month", "span", "name", "word", "list", "plural", "counted", "text"}

// Value writes a quantity. The kinds are
//
//	count    an integer in groups of three digits: 106 274
//	number   one decimal below 100: 17.2; <0.1 where that would be 0
//	signed   number with its sign: +3.1, −12
//	ratio    two decimals, two significant digits below 0.1: 0.81, 0.045
//	level    about three significant digits, at most three decimals: 0.081, 5.12, −36.5, 214
//	change   level with its sign: +0.12
//	p        three decimals, <0.001 below
//	percent  a share as per cent: 0.614 is 61%
//	fewer    a ratio below 1 as the fall: 0.54 is 46%
//	more     a ratio above 1 as the rise: 1.2 is 20%
//	km       whole kilometres
//	date     25 September 2020;  month  September 2020;  span  two dates
//	name     the name in this language;  word  a term of the section [word]
//	list     strings, joined
//
// Without a kind the type decides. Missing numbers are written as a dash.
func (l *Language) Value(v any, kind string) string {
	switch kind {
	case "date", "month", "span":
		switch d := v.(type) {
		case athar.Span:
			return l.Span(d)
		case athar.Day:
			return l.day(d, kind)
		case string:
			if day, err := athar.ParseDay(d); err == nil {
				return l.day(day, kind)
			}
			return d
		}
	case "word":
		if s, ok := asString(v); ok {
			return l.Word("word", s)
		}
	}
	switch x := v.(type) {
	case athar.Names:
		return l.Name(x)
	case athar.Day:
		return l.Date(x)
	case athar.Span:
		return l.Span(x)
	case []string:
		return strings.Join(x, l.Word("language", "comma")+" ")
	case bool:
		return l.Word("word", strconv.FormatBool(x))
	case map[string]any: // athar.Names after a way through JSON
		en, _ := x["en"].(string)
		ar, _ := x["ar"].(string)
		return l.Name(athar.Names{En: en, Ar: ar})
	}
	if s, ok := asString(v); ok {
		return l.verdict(s)
	}
	f, ok := number(v)
	if !ok {
		b, _ := json.Marshal(v)
		return string(b)
	}
	n := athar.Num(f)
	switch kind {
	case "count", "km":
		return l.Count(n)
	case "signed":
		return l.Signed(n)
	case "ratio":
		return l.Ratio(n)
	case "level":
		return l.Level(n)
	case "change":
		return l.Change(n)
	case "p":
		return l.P(n)
	case "percent":
		return l.Percent(n)
	case "fewer":
		return l.Percent(1 - n)
	case "more":
		return l.Percent(n - 1)
	}
	return l.Number(n)
}

// verdict writes a headline word of the vocabulary as this language does; other
// strings it leaves.
func (l *Language) verdict(s string) string {
	if s == "" || s != strings.ToUpper(s) {
		return s
	}
	if key := "verdict." + strings.ReplaceAll(strings.ToLower(s), " ", "-"); l.Has(key) {
		return l.Say(key, nil).text()
	}
	return s
}

func asString(v any) (string, bool) {
	switch s := v.(type) {
	case string:
		return s, true
	case athar.Verdict:
		return string(s), true
	case athar.Phase:
		return string(s), true
	case athar.Question:
		return string(s), true
	}
	return "", false
}

// number reads a quantity; missing (null) is NaN.
func number(v any) (float64, bool) {
	switch x := v.(type) {
	case nil:
		return math.NaN(), true
	case int:
		return float64(x), true
	case float64:
		return x, true
	case athar.Num:
		return float64(x), true
	case athar.Role:
		return float64(x), true
	}
	return 0, false
}

func (l *Language) missing() string { return l.Word("language", "missing") }

// special writes the values that have no digits.
func (l *Language) special(n athar.Num) (string, bool) {
	switch f := float64(n); {
	case math.IsNaN(f):
		return l.missing(), true
	case math.IsInf(f, 1):
		return "∞", true
	case math.IsInf(f, -1):
		return minus + "∞", true
	}
	return "", false
}

// digits writes the digits of s as the language writes them.
func (l *Language) digits(s string) string {
	if !l.arabic {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + '٠'
		}
		return r
	}, s)
}

// sign puts a sign before a written number, with the marks that the Unicode locale
// data give for Arabic.
func (l *Language) sign(sign, number string) string {
	switch {
	case l.arabic:
		return arabicMark + sign + number
	case l.Dir == "rtl":
		return latinMark + sign + number
	}
	return sign + number
}

// arabicText writes the numbers of a text in Arabic digits, except those that belong
// to a name in Latin letters, such as CR2.
func arabicText(s string) string {
	r := []rune(s)
	latin := func(i int) bool {
		return i >= 0 && i < len(r) && (r[i] >= 'a' && r[i] <= 'z' || r[i] >= 'A' && r[i] <= 'Z')
	}
	digit := func(i int) bool { return i >= 0 && i < len(r) && r[i] >= '0' && r[i] <= '9' }
	for i := 0; i < len(r); i++ {
		if !digit(i) {
			continue
		}
		end := i
		for digit(end) || (end < len(r) && r[end] == '.' && digit(end+1)) {
			end++
		}
		if !latin(i-1) && !latin(end) && !(i > 1 && r[i-1] == '-' && latin(i-2)) {
			for k := i; k < end; k++ {
				if r[k] == '.' {
					r[k] = '٫'
				} else {
					r[k] += '٠' - '0'
				}
			}
			if end < len(r) && r[end] == '%' {
				r[end] = '٪'
			}
		}
		i = end
	}
	return string(r)
}

// decimal writes f with a number of decimals, grouped, with a true minus.
func (l *Language) decimal(f float64, decimals int) string {
	s := strconv.FormatFloat(math.Abs(f), 'f', decimals, 64)
	whole, fraction, _ := strings.Cut(s, ".")
	group := thin
	if l.arabic {
		group = "٬"
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + group + whole[i:]
	}
	if fraction != "" {
		whole += l.Word("language", "decimal") + fraction
	}
	whole = l.digits(whole)
	if f < 0 && strings.Trim(s, "0.") != "" {
		whole = l.sign(minus, whole)
	}
	return whole
}

// beyond writes a number that is only known to lie below or above another.
func (l *Language) beyond(side string, n string) string {
	return l.Say("language."+side, map[string]any{"n": n}).text()
}

// Count writes an integer in groups of three digits.
func (l *Language) Count(n athar.Num) string {
	if s, ok := l.special(n); ok {
		return s
	}
	return l.decimal(float64(n), 0)
}

// Number writes whole numbers as counts, and others with one decimal below 100.
func (l *Language) Number(n athar.Num) string {
	if s, ok := l.special(n); ok {
		return s
	}
	switch f := float64(n); {
	case f > 0 && f < 0.05:
		return l.beyond("below", l.decimal(0.1, 1))
	case f != math.Trunc(f) && math.Abs(f) < 99.95:
		return l.decimal(f, 1)
	}
	return l.decimal(float64(n), 0)
}

// Signed is Number with a plus sign before positive numbers.
func (l *Language) Signed(n athar.Num) string {
	if f := float64(n); math.Abs(f) < 0.05 {
		return l.decimal(0, 0)
	}
	if n > 0 {
		return l.sign("+", l.Number(n))
	}
	return l.Number(n)
}

// Ratio writes a rate ratio.
func (l *Language) Ratio(n athar.Num) string {
	if s, ok := l.special(n); ok {
		return s
	}
	switch f := float64(n); {
	case f == 0:
		return l.decimal(0, 0)
	case f < 0.001:
		return l.beyond("below", l.decimal(0.001, 3))
	case f < 0.0095:
		return l.decimal(f, 4)
	case f < 0.095:
		return l.decimal(f, 3)
	case f < 9.995:
		return l.decimal(f, 2)
	case f < 99.95:
		return l.decimal(f, 1)
	case f < 999.5:
		return l.decimal(f, 0)
	}
	return l.beyond("above", l.decimal(1000, 0))
}

// Level writes a value on the scale of an indicator, which may be a share, an
// index, a number of areas or kilometres.
func (l *Language) Level(n athar.Num) string {
	if s, ok := l.special(n); ok {
		return s
	}
	f := float64(n)
	switch a := math.Abs(f); {
	case a < 0.0005:
		return l.decimal(0, 0)
	case a < 0.0995:
		return l.decimal(f, 3)
	case a < 9.995:
		return l.decimal(f, 2)
	case a < 99.95:
		return l.decimal(f, 1)
	}
	return l.decimal(f, 0)
}

// Change is Level with a plus sign before positive numbers.
func (l *Language) Change(n athar.Num) string {
	s := l.Level(n)
	if n >= 0.0005 {
		return l.sign("+", s)
	}
	return s
}

// P writes a p-value.
func (l *Language) P(n athar.Num) string {
	if s, ok := l.special(n); ok {
		return s
	}
	switch f := float64(n); {
	case f < 0.001:
		return l.beyond("below", l.decimal(0.001, 3))
	case f < 0.0995:
		return l.decimal(f, 3)
	default:
		return l.decimal(f, 2)
	}
}

// Percent writes a share of 1.
func (l *Language) Percent(n athar.Num) string {
	if s, ok := l.special(n); ok {
		return s
	}
	f, decimals := 100*float64(n), 0
	if a := math.Abs(f); a > 0 && a < 0.95 {
		decimals = 1
	}
	if f < 100 && f >= 99.5 { // nearly all is not all
		return l.beyond("above", l.Percent(.99))
	}
	s := l.decimal(f, decimals) + l.Word("language", "percent")
	if l.arabic && !strings.HasPrefix(s, arabicMark) {
		s = arabicMark + s
	}
	return s
}

// Name is a name in this language, or in the other where it has none.
func (l *Language) Name(n athar.Names) string {
	if l.Code == "ar" && n.Ar != "" || n.En == "" {
		return n.Ar
	}
	return n.En
}

// Other is the code of the language of [Language.OtherName].
func (l *Language) Other() string {
	if l.Code == "ar" {
		return "en"
	}
	return "ar"
}

// OtherName is the name in the other language, "" if there is none.
func (l *Language) OtherName(n athar.Names) string {
	if n.En == "" || n.Ar == "" {
		return ""
	}
	if l.Code == "ar" {
		return n.En
	}
	return n.Ar
}

func (l *Language) day(d athar.Day, kind string) string {
	if kind == "month" {
		return l.Month(d)
	}
	return l.Date(d)
}

func (l *Language) month(d athar.Day) string {
	return l.Word("month", strconv.Itoa(int(d.Time().Month())))
}

// Ordinal writes a number that names a thing: a year, the third campaign.
func (l *Language) Ordinal(n int) string { return l.digits(strconv.Itoa(n)) }

// Date writes 25 September 2020, with the Hijri date after it where the tag of
// the language asks for it.
func (l *Language) Date(d athar.Day) string {
	return l.both(l.gregorian(d), athar.Span{First: d, Last: d})
}

func (l *Language) gregorian(d athar.Day) string {
	t := d.Time()
	return l.Ordinal(t.Day()) + " " + l.month(d) + " " + l.Ordinal(t.Year())
}

// Month writes September 2020.
func (l *Language) Month(d athar.Day) string {
	return l.month(d) + " " + l.Ordinal(d.Time().Year())
}

// both adds the Hijri dates of s to its written Gregorian ones.
func (l *Language) both(date string, s athar.Span) string {
	if !l.hijri {
		return date
	}
	first, ok := l.hijriDate(s.First)
	last, ok2 := l.hijriDate(s.Last)
	if !ok || !ok2 {
		return date
	}
	if s.First != s.Last {
		first = l.Say("language.hijri-span", map[string]any{"first": first, "last": last}).text()
	}
	return l.Say("language.both", map[string]any{"date": date, "hijri": first}).text()
}

func (l *Language) hijriDate(d athar.Day) (string, bool) {
	year, month, day, ok := calendar.Hijri(d)
	if !ok {
		return "", false
	}
	return l.Say("language.hijri", map[string]any{"day": l.Ordinal(day), "month": l.Word("hijri-month", strconv.Itoa(month)), "year": l.Ordinal(year)}).text(), true
}

// Dated is Span with the Hijri dates after it where the tag of the language asks
// for them: for the few dates that a reader looks for, not for every row of a table.
func (l *Language) Dated(s athar.Span) string {
	if s.First == s.Last {
		return l.Date(s.First)
	}
	return l.both(l.Span(s), s)
}

// Span writes two dates as one stretch: 4 to 10 June 2020, 21 September to 13
// October 2020; whole months as months, one day as a day.
func (l *Language) Span(s athar.Span) string {
	if s.First == s.Last {
		return l.gregorian(s.First)
	}
	a, b := s.First.Time(), s.Last.Time()
	args := map[string]any{"first": l.gregorian(s.First), "last": l.gregorian(s.Last), "m1": l.month(s.First), "m2": l.month(s.Last),
		"d1": l.Ordinal(a.Day()), "d2": l.Ordinal(b.Day()), "year": l.Ordinal(b.Year())}
	sameMonth := a.Year() == b.Year() && a.Month() == b.Month()
	code := "language.span"
	switch whole := a.Day() == 1 && (s.Last+1).Time().Day() == 1; {
	case whole && sameMonth:
		return l.Month(s.First)
	case whole && a.Year() == b.Year():
		code = "language.months-in-year"
	case whole:
		args["first"], args["last"] = l.Month(s.First), l.Month(s.Last)
	case sameMonth:
		code = "language.span-in-month"
	case a.Year() == b.Year():
		code = "language.span-in-year"
	}
	return l.Say(code, args).text()
}

// text is the sentence as one value, which is isolated as a whole.
func (s Sentence) text() string {
	var b strings.Builder
	for _, p := range s {
		b.WriteString(p.Text)
	}
	return b.String()
}
