package verdict

import (
	"math"
	"slices"

	"athar"
	"athar/stat"
)

// Facts is what the guards look at for one campaign.
type Facts struct {
	Periods []athar.Period
	// Inside is the series of events inside the footprint, one a period, NaN
	// where nobody monitored.
	Inside   []float64
	Headline []athar.Effect
	Donuts   [][]athar.Effect
	Voters   []athar.Effect

	Start, End athar.Span
	Calendar   []athar.Dated
	// Coarse and Placed count the group's events by place precision: coarser
	// than a district, and all with a known class. Placed 0: unknown.
	Coarse, Placed int
	// The same by phase: precision that changes with the campaign takes events
	// out of the districts, or puts them back, and looks like an effect.
	CoarseIn, PlacedIn map[athar.Phase]int
	// ExposedCells of UsedCells are reached by other campaigns; Joint has the ids of
	// those that share footprint and time.
	ExposedCells, UsedCells int
	// ComparedPre of MonitoredPre periods before have a far area to compare with:
	// where other campaigns take the others out, "before" is a part of before.
	ComparedPre, MonitoredPre int
	Joint                     string
	Modelled                  bool
	NoControl                 bool    // no far area to compare with
	Widened                   bool    // far areas of other countries had to serve
	FarDuring, FarPost        float64 // far events that the comparison rests on
	// Placebo is the headline method on the later half of the pre-period, as
	// if the campaign had run then.
	Placebo []athar.Effect
	// Bounded is the headline method with unknown actors' events added; the
	// counts are those inside, over all periods. Both 0: the data are the
	// group's alone, or know every actor.
	Bounded                    []athar.Effect
	UnknownInside, KnownInside float64
	// Imputed is the headline method pooled over draws of coarse places and
	// dates; empty if nothing was drawn.
	Imputed []athar.Effect
	// Randomised says what the placebo p of the headline rests on.
	Randomised Randomised
	// Multiverse holds the question inside under every declared specification;
	// nil: not run.
	Multiverse []athar.Multiverse

	Smallest float64 // smallest effect of interest; 0: none was declared
	// Controls are counts that the campaign should not move.
	Controls []Control
	// Break is where the series inside changed; nil: it cannot be looked for.
	Break *Break
	// Waves are those that the group announced, apart from Calendar.
	Waves []athar.Dated
	// Nearby are the other campaigns of the same country within [NearbyMonths].
	Nearby []athar.Names
	// Dated is the headline method pooled over DateDraws draws of its dates; empty
	// where they are sure, or nothing could be drawn.
	Dated     []athar.Effect
	DateDraws int
	// Compared is the headline method on other datasets; Reporting their counts
	// beside the study's.
	Compared  []athar.Effect
	Reporting []Reporting
}

// Randomised describes a test against campaigns that did not happen.
type Randomised struct {
	Ran      bool
	Placebos int // distinct ones that match
	MinP     float64
	// Matched on the surge before; Contiguous as the real footprint.
	Matched, Contiguous bool
}

// Thresholds of the guards. A surge is a mean of the last three periods more
// than 1.64 standard errors above the earlier ones (5 % one-sided); few events
// is METHODS.md A12's bound for exact methods.
const (
	SurgeZ      = 1.64
	SurgeLast   = 3
	SurgeBefore = 12
	FewEvents   = 20
	CoarseShare = 0.20
	RamadanGap  = 0.10 // difference of Ramadan's share of days between phase and pre-period
	CoarseShift = 0.10 // difference of the share of coarse places between a phase and before
	DateDoubt   = 14   // days by which sources may disagree about a start
	// ComparedShare is the share of the periods before that a comparison must rest
	// on where other campaigns take periods out of it.
	ComparedShare = 0.75

	Diluted = 0.5 // share of the days counted as during on which the campaign ran
)

// Check runs every guard; the order is the order of the page.
func Check(f Facts) []athar.Guard {
	return []athar.Guard{
		negativeControl(f), fewEvents(f), power(f), surge(f), donut(f), preTrend(f), placebo(f), changed(f), calendar(f), waves(f), control(f),
		overlap(f), nearby(f), dates(f), diluted(f), imprecise(f), unknownActors(f), reporting(f), datasets(f), fewAreas(f), agreement(f), specifications(f),
	}
}

func note(code string, args map[string]any) athar.Note { return athar.Note{Code: code, Args: args} }

func (f Facts) sum(ph athar.Phase) (events float64, periods int) {
	for t, p := range f.Periods {
		if p.Phase == ph && !math.IsNaN(f.Inside[t]) {
			events += f.Inside[t]
			periods++
		}
	}
	return events, periods
}

func fewEvents(f Facts) athar.Guard {
	pre, _ := f.sum(athar.Pre)
	during, nd := f.sum(athar.During)
	post, np := f.sum(athar.Post)
	args := map[string]any{"pre": int(pre), "during": int(during), "post": int(post), "need": FewEvents}
	g := athar.Guard{Code: "few-events", Status: athar.Quiet, Says: note("guard-few-events-quiet", args)}
	if pre < FewEvents || nd > 0 && during < FewEvents || np > 0 && post < FewEvents {
		g.Status, g.Says = athar.Fired, note("guard-few-events", args)
	}
	return g
}

// surge compares the mean of the last three pre-periods with the periods
// before them: z = (m1 - m0) / (s0 sqrt(1/n1 + 1/n0)), on rates per period, with
// s0 the standard deviation of the earlier ones, at least that of a Poisson
// count (METHODS.md section 0, regression-to-the-mean guard i).
func surge(f Facts) athar.Guard {
	var x []float64
	for t, p := range f.Periods {
		if p.Phase == athar.Pre && !math.IsNaN(f.Inside[t]) {
			x = append(x, f.Inside[t])
		}
	}
	n1 := SurgeLast
	n0 := len(x) - n1
	if n0 < SurgeBefore {
		return athar.Guard{Code: "surge", Status: athar.Blind, Says: note("guard-surge-blind",
			map[string]any{"have": len(x), "need": SurgeBefore + SurgeLast})}
	}
	z, m0, m1 := stat.Surge(x[:n0], x[n0:])
	args := map[string]any{"z": athar.Num(z), "last": athar.Num(m1), "before": athar.Num(m0), "periods": n1}
	switch {
	case z > SurgeZ:
		return athar.Guard{Code: "surge", Status: athar.Fired, Says: note("guard-surge", args)}
	case z < -SurgeZ:
		return athar.Guard{Code: "surge", Status: athar.Fired, Says: note("guard-trough", args)}
	}
	return athar.Guard{Code: "surge", Status: athar.Quiet, Says: note("guard-surge-quiet", args)}
}

// donut reports how far the inside estimate moves when the last pre-periods
// are dropped.
func donut(f Facts) athar.Guard {
	phase := athar.During
	head := find(f.Headline, athar.AskInside, 0, phase)
	if head == nil {
		phase = athar.Post
		head = find(f.Headline, athar.AskInside, 0, phase)
	}
	if head == nil || head.Refusal != nil {
		return athar.Guard{Code: "donut", Status: athar.Blind, Says: note("guard-donut-blind", nil)}
	}
	low, high, n := float64(head.RR), float64(head.RR), 0
	for _, d := range f.Donuts {
		if e := find(d, athar.AskInside, 0, phase); e != nil && e.Refusal == nil {
			low, high = min(low, float64(e.RR)), max(high, float64(e.RR))
			n++
		}
	}
	if n == 0 {
		return athar.Guard{Code: "donut", Status: athar.Blind, Says: note("guard-donut-short", nil)}
	}
	args := map[string]any{"rr": head.RR, "from": athar.Num(low), "to": athar.Num(high), "n": n}
	if (low < 1) != (high < 1) {
		return athar.Guard{Code: "donut", Status: athar.Fired, Says: note("guard-donut", args)}
	}
	return athar.Guard{Code: "donut", Status: athar.Quiet, Says: note("guard-donut-quiet", args)}
}

// preTrend fires if the headline method finds a change inside where there was
// no campaign: in the later half of the pre-period. Inside and far were then
// already going different ways.
func preTrend(f Facts) athar.Guard {
	e := find(f.Placebo, athar.AskInside, 0, athar.During)
	if e == nil || e.Refusal != nil {
		return athar.Guard{Code: "pre-trend", Status: athar.Blind, Says: note("guard-pre-trend-blind", nil)}
	}
	args := map[string]any{"rr": e.RR, "low": e.Low, "high": e.High}
	if e.High < 1 || e.Low > 1 {
		return athar.Guard{Code: "pre-trend", Status: athar.Fired, Says: note("guard-pre-trend", args)}
	}
	if e.Low < .5 && e.High > 2 {
		return athar.Guard{Code: "pre-trend", Status: athar.Quiet, Says: note("guard-pre-trend-wide", args)}
	}
	return athar.Guard{Code: "pre-trend", Status: athar.Quiet, Says: note("guard-pre-trend-quiet", args)}
}

// PlaceboLevel is the level of the placebo test.
const PlaceboLevel = .05

// undone reports whether an interval without 1 is not unusual among placebos.
// Where so few are apart that p cannot reach the level, twice the smallest p
// takes its place: in effect one placebo reached as far.
func undone(e *athar.Effect, smallest float64) bool {
	level := PlaceboLevel
	if smallest > level {
		level = 2 * smallest
	}
	return e.PlaceboP != nil && float64(*e.PlaceboP) > level && (e.High < 1 || e.Low > 1)
}

// placebo fires if the headline's interval inside leaves 1 out, but changes as
// large are found more often than the level says where nothing was launched.
func placebo(f Facts) athar.Guard {
	args := map[string]any{"n": f.Randomised.Placebos, "min": athar.Num(f.Randomised.MinP)}
	var shown *athar.Effect
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		e := find(f.Headline, athar.AskInside, 0, ph)
		if e == nil || e.Refusal != nil || e.PlaceboP == nil {
			continue
		}
		if shown == nil || undone(e, f.Randomised.MinP) && !undone(shown, f.Randomised.MinP) {
			shown = e
		}
	}
	if shown == nil || !f.Randomised.Ran {
		return athar.Guard{Code: "placebo", Status: athar.Blind, Says: note("guard-placebo-blind", nil)}
	}
	args["phase"], args["p"], args["matched"], args["contiguous"] = string(shown.Phase), *shown.PlaceboP, f.Randomised.Matched, f.Randomised.Contiguous
	if undone(shown, f.Randomised.MinP) {
		return athar.Guard{Code: "placebo", Status: athar.Fired, Says: note("guard-placebo", args)}
	}
	return athar.Guard{Code: "placebo", Status: athar.Quiet, Says: note("guard-placebo-quiet", args)}
}

// calendar fires when Ramadan, or a circumstance that the user dated, weighs
// differently on the phases than on the pre-period.
func calendar(f Facts) athar.Guard {
	share := func(ph athar.Phase) (r float64, ok bool) {
		days := 0.0
		for _, p := range f.Periods {
			if p.Phase == ph && p.Days > 0 {
				r += p.Ramadan * p.Days
				days += p.Days
			}
		}
		return r / days, days > 0
	}
	pre, ok := share(athar.Pre)
	if !ok {
		return athar.Guard{Code: "calendar", Status: athar.Blind, Says: note("guard-calendar-blind", nil)}
	}
	gap := 0.0
	phase := athar.During
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		if r, ok := share(ph); ok && math.Abs(r-pre) > math.Abs(gap) {
			gap, phase = r-pre, ph
		}
	}
	window := f.window()
	var met []athar.Names
	for _, c := range f.Calendar {
		if c.When.Overlap(window) == 0 {
			continue
		}
		// A circumstance that also filled the pre-period is not news.
		if f.covers(c.When, athar.Pre) > f.covers(c.When, athar.During) && f.covers(c.When, athar.Pre) > f.covers(c.When, athar.Post) {
			continue
		}
		met = append(met, c.Name)
	}
	r, _ := share(phase)
	args := map[string]any{"phase": string(phase), "share": athar.Num(r), "pre": athar.Num(pre), "names": Joined(met)}
	switch {
	case math.Abs(gap) >= RamadanGap && met != nil:
		return athar.Guard{Code: "calendar", Status: athar.Fired, Says: note("guard-calendar-both", args)}
	case math.Abs(gap) >= RamadanGap:
		return athar.Guard{Code: "calendar", Status: athar.Fired, Says: note("guard-calendar-ramadan", args)}
	case met != nil:
		return athar.Guard{Code: "calendar", Status: athar.Fired, Says: note("guard-calendar-dated", args)}
	}
	return athar.Guard{Code: "calendar", Status: athar.Quiet, Says: note("guard-calendar-quiet", args)}
}

// window spans the during and post periods.
func (f Facts) window() athar.Span {
	w := athar.Span{First: math.MaxInt32, Last: math.MinInt32}
	for _, p := range f.Periods {
		if p.Phase == athar.During || p.Phase == athar.Post {
			w.First, w.Last = min(w.First, p.First), max(w.Last, p.Last)
		}
	}
	return w
}

// covers is the share of a phase's days that lie in s.
func (f Facts) covers(s athar.Span, ph athar.Phase) float64 {
	in, all := 0, 0
	for _, p := range f.Periods {
		if p.Phase == ph {
			in += p.Overlap(s)
			all += p.Span.Days()
		}
	}
	if all == 0 {
		return 0
	}
	return float64(in) / float64(all)
}

func control(f Facts) athar.Guard {
	if f.NoControl {
		return athar.Guard{Code: "no-control", Status: athar.Fired, Says: note("guard-no-control", nil)}
	}
	_, nd := f.sum(athar.During)
	_, np := f.sum(athar.Post)
	if thin := map[string]any{"during": int(f.FarDuring), "post": int(f.FarPost), "need": FewEvents}; nd > 0 && f.FarDuring < FewEvents || np > 0 && f.FarPost < FewEvents {
		if f.Widened {
			return athar.Guard{Code: "no-control", Status: athar.Fired, Says: note("guard-control-thin-widened", thin)}
		}
		return athar.Guard{Code: "no-control", Status: athar.Fired, Says: note("guard-control-thin", thin)}
	}
	if f.Widened {
		return athar.Guard{Code: "no-control", Status: athar.Fired, Says: note("guard-far-widened", nil)}
	}
	return athar.Guard{Code: "no-control", Status: athar.Quiet, Says: note("guard-no-control-quiet", nil)}
}

func overlap(f Facts) athar.Guard {
	args := map[string]any{"cells": f.ExposedCells, "of": f.UsedCells, "campaigns": f.Joint}
	switch {
	case f.Joint != "":
		return athar.Guard{Code: "overlap", Status: athar.Fired, Says: note("guard-overlap-joint", args)}
	case f.ExposedCells > 0 && f.Modelled:
		return athar.Guard{Code: "overlap", Status: athar.Fired, Says: note("guard-overlap-modelled", args)}
	case f.ExposedCells > 0 && float64(f.ComparedPre) < ComparedShare*float64(f.MonitoredPre):
		args["compared"], args["periods"] = f.ComparedPre, f.MonitoredPre
		return athar.Guard{Code: "overlap", Status: athar.Fired, Says: note("guard-overlap-thin", args)}
	case f.ExposedCells > 0:
		return athar.Guard{Code: "overlap", Status: athar.Quiet, Says: note("guard-overlap-removed", args)}
	}
	return athar.Guard{Code: "overlap", Status: athar.Quiet, Says: note("guard-overlap-quiet", args)}
}

// diluted fires where the periods counted as "during" are mostly days on which
// the campaign did not run: a sweep of five days in a table of months.
func diluted(f Facts) athar.Guard {
	ran := athar.Span{First: f.Start.First, Last: f.End.Last}
	days, on := 0, 0
	for _, p := range f.Periods {
		if p.Phase == athar.During {
			days += p.Span.Days()
			on += p.Overlap(ran)
		}
	}
	if days == 0 {
		return athar.Guard{Code: "diluted", Status: athar.Blind, Says: note("guard-diluted-blind", nil)}
	}
	args := map[string]any{"on": on, "days": days}
	if float64(on) < Diluted*float64(days) {
		return athar.Guard{Code: "diluted", Status: athar.Fired, Says: note("guard-diluted", args)}
	}
	return athar.Guard{Code: "diluted", Status: athar.Quiet, Says: note("guard-diluted-quiet", args)}
}

// imprecise fires where drawing coarse places and dates changes the side of an
// inside estimate, or takes more of its information than it leaves, or where
// too many events have no district (METHODS.md D1).
// precisionShift fires if the share of events placed worse than to a district
// differs between before and during or after by more than ten points and by
// more than two standard errors of a difference of shares.
func precisionShift(f Facts) (athar.Guard, bool) {
	n0, c0 := float64(f.PlacedIn[athar.Pre]), float64(f.CoarseIn[athar.Pre])
	for _, phase := range []athar.Phase{athar.During, athar.Post} {
		n1, c1 := float64(f.PlacedIn[phase]), float64(f.CoarseIn[phase])
		if n0 == 0 || n1 == 0 {
			continue
		}
		gap, pooled := c1/n1-c0/n0, (c0+c1)/(n0+n1)
		if math.Abs(gap) > max(CoarseShift, 2*math.Sqrt(pooled*(1-pooled)*(1/n0+1/n1))) {
			return athar.Guard{Code: "imprecise", Status: athar.Fired, Says: note("guard-imprecise-shift",
				map[string]any{"phase": string(phase), "before": athar.Num(c0 / n0), "share": athar.Num(c1 / n1)})}, true
		}
	}
	return athar.Guard{}, false
}

func imprecise(f Facts) athar.Guard {
	worst, poor := -1.0, false
	for _, phase := range []athar.Phase{athar.During, athar.Post} {
		head, drawn := find(f.Headline, athar.AskInside, 0, phase), find(f.Imputed, athar.AskInside, 0, phase)
		if head == nil || drawn == nil || head.Refusal != nil || drawn.Refusal != nil {
			continue
		}
		if side(head.RR)*side(drawn.RR) < 0 {
			return athar.Guard{Code: "imprecise", Status: athar.Fired, Says: note("guard-imprecise-side",
				map[string]any{"rr": head.RR, "drawn": drawn.RR, "phase": string(phase)})}
		}
		if drawn.FMI != nil {
			worst, poor = max(worst, float64(*drawn.FMI)), poor || tooPoor(drawn)
		}
	}
	if g, ok := precisionShift(f); ok {
		return g
	}
	share := float64(f.Coarse) / float64(max(1, f.Placed))
	args := map[string]any{"n": f.Coarse, "of": f.Placed, "share": athar.Num(share)}
	switch {
	case poor:
		return athar.Guard{Code: "imprecise", Status: athar.Fired, Says: note("guard-imprecise-fmi", map[string]any{"fmi": athar.Num(worst)})}
	case share > CoarseShare:
		return athar.Guard{Code: "imprecise", Status: athar.Fired, Says: note("guard-imprecise", args)}
	case worst >= 0:
		return athar.Guard{Code: "imprecise", Status: athar.Quiet, Says: note("guard-imprecise-quiet-drawn", map[string]any{"fmi": athar.Num(worst)})}
	case f.Placed == 0:
		return athar.Guard{Code: "imprecise", Status: athar.Blind, Says: note("guard-imprecise-blind", nil)}
	}
	return athar.Guard{Code: "imprecise", Status: athar.Quiet, Says: note("guard-imprecise-quiet", args)}
}

// tooPoor reports whether coarse places and dates took more information about
// an effect than the pooling allows.
func tooPoor(e *athar.Effect) bool {
	return e.Refusal == nil && slices.ContainsFunc(e.Warnings, func(w athar.Note) bool { return w.Code == "precision-too-poor" })
}

// unknownActors fires if the sign inside depends on how many of the events of
// unknown actors were the group's, or if there are more of them than its own.
func unknownActors(f Facts) athar.Guard {
	if len(f.Bounded) == 0 {
		return athar.Guard{Code: "unknown-actors", Status: athar.Blind, Says: note("guard-unknown-actors-blind", nil)}
	}
	args := map[string]any{"unknown": int(f.UnknownInside), "known": int(f.KnownInside)}
	turned := false
	low, high := math.Inf(1), math.Inf(-1)
	for i := range f.Bounded {
		e := &f.Bounded[i]
		head := find(f.Headline, athar.AskInside, 0, e.Phase)
		if e.Question != athar.AskInside || e.Refusal != nil || head == nil || head.Refusal != nil {
			continue
		}
		turned = turned || side(e.RR)*side(head.RR) < 0
		low, high = min(low, float64(e.RR)), max(high, float64(e.RR))
	}
	args["from"], args["to"] = athar.Num(low), athar.Num(high)
	if turned || f.UnknownInside > f.KnownInside {
		return athar.Guard{Code: "unknown-actors", Status: athar.Fired, Says: note("guard-unknown-actors", args)}
	}
	return athar.Guard{Code: "unknown-actors", Status: athar.Quiet, Says: note("guard-unknown-actors-quiet", args)}
}

func fewAreas(f Facts) athar.Guard {
	e := find(f.Headline, athar.AskInside, 0, athar.During)
	if e == nil {
		e = find(f.Headline, athar.AskInside, 0, athar.Post)
	}
	if e == nil || e.Refusal != nil {
		return athar.Guard{Code: "few-areas", Status: athar.Blind, Says: note("guard-few-areas-blind", nil)}
	}
	if f.NoControl {
		return athar.Guard{Code: "few-areas", Status: athar.Blind, Says: note("guard-few-areas-series", nil)}
	}
	args := map[string]any{"areas": e.Areas}
	if e.Inference != "cr2" {
		for _, w := range e.Warnings {
			if w.Code == "few-clusters-df" {
				args["df"] = w.Args["df"]
				return athar.Guard{Code: "few-areas", Status: athar.Fired, Says: note("guard-few-clusters-df", args)}
			}
		}
		return athar.Guard{Code: "few-areas", Status: athar.Fired, Says: note("guard-few-areas", args)}
	}
	return athar.Guard{Code: "few-areas", Status: athar.Quiet, Says: note("guard-few-areas-quiet", args)}
}

// agreement looks at whether other methods point the same way on the inside
// question, during and after.
func agreement(f Facts) athar.Guard {
	n, against := 0, 0
	for i := range f.Voters {
		v := &f.Voters[i]
		if v.Question != athar.AskInside || v.Refusal != nil {
			continue
		}
		head := find(f.Headline, athar.AskInside, 0, v.Phase)
		if head == nil || head.Refusal != nil {
			continue
		}
		n++
		if side(v.RR)*side(head.RR) < 0 {
			against++
		}
	}
	args := map[string]any{"n": n, "against": against}
	switch {
	case n == 0:
		return athar.Guard{Code: "agreement", Status: athar.Blind, Says: note("guard-agreement-blind", nil)}
	case against > 0:
		return athar.Guard{Code: "agreement", Status: athar.Fired, Says: note("guard-agreement", args)}
	}
	return athar.Guard{Code: "agreement", Status: athar.Quiet, Says: note("guard-agreement-quiet", args)}
}
