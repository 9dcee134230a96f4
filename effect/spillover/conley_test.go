package spillover_test

import (
	"math"
	"os"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"

	"athar"
	"athar/effect/spillover"
	"athar/stat"
)

// field is a world without an effect: 12 by 12 areas 40 km apart, nine of them in
// the middle inside, those within 100 km one ring. Every area and month has a mean of
// 6 events times a shock: none (Poisson), one of its own that makes the variance four
// times the mean, one that persists (autocorrelation 0.5), or one that persists and is
// shared by areas near each other, with correlation exp(-d/100 km).
type field struct {
	root *mat.TriDense
	km   func(i, j int) float64
}

const side, apart = 12, 40.0

func newField() *field {
	f := &field{km: func(i, j int) float64 {
		return apart * math.Hypot(float64(i/side-j/side), float64(i%side-j%side))
	}}
	n := side * side
	v := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			v.SetSym(i, j, math.Exp(-f.km(i, j)/100))
		}
	}
	var c mat.Cholesky
	c.Factorize(v)
	f.root = new(mat.TriDense)
	c.LTo(f.root)
	return f
}

func (f *field) world(kind string, seed int) *athar.Panel {
	const pre, during, post = 24, 6, 6
	n, nt := side*side, pre+during+post
	r := stat.Stream(uint64(seed), "conley/"+kind, 0)
	roles, counts := make([]athar.Role, n), make([][]float64, n)
	for i := range n {
		roles[i], counts[i] = athar.Far, make([]float64, nt)
		near := math.Inf(1)
		for _, j := range []int{5*side + 5, 5*side + 6, 5*side + 7, 6*side + 5, 6*side + 6, 6*side + 7, 7*side + 5, 7*side + 6, 7*side + 7} {
			near = min(near, f.km(i, j))
		}
		switch {
		case near == 0:
			roles[i] = athar.Inside
		case near <= 100:
			roles[i] = 1
		}
	}
	const sd, rho = .4, .5
	own, shared, state := mat.NewVecDense(n, nil), mat.NewVecDense(n, nil), make([]float64, n)
	for t := range nt {
		for i := range n {
			own.SetVec(i, r.NormFloat64())
		}
		if shared.MulVec(f.root, own); kind != "shared" {
			shared.CopyVec(own)
		}
		for i := range n {
			if state[i] = rho*state[i] + math.Sqrt(1-rho*rho)*sd*shared.AtVec(i); t == 0 {
				state[i] = sd * shared.AtVec(i)
			}
			switch kind {
			case "poisson":
				counts[i][t] = stat.NegBin(r, 6, 1)
			case "dispersed":
				counts[i][t] = stat.NegBin(r, 6, 4)
			default:
				counts[i][t] = stat.NegBin(r, 6*math.Exp(state[i]-sd*sd/2), 1)
			}
		}
	}
	return panel(pre, during, post, roles, counts...)
}

// The rate at which a nominal 5 % test of no effect during rejects, by kind of error.
// Where areas near each other share shocks the error by area rejects far too often;
// the spatial one less the further it reaches.
func TestConleySize(t *testing.T) {
	reps := 10
	if n, err := strconv.Atoi(os.Getenv("ATHAR_REPS")); err == nil && n > 0 {
		reps = n
	}
	f := newField()
	errors := []struct {
		name  string
		kind  spillover.Errors
		reach float64
	}{{"by area", spillover.Clustered, 0}, {"50 km", spillover.Conley, 50}, {"100 km", spillover.Conley, 100}, {"200 km", spillover.Conley, 200}, {"dispersion", spillover.Dispersion, 0}}
	for _, kind := range []string{"poisson", "dispersed", "persistent", "shared"} {
		var rejects, refused [5][2]float64
		for k := range reps {
			p := f.world(kind, k)
			for e, o := range errors {
				r := spillover.Estimate(p, spillover.Options{Draws: -1, Errors: o.kind, Reach: o.reach, Km: f.km})
				for q, x := range []athar.Effect{find(t, r, athar.AskInside, 0, athar.During), find(t, r, athar.AskRing, 1, athar.During)} {
					switch {
					case x.Refusal != nil:
						refused[e][q]++
					case x.P < .05:
						rejects[e][q]++
					}
				}
			}
		}
		for e, o := range errors {
			for q, role := range []string{"inside", "ring"} {
				n := float64(reps) - refused[e][q]
				t.Logf("%-10s %-6s %-10s rejects %.3f of %3.0f, refuses %.0f", kind, role, o.name, rejects[e][q]/n, n, refused[e][q])
			}
		}
		if kind == "shared" && !(rejects[3][0]+refused[3][0] < rejects[0][0]) {
			t.Errorf("shared shocks: by area %v rejections inside, within 200 km %v", rejects[0][0], rejects[3][0])
		}
	}
}

// With nothing nearer than its reach the spatial error is that by area; and it refuses
// where that does.
func TestConleyOfAreasApart(t *testing.T) {
	f := newField()
	p := f.world("dispersed", 1)
	by := func(o spillover.Options) spillover.Result {
		o.Draws = -1
		return spillover.Estimate(p, o)
	}
	a := by(spillover.Options{Errors: spillover.Clustered})
	b := by(spillover.Options{Errors: spillover.Conley, Reach: apart / 2, Km: f.km})
	for i, x := range a.Effects {
		y := b.Effects[i]
		near(t, "error", y.SE, x.SE, 1e-9)
		near(t, "degrees of freedom", y.DF, x.DF, 1e-9)
		if y.Inference != "conley" {
			t.Errorf("inference %s", y.Inference)
		}
	}
	for i := range p.Areas {
		if p.Areas[i].Role == athar.Inside && i != 5*side+5 {
			p.Areas[i].Role = athar.LeftOut
		}
	}
	e := find(t, by(spillover.Options{Errors: spillover.Conley, Reach: 100, Km: f.km}), athar.AskInside, 0, athar.During)
	if e.Refusal == nil || e.Refusal.Reason.Code != "few-areas" {
		t.Errorf("one area inside: %+v", e.Refusal)
	}
}
