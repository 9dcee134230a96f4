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

func BenchmarkBest(b *testing.B) {
	x := terrorism(b)
	var w fitter
	b.ReportAllocs()
	for b.Loop() {
		w.load(x)
		w.best(2, 12)
	}
}
