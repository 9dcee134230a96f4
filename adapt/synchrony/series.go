package synchrony

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"athar"
	"athar/stat"
)

// unit is one event of a used area.
type unit struct {
	day  athar.Day // middle of its span
	week int32     // on the grid
	day1 bool      // its day is known
}

// series is one used area.
type series struct {
	area   int
	events [2][]unit // by side, ascending
	keep   [2]int    // events of each side that make the rates equal
	// What its own model expects in every week with the thinned events, and the
	// standard deviation around it; season and times of year alone, and with the
	// calendar's spans, too.
	mu, sd [2][]float64
	rho    [2]float64 // autocorrelation of the residuals
}

// grid is the weeks of the two sides: those before end with the last day before,
// those after begin with the first day after, so that no week is cut by the
// campaign's start. Weeks are numbered through, blocks of 4 weeks as well.
type grid struct {
	span  [2]athar.Span
	weeks [2]int
	block []int // of every week
	count [2]int
}

func newGrid(before, after athar.Span) grid {
	g := grid{}
	for s, d := range []athar.Span{before, after} {
		w := d.Days() / 7
		if s == 0 {
			d.First = d.Last - athar.Day(7*w) + 1
		} else {
			d.Last = d.First + athar.Day(7*w) - 1
		}
		g.span[s], g.weeks[s] = d, w
		if w > 0 {
			g.count[s] = max(1, int(math.Round(float64(w)/4)))
		}
		for k := range w {
			g.block = append(g.block, s*g.count[0]+k*g.count[s]/w)
		}
	}
	return g
}

func (g *grid) total() int { return g.weeks[0] + g.weeks[1] }

// side of a day, -1 for neither.
func (g *grid) side(d athar.Day) int {
	for s, span := range g.span {
		if span.Has(d) {
			return s
		}
	}
	return -1
}

func (g *grid) week(s int, d athar.Day) int { return s*g.weeks[0] + int(d-g.span[s].First)/7 }

// first and last week of a side, as a half-open range.
func (g *grid) bounds(s int) (int, int) { return s * g.weeks[0], s*g.weeks[0] + g.weeks[s] }

func (g *grid) day(week int) athar.Day {
	if week < g.weeks[0] {
		return g.span[0].First + athar.Day(7*week)
	}
	return g.span[1].First + athar.Day(7*(week-g.weeks[0]))
}

// What a series needs, and how many are used.
const (
	minEvents = 12 // in both sides together
	minSide   = 4  // in each side once the rates are equal
	minAreas  = 4
	maxAreas  = 30
	maxSpan   = 7 // days that a record may cover

	surgeWeeks = 8 // before the campaign that have a level of their own
)

// gather returns the used areas near and far, busiest first, and the number of
// events whose spans are too long to be placed in a week. An area is used if it
// has at least 12 events in both stretches together and, once the busier
// stretch is thinned to the rate of the other one, at least 4 in each; of more
// than 30 areas the busiest in both stretches together are taken, which is
// settled without looking at how they move.
func gather(p *athar.Pattern, g *grid) (near, far []*series, long int) {
	all := make([]series, len(p.Areas))
	for _, r := range p.Records {
		if r.When.Days() > maxSpan {
			long += r.N
			continue
		}
		d := r.When.Mid()
		s := g.side(d)
		if s < 0 {
			continue
		}
		x := &all[r.Area]
		for range r.N {
			x.events[s] = append(x.events[s], unit{day: d, week: int32(g.week(s, d)), day1: r.When.Days() == 1})
		}
	}
	for i := range all {
		x := &all[i]
		x.area = i
		var rate [2]float64
		for s := range 2 {
			slices.SortFunc(x.events[s], func(a, b unit) int {
				one := 0
				if a.day1 != b.day1 {
					if one = 1; a.day1 {
						one = -1
					}
				}
				return cmp.Or(cmp.Compare(a.day, b.day), one)
			})
			rate[s] = float64(len(x.events[s])) / float64(g.weeks[s])
		}
		low := min(rate[0], rate[1])
		for s := range 2 {
			x.keep[s] = min(len(x.events[s]), int(math.Round(low*float64(g.weeks[s]))))
		}
		if len(x.events[0])+len(x.events[1]) < minEvents || min(x.keep[0], x.keep[1]) < minSide {
			continue
		}
		switch {
		case p.Areas[i].Near():
			near = append(near, x)
		case p.Control && p.Areas[i].Role == athar.Far:
			far = append(far, x)
		}
	}
	busiest := func(list []*series) []*series {
		slices.SortFunc(list, func(a, b *series) int {
			return cmp.Or(cmp.Compare(len(b.events[0])+len(b.events[1]), len(a.events[0])+len(a.events[1])),
				strings.Compare(p.Areas[a.area].Code, p.Areas[b.area].Code))
		})
		return list[:min(len(list), maxAreas)]
	}
	return busiest(near), busiest(far), long
}

// Whether the calendar's spans are part of what an area's own model expects.
const (
	season   = 0
	calendar = 1
)

// expect fits the area's own model to its weekly counts, an NB2 regression on
// the side, a yearly wave where there are 52 weeks or more, the last 8 weeks
// before, because campaigns are launched after surges, which would pass for
// synchrony, and for [calendar] the share of each week in each named span; with fewer than 8
// events a column the later ones are left out. The expectation is then scaled to
// the events that are kept: an NB2 count thinned to a share k has mean k mu and
// variance k mu + (k mu)^2/theta.
func (x *series) expect(p *athar.Pattern, g *grid, fit *stat.Regression) {
	n := g.total()
	y := make([]float64, n)
	for s := range 2 {
		for _, e := range x.events[s] {
			y[e.week]++
		}
	}
	columns := [][]float64{make([]float64, n), make([]float64, n)}
	for t := range n {
		columns[0][t] = 1
		if t >= g.weeks[0] {
			columns[1][t] = 1
		}
	}
	total := len(x.events[0]) + len(x.events[1])
	room := func(more int) bool { return total >= 8*(len(columns)+more) }
	if n >= 52 && room(2) {
		sin, cos := make([]float64, n), make([]float64, n)
		for t := range n {
			a := 2 * math.Pi * float64(g.day(t)+3) / 365.2425
			sin[t], cos[t] = math.Sin(a), math.Cos(a)
		}
		columns = append(columns, sin, cos)
	}
	if g.weeks[0] >= 3*surgeWeeks && room(1) {
		last := make([]float64, n)
		for t := g.weeks[0] - surgeWeeks; t < g.weeks[0]; t++ {
			last[t] = 1
		}
		columns = append(columns, last)
	}
	for kind := range 2 {
		if kind == calendar {
			for _, c := range spans(p, g) {
				if room(1) {
					columns = append(columns, c)
				}
			}
		}
		k := len(columns)
		design := make([]float64, n*k)
		for j, c := range columns {
			for t, v := range c {
				design[t*k+j] = v
			}
		}
		mu, theta := make([]float64, n), math.Inf(1)
		if err := fit.NegBin(y, design, nil, k); err == nil || fit.Poisson(y, design, nil, k) == nil {
			copy(mu, fit.Mu)
			theta = fit.Theta
		} else { // the mean of each side
			for t := range mu {
				s := 0
				if t >= g.weeks[0] {
					s = 1
				}
				mu[t] = float64(len(x.events[s])) / float64(g.weeks[s])
			}
		}
		sd, res, at := make([]float64, n), make([]float64, n), make([]int, n)
		for t, m := range mu {
			res[t] = (y[t] - m) / math.Sqrt(m+m*m/theta)
			at[t] = t
			if t >= g.weeks[0] {
				at[t] += 2 // the gap of the wash-in; weeks across it are no neighbours
			}
			s := 0
			if t >= g.weeks[0] {
				s = 1
			}
			m *= float64(x.keep[s]) / float64(len(x.events[s]))
			mu[t], sd[t] = m, math.Sqrt(m+m*m/theta)
		}
		x.mu[kind], x.sd[kind] = mu, sd
		x.rho[kind] = max(0, min(.8, stat.AR1(res, at)))
	}
}

// spans are the named spans of the calendar as shares of weeks, one column a
// name, those that touch some but not all weeks.
func spans(p *athar.Pattern, g *grid) [][]float64 {
	var names []string
	for _, c := range p.Calendar {
		names = append(names, c.Name.En)
	}
	slices.Sort(names)
	var out [][]float64
	for _, name := range slices.Compact(names) {
		col := make([]float64, g.total())
		touched := 0
		for t := range col {
			d := g.day(t)
			for _, c := range p.Calendar {
				if c.Name.En == name {
					col[t] += float64(c.When.Overlap(athar.Span{First: d, Last: d + 6})) / 7
				}
			}
			if col[t] = min(1, col[t]); col[t] > 0 {
				touched++
			}
		}
		if touched > 0 && touched < len(col) {
			out = append(out, col)
		}
	}
	return out
}

// thin marks which of the area's events stay so that both sides have one rate.
// Each event of the busier side is as likely to stay as any other.
func (x *series) thin(r *rand.Rand, stay *[2][]bool) {
	for s, all := range x.events {
		stay[s] = slices.Grow(stay[s][:0], len(all))[:len(all)]
		need := x.keep[s]
		for i := range all {
			stay[s][i] = r.IntN(len(all)-i) < need
			if stay[s][i] {
				need--
			}
		}
	}
}

// residuals writes the area's standardised residuals by week, freed from their
// own autocorrelation within each side: (r_t - rho r_t-1)/sqrt(1 - rho^2), so
// that slow movements, which everything shares with everything, do not pass for
// synchrony (Haugh 1976).
func (x *series) residuals(g *grid, kind int, stay *[2][]bool, out []float64) {
	clear(out)
	for s, all := range x.events {
		for i, e := range all {
			if stay[s][i] {
				out[e.week]++
			}
		}
	}
	rho := x.rho[kind]
	for s := range 2 {
		from, to := g.bounds(s)
		last := 0.0
		for t := from; t < to; t++ {
			r := (out[t] - x.mu[kind][t]) / x.sd[kind][t]
			if out[t] = r; t > from {
				out[t] = (r - rho*last) / math.Sqrt(1-rho*rho)
			}
			last = r
		}
	}
}
