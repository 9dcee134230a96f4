// Package donor arranges a panel for methods that build the area without its
// campaign out of other areas: the footprint as one series, and the far areas
// that may stand in for it (METHODS.md A3-A5).
//
// The package thinks that a donor must be far, counted in every period that is
// compared, and busy enough for its course to mean something; rings are never
// donors, because displacement would make them part of the effect. Series are
// compared by their course, each over its own mean before the campaign, so that
// a rate ratio means the same for a busy area and a quiet one.
package donor

import (
	"math"
	"slices"

	"athar"
)

// What a donor and a comparison need.
const (
	MinEvents = 20 // events of a donor before the campaign
	MinDonors = 10 // besides as many as a placebo footprint has areas
	MinPre    = 12 // periods before
)

// Pool is one comparison: the periods before and those of one phase.
type Pool struct {
	Periods []int     // of the panel, those before the campaign first
	Days    []float64 // monitored days of each
	Pre     int       // how many of them lie before
	Donors  []int     // of the panel's areas
	Inside  int       // areas summed in Treated
	Treated []float64 // counts
	Counts  []float64 // donors' counts, row-major
	Notes   []athar.Note
}

// Of arranges the panel for one phase. Periods in which the footprint was not
// counted whole are dropped; far areas with an unused cell in the periods that
// remain, or with fewer than [MinEvents] events before, are no donors. It
// returns nil without a refusal where the panel has no period of the phase.
func Of(p *athar.Panel, phase athar.Phase) (*Pool, *athar.Refusal) {
	q := &Pool{}
	has, cells := false, 0
	for _, a := range p.Areas {
		if a.Role == athar.Inside {
			q.Inside++
		}
	}
	for _, ph := range []athar.Phase{athar.Pre, phase} {
		for t, period := range p.Periods {
			if period.Phase != ph {
				continue
			}
			has = has || ph == phase
			use, sum := period.Days > 0, 0.0
			for i, a := range p.Areas {
				if a.Role == athar.Inside {
					use = use && p.Use[p.At(i, t)]
					sum += p.Count[p.At(i, t)]
				}
			}
			if !use {
				continue
			}
			q.Periods, q.Days, q.Treated = append(q.Periods, t), append(q.Days, period.Days), append(q.Treated, sum)
			if ph == athar.Pre {
				q.Pre++
			} else {
				cells++
			}
		}
	}
	switch {
	case !has:
		return nil, nil
	case q.Inside == 0:
		return q, athar.Refuse("no-inside")
	case cells == 0:
		return q, athar.Refuse("no-cells")
	case q.Pre < MinPre:
		return q, athar.Refuse("few-pre-periods", "n", q.Pre, "need", MinPre)
	case q.EventsPre() == 0:
		return q, athar.Refuse("no-pre-events")
	case q.Observed() == 0:
		return q, athar.Refuse("no-events-after")
	}
	few, unused := 0, 0
	for i, a := range p.Areas {
		if a.Role != athar.Far {
			continue
		}
		events, use := 0.0, true
		for k, t := range q.Periods {
			use = use && p.Use[p.At(i, t)]
			if k < q.Pre {
				events += p.Count[p.At(i, t)]
			}
		}
		switch {
		case !use:
			unused++
		case events < MinEvents:
			few++
		default:
			q.Donors = append(q.Donors, i)
			for _, t := range q.Periods {
				q.Counts = append(q.Counts, p.Count[p.At(i, t)])
			}
		}
	}
	if few+unused > 0 {
		q.Notes = append(q.Notes, athar.NewNote("donors-left-out", "donors", len(q.Donors), "few", few, "need", MinEvents, "unused", unused))
	}
	if need := q.Inside + MinDonors; len(q.Donors) < need {
		return q, athar.Refuse("few-donors", "n", len(q.Donors), "inside", q.Inside, "need", need)
	}
	return q, nil
}

// Each asks a method about the phases during and after that the panel has. It
// returns an effect for each, with the notes of its pool and the refusal of the
// pool or of ask, the notes of the last pool, and the first refusal if every
// phase was refused.
func Each(p *athar.Panel, campaign, method, spec string, ask func(*Pool, *athar.Effect) *athar.Refusal) (effects []athar.Effect, notes []athar.Note, refused *athar.Refusal) {
	answered := false
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		pool, refusal := Of(p, ph)
		if pool == nil {
			continue
		}
		e := pool.Blank(campaign, method, spec, ph)
		e.Warnings = slices.Clone(pool.Notes)
		if refusal == nil {
			refusal = ask(pool, &e)
		}
		answered = answered || refusal == nil
		e.Refusal = refusal
		effects = append(effects, e)
		notes = pool.Notes
	}
	if !answered && len(effects) > 0 {
		refused = effects[0].Refusal
	}
	return effects, notes, refused
}

// EventsPre is the number of events inside before the campaign.
func (q *Pool) EventsPre() int {
	s := 0.0
	for _, c := range q.Treated[:q.Pre] {
		s += c
	}
	return int(s)
}

// Observed is the number of events inside in the phase.
func (q *Pool) Observed() float64 {
	s := 0.0
	for _, c := range q.Treated[q.Pre:] {
		s += c
	}
	return s
}

// Index sets dst to the daily rate of counts over its mean in the first `over`
// periods, which is then 1, and returns that mean; with a mean of zero dst is
// all zero.
func (q *Pool) Index(dst, counts []float64, over int) float64 {
	mean := 0.0
	for k, c := range counts {
		dst[k] = c / q.Days[k]
		if k < over {
			mean += dst[k] / float64(over)
		}
	}
	for k := range dst {
		if mean > 0 {
			dst[k] /= mean
		}
	}
	return mean
}

// Donor is the counts of donor j.
func (q *Pool) Donor(j int) []float64 {
	n := len(q.Periods)
	return q.Counts[j*n : (j+1)*n]
}

// Blank is an effect of the question inside with what the pool knows; its
// estimates are not-a-number.
func (q *Pool) Blank(campaign, method, spec string, phase athar.Phase) athar.Effect {
	nan := athar.Num(math.NaN())
	e := athar.Effect{Campaign: campaign, Method: method, Spec: spec, Question: athar.AskInside, Phase: phase,
		RR: nan, Low: nan, High: nan, P: nan, SE: nan, DF: nan, AdjLow: nan, AdjHigh: nan,
		Observed: nan, Expected: nan, Avoided: nan, AvoidedLow: nan, AvoidedHigh: nan, MDELow: nan, MDEHigh: nan,
		Areas: q.Inside, Periods: len(q.Periods) - q.Pre, Dispersion: nan}
	if len(q.Treated) > 0 {
		e.EventsPre = q.EventsPre()
		e.Observed = athar.Num(q.Observed())
	}
	return e
}
