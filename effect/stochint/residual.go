package stochint

import (
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"athar/stat"
)

// Residuals say how well the propensity describes where and when operations happened.
// Small p values: what the weights rest on is not what happened.
type Residuals struct {
	Rate        float64 // k, operations per km2 and day
	Kept, Added int     // operations kept and points added in the first draw
	// P values, each twice the median over the draws, which holds its level whatever
	// their dependence (Ruschendorf 1982).
	Days   float64 // of counts by day as Poisson, against bursts: dispersion
	Serial float64 // of no correlation of these counts from day to day, a week of lags: Ljung-Box
	Places float64 // of points spread evenly over the window: chi-squared over tiles
}

// How the residuals are drawn and tested.
const (
	thinnings = 19 // draws
	week      = 7  // lags, days
	tiles     = 8  // along each side of the grid
	tileMin   = 5  // points expected in a tile
)

// Residuals superthins the operations (Clements, Schoenberg and Veen 2012): each is kept with
// probability min(1, k/lambda_t(s)), and points of a Poisson process of rate
// max(0, k - lambda_t(s)) are added, k the mean of lambda over the window and the days.
// If lambda is right, what results is a Poisson process of the constant rate k, which three
// statistics ask. Places within a cell are not used. Equal input gives equal bytes.
func (m *Model) Residuals(seed uint64) Residuals {
	w, p := m.Window, m.Propensity
	area, cells := w.Area(), len(w.cells)
	total := 0.0
	for _, e := range p.Expected {
		total += e
	}
	r := Residuals{Rate: total / (area * float64(cells*m.Days))}
	rng := make([]*rand.Rand, thinnings)
	day, tile := make([][]float64, thinnings), make([][]float64, thinnings)
	for i := range rng {
		rng[i] = stat.Stream(seed, "stochint/thinned", i)
		day[i], tile[i] = make([]float64, m.Days), make([]float64, tiles*tiles)
	}
	at := make([]int, cells)
	size := make([]float64, tiles*tiles) // cells in the window
	for c, pixel := range w.cells {
		x, y := int(pixel)%w.NX, int(pixel)/w.NX
		at[c] = y*tiles/w.NY*tiles + x*tiles/w.NX
		size[at[c]]++
	}
	lambda, gap := make([]float64, cells), make([]float64, cells)
	for t, operations := range m.treated {
		p.intensity(lambda, t)
		sum := 0.0
		for c, l := range lambda {
			sum += max(0, r.Rate-l) * area
			gap[c] = sum
		}
		for i, g := range rng {
			point := func(c int) {
				day[i][t]++
				tile[i][at[c]]++
			}
			for _, c := range operations {
				if g.Float64()*lambda[c] < r.Rate {
					point(int(c))
					if i == 0 {
						r.Kept++
					}
				}
			}
			if sum == 0 {
				continue
			}
			for range int(distuv.Poisson{Lambda: sum, Src: g}.Rand()) {
				c, _ := slices.BinarySearch(gap, g.Float64()*sum)
				point(min(c, cells-1))
				if i == 0 {
					r.Added++
				}
			}
		}
	}
	var ps [3][]float64
	for i := range rng {
		ps[0] = append(ps[0], dispersed(day[i], r.Rate*area*float64(cells)))
		ps[1] = append(ps[1], stat.LjungBox(day[i], week, 0))
		ps[2] = append(ps[2], uneven(tile[i], size, r.Rate*area*float64(m.Days)))
	}
	for k, out := range []*float64{&r.Days, &r.Serial, &r.Places} {
		slices.Sort(ps[k])
		*out = min(1, 2*stat.Quantile(ps[k], .5))
	}
	return r
}

// dispersed is the p value of sum (n_t - mu)^2 / mu against more than chi-squared.
func dispersed(n []float64, mu float64) float64 {
	x := 0.0
	for _, v := range n {
		x += (v - mu) * (v - mu) / mu
	}
	return distuv.ChiSquared{K: float64(len(n))}.Survival(x)
}

// uneven is the p value of the counts of tiles against rate times their cells; tiles that
// expect few are taken together. 1 with fewer than two.
func uneven(n, size []float64, rate float64) float64 {
	x, used := 0.0, 0
	add := func(n, e float64) {
		if e > 0 {
			x += (n - e) * (n - e) / e
			used++
		}
	}
	few, expected := 0.0, 0.0
	for i, v := range n {
		if e := rate * size[i]; e < tileMin {
			few, expected = few+v, expected+e
		} else {
			add(v, e)
		}
	}
	add(few, expected)
	if used < 2 {
		return 1
	}
	return distuv.ChiSquared{K: float64(used)}.Survival(x)
}
