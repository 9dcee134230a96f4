package examples_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"athar"
	"athar/assess"
	"athar/brief"
	"athar/internal/testdata"
)

const nigeriaEvents = "data/events/ucdp_ged201_nigeria_1990_2019_full.csv.gz"

// nigeriaRows are the rows of UCDP's file with the group on a side, from 2009.
func nigeriaRows(t *testing.T) (rows [][]string, column func(row []string, name string) string) {
	t.Helper()
	file, err := os.Open(testdata.Shared(t, nigeriaEvents))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(text).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column = func(row []string, name string) string { return row[slices.Index(all[0], name)] }
	for _, r := range all[1:] {
		sides := []string{column(r, "side_a_new_id"), column(r, "side_b_new_id")}
		if column(r, "year") >= "2009" && (slices.Contains(sides, "1051") || slices.Contains(sides, "234")) {
			rows = append(rows, r)
		}
	}
	return rows, column
}

// Every event of the group lies in a cell of the study, those at the border
// too, and in the cell that UCDP publishes with it.
func TestNigeriaCellsHoldTheEvents(t *testing.T) {
	rows, column := nigeriaRows(t)
	set := cells(t, studies(t)["nigeria"])
	if len(rows) != 2825 {
		t.Errorf("%d events, want 2825", len(rows))
	}
	agree, states := 0, 0
	for _, r := range rows {
		i, ok := set.Index(column(r, "priogrid_gid"))
		if !ok {
			t.Fatalf("event %s lies in cell %s, which the study lacks", column(r, "relid"), column(r, "priogrid_gid"))
		}
		// A cell can belong to another state than the event at its edge.
		if state, ok := strings.CutSuffix(column(r, "adm_1"), " state"); ok {
			states++
			if state == set.Areas[i].Parent.En {
				agree++
			}
		}
	}
	if float64(agree) < 0.9*float64(states) {
		t.Errorf("%d of %d events lie in a cell of the state that UCDP names", agree, states)
	}
}

// The brief as it comes out. Words are those of docs/cases/nigeria.md.
func TestNigeriaAssessed(t *testing.T) {
	rows, column := nigeriaRows(t)
	if testing.Short() {
		t.Skip("assesses a whole study")
	}
	result, err := assess.Run(context.Background(), "nigeria/study.yaml", assess.Options{Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	r := result.Report
	if n := r.Data[0].Kept; n != len(rows) {
		t.Errorf("%d events kept, want %d", n, len(rows))
	}
	got := map[string]athar.Verdict{}
	for _, c := range r.Campaigns {
		for _, f := range c.Findings {
			got[f.ID] = f.Verdict
		}
	}
	for id, want := range map[string]athar.Verdict{
		"emergency/inside/during": athar.NotRobust, "emergency/inside/post": athar.Escalation,
		"regional/inside/during": athar.Inconclusive, "regional/inside/post": athar.Inconclusive,
		"lafiya-dole/inside/during": athar.Inconclusive, "lafiya-dole/inside/post": athar.CannotTell,
		"sambisa-2016/inside/during": athar.Inconclusive, "sambisa-2016/inside/post": athar.Inconclusive,
		"deep-punch-2/inside/during": athar.Inconclusive, "deep-punch-2/inside/post": athar.Inconclusive,
		"last-hold/inside/during": athar.Inconclusive, "last-hold/inside/post": athar.Inconclusive,
	} {
		if got[id] != want {
			t.Errorf("%s: %s, want %s", id, got[id], want)
		}
	}
	// A total of three states, counted from the file.
	set, in2016 := cells(t, studies(t)["nigeria"]), 0
	for _, e := range rows {
		i, _ := set.Index(column(e, "priogrid_gid"))
		if column(e, "year") == "2016" && column(e, "where_prec") <= "3" && slices.Contains([]string{"Borno", "Yobe", "Adamawa"}, set.Areas[i].Parent.En) {
			in2016++
		}
	}
	if f := r.Totals[0].Findings[0]; f.Headline == nil || int(f.Headline.Observed) != in2016 || in2016 < 200 {
		t.Errorf("%s: %v, want %d events", f.ID, f.Headline, in2016)
	}
	for _, c := range r.Campaigns {
		for _, s := range c.Adaptation.Signatures {
			if s.ID == athar.Communication && s.Word != athar.NotIdentifiable {
				t.Errorf("%s: communication is %s; events cannot show it", c.Campaign, s.Word)
			}
		}
	}
	for _, o := range r.Outlook {
		if !slices.Contains([]string{"all", "country", "governorate"}, o.Unit) {
			t.Errorf("an outlook for a %s", o.Unit)
		}
	}

	var page bytes.Buffer
	if err := brief.HTML(&page, r, "en"); err != nil {
		t.Fatal(err)
	}
	findings, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	// The embedded typefaces are letters by chance.
	written := regexp.MustCompile(`data:font/[^)"']*`).ReplaceAllString(page.String(), "")
	if len(written) == page.Len() {
		t.Error("no typefaces in the page: what is taken out of it?")
	}
	for name, text := range map[string]string{"brief.html": written, "findings.json": string(findings), "study.yaml": string(studies(t)["nigeria"].Source)} {
		if who := persons(text); len(who) > 0 {
			t.Errorf("%s names a person: %q", name, who)
		}
		// No event is passed on: neither its id nor its headline.
		for _, e := range rows {
			for _, c := range []string{"relid", "source_headline"} {
				if v := column(e, c); len(v) > 12 && strings.Contains(text, v) {
					t.Errorf("%s holds %s %q of an event", name, c, v)
				}
			}
		}
	}
}

// named are the first 8 bytes of SHA-256 of the names of persons of this
// conflict (leaders of the group, presidents, commanders; Latin and Arabic),
// folded to lower case, and last of the word "zzzperson", to see that the search
// finds. The names themselves stand nowhere.
var named = []string{
	"11d01d2234f58076", "55d9bf4f187ef3f9", "b1549a273653ec70", "7179fd3d4f5db113", "c23d896eb1a11ac8", "628612b803c647a7",
	"735701f285cb9253", "76cf18541fa77fde", "5928cf53b68e12ff", "e365ec8e0889b148", "45319184c820dac3", "5518f67125fe2b96",
	"36de527b2add132c", "b7e20b31fc968506", "e9b5b78ab02082e0", "5ff07875cbdeceb0", "4ae72a253d12ab91", "b85bf4a1faa505e9",
	"ec841604b457c4b3", "416fbec40c9d70c4", "6f5030575eff4158", "6987ad9254f1d6fa", "77f1f205c980f089", "03380470feb3eea3",
}

var words = regexp.MustCompile(`[\p{L}]+`)

func persons(text string) (found []string) {
	seen := map[string]bool{}
	for _, w := range words.FindAllString(text, -1) {
		w = strings.ToLower(strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) }))
		if seen[w] {
			continue
		}
		seen[w] = true
		sum := sha256.Sum256([]byte(w))
		if slices.Contains(named, hex.EncodeToString(sum[:8])) {
			found = append(found, w)
		}
	}
	return found
}

func TestPersonsAreFound(t *testing.T) {
	if got := persons("a brief about zzzPerson, and others"); !slices.Equal(got, []string{"zzzperson"}) {
		t.Errorf("found %q", got)
	}
	for name, s := range studies(t) {
		if who := persons(string(s.Source)); len(who) > 0 {
			t.Errorf("%s names a person: %q", name, who)
		}
	}
}
