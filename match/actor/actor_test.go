package actor_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"athar"
	"athar/match/actor"
)

var day = athar.Date(2020, time.June, 1)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		name, country string
		on            athar.Day
		want          string
	}{
		{"IS", "Iraq", day, "is"},
		{"IS", "Iraq", athar.Date(2006, 1, 1), "is"}, // today's name for the past
		{"isis", "", day, "is"},
		{"  Islamic  State ", "", day, "is"},
		{"داعش", "العراق", day, "is"},
		{"دَاعِش", "", day, "is"},
		{"تنظيم الدوله الاسلاميه", "", day, "is"}, // typed without hamza and dots
		{"Islamic State (Iraq)", "Iraq", day, "is-iraq"},
		{"ولاية غرب إفريقيا", "Nigeria", day, "iswap"},
		{"Military Forces of Iraq (2014-)", "Iraq", day, "gov-iraq"},
		{"Military Forces of Syria (2000-2024)", "Syria", day, "gov-syria"},
		{"Al-Hashd al-Shaabi", "Iraq", day, "pmf"},
		{"حشد شعبي", "Iraq", day, "pmf"},
		{"SNA", "Syria", day, "sna"},
		{"SNA", "Somalia", day, ""}, // another organisation's letters
		{"Jama'atu Ahlis Sunna Lidda'awati wal-Jihad", "Nigeria", day, "jas"},
		{"Boko Haram", "Chad", day, "jas"},
		{"Fulani", "Nigeria", day, ""}, // a people is not an organisation
		{"Islamic Stat", "", day, ""},  // like one is not one
		{"", "", day, ""},
	} {
		got, ok := actor.Curated().Match(c.name, c.country, c.on)
		if got.ID != c.want || ok != (c.want != "") {
			t.Errorf("Match(%q, %q, %s) = %q, %v; want %q", c.name, c.country, c.on, got.ID, ok, c.want)
		}
	}
}

const header = "id,en,ar,aliases,role,family,faction_of,countries,from,to\n"

func TestValidityTellsNamesakesApart(t *testing.T) {
	table, err := actor.Read(strings.NewReader(header +
		"old,Northern Army,,NA,group,n,,,2010-01-01,2012-12-31\n" +
		"new,New Army,,NA,group,n,old,,2014-01-01,\n"))
	if err != nil {
		t.Fatal(err)
	}
	for on, want := range map[athar.Day]string{athar.Date(2011, 1, 1): "old", athar.Date(2013, 1, 1): "", athar.Date(2015, 1, 1): "new"} {
		if a, _ := table.Match("NA", "", on); a.ID != want {
			t.Errorf("on %s: %q, want %q", on, a.ID, want)
		}
	}
	if f := table.Family("n"); len(f) != 2 || f[1].FactionOf != "old" {
		t.Errorf("family %v", f)
	}
}

func TestReadRefuses(t *testing.T) {
	for rows, want := range map[string]string{
		"a,A,,,group,f,,,,\na,B,,,group,f,,,,\n":                                 `line 3: id "a" stands twice`,
		"a,A,,X,group,f,,,,\nb,B,,x,group,f,,,,\n":                               `line 3: "x" names both a and b at one time`,
		"a,A,,X,group,f,,Iraq,,\nb,B,,X,group,f,,Syria;Iraq,,\n":                 `line 3: "X" names both`,
		"a,A,,,person,f,,,,\n":                                                   `line 2: role "person" is none of group, government, civilians`,
		"a,A,,,group,f,z,,,\n":                                                   `line 2: a is a faction of "z", which is not in the table`,
		"a,A,,,group,f,,,2020-13-01,\n":                                          `line 2: "2020-13-01" is not a date`,
		"a,A,,,group,f,,,2020-02-01,2020-01-01\n":                                `line 2: a ends before it begins`,
		"a,,,,group,f,,,,\n":                                                     `line 2: id, en and family may not be empty`,
		"a,A,,X,group,f,,Iraq,,\nb,B,,X,group,f,,Syria,,\n":                      ``,
		"a,A,,X,group,f,,,,2010-01-01\nb,B,,X,group,f,,,2010-01-02,2011-01-01\n": ``,
	} {
		_, err := actor.Read(strings.NewReader(header + rows))
		if got := fmt.Sprint(err); want == "" && err != nil || want != "" && !strings.Contains(got, want) {
			t.Errorf("%q: %v, want %q", rows, err, want)
		}
	}
	if _, err := actor.Read(strings.NewReader("id,name\n")); err == nil || !strings.Contains(err.Error(), "line 1: the columns are") {
		t.Errorf("wrong header: %v", err)
	}
}

func TestWith(t *testing.T) {
	base := actor.Curated()
	more, err := base.With(strings.NewReader(header + "is,,,The Monitor's Own Word,,,,,,\nnew,Some New Front,,,group,syrian-opposition,sna,Syria,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"the monitors own word": "is", "Some New Front": "new", "IS": "is"} {
		if a, _ := more.Match(name, "Syria", day); a.ID != want {
			t.Errorf("%q is %q, want %q", name, a.ID, want)
		}
	}
	if a, ok := base.Match("Some New Front", "Syria", day); ok {
		t.Errorf("the table that was extended now has %q", a.ID)
	}
	for rows, want := range map[string]string{
		"pmf,,,Daesh,,,,,,\n":                `line 2: "Daesh" names both is and pmf at one time`,
		"new,New,,,group,f,nobody,,,\n":      `line 2: new is a faction of "nobody"`,
		"is,Islamic State,,X,,,,,,\n":        `line 2: id "is" stands twice; to give it more names`,
		"is,,,Y,,,,,,\nnew,N,,,group,,,,,\n": `line 3: id, en and family may not be empty`,
	} {
		if _, err := base.With(strings.NewReader(header + rows)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", rows, err, want)
		}
	}
}

func TestSides(t *testing.T) {
	got := actor.Curated().Sides("HTS, Southern Front, Some New Front", "Syria", day)
	if len(got) != 3 || got[0].Actor.ID != "hts" || got[1].Actor.ID != "southern-front" || got[2].Known || got[2].Published != "Some New Front" {
		t.Errorf("%+v", got)
	}
	if got := actor.Curated().Sides("", "", day); got != nil {
		t.Errorf("no side: %+v", got)
	}
}

// Winkler's and later authors' published values, to the four digits given.
func TestJaroWinkler(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{
		{"MARTHA", "MARHTA", 0.9611}, {"DWAYNE", "DUANE", 0.8400}, {"DIXON", "DICKSONX", 0.8133},
		{"JONES", "JOHNSON", 0.8324}, {"ABROMS", "ABRAMS", 0.9222}, {"JERALDINE", "GERALDINE", 0.9259},
		{"MICHELLE", "MICHAEL", 0.9214}, {"NICHLESON", "NICHULSON", 0.9556}, {"ITMAN", "SMITH", 0.4667},
		{"داعش", "داعش", 1}, {"a", "b", 0}, {"", "a", 0},
	} {
		for _, got := range []float64{actor.JaroWinkler(c.a, c.b), actor.JaroWinkler(c.b, c.a)} {
			if math.Abs(got-c.want) > 5e-5 {
				t.Errorf("%s, %s: %.4f, want %.4f", c.a, c.b, got, c.want)
			}
		}
	}
}

func TestReview(t *testing.T) {
	got := actor.Curated().Review([]string{"Islamic Stat", "IS", "Unidentified Armed Group (Iraq)", "Fulani", "Ahrar al-Shaam", "Islamic Stat"})
	if len(got) != 2 || got[0].Published != "Islamic Stat" || got[0].ID != "is" || got[1].ID != "ahrar-al-sham" {
		t.Errorf("%+v", got)
	}
	for _, n := range got {
		if n.Score < actor.ReviewScore || n.Score >= 1 {
			t.Errorf("%+v", n)
		}
	}
}

func TestUnknown(t *testing.T) {
	for name, want := range map[string]bool{
		"Unidentified Armed Group (Iraq)": true, "Unknown": true, "XXX645": true, "xxx 652": true, "مسلحون مجهولون": true,
		"": false, "IS": false, "Unidentifiable": false, "XXX": false, "Civilians": false,
	} {
		if actor.Unknown(name) != want {
			t.Errorf("Unknown(%q) = %v", name, !want)
		}
	}
}

func panel(counts ...float64) *athar.Panel {
	p := &athar.Panel{
		Areas:   []athar.PanelArea{{Code: "a", Role: athar.Inside}, {Code: "b", Role: athar.Inside}, {Code: "c", Role: athar.Far}},
		Periods: make([]athar.Period, 2),
		Count:   counts,
	}
	for range counts {
		p.Use = append(p.Use, true)
	}
	return p
}

func TestBound(t *testing.T) {
	b, refusal := actor.Bound(panel(3, 0, 1, 0, 1, 0), panel(2, 0, 2, 0, 3, 0), panel(4, 1, 0, 1, 6, 5))
	if refusal != nil {
		t.Fatal(refusal)
	}
	// Inside in period 1: p = 4/8. Inside in period 2 has no known actor: the
	// role's 4/8. Far: 1/4 in both periods for the same reason.
	for name, c := range map[string]struct {
		got  *athar.Panel
		want []float64
	}{
		"none": {b.None, []float64{3, 0, 1, 0, 1, 0}}, "pro rata": {b.ProRata, []float64{5, 0.5, 1, 0.5, 2.5, 1.25}}, "all": {b.All, []float64{7, 1, 1, 1, 7, 5}},
	} {
		for k := range c.want {
			if c.got.Count[k] != c.want[k] {
				t.Errorf("%s: %v, want %v", name, c.got.Count, c.want)
				break
			}
		}
	}
	if s := b.Shares; len(s) != 4 || s[0].Role != athar.Far || s[0].Rate() != 0.6 || s[2].Rate() != 1.0/3 {
		t.Errorf("shares %+v", s)
	}
	if _, refusal := actor.Bound(panel(0, 0, 0, 0, 0, 0), panel(0, 0, 0, 0, 0, 0), panel(1, 1, 1, 1, 1, 1)); refusal == nil || refusal.Reason.Code != "actor-none-known" {
		t.Errorf("no known actor: %v", refusal)
	}
	if _, refusal := actor.Bound(panel(1, 1, 1, 1, 1, 1), &athar.Panel{}, panel(1, 1, 1, 1, 1, 1)); refusal == nil || refusal.Reason.Code != "actor-panels-differ" {
		t.Errorf("panels of different shape: %v", refusal)
	}
}
