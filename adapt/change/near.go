package change

import "math"

// Near says where, of all changes of a series of counts, the one that is nearest
// to the start of a campaign lies.
type Near struct {
	// Before, At and After are the probabilities that it lies before the window,
	// in it, from one period before the start to two after, and after it; None
	// that there is no change at all. They add up to 1.
	Before, At, After, None float64
	// Recent is the part of Before that lies within half of the expected length of a
	// regime (26 weeks, 12 months) before the start.
	Recent float64
	// Mode is its most probable period, the first of a new level, and P the
	// probability of that period and its two neighbours.
	Mode int
	P    float64
	// Law is the probability of each period.
	Law []float64
}

// About is the posterior of the change that is nearest to a start that lies in
// periods first to last, equally likely ([Regimes.Nearest]); the model is the one of
// [Indicators], with regimes of 52 weeks or 24 months expected and the log
// likelihood divided by a dispersion that allows for noise that carries over. exposure
// is 0 for a period that was not observed. The error is that of [Posterior], or a
// series with fewer periods than that model needs: 8 weeks or 4 months before the start,
// 3 periods from it on.
func About(counts, exposure []float64, first, last int, weekly bool) (Near, error) {
	s := &series{scale: months, weekly: weekly, count: counts, exposure: exposure, first: first, last: last}
	if weekly {
		s.scale = weeks
	}
	if first < s.minimum || last < first || len(counts)-last < MinAfter {
		return Near{}, errCounts
	}
	if err := check(counts, exposure); err != nil {
		return Near{}, err
	}
	for range last - first + 1 {
		s.starts = append(s.starts, 1/float64(last-first+1))
	}
	phi, _, _ := s.noise()
	g, err := Online(counts, exposure, Hazard{Length: s.length, Dispersion: phi})
	if err != nil {
		return Near{}, err
	}
	var n Near
	n.Law, n.None, n.At = s.about(g)
	for i, p := range n.Law {
		if p > n.Law[n.Mode] {
			n.Mode = i
		}
	}
	for i := max(0, n.Mode-1); i <= n.Mode+1 && i < len(n.Law); i++ {
		n.P += n.Law[i]
	}
	for k, w := range s.starts {
		p, _ := g.Nearest(first + k)
		for i := 0; i < first+k+windowFirst; i++ {
			n.Before += w * p[i]
			if i >= first+k-int(s.length/2) {
				n.Recent += w * p[i]
			}
		}
	}
	n.After = math.Max(0, 1-n.None-n.At-n.Before)
	return n, nil
}
