package text

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"athar/internal/testdata"
)

// emitted is one place of the code that makes a note. Args is nil where the
// names of its quantities cannot be read off the code.
type emitted struct {
	at   string
	code string
	args []string
}

// shortHands are the functions that make a note of a code.
var shortHands = []string{"note", "NewNote", "Refuse", "say"}

// codeForm is the form of a code; most other strings do not have it.
var codeForm = regexp.MustCompile(`^[a-z]+(-[a-z]+)+$`)

// emittedNotes finds the notes that the module's code makes: composite
// literals of Note with a literal code, calls of the packages' short hands, and
// literals assigned to a variable named code.
func emittedNotes(t *testing.T) []emitted {
	t.Helper()
	var out []emitted
	root := testdata.Root()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != root || d.Name() == "testdata" || path == filepath.Join(root, "internal")) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			return nil // another package's problem
		}
		add := func(n ast.Node, code string, args []string) {
			rel, _ := filepath.Rel(root, path)
			out = append(out, emitted{rel + ":" + strconv.Itoa(set.Position(n.Pos()).Line), code, args})
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.CompositeLit:
				code, args := "", []string{}
				for _, e := range x.Elts {
					kv, ok := e.(*ast.KeyValueExpr)
					if !ok {
						return true
					}
					switch key, _ := kv.Key.(*ast.Ident); {
					case key == nil:
					case key.Name == "Code":
						code = literal(kv.Value)
					case key.Name == "Args":
						args = mapKeys(kv.Value)
					case key.Name != "Status":
						return true
					}
				}
				if code != "" && isNote(x.Type) {
					add(x, code, args)
				}
			case *ast.CallExpr:
				name := ""
				switch f := x.Fun.(type) {
				case *ast.Ident:
					name = f.Name
				case *ast.SelectorExpr:
					name = f.Sel.Name
				}
				if !slices.Contains(shortHands, name) || len(x.Args) == 0 || !codeForm.MatchString(literal(x.Args[0])) {
					return true
				}
				args := []string{}
				switch {
				case len(x.Args) == 2:
					args = mapKeys(x.Args[1])
				case x.Ellipsis.IsValid():
					args = nil
				default:
					for i := 1; i < len(x.Args); i += 2 {
						args = append(args, literal(x.Args[i]))
					}
				}
				add(x, literal(x.Args[0]), args)
			case *ast.AssignStmt: // a code chosen before the note is made
				for i, left := range x.Lhs {
					if id, ok := left.(*ast.Ident); ok && id.Name == "code" && i < len(x.Rhs) && codeForm.MatchString(literal(x.Rhs[i])) {
						add(x, literal(x.Rhs[i]), nil)
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func isNote(t ast.Expr) bool {
	switch x := t.(type) {
	case nil: // elided inside []athar.Note{{...}}
		return true
	case *ast.Ident:
		return x.Name == "Note"
	case *ast.SelectorExpr:
		return x.Sel.Name == "Note"
	}
	return false
}

func literal(e ast.Expr) string {
	if b, ok := e.(*ast.BasicLit); ok && b.Kind == token.STRING {
		s, _ := strconv.Unquote(b.Value)
		return s
	}
	return ""
}

// mapKeys are the keys of a map literal; none for nil; nil if e is something else.
func mapKeys(e ast.Expr) []string {
	if id, ok := e.(*ast.Ident); ok && id.Name == "nil" {
		return []string{}
	}
	m, ok := e.(*ast.CompositeLit)
	if !ok {
		return nil
	}
	keys := []string{}
	for _, x := range m.Elts {
		if kv, ok := x.(*ast.KeyValueExpr); ok {
			keys = append(keys, literal(kv.Key))
		}
	}
	return keys
}

func TestEveryCodeHasASentence(t *testing.T) {
	notes := emittedNotes(t)
	if len(notes) < 20 {
		t.Fatalf("found only %d notes in the code: the search is broken", len(notes))
	}
	for _, code := range Languages() {
		l, err := Load(code)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range notes {
			if !l.Has("note." + n.code) {
				t.Errorf("%s: %s.txt has no sentence for %q %v", n.at, code, n.code, n.args)
				continue
			}
			for _, p := range l.Placeholders("note." + n.code) {
				if n.args != nil && !slices.Contains(n.args, p) {
					t.Errorf("%s: %s.txt: the sentence of %q asks for {%s}, the code gives %v", n.at, code, n.code, p, n.args)
				}
			}
		}
	}
}
