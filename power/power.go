// Package power says before a campaign is judged what its data could ever show:
// the smallest fall and rise that the headline method would find in four cases
// out of five (METHODS.md F2).
//
// The package thinks that a result is worth reading only beside the results
// that were possible, and that the question must be settled before anybody has
// looked. It therefore sees the counts before a campaign and nothing else: it
// makes histories that go on as those months were, puts changes of known size
// into them, and asks the very model that the study will use. What that model
// finds where nothing was put in is reported too, for a test that cries wolf
// has no power, only noise.
package power

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"athar"
	"athar/effect/spillover"
	"athar/stat"
)

// What a simulation needs and how fine it is.
const (
	MinEvents = 10  // events of a role before the campaign; fewer say nothing of their own noise
	Found     = .8  // share of histories in which a change must be found
	MostSize  = .15 // share of histories without a change in which one may be "found"; beyond, the test is no test
	level     = .05 // two-sided
	step      = .1  // of the grid of ln RR
	falls     = 31  // the last is a complete stop
	rises     = 28  // up to exp(2.8) = 16 times
	screen    = 4   // one in so many histories finds the neighbourhood
)

// MostRise is the largest rise that is tried, as a rate ratio.
var MostRise = math.Exp(step * rises)

// Options of one simulation.
type Options struct {
	Task   string // names the stream of random numbers
	Seed   uint64
	Reps   int         // histories; 0: 400
	Phase  athar.Phase // "": every phase of the panel
	Errors spillover.Errors
	// Finish, if set, does to a fit's effects what the study does before it reads
	// them: intervals widened where counts are small.
	Finish func(list []athar.Effect, p *athar.Panel)
}

// Row is what the data of one campaign could show for one place and window.
type Row struct {
	Question athar.Question `json:"question"` // inside or ring
	Ring     int            `json:"ring"`     // 0: inside
	Phase    athar.Phase    `json:"phase"`
	Months   int            `json:"months"` // months after the campaign, where the window is not the study's own; else 0
	Periods  int            `json:"periods"`
	Areas    int            `json:"areas"`    // with events before
	Events   int            `json:"events"`   // before the campaign
	Expected athar.Num      `json:"expected"` // in the window if all goes on as before
	// Fall and Rise are the rate ratios nearest to 1 that are found in four
	// histories out of five at the two-sided 5% level. A Fall of 0 is a complete
	// stop; null: not even that, or not even a rise to [MostRise].
	Fall        athar.Num      `json:"fall"`
	Rise        athar.Num      `json:"rise"`
	FormulaFall athar.Num      `json:"formula_fall"` // exp(-+2.80 sqrt(phi sum 1/T)), METHODS.md F2
	FormulaRise athar.Num      `json:"formula_rise"`
	Size        athar.Num      `json:"size"`        // share of histories without any change in which one is "found"
	SizeError   athar.Num      `json:"size_error"`  // its Monte Carlo standard error
	Dispersion  athar.Num      `json:"dispersion"`  // variance over mean of the role's share of (role + far) before
	Persistence athar.Num      `json:"persistence"` // first autocorrelation of the intensity, pooled over roles
	Inference   string         `json:"inference"`   // errors that most histories without a change got
	Reps        int            `json:"reps"`
	Notes       []athar.Note   `json:"notes"`
	Refusal     *athar.Refusal `json:"refusal,omitempty"`
}

// Simulate answers for every role and phase of a panel. Of p.Count it reads the
// used cells of the pre-period alone; p is not changed.
//
// Counts are Poisson around an intensity that scatters and persists,
//
//	y_it ~ Poisson(a_i days_t F_rt A_it),
//
// with a_i the area's rate before the campaign and F (shared by the areas of a
// role) and A (the area's own) log-normal with mean 1 and autocorrelation
// rho^|s-t|; see [noise] for how their variances come from the pre-period.
// A change RR multiplies the intensity of every treated cell of the window: a
// fall by keeping each event with probability RR, a rise by adding
// Poisson((RR - 1) intensity) events. All roles and windows change at once; as
// each has its own term in the model and far areas are its only control, one
// role's change hardly touches another's test. A change counts as found if the
// model's p value is below .05 and its ratio on the right side of 1.
//
// Every RR of the grid meets the same histories and the same random numbers, so
// that a larger change keeps a subset of the events of a smaller one; the
// crossing of 80% is found by bisection and interpolated in ln RR.
func Simulate(p *athar.Panel, o Options) []Row {
	if o.Reps == 0 {
		o.Reps = 400
	}
	w := newWorld(p, o)
	for k := range o.Reps {
		w.histories = append(w.histories, w.draw(k))
	}
	for i := range w.rows {
		w.answer(i)
	}
	return w.rows
}

// world is a panel in which the campaign has not happened, and what was found
// in its histories.
type world struct {
	o       Options
	p       athar.Panel // Count is the buffer of the history at hand
	rate    []float64   // a_i, a day
	noise   noise
	rows    []Row
	targets []target

	histories []history
	found     map[int]*tally // by point of the grid
}

// target is the effect that a row asks for, by its place in the model's answer.
type target struct {
	role  athar.Role
	phase athar.Phase
}

// history is one course of events without a campaign.
type history struct {
	count  []float64
	lambda []float64 // intensity of every cell
	seed   []uint64  // of every area, for the events that a change takes or adds
}

// tally counts over the first n histories at one RR.
type tally struct {
	n       int
	found   []int // a change in the direction of RR; for RR = 1 any
	refused []int
	why     []*athar.Refusal
	errors  []map[string]int
}

// newWorld keeps the areas that had events before the campaign, in the order of
// their codes, and drops every count.
func newWorld(p *athar.Panel, o Options) *world {
	w := &world{o: o, found: map[int]*tally{}}
	nt := len(p.Periods)
	w.p.Periods = p.Periods
	order := make([]int, len(p.Areas))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(p.Areas[a].Code, p.Areas[b].Code) })
	for _, e := range p.Other {
		w.p.Other = append(w.p.Other, athar.Exposure{Name: e.Name})
	}
	var before []float64
	has := map[athar.Role]bool{}
	for _, i := range order {
		role := p.Areas[i].Role
		if role == athar.LeftOut {
			continue
		}
		has[role] = true
		events, days := 0.0, 0.0
		for t, q := range p.Periods {
			if k := i*nt + t; q.Phase == athar.Pre && p.Use[k] && q.Days > 0 {
				events += p.Count[k]
				days += q.Days
			}
		}
		if events == 0 {
			continue
		}
		w.p.Areas = append(w.p.Areas, p.Areas[i])
		w.rate = append(w.rate, events/days)
		w.p.Use = append(w.p.Use, p.Use[i*nt:(i+1)*nt]...)
		for j, e := range p.Other {
			w.p.Other[j].N = append(w.p.Other[j].N, e.N[i*nt:(i+1)*nt]...)
		}
		for t, q := range p.Periods {
			n := 0.0
			if q.Phase == athar.Pre && p.Use[i*nt+t] && q.Days > 0 {
				n = p.Count[i*nt+t]
			}
			before = append(before, n)
		}
	}
	w.p.Count = make([]float64, len(before))
	w.noise = measure(&w.p, w.rate, before)
	last := athar.Inside
	for r := range has {
		last = max(last, r)
	}
	for _, ph := range []athar.Phase{athar.During, athar.Post} {
		if o.Phase != "" && ph != o.Phase || w.periods(ph) == 0 {
			continue
		}
		for r := athar.Inside; r <= last; r++ {
			if has[r] {
				w.add(r, ph, before)
			}
		}
	}
	return w
}

// periods counts the periods of a phase in which any cell is used.
func (w *world) periods(ph athar.Phase) int {
	n, nt := 0, len(w.p.Periods)
	for t, q := range w.p.Periods {
		if q.Phase != ph || q.Days <= 0 {
			continue
		}
		for i := range w.p.Areas {
			if w.p.Use[i*nt+t] {
				n++
				break
			}
		}
	}
	return n
}

// sums adds a role's counts of a phase, and what its rates lead to expect.
func (w *world) sums(role athar.Role, ph athar.Phase, count []float64) (events, expected float64) {
	nt := len(w.p.Periods)
	for i, a := range w.p.Areas {
		for t, q := range w.p.Periods {
			if k := i*nt + t; a.Role == role && q.Phase == ph && w.p.Use[k] {
				events += count[k]
				expected += w.rate[i] * q.Days
			}
		}
	}
	return
}

// add appends the row of a role and phase with all that needs no history.
func (w *world) add(role athar.Role, ph athar.Phase, before []float64) {
	nan := athar.Num(math.NaN())
	r := Row{Question: athar.AskInside, Phase: ph, Periods: w.periods(ph), Fall: nan, Rise: nan, FormulaFall: nan, FormulaRise: nan,
		Size: nan, SizeError: nan, Dispersion: nan, Persistence: nan, Reps: w.o.Reps, Notes: []athar.Note{}}
	if role.IsRing() {
		r.Question, r.Ring = athar.AskRing, int(role)
	}
	for _, a := range w.p.Areas {
		if a.Role == role {
			r.Areas++
		}
	}
	events, _ := w.sums(role, athar.Pre, before)
	_, expected := w.sums(role, ph, before)
	far, _ := w.sums(athar.Far, athar.Pre, before)
	_, control := w.sums(athar.Far, ph, before)
	r.Events, r.Expected = int(events), athar.Num(expected)
	if r.Events >= MinEvents {
		r.Dispersion, r.Persistence = athar.Num(w.noise.phi[role]), athar.Num(w.noise.rho)
	}
	if expected > 0 && control > 0 {
		phi := 1.0
		if r.Events >= MinEvents {
			phi = w.noise.phi[role]
		}
		fall, rise := stat.MDE(stat.RatioSE(phi, events, expected, far, control), math.Inf(1))
		r.FormulaFall, r.FormulaRise = athar.Num(fall), athar.Num(rise)
	}
	w.rows = append(w.rows, r)
	w.targets = append(w.targets, target{role, ph})
}

// draw makes history number k.
func (w *world) draw(k int) history {
	na, nt := len(w.p.Areas), len(w.p.Periods)
	h := history{count: make([]float64, na*nt), lambda: make([]float64, na*nt), seed: make([]uint64, na)}
	r := stat.Stream(w.o.Seed, "power/"+w.o.Task, k)
	common := map[athar.Role][]float64{}
	path := make([]float64, nt)
	for _, role := range w.noise.roles {
		common[role] = make([]float64, nt)
		w.noise.path(common[role], w.noise.common[role], r)
	}
	for i, a := range w.p.Areas {
		h.seed[i] = r.Uint64()
		w.noise.path(path, w.noise.own[a.Role], r)
		f := common[a.Role]
		for t, q := range w.p.Periods {
			c := i*nt + t
			if !w.p.Use[c] {
				continue
			}
			m := w.rate[i] * q.Days * path[t]
			if f != nil {
				m *= f[t]
			}
			h.lambda[c], h.count[c] = m, stat.NegBin(r, m, 1)
		}
	}
	return h
}

// ratio is the rate ratio of a point of the grid.
func ratio(g int) float64 {
	if g == -falls {
		return 0
	}
	return math.Exp(step * float64(g))
}

// estimate asks the model of the study about a history with the change of
// point g in it.
func (w *world) estimate(h history, g int) spillover.Result {
	nt := len(w.p.Periods)
	copy(w.p.Count, h.count)
	rr := ratio(g)
	var src rand.PCG
	r := rand.New(&src)
	for i, a := range w.p.Areas {
		if a.Role < athar.Inside || g == 0 {
			continue
		}
		for t, q := range w.p.Periods {
			k := i*nt + t
			if q.Phase != athar.During && q.Phase != athar.Post || h.lambda[k] == 0 {
				continue
			}
			src.Seed(h.seed[i], uint64(t))
			if g < 0 {
				n := 0.0
				for range int(h.count[k]) {
					if r.Float64() < rr {
						n++
					}
				}
				w.p.Count[k] = n
				continue
			}
			// Arrivals of a unit-rate process up to (RR - 1) lambda: nested in RR.
			for x := r.ExpFloat64(); x < (rr-1)*h.lambda[k]; x += r.ExpFloat64() {
				w.p.Count[k]++
			}
		}
	}
	fit := spillover.Estimate(&w.p, spillover.Options{Draws: -1, Errors: w.o.Errors})
	if w.o.Finish != nil && fit.Refusal == nil {
		w.o.Finish(fit.Effects, &w.p)
	}
	return fit
}

// at is the tally of point g over the first n histories.
func (w *world) at(g, n int) *tally {
	c := w.found[g]
	if c == nil {
		m := len(w.targets)
		c = &tally{found: make([]int, m), refused: make([]int, m), why: make([]*athar.Refusal, m), errors: make([]map[string]int, m)}
		for i := range c.errors {
			c.errors[i] = map[string]int{}
		}
		w.found[g] = c
	}
	for ; c.n < n; c.n++ {
		for _, e := range w.estimate(w.histories[c.n], g).Effects {
			if e.Question != athar.AskInside && e.Question != athar.AskRing {
				continue
			}
			i := slices.Index(w.targets, target{athar.Role(e.Ring), e.Phase})
			if i < 0 {
				continue
			}
			switch {
			case e.Refusal != nil:
				c.refused[i]++
				c.why[i] = e.Refusal
				continue
			case float64(e.P) < level && (g == 0 || (g < 0) == (e.RR < 1)):
				c.found[i]++
			}
			c.errors[i][e.Inference]++
		}
	}
	return c
}

// answer fills row i.
func (w *world) answer(i int) {
	r := &w.rows[i]
	if r.Events < MinEvents {
		r.Refusal = athar.Refuse("power-few-events", "n", r.Events, "need", MinEvents)
		if !math.IsNaN(float64(r.FormulaFall)) {
			remedy := athar.NewNote("power-few-at-best", "fall", r.FormulaFall, "rise", r.FormulaRise)
			r.Refusal.Remedy = &remedy
		}
		return
	}
	n := w.o.Reps
	null := w.at(0, n)
	if null.refused[i] == n {
		r.Refusal = null.why[i]
		return
	}
	size := float64(null.found[i]) / float64(n)
	r.Size, r.SizeError = athar.Num(size), athar.Num(math.Sqrt(level*(1-level)/float64(n)))
	if size > MostSize {
		r.Refusal = athar.Refuse("power-oversized", "size", r.Size)
		return
	}
	if share := float64(null.refused[i]) / float64(n); share > level {
		r.Notes = append(r.Notes, athar.NewNote("power-refused", "share", athar.Num(share)))
	}
	most := 0
	for _, kind := range []string{string(spillover.Clustered), string(spillover.Dispersion), "exact"} {
		if k := null.errors[i][kind]; k > most {
			most, r.Inference = k, kind
		}
	}
	r.Fall, r.Rise = athar.Num(w.cross(i, -1, falls)), athar.Num(w.cross(i, 1, rises))
	w.remark(r, size)
}

// remark says what a reader of the row must know.
func (w *world) remark(r *Row, size float64) {
	say := func(n athar.Note) { r.Notes = append(r.Notes, n) }
	noFall, noRise := math.IsNaN(float64(r.Fall)), math.IsNaN(float64(r.Rise))
	switch {
	case noFall && noRise:
		say(athar.NewNote("power-none", "events", r.Events, "expected", r.Expected, "most", athar.Num(MostRise)))
	case noFall:
		say(athar.NewNote("power-no-fall", "events", r.Events, "expected", r.Expected, "rise", r.Rise))
	case r.Fall == 0 && noRise:
		say(athar.NewNote("power-stop-only", "events", r.Events, "expected", r.Expected, "most", athar.Num(MostRise)))
	case r.Fall == 0:
		say(athar.NewNote("power-stop-or-rise", "events", r.Events, "expected", r.Expected, "rise", r.Rise))
	case r.Fall < .5 && noRise:
		say(athar.NewNote("power-coarse-fall", "events", r.Events, "expected", r.Expected, "fall", r.Fall, "most", athar.Num(MostRise)))
	case r.Fall < .5:
		say(athar.NewNote("power-coarse", "events", r.Events, "expected", r.Expected, "fall", r.Fall, "rise", r.Rise))
	}
	// Three Monte Carlo errors from the level.
	if size > level+3*float64(r.SizeError) {
		say(athar.NewNote("power-loose", "size", r.Size))
	}
}

// cross is the rate ratio nearest to 1 in a direction that is found in 80% of
// histories; NaN: none up to the last point.
func (w *world) cross(i, dir, last int) float64 {
	share := func(k, n int) float64 { return float64(w.at(dir*k, n).found[i]) / float64(n) }
	n := max(1, w.o.Reps/screen)
	low, high := 0, last+1
	for high-low > 1 {
		if mid := (low + high) / 2; share(mid, n) >= Found {
			high = mid
		} else {
			low = mid
		}
	}
	n = w.o.Reps
	k := min(high, last)
	for k <= last && share(k, n) < Found {
		k++
	}
	if k > last {
		return math.NaN()
	}
	for k > 1 && share(k-1, n) >= Found {
		k--
	}
	if dir*k == -falls {
		return 0
	}
	below := share(k, n)
	if before := 0.0; k > 1 {
		before = share(k-1, n)
		return math.Exp(step * float64(dir) * (float64(k-1) + (Found-before)/(below-before)))
	}
	return ratio(dir * k)
}

// Window names a row's window in streams and tables: the phase, and the months
// where they are not the study's own.
func (r Row) Window() string {
	if r.Months == 0 {
		return string(r.Phase)
	}
	return fmt.Sprintf("%s-%d", r.Phase, r.Months)
}
