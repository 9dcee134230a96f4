package change

import "math"

// Hazard is what is believed about how regimes follow each other.
type Hazard struct {
	// Length is the expected length of a regime in periods, > 1: before every
	// period but the first there is a change with probability 1/Length.
	Length float64
	// Shape and Rate of the gamma law of the rate of a regime. Both zero: 1 and 1
	// over the mean rate of the series.
	Shape, Rate float64
	// Dispersion is the variance of the counts over their mean, at least 1. The
	// likelihood is raised to the power 1/Dispersion, as a quasi likelihood is.
	Dispersion float64
}

// Regimes is a series as regimes of unknown number, each with a rate of its own:
// the model of online change-point detection (Adams and MacKay 2007), with a gamma
// law for rates, and so negative binomial forecasts. The online recursion over run
// lengths looks back only; that model given the whole series comes from the same
// sums run from both ends (Fearnhead 2006, Statistics and Computing 16:203).
//
// A change at i means that period i is the first of a new regime.
type Regimes struct {
	n        int
	segment  []float64 // log evidence of periods i..j, i*n+j, and that no change lies inside
	before   []float64 // of all before i and a change at i; 0 for i = 0
	after    []float64 // of i and all after, given a change at i
	jump     float64   // ln 1/Length
	evidence float64
}

// Online runs the model on counts; exposure is nil for equal exposures, and 0 for a
// period that was not observed. It takes time and memory quadratic in the number of
// periods. The error is that of [Posterior], or a Length not above 1.
func Online(counts, exposure []float64, o Hazard) (*Regimes, error) {
	if err := check(counts, exposure); err != nil {
		return nil, err
	}
	if !(o.Length > 1) {
		return nil, errLength
	}
	prior := Prior{Shape: o.Shape, Rate: o.Rate}.fill(counts, exposure)
	phi := max(1, o.Dispersion)
	n := len(counts)
	g := &Regimes{n: n, segment: make([]float64, n*n), before: make([]float64, n), after: make([]float64, n+1), jump: -math.Log(o.Length)}
	stay := math.Log1p(-1 / o.Length)
	for i := range n {
		s, w := 0.0, 0.0
		for j := i; j < n; j++ {
			if e := weight(exposure, j); e > 0 {
				s, w = s+counts[j]/phi, w+e/phi
			}
			g.segment[i*n+j] = gammaEvidence(s, w, prior.Shape, prior.Rate) + float64(j-i)*stay
		}
	}
	terms := make([]float64, 0, n)
	for i := 1; i < n; i++ {
		terms = terms[:0]
		for a := range i {
			terms = append(terms, g.before[a]+g.segment[a*n+i-1]+g.jump)
		}
		g.before[i] = logSum(terms)
	}
	for i := n - 1; i >= 0; i-- {
		terms = terms[:0]
		for b := i + 1; b <= n; b++ {
			terms = append(terms, g.segment[i*n+b-1]+g.rest(b))
		}
		g.after[i] = logSum(terms)
	}
	g.evidence = g.after[0]
	return g, nil
}

// rest is the evidence of b and all after where a regime ended before b, nothing
// at the end of the series.
func (g *Regimes) rest(b int) float64 {
	if b == g.n {
		return 0
	}
	return g.jump + g.after[b]
}

// joint is the probability that one regime lasts from a to before b, a and b
// themselves changes or ends of the series.
func (g *Regimes) joint(a, b int) float64 {
	return math.Exp(g.before[a] + g.segment[a*g.n+b-1] + g.rest(b) - g.evidence)
}

// RunLength is the posterior of the run length after period t, given the counts up
// to t: element r is the probability that the regime of period t began at t-r.
func (g *Regimes) RunLength(t int) []float64 {
	p := make([]float64, t+1)
	for r := range p {
		p[r] = g.before[t-r] + g.segment[(t-r)*g.n+t]
	}
	l := logSum(p)
	for r := range p {
		p[r] = math.Exp(p[r] - l)
	}
	return p
}

// Changes is the probability of a change at each period given all counts; element 0
// is 0.
func (g *Regimes) Changes() []float64 {
	p := make([]float64, g.n)
	for i := 1; i < g.n; i++ {
		p[i] = math.Exp(g.before[i] + g.after[i] - g.evidence)
	}
	return p
}

// Within is the probability of at least one change in first <= i <= last.
func (g *Regimes) Within(first, last int) float64 {
	first, last = max(1, first), min(g.n-1, last)
	if last < first {
		return 0
	}
	none := 0.0
	for a := range first {
		for b := last + 1; b <= g.n; b++ {
			none += g.joint(a, b)
		}
	}
	return max(0, 1-none)
}

// Nearest is the law of the change that is nearest to period s: p[i] that it is at
// i, and none that there is no change at all. Two changes at the same distance
// count half each. s may lie outside the series.
func (g *Regimes) Nearest(s int) (p []float64, none float64) {
	n := g.n
	p = make([]float64, n)
	for i := 1; i < n; i++ {
		d := i - s
		switch {
		case d > 0:
			// Regimes that hold every period from s-d to i-1 and end there.
			for a := 0; a < max(1, s-d); a++ {
				p[i] += g.joint(a, i)
			}
			if s-d > 0 {
				p[i] += g.joint(s-d, i) / 2
			}
		case d < 0:
			for b := min(n, s-d+1); b <= n; b++ {
				p[i] += g.joint(i, b)
			}
			if s-d < n {
				p[i] += g.joint(i, s-d) / 2
			}
		default:
			p[i] = math.Exp(g.before[i] + g.after[i] - g.evidence)
		}
	}
	return p, g.joint(0, n)
}

func logSum(l []float64) float64 {
	top := math.Inf(-1)
	for _, v := range l {
		top = max(top, v)
	}
	s := 0.0
	for _, v := range l {
		s += math.Exp(v - top)
	}
	return top + math.Log(s)
}
