package study

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"athar/internal/testdata"
)

func readDoc(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(testdata.Root(), "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The whole study files that the documents print are right.
func TestDocumentedStudiesParse(t *testing.T) {
	block := regexp.MustCompile("(?s)```yaml\n(study: .*?)```")
	schema := compileSchema(t)
	for name, want := range map[string]int{"study-file.md": 1, "own-data.md": 5} {
		blocks := block.FindAllStringSubmatch(readDoc(t, name), -1)
		if len(blocks) != want {
			t.Errorf("%s prints %d study files, want %d", name, len(blocks), want)
		}
		for _, b := range blocks {
			if _, err := ParseBytes(name, []byte(b[1])); err != nil {
				t.Errorf("%v in:\n%s", err, b[1])
			}
			if err := schema.Validate(plain(t, b[1])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestReferenceNamesEveryKey(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	blocks := map[string]map[string]bool{}
	schemaKeys(root, root, "", blocks)
	doc := readDoc(t, "study-file.md")
	sections := map[string]string{}
	for _, s := range strings.Split(doc, "\n## ")[1:] {
		title, body, _ := strings.Cut(s, "\n")
		sections[title] = body
	}
	for _, path := range slices.Sorted(maps.Keys(blocks)) {
		section := regexp.MustCompile(`^\w+`).FindString(path)
		body, ok := sections[section]
		if !ok {
			body = sections["The file as a whole"] + sections["How to write values"]
		}
		for _, key := range slices.Sorted(maps.Keys(blocks[path])) {
			if key == "en" || key == "ar" || key == "from" || key == "to" {
				continue // the notation of names and intervals, explained once
			}
			if !regexp.MustCompile("[`{ ]" + key + "[`,:}]").MatchString(body) {
				t.Errorf("docs/study-file.md does not explain %s.%s", path, key)
			}
		}
	}
}
