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

// The lake's engine can be exchanged only if nobody reaches past the lake, and
// methods only if the rows that they see come through a panel.
func TestOnlyTheLakeKnowsItsEngine(t *testing.T) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = testdata.Root()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	engines, users := 0, 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct{ ImportPath, X string }
		var imports struct{ Imports, TestImports, XTestImports []string }
		var raw json.RawMessage
		if err := dec.Decode(&raw); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if json.Unmarshal(raw, &p) != nil || json.Unmarshal(raw, &imports) != nil {
			t.Fatal("go list is not understood")
		}
		for _, imp := range slices.Concat(imports.Imports, imports.TestImports, imports.XTestImports) {
			switch {
			case strings.Contains(imp, "duckdb"):
				if engines++; !covers("athar/lake/...", p.ImportPath) {
					t.Errorf("%s sees %s: only the lake may", p.ImportPath, imp)
				}
			case imp == "athar/lake":
				if users++; !slices.ContainsFunc([]string{"athar/assess", "athar/cmd/...", "athar/lake/...", "athar/internal/..."}, func(may string) bool { return covers(may, p.ImportPath) }) {
					t.Errorf("%s sees the lake: only the run and the commands may", p.ImportPath)
				}
			}
		}
	}
	if engines == 0 || users == 0 {
		t.Fatal("nobody uses the lake: the test sees nothing")
	}
}
