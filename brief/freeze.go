package brief

import (
	"athar"
	"athar/brief/text"
)

// Registration is how a study stands to the record of its freeze, as one
// paragraph of plain English text.
func Registration(f *athar.Freeze) string {
	l, err := text.Load("en")
	if err != nil {
		panic(err) // the catalogue is embedded
	}
	s := l.Word("registration", string(f.State))
	for _, n := range f.Says {
		s += " " + l.Note(n).String()
	}
	return s
}
