// Package sdid is synthetic difference-in-differences (METHODS.md A5): the
// change inside against a weighted change elsewhere, over weighted periods.
//
// The package thinks that a comparison should be chosen by how it behaved
// before the campaign and by nothing else: weights on areas that went the same
// way, weights on the periods that resemble what came after, and a constant
// between the two sides that needs no weights. Its error comes from pretending
// that the campaign took place elsewhere, every such place once where they can
// be counted; a few draws of them are one seed's opinion.
package sdid

import (
	"errors"
	"math"

	"athar/stat"
)

// Method is the name of the method in effects.
const Method = "sdid"

// Kind is one member of the family. The zero value is synthetic
// difference-in-differences.
type Kind int

// The family (Arkhangelsky et al. 2021, Table 1).
const (
	SDID    Kind = iota // weights on units and periods, an intercept, a ridge
	SC                  // weights on units, no intercept, no weight on the past: synthetic control
	SCReg               // the same with the ridge of SDID
	DiD                 // equal weights
	DIFP                // weights on units with an intercept, equal weights on periods
	DIFPReg             // the same with the ridge of SDID
)

// Settings of a fit.
type Settings struct {
	Kind Kind
	// Published walks to the weights as the synthdid package does and stops
	// where it stops, for comparison with published figures; the default is the
	// minimum itself.
	Published bool
}

// The errors of a fit.
var (
	ErrShape   = errors.New("sdid: rows of one length, at least two controls, two periods before and one after are needed")
	ErrPlacebo = errors.New("sdid: the placebo error needs more controls than treated units")
)

// Fit is a workspace for fits. What it holds belongs to the last of them.
type Fit struct {
	Tau    float64   // the effect: mean of treated units over the periods after
	Omega  []float64 // weights of the controls, sum 1
	Lambda []float64 // weights of the periods before, sum 1 (0 for SC)
	Curve  []float64 // the effect in every period; mean over the periods after is Tau
	Zeta   float64   // ridge on Omega: the objective has Zeta^2 ||omega||^2

	omega, lambda        stat.Simplex
	treated, after, cols []float64
	rows                 []float64
}

// Block fits the n x t matrix y, row-major: n0 controls first, t0 periods
// before. With Y the controls before, the weights are
//
//	omega  = argmin ||w0 + Y' w - mean treated before||^2/t0 + zeta^2 ||w||^2
//	lambda = argmin ||l0 + Y l - mean controls after||^2/n0 + zeta_l^2 ||l||^2
//
// over the simplex and the intercepts, with zeta = ((n-n0)(t-t0))^(1/4) sigma,
// zeta_l = 1e-6 sigma and sigma the standard deviation of the first differences
// of Y; and tau = (mean after - lambda' before) of the treated less the same of
// the controls weighted by omega (Arkhangelsky et al. 2021, algorithm 1).
func (f *Fit) Block(y []float64, n, t, n0, t0 int, s Settings) error {
	if n0 < 2 || n <= n0 || t0 < 2 || t <= t0 || len(y) != n*t {
		return ErrShape
	}
	f.room(n0, t, t0)
	clear(f.treated)
	for i := n0; i < n; i++ {
		for k, v := range y[i*t : (i+1)*t] {
			f.treated[k] += v / float64(n-n0)
		}
	}
	sigma := noise(y, t, n0, t0)
	f.Zeta = math.Pow(float64((n-n0)*(t-t0)), .25) * sigma
	if s.Kind == SC || s.Kind == DIFP {
		f.Zeta = 1e-6 * sigma
	}
	stop := 1e-10 * sigma * sigma // (1e-5 sigma)^2

	if s.Kind == DiD {
		fill(f.Omega, 1/float64(n0))
	} else {
		free := s.Kind != SC && s.Kind != SCReg
		f.omega.Load(y, t, n0, f.treated[:t0], free, f.Zeta*f.Zeta)
		weigh(&f.omega, s.Published, stop)
		copy(f.Omega, f.omega.W)
	}
	switch s.Kind {
	case SC, SCReg:
		fill(f.Lambda, 0)
	case DiD, DIFP, DIFPReg:
		fill(f.Lambda, 1/float64(t0))
	default:
		for i := range n0 {
			f.after[i] = mean(y[i*t+t0 : (i+1)*t])
			for k := range t0 {
				f.cols[k*n0+i] = y[i*t+k]
			}
		}
		f.lambda.Load(f.cols, n0, t0, f.after, true, 1e-12*sigma*sigma)
		weigh(&f.lambda, s.Published, stop)
		copy(f.Lambda, f.lambda.W)
	}

	copy(f.Curve, f.treated)
	for i, w := range f.Omega {
		for k, v := range y[i*t : (i+1)*t] {
			f.Curve[k] -= w * v
		}
	}
	gap := 0.0
	for k, l := range f.Lambda {
		gap += l * f.Curve[k]
	}
	for k := range f.Curve {
		f.Curve[k] -= gap
	}
	f.Tau = mean(f.Curve[t0:])
	return nil
}

func (f *Fit) room(n0, t, t0 int) {
	if cap(f.after) < n0 || cap(f.Curve) < t || cap(f.cols) < n0*t0 {
		f.Omega, f.after = make([]float64, n0), make([]float64, n0)
		f.Lambda, f.Curve, f.treated = make([]float64, t), make([]float64, t), make([]float64, t)
		f.cols = make([]float64, n0*t)
	}
	f.Omega, f.after = f.Omega[:n0], f.after[:n0]
	f.Lambda, f.Curve, f.treated = f.Lambda[:t0], f.Curve[:t], f.treated[:t]
	f.cols = f.cols[:n0*t0]
}

func weigh(s *stat.Simplex, published bool, stop float64) {
	if !published {
		s.Solve()
		return
	}
	fill(s.W, 1/float64(len(s.W)))
	s.FrankWolfe(stop, 100)
	s.Sparsify()
	s.FrankWolfe(stop, 10_000)
}

func fill(x []float64, v float64) {
	for i := range x {
		x[i] = v
	}
}

func mean(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s / float64(len(x))
}

// noise is the standard deviation of the first differences of the controls
// before.
func noise(y []float64, t, n0, t0 int) float64 {
	sum, squares, n := 0.0, 0.0, float64(n0*(t0-1))
	for i := range n0 {
		for k := 1; k < t0; k++ {
			sum += y[i*t+k] - y[i*t+k-1]
		}
	}
	for i := range n0 {
		for k := 1; k < t0; k++ {
			d := y[i*t+k] - y[i*t+k-1] - sum/n
			squares += d * d
		}
	}
	return math.Sqrt(squares / (n - 1))
}

// Placebos is the distribution of the effect where nothing was done.
type Placebos struct {
	Tau        []float64 // one a pseudo-treated set, in order of the sets
	SE         float64   // standard deviation of Tau
	Rank       float64   // p: share of {true effect, placebos} at least as large in absolute value
	Exhaustive bool      // every set once: no Monte Carlo error
}

// Placebo refits with controls in the place of the n - n0 treated units, all of
// which are left out. With one treated unit every control has its turn (SE is
// then the standard deviation of all of them, divisor n0-1); with more, draws
// sets are drawn without replacement within each (SE with divisor draws, as the
// paper's algorithm 4). Unequal noise of the units makes SE wrong; n0 > n - n0
// is needed.
func (f *Fit) Placebo(y []float64, n, t, n0, t0, draws int, seed uint64, s Settings) (Placebos, error) {
	n1 := n - n0
	if n0 <= n1 {
		return Placebos{}, ErrPlacebo
	}
	if err := f.Block(y, n, t, n0, t0, s); err != nil {
		return Placebos{}, err
	}
	tau := f.Tau
	p := Placebos{Exhaustive: n1 == 1}
	if p.Exhaustive {
		draws = n0
	}
	p.Tau = make([]float64, draws)
	if cap(f.rows) < n0*t {
		f.rows = make([]float64, n0*t)
	}
	rows := f.rows[:n0*t]
	order := make([]int, n0)
	r := stat.Stream(seed, "sdid/placebo", 0)
	for b := range p.Tau {
		for i := range order {
			order[i] = i
		}
		if p.Exhaustive {
			order[b], order[n0-1] = n0-1, b
		} else {
			for i := n0 - 1; i >= n0-n1; i-- {
				k := r.IntN(i + 1)
				order[i], order[k] = order[k], order[i]
			}
		}
		for i, k := range order {
			copy(rows[i*t:(i+1)*t], y[k*t:(k+1)*t])
		}
		if err := f.Block(rows, n0, t, n0-n1, t0, s); err != nil {
			return Placebos{}, err
		}
		p.Tau[b] = f.Tau
	}
	p.summarise(tau)
	return p, f.Block(y, n, t, n0, t0, s)
}

// summarise sets SE and Rank. A tie with the true effect counts against it.
func (p *Placebos) summarise(tau float64) {
	m, squares, extreme := mean(p.Tau), 0.0, 1
	for _, v := range p.Tau {
		squares += (v - m) * (v - m)
		if math.Abs(v) >= math.Abs(tau)*(1-1e-12) {
			extreme++
		}
	}
	n := float64(len(p.Tau))
	p.SE = math.Sqrt(squares / n)
	if p.Exhaustive {
		p.SE = math.Sqrt(squares / (n - 1))
	}
	p.Rank = float64(extreme) / (n + 1)
}
