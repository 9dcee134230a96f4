package freeze

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"athar"
	"athar/assess"
	"athar/study"
)

// sections hashes the canonical form of a parsed study, key by key of the file.
//
// The form is that of the values, not of the text: comments, white space, the
// order of keys and the way of writing a value (2020-06 or the interval of its
// days) leave no trace. A value is written with the name of its field, fields in
// the order of their names; a field without a value is not written, so that a
// key which a later version adds changes no hash of a study that does not use
// it. Defaults are values: a study is another one if a default of the program
// changed. Lists keep their order.
func sections(s *study.Study) map[string]string {
	out := map[string]string{}
	var texts []byte
	v := reflect.ValueOf(*s)
	for _, f := range fields(v.Type()) {
		if slices.Contains(notContent, f.Name) {
			continue
		}
		key := snake(f.Name)
		e := encoder{keepTexts: slices.Contains(meaning, f.Name)}
		if isText(f) && !e.keepTexts {
			e.text(key, v.FieldByIndex(f.Index))
		} else if value := v.FieldByIndex(f.Index); !empty(value) {
			n := len(e.out)
			e.value(key, value)
			if len(e.out) > n {
				sum := sha256.Sum256(e.out)
				out[key] = hex.EncodeToString(sum[:])
			}
		}
		texts = append(texts, e.texts...)
	}
	if len(texts) > 0 {
		sum := sha256.Sum256(texts)
		out[Texts] = hex.EncodeToString(sum[:])
	}
	return out
}

var (
	// notContent are the fields of a study that say where it came from.
	notContent = []string{"Dir", "Source"}
	// meaning are the sections whose wording is part of what is asked: the names
	// by which the group is found, what is counted, the sentences to be tested.
	meaning = []string{"Group", "Outcome", "Claims"}
	// wording are fields of plain text that cannot change a result, and what lies
	// under the maps.
	wording = []string{"Licence", "Citation", "Credit", "Map"}
)

type encoder struct {
	keepTexts  bool
	out, texts []byte
}

// isText says whether a field holds wording: names for readers, and sources.
func isText(f reflect.StructField) bool {
	t := f.Type
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t == reflect.TypeFor[athar.Names]() || t == reflect.TypeFor[athar.SourceRef]() || slices.Contains(wording, f.Name)
}

// text keeps wording apart, under its place in the study.
func (e *encoder) text(at string, v reflect.Value) {
	if empty(v) {
		return
	}
	t := encoder{keepTexts: true}
	t.value(at, v)
	e.texts = fmt.Appendf(e.texts, "%s %s\n", at, t.out)
}

func (e *encoder) value(at string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		e.value(at, v.Elem())
	case reflect.Struct:
		e.out = append(e.out, '{')
		for _, f := range fields(v.Type()) {
			x := v.FieldByIndex(f.Index)
			switch {
			case empty(x):
			case isText(f) && !e.keepTexts:
				e.text(at+"."+snake(f.Name), x)
			default:
				e.out = append(strconv.AppendQuote(e.out, f.Name), ':')
				e.value(at+"."+snake(f.Name), x)
				e.out = append(e.out, ',')
			}
		}
		e.out = append(e.out, '}')
	case reflect.Slice:
		e.out = append(e.out, '[')
		for i := range v.Len() {
			e.value(fmt.Sprintf("%s[%d]", at, i), v.Index(i))
			e.out = append(e.out, ',')
		}
		e.out = append(e.out, ']')
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		e.out = append(e.out, '{')
		for _, k := range keys {
			e.out = append(strconv.AppendQuote(e.out, k.String()), ':')
			e.value(at+"."+k.String(), v.MapIndex(k))
			e.out = append(e.out, ',')
		}
		e.out = append(e.out, '}')
	case reflect.String:
		e.out = strconv.AppendQuote(e.out, v.String())
	case reflect.Float64:
		e.out = strconv.AppendFloat(e.out, v.Float(), 'g', -1, 64)
	case reflect.Bool:
		e.out = strconv.AppendBool(e.out, v.Bool())
	case reflect.Int, reflect.Int32, reflect.Int64:
		e.out = strconv.AppendInt(e.out, v.Int(), 10)
	case reflect.Uint64:
		e.out = strconv.AppendUint(e.out, v.Uint(), 10)
	default:
		panic("freeze: no canonical form for " + v.Type().String())
	}
}

// fields are the exported fields of a struct by name.
func fields(t reflect.Type) []reflect.StructField {
	var out []reflect.StructField
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b reflect.StructField) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	}
	return v.IsZero()
}

// snake is the key of the study file for a field of a study.
func snake(name string) string {
	if name == "ID" {
		return "study"
	}
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 && !strings.HasSuffix(b.String(), "_") && unicode.IsLower(rune(name[i-1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// data hashes every file that the study names, by the path in the study. Of a
// dataset in a lake, those are the imported files of its version, and the
// options that decided which of their rows were kept.
func data(s *study.Study) ([]File, error) {
	var names []string
	for _, d := range s.Data {
		names = append(names, d.File, d.Monitored)
	}
	names = append(names, s.Areas.Table, s.Areas.Distances)
	names = append(names, s.Areas.GeoJSON...)
	for _, c := range s.Campaigns {
		names = append(names, c.Footprint.GeoJSON)
	}
	slices.Sort(names)
	out := []File{}
	for _, name := range slices.Compact(names) {
		if name == "" {
			continue
		}
		sum, err := hashFile(s.Path(name))
		if err != nil {
			return nil, err
		}
		out = append(out, File{name, sum})
	}
	for _, d := range s.Data {
		if d.Lake == "" {
			continue
		}
		files, err := assess.Imported(s.Path(d.Lake), d)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			out = append(out, File{f.File, f.SHA256})
		}
	}
	slices.SortFunc(out, func(a, b File) int { return strings.Compare(a.File+"\x00"+a.SHA256, b.File+"\x00"+b.SHA256) })
	return slices.Compact(out), nil
}
