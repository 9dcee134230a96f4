// Package mix asks whether what is done changed with a campaign: the shares of
// kinds of attack or target, and how much these shares differ between areas
// (METHODS.md C6).
//
// The package thinks that a mix says little unless it is compared with itself by
// chance: the divergence of two samples is never 0, grows as samples shrink and
// as events come in clumps of one kind, so what is reported is the divergence at
// equal numbers of events less what the same record gives when the labels of its
// 4-week blocks are shuffled. It takes categories as the data publish them and
// never joins two because their changes agree; it joins those too rare to
// stand alone. A changed code book, a coder's new habit or fewer soft targets
// change a mix as well, which is why the far areas are asked the same question.
package mix

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"athar"
	"athar/adapt/contrast"
	"athar/stat"
)

const (
	draws        = 16  // thinned records that are tested
	permutations = 999 // of the blocks' labels
	minN         = 10  // events a side
	distinct     = 20  // permutations without which p cannot reach .05
	steady       = 6   // blocks from which a side's dispersion is known well enough
	unknownShare = .2  // of events without a category, beyond which a warning is due
	moved        = .05 // false discovery rate of the categories that are named
	power        = 2.8 // MDE in standard deviations: t.975 + t.8 (METHODS.md F2)
	busyAreas    = 8   // areas with a mix of their own in the adjusted model
	busyEvents   = 20  // events that such an area needs
)

// Indicators are "mix", the divergence of the mix near the campaign less that
// far from it (Jensen and Shannon, bits), and "mix-local", how much areas differ
// in their mix, where several events of one kind, area and day count once.
//
// "mix" has no level and predicts no sign: for replaced leaders the expectation
// is continuity, so that P < .05 with Change > 0 speaks against it and anything
// else does not prove it. Its curves, one a category, have the code "class:" and
// the category's name, "class:" alone for the joined rest; X 0 and 1 are before
// and after near the campaign, Y the shares with 95% intervals at the
// record's dispersion.
func Indicators(p *athar.Pattern, seed uint64) []athar.Indicator {
	return []athar.Indicator{divergence(p, seed, permutations), local(p, seed, permutations)}
}

func blank(code string) athar.Indicator {
	nan := athar.Num(math.NaN())
	return athar.Indicator{Code: code, Group: athar.GroupMix, Before: nan, After: nan, FarBefore: nan, FarAfter: nan,
		Change: nan, Low: nan, High: nan, P: nan, HolmP: nan, MDE: nan, Reading: athar.Refused}
}

// known returns the pattern without events of unknown category, the categories
// in order, and the share of events that were left out.
func known(p *athar.Pattern) (*athar.Pattern, []string, float64) {
	q := *p
	q.Records = nil
	var classes []string
	n, all := 0, 0
	for _, r := range p.Records {
		all += r.N
		if r.Class == "" {
			continue
		}
		n += r.N
		q.Records = append(q.Records, r)
		classes = append(classes, r.Class)
	}
	slices.Sort(classes)
	share := 0.0
	if all > 0 {
		share = 1 - float64(n)/float64(all)
	}
	return &q, slices.Compact(classes), share
}

func local(p *athar.Pattern, seed uint64, permutations int) athar.Indicator {
	q, classes, unknown := known(p)
	if !p.Categories || len(classes) < 2 {
		ind := blank("mix-local")
		ind.Predicts, ind.Refusal = 1, athar.Refuse("mix-no-categories")
		return ind
	}
	k := len(classes)
	ind := contrast.Compare(q, func(e *contrast.Events) contrast.Statistic {
		counts, last := make([]float64, len(e.Areas)*k), make([]athar.Day, len(e.Areas)*k)
		return func(s contrast.Sample) float64 {
			clear(counts)
			for _, i := range s.Pick {
				// Several events of one kind, area and day count once: a thinned stretch
				// keeps parts of operations, so that clumps would look like local mixes
				// on the side that was not thinned.
				c := int(s.Area[i])*k + int(s.Class[i])
				if counts[c] > 0 && last[c] == s.Day[i] {
					continue
				}
				counts[c]++
				last[c] = s.Day[i]
			}
			return Heterogeneity(counts, k)
		}
	}, contrast.Options{Code: "mix-local", Group: athar.GroupMix, Predicts: 1, Seed: seed, Permutations: permutations})
	if unknown > unknownShare {
		ind.Warnings = append(ind.Warnings, athar.NewNote("mix-unknown", "share", athar.Num(unknown)))
	}
	return ind
}

// A record is the events near or far as the divergence needs them.
type record struct {
	picks [2][]int32 // events by side
	cell  []int32    // area-week, by event
	keep  [2]float64 // share kept so that both sides have one rate
	unit  [2]float64 // events of an area-week that stay or go together
	phi   [2]float64 // dispersion of the blocks' mixes
	mix   [2][]float64
}

type study struct {
	*contrast.Sides
	k     int     // categories
	class []int32 // category of each event, after joining
	f     factorials

	blocks []float64 // counts by block and category
	a, b   []float64
	order  []int32
}

func divergence(p *athar.Pattern, seed uint64, permutations int) athar.Indicator {
	ind := blank("mix")
	q, classes, unknown := known(p)
	if !p.Categories || len(classes) < 2 {
		ind.Refusal = athar.Refuse("mix-no-categories")
		return ind
	}
	st := &study{Sides: contrast.Split(q), k: len(classes)}
	st.class = st.Class
	if n := min(len(st.Near[0]), len(st.Near[1])); n < minN {
		ind.N = n
		ind.Refusal = athar.Refuse("contrast-few", "before", len(st.Near[0]), "after", len(st.Near[1]), "n", n, "need", minN)
		return ind
	}
	into, k, joined := Collapse(st.count(st.Near[0]), st.count(st.Near[1]))
	if k < 2 {
		ind.Refusal = athar.Refuse("mix-one-category", "need", MinExpected)
		return ind
	}
	names := make([]string, k)
	for c, name := range st.Classes {
		if n := into[c]; joined && n == k-1 {
			names[n] = ""
		} else {
			names[n] = name
		}
	}
	st.class = make([]int32, len(st.Class))
	for i, c := range st.Class {
		st.class[i] = int32(into[c])
	}
	st.k = k
	st.blocks = make([]float64, len(st.Blocks)*k)
	st.a, st.b = make([]float64, k), make([]float64, k)
	if unknown > unknownShare {
		ind.Warnings = append(ind.Warnings, athar.NewNote("mix-unknown", "share", athar.Num(unknown)))
	}
	groups := []*record{st.record(st.Near)}
	if p.Control {
		if n := min(len(st.Far[0]), len(st.Far[1])); n >= minN {
			groups = append(groups, st.record(st.Far))
			ind.FarN = n
		} else {
			ind.Warnings = append(ind.Warnings, athar.NewNote("contrast-no-far", "n", n, "need", minN))
		}
	}
	near := groups[0]
	ind.N = min(len(st.Near[0]), len(st.Near[1]))
	ind.Curves = curves(near, names)

	switch {
	case p.Grain > contrast.BlockDays:
		ind.Refusal = athar.Refuse("mix-coarse", "days", p.Grain)
		return ind
	case choose(len(st.Blocks), st.Count[1]) < distinct:
		ind.Refusal = athar.Refuse("contrast-few-blocks", "before", st.Count[0], "after", st.Count[1])
		return ind
	}
	n := 1
	for _, rec := range groups {
		if rec.keep != [2]float64{1, 1} {
			n = draws
		}
	}
	// Each thinned record is tested by itself and the results are averaged. Averaging the
	// divergences instead would smooth what was thinned and not what was
	// not, and a short time after, which is not thinned, would look unusual.
	var all tested
	r := stat.Stream(seed, "mix/draw", 0)
	tables := make([][]float64, len(groups))
	for d := range n {
		for g, rec := range groups {
			tables[g] = st.table(rec, r)
		}
		one, share := st.test(tables, permutations, stat.Stream(seed, "mix/null", d))
		if share < .8 {
			ind.Refusal = athar.Refuse("contrast-null-undefined", "share", athar.Num(share))
			return ind
		}
		all.change += one.change / float64(n)
		all.p += one.p / float64(n)
		all.half += one.half / float64(n)
		all.sd += one.sd / float64(n)
		all.far += one.far / float64(n)
	}
	change, value, half, sd := all.change, all.p, all.half, all.sd
	// Shuffled labels know a world without any change. Where the mix changed far
	// away, the difference of two divergences varies more than that; the jackknife
	// over blocks sees it, and is too cautious elsewhere.
	if len(groups) == 2 && all.far < moved {
		if se := st.jackknife(groups, st.truth()); se > 0 {
			value = max(value, 2*distuv.UnitNormal.CDF(-math.Abs(change)/se))
			half, sd = max(half, 1.96*se), max(sd, se)
		}
	}
	ind.Change, ind.P = athar.Num(change), athar.Num(value)
	ind.Low, ind.High = athar.Num(change-half), athar.Num(change+half)
	ind.MDE = athar.Num(power * sd)
	ind.Reading = athar.Silent
	ind.Warnings = append(ind.Warnings, st.describe(near, names, seed)...)
	if note, ok := st.adjusted(groups); ok {
		ind.Warnings = append(ind.Warnings, note)
	}
	return ind
}

// truth says which blocks are after.
func (st *study) truth() []bool {
	after := make([]bool, len(st.Blocks))
	for b := range after {
		after[b] = b >= st.Count[0]
	}
	return after
}

// tested is a divergence against those of shuffled labels of blocks.
type tested struct {
	change float64 // near less far, each less the mean of its null
	p      float64 // two-sided; without far areas of a divergence larger than chance's
	half   float64 // 95% quantile of |T* - mean T*|
	sd     float64 // of T*
	far    float64 // p of the far areas alone
}

// test shuffles the labels for near and far alike. share is the part of the
// permutations in which both sides had events.
func (st *study) test(tables [][]float64, permutations int, r *rand.Rand) (tested, float64) {
	after := st.truth()
	level, null := make([]float64, len(tables)), make([][]float64, len(tables))
	for g, t := range tables {
		level[g] = st.jsd(t, after)
	}
	var contrasts []float64
	order := make([]int, len(after))
	for b := range order {
		order[b] = b
	}
	v := make([]float64, len(tables))
	for range permutations {
		clear(after)
		for i := range st.Count[1] {
			j := i + r.IntN(len(order)-i)
			order[i], order[j] = order[j], order[i]
			after[order[i]] = true
		}
		t, sign := 0.0, 1.0
		for g, table := range tables {
			v[g] = st.jsd(table, after)
			t += sign * v[g]
			sign = -1
		}
		if math.IsNaN(t) {
			continue // a side without events
		}
		for g := range tables {
			null[g] = append(null[g], v[g])
		}
		contrasts = append(contrasts, t)
	}
	n := len(contrasts)
	share := float64(n) / float64(permutations)
	if n == 0 {
		return tested{}, share
	}
	x := tested{change: level[0] - mean(null[0])}
	if len(tables) == 2 {
		x.change -= level[1] - mean(null[1])
		x.far = upper(null[1], level[1])
	}
	center := mean(contrasts)
	reached, ss := 0, 0.0
	for i, t := range contrasts {
		t -= center
		ss += t * t
		if t >= x.change-1e-12 || len(tables) == 2 && math.Abs(t) >= math.Abs(x.change)-1e-12 {
			reached++
		}
		contrasts[i] = math.Abs(t)
	}
	slices.Sort(contrasts)
	x.half = contrasts[min(n-1, int(math.Ceil(.95*float64(n+1)))-1)]
	x.p = float64(1+reached) / float64(1+n)
	x.sd = math.Sqrt(ss / float64(n))
	return x, share
}

// count is the events of pick by category.
func (st *study) count(pick []int32) []float64 {
	c := make([]float64, st.k)
	for _, i := range pick {
		c[st.class[i]]++
	}
	return c
}

// record prepares near or far: the busier side is thinned to the rate of the
// quieter one, in units of
//
//	u = (phi_S - pi phi_L)/(1 - pi)
//
// events of an area-week, pi the share kept and phi the dispersion of the blocks'
// mixes, which leaves both sides as clumped as each other (package contrast).
func (st *study) record(picks [2][]int32) *record {
	rec := &record{picks: picks, keep: [2]float64{1, 1}, unit: [2]float64{1, 1}}
	rec.cell = make([]int32, len(st.Area))
	for i := range st.Area {
		week := (int32(st.Day[i]) - int32(st.Blocks[st.Block[i]].First)) / 7
		rec.cell[i] = (st.Block[i]*8+week)*int32(len(st.Areas)) + st.Area[i]
	}
	var rate [2]float64
	for s, pick := range picks {
		rec.mix[s] = st.count(pick)
		rate[s] = float64(len(pick)) / float64(st.Span[s].Days())
		clear(st.blocks)
		side := make([]int, len(st.Blocks))
		for _, i := range pick {
			st.blocks[int(st.Block[i])*st.k+int(st.class[i])]++
		}
		rec.phi[s] = Dispersion(st.blocks, side, 1, st.k)
	}
	busy, quiet := 0, 1
	if rate[1] > rate[0] {
		busy, quiet = 1, 0
	}
	if pi := rate[quiet] / rate[busy]; pi < 1 {
		rec.keep[busy] = pi
		rec.unit[busy] = max(1, min((rec.phi[quiet]-pi*rec.phi[busy])/(1-pi), max(rec.phi[0], rec.phi[1])))
		if st.Count[quiet] < steady {
			// Too few blocks to say how clumped the quieter side is: whole area-weeks
			// stay or go, which errs towards no change.
			rec.unit[busy] = float64(len(picks[busy]))
		}
	}
	return rec
}

// table thins a record to one rate and counts its events by block and category.
func (st *study) table(rec *record, r *rand.Rand) []float64 {
	t := make([]float64, len(st.Blocks)*st.k)
	add := func(i int32) { t[int(st.Block[i])*st.k+int(st.class[i])]++ }
	for s, pick := range rec.picks {
		if m := int(math.Round(rec.keep[s] * float64(len(pick)))); m < len(pick) {
			st.thin(pick, rec.cell, rec.unit[s], m, r, add)
			continue
		}
		for _, i := range pick {
			add(i)
		}
	}
	return t
}

// jsd lays the blocks of a table on the sides that after says and returns their
// divergence at equal numbers m less [Bias] at m. Shuffled sides are less equal
// in number than the true ones, which have been thinned to one rate, so without
// that the null would lie too high.
func (st *study) jsd(table []float64, after []bool) float64 {
	clear(st.a)
	clear(st.b)
	for b, late := range after {
		to := st.a
		if late {
			to = st.b
		}
		for c := range to {
			to[c] += table[b*st.k+c]
		}
	}
	m := min(sum(st.a), sum(st.b))
	return st.f.Rarefied(st.a, st.b) - Bias(st.k, m, m)
}

// thin keeps m of the events, in units of about unit events of one area-week.
func (st *study) thin(pick, cell []int32, unit float64, m int, r *rand.Rand, keep func(int32)) {
	st.order = append(st.order[:0], pick...)
	if unit <= 1 {
		for j := range m {
			h := j + r.IntN(len(st.order)-j)
			st.order[j], st.order[h] = st.order[h], st.order[j]
			keep(st.order[j])
		}
		return
	}
	// In random order within area-weeks, which are in random order themselves:
	// a run of an area-week is cut into units, and units are drawn.
	r.Shuffle(len(st.order), func(i, j int) { st.order[i], st.order[j] = st.order[j], st.order[i] })
	slices.SortStableFunc(st.order, func(i, j int32) int { return cmp.Compare(cell[i], cell[j]) })
	var starts []int32
	room := 0
	for j, e := range st.order {
		if j == 0 || cell[e] != cell[st.order[j-1]] || room == 0 {
			starts = append(starts, int32(j))
			if room = int(unit); r.Float64() < unit-math.Floor(unit) {
				room++
			}
		}
		room--
	}
	units := len(starts)
	starts = append(starts, int32(len(st.order)))
	turn := r.Perm(units)
	for _, u := range turn {
		for j := starts[u]; j < starts[u+1] && m > 0; j++ {
			keep(st.order[j])
			m--
		}
		if m == 0 {
			return
		}
	}
}

// jackknife is the standard error of the bias-corrected divergence near less
// that far, from leaving out one block of either side at a time:
//
//	v = sum_s (n_s-1)/n_s sum_b (T_(b) - mean T_(.))^2.
//
// The divergence is the plug-in one of all events less [Bias] at dispersion phi,
// which is smooth in the blocks; 0 where a side has fewer than 3 blocks.
func (st *study) jackknife(groups []*record, after []bool) float64 {
	if st.Count[0] < 3 || st.Count[1] < 3 {
		return 0
	}
	blocks := make([][]float64, len(groups))
	for g, rec := range groups {
		blocks[g] = make([]float64, len(st.Blocks)*st.k)
		for _, pick := range rec.picks {
			for _, i := range pick {
				blocks[g][int(st.Block[i])*st.k+int(st.class[i])]++
			}
		}
	}
	v := 0.0
	for s := range 2 {
		var t []float64
		for out := range after {
			if after[out] != (s == 1) {
				continue
			}
			d, sign := 0.0, 1.0
			for g, rec := range groups {
				clear(st.a)
				clear(st.b)
				for b, late := range after {
					if b == out {
						continue
					}
					to := st.a
					if late {
						to = st.b
					}
					for c := range st.k {
						to[c] += blocks[g][b*st.k+c]
					}
				}
				na, nb := sum(st.a), sum(st.b)
				d += sign * (JSD(st.a, st.b) - Bias(st.k, na/rec.phi[0], nb/rec.phi[1]))
				sign = -1
			}
			if !math.IsNaN(d) {
				t = append(t, d)
			}
		}
		m := mean(t)
		for _, x := range t {
			v += (x - m) * (x - m) * float64(len(t)-1) / float64(len(t))
		}
	}
	return math.Sqrt(v)
}

// describe names the categories that moved near the campaign, and says what the
// other tests of the same table come to.
func (st *study) describe(near *record, names []string, seed uint64) []athar.Note {
	phi := max(near.phi[0], near.phi[1])
	_, p := GTest(near.mix[0], near.mix[1], phi, permutations, stat.Stream(seed, "mix/g", 0))
	blocks, side := make([]float64, len(st.Blocks)*st.k), make([]int, len(st.Blocks))
	for s, pick := range near.picks {
		for _, i := range pick {
			blocks[int(st.Block[i])*st.k+int(st.class[i])]++
		}
		for b := range side {
			if (b >= st.Count[0]) == (s == 1) {
				side[b] = s
			}
		}
	}
	notes := []athar.Note{athar.NewNote("mix-near", "p", athar.Num(p), "phi", athar.Num(phi))}
	if c, err := FitClumped(blocks, side, st.k); err == nil {
		notes = append(notes, athar.NewNote("mix-clumped", "p", athar.Num(c.P), "rho", athar.Num(c.Rho)))
	}
	z, q := Residuals(near.mix[0], near.mix[1], phi)
	for k, name := range names {
		if q[k] >= moved {
			continue
		}
		before, after := near.mix[0][k]/sum(near.mix[0]), near.mix[1][k]/sum(near.mix[1])
		if name == "" {
			notes = append(notes, athar.NewNote("mix-rest-moved", "before", athar.Num(before), "after", athar.Num(after), "z", athar.Num(z[k]), "q", athar.Num(q[k])))
			continue
		}
		notes = append(notes, athar.NewNote("mix-moved", "class", name, "before", athar.Num(before), "after", athar.Num(after), "z", athar.Num(z[k]), "q", athar.Num(q[k])))
	}
	return notes
}

// adjusted is the multinomial logit of the category on the time after, near the
// campaign, the areas and the season; its p value is of after, or of after and
// near together where there are far areas. Areas with at least busyEvents
// events, at most busyAreas near and as many far, have a mix of their own.
func (st *study) adjusted(groups []*record) (athar.Note, bool) {
	var own [2][]int32
	for g, rec := range groups {
		n := make([]int, len(st.Areas))
		for _, pick := range rec.picks {
			for _, i := range pick {
				n[st.Area[i]]++
			}
		}
		for a, v := range n {
			if v >= busyEvents {
				own[g] = append(own[g], int32(a))
			}
		}
		slices.SortFunc(own[g], func(a, b int32) int {
			return cmp.Or(cmp.Compare(n[b], n[a]), cmp.Compare(st.Areas[a].Code, st.Areas[b].Code))
		})
		own[g] = own[g][:min(len(own[g]), busyAreas)]
	}
	// Row of an event: its group, its area among the group's own ones (0: any
	// other) and its block.
	base := []int{0, 1 + len(own[0])}
	strata := 1 + len(own[0])
	if len(groups) == 2 {
		strata += 1 + len(own[1])
	}
	counts := make([]float64, strata*len(st.Blocks)*st.k)
	group := make([]int, strata)
	for g, rec := range groups {
		for s := base[g]; s < base[g]+1+len(own[g]); s++ {
			group[s] = g
		}
		for _, pick := range rec.picks {
			for _, i := range pick {
				s := base[g] + 1 + slices.Index(own[g], st.Area[i])
				counts[(s*len(st.Blocks)+int(st.Block[i]))*st.k+int(st.class[i])]++
			}
		}
	}
	// Strata without events would be a column of zeros.
	used := make([]int, strata)
	columns := 0
	for s := range used {
		used[s] = -1
		if w := len(st.Blocks) * st.k; sum(counts[s*w:s*w+w]) > 0 {
			used[s] = columns
			columns++
		}
	}
	tested := columns + 2
	p := columns + 3
	if len(groups) == 2 {
		p++
	}
	x := make([]float64, strata*len(st.Blocks)*p)
	for s := range strata {
		for b, span := range st.Blocks {
			row := x[(s*len(st.Blocks)+b)*p:][:p]
			if used[s] >= 0 {
				row[used[s]] = 1
			}
			angle := 2 * math.Pi * float64(span.Mid()) / 365.2425
			row[columns], row[columns+1] = math.Sin(angle), math.Cos(angle)
			late := b >= st.Count[0]
			if late && (len(groups) == 1 || group[s] == 0) {
				row[tested] = 1
			}
			if late && len(groups) == 2 {
				row[tested+1] = 1
			}
		}
	}
	l, err := FitLogit(counts, x, st.k, p)
	if err != nil {
		return athar.Note{}, false
	}
	v := l.Wald(tested)
	if math.IsNaN(v) {
		return athar.Note{}, false
	}
	return athar.NewNote("mix-adjusted", "p", athar.Num(v), "phi", athar.Num(l.Dispersion), "areas", len(own[0])+len(own[1])), true
}

// curves are the shares of the categories before and after, with Wilson's
// intervals at n/phi events.
func curves(near *record, names []string) []athar.Curve {
	out := make([]athar.Curve, len(names))
	for k, name := range names {
		c := athar.Curve{Code: "class:" + name}
		for s := range 2 {
			n := sum(near.mix[s])
			share, e := near.mix[s][k]/n, n/near.phi[s]
			const z = 1.959963984540054
			mid := (share + z*z/(2*e)) / (1 + z*z/e)
			half := z / (1 + z*z/e) * math.Sqrt(share*(1-share)/e+z*z/(4*e*e))
			c.X = append(c.X, athar.Num(s))
			c.Y = append(c.Y, athar.Num(share))
			c.Low = append(c.Low, athar.Num(max(0, mid-half)))
			c.High = append(c.High, athar.Num(min(1, mid+half)))
		}
		out[k] = c
	}
	return out
}

// upper is the p value of a level among those of shuffled labels, (1 + #{T* >=
// T})/(1 + permutations).
func upper(null []float64, level float64) float64 {
	n := 0
	for _, t := range null {
		if t >= level-1e-12 {
			n++
		}
	}
	return float64(1+n) / float64(1+len(null))
}

func mean(x []float64) float64 { return sum(x) / float64(len(x)) }

// choose is min(n choose k, a million).
func choose(n, k int) int {
	k = min(k, n-k)
	b := 1
	for i := 1; i <= k && b < 1e6; i++ {
		b = b * (n - k + i) / i
	}
	return b
}
