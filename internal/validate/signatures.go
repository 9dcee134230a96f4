package validate

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/stat/distuv"

	"athar"
	"athar/adapt"
	"athar/adapt/excite"
	"athar/sim"
)

// A signature may be called present in at most 5% of worlds in which it is not
// there.
const presentHigh = .05

// Told counts what the signature "smaller, more independent groups" was called
// in many records of one world.
type Told struct {
	N     int
	Words map[athar.Verdict]int
	// Supports and Refused are by indicator, of those that decide.
	Supports, Refused map[string]int
	// Moved counts p < .05 before adjustment, either way.
	Moved map[string]int
}

// Share of the records with a word, and its exact 95% limits (Clopper and
// Pearson).
func (t Told) Share(word athar.Verdict) (share, low, high float64) {
	return limits(t.Words[word], t.N)
}

// limits are k/n and its exact 95% limits.
func limits(k, n int) (share, low, high float64) {
	high = 1
	if k > 0 {
		low = distuv.Beta{Alpha: float64(k), Beta: float64(n - k + 1)}.Quantile(.025)
	}
	if k < n {
		high = distuv.Beta{Alpha: float64(k + 1), Beta: float64(n - k)}.Quantile(.975)
	}
	return float64(k) / float64(n), low, high
}

// Decentralisation draws reps records of a world and asks for the signature.
// What follows between provinces is asked first; then places and provinces are
// taken away, and days are said to be weeks, because the indicators that need them
// are shown without a vote: the word stays the same and most of the time is
// saved. The counts do not depend on the number of workers.
func Decentralisation(w sim.PatternWorld, reps, workers int) Told {
	all := make([]athar.Signature, reps)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range max(1, workers) {
		wg.Go(func() {
			for {
				k := int(next.Add(1)) - 1
				if k >= reps {
					return
				}
				p := w.Pattern(seed, k)
				follows := excite.Indicator(p, uint64(k))
				for i := range p.Areas {
					p.Areas[i].Lon, p.Areas[i].Lat, p.Areas[i].Province = 0, 0, -1
				}
				p.Grain = 7
				list := adapt.Measure(p, uint64(k))
				list[slices.IndexFunc(list, func(x athar.Indicator) bool { return x.Code == follows.Code })] = follows
				all[k] = adapt.Decide(list, p.Control).Signatures[0]
			}
		})
	}
	wg.Wait()
	t := Told{N: reps, Words: map[athar.Verdict]int{}, Supports: map[string]int{}, Refused: map[string]int{}, Moved: map[string]int{}}
	for _, s := range all {
		t.Words[s.Word]++
		for _, x := range s.Indicators {
			switch {
			case x.Refusal != nil:
				t.Refused[x.Code]++
			case x.Reading == athar.Supports:
				t.Supports[x.Code]++
			}
			if x.P < .05 {
				t.Moved[x.Code]++
			}
		}
	}
	return t
}

var voters = []string{"hill-2", "independent", "excitation", "synchrony", "size", "mix-local"}

// Signatures writes how often decentralisation is called present where it is
// not there and where it is, from reps records of S11, half as many of S10 and a
// quarter of each variant.
func Signatures(w io.Writer, reps int) error { return signatures(w, reps, sim.PatternWorlds()) }

func signatures(w io.Writer, reps int, worlds []sim.PatternWorld) error {
	t := &tables{w: w, reps: reps}
	t.text(`# Signatures of adaptation in worlds with a known truth

Records of events drawn by `+"`sim`"+`, put through every indicator and the decision as in a study (999 permutations each), seed %d. Twelve areas near the campaign and twelve far ones, two
years before and one after, half an event an area and week before: about 620 events near before the campaign and 310 after it where nothing falls. Required (METHODS F1): in S11, where
events disappear and nothing else changes, *present* in at most 5%% of records. *Present* is followed by its exact 95%% limits; **bold** if its lower limit lies above 5%%.
The columns of indicators are percentages of records in which the indicator, adjusted within the signature, supports it; in brackets p < .05 before the adjustment, either way, where 5%% is the level; r: refused.

| world | what is in it | records | present %% | mixed %% | not detected %% | %s |
|---|---|---|---|---|---|%s
`, seed, strings.Join(voters, " | "), strings.Repeat("---|", len(voters)))
	for _, x := range worlds {
		n := reps
		switch {
		case x.Name == "S10":
			n = max(1, reps/2)
		case x.Name != "S11":
			n = max(1, reps/4)
		}
		told := Decentralisation(x, n, runtime.NumCPU())
		share, low, high := told.Share(athar.Present)
		shown := fmt.Sprintf("%.1f", 100*share)
		if x.Name[:3] == "S11" && low > presentHigh {
			shown = "**" + shown + "**"
		}
		percent := func(k int) float64 { return 100 * float64(k) / float64(n) }
		t.text("| %s | %s | %d | %s (%.1f to %.1f) | %.1f | %.1f |", x.Name, x.Says, n, shown, 100*low, 100*high,
			percent(told.Words[athar.Mixed]), percent(told.Words[athar.NotDetected]))
		for _, code := range voters {
			t.text(" %.0f (%.1f)", percent(told.Supports[code]), percent(told.Moved[code]))
			if r := told.Refused[code]; r > 0 {
				t.text(" r %.0f", percent(r))
			}
			t.text(" |")
		}
		t.text("\n")
	}
	t.text("\nThe Monte Carlo standard error of a rate of 5%% is %.1f points among %d records and %.1f among %d.\n",
		100*math.Sqrt(.05*.95/float64(reps)), reps, 100*math.Sqrt(.05*.95/float64(max(1, reps/4))), max(1, reps/4))
	return t.err
}
