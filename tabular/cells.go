package tabular

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"athar"
)

// Western replaces Arabic-Indic and Persian digits, and the Arabic decimal
// and thousands separators, by Western ones.
func Western(s string) string {
	ascii := true
	for i := 0; i < len(s) && ascii; i++ {
		ascii = s[i] < 0x80
	}
	if ascii {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '٠' && r <= '٩':
			return r - '٠' + '0'
		case r >= '۰' && r <= '۹':
			return r - '۰' + '0'
		case r == '٫':
			return '.'
		case r == '٬':
			return ','
		}
		return r
	}, s)
}

// Whole reads a whole number; "12.0", as some programs write it, is one.
func Whole(s string) (int, error) {
	s = Western(s)
	n, err := strconv.Atoi(s)
	if err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not a number", s)
	case f != math.Trunc(f) || math.Abs(f) > 1<<52:
		return 0, fmt.Errorf("%q is not a whole number", s)
	}
	return int(f), nil
}

// Identifier returns a published identifier without the ".0" that programs
// add to numbers.
func Identifier(s string) string { return strings.TrimSuffix(s, ".0") }

// Decimal reads a finite number. A comma stands for the decimal point where
// the file does not separate its columns by commas.
func (f *File) Decimal(s string) (float64, error) {
	s = Western(s)
	if f.comma != ',' && strings.Count(s, ",") == 1 && !strings.Contains(s, ".") {
		s = strings.Replace(s, ",", ".", 1)
	}
	d, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(d) || math.IsInf(d, 0) {
		return 0, fmt.Errorf("%q is not a number", s)
	}
	return d, nil
}

// Unit is the length of a period.
type Unit string

// The units.
const (
	Day     Unit = "day"
	Week    Unit = "week"
	Month   Unit = "month"
	Quarter Unit = "quarter"
	Year    Unit = "year"
)

// Units lists the units by length.
var Units = []Unit{Day, Week, Month, Quarter, Year}

// Around returns the period of length u that d belongs to; a week begins on d
// itself.
func (u Unit) Around(d athar.Day) athar.Span {
	y, m, _ := d.Time().Date()
	switch u {
	case Week:
		return athar.Span{First: d, Last: d + 6}
	case Month:
		return athar.Span{First: athar.Date(y, m, 1), Last: athar.Date(y, m+1, 1) - 1}
	case Quarter:
		m = (m-1)/3*3 + 1
		return athar.Span{First: athar.Date(y, m, 1), Last: athar.Date(y, m+3, 1) - 1}
	case Year:
		return athar.Span{First: athar.Date(y, time.January, 1), Last: athar.Date(y, time.December, 31)}
	}
	return athar.Span{First: d, Last: d}
}

// Stamp is a date or a period as a cell states it.
type Stamp struct {
	Unit Unit
	Day  athar.Day // its first day
	// Slash marks a numeric date with the year last, whose day and month may
	// stand in either order; Day is not known until [Stamp.Resolve].
	Slash bool
	a, b  int
	year  int
}

// Span returns the days that the stamp states.
func (s Stamp) Span() athar.Span { return s.Unit.Around(s.Day) }

// Resolve returns a slashed date with its day first or its month first.
func (s Stamp) Resolve(dayFirst bool) (Stamp, error) {
	if !s.Slash {
		return s, nil
	}
	d, m := s.a, s.b
	if !dayFirst {
		d, m = m, d
	}
	return civil(s.year, m, d)
}

// Order decides for a whole column whether slashed dates have the day or the
// month first.
type Order struct {
	dayFirst, monthFirst int // a line that shows it, 0: none
	open                 int // a line that reads either way
}

// See takes note of a stamp.
func (o *Order) See(line int, s Stamp) {
	note := func(at *int) {
		if *at == 0 || line < *at {
			*at = line
		}
	}
	switch {
	case !s.Slash || s.a == s.b:
	case s.a > 12:
		note(&o.dayFirst)
	case s.b > 12:
		note(&o.monthFirst)
	default:
		note(&o.open)
	}
}

// Decide returns whether the day comes first. Format is dd/mm/yyyy or
// mm/dd/yyyy to settle it, or "" to go by the column.
func (o *Order) Decide(f *File, field, format string) (dayFirst bool, err error) {
	const ask = "say so in the study's columns (date_format: dd/mm/yyyy or mm/dd/yyyy)"
	switch Fold(format) {
	case "dd/mm/yyyy":
		return true, nil
	case "mm/dd/yyyy":
		return false, nil
	case "":
	default:
		return false, &Error{File: f.Label, Msg: fmt.Sprintf("date_format %q is not known", format), Hint: "write dd/mm/yyyy or mm/dd/yyyy"}
	}
	switch {
	case o.dayFirst > 0 && o.monthFirst > 0:
		return false, &Error{File: f.Label, Line: max(o.dayFirst, o.monthFirst), Hint: "bring the column into one form; 2020-02-03 is the safest",
			Msg: fmt.Sprintf("column %q has dates with the day first (line %d) and with the month first (line %d)", f.Column(field), o.dayFirst, o.monthFirst)}
	case o.dayFirst == 0 && o.monthFirst == 0 && o.open > 0:
		return false, &Error{File: f.Label, Line: o.open, Hint: ask,
			Msg: fmt.Sprintf("nothing in column %q shows whether its dates have the day or the month first", f.Column(field))}
	}
	return o.monthFirst == 0, nil
}

var errTwoDigits = errors.New("the year has two digits: write it with four")

func civil(y, m, d int) (Stamp, error) {
	if y < 1900 || y > 2100 {
		return Stamp{}, fmt.Errorf("the year %d is not between 1900 and 2100", y)
	}
	day := athar.Date(y, time.Month(m), d)
	if t := day.Time(); t.Day() != d || int(t.Month()) != m {
		return Stamp{}, fmt.Errorf("%04d-%02d-%02d is not a day of the calendar", y, m, d)
	}
	return Stamp{Unit: Day, Day: day}, nil
}

func period(u Unit, y, m int) (Stamp, error) {
	s, err := civil(y, m, 1)
	if err != nil {
		return Stamp{}, fmt.Errorf("there is no month %d of %d", m, y)
	}
	s.Unit = u
	return s, nil
}

// Stamp reads a cell that states a date or a period: 2020-02-03 with or
// without a time, 20200203, 3 Feb 2020, 03/02/2020, 3.2.2020; 2020-02,
// 02/2020, Feb 2020, Arabic month names; 2020Q1; 2020-W05 (ISO 8601); 2020; in
// a workbook also serial day numbers.
func (f *File) Stamp(cell string) (Stamp, error) {
	if cell == f.lastCell && cell != "" { // rows often come by date
		return f.lastStamp, nil
	}
	s, err := f.stamp(cell)
	if err == nil {
		f.lastCell, f.lastStamp = f.Keep(cell), s
	}
	return s, err
}

func (f *File) stamp(cell string) (Stamp, error) {
	s := strings.TrimSpace(Western(cell))
	if s == "" {
		return Stamp{}, errors.New("the date is blank")
	}
	unknown := fmt.Errorf("%q is not a date or a period", cell)
	if f.Excel {
		if n, err := strconv.ParseFloat(s, 64); err == nil && n >= 10000 && n < 80000 {
			day := athar.Date(1899, time.December, 30) + athar.Day(n)
			if f.epoch1904 {
				day = athar.Date(1904, time.January, 1) + athar.Day(n)
			}
			return Stamp{Unit: Day, Day: day}, nil
		}
		s = strings.TrimSuffix(s, ".0")
	}
	s = withoutTime(s)
	if n, err := strconv.Atoi(s); err == nil {
		switch len(s) {
		case 4:
			return period(Year, n, 1)
		case 6:
			return period(Month, n/100, n%100)
		case 8:
			return civil(n/10000, n/100%100, n%100)
		}
		return Stamp{}, unknown
	}
	if st, ok, err := quarterOrWeek(strings.ToUpper(s)); ok {
		return st, err
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '/' || r == '-' || r == '.' })
	if n, ok := numbers(parts); ok {
		switch {
		case len(n) == 3 && len(parts[0]) == 4:
			return civil(n[0], n[1], n[2])
		case len(n) == 3 && len(parts[2]) == 4:
			if n[0] < 1 || n[1] < 1 || n[0] > 31 || n[1] > 31 || min(n[0], n[1]) > 12 {
				return Stamp{}, unknown
			}
			if strings.Contains(s, ".") {
				return civil(n[2], n[1], n[0])
			}
			if _, err := civil(n[2], min(n[0], n[1]), max(n[0], n[1])); err != nil {
				return Stamp{}, err
			}
			return Stamp{Unit: Day, Slash: true, a: n[0], b: n[1], year: n[2]}, nil
		case len(n) == 2 && len(parts[0]) == 4:
			return period(Month, n[0], n[1])
		case len(n) == 2 && len(parts[1]) == 4:
			return period(Month, n[1], n[0])
		case len(n) == 2 || len(n) == 3:
			return Stamp{}, errTwoDigits
		}
		return Stamp{}, unknown
	}
	return namedMonth(s, unknown)
}

// withoutTime drops a time of day.
func withoutTime(s string) string {
	if len(s) > 10 && s[10] == 'T' {
		return s[:10]
	}
	fields := strings.Fields(s)
	for len(fields) > 1 {
		last := strings.ToUpper(fields[len(fields)-1])
		if last != "AM" && last != "PM" && last != "UTC" && !strings.Contains(last, ":") {
			break
		}
		fields = fields[:len(fields)-1]
	}
	return strings.Join(fields, " ")
}

func numbers(parts []string) ([]int, bool) {
	var out []int
	for _, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || n < 0 {
			return nil, false
		}
		out = append(out, n)
	}
	return out, len(out) > 0
}

// quarterOrWeek reads 2020Q1, 2020-Q1, Q1 2020 and 2020-W05, 2020W05.
func quarterOrWeek(s string) (st Stamp, ok bool, err error) {
	for _, mark := range []string{"Q", "W"} {
		before, after, found := strings.Cut(s, mark)
		if !found {
			continue
		}
		before, after = strings.Trim(before, " -_/"), strings.Trim(after, " -_/")
		if before == "" {
			if k, y, two := strings.Cut(after, " "); two {
				before, after = y, k
			}
		}
		y, err1 := strconv.Atoi(before)
		k, err2 := strconv.Atoi(after)
		if err1 != nil || err2 != nil || len(before) != 4 {
			return Stamp{}, false, nil
		}
		if mark == "Q" {
			if k < 1 || k > 4 {
				return Stamp{}, true, fmt.Errorf("there is no quarter %d", k)
			}
			st, err = period(Quarter, y, 3*k-2)
			return st, true, err
		}
		st, err = isoWeek(y, k)
		return st, true, err
	}
	return Stamp{}, false, nil
}

// isoWeek returns week k of ISO year y: week 1 holds the year's 4 January.
func isoWeek(y, k int) (Stamp, error) {
	st, err := civil(y, 1, 4)
	if err != nil {
		return Stamp{}, err
	}
	weekday := (int(st.Day.Time().Weekday()) + 6) % 7 // 0 is Monday
	st = Stamp{Unit: Week, Day: st.Day - athar.Day(weekday) + athar.Day(7*(k-1))}
	if wy, wk := st.Day.Time().ISOWeek(); wy != y || wk != k {
		return Stamp{}, fmt.Errorf("%d has no week %d", y, k)
	}
	return st, nil
}

// monthNames are the months as written in English, in the Levant and Iraq,
// and in Egypt and the Gulf, folded by [Fold].
var monthNames = func() map[string]int {
	names := map[string]int{"sept": 9}
	for i, list := range []string{
		"january jan كانون_الثاني يناير جانفي", "february feb شباط فبراير فيفري", "march mar اذار مارس", "april apr نيسان ابريل افريل",
		"may ايار مايو ماي", "june jun حزيران يونيو يونيه جوان", "july jul تموز يوليو يوليه جويليه", "august aug اب اغسطس اوت",
		"september sep ايلول سبتمبر", "october oct تشرين_الاول اكتوبر", "november nov تشرين_الثاني نوفمبر", "december dec كانون_الاول ديسمبر",
	} {
		for _, n := range strings.Fields(list) {
			names[Fold(n)] = i + 1
		}
	}
	return names
}()

// namedMonth reads a date or month with the month's name, in any order; a
// month may be named twice, as in "شباط/فبراير 2020".
func namedMonth(s string, unknown error) (Stamp, error) {
	words := strings.FieldsFunc(Fold(s), func(r rune) bool { return strings.ContainsRune("_/.,()،", r) })
	year, month, day := 0, 0, 0
	for i := 0; i < len(words); i++ {
		w := words[i]
		m := 0
		if i+1 < len(words) {
			if m = monthNames[w+"_"+words[i+1]]; m > 0 {
				i++
			}
		}
		if m == 0 {
			m = monthNames[w]
		}
		n, err := strconv.Atoi(w)
		switch {
		case m > 0 && (month == 0 || month == m):
			month = m
		case m == 0 && err == nil && len(w) == 4 && year == 0:
			year = n
		case m == 0 && err == nil && len(w) <= 2 && n > 0 && day == 0:
			day = n
		default:
			return Stamp{}, unknown
		}
	}
	switch {
	case month > 0 && year == 0 && day > 0:
		return Stamp{}, errTwoDigits
	case month == 0 || year == 0:
		return Stamp{}, unknown
	case day == 0:
		return period(Month, year, month)
	}
	return civil(year, month, day)
}
