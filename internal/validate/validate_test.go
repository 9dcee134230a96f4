package validate

import (
	"bytes"
	"strings"
	"testing"

	"athar/sim"
)

func TestRun(t *testing.T) {
	var a, b bytes.Buffer
	if err := Run(&a, 4); err != nil {
		t.Fatal(err)
	}
	if err := Run(&b, 4); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two runs differ")
	}
	for _, w := range sim.Worlds() {
		if !strings.Contains(a.String(), "\n| "+w.Name) {
			t.Errorf("world %s is missing", w.Name)
		}
	}
	if strings.Contains(a.String(), "NaN") || strings.Contains(a.String(), "%!") {
		t.Error("the tables have holes")
	}
}

func TestMark(t *testing.T) {
	r := sim.Rate{N: 1000}
	for share, want := range map[float64]string{.05: "5.0", .07: "*7.0*", .09: "**9.0**", .03: "*3.0*", .01: "**1.0**"} {
		if got := (&tables{}).mark(r, share, sizeLow, sizeHigh); got != want {
			t.Errorf("%v is shown as %s, want %s", share, got, want)
		}
	}
}
