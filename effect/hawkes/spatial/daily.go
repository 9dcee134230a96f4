package spatial

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"athar"
	"athar/stat"
	"athar/stat/spacetime"
)

// What is asked of a campaign. They are the same for every study, so that none is
// chosen by what it says.
const (
	ReachKm     = 5  // followers are looked for up to here,
	HorizonDays = 30 // and so long
	classes     = 50 // of distance: places are taken to be known to 100 m
	grainKm     = float64(ReachKm) / classes
	knotDays    = 90     // between the turns of the background's course
	MinSide     = 100    // events that a side needs,
	MinAsked    = 56     // and days
	MaxSide     = 10000  // events of a side; beyond, its days nearest to the campaign's start are asked
	MinPlaces   = .5     // share of events with a place of their own
	maxSpread   = 1000   // between the ends of an interval that says something
	late        = 2. / 3 // of the horizon: nine in ten followers after more than that come too late to be told from waves
	block       = 7      // days whose scores are summed for the errors
)

// Daily are the single events of one place before and after the start of a campaign.
type Daily struct {
	Day           []athar.Day
	X, Y          []float64 // km on a map
	Border        []Edge    // of the place, in any order
	Before, After athar.Span
	Covered       []athar.Span // when events were recorded
	Seed          uint64
	Task          string
}

// Compare asks how many further events nearby one event had, before the start of a
// campaign and after it, by a model of days: the events of day t are scattered
// with
//
//	lambda_t(s) = mu_t u_t(s) + sum_j alpha_j f(|s - s_j|) g(t - t_j)
//
// over events j of the 30 days before, f and g integrating to 1 over 5 km and summing to 1
// over 30 days. alpha_j is one number for events before the start and another for
// those since. ln mu_t is a broken line, apart before and after, that may turn
// every 90 days; u is a chart of other times. g falls by the same share each day;
// f is a Gaussian or a power law, whichever has the smaller AIC.
//
// Days and not instants: two events of a day have no order, and the likelihood of a
// day given earlier ones needs none, however many events share it. Followers on the
// day of the event itself are missed. Drawing times within the day instead would take twenty
// fits, and would make followers of whatever shares a day.
//
// The likelihood is that of Poisson numbers, but errors do not rest on them: they
// are those of weeks of scores (Huber 1967), which are right as long as the mean of
// a day is, however the numbers of a day vary around it.
//
// Cost is in proportion to pairs within 5 km and 30 days, a few nanoseconds each
// and evaluation, and once to pairs within 4 km.
func Compare(d Daily) *athar.Followers {
	nan := athar.Num(math.NaN())
	r := &athar.Followers{Reach: ReachKm, Horizon: HorizonDays, Ratio: nan, RatioLow: nan, RatioHigh: nan, RatioP: nan, HalfKm: nan, MostKm: nan, HalfDays: nan, MostDays: nan, SamePlace: nan,
		AIC: [3]athar.Num{nan, nan, nan}, Uniform: nan, Serial: nan, Dispersion: nan}
	for _, s := range []*athar.FollowersSide{&r.Before, &r.After} {
		s.Alpha, s.Low, s.High, s.Share = nan, nan, nan, nan
	}
	if len(d.Border) == 0 {
		r.Refusal = athar.Refuse("nearby-no-polygons")
		return r
	}
	m := newDaily(d, r)
	if r.Refusal != nil {
		return r
	}
	if err := m.chart(); err != nil {
		r.Refusal = athar.Refuse("diverged")
		return r
	}
	m.fit(r, d)
	return r
}

// daily is the likelihood with its workspace. Parameters stand in one slice: beta, ln alpha
// before, ln of what it is multiplied by after, ln sigma, ln shape, ln delta.
type daily struct {
	hill
	kernel  Kernel
	alone   bool // no followers
	day     []int
	x, y    []float64
	turn    int // first event since the start
	last    int // day
	asked   []bool
	horizon int
	area    float64
	u       []float64   // of events asked about
	regress [][]float64 // of a day asked about
	p       int
	border
	// Pairs by later event: whether at one place, class of distance, side of the earlier one
	// and lag, in one number.
	first    []int
	pair     []uint16
	expected []float64   // events of a day
	follow   []float64   // by event: share of its intensity that is followers'
	weeks    [][]float64 // scores, where asked for
}

func (m *daily) side(i int) int {
	if i < m.turn {
		return 0
	}
	return 1
}

// newDaily refuses what cannot be asked, and shortens what is too much.
func newDaily(d Daily, r *athar.Followers) *daily {
	first := d.Before.First - HorizonDays
	m := &daily{horizon: HorizonDays}
	order := make([]int, 0, len(d.Day))
	for i, t := range d.Day {
		if t >= first && t <= d.After.Last && covered(d.Covered, t) && inside(d.Border, d.X[i], d.Y[i]) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(d.Day[a], d.Day[b]), cmp.Compare(d.X[a], d.X[b]), cmp.Compare(d.Y[a], d.Y[b]))
	})
	before, after := d.Before, d.After
	askable := func(t athar.Day) bool {
		if !before.Has(t) && !after.Has(t) {
			return false
		}
		for k := range athar.Day(HorizonDays + 1) {
			if !covered(d.Covered, t-k) {
				return false
			}
		}
		return true
	}
	// The days nearest to the start, as many as can be carried.
	var held [2][]athar.Day
	for _, i := range order {
		switch t := d.Day[i]; {
		case before.Has(t):
			held[0] = append(held[0], t)
		case after.Has(t):
			held[1] = append(held[1], t)
		}
	}
	if k := len(held[0]) - MaxSide; k > 0 {
		before.First = held[0][k-1] + 1
	}
	if len(held[1]) > MaxSide {
		after.Last = held[1][MaxSide] - 1
	}
	if cut := (d.Before.Days() - before.Days()) + (d.After.Days() - after.Days()); cut > 0 {
		r.Warnings = append(r.Warnings, athar.NewNote("nearby-shortened", "max", MaxSide, "before", before.Days(), "after", after.Days()))
	}
	first = before.First - HorizonDays
	m.last = int(after.Last - first)
	m.asked = make([]bool, m.last+1)
	days := [2]int{}
	for t := range m.asked {
		if m.asked[t] = askable(first + athar.Day(t)); m.asked[t] {
			if before.Has(first + athar.Day(t)) {
				days[0]++
			} else {
				days[1]++
			}
		}
	}
	type spot struct{ x, y float64 }
	places := [2]map[spot]bool{{}, {}}
	events := [2]int{}
	for _, i := range order {
		t := int(d.Day[i] - first)
		if t < 0 || t > m.last {
			continue
		}
		m.day, m.x, m.y = append(m.day, t), append(m.x, d.X[i]), append(m.y, d.Y[i])
		s := 0
		if d.Day[i] >= after.First {
			s = 1
		} else {
			m.turn = len(m.day)
		}
		if m.asked[t] {
			events[s]++
			places[s][spot{d.X[i], d.Y[i]}] = true
		}
	}
	for s, side := range []*athar.FollowersSide{&r.Before, &r.After} {
		side.Events, side.Days, side.Places = events[s], days[s], len(places[s])
	}
	for s := range 2 {
		switch {
		case events[s] < MinSide:
			r.Refusal = athar.Refuse("nearby-few-events", "n", events[s], "need", MinSide)
		case days[s] < MinAsked:
			r.Refusal = athar.Refuse("nearby-few-days", "n", days[s], "need", MinAsked)
		case float64(len(places[s])) < MinPlaces*float64(events[s]):
			r.Refusal = athar.Refuse("nearby-same-places", "places", len(places[s]), "n", events[s])
		default:
			continue
		}
		return m
	}
	for _, e := range d.Border {
		m.area += (e[0][0]*e[1][1] - e[1][0]*e[0][1]) / 2
	}
	m.border = newBorder(d.Border, m.x, m.y, ReachKm)
	m.background(int(before.Last-first), int(after.First-first))
	m.pairs()
	m.expected, m.follow = make([]float64, m.last+1), make([]float64, len(m.day))
	return m
}

// background lays out the broken lines of ln mu: hats about knots that are as even as
// they can be, apart for days up to the last before and from the first after.
func (m *daily) background(before, after int) {
	span := [2][2]int{{m.last, 0}, {m.last, 0}}
	for t, asked := range m.asked {
		if s := 0; asked {
			if t >= after {
				s = 1
			}
			span[s][0], span[s][1] = min(span[s][0], t), max(span[s][1], t)
		}
	}
	m.regress = make([][]float64, m.last+1)
	pieces := [2]int{}
	for s, x := range span {
		pieces[s] = max(1, int(math.Round(float64(x[1]-x[0])/knotDays)))
		m.p += pieces[s] + 1
	}
	for t, asked := range m.asked {
		if !asked {
			continue
		}
		m.regress[t] = make([]float64, m.p)
		s, column := 0, 0
		if t >= after {
			s, column = 1, pieces[0]+1
		}
		at := float64(t-span[s][0]) / float64(max(1, span[s][1]-span[s][0])) * float64(pieces[s])
		k := min(int(at), pieces[s]-1)
		m.regress[t][column+k], m.regress[t][column+k+1] = 1-(at-float64(k)), at-float64(k)
	}
	// A hat over days that nobody watched has nothing to rest on.
	var used []int
	for j := range m.p {
		if slices.ContainsFunc(m.regress, func(x []float64) bool { return x != nil && x[j] > 0 }) {
			used = append(used, j)
		}
	}
	for t, x := range m.regress {
		if x != nil {
			m.regress[t] = nil
			for _, j := range used {
				m.regress[t] = append(m.regress[t], x[j])
			}
		}
	}
	m.p = len(used)
}

// pairs finds the earlier events that each may have followed.
func (m *daily) pairs() {
	days := make([]int32, len(m.day))
	for i, t := range m.day {
		days[i] = int32(t)
	}
	index, _ := spacetime.NewPlane(days, m.x, m.y, ReachKm) // places on the map are finite
	var hits []spacetime.Hit
	m.first = append(m.first, 0)
	for i, t := range m.day {
		from := len(m.pair)
		if m.asked[t] {
			hits = index.Near(hits[:0], m.x[i], m.y[i], ReachKm, int32(t-m.horizon), int32(t-1))
			for _, h := range hits {
				class := min(classes-1, int(math.Sqrt(h.Square)/grainKm))
				here := 0
				if h.Square == 0 {
					here = 1
				}
				m.pair = append(m.pair, uint16(here<<12|class<<6|m.side(int(h.ID))<<5|(t-int(h.Day))))
			}
			slices.Sort(m.pair[from:])
		}
		m.first = append(m.first, len(m.pair))
	}
}

// tables are the kernels at a point of the likelihood.
type tables struct {
	near  spread
	alpha [2]float64
	// f is a mean over the ring of a class; by sigma and by shape are of ln f.
	f, bySigma, byShape [classes]float64
	g, byDelta          [HorizonDays + 1]float64
}

func (m *daily) tables(p []float64) (k tables) {
	k.alpha = [2]float64{math.Exp(p[m.p]), math.Exp(p[m.p] + p[m.p+1])}
	k.near = spread{of: m.kernel, sigma: math.Exp(p[m.p+2])}
	delta := math.Exp(p[m.dim-1])
	if m.kernel == Power {
		k.near.shape = math.Exp(p[m.p+3])
	}
	all, allBy := k.near.radial(ReachKm * ReachKm)
	low, lowBy := 0.0, [2]float64{}
	for c := range k.f {
		to := float64(c+1) * grainKm
		high, highBy := k.near.radial(to * to)
		k.f[c] = (high - low) / all / (math.Pi * grainKm * grainKm * float64(2*c+1))
		k.bySigma[c] = (highBy[0]-lowBy[0])/(high-low) - allBy[0]/all
		k.byShape[c] = (highBy[1]-lowBy[1])/(high-low) - allBy[1]/all
		if !(high > low) { // beyond what a narrow kernel reaches
			k.f[c], k.bySigma[c], k.byShape[c] = 0, 0, 0
		}
		low, lowBy = high, highBy
	}
	sum, mean := 0.0, 0.0
	for t := 1; t <= m.horizon; t++ {
		k.g[t] = math.Exp(-delta * float64(t-1))
		sum += k.g[t]
		mean += float64(t) * k.g[t]
	}
	for t := 1; t <= m.horizon; t++ {
		k.g[t] /= sum
		k.byDelta[t] = delta * (mean/sum - float64(t))
	}
	return k
}

// height is the log-likelihood; see [hill.at].
func (m *daily) height(p []float64, info bool) float64 {
	clear(m.grad)
	if info {
		clear(m.inf)
	}
	ll := 0.0
	score := make([]float64, m.dim)
	add := func(t int, by float64) { // score holds derivatives of what is added
		for j, v := range score {
			m.grad[j] += by * v
			if m.weeks != nil {
				m.weeks[t/block][j] += by * v
			}
		}
	}
	var k tables
	var brought [][4]float64 // by day of the earlier event: those of either side, by sigma, by shape
	n, a := m.p, m.p+1
	if !m.alone {
		k = m.tables(p)
		brought = make([][4]float64, m.last+1)
		all, allBy := k.near.radial(ReachKm * ReachKm)
		for i, t := range m.day {
			v, by := 1.0, [2]float64{}
			if m.nodes[i] < m.nodes[i+1] {
				v, by = m.seen(i, k.near)
				v /= 2 * math.Pi * all
				for q := range by {
					by[q] = by[q]/(2*math.Pi*all) - v*allBy[q]/all
				}
			}
			s := m.side(i)
			brought[t][s] += k.alpha[s] * v
			brought[t][2] += k.alpha[s] * by[0]
			brought[t][3] += k.alpha[s] * by[1]
		}
	}
	for t, x := range m.regress {
		if x == nil {
			continue
		}
		mu := math.Exp(dot(x, p))
		m.expected[t] = mu
		for j, v := range x {
			score[j] = mu * v
		}
		if !m.alone {
			var c [5]float64
			for lag := 1; lag <= m.horizon && lag <= t; lag++ {
				b := &brought[t-lag]
				c[0] += k.g[lag] * b[0]
				c[1] += k.g[lag] * b[1]
				c[2] += k.g[lag] * b[2]
				c[3] += k.g[lag] * b[3]
				c[4] += k.g[lag] * k.byDelta[lag] * (b[0] + b[1])
			}
			m.expected[t] += c[0] + c[1]
			score[n], score[a], score[n+2] = c[0]+c[1], c[1], c[2]
			if m.kernel == Power {
				score[n+3] = c[3]
			}
			score[m.dim-1] = c[4]
		}
		ll -= m.expected[t]
		add(t, -1)
	}
	for i, t := range m.day {
		if !m.asked[t] {
			continue
		}
		x := m.regress[t]
		mu := math.Exp(dot(x, p)) * m.u[i]
		all := mu
		for j, v := range x {
			score[j] = mu * v
		}
		if !m.alone {
			var c [2]float64
			var bySigma, byShape, byDelta float64
			for _, code := range m.pair[m.first[i]:m.first[i+1]] {
				class, s, lag := code>>6&63, code>>5&1, code&31
				v := k.alpha[s] * k.f[class] * k.g[lag]
				c[s] += v
				bySigma += v * k.bySigma[class]
				byShape += v * k.byShape[class]
				byDelta += v * k.byDelta[lag]
			}
			all += c[0] + c[1]
			m.follow[i] = (c[0] + c[1]) / all
			score[n], score[a], score[n+2] = c[0]+c[1], c[1], bySigma
			if m.kernel == Power {
				score[n+3] = byShape
			}
			score[m.dim-1] = byDelta
		}
		ll += math.Log(all)
		add(t, 1/all)
		if info {
			for j, v := range score {
				if v != 0 {
					for q, w := range score {
						m.inf[j*m.dim+q] += v * w / (all * all)
					}
				}
			}
		}
	}
	if math.IsNaN(ll) {
		return math.Inf(-1)
	}
	return ll
}

// possible keeps reach and memory within what the data could show.
func (m *daily) possible(p []float64) bool {
	for _, v := range p[:m.p] {
		if math.Abs(v) > 30 {
			return false
		}
	}
	if m.alone {
		return true
	}
	shape := 0.0
	if m.kernel == Power {
		shape = p[m.p+3]
	}
	delta := math.Exp(p[m.dim-1])
	return math.Abs(p[m.p]) < 12 && math.Abs(p[m.p+1]) < 12 && p[m.p+2] > math.Log(grainKm/20) && p[m.p+2] < math.Log(10*ReachKm) && math.Abs(shape) < 3 &&
		delta > 1e-3 && delta < 10
}

// ready sets up the climb with or without followers.
func (m *daily) ready(kernel Kernel, alone bool) {
	m.kernel, m.alone = kernel, alone
	m.dim = m.p
	if !alone {
		m.dim += 4
		if kernel == Power {
			m.dim++
		}
	}
	m.hill.at, m.hill.inside = m.height, m.possible
	m.grad, m.inf = make([]float64, m.dim), make([]float64, m.dim*m.dim)
}

// fit climbs without followers and with either kernel, and describes the better.
func (m *daily) fit(r *athar.Followers, d Daily) {
	m.ready(Step, true)
	base := make([]float64, m.p)
	days := 0
	for _, asked := range m.asked {
		if asked {
			days++
		}
	}
	for j := range base {
		base[j] = math.Log(float64(r.Before.Events+r.After.Events) / float64(days))
	}
	none := m.climb(base, true)
	r.AIC[0] = athar.Num(2*float64(m.dim) - 2*none)
	var best [3][]float64
	for _, kernel := range []Kernel{Decay, Power} {
		m.ready(kernel, false)
		top := math.Inf(-1)
		for _, start := range [][2]float64{{.5, 5}, {2, 10}, {.2, 2}} { // km, days
			p := make([]float64, m.dim)
			for j, v := range base {
				p[j] = v + math.Log(.7)
			}
			p[m.p], p[m.p+2], p[m.dim-1] = math.Log(.3), math.Log(start[0]), -math.Log(start[1])
			if kernel == Power {
				p[m.p+3] = math.Log(2.5)
			}
			if v := m.climb(p, false); v > top+1e-2 {
				best[kernel], top = p, v
			}
		}
		if best[kernel] != nil {
			r.AIC[kernel] = athar.Num(2*float64(m.dim) - 2*m.climb(best[kernel], true))
		}
	}
	if !(min(r.AIC[Decay], r.AIC[Power]) < r.AIC[0]) {
		r.Refusal = athar.Refuse("nearby-none")
		return
	}
	chosen := Decay
	if r.AIC[Power] < r.AIC[Decay] || best[Decay] == nil {
		chosen = Power
	}
	if best[chosen] == nil {
		r.Refusal = athar.Refuse("diverged")
		return
	}
	r.Kernel = map[Kernel]string{Decay: "gaussian", Power: "power-law"}[chosen]
	m.ready(chosen, false)
	m.describe(r, d, best[chosen])
}

func (m *daily) describe(r *athar.Followers, d Daily, p []float64) {
	h, ok := m.curvature(p)
	var chol mat.Cholesky
	var inv mat.SymDense
	if !ok || !chol.Factorize(h) || chol.InverseTo(&inv) != nil {
		r.Refusal = athar.Refuse("diverged")
		return
	}
	m.weeks = make([][]float64, m.last/block+1)
	for w := range m.weeks {
		m.weeks[w] = make([]float64, m.dim)
	}
	m.height(p, false)
	meat, weeks := mat.NewSymDense(m.dim, nil), 0.0
	for _, s := range m.weeks {
		if slices.ContainsFunc(s, func(v float64) bool { return v != 0 }) {
			meat.SymRankOne(meat, 1, mat.NewVecDense(m.dim, s))
			weeks++
		}
	}
	var half, v mat.Dense
	half.Mul(&inv, meat)
	v.Mul(&half, &inv)
	v.Scale(weeks/(weeks-1), &v)
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: weeks - 1}
	wide := t.Quantile(.975)
	n, a := m.p, m.p+1
	se := [2]float64{math.Sqrt(v.At(n, n)), math.Sqrt(v.At(n, n) + v.At(a, a) + 2*v.At(n, a))}
	k := m.tables(p)
	alpha := k.alpha
	count, share := [2]float64{}, [2]float64{}
	for i, t := range m.day {
		if m.asked[t] {
			count[m.side(i)]++
			share[m.side(i)] += m.follow[i]
		}
	}
	for s, side := range []*athar.FollowersSide{&r.Before, &r.After} {
		side.Alpha, side.Low, side.High = athar.Num(alpha[s]), athar.Num(alpha[s]*math.Exp(-wide*se[s])), athar.Num(alpha[s]*math.Exp(wide*se[s]))
		side.Share = athar.Num(share[s] / count[s])
	}
	here, all := 0.0, 0.0
	for i, f := range m.follow {
		same, sum := 0.0, 0.0
		for _, code := range m.pair[m.first[i]:m.first[i+1]] {
			v := k.alpha[code>>5&1] * k.f[code>>6&63] * k.g[code&31]
			sum += v
			same += v * float64(code>>12)
		}
		if sum > 0 {
			here += f * same / sum
			all += f
		}
	}
	r.SamePlace = athar.Num(here / all)
	r.HalfKm, r.MostKm = athar.Num(quantile(k.near, .5)), athar.Num(quantile(k.near, .9))
	r.HalfDays, r.MostDays = athar.Num(lagOf(k.g[:], .5)), athar.Num(lagOf(k.g[:], .9))
	m.residuals(r, d)
	if r.MostDays > late*HorizonDays {
		r.Warnings = append(r.Warnings, athar.NewNote("nearby-slow", "days", r.MostDays, "horizon", HorizonDays))
	}
	if r.Serial < .01 {
		r.Warnings = append(r.Warnings, athar.NewNote("nearby-runs", "p", r.Serial))
	}
	sd := math.Sqrt(v.At(a, a))
	switch {
	case alpha[0] >= 1 || alpha[1] >= 1:
		r.Refusal = athar.Refuse("nearby-explosive", "before", athar.Num(alpha[0]), "after", athar.Num(alpha[1]))
	case !(2*wide*sd < math.Log(maxSpread)):
		r.Refusal = athar.Refuse("nearby-unbounded", "before", r.Before.Days, "after", r.After.Days)
	default:
		r.Ratio, r.RatioLow, r.RatioHigh = athar.Num(math.Exp(p[a])), athar.Num(math.Exp(p[a]-wide*sd)), athar.Num(math.Exp(p[a]+wide*sd))
		r.RatioP = athar.Num(2 * t.Survival(math.Abs(p[a])/sd))
	}
}

func covered(spans []athar.Span, t athar.Day) bool {
	return slices.ContainsFunc(spans, func(s athar.Span) bool { return s.Has(t) })
}

// quantile is the distance within which a share of direct followers falls, of those
// up to the reach.
func quantile(k spread, share float64) float64 {
	all, _ := k.radial(ReachKm * ReachKm)
	low, high := 0.0, float64(ReachKm)
	for range 60 {
		mid := (low + high) / 2
		if v, _ := k.radial(mid * mid); v < share*all {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// lagOf is the number of days within which a share of direct followers falls, with
// days between taken in proportion.
func lagOf(g []float64, share float64) float64 {
	sum := 0.0
	for t, v := range g {
		if sum+v >= share {
			return float64(t) - 1 + (share-sum)/v
		}
		sum += v
	}
	return float64(len(g) - 1)
}

// residuals compares the numbers of days with what was expected of them. Scattered
// evenly over their day, and time stretched by what was expected, the events of a right
// model lie apart as Exp(1) (Ogata 1988); whether days with too many come in runs is told by
// Ljung and Box's test up to 10 days. Both take parameters for known and are somewhat too
// large. Dispersion is the variance of a day's number over its mean.
func (m *daily) residuals(r *athar.Followers, d Daily) {
	y := make([]float64, m.last+1)
	for _, t := range m.day {
		y[t]++
	}
	random := stat.Stream(d.Seed, d.Task, 0)
	var list, u, at []float64
	square, sum, last := 0.0, 0.0, 0.0
	for t, asked := range m.asked {
		if !asked {
			continue
		}
		e := m.expected[t]
		list = append(list, (y[t]-e)/math.Sqrt(e))
		square += (y[t] - e) * (y[t] - e) / e
		at = at[:0]
		for range int(y[t]) {
			at = append(at, sum+e*random.Float64())
		}
		slices.Sort(at)
		for _, v := range at {
			u = append(u, -math.Expm1(last-v))
			last = v
		}
		sum += e
	}
	slices.Sort(u)
	r.Uniform, r.Serial = athar.Num(stat.KolmogorovUniform(u)), athar.Num(stat.LjungBox(list, 10, 0))
	r.Dispersion = athar.Num(square / float64(len(list)-m.dim))
}
