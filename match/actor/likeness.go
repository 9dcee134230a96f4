package actor

// JaroWinkler is the likeness of two strings, 0 to 1. With m characters that
// agree within a window of half the longer string less one, and t of them out
// of order by halves,
//
//	jaro = (m/|a| + m/|b| + (m-t)/m) / 3
//
// and a common prefix of l <= 4 characters adds 0.1 l (1 - jaro) (Winkler
// 1990, String comparator metrics and enhanced decision rules).
func JaroWinkler(a, b string) float64 {
	x, y := []rune(a), []rune(b)
	if len(x) == 0 || len(y) == 0 {
		return 0
	}
	reach := max(0, max(len(x), len(y))/2-1)
	used := make([]bool, len(y))
	var fromX, fromY []rune
	for i, c := range x {
		for j := max(0, i-reach); j < min(len(y), i+reach+1); j++ {
			if !used[j] && y[j] == c {
				used[j] = true
				fromX = append(fromX, c)
				break
			}
		}
	}
	for j, c := range y {
		if used[j] {
			fromY = append(fromY, c)
		}
	}
	if len(fromX) == 0 {
		return 0
	}
	moved := 0
	for i := range fromX {
		if fromX[i] != fromY[i] {
			moved++
		}
	}
	m := float64(len(fromX))
	jaro := (m/float64(len(x)) + m/float64(len(y)) + (m-float64(moved)/2)/m) / 3
	prefix := 0
	for prefix < min(4, len(x), len(y)) && x[prefix] == y[prefix] {
		prefix++
	}
	return jaro + 0.1*float64(prefix)*(1-jaro)
}
