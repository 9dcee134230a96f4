package wake

import (
	"math"

	"athar"
	"athar/stat"
)

// How the counts are fitted.
const (
	rounds    = 50
	tolerance = 1e-8
	least     = .05 // of the mean count: no fitted mean counts as less in a weight
)

// negbin fits the matched wakes as negative binomial counts with an identity link, the
// alternative that Schutte and Donnay (2014) offer to least squares,
//
//	E y = m = b0 + b1 before + b2 treated,  Var y = m + m^2/theta,
//
// by least squares with weights w/(m + m^2/theta), m and theta anew until they stay:
// theta from sum w (y-m)^2/(m + m^2/theta) = sum w - 3. The effect is b2 in events an operation, as
// in the plain fit, but wakes that count many events weigh less. The error leaves out one
// block after the other at the last weights. nil where the number before has no
// variation, a fitted mean is not above 0 or it does not settle.
func (f *fit) negbin() *athar.WakeCounts {
	n := len(f.after)
	w, m := make([]float64, n), make([]float64, n)
	mean, weight := 0.0, 0.0
	for i, y := range f.after {
		w[i] = 1
		if !f.treated[i] {
			w[i] = f.control[f.stratum[i]]
		}
		mean += w[i] * y
		weight += w[i]
	}
	mean /= weight
	if mean == 0 {
		return nil
	}
	for i := range m {
		m[i] = mean
	}
	theta, last := math.Inf(1), math.Inf(1)
	sums := make([]moments, f.blocks)
	for range rounds {
		total := f.weighted(sums, w, m, theta)
		b, _, dropped := total.effect()
		if math.IsNaN(b) || dropped {
			return nil
		}
		slope := (total.xy - total.x*total.y/total.n - b*(total.xd-total.x*total.d/total.n)) / (total.xx - total.x*total.x/total.n)
		level := (total.y - b*total.d - slope*total.x) / total.n
		low := math.Inf(1)
		for i := range m {
			fitted := level + slope*f.before[i]
			if f.treated[i] {
				fitted += b
			}
			low = min(low, fitted)
			m[i] = max(fitted, least*mean)
		}
		theta = f.dispersion(w, m, weight-3)
		if math.Abs(b-last) > tolerance*(mean+math.Abs(b)) {
			last = b
			continue
		}
		if !(low > 0) {
			return nil
		}
		total = f.weighted(sums, w, m, theta)
		b, _, _ = total.effect()
		square := 0.0
		for g := range sums {
			without := total
			without.add(&sums[g], -1)
			d, _, _ := without.effect()
			square += (d - b) * (d - b)
		}
		g := float64(f.blocks)
		q := stat.TQuantile(.975, g-1) * math.Sqrt((g-1)/g*square)
		if math.IsNaN(q) {
			return nil
		}
		return &athar.WakeCounts{Effect: athar.Num(b), Low: athar.Num(b - q), High: athar.Num(b + q), Theta: athar.Num(theta)}
	}
	return nil
}

// weighted sums the moments by block under the weights of m and theta, and gives their total.
func (f *fit) weighted(sums []moments, w, m []float64, theta float64) (total moments) {
	clear(sums)
	for i, y := range f.after {
		v := w[i] / (m[i] + m[i]*m[i]/theta)
		x, s := f.before[i], &sums[f.block[i]]
		s.n += v
		s.x += v * x
		s.xx += v * x * x
		s.y += v * y
		s.xy += v * x * y
		if f.treated[i] {
			s.d += v
			s.xd += v * x
			s.dy += v * y
		}
	}
	for g := range sums {
		total.add(&sums[g], 1)
	}
	return total
}

// dispersion solves the equation of theta by halving; +Inf where the counts vary no more than
// Poisson counts.
func (f *fit) dispersion(w, m []float64, df float64) float64 {
	over := func(inverse float64) float64 {
		s := -df
		for i, y := range f.after {
			s += w[i] * (y - m[i]) * (y - m[i]) / (m[i] + m[i]*m[i]*inverse)
		}
		return s
	}
	low, high := 0.0, 1.0
	if over(low) <= 0 {
		return math.Inf(1)
	}
	for over(high) > 0 && high < 1e6 {
		low, high = high, 4*high
	}
	for range 60 {
		if mid := (low + high) / 2; over(mid) > 0 {
			low = mid
		} else {
			high = mid
		}
	}
	return 2 / (low + high)
}
