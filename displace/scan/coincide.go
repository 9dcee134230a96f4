package scan

import (
	"math"
	"slices"

	"athar"
)

// Campaign is where and when something may have been moved: the role of each
// place and the days from its start to the last day looked at.
type Campaign struct {
	Roles []athar.Role // by place
	Span  athar.Span
}

// Coincidence is a low inside a footprint together with a high in its rings.
type Coincidence struct {
	Low  *Cylinder `json:"low"`  // the most unlikely low of areas inside, against far; none: nil
	High *Cylinder `json:"high"` // the most unlikely high of areas of rings, against far
	// P is the larger of the two p values: small only if both the low and the high
	// are unlikely (an intersection-union test, so that a fall inside without a rise
	// around it is not taken for both). It takes events for independent, and bursts
	// alone make it small.
	P athar.Num `json:"p"`
	// PPlacebo is the same from the ranks of the low and of the high among those of
	// campaigns that did not happen, which have their bursts too: the one to read. Each
	// is ranked by its log-likelihood ratio over the mean of the largest ones with dates
	// dealt out, because p values end at 1/(draws+1), where with bursts all of them
	// lie. MinP is the smallest it could have been.
	PPlacebo athar.Num      `json:"p_placebo"`
	MinP     athar.Num      `json:"min_p"`
	Placebos int            `json:"placebos"` // that gave an answer
	Draws    int            `json:"draws"`
	Warnings []athar.Note   `json:"warnings,omitempty"`
	Refusal  *athar.Refusal `json:"refusal,omitempty"`

	low, high float64 // the two log-likelihood ratios over what dealt dates give on average
}

// NeedPlacebos is how many placebos must give an answer: fewer cannot reach p = .05.
const NeedPlacebos = 19

// Coincide asks whether areas inside a campaign's footprint hold too few events
// after its start while areas of its rings hold too many. Each is scanned
// against the far areas alone: were both in one scan, a fall inside would by
// arithmetic be a rise everywhere else. Cylinders lie within the campaign's
// days and within inside, or the rings; areas left out do not count.
//
// placebos are campaigns that did not happen, with roles for the same places
// (see effect/placebo for which may serve); nil leaves PPlacebo without a value.
// Options.Study should be given: it is when events could have been seen. Share
// and Km bound cylinders only if they are set.
func Coincide(places []Place, cases []Case, c Campaign, placebos []Campaign, o Options) Coincidence {
	if o.Km == 0 {
		o.Km = 2000
	}
	if o.Share == 0 {
		o.Share = 1
	}
	if o.MaxDays == 0 && c.Span.Days() > 0 {
		o.MaxDays = c.Span.Days()
	}
	out := one(places, cases, c, o)
	out.PPlacebo, out.MinP = nan, nan
	if out.Refusal != nil || placebos == nil {
		return out
	}
	low, high := 1, 1
	for _, q := range placebos {
		// The same draws for all, so that nothing but the campaign differs.
		r := one(places, cases, q, o)
		if r.Refusal != nil || math.IsNaN(float64(r.P)) {
			continue
		}
		out.Placebos++
		if r.low >= out.low {
			low++
		}
		if r.high >= out.high {
			high++
		}
	}
	if out.Placebos < NeedPlacebos {
		out.Warnings = append(out.Warnings, athar.NewNote("scan-few-placebos", "n", out.Placebos, "need", NeedPlacebos))
		return out
	}
	out.PPlacebo, out.MinP = athar.Num(float64(max(low, high))/float64(out.Placebos+1)), athar.Num(1/float64(out.Placebos+1))
	return out
}

// one is the coincidence of one campaign.
func one(places []Place, cases []Case, c Campaign, o Options) Coincidence {
	out := Coincidence{P: nan}
	role := func(i int) athar.Role {
		if i < 0 || i >= len(c.Roles) {
			return athar.LeftOut
		}
		return c.Roles[i]
	}
	var inside, ring, far int
	used := make([]Case, 0, len(cases))
	for _, e := range cases {
		switch r := role(e.Place); {
		case r == athar.Inside:
			inside++
		case r.IsRing():
			ring++
		case r == athar.Far:
			far++
		default:
			continue
		}
		used = append(used, e)
	}
	s := arrange(places, used, &o)
	out.Warnings = s.warnings()
	if out.Refusal = s.refuse(); out.Refusal != nil {
		return out
	}
	if inside < MinCases || ring < MinCases || far < MinCases {
		out.Refusal = athar.Refuse("scan-roles", "inside", inside, "rings", ring, "far", far, "need", MinCases)
		return out
	}
	if c.Span.First <= o.Study.First || c.Span.First > o.Study.Last || c.Span.Last < c.Span.First {
		out.Refusal = athar.Refuse("scan-window")
		return out
	}
	is := func(want func(athar.Role) bool) func(int) bool {
		return func(place int) bool { return want(role(s.given[place])) }
	}
	isInside := is(func(r athar.Role) bool { return r == athar.Inside })
	isRing := is(athar.Role.IsRing)
	rings, inner := s.without(isRing), s.without(isInside)
	l := limits{from: int(s.at(c.Span.First)), to: int(s.at(min(c.Span.Last, o.Study.Last))) + 1, length: s.length}
	if s.span(l.from, l.from+1).First < c.Span.First && l.from+1 < l.to {
		l.from++ // the first whole period of the campaign
	}
	lows, highs := l, l
	lows.low, highs.high = true, true
	zin, zring := s.zones(isInside), s.zones(isRing)
	tops := [2][]float64{make([]float64, o.Draws), make([]float64, o.Draws)}
	s.draw(0, o.Draws, func() search {
		return func(w *work, period []int32, d int) {
			w.load(period, rings)
			tops[0][d], _ = w.largest(zin, lows)
			w.load(period, inner)
			_, tops[1][d] = w.largest(zring, highs)
		}
	})
	w := newWork(s)
	w.load(s.period, rings)
	lo, _ := w.centres(zin, lows)
	w.load(s.period, inner)
	_, hi := w.centres(zring, highs)
	top := func(list []found, tops []float64) *Cylinder {
		if len(list) == 0 {
			return nil
		}
		c := slices.MinFunc(list, unlikely)
		y := s.cylinder(c)
		y.P = rank(c.llr, tops)
		return &y
	}
	out.Low, out.High, out.Draws = top(lo, tops[0]), top(hi, tops[1]), o.Draws
	if o.Draws == 0 {
		return out
	}
	out.P = athar.Num(max(chance(out.Low), chance(out.High)))
	out.low, out.high = excess(out.Low, tops[0]), excess(out.High, tops[1])
	return out
}

// excess is the log-likelihood ratio of a cylinder over the mean of tops, the
// largest ones with dates dealt out; 0 where there is none.
func excess(c *Cylinder, tops []float64) float64 {
	if c == nil {
		return 0
	}
	sum := 0.0
	for _, x := range tops {
		sum += x
	}
	return float64(c.LLR) * float64(len(tops)) / sum
}

// chance is the p value of a cylinder; there is none where nothing is too few or
// too many.
func chance(c *Cylinder) float64 {
	if c == nil {
		return 1
	}
	return float64(c.P)
}
