package brief

import (
	"os"
	"strings"
	"testing"
)

// TestAccessible runs axe-core over the page, folded and unfolded, in both schemes
// of colours. ATHAR_AXE names the file axe.min.js of the npm package axe-core; the
// test is skipped without it, and fails where ATHAR_REQUIRE_AXE=1.
func TestAccessible(t *testing.T) {
	file := os.Getenv("ATHAR_AXE")
	if file == "" {
		if os.Getenv("ATHAR_REQUIRE_AXE") == "1" {
			t.Fatal("ATHAR_AXE must name axe.min.js here")
		}
		t.Skip("needs axe-core: set ATHAR_AXE to its axe.min.js")
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	page := render(t, withCourse(fixture(t, true)))
	check := func(t *testing.T, before string, args ...string) {
		t.Helper()
		var got struct {
			Error  string
			Passes int
			Bad    []struct {
				ID, Impact, Help string
				Nodes            []string
			}
		}
		// Texts in drawings have no ground that axe could read: TestContrast has their colours.
		ask(t, page, string(axe)+`;`+before+`
axe.run(document,{resultTypes:["violations"]}).then(r=>answer({passes:r.passes.length,bad:r.violations.map(v=>({id:v.id,impact:v.impact,help:v.help,nodes:v.nodes.slice(0,4).map(n=>n.html.slice(0,160))}))}),e=>answer({error:String(e)}))`, &got, args...)
		if got.Error != "" || got.Passes < 20 {
			t.Fatalf("axe did not run: %+v", got)
		}
		for _, v := range got.Bad {
			if v.Impact == "serious" || v.Impact == "critical" {
				t.Errorf("%s (%s): %s\n%s", v.ID, v.Impact, v.Help, strings.Join(v.Nodes, "\n"))
			} else {
				t.Logf("%s (%s): %s\n%s", v.ID, v.Impact, v.Help, strings.Join(v.Nodes, "\n"))
			}
		}
	}
	t.Run("light", func(t *testing.T) { check(t, "") })
	t.Run("dark, unfolded", func(t *testing.T) {
		check(t, `for(const d of document.querySelectorAll("#answer details,#campaign-1 details"))d.open=true;`, "--force-dark-mode")
	})
}
