// Package verdict turns effects into findings: it chooses the headline word,
// runs the guards that are shown before it, and resolves claims.
//
// The package thinks that a direction is the exception. DECLINE and ESCALATION
// are said only where the interval excludes no change, where dropping the last
// months before the campaign does not undo it, and where methods that rest on
// different assumptions do not point the other way; otherwise the word is
// NOT ROBUST, INCONCLUSIVE or CANNOT TELL, with its reason. A guard that fired
// stays attached to the finding, so that the word is never printed bare.
// Everything here is arithmetic on effects and panels; no text is made.
//
// Guards do one of three things to a word. A negative control that moved takes away
// every claim, that nothing changed as well as a direction, because then the
// comparison itself is in doubt. A direction alone is taken away where the guard has
// an answer of its own to set against it: donut (and surge, which makes donut
// stricter), pre-trend (without the trend), placebo, unknown-actors, imprecise,
// dates, datasets, agreement and multiverse; each finding is then judged by its own
// such answer, so that a guard may fire and a direction stand. The others know of
// no answer without what they saw, so they only attach, most with a rival
// explanation: few-events, calendar, waves, break, no-control, overlap, nearby,
// diluted, reporting and few-areas; and power, which attaches to INCONCLUSIVE
// alone, to say that it could not have been otherwise. docs/guards.md is the
// table.
package verdict

import (
	"math"

	"athar"
)

// Word applies the grammar of METHODS.md section 0 to the interval [low, high]
// of a rate ratio and a smallest effect of interest (a ratio above 1).
func Word(low, high, smallest float64) athar.Verdict {
	switch {
	case math.IsNaN(low) || math.IsNaN(high):
		return athar.CannotTell
	case high < 1:
		return athar.Decline
	case low > 1:
		return athar.Escalation
	case low > 1/smallest && high < smallest:
		return athar.NoMaterialChange
	}
	return athar.Inconclusive
}

// Directional reports whether v says that something fell or rose.
func Directional(v athar.Verdict) bool { return v == athar.Decline || v == athar.Escalation }

// side is -1, 0 or 1: on which side of no change an estimate lies.
func side(rr athar.Num) int {
	switch {
	case rr < 1:
		return -1
	case rr > 1:
		return 1
	}
	return 0
}

// Input is everything that is known about one campaign when its findings are
// written.
type Input struct {
	Campaign string
	Smallest float64 // smallest effect of interest, above 1
	Rings    int

	Headline []athar.Effect   // the spillover model under its default specification
	Donuts   [][]athar.Effect // the same with the last 1, 2, 3 pre-periods dropped
	// Detrended is the headline with a trend of its own for inside and rings.
	Detrended []athar.Effect
	// NoControl says that the headline is a series against its own past.
	NoControl bool
	// Voters are other methods' effects on the same questions whose
	// assumptions differ: they can take a direction away. Witnesses are shown
	// beside them and have no vote, because they lack a control (a plain
	// before-and-after ratio) or share the headline's.
	Voters    []athar.Effect
	Witnesses []athar.Effect

	// Bounded is the headline model with a fair share of the unknown actors'
	// events, and with all of them, counted as the group's.
	Bounded []athar.Effect
	// Imputed is the headline model pooled over draws of coarse places and
	// dates. It rests on the headline's assumptions, so it does not vote; but a
	// direction that it does not share, or that rests on places nobody knows, is
	// none.
	Imputed []athar.Effect
	// Dated is the headline model pooled over draws of uncertain dates: a direction
	// that depends on them is none. Compared is it on other datasets, shown and never
	// averaged: a direction whose sign they do not share is none.
	Dated    []athar.Effect
	Compared []athar.Effect
	// Spatial is the headline with errors for shocks that near areas share: a
	// direction that does not survive them is none. Adjacent is it with the areas that
	// touch the footprint as the first ring, which must agree in sign.
	Spatial, Adjacent []athar.Effect
	PlaceboMin        float64 // smallest placebo p that could be reached
	// Multiverse is the question inside under every declared specification: a
	// direction that fewer than [OneSide] of them share is none.
	Multiverse []athar.Multiverse

	// Coincidence is what the space-time scan says of a low inside with a high
	// around; nil: it was not asked.
	Coincidence *athar.Coincidence

	Guards []athar.Guard // from Check
}

// match reports whether e answers the given question.
func match(e *athar.Effect, q athar.Question, ring int, phase athar.Phase) bool {
	return e.Question == q && e.Ring == ring && e.Phase == phase
}

func find(list []athar.Effect, q athar.Question, ring int, phase athar.Phase) *athar.Effect {
	for i := range list {
		if match(&list[i], q, ring, phase) {
			return &list[i]
		}
	}
	return nil
}

// Findings answers, for during and post, the questions inside, each ring, net
// and movement, in this order.
func Findings(in Input) []athar.Finding {
	var out []athar.Finding
	for _, phase := range []athar.Phase{athar.During, athar.Post} {
		inside := in.one(athar.AskInside, 0, phase)
		if inside == nil {
			continue
		}
		out = append(out, *inside)
		var rings []athar.Finding
		for k := 1; k <= in.Rings; k++ {
			if f := in.one(athar.AskRing, k, phase); f != nil {
				rings = append(rings, *f)
			}
		}
		out = append(out, rings...)
		if f := in.one(athar.AskNet, 0, phase); f != nil {
			carried(f, append([]athar.Finding{*inside}, rings...))
			out = append(out, *f)
		}
		if len(rings) > 0 {
			out = append(out, in.movement(*inside, rings, phase))
		}
	}
	return out
}

// carried takes the net direction away where most of the net difference comes
// from a part whose own direction is not robust: the sum cannot stand on what
// its part does not.
func carried(net *athar.Finding, parts []athar.Finding) {
	if !Directional(net.Verdict) {
		return
	}
	for _, p := range parts {
		if p.Verdict == athar.NotRobust && 2*p.Headline.Avoided/net.Headline.Avoided > 1 {
			net.Because = append(net.Because, athar.Note{Code: "net-carried", Args: map[string]any{
				"question": string(p.Question), "ring": p.Ring, "word": string(net.Verdict)}})
			net.Verdict = athar.NotRobust
			return
		}
	}
}

// Total answers the question about a whole country or all areas, by the same
// rules; nil if no method addressed it.
func Total(in Input, id string) *athar.Finding {
	f := in.one(athar.AskTotal, 0, athar.During)
	if f == nil {
		return nil
	}
	f.ID, f.Campaign, f.Area = "total/"+id, "", id
	return f
}

// one answers a question about a single role; nil if no method addressed it.
func (in Input) one(q athar.Question, ring int, phase athar.Phase) *athar.Finding {
	f := athar.Finding{ID: ID(in.Campaign, q, ring, phase), Campaign: in.Campaign, Question: q, Ring: ring, Phase: phase,
		Because: []athar.Note{}, Methods: []athar.MethodView{}, Rivals: []athar.Note{}}
	head := find(in.Headline, q, ring, phase)
	if head == nil {
		return nil
	}
	f.Headline = head
	low, high := interval(head)
	f.Methods = append(f.Methods, in.view(head))
	for _, list := range [][]athar.Effect{in.Imputed, in.Dated, in.Bounded, in.Compared, in.Spatial, in.Adjacent, in.Voters, in.Witnesses} {
		for i := range list {
			if match(&list[i], q, ring, phase) {
				f.Methods = append(f.Methods, in.view(&list[i]))
			}
		}
	}
	f.Agree = true
	if head.Refusal != nil {
		f.Verdict = athar.CannotTell
		f.Because = append(f.Because, head.Refusal.Reason)
		if head.Refusal.Remedy != nil {
			f.Because = append(f.Because, *head.Refusal.Remedy)
		}
		return &f
	}
	f.Verdict = Word(float64(low), float64(high), in.Smallest)
	for i := range in.Voters {
		v := &in.Voters[i]
		if match(v, q, ring, phase) && v.Refusal == nil && side(v.RR)*side(head.RR) < 0 {
			f.Agree = false
			f.Because = append(f.Because, athar.Note{Code: "methods-disagree", Args: map[string]any{
				"method": v.Method, "rr": v.RR, "headline": head.RR}})
		}
	}
	in.precision(&f)
	in.compare(&f)
	if e := find(in.Adjacent, q, ring, phase); e != nil && e.Refusal == nil && side(e.RR)*side(head.RR) < 0 {
		f.Agree = false
		f.Because = append(f.Because, athar.Note{Code: "adjacent-disagrees", Args: map[string]any{"rr": e.RR, "low": e.Low, "high": e.High, "headline": head.RR}})
	}
	f.Because = append(f.Because, wordReason(f.Verdict, head, low, high, in.Smallest))
	if f.Verdict == athar.Inconclusive && blindTo(head, in.Smallest) {
		f.Because = append(f.Because, athar.Note{Code: "power-blind", Args: map[string]any{"smallest": athar.Num(in.Smallest)}})
	}
	in.controls(&f)
	if Directional(f.Verdict) {
		in.challenge(&f, q, ring, phase)
	}
	for _, g := range in.Guards {
		// Power explains an INCONCLUSIVE; a word that was reached had enough.
		if g.Status == athar.Fired && (g.Code != "power" || f.Verdict == athar.Inconclusive && blindTo(head, in.Smallest)) {
			f.Guards = append(f.Guards, g.Code)
		}
	}
	f.Rivals = rivals(&f, in.Guards, in.NoControl)
	return &f
}

// challenge takes the direction away where a donut fit or another method does
// not share it.
//
// METHODS.md section 0 says NOT ROBUST "whatever p" if estimators disagree in
// sign. A finding without a direction claims no sign, so it keeps its word and
// shows the disagreement; only a direction can be contradicted by one.
func (in Input) challenge(f *athar.Finding, q athar.Question, ring int, phase athar.Phase) {
	for d, donut := range in.Donuts {
		e := find(donut, q, ring, phase)
		if e == nil || e.Refusal != nil {
			continue
		}
		lost := side(e.RR) != side(f.Headline.RR)
		if !lost && fired(in.Guards, "surge") {
			// After a surge, a fall back to normal looks like an effect: the
			// direction must then hold without the surge at full strength.
			lost = Word(float64(e.Low), float64(e.High), in.Smallest) != f.Verdict
		}
		if lost {
			f.Because = append(f.Because, athar.Note{Code: "donut-undoes", Args: map[string]any{
				"n": in.dropped(d), "rr": e.RR, "low": e.Low, "high": e.High, "word": string(f.Verdict)}})
			f.Verdict = athar.NotRobust
			return
		}
	}
	for i := range in.Bounded {
		e := &in.Bounded[i]
		if match(e, q, ring, phase) && e.Refusal == nil && side(e.RR)*side(f.Headline.RR) < 0 {
			f.Because = append(f.Because, athar.Note{Code: "unknown-undoes", Args: map[string]any{"rr": e.RR, "word": string(f.Verdict)}})
			f.Verdict = athar.NotRobust
			return
		}
	}
	if e := find(in.Spatial, q, ring, phase); e != nil && e.Refusal == nil {
		if low, high := interval(e); Word(float64(low), float64(high), in.Smallest) != f.Verdict {
			f.Because = append(f.Because, athar.Note{Code: "conley-undoes", Args: map[string]any{"rr": e.RR, "low": low, "high": high, "word": string(f.Verdict)}})
			f.Verdict = athar.NotRobust
			return
		}
	}
	if fired(in.Guards, "pre-trend") {
		// Inside and far were drifting apart already; what the drift explains
		// is not the campaign's.
		e := find(in.Detrended, q, ring, phase)
		if e == nil || e.Refusal != nil || Word(float64(e.Low), float64(e.High), in.Smallest) != f.Verdict {
			args := map[string]any{"word": string(f.Verdict)}
			code := "trend-cannot-be-removed"
			if e != nil && e.Refusal == nil {
				code = "trend-undoes"
				args["rr"], args["low"], args["high"] = e.RR, e.Low, e.High
			}
			f.Because = append(f.Because, athar.Note{Code: code, Args: args})
			f.Verdict = athar.NotRobust
			return
		}
	}
	if undone(f.Headline, in.PlaceboMin) {
		f.Because = append(f.Because, athar.Note{Code: "placebo-undoes", Args: map[string]any{"p": *f.Headline.PlaceboP, "word": string(f.Verdict)}})
		f.Verdict = athar.NotRobust
		return
	}
	if m := curve(in.Multiverse, q, phase); m != nil && onSide(m, f.Verdict) < OneSide {
		f.Because = append(f.Because, athar.Note{Code: "multiverse-undoes", Args: map[string]any{
			"share": onSide(m, f.Verdict), "n": len(m.Specs), "need": athar.Num(OneSide), "word": string(f.Verdict)}})
		f.Verdict = athar.NotRobust
		return
	}
	if in.NoControl {
		// With nothing to compare with, only what holds whether or not the past
		// trend goes on is a direction.
		for i := range in.Voters {
			v := &in.Voters[i]
			if match(v, q, ring, phase) && v.Refusal == nil && Word(float64(v.Low), float64(v.High), in.Smallest) != f.Verdict {
				f.Because = append(f.Because, athar.Note{Code: "trend-decides", Args: map[string]any{
					"spec": v.Spec, "rr": v.RR, "low": v.Low, "high": v.High, "word": string(f.Verdict)}})
				f.Verdict = athar.NotRobust
				return
			}
		}
	}
	drawn := find(in.Imputed, q, ring, phase)
	if !f.Agree || drawn != nil && tooPoor(drawn) {
		f.Verdict = athar.NotRobust
		return
	}
	in.dates(f)
}

// interval is the one that gives a word: several rings are looked at together,
// so theirs is the simultaneous one.
func interval(e *athar.Effect) (low, high athar.Num) {
	if e.Question == athar.AskRing && !math.IsNaN(float64(e.AdjLow)) && e.AdjHigh > 0 {
		return e.AdjLow, e.AdjHigh
	}
	return e.Low, e.High
}

// precision says where drawing coarse places and dates puts the estimate on
// the other side of 1, or leaves too little information (METHODS.md D1).
func (in Input) precision(f *athar.Finding) {
	e := find(in.Imputed, f.Question, f.Ring, f.Phase)
	if e == nil || e.Refusal != nil {
		return
	}
	if side(e.RR)*side(f.Headline.RR) < 0 {
		f.Agree = false
		f.Because = append(f.Because, athar.Note{Code: "imputed-undoes", Args: map[string]any{"rr": e.RR, "headline": f.Headline.RR}})
	}
	if tooPoor(e) {
		f.Because = append(f.Because, athar.Note{Code: "precision-too-poor", Args: map[string]any{"fmi": *e.FMI}})
	}
}

// dropped is how many periods the d-th donut fit leaves out. Without a control
// each is fitted with and without a trend.
func (in Input) dropped(d int) int {
	if in.NoControl {
		return d/2 + 1
	}
	return d + 1
}

func fired(guards []athar.Guard, code string) bool {
	for _, g := range guards {
		if g.Code == code && g.Status == athar.Fired {
			return true
		}
	}
	return false
}

// wordReason says which part of the grammar gave the word.
func wordReason(v athar.Verdict, e *athar.Effect, low, high athar.Num, smallest float64) athar.Note {
	args := map[string]any{"rr": e.RR, "low": low, "high": high}
	switch v {
	case athar.Decline:
		return athar.Note{Code: "because-decline", Args: args}
	case athar.Escalation:
		return athar.Note{Code: "because-escalation", Args: args}
	case athar.NoMaterialChange:
		args["smallest"] = athar.Num(smallest)
		return athar.Note{Code: "because-no-material-change", Args: args}
	}
	args["mde_low"], args["mde_high"] = e.MDELow, e.MDEHigh
	return athar.Note{Code: "because-inconclusive", Args: args}
}

func (in Input) view(e *athar.Effect) athar.MethodView {
	m := athar.MethodView{Method: e.Method, Spec: e.Spec, RR: e.RR, Low: e.Low, High: e.High, Refusal: e.Refusal}
	if e.Refusal != nil {
		m.RR, m.Low, m.High = nan, nan, nan
		m.Verdict = athar.CannotTell
	} else {
		m.Verdict = Word(float64(e.Low), float64(e.High), in.Smallest)
	}
	return m
}

var nan = athar.Num(math.NaN())

// ID names a finding.
func ID(campaign string, q athar.Question, ring int, phase athar.Phase) string {
	id := campaign + "/" + string(q)
	if q == athar.AskRing {
		id += "-" + string(rune('0'+ring))
	}
	return id + "/" + string(phase)
}

// movement reads inside and rings together: DISPLACEMENT is a decline inside
// with an escalation in some ring, DIFFUSION OF BENEFITS a decline inside with
// a decline in some ring and an escalation in none.
func (in Input) movement(inside athar.Finding, rings []athar.Finding, phase athar.Phase) athar.Finding {
	f := athar.Finding{ID: ID(in.Campaign, athar.AskMovement, 0, phase), Campaign: in.Campaign, Question: athar.AskMovement,
		Phase: phase, Agree: true, Guards: inside.Guards, Methods: []athar.MethodView{}, Rivals: inside.Rivals}
	up, down, flat, told := 0, 0, 0, 0
	for _, r := range rings {
		switch r.Verdict {
		case athar.Escalation:
			up++
		case athar.Decline:
			down++
		case athar.NoMaterialChange:
			flat++
		}
		if r.Verdict != athar.CannotTell {
			told++
		}
	}
	args := map[string]any{"inside": string(inside.Verdict), "up": up, "down": down, "rings": len(rings)}
	say := func(v athar.Verdict, code string) {
		f.Verdict = v
		f.Because = []athar.Note{{Code: code, Args: args}}
	}
	switch {
	case inside.Verdict == athar.CannotTell || told == 0:
		say(athar.CannotTell, "movement-cannot-tell")
	case inside.Verdict == athar.NotRobust:
		say(athar.NotRobust, "movement-inside-not-robust")
	case inside.Verdict != athar.Decline:
		say(athar.Inconclusive, "movement-no-decline-inside")
	case up > 0:
		say(athar.Displacement, "movement-displacement")
	case down > 0:
		say(athar.Diffusion, "movement-diffusion")
	case flat == len(rings):
		say(athar.NoMaterialChange, "movement-rings-flat")
	default:
		say(athar.Inconclusive, "movement-rings-unclear")
	}
	if f.Verdict == athar.Displacement {
		in.coincides(&f)
	}
	return f
}

// CoincideLevel is the level at which a scan sees a low inside with a high around.
const CoincideLevel = .05

// coincides sets DISPLACEMENT against the space-time scan. Its plain p value is
// small too readily, because events come in bursts: where even that is not, no
// areas and weeks show the movement, and the word is none. Where it is small
// among campaigns that did not happen as well, the scan says the same in its own
// way.
func (in Input) coincides(f *athar.Finding) {
	c := in.Coincidence
	if c == nil || c.Refusal != nil || math.IsNaN(float64(c.P)) {
		return
	}
	args := map[string]any{"p": c.P, "placebo": c.PPlacebo}
	switch {
	case !(c.P <= CoincideLevel):
		f.Verdict = athar.NotRobust
		f.Because = append(f.Because, athar.Note{Code: "movement-scan-contradicts", Args: args})
	case c.PPlacebo <= CoincideLevel:
		f.Because = append(f.Because, athar.Note{Code: "movement-scan-agrees", Args: args})
	default:
		f.Because = append(f.Because, athar.Note{Code: "movement-scan-unsure", Args: args})
	}
}

// rivals lists the explanations that the analysis did not exclude. The
// reporting tipping point (METHODS.md D3) holds for every estimate: a change
// of the chance that an event is reported inside, relative to far, by the
// factor RR alone gives the estimate.
func rivals(f *athar.Finding, guards []athar.Guard, noControl bool) []athar.Note {
	var out []athar.Note
	if n, ok := tipping(f, noControl); ok {
		out = append(out, n)
	}
	for _, g := range guards {
		if g.Status != athar.Fired {
			continue
		}
		switch g.Code {
		case "surge":
			out = append(out, athar.Note{Code: "rival-regression-to-the-mean"})
		case "no-control":
			out = append(out, athar.Note{Code: "rival-common-shock"})
		case "pre-trend":
			out = append(out, athar.Note{Code: "rival-pre-trend"})
		case "calendar":
			code := "rival-calendar"
			switch g.Says.Code {
			case "guard-calendar-both":
				code = "rival-calendar-both"
			case "guard-calendar-ramadan":
				code = "rival-calendar-ramadan"
			}
			out = append(out, athar.Note{Code: code, Args: g.Says.Args})
		case "break":
			out = append(out, athar.Note{Code: "rival-earlier-change", Args: g.Says.Args})
		case "waves":
			out = append(out, athar.Note{Code: "rival-waves-announced", Args: g.Says.Args})
		case "nearby":
			out = append(out, athar.Note{Code: "rival-nearby", Args: g.Says.Args})
		case "reporting":
			if g.Says.Code == "guard-reporting" { // otherwise the tipping point has said it
				out = append(out, athar.Note{Code: "rival-reporting-changed", Args: g.Says.Args})
			}
		case "negative-control":
			out = append(out, athar.Note{Code: "rival-not-the-campaign", Args: g.Says.Args})
		case "overlap":
			out = append(out, athar.Note{Code: "rival-other-campaign", Args: g.Says.Args})
		}
	}
	if out == nil {
		out = []athar.Note{}
	}
	return out
}
