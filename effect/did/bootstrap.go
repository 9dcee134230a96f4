package did

import (
	"math"
	"math/rand/v2"
	"slices"

	"athar/stat"
)

// Multiplier is the law of the weights of the multiplier bootstrap; both have
// mean 0 and variance 1.
type Multiplier int

// Mammen's two-point law also keeps the third moment; Rademacher's is a fair
// sign.
const (
	Mammen Multiplier = iota
	Rademacher
)

// Draws says how to draw a uniform band.
type Draws struct {
	N          int // draws; 0: 1000
	Multiplier Multiplier
	Level      float64 // 0: .95
	Seed       uint64
	Task       string // names the stream
}

// Band is a uniform band: est +- Crit*SE holds for all estimates at once with
// probability Level. SE is the bootstrap's, from the interquartile range; 0 for
// an estimate that is fixed or missing.
type Band struct {
	Crit float64
	SE   []float64
}

// Band draws the uniform band of the group-time effects.
func (e *Effects) Band(d Draws) Band {
	return band(e.rows(e.psi, len(e.Cells)), len(e.Cells), e.Units, d)
}

// Uniform is the band for small samples: cell k's interval is
// ATT +- t SE Inflate, t the quantile of Student's t with DF degrees of freedom
// at the probability that Crit has for the normal. NaN for cells without an
// estimate or with fewer than [MinTreated] treated units or controls, a point
// where the estimate is fixed.
func (e *Effects) Uniform(d Draws) []Interval {
	p := stat.TwoSided(e.Band(d).Crit, math.Inf(1))
	out := make([]Interval, len(e.Cells))
	for k, c := range e.Cells {
		half := 0.0
		switch {
		case math.IsNaN(c.ATT) || c.SE > 0 && min(c.Treated, c.Controls) < MinTreated:
			half = math.NaN()
		case c.SE > 0:
			half = stat.TQuantile(1-p/2, c.DF) * c.SE * c.Inflate
		}
		out[k] = Interval{c.ATT - half, c.ATT + half}
	}
	return out
}

// Band draws the uniform band of the points; SE has one more, of the overall,
// which is no part of Crit unless it stands alone.
func (a *Average) Band(d Draws) Band {
	k := len(a.Points) + 1
	b := band(a.effects.rows(a.psi, k), k, a.effects.Units, d)
	if k == 1 {
		return b
	}
	points := make([]float64, 0, len(a.psi))
	for i := 0; i < len(a.psi); i += k {
		points = append(points, a.psi[i:i+k-1]...)
	}
	b.Crit = band(a.effects.rows(points, k-1), k-1, a.effects.Units, d).Crit
	return b
}

// band perturbs the influences, psi*_k = n^-1/2 sum_i V_i psi_ik, takes
// s_k = IQR(psi*_k)/(z.75 - z.25) and Crit = the quantile of
// max_k |psi*_k|/s_k (Callaway and Sant'Anna 2021, algorithm 1). Crit is not
// less than the normal quantile.
func band(rows []float64, k, n int, o Draws) Band {
	if o.N == 0 {
		o.N = 1000
	}
	if o.Level == 0 {
		o.Level = .95
	}
	r := stat.Stream(o.Seed, "did/band/"+o.Task, 0)
	draws := make([]float64, o.N*k) // by estimate
	one := make([]float64, k)
	p := newPerturber(rows, k, o.Multiplier)
	for b := range o.N {
		p.draw(one, r)
		for j, v := range one {
			draws[j*o.N+b] = v / float64(n)
		}
	}
	out := Band{SE: make([]float64, k)}
	span := stat.TQuantile(.75, math.Inf(1)) - stat.TQuantile(.25, math.Inf(1))
	most, sorted := make([]float64, o.N), make([]float64, o.N)
	for j := range k {
		col := draws[j*o.N : (j+1)*o.N]
		copy(sorted, col)
		slices.Sort(sorted)
		s := (stat.Quantile(sorted, .75) - stat.Quantile(sorted, .25)) / span
		if !(s > 0) {
			continue
		}
		out.SE[j] = s
		for b, v := range col {
			most[b] = max(most[b], math.Abs(v)/s)
		}
	}
	slices.Sort(most)
	out.Crit = max(stat.TQuantile((1+o.Level)/2, math.Inf(1)), stat.Quantile(most, o.Level))
	return out
}

// block is how many units the draws look up at once.
const block = 4

// perturber draws sum_i V_i rows_i. V takes two values, so that the sum is
// low*sum rows + (high-low)*(sum of the rows with V high); the latter is looked
// up by blocks of units in a table of all subset sums.
type perturber struct {
	k, units int
	base     []float64 // low * sum of all rows
	table    []float64 // subset sums, 1<<block rows of k for every block
	low      uint64    // V is low where 32 random bits are below it
}

func newPerturber(rows []float64, k int, m Multiplier) *perturber {
	// Mammen: V = 1-phi with probability phi/sqrt 5, else phi, phi the golden ratio.
	low, high, share := -1.0, 1.0, .5
	if m == Mammen {
		low, high = (1-math.Sqrt(5))/2, (1+math.Sqrt(5))/2
		share = (math.Sqrt(5) + 1) / (2 * math.Sqrt(5))
	}
	p := &perturber{k: k, units: len(rows) / k, base: make([]float64, k), low: uint64(share * (1 << 32))}
	blocks := (p.units + block - 1) / block
	p.table = make([]float64, blocks<<block*k)
	for i := range p.units {
		row := rows[i*k : (i+1)*k]
		own := p.table[i/block<<block*k : (i/block+1)<<block*k]
		for set := range 1 << block {
			if set>>(i%block)&1 == 0 {
				continue
			}
			for j, v := range row {
				own[set*k+j] += (high - low) * v
			}
		}
		for j, v := range row {
			p.base[j] += low * v
		}
	}
	return p
}

// draw fills dst with one draw. It allocates nothing.
func (p *perturber) draw(dst []float64, r *rand.Rand) {
	copy(dst, p.base)
	var word uint64
	for i, at := 0, 0; i < p.units; at += p.k << block {
		set := 0
		for b := 0; b < block && i < p.units; b, i = b+1, i+1 {
			if i%2 == 0 {
				word = r.Uint64()
			} else {
				word >>= 32
			}
			// 1 where the bits are not below p.low, without a branch.
			set |= int(1-((word&(1<<32-1))-p.low)>>63) << b
		}
		if set == 0 {
			continue
		}
		for j, v := range p.table[at+set*p.k : at+(set+1)*p.k] {
			dst[j] += v
		}
	}
}
