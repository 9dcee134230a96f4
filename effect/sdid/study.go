package sdid

import (
	"math"
	"slices"

	"athar"
	"athar/effect/donor"
	"athar/stat"
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

func note(code string, args ...any) athar.Note {
	n := athar.Note{Code: code}
	for i := 0; i < len(args); i += 2 {
		if n.Args == nil {
			n.Args = map[string]any{}
		}
		n.Args[args[i].(string)] = args[i+1]
	}
	return n
}

func refuse(code string, args ...any) *athar.Refusal {
	return &athar.Refusal{Reason: note(code, args...)}
}

// Estimate compares the footprint, summed to one unit, with far areas, each by
// its rate over its own mean before. The ratio is observed over expected counts
// of the phase. Its error on the log scale comes from placebo footprints of as
// many far areas: each alone where the footprint is one area, else as many
// draws; the larger of their standard deviation and of the same scaled to the
// footprint's volume, because a quiet footprint is noisier than busy placebos.
// The reference is t with one less degree of freedom than there are donors.
func Estimate(p *athar.Panel, o Options) Result {
	if o.Draws == 0 {
		o.Draws = 200
	}
	var res Result
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		pool, refusal := donor.Of(p, ph)
		if pool == nil {
			continue
		}
		e := pool.Blank(o.Campaign, Method, o.Spec, ph)
		e.Warnings = slices.Clone(pool.Notes)
		if n := len(pool.Donors); refusal == nil && n-pool.Inside < donor.MinDonors {
			refusal = refuse("few-placebo-donors", "n", n, "inside", pool.Inside, "need", pool.Inside+donor.MinDonors)
		}
		if refusal == nil {
			var d Diagnosis
			if d, refusal = estimate(pool, &e, o); refusal == nil {
				d.Phase = ph
				res.Phases = append(res.Phases, d)
			}
		}
		e.Refusal = refusal
		res.Effects = append(res.Effects, e)
		res.Notes = pool.Notes
	}
	if len(res.Phases) == 0 && len(res.Effects) > 0 {
		res.Refusal = res.Effects[0].Refusal
	}
	return res
}

// comparison is a workspace for many footprints of one pool.
type comparison struct {
	pool *donor.Pool
	fit  Fit
	y    []float64
	sum  []float64
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
	n, t := len(q.Donors), len(q.Periods)
	c := &comparison{pool: q, y: make([]float64, (n+1)*t), sum: make([]float64, t)}
	observed, expected := c.expect(q.Treated, nil)
	if !(expected > 0) {
		return Diagnosis{}, refuse("no-expectation")
	}
	d := Diagnosis{Donors: q.Donors, Periods: q.Periods[:q.Pre], Weights: nums(c.fit.Omega), Lambda: nums(c.fit.Lambda)}
	b := math.Log(observed / expected)

	draws, exhaustive := o.Draws, q.Inside == 1
	if exhaustive {
		draws = n
	}
	leave, order := make([]bool, n), make([]int, n)
	for j := range order {
		order[j] = j
	}
	r := stat.Stream(o.Seed, "sdid/"+o.Campaign+"/"+string(e.Phase), 0)
	volume := float64(q.EventsPre())
	var squares, scaled float64
	extreme := 1
	for k := range draws {
		clear(leave)
		clear(c.sum)
		set := order[k%n : k%n+1]
		if !exhaustive {
			for i := range q.Inside {
				j := i + r.IntN(n-i)
				order[i], order[j] = order[j], order[i]
			}
			set = order[:q.Inside]
		}
		pre := 0.0
		for _, j := range set {
			leave[j] = true
			for k, v := range q.Donor(j) {
				if c.sum[k] += v; k < q.Pre {
					pre += v
				}
			}
		}
		obs, exp := c.expect(c.sum, leave)
		x := math.Log((obs + .5) / (max(exp, 0) + .5))
		d.Placebos = append(d.Placebos, athar.Num(x))
		squares += x * x
		scaled += x * x * pre / volume
		if math.Abs(x) >= math.Abs(b) {
			extreme++
		}
	}
	m := float64(draws)
	d.RankP, d.MinP = athar.Num(float64(extreme)/(m+1)), athar.Num(1/(m+1))
	if exhaustive && n < 19 {
		e.Warnings = append(e.Warnings, note("placebo-floor", "donors", n, "p", d.MinP))
	}
	if w := slices.Max(d.Weights); w > .5 {
		e.Warnings = append(e.Warnings, note("one-donor", "weight", w))
	}
	se := math.Sqrt(max(squares, scaled) / m)
	df := float64(n - 1)
	width := stat.TQuantile(.975, df) * se
	low, high := math.Exp(b-width), math.Exp(b+width)
	fall, rise := stat.MDE(se, df)
	e.RR, e.Low, e.High = athar.Num(math.Exp(b)), athar.Num(low), athar.Num(high)
	e.SE, e.DF, e.P, e.Inference = athar.Num(se), athar.Num(df), athar.Num(stat.TwoSided(b/se, df)), "placebo"
	e.Observed, e.Expected, e.Avoided = athar.Num(observed), athar.Num(expected), athar.Num(expected-observed)
	e.AvoidedLow, e.AvoidedHigh = athar.Num(observed/high-observed), athar.Num(observed/low-observed)
	e.MDELow, e.MDEHigh = athar.Num(fall), athar.Num(rise)
	return d, nil
}

func nums(x []float64) []athar.Num {
	out := make([]athar.Num, len(x))
	for i, v := range x {
		out[i] = athar.Num(v)
	}
	return out
}
