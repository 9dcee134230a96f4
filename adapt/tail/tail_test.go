package tail

import (
	"bufio"
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"athar/internal/testdata"
	"athar/stat"
)

// near fails where got is further than tol from want.
func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s = %.10g, want %.10g within %g", what, got, want, tol)
	}
}

func terrorism(t testing.TB) Tally {
	f, err := os.Open(testdata.Shared(t, "golden/other/terrorism.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var x []int
	for s := bufio.NewScanner(f); s.Scan(); {
		if v, err := strconv.Atoi(strings.TrimSpace(s.Text())); err == nil {
			x = append(x, v)
		}
	}
	return NewTally(x)
}

func native(t testing.TB) Tally {
	f, err := os.Open(testdata.Shared(t, "golden/changepoint_tails/native_american.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var x []int
	for _, r := range rows[1:] {
		v, err := strconv.Atoi(r[0])
		if err != nil {
			t.Fatal(err)
		}
		x = append(x, v)
	}
	return NewTally(x)
}

// Values of Hurwitz's zeta function and of its logarithm's derivatives, to 50
// digits with another program.
func TestZeta(t *testing.T) {
	for _, c := range []struct{ s, q, zeta, l1, l2 float64 }{
		{1.05, 1, 20.580844302037003, -19.432034241284644, 399.81751421081584},
		{1.5, 1, 2.6123753486854883, -1.5052353557882679, 3.8549629156760383},
		{2, 1, 1.6449340668482264, -0.56996099309453281, 0.88448183396352389},
		{2.5, 1, 1.3414872572509172, -0.2887406855581931, 0.35045248787741275},
		{2.5, 12, 0.017074592240335057, -0.62536236279138747, 0.44381908913112881},
		{3.7, 3, 0.029341715630621993, -0.22615877812879864, 0.12654138873608032},
		{2.37, 2749, 1.4181372328946765e-5, -0.72974512706329642, 0.53279342495355542},
		{9, 2, 0.0020083928260822144, -0.011885325458299783, 0.0052357702105244995},
		{9, 30, 2.1718992445398746e-13, -0.10900421867065616, 0.01552997253016458},
		{40, 1, 1.0000000000009095, -6.3041377863244086e-13, 4.3696956988496468e-13},
		{40, 55, 4.7865640012620499e-70, -0.017604646425041587, 0.00063025044143501214},
		{55, 7, 3.3104637078378581e-47, -8.6497790004842271e-5, 1.1572312694816037e-5},
	} {
		if z := Zeta(c.s, c.q); math.Abs(z/c.zeta-1) > 1e-12 {
			t.Errorf("zeta(%g, %g) = %.16g, want %.16g", c.s, c.q, z, c.zeta)
		}
		_, l1, l2 := logZeta(c.s, c.q)
		if math.Abs(l1/c.l1-1) > 1e-10 || math.Abs(l2/c.l2-1) > 1e-9 {
			t.Errorf("derivatives at (%g, %g): %.12g, %.12g; want %.12g, %.12g", c.s, c.q, l1, l2, c.l1, c.l2)
		}
	}
}

func TestTerrorism(t *testing.T) {
	x := terrorism(t)
	f, ok := Best(x, 2)
	if !ok || f.Xmin != 12 || f.N != 547 || x.N() != 9101 {
		t.Fatalf("xmin %d, tail %d of %d; want 12, 547 of 9101", f.Xmin, f.N, x.N())
	}
	near(t, "alpha", f.Alpha, 2.369947, 1e-6)
	near(t, "KS", f.KS, .01768567, 1e-7)
	g, _ := At(x, 12)
	if g != f {
		t.Errorf("at the best xmin %+v, searched %+v", g, f)
	}
}

func TestNativeAmerican(t *testing.T) {
	f, ok := Best(native(t), 2)
	if !ok || f.Xmin != 20 || f.N != 275 {
		t.Fatalf("xmin %d, tail %d; want 20, 275", f.Xmin, f.N)
	}
	near(t, "alpha", f.Alpha, 2.21005305248646, 1e-6) // poweRlaw stops its search at about 2e-7
	near(t, "KS", f.KS, .0375712741188002, 1e-7)
	near(t, "logLik", f.LogLik, -1266.84115182938, 1e-7)
}

// Where the search begins does not matter, nor do sizes without events; the
// exponent is where the likelihood is highest; and the distance is the largest
// over every whole number.
func TestBestIsBest(t *testing.T) {
	for k := range 40 {
		x := draws(1.5+float64(k%4)/2, 1+k%5, 30+5*k, stat.Stream(1, "tail/best", k))
		f, ok := Best(x, 2)
		if !ok {
			t.Fatal("no fit")
		}
		var w fitter
		w.load(x)
		for _, first := range x.Size {
			if g, _ := w.best(2, first); g != f {
				t.Fatalf("begun at %d: %+v, else %+v", first, g, f)
			}
		}
		y := Tally{append([]int{}, x.Size...), append([]int{}, x.Count...)}
		y.Size, y.Count = append(y.Size, 1<<40), append(y.Count, 0)
		if g, _ := Best(y, 2); g != f {
			t.Fatalf("with an empty size %+v, without %+v", g, f)
		}
		lik := func(a float64) float64 {
			s := 0.
			for i, v := range x.From(f.Xmin).Size {
				s -= float64(x.From(f.Xmin).Count[i]) * (a*math.Log(float64(v)) + math.Log(Zeta(a, float64(f.Xmin))))
			}
			return s
		}
		near(t, "logLik", f.LogLik, lik(f.Alpha), 1e-8*math.Abs(f.LogLik))
		if lik(f.Alpha-.01) > f.LogLik || lik(f.Alpha+.01) > f.LogLik {
			t.Errorf("a higher likelihood beside %g", f.Alpha)
		}
		// All distances from all xmin, number by number.
		best, at := math.Inf(1), 0
		for _, xmin := range x.Size {
			g, ok := At(x, xmin)
			if !ok {
				continue
			}
			tail, d, left := x.From(xmin), 0., float64(g.N)
			for v, i := xmin, 0; v <= min(tail.Size[len(tail.Size)-1]+1, xmin+3000); v++ {
				d = max(d, math.Abs(Zeta(g.Alpha, float64(v))/Zeta(g.Alpha, float64(xmin))-left/float64(g.N)))
				if i < len(tail.Size) && tail.Size[i] == v {
					left -= float64(tail.Count[i])
					i++
				}
			}
			if tail.Size[len(tail.Size)-1] < xmin+3000 {
				near(t, "KS", g.KS, d, 1e-10)
			}
			if g.KS < best {
				best, at = g.KS, xmin
			}
		}
		if at != f.Xmin {
			t.Errorf("xmin %d, number by number %d", f.Xmin, at)
		}
	}
}

// The common Xmin is the larger of the two, on whichever side it is.
func TestCommonXmin(t *testing.T) {
	low := draws(2.5, 2, 400, stat.Stream(1, "tail/low", 0))
	high := draws(2.5, 20, 400, stat.Stream(1, "tail/high", 0))
	for _, c := range [][2]Tally{{low, high}, {high, low}} {
		a, _ := Best(c[0], 5)
		b, _ := Best(c[1], 5)
		got, ok := Compare(c[0], c[1], 5)
		if want := max(a.Xmin, b.Xmin); !ok || got.Before.Xmin != want || got.After.Xmin != want || a.Xmin == b.Xmin {
			t.Errorf("common xmin %d and %d of %d and %d", got.Before.Xmin, got.After.Xmin, a.Xmin, b.Xmin)
		}
	}
	if _, ok := Compare(low, Tally{}, 5); ok {
		t.Error("a comparison with nothing")
	}
}

func BenchmarkBest(b *testing.B) {
	x := terrorism(b)
	var w fitter
	b.ReportAllocs()
	for b.Loop() {
		w.load(x)
		w.best(2, 12)
	}
}
