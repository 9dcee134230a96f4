// Package hotspot describes where and when events were crowded, and how that
// changed: Gi* on a cube of areas by months with the trend of each area, known as
// emerging hot spots (METHODS.md B7; Getis and Ord 1992, Geographical Analysis
// 24:189; Ord and Getis 1995, 27:286).
//
// The package thinks in a map that a reader wants to see before any question is
// asked, and not in places that matter more than others. It must never serve to
// rank places for action: results are listed by the areas' codes and by nothing
// else, there is no score over areas, no order by crowding and no forecast, and
// the categories are labels of a past course. They carry no cause: a campaign
// does not appear in here, and a fall of the whole country makes hot areas
// diminish too. Months that nobody published are unknown, which is not zero.
package hotspot

import (
	"math"
	"slices"
	"strings"

	"athar"
	"athar/stat"
)

// Category is the course of an area in a word.
type Category string

// Hot means crowded beyond chance in a month, with its neighbours and the month
// before; cold the opposite.
const (
	None         Category = "none"
	New          Category = "new"          // hot in the last month and never before
	Consecutive  Category = "consecutive"  // hot in one run of months up to the last, never before it
	Intensifying Category = "intensifying" // hot in nine tenths of the months and the last, more and more
	Persistent   Category = "persistent"   // the same without a trend
	Diminishing  Category = "diminishing"  // the same, less and less
	Sporadic     Category = "sporadic"     // hot in the last month, on and off before, never cold
	Oscillating  Category = "oscillating"  // hot in the last month, cold in another
	Historical   Category = "historical"   // hot in nine tenths of the months, but not in the last
)

// Categories are all of them, in the order of a table.
var Categories = []Category{New, Consecutive, Intensifying, Persistent, Diminishing, Sporadic, Oscillating, Historical, None}

// What an analysis needs, and its thresholds.
const (
	MinAreas   = 8 // with known counts, and as many with an event
	MinPeriods = 10
	Level      = .05 // false discovery rate of cells that are hot or cold, and of trends
	Mostly     = .9  // of the months
)

// Area is one area's course.
type Area struct {
	Code     string      `json:"code"`
	Category Category    `json:"category"`
	Z        []athar.Num `json:"z"`   // Gi* by period; null where the area is unknown
	Hot      []bool      `json:"hot"` // by period, after the false discovery rate over the cube
	Cold     []bool      `json:"cold"`
	Trend    Trend       `json:"trend"` // of Z
	PAdj     athar.Num   `json:"p_adj"` // of the trend, false discovery rate over the areas
}

// Result is the areas by code.
type Result struct {
	Areas    []Area         `json:"areas"`
	Periods  int            `json:"periods"`
	Unknown  int            `json:"unknown"` // cells that nobody published
	Warnings []athar.Note   `json:"warnings,omitempty"`
	Refusal  *athar.Refusal `json:"refusal,omitempty"`
}

// Analyse takes the codes of areas, each area's neighbours as indices into codes,
// and counts area by area, periods in order; not-a-number is unknown. Nothing is
// changed, and the order of the areas does not matter. Areas are neighbours if
// either list says so.
//
// It refuses with fewer than [MinAreas] areas, with known counts or with an event,
// or [MinPeriods] periods, where no area has a neighbour, and where all counts are
// equal.
func Analyse(codes []string, neighbours [][]int, counts []float64, periods int) Result {
	res := Result{Periods: periods}
	n := len(codes)
	if periods < 0 || len(neighbours) != n || len(counts) != n*periods || slices.ContainsFunc(counts, func(v float64) bool { return v < 0 || math.IsInf(v, 0) }) {
		res.Refusal = athar.Refuse("hotspot-shape")
		return res
	}
	c := arrange(codes, neighbours, counts, periods)
	if c == nil {
		res.Refusal = athar.Refuse("hotspot-shape")
		return res
	}
	some, active, joined := 0, 0, false
	for i := range n {
		if slices.ContainsFunc(c.row(i), func(v float64) bool { return v > 0 }) {
			active++
		}
		joined = joined || len(c.near[i]) > 1
		if slices.ContainsFunc(c.row(i), func(v float64) bool { return !math.IsNaN(v) }) {
			some++
		}
	}
	if some < MinAreas {
		res.Refusal = athar.Refuse("hotspot-few-areas", "n", some, "need", MinAreas)
		return res
	}
	if periods < MinPeriods {
		res.Refusal = athar.Refuse("hotspot-few-periods", "n", periods, "need", MinPeriods)
		return res
	}
	if active > 0 && active < MinAreas { // without any, all counts are equal
		res.Refusal = athar.Refuse("hotspot-few-active", "n", active, "need", MinAreas)
		return res
	}
	if !joined {
		res.Refusal = athar.Refuse("hotspot-no-neighbours")
		return res
	}
	z := c.gi()
	if z == nil {
		res.Refusal = athar.Refuse("hotspot-alike")
		return res
	}
	p := make([]float64, len(z))
	for k, v := range z {
		p[k] = stat.TwoSided(v, math.Inf(1))
		if math.IsNaN(v) {
			res.Unknown++
		}
	}
	adj := stat.FDR(p)
	trends := make([]float64, n)
	for i, code := range c.codes {
		a := Area{Code: code, Z: make([]athar.Num, periods), Hot: make([]bool, periods), Cold: make([]bool, periods)}
		for t := range periods {
			k := i*periods + t
			a.Z[t] = athar.Num(z[k])
			a.Hot[t], a.Cold[t] = adj[k] <= Level && z[k] > 0, adj[k] <= Level && z[k] < 0
		}
		a.Trend = MannKendall(z[i*periods : (i+1)*periods])
		trends[i] = float64(a.Trend.P)
		res.Areas = append(res.Areas, a)
	}
	for i, p := range stat.FDR(trends) {
		a := &res.Areas[i]
		a.PAdj = athar.Num(p)
		a.Category = a.category()
	}
	return res
}

// cube is counts by area in the order of codes, and period.
type cube struct {
	codes []string
	near  [][]int // of each area, itself included, rising
	x     []float64
	nt    int
}

// arrange orders the areas; nil if two have one code.
func arrange(codes []string, neighbours [][]int, counts []float64, nt int) *cube {
	n := len(codes)
	order, place := make([]int, n), make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(codes[a], codes[b]) })
	c := &cube{nt: nt, near: make([][]int, n)}
	for k, i := range order {
		if k > 0 && codes[i] == codes[order[k-1]] {
			return nil
		}
		place[i] = k
		c.codes = append(c.codes, codes[i])
		c.x = append(c.x, counts[i*nt:(i+1)*nt]...)
		c.near[k] = []int{k}
	}
	for i, list := range neighbours {
		for _, j := range list {
			if j >= 0 && j < n && j != i {
				a, b := place[i], place[j]
				c.near[a], c.near[b] = append(c.near[a], b), append(c.near[b], a)
			}
		}
	}
	for k, list := range c.near {
		slices.Sort(list)
		c.near[k] = slices.Compact(list)
	}
	return c
}

func (c *cube) row(i int) []float64 { return c.x[i*c.nt : (i+1)*c.nt] }

// gi is Gi* of every known cell over itself, its neighbours and the same in the
// period before, each with weight 1, against all known cells of the cube:
//
//	Gi* = (sum_j x_j - xbar W)/(s sqrt((n W - W^2)/(n-1))), s^2 = sum x^2/n - xbar^2
//
// with W the number of cells summed (Ord and Getis 1995, equation 14). nil where all
// known counts are equal.
func (c *cube) gi() []float64 {
	n, sum, square := 0.0, 0.0, 0.0
	for _, v := range c.x {
		if !math.IsNaN(v) {
			n, sum = n+1, sum+v
		}
	}
	mean := sum / n
	for _, v := range c.x {
		if !math.IsNaN(v) {
			square += (v - mean) * (v - mean)
		}
	}
	s := math.Sqrt(square / n)
	if !(s > 0) || math.IsInf(s, 0) {
		return nil
	}
	z := make([]float64, len(c.x))
	for i, near := range c.near {
		for t := range c.nt {
			k := i*c.nt + t
			if math.IsNaN(c.x[k]) {
				z[k] = math.NaN()
				continue
			}
			w, own := 0.0, 0.0
			for _, j := range near {
				for u := max(0, t-1); u <= t; u++ {
					if v := c.x[j*c.nt+u]; !math.IsNaN(v) {
						w, own = w+1, own+v
					}
				}
			}
			z[k] = (own - mean*w) / (s * math.Sqrt((n*w-w*w)/(n-1)))
			if math.IsNaN(z[k]) || math.IsInf(z[k], 0) { // the sum is of the whole cube
				z[k] = 0
			}
		}
	}
	return z
}

// category names the course by the usual definitions, over known periods.
func (a *Area) category() Category {
	last, known, hot, run := -1, 0, 0, 0
	cold, gap := false, false // gap: a hot period before the last run
	for t, z := range a.Z {
		if math.IsNaN(float64(z)) {
			continue
		}
		last = t
		known++
		if a.Hot[t] {
			hot++
			run++
			continue
		}
		gap, run = gap || run > 0, 0
		cold = cold || a.Cold[t]
	}
	mostly := float64(hot) >= Mostly*float64(known)
	switch {
	case last < 0 || hot == 0:
		return None
	case !a.Hot[last]:
		if mostly {
			return Historical
		}
		return None
	case mostly && a.PAdj <= Level && a.Trend.S > 0:
		return Intensifying
	case mostly && a.PAdj <= Level:
		return Diminishing
	case mostly:
		return Persistent
	case hot == 1:
		return New
	case !gap:
		return Consecutive
	case cold:
		return Oscillating
	}
	return Sporadic
}
