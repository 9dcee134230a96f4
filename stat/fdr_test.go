package stat

import (
	"math"
	"testing"
)

func TestFDR(t *testing.T) {
	nan := math.NaN()
	for i, q := range FDR([]float64{.01, nan, .04, .03, .5}) {
		want := []float64{.04, nan, .04 * 4 / 3, .04 * 4 / 3, .5}[i]
		if math.Abs(q-want) > 1e-12 || math.IsNaN(q) != math.IsNaN(want) {
			t.Errorf("value %d: %v, want %v", i, q, want)
		}
	}
}
