package main

import (
	"fmt"
	"slices"
	"strings"

	"athar/brief"
	"athar/brief/text"
)

// writing says how numbers and dates are written.
type writing struct {
	Numerals string `help:"Digits of Arabic texts: latn (0123) or arab (٠١٢٣)." enum:"latn,arab" default:"latn"`
	Hijri    bool   `help:"Hijri dates of the Umm al-Qura calendar beside Gregorian ones."`
}

func (w writing) tag(code string) (string, error) {
	if !slices.Contains(text.Languages(), code) {
		return "", usageError{fmt.Errorf("--lang %q: there are %s", code, strings.Join(text.Languages(), ", "))}
	}
	return brief.Tag(code, w.Numerals == "arab", w.Hijri), nil
}

// oneLanguage is the language of a page or of what is printed.
type oneLanguage struct {
	Lang string `help:"Language: en or ar." default:"en"`
	writing
}

func (o oneLanguage) tag() (string, error) { return o.writing.tag(o.Lang) }

// languages are those of a brief, which has a page in each.
type languages struct {
	Lang []string `help:"Languages of the brief: en, ar, or en,ar for both, linked. The first is brief.html." default:"en" placeholder:"en,ar"`
	writing
}

func (l languages) tags() ([]string, error) {
	var out []string
	for _, code := range l.Lang {
		tag, err := l.tag(strings.TrimSpace(code))
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, tag) {
			out = append(out, tag)
		}
	}
	if out == nil {
		return nil, usageError{fmt.Errorf("--lang names no language")}
	}
	return out, nil
}
