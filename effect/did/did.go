// Package did is difference-in-differences for campaigns that start at
// different times (METHODS.md A6).
//
// The package thinks that one pooled coefficient hides which comparison made
// it: areas treated early must never serve as controls for those treated late.
// It therefore estimates every group's effect in every period against areas
// that were not treated, keeps the influence of each unit on each estimate, and
// gets every average, every band and every test from those influences. It also
// thinks that a flat past is weak evidence: the test of it is printed with the
// slope it could have missed, and [RelativeMagnitude] says how much worse than
// the past the future may have been before the effect is gone.
//
// [GroupTime] is the method of Callaway and Sant'Anna for any balanced matrix,
// [SunAbraham] the regression with the same aim, [Estimate] the multiplicative
// version for counts of a campaign's panel.
package did

import (
	"fmt"
	"math"
	"slices"

	"athar"
)

// Method is the name of the method in effects.
const Method = "did"

// Never is the first treated period of a unit that is never treated.
const Never = -1

// Data is a balanced panel: unit i in period t is at i*Periods+t.
type Data struct {
	Units, Periods int
	Y              []float64
	First          []int // first treated period of each unit, 0..Periods-1, or Never
	// X holds the covariates of each unit, X[i*Covariates+j], without intercept;
	// they do not change in time.
	X          []float64
	Covariates int
	Cluster    []int // units with the same number share their errors; nil: each its own
}

// Control says who stands in for the untreated.
type Control int

// NotYetTreated adds to the never treated all units whose treatment starts
// after both periods of a comparison.
const (
	NeverTreated Control = iota
	NotYetTreated
)

// Base is the period that pre-treatment estimates are compared with.
type Base int

// Varying compares every period before treatment with the one before it,
// Universal all periods with the last one before treatment.
const (
	Varying Base = iota
	Universal
)

// Adjustment is the use made of covariates.
type Adjustment int

// Doubly robust: logit propensity and regression of the controls (Sant'Anna and
// Zhao 2020); the others use only one of them.
const (
	DoublyRobust Adjustment = iota
	Regression
	Weighting
)

// Options of [GroupTime].
type Options struct {
	Control      Control
	Base         Base
	Adjust       Adjustment
	Anticipation int // periods before treatment in which it may already work
}

// Cell is the effect on the units first treated in Group, in Period.
type Cell struct {
	Group, Period     int
	ATT, SE           float64 // SE 0: the base period of Universal, ATT is 0 by construction
	Treated, Controls int     // units compared
	// DF is Welch's degrees of freedom of the comparison of two means, and
	// Inflate what SE must be multiplied by for its small samples; both from the
	// influences of treated and controls, n/(n-1) each.
	DF, Inflate float64
}

// Effects are the group-time effects of one panel.
type Effects struct {
	Cells   []Cell
	Units   int // that entered
	Notes   []athar.Note
	Refusal *athar.Refusal

	psi     []float64 // influence of unit i on cell k at i*len(Cells)+k; SE = |psi_k|/Units
	d       Data
	o       Options
	groups  []int // distinct first periods, ascending
	size    []int // units of each
	in      []bool
	cluster []int
}

// GroupTime estimates, for every group g and period t,
//
//	ATT(g,t) = E[Y_t - Y_b | G = g] - E[Y_t - Y_b | C],  b = g-1-anticipation for t >= g,
//
// with the influence function of every unit; without covariates that is
// n/n_g 1{G=g}(dY - m_g) - n/n_C 1{C}(dY - m_C) (Callaway and Sant'Anna 2021,
// section 4). Units treated before a base period exists are left out. A cell
// without controls, or where covariates separate treated from controls, is NaN.
// Errors of a group of fewer than [MinTreated] units are too small, which a note
// says.
// It panics if the slices' lengths do not fit.
func GroupTime(d Data, o Options) *Effects {
	if len(d.Y) != d.Units*d.Periods || len(d.First) != d.Units || len(d.X) != d.Units*d.Covariates ||
		d.Cluster != nil && len(d.Cluster) != d.Units {
		panic(fmt.Sprintf("did: %d units, %d periods, %d covariates do not fit the slices", d.Units, d.Periods, d.Covariates))
	}
	e := &Effects{d: d, o: o, in: make([]bool, d.Units), cluster: d.Cluster}
	early, never := 0, 0
	for i, g := range d.First {
		switch {
		case g < 0 || g >= d.Periods:
			never++
			e.in[i] = true
		case g <= o.Anticipation:
			early++
		default:
			e.in[i] = true
			if !slices.Contains(e.groups, g) {
				e.groups = append(e.groups, g)
			}
		}
		if e.in[i] {
			e.Units++
		}
	}
	if early > 0 {
		e.Notes = append(e.Notes, athar.NewNote("did-always-treated", "units", early))
	}
	slices.Sort(e.groups)
	for _, g := range e.groups {
		n := 0
		for i, f := range d.First {
			if e.in[i] && f == g {
				n++
			}
		}
		e.size = append(e.size, n)
	}
	switch {
	case len(e.groups) == 0:
		e.Refusal = athar.Refuse("did-none-treated")
		return e
	case never == 0 && o.Control == NeverTreated:
		e.Refusal = athar.Refuse("did-none-untreated")
		return e
	}
	for j, n := range e.size {
		if n < MinTreated {
			e.Notes = append(e.Notes, athar.NewNote("did-small-group", "group", e.groups[j], "n", n, "need", MinTreated))
		}
	}
	for _, g := range e.groups {
		for t := range d.Periods {
			if t > 0 || o.Base == Universal {
				e.Cells = append(e.Cells, Cell{Group: g, Period: t})
			}
		}
	}
	e.psi = make([]float64, d.Units*len(e.Cells))
	w := newWork(&d)
	empty := 0
	for k := range e.Cells {
		if !e.cell(k, w) {
			empty++
		}
	}
	if empty > 0 {
		e.Notes = append(e.Notes, athar.NewNote("did-cells-empty", "n", empty, "of", len(e.Cells)))
	}
	s := e.rows(e.psi, len(e.Cells))
	for k := range e.Cells {
		if c := &e.Cells[k]; !math.IsNaN(c.ATT) {
			c.SE = norm(s, len(e.Cells), k) / float64(e.Units)
			e.welch(k)
		}
	}
	return e
}

// welch sets the degrees of freedom of cell k; units that share errors count as
// if they did not.
func (e *Effects) welch(k int) {
	c := &e.Cells[k]
	var vt, vc float64
	for i, g := range e.d.First {
		v := e.psi[i*len(e.Cells)+k]
		if g == c.Group {
			vt += v * v
		} else {
			vc += v * v
		}
	}
	nt, nc := float64(c.Treated-1), float64(c.Controls-1)
	at, ac := vt*(nt+1)/nt, vc*(nc+1)/nc
	c.DF, c.Inflate = (at+ac)*(at+ac)/(at*at/nt+ac*ac/nc), math.Sqrt((at+ac)/(vt+vc))
}

// base is the period that cell (g, t) is compared with.
func (e *Effects) base(g, t int) int {
	if b := g - 1 - e.o.Anticipation; e.o.Base == Universal || t > b {
		return b
	}
	return t - 1
}

// cell estimates one cell; false: it has no estimate.
func (e *Effects) cell(k int, w *work) bool {
	c := &e.Cells[k]
	d, b := &e.d, e.base(c.Group, c.Period)
	if b == c.Period {
		return true
	}
	last := max(c.Period, b) + e.o.Anticipation
	w.unit, w.treat, w.dy = w.unit[:0], w.treat[:0], w.dy[:0]
	for i, g := range d.First {
		treated := g == c.Group
		free := g < 0 || g >= d.Periods || e.o.Control == NotYetTreated && g > last
		if !e.in[i] || !treated && !free {
			continue
		}
		w.unit = append(w.unit, i)
		w.treat = append(w.treat, treated)
		w.dy = append(w.dy, d.Y[i*d.Periods+c.Period]-d.Y[i*d.Periods+b])
		if treated {
			c.Treated++
		} else {
			c.Controls++
		}
	}
	ok := c.Treated > 0 && c.Controls > 0
	if ok {
		w.psi = w.psi[:len(w.unit)]
		if d.Covariates == 0 {
			c.ATT = w.means(c.Treated, c.Controls)
		} else {
			c.ATT, ok = w.adjusted(d, e.o.Adjust)
		}
	}
	if !ok {
		c.ATT, c.SE = math.NaN(), math.NaN()
		return false
	}
	scale := float64(e.Units) / float64(len(w.unit))
	for j, i := range w.unit {
		e.psi[i*len(e.Cells)+k] = scale * w.psi[j]
	}
	return true
}

// rows sums the influences of units that share errors; columns are k.
func (e *Effects) rows(psi []float64, k int) []float64 {
	if e.cluster == nil {
		return psi
	}
	at := map[int]int{}
	var out []float64
	for i, c := range e.cluster {
		r, ok := at[c]
		if !ok {
			r = len(at)
			at[c] = r
			out = append(out, make([]float64, k)...)
		}
		for j := range k {
			out[r*k+j] += psi[i*k+j]
		}
	}
	return out
}

// norm is the Euclidean length of column j of the rows of length k.
func norm(rows []float64, k, j int) float64 {
	s := 0.0
	for i := j; i < len(rows); i += k {
		s += rows[i] * rows[i]
	}
	return math.Sqrt(s)
}

// Cov is the covariance of the cells' estimates, len(Cells) square.
func (e *Effects) Cov() []float64 { return cov(e.rows(e.psi, len(e.Cells)), len(e.Cells), e.Units) }

func cov(rows []float64, k, n int) []float64 {
	v := make([]float64, k*k)
	for r := 0; r < len(rows); r += k {
		for i, x := range rows[r : r+k] {
			if x == 0 {
				continue
			}
			for j, y := range rows[r : r+k] {
				v[i*k+j] += x * y
			}
		}
	}
	for i := range v {
		v[i] /= float64(n) * float64(n)
	}
	return v
}
