package publish

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// needs skips a test on a machine without a program, or fails it where
// ATHAR_REQUIRE_BROWSER=1.
func needs(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if os.Getenv("ATHAR_REQUIRE_BROWSER") == "1" {
		t.Fatal(err)
	}
	t.Skip(err)
}

const printed = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Printed</title>
<h1>DECLINE inside the area</h1><p>Rate ratio <bdi>0.81</bdi>, 0.70 to 0.94.</p><p lang="ar" dir="rtl">تراجع النشاط داخل المنطقة</p>
<table><thead><tr><th scope="col">Events</th><th scope="col">Expected</th></tr></thead><tbody><tr><td>12</td><td>15.6</td></tr></tbody></table></html>`

func TestPDF(t *testing.T) {
	_, err := chromium()
	needs(t, err)
	reader, err := exec.LookPath("pdftotext")
	needs(t, err)
	page := filepath.Join(t.TempDir(), "a page.html")
	if err := os.WriteFile(page, []byte(printed), 0o644); err != nil {
		t.Fatal(err)
	}
	a, err := printPDF(t.Context(), page)
	if err != nil {
		t.Fatal(err)
	}
	b, err := printPDF(t.Context(), page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Error("two prints of one page differ")
	}
	for _, path := range []string{"file:", filepath.Dir(page)} {
		if bytes.Contains(a, []byte(path)) {
			t.Errorf("the PDF names where it was made: %q", path)
		}
	}
	if !bytes.Contains(a, []byte("/StructTreeRoot")) {
		t.Error("the PDF has no structure for screen readers")
	}
	cmd := exec.Command(reader, "-", "-")
	cmd.Stdin = bytes.NewReader(a)
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"DECLINE inside the area", "0.81, 0.70 to 0.94", "15.6", "تراجع النشاط داخل المنطقة"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q cannot be taken out of the PDF: %s", want, text)
		}
	}
}

// Numbers of nodes keep their order and every byte its place.
func TestSteadyKeepsEveryOffset(t *testing.T) {
	in := []byte("/CreationDate (D:20261128225747+00'00')\n/ModDate (D:20261128225747Z) /ID (node00004250) [(node00000007) (node00004250)] (node0000425)")
	out := steady(in)
	want := "/CreationDate (D:19700101000000+00'00')\n/ModDate (D:19700101000000Z) /ID (node00000002) [(node00000001) (node00000002)] (node0000425)"
	if string(out) != want {
		t.Errorf("%s", out)
	}
}

// Whatever the browser does, there is either a whole PDF or a reason.
func TestPDFWithoutChromium(t *testing.T) {
	dir := t.TempDir()
	script := func(name, body string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte("#!/bin/sh\nfor a; do case $a in --print-to-pdf=*) out=${a#*=};; esac; done\n"+body+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, c := range []struct{ program, says string }{
		{filepath.Join(dir, "nowhere"), "not a program"},
		{script("fails", "echo no display >&2; exit 1"), `fails could not print the page: exit status 1 \(no display\)`},
		{script("silent", "exit 0"), "could not print"},
		{script("half", `printf '%%PDF-1.4 half' > "$out"`), "not a whole PDF"},
	} {
		t.Setenv("ATHAR_CHROMIUM", c.program)
		b, err := printPDF(t.Context(), "page.html")
		var without *NoPDF
		if b != nil || !errors.As(err, &without) || !regexp.MustCompile(c.says).MatchString(err.Error()) {
			t.Errorf("%s: %v", c.program, err)
		}
	}
	t.Setenv("ATHAR_CHROMIUM", "")
	t.Setenv("PATH", dir)
	if _, err := printPDF(t.Context(), "page.html"); err == nil || !strings.Contains(err.Error(), "ATHAR_CHROMIUM") {
		t.Errorf("nothing says how to name a browser: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	t.Setenv("ATHAR_CHROMIUM", script("slow", "exit 0"))
	if _, err := printPDF(ctx, "page.html"); !errors.Is(err, context.Canceled) {
		t.Errorf("an interruption is %v", err)
	}
}
