package validate

import (
	"bytes"
	"strings"
	"testing"
)

func TestJoint(t *testing.T) {
	var a, b bytes.Buffer
	if err := Joint(&a, 2); err != nil {
		t.Fatal(err)
	}
	if err := Joint(&b, 2); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two runs differ")
	}
	for _, w := range []string{"J0", "J2-few", "J15"} {
		if !strings.Contains(a.String(), "\n| "+w+" ") {
			t.Errorf("world %s is missing", w)
		}
	}
	if strings.Contains(a.String(), "%!") {
		t.Errorf("the tables have holes:\n%s", a.String())
	}
}
