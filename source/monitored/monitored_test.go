package monitored

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"athar"
)

func read(t *testing.T, text string) ([]Watch, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m.csv")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	w, ref, err := Read(context.Background(), path, "m.csv")
	if err == nil && (ref.File != "m.csv" || ref.Bytes != int64(len(text)) || len(ref.SHA256) != 64) {
		t.Errorf("file %+v", ref)
	}
	return w, err
}

func TestRead(t *testing.T) {
	w, err := read(t, "Area;From;To\nIQ01;2019-01;2020-02\nIQ01;2020-05-03;2020-05-09\n")
	if err != nil || len(w) != 2 {
		t.Fatalf("%v, %v", w, err)
	}
	want := athar.Span{First: athar.Date(2019, 1, 1), Last: athar.Date(2020, 2, 29)}
	if w[0].Area != "IQ01" || w[0].When != want || w[0].Line != 2 || w[1].When.Days() != 7 {
		t.Errorf("%+v", w)
	}
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"area,first\nA,2019-01-01\n":                     "last",
		"area,first,last\nA,2019-01-01,2018-01-01\n":     "m.csv:2: column \"last\": ends on 2018-01-01, before it starts",
		"area,first,last\n,2019-01-01,2019-02-01\n":      "column \"area\": is blank",
		"area,first,last\nA,soon,2019-02-01\n":           "m.csv:2: column \"first\"",
		"area,first,last\nA,03/04/2019,2019-06-01\n":     "reads either way",
		"area,first,last\nA,2019-01-01,2019-02-01,yes\n": "m.csv:2",
	} {
		if _, err := read(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
