// Package calendar knows the days of Ramadan and writes Hijri dates.
//
// The package thinks that Ramadan is a rival explanation that can be dated: it
// moves through the Gregorian year by about eleven days a year, so a change
// measured from one month to the next can be the month of fasting and not the
// campaign. Dates are those of the Umm al-Qura calendar, in which a month is
// known in advance; a country that goes by sighting may begin a day later.
package calendar

import (
	"time"

	"github.com/hablullah/go-hijri"

	"athar"
)

// Known is the range of days for which the Umm al-Qura calendar is tabulated,
// 1 Muharram 1356 to 29 Dhu al-Hijja 1500 AH.
var Known = athar.Span{
	First: athar.Date(1937, time.March, 14),
	Last:  athar.Date(2077, time.November, 16),
}

const (
	firstYear = 1356
	lastYear  = 1500
	ramadan   = 9
)

// Ramadan returns the first and last day of Ramadan of a Hijri year from 1356
// to 1500; ok is false for any other year.
func Ramadan(year int) (s athar.Span, ok bool) {
	if year < firstYear || year > lastYear {
		return athar.Span{}, false
	}
	start := func(month int64) athar.Day {
		return athar.DayOf(hijri.UmmAlQuraDate{Year: int64(year), Month: month, Day: 1}.ToGregorian())
	}
	return athar.Span{First: start(ramadan), Last: start(ramadan+1) - 1}, true
}

// RamadanDays is the number of days of s that lie in Ramadan. Days outside
// [Known] count as none.
func RamadanDays(s athar.Span) int {
	if s.Overlap(Known) == 0 {
		return 0
	}
	// 12 lunar months are 354.37 days; one year more on either side is enough.
	year := func(d athar.Day) int { return firstYear + int(float64(d-Known.First)/354.37) }
	n := 0
	for y := year(max(s.First, Known.First)) - 1; y <= year(min(s.Last, Known.Last))+1; y++ {
		if r, ok := Ramadan(y); ok {
			n += r.Overlap(s)
		}
	}
	return n
}

// Hijri is a day in the Umm al-Qura calendar; ok is false outside [Known].
func Hijri(d athar.Day) (year, month, day int, ok bool) {
	if !Known.Has(d) {
		return 0, 0, 0, false
	}
	h, err := hijri.CreateUmmAlQuraDate(d.Time())
	if err != nil {
		return 0, 0, 0, false
	}
	return int(h.Year), int(h.Month), int(h.Day), true
}
