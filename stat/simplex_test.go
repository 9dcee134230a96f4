package stat

import (
	"math"
	"testing"
)

// problem draws n columns of m points and a target; few points against many
// columns make the fit perfect, which is the singular case.
func problem(seed uint64, n, m int) (a, b []float64) {
	r := Stream(seed, "simplex", n*1000+m)
	a, b = make([]float64, n*m), make([]float64, m)
	for i := range a {
		a[i] = r.NormFloat64()
	}
	for i := range b {
		b[i] = .3*r.NormFloat64() + .5
	}
	return a, b
}

func objective(s *Simplex) float64 { return Quad(s.Q, s.W) }

func TestSimplexTwoAlgorithms(t *testing.T) {
	var s, f Simplex
	for seed := range uint64(20) {
		for _, c := range [][2]int{{1, 3}, {2, 5}, {5, 5}, {12, 30}, {38, 19}, {30, 4}} {
			for _, ridge := range []float64{0, .1} {
				a, b := problem(seed, c[0], c[1])
				s.Load(a, c[1], c[0], b, ridge > 0, ridge)
				s.Solve()
				sum := 0.0
				for _, w := range s.W {
					if w < 0 {
						t.Fatalf("negative weight %g", w)
					}
					sum += w
				}
				if math.Abs(sum-1) > 1e-12 || s.Gap > 1e-10 {
					t.Fatalf("%v ridge %g: sum %g, gap %g", c, ridge, sum, s.Gap)
				}
				f.Load(a, c[1], c[0], b, ridge > 0, ridge)
				for j := range f.W {
					f.W[j] = 1 / float64(c[0])
				}
				f.FrankWolfe(-1, 3000)
				exact, walked := objective(&s), objective(&f)
				if exact > walked+1e-12 || walked-exact > 2*f.Gap+1e-12 || f.Gap > .02 {
					t.Fatalf("%v ridge %g: active set %g, Frank-Wolfe %g with gap %g", c, ridge, exact, walked, f.Gap)
				}
			}
		}
	}
}

// Where the unrestricted minimum is inside the simplex it is the answer: with
// Q diagonal the weights are proportional to 1/Q_jj.
func TestSimplexClosedForm(t *testing.T) {
	var s Simplex
	s.Reset(4)
	clear(s.Q)
	d, sum := []float64{1, 2, 4, 8}, 0.0
	for j, v := range d {
		s.Q[j*4+j] = v
		sum += 1 / v
	}
	s.Solve()
	for j, v := range d {
		if math.Abs(s.W[j]-1/v/sum) > 1e-14 {
			t.Errorf("weight %d is %g, want %g", j, s.W[j], 1/v/sum)
		}
	}
}

func TestSimplexTies(t *testing.T) {
	var s Simplex
	s.Reset(6)
	for i := range s.Q {
		s.Q[i] = 1 // identical columns
	}
	s.Solve()
	if objective(&s) != 1 {
		t.Errorf("identical columns: objective %g", objective(&s))
	}
	clear(s.Q)
	if s.Solve(); objective(&s) != 0 {
		t.Errorf("all zero: objective %g", objective(&s))
	}
}

func TestSimplexDoesNotAllocate(t *testing.T) {
	a, b := problem(1, 38, 19)
	var s Simplex
	s.Load(a, 19, 38, b, true, .01)
	s.Solve()
	if n := testing.AllocsPerRun(20, func() {
		s.Load(a, 19, 38, b, true, .01)
		s.Solve()
		s.Sparsify()
		s.FrankWolfe(0, 50)
	}); n != 0 {
		t.Errorf("%g allocations a solve", n)
	}
}

func BenchmarkSimplex(b *testing.B) {
	a, y := problem(1, 38, 19)
	var s Simplex
	for b.Loop() {
		s.Load(a, 19, 38, y, true, .01)
		s.Solve()
	}
}
