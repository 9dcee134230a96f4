// Package adapt says which published signatures of adaptation an armed group's
// record shows after a campaign (METHODS.md section C).
//
// The package thinks that the number of events is the master confounder: a
// campaign that merely removes events moves nearly every measure of how spread,
// how synchronous or how large attacks are. So every indicator compares equal
// numbers of events before and after, near the campaign against far from it,
// and a signature is present only if at least two independent kinds of evidence
// moved the way it predicts and none the other way. It looks from the outside:
// what event data can never show, who commands or by what means people talk,
// comes out as not identifiable, whatever moved.
//
// The sub-packages measure; this one decides.
package adapt

import (
	"math"
	"slices"

	"athar"
	"athar/adapt/change"
	"athar/adapt/excite"
	"athar/adapt/mix"
	"athar/adapt/resume"
	"athar/adapt/spread"
	"athar/adapt/synchrony"
	"athar/adapt/tail"
	"athar/adapt/tempo"
	"athar/stat"
)

// Alpha is the level at which an indicator, adjusted within its signature,
// counts as moved.
const Alpha = 0.05

// deciding lists the indicators that decide a signature: one family each, fixed
// before any data are seen. The other indicators of the same kinds are shown
// but look at the same thing, so counting them would count it twice.
var deciding = map[athar.SignatureID][]string{
	athar.Decentralised: {"hill-2", "independent", "excitation", "synchrony", "size", "mix-local"},
	athar.Leadership:    {"resumption", "mix"},
}

// shown lists all indicators of a signature in the order of the page.
var shown = map[athar.SignatureID][]string{
	athar.Decentralised: {"hill-2", "independent", "excitation", "synchrony", "size", "mix-local",
		"hill-1", "hill-0", "theil-between", "theil-within", "moran", "distance", "synchrony-raw", "coincidence", "multi-area-days"},
	athar.Communication: {"synchrony", "coincidence", "multi-area-days", "lag"},
	athar.Leadership:    {"resumption", "mix"},
}

// shownOnly are indicators whose level under no change has not been
// established: they are shown and read as silent.
var shownOnly = []string{"coincidence", "multi-area-days", "lag"}

// communication is what each weak indicator would do if messages travelled
// more slowly and to fewer: the sign of its change.
var communication = map[string]int{"synchrony": -1, "coincidence": -1, "multi-area-days": -1, "lag": 1}

// Most is the number of events near the campaign, and of those far from it, that
// the indicators by permutation work on. More are thinned at random, all by one
// share, which moves neither the mix nor the rates against each other; what is
// lost is power that a record of this size does not need.
const Most = 3000

// Measure computes every indicator of a pattern. The seed makes the draws; the
// same pattern and seed give the same bits.
func Measure(p *athar.Pattern, seed uint64) []athar.Indicator {
	thin, shares := Thinned(p, seed)
	permuted := slices.Concat(spread.Indicators(thin, seed), synchrony.Indicators(thin, seed), mix.Indicators(thin, seed))
	if thin != p {
		for i := range permuted {
			if permuted[i].Refusal == nil {
				permuted[i].Warnings = append(permuted[i].Warnings, athar.NewNote("indicator-thinned", "near", athar.Num(shares[0]), "far", athar.Num(shares[1])))
			}
		}
	}
	return slices.Concat(permuted, []athar.Indicator{tail.Indicator(p, seed), excite.Indicator(p, seed)}, resume.Indicators(p, seed), tempo.Indicators(p, seed), change.Indicators(p, seed))
}

// Thinned is the pattern with at most [Most] events near and far, and the shares
// that were kept; the pattern itself where it has no more.
func Thinned(p *athar.Pattern, seed uint64) (*athar.Pattern, [2]float64) {
	side := func(r athar.Record) int {
		if p.Areas[r.Area].Near() {
			return 0
		}
		return 1
	}
	var n [2]int
	for _, r := range p.Records {
		n[side(r)] += r.N
	}
	shares := [2]float64{1, 1}
	for k := range n {
		if n[k] > Most {
			shares[k] = Most / float64(n[k])
		}
	}
	if shares == [2]float64{1, 1} {
		return p, shares
	}
	q := *p
	q.Records = nil
	rnd := stat.Stream(seed, "adapt/thin", 0)
	for _, r := range p.Records {
		share, kept := shares[side(r)], 0
		for range r.N {
			if rnd.Float64() < share {
				kept++
			}
		}
		if kept == 0 {
			continue
		}
		if kept < r.N {
			r.HasDeaths = false // those of the kept ones alone are not known
		}
		r.N = kept
		q.Records = append(q.Records, r)
	}
	return &q, shares
}

// Decide turns indicators into signatures and context by the rule of METHODS.md
// section C. control says whether far areas served as a comparison: without
// them no signature is present, because anything that changed everywhere would
// pass for adaptation.
func Decide(list []athar.Indicator, control bool) *athar.Adaptation {
	byCode := map[string]athar.Indicator{}
	for _, x := range list {
		byCode[x.Code] = x
	}
	a := &athar.Adaptation{Context: []athar.Indicator{}, Checks: []athar.Guard{}}
	used := map[string]bool{}
	for _, id := range athar.Signatures() {
		s := athar.Signature{ID: id, Indicators: []athar.Indicator{}, Because: []athar.Note{}, Rivals: rivals(id)}
		for _, code := range shown[id] {
			if x, ok := byCode[code]; ok {
				used[code] = true
				s.Indicators = append(s.Indicators, x)
			}
		}
		switch id {
		case athar.Decentralised:
			decentralised(&s, control)
		case athar.Communication:
			communicated(&s)
		case athar.Leadership:
			leadership(&s)
		}
		a.Signatures = append(a.Signatures, s)
	}
	for _, x := range list {
		if !used[x.Code] {
			x.Reading, x.HolmP = athar.Silent, athar.Num(math.NaN())
			if x.Refusal != nil {
				x.Reading = athar.Refused
			}
			a.Context = append(a.Context, x)
		}
	}
	return a
}

// holm adjusts the p values of a signature's deciding indicators by Holm's
// step-down rule over those that were measured, and leaves the others without.
func holm(s *athar.Signature) {
	family := deciding[s.ID]
	var at []int
	for i := range s.Indicators {
		x := &s.Indicators[i]
		x.HolmP = athar.Num(math.NaN())
		if slices.Contains(family, x.Code) && x.Refusal == nil && !math.IsNaN(float64(x.P)) {
			at = append(at, i)
		}
	}
	slices.SortStableFunc(at, func(i, j int) int {
		switch a, b := s.Indicators[i].P, s.Indicators[j].P; {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		return i - j
	})
	worst := 0.0
	for k, i := range at {
		worst = max(worst, min(1, float64(len(at)-k)*float64(s.Indicators[i].P)))
		s.Indicators[i].HolmP = athar.Num(worst)
	}
}

func sign(x athar.Num, ratio bool) int {
	f := float64(x)
	if ratio {
		f = math.Log(f)
	}
	switch {
	case f > 0:
		return 1
	case f < 0:
		return -1
	}
	return 0
}

// nearMoved reports whether the campaign's own surroundings moved in the
// direction of the contrast; true where the indicator has no levels.
func nearMoved(x *athar.Indicator) bool {
	before, after := float64(x.Before), float64(x.After)
	if math.IsNaN(before) || math.IsNaN(after) {
		return true
	}
	return sign(athar.Num(after-before), false) == sign(x.Change, x.Ratio)
}

// decentralised applies the rule for smaller, more independent groups.
func decentralised(s *athar.Signature, control bool) {
	holm(s)
	with, against := map[athar.IndicatorGroup]bool{}, map[athar.IndicatorGroup]bool{}
	measured, groups := 0, map[athar.IndicatorGroup]bool{}
	for i := range s.Indicators {
		x := &s.Indicators[i]
		x.Reading = athar.Neither
		switch {
		case x.Refusal != nil:
			x.Reading = athar.Refused
			continue
		case x.Predicts == 0 || slices.Contains(shownOnly, x.Code):
			x.Reading = athar.Silent
			continue
		}
		p := x.HolmP
		decides := !math.IsNaN(float64(p))
		if !decides {
			p = x.P // shown with its own p, without a vote
		} else {
			measured++
			groups[x.Group] = true
		}
		if !(float64(p) < Alpha) {
			continue
		}
		if sign(x.Change, x.Ratio) == x.Predicts {
			if !nearMoved(x) {
				// What moved is the comparison, not the area of the campaign.
				x.Warnings = append(x.Warnings, athar.NewNote("indicator-far-moved"))
				continue
			}
			x.Reading = athar.Supports
			if decides {
				with[x.Group] = true
			}
		} else {
			x.Reading = athar.Opposes
			if decides {
				against[x.Group] = true
			}
		}
	}
	args := []any{"with", len(with), "against", len(against), "groups", len(groups), "measured", measured}
	switch {
	case len(groups) < 2:
		s.Word = athar.NotIdentifiable
		s.Because = append(s.Because, athar.NewNote("signature-too-few-groups", args...))
	case len(with) >= 2 && len(against) == 0 && control:
		s.Word = athar.Present
		s.Because = append(s.Because, athar.NewNote("signature-present", args...))
	case len(with) > 0:
		s.Word = athar.Mixed
		if len(with) >= 2 && len(against) == 0 {
			s.Because = append(s.Because, athar.NewNote("signature-no-control", args...))
		} else {
			s.Because = append(s.Because, athar.NewNote("signature-mixed", args...))
		}
	default:
		s.Word = athar.NotDetected
		s.Opposed = len(against) >= 2 && control
		if len(against) > 0 {
			s.Because = append(s.Because, athar.NewNote("signature-against", args...))
		} else {
			s.Because = append(s.Because, athar.NewNote("signature-not-detected", args...))
		}
	}
}

// communicated reads the weak indicators of changed communication. Nothing in
// event data tells how a message travelled, so the word is fixed.
func communicated(s *athar.Signature) {
	s.Word = athar.NotIdentifiable
	s.Because = append(s.Because, athar.NewNote("signature-communication"))
	for i := range s.Indicators {
		x := &s.Indicators[i]
		x.HolmP, x.Predicts = athar.Num(math.NaN()), communication[x.Code]
		switch {
		case x.Refusal != nil:
			x.Reading = athar.Refused
		case slices.Contains(shownOnly, x.Code):
			x.Reading = athar.Silent
		case float64(x.P) < Alpha && sign(x.Change, x.Ratio) == x.Predicts:
			x.Reading = athar.Compatible
		case float64(x.P) < Alpha:
			x.Reading = athar.Opposes
		default:
			x.Reading = athar.Neither
		}
	}
}

// leadership asks whether the tempo recovered after reported losses and the
// mix of what was done went on: resilience, which is all that event data can
// show of replaced leaders.
func leadership(s *athar.Signature) {
	holm(s)
	var tempo, mix *athar.Indicator
	for i := range s.Indicators {
		x := &s.Indicators[i]
		switch x.Code {
		case "resumption":
			tempo = x
		case "mix":
			mix = x
			switch {
			case x.Refusal != nil:
				x.Reading = athar.Refused
			case float64(x.HolmP) < Alpha:
				x.Reading = athar.Opposes
			default:
				x.Reading = athar.Neither
			}
		}
	}
	switch {
	case tempo == nil || tempo.Refusal != nil:
		s.Word = athar.NotIdentifiable
		s.Because = append(s.Because, athar.NewNote("signature-no-losses"))
	case tempo.Reading == athar.Opposes:
		s.Word, s.Opposed = athar.NotDetected, true
		s.Because = append(s.Because, athar.NewNote("signature-disrupted"))
	case tempo.Reading == athar.Supports && mix != nil && mix.Reading == athar.Neither:
		s.Word = athar.Present
		s.Because = append(s.Because, athar.NewNote("signature-resilient"))
	case tempo.Reading == athar.Supports:
		s.Word = athar.Mixed
		s.Because = append(s.Because, athar.NewNote("signature-resilient-alone"))
	default:
		s.Word = athar.NotDetected
		s.Because = append(s.Because, athar.NewNote("signature-resumption-unclear"))
	}
}

// rivals are the other things that would leave the same traces.
func rivals(id athar.SignatureID) []athar.Note {
	switch id {
	case athar.Decentralised:
		return []athar.Note{athar.NewNote("rival-same-as-displacement"), athar.NewNote("rival-new-monitoring"), athar.NewNote("rival-forces-moved")}
	case athar.Communication:
		return []athar.Note{athar.NewNote("rival-shared-news"), athar.NewNote("rival-waves")}
	}
	return []athar.Note{athar.NewNote("rival-pressure-selects"), athar.NewNote("rival-overlapping-operations")}
}
