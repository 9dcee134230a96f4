package study

import (
	"fmt"
	"slices"
	"strings"
)

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
