package athar_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"athar"
)

var update = flag.Bool("update", false, "write docs/findings.schema.json anew")

// ordered is a JSON object that keeps the order of its members.
type ordered []member

type member struct {
	key   string
	value any
}

func (o ordered) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		k, err := json.Marshal(m.key)
		if err != nil {
			return nil, err
		}
		v, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(append(append(k, ':'), v...))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// source is what the package's files say of its types.
type source struct {
	types  map[string]string            // comment by type
	fields map[string]map[string]string // comment by type and field
	values map[string][]string          // constants of a string type, by its name
}

func readSource(t *testing.T) source {
	t.Helper()
	s := source{map[string]string{}, map[string]map[string]string{}, map[string][]string{}}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range g.Specs {
				switch x := spec.(type) {
				case *ast.TypeSpec:
					s.types[x.Name.Name] = said(g.Doc)
					st, ok := x.Type.(*ast.StructType)
					if !ok {
						continue
					}
					s.fields[x.Name.Name] = map[string]string{}
					for _, field := range st.Fields.List {
						says := said(field.Doc)
						if says == "" {
							says = said(field.Comment)
						}
						for _, n := range field.Names {
							s.fields[x.Name.Name][n.Name] = says
						}
					}
				case *ast.ValueSpec:
					id, ok := x.Type.(*ast.Ident)
					if !ok {
						continue
					}
					for _, v := range x.Values {
						if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
							text, err := strconv.Unquote(lit.Value)
							if err != nil {
								t.Fatal(err)
							}
							s.values[id.Name] = append(s.values[id.Name], text)
						}
					}
				}
			}
		}
	}
	return s
}

// said is a comment as one line of text.
func said(g *ast.CommentGroup) string {
	if g == nil {
		return ""
	}
	var p comment.Parser
	var pr comment.Printer
	text := string(pr.Text(p.Parse(g.Text())))
	return strings.Join(strings.Fields(regexp.MustCompile(`\[(\w+(?:\.\w+)?)\]`).ReplaceAllString(text, "$1")), " ")
}

// schema makes the schema of findings.json from the types of the report and
// their comments.
func schema(t *testing.T) []byte {
	src := readSource(t)
	defs := map[string]ordered{}
	var of func(reflect.Type) any
	or := func(x any, more ...any) any { return ordered{{"anyOf", append([]any{x}, more...)}} }
	null := ordered{{"type", "null"}}
	var members func(reflect.Type, *ordered, *[]string)
	members = func(x reflect.Type, props *ordered, required *[]string) {
		for i := range x.NumField() {
			f := x.Field(i)
			if f.Anonymous {
				members(f.Type, props, required)
				continue
			}
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" {
				t.Fatalf("%s.%s has no name in JSON", x.Name(), f.Name)
			}
			empty := options == "omitempty"
			of := of
			var value any
			switch ft := f.Type; {
			case ft.Kind() == reflect.Pointer && empty:
				value = of(ft.Elem())
			case ft.Kind() == reflect.Pointer:
				value = or(of(ft.Elem()), null)
			case ft.Kind() == reflect.Slice && !empty:
				value = ordered{{"type", []string{"array", "null"}}, {"items", of(ft.Elem())}}
			default:
				value = of(ft)
			}
			says := src.fields[x.Name()][f.Name]
			if o, ok := value.(ordered); ok && says != "" {
				value = append(ordered{{"description", says}}, o...)
			}
			*props = append(*props, member{name, value})
			if !empty {
				*required = append(*required, name)
			}
		}
	}
	of = func(x reflect.Type) any {
		ref := func() any { return ordered{{"$ref", "#/$defs/" + x.Name()}} }
		if _, done := defs[x.Name()]; done && x.PkgPath() != "" {
			return ref()
		}
		def := func(o ordered) any {
			if says := src.types[x.Name()]; says != "" {
				o = append(ordered{{"description", says}}, o...)
			}
			defs[x.Name()] = o
			return ref()
		}
		switch {
		case x == reflect.TypeFor[athar.Num]():
			return def(ordered{{"anyOf", []any{ordered{{"type", "number"}}, ordered{{"enum", []string{"Infinity", "-Infinity"}}}, null}}})
		case x == reflect.TypeFor[athar.Day]():
			return def(ordered{{"type", "string"}, {"format", "date"}, {"pattern", `^\d{4}-\d{2}-\d{2}$`}})
		case x.Kind() == reflect.String && len(src.values[x.Name()]) > 0 && x.PkgPath() != "":
			return def(ordered{{"type", "string"}, {"enum", src.values[x.Name()]}})
		}
		switch x.Kind() {
		case reflect.String:
			return ordered{{"type", "string"}}
		case reflect.Bool:
			return ordered{{"type", "boolean"}}
		case reflect.Int, reflect.Int64, reflect.Int8, reflect.Uint64:
			o := ordered{{"type", "integer"}}
			if x.PkgPath() != "" {
				return def(o)
			}
			return o
		case reflect.Float64:
			return ordered{{"type", "number"}}
		case reflect.Pointer:
			return or(of(x.Elem()), null)
		case reflect.Slice:
			return ordered{{"type", "array"}, {"items", of(x.Elem())}}
		case reflect.Array:
			return ordered{{"type", "array"}, {"items", of(x.Elem())}, {"minItems", x.Len()}, {"maxItems", x.Len()}}
		case reflect.Map: // the quantities of a note
			names := of(reflect.TypeFor[athar.Names]())
			return ordered{{"type", "object"}, {"additionalProperties", ordered{{"anyOf", []any{ordered{{"type", []string{"string", "number", "boolean", "null"}}}, names,
				ordered{{"type", "array"}, {"items", ordered{{"type", "string"}}}}}}}}}
		case reflect.Struct:
			defs[x.Name()] = nil // it may hold itself
			var props ordered
			required := []string{}
			members(x, &props, &required)
			return def(ordered{{"type", "object"}, {"properties", props}, {"required", required}, {"additionalProperties", false}})
		}
		t.Fatalf("no schema for %v", x)
		return nil
	}
	of(reflect.TypeFor[athar.Report]())
	root := defs["Report"]
	for i, m := range root {
		if m.key == "properties" {
			props := slices.Clone(m.value.(ordered))
			props[0].value = ordered{{"description", "The layout of the file; another layout has another number."}, {"const", "athar-findings/1"}}
			root[i].value = props
		}
	}
	delete(defs, "Report")
	var list ordered
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for k := range defs {
			if !yield(k) {
				return
			}
		}
	}) {
		list = append(list, member{name, defs[name]})
	}
	out := append(ordered{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"$id", "findings.schema.json"}, {"title", "Athar findings, version 1"}}, root...)
	b, err := json.Marshal(append(out, member{"$defs", list}))
	if err != nil {
		t.Fatal(err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, b, "", " "); err != nil {
		t.Fatal(err)
	}
	return append(indented.Bytes(), '\n')
}

// The published schema is that of the types; publish has the tests that hold
// real findings to it.
func TestSchemaIsThatOfTheTypes(t *testing.T) {
	want := schema(t)
	const name = "docs/findings.schema.json"
	if *update {
		if err := os.WriteFile(name, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(name)
	if err != nil || !bytes.Equal(have, want) {
		t.Errorf("%s is not that of the types (%v): go test . -run Schema -update", name, err)
	}
	words, err := os.ReadFile("docs/findings.md")
	if err != nil {
		t.Fatal(err)
	}
	report := reflect.TypeFor[athar.Report]()
	for i := range report.NumField() {
		if name, _, _ := strings.Cut(report.Field(i).Tag.Get("json"), ","); !bytes.Contains(words, []byte("`"+name+"`")) {
			t.Errorf("docs/findings.md does not say what %s is", name)
		}
	}
}
