// Package spelling brings spellings of one name together.
//
// The package thinks that two spellings are the same name only if a rule of
// the script says so: how Arabic is vocalised and typed, how Latin letters are
// cased, and the article. It never guesses: how unlike two names are can be
// measured, but what is nearest is for the caller to show to a reader.
package spelling

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold brings spellings of one name together (METHODS.md D5): NFKC, case
// folded, without tashkeel and tatweel, alef variants as bare alef, alef
// maqsura as ya, ta marbuta as ha, Arabic-Indic digits as ASCII, hyphens and
// other punctuation as spaces, without apostrophes and without the article al-
// of any word. Folding a folded name changes nothing.
func Fold(name string) string {
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

// Distance is the Levenshtein distance in characters: the smallest number of
// insertions, deletions and replacements that turn a into b.
func Distance(a, b string) int {
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
