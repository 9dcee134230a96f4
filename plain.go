package athar

import (
	"reflect"
	"strings"
	"unicode/utf8"
)

// Plain is a text of a study or of data without what a reader cannot see but
// what changes the text around it: control characters, which a terminal or a
// spreadsheet may obey; signs that turn the direction of everything after them;
// bytes that are no text. White space of any kind becomes a space, a broken
// byte U+FFFD. The marks that Arabic and Persian writing needs stay.
func Plain(s string) string {
	if plain(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\v' || r == '\f' || r == '\r' || r == 0x85 || r == 0x2028 || r == 0x2029:
			return ' '
		case hidden(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

func plain(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return hidden(r) || r == 0x2028 || r == 0x2029 })
}

// hidden are control characters, embeddings, overrides and isolates of
// direction, the byte order mark, tags, and code points that are no characters.
func hidden(r rune) bool {
	return r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff ||
		r >= 0xfdd0 && r <= 0xfdef || r&0xfffe == 0xfffe || r >= 0xe0000 && r <= 0xe007f
}

// PlainAll makes every text in what p points to [Plain]: a report before it is
// written or printed.
func PlainAll[T any](p *T) { plainIn(reflect.ValueOf(p).Elem()) }

func plainIn(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if s := v.String(); !plain(s) {
			v.SetString(Plain(s))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			plainIn(v.Field(i))
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			plainIn(v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			plainIn(v.Elem())
		}
	case reflect.Map: // the quantities of a note
		for it := v.MapRange(); it.Next(); {
			x := reflect.New(it.Value().Type()).Elem()
			x.Set(it.Value())
			plainIn(x)
			v.SetMapIndex(it.Key(), x)
		}
	case reflect.Interface:
		if !v.IsNil() {
			x := reflect.New(v.Elem().Type()).Elem()
			x.Set(v.Elem())
			plainIn(x)
			v.Set(x)
		}
	}
}
