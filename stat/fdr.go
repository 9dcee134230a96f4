package stat

import (
	"cmp"
	"math"
	"slices"
)

// FDR adjusts p values so that among those below a level at most that share is
// false on average (Benjamini and Hochberg 1995): min over j >= i of n p_(j)/j. What
// is not a number stays so and is not counted.
func FDR(p []float64) []float64 {
	q := slices.Clone(p)
	order := make([]int, 0, len(p))
	for i, v := range p {
		if !math.IsNaN(v) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	low := 1.0
	for r := len(order) - 1; r >= 0; r-- {
		low = min(low, p[order[r]]*float64(len(order))/float64(r+1))
		q[order[r]] = low
	}
	return q
}
