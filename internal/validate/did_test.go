package validate

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestDiDAndPlacebo(t *testing.T) {
	for name, f := range map[string]func(io.Writer, int) error{"did": DiD, "placebo": Placebo} {
		var a, b bytes.Buffer
		if err := f(&a, 2); err != nil {
			t.Fatal(err)
		}
		if err := f(&b, 2); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: two runs differ", name)
		}
		for _, w := range []string{"S0", "S2", "S3", "S6", "S9"} {
			if !strings.Contains(a.String(), "\n| "+w) {
				t.Errorf("%s: world %s is missing", name, w)
			}
		}
		if strings.Contains(a.String(), "%!") {
			t.Errorf("%s: the tables have holes:\n%s", name, a.String())
		}
	}
}
