package brief

import (
	"athar"
	"athar/brief/text"
)

// Registration is how a study stands to the record of its freeze, as one
// paragraph of plain text in a language.
func Registration(f *athar.Freeze, lang string) (string, error) {
	l, err := text.Load(lang)
	if err != nil {
		return "", err
	}
	s := l.Word("registration", string(f.State))
	for _, n := range f.Says {
		s += " " + l.Note(n).String()
	}
	return s, nil
}
