package verdict

import (
	"math"
	"strings"

	"athar"
	"athar/stat"
)

// Control is a count that the campaign should not move, through the headline
// model: METHODS.md F3.
type Control struct {
	Name    athar.Names
	Effects []athar.Effect
}

// Break is where the change of the series inside that is nearest to the start
// lies. Before, Recent, At, After and None are probabilities: before the window from
// one period before the start to two after, the part of that within a year or half a
// one, in the window, after it, and that there is no change at all.
type Break struct {
	Before, Recent, At, After, None float64
	Date                            athar.Day // of the most probable change
	Far                             bool      // the far areas changed then, too
}

// Thresholds of the guards in this file.
const (
	ControlLevel = 0.05 // of all negative controls together
	BreakAt      = 0.5  // probability above which a change counts as placed
	DatesFMI     = 0.5  // share of the information that uncertain dates may take
	NearbyMonths = 3
	WaveGap      = 0.10 // difference of a wave's share of days between phase and pre-period
	LeastEvents  = 5    // in each of eight counts, for a ratio of reporting
	// MissedShare is the relative change of reporting that cannot be excluded
	// where nothing measures it: the drop of world S5 (METHODS.md F1).
	MissedShare = 0.30
)

// negativeControl fires if the interval inside of any control leaves 1 out, at
// a level shared by all controls and phases (Bonferroni): with several of them one
// in twenty each would often fire by chance.
func negativeControl(f Facts) athar.Guard {
	if len(f.Controls) == 0 {
		if !f.Randomised.Ran {
			return athar.Guard{Code: "negative-control", Status: athar.Blind, Says: note("guard-negative-control-none", nil)}
		}
		return athar.Guard{Code: "negative-control", Status: athar.Blind, Says: note("guard-negative-control-blind", nil)}
	}
	var worst *athar.Effect
	var name athar.Names
	n := 0
	for i := range f.Controls {
		for j := range f.Controls[i].Effects {
			e := &f.Controls[i].Effects[j]
			if e.Question != athar.AskInside || e.Refusal != nil || !(e.P >= 0) {
				continue
			}
			n++
			if worst == nil || e.P < worst.P {
				worst, name = e, f.Controls[i].Name
			}
		}
	}
	if worst == nil {
		return athar.Guard{Code: "negative-control", Status: athar.Blind, Says: note("guard-negative-control-refused", map[string]any{"n": len(f.Controls)})}
	}
	args := map[string]any{"name": name, "phase": string(worst.Phase), "rr": worst.RR, "low": worst.Low, "high": worst.High, "n": n}
	if float64(worst.P)*float64(n) < ControlLevel {
		return athar.Guard{Code: "negative-control", Status: athar.Fired, Says: note("guard-negative-control", args)}
	}
	return athar.Guard{Code: "negative-control", Status: athar.Quiet, Says: note("guard-negative-control-quiet", args)}
}

// changed fires if the change of the series inside that is nearest to the start
// lies before the campaign, not long before it, and the far areas did not change
// then: what changed inside had changed already.
func changed(f Facts) athar.Guard {
	b := f.Break
	if b == nil {
		return athar.Guard{Code: "break", Status: athar.Blind, Says: note("guard-break-blind", nil)}
	}
	args := map[string]any{"p": athar.Num(b.At), "before": athar.Num(b.Recent), "none": athar.Num(b.None), "date": b.Date}
	switch {
	case b.Recent > BreakAt && b.Far:
		return athar.Guard{Code: "break", Status: athar.Quiet, Says: note("guard-break-common", args)}
	case b.Recent > BreakAt:
		return athar.Guard{Code: "break", Status: athar.Fired, Says: note("guard-break", args)}
	case b.At > BreakAt:
		return athar.Guard{Code: "break", Status: athar.Quiet, Says: note("guard-break-at", args)}
	case b.None > BreakAt:
		return athar.Guard{Code: "break", Status: athar.Quiet, Says: note("guard-break-none", args)}
	}
	return athar.Guard{Code: "break", Status: athar.Quiet, Says: note("guard-break-quiet", args)}
}

// waves fires where a wave of attacks that the group announced fills a larger or
// smaller part of a phase than of the time before.
func waves(f Facts) athar.Guard {
	if len(f.Waves) == 0 {
		return athar.Guard{Code: "waves", Status: athar.Blind, Says: note("guard-waves-blind", nil)}
	}
	var met []athar.Names
	largest, phase := 0.0, athar.During
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		all := 0.0
		for _, w := range f.Waves {
			all += f.covers(w.When, ph) - f.covers(w.When, athar.Pre)
		}
		if f.spans(ph) && math.Abs(all) > math.Abs(largest) {
			largest, phase = all, ph
		}
	}
	window := f.window()
	for _, w := range f.Waves {
		if w.When.Overlap(window) > 0 || f.covers(w.When, athar.Pre) > 0 {
			met = append(met, w.Name)
		}
	}
	if len(met) == 0 {
		return athar.Guard{Code: "waves", Status: athar.Quiet, Says: note("guard-waves-none", map[string]any{"n": len(f.Waves)})}
	}
	args := map[string]any{"names": Joined(met), "phase": string(phase), "share": athar.Num(math.Abs(largest))}
	switch {
	case largest >= WaveGap:
		return athar.Guard{Code: "waves", Status: athar.Fired, Says: note("guard-waves-more", args)}
	case largest <= -WaveGap:
		return athar.Guard{Code: "waves", Status: athar.Fired, Says: note("guard-waves-less", args)}
	}
	return athar.Guard{Code: "waves", Status: athar.Quiet, Says: note("guard-waves-quiet", args)}
}

// spans reports whether any period is of a phase.
func (f Facts) spans(ph athar.Phase) bool {
	for _, p := range f.Periods {
		if p.Phase == ph {
			return true
		}
	}
	return false
}

// Joined lists names in both languages.
func Joined(list []athar.Names) athar.Names {
	var out athar.Names
	for i, n := range list {
		if n.Ar == "" {
			n.Ar = n.En
		}
		if i > 0 {
			out.En += "; "
			out.Ar += "؛ "
		}
		out.En += n.En
		out.Ar += n.Ar
	}
	return out
}

// nearby fires where other campaigns ran in the same country while this one did
// or shortly before or after it: forces that were there were not elsewhere. Those
// that share footprint and time belong to overlap.
func nearby(f Facts) athar.Guard {
	args := map[string]any{"n": len(f.Nearby), "months": NearbyMonths, "names": Joined(f.Nearby)}
	if len(f.Nearby) > 0 {
		return athar.Guard{Code: "nearby", Status: athar.Fired, Says: note("guard-nearby", args)}
	}
	return athar.Guard{Code: "nearby", Status: athar.Quiet, Says: note("guard-nearby-quiet", map[string]any{"months": NearbyMonths})}
}

// changesWord is the first inside effect, pooled over draws of the dates, whose
// word is not the headline's, and the worst share of information lost.
func (f Facts) changesWord() (other *athar.Effect, was, is athar.Verdict, shown *athar.Effect, worst float64) {
	for i := range f.Dated {
		e := &f.Dated[i]
		head := find(f.Headline, athar.AskInside, 0, e.Phase)
		if e.Question != athar.AskInside || e.Refusal != nil || head == nil || head.Refusal != nil {
			continue
		}
		if shown == nil {
			shown = e
		}
		if e.FMI != nil {
			worst = max(worst, float64(*e.FMI))
		}
		a := Word(float64(head.Low), float64(head.High), f.Smallest)
		if b := Word(float64(e.Low), float64(e.High), f.Smallest); a != b && other == nil {
			other, was, is = e, a, b
		}
	}
	return
}

// dates asks whether the answer depends on which of the published dates is
// right: the headline is fitted again with dates drawn within what sources say. Where
// it cannot be, a doubt of more than two weeks fires.
func dates(f Facts) athar.Guard {
	start, end := f.Start.Days()-1, f.End.Days()-1
	args := map[string]any{"start": start, "end": end}
	if start == 0 && end == 0 {
		return athar.Guard{Code: "dates", Status: athar.Quiet, Says: note("guard-dates-sure", nil)}
	}
	other, was, is, shown, worst := f.changesWord()
	if shown != nil {
		args["fmi"], args["draws"] = athar.Num(worst), f.DateDraws
	}
	switch {
	case other != nil:
		args["rr"], args["low"], args["high"] = other.RR, other.Low, other.High
		args["was"], args["word"], args["phase"] = string(was), string(is), string(other.Phase)
		return athar.Guard{Code: "dates", Status: athar.Fired, Says: note("guard-dates-word", args)}
	case worst > DatesFMI:
		return athar.Guard{Code: "dates", Status: athar.Fired, Says: note("guard-dates-fmi", args)}
	case shown != nil:
		args["rr"], args["low"], args["high"], args["phase"] = shown.RR, shown.Low, shown.High, string(shown.Phase)
		return athar.Guard{Code: "dates", Status: athar.Quiet, Says: note("guard-dates-drawn", args)}
	case start > DateDoubt || end > DateDoubt:
		return athar.Guard{Code: "dates", Status: athar.Fired, Says: note("guard-dates", args)}
	}
	return athar.Guard{Code: "dates", Status: athar.Quiet, Says: note("guard-dates-quiet", args)}
}

// blindTo reports whether an effect could not have shown the smallest effect of
// interest in four cases of five, in either direction.
func blindTo(e *athar.Effect, smallest float64) bool {
	return e.Refusal == nil && smallest > 1 && (e.MDELow >= 0 && float64(e.MDELow) < 1/smallest || float64(e.MDEHigh) > smallest)
}

// power fires where the headline inside could not have shown the smallest effect
// of interest. It says nothing about a direction that was found; an INCONCLUSIVE
// could not have been otherwise.
func power(f Facts) athar.Guard {
	var shown *athar.Effect
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		e := find(f.Headline, athar.AskInside, 0, ph)
		if e == nil || e.Refusal != nil || math.IsNaN(float64(e.MDELow)) || e.MDEHigh == 0 {
			continue
		}
		if shown == nil || blindTo(e, f.Smallest) && !blindTo(shown, f.Smallest) {
			shown = e
		}
	}
	if shown == nil || f.Smallest <= 1 {
		return athar.Guard{Code: "power", Status: athar.Blind, Says: note("guard-power-blind", nil)}
	}
	args := map[string]any{"mde_low": shown.MDELow, "mde_high": shown.MDEHigh, "smallest": athar.Num(f.Smallest), "phase": string(shown.Phase)}
	if blindTo(shown, f.Smallest) {
		return athar.Guard{Code: "power", Status: athar.Fired, Says: note("guard-power", args)}
	}
	return athar.Guard{Code: "power", Status: athar.Quiet, Says: note("guard-power-quiet", args)}
}

// holds reports whether the interval of e holds a rate ratio.
func holds(e *athar.Effect, rr athar.Num) bool { return e.Low <= rr && rr <= e.High }

// datasets looks at whether other datasets answer the headline's question with
// the same sign.
func datasets(f Facts) athar.Guard {
	n, against := 0, 0
	var shown, own *athar.Effect // the first answer, or the first against the study's own
	for i := range f.Compared {
		e := &f.Compared[i]
		head := find(f.Headline, athar.AskInside, 0, e.Phase)
		if e.Question != athar.AskInside || e.Refusal != nil || head == nil || head.Refusal != nil {
			continue
		}
		n++
		contradicts := side(e.RR)*side(head.RR) < 0
		if contradicts {
			against++
		}
		if shown == nil || contradicts && against == 1 {
			shown, own = e, head
		}
	}
	args := map[string]any{"n": n, "against": against}
	if shown != nil {
		args["data"], args["phase"], args["headline"] = Dataset(shown.Spec), string(shown.Phase), own.RR
		args["rr"], args["low"], args["high"] = shown.RR, shown.Low, shown.High
	}
	switch {
	case len(f.Compared) == 0:
		return athar.Guard{Code: "datasets", Status: athar.Blind, Says: note("guard-datasets-one", nil)}
	case n == 0:
		return athar.Guard{Code: "datasets", Status: athar.Blind, Says: note("guard-datasets-blind", nil)}
	case against > 0 && holds(shown, own.RR):
		return athar.Guard{Code: "datasets", Status: athar.Fired, Says: note("guard-datasets-weak", args)}
	case against > 0:
		return athar.Guard{Code: "datasets", Status: athar.Fired, Says: note("guard-datasets", args)}
	}
	return athar.Guard{Code: "datasets", Status: athar.Quiet, Says: note("guard-datasets-quiet", args)}
}

// Reporting is the counts of the study's data and of another dataset in the
// cells that both watched, period by period: two roles (inside, far) by two datasets
// (own, other).
type Reporting struct {
	Data   string
	Phases []athar.Phase
	Counts [2][2][]float64 // role, dataset, period
}

// Ratio is how the ratio of the two datasets inside changed from before to a
// phase, against the same far away; 1 if the campaign changed the reporting of
// neither. The interval has the given level.
//
// With counts A and B, q = [ln(A/B) inside, after - before] - [the same far]. Given
// A + B, A is binomial, and q is the interaction of a logistic regression on role and
// phase, saturated: Var q = phi sum (1/A + 1/B) over the four cells, with phi the
// Pearson statistic of the periods over its degrees of freedom, times (1 + r)/(1 - r)
// for residuals that carry over with correlation r, and at least 1. It is not ok if
// any of the eight counts is below [LeastEvents] or phi has no degree of freedom.
func (r Reporting) Ratio(phase athar.Phase, level float64) (q, low, high float64, ok bool) {
	sum := [2][2][2]float64{} // role, dataset, before/after
	side := func(t int) int {
		switch r.Phases[t] {
		case athar.Pre:
			return 0
		case phase:
			return 1
		}
		return -1
	}
	for role := range 2 {
		for d := range 2 {
			for t, y := range r.Counts[role][d] {
				if s := side(t); s >= 0 {
					sum[role][d][s] += y
				}
			}
		}
	}
	log, variance := 0.0, 0.0
	for role := range 2 {
		for d := range 2 {
			for s := range 2 {
				y := sum[role][d][s]
				if y < LeastEvents {
					return 0, 0, 0, false
				}
				sign := 1.0
				if (role+d+1+s)%2 == 1 {
					sign = -1
				}
				log += sign * math.Log(y)
				variance += 1 / y
			}
		}
	}
	chi, df, carry := 0.0, -4.0, 0.0
	for role := range 2 {
		var res []float64
		var at []int
		for t := range r.Phases {
			s := side(t)
			if s < 0 {
				continue
			}
			a, b := r.Counts[role][0][t], r.Counts[role][1][t]
			p := sum[role][0][s] / (sum[role][0][s] + sum[role][1][s])
			if a+b == 0 {
				continue
			}
			z := (a - (a+b)*p) / math.Sqrt((a+b)*p*(1-p))
			res, at = append(res, z), append(at, t)
			chi += z * z
			df++
		}
		carry = max(carry, stat.AR1(res, at))
	}
	if df < 1 {
		return 0, 0, 0, false
	}
	carry = min(.8, carry)
	phi := max(1, chi/df*(1+carry)/(1-carry))
	half := stat.TQuantile(1-level/2, df) * math.Sqrt(phi*variance)
	return math.Exp(log), math.Exp(log - half), math.Exp(log + half), true
}

// reporting fires if the ratio of two datasets inside changed against far from
// reporting fires if the ratio of two datasets inside changed against far from
// before to during or after, at a level shared by all datasets and phases. It cannot
// tell a change of reporting from a change of what only one of them counts. If nothing
// changed but how the study's own data were gathered, the ratio changes by the
// headline's rate ratio: that is the tipping point (METHODS.md D3), and whether the
// interval holds it is said. Where no other dataset can tell, it fires if a change of
// reporting by [MissedShare] would leave nothing of a direction, and is blind
// otherwise; either way it says the tipping point.
func reporting(f Facts) athar.Guard {
	var head *athar.Effect
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		if e := find(f.Headline, athar.AskInside, 0, ph); e != nil && e.Refusal == nil && e.RR > 0 && head == nil {
			head = e
		}
	}
	type asked struct {
		r     Reporting
		phase athar.Phase
	}
	var list []asked
	for _, r := range f.Reporting {
		for _, ph := range []athar.Phase{athar.During, athar.Post} {
			if _, _, _, ok := r.Ratio(ph, .05); ok {
				list = append(list, asked{r, ph})
			}
		}
	}
	if len(list) == 0 {
		frail := frailest(f.Headline)
		switch {
		case frail != nil:
			bound := frail.High
			if frail.Low > 1 {
				bound = frail.Low
			}
			code := "guard-reporting-frail"
			if f.NoControl {
				code = "guard-reporting-frail-past"
			}
			return athar.Guard{Code: "reporting", Status: athar.Fired, Says: note(code,
				map[string]any{"bound": bound, "rr": frail.RR, "phase": string(frail.Phase), "share": athar.Num(MissedShare)})}
		case head == nil:
			return athar.Guard{Code: "reporting", Status: athar.Blind, Says: note("guard-reporting-none", nil)}
		case len(f.Reporting) > 0:
			return athar.Guard{Code: "reporting", Status: athar.Blind, Says: note("guard-reporting-few", map[string]any{"need": LeastEvents, "rr": head.RR, "phase": string(head.Phase)})}
		}
		if f.NoControl {
			return athar.Guard{Code: "reporting", Status: athar.Blind, Says: note("guard-reporting-blind-past", map[string]any{"rr": head.RR, "phase": string(head.Phase)})}
		}
		return athar.Guard{Code: "reporting", Status: athar.Blind, Says: note("guard-reporting-blind", map[string]any{"rr": head.RR, "phase": string(head.Phase)})}
	}
	level := .05 / float64(len(list))
	g := athar.Guard{Code: "reporting", Status: athar.Quiet}
	far := -1.0
	for _, x := range list {
		q, low, high, _ := x.r.Ratio(x.phase, level)
		fires := low > 1 || high < 1
		// The one to be shown: that which leaves 1 out the most clearly.
		z := math.Abs(math.Log(q)) / math.Log(high/low)
		if z <= far {
			continue
		}
		far = z
		args := map[string]any{"data": x.r.Data, "phase": string(x.phase), "ratio": athar.Num(q), "low": athar.Num(low), "high": athar.Num(high)}
		code := "guard-reporting"
		g.Status = athar.Fired
		if !fires {
			code, g.Status = "guard-reporting-quiet", athar.Quiet
		}
		if e := find(f.Headline, athar.AskInside, 0, x.phase); e != nil && e.Refusal == nil && e.RR > 0 {
			args["rr"] = e.RR
			if low <= float64(e.RR) && float64(e.RR) <= high {
				code += "-whole"
			} else {
				code += "-part"
			}
		}
		g.Says = note(code, args)
	}
	return g
}

// frailest is the direction inside that the least change of reporting would take
// away, if one by [MissedShare] is enough: reporting times m moves the interval
// [L, U] to [L/m, U/m], which holds 1 for some m between 1-MissedShare and its
// inverse if U > 1-MissedShare, or L < 1/(1-MissedShare).
func frailest(headline []athar.Effect) *athar.Effect {
	var out *athar.Effect
	least := -math.Log(1 - MissedShare)
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		e := find(headline, athar.AskInside, 0, ph)
		if e == nil || e.Refusal != nil {
			continue
		}
		change := math.Inf(1)
		switch {
		case e.High < 1:
			change = -math.Log(float64(e.High))
		case e.Low > 1:
			change = math.Log(float64(e.Low))
		}
		if change < least {
			least, out = change, e
		}
	}
	return out
}

// tipping says by how much reporting inside would have had to change, relative
// to far, to give the headline without any real change: by the ratio itself.
// Without far areas it is relative to the time before. A ratio of 0 has none: not to
// report a single event is no change of reporting.
func tipping(f *athar.Finding, noControl bool) (athar.Note, bool) {
	if f.Headline == nil || f.Headline.Refusal != nil {
		return athar.Note{}, false
	}
	rr := float64(f.Headline.RR)
	less, share := rr < 1, athar.Num(math.Abs(rr-1))
	switch {
	case !(rr > 0) || math.IsInf(rr, 1) || rr == 1:
		return athar.Note{}, false
	case less && noControl:
		return note("rival-reporting-drop-past", map[string]any{"share": share}), true
	case less:
		return note("rival-reporting-drop", map[string]any{"share": share}), true
	case noControl:
		return note("rival-reporting-rise-past", map[string]any{"share": share}), true
	}
	return note("rival-reporting-rise", map[string]any{"share": share}), true
}

// controls takes away what a headline claims, a direction or that nothing
// changed, where a count moved that the campaign should not move. What claims
// nothing keeps its word: there is nothing to take away.
func (in Input) controls(f *athar.Finding) {
	if !fired(in.Guards, "negative-control") || !Directional(f.Verdict) && f.Verdict != athar.NoMaterialChange {
		return
	}
	f.Because = append(f.Because, note("control-undoes", map[string]any{"word": string(f.Verdict)}))
	f.Verdict = athar.NotRobust
}

// dates takes a direction away that depends on which of the published dates is
// right. That they decide most of what can be known takes none away by itself: the
// pooled interval has their doubt in it.
func (in Input) dates(f *athar.Finding) {
	e := find(in.Dated, f.Question, f.Ring, f.Phase)
	if e == nil || e.Refusal != nil {
		return
	}
	low, high := interval(e)
	args := map[string]any{"rr": e.RR, "low": low, "high": high, "word": string(f.Verdict)}
	if Word(float64(low), float64(high), in.Smallest) != f.Verdict {
		f.Because = append(f.Because, note("dates-undo", args))
		f.Verdict = athar.NotRobust
	}
}

// DatasetSpec is the Spec of an effect on a dataset that is compared; [Dataset]
// reads the name back. A Spec holds no blanks, so that its parts can be told apart.
func DatasetSpec(name string) string { return "data=" + strings.Join(strings.Fields(name), "_") }

// Dataset is the name of the dataset that a Spec of [DatasetSpec] holds.
func Dataset(spec string) string {
	return strings.ReplaceAll(strings.TrimPrefix(spec, "data="), "_", " ")
}

// compare shows where another dataset puts the estimate on the other side of 1.
// Its sign alone takes a direction away, as that of another method does: a second
// look at the same campaign that points elsewhere leaves no direction, even where it
// is too uncertain to contradict by itself; the note says which of the two it is.
func (in Input) compare(f *athar.Finding) {
	for i := range in.Compared {
		e := &in.Compared[i]
		if match(e, f.Question, f.Ring, f.Phase) && e.Refusal == nil && side(e.RR)*side(f.Headline.RR) < 0 {
			f.Agree = false
			code := "datasets-disagree"
			if holds(e, f.Headline.RR) {
				code = "datasets-disagree-weak"
			}
			f.Because = append(f.Because, note(code, map[string]any{"data": Dataset(e.Spec), "rr": e.RR, "low": e.Low, "high": e.High, "headline": f.Headline.RR}))
		}
	}
}
