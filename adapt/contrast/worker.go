package contrast

import (
	"math"
	"math/rand/v2"

	"athar"
)

// A worker holds one arrangement of the events in two sides, and the scratch
// for drawing from it.
type worker struct {
	c      *comparison
	e      Events // with days of its own
	f      Statistic
	rnd    *rand.Rand
	list   [2][2][]int32 // events by group and side, ascending
	start  [2][2][]int32 // where each block of a side starts in list
	span   [2][]athar.Span
	null   bool // labels are shuffled
	whole  [2][2][]float64
	pick   []int32
	labels []int
	after  []bool
	shift  []athar.Day
	place  []int32

	// For thinning in units.
	shuffle []int32
	stamp   []int32
	open    []int32
	room    []int32
	now     int32
	unit    []int32 // of every event
	size    []int32
	kept    []int32
	turn    []int32
}

func (c *comparison) worker(of func(e *Events) Statistic) *worker {
	w := &worker{c: c, e: *c.Events}
	w.e.Day = append([]athar.Day(nil), c.Day...)
	w.f = of(&w.e)
	n, most, cells := len(c.Area), 0, int32(0)
	for g, group := range c.groups {
		most = max(most, len(group.picks[0])+len(group.picks[1]))
		for s := range 2 {
			w.list[g][s] = make([]int32, 0, len(group.picks[0])+len(group.picks[1]))
			w.start[g][s] = make([]int32, c.Count[s]+1)
			w.whole[g][s] = make([]float64, c.Count[s]-c.short+1)
		}
	}
	for _, x := range c.cell {
		cells = max(cells, x+1)
	}
	for s := range 2 {
		w.span[s] = make([]athar.Span, c.Count[s])
	}
	blocks := len(c.Blocks)
	w.labels, w.after = make([]int, blocks), make([]bool, blocks)
	w.shift, w.place = make([]athar.Day, blocks), make([]int32, blocks)
	w.pick, w.shuffle = make([]int32, 0, most), make([]int32, most)
	w.stamp, w.open, w.room = make([]int32, cells), make([]int32, cells), make([]int32, cells)
	w.unit, w.size = make([]int32, n), make([]int32, 0, most)
	w.kept, w.turn = make([]int32, most), make([]int32, most)
	return w
}

// observed arranges the events as they happened.
func (w *worker) observed() {
	w.null = false
	for b := range w.after {
		w.after[b] = b >= w.c.Count[0]
	}
	w.arrange(false)
}

// shuffled thins the busier sides and shuffles the labels of blocks.
func (w *worker) shuffled() {
	w.null = true
	for b := range w.labels {
		w.labels[b] = b
		w.after[b] = false
	}
	// The first blocks of a partial shuffle are those after.
	for i := range w.c.Count[1] {
		j := i + w.rnd.IntN(len(w.labels)-i)
		w.labels[i], w.labels[j] = w.labels[j], w.labels[i]
		w.after[w.labels[i]] = true
	}
	w.arrange(true)
}

// arrange lays the blocks of each side end to end and lists the events.
func (w *worker) arrange(thin bool) {
	c := w.c
	var have [2]int32
	next := [2]athar.Day{c.Span[0].First, c.Span[1].First}
	for b, span := range c.Blocks {
		s := side(w.after[b])
		w.place[b] = have[s]
		w.shift[b] = 0
		if thin {
			// Whole weeks, so that days keep their weekday and weekly counts their grid.
			w.shift[b] = next[s] - span.First
			days := athar.Day((span.Days() + 3) / 7 * 7)
			w.span[s][have[s]] = athar.Span{First: next[s], Last: next[s] + max(7, days) - 1}
			next[s] += max(7, days)
		} else {
			w.span[s][have[s]] = span
		}
		have[s]++
	}
	for g := range c.groups {
		group := &c.groups[g]
		for s := range 2 {
			w.list[g][s] = w.list[g][s][:0]
			clear(w.start[g][s])
			for i := range w.whole[g][s] {
				w.whole[g][s][i] = math.NaN()
			}
		}
		for s := range 2 {
			picks := group.picks[s]
			if thin {
				picks = w.thin(picks, int(math.Round(group.keep[s]*float64(len(picks)))), group.unit[s])
			}
			for _, i := range picks {
				b := c.Block[i]
				to := side(w.after[b])
				at := w.place[b]
				w.e.Day[i] = min(c.Day[i]+w.shift[b], w.span[to][at].Last)
				w.list[g][to] = append(w.list[g][to], i)
				w.start[g][to][at+1]++
			}
		}
		for s := range 2 {
			for b := 1; b < len(w.start[g][s]); b++ {
				w.start[g][s][b] += w.start[g][s][b-1]
			}
		}
	}
}

func side(after bool) int {
	if after {
		return 1
	}
	return 0
}

// draws averages the statistic over n draws by group and side. share is the
// part of the draws in which it was defined in all samples.
func (w *worker) draws(n int) (mean [2][2]float64, share float64) {
	c := w.c
	used := 0
	var windows [2]int
	for s := range 2 {
		windows[s] = c.Count[s] - c.short + 1
	}
	u := w.rnd.Float64()
	for d := range n {
		var from [2]int
		for s := range 2 {
			// Evenly over all windows, in a random phase.
			from[s] = min(windows[s]-1, int((float64(d)+u)/float64(n)*float64(windows[s])))
		}
		var v [2][2]float64
		ok := true
		for g := 0; g < len(c.groups) && ok; g++ {
			group := &c.groups[g]
			var in [2][]int32
			for s := range 2 {
				in[s] = w.list[g][s][w.start[g][s][from[s]]:w.start[g][s][from[s]+c.short]]
			}
			m := min(len(in[0]), len(in[1]))
			if w.null {
				m = int(math.Round(group.shrink * float64(m)))
			}
			if m < c.floor {
				ok = false
				break
			}
			for s := range 2 {
				whole := &w.whole[g][s][from[s]]
				if m == len(in[s]) && !math.IsNaN(*whole) {
					v[g][s] = *whole
					continue
				}
				unit := group.unit[s]
				if w.null {
					unit = group.even
				}
				sample := Sample{Events: &w.e, Pick: w.thin(in[s], m, unit), Areas: group.areas,
					Span: athar.Span{First: w.span[s][from[s]].First, Last: w.span[s][from[s]+c.short-1].Last}}
				v[g][s] = w.f(sample)
				if m == len(in[s]) {
					*whole = v[g][s]
				}
				ok = ok && !math.IsNaN(v[g][s])
			}
		}
		if !ok {
			continue
		}
		used++
		for g := range v {
			for s := range v[g] {
				mean[g][s] += v[g][s]
			}
		}
	}
	for g := range mean {
		for s := range mean[g] {
			mean[g][s] /= float64(used)
		}
	}
	return mean, float64(used) / float64(n)
}

// thin draws m of the events without replacement, in units of about unit
// events of one area-week, and returns them in order. The result is valid
// until the next call.
func (w *worker) thin(from []int32, m int, unit float64) []int32 {
	if m >= len(from) {
		return from
	}
	w.pick = w.pick[:0]
	if unit <= 1 {
		need := m
		for i, e := range from {
			if w.rnd.IntN(len(from)-i) < need {
				w.pick = append(w.pick, e)
				need--
			}
		}
		return w.pick
	}
	// Units: walk through the events in random order; an area-week has one unit
	// open at a time.
	order := w.shuffle[:len(from)]
	copy(order, from)
	w.rnd.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	w.now++
	w.size = w.size[:0]
	for _, e := range order {
		x := w.c.cell[e]
		if w.stamp[x] != w.now || w.room[x] == 0 {
			w.stamp[x] = w.now
			w.open[x] = int32(len(w.size))
			w.size = append(w.size, 0)
			w.room[x] = int32(unit)
			if w.rnd.Float64() < unit-math.Floor(unit) {
				w.room[x]++
			}
		}
		w.unit[e] = w.open[x]
		w.size[w.open[x]]++
		w.room[x]--
	}
	turn, kept := w.turn[:len(w.size)], w.kept[:len(w.size)]
	for i := range turn {
		turn[i] = int32(i)
		kept[i] = 0
	}
	for i, need := 0, int32(m); need > 0; i++ {
		j := i + w.rnd.IntN(len(turn)-i)
		turn[i], turn[j] = turn[j], turn[i]
		kept[turn[i]] = min(need, w.size[turn[i]])
		need -= kept[turn[i]]
	}
	for _, e := range from {
		if u := w.unit[e]; kept[u] > 0 {
			kept[u]--
			w.pick = append(w.pick, e)
		}
	}
	return w.pick
}
