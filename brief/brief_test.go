package brief

import (
	"bytes"
	"os"
	"testing"

	"athar"
)

func page_(t testing.TB, r *athar.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, r, "en"); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWrite(t *testing.T) {
	if dir := os.Getenv("OUT"); dir != "" {
		os.WriteFile(dir+"/points.html", page_(t, fixture(t, false)), 0o644)
		os.WriteFile(dir+"/outlines.html", page_(t, fixture(t, true)), 0o644)
		os.WriteFile(dir+"/summary.txt", []byte(Summary(fixture(t, false))), 0o644)
	}
}
