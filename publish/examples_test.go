package publish

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"

	"athar"
	"athar/assess"
	"athar/internal/testdata"
)

// published runs an example as a user would and reads its folder.
func published(t *testing.T, example string) map[string][]byte {
	t.Helper()
	study := filepath.Join(testdata.Root(), "examples", example, "study.yaml")
	r, err := assess.Run(t.Context(), study, assess.Options{Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "brief")
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Publish(t.Context(), r, Options{}); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, pattern := range []string{"*.*", "tables/*"} {
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			b, err := os.ReadFile(n)
			if err != nil {
				t.Fatal(err)
			}
			rel, _ := filepath.Rel(dir, n)
			files[filepath.ToSlash(rel)] = b
		}
	}
	return files
}

func findingsSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(testdata.Root(), "docs", "findings.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("findings.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("findings.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestExamples publishes the examples once and holds every format to the same
// findings.
func TestExamples(t *testing.T) {
	examples := []string{"monthly-counts"}
	if !testing.Short() {
		examples = append(examples, "isis-2020", "nigeria")
	}
	if os.Getenv("ATHAR_LONG") == "1" {
		examples = append(examples, "iraq-2007") // the better part of a minute
	}
	schema := findingsSchema(t)
	for _, example := range examples {
		t.Run(example, func(t *testing.T) {
			if example == "nigeria" {
				testdata.Shared(t, "data/events/ucdp_ged201_nigeria_1990_2019_full.csv.gz")
			}
			files := published(t, example)
			fitsSchema(t, schema, files["findings.json"], example == examples[0])
			oneStrength(t, files)
		})
	}
}

// fitsSchema validates findings; strictly also the same with a member that
// nobody knows, in an object of each form, which must be refused.
func fitsSchema(t *testing.T, schema *jsonschema.Schema, findings []byte, strictly bool) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(findings))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Fatalf("%.2000v", err)
	}
	if !strictly {
		return
	}
	refused := 0
	var each func(v any, free bool)
	seen := map[string]bool{} // one object of each form is enough
	each = func(x any, free bool) {
		switch x := x.(type) {
		case []any:
			for _, e := range x {
				each(e, free)
			}
		case map[string]any:
			form := strings.Join(slices.Sorted(maps.Keys(x)), " ")
			if !free && !seen[form] {
				seen[form] = true
				x["nobody"] = "knows this"
				if schema.Validate(v) == nil {
					t.Errorf("an unknown member passes beside %s", form)
				}
				delete(x, "nobody")
				refused++
			}
			for k, e := range x {
				each(e, free || k == "args")
			}
		}
	}
	each(v, false)
	if refused < 20 {
		t.Errorf("only %d kinds of object in the findings", refused)
	}
}

// oneStrength holds every place that tells a finding to the word of
// findings.json.
func oneStrength(t *testing.T, files map[string][]byte) {
	t.Helper()
	var data athar.Report
	if err := json.Unmarshal(files["findings.json"], &data); err != nil {
		t.Fatal(err)
	}
	words := map[string]athar.Verdict{}
	each := func(list []athar.Finding) {
		for _, f := range list {
			if have, twice := words[f.ID]; twice && have != f.Verdict {
				t.Errorf("findings.json says %s and %s of %s", have, f.Verdict, f.ID)
			}
			words[f.ID] = f.Verdict
		}
	}
	for _, c := range data.Campaigns {
		each(c.Findings)
	}
	for _, x := range data.Totals {
		each(x.Findings)
	}
	if data.Pooled != nil {
		each(data.Pooled.Findings)
	}
	for _, name := range []string{"tables/findings.csv"} {
		rows, err := csv.NewReader(bytes.NewReader(files[name])).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		sameWords(t, name, rows, words)
		withIntervals(t, rows)
	}
	onThePage(t, &data, files["brief.html"])
	inSummary(t, &data, string(files["summary.md"]))
	book, err := excelize.OpenReader(bytes.NewReader(files["tables.xlsx"]))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := book.GetRows("findings")
	if err != nil {
		t.Fatal(err)
	}
	sameWords(t, "tables.xlsx", rows, words)

	// A claim quotes the word of the findings that it rests on.
	quoted := regexp.MustCompile(`The finding says ([A-Z ]+)\.`)
	for _, c := range data.Campaigns {
		signatures(words, c.Campaign.ID, c.Adaptation)
	}
	for _, x := range data.Totals {
		signatures(words, x.ID, x.Adaptation)
	}
	claims, err := csv.NewReader(bytes.NewReader(files["tables/claims.csv"])).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	col := func(name string) int { return slices.Index(claims[0], name) }
	for _, row := range claims[1:] {
		m := quoted.FindStringSubmatch(row[col("because_en")])
		if ids := row[col("evidence")]; m != nil && !strings.Contains(ids, ";") && words[ids] != athar.Verdict(m[1]) {
			t.Errorf("claim %s says %q of %s, which is %s", row[0], m[1], ids, words[ids])
		}
	}
}

// signatures adds the words on adaptation under the names by which claims cite them.
func signatures(words map[string]athar.Verdict, id string, a *athar.Adaptation) {
	if a == nil {
		return
	}
	for _, s := range a.Signatures {
		words[id+"/adaptation/"+string(s.ID)] = s.Word
	}
}

// onThePage holds the page to the words: wherever a link to a finding carries a
// word it is the word of the finding's own card, and that is findings.json's.
func onThePage(t *testing.T, data *athar.Report, page []byte) {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	attr := func(n *html.Node, key string) string {
		for _, a := range n.Attr {
			if a.Key == key {
				return a.Val
			}
		}
		return ""
	}
	word := func(n *html.Node) string { // the text of the first chip in n
		for d := range n.Descendants() {
			if d.Type == html.ElementNode && slices.Contains(strings.Fields(attr(d, "class")), "chip") && d.FirstChild != nil {
				return d.FirstChild.Data
			}
		}
		return ""
	}
	cards, links := map[string]string{}, 0
	for n := range doc.Descendants() {
		if id := attr(n, "id"); n.Type == html.ElementNode && regexp.MustCompile(`^f\d+$`).MatchString(id) {
			if w := word(n); w != "" {
				cards[id] = w
			} else if n.Parent != nil { // an anchor for a second finding that shares a card
				cards[id] = word(n.Parent)
			}
		}
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "a" {
			continue
		}
		if want, ok := cards[strings.TrimPrefix(attr(n, "href"), "#")]; ok {
			if w := word(n); w != "" {
				if links++; w != want {
					t.Errorf("a link says %s of a finding whose card says %s", w, want)
				}
			}
		}
	}
	var all []athar.Finding
	for _, c := range data.Campaigns {
		all = append(all, c.Findings...)
	}
	if data.Pooled != nil {
		all = append(all, data.Pooled.Findings...)
	}
	for _, x := range data.Totals {
		all = append(all, x.Findings...)
	}
	if len(cards) != len(all) || links < len(data.Campaigns) {
		t.Errorf("the page has %d findings and %d links with a word, findings.json %d findings", len(cards), links, len(all))
	}
	for i, f := range all {
		if w := cards["f"+strconv.Itoa(i+1)]; w != string(f.Verdict) {
			t.Errorf("the page says %q of %s, findings.json %s", w, f.ID, f.Verdict)
		}
	}
}

// inSummary holds the sentences of summary.md to the words, in their order.
func inSummary(t *testing.T, data *athar.Report, summary string) {
	t.Helper()
	var want []string
	each := func(list []athar.Finding) {
		for _, f := range list {
			if f.Question == athar.AskInside || f.Question == athar.AskTotal {
				want = append(want, string(f.Verdict))
			}
		}
	}
	if data.Pooled != nil {
		each(data.Pooled.Findings)
	}
	for _, c := range data.Campaigns {
		each(c.Findings)
	}
	for _, x := range data.Totals {
		each(x.Findings)
	}
	_, answers, _ := strings.Cut(summary, "## The answer")
	answers, _, _ = strings.Cut(answers, "\n## ")
	var have []string
	for _, m := range regexp.MustCompile(`\*\*([A-Z ]+)\*\*(, )?`).FindAllStringSubmatch(answers, -1) {
		have = append(have, m[1])
	}
	if !slices.Equal(have, want) {
		t.Errorf("summary.md says %v, findings.json %v", have, want)
	}
	if ratios, intervals := strings.Count(answers, "rate ratio"), strings.Count(answers, "(95% interval "); ratios != intervals {
		t.Errorf("summary.md: %d ratios and %d intervals", ratios, intervals)
	}
}

// withIntervals demands of every sentence on an estimate that its ratio has its
// interval, and that counts have their unit.
func withIntervals(t *testing.T, rows [][]string) {
	t.Helper()
	col := func(name string) int { return slices.Index(rows[0], name) }
	for _, row := range rows[1:] {
		if row[col("rr")] == "" || row[col("question")] == "movement" {
			continue
		}
		says := row[col("says_en")]
		if !regexp.MustCompile(`rate ratio (of )?\S+( |, |\n)\(?[<>]?[\d.\x{202f} ]+ to [<>]?[\d.\x{202f} ]+\)|rate ratio \S+, [<>]?[\d.\x{202f} ]+ to `).MatchString(says) {
			t.Errorf("%s: a ratio without its interval: %s", row[0], says)
		}
		if !regexp.MustCompile(`\d events? against [<\d.\x{202f} ]+ expected`).MatchString(says) {
			t.Errorf("%s: counts without their unit: %s", row[0], says)
		}
	}
}

func sameWords(t *testing.T, where string, rows [][]string, words map[string]athar.Verdict) {
	t.Helper()
	id, word := slices.Index(rows[0], "id"), slices.Index(rows[0], "verdict")
	if len(rows)-1 != len(words) {
		t.Errorf("%s has %d findings, findings.json %d", where, len(rows)-1, len(words))
	}
	for _, row := range rows[1:] {
		if want, ok := words[row[id]]; !ok || string(want) != row[word] {
			t.Errorf("%s says %s of %s, findings.json %s", where, row[word], row[id], want)
		}
	}
}
