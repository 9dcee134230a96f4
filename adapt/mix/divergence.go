package mix

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"athar/stat"

	"gonum.org/v1/gonum/stat/distuv"
)

// JSD is the Jensen-Shannon divergence of two mixes in bits,
//
//	JSD(P, Q) = H((P+Q)/2) - (H(P) + H(Q))/2,
//
// 0 where they are the same and 1 where they share no category (Lin 1991). a
// and b are counts or shares of the same categories and are scaled to add up to
// 1; the result is NaN where one of them is empty.
func JSD(a, b []float64) float64 {
	na, nb := sum(a), sum(b)
	if na <= 0 || nb <= 0 {
		return math.NaN()
	}
	s := 0.0
	for k := range a {
		s += term(a[k]/na, b[k]/nb)
	}
	return max(0, s)
}

// term is one category's part of JSD for shares p and q.
func term(p, q float64) float64 { return plogp(p)/2 + plogp(q)/2 - plogp((p+q)/2) }

func plogp(p float64) float64 {
	if p <= 0 {
		return 0
	}
	return p * math.Log2(p)
}

// Bias is how far JSD lies above 0 on average, to first order, where two
// samples of na and nb events come from one mix of k categories,
// (k-1)(1/na + 1/nb)/(8 ln 2) bits: (k-1)/(4 n ln 2) for na = nb = n.
func Bias(k int, na, nb float64) float64 {
	return float64(k-1) * (1/na + 1/nb) / (8 * math.Ln2)
}

// Rarefied is the mean of JSD when the larger of two samples is cut to the size
// of the smaller by drawing its events without replacement. The divergence is a
// sum over categories, and a category's count in such a draw is hypergeometric,
// so the mean over all draws is exact:
//
//	sum_k sum_x P(x | N_k, N, m) term(x/m, y_k/m).
//
// Counts must be whole. table is scratch of ln n! that grows as needed.
func (f *factorials) Rarefied(a, b []float64) float64 {
	na, nb := sum(a), sum(b)
	if na == nb {
		return JSD(a, b)
	}
	if na < nb {
		a, b, na, nb = b, a, nb, na
	}
	if nb <= 0 {
		return math.NaN()
	}
	f.grow(int(na))
	n, m := int(na), int(nb)
	s := 0.0
	for k, v := range a {
		c, q := int(v), b[k]/nb
		lo, hi := max(0, m-(n-c)), min(c, m)
		// Only counts within eight standard deviations have any weight.
		mean := float64(m) * v / na
		sd := math.Sqrt(mean * (1 - v/na) * float64(n-m) / max(1, na-1))
		lo, hi = max(lo, int(mean-8*sd-2)), min(hi, int(mean+8*sd+3))
		// P(x+1)/P(x) = (c-x)(m-x)/((x+1)(n-c-m+x+1))
		w := math.Exp(f.choose(c, lo) + f.choose(n-c, m-lo) - f.choose(n, m))
		total, part := 0.0, 0.0
		for x := lo; x <= hi; x++ {
			total += w
			part += w * term(float64(x)/nb, q)
			w *= float64(c-x) * float64(m-x) / (float64(x+1) * float64(n-c-m+x+1))
		}
		s += part / total
	}
	return max(0, s)
}

// factorials is a table of ln n!.
type factorials struct{ ln []float64 }

func (f *factorials) grow(n int) {
	if len(f.ln) == 0 {
		f.ln = append(f.ln, 0)
	}
	for k := len(f.ln); k <= n; k++ {
		f.ln = append(f.ln, f.ln[k-1]+math.Log(float64(k)))
	}
}

func (f *factorials) choose(n, k int) float64 { return f.ln[n] - f.ln[k] - f.ln[n-k] }

// Heterogeneity is how much the mixes of areas differ, as the mutual
// information of area and category in bits,
//
//	I = H(category) - sum_i n_i/n H(category | area i),
//
// the mean divergence of an area's mix from the common one, each area with the
// weight of its events. counts has one row of k categories an area. I is biased
// up by about (number of cells with an event - areas - categories + 1)/(2 n ln
// 2), which is subtracted (Miller 1955), so it may fall below 0. NaN where no area
// has an event.
func Heterogeneity(counts []float64, k int) float64 {
	n, i, cells, areas, categories := 0.0, 0.0, 0, 0, 0
	for _, v := range counts {
		n += v
	}
	if n <= 0 {
		return math.NaN()
	}
	for r := 0; r < len(counts); r += k {
		row := 0.0
		for _, v := range counts[r : r+k] {
			row += v
			i += plogp(v / n)
			if v > 0 {
				cells++
			}
		}
		i -= plogp(row / n)
		if row > 0 {
			areas++
		}
	}
	for c := range k {
		col := 0.0
		for r := c; r < len(counts); r += k {
			col += counts[r]
		}
		i -= plogp(col / n)
		if col > 0 {
			categories++
		}
	}
	return i - float64(cells-areas-categories+1)/(2*n*math.Ln2)
}

// MinExpected is the smallest expected count of a cell that stands for itself.
const MinExpected = 5

// Collapse says into which of fewer categories each category goes so that no
// expected count of the two samples is below [MinExpected]: categories that
// are too rare are joined as the last one, with the rarest of the others where
// that is needed. It looks at the sums of both samples and at their sizes only,
// never at how they differ. n is the number of categories that remain; order
// is kept; joined is false where every category stands for itself.
func Collapse(a, b []float64) (into []int, n int, joined bool) {
	na, nb := sum(a), sum(b)
	share := min(na, nb) / (na + nb) // expected = share * (a+b) in the smaller sample
	order := make([]int, len(a))
	for k := range order {
		order[k] = k
	}
	total := func(k int) float64 { return a[k] + b[k] }
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(total(i), total(j)) })
	rare, rest := make([]bool, len(a)), 0.0
	for _, k := range order {
		low := !(share*total(k) >= MinExpected)
		if !low && (!joined || share*rest >= MinExpected) {
			break
		}
		rare[k] = true
		joined = true
		rest += total(k)
	}
	into = make([]int, len(a))
	for k := range into {
		if !rare[k] {
			into[k] = n
			n++
		}
	}
	if joined {
		for k := range into {
			if rare[k] {
				into[k] = n
			}
		}
		n++
	}
	return into, n, joined
}

// G is the likelihood ratio statistic of the hypothesis that two samples have
// one mix, 2 sum O ln(O/E), with E from the margins; about chi-squared with
// k-1 degrees of freedom.
func G(a, b []float64) float64 {
	na, nb := sum(a), sum(b)
	g := 0.0
	for k := range a {
		t := (a[k] + b[k]) / (na + nb)
		g += xlogx(a[k], t*na) + xlogx(b[k], t*nb)
	}
	return max(0, 2*g)
}

func xlogx(o, e float64) float64 {
	if o <= 0 {
		return 0
	}
	return o * math.Log(o/e)
}

// GTest is [G] and its Monte Carlo p value, (1 + #{G* >= G/phi})/(1 + draws),
// over tables with the same margins (the events' categories shuffled). phi >= 1
// is the dispersion: events come in clusters of one kind, so that they are worth
// n/phi independent ones (Rao and Scott 1981).
func GTest(a, b []float64, phi float64, draws int, r *rand.Rand) (g, p float64) {
	g = G(a, b)
	need := g / max(1, phi) * (1 - 1e-9)
	m := int(min(sum(a), sum(b)))
	n := int(sum(a) + sum(b))
	if m == 0 {
		return g, math.NaN()
	}
	label := make([]int32, 0, n)
	for k := range a {
		for range int(a[k] + b[k]) {
			label = append(label, int32(k))
		}
	}
	x, y := make([]float64, len(a)), make([]float64, len(a))
	hits := 0
	for range draws {
		clear(x)
		for i := range m {
			j := i + r.IntN(n-i)
			label[i], label[j] = label[j], label[i]
			x[label[i]]++
		}
		for k := range y {
			y[k] = a[k] + b[k] - x[k]
		}
		if G(x, y) >= need {
			hits++
		}
	}
	return g, float64(1+hits) / float64(1+draws)
}

// Dispersion is the variance of the blocks' mixes over the multinomial's, at
// least 1: Pearson's X^2 of the blocks' counts within each side, over its degrees
// of freedom. blocks has one row of k categories a block; side gives each
// block's side.
func Dispersion(blocks []float64, side []int, sides, k int) float64 {
	x2, df := 0.0, 0.0
	total := make([]float64, k)
	for s := range sides {
		clear(total)
		rows := 0.0
		for b, v := range side {
			if v == s && sum(blocks[b*k:b*k+k]) > 0 {
				rows++
				for c := range k {
					total[c] += blocks[b*k+c]
				}
			}
		}
		n, cats := sum(total), 0.0
		for _, v := range total {
			if v > 0 {
				cats++
			}
		}
		if rows < 2 || cats < 2 {
			continue
		}
		for b, v := range side {
			row := blocks[b*k : b*k+k]
			m := sum(row)
			if v != s || m == 0 {
				continue
			}
			for c, t := range total {
				if e := m * t / n; e > 0 {
					x2 += (row[c] - e) * (row[c] - e) / e
				}
			}
		}
		df += (rows - 1) * (cats - 1)
	}
	if df == 0 {
		return 1
	}
	return max(1, x2/df)
}

// Residuals are the standardised residuals of each category in the second
// sample, (O - E)/sqrt(phi E (1 - n_b/n)(1 - t_k/n)), about standard normal if
// the mixes are the same (Haberman 1973), and their two-sided p values adjusted
// for the false discovery rate.
func Residuals(a, b []float64, phi float64) (z, q []float64) {
	na, nb := sum(a), sum(b)
	n := na + nb
	z, q = make([]float64, len(a)), make([]float64, len(a))
	for k := range a {
		t := a[k] + b[k]
		e := t * nb / n
		z[k] = (b[k] - e) / math.Sqrt(max(1, phi)*e*(na/n)*(1-t/n))
		if math.IsNaN(z[k]) || math.IsInf(z[k], 0) {
			z[k] = 0
		}
		q[k] = 2 * distuv.UnitNormal.CDF(-math.Abs(z[k]))
	}
	return z, stat.FDR(q)
}

func sum(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s
}
