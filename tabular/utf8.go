package tabular

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"
)

// utf8Reader passes UTF-8 on and stops at the first byte that is not.
type utf8Reader struct {
	r     io.Reader
	label string
	line  int    // of the next byte
	col   int    // characters before it in its line
	part  []byte // beginning of a character that the last read cut
}

func (u *utf8Reader) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if bad := u.check(p[:n], err == io.EOF); bad != nil {
		return 0, bad
	}
	return n, err
}

func (u *utf8Reader) check(b []byte, end bool) error {
	for len(u.part) > 0 && len(b) > 0 && !utf8.FullRune(u.part) {
		u.part = append(u.part, b[0])
		b = b[1:]
	}
	if len(u.part) > 0 && (end || utf8.FullRune(u.part)) {
		if !utf8.Valid(u.part) {
			return u.bad(u.part[0])
		}
		u.part, u.col = u.part[:0], u.col+1
	}
	whole := len(b)
	for k := 1; k <= 3 && k <= len(b) && !end; k++ {
		if tail := b[len(b)-k:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				whole = len(b) - k
			}
			break
		}
	}
	if !utf8.Valid(b[:whole]) {
		for i := 0; i < whole; {
			r, size := utf8.DecodeRune(b[i:whole])
			if r == utf8.RuneError && size == 1 {
				u.advance(b[:i])
				return u.bad(b[i])
			}
			i += size
		}
	}
	u.advance(b[:whole])
	u.part = append(u.part, b[whole:]...)
	return nil
}

func (u *utf8Reader) advance(b []byte) {
	if n := bytes.Count(b, []byte("\n")); n > 0 {
		u.line, u.col = u.line+n, 0
		b = b[bytes.LastIndexByte(b, '\n')+1:]
	}
	u.col += utf8.RuneCount(b)
}

func (u *utf8Reader) bad(b byte) error {
	return &Error{File: u.label, Line: u.line, Column: u.col + 1, Hint: saveAsUTF8,
		Msg: fmt.Sprintf("byte 0x%02X is not UTF-8; the text seems to be in Windows-1252, Windows-1256 or another old encoding", b)}
}
