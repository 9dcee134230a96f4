package athar_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"

	"athar"
)

func TestPlain(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Deir ez-Zor, ‘White Desert’ 1–2", "Deir ez-Zor, ‘White Desert’ 1–2"},
		{"حملة أسود الجزيرة", "حملة أسود الجزيرة"},
		{"می\u200cخواهم \u200fأ\u200e", "می\u200cخواهم \u200fأ\u200e"}, // joiners and marks belong to the scripts
		{"a\u202eb\u2066c\u2069d\u202c", "abcd"},
		{"a\x00b\x1b[31mc\x7fd\u009be", "ab[31mcde"},
		{"a\tb\r\nc\u2028d", "a b  c d"},
		{"a\xffb", "a\ufffdb"},
		{"\ufeffa\U000e0041\uffff", "a"},
	} {
		if got := athar.Plain(c.in); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

// A report has texts in fields, lists, pointers and in the quantities of notes.
func TestReportPlain(t *testing.T) {
	bad, good := "a\u202e\x00b", "ab"
	note := func(s string) athar.Note {
		return athar.NewNote("code", "s", s, "n", athar.Num(1), "names", athar.Names{En: s}, "list", []string{s}, "none", nil)
	}
	make := func(s string) *athar.Report {
		return &athar.Report{Study: athar.StudyInfo{Title: athar.Names{En: s, Ar: s}, Limits: []athar.Names{{En: s}}}, Freeze: &athar.Freeze{Files: []string{s}},
			Claims:    []athar.ClaimResult{{Because: []athar.Note{note(s)}, Outcome: athar.Outcome(s)}},
			Campaigns: []athar.CampaignReport{{Findings: []athar.Finding{{Headline: &athar.Effect{Refusal: &athar.Refusal{Reason: note(s)}}}}}}}
	}
	got, want := make(bad), make(good)
	athar.PlainAll(got)
	if !reflect.DeepEqual(got, want) {
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		t.Errorf("%s\nwant\n%s", a, b)
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("a\u202eb\xff\x00")
	f.Fuzz(func(t *testing.T, s string) {
		p := athar.Plain(s)
		if !utf8.ValidString(p) || athar.Plain(p) != p {
			t.Fatalf("%q becomes %q", s, p)
		}
	})
}
