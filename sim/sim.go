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
}

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
		{Name: "S4", Says: "no effect, a month of 60% more inside afterwards", Phi: 2, Wave: 1.6},
		{Name: "S5-all", Says: "no effect, 30% fewer events reported everywhere", Phi: 2, ReportAll: .7},
		{Name: "S5-inside", Says: "no effect, 30% fewer events reported inside", Phi: 2, ReportInside: .7},
		{Name: "S6", Says: "inside 0.7", Phi: 2, InsideRR: half},
		{Name: "S7", Says: "inside 0.7, the same number moves to ring 1", Phi: 2, InsideRR: half, Displace: true},
		{Name: "S8", Says: "inside 0.8, ring 1 0.8", Phi: 2, InsideRR: [2]float64{.8, .8}, RingRR: [2]float64{.8, .8}},
		{Name: "S9", Says: "inside 0.7 during the campaign only", Phi: 2, InsideRR: [2]float64{.7, 1}},
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

// Panel draws replicate number replicate of the world. Volumes of the areas
// belong to the world and stay the same in every replicate.
func (w World) Panel(seed uint64, replicate int) (*athar.Panel, Truth) {
	inside, ring, far := or(w.Inside, 8), or(w.Ring, 8), or(w.Far, 36)
	pre, during, post := or(w.Pre, 24), or(w.During, 6), or(w.Post, 6)
	level, phi := or(w.Level, 3), or(w.Phi, 1)
	na, nt := inside+2*ring+far, pre+during+post
	p := &athar.Panel{Count: make([]float64, na*nt), Use: make([]bool, na*nt)}
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
	for t := range nt {
		q := athar.Period{Phase: athar.Pre}
		q.First = athar.Date(2018, time.January+time.Month(t), 1)
		q.Last = athar.Date(2018, time.January+time.Month(t+1), 0)
		q.Days = float64(q.Span.Days())
		switch {
		case t >= pre+during:
			q.Phase = athar.Post
		case t >= pre:
			q.Phase = athar.During
		}
		p.Periods = append(p.Periods, q)
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

	r := stat.Stream(seed, "sim/"+w.Name, replicate)
	for i, a := range p.Areas {
		state := w.Sigma * r.NormFloat64()
		for t, q := range p.Periods {
			mu := volume[i] * (1 + .25*math.Sin(2*math.Pi*float64(t)/12)) * math.Exp(state-w.Sigma*w.Sigma/2)
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
			p.Count[k] = stat.NegBin(r, mu, phi)
			p.Use[k] = true
		}
	}
	return p, truth
}
