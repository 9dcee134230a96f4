package wake

import (
	"encoding/json"
	"flag"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"athar"
	"athar/stat"
	"athar/stat/spacetime"
)

var runs = flag.Int("runs", 120, "worlds of the known-truth simulations")

// world has two years of events in 400 km by 400 km that come in bursts around
// drifting hot spots, operations of two kinds that follow them, and, after each
// treated operation, on average `effect` additional events within 5 km and 14
// days. Treated operations come in runs if bursty.
func world(seed int, effect float64, bursty bool) (ops, events []Event) {
	r := stat.Stream(7, "wake/world", seed)
	at := func(d int, x, y float64) Event {
		return Event{Day: athar.Day(13000 + d), Lon: 42 + x/93, Lat: 33 + y/111}
	}
	near := func(km float64) (float64, float64) {
		a, d := 2*math.Pi*r.Float64(), km*math.Sqrt(r.Float64())
		return d * math.Cos(a), d * math.Sin(a)
	}
	for range 120 { // bursts
		x, y, d, treated := 400*r.Float64(), 400*r.Float64(), r.IntN(730), r.IntN(2) == 0
		for range 1 + r.IntN(14) {
			dx, dy := near(12)
			events = append(events, at(d+r.IntN(40), x+dx, y+dy))
		}
		for range r.IntN(4) {
			dx, dy := near(10)
			op, when := treated, d+10+r.IntN(30)
			if !bursty {
				op = r.IntN(2) == 0
			}
			e := at(when, x+dx, y+dy)
			e.Covariates = []float64{float64(r.IntN(2))}
			if op {
				e.Kind = Treated
				for range int(stat.NegBin(r, effect, 1)) {
					ex, ey := near(4.9)
					events = append(events, at(when+1+r.IntN(14), x+dx+ex, y+dy+ey))
				}
			}
			ops = append(ops, e)
		}
	}
	return ops, events
}

var small = Options{Days: []int{7, 14, 28}, Km: []float64{5, 10, 30}, Draws: 199, Observed: athar.Span{First: 13000, Last: 13800}}

// naive counts a wake's window by looking at every pair.
func naive(op Event, list []Event, from, to int, km float64) (n int32) {
	const r = math.Pi / 180
	for _, e := range list {
		a, b := math.Sin((e.Lat-op.Lat)*r/2), math.Sin((e.Lon-op.Lon)*r/2)
		d := 2 * spacetime.EarthKm * math.Asin(math.Sqrt(a*a+math.Cos(op.Lat*r)*math.Cos(e.Lat*r)*b*b))
		if lag := int(e.Day - op.Day); lag >= from && lag <= to && d <= km {
			n++
		}
	}
	return n
}

// Whole days, as many before as after, the day itself in neither, trends of odd
// and even windows, overlaps: against a look at all pairs.
func TestCountsByPairs(t *testing.T) {
	ops, events := world(1, 1, false)
	o := Options{Days: []int{9, 2, 14}, Km: []float64{20, 3}, Observed: small.Observed} // in no order
	c := count(ops, events, &o)
	var kinds [2][]Event
	for _, e := range ops {
		kinds[e.Kind] = append(kinds[e.Kind], e)
	}
	total := int32(0)
	for i, op := range ops {
		for d, days := range o.Days {
			for k, km := range o.Km {
				w := (d*2+k)*c.n + i
				half := days / 2
				want := []int32{naive(op, events, -days, -1, km), naive(op, events, 1, days, km),
					naive(op, events, -half, -1, km) - naive(op, events, -days, -(days-half)-1, km),
					naive(op, kinds[op.Kind], -days, 0, km) - 1, naive(op, kinds[op.Kind], 1, days, km),
					naive(op, kinds[1-op.Kind], -days, 0, km), naive(op, kinds[1-op.Kind], 1, days, km)}
				if days%2 == 1 {
					want[2] = naive(op, events, -half, -1, km) - naive(op, events, -days, -half-2, km)
				}
				got := []int32{c.before[w], c.after[w], c.trend[w], c.soBefore[w], c.soAfter[w], c.moBefore[w], c.moAfter[w]}
				if !slices.Equal(got, want) {
					t.Fatalf("operation %d, %d days, %v km: %v, want %v", i, days, km, got, want)
				}
				total += c.before[w] + c.soAfter[w]
				if in := op.Day-athar.Day(days) >= 13000 && op.Day+athar.Day(days) <= 13800; in != c.in[w] {
					t.Fatal("wrong wakes at the ends of the observed time")
				}
			}
		}
	}
	if total == 0 {
		t.Error("nothing was counted")
	}
}

func text(t *testing.T, r Result) string {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Any order of the rows of either list gives the same bytes, ties included; so
// does a shift of all days, and the lists come back unchanged.
func TestOrderAndShift(t *testing.T) {
	ops, events := world(2, 1, false)
	ops = append(ops, ops[:10]...) // exact repetitions
	for i := range 30 {            // and operations of a day and place that differ in kind
		e := ops[i]
		e.Kind = 1 - e.Kind
		ops = append(ops, e)
	}
	o := small
	o.Draws = 49
	want := text(t, Analyse(ops, events, o))
	r := rand.New(rand.NewPCG(1, 1))
	for range 5 {
		a, b := slices.Clone(ops), slices.Clone(events)
		r.Shuffle(len(a), func(i, j int) { a[i], a[j] = a[j], a[i] })
		r.Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
		first := a[0].Day
		if got := text(t, Analyse(a, b, o)); got != want {
			t.Fatal("another order of rows gives another answer")
		}
		if a[0].Day != first {
			t.Fatal("the caller's list was sorted")
		}
	}
	for _, list := range [][]Event{ops, events} {
		for i := range list {
			list[i].Day -= 14321
			list[i].Lon -= 360
		}
	}
	o.Observed.First -= 14321
	o.Observed.Last -= 14321
	if got := text(t, Analyse(ops, events, o)); got != want {
		t.Error("a shift of all days, or longitudes a turn away, give another answer")
	}
}

// The jackknife and the fit against leaving blocks out and fitting anew by
// ordinary least squares on weighted rows; the effect of the opposite labels is
// the opposite.
func TestJackknife(t *testing.T) {
	ops, events := world(3, 1, false)
	o := small
	g := &grid{ops: ops, o: &o, c: count(ops, events, &o)}
	row, w := g.window(1, 1)
	if row.Refusal != nil {
		t.Fatal(row.Refusal)
	}
	solve := func(without int32) (b [3]float64) {
		var a [3][4]float64
		for i, y := range w.after {
			if w.block[i] == without {
				continue
			}
			x, weight := [3]float64{1, w.before[i] + w.shift, 1}, 1.0
			if !w.treated[i] {
				x[2], weight = 0, w.control[w.stratum[i]]
			}
			for r := range 3 {
				for c := range 3 {
					a[r][c] += weight * x[r] * x[c]
				}
				a[r][3] += weight * x[r] * y
			}
		}
		for k := range 3 {
			for r := range 3 {
				if r != k {
					f := a[r][k] / a[k][k]
					for c := k; c < 4; c++ {
						a[r][c] -= f * a[k][c]
					}
				}
			}
		}
		for k := range 3 {
			b[k] = a[k][3] / a[k][k]
		}
		return b
	}
	full := solve(-1)
	v := 0.0
	for g := range w.blocks {
		d := solve(int32(g))[2] - full[2]
		v += d * d
	}
	se := math.Sqrt(v * float64(w.blocks-1) / float64(w.blocks))
	for k, got := range []athar.Num{row.Intercept, row.Before, row.Effect} {
		if math.Abs(float64(got)-full[k]) > 1e-9 {
			t.Errorf("coefficient %d: %v, want %v", k, got, full[k])
		}
	}
	if math.Abs(float64(row.SE)/se-1) > 1e-9 {
		t.Errorf("error %v, want %v", row.SE, se)
	}
	if row.Blocks >= len(w.after) || row.Blocks < 20 {
		t.Errorf("%d blocks for %d wakes", row.Blocks, len(w.after))
	}
}

// Known truth: without a difference between the kinds a single window rejects at
// about 5%, and some window of the grid does after adjustment in no more; with
// one additional event after each treated operation it is found and covered.
func TestKnownTruth(t *testing.T) {
	type tally struct{ single, any, cover, answered, adjusted, flagged, counts, countsOut, countsCover int }
	for _, c := range []struct {
		name   string
		effect float64
		bursty bool
	}{{"no difference", 0, false}, {"no difference, kinds in runs", 0, true}, {"one more event", 1, false}, {"one more event, kinds in runs", 1, true}} {
		var n tally
		mean, plain, countsMean, width, countsWidth := 0.0, 0, 0.0, 0.0, 0.0
		for s := range *runs {
			ops, events := world(1000+s, c.effect, c.bursty)
			o := small
			o.Seed = uint64(s)
			res := Analyse(ops, events, o)
			if res.Refusal != nil {
				t.Fatal(res.Refusal)
			}
			least := 1.0
			for _, r := range res.Rows {
				if r.Refusal == nil {
					least = min(least, float64(r.PAdj))
				}
			}
			if least <= .05 {
				n.any++
			}
			r := res.Rows[4] // 14 days, 10 km
			if r.Refusal != nil {
				continue
			}
			n.answered++
			mean += float64(r.Effect)
			if r.P < .05 {
				n.single++
			}
			if slices.ContainsFunc(r.Warnings, func(w athar.Note) bool { return w.Code == "wake-overlap" }) {
				n.flagged++
			}
			if r.PAdj <= .05 {
				n.adjusted++
			}
			if float64(r.Low) <= c.effect && c.effect <= float64(r.High) {
				n.cover++
			}
			if x := r.Counts; x != nil {
				n.counts++
				countsMean += float64(x.Effect)
				width, countsWidth = width+float64(r.High-r.Low), countsWidth+float64(x.High-x.Low)
				if x.Low > 0 || x.High < 0 {
					n.countsOut++
				}
				if float64(x.Low) <= c.effect && c.effect <= float64(x.High) {
					n.countsCover++
				}
			}
			o.Compatible = true
			if r := Analyse(ops, events, o).Rows[4]; r.P < .05 {
				plain++
			}
		}
		share := func(k int) float64 { return float64(k) / float64(n.answered) }
		t.Logf("%s: %d of %d answered, mean %.3f, p < .05 in %.3f (original: %.3f), adjusted %.3f, some window adjusted %.3f, interval covers in %.3f, overlap flagged in %.3f",
			c.name, n.answered, *runs, mean/float64(n.answered), share(n.single), share(plain), share(n.adjusted), float64(n.any)/float64(*runs), share(n.cover), share(n.flagged))
		if k := float64(n.counts); n.counts > 0 {
			t.Logf("%s, as counts: %d answered, mean %.3f, interval leaves out 0 in %.3f, covers in %.3f, width %.2f of the plain one", c.name, n.counts, countsMean/k,
				float64(n.countsOut)/k, float64(n.countsCover)/k, countsWidth/width)
		}
		slack := 2.6 * math.Sqrt(.05*.95/float64(*runs))
		if n.answered < *runs*9/10 {
			t.Errorf("%s: only %d answers", c.name, n.answered)
		}
		if c.effect == 0 && !c.bursty && (share(n.single) > .05+slack || float64(n.any)/float64(*runs) > .05+slack) {
			t.Errorf("%s: rejects too often", c.name)
		}
		if k := float64(n.counts); n.counts < *runs*8/10 || !c.bursty && float64(n.countsCover)/k < .95-slack-.03 || c.effect > 0 && !c.bursty && float64(n.countsOut)/k < .6 {
			t.Errorf("%s: as counts %d answers, %d cover, %d leave out 0", c.name, n.counts, n.countsCover, n.countsOut)
		}
		if c.effect > 0 && !c.bursty && (share(n.single) < .6 || share(n.cover) < .95-slack-.03) {
			t.Errorf("%s: power or coverage too low", c.name)
		}
	}
}

func TestDegenerate(t *testing.T) {
	ops, events := world(4, 0, false)
	one := func(k Kind) (list []Event) {
		for _, e := range ops {
			if e.Kind == k {
				list = append(list, e)
			}
		}
		return list
	}
	far := slices.Clone(events)
	for i := range far {
		far[i].Lat -= 60
	}
	torn := slices.Clone(ops)
	torn[3].Covariates = nil
	nowhere := slices.Clone(events)
	nowhere[0].Lat, nowhere[1].Lon = math.NaN(), math.Inf(1)
	same := slices.Clone(ops)
	for i := range same {
		same[i].Day, same[i].Lon, same[i].Lat = 13300, 44, 35
	}
	for _, c := range []struct {
		name        string
		ops, events []Event
		o           Options
		whole, row  string
	}{
		{"nothing", nil, nil, Options{}, "wake-one-kind", ""},
		{"no events", ops, nil, Options{}, "wake-no-events", ""},
		{"treated alone", one(Treated), events, Options{}, "wake-one-kind", ""},
		{"controls alone", one(Control), events, Options{}, "wake-one-kind", ""},
		{"events elsewhere", ops, far, small, "", "wake-no-events"},
		{"covariates missing", torn, events, Options{}, "wake-covariates", ""},
		{"a window of a day", ops, events, Options{Days: []int{1}}, "wake-window", ""},
		{"no width", ops, events, Options{Km: []float64{0}}, "wake-window", ""},
		{"one place and day", same, events, small, "", "wake-no-match"}, // kinds differ in the numbers of others
		{"not observed", ops, events, Options{Observed: athar.Span{First: 1, Last: 20}}, "", "wake-one-kind"},
		{"few operations", ops[:12], events, small, "", ""},
		{"places missing", ops, nowhere, small, "", ""},
	} {
		res := Analyse(c.ops, c.events, c.o)
		if (res.Refusal == nil) != (c.whole == "") || res.Refusal != nil && res.Refusal.Reason.Code != c.whole {
			t.Errorf("%s: %v, want %q", c.name, res.Refusal, c.whole)
		}
		for _, r := range res.Rows {
			if c.row != "" && (r.Refusal == nil || r.Refusal.Reason.Code != c.row) {
				t.Errorf("%s, (%d, %v): %v, want %q", c.name, r.Days, r.Km, r.Refusal, c.row)
			}
			if (r.Refusal == nil) == math.IsNaN(float64(r.Effect)) {
				t.Errorf("%s, (%d, %v): an estimate and a refusal, or neither", c.name, r.Days, r.Km)
			}
		}
	}
	res := Analyse(ops, nowhere, small)
	if n := len(res.Warnings); n != 2 || res.Warnings[1].Args["n"] != 2 {
		t.Errorf("events without a place are not told: %v", res.Warnings)
	}
}

// Every permutation leaves each stratum its number of treated wakes, and hands
// them to all of its wakes alike.
func TestRelabel(t *testing.T) {
	ops, events := world(6, 0, false)
	o := small
	g := &grid{ops: ops, o: &o, c: count(ops, events, &o)}
	_, w := g.window(0, 0)
	share := make([]float64, len(w.stratum)) // of permutations that make a wake treated
	size := make([]float64, len(w.perStratum))
	for _, s := range w.stratum {
		size[s]++
	}
	r := rand.New(rand.NewPCG(8, 9))
	const times = 4000
	for range times {
		w.relabel(r.Perm(len(ops)), w.slot)
		treated := make([]int32, len(w.perStratum))
		for k, yes := range w.treated {
			if yes {
				treated[w.stratum[k]]++
				share[k]++
			}
		}
		if !slices.Equal(treated, w.perStratum) {
			t.Fatalf("treated by stratum %v, want %v", treated, w.perStratum)
		}
	}
	for k, n := range share {
		s := w.stratum[k]
		p := float64(w.perStratum[s]) / size[s]
		if z := (n - times*p) / math.Sqrt(times*p*(1-p)); math.Abs(z) > 5 {
			t.Errorf("wake %d is treated in %v of %d permutations, its stratum in %.3f", k, n, times, p)
		}
	}
}

// One permutation allocates nothing.
func TestPermutationDoesNotAllocate(t *testing.T) {
	ops, events := world(5, 0, false)
	o := small
	g := &grid{ops: ops, o: &o, c: count(ops, events, &o)}
	_, w := g.window(1, 1)
	order := make([]int, len(ops))
	for i := range order {
		order[i] = len(ops) - 1 - i
	}
	if n := testing.AllocsPerRun(20, func() { w.relabel(order, w.slot); w.estimate() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// The fit of counts is that of its definition: its weighted residuals are orthogonal to a
// constant, the number before and the kind, and their squares amount to their degrees of freedom.
func TestCountsFit(t *testing.T) {
	r := stat.Stream(8, "wake/counts", 0)
	f := &fit{control: []float64{.7, 1.4}, blocks: 12}
	for i := range 240 {
		f.stratum = append(f.stratum, int32(i%2))
		f.block = append(f.block, int32(r.IntN(f.blocks)))
		f.treated = append(f.treated, r.IntN(3) == 0)
		before := float64(r.IntN(9)) - 4
		mean := 4 + .5*before
		if f.treated[i] {
			mean += 1.5
		}
		f.before, f.after = append(f.before, before), append(f.after, stat.NegBin(r, mean, 1+mean/3))
	}
	got := f.negbin()
	if got == nil || math.Abs(float64(got.Effect)-1.5) > 1.2 || !(got.Low < got.Effect && got.Effect < got.High) || got.Theta > 10 {
		t.Fatalf("%+v", got)
	}
	// Solve the normal equations for the constant and the slope at the effect that was found.
	theta, b := float64(got.Theta), float64(got.Effect)
	level, slope := 4.0, .5
	var scores [3]float64
	var squares, weights float64
	for range 200 {
		var n, x, xx, y, xy float64
		scores, squares, weights = [3]float64{}, 0, 0
		for i, v := range f.after {
			d, w := 0.0, f.control[f.stratum[i]]
			if f.treated[i] {
				d, w = 1, 1
			}
			z := f.before[i]
			m := level + slope*z + b*d
			u := w / (m + m*m/theta)
			for k, c := range []float64{1, z, d} {
				scores[k] += u * c * (v - m)
			}
			squares += u * (v - m) * (v - m)
			weights += w
			n, x, xx, y, xy = n+u, x+u*z, xx+u*z*z, y+u*(v-b*d), xy+u*z*(v-b*d)
		}
		slope = (xy - x*y/n) / (xx - x*x/n)
		level = (y - slope*x) / n
	}
	for k, s := range scores {
		if math.Abs(s) > 1e-5 {
			t.Errorf("score %d is %g", k, s)
		}
	}
	if math.Abs(squares-(weights-3)) > 1e-4 {
		t.Errorf("squares %v, degrees of freedom %v", squares, weights-3)
	}
	clear(f.after)
	if f.negbin() != nil {
		t.Error("nothing after is a fit")
	}
}
