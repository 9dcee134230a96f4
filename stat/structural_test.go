package stat

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// dense is the covariance of y and of (level, season) under the model, by
// carrying every state as a linear form of the independent shocks.
func dense(s Structural, n int) (obs, level, season *mat.Dense) {
	m := max(1, s.Seasons)
	shocks := m + 2*n + n
	sd := make([]float64, shocks)
	state := make([][]float64, m)
	for c := range state {
		state[c] = make([]float64, shocks)
		state[c][c] = 1
		sd[c] = math.Sqrt(s.SeasonSpread)
	}
	sd[0] = math.Sqrt(s.Spread)
	obs, level, season = mat.NewDense(n, shocks, nil), mat.NewDense(n, shocks, nil), mat.NewDense(n, shocks, nil)
	for t := range n {
		a, b, e := m+t, m+n+t, m+2*n+t
		sd[a], sd[b], sd[e] = math.Sqrt(s.Level), math.Sqrt(s.Season), math.Sqrt(s.Eps)
		level.SetRow(t, state[0])
		row := append([]float64(nil), state[0]...)
		if m > 1 {
			season.SetRow(t, state[1])
			for k := range row {
				row[k] += state[1][k]
			}
		}
		row[e]++
		obs.SetRow(t, row)
		next := append([]float64(nil), state[0]...)
		next[a]++
		state[0] = next
		if m > 1 {
			turn := make([]float64, shocks)
			turn[b]++
			for c := 1; c < m; c++ {
				for k, x := range state[c] {
					turn[k] -= x
				}
			}
			copy(state[2:], state[1:m-1])
			state[1] = turn
		}
	}
	for _, x := range []*mat.Dense{obs, level, season} {
		x.Apply(func(_, k int, v float64) float64 { return v * sd[k] }, x)
	}
	return
}

var structures = []Structural{
	{Eps: 1.3, Level: .4, Mean: 2, Spread: 5},
	{Eps: .7, Level: 0, Mean: -1, Spread: 2},
	{Eps: 1.1, Level: .2, Season: .1, Seasons: 4, Mean: 1, Spread: 3, SeasonSpread: 2},
	{Eps: .5, Level: .3, Season: .05, Seasons: 2, Mean: 1, Spread: 3, SeasonSpread: 2},
	{Eps: .9, Level: .1, Season: 0, Seasons: 12, Spread: 1, SeasonSpread: 1},
}

// wavy is a short series with the given holes.
func wavy(n int, holes ...int) []float64 {
	r := Stream(3, "wavy", n)
	y := make([]float64, n)
	for t := range y {
		y[t] = 1 + math.Sin(float64(t)) + r.NormFloat64()
	}
	for _, t := range holes {
		y[t] = math.NaN()
	}
	return y
}

// Likelihood and smoothed states against the dense Gaussian.
func TestStructuralIsGaussian(t *testing.T) {
	for k, s := range structures {
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			const n = 17
			y := wavy(n, 4, 5, 16)
			obs, level, season := dense(s, n)
			var at []int
			for i, x := range y {
				if !math.IsNaN(x) {
					at = append(at, i)
				}
			}
			d := len(at)
			v, e := mat.NewSymDense(d, nil), mat.NewVecDense(d, nil)
			for i, a := range at {
				e.SetVec(i, y[a]-s.Mean)
				for j, b := range at {
					v.SetSym(i, j, mat.Dot(obs.RowView(a), obs.RowView(b)))
				}
			}
			var chol mat.Cholesky
			if !chol.Factorize(v) {
				t.Fatal("singular")
			}
			var w mat.VecDense
			if err := chol.SolveVecTo(&w, e); err != nil {
				t.Fatal(err)
			}
			near(t, "log likelihood", s.Filter(y, nil, nil), -.5*(float64(d)*math.Log(2*math.Pi)+chol.LogDet()+mat.Dot(e, &w)), 1e-11)
			mu, ga := make([]float64, n), make([]float64, n)
			s.Smooth(y, mu, ga)
			for i := range n {
				m, g := s.Mean, 0.0
				for j, b := range at {
					m += mat.Dot(level.RowView(i), obs.RowView(b)) * w.AtVec(j)
					g += mat.Dot(season.RowView(i), obs.RowView(b)) * w.AtVec(j)
				}
				if math.Abs(mu[i]-m) > 1e-9 || math.Abs(ga[i]-g) > 1e-9 {
					t.Fatalf("period %d: level %.9g and season %.9g, want %.9g and %.9g", i, mu[i], ga[i], m, g)
				}
			}
		})
	}
}

// Draws of the states have the moments of the dense Gaussian given the data.
func TestStructuralDraws(t *testing.T) {
	const n, draws = 9, 20000
	s := structures[2]
	y := wavy(n, 3)
	obs, level, _ := dense(s, n)
	var at []int
	for i := range y {
		if i != 3 {
			at = append(at, i)
		}
	}
	v, c := mat.NewDense(len(at), len(at), nil), mat.NewDense(n, len(at), nil)
	for j, b := range at {
		for i, a := range at {
			v.Set(i, j, mat.Dot(obs.RowView(a), obs.RowView(b)))
		}
		for i := range n {
			c.Set(i, j, mat.Dot(level.RowView(i), obs.RowView(b)))
		}
	}
	var inv, tmp, less mat.Dense
	if err := inv.Inverse(v); err != nil {
		t.Fatal(err)
	}
	tmp.Mul(c, &inv)
	less.Mul(&tmp, c.T())
	want := make([]float64, n)
	s.Smooth(y, want, nil)
	mu, ga, mean, square := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	r := Stream(1, "draws", 0)
	for range draws {
		s.Draw(y, mu, ga, r)
		for i, x := range mu {
			mean[i] += x / draws
			square[i] += (x - want[i]) * (x - want[i]) / draws
		}
	}
	for i := range n {
		sd := mat.Dot(level.RowView(i), level.RowView(i)) - less.At(i, i)
		if math.Abs(mean[i]-want[i]) > 5*math.Sqrt(sd/draws) {
			t.Errorf("period %d: mean %.4f, want %.4f", i, mean[i], want[i])
		}
		near(t, "variance", square[i], sd, .05)
	}
	if a := testing.AllocsPerRun(50, func() { s.Draw(y, mu, ga, r) }); a != 0 {
		t.Errorf("a draw allocates %v times", a)
	}
}
