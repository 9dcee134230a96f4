package brief

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestAccessible runs axe-core over the page in both languages: nothing serious
// may be wrong with it. ATHAR_AXE names the file axe.min.js of the npm package
// axe-core. Texts in drawings have no ground that axe could read: TestContrast has
// their colours.
func TestAccessible(t *testing.T) {
	if testing.Short() {
		t.Skip("axe takes its time")
	}
	file := os.Getenv("ATHAR_AXE")
	if file == "" {
		if os.Getenv("ATHAR_REQUIRE_BROWSER") == "1" {
			t.Fatal("ATHAR_AXE must name axe.min.js of the npm package axe-core here")
		}
		t.Skip("needs axe-core: set ATHAR_AXE to its axe.min.js")
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := withCourse(fixture(t, false))
	r.Campaigns = r.Campaigns[:1] // the others are alike, and axe takes its time
	for _, lang := range []string{"en", "ar"} {
		t.Run(lang, func(t *testing.T) {
			var page bytes.Buffer
			if err := HTML(&page, r, lang); err != nil {
				t.Fatal(err)
			}
			var got struct {
				Error  string
				Passes int
				Bad    []struct {
					ID, Impact, Help string
					Nodes            []string
				}
			}
			ask(t, page.Bytes(), string(axe)+`;
axe.run(document,{resultTypes:["violations"]}).then(r=>answer({passes:r.passes.length,bad:r.violations.map(v=>({id:v.id,impact:v.impact,help:v.help,nodes:v.nodes.slice(0,4).map(n=>n.html.slice(0,160))}))}),e=>answer({error:String(e)}))`, &got)
			if got.Error != "" || got.Passes < 20 {
				t.Fatalf("axe did not run: %+v", got)
			}
			for _, v := range got.Bad {
				say := t.Logf
				if v.Impact == "serious" || v.Impact == "critical" {
					say = t.Errorf
				}
				say("%s (%s): %s\n%s", v.ID, v.Impact, v.Help, strings.Join(v.Nodes, "\n"))
			}
		})
	}
}
