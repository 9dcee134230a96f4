// Package stochint asks what would have followed if a kind of operation had been
// more or less frequent for some days, everywhere in the same proportion: the
// stochastic interventions of Papadogeorgou, Imai, Lyall and Li (2022, JRSS-B
// 84:1969; METHODS.md A8).
//
// The package thinks that nobody knows what one operation at one place did, but
// that days on which operations happened to be many and days on which they
// happened to be few can be weighted until they look like days from a chosen
// law. It also thinks that such weights are soon carried by a handful of days,
// so that the effective number of days is the first thing to look at, and that
// an answer which rests on fewer than 30 is none. The laws it compares have a
// number of operations a day and a fixed map; it has no means to search for a
// map, and should have none.
//
// Space is a grid of pixels in km coordinates with a window; time is counted in
// days from 0. Events are sorted on arrival, so the order of the input rows does
// not matter to the last bit.
package stochint

import (
	"cmp"
	"math"
	"slices"

	"athar"
)

// What an answer needs.
const (
	NeedDays      = 200 // days
	NeedEffective = 30  // effective days under either law
	NeedTreated   = 30  // operations, to model where and when they happen
)

// Event is one event on a day, counted from 0, at a place in km.
type Event struct {
	Day  int
	X, Y float64
}

// Input is what a model is made of.
type Input struct {
	Window     *Window
	Days       int // events on days outside 0..Days-1 are left out
	Treatment  []Event
	Outcome    []Event
	Covariates []Covariate // of the propensity
	// Base is the map phi of the laws that are compared: operations per km2 by
	// cell, integrating to 1 (see [Density]). nil: the mean over days of the
	// estimated intensity, so that the laws differ from what happened in number
	// alone.
	Base   []float64
	Smooth Smoothing
}

// Model holds what all contrasts of one record share: the propensity of every
// day, the map of the laws, and the smoothed outcome. It is not changed by
// [Model.Contrast] and may be shared by goroutines.
type Model struct {
	Window     *Window
	Days       int
	Propensity *Propensity
	Base       []float64 // phi by cell
	Outcome    *Surfaces
	Notes      []athar.Note
	Refusal    *athar.Refusal // where set, the other fields may be missing

	treated   [][]int32 // cells of operations by day
	count     []float64 // operations by day
	logBase   []float64 // sum of log phi over the operations of a day
	covariate []Covariate
	before    []float64 // coefficients relative to phi, without weights
}

// New fits the propensity and smooths the outcome. A record that cannot be
// modelled is refused with Refusal; fewer than [NeedDays] days are refused too,
// but the model is complete, so that its figures can be looked at.
func New(in Input) *Model {
	m := &Model{Window: in.Window, Days: in.Days, covariate: in.Covariates}
	treatment, lostT := in.Window.admit(in.Treatment, in.Days)
	outcome, lostY := in.Window.admit(in.Outcome, in.Days)
	if lostT+lostY > 0 {
		m.Notes = append(m.Notes, athar.NewNote("stochint-outside", "treated", lostT, "outcome", lostY))
	}
	switch {
	case len(in.Window.cells) == 0:
		m.Refusal = athar.Refuse("stochint-no-window")
		return m
	case len(treatment) < NeedTreated:
		m.Refusal = athar.Refuse("stochint-few-treated", "n", len(treatment), "need", NeedTreated)
		return m
	case len(outcome) == 0:
		m.Refusal = athar.Refuse("stochint-no-outcome")
		return m
	}
	m.treated = in.Window.byDay(treatment, in.Days)
	p, err := fit(in.Window, m.treated, in.Covariates, nil, nil)
	if err != nil {
		m.Refusal = athar.Refuse("stochint-propensity")
		return m
	}
	m.Propensity = p
	m.Base = in.Base
	if m.Base == nil {
		m.Base = p.mean(in.Window)
	}
	m.count, m.logBase = make([]float64, in.Days), make([]float64, in.Days)
	for t, cells := range m.treated {
		m.count[t] = float64(len(cells))
		for _, c := range cells {
			m.logBase[t] += math.Log(m.Base[c])
		}
	}
	m.before = m.relative(nil)
	m.Outcome = smooth(in.Window, outcome, in.Days, in.Smooth)
	if in.Days < NeedDays {
		m.Refusal = athar.Refuse("stochint-few-days", "n", in.Days, "need", NeedDays)
	}
	return m
}

// logRatio fills dst with log f_h(W_t) - log e_t(W_t) by day for the law that
// expects c operations a day:
//
//	log f_h(w) = sum_{s in w} log(c phi(s)) - c,  log e_t(w) = sum_{s in w} log lambda_t(s) - int lambda_t
func (m *Model) logRatio(dst []float64, c float64) {
	for t := range dst {
		dst[t] = m.logBase[t] - c - m.Propensity.LogDensity[t]
		if m.count[t] > 0 {
			dst[t] += m.count[t] * math.Log(c)
		}
	}
}

// admit sorts the events of the window by day and place and counts the others.
func (w *Window) admit(events []Event, days int) (in []Event, lost int) {
	in = make([]Event, 0, len(events))
	for _, e := range events {
		if e.Day >= 0 && e.Day < days && w.Has(e.X, e.Y) {
			in = append(in, e)
		}
	}
	slices.SortFunc(in, func(a, b Event) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.X, b.X), cmp.Compare(a.Y, b.Y))
	})
	return in, len(events) - len(in)
}

// byDay lists the cells of sorted events; cells of a day are in the order of
// their events.
func (w *Window) byDay(events []Event, days int) [][]int32 {
	all := make([]int32, len(events))
	out := make([][]int32, days)
	for i, e := range events {
		all[i] = w.Cell(e.X, e.Y)
	}
	for i := 0; i < len(events); {
		j := i
		for j < len(events) && events[j].Day == events[i].Day {
			j++
		}
		out[events[i].Day] = all[i:j:j]
		i = j
	}
	return out
}
