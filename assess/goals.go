package assess

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"athar"
	"athar/adapt/contrast"
	"athar/effect/its"
	"athar/effect/spillover"
	"athar/panel"
	"athar/stat"
	"athar/study"
	"athar/verdict"
)

// goalAlpha is the level at which an outcome, adjusted within its goal, counts
// as moved.
const goalAlpha = 0.05

// hopeless is the rate ratio beyond which it no longer matters what exactly
// would have been found: not even a change to a tenth would.
const hopeless = 0.1

// lagMonths is how many months since the start a lag curve shows: 0 to 6
// (METHODS.md C, goal 4).
const lagMonths = 7

// goals reports on every goal that campaign i states. g and v are the grid of
// all events and the campaign's view of it, p the pattern of its surroundings,
// done the campaign's findings, and resumption the indicator of the return of
// activity after losses of leadership; nil where nobody measured it.
//
// An output never decides: the word rests on the outcomes alone. Of during and
// after the campaign an outcome that is a rate is judged after, where what was
// done should show; during, where the data end with the campaign.
func goals(s *study.Study, i int, in *inputs, g *panel.Grid, v *panel.View, p *athar.Pattern, done []athar.Finding, resumption *athar.Indicator) []athar.GoalReport {
	c := s.Campaigns[i]
	w := goalWork{s: s, c: c, in: in, g: g, v: v, p: p, done: done, resumption: resumption, phase: judged(v)}
	var out []athar.GoalReport
	for _, id := range c.Goals {
		goal := s.Goals[slices.IndexFunc(s.Goals, func(x study.Goal) bool { return x.ID == id })]
		r := athar.GoalReport{ID: goal.ID, Name: goal.Name, Because: []athar.Note{}, Outputs: []athar.Output{}, Outcomes: []athar.OutcomeIndicator{}, Rivals: []athar.Note{}}
		for _, o := range goal.Outputs {
			r.Outputs = append(r.Outputs, in.output(c, o))
		}
		for _, o := range goal.Outcomes {
			r.Outcomes = append(r.Outcomes, w.outcome(goal.ID, o))
		}
		if goal.Needs.En != "" {
			r.Needs = append(r.Needs, athar.NewNote("goal-needs", "needs", goal.Needs))
		}
		decideGoal(&r)
		if len(c.Goals) > 1 && r.Word != athar.NotIdentifiable {
			r.Rivals = append(r.Rivals, athar.NewNote("rival-other-goals", "n", len(c.Goals)))
		}
		out = append(out, r)
	}
	return out
}

// judged is the phase in which outcomes are judged.
func judged(v *panel.View) athar.Phase {
	for _, q := range v.Periods {
		if q.Phase == athar.Post && q.Days > 0 {
			return athar.Post
		}
	}
	return athar.During
}

// output joins the published figures of one campaign with what the data hold
// of the same kind.
func (in *inputs) output(c study.Campaign, o study.Output) athar.Output {
	out := athar.Output{ID: o.ID, Name: o.Name, Values: []athar.OutputValue{}}
	for _, x := range o.Values {
		if x.Campaign != c.ID {
			continue
		}
		if x.When == (athar.Span{}) {
			x.When = athar.Span{First: c.Start.First, Last: c.End.Last}
		}
		out.Values = append(out.Values, athar.OutputValue{When: x.When, N: athar.Num(x.N), Source: x.Source})
	}
	if len(o.Kinds) > 0 {
		ran := athar.Span{First: c.Start.First, Last: c.End.Last}
		n, known := 0, false
		rows := in.singles()
		for k := range rows {
			r := &rows[k]
			if !slices.Contains(o.Kinds, r.kind) {
				continue
			}
			known = true
			if _, ok := slices.BinarySearch(c.Footprint.Codes, r.area); ok && ran.Has(r.when.Mid()) {
				n += r.n
			}
		}
		if known {
			x := athar.Num(n)
			out.Events = &x
		} else {
			out.Because = append(out.Because, athar.NewNote("output-not-in-data"))
		}
	}
	if len(out.Values) == 0 {
		out.Because = append(out.Because, athar.NewNote("output-not-published"))
	}
	return out
}

// goalWork is what the outcomes of one campaign are computed from.
type goalWork struct {
	s          *study.Study
	c          study.Campaign
	in         *inputs
	g          *panel.Grid
	v          *panel.View
	p          *athar.Pattern
	done       []athar.Finding
	resumption *athar.Indicator
	phase      athar.Phase
}

// outcome measures one outcome.
func (w *goalWork) outcome(goal string, o study.Outcome) athar.OutcomeIndicator {
	out := athar.OutcomeIndicator{ID: string(o.Measure), Name: o.Name, Predicts: o.Predicts, Reading: athar.Refused, HolmP: athar.Num(math.NaN())}
	if o.Measure == study.Resumption {
		w.resumed(&out)
		return out
	}
	var keep choice
	var codes []string
	if codes, out.Refusal = w.where(o); out.Refusal != nil {
		return out
	}
	if keep, out.Refusal = w.in.which(o); out.Refusal != nil {
		return out
	}
	switch o.Measure {
	case study.Rate, study.Activity:
		w.rate(&out, goal, o, codes, keep)
	default:
		w.feature(&out, o, codes, keep)
	}
	return out
}

// resumed reads the return of activity after losses of leadership for a goal:
// what supports resilience opposes the goal of disrupting the group.
func (w *goalWork) resumed(out *athar.OutcomeIndicator) {
	switch {
	case w.resumption == nil || w.resumption.Refusal != nil && len(w.s.Losses) == 0:
		out.Refusal = athar.Refuse("outcome-no-losses")
		return
	case w.resumption.Refusal != nil:
		out.Refusal = w.resumption.Refusal
		return
	}
	x := *w.resumption
	out.Indicator = &x
	out.Reading = x.Reading
	if out.Predicts < 0 {
		switch x.Reading {
		case athar.Supports:
			out.Reading = athar.Opposes
		case athar.Opposes:
			out.Reading = athar.Supports
		}
	}
}

// where gives the areas of the footprint in which an outcome is looked at; nil
// for all of them.
func (w *goalWork) where(o study.Outcome) ([]string, *athar.Refusal) {
	switch {
	case len(o.Codes) == 0 && o.Declared:
		return nil, athar.Refuse("outcome-areas-not-declared")
	case len(o.Codes) == 0:
		return nil, nil
	}
	var codes []string
	for _, code := range w.c.Footprint.Codes {
		if _, ok := slices.BinarySearch(o.Codes, code); ok {
			codes = append(codes, code)
		}
	}
	switch len(codes) {
	case 0:
		return nil, athar.Refuse("outcome-areas-elsewhere")
	case len(w.c.Footprint.Codes):
		return nil, nil
	}
	return codes, nil
}

// choice says which events an outcome is about, by class and kind; nil for all
// of them.
type choice func(class string, kind athar.Kind) bool

// which gives the events that an outcome is about.
func (in *inputs) which(o study.Outcome) (choice, *athar.Refusal) {
	switch {
	case len(o.Kinds) > 0:
		if !slices.ContainsFunc(in.singles(), func(r row) bool { return slices.Contains(o.Kinds, r.kind) }) {
			return nil, athar.Refuse("outcome-kind-absent")
		}
		return func(_ string, kind athar.Kind) bool { return slices.Contains(o.Kinds, kind) }, nil
	case len(o.Classes) == 0:
		return nil, nil
	case len(in.classes) == 1:
		return nil, athar.Refuse("outcome-no-classes")
	}
	asked := map[string]bool{}
	for _, want := range o.Classes {
		met := false
		for _, class := range in.classes {
			if isClass(want, class) {
				asked[class], met = true, true
			}
		}
		if !met && !o.Usual {
			// Most likely misspelt: the count would be too low without a sign.
			return nil, athar.Refuse("outcome-class-absent", "class", want)
		}
	}
	if len(asked) == 0 {
		return nil, athar.Refuse("outcome-no-usual-class")
	}
	return func(class string, _ athar.Kind) bool { return asked[class] }, nil
}

// isClass reports whether a class of the data is the one asked for, by the
// rule of the data's own key classes: a name in any case, either part of "type:
// subtype", or the beginning of a code.
func isClass(want, class string) bool {
	if _, err := strconv.Atoi(want); err == nil {
		return strings.HasPrefix(class, want)
	}
	before, after, two := strings.Cut(class, ": ")
	return strings.EqualFold(want, class) || two && (strings.EqualFold(want, before) || strings.EqualFold(want, after))
}

// rate answers an outcome that is a count by the machinery of the question
// inside. All events in the whole footprint are that question itself.
func (w *goalWork) rate(out *athar.OutcomeIndicator, goal string, o study.Outcome, codes []string, keep choice) {
	view := w.v
	if keep != nil || codes != nil {
		grid := w.g
		if keep != nil {
			grid = w.in.selection(w.g.Unit, o, keep)
		}
		view = within(w.v, grid, codes)
	}
	all := w.done
	find := func() int {
		return slices.IndexFunc(all, func(f athar.Finding) bool { return f.Question == athar.AskInside && f.Phase == w.phase })
	}
	if view != w.v {
		ask := func(rest func(a *answers)) {
			a := answers{seed: w.s.Choices.Seed, draws: -1, smallest: w.s.Choices.SmallestEffect, campaign: w.c.ID}
			a.spillover(view)
			rest(&a)
			all, _ = a.findings(w.s, w.c, w.in, view)
		}
		ask(func(a *answers) {
			if a.noControl {
				a.series(view)
			}
			a.exact(view)
			a.fallBack(view)
		})
		if k := find(); k >= 0 && verdict.Directional(all[k].Verdict) {
			// A direction is the exception: it must survive what the question inside
			// must. Where there is none, nothing could be taken away.
			ask(func(a *answers) { a.challenge(view, w.in.between) })
		}
	}
	k := find()
	if k < 0 {
		out.Refusal = athar.Refuse("outcome-no-finding")
		return
	}
	f := all[k]
	if view != w.v {
		f.ID = w.c.ID + "/goal/" + goal + "/" + o.ID + "/" + string(w.phase)
	}
	out.Finding = &f
	if f.Headline == nil || f.Headline.Refusal != nil {
		out.Refusal = athar.Refuse("outcome-no-finding")
		if f.Headline != nil {
			out.Refusal = f.Headline.Refusal
		}
		out.Finding = nil
		return
	}
	out.Reading = athar.Neither
	if o.Lags {
		out.Lags = lags(view, w.c)
	}
}

// selection arranges the rows of one choice of events, once for all campaigns.
func (in *inputs) selection(unit panel.Unit, o study.Outcome, keep choice) *panel.Grid {
	key := strings.Join(o.Classes, "\x00")
	for _, k := range o.Kinds {
		key += "\x01" + string(k)
	}
	arranged := sync.OnceValue(func() *panel.Grid {
		g, err := in.arrange(unit, func(g *panel.Grid) {
			rows := in.singles()
			for k := range rows {
				if r := &rows[k]; keep(in.classes[r.class], r.kind) {
					g.Add(r.area, r.when, r.n)
				}
			}
		})
		if err != nil {
			panic(err) // the study's own grid was made of the same coverage
		}
		return g
	})
	f, _ := in.selections.LoadOrStore(key, arranged)
	return f.(func() *panel.Grid)()
}

// within is a view of the same campaign with other counts, in which only the
// given areas of the footprint are inside; the rest of it is left out, because
// it was treated too. codes nil: all of them. The design stays as it was
// settled on all events.
func within(v *panel.View, g *panel.Grid, codes []string) *panel.View {
	out := *v
	out.Panel = v.Recount(g)
	if codes == nil {
		return &out
	}
	out.Areas, out.Use = slices.Clone(v.Areas), slices.Clone(v.Use)
	T := len(v.Periods)
	for r := range out.Areas {
		a := &out.Areas[r]
		if _, ok := slices.BinarySearch(codes, a.Code); ok || a.Role != athar.Inside {
			continue
		}
		a.Role = athar.LeftOut
		clear(out.Use[r*T : (r+1)*T])
	}
	return &out
}

// lags is the rate ratio inside by months since the campaign began, each month
// against the time before. The band is simultaneous over the months that have
// one, by Sidak's bound, which holds for ratios that share their denominator.
// Months of few events take the wider of the model's interval and the exact
// one; without a control the ratio is that of the plain rates, exactly.
func lags(v *panel.View, c study.Campaign) *athar.Curve {
	out := &athar.Curve{Code: "lags", Y: nulls(lagMonths), Low: nulls(lagMonths), High: nulls(lagMonths)}
	panels := make([]*athar.Panel, lagMonths)
	n := 0
	for m := range panels {
		out.X = append(out.X, athar.Num(m))
		if panels[m] = monthOnly(v, c.Start, m); panels[m] != nil {
			n++
		}
	}
	alpha := 1 - math.Pow(1-0.05, 1/float64(n))
	for m, p := range panels {
		if p == nil {
			continue
		}
		rr, low, high := lag(p, alpha)
		out.Y[m], out.Low[m], out.High[m] = athar.Num(rr), athar.Num(low), athar.Num(high)
	}
	return out
}

// monthOnly is a copy of v in which the campaign ran in month m since start
// alone: the periods of which at least half lie in it. When it ended does not
// matter here, so periods that are in doubt only about the end count. It is nil
// if nobody watched one.
func monthOnly(v *panel.View, start athar.Span, m int) *athar.Panel {
	window := func(m int) athar.Span {
		return athar.Span{First: panel.AddMonths(start.First, m), Last: panel.AddMonths(start.First, m+1) - 1}
	}
	p := *v.Panel
	p.Periods = slices.Clone(v.Periods)
	any := false
	for t := range p.Periods {
		q := &p.Periods[t]
		if q.Phase == athar.Pre {
			continue
		}
		in := func(m int) bool { return 2*q.Overlap(window(m)) >= q.Span.Days() }
		after := q.Phase == athar.During || q.Phase == athar.Post || q.Phase == athar.WashIn && q.First > start.Last
		if after && q.Days > 0 && in(m) && (m == 0 || !in(m-1)) {
			q.Phase, any = athar.During, true
		} else {
			q.Phase = athar.Outside
		}
	}
	if !any {
		return nil
	}
	return &p
}

// lag is the rate ratio of one month with its interval at level 1-alpha.
func lag(p *athar.Panel, alpha float64) (rr, low, high float64) {
	nan := math.NaN()
	for _, e := range spillover.Estimate(p, spillover.Options{Draws: -1}).Effects {
		if e.Question != athar.AskInside || e.Phase != athar.During {
			continue
		}
		switch {
		case e.Refusal == nil:
		case e.Refusal.Reason.Code != "no-control":
			return nan, nan, nan
		default:
			sum, _ := its.Sum(p, func(x athar.PanelArea) bool { return x.Role == athar.Inside })
			before, _ := cell(sum, athar.Pre)
			after, _ := cell(sum, athar.During)
			if before.Events == 0 || after.Exposure == 0 {
				return nan, nan, nan
			}
			phi := max(1, dispersion(sum))
			rr, low, high, _ = stat.ExactRatio(before.Events/phi, before.Exposure, after.Events/phi, after.Exposure, alpha)
			return rr, low, high
		}
		if e.Observed == 0 { // the model has no interval
			n := func(role athar.Role, phase athar.Phase) int {
				return int(math.Round(p.Total(role, phase) / float64(e.Dispersion)))
			}
			_, low, high, _ = stat.ExactRatioOfRatios(n(athar.Inside, athar.Pre), 0, n(athar.Far, athar.Pre), n(athar.Far, athar.During), alpha)
			return 0, low, high
		}
		rr = float64(e.RR)
		half := stat.TQuantile(1-alpha/2, float64(e.DF)) * float64(e.SE)
		low, high = rr*math.Exp(-half), rr*math.Exp(half)
		if l, h, _, ok := exactly(&e, p.Total(athar.Far, athar.During), alpha); ok {
			low, high = min(low, float64(l)), max(high, float64(h))
		}
		return rr, low, high
	}
	return nan, nan, nan
}

// feature answers an outcome that is a feature of the record at equal numbers
// of events: before against after, the areas of the outcome against far ones.
func (w *goalWork) feature(out *athar.OutcomeIndicator, o study.Outcome, codes []string, keep choice) {
	if w.p == nil {
		out.Refusal = athar.Refuse("outcome-no-pattern")
		return
	}
	p, asked, all := w.narrow(o, codes, keep)
	if !slices.ContainsFunc(p.Areas, athar.PatternArea.Near) {
		out.Refusal = athar.Refuse("outcome-not-comparable")
		return
	}
	var of func(*contrast.Events) contrast.Statistic
	group := athar.GroupMix
	switch o.Measure {
	case study.Share:
		if asked == 0 || asked == all {
			out.Refusal = athar.Refuse("outcome-share-constant", "n", asked, "of", all)
			return
		}
		of = share
	case study.ComplexDays:
		if p.Grain > 1 {
			out.Refusal = athar.Refuse("outcome-needs-days", "days", p.Grain)
			return
		}
		group, of = athar.GroupTemporal, complexDays
	case study.Lethality:
		if unknown := deathsUnknown(p); 10*unknown > all {
			out.Refusal = athar.Refuse("outcome-deaths-unknown", "n", unknown, "of", all)
			return
		}
		group, of = athar.GroupSize, lethality
	}
	x := contrast.Compare(p, of, contrast.Options{Code: string(o.Measure), Group: group, Predicts: o.Predicts, Seed: w.s.Choices.Seed})
	if x.Refusal != nil {
		out.Refusal = x.Refusal
		return
	}
	out.Indicator, out.Reading = &x, athar.Neither
}

// The classes that [goalWork.narrow] gives to events for a share.
const (
	isAsked  = "asked"
	notAsked = "other"
)

// narrow keeps of the pattern the areas of the outcome as near ones and the
// far areas; rings and the rest of the footprint are left out. For a share all
// events stay and their class says whether they are asked for; else only those
// stay that are. asked of all near and far events on the two sides are asked
// for.
func (w *goalWork) narrow(o study.Outcome, codes []string, keep choice) (p *athar.Pattern, asked, all int) {
	out := *w.p
	out.Areas = slices.Clone(w.p.Areas)
	for i := range out.Areas {
		a := &out.Areas[i]
		_, named := slices.BinarySearch(codes, a.Code)
		if a.Role.IsRing() || a.Role == athar.Inside && codes != nil && !named {
			a.Role = athar.LeftOut
		}
	}
	out.Records = nil
	for _, r := range w.p.Records {
		has := keep == nil || keep(r.Class, r.Kind)
		if a := out.Areas[r.Area]; (a.Near() || a.Role == athar.Far) && (out.Before.Has(r.When.Mid()) || out.After.Has(r.When.Mid())) {
			all += r.N
			if has {
				asked += r.N
			}
		}
		switch {
		case o.Measure == study.Share && has:
			r.Class = isAsked
		case o.Measure == study.Share:
			r.Class = notAsked
		case !has:
			continue
		}
		out.Records = append(out.Records, r)
	}
	if o.Measure != study.Share {
		all = asked
	}
	return &out, asked, all
}

// deathsUnknown counts the events of a pattern whose own deaths nobody gives,
// among them those that a table joins with others.
func deathsUnknown(p *athar.Pattern) int {
	n := 0
	for _, r := range p.Records {
		a := p.Areas[r.Area]
		if (a.Near() || a.Role == athar.Far) && (p.Before.Has(r.When.Mid()) || p.After.Has(r.When.Mid())) && (!r.HasDeaths || r.N > 1) {
			n += r.N
		}
	}
	return n
}

// share is the share of events of the class that [goalWork.narrow] gives to
// those asked for.
func share(e *contrast.Events) contrast.Statistic {
	k := int32(slices.Index(e.Classes, isAsked))
	return func(s contrast.Sample) float64 {
		n := 0
		for _, i := range s.Pick {
			if s.Class[i] == k {
				n++
			}
		}
		return float64(n) / float64(len(s.Pick))
	}
}

// complexDays is the share of an area's days with two or more events, of its
// days with any.
func complexDays(e *contrast.Events) contrast.Statistic {
	last, n := make([]athar.Day, len(e.Areas)), make([]int32, len(e.Areas))
	return func(s contrast.Sample) float64 {
		clear(n)
		days, several := 0, 0
		for _, i := range s.Pick {
			a := s.Area[i]
			if n[a] == 0 || last[a] != s.Day[i] {
				last[a], n[a] = s.Day[i], 0
				days++
			}
			if n[a]++; n[a] == 2 {
				several++
			}
		}
		return float64(several) / float64(days)
	}
}

// lethality is the mean number of deaths of the events whose deaths are known.
func lethality(*contrast.Events) contrast.Statistic {
	return func(s contrast.Sample) float64 {
		n, dead := 0, 0
		for _, i := range s.Pick {
			if s.Deaths[i] >= 0 {
				n++
				dead += int(s.Deaths[i])
			}
		}
		return float64(dead) / float64(n)
	}
}

// decideGoal adjusts the outcomes of a goal for their number and chooses its
// word: PRESENT if one moved as predicted, none moved against it and the
// direction is robust; MIXED if outcomes moved both ways, if none moved but one
// whose direction is not robust, or if only all activity in the area did, which
// every goal implies; NOT DETECTED if none moved as predicted, with what
// would have been found; NOT IDENTIFIABLE if nothing could be measured.
func decideGoal(r *athar.GoalReport) {
	holmOutcomes(r.Outcomes)
	var with, against, weak, general, measured int
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		if o.Refusal != nil {
			continue
		}
		way, robust, told := moved(o)
		if !told {
			o.Reading = athar.Silent
			continue
		}
		measured++
		switch {
		case way == 0:
			o.Reading = athar.Neither
		case way > 0:
			o.Reading = athar.Supports
		default:
			o.Reading = athar.Opposes
		}
		switch {
		case way > 0 && robust && o.Finding != nil && !strings.Contains(o.Finding.ID, "/goal/"):
			general++ // the campaign's own answer: every goal implies it
		case way > 0 && robust:
			with++
		case way < 0 && robust:
			against++
		case way > 0:
			weak++
		}
		if way != 0 && o.Finding != nil {
			for _, n := range o.Finding.Rivals {
				if !slices.ContainsFunc(r.Rivals, func(x athar.Note) bool { return x.Code == n.Code }) {
					r.Rivals = append(r.Rivals, n)
				}
			}
		}
	}
	code := ""
	switch {
	case len(r.Outcomes) == 0:
		r.Word, code = athar.NotIdentifiable, "goal-no-outcomes"
	case measured == 0:
		r.Word, code = athar.NotIdentifiable, "goal-nothing-measured"
	case with > 0 && against == 0:
		r.Word, code = athar.Present, "goal-present"
	case general > 0 && with+weak+against == 0:
		r.Word, code = athar.Mixed, "goal-general"
	case with+weak+general > 0 && against > 0:
		r.Word, code = athar.Mixed, "goal-both-ways"
	case weak+general > 0:
		r.Word, code = athar.Mixed, "goal-not-robust"
	case against > 0:
		r.Opposed = true
		r.Word, code = athar.NotDetected, "goal-against"
	default:
		r.Word, code = athar.NotDetected, "goal-not-detected"
	}
	r.Because = append(r.Because, athar.Note{Code: code, Args: map[string]any{
		"with": with, "against": against, "weak": weak, "measured": measured, "of": len(r.Outcomes)}})
	if r.Word == athar.NotDetected {
		for _, o := range r.Outcomes {
			if n, ok := detectable(o); ok {
				r.Because = append(r.Because, n)
			}
		}
	}
}

// moved says which way an outcome moved beyond chance, 1 as predicted, -1
// against it; whether that direction is robust; and whether the outcome says
// anything at all. A feature without far areas to compare with is not robust:
// whatever changed everywhere would pass for an effect.
func moved(o *athar.OutcomeIndicator) (way int, robust, told bool) {
	beyond := float64(o.HolmP) < goalAlpha
	switch {
	case o.Finding != nil:
		f := o.Finding
		switch {
		case f.Verdict == athar.CannotTell || f.Headline == nil:
			return 0, false, false
		case !beyond || !verdict.Directional(f.Verdict) && f.Verdict != athar.NotRobust:
			return 0, false, true
		}
		way = o.Predicts
		if f.Headline.RR < 1 {
			way = -way
		}
		return way, f.Verdict != athar.NotRobust, true
	case o.Indicator != nil && o.ID == string(study.Resumption):
		if beyond || math.IsNaN(float64(o.HolmP)) {
			switch o.Reading {
			case athar.Supports:
				return 1, true, true
			case athar.Opposes:
				return -1, true, true
			}
		}
		return 0, false, true
	case o.Indicator != nil:
		x := o.Indicator
		if math.IsNaN(float64(x.P)) {
			return 0, false, false
		}
		if beyond {
			way = o.Predicts
			if x.Change < 0 {
				way = -way
			}
		}
		return way, x.FarN > 0, true
	}
	return 0, false, false
}

// pOf is the p value of an outcome, before any adjustment.
func pOf(o *athar.OutcomeIndicator) float64 {
	switch {
	case o.Refusal != nil:
	case o.Finding != nil && o.Finding.Headline != nil:
		return float64(o.Finding.Headline.P)
	case o.Indicator != nil:
		return float64(o.Indicator.P)
	}
	return math.NaN()
}

// holmOutcomes adjusts the p values of a goal's outcomes by Holm's step-down
// rule.
func holmOutcomes(list []athar.OutcomeIndicator) {
	var all []*athar.OutcomeIndicator
	for i := range list {
		if !math.IsNaN(pOf(&list[i])) {
			all = append(all, &list[i])
		}
	}
	slices.SortStableFunc(all, func(a, b *athar.OutcomeIndicator) int { return cmp.Compare(pOf(a), pOf(b)) })
	adjusted := 0.0
	for k, o := range all {
		adjusted = max(adjusted, min(1, pOf(o)*float64(len(all)-k)))
		o.HolmP = athar.Num(adjusted)
		if o.Indicator != nil {
			o.Indicator.HolmP = o.HolmP
		}
	}
}

// detectable is the smallest change of an outcome, in the direction that the
// goal implies, that would have been found.
func detectable(o athar.OutcomeIndicator) (athar.Note, bool) {
	switch {
	case o.Refusal != nil:
	case o.Finding != nil && o.Finding.Headline != nil:
		mde := o.Finding.Headline.MDELow
		if o.Predicts > 0 {
			mde = o.Finding.Headline.MDEHigh
		}
		switch {
		case math.IsNaN(float64(mde)):
		case mde < hopeless || mde > 1/hopeless:
			return athar.NewNote("goal-mde-none", "name", o.Name, "factor", int(1/hopeless)), true
		default:
			return athar.NewNote("goal-mde-rate", "name", o.Name, "mde", mde), true
		}
	case o.Indicator != nil && !o.Indicator.Ratio && !math.IsNaN(float64(o.Indicator.MDE)):
		switch study.Measure(o.ID) {
		case study.Share, study.ComplexDays:
			return athar.NewNote("goal-mde-share", "name", o.Name, "mde", o.Indicator.MDE), true
		case study.Lethality:
			return athar.NewNote("goal-mde-lethality", "name", o.Name, "mde", o.Indicator.MDE), true
		}
	}
	return athar.Note{}, false
}
