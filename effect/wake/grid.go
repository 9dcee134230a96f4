package wake

import (
	"math"
	"slices"

	"athar"
	"athar/stat"
	"athar/stat/spacetime"
)

// grid is an analysis under way.
type grid struct {
	ops []Event
	c   *counts
	o   *Options
	// block numbers the blocks of all operations for the size of block last asked
	// for; most windows have the least one.
	block     []int32
	numbered  int
	blockDays int
	blockKm   float64
}

// window is one cell of the grid that has an answer.
type window struct {
	fit
	row  int     // in Result.Rows
	slot []int32 // of an operation in the fit, -1 if it is not matched
	t    float64 // observed, absolute
}

func (g *grid) run(res *Result) {
	var answered []*window
	for d := range g.o.Days {
		for k := range g.o.Km {
			row, w := g.window(d, k)
			if row.Refusal == nil {
				w.row = len(res.Rows)
				answered = append(answered, w)
			}
			res.Rows = append(res.Rows, row)
		}
	}
	if !g.o.Compatible && g.o.Draws > 0 && len(answered) > 0 {
		g.permute(answered, res)
	}
}

// columns are the variables that wakes are matched on, for the operations list.
func (g *grid) columns(at int, list []int) (columns [][]float64) {
	for v := range g.ops[0].Covariates {
		col := make([]float64, len(list))
		for j, i := range list {
			col[j] = g.ops[i].Covariates[v]
		}
		columns = append(columns, col)
	}
	numbers := [][]int32{g.c.trend, g.c.soBefore, g.c.moBefore}
	if g.o.AnyOverlap {
		numbers = numbers[:1]
	}
	for _, v := range numbers {
		col := make([]float64, len(list))
		for j, i := range list {
			col[j] = float64(v[at+i])
		}
		columns = append(columns, col)
	}
	return columns
}

// window answers for one length and radius; w is complete where the row has no
// refusal.
func (g *grid) window(d, k int) (row Row, w *window) {
	c, at := g.c, (d*len(g.o.Km)+k)*g.c.n
	row = Row{Days: g.o.Days[d], Km: athar.Num(g.o.Km[k])}
	for _, p := range []*athar.Num{&row.Effect, &row.SE, &row.DF, &row.Low, &row.High, &row.P, &row.PAdj, &row.AdjLow, &row.AdjHigh, &row.MDE,
		&row.Intercept, &row.Before, &row.R2, &row.L1All, &row.SupportAll, &row.L1Matched, &row.SupportMatched} {
		*p = nan
	}
	var list []int
	for i := range g.ops {
		if c.in[at+i] {
			list = append(list, i)
		}
	}
	g.overlaps(&row, at, list)
	if g.o.DropOverlap {
		list = slices.DeleteFunc(list, func(i int) bool { return c.soBefore[at+i]+c.moBefore[at+i] > 0 })
	}
	treated := make([]bool, len(list))
	for j, i := range list {
		if treated[j] = g.ops[i].Kind == Treated; treated[j] {
			row.Treated++
		} else {
			row.Control++
		}
	}
	if row.Treated == 0 || row.Control == 0 {
		row.Refusal = athar.Refuse("wake-one-kind", "treated", row.Treated, "control", row.Control)
		return row, nil
	}
	columns := g.columns(at, list)
	row.L1All, row.SupportAll = nums(imbalance(columns, treated))
	stratum := make([]int32, len(list))
	row.Strata = strata(columns, edges, len(list), stratum)
	size := make([][2]int, row.Strata) // controls and treated
	for j, s := range stratum {
		size[s][kindOf(treated[j])]++
	}
	number := make([]int32, row.Strata) // of a matched stratum in the fit
	w = &window{}
	for s, n := range size {
		number[s] = -1
		if n[0] > 0 && n[1] > 0 {
			number[s] = int32(row.MatchedStrata)
			row.MatchedStrata++
			row.MatchedControl += n[0]
			row.MatchedTreated += n[1]
			w.perStratum = append(w.perStratum, int32(n[1]))
		}
	}
	if row.MatchedStrata == 0 {
		row.Refusal = athar.Refuse("wake-no-match", "treated", row.Treated, "control", row.Control)
		return row, nil
	}
	for s, n := range size {
		switch {
		case number[s] < 0:
		case g.o.Unweighted:
			w.control = append(w.control, 1)
		default:
			w.control = append(w.control, float64(row.MatchedControl)/float64(row.MatchedTreated)*float64(n[1])/float64(n[0]))
		}
	}
	w.slot = make([]int32, c.n)
	for i := range w.slot {
		w.slot[i] = -1
	}
	var matched []int
	for j, i := range list {
		if s := number[stratum[j]]; s >= 0 {
			w.slot[i] = int32(len(matched))
			matched = append(matched, i)
			w.stratum = append(w.stratum, s)
			w.treated = append(w.treated, treated[j])
			w.before = append(w.before, float64(c.before[at+i]))
			w.after = append(w.after, float64(c.after[at+i]))
			row.EventsBefore += int(c.before[at+i])
			row.EventsAfter += int(c.after[at+i])
		}
	}
	row.L1Matched, row.SupportMatched = nums(imbalance(g.columns(at, matched), w.treated))
	w.shift = float64(row.EventsBefore) / float64(len(matched))
	for j := range w.before {
		w.before[j] -= w.shift
	}
	w.left = make([]int32, len(w.perStratum))
	w.block, w.blocks = g.blocks(matched, max(BlockDays, row.Days), max(BlockKm, g.o.Km[k]))
	w.sums = make([]moments, w.blocks)
	row.Blocks = w.blocks
	if row.Refusal = w.answer(&row, g.o.Compatible); row.Refusal != nil {
		return row, w
	}
	if row.MatchedTreated < MinTreated {
		row.Warnings = append(row.Warnings, athar.NewNote("wake-few-treated", "n", row.MatchedTreated, "need", MinTreated))
	}
	if share := row.SO + row.MO; share > MaxOverlap {
		row.Warnings = append(row.Warnings, athar.NewNote("wake-overlap", "same", row.SO, "other", row.MO, "limit", athar.Num(MaxOverlap)))
	}
	return row, w
}

// answer fits the window and writes what it says into the row.
func (w *window) answer(row *Row, compatible bool) *athar.Refusal {
	b, se, total := w.estimate()
	r := w.ordinary(total)
	if compatible {
		// The original gives no answer where a coefficient or its error is missing.
		if math.IsNaN(b) || r.dropped || r.effectSE == 0 {
			return athar.Refuse("wake-alike")
		}
		w.blocks, row.Blocks, se = len(w.after), len(w.after), r.effectSE
		row.DF = athar.Num(r.df)
	} else {
		switch {
		case row.EventsAfter == 0:
			return athar.Refuse("wake-no-events")
		case w.blocks < MinBlocks:
			return athar.Refuse("wake-few-blocks", "n", w.blocks, "need", MinBlocks)
		case math.IsNaN(b):
			return athar.Refuse("wake-alike")
		case math.IsNaN(se):
			return athar.Refuse("wake-one-block")
		case !(se > 1e-9*(math.Abs(b)+float64(row.EventsAfter)/float64(len(w.after)))):
			return athar.Refuse("wake-alike")
		}
		row.DF = athar.Num(w.blocks - 1)
		if r.dropped {
			row.Warnings = append(row.Warnings, athar.NewNote("wake-before-constant"))
		}
	}
	if !compatible {
		row.Counts = w.negbin()
	}
	w.t = math.Abs(b / se)
	df := float64(row.DF)
	q := stat.TQuantile(.975, df) * se
	row.Effect, row.SE, row.P = athar.Num(b), athar.Num(se), athar.Num(stat.TwoSided(b/se, df))
	row.Low, row.High = athar.Num(b-q), athar.Num(b+q)
	row.MDE = athar.Num(q + stat.TQuantile(.8, df)*se)
	row.Intercept, row.R2 = athar.Num(r.intercept), athar.Num(r.adjusted)
	if !r.dropped {
		row.Before = athar.Num(r.before)
	}
	return nil
}

// overlaps counts the wakes with other operations.
func (g *grid) overlaps(row *Row, at int, list []int) {
	var n [6]int
	for _, i := range list {
		sb, sa, mb, ma := g.c.soBefore[at+i] > 0, g.c.soAfter[at+i] > 0, g.c.moBefore[at+i] > 0, g.c.moAfter[at+i] > 0
		for k, yes := range []bool{sb, sa, sb || sa, mb, ma, mb || ma} {
			if yes {
				n[k]++
			}
		}
	}
	for k, p := range []*athar.Num{&row.SOBefore, &row.SOAfter, &row.SO, &row.MOBefore, &row.MOAfter, &row.MO} {
		*p = athar.Num(float64(n[k]) / float64(max(1, len(list))))
	}
}

// blocks numbers from 0 the blocks of space and time that hold the operations
// list.
func (g *grid) blocks(list []int, days int, km float64) (block []int32, n int) {
	if g.block == nil || g.blockDays != days || g.blockKm != km {
		g.divide(days, km)
	}
	seen := make([]int32, g.numbered) // number + 1
	block = make([]int32, len(list))
	for j, i := range list {
		b := &seen[g.block[i]]
		if *b == 0 {
			n++
			*b = int32(n)
		}
		block[j] = *b - 1
	}
	return block, n
}

// divide puts every operation into a block: bands of latitude, cells along them,
// and spans of days from the first day observed.
func (g *grid) divide(days int, km float64) {
	g.blockDays, g.blockKm = days, km
	g.block = make([]int32, len(g.ops))
	type key struct{ row, col, span int }
	seen := map[key]int32{}
	degrees := km / spacetime.EarthKm * 180 / math.Pi
	for i := range g.ops {
		e := &g.ops[i]
		row := math.Floor((e.Lat + 90) / degrees)
		wide := degrees / max(1e-3, math.Cos(((row+.5)*degrees-90)*math.Pi/180))
		lon := e.Lon - 360*math.Floor((e.Lon+180)/360)
		k := key{int(row), int(math.Floor((lon + 180) / wide)), int(math.Floor(float64(e.Day-g.c.first) / float64(days)))}
		b, ok := seen[k]
		if !ok {
			b = int32(len(seen))
			seen[k] = b
		}
		g.block[i] = b
	}
	g.numbered = len(seen)
}

// permute judges the grid as one test: every permutation orders the operations at
// random and in every window makes those treated that come first in their
// stratum, so that windows move together as they do in the data. p is the share
// of permutations, the data among them, whose largest |t| reaches the window's.
func (g *grid) permute(list []*window, res *Result) {
	b := g.o.Draws
	largest := make([]float64, b)
	order := make([]int, g.c.n)
	for j := range largest {
		r := stat.Stream(g.o.Seed, "wake/labels", j)
		for i := range order {
			order[i] = i
		}
		r.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
		for _, w := range list {
			w.relabel(order, w.slot)
			e, se, _ := w.estimate()
			t := math.Abs(e / se)
			if math.IsNaN(t) { // nothing to tell by: counted against a finding
				t = math.Inf(1)
			}
			largest[j] = max(largest[j], t)
		}
	}
	slices.Sort(largest)
	// The 95% point with the data counted as one draw.
	critical := math.Inf(1)
	if k := int(math.Ceil(.95*float64(b+1))) - 1; k < b {
		critical = largest[k]
	}
	res.Critical, res.Draws = athar.Num(critical), b
	for _, w := range list {
		row := &res.Rows[w.row]
		below, _ := slices.BinarySearch(largest, w.t*(1-1e-12)) // ties of the same labels differ in the last bits
		row.PAdj = athar.Num(float64(1+b-below) / float64(b+1))
		row.AdjLow, row.AdjHigh = row.Effect-athar.Num(critical)*row.SE, row.Effect+athar.Num(critical)*row.SE
	}
}

func nums(a, b float64) (athar.Num, athar.Num) { return athar.Num(a), athar.Num(b) }

func kindOf(treated bool) Kind {
	if treated {
		return Treated
	}
	return Control
}
