package synchrony

import (
	"math"
	"slices"

	"athar"
	"athar/stat"
)

// days are the thinned events of a group, by area and side, as days since the
// side's first one.
type days struct {
	list [][2][]int32
	// last event's day at or before a day, -1 for none; by area and side, one
	// value a day.
	last [][2][]int32
}

// daily computes what only events with a known day can show.
func (st *study) daily(coincidence, multi *athar.Indicator) {
	g := &st.g
	blocks := g.count[0] + g.count[1]
	length := [2]int{7 * g.weeks[0], 7 * g.weeks[1]}
	hit, raw, spread := [2]sums{}, [2]sums{}, [2]sums{}
	var rawDays [2]sums
	for k := range st.groups {
		hit[k], raw[k], spread[k], rawDays[k] = newSums(blocks), newSums(blocks), newSums(blocks), newSums(blocks)
	}
	units, provinces := st.units()
	r := stat.Stream(st.seed, "synchrony/daily", 0)
	var stay [2][]bool
	all := [2]days{}
	for k, group := range st.groups {
		all[k].list, all[k].last = make([][2][]int32, len(group)), make([][2][]int32, len(group))
		for i := range group {
			for s := range 2 {
				all[k].last[i][s] = make([]int32, length[s])
			}
		}
	}
	var national [2][]float64 // events of all used areas up to and with a day, from index 1
	for s := range 2 {
		national[s] = make([]float64, length[s]+1)
	}
	var nearFirst [][2][]int32
	for d := range draws {
		for k, group := range st.groups {
			for i, x := range group {
				x.thin(r, &stay)
				for s := range 2 {
					list := all[k].list[i][s][:0]
					for j, e := range x.events[s] {
						if stay[s][j] && e.day1 {
							list = append(list, int32(e.day-g.span[s].First))
						}
					}
					all[k].list[i][s] = list
					lastDay(list, all[k].last[i][s])
				}
			}
		}
		if d == 0 {
			for i := range all[0].list {
				nearFirst = append(nearFirst, [2][]int32{slices.Clone(all[0].list[i][0]), slices.Clone(all[0].list[i][1])})
			}
		}
		for s := range 2 {
			clear(national[s])
			for k := range st.groups {
				for _, x := range all[k].list {
					for _, t := range x[s] {
						national[s][t+1]++
					}
				}
			}
			for t := 1; t < len(national[s]); t++ {
				national[s][t] += national[s][t-1]
			}
			for k := range st.groups {
				st.coincide(all[k], s, national[s], hit[k], raw[k])
				st.multiArea(all[k], units[k], s, national[s], spread[k], rawDays[k])
			}
		}
	}
	after := make([]bool, blocks)
	for b := range after {
		after[b] = b >= g.count[0]
	}
	value, noise := contrasted(hit[:len(st.groups)])
	change(coincidence, g, st.far(), st.times, stat.Stream(st.seed, "synchrony/coincidence-null", 0), value, noise)
	level := raw[0].by(after)
	p := st.shiftedDays(nearFirst, "synchrony/coincidence-shift", func(list [][]int32, last [][]int32, s int) float64 {
		hits, n := 0, 0
		for i, x := range list {
			for _, t := range x {
				if t < Window {
					continue
				}
				for j := range list {
					if j != i {
						n++
						if l := last[j][t]; l >= 0 && t-l <= Window {
							hits++
						}
					}
				}
			}
		}
		return float64(hits) / float64(n)
	})
	coincidence.Warnings = append(coincidence.Warnings, athar.NewNote("coincidence-raw", "before", athar.Num(level[0]), "after", athar.Num(level[1]),
		"pbefore", athar.Num(p[0]), "pafter", athar.Num(p[1])))
	var q [2]float64
	x, y := []athar.Day{}, []athar.Day{}
	sync := func(list [][]int32) float64 {
		s, n := 0.0, 0
		for i := range list {
			for j := range i {
				x, y = x[:0], y[:0]
				for _, t := range list[i] {
					x = append(x, athar.Day(t))
				}
				for _, t := range list[j] {
					y = append(y, athar.Day(t))
				}
				if v := EventSync(x, y); !math.IsNaN(v) {
					s += v
					n++
				}
			}
		}
		return s / float64(n)
	}
	p = st.shiftedDays(nearFirst, "synchrony/event-shift", func(list, _ [][]int32, s int) float64 { return sync(list) })
	for s := range 2 {
		var list [][]int32
		for _, x := range nearFirst {
			list = append(list, x[s])
		}
		q[s] = sync(list)
	}
	coincidence.Warnings = append(coincidence.Warnings, athar.NewNote("event-synchrony", "before", athar.Num(q[0]), "after", athar.Num(q[1]),
		"pbefore", athar.Num(p[0]), "pafter", athar.Num(p[1])))

	value, noise = contrasted(spread[:len(st.groups)])
	change(multi, g, st.far(), st.times, stat.Stream(st.seed, "synchrony/multi-null", 0), value, noise)
	level = rawDays[0].by(after)
	seen := make([]int32, len(st.groups[0]))
	stamp := int32(0)
	p = st.shiftedDays(nearFirst, "synchrony/multi-shift", func(list, last [][]int32, s int) float64 {
		n := 0
		for t := range int32(length[s]) {
			stamp++
			k := 0
			for i, u := range units[0] {
				if last[i][t] == t && seen[u] != stamp {
					seen[u] = stamp
					k++
				}
			}
			if k >= Units {
				n++
			}
		}
		return float64(n)
	})
	if provinces {
		multi.Warnings = append(multi.Warnings, athar.NewNote("multi-area-provinces", "need", Units, "before", athar.Num(level[0]), "after", athar.Num(level[1]),
			"pbefore", athar.Num(p[0]), "pafter", athar.Num(p[1])))
	} else {
		multi.Warnings = append(multi.Warnings, athar.NewNote("multi-area-areas", "need", Units, "before", athar.Num(level[0]), "after", athar.Num(level[1]),
			"pbefore", athar.Num(p[0]), "pafter", athar.Num(p[1])))
	}
}

func lastDay(list, last []int32) {
	j, at := 0, int32(-1)
	for t := range last {
		for j < len(list) && list[j] <= int32(t) {
			at = list[j]
			j++
		}
		last[t] = at
	}
}

// units numbers the provinces of each group's areas, or the areas themselves
// where a province is unknown or a group has fewer than 4.
func (st *study) units() (of [2][]int, provinces bool) {
	provinces = true
	for k, group := range st.groups {
		var have []int
		for _, x := range group {
			v := st.p.Areas[x.area].Province
			provinces = provinces && v >= 0
			at := slices.Index(have, v)
			if at < 0 {
				at = len(have)
				have = append(have, v)
			}
			of[k] = append(of[k], at)
		}
		provinces = provinces && len(have) > Units
	}
	if !provinces {
		for k, group := range st.groups {
			for i := range group {
				of[k][i] = i
			}
		}
	}
	return of, provinces
}

// coincide adds, for every event of an area at least Window days into its side
// and every other area of the group, whether that one had an event on the same
// day or in the Window days before; free of chance less
//
//	1 - exp(-n_j s),  s = (N - N_i - N_j) in these days / (N - N_i - N_j) in all,
//
// with N the events of all used areas near and far: the chance for a process with the
// other area's events and the common course of all the others.
func (st *study) coincide(d days, s int, national []float64, free, raw sums) {
	g := &st.g
	from, _ := g.bounds(s)
	all := national[len(national)-1]
	for i := range d.list {
		x := d.list[i][s]
		for _, t := range x {
			if t < Window {
				continue
			}
			b := g.block[from+int(t)/7]
			in := national[t+1] - national[t-Window]
			mine := float64(between(x, t-Window, t))
			for j := range d.list {
				if j == i {
					continue
				}
				y := d.list[j][s]
				v := 0.0
				if l := d.last[j][s][t]; l >= 0 && t-l <= Window {
					v = 1
				}
				raw.num[b] += v
				raw.den[b]++
				rest := all - float64(len(x)+len(y))
				chance := 0.0
				if rest > 0 {
					share := (in - mine - float64(between(y, t-Window, t))) / rest
					chance = -math.Expm1(-float64(len(y)) * share)
				}
				free.num[b] += v - chance
				free.den[b]++
			}
		}
	}
}

// between is how many of the ascending days lie in [from, to].
func between(x []int32, from, to int32) int {
	a, _ := slices.BinarySearch(x, from)
	b, _ := slices.BinarySearch(x, to+1)
	return b - a
}

// multiArea adds for every day whether at least [Units] units had an event; free
// of chance less the probability of that if units were independent, unit u
// having an event with probability 1 - exp(-n_u s), s the share of all used areas' events in a
// day of the week around, the day itself left out.
func (st *study) multiArea(d days, unit []int, s int, national []float64, free, raw sums) {
	g := &st.g
	from, _ := g.bounds(s)
	n := 0
	for _, u := range unit {
		n = max(n, u+1)
	}
	events, here, p := make([]float64, n), make([]bool, n), make([]float64, n)
	for i, u := range unit {
		events[u] += float64(len(d.list[i][s]))
	}
	all := national[len(national)-1]
	length := len(national) - 1
	for t := range length {
		clear(here)
		for i, u := range unit {
			if d.last[i][s][t] == int32(t) {
				here[u] = true
			}
		}
		k := 0.0
		for _, h := range here {
			if h {
				k++
			}
		}
		v := 0.0
		if k >= Units {
			v = 1
		}
		lo, hi := max(0, t-3), min(length-1, t+3)
		around := national[hi+1] - national[lo] - (national[t+1] - national[t])
		share := around / float64(hi-lo) / all
		for u := range p {
			p[u] = -math.Expm1(-events[u] * share)
		}
		b := g.block[from+t/7]
		raw.num[b] += v
		raw.den[b]++
		free.num[b] += v - atLeast(p)
		free.den[b]++
	}
}

// shiftedDays is the test of a level of the near areas in each side.
func (st *study) shiftedDays(list [][2][]int32, stream string, value func(list, last [][]int32, s int) float64) [2]float64 {
	g := &st.g
	var turned, last [2][][]int32
	for s := range 2 {
		for i := range list {
			turned[s] = append(turned[s], slices.Clone(list[i][s]))
			last[s] = append(last[s], make([]int32, 7*g.weeks[s]))
		}
	}
	return shifted(g, len(list), st.times, stat.Stream(st.seed, stream, 0), func(s, i, by int) {
		n := int32(7 * g.weeks[s])
		to := turned[s][i][:0]
		cut, _ := slices.BinarySearch(list[i][s], n-int32(7*by))
		for _, t := range list[i][s][cut:] {
			to = append(to, t+int32(7*by)-n)
		}
		for _, t := range list[i][s][:cut] {
			to = append(to, t+int32(7*by))
		}
		turned[s][i] = to
		lastDay(to, last[s][i])
	}, func(s int) float64 { return value(turned[s], last[s], s) })
}
