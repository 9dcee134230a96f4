package synth

import (
	"math"
	"slices"

	"athar"
	"athar/effect/donor"
)

// What a fit needs.
const (
	PoorFit    = .5 // root mean square gap before, over the standard deviation before
	MinPeriods = 20 // cyclic shifts of fewer cannot reach 5%
)

// Options of an estimate for a study.
type Options struct {
	Campaign string
	Spec     string
	Ridge    bool // the augmented version
	Seed     uint64
	Draws    int // sampled placebo footprints; default 200
	// Conformal takes interval and p from the conformal test instead of placebo
	// footprints. It needs no donor to be like the footprint, but has little power.
	Conformal bool
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
	Phase         athar.Phase
	Donors        []int       // of the panel's areas
	Weights       []athar.Num // theirs, sum 1
	Periods       []int       // of the panel, before and in the phase
	Expected      []athar.Num // counts in Periods
	PreRMSPE      athar.Num   // gap before, on the scale of rates over their mean before
	PreSD         athar.Num   // standard deviation before, same scale
	Bias          athar.Num   // ln RR without the ridge less ln RR with it; 0 without
	Extrapolation athar.Num   // sum of the negative weights
	Penalty       athar.Num   // of the ridge
	PlaceboP      athar.Num   // in space, by ratio of gaps
	PlaceboClose  athar.Num   // the same without donors that fit badly
	MinP          athar.Num   // the smallest that PlaceboP could have been
	FootprintP    athar.Num   // rank p among placebo footprints, by ln RR
	FootprintMinP athar.Num
	LeaveOneOut   [2]athar.Num
	InTimeRR      athar.Num // as if the campaign had run in the last third of the time before
	InTimeP       athar.Num
}

// Estimate makes the footprint, summed to one unit, out of far areas, each by
// its rate over its own mean before. The ratio is observed over expected counts
// of the phase; its error comes from placebo footprints ([donor.Pool.Fill]). The
// conformal interval is the hull of the ratios that, when undone, leave residuals
// after the start no larger than cyclic shifts of all residuals, the control
// and the scale being fitted again to all periods for every ratio; P is then the
// conformal p of a ratio of 1.
func Estimate(p *athar.Panel, o Options) Result {
	if o.Draws == 0 {
		o.Draws = 200
	}
	method := Method
	if o.Ridge {
		method = MethodRidge
	}
	var res Result
	res.Effects, res.Notes, res.Refusal = donor.Each(p, o.Campaign, method, o.Spec, func(q *donor.Pool, e *athar.Effect) *athar.Refusal {
		if n := len(q.Periods); o.Conformal && n < MinPeriods {
			return athar.Refuse("few-shifts", "n", n, "need", MinPeriods)
		}
		d, refusal := estimate(q, e, o)
		if refusal == nil {
			d.Phase = e.Phase
			res.Phases = append(res.Phases, d)
		}
		return refusal
	})
	return res
}

// comparison is the matrices and workspace of one pool.
type comparison struct {
	q      *donor.Pool
	ridge  bool
	lambda float64
	fit    Fit
	y      []float64
	before []float64 // donors over their mean before
	all    []float64 // donors over their mean in all periods
	counts []float64
	rest   []float64
}

func (c *comparison) donors(over int) []float64 {
	t := len(c.q.Periods)
	m := make([]float64, len(c.q.Counts))
	for j := range c.q.Donors {
		c.q.Index(m[j*t:(j+1)*t], c.q.Donor(j), over)
	}
	return m
}

// ratio fits the first pre periods of the counts and compares the others.
func (c *comparison) ratio(counts, donors []float64, pre int, expected []athar.Num) (observed, total float64) {
	mean := c.q.Index(c.y, counts, pre)
	var err error
	if c.ridge {
		err = c.fit.Augmented(c.y, donors, pre, c.lambda)
	} else {
		err = c.fit.Control(c.y, donors, pre)
	}
	if err != nil {
		return math.NaN(), math.NaN()
	}
	for k := range c.y {
		x := (c.y[k] - c.fit.Gap[k]) * mean * c.q.Days[k]
		if expected != nil {
			expected[k] = athar.Num(x)
		}
		if k >= pre {
			observed += counts[k]
			total += x
		}
	}
	return observed, total
}

// conformal is the p of the ratio rr for the periods from pre to the end, among
// all periods. The decomposition of c.all must be in the ridge workspace.
func (c *comparison) conformal(rr float64, pre int) float64 {
	for k, v := range c.q.Treated[:len(c.counts)] {
		if c.counts[k] = v; k >= pre {
			c.counts[k] /= rr
		}
	}
	n := len(c.counts)
	y := c.y[:n]
	c.q.Index(y, c.counts, n)
	if c.fit.Control(y, c.all, n) != nil {
		return math.NaN()
	}
	if c.ridge {
		c.fit.ridge.r = append(c.fit.ridge.r[:0], c.fit.Gap...)
		c.fit.ridge.add(c.fit.W, c.fit.ridge.r, c.lambda)
		c.fit.gaps(y, c.all, n)
	}
	return Shifts(c.fit.Gap, pre)
}

func estimate(q *donor.Pool, e *athar.Effect, o Options) (Diagnosis, *athar.Refusal) {
	t := len(q.Periods)
	c := &comparison{q: q, ridge: o.Ridge, y: make([]float64, t), counts: make([]float64, t)}
	c.before, c.all = c.donors(q.Pre), c.donors(t)
	d := Diagnosis{Donors: q.Donors, Periods: q.Periods, Expected: make([]athar.Num, t)}
	if o.Ridge {
		q.Index(c.y, q.Treated, q.Pre)
		var err error
		if c.lambda, err = c.fit.Penalty(c.y, c.before, q.Pre, true); err != nil {
			return d, athar.Refuse("diverged")
		}
		d.Penalty = athar.Num(c.lambda)
		c.ridge = false
		_, plain := c.ratio(q.Treated, c.before, q.Pre, nil)
		c.ridge = true
		_, total := c.ratio(q.Treated, c.before, q.Pre, nil)
		d.Bias = athar.Num(math.Log(total / plain))
	}
	observed, expected := c.ratio(q.Treated, c.before, q.Pre, d.Expected)
	sd := rms(sub1(c.y[:q.Pre]))
	d.PreRMSPE, d.PreSD = athar.Num(c.fit.Pre), athar.Num(sd)
	for _, w := range c.fit.W {
		d.Weights = append(d.Weights, athar.Num(w))
	}
	d.Extrapolation = athar.Num(c.fit.Extrapolation())
	// What counting alone leaves, 1/mean count on this scale, is no poor fit.
	excess := math.Sqrt(max(0, c.fit.Pre*c.fit.Pre-1/(float64(q.EventsPre())/float64(q.Pre))))
	switch {
	case excess > PoorFit*sd:
		return d, athar.Refuse("poor-prefit", "share", athar.Num(c.fit.Pre/sd), "need", athar.Num(PoorFit))
	case !(expected > 0):
		return d, athar.Refuse("no-expectation")
	}
	if w := slices.Max(d.Weights); w > .5 {
		e.Warnings = append(e.Warnings, athar.NewNote("one-donor", "weight", w))
	}
	if d.Extrapolation > .1 {
		e.Warnings = append(e.Warnings, athar.NewNote("extrapolates", "share", d.Extrapolation))
	}
	b := math.Log(observed / expected)
	d.LeaveOneOut = c.leaveOneOut(b)
	if float64(d.LeaveOneOut[0]) < 1 && float64(d.LeaveOneOut[1]) > 1 {
		e.Warnings = append(e.Warnings, athar.NewNote("leave-one-out", "low", d.LeaveOneOut[0], "high", d.LeaveOneOut[1]))
	}
	c.inSpace(&d)
	c.inTime(&d, e)

	placebos := q.Placebos(o.Seed, "synth/"+o.Campaign+"/"+string(e.Phase), o.Draws, c.placebo)
	rank, least := q.Fill(e, observed, expected, placebos)
	d.FootprintP, d.FootprintMinP = athar.Num(rank), athar.Num(least)
	if !o.Conformal {
		return d, nil
	}
	if o.Ridge {
		c.fit.ridge.centre(c.all, t, t)
	}
	low, high := c.interval(b, q.Pre)
	q.Interval(e, observed, expected, low, high)
	nan := athar.Num(math.NaN())
	e.SE, e.DF, e.MDELow, e.MDEHigh = nan, nan, nan, nan
	e.P, e.Inference = athar.Num(c.conformal(1, q.Pre)), "conformal"
	return d, nil
}

// placebo compares a placebo footprint with the donors that are left.
func (c *comparison) placebo(counts []float64, leave []bool) (observed, expected float64) {
	t := len(c.y)
	c.rest = c.rest[:0]
	for j, out := range leave {
		if !out {
			c.rest = append(c.rest, c.before[j*t:(j+1)*t]...)
		}
	}
	return c.ratio(counts, c.rest, c.q.Pre, nil)
}

// sub1 is x less 1, the mean before of every series.
func sub1(x []float64) []float64 {
	out := make([]float64, len(x))
	for k, v := range x {
		out[k] = v - 1
	}
	return out
}

// The grid on which the conformal test is inverted, in ln RR to both sides of
// the estimate, and how often its ends are halved.
const (
	gridStep = .05
	gridHalf = 60
	halvings = 5
)

// interval is the hull of the ratios with p > .05; an end that the grid does
// not reach is 0 or infinite.
func (c *comparison) interval(b float64, pre int) (low, high float64) {
	keeps := func(x float64) bool { return c.conformal(math.Exp(x), pre) > .05 }
	end := func(side float64) float64 {
		in, out := b, math.Inf(int(side))
		for k := gridHalf; k > 0; k-- {
			x := b + side*gridStep*float64(k)
			if keeps(x) {
				in = x
				break
			}
			out = x
		}
		if math.IsInf(out, 0) {
			return out
		}
		for range halvings {
			if mid := (in + out) / 2; keeps(mid) {
				in = mid
			} else {
				out = mid
			}
		}
		return out
	}
	return math.Exp(end(-1)), math.Exp(end(1))
}

// leaveOneOut is the range of the ratio without any one of the donors that
// carry a weight.
func (c *comparison) leaveOneOut(b float64) [2]athar.Num {
	t, w := len(c.y), slices.Clone(c.fit.W)
	low, high := b, b
	rest := make([]float64, 0, len(c.before))
	for j, v := range w {
		if math.Abs(v) < .01 {
			continue
		}
		rest = append(append(rest[:0], c.before[:j*t]...), c.before[(j+1)*t:]...)
		if o, x := c.ratio(c.q.Treated, rest, c.q.Pre, nil); x > 0 {
			low, high = min(low, math.Log(o/x)), max(high, math.Log(o/x))
		}
	}
	return [2]athar.Num{athar.Num(math.Exp(low)), athar.Num(math.Exp(high))}
}

// inSpace ranks the footprint among the donors.
func (c *comparison) inSpace(d *Diagnosis) {
	c.q.Index(c.y, c.q.Treated, c.q.Pre)
	p, err := c.fit.InSpace(c.y, c.before, c.q.Pre)
	if err != nil {
		return
	}
	d.PlaceboP, d.PlaceboClose, d.MinP = athar.Num(p.P), athar.Num(p.PClose), athar.Num(1/float64(len(c.q.Donors)+1))
}

// inTime asks the same of the last third of the time before.
func (c *comparison) inTime(d *Diagnosis, e *athar.Effect) {
	q := *c.q
	end := q.Pre
	q.Pre = end * 2 / 3
	q.Periods, q.Days, q.Treated = q.Periods[:end], q.Days[:end], q.Treated[:end]
	q.Counts = nil
	for j := range q.Donors {
		q.Counts = append(q.Counts, c.q.Donor(j)[:end]...)
	}
	in := &comparison{q: &q, ridge: c.ridge, lambda: c.lambda, y: make([]float64, end), counts: make([]float64, end)}
	in.all = in.donors(end)
	o, x := in.ratio(q.Treated, in.donors(q.Pre), q.Pre, nil)
	if c.ridge {
		in.fit.ridge.centre(in.all, end, end)
	}
	d.InTimeRR, d.InTimeP = athar.Num(o/x), athar.Num(in.conformal(1, q.Pre))
	if d.InTimeP <= .05 {
		e.Warnings = append(e.Warnings, athar.NewNote("in-time-placebo", "rr", d.InTimeRR, "p", d.InTimeP))
	}
}

// Point is ln RR of the plain synthetic control alone, without an error and
// without the refusal for a poor fit before; NaN where there is no expectation.
func Point(q *donor.Pool) float64 {
	t := len(q.Periods)
	c := &comparison{q: q, y: make([]float64, t), counts: make([]float64, t)}
	c.before = c.donors(q.Pre)
	observed, expected := c.ratio(q.Treated, c.before, q.Pre, nil)
	return math.Log(observed / expected)
}
