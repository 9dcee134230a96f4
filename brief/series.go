package brief

import (
	"strings"

	"athar"
	"athar/brief/text"
)

// Series is the answer from a bare monthly series as plain text in a language: the
// sentences as one paragraph, then the same series through other windows, one
// a line.
func Series(says, windows []athar.Note, lang string) (string, error) {
	l, err := text.Load(lang)
	if err != nil {
		return "", err
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
	return b.String(), nil
}
