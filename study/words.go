package study

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// fold brings spellings of one place name together (METHODS.md D5): NFKC, case
// folded, without tashkeel and tatweel, alef variants as bare alef, alef
// maqsura as ya, ta marbuta as ha, Arabic-Indic digits as ASCII, hyphens as
// spaces, without apostrophes and without the article al- of any word.
func fold(name string) string {
	name = cases.Fold().String(norm.NFKC.String(name))
	name = strings.Map(func(c rune) rune {
		switch {
		case c == 'ـ' || strings.ContainsRune("'’‘ʻʼ`´", c) || unicode.Is(unicode.Mn, c) && unicode.Is(unicode.Arabic, c),
			c >= 'ً' && c <= 'ٟ', c == 'ٰ': // tashkeel, in part of script Inherited
			return -1
		case strings.ContainsRune("أإآٱ", c):
			return 'ا'
		case c == 'ى':
			return 'ي'
		case c == 'ة':
			return 'ه'
		case c >= '٠' && c <= '٩':
			return c - '٠' + '0'
		case c >= '۰' && c <= '۹':
			return c - '۰' + '0'
		case unicode.IsPunct(c) || unicode.IsSpace(c):
			return ' '
		}
		return c
	}, name)
	var words []string
	for _, w := range strings.Fields(name) {
		if bare := strings.TrimPrefix(w, "ال"); len([]rune(bare)) >= 2 {
			w = bare
		}
		if w != "al" {
			words = append(words, w)
		}
	}
	if words == nil {
		return strings.TrimSpace(name)
	}
	return strings.Join(words, " ")
}

// distance is the Levenshtein distance in characters: the smallest number of
// insertions, deletions and replacements that turn a into b.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, c := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j, d := range y {
			replace := diagonal
			if c != d {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, diagonal+1)
		}
	}
	return row[len(y)]
}

// nearest returns a hint with the word that is most like w, or "" if none is
// much like it.
func nearest(w string, words []string) string {
	w = strings.ToLower(w)
	if w == "" || len(words) == 0 {
		return ""
	}
	like := func(s string) int { return distance(w, strings.ToLower(s)) }
	best := slices.MinFunc(words, func(a, b string) int { return like(a) - like(b) })
	if like(best) > 1+len([]rune(w))/3 {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", best)
}
