package stat

import (
	"math"
	"testing"
)

// Fisher's tea tasting, 3 of 4 cups right. The one-sided p is 17/70 and the
// published lower 95% limit 0.3135693 (R's fisher.test, whose root finder stops
// at four digits). The upper limit of the two-sided interval solves
// theta^4 / (theta^4 + 16 theta^3 + 36 theta^2 + 16 theta + 1) = 0.975.
func TestExactRatioOfRatiosTea(t *testing.T) {
	theta, _, high, p := ExactRatioOfRatios(1, 3, 3, 1, 0.05)
	if theta != 9 || math.Abs(p-2*17.0/70) > 1e-12 {
		t.Errorf("theta %v, p %v", theta, p)
	}
	h := high
	if got := h * h * h * h / (h*h*h*h + 16*h*h*h + 36*h*h + 16*h + 1); math.Abs(got-0.975) > 1e-10 {
		t.Errorf("upper limit %v leaves %v", h, got)
	}
	if _, low, _, _ := ExactRatioOfRatios(1, 3, 3, 1, 0.10); math.Abs(low-0.3135693) > 1e-4 {
		t.Errorf("one-sided lower limit %v", low)
	}
}

// With a huge second series, its ratio is known and the interval is the
// binomial one of ExactRatio.
func TestExactRatioOfRatiosTendsToKnownExposure(t *testing.T) {
	_, low, high, _ := ExactRatioOfRatios(20, 8, 4_000_000, 2_000_000, 0.05)
	_, l, h, _ := ExactRatio(20, 2, 8, 1, 0.05)
	if math.Abs(low/l-1) > 1e-4 || math.Abs(high/h-1) > 1e-4 {
		t.Errorf("%v to %v, want %v to %v", low, high, l, h)
	}
}

func TestExactRatioOfRatiosEdges(t *testing.T) {
	if _, low, high, _ := ExactRatioOfRatios(5, 0, 10, 10, 0.05); low != 0 || math.IsInf(high, 1) {
		t.Errorf("nothing after: %v to %v", low, high)
	}
	if _, low, high, p := ExactRatioOfRatios(0, 0, 10, 10, 0.05); low != 0 || !math.IsInf(high, 1) || p != 1 {
		t.Errorf("nothing at all: %v to %v, p %v", low, high, p)
	}
	// Swapping before and after turns the ratio upside down.
	_, l1, h1, p1 := ExactRatioOfRatios(12, 5, 30, 40, 0.05)
	_, l2, h2, p2 := ExactRatioOfRatios(5, 12, 40, 30, 0.05)
	if math.Abs(l1*h2-1) > 1e-9 || math.Abs(h1*l2-1) > 1e-9 || math.Abs(p1-p2) > 1e-12 {
		t.Errorf("%v %v %v and %v %v %v", l1, h1, p1, l2, h2, p2)
	}
}
