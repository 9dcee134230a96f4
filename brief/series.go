package brief

import (
	"strings"

	"athar"
	"athar/brief/text"
)

// Series is the answer from a bare monthly series in plain English text: the
// sentences as one paragraph, then the same series through other windows, one
// a line.
func Series(says, windows []athar.Note) string {
	l, err := text.Load("en")
	if err != nil {
		panic(err) // the catalogue is embedded
	}
	var b strings.Builder
	for i, n := range says {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(l.Note(n).String())
	}
	b.WriteString("\n\n" + l.Word("summary", "windows") + "\n")
	for _, n := range windows {
		b.WriteString("  " + l.Note(n).String() + "\n")
	}
	return b.String()
}
