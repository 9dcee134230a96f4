// Package athar is the vocabulary of Athar: the words in which a study of a
// security campaign is stated and answered.
//
// The package thinks that a question about a campaign is a question about
// counts: how many events of one kind an area had in a period, before, during
// and after, inside the campaign's footprint, around it and far from it. The
// smallest things it can name are an event, an area and an organisation; it
// has no word for a person.
//
// Everything else in the module is written in these words: readers produce
// [Event] and [Count], the panel builder arranges them as a [Panel], methods
// turn a panel into an [Effect] or a [Refusal], the verdict turns effects into
// a [Finding], and the brief is made from a [Report] alone. The package
// imports nothing but the standard library.
package athar

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Day is a civil day in the proleptic Gregorian calendar, counted from
// 1970-01-01 (day 0). It has no time zone.
type Day int32

// ParseDay reads "2006-01-02".
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a date of the form 2020-09-25", s)
	}
	return DayOf(t), nil
}

// DayOf returns the civil day of t in t's own location.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Date(y, m, d)
}

// Date returns the day of a Gregorian date; out-of-range months and days roll
// over as in [time.Date].
func Date(y int, m time.Month, d int) Day {
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// Time returns midnight UTC of d.
func (d Day) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// String returns d as 2006-01-02.
func (d Day) String() string { return d.Time().Format(time.DateOnly) }

// MarshalText writes d as 2006-01-02.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 2006-01-02.
func (d *Day) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDay(string(b))
	return err
}

// Span is a closed interval of days: both ends belong to it.
type Span struct {
	First Day `json:"first"`
	Last  Day `json:"last"`
}

// Days is the number of days in s; 0 if s is empty (Last before First).
func (s Span) Days() int {
	if s.Last < s.First {
		return 0
	}
	return int(s.Last-s.First) + 1
}

// Overlap is the number of days that s and o share.
func (s Span) Overlap(o Span) int {
	return Span{max(s.First, o.First), min(s.Last, o.Last)}.Days()
}

// Has reports whether d lies in s.
func (s Span) Has(d Day) bool { return d >= s.First && d <= s.Last }

// Mid is the middle day of s, the earlier one of two.
func (s Span) Mid() Day { return s.First + (s.Last-s.First)/2 }

// Names is one name in English and in Arabic. Ar may be empty.
type Names struct {
	En string `json:"en"`
	Ar string `json:"ar,omitempty"`
}

// Num is a number of the published results. It is written with nine
// significant digits, so that the last bits of a machine's arithmetic never
// reach a file; infinities are written as "Infinity" and "-Infinity" and
// not-a-number as null.
type Num float64

// MarshalJSON writes n as described at [Num].
func (n Num) MarshalJSON() ([]byte, error) {
	f := float64(n)
	switch {
	case math.IsNaN(f):
		return []byte("null"), nil
	case math.IsInf(f, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-Infinity"`), nil
	}
	return []byte(n.String()), nil
}

// String returns n with nine significant digits.
func (n Num) String() string {
	f := float64(n)
	if f == 0 { // also -0, which arithmetic on another machine may sign differently
		return "0"
	}
	r, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 9, 64), 64)
	if err != nil {
		return strconv.FormatFloat(f, 'g', 9, 64)
	}
	b, err := json.Marshal(r)
	if err != nil {
		return strconv.FormatFloat(r, 'g', -1, 64)
	}
	return string(b)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (n *Num) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "null":
		*n = Num(math.NaN())
		return nil
	case `"Infinity"`:
		*n = Num(math.Inf(1))
		return nil
	case `"-Infinity"`:
		*n = Num(math.Inf(-1))
		return nil
	}
	var f float64
	if err := json.Unmarshal(b, &f); err != nil {
		return err
	}
	*n = Num(f)
	return nil
}

// Note is a statement as a value: a code that the message catalogue turns into
// a sentence of the reader's language, and the quantities in it. Args hold
// strings, booleans, ints, [Num], [Day] or [Names]; nothing else.
type Note struct {
	Code string         `json:"code"`
	Args map[string]any `json:"args,omitempty"`
}

// NewNote makes a note of a code and of names and values in turn.
func NewNote(code string, args ...any) Note {
	n := Note{Code: code}
	for i := 0; i < len(args); i += 2 {
		if n.Args == nil {
			n.Args = map[string]any{}
		}
		n.Args[args[i].(string)] = args[i+1]
	}
	return n
}

// Refuse makes a refusal with a reason of the form of [NewNote].
func Refuse(code string, args ...any) *Refusal {
	return &Refusal{Reason: NewNote(code, args...)}
}

// Refusal is a method's typed "not valid here": the reason, and what would
// make the method valid.
type Refusal struct {
	Reason Note  `json:"reason"`
	Remedy *Note `json:"remedy,omitempty"`
}

// Error makes a Refusal usable as an error inside a method.
func (r *Refusal) Error() string { return "refused: " + r.Reason.Code }
