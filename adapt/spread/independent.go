package spread

import (
	"math"
	"math/rand/v2"
)

// Independent measures how many of K areas move on their own. Of the roots of
// their weekly counts, lag-one autocorrelation is taken away from each series,
// then from each what it shares with the mean of all the others, and of the
// correlations R of what remains, with eigenvalues l,
//
//	N_eff = (sum l)^2/sum l^2 = K^2/sum_ij R_ij^2,
//
// from 1 (all move as one) to K (each on its own). Series that do not vary are
// left out. Chance correlations keep it below K: about K/(1 + (K-1)/W) for
// independent series of W weeks, so that only series of one length compare. A
// wave that all share is taken away nearly, not wholly, because its course is
// itself estimated from counts.
//
// It is a workspace: nothing is allocated after [NewIndependent].
type Independent struct {
	weeks int
	z     []float64 // areas x weeks
	sum   []float64
	live  []int
}

// NewIndependent makes room for areas and weeks.
func NewIndependent(areas, weeks int) *Independent {
	return &Independent{z: make([]float64, areas*weeks), sum: make([]float64, weeks), live: make([]int, 0, areas), weeks: weeks}
}

// Number is N_eff of counts, areas by weeks row by row, with the given number
// of weeks a row. NaN with fewer than two areas that vary or 8 weeks.
func (d *Independent) Number(counts []float64, weeks int) float64 {
	if weeks < 8 || weeks > d.weeks {
		return math.NaN()
	}
	d.live = d.live[:0]
	t := weeks - 1 // one week is lost to the autocorrelation
	for i := 0; (i+1)*weeks <= len(counts); i++ {
		y, z := counts[i*weeks:(i+1)*weeks], d.z[len(d.live)*t:(len(d.live)+1)*t]
		if whiten(y, z) {
			d.live = append(d.live, i)
		}
	}
	k := len(d.live)
	if k < 2 {
		return math.NaN()
	}
	sum := d.sum[:t]
	clear(sum)
	for i := range k {
		for w, v := range d.z[i*t : (i+1)*t] {
			sum[w] += v
		}
	}
	for i := range k {
		z := d.z[i*t : (i+1)*t]
		zf, ff := 0.0, 0.0
		for w, v := range z {
			f := sum[w] - v
			zf += v * f
			ff += f * f
		}
		b := 0.0
		if ff > 0 {
			b = zf / ff
		}
		s := 0.0
		for w, v := range z {
			// sum holds the series before any of them changed.
			e := v - b*(sum[w]-v)
			z[w] = e
			s += e * e
		}
		if s > 0 {
			s = 1 / math.Sqrt(s)
		}
		for w := range z {
			z[w] *= s
		}
	}
	squares := float64(k)
	for i := range k {
		for j := range i {
			a, b := d.z[i*t:(i+1)*t], d.z[j*t:(j+1)*t]
			r := 0.0
			for w := range a {
				r += a[w] * b[w]
			}
			squares += 2 * r * r
		}
	}
	return float64(k*k) / squares
}

// whiten writes the standardised residuals of an autoregression of order one
// of sqrt(y) to z; false where y does not vary.
func whiten(y, z []float64) bool {
	mean := 0.0
	for _, v := range y {
		mean += math.Sqrt(v) / float64(len(y))
	}
	c0, c1 := 0.0, 0.0
	for w, v := range y {
		u := math.Sqrt(v) - mean
		c0 += u * u
		if w > 0 {
			c1 += u * (math.Sqrt(y[w-1]) - mean)
		}
	}
	if c0 < 1e-12 {
		return false
	}
	rho, m, s := c1/c0, 0.0, 0.0
	for w := range z {
		z[w] = math.Sqrt(y[w+1]) - mean - rho*(math.Sqrt(y[w])-mean)
		m += z[w] / float64(len(z))
	}
	for w := range z {
		z[w] -= m
		s += z[w] * z[w]
	}
	if s < 1e-12 {
		return false
	}
	s = 1 / math.Sqrt(s)
	for w := range z {
		z[w] *= s
	}
	return true
}

// ShiftNull is N_eff if areas were independent: its mean over draws in which
// every series is shifted around the circle of weeks by its own random number
// of weeks, at least 4, which keeps each series but takes away what they share.
func (d *Independent) ShiftNull(counts []float64, weeks, draws int, r *rand.Rand) float64 {
	if weeks < 9 {
		return math.NaN()
	}
	shifted := make([]float64, len(counts))
	mean := 0.0
	for range draws {
		for i := 0; (i+1)*weeks <= len(counts); i++ {
			by := 4 + r.IntN(weeks-7)
			for w := range weeks {
				shifted[i*weeks+(w+by)%weeks] = counts[i*weeks+w]
			}
		}
		mean += d.Number(shifted, weeks) / float64(draws)
	}
	return mean
}
