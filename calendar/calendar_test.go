package calendar

import (
	"strings"
	"testing"

	"athar"
)

// Ramadan 1427 to 1447 AH in the Umm al-Qura calendar, from the tables of ICU
// (calendar islamic-umalqura).
const known = `2006-09-24 2006-10-22
2007-09-13 2007-10-12
2008-09-01 2008-09-30
2009-08-22 2009-09-19
2010-08-11 2010-09-09
2011-08-01 2011-08-29
2012-07-20 2012-08-18
2013-07-09 2013-08-07
2014-06-28 2014-07-27
2015-06-18 2015-07-16
2016-06-06 2016-07-05
2017-05-27 2017-06-24
2018-05-16 2018-06-14
2019-05-06 2019-06-03
2020-04-24 2020-05-23
2021-04-13 2021-05-12
2022-04-02 2022-05-01
2023-03-23 2023-04-20
2024-03-11 2024-04-09
2025-03-01 2025-03-29
2026-02-18 2026-03-19`

func day(t *testing.T, s string) athar.Day {
	t.Helper()
	d, err := athar.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestRamadan(t *testing.T) {
	for i, line := range strings.Split(known, "\n") {
		first, last, _ := strings.Cut(line, " ")
		want := athar.Span{First: day(t, first), Last: day(t, last)}
		got, ok := Ramadan(1427 + i)
		if !ok || got != want {
			t.Errorf("Ramadan %d = %v %v, want %s", 1427+i, got.First, got.Last, line)
		}
		around := athar.Span{First: want.First - 200, Last: want.Last + 100}
		if n := RamadanDays(around); n != want.Days() {
			t.Errorf("%d days of Ramadan around %s, want %d", n, first, want.Days())
		}
		if n := RamadanDays(athar.Span{First: want.Last, Last: want.Last + 1}); n != 1 {
			t.Errorf("%d days of Ramadan on %s and the day after, want 1", n, last)
		}
	}
}

func TestRamadanDaysAddUp(t *testing.T) {
	year := athar.Span{First: day(t, "2019-11-01"), Last: day(t, "2030-12-31")}
	sum := 0
	for d := year.First; d <= year.Last; d++ {
		sum += RamadanDays(athar.Span{First: d, Last: d})
	}
	if all := RamadanDays(year); all != sum || all < 11*29 {
		t.Errorf("%d days in one span, %d day by day", all, sum)
	}
}

func TestOutsideTheTables(t *testing.T) {
	if n := RamadanDays(athar.Span{First: Known.Last + 1, Last: Known.Last + 800}); n != 0 {
		t.Errorf("%d days after the tables end", n)
	}
	if n := RamadanDays(athar.Span{First: 10, Last: 5}); n != 0 {
		t.Errorf("%d days in an empty span", n)
	}
	edge := athar.Span{First: Known.First - 5000, Last: Known.First + 300}
	if n := RamadanDays(edge); n < 29 || n > 30 {
		t.Errorf("%d days in the first tabulated year", n)
	}
	last, _ := Ramadan(1500)
	if n := RamadanDays(athar.Span{First: last.First, Last: Known.Last + 9999}); n != last.Days() {
		t.Errorf("%d days in the last tabulated year, want %d", n, last.Days())
	}
}
