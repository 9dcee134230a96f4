// Package layers guards the direction of imports: a package may import only
// what stands in a layer to its left (ARCHITECTURE.md has the picture).
package layers

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"athar/internal/testdata"
)

// layer maps a package, or all packages below a path that ends in "/...", to
// its layer. Packages of one layer do not import each other unless listed in
// within.
var layers = []struct {
	name     string
	packages []string
}{
	{"vocabulary", []string{"athar"}},
	{"spelling", []string{"athar/internal/spelling"}},
	{"numerics, calendar and tools without a subject", []string{"athar/stat/...", "athar/calendar", "athar/tabular", "athar/internal/testdata"}},
	{"readers and the study file", []string{"athar/source/...", "athar/place", "athar/study"}},
	{"arrangement and methods", []string{"athar/panel", "athar/match/...", "athar/effect/...", "athar/displace/...", "athar/impute", "athar/sim", "athar/adapt/...", "athar/outlook", "athar/multiverse", "athar/power"}},
	{"the lake", []string{"athar/lake/..."}},
	{"verdict", []string{"athar/verdict"}},
	{"the run", []string{"athar/assess"}},
	{"the report", []string{"athar/brief/..."}},
	{"the folder", []string{"athar/publish", "athar/freeze"}},
	{"commands and examples", []string{"athar/cmd/...", "athar/internal/...", "athar/examples"}},
}

// Besides layers, some rooms must not see others at all, whichever way they
// stand: methods know no files, readers no statistics, the page only the
// report.
var blind = map[string][]string{
	"athar/stat":         {"athar/calendar", "os", "net/http", "html/template", "github.com/goccy/go-yaml"},
	"athar/effect/...":   {"athar/study", "athar/source/...", "athar/place", "athar/calendar", "os", "html/template"},
	"athar/impute":       {"athar/study", "athar/source/...", "athar/place", "athar/calendar", "os", "html/template"},
	"athar/adapt/...":    {"athar/study", "athar/source/...", "athar/place", "athar/calendar", "athar/effect/...", "os", "html/template"},
	"athar/outlook":      {"athar/study", "athar/source/...", "athar/place", "athar/calendar", "os", "html/template"},
	"athar/displace/...": {"athar/study", "athar/source/...", "athar/place", "athar/calendar", "os", "html/template"},
	"athar/verdict":      {"athar/study", "athar/source/...", "athar/place", "os", "html/template", "athar/effect/..."},
	"athar/panel":        {"athar/study", "athar/source/...", "athar/place", "athar/stat", "os", "html/template"},
	"athar/match/...":    {"athar/study", "athar/source/...", "os", "html/template"},
	"athar/lake/...":     {"athar/stat", "athar/study", "athar/effect/...", "athar/displace/...", "athar/impute"},
	"athar/source/...":   {"athar/stat", "athar/study", "athar/place", "html/template"},
	"athar/place":        {"athar/stat", "athar/study", "athar/source/...", "html/template"},
	"athar/study":        {"athar/stat", "athar/source/...", "athar/place", "html/template"},
	"athar/brief/...":    {"athar/stat", "athar/study", "athar/source/...", "athar/place", "athar/panel", "athar/effect/...", "athar/displace/...", "athar/verdict", "athar/assess", "net/http"},
}

func covers(pattern, pkg string) bool {
	if p, ok := strings.CutSuffix(pattern, "/..."); ok {
		return pkg == p || strings.HasPrefix(pkg, p+"/")
	}
	return pkg == pattern
}

// layerOf finds the most exact entry, so that internal/testdata is not taken
// for a command.
func layerOf(pkg string) int {
	best, length := -1, -1
	for i, l := range layers {
		for _, p := range l.packages {
			if covers(p, pkg) && len(p) > length {
				best, length = i, len(p)
			}
		}
	}
	return best
}

func family(pkg string) string {
	parts := strings.Split(pkg, "/")
	return strings.Join(parts[:min(2, len(parts))], "/")
}

func TestImportsPointOneWay(t *testing.T) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = testdata.Root()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		seen++
		mine := layerOf(p.ImportPath)
		if mine < 0 {
			t.Errorf("%s stands in no layer: place it in layers_test.go and ARCHITECTURE.md", p.ImportPath)
			continue
		}
		for _, imp := range p.Imports {
			for room, unseen := range blind {
				if covers(room, p.ImportPath) && slices.ContainsFunc(unseen, func(u string) bool { return covers(u, imp) }) {
					t.Errorf("%s must not see %s", p.ImportPath, imp)
				}
			}
			if imp != "athar" && !strings.HasPrefix(imp, "athar/") {
				if p.ImportPath == "athar" && strings.Contains(strings.Split(imp, "/")[0], ".") {
					t.Errorf("the vocabulary imports %s; it may import only the standard library", imp)
				}
				continue
			}
			theirs := layerOf(imp)
			sameFamily := family(p.ImportPath) == family(imp)
			if theirs > mine || theirs == mine && !sameFamily && layers[mine].name != "arrangement and methods" && layers[mine].name != "commands and examples" {
				t.Errorf("%s (%s) imports %s (%s): against the direction", p.ImportPath, layers[mine].name, imp, layers[theirs].name)
			}
		}
	}
	if seen < 10 {
		t.Fatalf("only %d packages listed", seen)
	}
}
