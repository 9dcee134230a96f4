package hotspot

import (
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"athar"
	"athar/internal/testdata"
	"athar/stat"
)

var runs = flag.Int("runs", 60, "worlds of the known-truth simulations")

// rook are the neighbours in a grid that share an edge.
func rook(side int) [][]int {
	out := make([][]int, side*side)
	for i := range out {
		x, y := i%side, i/side
		for _, d := range [][2]int{{-1, 0}, {1, 0}, {0, -1}, {0, 1}} {
			if a, b := x+d[0], y+d[1]; a >= 0 && a < side && b >= 0 && b < side {
				out[i] = append(out[i], b*side+a)
			}
		}
	}
	return out
}

func codes(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("A%03d", i))
	}
	return out
}

// BENCHMARKS D13: 3 by 3 areas with the values 1 to 9.
func TestTinyLattice(t *testing.T) {
	c := arrange(codes(9), rook(3), []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, 1)
	want := []float64{-2.065591, -2.204541, -1.032796, -.734847, 0, .734847, 1.032796, 2.204541, 2.065591}
	for i, z := range c.gi() {
		if math.Abs(z-want[i]) > 1e-6 {
			t.Errorf("area %d: %v, want %v", i, z, want[i])
		}
	}
}

// BENCHMARKS D12: precipitation at the Great Lakes.
func TestPrecipitation(t *testing.T) {
	f, err := os.Open(testdata.Shared(t, "golden/other/precipgl.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var x []float64
	for _, r := range rows[1:] {
		v, err := strconv.ParseFloat(r[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		x = append(x, v)
	}
	tr := MannKendall(x)
	if tr.S != 989 || math.Abs(float64(tr.Var)/74398.33-1) > 1e-6 || math.Abs(float64(tr.Tau)/.2645801-1) > 1e-6 || math.Abs(float64(tr.PPlain)/.00029208-1) > 1e-4 {
		t.Errorf("%+v", tr)
	}
}

// Sen's slope, ties and the factor of Hamed and Rao against pymannkendall 1.4.3
// (hamed_rao_modification_test) on series that are written out here.
func TestHamedRao(t *testing.T) {
	for _, c := range reference {
		tr := MannKendall(c.x)
		at := make([]float64, len(c.x))
		for i := range at {
			at[i] = float64(i)
		}
		v := float64(tr.Var) * hamedRao(autocorrelations(c.x, at, float64(tr.Slope)))
		if tr.S != c.s || math.Abs(float64(tr.Slope)-c.slope) > 1e-9 || math.Abs(v-c.v) > 1e-6*c.v {
			t.Errorf("S %d, slope %v, variance %v; want %d, %v, %v", tr.S, tr.Slope, v, c.s, c.slope, c.v)
		}
		z := float64(tr.S)
		z -= math.Copysign(min(1, math.Abs(z)), z)
		if p := stat.TwoSided(z/math.Sqrt(v), math.Inf(1)); math.Abs(p-c.p) > 1e-9 {
			t.Errorf("p %v, want %v", p, c.p)
		}
		if v > float64(tr.Var) && float64(tr.P) < c.p-1e-9 || tr.Factor < 1 || tr.P < tr.PPlain {
			t.Errorf("surer than the reference, or than without correction: %+v", tr)
		}
	}
}

// Each category from a course that the definitions name.
func TestCategories(t *testing.T) {
	for _, c := range []struct {
		want  Category
		hot   string // by month: h hot, c cold, ? unknown
		trend int
		padj  float64
	}{
		{None, "............", 5, .01},
		{New, "...........h", 0, 1},
		{New, "...........h?", 0, 1},
		{New, "..c........h", 0, 1},
		{Consecutive, ".........hhh", 0, 1},
		{Consecutive, "........h?hh", 0, 1},
		{Sporadic, ".h..h....h.h", 0, 1},
		{Oscillating, ".h..c......h", 0, 1},
		{Historical, "hhhhhhhhhhh.", 0, 1},
		{None, "..hhhhhhhhh.", 0, 1},
		{Persistent, "hhhhhhhhhhhh", 4, .06},
		{Intensifying, "hhhh.hhhhhhh", 4, .05},
		{Diminishing, "hhhhhhhhhhhh", -4, .01},
		{None, "????????????", 0, 1},
	} {
		a := Area{PAdj: athar.Num(c.padj), Trend: Trend{S: c.trend}}
		for _, m := range c.hot {
			z := athar.Num(0)
			if m == '?' {
				z = athar.Num(math.NaN())
			}
			a.Z, a.Hot, a.Cold = append(a.Z, z), append(a.Hot, m == 'h'), append(a.Cold, m == 'c')
		}
		if got := a.category(); got != c.want {
			t.Errorf("%s: %s, want %s", c.hot, got, c.want)
		}
	}
}

// world has a level by area that varies tenfold with hot corners, a common course,
// and noise of each area with autocorrelation rho.
func world(seed, side, nt int, rho float64) []float64 {
	r := stat.Stream(13, "hotspot/world", seed)
	counts := make([]float64, side*side*nt)
	for i := range side * side {
		level := 2 * math.Exp(1.5*r.Float64())
		if i%side < 3 && i/side < 3 {
			level *= 6
		}
		sd := 0.0
		if rho > 0 {
			sd = .5
		}
		e := sd * r.NormFloat64()
		for t := range nt {
			counts[i*nt+t] = stat.NegBin(r, level*math.Exp(e), 1)
			e = rho*e + sd*math.Sqrt(1-rho*rho)*r.NormFloat64()
		}
	}
	return counts
}

func text(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Areas in any order give the same bytes, listed by code; twice the counts give the
// same answer.
func TestOrder(t *testing.T) {
	const side, nt = 6, 24
	counts := world(1, side, nt, .3)
	counts[17], counts[200] = math.NaN(), math.NaN()
	names, near := codes(side*side), rook(side)
	want := Analyse(names, near, counts, nt)
	if !slices.IsSortedFunc(want.Areas, func(a, b Area) int { return slices.Compare([]byte(a.Code), []byte(b.Code)) }) || want.Unknown != 2 {
		t.Error("not by code")
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 3 {
		perm := r.Perm(len(names))
		back := make([]int, len(perm))
		for k, i := range perm {
			back[i] = k
		}
		n2, near2 := make([]string, len(names)), make([][]int, len(names))
		var c2 []float64
		for k, i := range perm {
			n2[k] = names[i]
			for _, j := range near[i] {
				near2[k] = append(near2[k], back[j])
			}
			c2 = append(c2, counts[i*nt:(i+1)*nt]...)
		}
		if text(t, Analyse(n2, near2, c2, nt)) != text(t, want) {
			t.Fatal("another order gives another answer")
		}
	}
	twice := slices.Clone(counts)
	for i := range twice {
		twice[i] *= 2
	}
	if text(t, Analyse(names, near, twice, nt)) != text(t, want) {
		t.Error("another unit gives another answer")
	}
}

// Known truth: without a trend, how often an area has one. Gi* shares the month
// before with its predecessor, so its series is correlated even where counts are
// not, and the plain test finds trends that are none.
func TestKnownTruth(t *testing.T) {
	const side = 7
	for _, c := range []struct {
		name string
		nt   int
		rho  float64
		most float64 // of P <= .05
	}{{"independent, 24 months", 24, 0, .06}, {"independent, 60 months", 60, 0, .06}, {"correlated .5, 60 months", 60, .5, .06}} {
		n, p, plain, any, label := 0.0, 0.0, 0.0, 0.0, 0.0
		for s := range *runs {
			res := Analyse(codes(side*side), rook(side), world(100+s, side, c.nt, c.rho), c.nt)
			if res.Refusal != nil {
				t.Fatal(res.Refusal)
			}
			found := false
			for _, a := range res.Areas {
				n++
				if a.Trend.P <= .05 {
					p++
				}
				if a.Trend.PPlain <= .05 {
					plain++
				}
				found = found || a.PAdj <= Level
				if a.Category == Intensifying || a.Category == Diminishing {
					label++
				}
			}
			if found {
				any++
			}
		}
		t.Logf("%s: areas with p <= .05 %.3f (plain %.3f), worlds with a trend after the false discovery rate %.3f, areas labelled with a trend %.4f", c.name, p/n, plain/n, any/float64(*runs), label/n)
		if p/n > c.most || p >= plain {
			t.Errorf("%s: too many trends", c.name)
		}
	}
	// A corner that grows to twice its level, and one that halves, are named.
	up, down := 0, 0
	for s := range *runs {
		const nt, side = 36, 10
		counts := world(900+s, side, nt, 0)
		for i := range side * side {
			for m := range nt {
				switch u := float64(m) / nt; {
				case i%side < 3 && i/side < 3:
					counts[i*nt+m] = math.Round(counts[i*nt+m] * (1 + u))
				case i%side > 6 && i/side > 6:
					counts[i*nt+m] = math.Round(counts[i*nt+m] * 6 * (2 - u))
				}
			}
		}
		res := Analyse(codes(side*side), rook(side), counts, nt)
		if res.Areas[side+1].Category == Intensifying {
			up++
		}
		if res.Areas[8*side+8].Category == Diminishing {
			down++
		}
	}
	t.Logf("a corner that doubles is intensifying in %d of %d, one that halves diminishing in %d", up, *runs, down)
	if 10*up < 6**runs || 10*down < 3**runs {
		t.Error("trends are not named")
	}
}

func TestRefusals(t *testing.T) {
	const side, nt = 4, 12
	counts, names, near := world(5, side, nt, 0), codes(side*side), rook(side)
	twice, flat, holes := slices.Clone(names), make([]float64, len(counts)), slices.Clone(counts)
	twice[1] = twice[0]
	for i := range holes {
		if i >= 5*nt {
			holes[i] = math.NaN()
		}
	}
	quiet := slices.Clone(counts)
	clear(quiet[7*nt:])
	negative := slices.Clone(counts)
	negative[3] = -1
	for _, c := range []struct {
		name   string
		names  []string
		near   [][]int
		counts []float64
		nt     int
		want   string
	}{
		{"nothing", nil, nil, nil, 0, "hotspot-few-areas"},
		{"shape", names, near, counts[1:], nt, "hotspot-shape"},
		{"one code twice", twice, near, counts, nt, "hotspot-shape"},
		{"negative", names, near, negative, nt, "hotspot-shape"},
		{"few months", names, near, counts[:16*9], 9, "hotspot-few-periods"},
		{"few areas known", names, near, holes, nt, "hotspot-few-areas"},
		{"few areas with events", names, near, quiet, nt, "hotspot-few-active"},
		{"islands", names, make([][]int, len(near)), counts, nt, "hotspot-no-neighbours"},
		{"no events", names, near, flat, nt, "hotspot-alike"},
		{"well", names, near, counts, nt, ""},
		{"wild neighbours", names, append(slices.Clone(near[:15]), []int{-1, 99, 15, 0, 0}), counts, nt, ""},
	} {
		res := Analyse(c.names, c.near, c.counts, c.nt)
		got := ""
		if res.Refusal != nil {
			got = res.Refusal.Reason.Code
		}
		if got != c.want || (got == "") != (len(res.Areas) > 0) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzAnalyse(f *testing.F) {
	f.Add(uint64(1), 12, 20, 3.0, .1)
	f.Add(uint64(2), 8, 10, 1e300, .9)
	f.Fuzz(func(t *testing.T, seed uint64, n, nt int, scale, holes float64) {
		r := rand.New(rand.NewPCG(seed, 3))
		n, nt = min(max(n, 0), 40), min(max(nt, 0), 40)
		counts, near := make([]float64, n*nt), make([][]int, n)
		for i := range counts {
			counts[i] = math.Floor(math.Abs(scale) * r.ExpFloat64())
			if r.Float64() < holes {
				counts[i] = math.NaN()
			}
		}
		for i := range near {
			near[i] = []int{r.IntN(n+2) - 1, r.IntN(n+2) - 1}
		}
		res := Analyse(codes(n), near, counts, nt)
		for _, a := range res.Areas {
			if a.Category == "" || !(a.Trend.P >= 0 && a.Trend.P <= 1) || !(a.PAdj >= a.Trend.P) {
				t.Fatalf("%+v", a)
			}
		}
	})
}
