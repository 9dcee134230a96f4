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
	LeaveOneOut   [2]athar.Num
	InTimeRR      athar.Num // as if the campaign had run in the last third of the time before
	InTimeP       athar.Num
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

// Estimate makes the footprint, summed to one unit, out of far areas, each by
// its rate over its own mean before. The ratio is observed over expected counts
// of the phase. Its interval is conformal: the ratios that, when undone, leave
// residuals after the start no larger than cyclic shifts of all residuals, the
// control and the scale being fitted again to all periods for every ratio; P is
// the conformal p of a ratio of 1.
func Estimate(p *athar.Panel, o Options) Result {
	method := Method
	if o.Ridge {
		method = MethodRidge
	}
	var res Result
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		pool, refusal := donor.Of(p, ph)
		if pool == nil {
			continue
		}
		e := pool.Blank(o.Campaign, method, o.Spec, ph)
		e.Warnings = slices.Clone(pool.Notes)
		if n := len(pool.Periods); refusal == nil && n < MinPeriods {
			refusal = refuse("few-shifts", "n", n, "need", MinPeriods)
		}
		if refusal == nil {
			var d Diagnosis
			if d, refusal = estimate(pool, &e, o.Ridge); refusal == nil {
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
}

func (c *comparison) donors(over int) []float64 {
	t := len(c.q.Periods)
	m := make([]float64, len(c.q.Counts))
	for j := range c.q.Donors {
		c.q.Index(m[j*t:(j+1)*t], c.q.Donor(j), over)
	}
	return m
}

// ratio fits the first pre periods and compares the periods from there to end.
func (c *comparison) ratio(donors []float64, pre, end int, expected []athar.Num) (observed, total float64) {
	mean := c.q.Index(c.y, c.q.Treated, pre)
	var err error
	if c.ridge {
		err = c.fit.Augmented(c.y, donors, pre, c.lambda)
	} else {
		err = c.fit.Control(c.y, donors, pre)
	}
	if err != nil {
		return math.NaN(), math.NaN()
	}
	for k := range end {
		x := (c.y[k] - c.fit.Gap[k]) * mean * c.q.Days[k]
		if expected != nil {
			expected[k] = athar.Num(x)
		}
		if k >= pre {
			observed += c.q.Treated[k]
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

func estimate(q *donor.Pool, e *athar.Effect, ridged bool) (Diagnosis, *athar.Refusal) {
	n, t := len(q.Donors), len(q.Periods)
	c := &comparison{q: q, ridge: ridged, y: make([]float64, t), counts: make([]float64, t)}
	c.before, c.all = c.donors(q.Pre), c.donors(t)
	d := Diagnosis{Donors: q.Donors, Periods: q.Periods, Expected: make([]athar.Num, t)}
	if ridged {
		q.Index(c.y, q.Treated, q.Pre)
		var err error
		if c.lambda, err = c.fit.Penalty(c.y, c.before, q.Pre); err != nil {
			return d, refuse("diverged")
		}
		d.Penalty = athar.Num(c.lambda)
		c.ridge = false
		_, plain := c.ratio(c.before, q.Pre, t, nil)
		c.ridge = true
		_, total := c.ratio(c.before, q.Pre, t, nil)
		d.Bias = athar.Num(math.Log(total / plain))
	}
	observed, expected := c.ratio(c.before, q.Pre, t, d.Expected)
	sd := rms(sub1(c.y[:q.Pre]))
	d.PreRMSPE, d.PreSD = athar.Num(c.fit.Pre), athar.Num(sd)
	for _, w := range c.fit.W {
		d.Weights = append(d.Weights, athar.Num(w))
	}
	d.Extrapolation = athar.Num(c.fit.Extrapolation())
	switch {
	case c.fit.Pre > PoorFit*sd:
		return d, refuse("poor-prefit", "share", athar.Num(c.fit.Pre/sd), "need", athar.Num(PoorFit))
	case !(expected > 0):
		return d, refuse("no-expectation")
	}
	if w := slices.Max(d.Weights); w > .5 {
		e.Warnings = append(e.Warnings, note("one-donor", "weight", w))
	}
	if d.Extrapolation > .1 {
		e.Warnings = append(e.Warnings, note("extrapolates", "share", d.Extrapolation))
	}
	b := math.Log(observed / expected)
	d.LeaveOneOut = c.leaveOneOut(b)
	if float64(d.LeaveOneOut[0]) < 1 && float64(d.LeaveOneOut[1]) > 1 {
		e.Warnings = append(e.Warnings, note("leave-one-out", "low", d.LeaveOneOut[0], "high", d.LeaveOneOut[1]))
	}
	c.inSpace(&d, n, e)
	c.inTime(&d, e)

	if ridged {
		c.fit.ridge.centre(c.all, t, t, -1)
	}
	low, high := c.interval(b, q.Pre)
	e.RR, e.Low, e.High, e.P = athar.Num(math.Exp(b)), athar.Num(low), athar.Num(high), athar.Num(c.conformal(1, q.Pre))
	e.Inference = "conformal"
	e.Observed, e.Expected, e.Avoided = athar.Num(observed), athar.Num(expected), athar.Num(expected-observed)
	e.AvoidedLow, e.AvoidedHigh = athar.Num(observed/high-observed), athar.Num(observed/low-observed)
	return d, nil
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
		if o, x := c.ratio(rest, c.q.Pre, t, nil); x > 0 {
			low, high = min(low, math.Log(o/x)), max(high, math.Log(o/x))
		}
	}
	return [2]athar.Num{athar.Num(math.Exp(low)), athar.Num(math.Exp(high))}
}

// inSpace ranks the footprint among the donors.
func (c *comparison) inSpace(d *Diagnosis, n int, e *athar.Effect) {
	c.q.Index(c.y, c.q.Treated, c.q.Pre)
	p, err := c.fit.InSpace(c.y, c.before, c.q.Pre)
	if err != nil {
		return
	}
	d.PlaceboP, d.PlaceboClose, d.MinP = athar.Num(p.P), athar.Num(p.PClose), athar.Num(1/float64(n+1))
	if n < 19 {
		e.Warnings = append(e.Warnings, note("placebo-floor", "donors", n, "p", d.MinP))
	}
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
	o, x := in.ratio(in.donors(q.Pre), q.Pre, end, nil)
	if c.ridge {
		in.fit.ridge.centre(in.all, end, end, -1)
	}
	d.InTimeRR, d.InTimeP = athar.Num(o/x), athar.Num(in.conformal(1, q.Pre))
	if d.InTimeP <= .05 {
		e.Warnings = append(e.Warnings, note("in-time-placebo", "rr", d.InTimeRR, "p", d.InTimeP))
	}
}
