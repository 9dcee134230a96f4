package change

import (
	"math"
	"testing"

	"athar/stat"
)

// Every set of changes is weighed by itself, and the sums over sets compared.
func TestRegimesAgainstEnumeration(t *testing.T) {
	const n = 9
	r := stat.Stream(1, "change/enumerate", 0)
	y, w := make([]float64, n), make([]float64, n)
	for i := range y {
		w[i] = .5 + r.Float64()
		y[i] = stat.NegBin(r, w[i]*(2+6*float64(i/5)), 1)
	}
	w[3], y[3] = 0, 0
	o := Hazard{Length: 6, Shape: 1.5, Rate: .4, Dispersion: 1.7}
	g, err := Online(y, w, o)
	if err != nil {
		t.Fatal(err)
	}
	weightOf := func(set, from, to int) float64 { // periods from..to-1
		l, start := 0.0, from
		for i := from + 1; i <= to; i++ {
			if i < to && set>>i&1 == 0 {
				continue
			}
			s, e := 0.0, 0.0
			for j := start; j < i; j++ {
				s, e = s+y[j]/o.Dispersion, e+w[j]/o.Dispersion
			}
			l += gammaEvidence(s, e, o.Shape, o.Rate)
			if i < to {
				l += math.Log(1 / o.Length)
			}
			l += float64(i-start-1) * math.Log(1-1/o.Length)
			start = i
		}
		return math.Exp(l)
	}
	total, none := 0.0, 0.0
	var changes [n]float64
	within := 0.0
	nearest := map[int]*[n]float64{}
	for s := -1; s <= n; s++ {
		nearest[s] = &[n]float64{}
	}
	for set := 0; set < 1<<n; set += 2 {
		p := weightOf(set, 0, n)
		total += p
		if set == 0 {
			none = p
		}
		if set>>4&7 != 0 { // 4..6
			within += p
		}
		for i := 1; i < n; i++ {
			if set>>i&1 == 1 {
				changes[i] += p
			}
		}
		for s, law := range nearest {
			best, ties := n+2, 0
			for i := 1; i < n; i++ {
				if d := max(i-s, s-i); set>>i&1 == 1 && d < best {
					best, ties = d, 1
				} else if set>>i&1 == 1 && d == best {
					ties++
				}
			}
			for i := 1; i < n; i++ {
				if set>>i&1 == 1 && max(i-s, s-i) == best {
					law[i] += p / float64(ties)
				}
			}
		}
	}
	near(t, "evidence", g.evidence, math.Log(total), 1e-10)
	near(t, "within", g.Within(4, 6), within/total, 1e-10)
	for i, p := range g.Changes() {
		near(t, "change", p, changes[i]/total, 1e-10)
	}
	for s, law := range nearest {
		p, no := g.Nearest(s)
		near(t, "none", no, none/total, 1e-10)
		sum := no
		for i, v := range p {
			near(t, "nearest", v, law[i]/total, 1e-10)
			sum += v
		}
		near(t, "sum", sum, 1, 1e-10)
	}
	for last := range n {
		want, all := make([]float64, last+1), 0.0
		for set := 0; set < 1<<(last+1); set += 2 {
			p, run := weightOf(set, 0, last+1), last
			for i := last; i > 0; i-- {
				if set>>i&1 == 1 {
					run = last - i
					break
				}
			}
			want[run], all = want[run]+p, all+p
		}
		for k, v := range g.RunLength(last) {
			near(t, "run length", v, want[k]/all, 1e-10)
		}
	}
}

// The recursion as published: predict, grow or cut.
func TestRunLengthsAsPublished(t *testing.T) {
	o := Hazard{Length: 40, Shape: 2, Rate: 1.2}
	g, err := Online(coal, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	a, b, p := []float64{o.Shape}, []float64{o.Rate}, []float64{1}
	for k, y := range coal {
		total := 0.0
		for i := range p {
			q := b[i] / (b[i] + 1) // NB(a, b/(b+1))
			p[i] *= math.Exp(lgamma(a[i]+y) - lgamma(a[i]) - lgamma(y+1) + a[i]*math.Log(q) + y*math.Log1p(-q))
			total += p[i]
		}
		got := g.RunLength(k)
		for i := range p {
			p[i] /= total
			near(t, "run length", got[i], p[i], 1e-9)
		}
		cut := 0.0
		next, na, nb := []float64{0}, []float64{o.Shape}, []float64{o.Rate}
		for i := range p {
			cut += p[i] / o.Length
			next, na, nb = append(next, p[i]*(1-1/o.Length)), append(na, a[i]+y), append(nb, b[i]+1)
		}
		next[0] = cut
		p, a, b = next, na, nb
	}
}

func TestGridIsFineEnough(t *testing.T) {
	for rep := range 20 {
		r := stat.Stream(2, "change/grid", rep)
		n := 10 + r.IntN(80)
		level := math.Exp(5 * r.Float64())
		y, w := make([]float64, n), make([]float64, n)
		for i := range y {
			w[i] = 1 + 6*r.Float64()
			y[i] = stat.NegBin(r, level*w[i]*(.2+float64(i*2/n)), 1)
		}
		if y[0] == 0 {
			y[0] = 1
		}
		o := Prior{None: .5}.fill(y, w)
		want := gammaPoisson(y, w, o)
		got := newGrid(y, w, o).single(1e9)
		for k := range want.log {
			// The change after the last zero has an exactly known law.
			near(t, "log evidence", got.log[k], want.log[k], .01)
			near(t, "rate before", got.before[k]/want.before[k], 1, .02)
		}
		near(t, "no change", got.none, want.none, .01)
	}
}
