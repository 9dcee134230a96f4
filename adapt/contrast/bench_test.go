package contrast

import (
	"testing"

	"athar/stat"
)

// BenchmarkCompare is one indicator of a campaign with about 650 events near
// before and 80 after, and as many far.
func BenchmarkCompare(b *testing.B) {
	w := world{days: [2]int{456, 92}, rate: [2]float64{10, 6}, phi: 3, perArea: true, unitPhi: true,
		mix: [2][]float64{weights(8, 1), weights(8, 1)}, far: weights(8, 1)}
	p := w.pattern(stat.Stream(1, "contrast/bench", 0))
	b.ReportAllocs()
	for b.Loop() {
		Compare(p, hill, Options{Code: "hill", Seed: 1})
	}
}
