package study

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Multiverse lists, before the run, the values of every choice that a
// defensible analysis could have made otherwise (METHODS.md A11). The run
// answers the question inside under every combination. A list of one value
// fixes the choice.
type Multiverse struct {
	Period     []string // month, week
	Classes    []ClassSet
	Places     []string // all, precise: events whose place is known to about 25 km or better
	PreMonths  []int
	WashIn     []int
	Rings      []RingSet
	Far        []string // country, study
	Overlap    []string // remove, model
	Donut      []int    // periods dropped just before the campaign
	Outliers   []string // keep, cap
	Estimators []string // of Estimators and AskedEstimators
	Placebos   int      // campaigns that did not happen, for the joint inference
}

// ClassSet is a named set of classes of event to count; no classes: all that
// the study counts.
type ClassSet struct {
	Name    string
	Classes []string
}

// RingSet is one way to draw the rings: edges in km, or the areas that touch the
// footprint and then all others within the study's outermost ring.
type RingSet struct {
	Touching bool
	Km       []float64
}

// Touches is the word for rings of areas that touch.
const Touches = "touching"

// Estimators lists the estimators that a multiverse holds unless it says otherwise.
func Estimators() []string {
	return []string{"spillover", "spillover-trend", "did", "its-linear", "its-no-trend", "its-local-level", "sdid", "synth", "bsts"}
}

// AskedEstimators lists those that a multiverse holds only where it names them: they need
// days, or areas of like level, which most studies do not have.
func AskedEstimators() []string { return []string{"self-exciting", "wdd"} }

func multiverse(m *Multiverse) func(value) {
	return func(v value) {
		v.object(
			may("period", each(&m.Period, oneOf("month", "week"))),
			may("classes", each(&m.Classes, classSet)),
			may("places", each(&m.Places, oneOf("all", "precise"))),
			may("pre_months", each(&m.PreMonths, between(1, 600))),
			may("wash_in", each(&m.WashIn, between(0, 24))),
			may("rings", each(&m.Rings, ringSet)),
			may("far", each(&m.Far, oneOf("country", "study"))),
			may("overlap", each(&m.Overlap, oneOf("remove", "model"))),
			may("donut", each(&m.Donut, between(0, 12))),
			may("outliers", each(&m.Outliers, oneOf("keep", "cap"))),
			may("estimators", each(&m.Estimators, oneOf(append(Estimators(), AskedEstimators()...)...))),
			may("placebos", whole(&m.Placebos, 0, 100_000)),
		)
	}
}

func oneOf(words ...string) func(*string) func(value) {
	return func(s *string) func(value) { return word(s, words...) }
}

func between(least, most int) func(*int) func(value) {
	return func(n *int) func(value) { return whole(n, least, most) }
}

func ringSet(r *RingSet) func(value) {
	return func(v value) {
		if strings.EqualFold(v.raw(), Touches) {
			r.Touching = true
			return
		}
		if _, list := v.node.(*ast.SequenceNode); !list {
			v.wants("a list of outer edges in km, or the word "+Touches, "for example [25, 50, 100]")
			return
		}
		each(&r.Km, number)(v)
		for i, km := range r.Km {
			if km <= 0 || i > 0 && km <= r.Km[i-1] {
				v.bad("write the outer edges in km from near to far, e.g. [25, 50, 100]", "does not increase: %g km is not beyond %g", km, edge(r.Km, i))
				return
			}
		}
	}
}

func classSet(c *ClassSet) func(value) {
	return func(v value) {
		v.object(must("name", text(&c.Name)), may("classes", each(&c.Classes, text)))
	}
}

// usual fills the choices that a study leaves open, from its own choices: they
// are always among the values.
func (m *Multiverse) usual(c Choices) {
	set := func(list *[]string, values ...string) {
		if len(*list) == 0 {
			*list = values
		}
	}
	whole := func(list *[]int, values ...int) {
		if len(*list) > 0 {
			return
		}
		for _, v := range values {
			if !slices.Contains(*list, v) {
				*list = append(*list, v)
			}
		}
	}
	if len(m.Classes) == 0 {
		m.Classes = []ClassSet{{Name: "all"}}
	}
	set(&m.Places, "all")
	whole(&m.PreMonths, c.PreMonths, 12, 24)
	whole(&m.WashIn, c.WashIn, 1)
	if len(m.Rings) == 0 {
		m.Rings = []RingSet{{Km: c.Rings}}
		if len(c.Rings) > 0 {
			half := make([]float64, len(c.Rings))
			for i, km := range c.Rings {
				half[i] = km / 2
			}
			m.Rings = append(m.Rings, RingSet{Km: half})
		}
	}
	set(&m.Far, "country", "study")
	set(&m.Overlap, "remove", "model")
	whole(&m.Donut, 0, 1)
	set(&m.Outliers, "keep")
	set(&m.Estimators, Estimators()...)
}
