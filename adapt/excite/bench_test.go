package excite

import "testing"

// Eight provinces, three years of days, 999 permutations.
func BenchmarkIndicator(b *testing.B) {
	p := worlds()[0].pattern(1, 0)
	for b.Loop() {
		Indicator(p, 1)
	}
}
