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

// classExamples shows classes of the published formats that are read as they
// come, in the source's own words.
var classExamples = map[string]string{
	"acled":   `[Battles, "Explosions/Remote violence"]`,
	"gdelt":   `["18", "19"] # CAMEO codes or their beginning`,
	"gtd":     `[Armed Assault, "Bombing/Explosion"]`,
	"icews":   `["18", "19"] # CAMEO codes or their beginning`,
	"polecat": `[assault]`,
	"auto":    `[Battles]`,
}

// Schema is the JSON Schema (draft 2020-12) of the study file, for editors.
func Schema() []byte { return bytes.Clone(schema) }

// Template is a commented study file for data of one format; auto for a
// published file whose format is to be recognised. It parses as it stands, and explains every key with its
// default.
func Template(kind string) ([]byte, error) {
	if !slices.Contains(formats, kind) {
		return nil, fmt.Errorf("there is no template %q; there are: %s", kind, strings.Join(formats, ", "))
	}
	var b bytes.Buffer
	classes, published := classExamples[kind]
	if err := templates.Execute(&b, struct {
		Kind, Classes string
		Published     bool
	}{kind, classes, published}); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
