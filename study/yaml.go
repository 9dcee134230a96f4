package study

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"athar"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"athar/internal/spelling"
)

// A study file is small and flat; these bounds keep a damaged or foreign file
// from occupying the YAML parser.
const (
	maxBytes = 1 << 20
	maxDepth = 64
)

// reader collects positions and complaints while a study file is read.
type reader struct {
	file string
	errs Errors
	at   map[string]position
	// What "&name" marks, for "*name": long files repeat sources and footprints.
	anchors map[string]ast.Node
}

// Visit collects anchors.
func (r *reader) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AnchorNode); ok {
		r.anchors[a.Name.GetToken().Value] = a.Value
	}
	return r
}

func (r *reader) complain(at position, path, hint, format string, args ...any) {
	r.errs = append(r.errs, Error{r.file, at.line, at.column, path, fmt.Sprintf(format, args...), hint})
}

// parse turns the bytes of a study file into its YAML tree. Without a tree it
// has complained.
func (r *reader) parse(b []byte) (ast.Node, bool) {
	start := position{1, 1}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) || bytes.IndexByte(b, 0) >= 0 {
		r.complain(start, "", "save it as UTF-8", "the file is not UTF-8 text (it looks like UTF-16, which some editors call Unicode)")
		return nil, false
	}
	// The YAML parser counts some CRLF line ends twice.
	b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	b = bytes.ReplaceAll(b, []byte("\r"), []byte("\n"))
	if at, ok := badUTF8(b); ok {
		r.complain(at, "", "save it as UTF-8", "the file is not UTF-8 from here on (it looks like Windows-1252, Windows-1256 or another 8-bit encoding)")
		return nil, false
	}
	if len(b) > maxBytes {
		r.complain(start, "", "name data files under data[].file instead of pasting them here", "the file has %d bytes, more than a study file can have (%d)", len(b), maxBytes)
		return nil, false
	}
	if at, ok := tooDeep(b); ok {
		r.complain(at, "", "", "brackets or dashes are nested more than %d deep", maxDepth)
		return nil, false
	}
	f, err := parser.ParseBytes(b, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		at, message := start, err.Error()
		var y yaml.Error
		if errors.As(err, &y) {
			message = y.GetMessage()
			if tk := y.GetToken(); tk != nil {
				at = tokenPosition(tk)
			}
		}
		r.complain(at, "", "check the indentation, the brackets and the quotes here", "this is not YAML: %s", message)
		return nil, false
	}
	var bodies []ast.Node
	for _, d := range f.Docs {
		if d.Body != nil && d.Body.Type() != ast.DirectiveType {
			bodies = append(bodies, d.Body)
		}
	}
	switch len(bodies) {
	case 0:
		r.complain(start, "", "let `athar init` write a commented study to start from", "the file is empty")
		return nil, false
	case 1:
		ast.Walk(r, bodies[0])
		return bodies[0], true
	}
	r.complain(nodePosition(bodies[1]), "", "put every study in a file of its own and remove the line ---", "a second document begins here")
	return nil, false
}

func badUTF8(b []byte) (position, bool) {
	at := position{1, 1}
	for len(b) > 0 {
		c, n := utf8.DecodeRune(b)
		if c == utf8.RuneError && n == 1 {
			return at, true
		}
		if b = b[n:]; c == '\n' {
			at = position{at.line + 1, 1}
		} else {
			at.column++
		}
	}
	return at, false
}

// tooDeep bounds nesting from above: brackets count wherever they stand, and
// so do dashes and question marks that open a line.
func tooDeep(b []byte) (position, bool) {
	at, brackets, dashes, opening := position{1, 0}, 0, 0, true
	for _, c := range string(b) {
		at.column++
		switch c {
		case '\n':
			at, dashes, opening = position{at.line + 1, 0}, 0, true
		case '[', '{':
			brackets++
			opening = false
		case ']', '}':
			brackets = max(0, brackets-1)
			opening = false
		case '-', '?', ' ', '\t', ':':
			if opening && (c == '-' || c == '?') {
				dashes++
			}
		default:
			opening = false
		}
		if brackets > maxDepth || opening && dashes > maxDepth && c == ' ' {
			return at, true
		}
	}
	return at, false
}

func tokenPosition(tk *token.Token) position {
	return position{max(1, tk.Position.Line), max(1, tk.Position.Column)}
}

// nodePosition is where a node's text begins.
func nodePosition(n ast.Node) position {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return nodePosition(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return nodePosition(n.Key)
	}
	return tokenPosition(n.GetToken())
}

// value is a node of the study file with its path and the position that a
// complaint about it names: a scalar's own, or that of the key which a block
// belongs to.
type value struct {
	*reader
	node ast.Node
	path string
	pos  position
}

func (r *reader) value(n ast.Node, path string, key position) value {
	if a, ok := n.(*ast.AnchorNode); ok {
		n = a.Value
	}
	v := value{r, n, path, key}
	switch n := n.(type) {
	case *ast.AliasNode:
		v.pos = nodePosition(n)
		if name := n.Value.GetToken().Value; r.anchors[name] != nil {
			v.node = r.anchors[name]
		} else {
			v.bad("mark the text that is meant with &"+name, "nothing is marked as &%s", name)
		}
	case *ast.MappingNode:
		if n.IsFlowStyle {
			v.pos = nodePosition(n)
		}
	case *ast.SequenceNode:
		if n.IsFlowStyle {
			v.pos = nodePosition(n)
		}
	case *ast.MappingValueNode:
	case *ast.NullNode:
		if tk := n.GetToken(); tk.Type == token.NullType { // not one that the parser supplied
			v.pos = nodePosition(n)
		}
	default:
		v.pos = nodePosition(n)
	}
	r.at[path] = v.pos
	return v
}

func (v value) bad(hint, format string, args ...any) {
	v.complain(v.pos, v.path, hint, format, args...)
}

// isNull reports whether v is null, "-" or empty: an unpublished number.
func (v value) isNull() bool {
	switch n := v.node.(type) {
	case *ast.NullNode:
		return true
	case *ast.StringNode:
		return n.Value == "-"
	case *ast.SequenceNode: // an unquoted "-" in a block list
		return !n.IsFlowStyle && len(n.Values) == 1 && n.Values[0].Type() == ast.NullType
	}
	return false
}

// kind names what v is, for complaints.
func (v value) kind() string {
	switch n := v.node.(type) {
	case *ast.NullNode:
		return "nothing"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a block of keys"
	case *ast.SequenceNode:
		return "a list"
	case *ast.StringNode, *ast.LiteralNode:
		return fmt.Sprintf("the text %q", v.raw())
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return fmt.Sprintf("the YAML sign %q", n.GetToken().Value)
	}
	return v.raw()
}

// wants complains that v is not what it should be.
func (v value) wants(what, hint string) {
	if _, ok := v.node.(*ast.NullNode); ok {
		v.bad("write a value or remove the key", "is empty, needs %s", what)
		return
	}
	v.bad(hint, "is %s, needs %s", v.kind(), what)
}

// raw is a scalar's text as written, without quotes; "" for what is no scalar.
func (v value) raw() string {
	switch n := v.node.(type) {
	case *ast.StringNode:
		return strings.TrimSpace(n.Value)
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value
	}
	return ""
}

// field is one key of a block and the reader of its value.
type field struct {
	key  string
	need bool
	read func(value)
}

func must(key string, read func(value)) field { return field{key, true, read} }
func may(key string, read func(value)) field  { return field{key, false, read} }

// pairs are the keys and values of a block, in the order of the file; a key
// that stands twice is a complaint.
func (v value) pairs() ([]*ast.MappingValueNode, bool) {
	var nodes []*ast.MappingValueNode
	switch n := v.node.(type) {
	case *ast.MappingNode:
		nodes = n.Values
	case *ast.MappingValueNode:
		nodes = []*ast.MappingValueNode{n}
	default:
		return nil, false
	}
	seen := map[string]position{}
	var once []*ast.MappingValueNode
	for _, n := range nodes {
		key, at := keyText(n), nodePosition(n.Key)
		if first, ok := seen[key]; ok {
			v.complain(at, v.child(key), "keep one of them", "the key stands twice; line %d has it already", first.line)
			continue
		}
		seen[key] = at
		once = append(once, n)
	}
	return once, true
}

func keyText(n *ast.MappingValueNode) string { return n.Key.GetToken().Value }

func (v value) child(key string) string {
	if v.path == "" {
		return key
	}
	return v.path + "." + key
}

// object reads a block of keys, and reports whether v is one. Unknown keys and
// missing ones are complaints.
func (v value) object(fields ...field) bool {
	nodes, ok := v.pairs()
	if !ok {
		v.wants("a block of keys: "+keyList(fields), "")
		return false
	}
	found := map[string]bool{}
	for _, n := range nodes {
		key, at := keyText(n), nodePosition(n.Key)
		i := slices.IndexFunc(fields, func(f field) bool { return f.key == key })
		if i < 0 {
			hint := "known keys: " + keyList(fields)
			if near := nearKey(key, fields); near != "" {
				found[near] = true // one complaint is enough
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			if m, ok := v.node.(*ast.MappingNode); ok && m.IsFlowStyle && n.Value.Type() == ast.NullType {
				hint = "inside { }, put text that has a comma in quotes"
			}
			v.complain(at, v.child(key), hint, "unknown key")
			continue
		}
		found[key] = true
		fields[i].read(v.value(n.Value, v.child(key), at))
	}
	for _, f := range fields {
		if f.need && !found[f.key] {
			v.complain(v.pos, v.path, "", "lacks the key %q", f.key)
		}
	}
	return true
}

func keyList(fields []field) string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	return strings.Join(keys, ", ")
}

// nearKey is the field whose key is most like a misspelt one, or "".
func nearKey(key string, fields []field) string {
	best, limit := "", max(1, len(key)/3)
	for _, f := range fields {
		if d := spelling.Distance(strings.ToLower(key), f.key); d <= limit {
			best, limit = f.key, d-1
		}
	}
	return best
}

// items are the elements of a list.
func (v value) items() []value {
	n, ok := v.node.(*ast.SequenceNode)
	if !ok {
		v.wants("a list", "write [one, two], or one a line after a dash")
		return nil
	}
	out := make([]value, len(n.Values))
	for i, item := range n.Values {
		at := nodePosition(item)
		if item.Type() == ast.NullType {
			at = v.pos
			if i < len(n.Entries) && n.Entries[i].Start != nil {
				at = tokenPosition(n.Entries[i].Start)
			}
		}
		out[i] = v.value(item, fmt.Sprintf("%s[%d]", v.path, i), at)
	}
	return out
}

// each reads a list. Elements with complaints keep their place in it.
func each[T any](dst *[]T, read func(*T) func(value)) func(value) {
	return func(v value) {
		for _, item := range v.items() {
			var x T
			read(&x)(item)
			*dst = append(*dst, x)
		}
	}
}

// oneOrMany reads a list, or a single element in its place.
func oneOrMany[T any](dst *[]T, read func(*T) func(value)) func(value) {
	return func(v value) {
		if _, list := v.node.(*ast.SequenceNode); list {
			each(dst, read)(v)
			return
		}
		var x T
		read(&x)(v)
		*dst = append(*dst, x)
	}
}

// text reads prose.
func text(dst *string) func(value) {
	return func(v value) {
		switch v.node.(type) {
		case *ast.StringNode, *ast.LiteralNode:
			if *dst = v.raw(); *dst == "" {
				v.bad("write a value or remove the key", "is empty, needs text")
			}
		default:
			hint := ""
			if v.raw() != "" {
				hint = fmt.Sprintf("put it in quotes if it is meant: %q", v.raw())
			}
			v.wants("text", hint)
		}
	}
}

// label reads a code, an identifier of somebody's data or a column's name,
// which may look like a number; it is kept as written.
func label(dst *string) func(value) {
	return func(v value) {
		if *dst = v.raw(); *dst == "" {
			v.wants("text or a number", "")
		}
	}
}

// names reads a name: plain text is English, {en, ar} gives both. With Arabic
// alone, the Arabic name serves in both languages.
func names(dst *athar.Names) func(value) {
	return func(v value) {
		switch v.node.(type) {
		case *ast.MappingNode, *ast.MappingValueNode:
			v.object(may("en", text(&dst.En)), may("ar", text(&dst.Ar)))
			if dst.En == "" {
				dst.En = dst.Ar
			}
		default:
			text(&dst.En)(v)
		}
	}
}

var idForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// ident reads an id of the study file. Ids become parts of file names and
// links.
func ident(dst *string) func(value) {
	return func(v value) {
		label(dst)(v)
		if *dst != "" && !idForm.MatchString(*dst) {
			v.bad("use letters a-z, digits, dot, dash and underscore, e.g. first-campaign", "%q is not an id", *dst)
			*dst = ""
		}
	}
}

// word reads one of some words, in any case.
func word[T ~string](dst *T, words ...T) func(value) {
	return func(v value) {
		for _, w := range words {
			if strings.EqualFold(v.raw(), string(w)) {
				*dst = w
				return
			}
		}
		list := make([]string, len(words))
		for i, w := range words {
			list[i] = string(w)
		}
		v.wants("one of: "+strings.Join(list, ", "), nearest(v.raw(), list))
	}
}

// number reads a finite number.
func number(dst *float64) func(value) {
	return func(v value) {
		switch v.node.(type) {
		case *ast.IntegerNode, *ast.FloatNode:
			if f, err := strconv.ParseFloat(v.raw(), 64); err == nil && !math.IsInf(f, 0) {
				*dst = f
				return
			}
		}
		v.wants("a number", "")
	}
}

// whole reads a whole number of [low, high].
func whole(dst *int, low, high int) func(value) {
	return func(v value) {
		n, err := strconv.Atoi(v.raw())
		if _, ok := v.node.(*ast.IntegerNode); !ok || err != nil || n < low || n > high {
			v.wants(fmt.Sprintf("a whole number from %d to %d", low, high), "")
			return
		}
		*dst = n
	}
}

// yes reads true or false.
func yes(dst *bool) func(value) {
	return func(v value) {
		b, ok := v.node.(*ast.BoolNode)
		if !ok {
			v.wants("true or false", "")
			return
		}
		*dst = b.Value
	}
}

// publishedCount reads one number of a bare series; NaN stands for a period
// that was not published.
func publishedCount(dst *float64) func(value) {
	return func(v value) {
		n, err := strconv.ParseUint(v.raw(), 10, 31)
		switch _, integer := v.node.(*ast.IntegerNode); {
		case v.isNull():
			*dst = math.NaN()
		case integer && err == nil:
			*dst = float64(n)
		default:
			v.bad("", "is %s, needs a count: a whole number from 0, or - or null for a period that was not published", v.kind())
		}
	}
}

// span reads a date, a whole month, or an interval {from, to} of either.
func span(dst *athar.Span) func(value) {
	return func(v value) {
		switch v.node.(type) {
		case *ast.MappingNode, *ast.MappingValueNode:
			v.object(interval(dst)...)
			v.orderly(*dst)
		default:
			v.date(dst)
		}
	}
}

// interval are the keys from and to. A bare month begins with its first day
// and ends with its last one.
func interval(dst *athar.Span) []field {
	return []field{must("from", first(&dst.First)), must("to", last(&dst.Last))}
}

// orderly complains about an interval that ends before it begins.
func (v value) orderly(s athar.Span) {
	if s.First != 0 && s.Last != 0 && s.Last < s.First {
		from, ok := v.at[v.child("from")]
		if !ok {
			from = v.pos
		}
		v.complain(from, v.child("from"), "swap them or correct the year", "%s is later than to (%s)", s.First, s.Last)
	}
}

func first(dst *athar.Day) func(value) {
	return func(v value) {
		var s athar.Span
		v.date(&s)
		*dst = s.First
	}
}

func last(dst *athar.Day) func(value) {
	return func(v value) {
		var s athar.Span
		v.date(&s)
		*dst = s.Last
	}
}

// date reads 2020-06-02, or 2020-06 as the whole month.
func (v value) date(dst *athar.Span) {
	const form = "a date as 2020-06-02, or a month as 2020-06"
	raw := v.raw()
	if t, err := time.Parse("2006-01", raw); err == nil {
		*dst = athar.Span{First: athar.DayOf(t), Last: athar.DayOf(t.AddDate(0, 1, -1))}
	} else if t, err := time.Parse(time.DateOnly, raw); err == nil {
		*dst = athar.Span{First: athar.DayOf(t), Last: athar.DayOf(t)}
	} else if dateForm.MatchString(raw) {
		v.bad("correct the month or the day", "there is no day %s in the calendar", raw)
		return
	} else {
		v.wants(form, "")
		return
	}
	if y := dst.First.Time().Year(); y < 1900 || y > 2100 {
		v.bad("correct the year", "the year %d is not from 1900 to 2100", y)
		*dst = athar.Span{}
	}
}

var dateForm = regexp.MustCompile(`^\d{4}-\d\d(-\d\d)?$`)
