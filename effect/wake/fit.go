package wake

import "math"

// own is the share of a column's square that must be its own, given the columns
// before it, for it to have a coefficient.
const own = 1e-9

// fit is the weighted regression of one window's matched wakes on a constant, the
// number before and the kind. It is made once; the labels of the kinds change
// from one permutation to the next.
type fit struct {
	before, after []float64 // one a matched wake; before less its mean
	shift         float64   // that mean
	stratum       []int32   // numbered from 0
	block         []int32
	treated       []bool
	perStratum    []int32   // treated wakes of a stratum
	control       []float64 // weight of a control of it
	blocks        int
	sums          []moments // of each block
	left          []int32
}

// moments are sums of weighted squares and products: of the columns 1, x (before)
// and d (treated) with each other, and with y.
type moments struct{ n, x, d, xx, xd, y, xy, dy float64 }

func (m *moments) add(o *moments, sign float64) {
	m.n += sign * o.n
	m.x += sign * o.x
	m.d += sign * o.d
	m.xx += sign * o.xx
	m.xd += sign * o.xd
	m.y += sign * o.y
	m.xy += sign * o.xy
	m.dy += sign * o.dy
}

// effect is the coefficient of d: elimination in the order 1, x, d, so that it is
// the last one solved for. d squared is d. It is not-a-number where d has no
// variation of its own. dropped says that x has none.
func (m *moments) effect() (b, pivot float64, dropped bool) {
	xx, xd, xy := m.xx-m.x*m.x/m.n, m.xd-m.x*m.d/m.n, m.xy-m.x*m.y/m.n
	dd, dy := m.d-m.d*m.d/m.n, m.dy-m.d*m.y/m.n
	if dropped = !(xx > own*(m.xx+1)); !dropped {
		dd -= xd * xd / xx
		dy -= xd * xy / xx
	}
	if !(dd > own*m.d) {
		return math.NaN(), 0, dropped
	}
	return dy / dd, dd, dropped
}

// estimate gives the effect, its cluster jackknife error and the total moments
// under the present labels. se is not-a-number where the effect hangs on a single
// block.
func (f *fit) estimate() (b, se float64, total moments) {
	clear(f.sums)
	for i, y := range f.after {
		m := &f.sums[f.block[i]]
		x := f.before[i]
		if f.treated[i] {
			m.n++
			m.d++
			m.x += x
			m.xd += x
			m.xx += x * x
			m.y += y
			m.xy += x * y
			m.dy += y
			continue
		}
		w := f.control[f.stratum[i]]
		m.n += w
		m.x += w * x
		m.xx += w * x * x
		m.y += w * y
		m.xy += w * x * y
	}
	for g := range f.sums {
		total.add(&f.sums[g], 1)
	}
	b, _, _ = total.effect()
	for g := range f.sums {
		without := total
		without.add(&f.sums[g], -1)
		d, _, _ := without.effect()
		se += (d - b) * (d - b)
	}
	g := float64(len(f.sums))
	return b, math.Sqrt((g - 1) / g * se), total
}

// relabel hands the kinds out anew within every stratum: of its wakes, those that
// come first in order become treated, as many as there were. slot is the place of
// an operation in the fit, negative if it is not matched.
func (f *fit) relabel(order []int, slot []int32) {
	copy(f.left, f.perStratum)
	for _, i := range order {
		k := slot[i]
		if k < 0 {
			continue
		}
		s := f.stratum[k]
		f.left[s]--
		f.treated[k] = f.left[s] >= 0
	}
}

// ordinary completes the regression: all coefficients, the plain standard error of
// the effect, that of the intercept, and R squared adjusted for degrees of
// freedom.
type ordinary struct {
	intercept, before, effect float64
	interceptSE, effectSE     float64
	adjusted                  float64
	df                        int
	dropped                   bool // the number before
}

// ordinary reads them off the sums of [fit.estimate] under the same labels.

func (f *fit) ordinary(total moments) (r ordinary) {
	b, pivot, dropped := total.effect()
	r.effect, r.dropped = b, dropped
	m := &total
	xx := m.xx - m.x*m.x/m.n
	if !dropped {
		r.before = (m.xy - m.x*m.y/m.n - b*(m.xd-m.x*m.d/m.n)) / xx
	}
	level := (m.y - b*m.d - r.before*m.x) / m.n // at the mean of x
	r.intercept = level - r.before*f.shift
	rss, tss := 0.0, 0.0
	for i, y := range f.after {
		w, d := 1.0, 1.0
		if !f.treated[i] {
			w, d = f.control[f.stratum[i]], 0
		}
		e := y - level - r.before*f.before[i] - b*d
		rss += w * e * e
		tss += w * (y - m.y/m.n) * (y - m.y/m.n)
	}
	n := len(f.after)
	r.df = n - 3
	if dropped {
		r.df++
	}
	s2 := rss / float64(r.df)
	r.effectSE = math.Sqrt(s2 / pivot)
	// The variance of the intercept is that of the fitted value at x = -shift, d = 0:
	// 1/n + (dx)^2/xx + (what is left of d there)^2 / pivot.
	dx := -f.shift - m.x/m.n
	v, u := 1/m.n, -m.d/m.n
	if !dropped {
		v += dx * dx / xx
		u -= dx * (m.xd - m.x*m.d/m.n) / xx
	}
	r.interceptSE = math.Sqrt(s2 * (v + u*u/pivot))
	r.adjusted = 1 - rss/tss*float64(n-1)/float64(r.df)
	return r
}
