// Package wake asks whether events near operations of one kind went otherwise
// than near comparable operations of another kind: matched wake analysis
// (METHODS.md A7; Schutte and Donnay 2014, Political Geography 41:1).
//
// The package thinks in wakes. A wake is what happened within s kilometres of
// one operation, t days before it and t days after. Wakes of the kind in
// question (treated) are compared with wakes of a comparable kind (control) that
// had the same covariates, the same tendency beforehand and as many other
// operations nearby, for every t and s of a grid. Operations follow attacks and
// their wakes overlap, so the package counts overlaps, lets whole blocks of
// space and time be one observation, and judges the grid as one test. It
// compares two kinds of operations; it does not say what happens without any.
//
// What differs from the original program on purpose: windows are whole days,
// the same number before and after, and the day of the operation, whose order
// nobody knows, is in neither; no row order matters; errors are those of
// blocks; p values know how many windows were tried. [Options.Compatible]
// undoes all of it to reproduce published figures.
package wake

import (
	"cmp"
	"math"
	"slices"

	"athar"
)

// Kind is which of the two compared kinds an operation is of.
type Kind int8

// The kinds. Events of the outcome have none; theirs is not read.
const (
	Control Kind = iota
	Treated
)

// Event is one operation, or one event of the outcome.
type Event struct {
	Day        athar.Day
	Lon, Lat   float64   // degrees east and north
	Kind       Kind      // of operations
	Covariates []float64 // of operations, the same number for each: matched on
	// Second of the day, 0..86399, and Row in the source, over both lists, order
	// the events of a day. Only the compatible mode reads them.
	Second, Row int
}

// Options of an analysis. The zero value is the corrected form on the default
// grid.
type Options struct {
	Days     []int      // lengths t of windows, days, >= 2; default 7, 14, ..., 56
	Km       []float64  // radii s, km, > 0; default 5, 10, 20, 30, 50
	Observed athar.Span // when the outcome was observed; default: from the first to the last event of either list
	// AnyOverlap does not match on the numbers of other operations beforehand.
	AnyOverlap bool
	// DropOverlap leaves out wakes with another operation beforehand.
	DropOverlap bool
	// Unweighted leaves matched controls at weight 1.
	Unweighted bool
	// Draws is the number of permutations of the labels; default 999, 199 with more
	// than 20,000 operations; negative: none.
	Draws int
	Seed  uint64
	// Compatible reproduces the original program, its faults included: windows
	// that reach back t+1 days and ahead t, order of rows within a day, distances
	// of 111.111 km a degree, plain errors, no answer where the number beforehand
	// does not vary, no permutation.
	Compatible bool
}

// The defaults and thresholds.
const (
	MinTreated = 20  // matched treated wakes below which a window is flagged
	MaxOverlap = .20 // share of wakes with overlaps above which it is flagged
	BlockKm    = 50  // least edge of a block
	BlockDays  = 30  // least length of a block
	MinBlocks  = 10  // blocks with fewer of which there is no answer
	draws      = 999
	fewDraws   = 199
	manyOps    = 20_000
)

// Row is the answer for one window, Result the grid.
type (
	Row    = athar.Wake
	Result = athar.WakeGrid
)

// Analyse compares the wakes of treated and control operations in events of the
// outcome. Neither list is changed and the order of neither matters, except in
// the compatible mode. The result carries a refusal where nothing can be
// compared, and a row carries one where its window has no answer; events without
// a valid position are left out and counted in a warning.
//
// Each variable is cut into k-1 bins of equal width, k = ceil(log2 n + 1), and
// wakes that share all bins form a stratum; those of strata with both kinds are
// matched. Treated wakes have weight 1, controls
// (m_C/m_T) (m_T^s/m_C^s) (Iacus, King and Porro 2012, Political Analysis 20:1).
// The standard error leaves out one block of space and time after the other
// (cluster jackknife, CV3 of MacKinnon, Nielsen and Webb 2023, Journal of
// Econometrics 232:272),
//
//	V = (G-1)/G sum_g (b_(-g) - b)^2, with t on G-1 degrees of freedom;
//
// a block measures at least 50 km by 30 days and never less than the window.
func Analyse(interventions, outcome []Event, o Options) Result {
	if o.Days == nil {
		o.Days = []int{7, 14, 21, 28, 35, 42, 49, 56}
	}
	if o.Km == nil {
		o.Km = []float64{5, 10, 20, 30, 50}
	}
	if o.Draws == 0 {
		o.Draws = draws
		if len(interventions) > manyOps {
			o.Draws = fewDraws
		}
	}
	res := Result{Critical: nan, Warnings: []athar.Note{athar.NewNote("wake-selection")}}
	ops, badOps := placed(interventions)
	events, badEvents := placed(outcome)
	if n := badOps + badEvents; n > 0 {
		res.Warnings = append(res.Warnings, athar.NewNote("wake-no-place", "n", n))
	}
	kinds := [2]int{}
	for _, e := range ops {
		if e.Kind == Treated {
			kinds[1]++
		} else {
			kinds[0]++
		}
		if len(e.Covariates) != len(ops[0].Covariates) || slices.ContainsFunc(e.Covariates, unusable) {
			res.Refusal = athar.Refuse("wake-covariates")
			return res
		}
	}
	switch {
	case len(o.Days) == 0 || slices.Min(o.Days) < 2 || slices.Max(o.Days) > 3650 || len(o.Km) == 0 || slices.ContainsFunc(o.Km, func(s float64) bool { return !(s > 0 && s < 1e4) }):
		res.Refusal = athar.Refuse("wake-window")
	case kinds[0] == 0 || kinds[1] == 0:
		res.Refusal = athar.Refuse("wake-one-kind", "treated", kinds[1], "control", kinds[0])
	case len(events) == 0:
		res.Refusal = athar.Refuse("wake-no-events")
	}
	if res.Refusal != nil {
		return res
	}
	slices.SortStableFunc(ops, func(a, b Event) int {
		if o.Compatible {
			return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Second, b.Second), cmp.Compare(a.Row, b.Row))
		}
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Lon, b.Lon), cmp.Compare(a.Lat, b.Lat),
			cmp.Compare(a.Kind, b.Kind), slices.Compare(a.Covariates, b.Covariates))
	})
	c := count(ops, events, &o)
	g := &grid{ops: ops, c: c, o: &o}
	g.run(&res)
	return res
}

var nan = athar.Num(math.NaN())

func unusable(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }

// placed copies the events that have a position.
func placed(list []Event) (out []Event, bad int) {
	out = make([]Event, 0, len(list))
	for _, e := range list {
		if unusable(e.Lon) || !(math.Abs(e.Lat) <= 90) {
			bad++
			continue
		}
		out = append(out, e)
	}
	return out, bad
}
