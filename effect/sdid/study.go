package sdid

import (
	"math"
	"slices"

	"athar"
	"athar/effect/donor"
)

// Options of an estimate for a study.
type Options struct {
	Campaign string
	Spec     string
	Seed     uint64
	Draws    int // sampled placebos; default 200
}

// Result is what the method says about one campaign.
type Result struct {
	Effects []athar.Effect // during and post, where the panel has them
	Phases  []Diagnosis    // of the effects that were not refused
	Notes   []athar.Note
	Refusal *athar.Refusal // where every phase was refused
}

// Diagnosis is what stands behind one effect.
type Diagnosis struct {
	Phase    athar.Phase
	Donors   []int       // of the panel's areas
	Weights  []athar.Num // theirs, sum 1
	Periods  []int       // of the panel, before the campaign
	Lambda   []athar.Num // theirs, sum 1
	Placebos []athar.Num // ln RR of footprints where nothing was done
	RankP    athar.Num   // share of them, and of the true one, at least as far from zero
	MinP     athar.Num   // the smallest that RankP could have been
}

// Estimate compares the footprint, summed to one unit, with far areas, each by
// its rate over its own mean before. The ratio is observed over expected counts
// of the phase; its error comes from placebo footprints ([donor.Pool.Fill]).
func Estimate(p *athar.Panel, o Options) Result {
	if o.Draws == 0 {
		o.Draws = 200
	}
	var res Result
	res.Effects, res.Notes, res.Refusal = donor.Each(p, o.Campaign, Method, o.Spec, func(q *donor.Pool, e *athar.Effect) *athar.Refusal {
		d, refusal := estimate(q, e, o)
		if refusal == nil {
			d.Phase = e.Phase
			res.Phases = append(res.Phases, d)
		}
		return refusal
	})
	return res
}

// comparison is a workspace for many footprints of one pool.
type comparison struct {
	pool *donor.Pool
	fit  Fit
	y    []float64
}

// expect fits the footprint with the given counts against the donors for which
// leave is false and returns the counts observed and expected after.
func (c *comparison) expect(counts []float64, leave []bool) (observed, expected float64) {
	q, t, n := c.pool, len(c.pool.Periods), 0
	for j := range q.Donors {
		if leave == nil || !leave[j] {
			q.Index(c.y[n*t:(n+1)*t], q.Donor(j), q.Pre)
			n++
		}
	}
	row := c.y[n*t : (n+1)*t]
	mean := q.Index(row, counts, q.Pre)
	if c.fit.Block(c.y[:(n+1)*t], n+1, t, n, q.Pre, Settings{}) != nil {
		return math.NaN(), math.NaN()
	}
	for k := q.Pre; k < t; k++ {
		observed += counts[k]
		expected += (row[k] - c.fit.Curve[k]) * mean * q.Days[k]
	}
	return observed, expected
}

func estimate(q *donor.Pool, e *athar.Effect, o Options) (Diagnosis, *athar.Refusal) {
	c := &comparison{pool: q, y: make([]float64, (len(q.Donors)+1)*len(q.Periods))}
	observed, expected := c.expect(q.Treated, nil)
	if !(expected > 0) {
		return Diagnosis{}, athar.Refuse("no-expectation")
	}
	d := Diagnosis{Donors: q.Donors, Periods: q.Periods[:q.Pre], Weights: nums(c.fit.Omega), Lambda: nums(c.fit.Lambda)}
	placebos := q.Placebos(o.Seed, "sdid/"+o.Campaign+"/"+string(e.Phase), o.Draws, c.expect)
	rank, least := q.Fill(e, observed, expected, placebos)
	d.RankP, d.MinP = athar.Num(rank), athar.Num(least)
	for _, x := range placebos {
		d.Placebos = append(d.Placebos, athar.Num(x.LnRR))
	}
	if w := slices.Max(d.Weights); w > .5 {
		e.Warnings = append(e.Warnings, athar.NewNote("one-donor", "weight", w))
	}
	return d, nil
}

func nums(x []float64) []athar.Num {
	out := make([]athar.Num, len(x))
	for i, v := range x {
		out[i] = athar.Num(v)
	}
	return out
}

// Point is ln RR alone, without an error; NaN where there is no expectation.
func Point(q *donor.Pool) float64 {
	c := &comparison{pool: q, y: make([]float64, (len(q.Donors)+1)*len(q.Periods))}
	observed, expected := c.expect(q.Treated, nil)
	return math.Log(observed / expected)
}
