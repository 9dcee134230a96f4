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
	for b := range o.N {
		perturb(one, rows, o.Multiplier, r)
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

// perturb fills dst with sum_i V_i rows_i. It allocates nothing.
func perturb(dst, rows []float64, m Multiplier, r *rand.Rand) {
	// Mammen: V = 1-phi with probability phi/sqrt 5, else phi, phi the golden
	// ratio. Both laws are a + (b-a) 1{heads}; comparing 32 bits is exact enough.
	low, high, p := -1.0, 1.0, uint64(1)<<31
	if m == Mammen {
		low, high = -(math.Sqrt(5)-1)/2, (math.Sqrt(5)+1)/2
		share := (math.Sqrt(5) + 1) / (2 * math.Sqrt(5))
		p = uint64(share * (1 << 32))
	}
	clear(dst)
	k := len(dst)
	var word uint64
	for i, at := 0, 0; at < len(rows); i, at = i+1, at+k {
		if i%2 == 0 {
			word = r.Uint64()
		} else {
			word >>= 32
		}
		v := high
		if word&(1<<32-1) < p {
			v = low
		}
		row := rows[at : at+k]
		for j := range dst {
			dst[j] += v * row[j]
		}
	}
}
