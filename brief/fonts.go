package brief

import (
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"
	"sync"

	"athar/brief/text"
)

//go:embed fonts/*.woff2
var fontFiles embed.FS

// face is one embedded font face: the subset of a family for one script.
type face struct {
	family string // as style.css calls it
	file   string
	weight string
	script string // unicode-range
}

const (
	latinRange  = "U+0020-007E,U+00A0-02FF,U+1E00-1EFF,U+2009-2060,U+20AC,U+2212"
	arabicRange = "U+0600-06FF"
)

var (
	latinFaces = []face{{"Athar Sans", "sans-400", "100 500", latinRange}, {"Athar Sans", "sans-700", "501 900", latinRange},
		{"Athar Serif", "serif-400", "100 500", latinRange}, {"Athar Serif", "serif-700", "501 900", latinRange}}
	// Names in Arabic stand on every page; a page in Arabic has them bold too. Naskh
	// serves beside both Latin families: it reads well in tables, and its letters
	// come out of a PDF in their order, which those of Noto Sans Arabic do not.
	arabicFaces = []face{{"Athar Naskh", "naskh-400", "100 500", arabicRange}, {"Athar Naskh", "naskh-700", "501 900", arabicRange}}
)

// latinFontCSS and arabicFontCSS are the @font-face rules of a page.
var (
	latinFontCSS  = sync.OnceValue(func() string { return fontCSS(latinFaces, arabicFaces[:1]) })
	arabicFontCSS = sync.OnceValue(func() string { return fontCSS(latinFaces, arabicFaces) })
)

// fontCSS embeds faces as addresses that hold the whole file.
func fontCSS(lists ...[]face) string {
	var b strings.Builder
	for _, list := range lists {
		for _, f := range list {
			data, err := fontFiles.ReadFile("fonts/" + f.file + ".woff2")
			if err != nil {
				panic(err) // the faces are embedded
			}
			fmt.Fprintf(&b, "@font-face{font-family:%q;font-weight:%s;unicode-range:%s;src:url(data:font/woff2;base64,%s) format(\"woff2\")}\n",
				f.family, f.weight, f.script, base64.StdEncoding.EncodeToString(data))
		}
	}
	return b.String()
}

// sheet is the style sheet of a page: its faces, the given files, and in a language
// that runs from right to left what differs there.
func sheet(l *text.Language, names ...string) (template.CSS, error) {
	fonts := latinFontCSS()
	if l.Code == "ar" {
		fonts = arabicFontCSS()
	}
	if l.Dir == "rtl" {
		names = append(names, "rtl.css")
	}
	css := []byte(fonts)
	for _, name := range names {
		b, err := files.ReadFile(name)
		if err != nil {
			return "", err
		}
		css = append(css, b...)
	}
	return template.CSS(css), nil
}
