package publish

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// NoPDF says why a brief was written without its PDF. It is no failure of the
// brief: everything else is in its place.
type NoPDF struct{ Reason string }

func (e *NoPDF) Error() string { return e.Reason }

// The names under which a Chromium is looked for, after $ATHAR_CHROMIUM.
var chromiums = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// chromium finds an installed Chromium.
func chromium() (string, error) {
	if p := os.Getenv("ATHAR_CHROMIUM"); p != "" {
		found, err := exec.LookPath(p)
		if err != nil {
			return "", &NoPDF{fmt.Sprintf("ATHAR_CHROMIUM is %s, which is not a program", p)}
		}
		return found, nil
	}
	for _, name := range chromiums {
		if p, err := exec.LookPath(name); err == nil {
			return p, nil
		}
	}
	return "", &NoPDF{"a PDF needs Chromium or Chrome, and none is installed under the name " + strings.Join(chromiums, ", ") +
		"; install one, or set ATHAR_CHROMIUM to its path, or print brief.html from any browser"}
}

// printing bounds the time for one page; a large brief takes about ten seconds.
const printing = 5 * time.Minute

// printPDF prints a page of the disk with an installed Chromium, in a profile of
// its own that is thrown away, and without any name resolution: neither the page nor the
// browser can reach a network. Errors are [NoPDF], or that of ctx.
func printPDF(ctx context.Context, page string) ([]byte, error) {
	program, err := chromium()
	if err != nil {
		return nil, err
	}
	page, err = filepath.Abs(page)
	if err != nil {
		return nil, &NoPDF{fmt.Sprintf("the page cannot be found: %v", err)}
	}
	dir, err := os.MkdirTemp("", "athar-pdf-*")
	if err != nil {
		return nil, &NoPDF{fmt.Sprintf("no temporary folder for Chromium: %v", err)}
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "page.pdf")
	args := []string{"--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND",
		"--user-data-dir=" + filepath.Join(dir, "profile"), "--no-pdf-header-footer", "--print-to-pdf=" + out}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // Chromium refuses to run as root with one
	}
	limit, cancel := context.WithTimeout(ctx, printing)
	defer cancel()
	var said bytes.Buffer
	cmd := exec.CommandContext(limit, program, append(args, (&url.URL{Scheme: "file", Path: filepath.ToSlash(page)}).String())...)
	cmd.Stderr = &said
	cmd.WaitDelay = 5 * time.Second // its helpers keep the pipe open a little longer
	err = cmd.Run()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	b, readErr := os.ReadFile(out)
	if err = cmp.Or(err, readErr); err != nil && !errors.Is(err, exec.ErrWaitDelay) || len(b) == 0 {
		return nil, &NoPDF{fmt.Sprintf("%s could not print the page: %v%s", filepath.Base(program), err, lastLine(said.String()))}
	}
	if !bytes.HasPrefix(b, []byte("%PDF-")) || !bytes.Contains(b[max(0, len(b)-1024):], []byte("%%EOF")) {
		return nil, &NoPDF{filepath.Base(program) + " wrote something that is not a whole PDF"}
	}
	return steady(b), nil
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return " (" + last + ")"
	}
	return ""
}

var (
	pdfDate = regexp.MustCompile(`/(?:CreationDate|ModDate) \(D:(\d{14})[^)]*\)`)
	pdfNode = regexp.MustCompile(`\(node(\d{8})\)`)
)

// steady takes out of a PDF of Chromium what changes from run to run: the time
// of printing, and the numbers of the structure's nodes, which go on from
// those of the browser's start. Both keep their length, so that every offset in the file
// stays right; the numbers keep their order, in which the file's tree of names
// must be. One Chromium with one set of fonts then writes the same bytes for the
// same page.
func steady(b []byte) []byte {
	out := slices.Clone(b)
	for _, m := range pdfDate.FindAllSubmatchIndex(out, -1) {
		copy(out[m[2]:m[3]], "19700101000000")
	}
	at := pdfNode.FindAllSubmatchIndex(out, -1)
	var seen []string
	for _, m := range at {
		seen = append(seen, string(out[m[2]:m[3]]))
	}
	order := slices.Compact(slices.Sorted(slices.Values(seen)))
	for k, m := range at {
		n, _ := slices.BinarySearch(order, seen[k])
		copy(out[m[2]:m[3]], fmt.Sprintf("%08d", n+1))
	}
	return out
}
