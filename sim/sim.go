// Package sim makes worlds in which the truth is known: panels of invented
// areas with a campaign whose effect, and whose pitfalls, were put there on
// purpose (METHODS.md F1).
//
// The package thinks that a method has earned its interval only where the
// interval has been seen to hold. The same worlds validate the program and
// teach its readers what displacement, regression to the mean or a reporting
// drop look like in counts.
package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"athar"
	"athar/stat"
)

// World describes one kind of panel. Effects are rate ratios during and after
// the campaign; the zero value of a ratio means 1.
type World struct {
	Name   string
	Says   string // what is in it, in a few words
	Inside int    // areas; default 8
	Ring   int    // areas in each of two rings; default 8
	Far    int    // default 36

	Pre, During, Post int // months; default 24, 6, 6

	Level float64 // mean events per area and month; default 3
	Phi   float64 // variance over mean of the counts, negative binomial; default 1
	Sigma float64 // standard deviation of each area's log intensity in time
	Rho   float64 // its autocorrelation

	InsideRR [2]float64 // during, post
	RingRR   [2]float64 // ring 1
	// Displace puts the events that the campaign removes inside into ring 1.
	Displace bool
	// Surge raises the intensity inside by this factor in the last three months
	// before the campaign.
	Surge float64
	// Wave raises the intensity inside by this factor in the second month of the
	// post-period, as a month of Ramadan that is felt only there would.
	Wave float64
	// ReportAll and ReportInside are the shares of events that are reported from
	// the start of the campaign on, everywhere and inside.
	ReportAll, ReportInside float64

	// Branching is the share of events that other events of the area set off,
	// each after an exponential delay of mean Delay days (a self-exciting series;
	// Phi, Sigma and Rho then do not apply). What changes is the rate of the others.
	Branching, Delay float64
	// Noise is the share of events near that are put down in another area near,
	// because the place is known within some 25 km only.
	Noise float64
	// Twice is the share of events that a second source reports again.
	Twice float64
	// Others are campaigns in far areas.
	Others []Other

	// First is the first month, of 1 January 2018 if zero.
	First athar.Day
}

// Other is another campaign, in four far areas, from month Start on for as
// long as the first one; RR holds for its time and afterwards.
type Other struct {
	Start int
	RR    float64
}

// otherAreas is how many far areas another campaign has.
const otherAreas = 4

// Worlds are the named worlds of METHODS.md F1 that a rate-ratio method can be
// asked about, with eight treated areas.
func Worlds() []World {
	half := [2]float64{.7, .7}
	return []World{
		{Name: "S0", Says: "no effect, Poisson"},
		{Name: "S1-phi2", Says: "no effect, dispersion 2", Phi: 2},
		{Name: "S1-phi4", Says: "no effect, dispersion 4", Phi: 4},
		{Name: "S1-phi8", Says: "no effect, dispersion 8", Phi: 8},
		{Name: "S2", Says: "no effect, AR(1) log intensity, rho .5, sd .5", Sigma: .5, Rho: .5},
		{Name: "S3", Says: "no effect, surge of 60% inside before the campaign", Phi: 2, Surge: 1.6},
		// The loud month is Ramadan of 2020.
		{Name: "S4", Says: "no effect, a month of 60% more inside afterwards", Phi: 2, Wave: 1.6, First: athar.Date(2017, 10, 1)},
		{Name: "S5-all", Says: "no effect, 30% fewer events reported everywhere", Phi: 2, ReportAll: .7},
		{Name: "S5-inside", Says: "no effect, 30% fewer events reported inside", Phi: 2, ReportInside: .7},
		{Name: "S6", Says: "inside 0.7", Phi: 2, InsideRR: half},
		{Name: "S7", Says: "inside 0.7, the same number moves to ring 1", Phi: 2, InsideRR: half, Displace: true},
		{Name: "S8", Says: "inside 0.8, ring 1 0.8", Phi: 2, InsideRR: [2]float64{.8, .8}, RingRR: [2]float64{.8, .8}},
		{Name: "S9", Says: "inside 0.7 during the campaign only", Phi: 2, InsideRR: [2]float64{.7, 1}},
		{Name: "S12", Says: "self-exciting, branching .6, first events inside 0.7", Branching: .6, Delay: 5, InsideRR: half},
		{Name: "S13", Says: "inside 0.7, a quarter of the events near put down in another area near", Phi: 2, InsideRR: half, Noise: .25},
		{Name: "S14", Says: "inside 0.7, 15% of events reported twice", Phi: 2, InsideRR: half, Twice: .15},
		{Name: "S15", Says: "inside 0.7, campaigns elsewhere 8 months before (0.5) and 4 months after (0.9)", Phi: 2, InsideRR: half,
			Others: []Other{{Start: 16, RR: .5}, {Start: 28, RR: .9}}},
	}
}

// Few returns w with n areas inside.
func (w World) Few(n int) World {
	w.Name = fmt.Sprintf("%s, %d inside", w.Name, n)
	w.Inside = n
	return w
}

// Truth holds the rate ratios that are in a panel.
type Truth map[Key]float64

// Key names an effect.
type Key struct {
	Question athar.Question
	Ring     int
	Phase    athar.Phase
}

func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// Periods are the months of the world.
func (w World) Periods() []athar.Period {
	pre, during, post := or(w.Pre, 24), or(w.During, 6), or(w.Post, 6)
	start := or(w.First, athar.Date(2018, 1, 1)).Time()
	var out []athar.Period
	for t := range pre + during + post {
		q := athar.Period{Phase: athar.Pre}
		q.First = athar.Date(start.Year(), start.Month()+time.Month(t), 1)
		q.Last = athar.Date(start.Year(), start.Month()+time.Month(t+1), 0)
		q.Days = float64(q.Span.Days())
		switch {
		case t >= pre+during:
			q.Phase = athar.Post
		case t >= pre:
			q.Phase = athar.During
		}
		out = append(out, q)
	}
	return out
}

// Panel draws replicate number replicate of the world. Volumes of the areas
// belong to the world and stay the same in every replicate.
func (w World) Panel(seed uint64, replicate int) (*athar.Panel, Truth) {
	p, truth, _ := w.draw(seed, replicate)
	return p, truth
}

// draw is Panel, with the days of the events by cell for a self-exciting world.
func (w World) draw(seed uint64, replicate int) (*athar.Panel, Truth, map[int][]athar.Day) {
	inside, ring, far := or(w.Inside, 8), or(w.Ring, 8), or(w.Far, 36)
	pre, during := or(w.Pre, 24), or(w.During, 6)
	level, phi := or(w.Level, 3), or(w.Phi, 1)
	p := &athar.Panel{Periods: w.Periods()}
	na, nt := inside+2*ring+far, len(p.Periods)
	p.Count, p.Use = make([]float64, na*nt), make([]bool, na*nt)
	for i := range na {
		role := athar.Far
		switch {
		case i < inside:
			role = athar.Inside
		case i < inside+ring:
			role = 1
		case i < inside+2*ring:
			role = 2
		}
		p.Areas = append(p.Areas, athar.PanelArea{Code: fmt.Sprintf("A%03d", i), Role: role})
	}

	// Volumes are spread over a log-normal (sd .8) and dealt out evenly, so that
	// every role has large and small areas.
	volume := make([]float64, na)
	order := stat.Stream(0, "volumes/"+fmt.Sprint(na), 0).Perm(na)
	mean := 0.0
	for i, k := range order {
		volume[i] = math.Exp(.8 * stat.TQuantile((float64(k)+.5)/float64(na), math.Inf(1)))
		mean += volume[i] / float64(na)
	}
	for i := range volume {
		volume[i] *= level / mean
	}
	sum := func(r athar.Role) (s float64) {
		for i, a := range p.Areas {
			if a.Role == r {
				s += volume[i]
			}
		}
		return
	}
	truth := Truth{}
	var ratio [3]map[athar.Phase]float64
	for n, ph := range []athar.Phase{athar.During, athar.Post} {
		in, r1 := or(w.InsideRR[n], 1), or(w.RingRR[n], 1)
		if w.Displace {
			r1 += (1 - in) * sum(athar.Inside) / sum(1)
		}
		for r, v := range []float64{in, r1, 1} {
			if ratio[r] == nil {
				ratio[r] = map[athar.Phase]float64{}
			}
			ratio[r][ph] = v
		}
		truth[Key{athar.AskInside, 0, ph}] = in
		truth[Key{athar.AskRing, 1, ph}] = r1
		truth[Key{athar.AskRing, 2, ph}] = 1
		a, b, c := sum(athar.Inside), sum(1), sum(2)
		truth[Key{athar.AskNet, 0, ph}] = (a*in + b*r1 + c) / (a + b + c)
	}

	days := map[int][]athar.Day{}
	r := stat.Stream(seed, "sim/"+w.Name, replicate)
	for i, a := range p.Areas {
		state := w.Sigma * r.NormFloat64()
		for t, q := range p.Periods {
			mu := volume[i] * (1 + .25*math.Sin(2*math.Pi*float64(t)/12)) * math.Exp(state-w.Sigma*w.Sigma/2) * w.elsewhere(i-(inside+2*ring), t)
			state = w.Rho*state + w.Sigma*math.Sqrt(1-w.Rho*w.Rho)*r.NormFloat64()
			if a.Role != athar.Far && q.Phase != athar.Pre {
				mu *= ratio[a.Role][q.Phase]
			}
			if q.Phase != athar.Pre {
				mu *= or(w.ReportAll, 1)
			}
			if a.Role == athar.Inside {
				switch {
				case t >= pre-3 && t < pre:
					mu *= or(w.Surge, 1)
				case t == pre+during+1:
					mu *= or(w.Wave, 1)
				}
				if q.Phase != athar.Pre {
					mu *= or(w.ReportInside, 1)
				}
			}
			k := p.At(i, t)
			p.Use[k] = true
			if w.Branching > 0 {
				w.excite(r, p, i, t, mu*(1-w.Branching), days)
				continue
			}
			p.Count[k] = stat.NegBin(r, mu, phi)
		}
	}
	w.misplace(r, p, inside+2*ring)
	w.repeat(r, p)
	if w.Branching > 0 {
		// Events set off by those before the campaign still come after its start:
		// the mean is l1 + a (l0 - l1) exp(-(1-a) u/Delay) u days on, l0 and l1
		// before and in the long run (Hawkes 1971).
		days := 0.0
		for _, q := range p.Periods {
			if q.Phase == athar.During {
				days += q.Days
			}
		}
		k := Key{athar.AskInside, 0, athar.During}
		truth[k] += (1 - truth[k]) * w.Branching * w.Delay / ((1 - w.Branching) * days)
	}
	return p, truth, days
}

// elsewhere is the ratio of the other campaigns in far area f and month t;
// those of the first other campaign are the first four far ones, and so on.
func (w World) elsewhere(f, t int) float64 {
	if f < 0 || f/otherAreas >= len(w.Others) {
		return 1
	}
	if o := w.Others[f/otherAreas]; t >= o.Start {
		return o.RR
	}
	return 1
}

// excite adds immigrants immigrants on average to a month of an area, and all
// events that follow from them, to the counts and to the days by cell.
func (w World) excite(r *rand.Rand, p *athar.Panel, i, t int, immigrants float64, days map[int][]athar.Day) {
	last := p.Periods[len(p.Periods)-1].Last
	var follow func(day float64)
	follow = func(day float64) {
		for t < len(p.Periods) && day >= float64(p.Periods[t].Last+1) {
			t++
		}
		k := p.At(i, t)
		p.Count[k]++
		days[k] = append(days[k], athar.Day(day))
		for range int(stat.NegBin(r, w.Branching, 1)) {
			if d := day + w.Delay*r.ExpFloat64(); d < float64(last+1) {
				from := t
				follow(d)
				t = from
			}
		}
	}
	q := p.Periods[t]
	for range int(stat.NegBin(r, immigrants, 1)) {
		from := t
		follow(float64(q.First) + q.Days*r.Float64())
		t = from
	}
}

// misplace moves events of the first near areas, those inside and in the
// rings, to another of the areas inside and in ring 1.
func (w World) misplace(r *rand.Rand, p *athar.Panel, near int) {
	if w.Noise == 0 {
		return
	}
	var to []int
	for i, a := range p.Areas[:near] {
		if a.Role == athar.Inside || a.Role == 1 {
			to = append(to, i)
		}
	}
	for t := range p.Periods {
		moved := make([]float64, near)
		for _, i := range to {
			k := p.At(i, t)
			for range int(p.Count[k]) {
				if r.Float64() < w.Noise {
					moved[i]--
					moved[to[r.IntN(len(to))]]++
				}
			}
		}
		for _, i := range to {
			p.Count[p.At(i, t)] += moved[i]
		}
	}
}

// repeat counts some events a second time.
func (w World) repeat(r *rand.Rand, p *athar.Panel) {
	if w.Twice == 0 {
		return
	}
	for k, n := range p.Count {
		for range int(n) {
			if r.Float64() < w.Twice {
				p.Count[k]++
			}
		}
	}
}
