package spatial

import "athar/stat/spacetime"

// widths of the smoothings of a chart, km: from a block of houses to a town.
var widths = []float64{.25, .5, 1, 2, 4}

// chart gives the logarithm of u at each of the events asked about: how dense, per km^2,
// events are at its place at other times, so that u integrates to 1 over the map on
// every day.
//
// A place that is hit again and again is no follower's doing. So the map that
// followers are measured against is drawn from the data themselves, but only
// from events more than Horizon days earlier or later, which can neither have brought
// nor followed the event. Ten such maps, of five smoothings and from the
// event's own side of the campaign's start or from the other, and an even one are mixed by
// the weights that make the events of a side likeliest: stacking (Smyth and Wolpert
// 1999, Machine Learning 36:59). The mass that a smoothing lays beyond the border
// is brought back in proportion.
func (m *daily) chart() error {
	n := len(m.day)
	days := make([]int32, n)
	for i, d := range m.day {
		days[i] = int32(d)
	}
	wide := widths[len(widths)-1]
	index, err := spacetime.NewPlane(days, m.x, m.y, wide)
	if err != nil {
		return errShape
	}
	scale := make([][5]float64, n) // of each event's smoothings, its edge counted
	for i := range scale {
		for b, w := range widths {
			mass, _ := m.seen(i, spread{of: bump, sigma: w})
			scale[i][b] = 1 / mass
		}
	}
	// Events up to a day, by side.
	upTo := make([][2]float64, m.last+1)
	for i, d := range m.day {
		upTo[d][m.side(i)]++
	}
	for t := 1; t <= m.last; t++ {
		for s := range 2 {
			upTo[t][s] += upTo[t-1][s]
		}
	}
	away := func(t, s int) float64 {
		v := upTo[m.last][s] - upTo[min(m.last, t+m.horizon)][s]
		if t-m.horizon > 0 {
			v += upTo[t-m.horizon-1][s]
		}
		return v
	}
	const maps = 11
	dense := make([][maps]float64, n)
	even := 1 / m.area
	var hits []spacetime.Hit
	for i := range n {
		if !m.asked[m.day[i]] {
			continue
		}
		hits = index.Near(hits[:0], m.x[i], m.y[i], wide, 0, int32(m.last))
		of := &dense[i]
		for _, h := range hits {
			gap := int(h.Day) - m.day[i]
			if gap <= m.horizon && gap >= -m.horizon {
				continue
			}
			other := 0
			if m.side(int(h.ID)) != m.side(i) {
				other = len(widths)
			}
			for b := len(widths) - 1; b >= 0 && h.Square < widths[b]*widths[b]; b-- {
				of[other+b] += (1 - h.Square/(widths[b]*widths[b])) * scale[h.ID][b]
			}
		}
		for k := range 2 {
			s := m.side(i)
			if k == 1 {
				s = 1 - s
			}
			for b := range widths {
				if all := away(m.day[i], s); all > 0 {
					of[k*len(widths)+b] /= all
				} else {
					of[k*len(widths)+b] = even
				}
			}
		}
		of[maps-1] = even
	}
	m.u = make([]float64, n)
	for s := range 2 {
		var w [maps]float64
		for k := range w {
			w[k] = 1. / maps
		}
		for range 200 { // steps of EM
			var next [maps]float64
			count := 0.0
			for i := range dense {
				if m.side(i) != s || !m.asked[m.day[i]] {
					continue
				}
				count++
				sum := 0.0
				for k, v := range dense[i] {
					sum += w[k] * v
				}
				for k, v := range dense[i] {
					next[k] += w[k] * v / sum
				}
			}
			for k := range next {
				w[k] = max(next[k]/count, 1e-6)
			}
		}
		// An even share of a hundredth at least: no place is impossible.
		w[maps-1] = max(w[maps-1], .01)
		total := 0.0
		for _, v := range w {
			total += v
		}
		for i := range dense {
			if m.side(i) != s || !m.asked[m.day[i]] {
				continue
			}
			for k, v := range dense[i] {
				m.u[i] += w[k] / total * v
			}
		}
	}
	for i, v := range m.u {
		m.u[i] = max(v, 1e-300)
	}
	return nil
}
