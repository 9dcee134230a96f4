package pool

import (
	"math"
	"reflect"
	"testing"

	"athar"
)

var inf = math.Inf(1)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// Benchmark U2: the hand case of Rubin's rules.
func TestRubinHandCase(t *testing.T) {
	p := Rubin([]float64{1, 1.2, .9, 1.1, .8}, []float64{.04, .04, .04, .04, .04}, inf)
	near(t, "Q", p.Q, 1, 1e-12)
	near(t, "T", p.T, .07, 1e-12)
	near(t, "SE", p.SE, .2645751, 1e-7)
	near(t, "nu", p.DF, 21.77778, 1e-5)
	near(t, "FMI", p.FMI, .4746957, 1e-7)
}

// Barnard and Rubin's degrees of freedom by hand: nu_obs = (1-3/7) 10 (11/13) =
// 4.835165, 1/(1/21.777778 + 1/4.835165) = 3.956689.
func TestRubinSmallSample(t *testing.T) {
	q, u := []float64{1, 1.2, .9, 1.1, .8}, []float64{.04, .04, .04, .04, .04}
	p := Rubin(q, u, 10)
	near(t, "nu", p.DF, 3.956689, 1e-5)
	near(t, "FMI", p.FMI, .4746957, 1e-7)
	if few := Rubin(q, u, 1e12); math.Abs(few.DF-21.77778) > 1e-4 {
		t.Errorf("a huge sample has nu %v", few.DF)
	}
}

// With nothing missing, the pooled estimate is the estimate.
func TestNothingMissing(t *testing.T) {
	p := Rubin([]float64{.3, .3, .3}, []float64{.04, .04, .04}, 12)
	near(t, "SE", p.SE, .2, 1e-12)
	near(t, "FMI", p.FMI, 0, 0)
	near(t, "nu", p.DF, 12*13./15, 1e-9) // as Barnard and Rubin have it
	one := Rubin([]float64{.3}, []float64{.04}, inf)
	near(t, "SE of one", one.SE, .2, 1e-12)
}

// Three z of 1.959964 are pooled to the same; two of opposite sides to none.
func TestPValue(t *testing.T) {
	near(t, "alike", PValue([]float64{.05, .05, .05}, []int{1, 1, 1}), .05, 1e-9)
	near(t, "opposite", PValue([]float64{.05, .05}, []int{1, -1}), 1, 1e-12)
	if p := PValue([]float64{.01, .2, .05}, []int{-1, -1, -1}); p < .02 || p > .2 {
		t.Errorf("p %v is not between", p)
	}
}

func effect(logRR, se float64) athar.Effect {
	z := 1.959963985 * se
	n := func(x float64) athar.Num { return athar.Num(math.Exp(x)) }
	return athar.Effect{Method: "spillover", Question: athar.AskInside, Phase: athar.During, RR: n(logRR), Low: n(logRR - z), High: n(logRR + z),
		SE: athar.Num(se), DF: athar.Num(inf), AdjLow: n(logRR - 2*z), AdjHigh: n(logRR + 2*z), Observed: 100, EventsPre: 50, Areas: 3,
		Dispersion: 1.5, Inference: "dispersion"}
}

func TestEffects(t *testing.T) {
	logs := []float64{1, 1.2, .9, 1.1, .8}
	list := Run(5, func(d int) []athar.Effect {
		ring := effect(logs[d]/2, .2)
		ring.Question, ring.Ring = athar.AskRing, 1
		return []athar.Effect{effect(logs[d], .2), ring}
	})
	if len(list) != 2 || list[0].Question != athar.AskInside || list[1].Ring != 1 {
		t.Fatalf("questions %+v", list)
	}
	e := list[0]
	near(t, "RR", float64(e.RR), math.E, 1e-9)
	near(t, "SE", float64(e.SE), .2645751, 1e-7)
	// t(.975; 21.77778) = 2.0750 by interpolation of printed tables (21: 2.0796, 22: 2.0739).
	near(t, "half width", math.Log(float64(e.High/e.Low))/2/.2645751, 2.0751, 2e-3)
	near(t, "adjusted against single", math.Log(float64(e.AdjHigh/e.AdjLow))/math.Log(float64(e.High/e.Low)), 2, 1e-9)
	if e.FMI == nil || math.Abs(float64(*e.FMI)-.4746957) > 1e-7 {
		t.Errorf("FMI %v", e.FMI)
	}
	near(t, "expected", float64(e.Expected), 100/math.E, 1e-9)
	if e.Spec != Spec || e.Inference != "dispersion" || e.Areas != 3 || e.EventsPre != 50 || len(e.Warnings) != 0 || e.Refusal != nil {
		t.Errorf("%+v", e)
	}
}

func codes(e athar.Effect) (out []string) {
	for _, w := range e.Warnings {
		out = append(out, w.Code)
	}
	return out
}

// Draws without an estimate are said; too many of them, and there is none.
func TestDrawsWithoutEstimate(t *testing.T) {
	refused := effect(0, .2)
	refused.Refusal = &athar.Refusal{Reason: athar.Note{Code: "no-cells"}}
	zero := effect(0, .2)
	zero.RR, zero.Low, zero.High, zero.SE = 0, 0, .4, athar.Num(inf)
	wide := zero
	wide.High = .7
	pick := func(n int, other athar.Effect) athar.Effect {
		return Run(10, func(d int) []athar.Effect {
			if d < n {
				return []athar.Effect{other}
			}
			return []athar.Effect{effect(.1*float64(d%2), .2)}
		})[0]
	}
	if e := pick(2, refused); e.Refusal != nil || !reflect.DeepEqual(codes(e), []string{"imputed-left-out"}) {
		t.Errorf("two of ten refused: %+v", e)
	}
	if e := pick(3, zero); e.Refusal == nil || e.Refusal.Reason.Code != "imputed-too-few" || e.Refusal.Reason.Args["zero"] != 3 || !math.IsNaN(float64(e.RR)) {
		t.Errorf("three of ten without events: %+v", e)
	}
	if e := pick(10, refused); e.Refusal == nil || e.Refusal.Reason.Code != "no-cells" {
		t.Errorf("all refused: %+v", e)
	}
	e := Effects([][]athar.Effect{{zero}, {wide}, {zero}})[0]
	if e.RR != 0 || e.High != .7 || e.Refusal != nil || e.Spec != Spec {
		t.Errorf("no event in any draw: %+v", e)
	}
	if e := Effects([][]athar.Effect{{effect(1, .1)}, {}, {}})[0]; e.Refusal == nil {
		t.Errorf("asked in one of three draws only: %+v", e)
	}
}

func TestPoorPrecision(t *testing.T) {
	e := Run(5, func(d int) []athar.Effect { return []athar.Effect{effect(float64(d%2), .1)} })[0]
	if *e.FMI <= PoorFMI || !reflect.DeepEqual(codes(e), []string{"precision-too-poor"}) {
		t.Errorf("FMI %v, warnings %v", *e.FMI, codes(e))
	}
}
