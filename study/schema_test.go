package study

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("study.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("study.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plain is YAML text as the values of JSON.
func plain(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	v, err = jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSchemaAcceptsWhatParses(t *testing.T) {
	schema := compileSchema(t)
	texts := map[string]string{"full": readFull(t), "minimal": minimal}
	for _, kind := range formats {
		b, err := Template(kind)
		if err != nil {
			t.Fatal(err)
		}
		texts["template "+kind] = string(b)
		texts["switched-on template "+kind] = switchOn(string(b))
	}
	examples, err := filepath.Glob("../examples/*/study.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range examples {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		texts[f] = string(b)
	}
	for name, text := range texts {
		if _, err := ParseBytes(name, []byte(text)); err != nil {
			t.Errorf("does not parse: %v", err)
		}
		if err := schema.Validate(plain(t, text)); err != nil {
			t.Errorf("%s does not match the schema: %v", name, err)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	schema := compileSchema(t)
	for _, name := range []string{"misspelt key", "unknown key", "missing key", "missing key in a list", "number for text", "list for text",
		"text for a list", "id with a space", "other notation", "half an interval", "no data", "format unknown", "series without start",
		"series from a file", "negative count", "fraction", "no file", "kind of event", "kinds of a table", "columns of any format", "column of ACLED", "column of GED", "class of GED", "period of a table", "date format", "table without a date", "columns of areas missing",
		"no code", "table and polygons", "neither", "grid of nothing", "unknown grid", "table and grid", "map without a file", "map is no block", "unknown layer", "layer is a block", "layer of numbers", "credit of a map", "box without a grid", "box without a side", "box beyond the earth", "distance columns missing", "distance column missing", "distances within nothing",
		"columns for polygons", "two relations in one", "country and areas", "country and unit", "unknown question", "unknown word", "claim without phase", "phase unknown",
		"direction of a goal", "presence inside", "goal without needs", "goal of no campaign", "unknown signature", "none that expects",
		"output without a number", "unknown measure", "rate of nothing", "classes and kinds", "kinds of activity", "areas of resumption", "lags of a share",
		"lags in words", "unknown level", "loss without a source", "control by classes and kinds", "multiverse ring of a word", "estimator unknown", "smallest effect", "pre-period", "imputations", "seed", "far",
		"harm of nothing", "negative harm", "harm in words", "empty weights of harm", "harm of no kind", "harm by two", "harm not by deaths"} {
		i := slices.IndexFunc(wrong, func(m mistake) bool { return m.name == name })
		if i < 0 {
			t.Fatalf("there is no case %q", name)
		}
		if text, _ := wrong[i].document(t); schema.Validate(plain(t, text)) == nil {
			t.Errorf("%s: the schema accepts it", name)
		}
	}
}

// The schema and the parser know the same keys, block by block.
func TestSchemaKeysAreTheParsersKeys(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	inSchema := map[string]map[string]bool{}
	schemaKeys(root, root, "", inSchema)

	inParser := map[string]map[string]bool{}
	documents := []string{readFull(t), strings.Replace(readFull(t), readAreas, "areas: {geojson: [a.geojson], properties: {code: c}, grid: prio, box: {west: 1, south: 1, east: 2, north: 2}}\n", 1)}
	for _, text := range documents {
		parserKeys(t, plain(t, text), inParser)
	}
	for _, path := range slices.Sorted(maps.Keys(inSchema)) {
		if !maps.Equal(inSchema[path], inParser[path]) {
			t.Errorf("keys of %q\n schema %v\n parser %v", path, slices.Sorted(maps.Keys(inSchema[path])), slices.Sorted(maps.Keys(inParser[path])))
		}
	}
	for _, path := range slices.Sorted(maps.Keys(inParser)) {
		if inSchema[path] == nil {
			t.Errorf("the schema has no block %q", path)
		}
	}
}

// schemaKeys lists the properties of every block that a schema describes, by
// paths such as campaigns[].footprint.
func schemaKeys(root, s map[string]any, path string, out map[string]map[string]bool) {
	if ref, ok := s["$ref"].(string); ok {
		def := root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
		schemaKeys(root, def, path, out)
	}
	if items, ok := s["items"].(map[string]any); ok {
		schemaKeys(root, items, path+"[]", out)
	}
	if of, ok := s["oneOf"].([]any); ok {
		for _, o := range of {
			schemaKeys(root, o.(map[string]any), path, out)
		}
	}
	props, ok := s["properties"].(map[string]any)
	if !ok {
		return
	}
	for key, p := range props {
		if out[path] == nil {
			out[path] = map[string]bool{}
		}
		out[path][key] = true
		schemaKeys(root, p.(map[string]any), strings.TrimPrefix(path+"."+key, "."), out)
	}
}

var knownKeys = regexp.MustCompile(`known keys: (.*)$`)

// parserKeys puts a key that nothing resembles into every block of a document
// and reads which keys the complaint lists.
func parserKeys(t *testing.T, doc any, out map[string]map[string]bool) {
	const foreign = "zzzzzzzzzzzzzzzzzzzz"
	index := regexp.MustCompile(`\[\d+\]`)
	var visit func(any)
	visit = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				visit(x)
			}
		case map[string]any:
			v[foreign] = 1
			b, err := json.Marshal(doc) // JSON is YAML
			if err != nil {
				t.Fatal(err)
			}
			delete(v, foreign)
			var es Errors
			_, err = ParseBytes("s.yaml", b)
			errors.As(err, &es)
			for _, e := range es {
				path, ok := strings.CutSuffix(e.Path, foreign)
				list := knownKeys.FindStringSubmatch(e.Hint)
				if !ok || list == nil {
					continue
				}
				path = index.ReplaceAllString(strings.TrimSuffix(path, "."), "[]")
				if out[path] == nil {
					out[path] = map[string]bool{}
				}
				for _, key := range strings.Split(list[1], ", ") {
					out[path][key] = true
				}
			}
			for _, x := range v {
				visit(x)
			}
		}
	}
	visit(doc)
}

var switched = regexp.MustCompile(`(?m)^(\s*)#([^ \n])`)

// switchOn removes the "#" of the template's optional keys.
func switchOn(text string) string { return switched.ReplaceAllString(text, "$1$2") }

// All keys of the study file are named in the templates.
func TestTemplatesNameEveryKey(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	blocks := map[string]map[string]bool{}
	schemaKeys(root, root, "", blocks)
	var all strings.Builder
	for _, kind := range formats {
		b, err := Template(kind)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	for path, keys := range blocks {
		for key := range keys {
			if !regexp.MustCompile(`\b` + key + `\b`).MatchString(all.String()) {
				t.Errorf("no template names %s", fmt.Sprintf("%s.%s", path, key))
			}
		}
	}
	if _, err := Template("novel"); err == nil || !strings.Contains(err.Error(), "counts, ucdp-ged, acled, gdelt, gtd, icews, polecat, table, series, auto") {
		t.Errorf("unknown kind: %v", err)
	}
}
