package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"athar"
	"athar/brief"
)

// benchPage measures the brief of a study with its multiverse: its weight, the time
// to write it, and the time from the opening in a Chromium without a window until its
// script has run and it is laid out; whole, and with three campaigns alone.
func benchPage(program, study, dir string) error {
	fmt.Println("the brief")
	out := filepath.Join(dir, "page")
	if b, err := exec.Command(program, "assess", "--multiverse", "--out", out, study).CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %s", err, b)
	}
	b, err := os.ReadFile(filepath.Join(out, "findings.json"))
	if err != nil {
		return err
	}
	var whole athar.Report
	if err := json.Unmarshal(b, &whole); err != nil {
		return err
	}
	three := whole
	three.Campaigns = whole.Campaigns[:min(3, len(whole.Campaigns))]
	for _, c := range []struct {
		r    *athar.Report
		lang string
	}{{&three, "en"}, {&three, "ar"}, {&whole, "en"}, {&whole, "ar"}} {
		var page bytes.Buffer
		best := math.Inf(1)
		for range 3 {
			page.Reset()
			start := time.Now()
			if err := brief.HTML(&page, c.r, c.lang); err != nil {
				return err
			}
			best = min(best, time.Since(start).Seconds())
		}
		fmt.Printf("  %s, %d campaigns: %.2f MB, written in %.0f ms", c.lang, len(c.r.Campaigns), float64(page.Len())/1e6, 1e3*best)
		if ms, err := interactive(dir, page.Bytes()); err != nil {
			fmt.Printf("; in Chromium: %v\n", err)
		} else {
			fmt.Printf("; interactive in Chromium after %.0f ms\n", ms)
		}
	}
	return nil
}

// interactive opens the page five times and returns the least time, in milliseconds
// since the opening, at which it was loaded, its script had run and it was laid out
// whole. The page's own policy is taken out, because the script that measures is not
// its own.
func interactive(dir string, page []byte) (float64, error) {
	program, err := exec.LookPath("chromium")
	if err != nil {
		return 0, err
	}
	page = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAll(page, nil)
	page = bytes.Replace(page, []byte("</body>"), []byte(`<script>addEventListener("load",()=>{document.body.getBoundingClientRect();const ms=performance.now(),p=document.createElement("pre");p.id="ms";p.textContent=ms;document.body.append(p)})</script></body>`), 1)
	file := filepath.Join(dir, "timed.html")
	if err := os.WriteFile(file, page, 0o644); err != nil {
		return 0, err
	}
	best := math.Inf(1)
	for range 5 {
		out, err := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
			"--user-data-dir="+filepath.Join(dir, "profile"), "--dump-dom", "file://"+file).Output()
		if err != nil {
			return 0, err
		}
		m := regexp.MustCompile(`<pre id="ms">([\d.]+)</pre>`).FindSubmatch(out)
		if m == nil {
			return 0, fmt.Errorf("it did not say when it was ready")
		}
		var ms float64
		if _, err := fmt.Sscan(string(m[1]), &ms); err != nil {
			return 0, err
		}
		best = min(best, ms)
	}
	return best, nil
}
