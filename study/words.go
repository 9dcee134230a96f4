package study

import (
	"fmt"
	"slices"
	"strings"

	"athar/internal/spelling"
)

// nearest returns a hint with the word that is most like w, or "" if none is
// much like it.
func nearest(w string, words []string) string {
	w = strings.ToLower(w)
	if w == "" || len(words) == 0 {
		return ""
	}
	like := func(s string) int { return spelling.Distance(w, strings.ToLower(s)) }
	best := slices.MinFunc(words, func(a, b string) int { return like(a) - like(b) })
	if like(best) > 1+len([]rune(w))/3 {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", best)
}
