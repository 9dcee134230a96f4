package assess

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"athar"
	"athar/displace/wdd"
	"athar/panel"
	"athar/study"
)

// harm says by how much every row counts where harm is compared beside events.
type harm struct {
	info    athar.HarmWeights
	classes []float64 // by class of [inputs.classes], 0: none
	kinds   map[athar.Kind]float64
	// grids are the study's areas and periods by weight, made once.
	grids []harmGrid
}

// harmGrid is a grid of some events: their harm is weight times its counts, the sum of
// their squared harms square times them.
type harmGrid struct {
	weight, square float64
	*panel.Grid
}

// weigh finds the weight of every class or kind that occurs. One without a weight
// would count as nothing, so it is complained about.
func (in *inputs) weigh() error {
	declared := in.study.Choices.Harm
	if !declared.Given() {
		return nil
	}
	h := &harm{info: athar.HarmWeights{Weights: []athar.HarmWeight{}, Source: declared.Source}}
	rows := in.singles()
	lacking, list := map[string]int{}, map[string]float64{}
	var key string
	switch {
	case declared.Deaths:
		key, h.info.By = "choices.harm.deaths", "deaths"
		for i := range rows {
			r := &rows[i]
			if r.n > 1 {
				return in.study.Complaint(key, in.study.Data[r.file].Name+" counts events together, and how many died in each is not known",
					"give weights by classes, or a list of single events")
			}
			if !r.hasDeaths {
				h.info.Unknown += r.n
			}
		}
	case declared.Kinds != nil:
		key, h.info.By, h.kinds = "choices.harm.kinds", "kinds", declared.Kinds
		for k, w := range declared.Kinds {
			list[string(k)] = w
		}
	default:
		key, h.info.By, list = "choices.harm.classes", "classes", declared.Classes
		var err error
		if h.classes, err = in.weighClasses(key, list); err != nil {
			return err
		}
	}
	events := map[string]int{}
	for i := range rows {
		r := &rows[i]
		switch {
		case declared.Deaths:
		case declared.Kinds != nil && r.kind == "":
			return in.study.Complaint(key, in.study.Data[r.file].Name+" has no kinds of event, only classes", "give weights by classes")
		case declared.Kinds != nil:
			if events[string(r.kind)] += r.n; h.kinds[r.kind] == 0 {
				lacking[string(r.kind)] += r.n
			}
		case r.class == 0:
			h.info.Unknown += r.n
		case h.classes[r.class] == 0:
			lacking[in.classes[r.class]] += r.n
		default:
			events[weightOf(in.classes[r.class], list)] += r.n
		}
	}
	if len(lacking) > 0 {
		var parts []string
		for _, name := range sortedKeys(lacking) {
			parts = append(parts, fmt.Sprintf("%s (%d events)", name, lacking[name]))
		}
		return in.study.Complaint(key, "has no weight for "+strings.Join(parts, ", ")+", which would count as nothing",
			"give each a weight above 0, or leave such events out by classes, kinds or where of their data")
	}
	for _, name := range slices.Sorted(maps.Keys(list)) {
		h.info.Weights = append(h.info.Weights, athar.HarmWeight{Name: name, Weight: athar.Num(list[name]), Events: events[name]})
	}
	in.harm = h
	return nil
}

// weighClasses gives every class of the data its weight. A name that fits no class is
// most likely misspelt.
func (in *inputs) weighClasses(key string, list map[string]float64) ([]float64, error) {
	out := make([]float64, len(in.classes))
	for _, name := range slices.Sorted(maps.Keys(list)) {
		if !slices.ContainsFunc(in.classes[1:], func(class string) bool { return specific(name, class) > 0 }) {
			there := slices.Sorted(slices.Values(in.classes[1:]))
			hint := "there are: " + strings.Join(there, ", ")
			if len(there) == 0 {
				hint = "the data name no class; map a column of classes, or give weights by deaths"
			}
			return nil, in.study.Complaint(key+"."+name, fmt.Sprintf("no event is of the class %q", name), hint)
		}
	}
	for c, class := range in.classes {
		if c > 0 {
			out[c] = list[weightOf(class, list)]
		}
	}
	return out, nil
}

// weightOf is the name among those with a weight that fits a class best; "": none.
func weightOf(class string, list map[string]float64) (best string) {
	for _, name := range slices.Sorted(maps.Keys(list)) {
		if s := specific(name, class); s > 0 && (best == "" || s > specific(best, class)) {
			best = name
		}
	}
	return best
}

// specific is how much a name says of a class that it fits by [isClass]; 0: it does
// not fit.
func specific(name, class string) int {
	_, err := strconv.Atoi(name)
	before, _, _ := strings.Cut(class, ": ")
	switch {
	case !isClass(name, class):
		return 0
	case strings.EqualFold(name, class):
		return 100
	case err == nil:
		return len(name)
	case strings.EqualFold(name, before):
		return 1
	}
	return 2
}

// harmChoice writes the weights that a study declares.
func harmChoice(h study.Harm) string {
	if h.Deaths {
		return "deaths"
	}
	list := maps.Clone(h.Classes)
	if list == nil {
		list = map[string]float64{}
	}
	for k, w := range h.Kinds {
		list[string(k)] = w
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(list)) {
		parts = append(parts, name+" "+athar.Num(list[name]).String())
	}
	return strings.Join(parts, ", ")
}

// sayHarm says for a check of the study what the weights were given to.
func (in *inputs) sayHarm() (out []string) {
	if in.harm == nil {
		return nil
	}
	i := in.harm.info
	out = append(out, "harm is compared by "+i.By)
	for _, w := range i.Weights {
		out = append(out, fmt.Sprintf("  %s: weight %s, %d events", w.Name, w.Weight, w.Events))
	}
	if i.Unknown > 0 {
		why := "their class is blank"
		if i.By == "deaths" {
			why = "nobody gives the deaths in them"
		}
		out = append(out, fmt.Sprintf("  %d events count as no harm: %s", i.Unknown, why))
	}
	return out
}

// weighted arranges the rows by their weight on the study's periods. Sums of whole
// numbers come first and weights after them, so that the order of rows leaves no trace.
func (in *inputs) weighted(unit panel.Unit) error {
	if in.harm == nil {
		return nil
	}
	arrange := func(weight, square float64, n func(*row) int) error {
		g, err := in.arrange(unit, func(g *panel.Grid) {
			rows := in.singles()
			for i := range rows {
				if r := &rows[i]; n(r) > 0 {
					g.Add(r.area, r.when, n(r))
				}
			}
		})
		in.harm.grids = append(in.harm.grids, harmGrid{weight, square, g})
		return err
	}
	if in.harm.info.By == "deaths" {
		dead := func(r *row) int { return r.deaths.Best }
		return cmp.Or(arrange(1, 0, dead), arrange(0, 1, func(r *row) int { return dead(r) * dead(r) }))
	}
	weight := func(r *row) float64 {
		if in.harm.kinds != nil {
			return in.harm.kinds[r.kind]
		}
		return in.harm.classes[r.class]
	}
	var distinct []float64
	for _, w := range in.harm.info.Weights {
		distinct = append(distinct, float64(w.Weight))
	}
	slices.Sort(distinct)
	for _, w := range slices.Compact(distinct) {
		err := arrange(w, w*w, func(r *row) int {
			if weight(r) != w {
				return 0
			}
			return r.n
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// harm sets the displacement difference of harm beside that of events, which was asked
// before. The cells are those of the events.
func (a *answers) harm(v *panel.View, h *harm) []athar.HarmDifference {
	if h == nil {
		return nil
	}
	sums := *v.Panel
	sums.Count = make([]float64, len(v.Count))
	squares := make([]float64, len(v.Count))
	for _, g := range h.grids {
		for k, n := range v.Recount(g.Grid).Count {
			sums.Count[k] += g.weight * n
			squares[k] += g.square * n
		}
	}
	out := []athar.HarmDifference{}
	for _, e := range wdd.Estimate(&sums, wdd.Options{Campaign: a.campaign, Squares: squares}).Effects {
		k := slices.IndexFunc(a.effects, func(x athar.Effect) bool {
			return x.Method == wdd.Method && x.Question == e.Question && x.Phase == e.Phase
		})
		out = append(out, athar.HarmDifference{Question: e.Question, Phase: e.Phase, Events: harmPart(a.effects[k]), Harm: harmPart(e)})
	}
	return out
}

func harmPart(e athar.Effect) athar.HarmPart {
	return athar.HarmPart{Observed: e.Observed, Expected: e.Expected, Difference: -e.Avoided, Low: -e.AvoidedHigh, High: -e.AvoidedLow, P: e.P,
		RR: e.RR, RRLow: e.Low, RRHigh: e.High, Dispersion: e.Dispersion, Warnings: e.Warnings, Refusal: e.Refusal}
}
