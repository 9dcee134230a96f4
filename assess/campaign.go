package assess

import (
	"math"
	"slices"
	"strings"

	"athar"
	"athar/adapt"
	"athar/displace/wdd"
	"athar/effect/bsts"
	"athar/effect/decay"
	"athar/effect/did"
	"athar/effect/its"
	"athar/effect/placebo"
	"athar/effect/rateratio"
	"athar/effect/sdid"
	"athar/effect/spillover"
	"athar/effect/synth"
	"athar/effect/zeros"
	"athar/panel"
	"athar/stat"
	"athar/study"
	"athar/verdict"
)

// campaign asks every method about one campaign and writes its report.
func campaign(s *study.Study, i int, in *inputs, g *panel.Grid, v *panel.View, draws *imputed, unknown *unknowns, curves []athar.Multiverse) athar.CampaignReport {
	c := s.Campaigns[i]
	r := athar.CampaignReport{Campaign: campaignInfo(s, c), Rings: v.Rings, Periods: v.Periods, Notes: v.Notes,
		Areas: areaRoles(v), Findings: []athar.Finding{}, Effects: []athar.Effect{}}
	if r.Rings == nil {
		r.Rings = []athar.Ring{}
	}
	a := answers{seed: s.Choices.Seed, draws: s.Choices.Draws, smallest: s.Choices.SmallestEffect, campaign: c.ID, curves: curves, follow: min(followDraws, s.Choices.Draws)}
	a.spillover(v)
	a.near(s, i, in, g, v)
	a.imputed(v, draws)
	a.bounds(v, unknown)
	a.challenge(v, in.between)
	a.beside(s, i, in, g, v)
	if n := len(v.Rings); n > 0 && in.set != nil {
		r.Decay = decay.Estimate(v.Panel, v.Km, float64(v.Rings[n-1].To), a.seed)
	}
	r.SpaceTime = a.singleEvents(s, i, in, v)
	r.Harm = a.harm(v, in.harm)

	r.Findings, r.Guards = a.findings(s, c, in, v)
	r.Effects = a.effects
	if len(in.unsaid) > 0 {
		a.notes = append(a.notes, athar.Note{Code: "no-monitoring-table", Args: map[string]any{"data": strings.Join(in.unsaid, ", ")}})
	}
	r.Notes = append(r.Notes, a.notes...)
	if r.Notes == nil {
		r.Notes = []athar.Note{}
	}
	r.Series = roleSeries(v, a.expected)
	r.Multiverse = curves
	var shown []athar.Guard
	r.Windows, shown = windows(c, in, g, a.smallest)
	r.Guards = append(r.Guards, shown...)
	var pattern *athar.Pattern
	if r.Adaptation, pattern = adaptation(s, i, in, v); pattern != nil {
		pattern, _ = adapt.Thinned(pattern, s.Choices.Seed)
	}
	r.Goals = goals(s, i, in, g, v, pattern, r.Findings, resumption(r.Adaptation))
	return r
}

// challenge asks everything that may take a direction of the headline away:
// campaigns that did not happen, and methods with other assumptions.
func (a *answers) challenge(v *panel.View, between func(i, j int) float64) {
	a.randomise(v, between)
	a.series(v)
	a.did(v)
	a.courses(v)
	if !a.wordsOnly || a.noControl {
		a.exact(v)
	}
	if !a.wordsOnly {
		a.zeros(v)
	}
	a.wdd(v)
	a.fallBack(v)
}

// findings puts what the methods said into words, with the guards that were
// shown before them.
func (a *answers) findings(s *study.Study, c study.Campaign, in *inputs, v *panel.View) ([]athar.Finding, []athar.Guard) {
	_, inside := v.RoleSeries(athar.Inside)
	f := verdict.Facts{Periods: v.Periods, Inside: inside, Headline: a.headline, Donuts: a.donuts, Voters: a.voters,
		Start: c.Start, End: c.End, ExposedCells: v.Exposed, UsedCells: v.Used,
		Joint: strings.Join(v.Joint, ", "), Modelled: v.Modelled, NoControl: a.noControl, Widened: v.Widened, Placebo: a.placebo, Imputed: a.drawn,
		Bounded: a.bounded, UnknownInside: a.unknownInside, KnownInside: a.knownInside,
		FarDuring: v.Total(athar.Far, athar.During), FarPost: v.Total(athar.Far, athar.Post), Multiverse: a.curves}
	f.ComparedPre, f.MonitoredPre = compared(v.Panel)
	in.precision(&f)
	a.fill(&f, s, in)
	if r := a.randomised; r != nil {
		f.Randomised = verdict.Randomised{Ran: r.Refusal == nil, Placebos: r.Allocations, MinP: r.MinP, Matched: r.Matched, Contiguous: r.Contiguous}
	}
	guards := verdict.Check(f)
	return verdict.Findings(verdict.Input{Campaign: c.ID, Smallest: a.smallest, Rings: len(v.Rings),
		Headline: a.headline, Donuts: a.donuts, Detrended: a.detrended, Voters: a.voters, Witnesses: a.witnesses, Imputed: a.drawn, Bounded: a.bounded,
		Spatial: a.spatial, Adjacent: a.adjacent, Dated: f.Dated, Compared: f.Compared, NoControl: a.noControl, PlaceboMin: f.Randomised.MinP, Coincidence: a.coincidence, Guards: guards, Multiverse: a.curves}), guards
}

// compared counts the periods before in which a far area may be used, and those
// that were monitored.
func compared(p *athar.Panel) (n, of int) {
	for t, q := range p.Periods {
		if q.Phase != athar.Pre || q.Days <= 0 {
			continue
		}
		of++
		for i, a := range p.Areas {
			if a.Role == athar.Far && p.Use[p.At(i, t)] {
				n++
				break
			}
		}
	}
	return n, of
}

// answers collects what the methods said about one campaign.
type answers struct {
	campaign string
	seed     uint64
	draws    int
	smallest float64

	headline, voters, witnesses []athar.Effect
	donuts                      [][]athar.Effect
	placebo, detrended          []athar.Effect
	spatial, adjacent           []athar.Effect // the headline model with spatial errors, and with neighbours as its first ring
	bounded                     []athar.Effect // the headline model with unknown actors' events added
	unknownInside, knownInside  float64
	drawn                       []athar.Effect // the headline model pooled over draws of coarse places and dates
	effects                     []athar.Effect // all of them, for the tables
	expected                    []athar.RoleSeries
	notes                       []athar.Note
	curves                      []athar.Multiverse
	noControl                   bool
	own                         bool // about all events, not about those of a goal
	wordsOnly                   bool // ask for nothing that is only shown
	follow                      int  // series without followers that the self-exciting model is checked with; 0: none
	randomised                  *placebo.Result
	coincidence                 *athar.Coincidence // nil: not asked
}

func (a *answers) keep(list ...athar.Effect) { a.effects = append(a.effects, list...) }

// spillover fits the headline model, its donut versions and, where both kinds
// of error can be had, the other kind.
func (a *answers) spillover(v *panel.View) {
	o := spillover.Options{Campaign: a.campaign, Seed: a.seed, Draws: a.draws}
	main := spillover.Estimate(v.Panel, o)
	a.headline, a.expected = main.Effects, main.Expected
	a.notes = append(a.notes, main.Notes...)
	a.noControl = main.Refusal != nil
	if main.Refusal != nil {
		a.keep(main.Effects...)
		a.notes = append(a.notes, main.Refusal.Reason)
		return
	}
	widenAll(a.headline, v.Panel)
	a.keep(a.headline...)
	o.Draws = -1
	try := func(spec string, p *athar.Panel) []athar.Effect {
		o.Spec = spec
		e := spillover.Estimate(p, o).Effects
		widenAll(e, p)
		a.keep(e...)
		return e
	}
	for d := 1; d <= 3; d++ {
		a.donuts = append(a.donuts, try(donutSpec(d), v.Donut(d)))
	}
	if p := v.Placebo(); p != nil {
		a.placebo = try("placebo=later-half-of-pre", p)
	}
	a.detrended = try("trend=own", panel.Detrended(v.Panel))
	if a.wordsOnly {
		return
	}
	for _, errors := range []spillover.Errors{spillover.Clustered, spillover.Dispersion} {
		o.Spec, o.Errors = "errors="+string(errors), errors
		e := spillover.Estimate(v.Panel, o).Effects
		a.keep(e...)
		for _, x := range e {
			if x.Question == athar.AskInside && x.Inference != inferenceOf(a.headline, x) {
				a.witnesses = append(a.witnesses, x)
			}
		}
	}
}

// randomise sets the placebo p of the headline inside, during and after:
// [placebo.Test] of the same model in other areas and at other times. between
// gives the distance of two areas of the grid, nil: unknown.
func (a *answers) randomise(v *panel.View, between func(i, j int) float64) {
	if a.noControl {
		return
	}
	pick := func(list []athar.Effect, out []float64) {
		for j, ph := range phases {
			out[j] = math.NaN()
			for i := range list {
				if e := &list[i]; e.Question == athar.AskInside && e.Phase == ph {
					out[j] = placebo.Studentised(*e)
				}
			}
		}
	}
	o := placebo.Options{Out: len(phases), Seed: a.seed, Task: a.campaign}
	if between != nil {
		o.Km = func(i, j int) float64 { return between(v.Area[i], v.Area[j]) }
	}
	if n := len(v.Rings); n > 0 {
		o.Clear = float64(v.Rings[n-1].To)
	}
	r := placebo.Test(v.Panel, func(p *athar.Panel, out []float64) {
		pick(spillover.Estimate(p, spillover.Options{Draws: -1}).Effects, out)
	}, o)
	a.randomised = &r
	a.notes = append(a.notes, r.Notes...)
	for j, ph := range phases {
		p := athar.Num(r.P[j])
		for _, list := range [][]athar.Effect{a.headline, a.effects} {
			for i := range list {
				e := &list[i]
				if e.Method == spillover.Method && e.Spec == "" && e.Question == athar.AskInside && e.Phase == ph && !math.IsNaN(r.P[j]) {
					e.PlaceboP = &p
				}
			}
		}
	}
}

var phases = []athar.Phase{athar.During, athar.Post}

// did votes: it leaves the rings out of the model and takes only far areas with
// enough events as controls.
func (a *answers) did(v *panel.View) {
	r := did.Estimate(v.Panel, did.PanelOptions{Campaign: a.campaign, Bare: a.wordsOnly})
	a.keep(r.Effects...)
	a.voters = append(a.voters, r.Effects...)
}

// widenAll widens the effects of one spillover fit.
func widenAll(list []athar.Effect, p *athar.Panel) {
	for i := range list {
		widen(&list[i], p.Total(athar.Far, list[i].Phase))
	}
}

// widen takes the wider of the model's interval and the exact one where fewer
// than 20 events stand behind an estimate, inside or far (METHODS.md A12): the
// normal approximation of the model is not to be trusted there. The exact
// interval compares the role's change with the far areas' change. far is the
// number of far events of the phase that entered the fit; how many far events
// before belong to them follows from the model's own expectation, which keeps
// the exact comparison centred on the estimate. Counts are divided by their
// dispersion first. far < 0: no control, the expectation is taken as known.
func widen(e *athar.Effect, far float64) {
	low, high, p, ok := exactly(e, far, 0.05)
	if !ok || low >= e.Low && high <= e.High {
		return
	}
	e.Low, e.High, e.P = min(e.Low, low), max(e.High, high), max(e.P, p)
	if !math.IsNaN(float64(e.AdjLow)) {
		e.AdjLow, e.AdjHigh = min(e.AdjLow, low), max(e.AdjHigh, high)
	}
	e.AvoidedLow, e.AvoidedHigh = e.Observed*(1/e.High-1), e.Observed*(1/e.Low-1)
	e.Warnings = append(e.Warnings, athar.Note{Code: "small-counts", Args: map[string]any{"need": verdict.FewEvents}})
}

// exactly is the exact interval of an effect at level 1-alpha and its p, as
// [widen] describes it; not ok where enough events stand behind it.
func exactly(e *athar.Effect, far, alpha float64) (low, high, p athar.Num, ok bool) {
	few := e.EventsPre < verdict.FewEvents || float64(e.Observed) < verdict.FewEvents || far >= 0 && far < verdict.FewEvents
	if e.Refusal != nil || !few || !(e.Expected > 0) || e.EventsPre == 0 || e.Observed == 0 || far == 0 {
		return 0, 0, 0, false
	}
	pre, phi := float64(e.EventsPre), float64(e.Dispersion)
	if far < 0 {
		phi = max(1, phi)
		_, l, h, q := stat.ExactRatio(pre/phi, pre, float64(e.Observed)/phi, float64(e.Expected), alpha)
		return athar.Num(l), athar.Num(h), athar.Num(q), true
	}
	n := func(x float64) int { return int(math.Round(x / phi)) }
	_, l, h, q := stat.ExactRatioOfRatios(n(pre), n(float64(e.Observed)), n(far*pre/float64(e.Expected)), n(far), alpha)
	return athar.Num(l), athar.Num(h), athar.Num(q), true
}

func donutSpec(d int) string { return "donut=" + string(rune('0'+d)) }

func inferenceOf(list []athar.Effect, like athar.Effect) string {
	for _, e := range list {
		if e.Question == like.Question && e.Ring == like.Ring && e.Phase == like.Phase {
			return e.Inference
		}
	}
	return ""
}

// series fits the interrupted series of every role on its own. The linear
// version votes; the others are shown.
func (a *answers) series(v *panel.View) {
	for role := athar.Inside; int(role) <= len(v.Rings); role++ {
		sum, areas := its.Sum(v.Panel, func(x athar.PanelArea) bool { return x.Role == role })
		o := its.Options{Campaign: a.campaign, Question: athar.AskInside, Areas: areas, Seed: a.seed, Draws: -1}
		if role.IsRing() {
			o.Question, o.Ring = athar.AskRing, int(role)
		}
		flat := false
		for _, spec := range []string{its.Linear, its.NoTrend, its.Slope, its.NB2} {
			if spec != its.Linear && a.wordsOnly {
				break
			}
			if (spec == its.NoTrend || spec == its.Slope) && flat {
				continue // the same fit under another name is no second opinion
			}
			o.Spec = spec
			e := its.Estimate(sum, o).Effects
			a.keep(e...)
			if spec == its.Linear {
				flat = withoutTrend(e)
				a.voters = append(a.voters, e...)
			} else if role == athar.Inside && spec != its.Slope {
				a.witnesses = append(a.witnesses, e...)
			}
		}
	}
}

// withoutTrend reports whether a fit that asked for a trend was too short for one.
func withoutTrend(list []athar.Effect) bool {
	return slices.ContainsFunc(list, func(e athar.Effect) bool {
		return e.Refusal == nil && slices.ContainsFunc(e.Warnings, func(n athar.Note) bool { return n.Code == "no-trend-fitted" })
	})
}

// courses asks the methods that compare the course of the whole footprint with
// mixtures of far areas, or with their total. They rest on other assumptions
// than the headline and vote; the looser level of the structural series and
// the ridge version of the synthetic control are shown beside their own.
func (a *answers) courses(v *panel.View) {
	b := bsts.Estimate(v.Panel, bsts.Options{Campaign: a.campaign, Seed: a.seed, Bare: a.wordsOnly})
	a.voters = append(a.voters, b.Effects...)
	a.witnesses = append(a.witnesses, b.Sensitivity...)
	a.keep(b.Effects...)
	a.keep(b.Sensitivity...)
	for _, list := range [][]athar.Effect{
		sdid.Estimate(v.Panel, sdid.Options{Campaign: a.campaign, Seed: a.seed}).Effects,
		synth.Estimate(v.Panel, synth.Options{Campaign: a.campaign, Seed: a.seed}).Effects,
	} {
		a.voters = append(a.voters, list...)
		a.keep(list...)
	}
	if a.wordsOnly {
		return
	}
	ridge := synth.Estimate(v.Panel, synth.Options{Campaign: a.campaign, Seed: a.seed, Ridge: true}).Effects
	a.witnesses = append(a.witnesses, ridge...)
	a.keep(ridge...)
}

// exact compares the plain rates before and in each phase, with and without a
// correction for overdispersion. It has no control and no vote.
func (a *answers) exact(v *panel.View) {
	for role := athar.Inside; int(role) <= len(v.Rings); role++ {
		sum, areas := its.Sum(v.Panel, func(x athar.PanelArea) bool { return x.Role == role })
		before, n := cell(sum, athar.Pre)
		if n == 0 {
			continue
		}
		for _, phase := range []athar.Phase{athar.During, athar.Post} {
			after, periods := cell(sum, phase)
			if periods == 0 {
				continue
			}
			o := rateratio.Options{Campaign: a.campaign, Question: athar.AskInside, Phase: phase, Areas: areas, Periods: periods}
			if role.IsRing() {
				o.Question, o.Ring = athar.AskRing, int(role)
			}
			list := []athar.Effect{rateratio.Compare(before, after, o)}
			if o.Phi = dispersion(sum); o.Phi > 1 {
				list = append(list, rateratio.Compare(before, after, o))
			}
			a.keep(list...)
			if role == athar.Inside {
				a.witnesses = append(a.witnesses, list...)
			}
		}
	}
}

// zeros asks whether the footprint's counts have more zeros than a negative
// binomial expects, and answers where a phase has no event. It has no vote.
func (a *answers) zeros(v *panel.View) {
	sum, areas := its.Sum(v.Panel, func(x athar.PanelArea) bool { return x.Role == athar.Inside })
	list := zeros.Estimate(zeros.Series(sum), zeros.Options{Campaign: a.campaign, Areas: areas, Seed: a.seed}).Effects
	a.witnesses = append(a.witnesses, list...)
	a.keep(list...)
}

// cell adds the monitored periods of one phase.
func cell(s its.Series, phase athar.Phase) (c rateratio.Cell, periods int) {
	for t, p := range s.Periods {
		if p.Phase == phase && p.Days > 0 {
			c.Events += s.Count[t]
			c.Exposure += p.Days
			periods++
		}
	}
	return c, periods
}

// dispersion is the variance over the mean of the counts before the campaign,
// after division by days.
func dispersion(s its.Series) float64 {
	var events, days float64
	n := 0
	for t, p := range s.Periods {
		if p.Phase == athar.Pre && p.Days > 0 {
			events += s.Count[t]
			days += p.Days
			n++
		}
	}
	if n < 3 || events == 0 {
		return 1
	}
	chi := 0.0
	for t, p := range s.Periods {
		if p.Phase == athar.Pre && p.Days > 0 {
			mu := events * p.Days / days
			chi += (s.Count[t] - mu) * (s.Count[t] - mu) / mu
		}
	}
	return chi / float64(n-1)
}

// wdd votes only where the levels of far and inside are near enough for its
// assumption of equal change in counts.
func (a *answers) wdd(v *panel.View) {
	r := wdd.Estimate(v.Panel, wdd.Options{Campaign: a.campaign, Seed: a.seed})
	a.keep(r.Effects...)
	for _, q := range r.Quotients {
		if !math.IsNaN(q.Net) {
			a.notes = append(a.notes, athar.NewNote("wdd-net", "phase", string(q.Phase), "n", athar.Num(q.Net), "low", athar.Num(q.NetLow), "high", athar.Num(q.NetHigh)))
		}
		if q.Estimable {
			a.notes = append(a.notes, athar.NewNote("wdd-quotient", "phase", string(q.Phase), "q", athar.Num(q.Est), "low", athar.Num(q.Low), "high", athar.Num(q.High)))
		}
	}
	if !unlike(r) && r.Refusal == nil {
		a.voters = append(a.voters, r.Effects...)
	} else {
		a.witnesses = append(a.witnesses, r.Effects...)
	}
}

// unlike reports whether the levels of far and inside are too far apart to expect an equal
// change in counts.
func unlike(r wdd.Result) bool {
	return slices.ContainsFunc(r.Notes, func(n athar.Note) bool { return n.Code == "wdd-levels" })
}

// fallBack gives the headline to the interrupted series, or to the exact ratio
// where the series is too short, if the spillover model found no control. The
// verdict then carries the guard that says so.
func (a *answers) fallBack(v *panel.View) {
	if !a.noControl {
		return
	}
	a.headline = nil
	var voters, witnesses []athar.Effect
	take := func(list []athar.Effect, method, spec string) {
		for _, e := range list {
			if e.Method == method && e.Spec == spec && e.Refusal == nil && inferenceOf(a.headline, e) == "" {
				a.headline = append(a.headline, e)
			}
		}
	}
	take(a.voters, "its", its.Linear)
	take(a.effects, "exact", "exact/phi")
	take(a.effects, "exact", "")
	isHead := func(e athar.Effect) bool {
		return slices.ContainsFunc(a.headline, func(h athar.Effect) bool { return sameEstimate(h, e) })
	}
	for _, e := range a.voters {
		if !isHead(e) {
			voters = append(voters, e)
		}
	}
	for _, e := range a.witnesses {
		if isHead(e) {
			continue
		}
		if e.Method == "its" && e.Spec == its.NoTrend {
			// Without a control, the two assumptions about trend check each other.
			voters = append(voters, e)
		} else {
			witnesses = append(witnesses, e)
		}
	}
	a.voters, a.witnesses = voters, witnesses
	for i := range a.headline {
		h := &a.headline[i]
		widen(h, -1)
		// The table of effects must not say it in another strength.
		a.effects[slices.IndexFunc(a.effects, func(e athar.Effect) bool { return sameEstimate(e, *h) })] = *h
	}
	sum, areas := its.Sum(v.Panel, func(x athar.PanelArea) bool { return x.Role == athar.Inside })
	o := its.Options{Campaign: a.campaign, Areas: areas, Seed: a.seed, Draws: a.draws}
	if fit := its.Estimate(sum, o); fit.Refusal == nil {
		fit.Expected.Role = athar.Inside
		fit.Expected.Areas = areas
		a.expected = []athar.RoleSeries{fit.Expected}
	}
	for d := 1; d <= 3; d++ {
		sum, areas := its.Sum(v.Donut(d), func(x athar.PanelArea) bool { return x.Role == athar.Inside })
		for _, spec := range []string{its.Linear, its.NoTrend} {
			e := its.Estimate(sum, its.Options{Campaign: a.campaign, Areas: areas, Spec: spec, Seed: a.seed, Draws: -1}).Effects
			for i := range e {
				e[i].Spec += " " + donutSpec(d)
			}
			a.donuts = append(a.donuts, e)
			a.keep(e...)
		}
	}
}

// sameEstimate reports whether two effects are one method's answer to one
// question under one specification.
func sameEstimate(a, b athar.Effect) bool {
	return a.Method == b.Method && a.Spec == b.Spec && a.Question == b.Question && a.Ring == b.Ring && a.Phase == b.Phase
}

// roleSeries joins the observed series of every role with what the headline
// model expects.
func roleSeries(v *panel.View, expected []athar.RoleSeries) []athar.RoleSeries {
	roles := []athar.Role{athar.Inside}
	for k := range v.Rings {
		roles = append(roles, athar.Role(k+1))
	}
	roles = append(roles, athar.Far)
	var out []athar.RoleSeries
	for _, role := range roles {
		areas, sum := v.RoleSeries(role)
		if areas == 0 {
			continue
		}
		n := len(sum)
		rs := athar.RoleSeries{Role: role, Areas: areas, Observed: nums(sum), Expected: nulls(n), Low: nulls(n), High: nulls(n)}
		for _, e := range expected {
			if e.Role != role {
				continue
			}
			// The fit may rest on fewer cells than the area has (exposed cells
			// are removed): observed and expected must be of the same cells.
			rs.Observed, rs.Expected, rs.Low, rs.High = e.Observed, e.Expected, e.Low, e.High
			for t := range rs.Observed {
				if math.IsNaN(float64(rs.Observed[t])) && v.Periods[t].Phase == athar.WashIn {
					rs.Observed[t] = athar.Num(sum[t])
				}
			}
		}
		out = append(out, rs)
	}
	return out
}

func areaRoles(v *panel.View) []athar.AreaRole {
	out := []athar.AreaRole{}
	T := len(v.Periods)
	for r, a := range v.Areas {
		x := athar.AreaRole{Area: a.Code, Role: a.Role, Km: athar.Num(v.Km[r])}
		if math.IsInf(v.Km[r], 1) {
			x.Km = athar.Num(math.NaN())
		}
		for t, p := range v.Periods {
			n := int(v.Count[r*T+t])
			switch p.Phase {
			case athar.Pre:
				x.Pre += n
			case athar.During:
				x.During += n
			case athar.Post:
				x.Post += n
			}
		}
		out = append(out, x)
	}
	return out
}

func campaignInfo(s *study.Study, c study.Campaign) athar.CampaignInfo {
	i := athar.CampaignInfo{ID: c.ID, Name: c.Name, Forces: c.Forces, Start: c.Start, End: c.End, Goals: c.Goals,
		Relations: c.Relations, Sources: c.Sources, Note: c.Note}
	if i.Forces == nil {
		i.Forces = []athar.Names{}
	}
	if i.Goals == nil {
		i.Goals = []string{}
	}
	i.GoalNames = []athar.Names{}
	for _, id := range i.Goals {
		k := slices.IndexFunc(s.Goals, func(g study.Goal) bool { return g.ID == id })
		i.GoalNames = append(i.GoalNames, s.Goals[k].Name) // Parse knows every goal that a campaign names
	}
	if i.Relations == nil {
		i.Relations = []athar.Relation{}
	}
	if i.Sources == nil {
		i.Sources = []athar.SourceRef{}
	}
	return i
}

func dated(s *study.Study) []athar.Dated {
	var out []athar.Dated
	for _, c := range s.Choices.Calendar {
		out = append(out, athar.Dated{Name: c.Name, When: c.When})
	}
	return out
}
