package wdd

import (
	"encoding/csv"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"athar"
	"athar/internal/testdata"
	"athar/stat"
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*math.Abs(want)) {
		t.Errorf("%s: got %.12g, want %.12g", what, got, want)
	}
}

// BENCHMARKS.md D1, D2 and D3.
func TestPublished(t *testing.T) {
	c := Counts{Control: [2]float64{308, 318}, Treated: [2]float64{207, 110}, DispControl: [2]float64{150, 140}, DispTreated: [2]float64{178, 157}}
	d := Diff(c, .05, 1).Total
	near(t, "D1 total", d.Est, -118, 0)
	near(t, "D1 SE", d.SE, math.Sqrt(1568), 1e-15)
	near(t, "D1 Z", d.Z, -2.98, 1e-3)
	near(t, "D1 low", d.Low, -195.6106, 1e-6)
	c.Area = [4]float64{.9, 1.2, 1.6, 1.5}
	d = Diff(c, .05, 1).Total
	near(t, "D3 total", d.Est, -99.69444444, 1e-9)
	near(t, "D3 SE", d.SE, 35.4280755, 1e-8)
	near(t, "D3 Z", d.Z, -2.813995483, 1e-9)
	near(t, "D3 low", d.Low, -169.1321965, 1e-9)
	near(t, "D3 high", d.High, -30.25669241, 1e-9)
	d = Diff(Counts{Control: [2]float64{100, 50}, Treated: [2]float64{80, 20}, Time: [2]float64{2, 1}}, .05, 1).Total
	near(t, "D2 total", d.Est, -20, 0)
	near(t, "D2 SE", d.SE, math.Sqrt(115), 1e-15)
}

func TestGoldenCases(t *testing.T) {
	f, err := os.Open(testdata.Shared(t, "golden/wdd/wdd_cases.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		num := func(s string) float64 {
			v, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		var c Counts
		for i, p := range []*[2]float64{&c.Control, &c.Treated, &c.DispControl, &c.DispTreated} {
			p[0], p[1] = num(r[1+2*i]), num(r[2+2*i])
		}
		for i, s := range strings.Split(r[9], ":") {
			c.Time[i] = num(s)
		}
		for i, s := range strings.Split(r[10], ":") {
			c.Area[i] = num(s)
		}
		d := Diff(c, num(r[11]), 1)
		for i, got := range []float64{d.Local.Est, d.Local.SE, d.Displacement.Est, d.Displacement.SE, d.Total.Est, d.Total.SE, d.Total.Z, d.Total.Low, d.Total.High} {
			near(t, r[0]+" "+rows[0][12+i], got, num(r[12+i]), 1e-9)
		}
	}
}

// panel is one area per role, months of 30 days, with the given counts before
// and during.
func panel(pre, during int, in, ring, far [2]float64) *athar.Panel {
	p := &athar.Panel{}
	for i, r := range []athar.Role{athar.Inside, 1, athar.Far} {
		p.Areas = append(p.Areas, athar.PanelArea{Code: strconv.Itoa(i), Role: r})
		n := [][2]float64{in, ring, far}[i]
		for t := range pre + during {
			v := n[0]
			if t >= pre {
				v = n[1]
			}
			p.Count, p.Use = append(p.Count, v), append(p.Use, true)
		}
	}
	for t := range pre + during {
		q := athar.Period{Phase: athar.Pre, Days: 30, Span: athar.Span{First: athar.Day(30 * t), Last: athar.Day(30*t + 29)}}
		if t >= pre {
			q.Phase = athar.During
		}
		p.Periods = append(p.Periods, q)
	}
	return p
}

// once is a cell of events that count once each.
func once(n, e float64) cell { return cell{n, n, e} }

// The hand check of METHODS.md B1 (BENCHMARKS.md D5): A 100 -> 50, B 100 -> 150,
// C 100 -> 100. Counts are multiplied so that the quotient is estimable.
func TestQuotient(t *testing.T) {
	q := quotient(side{once(100, 1), once(50, 1)}, side{once(100, 1), once(150, 1)}, side{once(100, 1), once(100, 1)}, 1, Options{}, athar.During)
	near(t, "WDQ", q.Est, -1, 1e-15)
	if !q.Estimable || !(q.Low < -1 && q.High > -1) {
		t.Errorf("interval %v to %v", q.Low, q.High)
	}
	q = quotient(side{once(10, 1), once(9, 1)}, side{once(10, 1), once(12, 1)}, side{once(10, 1), once(10, 1)}, 1, Options{}, athar.During)
	if q.Estimable || q.Why == nil || !math.IsNaN(q.Est) {
		t.Errorf("a quotient over nothing is estimated: %+v", q)
	}
}

// METHODS.md B1's formula on the same hand check: 100 - 50 avoided inside, 100 - 150
// in the ring, nothing in all.
func TestTotalNetEffect(t *testing.T) {
	q := quotient(side{once(100, 1), once(50, 1)}, side{once(100, 1), once(150, 1)}, side{once(100, 1), once(100, 1)}, 1, Options{}, athar.During)
	if q.Net != 0 || !(q.NetLow < 0 && q.NetHigh > 0) {
		t.Errorf("total net effect %v (%v to %v)", q.Net, q.NetLow, q.NetHigh)
	}
	// Far doubled: 200 - 50 and 100 expected against 150. Exposure before twice that of
	// the phase: half of the counts before.
	q = quotient(side{once(100, 1), once(50, 1)}, side{once(50, 1), once(150, 1)}, side{once(100, 1), once(200, 1)}, 1, Options{}, athar.During)
	near(t, "TNE", q.Net, 100, 1e-15)
	q = quotient(side{once(200, 2), once(50, 1)}, side{once(100, 2), once(150, 1)}, side{once(200, 2), once(200, 1)}, 1, Options{}, athar.During)
	near(t, "TNE of a longer time before", q.Net, 100, 1e-15)
}

// Harm weighs classes: by hand, two classes with harms 1 and 5. Equal harms of 1 over
// the parts of a published case give the case.
func TestHarm(t *testing.T) {
	whole := Counts{Control: [2]float64{308, 318}, Treated: [2]float64{207, 110}, DispControl: [2]float64{150, 140}, DispTreated: [2]float64{178, 157}}
	part := Counts{Control: [2]float64{100, 120}, Treated: [2]float64{7, 10}, DispControl: [2]float64{50, 40}, DispTreated: [2]float64{78, 57}}
	rest := whole
	for i := range 2 {
		rest.Control[i] -= part.Control[i]
		rest.Treated[i] -= part.Treated[i]
		rest.DispControl[i] -= part.DispControl[i]
		rest.DispTreated[i] -= part.DispTreated[i]
	}
	d := Harm([]Counts{part, rest}, []float64{1, 1}, .05, 1).Total
	near(t, "D1 in two classes", d.Est, -118, 0)
	near(t, "its error", d.SE, math.Sqrt(1568), 1e-15)
	d = Harm([]Counts{part, rest}, []float64{1, 5}, .05, 1).Total
	// part: 3 - 20 - 21 + 10 = -28; rest: -100 + 10 + 0 - 0 = -90.
	near(t, "weighted", d.Est, -28-5*90, 0)
	near(t, "its error", d.SE, math.Sqrt(462+25*1106), 1e-15)
	near(t, "scaled", Harm([]Counts{whole}, []float64{3}, .05, 1).Total.Z, Diff(whole, .05, 1).Total.Z, 1e-15)
}

// The example that the reference prints for harms of 10, 5 and 1: its own tests give
// -10, -5 and -30 with variances 70, 105 and 230.
func TestHarmOfTheReference(t *testing.T) {
	d := Harm([]Counts{
		{Control: [2]float64{20, 20}, Treated: [2]float64{20, 10}},
		{Control: [2]float64{30, 30}, Treated: [2]float64{25, 20}},
		{Control: [2]float64{80, 60}, Treated: [2]float64{70, 20}},
	}, []float64{10, 5, 1}, .1, 1).Local
	near(t, "estimate", d.Est, -155, 0)
	near(t, "error", d.SE, math.Sqrt(9855), 1e-15)
}

// weighted makes sums of harms and of their squares of panels by class.
func weighted(harm []float64, classes ...*athar.Panel) (h *athar.Panel, squares []float64) {
	sums := *classes[0]
	sums.Count, squares = make([]float64, len(sums.Count)), make([]float64, len(sums.Count))
	for i, c := range classes {
		for k, n := range c.Count {
			sums.Count[k] += harm[i] * n
			squares[k] += harm[i] * harm[i] * n
		}
	}
	return &sums, squares
}

// A panel of harms gives what the formula for classes gives, at equal exposures.
func TestHarmOfAPanel(t *testing.T) {
	a, b := panel(6, 6, [2]float64{10, 5}, [2]float64{12, 15}, [2]float64{8, 9}), panel(6, 6, [2]float64{3, 4}, [2]float64{5, 2}, [2]float64{4, 4})
	harm := []float64{2, 7.5}
	h, squares := weighted(harm, a, b)
	res := Estimate(h, Options{Phi: 2, Squares: squares})
	counts := func(p *athar.Panel) Counts {
		sum := func(row, from int) (n float64) {
			for t := from; t < from+6; t++ {
				n += p.Count[row*12+t]
			}
			return n
		}
		// Far stands against both and enters the total of a panel once; of the eight
		// counts it is two controls, so that only the parts compare.
		two := func(row int) [2]float64 { return [2]float64{sum(row, 0), sum(row, 6)} }
		return Counts{Control: two(2), Treated: two(0), DispControl: two(2), DispTreated: two(1)}
	}
	want := Harm([]Counts{counts(a), counts(b)}, harm, .05, 2)
	for i, w := range []Part{want.Local, want.Displacement} {
		e := res.Effects[i]
		near(t, "difference", -float64(e.Avoided), w.Est, 1e-12)
		near(t, "low", -float64(e.AvoidedHigh), w.Low, 1e-12)
		near(t, "p", float64(e.P), w.P, 1e-9)
	}
	near(t, "total", -float64(res.Effects[2].Avoided), want.Total.Est, 1e-12)
	if res.Quotients != nil {
		t.Error("a quotient of harms")
	}
}

// The unit of harm is anybody's: three times the harm is three times the difference and
// the same p, and a harm of one is a count.
func TestUnitOfHarm(t *testing.T) {
	p := panel(30, 6, [2]float64{10, 5}, [2]float64{10, 12}, [2]float64{10, 9})
	r := stat.Stream(3, "wdd", 0)
	for i := range p.Count {
		p.Count[i] = stat.NegBin(r, p.Count[i], 3)
	}
	plain := Estimate(p, Options{})
	if plain.Phi < 1.5 {
		t.Fatalf("phi %v", plain.Phi)
	}
	for _, unit := range []float64{1, 3} {
		h, squares := weighted([]float64{unit}, p)
		res := Estimate(h, Options{Squares: squares})
		near(t, "phi", res.Phi, plain.Phi, 1e-9)
		for i, e := range res.Effects {
			near(t, "difference", float64(e.Avoided), unit*float64(plain.Effects[i].Avoided), 1e-12)
			near(t, "p", float64(e.P), float64(plain.Effects[i].P), 1e-9)
		}
	}
}

// Harms that one event in a hundred carries leave few events behind an interval, and
// levels of harm are compared in harm.
func TestHarmWarns(t *testing.T) {
	a, b := panel(12, 6, [2]float64{50, 50}, [2]float64{50, 50}, [2]float64{50, 50}), panel(12, 6, [2]float64{1, 1}, [2]float64{1, 1}, [2]float64{0, 0})
	codes := func(harm float64) (out []string) {
		h, squares := weighted([]float64{1, harm}, a, b)
		for _, n := range Estimate(h, Options{Squares: squares}).Effects[0].Warnings {
			out = append(out, n.Code)
		}
		return out
	}
	if got := codes(1); got != nil {
		t.Errorf("equal harms: %v", got)
	}
	if got := codes(400); !slices.Equal(got, []string{"harm-levels", "harm-few"}) {
		t.Errorf("a harm of 400: %v", got)
	}
}

func TestPanel(t *testing.T) {
	p := panel(12, 6, [2]float64{10, 5}, [2]float64{10, 12}, [2]float64{10, 9})
	res := Estimate(p, Options{Phi: 1})
	if len(res.Effects) != 3 || res.Refusal != nil || len(res.Notes) > 0 {
		t.Fatalf("%+v", res)
	}
	// Before is brought to six months: 60 -> 30 inside, 60 -> 72, 60 -> 54.
	near(t, "local", float64(res.Effects[0].Avoided), 24, 1e-12)
	near(t, "displacement", float64(res.Effects[1].Avoided), -18, 1e-12)
	near(t, "total", float64(res.Effects[2].Avoided), 6, 1e-12)
	near(t, "RR", float64(res.Effects[0].RR), 30./54, 1e-12)
	// Far enters the total once, with twice the weight.
	se := math.Sqrt(30 + 120*.25 + 72 + 120*.25 + 4*(54+120*.25))
	near(t, "total SE", float64(res.Effects[2].AvoidedHigh-res.Effects[2].Avoided)/stat.TQuantile(.975, math.Inf(1)), se, 1e-12)
	twice := Estimate(p, Options{Phi: 4}).Effects[2]
	near(t, "phi", float64(twice.AvoidedHigh-twice.Avoided), 2*float64(res.Effects[2].AvoidedHigh-res.Effects[2].Avoided), 1e-12)
}

func TestLevels(t *testing.T) {
	res := Estimate(panel(12, 6, [2]float64{10, 5}, [2]float64{10, 12}, [2]float64{30, 29}), Options{})
	if len(res.Notes) != 1 || res.Notes[0].Code != "wdd-levels" || len(res.Effects[0].Warnings) != 1 {
		t.Errorf("levels of 10 and 30 pass without a warning: %v", res.Notes)
	}
}

func TestRefuses(t *testing.T) {
	for _, c := range []struct {
		in, far [2]float64
		code    string
	}{{[2]float64{0, 1}, [2]float64{5, 5}, "no-pre-events"}, {[2]float64{5, 5}, [2]float64{0, 0}, "no-control"}} {
		res := Estimate(panel(12, 6, c.in, [2]float64{1, 1}, c.far), Options{})
		if res.Refusal == nil || res.Refusal.Reason.Code != c.code || res.Effects[0].Refusal == nil || res.Quotients != nil {
			t.Errorf("%v: %+v", c, res.Refusal)
		}
	}
}

// METHODS.md B2: the corrected test holds its size where the Poisson one
// rejects in a third of the cases.
func TestSize(t *testing.T) {
	const reps, phi = 600, 4
	var plain, corrected float64
	for k := range reps {
		p := panel(24, 6, [2]float64{}, [2]float64{}, [2]float64{})
		p.Areas[1].Role = athar.Inside // without rings no quotient is drawn
		r := stat.Stream(uint64(k), "wdd", 0)
		for i := range p.Count {
			p.Count[i] = stat.NegBin(r, 20, phi)
		}
		if Estimate(p, Options{Phi: 1}).Effects[1].P < .05 {
			plain++
		}
		if Estimate(p, Options{}).Effects[1].P < .05 {
			corrected++
		}
	}
	if plain/reps < .25 || corrected/reps > .09 || corrected/reps < .02 {
		t.Errorf("type I error: Poisson %.3f, corrected %.3f", plain/reps, corrected/reps)
	}
}

// The same with two classes of harm 1 and 5, whose events come in the same bursts or in
// their own.
func TestSizeOfHarm(t *testing.T) {
	const reps = 400
	for _, phi := range []float64{1, 2, 4} {
		for _, together := range []bool{false, true} {
			reject := 0.0
			for k := range reps {
				a, b := panel(24, 6, [2]float64{}, [2]float64{}, [2]float64{}), panel(24, 6, [2]float64{}, [2]float64{}, [2]float64{})
				a.Areas[1].Role = athar.Inside
				r := stat.Stream(uint64(k), "wdd/harm", 0)
				for i := range a.Count {
					if n := stat.NegBin(r, 20, phi); together {
						for range int(n) {
							if r.Float64() < .75 {
								a.Count[i]++
							} else {
								b.Count[i]++
							}
						}
					} else {
						a.Count[i], b.Count[i] = stat.NegBin(r, 15, phi), stat.NegBin(r, 5, phi)
					}
				}
				h, squares := weighted([]float64{1, 5}, a, b)
				if Estimate(h, Options{Squares: squares}).Effects[1].P < .05 {
					reject++
				}
			}
			if reject/reps > .085 || reject/reps < .02 {
				t.Errorf("phi %v, bursts together %v: type I error %.3f", phi, together, reject/reps)
			}
		}
	}
}
