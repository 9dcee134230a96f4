package did

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"athar/internal/testdata"
	"athar/stat"
)

func table(t testing.TB, path string) (map[string]int, [][]string) {
	t.Helper()
	f, err := os.Open(testdata.Shared(t, path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	col := map[string]int{}
	for i, h := range rows[0] {
		col[h] = i
	}
	return col, rows[1:]
}

func num(t testing.TB, s string) float64 {
	t.Helper()
	if s == "NA" {
		return math.NaN()
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func near(t testing.TB, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: %.9g, want %.9g within %g", what, got, want, tol)
	}
}

// mpdta is the minimum-wage panel: log teen employment of 500 counties,
// 2003-2007.
func mpdta(t testing.TB, covariate bool) Data {
	col, rows := table(t, "golden/scdid/mpdta.csv")
	at := map[string]int{}
	d := Data{Periods: 5}
	for _, r := range rows {
		id := r[col["countyreal"]]
		i, ok := at[id]
		if !ok {
			i = d.Units
			at[id] = i
			d.Units++
			d.Y = append(d.Y, make([]float64, 5)...)
			g := Never
			if y := num(t, r[col["first.treat"]]); y > 0 {
				g = int(y) - 2003
			}
			d.First = append(d.First, g)
			if covariate {
				d.X = append(d.X, num(t, r[col["lpop"]]))
				d.Covariates = 1
			}
		}
		d.Y[i*5+int(num(t, r[col["year"]]))-2003] = num(t, r[col["lemp"]])
	}
	return d
}

var configs = []struct {
	name      string
	covariate bool
	o         Options
}{
	{"never_nocov", false, Options{}},
	{"never_cov_dr", true, Options{}},
	{"never_cov_reg", true, Options{Adjust: Regression}},
	{"never_cov_ipw", true, Options{Adjust: Weighting}},
	{"notyet_cov_dr", true, Options{Control: NotYetTreated}},
}

func TestMinimumWage(t *testing.T) {
	col, rows := table(t, "golden/scdid/mpdta_attgt.csv")
	acol, arows := table(t, "golden/scdid/mpdta_aggte.csv")
	for _, c := range configs {
		e := GroupTime(mpdta(t, c.covariate), c.o)
		seen := 0
		for _, r := range rows {
			if r[col["config"]] != c.name {
				continue
			}
			g, p := int(num(t, r[col["group"]]))-2003, int(num(t, r[col["t"]]))-2003
			k := slices.IndexFunc(e.Cells, func(x Cell) bool { return x.Group == g && x.Period == p })
			what := fmt.Sprint(c.name, " ", g, " ", p)
			near(t, what, e.Cells[k].ATT, num(t, r[col["att"]]), 1e-6)
			near(t, what+" se", e.Cells[k].SE, num(t, r[col["se"]]), 1e-6)
			seen++
		}
		if seen != len(e.Cells) {
			t.Errorf("%s: %d cells, the reference has %d", c.name, len(e.Cells), seen)
		}
		for _, kind := range []Kind{Simple, Dynamic, Group, Calendar} {
			a := e.Aggregate(kind)
			seen := 0
			for _, r := range arows {
				if r[acol["config"]] != c.name || r[acol["type"]] != string(kind) {
					continue
				}
				p := a.Overall
				if egt := r[acol["egt"]]; egt != "overall" {
					at := int(num(t, egt))
					if kind == Group || kind == Calendar {
						at -= 2003
					}
					p = a.Points[slices.IndexFunc(a.Points, func(x Point) bool { return x.At == at })]
				}
				what := fmt.Sprint(c.name, " ", kind, " ", r[acol["egt"]])
				near(t, what, p.ATT, num(t, r[acol["att"]]), 1e-6)
				se := p.SE
				if kind == Group && r[acol["egt"]] == "overall" {
					// The reference gives every group the first group's indicator
					// in the influence of the weights; ours uses the group's own.
					near(t, what+" se", se, num(t, r[acol["se"]]), .01*se)
					se = firstIndicator(e, a)
				}
				near(t, what+" se", se, num(t, r[acol["se"]]), 1e-6)
				seen++
			}
			if seen != len(a.Points)+1 {
				t.Errorf("%s %s: %d points, the reference has %d", c.name, kind, len(a.Points)+1, seen)
			}
		}
	}
}

// firstIndicator is the error of the group average as the reference computes
// it.
func firstIndicator(e *Effects, a Average) float64 {
	total, square := 0.0, 0.0
	for _, n := range e.size {
		total += float64(n) / float64(e.Units)
	}
	k := len(a.Points) + 1
	for i := range e.d.Units {
		psi := 0.0
		for j, p := range a.Points {
			share, d := float64(e.size[j])/float64(e.Units), 0.0
			if e.d.First[i] == e.groups[0] {
				d = 1
			}
			psi += share/total*a.psi[i*k+j] + (d-share)*(p.ATT-a.Overall.ATT)/total
		}
		square += psi * psi
	}
	return math.Sqrt(square) / float64(e.Units)
}

func TestMinimumWageBandAndPreTest(t *testing.T) {
	e := GroupTime(mpdta(t, false), Options{})
	p := e.PreTest()
	near(t, "pre-test p", p.P, .16812, 1e-4)
	// Power at the slope by simulation from the covariance: 80%.
	v := e.Cov()
	var at []int
	for k, c := range e.Cells {
		if c.Period < c.Group {
			at = append(at, k)
		}
	}
	sub := make([]float64, 0, len(at)*len(at))
	for _, k := range at {
		for _, l := range at {
			sub = append(sub, v[k*len(e.Cells)+l])
		}
	}
	r, seen := stat.Stream(1, "power", 0), 0
	n, b, ones := stat.NewNormals(sub, len(at), math.Inf(1)), make([]float64, len(at)), []float64{1, 1, 1, 1, 1, 1}
	for range 2000 {
		n.Draw(b, r)
		for i := range b {
			b[i] += p.Slope
		}
		if wald(b, ones[:len(b)], sub).P < .05 {
			seen++
		}
	}
	near(t, "power of the pre-test", float64(seen)/2000, .8, .03)

	for _, m := range []Multiplier{Mammen, Rademacher} {
		band := e.Band(Draws{Multiplier: m})
		if band.Crit < 2.5 || band.Crit > 3 {
			t.Errorf("critical value %.3f outside 2.5-3.0", band.Crit)
		}
		for k, c := range e.Cells {
			near(t, "bootstrap se over the analytic", band.SE[k]/c.SE, 1, .1)
		}
	}
	col, rows := table(t, "golden/scdid/mpdta_attgt_boot_seed20200101.csv")
	band := e.Band(Draws{N: 5000})
	for _, r := range rows {
		k := slices.IndexFunc(e.Cells, func(x Cell) bool {
			return x.Group == int(num(t, r[col["group"]]))-2003 && x.Period == int(num(t, r[col["t"]]))-2003
		})
		near(t, "bootstrap se over the reference's", band.SE[k]/num(t, r[col["se"]]), 1, .1)
	}
}

// TestUniversal: the universal base differences the same means.
func TestUniversal(t *testing.T) {
	d := mpdta(t, false)
	e, u := GroupTime(d, Options{}), GroupTime(d, Options{Base: Universal})
	get := func(e *Effects, g, p int) Cell {
		return e.Cells[slices.IndexFunc(e.Cells, func(x Cell) bool { return x.Group == g && x.Period == p })]
	}
	// Group 4 (2007): universal ATT(4, 0) = -(sum of the varying ones at 1, 2, 3).
	want := -(get(e, 4, 1).ATT + get(e, 4, 2).ATT + get(e, 4, 3).ATT)
	near(t, "universal", get(u, 4, 0).ATT, want, 1e-12)
	near(t, "base", get(u, 4, 3).ATT, 0, 0)
	near(t, "after", get(u, 4, 4).SE, get(e, 4, 4).SE, 1e-15)
	near(t, "same pre-test", u.PreTest().W, e.PreTest().W, 1e-6)
}

// small is a panel with a known structure: 3 groups of different size.
func small(seed int) Data {
	r := stat.Stream(7, "did", seed)
	d := Data{Units: 40, Periods: 7, Covariates: 1}
	for i := range d.Units {
		g := []int{Never, 3, 5, Never, 0}[i%5]
		d.First = append(d.First, g)
		x := r.NormFloat64()
		d.X = append(d.X, x)
		for t := range d.Periods {
			y := x*float64(t)*.2 + r.NormFloat64()
			if g >= 0 && t >= g {
				y += 2
			}
			d.Y = append(d.Y, y)
		}
	}
	return d
}

func TestInvariances(t *testing.T) {
	d := small(0)
	for _, o := range []Options{{}, {Control: NotYetTreated}, {Adjust: Regression}, {Adjust: Weighting, Base: Universal}, {Anticipation: 1}} {
		a := GroupTime(d, o)
		// Units in another order, Y scaled and moved, X on another scale.
		s := Data{Units: d.Units, Periods: d.Periods, Covariates: 1}
		for _, i := range stat.Stream(1, "perm", 0).Perm(d.Units) {
			s.First, s.X = append(s.First, d.First[i]), append(s.X, 3*d.X[i]-1)
			for _, y := range d.Y[i*7 : i*7+7] {
				s.Y = append(s.Y, 10*y+4)
			}
		}
		b := GroupTime(s, o)
		for k := range a.Cells {
			near(t, "att", b.Cells[k].ATT, 10*a.Cells[k].ATT, 1e-8)
			near(t, "se", b.Cells[k].SE, 10*a.Cells[k].SE, 1e-8)
		}
		// Each unit twice, as one cluster: nothing changes.
		twice := Data{Units: 2 * d.Units, Periods: 7, Covariates: 1}
		for i := range twice.Units {
			twice.First, twice.X = append(twice.First, d.First[i/2]), append(twice.X, d.X[i/2])
			twice.Y, twice.Cluster = append(twice.Y, d.Y[i/2*7:i/2*7+7]...), append(twice.Cluster, 100-i/2)
		}
		c := GroupTime(twice, o)
		for k := range a.Cells {
			near(t, "clustered se", c.Cells[k].SE, a.Cells[k].SE, 1e-9)
		}
		near(t, "clustered average", c.Aggregate(Group).Overall.SE, a.Aggregate(Group).Overall.SE, 1e-9)
	}
	if e := GroupTime(d, Options{}); len(e.Notes) != 1 || e.Notes[0].Code != "did-always-treated" || e.Units != 32 {
		t.Errorf("units treated in the first period: %v, %d units", e.Notes, e.Units)
	}
}

// TestDoublyRobust: the influence function is the jackknife's limit, by a
// second route that knows no formula of it.
func TestDoublyRobustJackknife(t *testing.T) {
	d := small(1)
	for i, g := range d.First {
		if g == 0 {
			d.First[i] = Never
		}
	}
	for _, o := range []Options{{}, {Adjust: Regression}, {Adjust: Weighting}, {Control: NotYetTreated}} {
		a := GroupTime(d, o)
		n := float64(d.Units)
		for k := range a.Cells {
			ss, mean := 0.0, 0.0
			var leave []float64
			for i := range d.Units {
				j := Data{Units: d.Units - 1, Periods: 7, Covariates: 1,
					First: slices.Delete(slices.Clone(d.First), i, i+1), X: slices.Delete(slices.Clone(d.X), i, i+1),
					Y: slices.Delete(slices.Clone(d.Y), i*7, i*7+7)}
				leave = append(leave, GroupTime(j, o).Cells[k].ATT)
				mean += leave[i] / n
			}
			for _, x := range leave {
				ss += (x - mean) * (x - mean) * (n - 1) / n
			}
			if q := math.Sqrt(ss) / a.Cells[k].SE; q < .95 || q > 1.35 {
				t.Errorf("%+v cell %d: jackknife error %.3f times the analytic", o, k, q)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	d := Data{Units: 2, Periods: 3, Y: make([]float64, 6), First: []int{Never, Never}}
	if e := GroupTime(d, Options{}); e.Refusal == nil || e.Refusal.Reason.Code != "did-none-treated" {
		t.Errorf("%v", e.Refusal)
	}
	d.First = []int{1, 2}
	if e := GroupTime(d, Options{}); e.Refusal == nil || e.Refusal.Reason.Code != "did-none-untreated" {
		t.Errorf("%v", e.Refusal)
	}
	e := GroupTime(d, Options{Control: NotYetTreated})
	if e.Refusal != nil || len(e.Notes) != 3 || e.Notes[2].Code != "did-cells-empty" || e.Notes[0].Code != "did-small-group" {
		t.Errorf("the last group has no control after its start: %v %v", e.Refusal, e.Notes)
	}
	// A covariate that separates treated from controls has no comparison.
	s := small(2)
	for i, g := range s.First {
		s.X[i] = float64(min(g, 0))
	}
	for _, c := range GroupTime(s, Options{}).Cells {
		if !math.IsNaN(c.ATT) {
			t.Errorf("separated cell has the estimate %g", c.ATT)
		}
	}
}

func TestPerturber(t *testing.T) {
	r := stat.Stream(1, "x", 0)
	rows, dst := make([]float64, 7*3), make([]float64, 3)
	p := newPerturber(rows, 3, Mammen)
	if n := testing.AllocsPerRun(10, func() { p.draw(dst, r) }); n > 0 {
		t.Errorf("%g allocations a draw", n)
	}
	// Rows that are powers of 10 show which units were high in a draw, and the
	// columns are multiples of each other.
	for i := range 7 {
		copy(rows[3*i:], []float64{math.Pow(10, float64(i)), 2 * math.Pow(10, float64(i)), -math.Pow(10, float64(i))})
	}
	p = newPerturber(rows, 3, Rademacher)
	seen := map[float64]bool{}
	for range 2000 {
		p.draw(dst, r)
		near(t, "columns", dst[1]+2*dst[2], 0, 1e-6)
		high := (dst[0] + 1111111) / 2
		for _, c := range strconv.Itoa(int(math.Round(high))) {
			if c != '0' && c != '1' {
				t.Fatalf("no sum of signed rows: %v", dst)
			}
		}
		seen[high] = true
	}
	if len(seen) != 128 {
		t.Errorf("%d of 128 sign patterns in 2000 draws", len(seen))
	}
	// Mean 0, variance 1, third moment 1 (Mammen) or 0.
	for m, third := range []float64{1, 0} {
		var s, s2, s3 float64
		const n = 200000
		one, v := newPerturber([]float64{1}, 1, Multiplier(m)), []float64{0}
		for range n {
			one.draw(v, r)
			s, s2, s3 = s+v[0], s2+v[0]*v[0], s3+v[0]*v[0]*v[0]
		}
		near(t, "mean", s/n, 0, .01)
		near(t, "variance", s2/n, 1, .01)
		near(t, "third moment", s3/n, third, .02)
	}
}

// BenchmarkGroupTime estimates all cells with analytic errors and 1,000 draws.
func BenchmarkGroupTime(b *testing.B) {
	d := mpdta(b, false)
	for b.Loop() {
		GroupTime(d, Options{}).Band(Draws{})
	}
}
