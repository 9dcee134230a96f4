package assess

import (
	"maps"
	"math"
	"slices"

	"athar"
	"athar/displace/knox"
	"athar/effect/hawkes"
	"athar/effect/hawkes/spatial"
	"athar/effect/stochint"
	"athar/effect/wake"
	"athar/panel"
	"athar/place"
	"athar/study"
)

// What is asked about the frequency of operations: shares of the number that
// there was, and days in a row. They are the same for every study, so that none
// is chosen by what it says.
var frequencies = []struct {
	from, to float64
	days     int
}{{.9, 1.1, 1}, {.75, 1.25, 1}, {.5, 1.5, 1}, {.9, 1.1, 3}, {.9, 1.1, 7}}

// The geometry of that question, and permutations for wakes, unless the study
// declares fewer draws.
const (
	pixels    = 64 // along the longer side of the window
	historyKm = 25 // kernel by which the events before a day are smoothed
	wakeDraws = 999
	mixed     = .05 // share of a uniform map in the map of operations, so that no place is impossible
)

// distanceKm are the edges of the rings around the study's places, km.
var distanceKm = []float64{50, 100, 200, 400}

// followDraws is the number of series without followers that a footprint's is compared with.
const followDraws = 39

// The bands of near repeats. They end where the question does: pairs farther
// apart than 5 km are what costs time where there are many events in one city.
var (
	nearKm   = []float64{knox.SameKm, 1, 5}
	nearDays = []int{1, 3, 8}
)

// dealt is how often dates are dealt out for n events: 999 times, and less often
// for more than 2,000 events, down to 99 times, since the work grows with pairs.
func dealt(n int) int {
	return min(999, max(99, int(4e9/(float64(n)*float64(n)+1))))
}

// stretch is a span in which both operations and events were recorded.
type stretch struct {
	when   athar.Span
	ops    []operation
	points []point
}

// spaceTime describes the single events of the study, and the stretches in which
// operations can be asked about.
func (in *inputs) spaceTime() (*athar.SpaceTime, []stretch) {
	r := &athar.SpaceTime{Events: len(in.points.list), Dropped: byReason(in.points.dropped)}
	if r.Events == 0 {
		r.Refusal = athar.Refuse("spacetime-no-points", "n", sumOf(r.Dropped))
		need := athar.NewNote("spacetime-needs-points")
		r.Refusal.Remedy = &need
	}
	if in.operations == nil {
		return r, nil
	}
	o := in.study.Operations
	r.Operations = &athar.Operations{Treated: o.Treated.Name, Control: o.Control.Name, Forces: o.Forces, Matched: o.Match}
	for _, p := range o.Places {
		r.Operations.Places = append(r.Operations.Places, p.Name)
	}
	spans := shared(in.coverage, in.operations.coverage)
	var out []stretch
	for _, s := range spans {
		x := stretch{when: s}
		for _, op := range in.operations.list {
			if s.Has(op.day) {
				x.ops = append(x.ops, op)
			}
		}
		for _, p := range in.points.list {
			if s.Has(p.day) {
				x.points = append(x.points, p)
			}
		}
		if len(x.ops) > 0 {
			out = append(out, x)
		}
	}
	r.Operations.Dropped = in.operationsLost(spans).byReason()
	r.Operations.Stretches = make([]athar.OperationStretch, len(out))
	return r, out
}

// operationsLost are the operations that are left out, those outside the spans among
// them.
func (in *inputs) operationsLost(spans []athar.Span) leftOut {
	out := maps.Clone(in.operations.lost)
	for _, op := range in.operations.list {
		if !recorded(spans, op.day) {
			out.add("events-not-recorded", op.at)
		}
	}
	return out
}

func sumOf(list []athar.ReasonCount) (n int) {
	for _, r := range list {
		n += r.N
	}
	return n
}

// askOperations asks what followed the operations of one stretch.
func (in *inputs) askOperations(x stretch) athar.OperationStretch {
	r := athar.OperationStretch{When: x.when, Events: len(x.points)}
	for _, op := range x.ops {
		if op.treated {
			r.Treated++
		} else {
			r.Control++
		}
	}
	if in.study.Operations.Control.Given() {
		grid := in.wakes(x)
		r.Wakes = &grid
	}
	r.Frequency = in.frequency(x)
	return r
}

// wakes compares what followed the two kinds of operation.
func (in *inputs) wakes(x stretch) athar.WakeGrid {
	var ops, events []wake.Event
	for _, op := range x.ops {
		e := wake.Event{Day: op.day, Lon: op.lon, Lat: op.lat, Covariates: slices.Clone(op.numbers)}
		if op.treated {
			e.Kind = wake.Treated
		}
		if km := in.placesKm(op.lon, op.lat); km >= 0 {
			e.Covariates = append(e.Covariates, km)
		}
		ops = append(ops, e)
	}
	for _, p := range x.points {
		events = append(events, wake.Event{Day: p.day, Lon: p.lon, Lat: p.lat})
	}
	return wake.Analyse(ops, events, wake.Options{Observed: x.when, Seed: in.study.Choices.Seed, Draws: min(wakeDraws, in.study.Choices.Draws)})
}

// placesKm is the distance of a point to the nearest of the study's places; -1
// without any.
func (in *inputs) placesKm(lon, lat float64) float64 {
	km := -1.0
	for _, p := range in.study.Operations.Places {
		if d := place.Km(lon, lat, p.Lon, p.Lat); km < 0 || d < km {
			km = d
		}
	}
	return km
}

// frequency asks what would have followed more or fewer operations.
func (in *inputs) frequency(x stretch) *athar.Frequency {
	r := &athar.Frequency{Covariates: []string{}, Contrasts: []athar.FrequencyContrast{}, PerDay: athar.Num(math.NaN())}
	if in.set == nil || !in.set.HasPolygons() {
		r.Refusal = athar.Refuse("spacetime-no-polygons")
		return r
	}
	w, flat := in.window()
	days := x.when.Days()
	var treated, events []stochint.Event
	at := func(p point) stochint.Event {
		e := stochint.Event{Day: int(p.day - x.when.First)}
		e.X, e.Y = flat.To(p.lon, p.lat)
		return e
	}
	for _, op := range x.ops {
		if op.treated {
			treated = append(treated, at(op.point))
		}
	}
	for _, p := range x.points {
		events = append(events, at(p))
	}
	r.PerDay = athar.Num(float64(len(treated)) / float64(days))
	if len(treated) < stochint.NeedTreated {
		r.Refusal = athar.Refuse("stochint-few-treated", "n", len(treated), "need", stochint.NeedTreated)
		return r
	}
	input := stochint.Input{Window: w, Days: days, Treatment: treated, Outcome: events}
	add := func(code string, c stochint.Covariate) {
		r.Covariates = append(r.Covariates, code)
		c.Name = code
		input.Covariates = append(input.Covariates, c)
	}
	places := make([][2]float64, len(in.study.Operations.Places))
	for i, p := range in.study.Operations.Places {
		places[i][0], places[i][1] = flat.To(p.Lon, p.Lat)
	}
	if len(places) > 0 {
		add("distance", stochint.Covariate{Map: w.Distance(places)})
	}
	density := stochint.Density(w, treated, 0, mixed)
	for i, v := range density {
		density[i] = math.Log(v)
	}
	add("density", stochint.Covariate{Map: density})
	trend, square := make([]float64, days), make([]float64, days)
	for d := range trend {
		trend[d] = float64(d) / float64(days)
		square[d] = trend[d] * trend[d]
	}
	add("trend", stochint.Covariate{Day: trend})
	add("trend-squared", stochint.Covariate{Day: square})
	smooth := stochint.Smoothing{Sigma: historyKm}
	for _, back := range []struct {
		code string
		days int
	}{{"day", 1}, {"week", 7}, {"month", 30}} {
		add("events-"+back.code, stochint.History("", w, events, days, back.days, smooth))
		add("operations-"+back.code, stochint.History("", w, treated, days, back.days, smooth))
	}
	m := stochint.New(input)
	if m.Refusal != nil {
		r.Refusal = m.Refusal
		return r
	}
	left := m.Residuals(in.study.Choices.Seed)
	r.Residuals = &athar.FrequencyResiduals{Days: athar.Num(left.Days), Serial: athar.Num(left.Serial), Places: athar.Num(left.Places)}
	var regions []stochint.Region
	if len(places) > 0 {
		regions = w.Rings(places, distanceKm...)
	}
	for _, f := range frequencies {
		o := stochint.Options{From: f.from * float64(r.PerDay), To: f.to * float64(r.PerDay), Days: f.days, Regions: regions}
		r.Contrasts = append(r.Contrasts, frequencyContrast(m.Contrast(o), o, days))
	}
	return r
}

// frequencyContrast writes an answer in the words of the report.
func frequencyContrast(a *stochint.Answer, o stochint.Options, days int) athar.FrequencyContrast {
	c := athar.FrequencyContrast{From: athar.Num(o.From), To: athar.Num(o.To), Days: o.Days, Of: days / o.Days, Notes: a.Notes, Refusal: a.Refusal,
		Rings: []athar.FrequencyRing{}, Cuts: []athar.FrequencyCut{}}
	for k := range 2 {
		c.Effective[k], c.Largest[k] = athar.Num(a.Uncut[k]/float64(o.Days)), athar.Num(a.Largest[k])
	}
	if a.Refusal != nil {
		return c // figures that must not be read are not written
	}
	for _, b := range a.Balance {
		after := [2]athar.Num{athar.Num(b.After[0]), athar.Num(b.After[1])}
		c.Balance = append(c.Balance, athar.FrequencyBalance{Covariate: b.Name, Before: athar.Num(b.Before), After: after})
		for _, v := range after {
			if x := athar.Num(math.Abs(float64(v))); c.Unbalanced == nil && !math.IsNaN(float64(x)) || c.Unbalanced != nil && x > *c.Unbalanced {
				c.Unbalanced = &x
			}
		}
	}
	for _, e := range a.Regions {
		c.Rings = append(c.Rings, athar.FrequencyRing{Inner: athar.Num(e.Region.Inner), Outer: athar.Num(e.Region.Outer), Whole: e.Region.Whole,
			FromEvents: athar.Num(e.Events[0]), ToEvents: athar.Num(e.Events[1]), Diff: athar.Num(e.Diff), Low: athar.Num(e.Low), High: athar.Num(e.High),
			JointLow: athar.Num(e.JointLow), JointHigh: athar.Num(e.JointHigh), Before: athar.Num(e.Before), BeforeP: athar.Num(e.BeforeP), Robust: athar.Num(e.Robust)})
	}
	for _, cut := range a.Cuts {
		c.Cuts = append(c.Cuts, athar.FrequencyCut{Quantile: athar.Num(cut.Quantile), Diff: athar.Num(cut.Diff[len(cut.Diff)-1])})
	}
	return c
}

// window is the part of the map that the study's areas cover, in pixels on a
// plane in km about their middle.
func (in *inputs) window() (*stochint.Window, place.Plane) {
	b := in.set.Bounds()
	flat := place.NewPlane((b.West+b.East)/2, (b.South+b.North)/2)
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	const steps = 32 // along each side of the box of degrees, whose sides are curved on the plane
	for i := range steps + 1 {
		t := float64(i) / steps
		lon, lat := b.West+t*(b.East-b.West), b.South+t*(b.North-b.South)
		for _, p := range [][2]float64{{lon, b.South}, {lon, b.North}, {b.West, lat}, {b.East, lat}} {
			x, y := flat.To(p[0], p[1])
			x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
		}
	}
	side := max(x1-x0, y1-y0) / pixels
	nx, ny := max(1, int(math.Ceil((x1-x0)/side))), max(1, int(math.Ceil((y1-y0)/side)))
	mask := make([]bool, nx*ny)
	for i := range mask {
		_, mask[i] = in.set.Locate(flat.From(x0+(float64(i%nx)+.5)*side, y0+(float64(i/nx)+.5)*side))
	}
	return stochint.FromMask(x0, y0, side, side, nx, ny, mask), flat
}

// spaceTimeMethods counts what the methods of space and time were asked, and their
// refusals.
func spaceTimeMethods(r *athar.Report) []athar.MethodInfo {
	wakes, frequency := athar.MethodInfo{Method: "wake"}, athar.MethodInfo{Method: "stochint"}
	count := func(m *athar.MethodInfo, refused *athar.Refusal) {
		m.Runs++
		if refused != nil {
			m.Refuse++
		}
	}
	if r.SpaceTime != nil && r.SpaceTime.Operations != nil {
		for _, s := range r.SpaceTime.Operations.Stretches {
			if s.Wakes != nil && s.Wakes.Refusal != nil {
				count(&wakes, s.Wakes.Refusal)
			} else if s.Wakes != nil {
				for _, w := range s.Wakes.Rows {
					count(&wakes, w.Refusal)
				}
			}
			if s.Frequency.Refusal != nil {
				count(&frequency, s.Frequency.Refusal)
			}
			for _, c := range s.Frequency.Contrasts {
				count(&frequency, c.Refusal)
			}
		}
	}
	repeats, followers, scans := athar.MethodInfo{Method: "knox"}, athar.MethodInfo{Method: "followers"}, athar.MethodInfo{Method: "scan"}
	for _, c := range r.Campaigns {
		if c.SpaceTime == nil {
			continue
		}
		for _, n := range c.SpaceTime.NearRepeats {
			count(&repeats, n.Refusal)
		}
		if x := c.SpaceTime.Followers; x != nil {
			count(&followers, x.Refusal)
		}
		if x := c.SpaceTime.Scan; x != nil {
			count(&scans, x.Refusal)
		}
	}
	spots := athar.MethodInfo{Method: "hotspot"}
	if r.HotSpots != nil {
		count(&spots, r.HotSpots.Refusal)
	}
	return slices.DeleteFunc([]athar.MethodInfo{wakes, frequency, repeats, followers, scans, spots}, func(m athar.MethodInfo) bool { return m.Runs == 0 })
}

// singleEvents asks everything that single events can say about campaign i; nil where
// they say nothing beside the self-exciting model.
func (a *answers) singleEvents(s *study.Study, i int, in *inputs, v *panel.View) *athar.CampaignSpaceTime {
	a.excitation(v)
	r := in.campaignSpaceTime(s, i, v)
	if r != nil && r.Scan != nil && r.Scan.Refusal == nil {
		a.coincidence = &r.Scan.Coincident
	}
	return r
}

// excitation asks the self-exciting model of days about the footprint and every
// ring. What it says of the background stands beside the headline without a vote. Data
// coarser than days are not asked: the model would refuse in every place alike.
func (a *answers) excitation(v *panel.View) {
	if v.Daily == nil || v.Daily.Grain > 1 {
		return
	}
	for role := athar.Inside; int(role) <= len(v.Rings); role++ {
		q := hawkes.Question{Campaign: a.campaign, Ask: athar.AskInside}
		if role.IsRing() {
			q.Ask, q.Ring = athar.AskRing, int(role)
		} else {
			q.Draws, q.Seed = a.follow, a.seed
		}
		list := hawkes.Answer(daily(v.Panel, role), q)
		a.keep(list...)
		if role == athar.Inside {
			a.witnesses = append(a.witnesses, slices.DeleteFunc(slices.Clone(list), func(e athar.Effect) bool { return e.Spec != hawkes.Background })...)
		}
	}
}

// daily is the series by day of the areas of a role that may be used often enough.
func daily(p *athar.Panel, role athar.Role) hawkes.Series {
	return hawkes.Days(p, func(i int) bool { return p.Areas[i].Role == role && panel.EnoughUsed(p, i) })
}

// campaignSpaceTime asks what single events say about one campaign; nil where
// there is nothing to ask.
func (in *inputs) campaignSpaceTime(s *study.Study, i int, v *panel.View) *athar.CampaignSpaceTime {
	p := in.pattern(s, v)
	if p.Before.Days() == 0 || p.After.Days() == 0 {
		return nil
	}
	r := &athar.CampaignSpaceTime{Before: p.Before, After: p.After, NearRepeats: []athar.NearRepeat{}, Scan: in.scanned(s.Campaigns[i].ID, p, v)}
	if len(in.points.list) > 0 {
		r.NearRepeats = in.nearRepeats(s, i, p, v)
		r.Followers = in.followers(s, i, p)
	}
	if r.Scan == nil && len(r.NearRepeats) == 0 {
		return nil
	}
	return r
}

// nearRepeats asks about near repeats inside and around.
func (in *inputs) nearRepeats(s *study.Study, i int, p *athar.Pattern, v *panel.View) (out []athar.NearRepeat) {
	role := make([]athar.Role, len(in.areas))
	for k := range role {
		role[k] = athar.LeftOut
	}
	for _, x := range p.Areas {
		if k, ok := in.areaAt(x.Code); ok {
			role[k] = x.Role
		}
	}
	for _, around := range []bool{false, true} {
		if around && len(v.Rings) == 0 {
			continue
		}
		var side [2][]knox.Event
		for _, x := range in.points.list {
			if at := role[x.area]; around && !at.IsRing() || !around && at != athar.Inside {
				continue
			}
			switch {
			case p.Before.Has(x.day):
				side[0] = append(side[0], knox.Event{Day: x.day, X: x.lon, Y: x.lat})
			case p.After.Has(x.day):
				side[1] = append(side[1], knox.Event{Day: x.day, X: x.lon, Y: x.lat})
			}
		}
		task := s.Campaigns[i].ID + "/near-repeat"
		if around {
			task += "/around"
		}
		n := nearRepeat(knox.Compare(side[0], side[1], knox.Options{Km: nearKm, Days: nearDays, Seed: s.Choices.Seed, Task: task,
			Draws: min(dealt(max(len(side[0]), len(side[1]))), s.Choices.Draws)}))
		n.Around = around
		out = append(out, n)
	}
	return out
}

// followers asks how many further events nearby one event inside has. Those of the rings
// are not asked: what follows from the footprint into them has its own methods.
func (in *inputs) followers(s *study.Study, i int, p *athar.Pattern) *athar.Followers {
	var codes []string
	asked := make([]bool, len(in.areas))
	lon, lat := 0.0, 0.0
	for _, x := range p.Areas {
		if k, ok := in.areaAt(x.Code); ok && x.Role == athar.Inside {
			asked[k] = true
			codes = append(codes, x.Code)
			lon, lat = lon+x.Lon, lat+x.Lat
		}
	}
	if len(codes) == 0 {
		return nil
	}
	flat := place.NewPlane(lon/float64(len(codes)), lat/float64(len(codes)))
	d := spatial.Daily{Before: p.Before, After: p.After, Covered: in.coverage, Seed: s.Choices.Seed, Task: s.Campaigns[i].ID + "/followers"}
	if in.set != nil {
		for _, e := range in.set.Border(codes, flat) {
			d.Border = append(d.Border, e)
		}
	}
	for _, x := range in.points.list {
		if asked[x.area] {
			px, py := flat.To(x.lon, x.lat)
			d.Day, d.X, d.Y = append(d.Day, x.day), append(d.X, px), append(d.Y, py)
		}
	}
	return spatial.Compare(d)
}

// nearRepeat writes a comparison in the words of the report.
func nearRepeat(c knox.Comparison) athar.NearRepeat {
	side := func(x knox.Result) athar.NearRepeatSide {
		out := athar.NearRepeatSide{Events: x.Events, Places: x.Places, Pairs: int(x.Near.Pairs), Expected: x.Near.Expected, Ratio: x.Near.Ratio, P: x.Near.P,
			Warnings: x.Warnings, Refusal: x.Refusal}
		for _, b := range x.Space {
			out.Space = append(out.Space, athar.Band(b))
		}
		for _, b := range x.Time {
			out.Time = append(out.Time, athar.Band(b))
		}
		for _, k := range x.Cells {
			out.Cells = append(out.Cells, athar.NearRepeatCell{Pairs: int(k.Pairs), Expected: k.Expected, Ratio: k.Ratio, PAdj: k.PAdj})
		}
		return out
	}
	return athar.NearRepeat{Before: side(c.Before), After: side(c.After), Km: c.Before.NearKm, Days: c.Before.NearDays,
		Extra: c.Near.Extra, ExtraLow: c.Near.ExtraLow, ExtraHigh: c.Near.ExtraHigh, ExtraP: c.Near.ExtraP, Change: c.Near.Sign(), Refusal: c.Refusal}
}
