package brief

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// chromium returns a function that runs an installed Chromium without a window
// and returns what it printed. Without one the test is skipped, or fails where
// ATHAR_REQUIRE_BROWSER=1.
func chromium(t *testing.T) func(args ...string) (stdout, stderr string) {
	t.Helper()
	var program string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if p, err := exec.LookPath(name); err == nil {
			program = p
			break
		}
	}
	if program == "" {
		if os.Getenv("ATHAR_REQUIRE_BROWSER") == "1" {
			t.Fatal("a Chromium is required here")
		}
		t.Skip("needs an installed Chromium")
	}
	profile := t.TempDir()
	return func(args ...string) (string, string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		all := append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
			"--disable-component-update", "--disable-sync", "--hide-scrollbars", "--enable-logging=stderr", "--log-level=0", "--user-data-dir=" + profile}, args...)
		cmd := exec.CommandContext(ctx, program, all...)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, errs.String())
		}
		return out.String(), errs.String()
	}
}

// probe is put into a copy of the page: it reports the widest overflow and the
// elements that cause it to the page that frames it.
const probe = `<script>addEventListener("load",()=>{const w=document.documentElement.clientWidth;
const wide=[...document.querySelectorAll("body *")].filter(e=>!e.closest("svg svg,.scroll")&&e.getBoundingClientRect().right>w+1).map(e=>e.tagName+"."+(e.getAttribute("class")||e.id)).slice(0,5);
parent.postMessage([w,document.documentElement.scrollWidth,wide.join(" "),document.querySelectorAll("svg").length],"*")})</script>`

// with is a copy of the page with a script of the test, which the page's own policy
// would not let run.
func with(page []byte, script string) []byte {
	page = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAll(page, nil)
	return bytes.Replace(page, []byte("</body>"), []byte(script+"</body>"), 1)
}

func TestInBrowser(t *testing.T) {
	run := chromium(t)
	dir := t.TempDir()
	page := render(t, fixture(t, true))
	file := filepath.Join(dir, "brief.html")
	if err := os.WriteFile(file, page, 0o644); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "probe.html")
	if err := os.WriteFile(copied, with(page, probe), 0o644); err != nil {
		t.Fatal(err)
	}

	t.Run("reads without error", func(t *testing.T) {
		dom, log := run("--dump-dom", "file://"+file)
		if !strings.Contains(dom, "Athar 0.1.0") {
			t.Error("the page's end is not in the DOM")
		}
		for _, line := range strings.Split(log, "\n") {
			if strings.Contains(line, "CONSOLE") {
				t.Errorf("console: %s", line)
			}
		}
	})

	t.Run("fits every width", func(t *testing.T) {
		var frames strings.Builder
		widths := []int{320, 360, 768, 1200}
		for _, w := range widths {
			fmt.Fprintf(&frames, `<iframe src="probe.html" width="%d" height="800"></iframe>`, w)
		}
		harness := filepath.Join(dir, "harness.html")
		source := `<!doctype html><body><p></p><script>addEventListener("message",e=>{document.querySelector("p").append("{"+e.data.join("|")+"}")})</script>` + frames.String()
		if err := os.WriteFile(harness, []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
		dom, _ := run("--virtual-time-budget=8000", "--dump-dom", "file://"+harness)
		seen := regexp.MustCompile(`\{(\d+)\|(\d+)\|([^|]*)\|(\d+)\}`).FindAllStringSubmatch(dom, -1)
		if len(seen) != len(widths) {
			t.Fatalf("%d of %d frames answered", len(seen), len(widths))
		}
		for _, m := range seen {
			if m[1] != m[2] || m[3] != "" {
				t.Errorf("at %s px the page is %s px wide: %s", m[1], m[2], m[3])
			}
			if m[4] == "0" {
				t.Errorf("at %s px no figure is drawn", m[1])
			}
		}
	})

	t.Run("is not blank", func(t *testing.T) {
		for _, scheme := range []string{"light", "dark"} {
			shot := filepath.Join(dir, scheme+".png")
			args := []string{"--window-size=1200,2000", "--screenshot=" + shot, "file://" + file}
			if scheme == "dark" {
				args = append([]string{"--force-dark-mode"}, args...)
			}
			run(args...)
			f, err := os.Open(shot)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			im, err := png.Decode(f)
			if err != nil {
				t.Fatal(err)
			}
			colours := map[[3]uint32]int{}
			corner := [3]uint32{}
			for y := 0; y < im.Bounds().Dy(); y += 2 {
				for x := 0; x < im.Bounds().Dx(); x += 2 {
					r, g, b, _ := im.At(x, y).RGBA()
					c := [3]uint32{r >> 8, g >> 8, b >> 8}
					if x == 0 && y == 0 {
						corner = c
					}
					colours[c]++
				}
			}
			if len(colours) < 50 {
				t.Errorf("%s: only %d colours", scheme, len(colours))
			}
			if dark := corner[0] < 64; dark != (scheme == "dark") {
				t.Errorf("%s: the ground is %v", scheme, corner)
			}
		}
	})
}
