package verdict

import "athar"

// OneSide is the share of specifications that must lie on the side of a
// direction for it to stand (METHODS.md section 0).
const OneSide = 0.80

// curve finds the multiverse of a question and phase; nil: none was run.
func curve(list []athar.Multiverse, q athar.Question, phase athar.Phase) *athar.Multiverse {
	for i := range list {
		if m := &list[i]; m.Question == q && m.Phase == phase && len(m.Specs) > 0 {
			return m
		}
	}
	return nil
}

// onSide is the share of specifications on the side of a direction.
func onSide(m *athar.Multiverse, v athar.Verdict) athar.Num {
	if v == athar.Decline {
		return m.Below
	}
	return 1 - m.Below
}

// specifications says whether the declared specifications lie on one side. The
// guard looks at the phases together: it fires if either is split.
func specifications(f Facts) athar.Guard {
	split, n, phase := athar.Num(2), 0, athar.During // of the phase whose specifications agree least
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		if m := curve(f.Multiverse, athar.AskInside, ph); m != nil && len(m.Specs) > 0 {
			if one := max(m.Below, 1-m.Below); one < split {
				split, n, phase = one, len(m.Specs), ph
			}
		}
	}
	args := map[string]any{"n": n, "share": split, "need": athar.Num(OneSide), "phase": string(phase)}
	switch {
	case n == 0 && f.Multiverse == nil:
		return athar.Guard{Code: "multiverse", Status: athar.Blind, Says: note("guard-multiverse-not-run", nil)}
	case n == 0:
		return athar.Guard{Code: "multiverse", Status: athar.Blind, Says: note("guard-multiverse-none", nil)}
	case split < OneSide:
		return athar.Guard{Code: "multiverse", Status: athar.Fired, Says: note("guard-multiverse", args)}
	}
	if split == 1 {
		return athar.Guard{Code: "multiverse", Status: athar.Quiet, Says: note("guard-multiverse-all", args)}
	}
	return athar.Guard{Code: "multiverse", Status: athar.Quiet, Says: note("guard-multiverse-quiet", args)}
}
