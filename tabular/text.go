package tabular

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// joined reads the members of a zip one after another, by name, as if they
// were one file. A first line that equals that of the first member is a header
// and is left out.
type joined struct {
	members []*zip.File
	header  []byte
	open    io.ReadCloser
	text    *bufio.Reader
	first   []byte // of the member, still to be handed out
	last    byte   // handed out last
}

func (j *joined) Read(p []byte) (int, error) {
	for {
		if n := copy(p, j.first); n > 0 {
			j.first = j.first[n:]
			j.last = p[n-1]
			return n, nil
		}
		if j.open != nil {
			n, err := j.text.Read(p)
			if n > 0 {
				j.last = p[n-1]
				return n, nil
			}
			if err != nil && err != io.EOF {
				return 0, err
			}
			if err := j.Close(); err != nil {
				return 0, err
			}
		}
		if len(j.members) == 0 {
			return 0, io.EOF
		}
		if err := j.next(); err != nil {
			return 0, err
		}
	}
}

func (j *joined) next() (err error) {
	if j.open, err = j.members[0].Open(); err != nil {
		return err
	}
	j.members = j.members[1:]
	j.text = bufio.NewReaderSize(j.open, peekSize)
	line, err := j.text.ReadBytes('\n')
	if err != nil && err != io.EOF {
		return err
	}
	line = bytes.TrimPrefix(line, []byte("\xEF\xBB\xBF"))
	trimmed := bytes.TrimRight(line, "\r\n")
	switch {
	case j.header == nil:
		j.header = trimmed
	case bytes.Equal(trimmed, j.header):
		line = nil
	}
	if j.last != 0 && j.last != '\n' {
		line = append([]byte("\n"), line...)
	}
	j.first = line
	return nil
}

// Close closes the member that is open.
func (j *joined) Close() error {
	if j.open == nil {
		return nil
	}
	err := j.open.Close()
	j.open = nil
	return err
}

// members lists the files of a zip by name, without those that systems add.
func members(z *zip.Reader) []*zip.File {
	list := slices.DeleteFunc(slices.Clone(z.File), func(m *zip.File) bool {
		return strings.HasSuffix(m.Name, "/") || strings.HasPrefix(m.Name, "__MACOSX/")
	})
	slices.SortStableFunc(list, func(a, b *zip.File) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// latin passes UTF-8 on and reads every byte that is not part of it as
// Windows-1252.
type latin struct {
	r   io.Reader
	in  []byte
	out []byte
	err error
	n   int // bytes read as Windows-1252
}

func (l *latin) Read(p []byte) (int, error) {
	for len(l.out) == 0 {
		if l.err != nil {
			return 0, l.err
		}
		l.fill()
	}
	n := copy(p, l.out)
	l.out = l.out[n:]
	return n, nil
}

func (l *latin) fill() {
	part := len(l.in)
	l.in = slices.Grow(l.in, peekSize)[:part+peekSize]
	n, err := l.r.Read(l.in[part:])
	l.in, l.err = l.in[:part+n], err
	out := l.out[:0]
	b := l.in
	if utf8.Valid(b) {
		out, b = append(out, b...), nil
	}
	for len(b) > 0 {
		if err == nil && !utf8.FullRune(b) {
			break
		}
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 {
			r = charmap.Windows1252.DecodeByte(b[0])
			l.n++
		}
		out = utf8.AppendRune(out, r)
		b = b[size:]
	}
	l.out = out
	l.in = append(l.in[:0], b...)
}
