package study

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"text/template"
)

//go:embed template.yaml
var templateText string

var templates = template.Must(template.New("study").Parse(templateText))

//go:embed study.schema.json
var schema []byte

// Schema is the JSON Schema (draft 2020-12) of the study file, for editors.
func Schema() []byte { return bytes.Clone(schema) }

// Template is a commented study file for data of one kind: counts, ucdp-ged,
// table or series. It parses as it stands, and explains every key with its
// default.
func Template(kind string) ([]byte, error) {
	if !slices.Contains(formats, kind) {
		return nil, fmt.Errorf("there is no template %q; there are: %s", kind, strings.Join(formats, ", "))
	}
	var b bytes.Buffer
	if err := templates.Execute(&b, struct{ Kind string }{kind}); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
