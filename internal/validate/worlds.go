package validate

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"

	"athar"
	"athar/sim"
)

// A direction without a guard may stand in at most 10% of the worlds
// that mislead, and what moved must be named in at least 80% of worlds in which the
// effect can be found.
const (
	bareHigh = .10
	nameLow  = .80
)

// plenty is the level, in events an area and month, at which the effects of S7
// and S8 can be found. At the usual three, ln RR of the ring has a t of about
// 1.4; a power of 90% for either of two tests, the ring's at a simultaneous
// level, needs 3.6, that is about seven times the events, and half as many again leave
// room for what the guards take.
const plenty = 30

// some is a level between.
const some = 12

var (
	insideDuring = sim.Key{Question: athar.AskInside, Phase: athar.During}
	insidePost   = sim.Key{Question: athar.AskInside, Phase: athar.Post}
	moveDuring   = sim.Key{Question: athar.AskMovement, Phase: athar.During}
	movePost     = sim.Key{Question: athar.AskMovement, Phase: athar.Post}
)

// World is a world as the end-to-end tables ask about it.
type World struct {
	sim.World
	Null    bool          // the headline's test must keep its level
	Covers  bool          // its interval must hold the truth
	Mislead bool          // bare directions must be rare
	Moves   athar.Verdict // the word that movement must get; "": none
	// Beside makes it a world of single events, of which every Beside-th replicate is asked
	// everything; 0: counts by month.
	Beside int
}

// WorldNamed finds a world of the tables.
func WorldNamed(name string) (World, bool) {
	for _, w := range TableWorlds() {
		if w.Name == name {
			return w, true
		}
	}
	return World{}, false
}

// required reports whether METHODS F1 says what must come out.
func (w World) required() bool { return w.Null || w.Covers || w.Mislead || w.Moves != "" }

// TableWorlds are the worlds of METHODS F1 about panels, and S7 and S8 again with more
// events.
func TableWorlds() []World {
	var out []World
	for _, x := range sim.Worlds() {
		w := World{World: x}
		switch x.Name {
		case "S0", "S1-phi2", "S1-phi4", "S1-phi8", "S2":
			w.Null = true
		case "S3", "S4", "S5-inside":
			w.Mislead = true
		case "S6", "S7", "S8":
			w.Covers = true
		}
		out = append(out, w)
	}
	for _, x := range sim.Worlds() {
		word := map[string]athar.Verdict{"S7": athar.Displacement, "S8": athar.Diffusion}[x.Name]
		if word == "" {
			continue
		}
		w := World{World: x}
		w.Name, w.Level = x.Name+"-some", some
		w.Says += fmt.Sprintf(", %d events an area and month", some)
		out = append(out, w)
		w = World{World: x, Covers: true, Moves: word}
		w.Name, w.Level = x.Name+"-plenty", plenty
		w.Says += fmt.Sprintf(", %d events an area and month", plenty)
		out = append(out, w)
	}
	return out
}

// judgeAll judges the worlds block by block, those about which something is required
// first and all of them in turn, so that a run that ends early has as many
// replicates of each.
func judgeAll(worlds []World, reps int, c Course) ([]Verdicts, error) {
	out := make([]Verdicts, len(worlds))
	for i := range out {
		out[i] = noVerdicts()
	}
	size := cmp.Or(c.size, blockSize)
	for _, first := range []bool{true, false} {
		for from := 0; from < reps; from += size {
			for i, x := range worlds {
				if x.required() != first {
					continue
				}
				to := min(from+size, reps)
				name := x.Name
				if x.Beside > 0 {
					name += "-events"
				}
				v, ok, err := block(&c, name, from, to, func() (Verdicts, error) {
					return judgedFrom(x, from, to, runtime.NumCPU())
				})
				if err != nil {
					return nil, err
				}
				if ok {
					out[i].add(v)
				}
			}
		}
	}
	return out, nil
}

// Worlds judges every world as a study would be judged and writes the tables.
func Worlds(w io.Writer, reps int, c Course) error {
	return worldTables(w, reps, TableWorlds(), c)
}

// words writes the words on movement and how often they came, the required one marked.
func (t *tables) words(x World, v *Verdicts, m sim.Key) string {
	var words []string
	for _, word := range []athar.Verdict{athar.Displacement, athar.Diffusion} {
		s := float64(v.Words[m][word]) / float64(v.N)
		if s == 0 && word != x.Moves {
			continue
		}
		shown := fmt.Sprintf("%.1f", 100*s)
		if word == x.Moves {
			shown = t.mark(sim.Rate{N: v.N}, s, nameLow, 1)
		}
		words = append(words, fmt.Sprintf("%s %s", word, shown))
	}
	return strings.Join(words, ", ")
}

func worldTables(w io.Writer, reps int, worlds []World, c Course) error {
	t := &tables{w: w, reps: reps}
	verdicts, err := judgeAll(worlds, reps, c)
	if err != nil {
		return err
	}
	t.text(`# Worlds judged end to end

Every world of METHODS F1 about panels, seed %d, each replicate arranged, fitted, challenged and put into words by the code that assesses a study: rings and phases from distances and
dates, the headline model with donut fits, 199 campaigns that did not happen, every method that votes, all guards, the grammar. Left out are coarse places, unknown actors and the
multiverse, which need events or a study file, and what needs days or places of single events (self-exciting model, space-time scan, near repeats): the tables are those of a study of monthly counts. *n*: replications. Of %d, a rate of 5%% has a Monte Carlo standard error of %.2f points, one of 10%% of %.2f, one of 80%% of %.2f.
**Bold** lies outside the required range by more than two standard errors, *italic* outside by less.

Required: p < .05 inside in [3.5, 6.5]%% where nothing happened; coverage in [93, 97]%% in S6 to S8; a *bare* direction (DECLINE or ESCALATION with no guard attached to it, or only that events are few)
in at most 10%% in S3, S4 and S5-inside; DISPLACEMENT and DIFFUSION OF BENEFITS in at least 80%% at a level at which the effect can be found. *But for reporting*: a direction that would be bare if the guard *reporting* did not exist, which fires where a change of reporting by 30%% could have made the direction.
*Silent*: a direction where no guard fired at all, not even *power*, which speaks of answers that are INCONCLUSIVE.

| world | what is in it | n | phase | truth | p < .05 | coverage | a direction | bare | but for reporting | silent | not robust | movement |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
`, seed, reps, 100*sim.Rate{N: reps}.SE(.05), 100*sim.Rate{N: reps}.SE(.1), 100*sim.Rate{N: reps}.SE(.8))
	var guards []string
	for i, x := range worlds {
		v := &verdicts[i]
		if v.N == 0 {
			continue
		}
		for i, k := range []sim.Key{insideDuring, insidePost} {
			m := moveDuring
			if i == 1 {
				m = movePost
			}
			t.text("| %s | %s | %d | %s | %.2f |", x.Name, x.Says, v.N, k.Phase, v.Truth[k])
			asked := sim.Rate{N: v.Asked[k]}
			n := float64(v.Asked[k])
			reject, cover := float64(v.Reject[k])/n, float64(v.Cover[k])/n
			if x.Null {
				t.text(" %s |", t.mark(asked, reject, sizeLow, sizeHigh))
			} else {
				t.text(" %.1f |", 100*reject)
			}
			if x.Covers {
				t.text(" %s |", t.mark(asked, cover, coverLow, coverHigh))
			} else {
				t.text(" %.1f |", 100*cover)
			}
			all := sim.Rate{N: v.N}
			share := func(k int) float64 { return float64(k) / float64(v.N) }
			bare := fmt.Sprintf("%.1f", 100*share(v.Bare[k]))
			if x.Mislead {
				bare = t.mark(all, share(v.Bare[k]), 0, bareHigh)
			}
			t.text(" %.1f | %s | %.1f | %.1f | %.1f |", 100*share(v.Words[k][athar.Decline]+v.Words[k][athar.Escalation]), bare,
				100*share(v.Reported[k]), 100*share(v.Silent[k]), 100*share(v.Words[k][athar.NotRobust]))
			t.text(" %s |\n", t.words(x, v, m))
		}
		list := slices.SortedFunc(maps.Keys(v.Fired), func(a, b string) int { return cmp.Or(v.Fired[b]-v.Fired[a], strings.Compare(a, b)) })
		var said []string
		for _, code := range list {
			if p := 100 * float64(v.Fired[code]) / float64(v.N); p >= 1 {
				said = append(said, fmt.Sprintf("%s %.0f", code, p))
			}
		}
		guards = append(guards, fmt.Sprintf("| %s | %.2f | %.2f | %s |\n", x.Name, v.MDE(), v.Rise(), strings.Join(said, ", ")))
	}
	t.text(`
## Guards, and what could be found

Means of the smallest fall inside and the smallest rise in ring 1 that the headline says it would find in 80%% of cases (during the campaign), and the percentage of replicates in which a guard fired.

| world | fall inside | rise in ring 1 | guards |
|---|---|---|---|
%s`, strings.Join(guards, ""))
	return t.err
}
